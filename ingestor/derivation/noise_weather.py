"""Weather in which samples of noise do not count, from what the monitor's own instruments sent."""

from typing import Final

import msgspec
import numpy as np

from aggregations.rounding import BoolArray, FloatArray, IntArray
from aggregations.standards import NoiseMethod
from ingestor.derivation.spans import HOUR_S, Found

MINUTE_S: Final = 60
LONGEST_S: Final = HOUR_S
"""Weather of a longer period, a day's rain for instance, says nothing about a sample. [s]"""


class BadWeather(msgspec.Struct, frozen=True):
    """Times of bad weather, ascending, that neither touch nor overlap; each half-open. [s since 1970 in UTC]"""

    starts: IntArray
    ends: IntArray

    def touches(self, times: IntArray, period_s: int) -> BoolArray:
        """Whether each period that begins at one of the times has bad weather in it; shape of `times`."""
        if not len(self.starts):
            return np.zeros(times.shape, dtype=np.bool_)
        after = np.searchsorted(self.ends, times, side="right")
        begins = np.append(self.starts, np.iinfo(np.int64).max)[after]
        return np.asarray(begins < times + period_s)

    def share(self, times: IntArray, period_s: int) -> FloatArray:
        """Share of each period that begins at one of the times that has bad weather. (n,) [1]"""
        return (self._before(times + period_s) - self._before(times)) / period_s

    def _before(self, times: IntArray) -> FloatArray:
        """Seconds of bad weather before each time."""
        if not len(self.starts):
            return np.zeros(len(times))
        lengths = np.concatenate([[0], np.cumsum(self.ends - self.starts)])
        done = np.searchsorted(self.ends, times, side="right")
        running = np.append(self.starts, np.iinfo(np.int64).max)[done]
        return np.asarray(lengths[done] + np.clip(times - running, 0, None), dtype=np.float64)


def bad_weather(found: Found, method: NoiseMethod, *, midnight: int) -> BadWeather:
    """Return when a quantity of the weather was above its bound; values that do not count say nothing.

    All of the minutes that it touched are bad, or of as many as the method says, counted from a local `midnight`. [s]

    References
    ----------
    .. [1] GB 3096-2008, 6 (recalled): no rain, snow or thunder, wind of at most 5 m/s.
    """
    starts: list[IntArray] = []
    ends: list[IntArray] = []
    for key, times, values, _ in found:
        bound = method.exclude_above.get(key.quantity)
        if bound is not None and key.period_s <= LONGEST_S:
            bad = times[np.nan_to_num(values, nan=-np.inf) > float(bound)]
            starts.append(bad)
            ends.append(bad + key.period_s)
    if not starts:
        return BadWeather(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    step = MINUTE_S * method.weather_resolution_min
    begins = midnight + (np.concatenate(starts) - midnight) // step * step
    until = midnight - (midnight - np.concatenate(ends)) // step * step
    order = np.argsort(begins, kind="stable")
    begins, until = begins[order], np.maximum.accumulate(until[order])
    first = np.ones(len(begins), dtype=np.bool_)
    first[1:] = begins[1:] > until[:-1]
    last = np.append(first[1:], True)[: len(begins)]
    return BadWeather(begins[first], until[last])
