"""A gateway: publishes payloads at QoS 1 and waits for the broker's acknowledgements.

It also listens to the collector's status message, so that it never runs further ahead than a broker's queue holds,
and can tell when the collector has committed what it sent.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator

import msgspec

from ingestor.collector import Status, status_topic
from ingestor.errors import FailureError
from ingestor.mqtt_publisher import ANONYMOUS, Login, MqttError, Publisher

IN_FLIGHT = 500
LEAD = 20_000
PATIENCE_S = 30.0
CONNECT_S = 15.0


class GatewayError(FailureError):
    """The broker or the collector is away: what was sent and what to do."""


_decoder = msgspec.json.Decoder(Status)


class Gateway:
    """One connection to a broker; `collector` is the client id of the collector to keep step with."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        client_id: str,
        collector: str,
        alive: Callable[[], bool] = lambda: True,
        login: Login = ANONYMOUS,
    ) -> None:
        """Connect, trying for a while, and only as long as the broker's process is `alive`.

        Raises
        ------
        GatewayError
            If the broker cannot be reached.
        """
        self._address = f"{host}:{port}"
        self._sent = 0
        self._committed_before: int | None = None
        self._committed = 0
        self._started: float | None = None
        deadline = time.monotonic() + CONNECT_S
        while True:
            try:
                self._publisher = Publisher(host, port, client_id=client_id, timeout_s=PATIENCE_S, login=login)
                self._publisher.listen(status_topic(collector), self._on_status, timeout_s=PATIENCE_S)
                break
            except (OSError, MqttError) as error:
                if time.monotonic() > deadline or not alive():
                    raise GatewayError(
                        f"broker {self._address}: cannot be reached ({error}); `qingjing run` starts one"
                    ) from error
                time.sleep(0.05)

    @property
    def committed(self) -> int:
        """Messages that the collector has committed since this gateway first heard of it."""
        return self._committed - (self._committed_before or 0)

    def hears_collector(self, *, within_s: float) -> bool:
        """Whether a collector tells its status within some seconds; then `publish` keeps step with it."""
        with contextlib.suppress(MqttError):
            self._publisher.wait(lambda: self._committed_before is not None, timeout_s=within_s)
        return self._committed_before is not None

    def publish(self, messages: Iterable[tuple[str, bytes]], *, progress: Callable[[int], None]) -> int:
        """Publish (topic, payload) pairs in order; `progress` is told how many were sent. Return their number.

        Raises
        ------
        GatewayError
            If the broker goes away or stops acknowledging.
        """
        for topic, payload in messages:
            with self._translated("the broker went away"):
                self._publisher.publish(topic, payload)
            self._sent += 1
            if self._publisher.unacknowledged >= IN_FLIGHT:
                self._wait(lambda: self._publisher.unacknowledged < IN_FLIGHT // 2, "the broker stopped acknowledging")
                while self._committed_before is not None and self._sent - self.committed >= LEAD:
                    self._keep_step()
            if self._sent % 500 == 0:
                progress(self._sent)
        self._wait(lambda: self._publisher.unacknowledged == 0, "the broker stopped acknowledging")
        progress(self._sent)
        return self._sent

    def wait_until_committed(self, *, progress: Callable[[int], None]) -> bool:
        """Wait until the collector has committed as many messages as were sent.

        Return False where no collector is heard, or where it makes no progress for a while.
        """
        while self._committed_before is not None and self.committed < self._sent:
            try:
                self._keep_step()
            except GatewayError:
                return False
            progress(self.committed)
        return self._committed_before is not None

    def idle(self, seconds: float) -> None:
        """Keep the connection for a while without sending.

        Raises
        ------
        GatewayError
            If the broker goes away.
        """
        with self._translated("the broker went away"):
            self._publisher.attend(seconds)

    def close(self) -> None:
        """Disconnect; a broker that is gone already is no matter."""
        self._publisher.close()

    def _keep_step(self) -> None:
        before = self._committed
        self._wait(lambda: self._committed != before, "the collector commits nothing")

    def _wait(self, reached: Callable[[], bool], complaint: str) -> None:
        with self._translated(complaint):
            self._publisher.wait(reached, timeout_s=PATIENCE_S)

    @contextlib.contextmanager
    def _translated(self, complaint: str) -> Iterator[None]:
        try:
            yield
        except MqttError as error:
            raise GatewayError(
                f"broker {self._address}: {complaint} ({error}); {self._sent:,} messages sent, {self.committed:,} "
                f"committed; send again from the start, what is stored already stays as it is"
            ) from error

    def _on_status(self, payload: bytes) -> None:
        try:
            status = _decoder.decode(payload)
        except msgspec.DecodeError:  # empty while no collector is connected
            return
        if status.started != self._started:
            self._started = status.started
            self._committed_before = status.committed - self.committed
        self._committed = status.committed
