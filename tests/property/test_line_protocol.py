"""What holds of readings as lines: whatever the decoder can take comes back from the outbox bit for bit."""

import json
import math
import struct
from typing import get_args

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestor.store import line_protocol
from sensors import flags, quantities
from sensors.decoders import Context
from sensors.decoders.native import decode as decode_native
from sensors.names import STATION_ID
from sensors.quantities import LARGEST, MEDIA, Medium
from sensors.reading import Reading
from sensors.register import Register, Station

NOW = 1_600_000_000  # 2020-09-13T12:26:40Z

_QUANTITY = 'name = "x"\nname_en = "x"\nunit = "1"\nhj212 = "x"\nminimum = 0\nmaximum = 9\ndecimals = 0\n'

stations = st.one_of(
    st.sampled_from(["sz-a01", "河北省-26-大桥", "é", "a.b:c(d)&e;f|g%h@i~j`k^l!m?n<o>p*q[r]s{t}$", "x" * 64, "\x7f"]),
    st.text(min_size=1, max_size=64),
).filter(lambda name: STATION_ID.fullmatch(name) is not None)
keys = st.one_of(
    st.sampled_from(["pm25", "o3", "co", "a_", "flag", "i", "e", "inf", "nan"]),
    st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True),
).filter(lambda key: not key.endswith("_flag"))
finite = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1.7976931348623157e308, 0.1, 1e16, 123456789012345680.0, 1e22, 15.1]),
)
periods = st.sampled_from([0, *(n for n in range(1, 86_401) if 86_400 % n == 0)])  # 0: a grab sample
codes = st.sampled_from(sorted(flags.WORST_FIRST))


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    """A reading as a decoder gives it: at least one value, each quantity once, missing ones flagged missing."""
    values = draw(st.dictionaries(keys, st.one_of(st.none(), finite), min_size=1, max_size=12))
    return Reading(
        draw(st.sampled_from(MEDIA)),
        draw(stations),
        draw(periods),
        draw(st.integers(-62_135_596_800, 253_402_300_799)),  # the years 1 to 9999
        tuple((key, value, flags.MISSING if value is None else draw(codes)) for key, value in values.items()),
    )


def bits(value: float | None) -> bytes | None:
    return None if value is None else struct.pack("<d", value)


def exactly(reading: Reading) -> tuple[object, ...]:
    """All of a reading, values as their bits, so that 0.0 differs from -0.0."""
    values = [(quantity, bits(value), flag) for quantity, value, flag in reading.values]
    return reading.medium, reading.station, reading.period_s, reading.time, values


@given(st.lists(readings(), max_size=8))
@example([])
@example([Reading("air", "大桥", 3600, 0, (("pm25", None, flags.MISSING),))])
@example([Reading("air", "a", 3600, -1, (("pm25", -0.0, 1), ("o3", None, 9), ("co", 5e-324, 4)))])
@settings(max_examples=100, deadline=None)
def test_line_protocol_gives_back_every_reading_bit_for_bit(written: list[Reading]) -> None:
    read = line_protocol.decode(line_protocol.encode(written))
    assert [exactly(reading) for reading in read] == [exactly(reading) for reading in written]


@given(st.lists(readings(), max_size=8))
@settings(max_examples=100, deadline=None)
def test_line_protocol_is_one_line_a_reading_for_python_and_for_a_server(written: list[Reading]) -> None:
    lines = line_protocol.encode(written)
    assert lines.count(b"\n") == len(lines.splitlines()) == len(lines.decode().splitlines()) == len(written)


@given(readings(), readings())
@settings(max_examples=100, deadline=None)
def test_line_protocol_of_several_readings_is_that_of_each(first: Reading, second: Reading) -> None:
    both = line_protocol.encode([first, second])
    assert both == line_protocol.encode([first]) + line_protocol.encode([second])


@given(readings())
@settings(max_examples=100, deadline=None)
def test_line_protocol_has_one_flag_a_value_and_no_value_where_it_is_missing(reading: Reading) -> None:
    (line,) = line_protocol.encode([reading]).decode().splitlines()
    _, fields, _ = line.split(" ")  # ids and keys hold no blank: three parts
    names = [field.partition("=")[0] for field in fields.split(",")]
    present = {quantity for quantity, value, _ in reading.values if value is not None}
    assert {name for name in names if not name.endswith("_flag")} == present
    assert {name[:-5] for name in names if name.endswith("_flag")} == {quantity for quantity, _, _ in reading.values}


@given(
    stations,
    st.sampled_from(get_args(Medium)),
    st.dictionaries(keys, st.one_of(st.none(), finite, st.integers(-LARGEST["water"], LARGEST["water"])), min_size=1),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_line_protocol_gives_back_what_the_native_decoder_takes(
    name: str, medium: Medium, values: dict[str, float | None], leniently: bool
) -> None:
    tables = "".join(f'[{each}."{key}"]\n{_QUANTITY}' for each in MEDIA for key in values)
    station = Station(
        medium=medium, id=name, name="n", name_en="", city="c", district="", lon=None, lat=None, since=None, until=None
    )
    known = quantities.parse(tables, file="q.toml")
    context = Context(medium, name, 300, 0, 28_800, known, Register([station]))
    item = {"time": "2020-09-13T20:00:00+08:00", "period_s": 3600, "values": values}
    payload = json.dumps(
        [item, None] if leniently else item
    ).encode()  # a null is refused: the slow path takes the item
    taken = decode_native(payload, NOW, context).readings
    assert len(taken) == 1
    assert all(value is None or (type(value) is float and math.isfinite(value)) for _, value, _ in taken[0].values)
    assert [exactly(r) for r in line_protocol.decode(line_protocol.encode(taken))] == [exactly(r) for r in taken]
