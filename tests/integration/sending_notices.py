"""A process that notices and sends, and is killed where the test says; run by test_notices_killed.py.

Reads lines of JSON: a folder, whether there is something to notice, and the number of the step at which it is killed
(0 for none). Each is done by a fork of its own, so that only one process has to start. Prints how each fork ended.
"""

import contextlib
import json
import os
import signal
import sys
import threading
from contextlib import closing
from pathlib import Path

from apprise.plugins import url_to_dict

from ingestor import config
from ingestor.notices.delivering import deliver
from ingestor.notices.ledger import NoticeLedger
from ingestor.notices.noticing import tell_changes
from ingestor.store import Ledger
from tests.notices_world import silent, with_notices
from tests.support import ROOT


class Steps:
    """Counts steps, in whichever thread, and dies at one of them."""

    def __init__(self, kill_at: int) -> None:
        self._kill_at = kill_at
        self._done = 0
        self._lock = threading.Lock()

    def __call__(self, _: str) -> None:
        with self._lock:
            self._done += 1
            if self._done == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    shipped = config.load(ROOT / "config")
    url_to_dict("json://127.0.0.1")  # Apprise finds its services now, and not in every fork
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                once(shipped, asked)
                os._exit(0)
            os._exit(1)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def once(shipped: config.Config, asked: dict[str, object]) -> None:
    """Notice that two stations are silent, and send what is due."""
    folder = Path(str(asked["folder"]))
    (folder / "pid").write_text(str(os.getpid()))
    step = Steps(int(str(asked["kill_at"])))
    channels = [{"name": name, "url_file": name} for name in ("mail", "hook")] + [{"name": "file", "file": "told.txt"}]
    routes = [{"channel": "mail", "recipients": ["office@example.org"]}, {"channel": "hook"}, {"channel": "file"}]
    loaded = with_notices(shipped, folder, secrets={}, channel=channels, route=routes)
    Ledger(folder / "qingjing.sqlite3").close()
    with closing(NoticeLedger(folder / "qingjing.sqlite3")) as ledger:
        step("cause")
        told = ledger.conditions()
        with ledger.noticing() as open_:
            tell_changes(open_, loaded.notices, silent(loaded, ["a1", "a2"]), told, offset_s=loaded.offset_s)
            step("noticing")
        step("noticed")
        deliver(loaded, folder, ledger, step=step)


if __name__ == "__main__":
    main()
