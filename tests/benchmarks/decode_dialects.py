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
from sensors.hj212 import frames

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
    "hj212": Case(
        what="a frame of surface water, 11 items with flags, check and length strict",
        bound_us=30,
        sources="""
            [[source]]
            name = "hj212"
            topic = "env/v1/hj212/{device}"
            dialect = "hj212"
            """,
        topic="env/v1/hj212/A110000_0001",
        payload=lambda: frames.build(
            {"QN": "20260921201304125", "ST": 21, "CN": 2061, "PW": 123456, "MN": "A110000_0001", "Flag": 5},
            "DataTime=20260921200000;w01001-Avg=8.33,w01001-Flag=N;w01009-Avg=10.15,w01009-Flag=N;"
            "w01010-Avg=9.7,w01010-Flag=N;w01014-Avg=1425,w01014-Flag=N;w01003-Avg=13.10,w01003-Flag=N;"
            "w21011-Avg=0.04,w21011-Flag=N;w21001-Avg=3.563168,w21001-Flag=N;w21003-Avg=0.09055002,w21003-Flag=N;"
            "w01019-Avg=4.102818,w01019-Flag=N;w01017-Avg=15.0,w01017-Flag=N;w23002-Avg=0,w23002-Flag=N",
        ),
        devices={"hj212": {"A110000_0001": {"water": "sz-w01"}}},
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
