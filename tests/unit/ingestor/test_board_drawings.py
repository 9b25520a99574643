"""The drawings of the board: where marks of stations lie, how fine scales are."""

import itertools
import math
import re

from ingestor.board.svg import Mark, line, station_map
from ingestor.board.views import Series


def marks(*places: tuple[float, float]) -> list[Mark]:
    return [Mark(lon=lon, lat=lat, text="50", name="a", fill="#00e400", href="/") for lon, lat in places]


def circles(drawing: str) -> list[tuple[float, float, float]]:
    return [(float(x), float(y), float(r)) for x, y, r in re.findall(r'cx="(\S+)" cy="(\S+)" r="(\S+)"', drawing)]


def test_marks_of_near_stations_lie_beside_one_another_in_order_and_inside_the_map() -> None:
    near = [(114.0, 22.5), (114.001, 22.5), (114.3, 22.6), (114.3, 22.6), (114.6, 22.55)]
    drawing = station_map(marks(*near), said="")
    found = circles(drawing)
    for (x, y, r), (x2, y2, _) in itertools.combinations(found, 2):
        assert math.hypot(x - x2, y - y2) >= 2 * r
    assert found[0][0] < found[1][0] < found[2][0] < found[4][0]
    left, top, wide, tall = map(float, re.findall(r'viewBox="(\S+) (\S+) (\S+) (\S+)"', drawing)[0])
    for x, y, r in found:
        assert left <= x - r <= x + r <= left + wide
        assert top <= y - r <= y + r <= top + tall
    assert drawing.count("<line") >= 2


def test_marks_of_stations_apart_lie_where_the_stations_are() -> None:
    drawing = station_map(marks((114.0, 22.5), (114.2, 22.5), (114.4, 22.5)), said="")
    (x1, _, _), (x2, _, _), (x3, _, _) = circles(drawing)
    assert abs((x3 - x2) - (x2 - x1)) < 0.2
    assert "<line" not in drawing
    assert 'class="map flat"' in drawing


def test_sixty_stations_at_one_place_are_drawn() -> None:
    assert len(set(circles(station_map(marks(*[(114.0, 22.5)] * 60), said="")))) == 60


def test_scale_is_no_finer_than_what_readings_are_printed_with() -> None:
    readings = Series(
        quantity="do", name="", name_en="", unit="mg/L", period_s=3600, times=[0, 3600], values=[7.504, 7.505],
        flags=[1, 1],
    )  # fmt: skip

    def scale(decimals: int) -> list[str]:
        return re.findall(r'text-anchor="end">(.*?)<', line(readings, 0, 7200, offset_s=0, decimals=decimals, said=""))

    assert scale(2) == ["7.5", "7.51"]
    assert scale(0) == ["7", "8"]
    assert scale(4) == ["7.504", "7.5045", "7.505"]
