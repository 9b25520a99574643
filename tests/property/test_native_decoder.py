"""What holds of the native dialect for any payload: it never raises, and nothing disappears."""

import json
import math
from typing import Any

import msgspec
import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sensors import quantities
from sensors.decoders import Context
from sensors.decoders.native import decode
from sensors.quantities import MEDIA, Medium
from sensors.reading import REASONS, Decoded
from sensors.register import Register, Station

NOW = 1_600_000_000  # 2020-09-13T12:26:40Z
NOT_BEFORE = 946_684_800  # 2000-01-01T00:00:00Z
OFFSET_S = 28_800

_QUANTITY = 'name = "x"\nname_en = "x"\nunit = "1"\nhj212 = "x"\nminimum = 0\nmaximum = 9\ndecimals = 0\n'
QUANTITIES = quantities.parse(
    "".join(f"[{key}]\n{_QUANTITY}" for key in ("air.pm25", "air.o3", "water.ph", "noise.leq")), file="q.toml"
)
KEYS = {"air": {"pm25", "o3"}, "water": {"ph"}, "noise": {"leq"}}


def _station(medium: Medium) -> Station:
    return Station(
        medium=medium, id="s1", name="s1", name_en="", city="", district="", lon=None, lat=None, since=None, until=None
    )


REGISTER = Register([_station(medium) for medium in MEDIA])
OWN_CODES = set(REASONS) - {"internal", "too_large", "broken_table", "unknown_unit"}
"""Codes that a decoder may give: the others are the collector's, and those of a laboratory's files."""


def context(medium: str | None, station: str | None) -> Context:
    return Context(medium, station, 300, NOT_BEFORE, OFFSET_S, QUANTITIES, REGISTER)


AIR = context("air", "s1")
contexts = st.builds(context, st.sampled_from([*MEDIA, "soil", None]), st.sampled_from(["s1", "s2", None]))

texts = st.text(st.characters(exclude_categories=()), max_size=8)  # half characters (surrogates) too
numbers = st.one_of(st.none(), st.integers(), st.floats(), st.integers(min_value=10**300, max_value=10**320))
anything = st.recursive(
    st.one_of(st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
times = st.one_of(
    st.sampled_from(
        ["2020-09-13T20:00:00+08:00", "2020-09-13T11:30:00Z", "2020-09-13T20:00:00", "2030-01-01T00:00:00Z"]
    ),
    st.datetimes(timezones=st.one_of(st.none(), st.timezones())).map(lambda time: time.isoformat()),
    anything,
)
limits = st.one_of(
    st.floats(allow_nan=False).map(lambda limit: f"<{limit}"), st.sampled_from(["<0.02", "<0", "<1e999", "<", "< 1"])
)
keys = st.one_of(st.sampled_from(["pm25", "o3", "ph", "leq"]), texts)
items = st.one_of(
    anything,
    st.fixed_dictionaries(
        {
            "time": times,
            "period_s": st.one_of(st.sampled_from([1, 60, 3600, 86_400, 0, 7]), anything),
            "values": st.one_of(st.dictionaries(keys, st.one_of(numbers, limits, anything), max_size=4), anything),
        },
        optional={
            "flags": st.one_of(st.dictionaries(keys, st.sampled_from(["good", "fault", "bad"]), max_size=3), anything),
            "station": st.one_of(st.sampled_from(["s1", "s2"]), anything),
            "unit": anything,
        },
    ),
    st.fixed_dictionaries(
        {
            "time": st.just("2020-09-13T20:00:00+08:00"),
            "period_s": st.just(3600),
            "values": st.dictionaries(keys, numbers, max_size=4),
        }
    ),
)

GOOD = {"time": "2020-09-13T20:00:00+08:00", "period_s": 3600, "values": {"pm25": 15.1, "o3": None}}
GOOD_PAYLOADS = [
    json.dumps(payload).encode()
    for payload in (
        GOOD,
        [GOOD, GOOD],
        {**GOOD, "flags": {"pm25": "fault"}, "station": "s1"},
        {**GOOD, "values": {"ph": 7}},
        {**GOOD, "values": {"ph": "<0.02"}},
        [GOOD, {**GOOD, "values": {"pm25": "x"}}],
    )
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good payload with a few bytes replaced, put in, taken out or repeated."""
    payload = bytearray(draw(st.sampled_from(GOOD_PAYLOADS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(payload)))
        length = draw(st.integers(0, 4))
        new = draw(
            st.one_of(
                st.binary(max_size=3),
                st.sampled_from(
                    [b'"', b"{", b"}", b"[", b"]", b",", b":", b"-", b"1e999", b"null", b"\\ud800", b"\x00"]
                ),
                st.just(bytes(payload[at : at + 20])),
            )
        )
        payload[at : at + length] = new
    return bytes(payload)


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def assert_well_formed(decoded: Decoded) -> None:
    """What must hold of the outcome of any payload."""
    assert decoded.readings or decoded.refusals
    for reading in decoded.readings:
        assert REGISTER.get(reading.medium, reading.station) is not None
        assert NOT_BEFORE <= reading.time <= NOW + 300
        assert type(reading.time) is int
        assert reading.medium == "water" or (reading.time + OFFSET_S) % reading.period_s == 0
        assert reading.values
        for key, value, flag in reading.values:
            assert key in KEYS[reading.medium]
            assert flag in (1, 2, 3, 4, 9) or (flag, reading.medium) == (5, "water")
            assert flag == 9 if value is None else type(value) is float and math.isfinite(value)
    for refusal in decoded.refusals:
        assert refusal.code in OWN_CODES
        assert len(refusal.detail) <= 500
    assert msgspec.msgpack.encode(decoded.refusals)  # what cannot be encoded cannot be put into quarantine


@given(st.binary(max_size=200), contexts)
@settings(max_examples=500, deadline=None)
def test_decoder_takes_or_refuses_any_bytes(payload: bytes, where: Context) -> None:
    assert_well_formed(decode(payload, NOW, where))


@given(st.one_of(items, st.lists(items, max_size=4)), contexts)
@example({**GOOD, "\ud800": 1}, AIR)
@example({**GOOD, "values": {"\ud800": "x"}}, AIR)
@example({**GOOD, "flags": {"\ud800": "good"}}, AIR)
@example({**GOOD, "flags": {"\ud800": 1}}, AIR)
@example({**GOOD, "flags": {"[0]": 1}}, AIR)
@example({**GOOD, "x` - at `$.time": 1}, AIR)
@example([GOOD, {**GOOD, "k" * 10_000: 1}], AIR)
@settings(max_examples=1000, deadline=None)
def test_decoder_takes_or_refuses_any_json(payload: Any, where: Context) -> None:
    assert_well_formed(decode(as_json(payload), NOW, where))


@given(mutated(), contexts)
@settings(max_examples=1000, deadline=None)
def test_decoder_takes_or_refuses_any_mutation_of_a_good_payload(payload: bytes, where: Context) -> None:
    assert_well_formed(decode(payload, NOW, where))


@given(st.lists(items, min_size=1, max_size=4), contexts)
@example([None, {**GOOD, "values": {}}], AIR)
@example([None, {**GOOD, "values": {"pm25": 10**299, "o3": -(10**308)}}], AIR)
@example([None, {**GOOD, "values": {"pm25": 10**309, "o3": -(10**309)}}], AIR)
@example([None, {**GOOD, "period_s": 10**309}], context("air", "s2"))
@settings(max_examples=500, deadline=None)
def test_decoder_judges_each_item_of_an_array_as_if_it_came_alone(payload: list[Any], where: Context) -> None:
    together = decode(as_json(payload), NOW, where)
    alone = [decode(as_json([one]), NOW, where) for one in payload]
    assert together.readings == [reading for decoded in alone for reading in decoded.readings]
    assert [r.code for r in together.refusals] == [r.code for decoded in alone for r in decoded.refusals]


@given(st.dictionaries(keys, st.one_of(numbers, anything), min_size=1, max_size=5))
@settings(max_examples=500, deadline=None)
def test_decoder_keeps_or_refuses_each_value(values: dict[str, Any]) -> None:
    decoded = decode(as_json({**GOOD, "values": values}), NOW, AIR)
    assert sum(len(reading.values) for reading in decoded.readings) + len(decoded.refusals) == len(values)


@given(
    st.dictionaries(st.sampled_from(["pm25", "o3"]), st.floats(allow_nan=False, allow_infinity=False), min_size=1),
    st.integers(NOT_BEFORE // 3600, (NOW + 300) // 3600),
)
@settings(max_examples=200, deadline=None)
def test_decoder_hands_on_good_values_unchanged(values: dict[str, float], hour: int) -> None:
    time = f"{np.datetime64(hour, 'h')}:00:00Z"  # numpy's calendar, not Python's
    whole = decode(as_json({**GOOD, "time": time, "values": values}), NOW, AIR)
    assert [(r.time, r.values) for r in whole.readings] == [
        (hour * 3600, tuple((key, value, 1) for key, value in values.items()))
    ]


@given(st.floats(min_value=5e-324, allow_infinity=False))
@settings(max_examples=200, deadline=None)
def test_decoder_takes_any_positive_number_as_a_detection_limit_of_water(limit: float) -> None:
    whole = decode(as_json({**GOOD, "values": {"ph": f"<{limit!r}"}}), NOW, context("water", "s1"))
    assert [reading.values for reading in whole.readings] == [(("ph", limit, 5),)]
