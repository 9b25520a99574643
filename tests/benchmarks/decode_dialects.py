"""What one message of each dialect costs to decode: CPU of one core, the best of several repeats.

Each case is a source as in sources.toml, a topic and a payload; what is timed is `Decoding.arrival`, from the topic to
readings. Every case must give readings and no refusal. Exits with 1 where a bound is broken.

    python tests/benchmarks/decode_dialects.py [DIALECT ...]
"""

import json
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from measuring import DATA, ROOT, describe

sys.path.insert(0, str(ROOT))

from ingestor import config
from ingestor.decoding import Decoding
from sensors import sources
from sensors.devices import Devices

NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z
REPEATS = 15
MESSAGES = 2000


class Case(NamedTuple):
    """A message, and what it may cost at most. [us]"""

    what: str
    bound_us: float
    sources: str
    topic: str
    payload: Callable[[], bytes]
    devices: Devices | None = None


def sample(name: str) -> bytes:
    """A payload of a real device."""
    return (DATA / "payloads" / name).read_bytes()


CASES: dict[str, Case] = {
    "native": Case(
        what="six values, a station of the topic",
        bound_us=6,
        sources="""
            [[source]]
            name = "native"
            topic = "env/v1/{medium}/{station}"
            dialect = "native"
            """,
        topic="env/v1/air/sz-a01",
        payload=lambda: json.dumps(
            {
                "time": "2026-09-21T20:00:00+08:00",
                "period_s": 3600,
                "values": {"pm25": 15.1, "pm10": 30.2, "so2": 5.0, "no2": 21.0, "o3": 96.0, "co": 0.7},
            }
        ).encode(),
    ),
}


def cost_us(case: Case) -> float:
    """CPU of one message, the best of the repeats. [us]"""
    shipped = config.load(ROOT / "config")
    declared = sources.parse(case.sources, file="sources.toml")
    decoding = Decoding(msgspec.structs.replace(shipped, sources=declared, devices=case.devices or {}))
    payload = case.payload()
    arrival = decoding.arrival(case.topic, payload, NOW)
    assert arrival.readings, arrival.refusals
    assert not arrival.refusals, arrival.refusals
    best = float("inf")
    for _ in range(REPEATS):
        before = time.thread_time()
        for _ in range(MESSAGES):
            decoding.arrival(case.topic, payload, NOW)
        best = min(best, time.thread_time() - before)
    return best / MESSAGES * 1e6


def main() -> int:
    """Measure the cases named, or all."""
    describe(f"Decoding, a message (best of {REPEATS} times {MESSAGES:,}; CPU of one core)")
    broken = 0
    for name in sys.argv[1:] or CASES:
        case = CASES[name]
        cost = cost_us(case)
        broken += cost > case.bound_us
        print(
            f"  {name:<24} {cost:6.2f} us, at most {case.bound_us:3.0f}  {'' if cost <= case.bound_us else 'BROKEN'}  "
            f"{len(case.payload()):,} bytes: {case.what}"
        )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
