"""Claims about delivery, against a server object that refuses what it is told to and keeps the rest."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from ingestor.store import InfluxServer, UnavailableError, line_protocol
from ingestor.store.delivery import deliver
from ingestor.store.influx_server import RefusedError, TooLargeError
from sensors.reading import Reading, Refusal

Point = tuple[str, str, int, str]
"""Medium, station, time and quantity of a value."""


class Server:
    """Refuses points for which `refuses` gives words, stores the rest of the request, and counts what it is asked.

    As InfluxDB does, it takes or refuses a line as a whole. `tells` makes its words from those of the first refused
    line and the number of refused lines.
    """

    def __init__(
        self,
        refuses: Callable[[Point], str | None] = lambda _: None,
        *,
        tells: Callable[[str, int], str] = lambda words, count: f"partial write: {words} dropped={count}",
        most_lines: int = 10**9,
    ) -> None:
        self._refuses = refuses
        self._tells = tells
        self._most_lines = most_lines
        self.requests: list[int] = []
        self.stored: dict[Point, float | None] = {}

    def write(self, lines: bytes) -> None:
        readings = line_protocol.decode(lines)
        self.requests.append(len(readings))
        if len(readings) > self._most_lines:
            raise TooLargeError
        refused = []
        for reading in readings:
            points = {(reading.medium, reading.station, reading.time, q): value for q, value, _ in reading.values}
            words = [told for point in points if (told := self._refuses(point)) is not None]
            if words:
                refused.append(words[0])
            else:
                self.stored |= points
        if refused:
            raise RefusedError(self._tells(refused[0], len(refused)))


def delivered(server: Any, lines: bytes) -> list[tuple[bytes, Refusal]]:
    return deliver(cast("InfluxServer", server), lines)


def lines_of(count: int, *quantities: str) -> bytes:
    """One reading an hour; the value of each quantity is the number of the hour."""
    return line_protocol.encode(
        Reading("air", "a1", 3600, hour, tuple((quantity, float(hour), 1) for quantity in quantities))
        for hour in range(count)
    )


def refused_points(refused: list[tuple[bytes, Refusal]]) -> list[tuple[int, str]]:
    readings = [reading for line, _ in refused for reading in line_protocol.decode(line)]
    return sorted((reading.time, quantity) for reading in readings for quantity, _, _ in reading.values)


def without_count(words: str, _count: int) -> str:
    return words


def test_delivery_of_good_lines_is_one_request() -> None:
    server = Server()
    assert delivered(server, lines_of(1000, "pm25", "o3")) == []
    assert (server.requests, len(server.stored)) == ([1000], 2000)


@pytest.mark.parametrize("tells_count", [True, False])
@pytest.mark.parametrize("bad", [{0}, {99}, {49}, {50}, {0, 99}, {7, 8, 9, 60}, {1, 3, 5, 7}, set(range(100))])
def test_delivery_finds_exactly_the_refused_lines_and_stores_all_others(bad: set[int], tells_count: bool) -> None:
    words = "field type conflict"
    server = Server(lambda point: words if point[2] in bad else None)
    if not tells_count:
        server = Server(lambda point: words if point[2] in bad else None, tells=without_count)
    refused = delivered(server, lines_of(100, "pm25"))
    assert refused_points(refused) == [(hour, "pm25") for hour in sorted(bad)]
    assert {hour for _, _, hour, _ in server.stored} == set(range(100)) - bad


def test_delivery_finds_one_bad_line_of_4096_in_few_requests() -> None:
    server = Server(lambda point: "conflict" if point[2] == 1234 else None)
    delivered(server, lines_of(4096, "pm25"))
    assert len(server.requests) <= 1 + 2 * 12  # 4096 = 2 to the power of 12: both halves at each step


@pytest.mark.parametrize("count", [1, 2, 100])
def test_delivery_of_lines_with_one_refused_quantity_stores_the_others(count: int) -> None:
    server = Server(lambda point: "conflict" if point[3] == "o3" else None)
    refused = delivered(server, lines_of(count, "pm25", "o3", "co"))
    assert refused_points(refused) == [(hour, "o3") for hour in range(count)]
    assert {(hour, quantity) for _, _, hour, quantity in server.stored} == {
        (hour, quantity) for hour in range(count) for quantity in ("pm25", "co")
    }


def test_delivery_of_one_refused_value_of_many_stores_all_others() -> None:
    server = Server(lambda point: "conflict" if point[2:] == (37, "o3") else None)
    refused = delivered(server, lines_of(100, "pm25", "o3", "co"))
    assert refused_points(refused) == [(37, "o3")]
    assert len(server.stored) == 299


def test_delivery_keeps_value_and_flag_of_what_was_refused() -> None:
    server = Server(lambda point: "conflict" if point[3] in ("o3", "co") else None)
    reading = Reading("air", "大桥", 60, 7, (("pm25", 1.0, 1), ("o3", 0.1, 3), ("co", None, 9)))
    refused = delivered(server, line_protocol.encode([reading]))
    kept = [line_protocol.decode(line)[0] for line, _ in refused]
    assert kept == [
        Reading("air", "大桥", 60, 7, (("o3", 0.1, 3),)),
        Reading("air", "大桥", 60, 7, (("co", None, 9),)),
    ]


def test_delivery_gives_the_servers_words_with_the_code_refused_by_store() -> None:
    server = Server(lambda _: "points beyond retention policy", tells=without_count)
    ((_, refusal),) = delivered(server, lines_of(1, "pm25"))
    assert refusal == Refusal("refused_by_store", "server: points beyond retention policy")


def test_delivery_gives_each_quantity_the_words_that_the_server_says_of_it() -> None:
    server = Server(lambda point: {"o3": "o3 is an integer", "co": "co is a text"}.get(point[3]), tells=without_count)
    refused = delivered(server, lines_of(1, "pm25", "o3", "co"))
    assert [refusal.detail for _, refusal in refused] == ["server: o3 is an integer", "server: co is a text"]


@pytest.mark.parametrize("quantities", [("pm25",), ("pm25", "o3", "co")])
def test_delivery_of_a_batch_that_is_refused_as_a_whole_is_not_bisected(quantities: tuple[str, ...]) -> None:
    server = Server(lambda _: "points beyond retention policy")
    refused = delivered(server, lines_of(5000, *quantities))
    assert len(refused_points(refused)) == 5000 * len(quantities)
    assert len(server.requests) <= 1 + len(quantities)


def test_delivery_of_two_media_refused_as_a_whole_keeps_them_apart() -> None:
    server = Server(lambda point: "conflict" if point[0] == "air" else None)
    mixed = line_protocol.encode(
        [Reading("air", "a1", 3600, 0, (("x", 1.0, 1),)), Reading("noise", "n1", 3600, 0, (("x", 2.0, 1),))]
    )
    refused = delivered(server, mixed)
    assert [line_protocol.decode(line)[0].medium for line, _ in refused] == ["air"]
    assert list(server.stored) == [("noise", "n1", 0, "x")]


def test_delivery_of_a_refusal_that_counts_fewer_lines_than_were_refused_loses_none() -> None:
    server = Server(lambda point: "conflict" if point[2] % 2 else None, tells=lambda words, _: f"{words} dropped=1")
    refused = delivered(server, lines_of(64, "pm25"))
    assert refused_points(refused) == [(hour, "pm25") for hour in range(1, 64, 2)]
    assert len(server.stored) == 32


def test_delivery_of_a_refusal_that_counts_all_lines_though_some_are_good_stores_the_good() -> None:
    server = Server(lambda point: "conflict" if point[2] == 5 else None, tells=lambda words, _: f"{words} dropped=8")
    refused = delivered(server, lines_of(8, "pm25"))
    assert (5, "pm25") in refused_points(refused)
    assert {hour for _, _, hour, _ in server.stored} == set(range(8)) - {5}


@pytest.mark.parametrize("most_lines", [1, 2, 33, 99])
def test_delivery_halves_what_is_too_large_and_stores_all(most_lines: int) -> None:
    server = Server(most_lines=most_lines)
    assert delivered(server, lines_of(100, "pm25")) == []
    assert {hour for _, _, hour, _ in server.stored} == set(range(100))
    assert max(n for n in server.requests if n <= most_lines) > most_lines // 4


def test_delivery_refuses_one_line_that_is_too_large_and_stores_the_others() -> None:
    class Small(Server):
        def write(self, lines: bytes) -> None:
            if len(lines) > 200:
                raise TooLargeError
            super().write(lines)

    server = Small()
    long = line_protocol.encode([Reading("air", "x" * 64, 60, 99, tuple((f"q{i}", 1.0, 1) for i in range(30)))])
    refused = delivered(server, lines_of(3, "pm25") + long + lines_of(3, "o3"))
    assert [line for line, _ in refused] == [long]
    assert refused[0][1].code == "refused_by_store"
    assert len(server.stored) == 6


def test_delivery_of_refused_lines_in_what_is_too_large_finds_them() -> None:
    server = Server(lambda point: "conflict" if point[2] == 70 else None, most_lines=10)
    assert refused_points(delivered(server, lines_of(100, "pm25", "o3"))) == [(70, "o3"), (70, "pm25")]
    assert len(server.stored) == 198


@pytest.mark.parametrize("after", [0, 1, 2, 5])
def test_delivery_passes_on_that_the_server_is_away_at_any_request(after: int) -> None:
    class Leaving(Server):
        def write(self, lines: bytes) -> None:
            if len(self.requests) >= after:
                raise UnavailableError("store: unavailable", retry_after_s=7.0)
            super().write(lines)

    with pytest.raises(UnavailableError) as raised:
        delivered(Leaving(lambda point: "conflict" if point[2] == 50 else None), lines_of(100, "pm25"))
    assert raised.value.retry_after_s == 7.0


def test_delivery_made_again_after_the_server_was_away_gives_the_same() -> None:
    class Flaky(Server):
        def write(self, lines: bytes) -> None:
            if len(self.requests) == 4 and not self.requests.append(0):
                raise UnavailableError("store: unavailable")
            super().write(lines)

    server = Flaky(lambda point: "conflict" if point[2] == 50 else None)
    with pytest.raises(UnavailableError):
        delivered(server, lines_of(100, "pm25"))
    assert refused_points(delivered(server, lines_of(100, "pm25"))) == [(50, "pm25")]
    assert {hour for _, _, hour, _ in server.stored} == set(range(100)) - {50}
