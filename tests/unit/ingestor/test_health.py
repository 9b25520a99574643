"""Claims about the counters of health."""

import pytest

from ingestor.health import LAG_BUCKETS_S, Health
from ingestor.schema import HEALTH
from ingestor.store import Arrival, Backlog
from sensors.reading import Reading, Refusal


class Store:
    """A store that tells the given backlog."""

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog

    def backlog(self) -> Backlog:
        return self._backlog


def reading(time: int = 0, period_s: int = 3600) -> Reading:
    return Reading("air", "a1", period_s, time, (("pm25", 1.0, 1), ("o3", 2.0, 1)))


def arrival(*readings: Reading, at: float = 3600.0, codes: tuple[str, ...] = (), again: bool = False) -> Arrival:
    return Arrival("native", "t", at, b"", list(readings), [Refusal(code, "x") for code in codes], again)


def looked(backlog: Backlog, now: float = 0.0) -> Health:
    health = Health()
    health.look(Store(backlog), now)  # type: ignore[arg-type]
    return health


def test_health_counts_messages_and_readings_of_each_group() -> None:
    health = Health()
    health.committed([arrival(reading(), reading(3600)), arrival(reading())])
    health.committed([arrival(reading())])
    assert (health.messages, health.decoded) == (3, 4)


def test_health_counts_a_message_with_several_refusals_once_by_its_first_reason() -> None:
    health = Health()
    health.committed([arrival(codes=("naive_time", "bad_time")), arrival(reading(), codes=("bad_time",))])
    assert (health.quarantined, health.quarantined_by) == (2, {"naive_time": 1, "bad_time": 1})


def test_health_counts_messages_without_data_by_source() -> None:
    health = Health()
    health.committed([arrival(), arrival(reading()), arrival(codes=("no_data",))])
    health.committed([arrival()])
    assert (health.ignored_by, health.quarantined) == ({"native": 2}, 1)


def test_health_counts_messages_that_came_again() -> None:
    health = Health()
    health.committed([arrival(reading(), again=True), arrival(reading()), arrival(codes=("bad_time",), again=True)])
    assert health.duplicate == 2


def test_health_of_a_message_that_is_wholly_refused_counts_no_reading_and_no_lag() -> None:
    health = Health()
    health.committed([arrival(codes=("bad_time",))])
    assert (health.decoded, health.lag_s, sum(health.lag_counts)) == (0, 0.0, 0)


def test_health_lag_is_from_the_end_of_the_period_to_the_arrival() -> None:
    health = Health()
    health.committed([arrival(reading(time=1000, period_s=60), at=1100.5)])
    assert health.lag_s == 40.5


def test_health_lag_is_the_largest_of_the_last_group() -> None:
    health = Health()
    health.committed([arrival(reading(), at=99_999.0)])
    health.committed([arrival(reading(), at=3610.0), arrival(reading(), at=3605.0)])
    assert health.lag_s == 10.0


def test_health_lag_stays_where_a_group_has_no_reading() -> None:
    health = Health()
    health.committed([arrival(reading(), at=3610.0)])
    health.committed([arrival(codes=("bad_time",))])
    assert health.lag_s == 10.0


@pytest.mark.parametrize(
    ("lag_s", "bucket"),
    [
        (-5.0, 0),
        (0.0, 0),
        (1.0, 0),
        (1.001, 1),
        (10.0, 1),
        (60.0, 2),
        (600.0, 3),
        (3600.0, 4),
        (86_400.0, 5),
        (86_400.5, 6),
    ],
)
def test_health_lag_falls_into_the_bucket_whose_bound_it_does_not_exceed(lag_s: float, bucket: int) -> None:
    health = Health()
    health.committed([arrival(reading(), at=3600.0 + lag_s)])
    assert [i for i, count in enumerate(health.lag_counts) if count] == [bucket]


def test_health_has_a_bucket_beyond_the_last_bound() -> None:
    assert len(Health().lag_counts) == len(LAG_BUCKETS_S) + 1


def test_health_that_has_committed_is_no_longer_failing_to() -> None:
    health = Health()
    health.commit_failing = "store: no room"
    health.committed([])
    assert health.commit_failing is None


def test_health_takes_over_what_the_store_tells() -> None:
    health = looked(
        Backlog(readings=7, size=900, oldest_at=100.0, moved=5, retried=3, failing="store: away"), now=160.0
    )
    assert (health.outbox_readings, health.outbox_bytes, health.outbox_age_s) == (7, 900, 60.0)
    assert (health.stored, health.retried, health.store_failing) == (5, 3, "store: away")


def test_health_of_an_empty_outbox_has_no_age() -> None:
    assert looked(Backlog(), now=1e9).outbox_age_s == 0.0


def test_health_age_is_not_negative_when_the_clock_was_put_back() -> None:
    assert looked(Backlog(readings=1, size=1, oldest_at=100.0), now=50.0).outbox_age_s == 0.0


def test_health_row_has_exactly_the_columns_of_its_table() -> None:
    assert list(Health().row()) == list(HEALTH.columns)


@pytest.mark.parametrize("column", [name for name, kind in HEALTH.columns.items() if kind == "INTEGER"])
def test_health_row_holds_whole_numbers_where_its_table_does(column: str) -> None:
    health = looked(Backlog(readings=7, size=900, oldest_at=0.5, moved=5, retried=3), now=1.25)
    health.committed([arrival(reading(), at=3600.25, codes=("bad_time",), again=True)])
    assert isinstance(health.row()[column], int)
