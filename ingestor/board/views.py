"""What the pages show, as values: the same figures that commands print and the API answers with."""

import datetime as dt
from typing import Final

import msgspec

from aggregations.indicators.water import water_standards
from aggregations.indicators.water_means import month_classes, target_at_end
from aggregations.outlook import Outlook
from aggregations.periods import Period
from aggregations.plans import Plan, Verdict
from aggregations.standards import AirIndex, Level, WaterMethod
from aggregations.water import CLASS_NAMES, NO_CLASS
from ingestor import air_quality, evaluation, scopes, today
from ingestor.air_quality import AirQuality
from ingestor.board.lanes import Use
from ingestor.board.latest import Latest, LatestReadings
from ingestor.config import DAY_S, Config
from ingestor.derivation.spans import HOUR_S
from ingestor.outlook import Outlooks
from ingestor.scopes import Scope
from ingestor.store import marks
from ingestor.today import Today
from sensors.errors import ConfigError
from sensors.quantities import MEDIA, Medium
from sensors.register import Station

NEWEST_SHOWN: Final = 5
INDEX_BACK_H: Final = 26
STATIONS_WITH_INDEX: Final = 60
"""Air stations on the map of the wall; the city's index stands beside it."""


class StationIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The last real-time index of an air station: when its hour begins [s], None where none is known."""

    id: str
    name: str
    name_en: str
    lon: float | None
    lat: float | None
    time: int | None
    aqi: int | None
    level: int | None


class Sections(msgspec.Struct, frozen=True, kw_only=True):
    """The sections of a city in a month up to a day: how many are of each class, of none where it is not known, and
    how many of those with a target class reach it."""

    month: Period
    of_class: list[int]
    attaining: int
    with_target: int


class CityNow(msgspec.Struct, frozen=True, kw_only=True):
    """What is derived beside figures of plans: the last real-time index of city and stations, today's chance, and the
    sections of this month; None without any."""

    air: AirQuality | None
    air_stations: list[StationIndex]
    chance: Today | None
    sections: Sections | None


class MediumNow(msgspec.Struct, frozen=True, kw_only=True):
    """Stations of a medium: how many readings are expected of, how many sent any, and how many are silent or late.

    `newest` is when the period of the newest reading is over. [s since 1970]
    """

    medium: Medium
    stations: int
    sending: int
    silent: int
    late: int
    newest: int | None


class NewReading(msgspec.Struct, frozen=True, kw_only=True):
    """A station with the values of its last reading; `end` is when its period is over. [s since 1970]"""

    medium: Medium
    id: str
    name: str
    name_en: str
    end: int
    values: dict[str, float]


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """What arrives: each medium, and the newest readings of all."""

    media: list[MediumNow]
    newest: list[NewReading]


class StationNow(msgspec.Struct, frozen=True, kw_only=True):
    """A station and its last reading; `state` is silent, late or nothing; `end` as of `NewReading`."""

    medium: Medium
    id: str
    name: str
    name_en: str
    city: str
    district: str
    lon: float | None
    lat: float | None
    expected: bool
    state: str
    time: int | None
    end: int | None
    values: dict[str, float]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Raw readings of a quantity at a station, in order: times [s since 1970], values (None where missing), flags."""

    quantity: str
    name: str
    name_en: str
    unit: str
    period_s: int
    times: list[int]
    values: list[float | None]
    flags: list[int]


def verdicts(use: Use, plan: Plan, as_of: dt.date) -> list[Verdict]:
    """Return where a plan stands on a day.

    Raises
    ------
    ConfigError
        If `as_of` lies before the plan's year, or no edition of a standard covers it.
    """
    return evaluation.evaluate(use.config, use.store, plan, as_of)


def city_now(use: Use, jurisdiction: str, as_of: dt.date, now: float) -> CityNow:
    """Return what is derived for a city, or another jurisdiction of plans.

    Raises
    ------
    ConfigError
        If no edition of a standard covers the day.
    """
    scope = scopes.resolve(use.config, jurisdiction)
    stations = scope.stations["air"]
    until = int(now) // HOUR_S * HOUR_S
    air, chance = None, None
    if stations and scope.kind in air_quality.TABLES:
        hours = air_quality.of_hours(use.config, use.store, scope, until - INDEX_BACK_H * HOUR_S, until)
        air = next((each for each in reversed(hours) if each.aqi is not None), None)
        at = until if air is None else int(air.start.timestamp()) + HOUR_S
        # Midnight ends the day that is asked about; of the new one no hour is known.
        chance = _chance(use, scope.text, max(at - 1, 0) if at % DAY_S == use.config.start_of(as_of) % DAY_S else at)
    return CityNow(
        air=air,
        air_stations=[_index_of(use, each, until) for each in stations[:STATIONS_WITH_INDEX]],
        chance=chance,
        sections=_sections(use, scope, as_of) if scope.stations["water"] else None,
    )


def _sections(use: Use, scope: Scope, as_of: dt.date) -> Sections:
    month = Period(as_of.replace(day=1), as_of)
    facts = evaluation.facts_of(use.config, use.store, "water", scope, month, (), "by_date")
    limits, method = water_standards(facts)
    of_class = [0] * len(CLASS_NAMES)
    attaining, with_target = 0, 0
    for section in facts.sections:
        found = next((each.overall for _, each in month_classes(section, month, limits, method)), NO_CLASS)
        of_class[found] += 1
        target = target_at_end(section)
        if target and found != NO_CLASS:
            with_target += 1
            attaining += found <= target
    return Sections(month=month, of_class=of_class, attaining=attaining, with_target=with_target)


def _chance(use: Use, scope: str, at: int) -> Today | None:
    try:
        return today.today_of(use.config, use.store, scope, at)
    except ConfigError:  # no edition covers the day, or the city has no air
        return None


def _index_of(use: Use, station: Station, until: int) -> StationIndex:
    rows = use.store.read("air_hour", station.id, until - INDEX_BACK_H * HOUR_S, until, ["aqi"])
    time, aqi = next(((t, aqi) for t, aqi in reversed(list(rows)) if aqi is not None), (None, None))
    level = None
    if time is not None and aqi is not None:
        index = use.config.standards.on(AirIndex, use.config.local_day(time), staged=use.config.staged(station.city))
        level = next((n for n, each in enumerate(index.level, 1) if aqi <= each.up_to), len(index.level))
    return StationIndex(
        id=station.id, name=station.name, name_en=station.name_en, lon=station.lon, lat=station.lat,
        time=time, aqi=aqi, level=level,
    )  # fmt: skip


def levels(config: Config, day: dt.date) -> list[Level]:
    """Return the levels of the index that hold on a day; none where no edition does."""
    try:
        return config.standards.on(AirIndex, day, staged=True).level
    except ConfigError:
        return []


def class_colours(config: Config, day: dt.date) -> list[tuple[str, str]]:
    """Return names and colours of the classes of water, the best first; none where no edition holds."""
    try:
        return [(row.name, row.rgb) for row in config.standards.on(WaterMethod, day).class_row]
    except ConfigError:
        return []


def live(use: Use, readings: LatestReadings, city: str | None, now: float) -> Live:
    """Return what arrives from the stations of a city, of all cities without one."""
    found = readings.look(use, now)
    states = station_states(use)
    day = use.config.local_day(int(now))
    media: list[MediumNow] = []
    newest: list[NewReading] = []
    for medium in MEDIA:
        stations = [each for each in use.config.register.of(medium, city) if each.expected_on(day)]
        sending = [(each, found[medium, each.id]) for each in stations if (medium, each.id) in found]
        of_them = [states.get((medium, each.id), "") for each in stations]
        media.append(
            MediumNow(
                medium=medium, stations=len(stations), sending=len(sending), silent=of_them.count("silent"),
                late=of_them.count("late"), newest=max((latest.end for _, latest in sending), default=None),
            )
        )  # fmt: skip
        newest += [_new(use.config, each, latest) for each, latest in sending]
    newest.sort(key=lambda each: -each.end)
    return Live(media=media, newest=newest[:NEWEST_SHOWN])


def _new(config: Config, station: Station, latest: Latest) -> NewReading:
    return NewReading(
        medium=station.medium, id=station.id, name=station.name, name_en=station.name_en or station.name,
        end=latest.end,
        values=_ordered(config, station.medium, latest.values),
    )  # fmt: skip


def _ordered(config: Config, medium: Medium, values: dict[str, float]) -> dict[str, float]:
    """Values in the order of quantities.toml, where what matters most comes first."""
    return {key: values[key] for key in config.quantities.of(medium) if key in values}


def station_states(use: Use) -> dict[tuple[str, str], str]:
    """Return which stations are silent or late, as was last found."""
    return {(each.medium, each.station): each.state for each in marks.station_states(use.file)}


def stations_now(use: Use, readings: LatestReadings, now: float) -> list[StationNow]:
    """Return every station of the register with its last reading."""
    found = readings.look(use, now)
    states = station_states(use)
    day = use.config.local_day(int(now))
    return [
        StationNow(
            medium=each.medium, id=each.id, name=each.name, name_en=each.name_en or each.name, city=each.city,
            district=each.district, lon=each.lon, lat=each.lat, expected=each.expected_on(day),
            state=states.get((each.medium, each.id), ""),
            time=None if latest is None else latest.time,
            end=None if latest is None else latest.end,
            values={} if latest is None else _ordered(use.config, each.medium, latest.values),
        )
        for each in use.config.register.stations
        for latest in (found.get((each.medium, each.id)),)
    ]  # fmt: skip


def readings_of(use: Use, medium: Medium, station: str, start: int, end: int) -> list[Series]:
    """Return the raw readings of a station with start <= time < end. [s since 1970]"""
    known = use.config.quantities.of(medium)
    order = list(known)
    raw_of = use.store.raw_of(medium, [station], start, end)
    return [
        Series(
            quantity=key.quantity, name=known[key.quantity].name, name_en=known[key.quantity].name_en,
            unit=known[key.quantity].unit, period_s=key.period_s, times=raw.times.tolist(),
            values=[None if value != value else value for value in raw.values.tolist()],  # NaN is no JSON
            flags=raw.flags.tolist(),
        )
        for key, raw in sorted(raw_of.items(), key=lambda pair: (order.index(pair[0].quantity), pair[0].period_s))
    ]  # fmt: skip


def outlooks_of(use: Use, plan: Plan, as_of: dt.date) -> list[tuple[str, Outlook]]:
    """Return the outlook of each target of a plan, by its id."""
    of_plan = Outlooks(use.config, use.store, plan, as_of)
    return [(target.id, of_plan.of(target)) for target in plan.target]
