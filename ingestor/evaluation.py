"""Evaluation: from the derived days in the store to figures and verdicts."""

import datetime as dt
from decimal import Decimal

import msgspec
import numpy as np

from aggregations import air, plans
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, AirDays, Facts, MonitorDays, SectionDays
from aggregations.periods import Period
from aggregations.plans import Plan, Verdict
from ingestor.config import DAY_S, Config
from ingestor.schema import WATER_ITEMS
from ingestor.store import Tables
from sensors.errors import ConfigError, shown
from sensors.quantities import Medium
from sensors.register import Station


def evaluate(config: Config, store: Tables, plan: Plan, as_of: dt.date) -> list[Verdict]:
    """Hold every target of a plan against what is known at the end of `as_of`.

    Raises
    ------
    ConfigError
        If `as_of` lies before the plan's year, or no edition of a standard covers it.
    """
    period = plans.period_of(plan, as_of)
    verdicts = []
    for target in plan.target:
        figure = None
        if target.indicator is not None and target.scope is not None:
            figure = compute(config, store, target.indicator, target.scope, period, plan=plan)
        verdicts.append(plans.judge(target, figure, final=period.is_year))
    return verdicts


def all_figures(
    config: Config, store: Tables, scope: str, period: Period, *, names: list[str], plan: Plan | None = None
) -> list[Figure]:
    """Compute the named indicators for a scope and a period; all that fit the scope where `names` is empty.

    Raises
    ------
    ConfigError
        If an indicator or the scope is unknown.
    """
    for name in names:
        if name not in INDICATORS:
            raise ConfigError(f"indicator: expected one of {', '.join(INDICATORS)}, got {shown(name)}")
    stations = {medium: _members(config, medium, scope, plan) for medium in ("air", "water", "noise")}
    chosen = names or [i.name for i in INDICATORS.values() if stations[i.medium]]
    if not chosen:
        raise ConfigError(f"scope: expected a city, station or list with registered stations, got {shown(scope)}")
    return [compute(config, store, name, scope, period, plan=plan) for name in chosen]


def compute(config: Config, store: Tables, name: str, scope: str, period: Period, *, plan: Plan | None) -> Figure:
    """Compute one indicator for a scope and a period.

    Raises
    ------
    ConfigError
        If the scope is unknown, or no edition of a standard covers the period.
    """
    indicator = INDICATORS[name]
    members = _members(config, indicator.medium, scope, plan)
    cities = {station.city for station in members}
    facts = Facts(scope=scope, period=period, standards=config.standards, staged=any(map(config.staged, cities)))
    if indicator.medium == "air":
        facts = msgspec.structs.replace(facts, air=_air_days(config, store, scope, period))
    elif indicator.medium == "water":
        facts = msgspec.structs.replace(facts, sections=[_section(config, store, s, period) for s in members])
    else:
        facts = msgspec.structs.replace(facts, monitors=[_monitor(config, store, s, period) for s in members])
    return indicator.compute(indicator, facts)


def _members(config: Config, medium: Medium, scope: str, plan: Plan | None) -> list[Station]:
    """Stations of a medium in a scope: `city:ID`, `station:ID`, or `list:NAME` of a plan."""
    kind, _, name = scope.partition(":")
    if kind == "city" and any(city.id == name for city in config.settings.city):
        return config.register.of(medium, name)
    if kind == "station":
        if all(config.register.get(each, name) is None for each in ("air", "water", "noise")):
            raise ConfigError(f"scope: expected a station of the register, got {shown(name)}")
        station = config.register.get(medium, name)
        return [station] if station else []
    if kind == "list" and plan is not None and name in plan.lists:
        return [s for s in (config.register.get(medium, each) for each in plan.lists[name]) if s]
    cities = ", ".join(f"city:{city.id}" for city in config.settings.city)
    raise ConfigError(f"scope: expected {cities}, station:ID, or list:NAME of the plan given, got {shown(scope)}")


def _bounds(config: Config, period: Period) -> tuple[int, int]:
    start = config.start_of(period.first)
    return start, start + len(period) * DAY_S


def _air_days(config: Config, store: Tables, scope: str, period: Period) -> AirDays:
    kind, _, name = scope.partition(":")
    if kind == "list":
        raise ConfigError(f"scope: expected city:ID or station:ID for air, got {shown(scope)}")
    start, end = _bounds(config, period)
    days = AirDays({q: [None] * len(period) for q in air.QUANTITIES}, [None] * len(period))
    table = "city_air_day" if kind == "city" else "air_day"
    for time, aqi, *values in store.read(table, name, start, end, ["aqi", *air.QUANTITIES]):
        i = (time - start) // DAY_S
        days.aqi[i] = aqi
        for quantity, value in zip(air.QUANTITIES, values, strict=True):
            if value is not None:
                days.values[quantity][i] = Decimal(repr(value))
    return days


def _section(config: Config, store: Tables, station: Station, period: Period) -> SectionDays:
    start, end = _bounds(config, period)
    means = {item: np.full(len(period), np.nan) for item in WATER_ITEMS}
    counts = {item: np.zeros(len(period), dtype=np.int64) for item in WATER_ITEMS}
    columns = [*WATER_ITEMS, *(f"{item}_count" for item in WATER_ITEMS)]
    for time, *row in store.read("water_day", station.id, start, end, columns):
        i = (time - start) // DAY_S
        for item, value, count in zip(WATER_ITEMS, row, row[len(WATER_ITEMS) :], strict=False):
            means[item][i] = np.nan if value is None else value
            counts[item][i] = count
    return SectionDays(station, means, counts)


def _monitor(config: Config, store: Tables, station: Station, period: Period) -> MonitorDays:
    start, end = _bounds(config, period)
    verdicts = MonitorDays(station, [None] * len(period), [None] * len(period))
    for time, day, night in store.read("noise_day", station.id, start, end, ["day_attains", "night_attains"]):
        i = (time - start) // DAY_S
        verdicts.day[i] = None if day is None else bool(day)
        verdicts.night[i] = None if night is None else bool(night)
    return verdicts
