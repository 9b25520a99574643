"""`qingjing run` with InfluxDB as its store: delivering, stopping, starting again, and figures as from SQLite."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingestor import derivation, evaluation
from ingestor.config import Config
from ingestor.decoding import Decoding
from ingestor.mqtt_publisher import Publisher
from ingestor.simulation import YEAR, Simulation
from ingestor.store import InfluxServer, InfluxStore, Ledger, SqliteStore
from tests.conftest import Qingjing
from tests.support import ROOT, Influxd, Mosquitto, free_port, wait_for

TOPIC = "env/v1/air/sz-a01"
QUIET = ("--health-port", "0", "--board-port", "0")


class Service:
    """The service as a process on a broker and a store, which can be ended and started again."""

    def __init__(self, config: Path, data: Path, broker: int, url: str, database: str) -> None:
        self.data = data
        self.config = config
        settings = (config / "settings.toml").read_text()
        settings = settings.replace("port = 1883", f'host = "127.0.0.1"\nport = {broker}', 1)
        settings = settings.replace('kind = "sqlite"', 'kind = "influxdb"').replace(
            'database = "qingjing"', f'database = "{database}"'
        )
        (config / "settings.toml").write_text(settings)
        self._environment = {**os.environ, "INFLUXDB_V2_URL": url, "INFLUXDB_V2_TIMEOUT": "3000"}
        self._log = data.parent / "service.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        command = [sys.executable, "-m", "ingestor", "--config", str(self.config), "--data", str(self.data)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "run", *QUIET, *options],
                cwd=ROOT,
                env=self._environment,
                stderr=log,
            )

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(10)  # an orderly stop takes at most 10 s
        self._process = None
        return code

    def kill(self) -> None:
        if self._process is not None:
            self.end(signal.SIGKILL)

    def log(self) -> str:
        return self._log.read_text()


@pytest.fixture
def database() -> str:
    return f"t{uuid.uuid4().hex}"


@pytest.fixture
def service(
    config_copy: Path, tmp_path: Path, mosquitto: Mosquitto, influxd: Influxd, database: str
) -> Iterator[Service]:
    made = Service(config_copy, tmp_path / "data", mosquitto.port, influxd.url, database)
    yield made
    made.kill()


@pytest.fixture
def gateway(mosquitto: Mosquitto) -> Iterator[Callable[..., None]]:
    """Publish messages once the collector has told that it collects; returns when the broker has acknowledged them."""
    publisher = Publisher("127.0.0.1", mosquitto.port, client_id="gateway", timeout_s=20)
    heard: list[bytes] = []
    publisher.listen("qingjing/qingjing-collector/status", heard.append, timeout_s=10)

    def publish(*messages: tuple[str, bytes]) -> None:
        publisher.wait(lambda: heard and heard[-1], timeout_s=20)
        for topic, payload in messages:
            publisher.publish(topic, payload)
        publisher.wait(lambda: publisher.unacknowledged == 0, timeout_s=20)

    yield publish
    publisher.close()


def payload(hour: int, value: float) -> bytes:
    return f'{{"time":"2020-01-01T{hour:02d}:00:00+08:00","period_s":3600,"values":{{"pm25":{value}}}}}'.encode()


def stored(influxd: Influxd, database: str) -> list[float]:
    return [float(row["pm25"]) for row in influxd.query('SELECT "pm25" FROM "air"', database=database)]


def test_service_makes_the_database_and_delivers(
    service: Service, gateway: Callable[..., None], influxd: Influxd, database: str
) -> None:
    service.start()
    gateway((TOPIC, payload(0, 15.1)), (TOPIC, payload(1, 16.2)))
    wait_for(lambda: stored(influxd, database) == [15.1, 16.2], what="both readings")
    assert service.end() == 0


def test_service_ends_with_0_within_10_s_while_the_store_is_away_and_delivers_at_the_next_start(
    config_copy: Path, tmp_path: Path, mosquitto: Mosquitto, gateway: Callable[..., None], database: str
) -> None:
    folder = tmp_path / "influxdb"
    folder.mkdir()
    away = Influxd(folder)
    service = Service(config_copy, tmp_path / "data", mosquitto.port, away.url, database)
    try:
        service.start()
        gateway((TOPIC, payload(0, 15.1)))
        wait_for(lambda: "readings kept in the outbox, next try in" in service.log(), what="the service to say so")
        started = time.monotonic()
        assert service.end() == 0
        assert time.monotonic() - started < 10
        with closing(Ledger(tmp_path / "data" / "qingjing.sqlite3")) as ledger:
            assert ledger.backlog().readings == 1
        away.start()
        service.start()
        wait_for(lambda: stored(away, database) == [15.1], what="the reading")
        assert service.end() == 0
        with closing(Ledger(tmp_path / "data" / "qingjing.sqlite3")) as ledger:
            assert ledger.backlog().readings == 0
    finally:
        service.kill()
        away.kill()


def test_service_stopped_in_a_flood_stores_all_that_it_acknowledged_or_keeps_it_in_the_outbox(
    service: Service, gateway: Callable[..., None], influxd: Influxd, database: str
) -> None:
    service.start()
    minutes = [divmod(n, 60) for n in range(1440)]
    flood = [
        (TOPIC, f'{{"time":"2020-01-01T{h:02d}:{m:02d}:00+08:00","period_s":60,"values":{{"pm25":{h}}}}}'.encode())
        for h, m in minutes
    ]
    gateway(*flood)
    assert service.end() == 0
    service.start()
    wait_for(lambda: service.log().count("collecting into") == 2, what="the service to collect again")
    wait_for(lambda: len(stored(influxd, database)) == 1440, what="all readings")
    assert service.end() == 0


def test_figures_from_influxdb_equal_those_from_sqlite(
    shipped: Config, tmp_path: Path, influx_url: str, database: str
) -> None:
    assert influx_url
    days = 12
    simulation = Simulation(shipped.register, city="shenzhen", seed=3, days=days)
    decoding, now = Decoding(shipped), time.time()
    arrivals = [decoding.arrival(topic, body, now) for topic, body in simulation.messages()]
    as_of = dt.date(YEAR, 1, days)
    verdicts = []
    stores: list[SqliteStore | InfluxStore] = [
        SqliteStore(tmp_path / "sqlite" / "store.sqlite3"),
        InfluxStore(tmp_path / "influx" / "store.sqlite3", InfluxServer(database)),
    ]
    for store in stores:
        with closing(store):
            store.commit(arrivals)
            store.drain()
            derived = derivation.derive(shipped, store)
            assert not derivation.is_stale(shipped, store)
            judged = evaluation.evaluate(shipped, store, shipped.plans["demo-2020"], as_of)
            verdicts.append((derived, judged, store.stored_values(), store.quarantine_reasons()))
    assert verdicts[0] == verdicts[1]
    assert verdicts[0][2] > 10_000


def test_commands_read_what_the_service_has_stored_in_influxdb(
    service: Service,
    gateway: Callable[..., None],
    influxd: Influxd,
    database: str,
    qingjing: Qingjing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service.start()
    gateway(*[(TOPIC, payload(hour, 10.0)) for hour in range(24)])
    wait_for(lambda: len(stored(influxd, database)) == 24, what="24 readings")
    monkeypatch.setenv("INFLUXDB_V2_URL", influxd.url)
    common = ("--config", service.config, "--data", service.data)
    qingjing(*common, "derive")
    asked = ("indicators", "--scope", "station:sz-a01", "--period", "2020-01-01..2020-01-01", "--json")
    figures = json.loads(qingjing(*common, *asked).stdout)
    assert (figures[0]["value"], figures[0]["valid"], figures[0]["expected"]) == (10, 1, 1)


def test_store_without_an_address_says_which_variable_to_set(
    service: Service, qingjing: Qingjing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INFLUXDB_V2_URL", raising=False)
    refused = qingjing("--config", service.config, "run", "--port", free_port(), *QUIET, code=1)
    assert "INFLUXDB_V2_URL: expected the server's address such as http://127.0.0.1:8086" in refused.stderr
