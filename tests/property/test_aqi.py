"""The air quality index agrees with formulas 1 and 2 over fractions, on the tables of shared/standards/air.md."""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregations import aqi, standards
from aggregations.standards import AirIndex

CONFIG = Path(__file__).resolve().parents[2] / "config" / "standards"

ROWS = [0, 50, 100, 150, 200, 300, 400, 500]
COMMON = {  # air.md, 3.1 and 4.2
    "so2": [0, 50, 150, 475, 800, 1600, 2100, 2620],
    "no2": [0, 40, 80, 180, 280, 565, 750, 940],
    "co": [0, 2, 4, 14, 24, 36, 48, 60],
    "o3_8h": [0, 100, 160, 215, 265, 800],
    "o3_1h": [0, 160, 200, 300, 400, 800, 1000, 1200],
}
TABLES = {
    "hj633-2012": COMMON
    | {"pm10": [0, 50, 150, 250, 350, 420, 500, 600], "pm25": [0, 35, 75, 115, 150, 250, 350, 500]},
    "hj633-2026": COMMON
    | {"pm10": [0, 50, 120, 250, 350, 420, 500, 600], "pm25": [0, 35, 60, 115, 150, 250, 350, 500]},
}
SIX = ("so2", "no2", "pm10", "pm25", "co", "o3_8h")


def edition(stem: str) -> AirIndex:
    index = standards.parse((CONFIG / f"{stem}.toml").read_text(encoding="utf-8"), file=stem)
    assert isinstance(index, AirIndex)
    return index


INDEX = {stem: edition(stem) for stem in TABLES}


def scale(item: str) -> int:
    return 10 if item == "co" else 1


def sub_index(stem: str, item: str, concentration: int) -> int | None:
    """Formula 1, rounded up; None above the 8-hour table of 2012, which hands over to 1-hour ozone."""
    value = Fraction(concentration, scale(item))
    nodes = TABLES[stem][item]
    if value > nodes[-1]:
        return None if (stem, item) == ("hj633-2012", "o3_8h") else ROWS[len(nodes) - 1]
    for i in range(1, len(nodes)):
        if value <= nodes[i]:
            slope = Fraction(ROWS[i] - ROWS[i - 1], nodes[i] - nodes[i - 1])
            return math.ceil(slope * (value - nodes[i - 1]) + ROWS[i - 1])
    raise AssertionError("unreachable")


@pytest.mark.parametrize("item", COMMON | {"pm10": [], "pm25": []})
@pytest.mark.parametrize("stem", TABLES)
def test_sub_index_agrees_with_formula_1_on_every_concentration(stem: str, item: str) -> None:
    every = np.arange(-1, TABLES[stem][item][-1] * scale(item) + 60)

    computed = aqi.sub_index(every, item, INDEX[stem]).tolist()

    expected = [None if c < 0 else sub_index(stem, item, c) for c in every.tolist()]
    assert computed == [aqi.NONE if e is None else e for e in expected]


def concentration(item: str) -> st.SearchStrategy[int | None]:
    nodes = TABLES["hj633-2012"][item] + TABLES["hj633-2026"][item]
    near = st.sampled_from(nodes).flatmap(lambda n: st.integers(max(0, n * scale(item) - 2), n * scale(item) + 2))
    low = st.integers(0, nodes[2] * scale(item))
    return st.one_of(low, near, low, st.integers(0, nodes[7 if len(nodes) > 14 else 5] * scale(item) + 300), st.none())


days = st.fixed_dictionaries({item: concentration(item) for item in (*SIX, "o3_1h")})


@pytest.mark.parametrize("stem", TABLES)
@settings(max_examples=60, deadline=None)
@given(found=st.lists(days, min_size=1, max_size=3))
def test_index_of_a_day_agrees_with_formula_2(stem: str, found: list[dict[str, int | None]]) -> None:
    arrays = {i: np.array([-1 if d[i] is None else d[i] for d in found], dtype=np.int64) for i in (*SIX, "o3_1h")}

    computed = aqi.of_day(arrays, INDEX[stem])

    for i, day in enumerate(found):
        subs: dict[str, int | None] = {}
        for item in SIX:
            value = day[item]
            subs[item] = None if value is None else sub_index(stem, item, value)
            if value is not None and subs[item] is None and day["o3_1h"] is not None:
                subs[item] = sub_index(stem, "o3_1h", day["o3_1h"])
        largest = max((s for s in subs.values() if s is not None), default=-1)
        # HJ 633-2026, 5.3.1: with an item missing, an index only above 100.
        index = largest if None not in subs.values() or largest > 100 else None
        assert {item: int(computed.sub[item][i]) for item in SIX} == {
            item: aqi.NONE if s is None else s for item, s in subs.items()
        }
        assert int(computed.aqi[i]) == (aqi.NONE if index is None else index)


@pytest.mark.parametrize("stem", TABLES)
@settings(max_examples=50, deadline=None)
@given(day=days)
def test_primary_pollutants_are_all_items_at_the_index_above_50(stem: str, day: dict[str, int | None]) -> None:
    computed = aqi.of_day({k: np.array([-1 if v is None else v]) for k, v in day.items()}, INDEX[stem])
    subs, index = {item: int(sub[0]) for item, sub in computed.sub.items()}, int(computed.aqi[0])

    named = aqi.primary(subs, index, INDEX[stem])

    quantity = {item: "o3" if item == "o3_8h" else item for item in SIX}
    expected = sorted(quantity[item] for item in SIX if subs[item] == max(subs.values())) if index > 50 else []
    assert sorted(named) == expected


@pytest.mark.parametrize("stem", TABLES)
@settings(max_examples=60, deadline=None)
@given(item=st.sampled_from(SIX), low=st.integers(0, 3_000), rise=st.integers(0, 50))
def test_sub_index_never_falls_with_the_concentration(stem: str, item: str, low: int, rise: int) -> None:
    first, second = aqi.sub_index(np.array([low, low + rise]), item, INDEX[stem]).tolist()

    assert first <= second or second == aqi.NONE
