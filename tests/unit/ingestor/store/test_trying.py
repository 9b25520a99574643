"""Claims about trying again: in time, within bounds, and no longer than it is wanted."""

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from typing import cast

import pytest

from ingestor.store import InfluxServer, UnavailableError, trying
from ingestor.store.influx_tables import InfluxTables
from ingestor.store.trying import Insisting, Pauses


class GoneError(Exception):
    """What is written is not wanted any more."""


def busy(times: int, *, asks_s: float | None = None, passes: bool = True) -> tuple[Callable[[], str], list[int]]:
    """A request that fails so many times, and its calls."""
    calls: list[int] = []

    def request() -> str:
        calls.append(len(calls))
        if len(calls) <= times:
            raise UnavailableError("store http://x: unavailable (500 timeout)", retry_after_s=asks_s, passes=passes)
        return "taken"

    return request, calls


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses, and no long patience."""
    monkeypatch.setattr(trying, "FIRST_PAUSE_S", 0.002)
    monkeypatch.setattr(trying, "GIVE_UP_AFTER_S", 0.1)


def test_pauses_grow_to_the_longest_and_are_no_shorter_than_what_is_asked_for() -> None:
    pauses = Pauses()
    error = UnavailableError("busy")
    found = [pauses.after(error) for _ in range(8)]
    assert [bounds[0] <= pause <= bounds[1] for pause, bounds in zip(found, BOUNDS, strict=True)] == [True] * 8
    assert pauses.after(UnavailableError("busy", retry_after_s=50.0)) == 50.0
    assert pauses.after(UnavailableError("busy", retry_after_s=5000.0)) == 300.0
    pauses.reset()
    assert 0.25 <= pauses.after(OSError("no answer")) <= 0.5


BOUNDS = [(0.25, 0.5), (0.5, 1.0), (1.0, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, 16.0), (15.0, 30.0), (15.0, 30.0)]
"""Half of each pause to the whole, of 0.5 s doubled up to 30 s."""


@pytest.mark.usefixtures("quick")
def test_request_that_is_taken_at_the_third_try_succeeds_and_each_pause_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    request, calls = busy(2)
    with caplog.at_level(logging.WARNING):
        assert Insisting(lambda: None)(request) == "taken"
    assert len(calls) == 3
    assert [record.getMessage().rpartition("; ")[0] for record in caplog.records] == [
        "store http://x: unavailable (500 timeout)"
    ] * 2


@pytest.mark.usefixtures("quick")
def test_request_that_is_never_taken_is_given_up_with_what_to_do() -> None:
    request, calls = busy(10_000)
    with pytest.raises(UnavailableError, match=r"\(500 timeout\); given up after \d+ tries in 0 s: what was written"):
        Insisting(lambda: None)(request)
    assert 2 <= len(calls) <= 50


def test_server_that_asks_for_more_patience_than_there_is_is_asked_again_at_the_end_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trying, "GIVE_UP_AFTER_S", 0.1)
    request, calls = busy(1, asks_s=200.0)
    assert Insisting(lambda: None)(request) == "taken"
    request, calls = busy(10_000, asks_s=200.0)
    with pytest.raises(UnavailableError, match=r"given up after [23] tries in 0 s"):
        Insisting(lambda: None)(request)
    assert len(calls) in {2, 3}  # 3 where the clock rounds what is left to more than nothing


def test_server_that_lets_nobody_in_is_not_asked_again() -> None:
    request, calls = busy(1, passes=False)
    with pytest.raises(UnavailableError, match=r"\(500 timeout\)$"):
        Insisting(lambda: None)(request)
    assert len(calls) == 1


def test_request_is_not_made_again_once_it_is_not_wanted() -> None:
    def check() -> None:
        raise GoneError

    request, calls = busy(1, asks_s=1.0)
    with pytest.raises(GoneError):
        Insisting(check)(request)
    assert len(calls) == 1


def test_pause_ends_at_once_where_the_work_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "FIRST_PAUSE_S", 25.0)
    in_pause = threading.Event()
    insist = Insisting(in_pause.set)
    request, calls = busy(1)
    ended: list[Exception] = []

    def work() -> None:
        try:
            insist(request)
        except UnavailableError as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert in_pause.wait(10)
    with insist.over():
        thread.join(10)
    assert (len(calls), len(ended)) == (1, 1)
    assert insist(request) == "taken"


@pytest.mark.usefixtures("quick")
def test_requests_of_one_piece_of_work_share_their_patience_until_one_succeeds() -> None:
    insist = Insisting(lambda: None)
    for _ in range(2):
        with pytest.raises(UnavailableError, match="given up"):
            insist(busy(10_000)[0])
    request, calls = busy(10_000)
    with pytest.raises(UnavailableError, match="given up after 1 try"):
        insist(request)
    assert len(calls) == 1
    assert insist(busy(0)[0]) == "taken"
    assert insist(busy(2)[0]) == "taken"


class Failing:
    """A server that does not take the next `left` requests."""

    def __init__(self, left: int) -> None:
        self.left = left

    def probe(self) -> None:
        self.left -= 1
        if self.left >= 0:
            raise UnavailableError("store http://x: unavailable (503)", passes=True)

    def command(self, _: str) -> None:
        self.probe()

    def query(self, _: str) -> list[dict[str, str]]:
        """Return the keys that a derived table has."""
        return [{"value": "n1"}]

    def close(self) -> None:
        """Have nothing to close."""


WORK: list[Callable[[InfluxTables], object]] = [
    lambda tables: tables.write_blocks([]),
    lambda tables: tables.keep_only("noise_hour", []),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("work", WORK, ids=["write_blocks", "keep_only"])
def test_work_after_one_that_was_given_up_is_tried_again(work: Callable[[InfluxTables], object]) -> None:
    server = Failing(10_000)
    with closing(InfluxTables(cast("InfluxServer", server))) as tables:
        with pytest.raises(UnavailableError, match="given up after"):
            work(tables)
        server.left = 1
        work(tables)
    assert server.left == -1
