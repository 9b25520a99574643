"""What holds of any payload on its way from the socket to the ledger, with the configuration that comes along.

Real payloads of `../shared/data/payloads` and native ones are mutated by a seeded generator: QINGJING_FUZZ_SEED
(default 1) and QINGJING_FUZZ_CASES (default 100,000). Hypothesis then makes up structures of its own.
"""

import copy
import json
import logging
import math
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestor import config
from ingestor.config import Config
from ingestor.decoding import Decoding
from ingestor.store import Arrival, SqliteStore, line_protocol
from sensors.reading import REASONS
from tests.support import ROOT

SEED = int(os.environ.get("QINGJING_FUZZ_SEED", "1"))
CASES = int(os.environ.get("QINGJING_FUZZ_CASES", "40000"))
GROUP = 2000
NOW = 1_600_000_000.0  # 2020-09-13T12:26:40Z
SECRET = "hunter2-secret-token"  # noqa: S105  # no secret, but what must not be found in a log
LONGEST_DETAIL = 300
NOT_OF_A_PAYLOAD = {"internal", "refused_by_store", "broken_table", "unknown_unit", "ambiguous", "shifted_time"}
"""Reasons that no payload gives: a fault, the store's, and those of files that are imported."""
BY = config.load(ROOT / "config")
DECODING = Decoding(BY)

STATIONS = {
    "air": ("sz-a01", ("pm25", "pm10", "so2", "no2", "o3", "co")),
    "water": ("sz-w01", ("temperature", "ph", "do", "codmn", "nh3n", "tp")),
    "noise": ("sz-n01", ("leq",)),
}
SCALARS: tuple[Any, ...] = (
    None, True, False, 0, -1, 7, 3600, 2**31, 2**63, -(2**64), 10**298, 10**305, 10**400, 0.1, -0.0, 1e308, 5e-324,
    math.nan, math.inf, -math.inf, "", " ", "NaN", "15.1", "-;", "*", "<0.02", "<0", "<1e999", "<",
    "\x00", "\ud800", "\udfff\ud800", "\ufeff",
    "\u2028",
    "\x1b[2J\nERROR forged line", "深圳市", "𝟙", SECRET, "x" * 20_000, "good", "bad", "sz-a01", "sz-w01",
    "2020-09-13T20:00:00+08:00", "2020-09-13T20:00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
    [], {}, [[]], {"": ""}, {SECRET: SECRET},
)  # fmt: skip
KEYS = (
    "time", "period_s", "values", "flags", "station", "pm25", "o3", "ph", "leq", "", " ", "\x00", "\ud800", SECRET,
    "k" * 5000,
    "x` - at `$.time", "time: x", "[0]", "__proto__", "a\nb", "深圳", "pm25_flag",
)  # fmt: skip
TOKENS = (
    b'"', b"{", b"}", b"[", b"]", b",", b":", b"-", b"1e999", b"null", b"NaN", b"Infinity", b'"<', b'"<0.5"',
    b"\\ud800", b"\\u0000",
    b"\x00",
    b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\n", b"/*", b"1" * 400, b"9" * 5000,
    SECRET.encode(),
)  # fmt: skip
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "gb18030", "latin-1")


OFFSETS = (*["+08:00"] * 30, "Z", "", "-23:59")
"""Of these hours the last lie ahead of the collector's clock, and those without an offset are no moment."""


def native(rng: random.Random) -> tuple[str, Any]:
    """A good message of the native dialect."""
    medium = rng.choice(list(STATIONS))
    station, keys = STATIONS[medium]
    items = [
        {
            "time": f"2020-09-13T{rng.randrange(20):02d}:00:00{rng.choice(OFFSETS)}",
            "period_s": 3600,
            "values": {
                key: rng.choice((round(rng.uniform(0, 200), 1), None, 7, *(["<0.02"] if medium == "water" else [])))
                for key in rng.sample(keys, 1 + rng.randrange(len(keys)))
            },
        }
        for _ in range(rng.choice((1, 1, 1, 2, 5)))
    ]
    if rng.random() < 0.3:
        items[0]["flags"] = {next(iter(items[0]["values"])): rng.choice(("good", "fault", "odd"))}  # type: ignore[call-overload]
    topic = f"env/v1/{medium}/{station}"
    if rng.random() < 0.2:
        topic = f"env/v1/gateways/g1/{medium}"
    if rng.random() < 0.3 or "gateways" in topic:
        for item in items:
            item["station"] = station
    return topic, items if len(items) > 1 or rng.random() < 0.2 else items[0]


def real_payloads(folder: Path) -> list[bytes]:
    """What real gateways send: JSON of vendors, and frames of HJ 212."""
    found = [path.read_bytes() for path in sorted(folder.glob("*.json"))]
    frames = json.loads((folder / "hj212" / "frames.json").read_text(encoding="utf-8"))
    return found + [str(frame.get("frame") or frame.get("segment")).encode() for frame in frames]


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every container of a tree with each of its keys or indices."""
    found: list[tuple[Any, Any]] = []
    left = [tree]
    while left:
        each = left.pop()
        if isinstance(each, dict | list):
            for key in each if isinstance(each, dict) else range(len(each)):
                found.append((each, key))
                left.append(each[key])
    return found


def changed_tree(rng: random.Random, tree: Any) -> Any:
    """A tree with one place changed."""
    where = places(tree)
    if not where:
        return rng.choice(SCALARS)
    inside, key = rng.choice(where)
    what = rng.randrange(8)
    if what <= 2:
        inside[key] = copy.deepcopy(rng.choice(SCALARS))
    elif what == 3:
        del inside[key]
    elif what == 4 and isinstance(inside, dict):
        inside[rng.choice(KEYS)] = inside.pop(key)
    elif what == 5 and isinstance(inside, dict):
        other = rng.choice(list(inside))
        inside[key], inside[other] = inside[other], inside[key]
    elif what == 6:
        inside[key] = [inside[key]] if rng.random() < 0.5 else {rng.choice(KEYS): inside[key]}
    elif isinstance(inside, dict):
        inside[rng.choice(KEYS)] = copy.deepcopy(rng.choice(SCALARS))
    else:
        inside.append(copy.deepcopy(rng.choice((inside[key], *SCALARS))))
    return tree


def changed_bytes(rng: random.Random, payload: bytes, others: list[bytes]) -> bytes:
    """A payload with some bytes changed."""
    data = bytearray(payload)
    at = rng.randrange(len(data) + 1)
    what = rng.randrange(11)
    if what == 0 and data:
        data[at % len(data)] ^= 1 << rng.randrange(8)
    elif what == 1:
        del data[at:]
    elif what == 2:
        data *= 2
    elif what == 3:
        data[at:at] = rng.choice(TOKENS)
    elif what == 4:
        data[at : at + rng.randrange(1, 8)] = rng.choice(TOKENS)
    elif what == 5:
        data[at : at + rng.randrange(1, 30)] = b""
    elif what == 6:
        digits = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
        for i in rng.sample(digits, min(len(digits), 3)):
            data[i] = rng.choice(b"0123456789eE.+-")
    elif what == 7:
        digits = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
        if digits:
            i = rng.choice(digits)
            data[i:i] = rng.choice((b"9" * 20, b"1" + b"0" * 299, b"0" * 300, b"1" * 4400))
    elif what == 8:
        other = rng.choice(others)
        cut = rng.randrange(len(other) + 1)
        data[at:] = other[cut:]
    elif what == 9:
        return data.decode("utf-8", "replace").encode(rng.choice(ENCODINGS), "replace")
    else:
        data[at : at + 40] = data[at : at + 40][::-1]
    return bytes(data)


def strange(rng: random.Random) -> bytes:
    """A payload of extreme size or depth."""
    depth = rng.choice((50, 900, 1000, 1100, 5000, 100_000))
    opened, closed = rng.choice(((b"[", b"]"), (b'{"values":', b"}"), (b'{"time":[', b"]}")))
    return rng.choice(
        (
            opened * depth,
            opened * depth + b"1" + closed * depth,
            b'{"time":"2020-09-13T20:00:00+08:00","period_s":3600,"values":{"pm25":'
            + b"[" * depth
            + b"]" * depth
            + b"}}",
            rng.randbytes(rng.randrange(2000)),
            b"\x00" * rng.randrange(2000),
            b" " * rng.choice((0, 1, 262_144, 262_145)),
            b"[" + b"{}," * 20_000 + b"{}]",
        )
    )


def messages(seed: int, cases: int, real: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """Topics and mutated payloads, the same for the same seed."""
    rng = random.Random(seed)
    yield "env/v1/air/sz-a01", b" " * 262_145
    yield "env/v1/air/nowhere", b'{"time":"2020-09-13T20:00:00+08:00","period_s":3600,"values":{"pm25":1}}'
    trees = []
    for payload in real:
        try:
            trees.append(json.loads(payload))
        except ValueError:
            continue
    for _ in range(cases - 2):
        chance = rng.random()
        topic, tree = native(rng)
        if chance < 0.001:
            yield topic, strange(rng)
            continue
        if chance < 0.15:
            payload = rng.choice(real)
        else:
            if chance < 0.3:
                tree = copy.deepcopy(rng.choice(trees))
            elif chance < 0.4 and isinstance(tree, dict):
                tree["values"] = copy.deepcopy(rng.choice(trees))
            for _ in range(rng.choice((0, 1, 1, 2, 4)) if chance < 0.75 else 0):
                tree = changed_tree(rng, tree)
            payload = json.dumps(tree, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
            payload = changed_bytes(rng, payload, real)
        if rng.random() < 0.03:
            topic = rng.choice(
                ("", "env/v1/air", "env/v1/soil/x", "env/v1/air/nowhere", "env/v1/air/\x1b[2J", "x" * 500)
            )
        yield topic, payload


# --- claims about one message: each gives what is wrong, or None


def fault_of_outcome(arrival: Arrival, _: Config) -> str | None:
    return None if arrival.readings or arrival.refusals else "neither a reading nor a refusal"


def fault_of_codes(arrival: Arrival, _: Config) -> str | None:
    wrong = {refusal.code for refusal in arrival.refusals} - (set(REASONS) - NOT_OF_A_PAYLOAD)
    return f"codes {wrong}" if wrong else None


def fault_of_details(arrival: Arrival, _: Config) -> str | None:
    for refusal in arrival.refusals:
        if len(refusal.detail) > LONGEST_DETAIL:
            return f"{len(refusal.detail)} characters: {refusal.detail[:100]}..."
        if not refusal.detail.isprintable():
            return f"not printable: {refusal.detail!r}"
    return None


def fault_of_readings(arrival: Arrival, by: Config) -> str | None:
    for reading in arrival.readings:
        known = by.quantities.of(reading.medium)
        if by.register.get(reading.medium, reading.station) is None:
            return f"station {reading.station!r}"
        if not reading.values or len({quantity for quantity, _, _ in reading.values}) != len(reading.values):
            return f"values {reading.values!r}"
        for quantity, value, flag in reading.values:
            if quantity not in known or not (flag in (1, 2, 3, 4, 9) or (flag, reading.medium) == (5, "water")):
                return f"quantity {quantity!r} with flag {flag!r}"
            if value is not None and (type(value) is not float or not math.isfinite(value)):
                return f"value {value!r}"
        if line_protocol.decode(line_protocol.encode([reading])) != [reading]:
            return "a reading that does not come back from its line"
    return None


FAULTS: dict[str, Callable[[Arrival, Config], str | None]] = {
    "outcome": fault_of_outcome,
    "codes": fault_of_codes,
    "details": fault_of_details,
    "readings": fault_of_readings,
}


class Log(logging.Handler):
    """Keeps log lines, exceptions included."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter("%(levelname)s %(message)s").format(record))


class Fuzzed:
    """What became of all cases: faults found by claim, with the first examples; counts; the ledger; the log."""

    def __init__(self) -> None:
        self.cases = 0
        self.whole = self.partly = self.refused = 0
        self.codes: Counter[str] = Counter()
        self.faults: dict[str, list[str]] = {name: [] for name in [*FAULTS, "exception"]}
        self.log: list[str] = []
        self.values = 0
        self.counts: dict[str, int] = {}
        self.kept = 0
        self.drained = 0


@pytest.fixture(scope="module")
def fuzzed(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Fuzzed:
    decoding = Decoding(BY)
    done, log = Fuzzed(), Log()
    logger = logging.getLogger("ingestor")
    level = logger.level
    logger.addHandler(log)
    logger.setLevel(logging.DEBUG)
    group: list[Arrival] = []
    started = time.perf_counter()
    with closing(SqliteStore(tmp_path_factory.mktemp("fuzz") / "store.sqlite3")) as store:
        for topic, payload in messages(SEED, CASES, real_payloads(data_folder / "payloads")):
            done.cases += 1
            try:
                arrival = decoding.arrival(topic, payload, NOW)
            except Exception as error:  # noqa: BLE001  # that is what is looked for
                done.faults["exception"].append(f"case {done.cases}: {type(error).__name__} on {payload[:200]!r}")
                continue
            for name, fault_of in FAULTS.items():
                fault = fault_of(arrival, BY)
                if fault is not None:
                    done.faults[name].append(f"case {done.cases}: {fault} on {payload[:200]!r}")
            done.whole += not arrival.refusals
            done.partly += bool(arrival.refusals and arrival.readings)
            done.refused += not arrival.readings
            done.codes.update({refusal.code for refusal in arrival.refusals})
            done.values += sum(len(reading.values) for reading in arrival.readings)
            group.append(arrival)
            if len(group) == GROUP:
                store.commit(group)
                group = []
        store.commit(group)
        store.drain()
        done.counts = store.counts()
        done.kept = sum(found.seen for found in store.quarantined())
    done.log = log.lines
    logger.removeHandler(log)
    logger.setLevel(level)
    print(
        f"\nfuzz: seed {SEED}, {done.cases:,} cases in {time.perf_counter() - started:.1f} s: {done.whole:,} taken, "
        f"{done.partly:,} partly, {done.refused:,} refused; {dict(done.codes.most_common())}"
    )
    return done


def first(faults: list[str]) -> str:
    return f"{len(faults):,} of {CASES:,} cases, seed {SEED}:\n" + "\n".join(faults[:5])


def test_fuzz_runs_all_cases_and_reaches_every_outcome(fuzzed: Fuzzed) -> None:
    assert fuzzed.cases == CASES
    shares = {"taken": fuzzed.whole, "partly": fuzzed.partly, "refused": fuzzed.refused}
    assert {name: count > CASES // 100 for name, count in shares.items()} == dict.fromkeys(shares, True), shares


def test_fuzz_reaches_every_reason_that_a_payload_can_give(fuzzed: Fuzzed) -> None:
    assert set(REASONS) - set(fuzzed.codes) == NOT_OF_A_PAYLOAD


def test_payload_never_makes_an_exception(fuzzed: Fuzzed) -> None:
    assert fuzzed.faults["exception"] == [], first(fuzzed.faults["exception"])


def test_payload_gives_readings_or_refusals_or_both(fuzzed: Fuzzed) -> None:
    assert fuzzed.faults["outcome"] == [], first(fuzzed.faults["outcome"])


def test_payload_is_refused_for_a_known_reason_that_is_no_fault_of_the_decoder(fuzzed: Fuzzed) -> None:
    assert fuzzed.faults["codes"] == [], first(fuzzed.faults["codes"])


def test_payload_is_refused_in_one_short_printable_line(fuzzed: Fuzzed) -> None:
    assert fuzzed.faults["details"] == [], first(fuzzed.faults["details"])


def test_payload_gives_only_finite_values_of_known_quantities_and_stations(fuzzed: Fuzzed) -> None:
    assert fuzzed.faults["readings"] == [], first(fuzzed.faults["readings"])


def test_payload_is_counted_and_kept_where_anything_of_it_was_refused(fuzzed: Fuzzed) -> None:
    refused = fuzzed.cases - fuzzed.whole
    assert (fuzzed.counts["messages"], fuzzed.counts["messages_quarantined"], fuzzed.kept) == (CASES, refused, refused)


def test_payload_values_that_were_taken_are_all_drained(fuzzed: Fuzzed) -> None:
    assert (fuzzed.counts["values"], fuzzed.counts["values_drained"]) == (fuzzed.values, fuzzed.values)


def test_payload_is_in_no_log_line(fuzzed: Fuzzed) -> None:
    assert [line for line in fuzzed.log if SECRET in line][:5] == []


def test_payload_makes_no_error_in_the_log(fuzzed: Fuzzed) -> None:
    assert [line for line in fuzzed.log if line.startswith(("ERROR", "CRITICAL"))][:5] == []


# --- structures that Hypothesis makes up

texts = st.one_of(st.sampled_from([*KEYS, SECRET]), st.text(st.characters(exclude_categories=()), max_size=8))
numbers = st.one_of(st.integers(), st.floats(), st.integers(min_value=10**290, max_value=10**320))
structures = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts, st.sampled_from(SCALARS)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=5)),
    max_leaves=12,
)
near = st.fixed_dictionaries(
    {
        "time": st.one_of(st.just("2020-09-13T20:00:00+08:00"), structures),
        "period_s": st.one_of(st.just(3600), structures),
        "values": st.one_of(st.dictionaries(texts, st.one_of(numbers, st.none()), max_size=5), structures),
    },
    optional={"flags": structures, "station": st.one_of(st.just("sz-a01"), structures), SECRET: structures},
)


@given(
    st.sampled_from(["env/v1/air/sz-a01", "env/v1/water/sz-w01", "env/v1/gateways/g1/air", "env/v1/soil/x"]),
    st.one_of(structures, near, st.lists(near, max_size=3)),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_structure_of_any_form_is_taken_or_refused_as_every_payload_must_be(topic: str, tree: Any) -> None:
    arrival = DECODING.arrival(topic, json.dumps(tree).encode(), NOW)
    assert {name: fault_of(arrival, BY) for name, fault_of in FAULTS.items()} == dict.fromkeys(FAULTS)
