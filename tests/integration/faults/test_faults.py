"""Nothing is lost: what the broker has acknowledged to a gateway is stored once, or in quarantine, whatever dies.

QINGJING_FAULT_ROUNDS and QINGJING_FAULT_SEED choose how many rounds and which; the same seed gives the same order.
With QINGJING_FAULT_VERBOSE each round is told when it is over.
"""

import os
import random
import textwrap
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.integration.faults import faults
from tests.integration.faults.processes import UnreachedError
from tests.integration.faults.world import World

ROUNDS = int(os.environ.get("QINGJING_FAULT_ROUNDS", "20"))
SEED = int(os.environ.get("QINGJING_FAULT_SEED", "1"))
LOG_LINES = 60
VERBOSE = "QINGJING_FAULT_VERBOSE" in os.environ


@pytest.mark.timeout(120 + 30 * ROUNDS)
@pytest.mark.parametrize(("protocol", "rounds"), [("3.1.1", ROUNDS), ("5", -(-ROUNDS // 4))])
def test_acknowledged_readings_are_stored_once_whatever_dies(
    protocol: str, rounds: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(f"{SEED} {protocol}")
    played: Counter[str] = Counter()
    began = time.monotonic()
    with World(tmp_path, protocol=protocol, rng=rng) as world:
        for number, names in enumerate(faults.plan(rounds, rng), 1):
            fault = " and ".join(names)
            round_began = time.monotonic()
            try:
                play(world, names)
            except (UnreachedError, pytest.fail.Exception) as error:
                log = "\n".join(world.collector.log[-LOG_LINES:])
                pytest.fail(f"seed {SEED}, MQTT {protocol}, round {number}, {fault}: {error}\n{log}", pytrace=False)
            played.update(names)
            if VERBOSE:
                with capsys.disabled():
                    print(f"{number:4} {time.monotonic() - round_began:5.1f} s {world.checked:8,}  {fault}", flush=True)
        tracebacks = world.collector.tracebacks
        took_s = time.monotonic() - began
        with capsys.disabled():
            print(
                f"\nseed {SEED}, MQTT {protocol}: {rounds} rounds in {took_s:.0f} s; "
                f"{world.checked:,} readings checked, {world.refused:,} of them explained by quarantine; "
                f"{world.in_vain} faults found nothing to break"
            )
            print(textwrap.fill(", ".join(f"{fault} {count}" for fault, count in sorted(played.items())), 120))
    assert not tracebacks, tracebacks


def play(world: World, names: tuple[str, ...]) -> None:
    """Publish, break something at a random moment, go on publishing, heal it, publish a bit more, and check."""
    world.gateway.publish()
    world.publish_some(world.rng.randint(1, 300))
    with faults.broken(names, world):
        time.sleep(world.rng.uniform(0.0, 0.6))
    world.publish_some(world.rng.randint(50, 200))
    world.check()
