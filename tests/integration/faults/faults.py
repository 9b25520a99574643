"""The faults: each breaks something, lets the gateway go on for a moment, and heals it.

All are context managers, so that two can hold at a time. `Moment` waits: a fault that breaks the broker cannot wait for
acknowledgements.
"""

import contextlib
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.integration.faults import proxies
from tests.integration.faults.processes import STORE_TIMEOUT_MS, UnreachedError, reach
from tests.integration.faults.proxies import Behaviour, Direction
from tests.integration.faults.world import World

Fault = Callable[[World], AbstractContextManager[None]]

NOT_KEPT = "messages not kept"
"""What the collector says of a commit that failed."""
BEYOND_TIMEOUT_S = STORE_TIMEOUT_MS / 1000 + 0.3


def _bites(bitten: Callable[[], object], *, within_s: float) -> bool:
    """Wait for a fault to bite, and tell whether it did; beside another fault it may find nothing to bite."""
    with contextlib.suppress(UnreachedError):
        reach(bitten, what="a fault to bite", timeout_s=within_s)
        return True
    return False


# The collector


@contextmanager
def collector_killed(world: World) -> Iterator[None]:
    world.collector.kill()
    yield
    world.collector.start()


@contextmanager
def collector_killed_while_starting(world: World) -> Iterator[None]:
    world.collector.kill()
    yield
    world.collector.start()
    time.sleep(world.rng.uniform(0.0, 1.5))
    world.collector.kill()
    world.collector.start()


@contextmanager
def collector_stopped(world: World) -> Iterator[None]:
    world.collector.stop()
    yield
    world.collector.start()


@contextmanager
def collector_frozen(world: World) -> Iterator[None]:
    world.collector.signal(signal.SIGSTOP)
    yield
    world.collector.signal(signal.SIGCONT)


@contextmanager
def outbox_over_quota(world: World) -> Iterator[None]:
    """Commits fail, at first in the middle of one."""
    collector = world.collector
    limited, said = collector.process, len(collector.log)
    wal = collector.file.with_name(collector.file.name + "-wal")
    collector.limit_files((wal.stat().st_size if wal.exists() else 0) + world.rng.randrange(50_000))
    if not _bites(lambda: collector.has_said(NOT_KEPT, after=said), within_s=1.0):
        collector.limit_files(world.rng.randrange(8192))  # it was writing at the beginning of its log again
        world.in_vain += not _bites(lambda: collector.has_said(NOT_KEPT, after=said), within_s=1.0)
    yield
    if collector.process is limited:
        collector.unlimit_files()


@contextmanager
def collector_ended_over_quota(world: World) -> Iterator[None]:
    """What could not be committed must not have been acknowledged."""
    with outbox_over_quota(world):
        time.sleep(world.rng.uniform(0.0, 0.3))
        world.rng.choice((world.collector.kill, world.collector.kill, world.collector.stop))()
        yield
    world.collector.start()


# The broker


@contextmanager
def broker_killed(world: World) -> Iterator[None]:
    world.broker.kill()
    yield
    world.broker.start()


@contextmanager
def broker_stopped(world: World) -> Iterator[None]:
    world.broker.stop()
    yield
    world.broker.start()


@contextmanager
def broker_frozen(world: World) -> Iterator[None]:
    world.broker.signal(signal.SIGSTOP)
    yield
    world.broker.signal(signal.SIGCONT)


@contextmanager
def broker_link_refused(world: World) -> Iterator[None]:
    with world.broker_link.refusing():
        yield


@contextmanager
def broker_link_stalled(world: World) -> Iterator[None]:
    with world.broker_link.stalled():
        yield


@contextmanager
def acknowledgements_lost(world: World) -> Iterator[None]:
    """What the collector acknowledges gets lost on the way, and then the connection."""
    with world.broker_link.swallowing("to_server"):
        yield


def broker_link_cut(direction: Direction) -> Fault:
    @contextmanager
    def link_cut(world: World) -> Iterator[None]:
        """The connection ends in the middle of a packet, now and then twice."""
        most = 3000 if direction == "to_client" else 500  # what goes to the broker is four bytes a message
        for again in range(world.rng.choice((1, 1, 2))):
            size = world.rng.randrange(1, most)
            with world.broker_link.cutting_after(size, direction, reset=world.rng.random() < 0.5) as cut:
                world.in_vain += not _bites(cut.is_set, within_s=3.0) and not again
        yield

    return link_cut


# The store


@contextmanager
def store_killed(world: World) -> Iterator[None]:
    world.store.kill()
    yield
    world.store.start()


@contextmanager
def store_stopped(world: World) -> Iterator[None]:
    world.store.kill(signal.SIGTERM)
    yield
    world.store.start()


@contextmanager
def store_frozen(world: World) -> Iterator[None]:
    """Longer than the collector waits for an answer."""
    world.store.signal(signal.SIGSTOP)
    time.sleep(BEYOND_TIMEOUT_S)
    yield
    world.store.signal(signal.SIGCONT)


@contextmanager
def store_refused(world: World) -> Iterator[None]:
    with world.store_link.refusing():
        yield


def store_misbehaving(behaviour_of: Callable[[random.Random], Behaviour]) -> Fault:
    @contextmanager
    def misbehaving(world: World) -> Iterator[None]:
        with world.store_link.behaving(behaviour_of(world.rng)):
            world.in_vain += not _bites(lambda: world.store_link.misbehaved, within_s=3.0)
            yield

    return misbehaving


@contextmanager
def store_timing_out(world: World) -> Iterator[None]:
    with world.store_link.behaving(proxies.time_out):
        time.sleep(BEYOND_TIMEOUT_S)
        yield


# All


@contextmanager
def everything_restarted(world: World) -> Iterator[None]:
    """The broker saves its queue; the others have no time for anything."""
    ends = [world.broker.stop, world.collector.kill, world.store.kill]
    starts = [world.broker.start, world.collector.start, world.store.start]
    world.rng.shuffle(ends)
    world.rng.shuffle(starts)
    for end in ends:
        end()
    yield
    for start in starts:
        start()


OF_STORE: dict[str, Fault] = {
    "store killed": store_killed,
    "store stopped": store_stopped,
    "store frozen": store_frozen,
    "store refuses": store_refused,
    "store answers 503": store_misbehaving(lambda _: proxies.answering(503, retry_after_s=1)),
    "store answers 429": store_misbehaving(lambda _: proxies.answering(429)),
    "store answers 500": store_misbehaving(lambda _: proxies.answering(500)),
    "store is another server": store_misbehaving(lambda _: proxies.answering(200)),
    "store hangs up": store_misbehaving(lambda _: proxies.hang_up),
    "store's answer lost": store_misbehaving(lambda _: proxies.swallow_answer),
    "store times out": store_timing_out,
    "request to the store cut": store_misbehaving(proxies.cutting_request),
    "answer of the store cut": store_misbehaving(proxies.cutting_answer),
}
OF_BROKER: dict[str, Fault] = {
    "broker stopped": broker_stopped,
    "broker frozen": broker_frozen,
    "broker refuses": broker_link_refused,
    "broker stalled": broker_link_stalled,
    "acknowledgements lost": acknowledgements_lost,
    "broker cut": broker_link_cut("to_client"),
    "acknowledgement cut": broker_link_cut("to_server"),
}
OF_COLLECTOR: dict[str, Fault] = {
    "collector killed": collector_killed,
    "collector killed while starting": collector_killed_while_starting,
    "collector stopped": collector_stopped,
    "collector frozen": collector_frozen,
    "outbox over quota": outbox_over_quota,
    "collector ended over quota": collector_ended_over_quota,
}
BROKER_KILLED: dict[str, Fault] = {"broker killed": broker_killed}
"""Beside faults of the store only: killed while the collector is away, it forgets what it has acknowledged."""
ALL: dict[str, Fault] = {"everything restarted": everything_restarted}
SINGLE = {**OF_STORE, **OF_BROKER, **OF_COLLECTOR, **BROKER_KILLED, **ALL}


DISCONNECTING = {
    "broker killed",
    "broker stopped",
    "broker refuses",
    "acknowledgements lost",
    "broker cut",
    "acknowledgement cut",
}
RESTARTING = {
    "collector ended over quota",
    "collector killed",
    "collector killed while starting",
    "collector stopped",
    "everything restarted",
}


def plan(rounds: int, rng: random.Random) -> list[tuple[str, ...]]:
    """Return the faults of each round: every single one, then some pairs, and so on, in random order each."""
    planned: list[tuple[str, ...]] = []
    while len(planned) < rounds:
        block: list[tuple[str, ...]] = [(name,) for name in SINGLE]
        rng.shuffle(block)
        block += [_pair(rng) for _ in range(len(SINGLE) // 2)]
        planned += _quickly(block)
    return planned[:rounds]


def _quickly(block: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Put restarts of the collector between faults of its connection: its pauses before the next try grow."""
    ordered: list[tuple[str, ...]] = []
    left = list(block)
    connections = 0
    while left:
        due = next((names for names in left if RESTARTING & set(names)), left[0]) if connections > 1 else left[0]
        left.remove(due)
        ordered.append(due)
        connections = 0 if RESTARTING & set(due) else connections + bool(DISCONNECTING & set(due))
    return ordered


def _pair(rng: random.Random) -> tuple[str, ...]:
    """Two faults of different parts; those of the collector come last, as it is what makes the others bite."""
    of = (OF_STORE, {**OF_BROKER, **BROKER_KILLED}, OF_COLLECTOR)
    first, second = (rng.choice(list(of[i])) for i in sorted(rng.sample(range(3), 2)))
    return (first, second) if first not in BROKER_KILLED else _pair(rng)


@contextmanager
def broken(names: tuple[str, ...], world: World) -> Iterator[None]:
    """Have some faults at a time."""
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(SINGLE[name](world))
        yield
