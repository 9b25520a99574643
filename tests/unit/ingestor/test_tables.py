"""What people and machines read: marks, remarks in both languages, escapes, digits."""

import json
import re
from decimal import Decimal
from io import StringIO
from typing import Literal

import msgspec
import numpy as np
import pytest
from rich.console import Console, RenderableType

from aggregations import indicators, periods
from aggregations.air import MISSING
from aggregations.figures import Figure, Variant
from aggregations.indicators import HEADLINES, INDICATORS, AirDays, AirHours, Facts, MonitorDays, SectionDays
from aggregations.plans import Plan, Target, Verdict
from ingestor import tables
from ingestor.config import Config
from ingestor.tables import Language
from ingestor.words import UNITS, remark, tidy
from sensors.errors import printable
from sensors.noise_surveys import ComplaintReport, FunctionalResult, NoiseSurveys, RegionalResult

FIGURE = Figure(
    indicator="air.good_day_ratio",
    scope="city:c",
    period="2020",
    value=Decimal("96.0"),
    exact="96",
    unit="%",
    valid=350,
    expected=366,
    counted="days",
    sufficient=True,
    excluded={},
    editions={},
    assumed=[],
)


def target(name: str) -> Target:
    return Target(
        id="t",
        name=name,
        name_en=name,
        comparison=">=",
        limit=Decimal(96),
        unit="%",
        text="",
        indicator="air.good_day_ratio",
    )


def text_of(*renderables: RenderableType, width: int = 120) -> str:
    console = Console(file=StringIO(), width=width)
    for each in renderables:
        console.print(each, soft_wrap=isinstance(each, str))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
    return text


def printed_table(name: str) -> str:
    plan = Plan(id="p", title=name, title_en=name, year=2020, jurisdiction="city:c", source="", target=[target(name)])
    return text_of(tables.targets(plan, [Verdict(target=target(name), figure=FIGURE, status="met")], "en", title="x"))


@pytest.mark.parametrize("name", ["night level [dB] attained", "[/nothing] to close", "[red]name[/red]"])
def test_table_prints_names_as_they_are(name: str) -> None:
    assert printed_table(name).count(name) == 2


def test_value_on_too_little_data_carries_a_mark() -> None:
    assert tables.printed(FIGURE) == "96.0 %"
    assert tables.printed(msgspec.structs.replace(FIGURE, sufficient=False)) == "96.0 % ?"


def test_no_value_is_printed_as_a_dash() -> None:
    assert tables.printed(None) == tables.printed(msgspec.structs.replace(FIGURE, value=None)) == "-"


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        pytest.param("2.73", "1", "2.73", "2.73", id="a pure number has no unit"),
        pytest.param("1", "yes=1", "是", "yes", id="yes"),
        pytest.param("0", "yes=1", "否", "no", id="no"),
        pytest.param("0", "ug/m3", "0 ug/m3", "0 ug/m3", id="zero is a value"),
        pytest.param("0.0", "%", "0.0 %", "0.0 %", id="with its digits"),
        pytest.param("3", "d", "3 天", "3 d", id="days"),
    ],
)
def test_value_is_printed_with_its_unit(value: str, unit: str, zh: str, en: str) -> None:
    figure = msgspec.structs.replace(FIGURE, value=Decimal(value), unit=unit)
    assert (tables.printed(figure, "zh"), tables.printed(figure, "en")) == (zh, en)
    assert tables.printed(msgspec.structs.replace(figure, sufficient=False), "en") == f"{en} ?"


def test_insufficient_figure_says_why_in_its_remarks() -> None:
    figure = msgspec.structs.replace(
        FIGURE, sufficient=False, reasons=["2020-02: 20 of at least 25 valid days", "so2: not enough valid days"]
    )
    assert tables.remarks(figure, "en") == "2020-02: 20 of at least 25 valid days; SO2: not enough valid days"
    assert tables.remarks(figure, "zh") == "2020-02 有效20天，需≥25天；SO2 有效天数不足"


def test_sufficient_figure_has_no_remarks_on_what_was_excluded() -> None:
    assert tables.remarks(msgspec.structs.replace(FIGURE, excluded={"no valid hours": 16}), "en") == ""


def test_insufficient_figure_without_reasons_says_what_was_excluded() -> None:
    figure = msgspec.structs.replace(FIGURE, sufficient=False, excluded={"too few valid hours": 3})
    assert tables.remarks(figure, "en") == "too few valid hours (3)"
    assert tables.remarks(msgspec.structs.replace(figure, excluded={}), "zh") == "数据不足"


def test_remarks_show_three_reasons_and_count_the_others() -> None:
    reasons = [f"2020-{month:02}: 0 of at least 27 valid days" for month in range(1, 6)]
    text = tables.remarks(msgspec.structs.replace(FIGURE, sufficient=False, reasons=reasons), "en")
    assert text.count("valid days") == 3
    assert text.endswith("; and 2 more in the JSON")


@pytest.mark.parametrize(
    ("events", "sufficient", "zh", "en"),
    [
        ("kept", True, "含异常事件：55 ug/m3", "with events: 55 ug/m3"),
        ("excluded", False, "剔除异常事件：55 ug/m3 ?", "without events: 55 ug/m3 ?"),
    ],
)
def test_remarks_name_the_counterpart(events: Literal["kept", "excluded"], sufficient: bool, zh: str, en: str) -> None:
    other = Variant(events=events, value=Decimal(55), exact="55", valid=366, sufficient=sufficient)
    figure = msgspec.structs.replace(FIGURE, unit="ug/m3", counterpart=other)
    assert (tables.remarks(figure, "zh"), tables.remarks(figure, "en")) == (zh, en)


RUNNING = "2020-06 is not whole: 20 valid of its 20 days so far"


def test_table_of_figures_says_once_what_all_that_run_have_in_common() -> None:
    figure = msgspec.structs.replace(FIGURE, provisional=[RUNNING])
    text = text_of(*tables.figures([figure, figure, FIGURE], "en"))
    assert text.count(RUNNING) == 1
    assert "remarks" not in text


def test_table_of_figures_says_in_each_row_what_runs_where_they_differ() -> None:
    figure = msgspec.structs.replace(FIGURE, provisional=[RUNNING])
    other = msgspec.structs.replace(FIGURE, provisional=[RUNNING.replace("20 valid", "19 valid")])
    text = text_of(*tables.figures([figure, other], "en"))
    assert "20 valid of its 20" in text
    assert "19 valid of its 20" in text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [80, 120])
def test_table_of_figures_cuts_no_id_and_fits(width: int, language: Language) -> None:
    names = list(INDICATORS)
    reasons = ["2019-01-01..2019-06-20: not enough valid days", "a moving mean is of whole years"]
    found = [
        msgspec.structs.replace(FIGURE, indicator=name, sufficient=False, reasons=reasons, value=Decimal("999.99"))
        for name in names
    ]
    text = text_of(*tables.figures(found, language), width=width)
    assert "…" not in text
    rows = [re.split("[│┃]", line)[1] for line in text.splitlines() if line[0] in "│┃"]
    ids = "".join(cell.strip() for cell in rows if cell.isascii())
    assert all(name in ids for name in names)
    assert {line[-1] for line in text.splitlines() if line[0] in "┏┃┡│└"} <= set("┓┃┩│┘")


def test_remarks_stand_once_below_the_table_with_the_numbers_that_rows_name() -> None:
    reasons = ["no valid day", "a moving mean is of whole years"]
    both, one = (msgspec.structs.replace(FIGURE, sufficient=False, reasons=those) for those in (reasons, reasons[1:]))
    text = text_of(*tables.figures([both, FIGURE, one], "zh"), width=80)
    table, _, below = text.partition("└")
    assert [re.split("[│┃]", line)[4].strip() for line in table.splitlines() if "优良天数比例" in line] == [
        "1 2", "", "2",
    ]  # fmt: skip
    assert below.splitlines()[1:3] == ["1 无有效日", "2 滑动平均须为整年"]


def test_table_of_figures_folds_a_long_label_and_not_the_ids() -> None:
    figure = msgspec.structs.replace(FIGURE, indicator="water.source_attainment_by_volume", label="水" * 200)
    text = text_of(*tables.figures([figure], "zh"), width=80)
    assert "water.source_attainment_by_volume" in text
    assert text.count("水") >= 200


def test_table_of_figures_names_scope_period_and_mode_once() -> None:
    figure = msgspec.structs.replace(FIGURE, mode="all_2026")
    text = text_of(*tables.figures([figure, figure], "zh"))
    assert text.startswith("city:c · 2020 · 统一按2026版标准（过渡期限值） (all_2026)")
    assert text.count("city:c") == 1


def test_mark_is_explained_where_a_value_carries_it() -> None:
    marked = msgspec.structs.replace(FIGURE, sufficient=False)
    assert "? rests on too little data" in text_of(*tables.figures([FIGURE, marked], "en"))
    assert "?" not in text_of(*tables.figures([FIGURE], "en"))


SURVEYS = NoiseSurveys(
    functional=(
        FunctionalResult("shenzhen", "f1", 2020, 1, "2", Decimal(50), Decimal(40)),
        FunctionalResult("shenzhen", "f2", 2020, 2, "2", Decimal(50), None),
    ),
    regional=(RegionalResult("shenzhen", "g1", 2020, "day", Decimal(50)),),
    complaints=(ComplaintReport("shenzhen", "2020-01", 2020, 1, 1, 5, None, "hotline"),),
)


def partial_facts(shipped: Config, period: str, surveys: NoiseSurveys = SURVEYS) -> Facts:
    """A fifth of the days of the period are valid, and none of the years before."""
    days = periods.parse(period)
    n = len(days)
    some = np.where(np.arange(n) % 5 == 0, 30_000_000, MISSING)
    counts = np.where(np.arange(n) % 5 == 0, 24, np.arange(n) % 2)
    items = ("so2", "no2", "co", "o3", "pm10", "pm25")
    air = AirDays(dict.fromkeys(items, some), dict.fromkeys(items, [None] * n), dict.fromkeys(items, counts), some)
    section = shipped.register.of("water")[0]
    monitor = shipped.register.of("noise")[0]
    keys = ("do", "codmn", "bod5", "nh3n", "tp", "ph")
    means = SectionDays(section, {k: np.full(n, np.nan) for k in keys}, {k: np.zeros(n, dtype=np.int64) for k in keys})
    return Facts(
        scope="city:shenzhen", period=days, standards=shipped.standards, staged=True, air=air,
        hours=AirHours(dict.fromkeys(items, np.repeat(some, 24))), earlier=[air, air],
        sections=[means, SectionDays(msgspec.structs.replace(section, target_class=None), means.means, means.counts)],
        monitors=[MonitorDays(monitor, [None] * n, [None] * n)], surveys=surveys,
    )  # fmt: skip


@pytest.mark.parametrize("period", ["2020", "2020-06-03..2020-06-20", "2020-01-01..2020-05-15"])
def test_all_that_figures_say_has_chinese(period: str, shipped: Config) -> None:
    facts = partial_facts(shipped, period)
    found = [indicators.compute(each, facts) for each in INDICATORS.values()]
    texts = {text for figure in found for text in (*figure.reasons, *figure.provisional, *figure.excluded)}
    assert len(texts) > 5
    english = [text for text in texts if not re.search("[\u4e00-\u9fff]", remark(text, "zh"))]
    assert english == []
    assert {figure.counted for figure in found} <= UNITS.keys()


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("manual: NH3-N, Cr(VI)", "手工监测：氨氮、六价铬"),
        ("no mean of nh3n", "缺少均值：氨氮"),
        ("probable unit mistake (factor 1000), and counted: TP (2)", "疑似单位错误（相差1000倍）、仍计入：总磷（2个）"),
        (
            "w1: target III before 2020-07-01, II from then on",
            "w1 目标在2020-07-01前为Ⅲ类，此后为Ⅱ类",
        ),
    ],
)
def test_remarks_name_items_and_classes_of_water_in_chinese(english: str, chinese: str) -> None:
    assert remark(english, "zh") == chinese


def test_chinese_texts_have_no_blanks_between_characters_or_beside_marks() -> None:
    assert tidy("水温 偏高， 见 SO2 ；（ 1 ）") == "水温偏高，见 SO2；（1）"


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        (
            "too few valid nights, pooled all the same: n1 2025-04, n2 2025-05 (2)",
            "有效夜间不足、仍计入：n1 2025-04, n2 2025-05（2个点位月）",
        ),
        ("too few valid days, pooled all the same: n1 2025-04 (1)", "有效昼间不足、仍计入：n1 2025-04（1个点位月）"),
        ("n1: class 2 before 2025-07-01, 4a from then on", "n1 在2025-07-01前为2类区，此后为4a类区"),
        ("2025-04: no report", "2025-04 未上报"),
    ],
)
def test_remark_of_noise_is_said_in_chinese(text: str, chinese: str) -> None:
    assert remark(text, "zh") == chinese


def test_headlines_of_air_are_about_twenty() -> None:
    assert len([name for name in HEADLINES if INDICATORS[name].medium == "air"]) == 21
    single = ("water.mean.", "water.exceedance_multiple.", "water.sea_class_area.")  # of single items, too many
    rest = {name for name, each in INDICATORS.items() if each.medium == "water" and not name.startswith(single)}
    assert rest <= HEADLINES


def test_list_of_indicators_has_every_one() -> None:
    text = text_of(tables.indicators(INDICATORS.values(), "en"))
    assert all(name in text for name in INDICATORS)


def test_json_keeps_the_digits_of_a_printed_value() -> None:
    assert '"value": 96.0,' in tables.as_json(FIGURE)
    assert json.loads(tables.as_json(FIGURE))["valid"] == 350


@pytest.mark.parametrize(
    ("text", "shown"), [("a\x1b[2Jb\nc", r"a\x1b[2Jb\nc"), ("深圳 ok", "深圳 ok"), ("\u202e", r"\u202e")]
)
def test_control_characters_are_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
