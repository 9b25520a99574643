"""Frames of real devices get the verdicts of ../shared/data/payloads/hj212/frames.json; what Flag says; building."""

import json
from pathlib import Path
from typing import Any

import pytest

from sensors.hj212 import crc
from sensors.hj212.frames import Broken, Frame, build, read
from sensors.hj212.stream import frames_of

EXAMPLE = (
    b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80"
)
"""HJ 212-2017, annex C."""


def bit_by_bit(segment: bytes) -> int:
    """The rule of annex A as it is told."""
    register = 0xFFFF
    for byte in segment:
        register = register >> 8 ^ byte
        for _ in range(8):
            out = register & 1
            register >>= 1
            if out:
                register ^= 0xA001
    return register


@pytest.fixture(scope="module")
def samples(data_folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((data_folder / "payloads/hj212/frames.json").read_text(encoding="utf-8"))
    assert len(rows) == 29
    return rows


def frame(flag: str | None = None, **header: str) -> Frame:
    pairs = header if flag is None else {**header, "Flag": flag}
    [found] = frames_of(build({"ST": "22", "CN": "2011", **pairs}))
    assert isinstance(found, Frame)
    return found


def test_every_sample_gets_the_verdict_that_is_told_of_it(samples: list[dict[str, Any]]) -> None:
    whole = [sample for sample in samples if "frame" in sample]
    assert len(whole) == 26
    for sample in whole:
        [found] = frames_of(sample["frame"].encode())
        assert isinstance(found, Frame)
        assert found.raw + b"\r\n" == sample["frame"].encode()
        verdict = {
            "declared_length": found.declared_length,
            "actual_segment_length": len(found.segment),
            "length_ok": found.length_holds,
            "declared_crc": found.declared_check,
            "hj212_crc": f"{crc.check(found.segment):04X}",
            "crc_ok": found.check_holds,
            "modbus_crc": f"{crc.modbus(found.segment):04X}",
            "modbus_match": found.modbus_holds,
            "header": found.header,
            "cp": found.cp.decode(),
        }
        assert verdict == {key: sample[key] for key in verdict}


def test_every_segment_has_the_check_that_is_told_of_it(samples: list[dict[str, Any]]) -> None:
    segments = [sample for sample in samples if "segment" in sample]
    assert len(segments) == 3
    for sample in segments:
        assert f"{crc.check(sample['segment'].encode()):04X}" == sample["hj212_crc"]


@pytest.mark.parametrize("size", [*range(20), 63, 64, 65, 379, 1024, 9999])
def test_check_folded_by_eight_bytes_is_the_rule_bit_by_bit(size: int) -> None:
    segment = bytes((7 * i * i + 13 * i + size) % 256 for i in range(size))
    assert crc.check(segment) == bit_by_bit(segment)


def test_modbus_is_that_of_its_catalogue() -> None:
    assert crc.modbus(b"123456789") == 0x4B37  # catalogue of parametrised CRC algorithms, CRC-16/MODBUS


def test_example_of_the_standard_is_built_as_it_stands_there() -> None:
    header = dict(pair.split("=") for pair in EXAMPLE[6:].decode().split(";CP=")[0].split(";"))
    assert build(header, "RtdInterval=30") == EXAMPLE + b"\r\n"


def test_a_segment_longer_than_four_digits_is_not_built() -> None:
    with pytest.raises(ValueError, match="segment: expected at most 9999 bytes, got 10007"):
        build({}, "x" * 10_000)


@pytest.mark.parametrize(
    ("flag", "version", "wants_answer"),
    [
        (None, 2005, False), ("0", 2005, False), ("3", 2005, True), ("4", 2017, False), ("7", 2017, True),
        ("8", 2025, False), ("9", 2025, True), ("12", None, False), ("x", None, False), ("256", None, False),
        ("-1", None, False), ("", None, False), ("٣", None, False),
    ],
)  # fmt: skip
def test_flag_says_edition_and_answer(flag: str | None, version: int | None, wants_answer: bool) -> None:
    found = frame(flag) if flag != "٣" else Frame(b"", "", b"", "", {"Flag": "٣"}, b"")
    assert (found.version, found.wants_answer) == (version, wants_answer)


@pytest.mark.parametrize(
    ("header", "packet"),
    [
        ({"PNUM": "3", "PNO": "1"}, (1, 3)), ({"PNUM": "0002", "PNO": "0002"}, (2, 2)),
        ({"PNUM": "1", "PNO": "1"}, None), ({"PNUM": "3"}, None), ({"PNUM": "3", "PNO": "4"}, None),
        ({"PNUM": "3", "PNO": "0"}, None),
        ({"PNUM": "3", "PNO": "x"}, None), ({}, None),
    ],
)  # fmt: skip
def test_packet_is_that_of_its_numbers(header: dict[str, str], packet: tuple[int, int] | None) -> None:
    assert frame("7", **header).packet == packet


def test_faults_follow_the_rules_of_the_source() -> None:
    segment = b"MN=1;CP=&&&&"
    modbus = read(b"##0012" + segment + b"%04x" % crc.modbus(segment))
    lies = read(b"##0013" + segment + b"%04x" % crc.check(segment))
    wrong = read(b"##0012" + segment + b"0000")
    assert isinstance(modbus, Frame)
    assert isinstance(lies, Frame)
    assert isinstance(wrong, Frame)
    assert [kind for kind, _ in modbus.faults()] == ["check"]
    assert modbus.faults(check="modbus") == []
    assert lies.faults() == [("length", "length: expected 0012, got 0013")]
    assert lies.faults(length="ignore") == []
    assert [kind for kind, _ in wrong.faults(check="modbus")] == ["check"]
    assert wrong.faults(check="ignore") == []


@pytest.mark.parametrize("segment", [b"MN=1;Flag=4;&&", b"MN=1;CP=&&"])
def test_a_segment_without_parameters_is_no_frame(segment: bytes) -> None:
    raw = b"##%04d%b%04X" % (len(segment), segment, crc.check(segment))
    assert frames_of(raw + b"\r\n") == [Broken(raw, "no_parameters")]


def test_of_a_key_that_comes_twice_the_first_counts() -> None:
    found = read(b"##0000MN= a ;MN=b;CP=&&&&0000")
    assert isinstance(found, Frame)
    assert found.header == {"MN": "a"}
