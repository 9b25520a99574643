"""The editions of water say what shared/standards/water.md says: each number, each item, each mark.

Everything below is typed from the note, never copied from config/standards.
"""

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from aggregations.standards import (
    BlackOdour,
    SeaLimits,
    SeaMethod,
    Standard,
    WaterLimits,
    WaterMethod,
    WaterRanking,
    WaterTrophic,
)
from sensors import quantities

Editions = Callable[[str], Standard]


@pytest.fixture
def limits(edition: Editions) -> WaterLimits:
    found = edition("GB 3838-2002")
    assert isinstance(found, WaterLimits)
    return found


@pytest.fixture
def method(edition: Editions) -> WaterMethod:
    found = edition("Water method 2011")
    assert isinstance(found, WaterMethod)
    return found


@pytest.fixture
def trophic(edition: Editions) -> WaterTrophic:
    found = edition("Trophic state 2004")
    assert isinstance(found, WaterTrophic)
    return found


@pytest.fixture
def guide(edition: Editions) -> BlackOdour:
    found = edition("Black-odour guide 2015")
    assert isinstance(found, BlackOdour)
    return found


@pytest.fixture
def known(config: Path) -> quantities.Quantities:
    return quantities.parse((config / "quantities.toml").read_text(encoding="utf-8"), file="quantities.toml")


# --- 1.1: table 1; key of the note, ours, direction, limits, of the 21, code, evaluation decimals (section 4)

TABLE_1 = """item,dir,I,II,III,IV,V,eval21,code,decimals
ph,range,6,6,6,9,9,1,w01001,0
do,ge,7.5,6,5,3,2,1,w01009,1
codmn,le,2,4,6,10,15,1,w01019,1
cod,le,15,15,20,30,40,1,w01018,1
bod5,le,3,3,4,6,10,1,w01017,1
nh3n,le,0.15,0.5,1,1.5,2,1,w21003,2
tp,le,0.02,0.1,0.2,0.3,0.4,1,w21011,3
cu,le,0.01,1,1,1,1,1,w20122,3
zn,le,0.05,1,1,2,2,1,w20123,3
fluoride,le,1,1,1,1.5,1.5,1,w21017,3
se,le,0.01,0.01,0.01,0.02,0.02,1,w20128,4
arsenic,le,0.05,0.05,0.05,0.1,0.1,1,w20141,4
hg,le,0.00005,0.00005,0.0001,0.001,0.001,1,w20111,5
cd,le,0.001,0.005,0.005,0.005,0.01,1,w20115,5
cr6,le,0.01,0.05,0.05,0.05,0.1,1,w20117,3
pb,le,0.01,0.01,0.05,0.05,0.1,1,w20120,3
cn,le,0.005,0.05,0.2,0.2,0.2,1,w21016,3
vp,le,0.002,0.002,0.005,0.01,0.1,1,w23002,4
oil,le,0.05,0.05,0.05,0.5,1,1,w22001,2
las,le,0.2,0.2,0.2,0.3,0.3,1,w19002,2
sulfide,le,0.05,0.1,0.2,0.5,1,1,w21019,3
fcoli,le,200,2000,10000,20000,40000,0,w02003,0
"""
ROWS = {row["item"]: row for row in csv.DictReader(TABLE_1.splitlines())}
CLASSES = ("I", "II", "III", "IV", "V")
LAKES = {"tp": "0.01 0.025 0.05 0.1 0.2", "tn": "0.2 0.5 1 1.5 2"}


def numbers(text: str) -> list[Decimal]:
    return [Decimal(each) for each in text.split()]


def test_items_with_limits_are_the_24_without_temperature(limits: WaterLimits) -> None:
    assert sorted(limits.item) == sorted([*ROWS, "tn"])  # 23; water temperature has none
    assert (limits.temperature_rise, limits.temperature_fall) == (1, 2)


@pytest.mark.parametrize("item", [item for item in ROWS if item != "ph"])
def test_limits_of_rivers_are_those_of_the_note(limits: WaterLimits, item: str) -> None:
    row = ROWS[item]

    assert limits.item[item].river == [Decimal(row[c]) for c in CLASSES]
    assert limits.item[item].good == {"ge": "high", "le": "low"}[row["dir"]]


def test_ph_has_one_range(limits: WaterLimits) -> None:
    assert (limits.item["ph"].river, limits.item["ph"].good) == ([6, 9], "range")


def test_lakes_have_limits_of_their_own_for_phosphorus_and_the_only_ones_for_nitrogen(limits: WaterLimits) -> None:
    assert {key: item.lake for key, item in limits.item.items() if item.lake} == {
        key: numbers(row) for key, row in LAKES.items()
    }
    assert [key for key, item in limits.item.items() if item.river is None] == ["tn"]


def test_sources_have_limits_of_five_items(limits: WaterLimits) -> None:
    assert {key: item.limit for key, item in limits.source_item.items()} == {  # 1.2
        "so4": 250, "cl": 250, "no3n": 10, "fe": Decimal("0.3"), "mn": Decimal("0.1"),
    }  # fmt: skip


def test_saturation_is_that_of_the_note(limits: WaterLimits) -> None:
    row = limits.oxygen_saturation  # 1.1, rule 4

    assert (row.share, row.numerator, row.offset) == (Decimal("0.90"), 468, Decimal("31.6"))
    assert (row.salt_numerator, row.salt_slope, row.salt_offset) == (491, Decimal("2.65"), Decimal("33.5"))


@pytest.mark.parametrize("item", ROWS)
def test_codes_are_those_of_the_note(known: quantities.Quantities, item: str) -> None:
    assert known.water[item].hj212 == ROWS[item]["code"]


def test_codes_of_the_other_items_are_those_of_the_note(known: quantities.Quantities) -> None:
    codes = {"temperature": "w01010", "tn": "w21001", "so4": "w21038", "cl": "w21022"}
    codes |= {"no3n": "w21007", "fe": "w20125", "mn": "w20124"}

    assert {key: known.water[key].hj212 for key in codes} == codes


def test_units_of_new_quantities_are_those_of_the_note(known: quantities.Quantities) -> None:
    units = {key: known.water[key].unit for key in (*ROWS, "so4", "cl", "no3n", "fe", "mn", "sd", "orp")}

    others = {"ph": "1", "fcoli": "1/L", "sd": "cm", "orp": "mV"}
    assert units == {key: others.get(key, "mg/L") for key in units}


# --- 2 and 4: the method


def test_items_of_the_class_are_the_21(method: WaterMethod) -> None:
    assert sorted(method.class_items) == sorted(item for item, row in ROWS.items() if row["eval21"] == "1")
    assert len(method.class_items) == 21
    assert sorted(method.reference_items) == ["fcoli", "temperature", "tn"]


def test_items_stand_in_the_order_of_table_1(limits: WaterLimits, method: WaterMethod) -> None:
    assert [item for item in limits.item if item in method.class_items] == method.class_items


def test_decimals_are_those_of_the_note(method: WaterMethod) -> None:
    others = {"temperature": 1, "conductivity": 1, "turbidity": 1, "tn": 2, "chla": 3, "algae": 0}

    assert method.decimals == {item: int(row["decimals"]) for item, row in ROWS.items()} | others


def test_items_and_least_data_are_those_of_the_note(method: WaterMethod) -> None:
    five = ["codmn", "do", "nh3n", "ph", "tp"]

    assert (sorted(method.realtime_items), sorted(method.required_items)) == (five, five)
    assert (method.day_min_results, method.month_min_days, method.year_min_months) == (4, 18, 8)
    assert (method.share_decimals, method.multiple_decimals, method.main_items_max) == (1, 1, 3)
    assert (method.good_class, method.proportions_from, method.oxygen_by_saturation) == (3, 5, False)
    assert (method.detection_limit_share, method.without_multiple) == (Decimal("0.5"), ["do", "ph"])
    assert (method.change_some_above, method.change_marked_above, method.change_marked_grades) == (10, 20, 2)


def test_cyanide_and_metals_go_first(method: WaterMethod) -> None:
    assert {"cn", "pb", "cr6", "hg", "cd"} <= set(method.first_items)  # 2.3, 4: "lead, chromium, ..."


def test_states_and_colours_of_classes_are_those_of_the_note(method: WaterMethod) -> None:
    assert [(row.name, row.state, row.colour_en, row.rgb) for row in method.class_row] == [  # 2.2
        ("Ⅰ", "优", "blue", "#CCFFFF"),
        ("Ⅱ", "优", "blue", "#00CCFF"),
        ("Ⅲ", "良好", "green", "#00FF00"),
        ("Ⅳ", "轻度污染", "yellow", "#FFFF00"),
        ("Ⅴ", "中度污染", "orange", "#FF9B00"),
        ("劣Ⅴ", "重度污染", "red", "#FF0000"),
    ]


def test_states_of_bodies_are_those_of_the_note(method: WaterMethod) -> None:
    assert [(row.state, row.good_from, row.worse_below, row.colour_en) for row in method.body_row] == [  # 2.4
        ("优", 90, None, "blue"),
        ("良好", 75, None, "green"),
        ("轻度污染", None, 20, "yellow"),
        ("中度污染", None, 40, "orange"),
        ("重度污染", None, None, "red"),
    ]


def test_critical_values_are_those_of_the_note(method: WaterMethod) -> None:
    rows = """4 1.000 -
    5 0.900 1.000
    6 0.829 0.943
    7 0.714 0.893
    8 0.643 0.833
    9 0.600 0.783
    10 0.564 0.746
    12 0.506 0.712
    14 0.456 0.645
    16 0.425 0.601
    18 0.399 0.564
    20 0.377 0.534
    22 0.359 0.508
    24 0.343 0.485
    26 0.329 0.465
    28 0.317 0.448
    30 0.306 0.432"""

    assert method.trend_min_years == 4
    assert [(row.n, row.p05, row.p01) for row in method.trend] == [
        (int(n), Decimal(a), None if b == "-" else Decimal(b)) for n, a, b in (row.split() for row in rows.splitlines())
    ]


# --- 2.5: trophic state


def test_trophic_formulas_are_those_of_the_note(trophic: WaterTrophic) -> None:
    expected = {
        "chla": "2.5 1.086 1", "tp": "9.436 1.624 0.84", "tn": "5.453 1.694 0.82", "sd": "5.118 -1.94 -0.83",
        "codmn": "0.109 2.661 0.83",
    }  # fmt: skip

    assert {key: [row.a, row.b, row.r] for key, row in trophic.item.items()} == {
        key: numbers(row) for key, row in expected.items()
    }
    assert sum(row.r**2 for row in trophic.item.values()) == Decimal("3.7558")


def test_trophic_quantities_are_converted_to_the_units_of_the_note(trophic: WaterTrophic) -> None:
    # mg/m3 of mg/L: 1000; m of cm: 0.01
    assert {key: (row.unit, row.factor) for key, row in trophic.item.items()} == {
        "chla": ("mg/m3", 1000),
        "tp": ("mg/L", 1),
        "tn": ("mg/L", 1),
        "sd": ("m", Decimal("0.01")),
        "codmn": ("mg/L", 1),
    }


def test_trophic_states_are_those_of_the_note(trophic: WaterTrophic) -> None:
    assert [(row.state, row.up_to, row.inclusive) for row in trophic.row] == [
        ("贫营养", 30, False),
        ("中营养", 50, True),
        ("轻度富营养", 60, True),
        ("中度富营养", 70, True),
        ("重度富营养", None, True),
    ]
    assert (trophic.decimals, trophic.scale) == (1, 10)


# --- 3: ranking


def test_ranking_is_that_of_the_note(edition: Editions, method: WaterMethod) -> None:
    ranking = edition("Water ranking 2017")
    assert isinstance(ranking, WaterRanking)

    assert sorted(ranking.items) == sorted(method.class_items)
    assert (ranking.limit_class, ranking.neutral_ph, ranking.index_decimals, ranking.change_decimals) == (3, 7, 4, 2)


# --- 5.1: black odour


def test_ranges_of_black_odour_are_those_of_the_note(guide: BlackOdour) -> None:
    assert {key: (row.bad, row.light, row.heavy) for key, row in guide.indicator.items()} == {
        "sd": ("below", 25, 10),
        "do": ("below", Decimal("2.0"), Decimal("0.2")),
        "orp": ("below", 50, -200),
        "nh3n": ("above", Decimal("8.0"), 15),
    }
    assert sorted(guide.month_indicators) == ["do", "nh3n"]  # of the four, what automatic stations measure


def test_grading_of_black_odour_is_that_of_the_note(guide: BlackOdour) -> None:
    assert (guide.one_share, guide.several, guide.several_share) == (60, 2, 30)
    assert (guide.heavy_run, guide.body_share, guide.min_points, guide.min_samples) == (3, 60, 3, 3)
    assert (guide.transparency, guide.shallow_below, guide.shallow_share) == ("sd", 25, Decimal("0.4"))
    assert (guide.spacing_min_m, guide.spacing_max_m, guide.interval_days) == (200, 600, {"daily": 1, "weekly": 7})


# --- 6: sea

SEA = {
    "do": "6 5 4 3", "codmn": "2 3 4 5", "bod5": "1 3 4 5", "din": "0.20 0.30 0.40 0.50",
    "po4p": "0.015 0.030 0.030 0.045", "oil": "0.05 0.05 0.30 0.50", "hg": "0.00005 0.0002 0.0002 0.0005",
    "cd": "0.001 0.005 0.010 0.010", "pb": "0.001 0.005 0.010 0.050", "cu": "0.005 0.010 0.050 0.050",
    "zn": "0.020 0.050 0.10 0.50", "arsenic": "0.020 0.030 0.050 0.050",
}  # fmt: skip


def test_limits_of_the_sea_are_those_of_the_note(edition: Editions) -> None:
    found = edition("GB 3097-1997")
    assert isinstance(found, SeaLimits)

    ph = [tuple(numbers(each)) for each in ("7.8 8.5", "7.8 8.5", "6.8 8.8", "6.8 8.8")]
    assert {key: row.limits for key, row in found.item.items()} == {key: numbers(row) for key, row in SEA.items()} | {
        "ph": ph
    }
    assert [key for key, row in found.item.items() if not row.inclusive] == ["do"]
    assert {key: row.good for key, row in found.item.items() if row.good != "low"} == {"ph": "range", "do": "high"}


def test_states_of_the_sea_are_those_of_the_note(edition: Editions) -> None:
    found = edition("HJ 442")
    assert isinstance(found, SeaMethod)

    assert [(row.state, row.first_from, row.good_from, row.worst_up_to) for row in found.row] == [
        ("优", 60, 90, None),
        ("良好", None, 80, None),
        ("一般", None, 60, 30),
        ("差", None, None, 40),  # below 60 % or above 30 %: what is left up to 40 %
        ("极差", None, None, None),
    ]
    assert (found.good_class, [*found.surveys], found.share_decimals) == (2, ["spring", "summer", "autumn"], 1)


# --- marks

NOT_READ = {  # R and U of the note, and what this program chose
    "GB 3838-2002": {"oxygen_class_one", "oxygen_salinity", "river_reservoirs"},
    "Water method 2011": {
        "reference_items", "missing_item", "colours", "rgb", "means", "minima", "ph_decimals", "main_items",
        "metals_first", "main_items_order", "five_sections", "body_colours", "shares_sum", "body_main_items",
        "change_states", "change_shares", "change_larger", "trend", "trend_table_beyond", "trend_missing_n",
        "month_attainment", "year_attainment", "sources_without", "source_decimals", "target_change", "week",
        "section_items", "lake_points", "several_lakes", "sections_without_class",
    },
    "Trophic state 2004": {"missing_item", "rounding", "range", "first_day"},
    "Water ranking 2017": {"means", "city", "missing_item", "ordering", "change", "first_day"},
    "Black-odour guide 2015": {
        "edges_potential", "point_any", "body_light", "shallow_reading", "month", "items", "returned",
        "returned_without_day", "patrol",
    },
    "GB 3097-1997": {"limits_others", "oxygen", "worst_item"},
    "HJ 442": {"states", "first_day", "surveys", "by_points", "required_items", "missing_item", "values"},
}  # fmt: skip


@pytest.mark.parametrize("edition_id", NOT_READ)
def test_rules_of_water_are_marked_as_the_note_marks_them(edition: Editions, edition_id: str) -> None:
    found = {key for key, rule in edition(edition_id).rule.items() if not rule.confirmed}

    assert found == NOT_READ[edition_id]
