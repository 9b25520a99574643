"""A lean MQTT 3.1.1 client that does one thing: publish many messages at QoS 1, and listen to one topic at QoS 0.

Why not paho here: a gateway that replays a year is a load generator, and paho spends 130 to 240 microseconds of CPU a
published message (properties and reason codes for every PUBACK), this about 5. The collector uses paho.
"""

import contextlib
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14
KEEPALIVE_S = 60
FLUSH_BYTES = 32_768
RECEIVE_BYTES = 65_536


class MqttError(Exception):
    """The broker refused, closed the connection, or broke the protocol."""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """How a broker that does not take everybody is entered; without `tls` the connection is plain."""

    username: str | None = None
    password: str | None = None
    tls: ssl.SSLContext | None = None


ANONYMOUS = Login()


class Publisher:
    """One connection. `unacknowledged` counts the messages that the broker has not acknowledged yet."""

    def __init__(self, host: str, port: int, *, client_id: str, timeout_s: float, login: Login = ANONYMOUS) -> None:
        """Connect.

        Raises
        ------
        OSError
            If the broker cannot be reached, or its certificate is not to be trusted.
        MqttError
            If it refuses.
        """
        self.unacknowledged = 0
        self._packet_id = 0
        self._out = bytearray()
        self._in = bytearray()
        self._listener: Callable[[bytes], None] = lambda _: None
        self._subscribed = False
        self._last_sent_at = time.monotonic()
        self._socket = socket.create_connection((host, port), timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if login.tls is not None:
            self._socket = login.tls.wrap_socket(self._socket, server_hostname=host)
        given = [each for each in (login.username, login.password) if each is not None]
        flags = 0x02 | (0x80 if login.username is not None else 0) | (0x40 if login.password is not None else 0)
        header = b"\0\4MQTT\4" + struct.pack("!BH", flags, KEEPALIVE_S)  # level 4, clean session
        self._put(CONNECT << 4, header + b"".join(text(each) for each in (client_id, *given)))
        self._connected = False
        try:
            self.wait(lambda: self._connected, timeout_s=timeout_s)
        except MqttError:
            self._socket.close()
            raise

    def listen(self, topic: str, listener: Callable[[bytes], None], *, timeout_s: float) -> None:
        """Subscribe to a topic and call `listener` with each payload, from inside `wait`."""
        self._listener = listener
        name = topic.encode()
        self._put(SUBSCRIBE << 4 | 2, self._next_id() + struct.pack("!H", len(name)) + name + b"\0")
        self.wait(lambda: self._subscribed, timeout_s=timeout_s)

    def publish(self, topic: str, payload: bytes) -> None:
        """Queue a message at QoS 1; it is sent when the queue is long enough, or by `wait`."""
        name = topic.encode()
        self._put(PUBLISH << 4 | 2, struct.pack("!H", len(name)) + name + self._next_id() + payload)
        self.unacknowledged += 1
        if len(self._out) >= FLUSH_BYTES:
            self._flush()

    def wait(self, reached: Callable[[], bool], *, timeout_s: float) -> None:
        """Send what is queued and take what the broker sends until `reached`.

        Raises
        ------
        MqttError
            If it is not reached in time, or the connection ends.
        """
        self._flush()
        deadline = time.monotonic() + timeout_s
        while not reached():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise MqttError(f"nothing came for {timeout_s:.0f} s")
            self._turn(left_s)

    def attend(self, seconds: float) -> None:
        """Send what is queued, and take what the broker sends for so long; keeps the connection.

        Raises
        ------
        MqttError
            If the connection ends.
        """
        self._flush()
        end = time.monotonic() + seconds
        while (left_s := end - time.monotonic()) > 0:
            self._turn(left_s)

    def close(self) -> None:
        """Disconnect; what is queued is sent where the broker is still there."""
        with contextlib.suppress(MqttError):
            self._put(DISCONNECT << 4, b"")
            self._flush()
        self._socket.close()

    def _turn(self, most_s: float) -> None:
        """Wait for the broker, a second or `most_s` at most, and take what it sends."""
        if time.monotonic() - self._last_sent_at > KEEPALIVE_S / 2:
            self._put(PINGREQ << 4, b"")
            self._flush()
        if self._pending() or select.select([self._socket], [], [], min(most_s, 1.0))[0]:
            self._receive()

    def _pending(self) -> bool:
        """Whether TLS has already read what `select` will not tell of."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _next_id(self) -> bytes:
        self._packet_id = self._packet_id % 65_535 + 1
        return struct.pack("!H", self._packet_id)

    def _put(self, first: int, body: bytes) -> None:
        self._out += packet(first, body)

    def _flush(self) -> None:
        if not self._out:
            return
        try:
            self._socket.sendall(self._out)
        except OSError as error:
            raise MqttError(f"connection lost: {error}") from error
        self._out.clear()
        self._last_sent_at = time.monotonic()

    def _receive(self) -> None:
        try:
            received = self._socket.recv(RECEIVE_BYTES)
        except OSError as error:
            raise MqttError(f"connection lost: {error}") from error
        if not received:
            raise MqttError("connection closed by the broker")
        self._in += received
        taken = 0
        while (found := packet_at(self._in, taken)) is not None:
            kind, start, end = found
            self._take(kind, self._in[start:end])
            taken = end
        del self._in[:taken]

    def _take(self, first: int, body: bytearray) -> None:
        kind = first >> 4
        if kind == PUBACK:
            self.unacknowledged -= 1
        elif kind == PUBLISH:
            self._listener(bytes(body[2 + int.from_bytes(body[:2], "big") :]))
        elif kind == CONNACK:
            if body[1]:
                raise MqttError(f"connection refused with code {body[1]}")
            self._connected = True
        elif kind == SUBACK:
            if body[-1] >= 128:
                raise MqttError("subscription refused")
            self._subscribed = True


def packet(first: int, body: bytes) -> bytes:
    """Return a packet of MQTT: its first byte, the length of the body, the body."""
    head = bytearray((first,))
    length = len(body)
    while length >= 128:
        head.append(length % 128 | 128)
        length //= 128
    head.append(length)
    return bytes(head) + body


def packet_at(received: bytearray, at: int) -> tuple[int, int, int] | None:
    """First byte, start and end of the body of the packet at an offset; None where it is not all there."""
    length = shift = 0
    for i in range(at + 1, min(at + 5, len(received))):
        length |= (received[i] & 127) << shift
        shift += 7
        if received[i] < 128:
            end = i + 1 + length
            return (received[at], i + 1, end) if end <= len(received) else None
    return None


def text(value: str) -> bytes:
    """Return a text as MQTT writes it: its length in two bytes, then UTF-8."""
    encoded = value.encode()
    return struct.pack("!H", len(encoded)) + encoded


def login_from(username: str | None, password_file: Path | None, ca_file: Path | None) -> Login:
    """Return how to enter a broker; a `ca_file` turns TLS on.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    password = None if password_file is None else password_file.read_text(encoding="utf-8").rstrip("\r\n")
    tls = None if ca_file is None else ssl.create_default_context(cafile=ca_file)
    return Login(username=username, password=password, tls=tls)
