"""Claims about arrivals that two processes see at once."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ingestor.store import Ledger, arrivals
from ingestor.store.arrivals import Derived


def test_what_is_delivered_while_due_days_are_looked_for_stays_due(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite3"
    statements: list[str] = []
    with closing(Ledger(file)) as collector, closing(sqlite3.connect(file, isolation_level=None)) as deriving:
        collector.make_stale([("air", "a1", 0)])

        def deliver_in_between(statement: str) -> None:
            statements.append(statement)
            if len(statements) == 2:
                collector.make_stale([("air", "a1", 1)])

        deriving.set_trace_callback(deliver_in_between)
        due = arrivals.due(deriving)
        deriving.set_trace_callback(None)
        arrivals.set_derived(deriving, "air:x", Derived("d", {}, due.upto), [("air", "a1")])
        assert arrivals.due(deriving).days == {("air", "a1"): [1]}
