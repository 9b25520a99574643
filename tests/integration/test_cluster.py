"""Derivation and import on a real Dask cluster and a real InfluxDB: the same rows and marks as in one process."""

import contextlib
import os
import shutil
import signal
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
import psutil
import pytest
from distributed import Client
from distributed.comm.core import CommClosedError

from ingestor import cli, config, derivation
from ingestor.backfill import importing
from ingestor.backfill.parts import Settings
from ingestor.backfill.reading import FORMATS
from ingestor.cluster import ClusterError, connection, deriving, tasks, worker
from ingestor.cluster import importing as cluster_importing
from ingestor.config import Config
from ingestor.derivation import CarryOut, stale
from ingestor.derivation.units import keys_of, units
from ingestor.jobs.ledger import LostError
from ingestor.schema import TABLES
from ingestor.store import EVER, InfluxServer, InfluxStore, StoreError
from ingestor.store.ports import Block
from ingestor.store.reviewed import Locked
from sensors.errors import ConfigError
from sensors.reviews import Review
from tests.air_world import start_of
from tests.conftest import Qingjing
from tests.support import ROOT, Influxd, free_port, wait_for

DAYS = 40
FIRST = start_of("2020-05-20")
HOURS = FIRST + 3600 * np.arange(24 * DAYS, dtype=np.int64)
AIR = ("sz-a01", "sz-a02", "sz-a03")
STEP_DAYS = 7
"""Days of a step here, so that few stations make many steps."""


@pytest.fixture(scope="module")
def environment(influxd: Influxd) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INFLUXDB_V2_URL", influxd.url)
        patch.setitem(stale.CHUNK_STATION_DAYS, "air", STEP_DAYS * len(AIR))
        yield


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Three stations of air in two districts, a section and a monitor; the store is InfluxDB."""
    folder = Path(shutil.copytree(ROOT / "config", tmp_path_factory.mktemp("cluster") / "config"))
    for plan in folder.glob("plans/*.toml"):  # they name stations that are gone
        plan.unlink()
    for medium, kept in (("air", AIR), ("water", ("sz-w01",)), ("noise", ("sz-n01",))):
        file = folder / "stations" / f"{medium}.csv"
        _, head, *lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        own = [line for line in lines if line.startswith(kept)]
        if medium == "air":
            own = [line.replace(",shenzhen,,", f",shenzhen,D{i % 2},") for i, line in enumerate(own)]
        file.write_text("".join([head, *own]), encoding="utf-8")
    settings = folder / "settings.toml"
    settings.write_text(settings.read_text("utf-8").replace('kind = "sqlite"', 'kind = "influxdb"'), "utf-8")
    return config.load(folder)


@pytest.fixture(scope="module")
def cluster(environment: None, city: Config) -> Iterator[Client]:  # noqa: ARG001  # workers inherit it
    with connection.connected(city, "local:2") as client:
        yield client


def in_database(city: Config, name: str | None = None) -> Config:
    """The configuration with another database of the server."""
    database = name or f"c{uuid.uuid4().hex}"
    settings = msgspec.structs.replace(
        city.settings, store=msgspec.structs.replace(city.settings.store, database=database)
    )
    return msgspec.structs.replace(city, settings=settings)


def opened(folder: Path, loaded: Config) -> "closing[InfluxStore]":
    database = loaded.settings.store.database
    return closing(InfluxStore(folder / f"{database}.sqlite3", InfluxServer(database)))


def readings() -> list[Block]:
    """Hours of every station, in which one of fifty misses."""
    rng = np.random.default_rng(7)

    def column(level: float, n: int) -> tuple[Any, Any]:
        return np.round(level * rng.uniform(0.5, 2.0, n), 1), np.where(rng.random(n) < 0.02, 0, 1)

    n = len(HOURS)
    air = {"pm25": 35.0, "pm10": 60.0, "so2": 9.0, "no2": 30.0, "o3": 90.0, "co": 0.8}
    blocks = [Block("air", id_, 3600, HOURS, {q: column(level, n) for q, level in air.items()}) for id_ in AIR]
    water = {"codmn": column(4.0, n // 4), "nh3n": column(0.5, n // 4)}
    blocks.append(Block("water", "sz-w01", 14_400, HOURS[::4], water))
    blocks.append(Block("noise", "sz-n01", 3600, HOURS, {"leq": column(45.0, n), "lmax": column(55.0, n)}))
    return blocks


def late() -> list[Block]:
    """A late day of one station, and a noisy hour."""
    day = slice(240, 264)
    values = np.full(24, 77.0), np.ones(24, dtype=np.int64)
    noisy = np.array([71.5]), np.array([1])
    return [
        Block("air", AIR[1], 3600, HOURS[day], {"pm25": values}),
        Block("noise", "sz-n01", 3600, HOURS[500:501], {"leq": noisy}),
    ]


def rows(store: InfluxStore, loaded: Config) -> dict[str, list[tuple[Any, ...]]]:
    """Everything derived, by table and key."""
    found = {}
    for unit in units(loaded):
        for table, key in keys_of(loaded, unit):
            names = list(TABLES[table].columns)
            found[f"{table} {key}"] = list(store.read(table, key, *EVER, names))
    return found


def marks(store: InfluxStore) -> dict[str, Any]:
    """What the ledger knows of derivation; what was done in the order of the units."""
    return {
        "derived": store.derived_units(),
        "due": store.due(),
        "waiting": store.waiting(),
        "pieces": sorted(piece for _, piece in store.pieces()),
    }


def lived(store: InfluxStore, loaded: Config, carry_out: CarryOut) -> None:
    """A store's life: readings, derived; late ones, a review and a locked month, derived again."""
    store.load(readings())
    derivation.derive(loaded, store, carry_out=carry_out)
    store.lock([Locked(month="2020-05", medium="noise", city="shenzhen", locked=True, reason="audited", by="li")])
    store.load(late())
    store.add_reviews(
        [
            Review(
                medium="air", station=AIR[0], quantities=("o3",), from_s=FIRST + 30 * 86_400,
                until_s=FIRST + 31 * 86_400, action="invalidate", reason="span drift", by="li",
            )
        ]
    )  # fmt: skip
    derivation.derive(loaded, store, carry_out=carry_out)


@pytest.fixture(scope="module")
def alone(environment: None, city: Config, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Any]:  # noqa: ARG001
    """Rows after the first derivation, rows and marks after all of it, in one process."""
    loaded = in_database(city)
    with opened(tmp_path_factory.mktemp("alone"), loaded) as store:
        store.load(readings())
        derivation.derive(loaded, store)
        first = rows(store, loaded)
    loaded = in_database(city)
    with opened(tmp_path_factory.mktemp("alone"), loaded) as store:
        lived(store, loaded, derivation.one_by_one)
        found = first, rows(store, loaded), marks(store)
    assert sum(map(len, found[1].values())) > 5_000
    assert found[0] != found[1]
    return found


def test_a_cluster_derives_the_rows_and_marks_of_one_process(
    cluster: Client, city: Config, alone: tuple[Any, Any, Any], tmp_path: Path
) -> None:
    loaded = in_database(city)
    with opened(tmp_path, loaded) as store:
        lived(store, loaded, deriving.on(cluster))
        assert rows(store, loaded) == alone[1]
        assert marks(store) == alone[2]
        assert not derivation.plan(loaded, store).work


def test_a_worker_that_is_killed_half_way_does_no_harm(
    cluster: Client, city: Config, alone: tuple[Any, Any, Any], tmp_path: Path
) -> None:
    loaded = in_database(city)
    killed: list[int] = []

    def kill(done: int, of_all: int) -> None:
        busy = [worker for worker, tasks in cluster.processing().items() if tasks]
        if not killed and busy:
            assert done < of_all
            killed.append(cluster.run(os.getpid, workers=busy[:1])[busy[0]])
            os.kill(killed[0], signal.SIGKILL)

    with opened(tmp_path, loaded) as store:
        store.load(readings())
        derivation.derive(loaded, store, progress=kill, carry_out=deriving.on(cluster))
        with contextlib.suppress(psutil.NoSuchProcess):
            assert psutil.Process(killed[0]).status() == psutil.STATUS_ZOMBIE
        assert rows(store, loaded) == alone[0]
        assert not derivation.plan(loaded, store).work


@pytest.mark.parametrize("where", ["between", "progress"])
def test_a_command_that_fails_half_way_leaves_its_units_stale_and_no_task_behind(
    cluster: Client, city: Config, alone: tuple[Any, Any, Any], tmp_path: Path, where: str
) -> None:
    loaded = in_database(city)
    calls = 0

    def lose(*_: int) -> None:
        nonlocal calls
        calls += 1
        if calls > (5 if where == "between" else 0):
            raise LostError("jobs: lane 'derivation' is not ours any more")

    with opened(tmp_path, loaded) as store:
        store.load(readings())
        with pytest.raises(LostError):
            derivation.derive(loaded, store, carry_out=deriving.on(cluster), **{where: lose})
        assert not any(cluster.run(worker.running, "qingjing-").values())
        assert "air:shenzhen" in {work.unit.name for work in derivation.plan(loaded, store).work}
        assert store.derived_units() == {}
        derivation.derive(loaded, store, carry_out=deriving.on(cluster))
        assert rows(store, loaded) == alone[0]


def write_if_wanted(begun: Path, go_on: Path, written: Path) -> None:
    """A task that waits, then writes if it may; it looks in another thread, as writing does."""
    still_wanted = worker.wanting()
    begun.touch()
    while not go_on.exists():
        time.sleep(0.02)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(still_wanted).result()
    written.touch()


@pytest.mark.parametrize("given_up", [True, False])
def test_a_task_that_was_given_up_writes_nothing(cluster: Client, tmp_path: Path, given_up: bool) -> None:
    begun, go_on, written = (tmp_path / name for name in ("begun", "go-on", "written"))
    future = cluster.submit(write_if_wanted, begun, go_on, written, pure=False, key=f"test-{uuid.uuid4().hex}")
    wait_for(begun.exists, what="the task to begin")
    if given_up:
        cluster.cancel([future])
        wait_for(lambda: future.status == "cancelled", what="the task to be given up")
        cluster.run(os.getpid)  # behind it: workers know now
    go_on.touch()
    wait_for(lambda: not any(cluster.run(worker.running, "test-").values()), what="the task to end")
    assert written.exists() is not given_up


def test_months_locked_meanwhile_end_a_derivation(cluster: Client, city: Config, tmp_path: Path) -> None:
    loaded = in_database(city)
    with opened(tmp_path, loaded) as store:
        store.load(readings())

        def lock(*_: int) -> None:
            store.lock([Locked(month="2020-06", medium="air", city="shenzhen", locked=True, reason="a", by="li")])

        with pytest.raises(StoreError, match="expected no month to be locked"):
            derivation.derive(loaded, store, progress=lock, carry_out=deriving.on(cluster))
        assert "air:shenzhen" not in store.derived_units()


def test_a_worker_with_another_configuration_refuses(cluster: Client, city: Config, tmp_path: Path) -> None:
    loaded = in_database(city)
    other = msgspec.structs.replace(loaded, offset_s=0)
    with opened(tmp_path, loaded) as store:
        store.load(readings())
        (work, *_) = derivation.plan(loaded, store).work
        step = derivation.steps.steps_of(work)[0]
        with pytest.raises(ClusterError, match="expected a configuration of digest"):
            cluster.submit(worker.derive_step, worker.shipment(other), work, step, pure=False).result()
        assert not any(rows(store, loaded).values())


def test_workers_on_another_server_are_refused(
    cluster: Client, city: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = in_database(city)
    with opened(tmp_path, loaded) as store:
        store.load(readings())
        monkeypatch.setenv("INFLUXDB_V2_URL", "http://elsewhere:8086")
        with pytest.raises(ClusterError, match=r"expected INFLUXDB_V2_URL http://elsewhere:8086 .*, got http://127"):
            derivation.derive(loaded, store, carry_out=deriving.on(cluster))
        assert store.derived_units() == {}


@pytest.mark.parametrize("field", worker.Identity.__struct_fields__)
def test_a_worker_that_differs_in_anything_that_matters_is_refused(field: str) -> None:
    ours = worker.identity()
    theirs = msgspec.structs.replace(ours, **{field: "other"})
    worker.check(ours, ours, at="tcp://here")
    with pytest.raises(ClusterError, match=r"worker tcp://there: expected .* got other; nothing was done there"):
        worker.check(theirs, ours, at="tcp://there")


class Answers:
    """A client whose workers give answers, or errors, as Dask hands them on."""

    def __init__(self, **answers: object) -> None:
        self._answers = answers

    def wait_for_workers(self, n_workers: int, timeout: float) -> None:
        pass

    def run(self, function: object, on_error: str = "raise") -> dict[str, object]:
        assert function is worker.identity
        for each in self._answers.values():
            if isinstance(each, Exception) and on_error == "raise":
                raise each
        return self._answers


def test_a_worker_that_dies_while_all_are_asked_who_they_are_does_no_harm(environment: None) -> None:  # noqa: ARG001
    client = Answers(a=worker.identity(), b=CommClosedError("in <TLS (closed)>"))
    connection._check_workers(cast(Client, client), "local:2")  # noqa: SLF001


def test_a_worker_without_qingjing_is_told(environment: None) -> None:  # noqa: ARG001
    client = Answers(a=worker.identity(), b=ModuleNotFoundError("No module named 'ingestor'"))
    with pytest.raises(ClusterError, match="install the same version there"):
        connection._check_workers(cast(Client, client), "local:2")  # noqa: SLF001


def test_no_secret_goes_with_a_task(city: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUXDB_V2_TOKEN", "do-not-tell")
    monkeypatch.setenv("INFLUXDB_V2_URL", "http://user:do-not-tell@here:8086")
    shipped = worker.shipment(city)
    assert b"do-not-tell" not in worker.zlib.decompress(shipped.config)
    assert "do-not-tell" not in repr(shipped.sender)


# Import

LONG = "medium,station,period_s,quantity,time,value,flag\n"


def import_world(folder: Path) -> list[Path]:
    """Five files: two that say different things of the same hours, a bad row, one that is none, one of noise."""

    def air(name: str, station: str, first: int, n: int, value: float, more: str = "") -> Path:
        file = folder / name
        hours = (f"air,{station},3600,pm25,{np.datetime64(int(t), 's')}Z,{value},1\n" for t in HOURS[first : first + n])
        file.write_text(LONG + "".join(hours) + more)
        return file

    broken = folder / "broken.csv"
    broken.write_text("a,b\n1,2\n")
    return [
        air("early.csv", AIR[0], 0, 200, 11.0),
        air("late.csv", AIR[0], 100, 200, 22.0, "air,nowhere,3600,pm25,2020-06-01T00:00:00Z,1,1\n"),
        broken,
        air("other.csv", AIR[1], 0, 50, 33.0, f"air,{AIR[1]},3600,pm25,2020-06-01T00:00:00Z,inf,1\n"),
        air("again.csv", AIR[0], 250, 10, 44.0),
    ]


def taken(store: InfluxStore) -> dict[str, Any]:
    """What an import left, in the order of nothing but time and name."""
    found = store.raw_of("air", AIR, *EVER)
    return {
        "raw": {key: [each.tolist() for each in (s.times, s.values, s.flags)] for key, s in found.items()},
        "due": store.due().days,
        "quarantine": sorted((q.topic, q.payload, q.source, repr(q.refusals)) for q in store.quarantined()),
        "counts": {name: n for name, n in store.counts().items() if name != "arrivals"},
    }


def test_a_cluster_imports_as_one_process_does(cluster: Client, city: Config, tmp_path: Path) -> None:
    files = import_world(tmp_path)
    settings = Settings(city.offset_s)
    here, there = in_database(city), in_database(city)
    with opened(tmp_path, here) as store:
        expected = importing.import_files(here, files, FORMATS["csv"].read, store, settings=settings)
        left = taken(store)
    read: list[int] = []
    with opened(tmp_path, there) as store:
        dry = cluster_importing.import_files(cluster, there, files, "csv", None, settings=settings)
        assert taken(store)["raw"] == {}
        done = cluster_importing.import_files(
            cluster, there, files, "csv", store, settings=settings, advance=read.append
        )
        found = taken(store)
    key = ("air", AIR[0], 3600, "pm25")
    assert left["raw"][key][1] == [11.0] * 100 + [22.0] * 150 + [44.0] * 10 + [22.0] * 40
    assert len(left["quarantine"]) == 3
    assert found == left
    assert done == expected
    assert dry == expected
    assert sum(read) == sum(each.stat().st_size for each in files)


def test_days_are_stale_before_the_first_reading_is_stored(
    cluster: Client, city: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = in_database(city)
    files = import_world(tmp_path)[:1]
    handed_out = tasks.completed

    def dies(client: Client, ready: Callable[[], tasks.Task[int] | None]) -> Iterator[tuple[int, Any]]:
        for about, result in handed_out(client, ready):
            if isinstance(result, worker.Stored):
                raise KeyboardInterrupt
            yield about, result

    monkeypatch.setattr(cluster_importing, "completed", dies)
    with opened(tmp_path, loaded) as store:
        with pytest.raises(KeyboardInterrupt):
            cluster_importing.import_files(cluster, loaded, files, "csv", store, settings=Settings(city.offset_s))
        assert len(store.raw_of("air", AIR, *EVER)) == 1
        assert len(store.due().days["air", AIR[0]]) == 9


def test_a_file_that_workers_do_not_have_is_refused(cluster: Client, city: Config, tmp_path: Path) -> None:
    loaded = in_database(city)
    file = tmp_path / "a.csv"
    task = worker.ImportTask(file, 10, "csv", Settings(0), force=False)
    with pytest.raises(ClusterError, match=r"expected the file of 10 bytes .*, got none; workers need it at the same"):
        cluster.submit(worker.survey, worker.shipment(loaded), task, pure=False).result()


# Reaching a cluster


def test_a_scheduler_that_is_not_there_is_told(city: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_S", 0.5)
    address = f"tcp://127.0.0.1:{free_port()}"
    with (
        pytest.raises(ClusterError, match=f"--scheduler {address}: expected a Dask scheduler, got"),
        connection.connected(city, address),
    ):
        pass


def test_dask_that_is_not_installed_is_told(city: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(ClusterError, match=r"expected the package distributed, .*pip install 'qingjing\[cluster\]'"),
        connection.connected(city, "local:2"),
    ):
        pass


@pytest.mark.parametrize("address", ["local:0", "local", "dask:8786", "tcp://user@h:1", "http://h:1", "tcp://h"])
def test_an_address_that_is_none_is_refused(city: Config, address: str) -> None:
    with pytest.raises(ConfigError, match="--scheduler: expected local:N"), connection.connected(city, address):
        pass


def test_a_store_of_sqlite_is_refused(shipped: Config) -> None:
    with (
        pytest.raises(ConfigError, match=r'expected \[store\] kind = "influxdb"'),
        connection.connected(shipped, "local:2"),
    ):
        pass


def test_a_cluster_of_our_own_listens_on_loopback_only_and_takes_no_strangers(cluster: Client) -> None:
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    pids = {each.pid for each in family}
    listening = [each for each in psutil.net_connections("tcp") if each.status == "LISTEN" and each.pid in pids]
    assert len(listening) >= 3
    assert {each.laddr.ip for each in listening} == {"127.0.0.1"}
    address = cluster.scheduler_info()["address"]
    assert address.startswith("tls://127.0.0.1:")
    host, port = address.removeprefix("tls://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as plain:
        plain.sendall(b"\0" * 64)
        plain.settimeout(5)
        with contextlib.suppress(ConnectionError):
            assert b"compression" not in plain.recv(1000)  # what a scheduler without TLS says first


def test_the_commands_hand_their_work_to_the_cluster(
    cluster: Client, city: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = Path(shutil.copytree(city.directory, tmp_path / "config"))
    settings = directory / "settings.toml"
    name = f"c{uuid.uuid4().hex}"
    settings.write_text(settings.read_text("utf-8").replace('database = "qingjing"', f'database = "{name}"'), "utf-8")
    asked: list[str] = []

    @contextlib.contextmanager
    def connected(_: Config, scheduler: str) -> Iterator[Client]:
        asked.append(scheduler)
        yield cluster

    def run(*arguments: object) -> str:
        given = (
            "qingjing",
            "--lang",
            "en",
            "--config",
            directory,
            "--data",
            tmp_path / "data",
            *arguments,
            "--scheduler",
            "local:2",
        )
        monkeypatch.setattr(sys, "argv", list(map(str, given)))
        with pytest.raises(SystemExit):
            cli.main()
        return capsys.readouterr().out

    monkeypatch.setattr(connection, "connected", connected)
    files = import_world(tmp_path)
    assert "other.csv: not_finite: line 52" in run("import", "csv", files[0], files[3], "--dry-run")
    assert "other.csv: 51 rows, 50 values" in run("import", "csv", files[0], files[3])
    assert "air: 2 stations, 12 station-days" in run("derive")
    assert "nothing is stale" in run("derive")
    assert asked == ["local:2"] * 4


def test_the_command_starts_and_ends_a_cluster_of_its_own(
    city: Config,
    tmp_path: Path,
    environment: None,  # noqa: ARG001
    qingjing: Qingjing,
) -> None:
    with opened(tmp_path, city) as store:
        store.load(late()[:1])
    (tmp_path / f"{city.settings.store.database}.sqlite3").rename(tmp_path / "qingjing.sqlite3")
    told = qingjing("--lang", "en", "--config", city.directory, "--data", tmp_path, "derive", "--scheduler", "local:1")
    assert "air: 1 stations, 1 station-days" in told.stdout
