"""What the fuzz tests share: payloads of real gateways, what is changed of them, and what must hold of any message."""

import copy
import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingestor.config import Config
from ingestor.store import Arrival, line_protocol
from sensors.reading import REASONS

SECRET = "hunter2-secret-token"  # noqa: S105  # no secret, but what must not be found in a log
LONGEST_DETAIL = 300
NOT_OF_A_PAYLOAD = {"internal", "refused_by_store", "broken_table", "shifted_time"}
"""Reasons that no payload gives: a fault, the store's, and those of files that are imported."""

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
