"""Charts of bulletins as SVG: text stays text in the reader's own fonts, no script, nothing from a network.

Colour is never alone: bars carry values, classes and places stand in the marks themselves.
"""

import html
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import altair as alt
import msgspec
import vl_convert

from ingestor.bulletin import wording
from ingestor.bulletin.contents import Air, Water, Zone
from ingestor.colours import ink_on
from ingestor.words import Language
from ingestor.writing import month_short
from sensors.register import Station

WIDTH, HEIGHT = 440, 230
"""Size of a chart with its axes, in its own pixels; the page scales it."""
MAP_HEIGHTS: Final = (250, 460)
INK, DIM, LINE = "#1f2933", "#5b6770", "#d5dbe1"
NOW, BEFORE, SECOND = "#1f5f8b", "#c3ccd4", "#c8641b"
NO_DATA = "#c9cdd2"
_FONT: Final = ' font-family="sans-serif"'
"""What every text says of its font: the page has a better choice, and asking for it here takes seconds."""
_KM_A_DEGREE: Final = 111.32
_SHADES: Final = ("#d6e6f2", "#a9cbe3", "#74a9cf", "#3f7fb1", "#1c5483")
"""Shades of a value on a map, from low to high."""
_HEADROOM: Final = 1.1
"""How much higher than the highest bar a chart is: its value stands above it."""
_LABELS_UP_TO: Final = 150
"""Marks of a map carry their texts where there are not more of them."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A station on a map: the text inside its mark, and its colour."""

    station: Station
    text: str
    fill: str


def get_ready() -> None:
    """Draw a dot: what draws charts reads its fonts and starts for a second with the first, beside anything else."""
    dot = {"data": {"values": [{}]}, "mark": "point"}
    vl_convert.vegalite_to_svg(dot)


def shade_of(value: float, low: float, high: float) -> str:
    """Return the shade of a value between the lowest and the highest of a map."""
    part = 0.0 if high <= low else (value - low) / (high - low)
    return _SHADES[min(int(part * len(_SHADES)), len(_SHADES) - 1)]


def two_years(air: Air, language: Language, *, good_days: bool, said: str) -> str:
    """Return bars of each month of the year beside those of the year before; values of this year stand above."""
    rows: list[dict[str, Any]] = []
    years: list[str] = []
    for each in air.months:
        month = month_short(each.month, language)
        now, before = (
            (each.good_days, each.good_days_before) if good_days else (each.pm25, each.pm25_before)
        )  # fmt: skip
        for year, figure in ((each.month.first.year - 1, before), (each.month.first.year, now)):
            name = wording.text("this_year", language).format(year)
            years = years if name in years else [*years, name]
            known = figure is not None and figure.value is not None
            rows.append(
                {
                    "month": month,
                    "year": name,
                    "value": float(figure.value) if known and figure is not None and figure.value is not None else None,
                    "label": wording.number_of(figure) if known and figure is now else "",
                    "sure": bool(figure is not None and figure.sufficient),
                }
            )
    months = list(dict.fromkeys(row["month"] for row in rows))
    years = sorted(years)
    most = max((row["value"] for row in rows if row["value"] is not None), default=1.0)
    top = 100.0 if good_days else most
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("month:N", sort=months, title=None, axis=alt.Axis(labelAngle=0, ticks=False)),
        xOffset=alt.XOffset("year:N", sort=years),
    )
    y = alt.Y(
        "value:Q", title=None, axis=alt.Axis(tickCount=5), scale=alt.Scale(domain=[0, top * _HEADROOM], nice=False)
    )  # fmt: skip
    bars = base.mark_bar().encode(
        y=y,
        color=alt.Color(
            "year:N", sort=years, scale=alt.Scale(domain=years, range=[BEFORE, NOW]),
            legend=alt.Legend(title=None, orient="top", direction="horizontal", padding=0, offset=4),
        ),
        opacity=alt.condition("datum.sure", alt.value(1.0), alt.value(0.45)),
    )  # fmt: skip
    labels = base.mark_text(dy=-6, fontSize=10, color=INK).encode(y=y, text="label:N")
    return _svg(bars + labels, said)


def by_day(air: Air, *, said: str) -> str:
    """Return lines of the daily PM2.5 and of the largest 8 hours of ozone, each named at its end. [ug/m3]"""
    names = {"pm25": "PM2.5", "o3": "O3-8h"}
    rows = [
        {"day": i + 1, "item": names[item], "value": None if value is None else float(value)}
        for i, day in enumerate(air.days)
        for item in names
        for value in ((None if day is None else day.values[item]),)
    ]
    ends = [
        row
        for item in names.values()
        for row in [each for each in rows if each["item"] == item and each["value"] is not None][-1:]
    ]
    colours = alt.Scale(domain=list(names.values()), range=[NOW, SECOND])
    n = len(air.days)
    x = alt.X(
        "day:Q", title=None, scale=alt.Scale(domain=[1, n + 3], nice=False),
        axis=alt.Axis(values=[1, 5, 10, 15, 20, 25, n], format="d", grid=False),
    )  # fmt: skip
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, color=alt.Color("item:N", scale=colours, legend=None))
    lines = base.mark_line(strokeWidth=1.6, point=alt.OverlayMarkDef(size=14)).encode(
        y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=5)),
        strokeDash=alt.StrokeDash(
            "item:N", scale=alt.Scale(domain=list(names.values()), range=[[1, 0], [4, 2]]), legend=None
        ),
    )  # fmt: skip
    labels = (
        alt.Chart(alt.InlineData(values=ends))
        .mark_text(align="left", dx=6, fontSize=11, fontWeight="bold")
        .encode(x=x, y="value:Q", text="item:N", color=alt.Color("item:N", scale=colours, legend=None))
    )
    return _svg(lines + labels, said)


def classes_by_month(water: Water, language: Language, *, said: str) -> str:
    """Return stacked bars of how many sections have each class in each month, the classes in their colours."""
    none = "—"
    names = [none, *(row.name for row in water.classes)]
    fills = [NO_DATA, *(row.rgb for row in water.classes)]
    rows = []
    for i, month in enumerate(water.months):
        counts = [sum(each.months[i].class_ == class_ for each in water.sections) for class_ in range(len(names))]
        low = 0
        for class_ in (*range(1, len(names)), 0):
            if counts[class_]:
                rows.append(
                    {
                        "month": month_short(month, language), "class": names[class_], "low": low,
                        "high": low + counts[class_], "middle": low + counts[class_] / 2,
                        "label": f"{names[class_]} {counts[class_]}", "ink": ink_on(fills[class_]),
                    }
                )  # fmt: skip
                low += counts[class_]
    months = [month_short(month, language) for month in water.months]
    small = len(water.sections) / 25
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("month:N", sort=months, title=None, axis=alt.Axis(labelAngle=0, ticks=False))
    )
    bars = base.mark_bar(stroke="white", strokeWidth=0.6).encode(
        y=alt.Y("low:Q", title=None, axis=alt.Axis(tickCount=5, tickMinStep=1, format="d")),
        y2="high:Q",
        color=alt.Color("class:N", sort=names, scale=alt.Scale(domain=names, range=fills), legend=None),
    )
    labels = (
        base.mark_text(fontSize=9)
        .encode(y="middle:Q", text="label:N", color=alt.Color("ink:N", scale=None))
        .transform_filter(f"datum.high - datum.low >= {small}")
    )
    return _svg(bars + labels, said)


def zones(found: Sequence[Zone], language: Language, *, said: str) -> str:
    """Return bars of the attainment of each zone class by day and by night, with their values."""
    parts = {"day": wording.text("day", language), "night": wording.text("night", language)}
    rows = [
        {
            "zone": zone.zone if language == "en" else f"{zone.zone}类",
            "part": name,
            "value": float(figure.value) if figure.value is not None else None,
            "label": wording.number_of(figure),
            "sure": figure.sufficient,
        }
        for zone in found
        for part, name in parts.items()
        for figure in (zone.attainment["day" if part == "day" else "night"].month,)
    ]
    order = list(parts.values())
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(
            "zone:N",
            sort=list(dict.fromkeys(str(r["zone"]) for r in rows)),
            title=None,
            axis=alt.Axis(labelAngle=0, ticks=False),
        ),
        xOffset=alt.XOffset("part:N", sort=order),
    )
    y = alt.Y(
        "value:Q", title=None, axis=alt.Axis(values=[0, 20, 40, 60, 80, 100]),
        scale=alt.Scale(domain=[0, 100 * _HEADROOM], nice=False),
    )  # fmt: skip
    bars = base.mark_bar().encode(
        y=y,
        color=alt.Color(
            "part:N", sort=order, scale=alt.Scale(domain=order, range=["#e0a83a", "#3a4f7a"]),
            legend=alt.Legend(title=None, orient="top", direction="horizontal", padding=0, offset=4),
        ),
        opacity=alt.condition("datum.sure", alt.value(1.0), alt.value(0.45)),
    )  # fmt: skip
    labels = base.mark_text(dy=-6, fontSize=10, color=INK).encode(y=y, text="label:N")
    return _svg(bars + labels, said)


def station_map(marks: Sequence[Mark], *, shape: str, said: str) -> str:
    """Return a map of stations by longitude and latitude, without any ground; stations without a place are left out.

    Degrees are drawn so that a kilometre is as long to the east as to the north.
    """
    placed = [each for each in marks if each.station.lon is not None and each.station.lat is not None]
    points = [(float(each.station.lon or 0), float(each.station.lat or 0)) for each in placed]
    west, east = _padded([lon for lon, _ in points])
    south, north = _padded([lat for _, lat in points])
    middle = math.cos(math.radians((south + north) / 2)) or 1.0
    tall = (north - south) / ((east - west) * middle) * (WIDTH - 60)
    height = min(max(tall, MAP_HEIGHTS[0] - 40), MAP_HEIGHTS[1] - 40)
    # Whichever way was cut gets more degrees, so that the scale stays the same both ways.
    wide = (east - west) * middle * height / (WIDTH - 60)
    if wide > north - south:
        south, north = (south + north - wide) / 2, (south + north + wide) / 2
    else:
        need = (north - south) / (middle * height) * (WIDTH - 60)
        west, east = (west + east - need) / 2, (west + east + need) / 2
    rows = [
        {"lon": lon, "lat": lat, "text": each.text, "fill": each.fill, "ink": ink_on(each.fill)}
        for each, (lon, lat) in zip(placed, points, strict=True)
    ]
    crowded = len(rows) > _LABELS_UP_TO
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X(
            "lon:Q", title=None, scale=alt.Scale(domain=[west, east], nice=False, zero=False),
            axis=alt.Axis(tickCount=5, labelExpr="datum.label + '°E'"),
        ),
        y=alt.Y(
            "lat:Q", title=None, scale=alt.Scale(domain=[south, north], nice=False, zero=False),
            axis=alt.Axis(tickCount=5, labelExpr="datum.label + '°N'"),
        ),
    )  # fmt: skip
    size = 90 if crowded else 260 if len(rows) > 40 else 420
    dots = base.mark_point(shape=shape, filled=True, opacity=1, size=size, stroke="#44505a", strokeWidth=0.6).encode(
        fill=alt.Fill("fill:N", scale=None)
    )
    if crowded:
        return _svg(dots, said, height=round(height) + 40)
    labels = base.mark_text(fontSize=8 if len(rows) > 40 else 10, fontWeight="bold").encode(
        text="text:N", color=alt.Color("ink:N", scale=None)
    )
    return _svg(dots + labels, said, height=round(height) + 40)


def _padded(values: Sequence[float]) -> tuple[float, float]:
    """The span of some degrees, with a margin; of one place about 4 km around it."""
    low, high = min(values), max(values)
    margin = max((high - low) * 0.07, 2 / _KM_A_DEGREE)
    return low - margin, high + margin


def _svg(chart: alt.LayerChart | alt.Chart, said: str, *, height: int = HEIGHT) -> str:
    """Return a chart as an element of a page; `said` is what a reader hears in place of it."""
    made = chart.properties(
        width=WIDTH, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding"),
        padding={"left": 2, "right": 6, "top": 4, "bottom": 2},
    )  # fmt: skip
    made = made.configure(
        aria=False,
        font="sans-serif",
        axis=alt.AxisConfig(
            labelColor=DIM, labelFontSize=11, gridColor=LINE, domainColor=LINE, tickColor=LINE, labelOverlap=False
        ),
        legend=alt.LegendConfig(labelFontSize=11, labelColor=INK, symbolType="square"),
        view=alt.ViewConfig(stroke=None),
        background="#ffffff00",
    )
    drawn = vl_convert.vegalite_to_svg(made.to_dict(validate=False))
    return _fluid(drawn, said)


def _fluid(drawn: str, said: str) -> str:
    """Let the page scale a drawing, without its own size, and choose the fonts; name it for those who hear it."""
    head, tail = drawn.split(">", 1)
    head = re.sub(r' (?:width|height)="[^"]*"', "", head)
    return f'{head} role="img" aria-label="{html.escape(said)}">{tail.replace(_FONT, "")}'


def has_places(stations: Iterable[Station]) -> bool:
    """Whether any station has a longitude and a latitude."""
    return any(each.lon is not None and each.lat is not None for each in stations)
