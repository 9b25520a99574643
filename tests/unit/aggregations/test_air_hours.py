"""Air: hours from readings of any period, moving means, the real-time index.

Rules: shared/standards/air.md, sections 2.3, 3.3, 4.1 and 4.2; vectors: its section 12. Expected numbers are worked by
hand or by plain loops over fractions.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import permutations
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregations import aqi
from aggregations.air import MISSING
from aggregations.air.hours import (
    EVENT,
    FIRST_CHECK,
    FLAGGED,
    NO_READING,
    NOT_COUNTED,
    NOT_ON_THE_HOUR,
    TOO_SHORT,
    VALID,
    Hours,
    Readings,
    hour_means,
    index_of_hours,
    moving_mean,
)
from aggregations.rounding import MICRO
from aggregations.standards import AirIndex, AirLimits, Standard

Editions = Callable[[str], Standard]

START = 1_577_808_000  # 2020-01-01T00:00+08:00
HOUR = 3600
MINUTE = 60

QUANTITIES = ("so2", "no2", "co", "pm10", "pm25", "o3")


def readings(period_s: int, values: Mapping[int, float], reasons: Mapping[int, int] | None = None) -> Readings:
    """Readings by seconds after `START`, in the unit; `reasons` of those that do not count."""
    why = reasons or {}
    at = sorted({*values, *why})
    return Readings(
        period_s,
        np.array([START + each for each in at], dtype=np.int64),
        np.array([round(values.get(each, 777) * MICRO) for each in at], dtype=np.int64),
        np.array([why.get(each, VALID) for each in at], dtype=np.int64),
    )


def every(period_s: int, n: int, value: float = 30.0, *, first: int = 0) -> dict[int, float]:
    """So many readings one after the other."""
    return {first + i * period_s: value for i in range(n)}


def means(*given: Readings, n_hours: int = 1, min_minutes: int = 45) -> Hours:
    return hour_means(given, start=START, n_hours=n_hours, min_minutes=min_minutes)


def told(hours: Hours) -> list[tuple[int, int | None]]:
    """Reason of each hour and its mean in micros, None where it does not count."""
    pairs = zip(hours.reasons.tolist(), hours.micros.tolist(), strict=True)
    return [(reason, micros if reason == VALID else None) for reason, micros in pairs]


# --- hours


@pytest.mark.parametrize(
    ("period_s", "n", "reason"),
    [
        pytest.param(MINUTE, 44, TOO_SHORT, id="44 minutes"),
        pytest.param(MINUTE, 45, VALID, id="45 minutes: at equality"),
        pytest.param(MINUTE, 60, VALID, id="60 minutes"),
        pytest.param(5 * MINUTE, 8, TOO_SHORT, id="8 x 5 minutes"),
        pytest.param(5 * MINUTE, 9, VALID, id="9 x 5 minutes: at equality"),
        pytest.param(15 * MINUTE, 2, TOO_SHORT, id="2 x 15 minutes"),
        pytest.param(15 * MINUTE, 3, VALID, id="3 x 15 minutes: at equality"),
        pytest.param(30 * MINUTE, 1, TOO_SHORT, id="half an hour"),
        pytest.param(30 * MINUTE, 2, VALID, id="two halves"),
        pytest.param(1, 2699, TOO_SHORT, id="2,699 seconds"),
        pytest.param(1, 2700, VALID, id="2,700 seconds: at equality"),
        pytest.param(MINUTE, 0, NO_READING, id="nothing"),
    ],
)
def test_hour_of_shorter_readings_needs_45_minutes(period_s: int, n: int, reason: int) -> None:
    # GB 3095-2026, table 4
    assert means(readings(period_s, every(period_s, n))).reasons.tolist() == [reason]


def test_hour_counts_its_minutes_wherever_they_stand() -> None:
    last = means(readings(MINUTE, every(MINUTE, 45, first=15 * MINUTE)))
    scattered = means(readings(MINUTE, {m * MINUTE: 30.0 for m in range(60) if m % 4}))  # 45 of them
    assert (told(last), told(scattered)) == ([(VALID, 30 * MICRO)], [(VALID, 30 * MICRO)])


def test_hour_takes_no_minutes_of_its_neighbours() -> None:
    values = {m * MINUTE: 30.0 for m in range(16, 16 + 88)}  # 44 minutes on either side of 01:00
    assert means(readings(MINUTE, values), n_hours=3).reasons.tolist() == [TOO_SHORT, TOO_SHORT, NO_READING]


def test_hour_reading_comes_before_shorter_ones() -> None:
    of_hour, of_minutes = readings(HOUR, {0: 10.0}), readings(MINUTE, every(MINUTE, 60))
    assert told(means(of_minutes, of_hour)) == [(VALID, 10 * MICRO)]


def test_hour_takes_the_longest_of_several_periods() -> None:
    given = [
        readings(MINUTE, every(MINUTE, 60, 1.0)),
        readings(15 * MINUTE, every(15 * MINUTE, 4, 2.0)),
        readings(5 * MINUTE, every(5 * MINUTE, 12, 3.0)),
    ]
    assert told(means(*given)) == [(VALID, 2 * MICRO)]


def test_hour_of_a_longer_period_that_is_too_short_gives_way() -> None:
    given = [readings(15 * MINUTE, every(15 * MINUTE, 2, 2.0)), readings(MINUTE, every(MINUTE, 45, 1.0))]
    assert told(means(*given)) == [(VALID, MICRO)]


def test_hour_does_not_add_minutes_of_two_periods() -> None:
    # 30 minutes by quarters and 44 by minutes may be the same minutes.
    given = [readings(15 * MINUTE, every(15 * MINUTE, 2)), readings(MINUTE, every(MINUTE, 44, first=16 * MINUTE))]
    assert means(*given).reasons.tolist() == [TOO_SHORT]


def test_hour_reading_that_is_flagged_gives_way_to_minutes_that_count() -> None:
    flagged = readings(HOUR, {}, {0: FLAGGED})
    assert told(means(flagged, readings(MINUTE, every(MINUTE, 45)))) == [(VALID, 30 * MICRO)]


def test_hour_with_flagged_minutes_counts_the_others() -> None:
    flagged = {m * MINUTE: FLAGGED for m in range(15)}
    whole = readings(MINUTE, every(MINUTE, 45, first=15 * MINUTE), flagged)
    short = readings(MINUTE, every(MINUTE, 44, first=16 * MINUTE), flagged)
    assert (told(means(whole)), told(means(short))) == ([(VALID, 30 * MICRO)], [(TOO_SHORT, None)])


@pytest.mark.parametrize("after_s", [1, MINUTE, HOUR // 2, HOUR - 1])
def test_hour_reading_that_does_not_start_on_the_hour_is_none(after_s: int) -> None:
    hours = means(readings(HOUR, {after_s: 10.0, HOUR: 20.0}), n_hours=3)
    assert told(hours) == [(NOT_ON_THE_HOUR, None), (VALID, 20 * MICRO), (NO_READING, None)]


def test_hour_reading_off_the_hour_gives_way_to_minutes() -> None:
    assert told(means(readings(HOUR, {1800: 10.0}), readings(MINUTE, every(MINUTE, 45)))) == [(VALID, 30 * MICRO)]


@pytest.mark.parametrize("other", [1, 1800, HOUR - 1])
def test_hour_reading_on_the_hour_stands_beside_one_that_is_off_it(other: int) -> None:
    assert told(means(readings(HOUR, {0: 10.0, other: 99.0}))) == [(VALID, 10 * MICRO)]


def test_hour_is_the_same_in_any_order_of_the_periods() -> None:
    # Twice in one hour: by halves and by quarters, both whole, and a day's mean that makes no hour.
    given = [
        readings(HOUR, {}, {0: FLAGGED}),
        readings(30 * MINUTE, every(30 * MINUTE, 2, 7.0)),
        readings(15 * MINUTE, every(15 * MINUTE, 4, 9.0)),
        readings(24 * HOUR, {0: 5.0}),
    ]
    found = {tuple(told(means(*order, n_hours=2))) for order in permutations(given)}
    assert found == {((VALID, 7 * MICRO), (NO_READING, None))}


@pytest.mark.parametrize("period_s", [HOUR + 1, 2 * HOUR, 24 * HOUR])
def test_hour_is_not_made_of_longer_readings(period_s: int) -> None:
    assert told(means(readings(period_s, {0: 10.0}), n_hours=2)) == [(NO_READING, None)] * 2


def test_hours_without_any_series_have_no_reading() -> None:
    assert means(n_hours=3).reasons.tolist() == [NO_READING] * 3


@pytest.mark.parametrize(
    ("values", "micros"),
    [
        pytest.param([0.000001, 0.000002, 0.000002, 0.000001], 2, id="1.5 millionths to the even 2"),
        pytest.param([0.000002, 0.000003, 0.000003, 0.000002], 2, id="2.5 millionths to the even 2"),
        pytest.param([0.000003, 0.000004, 0.000004, 0.000003], 4, id="3.5 millionths to the even 4"),
        pytest.param([0.000002, 0.000003, 0.000003, 0.000003], 3, id="2.75 millionths"),
        pytest.param([0.1, 0.2, 0.3, 0.4], 250_000, id="0.25, no binary noise"),
        pytest.param([1.0, 1.0, 2.0], 1_333_333, id="4/3"),
        pytest.param([1.0, 2.0, 2.0], 1_666_667, id="5/3"),
        pytest.param([3000.0, 3000.0, 2999.999999], 3_000_000_000, id="a third of a millionth less"),
    ],
)
def test_hour_mean_is_kept_to_a_millionth_half_to_even(values: list[float], micros: int) -> None:
    quarters = readings(15 * MINUTE, {i * 15 * MINUTE: value for i, value in enumerate(values)})
    assert told(means(quarters)) == [(VALID, micros)]


@pytest.mark.parametrize("reason", [FLAGGED, NOT_COUNTED, EVENT, FIRST_CHECK + 1, FIRST_CHECK + 2])
@pytest.mark.parametrize("period_s", [HOUR, 5 * MINUTE])
def test_hour_keeps_the_reason_of_readings_that_do_not_count(period_s: int, reason: int) -> None:
    given = readings(period_s, {}, dict.fromkeys(range(0, HOUR, period_s), reason))
    assert told(means(given, n_hours=2)) == [(reason, None), (NO_READING, None)]


def test_hour_reading_keeps_its_reason_where_no_minutes_came() -> None:
    given = [readings(HOUR, {}, {0: FLAGGED}), readings(MINUTE, every(MINUTE, 60, first=HOUR))]
    assert means(*given, n_hours=2).reasons.tolist() == [FLAGGED, VALID]


N = 4
PERIODS = [MINUTE, 5 * MINUTE, 15 * MINUTE, 20 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR]


def some_series(seed: int) -> list[Readings]:
    """Readings of several periods in four hours, some off their grid, some not counting."""
    rng = random.Random(seed)
    found = []
    for period_s in rng.sample(PERIODS, rng.randint(0, 4)):
        share, places = rng.choice([0.5, 0.75, 0.8, 1.0]), range(rng.choice([0, 0, 0, 60, 1800]), N * HOUR, period_s)
        at = np.array([START + each for each in places if rng.random() < share], dtype=np.int64)
        micros = np.array([rng.randrange(3_000_000_000) for _ in at], dtype=np.int64)
        reasons = [rng.choice([VALID] * 12 + [FLAGGED, NOT_COUNTED, FIRST_CHECK + 2]) for _ in at]
        found.append(Readings(period_s, at, micros, np.array(reasons, dtype=np.int64)))
    return found


def half_even(value: Fraction) -> int:
    whole = value.numerator // value.denominator
    rest = value - whole
    return whole + (rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1))


def loop(given: Iterable[Readings], hour: int) -> tuple[int | None, set[int]]:
    """Mean of one hour, or None and the reasons that may then be told."""
    reasons: set[int] = set()
    rows = sorted(
        ((r.period_s, t - START, m, why)
         for r in given
         for t, m, why in zip(r.times.tolist(), r.micros.tolist(), r.reasons.tolist(), strict=True)),
        key=lambda row: row[0],
    )  # fmt: skip
    inside = [row for row in rows if hour * HOUR <= row[1] < (hour + 1) * HOUR and row[0] <= HOUR]
    for period_s, at, micros, why in inside:
        if period_s == HOUR and at % HOUR == 0 and why == VALID:
            return micros, set()
        if period_s == HOUR and at % HOUR:
            reasons.add(NOT_ON_THE_HOUR)
        elif why != VALID:
            reasons.add(why)
    for period_s in sorted({row[0] for row in inside if row[0] < HOUR}, reverse=True):
        counted = [micros for p, _, micros, why in inside if p == period_s and why == VALID]
        if counted and len(counted) * period_s >= 45 * MINUTE:
            return half_even(Fraction(sum(counted), len(counted))), set()
        if counted:
            reasons.add(TOO_SHORT)
    return None, reasons or {NO_READING}


@pytest.mark.parametrize("block", range(5))
def test_hours_are_those_of_a_plain_loop(block: int) -> None:
    for seed in range(100 * block, 100 * (block + 1)):
        given = some_series(seed)
        hours = means(*given, n_hours=N)
        for hour in range(N):
            _agree(hours, hour, *loop(given, hour))


def _agree(hours: Hours, hour: int, value: int | None, reasons: set[int]) -> None:
    if value is None:
        assert hours.reasons[hour] in reasons
    else:
        assert (hours.reasons[hour], hours.micros[hour]) == (VALID, value)


# --- moving means


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.one_of(st.none(), st.integers(0, 2_000_000_000)), min_size=1, max_size=40),
    hours=st.integers(1, 24),
    data=st.data(),
)
def test_moving_mean_is_that_of_a_plain_loop(values: list[int | None], hours: int, data: st.DataObject) -> None:
    least = data.draw(st.integers(0, hours))
    micros = np.array([0 if v is None else v for v in values], dtype=np.int64)
    valid = np.array([v is not None for v in values])
    expected = []
    for end in range(1, len(values) + 1):
        present = [v for v in values[max(end - hours, 0) : end] if v is not None]
        enough = present and len(present) >= least
        expected.append(Fraction(sum(present), len(present)) if enough else None)
    found = moving_mean(micros, valid, hours=hours, min_hours=least)
    ratios = zip(found.numerators.tolist(), found.denominators.tolist(), strict=True)
    assert [Fraction(n, d) if d else None for n, d in ratios] == expected


def test_moving_mean_needs_its_least_hours_at_equality() -> None:
    values = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9], dtype=np.int64) * MICRO
    found = moving_mean(values, np.ones(9, dtype=np.bool_), hours=8, min_hours=6)
    assert found.rounded(6).tolist() == [MISSING] * 5 + [3_500_000, 4_000_000, 4_500_000, 5_500_000]


# --- real-time index


def edition_of(edition: Editions, name: str, **switches: Any) -> tuple[AirIndex, AirLimits]:
    index = edition(f"HJ 633-{name}")
    limits = edition({"2012": "GB 3095-2012", "2026": "GB 3095-2026 transitional"}[name])
    assert isinstance(index, AirIndex)
    assert isinstance(limits, AirLimits)
    return msgspec.structs.replace(index, **switches), limits


def hours_of(n: int = 1, **values: Any) -> dict[str, np.ndarray]:
    """Hours by quantity, a number for all of them; what is not named is clean air."""
    clean: dict[str, Any] = {
        "so2": 10.0, "no2": 20.0, "co": 0.6, "pm10": 20.0, "pm25": 10.0, "o3": 80.0,
    }  # fmt: skip
    found = {}
    for quantity, value in (clean | values).items():
        each = value if isinstance(value, list) else [value] * n
        found[quantity] = np.array([MISSING if v is None else round(v * MICRO) for v in each], dtype=np.int64)
    return found


def sub_of(edition: Editions, name: str, item: str, hours: dict[str, np.ndarray], **switches: Any) -> list[int]:
    index, limits = edition_of(edition, name, **switches)
    return [int(v) for v in index_of_hours(hours, index, limits).sub[item]]


@pytest.mark.parametrize(
    ("item", "quantity", "value", "in_2012", "in_2026"),
    [
        pytest.param("so2_1h", "so2", 475.0, 97, 97, id="vector 10"),
        pytest.param("so2_1h", "so2", 801.0, aqi.NONE, 200, id="vector 11, without a 24 h mean"),
        pytest.param("so2_1h", "so2", 800.0, 200, 200, id="800 is still in the table"),
        pytest.param("so2_1h", "so2", 800.5, 200, 200, id="800.5 is rounded to the even 800 first"),
        pytest.param("no2_1h", "no2", 350.0, 115, 115, id="vector 12"),
        pytest.param("co_1h", "co", 65.4, 218, 218, id="vector 14"),
        pytest.param("o3_1h", "o3", 250.0, 125, 125, id="vector 17"),
        pytest.param("pm25", "pm25", 36.0, 52, 52, id="vector 1, on the breakpoints of the day"),
        pytest.param("pm25", "pm25", 60.5, 82, 100, id="vector 18: to the even 60"),
        pytest.param("pm25", "pm25", 60.51, 83, 101, id="vector 18: to 61"),
        pytest.param("pm10", "pm10", 121.0, 86, 101, id="vector 6, on the breakpoints of the day"),
        pytest.param("pm10", "pm10", 380.0, 243, 243, id="vector 8"),
        pytest.param("pm25", "pm25", 600.0, 500, 500, id="vector 5"),
    ],
)
def test_sub_index_of_an_hour_is_that_of_the_vectors(
    edition: Editions, item: str, quantity: str, value: float, in_2012: int, in_2026: int
) -> None:
    hours = hours_of(**{quantity: value})
    assert [sub_of(edition, name, item, hours) for name in ("2012", "2026")] == [[in_2012], [in_2026]]


def test_index_of_an_hour_is_the_largest_of_six_hour_means(edition: Editions) -> None:
    # SO2 475: 97; PM2.5 60.51 rounds to 61: 83 of 2012, 101 of 2026
    hours = hours_of(so2=475.0, pm25=60.51)
    found = [index_of_hours(hours, *edition_of(edition, name)) for name in ("2012", "2026")]
    assert [each.aqi.tolist() for each in found] == [[97], [101]]
    assert [sorted(each.sub) for each in found] == [["co_1h", "no2_1h", "o3_1h", "pm10", "pm25", "so2_1h"]] * 2


def test_so2_above_800_hands_over_to_the_mean_of_24_hours_in_2012(edition: Editions) -> None:
    # 23 hours of 400 and one of 850: (23 x 400 + 850) / 24 = 418.75, 419: 100 + 50/325 x 269 = 141.38
    hours = hours_of(24, so2=[400.0] * 23 + [850.0])
    assert sub_of(edition, "2012", "so2_1h", hours)[-1] == 142
    assert sub_of(edition, "2026", "so2_1h", hours)[-1] == 200


@pytest.mark.parametrize(("missing", "sub"), [(4, 142), (5, aqi.NONE)])
def test_mean_that_so2_hands_over_to_needs_20_hours(edition: Editions, missing: int, sub: int) -> None:
    # With 4 missing: (19 x 400 + 850) / 20 = 422.5, the even 422: 100 + 50/325 x 272 = 141.85
    hours = hours_of(24, so2=[None] * missing + [400.0] * (23 - missing) + [850.0])
    assert sub_of(edition, "2012", "so2_1h", hours)[-1] == sub


@pytest.mark.parametrize(
    ("first", "sub"),
    [
        # (first + 22 x 122 + 801) / 24: the 24 h column has 100 at 150 and 101 at 151
        pytest.param(127.0, 100, id="150.5 to the even 150"),
        pytest.param(127.000001, 101, id="a 24th of a millionth more: to 151, not by way of 150.5"),
    ],
)
def test_mean_that_so2_hands_over_to_is_rounded_once(edition: Editions, first: float, sub: int) -> None:
    hours = hours_of(24, so2=[first, *[122.0] * 22, 801.0])
    assert sub_of(edition, "2012", "so2_1h", hours)[-1] == sub


def test_moving_mean_of_pm_is_rounded_once(edition: Editions) -> None:
    # just below 35.5: to 35, 50; not by way of 35.5 to the even 36, 52
    hours = hours_of(24, pm25=[34.999999, *[35.0] * 11, *[36.0] * 12])
    assert sub_of(edition, "2012", "pm25", hours, hourly_pm_input="24h_moving")[-1] == 50


def test_so2_without_the_mean_it_hands_over_to_is_a_missing_item(edition: Editions) -> None:
    # One hour of 900, clean else: 2012 takes the others (O3 80: 25, NO2 20: 10); strictly there is none.
    hours = hours_of(so2=900.0)
    index, limits = edition_of(edition, "2012")
    strict = msgspec.structs.replace(index, hourly_missing_item="none_unless_exceeding")
    assert index_of_hours(hours, index, limits).aqi.tolist() == [25]
    assert index_of_hours(hours, strict, limits).aqi.tolist() == [aqi.NONE]


@pytest.mark.parametrize("name", ["2012", "2026"])
def test_pm_enters_by_its_moving_mean_of_24_hours_where_the_edition_says_so(edition: Editions, name: str) -> None:
    # 23 hours of 20 and one of 260: (460 + 260) / 24 = 30: 50/35 x 30 = 42.86; PM10 the same on 50: 30
    hours = hours_of(24, pm25=[20.0] * 23 + [260.0], pm10=[20.0] * 23 + [260.0])
    moving = {"hourly_pm_input": "24h_moving"}
    assert sub_of(edition, name, "pm25", hours, **moving) == [aqi.NONE] * 19 + [29] * 4 + [43]
    assert sub_of(edition, name, "pm10", hours, **moving) == [aqi.NONE] * 19 + [20] * 4 + [30]
    # by its hour: 260 lies between 250 (300) and 350 (400)
    assert sub_of(edition, name, "pm25", hours)[-1] == 310


@pytest.mark.parametrize("name", ["2012", "2026"])
def test_ozone_of_8_hours_enters_where_the_edition_says_so(edition: Editions, name: str) -> None:
    # 7 hours of 150 and one of 230: 1280 / 8 = 160: exactly 100; the hour of 230: 100 + 50/100 x 30 = 115
    hours = hours_of(8, o3=[150.0] * 7 + [230.0])
    both = {"hourly_o3_uses_8h": True}
    assert sub_of(edition, name, "o3_8h", hours, **both) == [aqi.NONE] * 5 + [92, 92, 100]
    assert sub_of(edition, name, "o3_1h", hours, **both) == [47] * 7 + [115]  # 50/160 x 150 = 46.875


def test_ozone_of_8_hours_above_800_takes_the_index_of_its_hour_in_2012(edition: Editions) -> None:
    # 8 hours of 900: the mean of 8 is above its table; the hour: 300 + 100/200 x 100 = 350
    hours = hours_of(8, o3=900.0)
    both = {"hourly_o3_uses_8h": True}
    assert sub_of(edition, "2012", "o3_8h", hours, **both)[-1] == 350
    assert sub_of(edition, "2026", "o3_8h", hours, **both)[-1] == 300


@pytest.mark.parametrize(
    ("name", "missing", "values", "expected"),
    [
        pytest.param("2012", "pm10", {}, 25, id="2012: the others"),  # O3 80: 50/160 x 80
        pytest.param("2026", "pm10", {}, aqi.NONE, id="2026: none up to 100"),
        pytest.param("2026", "pm10", {"pm25": 60.0}, aqi.NONE, id="2026: 100 is not above"),
        pytest.param("2026", "pm10", {"pm25": 61.0}, 101, id="2026: 101 is known to exceed"),
    ],
)
def test_hour_with_a_missing_item_is_as_the_edition_says(
    edition: Editions, name: str, missing: str, values: dict[str, float], expected: int
) -> None:
    hours = hours_of(**{missing: [None]}, **values)
    assert index_of_hours(hours, *edition_of(edition, name)).aqi.tolist() == [expected]


def test_hour_does_not_miss_what_is_not_monitored_by_plan(edition: Editions) -> None:
    # HJ 633-2026, 5.3.2
    index, limits = edition_of(edition, "2026")
    found = index_of_hours(hours_of(so2=[None]), index, limits, not_monitored=("so2",))
    assert found.aqi.tolist() == [25]


def test_hour_without_anything_has_no_index(edition: Editions) -> None:
    hours = hours_of(**{q: [None] for q in QUANTITIES})
    for name in ("2012", "2026"):
        assert index_of_hours(hours, *edition_of(edition, name)).aqi.tolist() == [aqi.NONE]


def test_sub_index_of_an_hour_is_rounded_as_the_edition_says(edition: Editions) -> None:
    # air.md, 0.2: the national platform rounds up, Beijing rounded half up. PM2.5 36 of 2012: 51.25
    hours = hours_of(pm25=36.0)
    assert sub_of(edition, "2012", "pm25", hours) == [52]
    assert sub_of(edition, "2012", "pm25", hours, sub_index_rounding="half_up") == [51]


@pytest.mark.parametrize(("at_least_one", "value"), [(False, 0), (True, 1)])
def test_hour_of_zeros_has_the_index_that_the_switch_says(edition: Editions, at_least_one: bool, value: int) -> None:
    hours = hours_of(**dict.fromkeys(QUANTITIES, 0.0))
    index, limits = edition_of(edition, "2026", index_at_least_one=at_least_one)
    assert index_of_hours(hours, index, limits).aqi.tolist() == [value]
