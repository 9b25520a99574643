"""The check of HJ 212 frames, and the one that some devices send instead.

HJ 212-2017, annex A: register FFFF; for each byte `register = (register >> 8) ^ byte`, then eight times shift right
and, if the bit shifted out was 1, exclusive or with A001. Unlike CRC-16/MODBUS that drops the low byte of the register
at every byte: only its high byte is carried on, so a check has 256 values, not 65,536. One step is linear, and eight of
them change nothing; so bytes that stand eight apart count alike and are joined by exclusive or before the register
runs.
"""

from typing import Final

POLYNOMIAL: Final = 0xA001
_WORD: Final = 8
"""Steps after which the register is what it was. [bytes]"""


def _eight_shifts(register: int) -> int:
    for _ in range(8):
        register = register >> 1 ^ (POLYNOMIAL if register & 1 else 0)
    return register


_TABLE: Final = tuple(_eight_shifts(byte) for byte in range(256))
_HIGH: Final = bytes(register >> 8 for register in _TABLE)
_FOLDS: Final = tuple((8 * _WORD << fold, (1 << (8 * _WORD << fold)) - 1) for fold in range(12))
"""Bits of 2**fold words, and their mask: a segment is folded in halves of these sizes."""
LONGEST: Final = _WORD << len(_FOLDS)
"""Longest segment that is checked; four digits can announce 9999. [bytes]"""


def check(segment: bytes) -> int:
    """Return the check of a data segment: what stands between the declared length and the check.

    Raises
    ------
    ValueError
        If the segment is three times as long as any frame can be.
    """
    size = len(segment)
    if not size:
        return 0xFFFF
    folded = int.from_bytes(segment, "big") ^ 0xFF << 8 * (size - 1)
    fold = ((size + _WORD - 1) // _WORD - 1).bit_length()
    if size > LONGEST:
        raise ValueError(f"segment: expected at most {LONGEST} bytes, got {size}")
    while fold:
        fold -= 1
        bits, low = _FOLDS[fold]
        folded = folded >> bits ^ folded & low
    a, b, c, d, e, f, g, h = folded.to_bytes(_WORD, "big")
    high = _HIGH
    return _TABLE[high[high[high[high[high[high[high[a] ^ b] ^ c] ^ d] ^ e] ^ f] ^ g] ^ h]


def modbus(segment: bytes) -> int:
    """Return the CRC-16/MODBUS of a data segment."""
    register = 0xFFFF
    for byte in segment:
        register = register >> 8 ^ _TABLE[register & 0xFF ^ byte]
    return register
