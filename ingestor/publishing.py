"""Published figures: what was said of a scope and period, and each revision of it with its reason.

A figure is published once, as revision 1. From then on it follows what is derived: where late readings, reviews or a
changed configuration make it another one, it gets the next revision, and the former ones stay. What was derived is
noted in the same transaction as the mark of derivation, and forgotten with the revisions that follow it: a service that
dies in between follows it with its next start.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Collection, Iterable

import msgspec

from aggregations import periods
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, Indicator
from aggregations.periods import DAY, Period
from ingestor import auditing, derivation, evaluation, reasons, scopes
from ingestor.config import Config
from ingestor.derivation import CarryOut, Done, Piece
from ingestor.derivation.units import COMPUTED, unit_of
from ingestor.scopes import Scope
from ingestor.store import Store, reviewed
from ingestor.store.publications import CHECKED_LOCKS, CHECKED_WITH, Key, Publication
from sensors.errors import ConfigError
from sensors.quantities import MEDIA

log = logging.getLogger(__name__)

FIRST = "published"

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
        elif reasons.differs(before.figure, figure):
            became_audited = reasons.AUDITED if figure.audited and not before.figure.audited else ""
            reason = reasons.of_standards(before.figure, figure) or became_audited or reasons.ANEW
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
    asked = [(figure, _key(figure, plan)) for figure in figures]
    latest = store.latest_publications(key for _, key in asked)
    return [
        None if published is None or reasons.differs(published.figure, figure) else published.revision
        for figure, published in [(figure, latest.get(key)) for figure, key in asked]
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
    known = reasons.Known(store.entered_reviews() if latest else [], reasons.unlocked(entries), followed_entry)
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
        if reasons.differs(before.figure, figure):
            reason = reasons.of_change(config, before.figure, figure, pieces, known, indicator, where, period)
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
