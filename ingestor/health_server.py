"""Health over HTTP, on loopback only: `/metrics` for Prometheus, `/healthz`, `/readyz`."""

import contextlib
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from ingestor.health import LAG_BUCKETS_S, Health
from ingestor.jobs.states import JobState
from ingestor.store import StoreError
from ingestor.store.runs import STATES, StationState
from sensors.quantities import MEDIA

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
REQUEST_S = 5.0
BROKER = "broker"
"""What a complaint about the broker begins with in `problems`."""

_COUNTERS = {
    "received": "messages received from the broker",
    "messages": "messages committed and acknowledged",
    "decoded": "readings decoded and committed",
    "stored": "readings that have left the outbox, confirmed by the store or refused for good",
    "duplicate": "messages that the broker delivered again",
    "quarantined": "messages with a part that went to quarantine",
    "retried": "deliveries to the store that had to be tried again",
    "reconnects": "connections to the broker that were lost or refused",
    "sessions_lost": "times that the broker had forgotten our session, and what it kept for us",
}
_GAUGES = {
    "outbox_readings": "readings in the outbox",
    "outbox_bytes": "bytes in the outbox",
    "outbox_age_s": "age of the oldest readings in the outbox in seconds",
    "lag_s": "largest time from the end of a reading's period to its arrival, in the last group",
}


Jobs = Callable[[], tuple[list[JobState], list[StationState]]]
"""Tells how the jobs stand, and which stations are silent or late; raises StoreError where it cannot."""


class _Metrics:
    """Health as metrics, at the moment of the question."""

    def __init__(self, health: Health, jobs: Jobs) -> None:
        self._health = health
        self._jobs = jobs

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; the name is prometheus_client's."""
        health = self._health
        for name, text in _COUNTERS.items():
            yield CounterMetricFamily(f"qingjing_{name}", text, value=getattr(health, name))
        for name, text in _GAUGES.items():
            yield GaugeMetricFamily(f"qingjing_{name}", text, value=getattr(health, name))
        reasons = CounterMetricFamily(
            "qingjing_quarantined_by",
            "messages, and values refused by the store, that went to quarantine, by reason",
            labels=["reason"],
        )
        for code, count in sorted(health.quarantined_by.items()):
            reasons.add_metric([code], count)
        yield reasons
        ignored = CounterMetricFamily(
            "qingjing_ignored", "messages without data, which their source says not to keep", labels=["source"]
        )
        for source, count in sorted(health.ignored_by.items()):
            ignored.add_metric([source], count)
        yield ignored
        for name, text, counts in (
            ("sequence_gaps", "gaps in the numbers of messages (seq of Sparkplug)", health.sequences.gaps),
            ("unborn", "messages with data of what no birth named before (Sparkplug)", health.sequences.unborn),
        ):
            family = CounterMetricFamily(f"qingjing_{name}", text, labels=["source"])
            for source, count in sorted(counts.items()):
                family.add_metric([source], count)
            yield family
        buckets, below = [], 0
        for bound, count in zip([*map(str, LAG_BUCKETS_S), "+Inf"], health.lag_counts, strict=True):
            below += count
            buckets.append((bound, float(below)))
        lag = HistogramMetricFamily("qingjing_lag_seconds", "time from the end of a reading's period to its arrival")
        lag.add_metric([], buckets, sum_value=health.lag_sum_s)
        yield lag
        refused = health.config_refused is not None
        yield GaugeMetricFamily("qingjing_config_refused", "1 while a changed configuration is refused", value=refused)
        yield GaugeMetricFamily("qingjing_connected", "1 while the broker is connected", value=health.connected)
        yield GaugeMetricFamily("qingjing_ready", "1 while readings are taken and stored", value=not problems(health))
        away = health.jobs_away is not None
        yield GaugeMetricFamily("qingjing_jobs_away", "1 while the process of the jobs does not run", value=away)
        away = health.board_away is not None
        yield GaugeMetricFamily("qingjing_board_away", "1 while the process of the board does not run", value=away)
        with contextlib.suppress(StoreError):  # a ledger that cannot be read shows in the other metrics
            jobs, stations = self._jobs()
            yield from _of_jobs(jobs)
            yield from _of_stations(stations)


_JOB_GAUGES: Final[dict[str, tuple[str, Callable[[JobState], float | None]]]] = {
    "last_success_timestamp": ("when the job last succeeded, in seconds since 1970", lambda job: job.succeeded),
    "last_duration_seconds": ("how long its last run took, or takes", lambda job: job.duration_s),
    "next_timestamp": ("when it is due next, in seconds since 1970", lambda job: job.next_at),
    "failures": ("failures since its last success", lambda job: job.failures),
    "missed_periods": ("periods that are over and not closed yet", lambda job: job.missed),
    "running": ("1 while it runs", lambda job: job.outcome == "running"),
}


def _of_jobs(jobs: Iterable[JobState]) -> Iterator[Metric]:
    for name, (text, value_of) in _JOB_GAUGES.items():
        gauge = GaugeMetricFamily(f"qingjing_job_{name}", text, labels=["job"])
        for job in jobs:
            value = value_of(job)
            if value is not None:
                gauge.add_metric([job.name], value)
        yield gauge


def _of_stations(stations: Iterable[StationState]) -> Iterator[Metric]:
    counts = Counter((each.medium, each.state) for each in stations)
    gauge = GaugeMetricFamily(
        "qingjing_stations_away", "stations that are silent or late, at the last check", labels=["medium", "state"]
    )
    for medium in MEDIA:
        for state in STATES:
            gauge.add_metric([medium, state], counts[medium, state])
    yield gauge


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that leave early."""
        log.debug("a client of the health server failed", exc_info=True)


def problems(health: Health) -> list[str]:
    """Return why readings are not taken or not stored now; empty where they are."""
    found = [] if health.connected else [f"{BROKER}: not connected"]
    found += [each for each in (health.full, health.commit_failing, health.store_failing) if each is not None]
    return list(dict.fromkeys(found))  # a file that is away fails commits and deliveries alike


def start(health: Health, *, port: int, jobs: Jobs = lambda: ([], [])) -> ThreadingHTTPServer:
    """Serve health on 127.0.0.1 in threads that end with the process; `shutdown` and `server_close` end it.

    Raises
    ------
    StoreError
        If the port is taken.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Metrics(health, jobs))

    class Answers(BaseHTTPRequestHandler):
        timeout = REQUEST_S

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(HTTPStatus.OK, generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4)
            elif self.path == "/healthz":
                self._answer(HTTPStatus.OK, b'{"alive": true}\n', "application/json")
            elif self.path == "/readyz":
                found = problems(health)
                status = HTTPStatus.SERVICE_UNAVAILABLE if found else HTTPStatus.OK
                told = {
                    "ready": not found, "problems": found, "config_refused": health.config_refused,
                    "jobs_away": health.jobs_away, "board_away": health.board_away,
                    "sequences": health.sequences.sentences(time.time()),
                }  # fmt: skip
                self._answer(status, json.dumps(told, ensure_ascii=False).encode() + b"\n", "application/json")
            else:
                self._answer(HTTPStatus.NOT_FOUND, b"/metrics, /healthz, /readyz\n", "text/plain")

        def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: a scrape every 15 s is no news."""

    try:
        server = _Server((HOST, port), Answers)
    except OSError as error:
        raise StoreError(
            f"health {HOST}:{port}: cannot listen ({error}); set collector.health_port in settings.toml to a free "
            f"port, or to 0 for none"
        ) from error
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
