"""Published figures: what was said of a scope and period, and each revision of it with its reason.

A figure is published once, as revision 1. From then on it follows what is derived: where late readings, reviews or a
changed configuration make it another one, it gets the next revision, and the former ones stay. What was derived is
noted in the same transaction as the mark of derivation, and forgotten with the revisions that follow it: a service that
dies in between follows it with its next start. What is new since a figure was computed last, numbers of the ledger tell
(`Piece`, entries of locks): what the clock said of a review or of a revision is for people only.
"""

import datetime as dt
import hashlib
import logging
import time
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

import msgspec

from aggregations import periods
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, Indicator
from aggregations.periods import DAY, Period
from ingestor import auditing, derivation, evaluation, scopes
from ingestor.config import Config
from ingestor.derivation import CarryOut, Done, Piece
from ingestor.derivation.units import COMPUTED, unit_of
from ingestor.scopes import Scope
from ingestor.store import Store, reviewed
from ingestor.store.publications import CHECKED_LOCKS, CHECKED_WITH, Key, Publication
from ingestor.store.reviewed import Entered, Locked
from sensors.errors import ConfigError
from sensors.quantities import MEDIA
from sensors.register import Station
from sensors.reviews import ALL, Review

log = logging.getLogger(__name__)

FIRST = "published"
REGISTER = "register, checks, events, other configuration or the version of qingjing changed"
ANEW = "derived anew"
AUDITED = "all its months were locked"

_piece = msgspec.json.Decoder(Piece)


def bring_up_to_date(
    config: Config,
    store: Store,
    *,
    everything: bool = False,
    progress: Callable[[int, int], None] = lambda *_: None,
    between: Callable[[], None] = lambda: None,
    carry_out: CarryOut = derivation.one_by_one,
) -> tuple[Done, list[Publication]]:
    """Derive what is stale, or everything, and return what was done and the new revisions of published figures.

    Raises
    ------
    ConfigError, StoreError
        As `derivation.derive`; and what `carry_out` raises beside.
    """
    done = derivation.derive(
        config, store, everything=everything, progress=progress, between=between, carry_out=carry_out
    )
    return done, follow(config, store)


def publish(config: Config, store: Store, figures: Iterable[Figure], *, plan: str = "") -> list[Publication]:
    """Publish figures; return those that are new or other than before. `plan` is that whose list the scope is.

    What was derived before is followed first, so that it is no reason of a later revision.

    Raises
    ------
    StoreError
        If they could not be kept; then none was.
    """
    follow(config, store)
    latest = {each.key: each for each in store.publications()}
    now = time.time()
    new = []
    for figure in figures:
        before = latest.get(key := _key(figure, plan))
        if before is None:
            new.append(Publication(key=key, revision=1, at=now, reason=FIRST, figure=figure))
        elif differs(before.figure, figure):
            became_audited = AUDITED if figure.audited and not before.figure.audited else ""
            reason = _of_standards(before.figure, figure) or became_audited or ANEW
            new.append(Publication(key=key, revision=before.revision + 1, at=now, reason=reason, figure=figure))
    store.publish(new)
    return new


def worth_publishing(store: Store, figures: Iterable[Figure], *, plan: str = "") -> list[Figure]:
    """Return the figures that rest on any data, and those that were published before: these may have lost theirs.

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    known = {each.key for each in store.publications()}
    return [figure for figure in figures if figure.value is not None or _key(figure, plan) in known]


def revisions_of(store: Store, figures: Iterable[Figure], *, plan: str = "") -> list[int | None]:
    """Return the revision that says what each figure says; None where nobody published it, or it changed since.

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    latest = {each.key: each for each in store.publications()}
    found = [(figure, latest.get(_key(figure, plan))) for figure in figures]
    return [
        None if published is None or differs(published.figure, figure) else published.revision
        for figure, published in found
    ]


def _key(figure: Figure, plan: str) -> Key:
    return Key(figure.indicator, figure.scope, figure.period, figure.mode, plan)


def follow(config: Config, store: Store) -> list[Publication]:
    """Compute published figures again that rest on what was derived, or locked, since; return those that are others.

    A figure whose indicator, scope or plan is there no more, or cannot be computed, keeps its last revision.

    Raises
    ------
    StoreError
        If the store cannot be used; the next call does it all.
    """
    noted = [(number, _piece.decode(piece)) for number, piece in store.pieces()]
    counts, entries = store.counts(), store.entered_locks()
    last_entry, followed_entry = entries[-1].id if entries else 0, counts.get(CHECKED_LOCKS, 0)
    computed_with = _computed_with(config)
    changed = counts.get(CHECKED_WITH) != computed_with
    locked = followed_entry != last_entry
    if not (noted or changed or locked):
        return []
    locks = reviewed.locks(entries)
    latest = {each.key: each for each in store.publications()}
    ledger = _Ledger(store.entered_reviews() if latest else [], _unlocked(entries), followed_entry)
    new = []
    now = time.time()
    for key, before in latest.items():
        found = _where(config, key)
        if found is None:
            continue
        indicator, where, period = found
        pieces = [piece for _, piece in noted if _bears_on(piece, indicator, where, period)]
        audited = auditing.audited(locks, where.stations[indicator.medium], period)
        if not pieces and not changed and audited == before.figure.audited:
            continue
        plan = config.plans[key.plan] if key.plan else None
        try:
            figure = evaluation.compute(
                config, store, key.indicator, key.scope, period, plan=plan, mode=before.figure.mode
            )
        except ConfigError as error:
            log.warning("%s of %s, %s, keeps its last revision: %s", *key[:3], error)
            continue
        if differs(before.figure, figure):
            reason = _reason(config, before, figure, pieces, ledger, indicator, where, period)
            new.append(Publication(key=key, revision=before.revision + 1, at=now, reason=reason, figure=figure))
    checked = {CHECKED_WITH: computed_with, CHECKED_LOCKS: last_entry}
    store.publish(new, followed=[number for number, _ in noted], checked=checked)
    return new


def _computed_with(config: Config) -> int:
    """Return a number that is another one where the configuration or the code that computes figures is."""
    parts = f"{config.fingerprint} {sorted(COMPUTED.items())}"
    return int(hashlib.sha256(parts.encode()).hexdigest()[:12], 16)


def of_cities(config: Config, store: Store, period: Period, *, names: Collection[str] = ()) -> list[Figure]:
    """Return figures of every city with stations; those that names and patterns choose, else the headlines.

    Raises
    ------
    ConfigError
        If no edition of a standard covers the period, or a name chooses none.
    StoreError
        If the store cannot be read.
    """
    cities = [city.id for city in config.settings.city if any(config.register.of(medium, city.id) for medium in MEDIA)]
    return [
        each for city in cities for each in evaluation.all_figures(config, store, f"city:{city}", period, names=names)
    ]


def differs(before: Figure, now: Figure) -> bool:
    """Whether a figure says something else than before: value, counts, whether it is sufficient, whether audited."""
    fields = ("value", "exact", "label", "valid", "expected", "sufficient", "excluded", "counterpart", "audited")
    return any(getattr(before, name) != getattr(now, name) for name in fields)


def _where(config: Config, key: Key) -> tuple[Indicator, Scope, Period] | None:
    """Indicator, scope and period of a published figure; None where they are there no more."""
    indicator = INDICATORS.get(key.indicator)
    if indicator is None or (key.plan and key.plan not in config.plans):
        return None
    try:
        where = scopes.resolve(config, key.scope, config.plans[key.plan] if key.plan else None)
    except ConfigError:
        return None
    return indicator, where, periods.parse(key.period)


def _bears_on(piece: Piece, indicator: Indicator, where: Scope, period: Period) -> bool:
    """Whether what was derived may have changed a figure: of its medium, stations and days.

    Figures may reach back: to the day before, those of several years and of water (a patrol's last sample) further.
    """
    if piece.unit not in {unit_of(station) for station in where.stations[indicator.medium]}:
        return False
    if piece.first is None or piece.last is None:
        return True
    reaches_far = indicator.medium == "water" or indicator.needs == "years"
    return piece.first <= period.last and (reaches_far or piece.last >= period.first - DAY)


class _Unlocked(NamedTuple):
    """A month that was unlocked, and the number with which it was locked: what came with a later one waited for it."""

    entry: Locked
    since: int


class _Ledger(NamedTuple):
    """Reviews, months that were unlocked, and the id of the last entry of locks that figures followed already."""

    reviews: list[Entered]
    unlocked: list[_Unlocked]
    followed: int


def _unlocked(entries: Iterable[Locked]) -> list[_Unlocked]:
    """Return the months that were unlocked, of all entries of locks in their order."""
    since: dict[tuple[str, str, str], int] = {}
    found = []
    for each in entries:
        key = (each.month, each.medium, each.city)
        if each.locked:
            since.setdefault(key, each.number)
        else:
            found.append(_Unlocked(each, since.pop(key, each.number)))
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
        known = found.get(each.unit, _News(each.after, each.upto))
        found[each.unit] = _News(min(known.after, each.after), max(known.upto, each.upto))
    return found


def _reason(
    config: Config,
    before: Publication,
    now: Figure,
    pieces: list[Piece],
    ledger: _Ledger,
    indicator: Indicator,
    where: Scope,
    period: Period,
) -> str:
    """Why a published figure changed, as people are told; of days that a review touches the review is the reason.

    A month that was unlocked since is a reason, too: what had waited for it, reviews included, bears on the figure now.
    What is "since", the numbers of what was derived tell, not the clock.
    """
    becomes_audited = now.audited and not before.figure.audited
    if becomes_audited and not differs(before.figure, msgspec.structs.replace(now, audited=False)):
        return AUDITED
    parts = [_of_standards(before.figure, now)]
    stations = {station.id: station for station in where.stations[indicator.medium]}
    news = _news(pieces)
    first = period.first - DAY
    start, end = config.start_of(first), config.start_of(period.last + DAY)
    unlocked = [
        each
        for each in ledger.unlocked
        if each.entry.medium == indicator.medium
        and first <= periods.parse(each.entry.month).last and periods.parse(each.entry.month).first <= period.last
        and _opens(each.entry, stations.values(), news, ledger.followed)
    ]  # fmt: skip
    waited = {(each.entry.month, each.entry.city): each.since for each in reversed(unlocked)}
    reviews = [
        each.review
        for each in ledger.reviews
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
    parts += [f"month unlocked: {each.entry.month} by {each.entry.by}" for each in unlocked]
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


def _of_standards(before: Figure, now: Figure) -> str:
    """Which editions of standards a figure rests on are others than before, as text; empty where none is."""
    other = [edition for edition, digest in now.editions.items() if before.editions.get(edition) != digest]
    return f"standard changed: {', '.join(other)}" if other else ""


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
