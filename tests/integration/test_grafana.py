"""Every query of every panel and alert rule, on a real InfluxDB that our own derivation and displays filled.

The month is December 2020 of a part of the shipped, simulated city: three stations of air, three sections, a monitor of
each zone class. Water sends all year, so that its year has a figure, and air and noise the December before, so that
there is an outlook.
"""

import datetime as dt
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pytest
import yaml
from starlette.testclient import TestClient

from aggregations import periods
from grafana.boards import BOARDS
from ingestor import derivation, evaluation, tables
from ingestor.board import wall as board_wall
from ingestor.board.app import application
from ingestor.config import Config
from ingestor.displays import Displays
from ingestor.store import InfluxServer, InfluxStore, store_file
from ingestor.store.ports import Arrival, Block
from sensors import flags
from sensors.reading import Refusal
from sensors.register import Register
from tests import bulletin_world
from tests.bulletin_world import CITY, DAY_S, HOUR_S
from tests.support import ROOT, Influxd

NOW: Final = int(dt.datetime.fromisoformat("2020-12-31T00:00:00+08:00").timestamp())
PLANS: Final = ("demo-2020", "shenzhen-2020")
SPANS: Final = {"d": DAY_S, "h": HOUR_S, "y": 366 * DAY_S}
FOLDER: Final = ROOT / "grafana"


def queries() -> list[tuple[str, str, str]]:
    """Board and panel, query, and the time range that it is asked over: of all committed boards and of the rules."""
    found = []
    for name in BOARDS:
        board = json.loads((FOLDER / "dashboards" / f"{name}.json").read_text(encoding="utf-8"))
        for panel in board["panels"]:
            since = panel.get("timeFrom") or board["time"]["from"].removeprefix("now-")
            found += [(f"{name} {panel['id']} {panel['title']}", each["query"], since) for each in panel["targets"]]
        found += [(f"{name} ${each['name']}", each["query"], "") for each in board["templating"]["list"]]
    rules = yaml.safe_load((FOLDER / "provisioning" / "alerting" / "rules.yaml").read_text(encoding="utf-8"))
    for rule in rules["groups"][0]["rules"]:
        asked = rule["data"][0]
        since = asked["relativeTimeRange"]["from"]
        found.append((f"rule {rule['uid']}", asked["model"]["query"].replace("$$", "$"), f"{since}s"))
    return found


def asked(query: str, since: str, plan: str) -> str:
    """A query with variables and time range put in as Grafana does."""
    span = int(since[:-1]) * {"s": 1, **SPANS}[since[-1]] if since else 0
    filled = query.replace("${city:raw}", CITY).replace("${plan:raw}", plan)
    filled = filled.replace("${target:raw}", f"{plan}/{'good-days' if plan == PLANS[0] else 'pm25'}")
    filled = filled.replace("$timeFilter", f"time >= {1000 * (NOW - span)}ms and time <= {1000 * NOW}ms")
    filled = filled.replace("$__interval", "1m")
    assert "$" not in filled.replace("$/", "/"), filled
    return filled


@pytest.fixture(scope="module")
def world(influxd: Influxd, tmp_path_factory: pytest.TempPathFactory, shipped: Config) -> Iterator[tuple[Config, Path]]:
    """A configuration whose store is a database with what a service would have written, and the data directory."""
    name = f"t{uuid.uuid4().hex}"
    stations = shipped.register.stations
    some = [*stations[:3], *[each for each in stations if each.medium == "water"][:3]]
    zones = {each.zone_class: each for each in reversed(stations) if each.medium == "noise"}
    settings = msgspec.structs.replace(
        shipped.settings, store=msgspec.structs.replace(shipped.settings.store, kind="influxdb", database=name)
    )
    small = msgspec.structs.replace(shipped, register=Register([*some, *zones.values()]), settings=settings)
    folder = tmp_path_factory.mktemp("grafana")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("INFLUXDB_V2_URL", influxd.url)
        with closing(InfluxStore(store_file(folder), InfluxServer(name))) as store:
            fill(store, small)
            derivation.derive(small, store)
            Displays().write(small, store, NOW)
            yield small, folder


@pytest.fixture(scope="module")
def database(world: tuple[Config, Path]) -> str:
    """The name of the database."""
    return world[0].settings.store.database


def test_board_on_influxdb_shows_figures_and_last_readings_of_the_store(
    world: tuple[Config, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, folder = world
    monkeypatch.setattr(board_wall, "PATIENCE_S", 60.0)
    day = loaded.local_day(NOW) - periods.DAY
    with closing(InfluxStore(store_file(folder), InfluxServer(loaded.settings.store.database))) as store:
        verdicts = evaluation.evaluate(loaded, store, loaded.plans[PLANS[0]], day)
    with TestClient(application(loaded, folder, now=lambda: float(NOW)), base_url="http://127.0.0.1") as client:
        assert client.get(f"/api/targets?plan={PLANS[0]}").json()["targets"] == json.loads(tables.as_json(verdicts))
        page = client.get("/wall").text
        stations = {each["id"]: each for each in client.get("/api/stations?medium=air").json()}
    assert sum(each.figure is not None and each.figure.value is not None for each in verdicts) > 1
    assert f'data-figure="{PLANS[0]}/good-days"' in page
    assert re.search(r"data-aqi>\d+<", page)
    assert len(stations) == 3
    assert all(each["time"] == NOW - HOUR_S and each["values"]["pm25"] > 0 for each in stations.values())


def fill(store: InfluxStore, config: Config) -> None:
    """Load the readings, some of them flagged, a refused message, and an hour of the collector's reports."""
    water = [each for each in config.register.stations if each.medium == "water"]
    others = Register([each for each in config.register.stations if each.medium != "water"])
    bulletin_world.fill(store, Register(water), "2020-01-01", "2020-12-30")
    for year in (2019, 2020):
        bulletin_world.fill(store, others, f"{year}-12-01", f"{year}-12-30")
    for medium, station, quantities in (
        ("air", "sz-a01", ("so2", "no2", "co", "o3", "pm10", "pm25")), ("noise", "sz-n01", ("leq",)),
    ):  # fmt: skip
        flagged = {each: (np.array([9.0]), np.array([flags.SUSPECT])) for each in quantities}
        store.load([Block(medium, station, HOUR_S, np.array([NOW - 5 * DAY_S]), flagged)])  # type: ignore[arg-type]
    refusal = Refusal("broken_json", "payload: expected JSON, got bytes")
    store.commit([Arrival("native", "env/v1/air/sz-a01", float(NOW), b"\xff", [], [refusal])])
    for minute in range(60):
        columns = dict.fromkeys(("received", "decoded", "stored", "duplicate", "quarantined"), 10 * (60 - minute))
        columns |= {"retried": 0, "reconnects": 1, "outbox_readings": 3, "outbox_bytes": 300}
        store.record_health("qingjing-collector", NOW - 60 * minute, {**columns, "outbox_age_s": 1.0, "lag_s": 2.0})


def has_value(influxd: Influxd, statement: str, database: str) -> bool:
    """Whether a statement has a row with a value beside the time and tags."""
    rows = influxd.query(statement, database=database)
    assert not any("error" in row for row in rows), (statement, rows)
    return any(value for row in rows for name, value in row.items() if name not in ("name", "tags", "time"))


@pytest.mark.parametrize(
    ("where", "query", "since"), queries(), ids=[re.sub(r"\W+", "_", where, flags=re.ASCII) for where, *_ in queries()]
)
def test_every_query_of_every_panel_has_data(
    influxd: Influxd, database: str, where: str, query: str, since: str
) -> None:
    """A panel on targets has data under at least one of the shipped plans: not every plan has every target."""
    plans = PLANS if "${plan:raw}" in query or "${target:raw}" in query else PLANS[:1]
    assert any(has_value(influxd, asked(query, since, plan), database) for plan in plans), where


def test_the_chosen_variables_are_among_what_the_store_offers(influxd: Influxd, database: str) -> None:
    board = json.loads((FOLDER / "dashboards" / "wall.json").read_text(encoding="utf-8"))
    offered: dict[str, set[str]] = {}
    for variable in board["templating"]["list"]:
        pattern = re.compile(variable["regex"][1:-1].replace("\\/", "/"))
        values = [row["value"] for row in influxd.query(variable["query"], database=database)]
        offered[variable["name"]] = {found.group(1) for value in values if (found := pattern.search(value))}
    assert offered == {"city": {CITY}, "plan": set(PLANS)}


def test_a_query_of_what_is_not_there_is_found_out(influxd: Influxd, database: str) -> None:
    assert not has_value(influxd, asked('SELECT "pm26" FROM "city_air_day" WHERE $timeFilter', "30d", ""), database)
    assert not has_value(influxd, asked('SELECT "pm25" FROM "city_air_dag" WHERE $timeFilter', "30d", ""), database)


def test_figures_of_the_wall_are_those_of_the_store(influxd: Influxd, database: str) -> None:
    """What a tile shows, read without qingjing's own client, is what the derived days say."""
    (row,) = influxd.query('SELECT last("aqi") FROM "city_air_hour" WHERE "city" = \'shenzhen\'', database=database)
    (shown,) = influxd.query('SELECT "aqi" FROM "city_now" WHERE "city" = \'shenzhen\'', database=database)
    assert float(shown["aqi"]) == float(row["last"])
