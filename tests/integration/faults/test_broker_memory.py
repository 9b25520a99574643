"""What cannot be promised: a broker that is killed forgets what it kept for a collector that was away.

How much it forgets depends on how often it saves; the figures that this prints stand in docs/operations.md.
"""

import random
import time
from pathlib import Path

import pytest

from tests.integration.faults.readings import message
from tests.integration.faults.world import World
from tests.support import ALL_KILLS

PUBLISHING_S = 5.0


@pytest.mark.parametrize(
    ("autosave_s", "forgotten_at_most_s"),
    [
        *([(1800, PUBLISHING_S + 1)] if ALL_KILLS else []),
        (1, 3.5),
    ],  # Mosquitto looks once a second whether more than that has gone by
)
def test_killed_broker_forgets_only_what_it_has_not_saved_yet(
    autosave_s: int, forgotten_at_most_s: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with World(tmp_path, protocol="3.1.1", rng=random.Random(1), autosave_s=autosave_s) as world:
        world.collector.stop()
        world.gateway.publish()
        acknowledged: list[tuple[float, int]] = []
        began = time.monotonic()
        while time.monotonic() < began + PUBLISHING_S:
            world.publish_some(1)
            acknowledged.append((time.monotonic(), len(world.gateway.acknowledged)))
        killed_at = time.monotonic()
        world.broker.kill()
        given = [number for number in sorted(world.gateway.acknowledged) if message(number).points]
        world.broker.start()
        world.collector.start()
        world.publish_some(300)
        world.wait_for_last()
        lost = world.missing(given)
    with capsys.disabled():
        print(
            f"\nautosave_interval {autosave_s}: of {len(given):,} readings that a broker had acknowledged while the "
            f"collector was away it lost {len(lost):,} when it was killed"
        )
    kept = [count for at, count in acknowledged if at < killed_at - forgotten_at_most_s]
    assert not lost.intersection(range(1, max(kept, default=0) + 1))
