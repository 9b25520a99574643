"""Whatever clocks, crashes and starts do, each period that has ended since the first start is closed once, in order."""

import contextlib
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ingestor.config import EPOCH
from ingestor.jobs.calendars import Kind
from ingestor.jobs.lanes import DERIVATION
from ingestor.jobs.ledger import LEASE_S, JobLedger
from ingestor.jobs.runner import due_periods
from tests.jobs_world import FakeClock, World, calendar, moment

FIRST = moment("2024-02-27T12:00")
DAY_S = 86_400

STEPS = st.one_of(
    st.tuples(st.just("pass"), st.integers(0, 3 * DAY_S)),
    st.tuples(st.just("move"), st.integers(-40 * DAY_S, 40 * DAY_S)),
    st.tuples(st.just("look"), st.just(0)),
    st.tuples(st.just("crash in work"), st.just(0)),
    st.tuples(st.just("crash at close"), st.integers(0, 5)),
    st.tuples(st.just("killed holding the lane"), st.just(0)),
    st.tuples(st.just("boot"), st.just(0)),
)


class KilledError(BaseException):
    """Ends a look where it stands, as a signal would."""


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(["daily", "monthly"]), steps=st.lists(STEPS, max_size=12))
def test_periods_are_closed_once_and_in_order(kind: Kind, steps: list[tuple[str, int]]) -> None:
    clock = FakeClock("2024-02-27T12:00")
    looked = crashed = clock.wall
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "ledger.sqlite3", clock, kind)
        world.look()
        for step, much in [*steps, ("look", 0)]:
            if step == "pass":
                clock.pass_by(much)
            elif step == "move":
                clock.wall += much
            elif step == "boot":
                clock.boot, clock.ticked = clock.boot + "x", 10.0
            elif step == "killed holding the lane":
                with closing(JobLedger(world.file, clock=clock, instance="killed")) as ledger:
                    ledger.claim(DERIVATION)
            elif step == "look":
                clock.pass_by(LEASE_S)  # whoever was killed is forgotten
                world.look()
                looked = max(looked, clock.wall)
            else:
                crash(world, at_period=much if step == "crash at close" else None)
                crashed = max(crashed, clock.wall)
        with closing(JobLedger(world.file, clock=clock)) as ledger:
            closed = [done.period for done in ledger.periods(kind)]
    of_kind = calendar(kind)
    first = of_kind.current(FIRST)
    assert first is not None
    at_least, at_most = (
        [str(period) for period in of_kind.due((first.first - EPOCH).days, now)]
        for now in (looked, max(looked, crashed))
    )
    assert world.done == closed
    assert closed == at_most[: len(closed)]
    assert len(closed) >= len(at_least)


def crash(world: World, *, at_period: int | None) -> None:
    """A look that dies while it derives, or at the period of a number among those that are due."""
    world.breaks, world.breaks_at = KilledError(), None
    if at_period is not None:
        world.breaks_at = next(iter(due_now(world)[at_period:]), "none")
    with contextlib.suppress(KilledError):
        world.look()
    world.breaks = world.breaks_at = None


def due_now(world: World) -> list[str]:
    """The periods that are due."""
    with closing(JobLedger(world.file, clock=world.clock)) as ledger:
        known = ledger.runs()
    return [str(p) for job in world.jobs() for p in due_periods(job, known[job.name], world.clock.wall)]
