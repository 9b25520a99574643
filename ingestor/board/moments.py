"""Which day and which plan the board shows."""

import datetime as dt

from aggregations.periods import DAY
from aggregations.plans import Plan
from ingestor import scopes
from ingestor.config import Config
from sensors.errors import ConfigError, shown


def last_whole_day(config: Config, now: float) -> dt.date:
    """Return the last day that is over at a moment. [s since 1970]"""
    return config.local_day(int(now)) - DAY


def local(config: Config, at: float) -> dt.datetime:
    """Return a moment in the zone of the settings. [s since 1970]"""
    return dt.datetime.fromtimestamp(at, dt.timezone(dt.timedelta(seconds=config.offset_s)))


def shown_plans(config: Config, as_of: dt.date) -> list[Plan]:
    """Return the plans that can be judged on a day, the best one to show first.

    Those of cities with stations come first, of these the latest year, of these the one that readings decide most of.
    """

    def rank(plan: Plan) -> tuple[bool, int, int]:
        stations = scopes.resolve(config, plan.jurisdiction, plan).stations
        decided = sum(target.indicator is not None for target in plan.target)
        return any(stations.values()), plan.year, decided

    return sorted((plan for plan in config.plans.values() if plan.year <= as_of.year), key=rank, reverse=True)


def is_without_plan(config: Config, as_of: dt.date, plan: Plan) -> bool:
    """Tell whether a plan that is shown is of a year before, and its jurisdiction has none of the day's year."""
    return plan.year < as_of.year and not any(
        (each.jurisdiction, each.year) == (plan.jurisdiction, as_of.year) for each in config.plans.values()
    )


def plan_asked(config: Config, as_of: dt.date, id_: str | None) -> Plan | None:
    """Return the plan of an id, without one the best to show; None where there is none for the day.

    Raises
    ------
    ConfigError
        If there is no plan of that id.
    """
    if id_ is None:
        return next(iter(shown_plans(config, as_of)), None)
    if id_ not in config.plans:
        raise ConfigError(f"plan: expected one of {', '.join(config.plans) or 'none: there is none'}, got {shown(id_)}")
    return config.plans[id_]
