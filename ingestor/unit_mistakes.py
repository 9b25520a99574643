"""Values outside the plausible range that are so by a probable unit mistake: named, they count as little as before."""

import numpy as np

from aggregations.air.hours import VALID
from aggregations.rounding import BoolArray, IntArray
from ingestor.config import Config
from ingestor.derivation.spans import IMPLAUSIBLE, calibrated
from ingestor.store import RawSeries, SeriesKey
from sensors.unit_mistakes import unit_slips


def of_implausible(config: Config, key: SeriesKey, raw: RawSeries, reasons: IntArray) -> BoolArray:
    """Return which implausible values of a series are a factor of 1,000 off the values around that count.

    Parameters
    ----------
    key, raw
        As it was sent, with `history_days` before and after.
    reasons : (n,) int
        As `spans.usable` gives them.
    """
    unit = config.checks.unit
    rule = unit.rule(key.medium, key.quantity) if unit else None
    implausible = np.asarray(reasons == IMPLAUSIBLE)
    if unit is None or rule is None or not implausible.any():
        return np.zeros(len(reasons), dtype=np.bool_)
    least, ratio = rule
    values = np.where(implausible | (reasons == VALID), calibrated(config, key, raw).values, np.nan)
    history = np.asarray(reasons == VALID)
    return implausible & unit_slips(raw.times, values, ratio=ratio, days=unit.days, least=least, history=history)


def history_days(config: Config, medium: str) -> tuple[int, int]:
    """Return how many days before and after a value a verdict about its unit rests on; 0 without such a check. [d]"""
    unit = config.checks.unit
    rule = None if unit is None else {"air": unit.air, "water": unit.water}.get(medium)
    return (2 * unit.days, unit.days) if unit is not None and rule is not None else (0, 0)
