"""Claims about health over HTTP, asked with Python's client and read with Prometheus' own parser."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from ingestor import health_server
from ingestor.health import Health
from ingestor.store import Arrival, StoreError
from sensors.reading import Reading, Sequenced
from tests.support import free_port

Answer = tuple[int, dict[str, str], bytes]


class Served:
    """Health that is served on a port."""

    def __init__(self, health: Health, port: int) -> None:
        self.health = health
        self.port = port

    def get(self, path: str, method: str = "GET") -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()

    def samples(self) -> list[Sample]:
        text = self.get("/metrics")[2].decode()
        return [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        (found,) = [s.value for s in self.samples() if s.name == name and s.labels == labels]
        return found

    def ready(self) -> tuple[int, dict[str, object]]:
        status, _, body = self.get("/readyz")
        return status, json.loads(body)


BESIDE = {"jobs_away": None, "board_away": None, "sequences": []}
"""What readiness says beside it, where all runs."""


@pytest.fixture(scope="module")
def listening() -> Iterator[Served]:
    health = Health()
    port = free_port()
    server = health_server.start(health, port=port)
    yield Served(health, port)
    server.shutdown()
    server.server_close()


@pytest.fixture
def served(listening: Served) -> Served:
    """Health as it is at the start, served."""
    vars(listening.health).update(vars(Health()))
    return listening


# --- /metrics


def test_metrics_are_what_prometheus_parses(served: Served) -> None:
    status, headers, body = served.get("/metrics")
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert len(list(text_string_to_metric_families(body.decode()))) > 10


@pytest.mark.parametrize(
    "name", ["received", "messages", "decoded", "stored", "duplicate", "quarantined", "retried", "reconnects"]
)
def test_metrics_hold_each_counter(served: Served, name: str) -> None:
    setattr(served.health, name, 12_345_678_901)
    assert served.value(f"qingjing_{name}_total") == 12_345_678_901


@pytest.mark.parametrize("name", ["outbox_readings", "outbox_bytes", "outbox_age_s", "lag_s"])
def test_metrics_hold_each_gauge(served: Served, name: str) -> None:
    setattr(served.health, name, 2.5)
    assert served.value(f"qingjing_{name}") == 2.5


def test_metrics_say_whether_the_broker_is_connected(served: Served) -> None:
    before = served.value("qingjing_connected")
    served.health.connected = True
    assert (before, served.value("qingjing_connected")) == (0, 1)


def test_metrics_say_whether_readings_are_taken_and_stored(served: Served) -> None:
    served.health.connected = True
    ready = served.value("qingjing_ready")
    served.health.store_failing = "store: away"
    assert (ready, served.value("qingjing_ready")) == (1, 0)


def test_metrics_and_readiness_tell_of_a_board_that_does_not_run_though_readings_are_taken(served: Served) -> None:
    served.health.connected = True
    before = served.value("qingjing_board_away")
    served.health.board_away = "the process of the board died"
    assert (before, served.value("qingjing_board_away")) == (0, 1)
    assert served.ready() == (200, {
        "ready": True, "problems": [], "config_refused": None, **BESIDE,
        "board_away": "the process of the board died",
    })  # fmt: skip


def test_metrics_count_quarantined_messages_by_reason(served: Served) -> None:
    served.health.quarantined_by = {"naive_time": 2, "bad_time": 1}
    name = "qingjing_quarantined_by_total"
    assert (served.value(name, reason="naive_time"), served.value(name, reason="bad_time")) == (2, 1)


def test_metrics_count_ignored_messages_by_source(served: Served) -> None:
    served.health.ignored_by = {"lora": 3}
    assert served.value("qingjing_ignored_total", source="lora") == 3


def test_metrics_and_readiness_tell_of_numbers_that_are_missing(served: Served) -> None:
    sequences = served.health.sequences
    for number, unborn in ((0, True), (1, False), (9, False)):
        sequences.follow("plant", Sequenced("g/n", number, unborn=unborn), time.time())
    names = ("qingjing_sequence_gaps_total", "qingjing_unborn_total")
    assert [served.value(name, source="plant") for name in names] == [1, 1]
    (told,) = served.ready()[1]["sequences"]
    assert "1 gaps in seq, 1 messages with data before a birth" in told


def test_metrics_hold_the_lag_as_a_cumulative_histogram(served: Served) -> None:
    for lag_s in (0.5, 5.0, 5.0, 100_000.0):
        reading = Reading("air", "a1", 3600, 0, (("pm25", 1.0, 1),))
        served.health.committed([Arrival("n", "t", 3600.0 + lag_s, b"", [reading], [])])
    buckets = [(s.labels["le"], s.value) for s in served.samples() if s.name == "qingjing_lag_seconds_bucket"]
    assert buckets == [
        ("1.0", 1), ("10.0", 3), ("60.0", 3), ("600.0", 3), ("3600.0", 3), ("86400.0", 3), ("+Inf", 4),
    ]  # fmt: skip
    assert (served.value("qingjing_lag_seconds_count"), served.value("qingjing_lag_seconds_sum")) == (4, 100_010.5)


def test_metrics_tell_the_state_of_the_moment(served: Served) -> None:
    values = []
    for received in (1, 2, 3):
        served.health.received = received
        values.append(served.value("qingjing_received_total"))
    assert values == [1, 2, 3]


def test_metrics_of_two_collectors_in_one_process_are_apart(served: Served) -> None:
    other, port = Health(), free_port()
    other.received = 7
    server = health_server.start(other, port=port)
    assert (Served(other, port).value("qingjing_received_total"), served.value("qingjing_received_total")) == (7, 0)
    server.shutdown()
    server.server_close()


# --- /healthz and /readyz


def test_healthz_is_200_whatever_fails(served: Served) -> None:
    served.health.store_failing = "store: away"
    status, headers, body = served.get("/healthz")
    assert (status, headers["content-type"], json.loads(body)) == (200, "application/json", {"alive": True})


def test_readyz_is_200_while_readings_are_taken_and_stored(served: Served) -> None:
    served.health.connected = True
    assert served.ready() == (200, {"ready": True, "problems": [], "config_refused": None, **BESIDE})


def test_readyz_is_503_before_the_broker_is_connected(served: Served) -> None:
    assert served.ready() == (
        503,
        {"ready": False, "problems": ["broker: not connected"], "config_refused": None, **BESIDE},
    )


@pytest.mark.parametrize("name", ["full", "commit_failing", "store_failing"])
def test_readyz_is_503_with_the_problem(served: Served, name: str) -> None:
    served.health.connected = True
    setattr(served.health, name, '仓库: "away"\nnow')
    assert served.ready() == (
        503,
        {"ready": False, "problems": ['仓库: "away"\nnow'], "config_refused": None, **BESIDE},
    )


def test_readyz_tells_all_problems(served: Served) -> None:
    served.health.full, served.health.commit_failing, served.health.store_failing = "a", "b", "c"
    assert served.ready()[1]["problems"] == ["broker: not connected", "a", "b", "c"]


def test_readyz_tells_a_refused_configuration_and_stays_200(served: Served) -> None:
    served.health.connected = True
    served.health.config_refused = "x.csv: line 3: expected"
    assert served.ready() == (
        200,
        {"ready": True, "problems": [], "config_refused": "x.csv: line 3: expected", **BESIDE},
    )


# --- everything else


@pytest.mark.parametrize("path", ["/", "/metrics/", "/metric", "/../etc/passwd", "/readyz.json"])
def test_path_that_is_not_known_is_404_and_names_the_known_ones(served: Served, path: str) -> None:
    status, _, body = served.get(path)
    assert (status, body) == (404, b"/metrics, /healthz, /readyz\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_method_that_changes_something_is_refused(served: Served, method: str) -> None:
    assert served.get("/metrics", method)[0] == 501


def test_health_listens_on_127_0_0_1_only(served: Served) -> None:
    with open("/proc/net/tcp") as tcp, open("/proc/net/tcp6") as tcp6:  # noqa: PTH123
        rows = [row.split() for row in [*tcp, *tcp6]]
    listening = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{served.port:04X}")]
    assert listening == [f"0100007F:{served.port:04X}"]


def test_health_on_a_port_in_use_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StoreError) as raised:
            health_server.start(Health(), port=port)
    told = str(raised.value)
    assert told.startswith(f"health 127.0.0.1:{port}: cannot listen (")
    assert "set collector.health_port in settings.toml to a free port, or to 0 for none" in told


def test_health_answers_while_another_client_says_nothing(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port)):
        assert served.get("/healthz")[0] == 200


def test_health_of_a_client_that_leaves_early_prints_nothing(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", served.port)) as leaving:
            leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # reset on close
            leaving.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
    assert served.get("/healthz")[0] == 200
    assert capfd.readouterr().err == ""
