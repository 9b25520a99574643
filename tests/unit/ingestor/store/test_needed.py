"""Claims about messages by which later ones are read: how many are kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from ingestor.store import needed
from ingestor.store.ports import Arrival


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        made.executescript(needed.SCHEMA)
        yield made


def births(*sizes: int) -> list[Arrival]:
    return [Arrival("s", f"t/{i}", 1.0, b"x" * size, [], [], needed_later=True) for i, size in enumerate(sizes)]


def topics(db: sqlite3.Connection) -> list[str]:
    return [each.topic for each in needed.kept(db)]


def test_needed_messages_beyond_the_number_go_the_oldest_first(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needed, "MOST", 2)
    needed.keep(db, births(1, 1, 1))
    assert topics(db) == ["t/1", "t/2"]


@pytest.mark.parametrize(("most", "left"), [(30, ["t/0", "t/1", "t/2"]), (29, ["t/1", "t/2"]), (19, ["t/2"])])
def test_needed_messages_beyond_the_size_go_the_oldest_first(
    most: int, left: list[str], db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needed, "MOST_BYTES", most)
    needed.keep(db, births(10, 10, 10))
    assert topics(db) == left
