"""Months whose readings were rolled to an archive: what can not be derived again before they are restored."""

from collections.abc import Collection, Iterable

from aggregations.periods import Period, parse
from ingestor.config import DAY_S, Config
from ingestor.derivation.spans import Span
from ingestor.derivation.units import reach_of
from ingestor.store import Tables
from ingestor.store.archives import Archived, extents
from sensors.quantities import Medium


def span_of_month(config: Config, month: str) -> Span:
    """Return the days of a month such as 2026-10."""
    found = parse(month)
    return Span(found.first, config.start_of(found.first), len(found))


def reached(config: Config, medium: Medium, month: str) -> Span:
    """Return the days of which rows are derived from readings of a month: its own, and some around it."""
    reach, span = reach_of(config, medium), span_of_month(config, month)
    return span.part(-reach.back, reach.back + span.n + reach.ahead)


def months_reached(config: Config, medium: Medium, month: str) -> list[str]:
    """Return the months, itself included, of which rows are derived from readings of a month."""
    return [f"{each.first:%Y-%m}" for each in reached(config, medium, month).period.months()]


def of_stations(gone: Iterable[Archived], medium: str, ids: Collection[str]) -> list[Archived]:
    """Return the archives with readings of some stations, whatever city they belonged to then."""
    return [each for each in gone if each.medium == medium and not each.stations.keys().isdisjoint(ids)]


def of_period(config: Config, gone: Iterable[Archived], period: Period) -> list[Archived]:
    """Return the archives of months that a period touches."""
    start, end = config.start_of(period.first), config.start_of(period.last) + DAY_S
    spans = [(each, span_of_month(config, each.month)) for each in gone]
    return [each for each, span in spans if span.start < end and start < span.end]


def known_extents(
    store: Tables, medium: str, stations: Collection[str], start: int, end: int
) -> dict[str, tuple[int, int]]:
    """Return by station the first and last moment of its readings in a range, in the store or in archives.

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    found = extents(store.extents(medium, stations, start, end), store.archived(), medium, start, end)
    return {station: ends for station, ends in found.items() if station in stations}


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that overlap as one."""
    found: list[Span] = []
    for each in sorted(spans, key=lambda span: span.start):
        last = found[-1] if found else None
        if last is None or each.start >= last.end:
            found.append(each)
        elif each.end > last.end:
            found[-1] = last.part(0, (each.end - last.start) // DAY_S)
    return found
