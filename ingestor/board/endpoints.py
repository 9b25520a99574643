"""What the API can be asked: one table, from which questions are answered, checked and documented."""

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import closing
from decimal import Decimal
from typing import Any, Final

import msgspec

from aggregations import periods
from aggregations.figures import Figure
from aggregations.outlook import Outlook
from aggregations.periods import DAY, Period
from aggregations.plans import Comparison, Plan, Verdict
from aggregations.standards import Mode
from ingestor import evaluation, today
from ingestor.board import moments, views
from ingestor.board.lanes import Use
from ingestor.board.latest import LatestReadings
from ingestor.board.source import Part, Speed
from ingestor.config import DAY_S, Config
from ingestor.explanation import Explanation, explanation
from ingestor.notices.ledger import NoticeLedger
from ingestor.notices.rows import NoticeRow, as_row
from ingestor.notices.settings import KINDS
from ingestor.today import Today
from ingestor.words import MODES, Language
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA

LONGEST_READINGS_D: Final = 366
MOST_NOTICES: Final = 1000


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a question; `many` may stand several times, `choices` are all that there are."""

    name: str
    text: str
    required: bool = False
    many: bool = False
    choices: tuple[str, ...] = ()
    place: str = "query"


class Asked(msgspec.Struct, frozen=True):
    """A question: the moment that counts as now [s since 1970], its parameters."""

    now: float
    one: Mapping[str, str]
    many: Mapping[str, list[str]]
    readings: LatestReadings

    def as_of(self, config: Config) -> dt.date:
        """Return the last day that counts: the one asked for, else yesterday."""
        text = self.one.get("as_of")
        return moments.last_whole_day(config, self.now) if text is None else periods.parse_day(text, place="as_of")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A path of the API, what it answers, and on which part of the store that depends."""

    path: str
    summary: str
    part: Part
    answer: Callable[[Use, Asked], Any]
    returns: Any
    parameters: tuple[Parameter, ...] = ()
    speed: Speed = "quick"


class PlanTargets(msgspec.Struct, frozen=True):
    """Each target of a plan, and where it stands at the end of a day."""

    plan: str
    as_of: dt.date
    targets: list[Verdict]


class TargetOutlook(msgspec.Struct, frozen=True, kw_only=True):
    """A target, and what its final value may be."""

    target: str
    indicator: str | None
    scope: str | None
    comparison: Comparison
    limit: Decimal | None
    outlook: Outlook


class PlanOutlook(msgspec.Struct, frozen=True):
    """The outlook of each target of a plan, as known at the end of a day."""

    plan: str
    as_of: dt.date
    mode: Mode
    targets: list[TargetOutlook]


def number_of(text: str, name: str, low: int, high: int) -> int:
    """Return a whole number between two others, both included, that a parameter names.

    Raises
    ------
    ConfigError
        If it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 19 and low <= int(text) <= high):
        raise ConfigError(f"{name}: expected a whole number from {low} to {high}, got {shown(text)}")
    return int(text)


def period_of(asked: Asked) -> Period:
    """Return the period that `period` or `to_date` names.

    Raises
    ------
    ConfigError
        If both or none are given, or what is given is none.
    """
    period, to_date = asked.one.get("period"), asked.one.get("to_date")
    if (period is None) == (to_date is None):
        raise ConfigError(f"period: expected it or to_date, got {'neither' if period is None else 'both'}")
    if to_date is not None:
        last = periods.parse_day(to_date, place="to_date")
        return Period(last.replace(month=1, day=1), last)
    return periods.parse(period or "")


def plan_of(use: Use, asked: Asked, *, needed: bool = False) -> Plan | None:
    """Return the plan asked for; where one is needed and none asked for, the one that the wall shows.

    Raises
    ------
    ConfigError
        If there is none.
    """
    id_ = asked.one.get("plan")
    if id_ is None and not needed:
        return None
    found = moments.plan_asked(use.config, asked.as_of(use.config), id_)
    if found is None:
        raise ConfigError("plan: expected a plan of the year or an earlier one, got none; config/plans/ has the plans")
    return found


def _mode(asked: Asked) -> Mode:
    text = asked.one.get("mode", "by_date")
    return next(mode for mode in MODES if mode == text)  # checked against the choices before


def _indicators(use: Use, asked: Asked) -> Any:
    return evaluation.all_figures(
        use.config, use.store, asked.one["scope"], period_of(asked), names=asked.many.get("name", []),
        plan=plan_of(use, asked), mode=_mode(asked),
    )  # fmt: skip


def _targets(use: Use, asked: Asked) -> Any:
    plan, day = plan_of(use, asked, needed=True), asked.as_of(use.config)
    assert plan is not None
    return PlanTargets(plan.id, day, evaluation.evaluate(use.config, use.store, plan, day))


def _outlook(use: Use, asked: Asked) -> Any:
    plan, day = plan_of(use, asked, needed=True), asked.as_of(use.config)
    assert plan is not None
    found = dict(views.outlooks_of(use, plan, day))
    rows = [
        TargetOutlook(
            target=each.id, indicator=each.indicator, scope=each.scope, comparison=each.comparison, limit=each.limit,
            outlook=found[each.id],
        )
        for each in plan.target
    ]  # fmt: skip
    return PlanOutlook(plan.id, day, "by_date", rows)


def _today(use: Use, asked: Asked) -> Any:
    cities = dict.fromkeys(station.city for station in use.config.register.of("air"))
    chosen = [asked.one["city"]] if "city" in asked.one else list(cities)
    return [today.today_of(use.config, use.store, f"city:{city}", int(asked.now)) for city in chosen]


def _explain(use: Use, asked: Asked) -> Any:
    return explanation(
        use.config, use.store, asked.one["name"], asked.one["scope"], period_of(asked), plan=plan_of(use, asked),
        mode=_mode(asked), most=number_of(asked.one.get("days", "10"), "days", 0, 366),
    )  # fmt: skip


def _stations(use: Use, asked: Asked) -> Any:
    medium, city = asked.one.get("medium"), asked.one.get("city")
    return [
        each
        for each in views.stations_now(use, asked.readings, asked.now)
        if medium in (None, each.medium) and city in (None, each.city)
    ]


def _readings(use: Use, asked: Asked) -> Any:
    medium = next((each for each in MEDIA if each == asked.one["medium"]), None)
    if medium is None or use.config.register.get(medium, asked.one["station"]) is None:
        raise ConfigError(f"station: expected one of the register, got {shown(asked.one['station'])}")
    last = (
        periods.parse_day(asked.one["until"], place="until")
        if "until" in asked.one
        else use.config.local_day(int(asked.now))
    )
    first = periods.parse_day(asked.one["from"], place="from") if "from" in asked.one else last - DAY
    if not 0 <= (last - first).days < LONGEST_READINGS_D:
        raise ConfigError(f"from: expected at most {LONGEST_READINGS_D} days up to {last}, got {first}")
    start, end = use.config.start_of(first), use.config.start_of(last) + DAY_S
    found = views.readings_of(use, medium, asked.one["station"], start, end)
    return [each for each in found if asked.one.get("quantity") in (None, each.quantity)]


def _notices(use: Use, asked: Asked) -> Any:
    with closing(NoticeLedger(use.file)) as ledger:
        found = ledger.notices(
            limit=number_of(asked.one.get("limit", "20"), "limit", 1, MOST_NOTICES),
            kind=asked.one.get("kind"),
            opened=asked.one.get("open") == "true",
        )
        deliveries = ledger.deliveries(each.id for each in found)
    language: Language = "en" if asked.one.get("lang") == "en" else "zh"
    return [as_row(use.config, each, deliveries[each.id], language) for each in found]


_PLAN: Final = Parameter("plan", "Id of a plan. Default: the one that the wall shows.")
_LISTS: Final = Parameter("plan", "Plan whose lists the scope names.")
_AS_OF: Final = Parameter("as_of", "Last day that counts, such as 2020-12-31. Default: yesterday.")
_SCOPE: Final = Parameter(
    "scope", "city:ID, district:CITY/NAME, river:CITY/NAME, basin:NAME, station:ID or list:NAME.", required=True
)
_PERIOD: Final = (
    Parameter("period", "2020, 2020-H1, 2020-Q2, 2020-06, 2020-W23, 2020-06-03 or 2020-01-01..2020-06-30."),
    Parameter("to_date", "In place of period: from 1 January of its year to this day."),
)
_MODE: Final = Parameter("mode", "How a period is evaluated in which the standards change.", choices=tuple(MODES))

ENDPOINTS: Final = (
    Endpoint(
        path="/api/indicators", summary="Figures of a scope and a period, as `qingjing indicators --json`.",
        part="figures", answer=_indicators, returns=list[Figure],
        parameters=(_SCOPE, *_PERIOD, Parameter("name", "Name or pattern such as air.percentile.*.", many=True),
                    _LISTS, _MODE),
    ),
    Endpoint(
        path="/api/targets", summary="Each target of a plan on a day, as `qingjing targets --json`.", part="figures",
        answer=_targets, returns=PlanTargets, parameters=(_PLAN, _AS_OF),
    ),
    Endpoint(
        path="/api/outlook", summary="The chance of each target at the year's end, as `qingjing outlook --json`.",
        part="figures", answer=_outlook, returns=PlanOutlook, parameters=(_PLAN, _AS_OF), speed="slow",
    ),
    Endpoint(
        path="/api/today", summary="The chance that the day ends as a good day, as `qingjing today --json`.",
        part="figures", answer=_today, returns=list[Today],
        parameters=(Parameter("city", "Id of a city. Default: all."),),
    ),
    Endpoint(
        path="/api/explain", summary="What a figure rests on, as `qingjing explain --json`.", part="readings",
        answer=_explain, returns=Explanation, speed="slow",
        parameters=(Parameter("name", "Name of an indicator.", required=True), _SCOPE, *_PERIOD, _LISTS, _MODE,
                    Parameter("days", "How many days that moved the figure are listed; 10 by default.")),
    ),
    Endpoint(
        path="/api/stations", summary="Stations, each with its last reading.", part="readings", answer=_stations,
        returns=list[views.StationNow],
        parameters=(Parameter("medium", "Only of this.", choices=MEDIA), Parameter("city", "Only of this city.")),
    ),
    Endpoint(
        path="/api/stations/{medium}/{station}/readings", summary="Raw readings of a station, as they came.",
        part="readings", answer=_readings, returns=list[views.Series],
        parameters=(
            Parameter("medium", "Medium.", required=True, choices=MEDIA, place="path"),
            Parameter("station", "Id of the station.", required=True, place="path"),
            Parameter("from", "First local day. Default: the day before `until`."),
            Parameter("until", f"Last local day, {LONGEST_READINGS_D} days after the first at most. Default: today."),
            Parameter("quantity", "Only this, such as pm25."),
        ),
    ),
    Endpoint(
        path="/api/notices", summary="Notices, the newest first, as `qingjing notices list --json`.", part="notices",
        answer=_notices, returns=list[NoticeRow],
        parameters=(Parameter("limit", f"How many, 20 by default, {MOST_NOTICES} at most."),
                    Parameter("kind", "Only of this kind.", choices=tuple(KINDS)),
                    Parameter("open", "true: only those that nobody has acknowledged.", choices=("true", "false")),
                    Parameter("lang", "Language of the titles.", choices=("zh", "en"))),
    ),
)  # fmt: skip
COMMON: Final = Parameter("changed_since", "A Qingjing-Sequence of an earlier answer: 204 where nothing has changed.")
"""What every question may have beside its own parameters."""
