"""The command line imports what the command that is asked for needs, and no more."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import ingestor.cli
from ingestor.cli.common import app
from ingestor.cli.on_demand import MODULES
from tests.support import ROOT


def test_every_module_with_commands_is_listed_with_all_of_them() -> None:
    folder = Path(ingestor.cli.__file__).parent
    without = {"__init__", "common", "on_demand"}
    assert set(MODULES) == {file.stem for file in folder.glob("*.py")} - without
    for module in MODULES:
        importlib.import_module(f"ingestor.cli.{module}")
    registered = set(typer.main.get_group(app).commands)
    assert registered == {name for names in MODULES.values() for name in names}


@pytest.mark.parametrize("arguments", [["review", "--help"], ["check"]])
def test_a_command_imports_no_library_that_it_does_not_use(arguments: list[str]) -> None:
    code = (
        "import sys, ingestor.cli\n"
        f"sys.argv = ['qingjing', *{arguments!r}]\n"
        "try: ingestor.cli.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'pyarrow', 'iotcore', 'apscheduler', 'prometheus_client', 'paho', 'influxdb_client', 'openpyxl'}\n"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
