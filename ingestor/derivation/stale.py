"""What is stale, as `make` sees it: which days of which units have to be derived again, and why."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Final, Literal

import msgspec

from aggregations.periods import DAY, parse
from ingestor.config import DAY_S, EPOCH, Config
from ingestor.derivation.archived import known_extents, merged, months_reached, of_stations, reached
from ingestor.derivation.spans import ROLES, Span
from ingestor.derivation.units import Reach, Unit, digest_of, reach_of, units
from ingestor.store import EVER, Ledger, Tables, arrivals
from ingestor.store.archives import Archived
from ingestor.store.arrivals import ASKED, Derived, Due, StationDay
from ingestor.store.reviewed import Locked, LockKey
from sensors.quantities import MEDIA, Medium
from sensors.reviews import Review

Why = Literal["new", "changed", "readings", "asked"]
"""Never derived; register, events, checks or standards changed; readings or reviews arrived; asked for."""

CHUNK_STATION_DAYS: Final = {"air": 24_000, "water": 4_000, "noise": 31}
"""Station-days that are derived at once, so that memory stays bounded; at least `CHUNK_MIN_DAYS`."""
CHUNK_MIN_DAYS: Final = 7


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be derived of a unit.

    `spans` has by station the days from its first reading to its last; `runs` are days that are derived again, without
    gaps and in order; `stations` those whose own rows are. `digest` is that of now. `whole` tells that all rows of
    the unit are replaced; rows of days outside the spans go. `late` has by station the days for which readings arrived.
    What came with the sequence numbers above `after` up to `upto` is new to it.
    `reviews` are those in force by station. `locked` are days whose rows stay as they are, in order: of locked months,
    and those that readings in archives have a part in. `held` are the station-days of what arrived for them.
    """

    unit: Unit
    why: Why
    digest: str
    spans: dict[str, Span]
    runs: list[Span]
    stations: list[str]
    late: dict[str, list[dt.date]]
    whole: bool
    after: int
    upto: int
    reviews: dict[str, list[Review]] = {}
    locked: list[Span] = []
    held: list[StationDay] = []

    @property
    def station_days(self) -> int:
        """How many days of stations it is about."""
        return sum(
            len(range(max(run.start, s.start), min(run.end, s.end), DAY_S))
            for run in self.runs
            for id_, s in self.spans.items()
            if id_ in self.stations
        )

    def chunks(self) -> Iterator[Span]:
        """Yield the runs, long ones in pieces."""
        most = max(CHUNK_MIN_DAYS, CHUNK_STATION_DAYS[self.unit.medium] // max(1, len(self.spans)))
        for run in self.runs:
            for first in range(0, run.n, most):
                yield run.part(first, min(most, run.n - first))


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """Readings or reviews that arrived of a station after a month was locked, of `station_days` days."""

    medium: str
    city: str
    station: str
    month: str
    station_days: int


class Plan(msgspec.Struct, frozen=True):
    """All that is stale: work by unit, and units that are derived no more; and what waits for locked months.

    `archived` are months that are not locked, or have a part in days that are not, and whose readings lie in an
    archive: those days keep the rows that they have until they are restored.
    """

    work: list[Work]
    gone: list[str]
    pending: list[Pending] = []
    locks: dict[LockKey, Locked] = {}
    archived: list[Archived] = []


def plan(config: Config, store: Tables, *, everything: bool = False) -> Plan:
    """Return what is stale now, or everything.

    Raises
    ------
    ConfigError
        If the editions of a standard leave a day between them uncovered.
    StoreError
        If the store cannot be read.
    """
    arrived = store.due()
    reviews = by_station(store.reviews(upto=arrived.upto))  # a later one makes its days due again
    locks = store.locks()
    gone = store.archived()
    before = store.derived_units()
    found = []
    every = list(units(config))
    unheard = [] if everything else [each for each in every if each.name not in before and not _due(arrived, each)]
    held = _with_readings(store, unheard)
    for unit in every:
        known = before.get(unit.name)
        digest = digest_of(config, unit)
        due = _due(arrived, unit)
        why: Why | None = None
        if known is None:
            why = "new" if everything or due or unit.name in held else None
        elif everything or known.digest == ASKED:
            why = "asked"
        elif known.digest != digest:
            why = "changed"
        elif due:
            why = "readings"
        if why is None:
            continue
        # Where a station has its first reading that counts, its district may have rows on all days of the city.
        incremental = why == "readings" and known is not None and not _begin(config, store, unit, due, known)
        spans, runs = (
            _of_arrivals(config, store, unit, due, known) if incremental and known else _whole(config, store, unit)
        )
        locked = merged([*_locked(config, unit, locks), *_archived(config, unit, gone)])
        found.append(
            Work(
                unit=unit, why=why, digest=digest, spans=spans, locked=locked,
                after=arrived.upto if known is None else known.upto, upto=arrived.upto,
                runs=[part for run in runs for part in _without(run, locked)],
                stations=sorted(due) if incremental else unit.ids, whole=not incremental,
                late={id_: local_days(config, days) for id_, days in due.items()},
                reviews={id_: reviews[unit.medium, id_] for id_ in unit.ids if (unit.medium, id_) in reviews},
                held=[(unit.medium, id_, day) for id_, days in due.items() for day in days
                      if any(_touches(day, each) for each in locked)],
            )
        )  # fmt: skip
    waiting = pending(config, store) if locks else []
    gone_units = sorted(before.keys() - {unit.name for unit in every})
    return Plan(found, gone_units, waiting, locks, _unlocked(config, locks, gone))


def days_held(config: Config, store: Tables, first: dt.date) -> Iterator[StationDay]:
    """Yield the days of arrivals from a local day on that registered stations have readings around, whoever wrote them.

    Those from the first reading of each since then to its last: of a collector with another ledger no arrivals are
    known. Without days of locked months, which are derived again when they are unlocked.
    """
    locks = store.locks()
    for medium in MEDIA:
        stations = {station.id: station for station in config.register.of(medium)}
        ends = store.extents(medium, [*stations], config.start_of(first), EVER[1])
        for id_, (start, last) in ends.items():
            for day in range(arrivals.day_of(start), arrivals.day_of(last) + 1):
                if any((month, medium, stations[id_].city) not in locks for month in months_of(config, day)):
                    yield medium, id_, day


def by_station(reviews: Iterable[Review]) -> dict[tuple[str, str], list[Review]]:
    """Return reviews by medium and station, in their order."""
    found: dict[tuple[str, str], list[Review]] = {}
    for each in reviews:
        found.setdefault((each.medium, each.station), []).append(each)
    return found


def pending(config: Config, store: Tables | Ledger) -> list[Pending]:
    """Return what arrived for locked months, whose rows it does not change while they are locked."""
    counts: Counter[tuple[Medium, str, str, str]] = Counter()
    locks = store.locks()
    for each in store.waiting() if locks else ():
        station = config.register.get(each.medium, each.station)
        if station is not None:
            for month in months_of(config, each.day):
                if (month, station.medium, station.city) in locks:
                    counts[station.medium, station.city, station.id, month] += 1
    return [
        Pending(medium=medium, city=city, station=station, month=month, station_days=n)
        for (medium, city, station, month), n in sorted(counts.items())
    ]


def months_of(config: Config, day: int) -> list[str]:
    """Return the local months, such as 2026-10, that a day of arrivals touches."""
    return list(dict.fromkeys(f"{each:%Y-%m}" for each in local_days(config, [day])))


def _locked(config: Config, unit: Unit, locks: Iterable[LockKey]) -> list[Span]:
    months = sorted(month for month, medium, city in locks if (medium, city) == (unit.medium, unit.city))
    periods = [parse(month) for month in months]
    return [Span(each.first, config.start_of(each.first), len(each)) for each in periods]


def _archived(config: Config, unit: Unit, gone: Iterable[Archived]) -> list[Span]:
    return [reached(config, unit.medium, each.month) for each in of_stations(gone, unit.medium, unit.ids)]


def _unlocked(config: Config, locks: Collection[LockKey], gone: Iterable[Archived]) -> list[Archived]:
    """Return the archives whose readings have a part in days that are not locked for the cities of their stations."""
    found = []
    for each in gone:
        cities = {s.city for id_ in each.stations if (s := config.register.get(each.medium, id_)) is not None}
        months = months_reached(config, each.medium, each.month)
        if any((month, each.medium, city) not in locks for month in months for city in cities):
            found.append(each)
    return found


def _touches(day: int, span: Span) -> bool:
    first, after = arrivals.moments_of(day)
    return first < span.end and span.start < after


def _without(run: Span, locked: list[Span]) -> Iterator[Span]:
    """Yield the days of a run that are not locked, as runs."""
    first = run.start
    for start, end in [*((each.start, each.end) for each in locked), (run.end, run.end)]:
        until = min(max(start, first), run.end)
        if first < until:
            yield run.part((first - run.start) // DAY_S, (until - first) // DAY_S)
        first = max(first, end)


def first_covered(config: Config, unit: Unit) -> int:
    """Return the moment from which on all standards of a unit's medium have an edition."""
    return config.start_of(config.standards.first_day(ROLES[unit.medium], staged=config.staged(unit.city)))


def _due(arrived: Due, unit: Unit) -> dict[str, list[int]]:
    return {id_: days for id_ in unit.ids if (days := arrived.days.get((unit.medium, id_)))}


def _with_readings(store: Tables, never: Collection[Unit]) -> set[str]:
    """Return the names of units that have readings though none arrived: of a time before arrivals were noted.

    One look a medium: a server may know thousands of stations that are registered and have not sent yet.
    """
    found: set[str] = set()
    for medium in MEDIA:
        of_medium = [unit for unit in never if unit.medium == medium]
        ids = [id_ for unit in of_medium for id_ in unit.ids]
        held = known_extents(store, medium, ids, *EVER) if ids else {}
        found |= {unit.name for unit in of_medium if not held.keys().isdisjoint(unit.ids)}
    return found


def _whole(config: Config, store: Tables, unit: Unit) -> tuple[dict[str, Span], list[Span]]:
    ends = known_extents(store, unit.medium, unit.ids, first_covered(config, unit), EVER[1])
    spans = {id_: span_of(config, *ends[id_]) for id_ in unit.ids if id_ in ends}
    return spans, [covering(spans.values())] if spans else []


def _begin(config: Config, store: Tables, unit: Unit, due: Iterable[str], known: Derived) -> bool:
    """Whether any station with arrivals that had no readings before has some now that a standard covers."""
    new = [id_ for id_ in due if id_ not in known.spans]
    return bool(new) and bool(store.extents(unit.medium, new, first_covered(config, unit), EVER[1]))


def _of_arrivals(
    config: Config, store: Tables, unit: Unit, due: dict[str, list[int]], known: Derived
) -> tuple[dict[str, Span], list[Span]]:
    """Spans with what arrived, and runs of days that what arrived has a part in.

    A station without a span has readings from before the standards only: they are counted, and nothing rests on them.
    """
    spans = {id_: span_from(config, *known.spans[id_]) for id_ in unit.ids if id_ in known.spans}
    covered = first_covered(config, unit)
    stale: set[dt.date] = set()
    reach = reach_of(config, unit.medium)
    due = {id_: arrived for id_, arrived in due.items() if id_ in spans}
    asked: dict[tuple[int, int], list[str]] = {}
    for id_, arrived in due.items():
        start = max(arrivals.moments_of(arrived[0])[0], covered)
        asked.setdefault((start, max(start, arrivals.moments_of(arrived[-1])[1])), []).append(id_)
    ends = {id_: end for span, ids in asked.items() for id_, end in store.extents(unit.medium, ids, *span).items()}
    for id_, arrived in due.items():
        old = spans[id_]
        if id_ in ends:
            spans[id_] = covering([old, span_of(config, *ends[id_])])
        days = set(local_days(config, arrived))
        days |= {day for day in spans[id_].period.days() if not old.first <= day <= old.last}
        stale |= _reached(days, reach)
    if not stale:
        return spans, []
    whole = covering(spans.values())
    inside = sorted(day for day in stale if whole.first <= day <= whole.last)
    return spans, list(_runs(config, inside))


def local_days(config: Config, days: Iterable[int]) -> list[dt.date]:
    """Return the local days that days of arrivals touch, in order."""
    ends = (arrivals.moments_of(day) for day in days)
    return sorted({config.local_day(moment) for first, after in ends for moment in (first, after - 1)})


def _reached(days: set[dt.date], reach: Reach) -> set[dt.date]:
    return {day + i * DAY for day in days for i in range(-reach.back, reach.ahead + 1)}


def _runs(config: Config, days: list[dt.date]) -> Iterator[Span]:
    """Yield runs of consecutive days of ascending ones."""
    first = None
    for i, day in enumerate(days):
        first = day if first is None else first
        if i + 1 == len(days) or days[i + 1] != day + DAY:
            yield Span(first, config.start_of(first), (day - first).days + 1)
            first = None


def span_of(config: Config, first: int, last: int) -> Span:
    """Return the local days from that of one moment to that of another."""
    day = config.local_day(first)
    return Span(day, config.start_of(day), (config.local_day(last) - day).days + 1)


def span_from(config: Config, first: int, n: int) -> Span:
    """Return a span from its first day since 1970 and number of days, as `Derived` keeps it."""
    day = EPOCH + first * DAY
    return Span(day, config.start_of(day), n)


def covering(spans: Iterable[Span]) -> Span:
    """Return the days from the first to the last of some spans, at least one."""
    every = list(spans)
    first = min(every, key=lambda span: span.start)
    return Span(first.first, first.start, (max(span.end for span in every) - first.start) // DAY_S)
