"""What a figure of air rests on: days and hours that did not count, days that moved it most."""

import datetime as dt
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np

from aggregations import air, explain
from aggregations.air import MISSING
from aggregations.air.hours import DAY_HOURS, FIRST_CHECK, HOUR_S, NO_READING, REASONS, VALID, Hours
from aggregations.explain import Moved
from aggregations.figures import Figure
from aggregations.indicators import Facts, Indicator
from aggregations.indicators.air_base import days_of
from aggregations.periods import DAY, Period
from aggregations.rounding import BoolArray, IntArray
from aggregations.standards import AirEvaluation, AirLimits
from ingestor.air_facts import area_of
from ingestor.config import Config
from ingestor.derivation.air_days import Area, station_days
from ingestor.derivation.air_hours import Observed, city_hours, event_hours, leave_out
from ingestor.derivation.archived import of_period, of_stations, span_of_month
from ingestor.derivation.spans import IMPLAUSIBLE, ROLES, Found, Span, usable
from ingestor.derivation.stale import by_station
from ingestor.explanation_hours import ExcludedHours, StationHours, counted, excluded_hours
from ingestor.scopes import Scope
from ingestor.store import RawSeries, SeriesKey, Tables
from ingestor.unit_mistakes import history_days, of_implausible
from sensors import checks, unit_mistakes
from sensors.register import Station

MARGIN_DAYS: Final = 7
"""Least days before and after the period that are read, too, so that checks of runs see them whole; before, as far as
editions cover them."""

ARCHIVED: Final = 2000
"""An hour whose readings are in the archive: what derivation made of them is not known here."""
OTHER_UNIT: Final = 2001
"""An hour of values outside the plausible range that are probably of another unit."""
WHY: Final[dict[int, str]] = (
    REASONS
    | {FIRST_CHECK + code: checks.REASONS[name] for name, code in checks.CODES.items()}
    | {ARCHIVED: "its readings are in the archive", OTHER_UNIT: unit_mistakes.OUTSIDE}
)
"""Why an hour does not count, by its code."""


class Lack(msgspec.Struct, frozen=True, kw_only=True):
    """What an item of a day lacks: `valid` of `needed` hours, windows of 8 hours, or stations.

    `why` counts the hours that do not count by their reason; of an area it holds, for each station that is not valid,
    its valid hours, of ozone its valid windows.
    """

    quantity: str
    unit: Literal["hours", "windows", "stations"]
    valid: int
    needed: int
    why: dict[str, int]


class ExcludedDays(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive days that did not enter, alike in what they lack."""

    first: dt.date
    last: dt.date
    lacks: list[Lack]


class AirBasis(msgspec.Struct, frozen=True, kw_only=True, tag_field="medium", tag="air"):
    """What a figure of air rests on."""

    stations: list[StationHours]
    excluded_days: list[ExcludedDays]
    excluded_hours: list[ExcludedHours]
    moved_most: list[Moved]


def air_basis(
    config: Config, store: Tables, indicator: Indicator, figure: Figure, facts: Facts, where: Scope, *, most: int
) -> AirBasis:
    """Return what a figure of air rests on."""
    facts = explain.counted(facts, figure)
    area = area_of(config, where)
    evidence = _evidence(config, store, indicator, area, facts.period, left_out=figure.events == "excluded")
    start = config.start_of(facts.period.first)
    return AirBasis(
        stations=[each for of in evidence for each in _stations(of)],
        excluded_days=_excluded_days(indicator, facts, area, where.kind == "station", evidence),
        excluded_hours=[
            run
            for of in evidence
            for quantity, reasons in of.reasons.items()
            for run in excluded_hours(config, of.station.id, quantity, start, reasons, WHY)
        ],
        moved_most=explain.moved_most(indicator, facts, most=most),
    )


class _Evidence(NamedTuple):
    """Of a station and the period, by quantity.

    Why each hour does not count, which that count are doubted, and which days are valid, or not known to be not: those
    whose readings are in the archive.
    """

    station: Station
    reasons: dict[str, IntArray]
    suspect: dict[str, dict[str, BoolArray]]
    valid: dict[str, BoolArray]


def _evidence(
    config: Config, store: Tables, indicator: Indicator, area: Area, period: Period, *, left_out: bool
) -> list[_Evidence]:
    """Hours of the stations of an area, found as derivation finds them, with all stations of their cities."""
    covered = config.standards.first_day(ROLES["air"], staged=area.staged)
    if period.first < covered:  # nothing is derived of days before the standards
        return []
    back, ahead = _margins(config)
    first = max(period.first - back * DAY, covered)
    before = (period.first - first).days
    start = config.start_of(first)
    end = config.start_of(period.last + (ahead + 1) * DAY)
    days = Span(first, start, before + len(period) + ahead)
    inside = slice(before * DAY_HOURS, (before + len(period)) * DAY_HOURS)
    reviews = by_station(store.reviews())
    gone = of_period(config, store.archived(), period)
    found = []
    for city in dict.fromkeys(station.city for station in area.members):
        stations = config.register.of("air", city)
        raw = store.raw_of("air", [station.id for station in stations], start, end)
        found_of = [
            (station, usable(config, station, raw, reviewed), reviewed)
            for station in stations
            for reviewed in [reviews.get(("air", station.id), [])]
        ]
        observed = [Observed(station, days, readings, reviewed) for station, readings, reviewed in found_of if readings]
        months = {
            s.id: [span_of_month(config, e.month) for e in of_stations(gone, "air", [s.id])] for s in area.members
        }
        members = [member.id for member in area.members]
        hours = city_hours(config, observed, days, doubted=members) if observed else None
        for station in area.members:
            measured = [q for q in indicator.quantities if q not in station.not_monitored]
            away = _hours_in(months[station.id], config.start_of(period.first), DAY_HOURS * len(period))
            of_whole_days = np.asarray(away.reshape(-1, DAY_HOURS).all(axis=1))
            if hours is None or station.id not in hours.hours:
                if away.any() and station.city == city:
                    unknown = np.where(away, ARCHIVED, NO_READING)
                    found.append(
                        _Evidence(
                            station, dict.fromkeys(measured, unknown), {q: {} for q in measured},
                            dict.fromkeys(measured, of_whole_days),
                        )
                    )  # fmt: skip
                continue
            counting = hours.hours[station.id]
            if left_out:
                counting = leave_out(counting, event_hours(config, station, hours.whole))
            doubted = hours.suspect[station.id]
            usables = next(each.found for each in observed if each.station.id == station.id)
            of_days = station_days(config, station, hours.whole, counting)
            found.append(
                _Evidence(
                    station,
                    {
                        q: _marked(_other_unit(config, raw, usables, counting[q], q, start)[inside], away)
                        for q in measured
                    },
                    {q: {name: each[inside] for name, each in doubted[q].items()} for q in measured},
                    {q: of_days[q].valid[before : before + len(period)] | of_whole_days for q in measured},
                )
            )
    return found


def _hours_in(months: list[Span], start: int, n: int) -> BoolArray:
    """Return which of `n` hours from a moment on lie in some months."""
    times = start + HOUR_S * np.arange(n)
    inside = np.zeros(n, dtype=np.bool_)
    for each in months:
        inside |= (times >= each.start) & (times < each.end)
    return inside


def _marked(reasons: IntArray, away: BoolArray) -> IntArray:
    return np.where(away & (reasons == NO_READING), ARCHIVED, reasons)


def _margins(config: Config) -> tuple[int, int]:
    """Days before and after a period that are read, too: as many as a check looks for runs or at a history."""
    stuck = config.checks.stuck
    longest = MARGIN_DAYS + (max(stuck.hours.values(), default=0) if stuck else 0) // DAY_HOURS
    back, ahead = history_days(config, "air")
    return max(longest, back), max(longest, ahead)


def _other_unit(
    config: Config, raw: dict[SeriesKey, RawSeries], found: Found, hours: Hours, quantity: str, start: int
) -> IntArray:
    """Why hours do not count, those named whose implausible values are probably of another unit."""
    reasons = hours.reasons
    for key, times, _, why in found:
        if key.quantity == quantity:
            slips = (times[of_implausible(config, key, raw[key], why)] - start) // HOUR_S
            if len(slips):
                named = np.isin(np.arange(len(reasons)), slips) & (reasons == IMPLAUSIBLE)
                reasons = np.where(named, OTHER_UNIT, reasons)
    return reasons


def _stations(of: _Evidence) -> list[StationHours]:
    return [
        StationHours(
            station=of.station.id,
            name=of.station.name,
            name_en=of.station.name_en,
            quantity=quantity,
            hours=len(reasons),
            valid=int((reasons == VALID).sum()),
            excluded=counted(reasons, WHY),
            suspect={name: int(each.sum()) for name, each in of.suspect[quantity].items() if each.any()},
        )
        for quantity, reasons in of.reasons.items()
    ]


def _excluded_days(
    indicator: Indicator, facts: Facts, area: Area, alone: bool, evidence: list[_Evidence]
) -> list[ExcludedDays]:
    """Days that did not enter, with what they lack; days that follow each other and are alike together."""
    values = days_of(facts).values
    found: list[ExcludedDays] = []
    for i in np.flatnonzero(~explain.valid_days(indicator, facts)).tolist():
        day = facts.period.first + i * DAY
        missing = [q for q in indicator.quantities if q not in facts.not_monitored and values[q][i] == MISSING]
        of_day = slice(i * DAY_HOURS, (i + 1) * DAY_HOURS)
        if alone:
            lacks = [_lack_of_station(facts, q, day, evidence, of_day) for q in missing]
        else:
            lacks = [_lack_of_area(facts, q, day, area, evidence, of_day, i) for q in missing]
        last = found[-1] if found else None
        if last is not None and last.last + DAY == day and last.lacks == lacks:
            found[-1] = msgspec.structs.replace(last, last=day)
        else:
            found.append(ExcludedDays(first=day, last=day, lacks=lacks))
    return found


def _lack_of_station(facts: Facts, quantity: str, day: dt.date, evidence: list[_Evidence], of_day: slice) -> Lack:
    limits = facts.standards.on(AirLimits, day, staged=facts.staged)
    rules = facts.standards.on(AirEvaluation, day, staged=facts.staged)
    reasons = np.full(DAY_HOURS, NO_READING)
    for each in evidence:
        reasons = each.reasons[quantity][of_day]
    why = counted(reasons, WHY)
    if quantity == air.OZONE:
        windows = int(air.valid_windows(np.asarray(reasons == VALID)[None], limits=limits, evaluation=rules)[0])
        return Lack(quantity=quantity, unit="windows", valid=windows, needed=rules.ozone_min_windows, why=why)
    hours = int((reasons == VALID).sum())
    return Lack(quantity=quantity, unit="hours", valid=hours, needed=limits.day_min_hours, why=why)


def _lack_of_area(
    facts: Facts, quantity: str, day: dt.date, area: Area, evidence: list[_Evidence], of_day: slice, i: int
) -> Lack:
    rules = facts.standards.on(AirEvaluation, day, staged=facts.staged)
    valid = int(days_of(facts).counts[quantity][i])
    expected = [s.id for s in area.members if s.expected_on(day) and quantity not in s.not_monitored]
    limits = facts.standards.on(AirLimits, day, staged=facts.staged)
    lacking = dict.fromkeys(expected, 0)
    for each in evidence:
        if each.station.id not in lacking:
            continue
        if each.valid[quantity][i]:
            del lacking[each.station.id]
            continue
        hours = np.asarray(each.reasons[quantity][of_day] == VALID)
        if quantity == air.OZONE:
            lacking[each.station.id] = int(air.valid_windows(hours[None], limits=limits, evaluation=rules)[0])
        else:
            lacking[each.station.id] = int(hours.sum())
    needed = next((n for n in range(1, len(expected) + 1) if air.enough_stations(n, len(expected), rules)), 1)
    fewest = dict(sorted(lacking.items(), key=lambda each: each[1]))
    return Lack(quantity=quantity, unit="stations", valid=valid, needed=needed, why=fewest)
