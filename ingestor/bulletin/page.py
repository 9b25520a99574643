"""The page of a bulletin: one HTML file that needs nothing else, neither network nor script.

Whatever comes from the register or a plan is escaped by Jinja; only the charts, which escape on their own, are not.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec
from markupsafe import Markup

from aggregations.figures import Figure
from aggregations.standings import COMPOSITE
from aggregations.water import NO_CLASS
from ingestor import tables, target_words
from ingestor.bulletin import air, charts, water, wording
from ingestor.bulletin.charts import NO_DATA, Mark
from ingestor.bulletin.contents import Air, Bulletin, Noise, Row, Section, Water
from ingestor.bulletin.texts import TEXTS
from ingestor.colours import ink_on
from ingestor.outlook_words import chance_printed, range_printed
from ingestor.target_months import figure_written
from ingestor.words import Language, remark
from ingestor.writing import PAPER, day_named, days_named, days_short, limit_of, month_short, name_of, to_date_named

TEMPLATES: Final = Path(__file__).parent / "templates"
_NUMERALS: Final = "一二三四五"
_WEEK: Final = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_TILES: Final = {
    "air": (air.GOOD_DAYS, air.PM25, air.OZONE, COMPOSITE),
    "water": (water.GOOD, water.WORSE, water.ATTAINED, "water.state"),
    "noise": ("noise.day_attainment", "noise.night_attainment", "noise.mean_level.day", "noise.mean_level.night"),
}
"""Figures that stand large at the head of a section."""


class FigureRow(msgspec.Struct, frozen=True):
    """A row of a table of figures, and the numbers of its remarks."""

    name: str
    row: Row
    notes: str


class Ahead(msgspec.Struct, frozen=True):
    """A row of what the rest of the year may bring for a target, in words."""

    name: str
    room: str
    tomorrow: str
    chance: str = ""
    range: str = ""
    years: str = ""


class FigureTable(msgspec.Struct, frozen=True):
    """A table of figures, and the remarks that its rows name by number."""

    rows: list[FigureRow]
    notes: list[str]


def page(bulletin: Bulletin, language: Language) -> str:
    """Return the page of a bulletin."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    functions: dict[str, Callable[..., str]] = {
        "value": figure_written,
        "change": wording.change_of,
        "limit": partial(limit_of, style=PAPER),
        "status": target_words.status_of,
        "rule": target_words.rule_of,
        "name": name_of,
        "indicator": wording.indicator_named,
        "items": wording.items_named,
        "month_short": month_short,
    }
    said = {name: partial(function, language=language) for name, function in functions.items()}
    environment.globals |= said | {
        "t": lambda key: TEXTS[key][language],
        "number": wording.number_of,
        "counts": wording.counts_of,
        "direction": wording.direction_of,
        "ink": ink_on,
        "signs": wording.STATUS_SIGNS,
    }
    return environment.get_template("bulletin.html.j2").render(
        language="zh-CN" if language == "zh" else "en",
        zh=language == "zh",
        bulletin=bulletin,
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704  # our own file
        title=wording.title(bulletin, language),
        cautions=wording.cautions(bulletin, language),
        plan=wording.text("plan", language).format(bulletin.plan.title if language == "zh" else bulletin.plan.title_en),
        counted=wording.text("counted", language).format(days_named(bulletin.period, language)),
        audit=wording.audit(bulletin, language),
        as_of=wording.text("on_time", language).format(day_named(bulletin.as_of, language)),
        month=days_short(bulletin.period, language),
        to_date=to_date_named(bulletin.period, language),
        numbers=[f"{n}、" for n in _NUMERALS] if language == "zh" else [f"{n}. " for n in range(1, 6)],
        verdicts=_verdicts(bulletin, language),
        ahead=_ahead(bulletin, language),
        tiles={each.medium: [n for n in _TILES[each.medium] if n in each.rows] for each in bulletin.sections},
        figures={each.medium: figure_table(each, language) for each in bulletin.sections},
        weeks=_weeks(bulletin),
        week=_WEEK[language],
        drawn={name: Markup(svg) for name, svg in _charts(bulletin, language).items()},  # noqa: S704  # escaped by Vega
        off_map={each.medium: _off_map(each, language) for each in bulletin.sections},
        no_data=NO_DATA,
        assumed=[each[0 if language == "zh" else 1] for each in bulletin.assumed],
    )


def figure_table(section: Section, language: Language) -> FigureTable:
    """Return the table of the figures of a section."""
    said = [wording.row_remarks(row, language) for row in section.rows.values()]
    cells, notes = tables.numbered_remarks(said)
    return FigureTable(
        [
            FigureRow(wording.indicator_named(name, language), row, cell)
            for (name, row), cell in zip(section.rows.items(), cells, strict=True)
        ],
        notes,
    )


def _verdicts(bulletin: Bulletin, language: Language) -> tuple[list[tuple[Any, str]], list[str]]:
    """The verdicts with the numbers of their remarks, and the remarks."""
    said = [
        [*wording.remarks_of(each.figure, language), *target_words.said_of(each, language, PAPER)]
        for each in bulletin.verdicts
    ]
    cells, notes = tables.numbered_remarks(said)
    return list(zip(bulletin.verdicts, cells, strict=True)), notes


def _ahead(bulletin: Bulletin, language: Language) -> list[Ahead]:
    """What the rest of the year may bring for each target of which anything is said."""
    found = []
    for verdict in bulletin.verdicts:
        target, room, outlook = verdict.target, verdict.room, bulletin.outlooks.get(verdict.target.id)
        if room is None and (outlook is None or outlook.central is None):
            continue
        name = name_of(target, language)
        left, tomorrow = PAPER.none, ""
        if room is not None:
            left = target_words.room_of(target, room, language, PAPER) or PAPER.none
            tomorrow = target_words.tomorrow_of(target, room, language, PAPER)
        if outlook is None:
            found.append(Ahead(name, left, tomorrow))
            continue
        chance = chance_printed(outlook.chance, language, PAPER, certain=outlook.certain)
        ends = range_printed(outlook, language, PAPER)
        if outlook.central is None and outlook.reason is not None:
            ends = remark(outlook.reason, language)
        found.append(Ahead(name, left, tomorrow, chance, ends, ", ".join(map(str, outlook.years))))
    return found


def _weeks(bulletin: Bulletin) -> list[list[Any]]:
    """The days of the month by week from Monday on: (number, air quality), None beside the month."""
    days = [(i + 1, quality) for i, quality in enumerate(bulletin.air.days)]
    cells: list[Any] = [None] * bulletin.month.first.weekday() + days
    cells += [None] * (-len(cells) % 7)
    return [cells[i : i + 7] for i in range(0, len(cells), 7)]


def _charts(bulletin: Bulletin, language: Language) -> dict[str, str]:
    """The charts that there are data for, by name."""
    found: dict[str, str] = {}

    def said(key: str) -> str:
        return wording.text(key, language)

    if bulletin.air.state == "data":
        found["months_pm25"] = charts.two_years(bulletin.air, language, good_days=False, said=said("months_pm25"))
        found["months_good"] = charts.two_years(bulletin.air, language, good_days=True, said=said("months_good"))
        found["daily"] = charts.by_day(bulletin.air, said=said("daily"))
        if charts.has_places(bulletin.air.stations):
            found["map_air"] = charts.station_map(_air_marks(bulletin.air), shape="circle", said=said("map_air"))
    if bulletin.water.sections:
        found["classes_by_month"] = charts.classes_by_month(bulletin.water, language, said=said("classes_by_month"))
        if charts.has_places(each.station for each in bulletin.water.sections):
            marks = _water_marks(bulletin.water)
            found["map_water"] = charts.station_map(marks, shape="square", said=said("map_water"))
    if bulletin.noise.zones:
        found["zone_chart"] = charts.zones(bulletin.noise.zones, language, said=said("zone_chart"))
        if charts.has_places(bulletin.noise.stations):
            marks = _noise_marks(bulletin.noise)
            found["map_noise"] = charts.station_map(marks, shape="circle", said=said("map_noise"))
    return found


def _air_marks(of: Air) -> list[Mark]:
    shades = _shades([each.composite if each.place else None for each in of.places])
    return [
        Mark(
            station=each.station,
            text=str(each.place or "—"),
            fill=fill,
        )
        for each, fill in zip(of.places, shades, strict=True)
        if each.station is not None
    ]


def _water_marks(of: Water) -> list[Mark]:
    found = []
    for each in of.sections:
        class_ = each.months[-1].class_
        row = None if class_ == NO_CLASS else of.classes[class_ - 1]
        text, fill = (row.name, row.rgb) if row else ("—", NO_DATA)
        found.append(Mark(station=each.station, text=text, fill=fill))
    return found


def _noise_marks(of: Noise) -> list[Mark]:
    rates = [each.attainment["night"] for each in of.monitors]
    found = []
    for each, rate, fill in zip(of.monitors, rates, _shades(rates), strict=True):
        known = rate.value is not None and rate.sufficient
        text = str(rate.value.to_integral_value(rounding="ROUND_FLOOR")) if known and rate.value is not None else "—"
        found.append(Mark(station=each.station, text=text, fill=fill))
    return found


def _shades(figures: Sequence[Figure | None]) -> list[str]:
    """The shade of each figure between the lowest and highest; grey where it rests on too little data."""
    values: list[Decimal | None] = [f.value if f is not None and f.sufficient else None for f in figures]
    known = [float(value) for value in values if value is not None]
    return [
        NO_DATA if value is None else charts.shade_of(float(value), min(known), max(known)) for value in values
    ]  # fmt: skip


def _off_map(section: Section, language: Language) -> str:
    n = sum(each.lon is None or each.lat is None for each in section.stations)
    return wording.text("off_map", language).format(n) if n else ""
