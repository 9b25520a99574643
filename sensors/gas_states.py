"""Stations whose gases come at another temperature than the standard prescribes for the day, and the conversion.

GB 3095-2012 gave gases at 273.15 K; from 2018-09-01, by its amendment, they are at 298.15 K, as in GB 3095-2026, 3.14.
The day of the amendment is recalled, not read. The pressure, 1013.25 hPa, is the same. Particles are at the state of
the air that was sampled and are not converted.
"""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

import msgspec

from sensors import strict
from sensors.arrays import IntArray
from sensors.errors import ConfigError, shown
from sensors.millionths import multiplied

COLUMNS: Final = ("station", "from", "until", "kelvin")
"""Columns of gas-states.csv, in order."""
KELVINS: Final = (Decimal("273.15"), Decimal("293.15"), Decimal("298.15"))
"""Temperatures at which instruments give gases: 0, 20 and 25 degC. [K]"""


class GasState(msgspec.Struct, frozen=True):
    """A station's gases come at `kelvin` [K] from `first_day` up to but not including `until`; None: without end."""

    station: str
    first_day: dt.date | None
    until: dt.date | None
    kelvin: Decimal


class GasStates(msgspec.Struct, frozen=True):
    """What gas-states.csv says; no two of a station hold on one day."""

    all: tuple[GasState, ...] = ()

    def kelvin_on(self, station: str, day: dt.date) -> Decimal | None:
        """Return the temperature [K] at which a station's gases come on a local day; None: as the standard wants."""
        for state in self.all:
            if (
                state.station == station
                and (state.first_day is None or state.first_day <= day)
                and (state.until is None or day < state.until)
            ):
                return state.kelvin
        return None


def parse(text: str, stations: Collection[str], *, file: str) -> GasStates:
    """Return the states declared by a CSV text; `stations` are the ids of the register of air.

    Raises
    ------
    ConfigError
        If a column, date or temperature is wrong, a station is not registered, or two spans of a station overlap.
    """
    states: list[tuple[int, GasState]] = []
    for number, row in strict.rows(text, COLUMNS, file=file):
        at = f"{file}: line {number}"
        if row["station"] not in stations:
            raise ConfigError(f"{at}: station: expected a station of the register of air, got {shown(row['station'])}")
        first_day, until = (
            strict.day(row[column], place=f"{at}: {column}") if row[column] else None for column in ("from", "until")
        )
        if first_day and until and until <= first_day:
            raise ConfigError(f"{at}: until: expected a day after from {first_day}, got {until}")
        kelvin = next((k for k in KELVINS if str(k) == row["kelvin"]), None)
        if kelvin is None:
            known = ", ".join(map(str, KELVINS))
            raise ConfigError(f"{at}: kelvin: expected one of {known}, got {shown(row['kelvin'])}")
        states.append((number, GasState(row["station"], first_day, until, kelvin)))
    in_order = sorted(states, key=lambda each: (each[1].station, each[1].first_day or dt.date.min))
    for (line, earlier), (number, later) in pairwise(in_order):
        ends, begins = earlier.until or dt.date.max, later.first_day or dt.date.min
        if earlier.station == later.station and begins < ends:
            raise ConfigError(
                f"{file}: line {number}: from: expected no day of line {line} again for "
                f"{shown(later.station)}, got {later.first_day or 'no beginning'}"
            )
    return GasStates(tuple(state for _, state in states))


def converted(micros: IntArray, *, delivered: Decimal, prescribed: Decimal) -> IntArray:
    """Return concentrations of a gas at another temperature and the same pressure.

    The volume of a gas grows with its temperature, so what is in a cubic metre becomes `delivered` / `prescribed` of
    it. Computed in integers and rounded half to even to a millionth of the unit.

    Parameters
    ----------
    micros : (...) int
        Millionths of the unit, at most 10^9 units either way as plausible values are. [1e-6 ug/m3 or mg/m3]
    delivered, prescribed : Decimal
        Two of `KELVINS`. [K]

    Returns
    -------
    (...) int
        [as micros]
    """
    return multiplied(micros, Fraction(delivered) / Fraction(prescribed))
