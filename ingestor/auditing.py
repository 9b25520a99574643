"""Locked months (审核锁定): which figures are audited, what unlocking makes stale, which reviews wait for a month."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

import msgspec

from aggregations import periods
from aggregations.periods import DAY, Period
from ingestor.config import Config
from ingestor.derivation import archived
from ingestor.store import Ledger
from ingestor.store.archives import Archived
from ingestor.store.arrivals import day_of, moments_of
from ingestor.store.reviewed import DaysOfStation, Entered, Locked, LockKey
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA, Medium
from sensors.register import Station
from sensors.reviews import Review, said


def audited(locks: Collection[LockKey], stations: Iterable[Station], period: Period) -> bool:
    """Whether all months of a period are locked, of the medium and city of all stations; of none it is not."""
    of = {(station.medium, station.city) for station in stations}
    months = [f"{month.first:%Y-%m}" for month in period.months()]
    return bool(of) and all((month, medium, city) in locks for month in months for medium, city in of)


def month_named(text: str) -> Period:
    """Return the month that --month names.

    Raises
    ------
    ConfigError
        If it names none.
    """
    try:
        found = periods.parse(text)
    except ConfigError:
        found = None
    if found is None or not found.is_month or len(text) != len("2026-10"):
        raise ConfigError(f"--month: expected a month such as 2026-10, got {shown(text)}")
    return found


def entries(
    config: Config, month: Period, *, medium: str | None, city: str | None, locked: bool, reason: str, by: str
) -> list[Locked]:
    """Return what locks, or unlocks, a month of the media and cities that have stations; of one, or of all.

    Raises
    ------
    ConfigError
        If there is no such medium or city, none of its stations is registered, or reason or name are missing.
    """
    if medium is not None and medium not in MEDIA:
        raise ConfigError(f"--medium: expected one of {', '.join(MEDIA)}, got {shown(medium)}")
    cities = [each.id for each in config.settings.city]
    if city is not None and city not in cities:
        raise ConfigError(f"--city: expected one of {', '.join(cities)}, got {shown(city)}")
    why, who = said(reason, place="--reason"), said(by, place="--by")
    found = [
        Locked(month=f"{month.first:%Y-%m}", medium=m, city=c, locked=locked, reason=why, by=who)
        for m in MEDIA
        for c in cities
        if medium in (None, m) and city in (None, c) and config.register.of(m, c)
    ]
    if not found:
        raise ConfigError(f"--city: expected one with stations of {medium or 'some medium'}, got none registered")
    return found


def unlock(config: Config, ledger: Ledger, new: Sequence[Locked]) -> int:
    """Enter that months are unlocked, all or none; days of their stations become stale. Return their number.

    A day of arrivals that touches a month that stays locked, too, stays held for it.

    Raises
    ------
    StoreError
        If the ledger cannot be written.
    """
    opened = {(each.month, each.medium, each.city) for each in new}
    still = [each for key, each in ledger.locks().items() if key not in opened]
    return ledger.unlock(
        new,
        [days for each in new for days in days_of(config, each)],
        still=[days for each in still for days in days_of(config, each)],
    )


def days_of(config: Config, entry: Locked) -> list[DaysOfStation]:
    """Return the days of arrivals that a month touches, of the stations of its medium and city."""
    month = periods.parse(entry.month)
    first = day_of(config.start_of(month.first))
    end = day_of(config.start_of(month.last + DAY) - 1) + 1
    return [(entry.medium, station.id, first, end) for station in config.register.of(entry.medium, entry.city)]


def months_reviewed(config: Config, review: Review) -> list[str]:
    """Return the local months, such as 2026-10, that a review is about."""
    days = Period(config.local_day(review.from_s), config.local_day(review.until_s - 1))
    return [f"{month.first:%Y-%m}" for month in days.months()]


def locked_months(config: Config, locks: Collection[LockKey], review: Review) -> list[str]:
    """Return the months that a review is about and that are locked."""
    station = config.register.get(review.medium, review.station)
    if station is None:
        return []
    return [m for m in months_reviewed(config, review) if (m, review.medium, station.city) in locks]


def waits(config: Config, locks: Collection[LockKey], review: Review) -> bool:
    """Whether all that a review is about lies in locked months, so that it changes nothing before one is unlocked."""
    return locked_months(config, locks, review) == months_reviewed(config, review)


def archived_under(config: Config, gone: Iterable[Archived], entry: Locked) -> list[Archived]:
    """Return the archives with readings that days of a month of a medium and city rest on."""
    ids = [station.id for station in config.register.of(entry.medium, entry.city)]
    found = archived.of_stations(gone, entry.medium, ids)
    return [each for each in found if entry.month in archived.months_reached(config, entry.medium, each.month)]


def archived_about(config: Config, gone: Iterable[Archived], review: Review) -> list[Archived]:
    """Return the archives of the months that a review is about, with readings of its station."""
    months = months_reviewed(config, review)
    return [each for each in archived.of_stations(gone, review.medium, [review.station]) if each.month in months]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the ledger of reviews as it is listed; times in the city's zone.

    `undone_by` is the entry that took its effect away; `overridden_by` are those in force that were entered later and
    hold where they overlap it. `pending` are locked months that it does not change before they are unlocked.
    """

    id: int
    at: dt.datetime
    by: str
    reason: str
    action: str
    medium: Medium
    station: str
    quantities: tuple[str, ...]
    readings: str
    from_: dt.datetime = msgspec.field(name="from")
    to: dt.datetime
    undoes: int | None
    undone_by: int | None
    overridden_by: list[int]
    pending: list[str]


def listed(config: Config, ledger: Ledger, every: list[Entered]) -> list[Listed]:
    """Return all entries of the ledger of reviews, in their order, with what became of each."""
    undone = {each.review.undoes: each.review.id for each in every if each.review.undoes is not None}
    in_force = [e.review for e in every if e.review.undoes is None and e.review.id not in undone]
    months = _pending(config, ledger, every)
    zone = dt.timezone(dt.timedelta(seconds=config.offset_s))

    def local(seconds: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(int(seconds), zone)

    return [
        Listed(
            id=r.id,
            at=local(r.at),
            by=r.by,
            reason=r.reason,
            action="undo" if r.undoes is not None else r.action,
            medium=r.medium,
            station=r.station,
            quantities=r.quantities,
            readings=r.readings,
            from_=local(r.from_s),
            to=local(r.until_s),
            undoes=r.undoes,
            undone_by=undone.get(r.id),
            overridden_by=[o.id for o in in_force if o.id > r.id and o.overlaps(r)] if r in in_force else [],
            pending=months.get(r.id, []),
        )
        for r in (each.review for each in every)
    ]


def _pending(config: Config, ledger: Ledger, every: list[Entered]) -> dict[int, list[str]]:
    """Return by review the locked months to which it was not applied yet."""
    locks = ledger.locks()
    if not locks:
        return {}
    waiting: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for each in ledger.waiting():
        waiting.setdefault((each.medium, each.station), []).append((each.day, each.applied))
    found = {}
    for entered in every:
        review = entered.review
        days = waiting.get((review.medium, review.station), [])
        hit = [
            (first, after)
            for day, applied in days
            for first, after in (moments_of(day),)
            if applied < entered.arrived and first < review.until_s and review.from_s < after
        ]
        touched = {
            f"{config.local_day(moment):%Y-%m}"
            for first, after in hit
            for moment in (max(first, review.from_s), min(after, review.until_s) - 1)
        }
        months = [month for month in locked_months(config, locks, review) if month in touched]
        if months:
            found[review.id] = months
    return found
