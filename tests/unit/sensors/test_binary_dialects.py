"""Claims about SenML and Sparkplug B beside the golden cases: what sources may say, two ways that agree, floats."""

import json
import random
import struct
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import cbor2
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestor.encoders.senml import NUMBERS
from sensors import quantities, source_terms, sources
from sensors.decoders import DIALECTS, Context, senml_plain
from sensors.decoders.sparkplug import KEY_BYTES
from sensors.decoders.sparkplug_wire import single
from sensors.errors import ConfigError
from sensors.quantities import Medium
from sensors.reading import Decoded
from sensors.register import Register, Station
from sensors.sources import Source
from tests.property.mutations import changed_bytes
from tests.support import ROOT

NOW = 1_600_000_000.0  # 2020-09-13T12:26:40Z
QUANTITIES = quantities.parse((ROOT / "config" / "quantities.toml").read_text(encoding="utf-8"), file="q.toml")


def _station(medium: Medium, name: str) -> Station:
    return Station(
        medium=medium, id=name, name=name, name_en="", city="c", district="", lon=None, lat=None, since=None, until=None
    )


CONTEXT = Context("air", None, 300, 0, 28_800, QUANTITIES, Register([_station("air", "a1"), _station("air", "a2")]))
SENML = DIALECTS["senml"](
    source_terms.terms(
        Source(name="n", topic="t", dialect="senml", medium="air", period_s=60, units={"o3": "ppb"}), QUANTITIES, {}
    )
)


def declared(text: str) -> None:
    found = sources.parse(f'[[source]]\nname = "n"\ntopic = "t/#"\n{text}', file="s.toml")
    source_terms.check(found, QUANTITIES, file="s.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'dialect = "senml"',
            "s.toml: source[0].period_s: expected seconds, as payloads of senml state no averaging period, got nothing",
        ),
        (
            'dialect = "sparkplug"',
            "s.toml: source[0].period_s: expected seconds, as payloads of sparkplug state no averaging period",
        ),
        ('dialect = "senml"\nperiod_s = 60\nsenml = { names = "{device}" }', "with {device} and {code}, each once"),
        ('dialect = "senml"\nperiod_s = 60\nsenml = { sums = "add" }', "expected one of refuse, ignore, got 'add'"),
        ('dialect = "senml"\nperiod_s = 60\nsenml = { name = "" }', "senml.name: expected one of names, sums"),
        (
            'dialect = "senml"\nperiod_s = 60\nsparkplug = {}',
            "s.toml: source[0].sparkplug: expected nothing as the dialect is senml, got a value",
        ),
        ('dialect = "native"\nmedium = "air"\nsenml = {}', "senml: expected nothing of the native dialect"),
        ('dialect = "sparkplug"\nperiod_s = 60\nsparkplug = { device = "n" }', "device: expected one of"),
    ],
)
def test_source_that_cannot_be_is_refused_by_its_key(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        declared(text)
    assert said in str(error.value)


# --- the short way of SenML and the long one


records = st.lists(
    st.fixed_dictionaries(
        {"v": st.one_of(st.floats(-1e9, 1e9), st.integers(-(10**6), 10**6))},
        optional={
            "n": st.sampled_from(["pm25", "o3", "co", "", "none"]),
            "u": st.sampled_from(["ug/m3", "mg/m3", "ppb", "Cel", ""]),
            "t": st.sampled_from([0, -60, 0.5, 1.6e9, 3e12]),
            "bn": st.sampled_from(["a1", "a2/", "", "nowhere"]),
            "bt": st.sampled_from([0, 1.6e9, 1_599_990_000]),
            "bu": st.sampled_from(["ug/m3", "ppm", ""]),
        },
    ),
    max_size=6,
)


def cbor_of(pack: list[dict[str, Any]]) -> bytes:
    """A pack in CBOR."""
    return cbor2.dumps([{NUMBERS[name]: value for name, value in record.items()} for record in pack])


def outcome(decoded: Decoded) -> tuple[list[Any], list[Any]]:
    return decoded.readings, decoded.refusals


@given(records)
@settings(deadline=None)
def test_pack_with_fields_of_no_effect_gives_the_same_as_without_them(pack: list[dict[str, Any]]) -> None:
    longer = [{**record, "ut": 60} for record in pack]
    encoded = [json.dumps(pack).encode(), json.dumps(longer).encode(), cbor_of(pack), cbor_of(longer)]
    plain, roundabout, plain_cbor, roundabout_cbor = (SENML(each, NOW, CONTEXT) for each in encoded)
    if not pack:
        assert [r.code for r in plain.refusals] == ["wrong_type"]
        return
    assert outcome(plain) == outcome(roundabout) == outcome(plain_cbor) == outcome(roundabout_cbor)


@pytest.mark.parametrize("more", [{}, {"ut": 60}])
def test_base_unit_holds_for_records_without_one(more: dict[str, Any]) -> None:
    pack = [{"bn": "a1:", "bt": NOW - 100, "bu": "mg/m3", "n": "pm25", "v": 0.5, **more}, {"n": "co", "v": 0.7}]
    for each in (json.dumps(pack).encode(), cbor_of(pack)):
        for _ in range(2):
            assert SENML(each, NOW, CONTEXT).readings[0].values == (("pm25", 500.0, 1), ("co", 0.7, 1))


def test_field_that_stands_twice_in_cbor_is_refused_on_the_short_way_as_on_the_long() -> None:
    twice = bytes.fromhex("81a400627631" + "02f93c00" + "02f93e00" + "221a5f5e1000")
    short = bytes.fromhex("81a4" + "0062" + "6f33" + "0201" + "0202" + "221a5f5e1000")
    assert [[r.code for r in SENML(each, NOW, CONTEXT).refusals] for each in (twice, short)] == [["broken_payload"]] * 2


PACKS = [
    cbor_of([{"bn": "a1/", "bt": NOW - 100, "bu": "ug/m3", "n": "pm25", "v": 15.1}, {"n": "co", "u": "mg/m3", "v": 1}]),
    cbor_of(
        [{"bn": "a1", "n": "o3", "t": NOW - 60, "v": 48.5}, {"n": "so2", "t": NOW, "v": 5}, {"n": "no2", "v": 21.0}]
    ),
]
FIRST = cbor_of([{"bn": "a1/", "bt": NOW - 100, "bu": "mg/m3", "n": "pm25", "v": 15.1}])[1:]
LABELS_AND_HEADS = bytes.fromhex("00010206202122f4f5f6f7f9fafbff5f7f9fbfc2c4c51b3b18a2a382")


def test_mutated_cbor_gives_the_same_on_the_short_way_as_on_the_long(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, short = random.Random(9), 0
    for _ in range(2000):
        pack = rng.choice(PACKS)
        if rng.random() < 0.3:
            pack = changed_bytes(rng, pack, PACKS)
        else:
            at = rng.randrange(1, len(pack))
            pack = pack[:at] + bytes([rng.choice(LABELS_AND_HEADS)]) + pack[at + rng.choice((0, 1, 1, 1)) :]
        both = [outcome(SENML(pack, NOW, CONTEXT))]
        with monkeypatch.context() as patch:
            patch.setattr(senml_plain.cbor2, "load", refused)
            both.append(outcome(SENML(pack, NOW, CONTEXT)))
        assert repr(both[0]) == repr(both[1]), pack.hex()
        short += bool(both[0][0])
    assert short > 200


@pytest.mark.parametrize("payload", ["05", "f6", "f90000", "a10001", "63616263", "8105", ""])
def test_cbor_that_is_no_array_of_tables_has_to_go_the_long_way(payload: str) -> None:
    with pytest.raises(senml_plain.NotPlainError):
        senml_plain.of_cbor(bytes.fromhex(payload))


def refused(*_args: object, **_options: object) -> None:
    raise cbor2.CBORDecodeError


ALIKE = b"\xb9\x10\x00" + b"".join(
    b"\x8c" + bytes(0x20 + (i >> bit & 1) for bit in range(12)) + b"\x00" for i in range(4096)
)
"""A map with arrays of -1 and -2 as keys, all of which have one hash in CPython."""


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("a30063706d3202c48221189796", "more bytes"), ("a20062636f02c2430f4240", "no tag"),
        ("a20062636f02c5821b7fffffffffffffff01", "no tag"), ("a20062636f02d8236528612b292b", "no tag"),
        ("a200627631f50262", "integers or texts"), ("a20062636ff9400001", "integers or texts"),
        ("a300" + "62636f" + "0201" + "82010203", "integers or texts"), ("a20062636f0201" + "00", "the end after"),
        ("a20062636f027b1000000000000000", "more bytes"), ("bb1000000000000000", "more bytes"),
        ("81" * 10_000, "at most 8"), ("a102" * 10_000, "at most 8"), ("a30062636f020102" + "02", "got 'v' again"),
        ("a2007f62636fff0201", "definite length"), ("a20062636f02f818", "got 0xf8"),
        ("d81ca20062636f0201", "no tag"), ("a20062636f02d81c01", "no tag"), ("d90100a20062636f0201", "no tag"),
        ("d8236a28617b393939397d297b", "no tag"), (ALIKE.hex(), "integers or texts"),
    ],
)  # fmt: skip
def test_cbor_that_senml_cannot_hold_is_refused_at_once(record: str, why: str) -> None:
    before = time.thread_time()
    decoded = SENML(b"\x82" + FIRST + bytes.fromhex(record), NOW, CONTEXT)
    assert time.thread_time() - before < 0.2
    assert [r.code for r in decoded.refusals] == ["broken_payload"]
    assert why in decoded.refusals[0].detail


def test_item_of_cbor_that_is_no_map_is_refused_by_itself() -> None:
    decoded = SENML(b"\x83" + PACKS[0][1:] + b"\x05", NOW, CONTEXT)
    assert [r.detail for r in decoded.refusals] == ["[2]: expected an object, got 5"]
    assert decoded.readings[0].values == (("pm25", 15.1, 1), ("co", 1.0, 1))


# --- floats of 32 bits


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_shortest_decimal_is_the_same_float_of_32_bits(value: float) -> None:
    assert struct.unpack("<f", struct.pack("<f", single(value)))[0] == value


@given(st.integers(-999_999, 999_999), st.integers(0, 3))
def test_decimal_of_six_digits_comes_back_from_a_float_of_32_bits(digits: int, decimals: int) -> None:
    written = float(f"{digits}e-{decimals}")
    assert single(struct.unpack("<f", struct.pack("<f", written))[0]) == written


BIRTH = bytes.fromhex("088080babbc82e12160a04706d32351001188080babbc82e2009659a9971411801")  # pm25 = 1
BY_NUMBER = bytes.fromhex("088080babbc82e120e1001188080babbc82e659a9971411802")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Codes of what is refused of a birth, or of data, of "KIND/NODE/DEVICE"; three births fit in memory."""
    monkeypatch.setattr("sensors.decoders.sparkplug.REMEMBERED_BYTES", 3 * (len(BIRTH) + 2 * KEY_BYTES))
    source = Source(name="n", topic="spBv1.0/#", dialect="sparkplug", medium="air", period_s=60)
    devices = {"n": {f"d{i}": {"air": "a1"} for i in range(9)}}
    decode = DIALECTS["sparkplug"](source_terms.terms(source, QUANTITIES, devices))

    def codes(address: str) -> list[str]:
        context = msgspec.structs.replace(CONTEXT, topic=f"spBv1.0/g/{address}")
        payload = BIRTH if address.startswith("DBIRTH") else BY_NUMBER
        return [refusal.code for refusal in decode(payload, NOW, context).refusals]

    return codes


def test_births_beyond_the_bound_are_forgotten_from_the_first(heard: Callable[[str], list[str]]) -> None:
    assert [heard(f"DBIRTH/n{i}/d1") for i in range(4)] == [[]] * 4
    assert heard("DDATA/n0/d1") == ["unknown_alias"]
    assert [heard(f"DDATA/n{i}/d1") for i in (1, 2, 3)] == [[]] * 3


def test_device_that_is_born_again_and_again_makes_no_other_forgotten(heard: Callable[[str], list[str]]) -> None:
    assert [heard(f"DBIRTH/{each}") for each in ("n0/d1", "n1/d1", *["n1/d2"] * 5)] == [[]] * 7
    assert [heard(f"DDATA/{each}") for each in ("n0/d1", "n1/d1", "n1/d2")] == [[]] * 3


def test_devices_of_one_node_are_bounded_as_well(heard: Callable[[str], list[str]]) -> None:
    assert [heard(f"DBIRTH/n0/d{i}") for i in range(4)] == [[]] * 4
    assert [heard(f"DDATA/n0/d{i}") for i in range(4)] == [["unknown_alias"], [], [], []]


def test_death_of_a_device_makes_room(heard: Callable[[str], list[str]]) -> None:
    assert [heard(f"DBIRTH/n{i}/d1") for i in range(3)] == [[]] * 3
    assert heard("DDEATH/n1/d1") == ["no_data"]
    assert (heard("DBIRTH/n3/d1"), heard("DDATA/n0/d1")) == ([], [])


def test_sentinel_by_number_is_missing() -> None:
    source = Source(
        name="n", topic="spBv1.0/#", dialect="sparkplug", medium="air", period_s=60, sentinels=(Decimal(-9999),)
    )
    decode = DIALECTS["sparkplug"](source_terms.terms(source, QUANTITIES, {}))
    decode(BIRTH, NOW, msgspec.structs.replace(CONTEXT, topic="spBv1.0/g/DBIRTH/n/a1"))
    data = BY_NUMBER.replace(bytes.fromhex("9a997141"), struct.pack("<f", -9999))
    decoded = decode(data, NOW, msgspec.structs.replace(CONTEXT, topic="spBv1.0/g/DDATA/n/a1"))
    assert decoded.readings[0].values == (("pm25", None, 9),)


def test_metric_that_has_no_value_at_its_birth_yet_is_not_missing() -> None:
    source = Source(name="n", topic="spBv1.0/#", dialect="sparkplug", medium="air", period_s=60)
    decode = DIALECTS["sparkplug"](source_terms.terms(source, QUANTITIES, {}))
    null = bytes.fromhex("088080babbc82e12130a04706d32351001188080babbc82e200938011801")
    assert decode(null, NOW, msgspec.structs.replace(CONTEXT, topic="spBv1.0/g/DBIRTH/n/a1")).readings == []
    decoded = decode(BY_NUMBER, NOW, msgspec.structs.replace(CONTEXT, topic="spBv1.0/g/DDATA/n/a1"))
    assert decoded.readings[0].values == (("pm25", 15.1, 1),)
