"""Claims about seq of Sparkplug: what was lost, and what came before its birth, from messages to counts."""

from collections import Counter
from collections.abc import Callable

import msgspec
import pytest

from ingestor.config import Config
from ingestor.decoding import Decoding
from ingestor.health import Health
from ingestor.sequences import MOST_SENDERS, Sequences
from ingestor.store import Arrival, Needed
from sensors import sources
from sensors.reading import Sequenced

NOW = 1_600_000_000.0
SOURCE = """
[[source]]
name = "plant"
topic = "spBv1.0/#"
dialect = "sparkplug"
medium = "air"
period_s = 60
no_data = "ignore"
"""
# 2020-09-13T12:26:40Z; pm25, number 1, Float 15.1; the same by its name alone; made by Google's protobuf, but for seq
NAMED = bytes.fromhex("088080babbc82e12160a04706d32351001188080babbc82e2009659a997141")
BY_NUMBER = bytes.fromhex("088080babbc82e120e1001188080babbc82e659a997141")
BY_NAME = bytes.fromhex("088080babbc82e12140a04706d3235188080babbc82e2009659a997141")
Hear = Callable[[str, bytes, int], tuple[int, int]]


def numbered(body: bytes, seq: int) -> bytes:
    """A payload with a seq: field 3, an integer of seven bits a byte."""
    return body + (bytes([0x18, seq]) if seq < 128 else bytes([0x18, seq & 127 | 128, seq >> 7]))


@pytest.fixture
def decoding(shipped: Config) -> Decoding:
    return Decoding(msgspec.structs.replace(shipped, sources=sources.parse(SOURCE, file="s.toml")))


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def hear(decoding: Decoding, health: Health) -> Hear:
    """Commit a message of "KIND/NODE/DEVICE"; gaps and messages before a birth so far."""

    def committed(address: str, body: bytes, seq: int) -> tuple[int, int]:
        health.committed([decoding.arrival(f"spBv1.0/g/{address}", numbered(body, seq), NOW)])
        return health.sequences.gaps["plant"], health.sequences.unborn["plant"]

    return committed


def test_messages_of_a_node_and_its_devices_count_on_and_begin_again_after_255(hear: Hear) -> None:
    assert hear("NBIRTH/n", b"", 254) == (0, 0)
    assert hear("DBIRTH/n/sz-a01", NAMED, 255) == (0, 0)
    assert hear("DDATA/n/sz-a01", BY_NUMBER, 0) == (0, 0)
    assert hear("DDATA/n/sz-a01", BY_NUMBER, 2) == (1, 0)
    assert hear("DDEATH/n/sz-a01", b"", 3) == (1, 0)
    assert hear("NBIRTH/n", b"", 0) == (1, 0)


def test_nodes_count_for_themselves_and_deaths_of_nodes_have_no_number(hear: Hear) -> None:
    for node in ("n1", "n2"):
        assert hear(f"NBIRTH/{node}", NAMED, 0) == (0, 0)
    assert hear("NDATA/n1", BY_NUMBER, 1) == (0, 0)
    assert hear("NDEATH/n2", b"", 0) == (0, 0)
    assert hear("NDATA/n1", BY_NUMBER, 2) == (0, 0)


def test_number_that_comes_twice_is_no_gap(hear: Hear) -> None:
    assert [hear("NBIRTH/n", NAMED, 0), hear("NDATA/n", BY_NUMBER, 1), hear("NDATA/n", BY_NUMBER, 1)] == [(0, 0)] * 3


def test_data_before_a_birth_are_counted_and_values_by_name_are_taken(hear: Hear, decoding: Decoding) -> None:
    assert hear("DDATA/n/sz-a01", BY_NAME, 7) == (0, 1)
    arrival = decoding.arrival("spBv1.0/g/DDATA/n/sz-a01", numbered(BY_NAME, 8), NOW)
    assert [value for reading in arrival.readings for value in reading.values] == [("pm25", 15.1, 1)]
    assert hear("NBIRTH/n", b"", 0) == (0, 1)
    assert hear("DDATA/n/sz-a01", BY_NAME, 1) == (0, 2)  # the node was born, the device was not
    assert hear("DBIRTH/n/sz-a01", NAMED, 2) == (0, 2)
    assert hear("DDATA/n/sz-a01", BY_NAME, 3) == (0, 2)


def test_births_that_are_recalled_are_not_the_message_before(hear: Hear, decoding: Decoding) -> None:
    decoding.recall([Needed("spBv1.0/g/NBIRTH/n", numbered(NAMED, 0), NOW - 3600)])
    assert hear("NDATA/n", BY_NUMBER, 77) == (0, 0)
    assert hear("NDATA/n", BY_NUMBER, 79) == (1, 0)


@pytest.mark.parametrize(
    ("heard", "gaps"),
    [
        ("3 4 again:5 again:6 again:7 8", 0),  # delivered before a connection was lost, but not committed then
        ("3 4 5 again:3 again:4 again:5 6", 0),  # committed, but not acknowledged
        ("254 255 0 again:254 again:255 again:0 again:1 2", 0),
        ("3 4 again:6 7", 1),
        ("3 4 again:4 6", 1),
        ("3 17 again:birth again:1 2", 1),  # the one before 17
        ("birth 1 2 again:birth again:1 again:2 3", 0),
        ("again:7 again:8 9", 0),
    ],
)
def test_numbers_that_are_delivered_again_are_followed_where_they_are_ahead(heard: str, gaps: int) -> None:
    health = Health()
    for word in heard.split():
        number = word.removeprefix("again:")
        sequenced = Sequenced("g/n", 0 if number == "birth" else int(number), number == "birth")
        health.committed([Arrival("plant", "t", NOW, b"", [], [], word != number, sequenced=sequenced)])
    assert health.sequences.gaps["plant"] == gaps


def test_data_before_a_birth_are_counted_once_though_delivered_again() -> None:
    sequences = Sequences()
    for number, again in ((7, False), (7, True), (8, True), (9, False)):
        sequences.follow("plant", Sequenced("g/n", number, unborn=True), NOW, again=again)
    assert sequences.unborn["plant"] == 3


def test_gaps_say_nothing_where_collectors_share_a_subscription(hear: Hear, health: Health) -> None:
    health.sequences.shared = True
    assert [hear("NBIRTH/n", NAMED, 0), hear("NDATA/n", BY_NUMBER, 9)] == [(0, 0)] * 2


def test_what_was_found_is_said_for_an_hour_by_source(hear: Hear, health: Health) -> None:
    hear("NBIRTH/n", NAMED, 0)
    assert health.sequences.sentences(NOW) == []
    hear("NDATA/n", BY_NUMBER, 5)
    (sentence,) = health.sequences.sentences(NOW + 3599)
    assert sentence.startswith("source plant: 1 gaps in seq, 0 messages with data before a birth since the start; ")
    assert sentence.endswith("last of 'g/n': seq: expected 1, got 5")
    assert health.sequences.sentences(NOW + 3600) == []


def test_what_was_found_is_said_while_something_is_found_of_another_source() -> None:
    sequences = Sequences()

    class Interrupted(Counter[str]):
        """Counts in the reading of which the collector's thread finds something."""

        def __getitem__(self, source: str) -> int:
            sequences.follow("new", Sequenced("g/n", 1, unborn=True), NOW)
            return super().__getitem__(source)

    sequences.follow("plant", Sequenced("g/n", 1, unborn=True), NOW)
    sequences.gaps = Interrupted()
    assert [sentence.partition(":")[0] for sentence in sequences.sentences(NOW)] == ["source plant"]
    assert [sentence.partition(":")[0] for sentence in sequences.sentences(NOW)] == ["source plant", "source new"]


def test_senders_that_are_remembered_are_bounded() -> None:
    sequences = Sequences()
    for i in range(MOST_SENDERS + 1):
        sequences.follow("s", Sequenced(f"n{i}", 0), NOW)
    sequences.follow("s", Sequenced("n1", 5), NOW)
    sequences.follow("s", Sequenced("n0", 5), NOW)  # forgotten
    assert sequences.gaps["s"] == 1
