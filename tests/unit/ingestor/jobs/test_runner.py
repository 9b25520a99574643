"""Claims about running what is due: periods in order and once, failures, claims, and clocks that are moved."""

import logging
from contextlib import closing
from pathlib import Path

import pytest

from aggregations import periods
from ingestor.jobs.clocks import Clock
from ingestor.jobs.lanes import DERIVATION
from ingestor.jobs.ledger import LEASE_S, JobLedger, LostError
from ingestor.jobs.runner import StoppedError
from ingestor.jobs.states import JobState, states
from ingestor.store import StoreError
from sensors.errors import ConfigError
from tests.jobs_world import FakeClock, World

START = "2024-02-27T12:00"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def world(tmp_path: Path, clock: FakeClock) -> World:
    """Jobs at their first start."""
    made = World(tmp_path / "ledger.sqlite3", clock, "daily", "monthly")
    made.look()
    return made


def opened(world: World, clock: Clock, instance: str | None = None) -> "closing[JobLedger]":
    return closing(JobLedger(world.file, clock=clock, instance=instance))


def state(world: World, name: str) -> JobState:
    found, _ = states(world.file, world.jobs(), clock=world.clock)
    return next(each for each in found if each.name == name)


def test_jobs_close_nothing_at_their_first_start_and_the_present_period_when_it_is_over(
    world: World, clock: FakeClock
) -> None:
    assert world.done == []
    clock.set_to("2024-02-28T05:59:59")
    world.look()
    assert world.done == []
    clock.set_to("2024-02-28T06:00:00")
    world.look()
    assert world.done == ["2024-02-27"]


def test_jobs_make_up_for_periods_of_a_downtime_in_order_and_once(world: World, clock: FakeClock) -> None:
    clock.set_to("2024-03-03T07:00")
    for _ in range(3):
        world.look()
    days = [f"2024-{day}" for day in ("02-27", "02-28", "02-29", "03-01", "03-02")]
    assert world.done == [*days, "2024-02"]
    with opened(world, clock) as ledger:
        assert [done.period for done in ledger.periods("daily")] == days


def test_jobs_say_how_many_periods_they_make_up_for_where_they_are_many(
    world: World, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    clock.set_to("2024-03-03T07:00")
    with caplog.at_level(logging.WARNING):
        world.look()
    assert "job daily: makes up for 5 periods, 2024-02-27 to 2024-03-02" in caplog.text


def test_jobs_close_no_period_twice_where_the_clock_is_moved_back(world: World, clock: FakeClock) -> None:
    clock.set_to("2024-02-29T07:00")
    world.look()
    clock.set_to("2024-02-27T12:00")
    world.look()
    clock.set_to("2024-02-29T08:00")
    world.look()
    assert world.done == ["2024-02-27", "2024-02-28"]


def test_jobs_close_nothing_where_the_clock_cannot_be_right(world: World, clock: FakeClock) -> None:
    clock.set_to("2200-01-01T12:00")
    world.look()
    assert (world.done, state(world, "daily").next_at) == ([], None)
    clock.set_to("2024-02-28T07:00")
    world.look()
    assert world.done == ["2024-02-27"]


def test_jobs_first_started_with_a_clock_in_1970_begin_when_it_is_set(tmp_path: Path) -> None:
    clock = FakeClock("1970-01-02T00:00")
    world = World(tmp_path / "ledger.sqlite3", clock, "daily")
    world.look()
    clock.set_to("2024-02-28T12:00")
    world.look()
    assert world.done == []
    clock.set_to("2024-02-29T12:00")
    world.look()
    assert world.done == ["2024-02-28"]


def test_jobs_that_closed_ahead_of_the_clock_are_told_and_can_be_reopened(world: World, clock: FakeClock) -> None:
    clock.set_to("2024-05-01T12:00")
    world.look()
    clock.set_to("2024-02-28T12:00")
    assert state(world, "daily").ahead
    assert world.runner().reopen("daily", periods.parse("2024-02-28")) == 63
    assert not state(world, "daily").ahead
    world.done.clear()
    clock.set_to("2024-03-01T12:00")
    world.look()
    assert world.done == ["2024-02-28", "2024-02-29"]


def test_jobs_of_intervals_wait_for_one_first_and_then_come_again_after_each(world: World, clock: FakeClock) -> None:
    assert state(world, "derive").outcome == "never"
    clock.pass_by(299)
    assert world.look() == {}
    clock.pass_by(1)
    assert world.look() == {"derive": "done"}
    assert world.look() == {}
    clock.pass_by(300)
    assert world.look() == {"derive": "done"}


def test_jobs_of_intervals_follow_no_clock_on_the_wall(world: World, clock: FakeClock) -> None:
    clock.pass_by(300)
    clock.set_to("2019-01-01T00:00")
    assert world.look() == {"derive": "done"}


def test_jobs_of_intervals_are_due_at_once_after_a_start_of_the_machine(world: World, clock: FakeClock) -> None:
    clock.boot, clock.ticked = "second", 5.0
    assert world.look() == {"derive": "done"}


def test_job_that_fails_is_tried_again_after_growing_pauses_and_shows(world: World, clock: FakeClock) -> None:
    clock.set_to("2024-02-28T07:00")
    world.breaks = StoreError("store x: disk is full")
    assert world.look() == {"daily": "failed"}
    clock.pass_by(59)
    assert world.look() == {}
    clock.pass_by(1)
    assert world.look() == {"daily": "failed"}
    clock.pass_by(119)
    assert world.look() == {}
    found = state(world, "daily")
    assert (found.outcome, found.failures, found.missed, found.detail) == ("failed", 2, 1, "store x: disk is full")
    world.breaks = None
    clock.pass_by(1)
    assert world.look()["daily"] == "done"
    assert (state(world, "daily").failures, world.done) == (0, ["2024-02-27"])


def test_job_that_fails_at_a_period_keeps_those_before_it_and_goes_on_there(world: World, clock: FakeClock) -> None:
    clock.set_to("2024-02-29T07:00")
    world.breaks, world.breaks_at = ValueError("odd"), "2024-02-28"
    assert world.look()["daily"] == "failed"
    assert (world.done, state(world, "daily").first_missed) == (["2024-02-27"], "2024-02-28")
    assert state(world, "daily").detail == "ValueError: odd"
    world.breaks = None
    clock.pass_by(60)
    world.look()
    assert world.done == ["2024-02-27", "2024-02-28"]


def test_job_that_fails_leaves_the_others_alone(world: World, clock: FakeClock) -> None:
    clock.set_to("2024-03-01T07:00")
    world.breaks, world.breaks_at = ValueError("odd"), "2024-02-27"
    assert world.look() == {"daily": "failed", "monthly": "done"}


def test_job_that_is_told_to_stop_is_due_again_at_once(world: World, clock: FakeClock) -> None:
    clock.set_to("2024-02-28T07:00")
    world.breaks = StoppedError()
    with pytest.raises(StoppedError):
        world.look()
    assert state(world, "daily").outcome == "stopped"
    world.breaks = None
    assert world.look() == {"daily": "done", "derive": "done"} or world.done == ["2024-02-27"]


def test_lane_that_another_holds_is_not_entered_until_its_lease_is_over(world: World, clock: FakeClock) -> None:
    clock.set_to("2024-02-28T07:00")
    with opened(world, clock, "killed") as ledger:
        assert ledger.claim(DERIVATION)
        ledger.begin(DERIVATION, "daily", periods.parse("2024-02-27"))
    assert world.look() == {"daily": "busy"}
    assert state(world, "daily").outcome == "running"
    clock.pass_by(LEASE_S)
    assert state(world, "daily").outcome == "interrupted"
    assert world.look() == {"daily": "done"}


def test_lane_is_free_after_a_start_of_the_machine(world: World, clock: FakeClock) -> None:
    with opened(world, clock, "killed") as ledger:
        assert ledger.claim(DERIVATION)
    clock.boot = "second"
    with opened(world, clock, "next") as ledger:
        assert ledger.claim(DERIVATION)


@pytest.mark.parametrize("now", ["2019-01-01T00:00", "2190-01-01T00:00"])
def test_lane_is_held_whatever_the_clock_on_the_wall_says(world: World, clock: FakeClock, now: str) -> None:
    with opened(world, clock, "one") as one, opened(world, clock, "other") as other:
        assert one.claim(DERIVATION)
        clock.set_to(now)
        assert not other.claim(DERIVATION)


def test_lane_that_was_lost_cannot_be_renewed_nor_anything_noted_in_it(world: World, clock: FakeClock) -> None:
    with opened(world, clock, "slow") as slow, opened(world, clock, "next") as following:
        assert slow.claim(DERIVATION)
        clock.pass_by(LEASE_S)
        assert following.claim(DERIVATION)
        day = periods.parse("2024-02-27")
        with pytest.raises(LostError, match="lane 'derivation' is not ours any more"):
            slow.renew(DERIVATION)
        with pytest.raises(LostError):
            slow.close_period(DERIVATION, "daily", day, after=periods.parse("2024-02-28"), started=0.0, detail="")
        assert slow.periods("daily") == []


def test_lane_given_back_by_one_that_lost_it_stays_with_its_holder(world: World, clock: FakeClock) -> None:
    with opened(world, clock, "slow") as slow, opened(world, clock, "next") as following:
        assert slow.claim(DERIVATION)
        clock.pass_by(LEASE_S)
        assert following.claim(DERIVATION)
        slow.give_back(DERIVATION)
        assert slow.holders() == {DERIVATION: "next"}


def test_job_run_by_hand_closes_what_is_due_or_says_that_nothing_is(world: World, clock: FakeClock) -> None:
    assert world.runner().run("daily") == "nothing"
    clock.set_to("2024-02-28T07:00")
    assert world.runner().run("daily") == "done"
    assert world.done == ["2024-02-27"]


def test_job_run_by_hand_for_a_period_closes_it_again_and_moves_nothing(world: World, clock: FakeClock) -> None:
    clock.set_to("2024-02-29T07:00")
    world.look()
    assert world.runner().run("daily", periods.parse("2024-02-27")) == "done"
    assert world.done == ["2024-02-27", "2024-02-28", "2024-02-27"]
    assert state(world, "daily").next_period == "2024-02-29"


@pytest.mark.parametrize(
    ("name", "period", "said"),
    [
        ("daily", "2024-02-27", "expected one that has ended and may be closed by now, got 2024-02-27"),
        ("daily", "2024-02-28", "expected none after 2024-02-27, which is the next to be closed, got 2024-02-28"),
        ("daily", "2024-01", "expected a period of daily, got 2024-01"),
        ("derive", "2024-01", "expected nothing for derive, which has no periods, got 2024-01"),
    ],
)
def test_job_run_by_hand_refuses_a_period_that_it_cannot_close(world: World, name: str, period: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        world.runner().run(name, periods.parse(period))
    with closing(JobLedger(world.file, clock=world.clock)) as ledger:
        assert ledger.holders() == {}
