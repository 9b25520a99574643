"""The demonstration: a simulated year through a real broker and the real service, to the plan's verdict.

The service runs as a child process, as in operation; the gateway runs here. Killed at any moment and started again,
the gateway sends everything again and the outcome is the same, because every write is idempotent.
"""

import contextlib
import datetime as dt
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from aggregations.plans import Verdict
from ingestor import derivation, evaluation
from ingestor.config import BUNDLED, CHECKOUT, Config
from ingestor.gateway import Gateway, GatewayError
from ingestor.simulation import YEAR, Simulation
from ingestor.store import SqliteStore, store_file

CITY = "shenzhen"
PLANS = ("shenzhen-2020", "demo-2020")
FINISHED = "finished"
"""A file in the folder of a demonstration that ran to its end."""
WHOLE_YEAR = 366
START_S = 30
STOP_S = 30

Progress = Callable[[str, int, int], None]
"""Called with the name of the step, how much of it is done, and how much there is."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the demonstration ends in.

    `sent` counts the gateway's messages of this run and `messages` those that the collector has committed, of
    earlier runs that were cut off, too. `stored_values` and `quarantined` are the same for the same seed.
    """

    seed: int
    days: int
    verdicts: dict[str, list[Verdict]]
    sent: int
    messages: int
    stored_values: int
    quarantined: dict[str, int]
    data: str


def default_config() -> Path:
    """The configuration of the simulated city: the checkout's or the wheel's."""
    return CHECKOUT if (CHECKOUT / "settings.toml").is_file() else BUNDLED


def run(config: Config, data: Path, *, seed: int, days: int, progress: Progress) -> Outcome:
    """Run the demonstration in `data`; what an unfinished run left there is completed, that of a finished one removed.

    Raises
    ------
    GatewayError
        If the service stops or falls silent; a new start goes on from there.
    """
    finished = data / FINISHED
    if finished.exists():
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    simulation = Simulation(config.register, city=CITY, seed=seed, days=days)
    with _service(config.directory, data, port) as child:
        log = data / "service.log"
        try:
            collector = config.settings.broker.client_id
            gateway = Gateway(
                host="127.0.0.1",
                port=port,
                client_id="demo-gateway",
                collector=collector,
                alive=lambda: child.poll() is None,
            )
        except GatewayError as error:
            raise GatewayError(f"the service did not start; see {log}") from error
        if not gateway.hears_collector(within_s=START_S):
            raise GatewayError(f"the collector did not start within {START_S} s; see {log}")
        total = simulation.expected_messages()
        sent = gateway.publish(simulation.messages(), progress=lambda n: progress("publish", n, max(n, total)))
        progress("publish", sent, sent)
        if not gateway.wait_until_committed(progress=lambda n: progress("collect", n, sent)):
            raise GatewayError("the collector fell silent; start again: what is stored already stays as it is")
        gateway.close()
        child.terminate()
        try:
            code = child.wait(STOP_S)
        except subprocess.TimeoutExpired as error:
            raise GatewayError(f"the collector did not end within {STOP_S} s; see {log}") from error
        if code:
            raise GatewayError(f"the collector ended with code {code}; see {log}")
    store = SqliteStore(store_file(data))
    with contextlib.closing(store):
        store.drain()
        derivation.derive(config, store, progress=lambda done, of_all: progress("derive", done, of_all))
        as_of = dt.date(YEAR, 1, 1) + dt.timedelta(days=days - 1)
        outcome = Outcome(
            seed=seed,
            days=days,
            verdicts={plan: evaluation.evaluate(config, store, config.plans[plan], as_of) for plan in PLANS},
            sent=sent,
            messages=store.counts()["messages"],
            stored_values=store.stored_values(),
            quarantined=store.quarantine_reasons(),
            data=str(store.file),
        )
    finished.touch()
    return outcome


@contextlib.contextmanager
def _service(config: Path, data: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run `qingjing run` as a child process; whatever happens, it does not outlive the block."""
    command = [sys.executable, "-P", "-m", "ingestor", "--config", str(config), "--data", str(data)]
    command += ["run", "--port", str(port), "--health-port", "0", "--board-port", "0", "--no-jobs", "--stop-with-stdin"]
    with (data / "service.log").open("ab") as log:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)  # noqa: S603  # our own command
        with child:
            try:
                yield child
            finally:
                if child.poll() is None:
                    child.terminate()
                    try:
                        child.wait(STOP_S)
                    except subprocess.TimeoutExpired:
                        child.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
