"""Changes of the class of a station from a day on: what the files of target and of zone classes have in common."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, get_args

from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.register import Station

C = TypeVar("C", bound=str)


def parse(
    text: str,
    stations: Sequence[Station],
    classes: object,
    *,
    column: str,
    of_register: Callable[[Station], C | None],
    known_as: str,
    file: str,
) -> Iterator[tuple[str, dt.date, C]]:
    """Yield station, first day and class of each row of a CSV text with the columns station, from and `column`.

    Parameters
    ----------
    stations
        Those that may change, `known_as` in the error of another.
    classes
        The `Literal` of the classes that there are.
    of_register
        The class of a station before its first change.

    Raises
    ------
    ConfigError
        If a column, date or class is wrong, a station is not among them, its days do not rise or lie outside those on
        which it counts, or its class does not change.
    """
    by_id = {station.id: station for station in stations}
    latest: dict[str, tuple[dt.date, C]] = {}
    choices: tuple[C, ...] = get_args(classes)
    for number, row in strict.rows(text, ("station", "from", column), file=file):
        at = f"{file}: line {number}"
        station = by_id.get(row["station"])
        if station is None:
            raise ConfigError(f"{at}: station: expected {known_as}, got {shown(row['station'])}")
        first_day = strict.day(row["from"], place=f"{at}: from")
        wanted = next((each for each in choices if each == row[column]), None)
        if wanted is None:
            raise ConfigError(f"{at}: {column}: expected one of {', '.join(choices)}, got {shown(row[column])}")
        after, before = latest.get(station.id, (station.since, of_register(station)))
        if after is not None and first_day <= after:
            raise ConfigError(f"{at}: from: expected a day after {after}, got {first_day}")
        if station.until is not None and first_day >= station.until:
            raise ConfigError(f"{at}: from: expected a day before {station.until}, got {first_day}")
        if wanted == before:
            raise ConfigError(f"{at}: {column}: expected another class than before, got {shown(wanted)} again")
        latest[station.id] = first_day, wanted
        yield station.id, first_day, wanted
