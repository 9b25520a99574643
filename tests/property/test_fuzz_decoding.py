"""What holds of any payload on its way from the socket to the ledger, with the configuration that comes along.

Real payloads of `../shared/data/payloads` and native ones are mutated by a seeded generator: QINGJING_FUZZ_SEED
(default 1) and QINGJING_FUZZ_CASES (default 100,000). Hypothesis then makes up structures of its own.
"""

import copy
import json
import logging
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestor import config
from ingestor.decoding import Decoding
from ingestor.store import Arrival, SqliteStore
from sensors.reading import REASONS
from tests.property.mutations import (
    FAULTS,
    KEYS,
    NOT_OF_A_PAYLOAD,
    SCALARS,
    SECRET,
    changed_bytes,
    changed_tree,
    real_payloads,
    strange,
)
from tests.support import ROOT

SEED = int(os.environ.get("QINGJING_FUZZ_SEED", "1"))
CASES = int(os.environ.get("QINGJING_FUZZ_CASES", "40000"))
GROUP = 2000
NOW = 1_600_000_000.0  # 2020-09-13T12:26:40Z
NOT_OF_NATIVE = {
    *NOT_OF_A_PAYLOAD, "unknown_unit", "broken_frame", "broken_payload", "no_data", "no_time",
    "unknown_alias", "unconfirmed", "no_state",
}  # fmt: skip
"""Reasons that no native payload gives."""
BY = config.load(ROOT / "config")
DECODING = Decoding(BY)

STATIONS = {
    "air": ("sz-a01", ("pm25", "pm10", "so2", "no2", "o3", "co")),
    "water": ("sz-w01", ("temperature", "ph", "do", "codmn", "nh3n", "tp")),
    "noise": ("sz-n01", ("leq",)),
}
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
    assert set(REASONS) - set(fuzzed.codes) == NOT_OF_NATIVE


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
