"""What the board remembers: of which state of the store an answer is."""

import asyncio
import threading
from pathlib import Path

import pytest

from ingestor.board import source
from ingestor.board.lanes import Use
from ingestor.board.source import Answer, Source
from ingestor.config import Config
from ingestor.store import SqliteStore, store_file
from ingestor.store.marks import Marks


def test_who_asks_after_a_change_does_not_get_what_was_begun_before_it(
    shipped: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteStore(store_file(tmp_path)).close()
    derivations = [1]
    monkeypatch.setattr(source, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(source, "marks", lambda _: Marks(0, derivations[0], (), (), ()))
    begun, go_on = threading.Event(), threading.Event()

    def before(_: Use) -> str:
        begun.set()
        go_on.wait(20)
        return "before"

    async def ask() -> list[Answer]:
        board = Source(shipped, tmp_path)
        try:
            first = asyncio.create_task(board.get("key", "figures", before))
            await asyncio.to_thread(begun.wait, 20)
            derivations[0] += 1
            second = asyncio.create_task(board.get("key", "figures", lambda _: "after"))
            await asyncio.sleep(0.05)
            go_on.set()
            found = [await first, await second, await board.get("key", "figures", lambda _: "again")]
        finally:
            go_on.set()
            board.close()
        return found

    assert [each.value for each in asyncio.run(ask())] == ["before", "after", "after"]


def test_late_answer_is_what_was_known_and_the_end_of_waiting_is_counted(
    shipped: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteStore(store_file(tmp_path)).close()
    monkeypatch.setattr(source, "marks", lambda _: Marks(0, 1, (), (), ()))
    go_on = threading.Event()

    def slow(_: Use) -> str:
        go_on.wait(20)
        return "second"

    async def ask() -> tuple[list[Answer], int]:
        board = Source(shipped, tmp_path)
        try:
            found = [
                await board.get("key", "figures", lambda _: "first", moment=1),
                await board.get("key", "figures", slow, moment=2, within_s=0.01),
            ]
            go_on.set()
            found.append(await board.get("key", "figures", slow, moment=2))
        finally:
            go_on.set()
            board.close()
        return found, board.finished

    found, finished = asyncio.run(ask())
    assert [(each.value, each.late) for each in found] == [("first", False), ("first", True), ("second", False)]
    assert finished == 1
