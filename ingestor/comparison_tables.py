"""Comparisons as people read them on the terminal: changes, rankings, trends, in Chinese or English."""

from collections.abc import Iterable
from typing import Final

import msgspec
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from aggregations.comparison import Change
from aggregations.figures import Figure
from aggregations.standards import Standards
from aggregations.standings import Standing
from aggregations.trends import YearlyTrend
from ingestor.tables import (
    counts,
    framed,
    indicator_cell,
    mode_named,
    numbered_remarks,
    printed,
    remarks_list,
    running_alike,
    why,
    without_provisional,
)
from ingestor.words import ITEMS, Language, joined, unit, word

_COLOURS: Final = {"better": "green", "worse": "red", "flat": "default"}


def changes(found: list[Change], standards: Standards, language: Language) -> list[RenderableType]:
    """Return the table of the changes of one scope against the year before."""
    now, before = found[0].now, found[0].before
    table = Table()
    table.add_column(word("indicator", language), overflow="fold")
    for period in (now.period, before.period):
        table.add_column(escape(period), justify="right", overflow="fold")
    table.add_column(word("change", language), justify="right", no_wrap=True)
    running = running_alike((change.now for change in found), language)
    shown = [_without_provisional(change) for change in found] if running else found
    cells, numbered = numbered_remarks([_change_remarks(change, language) for change in shown])
    if numbered:
        table.add_column(word("remarks", language), overflow="fold")
    for change, cell in zip(found, cells, strict=True):
        row = [indicator_cell(change.now.indicator, language), *_both(change, language)]
        table.add_row(*row, *([cell] if numbered else []))
    title = [now.scope, f"{now.period} / {before.period}", mode_named(now.mode, language)]
    figures = [figure for change in found for figure in (change.now, change.before)]
    return framed(title, table, [*numbered, *running, *_notes(found, standards, language)], figures, language)


def ranking(found: list[Standing], standards: Standards, language: Language) -> list[RenderableType]:
    """Return the table of a ranking by a figure, or by its change where the standings have one."""
    first = found[0]
    by_change = [standing.change for standing in found if standing.change is not None]
    largest = any(standing.largest for standing in found)
    table = Table()
    table.add_column(word("place", language), justify="right", no_wrap=True)
    table.add_column(word("name", language), overflow="fold")
    if by_change:
        for period in (by_change[0].now.period, by_change[0].before.period):
            table.add_column(escape(period), justify="right", overflow="fold")
        table.add_column(word("change", language), justify="right", no_wrap=True)
    else:
        table.add_column(word("value", language), justify="right", no_wrap=True)
        table.add_column(word("valid", language), justify="right", no_wrap=True)
    if largest:
        table.add_column(word("largest", language), overflow="fold")
    cells, numbered = numbered_remarks([_standing_remarks(standing, language) for standing in found])
    if numbered:
        table.add_column(word("remarks", language), overflow="fold")
    for standing, cell in zip(found, cells, strict=True):
        name = standing.name if language == "zh" else standing.name_en
        row = [str(standing.place or "-"), f"{escape(name)}\n[dim]{escape(standing.scope)}[/]"]
        if standing.change is None:
            row += [printed(standing.figure, language), counts(standing.figure, language)]
        else:
            row += _both(standing.change, language)
        if largest:
            row.append("\n".join(ITEMS[item] for item in standing.largest))
        table.add_row(*row, *([cell] if numbered else []))
    name = indicator_cell(first.figure.indicator, language).partition("\n")[0]
    title = [name, first.figure.period, mode_named(first.figure.mode, language)]
    figures = [each.figure for each in found] + [change.before for change in by_change]
    return framed(title, table, [*numbered, *_notes(by_change, standards, language)], figures, language)


def trend(found: YearlyTrend, standards: Standards, language: Language) -> list[RenderableType]:
    """Return the figures of the years, and below what the trend is."""
    table = Table()
    table.add_column(word("year", language))
    table.add_column(word("value", language), justify="right", no_wrap=True)
    table.add_column(word("valid", language), justify="right", no_wrap=True)
    cells, notes = numbered_remarks([remarks_list(figure, language) for figure in found.figures])
    if notes:
        table.add_column(word("remarks", language), overflow="fold")
    for figure, cell in zip(found.figures, cells, strict=True):
        row = [figure.period, printed(figure, language), counts(figure, language)]
        table.add_row(*row, *([cell] if notes else []))
    if found.says is not None:
        critical = [str(value or "-") for value in (found.critical_05, found.critical_01)]
        notes.append(word("coefficient", language).format(found.coefficient, len(found.years), *critical))
        better = "" if found.better is None else f" ({word('better' if found.better else 'worse', language)})"
        notes.append(word(found.says, language) + better)
    if found.left_out:
        notes.append(word("left_out", language).format(", ".join(map(str, found.left_out))))
    if found.says is not None:
        notes += _unread(found.assumed, standards, language)
    name = indicator_cell(found.indicator, language).partition("\n")[0]
    title = [name, found.scope, mode_named(found.figures[0].mode, language)]
    return framed(title, table, notes, found.figures, language)


def _without_provisional(change: Change) -> Change:
    return msgspec.structs.replace(change, now=without_provisional(change.now))


def _both(change: Change, language: Language) -> list[str]:
    """Cells of the figure, of that of the year before, and of the change."""
    return [printed(change.now, language), printed(change.before, language), _change(change, language)]


def _change(change: Change, language: Language) -> str:
    if change.change is None and change.direction is None:
        return "-"
    if change.direction is None:
        return f"{change.change:+} {_change_unit(change, language)}".rstrip()
    colour = _COLOURS[change.direction]
    said = (change.label if language == "zh" else change.label_en) or word(change.direction, language)
    if change.label:
        return f"[{colour}]{said}[/]"
    if change.direction == "flat" or change.change is None or change.now.unit == "yes=1":
        return f"[{colour}]{said}[/]"
    return f"[{colour}]{change.change:+} {_change_unit(change, language)}".rstrip() + f"\n{said}[/]"


def _change_unit(change: Change, language: Language) -> str:
    units = {"percent": "%", "points": word("points", language), "difference": unit(change.now.unit, language)}
    return units[change.kind]


def _change_remarks(change: Change, language: Language) -> list[str]:
    """Why there is no change, and what the figure itself says."""
    own = remarks_list(change.now, language) if change.now.sufficient else []
    return [*_why(change, language), *own]


def _why(change: Change, language: Language) -> Iterable[str]:
    insufficient: dict[str, Figure] = {"now is insufficient": change.now, "before is insufficient": change.before}
    for each in change.why:
        if each == "before is 0":
            yield word("before_is_0", language).format(change.before.period)
        else:
            figure = insufficient[each]
            yield word("of_period", language).format(figure.period, joined(why(figure, language), language))


def _standing_remarks(standing: Standing, language: Language) -> list[str]:
    if standing.change is None:
        return remarks_list(standing.figure, language)
    left_out = standing.attains and standing.change.direction == "worse"
    return [*([word("attains", language)] if left_out else []), *_change_remarks(standing.change, language)]


def _notes(found: Iterable[Change], standards: Standards, language: Language) -> list[str]:
    every = list(found)
    notes = [word("editions_differ", language)] if any(change.editions_differ for change in every) else []
    return notes + _unread(dict.fromkeys(text for change in every for text in change.assumed), standards, language)


def _unread(assumed: Iterable[str], standards: Standards, language: Language) -> list[str]:
    """Rules that were recalled, each on a line; in Chinese where the edition says them in Chinese."""
    chinese = {
        f"{standard.edition.id}: {rule.text}": f"{standard.edition.id}：{rule.zh}"
        for standard in standards.all
        for rule in standard.rule.values()
        if rule.zh and language == "zh"
    }
    lines = [f"  {chinese.get(text, text)}" for text in assumed]
    return [word("unread", language), *lines] if lines else []
