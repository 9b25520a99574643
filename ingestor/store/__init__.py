"""Where readings and what is derived from them are kept: the ports, and one module an implementation."""

from ingestor.store.ports import Arrival, Intake, Quarantined, RawSeries, SeriesKey, StoreError, Tables
from ingestor.store.sqlite import SqliteStore

__all__ = ["Arrival", "Intake", "Quarantined", "RawSeries", "SeriesKey", "SqliteStore", "StoreError", "Tables"]
