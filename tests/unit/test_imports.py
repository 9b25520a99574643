"""Imports point one way, and the pure packages touch no world: contracts of pyproject.toml, run by import-linter."""

import subprocess
import sys
from pathlib import Path

from tests.support import ROOT


def test_imports_keep_the_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "2 kept, 0 broken" in done.stdout
