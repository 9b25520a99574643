"""Readings of an archive in the store again, by `qingjing import parquet`."""

from collections.abc import Mapping
from pathlib import Path

from ingestor.config import Config
from ingestor.derivation.archived import months_reached
from ingestor.retention import files
from ingestor.store import Store, StoreError
from ingestor.store.archives import Archived, Extent
from ingestor.store.arrivals import StationDay, day_of


def known(store: Store, uid: str) -> Archived | None:
    """Return what the ledger knows of a file whose readings left the store; None where it does not, or not any more."""
    return next((each for each in store.archived() if each.uid == uid), None)


def check_unchanged(file: Path, archived: Archived) -> None:
    """Make sure that a file with all that was archived holds the same values, too.

    One that holds a part, or cannot be read to its end, is for the import to tell: stations are restored one by one.

    Raises
    ------
    StoreError
        If it holds others: restored, they would be taken for what had arrived.
    """
    try:
        there = files.contents(file)
    except StoreError:
        return
    if there.stations == archived.stations and there.digest != archived.digest:
        raise StoreError(
            f"archive {file}: expected the values that were archived, got others; nothing is restored: put the file "
            "back as it was written"
        )


def restored(config: Config, store: Store, archived: Archived, found: Mapping[tuple[str, str], Extent]) -> list[str]:
    """Note the stations of which all values were stored again; return those of which not all were.

    `found` has by medium and station what was read and taken. Days become stale where a month that rests on them is not
    locked; what is locked needs nothing.

    Raises
    ------
    StoreError
        If the ledger cannot be used.
    """
    medium = archived.medium
    whole = [id_ for id_, each in archived.stations.items() if found.get((medium, id_)) == each]
    locks = store.locks()
    months = months_reached(config, medium, archived.month)
    stale: set[StationDay] = set()
    for id_ in whole:
        station = config.register.get(medium, id_)
        if station is None or any((month, medium, station.city) not in locks for month in months):
            stale |= days_of(medium, id_, archived.stations[id_])
    store.set_restored(archived.uid, whole, sorted(stale))
    return [id_ for id_ in archived.stations if id_ not in whole]


def days_of(medium: str, station: str, extent: Extent) -> set[StationDay]:
    """Return the days of arrivals from the first reading of a station to its last."""
    return {(medium, station, day) for day in range(day_of(extent.first), day_of(extent.last) + 1)}
