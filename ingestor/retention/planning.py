"""Which locked months may be rolled to the archive, and what the others wait for."""

import datetime as dt
from pathlib import Path
from typing import Final, Literal

import msgspec

from ingestor.config import DAY_S, Config
from ingestor.derivation import pending
from ingestor.derivation.archived import months_reached, span_of_month
from ingestor.store import Tables
from ingestor.store.archives import Archived
from sensors.errors import ConfigError
from sensors.quantities import Medium

State = Literal["due", "unfinished", "young", "neighbours", "pending"]
"""It can be rolled; it is archived but not deleted; its end is not `raw_days` ago; months whose days are derived from
its readings, too, are not locked; readings or reviews arrived for it after the lock."""
FIX: Final = "[retention] raw_days"


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """A locked month of a medium and city with raw readings in the store, and whether it can be rolled.

    `from_day` is the first local day on which it is old enough; `unlocked` are the months that have to be locked, too;
    `station_days` those of the readings and reviews that wait.
    """

    month: str
    medium: Medium
    city: str
    state: State
    from_day: dt.date
    unlocked: list[str] = []
    station_days: int = 0


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What is archived, and what is to be. Without `raw_days` nothing is rolled."""

    raw_days: int | None
    folder: str
    months: list[Month]
    archived: list[Archived]


def folder_of(config: Config, data: Path) -> Path:
    """Return the folder of the archive of a data directory."""
    return data / config.settings.retention.archive


def outlook(config: Config, store: Tables, folder: str, *, now: float) -> Outlook:
    """Return how locked months stand at a moment. [s since 1970]

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    settings = config.settings.retention
    gone = store.archived()
    months = [] if settings.raw_days is None else _months(config, store, gone, settings.raw_days, now)
    return Outlook(raw_days=settings.raw_days, folder=folder, months=months, archived=gone)


def raw_days(config: Config) -> int:
    """Return how long readings stay. [d]

    Raises
    ------
    ConfigError
        If no setting says so: nothing is ever deleted then.
    """
    found = config.settings.retention.raw_days
    if found is None:
        raise ConfigError(f"settings.toml: {FIX}: expected a number of days, got none: nothing is ever deleted without")
    return found


def _months(config: Config, store: Tables, gone: list[Archived], days: int, now: float) -> list[Month]:
    locks = store.locks()
    unfinished = {(each.month, each.medium, each.city) for each in gone if not each.deleted}
    waiting: dict[tuple[str, str, str], int] = {}
    for each in pending(config, store):
        key = (each.month, each.medium, each.city)
        waiting[key] = waiting.get(key, 0) + each.station_days
    found = []
    for month, medium, city in sorted(locks.keys() | unfinished):
        span = span_of_month(config, month)
        ids = [station.id for station in config.register.of(medium, city)]
        going_on = (month, medium, city) in unfinished
        if not going_on and not store.extents(medium, ids, span.start, span.end):
            continue
        from_day = span.last + dt.timedelta(days=1 + days)
        unlocked = [each for each in months_reached(config, medium, month) if (each, medium, city) not in locks]
        state: State = "due"
        if going_on:
            state = "unfinished"
        elif now < span.end + days * DAY_S:
            state = "young"
        elif (month, medium, city) in waiting:
            state = "pending"
        elif unlocked:
            state = "neighbours"
        found.append(
            Month(
                month=month, medium=medium, city=city, state=state, from_day=from_day,
                unlocked=unlocked if state == "neighbours" else [],
                station_days=waiting.get((month, medium, city), 0),
            )
        )  # fmt: skip
    return found
