"""The wheel, installed away from the checkout: it brings its configuration and does the whole job."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    build = [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("qingjing-*.whl")
    target = folder / "site"
    subprocess.run([*pip, "install", "-q", "--no-deps", "--target", str(target), str(wheel)], check=True)
    return target


def run(installed: Path, folder: Path, *arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("QINGJING_")}
    environment["PYTHONPATH"] = str(installed)
    command = [sys.executable, "-m", "ingestor", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=True
    ).stdout


def test_wheel_brings_its_configuration(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "check").startswith(f"{installed}/ingestor/default_config: good\n")


def test_wheel_runs_the_demonstration(installed: Path, tmp_path: Path) -> None:
    outcome = json.loads(run(installed, tmp_path, "demo", "--days", "2", "--json"))
    assert outcome["messages"] > 1000
    assert outcome["verdicts"].keys() == {"shenzhen-2020", "demo-2020"}


def test_wheel_makes_a_configuration_to_edit(installed: Path, tmp_path: Path) -> None:
    run(installed, tmp_path, "init", "my-city")
    assert run(installed, tmp_path, "check").startswith(str(installed))
    assert run(installed, tmp_path, "--config", "my-city", "check").startswith("my-city: good\n")


def test_wheel_holds_the_three_packages_and_no_tests(installed: Path) -> None:
    folders = {p.name for p in installed.iterdir() if p.is_dir() and not p.name.endswith(".dist-info")}
    assert folders - {"bin", "__pycache__"} == {"sensors", "aggregations", "ingestor"}
