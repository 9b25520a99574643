"""Jobs as processes: two on one ledger, one that is killed, the worker beside the service, and the commands."""

import contextlib
import datetime as dt
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ingestor.jobs import lanes
from ingestor.jobs.ledger import LEASE_S, JobLedger
from ingestor.mqtt_publisher import Publisher
from ingestor.notices.causes import told_problems
from ingestor.store import Arrival, Ledger, SeriesKey, SqliteStore, runs, store_file
from sensors.reading import Reading
from tests.conftest import Qingjing
from tests.support import ROOT, Mosquitto, accepts, free_port, wait_for

DAY_S = 86_400
FIRST = 19_000 * DAY_S
"""A day of 2022, in UTC."""
READING = b'{"time":"2020-01-02T00:00:00+08:00","period_s":3600,"values":{"pm25":99.0}}'


class Racers:
    """Processes that look for due jobs by a clock that the test sets."""

    def __init__(self, folder: Path) -> None:
        self.ledger, self.told, self.lines = folder / "ledger.sqlite3", folder / "clock", folder / "lines"
        self.lines.touch()
        Ledger(self.ledger).close()
        self.set_clock(FIRST)
        self.started: list[subprocess.Popen[bytes]] = []

    def set_clock(self, now: float | str) -> None:
        new = self.told.with_suffix(".new")
        new.write_text(str(now))
        new.replace(self.told)

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(ROOT / "tests/integration/racing_jobs.py")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.started.append(
            subprocess.Popen([*command, str(self.ledger), str(self.told), str(self.lines), *options], env=environment)
        )
        return self.started[-1]

    def closed(self) -> list[str]:
        return [line.split()[0] for line in self.lines.read_text().splitlines()]

    def noted(self) -> int:
        with closing(JobLedger(self.ledger)) as ledger:
            return len(ledger.periods("daily"))

    def enrolled(self) -> bool:
        with closing(JobLedger(self.ledger)) as ledger:
            return bool(ledger.runs())

    def end(self) -> None:
        self.set_clock("end")
        for process in self.started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


@pytest.fixture
def racers(tmp_path: Path) -> Iterator[Racers]:
    made = Racers(tmp_path)
    yield made
    made.end()


def test_jobs_of_two_processes_close_each_of_50_periods_once_and_in_order(racers: Racers) -> None:
    racers.start()
    racers.start()
    wait_for(racers.enrolled, what="the jobs to be taken up")
    for day in range(1, 51):
        racers.set_clock(FIRST + day * DAY_S)
        wait_for(lambda day=day: len(racers.closed()) >= day, what=f"period {day} to be closed")
    wait_for(lambda: racers.noted() == 50, what="the last one to be noted")
    racers.end()
    assert [process.returncode for process in racers.started] == [0, 0]
    closed = racers.closed()
    assert closed == sorted(set(closed))
    assert len(closed) == 50


def test_jobs_of_a_process_killed_in_the_middle_are_done_by_another_after_its_lease(racers: Racers) -> None:
    killed = racers.start("hold")
    wait_for(racers.enrolled, what="the job to be taken up")
    racers.set_clock(FIRST + DAY_S)
    wait_for(racers.closed, what="the period to be begun")
    killed.kill()
    killed.wait()
    at = time.monotonic()
    racers.start()
    wait_for(lambda: racers.noted() == 1, what="the period to be closed by the other", timeout_s=LEASE_S + 20)
    assert time.monotonic() - at < LEASE_S + 15
    assert len(racers.closed()) == 2  # begun by the one, done by the other


# The worker beside the service


Stored = Callable[[int], None]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def stored(data: Path) -> Stored:
    """Put hours of one station into the store, past the collector."""

    def store(hours: int, station: str = "sz-a01") -> None:
        readings = [Reading("air", station, 3600, 1_577_808_000 + 3600 * h, (("pm25", 15.0, 1),)) for h in range(hours)]
        with closing(SqliteStore(store_file(data))) as opened:
            opened.commit([Arrival("native", "t", 0.0, b"", readings, [])])
            opened.drain()

    return store


class Worker:
    """The worker as a process, looking ten times a second."""

    def __init__(self, config: Path, data: Path) -> None:
        self.data = data
        self.log = data.parent / "worker.log"
        command = [sys.executable, "-m", "ingestor", "--config", str(config), "--data", str(data), "jobs", "work"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--look-every-s", "0.1"],
                stdin=subprocess.PIPE, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip

    def due_now(self) -> None:
        """Make the jobs without periods due, as if their interval were over."""
        with closing(SqliteStore(store_file(self.data))):
            pass
        with closing(JobLedger(store_file(self.data))) as ledger:
            for name in ("derive", "checks"):
                ledger.fail(name, "", not_before=0.0)

    def outcome(self, name: str) -> str:
        with closing(JobLedger(store_file(self.data))) as ledger:
            run = ledger.runs().get(name)
        return run.outcome if run is not None else "absent"


@pytest.fixture
def worker(config_copy: Path, data: Path, stored: Stored) -> Iterator[Worker]:
    stored(48)
    made = Worker(config_copy, data)
    wait_for(lambda: made.outcome("yearly") == "never", what="the jobs to be taken up")
    yield made
    made.process.kill()
    made.process.communicate()


def test_worker_derives_and_checks_what_is_due(worker: Worker, qingjing: Qingjing) -> None:
    worker.due_now()
    wait_for(lambda: (worker.outcome("derive"), worker.outcome("checks")) == ("done", "done"), what="both to be done")
    assert "nothing is stale" in qingjing("--data", worker.data, "--lang", "en", "derive").stdout
    found = json.loads(qingjing("--data", worker.data, "jobs", "--json").stdout)
    jobs = {job["name"]: job for job in found["jobs"]}
    assert jobs["derive"]["detail"] == "2 station-days of 1 units"
    assert jobs["checks"]["detail"].endswith(" of 35 stations")
    silent = {(each["medium"], each["station"]): each["state"] for each in found["stations"]}
    assert silent["air", "sz-a01"] == "silent"
    assert "station air sz-a01: silent" in worker.log.read_text()


@pytest.mark.parametrize("how", ["signal", "stdin"])
def test_worker_ends_with_0_when_it_is_told(worker: Worker, how: str) -> None:
    if how == "signal":
        worker.process.send_signal(signal.SIGTERM)
    else:
        assert worker.process.stdin is not None
        worker.process.stdin.close()
    assert worker.process.wait(10) == 0


def test_worker_told_to_end_in_the_middle_of_a_job_ends_and_the_next_one_completes_it(
    worker: Worker, config_copy: Path, stored: Stored
) -> None:
    with closing(sqlite3.connect(store_file(worker.data), isolation_level=None, timeout=30)) as other:
        for _ in range(10):
            for number in range(1, 6):
                stored(24 * 200, f"sz-a0{number}")
            worker.due_now()
            wait_for(lambda: worker.outcome("derive") in ("running", "done"), what="the derivation to begin")
            other.execute("BEGIN IMMEDIATE")  # now it can neither go on nor note that it was stopped
            if runs.runs(other)["derive"].outcome == "running":
                break
            other.execute("ROLLBACK")  # it was done before it could be held: once more
        else:
            pytest.fail("expected to meet the derivation while it runs")
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(10) == 0
        other.execute("ROLLBACK")
    assert worker.outcome("derive") != "done"
    with closing(JobLedger(store_file(worker.data), instance="later")) as ledger:
        ledger._db.execute("DELETE FROM lane")  # noqa: SLF001 - as after the lease
    again = Worker(config_copy, worker.data)
    wait_for(lambda: again.outcome("derive") == "done", what="the derivation to be completed")
    again.process.terminate()
    again.process.communicate()


def test_derive_waits_for_a_worker_that_derives(worker: Worker) -> None:
    with closing(JobLedger(store_file(worker.data), instance="another")) as ledger:
        assert ledger.claim(lanes.DERIVATION)
        command = [sys.executable, "-m", "ingestor", "--data", str(worker.data), "--lang", "en", "derive"]
        with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE) as deriving:
            assert deriving.stderr is not None
            assert b"waiting for another, which derives now" in deriving.stderr.readline()
            ledger.give_back(lanes.DERIVATION)
            assert deriving.wait(60) == 0


def serving(config: Path, data: Path, *options: str, port: int | None = None) -> "tuple[subprocess.Popen[bytes], int]":
    port, health = port or free_port(), free_port()
    command = [sys.executable, "-m", "ingestor", "--config", str(config), "--data", str(data), "run", "--port"]
    with (data.parent / "service.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, str(port), "--board-port", "0", "--health-port", str(health), *options],
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    wait_for(lambda: accepts(port) and accepts(health), what="the service to listen")
    return process, health


def metrics(port: int) -> dict[tuple[str, str], float]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    return {
        (sample.name, sample.labels.get("job", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def service(config_copy: Path, data: Path, stored: Stored) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    stored(24)
    process, health = serving(config_copy, data)
    yield process, health
    process.kill()
    process.wait()


def test_service_with_its_jobs_tells_of_data_that_were_moved_away_and_acknowledges_nothing_until_they_are_back(
    config_copy: Path, data: Path, stored: Stored, mosquitto: Mosquitto
) -> None:
    stored(24)
    settings = config_copy / "settings.toml"
    ours = f'host = "127.0.0.1"\nport = {mosquitto.port}'
    settings.write_text(settings.read_text().replace("port = 1883", ours, 1))
    process, health = serving(config_copy, data, port=mosquitto.port)
    try:
        wait_for(lambda: told_problems(health) == [], what="the service to be ready")
        wait_for(lambda: ("qingjing_job_next_timestamp", "yearly") in metrics(health), what="the jobs in the metrics")
        found = metrics(health)
        assert found["qingjing_job_missed_periods", "daily"] == 0
        assert found["qingjing_job_failures", "derive"] == 0
        assert found["qingjing_jobs_away", ""] == 0
        with closing(Publisher("127.0.0.1", mosquitto.port, client_id="gateway", timeout_s=20)) as gateway:
            heard: list[bytes] = []
            gateway.listen("qingjing/qingjing-collector/status", heard.append, timeout_s=20)
            gateway.wait(lambda: heard and heard[-1], timeout_s=20)  # the collector has subscribed
            away = data.rename(data.with_name("gone"))
            gateway.publish("env/v1/air/sz-a01", READING)
            gateway.wait(lambda: gateway.unacknowledged == 0, timeout_s=20)
        wait_for(lambda: metrics(health)["qingjing_received_total", ""] == 1, what="the message to be there")
        wait_for(lambda: told_problems(health), what="the service to say that the store is away")
        (problem,) = told_problems(health) or [""]
        assert problem.startswith(f"store {store_file(data)}: expected the file that was opened, got none")
        log = data.parent / "service.log"
        wait_for(lambda: "jobs: store" in log.read_text(), what="the jobs to look and find none")
        assert f"{problem}; nothing is lost, trying again" in log.read_text()
        assert metrics(health)["qingjing_messages_total", ""] == 0
        assert not data.exists()
        away.rename(data)
        wait_for(lambda: metrics(health)["qingjing_messages_total", ""] == 1, what="the message to be committed")
        wait_for(lambda: told_problems(health) == [], what="the service to be ready again")
    finally:
        process.terminate()
        assert process.wait(10) == 0
    with closing(SqliteStore(store_file(data))) as store:
        store.drain()
        assert store.raw(SeriesKey("air", "sz-a01", 3600, "pm25")).values.tolist()[-1] == 99.0


def child_of(process: subprocess.Popen[bytes]) -> psutil.Process | None:
    for child in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if "work" in child.cmdline():
                return child
    return None


def test_service_starts_its_jobs_again_where_they_die(service: tuple[subprocess.Popen[bytes], int]) -> None:
    process, _ = service
    wait_for(lambda: child_of(process), what="the jobs to run")
    first = child_of(process)
    assert first is not None
    first.kill()
    wait_for(lambda: (now := child_of(process)) is not None and now.pid != first.pid, what="the jobs to run again")


def test_service_that_is_killed_takes_its_jobs_along(service: tuple[subprocess.Popen[bytes], int]) -> None:
    process, _ = service
    wait_for(lambda: child_of(process), what="the jobs to run")
    child = child_of(process)
    assert child is not None
    process.kill()
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, what="the jobs to end")


def test_service_without_jobs_starts_none(config_copy: Path, data: Path, stored: Stored) -> None:
    stored(1)
    process, health = serving(config_copy, data, "--no-jobs")
    try:
        assert child_of(process) is None
        assert ("qingjing_job_next_timestamp", "yearly") not in metrics(health)
    finally:
        process.terminate()
        assert process.wait(10) == 0


# Commands


def test_jobs_of_a_fresh_store_have_never_run(data: Path, stored: Stored, qingjing: Qingjing) -> None:
    stored(1)
    jobs = json.loads(qingjing("--data", data, "jobs", "--json").stdout)["jobs"]
    assert [(job["name"], job["outcome"]) for job in jobs] == [
        (name, "never") for name in ("derive", "displays", "checks", "daily", "monthly", "quarterly", "yearly")
    ]


@pytest.mark.parametrize(("language", "words"), [("zh", "推算小时与日数据"), ("en", "derive hours and days")])
def test_jobs_are_a_table_in_both_languages(
    data: Path, stored: Stored, qingjing: Qingjing, language: str, words: str
) -> None:
    stored(24)
    assert "derive: done: 1 station-days" in qingjing("--data", data, "--lang", "en", "jobs", "run", "derive").stdout
    shown = qingjing("--data", data, "--lang", language, "jobs").stdout
    assert words.split()[0][:4] in shown.replace("\n", "")
    assert {"zh": "完成", "en": "done"}[language] in shown


def test_jobs_run_closes_a_period_by_hand(data: Path, stored: Stored, qingjing: Qingjing) -> None:
    stored(24)
    done: dict[str, Any] = json.loads(
        qingjing("--data", data, "jobs", "run", "monthly", "--period", "2020-01", "--json").stdout
    )
    assert (done["result"], done["job"]["period"]) == ("done", "2020-01")
    assert done["job"]["detail"].startswith("stations with readings: air 1/")
    assert done["closed"] == [{"period": "2020-01", "detail": done["job"]["detail"]}]
    published = json.loads(qingjing("--data", data, "history", "--json").stdout)
    assert all(each["figure"]["value"] is not None for each in published)
    by_hand = json.loads(qingjing("--data", data, "publish", "--period", "2020-01", "--json").stdout)
    assert (by_hand["published"], by_hand["new"]) == (len(published), [])
    assert done["job"]["detail"].endswith(
        f"figures published: {len(published)}, without data: {by_hand['without_data']}"
    )
    assert "没有待更新的数据" in qingjing("--data", data, "derive").stdout
    assert "没有到期的任务" in qingjing("--data", data, "jobs", "run", "monthly").stdout


def test_jobs_run_tells_every_period_that_it_closes(data: Path, stored: Stored, qingjing: Qingjing) -> None:
    stored(1)
    days = [str(dt.date.today() - dt.timedelta(days=n)) for n in (6, 5, 4)]  # noqa: DTZ011  # closed whatever the zone
    qingjing("--data", data, "jobs", "reopen", "daily", "--from", days[0])
    said = [line.split("：")[:2] for line in qingjing("--data", data, "jobs", "run", "daily").stdout.splitlines()]
    assert said[:3] == [[f"daily {day}", "完成"] for day in days]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["run", "weekly"],
            "displays, checks, notices, daily, monthly, quarterly, yearly, retention, got 'weekly'",
        ),
        (["run", "daily", "--period", "2020"], "--period: expected a period of daily, got 2020"),
        (["run", "derive", "--period", "2020"], "--period: expected nothing for derive, which has no periods"),
        (["run", "daily", "--period", "2190-01-01"], "expected none after"),
        (["reopen", "daily", "--from", "x"], "period: expected 2020, 2020-H1"),
        (["reopen", "daily", "--from", "2020"], "--from: expected a period of daily, got 2020"),
    ],
)
def test_jobs_refuse_what_is_none(
    data: Path, stored: Stored, qingjing: Qingjing, arguments: list[str], said: str
) -> None:
    stored(1)
    assert said in qingjing("--data", data, "jobs", *arguments, code=2).stderr


def test_jobs_run_that_fails_exits_with_1_and_the_doctor_says_so(
    config_copy: Path, data: Path, stored: Stored, qingjing: Qingjing
) -> None:
    stored(24)
    with closing(SqliteStore(store_file(data))) as store:
        store._db.execute("CREATE TRIGGER t BEFORE INSERT ON derived_unit BEGIN SELECT raise(ABORT, 'no room'); END")  # noqa: SLF001
    options = ("--config", config_copy, "--data", data)
    assert "derive：失败" in qingjing(*options, "jobs", "run", "derive", code=1).stdout
    found = json.loads(qingjing(*options, "doctor", "--json", code=1).stdout)
    (jobs,) = [each for each in found if each["subject"] == "jobs"]
    assert (jobs["good"], "derive failed 1 times in a row" in jobs["seen"], "no room" in jobs["seen"]) == (
        False, True, True,
    )  # fmt: skip
