"""Where readings and what is derived from them are kept: the ports, and one module an implementation."""

from pathlib import Path

from ingestor.config import StoreSettings
from ingestor.store.influx import InfluxStore
from ingestor.store.influx_server import InfluxServer
from ingestor.store.influx_tables import InfluxTables
from ingestor.store.ledger import BUSY_S, Ledger, check_there, taken_of
from ingestor.store.ports import (
    EVER,
    Arrival,
    Backlog,
    Intake,
    Needed,
    Quarantined,
    RawSeries,
    SeriesKey,
    StoreError,
    Tables,
    Taken,
    UnavailableError,
)
from ingestor.store.sqlite import SqliteStore

__all__ = [
    "EVER",
    "Arrival",
    "Backlog",
    "InfluxServer",
    "InfluxStore",
    "Intake",
    "Ledger",
    "Needed",
    "Quarantined",
    "RawSeries",
    "SeriesKey",
    "SqliteStore",
    "Store",
    "StoreError",
    "Tables",
    "Taken",
    "UnavailableError",
    "check_there",
    "open_store",
    "open_to_compare",
    "store_file",
    "taken_of",
]

Store = SqliteStore | InfluxStore


def open_store(settings: StoreSettings, data: Path, *, busy_s: float = BUSY_S, create: bool = False) -> Store:
    """Open the store of a data directory; connects to no server yet.

    Its file is made where it is missing if `create` says so. Who works on a store that is there leaves that: an empty
    one in place of one whose disk is away would look like a city without data. Another process that writes to the file
    is waited for `busy_s` at most. [s]

    Raises
    ------
    StoreError
        If the file cannot be used, is missing and not to be made, or the environment does not say where the server is.
    """
    file = store_file(data)
    if settings.kind == "sqlite":
        return SqliteStore(file, busy_s=busy_s, create=create)
    server = InfluxServer(settings.database, retention_policy=settings.retention_policy)
    return InfluxStore(file, server, busy_s=busy_s, create=create)


def open_to_compare(settings: StoreSettings, data: Path) -> SqliteStore | InfluxTables:
    """Open the readings of a data directory only to read them: of SQLite the file, of InfluxDB the server alone.

    Raises
    ------
    StoreError
        If the file is missing or cannot be read, or the environment does not say where the server is.
    """
    if settings.kind == "sqlite":
        return SqliteStore(store_file(data), create=False, read_only=True)
    return InfluxTables(InfluxServer(settings.database, retention_policy=settings.retention_policy))


def store_file(data: Path) -> Path:
    """Where the SQLite file (the store, or the ledger beside InfluxDB) lies in a data directory."""
    return data / "qingjing.sqlite3"
