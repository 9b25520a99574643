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
REPEATS = 60
MESSAGES = 500


class Case(NamedTuple):
    """A message, and what it may cost at most. [us] `before` is a topic and payload that have to come first."""

    what: str
    bound_us: float
    sources: str
    topic: str
    payload: Callable[[], bytes]
    devices: Devices | None = None
    before: tuple[str, bytes] | None = None


def sample(name: str) -> bytes:
    """A payload of a real device."""
    return (DATA / "payloads" / name).read_bytes()


SENML = """
    [[source]]
    name = "senml"
    topic = "senml/#"
    dialect = "senml"
    medium = "air"
    period_s = 3600
    """
SIX = [
    {"bn": "sz-a01/", "bt": 1789999200, "bu": "ug/m3", "n": "pm25", "v": 15.1},
    {"n": "pm10", "v": 30.2},
    {"n": "so2", "v": 5.0},
    {"n": "no2", "v": 21.0},
    {"n": "o3", "v": 96.0},
    {"n": "co", "u": "mg/m3", "v": 0.7},
]
SIX_IN_CBOR = bytes.fromhex(  # made by cbor2
    "86a52167737a2d6130312f221a6ab13860236575672f6d330064706d323502fb402e333333333333a20064706d313002fb40"
    "3e333333333333a20063736f3202fb4014000000000000a200636e6f3202fb4035000000000000a200626f3302fb40580000"
    "00000000a30062636f01656d672f6d3302fb3fe6666666666666"
)
SPARKPLUG_BIRTH = bytes.fromhex(  # six metrics with name and number, and the next their data; made by Google's protobuf
    "0880ee90a28c3412160a04706d323510001880ee90a28c342009650000c03f12160a04706d313010011880ee90a28c342009"
    "650000c03f12150a03736f3210021880ee90a28c342009650000c03f12150a036e6f3210031880ee90a28c342009650000c0"
    "3f12140a026f3310041880ee90a28c342009650000c03f12140a02636f10051880ee90a28c342009650000c03f1801"
)
SPARKPLUG_DATA = bytes.fromhex(
    "08e0c294a28c34120e100018e0c294a28c34659a997141120e100118e0c294a28c34659a99f141120e100218e0c294a28c34"
    "650000a040120e100318e0c294a28c34650000a841120e100418e0c294a28c34650000c042120e100518e0c294a28c346533"
    "33333f1802"
)

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
    "senml": Case(
        what="SenML in JSON, six records of one time, units stated",
        bound_us=20,
        sources=SENML,
        topic="senml/air",
        payload=lambda: json.dumps(SIX).encode(),
    ),
    "senml-cbor": Case(
        what="the same in CBOR",
        bound_us=20,
        sources=SENML,
        topic="senml/air",
        payload=lambda: SIX_IN_CBOR,
    ),
    "sparkplug": Case(
        what="DDATA of six metrics by number, floats of 32 bits, each with its time",
        bound_us=40,
        sources="""
            [[source]]
            name = "plant"
            topic = "spBv1.0/#"
            dialect = "sparkplug"
            medium = "air"
            period_s = 60
            """,
        topic="spBv1.0/g/DDATA/n/sz-a01",
        before=("spBv1.0/g/DBIRTH/n/sz-a01", SPARKPLUG_BIRTH),
        payload=lambda: SPARKPLUG_DATA,
    ),
    "hj212": Case(
        what="a frame of surface water, 11 items with flags, check and length strict",
        bound_us=30,
        sources="""
            [[source]]
            name = "hj212"
            topic = "env/hj212/v1/{device}"
            dialect = "hj212"
            """,
        topic="env/hj212/v1/A110000_0001",
        payload=lambda: frames.build(
            {"QN": "20260921201304125", "ST": 21, "CN": 2061, "PW": 123456, "MN": "A110000_0001", "Flag": 5},
            "DataTime=20260921200000;w01001-Avg=8.33,w01001-Flag=N;w01009-Avg=10.15,w01009-Flag=N;"
            "w01010-Avg=9.7,w01010-Flag=N;w01014-Avg=1425,w01014-Flag=N;w01003-Avg=13.10,w01003-Flag=N;"
            "w21011-Avg=0.04,w21011-Flag=N;w21001-Avg=3.563168,w21001-Flag=N;w21003-Avg=0.09055002,w21003-Flag=N;"
            "w01019-Avg=4.102818,w01019-Flag=N;w01017-Avg=15.0,w01017-Flag=N;w23002-Avg=0,w23002-Flag=N",
        ),
        devices={"hj212": {"A110000_0001": {"water": "sz-w01"}}},
    ),
    "mapping": Case(
        what="a whole uplink of ChirpStack 4 (real), 15 members of which two are quantities",
        bound_us=40,
        sources="""
            [[source]]
            name = "lorawan"
            topic = "application/+/device/{device}/event/up"
            dialect = "mapping"
            mapping = "chirpstack-v4"
            period_s = 600
            ignore = ["*"]
            codes = { Temperature = "water.temperature", Hygrometry = "water.do" }
            """,
        topic="application/1/device/70b3d5770800030f/event/up",
        payload=lambda: sample("chirpstack_v4_uplink_full.json"),
        devices={"lorawan": {"70b3d5770800030f": {"water": "sz-w01"}}},
    ),
    "mapping of pairs": Case(
        what="airRohr (real): nine elements of name and text, two of them quantities",
        bound_us=40,
        sources="""
            [[source]]
            name = "airrohr"
            topic = "airrohr/{device}"
            dialect = "mapping"
            mapping = "sensor-community"
            period_s = 300
            without_time = "arrival"
            """,
        topic="airrohr/x",
        payload=lambda: sample("sensor_community_airrohr_nrz2024.json"),
        devices={"airrohr": {"15303512": {"air": "sz-a01"}}},
    ),
    "mapping of a table": Case(
        what="the national platform's record (real): six texts of numbers, a local time",
        bound_us=40,
        sources="""
            [[source]]
            name = "cnemc"
            topic = "cnemc"
            dialect = "mapping"
            mapping = "cnemc-2018"
            """,
        topic="cnemc",
        payload=lambda: sample("cnemc_station_record_2018.json"),
        devices={"cnemc": {"1001A": {"air": "sz-a01"}}},
    ),
}


def prepared(case: Case) -> Callable[[], object]:
    """Return what decodes the message of a case once, all of which must be taken."""
    shipped = config.load(ROOT / "config")
    declared = sources.parse(case.sources, shipped.mappings, file="sources.toml")
    decoding = Decoding(msgspec.structs.replace(shipped, sources=declared, devices=case.devices or {}))
    payload = case.payload()
    if case.before is not None:
        decoding.arrival(*case.before, NOW)
    arrival = decoding.arrival(case.topic, payload, NOW)
    assert arrival.readings, arrival.refusals
    assert not arrival.refusals, arrival.refusals
    return lambda: decoding.arrival(case.topic, payload, NOW)


def main() -> int:
    """Measure the cases named, or all, in turn: a processor that is slow for seconds is then slow for all of them."""
    describe(f"Decoding, a message (best of {REPEATS} times {MESSAGES:,}; CPU of one core)")
    chosen = {name: prepared(CASES[name]) for name in sys.argv[1:] or CASES}
    best = dict.fromkeys(chosen, float("inf"))
    for _ in range(REPEATS):
        for name, decode in chosen.items():
            before = time.thread_time()
            for _ in range(MESSAGES):
                decode()
            best[name] = min(best[name], (time.thread_time() - before) / MESSAGES * 1e6)
    for name, cost in best.items():
        case = CASES[name]
        print(
            f"  {name:<24} {cost:6.2f} us, at most {case.bound_us:3.0f}  {'' if cost <= case.bound_us else 'BROKEN'}  "
            f"{len(case.payload()):,} bytes: {case.what}"
        )
    return 1 if any(cost > CASES[name].bound_us for name, cost in best.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
