"""Frames of HJ 212: read, judged by length and check, built. What finds them in a stream is `sensors.hj212.stream`.

    ##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80\\r\\n

`##`, the length of the data segment in four digits, the segment, its check in four hexadecimal digits, CR LF. The
segment is a header of pairs and, between `CP=&&` and `&&`, the parameters of the command (`sensors.hj212.parameters`).
Devices differ in what they count as the length and which check they send, so reading a frame and judging it are two
things.

HJ 212-2017, 6.3 and annex A. The clauses are recalled; samples of devices confirm the form, the check and the header.
"""

import re
from typing import Final, Literal

import msgspec

from sensors.hj212 import crc

CheckRule = Literal["strict", "modbus", "ignore"]
"""Which check the frames of a source must carry: HJ 212's; that or CRC-16/MODBUS; any."""
LengthRule = Literal["strict", "ignore"]

Version = Literal[2005, 2017, 2025]
VERSIONS: Final[dict[int, Version]] = {0: 2005, 1: 2017, 2: 2025}
"""Edition of the protocol by bits 2 to 7 of Flag."""
_VERSION_OF: Final = {
    text: VERSIONS.get(flag >> 2) for flag in range(256) for text in {f"{flag}", f"{flag:02d}", f"{flag:03d}"}
}

_FRAMED: Final = re.compile(rb"##|&&")
_PASSWORD: Final = re.compile(rb"(PW\s*=)[^;&\"\r\n]*", re.IGNORECASE)
_PASSWORD_OF_PAIRS: Final = re.compile(rb"((?:^|;)\s*PW\s*=)[^;&\"\r\n]*", re.IGNORECASE)
"""In a payload without marks of frames: PW is a key only at the beginning or behind another pair."""

BROKEN: Final = {
    "noise": "bytes outside of any frame",
    "unended": "a frame without its check, cut off by the next one, by CR LF or by the end",
    "too_long": "a frame longer than is taken",
    "no_parameters": "a frame whose segment has no CP=&& before the && at its end",
}
"""Kinds of bytes that are no frame, and what each means."""


class Broken(msgspec.Struct, frozen=True, gc=False):
    """Bytes that are no frame, and why: one of `BROKEN`."""

    raw: bytes
    kind: str


class Frame(msgspec.Struct, frozen=True, gc=False):
    """A frame as it came, without the CR LF behind it.

    `header` holds the pairs before CP without blanks around them, of a key that comes twice the first. `cp` is what
    stands between `CP=&&` and the `&&` at the end of the segment.
    """

    raw: bytes
    declared_length: str
    segment: bytes
    declared_check: str
    header: dict[str, str]
    cp: bytes

    @property
    def length_holds(self) -> bool:
        """Whether four digits say how long the segment is."""
        return len(self.declared_length) == 4 and int(self.declared_length) == len(self.segment)

    @property
    def check_holds(self) -> bool:
        """Whether the check is that of HJ 212, in upper or lower case."""
        return int(self.declared_check, 16) == crc.check(self.segment)

    @property
    def modbus_holds(self) -> bool:
        """Whether the check is CRC-16/MODBUS."""
        return int(self.declared_check, 16) == crc.modbus(self.segment)

    @property
    def flag(self) -> int | None:
        """Flag as a number, 0 where it is absent; None where it is no number from 0 to 255."""
        text = self.header.get("Flag", "0")
        return int(text) if _is_number(text, digits=3) and int(text) < 256 else None

    @property
    def version(self) -> Version | None:
        """Edition by bits 2 to 7 of Flag, 2005 without one; None where they give no edition that is known here."""
        return _VERSION_OF.get(self.header.get("Flag", "0"))

    @property
    def wants_answer(self) -> bool:
        """Whether bit 0 of Flag asks for an answer."""
        return bool((self.flag or 0) & 1)

    @property
    def packet(self) -> tuple[int, int] | None:
        """Which packet of how many this is, by PNO and PNUM; None where the message was not split.

        Bit 1 of Flag announces PNO and PNUM, but devices send one without the other; the numbers decide.
        """
        if "PNO" not in self.header or "PNUM" not in self.header:
            return None
        number, count = self.header["PNO"], self.header["PNUM"]
        if not _is_number(number, digits=4) or not _is_number(count, digits=4):
            return None
        return (int(number), int(count)) if 1 <= int(number) <= int(count) and int(count) > 1 else None

    def faults(self, *, check: CheckRule = "strict", length: LengthRule = "strict") -> list[tuple[str, str]]:
        """Return what speaks against the frame under the rules of its source, as ("length" or "check", sentence)."""
        found = []
        if length == "strict" and not self.length_holds:
            found.append(("length", f"length: expected {len(self.segment):04d}, got {self.declared_length}"))
        if check == "ignore" or self.check_holds or (check == "modbus" and self.modbus_holds):
            return found
        expected = f"{crc.check(self.segment):04X}"
        if check == "modbus":
            expected += f" or, as CRC-16/MODBUS, {crc.modbus(self.segment):04X}"
        return [*found, ("check", f"check: expected {expected}, got {self.declared_check}")]


def read(raw: bytes, digits: int = 4) -> Frame | Broken:
    """Read `##`, `digits` digits, segment and four hexadecimal digits; what stands there of them is not judged."""
    segment = raw[2 + digits : -4]
    header, found, rest = segment.partition(b"CP=&&")
    if not found or not rest.endswith(b"&&"):
        return Broken(raw, "no_parameters")
    pairs: dict[str, str] = {}
    for pair in header.decode("latin-1").split(";"):
        key, equals, value = pair.partition("=")
        if equals:
            pairs.setdefault(key.strip(), value.strip())
    return Frame(raw, raw[2 : 2 + digits].decode(), segment, raw[-4:].decode(), pairs, rest[:-2])


def masked(payload: bytes) -> bytes:
    """Return a payload with `******` for the passwords of the frames in it, whole or broken; others as they are."""
    password = _PASSWORD if _FRAMED.search(payload) else _PASSWORD_OF_PAIRS
    return password.sub(rb"\1******", payload)


def build(header: dict[str, object], cp: str = "") -> bytes:
    """Return the frame of a header and parameters, CR LF included.

    Raises
    ------
    ValueError
        If the segment is longer than four digits can say.
    """
    segment = "".join(f"{key}={value};" for key, value in header.items()).encode() + b"CP=&&" + cp.encode() + b"&&"
    if len(segment) > 9999:
        raise ValueError(f"segment: expected at most 9999 bytes, got {len(segment)}")
    return b"##%04d%b%04X\r\n" % (len(segment), segment, crc.check(segment))


def _is_number(text: str, digits: int) -> bool:
    return 0 < len(text) <= digits and text.isascii() and text.isdecimal()
