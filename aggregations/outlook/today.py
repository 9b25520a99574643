"""Today: the chance that a day that has begun ends as a good day, from its hours so far and the usual course of days.

Days like it are looked for among earlier ones: those of the same season in earlier years and the last days of this one.
What each of them did in the rest of its hours is put on today's level and joined to the hours that are known.
"""

from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np

from aggregations import aqi
from aggregations.air.days import HOURS, MEANS, MISSING, OZONE, QUANTITIES, WINDOW, daily_mean, ozone_daily_max_8h
from aggregations.outlook import method
from aggregations.rounding import MICRO, FloatArray, IntArray
from aggregations.standards import AirEvaluation, AirIndex, AirLimits, AreaClass


class Rules(msgspec.Struct, frozen=True):
    """What a day is judged by, whatever earlier days were judged by."""

    limits: AirLimits
    evaluation: AirEvaluation
    index: AirIndex
    area_class: AreaClass = "II"
    not_monitored: tuple[str, ...] = ()


class Room(msgspec.Struct, frozen=True):
    """What one quantity may be in the rest of the day: at most `at_most` on average; negative: no more possible.

    Of ozone in each of the remaining hours. `boundary` is the largest daily value of a good day. [ug/m3; CO mg/m3]
    """

    quantity: str
    so_far: Decimal | None
    boundary: Decimal
    at_most: Decimal


class Chance(msgspec.Struct, frozen=True, kw_only=True):
    """The chance that the day is good, None with its `reason`; of `days` earlier days, the weight of `like` of them.

    `so_far_good` is whether it would be one if its values stayed as they are; None where they make no index.
    """

    chance: float | None
    hours: int
    days: int
    like: float
    so_far_good: bool | None
    rooms: list[Room]
    reason: str | None = None


def good_days(hours: dict[str, FloatArray], rules: Rules, *, factors: dict[str, FloatArray] | None = None) -> IntArray:
    """Whether days are good by the standard's arithmetic of their hours: 1, 0, or `aqi.NONE` without an index.

    Parameters
    ----------
    hours : by quantity, (n_days, 24) float
        Hour means, NaN where missing. [ug/m3; CO mg/m3]
    factors : by quantity, (n_days,) float
        What daily values are multiplied by before they are rounded: the value of a city's day is the mean of its
        stations' days, not made of its hours. [-]

    Returns
    -------
    (n_days,) int
    """
    values = daily_values(hours, rules)
    factors = factors or {}
    return verdicts_of({q: each * factors.get(q, 1.0) for q, each in values.items()}, rules)


def verdicts_of(values: dict[str, FloatArray], rules: Rules) -> IntArray:
    """Whether days are good, from their daily values before rounding: 1, 0, or `aqi.NONE` without an index. (n_days,)

    `values` are by quantity, and the largest hour of ozone as `o3_1h`; NaN where not valid. [ug/m3; CO mg/m3]
    """
    concentrations = {}
    for key in dict.fromkeys((*rules.index.daily_items, "o3_1h")):
        item = rules.index.item[key]
        found = values["o3_1h" if key == "o3_1h" else item.quantity] * 10**item.decimals
        rounded = np.rint(np.nan_to_num(found)).astype(np.int64)
        concentrations[key] = np.where(np.isfinite(found), rounded, MISSING)
    index = aqi.of_day(concentrations, rules.index, not_monitored=rules.not_monitored).aqi
    return np.where(index == aqi.NONE, aqi.NONE, (index <= rules.index.good_up_to).astype(np.int64))


def daily_values(hours: dict[str, FloatArray], rules: Rules) -> dict[str, FloatArray]:
    """Daily values before rounding by quantity, and the largest hour of ozone (`o3_1h`); NaN where not valid. (n_days,)

    References
    ----------
    .. [1] GB 3095-2026, table 4; HJ 663-2013, 6.1.2.
    """
    found = {}
    for q in QUANTITIES:
        valid = np.isfinite(hours[q])
        micros = np.where(valid, np.rint(np.nan_to_num(hours[q]) * MICRO), 0).astype(np.int64)
        if q in MEANS:
            days = daily_mean(micros, valid, min_hours=rules.limits.day_min_hours)
        else:
            days = ozone_daily_max_8h(
                micros, valid, limits=rules.limits, evaluation=rules.evaluation, area_class=rules.area_class
            )
            found["o3_1h"] = np.where(days.hour_max == MISSING, np.nan, days.hour_max / MICRO)
        found[q] = np.where(days.valid, days.sums / days.counts / MICRO, np.nan)
    return found


def chance_of(
    today: dict[str, FloatArray],
    earlier: dict[str, FloatArray],
    published: dict[str, FloatArray],
    n_hours: int,
    rules: Rules,
) -> Chance:
    """Return the chance that a day ends as a good day.

    Each earlier day is weighed by how near its hours before the same moment were to today's, in the logarithm of the
    levels of the last `NEAR_HOURS` hours and of the day so far. Its remaining hours, times the part `KEPT` of today's
    level against its own, are joined to today's; its published values against those of its hours make the last factor.
    `PRIOR` days that end well and as many that do not are added, so that no chance is 0 or 1; where a quantity has no
    room left they are added to all earlier days, not to those that are alike.

    Parameters
    ----------
    today : by quantity, (48,) float
        Hour means of yesterday and today, NaN where missing; those from the moment on are not read. [ug/m3; CO mg/m3]
    earlier : by quantity, (n_days, 48) float
        Hour means of earlier days, each after those of the day before it, at the temperature of today's edition.
    published : by quantity, (n_days,) float
        Daily values of those days before rounding, NaN where not valid.
    n_hours : int
        Hours of today that are over, 0 to 24. [h]
    """
    rooms = rooms_of(today, n_hours, rules)
    wanted = [q for q in QUANTITIES if q not in rules.not_monitored]
    so_far = _stays(today, n_hours, rules)
    n_days = len(earlier[OZONE])
    logs = {q: _levels(today[q][None, :], earlier[q], n_hours) for q in wanted}
    there = (
        np.all([np.isfinite(each).all(axis=1) for each in logs.values()], axis=0) if logs else np.zeros(n_days, bool)
    )

    def nothing(reason: str) -> Chance:
        return Chance(
            chance=None, hours=n_hours, days=int(there.sum()), like=0.0, so_far_good=so_far, rooms=rooms, reason=reason
        )

    if not any(np.isfinite(today[q][HOURS + n_hours - method.NEAR_HOURS : HOURS + n_hours]).any() for q in wanted):
        return nothing("no hours of late")
    if int(there.sum()) < method.MIN_DAYS:
        return nothing(f"too few earlier days with hours: {int(there.sum())} of at least {method.MIN_DAYS}")
    distance = sum(((each[there] / method.WIDTH) ** 2).mean(axis=1) for each in logs.values())
    weights = np.exp(-(distance - np.min(distance)) / 2)
    joined, factors = {}, {}
    for q in QUANTITIES:
        of_days = earlier[q][there]
        shift = np.exp(method.KEPT * logs[q][:, :1][there]) if q in logs else 1.0
        day = np.repeat(today[q][None, HOURS:], len(of_days), axis=0)
        day[:, n_hours:] = of_days[:, HOURS + n_hours :] * shift
        joined[q] = day
    of_hours = daily_values({q: each[there][:, HOURS:] for q, each in earlier.items()}, rules)
    for q in QUANTITIES:
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = published[q][there] / of_hours[q]
        factors[q] = np.where(np.isfinite(factor) & (factor > 0), factor, 1.0)
    good = good_days(joined, rules, factors=factors)
    ends = good != aqi.NONE
    if int(ends.sum()) < method.MIN_DAYS:
        return nothing("too few hours of the day for an index")
    weights = np.where(ends, weights, 0.0)
    like = float(weights.sum() ** 2 / (weights**2).sum())
    share = float((weights * (good == 1)).sum() / weights.sum())
    chance = (share * like + method.PRIOR) / (like + 2 * method.PRIOR)
    if any(room.at_most < 0 for room in rooms):
        chance = min(chance, method.PRIOR / (int(ends.sum()) + 2 * method.PRIOR))
    return Chance(
        chance=chance, hours=n_hours, days=int(ends.sum()), like=like, so_far_good=so_far,
        rooms=rooms,
    )  # fmt: skip


def _levels(today: FloatArray, earlier: FloatArray, n_hours: int) -> FloatArray:
    """Logarithms of today's levels against those of earlier days: of the last hours, and of the day so far. (n_days, 2)

    0 where today has no level of the kind, NaN where only the earlier day has none.
    """
    now = HOURS + n_hours
    cuts = (slice(now - method.NEAR_HOURS, now), slice(now - max(n_hours, method.NEAR_HOURS), now))
    columns = []
    for cut in cuts:
        mine, theirs = _mean(today[:, cut]), _mean(earlier[:, cut])
        ratio = np.log(np.maximum(mine, method.FLOOR)) - np.log(np.maximum(theirs, method.FLOOR))
        columns.append(np.where(np.isfinite(mine), ratio, 0.0))
    return np.stack(columns, axis=1)


def _mean(values: FloatArray) -> FloatArray:
    n = np.isfinite(values).sum(axis=1)
    return np.where(n > 0, np.nansum(values, axis=1) / np.maximum(n, 1), np.nan)


def _stays(known: dict[str, FloatArray], n_hours: int, rules: Rules) -> bool | None:
    """Whether the day is good if its means, and the largest 8 hours of ozone, stay as they are so far."""
    if not n_hours:
        return None
    hours = {}
    for q in QUANTITIES:
        day = known[q][HOURS:].copy()
        day[n_hours:] = _mean(day[None, :n_hours])[0] if q in MEANS else 0.0
        if q == OZONE and n_hours < WINDOW:
            day[n_hours:] = _mean(day[None, :n_hours])[0]
        hours[q] = day[None, :]
    verdict = int(good_days(hours, rules)[0])
    return None if verdict == aqi.NONE else bool(verdict)


def boundary(item: str, index: AirIndex) -> Decimal:
    """Largest concentration, rounded to the item's decimals, whose sub-index is still that of a good day."""
    column = index.item[item]
    scale = 10**column.decimals
    candidates = np.arange(int(column.breakpoints[-1] * scale) + 1)
    good = aqi.sub_index(candidates, item, index) <= index.good_up_to
    return Decimal(int(candidates[good].max())).scaleb(-column.decimals)


def rooms_of(today: dict[str, FloatArray], n_hours: int, rules: Rules) -> list[Room]:
    """What each quantity may be on average in the remaining hours for the day to stay good, all of them valid.

    Rounded down to the decimals of the daily value. The daily value may round down to the boundary: the mean may be up
    to half a unit above it, itself where the boundary is even.

    Parameters
    ----------
    today : by quantity, (48,) float
        Hour means of yesterday and today.
    """
    rest = HOURS - n_hours
    found = []
    for key in rules.index.daily_items:
        item = rules.index.item[key]
        if item.quantity in rules.not_monitored or not rest:
            continue
        hours = today[item.quantity][HOURS : HOURS + n_hours]
        micros = [round(float(v) * MICRO) for v in hours if np.isfinite(v)]
        edge = boundary(key, rules.index)
        unit = Fraction(1, 10**item.decimals)
        top = Fraction(edge) + unit / 2
        if int(edge * 10**item.decimals) % 2:  # a tie would be rounded up, to the even one
            top -= Fraction(1, MICRO)
        if item.quantity in MEANS:
            most = (top * (len(micros) + rest) - Fraction(sum(micros), MICRO)) / rest
            so_far = Fraction(sum(micros), MICRO * len(micros)) if micros else None
        else:
            most, so_far = _of_ozone(hours, n_hours, top, rules)
        found.append(
            Room(
                item.quantity,
                None if so_far is None else Decimal(round(so_far / unit)).scaleb(-item.decimals),
                edge,
                Decimal(most // unit).scaleb(-item.decimals),
            )
        )
    return found


def _of_ozone(hours: FloatArray, n_hours: int, top: Fraction, rules: Rules) -> tuple[Fraction, Fraction | None]:
    """Largest level of the remaining hours at which no window exceeds `top`; the largest window so far."""
    first, last = rules.evaluation.ozone_first_window_end_hour, rules.evaluation.ozone_last_window_end_hour
    most: Fraction | None = None
    largest: Fraction | None = None
    for end in range(first, last + 1):
        past = [
            Fraction(round(float(v) * MICRO), MICRO) for v in hours[end - WINDOW : min(end, n_hours)] if np.isfinite(v)
        ]
        ahead = max(end - max(n_hours, end - WINDOW), 0)
        if not ahead:
            if len(past) >= rules.limits.window_min_hours:
                mean = sum(past, Fraction(0)) / len(past)
                largest = mean if largest is None else max(largest, mean)
            continue
        room = (top * (len(past) + ahead) - sum(past, Fraction(0))) / ahead
        most = room if most is None else min(most, room)
    if largest is not None and largest > top:
        most = Fraction(-1)
    return (most if most is not None else Fraction(-1)), largest
