"""The gateway against brokers that go away: it says so in its own words, wherever it was."""

import socket
import struct
import time

import pytest

from ingestor.gateway import Gateway, GatewayError
from tests.support import FalseBroker, Mosquitto


def connected_to(broker: FalseBroker) -> Gateway:
    return Gateway(host="127.0.0.1", port=broker.port, client_id="test", collector="nobody")


def test_gateway_whose_broker_dies_while_it_publishes_says_what_to_do() -> None:
    def answer(connection: socket.socket, _: int) -> None:
        connection.sendall(b"\x20\x02\x00\x00")
        connection.recv(1024)  # SUBSCRIBE
        connection.sendall(b"\x90\x03\x00\x01\x00")
        connection.recv(1024)  # the first messages
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset, as a kill does

    dying = FalseBroker(answer)
    gateway = connected_to(dying)
    with pytest.raises(GatewayError, match="what is stored already stays as it is"):
        gateway.publish((("env/v1/air/sz-a01", bytes(100_000)) for _ in range(400)), progress=lambda _: None)
    gateway.close()
    dying.close()


def test_gateway_that_closes_after_its_broker_died_does_not_fail() -> None:
    def answer(connection: socket.socket, _: int) -> None:
        connection.sendall(b"\x20\x02\x00\x00")
        connection.recv(1024)
        connection.sendall(b"\x90\x03\x00\x01\x00")

    dying = FalseBroker(answer)
    gateway = connected_to(dying)
    dying.close()
    gateway.close()
    gateway.close()


def test_gateway_idles_for_as_long_as_asked(mosquitto: Mosquitto) -> None:
    gateway = Gateway(host="127.0.0.1", port=mosquitto.port, client_id="test", collector="nobody")
    started = time.monotonic()
    gateway.idle(0.2)
    assert 0.2 <= time.monotonic() - started < 5
    gateway.close()


def test_gateway_notices_a_broker_that_goes_away_while_it_idles(mosquitto: Mosquitto) -> None:
    gateway = Gateway(host="127.0.0.1", port=mosquitto.port, client_id="test", collector="nobody")
    mosquitto.stop()
    with pytest.raises(GatewayError, match="the broker went away"):
        gateway.idle(30)
    gateway.close()
