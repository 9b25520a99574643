"""Editions: which holds on which day, what a file may not say, and the numbers of water and noise.

The tables below are typed from shared/standards/*.md, never copied from config/standards. Those of air are in
test_standards_air.py.
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
    MODES,
    RULES,
    AirEvaluation,
    AirEvents,
    AirIndex,
    AirLimits,
    AirRanking,
    BlackOdour,
    Mode,
    NoiseLimits,
    NoiseMethod,
    NoiseSurvey,
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


def test_an_edition_is_confirmed_where_each_of_its_rules_is(editions: Standards) -> None:
    unlike = [
        each.edition.id
        for each in editions.all
        if each.edition.confirmed != all(rule.confirmed for rule in each.rule.values())
    ]
    assert unlike == []


def test_every_rule_says_what_it_rules(editions: Standards) -> None:
    rules = [(each.edition.id, key, rule) for each in editions.all for key, rule in each.rule.items()]

    assert [(edition_id, key) for edition_id, key, rule in rules if not rule.text.strip()] == []


# --- evaluated by one set of editions ---

DAYS = [
    dt.date(*each) for each in ((2000, 2, 29), (2012, 2, 28), (2020, 6, 1), (2026, 2, 28), (2026, 3, 1), (2099, 1, 1))
]
MODE_SETS: dict[Mode, tuple[str, str, str]] = {  # air.md, 10 and 4.1 (2): HJ 633 has no second table for 2031
    "all_2012": ("GB 3095-2012", "HJ 633-2012", "HJ 663-2013"),
    "all_2026": ("GB 3095-2026 transitional", "HJ 633-2026", "HJ 663-2026"),
    "all_2031": ("GB 3095-2026 final", "HJ 633-2026", "HJ 663-2026"),
}


def test_modes_are_by_date_and_three_sets() -> None:
    assert list(MODES) == ["by_date", *MODE_SETS]


def test_by_date_takes_the_editions_as_they_are(editions: Standards) -> None:
    assert editions.under("by_date") is editions


@pytest.mark.parametrize("staged", [False, True])
@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("mode", MODE_SETS)
def test_a_set_of_editions_holds_on_every_day(editions: Standards, mode: Mode, day: dt.date, staged: bool) -> None:
    under = editions.under(mode)

    found = tuple(under.on(role, day, staged=staged).edition.id for role in (AirLimits, AirIndex, AirEvaluation))
    assert found == MODE_SETS[mode]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "role", [AirRanking, AirEvents, WaterLimits, WaterMethod, BlackOdour, NoiseLimits, NoiseMethod, NoiseSurvey]
)
def test_a_mode_leaves_roles_without_it_as_they_are(editions: Standards, mode: Mode, role: type[Standard]) -> None:
    assert [s for s in editions.under(mode).all if isinstance(s, role)] == [
        s for s in editions.all if isinstance(s, role)
    ]


@pytest.mark.parametrize("mode", MODE_SETS)
def test_a_mode_changes_nothing_of_an_edition_but_its_days(editions: Standards, mode: Mode) -> None:
    by_id = {s.edition.id: s for s in editions.all}

    for each in editions.under(mode).all:
        original = by_id[each.edition.id]
        assert msgspec.structs.replace(each, edition=original.edition) == original


@pytest.mark.parametrize("mode", MODE_SETS)
def test_a_mode_keeps_the_digests(editions: Standards, mode: Mode) -> None:
    assert editions.under(mode).digests == editions.digests


@pytest.mark.parametrize("mode", MODE_SETS)
def test_a_set_of_editions_reaches_back_before_the_first(editions: Standards, mode: Mode) -> None:
    assert editions.under(mode).first_day([AirLimits, AirIndex, AirEvaluation], staged=False) == dt.date.min


def test_first_day_is_the_one_from_which_every_role_has_an_edition(editions: Standards) -> None:
    roles = [AirLimits, AirIndex, AirEvaluation]

    assert editions.first_day(roles, staged=False) == dt.date(2016, 1, 1)
    assert editions.first_day(roles, staged=True) == dt.date(2012, 2, 29)


@pytest.mark.parametrize(
    ("role", "day", "edition_id"),
    [
        (AirEvents, "2016-12-31", None),
        (AirEvents, "2017-01-01", "Sand dust 2016"),  # air.md, 9
        (AirLimits, "2015-12-31", None),
        (AirLimits, "2016-01-01", "GB 3095-2012"),
        (AirLimits, "2026-02-28", "GB 3095-2012"),
        (AirLimits, "2026-03-01", "GB 3095-2026 transitional"),
        (NoiseLimits, "2008-09-30", None),
    ],
)
def test_find_is_none_before_the_first_edition(
    editions: Standards, role: type[Standard], day: str, edition_id: str | None
) -> None:
    found = editions.find(role, dt.date.fromisoformat(day))

    assert (found.edition.id if found else None) == edition_id


# --- what a file may not say ---


@pytest.mark.parametrize(
    ("stem", "old", "new", "text"),
    [
        pytest.param(
            "gb3095-2012",
            'role = "air.limits"',
            'role = "air.limit"',
            "bad.toml: role: expected one of air.limits, air.index, .*, noise.survey, got 'air.limit'",
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
            "bad.toml: edition.staged: expected one of id, title, title_en, issued, from, until, staged_from, .*"
            "got 'staged'",
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
            "hj633-2026",
            "up_to = 150",
            "up_to = 100",
            r"bad.toml: level\.up_to: expected at least one, rising, got ",
            id="levels that do not rise",
        ),
        pytest.param(
            "hj633-2026",
            'hourly_pm_input = "1h"',
            'hourly_pm_input = "24h"',
            "bad.toml: hourly_pm_input: expected one of 1h, 24h_moving, got '24h'",
            id="unknown choice of a switch",
        ),
        pytest.param(
            "hj663-2013",
            "n = 6",
            "n = 5",
            r"bad.toml: trend\.n: expected at least one, rising, got ",
            id="critical values of one number of years twice",
        ),
        pytest.param(
            "gb3095-2012",
            "from = 2018-09-01",
            "",
            "bad.toml: gas_state: expected one without from, then others with rising days",
            id="two states of gases at once",
        ),
        pytest.param(
            "gb3095-2012",
            "kelvin = 273.15",
            "from = 2012-02-29\nkelvin = 273.15",
            "bad.toml: gas_state: expected one without from, then others with rising days",
            id="no state of gases at first",
        ),
        pytest.param(
            "gb3095-2012",
            "kelvin = 298.15",
            "kelvin = 298.15\n[[gas_state]]\nfrom = 2018-09-01\nkelvin = 298",
            "bad.toml: gas_state: expected one without from, then others with rising days",
            id="two states of gases from one day",
        ),
        pytest.param(
            "gb3095-2012",
            "[80, 200]",
            "[80]",
            r"bad.toml: other\.tsp\.year: expected array of length 2, got a list",
            id="one limit for two classes",
        ),
        pytest.param(
            "gb3095-2012",
            'modes = ["all_2012"]',
            'modes = ["all_2013"]',
            r"bad.toml: edition\.modes\[0\]: expected one of all_2012, all_2026, all_2031, got 'all_2013'",
            id="unknown mode",
        ),
        pytest.param(
            "gb3095-2012",
            "until = 2026-03-01",
            "until = 2016-01-01",
            r"bad.toml: edition\.until: expected a day after 2016-01-01, got 2016-01-01",
            id="ends on its first day",
        ),
        pytest.param(
            "gb3095-2012",
            "confirmed = false",
            "confirmed = true",
            r"bad.toml: edition\.confirmed: expected true where every rule is confirmed and false where one is not, "
            "got true",
            id="edition confirmed, a rule not",
        ),
        pytest.param(
            "gb3096-2008",
            "confirmed = true",
            "confirmed = false",
            r"bad.toml: edition\.confirmed: .*, got false",
            id="edition not confirmed, each rule is",
        ),
        pytest.param(
            "air-ranking-2014",
            'co = "percentile"',
            'co = "mean"',
            r"bad.toml: statistic\.co: expected percentile, as there is no limit of the year",
            id="mean without a limit",
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


STEMS = {
    AirLimits: "gb3095-2026-final",
    AirIndex: "hj633-2012",
    AirEvaluation: "hj663-2026",
    AirRanking: "air-ranking-2014",
    AirEvents: "air-events-2016",
    NoiseLimits: "gb3096-2008",
    NoiseMethod: "noise-automatic-2024",
    NoiseSurvey: "hj640-2012",
}


@pytest.mark.parametrize(
    ("role", "key"), [(role, key) for role, keys in RULES.items() for key in keys], ids=lambda each: str(each)[-24:]
)
def test_an_edition_that_leaves_a_rule_out_is_refused(text_of: Texts, role: type[Standard], key: str) -> None:
    renamed = text_of(STEMS[role]).replace(f"[rule.{key}]", "[rule.x]", 1)

    with pytest.raises(
        ConfigError, match=rf"^bad\.toml: rule\.{key}: expected where it stands and whether .*, got nothing$"
    ):
        standards.parse(renamed, file="bad.toml")


def test_rules_are_demanded_of_every_role_of_air_and_noise() -> None:
    assert set(RULES) == set(STEMS)


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
        ("gb3095-2012", "[other.nox]", "[other.no]", r"bad.toml: other: expected items of table 2 \(.*\), got 'no'"),
        ("air-events-2016", '["pm10", ', '["pm1", ', r"bad.toml: quantities: .* of air \(.*\), got 'pm1'"),
        ("air-events-2016", "mean = ", "means = ", r"bad.toml: policy: expected statistics affected .*, got 'means'"),
        ("air-ranking-2014", "co = 1", "c0 = 1", r"bad.toml: weight: expected quantities of air \(.*\), got 'c0'"),
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


@pytest.mark.parametrize(
    ("stem", "old", "place"),
    [
        ("gb3095-2012", "pm25 = 35\n\n[day_limit]", r"year_limit\.pm25"),
        ("gb3095-2012", "o3 = 160\npm10 = 150", r"day_limit\.o3"),
        ("gb3095-2012", "o3 = 200\n", r"hour_limit\.o3"),
        ("gb3095-2012", "pm25 = 15\n", r"class_one\.year\.pm25"),
        ("gb3095-2012", "o3 = 100\n", r"class_one\.day\.o3"),
        ("gb3095-2012", "o3 = 160\n\n[other.tsp]", r"class_one\.hour\.o3"),
        ("air-events-2016", 'mean = "exclude"\n', r"policy\.mean"),
        ("air-ranking-2014", "so2 = 1\n", r"weight\.so2"),
        ("hj663-2013", "so2 = 98\n", r"percentile\.so2"),
    ],
)
def test_a_number_that_is_left_out_is_an_error(config: Path, text_of: Texts, stem: str, old: str, place: str) -> None:
    known = quantities.parse((config / "quantities.toml").read_text(encoding="utf-8"), file="quantities.toml")
    right = text_of(stem)
    assert right.count(old) == 1
    first, _, rest = old.partition("\n")
    standard = standards.parse(right.replace(old, f"# {first}\n{rest}"), file="bad.toml")

    with pytest.raises(ConfigError, match=f"^bad.toml: {place}: expected a value, got nothing$"):
        standards.check_quantities(standard, known, file="bad.toml")


@pytest.mark.parametrize(
    ("edition_id", "modes", "told"),
    [
        ("GB 3095-2012", [], r"one edition of air\.limits with all_2012, got none"),
        ("HJ 633-2026", ["all_2026"], r"one edition of air\.index with all_2031, got none"),
        (
            "HJ 663-2013",
            ["all_2012", "all_2026"],
            r"one edition of air\.evaluation with all_2026, got \['HJ 663-2013',",
        ),
    ],
)
def test_each_mode_has_one_edition_of_each_role_that_it_chooses(
    editions: Standards, edition_id: str, modes: list[str], told: str
) -> None:
    changed = [
        msgspec.structs.replace(s, edition=msgspec.structs.replace(s.edition, modes=modes))
        if s.edition.id == edition_id
        else s
        for s in editions.all
    ]

    with pytest.raises(ConfigError, match=rf"^standards: edition\.modes: expected {told}"):
        standards.check_together(changed, directory="standards")


def test_an_edition_cannot_be_changed(edition: Editions) -> None:
    limits = edition("GB 3096-2008")
    assert isinstance(limits, NoiseLimits)

    with pytest.raises(AttributeError, match="immutable"):
        limits.day_first_hour = 7  # type: ignore[misc]
    assert msgspec.structs.replace(limits, day_first_hour=7).day_first_hour == 7
