"""The transport to InfluxDB: a real server with users, and one that misbehaves on purpose."""

import base64
import io
import threading
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from ingestor.jobs.runner import StoppedError
from ingestor.store import Arrival, InfluxServer, InfluxStore, StoreError, UnavailableError, influx_tables, trying
from ingestor.store.arrivals import Derived
from ingestor.store.influx_server import RefusedError, TooLargeError
from ingestor.store.ports import Block
from sensors.reading import Reading
from tests.support import Influxd, free_port, wait_for

LINE = b"air,period_s=3600,station=a1 pm25=1.5,pm25_flag=1i 1577808000\n"

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(*answers: Answer) -> Iterator[tuple[str, list[float]]]:
    """A server that gives these answers in turn, the last one for ever: its address, and when it was asked."""
    asked: list[float] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile = io.BytesIO(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(time.monotonic())
            answers[min(len(asked), len(answers)) - 1](self)

        def do_GET(self) -> None:
            asked.append(time.monotonic())
            answers[min(len(asked), len(answers)) - 1](self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def hang_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True


def stay_silent(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True
    time.sleep(0.7)


@contextmanager
def connected(url: str, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Iterator[InfluxServer]:
    for name, value in {"URL": url, "TIMEOUT": "10000", **environment}.items():
        monkeypatch.setenv(f"INFLUXDB_V2_{name}", value)
    with closing(InfluxServer("d")) as server:
        yield server


@pytest.mark.parametrize(
    ("answer", "told", "after_s"),
    [
        (status(503, b'{"error":"busy"}', Retry_After="7"), "unavailable (503 busy)", 7.0),
        (status(429, b"slow down", Retry_After="0"), "unavailable (429 slow down)", 0.0),
        (status(503, b"", Retry_After="Sun, 22 Nov 2020 00:00:00 GMT"), "unavailable (503 Service Unavailable)", 0.0),
        (status(503, b"", Retry_After="soon"), "unavailable (503 Service Unavailable)", None),
        (status(400, b"Client sent an HTTP request to an HTTPS server."), "unavailable (400 Client sent an HTTP", None),
        (status(200, b"<html>"), "expected 204 as InfluxDB answers a write, got 200; is this InfluxDB?", None),
        (status(500, b'{"code":"internal","message":"no room"}'), "unavailable (500 no room)", None),
        (
            status(401, b'{"error":"authorization failed"}'),
            "not let in (authorization failed); set INFLUXDB_V2_",
            None,
        ),
        (status(403, b"{}"), "not let in", None),
        (hang_up, "unavailable (", None),
        (stay_silent, "Read timed out", None),
    ],
)
def test_server_that_is_away_or_busy_is_unavailable(
    answer: Answer, told: str, after_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeout_ms = "400" if answer is stay_silent else "10000"
    with answering(answer) as (url, _), connected(url, monkeypatch, TIMEOUT=timeout_ms) as server:
        with pytest.raises(UnavailableError) as caught:
            server.write(LINE)
        assert str(caught.value).startswith(f"store {url}: ")
        assert told in str(caught.value)
        assert caught.value.retry_after_s == after_s


def test_server_that_refuses_connections_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with connected(url, monkeypatch) as server, pytest.raises(UnavailableError, match="Connection refused"):
        server.write(LINE)


@pytest.mark.parametrize("code", [400, 422])
def test_server_that_refuses_lines_says_how_many_in_its_words(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"error":"partial write: field type conflict: ... dropped=3"}'
    with answering(status(code, body)) as (url, _), connected(url, monkeypatch) as server:
        with pytest.raises(RefusedError, match="field type conflict") as caught:
            server.write(LINE)
        assert caught.value.dropped == 3


def test_server_that_takes_less_at_once_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(status(413)) as (url, _), connected(url, monkeypatch) as server, pytest.raises(TooLargeError):
        server.write(LINE)


IN_CSV = status(200, b'name,tags,time,pm25,pm25_flag\nair,"period_s=3600,station=a1",0,-0,1\n')
IN_JSON = status(
    200,
    b'{"results":[{"series":[{"name":"air","tags":{"period_s":"3600","station":"a1"},'
    b'"columns":["time","note","pm25","pm25_flag"],"values":[[0,"x",-0,1]]}]}]}',
)


@pytest.mark.parametrize("answers", [[IN_CSV], [status(200), IN_JSON], [status(200, b"<html>"), IN_JSON]])
def test_columns_are_asked_for_in_json_where_csv_holds_none(
    answers: list[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(*answers) as (url, asked), connected(url, monkeypatch) as server:
        (group,) = server.columns("SELECT", lambda names: [name for name in names if name.startswith("pm25")])
        assert (group.tags, group.times.tolist()) == ({"period_s": "3600", "station": "a1"}, [0])
        assert {name: repr(values.tolist()) for name, values in group.fields.items()} == {
            "pm25": "[-0.0]",
            "pm25_flag": "[1.0]",
        }
        assert len(asked) == len(answers)


def test_columns_tell_the_error_that_csv_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    told = status(200, b'{"results":[{"error":"max-select-point limit exceeded"}]}')
    with (
        answering(status(200), told) as (url, _),
        connected(url, monkeypatch) as server,
        pytest.raises(StoreError, match="SELECT: refused: max-select-point limit exceeded"),
    ):
        server.columns("SELECT", list)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8086", "http://user:secret@127.0.0.1:8086", "http://127.0.0.1:8086/path"]
)
def test_address_that_cannot_be_taken_is_refused_without_its_secret(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUXDB_V2_URL", url)
    with pytest.raises(StoreError, match="expected the server's address such as") as caught:
        InfluxServer("d")
    assert "secret@" not in str(caught.value)


def test_writer_waits_as_long_as_the_server_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(status(503, Retry_After="2"), status(204)) as (url, asked), connected(url, monkeypatch) as server:
        with closing(InfluxStore(tmp_path / "store.sqlite3", server)) as store:
            store.start()
            reading = Reading("air", "a1", 3600, 0, (("pm25", 1.0, 1),))
            store.commit([Arrival("native", "t", 0.0, b"", [reading], [])])
            wait_for(lambda: store.backlog().failing is not None, what="the first try to fail")
            assert "unavailable (503" in str(store.backlog().failing)
            wait_for(lambda: len(asked) == 2, what="the second try")
            store.finish(within_s=5.0)
            assert (store.backlog().readings, store.backlog().retried, store.backlog().failing) == (0, 1, None)
        assert asked[1] - asked[0] >= 2.0


# Writes of derivations and imports


def busy(times: int, written: list[bytes], held: bytes = b'{"results":[{"statement_id":0}]}') -> Answer:
    """A server that answers so many writes with 500, as one of generation 1 that is slow does, and queries with `held`.

    What it took stands in `written`: lines, and statements that change something.
    """
    left = [times]

    def answer(request: BaseHTTPRequestHandler) -> None:
        address = urllib.parse.urlsplit(request.path)
        if request.command == "GET":
            status(200, held)(request)
            return
        told = dict(urllib.parse.parse_qsl(address.query)).get("q", "").encode() or request.rfile.read()
        if told and left[0]:
            left[0] -= 1
            status(500, b'{"error":"timeout"}')(request)
        else:
            written.extend(told.splitlines())
            status(200 if address.path == "/query" else 204)(request)

    return answer


@contextmanager
def busy_store(
    times: int, written: list[bytes], folder: Path, monkeypatch: pytest.MonkeyPatch, **held: bytes
) -> Iterator[InfluxStore]:
    """A store on a server that is busy."""
    with (
        answering(busy(times, written, **held)) as (url, _),
        connected(url, monkeypatch, TIMEOUT="10000", ENABLE_GZIP="false") as server,
        closing(InfluxStore(folder / "store.sqlite3", server)) as store,
    ):
        yield store


def derive_noise(store: InfluxStore) -> None:
    """Replace a row and set the mark that rests on it."""
    with store.replacing():
        store.replace("noise_hour", "n1", [0], {"leq": [50.5]})
        store.set_derived("noise:n1", Derived("d", {}, 1), [("noise", "n1")], piece=b"{}")


def test_derived_rows_that_a_busy_server_refuses_twice_are_written_and_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "FIRST_PAUSE_S", 0.01)
    written: list[bytes] = []
    with busy_store(2, written, tmp_path, monkeypatch) as store:
        derive_noise(store)
        assert store.derived_units() == {"noise:n1": Derived("d", {}, 1)}
    assert written == [b"noise_hour,station=n1 leq=50.5 0"]


def test_deletions_of_a_derivation_that_a_busy_server_refuses_twice_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "FIRST_PAUSE_S", 0.01)
    written: list[bytes] = []
    series = b'{"name":"noise_hour","tags":{"station":"n1"},"columns":["time","leq","l5"],"values":[[0,50.5,60.5]]}'
    with busy_store(2, written, tmp_path, monkeypatch, held=b'{"results":[{"series":[%b]}]}' % series) as store:
        derive_noise(store)  # without l5
    assert [line.split()[0] for line in written] == [b"DELETE", b"noise_hour,station=n1"]


def test_readings_of_an_import_that_a_busy_server_refuses_twice_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "FIRST_PAUSE_S", 0.01)
    written: list[bytes] = []
    block = Block("air", "a1", 3600, np.array([0]), {"pm25": (np.array([1.5]), np.array([1]))})
    with busy_store(2, written, tmp_path, monkeypatch) as store:
        assert store.load([block]) == 1
        assert store.due().days == {("air", "a1"): [0]}
    assert written == [b"air,period_s=3600,station=a1 pm25=1.5,pm25_flag=1i 0"]


def test_derivation_that_a_busy_server_never_takes_says_what_to_do_and_sets_no_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(trying, "GIVE_UP_AFTER_S", 0.1)
    written: list[bytes] = []
    with busy_store(10_000, written, tmp_path, monkeypatch) as store:
        with pytest.raises(UnavailableError, match=r"\(500 timeout\); given up after .* run it again once the server"):
            derive_noise(store)
        assert (store.derived_units(), written) == ({}, [])


def test_derivation_that_is_stopped_while_a_server_is_busy_ends_in_the_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "FIRST_PAUSE_S", 20.0)
    looks: list[int] = []

    def alive() -> None:
        looks.append(len(looks))
        if len(looks) > 2:  # the first before rows are written, others in the pause
            raise StoppedError

    with busy_store(1, [], tmp_path, monkeypatch) as store:
        store.guard(alive)
        began = time.monotonic()
        with pytest.raises(StoppedError):
            derive_noise(store)
        assert (len(looks), time.monotonic() - began < 9.0) == (3, True)
        store.guard(lambda: None)
        derive_noise(store)
        assert store.derived_units() == {"noise:n1": Derived("d", {}, 1)}


def test_derivation_that_dies_while_a_server_is_busy_waits_for_no_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "FIRST_PAUSE_S", 20.0)
    in_pause = threading.Event()
    looks: list[int] = []

    def alive() -> None:
        looks.append(len(looks))
        if len(looks) == 2:  # the first before rows are written
            in_pause.set()

    def die() -> None:
        with store.overlapping():
            store.replace("noise_hour", "n1", [0], {"leq": [50.5]})
            with store.replacing():
                store.replace("noise_hour", "n2", [0], {"leq": [50.5]})
            assert in_pause.wait(10)
            raise ZeroDivisionError

    monkeypatch.setattr(influx_tables, "ROWS_COMPARED", 1)
    with busy_store(1, [], tmp_path, monkeypatch) as store:
        store.guard(alive)
        began = time.monotonic()
        with pytest.raises(ZeroDivisionError):
            die()
        assert time.monotonic() - began < 9.0


def test_import_that_fails_while_a_server_is_busy_waits_for_no_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "FIRST_PAUSE_S", 20.0)
    monkeypatch.setattr(influx_tables, "LINES_AT_ONCE", 1)
    blocks = [
        Block("air", name, 3600, np.array([0]), {"pm25": (np.array([1.5]), np.array([1]))}) for name in ("a1", "a2")
    ]
    looks: list[int] = []

    def alive() -> None:
        looks.append(len(looks))
        if len(looks) == 3:  # of two that wait one is told to end
            raise StoppedError

    with busy_store(2, [], tmp_path, monkeypatch) as store:
        began = time.monotonic()
        store.guard(alive)
        with pytest.raises(StoppedError):
            store.write_blocks(blocks)
        assert time.monotonic() - began < 9.0


# A real InfluxDB that asks for a user


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """A real InfluxDB 1 with an administrator, and a user who may do anything in the database `own` only."""
    folder = tmp_path_factory.mktemp("guarded")
    running = Influxd(folder, auth=True)
    running.start()
    ask(running, "CREATE USER root WITH PASSWORD 'root-secret' WITH ALL PRIVILEGES", user=None)
    for statement in (
        "CREATE DATABASE own",
        "CREATE USER qingjing WITH PASSWORD 'user-secret'",
        "GRANT ALL ON own TO qingjing",
    ):
        ask(running, statement, user="root:root-secret")
    yield running
    running.kill()


def ask(server: Influxd, statement: str, *, user: str | None) -> None:
    body = urllib.parse.urlencode({"q": statement}).encode()
    headers = {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"} if user else {}
    with urllib.request.urlopen(urllib.request.Request(f"{server.url}/query", body, headers), timeout=10) as answer:  # noqa: S310
        assert b'"error"' not in answer.read()


@contextmanager
def as_user(token: str, url: str, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[InfluxServer]:
    for name, value in {"URL": url, "TOKEN": token, "AUTH_BASIC": "true"}.items():
        monkeypatch.setenv(f"INFLUXDB_V2_{name}", value)
    with closing(InfluxServer(database)) as server:
        yield server


def test_user_writes_and_reads_what_is_his(guarded: Influxd, monkeypatch: pytest.MonkeyPatch) -> None:
    with as_user("qingjing:user-secret", guarded.url, "own", monkeypatch) as server:
        server.write(LINE)
        assert [row["pm25"] for row in server.query('SELECT "pm25" FROM "air"')] == ["1.5"]


def test_administrator_makes_a_database_that_is_missing(guarded: Influxd, monkeypatch: pytest.MonkeyPatch) -> None:
    database = f"t{uuid.uuid4().hex}"
    with as_user("root:root-secret", guarded.url, database, monkeypatch) as server:
        server.write(LINE)
        assert [row["pm25"] for row in server.query('SELECT "pm25" FROM "air"')] == ["1.5"]


def test_token_is_read_from_a_file(guarded: Influxd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("qingjing:user-secret\n")
    monkeypatch.setenv("INFLUXDB_V2_TOKEN_FILE", str(file))
    with as_user("wrong:token", guarded.url, "own", monkeypatch) as server:
        server.write(LINE)


def test_user_who_may_not_make_the_missing_database_is_told_its_name(
    guarded: Influxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    with as_user("qingjing:user-secret", guarded.url, "missing", monkeypatch) as server:
        with pytest.raises(UnavailableError, match="'missing'") as caught:
            server.write(LINE)
        assert "user-secret" not in str(caught.value)


@pytest.mark.parametrize("token", ["qingjing:wrong-secret", "nobody:wrong-secret", ""])
def test_wrong_user_is_told_which_variable_to_set_and_no_secret(
    token: str, guarded: Influxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    with as_user(token, guarded.url, "own", monkeypatch) as server:
        with pytest.raises(UnavailableError, match="INFLUXDB_V2_TOKEN") as caught:
            server.write(LINE)
        assert "wrong-secret" not in str(caught.value)
