"""Every command of the README, run as it stands there, in a copy of the repository beside the real data."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT, accepts, free_port

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOT_HERE = {"make test"}
"""`make test` runs these very tests; `.ci/run` runs it."""


def commands(file: Path) -> list[str]:
    lines = [line for block in BLOCK.findall(file.read_text()) for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in lines)
    return [line.removeprefix("$ ") for line in lines]


def printed_lines(text: str) -> list[str]:
    """The counts that the README shows of `make demo`."""
    lines = re.findall(r"^(?:received|stored|quarantined) .*$|^  broken_json .*$", text, re.MULTILINE)
    assert len(lines) == 4
    return lines


@pytest.fixture
def copy(tmp_path: Path, data_folder: Path) -> Path:
    """The files that git knows, with the virtual environment of this run and the real data beside them."""
    if accepts(1883):
        reason = "port 1883, which the README's commands use, is in use"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    if not (Path(sys.prefix) / "run.done").is_file():
        pytest.fail("this environment was not made by `make test`; the README's commands would change it")
    folder = tmp_path / "qingjing"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
            os.utime(folder / name, (0, 0))  # so old that `make` never installs anew into the environment of this run
    (folder / ".venv").symlink_to(Path(sys.prefix))
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "data").symlink_to(data_folder)
    return folder


def test_readme_commands_work_in_order(copy: Path) -> None:
    chosen = [command for command in commands(copy / "README.md") if command not in NOT_HERE]
    assert len(chosen) > 15
    quiet = f"sed -i 's/9464/{free_port()}/; s/9480/{free_port()}/' beijing/settings.toml"  # others may run here
    asked = [f"{command}\n{quiet}" if command.endswith(" init beijing") else command for command in chosen]
    script = "set -me\n" + "\n".join(f"echo '$ '{i}\n{command}" for i, command in enumerate(asked))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("QINGJING_")}
    done = subprocess.run(
        ["bash", "-c", script], cwd=copy, env=environment, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "the collector has since committed as many" in done.stdout
    assert "Shenzhen" not in done.stdout.split("$ 1\n")[0]  # Chinese by default
    assert "深圳市生态环境局2020年工作计划" in done.stdout
    for line in printed_lines((copy / "README.md").read_text()):
        assert line in done.stdout, f"the README shows {line!r}, make demo prints something else"
    printed = {"".join(line.split()) for line in done.stdout.splitlines()}
    rows = [line for line in (ROOT / "README.zh-CN.md").read_text().splitlines() if line.startswith("│ ")]
    assert len(rows) == 4
    for row in rows:
        assert "".join(row.split()) in printed, f"the Chinese README shows {row!r}, make demo prints something else"


def test_chinese_readme_names_commands_of_the_english_one() -> None:
    chinese, english = commands(ROOT / "README.zh-CN.md"), commands(ROOT / "README.md")
    assert chinese[:2] == english[:2] == ["make demo", "make test"]
    assert set(chinese) <= set(english)
