"""Targets at the end of a month, as notices and bulletins tell them: what is known of each, and its sentence."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from aggregations.figures import Figure
from aggregations.plans import Comparison, Status, StatusRule
from aggregations.room import Room
from ingestor import target_words
from ingestor.verdicts import MonthView
from ingestor.words import Language, word
from ingestor.writing import PAPER, day_named, limit_of, name_of, value_on_paper

_ORDER: Final = ("met", "on_track", "at_risk", "missed", "insufficient", "reported")


class TargetMonth(msgspec.Struct, frozen=True, kw_only=True):
    """A target of a plan in a month: the figures of month and year to date as printed, None where there is none.

    `status_before` is what the notice before said; None where there was none, or it did not have the target.
    `limit` is None where the plan names no number. `rule` and `room` are those of the verdict.
    `reported_to` is the last day of what was reported for a target that no sensor decides.
    """

    target: str
    name: str
    name_en: str
    comparison: Comparison
    limit: Decimal | None
    unit: str
    reported: bool
    month: Decimal | None
    month_label: str
    month_label_en: str
    month_sufficient: bool
    month_valid: int
    month_expected: int
    year: Decimal | None
    year_label: str
    year_label_en: str
    year_sufficient: bool
    year_valid: int
    year_expected: int
    status: Status
    status_before: Status | None
    rule: StatusRule = ""
    room: Room | None = None
    reported_to: dt.date | None = None


def target_month(view: MonthView, status_before: Status | None = None) -> TargetMonth:
    """Return what is told of a target in a month."""
    month, verdict = view.figure, view.verdict
    target, year = verdict.target, verdict.figure
    return TargetMonth(
        target=target.id, name=target.name, name_en=target.name_en, comparison=target.comparison, limit=target.limit,
        unit=target.unit, reported=target.indicator is None,
        month=month.value if month is not None else None,
        month_label=month.label if month is not None else "",
        month_label_en=month.label_en if month is not None else "",
        month_sufficient=month is not None and month.sufficient,
        month_valid=month.valid if month is not None else 0,
        month_expected=month.expected if month is not None else 0,
        year=year.value if year is not None else None,
        year_label=year.label if year is not None else "",
        year_label_en=year.label_en if year is not None else "",
        year_sufficient=year is not None and year.sufficient,
        year_valid=year.valid if year is not None else 0,
        year_expected=year.expected if year is not None else 0,
        status=verdict.status, status_before=status_before, rule=verdict.rule, room=verdict.room,
        reported_to=verdict.reported.as_of if target.indicator is None and verdict.reported is not None else None,
    )  # fmt: skip


def summary(rows: Sequence[TargetMonth], as_of: dt.date, language: Language) -> str:
    """Return how many targets have each status at the end of a day."""
    counts = Counter("reported" if row.rule == "not_reported" else row.status for row in rows)
    known = [(word(each, language), counts[each]) for each in _ORDER if counts[each]]
    day = day_named(as_of, language)
    if language == "zh":
        return f"截至{day}，{len(rows)}项目标中：" + "、".join(f"{status}{n}项" for status, n in known) + "。"
    return f"As of {day}, of {len(rows)} targets: " + ", ".join(f"{n} {status}" for status, n in known) + "."


def sentences(rows: Iterable[TargetMonth], month: str, to_date: str, language: Language) -> list[str]:
    """Return of each target a sentence: the year to date, the limit and the status, the month, and the room left.

    `month` and `to_date` name the days of both: 6月, 1—6月; of January they are alike, and the month is not told apart.
    """
    return [_sentence(row, month if month != to_date else "", to_date, language) for row in rows]


def _sentence(row: TargetMonth, month: str, to_date: str, language: Language) -> str:
    zh = language == "zh"
    rule = target_words.rule_of(row, language)
    status = target_words.status_of(row, language)
    status += (f"（{rule}）" if zh else f" ({rule})") if rule else ""
    limit = limit_of(row, language, PAPER)
    value = year_written(row, language)
    if row.year is not None and row.reported_to is not None:
        day = day_named(row.reported_to, language)
        first = f"上报至{day}{value}（目标{limit}）" if zh else f"{value} reported up to {day} (limit {limit})"
    elif row.year is not None:
        first = f"{to_date}{value}（目标{limit}）" if zh else f"{value} over {to_date} (limit {limit})"
    elif row.reported or row.rule == "no_stations":
        first = f"目标{limit}" if zh else f"limit {limit}"
    else:
        first = f"{to_date}无有效数据（目标{limit}）" if zh else f"no valid data over {to_date} (limit {limit})"
    parts = [f"{first}，{status}" if zh else f"{first}, {status}"]
    if month and row.month is not None:
        parts.append(f"{month}{month_written(row, language)}" if zh else f"{month_written(row, language)} in {month}")
    if row.room is not None and (room := target_words.room_of(row, row.room, language, PAPER)):
        parts.append(room)
    name = name_of(row, language)
    return f"{name}：" + "；".join(parts) + "。" if zh else f"{name}: " + "; ".join(parts) + "."


def year_written(row: TargetMonth, language: Language) -> str:
    """Return the figure of the year to date."""
    label = row.year_label if language == "zh" else row.year_label_en
    return written(row.year, row.unit, label, language, sufficient=row.year_sufficient)


def month_written(row: TargetMonth, language: Language) -> str:
    """Return the figure of the month."""
    label = row.month_label if language == "zh" else row.month_label_en
    return written(row.month, row.unit, label, language, sufficient=row.month_sufficient)


def figure_written(figure: Figure | None, language: Language) -> str:
    """Return the value of a figure with its unit, marked where it rests on too little data; a class in words."""
    if figure is None:
        return PAPER.none
    label = figure.label if language == "zh" else figure.label_en
    return written(figure.value, figure.unit, label, language, sufficient=figure.sufficient)


def written(value: Decimal | None, unit: str, label: str, language: Language, *, sufficient: bool = True) -> str:
    """Return a printed value with its unit; the words of a class, state or items; marked where data lack."""
    if value is None:
        return PAPER.none
    said = label if label and unit in ("class", "state", "items") else value_on_paper(value, unit, language)
    return said if sufficient else f"{said} ?"
