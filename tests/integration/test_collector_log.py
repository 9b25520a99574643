"""What a collector writes into its log about the messages of a real broker: who and why, never what."""

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ingestor.collector import Collector
from ingestor.config import Config
from ingestor.health import Health
from ingestor.mqtt_publisher import Publisher
from ingestor.store import SqliteStore
from sensors.reading import Sequenced
from tests.support import Mosquitto, free_port, wait_for

SECRET = "hunter2-secret-token"  # noqa: S105  # no secret, but what must not be found in a log
GOOD = {"time": "2020-01-01T00:00:00+08:00", "period_s": 3600, "values": {"pm25": 1}}

PAYLOADS = [
    SECRET.encode(),
    f'"{SECRET}"'.encode(),
    *[
        json.dumps(payload).encode()
        for payload in (
            {**GOOD, "time": SECRET},
            {**GOOD, "station": SECRET},
            {**GOOD, "values": {SECRET: 1}},
            {**GOOD, "values": {SECRET: "x"}},
            {**GOOD, "values": {"pm25": SECRET}},
            {**GOOD, "flags": {"pm25": SECRET}},
            {**GOOD, "flags": {SECRET: "good"}},
            {**GOOD, SECRET: 1},
            [GOOD, SECRET],
            {**GOOD, "values": {"pm25": 1, SECRET: [SECRET] * 100}},
        )
    ],
]


Log = Callable[[list[tuple[str, bytes]]], list[str]]


@pytest.fixture
def log_of(mosquitto: Mosquitto, shipped: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Log:
    """Publish messages to a collector; return all that it has logged when it has ended."""

    def collect(health: Health, stop: threading.Event) -> None:
        with closing(SqliteStore(tmp_path / "store.sqlite3")) as store:
            Collector(shipped, store, host="127.0.0.1", port=mosquitto.port, health=health).run(stop)

    def run(messages: list[tuple[str, bytes]]) -> list[str]:
        caplog.set_level(logging.DEBUG)
        health, stop = Health(), threading.Event()
        collecting = threading.Thread(target=collect, args=(health, stop))
        collecting.start()
        try:
            wait_for(lambda: ": connected, session" in caplog.text, what="the collector to connect")
            publisher = Publisher("127.0.0.1", mosquitto.port, client_id="gateway", timeout_s=10)
            for topic, payload in messages:
                publisher.publish(topic, payload)
            publisher.wait(lambda: publisher.unacknowledged == 0, timeout_s=10)
            publisher.close()
            wait_for(lambda: health.quarantined == len(messages), what="all messages to be refused")
        finally:
            stop.set()
            collecting.join(20)
        assert not collecting.is_alive()
        return [record.getMessage() for record in caplog.records]

    return run


def test_collector_log_of_refused_messages_holds_nothing_of_their_payloads(log_of: Log) -> None:
    lines = log_of([("env/v1/air/sz-a01", payload) for payload in PAYLOADS])
    assert [line for line in lines if SECRET in line] == []


def test_collector_log_line_of_a_refused_message_is_short_and_printable_whatever_its_topic(log_of: Log) -> None:
    topics = ["env/v1/air/" + name for name in ("x" * 60_000, "深圳", "\u202eabc", "\u2028ERROR forged")]
    lines = log_of([(topic, b"{}") for topic in topics])
    assert [line[:80] for line in lines if len(line) > 500 or not line.isprintable()] == []


class _SomeTurns:
    """Tells a collector to stop after some turns; waits for nothing."""

    def __init__(self, turns: int) -> None:
        self._left = turns

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0

    def wait(self, _timeout: float) -> bool:
        return False


def test_collector_logs_that_messages_of_a_node_were_lost(
    shipped: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    health = Health()
    for number in (0, 7):
        health.sequences.follow("plant", Sequenced("g/n", number), time.time())
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as store:
        Collector(shipped, store, host="127.0.0.1", port=free_port(), health=health).run(_SomeTurns(3))
    assert caplog.text.count("source plant: 1 gaps in seq") == 1
