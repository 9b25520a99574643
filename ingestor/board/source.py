"""What the board knows: answers from the store, remembered until something changes that they were computed from.

Each answer names the `Part` that it depends on: figures change only with a derivation or what people entered, so
asking for them again costs nothing while readings arrive. Whether anything changed is looked up once a second at most,
for all who ask. Where the store is away the last answer stays known, with its age.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec

from ingestor.board.lanes import Lane, Work
from ingestor.board.reach import Reach
from ingestor.config import Config
from ingestor.store import StoreError, store_file
from ingestor.store.marks import Marks, marks

Part = Literal["figures", "readings", "notices"]
PARTS: Final[tuple[Part, ...]] = ("figures", "readings", "notices")
LOOK_EVERY_S: Final = 1.0
REMEMBERED: Final = 256
"""Answers that are kept at most, those asked for longest ago go first."""

Speed = Literal["quick", "wall", "slow"]
"""Explanations and outlooks take seconds, in a large city the figures of the wall, too: they wait for one another, and
nothing else for them."""
SPEEDS: Final[tuple[Speed, ...]] = get_args(Speed)


class Answer(msgspec.Struct, frozen=True):
    """What was computed, when [s since 1970], by which sequence number of its part, and of which moment.

    `away` says why it is not of now: the store is away, and this is what was known last. `late` tells that what is of
    now is still being computed; `value` is what was known before, None where that was nothing.
    """

    value: Any
    at: float
    sequence: int
    moment: Hashable = None
    away: str | None = None
    late: bool = False


class Source:
    """The store behind the board; used from one event loop."""

    def __init__(self, config: Config, data: Path, *, now: Callable[[], float] = time.time) -> None:
        """`now` is the moment that the board shows [s since 1970]: the clock's, or a fixed one of old data."""
        self.config = config
        self.data = data
        self.file = store_file(data)
        self.now = now
        self.away: str | None = None
        self.sequence: dict[Part, int] = dict.fromkeys(PARTS, 0)
        self.finished = 0
        """How many answers were computed that somebody had stopped waiting for."""
        self._marks: dict[Part, Hashable] = {}
        self._last = 0
        self._looked_at = float("-inf")
        self._looking: asyncio.Future[None] | None = None
        self._lanes: dict[Speed, Lane] = {speed: Lane(speed, data) for speed in SPEEDS}
        self._reach = Reach()
        self._known: OrderedDict[Hashable, Answer] = OrderedDict()
        self._under_way: dict[Hashable, asyncio.Task[Answer]] = {}
        self._awaited: set[Hashable] = set()

    def close(self) -> None:
        """Close the stores."""
        for lane in self._lanes.values():
            lane.close()
        self._reach.close()

    def reconfigure(self, config: Config) -> None:
        """Take a changed configuration; figures are computed anew."""
        self.config = config

    @property
    def newest(self) -> int:
        """The sequence number of the last change of anything."""
        return max(self.sequence.values())

    async def look(self) -> None:
        """Look whether anything changed, if that was not done within the last second."""
        if self._looking is None:
            if time.monotonic() - self._looked_at < LOOK_EVERY_S:
                return
            self._looking = asyncio.ensure_future(self._look())
        await asyncio.shield(self._looking)

    async def _look(self) -> None:
        try:
            found = await asyncio.to_thread(marks, self.file)
            failing = await self._reach.failing(self.config.settings.store)
        except StoreError as error:
            self.away = str(error)
        else:
            self.away = failing
            self._take(found)
        finally:
            self._looked_at, self._looking = time.monotonic(), None

    def _take(self, found: Marks) -> None:
        config = (self.config.fingerprint, id(self.config))
        of_parts: dict[Part, Hashable] = {
            "figures": (found.derivations, found.entered, config),
            "readings": (found.arrivals, found.derivations, found.states, config),
            "notices": (found.notices, config),
        }
        for part, mark in of_parts.items():
            if self._marks.get(part) != mark:
                self._marks[part] = mark
                # Counted from the clock, so that a number of before a start is never taken for a newer one.
                self._last = max(self._last + 1, int(time.time() * 1000))
                self.sequence[part] = self._last

    async def get(
        self,
        key: Hashable,
        part: Part,
        work: Work[Any],
        *,
        moment: Hashable = None,
        speed: Speed = "quick",
        within_s: float | None = None,
    ) -> Answer:
        """Return what some work computes, computed once for all who ask until its part of the store changes.

        A `moment` is what else it is computed anew for, such as another hour. Who waits for `within_s` at most gets
        a `late` answer after that, and `finished` counts once the right one is there. [s]

        Raises
        ------
        StoreError
            If the store is away and nothing is known from before.
        ConfigError
            As the work does.
        """
        await self.look()
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
        if self.away is not None:
            return _from_before(known, StoreError(self.away))
        if known is not None and (known.sequence, known.moment) == (self.sequence[part], moment):
            return known
        whole = (key, self.sequence[part], moment)
        if whole not in self._under_way:
            self._under_way[whole] = asyncio.create_task(self._compute(whole, work, speed))
        task = self._under_way[whole]
        done, _ = await asyncio.wait((task,), timeout=within_s)
        if not done:
            self._awaited.add(whole)
            before = Answer(None, self.now(), 0) if known is None else known
            return msgspec.structs.replace(before, late=True)
        try:
            return task.result()
        except StoreError as error:
            return _from_before(known, error)

    async def _compute(
        self, whole: tuple[Hashable, int, Hashable], work: Work[Any], speed: Speed
    ) -> Answer:  # fmt: skip
        key, sequence, moment = whole
        at = self.now()
        try:
            value = await self._lanes[speed].run(self.config, work)
        finally:
            del self._under_way[whole]
            awaited = whole in self._awaited
            self._awaited.discard(whole)
        answer = Answer(value, at, sequence, moment)
        if key not in self._known or self._known[key].sequence <= sequence:
            self._known[key] = answer
            self._known.move_to_end(key)
        self.finished += awaited
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return answer

    async def once(self, work: Work[Any]) -> Any:
        """Do some work that is not remembered, such as a change.

        Raises
        ------
        StoreError
            If the store is away.
        """
        try:
            return await self._lanes["quick"].run(self.config, work)
        finally:
            self._looked_at = float("-inf")


def _from_before(known: Answer | None, error: StoreError) -> Answer:
    if known is None:
        raise error
    return msgspec.structs.replace(known, away=str(error))
