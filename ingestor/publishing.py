"""Published figures: what was said of a scope and period, and each revision of it with its reason.

A figure is published once, as revision 1. From then on it follows what is derived: where late readings, reviews or a
changed configuration make it another one, it gets the next revision, and the former ones stay. What was derived is
noted in the same transaction as the mark of derivation, and forgotten with the revisions that follow it: a service that
dies in between follows it with its next start.
"""

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterable

import msgspec

from aggregations import periods
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, Indicator
from aggregations.periods import DAY, Period
from ingestor import derivation, evaluation, scopes
from ingestor.config import Config
from ingestor.derivation import Done, Piece
from ingestor.scopes import Scope
from ingestor.store import Store
from ingestor.store.publications import CHECKED_WITH, Key, Publication
from sensors.errors import ConfigError
from sensors.quantities import MEDIA
from sensors.reviews import Review

FIRST = "published"
REGISTER = "register, checks, events or other configuration changed"
ANEW = "derived anew"

_piece = msgspec.json.Decoder(Piece)


def bring_up_to_date(
    config: Config,
    store: Store,
    *,
    everything: bool = False,
    progress: Callable[[int, int], None] = lambda *_: None,
    between: Callable[[], None] = lambda: None,
) -> tuple[Done, list[Publication]]:
    """Derive what is stale, or everything, and return what was done and the new revisions of published figures.

    Raises
    ------
    ConfigError, StoreError
        As `derivation.derive`.
    """
    done = derivation.derive(config, store, everything=everything, progress=progress, between=between)
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
        key = Key(figure.indicator, figure.scope, figure.period, figure.mode, plan)
        before = latest.get(key)
        if before is None:
            new.append(Publication(key=key, revision=1, at=now, reason=FIRST, figure=figure))
        elif differs(before.figure, figure):
            reason = _of_standards(before.figure, figure) or ANEW
            new.append(Publication(key=key, revision=before.revision + 1, at=now, reason=reason, figure=figure))
    store.publish(new)
    return new


def follow(config: Config, store: Store) -> list[Publication]:
    """Compute published figures again that rest on what was derived since; return those that are others now.

    A figure whose indicator, scope or plan is there no more keeps its last revision.

    Raises
    ------
    StoreError
        If the store cannot be used; the next call does it all.
    """
    noted = [(number, _piece.decode(piece)) for number, piece in store.pieces()]
    latest = {each.key: each for each in store.publications()}
    entered = [each.review for each in store.entered_reviews()] if latest else []
    changed = store.counts().get(CHECKED_WITH) != config.fingerprint
    new = []
    now = time.time()
    for key, before in latest.items():
        found = _where(config, key)
        if found is None:
            continue
        indicator, where, period = found
        pieces = [piece for _, piece in noted if _bears_on(piece, indicator, where, period)]
        if not pieces and not changed:
            continue
        plan = config.plans[key.plan] if key.plan else None
        figure = evaluation.compute(config, store, key.indicator, key.scope, period, plan=plan, mode=before.figure.mode)
        if differs(before.figure, figure):
            reason = _reason(config, before, figure, pieces, entered, where, period)
            new.append(Publication(key=key, revision=before.revision + 1, at=now, reason=reason, figure=figure))
    if noted or new or (changed and latest):
        store.publish(new, followed=[number for number, _ in noted], checked_with=config.fingerprint)
    return new


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
    """Whether a figure says something else than before: its value, what it counts, whether it is sufficient."""
    fields = ("value", "exact", "label", "valid", "expected", "sufficient", "excluded", "counterpart")
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
    medium, _, name = piece.unit.partition(":")
    if medium != indicator.medium:
        return False
    stations = where.stations[indicator.medium]
    if name not in {station.city if medium == "air" else station.id for station in stations}:
        return False
    if piece.first is None or piece.last is None:
        return True
    reaches_far = medium == "water" or indicator.needs == "years"
    return piece.first <= period.last and (reaches_far or piece.last >= period.first - DAY)


def _reason(
    config: Config,
    before: Publication,
    now: Figure,
    pieces: list[Piece],
    entered: list[Review],
    where: Scope,
    period: Period,
) -> str:
    """Why a published figure changed, as people are told; of days that a review touches the review is the reason."""
    parts = [_of_standards(before.figure, now)]
    ids = {station.id for stations in where.stations.values() for station in stations}
    start, end = config.start_of(period.first), config.start_of(period.last + DAY)
    reviews = [
        each
        for each in entered
        if each.station in ids and each.at >= before.at and each.from_s < end and start < each.until_s
    ]
    late = {
        station: [
            day
            for day in days
            if period.first <= day <= period.last
            and not any(each.station == station and _touches(config, each, day) for each in reviews)
        ]
        for piece in pieces
        for station, days in piece.late.items()
        if station in ids
    }
    n_days = len({day for days in late.values() for day in days})
    if n_days:
        parts.append(f"late readings for {_many(n_days, 'day')} at {_many(sum(map(bool, late.values())), 'station')}")
    if reviews:
        parts.append(f"review by {', '.join(sorted({each.by for each in reviews}))}")
    if any(piece.why == "changed" for piece in pieces) and not parts[0]:
        parts.append(REGISTER)
    return "; ".join(filter(None, parts)) or (ANEW if pieces else REGISTER)


def _touches(config: Config, review: Review, day: dt.date) -> bool:
    return review.from_s < config.start_of(day + DAY) and config.start_of(day) < review.until_s


def _of_standards(before: Figure, now: Figure) -> str:
    """Which editions of standards a figure rests on are others than before, as text; empty where none is."""
    other = [edition for edition, digest in now.editions.items() if before.editions.get(edition) != digest]
    return f"standard changed: {', '.join(other)}" if other else ""


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
