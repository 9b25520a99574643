"""What there is to tell of readings that have just arrived: limits exceeded, water below its target, stuck sensors.

Only stations with new readings are looked at, on their last days, and by the functions that derive hours and classes:
so nothing waits for the next derivation. What is old is not told: an import of history alarms nobody.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

import msgspec
import numpy as np

from aggregations.air.hours import Hours
from aggregations.rounding import MICRO
from aggregations.standards import AirLimits
from aggregations.water import CLASS_NAMES
from ingestor.config import Config
from ingestor.derivation import water
from ingestor.derivation.air_hours import CityHours, Observed, city_hours
from ingestor.derivation.spans import HOUR_S, HOURS, MANUAL_S, Found, Span, usable
from ingestor.notices.causes import item_of, object_of, of_station
from ingestor.notices.facts import Condition, Detail, Looked
from ingestor.notices.settings import Kind
from ingestor.store import Store
from sensors.errors import ConfigError
from sensors.quantities import MEDIA, Medium
from sensors.register import Station
from sensors.reviews import Review

RECENT_S: Final[dict[Medium, int]] = {"air": 6 * HOUR_S, "noise": 6 * HOUR_S, "water": 24 * HOUR_S}
"""Older readings than these say nothing of now."""
WORSE_IN_A_ROW: Final = 2
"""One reading of a section that is worse than its target may be one sample with mud in it."""
KINDS: Final[tuple[Kind, ...]] = ("exceedance", "water_class", "sensor_stuck")


def look(config: Config, store: Store, stations: Iterable[tuple[str, str]], now: float) -> list[Looked]:
    """Return what goes on at stations, given as medium and id, from which readings have arrived.

    A station that has nothing recent is not among the objects looked at: what was told of it stays.

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    found: dict[Kind, list[Condition]] = {kind: [] for kind in KINDS}
    objects: dict[Kind, set[str]] = {kind: set() for kind in KINDS}

    def take(kind: Kind, station: Station, details: Sequence[Detail] | None) -> None:
        if details is None:
            return
        objects[kind].add(object_of(station))
        if details:
            since = min(each.at for each in details)
            found[kind].append(of_station(kind, station, item_of(station, since=since, details=[*details])))

    reviews = store.reviews()
    for medium in MEDIA:
        ids = {station for of, station in stations if of == medium}
        by_city: dict[str, list[Station]] = {}
        for each in config.register.of(medium):
            if each.id in ids and each.expected_on(config.local_day(int(now))):
                by_city.setdefault(each.city, []).append(each)
        for of_city in by_city.values():
            span = _last_days(config, now, _days_of(config, medium))
            raw = store.raw_of(medium, [each.id for each in of_city], span.start, span.end)
            usables = {each.id: usable(config, each, raw, _of(reviews, each)) for each in of_city}
            if medium == "air":
                checked = _city(config, of_city, usables, reviews, span)
                for each in of_city if checked is not None else ():
                    assert checked is not None
                    take("exceedance", each, _air_exceedances(config, each, checked, now))
                    take("sensor_stuck", each, _stuck(each, checked, now))
                continue
            for each in of_city:
                take("exceedance", each, _own_exceedances(config, each, usables[each.id], now))
                if medium == "water":
                    take("water_class", each, _worse_than_target(config, each, usables[each.id], span, now))
    return [Looked(kind=kind, going_on=found[kind], objects=objects[kind]) for kind in KINDS if objects[kind]]


def _of(reviews: Iterable[Review], station: Station) -> list[Review]:
    return [each for each in reviews if (each.medium, each.station) == (station.medium, station.id)]


def _days_of(config: Config, medium: Medium) -> int:
    """How many days back readings are needed: of air as many as a sensor has to be stuck."""
    stuck = config.checks.stuck
    hours = max(stuck.hours.values(), default=0) if stuck is not None and medium == "air" else 0
    return 2 + -(-hours // HOURS)


def _last_days(config: Config, now: float, n: int) -> Span:
    first = config.local_day(int(now)) - dt.timedelta(days=n - 1)
    return Span(first, config.start_of(first), n)


def _city(
    config: Config, stations: list[Station], usables: dict[str, Found], reviews: list[Review], span: Span
) -> CityHours | None:
    """Checked hours of stations of a city, what is stuck marked and left in; None before the standards."""
    stuck = config.checks.stuck
    if stuck is not None:
        stuck = msgspec.structs.replace(stuck, action="suspect")
    marking = msgspec.structs.replace(config.checks, stuck=stuck, neighbours={}, unit=None)
    observed = [Observed(each, span, usables[each.id], _of(reviews, each)) for each in stations]
    try:
        return city_hours(
            msgspec.structs.replace(config, checks=marking), observed, span, doubted=[each.id for each in stations]
        )
    except ConfigError:
        return None


def _last_hour(hours: Hours, span: Span, now: float) -> int | None:
    """The last hour that counts, unless it is too old or ahead of the clock."""
    counting = np.flatnonzero(hours.valid)
    counting = counting[span.start + counting * HOUR_S <= now]
    if not len(counting):
        return None
    last = int(counting[-1])
    return last if now - (span.start + (last + 1) * HOUR_S) <= RECENT_S["air"] else None


def _air_exceedances(config: Config, station: Station, checked: CityHours, now: float) -> list[Detail] | None:
    """What exceeds a limit for an hour in the last hour of a station; None where it has no such hour."""
    span = checked.whole
    details: list[Detail] = []
    any_hour = False
    for quantity, hours in checked.hours[station.id].items():
        last = _last_hour(hours, span, now)
        if last is None:
            continue
        any_hour = True
        at = span.start + last * HOUR_S
        value = Decimal(int(hours.micros[last])) / MICRO
        limits = config.standards.on(AirLimits, config.local_day(at), staged=config.staged(station.city))
        of_standard = limits.limit(quantity, "hour", station.area_class)
        details += _held(config, station, quantity, value, at, [of_standard] if of_standard is not None else [])
    return details if any_hour else None


def _own_exceedances(config: Config, station: Station, found: Found, now: float) -> list[Detail] | None:
    """What exceeds a limit of one's own in the last readings of a station; None where none is recent."""
    details: list[Detail] = []
    recent = False
    for key, times, values, _ in found:
        there = np.flatnonzero(np.isfinite(values) & (times <= now))
        if key.period_s == MANUAL_S or not len(there):
            continue
        at = int(times[there[-1]])
        if now - (at + key.period_s) > RECENT_S[station.medium]:
            continue
        recent = True
        details += _held(config, station, key.quantity, Decimal(str(round(float(values[there[-1]]), 6))), at, [])
    return details if recent else None


def _held(
    config: Config, station: Station, quantity: str, value: Decimal, at: int, limits: list[Decimal]
) -> Iterator[Detail]:
    """Yield a value with the highest limit that it exceeds, or one that it falls below."""
    own = [each for each in config.notices.limit if (each.medium, each.quantity) == (station.medium, quantity)]
    highest = [*limits, *(each.above for each in own if each.above is not None)]
    lowest = [each.below for each in own if each.below is not None]
    broken = [limit for limit in highest if value > limit]
    broken = [max(broken)] if broken else [limit for limit in lowest if value < limit][:1]
    known = config.quantities.of(station.medium)[quantity]
    for limit in broken:
        yield Detail(
            quantity=quantity, value=f"{value.normalize():f}", limit=f"{limit.normalize():f}", unit=known.unit, at=at
        )


def _stuck(station: Station, checked: CityHours, now: float) -> list[Detail] | None:
    """Quantities that have had the same value for too many hours up to the last one; None without a recent hour."""
    span = checked.whole
    details: list[Detail] = []
    any_hour = False
    for quantity, hours in checked.hours[station.id].items():
        last = _last_hour(hours, span, now)
        if last is None:
            continue
        any_hour = True
        marked = checked.suspect[station.id][quantity].get("stuck")
        if marked is None or not marked[last]:
            continue
        same = np.flatnonzero(~(hours.valid & (hours.micros == hours.micros[last]))[: last + 1])
        run = last - (int(same[-1]) if len(same) else -1)
        value = Decimal(int(hours.micros[last])) / MICRO
        first = span.start + (last + 1 - run) * HOUR_S
        details.append(Detail(quantity=quantity, value=f"{value.normalize():f}", limit=str(run), unit="h", at=first))
    return details if any_hour else None


def _worse_than_target(config: Config, station: Station, found: Found, span: Span, now: float) -> list[Detail] | None:
    """The class of the last reading of a section where it and the one before are worse than the target.

    Empty where both attain; None where there are no two recent readings with a class, they differ, or no target is
    set: then nothing is told.
    """
    target = config.target_class(station, config.local_day(int(now)))
    if target is None or station.body == "sea":
        return None
    automatic = [each for each in found if each[0].period_s != MANUAL_S]
    try:
        rows = water.derive_station(config, station, span, automatic)[0]
    except ConfigError:
        return None
    oldest = now - RECENT_S["water"]
    classes = [
        (at, int(class_))
        for at, class_ in zip(rows.times, rows.columns["class"], strict=True)
        if class_ and oldest <= at <= now
    ][-WORSE_IN_A_ROW:]
    limit = CLASS_NAMES.index(target)
    worse = [class_ > limit for _, class_ in classes]
    if len(classes) < WORSE_IN_A_ROW or any(worse) != all(worse):
        return None
    if not all(worse):
        return []
    at, _ = classes[0]
    return [Detail(quantity="class", value=str(classes[-1][1]), limit=str(limit), unit="class", at=at)]
