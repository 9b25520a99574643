"""The service killed (SIGKILL) at every step of telling: nothing is lost, and nothing is told as two."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingestor.notices.ledger import NoticeLedger
from tests.notices_world import Hook, MailServer, hook, mail_server, mail_url, states
from tests.support import ROOT

KILLED = -signal.SIGKILL
STEPS = 3 + 3 * 4
"""Cause, noticing, noticed; then begin, noted, taken and done of each of three channels."""


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def webhook() -> Iterator[Hook]:
    with hook() as server:
        yield server


class Service:
    """The process that notices and sends, begun anew for each run."""

    def __init__(self) -> None:
        command = [sys.executable, str(ROOT / "tests/integration/sending_notices.py")]
        self._process = subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def run(self, folder: Path, *, kill_at: int = 0) -> int:
        """Run it once; how it ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"folder": str(folder), "kill_at": kill_at}) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.end()


@pytest.fixture
def folder(tmp_path: Path, mail: MailServer, webhook: Hook) -> Path:
    (tmp_path / "mail").write_text(mail_url(mail.port))
    (tmp_path / "hook").write_text(f"json://127.0.0.1:{webhook.port}/hook")
    mail.reset()
    webhook.reset()
    return tmp_path


def told_once(folder: Path, mail: MailServer, webhook: Hook) -> None:
    """One notice, delivered over each channel, and one message to whoever drops what came before."""
    with closing(NoticeLedger(folder / "qingjing.sqlite3")) as ledger:
        assert states(ledger) == {
            (1, "mail", "office@example.org"): "delivered", (1, "hook", ""): "delivered", (1, "file", ""): "delivered",
        }  # fmt: skip
    assert len(set(mail.ids())) == 1
    assert len(set(webhook.keys)) == 1
    assert webhook.keys[0]
    assert (folder / "told.txt").read_text().count("2个站点数据中断") == 1


@pytest.mark.parametrize("kill_at", range(1, STEPS + 1))
def test_notice_of_a_service_killed_at_a_step_is_told_once_over_each_channel(
    kill_at: int, service: Service, folder: Path, mail: MailServer, webhook: Hook
) -> None:
    assert service.run(folder, kill_at=kill_at) == KILLED
    assert service.run(folder) == 0
    told_once(folder, mail, webhook)
    assert len(mail.taken) <= 2
    assert len(webhook.taken) <= 2


@pytest.mark.parametrize("who", ["mail", "hook"])
def test_notice_whose_answer_the_service_did_not_live_to_hear_is_sent_again_as_the_same(
    who: str, service: Service, folder: Path, mail: MailServer, webhook: Hook
) -> None:
    def kill() -> None:
        os.kill(int((folder / "pid").read_text()), signal.SIGKILL)

    (mail if who == "mail" else webhook).before_answering = kill
    assert service.run(folder) == KILLED
    (mail if who == "mail" else webhook).before_answering = None
    with closing(NoticeLedger(folder / "qingjing.sqlite3")) as ledger:
        assert [each.channel for each in ledger.cut_off() if each.channel == who] == [who]
    assert service.run(folder) == 0
    told_once(folder, mail, webhook)
    assert len(mail.taken if who == "mail" else webhook.taken) == 2  # which its receiver can tell to be one


def test_notice_is_sent_by_a_service_that_nobody_kills_only_once(
    service: Service, folder: Path, mail: MailServer, webhook: Hook
) -> None:
    assert [service.run(folder) for _ in range(3)] == [0, 0, 0]
    told_once(folder, mail, webhook)
    assert (len(mail.taken), len(webhook.taken)) == (1, 1)
