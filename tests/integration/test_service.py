"""`qingjing run` as a process: starting, stopping, refusing to run twice, and the commands on what it stored."""

import datetime as dt
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from ingestor.mqtt_publisher import Publisher
from ingestor.store import SqliteStore
from tests.conftest import Qingjing
from tests.support import ROOT, accepts, free_port, wait_for

READING = b'{"time":"2020-01-01T00:00:00+08:00","period_s":3600,"values":{"pm25":15.1,"o3":null}}'

Start = Callable[..., subprocess.Popen[str]]


def command_of(folder: Path, port: int) -> list[str]:
    command = [sys.executable, "-m", "ingestor", "--data", str(folder / "data")]
    return [*command, "run", "--port", str(port), "--health-port", "0", "--board-port", "0"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `qingjing run` on a port and wait until its broker listens; killed at the end if it still runs."""
    started = []

    def run(port: int) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            "-m",
            "ingestor",
            "--data",
            str(tmp_path / "data"),
            "run",
            "--port",
            str(port),
            "--board-port",
            "0",
            "--health-port",
            "0",
        ]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        started.append(process)
        wait_for(lambda: accepts(port) or process.poll() is not None, what="the service to listen")
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def publish(port: int, *messages: tuple[str, bytes]) -> None:
    publisher = Publisher("127.0.0.1", port, client_id="gateway", timeout_s=10)
    subscribed: list[bytes] = []
    publisher.listen("qingjing/qingjing-collector/status", subscribed.append, timeout_s=10)
    publisher.wait(lambda: subscribed, timeout_s=10)
    for topic, payload in messages:
        publisher.publish(topic, payload)
    publisher.wait(lambda: publisher.unacknowledged == 0, timeout_s=10)
    publisher.wait(lambda: json.loads(subscribed[-1])["committed"] >= len(messages), timeout_s=10)
    publisher.close()


def test_service_ends_with_0_on_sigterm_and_keeps_what_it_acknowledged(
    start: Start, tmp_path: Path, qingjing: Qingjing
) -> None:
    port = free_port()
    service = start(port)
    publish(port, ("env/v1/air/sz-a01", READING))
    service.send_signal(signal.SIGTERM)
    assert service.wait(10) == 0
    derived = json.loads(qingjing("--data", tmp_path / "data", "derive", "--json").stdout)
    assert (derived["stations"], derived["station_days"], derived["city_days"]) == ({"air": 1}, {"air": 1}, 1)
    assert [each["unit"] for each in derived["pieces"]] == ["air:shenzhen"]


def test_service_stopped_in_a_flood_keeps_all_that_its_own_broker_acknowledged(start: Start, tmp_path: Path) -> None:
    port = free_port()
    service = start(port)
    publisher = Publisher("127.0.0.1", port, client_id="flood", timeout_s=10)
    subscribed: list[bytes] = []
    publisher.listen("qingjing/qingjing-collector/status", subscribed.append, timeout_s=10)
    publisher.wait(lambda: subscribed, timeout_s=10)
    for number in range(8000):
        publisher.publish("env/v1/air/sz-a01", READING.replace(b"15.1", str(number).encode()))
        if publisher.unacknowledged >= 500:
            publisher.wait(lambda: publisher.unacknowledged < 100, timeout_s=10)
    publisher.wait(lambda: publisher.unacknowledged == 0, timeout_s=10)
    publisher.close()
    service.send_signal(signal.SIGTERM)
    assert service.wait(10) == 0
    store = SqliteStore(tmp_path / "data" / "qingjing.sqlite3")
    assert store.counts()["messages"] == 8000
    store.close()


def test_service_ends_with_its_parent_where_it_is_told_to(tmp_path: Path) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "ingestor",
        "--data",
        str(tmp_path / "data"),
        "run",
        "--port",
        str(port),
        "--board-port",
        "0",
        "--health-port",
        "0",
    ]
    with subprocess.Popen(
        [*command, "--stop-with-stdin"], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as service:
        wait_for(lambda: accepts(port), what="the service to listen")
        assert service.stdin is not None
        service.stdin.close()
        assert service.wait(10) == 0


def test_service_keeps_what_it_committed_when_killed(start: Start, tmp_path: Path, qingjing: Qingjing) -> None:
    port = free_port()
    service = start(port)
    publish(port, ("env/v1/air/sz-a01", READING))
    service.kill()
    service.wait(10)
    assert json.loads(qingjing("--data", tmp_path / "data", "derive", "--json").stdout)["city_days"] == 1


def test_service_takes_its_broker_down_with_it_when_killed(start: Start) -> None:
    port = free_port()
    service = start(port)
    service.kill()
    service.wait(10)
    wait_for(lambda: not accepts(port), what="the broker to end")


def test_service_listens_on_loopback_only(start: Start) -> None:
    port = free_port()
    start(port)
    tables = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
    rows = [row.split() for table in tables if table.exists() for row in table.read_text().splitlines()[1:]]
    listening = [local for _, local, _, state, *_ in rows if state == "0A" and local.endswith(f":{port:04X}")]
    assert listening == [f"0100007F:{port:04X}"]


def test_service_ends_with_0_when_its_whole_process_group_is_told_to_end(tmp_path: Path) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "ingestor",
        "--data",
        str(tmp_path / "data"),
        "run",
        "--port",
        str(port),
        "--board-port",
        "0",
        "--health-port",
        "0",
    ]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True) as service:
        wait_for(lambda: accepts(port), what="the service to listen")
        publish(port, ("env/v1/air/sz-a01", READING))
        os.killpg(service.pid, signal.SIGTERM)
        assert service.wait(10) == 0


def test_service_whose_broker_dies_ends_with_1(start: Start) -> None:
    port = free_port()
    service = start(port)
    publish(port, ("env/v1/air/sz-a01", READING))
    psutil.Process(service.pid).children()[0].kill()
    assert service.wait(15) == 1
    assert service.stderr is not None
    assert "the embedded broker died" in service.stderr.read()


def test_second_service_on_the_same_data_is_refused(start: Start, tmp_path: Path, qingjing: Qingjing) -> None:
    start(free_port())
    refused = qingjing(
        "--data", tmp_path / "data", "run", "--port", free_port(), "--health-port", 0, "--board-port", 0, code=1
    )
    assert "another qingjing run collects there" in refused.stderr


def test_service_on_a_port_in_use_says_what_to_do(start: Start, tmp_path: Path, qingjing: Qingjing) -> None:
    port = free_port()
    start(port)
    refused = qingjing(
        "--data", tmp_path / "other", "run", "--port", port, "--health-port", 0, "--board-port", 0, code=1
    )
    assert refused.stderr.splitlines()[-1].startswith(f"qingjing: broker 127.0.0.1:{port}: cannot be started")
    assert "set broker.port" in refused.stderr


def test_quarantine_lists_and_shows_what_was_refused(start: Start, tmp_path: Path, qingjing: Qingjing) -> None:
    port = free_port()
    start(port)
    publish(port, ("env/v1/air/nowhere", READING), ("env/v1/air/sz-a01", b"\xffraw"))
    listed = qingjing("--data", tmp_path / "data", "quarantine", "list").stdout
    assert "env/v1/air/nowhere  unknown_station: station: expected one of the register of air, got 'nowhere'" in listed
    assert "2 messages: 1 broken_json, 1 unknown_station" in listed.splitlines()
    as_json = json.loads(qingjing("--data", tmp_path / "data", "quarantine", "list", "--json").stdout)
    assert [m["topic"] for m in as_json["messages"]] == ["env/v1/air/sz-a01", "env/v1/air/nowhere"]
    shown = qingjing("--data", tmp_path / "data", "quarantine", "show", 2).stdout
    assert "reason:   broken_json" in shown
    assert "\\xffraw" in shown


def test_quarantine_show_of_an_unknown_id_is_a_mistake_of_the_user(
    start: Start, tmp_path: Path, qingjing: Qingjing
) -> None:
    start(free_port())
    refused = qingjing("--data", tmp_path / "data", "quarantine", "show", 7, code=2)
    assert refused.stderr == (
        "qingjing: number: expected the id of a message in quarantine, got 7; see `qingjing quarantine list`\n"
    )


def test_figures_without_a_store_say_what_makes_one(tmp_path: Path, qingjing: Qingjing) -> None:
    refused = qingjing("--data", tmp_path / "none", "targets", "--plan", "shenzhen-2020", code=1)
    assert "expected a store, got none; `qingjing run` makes it" in refused.stderr


def test_config_mistake_is_one_line_and_code_2(config_copy: Path, qingjing: Qingjing) -> None:
    plan = config_copy / "plans" / "shenzhen-2020.toml"
    plan.write_text(plan.read_text().replace("air.annual_mean.pm25", "air.anual_mean.pm25"))
    for command in (["check"], ["run"], ["targets", "--plan", "shenzhen-2020"]):
        refused = qingjing("--config", config_copy, *command, code=2)
        (line,) = refused.stderr.splitlines()
        assert line.startswith(f"qingjing: {plan}: target[0].indicator: expected one of air.annual_mean.pm25, ")
        assert line.endswith("got 'air.anual_mean.pm25'")


def test_figures_warn_when_readings_came_after_the_derivation(start: Start, tmp_path: Path, qingjing: Qingjing) -> None:
    port = free_port()
    start(port)
    publish(port, ("env/v1/air/sz-a01", READING))
    arguments = ("--data", tmp_path / "data", "indicators", "--scope", "city:shenzhen", "--period", "2020-01", "--json")
    assert "since the last `qingjing derive`" in qingjing(*arguments).stderr
    qingjing("--data", tmp_path / "data", "derive")
    assert qingjing(*arguments).stderr == ""


def test_deriving_gives_the_same_in_any_zone_of_the_process(
    start: Start, tmp_path: Path, qingjing: Qingjing, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    start(port)
    hours = [READING.replace(b"T00", b"T%02d" % hour) for hour in range(24)]
    publish(port, *[("env/v1/air/sz-a01", hour) for hour in hours])
    outcomes = []
    for zone in ("Asia/Shanghai", "Asia/Kathmandu", "America/Los_Angeles"):
        monkeypatch.setenv("TZ", zone)
        qingjing("--data", tmp_path / "data", "derive")
        scope = ("indicators", "--scope", "station:sz-a01", "--period", "2020-01-01..2020-01-02", "--json")
        outcomes.append(json.loads(qingjing("--data", tmp_path / "data", *scope).stdout))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert (outcomes[0][0]["value"], outcomes[0][0]["valid"], outcomes[0][0]["expected"]) == (15, 1, 2)


def get(port: int, path: str) -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@pytest.fixture
def watched(config_copy: Path, tmp_path: Path) -> Iterator[tuple[int, int]]:
    """A service on a copy of the configuration with its health served: ports of broker and health."""
    port, health_port = free_port(), free_port()
    command = [sys.executable, "-m", "ingestor", "--config", str(config_copy), "--data", str(tmp_path / "data")]
    command += ["run", "--port", str(port), "--board-port", "0", "--health-port", str(health_port)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as service:
        wait_for(lambda: accepts(port) and get(health_port, "/readyz")[0] == 200, what="the service to be ready")
        yield port, health_port
        service.terminate()
        assert service.wait(10) == 0


def test_service_tells_its_health(watched: tuple[int, int]) -> None:
    port, health_port = watched
    publish(port, ("env/v1/air/sz-a01", READING), ("env/v1/air/nowhere", READING))
    wait_for(lambda: "qingjing_stored_total 1.0" in get(health_port, "/metrics")[1], what="the reading to be stored")
    metrics = get(health_port, "/metrics")[1].splitlines()
    assert {
        "qingjing_received_total 2.0",
        "qingjing_messages_total 2.0",
        "qingjing_decoded_total 1.0",
        'qingjing_quarantined_by_total{reason="unknown_station"} 1.0',
        "qingjing_outbox_readings 0.0",
        "qingjing_ready 1.0",
        'qingjing_lag_seconds_bucket{le="86400.0"} 0.0',
        'qingjing_lag_seconds_bucket{le="+Inf"} 1.0',
    } <= set(metrics)
    assert get(health_port, "/healthz") == (200, '{"alive": true}\n')


def test_service_takes_a_changed_register_and_refuses_a_bad_one_without_losing_a_message(
    watched: tuple[int, int], config_copy: Path, tmp_path: Path
) -> None:
    port, health_port = watched
    register = config_copy / "stations" / "air.csv"
    good = register.read_text()
    row = next(line for line in good.splitlines() if line.startswith("sz-a01,"))

    def refused() -> object:
        return json.loads(get(health_port, "/readyz")[1])["config_refused"]

    publish(port, ("env/v1/air/new-1", READING), ("env/v1/air/sz-a01", READING))
    register.write_text(good + row.replace("sz-a01", "bad id") + "\n")
    wait_for(refused, what="the bad register to be refused")
    assert "air.csv: line" in str(refused())
    publish(port, ("env/v1/air/sz-a01", READING))
    register.write_text(good + row.replace("sz-a01", "new-1") + "\n")
    wait_for(lambda: refused() is None, what="the good register to be taken")
    wait_for(lambda: stored_after_publishing(port, tmp_path, "new-1"), what="a reading of the new station")
    store = SqliteStore(tmp_path / "data" / "qingjing.sqlite3")
    assert store.quarantine_reasons() == {"unknown_station": 1}
    store.close()


def stored_after_publishing(port: int, folder: Path, station: str) -> bool:
    publish(port, (f"env/v1/air/{station}", READING))
    store = SqliteStore(folder / "data" / "qingjing.sqlite3")
    store.drain()
    found = [key.station for key in store.series("air")]
    store.close()
    return station in found


def test_service_subscribes_to_a_source_that_was_added_while_it_runs(
    watched: tuple[int, int], config_copy: Path, tmp_path: Path
) -> None:
    port, _ = watched
    file = config_copy / "sources.toml"
    added = '[[source]]\nname = "more"\ntopic = "more/{station}"\nmedium = "air"\ndialect = "native"\n'
    file.write_text(f"{file.read_text()}\n{added}")

    def arrived() -> bool:
        publisher = Publisher("127.0.0.1", port, client_id="more", timeout_s=10)
        publisher.publish("more/sz-a02", READING)
        publisher.wait(lambda: publisher.unacknowledged == 0, timeout_s=10)
        publisher.close()
        store = SqliteStore(tmp_path / "data" / "qingjing.sqlite3")
        store.drain()
        found = {key.station for key in store.series("air")}
        store.close()
        return found == {"sz-a02"}

    wait_for(arrived, what="a reading on the new topic")


def test_service_ends_within_10_s_while_a_command_holds_the_ledger(start: Start, tmp_path: Path) -> None:
    port = free_port()
    service = start(port)
    publish(port, ("env/v1/air/sz-a01", READING))
    with closing(sqlite3.connect(tmp_path / "data" / "qingjing.sqlite3", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        service.send_signal(signal.SIGTERM)
        assert service.wait(10) == 0


def test_board_beside_the_service_shows_a_reading_within_5_s(tmp_path: Path) -> None:
    port, board = free_port(), free_port()
    command = [sys.executable, "-m", "ingestor", "--data", str(tmp_path / "data"), "run", "--no-jobs"]
    command += ["--port", str(port), "--health-port", "0", "--board-port", str(board)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            wait_for(lambda: accepts(port) and accepts(board), what="service and board to listen")
            hour = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0) - dt.timedelta(hours=1)
            reading = {"time": hour.isoformat(), "period_s": 3600, "values": {"pm25": 15.1}}
            publish(port, ("env/v1/air/sz-a01", json.dumps(reading).encode()))
            wait_for(lambda: _sent(board, "sz-a01"), what="the board to show the reading", timeout_s=5)
        finally:
            process.terminate()
            assert process.wait(20) == 0
    assert not accepts(board)


def _sent(board: int, station: str) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{board}/api/stations?medium=air") as answer:
        return any(each["id"] == station and each["values"] for each in json.load(answer))
