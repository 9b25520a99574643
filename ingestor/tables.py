"""What people read on the terminal: tables of targets and figures, in Chinese or English; JSON for machines."""

from typing import Any, Final, Literal

import msgspec
from rich.markup import escape
from rich.table import Table

from aggregations.figures import Figure
from aggregations.indicators import INDICATORS
from aggregations.plans import Plan, Verdict

Language = Literal["zh", "en"]

WORDS: Final[dict[str, dict[Language, str]]] = {
    "target": {"zh": "目标", "en": "target"},
    "indicator": {"zh": "指标", "en": "indicator"},
    "scope": {"zh": "范围", "en": "scope"},
    "period": {"zh": "时段", "en": "period"},
    "value": {"zh": "数值", "en": "value"},
    "limit": {"zh": "目标值", "en": "limit"},
    "valid": {"zh": "有效/应有", "en": "valid/expected"},
    "status": {"zh": "状态", "en": "status"},
    "met": {"zh": "已完成", "en": "met"},
    "on_track": {"zh": "符合进度", "en": "on track"},
    "at_risk": {"zh": "有风险", "en": "at risk"},
    "missed": {"zh": "未完成", "en": "missed"},
    "insufficient": {"zh": "数据不足", "en": "insufficient"},
    "reported": {"zh": "待填报", "en": "not reported yet"},
}

COLOURS: Final = {"met": "green", "on_track": "green", "at_risk": "yellow", "missed": "red", "insufficient": "dim"}


def word(key: str, language: Language) -> str:
    """Return a word of the tables in a language."""
    return WORDS[key][language]


def targets(plan: Plan, verdicts: list[Verdict], language: Language, *, title: str) -> Table:
    """Return the table of a plan's targets."""
    name = plan.title if language == "zh" else plan.title_en
    table = Table(title=escape(f"{name} · {title}"), title_justify="left")
    for key in ("target", "value", "limit", "valid", "status"):
        right = key in ("value", "limit", "valid")
        table.add_column(word(key, language), justify="right" if right else "left", overflow="fold")
    for verdict in verdicts:
        target, figure = verdict.target, verdict.figure
        status = word(verdict.status, language) if target.indicator else word("reported", language)
        table.add_row(
            escape(target.name if language == "zh" else target.name_en),
            printed(figure),
            escape(f"{target.comparison} {target.limit} {target.unit}"),
            f"{figure.valid}/{figure.expected}" if figure else "-",
            f"[{COLOURS[verdict.status]}]{status}[/]",
        )
    return table


def figures(found: list[Figure], language: Language) -> Table:
    """Return a table of figures."""
    table = Table()
    for key in ("indicator", "scope", "period", "value", "valid"):
        table.add_column(word(key, language), justify="right" if key in ("value", "valid") else "left")
    for figure in found:
        indicator = INDICATORS[figure.indicator]
        name = indicator.name_zh if language == "zh" else indicator.name_en
        table.add_row(
            f"{name}\n[dim]{figure.indicator}[/]",
            escape(figure.scope),
            figure.period,
            printed(figure),
            f"{figure.valid}/{figure.expected} {figure.counted}",
        )
    return table


def printed(figure: Figure | None) -> str:
    """Value and unit; a value that rests on too little data carries a mark."""
    if figure is None or figure.value is None:
        return "-"
    return f"{figure.value} {figure.unit}" + ("" if figure.sufficient else " ?")


def as_json(value: Any) -> str:
    """Return anything as indented JSON; a decimal is a number with its own digits, 96.0 stays 96.0."""
    return msgspec.json.format(msgspec.json.Encoder(decimal_format="number").encode(value), indent=2).decode()
