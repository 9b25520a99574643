"""The command `demo --serve` beside a demonstration that is finished, without running one."""

import socket
from pathlib import Path
from typing import Any

import pytest

from ingestor import demo
from ingestor.board.app import BoardError
from ingestor.cli import board
from ingestor.cli.demonstration import demo_command
from tests.support import free_port


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders in which a demonstration was run; each run ends with an error."""
    found: list[Path] = []

    def run(_: Any, data: Path, **__: Any) -> None:
        found.append(data)
        raise InterruptedError

    monkeypatch.setattr(demo, "run", run)
    return found


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    data = tmp_path / "seed-1-days-1"
    data.mkdir()
    (data / demo.FINISHED).touch()
    return data


def ask(folder: Path, port: int, *, json: bool = False) -> None:
    demo_command(seed=1, days=1, directory=folder, serve=True, port=port, json_=json)


def test_finished_demonstration_is_served_as_it_is(
    runs: list[Path], finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Path] = []
    monkeypatch.setattr(board, "serve_board", lambda _, data, **__: served.append(data))
    ask(finished.parent, free_port())
    assert (served, runs) == ([finished], [])


def test_demonstration_in_json_is_run_and_not_served(runs: list[Path], finished: Path) -> None:
    with pytest.raises(InterruptedError):
        ask(finished.parent, free_port(), json=True)
    assert runs == [finished]


def test_port_of_the_board_that_is_taken_is_told_before_anything_is_run(runs: list[Path], tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(BoardError, match="expected a port to listen on"),
    ):
        ask(tmp_path, taken.getsockname()[1])
    assert runs == []
