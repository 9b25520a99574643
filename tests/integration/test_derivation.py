"""Derivation in a real store: from readings to derived tables and figures, at the edges where it could go wrong."""

import datetime as dt
import shutil
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregations import periods
from ingestor import config, derivation, evaluation
from ingestor.config import Config
from ingestor.derivation import Plan
from ingestor.derivation.units import COMPUTED, digest_of, units
from ingestor.schema import TABLES, Table
from ingestor.store import Arrival, SqliteStore
from ingestor.store.arrivals import Derived
from sensors.reading import Reading

HOUR = 3600
ITEMS = {"so2": 10.0, "no2": 20.0, "co": 0.6, "o3": 80.0, "pm10": 120.0, "pm25": 61.0}  # air.md, vectors 3 and 21


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


def start_of(day: str) -> int:
    """Midnight in Shanghai, as seconds since 1970: eight hours before midnight in UTC."""
    return int(dt.datetime.fromisoformat(f"{day}T00:00:00+08:00").timestamp())


def put(store: SqliteStore, *readings: Reading) -> None:
    store.commit([Arrival("native", "t", 0.0, b"", [reading], []) for reading in readings])
    store.drain()


def air(station: str, time: int, values: dict[str, float], *, period_s: int = HOUR, flag: int = 1) -> Reading:
    return Reading("air", station, period_s, time, tuple((k, v, flag) for k, v in values.items()))


def whole_day(station: str, day: str, values: dict[str, float], *, hours: int = 24) -> list[Reading]:
    return [air(station, start_of(day) + h * HOUR, values) for h in range(hours)]


def day_row(store: SqliteStore, station: str, day: str, *columns: str) -> tuple[Any, ...] | None:
    start = start_of(day)
    row = next(iter(store.read("air_day", station, start, start + 1, columns)), None)
    return None if row is None else row[1:]


def contents(store: SqliteStore, loaded: Config) -> dict[str, list[tuple[Any, ...]]]:
    """Everything derived."""
    keys = [s.id for s in loaded.register.stations] + [c.id for c in loaded.settings.city]
    return {
        f"{name} {key}": list(store.read(name, key, -(2**60), 2**60, list(table.columns)))
        for name, table in TABLES.items()
        for key in keys
    }


@pytest.mark.parametrize(
    ("day", "sub_index", "edition"), [("2026-02-28", 83, "HJ 633-2012"), ("2026-03-01", 101, "HJ 633-2026")]
)
def test_day_is_judged_by_the_edition_in_force(
    day: str, sub_index: int, edition: str, store: SqliteStore, shipped: Config
) -> None:
    put(store, *whole_day("sz-a01", "2026-02-28", ITEMS), *whole_day("sz-a01", "2026-03-01", ITEMS))
    derivation.derive(shipped, store)
    assert day_row(store, "sz-a01", day, "iaqi_pm25", "edition") == (sub_index, edition)


@pytest.mark.parametrize(("hours", "value"), [(19, None), (20, 61.0)])
def test_day_needs_twenty_hours(hours: int, value: float | None, store: SqliteStore, shipped: Config) -> None:
    put(store, *whole_day("sz-a01", "2020-01-02", ITEMS, hours=hours))
    derivation.derive(shipped, store)
    assert day_row(store, "sz-a01", "2020-01-02", "pm25", "pm25_count") == (value, hours)


def test_day_is_the_local_one(store: SqliteStore, shipped: Config) -> None:
    put(store, *whole_day("sz-a01", "2020-01-01", {"pm25": 10.0}), *whole_day("sz-a01", "2020-01-02", {"pm25": 20.0}))
    derivation.derive(shipped, store)
    assert day_row(store, "sz-a01", "2020-01-01", "pm25") == (10.0,)
    assert day_row(store, "sz-a01", "2020-01-02", "pm25") == (20.0,)
    assert day_row(store, "sz-a01", "2019-12-31", "pm25") is None


@pytest.mark.parametrize(("minutes", "valid"), [(44, 0), (45, 1)])
def test_hour_of_minutes_needs_forty_five(minutes: int, valid: int, store: SqliteStore, shipped: Config) -> None:
    first = start_of("2020-01-02")
    put(store, *[air("sz-a01", first + 60 * m, {"pm25": 30.0}, period_s=60) for m in range(minutes)])
    derivation.derive(shipped, store)
    assert day_row(store, "sz-a01", "2020-01-02", "pm25_count") == (valid,)


def test_hour_reading_comes_before_minutes_of_the_same_hour(store: SqliteStore, shipped: Config) -> None:
    first = start_of("2020-01-02")
    put(store, air("sz-a01", first, {"pm25": 10.0}))
    put(store, *[air("sz-a01", first + 60 * m, {"pm25": 30.0}, period_s=60) for m in range(60)])
    derivation.derive(shipped, store)
    assert list(store.read("air_hour", "sz-a01", first, first + 1, ["pm25"])) == [(first, 10.0)]


@pytest.mark.parametrize(("value", "flag"), [(553_405.0, 1), (-1.0, 1), (30.0, 4), (30.0, 9)])
def test_value_that_does_not_count_stays_raw_and_enters_nothing(
    value: float, flag: int, store: SqliteStore, shipped: Config
) -> None:
    first = start_of("2020-01-02")
    put(store, air("sz-a01", first, {"pm25": value}, flag=flag))
    derivation.derive(shipped, store)
    assert store.stored_values() == 1
    assert day_row(store, "sz-a01", "2020-01-02", "pm25_count") == (0,)


def test_readings_outside_the_dates_of_a_station_do_not_count(store: SqliteStore, config_copy: Path) -> None:
    register = config_copy / "stations" / "air.csv"
    register.write_text(register.read_text().replace("2019-01-01,\n", "2020-01-02,2020-01-03\n", 1))
    days = ("2020-01-01", "2020-01-02", "2020-01-03")
    put(store, *[reading for day in days for reading in whole_day("sz-a01", day, {"pm25": 10.0})])
    derivation.derive(config.load(config_copy), store)
    assert [day_row(store, "sz-a01", day, "pm25") for day in days] == [(None,), (10.0,), (None,)]


def test_station_taken_from_the_register_is_derived_no_more(store: SqliteStore, config_copy: Path) -> None:
    put(store, *whole_day("sz-a01", "2020-01-02", ITEMS))
    derivation.derive(config.load(config_copy), store)
    register = config_copy / "stations" / "air.csv"
    register.write_text("".join(line for line in register.read_text().splitlines(True) if "sz-a01" not in line))
    derivation.derive(config.load(config_copy), store)
    assert day_row(store, "sz-a01", "2020-01-02", "pm25") is None
    assert list(store.read("city_air_day", "shenzhen", 0, 2**40, ["aqi"])) == []


@pytest.mark.parametrize(("stations", "valid"), [(8, False), (9, True)])
def test_city_day_needs_three_quarters_of_its_stations(
    stations: int, valid: bool, store: SqliteStore, shipped: Config
) -> None:
    for number in range(1, stations + 1):
        put(store, *whole_day(f"sz-a{number:02d}", "2020-01-02", ITEMS))
    derivation.derive(shipped, store)
    figure = evaluation.compute(
        shipped, store, "air.annual_mean.pm25", "city:shenzhen", periods.parse("2020-01-02..2020-01-02"), plan=None
    )
    assert (figure.value, figure.valid) == ((61, 1) if valid else (None, 0))


def test_derivation_is_stale_after_readings_and_after_a_change_of_the_register(
    store: SqliteStore, config_copy: Path
) -> None:
    loaded = config.load(config_copy)
    put(store, *whole_day("sz-a01", "2020-01-02", ITEMS))
    assert derivation.is_stale(loaded, store)
    derivation.derive(loaded, store)
    assert not derivation.is_stale(loaded, store)
    put(store, *whole_day("sz-a01", "2020-01-03", ITEMS))
    assert derivation.is_stale(loaded, store)
    derivation.derive(loaded, store)
    register = config_copy / "stations" / "air.csv"
    register.write_text(register.read_text().replace("2019-01-01,\n", "2020-01-03,\n", 1))
    assert derivation.is_stale(config.load(config_copy), store)


def test_derived_tables_of_another_version_are_derived_again(
    store: SqliteStore, shipped: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, *whole_day("sz-a01", "2020-01-02", ITEMS))
    older = Table("air_day", "station", {"pm25": "REAL", "aqi": "INTEGER", "windows": "INTEGER"})
    with monkeypatch.context() as patched:
        patched.setitem(TABLES, "air_day", older)
        with closing(SqliteStore(tmp_path / "store.sqlite3")) as earlier, earlier.replacing():
            earlier.replace("air_day", "sz-a01", [0], {"windows": [17]})
            unit = next(each for each in units(shipped) if each.name == "air:shenzhen")
            marks = Derived(digest_of(shipped, unit), {"sz-a01": (18_263, 1)}, earlier.due().upto)
            earlier.set_derived(unit.name, marks, [("air", "sz-a01")], piece=b"{}")
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as again:
        assert derivation.is_stale(shipped, again)
        derivation.derive(shipped, again)
        assert not derivation.is_stale(shipped, again)
        assert day_row(again, "sz-a01", "2020-01-02", "pm25", "pm25_fraction") == (61.0, "61000000")
        assert again.stored_values() == 24 * len(ITEMS)


def test_update_that_computes_a_medium_otherwise_makes_it_stale_and_no_other(
    store: SqliteStore, shipped: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, *whole_day("sz-a01", "2020-01-02", ITEMS))
    derivation.derive(shipped, store)
    monkeypatch.setitem(COMPUTED, "noise", 2)
    assert not derivation.is_stale(shipped, store)
    monkeypatch.setitem(COMPUTED, "air", 2)
    (piece,) = derivation.derive(shipped, store).pieces
    assert (piece.unit, piece.why) == ("air:shenzhen", "changed")
    assert not derivation.is_stale(shipped, store)


def test_stations_that_never_sent_are_looked_for_together(
    store: SqliteStore, shipped: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    # with InfluxDB each look is two requests, and every command that prints figures asks what is stale
    looks = []
    extents = store.extents

    def counted(medium: str, stations: Collection[str], start: int, end: int) -> dict[str, tuple[int, int]]:
        looks.append(medium)
        return extents(medium, stations, start, end)

    monkeypatch.setattr(store, "extents", counted)
    assert not derivation.is_stale(shipped, store)
    assert sorted(looks) == ["air", "noise", "water"]


def test_derivation_is_stale_while_readings_wait_in_the_outbox(store: SqliteStore, shipped: Config) -> None:
    store.commit([Arrival("native", "t", 0.0, b"", [air("sz-a01", start_of("2020-01-02"), {"pm25": 1.0})], [])])
    derivation.derive(shipped, store)
    store.drain()
    assert derivation.is_stale(shipped, store)


def test_reading_of_a_clock_that_was_never_set_is_left_out_and_counted(store: SqliteStore, shipped: Config) -> None:
    put(store, *whole_day("sz-a01", "2020-01-02", ITEMS), air("sz-a01", start_of("2005-01-04"), {"pm25": 1.0}))
    done = derivation.derive(shipped, store)
    assert done.before_standards == {"sz-a01": 1}
    assert day_row(store, "sz-a01", "2020-01-02", "pm25") == (61.0,)


def test_a_reading_from_before_the_standards_derives_no_day_again(store: SqliteStore, shipped: Config) -> None:
    put(store, *whole_day("sz-a01", "2020-01-02", ITEMS), air("sz-a02", start_of("2005-01-04"), {"pm25": 1.0}))
    derivation.derive(shipped, store)
    put(store, air("sz-a02", start_of("2005-01-05"), {"pm25": 1.0}))
    done = derivation.derive(shipped, store)
    assert [(each.why, each.station_days, each.first) for each in done.pieces] == [("readings", 0, None)]
    assert done.before_standards == {"sz-a02": 2}
    assert not derivation.is_stale(shipped, store)
    put(store, *whole_day("sz-a02", "2020-01-03", ITEMS))  # its first that counts: its district may have new rows
    (piece,) = derivation.derive(shipped, store).pieces
    assert (piece.station_days, str(piece.first), str(piece.last)) == (2, "2020-01-02", "2020-01-03")


def test_failed_value_of_one_series_does_not_hide_a_good_one_of_another(store: SqliteStore, shipped: Config) -> None:
    moment = start_of("2020-01-02")
    put(store, Reading("water", "sz-w01", HOUR, moment, (("do", 8.0, 1),)))
    put(store, Reading("water", "sz-w01", 4 * HOUR, moment, (("do", 3.0, 4),)))
    derivation.derive(shipped, store)
    assert list(store.read("water_reading", "sz-w01", moment, moment + 1, ["class"])) == [(moment, 1)]


def test_derivation_that_dies_half_way_is_stale_and_is_completed(
    store: SqliteStore, shipped: Config, tmp_path: Path
) -> None:
    put(store, *READINGS)

    def die(done: int, of_all: int) -> None:
        raise KeyboardInterrupt(f"{done} of {of_all}")

    with pytest.raises(KeyboardInterrupt):
        derivation.derive(shipped, store, progress=die)
    assert derivation.is_stale(shipped, store)
    derivation.derive(shipped, store)
    undisturbed = SqliteStore(tmp_path / "other.sqlite3")
    put(undisturbed, *READINGS)
    derivation.derive(shipped, undisturbed)
    assert contents(store, shipped) == contents(undisturbed, shipped)
    undisturbed.close()


def test_derivation_of_everything_that_dies_is_completed_by_the_next(store: SqliteStore, shipped: Config) -> None:
    # as after an update of qingjing that derives otherwise: the rest of the rows must not stay as they were
    put(store, *READINGS)
    derivation.derive(shipped, store)

    def die(done: int, of_all: int) -> None:
        raise KeyboardInterrupt(f"{done} of {of_all}")

    with pytest.raises(KeyboardInterrupt):
        derivation.derive(shipped, store, everything=True, progress=die)
    pieces = derivation.derive(shipped, store).pieces  # the air was done
    assert {each.unit: each.why for each in pieces} == {"water:sz-w01": "asked", "noise:sz-n01": "asked"}
    assert not derivation.is_stale(shipped, store)


READINGS = [
    *[hour for n in (1, 2, 3) for hour in whole_day(f"sz-a{n:02d}", "2020-01-02", {"pm25": 10.1 * n, "o3": 99.9})],
    *[Reading("noise", "sz-n01", HOUR, start_of("2020-01-02") + h * HOUR, (("leq", 44.4 + h, 1),)) for h in range(24)],
    *[Reading("water", "sz-w01", 4 * HOUR, start_of("2020-01-02") + h * HOUR, (("ph", 7.1 + h / 10, 1), ("tp", 0.2, 1)))
      for h in range(0, 24, 4)],
]  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_derived_tables_do_not_depend_on_order_duplicates_or_derivations_between(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, shipped: Config
) -> None:
    folder = tmp_path_factory.mktemp("order")
    straight, shuffled = SqliteStore(folder / "a.sqlite3"), SqliteStore(folder / "b.sqlite3")
    put(straight, *READINGS)
    derivation.derive(shipped, straight)
    order = data.draw(st.permutations(READINGS))
    again = data.draw(st.lists(st.sampled_from(READINGS), max_size=20))
    cut = data.draw(st.integers(0, len(order)))
    put(shuffled, *order[:cut])
    derivation.derive(shipped, shuffled)
    put(shuffled, *again, *order[cut:])
    derivation.derive(shipped, shuffled)
    assert contents(shuffled, shipped) == contents(straight, shipped)
    straight.close()
    shuffled.close()
    shutil.rmtree(folder)


def test_late_readings_of_a_section_change_what_is_suspect_weeks_before(store: SqliteStore, shipped: Config) -> None:
    first, later = start_of("2020-03-02"), start_of("2020-03-20")
    put(store, Reading("water", "sz-w01", 4 * HOUR, first, (("tp", 100.0, 1),)))
    derivation.derive(shipped, store)
    before = list(store.read("water_day", "sz-w01", first, first + 1, ["suspect", "tp_count"]))
    put(store, *[Reading("water", "sz-w01", 4 * HOUR, later + i * 4 * HOUR, (("tp", 0.1, 1),)) for i in range(3)])
    derivation.derive(shipped, store)
    after = list(store.read("water_day", "sz-w01", first, first + 1, ["suspect", "tp_count"]))
    assert (before, after) == ([(first, None, 1)], [(first, "tp 1", 1)])


def test_derivation_says_what_is_stale_and_why(store: SqliteStore, config_copy: Path) -> None:
    loaded = config.load(config_copy)
    put(store, *READINGS)
    assert {each.unit.name: each.why for each in derivation.plan(loaded, store).work} == {
        "air:shenzhen": "new", "water:sz-w01": "new", "noise:sz-n01": "new",
    }  # fmt: skip
    derivation.derive(loaded, store)
    assert derivation.plan(loaded, store) == Plan([], [])
    put(store, air("sz-a02", start_of("2020-01-02"), {"pm25": 11.0}))
    (late,) = derivation.plan(loaded, store).work
    assert (late.unit.name, late.why, late.stations, late.station_days) == ("air:shenzhen", "readings", ["sz-a02"], 1)
    zones = config_copy / "stations" / "noise.csv"
    zones.write_text(zones.read_text(encoding="utf-8").replace("22.52,1,", "22.52,2,", 1), encoding="utf-8")
    changed = derivation.plan(config.load(config_copy), store).work
    assert [(each.unit.name, each.why) for each in changed] == [
        ("air:shenzhen", "readings"),
        ("noise:sz-n01", "changed"),
    ]


def test_a_clock_moved_back_hides_no_late_reading(store: SqliteStore, shipped: Config) -> None:
    put(store, *whole_day("sz-a01", "2020-01-02", {"pm25": 10.0}))
    derivation.derive(shipped, store)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("time.time", lambda: 1.0)  # 1970
        put(store, air("sz-a01", start_of("2020-01-02"), {"pm25": 34.0}))
    derivation.derive(shipped, store)
    assert day_row(store, "sz-a01", "2020-01-02", "pm25") == (11.0,)


@pytest.mark.parametrize("whole_hours", [True, False], ids=["beside-hours", "alone"])
def test_hours_of_air_and_noise_take_nothing_from_grab_samples(
    whole_hours: bool, store: SqliteStore, shipped: Config
) -> None:
    start = start_of("2020-01-02")
    grab = [Reading("noise", "sz-n01", 0, start + i, (("leq", 90.0, 1),)) for i in range(0, 3600, 60)]
    grab += [air("sz-a01", start + i, {"pm25": 500.0}, period_s=0) for i in range(0, 3600, 60)]
    hours = whole_day("sz-a01", "2020-01-02", ITEMS)
    hours += [Reading("noise", "sz-n01", HOUR, start + h * HOUR, (("leq", 40.0, 1),)) for h in range(24)]
    put(store, *grab, *(hours if whole_hours else []))
    derivation.derive(shipped, store)
    levels = [level for _, level in store.read("noise_hour", "sz-n01", start, start + 86_400, ["leq"])]
    assert levels == ([40.0] * 24 if whole_hours else [])
    count = day_row(store, "sz-a01", "2020-01-02", "pm25", "pm25_count")
    assert count == ((61.0, 24) if whole_hours else (None, 0))


def test_derivation_writes_in_bounded_transactions_with_the_mark_in_the_last_and_ends_in_the_same_rows(
    tmp_path: Path, shipped: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, marks = [], []
    for n, most in enumerate((10**9, 50)):
        monkeypatch.setattr(derivation.steps, "ROWS_A_TRANSACTION", most)
        with closing(SqliteStore(tmp_path / f"{n}.sqlite3")) as store:
            put(
                store,
                *(
                    r
                    for id_ in ("sz-a01", "sz-a02")
                    for day in (1, 2)
                    for r in whole_day(id_, f"2020-06-0{day}", ITEMS)
                ),
            )
            seen: list[bool] = []
            derivation.derive(shipped, store, between=lambda of=store, to=seen: to.append(bool(of.derived_units())))
            found.append(contents(store, shipped))
            marks.append(seen)
            assert not derivation.is_stale(shipped, store)
    assert found[0] == found[1]
    assert marks[0] == [False]
    assert len(marks[1]) > 2
    assert not any(marks[1])


def test_derivation_that_dies_between_two_transactions_leaves_its_unit_stale(
    store: SqliteStore, shipped: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derivation.steps, "ROWS_A_TRANSACTION", 1)
    put(store, *whole_day("sz-a01", "2020-06-01", ITEMS))
    calls: list[int] = []

    def between() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        derivation.derive(shipped, store, between=between)
    assert derivation.is_stale(shipped, store)
