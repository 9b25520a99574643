"""Water through a real store: manual samples, detection limits, slips of the unit, moved targets, commands."""

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from aggregations import periods
from aggregations.figures import Figure
from ingestor import config, derivation, evaluation
from ingestor.config import Config
from ingestor.schema import TABLES
from ingestor.store import Arrival, SqliteStore
from sensors import flags
from sensors.reading import Reading

DAY, STEP = 86_400, 14_400
CLEAN = {"ph": 7.5, "do": 8.0, "codmn": 1.5, "nh3n": 0.1, "tp": 0.01}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "qingjing.sqlite3")
    yield opened
    opened.close()


def start_of(day: str) -> int:
    return int(dt.datetime.fromisoformat(f"{day}T00:00:00+08:00").timestamp())


def put(store: SqliteStore, *readings: Reading) -> None:
    store.commit([Arrival("native", "t", 0.0, b"", list(readings), [])])
    store.drain()


def reading(time: int, values: dict[str, float], *, period_s: int = STEP, flag: int = 1, at: str = "sz-w01") -> Reading:
    return Reading("water", at, period_s, time, tuple((k, v, flag) for k, v in values.items()))


def automatic(first: str, n_days: int, values: dict[str, float], at: str = "sz-w01") -> list[Reading]:
    return [reading(start_of(first) + i * STEP, values, at=at) for i in range(6 * n_days)]


def sample(day: str, values: dict[str, float], *, flag: int = 1, at: str = "sz-w01") -> Reading:
    return reading(start_of(day) + 36_000, values, period_s=0, flag=flag, at=at)


def figure(loaded: Config, store: SqliteStore, name: str, period: str, scope: str = "station:sz-w01") -> Figure:
    return evaluation.compute(loaded, store, name, scope, periods.parse(period))


def test_results_below_the_detection_limit_count_as_half_of_it(store: SqliteStore, shipped: Config) -> None:
    # V8: <0.00004, 0.00006, <0.00004, <0.00004 mg/L
    below = [sample(f"2020-06-{d:02}", {"hg": 0.00004}, flag=flags.BELOW_DETECTION) for d in (1, 9, 20)]
    put(store, *below, sample("2020-06-15", {"hg": 0.00006}))
    derivation.derive(shipped, store)
    rows = list(store.read("water_manual", "sz-w01", 0, 2**40, ["hg", "hg_below"]))

    assert [row[1:] for row in rows] == [(0.00002, 1), (0.00002, 1), (0.00006, 0), (0.00002, 1)]
    found = figure(shipped, store, "water.mean.hg", "2020-06")
    assert (str(found.value), found.exact, found.label) == ("0.00003", "3/100000", "Ⅰ类")


@pytest.mark.parametrize("item", ["ph", "do", "temperature", "sd"])
def test_items_without_a_detection_limit_do_not_count_below_one(
    item: str, store: SqliteStore, shipped: Config
) -> None:  # fmt: skip
    put(store, sample("2020-06-01", {item: 2.0}, flag=flags.BELOW_DETECTION))
    derivation.derive(shipped, store)
    assert list(store.read("water_manual", "sz-w01", 0, 2**40, [item])) == []


def test_manual_samples_stand_beside_automatic_days_and_go_last_for_automatic_items(
    store: SqliteStore, shipped: Config
) -> None:
    put(store, *automatic("2020-06-01", 30, CLEAN), sample("2020-06-09", {"nh3n": 3.0, "cod": 25.0}))
    derivation.derive(shipped, store)
    found = figure(shipped, store, "water.main_items", "2020-06")

    assert (found.label, found.provisional) == ("化学需氧量(0.2)", ["manual: COD"])
    assert figure(shipped, store, "water.mean.nh3n", "2020-06").value == Decimal("0.10")
    assert list(store.read("water_day", "sz-w01", start_of("2020-06-09"), start_of("2020-06-10"), ["cod_count"])) == [
        (start_of("2020-06-09"), 0)
    ]


def test_slip_of_the_unit_is_suspect_and_stays_counted(store: SqliteStore, shipped: Config) -> None:
    put(store, *automatic("2020-06-01", 30, CLEAN))
    slipped = start_of("2020-06-30") + 21 * 3600
    put(store, reading(slipped, {"tp": 10.0}))  # ug/L for mg/L
    derivation.derive(shipped, store)
    found = figure(shipped, store, "water.class", "2020-06")

    assert found.provisional == ["probable unit mistake (factor 1000), and counted: TP (1)"]
    assert found.label == "Ⅱ类"  # (29 x 0.01 + (6 x 0.01 + 10) / 7) / 30 = 0.058 mg/L
    assert list(store.read("water_day", "sz-w01", start_of("2020-06-30"), 2**40, ["suspect", "tp_count"])) == [
        (start_of("2020-06-30"), "tp 1", 7)
    ]


@pytest.mark.parametrize(("item", "value"), [("ph", 0.0), ("nh3n", -0.1), ("tp", 1e9)])
def test_impossible_value_enters_nothing(item: str, value: float, store: SqliteStore, shipped: Config) -> None:
    put(store, *automatic("2020-06-01", 1, CLEAN), reading(start_of("2020-06-01") + 3600, {item: value}))
    put(store, sample("2020-06-01", {item: value}))
    derivation.derive(shipped, store)

    # Infinity is no JSON: decoders refuse it before (tests/property/test_fuzz_decoding.py).
    day = start_of("2020-06-01")
    assert list(store.read("water_day", "sz-w01", day, day + 1, [f"{item}_count"])) == [(day, 6)]
    assert list(store.read("water_manual", "sz-w01", 0, 2**40, ["hg"])) == []


def test_deriving_twice_gives_the_same(store: SqliteStore, shipped: Config) -> None:
    put(store, *automatic("2020-06-01", 40, CLEAN), sample("2020-06-05", {"cod": 12.0, "hg": 0.01}))
    put(store, reading(start_of("2020-07-09") + 3600, {"tp": 10.0}))

    def derived() -> list[list[tuple[object, ...]]]:
        derivation.derive(shipped, store)
        tables = ("water_day", "water_manual", "water_reading")
        return [list(store.read(name, "sz-w01", 0, 2**40, list(TABLES[name].columns))) for name in tables]

    assert derived() == derived()


def test_target_that_moves_in_mid_year_counts_from_its_day(store: SqliteStore, config_copy: Path) -> None:
    # The register wants V; from July III. Class IV all the year: six months attain, the year does not.
    (config_copy / "target-changes.csv").write_text("station,from,target_class\nsz-w01,2020-07-01,III\n")
    loaded = config.load(config_copy)
    put(store, *automatic("2020-01-01", 366, {**CLEAN, "nh3n": 1.4}))
    derivation.derive(loaded, store)
    months = figure(loaded, store, "water.month_attainment", "2020")

    assert (str(months.value), months.sufficient) == ("50.0", True)
    assert months.provisional == ["sz-w01: target V before 2020-07-01, III from then on"]
    assert figure(loaded, store, "water.target_attainment", "2020").value == 0
    assert figure(loaded, store, "water.target_attainment", "2020-06").value == 100
    assert figure(loaded, store, "water.months_failing", "2020").value == 6


def test_rivers_are_ranked_and_compared_from_the_command(
    store: SqliteStore, tmp_path: Path, qingjing: object
) -> None:  # fmt: skip
    for at, nh3n in (("sz-w01", 1.4), ("sz-w02", 0.4), ("sz-w03", 2.4)):
        put(store, *automatic("2020-06-01", 30, {**CLEAN, "nh3n": nh3n}, at))
        put(store, *automatic("2019-06-01", 30, {**CLEAN, "nh3n": 2.4}, at))
    derivation.derive(config.load(config.CHECKOUT), store)
    store.close()
    data = ("--data", tmp_path)

    def run(*words: object) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(qingjing(*data, *words, "--json").stdout)  # type: ignore[operator]
        return found

    ranked = run("ranking", "--among", "rivers:shenzhen", "--by", "water.mean.nh3n", "--period", "2020-06")
    assert [(row["name"], row["place"]) for row in ranked][:4] == [
        ("深圳河", 1), ("茅洲河", 2), ("观澜河", 3), (ranked[3]["name"], None),
    ]  # fmt: skip
    (change,) = run("compare", "--scope", "river:shenzhen/茅洲河", "--name", "water.state", "--period", "2020-06")
    assert (change["label"], change["direction"]) == ("明显好转", "better")  # 重度 to 轻度: two grades
    run("compare", "--scope", "river:shenzhen/茅洲河", "--name", "water.*", "--period", "2020-W24")


def test_what_is_neither_better_nor_worse_is_not_ranked(qingjing: object) -> None:
    asked = ("ranking", "--among", "sections:shenzhen", "--by", "water.mean.ph", "--period", "2020")
    found = qingjing(*asked, code=2)  # type: ignore[operator]
    assert "--by: expected an indicator of which more or less is better, got 'water.mean.ph'" in found.stderr
