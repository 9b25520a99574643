"""The command `qingjing`, killed (SIGKILL) at the write of readings whose number comes first; run by test_import.py."""

import itertools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from ingestor.cli import main
from ingestor.store import InfluxServer, SqliteStore

kill_at = int(sys.argv.pop(1))
writes = itertools.count(1)  # drawn from by several threads, which `next` allows


def killed(write: Callable[..., Any]) -> Callable[..., Any]:
    """Return a write that is not done where it is the one."""

    def counted(*arguments: Any, **named: Any) -> Any:
        if next(writes) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return write(*arguments, **named)

    return counted


# One series, in a transaction
SqliteStore._upsert = killed(SqliteStore._upsert)  # type: ignore[method-assign]  # noqa: SLF001
# One request
InfluxServer.write_all = killed(InfluxServer.write_all)  # type: ignore[method-assign]
main()
