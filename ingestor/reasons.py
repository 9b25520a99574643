"""Why a published figure changed, as people are told.

What is new since a figure was computed last, numbers of the ledger tell (`Piece`, entries of locks): what the clock
said of a review, a lock or a revision is for people only.
"""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from aggregations import periods
from aggregations.figures import Figure
from aggregations.indicators import Indicator
from aggregations.periods import DAY, Period
from ingestor import auditing
from ingestor.config import Config
from ingestor.derivation import Piece
from ingestor.derivation.units import unit_of
from ingestor.scopes import Scope
from ingestor.store.reviewed import Entered, Locked
from sensors.register import Station
from sensors.reviews import ALL, Review

REGISTER = "register, checks, events, other configuration or the version of qingjing changed"
ANEW = "derived anew"
AUDITED = "all its months were locked"


def differs(before: Figure, now: Figure) -> bool:
    """Whether a figure says something else than before: value, counts, whether it is sufficient, whether audited."""
    fields = ("value", "exact", "label", "valid", "expected", "sufficient", "excluded", "counterpart", "audited")
    return any(getattr(before, name) != getattr(now, name) for name in fields)


class Unlocked(NamedTuple):
    """A month that was unlocked, and the number with which it was locked: what came with a later one waited for it."""

    entry: Locked
    since: int


class Known(NamedTuple):
    """Reviews, months that were unlocked, and the id of the last entry of locks that figures followed already."""

    reviews: list[Entered]
    unlocked: list[Unlocked]
    followed: int


def unlocked(entries: Iterable[Locked]) -> list[Unlocked]:
    """Return the months that were unlocked, of all entries of locks in their order."""
    since: dict[tuple[str, str, str], int] = {}
    found = []
    for each in entries:
        key = (each.month, each.medium, each.city)
        if each.locked:
            since.setdefault(key, each.number)
        else:
            found.append(Unlocked(each, since.pop(key, each.number)))
    return found


class _News(NamedTuple):
    """What came with the numbers above `after` up to `upto`."""

    after: int
    upto: int

    def has(self, number: int) -> bool:
        return self.after < number <= self.upto


def _news(pieces: Iterable[Piece]) -> dict[str, _News]:
    """Return by unit what was new to it in what was derived; of units that were not derived nothing is."""
    found: dict[str, _News] = {}
    for each in pieces:
        before = found.get(each.unit, _News(each.after, each.upto))
        found[each.unit] = _News(min(before.after, each.after), max(before.upto, each.upto))
    return found


def of_change(
    config: Config,
    before: Figure,
    now: Figure,
    pieces: list[Piece],
    known: Known,
    indicator: Indicator,
    where: Scope,
    period: Period,
) -> str:
    """Why a published figure changed, as people are told; of days that a review touches the review is the reason.

    A month that was unlocked since is a reason, too: what had waited for it, reviews included, bears on the figure now.
    What is "since", the numbers of what was derived tell, not the clock.
    """
    becomes_audited = now.audited and not before.audited
    if becomes_audited and not differs(before, msgspec.structs.replace(now, audited=False)):
        return AUDITED
    parts = [of_standards(before, now)]
    stations = {station.id: station for station in where.stations[indicator.medium]}
    news = _news(pieces)
    first = period.first - DAY
    start, end = config.start_of(first), config.start_of(period.last + DAY)
    opened = [
        each
        for each in known.unlocked
        if each.entry.medium == indicator.medium
        and first <= periods.parse(each.entry.month).last and periods.parse(each.entry.month).first <= period.last
        and _opens(each.entry, stations.values(), news, known.followed)
    ]  # fmt: skip
    waited = {(each.entry.month, each.entry.city): each.since for each in reversed(opened)}
    reviews = [
        each.review
        for each in known.reviews
        if each.review.medium == indicator.medium and each.review.station in stations
        and each.review.from_s < end and start < each.review.until_s
        and (not indicator.quantities or {ALL, *indicator.quantities} & set(each.review.quantities))
        and _takes_effect(config, each, stations[each.review.station], news, waited)
    ]  # fmt: skip
    late: dict[str, set[dt.date]] = {}
    for piece in pieces:
        for station, days in piece.late.items():
            if station in stations:
                late.setdefault(station, set()).update(
                    day
                    for day in days
                    if first <= day <= period.last and (f"{day:%Y-%m}", stations[station].city) not in waited
                    and not any(each.station == station and _touches(config, each, day) for each in reviews)
                )  # fmt: skip
    n_days = len({day for days in late.values() for day in days})
    if n_days:
        parts.append(f"late readings for {_many(n_days, 'day')} at {_many(sum(map(bool, late.values())), 'station')}")
    parts += [f"month unlocked: {each.entry.month} by {each.entry.by}" for each in opened]
    if becomes_audited:
        parts.append(AUDITED)
    if reviews:
        parts.append(f"review by {', '.join(sorted({each.by for each in _with_effect(reviews)}))}")
    if any(piece.why == "changed" for piece in pieces) and not parts[0]:
        parts.append(REGISTER)
    return "; ".join(filter(None, parts)) or (ANEW if pieces else REGISTER)


def _opens(entry: Locked, stations: Iterable[Station], news: dict[str, _News], followed: int) -> bool:
    """Whether a month was unlocked for any of a figure's stations since the figure was computed last."""
    of_city = {unit_of(station) for station in stations if station.city == entry.city}
    return bool(of_city) and (
        entry.id > followed or any(news[unit].has(entry.number) for unit in of_city & news.keys())
    )  # fmt: skip


def _takes_effect(
    config: Config, entered: Entered, station: Station, news: dict[str, _News], waited: dict[tuple[str, str], int]
) -> bool:
    """Whether what was derived is the first to rest on a review: it is new to it, or waited for a month.

    `waited` has by month and city of months that were unlocked the number since which reviews waited for them.
    """
    new = news.get(unit_of(station))
    if new is None or entered.arrived > new.upto:
        return False
    return entered.arrived > new.after or any(
        entered.arrived > waited.get((month, station.city), entered.arrived)
        for month in auditing.months_reviewed(config, entered.review)
    )


def _with_effect(reviews: list[Review]) -> list[Review]:
    """Return reviews and undoings without those that undo each other; all where no others are left."""
    undone = {each.undoes for each in reviews} & {each.id for each in reviews}
    return [each for each in reviews if each.id not in undone and each.undoes not in undone] or reviews


def _touches(config: Config, review: Review, day: dt.date) -> bool:
    return review.from_s < config.start_of(day + DAY) and config.start_of(day) < review.until_s


def of_standards(before: Figure, now: Figure) -> str:
    """Which editions of standards a figure rests on are others than before, as text; empty where none is."""
    other = [edition for edition, digest in now.editions.items() if before.editions.get(edition) != digest]
    return f"standard changed: {', '.join(other)}" if other else ""


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
