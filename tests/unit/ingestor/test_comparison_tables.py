"""Comparisons as people read them: changes, rankings, trends."""

from decimal import Decimal
from io import StringIO

import msgspec
import pytest
from rich.console import Console, RenderableType

from aggregations.comparison import Change, change
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS
from aggregations.standings import Standing
from aggregations.trends import YearlyTrend
from ingestor import comparison_tables
from ingestor.config import Config
from ingestor.words import Language

PM25 = "air.annual_mean.pm25"


def text_of(renderables: list[RenderableType], *, width: int = 160) -> str:
    console = Console(file=StringIO(), width=width)
    for each in renderables:
        console.print(each, soft_wrap=isinstance(each, str))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
    return text


def figure(value: str | None, *, name: str = PM25, period: str = "2020", reasons: list[str] | None = None) -> Figure:
    return Figure(
        indicator=name, scope="city:c", period=period, value=None if value is None else Decimal(value), exact=value,
        unit=INDICATORS[name].unit, valid=300, expected=366, counted="days", sufficient=not reasons, excluded={},
        editions={}, assumed=[], reasons=reasons or [],
    )  # fmt: skip


def changed(now: str | None, before: str | None, *, name: str = PM25, lacking: str = "") -> Change:
    earlier = figure(before, name=name, period="2019", reasons=[lacking] if lacking else None)
    return change(INDICATORS[name], figure(now, name=name), earlier, 1)


@pytest.mark.parametrize(
    ("name", "now", "before", "zh", "en"),
    [
        pytest.param(PM25, "16", "17", ["-5.9 %", "改善"], ["-5.9 %", "better"], id="percent"),
        pytest.param(PM25, "17", "16", ["+6.2 %", "变差"], ["+6.2 %", "worse"], id="a rise has its sign"),
        pytest.param(PM25, "17", "17", ["持平"], ["flat"], id="flat"),
        pytest.param("air.good_day_ratio", "89.3", "88.1", ["+1.2 个百分点"], ["+1.2 pp"], id="points"),
        pytest.param("air.good_days", "350", "347", ["+3 天"], ["+3 d"], id="a count"),
        pytest.param("air.attainment", "0", "1", ["变差", "是", "否"], ["worse", "yes", "no"], id="yes and no"),
        pytest.param(PM25, "5", "0", ["变差", "2019 为0，不计变化率"], ["worse", "2019 is 0: no perc"], id="from 0"),
    ],
)  # fmt: skip
def test_change_is_printed_in_its_unit(
    name: str, now: str, before: str, zh: list[str], en: list[str], shipped: Config
) -> None:
    languages: dict[Language, list[str]] = {"zh": zh, "en": en}
    for language, words in languages.items():
        text = text_of(comparison_tables.changes([changed(now, before, name=name)], shipped.standards, language))
        assert all(word in text for word in words), text


def test_change_without_figure_of_the_year_before_says_why(shipped: Config) -> None:
    found = [changed("16", "17", lacking="2019-02: 3 of at least 25 valid days")]
    text = text_of(comparison_tables.changes(found, shipped.standards, "en"))
    assert "2019: 2019-02: 3 of at least 25 valid days" in text
    assert "17 ug/m3 ?" in text
    assert "%" not in text


def test_changes_across_editions_name_the_modes(shipped: Config) -> None:
    found = msgspec.structs.replace(changed("16", "17"), editions_differ=True)
    assert "--mode all_2012" in text_of(comparison_tables.changes([found], shipped.standards, "zh"))


def test_changes_name_recalled_rules_in_the_language(shipped: Config) -> None:
    standard, rule = next((s, r) for s in shipped.standards.all for r in s.rule.values() if r.zh and not r.confirmed)
    found = msgspec.structs.replace(changed("16", "17"), assumed=[f"{standard.edition.id}: {rule.text}"])
    assert rule.zh in text_of(comparison_tables.changes([found, found], shipped.standards, "zh"))
    assert text_of(comparison_tables.changes([found, found], shipped.standards, "en")).count(rule.text) == 1


def test_what_runs_in_all_figures_is_said_once(shipped: Config) -> None:
    running = "2020-06 is not whole: 20 valid of its 20 days so far"
    found = [
        msgspec.structs.replace(each, now=msgspec.structs.replace(each.now, provisional=[running]))
        for each in (changed("16", "17"), changed("18", "17"))
    ]
    assert text_of(comparison_tables.changes(found, shipped.standards, "en")).count(running) == 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_changes_fit_eighty_columns_and_cut_no_id(language: Language, shipped: Config) -> None:
    found = [changed("999.9", "999.9", name=name) for name in INDICATORS if name.startswith("air.exceedance")]
    lines = text_of(comparison_tables.changes(found, shipped.standards, language), width=80).splitlines()
    assert {line[-1] for line in lines if line[0] in "┏┃┡│└"} <= set("┓┃┩│┘")
    assert not any("…" in line for line in lines)


def standing(place: int | None, value: str, *, reasons: list[str] | None = None) -> Standing:
    return Standing(
        scope=f"city:{value}", name=f"城市{value}", name_en=f"City {value}", place=place,
        figure=figure(value, name="air.composite_index", reasons=reasons), largest=["o3", "pm25"],
    )  # fmt: skip


def test_ranking_prints_place_name_and_largest(shipped: Config) -> None:
    found = [standing(1, "2.10"), standing(None, "3.10", reasons=["so2: not enough valid days"])]
    text = text_of(comparison_tables.ranking(found, shipped.standards, "zh"))
    assert all(word in text for word in ("城市2.10", "city:2.10", "O3", "PM2.5", "3.10 ?", "SO2 有效天数不足"))


def test_ranking_by_change_says_who_is_not_among_the_worsening(shipped: Config) -> None:
    worse = changed("2.20", "2.00", name="air.composite_index")
    found = [
        msgspec.structs.replace(standing(1, "2.20"), change=worse, figure=worse.now, attains=True),
        msgspec.structs.replace(standing(2, "2.20"), change=worse, figure=worse.now, attains=False),
    ]
    text = text_of(comparison_tables.ranking(found, shipped.standards, "en"))
    assert text.count("not among the worsening") == 1
    assert text.count("+10.0 %") == 2


def trend(says: str | None, **more: object) -> YearlyTrend:
    given = {
        "indicator": PM25, "scope": "city:c", "figures": [figure("50", period="2014")], "years": [2014], "left_out": [],
        "least": 5, "coefficient": Decimal("-0.900"), "critical_05": Decimal("0.900"), "critical_01": Decimal("1.000"),
        "says": says, "editions": {}, "assumed": ["x: a rule"],
    }  # fmt: skip
    return YearlyTrend(**(given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("says", "better", "zh", "en"),
    [
        ("falling", True, "结论：显著下降 (改善)", "verdict: falling, significantly (better)"),
        ("rising", False, "结论：显著上升 (变差)", "verdict: rising, significantly (worse)"),
        ("none", None, "结论：无显著变化趋势", "verdict: no significant trend"),
        ("unknown", None, "结论：未知", "verdict: unknown"),
    ],
)
def test_trend_says_its_verdict(says: str, better: bool | None, zh: str, en: str, shipped: Config) -> None:
    found = trend(says, better=better)
    assert zh in text_of(comparison_tables.trend(found, shipped.standards, "zh"))
    text = text_of(comparison_tables.trend(found, shipped.standards, "en"))
    assert en in text
    assert "-0.900 over 1 years; critical values 0.900 (0.05), 1.000 (0.01)" in text
    assert "x: a rule" in text


def test_trend_without_a_verdict_names_the_years_left_out(shipped: Config) -> None:
    text = text_of(comparison_tables.trend(trend(None, left_out=[2015, 2016]), shipped.standards, "en"))
    assert "years left out for too little data: 2015, 2016" in text
    assert "verdict" not in text


def test_remarks_of_a_ranking_stand_once_below_it(shipped: Config) -> None:
    rows = [standing(n, "80", reasons=["no valid day"]) for n in (1, 2)] + [standing(3, "70")]
    table, _, below = text_of(comparison_tables.ranking(rows, shipped.standards, "zh")).partition("└")

    assert "无有效日" not in table
    assert below.splitlines()[1] == "1 无有效日"
    assert [line.rstrip("│ ")[-1] for line in table.splitlines() if "valid" not in line].count("1") == 2


def test_remarks_of_changes_stand_once_below_them(shipped: Config) -> None:
    rows = [changed(None, "20", lacking="now"), changed(None, "30", lacking="now")]
    table, _, below = text_of(comparison_tables.changes(rows, shipped.standards, "zh")).partition("└")

    assert len([line for line in below.splitlines() if line.startswith("1 ")]) == 1
    assert "2020" in below
    assert "；" not in table
