"""Figures: the least number for a part of a period."""

import pytest

from aggregations.figures import scaled


@pytest.mark.parametrize(
    ("least", "part", "whole", "expected"),
    [
        pytest.param(18, 15, 30, 9, id="half a month: exactly half"),
        pytest.param(18, 14, 30, 9, id="8.4 is rounded up"),
        pytest.param(18, 1, 31, 1, id="one day still needs one"),
        pytest.param(18, 30, 30, 18, id="a whole month needs all"),
        pytest.param(324, 365, 365, 324, id="a whole year needs all"),
        pytest.param(324, 364, 365, 324, id="323.1 is rounded up"),
        pytest.param(8, 3, 12, 2, id="a quarter of a year's months"),
        pytest.param(8, 4, 12, 3, id="2.67 is rounded up"),
    ],
)
def test_scaled_asks_in_proportion_rounded_up(least: int, part: int, whole: int, expected: int) -> None:
    assert scaled(least, part, whole) == expected
