"""`qingjing doctor`: says what is wrong and what to do, and takes nothing from a service that runs."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingestor import doctor, health_server
from ingestor.config import Config
from ingestor.data_directory import alone
from ingestor.health import Health
from ingestor.mqtt_publisher import Publisher
from ingestor.store import Arrival, Ledger, SqliteStore, store_file
from sensors.reading import Reading, Refusal, Sequenced
from tests.conftest import Qingjing
from tests.integration.test_influx_service import Service, payload, stored
from tests.support import Influxd, Mosquitto, free_port, wait_for

TOPIC = "env/v1/air/sz-a01"


@pytest.fixture
def database() -> str:
    return "doctor"


@pytest.fixture
def service(
    config_copy: Path, tmp_path: Path, mosquitto: Mosquitto, influxd: Influxd, database: str
) -> Iterator[Service]:
    made = Service(config_copy, tmp_path / "data", mosquitto.port, influxd.url, database)
    yield made
    made.kill()


def findings(qingjing: Qingjing, *options: object, code: int = 1) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for each in json.loads(qingjing(*options, "doctor", "--json", code=code).stdout):
        found.setdefault(each["subject"], []).append(each)
    return found


def test_doctor_of_a_fresh_configuration_says_what_to_start(qingjing: Qingjing, config_copy: Path) -> None:
    settings = config_copy / "settings.toml"
    ports = settings.read_text().replace("port = 1883", f"port = {free_port()}")
    settings.write_text(ports.replace("health_port = 9464", f"health_port = {free_port()}"))
    found = findings(qingjing, "--config", config_copy, "--data", "none")
    assert "start `qingjing run`" in found["service"][0]["do"]
    assert "cannot be reached" in found["broker"][0]["seen"]
    assert found["store"][0]["good"]
    assert found["store"][0]["seen"].endswith("`qingjing run` makes it")


def test_doctor_asks_a_service_whose_data_were_moved_away_and_leaves_its_session(
    tmp_path: Path, shipped: Config
) -> None:
    health = Health()
    health.connected, health.store_failing = True, "store x: expected the file that was opened, got none"
    server = health_server.start(health, port=0)
    collector = msgspec.structs.replace(shipped.settings.collector, health_port=server.server_address[1])
    loaded = msgspec.structs.replace(shipped, settings=msgspec.structs.replace(shipped.settings, collector=collector))
    found = [each for each in doctor.examine(loaded, tmp_path / "gone") if each.subject in ("service", "broker")]
    server.shutdown()
    server.server_close()
    assert [each.seen for each in found[:3]] == [
        f"{tmp_path / 'gone'} does not exist",
        f"one answers on port {collector.health_port}, and does not hold {tmp_path / 'gone'} as it is now",
        f"the service says: {health.store_failing}",
    ]


def test_doctor_finds_nothing_wrong_with_a_service_that_works_and_leaves_its_session(
    service: Service, qingjing: Qingjing, influxd: Influxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    settings = service.config / "settings.toml"
    settings.write_text(settings.read_text().replace("health_port = 9464", f"health_port = {port}"))
    service.start("--health-port", str(port))
    monkeypatch.setenv("INFLUXDB_V2_URL", influxd.url)
    wait_for(lambda: "connected, session" in service.log(), what="the service to be connected")
    found = findings(qingjing, "--config", service.config, "--data", service.data, code=0)
    assert all(each["good"] for several in found.values() for each in several)
    assert {"service", "broker", "store", "clock", "disk", "outbox", "quarantine"} <= found.keys()
    assert "connection lost" not in service.log()
    assert service.end() == 0


def test_doctor_tells_of_a_board_that_died_and_of_messages_that_were_lost(
    config_copy: Path, tmp_path: Path, qingjing: Qingjing
) -> None:
    health = Health()
    health.connected, health.board_away = True, "the process of the board died"
    for number in (0, 7):
        health.sequences.follow("plant", Sequenced("g/n", number), time.time())
    server = health_server.start(health, port=0)
    with alone(tmp_path):
        settings = config_copy / "settings.toml"
        port = server.server_address[1]
        settings.write_text(settings.read_text().replace("health_port = 9464", f"health_port = {port}"))
        found = findings(qingjing, "--config", config_copy, "--data", tmp_path)
    server.shutdown()
    server.server_close()
    assert found["sparkplug"][0]["seen"].startswith("the service says: source plant: 1 gaps in seq")
    assert found["board"] == [{
        "subject": "board", "good": False, "seen": "the service says: the process of the board died",
        "do": "see the service's log; does another program hold [board] port?",
    }]  # fmt: skip


def test_doctor_while_the_service_is_away_leaves_what_the_broker_has_queued(
    service: Service,
    qingjing: Qingjing,
    mosquitto: Mosquitto,
    influxd: Influxd,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = service.config / "settings.toml"
    settings.write_text(settings.read_text().replace("health_port = 9464", f"health_port = {free_port()}"))
    service.start()
    wait_for(lambda: "connected, session" in service.log(), what="the service to be connected")
    assert service.end() == 0
    publisher = Publisher("127.0.0.1", mosquitto.port, client_id="gateway", timeout_s=10)
    publisher.publish(TOPIC, payload(3, 42.0))
    publisher.wait(lambda: publisher.unacknowledged == 0, timeout_s=10)
    publisher.close()
    monkeypatch.setenv("INFLUXDB_V2_URL", influxd.url)
    found = findings(qingjing, "--config", service.config, "--data", service.data)
    assert "accepts us" in found["broker"][0]["seen"]
    service.start()
    wait_for(lambda: stored(influxd, database)[-1:] == [42.0], what="the reading that the broker had queued")
    assert service.end() == 0


def test_doctor_says_that_a_secret_is_open_to_others(config_copy: Path, qingjing: Qingjing) -> None:
    settings = config_copy / "settings.toml"
    chosen = f'host = "127.0.0.1"\nusername = "u"\npassword_file = "password"\nport = {free_port()}'
    settings.write_text(settings.read_text().replace("port = 1883", chosen, 1))
    (config_copy / "password").write_text("hunter2\n")
    (config_copy / "password").chmod(0o644)
    done = qingjing("--config", config_copy, "doctor", code=1)
    assert "password is open to others" in done.stdout
    assert f"chmod 600 {config_copy / 'password'}" in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


def test_doctor_tells_readings_that_wait_and_messages_in_quarantine(tmp_path: Path, qingjing: Qingjing) -> None:
    data = tmp_path / "data"
    with closing(SqliteStore(store_file(data))):
        pass
    with closing(Ledger(store_file(data))) as ledger:
        reading = Reading("air", "sz-a01", 3600, 0, (("pm25", 1.0, 1),))
        ledger.commit([Arrival("native", TOPIC, 0.0, b"x", [reading], [Refusal("naive_time", "time")])])
    found = findings(qingjing, "--data", data)
    assert found["outbox"][0]["seen"].startswith("1 readings wait")
    assert (found["quarantine"][0]["good"], found["quarantine"][0]["seen"]) == (False, "1 messages: 1 naive_time")
