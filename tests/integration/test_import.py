"""The command `qingjing import`: what it stores, refuses and keeps in quarantine, on both stores."""

import gzip
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from ingestor.store import InfluxServer, InfluxStore, SeriesKey, SqliteStore, Store
from tests.conftest import Qingjing
from tests.support import ROOT, free_port

JUNE_3 = 1_591_113_600  # 2020-06-03T00:00+08:00
LONG = "medium,station,period_s,quantity,time,value,flag\n"
HOUR_KEY = SeriesKey("air", "sz-a01", 3600, "pm25")


class Place:
    """A data directory, a configuration, files; commands run on them."""

    def __init__(self, folder: Path, directory: Path, run: Qingjing, database: str | None) -> None:
        self.folder, self.directory, self.data = folder, directory, folder / "data"
        self._run, self._database = run, database
        self.kind = "influxdb" if database else "sqlite"
        if database:
            settings = directory / "settings.toml"
            text = settings.read_text().replace('kind = "sqlite"', 'kind = "influxdb"')
            settings.write_text(text.replace('database = "qingjing"', f'database = "{database}"'))

    def run(self, *arguments: object, code: int = 0) -> str:
        done = self._run("--data", self.data, "--config", self.directory, *arguments, code=code)
        assert "Traceback" not in done.stderr
        return done.stderr if code == 2 else done.stdout

    def take(self, kind: str, content: str | bytes, *arguments: object, name: str = "a.csv", code: int = 0) -> Any:
        file = self.folder / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return json.loads(self.run("import", kind, file, "--json", *arguments, code=code))

    def store(self) -> Store:
        file = self.data / "qingjing.sqlite3"
        return InfluxStore(file, InfluxServer(self._database)) if self._database else SqliteStore(file)

    def raw(self, key: SeriesKey = HOUR_KEY) -> list[tuple[int, float, int]]:
        with closing(self.store()) as store:
            found = store.raw(key)
        return list(zip(found.times.tolist(), found.values.tolist(), found.flags.tolist(), strict=True))

    def quarantine(self) -> list[tuple[str, str]]:
        with closing(self.store()) as store:
            return [(q.refusals[0].code, q.payload.decode("utf-8", "replace")) for q in store.quarantined()][::-1]


@pytest.fixture(params=["sqlite", "influxdb"])
def place(request: pytest.FixtureRequest, tmp_path: Path, config_copy: Path, qingjing: Qingjing) -> Place:
    database = None
    if request.param == "influxdb":
        request.getfixturevalue("influx_url")
        database = f"i{uuid.uuid4().hex}"
    return Place(tmp_path, config_copy, qingjing, database)


@pytest.fixture
def sqlite(tmp_path: Path, config_copy: Path, qingjing: Qingjing) -> Place:
    return Place(tmp_path, config_copy, qingjing, None)


def hours(count: int, *, shift: int = 0, station: str = "sz-a01", step: int = 7) -> str:
    """A long file of hours of pm25 that differ from hour to hour."""
    rows = [
        f"air,{station},3600,pm25,{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(JUNE_3 + 3600 * (i + shift)))},"
        f"{i * step % 97}.5,1\n"
        for i in range(count)
    ]
    return LONG + "".join(rows)


def test_import_stores_a_long_file_and_makes_its_days_stale(place: Place) -> None:
    done = place.take("csv", LONG + "air,sz-a01,3600,pm25,2020-06-03T00:00:00+08:00,12.5,1\n")
    assert (done["files"][0]["rows"], done["files"][0]["values"], done["refused"]) == (1, 1, [])
    assert place.raw() == [(JUNE_3, 12.5, 1)]
    with closing(place.store()) as store:
        assert ("air", "sz-a01") in store.due().days


def test_import_of_a_wide_file_takes_an_empty_field_as_no_value(place: Place) -> None:
    head = "medium,station,period_s,time,pm25,o3,o3_flag\n"
    place.take("csv", head + "air,sz-a01,3600,2020-06-02T16:00:00Z,1,,\nair,sz-a01,3600,2020-06-02T17:00:00Z,2,,9\n")
    assert place.raw() == [(JUNE_3, 1.0, 1), (JUNE_3 + 3600, 2.0, 1)]
    assert [flag for _, _, flag in place.raw(SeriesKey("air", "sz-a01", 3600, "o3"))] == [9]


def test_import_again_changes_nothing(place: Place) -> None:
    first = place.take("csv", hours(30))
    before = place.raw()
    assert place.take("csv", hours(30)) == first
    assert place.raw() == before


def test_import_refuses_what_a_message_would_and_stores_the_rest(sqlite: Place) -> None:
    rows = [
        "air,nowhere,3600,pm25,2020-06-03T00:00:00+08:00,1,1",
        "air,sz-a01,3600,radon,2020-06-03T00:00:00+08:00,2,1",
        "air,sz-a01,3600,pm25,2020-06-03T00:00:00+08:00,inf,1",
        "air,sz-a01,3600,pm25,2099-06-03T00:00:00+08:00,4,1",
        "air,sz-a01,3600,pm25,2020-06-03T00:30:00+08:00,5,1",
        "air,sz-a01,3600,pm25,2020-06-03T01:00:00,6,1",
        "air,sz-a01,3600,pm25,2020-06-03T02:00:00+08:00,high,1",
        "air,sz-a01,7,pm25,2020-06-03T02:00:00+08:00,8,1",
        "air,sz-a01,3600,pm25,2020-06-03T03:00:00+08:00,9,7",
        "air,sz-a01,3600,pm25,1999-06-03T03:00:00+08:00,10,1",
        "short,row",
        "air,sz-a01,3600,pm25,2020-06-03T05:00:00+08:00,11,1",
    ]
    done = sqlite.take("csv", LONG + "\n".join(rows) + "\n", code=1)
    codes = sorted(each["code"] for each in done["refused"])
    assert codes == sorted([
        "unknown_station", "unknown_quantity", "not_finite", "future_time", "bad_time", "naive_time", "wrong_type",
        "wrong_type", "unknown_flag", "bad_time", "wrong_type",
    ])  # fmt: skip
    assert done["files"][0]["rows_refused"] == 11
    assert (JUNE_3 + 5 * 3600, 11.0, 1) in sqlite.raw()
    kept = dict(sqlite.quarantine())
    assert kept["unknown_station"] == LONG + rows[0] + "\n"


def test_import_refused_rows_are_counted_once_however_many(sqlite: Place) -> None:
    done = sqlite.take("csv", hours(1000, station="nowhere"), code=1)
    ((refused),) = done["refused"]
    assert (refused["rows"], refused["first"], refused["last"]) == (1000, 2, 1001)
    ((_, payload),) = sqlite.quarantine()
    assert len(payload.splitlines()) == 21


def test_import_takes_a_naive_time_by_the_zone_that_is_said(sqlite: Place) -> None:
    sqlite.take("csv", LONG + "air,sz-a01,3600,pm25,2020-06-02T16:00:00,1,1\n", "--zone", "+00:00")
    assert sqlite.raw() == [(JUNE_3, 1.0, 1)]


def test_import_of_parquet_stores_what_csv_does(place: Place) -> None:
    table = pa.table(
        {
            "medium": ["air"], "station": ["sz-a01"], "period_s": pa.array([3600], pa.int32()), "quantity": ["pm25"],
            "time": pa.array([JUNE_3], pa.timestamp("s", "UTC")), "value": [0.1], "flag": pa.array([2], pa.int8()),
        }
    )  # fmt: skip
    file = place.folder / "a.parquet"
    parquet.write_table(table, file)
    place.run("import", "parquet", file)
    assert place.raw() == [(JUNE_3, 0.1, 2)]


def test_import_of_parquet_with_a_column_twice_is_refused_whole(sqlite: Place) -> None:
    columns = {"medium": "air", "station": "sz-a01", "period_s": 3600, "quantity": "pm25", "value": 1.0}
    stamps = pa.array([JUNE_3], pa.timestamp("s", "UTC"))
    arrays = [stamps, *(pa.array([each]) for each in columns.values()), pa.array([2.0])]
    file = sqlite.folder / "a.parquet"
    parquet.write_table(pa.Table.from_arrays(arrays, ["time", *columns, "value"]), file)
    ((refused),) = json.loads(sqlite.run("import", "parquet", file, "--json", code=1))["refused"]
    assert refused["code"] == "broken_table"
    assert "expected each column once" in refused["detail"]


@pytest.mark.parametrize("shift", [8, -8])
def test_import_names_hours_that_the_store_has_8_hours_away(place: Place, shift: int) -> None:
    place.take("csv", hours(240))
    tried = place.take("csv", hours(240, shift=shift), "--dry-run", name="shifted.csv", code=1)
    assert place.quarantine() == []
    assert len(place.raw()) == 240
    done = place.take("csv", hours(240, shift=shift), name="shifted.csv", code=1)
    assert tried["refused"] == done["refused"]
    ((refused),) = done["refused"]
    assert (refused["code"], refused["rows"]) == ("shifted_time", 240)
    assert f"8 h {'later' if shift > 0 else 'earlier'}" in refused["detail"]
    assert len(place.raw()) == 240
    assert place.take("csv", hours(240, shift=shift), "--force", name="shifted.csv")["refused"] == []


def test_import_takes_other_values_and_constant_ones_as_they_are(sqlite: Place) -> None:
    sqlite.take("csv", hours(240))
    assert sqlite.take("csv", hours(240, shift=8, step=11))["refused"] == []
    sqlite.take("csv", hours(240, station="sz-a02", step=0))
    assert sqlite.take("csv", hours(240, station="sz-a02", step=0, shift=8))["refused"] == []


def test_import_of_a_cut_off_archive_says_so_and_keeps_what_was_whole(sqlite: Place) -> None:
    packed = gzip.compress(hours(50_000).encode())
    done = sqlite.take("csv", packed[: len(packed) * 9 // 10], name="a.csv.gz", code=1)
    assert [each["code"] for each in done["refused"]] == ["broken_table"]
    assert 0 <= done["files"][0]["values"] < 50_000


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"time,pm25\n1,2\n", "expected columns medium"),
        ("medium,测站\n".encode("gb18030"), "expected a header in UTF-8"),
        (b"", "expected columns medium"),
        (b"x" * 70_000, "expected a header of at most"),
    ],
)
def test_import_of_a_file_with_another_header_is_refused_whole(sqlite: Place, content: bytes, told: str) -> None:
    done = sqlite.take("csv", content, code=1)
    ((refused),) = done["refused"]
    assert refused["code"] == "broken_table"
    assert told in refused["detail"]


def test_import_of_mixed_encodings_leaves_out_the_rows_that_are_no_utf8(sqlite: Place) -> None:
    bad = "air,测站,3600,pm25,2020-06-03T00:00:00+08:00,1,1\n".encode("gb18030")
    done = sqlite.take("csv", hours(2).encode() + bad, code=1)
    assert [(each["code"], each["first"]) for each in done["refused"]] == [("wrong_type", 4)]
    assert len(sqlite.raw()) == 2


def test_import_refuses_a_huge_row_and_goes_on_behind_it(sqlite: Place) -> None:
    huge = b"air," + b"x" * 9_000_000 + b"\n"
    good = b"air,sz-a01,3600,pm25,2020-06-03T00:00:00+08:00,1,1\n"
    done = sqlite.take("csv", LONG.encode() + huge + good, code=1)
    assert [(each["code"], each["first"]) for each in done["refused"]] == [("too_large", 2)]
    assert sqlite.raw() == [(JUNE_3, 1.0, 1)]


def test_dry_run_only_checks(sqlite: Place) -> None:
    assert sqlite.take("csv", hours(3), "--dry-run")["files"][0]["values"] == 3
    assert not sqlite.data.exists()


def test_dry_run_only_reads_the_store_and_leaves_a_writer_to_it(sqlite: Place) -> None:
    sqlite.take("csv", hours(240))
    with closing(sqlite3.connect(sqlite.data / "qingjing.sqlite3", isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN IMMEDIATE")
        tried = sqlite.take("csv", hours(240, shift=8), "--dry-run", name="shifted.csv", code=1)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert ([each["code"] for each in tried["refused"]], tried["not_compared"]) == (["shifted_time"], None)


@pytest.mark.parametrize("kind", ["sqlite", "influxdb"])
def test_dry_run_checks_on_where_the_store_cannot_be_read_and_says_so(
    tmp_path: Path, config_copy: Path, qingjing: Qingjing, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("INFLUXDB_V2_URL", f"http://127.0.0.1:{free_port()}")
    place = Place(tmp_path, config_copy, qingjing, "away" if kind == "influxdb" else None)
    place.data.mkdir()
    (place.data / "qingjing.sqlite3").write_bytes(b"no database at all" * 100)
    tried = place.take("csv", hours(240), "--dry-run")
    assert tried["files"][0]["values"] == 240
    assert ("not a database" if kind == "sqlite" else "unavailable") in tried["not_compared"]
    told = place.run("--lang", "en", "import", "csv", place.folder / "a.csv", "--dry-run")
    assert told.splitlines()[0].startswith("not compared with the store: ")
    assert told.splitlines()[-1] == "nothing was stored (--dry-run)"


def test_import_of_an_unknown_format_lists_those_there_are(sqlite: Place) -> None:
    assert "csv, parquet, uci-beijing" in sqlite.run("import", "xml", "a.xml", code=2)
    help_text = sqlite.run("import", "--help")
    assert "qingjing import uci-beijing PRSA_Data_" in help_text


@pytest.mark.parametrize("write", [3, 20])
def test_killed_import_ends_in_the_same_store_when_it_is_run_again(place: Place, data_folder: Path, write: int) -> None:
    files = sorted((data_folder / "air_beijing_uci").glob("*.gz"))[:4]
    shutil.rmtree(place.directory / "plans")
    (place.directory / "plans").mkdir()
    rows = place.run("register", "--format", "uci-beijing", "--city", "beijing", *files)
    (place.directory / "stations" / "air.csv").write_text(rows)
    arguments = ["--config", place.directory, "--data", place.data, "import", "uci-beijing", *files]
    command = [sys.executable, "-m", "tests.integration.killed_import", write, *arguments]
    killed = subprocess.run([*map(str, command)], cwd=ROOT, stdout=subprocess.DEVNULL, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    with closing(place.store()) as store:
        assert bool(store.due().days) == (write == 20 or place.kind == "influxdb")
    done = json.loads(place.run("import", "uci-beijing", "--json", *files))
    with closing(place.store()) as store:
        assert len(store.due().days) == 4
        total = store.stored_values()
    assert total == sum(each["values"] for each in done["files"])


REAL = [
    ("beijing-days", [], "air_beijing_bjmemc/beijing_20180101-20181231.tar.xz", "air"),
    ("guangzhou-days", [], "air_city_daily/guangzhou_2014_2018_daily.csv", "air"),
    ("cnemc-water", [], "water_sections_2020/daily_snapshots_2020-05_2020-09.csv.gz", "water"),
    ("dublin-noise", [], "noise_dublin/dublin_hourly_2015_2018.tsv.gz", "noise"),
    ("madrid-noise", [], "noise_madrid/RuidoDiario2020Original.csv.gz", "noise"),
    ("madrid-noise", [], "noise_madrid/RuidoDiario2021Original.csv", "noise"),
    ("noise-minutes", ["--station", "sz-n01"], "noise_1min_sample/laeq1m.csv.gz", None),
    ("noise-seconds", ["--station", "sz-n01"], "noise_1min_sample/laeq1s.csv.gz", None),
]
# Counted in the files with csv and awk: cells that are neither empty nor NA of the columns that are taken.
VALUES = {"noise-minutes": 16_470, "noise-seconds": 86_401}


@pytest.mark.parametrize(("kind", "more", "name", "medium"), REAL)
def test_import_takes_real_files(
    sqlite: Place, data_folder: Path, kind: str, more: list[str], name: str, medium: str | None
) -> None:
    if medium is not None:
        shutil.rmtree(sqlite.directory / "plans")
        (sqlite.directory / "plans").mkdir()
        rows = sqlite.run("register", "--format", kind, "--city", "beijing", data_folder / name)
        (sqlite.directory / "stations" / f"{medium}.csv").write_text(rows, encoding="utf-8")
    expected_refusals = kind in ("guangzhou-days", "madrid-noise")
    printed = sqlite.run("import", kind, "--json", *more, data_folder / name, code=1 if expected_refusals else 0)
    done = json.loads(printed)
    with closing(sqlite.store()) as store:
        assert store.stored_values() == done["files"][0]["values"] > 1000
    if kind in VALUES:
        assert done["files"][0]["values"] == VALUES[kind]
