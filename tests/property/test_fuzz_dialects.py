"""What holds of any payload of every dialect: readings or refusals of a known reason, and time in proportion to size.

`DIALECTS` lists what is fuzzed. Seeded mutations of each one's samples: QINGJING_FUZZ_SEED (default 1), and a tenth of
QINGJING_FUZZ_CASES for each (default 1,500; `make fuzz` 100,000). What is read of native payloads on their way to the
ledger is in test_fuzz_decoding.py.
"""

import copy
import gzip
import json
import os
import random
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from ingestor import config
from ingestor.decoding import Decoding
from sensors import sources
from sensors.devices import Devices
from tests.property.mutations import FAULTS, changed_bytes, changed_tree, strange
from tests.support import DATA, ROOT

SEED = int(os.environ.get("QINGJING_FUZZ_SEED", "1"))
CASES = int(os.environ.get("QINGJING_FUZZ_CASES", "15000")) // 10
NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z
REPEATS = 3
QUADRATIC = 16.0
"""How much longer four times as much takes where time goes with the square of the size."""


class Dialect(NamedTuple):
    """What is fuzzed of a dialect.

    `sources` are as in sources.toml, `devices` as `sensors.devices.parse` returns them; stations are those of the
    shipped register (sz-a01, sz-w01, sz-n01). Where there are as many topics as samples, each is that of its sample.
    `reaches` are reasons that must come up among the refusals. `longer` makes a payload of n parts, `parts` the
    smallest n whose time is measured: some milliseconds of work, four times as many parts within `max_payload_bytes`.
    `silent` tells that a message may give neither readings nor refusals, as all of it is ignored by name.
    """

    sources: str
    topics: tuple[str, ...]
    samples: tuple[bytes, ...]
    reaches: frozenset[str]
    longer: Callable[[int], bytes]
    parts: int
    devices: Devices | None = None
    silent: bool = False


def files(pattern: str) -> tuple[bytes, ...]:
    """Payloads of real devices, below ../shared/data/payloads."""
    return tuple(path.read_bytes() for path in sorted((DATA / "payloads").glob(pattern)))


def golden(*cases: str) -> tuple[bytes, ...]:
    """Payloads of golden cases that are written in hexadecimal."""
    read = [tomllib.loads((ROOT / "tests" / "golden" / case).read_text(encoding="utf-8")) for case in cases]
    each = [one for case in read for one in case.get("payloads", [case])]
    return tuple(bytes.fromhex(one["payload_hex"]) for one in each if "payload_hex" in one)


def frames() -> tuple[bytes, ...]:
    """Frames of HJ 212 of real devices."""
    rows = json.loads((DATA / "payloads/hj212/frames.json").read_text(encoding="utf-8"))
    return tuple(str(row.get("frame") or row["segment"]).encode() for row in rows)


_HJ212 = b"ST=22;CN=2061;MN=m1;Flag=4;CP=&&DataTime=20260921200000;a34004-Avg=15.1,a34004-Flag=N;LA-Avg=50.1&&"
_NATIVE = {"time": "2026-09-21T20:00:00+08:00", "period_s": 3600, "values": {"pm25": 15.1, "o3": 96.0, "co": None}}

_ROWS: dict[str, Any] = {
    "t": "2026-09-21T20:00:00",
    "dev": "sz-a01",
    "d": [{"c": "pm25", "v": "15.1", "u": "mg/m3"}, {"c": "co", "v": 0.7, "f": "N"}, {"c": "pm25", "v": "15100"}],
}
_MAPPED = json.dumps({"site": "sz-n01", "t": "2026-09-21T20:00:00+08:00", "data": [{"rows": [_ROWS, _ROWS]}]}).encode()
_OBJECT = json.dumps({**_ROWS, "d": {"pm25": 7, "leq": 555}, "fs": {"pm25": "M"}}).encode()
VENDORS = (
    ("application/1/device/sz-n01/event/up", "chirpstack_*.json"),
    ("any/sz-a01", "the_things_stack_*.json"),
    ("airrohr/sz-a01", "sensor_community_*.json"),
    ("tele/sz-a01/SENSOR", "tasmota_*.json"),
    ("any/sz-a01", "zigbee2mqtt_*.json"),
    ("any/sz-a01", "cloudevents_*.json"),
    ("v1.1/Datastreams(1)/Observations", "sensorthings_*.json"),
    ("cnemc", "cnemc_*.json"),
)
"""Topics and samples of the formats that mappings read."""

DIALECTS: dict[str, Dialect] = {
    "native": Dialect(
        sources="""
            [[source]]
            name = "native"
            topic = "env/v1/{medium}/{station}"
            dialect = "native"
            """,
        topics=("env/v1/air/sz-a01",),
        samples=(
            json.dumps(_NATIVE).encode(),
            json.dumps([{**_NATIVE, "flags": {"o3": "maintenance"}}, _NATIVE]).encode(),
            b"\n".join([json.dumps(_NATIVE).encode()] * 3),
            gzip.compress(json.dumps(_NATIVE).encode(), mtime=0),
        ),
        reaches=frozenset({"broken_json", "wrong_type", "bad_time", "unknown_quantity", "unknown_flag"}),
        longer=lambda n: (json.dumps(_NATIVE) + "\n").encode() * n,
        parts=400,
    ),
    "senml": Dialect(
        sources="""
            [[source]]
            name = "senml"
            topic = "senml/#"
            dialect = "senml"
            period_s = 3600
            sentinels = [-9999]
            codes = { temperature = "water.temperature", battery = "noise.vdr", pm25 = "air.pm25", o3 = "air.o3" }
            ignore = ["humidity", "lon", "lat"]
            """,
        topics=("senml/a",),
        samples=(
            *files("senml*.json"),
            *golden("senml/cbor.toml", "senml/cbor_kinds.toml"),
            (
                b'[{"bver":10,"bn":"sz-w01/","bt":1600000000,"n":"temperature","u":"Cel","v":20.5,"s":1,"ut":60},'
                b'{"n":"battery","vs":"<1"},{"bn":"sz-a01/","bv":1,"n":"o3","u":"ppb","v":-9999},{"n":"pm25","t":-5,"v":7}]'
            ),
        ),
        reaches=frozenset(
            {"broken_json", "broken_payload", "wrong_type", "unknown_station", "unknown_quantity", "unknown_unit"}
            | {"no_time", "bad_time", "ambiguous"}
        ),
        longer=lambda n: json.dumps([{"bn": f"{i}/", "bt": 1.6e9, "n": "o3", "v": 1.5} for i in range(n)]).encode(),
        parts=1000,
        devices={"senml": {"urn:dev:mac:B4E62DFFFE28E081": {"water": "sz-w01"}}},
    ),
    "sparkplug": Dialect(
        sources="""
            [[source]]
            name = "plant"
            topic = "spBv1.0/#"
            dialect = "sparkplug"
            medium = "air"
            period_s = 60
            codes = { "Air/CO" = "co", pm25 = "pm25", o3 = "o3" }
            """,
        topics=(
            *["spBv1.0/g/DBIRTH/n/sz-a01", "spBv1.0/g/DDATA/n/sz-a01", "spBv1.0/g/DDATA/n/sz-a01"] * 5,
            "spBv1.0/g/NBIRTH/n",
            "spBv1.0/g/NDEATH/n",
            "spBv1.0/g/NCMD/n",
            "spBv1.0/g/DDATA/n",
            "spBv1.0/STATE/h",
        ),
        samples=golden("sparkplug/births_and_data.toml", "sparkplug/missing_and_history.toml", "sparkplug/kinds.toml"),
        reaches=frozenset(
            {"broken_payload", "unknown_alias", "no_data", "wrong_type", "unknown_flag", "not_finite", "bad_time"}
            | {"unknown_topic", "unknown_quantity", "unknown_unit"}
        ),
        longer=lambda n: b"".join(b"\x12\x0f\x0a\x06%06d\x20\x09\x65\x9a\x99\x71\x41" % i for i in range(n)),
        parts=2000,
    ),
    "hj212": Dialect(
        sources="""
            [[source]]
            name = "lenient"
            topic = "env/v1/lenient"
            dialect = "hj212"
            hj212 = { crc = "ignore", length = "ignore" }

            [[source]]
            name = "gateways"
            topic = "env/hj212/v1/{gateway}"
            dialect = "hj212"

            [[source]]
            name = "strict"
            topic = "env/v1/strict"
            dialect = "hj212"
            codes = { A18 = "air.so2" }
            units = { a34004 = "mg/m3" }
            without_time = "arrival"
            encoding = "gb18030"
            sentinels = [-100]
            """,
        topics=("env/v1/lenient", "env/v1/lenient", "env/v1/lenient", "env/v1/strict", "env/hj212/v1/g1"),
        samples=(_HJ212, *frames()),
        reaches=frozenset(
            {"broken_frame", "no_data", "unconfirmed", "unknown_quantity", "wrong_type", "bad_time", "unknown_station"}
        ),
        longer=lambda n: (b"##%04d%b0000\r\n" % (len(_HJ212), _HJ212)) * n,
        parts=300,
        devices={
            name: {
                mn: {"air": "sz-a01", "water": "sz-w01", "noise": "sz-n01"}
                for mn in ("m1", "A110000_0001", "ZLDSZ20210127", "010000A8900016F000169DC0", "LXHB0CS0306310")
            }
            for name in ("lenient", "strict")
        },
    ),
    "mapping": Dialect(
        sources="""
            [[source]]
            name = "any"
            topic = "any/{device}"
            dialect = "mapping"
            zone = "Asia/Shanghai"
            period_s = 60
            ignore = ["*"]
            codes = { leq = "noise.leq", pm25 = "air.pm25", co = "air.co", ph = "water.ph" }

            [source.mapping]
            items = "data[*].rows[] || [@]"
            device = ["dev", "$.site"]
            time = ["t", "$.t"]
            period = "p"
            values = ["d", "max_by(d2, &v).v"]
            code = "c"
            value = "v"
            unit = "u"
            flag = "f"
            flags = "fs"
            words = { N = "good", M = "maintenance" }
            factors = { leq = 0.1 }
            embedded = { e = "d" }

            [[source]]
            name = "lorawan"
            topic = "application/+/device/{device}/event/up"
            dialect = "mapping"
            mapping = "chirpstack-v4"
            period_s = 60
            ignore = ["*"]
            codes = { laeq = "noise.leq", Temperature = "water.temperature" }

            [[source]]
            name = "airrohr"
            topic = "airrohr/{device}"
            dialect = "mapping"
            mapping = "sensor-community"
            period_s = 300
            without_time = "arrival"

            [[source]]
            name = "cnemc"
            topic = "cnemc"
            dialect = "mapping"
            mapping = "cnemc-2018"

            [[source]]
            name = "tasmota"
            topic = "tele/{device}/SENSOR"
            dialect = "mapping"
            mapping = "tasmota"
            period_s = 300
            zone = "Europe/Berlin"

            [[source]]
            name = "sensorthings"
            topic = "v1.1/+/Observations"
            dialect = "mapping"
            mapping = "sensorthings"
            period_s = 60
            ignore = ["*"]
            codes = { "Mass PM2.5" = "air.pm25" }
            """,
        topics=("any/sz-a01", "any/sz-a01", *(topic for topic, name in VENDORS for _ in files(name))),
        samples=(_MAPPED, _OBJECT, *(file for _, name in VENDORS for file in files(name))),
        reaches=frozenset(
            {"broken_json", "wrong_type", "bad_time", "unknown_quantity", "unknown_station", "unknown_flag",
              "not_finite", "ambiguous"}
        ),
        longer=lambda n: json.dumps({"site": "sz-a01", "data": [{"rows": [_ROWS] * n}]}).encode(),
        parts=200,
        devices={"cnemc": {"1001A": {"air": "sz-a01"}}, "lorawan": {"70b3d5770800030f": {"water": "sz-w01"}}},
        silent=True,
    ),
}  # fmt: skip


def messages(dialect: Dialect, rng: random.Random, cases: int) -> Iterator[tuple[str, bytes]]:
    """Topics and mutated samples, the same for the same seed; the samples themselves come first."""
    samples = list(dialect.samples)
    topics = dialect.topics if len(dialect.topics) == len(samples) else dialect.topics[:1] * len(samples)
    yield from zip(topics, samples, strict=True)
    trees: list[Any] = []
    for sample in samples:
        try:
            trees.append(json.loads(sample))
        except ValueError:
            trees.append(None)
    for _ in range(cases - len(samples)):
        number, chance = rng.randrange(len(samples)), rng.random()
        topic = rng.choice(dialect.topics) if len(set(topics)) == 1 or chance < 0.05 else topics[number]
        if chance < 0.002:
            yield topic, strange(rng)
            continue
        payload, tree = samples[number], copy.deepcopy(trees[number])
        if tree is not None and chance < 0.6:
            for _ in range(rng.choice((1, 1, 2, 4))):
                tree = changed_tree(rng, tree)
            payload = json.dumps(tree, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
        for _ in range(rng.choice((0, 0, 0, 1)) if tree is not None and chance < 0.6 else rng.choice((1, 1, 2, 3))):
            payload = changed_bytes(rng, payload, samples)
        yield topic, payload


def decoding_of(dialect: Dialect) -> Decoding:
    """A decoding by the shipped configuration with the sources and devices of a dialect."""
    shipped = config.load(ROOT / "config")
    declared = sources.parse(dialect.sources, shipped.mappings, file="sources.toml")
    return Decoding(msgspec.structs.replace(shipped, sources=declared, devices=dialect.devices or {}))


@pytest.mark.parametrize("name", DIALECTS)
def test_mutated_payload_gives_readings_or_refusals_of_a_known_reason(name: str, data_folder: object) -> None:
    assert data_folder
    dialect = DIALECTS[name]
    decoding, rng = decoding_of(dialect), random.Random(f"{SEED} {name}")
    by = config.load(ROOT / "config")
    codes: Counter[str] = Counter()
    faults: list[str] = []
    cases = taken = 0
    started = time.perf_counter()
    for topic, payload in messages(dialect, rng, CASES):
        cases += 1
        try:
            arrival = decoding.arrival(topic, payload, NOW)
        except Exception as error:  # noqa: BLE001  # that is what is looked for
            faults.append(f"case {cases}: {type(error).__name__} on {payload[:200]!r}")
            continue
        found = {claim: fault for claim, fault_of in FAULTS.items() if (fault := fault_of(arrival, by)) is not None}
        if dialect.silent:
            found.pop("outcome", None)
        if found:
            faults.append(f"case {cases}: {found} on {payload[:200]!r}")
        taken += bool(arrival.readings)
        codes.update({refusal.code for refusal in arrival.refusals})
    print(
        f"\nfuzz {name}: seed {SEED}, {cases:,} cases in {time.perf_counter() - started:.1f} s, readings of {taken:,}; "
        f"{dict(codes.most_common())}"
    )
    assert cases == CASES
    assert faults == [], "\n".join(faults[:5])
    assert taken > CASES // 100
    assert dialect.reaches <= set(codes)


@pytest.mark.parametrize("name", DIALECTS)
def test_time_goes_with_the_size_of_a_payload_and_not_its_square(name: str, data_folder: object) -> None:
    assert data_folder
    dialect = DIALECTS[name]
    decoding = decoding_of(dialect)
    used = {}
    for parts in (dialect.parts, 2 * dialect.parts, 4 * dialect.parts):
        payload = dialect.longer(parts)
        best = float("inf")
        for _ in range(REPEATS):
            before = time.thread_time()
            arrival = decoding.arrival(dialect.topics[0], payload, NOW)
            best = min(best, time.thread_time() - before)
        assert not {refusal.code for refusal in arrival.refusals} & {"too_large", "internal"}
        used[parts] = best
    one, two, four = used.values()
    print(f"\n{name}: {', '.join(f'{parts:,} parts {1e3 * s:.2f} ms' for parts, s in used.items())}")
    assert four / one < QUADRATIC * 0.6, (
        f"{one:.4f}, {two:.4f}, {four:.4f} s for {dialect.parts} parts, twice, four times"
    )


@pytest.mark.parametrize("key", ["site", "t", "u", "v", "f"])
def test_a_long_text_that_each_record_points_at_costs_each_of_them_little(key: str) -> None:
    source = """
        [[source]]
        name = "any"
        topic = "any"
        dialect = "mapping"
        medium = "air"
        period_s = 60

        [source.mapping]
        items = "data"
        device = "$.site"
        time = "$.t"
        values = "d"
        code = "c"
        value = ["v", "$.v"]
        unit = "$.u"
        flag = "$.f"
        """
    dialect = DIALECTS["mapping"]._replace(sources=source, devices=None)
    decoding = decoding_of(dialect)
    used = []
    for parts in (250, 1000):
        root = {
            "site": "sz-a01",
            "t": "2026-09-21T20:00:00Z",
            "u": "ug/m3",
            "v": "7",
            "f": "good",
            key: "7" * 130 * parts,
        }
        payload = json.dumps({**root, "data": [{"d": [{"c": "pm25"}]}] * parts}).encode()
        best = float("inf")
        for _ in range(REPEATS):
            before = time.thread_time()
            arrival = decoding.arrival("any", payload, NOW)
            best = min(best, time.thread_time() - before)
        assert not {refusal.code for refusal in arrival.refusals} & {"too_large", "internal", "broken_json"}
        used.append(best)
    assert used[1] / used[0] < QUADRATIC * 0.6, used
