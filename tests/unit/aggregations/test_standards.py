"""Editions: which holds on which day, and that config/standards says what shared/standards/*.md say.

The tables below are typed from the notes, never copied from config/standards.
"""

import csv
import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from aggregations import standards
from aggregations.standards import (
    AirEvaluation,
    AirIndex,
    AirLimits,
    BlackOdour,
    NoiseLimits,
    NoiseMethod,
    Standard,
    Standards,
    WaterLimits,
    WaterMethod,
)
from sensors import quantities
from sensors.errors import ConfigError

Editions = Callable[[str], Standard]
Texts = Callable[[str], str]

ROLE_NAMES: dict[object, str] = {AirLimits: "air.limits", NoiseLimits: "noise.limits"}


@pytest.mark.parametrize(
    ("role", "day", "edition_id"),
    [
        pytest.param(AirLimits, "2016-01-01", "GB 3095-2012", id="limits: first day of 2012"),
        pytest.param(AirLimits, "2026-02-28", "GB 3095-2012", id="limits: last day of 2012"),
        pytest.param(AirLimits, "2026-03-01", "GB 3095-2026 transitional", id="limits: first transitional day"),
        pytest.param(AirLimits, "2030-12-31", "GB 3095-2026 transitional", id="limits: last transitional day"),
        pytest.param(AirLimits, "2031-01-01", "GB 3095-2026 final", id="limits: first final day"),
        pytest.param(AirLimits, "2050-06-01", "GB 3095-2026 final", id="limits: open end"),
        pytest.param(AirIndex, "2016-01-01", "HJ 633-2012", id="index: first day of 2012"),
        pytest.param(AirIndex, "2026-02-28", "HJ 633-2012", id="index: last day of 2012"),
        pytest.param(AirIndex, "2026-03-01", "HJ 633-2026", id="index: first day of 2026"),
        pytest.param(AirIndex, "2031-01-01", "HJ 633-2026", id="index: no second table in 2031"),
        pytest.param(AirEvaluation, "2013-10-01", "HJ 663-2013", id="evaluation: first day of 2013"),
        pytest.param(AirEvaluation, "2026-02-28", "HJ 663-2013", id="evaluation: last day of 2013"),
        pytest.param(AirEvaluation, "2026-03-01", "HJ 663-2026", id="evaluation: first day of 2026"),
        pytest.param(NoiseLimits, "2008-10-01", "GB 3096-2008", id="noise: first day"),
        pytest.param(WaterLimits, "2026-11-21", "GB 3838-2002", id="water: still in force"),
    ],
)
def test_edition_in_force_is_that_of_the_day(
    editions: Standards, role: type[Standard], day: str, edition_id: str
) -> None:
    assert editions.on(role, dt.date.fromisoformat(day)).edition.id == edition_id


@pytest.mark.parametrize(
    ("role", "day"),
    [(AirLimits, "2012-12-31"), (AirLimits, "2015-12-31"), (AirIndex, "2015-12-31"), (AirEvaluation, "2013-09-30")],
)
def test_cities_of_an_early_stage_apply_an_edition_before_the_others(
    editions: Standards, role: type[Standard], day: str
) -> None:
    early = editions.on(role, dt.date.fromisoformat(day), staged=True)

    with pytest.raises(ConfigError, match="got 0"):
        editions.on(role, dt.date.fromisoformat(day))
    assert early.edition.until == dt.date(2026, 3, 1)


@pytest.mark.parametrize("day", ["2026-02-28", "2026-03-01", "2030-12-31", "2031-01-01"])
@pytest.mark.parametrize("role", [AirLimits, AirIndex, AirEvaluation])
def test_cities_of_an_early_stage_change_editions_with_the_others(
    editions: Standards, role: type[Standard], day: str
) -> None:
    on = dt.date.fromisoformat(day)

    assert editions.on(role, on, staged=True) is editions.on(role, on)


@pytest.mark.parametrize(
    ("role", "day", "staged", "known"),
    [
        (AirLimits, "2015-12-31", False, "GB 3095-2012 from 2016-01-01, GB 3095-2026 final from 2031-01-01"),
        (AirLimits, "2012-02-28", True, "GB 3095-2012 from 2016-01-01"),
        (NoiseLimits, "2008-09-30", False, "GB 3096-2008 from 2008-10-01"),
    ],
)
def test_a_day_that_no_edition_covers_is_an_error(
    editions: Standards, role: type[Standard], day: str, staged: bool, known: str
) -> None:
    text = f"config/standards: {ROLE_NAMES[role]} on {day}: expected one edition in force, got 0 (known: {known}"

    with pytest.raises(ConfigError, match="^" + re.escape(text)):
        editions.on(role, dt.date.fromisoformat(day), staged=staged)


def test_a_day_that_two_editions_cover_is_an_error(editions: Standards) -> None:
    twice = Standards([*editions.all, editions.on(NoiseLimits, dt.date(2020, 1, 1))], editions.digests)

    with pytest.raises(ConfigError, match=r"noise\.limits on 2020-01-01: expected one edition in force, got 2"):
        twice.on(NoiseLimits, dt.date(2020, 1, 1))


def test_every_edition_has_an_id_of_its_own(editions: Standards) -> None:
    ids = [each.edition.id for each in editions.all]

    assert len(ids) == len(set(ids))


def test_every_edition_that_is_not_confirmed_says_what_it_assumes(editions: Standards) -> None:
    assert [each.edition.id for each in editions.all if not each.edition.confirmed and not each.edition.assumed] == []


# --- what a file may not say ---


@pytest.mark.parametrize(
    ("stem", "old", "new", "text"),
    [
        pytest.param(
            "gb3095-2012",
            'role = "air.limits"',
            'role = "air.limit"',
            "bad.toml: role: expected one of air.limits, air.index, .*, noise.method, got 'air.limit'",
            id="unknown role",
        ),
        pytest.param(
            "gb3095-2012", 'role = "air.limits"', "", "bad.toml: role: expected one of .*, got None", id="no role"
        ),
        pytest.param(
            "gb3095-2012",
            "day_min_hours",
            "day_min_hour",
            "bad.toml: day_min_hour: expected one of .*day_min_hours.*, got 'day_min_hour'",
            id="unknown key",
        ),
        pytest.param(
            "gb3095-2012",
            "staged_from",
            "staged",
            "bad.toml: edition.staged: expected one of id, title, title_en, from, until, staged_from, .*, got 'staged'",
            id="unknown key of the edition",
        ),
        pytest.param(
            "hj633-2026",
            'quantity = "so2"',
            'quantity = "so2"\nunit = "x"',
            r"bad.toml: item\.so2\.unit: expected one of quantity, decimals, breakpoints, above, got 'unit'",
            id="unknown key of an item: the place names the item",
        ),
        pytest.param(
            "gb3838-2002",
            'good = "high"',
            'good = "best"',
            r"bad.toml: item\.do\.good: .*'best'",
            id="unknown choice of an item: the place names the item",
        ),
        pytest.param(
            "gb3095-2012",
            "day_min_hours = 20",
            "day_min_hours = 0",
            "bad.toml: day_min_hours: expected int >= 1, got 0",
            id="count of zero",
        ),
        pytest.param(
            "gb3095-2012",
            "day_min_hours = 20",
            "day_min_hours = 19.5",
            "bad.toml: day_min_hours: expected int",
            id="count with a fraction",
        ),
        pytest.param(
            "gb3095-2012", "from = 2016-01-01", 'from = "2016"', "bad.toml: edition.from: .*got '2016'", id="no date"
        ),
        pytest.param(
            "gb3095-2012",
            "confirmed = false",
            "",
            r"bad.toml: edition\.confirmed: expected a value, got nothing$",
            id="missing key",
        ),
        pytest.param("gb3095-2012", "[year_limit]", "[year_limit", "bad.toml: expected TOML, got ", id="no TOML"),
        pytest.param("gb3095-2012", "so2 = 150", "so2 = nan", "bad.toml: day_limit.*NaN", id="limit that is no number"),
        pytest.param(
            "hj633-2026",
            "breakpoints = [0, 50, 150,",
            "breakpoints = [0, 150, 50,",
            "bad.toml: item.so2.breakpoints: expected at most 8 rising numbers, got ",
            id="falling breakpoints",
        ),
        pytest.param(
            "hj633-2026",
            "breakpoints = [0, 50, 150,",
            "breakpoints = [0, 50, 50,",
            "bad.toml: item.so2.breakpoints: expected at most 8 rising numbers, got ",
            id="equal breakpoints",
        ),
        pytest.param(
            "hj633-2026",
            "2100, 2620]",
            "2100, 2620, 3000]",
            "bad.toml: item.so2.breakpoints: expected at most 8 rising numbers, got ",
            id="more breakpoints than rows",
        ),
        pytest.param(
            "hj633-2026",
            'daily_items = ["so2"',
            'daily_items = ["so3"',
            "bad.toml: daily_items: expected keys of item .*, got 'so3'",
            id="unknown daily item",
        ),
        pytest.param(
            "hj633-2012",
            'above = "o3_1h"',
            'above = "o3_2h"',
            "bad.toml: item.o3_8h.above: expected 'top' or a key of item, got 'o3_2h'",
            id="hands over to an unknown item",
        ),
        pytest.param(
            "gb3838-2002",
            "[7.5, 6, 5, 3, 2]",
            "[7.5, 6, 5, 3]",
            r"bad.toml: item\.do\.river",
            id="four limits for five classes",
        ),
    ],
)
def test_parse_refuses_what_is_wrong_and_names_file_and_place(
    text_of: Texts, stem: str, old: str, new: str, text: str
) -> None:
    right = text_of(stem)
    assert old in right

    with pytest.raises(ConfigError, match="^" + text):
        standards.parse(right.replace(old, new, 1), file="bad.toml")


def test_standards_speak_of_known_quantities_only(config: Path, editions: Standards) -> None:
    known = quantities.parse((config / "quantities.toml").read_text(encoding="utf-8"), file="quantities.toml")

    for each in editions.all:
        standards.check_quantities(each, known, file=each.edition.id)  # raises ConfigError if not


@pytest.mark.parametrize(
    ("stem", "old", "new", "text"),
    [
        (
            "gb3095-2012",
            "pm25 = 75",
            "pm2_5 = 75",
            r"bad.toml: day_limit: expected quantities of air \(.*\), got 'pm2_5'",
        ),
        (
            "gb3095-2012",
            "pm25 = 35",
            "pm2_5 = 35",
            r"bad.toml: year_limit: expected quantities of air \(.*\), got 'pm2_5'",
        ),
        ("hj633-2012", 'quantity = "co"', 'quantity = "c0"', r"bad.toml: item.quantity: .* of air \(.*\), got 'c0'"),
        ("hj663-2026", "pm25 = 1", "pm1 = 1", r"bad.toml: mean_decimals: .* of air \(.*\), got 'pm1'"),
        ("gb3838-2002", "[item.tp]", "[item.p]", r"bad.toml: item: expected quantities of water \(.*\), got 'p'"),
        (
            "water-method-2011",
            '"codmn", "nh3n"',
            '"cod", "nh3n"',
            r"bad.toml: realtime_items.* of water \(.*\), got 'cod'",
        ),
        ("black-odour-2015", "do = 2.0", "d0 = 2.0", r"bad.toml: below: expected quantities of water \(.*\), got 'd0'"),
    ],
)
def test_a_quantity_that_its_medium_does_not_have_is_an_error(
    config: Path, text_of: Texts, stem: str, old: str, new: str, text: str
) -> None:
    known = quantities.parse((config / "quantities.toml").read_text(encoding="utf-8"), file="quantities.toml")
    standard = standards.parse(text_of(stem).replace(old, new, 1), file="bad.toml")

    with pytest.raises(ConfigError, match="^" + text):
        standards.check_quantities(standard, known, file="bad.toml")


# --- the numbers of the notes: air.md ---

DAY_LIMITS = {  # class II: so2, no2, co, o3, pm10, pm25 (air.md, 1 and 2.1)
    "GB 3095-2012": (150, 80, 4, 160, 150, 75),
    "GB 3095-2026 transitional": (150, 80, 4, 160, 120, 60),
    "GB 3095-2026 final": (50, 50, 4, 160, 100, 50),
}
YEAR_LIMITS = {  # class II: so2, no2, pm10, pm25
    "GB 3095-2012": (60, 40, 70, 35),
    "GB 3095-2026 transitional": (60, 40, 60, 30),
    "GB 3095-2026 final": (20, 30, 50, 25),
}


@pytest.mark.parametrize("edition_id", DAY_LIMITS)
def test_daily_air_limits_are_those_of_the_note(edition: Editions, edition_id: str) -> None:
    limits = edition(edition_id)
    assert isinstance(limits, AirLimits)

    assert limits.day_limit == dict(
        zip(("so2", "no2", "co", "o3", "pm10", "pm25"), DAY_LIMITS[edition_id], strict=True)
    )


@pytest.mark.parametrize("edition_id", YEAR_LIMITS)
def test_annual_air_limits_are_those_of_the_note(edition: Editions, edition_id: str) -> None:
    limits = edition(edition_id)
    assert isinstance(limits, AirLimits)

    assert limits.year_limit == dict(zip(("so2", "no2", "pm10", "pm25"), YEAR_LIMITS[edition_id], strict=True))


@pytest.mark.parametrize("edition_id", DAY_LIMITS)
def test_least_air_data_are_those_of_table_4(edition: Editions, edition_id: str) -> None:
    limits = edition(edition_id)
    assert isinstance(limits, AirLimits)

    found = (
        limits.year_min_days,
        limits.month_min_days,
        limits.february_min_days,
        limits.day_min_hours,
        limits.window_min_hours,
        limits.hour_min_minutes,
    )
    assert found == (324, 27, 25, 20, 6, 45)  # air.md, 2.3


COMMON_COLUMNS = {  # air.md, 4.2, the config block
    "so2": [0, 50, 150, 475, 800, 1600, 2100, 2620],
    "no2": [0, 40, 80, 180, 280, 565, 750, 940],
    "co": [0, 2, 4, 14, 24, 36, 48, 60],
    "o3_8h": [0, 100, 160, 215, 265, 800],
    "o3_1h": [0, 160, 200, 300, 400, 800, 1000, 1200],
}
COLUMNS = {
    "HJ 633-2012": COMMON_COLUMNS
    | {"pm10": [0, 50, 150, 250, 350, 420, 500, 600], "pm25": [0, 35, 75, 115, 150, 250, 350, 500]},
    "HJ 633-2026": COMMON_COLUMNS
    | {"pm10": [0, 50, 120, 250, 350, 420, 500, 600], "pm25": [0, 35, 60, 115, 150, 250, 350, 500]},
}


@pytest.mark.parametrize("edition_id", COLUMNS)
def test_breakpoints_are_those_of_the_note(edition: Editions, edition_id: str) -> None:
    index = edition(edition_id)
    assert isinstance(index, AirIndex)

    assert {key: item.breakpoints for key, item in index.item.items()} == COLUMNS[edition_id]


@pytest.mark.parametrize("edition_id", COLUMNS)
def test_rows_of_the_index_are_those_of_the_note(edition: Editions, edition_id: str) -> None:
    index = edition(edition_id)
    assert isinstance(index, AirIndex)

    assert (index.index, index.primary_above, index.good_up_to) == ([0, 50, 100, 150, 200, 300, 400, 500], 50, 100)


@pytest.mark.parametrize("edition_id", COLUMNS)
def test_the_daily_report_takes_the_six_items(edition: Editions, edition_id: str) -> None:
    # air.md, 4.1 (4); for 2012 by practice (3.3): ozone by its 8-hour value only.
    index = edition(edition_id)
    assert isinstance(index, AirIndex)

    assert sorted(index.daily_items) == ["co", "no2", "o3_8h", "pm10", "pm25", "so2"]


@pytest.mark.parametrize("edition_id", COLUMNS)
def test_concentrations_enter_the_index_as_integers_but_for_co(edition: Editions, edition_id: str) -> None:
    index = edition(edition_id)
    assert isinstance(index, AirIndex)

    assert {key: item.decimals for key, item in index.item.items()} == {
        "so2": 0,
        "no2": 0,
        "pm10": 0,
        "pm25": 0,
        "co": 1,
        "o3_8h": 0,
        "o3_1h": 0,
    }


@pytest.mark.parametrize(("edition_id", "above"), [("HJ 633-2012", "o3_1h"), ("HJ 633-2026", "top")])
def test_ozone_above_800_is_as_the_note_says(edition: Editions, edition_id: str, above: str) -> None:
    index = edition(edition_id)
    assert isinstance(index, AirIndex)

    assert {key: item.above for key, item in index.item.items() if key != "o3_8h"} | {"o3_8h": above} == {
        key: item.above for key, item in index.item.items()
    }
    assert {item.above for key, item in index.item.items() if key != "o3_8h"} == {"top"}


@pytest.mark.parametrize("edition_id", COLUMNS)
def test_levels_are_those_of_the_note(edition: Editions, edition_id: str) -> None:
    index = edition(edition_id)
    assert isinstance(index, AirIndex)

    assert [(each.up_to, each.name, each.name_en, each.colour) for each in index.level] == [  # air.md, 3.4
        (50, "优", "excellent", "#00E400"),
        (100, "良", "good", "#FFFF00"),
        (150, "轻度污染", "light pollution", "#FF7E00"),
        (200, "中度污染", "moderate pollution", "#FF0000"),
        (300, "重度污染", "heavy pollution", "#99004C"),
        (500, "严重污染", "severe pollution", "#7E0023"),
    ]


@pytest.mark.parametrize("edition_id", ["HJ 663-2013", "HJ 663-2026"])
def test_rules_of_the_ozone_day_are_those_of_the_note(edition: Editions, edition_id: str) -> None:
    rules = edition(edition_id)
    assert isinstance(rules, AirEvaluation)

    found = (rules.ozone_first_window_end_hour, rules.ozone_last_window_end_hour, rules.ozone_min_windows)
    assert found == (8, 24, 14)  # air.md, 5.3


@pytest.mark.parametrize("edition_id", ["HJ 663-2013", "HJ 663-2026"])
def test_share_of_stations_is_that_of_the_note(edition: Editions, edition_id: str) -> None:
    rules = edition(edition_id)
    assert isinstance(rules, AirEvaluation)

    assert (rules.city_min_share, rules.city_min_share_below_four) == (Decimal("0.75"), Decimal("0.5"))  # air.md, 5.3


@pytest.mark.parametrize(("edition_id", "pm25"), [("HJ 663-2013", 0), ("HJ 663-2026", 1)])
def test_decimals_of_air_are_those_of_the_note(edition: Editions, edition_id: str, pm25: int) -> None:
    rules = edition(edition_id)
    assert isinstance(rules, AirEvaluation)

    assert (rules.decimals, rules.mean_decimals) == (
        {"so2": 0, "no2": 0, "co": 1, "o3": 0, "pm10": 0, "pm25": 0},
        {"so2": 0, "no2": 0, "pm10": 0, "pm25": pm25},
    )  # air.md, 7.2


# --- water.md, 1.1: the rows of the CSV that automatic stations measure ---

GB3838 = """key,dir,I,II,III,IV,V,eval21
pH,range,6-9,6-9,6-9,6-9,6-9,1
DO,ge,7.5,6,5,3,2,1
CODMn,le,2,4,6,10,15,1
NH3N,le,0.15,0.5,1.0,1.5,2.0,1
TP,le,0.02,0.1,0.2,0.3,0.4,1
TP_LAKE,le,0.01,0.025,0.05,0.1,0.2,1
TN,le,0.2,0.5,1.0,1.5,2.0,0
"""
ROWS = {row["key"]: row for row in csv.DictReader(GB3838.splitlines())}
DIRECTION = {"range": "range", "ge": "high", "le": "low"}


@pytest.mark.parametrize(
    ("item", "body", "row"),
    [
        ("do", "river", "DO"),
        ("codmn", "river", "CODMn"),
        ("nh3n", "river", "NH3N"),
        ("tp", "river", "TP"),
        ("tp", "lake", "TP_LAKE"),
        ("tn", "river", "TN"),
    ],
)
def test_water_limits_are_those_of_the_note(edition: Editions, item: str, body: str, row: str) -> None:
    limits = edition("GB 3838-2002")
    assert isinstance(limits, WaterLimits)

    assert getattr(limits.item[item], body) == [Decimal(ROWS[row][c]) for c in ("I", "II", "III", "IV", "V")]


def test_ph_limits_are_those_of_the_note(edition: Editions) -> None:
    limits = edition("GB 3838-2002")
    assert isinstance(limits, WaterLimits)

    assert limits.item["ph"].river == [Decimal(bound) for bound in ROWS["pH"]["III"].split("-")]


def test_only_phosphorus_has_limits_of_its_own_in_lakes(edition: Editions) -> None:
    limits = edition("GB 3838-2002")
    assert isinstance(limits, WaterLimits)

    assert [key for key, item in limits.item.items() if item.lake is not None] == ["tp"]


@pytest.mark.parametrize(
    ("item", "row"), [("ph", "pH"), ("do", "DO"), ("codmn", "CODMn"), ("nh3n", "NH3N"), ("tp", "TP"), ("tn", "TN")]
)
def test_water_items_are_good_and_evaluated_as_the_note_says(edition: Editions, item: str, row: str) -> None:
    limits = edition("GB 3838-2002")
    assert isinstance(limits, WaterLimits)

    found = (limits.item[item].good, limits.item[item].evaluated)
    assert found == (DIRECTION[ROWS[row]["dir"]], ROWS[row]["eval21"] == "1")


def test_decimals_of_water_are_those_of_the_note(edition: Editions) -> None:
    method = edition("Water method 2011")
    assert isinstance(method, WaterMethod)

    assert method.decimals == {  # water.md, section 4, column "evaluation"
        "temperature": 1,
        "ph": 0,
        "do": 1,
        "conductivity": 1,
        "turbidity": 1,
        "codmn": 1,
        "nh3n": 2,
        "tp": 3,
        "tn": 2,
        "chla": 3,
        "algae": 0,
    }


def test_items_and_least_data_of_water_are_those_of_the_note(edition: Editions) -> None:
    method = edition("Water method 2011")
    assert isinstance(method, WaterMethod)

    five = ["codmn", "do", "nh3n", "ph", "tp"]
    assert (
        sorted(method.realtime_items),
        sorted(method.required_items),
        method.day_min_results,
        method.month_min_days,
        method.year_min_months,
        method.share_decimals,
    ) == (five, five, 4, 18, 8, 1)


def test_every_evaluated_or_required_item_has_limits_and_decimals(edition: Editions) -> None:
    limits, method = edition("GB 3838-2002"), edition("Water method 2011")
    assert isinstance(limits, WaterLimits)
    assert isinstance(method, WaterMethod)

    evaluated = {key for key, item in limits.item.items() if item.evaluated}
    assert {*method.required_items, *method.realtime_items} <= evaluated <= set(method.decimals)


def test_bounds_of_black_odour_are_those_of_the_note(edition: Editions) -> None:
    guide = edition("Black-odour guide 2015")
    assert isinstance(guide, BlackOdour)

    assert (guide.below, guide.above) == ({"do": Decimal("2.0")}, {"nh3n": Decimal("8.0")})  # water.md, 5.1


# --- noise.md, 1.1 ---

GB3096 = """class,day,night
0,50,40
1,55,45
2,60,50
3,65,55
4a,70,55
4b,70,60
"""


def test_noise_limits_are_those_of_the_note(edition: Editions) -> None:
    limits = edition("GB 3096-2008")
    assert isinstance(limits, NoiseLimits)

    assert {key: (zone.day, zone.night) for key, zone in limits.zone.items()} == {
        row["class"]: (int(row["day"]), int(row["night"])) for row in csv.DictReader(GB3096.splitlines())
    }


def test_day_of_noise_is_from_6_to_22(edition: Editions) -> None:
    limits = edition("GB 3096-2008")
    assert isinstance(limits, NoiseLimits)

    assert (limits.day_first_hour, limits.night_first_hour) == (6, 22)  # 3.4


def test_assumptions_on_automatic_noise_are_those_of_the_note(edition: Editions) -> None:
    method = edition("Noise, automatic monitors 2024")
    assert isinstance(method, NoiseMethod)

    assert (
        method.hour_min_share,
        method.day_min_hours,
        method.night_min_hours,
        method.month_min_days,
        method.judge_decimals,
        method.rate_decimals,
        method.edition.confirmed,
    ) == (Decimal("0.75"), 12, 6, 20, 0, 1, False)


def test_an_edition_cannot_be_changed(edition: Editions) -> None:
    limits = edition("GB 3096-2008")
    assert isinstance(limits, NoiseLimits)

    with pytest.raises(AttributeError, match="immutable"):
        limits.day_first_hour = 7  # type: ignore[misc]
    assert msgspec.structs.replace(limits, day_first_hour=7).day_first_hour == 7
