"""What people read on the terminal: tables of targets, figures and indicators; JSON for machines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from aggregations import reports
from aggregations.figures import Figure, Variant
from aggregations.indicators import HEADLINES, INDICATORS, Indicator
from aggregations.outlook import Outlook
from aggregations.plans import Plan, Verdict
from aggregations.standards import Mode
from ingestor import target_words
from ingestor.outlook_words import chance_printed, range_printed
from ingestor.words import MODES, joined, remark, remarks_of, unit, word
from ingestor.words import Language as Language
from ingestor.writing import limit_of, name_of, value_printed

COLOURS: Final = {"met": "green", "on_track": "green", "at_risk": "yellow", "missed": "red", "insufficient": "dim"}

REASONS_SHOWN: Final = 3
"""How many reasons of a kind the remarks of a figure show; `--json` has all."""


def targets(
    plan: Plan,
    verdicts: list[Verdict],
    language: Language,
    *,
    title: str,
    outlooks: Mapping[str, Outlook] | None = None,
) -> Table:
    """Return the table of a plan's targets; the room left stands in it before the end of the year.

    `outlooks` are those of the targets, by their ids, where they are asked for.
    """
    name = plan.title if language == "zh" else plan.title_en
    audit = audit_named((verdict.figure for verdict in verdicts), language)
    table = Table(title=escape(" · ".join(filter(None, (name, title, audit)))), title_justify="left")
    with_room = any(verdict.room is not None for verdict in verdicts)
    for key in (
        "target",
        "value",
        "limit",
        "valid",
        "status",
        *(("room",) if with_room else ()),
        *(("chance",) if outlooks else ()),
    ):
        right = key in ("value", "limit", "valid")
        table.add_column(word(key, language), justify="right" if right else "left", overflow="fold")
    below: list[str] = []
    for verdict in verdicts:
        ahead = (outlooks or {}).get(verdict.target.id)
        target, figure, room = verdict.target, verdict.figure, verdict.room
        rule = target_words.rule_of(verdict, language)
        status = f"[{COLOURS[verdict.status]}]{target_words.status_of(verdict, language)}[/]"
        left = [] if room is None else [target_words.room_of(target, room, language)]
        if room is not None and (then := target_words.tomorrow_of(target, room, language)):
            left.append(f"[dim]{escape(then)}[/]")
        table.add_row(
            escape(name_of(target, language)),
            printed(figure, language),
            escape(limit_of(target, language)),
            valid_of(figure),
            status + (f"\n[dim]{escape(rule)}[/]" if rule else ""),
            *(["\n".join(left)] if with_room else []),
            *([] if ahead is None else [escape(_chance(ahead, language))]),
        )
        own = remarks(figure, language) if figure and verdict.rule != "no_stations" else ""
        said = target_words.remarks_of(verdict, own, language)
        if said:
            below.append(escape(f"{name_of(target, language)}: {said}"))
    if with_room:
        below.append(word("room_assumes", language))
    if below:
        table.caption = "\n".join(below)
        table.caption_justify = "left"
    return table


def _chance(ahead: Outlook, language: Language) -> str:
    """The chance of meeting a target, with the range below; where there is neither, why."""
    if ahead.central is None and ahead.reason is not None:
        return remark(ahead.reason, language)
    said = [chance_printed(ahead.chance, language, certain=ahead.certain), range_printed(ahead, language)]
    return "\n".join(said)


def valid_of(figure: Figure | None) -> str:
    """Valid and expected counts of a figure; - where nothing is counted."""
    if figure is None or (figure.counted == reports.COUNTED and figure.valid == figure.expected == 1):
        return "-"
    return f"{figure.valid}/{figure.expected}"


def figures(found: list[Figure], language: Language) -> list[RenderableType]:
    """Return the table of figures of one scope, period and mode, which the line above it names.

    Remarks stand below, each once, with a number that the rows name; what all that are provisional have in common
    without one.
    """
    first = found[0]
    table = Table()
    below = running_alike(found, language)
    shown = [without_provisional(figure) for figure in found] if below else found
    table.add_column(word("indicator", language), no_wrap=True)
    table.add_column(word("value", language), justify="right", overflow="fold")
    table.add_column(word("valid", language), justify="right", no_wrap=True)
    cells, notes = numbered_remarks([remarks_list(figure, language) for figure in shown])
    if notes:
        table.add_column(word("remarks", language), overflow="fold")
    for figure, cell in zip(found, cells, strict=True):
        row = [indicator_cell(figure.indicator, language), printed(figure, language), counts(figure, language)]
        table.add_row(*row, *([cell] if notes else []))
    title = [first.scope, first.period, mode_named(first.mode, language)]
    return framed(title, table, [*notes, *below], found, language)


def numbered_remarks(said: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Return what the remarks of each row become, numbers, and the notes below the table that these name, each once."""
    numbers = {text: n for n, text in enumerate(dict.fromkeys(text for texts in said for text in texts), 1)}
    cells = [" ".join(str(numbers[text]) for text in texts) for texts in said]
    return cells, [f"{n} {text}" for text, n in numbers.items()]


def indicators(chosen: Iterable[Indicator], language: Language) -> Table:
    """Return the list of indicators: name, id, unit, medium, and a tick at those that are printed by default."""
    table = Table()
    for key in ("indicator", "unit", "medium", "headline"):
        table.add_column(word(key, language), overflow="fold")
    for each in chosen:
        table.add_row(
            indicator_cell(each.name, language), unit(each.unit, language), word(each.medium, language),
            "✓" if each.name in HEADLINES else "",
        )  # fmt: skip
    return table


def indicator_rows(chosen: Iterable[Indicator]) -> list[dict[str, Any]]:
    """Return what JSON says of indicators."""
    return [
        {
            "indicator": each.name,
            "name_zh": each.name_zh,
            "name_en": each.name_en,
            "unit": each.unit,
            "medium": each.medium,
            "less_is_better": each.less_is_better,
            "headline": each.name in HEADLINES,
        }
        for each in chosen
    ]


def running_alike(found: Iterable[Figure], language: Language) -> list[str]:
    """Return what is provisional of all figures of which anything is, where it is the same of all; else nothing."""
    provisional = {tuple(figure.provisional) for figure in found if figure.provisional}
    return [remark(each, language) for each in provisional.pop()] if len(provisional) == 1 else []


def without_provisional(figure: Figure) -> Figure:
    """Return a figure that says nothing of what is provisional: it stands elsewhere."""
    return msgspec.structs.replace(figure, provisional=[])


def framed(
    title: Iterable[str], table: Table, notes: Iterable[str], found: Iterable[Figure | None], language: Language
) -> list[RenderableType]:
    """Return a line with a title, a table, and lines with notes and with what ? means where a figure carries it.

    The title says whether the figures are audited.

    Lines are printed without wrapping.
    """
    found = list(found)
    below = list(notes)
    if any(figure is not None and figure.value is not None and not figure.sufficient for figure in found):
        below.append(word("mark", language))
    whole = " · ".join(filter(None, (*title, audit_named(found, language))))
    return [f"[italic]{escape(whole)}[/]", table, *(f"[dim]{escape(line)}[/]" for line in below)]


def audit_named(found: Iterable[Figure | None], language: Language) -> str:
    """Whether figures are audited: all, some or none; nothing where there are none."""
    those = [figure.audited for figure in found if figure is not None]
    return word("audited" if all(those) else "partly" if any(those) else "unaudited", language) if those else ""


def mode_named(mode: Mode, language: Language) -> str:
    """What a mode of evaluation is, and its name."""
    return f"{MODES[mode][language]} ({mode})"


def indicator_cell(name: str, language: Language) -> str:
    """Name of an indicator with its id below."""
    indicator = INDICATORS[name]
    return f"{indicator.name_zh if language == 'zh' else indicator.name_en}\n[dim]{name}[/]"


def counts(figure: Figure, language: Language) -> str:
    """Valid and expected counts, with what is counted below."""
    return f"{figure.valid}/{figure.expected}\n[dim]{unit(figure.counted, language)}[/]"


def printed(figure: Figure | None, language: Language = "en") -> str:
    """Value and unit, and below what the number stands for; a value that rests on too little data carries a mark.

    Of a class or state only the words are printed.
    """
    if figure is None:
        return "-"
    mark = "" if figure.value is None or figure.sufficient else " ?"
    label = escape(figure.label if language == "zh" else figure.label_en)
    if label and figure.unit in ("class", "state"):
        return label + mark
    return value_printed(figure.value, figure.unit, language) + mark + (f"\n{label}" if label else "")


def remarks(figure: Figure, language: Language) -> str:
    """Why a figure rests on too little data, what of it is provisional, and the other of a pair with events."""
    return joined(remarks_list(figure, language), language)


def remarks_list(figure: Figure, language: Language, *, shown: int = REASONS_SHOWN) -> list[str]:
    """Return the parts of the remarks of a figure, one by one; of each kind so many as are shown."""
    parts = [] if figure.sufficient else list(why(figure, language, shown=shown))
    parts += _cut((remark(each, language) for each in figure.provisional), language, shown)
    if figure.counterpart is not None:
        parts.append(counterpart(figure.counterpart, figure.unit, language))
    return parts


def why(figure: Figure, language: Language, *, shown: int = REASONS_SHOWN) -> Iterator[str]:
    """Yield why a figure is not sufficient: the rules that are not met; without any, what was excluded."""
    texts = remarks_of(figure.reasons, language)
    texts = texts or [f"{remark(reason, language)} ({n})" for reason, n in figure.excluded.items()]
    yield from _cut(texts or [remark("too little data", language)], language, shown)


def counterpart(variant: Variant, of_unit: str, language: Language) -> str:
    """The other of a pair of figures, with or without the hours of exceptional events."""
    mark = "" if variant.value is None or variant.sufficient else " ?"
    return word(f"events_{variant.events}", language) + value_printed(variant.value, of_unit, language) + mark


def _cut(texts: Iterable[str], language: Language, shown: int) -> list[str]:
    every = list(texts)
    if len(every) <= shown:
        return every
    return [*every[:shown], word("more", language).format(len(every) - shown)]


def as_json(value: Any) -> str:
    """Return anything as indented JSON; a decimal is a number with its own digits, 96.0 stays 96.0."""
    return msgspec.json.format(msgspec.json.Encoder(decimal_format="number").encode(value), indent=2).decode()
