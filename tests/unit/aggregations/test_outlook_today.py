"""Whether a day that has begun ends as a good day: what its hours leave room for, and days like it."""

import datetime as dt

import numpy as np
import pytest

from aggregations.air.days import MEANS, OZONE, QUANTITIES
from aggregations.outlook import method, seasons, today
from aggregations.outlook.today import Rules
from aggregations.rounding import FloatArray
from aggregations.standards import AirEvaluation, AirIndex, AirLimits
from ingestor.config import Config

CLEAN = {"so2": 10.0, "no2": 20.0, "co": 0.6, "o3": 80.0, "pm10": 40.0, "pm25": 30.0}


@pytest.fixture(params=[dt.date(2020, 6, 3), dt.date(2026, 6, 3)], ids=["2012", "2026"])
def rules(shipped: Config, request: pytest.FixtureRequest) -> Rules:
    limits, evaluation, index = (
        shipped.standards.on(role, request.param) for role in (AirLimits, AirEvaluation, AirIndex)
    )
    return Rules(limits, evaluation, index)


def hours(n: int = 1, width: int = 48, **values: object) -> dict[str, FloatArray]:
    """Hours of n days; a value is one for all or an array."""
    return {q: np.broadcast_to(np.asarray(v, dtype=float), (n, width)).copy() for q, v in (CLEAN | values).items()}


def of_one(values: dict[str, FloatArray]) -> dict[str, FloatArray]:
    return {q: each[0] for q, each in values.items()}


def published(values: dict[str, FloatArray], rules: Rules) -> dict[str, FloatArray]:
    return {
        q: v for q, v in today.daily_values({q: e[:, 24:] for q, e in values.items()}, rules).items() if q != "o3_1h"
    }


# --- room ---


def test_the_mean_that_the_rest_of_the_day_may_have(rules: Rules) -> None:
    """Twelve hours of 60: the others may have 90 to stay at 75 (2012), 60 at 60 (2026), and what is rounded."""
    found = {room.quantity: room for room in today.rooms_of(of_one(hours(pm25=60.0)), 12, rules)}
    expected = {75: 90, 60: 61}  # (75.49.. * 24 - 720) / 12 = 90.99; 60 is even: (60.5 * 24 - 720) / 12 = 61
    assert found["pm25"].at_most == expected[int(found["pm25"].boundary)]
    assert found["pm25"].so_far == 60


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("n_hours", [1, 7, 12, 18, 23])
def test_what_is_at_most_leaves_the_day_good_and_more_does_not(rules: Rules, seed: int, n_hours: int) -> None:
    """Held against the arithmetic of days itself."""
    random = np.random.default_rng([seed, n_hours])
    day = hours(width=48)
    for q in QUANTITIES:
        day[q][0, 24 : 24 + n_hours] = np.round(day[q][0, 24] * random.uniform(0.5, 2.0, n_hours), 1)
    for room in today.rooms_of(of_one(day), n_hours, rules):
        step = 0.1 if room.quantity == "co" else 1.0
        verdicts = []
        for level in (float(room.at_most), float(room.at_most) + step):
            joined = {q: each[:, 24:].copy() for q, each in day.items()}
            for q in QUANTITIES:
                joined[q][0, n_hours:] = level if q == room.quantity else 0.0
            verdicts.append(int(today.good_days(joined, rules)[0]))
        assert verdicts == [1, 0], room


def test_without_room_it_is_negative(rules: Rules) -> None:
    found = {room.quantity: room for room in today.rooms_of(of_one(hours(pm25=400.0, o3=300.0)), 15, rules)}
    assert found["pm25"].at_most < 0
    assert found["o3"].at_most < 0
    assert found["no2"].at_most > 0


def test_missing_hours_are_not_counted(rules: Rules) -> None:
    day = of_one(hours(pm25=60.0))
    day["pm25"][24:30] = np.nan
    found = {room.quantity: room for room in today.rooms_of(day, 12, rules)}
    assert found["pm25"].at_most == (83 if found["pm25"].boundary == 75 else 60)  # (75.49.. * 18 - 360) / 12; 60.75


# --- the chance ---


def test_days_that_all_end_well_make_it_likely_and_bad_ones_unlikely(rules: Rules) -> None:
    day = of_one(hours())
    for late, low, high in ((30.0, 0.9, 1.0), (300.0, 0.0, 0.1)):
        earlier = hours(40, pm25=np.r_[np.full(36, 30.0), np.full(12, late)])
        found = today.chance_of(day, earlier, published(earlier, rules), 12, rules)
        assert found.chance is not None
        assert low < found.chance < high
        assert (found.days, found.so_far_good) == (40, True)
        assert 0 < found.chance < 1


def test_hours_after_the_moment_are_not_read(rules: Rules) -> None:
    earlier = hours(40, pm25=np.r_[np.full(36, 30.0), np.full(12, 90.0)])
    known, later = of_one(hours()), of_one(hours(pm25=np.r_[np.full(36, 30.0), np.full(12, 900.0)]))
    for q in QUANTITIES:
        known[q][36:] = np.nan
    days = published(earlier, rules)
    assert today.chance_of(known, earlier, days, 12, rules) == today.chance_of(later, earlier, days, 12, rules)


def test_days_alike_weigh_more(rules: Rules) -> None:
    """Half of the days were as today and ended well, half began ten times as bad and ended so."""
    good, bad = hours(30), hours(30, pm25=300.0)
    earlier = {q: np.concatenate([good[q], bad[q]]) for q in QUANTITIES}
    found = today.chance_of(of_one(hours()), earlier, published(earlier, rules), 12, rules)
    assert found.chance is not None
    assert found.chance > 0.95


def test_a_day_without_room_is_lost_all_but_certainly(rules: Rules) -> None:
    earlier = hours(40)
    found = today.chance_of(of_one(hours(pm25=400.0)), earlier, published(earlier, rules), 20, rules)
    assert found.chance is not None
    assert 0 < found.chance < 0.01
    assert found.so_far_good is False


def test_published_days_correct_what_city_hours_make(rules: Rules) -> None:
    """The maxima of the stations come at different hours: the city's ozone is more than that of its mean hours."""
    earlier = hours(40, o3=150.0)
    days = published(earlier, rules)
    asked = (of_one(hours(o3=150.0)), earlier)
    as_made = today.chance_of(*asked, days, 12, rules)
    days["o3"] = days["o3"] * 1.2
    corrected = today.chance_of(*asked, days, 12, rules)
    assert as_made.chance is not None
    assert corrected.chance is not None
    assert as_made.chance > 0.9 > 0.1 > corrected.chance


@pytest.mark.parametrize(
    ("n_days", "gap", "reason"),
    [(19, slice(0, 0), "too few earlier days with hours: 19 of at least 20"), (40, slice(33, 36), "no hours of late")],
)
def test_without_days_or_hours_there_is_none_but_the_room_is_told(
    rules: Rules, n_days: int, gap: slice, reason: str
) -> None:
    earlier = hours(n_days)
    day = of_one(hours())
    for q in QUANTITIES:
        day[q][gap] = np.nan
    found = today.chance_of(day, earlier, published(earlier, rules), 12, rules)
    assert (found.chance, found.reason) == (None, reason)
    assert len(found.rooms) == 6


@pytest.mark.parametrize("n_hours", [0, 24])
def test_the_first_and_the_last_moment(rules: Rules, n_hours: int) -> None:
    earlier = hours(40)
    found = today.chance_of(of_one(hours()), earlier, published(earlier, rules), n_hours, rules)
    assert found.chance is not None
    assert found.chance > 0.9
    assert (found.so_far_good, bool(found.rooms)) == ((None, True) if n_hours == 0 else (True, False))


def test_the_boundaries_are_those_of_good_days(rules: Rules) -> None:
    for key in rules.index.daily_items:
        item = rules.index.item[key]
        edge = float(today.boundary(key, rules.index))
        q = item.quantity
        flat = {k: each[:, :24] for k, each in hours(width=24).items()}
        for level, verdict in ((edge, 1), (edge + 10.0**-item.decimals, 0)):
            assert int(today.good_days(flat | {q: np.full((1, 24), level)}, rules)[0]) == verdict
    assert {*MEANS, OZONE} == {rules.index.item[key].quantity for key in rules.index.daily_items}


# --- seasons ---


def test_only_days_before_are_looked_at() -> None:
    first = dt.date(2013, 1, 1)
    found = [first + dt.timedelta(days=int(i)) for i in seasons.days_like(dt.date(2016, 2, 29), first)]
    assert max(found) == dt.date(2016, 2, 28)
    assert found[0] == dt.date(2013, 2, 28) - dt.timedelta(days=method.SEASON_DAYS)
    assert len(found) == len(set(found)) == 3 * (2 * method.SEASON_DAYS + 1) + method.RECENT_DAYS
    assert seasons.days_like(first, first).size == 0
