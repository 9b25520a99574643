"""The workbook of a bulletin: the targets, a sheet a medium with all figures, and what the page shows by day and place.

Numbers are numbers, printed as they are published; nothing that the register or a plan says becomes a formula. The same
contents give the same bytes: the time of writing stands nowhere.
"""

import io
from decimal import Decimal
from fractions import Fraction
from typing import Final

from openpyxl import Workbook

from aggregations.air import QUANTITIES
from aggregations.comparison import Change
from aggregations.figures import Figure
from aggregations.outlook import Outlook
from aggregations.plans import Verdict
from ingestor import target_words
from ingestor.bulletin import charts, wording
from ingestor.bulletin.contents import AirPlace, Bulletin, Noise, Section
from ingestor.bulletin.sheets import HEADS, Content, Sheet, safe, timeless
from ingestor.bulletin.texts import TEXTS
from ingestor.words import ITEMS, Language, joined
from ingestor.writing import PAPER, month_short, name_of, unit_on_paper

_YES: Final = {"zh": "是", "en": "yes"}
_NO: Final = {"zh": "否", "en": "no"}


def workbook(bulletin: Bulletin, language: Language) -> bytes:
    """Return the workbook of a bulletin, a file of XLSX."""
    book = Workbook()
    if book.active is not None:
        book.remove(book.active)
    _targets(Sheet(book, "targets", bulletin, language), bulletin, language)
    for section in bulletin.sections:
        _figures(Sheet(book, section.medium, bulletin, language), section, language)
    if bulletin.air.state == "data":
        _days(Sheet(book, "days", bulletin, language), bulletin, language)
        _places(Sheet(book, "places", bulletin, language), bulletin, language)
    if bulletin.water.sections:
        _sections(Sheet(book, "sections", bulletin, language), bulletin, language)
    if bulletin.noise.zones:
        _hours(Sheet(book, "hours", bulletin, language), bulletin, language)
        _monitors(Sheet(book, "monitors", bulletin, language), bulletin, language)
    _notes(Sheet(book, "notes", bulletin, language), bulletin, language)
    book.properties.creator = "qingjing"
    book.properties.title = safe(wording.title(bulletin, language))
    file = io.BytesIO()
    book.save(file)
    return timeless(file.getvalue(), bulletin.month)


def _yes(value: bool, language: Language) -> str:
    return (_YES if value else _NO)[language]


def _of_figure(figure: Figure | None, language: Language) -> list[Content]:
    """The columns that every figure has, from the period to what was left out."""
    if figure is None:
        return [None] * len(_FIGURE)
    label = figure.label if language == "zh" else figure.label_en
    exact = None if figure.exact is None else float(Fraction(figure.exact))
    return [
        figure.period, figure.value, label, unit_on_paper(figure.unit, language), figure.exact, exact,
        figure.valid, figure.expected, unit_on_paper(figure.counted, language),
        _yes(figure.sufficient, language), _yes(figure.audited, language),
    ]  # fmt: skip


_FIGURE: Final = (
    "period", "printed", "words", "unit", "exact", "exact_number", "valid", "expected", "counted", "sufficient",
    "audited",
)  # fmt: skip


def _basis(figure: Figure | None, language: Language) -> list[Content]:
    """Editions, rules and remarks of a figure."""
    if figure is None:
        return [None, None, None]
    rules = "; ".join(f"{edition}: {', '.join(keys)}" for edition, keys in figure.rules.items())
    editions = "; ".join(f"{edition} ({digest})" for edition, digest in figure.editions.items())
    return [editions, rules, joined(wording.remarks_of(figure, language), language)]


def _targets(into: Sheet, bulletin: Bulletin, language: Language) -> None:
    into.head(
        "target", "id", "indicator", "scope", "status", "rule", "comparison", "limit", *_FIGURE, "room", "tomorrow",
        "chance", "low", "central", "high", "years", "editions", "rules", "remarks", "beside", "source",
    )  # fmt: skip
    for each in bulletin.verdicts:
        target = each.target
        into.row(
            name_of(target, language), target.id, target.indicator, target.scope,
            target_words.status_of(each, language), target_words.RULES[each.rule][language],
            PAPER.signs[target.comparison], target.limit,
            *_of_figure(each.figure, language), *_ahead(each, bulletin.outlooks.get(target.id), language),
            *_basis(each.figure, language), joined(target_words.said_of(each, language, PAPER), language), target.text,
        )  # fmt: skip


def _ahead(verdict: Verdict, outlook: Outlook | None, language: Language) -> list[Content]:
    """Room, what tomorrow does to it; chance, range and median of the outlook, and its years."""
    room, target = verdict.room, verdict.target
    said: list[Content] = [None, None]
    if room is not None:
        said = [of(target, room, language, PAPER) for of in (target_words.room_of, target_words.tomorrow_of)]
    if outlook is None:
        return [*said, None, None, None, None, None]
    chance = None if outlook.chance is None else round(Decimal(outlook.chance), 3)
    return [*said, chance, outlook.low, outlook.central, outlook.high, ", ".join(map(str, outlook.years))]


def _figures(into: Sheet, section: Section, language: Language) -> None:
    into.head(
        "indicator", "id", "scope", *_FIGURE, "before", "change", "change_unit", "editions", "rules", "remarks"
    )  # fmt: skip
    if section.state != "data":
        into.row(TEXTS[section.state][language])
    rows = [*section.rows.values()]
    if isinstance(section, Noise):
        rows += [row for zone in section.zones for of in (zone.attainment, zone.levels) for row in of.values()]
    for row in rows:
        for figure, change in ((row.month, row.change), (row.to_date, row.to_date_change)):
            if figure is not None:
                into.row(
                    wording.indicator_named(figure.indicator, language), figure.indicator, figure.scope,
                    *_of_figure(figure, language), *_compared(change, language), *_basis(figure, language),
                )  # fmt: skip


def _compared(change: Change | None, language: Language) -> list[Content]:
    """Value of the year before, change and its unit."""
    if change is None:
        return [None, None, None]
    units = {"percent": "%", "points": "个百分点" if language == "zh" else "pp"}
    known = change.change is not None
    return [
        change.before.value if change.before.sufficient else None,
        change.change,
        units.get(change.kind, unit_on_paper(change.now.unit, language)) if known else None,
    ]


def _days(into: Sheet, bulletin: Bulletin, language: Language) -> None:
    into.head(
        "day",
        "AQI",
        "level",
        "level_name",
        "largest",
        *(f"{ITEMS[q]} ({'mg/m³' if q == 'co' else 'μg/m³'})" for q in QUANTITIES),
    )
    for day, quality in zip(bulletin.month.days(), bulletin.air.days, strict=True):
        if quality is None:
            into.row(str(day))
            continue
        name = quality.level_name if language == "zh" else quality.level_name_en
        row = into.row(
            str(day), quality.aqi, quality.level, name, wording.items_named(quality.primary or (), language),
            *(quality.values[q] for q in QUANTITIES),
        )  # fmt: skip
        if quality.colour is not None:
            into.fill(row, 3, quality.colour)


def _places(into: Sheet, bulletin: Bulletin, language: Language) -> None:
    into.head(
        "place",
        "name",
        "id",
        "composite",
        "PM2.5 (μg/m³)",
        "O3-8h P90 (μg/m³)",
        "good_days",
        "valid",
        "expected",
        "sufficient",
        "largest",
    )
    found: list[AirPlace] = [*bulletin.air.districts, *bulletin.air.places]
    for each in found:
        values = [each.composite.value, each.pm25.value, each.ozone.value, each.good_days.value]
        into.row(
            each.place, each.name if language == "zh" else each.name_en, each.composite.scope, *values,
            each.composite.valid, each.composite.expected, _yes(each.composite.sufficient, language),
            wording.items_named(each.largest, language),
        )  # fmt: skip


def _sections(into: Sheet, bulletin: Bulletin, language: Language) -> None:
    found = bulletin.water
    months = [month_short(month, language) for month in found.months]
    into.head("section", "id", "river", "target_class", *months, "year_ago", "main_items")
    names = ["—", *(row.name for row in found.classes)]
    for each in found.sections:
        classes = [month.class_ for month in each.months] + [each.before]
        row = into.row(
            name_of(each.station, language), each.station.id, each.station.water, names[each.target],
            *(names[month.class_] + ("×" if month.attains is False else "") for month in each.months),
            names[each.before], each.main_items[0 if language == "zh" else 1],
        )  # fmt: skip
        for column, class_ in enumerate(classes, 5):
            into.fill(row, column, found.classes[class_ - 1].rgb if class_ else charts.NO_DATA)


def _hours(into: Sheet, bulletin: Bulletin, language: Language) -> None:
    into.head("zone", *(str(hour) for hour in range(len(bulletin.noise.parts))))
    for each in bulletin.noise.zones:
        into.row(each.name if language == "zh" else each.name_en, *each.hours.levels)


def _monitors(into: Sheet, bulletin: Bulletin, language: Language) -> None:
    parts = [TEXTS[part][language] for part in ("day", "night")]
    columns = [TEXTS[key][language] for key in ("level", "rate")]
    columns += [HEADS[key][language] for key in ("valid", "expected", "sufficient")]
    into.head("name", "id", "district", "zone", *(f"{part} {column}" for part in parts for column in columns))
    for each in bulletin.noise.monitors:
        values: list[Content] = []
        for level, rate in zip(each.levels.values(), each.attainment.values(), strict=True):
            values += [level.value, rate.value, rate.valid, rate.expected, _yes(rate.sufficient, language)]
        into.row(name_of(each.station, language), each.station.id, each.station.district, each.zone, *values)


def _notes(into: Sheet, bulletin: Bulletin, language: Language) -> None:
    into.head("notes")
    for key in ("mark", "how_compared"):
        into.row(TEXTS[key][language])
    for edition, digest in bulletin.editions.items():
        into.row(f"{edition} ({digest})")
    if bulletin.assumed:
        into.row(TEXTS["unread"][language])
        for each in bulletin.assumed:
            into.row(each[0 if language == "zh" else 1])
