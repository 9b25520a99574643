"""From the derived days of noise in the store, and manual surveys, to the facts that indicators are computed from."""

import numpy as np

from aggregations.indicators import Facts, MonitorDays
from aggregations.periods import Period
from aggregations.standards import Mode
from ingestor.config import DAY_S, Config
from ingestor.scopes import Scope
from ingestor.store import Tables
from sensors.noise_surveys import NoiseSurveys
from sensors.register import Station

_LEVELS = ("ld", "ln", "vdr", "weather_vdr", "ldn", "ln_max")


def noise_facts(config: Config, store: Tables, scope: Scope, period: Period, *, mode: Mode) -> Facts:
    """Return the facts of noise of a scope over a period; only a city has manual surveys."""
    members = scope.stations["noise"]
    return Facts(
        scope=scope.text,
        period=period,
        standards=config.standards.under(mode),
        staged=any(config.staged(station.city) for station in members),
        mode=mode,
        monitors=[_monitor(config, store, station, period) for station in members],
        surveys=config.noise_surveys.of(scope.name) if scope.kind == "city" else NoiseSurveys(),
    )


def _monitor(config: Config, store: Tables, station: Station, period: Period) -> MonitorDays:
    start, n = config.start_of(period.first), len(period)
    day: list[bool | None] = [None] * n
    night: list[bool | None] = [None] * n
    peak: list[bool | None] = [None] * n
    levels = {name: np.full(n, np.nan) for name in _LEVELS}
    columns = ["day_attains", "night_attains", "peak_attains", *_LEVELS]
    for time, by_day, by_night, by_peak, *row in store.read("noise_day", station.id, start, start + n * DAY_S, columns):
        i = (time - start) // DAY_S
        day[i] = None if by_day is None else bool(by_day)
        night[i] = None if by_night is None else bool(by_night)
        peak[i] = None if by_peak is None or by_night is None else bool(by_peak)
        for name, value in zip(_LEVELS, row, strict=True):
            levels[name][i] = np.nan if value is None else value
    return MonitorDays(
        station,
        day,
        night,
        config.zone_changes.classes(station, period.days()),
        levels["ld"],
        levels["ln"],
        levels["vdr"],
        levels["weather_vdr"],
        levels["ldn"],
        levels["ln_max"],
        peak,
    )
