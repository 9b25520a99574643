"""The editions of air say what shared/standards/air.md says: each number, each switch, each mark.

Everything below is typed from the note, never copied from config/standards.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from aggregations.standards import (
    AFFECTED,
    AirEvaluation,
    AirEvents,
    AirIndex,
    AirLimits,
    AirRanking,
    AreaClass,
    Averaging,
    Standard,
    Standards,
)

Editions = Callable[[str], Standard]

ITEMS = ("so2", "no2", "co", "o3", "pm10", "pm25")
GB3095 = ("GB 3095-2012", "GB 3095-2026 transitional", "GB 3095-2026 final")
HJ633 = ("HJ 633-2012", "HJ 633-2026")
HJ663 = ("HJ 663-2013", "HJ 663-2026")


@pytest.fixture
def limits(edition: Editions) -> Callable[[str], AirLimits]:
    def find(name: str) -> AirLimits:
        found = edition(name)
        assert isinstance(found, AirLimits)
        return found

    return find


@pytest.fixture
def index(edition: Editions) -> Callable[[str], AirIndex]:
    def find(name: str) -> AirIndex:
        found = edition(name)
        assert isinstance(found, AirIndex)
        return found

    return find


@pytest.fixture
def evaluation(edition: Editions) -> Callable[[str], AirEvaluation]:
    def find(name: str) -> AirEvaluation:
        found = edition(name)
        assert isinstance(found, AirEvaluation)
        return found

    return find


@pytest.fixture
def ranking(edition: Editions) -> AirRanking:
    found = edition("Air ranking 2014")
    assert isinstance(found, AirRanking)
    return found


@pytest.fixture
def events(edition: Editions) -> AirEvents:
    found = edition("Sand dust 2016")
    assert isinstance(found, AirEvents)
    return found


# --- dates: 0.1 ---


@pytest.mark.parametrize(
    ("edition_id", "issued", "first", "until"),
    [
        ("GB 3095-2012", None, "2016-01-01", "2026-03-01"),
        ("GB 3095-2026 transitional", "2026-02-13", "2026-03-01", "2031-01-01"),
        ("GB 3095-2026 final", "2026-02-13", "2031-01-01", None),
        ("HJ 633-2012", None, "2016-01-01", "2026-03-01"),
        ("HJ 633-2026", "2026-02-14", "2026-03-01", None),
        ("HJ 663-2013", None, "2013-10-01", "2026-03-01"),
        ("HJ 663-2026", None, "2026-03-01", None),
        ("Sand dust 2016", "2016-12-30", "2017-01-01", None),  # 9
    ],
)
def test_dates_of_air_are_those_of_the_note(
    edition: Editions, edition_id: str, issued: str | None, first: str, until: str | None
) -> None:
    found = edition(edition_id).edition

    assert (found.first_day, found.until) == (
        dt.date.fromisoformat(first),
        dt.date.fromisoformat(until) if until else None,
    )
    if issued:
        assert found.issued == dt.date.fromisoformat(issued)


# --- GB 3095, table 1: sections 1 and 2.1. Item, averaging: class I, class II of 2012; transitional; final ---

TABLE_1 = """
so2   year   20  60   20  60   20  20
so2   day    50 150   50 150   50  50
so2   hour  150 500  150 500  150 150
no2   year   40  40   40  40   30  30
no2   day    80  80   80  80   50  50
no2   hour  200 200  200 200  200 200
co    day     4   4    4   4    4   4
co    hour   10  10   10  10   10  10
o3    day   100 160  100 160  100 160
o3    hour  160 200  160 200  160 200
pm10  year   40  70   40  60   20  50
pm10  day    50 150   50 120   50 100
pm25  year   15  35   15  30   10  25
pm25  day    35  75   35  60   25  50
"""
ROWS = [line.split() for line in TABLE_1.split("\n") if line]
CLASSES: tuple[AreaClass, ...] = ("I", "II")
AVERAGINGS: tuple[Averaging, ...] = ("year", "day", "hour")
LIMITS = {
    (GB3095[i // 2], CLASSES[i % 2], averaging, item): Decimal(number)
    for item, averaging, *numbers in ROWS
    for i, number in enumerate(numbers)
}


@pytest.mark.parametrize("averaging", AVERAGINGS)
@pytest.mark.parametrize("area_class", CLASSES)
@pytest.mark.parametrize("edition_id", GB3095)
def test_air_limits_are_those_of_the_note(
    limits: Callable[[str], AirLimits], edition_id: str, area_class: AreaClass, averaging: Averaging
) -> None:
    found = {item: limits(edition_id).limit(item, averaging, area_class) for item in ITEMS}

    assert found == {item: LIMITS.get((edition_id, area_class, averaging, item)) for item in ITEMS}


@pytest.mark.parametrize("edition_id", GB3095)
def test_limits_are_of_class_two_where_no_class_is_named(limits: Callable[[str], AirLimits], edition_id: str) -> None:
    assert limits(edition_id).limit("pm25", "day") == LIMITS[edition_id, "II", "day", "pm25"]


@pytest.mark.parametrize("edition_id", GB3095)
def test_there_is_no_limit_beyond_the_items_of_table_1(limits: Callable[[str], AirLimits], edition_id: str) -> None:
    found = limits(edition_id)
    tables = {
        ("II", "year"): found.year_limit,
        ("II", "day"): found.day_limit,
        ("II", "hour"): found.hour_limit,
        ("I", "year"): found.class_one.year,
        ("I", "day"): found.class_one.day,
        ("I", "hour"): found.class_one.hour,
    }

    assert {(c, a, item) for (c, a), table in tables.items() for item in table} == {
        (c, a, item) for (name, c, a, item) in LIMITS if name == edition_id
    }


# --- GB 3095, table 2: sections 1 and 2.2 ---

NOX = {  # NOx of GB 3095-2026: the column "until 2030-12-31", then the other two
    "GB 3095-2012": {"year": ("50", "50"), "day": ("100", "100"), "hour": ("250", "250")},
    "GB 3095-2026 transitional": {"year": ("50", "50"), "day": ("100", "100"), "hour": ("250", "250")},
    "GB 3095-2026 final": {"year": ("40", "40"), "day": ("70", "70"), "hour": ("250", "250")},
}


@pytest.mark.parametrize("edition_id", GB3095)
def test_other_air_limits_are_those_of_the_note(limits: Callable[[str], AirLimits], edition_id: str) -> None:
    expected = {
        "tsp": {"year": ("80", "200"), "day": ("120", "300")},
        "nox": NOX[edition_id],
        "pb": {"year": ("0.5", "0.5"), "quarter": ("1", "1")},
        "bap": {"year": ("0.001", "0.001"), "day": ("0.0025", "0.0025")},
    }
    found = {
        item: {
            averaging: pair
            for averaging in ("year", "quarter", "day", "hour")
            if (pair := getattr(other, averaging)) is not None
        }
        for item, other in limits(edition_id).other.items()
    }

    assert found == {
        item: {averaging: tuple(map(Decimal, pair)) for averaging, pair in table.items()}
        for item, table in expected.items()
    }


# --- GB 3095, table 4 and state of gases: sections 2.3, 1 and 2.4 ---


@pytest.mark.parametrize("edition_id", GB3095)
def test_least_air_data_are_those_of_table_4(limits: Callable[[str], AirLimits], edition_id: str) -> None:
    found = limits(edition_id)

    assert (
        found.year_min_days,
        found.month_min_days,
        found.february_min_days,
        found.day_min_hours,
        found.window_min_hours,
        found.hour_min_minutes,
    ) == (324, 27, 25, 20, 6, 45)


@pytest.mark.parametrize(
    ("edition_id", "day", "kelvin"),
    [
        ("GB 3095-2012", "2012-02-29", "273.15"),
        ("GB 3095-2012", "2018-08-31", "273.15"),
        ("GB 3095-2012", "2018-09-01", "298.15"),
        ("GB 3095-2012", "2026-02-28", "298.15"),
        ("GB 3095-2012", "2010-01-01", "273.15"),  # under all_2012 the edition holds before its first day, too
        ("GB 3095-2026 transitional", "2026-03-01", "298.15"),
        ("GB 3095-2026 final", "2031-01-01", "298.15"),
    ],
)
def test_state_of_gases_is_that_of_the_note(
    limits: Callable[[str], AirLimits], edition_id: str, day: str, kelvin: str
) -> None:
    assert limits(edition_id).kelvin_on(dt.date.fromisoformat(day)) == Decimal(kelvin)


# --- HJ 633: sections 3 and 4. IAQI: so2, so2_1h, no2, no2_1h, pm10, co, co_1h, o3_1h, o3_8h, pm25 ---

COLUMNS = ("so2", "so2_1h", "no2", "no2_1h", "pm10", "co", "co_1h", "o3_1h", "o3_8h", "pm25")
TABLE_OF_2012 = """
  0     0    0    0     0    0   0    0     0    0    0
 50    50  150   40   100   50   2    5   160  100   35
100   150  500   80   200  150   4   10   200  160   75
150   475  650  180   700  250  14   35   300  215  115
200   800  800  280  1200  350  24   60   400  265  150
300  1600    -  565  2340  420  36   90   800  800  250
400  2100    -  750  3090  500  48  120  1000    -  350
500  2620    -  940  3840  600  60  150  1200    -  500
"""
TABLE_OF_2026 = """
  0     0    0    0     0    0   0    0     0    0    0
 50    50  150   40   100   50   2    5   160  100   35
100   150  500   80   200  120   4   10   200  160   60
150   475  650  180   700  250  14   35   300  215  115
200   800  800  280  1200  350  24   60   400  265  150
300  1600    -  565  2340  420  36   90   800  800  250
400  2100    -  750  3090  500  48  120  1000    -  350
500  2620    -  940  3840  600  60  150  1200    -  500
"""


@pytest.mark.parametrize(("edition_id", "table"), [("HJ 633-2012", TABLE_OF_2012), ("HJ 633-2026", TABLE_OF_2026)])
def test_breakpoints_are_those_of_the_note(index: Callable[[str], AirIndex], edition_id: str, table: str) -> None:
    found = index(edition_id)
    first, *columns = zip(*(line.split() for line in table.split("\n") if line), strict=True)

    assert found.index == list(map(int, first))
    assert {key: item.breakpoints for key, item in found.item.items()} == {
        key: [Decimal(number) for number in column if number != "-"]
        for key, column in zip(COLUMNS, columns, strict=True)
    }


@pytest.mark.parametrize("edition_id", HJ633)
def test_columns_of_the_index_are_of_their_quantities(index: Callable[[str], AirIndex], edition_id: str) -> None:
    assert {key: (item.quantity, item.decimals) for key, item in index(edition_id).item.items()} == {
        "so2": ("so2", 0),
        "so2_1h": ("so2", 0),
        "no2": ("no2", 0),
        "no2_1h": ("no2", 0),
        "pm10": ("pm10", 0),
        "pm25": ("pm25", 0),
        "co": ("co", 1),
        "co_1h": ("co", 1),
        "o3_8h": ("o3", 0),
        "o3_1h": ("o3", 0),
    }  # 4.1 (6)


@pytest.mark.parametrize(
    ("edition_id", "handed_over"),
    [("HJ 633-2012", {"so2_1h": "so2", "o3_8h": "o3_1h"}), ("HJ 633-2026", {})],  # 3.1, notes 2 and 3; 4.1 (3)
)
def test_columns_that_end_at_800_go_on_as_the_note_says(
    index: Callable[[str], AirIndex], edition_id: str, handed_over: dict[str, str]
) -> None:
    assert {key: item.above for key, item in index(edition_id).item.items() if item.above != "top"} == handed_over


@pytest.mark.parametrize("edition_id", HJ633)
def test_bounds_of_the_index_are_those_of_the_note(index: Callable[[str], AirIndex], edition_id: str) -> None:
    found = index(edition_id)

    assert (found.primary_above, found.good_up_to, found.heavy_above, found.ratio_decimals) == (50, 100, 200, 1)


@pytest.mark.parametrize("edition_id", HJ633)
def test_reports_take_the_six_items(index: Callable[[str], AirIndex], edition_id: str) -> None:
    # 4.1 (4, 5); for 2012 by practice (3.3): ozone by its 8-hour value only, PM by its hour.
    found = index(edition_id)

    assert sorted(found.daily_items) == ["co", "no2", "o3_8h", "pm10", "pm25", "so2"]
    assert sorted(found.hourly_items) == ["co_1h", "no2_1h", "o3_1h", "pm10", "pm25", "so2_1h"]


@pytest.mark.parametrize(
    ("edition_id", "hourly_missing_item"), [("HJ 633-2012", "others"), ("HJ 633-2026", "none_unless_exceeding")]
)
def test_switches_of_the_index_are_those_of_the_note(
    index: Callable[[str], AirIndex], edition_id: str, hourly_missing_item: str
) -> None:
    found = index(edition_id)

    assert (
        found.sub_index_rounding,  # 0.2, 3.2, 4.1 (7)
        found.daily_o3_uses_1h,  # 3.3, 4.1 (4)
        found.hourly_pm_input,  # 3.3, 4.1 (5)
        found.hourly_o3_uses_8h,
        found.daily_missing_item,  # 4.1 (11)
        found.hourly_missing_item,
        found.index_at_least_one,  # 4.2, end
    ) == ("ceil", False, "1h", False, "none_unless_exceeding", hourly_missing_item, False)


@pytest.mark.parametrize("edition_id", HJ633)
def test_levels_are_those_of_the_note(index: Callable[[str], AirIndex], edition_id: str) -> None:
    assert [(each.up_to, each.name, each.name_en, each.colour) for each in index(edition_id).level] == [  # 3.4
        (50, "优", "excellent", "#00E400"),
        (100, "良", "good", "#FFFF00"),
        (150, "轻度污染", "light pollution", "#FF7E00"),
        (200, "中度污染", "moderate pollution", "#FF0000"),
        (300, "重度污染", "heavy pollution", "#99004C"),
        (500, "严重污染", "severe pollution", "#7E0023"),
    ]


def test_index_of_100_is_the_daily_limit_in_the_transition(
    index: Callable[[str], AirIndex], limits: Callable[[str], AirLimits]
) -> None:
    # 4.1 (2): all six nodes equal the transitional limits of class II; so do those of 2012.
    for of_index, of_limits in (("HJ 633-2012", "GB 3095-2012"), ("HJ 633-2026", "GB 3095-2026 transitional")):
        found = index(of_index)
        nodes = {found.item[key].quantity: found.item[key].breakpoints[2] for key in found.daily_items}
        assert nodes == limits(of_limits).day_limit


# --- HJ 663: sections 5 to 7 ---


@pytest.mark.parametrize("edition_id", HJ663)
def test_rules_of_the_ozone_day_are_those_of_the_note(
    evaluation: Callable[[str], AirEvaluation], edition_id: str
) -> None:
    rules = evaluation(edition_id)

    found = (rules.ozone_first_window_end_hour, rules.ozone_last_window_end_hour, rules.ozone_min_windows)
    assert (*found, rules.ozone_exception_compares) == (8, 24, 14, "rounded")  # 5.3; 12, vector 32


@pytest.mark.parametrize("edition_id", HJ663)
def test_share_of_stations_is_that_of_the_note(evaluation: Callable[[str], AirEvaluation], edition_id: str) -> None:
    rules = evaluation(edition_id)

    assert (rules.city_min_share, rules.city_min_share_below_four) == (Decimal("0.75"), Decimal("0.5"))  # 5.3


@pytest.mark.parametrize("edition_id", HJ663)
def test_percentiles_are_those_of_the_note(evaluation: Callable[[str], AirEvaluation], edition_id: str) -> None:
    assert evaluation(edition_id).percentile == {  # 5.1, 6
        "so2": 98, "no2": 98, "pm10": 95, "pm25": 95, "co": 95, "o3": 90,
    }  # fmt: skip


@pytest.mark.parametrize(("edition_id", "pm25_mean"), [("HJ 663-2013", 0), ("HJ 663-2026", 1)])
def test_decimals_of_air_are_those_of_the_note(
    evaluation: Callable[[str], AirEvaluation], edition_id: str, pm25_mean: int
) -> None:
    rules = evaluation(edition_id)
    integers = {"so2": 0, "no2": 0, "co": 1, "o3": 0, "pm10": 0, "pm25": 0}

    assert rules.decimals == rules.percentile_decimals == rules.judged_decimals == integers  # 6, 7.2
    assert rules.mean_decimals == integers | {"pm25": pm25_mean}
    assert (rules.multiple_decimals, rules.rate_decimals, rules.change_decimals) == (2, 1, 1)  # 5.5, 10


@pytest.mark.parametrize(("edition_id", "moving_years"), [("HJ 663-2013", 1), ("HJ 663-2026", 3)])
def test_switches_of_the_evaluation_are_those_of_the_note(
    evaluation: Callable[[str], AirEvaluation], edition_id: str, moving_years: int
) -> None:
    rules = evaluation(edition_id)

    assert (
        rules.city_day_from,  # 7.3
        rules.city_ozone,  # 5.4
        rules.period_mean_from,  # 7.3
        rules.attainment_compares,  # 7.3
        rules.moving_years,  # 6
        rules.trend_min_years,  # 5.6
        rules.trend_equality_is_significant,  # 12, vectors 46 and 47
    ) == ("exact_station_days", "mean_of_station_maxima", "rounded_days", "rounded", moving_years, 5, True)


CRITICAL = """
 5 0.900 1.000   16 0.425 0.601
 6 0.829 0.943   18 0.399 0.564
 7 0.714 0.893   20 0.377 0.534
 8 0.643 0.833   22 0.359 0.508
 9 0.600 0.783   24 0.343 0.485
10 0.564 0.746   26 0.329 0.465
12 0.506 0.712   28 0.317 0.448
14 0.456 0.645   30 0.306 0.432
"""


@pytest.mark.parametrize("edition_id", HJ663)
def test_critical_values_are_those_of_the_note(evaluation: Callable[[str], AirEvaluation], edition_id: str) -> None:
    lines = [line.split() for line in CRITICAL.split("\n") if line]
    expected = sorted((int(n), Decimal(a), Decimal(b)) for line in lines for n, a, b in (line[:3], line[3:]))

    assert [(each.n, each.p05, each.p01) for each in evaluation(edition_id).trend] == expected  # 5.6


# --- ranking: section 8; events: section 9 ---


@pytest.mark.parametrize(
    ("edition_id", "s"),
    [
        ("GB 3095-2012", (60, 40, 70, 35, 4, 160)),
        ("GB 3095-2026 transitional", (60, 40, 60, 30, 4, 160)),
        ("GB 3095-2026 final", (20, 30, 50, 25, 4, 160)),
    ],
)
def test_the_composite_index_divides_by_the_s_of_the_note(
    ranking: AirRanking, limits: Callable[[str], AirLimits], edition_id: str, s: tuple[int, ...]
) -> None:
    averaging: dict[str, Averaging] = {"mean": "year", "percentile": "day"}
    found = tuple(
        limits(edition_id).limit(item, averaging[ranking.statistic[item]])
        for item in ("so2", "no2", "pm10", "pm25", "co", "o3")
    )

    assert (found, ranking.limits) == (s, "in_force")


def test_the_composite_index_is_as_the_note_says(ranking: AirRanking) -> None:
    assert ranking.weight == dict.fromkeys(ITEMS, 1)
    assert (ranking.composite_rounding, ranking.index_decimals, ranking.change_decimals) == (
        "single_indices_first", 2, 1,
    )  # fmt: skip


def test_events_touch_what_the_note_says(events: AirEvents) -> None:
    assert sorted(events.quantities) == ["pm10", "pm25"]
    assert events.policy == {
        "mean": "exclude",
        "percentile": "exclude",
        "composite_index": "exclude",
        "good_days": "keep",
        "heavy_pollution": "keep",
        "index_and_primary": "keep",
        "daily_attainment": "keep",  # not in the note: as good days
    }
    assert set(events.policy) == set(AFFECTED)


# --- what was read: marks CONFIRMED, CONFIRMED-2 and DERIVED of the note, without "as practice" or "weak" ---

READ_OF_2026 = "limits gas_state hour_minutes day_hours window_hours month_days year_days period_mean"
READ = {
    "GB 3095-2012": "limits day_hours month_days year_days",  # 1
    "GB 3095-2026 transitional": READ_OF_2026,
    "GB 3095-2026 final": READ_OF_2026,  # 2
    "HJ 633-2012": "breakpoints primary good_day heavy",  # 3.1, 3.2, 5.5
    "HJ 633-2026": "breakpoints items rounding primary missing_item good_day heavy",  # 4.1
    "HJ 663-2013": "ozone_day ozone_windows statistics multiple rates change moving_years",  # 5.1, 5.3, 5.5, 10, 6
    "HJ 663-2026": "ozone_day statistics",  # 6
    "Air ranking 2014": "composite places worsening",  # 8
    "Sand dust 2016": "decision policy quantities",  # 9
}


@pytest.mark.parametrize("edition_id", READ)
def test_rules_that_were_read_are_those_of_the_note(edition: Editions, edition_id: str) -> None:
    found = [key for key, rule in edition(edition_id).rule.items() if rule.confirmed]

    assert sorted(found) == sorted(READ[edition_id].split())


def test_every_edition_of_air_is_in_the_tables_of_these_tests(editions: Standards) -> None:
    roles = (AirLimits, AirIndex, AirEvaluation, AirRanking, AirEvents)

    assert {each.edition.id for each in editions.all if isinstance(each, roles)} == set(READ)
