"""Probable unit mistakes of air and water, from readings in a real store to what people are told of them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from aggregations import periods
from ingestor import derivation, explanation_tables
from ingestor.completeness import completeness
from ingestor.completeness_tables import completeness_tables
from ingestor.config import DAY_S, Config
from ingestor.explanation import Explanation, explanation
from ingestor.explanation_air import AirBasis
from ingestor.explanation_water import WaterBasis
from ingestor.store import SqliteStore
from ingestor.words import Language
from sensors.checks import Checks
from sensors.reading import Reading
from tests.air_world import CITY, HOUR, contents, put, reading, row, start_of, station, world

DAY = "2026-06-20"
FIRST, KNOWN = "2026-05-31", 9
"""Days with 24 hours of CO of 0.7 mg/m3 and PM2.5 of 30 ug/m3; none until `DAY`: only a long look finds them."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as opened:
        yield opened


def air(shipped: Config, *, fail: bool = False) -> Config:
    loaded = world(shipped, [station("a01")])
    unit = loaded.checks.unit
    assert unit is not None
    assert unit.air is not None
    of_air = msgspec.structs.replace(unit.air, action="fail" if fail else "suspect")
    checks: Checks = msgspec.structs.replace(loaded.checks, unit=msgspec.structs.replace(unit, air=of_air))
    return msgspec.structs.replace(loaded, checks=checks)


def hours(first: str, n: int, **values: float) -> list[Reading]:
    return [reading("a01", start_of(first) + h * HOUR, values) for h in range(n)]


def history() -> list[Reading]:
    return hours(FIRST, 24 * KNOWN, co=0.7, pm25=30.0)


def mistaken() -> list[Reading]:
    """An hour of CO in ug/m3, which is no plausible mg/m3; two of PM2.5 in mg/m3, which are plausible ug/m3."""
    return [*hours(DAY, 1, co=700.0, pm25=0.03), *hours(DAY, 2, pm25=0.03)]


def printed(found: Explanation, language: Language) -> str:
    console = Console(width=250)
    with console.capture() as captured:
        for each in explanation_tables.explained(found, language):
            console.print(each)
    return captured.get()


def test_hours_of_air_of_another_unit_are_suspect_or_named_where_they_are_implausible(
    store: SqliteStore, shipped: Config
) -> None:
    put(store, *history(), *mistaken())
    loaded = air(shipped)
    derivation.derive(loaded, store)
    assert row(store, "air_hour", "a01", DAY, "pm25", "co") == (0.03, None)

    told = {
        item: explanation(loaded, store, f"air.percentile.{item}", "station:a01", periods.parse(DAY))
        for item in ("pm25", "co")
    }
    of_item = {item: each.basis.stations[0] for item, each in told.items() if isinstance(each.basis, AirBasis)}
    assert (of_item["pm25"].valid, of_item["pm25"].suspect["unit"]) == (2, 2)
    reason = "outside the plausible range, a probable unit mistake (factor 1000)"
    assert of_item["co"].excluded == {reason: 1, "no reading": 23}
    assert "2 probable unit mistake (factor 1000)" in printed(told["pm25"], "en")
    assert "2 疑似单位错误（相差1000倍）" in printed(told["pm25"], "zh")
    assert "1 超出合理范围，疑似单位错误（相差1000倍）" in printed(told["co"], "zh")


def test_implausible_hours_without_a_history_are_only_implausible(store: SqliteStore, shipped: Config) -> None:
    put(store, *mistaken())
    loaded = air(shipped)
    derivation.derive(loaded, store)
    found = explanation(loaded, store, "air.percentile.co", "station:a01", periods.parse(DAY))
    assert isinstance(found.basis, AirBasis)
    assert list(found.basis.stations[0].excluded)[-1] == "outside the plausible range of config/quantities.toml"


def test_check_that_takes_out_is_the_same_in_steps_as_at_once(
    store: SqliteStore, shipped: Config, tmp_path: Path
) -> None:
    loaded = air(shipped, fail=True)
    put(store, *hours(FIRST, 1, pm25=30.0), *mistaken())
    derivation.derive(loaded, store)
    assert row(store, "air_hour", "a01", DAY, "pm25") == 0.03
    put(store, *history())  # late: what was good is now a thousandth of what was before
    derivation.derive(loaded, store)
    assert row(store, "air_hour", "a01", DAY, "pm25") is None
    with closing(SqliteStore(tmp_path / "once.sqlite3")) as once:
        put(once, *history(), *mistaken())
        derivation.derive(loaded, once)
        assert contents(once, loaded) == contents(store, loaded)


def test_data_capture_names_what_is_of_another_unit(store: SqliteStore, shipped: Config) -> None:
    # CO in ug/m3 for 12 days, longer than it was known before; PM2.5 in mg/m3 is plausible, and valid.
    put(store, *history(), *hours(DAY, 24 * 12, co=700.0), *hours(DAY, 2, pm25=0.03))
    loaded = air(shipped)
    period = periods.parse(f"{DAY}..2026-07-01")
    found = completeness(loaded, store, loaded.register.of("air", CITY), period, as_of=start_of(DAY) + 12 * DAY_S)
    counts = {each.quantity: (each.received, each.valid, each.other_unit) for each in found.captures}
    assert (counts["co"], counts["pm25"]) == ((288, 0, 288), (2, 2, 0))
    console = Console(width=200)
    with console.capture() as captured:
        for each in completeness_tables(found, "en", names={}, offset_s=28_800, at_least_s=0, limit=9):
            console.print(each)
    told = " ".join(captured.get().split())
    assert "probable unit mistakes (factor 1000), outside the plausible range and not valid" in told


def test_results_of_water_that_are_implausible_by_their_unit_are_named(store: SqliteStore, shipped: Config) -> None:
    # Total phosphorus of 0.3 mg/L, once sent in ug/L and once negative; 0 to 200 mg/L is plausible.
    values = dict.fromkeys(range(60), 0.3) | {60: 300.0, 61: -1.0}
    put(store, *[
        Reading("water", "sz-w01", 4 * HOUR, start_of("2026-06-10") + n * 4 * HOUR, (("tp", value, 1),))
        for n, value in values.items()
    ])  # fmt: skip
    derivation.derive(shipped, store)
    found = explanation(shipped, store, "water.class", "station:sz-w01", periods.parse(DAY))
    assert isinstance(found.basis, WaterBasis)
    assert sorted((each.reason, each.results) for each in found.basis.left_out) == [
        ("below zero", 1), ("outside the plausible range, a probable unit mistake (factor 1000)", 1),
    ]  # fmt: skip
    assert "疑似单位错误（相差1000倍）" in printed(found, "zh")


def test_without_the_table_no_result_of_water_is_marked(store: SqliteStore, shipped: Config) -> None:
    put(store, *[
        Reading("water", "sz-w01", 4 * HOUR, start_of(DAY) + n * 4 * HOUR, (("tp", value, 1),))
        for n, value in enumerate([0.1, 0.1, 0.1, 100.0])
    ])  # fmt: skip
    derivation.derive(shipped, store)
    assert row(store, "water_day", "sz-w01", DAY, "suspect") == "tp 1"
    without = msgspec.structs.replace(shipped, checks=msgspec.structs.replace(shipped.checks, unit=None))
    derivation.derive(without, store)
    assert row(store, "water_day", "sz-w01", DAY, "suspect", "tp_count") == (None, 4)
