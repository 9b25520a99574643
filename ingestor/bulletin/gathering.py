"""From the store to the contents of a bulletin."""

import datetime as dt
from collections.abc import Collection, Iterable

import msgspec

from aggregations import periods
from aggregations.figures import Figure
from aggregations.periods import DAY, Period
from aggregations.plans import Plan
from aggregations.standards import WaterMethod
from ingestor import scopes
from ingestor.bulletin.air import air
from ingestor.bulletin.contents import Bulletin, Row, State, Water
from ingestor.bulletin.facts import Ground
from ingestor.bulletin.noise import noise_section
from ingestor.bulletin.reads import remembering
from ingestor.bulletin.water import water
from ingestor.config import Config
from ingestor.outlook import outlooks
from ingestor.scopes import Scope
from ingestor.store import Tables
from ingestor.verdicts import Evaluator
from sensors.errors import ConfigError
from sensors.quantities import MEDIA, Medium

SLOWEST_S = 4 * 3600
"""A day is over for the bulletin where a reading begins in its last hours: automatic stations send that often. [s]"""


def gather(config: Config, store: Tables, plan: Plan, month: Period) -> Bulletin:
    """Return the contents of the bulletin of a month: the same store and configuration give the same.

    Raises
    ------
    ConfigError
        If the month is not of the plan's year, or no edition of a standard covers it.
    """
    if not month.is_month or month.first.year != plan.year:
        raise ConfigError(
            f"--month: expected a month of {plan.year}, the year of plan {plan.id}, such as {plan.year}-06, got {month}"
        )
    store = remembering(store)
    scope = scopes.resolve(config, plan.jurisdiction, plan)
    last = {medium: _last_reading(config, store, scope, medium, month) for medium in MEDIA}
    latest = max((each for each in last.values() if each is not None), default=None)
    period = month if latest is None else Period(month.first, _last_day(config, latest, month))
    year = Period(periods.year(plan.year).first, period.last)
    ground = Ground(config=config, store=store, scope=scope, period=period, year=year)
    states = {medium: _state(scope, medium, last[medium]) for medium in MEDIA}
    sections = air(ground, month, states["air"]), water(ground, states["water"]), noise_section(ground, states["noise"])
    targets = Evaluator(config, store, plan).month(period, period.last)
    city = next(each for each in config.settings.city if each.id == scope.name)
    used = [
        *(figure for section in sections for row in section.rows.values() for figure in _figures(row)),
        *(each.verdict.figure for each in targets if each.verdict.figure is not None),
    ]
    return Bulletin(
        plan=plan, city=city.name, city_en=city.name_en, month=month, period=period, year=year,
        unfinished=latest is not None and period.last < month.last, targets=targets,
        outlooks={},
        air=sections[0], water=sections[1], noise=sections[2],
        editions=dict(sorted({edition: digest for each in used for edition, digest in each.editions.items()}.items())),
        assumed=_assumed(config, used, _colours(config, sections[1])),
    )  # fmt: skip


def with_outlooks(config: Config, store: Tables, bulletin: Bulletin) -> Bulletin:
    """Return a bulletin with the outlooks of its targets; it is as it was where the year is over.

    They rest on whole earlier years of all stations, which takes as long as all the rest of a bulletin.
    """
    if bulletin.year.is_year:
        return bulletin
    found = outlooks(config, remembering(store), bulletin.plan, bulletin.as_of)
    return msgspec.structs.replace(bulletin, outlooks={target.id: outlook for target, outlook in found})


def _last_reading(config: Config, store: Tables, scope: Scope, medium: Medium, month: Period) -> int | None:
    """When the last reading of a month begins; None without one."""
    stations = [each.id for each in scope.stations[medium]]
    if not stations:
        return None
    start, end = config.start_of(month.first), config.start_of(month.last + DAY)
    return max((last for _, last in store.extents(medium, stations, start, end).values()), default=None)


def _last_day(config: Config, latest: int, month: Period) -> dt.date:
    """Last day of the month that is over by its readings; the first day where none is."""
    return max(config.local_day(latest + SLOWEST_S) - DAY, month.first)


def _state(scope: Scope, medium: Medium, last: int | None) -> State:
    if not scope.stations[medium]:
        return "none registered"
    return "no data" if last is None else "data"


def _figures(row: Row) -> Iterable[Figure]:
    return (row.month,) if row.to_date is None else (row.month, row.to_date)


def _colours(config: Config, of: Water) -> set[str]:
    """What is said of the colours of classes, where they are shown and were recalled."""
    if not of.sections:
        return set()
    method = config.standards.on(WaterMethod, of.months[-1].last)
    rule = method.rule.get("rgb")
    return set() if rule is None or rule.confirmed else {f"{method.edition.id}: {rule.text}"}


def _assumed(config: Config, used: Collection[Figure], more: set[str]) -> list[tuple[str, str]]:
    """The rules that were recalled, in Chinese and English, in the order of the standards."""
    texts = {text for figure in used for text in figure.assumed} | more
    return [
        (f"{standard.edition.id}：{rule.zh}", f"{standard.edition.id}: {rule.text}")
        for standard in config.standards.all
        for rule in standard.rule.values()
        if f"{standard.edition.id}: {rule.text}" in texts
    ]
