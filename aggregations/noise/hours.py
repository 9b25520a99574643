"""Hours from samples of a second or a minute: levels, what was collected, what weather took out, validity."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from aggregations.noise.levels import BEL, exceeded_levels
from aggregations.rounding import BoolArray, FloatArray
from aggregations.standards import NoiseMethod

PERCENTILES: Final = (5, 10, 50, 90, 95)
"""N of the levels LN that terminals report."""
BLOCK: Final = 2**17
"""Samples that are worked on at once: what stays in the cache of a core."""
TINY: Final = 1e-9
"""What sums of shares in binary may be short of a bound that they reach."""


class HourLevels(msgspec.Struct, frozen=True):
    """Levels of hours, or of other equal periods; all arrays (n,), NaN where no sample entered. [dB]

    `exceeded` is by N of LN. `collected` is the valid data rate, `entered` the share of the period that was collected
    and not taken out by weather. [1, between 0 and 1]
    """

    leq: FloatArray
    lmax: FloatArray
    lmin: FloatArray
    sd: FloatArray
    exceeded: dict[int, FloatArray]
    collected: FloatArray
    entered: FloatArray


def hour_levels(
    levels: FloatArray,
    *,
    excluded: BoolArray | None = None,
    shares: FloatArray | None = None,
    deviation: str = "population",
    percentiles: Sequence[int] = PERCENTILES,
) -> HourLevels:
    """Levels of hours from equal samples; each row is an hour, or any period whose samples are all due.

    Parameters
    ----------
    levels : (n, n_samples) float
        Equivalent levels; NaN where not collected. [dB]
    excluded : (n, n_samples) bool, optional
        Samples that weather takes out.
    shares : (n, n_samples) float, optional
        Share of each sample's own time that was collected, where the terminal says it: weights of the energy mean. LN,
        the extremes and the deviation take each sample as one, but none of share 0. [1]
    deviation : {"population", "sample"}
        The deviation is over the number of samples, or one less. A sample alone has the deviation 0, or NaN.

    References
    ----------
    .. [1] HJ 906-2017, 3 (valid data rate) and formula 2; noise.md, 4.1.
    """
    n, n_samples = levels.shape
    step = max(1, BLOCK // max(n_samples, 1))
    parts = [
        _block(
            levels[i : i + step],
            None if excluded is None else excluded[i : i + step],
            None if shares is None else shares[i : i + step],
            deviation,
            percentiles,
        )
        for i in range(0, max(n, 1), step)
    ]
    return _joined(parts)


def _block(
    levels: FloatArray,
    excluded: BoolArray | None,
    shares: FloatArray | None,
    deviation: str,
    percentiles: Sequence[int],
) -> HourLevels:
    n_samples = levels.shape[-1]
    there = np.isfinite(levels) if shares is None else np.isfinite(levels) & (shares > 0)
    collected = there.sum(axis=-1) / n_samples
    if shares is not None:
        collected = np.where(there, shares, 0.0).sum(axis=-1) / n_samples
    ok = there if excluded is None else there & ~excluded
    whole = bool(ok.all())
    counts = np.full(len(levels), n_samples) if whole else ok.sum(axis=-1)
    weights = counts.astype(np.float64)
    energies = np.exp(BEL * (levels if whole else np.where(ok, levels, -np.inf)))  # e to the -inf is 0
    if shares is not None:
        used = np.where(ok, shares, 0.0)
        weights = used.sum(axis=-1)
        energies *= used
    ordered = np.sort(levels if whole else np.where(ok, levels, np.nan), axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        leq = np.log(energies.sum(axis=-1) / weights) / BEL
        divisor = counts if deviation == "population" else counts - 1
        means = (levels if whole else np.where(ok, levels, 0.0)).sum(axis=-1) / counts
        off = levels - means[:, np.newaxis]
        if not whole:
            off = np.where(ok, off, 0.0)
        sd = np.sqrt(np.einsum("ij,ij->i", off, off) / divisor)
    some = counts > 0
    last = np.clip(counts - 1, 0, None)
    return HourLevels(
        leq=np.where(some & (weights > 0), leq, np.nan),
        lmax=np.where(some, np.take_along_axis(ordered, last[:, np.newaxis], axis=-1)[:, 0], np.nan),
        lmin=np.where(some, ordered[:, 0], np.nan),
        sd=np.where(some & (divisor > 0), sd, np.nan),
        exceeded={each: exceeded_levels(ordered, counts, each) for each in percentiles},
        collected=collected,
        entered=weights / n_samples,
    )


def _joined(parts: list[HourLevels]) -> HourLevels:
    if len(parts) == 1:
        return parts[0]
    together: dict[str, Any] = {}
    for name in HourLevels.__struct_fields__:
        values = [getattr(part, name) for part in parts]
        if isinstance(values[0], dict):
            together[name] = {key: np.concatenate([value[key] for value in values]) for key in values[0]}
        else:
            together[name] = np.concatenate(values)
    return HourLevels(**together)


def valid_hours(collected: FloatArray, entered: FloatArray, method: NoiseMethod) -> BoolArray:
    """Whether each hour has enough samples, inclusive; (n,) each.

    Where `weather_lowers_vdr` is false an hour needs samples collected, and one that entered.

    References
    ----------
    .. [1] config/standards/noise-automatic-2024.toml: 75 % (assumed).
    """
    rate = entered if method.weather_lowers_vdr else collected
    return np.asarray((rate >= float(method.hour_min_share) - TINY) & (entered > 0))
