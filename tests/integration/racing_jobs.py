"""A process for test_jobs: looks again and again whether a job is due, and notes each period that it closes.

`python racing_jobs.py LEDGER CLOCK LINES [hold]`: CLOCK is a file with the time on the wall, LINES one to append to.
With `hold` it writes a line when it has begun to close a period, and then does not end.
"""

import os
import sys
import threading
from pathlib import Path

from aggregations.periods import Period
from ingestor.jobs.calendars import Calendar
from ingestor.jobs.clocks import SystemClock
from ingestor.jobs.lanes import DERIVATION
from ingestor.jobs.runner import Alive, Job, Runner


class ToldClock(SystemClock):
    """The machine's ticks, and a time on the wall that a file tells; it ends with the word `end`."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def now(self) -> float:
        text = self._file.read_text()
        if text == "end":
            raise SystemExit(0)
        return float(text)


def main() -> None:
    ledger, told, lines, *hold = sys.argv[1:]

    def close(period: Period, _: Alive) -> str:
        with Path(lines).open("a") as out:
            out.write(f"{period} {os.getpid()}\n")
        if hold:
            threading.Event().wait()
        return ""

    calendar = Calendar(kind="daily", after_days=0, at_s=0, offset_s=0)
    job = Job(name="daily", lane=DERIVATION, work=lambda _: "", calendar=calendar, close=close)
    runner = Runner(Path(ledger), [job], clock=ToldClock(Path(told)))
    while True:
        runner.look(DERIVATION)


if __name__ == "__main__":
    main()
