"""Small drawings of the board as SVG: what arrived as a line, stations as a map. Colours come from the style sheet.

Names are escaped; a missing value is a gap, never a straight line.
"""

import datetime as dt
import html
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np
from markupsafe import Markup

from ingestor.board.views import Series
from ingestor.colours import ink_on
from sensors.arrays import FloatArray

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 190, 46, 10, 10, 24
GAP_STEPS: Final = 1.5
"""How many of its steps may pass between two readings that a line joins."""
N_TICKS: Final = 4
N_DAY_LABELS: Final = 8
MAP: Final = 460
N_STEPS_APART: Final = 100
FLAT: Final = 1.4
"""A map so many times as wide as it is tall gets a tile that is wide."""
NO_DATA: Final = "#68727a"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A station on a map: where, the text in its mark, its name, its colour."""

    lon: float
    lat: float
    text: str
    name: str
    fill: str
    href: str


def line(series: Series, start: int, end: int, *, offset_s: int, decimals: int, said: str) -> Markup:
    """Return the readings of a quantity from a moment to another as a line. [s since 1970]

    The scale is no finer than the decimals that its readings are printed with.
    """
    known = [value for value in series.values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    ticks = _ticks(min(low, 0.0) if low >= 0 and low < high / 2 else low, high, 10.0**-decimals)
    bottom, top = ticks[0], ticks[-1]

    def x(time: float) -> float:
        return LEFT + (time - start) / (end - start) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg class="line" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(said, quote=True)}">'
    ]
    for tick in ticks:
        at = y(tick)
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{tick:g}</text>')
    days = range(start, end, 86_400)
    every = max(1, math.ceil(len(days) / N_DAY_LABELS))
    for day in days[::every]:
        label = dt.datetime.fromtimestamp(day + offset_s, dt.UTC).strftime("%m-%d")
        parts.append(f'<line class="rule" x1="{x(day):.1f}" x2="{x(day):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text class="tick" x="{x(day) + 3:.1f}" y="{HEIGHT - 7}">{label}</text>')
    parts += [f'<path d="{path}"/>' for path in _paths(series, x, y)]
    return Markup("".join(parts) + "</svg>")  # noqa: S704  # numbers, and what was escaped above


def _paths(series: Series, x, y) -> list[str]:  # type: ignore[no-untyped-def]
    steps = sorted(b - a for a, b in zip(series.times, series.times[1:], strict=False))
    longest = GAP_STEPS * max(steps[len(steps) // 2] if steps else 0, series.period_s)
    paths: list[str] = []
    before: int | None = None
    for time, value in zip(series.times, series.values, strict=True):
        if value is None:
            before = None
            continue
        point = f"{x(time + series.period_s / 2):.1f} {y(value):.1f}"
        if before is None or time - before > longest:
            paths.append(f"M{point}h.01")
        else:
            paths[-1] += f"L{point}"
        before = time
    return paths


def _ticks(low: float, high: float, least: float) -> list[float]:
    """Round numbers around some values, at least two, and no nearer to one another than `least`."""
    span = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / N_TICKS))
    step = max(least, next(power * n for n in (1, 2, 5, 10) if power * n * N_TICKS >= span))
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [round(n * step, 10) for n in range(first, last + 1)]


def _apart(places: FloatArray, least: float) -> FloatArray:
    """Return places (n, 2) moved as little as it takes for no two to be nearer than `least`, within some steps."""
    moved = places + np.arange(len(places))[:, None] * [1e-3, 1e-6]  # stations at one place part, too
    for _ in range(N_STEPS_APART):
        away = moved[:, None] - moved[None]
        distance = np.hypot(away[..., 0], away[..., 1])
        np.fill_diagonal(distance, np.inf)
        too_near = np.clip(least - distance, 0.0, None)
        if not too_near.any():
            break
        moved += ((too_near / distance / 2)[..., None] * away).sum(axis=1)
    return moved


@lru_cache(maxsize=16)
def _laid_out(stations: tuple[tuple[float, float], ...], radius: int) -> tuple[FloatArray, FloatArray]:
    """Where stations of some longitudes and latitudes lie on a map, and where their marks are drawn. (n, 2)

    Kept, as it takes longer than all the rest of a page and only indexes change from one hour to the next.
    """
    middle = math.cos(math.radians(sum(lat for _, lat in stations) / len(stations)))
    east = [lon * middle for lon, _ in stations]
    north = [lat for _, lat in stations]
    span = max(max(east) - min(east), max(north) - min(north), 0.02)

    def at(value: float, values: list[float]) -> float:
        return (value - (max(values) + min(values)) / 2) / span * (MAP - 2.6 * radius)

    places = np.array([[at(lon, east), -at(lat, north)] for lon, lat in zip(east, north, strict=True)])
    return places, _apart(places, 2 * radius + 2)


def station_map(marks: Sequence[Mark], *, said: str) -> Markup:
    """Return stations by longitude and latitude, a kilometre as long either way; nothing without any.

    Marks that would lie on one another are moved apart; a line leads from one moved far to where its station is.
    """
    if not marks:
        return Markup()
    radius = 26 if len(marks) <= 20 else 17
    places, shown = _laid_out(tuple((each.lon, each.lat) for each in marks), radius)
    left, top = shown.min(axis=0) - 1.3 * radius
    wide, tall = shown.max(axis=0) - shown.min(axis=0) + 2.6 * radius
    label = html.escape(said, quote=True)
    shape = "map flat" if wide > FLAT * tall else "map"
    parts = [
        f'<svg class="{shape}" viewBox="{left:.0f} {top:.0f} {wide:.0f} {tall:.0f}" role="group" aria-label="{label}">'
    ]
    for (x, y), (own_x, own_y) in zip(shown, places, strict=True):
        if math.hypot(x - own_x, y - own_y) > radius / 2:
            parts.append(f'<line x1="{own_x:.1f}" y1="{own_y:.1f}" x2="{x:.1f}" y2="{y:.1f}"/>')
    for each, (x, y) in zip(marks, shown, strict=True):
        name, href = html.escape(f"{each.name} {each.text}", quote=True), html.escape(each.href, quote=True)
        parts.append(
            f'<a href="{href}" aria-label="{name}"><title>{name}</title>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{each.fill}"/>'
            f'<text x="{x:.1f}" y="{y + radius / 3:.1f}" font-size="{radius * 0.85:.0f}" fill="{ink_on(each.fill)}">'
            f"{html.escape(each.text)}</text></a>"
        )
    return Markup("".join(parts) + "</svg>")  # noqa: S704  # numbers, and what was escaped above
