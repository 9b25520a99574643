"""A small city of air for tests: stations, readings put into a store without a broker, rows read back."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from aggregations import periods
from aggregations.figures import Figure
from aggregations.plans import Plan
from aggregations.standards import Mode, Standards
from ingestor import evaluation
from ingestor.config import Config
from ingestor.schema import TABLES
from ingestor.store import Arrival, Store
from sensors import checks, events, gas_states
from sensors.reading import Reading
from sensors.register import Register, Station

HOUR = 3600
DAY = 86_400
CITY = "shenzhen"
CLEAN = {"so2": 10.0, "no2": 20.0, "co": 0.6, "o3": 80.0, "pm10": 40.0, "pm25": 30.0}
"""air.md, vector 23: sub-indices 10, 20, 15, 25 (the hour of ozone) or 40 (its 8 hours), 40, 43; AQI 43."""


def station(name: str, *, city: str = CITY, district: str = "", **more: Any) -> Station:
    """A station of air that always counts, but for what `more` says."""
    fields = {"since": None, "until": None} | more
    return Station(
        medium="air", id=name, name=name, name_en="", city=city, district=district, lon=None, lat=None, **fields
    )


def stations(n: int, **more: Any) -> list[Station]:
    """Stations a01, a02 and so on, alike."""
    return [station(f"a{i:02d}", **more) for i in range(1, n + 1)]


def world(
    shipped: Config,
    registered: Sequence[Station],
    *,
    events_csv: Iterable[str] = (),
    gas_csv: Iterable[str] = (),
    checks_toml: str | None = None,
    editions: dict[str, dict[str, Any]] | None = None,
) -> Config:
    """The shipped configuration with other stations of air, and rows of its files; `editions` changes some by id.

    Files are read as the program reads them.
    """
    offset_s = shipped.offset_s
    found = events.parse(
        "\n".join([",".join(events.COLUMNS), *events_csv]),
        cities=[city.id for city in shipped.settings.city],
        stations=registered,
        quantities=shipped.quantities.air,
        offset_s=offset_s,
        file="events.csv",
    )
    states = gas_states.parse(
        "\n".join([",".join(gas_states.COLUMNS), *gas_csv]), [s.id for s in registered], file="gas-states.csv"
    )
    changed = editions or {}
    assert changed.keys() <= {s.edition.id for s in shipped.standards.all}
    all_standards = [msgspec.structs.replace(s, **changed.get(s.edition.id, {})) for s in shipped.standards.all]
    return msgspec.structs.replace(
        shipped,
        register=Register(list(registered)),
        events=found,
        gas_states=states,
        checks=shipped.checks if checks_toml is None else checks.parse(checks_toml, file="checks.toml"),
        standards=Standards(all_standards, shipped.standards.digests),
        plans={},
    )


def start_of(day: str) -> int:
    """Midnight in Shanghai, as seconds since 1970: eight hours before midnight in UTC."""
    return int(dt.datetime.fromisoformat(f"{day}T00:00:00+08:00").timestamp())


def days(first: str, last: str) -> list[str]:
    """All days from the first to the last."""
    return [str(each) for each in periods.parse(f"{first}..{last}").days()]


def reading(name: str, time: int, values: dict[str, float], *, period_s: int = HOUR, flag: int = 1) -> Reading:
    """A reading of a station."""
    return Reading("air", name, period_s, time, tuple((k, v, flag) for k, v in values.items()))


def day_of(name: str, day: str, values: dict[str, Any], *, hours: Iterable[int] = range(24)) -> list[Reading]:
    """Hour readings of a day; a value is one for all hours, or a list of 24 in which None is none."""
    start = start_of(day)
    found = []
    for hour in hours:
        here = {q: v[hour] if isinstance(v, list) else v for q, v in values.items()}
        present = {q: v for q, v in here.items() if v is not None}
        if present:
            found.append(reading(name, start + hour * HOUR, present))
    return found


def put(store: Store, *readings: Reading) -> None:
    """Take readings in, as the collector does, and move them on."""
    store.commit([Arrival("native", "t", 0.0, b"", [each], []) for each in readings])
    store.drain()


def row(store: Store, table: str, key: str, time: str | int, *columns: str) -> Any:
    """Columns of the row of a day or a moment: a value of one, a tuple of several; None without a row."""
    at = start_of(time) if isinstance(time, str) else time
    found = next(iter(store.read(table, key, at, at + 1, columns)), None)
    if found is None:
        return None
    return found[1] if len(columns) == 1 else found[1:]


def days_in(store: Store, table: str, key: str) -> list[str]:
    """Days that have a row."""
    zone = dt.timezone(dt.timedelta(hours=8))
    rows = store.read(table, key, -(2**33), 2**33, ["edition"])
    return [str(dt.datetime.fromtimestamp(at, zone).date()) for at, *_ in rows]


def contents(store: Store, loaded: Config) -> dict[str, list[tuple[Any, ...]]]:
    """Everything derived of air."""
    registered = loaded.register.of("air")
    keys = {s.id for s in registered} | {s.city for s in registered} | {f"{s.city}/{s.district}" for s in registered}
    return {
        f"{name} {key}": list(store.read(name, key, -(2**33), 2**33, list(table.columns)))
        for name, table in TABLES.items()
        if "air" in name
        for key in sorted(keys)
    }


def figure(
    loaded: Config,
    store: Store,
    name: str,
    scope: str,
    period: str,
    *,
    mode: Mode = "by_date",
    plan: Plan | None = None,
) -> Figure:
    """One figure."""
    return evaluation.compute(loaded, store, name, scope, periods.parse(period), mode=mode, plan=plan)
