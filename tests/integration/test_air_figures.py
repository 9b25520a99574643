"""Figures of air from derived rows: a year of two editions, indexes that agree, lists and districts, switches.

Vectors: shared/standards/air.md, section 12; tables: its section 4.2. Expected values are worked by hand or by loops
of this file.
"""

import random
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aggregations import aqi, periods
from aggregations.indicators import INDICATORS
from aggregations.indicators.air_base import indexes
from aggregations.plans import Plan
from aggregations.standards import Mode
from ingestor import derivation, evaluation, scopes
from ingestor.air_facts import air_facts
from ingestor.config import City, Config
from ingestor.explanation import explanation
from ingestor.explanation_air import AirBasis
from ingestor.store import SqliteStore
from sensors.errors import ConfigError
from sensors.register import Station
from tests.air_world import (
    CITY,
    CLEAN,
    HOUR,
    day_of,
    days,
    figure,
    put,
    row,
    start_of,
    station,
    stations,
    world,
)

QUANTITIES = ("so2", "no2", "co", "pm10", "pm25", "o3")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


# --- a year of two editions


MIXED = "2026-01-01..2026-04-30"  # 59 days of 2012, 61 of 2026
VECTOR_22 = {"so2": 10.0, "no2": 20.0, "co": 0.6, "o3": 80.0, "pm10": 60.0, "pm25": 68.0}
OLD = {"GB 3095-2012", "HJ 633-2012", "HJ 663-2013"}
NEW = {"GB 3095-2026 transitional", "HJ 633-2026", "HJ 663-2026"}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory, shipped: Config) -> Iterator[tuple[Config, SqliteStore]]:
    opened = SqliteStore(tmp_path_factory.mktemp("mixed") / "store.sqlite3")
    loaded = world(shipped, stations(1))
    put(
        opened, *[r for day in days("2026-01-01", "2026-04-30") for r in day_of("a01", day, VECTOR_22, hours=range(20))]
    )
    derivation.derive(loaded, opened)
    yield loaded, opened
    opened.close()


@pytest.mark.parametrize(
    ("mode", "ratio", "good", "light", "editions"),
    [
        # air.md, vector 22: AQI 92 under 2012, 108 under 2026; 59/120 = 49.17 %
        pytest.param("by_date", "49.2", 59, 61, OLD | NEW, id="each day by its own"),
        pytest.param("all_2012", "100.0", 120, 0, OLD, id="2012"),
        pytest.param("all_2026", "0.0", 0, 120, NEW, id="2026"),
    ],
)
def test_mixed_year_is_evaluated_as_its_mode_says_and_the_figure_names_it(
    mode: Mode, ratio: str, good: int, light: int, editions: set[str], mixed: tuple[Config, SqliteStore]
) -> None:
    found = [
        figure(*mixed, f"air.{name}", f"city:{CITY}", MIXED, mode=mode)
        for name in ("good_day_ratio", "level_days.2", "level_days.3", "good_days", "longest_run.good")
    ]
    assert [each.value for each in found] == [Decimal(ratio), good, light, good, good]
    assert [(each.mode, set(each.editions), each.valid) for each in found] == [(mode, editions, 120)] * 5


def test_mixed_year_by_date_is_that_of_the_stored_index_of_every_day(mixed: tuple[Config, SqliteStore]) -> None:
    loaded, store = mixed
    stored = [row(store, "city_air_day", CITY, day, "aqi", "level", "edition") for day in days(*MIXED.split(".."))]
    assert stored == [(92, 2, "HJ 633-2012")] * 59 + [(108, 3, "HJ 633-2026")] * 61
    good = sum(index <= 100 for index, *_ in stored)
    assert figure(loaded, store, "air.good_days", f"city:{CITY}", MIXED).value == good


def test_daily_limits_of_a_mixed_year_are_those_of_the_mode(mixed: tuple[Config, SqliteStore]) -> None:
    # PM2.5 68: within 75 of 2012, above 60 of 2026
    found = {
        mode: figure(*mixed, "air.daily_attainment.pm25", f"city:{CITY}", MIXED, mode=mode).value
        for mode in ("by_date", "all_2012", "all_2026")
    }
    assert found == {"by_date": Decimal("49.2"), "all_2012": 100, "all_2026": 0}


# --- years that no edition covers


def test_figures_of_the_first_years_of_the_standards_say_that_there_is_no_moving_mean(
    store: SqliteStore, shipped: Config
) -> None:
    late = msgspec.structs.replace(
        shipped.settings, city=[*shipped.settings.city, City(id="late", name="l", name_en="l", staged=False)]
    )
    loaded = world(msgspec.structs.replace(shipped, settings=late), [station("a1", city="late")])
    put(store, *day_of("a1", "2017-06-01", CLEAN))
    derivation.derive(loaded, store)

    every = evaluation.all_figures(loaded, store, "city:late", periods.parse("2017"), names=["*"])
    found = {f.indicator: f for f in every}
    assert len(found) == sum(indicator.medium == "air" for indicator in INDICATORS.values())
    of_list = figure(loaded, store, "air.moving_mean.pm25", "list:all", "2017", plan=plan_of(all=["a1"]))
    moving = found["air.moving_mean.pm25"]
    assert (moving.value, moving.sufficient) == (None, False)
    assert moving.reasons == of_list.reasons == ["the edition in force has no moving mean"]
    by_2026 = figure(loaded, store, "air.moving_mean.pm25", "city:late", "2017", mode="all_2026")
    assert by_2026.reasons == [f"{year}: not enough valid days" for year in (2017, 2016, 2015)]


@pytest.mark.parametrize("first", ["2012-02-29", "2012-03-01", "2012-03-07", "2012-03-08"])
def test_explanation_of_the_first_days_of_the_standards_reads_no_day_before(
    first: str, store: SqliteStore, shipped: Config
) -> None:
    # Cities of an early stage apply GB 3095-2012 from 2012-02-29; stuck hours are looked for in days around, too.
    loaded = world(shipped, stations(1))
    put(store, *day_of("a01", first, CLEAN, hours=range(19)))
    derivation.derive(loaded, store)
    found = explanation(loaded, store, "air.annual_mean.pm25", "station:a01", periods.parse(f"{first}..{first}")).basis
    assert isinstance(found, AirBasis)
    assert [(each.hours, each.valid, each.excluded) for each in found.stations] == [(24, 19, {"no reading": 5})]
    assert [each.hours for each in found.excluded_hours] == [5]


# --- indexes: stored, computed by evaluation, and by a loop

LEVELS = [0, 50, 100, 150, 200, 300, 400, 500]
TABLES: dict[str, list[int]] = {  # air.md, 4.2; CO in tenths
    "so2": [0, 50, 150, 475, 800, 1600, 2100, 2620],
    "no2": [0, 40, 80, 180, 280, 565, 750, 940],
    "co": [0, 20, 40, 140, 240, 360, 480, 600],
    "o3": [0, 100, 160, 215, 265, 800],
    "o3_1h": [0, 160, 200, 300, 400, 800, 1000, 1200],
    "pm10 2012": [0, 50, 150, 250, 350, 420, 500, 600],
    "pm25 2012": [0, 35, 75, 115, 150, 250, 350, 500],
    "pm10 2026": [0, 50, 120, 250, 350, 420, 500, 600],
    "pm25 2026": [0, 35, 60, 115, 150, 250, 350, 500],
}


def sub_index(value: int, table: list[int]) -> int:
    """Of a rounded concentration, by formula 1, rounded up; the last index above the table."""
    for i in range(1, len(table)):
        if value <= table[i]:
            rise = Fraction((LEVELS[i] - LEVELS[i - 1]) * (value - table[i - 1]), table[i] - table[i - 1])
            return LEVELS[i - 1] + -int(-rise // 1)
    return LEVELS[len(table) - 1]


def index_of_day(values: dict[str, float | None], largest_hour: float | None, year: str) -> int | None:
    """Index of a day from published values by HJ 633, 2012 or 2026; None where an item is missing up to 100."""
    subs = []
    for quantity, value in values.items():
        if value is None:
            continue
        units = round(value * 10) if quantity == "co" else round(value)
        if quantity == "o3" and units > 800 and year == "2012":
            assert largest_hour is not None
            subs.append(sub_index(round(Fraction(repr(largest_hour))), TABLES["o3_1h"]))
        else:
            subs.append(sub_index(units, TABLES.get(f"{quantity} {year}") or TABLES[quantity]))
    if not subs or (len(subs) < len(values) and max(subs) <= 100):
        return None
    return max(subs)


def random_days(rng: random.Random, of: Station, spanned: list[str]) -> list[Any]:
    """Days of a station from clean to foul, with gaps."""
    top = {"so2": 300, "no2": 150, "co": 8, "pm10": 300, "pm25": 150, "o3": 200}
    found = []
    for day in spanned:
        scale = rng.choice([0.1, 0.3, 0.3, 1, 1, 6])
        values: dict[str, Any] = {}
        for quantity in QUANTITIES:
            missing = rng.choice([0, 0, 0, 0.1, 0.3])
            values[quantity] = [
                None if rng.random() < missing else round(rng.random() * scale * top[quantity], rng.choice([0, 1, 6]))
                for _ in range(24)
            ]
        found += day_of(of.id, day, {q: v for q, v in values.items() if q not in of.not_monitored})
    return found


RANDOM_PERIOD = ("2026-02-20", "2026-03-10")
RANDOM_CITY = [
    station("a1", district="D"),
    station("a2", district="D", not_monitored=("so2",)),
    station("a3", district="E", area_class="I"),
    station("a4", district="E"),
    station("c1", district="E", role="control"),
]
DUST = "e1,shenzhen,,pm10;pm25,2026-02-27T20:00+08:00,2026-03-02T03:00+08:00,dust,CNEMC,letter 12,2026-04-02"


def derived_at_random(store: SqliteStore, shipped: Config, switches: dict[str, Any]) -> Config:
    loaded = world(
        shipped, RANDOM_CITY, events_csv=[DUST], editions=dict.fromkeys(("HJ 633-2012", "HJ 633-2026"), switches)
    )
    rng = random.Random(633)
    for each in RANDOM_CITY:
        put(store, *random_days(rng, each, days(*RANDOM_PERIOD)))
    derivation.derive(loaded, store)
    return loaded


@pytest.fixture(scope="module")
def at_random(tmp_path_factory: pytest.TempPathFactory, shipped: Config) -> Iterator[tuple[Config, SqliteStore]]:
    opened = SqliteStore(tmp_path_factory.mktemp("random") / "store.sqlite3")
    yield derived_at_random(opened, shipped, {}), opened
    opened.close()


@pytest.fixture(scope="module")
def with_hour_of_ozone(
    tmp_path_factory: pytest.TempPathFactory, shipped: Config
) -> Iterator[tuple[Config, SqliteStore]]:
    opened = SqliteStore(tmp_path_factory.mktemp("random") / "store.sqlite3")
    yield derived_at_random(opened, shipped, {"daily_o3_uses_1h": True}), opened
    opened.close()


SCOPES = [
    *(("air_day", f"station:{each.id}") for each in RANDOM_CITY),
    ("district_air_day", f"district:{CITY}/D"),
    ("district_air_day", f"district:{CITY}/E"),
    ("city_air_day", f"city:{CITY}"),
]


@pytest.mark.parametrize("switches", ["at_random", "with_hour_of_ozone"])
@pytest.mark.parametrize(("table", "scope"), SCOPES)
def test_stored_index_is_the_one_that_evaluation_computes(
    table: str, scope: str, switches: str, request: pytest.FixtureRequest
) -> None:
    loaded, store = request.getfixturevalue(switches)
    period = periods.parse("..".join(RANDOM_PERIOD))
    where = scopes.resolve(loaded, scope)
    facts = air_facts(loaded, store, where, period, mode="by_date", needs=[])
    for of, ending in ((facts, ""), (facts.without_events(), "_without_events")):
        found = indexes(of)
        for i, day in enumerate(period.days()):
            stored = row(
                store, table + ending, where.name, str(day), "aqi", "level", *(f"iaqi_{q}" for q in QUANTITIES)
            )
            if stored is None:
                assert ending
                continue
            computed = [found.aqi[i], found.level[i] or aqi.NONE, *(found.sub[q][i] for q in QUANTITIES)]
            assert [aqi.NONE if v is None else v for v in stored] == computed, (scope, str(day), ending)


@pytest.mark.parametrize(("table", "scope"), SCOPES)
def test_stored_index_and_primary_pollutants_are_those_of_a_plain_loop(
    table: str, scope: str, at_random: tuple[Config, SqliteStore]
) -> None:
    loaded, store = at_random
    where = scopes.resolve(loaded, scope)
    measured = [q for q in QUANTITIES if where.name != "a2" or q != "so2"]
    levels = [50, 100, 150, 200, 300, 500]
    seen = set()
    for day in days(*RANDOM_PERIOD):
        *values, largest = row(store, table, where.name, day, *measured, "o3_hour_max")
        year = "2012" if day < "2026-03-01" else "2026"
        by_quantity = dict(zip(measured, values, strict=True))
        expected = index_of_day(by_quantity, largest, year)
        stored, level, primary = row(store, table, where.name, day, "aqi", "level", "primary")
        assert (stored, day) == (expected, day)
        assert level == (None if expected is None else next(n for n, top in enumerate(levels, 1) if expected <= top))
        alone = {q: index_of_day({q: v}, largest, year) for q, v in by_quantity.items()}
        top = [q for q in QUANTITIES if expected and expected > 50 and alone.get(q) == expected]
        assert sorted((primary or "").split(",")) == sorted(top or [""]), day
        seen.add(stored)
    assert len(seen) > 5


@pytest.mark.parametrize(("table", "scope"), SCOPES)
@pytest.mark.parametrize("period", ["..".join(RANDOM_PERIOD), "2026-02-25..2026-03-04", "2026-03-01..2026-03-03"])
def test_hours_by_primary_pollutant_are_those_of_the_stored_index(
    table: str, scope: str, period: str, at_random: tuple[Config, SqliteStore]
) -> None:
    # Sulphur dioxide above 800 takes the mean of the 24 hours before, of the day before the period, too.
    loaded, store = at_random
    where, spanned = scopes.resolve(loaded, scope), periods.parse(period)
    begin = start_of(str(spanned.first))
    rows = store.read(table.replace("_day", "_hour"), where.name, begin, begin + len(spanned) * 24 * HOUR, ["primary"])
    stored = [primary or "" for _, primary in rows]
    for quantity in QUANTITIES:
        found = figure(loaded, store, f"air.primary_hours.{quantity}", scope, period)
        assert found.value == sum(quantity in primary.split(",") for primary in stored), quantity


def test_hours_of_a_day_take_the_mean_of_the_hours_before_it(store: SqliteStore, shipped: Config) -> None:
    # SO2 900 for two days: above 800 the mean of 24 hours, 20 of which must be there: 200 + 100/800 x 100 = 212.5
    loaded = world(shipped, stations(1))
    put(store, *[r for day in days("2025-06-01", "2025-06-02") for r in day_of("a01", day, CLEAN | {"so2": 900.0})])
    derivation.derive(loaded, store)
    first = [row(store, "air_hour", "a01", start_of("2025-06-01") + hour * HOUR, "aqi") for hour in range(48)]
    assert first == [43] * 19 + [213] * 29
    for scope in ("station:a01", f"city:{CITY}", "list:all"):
        hours = [
            figure(loaded, store, "air.primary_hours.so2", scope, period, plan=plan_of(all=["a01"])).value
            for period in ("2025-06-01", "2025-06-02", "2025-06-01..2025-06-02")
        ]
        assert hours == [5, 24, 29]


def test_hours_of_the_first_day_of_an_edition_take_those_before_it(store: SqliteStore, shipped: Config) -> None:
    # PM2.5 140 for two days, by its moving mean; of both editions 150 + 50/35 x 25 = 185.71
    moving = {"hourly_pm_input": "24h_moving"}
    loaded = world(shipped, stations(1), editions={"HJ 633-2012": moving, "HJ 633-2026": moving})
    values = CLEAN | {"pm25": 140.0, "pm10": 150.0}
    put(store, *[r for day in days("2026-02-28", "2026-03-01") for r in day_of("a01", day, values)])
    derivation.derive(loaded, store)
    first = start_of("2026-02-28")
    assert [row(store, "air_hour", "a01", first + h * HOUR, "aqi") for h in range(48)] == [25] * 19 + [186] * 29
    for period, hours in {"2026-02-28": 5, "2026-03-01": 24, "2026-02-28..2026-03-01": 29}.items():
        assert figure(loaded, store, "air.primary_hours.pm25", f"city:{CITY}", period).value == hours


# --- lists and districts


def plan_of(**lists: list[str]) -> Plan:
    return Plan(
        id="p", title="", title_en="", year=2026, jurisdiction=f"city:{CITY}", source="", lists=lists, target=[]
    )


@pytest.mark.parametrize(
    ("scope", "members"),
    [(f"city:{CITY}", ["a1", "a2", "a3", "a4"]), (f"district:{CITY}/D", ["a1", "a2"]), ("station:a4", ["a4"])],
)
def test_list_of_all_stations_has_the_figures_of_their_city(
    scope: str, members: list[str], at_random: tuple[Config, SqliteStore]
) -> None:
    loaded, store = at_random
    period = periods.parse("..".join(RANDOM_PERIOD))
    whole = evaluation.all_figures(loaded, store, scope, period, names=["*"])
    plan = plan_of(all=members[::-1])
    listed = evaluation.all_figures(loaded, store, "list:all", period, names=["*"], plan=plan)
    assert [f.indicator for f in listed] == [f.indicator for f in whole]
    for one, other in zip(listed, whole, strict=True):
        if scope.startswith("station:"):  # of one station, days lack hours; of a list, stations
            one, other = (msgspec.structs.replace(f, excluded={}, rules={}, assumed=[]) for f in (one, other))
        assert msgspec.structs.replace(one, scope=scope) == other


def test_list_takes_a_control_station_that_it_names(at_random: tuple[Config, SqliteStore]) -> None:
    loaded, store = at_random
    period = "..".join(RANDOM_PERIOD)
    of_list = figure(loaded, store, "air.annual_mean.no2", "list:c", period, plan=plan_of(c=["c1"]))
    assert of_list.value is not None
    assert of_list.value == figure(loaded, store, "air.annual_mean.no2", "station:c1", period).value


@pytest.mark.parametrize(
    "text", [f"district:{CITY}/F", "district:beijing/D", f"district:{CITY}", f"district:{CITY}/", "district:D"]
)
def test_district_that_is_not_there_is_told_with_the_known_ones(
    text: str, at_random: tuple[Config, SqliteStore]
) -> None:
    with pytest.raises(ConfigError) as raised:
        scopes.resolve(at_random[0], text)
    assert str(raised.value) == f"scope: expected one of district:{CITY}/D, district:{CITY}/E, got {text}"


def test_district_where_none_is_registered_is_told(shipped: Config) -> None:
    with pytest.raises(
        ConfigError, match=r"^scope: expected one of no district: none is registered, got district:a/b$"
    ):
        scopes.resolve(world(shipped, stations(1)), "district:a/b")


def test_list_across_cities_of_different_stages_is_refused(store: SqliteStore, shipped: Config) -> None:
    late = msgspec.structs.replace(
        shipped.settings, city=[*shipped.settings.city, City(id="late", name="l", name_en="l", staged=False)]
    )
    loaded = world(msgspec.structs.replace(shipped, settings=late), [station("a1"), station("b1", city="late")])
    with pytest.raises(ConfigError, match="expected stations whose cities applied GB 3095-2012 together"):
        figure(loaded, store, "air.annual_mean.pm25", "list:both", "2020", plan=plan_of(both=["a1", "b1"]))


# --- switches of HJ 663


EVALUATION = "HJ 663-2013"
DAY = "2020-01-02"


@pytest.mark.parametrize(("choice", "value"), [("mean_of_station_maxima", 130), ("maximum_of_city_hours", 80)])
def test_ozone_of_a_city_is_taken_as_the_switch_says(
    choice: str, value: int, store: SqliteStore, shipped: Config
) -> None:
    # One station 160 in the first 8 hours, the other 100 in the last: maxima 160 and 100; the mean hours 80 and 50.
    loaded = world(shipped, stations(2), editions={EVALUATION: {"city_ozone": choice}})
    put(store, *day_of("a01", DAY, {"o3": [160.0] * 8 + [0.0] * 16}))
    put(store, *day_of("a02", DAY, {"o3": [0.0] * 16 + [100.0] * 8}))
    derivation.derive(loaded, store)
    assert row(store, "city_air_day", CITY, DAY, "o3") == value
    assert figure(loaded, store, "air.percentile.o3", "list:all", DAY, plan=plan_of(all=["a01", "a02"])).value == value


@pytest.mark.parametrize(
    ("choice", "value", "exact"),
    [("exact_station_days", 31, Fraction(91_600_000, 3)), ("rounded_station_days", 30, Fraction(91_000_000, 3))],
)
def test_day_of_a_city_is_taken_from_station_days_as_the_switch_says(
    choice: str, value: int, exact: Fraction, store: SqliteStore, shipped: Config
) -> None:
    # 30.4, 30.4 and 30.8: 30.53; of 30, 30 and 31: 30.33
    loaded = world(shipped, stations(3), editions={EVALUATION: {"city_day_from": choice}})
    for name, concentration in {"a01": 30.4, "a02": 30.4, "a03": 30.8}.items():
        put(store, *day_of(name, DAY, {"pm25": concentration}))
    derivation.derive(loaded, store)
    assert row(store, "city_air_day", CITY, DAY, "pm25") == value
    assert Fraction(row(store, "city_air_day", CITY, DAY, "pm25_fraction")) == exact
    members = ["a01", "a02", "a03"]
    assert figure(loaded, store, "air.annual_mean.pm25", "list:all", DAY, plan=plan_of(all=members)).value == value


@pytest.mark.parametrize(("choice", "value"), [("rounded_days", 30), ("exact_days", 31)])
def test_mean_of_a_period_is_taken_from_days_as_the_switch_says(
    choice: str, value: int, store: SqliteStore, shipped: Config
) -> None:
    # Days of 30.4, 30.4 and 30.8: as above
    loaded = world(shipped, stations(1), editions={EVALUATION: {"period_mean_from": choice}})
    spanned = dict(zip(days("2020-01-02", "2020-01-04"), (30.4, 30.4, 30.8), strict=True))
    put(store, *[r for day, concentration in spanned.items() for r in day_of("a01", day, {"pm25": concentration})])
    derivation.derive(loaded, store)
    for scope in ("station:a01", f"city:{CITY}", "list:all"):
        found = figure(
            loaded, store, "air.annual_mean.pm25", scope, "2020-01-02..2020-01-04", plan=plan_of(all=["a01"])
        )
        assert found.value == value


@pytest.mark.parametrize(("choice", "attains"), [("rounded", 1), ("exact", 0)])
def test_attainment_compares_as_the_switch_says(choice: str, attains: int, store: SqliteStore, shipped: Config) -> None:
    # PM2.5 of 35, 35 and 36: 35.33 is printed as 35, the limit of the year
    loaded = world(shipped, stations(1), editions={EVALUATION: {"attainment_compares": choice}})
    spanned = dict(zip(days("2020-01-02", "2020-01-04"), (35.0, 35.0, 36.0), strict=True))
    put(store, *[r for day, concentration in spanned.items() for r in day_of("a01", day, {"pm25": concentration})])
    derivation.derive(loaded, store)
    found = figure(loaded, store, "air.attainment.pm25", f"city:{CITY}", "2020-01-02..2020-01-04")
    assert found.value == attains


@pytest.mark.parametrize(("choice", "value"), [("rounded", None), ("exact", 160)])
def test_ozone_exception_compares_as_the_switch_says(
    choice: str, value: int | None, store: SqliteStore, shipped: Config
) -> None:
    # air.md, vector 32: series C without hours 14 to 16: 11 windows, 963 / 6 = 160.5
    series: list[float | None] = [
        60, 57, 55, 52, 50, 48, 54, 66, 84, 108, 132, 156, 180, 198, 210, 216, 213, 204, 180, 144, 120, 102, 84, 72,
    ]  # fmt: skip
    series[13:16] = [None] * 3
    loaded = world(shipped, stations(1), editions={EVALUATION: {"ozone_exception_compares": choice}})
    put(store, *day_of("a01", DAY, {"o3": series}))
    derivation.derive(loaded, store)
    assert row(store, "air_day", "a01", DAY, "o3") == value


def test_a_city_without_stations_is_asked_for_by_its_own_stage(store: SqliteStore, shipped: Config) -> None:
    loaded = world(shipped, stations(1, city="beijing"))
    put(store, *day_of("a1", "2014-06-01", CLEAN))
    derivation.derive(loaded, store)

    empty = figure(loaded, store, "air.good_days", f"city:{CITY}", "2014-06")  # of an early stage, too

    assert (empty.value, empty.sufficient, empty.reasons) == (None, False, ["no valid day"])
