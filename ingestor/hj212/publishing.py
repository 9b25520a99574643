"""Messages to the broker at QoS 1, over connections that come and go; for asyncio.

MQTT 5 where the broker speaks it: it says of each message whether it may be written and whether anybody has subscribed
to it. MQTT 3.1.1 acknowledges messages that nobody will ever get.
"""

import asyncio
import logging
import struct
import time
from typing import Final

from ingestor.hj212.counts import Complaints, Counts
from ingestor.mqtt_publisher import (
    ANONYMOUS,
    CONNACK,
    CONNECT,
    DISCONNECT,
    KEEPALIVE_S,
    PINGREQ,
    PUBACK,
    PUBLISH,
    RECEIVE_BYTES,
    Login,
    MqttError,
    packet,
    packet_at,
    text,
)

log = logging.getLogger(__name__)

CONNECT_S: Final = 15.0
ACKNOWLEDGE_S: Final = 30.0
"""A broker that leaves a message unacknowledged for so long is given up."""
IN_FLIGHT: Final = 100
"""Messages on their way at most, or fewer if the broker says so; rumqttd takes no more."""
RETRY_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses before the next try to connect; the last for all further ones."""
HOLD_S: Final = 2.0
"""Pause before a message that the broker did not take is sent again."""
_RECEIVE_MAXIMUM: Final = 0x21
_USER_PROPERTY: Final = 0x26
_NO_SUBSCRIBER: Final = 0x10
_WIDTHS: Final = {0x11: 4, 0x13: 2, 0x21: 2, 0x22: 2, 0x24: 1, 0x25: 1, 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1}
"""Bytes of the properties of CONNACK that are numbers (MQTT 5.0, 2.2.2.2)."""


class Publisher:
    """Publishes while `run` runs; what a lost connection left unacknowledged is sent again."""

    def __init__(
        self, host: str, port: int, *, client_id: str, counts: Counts, complaints: Complaints, login: Login = ANONYMOUS
    ) -> None:
        self._host, self._port, self._client_id, self._login = host, port, client_id, login
        self._counts, self._complaints = counts, complaints
        self._level = 5
        self._up = asyncio.Event()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: dict[int, tuple[asyncio.Future[int | None], float]] = {}
        self._packet_id = 0

    async def publish(self, topic: str, payload: bytes) -> None:
        """Return when the broker has acknowledged the message and, as far as it tells, somebody will get it.

        Waits for a broker that is away for as long as it takes.
        """
        while True:
            await self._up.wait()
            slots = self._slots
            async with slots:
                reason = await self._send(topic, payload) if slots is self._slots and self._up.is_set() else None
            if reason is None:
                continue
            if reason == 0:
                self._counts.published += 1
                return
            self._counts.held += 1
            why = "nobody has subscribed to it" if reason == _NO_SUBSCRIBER else f"it refused it with {reason:#04x}"
            self._complaints.say("held", f"{self._address}: a message to {topic} is held back, {why}; trying again")
            await asyncio.sleep(HOLD_S)

    async def run(self) -> None:
        """Connect, and again whenever the connection ends, until this is cancelled."""
        tries = 0
        while True:
            try:
                await self._attend()
            except (OSError, MqttError, TimeoutError) as error:
                self._counts.reconnects += self._up.is_set()
                self._complaints.say("broker", f"{self._address}: {error or 'did not answer in time'}; trying again")
            finally:
                tries = 0 if self._up.is_set() else tries + 1
                self._hang_up()
            await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])

    @property
    def _address(self) -> str:
        return f"broker {self._host}:{self._port}"

    def _hang_up(self) -> None:
        self._up.clear()
        self._counts.broker_connected = False
        for future, _ in self._waiting.values():
            if not future.done():
                future.set_result(None)
        if self._writer is not None:
            self._writer.write(packet(DISCONNECT << 4, b""))
            self._writer.close()
            self._writer = None

    async def _send(self, topic: str, payload: bytes) -> int | None:
        """Return the broker's reason code, None if the connection ended before it came."""
        assert self._writer is not None
        self._packet_id = self._packet_id % 65_535 + 1
        packet_id = self._packet_id
        future: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._waiting[packet_id] = future, time.monotonic()
        properties = b"\0" if self._level == 5 else b""
        self._writer.write(packet(PUBLISH << 4 | 2, text(topic) + struct.pack("!H", packet_id) + properties + payload))
        try:
            return await future
        finally:
            del self._waiting[packet_id]

    async def _attend(self) -> None:
        """Hold one connection until it ends, which is an error."""
        tls = self._login.tls
        async with asyncio.timeout(CONNECT_S):
            reader, self._writer = await asyncio.open_connection(
                self._host, self._port, ssl=tls, server_hostname=None if tls is None else self._host
            )
            self._writer.write(self._hello())
            received = bytearray()
            while (found := packet_at(received, 0)) is None:
                more = await reader.read(RECEIVE_BYTES)
                if not more:
                    self._level = 9 - self._level  # 3.1.1 is level 4: some brokers hang up on a level unknown to them
                    raise MqttError("closed the connection at once")
                received += more
        self._welcome(found[0], bytes(received[found[1] : found[2]]))
        del received[: found[2]]
        silent = False
        while True:
            self._take(received)
            try:
                async with asyncio.timeout(KEEPALIVE_S / 3):
                    more = await reader.read(RECEIVE_BYTES)
            except TimeoutError:
                if silent:
                    raise MqttError("says nothing any more") from None
                silent = True
                self._writer.write(packet(PINGREQ << 4, b""))
                continue
            if not more:
                raise MqttError("closed the connection")
            silent = False
            received += more
            oldest = next(iter(self._waiting.values()), None)
            if oldest is not None and time.monotonic() - oldest[1] > ACKNOWLEDGE_S:
                raise MqttError(f"has left a message unacknowledged for {ACKNOWLEDGE_S:.0f} s")

    def _hello(self) -> bytes:
        login = self._login
        given = [each for each in (login.username, login.password) if each is not None]
        flags = 0x02 | (0x80 if login.username is not None else 0) | (0x40 if login.password is not None else 0)
        header = b"\0\4MQTT" + struct.pack("!BBH", self._level, flags, KEEPALIVE_S)
        properties = b"\0" if self._level == 5 else b""
        return packet(CONNECT << 4, header + properties + b"".join(text(each) for each in (self._client_id, *given)))

    def _welcome(self, first: int, body: bytes) -> None:
        if first >> 4 != CONNACK or len(body) < 2:
            raise MqttError("broke the protocol: expected CONNACK")
        if body[1]:
            if body[1] in {0x01, 0x84}:
                self._level = 9 - self._level
            raise MqttError(f"refused the connection with code {body[1]:#04x}")
        most = _receive_maximum(body[2:]) if self._level == 5 else IN_FLIGHT
        self._slots = asyncio.Semaphore(min(IN_FLIGHT, most))
        self._up.set()
        self._counts.broker_connected = True
        log.info("%s: connected by MQTT %s", self._address, "5" if self._level == 5 else "3.1.1")

    def _take(self, received: bytearray) -> None:
        taken = 0
        while (found := packet_at(received, taken)) is not None:
            first, start, taken = found
            if first >> 4 == PUBACK:
                waiting = self._waiting.get(int.from_bytes(received[start : start + 2], "big"))
                if waiting is not None and not waiting[0].done():
                    waiting[0].set_result(received[start + 2] if taken - start > 2 else 0)
            elif first >> 4 == DISCONNECT:
                code = received[start] if taken > start else 0
                raise MqttError(f"ended the connection with reason {code:#04x}")
        del received[:taken]


def _receive_maximum(properties: bytes) -> int:
    """What the properties of CONNACK allow to be unacknowledged; 65,535 if they do not say."""
    at = 1 if properties and properties[0] < 128 else 2
    while at < len(properties):
        kind = properties[at]
        if kind in _WIDTHS:
            end = at + 1 + _WIDTHS[kind]
            if kind == _RECEIVE_MAXIMUM:
                return int.from_bytes(properties[at + 1 : end], "big")
            at = end
        else:
            for _ in range(2 if kind == _USER_PROPERTY else 1):
                at += 2 + int.from_bytes(properties[at + 1 : at + 3], "big")
            at += 1
    return 65_535
