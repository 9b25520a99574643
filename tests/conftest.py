"""Fixtures that all tests share: where things are, the shipped configuration, real brokers."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingestor import broker, config
from ingestor.config import Config
from tests import warm_process
from tests.support import DATA, ROOT, Influxd, Mosquitto, free_port

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of the many commands that tests start compiles every module


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data beside the repository; without it the test cannot be run."""
    if not DATA.is_dir():
        reason = f"{DATA} is not there: the real data lie beside the repository"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return DATA


@pytest.fixture(scope="session")
def shipped() -> Config:
    """The configuration that comes along."""
    return config.load(ROOT / "config")


@pytest.fixture
def config_copy(tmp_path: Path) -> Path:
    """A copy of the shipped configuration that a test may change."""
    return Path(shutil.copytree(ROOT / "config", tmp_path / "config"))


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running Mosquitto."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    running = Mosquitto(folder)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """A running InfluxDB for tests that leave it as it is; each uses a database of its own."""
    running = Influxd(tmp_path_factory.mktemp("influxdb"))
    running.start()
    yield running
    running.kill()


@pytest.fixture
def influx_url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the running InfluxDB, in the environment, too.

    QINGJING_TEST_INFLUXDB_URL names another server, of generation 2 or 3, to run the contract suite on.
    """
    url = os.environ.get("QINGJING_TEST_INFLUXDB_URL") or str(request.getfixturevalue("influxd").url)
    monkeypatch.setenv("INFLUXDB_V2_URL", url)
    return url


@pytest.fixture(params=["embedded", "mosquitto"])
def broker_port(request: pytest.FixtureRequest, tmp_path: Path, shipped: Config) -> Iterator[int]:
    """Port of a real broker: the embedded one, then Mosquitto."""
    if request.param == "mosquitto":
        yield request.getfixturevalue("mosquitto").port
    else:
        port = free_port()
        with broker.embedded(shipped.embedded_broker, port=port, directory=tmp_path):
            yield port


Qingjing = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def qingjing(tmp_path: Path) -> Qingjing:
    """Run the command as a user would, in an empty folder; `code` is the exit code that must come."""

    def run(*arguments: object, code: int = 0, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("QINGJING_")}
        environment["PYTHONPATH"] = str(ROOT)
        done = warm_process.run([*map(str, arguments)], folder=tmp_path, environment=environment, timeout_s=timeout_s)
        assert done.returncode == code, f"{done.args}\n{done.stdout}\n{done.stderr}"
        return done

    return run
