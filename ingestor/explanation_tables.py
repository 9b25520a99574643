"""The explanation of a figure as people read it on the terminal, in Chinese or English."""

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from aggregations.explain import RuleUsed
from aggregations.figures import Figure
from ingestor import calibration_tables, review_tables
from ingestor.explanation import Explanation
from ingestor.explanation_air import AirBasis, ExcludedDays, Lack
from ingestor.explanation_hours import ExcludedHours, StationHours
from ingestor.explanation_noise import NoiseBasis
from ingestor.explanation_noise_tables import noise_tables
from ingestor.explanation_water_tables import water_tables
from ingestor.explanation_words import SHOWN, ZH, counts, cut
from ingestor.standards_tables import clause_in_chinese
from ingestor.tables import audit_named, printed, why
from ingestor.words import ITEMS, MODES, Language, joined, remarks_of, unit
from ingestor.writing import value_printed


def explained(explanation: Explanation, language: Language) -> Iterator[RenderableType]:
    """Yield what is printed of an explanation: the figure, its rules, stations, days and hours left out, days."""
    zh = language == "zh"
    figure = explanation.figure
    name = explanation.name_zh if zh else explanation.name_en
    yield f"[bold]{escape(name)}[/]  [dim]{figure.indicator}[/]  {escape(figure.scope)}  {figure.period}"
    yield from _lines(explanation, zh)
    for each in explanation.archived:
        where = f"{each.month} {each.medium} {each.city}"
        yield escape(
            f"{where}：原始数据已归档（{each.file}），此处不说明其小时值；用 qingjing import parquet 恢复"
            if zh
            else f"{where}: readings are archived in {each.file}; its hours are not explained here before "
            "`qingjing import parquet` restores them"
        )
    yield from _basis(explanation, language)
    if explanation.reviews:
        yield review_tables.used(explanation.reviews, language)
    if explanation.calibrations:
        yield calibration_tables.used(explanation.calibrations, language)
    yield _rules(explanation.rules, zh)


def _basis(explanation: Explanation, language: Language) -> Iterator[RenderableType]:
    zh = language == "zh"
    basis = explanation.basis
    if isinstance(basis, AirBasis):
        if basis.moved_most:
            of_good_days = explanation.figure.indicator in ("air.good_days", "air.longest_run.good")
            yield _moved(basis, zh, of_good_days=of_good_days)
        if basis.excluded_days:
            yield _days(basis.excluded_days, zh)
    elif isinstance(basis, NoiseBasis):
        yield from noise_tables(basis, zh)
    else:
        yield from water_tables(basis, explanation.figure, language)
        return
    if basis.stations:
        yield _stations(basis.stations, zh)
    if basis.excluded_hours:
        yield _hours(basis.excluded_hours, zh)


def _lines(explanation: Explanation, zh: bool) -> Iterator[str]:
    figure = explanation.figure
    language: Language = "zh" if zh else "en"

    def line(label_zh: str, label_en: str, text: str, style: str = "") -> str:
        label = label_zh + " " * (10 - 2 * len(label_zh)) if zh else label_en.ljust(10)
        return f"[{style}]{label}{text}[/]" if style else f"{label}{text}"

    yield line("数值", "value", escape(printed(figure, "zh" if zh else "en")))
    if figure.exact is not None:
        exact = Fraction(figure.exact)
        decimal = f"{float(exact):.6f}".rstrip("0").rstrip(".")
        text = decimal if exact.denominator == 1 else f"{figure.exact} = {decimal}"
        n = explanation.decimals
        rounding = f"一次修约，保留{n}位小数，四舍六入五成双" if zh else f"rounded once, decimals: {n}, half to even"
        yield line("修约前", "exact", f"{text}  [dim]{rounding} (GB/T 8170)[/]")
    counted = unit(figure.counted, language)
    yield line("有效", "valid", f"{figure.valid}/{figure.expected}{'' if zh else ' '}{counted}")
    if not figure.sufficient:
        yield line("不足", "too few", escape(joined(why(figure, language), language)), "yellow")
    for each in remarks_of(figure.provisional, language):
        yield line("说明", "note", escape(each), "yellow")
    yield line("口径", "mode", f"{MODES[figure.mode][language]} [dim]({figure.mode})[/]")
    yield line("审核", "audit", audit_named([figure], language))
    if explanation.revision is not None:
        yield line("发布", "published", f"修订 {explanation.revision}" if zh else f"revision {explanation.revision}")
    yield line("标准", "editions", escape(", ".join(f"{k} ({v})" for k, v in figure.editions.items())))
    if figure.counterpart is not None:
        yield line("事件", "events", _events(figure, zh))


def _events(figure: Figure, zh: bool) -> str:
    assert figure.counterpart is not None
    other = figure.counterpart
    value = value_printed(other.value, figure.unit, "zh" if zh else "en")
    value += "" if other.sufficient else " ?"
    texts = {
        "excluded": ("已剔除异常事件；保留时为 {}", "without the hours of exceptional events; with them {}"),
        "kept": ("包含异常事件；剔除时为 {}", "with the hours of exceptional events; without them {}"),
    }
    return escape(texts[figure.events][0 if zh else 1].format(value))


def _rules(rules: list[RuleUsed], zh: bool) -> Table:
    table = Table(title="依据" if zh else "rules", title_justify="left")
    for column in ("标准", "条款", "规则", "确认") if zh else ("edition", "clause", "rule", "read"):
        table.add_column(column, overflow="fold")
    for rule in rules:
        mark = ("是" if zh else "yes") if rule.confirmed else ("[yellow]推定[/]" if zh else "[yellow]assumed[/]")
        text, clause = (rule.zh, clause_in_chinese(rule.clause)) if zh else (rule.text, rule.clause)
        table.add_row(escape(rule.edition), escape(clause or "-"), escape(text), mark)
    return table


def _moved(explanation: AirBasis, zh: bool, *, of_good_days: bool) -> Table:
    if of_good_days:
        title = (
            "非优良日（与该日为优良时之差）" if zh else "days that are not good (with them, less had they been good)"
        )
    else:
        title = (
            "对数值影响最大的日期（含该日与剔除该日之差）"
            if zh
            else "days that moved the figure most (with it, less without)"
        )
    table = Table(title=title, title_justify="left")
    for column in ("日期", "日值", "AQI", "级别", "影响") if zh else ("day", "values", "AQI", "level", "moved"):
        table.add_column(column, overflow="fold")
    for each in explanation.moved_most:
        values = "  ".join(f"{ITEMS[q]} {v}" for q, v in each.values.items() if v is not None)
        table.add_row(str(each.day), values, str(each.aqi or "-"), str(each.level or "-"), f"{each.moved:+}")
    return table


def _stations(stations: list[StationHours], zh: bool) -> Table:
    table = Table(title="各站小时数据" if zh else "hours of the stations", title_justify="left")
    columns = ("站点", "项目", "有效/应有", "剔除", "存疑（计入）")
    for column in columns if zh else ("station", "item", "valid/all", "left out", "doubted, but in"):
        table.add_column(column, overflow="fold")
    alike: dict[tuple[str, ...], list[str]] = {}
    for each in stations:
        name = f"{each.name if zh else each.name_en} {each.station}"
        row = (f"{each.valid}/{each.hours}", counts(each.excluded, zh), counts(each.suspect, zh))
        alike.setdefault((name, *row), []).append(ITEMS[each.quantity])
    for (name, *rest), quantities in alike.items():
        table.add_row(escape(name), " ".join(quantities), *rest)
    return table


def _days(days: list[ExcludedDays], zh: bool) -> Table:
    title = f"未计入的日期（{len(days)}段）" if zh else f"days left out ({len(days)} runs)"
    table = Table(title=cut(title, len(days), zh), title_justify="left")
    for column in ("日期", "原因") if zh else ("days", "why"):
        table.add_column(column, overflow="fold")
    for each in days[:SHOWN]:
        span = str(each.first) if each.first == each.last else f"{each.first}..{each.last}"
        table.add_row(span, "\n".join(_lack(lack, zh) for lack in each.lacks))
    return table


def _lack(lack: Lack, zh: bool) -> str:
    name = ITEMS[lack.quantity]
    if zh:
        head = f"{name}：{lack.valid}{ZH[lack.unit]}有效，需{lack.needed}"
    else:
        head = f"{name}: {lack.valid} valid {lack.unit}, {lack.needed} needed"
    if lack.unit == "stations":
        unit = "h" if lack.quantity != "o3" else "个窗口" if zh else "windows"
        hours = ", ".join(f"{station} {n} {unit}" for station, n in lack.why.items())
        return escape(f"{head}（{hours}）" if zh else f"{head} ({hours})")
    return f"{escape(head)}; {counts(lack.why, zh)}"


def _hours(hours: list[ExcludedHours], zh: bool) -> Table:
    alike: dict[tuple[str, dt.datetime, dt.datetime, int, str], list[str]] = {}
    for each in hours:
        key = (each.station, each.first, each.until, each.hours, each.reason)
        alike.setdefault(key, []).append(ITEMS[each.quantity])
    title = (
        f"未计入的小时（{len(alike)}段，最长者在前）"
        if zh
        else f"hours left out ({len(alike)} runs, the longest first)"
    )
    table = Table(title=cut(title, len(alike), zh), title_justify="left")
    for column in (
        ("站点", "项目", "起", "止", "小时", "原因") if zh else ("station", "item", "from", "until", "h", "why")
    ):
        table.add_column(column, overflow="fold")
    for (station, first, until, n, reason), items in sorted(alike.items(), key=lambda run: -run[0][3])[:SHOWN]:
        why = ZH.get(reason, reason) if zh else reason
        table.add_row(
            escape(station), " ".join(items), f"{first:%Y-%m-%d %H:%M}", f"{until:%Y-%m-%d %H:%M}", str(n), why
        )
    return table
