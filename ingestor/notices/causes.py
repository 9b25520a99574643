"""What there is to tell of silent stations, of services that are away, and of published figures that were revised."""

import http.client
import json
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Final

from ingestor import health_server
from ingestor.config import Config
from ingestor.jobs.clocks import Clock
from ingestor.notices.facts import Condition, Item, Looked, Revised, RevisedFigure
from ingestor.notices.ledger import NoticeLedger
from ingestor.notices.settings import SERVICE, Kind
from ingestor.silence import NEVER
from sensors.quantities import MEDIA
from sensors.register import Station

AWAY_S: Final = 15.0
"""A broker or store that is back sooner was restarted: nobody is told."""
ANSWER_S: Final = 3.0


def of_station(kind: Kind, station: Station, item: Item) -> Condition:
    """Return that something goes on at a station."""
    scopes = [f"city:{station.city}", f"station:{station.id}"]
    if station.district:
        scopes.insert(1, f"district:{station.city}/{station.district}")
    return Condition(kind=kind, object=object_of(station), city=station.city, scopes=scopes, item=item)


def object_of(station: Station) -> str:
    """Return what names a station in keys of notices."""
    return f"{station.medium}:{station.id}"


def item_of(station: Station, **more: object) -> Item:
    """Return a station as notices name it."""
    return Item(
        object=object_of(station), name=station.name, name_en=station.name_en or station.name, medium=station.medium,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def silence(config: Config, ledger: NoticeLedger) -> Looked:
    """Return the stations that were silent at the last check.

    Raises
    ------
    StoreError
        If the ledger cannot be read.
    """
    registered = {(medium, each.id): each for medium in MEDIA for each in config.register.of(medium)}
    found = []
    for state in ledger.station_states():
        station = registered.get((state.medium, state.station))  # type: ignore[arg-type]
        if state.state == "silent" and station is not None:
            since = None if state.since == NEVER else state.since
            found.append(of_station("station_silent", station, item_of(station, since=since)))
    return Looked(kind="station_silent", going_on=found)


class Away:
    """Remembers since when broker and store are away: a moment of it is not told."""

    def __init__(self, config: Config, clock: Clock, *, problems: Callable[[], list[str] | None] | None = None) -> None:
        """`problems` tells what the collector complains of, None where it cannot be asked."""
        self._clock = clock
        self._problems = problems or (lambda: told_problems(config.settings.collector.health_port))
        self._since: dict[Kind, tuple[float, float]] = {}

    def look(self, store_failing: str | None) -> list[Looked]:
        """Return which of both are away; `store_failing` is why the store could not be read just now, or None."""
        problems = self._problems()
        broker = None if problems is None else [each for each in problems if each.startswith(health_server.BROKER)]
        store = [each for each in problems or [] if not each.startswith(health_server.BROKER)]
        if store_failing is not None:
            store.insert(0, store_failing)
        looked = [self._of("store_away", "store", "数据库", store)]
        if broker is not None:
            looked.append(self._of("broker_away", "broker", "消息服务器", broker))
        return looked

    def _of(self, kind: Kind, name: str, name_zh: str, complaints: Iterable[str]) -> Looked:
        found = list(complaints)
        if not found:
            self._since.pop(kind, None)
            return Looked(kind=kind, going_on=[])
        at, ticks = self._since.setdefault(kind, (self._clock.now(), self._clock.ticks()))
        if self._clock.ticks() - ticks < AWAY_S:
            return Looked(kind=kind, going_on=[], objects=set())
        item = Item(object=name, name=name_zh, name_en=name, since=at)
        return Looked(
            kind=kind, going_on=[Condition(kind=kind, object=name, city="", scopes=[SERVICE], item=item)]
        )  # fmt: skip


def told_problems(port: int) -> list[str] | None:
    """Return why the collector takes or stores no readings, as it says itself; None where none answers on the port."""
    if not port:
        return None
    try:
        with closing(http.client.HTTPConnection(health_server.HOST, port, timeout=ANSWER_S)) as connection:
            connection.request("GET", "/readyz")
            told = json.loads(connection.getresponse().read())
        return [str(each) for each in told["problems"]]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None


def revisions(ledger: NoticeLedger, since: int) -> list[Revised]:
    """Return the published figures that were revised since a number of publications, a scope each.

    Raises
    ------
    StoreError
        If the ledger cannot be read.
    """
    by_scope: dict[str, list[RevisedFigure]] = {}
    for before, now in ledger.revised_since(since):
        figure = RevisedFigure(
            indicator=now.key.indicator, scope=now.key.scope, period=now.key.period, unit=now.figure.unit,
            revision=now.revision, before=before.figure.value, before_label=before.figure.label,
            now=now.figure.value, now_label=now.figure.label, reason=now.reason,
        )  # fmt: skip
        if (figure.before, figure.before_label) != (figure.now, figure.now_label):
            by_scope.setdefault(now.key.scope, []).append(figure)
    return [Revised(scope=scope, figures=figures) for scope, figures in by_scope.items()]
