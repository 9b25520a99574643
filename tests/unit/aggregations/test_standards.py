"""Editions: which holds on which day, what a file may not say, and the numbers of noise.

The tables below are typed from shared/standards/*.md, never copied from config/standards. Those of air
and water are in test_standards_air.py and test_standards_water.py.
"""

import datetime as dt
import re
from collections.abc import Callable
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
    SeaLimits,
    SeaMethod,
    Standard,
    Standards,
    WaterLimits,
    WaterMethod,
    WaterRanking,
    WaterTrophic,
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
    assert [(edition_id, key) for edition_id, key, rule in rules if not re.search("[\u4e00-\u9fff]", rule.zh)] == []


def test_rules_that_say_the_same_say_it_in_both_languages(editions: Standards) -> None:
    rules = {(key, rule.text, rule.zh) for each in editions.all for key, rule in each.rule.items()}

    assert len({(key, text) for key, text, _ in rules}) == len(rules) == len({(key, zh) for key, _, zh in rules})


def test_chinese_names_every_number_of_the_english(editions: Standards) -> None:
    def numbers(text: str) -> set[str]:
        """Numbers but those of names such as PM2.5; 2018-09-01 is 2018, 9 and 1."""
        return set(re.findall(r"(?<![A-Za-z.\d])\d+(?:\.\d+)*", re.sub(r"-0?(\d+)-0?(\d+)", r" \1 \2", text)))

    rules = [(each.edition.id, key, rule) for each in editions.all for key, rule in each.rule.items()]
    missing = {(edition_id, key): numbers(rule.text) - numbers(rule.zh) for edition_id, key, rule in rules}
    assert {place: left for place, left in missing.items() if left} == {
        ("Water method 2011", "ph_decimals"): {"0"},  # 整数
    }


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
    "role",
    [AirRanking, AirEvents, WaterLimits, WaterMethod, WaterRanking, BlackOdour, NoiseLimits, NoiseMethod, NoiseSurvey],
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
        pytest.param(
            "gb3095-2012",
            'zh = "环境空气污染物一级、二级浓度限值"\n',
            "",
            r"bad.toml: rule\.limits\.zh: expected a value, got nothing$",
            id="rule without Chinese",
        ),
        pytest.param(
            "gb3095-2012",
            'zh = "环境空气污染物一级、二级浓度限值"',
            'zh = " "',
            r"bad.toml: rule\.limits\.zh: expected what it says in Chinese, got ' '$",
            id="rule with empty Chinese",
        ),
        pytest.param(
            "gb3095-2012",
            'text = "concentration limits of classes I and II"',
            'text = ""',
            r"bad.toml: rule\.limits\.text: expected what it says in English, got ''$",
            id="rule with empty English",
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
        pytest.param(
            "gb3838-2002",
            "[2, 4, 6, 10, 15]",
            "[2, 4, 10, 6, 15]",
            r"bad.toml: item\.codmn\.river: .*best class first",
            id="limits out of order",
        ),
        pytest.param(
            "gb3838-2002",
            "river = [6, 9]",
            "",
            r"bad.toml: item\.ph: expected limits of rivers or lakes, got nothing",
            id="item without limits",
        ),
        pytest.param(
            "gb3838-2002",
            "share = 0.9",
            "share = 90",
            r"bad.toml: oxygen_saturation\.share: expected 0 to 1, got 90",
            id="share in percent",
        ),
        pytest.param(
            "water-method-2011",
            'required_items = ["ph"',
            'required_items = ["tn"',
            r"bad.toml: required_items: expected items of class_items \(.*\), got 'tn'",
            id="required, not of the class",
        ),
        pytest.param(
            "water-method-2011",
            '"tn", "fcoli"]',
            '"tn", "ph"]',
            r"bad.toml: reference_items: expected none of class_items, got 'ph'",
            id="of the class and told apart",
        ),
        pytest.param(
            "water-method-2011",
            "las = 2",
            "",
            r"bad.toml: class_items: expected keys of decimals .*, got 'las'",
            id="item of the class without decimals",
        ),
        pytest.param(
            "water-method-2011",
            'rgb = "#FF0000"',
            'rgb = "red"',
            r"bad.toml: class_row\[5\]\.rgb: ",
            id="colour that is none",
        ),
        pytest.param(
            "water-method-2011",
            "n = 30",
            "n = 28",
            r"bad.toml: trend\.n: expected at least one, rising, got ",
            id="critical values of water twice",
        ),
        pytest.param(
            "water-method-2011",
            "worse_below = 40",
            "worse_below = 140",
            r"bad.toml: body_row\[3\]\.worse_below: expected 0 to 100, got 140",
            id="more than all sections",
        ),
        pytest.param(
            "trophic-2004",
            "up_to = 60",
            "up_to = 50",
            r"bad.toml: row: expected rising up_to, the last row without",
            id="trophic states that do not rise",
        ),
        pytest.param(
            "black-odour-2015",
            "light = 8.0",
            "light = 18",
            r"bad.toml: indicator\.nh3n\.heavy: expected worse than 18, got 15",
            id="heavy better than light",
        ),
        pytest.param(
            "black-odour-2015",
            '["do", "nh3n"]',
            '["do", "tp"]',
            r"bad.toml: month_indicators: expected keys of indicator \(.*\), got 'tp'",
            id="indicator without bounds",
        ),
        pytest.param(
            "gb3097-1997",
            "[[7.8, 8.5], [7.8, 8.5], ",
            "[[7.8, 8.5], ",
            r"bad.toml: item\.ph\.limits: expected 4 pairs",
            id="three ranges for four classes",
        ),
        pytest.param(
            "gb3097-1997",
            "[6, 5, 4, 3]",
            "[6, 5, 4, 4.5]",
            r"bad.toml: item\.do\.limits: expected 4 numbers, the best",
            id="limits of the sea out of order",
        ),
        pytest.param(
            "hj442",
            "autumn = [9, 10, 11]",
            "autumn = [8, 9, 10]",
            r"bad.toml: surveys: expected at least one month of each, rising and none twice, got ",
            id="a month in two surveys of the sea",
        ),
        pytest.param("hj442", "[6, 7, 8]", "[]", r"bad.toml: surveys: expected at least one month", id="no month"),
        pytest.param("hj442", "autumn = [9, 10, 11]", "autumn = [13]", r"bad.toml: surveys", id="month 13"),
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
    WaterLimits: "gb3838-2002",
    WaterMethod: "water-method-2011",
    WaterTrophic: "trophic-2004",
    WaterRanking: "water-ranking-2017",
    BlackOdour: "black-odour-2015",
    SeaLimits: "gb3097-1997",
    SeaMethod: "hj442",
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


def test_rules_are_demanded_of_every_role() -> None:
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
            "gb3838-2002",
            "[source_item.fe]",
            "[source_item.iron]",
            r"bad.toml: source_item: .* water \(.*\), got 'iron'",
        ),
        ("water-method-2011", '"tn", "fcoli"]', '"tn", "fc"]', r"bad.toml: reference_items.* water \(.*\), got 'fc'"),
        ("water-method-2011", "chla = 3", "chl = 3", r"bad.toml: decimals: .* of water \(.*\), got 'chl'"),
        ("trophic-2004", "[item.chla]", "[item.chl]", r"bad.toml: item: .* of water \(.*\), got 'chl'"),
        (
            "trophic-2004",
            'quantity_unit = "cm"',
            'quantity_unit = "m"',
            r"bad.toml: item\.sd\.quantity_unit: expected that of quantities\.toml, cm, got 'm'",
        ),
        ("water-ranking-2017", '"cr6", ', '"cr", ', r"bad.toml: items: .* of water \(.*\), got 'cr'"),
        ("black-odour-2015", "[indicator.orp]", "[indicator.eh]", r"bad.toml: indicator: .* water \(.*\), got 'eh'"),
        ("gb3097-1997", "[item.din]", "[item.n]", r"bad.toml: item: .* of water \(.*\), got 'n'"),
    ],
)
def test_a_quantity_that_its_medium_does_not_have_is_an_error(
    config: Path, text_of: Texts, stem: str, old: str, new: str, text: str
) -> None:
    known = quantities.parse((config / "quantities.toml").read_text(encoding="utf-8"), file="quantities.toml")
    standard = standards.parse(text_of(stem).replace(old, new, 1), file="bad.toml")

    with pytest.raises(ConfigError, match="^" + text):
        standards.check_quantities(standard, known, file="bad.toml")


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
