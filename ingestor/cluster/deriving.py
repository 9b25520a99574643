"""Derivation on a cluster: workers carry out the steps, this process sets the marks."""

import contextlib
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from ingestor.cluster import worker
from ingestor.cluster.tasks import Task, completed
from ingestor.config import Config
from ingestor.derivation.spans import Span
from ingestor.derivation.stale import Plan, Work
from ingestor.derivation.steps import CarryOut, Step, check_locks, set_derived, steps_of
from ingestor.store import Tables

if TYPE_CHECKING:
    from distributed import Client

About = tuple[Work, Step]


def on(client: "Client") -> CarryOut:
    """Return what carries out a plan on a cluster. See `CarryOut`.

    Steps of all units are handed out in their order, those of one unit beside each other. The mark of a unit is set
    when its last step is done; what fails before leaves it stale.
    """

    def carry_out(
        config: Config, store: Tables, todo: Plan, between: Callable[[], None]
    ) -> Generator[tuple[Work, Span], None, None]:
        shipped = worker.shipment(config)
        steps = ((work, step) for work in todo.work for step in steps_of(work))
        left = {work.unit.name: len(steps_of(work)) for work in todo.work}

        def ready() -> Task[About] | None:
            about = next(steps, None)
            if about is None:
                return None
            work, step = about
            between()
            check_locks(store, work, todo.locks)
            what = f"{work.unit.name}, {step.run.first} to {step.run.last}" if step.run else work.unit.name
            return Task(about, what, worker.derive_step, (shipped, work, step))

        with contextlib.closing(completed(client, ready)) as carried_out:
            for (work, step), _ in carried_out:
                left[work.unit.name] -= 1
                if not left[work.unit.name]:
                    between()
                    with store.replacing():
                        check_locks(store, work, todo.locks)
                        set_derived(store, work)
                if step.run is not None:
                    yield work, step.run

    return carry_out
