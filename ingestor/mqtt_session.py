"""The collector's session with the broker: paho-mqtt for the protocol, our own reading of messages.

paho reads a packet with a system call a field and spends 40 microseconds on each; here a PUBLISH is cut out of what
one `recv` brought, in about 2. Everything else (connecting, TLS, authentication, will, subscribing, keep-alive,
reason codes of MQTT 5) is paho's. The two meet at a socket: paho lets a TLS context wrap the socket it has opened,
so `Wrapping` stands there and gives paho a `PacketSocket`, which hands it the packets that are no PUBLISH. What either
side sends goes through the same buffer, whole packets at a time.
"""

import logging
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingestor.config import BrokerSettings
from ingestor.mqtt_socket import LinkError, PacketSocket, Wrapping

log = logging.getLogger(__name__)

QOS_1 = 1
CONNECT_S = 3.0
PUBLISH = 0x30
DUPLICATE = 0x08
PUBACK = b"\x40\x02"

KNOWN_TOPIC_BYTES = 200
KNOWN_TOPICS = 100_000
"""Topics, not longer than that, whose text is remembered; gateways that invent topics must not fill the memory."""
UNREADABLE_TOPIC = "(topic that is no UTF-8)"


class SessionError(Exception):
    """The broker cannot be used: what it said, or which file cannot be read."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message as the broker delivered it; `generation` counts the connections made so far."""

    topic: str
    payload: bytes
    received_at: float
    packet_id: int
    qos: int
    generation: int
    again: bool


class Session:
    """One persistent session; everything happens in the thread that calls."""

    def __init__(
        self,
        broker: BrokerSettings,
        *,
        host: str,
        port: int,
        directory: Path,
        clock: Callable[[], float],
    ) -> None:
        """Prepare; `directory` is that of the configuration, to which names of files are relative."""
        self._broker = broker
        self._host = host
        self._port = port
        self._directory = directory
        self._clock = clock
        self._filters: set[str] = set()
        self._unanswered: set[int] = set()
        self._topics: dict[bytes, str] = {}
        self._in = bytearray()
        self._needed = 0
        self._socket: PacketSocket | None = None
        self._refused: str | None = None
        self._resuming = False
        self.sessions_lost = 0
        self.generation = 0
        self.subscribed = False
        self.address = f"{host}:{port}"
        self.will: tuple[str, bytes] | None = None
        self._client = self._new_client()

    def _new_client(self) -> mqtt.Client:
        version5 = self._broker.protocol == "5"
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._broker.client_id,
            protocol=mqtt.MQTTv5 if version5 else mqtt.MQTTv311,
            clean_session=None if version5 else False,
        )
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_answer
        client.on_unsubscribe = self._on_answer
        client.on_disconnect = self._on_disconnect
        return client

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the connection, and it still stands as far as is known."""
        return self._client.is_connected()

    def connect(self, filters: Iterable[str], *, leave: Iterable[str], resuming: bool = False) -> None:
        """Connect and subscribe to topic filters; unsubscribe from those to `leave`, which the session still has.

        `resuming` tells that the broker should know the session; where it does not, that is said and counted.

        Returns before the broker has answered: `receive` takes its answers.

        Raises
        ------
        SessionError
            If the broker cannot be reached, or a file of secrets or certificates cannot be read.
        """
        self.generation += 1  # what the old connection delivered is never acknowledged on this one
        self.subscribed = False
        self._filters, self._leave = set(filters), set(leave)
        self._in.clear()
        self._needed = 0
        self._refused = None
        self._resuming = self._resuming or resuming
        self._drop()
        self._client = self._new_client()
        try:
            self._client.connect_timeout = CONNECT_S
            self._prepare(self._client)
            if self._broker.protocol == "5":
                properties = Properties(PacketTypes.CONNECT)
                properties.SessionExpiryInterval = self._broker.session_expiry_s
                properties.ReceiveMaximum = self._broker.receive_maximum
                self._client.connect(
                    self._host, self._port, self._broker.keepalive_s, clean_start=False, properties=properties
                )
            else:
                self._client.connect(self._host, self._port, self._broker.keepalive_s)
        except (OSError, ValueError) as error:
            self._client.disconnect()
            self._drop()
            raise SessionError(f"broker {self.address}: cannot be reached ({error})") from error
        assert isinstance(self._socket, PacketSocket)

    def _prepare(self, client: mqtt.Client) -> None:
        broker = self._broker
        name = broker.username or (self._secret(broker.username_file) if broker.username_file else None)
        if name is not None:
            client.username_pw_set(name, self._secret(broker.password_file) if broker.password_file else None)
        client.tls_set_context(Wrapping(self._tls_context(), self._keep))  # type: ignore[arg-type]  # stands for one
        if self.will is not None:
            client.will_set(self.will[0], self.will[1], qos=0, retain=True)

    def _secret(self, name: str) -> str:
        return (self._directory / name).read_text(encoding="utf-8").rstrip("\r\n")

    def _tls_context(self) -> ssl.SSLContext | None:
        tls = self._broker.tls
        if tls is None:
            return None
        context = ssl.create_default_context(cafile=self._file(tls.ca_file) if tls.ca_file else None)
        if tls.cert_file is not None:
            key = self._file(tls.key_file) if tls.key_file else None
            context.load_cert_chain(self._file(tls.cert_file), key, password="")  # never ask on a terminal
        return context

    def _file(self, name: str) -> str:
        """Path of a file that can be read; OpenSSL would not name the one that cannot."""
        path = self._directory / name
        path.open("rb").close()
        return str(path)

    def _keep(self, connection: PacketSocket) -> None:
        self._socket = connection

    def _drop(self) -> None:
        """Close the socket: paho does not where the handshake failed."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def receive(self, into: list[Message], *, most: int, most_bytes: int, wait_s: float) -> None:
        """Append what the broker has sent to `into`, up to about so many messages and bytes.

        Waits `wait_s` where there is nothing; ends where there is no more, so that groups grow with the load by
        themselves. Answers of the broker that are no messages are dealt with on the way.

        Raises
        ------
        SessionError
            If the connection is lost, or the broker breaks the protocol or refuses something.
        """
        first, size = len(into), 0
        with self._translated():
            while len(into) < most and size < most_bytes:
                connection = self._live()
                if not connection.readable(0.0 if len(into) > first else wait_s):
                    break
                before = len(into)
                self._in += connection.take()
                if len(self._in) >= self._needed:
                    self._cut(into)
                size += sum([len(message.payload) for message in into[before:]])
                wait_s = 0.0
        self.tend()

    def tend(self) -> None:
        """Send what is due: answers, keep-alive.

        Raises
        ------
        SessionError
            As `receive`.
        """
        self._client.loop_misc()
        if self._client.want_write():
            self._client.loop_write()
        with self._translated():
            self._live().flush()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except LinkError as error:
            raise SessionError(f"broker {self.address}: {error}") from error

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Acknowledge messages of this connection; those of earlier ones the broker sends again."""
        if self._socket is None or not self._client.is_connected():
            return
        generation = self.generation
        self._socket.send(
            b"".join(
                [
                    PUBACK + message.packet_id.to_bytes(2, "big")
                    for message in messages
                    if message.qos and message.generation == generation
                ]
            )
        )

    def tell(self, topic: str, payload: bytes) -> None:
        """Publish a retained message at QoS 0, where connected."""
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=0, retain=True)

    def change_filters(self, filters: Iterable[str]) -> None:
        """Subscribe to topic filters in place of the present ones, on the connection that stands."""
        new = set(filters)
        self.subscribed = False
        self._leave, self._filters = self._filters - new, new
        if self._client.is_connected():
            self._subscribe()

    def close(self) -> None:
        """Send what is due, and disconnect in an orderly way."""
        self._client.disconnect()
        if self._socket is not None:
            if self._client.want_write():
                self._client.loop_write()
            self._socket.finish()
            self._socket.close()
            self._socket = None

    def _live(self) -> PacketSocket:
        """The socket, while paho holds the connection open."""
        if self._refused is not None or self._socket is None or self._client.socket() is None:
            raise LinkError(self._refused or "connection lost")
        return self._socket

    def _cut(self, into: list[Message]) -> None:
        """Cut whole packets out of what has come: messages go to `into`, everything else to paho."""
        data = bytes(self._in)
        at, n = 0, len(data)
        received_at, generation, topics = self._clock(), self.generation, self._topics
        version5 = self._broker.protocol == "5"
        while True:
            start = at + 2
            if start > n:
                self._needed = 2
                break
            length = data[at + 1]
            if length > 127:
                if start < n and data[start] < 128:  # two bytes, as most readings have
                    length, start = length & 127 | data[start] << 7, start + 1
                else:
                    length, start = _long_length(data, at + 1)
                if not start:
                    self._needed = n - at + 1
                    break
            end = start + length
            if end > n:
                self._needed = end - at
                break
            first = data[at]
            if first & 0xF0 != PUBLISH:
                self._hand_over(data[at:end])
            else:
                body = start + 2 + (data[start] << 8 | data[start + 1]) if length >= 2 else n + 1
                qos = first >> 1 & 3
                after = body + 2 if qos else body
                if after > end or qos > QOS_1:
                    raise LinkError("the broker broke the protocol with a PUBLISH that cannot be")
                name = data[start + 2 : body]
                topic = topics.get(name) or self._topic(name)
                packet_id = data[body] << 8 | data[body + 1] if qos else 0
                if version5:
                    after = _after_properties(data, after, end)
                again = bool(first & DUPLICATE)
                into.append(Message(topic, data[after:end], received_at, packet_id, qos, generation, again))
            at = end
        del self._in[:at]

    def _topic(self, name: bytes) -> str:
        """Text of a topic, remembered."""
        if len(self._topics) >= KNOWN_TOPICS:
            self._topics.clear()
        try:
            topic = name.decode()
        except UnicodeDecodeError:
            return UNREADABLE_TOPIC
        if len(name) <= KNOWN_TOPIC_BYTES:
            self._topics[name] = topic
        return topic

    def _hand_over(self, packet: bytes) -> None:
        self._live().given += packet
        self._client.loop_read()

    def _on_connect(
        self, _client: mqtt.Client, _user: object, flags: mqtt.ConnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self._refused = f"connection refused: {reason}"
            return
        log.info("broker %s: connected, session %s", self.address, "resumed" if flags.session_present else "new")
        if self._resuming and not flags.session_present:
            self.sessions_lost += 1
            log.warning(
                "broker %s: it has forgotten our session, and with it what it may have kept for us; see docs/broker.md",
                self.address,
            )
        self._resuming = True
        self._subscribe()

    def _subscribe(self) -> None:
        self._unanswered.clear()
        if not self._filters:
            return
        if self._broker.protocol == "5":
            chosen: list[Any] = [(name, SubscribeOptions(qos=QOS_1)) for name in sorted(self._filters)]
        else:
            chosen = [(name, QOS_1) for name in sorted(self._filters)]
        self._expect(self._client.subscribe(chosen)[1])
        if self._leave:
            self._expect(self._client.unsubscribe(sorted(self._leave))[1])

    def _expect(self, packet_id: int | None) -> None:
        if packet_id is not None:
            self._unanswered.add(packet_id)

    def _on_answer(
        self, _client: mqtt.Client, _user: object, packet_id: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        for reason in reasons:
            if reason.is_failure and reason.packetType == PacketTypes.SUBACK:
                self._refused = f"a subscription of {', '.join(sorted(self._filters))} was refused: {reason}"
        self._unanswered.discard(packet_id)
        if not self._unanswered and self._refused is None:
            self.subscribed = True

    def _on_disconnect(
        self, _client: mqtt.Client, _user: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure and self._refused is None:
            self._refused = f"connection lost: {reason}"


def _long_length(data: bytes, at: int) -> tuple[int, int]:
    """Value of a variable length of more than a byte and where it ends; 0 as the end where it is not all there."""
    length = shift = 0
    for i in range(at, min(at + 4, len(data))):
        length |= (data[i] & 127) << shift
        shift += 7
        if data[i] < 128:
            return length, i + 1
    if len(data) >= at + 4:
        raise LinkError("the broker broke the protocol with a length of more than four bytes")
    return 0, 0


def _after_properties(data: bytes, at: int, end: int) -> int:
    """Where the payload of an MQTT 5 PUBLISH begins."""
    length = shift = 0
    for i in range(at, min(at + 4, end)):
        length |= (data[i] & 127) << shift
        shift += 7
        if data[i] < 128:
            if i + 1 + length > end:
                break
            return i + 1 + length
    raise LinkError("the broker broke the protocol with properties longer than their packet")
