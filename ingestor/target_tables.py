"""Targets by month as people read them: one month with the year to its end, and all months of a year."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from aggregations.plans import Plan
from ingestor import tables, target_words
from ingestor.verdicts import MonthView
from ingestor.words import Language, joined, word
from ingestor.writing import limit_of, name_of


def of_month(plan: Plan, views: Sequence[MonthView], language: Language) -> Table:
    """Return the table of one month: the month alone, the year to its end, and the status then."""
    title = [plan.title if language == "zh" else plan.title_en, views[0].month if views else ""]
    table = Table(title=escape(" · ".join(filter(None, title))), title_justify="left")
    for key in ("target", "of_month", "valid", "holds", "to_date", "limit", "status"):
        right = key in ("of_month", "valid", "to_date", "limit")
        table.add_column(word(key, language), justify="right" if right else "left", overflow="fold")
    for each in views:
        target = each.verdict.target
        table.add_row(
            escape(name_of(target, language)), *_of_month(each, language),
            escape(limit_of(target, language)), _status(each, language),
        )  # fmt: skip
    below = [
        escape(f"{name_of(each.verdict.target, language)}: {said}")
        for each in views
        if (said := target_words.remarks_of(each.verdict, _own(each, language), language))
    ]
    if below:
        table.caption = "\n".join(below)
        table.caption_justify = "left"
    return table


def _own(each: MonthView, language: Language) -> str:
    """Why the figure of the month is not sufficient; nothing of what runs: the month is what was asked for."""
    figure = each.figure
    return "" if figure is None or figure.sufficient else joined(tables.why(figure, language), language)


def of_year(plan: Plan, months: Sequence[Sequence[MonthView]], language: Language) -> Iterable[RenderableType]:
    """Yield the table of each target: its months, the year to the end of each, and the status then."""
    yield escape(f"{plan.title if language == 'zh' else plan.title_en} · {plan.year}")
    for views in zip(*months, strict=True):
        target = views[0].verdict.target
        title = f"{name_of(target, language)} {limit_of(target, language)}"
        table = Table(title=escape(title), title_justify="left")
        for key in ("month", "of_month", "valid", "holds", "to_date", "status", "room"):
            right = key in ("of_month", "valid", "to_date")
            table.add_column(word(key, language), justify="right" if right else "left", overflow="fold")
        for each in views:
            room = each.verdict.room
            left = "" if room is None else target_words.room_of(target, room, language)
            table.add_row(each.month, *_of_month(each, language), _status(each, language), escape(left))
        yield table


def _of_month(each: MonthView, language: Language) -> list[str]:
    held = "-" if each.holds is None else word("holds" if each.holds else "fails", language)
    return [
        tables.printed(each.figure, language),
        tables.valid_of(each.figure),
        held,
        tables.printed(each.verdict.figure, language),
    ]


def _status(each: MonthView, language: Language) -> str:
    status = target_words.status_of(each.verdict, language)
    rule = target_words.rule_of(each.verdict, language)
    return f"[{tables.COLOURS[each.verdict.status]}]{status}[/]" + (f"\n[dim]{escape(rule)}[/]" if rule else "")


def as_rows(months: Sequence[Sequence[MonthView]]) -> list[dict[str, Any]]:
    """Return what JSON says of months."""
    return [{"month": views[0].month, "targets": list(views)} for views in months if views]
