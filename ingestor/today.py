"""Whether a day that has begun ends as a good day: its hours and those of earlier days, from the store."""

import datetime as dt

import msgspec
import numpy as np

from aggregations.air.days import HOURS, MISSING, QUANTITIES
from aggregations.outlook import seasons
from aggregations.outlook.air import GASES, kelvins
from aggregations.outlook.today import Chance, Rules, chance_of
from aggregations.periods import DAY, Period
from aggregations.rounding import MICRO, FloatArray
from aggregations.standards import AirEvaluation, AirIndex, AirLimits
from ingestor import evaluation, scopes
from ingestor.air_facts import area_of, hour_means
from ingestor.config import Config
from ingestor.derivation.spans import HOUR_S
from ingestor.scopes import Scope
from ingestor.store import Tables
from sensors.errors import ConfigError, shown

KINDS = ("city", "district", "station")


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """The chance of a scope's day, as known at a local hour, and the index edition that it is judged by."""

    scope: str
    day: dt.date
    at: dt.datetime
    edition: str
    found: Chance


def today_of(config: Config, store: Tables, scope: str, at: int) -> Today:
    """Return the chance that the day of a moment [s since 1970] ends as a good day, from the hours over by then.

    Raises
    ------
    ConfigError
        If the scope is no city, district or station with stations of air, or no edition of a standard covers the day.
    """
    where = scopes.resolve(config, scope)
    if where.kind not in KINDS or not where.stations["air"]:
        raise ConfigError(f"scope: expected a city, district or station with stations of air, got {shown(scope)}")
    day = config.local_day(at)
    n_hours = (at - config.start_of(day)) // HOUR_S
    area = area_of(config, where)
    limits = config.standards.on(AirLimits, day, staged=area.staged)
    evaluated = config.standards.on(AirEvaluation, day, staged=area.staged)
    index = config.standards.on(AirIndex, day, staged=area.staged)
    rules = Rules(limits, evaluated, index, area.area_class, area.not_monitored)
    kelvin = float(limits.kelvin_on(day))
    now, _ = _pairs(config, store, where, Period(day, day), kelvin)
    windows = [_pairs(config, store, where, Period(*each), kelvin) for each in seasons.windows_before(day)]
    earlier = {q: np.concatenate([hours[q] for hours, _ in windows]) for q in QUANTITIES}
    published = {q: np.concatenate([values[q] for _, values in windows]) for q in QUANTITIES}
    found = chance_of({q: hours[0] for q, hours in now.items()}, earlier, published, n_hours, rules)
    zone = dt.timezone(dt.timedelta(seconds=config.offset_s))
    return Today(
        scope=scope,
        day=day,
        at=dt.datetime.fromtimestamp(config.start_of(day) + n_hours * HOUR_S, zone),
        edition=index.edition.id,
        found=found,
    )


def _pairs(
    config: Config, store: Tables, where: Scope, period: Period, kelvin: float
) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Hours of each day of a period after those of the day before, (n_days, 48), and the daily values, (n_days,).

    NaN where missing; gases at the temperature `kelvin`. [ug/m3; CO mg/m3]
    """
    spanned = Period(period.first - DAY, period.last)
    micros = hour_means(config, store, where, spanned)
    facts = evaluation.facts_of(config, store, "air", where, spanned, (), "by_date")
    assert facts.air is not None  # those of air always have days
    of_gas = kelvins(facts) / kelvin
    hours, values = {}, {}
    for q in QUANTITIES:
        factor = of_gas if q in GASES else np.ones(len(spanned))
        means = np.where(micros[q] == MISSING, np.nan, micros[q] / MICRO).reshape(-1, HOURS) * factor[:, None]
        hours[q] = np.concatenate([means[:-1], means[1:]], axis=1)
        exact = np.array([np.nan if value is None else float(value) / MICRO for value in facts.air.exact[q]])
        values[q] = (exact * factor)[1:]
    return hours, values
