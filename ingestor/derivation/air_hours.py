"""Hours of the stations of a city: means, in the state that the standard prescribes, checked; exceptional events."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from aggregations import air
from aggregations.air.hours import EVENT, FIRST_CHECK, VALID, Hours, Readings, hour_means
from aggregations.rounding import MICRO, BoolArray
from aggregations.standards import AirEvents, AirLimits
from ingestor.config import Config
from ingestor.derivation.spans import HOUR_S, HOURS, Found, Span
from sensors import checks, events, gas_states, reviews
from sensors.register import Station
from sensors.reviews import Review

REVIEW: Final = "review"
"""What doubts an hour that a review flags, beside the checks."""


class Observed(NamedTuple):
    """A station, the days from its first reading to its last, and its readings, as `spans.usable` gives them.

    `reviewed` are the reviews in force that the readings were judged with.
    """

    station: Station
    span: Span
    found: Found
    reviewed: Sequence[Review] = ()


class CityHours(msgspec.Struct, frozen=True):
    """Checked hours of the stations of a city on some days.

    `hours` are by station and quantity; `suspect` tells by station, quantity and check which hours that count are
    doubted, of the stations asked for; (n_hours,) each.
    """

    whole: Span
    hours: dict[str, dict[str, Hours]]
    suspect: dict[str, dict[str, dict[str, BoolArray]]]


def city_hours(config: Config, observed: list[Observed], whole: Span, *, doubted: Collection[str] = ()) -> CityHours:
    """Hours of the stations of a city on some days: means, in the prescribed gas state, and checked.

    All readings of `observed` lie on these days. Of the stations in `doubted` all checks are made; of the others only
    those that may take an hour out. No check takes an hour out that a review restores for the whole of it; an hour
    in which a review doubts something is doubted by "review".
    """
    reviewed = {o.station.id: o.reviewed for o in observed}
    raw = {o.station.id: _hours_of(config, o, whole) for o in observed}
    floats = {id_: {q: np.where(h.valid, h.micros / MICRO, np.nan) for q, h in of.items()} for id_, of in raw.items()}
    taking_out = checks.taking_out(config.checks)
    hours: dict[str, dict[str, Hours]] = {}
    suspect: dict[str, dict[str, dict[str, BoolArray]]] = {}
    for id_, of in raw.items():
        neighbours = {}
        if id_ in doubted:
            others = {q: [f[q] for other, f in floats.items() if other != id_ and q in f] for q in of}
            neighbours = {q: np.stack(each) for q, each in others.items() if each}
        flags = checks.evaluate(
            floats[id_],
            checks=config.checks if id_ in doubted else taking_out,
            quantities=config.quantities.air,
            neighbours=neighbours,
        )
        hours[id_] = {}
        for q, each in of.items():
            failed = checks.reason(flags[q]).astype(np.int64)
            if reviewed[id_]:
                failed[_hours_with("restore", reviewed[id_], q, whole)] = 0
            reasons = np.where(each.valid & (failed > 0), FIRST_CHECK + failed, each.reasons)
            hours[id_][q] = Hours(each.micros, reasons)
        if id_ in doubted:
            suspect[id_] = {q: checks.suspects(flags[q]) for q in of}
            for q, by_check in suspect[id_].items() if reviewed[id_] else ():
                by_check[REVIEW] = _hours_with("flag", reviewed[id_], q, whole) & hours[id_][q].valid
    return CityHours(whole, hours, suspect)


def _hours_with(action: reviews.Action, reviewed: Sequence[Review], quantity: str, whole: Span) -> BoolArray:
    return reviews.hours_with(
        reviewed, quantity, action, start=whole.start, n_hours=whole.n * HOURS, whole=action == "restore"
    )


def _hours_of(config: Config, observed: Observed, whole: Span) -> dict[str, Hours]:
    """Unchecked hour means of the basic items of a station."""
    station, found = observed.station, observed.found
    staged = config.staged(station.city)
    by_quantity: dict[str, list[Readings]] = {q: [] for q in air.QUANTITIES}
    for key, times, values, reasons in found:
        if key.quantity in by_quantity and key.quantity not in station.not_monitored:
            micros = np.rint(np.where(reasons == VALID, values, 0.0) * MICRO).astype(np.int64)
            by_quantity[key.quantity].append(Readings(key.period_s, times, micros, reasons))
    hours = {}
    for quantity, readings in by_quantity.items():
        parts = []
        for cut, limits in config.standards.runs(AirLimits, whole.period, staged=staged):
            start = whole.start + cut.start * HOURS * HOUR_S
            end = whole.start + cut.stop * HOURS * HOUR_S
            inside = [_between(each, start, end) for each in readings]
            n_hours = (cut.stop - cut.start) * HOURS
            means = hour_means(inside, start=start, n_hours=n_hours, min_minutes=limits.hour_min_minutes)
            if config.quantities.air[quantity].molar_mass is not None:
                means = _in_prescribed_state(config, station, means, whole.first + dt.timedelta(days=cut.start), limits)
            parts.append(means)
        hours[quantity] = Hours(
            np.concatenate([part.micros for part in parts]), np.concatenate([part.reasons for part in parts])
        )
    return hours


def _between(readings: Readings, start: int, end: int) -> Readings:
    inside = slice(*np.searchsorted(readings.times, (start, end)))
    return Readings(readings.period_s, readings.times[inside], readings.micros[inside], readings.reasons[inside])


def _in_prescribed_state(config: Config, station: Station, hours: Hours, first: dt.date, limits: AirLimits) -> Hours:
    """Convert gases that come at another temperature than the standard prescribes on the day."""
    if all(state.station != station.id for state in config.gas_states.all):
        return hours
    micros = hours.micros.copy()
    for i in range(len(micros) // HOURS):
        day = first + dt.timedelta(days=i)
        delivered, prescribed = config.gas_states.kelvin_on(station.id, day), limits.kelvin_on(day)
        if delivered is not None and delivered != prescribed:
            cut = slice(i * HOURS, (i + 1) * HOURS)
            micros[cut] = gas_states.converted(micros[cut], delivered=delivered, prescribed=prescribed)
    return Hours(micros, hours.reasons)


def event_hours(config: Config, station: Station, whole: Span) -> dict[str, BoolArray]:
    """Return by quantity the hours that decided exceptional events touch; empty where none does.

    Only events of the kinds count, and of their quantities only those, that the rules in force at its beginning speak
    of; where there are no rules yet, all.
    """
    found: dict[str, BoolArray] = {}
    for event in config.events.of(station.city, station.id):
        rule = config.standards.find(AirEvents, config.local_day(event.from_s))
        if rule is not None and event.kind not in rule.kinds:
            continue
        hours = events.hours_touched(event, whole.start, whole.n * HOURS)
        if hours.start < hours.stop:
            for quantity in event.quantities:
                if rule is None or quantity in rule.quantities:
                    touched = found.setdefault(quantity, np.zeros(whole.n * HOURS, dtype=np.bool_))
                    touched[hours] = True
    return found


def leave_out(hours: dict[str, Hours], touched: dict[str, BoolArray]) -> dict[str, Hours]:
    """Return the hours without those that events touch."""
    return {
        q: Hours(each.micros, np.where(each.valid & touched[q], EVENT, each.reasons)) if q in touched else each
        for q, each in hours.items()
    }
