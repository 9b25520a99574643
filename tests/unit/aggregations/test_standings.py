"""Standings: places, what is left out, the worsening; air vector 45 and air.md, 8."""

from decimal import Decimal

import msgspec
import numpy as np
import pytest

from aggregations import periods, standings
from aggregations.air import MISSING
from aggregations.comparison import Change, change
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, AirDays, Facts
from aggregations.rounding import MICRO
from aggregations.standards import Standards
from aggregations.standings import Standing

INDEX = INDICATORS["air.composite_index"]
GOOD_DAYS = INDICATORS["air.good_day_ratio"]


def figure(value: str | None, *, sufficient: bool = True, name: str = INDEX.name) -> Figure:
    return Figure(
        indicator=name, scope="city:c", period="2020", value=None if value is None else Decimal(value), exact=value,
        unit="1", valid=1, expected=1, counted="days", sufficient=sufficient, excluded={}, editions={}, assumed=[],
    )  # fmt: skip


def standing(value: str | None, *, sufficient: bool = True) -> Standing:
    return Standing(scope="city:c", name="c", name_en="c", figure=figure(value, sufficient=sufficient))


def moved(now: str, before: str | None, *, attains: bool = False) -> Standing:
    found: Change = change(INDEX, figure(now), figure(before), 1)
    return Standing(scope="city:c", name="c", name_en="c", figure=found.now, change=found, attains=attains)


def values(found: list[Standing]) -> list[tuple[int | None, str]]:
    return [(each.place, str(each.figure.value)) for each in found]


def test_equal_values_share_a_place_and_the_next_is_left_out() -> None:
    # air vector 45: 2.87, 2.88, 2.88, 2.93 take the places from 9 on
    better = [standing(f"2.0{i}") for i in range(8)]
    given = [standing("2.93"), standing("2.88"), *better, standing("2.87"), standing("2.88")]
    assert values(standings.placed(given, INDEX))[8:] == [(9, "2.87"), (10, "2.88"), (10, "2.88"), (12, "2.93")]


def test_more_good_days_come_first() -> None:
    given = [standing("89.3"), standing("100.0"), standing("70.1")]
    assert [place for place, _ in values(standings.placed(given, GOOD_DAYS))] == [1, 2, 3]
    assert values(standings.placed(given, GOOD_DAYS))[0] == (1, "100.0")


def test_insufficient_figures_come_last_without_a_place() -> None:
    given = [standing("1.00", sufficient=False), standing(None), standing("3.00"), standing("2.00")]
    assert values(standings.placed(given, INDEX)) == [(1, "2.00"), (2, "3.00"), (None, "1.00"), (None, "None")]


def test_all_insufficient_have_no_place() -> None:
    assert [each.place for each in standings.placed([standing(None), standing(None)], INDEX)] == [None, None]


def test_most_improved_comes_first_and_equal_rates_share_a_place() -> None:
    # -10.0 %, +5.0 %, -10.0 %, 0.0 %; no figure of the year before
    given = [
        moved("2.10", "2.00"),
        moved("1.80", "2.00"),
        moved("3.00", None),
        moved("2.00", "2.00"),
        moved("3.60", "4.00"),
    ]
    found = standings.placed(given, INDEX)
    rates = [(each.place, each.change and str(each.change.change)) for each in found]
    assert rates == [(1, "-10.0"), (1, "-10.0"), (3, "0.0"), (4, "5.0"), (None, "None")]


def test_worsening_leave_out_those_that_attain_in_every_item() -> None:
    given = [moved("2.10", "2.00"), moved("2.20", "2.00", attains=True), moved("2.30", "2.00"), moved("1.00", "2.00")]
    found = standings.worst(standings.placed(given, INDEX), 10)
    assert values(found) == [(2, "2.10"), (4, "2.30")]


def test_best_by_change_are_those_that_improved() -> None:
    given = [moved("1.90", "2.00"), moved("2.00", "2.00"), moved("2.10", "2.00")]
    assert values(standings.best(standings.placed(given, INDEX), 10)) == [(1, "1.90")]


@pytest.mark.parametrize(
    ("n", "best", "worst"),
    [
        pytest.param(1, ["1", "1"], ["3", "3"], id="ties are in"),
        pytest.param(2, ["1", "1"], ["3", "3"], id="the second place is taken by the tie"),
        pytest.param(3, ["1", "1", "2"], ["2", "3", "3"], id="three"),
        pytest.param(9, ["1", "1", "2", "3", "3"], ["1", "1", "2", "3", "3"], id="more than there are"),
    ],
)
def test_best_and_worst_are_the_first_and_last_places(n: int, best: list[str], worst: list[str]) -> None:
    found = standings.placed([standing(v) for v in ("3", "1", "2", "1", "3")] + [standing(None)], INDEX)
    assert [value for _, value in values(standings.best(found, n))] == best
    assert [value for _, value in values(standings.worst(found, n))] == worst


def facts(editions: Standards, period: str, **micros: float) -> Facts:
    days = periods.parse(period)
    n = len(days)
    air = AirDays(
        {q: np.full(n, round(value * MICRO), dtype=np.int64) for q, value in micros.items()},
        {q: [None] * n for q in micros}, {q: np.full(n, 24, dtype=np.int64) for q in micros},
        np.full(n, MISSING, dtype=np.int64),
    )  # fmt: skip
    return Facts(scope="city:c", period=days, standards=editions, staged=False, air=air)


NAIMAN = {"so2": 9, "no2": 14, "pm10": 77, "co": 1.1, "o3": 96, "pm25": 23}


def test_standing_names_the_largest_single_index(editions: Standards) -> None:
    # air vector 42, published: 3.14; its largest single index is PM10's, 1.10
    found = standings.standing(INDEX, facts(editions, "2020", **NAIMAN), name="奈曼", name_en="Naiman")
    assert (str(found.figure.value), found.largest) == ("3.14", ["pm10"])


def test_standing_names_all_that_share_the_largest(editions: Standards) -> None:
    given = facts(editions, "2020", **(NAIMAN | {"o3": 176}))  # 176 / 160 = 77 / 70 = 1.10
    assert standings.standing(INDEX, given, name="", name_en="").largest == ["o3", "pm10"]


def test_standing_of_missing_days_has_neither_value_nor_largest(editions: Standards) -> None:
    given = msgspec.structs.replace(facts(editions, "2020", **NAIMAN), air=None)
    found = standings.standing(INDEX, given, name="", name_en="")
    assert (found.figure.value, found.largest, found.ranked_by) == (None, [], None)


@pytest.mark.parametrize(
    ("pm10", "attains"), [pytest.param(70, True, id="at the limit"), pytest.param(71, False, id="above")]
)
def test_standing_by_change_says_whether_every_item_attains(editions: Standards, pm10: int, attains: bool) -> None:
    now = facts(editions, "2020", **(NAIMAN | {"pm10": pm10}))
    before = facts(editions, "2019", **(NAIMAN | {"pm10": 50}))
    found = standings.standing_by_change(INDEX, now, before, name="", name_en="")
    assert found.attains is attains
    assert found.change is not None
    assert found.change.direction == "worse"
