"""Exceptional events that somebody has decided: sand dust above all. They are never detected, only entered.

Which statistics leave the hours of an event out is said by the standards, not here.
"""

import datetime as dt
from collections.abc import Collection
from typing import Final, Literal, get_args

import msgspec

from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.names import STATION_ID
from sensors.register import Station

Kind = Literal["dust", "fire", "fireworks", "other"]

COLUMNS: Final = (
    "id", "city", "station", "quantities", "from", "until", "kind", "decided_by", "document", "decided_on",
)  # fmt: skip
"""Columns of events.csv, in order."""
HOUR_S: Final = 3600


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it was decided.

    `station` is None where all stations of the city are meant. The hours are those from `from_s` up to but not
    including `until_s`. [s since 1970-01-01T00:00Z]
    """

    id: str
    city: str
    station: str | None
    quantities: tuple[str, ...]
    from_s: int
    until_s: int
    kind: Kind
    decided_by: str
    document: str
    decided_on: dt.date


class Events(msgspec.Struct, frozen=True):
    """What events.csv says, in the order of the file."""

    all: tuple[Event, ...] = ()

    def of(self, city: str, station: str | None = None) -> list[Event]:
        """Return the events that bear on a station: those of its city as a whole, and its own.

        Without a station, only those of the city as a whole.
        """
        return [e for e in self.all if e.city == city and e.station in (None, station)]


def parse(
    text: str,
    *,
    cities: Collection[str],
    stations: Collection[Station],
    quantities: Collection[str],
    offset_s: int,
    file: str,
) -> Events:
    """Return the events declared by a CSV text.

    Parameters
    ----------
    cities, quantities
        The ids of all cities, the keys of all quantities of air.
    stations
        Those of the register; the ones of air count.
    offset_s
        The zone's offset from UTC, to which whole hours are whole. [s]

    Raises
    ------
    ConfigError
        If a column, time or kind is wrong, a city, station or quantity does not exist, a text that is required is
        missing, or an id stands twice.
    """
    city_of = {s.id: s.city for s in stations if s.medium == "air"}
    found: dict[str, Event] = {}
    for number, row in strict.rows(text, COLUMNS, file=file):
        at = f"{file}: line {number}"
        for column in ("id", "city", "quantities", "from", "until", "kind", "decided_by", "document", "decided_on"):
            if not row[column]:
                raise ConfigError(f"{at}: {column}: expected a text, got ''")
        if not STATION_ID.fullmatch(row["id"]):
            raise ConfigError(f"{at}: id: expected 1 to 64 characters as of a station, got {shown(row['id'])}")
        if row["id"] in found:
            raise ConfigError(f"{at}: id: expected each id once, got {shown(row['id'])} again")
        if row["city"] not in cities:
            raise ConfigError(f"{at}: city: expected one of {', '.join(cities)}, got {shown(row['city'])}")
        if row["station"] and city_of.get(row["station"]) != row["city"]:
            raise ConfigError(
                f"{at}: station: expected a station of air of {row['city']}, or nothing, got {shown(row['station'])}"
            )
        if row["kind"] not in get_args(Kind):
            raise ConfigError(f"{at}: kind: expected one of {', '.join(get_args(Kind))}, got {shown(row['kind'])}")
        from_s, until_s = (_hour(row[column], offset_s, f"{at}: {column}") for column in ("from", "until"))
        if until_s <= from_s:
            raise ConfigError(f"{at}: until: expected a time after from {row['from']}, got {shown(row['until'])}")
        found[row["id"]] = Event(
            id=row["id"],
            city=row["city"],
            station=row["station"] or None,
            quantities=strict.keys(row["quantities"], quantities, kind="quantities of air", place=f"{at}: quantities"),
            from_s=from_s,
            until_s=until_s,
            kind=row["kind"],  # type: ignore[arg-type]  # checked against the literal above
            decided_by=row["decided_by"],
            document=row["document"],
            decided_on=strict.day(row["decided_on"], place=f"{at}: decided_on"),
        )
    return Events(tuple(found.values()))


def hours_touched(event: Event, start_s: int, n_hours: int) -> slice:
    """Return which of the hours from `start_s` on the event touches, a part of an hour for the whole of it.

    Parameters
    ----------
    start_s : int
        Beginning of the first hour. [s since 1970-01-01T00:00Z]
    n_hours : int
        Number of consecutive hours. [h]

    Returns
    -------
    slice
        Inside 0 to `n_hours`; empty where it touches none.
    """
    first = min(max((event.from_s - start_s) // HOUR_S, 0), n_hours)
    end = min(max(-((start_s - event.until_s) // HOUR_S), first), n_hours)
    return slice(first, end)


def _hour(field: str, offset_s: int, place: str) -> int:
    """Seconds since 1970 of the beginning of a local hour, written with its offset from UTC."""
    seconds = strict.seconds(field)
    if seconds is None or (seconds + offset_s) % HOUR_S:
        raise ConfigError(f"{place}: expected a whole hour such as 2021-03-15T06:00+08:00, got {shown(field)}")
    return seconds
