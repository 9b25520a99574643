"""The board's API and pages in-process: the figures of the commands, errors, a store that goes away and comes back."""

import datetime as dt
import html
import json
import os
import re
import shutil
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route
from starlette.testclient import TestClient

from aggregations import periods
from ingestor import config, derivation, evaluation, publishing, tables
from ingestor.board import api, app, moments, reach, source, views, wall
from ingestor.board.app import application, listening
from ingestor.board.app import server as board_server
from ingestor.config import Config
from ingestor.explanation import explanation
from ingestor.store import Arrival, SqliteStore, open_store, store_file
from ingestor.store.marks import marks
from ingestor.store.ports import Block
from ingestor.store.reviewed import Locked
from sensors.reading import Reading
from tests import board_world, bulletin_world
from tests.board_world import LAST, LONG, SCRIPT, TOKEN
from tests.bulletin_world import CITY, PLAN
from tests.support import Influxd, wait_for

SCOPE = f"city:{CITY}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Path]:
    """The configuration of the city, and the folder of its store, which no test changes."""
    folder = tmp_path_factory.mktemp("board")
    return board_world.made(folder), folder


def end_of_last(loaded: Config) -> float:
    return float(loaded.start_of(dt.date.fromisoformat(LAST)) + 86_400)


def client_of(loaded: Config, data: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A client of a board that looks at its store whenever it is asked, and waits for what it shows."""
    monkeypatch.setattr(source, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(wall, "PATIENCE_S", 60.0)
    now = end_of_last(loaded)
    return TestClient(application(loaded, data, now=lambda: now), base_url="http://127.0.0.1")


@pytest.fixture(scope="module")
def client(world: tuple[Config, Path]) -> Iterator[TestClient]:
    loaded, folder = world
    with pytest.MonkeyPatch.context() as patch, client_of(loaded, folder / "data", patch) as client:
        yield client


@pytest.fixture
def copy(world: tuple[Config, Path], tmp_path: Path) -> tuple[Config, Path]:
    """A copy of the city that a test may change."""
    _, folder = world
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return config.load(tmp_path / "config"), tmp_path


def test_api_prints_the_figures_of_the_commands(world: tuple[Config, Path], client: TestClient) -> None:
    loaded, folder = world
    day = dt.date.fromisoformat(LAST)
    june = periods.parse("2020-06")
    with closing(SqliteStore(store_file(folder / "data"))) as store:
        figures = evaluation.all_figures(loaded, store, SCOPE, june)
        verdicts = evaluation.evaluate(loaded, store, loaded.plans[PLAN], day)
        why = explanation(loaded, store, "air.good_day_ratio", SCOPE, june)
    for asked, printed in (
        (f"/api/indicators?scope={SCOPE}&period=2020-06", figures),
        ("/api/targets", {"plan": PLAN, "as_of": day, "targets": verdicts}),
        (f"/api/explain?name=air.good_day_ratio&scope={SCOPE}&period=2020-06", why),
    ):
        assert client.get(asked).json() == json.loads(tables.as_json(printed)), asked
    assert figures[0].value is not None


def test_readings_are_those_of_the_store(world: tuple[Config, Path], client: TestClient) -> None:
    _, folder = world
    found = client.get(f"/api/stations/air/c-a002/readings?from={LAST}&until={LAST}&quantity=pm25").json()
    with closing(sqlite3.connect(store_file(folder / "data"))) as db:
        rows = db.execute(
            "SELECT time, value FROM reading JOIN series ON series = id WHERE station = 'c-a002' AND quantity = 'pm25' "
            "AND time >= unixepoch('2020-06-29 16:00') AND time < unixepoch('2020-06-30 16:00') ORDER BY time"
        ).fetchall()
    (series,) = found
    assert list(zip(series["times"], series["values"], strict=True)) == rows
    assert len(rows) > 20


def test_stations_tell_their_last_reading(client: TestClient) -> None:
    found = {each["id"]: each for each in client.get("/api/stations").json()}
    assert len(found) == 12
    assert client.get("/api/stations?medium=noise").json()[0]["name"] == LONG
    readings = client.get("/api/stations/air/c-a002/readings").json()
    last = max(max(series["times"]) for series in readings)
    assert found["c-a002"]["time"] == last
    assert found["c-a002"]["values"]["pm25"] == next(s["values"][-1] for s in readings if s["quantity"] == "pm25")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/indicators", 400, "scope: expected a value"),
        (f"/api/indicators?scope={SCOPE}", 400, "period: expected it or to_date, got neither"),
        (f"/api/indicators?scope={SCOPE}&period=2020-13", 400, "period: expected"),
        (f"/api/indicators?scope={SCOPE}&period=2020&name=air.nix", 400, "indicator: expected"),
        (f"/api/indicators?scope={SCOPE}&period=2020&mode=all", 400, "mode: expected one of by_date"),
        (f"/api/indicators?scope={SCOPE}&period=2020&colour=red", 400, "'colour': expected a parameter, one of scope"),
        (f"/api/indicators?scope={SCOPE}&scope={SCOPE}&period=2020", 400, "scope: expected it once, got 2 values"),
        ("/api/indicators?scope=city:nowhere&period=2020", 400, "scope: expected"),
        ("/api/targets?plan=nix", 400, "plan: expected one of city-2020"),
        ("/api/targets?as_of=yesterday", 400, "as_of: expected a date"),
        ("/api/targets?changed_since=-1", 400, "changed_since: expected a whole number"),
        ("/api/stations/air/nix/readings", 400, "station: expected one of the register"),
        ("/api/stations/sound/c-n001/readings", 400, "medium: expected one of air, water, noise"),
        ("/api/stations/air/c-a001/readings?from=2010-01-01", 400, "from: expected at most 366 days"),
        ("/api/notices?limit=0", 400, "limit: expected a whole number from 1 to 1000"),
    ],
)
def test_wrong_questions_are_answered_with_what_was_expected(
    client: TestClient, path: str, status: int, said: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert said in answer.json()["error"]


def test_openapi_document_has_the_routes_and_only_them(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    routes = {
        (route.path, method.lower())
        for route in client.app.routes  # type: ignore[attr-defined]  # Starlette's
        if isinstance(route, Route) and route.path.startswith("/api/") and route.methods
        for method in route.methods - {"HEAD"}
    }
    documented = {(path, method) for path, of in document["paths"].items() for method in of}
    assert documented == routes - {("/api/openapi.json", "get")}
    for path, of in document["paths"].items():
        for parameter in of.get("get", {}).get("parameters", []):
            assert parameter["description"], path


def closed(schema: Any) -> Any:
    """A schema whose objects have the documented members and no others."""
    if isinstance(schema, dict):
        more = {"additionalProperties": False} if "properties" in schema else {}
        return {key: closed(value) for key, value in schema.items()} | more
    return [closed(each) for each in schema] if isinstance(schema, list) else schema


class Documented:
    """Checks answers against the OpenAPI document."""

    def __init__(self, client: TestClient) -> None:
        document = client.get("/api/openapi.json").json()
        self.paths = document["paths"]
        self._components = {"components": {"schemas": closed(document["components"]["schemas"])}}

    def schema(self, path: str, status: int = 200, method: str = "get") -> dict[str, Any]:
        content = self.paths[path][method]["responses"][str(status)]["content"]
        return closed(content["application/json"]["schema"]) | self._components

    def check(self, path: str, answer: Any, method: str = "get") -> None:
        validator = Draft202012Validator(self.schema(path, answer.status_code, method))
        validator.check_schema(validator.schema)
        found = [f"{each.json_path}: {each.message}" for each in validator.iter_errors(answer.json())]
        assert found == [], path


def test_every_answer_is_as_the_openapi_document_says(client: TestClient) -> None:
    documented = Documented(client)
    of_june = f"scope={SCOPE}&period=2020-06"
    asked = {
        "/api/indicators": [f"/api/indicators?{of_june}&name=*", f"/api/indicators?{of_june}"],
        "/api/targets": ["/api/targets"],
        "/api/outlook": ["/api/outlook"],
        "/api/today": ["/api/today"],
        "/api/explain": [
            f"/api/explain?{of_june}&name={name}"
            for name in ("air.good_day_ratio", "water.good_ratio", "noise.day_attainment.2")
        ],
        "/api/stations": ["/api/stations"],
        "/api/stations/{medium}/{station}/readings": ["/api/stations/water/c-w001/readings"],
        "/api/notices": ["/api/notices"],
    }
    assert asked.keys() | {api.ACKNOWLEDGE} == documented.paths.keys()
    for path, questions in asked.items():
        for question in questions:
            answer = client.get(question)
            assert answer.status_code == 200, question
            documented.check(path, answer)
            assert answer.json() or path == "/api/notices", question
        documented.check(path, client.get(f"{questions[0]}{'&' if '?' in questions[0] else '?'}nix=1"))
        vague = Draft202012Validator(documented.schema(path))
        assert not vague.is_valid({"nix": 1}), path
        assert not vague.is_valid([{"nix": 1}]), path


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "REPORT"])
def test_an_unknown_path_of_the_api_is_told_in_json(client: TestClient, method: str) -> None:
    answer = client.request(method, "/api/notices/5/acknowledge")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
    expected = "path: expected one of those in /api/openapi.json, got '/api/notices/5/acknowledge'"
    assert answer.json() == {"error": expected}


@pytest.mark.parametrize(
    ("method", "path", "methods"),
    [
        ("POST", "/api/targets", "GET, HEAD"),
        ("DELETE", "/api/stations/air/c-a001/readings", "GET, HEAD"),
        ("PUT", "/api/openapi.json", "GET, HEAD"),
        ("GET", "/api/notices/5/acknowledgement", "POST"),
    ],
)
def test_a_method_that_a_path_does_not_take_is_told_in_json(
    client: TestClient, method: str, path: str, methods: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/json")
    assert answer.headers["allow"] == methods
    assert answer.json() == {"error": f"method: expected {methods}, got '{method}'"}


def test_nothing_changed_is_told_and_a_new_reading_changes_readings_only(
    copy: tuple[Config, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, folder = copy
    with client_of(loaded, folder / "data", monkeypatch) as client:
        asked = f"/api/indicators?scope={SCOPE}&period=2020-06"
        figures, stations = client.get(asked), client.get("/api/stations")
        first = {each: int(each.headers[api.SEQUENCE]) for each in (figures, stations)}
        assert client.get(f"{asked}&changed_since={first[figures]}").status_code == 204
        time = loaded.start_of(dt.date.fromisoformat(LAST)) + 86_400 - 60
        one = (np.array([777.0]), np.array([1]))
        with closing(SqliteStore(store_file(folder / "data"))) as store:
            store.load([Block("air", "c-a002", 60, np.array([time]), {"pm25": one})])
            assert client.get(f"{asked}&changed_since={first[figures]}").status_code == 204
            changed = client.get(f"/api/stations?changed_since={first[stations]}")
            assert changed.status_code == 200
            now = next(each for each in changed.json() if each["id"] == "c-a002")
            assert (now["time"], now["values"]) == (time, {"pm25": 777.0})
            assert "777" in client.get("/wall").text
            derivation.derive(loaded, store)
        assert client.get(f"{asked}&changed_since={first[figures]}").status_code == 200


def test_derivation_raises_the_mark_of_figures_even_where_it_ends_in_the_same_rows(copy: tuple[Config, Path]) -> None:
    loaded, folder = copy
    file = store_file(folder / "data")
    before = marks(file)
    with closing(SqliteStore(file)) as store:
        derivation.derive(loaded, store, everything=True)
    after = marks(file)
    assert after.derivations > before.derivations
    assert after.arrivals == before.arrivals


def test_store_away_and_back(copy: tuple[Config, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, folder = copy
    moment = end_of_last(loaded)
    monkeypatch.setattr(source, "LOOK_EVERY_S", 0.0)
    with TestClient(application(loaded, folder / "data", now=lambda: moment), base_url="http://127.0.0.1") as client:
        asked = f"/api/indicators?scope={SCOPE}&period=2020-06"
        before = client.get(asked)
        wall = client.get("/wall").text
        shutil.move(folder / "data", folder / "gone")
        moment += 3 * 3600
        away = client.get(asked)
        assert (away.status_code, "expected a store" in away.json()["error"]) == (503, True)
        page = client.get("/wall")
        assert page.status_code == 200
        assert "数据库暂时无法读取，以下为最后已知的数据" in page.text
        assert figures_of(page.text) == figures_of(wall)
        assert figures_of(wall)
        nothing = client.get("/stations/air/c-a002")
        assert "尚无已知数据" in nothing.text
        shutil.move(folder / "gone", folder / "data")
        assert client.get(asked).json() == before.json()
        assert "无法读取" not in client.get("/wall").text


def test_server_of_the_store_that_hangs_or_is_away_is_told_though_all_is_remembered(
    shipped: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("ASK_EVERY_S", 0.0), ("WAIT_S", 0.3), ("HANGS_S", 0.2)):
        monkeypatch.setattr(reach, name, seconds)
    influxd = Influxd(tmp_path)
    influxd.start()
    server = influxd.process
    assert server is not None
    monkeypatch.setenv("INFLUXDB_V2_URL", influxd.url)
    monkeypatch.setenv("INFLUXDB_V2_TIMEOUT", "60000")
    of_store = msgspec.structs.replace(shipped.settings.store, kind="influxdb", database="board")
    loaded = msgspec.structs.replace(shipped, settings=msgspec.structs.replace(shipped.settings, store=of_store))
    reading = Reading("air", "sz-a01", 3600, 1_593_500_400, (("pm25", 15.0, 1),))
    with closing(open_store(of_store, tmp_path / "ours", create=True)) as store:
        store.commit([Arrival("native", "t", 0.0, b"", [reading], [])])
        store.drain()
    asked = "/api/stations", f"/api/indicators?scope={SCOPE}&period=2020-06"
    try:
        with client_of(loaded, tmp_path / "ours", monkeypatch) as client:

            def told() -> list[object]:
                page = client.get("/stations").text
                answers = [client.get(each).status_code for each in asked]
                return ['data-away="true"' in page, "数据库暂时无法读取，以下为最后已知的数据" in page, *answers]

            well, away = [False, False, 200, 200], [True, True, 503, 503]
            wait_for(lambda: told() == well, what="the board to know all that is asked")
            server.send_signal(signal.SIGSTOP)
            assert told() == away
            assert "expected an answer of its server" in client.get(asked[0]).json()["error"]
            server.send_signal(signal.SIGCONT)
            wait_for(lambda: told() == well, what="the board to see that the server answers again")
            influxd.kill()
            assert told() == away
            assert "unavailable" in client.get(asked[0]).json()["error"]
            influxd.start()
            wait_for(lambda: told() == well, what="the board to see that the server is back")
    finally:
        influxd.kill()


def test_board_that_is_told_to_end_has_ended_well(shipped: Config, tmp_path: Path) -> None:
    again: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: again.append(number))
    try:
        with listening("127.0.0.1", 0) as free:
            server = board_server(application(shipped, tmp_path))
            threading.Thread(target=lambda: (wait_for(lambda: server.started, what="the board"), end())).start()
            server.run(sockets=[free])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert again == []  # the signal ended the server, and nothing more


def end() -> None:
    """Send this process SIGTERM."""
    os.kill(os.getpid(), signal.SIGTERM)


def test_store_of_another_qingjing_is_named_as_commands_name_it(
    tmp_path: Path, shipped: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = store_file(tmp_path)
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA user_version = 2")
    with client_of(shipped, tmp_path, monkeypatch) as client:
        answer = client.get("/api/targets")
        assert (answer.status_code, "expected schema version" in answer.json()["error"]) == (503, True)
        assert "use the qingjing that made it" in client.get("/wall").text


def test_wall_that_takes_long_is_shown_without_figures_and_told_of_once_they_are_there(
    copy: tuple[Config, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, folder = copy
    until, computed = threading.Event(), views.verdicts
    monkeypatch.setattr(views, "verdicts", lambda *asked: until.wait(60) and computed(*asked))
    with client_of(loaded, folder / "data", monkeypatch) as client:
        monkeypatch.setattr(wall, "PATIENCE_S", 0.01)
        page = client.get("/wall").text
        assert "正在计算" in page
        assert figures_of(page) == {}
        finished = int(re.findall(r'data-finished="(\d+)"', page)[0])
        until.set()
        wait_for(lambda: client.app.state.source.finished > finished, what="the figures")  # type: ignore[attr-defined]
        monkeypatch.setattr(wall, "PATIENCE_S", 60.0)
        page = client.get("/wall").text
        assert "正在计算" not in page
        assert figures_of(page)


def test_wall_counts_the_sections_of_each_class(client: TestClient) -> None:
    page = client.get("/wall?lang=en").text
    shown = dict(re.findall(r'<li class="class-\d"><span>(.*?)</span> <b>(\d+)</b>', page))
    asked = f"/api/indicators?scope={SCOPE}&period=2020-06&name=water.good_ratio"
    (good,) = client.get(asked).json()
    assert sum(map(int, shown.values())) == 5
    n_good = sum(int(n) for name, n in shown.items() if name in ("Ⅰ", "Ⅱ", "Ⅲ"))
    assert round(100 * n_good / 5, 1) == good["value"]


def figures_of(page: str) -> dict[str, str]:
    """Figures that a page shows, by target."""
    found = re.findall(r'data-figure="[^"/]*/([^"]*)">(.*?)</(?:a|span)>', page)
    return {name: html.unescape(re.sub(r"<[^>]*>", "", text)) for name, text in found}


def test_pages_show_the_figures_of_the_api(client: TestClient) -> None:
    verdicts = {each["target"]["id"]: each for each in client.get("/api/targets").json()["targets"]}
    for path in ("/wall", "/plan?lang=en"):
        shown = figures_of(client.get(path).text)
        assert {"pm25", "good-days", "good-sections", "night-noise"} <= set(shown)
        for name, text in shown.items():
            figure = verdicts[name]["figure"]
            if figure is not None:
                value = "—" if figure["value"] is None else f"{figure['value']}"
                assert text.split()[0].rstrip("%") == value, name


def test_plan_and_explanation_say_what_is_audited_and_published(
    copy: tuple[Config, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, folder = copy
    why = f"/explain?name=air.good_day_ratio&scope={SCOPE}&period=2020-06&lang=en"
    with client_of(loaded, folder / "data", monkeypatch) as client:
        assert "figures: unaudited" in client.get("/plan?lang=en").text
        assert "revision" not in client.get(why).text
        with closing(SqliteStore(store_file(folder / "data"))) as store:
            store.lock(
                [
                    Locked(month=f"2020-{n:02d}", medium="air", city=CITY, locked=True, reason="audited", by="li")
                    for n in range(1, 7)
                ]
            )
            publishing.publish(loaded, store, evaluation.all_figures(loaded, store, SCOPE, periods.parse("2020-06")))
        page = client.get("/plan").text
        assert "数据部分已审核" in page
        marked = {
            row.partition('data-figure="')[2].partition('"')[0]
            for row in page.split("<tr>")
            if "<small>已审核</small>" in row
        }
        assert marked == {"city-2020/pm25", "city-2020/good-days"}
        page = client.get(why).text
        assert "revision 1" in page
        assert re.search(r"audit +audited", page)


def test_names_are_escaped_everywhere(client: TestClient) -> None:
    for path in ("/wall", "/stations", "/stations/air/c-a001", "/stations?q=<script>alert(2)</script>"):
        page = client.get(path).text
        assert SCRIPT not in page
        assert "<script>alert(2)" not in page
        assert html.escape(SCRIPT, quote=False).replace("'", "&#39;") in page or "q=" in path


def test_answers_forbid_browsers_what_they_need_not_do(client: TestClient) -> None:
    for path in ("/wall", "/api/stations", "/static/board.js", "/nix"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in headers
    assert client.get("/wall", headers={"Host": "evil.example"}).status_code == 400
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert client.get("/api/outlook", headers=elsewhere).status_code == 403
    assert client.get("/wall", headers=elsewhere | {"Sec-Fetch-Mode": "navigate"}).status_code == 200
    assert 'href="//' not in client.get("http://127.0.0.1//evil.example/x").text
    for method in ("POST", "PUT", "DELETE"):
        assert client.request(method, "/api/targets").status_code == 405
    page = client.get("/wall").text
    assert not re.search(r"https?://(?!www\.w3\.org/)", page)
    assert "style=" not in page


def test_files_of_the_board_are_answered_once(client: TestClient) -> None:
    style = client.get("/static/board.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert style.content == (Path(app.__file__).parent / "static" / "board.css").read_bytes()
    again = client.get("/static/board.css", headers={"If-None-Match": style.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/static/board.js", headers={"If-None-Match": style.headers["etag"]}).status_code == 200
    assert client.get("/static/nix.css").status_code == 404


def test_acknowledging_takes_the_token(copy: tuple[Config, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, folder = copy
    number = board_world.told(folder)
    path = f"/api/notices/{number}/acknowledgement"
    body = {"by": " 李雷 ", "remark": "已更换"}
    with client_of(loaded, folder / "data", monkeypatch) as client:
        monkeypatch.setattr(api, "WRONG_TOKEN_S", 0.0)
        assert client.post(path, json=body).status_code == 403
        assert client.post(path, json=body, headers={api.TOKEN: TOKEN + "x"}).status_code == 403
        assert client.get("/api/notices").json()[0]["acknowledged"] is None
        right = {api.TOKEN: TOKEN}
        assert client.post(path, json={"by": " "}, headers=right).status_code == 400
        assert client.post(path, content=b"{", headers=right).status_code == 400
        assert client.post(path, content=b" " * 5000, headers=right).status_code == 413
        assert client.post("/api/notices/999/acknowledgement", json=body, headers=right).status_code == 404
        assert client.post(path, json=body, headers=right).json() == {"number": number, "first": True}
        again = client.post(path, json=body, headers=right)
        assert again.json() == {"number": number, "first": False}
        documented = Documented(client)
        documented.check(api.ACKNOWLEDGE, again, "post")
        documented.check(api.ACKNOWLEDGE, client.post(path, json=body), "post")
        told = client.get("/api/notices")
        documented.check("/api/notices", told)
        (notice,) = told.json()
        assert (notice["acknowledged_by"], notice["remark"]) == ("李雷", "已更换")
        assert "已确认：李雷" in client.get("/notices").text
        settings = msgspec.structs.replace(loaded.settings, board=config.BoardSettings())
        read_only = msgspec.structs.replace(loaded, settings=settings)
    with client_of(read_only, folder / "data", monkeypatch) as client:
        assert "read-only" in client.post(path, json=body, headers=right).json()["error"]
        assert "只读" in client.get("/notices").text


def test_bulletin_is_made_once_for_all_its_files(client: TestClient) -> None:
    first = client.get(f"/bulletins/{PLAN}/2020-06.txt")
    assert (first.status_code, first.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert "2020年6月" in first.text
    page = client.get(f"/bulletins/{PLAN}/2020-06.html")
    assert client.get(f"/bulletins/{PLAN}/2020-06.txt").headers["etag"] == first.headers["etag"]  # of time and size
    assert "style-src 'unsafe-inline'" in page.headers["content-security-policy"]
    assert client.get(f"/bulletins/{PLAN}/2019-06.txt").status_code == 404
    assert client.get(f"/bulletins/{PLAN}/..%2f2020-06.txt").status_code in (400, 404)
    assert client.get("/bulletins/nix/2020-06.txt").status_code == 404
    assert client.get(f"/bulletins/{PLAN}/2020-06.exe").status_code == 404


def test_empty_store_one_station_and_no_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = bulletin_world.configuration(tmp_path / "config", air=1, water=0, noise=0)
    loaded = config.load(directory)
    (tmp_path / "data").mkdir()
    SqliteStore(store_file(tmp_path / "data")).close()
    with client_of(loaded, tmp_path / "data", monkeypatch) as client:
        for path in ("/wall", "/plan", "/stations", "/stations/air/c-a001", "/notices", "/bulletins", "/plan/outlook"):
            answer = client.get(path)
            assert (answer.status_code, "<h1" in answer.text) == (200, True), path
        assert "尚无数据" in client.get("/wall").text
        assert client.get("/api/stations").json()[0]["time"] is None
    without = msgspec.structs.replace(loaded, plans={})
    with client_of(without, tmp_path / "data", monkeypatch) as client:
        assert "没有当年或以前的计划" in client.get("/wall").text
        assert client.get("/api/targets").status_code == 400


def test_best_plan_of_a_day_is_of_its_year_and_decided_by_readings(shipped: Config) -> None:
    chosen = [plan.id for plan in moments.shown_plans(shipped, dt.date(2020, 6, 30))]
    assert chosen[0] in ("shenzhen-2020", "demo-2020")
    assert "shenzhen-2025" not in chosen
    assert moments.plan_asked(shipped, dt.date(2018, 1, 1), None) is None
    last_year = shipped.plans["shenzhen-2020"]
    assert not moments.is_without_plan(shipped, dt.date(2020, 12, 31), last_year)
    assert moments.is_without_plan(shipped, dt.date(2021, 1, 1), last_year)
    assert not moments.is_without_plan(shipped, dt.date(2025, 1, 1), last_year), "shenzhen-2025 is of that year"


def test_targets_of_a_year_that_is_over_are_said_to_be_and_have_its_age(
    world: tuple[Config, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a wall shows in January of a year for which nobody has written the plan yet."""
    loaded, folder = world
    old = msgspec.structs.replace(loaded, plans={PLAN: msgspec.structs.replace(loaded.plans[PLAN], year=2019)})
    with client_of(old, folder / "data", monkeypatch) as client:
        walls = [client.get(path).text for path in ("/wall", "/plan", "/wall?lang=en")]
    assert "没有2020年的计划：以下为2019年目标的最终结果" in walls[0]
    assert "没有2020年的计划" in walls[1]
    assert "There is no plan of 2020" in walls[2]
    tiles = re.findall(r'<section class="tile target.*?</section>', walls[0], re.DOTALL)
    ends = {int(at) for tile in tiles for at in re.findall(r'data-at="(\d+)"', tile)}
    assert ends == {loaded.start_of(dt.date(2020, 1, 1))}
    assert "shown at 2020-07-01" in walls[2]
