"""What the gateway asks devices for: to set their clocks, and to send history again."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Final

from ingestor.hj212.counts import Complaints, Counts
from ingestor.hj212.rules import Rules
from ingestor.hj212.seen import Seen
from sensors.hj212 import commands
from sensors.hj212.frames import Frame
from sensors.hj212.parameters import parameters

GAPS: Final = {"2051": dt.timedelta(minutes=20), "2061": dt.timedelta(hours=2), "2031": dt.timedelta(days=2)}
"""Data that are older than this leave a gap: two of their periods, of minutes' data the usual 10 minutes."""
DRIFTS: Final = 3
"""So many frames in a row must drift: the number of one may be old, where a device sends it again."""
SETTLE_S: Final = 3600.0
"""A clock is set at most so often."""


class Requests:
    """The requests to the device of one connection, one at a time."""

    def __init__(
        self, say: Callable[[bytes], Awaitable[None]], rules: Rules, seen: Seen, counts: Counts, complaints: Complaints
    ) -> None:
        self._say, self._rules, self._seen, self._counts = say, rules, seen, counts
        self._complaints = complaints
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._expected: dict[str, asyncio.Future[str]] = {}
        self._drifts = 0
        self._set_at = float("-inf")
        self._number = ""

    def close(self) -> None:
        """Give up what is still asked for."""
        for task in self._tasks:
            task.cancel()

    def take(self, frame: Frame) -> None:
        """Take an answer of the device to a request: 9011 says whether it will do it, 9012 whether it did."""
        found = parameters(frame.cp.decode("latin-1"))
        number = next(iter(found.all_of("QN")), frame.header.get("QN", ""))
        if frame.header.get("CN") == commands.REQUEST_ANSWER:
            future = self._expected.get(number)
            if future is not None and not future.done():
                future.set_result(next(iter(found.all_of("QnRtn")), ""))
        elif frame.header.get("CN") == commands.EXECUTED:
            done = next(iter(found.all_of("ExeRtn")), "") == commands.ACCEPTED
            self._counts.requests["executed" if done else "not executed"] += 1

    def note(self, frame: Frame) -> None:
        """Keep up to when the device has sent its data, now that a frame is safe."""
        if frame.header.get("CN") in commands.HISTORY:
            self._seen.note(frame.header["MN"], frame.header["CN"], frame.cp, self._local_now())

    def fetch_back(self, frame: Frame) -> None:
        """Ask the device of a frame for the history of its gaps, from what was last seen of it."""
        now = self._local_now()
        earliest = now - dt.timedelta(hours=self._rules.back_fetch_h)
        for command in self._rules.back_fetch:
            last = self._seen.last(frame.header["MN"], command)
            if last is not None and now - last > GAPS[command]:
                self._start(frame, command, commands.span(max(last, earliest), now))

    def watch_clock(self, frame: Frame) -> None:
        """Set the device's clock where the numbers of its real-time data drift."""
        allowed = self._rules.sync_clock_s
        said = commands.time_of(frame.header.get("QN", ""))
        if allowed is None or said is None:
            return
        drift = abs((said - self._local_now()).total_seconds())
        self._drifts = self._drifts + 1 if drift > allowed else 0
        if self._drifts >= DRIFTS and asyncio.get_running_loop().time() - self._set_at > SETTLE_S:
            self.set_clock(frame)

    def set_clock(self, frame: Frame) -> None:
        """Set the device's clock."""
        self._drifts = 0
        self._set_at = asyncio.get_running_loop().time()
        self._start(frame, commands.SET_CLOCK, None)

    def _start(self, frame: Frame, command: str, asked: str | None) -> None:
        task = asyncio.get_running_loop().create_task(self._ask(frame, command, asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, frame: Frame, command: str, asked: str | None) -> None:
        """Request something until the device answers; `asked` None says the time."""
        identifier = frame.header["MN"]
        async with self._lock:
            for _ in range(self._rules.tries):
                now = self._local_now()
                number = self._next_number(now)
                future = self._expected[number] = asyncio.get_running_loop().create_future()
                text = commands.clock(now) if asked is None else asked
                try:
                    await self._say(
                        commands.request(
                            frame, frame.header.get("PW", ""), number=number, command=command, parameters=text
                        )
                    )
                    async with asyncio.timeout(self._rules.reply_s):
                        outcome = await future
                except TimeoutError:
                    continue
                except OSError:
                    return
                finally:
                    del self._expected[number]
                accepted = outcome == commands.ACCEPTED
                self._counts.requests[f"{command} {'accepted' if accepted else 'refused'}"] += 1
                if not accepted:
                    self._complaints.say(
                        f"{command} refused", f"device {identifier}: refused {command} ({outcome!r:.20})"
                    )
                return
            self._counts.requests[f"{command} unanswered"] += 1
            self._complaints.say(f"{command} unanswered", f"device {identifier}: did not answer {command}")

    def _next_number(self, now: dt.datetime) -> str:
        """A QN later than the last."""
        self._number = max(commands.number_at(now), f"{int(self._number or 0) + 1:017d}")
        return self._number

    def _local_now(self) -> dt.datetime:
        return dt.datetime.now(dt.timezone(dt.timedelta(seconds=self._rules.offset_s))).replace(tzinfo=None)
