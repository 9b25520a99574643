"""Handing out tasks: as many as keep the workers busy, each result as it comes, nothing left running behind."""

import contextlib
import queue
import time
import uuid
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from ingestor.cluster import ClusterError, worker

if TYPE_CHECKING:
    from distributed import Client, Future

AHEAD: Final = 2
"""Tasks handed out for each thread of the cluster."""
LOOK_EVERY_S: Final = 5.0
NO_WORKERS_S: Final = 120.0
"""How long a cluster may be without workers. [s]"""
SETTLE_S: Final = 60.0
"""How long is waited for tasks that were given up. [s]"""

A = TypeVar("A")


class Task(NamedTuple, Generic[A]):
    """What a worker is to do; `about` is for who handed it out, `what` for people."""

    about: A
    what: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


def completed(client: "Client", ready: Callable[[], Task[A] | None]) -> Generator[tuple[A, Any], None, None]:
    """Hand out tasks and yield each with its result, in the order in which they end.

    `ready` returns the next task; None where there is none before another one has ended, or at all. Where this is
    closed before all is done, no task writes any more after it.

    Raises
    ------
    ClusterError
        If scheduler or workers are gone, or a task ended several workers.
    Exception
        What a task raises.
    """
    prefix = f"qingjing-{uuid.uuid4().hex}-"
    under_way: dict[Future[Any], Task[A]] = {}
    ended: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
    number = 0
    try:
        while True:
            most = AHEAD * max(1, sum(client.nthreads().values()))
            while len(under_way) < most and (task := ready()) is not None:
                key = f"{prefix}{number}"
                number += 1
                future = client.submit(task.function, *task.arguments, key=key, pure=False)
                under_way[future] = task
                future.add_done_callback(ended.put)
            if not under_way:
                return
            future = _next_ended(client, ended)
            result = _result(future, under_way[future])
            yield under_way.pop(future).about, result
    finally:
        if under_way:
            _give_up(client, list(under_way), prefix)


def _next_ended(client: "Client", ended: "queue.SimpleQueue[Future[Any]]") -> "Future[Any]":
    """Wait for a task to end."""
    deserted_at: float | None = None
    while True:
        with contextlib.suppress(queue.Empty):
            return ended.get(timeout=LOOK_EVERY_S)
        if client.status != "running" or client.nthreads():
            deserted_at = None
        elif deserted_at is None:
            deserted_at = time.monotonic()
        elif time.monotonic() - deserted_at >= NO_WORKERS_S:
            raise ClusterError(
                f"--scheduler: expected a worker, got none for {NO_WORKERS_S:.0f} s; what was done stays, start again "
                "for the rest"
            )


def _result(future: "Future[Any]", task: Task[A]) -> Any:
    from distributed import CancelledError, KilledWorker
    from distributed.comm.core import CommClosedError

    try:
        return future.result()
    except KilledWorker as error:
        raise ClusterError(
            f"{task.what}: expected a worker to do it, but several ended over it (out of memory?); what was done stays"
        ) from error
    except (CancelledError, CommClosedError) as error:
        raise ClusterError(
            f"{task.what}: expected the scheduler to answer, got nothing; what was done stays, start again for the rest"
        ) from error


def _give_up(client: "Client", futures: "list[Future[Any]]", prefix: str) -> None:
    """Give tasks up, and wait until none runs any more: `worker.wanting` keeps those that do from writing."""
    deadline = time.monotonic() + SETTLE_S
    with contextlib.suppress(OSError, TimeoutError):  # a scheduler that is gone
        client.cancel(futures)
        while any(client.run(worker.running, prefix, on_error="ignore").values()) and time.monotonic() < deadline:
            time.sleep(0.1)
