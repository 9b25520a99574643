"""Plans: what a file may not say, and what a figure decides."""

import datetime as dt
import re
from decimal import Decimal

import msgspec
import pytest

from aggregations import plans
from aggregations.figures import Figure
from aggregations.plans import Comparison, Status, Target
from aggregations.standards import Standards
from sensors.errors import ConfigError
from sensors.register import Register, Station

PLAN = """
id = "town-2020"
title = "小城2020年工作计划"
title_en = "Town: work plan 2020"
year = 2020
jurisdiction = "city:town"
source = "test"

[lists]
rivers = ["r1", "r2"]

[[target]]
id = "pm25"
name = "PM2.5"
name_en = "PM2.5"
indicator = "air.annual_mean.pm25"
scope = "city:town"
comparison = "<="
limit = 25
unit = "ug/m3"
text = "at most 25"

[[target]]
id = "rivers"
name = "断面"
name_en = "sections"
indicator = "water.good_ratio"
scope = "list:rivers"
comparison = ">="
limit = 61.5
unit = "%"
text = "at least 61.5 %"

[[target]]
id = "waste"
name = "固体废物"
name_en = "waste"
comparison = ">="
limit = 100
unit = "%"
text = "reported"
"""


CITIES = ["town"]


def parse(text: str = PLAN, stem: str = "town-2020") -> plans.Plan:
    return plans.parse(text, file="plan.toml", stem=stem)


def test_parse_reads_a_plan_with_its_targets_in_order() -> None:
    plan = parse()

    assert [(t.id, t.indicator, t.scope, t.comparison, t.limit, t.unit) for t in plan.target] == [
        ("pm25", "air.annual_mean.pm25", "city:town", "<=", Decimal(25), "ug/m3"),
        ("rivers", "water.good_ratio", "list:rivers", ">=", Decimal("61.5"), "%"),
        ("waste", None, None, ">=", Decimal(100), "%"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        pytest.param(
            "air.annual_mean.pm25",
            "air.anual_mean.pm25",
            "plan.toml: target[0].indicator: expected one of air.annual_mean.pm25, ",
            id="unknown indicator",
        ),
        pytest.param(
            'unit = "ug/m3"',
            'unit = "mg/m3"',
            "plan.toml: target[0].unit: expected 'ug/m3', got 'mg/m3'",
            id="unit of another size",
        ),
        pytest.param(
            'scope = "city:town"',
            'scope = "town"',
            "plan.toml: target[0].scope: expected city:ID, district:CITY/NAME, river:CITY/NAME, "
            "basin:NAME, station:ID or list:NAME, got 'town'",
            id="scope without kind",
        ),
        pytest.param(
            'scope = "city:town"',
            'scope = "city:"',
            "plan.toml: target[0].scope: expected city:ID, district:CITY/NAME, river:CITY/NAME, "
            "basin:NAME, station:ID or list:NAME, got 'city:'",
            id="scope without name",
        ),
        pytest.param(
            'scope = "city:town"',
            "",
            "plan.toml: target[0].scope: expected city:ID, district:CITY/NAME, river:CITY/NAME, "
            "basin:NAME, station:ID or list:NAME, got None",
            id="no scope",
        ),
        pytest.param(
            "list:rivers",
            "list:lakes",
            "plan.toml: target[1].scope: expected a list of [lists] (rivers), got 'lakes'",
            id="unknown list",
        ),
        pytest.param(
            'name_en = "waste"',
            'name_en = "waste"\nscope = "city:town"',
            "plan.toml: target[2].scope: expected none for a reported figure, got 'city:town'",
            id="scope of a reported figure",
        ),
        pytest.param(
            'id = "rivers"',
            'id = "pm25"',
            "plan.toml: target[1].id: expected each id once, got 'pm25' again",
            id="id twice",
        ),
        pytest.param(
            'id = "waste"',
            'id = "rivers"',
            "plan.toml: target[2].id: expected each id once, got 'rivers' again",
            id="id twice, of a reported figure",
        ),
        pytest.param(
            'id = "town-2020"',
            'id = "town-2021"',
            "plan.toml: id: expected 'town-2020' as in the file's name, got 'town-2021'",
            id="id is not the file's name",
        ),
        pytest.param(
            "limit = 25",
            "limits = 25",
            "plan.toml: target[0].limits: expected one of id, name, name_en, comparison, limit, unit, text, indicator, "
            "scope, judge_by, limit_open, cumulative, got 'limits'",
            id="unknown key of a target",
        ),
        pytest.param(
            "[lists]",
            "[list]",
            "plan.toml: list: expected one of id, title, title_en, year, jurisdiction, source, lists, sizes, "
            "target, reported, got 'list'",
            id="unknown key of the plan",
        ),
        pytest.param(
            'comparison = "<="', 'comparison = "=<"', "plan.toml: target[0].comparison: ", id="unknown comparison"
        ),
        pytest.param("limit = 25\n", "", "plan.toml: target[0].limit: expected a value, got nothing", id="no limit"),
        pytest.param(
            "limit = 25\n", "limit = true\n", "plan.toml: target[0].limit: expected decimal", id="limit of true"
        ),
        pytest.param("limit = 25\n", "limit = nan\n", "plan.toml: target[0].limit: ", id="limit of nan"),
        pytest.param("limit = 25\n", "limit = inf\n", "plan.toml: target[0].limit: ", id="limit without bound"),
        pytest.param("year = 2020", 'year = "2020"', "plan.toml: year: expected int", id="year in quotes"),
        pytest.param("year = 2020", "year = ", "plan.toml: expected TOML, got ", id="no TOML"),
        pytest.param(
            "limit = 25\n",
            "limit = 25\nlimit_open = true\n",
            "plan.toml: target[0].limit: expected nothing, as limit_open is true, got 25",
            id="limit that is open and set",
        ),
        pytest.param(
            "limit = 25\n",
            "limit = 25\ncumulative = true\n",
            "plan.toml: target[0].cumulative: expected it of reported figures only, got true",
            id="cumulative readings",
        ),
        pytest.param(
            'name_en = "waste"',
            'name_en = "waste"\njudge_by = "GB 3095-2012"',
            "plan.toml: target[2].judge_by: expected none for a reported figure, got 'GB 3095-2012'",
            id="edition of a reported figure",
        ),
        pytest.param(
            'rivers = ["r1", "r2"]',
            'rivers = ["r1", "r2"]\n[sizes]\nrivers = 1',
            "plan.toml: lists.rivers: expected at most 1 (sizes), got 2",
            id="list longer than the document says",
        ),
        pytest.param(
            'rivers = ["r1", "r2"]',
            'rivers = ["r1", "r2"]\n[sizes]\nlakes = 1',
            "plan.toml: sizes.lakes: expected a list of [lists] (rivers), got none",
            id="size of no list",
        ),
    ],
)
def test_parse_refuses_what_is_wrong_and_names_file_and_place(old: str, new: str, text: str) -> None:
    assert old in PLAN

    with pytest.raises(ConfigError, match="^" + re.escape(text)):
        parse(PLAN.replace(old, new, 1))


REPORTED = """
[[reported]]
target = "waste"
period = "2020"
value = 89.6
count = 327
of = 365
text = "reported"
"""


def test_a_published_figure_is_a_report_of_the_plans_year() -> None:
    (report,) = plans.reports_of(parse(PLAN + REPORTED))

    assert (report.target, report.as_of, report.value, report.unit, report.count, report.of) == (
        "waste", dt.date(2020, 12, 31), Decimal("89.6"), "%", 327, 365,
    )  # fmt: skip


@pytest.mark.parametrize("period", ["2019", "2020-06", "2020-02-01..2020-12-31"])
def test_a_published_figure_of_another_period_is_none(period: str) -> None:
    assert plans.reports_of(parse(PLAN + REPORTED.replace('"2020"', f'"{period}"'))) == []


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("89.6", "89.5", "reported[0].value: expected 89.6, which 327 of 365 is, got 89.5"),
        ("of = 365\n", "", "reported[0].of: expected it beside count, got nothing"),
        ("count = 327\n", "", "reported[0].count: expected it beside of, got nothing"),
        ("count = 327", "count = 366", "reported[0].count: expected a part of 365, got 366"),
        ('"waste"', '"wast"', "reported[0].target: expected one of pm25, rivers, waste, got 'wast'"),
        ('target = "waste"\n', "", "reported[0]: expected a target, or name, name_en and unit, got neither"),
        ('"2020"', '"20"', "reported[0].period: expected 2020, "),
        (
            "value = 89.6\ncount = 327\nof = 365",
            "value = 896",
            "reported[0].value: expected a percentage from 0 to 100, got 896",
        ),
        ('"waste"', '"pm25"', "reported[0].count: expected it of a percentage only, got unit 'ug/m3'"),
        ("value = 89.6", 'value = 89.6\nunit = "%"', "reported[0].name: expected no name nor unit beside a target"),
    ],
)
def test_a_published_figure_that_is_wrong_is_refused(old: str, new: str, text: str) -> None:
    assert old in REPORTED

    with pytest.raises(ConfigError, match="^" + re.escape(f"plan.toml: {text}")):
        parse(PLAN + REPORTED.replace(old, new, 1))


def test_an_id_of_another_plan_is_told() -> None:
    with pytest.raises(ConfigError, match=r"got 'town-2020', which is the id of another plan$"):
        plans.parse(PLAN, file="plan.toml", stem="city-2020", others=["town-2020"])


@pytest.mark.parametrize(
    ("judge_by", "mode"),
    [
        ("in_force", "by_date"),
        ("all_2026", "all_2026"),
        ("GB 3095-2012", "all_2012"),
        ("HJ 633-2012", "all_2012"),
        ("GB 3095-2026 transitional", "all_2026"),
        ("GB 3095-2026 final", "all_2031"),
        ("HJ 633-2026", None),  # of two sets
        ("GB 3838-2002", None),  # of none: there is one edition only
        ("GB 3095", None),
    ],
)
def test_an_edition_names_the_set_that_it_belongs_to(judge_by: str, mode: str | None, editions: Standards) -> None:
    assert plans.mode_of(judge_by, editions) == mode


def test_unknown_indicator_is_shown_as_written() -> None:
    with pytest.raises(ConfigError, match=r", got 'air\.anual_mean\.pm25'$"):
        parse(PLAN.replace("air.annual_mean.pm25", "air.anual_mean.pm25"))


def station(medium: str, name: str) -> Station:
    return Station(
        medium=medium,
        id=name,
        name=name,
        name_en=name,
        city="town",
        district="",
        lon=None,
        lat=None,
        since=None,
        until=None,
    )  # type: ignore[arg-type]


def test_stations_of_the_lists_must_be_registered() -> None:
    register = Register([station("water", "r1")])

    text = r"^plan\.toml: target\[1\]\.scope: expected stations of the register of water, got 'r2'$"
    with pytest.raises(ConfigError, match=text):
        plans.check_names(parse(), register, CITIES, file="plan.toml")


def test_a_station_of_another_medium_does_not_count() -> None:
    register = Register([station("water", "r1"), station("air", "r2")])

    with pytest.raises(ConfigError, match="of water, got 'r2'"):
        plans.check_names(parse(), register, CITIES, file="plan.toml")


def test_a_station_as_scope_must_be_registered() -> None:
    register = Register([station("water", "r1"), station("water", "r2")])
    plan = parse(
        PLAN.replace("city:town", "station:a9").replace('jurisdiction = "station:a9"', 'jurisdiction = "city:town"')
    )

    with pytest.raises(ConfigError, match=r"target\[0\]\.scope: expected stations of the register of air, got 'a9'"):
        plans.check_names(plan, register, CITIES, file="plan.toml")


def test_a_plan_whose_stations_are_registered_passes() -> None:
    register = Register([station("water", "r1"), station("water", "r2")])

    assert plans.check_names(parse(), register, CITIES, file="plan.toml") is None


@pytest.mark.parametrize(
    ("as_of", "period"),
    [
        pytest.param(dt.date(2020, 1, 1), "2020-01-01", id="first day"),
        pytest.param(dt.date(2020, 1, 31), "2020-01", id="a month that is over"),
        pytest.param(dt.date(2020, 2, 29), "2020-01-01..2020-02-29", id="leap day"),
        pytest.param(dt.date(2020, 12, 30), "2020-01-01..2020-12-30", id="last day but one"),
        pytest.param(dt.date(2020, 12, 31), "2020", id="last day"),
        pytest.param(dt.date(2021, 1, 1), "2020", id="the day after"),
        pytest.param(dt.date(2025, 6, 1), "2020", id="years after"),
    ],
)
def test_period_of_a_plan_is_the_part_of_its_year_that_has_passed(as_of: dt.date, period: str) -> None:
    assert str(plans.period_of(parse(), as_of)) == period


def test_a_day_before_the_year_of_the_plan_is_an_error() -> None:
    text = r"^as-of: expected a day from 2020-01-01 on for plan town-2020, got 2019-12-31$"
    with pytest.raises(ConfigError, match=text):
        plans.period_of(parse(), dt.date(2019, 12, 31))


def figure(value: str | None, *, sufficient: bool = True) -> Figure:
    return Figure(
        indicator="air.annual_mean.pm25",
        scope="city:town",
        period="2020",
        exact=value,
        unit="ug/m3",
        valid=366,
        value=None if value is None else Decimal(value),
        expected=366,
        counted="days",
        sufficient=sufficient,
        excluded={},
        editions={},
        assumed=[],
    )


def target(comparison: Comparison, limit: str = "25") -> Target:
    return Target(
        id="t",
        name="t",
        name_en="t",
        comparison=comparison,
        limit=Decimal(limit),
        unit="ug/m3",
        text="t",
        indicator="air.annual_mean.pm25",
        scope="city:town",
    )


@pytest.mark.parametrize(
    ("comparison", "value", "holds"),
    [
        ("<=", "24.9", True),
        ("<=", "25.0", True),
        ("<=", "25.1", False),
        ("<", "24.9", True),
        ("<", "25.0", False),
        ("<", "25.1", False),
        (">=", "24.9", False),
        (">=", "25.0", True),
        (">=", "25.1", True),
        (">", "24.9", False),
        (">", "25.0", False),
        (">", "25.1", True),
        ("==", "24.9", False),
        ("==", "25.0", True),
        ("==", "25.1", False),
    ],
)
@pytest.mark.parametrize(
    ("final", "good", "bad"),
    [
        pytest.param(True, "met", "missed", id="at the end of the year"),
        pytest.param(False, "on_track", "at_risk", id="during the year"),
    ],
)
def test_status_follows_the_comparison(
    comparison: Comparison, value: str, holds: bool, final: bool, good: Status, bad: Status
) -> None:
    verdict = plans.judge(target(comparison), figure(value), final=final)

    assert verdict.status == (good if holds else bad)


@pytest.mark.parametrize(
    ("comparison", "limit", "value", "status"),
    [
        # plans.md
        pytest.param("<=", "25", "24", "met", id="shenzhen: PM2.5 24 against 25"),
        pytest.param(">=", "61.5", "61.5", "met", id="guangzhou: 8 of 13 sections"),
        pytest.param("<", "35", "35", "missed", id="fengxian: less than 35"),
        pytest.param("<", "35", "32", "met", id="fengxian: 32"),
        pytest.param(">=", "88.0", "89.6", "met", id="liuzhou: good days"),
        pytest.param("<=", "41", "38", "met", id="liuzhou: PM2.5"),
        # noise.md, section 5 and A14: the one-decimal published value is compared
        pytest.param(">=", "85", "85.0", "met", id="noise A14: prints as 85.0"),
        pytest.param(">=", "85", "82.5", "missed", id="noise A11: 82.5"),
    ],
)
def test_status_of_the_published_figures(comparison: Comparison, limit: str, value: str, status: Status) -> None:
    assert plans.judge(target(comparison, limit), figure(value), final=True).status == status


@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize("comparison", ["<=", "<", ">=", ">", "=="])
@pytest.mark.parametrize(
    "undecided",
    [
        pytest.param(figure("25", sufficient=False), id="too few days"),
        pytest.param(figure("1", sufficient=False), id="too few days, low value"),
        pytest.param(figure("999", sufficient=False), id="too few days, high value"),
        pytest.param(figure(None, sufficient=False), id="no value"),
        pytest.param(figure(None), id="no value, said to suffice"),
        pytest.param(None, id="not reported"),
    ],
)
def test_a_figure_that_does_not_suffice_decides_nothing(
    undecided: Figure | None, comparison: Comparison, final: bool
) -> None:
    assert plans.judge(target(comparison), undecided, final=final).status == "insufficient"


def test_a_verdict_keeps_target_and_figure() -> None:
    promise, outcome = target("<="), figure("25", sufficient=False)

    verdict = plans.judge(promise, outcome, final=True)

    assert (verdict.target, verdict.figure) == (promise, outcome)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("river:town/河", None),
        ("basin:南流域", None),
        ("river:town/江", "expected a river with stations of water (town/河), got 'town/江'"),
        ("river:河", "expected a river with stations of water (town/河), got '河'"),
        ("basin:北流域", "expected a basin with stations of water (南流域), got '北流域'"),
    ],
)
def test_a_target_of_a_river_or_basin_needs_one_with_sections(scope: str, expected: str | None) -> None:
    plan = parse(PLAN.replace("list:rivers", scope).replace('["r1", "r2"]', "[]"))
    section = msgspec.structs.replace(station("water", "r1"), city="town", water="河", basin="南流域")

    if expected is None:
        plans.check_names(plan, Register([section]), CITIES, file="plan.toml")
    else:
        with pytest.raises(ConfigError, match=re.escape(f"plan.toml: target[1].scope: {expected}")):
            plans.check_names(plan, Register([section]), CITIES, file="plan.toml")


def test_a_target_of_air_has_no_river_as_its_scope() -> None:
    text = "plan.toml: target[0].scope: expected no river of air.annual_mean.pm25, got 'river:town/河'"
    with pytest.raises(ConfigError, match="^" + re.escape(text)):
        parse(PLAN.replace('city:town"\ncomparison', 'river:town/河"\ncomparison', 1))


@pytest.mark.parametrize(("scope", "accepted"), [("district:town/D", True), ("district:town/E", False)])
def test_a_target_of_a_district_needs_one_with_stations(scope: str, accepted: bool) -> None:
    text = (
        'id = "p"\ntitle = "t"\ntitle_en = "t"\nyear = 2020\njurisdiction = "city:town"\nsource = "s"\n[[target]]\n'
        'id = "a"\nname = "n"\nname_en = "n"\ncomparison = "<="\nlimit = 1\nunit = "d"\ntext = "t"\n'
        f'indicator = "air.good_days"\nscope = "{scope}"\n'
    )
    in_district = Station(
        medium="air",
        id="a1",
        name="a",
        name_en="a",
        city="town",
        district="D",
        lon=None,
        lat=None,
        since=None,
        until=None,
    )
    plan = plans.parse(text, file="p.toml", stem="p")

    if accepted:
        assert plans.check_names(plan, Register([in_district]), ["town"], file="p.toml") is None
    else:
        with pytest.raises(ConfigError, match=r"expected a district with stations of air \(town/D\), got 'town/E'"):
            plans.check_names(plan, Register([in_district]), ["town"], file="p.toml")
