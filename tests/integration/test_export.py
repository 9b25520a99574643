"""The command `qingjing export`, and that what it gives is imported again bit for bit, on both stores."""

import csv
import io
import json
import uuid
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from aggregations import periods
from ingestor import config, derivation, evaluation, publishing
from ingestor.store import InfluxServer, InfluxStore, SqliteStore, Store
from ingestor.store.ports import Block
from ingestor.store.reviewed import Locked
from tests.conftest import Qingjing

JUNE_3 = 1_591_113_600  # 2020-06-03T00:00+08:00
Bits = dict[tuple[str, str, int, str], tuple[bytes, bytes, bytes]]


def opened(kind: str, data: Path, database: str) -> Store:
    file = data / "qingjing.sqlite3"
    return SqliteStore(file) if kind == "sqlite" else InfluxStore(file, InfluxServer(database))


def bits(store: Store) -> Bits:
    """All raw readings as their bytes, NaN of missing ones as one."""
    found = {}
    for medium in ("air", "water", "noise"):
        for key in store.series(medium):
            raw = store.raw(key)
            values = np.where(np.isnan(raw.values), np.nan, raw.values)
            found[tuple(key)] = (raw.times.tobytes(), values.tobytes(), raw.flags.tobytes())
    return found  # type: ignore[return-value]


def fill(store: Store) -> None:
    rng = np.random.default_rng(6)
    times = JUNE_3 + 3600 * np.arange(400, dtype=np.int64)
    values = rng.random(400) * 10.0 ** rng.integers(-8, 8, 400)
    values[:4] = [0.1, -0.0, 5e-324, 1.7976931348623157e308]
    codes = rng.choice([0, 1, 2, 3, 4, 9], 400)
    codes[:4] = 1
    air = {
        "pm25": (np.where(codes == 9, np.nan, values), codes),
        "o3": (np.round(rng.random(400) * 99, 1), np.ones(400, np.int64)),
    }
    store.load(
        [
            Block("air", "sz-a01", 3600, times, air),
            Block("air", "sz-a02", 3600, times[:9], {"co": (values[:9], np.ones(9, np.int64))}),
        ]
    )
    grab = {"hg": (np.array([0.00004]), np.array([5]))}
    store.load([Block("water", "sz-w01", 0, np.array([JUNE_3 + 61]), grab)])


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("kind", ["sqlite", "influxdb"])
def test_what_is_exported_is_imported_bit_for_bit(
    request: pytest.FixtureRequest, tmp_path: Path, config_copy: Path, qingjing: Qingjing, kind: str, form: str
) -> None:
    databases = [f"e{uuid.uuid4().hex}" for _ in range(2)]
    settings = config_copy / "settings.toml"
    plain = settings.read_text()
    if kind == "influxdb":
        request.getfixturevalue("influx_url")
    with closing(opened(kind, tmp_path / "one", databases[0])) as store:
        fill(store)
        before = bits(store)
    for number, arguments in enumerate((["export", "-o", f"all.{form}"], ["import", form, f"all.{form}"])):
        if kind == "influxdb":
            text = plain.replace('kind = "sqlite"', 'kind = "influxdb"')
            settings.write_text(text.replace('database = "qingjing"', f'database = "{databases[number]}"'))
        qingjing("--config", config_copy, "--data", tmp_path / ("one", "two")[number], *arguments)
    with closing(opened(kind, tmp_path / "two", databases[1])) as store:
        assert bits(store) == before


def test_export_of_a_period_holds_its_local_days(tmp_path: Path, qingjing: Qingjing) -> None:
    with closing(opened("sqlite", tmp_path / "data", "")) as store:
        fill(store)
    done = qingjing("--data", tmp_path / "data", "export", "--scope", "station:sz-a01", "--period", "2020-06-04")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    times = sorted({row["time"] for row in rows})
    assert (times[0], times[-1]) == ("2020-06-03T16:00:00Z", "2020-06-04T15:00:00Z")
    assert {row["station"] for row in rows} == {"sz-a01"}


def test_export_of_derived_tables_and_indicators(tmp_path: Path, config_copy: Path, qingjing: Qingjing) -> None:
    data = tmp_path / "data"
    loaded = config.load(config_copy)
    with closing(SqliteStore(data / "qingjing.sqlite3")) as store:
        times = JUNE_3 + 3600 * np.arange(48, dtype=np.int64)
        store.load([Block("air", "sz-a01", 3600, times, {"pm25": (np.full(48, 20.0), np.ones(48, np.int64))})])
        derivation.derive(loaded, store)
        expected = list(store.read("air_day", "sz-a01", JUNE_3, JUNE_3 + 2 * 86_400, ["pm25", "pm25_count"]))
    common = ["--config", config_copy, "--data", data, "export", "--what"]
    qingjing(*common, "air_day", "-o", "days.parquet")
    days = parquet.read_table(tmp_path / "days.parquet").to_pylist()
    found = [(int(row["time"].timestamp()), row["pm25"], row["pm25_count"]) for row in days]
    assert found == expected
    assert [row[1:] for row in found] == [(20.0, 24), (20.0, 24)]
    asked = ["indicators", "--scope", "city:shenzhen", "--period", "2020-06"]
    rows = list(csv.DictReader(io.StringIO(qingjing(*common, *asked).stdout)))
    figures = json.loads(qingjing(*common[:4], *asked, "--json").stdout)
    shown = [(each["indicator"], "" if each["value"] is None else str(each["value"])) for each in figures]
    assert [(row["indicator"], row["value"]) for row in rows] == shown
    assert any(value for _, value in shown)
    with closing(SqliteStore(data / "qingjing.sqlite3")) as store:
        of_june = periods.parse("2020-06")
        publishing.publish(
            loaded, store, evaluation.all_figures(loaded, store, "city:shenzhen", of_june, names=["air.good_days"])
        )
        store.lock([Locked(month="2020-06", medium="air", city="shenzhen", locked=True, reason="audited", by="li")])
    named = [*asked, "--name", "air.good_days", "--name", "noise.day_attainment.3"]
    air, noise = csv.DictReader(io.StringIO(qingjing(*common, *named).stdout))
    assert (air["audited"], noise["audited"]) == ("true", "false")
    assert (air["revision"], noise["revision"]) == ("", ""), "revision 1 says that it is not audited"
    (editions,) = (each["editions"] for each in figures if each["indicator"] == "air.good_day_ratio")
    assert air["editions"] == "; ".join(f"{name} ({digest})" for name, digest in editions.items())
    with closing(SqliteStore(data / "qingjing.sqlite3")) as store:
        publishing.follow(loaded, store)
    air, noise = csv.DictReader(io.StringIO(qingjing(*common, *named).stdout))
    assert (air["revision"], noise["revision"]) == ("2", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--what", "hours"], "--what: expected one of raw, indicators, air_hour"),
        (["-o", "a.txt"], "--output: expected a name that ends in .csv or .parquet"),
        (["--what", "indicators"], "expected --scope and --period"),
    ],
)
def test_export_says_what_it_cannot_do(tmp_path: Path, qingjing: Qingjing, arguments: list[str], told: str) -> None:
    with closing(SqliteStore(tmp_path / "data" / "qingjing.sqlite3")):
        pass
    assert told in qingjing("--data", tmp_path / "data", "export", *arguments, code=2).stderr


def test_export_does_not_overwrite(tmp_path: Path, qingjing: Qingjing) -> None:
    (tmp_path / "a.csv").write_text("mine")
    assert "expected a new file" in qingjing("export", "-o", "a.csv", code=2).stderr
    assert (tmp_path / "a.csv").read_text() == "mine"
