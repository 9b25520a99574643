"""A gateway: publishes payloads at QoS 1 and waits for the broker's acknowledgements.

It also listens to the collector's status message, so that it never runs further ahead than a broker's queue holds,
and can tell when the collector has committed what it sent.
"""

import json
import select
import time
from collections.abc import Callable, Iterable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from ingestor.collector import status_topic

IN_FLIGHT = 40
LEAD = 20_000
PATIENCE_S = 30.0
CONNECT_S = 15.0


class GatewayError(Exception):
    """The broker or the collector is away: what was sent and what to do."""


class Gateway:
    """One connection to a broker; `collector` is the client id of the collector to keep step with."""

    def __init__(self, *, host: str, port: int, client_id: str, collector: str) -> None:
        """Connect, trying for a while.

        Raises
        ------
        GatewayError
            If the broker cannot be reached.
        """
        self._address = f"{host}:{port}"
        self._in_flight = 0
        self._sent = 0
        self._committed_before: int | None = None
        self._committed = 0
        self._started: float | None = None
        self._subscribed = False
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.on_connect = lambda client, *_: client.subscribe(status_topic(collector), qos=0)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_status
        deadline = time.monotonic() + CONNECT_S
        while not self._connect(host, port):
            if time.monotonic() > deadline:
                raise GatewayError(f"broker {self._address}: cannot be reached; start one with `qingjing run`")
            time.sleep(0.05)
        self._read_until(lambda: self._subscribed, "accepts no subscription")

    def _connect(self, host: str, port: int) -> bool:
        try:
            return self._client.connect(host, port) == MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            return False

    @property
    def committed(self) -> int:
        """Messages that the collector has committed since this gateway first heard of it."""
        return self._committed - (self._committed_before or 0)

    def wait_for_collector(self) -> None:
        """Wait until a collector tells its status.

        Raises
        ------
        GatewayError
            If none does for a while.
        """
        self._read_until(lambda: self._committed_before is not None, "no collector listens there")

    def publish(self, messages: Iterable[tuple[str, bytes]], *, progress: Callable[[int], None]) -> int:
        """Publish (topic, payload) pairs in order; `progress` is told how many were sent. Return their number.

        Raises
        ------
        GatewayError
            If the broker goes away or stops acknowledging.
        """
        for topic, payload in messages:
            if self._in_flight >= IN_FLIGHT:
                self._read_until(lambda: self._in_flight < IN_FLIGHT, "stopped acknowledging")
            while self._committed_before is not None and self._sent - self.committed >= LEAD:
                self._keep_step()
            self._client.publish(topic, payload, qos=1)
            self._in_flight += 1
            self._sent += 1
            if self._sent % 500 == 0:
                progress(self._sent)
        self._read_until(lambda: self._in_flight == 0, "stopped acknowledging")
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

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()

    def _keep_step(self) -> None:
        before = self._committed
        self._read_until(lambda: self._committed != before, "the collector commits nothing")

    def _read_until(self, reached: Callable[[], bool], complaint: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not reached():
            connection = self._client.socket()
            if connection is None:
                raise GatewayError(self._away("connection lost"))
            if select.select([connection], [], [], 0.5)[0]:
                self._client.loop_read()
            if self._client.want_write():
                self._client.loop_write()
            self._client.loop_misc()
            if time.monotonic() > deadline:
                raise GatewayError(self._away(f"{complaint} for {PATIENCE_S:.0f} s"))

    def _away(self, complaint: str) -> str:
        return (
            f"broker {self._address}: {complaint}; {self._sent:,} messages sent, {self.committed:,} committed; "
            f"send again from the start, what is stored already stays as it is"
        )

    def _on_subscribe(self, *_: object) -> None:
        self._subscribed = True

    def _on_publish(self, *_: object) -> None:
        self._in_flight -= 1

    def _on_status(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        status = json.loads(message.payload)
        if status["started"] != self._started:
            self._started = status["started"]
            self._committed_before = status["committed"] - self.committed
        self._committed = status["committed"]
