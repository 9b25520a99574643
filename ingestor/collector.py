"""The collector: takes messages from the broker, decodes them, commits them in groups, then acknowledges.

A message is acknowledged only after `Intake.commit` has returned. If that fails, nothing is acknowledged and
the same group is tried again; the broker keeps the rest. After a reconnect the broker sends unacknowledged
messages again; packet ids of the old connection are then never acknowledged.
"""

import logging
import select
import threading
import time
from collections.abc import Callable

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from ingestor.config import Config
from ingestor.store import Arrival, Intake, StoreError
from sensors.decoders import DIALECTS, Context
from sensors.errors import printable
from sensors.reading import Decoded, Refusal
from sensors.sources import Source

log = logging.getLogger(__name__)

KEEPALIVE_S = 60
STATUS_EVERY_S = 0.25
IDLE_WAIT_S = 0.1
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 10.0
"""A connection that has lasted this long makes the pauses before the next one short again."""
LINGER_S = 8.0
QUIET_S = 0.5
GROUP_BYTES = 32 * 2**20
DRAIN_READINGS = 10_000
DRAIN_AFTER_S = 1.0

KNOWN_TOPICS = 100_000
"""Topics whose source is remembered; gateways that invent topics must not fill the memory."""
UNREADABLE_TOPIC = "(topic that is no UTF-8)"


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message as the broker delivered it; `generation` counts the connections made so far."""

    topic: str
    payload: bytes
    received_at: float
    packet_id: int
    qos: int
    generation: int


class Status(msgspec.Struct, frozen=True):
    """What a collector tells about itself: when it started, and how many messages it has committed since."""

    started: float
    committed: int


class Pause:
    """Growing pauses before the next try."""

    def __init__(self) -> None:
        self._next_s = FIRST_PAUSE_S

    def next_s(self) -> float:
        """Return how long to wait now; the next one is twice as long, up to LONGEST_PAUSE_S. [s]"""
        pause_s = self._next_s
        self._next_s = min(2 * pause_s, LONGEST_PAUSE_S)
        return pause_s

    def reset(self) -> None:
        """Start again with the shortest pause."""
        self._next_s = FIRST_PAUSE_S


class Decoding:
    """From messages to arrivals: finds the source of a topic and calls its dialect."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._matchers = [(source, source.matcher()) for source in config.sources]
        self._by_topic: dict[str, tuple[Source, Context] | None] = {}

    def arrival(self, topic: str, payload: bytes, received_at: float) -> Arrival:
        """Return what becomes of a message; never raises."""
        found = self._by_topic[topic] if topic in self._by_topic else self._find(topic)
        if found is None:
            refusal = Refusal("unknown_topic", "topic: expected one that a source of config/sources.toml takes")
            return Arrival("", topic, received_at, payload, [], [refusal])
        source, context = found
        if len(payload) > source.max_payload_bytes:
            refusal = Refusal(
                "too_large", f"payload: expected at most {source.max_payload_bytes} bytes, got {len(payload)}"
            )
            return Arrival(source.name, topic, received_at, payload, [], [refusal])
        try:
            decoded = DIALECTS[source.dialect](payload, received_at, context)
        except Exception as error:  # whatever a payload does to a decoder, the message is kept
            log.exception("source %s: the decoder failed; the message goes to quarantine", source.name)
            decoded = Decoded([], [Refusal("internal", f"decoder: {type(error).__name__}")])
        return Arrival(source.name, topic, received_at, payload, decoded.readings, decoded.refusals)

    def _find(self, topic: str) -> tuple[Source, Context] | None:
        """Find the source of a topic, and remember it."""
        if len(self._by_topic) >= KNOWN_TOPICS:
            self._by_topic.clear()
        found = None
        for source, captures_of in self._matchers:
            captures = captures_of(topic)
            if captures is not None:
                found = (source, self._context(source, captures))
                break
        self._by_topic[topic] = found
        return found

    def _context(self, source: Source, captures: dict[str, str]) -> Context:
        return Context(
            medium=captures.get("medium", source.medium),
            station=captures.get("station"),
            max_ahead_s=source.max_ahead_s,
            not_before=self._config.start_of(source.not_before),
            offset_s=self._config.offset_s,
            quantities=self._config.quantities,
            register=self._config.register,
        )


class Collector:
    """One persistent session with a broker; `run` works in the calling thread until told to stop."""

    def __init__(self, config: Config, intake: Intake, *, host: str, port: int, clock: Callable[[], float] = time.time):
        self._config = config
        self._intake = intake
        self._address = (host, port)
        self._clock = clock
        self._decoding = Decoding(config)
        self._pending: list[Message] = []
        self._generation = 0
        self._connected_at = 0.0
        self._committed = 0
        self._started = clock()
        self._status_at = 0.0
        self._status_told = -1
        self._drained_at = time.monotonic()
        broker = config.settings.broker
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=broker.client_id, clean_session=False, manual_ack=True
        )
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self.status_topic = status_topic(broker.client_id)
        self._client.will_set(self.status_topic, b"", qos=0, retain=True)

    def run(self, stop: threading.Event, *, linger: Callable[[], bool] = lambda: False) -> None:
        """Collect until `stop` is set; then commit and acknowledge what has arrived, and disconnect.

        Where `linger` then says so, it goes on until the broker sends nothing more, at most LINGER_S: a broker that
        ends with us would forget what it has acknowledged to gateways. A broker that cannot be reached, or a store
        that fails, is tried again for ever, with growing pauses.
        """
        broker_pause, store_pause = Pause(), Pause()
        while not stop.is_set():
            if self._client.socket() is None:
                if self._generation:
                    stop.wait(broker_pause.next_s())
                if not self._connect():
                    continue
            self._read()
            if self._commit():
                store_pause.reset()
                if self._connected_for_s() > STEADY_S:
                    broker_pause.reset()
            else:
                stop.wait(store_pause.next_s())
            self._drain()
            self._tell_status()
        deadline = time.monotonic() + LINGER_S
        while linger() and self._client.is_connected() and time.monotonic() < deadline:
            self._read(wait_s=QUIET_S)
            if not self._pending or not self._commit():
                break
        self._commit()
        self._drain(at_once=True)
        self._client.publish(self.status_topic, b"", qos=0, retain=True)
        self._client.disconnect()

    def _connect(self) -> bool:
        self._generation += 1  # what the old connection delivered is never acknowledged on this one
        self._connected_at = time.monotonic()
        try:
            self._client.connect(*self._address, keepalive=KEEPALIVE_S)
        except (OSError, ValueError) as error:
            log.warning("broker %s:%d: cannot be reached (%s); trying again", *self._address, error)
            return False
        return True

    def _connected_for_s(self) -> float:
        return time.monotonic() - self._connected_at if self._client.is_connected() else 0.0

    def _on_connect(
        self, client: mqtt.Client, _user: object, flags: mqtt.ConnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            log.error("broker %s:%d: connection refused: %s", *self._address, reason)
            return
        log.info("broker %s:%d: connected, session %s", *self._address, "resumed" if flags.session_present else "new")
        client.subscribe([(source.subscription, 1) for source in self._config.sources])

    def _on_subscribe(
        self, client: mqtt.Client, _user: object, _mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        for source, reason in zip(self._config.sources, reasons, strict=False):
            if reason.is_failure:
                log.error("source %s: subscription %s refused: %s", source.name, source.subscription, reason)
                client.disconnect()
                return
        self._status_told = -1

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = UNREADABLE_TOPIC
        self._pending.append(
            Message(topic, bytes(message.payload), self._clock(), message.mid, message.qos, self._generation)
        )

    def _read(self, *, wait_s: float = IDLE_WAIT_S) -> None:
        """Read what the broker has sent, up to a group; wait `wait_s` where there is nothing.

        A group ends where the socket is empty: while it is committed the next one gathers, so that groups grow
        with the load by themselves and a lone message is not kept waiting.
        """
        size = 0
        while len(self._pending) < self._config.settings.collector.group_messages and size < GROUP_BYTES:
            connection = self._client.socket()
            if connection is None or not select.select([connection], [], [], 0.0 if self._pending else wait_s)[0]:
                break
            before = len(self._pending)
            if self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                log.warning("broker %s:%d: connection lost; connecting again", *self._address)
                break
            size += sum(len(message.payload) for message in self._pending[before:])
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()

    def _commit(self) -> bool:
        """Commit the pending group and acknowledge it; on failure keep it. Whether it is done."""
        group = self._pending
        if not group:
            return True
        arrivals = [self._decoding.arrival(m.topic, m.payload, m.received_at) for m in group]
        try:
            self._intake.commit(arrivals)
        except StoreError as error:
            log.error("%s; not acknowledged, trying again", error)
            return False
        self._pending = []
        self._committed += len(group)
        for arrival in arrivals:
            if arrival.refusals:
                log.warning("quarantined: %s: %s", printable(arrival.topic), arrival.refusals[0].code)
        for message in group:
            if message.qos and message.generation == self._generation and self._client.is_connected():
                self._client.ack(message.packet_id, message.qos)
        return True

    def _drain(self, *, at_once: bool = False) -> None:
        """Drain the outbox where it is long or old; what cannot be drained stays there."""
        now = time.monotonic()
        waiting = self._intake.undrained
        if not waiting:
            self._drained_at = now
        elif at_once or waiting >= DRAIN_READINGS or now - self._drained_at >= DRAIN_AFTER_S:
            self._drained_at = now
            try:
                self._intake.drain()
            except StoreError as error:
                log.error("%s; trying again", error)

    def _tell_status(self) -> None:
        now = time.monotonic()
        if self._committed == self._status_told or now - self._status_at < STATUS_EVERY_S:
            return
        if self._client.is_connected():
            status = msgspec.json.encode(Status(self._started, self._committed))
            self._client.publish(self.status_topic, status, qos=0, retain=True)
            self._status_at, self._status_told = now, self._committed


def status_topic(client_id: str) -> str:
    """Topic of the retained status message of a collector: when it started, how many messages it has committed.

    Empty while no collector is connected.
    """
    return f"qingjing/{client_id}/status"
