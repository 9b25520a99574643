"""Claims about the HJ 212 dialect beside its golden cases: verdicts of real frames, configuration, bounds, shapes."""

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sensors import quantities, source_terms
from sensors.decoders import Context, hj212
from sensors.decoders.hj212_rules import Hj212Options
from sensors.errors import ConfigError
from sensors.hj212 import meanings
from sensors.hj212.frames import build
from sensors.quantities import MEDIA
from sensors.reading import Decoded, Reading
from sensors.register import Register, Station
from sensors.sources import Source
from tests.support import ROOT

NOW = 1_790_000_000  # 2026-09-21T14:13:20Z
HOUR = 1_789_995_600  # 2026-09-21T13:00:00Z, 21:00 in Shanghai
TEXT = (ROOT / "config" / "hj212.toml").read_text(encoding="utf-8")
MEANINGS = meanings.parse(TEXT, file="hj212.toml")
QUANTITIES = quantities.parse((ROOT / "config" / "quantities.toml").read_text(encoding="utf-8"), file="q.toml")
STATIONS = [
    Station(
        medium=medium, id=name, name=name, name_en="", city="c", district="", lon=None, lat=None, since=None, until=None
    )
    for medium in MEDIA
    for name in ("m1", "m2")
]
CONTEXT = Context(
    medium=None, station=None, max_ahead_s=300, not_before=0, offset_s=28_800, quantities=QUANTITIES,
    register=Register(STATIONS),
)  # fmt: skip
HEADER = {"QN": "20260921220000123", "ST": 22, "CN": 2061, "PW": 123456, "MN": "m1", "Flag": 5}
ITEMS = "DataTime=20260921210000;a34004-Avg=15.1,a34004-Min=3,a34004-Flag=N;a34002-Avg=30.2,a34002-Flag=N"


def decoder(options: Hj212Options | None = None, **fields: Any) -> Any:
    """A decoder by the shipped meanings; what it remembers is its own."""
    source = Source(name="n", topic="t", dialect="hj212", hj212=options, **fields)
    return hj212.decoder(source_terms.terms(source, QUANTITIES, {}, hj212=MEANINGS))


def decoded(decode: Any, payload: bytes) -> Decoded:
    found = decode(payload, NOW, CONTEXT)
    assert isinstance(found, Decoded)
    return found


def test_frames_of_real_devices_hold_or_not_as_their_file_says(data_folder: Path) -> None:
    rows = json.loads((data_folder / "payloads/hj212/frames.json").read_text(encoding="utf-8"))
    assert len(rows) == 29
    for number, row in enumerate(rows):
        found = decoded(decoder(), (row.get("frame") or row["segment"]).encode())
        broken = {refusal.detail.split(":")[0] for refusal in found.refusals if refusal.code == "broken_frame"}
        said = {"length": row.get("length_ok", True), "check": row["crc_ok"]}
        assert broken == {name for name, holds in said.items() if not holds}, number


def test_source_may_take_the_check_of_modbus() -> None:
    segment = b"ST=22;CN=2061;MN=m1;CP=&&DataTime=20260921210000;a34004-Avg=15.1&&"
    payload = b"##%04d%b%04X\r\n" % (len(segment), segment, _modbus(segment))
    assert [each.code for each in decoded(decoder(), payload).refusals] == ["broken_frame"]
    assert decoded(decoder(Hj212Options(crc="modbus")), payload).refusals == []


def test_frame_with_the_check_of_modbus_is_refused_with_the_option_that_takes_it() -> None:
    segment = b"ST=22;CN=2011;MN=m1;CP=&&DataTime=20260706103500;a34004-Rtd=28&&"
    payload = b"##%04d%b%04X\r\n" % (len(segment), segment, _modbus(segment))
    (refusal,) = decoded(decoder(), payload).refusals
    assert refusal.detail.endswith('; this is CRC-16/MODBUS; hj212.crc = "modbus" in sources.toml takes it')


def _modbus(segment: bytes) -> int:
    """CRC-16/MODBUS, bit by bit."""
    register = 0xFFFF
    for byte in segment:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register


def test_ten_frames_of_one_payload_are_ten_readings() -> None:
    payload = b"".join(
        build({**HEADER, "MN": name}, f"DataTime=20260921{hour:02d}0000;a34004-Avg={hour}.5")
        for name in ("m1", "m2")
        for hour in range(5)
    )
    found = decoded(decoder(), payload)
    assert found.refusals == []
    assert [(each.station, each.time, each.values) for each in found.readings] == [
        (name, HOUR + (hour - 21) * 3600, (("pm25", hour + 0.5, 1),)) for name in ("m1", "m2") for hour in range(5)
    ]


def test_flag_behind_a_semicolon_belongs_to_the_code_before_it() -> None:
    found = decoded(decoder(), build(HEADER, "DataTime=20260921210000;a34004-Avg=15.1;a34004-Flag=D"))
    assert found == Decoded([Reading("air", "m1", 3600, HOUR, (("pm25", 15.1, 4),))], [])


def test_failed_value_under_the_kind_of_another_command_stays_failed() -> None:
    found = decoded(decoder(), build(HEADER, "DataTime=20260921210000;a34004-Rtd=15.1,a34004-Flag=D"))
    assert found.readings[0].values == (("pm25", 15.1, 4),)


@pytest.mark.parametrize("text", ["20260230000000", "20260921240000", "2026092121000", "", "２０２６0921210000"])
def test_time_that_no_calendar_has_is_refused(text: str) -> None:
    [refusal] = decoded(decoder(), build(HEADER, f"DataTime={text};a34004-Avg=15.1")).refusals
    assert (refusal.code, refusal.detail[:38]) == ("bad_time", "DataTime: expected YYYYMMDDhhmmss, got")


def test_two_times_that_differ_are_refused() -> None:
    found = decoded(decoder(), build(HEADER, "DataTime=20260921210000;DataTime=20260921200000;a34004-Avg=15.1"))
    assert [each.detail for each in found.refusals] == ["DataTime: expected one time, got two that differ"]


def test_packet_takes_no_time_of_another_devices_packets() -> None:
    decode = decoder()
    first, second = ({**HEADER, "MN": mn, "PNUM": 2, "PNO": number} for number, mn in ((1, "m1"), (2, "m2")))
    assert decoded(decode, build(first, "DataTime=20260921210000;a34004-Avg=15.1")).refusals == []
    assert [each.code for each in decoded(decode, build(second, "a34002-Avg=30")).refusals] == ["no_time"]


def test_times_of_split_messages_are_remembered_up_to_a_bound() -> None:
    decode = decoder()

    def packet(message: int, number: int, cp: str) -> Decoded:
        header = {**HEADER, "QN": f"{message:017d}", "PNUM": 2, "PNO": number}
        return decoded(decode, build(header, cp))

    for message in range(1025):
        assert packet(message, 1, "DataTime=20260921210000;a34004-Avg=15.1").refusals == []
    assert [each.code for each in packet(0, 2, "a34002-Avg=30").refusals] == ["no_time"]
    assert packet(1, 2, "a34002-Avg=30").readings == [Reading("air", "m1", 3600, HOUR, (("pm10", 30.0, 1),))]


@pytest.mark.parametrize(
    ("fields", "options", "expected"),
    [
        ({}, {"minute_s": 7}, "source.hj212.minute_s: expected seconds that divide a day, got 7"),
        ({}, {"minute_s": 60}, "got 60 s of 2011 and 2051; set period_s (2011) or hj212.minute_s (2051)"),
        ({"period_s": 3600}, {}, "got 3600 s of 2011 and 2061"),
        ({}, {"flags": {"H": "odd"}}, "source.hj212.flags.H: expected one of good, "),
    ],
)
def test_options_that_cannot_be_are_refused(fields: dict[str, Any], options: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        decoder(Hj212Options(**options), **fields)
    assert expected in str(error.value)


def test_source_needs_the_file_of_meanings() -> None:
    with pytest.raises(ConfigError, match=r"source\.dialect: expected hj212\.toml beside sources\.toml"):
        source_terms.terms(Source(name="n", topic="t", dialect="hj212"), QUANTITIES, {})


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('code = "2031"', 'code = "2011"', "command[3].code: expected each code once, got '2011' again"),
        ("period_s = 600", "period_s = 7", "command[1].period_s: expected seconds that divide a day, got 7"),
        ('letter = "F"', 'letter = "N"', "letter[1].letter: expected each once, got 'N' again"),
        ('flag = "good"', 'flag = "fine"', "letter[0].flag: expected one of good, "),
        ("editions = [2005]", "editions = [2006]", "letter[8].editions[0]"),
        ('kind = "Rtd"', 'kind = "Max"', "command[0].kind"),
    ],
)
def test_meanings_that_cannot_be_are_refused(old: str, new: str, expected: str) -> None:
    assert old in TEXT
    with pytest.raises(ConfigError) as error:
        meanings.parse(TEXT.replace(old, new, 1), file="hj212.toml")
    assert str(error.value).startswith("hj212.toml: ")
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("fields", "items"),
    [
        ({}, ITEMS),
        ({}, ITEMS.replace("a34002", "LA") + ";;"),
        ({}, ITEMS.replace("a34002-Flag=N", "a34002-Flag=D")),
        ({"units": {"a34004": "mg/m3"}, "zone": "+09:00", "label": "end", "sentinels": (15.5,)}, ITEMS),
        ({"medium": "air", "ignore": ("*",)}, ITEMS),
    ],
    ids=["plain", "two media", "faulty", "shifted", "lenient"],
)
def test_frames_of_a_known_shape_are_read_as_frames_of_none(
    fields: dict[str, Any], items: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = Hj212Options(crc="ignore")
    warm = decoder(options, **fields)
    sample = build(HEADER, items)
    assert decoded(warm, sample).refusals == []
    rng = random.Random(1)
    at_once = 0
    by_key = decoder(options, **fields)
    monkeypatch.setattr(by_key.__self__, "_learn", lambda *_: None)
    numbers = [i for text in (b"=15.1,", b"=30.2,") for i in range(sample.index(text) + 1, sample.index(text) + 5)]
    for _ in range(1500):
        payload = bytearray(sample)
        for _ in range(rng.choice((1, 1, 2, 3))):
            at = rng.choice(numbers) if rng.random() < 0.8 else rng.randrange(len(sample))
            payload[at] = rng.choice(b"0123456789.+-eE_NDB;,= &\x00\xe9" if rng.random() < 0.5 else b"0123456789")
        changed = bytes(payload)
        decoded(warm, sample)
        read = warm.__self__._shapes.read(changed, NOW, CONTEXT)  # noqa: SLF001
        at_once += read is not None
        assert decoded(warm, changed) == decoded(by_key, changed), changed
    assert at_once > 200


def test_text_that_marks_a_missing_value_may_be_a_number() -> None:
    decode = decoder(missing=("15.1",))
    for _ in range(2):
        [reading] = decoded(decode, build(HEADER, ITEMS)).readings
        assert reading.values == (("pm25", None, 9), ("pm10", 30.2, 1))
        assert decoded(decode, build(HEADER, ITEMS.replace("15.1", "15.2"))).readings[0].values[0] == ("pm25", 15.2, 1)


def test_shape_whose_letters_or_checks_do_not_hold_is_read_by_keys() -> None:
    decode = decoder()
    for _ in range(2):
        assert [v for r in decoded(decode, build(HEADER, ITEMS)).readings for v in r.values] == [
            ("pm25", 15.1, 1),
            ("pm10", 30.2, 1),
        ]
    wrong = build(HEADER, ITEMS).replace(b"15.1", b"15.2")
    assert [each.code for each in decoded(decode, wrong).refusals] == ["broken_frame"]
    faulty = decoded(decode, build(HEADER, ITEMS.replace("a34002-Flag=N", "a34002-Flag=D")))
    assert faulty.readings[0].values == (("pm25", 15.1, 1), ("pm10", 30.2, 4))


@pytest.mark.parametrize(("more", "known"), [("", True), ("x" * 256, False)])
def test_shape_of_a_long_header_is_not_remembered(more: str, known: bool) -> None:
    decode, payload = decoder(), build({**HEADER, "X": more}, ITEMS)
    assert decoded(decode, payload) == decoded(decode, payload)
    assert (decode.__self__._shapes.read(payload, NOW, CONTEXT) is not None) == known  # noqa: SLF001


def test_shape_of_a_device_does_not_hold_below_the_topic_of_another() -> None:
    decode = decoder()
    own, another, unknown = (msgspec.structs.replace(CONTEXT, device=name) for name in ("m1", "m2", "m9"))
    for _ in range(2):
        assert decode(build(HEADER, ITEMS), NOW, own).refusals == []
        for below in (another, unknown):
            assert [each.code for each in decode(build(HEADER, ITEMS), NOW, below).refusals] == ["foreign_station"]


def test_slips_are_not_forgiven_in_the_edition_of_2025() -> None:
    items = "DataTime=20260921210000;a34004-Rtd=15.1"
    assert decoded(decoder(), build(HEADER, items)).readings[0].values == (("pm25", 15.1, 3),)
    found = decoded(decoder(), build({**HEADER, "Flag": 9}, items))
    assert [each.detail for each in found.refusals] == ["'a34004': expected Avg, got 'a34004-Rtd'"]
