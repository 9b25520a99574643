"""The session's own reading of packets, from a broker that sends what a test wants, in the pieces that it wants."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import pytest

from ingestor.config import Config, TlsSettings
from ingestor.mqtt_session import UNREADABLE_TOPIC, Message, Session, SessionError
from tests.support import FalseBroker, wait_for

TOPIC = "env/v1/air/sz-a01"
CONNACK = {"3.1.1": b"\x20\x02\x00\x00", "5": b"\x20\x03\x00\x00\x00"}
PINGRESP = b"\xd0\x00"


def length(number: int) -> bytes:
    """A number as MQTT's variable length."""
    coded = b""
    while number > 127:
        coded += bytes([number % 128 | 128])
        number //= 128
    return coded + bytes([number])


def publish(
    body: bytes, *, topic: bytes = TOPIC.encode(), packet_id: int = 1, qos: int = 1, properties: bytes | None = None
) -> bytes:
    """A PUBLISH; with `properties` one of MQTT 5."""
    rest = struct.pack("!H", len(topic)) + topic
    if qos:
        rest += struct.pack("!H", packet_id)
    if properties is not None:
        rest += length(len(properties)) + properties
    rest += body
    return bytes([0x30 | qos << 1]) + length(len(rest)) + rest


class Answers:
    """What a false broker does on each connection: take CONNECT, send CONNACK and `pieces`, keep what comes.

    Each piece is sent only after the session has taken the one before: `taken` is to be called then.
    """

    def __init__(self, *pieces: bytes, protocol: str = "3.1.1") -> None:
        self.received = bytearray()
        self._pieces = (CONNACK[protocol], *pieces)
        self._taken = threading.Semaphore(1)

    def taken(self) -> None:
        """Let the next piece be sent."""
        self._taken.release()

    def __call__(self, connection: socket.socket, _number: int) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in self._pieces:
            if not self._taken.acquire(timeout=10):
                return
            connection.sendall(piece)
        with suppress(TimeoutError):
            while data := connection.recv(65_536):
                self.received += data


def new_session(given: Config, port: int, **settings: Any) -> Session:
    broker = msgspec.structs.replace(given.settings.broker, **settings)
    return Session(broker, host="127.0.0.1", port=port, directory=given.directory, clock=lambda: 7.0)


@contextmanager
def connected(given: Config, answer: Callable[[socket.socket, int], None], **settings: Any) -> Iterator[Session]:
    """A session with a false broker."""
    listener = FalseBroker(answer)
    session = new_session(given, listener.port, **settings)
    try:
        session.connect({"env/#"}, leave=())
        yield session
    finally:
        session.close()
        listener.close()


def received(session: Session, answers: Answers, *, count: int, timeout_s: float = 30) -> list[Message]:
    """The first messages of a session, taken piece by piece."""
    messages: list[Message] = []
    deadline = time.monotonic() + timeout_s
    while len(messages) < count:
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {count} messages"
        session.receive(messages, most=10_000, most_bytes=2**24, wait_s=0.02)
        answers.taken()
    return messages


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_session_puts_together_a_publish_that_comes_byte_by_byte(protocol: str, shipped: Config) -> None:
    packet = publish(b"x" * 130, packet_id=300, properties=b"" if protocol == "5" else None)
    answers = Answers(*[bytes([byte]) for byte in packet], protocol=protocol)
    with connected(shipped, answers, protocol=protocol) as session:
        (message,) = received(session, answers, count=1)
    assert (message.topic, message.payload, message.packet_id) == (TOPIC, b"x" * 130, 300)


@pytest.mark.parametrize("cut", range(1, 30))
def test_session_puts_together_two_publishes_cut_anywhere(cut: int, shipped: Config) -> None:
    packets = publish(b"one", packet_id=1) + publish(b"two", packet_id=2)
    answers = Answers(packets[:cut], packets[cut:])
    with connected(shipped, answers) as session:
        messages = received(session, answers, count=2)
    assert [(m.payload, m.packet_id) for m in messages] == [(b"one", 1), (b"two", 2)]


def test_session_takes_all_publishes_of_one_segment_in_order(shipped: Config) -> None:
    answers = Answers(b"".join(publish(b"%d" % i, packet_id=i) for i in range(1, 1001)))
    with connected(shipped, answers) as session:
        messages = received(session, answers, count=1000)
    assert [(m.payload, m.packet_id) for m in messages] == [(b"%d" % i, i) for i in range(1, 1001)]


def test_session_takes_publishes_around_packets_of_another_kind(shipped: Config) -> None:
    answers = Answers(publish(b"one", packet_id=1) + PINGRESP + publish(b"two", packet_id=2))
    with connected(shipped, answers) as session:
        messages = received(session, answers, count=2)
    assert [m.payload for m in messages] == [b"one", b"two"]


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 2**20, 2**21])
def test_session_takes_a_payload_of_any_size(size: int, protocol: str, shipped: Config) -> None:
    body = bytes(range(251)) * (size // 251 + 1)
    answers = Answers(publish(body[:size], properties=b"" if protocol == "5" else None), protocol=protocol)
    with connected(shipped, answers, protocol=protocol) as session:
        (message,) = received(session, answers, count=1)
    assert message.payload == body[:size]


PROPERTIES = {
    "none": b"",
    "a content type": b"\x03" + struct.pack("!H", 16) + b"application/json",
    "two bytes of length": b"\x26\x00\x01k" + struct.pack("!H", 300) + b"v" * 300,
    "several": b"\x01\x01" + b"\x02\x00\x00\x00\x3c" + b"\x26\x00\x01k\x00\x01v",
}


@pytest.mark.parametrize("case", PROPERTIES)
def test_session_takes_a_publish_of_mqtt_5_with_properties(case: str, shipped: Config) -> None:
    answers = Answers(publish(b'{"a":1}', properties=PROPERTIES[case]), protocol="5")
    with connected(shipped, answers, protocol="5") as session:
        (message,) = received(session, answers, count=1)
    assert (message.topic, message.payload) == (TOPIC, b'{"a":1}')


def test_session_goes_on_after_a_topic_that_is_no_utf_8(shipped: Config) -> None:
    answers = Answers(publish(b"one", topic=b"env/\xff") + publish(b"two"))
    with connected(shipped, answers) as session:
        messages = received(session, answers, count=2)
    assert [(m.topic, m.payload) for m in messages] == [(UNREADABLE_TOPIC, b"one"), (TOPIC, b"two")]


def test_session_acknowledges_messages_of_qos_1_and_none_of_qos_0(shipped: Config) -> None:
    answers = Answers(publish(b"one", qos=0) + publish(b"two", packet_id=258) + publish(b"three", qos=0))
    with connected(shipped, answers) as session:
        messages = received(session, answers, count=3)
        session.acknowledge(messages)
        session.tend()
        wait_for(lambda: answers.received.endswith(b"\x40\x02\x01\x02"), what="the acknowledgement")
    assert [m.qos for m in messages] == [0, 1, 0]
    assert answers.received.count(b"\x40\x02") == 1


def test_session_knows_a_message_that_is_sent_again(shipped: Config) -> None:
    packet = bytearray(publish(b"one"))
    packet[0] |= 0x08
    answers = Answers(bytes(packet))
    with connected(shipped, answers) as session:
        (message,) = received(session, answers, count=1)
    assert message.again


BROKEN = {
    "a length of more than four bytes": b"\x32\xff\xff\xff\xff\x01",
    "a PUBLISH at QoS 2": publish(b"one", qos=2),
    "a PUBLISH at QoS 3": publish(b"one", qos=3),
    "a topic longer than its packet": b"\x32\x05\x00\x09abc",
    "a PUBLISH without a topic": b"\x32\x00",
    "a PUBLISH of one byte": b"\x32\x01\x00",
    "a PUBLISH without its packet id": b"\x32\x05\x00\x03a/b",
}


@pytest.mark.parametrize("case", BROKEN)
def test_session_ends_by_its_own_error_at(case: str, shipped: Config) -> None:
    answers = Answers(BROKEN[case])
    with connected(shipped, answers) as session, pytest.raises(SessionError, match="broke the protocol"):
        received(session, answers, count=1)


@pytest.mark.parametrize("properties", [b"\x7f", b"\xff\xff\xff\xff\x01", b"\x80"])
def test_session_ends_by_its_own_error_at_properties_longer_than_their_packet(
    properties: bytes, shipped: Config
) -> None:
    rest = struct.pack("!H", len(TOPIC)) + TOPIC.encode() + b"\x00\x01" + properties
    answers = Answers(b"\x32" + length(len(rest)) + rest, protocol="5")
    with (
        connected(shipped, answers, protocol="5") as session,
        pytest.raises(SessionError, match="properties longer than their packet"),
    ):
        received(session, answers, count=1)


MALFORMED = {
    "a SUBACK cut short": b"\x90\x01\x00",
    "a SUBACK without reasons": b"\x90\x02\x00\x01",
    "an empty SUBACK": b"\x90\x00",
    "an empty CONNACK": b"\x20\x00",
    "a PUBACK of nothing": b"\x40\x00",
    "a CONNECT": b"\x10\x00",
    "a kind that there is not": b"\x00\x00",
    "a kind for later": b"\xf0\x00",
    "a DISCONNECT": b"\xe0\x00",
}


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
@pytest.mark.parametrize("case", MALFORMED)
def test_session_raises_nothing_but_its_own_error_at(case: str, protocol: str, shipped: Config) -> None:
    answers = Answers(MALFORMED[case] + publish(b"one", properties=b"" if protocol == "5" else None), protocol=protocol)
    with connected(shipped, answers, protocol=protocol) as session, suppress(SessionError):
        received(session, answers, count=1)


def test_session_says_why_the_broker_of_mqtt_5_has_disconnected_it(shipped: Config) -> None:
    answers = Answers(b"\xe0\x02\x8e\x00", protocol="5")
    with (
        connected(shipped, answers, protocol="5") as session,
        pytest.raises(SessionError, match=r"(?i)session taken over"),
    ):
        received(session, answers, count=1)


@pytest.mark.parametrize(
    ("protocol", "answer"), [("3.1.1", b"\x90\x03\x00\x01\x80"), ("5", b"\x90\x04\x00\x01\x00\x87")]
)
def test_session_says_when_a_subscription_is_refused(protocol: str, answer: bytes, shipped: Config) -> None:
    answers = Answers(answer, protocol=protocol)
    with (
        connected(shipped, answers, protocol=protocol) as session,
        pytest.raises(SessionError, match=r"env/#.*refused"),
    ):
        received(session, answers, count=1)


def test_session_is_lost_when_the_broker_closes_it(shipped: Config) -> None:
    def answer(connection: socket.socket, _number: int) -> None:
        connection.sendall(CONNACK["3.1.1"])

    with (
        connected(shipped, answer) as session,
        pytest.raises(SessionError, match=r"127\.0\.0\.1:\d+: connection (lost|closed)"),
    ):
        wait_for(lambda: session.receive([], most=1, most_bytes=1, wait_s=0.1), what="the end of the connection")


def test_session_is_lost_when_the_broker_falls_silent(shipped: Config) -> None:
    ended = threading.Event()

    def answer(connection: socket.socket, _number: int) -> None:
        connection.sendall(CONNACK["3.1.1"])
        ended.wait(30)

    started = time.monotonic()
    with connected(shipped, answer, keepalive_s=5) as session:
        with pytest.raises(SessionError, match="connection lost"):
            wait_for(lambda: receive_nothing(session), what="the loss to be seen")
        ended.set()
    assert time.monotonic() - started < 15  # a keep-alive to ask, another to wait


def receive_nothing(session: Session) -> None:
    session.receive([], most=1, most_bytes=1, wait_s=0.2)


def test_session_stays_while_the_broker_answers_pings(shipped: Config) -> None:
    pings = threading.Semaphore(0)

    def answer(connection: socket.socket, _number: int) -> None:
        connection.settimeout(20)
        connection.sendall(CONNACK["3.1.1"])
        while data := connection.recv(1024):
            if b"\xc0\x00" in data:
                pings.release()
                connection.sendall(PINGRESP)

    def receive() -> bool:
        receive_nothing(session)
        return pings.acquire(blocking=False)

    with connected(shipped, answer, keepalive_s=5) as session:
        for _ in range(2):
            wait_for(receive, what="a ping")
        assert session.connected


def test_session_gives_up_soon_on_a_broker_that_does_no_tls_handshake(shipped: Config) -> None:
    # An orderly stop may take 10 s, and waits for this.
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as listener:  # the kernel accepts, nobody answers
        session = new_session(shipped, listener.getsockname()[1], tls=TlsSettings())
        with pytest.raises(SessionError, match="timed out"):
            session.connect({"env/#"}, leave=())
    session.close()
    assert time.monotonic() - started < 8


def connect_packet(given: Config, **settings: Any) -> bytes:
    """The CONNECT that a session sends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        session = new_session(given, listener.getsockname()[1], **settings)
        session.connect({"env/#"}, leave=())
        with listener.accept()[0] as connection:
            session.tend()
            connection.settimeout(10)
            sent = connection.recv(4096)
        session.close()
    return sent


def test_session_asks_a_broker_of_mqtt_5_for_expiry_and_receive_maximum(shipped: Config) -> None:
    sent = connect_packet(shipped, protocol="5", session_expiry_s=86_400, receive_maximum=1234)
    assert b"\x11" + struct.pack("!I", 86_400) in sent
    assert b"\x21" + struct.pack("!H", 1234) in sent


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_session_keeps_its_session(protocol: str, shipped: Config) -> None:
    sent = connect_packet(shipped, protocol=protocol)
    flags = sent[sent.index(b"MQTT") + 5]
    assert not flags & 0x02  # clean session, clean start
