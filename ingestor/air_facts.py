"""From the derived days and hours of air in the store to the facts that indicators are computed from."""

import datetime as dt
from collections.abc import Collection
from fractions import Fraction

import numpy as np

from aggregations import air
from aggregations.air import MISSING, StationDays
from aggregations.air.hours import DAY_HOURS, HOUR_S
from aggregations.indicators import AirDays, AirHours, Facts
from aggregations.indicators.facts import Needs
from aggregations.periods import DAY, Period
from aggregations.rounding import MICRO, IntArray
from aggregations.standards import AirEvaluation, Mode
from ingestor.config import DAY_S, Config
from ingestor.derivation.air_days import CITY_TABLES, Area, area_days, area_hours, averaged
from ingestor.derivation.air_rows import WITHOUT_EVENTS, published_days
from ingestor.derivation.spans import ROLES, Span
from ingestor.scopes import OF_WATER, Scope
from ingestor.store import Tables
from sensors.errors import ConfigError

_TABLES = {"city": "city_air", "district": "district_air", "station": "air"}


def air_facts(
    config: Config, store: Tables, scope: Scope, period: Period, *, mode: Mode, needs: Collection[Needs]
) -> Facts:
    """Return the facts of air of a scope over a period.

    Raises
    ------
    ConfigError
        If a list has no stations of air, its stations lie in cities of different stages, or the scope is one of water.
    """
    if scope.kind in OF_WATER:
        raise ConfigError(f"scope: expected one with stations of air, got {scope.text}")
    stations = scope.stations["air"]
    stages = {config.staged(station.city) for station in stations}
    if len(stages) > 1:
        raise ConfigError(f"scope: expected stations whose cities applied GB 3095-2012 together, got {scope.text}")
    if scope.kind == "list" and not stations:
        raise ConfigError(f"scope: expected a list with stations of air, got {scope.text}")
    kept, without = _days(config, store, scope, period)
    staged = _staged(config, scope)
    covered = config.standards.first_day(ROLES["air"], staged=staged)
    years: list[tuple[AirDays, AirDays | None]] = []
    if "years" in needs:
        evaluation = config.standards.under(mode).on(AirEvaluation, period.last, staged=staged)
        before = [period.years_before(n) for n in range(1, evaluation.moving_years)]
        years = [
            _days(config, store, scope, each) if each.first >= covered else (_no_days(len(each)), None)
            for each in before
        ]
    return Facts(
        scope=scope.text,
        period=period,
        standards=config.standards.under(mode),
        staged=staged,
        mode=mode,
        area_class=area_of(config, scope).area_class,
        not_monitored=area_of(config, scope).not_monitored,
        air=kept,
        air_without_events=without,
        hours=_hours(config, store, scope, period, covered=covered) if "hours" in needs else None,
        earlier=[days for days, _ in years],
        earlier_without_events=[excluded or days for days, excluded in years] if any(e for _, e in years) else [],
    )


def _staged(config: Config, scope: Scope) -> bool:
    """Whether the scope's city applied GB 3095-2012 in an early stage; one without stations may be asked for, too."""
    if scope.kind in ("city", "district"):
        return config.staged(scope.name.partition("/")[0])
    return any(config.staged(station.city) for station in scope.stations["air"])


def _days(config: Config, store: Tables, scope: Scope, period: Period) -> tuple[AirDays, AirDays | None]:
    """Days of a scope, and without the hours of events where there were any."""
    if scope.kind != "list":
        table = f"{_TABLES[scope.kind]}_day"
        return _read(config, store, table, scope.name, period)
    stations = scope.stations["air"]
    pairs = [_read(config, store, "air_day", station.id, period) for station in stations]
    kept = _of_list(config, store, scope, [days for days, _ in pairs], period)
    if all(without is None for _, without in pairs):
        return kept, None
    return kept, _of_list(config, store, scope, [without or days for days, without in pairs], period)


def _read(config: Config, store: Tables, table: str, key: str, period: Period) -> tuple[AirDays, AirDays | None]:
    kept = _rows(config, store, table, key, period, None)
    start = config.start_of(period.first)
    touched = store.read(f"{table}{WITHOUT_EVENTS}", key, start, start + len(period) * DAY_S, ["edition"])
    if not any(True for _ in touched):
        return kept, None
    return kept, _rows(config, store, f"{table}{WITHOUT_EVENTS}", key, period, kept)


def _rows(config: Config, store: Tables, table: str, key: str, period: Period, over: AirDays | None) -> AirDays:
    """Rows of a table of days, laid over other days where there are some."""
    start, n = config.start_of(period.first), len(period)
    over = over or _no_days(n)
    values = {q: v.copy() for q, v in over.values.items()}
    exact = {q: list(v) for q, v in over.exact.items()}
    counts = {q: v.copy() for q, v in over.counts.items()}
    hour_max = over.ozone_hour_max.copy()
    columns = ["o3_hour_max", *(f"{q}{end}" for q in air.QUANTITIES for end in ("", "_fraction", "_count"))]
    for time, largest, *row in store.read(table, key, start, start + n * DAY_S, columns):
        i = (time - start) // DAY_S
        hour_max[i] = _micros(largest)
        for j, q in enumerate(air.QUANTITIES):
            value, text, count = row[3 * j : 3 * j + 3]
            values[q][i] = _micros(value)
            exact[q][i] = None if text is None else Fraction(text)
            counts[q][i] = count or 0
    return AirDays(values, exact, counts, hour_max)


def _no_days(n: int) -> AirDays:
    """Days without anything."""
    none, zero = np.full(n, MISSING, dtype=np.int64), np.zeros(n, dtype=np.int64)
    exact: dict[str, list[Fraction | None]] = {q: [None] * n for q in air.QUANTITIES}
    return AirDays(dict.fromkeys(air.QUANTITIES, none), exact, dict.fromkeys(air.QUANTITIES, zero), none)


def area_of(config: Config, scope: Scope) -> Area:
    """Return the area of a scope: of a city or district the stations that are averaged into it."""
    stations = scope.stations["air"]
    members = averaged(stations) if scope.kind in ("city", "district") else stations
    return Area(
        CITY_TABLES if scope.kind == "city" else "",
        scope.name,
        _staged(config, scope),
        members,
    )


def _of_list(config: Config, store: Tables, scope: Scope, days: list[AirDays], period: Period) -> AirDays:
    """Days of a list of stations, averaged as those of a city are."""
    area, span = area_of(config, scope), _span(config, period)
    stations = area.members
    by_station = {s.id: _station_days(each) for s, each in zip(stations, days, strict=True)}
    evaluations = [each for _, each in config.standards.runs(AirEvaluation, period, staged=area.staged)]
    hours = {}
    if any(each.city_ozone == "maximum_of_city_hours" for each in evaluations):
        hours = {s.id: _read_hours(config, store, "air_hour", s.id, period) for s in stations}
    found = area_days(config, area, span, by_station, hours)
    published = published_days(config, area.staged, span, found.exact)
    return AirDays(published, found.exact, found.counts, found.ozone_hour_max)


def _span(config: Config, period: Period) -> Span:
    return Span(period.first, config.start_of(period.first), len(period))


def _station_days(days: AirDays) -> dict[str, StationDays]:
    found = {}
    for quantity, values in days.exact.items():
        fractions = [Fraction(0) if v is None else v for v in values]
        found[quantity] = StationDays(
            np.array([f.numerator for f in fractions], dtype=np.int64),
            np.array([f.denominator for f in fractions], dtype=np.int64),
            np.array([v is not None for v in values], dtype=np.bool_),
            days.counts[quantity],
            days.ozone_hour_max if quantity == air.OZONE else np.full(len(values), MISSING, dtype=np.int64),
        )
    return found


def _hours(config: Config, store: Tables, scope: Scope, period: Period, *, covered: dt.date) -> AirHours:
    """Hours of a scope, from the day before the period on where editions cover it."""
    lead = period.first - DAY >= covered
    spanned = Period(period.first - DAY, period.last) if lead else period
    return AirHours(hour_means(config, store, scope, spanned), DAY_HOURS if lead else 0)


def hour_means(config: Config, store: Tables, scope: Scope, period: Period) -> dict[str, IntArray]:
    """Return hour means of a scope by quantity, MISSING where not valid. (n_hours,) [micros]"""
    if scope.kind != "list":
        return _read_hours(config, store, f"{_TABLES[scope.kind]}_hour", scope.name, period)
    stations = scope.stations["air"]
    by_station = {s.id: _read_hours(config, store, "air_hour", s.id, period) for s in stations}
    values, _ = area_hours(config, area_of(config, scope), _span(config, period), by_station)
    return values


def _read_hours(config: Config, store: Tables, table: str, key: str, period: Period) -> dict[str, IntArray]:
    start, n = config.start_of(period.first), len(period) * DAY_HOURS
    values = {q: np.full(n, MISSING, dtype=np.int64) for q in air.QUANTITIES}
    for time, *row in store.read(table, key, start, start + n * HOUR_S, air.QUANTITIES):
        for quantity, value in zip(air.QUANTITIES, row, strict=True):
            values[quantity][(time - start) // HOUR_S] = _micros(value)
    return values


def _micros(value: float | None) -> int:
    return MISSING if value is None else round(value * MICRO)
