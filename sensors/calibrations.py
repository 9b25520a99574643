"""Calibrations of monitors, above all of low-cost ones: value = factor * reading + offset, over a span of time.

A calibration is found by comparing a monitor with a better one beside it, so it is of readings as the monitor sends
them. It comes before everything that judges or converts a value: plausible range, reviews, gas state, checks. Manual
samples of water and results below a detection limit are no readings of a monitor and stay as they are.
"""

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, get_args

import msgspec
import numpy as np

from sensors import strict
from sensors.arrays import BoolArray, FloatArray, IntArray
from sensors.errors import ConfigError, shown
from sensors.millionths import MICRO, multiplied
from sensors.quantities import LARGEST, Medium, Quantities
from sensors.reading import DAY_S

COLUMNS: Final = (
    "medium", "station", "quantities", "from", "until", "factor", "offset", "by", "certificate", "remark",
)  # fmt: skip
"""Columns of calibrations.csv, in order."""
LEAST_FACTOR, MOST_FACTOR = Decimal("0.1"), Decimal(10)
"""Both are possible. What is further off is no calibration but another unit, or a monitor that is broken. [1]"""
LEVEL_UNIT: Final = "dB"
"""Levels are logarithms: a gain of the instrument shifts them, and a factor would mean nothing."""
NEVER: Final[Mapping[Medium, tuple[str, ...]]] = {"air": (), "water": (), "noise": ("sd", "vdr")}
"""What is computed from readings and no reading itself: a shift leaves the spread of levels and the rate of data."""

_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,6})?", re.ASCII)
_EPOCH_DAY: Final = dt.date(1970, 1, 1)


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """One row: readings of some quantities of a station from `from_s` up to but not including `until_s`.

    None is open. [s since 1970-01-01T00:00Z] `factor` [1], `offset` in the unit of each quantity. `line` is where it
    stands in the file.
    """

    medium: Medium
    station: str
    quantities: tuple[str, ...]
    from_s: int | None
    until_s: int | None
    factor: Decimal
    offset: Decimal
    by: str
    certificate: str
    remark: str
    line: int

    @property
    def bears_on(self) -> tuple[object, ...]:
        """All that values depend on: not who, why, nor where in the file."""
        return (
            self.medium, self.station, sorted(self.quantities), self.from_s, self.until_s,
            str(Fraction(self.factor)), str(Fraction(self.offset)),
        )  # fmt: skip

    def holds_at(self, times: IntArray) -> BoolArray:
        """Whether it holds of readings whose periods begin at some times; shape of `times`."""
        holds = np.ones(times.shape, dtype=np.bool_)
        if self.from_s is not None:
            holds &= times >= self.from_s
        if self.until_s is not None:
            holds &= times < self.until_s
        return holds


class Calibrations(msgspec.Struct, frozen=True):
    """What calibrations.csv says, by medium and station in the order of the file; no two of a quantity overlap."""

    by_station: dict[tuple[str, str], tuple[Calibration, ...]] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(map(len, self.by_station.values()))

    def of(self, medium: str, station: str, quantity: str | None = None) -> Sequence[Calibration]:
        """Return the calibrations of a station, or of one of its quantities."""
        found = self.by_station.get((medium, station), ())
        return [each for each in found if quantity is None or quantity in each.quantities]


def parse(
    text: str, *, stations: Mapping[Medium, Collection[str]], quantities: Quantities, offset_s: int, file: str
) -> Calibrations:
    """Return the calibrations declared by a CSV text.

    Parameters
    ----------
    stations
        Ids of the register by medium.
    offset_s
        The zone's offset from UTC, of local days. [s]

    Raises
    ------
    ConfigError
        If a column, time or number is wrong, a station or quantity does not exist, a level has a factor, `by` or
        `certificate` is missing, or two rows of a quantity overlap.
    """
    found: dict[tuple[str, str], tuple[Calibration, ...]] = {}
    for number, row in strict.rows(text, COLUMNS, file=file):
        at = f"{file}: line {number}"
        medium: Medium | None = next((each for each in get_args(Medium) if each == row["medium"]), None)
        if medium is None:
            known = ", ".join(get_args(Medium))
            raise ConfigError(f"{at}: medium: expected one of {known}, got {shown(row['medium'])}")
        if row["station"] not in stations[medium]:
            raise ConfigError(
                f"{at}: station: expected a station of the register of {medium}, got {shown(row['station'])}"
            )
        possible = [each for each in quantities.of(medium) if each not in NEVER[medium]]
        for column in ("by", "certificate"):
            if not row[column]:
                raise ConfigError(f"{at}: {column}: expected a text, got ''")
        new = Calibration(
            medium=medium,
            station=row["station"],
            quantities=strict.keys(
                row["quantities"], possible, kind=f"quantities of {medium}", place=f"{at}: quantities"
            ),
            from_s=_moment(row["from"], offset_s, f"{at}: from"),
            until_s=_moment(row["until"], offset_s, f"{at}: until"),
            factor=_factor(row["factor"], f"{at}: factor"),
            offset=_number(row["offset"], f"{at}: offset"),
            by=row["by"],
            certificate=row["certificate"],
            remark=row["remark"],
            line=number,
        )
        if new.from_s is not None and new.until_s is not None and new.until_s <= new.from_s:
            raise ConfigError(f"{at}: until: expected a time after from {row['from']}, got {shown(row['until'])}")
        levels = [q for q in new.quantities if quantities.of(medium)[q].unit == LEVEL_UNIT]
        if levels and new.factor != 1:
            raise ConfigError(
                f"{at}: factor: expected 1 of a level, which is only shifted ({', '.join(levels)}), got {new.factor}"
            )
        others = found.get((medium, new.station), ())
        for other in others:
            if _overlap(new, other):
                raise ConfigError(
                    f"{at}: from: expected no time of line {other.line} again for {shown(new.station)}, "
                    f"got {row['from'] or 'no beginning'}"
                )
        found[medium, new.station] = (*others, new)
    return Calibrations(found)


def calibrated(
    rows: Sequence[Calibration], times: IntArray, values: FloatArray, *, medium: Medium, as_it_is: BoolArray
) -> FloatArray:
    """Return readings as the calibrations make them, exact but for rounding to a millionth, half to even.

    Parameters
    ----------
    rows
        Those of the series; at most one holds at any time.
    times : (n,) int
        Beginnings of the readings. [s since 1970-01-01T00:00Z]
    values : (n,) float
        Missing where NaN. What is larger than `LARGEST` stays as it is: it is plausible in no case.
        [unit of the quantity]
    as_it_is : (n,) bool
        Values that are no readings.

    Returns
    -------
    (n,) float
        [unit of the quantity]
    """
    known = np.isfinite(values) & ~as_it_is
    known[known] = np.abs(values[known]) <= LARGEST[medium]
    found = values.copy()
    for each in rows:
        here = known & each.holds_at(times)
        micros = np.rint(values[here] * MICRO).astype(np.int64)
        found[here] = multiplied(micros, Fraction(each.factor), plus=int(each.offset * MICRO)) / MICRO
    return found


def _overlap(one: Calibration, other: Calibration) -> bool:
    if not set(one.quantities) & set(other.quantities):
        return False
    first, second = sorted((one, other), key=lambda each: (each.from_s is not None, each.from_s or 0))
    return first.until_s is None or second.from_s is None or second.from_s < first.until_s


def _moment(field: str, offset_s: int, place: str) -> int | None:
    if not field:
        return None
    if "T" in field:
        seconds = strict.seconds(field)
        if seconds is None:
            raise ConfigError(
                f"{place}: expected a local day such as 2020-01-01 or a moment such as 2020-01-01T10:00+08:00, "
                f"got {shown(field)}"
            )
        return seconds
    return (strict.day(field, place=place) - _EPOCH_DAY).days * DAY_S - offset_s


def _number(field: str, place: str) -> Decimal:
    if not _NUMBER.fullmatch(field):
        raise ConfigError(f"{place}: expected a number of at most 6 decimals, such as -1.25, got {shown(field)}")
    return Decimal(field)


def _factor(field: str, place: str) -> Decimal:
    factor = _number(field, place)
    if not LEAST_FACTOR <= factor <= MOST_FACTOR:
        raise ConfigError(
            f"{place}: expected {LEAST_FACTOR} to {MOST_FACTOR}, got {field}; another unit belongs in sources.toml"
        )
    return factor
