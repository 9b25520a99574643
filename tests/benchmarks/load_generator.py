"""A load generator: publishes minutes of stations at QoS 1 from packets built before, in a process of its own.

    python load_generator.py --port 1883 --messages 300000 --rate 0 sz-a01 sz-a02 ...

It connects, builds all packets, says `ready`, waits for a line, publishes, and says in JSON what it did. While it
publishes it only hands slices to the socket and counts bytes of PUBACKs: 1 to 3 microseconds of CPU a message.
"""

import argparse
import datetime as dt
import json
import random
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

CONNECT = b"\x10\x10\0\4MQTT\4\2\0\0\0\4load"  # level 4, clean session, no keep-alive
CONNACK = b"\x20\x02\0\0"
PUBACK_BYTES = 4
WINDOW = 8000
"""How many messages are in flight at most."""
SLICE = 200
SLICES_A_SECOND = 100
"""Slices at a given rate; without one they hold SLICE messages."""
TIMEOUT_S = 120
PERIOD_S = 60
QUANTITIES = ("pm25", "pm10", "so2", "no2", "co", "o3")
CYCLE = 5000
FIRST = int(dt.datetime(2020, 1, 1, tzinfo=dt.UTC).timestamp())


class Published(NamedTuple):
    """When it began and ended [s, monotonic], its CPU [s], and when each slice went out (only at a given rate)."""

    began: float
    ended: float
    cpu_s: float
    slice_messages: int
    slices_at: list[float]


def key_of(number: int, stations: Sequence[str]) -> tuple[str, int]:
    """Station and time of a message: all stations for the first minute, then all for the next one."""
    return stations[number % len(stations)], FIRST + number // len(stations) * PERIOD_S


def pm25_of(number: int) -> float:
    """The value of PM2.5 that a message carries, so that the sum of all can be checked."""
    return number % CYCLE / 10


def packets(stations: Sequence[str], messages: int) -> Iterator[bytes]:
    """Yield PUBLISH packets, packet ids running from 1 to 65,535."""
    chance = random.Random(1)
    others = [
        f', "pm10": {chance.randrange(2000) / 10}, "so2": {chance.randrange(300) / 10}, '
        f'"no2": {chance.randrange(900) / 10}, "co": {chance.randrange(2000) / 1000}, '
        f'"o3": {chance.randrange(2500) / 10}}}}}'
        for _ in range(997)
    ]
    names = [struct.pack("!H", len(topic)) + topic for topic in (f"env/v1/air/{s}".encode() for s in stations)]
    local = dt.timezone(dt.timedelta(hours=8))
    head = ""
    for number in range(messages):
        at = number % len(stations)
        if at == 0:
            time_text = dt.datetime.fromtimestamp(key_of(number, stations)[1], local).isoformat()
            head = f'{{"time": "{time_text}", "period_s": {PERIOD_S}, "values": {{"pm25": '
        payload = f"{head}{pm25_of(number)}{others[number % len(others)]}".encode()
        length = len(names[at]) + 2 + len(payload)
        packet_id = struct.pack("!H", number % 65_535 + 1)
        yield b"".join((bytes((0x32, length & 127 | 128, length >> 7)), names[at], packet_id, payload))


def slices(stations: Sequence[str], messages: int, size: int) -> list[bytes]:
    """Return the packets, so many joined each."""
    every = packets(stations, messages)
    return [b"".join(next(every) for _ in range(min(size, messages - at))) for at in range(0, messages, size)]


def publish(connection: socket.socket, built: list[bytes], size: int, messages: int, *, rate: int) -> Published:
    """Publish all and wait until the broker has acknowledged them."""
    due = acknowledged = 0
    slices_at = []
    began = time.monotonic()
    cpu_s = time.process_time()
    for number, each in enumerate(built):
        if rate:
            time.sleep(max(0.0, began + number * size / rate - time.monotonic()))
            slices_at.append(time.monotonic())
        connection.sendall(each)
        due += size * PUBACK_BYTES
        while due - acknowledged > WINDOW * PUBACK_BYTES:
            acknowledged += _received(connection)
    while acknowledged < messages * PUBACK_BYTES:
        acknowledged += _received(connection)
    return Published(began, time.monotonic(), time.process_time() - cpu_s, size, slices_at)


def _received(connection: socket.socket) -> int:
    count = len(connection.recv(65_536))
    if not count:
        sys.exit("the broker closed the connection")
    return count


def main() -> None:
    """Build, wait for the start, publish, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    parser.add_argument("--rate", type=int, default=0, help="messages a second; 0: as fast as possible")
    parser.add_argument("stations", nargs="+")
    given = parser.parse_args()
    size = given.rate // SLICES_A_SECOND or SLICE
    built = slices(given.stations, given.messages, size)
    with socket.create_connection(("127.0.0.1", given.port), timeout=TIMEOUT_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(CONNECT)
        if connection.recv(4) != CONNACK:
            sys.exit("the broker refused the connection")
        print("ready", flush=True)
        sys.stdin.readline()
        done = publish(connection, built, size, given.messages, rate=given.rate)
    print(json.dumps(done), flush=True)


if __name__ == "__main__":
    main()
