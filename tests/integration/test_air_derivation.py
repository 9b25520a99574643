"""Derivation of air in a real store: stations, districts and cities; hours, checks, gas states.

Rules: shared/standards/air.md, sections 1 to 5; expected numbers are worked by hand.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from ingestor import derivation
from ingestor.config import Config
from ingestor.store import SqliteStore
from tests.air_world import (
    CITY,
    CLEAN,
    HOUR,
    day_of,
    days,
    days_in,
    figure,
    put,
    reading,
    row,
    start_of,
    station,
    stations,
    world,
)

DAY = "2020-01-02"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


# --- stations, districts, cities


CITY_OF_SEVEN = [
    station("a1", district="南山区"),
    station("a2", district="南山区"),
    station("a3", district="福田区"),
    station("a4", district="福田区"),
    station("c1", district="南山区", role="control"),
    station("b1", district="福田区", role="background"),
    station("t1", district="盐田区", role="traffic"),
]
PM25_OF_SEVEN = {"a1": 10.0, "a2": 20.0, "a3": 30.5, "a4": 40.0, "c1": 900.0, "b1": 900.0, "t1": 900.0}


def test_days_and_hours_of_districts_and_city_are_means_of_their_stations(store: SqliteStore, shipped: Config) -> None:
    for name, value in PM25_OF_SEVEN.items():
        put(store, *day_of(name, DAY, CLEAN | {"pm25": value}))
    derivation.derive(world(shipped, CITY_OF_SEVEN), store)

    assert [row(store, "air_day", name, DAY, "pm25") for name in PM25_OF_SEVEN] == [10, 20, 30, 40, 900, 900, 900]
    assert row(store, "district_air_day", f"{CITY}/南山区", DAY, "pm25", "pm25_fraction", "pm25_count") == (
        15, "15000000", 2,
    )  # fmt: skip
    assert row(store, "district_air_day", f"{CITY}/福田区", DAY, "pm25", "pm25_fraction") == (35, "35250000")
    assert row(store, "city_air_day", CITY, DAY, "pm25", "pm25_fraction", "pm25_count") == (25, "25125000", 4)
    noon = start_of(DAY) + 12 * HOUR
    assert row(store, "district_air_hour", f"{CITY}/福田区", noon, "pm25", "pm25_count") == (35.25, 2)
    assert row(store, "city_air_hour", CITY, noon, "pm25", "pm25_count") == (25.125, 4)
    assert row(store, "air_hour", "c1", noon, "pm25") == 900


@pytest.mark.parametrize("table", ["district_air_day", "district_air_hour"])
def test_district_without_a_station_of_assessment_has_no_rows(table: str, store: SqliteStore, shipped: Config) -> None:
    put(store, *day_of("a1", DAY, CLEAN), *day_of("t1", DAY, CLEAN))
    derivation.derive(world(shipped, CITY_OF_SEVEN), store)
    assert list(store.read(table, f"{CITY}/盐田区", 0, 2**40, ["pm25"])) == []


def test_city_of_control_stations_has_days_of_stations_only(store: SqliteStore, shipped: Config) -> None:
    put(store, *day_of("c1", DAY, CLEAN))
    done = derivation.derive(world(shipped, [station("c1", role="control")]), store)
    assert (done.station_days, done.city_days) == ({"air": 1}, 0)
    assert row(store, "air_day", "c1", DAY, "aqi") == 43
    assert row(store, "city_air_day", CITY, DAY, "aqi") is None


@pytest.mark.parametrize(
    ("expected", "present", "known"),
    [
        pytest.param(1, 1, True, id="1 of 1"),
        pytest.param(2, 1, True, id="1 of 2: 50 % at equality"),
        pytest.param(3, 1, False, id="1 of 3: below 50 %"),
        pytest.param(3, 2, True, id="2 of 3"),
        pytest.param(4, 2, False, id="2 of 4: 50 % is not enough from four on"),
        pytest.param(4, 3, True, id="3 of 4: 75 % at equality"),
        pytest.param(8, 5, False, id="5 of 8: below 75 %"),
        pytest.param(8, 6, True, id="6 of 8: 75 % at equality"),
        pytest.param(12, 1, False, id="1 of 12"),
    ],
)
def test_district_and_city_need_75_percent_of_their_stations_or_half_below_four(
    expected: int, present: int, known: bool, store: SqliteStore, shipped: Config
) -> None:
    registered = stations(expected, district="D")
    for each in registered[:present]:
        put(store, *day_of(each.id, DAY, CLEAN))
    derivation.derive(world(shipped, registered), store)

    columns = ("pm25", "o3", "o3_hour_max", "aqi", "pm25_fraction", "pm25_count")
    day = (30, 80, 80, 43, "30000000", present) if known else (None, None, None, None, None, present)
    assert row(store, "district_air_day", f"{CITY}/D", DAY, *columns) == day
    assert row(store, "city_air_day", CITY, DAY, *columns) == day
    hours = list(store.read("city_air_hour", CITY, 0, 2**40, ["pm25", "aqi"]))
    assert [values for _, *values in hours] == ([[30, 43]] * 24 if known else [])


def test_hour_of_a_city_needs_its_stations_hour_by_hour(store: SqliteStore, shipped: Config) -> None:
    lacking = [None if hour in (5, 6) else 30.0 for hour in range(24)]  # two of four lack hour 5, one hour 6
    put(store, *day_of("a01", DAY, {"pm25": lacking}), *day_of("a02", DAY, {"pm25": 10.0}))
    put(store, *day_of("a03", DAY, {"pm25": 11.0}), *day_of("a04", DAY, {"pm25": [*lacking[:6], 33.0, *lacking[7:]]}))
    derivation.derive(world(shipped, stations(4)), store)

    assert row(store, "city_air_hour", CITY, start_of(DAY) + 5 * HOUR, "pm25") is None
    assert row(store, "city_air_hour", CITY, start_of(DAY) + 6 * HOUR, "pm25", "pm25_count") == (18, 3)  # 54 / 3
    assert row(store, "city_air_day", CITY, DAY, "pm25_count") == 4  # 22 and 23 hours make a day


def test_mean_hour_of_a_city_is_kept_to_a_millionth(store: SqliteStore, shipped: Config) -> None:
    for name, value in {"a01": 10.0, "a02": 10.0, "a03": 11.0}.items():
        put(store, *day_of(name, DAY, {"pm25": value}))
    derivation.derive(world(shipped, stations(3)), store)
    assert row(store, "city_air_hour", CITY, start_of(DAY), "pm25") == 10.333333
    assert row(store, "city_air_day", CITY, DAY, "pm25_fraction") == "31000000/3"


def test_cities_are_kept_apart(store: SqliteStore, shipped: Config) -> None:
    registered = [station("a1"), station("b1", city="beijing")]
    put(store, *day_of("a1", DAY, {"pm25": 10.0}), *day_of("b1", DAY, {"pm25": 20.0}))
    derivation.derive(world(shipped, registered), store)
    assert [row(store, "city_air_day", city, DAY, "pm25") for city in (CITY, "beijing")] == [10, 20]


# --- what is not monitored by plan


def without(values: dict[str, Any], *quantities: str) -> dict[str, Any]:
    return {q: v for q, v in values.items() if q not in quantities}


def test_station_has_an_index_without_what_it_does_not_monitor_by_plan(store: SqliteStore, shipped: Config) -> None:
    # HJ 633-2026, 5.3.1 and 5.3.2
    registered = [station("a1", not_monitored=("so2",)), station("a2")]
    put(store, *[r for name in ("a1", "a2") for r in day_of(name, "2026-03-02", without(CLEAN, "so2"))])
    derivation.derive(world(shipped, registered), store)

    assert [row(store, "air_day", name, "2026-03-02", "aqi", "iaqi_so2") for name in ("a1", "a2")] == [
        (43, None), (None, None),
    ]  # fmt: skip
    first = start_of("2026-03-02")
    assert [row(store, "air_hour", name, first, "aqi") for name in ("a1", "a2")] == [43, None]


@pytest.mark.parametrize(("present", "so2", "aqi"), [(("a1",), 10, 43), ((), None, None)])
def test_city_counts_only_the_stations_that_measure(
    present: tuple[str, ...], so2: float | None, aqi: int | None, store: SqliteStore, shipped: Config
) -> None:
    # Two of four measure sulphur dioxide: one of them is half of fewer than four.
    registered = [station("a1"), station("a2"), *(station(n, not_monitored=("so2",)) for n in ("a3", "a4"))]
    for each in registered:
        put(store, *day_of(each.id, "2026-03-02", CLEAN if each.id in present else without(CLEAN, "so2")))
    derivation.derive(world(shipped, registered), store)
    assert row(store, "city_air_day", CITY, "2026-03-02", "so2", "aqi", "so2_count") == (so2, aqi, len(present))
    assert row(store, "city_air_hour", CITY, start_of("2026-03-02"), "so2", "aqi") == (so2, aqi)


def test_city_in_which_no_station_measures_an_item_has_an_index_all_the_same(
    store: SqliteStore, shipped: Config
) -> None:
    loaded = world(shipped, stations(3, not_monitored=("so2", "co")))
    for name in ("a01", "a02", "a03"):
        put(store, *day_of(name, "2026-03-02", without(CLEAN, "so2", "co")))
    derivation.derive(loaded, store)
    assert row(store, "city_air_day", CITY, "2026-03-02", "aqi") == 43
    ratio = figure(loaded, store, "air.good_day_ratio", f"city:{CITY}", "2026-03-02")
    assert (ratio.value, ratio.valid) == (100, 1)


# --- when a station counts


def test_city_expects_a_station_from_its_first_day_to_its_last(store: SqliteStore, shipped: Config) -> None:
    # a03 and a04 never send; two of three suffice, two of four do not.
    registered = [
        station("a01"), station("a02"), station("a03"),
        station("a04", since=date.fromisoformat("2020-07-01"), until=date.fromisoformat("2020-07-03")),
    ]  # fmt: skip
    spanned = days("2020-06-30", "2020-07-03")
    put(store, *[r for name in ("a01", "a02") for day in spanned for r in day_of(name, day, {"pm25": 30.0})])
    derivation.derive(world(shipped, registered), store)
    assert [row(store, "city_air_day", CITY, day, "pm25") for day in spanned] == [30, None, None, 30]


def test_station_enters_the_city_only_on_the_days_on_which_it_counts(store: SqliteStore, shipped: Config) -> None:
    registered = [
        station("a01"),
        station("a02", since=date.fromisoformat("2020-07-01"), until=date.fromisoformat("2020-07-02")),
    ]
    spanned = days("2020-06-30", "2020-07-02")
    for name, value in {"a01": 10.0, "a02": 20.0}.items():
        put(store, *[r for day in spanned for r in day_of(name, day, {"pm25": value})])
    derivation.derive(world(shipped, registered), store)
    assert [row(store, "city_air_day", CITY, day, "pm25", "pm25_count") for day in spanned] == [
        (10, 1), (15, 2), (10, 1),
    ]  # fmt: skip
    assert row(store, "air_hour", "a02", start_of("2020-07-01") - HOUR, "pm25") is None


def test_year_that_starts_in_its_middle_is_insufficient_and_says_why(store: SqliteStore, shipped: Config) -> None:
    loaded = world(shipped, [station("a1", since=date.fromisoformat("2020-07-01"))])
    for day in days("2020-07-01", "2020-12-31"):
        put(store, *day_of("a1", day, {"pm25": 30.0}, hours=range(20)))
    derivation.derive(loaded, store)

    year = figure(loaded, store, "air.annual_mean.pm25", "station:a1", "2020")
    assert (year.value, year.valid, year.expected, year.sufficient) == (30, 184, 366, False)
    months = [(1, 27), (2, 25), (3, 27), (4, 27), (5, 27), (6, 27)]
    assert year.reasons == [
        *(f"2020-{month:02d}: 0 of at least {least} valid days" for month, least in months),
        "the period: 184 of at least 324 valid days",
    ]
    assert year.excluded == {"no valid hours": 182}
    half = figure(loaded, store, "air.annual_mean.pm25", "station:a1", "2020-H2")
    assert (half.valid, half.expected, half.sufficient) == (184, 184, True)


@pytest.mark.parametrize(("valid", "sufficient"), [(24, False), (25, True), (29, True)])
def test_leap_february_asks_for_25_of_its_29_days(
    valid: int, sufficient: bool, store: SqliteStore, shipped: Config
) -> None:
    loaded = world(shipped, [station("a1")])
    last = days("2020-02-01", "2020-02-29")[-valid:]
    put(store, *[r for day in [*last, "2020-03-01"] for r in day_of("a1", day, {"pm25": 30.0})])
    derivation.derive(loaded, store)
    month = figure(loaded, store, "air.annual_mean.pm25", "station:a1", "2020-02")
    assert (month.valid, month.expected, month.sufficient) == (valid, 29, sufficient)
    assert days_in(store, "air_day", "a1")[-2:] == ["2020-02-29", "2020-03-01"]


# --- areas of class I


@pytest.mark.parametrize(
    ("area_class", "value", "valid"),
    [("I", 100.0, False), ("I", 100.5, False), ("I", 101.0, True), ("II", 101.0, False), ("II", 160.0, False),
     ("II", 161.0, True)],
)  # fmt: skip
def test_ozone_of_too_few_windows_counts_above_the_limit_of_the_area(
    area_class: str, value: float, valid: bool, store: SqliteStore, shipped: Config
) -> None:
    # Hours 1 to 6 missing leave 13 windows (air.md, vectors 28 and 29); class I limit 100, class II 160.
    put(store, *day_of("a1", DAY, {"o3": value}, hours=range(6, 24)))
    derivation.derive(world(shipped, [station("a1", area_class=area_class)]), store)
    assert row(store, "air_day", "a1", DAY, "o3") == (round(value) if valid else None)


@pytest.mark.parametrize(
    ("area_class", "pm25", "attains"),
    [("I", 15.0, 1), ("I", 16.0, 0), ("II", 16.0, 1), ("II", 35.0, 1), ("II", 36.0, 0)],
)
def test_station_attains_by_the_limits_of_its_area(
    area_class: str, pm25: float, attains: int, store: SqliteStore, shipped: Config
) -> None:
    # GB 3095-2012, table 1: PM2.5 of the year 15 and 35
    loaded = world(shipped, [station("a1", area_class=area_class)])
    put(store, *day_of("a1", DAY, {"pm25": pm25}))
    derivation.derive(loaded, store)
    assert figure(loaded, store, "air.attainment.pm25", "station:a1", DAY).value == attains


@pytest.mark.parametrize(("area_class", "attains"), [("I", 0), ("II", 100)])
def test_day_of_a_station_attains_by_the_limits_of_its_area(
    area_class: str, attains: int, store: SqliteStore, shipped: Config
) -> None:
    # PM2.5 of the day: 35 and 75. The index, and the city, know no class I.
    loaded = world(shipped, [station("a1", area_class=area_class)])
    put(store, *day_of("a1", DAY, CLEAN | {"pm25": 36.0}))
    derivation.derive(loaded, store)
    names = ("air.daily_attainment", "air.good_day_ratio")
    assert [figure(loaded, store, name, "station:a1", DAY).value for name in names] == [attains, 100]
    assert figure(loaded, store, "air.daily_attainment", f"city:{CITY}", DAY).value == 100


# --- checks


CHECKS = """
[stuck]
action = "{action}"
hours = {{ pm25 = 8 }}
[jump]
action = "{action}"
step = {{ pm25 = 100 }}
[inversion]
action = "{action}"
tolerance = 20
"""
WAVE = [20.0 + hour % 2 for hour in range(24)]


def with_checks(shipped: Config, action: str, n: int = 1) -> Config:
    return world(shipped, stations(n), checks_toml=CHECKS.format(action=action))


@pytest.mark.parametrize(("action", "kept"), [("suspect", 24), ("fail", 16)])
def test_stuck_hours_are_taken_out_where_the_check_says_fail(
    action: str, kept: int, store: SqliteStore, shipped: Config
) -> None:
    put(store, *day_of("a01", DAY, {"pm25": [7.0] * 8 + WAVE[8:]}))
    derivation.derive(with_checks(shipped, action), store)
    value = {24: 16, 16: None}[kept]  # (8 x 7 + 16 x 20.5) / 24 = 16; 16 hours make no day
    assert row(store, "air_day", "a01", DAY, "pm25_count", "pm25") == (kept, value)


def test_seven_equal_hours_are_not_stuck(store: SqliteStore, shipped: Config) -> None:
    put(store, *day_of("a01", DAY, {"pm25": [7.0] * 7 + WAVE[7:]}))
    derivation.derive(with_checks(shipped, "fail"), store)
    assert row(store, "air_day", "a01", DAY, "pm25_count") == 24


@pytest.mark.parametrize(("action", "kept", "exact"), [("suspect", 24, "31500000"), ("fail", 22, "225500000/11")])
def test_jump_takes_out_the_hour_up_and_the_hour_down_where_the_check_says_fail(
    action: str, kept: int, exact: str, store: SqliteStore, shipped: Config
) -> None:
    # Hour 12 is 284 instead of 20: (492 + 264) / 24 = 31.5; without hours 12 and 13: (492 - 20 - 21) / 22 = 20.5
    put(store, *day_of("a01", DAY, {"pm25": [*WAVE[:12], 284.0, *WAVE[13:]]}))
    derivation.derive(with_checks(shipped, action), store)
    found = row(store, "air_day", "a01", DAY, "pm25_count", "pm25_fraction")
    assert (found[0], Fraction(found[1])) == (kept, Fraction(exact))


@pytest.mark.parametrize(
    ("action", "hours", "kept", "valid"),
    [("suspect", 5, 24, True), ("fail", 4, 20, True), ("fail", 5, 19, False)],
)
def test_inversion_takes_out_both_particles_where_the_check_says_fail(
    action: str, hours: int, kept: int, valid: bool, store: SqliteStore, shipped: Config
) -> None:
    pm10 = [30.0 + hour % 2 for hour in range(24)]
    pm25 = [60.0 + hour % 2 if hour < hours else 25.0 + hour % 2 for hour in range(24)]
    put(store, *day_of("a01", DAY, {"pm25": pm25, "pm10": pm10, "so2": [5.0 + h % 2 for h in range(24)]}))
    derivation.derive(with_checks(shipped, action), store)
    counts = row(store, "air_day", "a01", DAY, "pm25_count", "pm10_count", "so2_count")
    assert counts == (kept, kept, 24)
    assert [v is not None for v in row(store, "air_day", "a01", DAY, "pm25", "pm10")] == [valid, valid]


def test_station_whose_hours_a_check_took_out_is_missed_by_its_city(store: SqliteStore, shipped: Config) -> None:
    for name in ("a01", "a02", "a03", "a04"):
        put(store, *day_of(name, DAY, {"pm25": [7.0] * 24 if name in ("a01", "a02") else WAVE}))
    derivation.derive(with_checks(shipped, "fail", 4), store)
    assert row(store, "city_air_day", CITY, DAY, "pm25", "pm25_count") == (None, 2)


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        pytest.param(-0.000001, 1, id="just below zero"),
        pytest.param(-999.0, 1, id="a sentinel"),
        pytest.param(553_405.0, 1, id="553,405"),
        pytest.param(3000.000001, 1, id="just above the range"),
        pytest.param(30.0, 4, id="flagged fail"),
        pytest.param(30.0, 9, id="flagged missing"),
    ],
)
@pytest.mark.parametrize("period_s", [HOUR, 60])
def test_value_that_cannot_be_or_is_flagged_never_enters(
    value: float, flag: int, period_s: int, store: SqliteStore, shipped: Config
) -> None:
    at = start_of(DAY)
    for name in ("a01", "a02", "a03"):  # 15 bad minutes, or a bad hour, before 45 good ones
        bad = range(at, at + 15 * 60, period_s)
        put(store, *[reading(name, each, {"pm25": value}, period_s=period_s, flag=flag) for each in bad])
        put(store, *[reading(name, each, {"pm25": 20.0}, period_s=60) for each in range(at + 15 * 60, at + HOUR, 60)])
    derivation.derive(with_checks(shipped, "suspect", 3), store)
    assert row(store, "air_hour", "a01", at, "pm25") == 20
    assert row(store, "city_air_hour", CITY, at, "pm25", "pm25_count") == (20, 3)


@pytest.mark.parametrize(("value", "flag"), [(0.0, 1), (3000.0, 1), (30.0, 2), (30.0, 3)])
def test_value_at_the_ends_of_the_range_or_in_doubt_enters(
    value: float, flag: int, store: SqliteStore, shipped: Config
) -> None:
    put(store, reading("a01", start_of(DAY), {"pm25": value}, flag=flag))
    derivation.derive(with_checks(shipped, "fail"), store)
    assert row(store, "air_hour", "a01", start_of(DAY), "pm25") == value


# --- gases at another temperature


GASES = {"so2": 100.0, "no2": 50.0, "o3": 120.0, "co": 1.0}
PARTICLES = {"pm25": 30.0, "pm10": 60.0}


def at_state(value: float, ratio: Fraction) -> float:
    """A concentration at another temperature, kept to a millionth; the volume grows with the temperature."""
    return round(Fraction(value) * 10**6 * ratio) / 10**6


@pytest.mark.parametrize(
    ("day", "delivered", "ratio"),
    [
        pytest.param("2020-06-01", "273.15", Fraction(27315, 29815), id="2020 at 0 degC"),
        pytest.param("2020-06-01", "293.15", Fraction(29315, 29815), id="2020 at 20 degC"),
        pytest.param("2020-06-01", "298.15", Fraction(1), id="2020 at 25 degC, as prescribed"),
        pytest.param("2018-09-01", "273.15", Fraction(27315, 29815), id="first day of the amendment"),
        pytest.param("2018-08-31", "273.15", Fraction(1), id="the day before: as prescribed"),
        pytest.param("2017-06-01", "298.15", Fraction(29815, 27315), id="2017 at 25 degC"),
        pytest.param("2026-03-01", "273.15", Fraction(27315, 29815), id="2026 at 0 degC"),
    ],
)
@pytest.mark.parametrize("period_s", [HOUR, 900])
def test_gases_that_come_at_another_temperature_are_converted_exactly(
    day: str, delivered: str, ratio: Fraction, period_s: int, store: SqliteStore, shipped: Config
) -> None:
    at = start_of(day)
    put(store, *[reading("a1", each, GASES | PARTICLES, period_s=period_s) for each in range(at, at + HOUR, period_s)])
    derivation.derive(world(shipped, [station("a1")], gas_csv=[f"a1,,,{delivered}"]), store)
    found = dict(zip(GASES, row(store, "air_hour", "a1", at, *GASES), strict=True))
    assert found == {q: at_state(v, ratio) for q, v in GASES.items()}
    assert row(store, "air_hour", "a1", at, *PARTICLES) == tuple(PARTICLES.values())


def test_gases_are_converted_on_the_days_that_are_named_and_of_the_station_that_is(
    store: SqliteStore, shipped: Config
) -> None:
    spanned = days("2020-01-01", "2020-01-04")
    put(store, *[r for name in ("a01", "a02") for day in spanned for r in day_of(name, day, {"so2": 100.0})])
    derivation.derive(world(shipped, stations(2), gas_csv=["a01,2020-01-02,2020-01-04,273.15"]), store)
    assert [row(store, "air_day", "a01", day, "so2") for day in spanned] == [100, 92, 92, 100]  # 91.615
    assert [row(store, "air_day", "a02", day, "so2") for day in spanned] == [100] * 4


def test_day_of_converted_hours_is_rounded_once(store: SqliteStore, shipped: Config) -> None:
    # 24 hours of 55.123456 at 273.15 K: each 50.501523 of a millionth (x 5463/5963), so the day is 51.
    put(store, *day_of("a1", DAY, {"no2": 55.123456}))
    derivation.derive(world(shipped, [station("a1")], gas_csv=["a1,,,273.15"]), store)
    expected = round(Fraction(55_123_456 * 5463, 5963))
    assert row(store, "air_day", "a1", DAY, "no2", "no2_fraction") == (51, str(expected))
