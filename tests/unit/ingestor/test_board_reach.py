"""Asking the server of a store beside: how it ends."""

import asyncio
import threading

import pytest

from ingestor.board import reach
from ingestor.board.reach import Reach
from ingestor.config import StoreSettings


def test_close_does_not_wait_for_a_server_that_hangs_and_its_connections_are_closed_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_answer, closed = threading.Event(), threading.Event()

    class Server:
        def __init__(self, database: str, *, retention_policy: str | None) -> None:
            pass

        def check_readable(self) -> None:
            may_answer.wait(20)

        def close(self) -> None:
            closed.set()

    monkeypatch.setattr(reach, "InfluxServer", Server)
    monkeypatch.setattr(reach, "WAIT_S", 0.0)

    async def ask() -> bool:
        asking = Reach()
        await asking.failing(StoreSettings(kind="influxdb"))
        asking.close()
        closed_late = not closed.is_set()
        may_answer.set()
        return closed_late

    assert asyncio.run(ask())
    assert closed.wait(20)
