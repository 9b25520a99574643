"""The demonstration, whole and cut off: the same seed ends in the same table, however often it dies on the way."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from ingestor.store import SqliteStore
from tests.conftest import Qingjing
from tests.support import ALL_KILLS, ROOT, wait_for

DAYS = 20


def table(text: str) -> dict[str, Any]:
    """What must be the same: everything but how often messages were sent and where the data lie."""
    outcome = json.loads(text)
    return {k: v for k, v in outcome.items() if k not in ("sent", "messages", "data")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = subprocess.run(
        command(tmp_path_factory.mktemp("demo")), cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    return table(done.stdout)


def command(folder: Path, *, seed: int = 1) -> list[str]:
    return [
        *(sys.executable, "-m", "ingestor", "demo", "--seed", str(seed), "--days", str(DAYS)),
        *("--directory", str(folder), "--json"),
    ]


def run_folder(folder: Path) -> Path:
    return folder / f"seed-1-days-{DAYS}"


def committed(folder: Path) -> int:
    file = run_folder(folder) / "qingjing.sqlite3"
    if not file.is_file():
        return 0
    store = SqliteStore(file)
    messages = store.counts().get("messages", 0)
    store.close()
    return messages


def cut_off(folder: Path, messages: int, kill: Callable[[subprocess.Popen[str]], None]) -> None:
    """Start the demonstration and kill it after so many messages; once more where it ended before it could be."""
    for _ in range(5):
        with subprocess.Popen(
            command(folder),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as victim:
            wait_for(lambda: run_folder(folder).exists() and committed(folder) >= messages, what=f"{messages} messages")
            kill(victim)
            victim.communicate(timeout=20)
        if not (run_folder(folder) / "finished").exists():
            return
        shutil.rmtree(run_folder(folder))
    pytest.fail("expected to kill the demonstration before it ends")


def test_demo_judges_every_target_that_readings_decide(undisturbed: dict[str, Any]) -> None:
    statuses = {
        verdict["target"]["id"]: verdict["status"]
        for verdicts in undisturbed["verdicts"].values()
        for verdict in verdicts
    }
    reported = {"solid-waste", "shore-power", "old-vehicles"}
    sampled = {
        "black-odorous",
        "small-black-odorous",
    }  # by samples, which the demonstration has none of
    assert {k for k, v in statuses.items() if v == "insufficient"} == reported | sampled
    assert {"pm25", "good-days", "main-rivers", "good-sections", "night-noise"} <= statuses.keys()


def test_demo_quarantines_the_faults_it_mixes_in(undisturbed: dict[str, Any]) -> None:
    assert set(undisturbed["quarantined"]) == {"broken_json", "unknown_quantity", "not_finite"}


def test_demo_gives_another_table_for_another_seed(undisturbed: dict[str, Any], tmp_path: Path) -> None:
    done = subprocess.run(command(tmp_path, seed=2), cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert table(done.stdout)["verdicts"] != undisturbed["verdicts"]


@pytest.mark.parametrize("messages", [1, 2500, 6000, 12_000] if ALL_KILLS else [6000])
def test_demo_killed_while_collecting_ends_in_the_same_table(
    messages: int, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    cut_off(tmp_path, messages, lambda victim: os.killpg(victim.pid, signal.SIGKILL))
    again = subprocess.run(command(tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert table(again.stdout) == undisturbed


def test_demo_whose_collector_is_killed_says_so_and_ends_in_the_same_table_when_started_again(
    undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    parent = subprocess.Popen(command(tmp_path), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: committed(tmp_path) >= 3000, what="3,000 messages")
    (service,) = [p for p in psutil.Process(parent.pid).children() if "run" in p.cmdline()]
    service.kill()
    _, errors = parent.communicate(timeout=120)
    assert parent.returncode == 1
    assert "what is stored already stays as it is" in errors
    again = subprocess.run(command(tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert table(again.stdout) == undisturbed


@pytest.mark.parametrize(
    ("moment", "number"),
    [(moment, number) for moment in ("start", "collect", "derive") for number in (signal.SIGTERM, signal.SIGKILL)]
    if ALL_KILLS
    else [("collect", signal.SIGTERM), ("derive", signal.SIGKILL)],
)
def test_demo_whose_parent_alone_is_killed_ends_in_the_same_table_when_started_again(
    number: signal.Signals, moment: str, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    messages = {"start": 0, "collect": 3000, "derive": 12_140}[moment]
    cut_off(tmp_path, messages, lambda victim: victim.send_signal(number))
    again = subprocess.run(command(tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert table(again.stdout) == undisturbed


def test_demo_started_again_after_its_end_starts_anew(undisturbed: dict[str, Any], tmp_path: Path) -> None:
    runs = [
        json.loads(subprocess.run(command(tmp_path), cwd=ROOT, capture_output=True, text=True, check=True).stdout)
        for _ in range(2)
    ]
    assert runs[0]["messages"] == runs[1]["messages"] == runs[1]["sent"]
    assert table(json.dumps(runs[1])) == undisturbed


def test_demo_prints_tables_in_english_when_told(qingjing: Qingjing) -> None:
    printed = qingjing("--lang", "en", "demo", "--days", 1).stdout
    assert "good-day ratio" in printed
    assert "insufficient" in printed or "on track" in printed
