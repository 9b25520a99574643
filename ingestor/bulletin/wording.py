"""How figures, changes, days and places are written in bulletins, in Chinese and English."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from aggregations.comparison import Change
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS
from ingestor import tables
from ingestor.bulletin.contents import Bulletin, Row, Section
from ingestor.bulletin.texts import TEXTS
from ingestor.words import ITEMS, Language, word
from ingestor.writing import day_named, days_named, month_named, value_on_paper

STATUS_SIGNS: Final = {"met": "✓", "on_track": "→", "at_risk": "!", "missed": "✗", "insufficient": "?"}
"""Signs of a status beside its colour."""
_RISES: Final = {"percent": ("上升", "下降"), "points": ("上升", "下降"), "difference": ("增加", "减少")}
_ALL: Final = 10_000
"""Remarks of a figure: on paper none is left out."""
MINUS: Final = "\u2212"


def text(key: str, language: Language, **fields: object) -> str:
    """Return a text of bulletins."""
    return TEXTS[key][language].format(**fields) if fields else TEXTS[key][language]


def city_named(bulletin: Bulletin, language: Language) -> str:
    """Return the name of the city."""
    return bulletin.city if language == "zh" else bulletin.city_en


def title(bulletin: Bulletin, language: Language) -> str:
    """Return the title of a bulletin."""
    month = month_named(bulletin.month, language)
    return text("title", language, city=city_named(bulletin, language), month=month)


def cautions(bulletin: Bulletin, language: Language) -> list[str]:
    """Return what has to be said before anything else: a month that is not whole, or rests on too little data."""
    there = [each for each in bulletin.sections if each.state == "data"]
    month = month_named(bulletin.month, language)
    if not there:
        return [text("no_data_at_all", language, month=month)]
    found = []
    if bulletin.unfinished:
        last, days = day_named(bulletin.period.last, language), days_named(bulletin.period, language)
        found.append(text("unfinished", language, month=month, last=last, period=days))
    if missing := [each for each in bulletin.sections if each.state == "no data"]:
        found.append(text("missing", language, media=_media(missing, language)))
    if thin := [each for each in there if each.thin]:
        found.append(text("thin", language, media=_media(thin, language)))
    return found


def _media(sections: Iterable[Section], language: Language) -> str:
    names = [text(each.medium, language) for each in sections]
    return "、".join(names) if language == "zh" else ", ".join(name.lower() for name in names)


def audit(bulletin: Bulletin, language: Language) -> str:
    """Return whether the figures of the month are audited; nothing where there are none."""
    audited = [figure.audited for figure in bulletin.figures]
    return text("audited" if all(audited) else "partly" if any(audited) else "unaudited", language) if audited else ""


def number_of(figure: Figure | None) -> str:
    """Return the value of a figure without its unit, marked where it rests on too little data."""
    if figure is None or figure.value is None:
        return "—"
    return str(figure.value) + ("" if figure.sufficient else " ?")


def counts_of(figure: Figure | None) -> str:
    """Return how many units entered a figure, of how many."""
    return "—" if figure is None else f"{figure.valid}/{figure.expected}"


def change_of(change: Change | None, language: Language) -> str:
    """Return a change as a table has it: signed, in percent, percentage points or the unit; flat, or a dash."""
    if change is None or (change.change is None and change.direction is None):
        return "—"
    if change.label:
        return change.label if language == "zh" else change.label_en
    if change.direction == "flat":
        return text("flat", language)
    if change.change is None:
        return "—" if change.direction is None else text(change.direction, language)
    sign = "+" if change.change > 0 else MINUS if change.change < 0 else ""
    return sign + _amount(change, language)


def change_said(change: Change | None, language: Language) -> str:
    """Return a change as a sentence of an official bulletin has it: 同比下降7.1%; nothing where there is none."""
    if change is None or change.change is None or change.now.unit in ("class", "state", "items"):
        return ""
    if change.direction == "flat" or not change.change:
        return "同比持平" if language == "zh" else "as a year ago"
    if language == "zh":
        up, down = ("上升", "下降") if change.now.unit == "dB" else _RISES[change.kind]
        return f"同比{up if change.change > 0 else down}{_amount(change, language)}"
    return f"{'up' if change.change > 0 else 'down'} {_amount(change, language)} on a year ago"


def _amount(change: Change, language: Language) -> str:
    amount = abs(change.change or Decimal(0))
    if change.kind == "percent":
        return f"{amount}%"
    if change.kind == "points":
        return f"{amount}{'' if language == 'zh' else ' '}{word('points', language)}"
    return value_on_paper(amount, change.now.unit, language)


def direction_of(change: Change | None) -> str:
    """Return better, worse, flat or nothing."""
    return (change.direction or "") if change is not None else ""


def indicator_named(name: str, language: Language) -> str:
    """Return the name of an indicator."""
    return INDICATORS[name].name_zh if language == "zh" else INDICATORS[name].name_en


def items_named(items: Iterable[str], language: Language) -> str:
    """Return the names of items of air."""
    return ("、" if language == "zh" else ", ").join(ITEMS[item] for item in items)


def remarks_of(figure: Figure | None, language: Language) -> list[str]:
    """Return all that has to be said of a figure."""
    return [] if figure is None else tables.remarks_list(figure, language, shown=_ALL)


def row_remarks(row: Row, language: Language) -> list[str]:
    """Return what has to be said of a row: of the figure of the month, and of that of the year so far."""
    found = remarks_of(row.month, language)
    if row.to_date is not None and not row.to_date.sufficient:
        colon = "：" if language == "zh" else ": "
        why = tables.why(row.to_date, language, shown=_ALL)
        found += [f"{text('to_date', language)}{colon}{each}" for each in why]
    return list(dict.fromkeys(found))
