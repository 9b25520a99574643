"""Automatic checks of hourly values: one check is one pure function, one QARTOD flag a value.

All arrays hold consecutive hours; NaN (or infinity) is a missing hour. Every check answers with the same four flags:
MISSING where the hour is missing, FAIL or SUSPECT where the check objects, else GOOD, which also stands where there is
nothing to compare with. Values are compared as whole millionths of their unit, as they are summed, so that 1.1 - 0.9
is no more than 0.2; they must lie within `sensors.quantities.LARGEST`.

Which checks are made, with which numbers, stands in `config/checks.toml`; the plausible range in
`config/quantities.toml`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec
import numpy as np

from sensors import strict
from sensors.arrays import BoolArray, FlagArray, FloatArray
from sensors.errors import ConfigError, shown
from sensors.flags import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT
from sensors.quantities import Quantities, Quantity
from sensors.unit_mistakes import PROBABLE, UnitMistakes, unit_slips

Action = Literal["suspect", "fail"]
Number = Decimal | float

PRECEDENCE: Final = (MISSING, FAIL, SUSPECT, GOOD, NOT_EVALUATED)
"""Flags from the strongest to the weakest: what several checks say of one hour together."""

REASONS: Final[dict[str, str]] = {
    "negative": "below zero",
    "range": "outside the plausible range of config/quantities.toml",
    "stuck": "the same value for too many hours",
    "jump": "too far from the hour before",
    "inversion": "PM2.5 above PM10",
    "neighbours": "far from what the other stations measure",
    "unit": PROBABLE,
}
"""The checks by name and what each objects to; the first that makes an hour FAIL is the reason."""

CODES: Final[dict[str, int]] = {name: code for code, name in enumerate(REASONS, 1)}
"""Code of each check, from 1 in the order of `REASONS`; 0 is none. They are stored: append, never reorder."""

FINE, COARSE = "pm25", "pm10"
"""The quantities of the check of inversion."""

MIN_OTHERS = 2
"""Other stations that must have the hour before a station is compared with their median."""

MICRO = 1_000_000
HOUR_S: Final = 3600


# --- the checks


def range_check(values: FloatArray, *, minimum: Number, maximum: Number) -> FlagArray:
    """FAIL where a value lies outside the plausible range.

    Parameters
    ----------
    values : (n_hours,) float
        [unit of the quantity]
    minimum, maximum : number
        Both ends are inside. [unit of the quantity]
    """
    return _flagged(values, (values < float(minimum)) | (values > float(maximum)), FAIL)


def negative_check(values: FloatArray) -> FlagArray:
    """FAIL where a value is below zero; zero is good.

    Parameters
    ----------
    values : (n_hours,) float
        [unit of the quantity]
    """
    return _flagged(values, values < 0, FAIL)


def stuck_check(values: FloatArray, *, hours: int) -> FlagArray:
    """SUSPECT for every hour of a run of equal values.

    A missing hour ends a run; zeros count like any other value.

    Parameters
    ----------
    values : (n_hours,) float
        [unit of the quantity]
    hours : int
        A run of so many hours is suspect, one of fewer is good. [h]
    """
    micros = _micros(values)
    begins = np.concatenate(([True], micros[1:] != micros[:-1]))  # NaN differs from everything
    starts = np.flatnonzero(begins[: max(len(values), 1)])
    lengths = np.diff(np.append(starts, len(values)))
    return _flagged(values, np.repeat(lengths >= hours, lengths), SUSPECT)


def jump_check(values: FloatArray, *, step: Number) -> FlagArray:
    """SUSPECT where a value differs too much from that of the hour directly before.

    The hour after a missing one, and the first, have nothing to be compared with.

    Parameters
    ----------
    values : (n_hours,) float
        [unit of the quantity]
    step : number
        A difference of this much either way is still good. [unit of the quantity]
    """
    differences = np.abs(np.diff(_micros(values), prepend=np.nan))
    return _flagged(values, differences > float(step * MICRO), SUSPECT)


def inversion_check(pm25: FloatArray, pm10: FloatArray, *, tolerance: Number) -> tuple[FlagArray, FlagArray]:
    """SUSPECT, for both, where there is more of the fine particles than of all up to 10 um, of which they are part.

    Where one of the two is missing the other has nothing to be compared with.

    Parameters
    ----------
    pm25, pm10 : (n_hours,) float
        [ug/m3]
    tolerance : number
        PM2.5 above PM10 by this much is still good. [ug/m3]

    Returns
    -------
    (n_hours,) int8, (n_hours,) int8
        Flags of PM2.5 and of PM10.
    """
    above = _micros(pm25) - _micros(pm10) > float(tolerance * MICRO)
    return _flagged(pm25, above, SUSPECT), _flagged(pm10, above, SUSPECT)


def neighbour_check(values: FloatArray, others: FloatArray, *, ratio: Number, floor: Number) -> FlagArray:
    """SUSPECT where a value is far from the median of the other stations; never more than SUSPECT.

    Compared is where at least two others have the hour.

    Parameters
    ----------
    values : (n_hours,) float
        [unit of the quantity]
    others : (n_other_stations, n_hours) float
        [unit of the quantity]
    ratio : number
        `ratio` times the median is still good, and so is a median of `ratio` times the value. [1]
    floor : number
        Compared is where value or median, the larger, is at least this. [unit of the quantity]
    """
    micros, around = _micros(values), _micros(others)
    compared = (np.isfinite(around).sum(axis=0) >= MIN_OTHERS) & np.isfinite(micros)
    medians = np.full(micros.shape, np.nan)
    medians[compared] = np.nanmedian(around[:, compared], axis=0)
    factor = float(ratio)
    far = (micros > factor * medians) | (factor * micros < medians)
    return _flagged(values, far & (np.maximum(micros, medians) >= float(floor * MICRO)), SUSPECT)


def unit_check(values: FloatArray, *, ratio: Number, days: int, least: int) -> FlagArray:
    """SUSPECT where a value is a probable unit mistake; see `unit_slips`.

    Parameters
    ----------
    values : (n_hours,) float
        [unit of the quantity]
    ratio : number
        So many times the median of the days before, or such a part of it, is suspect. [1]
    days : int
        [d]
    least : int
        Least hours of a median. [h]
    """
    times = HOUR_S * np.arange(len(values), dtype=np.int64)
    slips = unit_slips(times, values, ratio=float(ratio), days=days, least=least)
    return _flagged(values, slips, SUSPECT)


def combined(first: FlagArray, *others: FlagArray) -> FlagArray:
    """Return the strongest of the flags of each hour, by `PRECEDENCE`.

    Parameters
    ----------
    first, others : (n_hours,) int8
        Flags of the same hours.
    """
    result = first
    for each in others:
        result = np.where(_STRENGTH[each] > _STRENGTH[result], each, result)
    return result


_STRENGTH = np.zeros(max(PRECEDENCE) + 1, dtype=np.int8)
_STRENGTH[list(PRECEDENCE)] = np.arange(len(PRECEDENCE), 0, -1)


def _micros(values: FloatArray) -> FloatArray:
    """Whole millionths as floats, which hold them exactly within `LARGEST`; NaN where missing."""
    present: FloatArray = np.where(np.isfinite(values), values, np.nan)
    return np.rint(present * MICRO)


def _flagged(values: FloatArray, objected: BoolArray, flag: int) -> FlagArray:
    return np.where(np.isfinite(values), np.where(objected, flag, GOOD), MISSING).astype(np.int8)


# --- config/checks.toml


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A strict, immutable table of the file. Quantities that a table does not name are not checked."""


class Negative(_Table, frozen=True, kw_only=True):
    """Quantities that cannot be negative."""

    quantities: list[str]


class Stuck(_Table, frozen=True, kw_only=True):
    """Hours of equal values, by quantity, from which a run is objected to. [h]"""

    action: Action
    hours: dict[str, Annotated[int, msgspec.Meta(ge=2)]]


class Jump(_Table, frozen=True, kw_only=True):
    """Largest good difference of consecutive hours, by quantity. [unit of the quantity]"""

    action: Action
    step: dict[str, Decimal]


class Inversion(_Table, frozen=True, kw_only=True):
    """By how much PM2.5 may exceed PM10. [ug/m3]"""

    action: Action
    tolerance: Decimal


class Neighbours(_Table, frozen=True, kw_only=True):
    """As `neighbour_check` takes them: `ratio` [1], `floor` [unit of the quantity]."""

    ratio: Decimal
    floor: Decimal


class Checks(_Table, frozen=True, kw_only=True):
    """Which checks are made of hourly air values, and of units of water; one whose table is not there is not made.

    `action` says what an objection makes of an hour: "suspect" marks it, "fail" takes it out of the statistics. The
    check against neighbours only marks. The plausible range is always checked, by `Quantity.minimum` and `.maximum`.
    """

    negative: Negative | None = None
    stuck: Stuck | None = None
    jump: Jump | None = None
    inversion: Inversion | None = None
    neighbours: dict[str, Neighbours] = {}
    unit: UnitMistakes | None = None


def parse(text: str, *, file: str) -> Checks:
    """Return the checks declared by a TOML text.

    Raises
    ------
    ConfigError
        If a key or number is wrong: a step that is not positive, a tolerance or floor below 0, a ratio of 1 or less.
    """
    checks = strict.toml(text, Checks, file=file)
    bounds: list[tuple[str, Decimal, bool, str]] = []
    if checks.jump:
        bounds += [(f"jump.step.{q}", step, step > 0, "more than 0") for q, step in checks.jump.step.items()]
    if checks.inversion:
        tolerance = checks.inversion.tolerance
        bounds.append(("inversion.tolerance", tolerance, tolerance >= 0, "at least 0"))
    for q, each in checks.neighbours.items():
        bounds.append((f"neighbours.{q}.ratio", each.ratio, each.ratio > 1, "more than 1"))
        bounds.append((f"neighbours.{q}.floor", each.floor, each.floor >= 0, "at least 0"))
    if checks.unit:
        ratios = {f"air.ratio.{q}": ratio for q, ratio in checks.unit.air.ratio.items()} if checks.unit.air else {}
        ratios |= {"water.ratio": checks.unit.water.ratio} if checks.unit.water else {}
        bounds += [(f"unit.{place}", ratio, ratio > 1, "more than 1") for place, ratio in ratios.items()]
    for place, number, good, expected in bounds:
        if not good:
            raise ConfigError(f"{file}: {place}: expected {expected}, got {number}")
    return checks


def check_quantities(checks: Checks, quantities: Quantities, *, file: str) -> None:
    """Check that the checks name only quantities of air.

    Raises
    ------
    ConfigError
        If a table names a quantity that does not exist.
    """
    named = {
        "negative.quantities": checks.negative.quantities if checks.negative else [],
        "stuck.hours": checks.stuck.hours if checks.stuck else [],
        "jump.step": checks.jump.step if checks.jump else [],
        "inversion": [FINE, COARSE] if checks.inversion else [],
        "neighbours": checks.neighbours,
        "unit.air.ratio": checks.unit.air.ratio if checks.unit and checks.unit.air else [],
    }
    for place, keys in named.items():
        for key in keys:
            if key not in quantities.air:
                raise ConfigError(
                    f"{file}: {place}: expected quantities of air ({', '.join(quantities.air)}), got {shown(key)}"
                )


def taking_out(checks: Checks) -> Checks:
    """Return the checks that may take an hour out of the statistics: without those that only mark."""
    stuck, jump, inversion = (
        each if each and each.action == "fail" else None for each in (checks.stuck, checks.jump, checks.inversion)
    )
    unit = checks.unit if checks.unit and checks.unit.air and checks.unit.air.action == "fail" else None
    return Checks(negative=checks.negative, stuck=stuck, jump=jump, inversion=inversion, unit=unit)  # type: ignore[arg-type]


# --- all checks of a station


def evaluate(
    hours: Mapping[str, FloatArray],
    *,
    checks: Checks,
    quantities: Mapping[str, Quantity],
    neighbours: Mapping[str, FloatArray] | None = None,
) -> dict[str, dict[str, FlagArray]]:
    """Return the flags of a station's hours by quantity and name of the check, in the order of `REASONS`.

    An hour that is negative or outside the plausible range has no part in the later checks, which call it GOOD: it
    makes no jump and no median. Every quantity has at least the flags of "range".

    Parameters
    ----------
    hours : {quantity: (n_hours,) float}
        Hour means of the same consecutive hours. [unit of the quantity]
    quantities : {quantity: Quantity}
        Those of air; every key of `hours` is in it.
    neighbours : {quantity: (n_other_stations, n_hours) float}
        The same hours of the other stations. [unit of the quantity]
    """
    found: dict[str, dict[str, FlagArray]] = {}
    plausible: dict[str, FloatArray] = {}
    for key, values in hours.items():
        found[key] = {}
        if checks.negative and key in checks.negative.quantities:
            found[key]["negative"] = negative_check(values)
        found[key]["range"] = _range(values, quantities[key])
        plausible[key] = np.where(combined(*found[key].values()) == FAIL, np.nan, values)
    for key, values in plausible.items():
        if checks.stuck and key in checks.stuck.hours:
            stuck = stuck_check(values, hours=checks.stuck.hours[key])
            found[key]["stuck"] = _acted(stuck, checks.stuck.action)
        if checks.jump and key in checks.jump.step:
            jump = jump_check(values, step=checks.jump.step[key])
            found[key]["jump"] = _acted(jump, checks.jump.action)
    if checks.inversion and FINE in plausible and COARSE in plausible:
        both = inversion_check(plausible[FINE], plausible[COARSE], tolerance=checks.inversion.tolerance)
        for key, each in zip((FINE, COARSE), both, strict=True):
            found[key]["inversion"] = _acted(each, checks.inversion.action)
    for key, others in (neighbours or {}).items():
        if key in plausible and key in checks.neighbours:
            limits = checks.neighbours[key]
            good = np.where(_range(others, quantities[key]) == FAIL, np.nan, others)
            found[key]["neighbours"] = neighbour_check(plausible[key], good, ratio=limits.ratio, floor=limits.floor)
    unit = checks.unit
    for key, values in plausible.items():
        if unit and unit.air and key in unit.air.ratio:
            slips = unit_check(values, ratio=unit.air.ratio[key], days=unit.days, least=unit.air.least)
            found[key]["unit"] = _acted(slips, unit.air.action)
    return {
        key: {
            name: np.where((each == MISSING) & np.isfinite(hours[key]), np.int8(GOOD), each)
            for name, each in of.items()
        }
        for key, of in found.items()
    }


def reason(flags: Mapping[str, FlagArray]) -> FlagArray:
    """Return which check made each hour FAIL, as one of `CODES`; 0 where none did.

    Parameters
    ----------
    flags : {name of the check: (n_hours,) int8}
        Of one quantity, as `evaluate` returns them; of several checks the first of `REASONS` is the reason.

    Returns
    -------
    (n_hours,) int8
    """
    codes = np.zeros_like(next(iter(flags.values())), dtype=np.int8)
    for name, code in reversed(CODES.items()):
        if name in flags:
            codes[flags[name] == FAIL] = code
    return codes


def suspects(flags: Mapping[str, FlagArray]) -> dict[str, BoolArray]:
    """Return by check the hours that it suspects and that no check made FAIL: those in the statistics with a mark.

    Parameters
    ----------
    flags : {name of the check: (n_hours,) int8}
        Of one quantity, as `evaluate` returns them.

    Returns
    -------
    {name of the check: (n_hours,) bool}
    """
    kept = reason(flags) == 0
    return {name: (each == SUSPECT) & kept for name, each in flags.items()}


def _range(values: FloatArray, quantity: Quantity) -> FlagArray:
    return range_check(values, minimum=quantity.minimum, maximum=quantity.maximum)


def _acted(flags: FlagArray, action: Action) -> FlagArray:
    return np.where(flags == SUSPECT, np.int8(FAIL), flags) if action == "fail" else flags
