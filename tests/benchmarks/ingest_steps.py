"""The share of each step of ingest: the collector's own functions in one process, CPU of their thread alone.

A listener in a second thread answers the session as a broker does and feeds it prebuilt PUBLISH packets, a group of
`group_messages` at a time; its CPU, and waiting for disk and server, is not counted. Steps:

MQTT client   `Session.receive`, `.acknowledge` and `.tend`: from the socket to messages, acknowledgements sent
decode        `Decoding.arrival`
encode        `line_protocol.encode`, measured beside the commit that does it again
outbox        `Ledger.commit` without encode: SQLite, until it is on disk
store         `InfluxStore.drain`, every five groups: reading the outbox, the request, deleting what is stored
count         `Health.committed`
"""

import contextlib
import os
import queue
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest_stack import influxdb
from load_generator import PUBACK_BYTES, slices

from ingestor import config as configuration
from ingestor.decoding import Decoding
from ingestor.health import Health
from ingestor.mqtt_session import Message, Session
from ingestor.service import short_of_garbage
from ingestor.store import InfluxServer, InfluxStore, line_protocol
from tests.support import FalseBroker

GROUPS_A_REQUEST = 5
GROUP_BYTES = 2**25


class Clock:
    """CPU of this thread by step. [s]"""

    def __init__(self) -> None:
        self.used_s: dict[str, float] = {}

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what is done inside to a step."""
        before = time.thread_time()
        yield
        self.used_s[name] = self.used_s.get(name, 0.0) + time.thread_time() - before


class Feeder:
    """A broker of one session: `feed` sends it a group of packets and then takes as many PUBACKs."""

    def __init__(self, filters: int) -> None:
        self._filters = filters
        self._groups: queue.Queue[tuple[bytes, int]] = queue.Queue()
        self._listener = FalseBroker(self._serve)
        self.port = self._listener.port

    def feed(self, packets: bytes, messages: int) -> None:
        """Send packets; returns at once."""
        self._groups.put((packets, messages))

    def close(self) -> None:
        """End the connection."""
        self._groups.put((b"", 0))
        self._listener.close()

    def _serve(self, connection: socket.socket, _: int) -> None:
        connection.sendall(b"\x20\x02\0\0")
        subscribe = connection.recv(65_536)
        connection.sendall(bytes((0x90, 2 + self._filters)) + subscribe[2:4] + b"\1" * self._filters)
        while (group := self._groups.get())[1]:
            connection.sendall(group[0])
            due = group[1] * PUBACK_BYTES
            while due > 0:
                due -= len(connection.recv(65_536))


def measure(folder: Path, config: Path, stations: Sequence[str], messages: int) -> dict[str, float]:
    """Return the CPU of each step. [us a message]"""
    loaded = configuration.load(config)
    size = loaded.settings.collector.group_messages
    groups = slices(stations, messages // size * size, size)
    filters = {source.subscription for source in loaded.sources}
    feeder = Feeder(len(filters))
    session = Session(loaded.settings.broker, host="127.0.0.1", port=feeder.port, directory=config, clock=time.time)
    decoding, health, clock = Decoding(loaded), Health(), Clock()
    with influxdb(folder) as server:
        with _environment(server.url):
            store = InfluxStore(folder / "steps.sqlite3", InfluxServer("steps"))
        session.connect(filters, leave=())
        pending: list[Message] = []
        while not session.subscribed:
            session.receive(pending, most=1, most_bytes=1, wait_s=0.1)
        with short_of_garbage():
            for number, packets in enumerate(groups, 1):
                feeder.feed(packets, size)
                pending = []
                with clock.step("MQTT client"):
                    while len(pending) < size:
                        session.receive(pending, most=size, most_bytes=GROUP_BYTES, wait_s=1.0)
                with clock.step("decode"):
                    arrivals = [decoding.arrival(m.topic, m.payload, m.received_at, again=m.again) for m in pending]
                readings = [reading for arrival in arrivals for reading in arrival.readings]
                assert len(readings) == size
                with clock.step("outbox"):
                    store.commit(arrivals)
                with clock.step("encode"):
                    line_protocol.encode(readings)
                with clock.step("MQTT client"):
                    session.acknowledge(pending)
                    session.tend()
                with clock.step("count"):
                    health.committed(arrivals)
                if number % GROUPS_A_REQUEST == 0:
                    with clock.step("store"):
                        store.drain()
        session.close()
        feeder.close()
        store.close()
    clock.used_s["outbox"] -= clock.used_s["encode"]
    order = ("MQTT client", "decode", "encode", "outbox", "store", "count")
    return {step: clock.used_s[step] / (len(groups) * size) * 1e6 for step in order}


@contextlib.contextmanager
def _environment(url: str) -> Iterator[None]:
    before = os.environ.get("INFLUXDB_V2_URL")
    os.environ["INFLUXDB_V2_URL"] = url
    try:
        yield
    finally:
        del os.environ["INFLUXDB_V2_URL"]
        if before is not None:
            os.environ["INFLUXDB_V2_URL"] = before
