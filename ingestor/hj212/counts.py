"""What the gateway has counted, for the log, Prometheus and the summary at the end."""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import prometheus_client
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from ingestor.errors import FailureError

log = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
QUIET_S: Final = 10.0
"""A kind of complaint is logged at most so often; what was left out is said with the next."""

_TEXTS: Final = {
    "connections": "connections accepted",
    "turned_away": "connections closed at once: too many",
    "frames": "frames received, good or not",
    "published": "messages that the broker acknowledged",
    "answered": "answers sent to devices",
    "unpublished": "frames that were neither published nor answered when the gateway, or their device, went",
    "held": "times that the broker took no message: no subscriber, or it may not be written",
}
_BY: Final = {
    "refused": ("frames that were not taken, and pieces that are no frame, by reason", "reason"),
    "closed": ("connections that the gateway closed, by reason", "reason"),
    "requests": ("requests to devices, by command and outcome", "outcome"),
}


class Counts(msgspec.Struct, eq=False):
    """Counters since the start, and the state of now."""

    connections: int = 0
    turned_away: int = 0
    frames: int = 0
    published: int = 0
    answered: int = 0
    unpublished: int = 0
    held: int = 0
    connected: int = 0
    broker_connected: bool = False
    reconnects: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)
    closed: Counter[str] = msgspec.field(default_factory=Counter)
    requests: Counter[str] = msgspec.field(default_factory=Counter)

    def collect(self) -> Iterator[Metric]:
        """Yield all as metrics; the name is prometheus_client's."""
        for name, text in _TEXTS.items():
            yield CounterMetricFamily(f"qingjing_hj212_{name}", text, value=getattr(self, name))
        for name, (text, label) in _BY.items():
            family = CounterMetricFamily(f"qingjing_hj212_{name}", text, labels=[label])
            for kind, count in sorted(getattr(self, name).items()):
                family.add_metric([kind], count)
            yield family
        yield CounterMetricFamily("qingjing_hj212_reconnects", "connections to the broker lost", value=self.reconnects)
        yield GaugeMetricFamily("qingjing_hj212_devices", "connections now", value=self.connected)
        yield GaugeMetricFamily(
            "qingjing_hj212_broker_connected", "1 while the broker is connected", value=self.broker_connected
        )

    def summary(self) -> dict[str, Any]:
        """Return all counters for people and machines."""
        told: dict[str, Any] = {name: getattr(self, name) for name in (*_TEXTS, "reconnects")}
        return told | {name: dict(sorted(getattr(self, name).items())) for name in _BY}


class Complaints:
    """Warnings for the log, of each kind one in a while: a device that misbehaves must not fill the disk."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._left_out: Counter[str] = Counter()

    def say(self, kind: str, text: str) -> None:
        """Log a warning, or count it with the next of its kind."""
        now = time.monotonic()
        if now - self._last.get(kind, -QUIET_S) < QUIET_S:
            self._left_out[kind] += 1
            return
        self._last[kind] = now
        more = self._left_out.pop(kind, 0)
        log.warning("%s%s", text, f" ({more} more like it)" if more else "")


def serve(counts: Counts, port: int) -> None:
    """Serve `/metrics` on loopback from a thread.

    Raises
    ------
    FailureError
        If the port is taken.
    """
    registry = prometheus_client.CollectorRegistry()
    registry.register(counts)
    try:
        prometheus_client.start_http_server(port, addr=HOST, registry=registry)
    except OSError as error:
        raise FailureError(f"--metrics-port: cannot listen on {HOST}:{port} ({error}); choose a free port") from error
