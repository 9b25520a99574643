"""Commands in processes of their own that need not import everything anew.

A server process of the standard library's `multiprocessing` imports the packages once and is forked for each command: a
command costs a tenth of a second instead of one, and has its own arguments, environment, folder, outputs and exit code
all the same.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PRELOADED = (
    "numpy", "pandas", "rich.progress", "rich.table", "typer", "msgspec", "openpyxl", "influxdb_client",
    "apscheduler.schedulers.background", "ingestor.derivation", "ingestor.evaluation", "ingestor.publishing",
    "ingestor.explanation", "ingestor.verdicts", "ingestor.completeness", "ingestor.backfill.importing",
)  # fmt: skip
"""What most commands import; `ingestor.cli` is not among them, as it looks at the environment."""


def run(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run `python -m ingestor` with these arguments in `folder` and return what it printed, and its exit code.

    Raises
    ------
    TimeoutError
        If it does not end in time; it is killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED])
    with tempfile.TemporaryDirectory() as outputs:
        printed, said = Path(outputs, "stdout"), Path(outputs, "stderr")
        process = context.Process(
            target=_command, args=([*arguments], str(folder), dict(environment), str(printed), str(said))
        )
        process.start()
        process.join(timeout_s)
        if process.is_alive():
            process.kill()
            process.join()
            raise TimeoutError(f"{arguments} did not end within {timeout_s} s\n{said.read_text(encoding='utf-8')}")
        code = process.exitcode
        process.close()
        return subprocess.CompletedProcess(
            ["qingjing", *arguments],
            code if code is not None else -1,
            printed.read_text(encoding="utf-8"),
            said.read_text(encoding="utf-8"),
        )


def _command(arguments: list[str], folder: str, environment: dict[str, str], printed: str, said: str) -> None:
    """What the forked process does."""
    for number, name in ((1, printed), (2, said)):
        with open(name, "wb") as file:  # noqa: PTH123  # its number is what is wanted
            os.dup2(file.fileno(), number)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, closefd=False)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["qingjing", *arguments]
    from ingestor.cli import main

    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
