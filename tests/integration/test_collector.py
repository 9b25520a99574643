"""The collector on real brokers: nothing acknowledged before it is committed, nothing lost, nothing stops it."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from ingestor.collector import Collector, status_topic
from ingestor.config import Config
from ingestor.mqtt_publisher import Publisher
from ingestor.mqtt_session import Message
from ingestor.store import Arrival, Backlog, Needed, SeriesKey, SqliteStore, StoreError
from sensors.sources import Source
from tests.support import FalseBroker, Mosquitto, wait_for

TOPIC = "env/v1/air/sz-a01"
KEY = SeriesKey("air", "sz-a01", 3600, "pm25")


def payload(value: float) -> bytes:
    hour = int(value) % 24
    return f'{{"time":"2020-01-01T{hour:02d}:00:00+08:00","period_s":3600,"values":{{"pm25":{value}}}}}'.encode()


class Memory:
    """A store that remembers, and fails as often as it is told to."""

    def __init__(self, *, failures: int = 0) -> None:
        self.failures = failures
        self.arrivals: list[Arrival] = []
        self.filters: dict[str, set[str]] = {}
        self.waiting = Backlog()
        self.births: list[Needed] = []

    def commit(self, arrivals: Sequence[Arrival]) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreError("store: no room")
        self.arrivals += arrivals

    def backlog(self) -> Backlog:
        return self.waiting

    def needed(self) -> list[Needed]:
        return self.births

    def tend(self) -> None:
        """There is nothing to move."""

    def finish(self, *, within_s: float) -> None:
        """There is nothing to move."""

    def record_health(self, collector: str, at: int, columns: Mapping[str, float]) -> None:
        """There is nothing to write to."""

    def subscriptions(self, client_id: str) -> set[str]:
        return self.filters.get(client_id, set())

    def remember_subscriptions(self, client_id: str, filters: set[str]) -> None:
        self.filters[client_id] = filters

    @property
    def values(self) -> list[float | None]:
        return [value for a in self.arrivals for r in a.readings for _, value, _ in r.values]


@contextmanager
def collecting(config: Config, intake: Memory | SqliteStore, port: int) -> Iterator[Collector]:
    """Run a collector in a thread; stop it gently at the end."""
    stop = threading.Event()
    collector = Collector(config, intake, host="127.0.0.1", port=port)
    thread = threading.Thread(target=collector.run, args=(stop,))
    thread.start()
    publisher = Publisher("127.0.0.1", port, client_id="probe", timeout_s=10)
    heard: list[bytes] = []
    publisher.listen(status_topic(config.settings.broker.client_id), heard.append, timeout_s=10)
    publisher.wait(lambda: heard, timeout_s=10)
    publisher.close()
    try:
        yield collector
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def publish(port: int, *messages: tuple[str, bytes]) -> None:
    """Publish messages and wait until the broker has acknowledged them."""
    publisher = Publisher("127.0.0.1", port, client_id="gateway", timeout_s=10)
    for topic, body in messages:
        publisher.publish(topic, body)
    publisher.wait(lambda: publisher.unacknowledged == 0, timeout_s=10)
    publisher.close()


def test_collector_hands_on_what_a_gateway_publishes(broker_port: int, shipped: Config) -> None:
    intake = Memory()
    with collecting(shipped, intake, broker_port):
        publish(broker_port, *[(TOPIC, payload(float(i))) for i in range(2000)])
        wait_for(lambda: len(intake.arrivals) == 2000, what="2,000 messages")
    assert intake.values == [float(i) for i in range(2000)]


def test_collector_reads_numbers_by_births_from_before_its_start_and_a_new_configuration(
    broker_port: int, shipped: Config
) -> None:
    source = Source(name="p", topic="spBv1.0/g/+/n/{device}", dialect="sparkplug", medium="air", period_s=60)
    config = msgspec.structs.replace(shipped, sources=[source])
    # pm25 = 1 Float 15.1 at 2020-09-13T12:26:40Z, and 1 16.7 a minute later; made by Google's protobuf
    birth = bytes.fromhex("088080babbc82e12160a04706d32351001188080babbc82e2009659a9971411801")
    by_number = bytes.fromhex("08e0d4bdbbc82e120e100118e0d4bdbbc82e659a9985411802")
    intake = Memory()
    intake.births = [Needed("spBv1.0/g/DBIRTH/n/sz-a01", birth, 1_600_000_000.0)]
    with collecting(config, intake, broker_port) as collector:
        publish(broker_port, ("spBv1.0/g/DDATA/n/sz-a01", by_number))
        wait_for(lambda: len(intake.arrivals) == 1, what="a message")
        collector.reconfigure(msgspec.structs.replace(config, sources=[msgspec.structs.replace(source, period_s=300)]))

        def is_read_anew() -> bool:
            publish(broker_port, ("spBv1.0/g/DDATA/n/sz-a01", by_number))
            return any(not a.readings or a.readings[0].period_s == 300 for a in intake.arrivals)

        wait_for(is_read_anew, what="a message by the new configuration")
    assert set(intake.values) == {16.7}
    assert [a.refusals for a in intake.arrivals] == [[]] * len(intake.arrivals)


@pytest.mark.parametrize(
    ("waiting", "why"),
    [
        (Backlog(readings=9, size=4096 * 2**20, oldest_at=0.0), "outbox full: 4,096 MiB of at most 4,096"),
        (Backlog(readings=9, size=1, oldest_at=168 * 3600.0 + 1), "outbox too old: 168.0 h of at most 168"),
    ],
)
def test_collector_with_a_full_outbox_acknowledges_nothing_and_says_so_until_there_is_room(
    waiting: Backlog, why: str, broker_port: int, shipped: Config
) -> None:
    full = Memory()
    full.waiting = msgspec.structs.replace(waiting, oldest_at=time.time() - (waiting.oldest_at or 0.0))
    heard: list[bytes] = []
    with collecting(shipped, full, broker_port) as collector:
        listener = Publisher("127.0.0.1", broker_port, client_id="listener", timeout_s=10)
        listener.listen(collector.status_topic, heard.append, timeout_s=10)
        publish(broker_port, (TOPIC, payload(1.0)), (TOPIC, payload(2.0)))
        listener.wait(lambda: heard and json.loads(heard[-1])["state"] == why, timeout_s=10)
        wait_for(lambda: collector.health.full == why, what="the collector to say that it is full")
        assert full.arrivals == []
        full.waiting = Backlog()
        wait_for(lambda: full.values == [1.0, 2.0], what="both messages")
        listener.wait(lambda: json.loads(heard[-1])["state"] == "collecting", timeout_s=10)
        listener.close()


def test_collector_stopped_with_a_full_outbox_leaves_its_messages_to_the_broker(
    mosquitto: Mosquitto, shipped: Config
) -> None:
    full = Memory()
    full.waiting = Backlog(readings=9, size=4096 * 2**20, oldest_at=time.time())
    with collecting(shipped, full, mosquitto.port):
        publish(mosquitto.port, (TOPIC, payload(1.0)))
    working = Memory()
    with collecting(shipped, working, mosquitto.port):
        wait_for(lambda: working.values == [1.0], what="the message again")
    assert full.arrivals == []


def test_collector_receives_again_what_it_could_not_commit(broker_port: int, shipped: Config) -> None:
    failing = Memory(failures=10**9)
    with collecting(shipped, failing, broker_port):
        publish(broker_port, *[(TOPIC, payload(float(i))) for i in range(5)])
        wait_for(lambda: failing.failures < 10**9, what="a failed commit")
    working = Memory()
    with collecting(shipped, working, broker_port):
        wait_for(lambda: len(working.arrivals) >= 5, what="the five messages again")
    assert working.values == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_collector_does_not_receive_again_what_it_committed(broker_port: int, shipped: Config) -> None:
    first = Memory()
    with collecting(shipped, first, broker_port):
        publish(broker_port, (TOPIC, payload(1.0)))
        wait_for(lambda: first.arrivals, what="the message")
    second = Memory()
    with collecting(shipped, second, broker_port):
        publish(broker_port, (TOPIC, payload(2.0)))
        wait_for(lambda: second.arrivals, what="the second message")
    assert second.values == [2.0]


def test_collector_receives_what_came_while_it_was_away(broker_port: int, shipped: Config) -> None:
    with collecting(shipped, Memory(), broker_port):
        pass
    publish(broker_port, (TOPIC, payload(7.0)))
    intake = Memory()
    with collecting(shipped, intake, broker_port):
        wait_for(lambda: intake.arrivals, what="the message sent meanwhile")
    assert intake.values == [7.0]


def test_collector_commits_after_failures_without_losing_or_repeating(broker_port: int, shipped: Config) -> None:
    intake = Memory(failures=2)
    with collecting(shipped, intake, broker_port):
        publish(broker_port, *[(TOPIC, payload(float(i))) for i in range(50)])
        wait_for(lambda: len(intake.arrivals) >= 50, what="50 messages")
    assert intake.values == [float(i) for i in range(50)]


class OneGroup:
    """A session over which one group comes; it is also what tells the collector to stop, once that is acknowledged."""

    def __init__(self, *messages: tuple[str, bytes]) -> None:
        self.will: tuple[str, bytes] | None = None
        self.generation, self.sessions_lost = 1, 0
        self.connected = self.subscribed = True
        self._coming = [Message(topic, body, 1_600_000_000.0, 1, 1, 1, again=False) for topic, body in messages]
        self._acknowledged = False

    def connect(self, filters: set[str], *, leave: set[str], resuming: bool) -> None:
        """It is connected."""

    def receive(self, into: list[Message], **_limits: float) -> None:
        into += self._coming
        self._coming = []

    def acknowledge(self, _messages: Sequence[Message]) -> None:
        self._acknowledged = True

    def tell(self, topic: str, payload: bytes) -> None:
        """Nobody hears of it."""

    def close(self) -> None:
        """There is nothing to close."""

    def is_set(self) -> bool:
        return self._acknowledged

    def wait(self, timeout: float) -> bool:  # noqa: ARG002  # the name that `Stopping` has
        return self._acknowledged


@pytest.mark.parametrize("period_s", [60, 300])
def test_collector_decodes_a_group_once_by_a_configuration_however_often_its_commit_fails(
    monkeypatch: pytest.MonkeyPatch, shipped: Config, period_s: int
) -> None:
    source = Source(name="p", topic="spBv1.0/#", dialect="sparkplug", medium="air", period_s=60, no_data="ignore")
    config = msgspec.structs.replace(shipped, sources=[source])
    # as above: pm25 = 1, and a minute later 1 16.7; then the node dies, and its numbers with it
    birth = bytes.fromhex("088080babbc82e12160a04706d32351001188080babbc82e2009659a9971411801")
    by_number = bytes.fromhex("08e0d4bdbbc82e120e100118e0d4bdbbc82e659a9985411802")
    session = OneGroup(("spBv1.0/g/DDATA/n/sz-a01", by_number), ("spBv1.0/g/NDEATH/n", b""))
    monkeypatch.setattr("ingestor.collector.Session", lambda *_, **__: session)

    class Failing(Memory):
        def commit(self, arrivals: Sequence[Arrival]) -> None:
            if self.failures == 1 and period_s != source.period_s:
                other = msgspec.structs.replace(source, period_s=period_s)
                collector.reconfigure(msgspec.structs.replace(config, sources=[other]))
            super().commit(arrivals)

    intake = Failing(failures=2)
    intake.births = [Needed("spBv1.0/g/NBIRTH/n", b"", 1_600_000_000.0)]
    intake.births += [Needed("spBv1.0/g/DBIRTH/n/sz-a01", birth, 1_600_000_000.0)]
    collector = Collector(config, intake, host="127.0.0.1", port=1)
    collector.run(session)
    assert [a.refusals for a in intake.arrivals] == [[], []]
    assert [(r.period_s, r.values) for a in intake.arrivals for r in a.readings] == [(period_s, (("pm25", 16.7, 1),))]
    assert collector.health.sequences.unborn == {}


def test_collector_goes_on_when_the_broker_comes_back(mosquitto: Mosquitto, shipped: Config) -> None:
    intake = Memory()
    with collecting(shipped, intake, mosquitto.port):
        publish(mosquitto.port, (TOPIC, payload(1.0)))
        wait_for(lambda: intake.arrivals, what="the first message")
        mosquitto.stop()
        mosquitto.start()
        publish(mosquitto.port, (TOPIC, payload(2.0)))
        wait_for(lambda: 2.0 in intake.values, what="the message after the restart")
    # The first may come again: the broker was stopped before its acknowledgement could arrive.
    assert intake.values in ([1.0, 2.0], [1.0, 1.0, 2.0])


def test_collector_tells_how_much_it_has_committed(broker_port: int, shipped: Config) -> None:
    heard: list[bytes] = []
    with collecting(shipped, Memory(), broker_port):
        listener = Publisher("127.0.0.1", broker_port, client_id="listener", timeout_s=10)
        listener.listen(status_topic("qingjing-collector"), heard.append, timeout_s=10)
        publish(broker_port, *[(TOPIC, payload(1.0))] * 3)
        listener.wait(lambda: heard and json.loads(heard[-1])["committed"] == 3, timeout_s=10)
        listener.close()
    assert json.loads(heard[-1]).keys() == {"started", "committed", "state"}


@contextmanager
def running(collector: Collector) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=collector.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


def test_collector_pauses_before_it_connects_again_to_a_broker_that_refuses(shipped: Config) -> None:
    refusing = FalseBroker(lambda connection, _: connection.sendall(b"\x20\x02\x00\x05"))
    started = time.monotonic()
    with running(Collector(shipped, Memory(), host="127.0.0.1", port=refusing.port)):
        wait_for(lambda: refusing.connections >= 3, what="three connections")
    refusing.close()
    assert time.monotonic() - started >= 0.5 + 1.0  # the first two pauses


def test_collector_never_acknowledges_on_a_new_connection_what_the_old_one_delivered(shipped: Config) -> None:
    body = payload(1.0)
    publish_5 = b"\x32" + bytes([2 + len(TOPIC) + 2 + len(body), 0, len(TOPIC)]) + TOPIC.encode() + b"\x00\x05" + body
    received: list[bytes] = []
    committed = threading.Event()

    def answer(connection: socket.socket, number: int) -> None:
        connection.sendall(b"\x20\x02\x00\x00")
        if number == 1:
            connection.recv(1024)  # SUBSCRIBE
            connection.sendall(publish_5)
            failed.wait(10)
            return  # the connection is lost before the message could be committed
        committed.wait(10)
        with suppress(TimeoutError):
            connection.settimeout(1.5)
            while data := connection.recv(1024):
                received.append(data)

    failed = threading.Event()

    class FailingOnce(Memory):
        def commit(self, arrivals: Sequence[Arrival]) -> None:
            if not failed.is_set():
                failed.set()
                raise StoreError("store: no room")
            super().commit(arrivals)
            committed.set()

    intake = FailingOnce()
    losing = FalseBroker(answer)
    with running(Collector(shipped, intake, host="127.0.0.1", port=losing.port)):
        wait_for(lambda: losing.connections >= 2 and committed.is_set(), what="the second connection")
        wait_for(lambda: b"".join(received).startswith(b"\x82"), what="the second subscription")
    losing.close()
    assert intake.values == [1.0]
    assert b"\x40\x02\x00\x05" not in b"".join(received)


GOOD = '"period_s":3600,"values":{"pm25":1.5}'
TIME = '"time":"2020-01-01T00:00:00+08:00"'
BAD_INPUT = {
    "unknown station": ("env/v1/air/nowhere", f"{{{TIME},{GOOD}}}".encode(), "unknown_station"),
    "unknown key": (TOPIC, f'{{{TIME},"period_s":3600,"values":{{"pm2.5":1}}}}'.encode(), "unknown_quantity"),
    "naive time": (TOPIC, f'{{"time":"2020-01-01T00:00:00",{GOOD}}}'.encode(), "naive_time"),
    "far future": (TOPIC, f'{{"time":"2099-01-01T00:00:00+08:00",{GOOD}}}'.encode(), "future_time"),
    "NaN": (TOPIC, f'{{{TIME},"period_s":3600,"values":{{"pm25":NaN}}}}'.encode(), "not_finite"),
    "over 256 KiB": (TOPIC, b" " * (256 * 1024 + 1), "too_large"),
    "broken JSON": (TOPIC, b'{"time":', "broken_json"),
    "wrong type": (TOPIC, f'{{{TIME},"period_s":3600,"values":{{"pm25":"high"}}}}'.encode(), "wrong_type"),
    "no UTF-8": (TOPIC, b"\xff\xfe\x00", "broken_json"),
    "empty": (TOPIC, b"", "broken_json"),
    "unknown medium": ("env/v1/soil/sz-a01", f"{{{TIME},{GOOD}}}".encode(), "unknown_topic"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_collector_quarantines(case: str, mosquitto: Mosquitto, shipped: Config, tmp_path: Path) -> None:
    topic, body, code = BAD_INPUT[case]
    with collecting_into(shipped, tmp_path / "store.sqlite3", mosquitto.port):
        publish(mosquitto.port, (topic, body), (TOPIC, payload(1.5)))
        wait_for(lambda: counted(tmp_path / "store.sqlite3") == 2, what="both messages")
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as store:
        store.drain()
        (kept,) = store.quarantined()
        assert (kept.topic, kept.payload, kept.refusals[0].code) == (topic, body, code)
        assert store.raw(KEY).values.tolist() == [1.5]  # it goes on with the next message
        assert store.counts()["messages_quarantined"] == 1


def counted(file: Path) -> int:
    store = SqliteStore(file)
    messages = store.counts().get("messages", 0)
    store.close()
    return messages


@contextmanager
def collecting_into(config: Config, file: Path, port: int) -> Iterator[None]:
    """Collect into a store that is opened in the collector's own thread."""
    stop = threading.Event()

    def work() -> None:
        store = SqliteStore(file)
        Collector(config, store, host="127.0.0.1", port=port).run(stop)
        store.close()

    thread = threading.Thread(target=work)
    thread.start()
    listener = Publisher("127.0.0.1", port, client_id="probe", timeout_s=10)
    heard: list[bytes] = []
    listener.listen(status_topic(config.settings.broker.client_id), heard.append, timeout_s=10)
    listener.wait(lambda: heard, timeout_s=10)
    listener.close()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def test_collector_logs_a_bad_gateway_of_many_topics_in_few_lines(
    mosquitto: Mosquitto, shipped: Config, caplog: pytest.LogCaptureFixture
) -> None:
    intake = Memory()
    with collecting(shipped, intake, mosquitto.port):
        publish(mosquitto.port, *[(f"env/v1/air/nowhere-{i}", payload(1.0)) for i in range(1000)])
        wait_for(lambda: len(intake.arrivals) == 1000, what="1,000 messages")
    assert 1 <= caplog.text.count("quarantined: ") <= 2  # once a minute
