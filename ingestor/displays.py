"""What wall displays show beside hours and days, written to the store: targets, figures, stations now, sections.

A display only asks the store (`grafana/`); all that has to be computed is computed here, by the functions of the
command line. Rows name the day or hour that they tell of and are written again until it is over, so that targets have
a history.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from aggregations import periods
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS
from aggregations.indicators.water import water_standards
from aggregations.indicators.water_means import month_classes, target_at_end
from aggregations.periods import DAY, Period
from aggregations.plans import Plan, Target, Verdict
from aggregations.water import NO_CLASS
from ingestor import air_quality, evaluation, scopes, target_words, writing
from ingestor.bulletin.gathering import SLOWEST_S
from ingestor.config import DAY_S, Config
from ingestor.derivation.spans import HOUR_S
from ingestor.outlook import Outlooks
from ingestor.scopes import Scope
from ingestor.silence import BACK_S
from ingestor.store import EVER, Store
from ingestor.store.runs import StationState
from ingestor.today import today_of
from ingestor.verdicts import Evaluator
from ingestor.words import remark, unit
from sensors.errors import ConfigError
from sensors.quantities import MEDIA, Medium
from sensors.register import Station

STATUSES: Final = ("insufficient", "met", "on_track", "at_risk", "missed", "reported")
"""What `target.status` counts; the last is of figures that were not reported yet."""
STATES: Final = ("in_time", "silent", "late")
"""What `station.state` counts."""
STATION_BACK_S: Final[dict[Medium, int]] = {"air": HOUR_S, "water": 0, "noise": HOUR_S}
"""How far before the hour of a station's last reading its last derived row may begin."""

Key = tuple[str, str]
Row = dict[str, Any]


class Displays:
    """Writes what displays show, and remembers what it wrote last.

    Stations are written where they have sent anything since; figures, targets and sections anew with the first reading
    of an hour, and where the configuration or what was reported has changed.
    """

    def __init__(self) -> None:
        self._stations: dict[Key, tuple[int, int]] = {}
        self._config: Config | None = None
        self._known: tuple[object, ...] = ()
        self._outlooks: dict[tuple[str, dt.date], dict[str, Row]] = {}

    def write(
        self,
        config: Config,
        store: Store,
        now: int,
        *,
        states: list[StationState] | None = None,
        between: Callable[[], None] = lambda: None,
    ) -> str:
        """Write what is known at a moment [s since 1970]; return in words how much.

        `states` are the stations that are silent or late. `between` is called before each transaction.

        Raises
        ------
        ConfigError
            If a plan cannot be evaluated; all the rest is written first.
        StoreError
            If the store cannot be read or written.
        """
        first, last = _extents(config, store, now)
        of_states = {(each.medium, each.station): STATES.index(each.state) for each in states or []}
        n = self._write_stations(config, store, last, of_states, between)
        _write(store, "quarantine_day", between, [
            (code, config.start_of(config.local_day(now)), {"messages": count})
            for code, count in store.quarantine_reasons().items()
        ])  # fmt: skip
        known = ({key: at // HOUR_S for key, at in last.items()}, store.reported_figures())
        if self._config is config and self._known == known:
            return f"{n} stations"
        _forget(config, store, between)
        failed, rows = [], 0
        for city in config.settings.city:
            scope = scopes.resolve(config, f"city:{city.id}")
            ends = [last[key] for key in _keys(scope) if key in last]
            if not ends:
                continue
            until = max(ends)
            as_of = min(config.local_day(until + SLOWEST_S), config.local_day(now)) - DAY
            _write(store, "city_now", between, _now(config, store, scope, last))
            figures = _figures(config, store, scope, as_of, until)
            _write(store, "indicator", between, figures)
            _write(store, "section_month", between, _sections(config, store, scope, as_of))
            rows += len(figures)
            began = min(first[key] for key in _keys(scope) if key in first)
            for plan in config.plans.values():
                if plan.jurisdiction != scope.text or as_of.year < plan.year:
                    continue
                try:
                    rows += self._write_plan(config, store, plan, as_of, config.local_day(began), until, between)
                except ConfigError as error:
                    failed.append(f"plan {plan.id}: {error}")
        self._config, self._known = config, known
        if failed:
            raise ConfigError("; ".join(failed))
        return f"{n} stations, {rows} figures and targets"

    def _write_stations(
        self, config: Config, store: Store, last: Mapping[Key, int], states: Mapping[Key, int],
        between: Callable[[], None],
    ) -> int:  # fmt: skip
        rows = []
        for station in config.register.stations:
            key = (station.medium, station.id)
            if key not in last:
                continue
            now = (last[key], states.get(key, 0))
            if self._stations.get(key) != now:
                rows.append(_station_row(config, store, station, *now))
                self._stations[key] = now
        _write(store, "station", between, rows)
        return len(rows)

    def _write_plan(
        self, config: Config, store: Store, plan: Plan, as_of: dt.date, began: dt.date, until: int,
        between: Callable[[], None],
    ) -> int:  # fmt: skip
        """Write the targets of a plan as of a day, and as of the ends of months of the plan's year that have no row.

        The data of a plan whose year is over are as old as that.
        """
        day = min(as_of, periods.year(plan.year).last)
        until = min(until, config.start_of(periods.year(plan.year).last) + DAY_S)
        evaluator = Evaluator(config, store, plan)
        if (plan.id, day) not in self._outlooks:
            found = Outlooks(config, store, plan, day)
            self._outlooks[plan.id, day] = {target.id: _outlook(found, target) for target in plan.target}
        start = config.start_of(periods.year(plan.year).first)
        known = {
            config.local_day(time)
            for target in plan.target
            for time, *_ in store.read("target", f"{plan.id}/{target.id}", start, start + 366 * DAY_S, ["status"])
        }
        ends = [month.last for month in periods.year(plan.year).months() if began <= month.last < day]
        rows = []
        for each in [*(end for end in ends if end not in known), day]:
            outlooks = self._outlooks.get((plan.id, each), {})
            for verdict in evaluator.verdicts(each):
                row = _target(plan, verdict, until if each == day else None) | outlooks.get(verdict.target.id, {})
                rows.append((f"{plan.id}/{verdict.target.id}", config.start_of(each), row))
        _write(store, "target", between, rows)
        return len(rows)


def _write(store: Store, table: str, between: Callable[[], None], rows: list[tuple[str, int, Row]]) -> None:
    """Replace rows (key, time, columns), each at its time."""
    if not rows:
        return
    between()
    with store.replacing():
        for key, time, columns in rows:
            store.replace(
                table, key, [time], {name: [value] for name, value in columns.items()}, start=time, end=time + 1
            )


def _keys(scope: Scope) -> list[Key]:
    return [(medium, station.id) for medium in MEDIA for station in scope.stations[medium]]


def _extents(config: Config, store: Store, now: int) -> tuple[dict[Key, int], dict[Key, int]]:
    """Return by station when its first reading of the last year, and its last one up to now, begin."""
    first: dict[Key, int] = {}
    last: dict[Key, int] = {}
    for medium in MEDIA:
        ids = [station.id for station in config.register.of(medium)]
        found = store.extents(medium, ids, EVER[0], now) if ids else {}
        for id_, (start, end) in found.items():
            first[medium, id_], last[medium, id_] = max(start, end - BACK_S), end
    return first, last


def _station_row(config: Config, store: Store, station: Station, last: int, state: int) -> tuple[str, int, Row]:
    """Return the row of a station whose last reading begins at `last`."""
    place: dict[Medium, str] = {"air": station.district, "water": station.water, "noise": station.zone_class or ""}
    row: dict[str, Any] = {
        "medium": station.medium,
        "name": station.name,
        "city": station.city,
        "place": place[station.medium] or None,
        "longitude": station.lon,
        "latitude": station.lat,
        "aqi": None,
        "level": None,
        "class": None,
        "leq": None,
        "state": state,
        "data_at": 1000 * last,
    }
    before = last - last % HOUR_S - STATION_BACK_S[station.medium]
    if station.medium == "air":
        hours = air_quality.of_hours(config, store, scopes.resolve(config, f"station:{station.id}"), before, last + 1)
        row |= {"aqi": hours[-1].aqi, "level": hours[-1].level} if hours else {}
    elif station.medium == "water":
        classes = list(store.read("water_reading", station.id, before, last + 1, ["class"]))
        row |= {"class": classes[-1][1]} if classes else {}
    else:
        levels = list(store.read("noise_hour", station.id, before, last + 1, ["leq"]))
        row |= {"leq": levels[-1][1]} if levels else {}
    return f"{station.medium}/{station.id}", config.start_of(config.local_day(last)), row


def _now(config: Config, store: Store, scope: Scope, last: Mapping[Key, int]) -> list[tuple[str, int, Row]]:
    """Return the row of a city's last hour of air; none without stations of air that have sent anything."""
    ends = [last[key] for key in _keys(scope) if key[0] == "air" and key in last]
    if not ends:
        return []
    hour = max(ends) - max(ends) % HOUR_S
    hours = air_quality.of_hours(config, store, scope, hour, hour + HOUR_S)
    day = config.local_day(hour)
    found = today_of(config, store, scope.text, min(hour + HOUR_S, config.start_of(day) + DAY_S - 1)).found
    row: Row = {
        "aqi": hours[-1].aqi if hours else None,
        "level": hours[-1].level if hours else None,
        "primary": ",".join(hours[-1].primary or []) or None if hours else None,
        "chance": found.chance,
        "no_chance": None if found.reason is None else remark(found.reason, "zh"),
        "data_at": 1000 * hour,
    }
    return [(scope.name, hour, row)]


def _figures(
    config: Config, store: Store, scope: Scope, as_of: dt.date, until: int
) -> list[tuple[str, int, Row]]:  # fmt: skip
    """Return the rows of a city's headlines, the year to a day."""
    period = Period(periods.year(as_of.year).first, as_of)
    return [
        (
            f"{scope.name}/{figure.indicator}",
            config.start_of(as_of),
            {
                "name": INDICATORS[figure.indicator].name_zh,
                **_value(figure),
                "unit": unit(figure.unit, "zh") or None,
                "label": figure.label or None,
                "sufficient": int(figure.sufficient),
                "audited": int(figure.audited),
                "valid": figure.valid,
                "expected": figure.expected,
                "data_at": 1000 * until,
            },
        )
        for figure in evaluation.all_figures(config, store, scope.text, period)
    ]


def _value(figure: Figure | None) -> dict[str, float | None]:
    return {"value": None if figure is None or figure.value is None else float(figure.value)}


def _sections(config: Config, store: Store, scope: Scope, as_of: dt.date) -> list[tuple[str, int, Row]]:
    """Return the rows of the sections of a city in the months of a day's year."""
    if not scope.stations["water"]:
        return []
    period = Period(periods.year(as_of.year).first, as_of)
    facts = evaluation.facts_of(config, store, "water", scope, period, (), "by_date")
    limits, method = water_standards(facts)
    rows = []
    for section in facts.sections:
        for month, found in month_classes(section, period, limits, method):
            target = target_at_end(section, (month.last - period.first).days)
            known = target and found.overall != NO_CLASS
            row: Row = {
                "name": section.station.name,
                "class": found.overall,
                "target": target,
                "attains": int(found.overall <= target) if known else None,
            }
            rows.append((section.station.id, config.start_of(month.first), row))
    return rows


def _target(plan: Plan, verdict: Verdict, until: int | None) -> dict[str, Any]:
    target, figure = verdict.target, verdict.figure
    status = "reported" if verdict.rule == "not_reported" else verdict.status
    return {
        "plan": plan.title,
        "indicator": target.indicator,
        "name": target.name,
        **_value(figure),
        "unit": unit(target.unit, "zh") or None,
        "bound": None if target.limit is None else float(target.limit),
        "asked": writing.limit_of(target, "zh"),
        "status": STATUSES.index(status),
        "rule": target_words.RULES[verdict.rule]["zh"] or None,
        "room": None if verdict.room is None else target_words.room_of(target, verdict.room, "zh") or None,
        "audited": None if figure is None else int(figure.audited),
        "chance": None,
        "low": None,
        "high": None,
        "data_at": None if until is None else 1000 * until,
    }


def _outlook(outlooks: Outlooks, target: Target) -> Row:
    found = outlooks.of(target)
    return {
        "chance": found.chance,
        "low": None if found.low is None else float(found.low),
        "high": None if found.high is None else float(found.high),
    }


def _forget(config: Config, store: Store, between: Callable[[], None]) -> None:
    """Remove the rows of stations and targets that are there no more."""
    between()
    with store.replacing():
        store.keep_only("station", {f"{each.medium}/{each.id}" for each in config.register.stations})
        store.keep_only("target", {f"{plan.id}/{each.id}" for plan in config.plans.values() for each in plan.target})
