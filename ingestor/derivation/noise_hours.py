"""Hours of a noise monitor: from its own hour records and from samples, screened by weather; why one is not valid."""

from typing import Final

import msgspec
import numpy as np

from aggregations import noise
from aggregations.air.hours import NO_READING, NOT_ON_THE_HOUR, TOO_SHORT, VALID
from aggregations.noise.hours import TINY
from aggregations.rounding import BoolArray, FloatArray, IntArray
from aggregations.standards import NoiseMethod
from ingestor.derivation.noise_weather import BadWeather, bad_weather
from ingestor.derivation.spans import HOUR_S, HOURS, Found, Span
from ingestor.schema import NOISE_LEVELS

WEATHER: Final = 7
"""Code of an hour of which weather took too many samples out; the others are those of hours of air."""
SAMPLES_AT_ONCE: Final = 2**22
PERCENT: Final = 100.0


class Hours(msgspec.Struct, frozen=True):
    """Consecutive hours; all arrays (n_hours,). `levels` by column of `noise_hour`, NaN where not valid. [dB]

    `collected` and `entered` are as of `noise.HourLevels` [1]; `reasons` says why an hour is not valid.
    """

    levels: dict[str, FloatArray]
    collected: FloatArray
    entered: FloatArray
    reasons: IntArray

    @property
    def valid(self) -> BoolArray:
        """Which hours are valid."""
        return np.asarray(self.reasons == VALID)


Series = dict[tuple[int, str], tuple[IntArray, FloatArray, IntArray]]
"""Times, values (NaN where they do not count) and reasons by period and quantity."""


def hours_of(found: Found, span: Span, method: NoiseMethod) -> Hours:
    """Return the hours of a monitor.

    The record of an hour that the terminal sent comes first. Where there is none that is valid, or weather touched its
    hour and there are samples that can be screened, the hour is made of samples: those of the length that the method
    wants, then the longest. Of an hour record, which cannot be screened, the share of its time in good weather counts.
    """
    series: Series = {
        (key.period_s, key.quantity): (times, values, why)
        for key, times, values, why in found
        if key.period_s > 0  # a grab sample is no level of any time
    }
    weather = bad_weather(found, method, midnight=span.start)
    hours = _empty(span.n * HOURS)
    periods = sorted({period for period, quantity in series if quantity == "leq"}, reverse=True)
    samples = [p for p in periods if p < HOUR_S]
    for period in sorted(samples, key=lambda p: (p != method.sample_period_s, -p)):
        hours = _first(hours, _from_samples(series, period, span, weather, method))
    if HOUR_S in periods:
        record = _from_records(series, span, weather, method)
        touched = weather.share(span.start + np.arange(span.n * HOURS) * HOUR_S, HOUR_S) > 0
        screened = touched & hours.valid
        hours = _chosen(screened, hours, _first(record, hours))
    return hours


def _empty(n: int) -> Hours:
    nothing = np.full(n, np.nan)
    return Hours(dict.fromkeys(NOISE_LEVELS, nothing), np.zeros(n), np.zeros(n), np.full(n, NO_READING))


def _first(first: Hours, second: Hours) -> Hours:
    """Take each hour from the first where it is valid, or knows a reason and the second is not valid.

    Levels that a valid hour of the first lacks come from the second.
    """
    ours = first.valid | (~second.valid & (first.reasons != NO_READING))
    chosen = _chosen(ours, first, second)
    levels = {
        name: np.where(first.valid & np.isnan(level), second.levels[name], level)
        for name, level in chosen.levels.items()
    }
    return msgspec.structs.replace(chosen, levels=levels)


def _chosen(where: BoolArray, first: Hours, second: Hours) -> Hours:
    return Hours(
        {name: np.where(where, level, second.levels[name]) for name, level in first.levels.items()},
        np.where(where, first.collected, second.collected),
        np.where(where, first.entered, second.entered),
        np.where(where, first.reasons, second.reasons),
    )


def _from_records(series: Series, span: Span, weather: BadWeather, method: NoiseMethod) -> Hours:
    """Hours as the terminal sent them; its own valid data rate counts where it sent one."""
    n = span.n * HOURS
    levels = {name: np.full(n, np.nan) for name in NOISE_LEVELS}
    for name, grid in levels.items():
        if (HOUR_S, name) in series:
            times, values, _ = series[HOUR_S, name]
            places, rest = np.divmod(times - span.start, HOUR_S)
            grid[places[rest == 0]] = values[rest == 0]
    times, _, why = series[HOUR_S, "leq"]
    places, rest = np.divmod(times - span.start, HOUR_S)
    reasons = np.full(n, NO_READING)
    for order in (rest != 0, rest == 0):  # what starts on the hour comes last and wins
        reasons[places[order]] = np.where(rest[order] != 0, NOT_ON_THE_HOUR, why[order])
    there = np.isfinite(levels["leq"])
    collected = there.astype(np.float64)
    if (HOUR_S, "vdr") in series:
        times, values, _ = series[HOUR_S, "vdr"]
        places, known = (times - span.start) // HOUR_S, np.isfinite(values)
        collected[places[known]] = np.where(there[places[known]], values[known] / PERCENT, 0.0)
    good = 1.0 - weather.share(span.start + np.arange(n) * HOUR_S, HOUR_S)
    return _judged(levels, collected, collected * good, reasons, method)


def _from_samples(series: Series, period: int, span: Span, weather: BadWeather, method: NoiseMethod) -> Hours:
    """Hours from samples of one length, some hours at once."""
    times, values, why = series[period, "leq"]
    hours = _empty(span.n * HOURS)
    levels = {name: level.copy() for name, level in hours.levels.items()}
    collected, entered, reasons = hours.collected, hours.entered, hours.reasons
    places = (times - span.start) // HOUR_S
    counts = np.isfinite(values)
    reasons[places] = np.where(why != VALID, why, TOO_SHORT)  # of an hour without any that counts, the last
    reasons[places[counts]] = TOO_SHORT
    n_samples = HOUR_S // period
    touched = np.unique(places[counts])
    step = max(1, SAMPLES_AT_ONCE // n_samples)
    for i in range(0, len(touched), step):
        rows = touched[i : i + step]
        found = _block(series, period, rows, span, weather, method)
        for name in NOISE_LEVELS:
            levels[name][rows] = found.levels[name]
        collected[rows], entered[rows] = found.collected, found.entered
    return _judged(levels, collected, entered, reasons, method)


def _block(series: Series, period: int, rows: IntArray, span: Span, weather: BadWeather, method: NoiseMethod) -> Hours:
    """Some hours from their samples, valid or not."""
    n_samples = HOUR_S // period

    def grid(quantity: str) -> FloatArray | None:
        if (period, quantity) not in series:
            return None
        times, values, _ = series[period, quantity]
        cut = slice(*np.searchsorted(times, (span.start + rows[0] * HOUR_S, span.start + (rows[-1] + 1) * HOUR_S)))
        places, seconds = np.divmod(times[cut] - span.start, HOUR_S)
        row = np.clip(np.searchsorted(rows, places), 0, len(rows) - 1)
        inside = rows[row] == places
        values_of = np.full((len(rows), n_samples), np.nan)
        values_of[row[inside], seconds[inside] // period] = values[cut][inside]
        return values_of

    levels = grid("leq")
    assert levels is not None  # who calls has samples of it
    starts = span.start + rows[:, np.newaxis] * HOUR_S + np.arange(n_samples) * period
    excluded = weather.touches(starts, period)
    rates = grid("vdr")
    shares = None if rates is None else np.where(np.isfinite(rates), rates / PERCENT, 1.0)
    found = noise.hour_levels(levels, excluded=excluded, shares=shares, deviation=method.deviation)
    nothing = np.full(len(rows), np.nan)
    fine = period <= method.percentile_max_period_s
    own = period <= method.peak_max_period_s
    columns = {
        "leq": found.leq,
        **{f"l{n}": found.exceeded[n] if fine else nothing for n in noise.PERCENTILES},
        "lmax": _extreme(grid("lmax"), excluded, found.lmax if own else nothing, largest=True),
        "lmin": _extreme(grid("lmin"), excluded, found.lmin if own else nothing, largest=False),
        "sd": found.sd if fine else nothing,
    }
    return Hours(columns, found.collected, found.entered, np.full(len(rows), VALID))


def _extreme(values: FloatArray | None, excluded: BoolArray, others: FloatArray, *, largest: bool) -> FloatArray:
    """Largest or smallest value sent in each row that weather leaves in; of rows without one that of the levels."""
    if values is None:
        return others
    none = -np.inf if largest else np.inf
    kept = np.where(np.isfinite(values) & ~excluded, values, none)
    found = kept.max(axis=1) if largest else kept.min(axis=1)
    return np.where(np.isfinite(found), found, others)


def _judged(
    levels: dict[str, FloatArray], collected: FloatArray, entered: FloatArray, reasons: IntArray, method: NoiseMethod
) -> Hours:
    """Hours with the reason why each is not valid; levels of those that are not are NaN."""
    valid = noise.valid_hours(collected, entered, method) & np.isfinite(levels["leq"])
    by_weather = (collected > 0) & (collected >= float(method.hour_min_share) - TINY)
    why = np.where(collected > 0, np.where(by_weather, WEATHER, TOO_SHORT), reasons)
    why = np.where(why == VALID, TOO_SHORT, why)  # a record that says itself that nothing was collected
    kept = {name: np.where(valid, level, np.nan) for name, level in levels.items()}
    return Hours(kept, collected, entered, np.where(valid, VALID, why))
