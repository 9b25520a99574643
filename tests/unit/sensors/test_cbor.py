"""Claims about CBOR. Bytes are the examples of RFC 8949, appendix A, unless said otherwise."""

import math
from typing import Any

import pytest

from sensors.decoders.cbor import CborError, decode


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        ("00", 0), ("17", 23), ("1818", 24), ("1903e8", 1000), ("1a000f4240", 1_000_000),
        ("1bffffffffffffffff", 2**64 - 1), ("20", -1), ("3903e7", -1000), ("3bffffffffffffffff", -(2**64)),
        ("f93e00", 1.5), ("fa47c35000", 100_000.0), ("fb3ff199999999999a", 1.1), ("f97c00", math.inf),
        ("f4", False), ("f5", True), ("f6", None), ("60", ""), ("62c3bc", "ü"), ("4401020304", b"\x01\x02\x03\x04"),
        ("80", []), ("8301820203820405", [1, [2, 3], [4, 5]]), ("a201020304", {1: 2, 3: 4}),
        ("a26161016162820203", {"a": 1, "b": [2, 3]}), ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
        ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
        ("c48221196ab3", 273.15),
    ],
)  # fmt: skip
def test_item_is_the_value_of_the_standards_example(encoded: str, value: Any) -> None:
    found = decode(bytes.fromhex(encoded), {})
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("encoded", "why"),
    [
        ("", "more bytes"), ("18", "more bytes"), ("fb3ff1", "more bytes"), ("62c3", "more bytes"),
        ("81", "more bytes"),
        ("9bffffffffffffffff", "more bytes"), ("7bffffffffffffffff61", "more bytes"), ("9f01", "more bytes"),
        ("0000", "expected the end after 1 bytes, got 2"), ("62c328", "UTF-8"),
        ("5f42010243030405ff", "definite length"),
        ("7f657374726561646d696e67ff", "definite length"), ("1c", "definite length"), ("f7ff", "the end after"),
        ("ff", "got 0xff"), ("f0", "got 0xf0"), ("f818", "got 0xf8"),
        ("c074323031332d30332d32315432303a30343a30305a", "no tag"),
        ("c249010000000000000000", "no tag"), ("a201020103", "got 1 again"), ("a1f500", "integers or texts"),
        ("c4821a3b9aca0001", "exponent of at most 400"), ("c482000100", "the end after"), ("c41903e8", "mantissa"),
    ],
)  # fmt: skip
def test_item_that_is_none_is_refused_by_what_is_wrong(encoded: str, why: str) -> None:
    with pytest.raises(CborError, match=why):
        decode(bytes.fromhex(encoded), {})


def test_arrays_may_be_eight_deep_and_no_deeper() -> None:
    assert decode(b"\x81" * 7 + b"\x80", {}) == [[[[[[[[]]]]]]]]
    with pytest.raises(CborError, match="at most 8"):
        decode(b"\x81" * 8 + b"\x80", {})
    with pytest.raises(CborError, match="at most 8"):
        decode(b"\x9f" * 200_000, {})


def test_keys_have_the_names_that_are_given_and_each_name_once() -> None:
    assert decode(bytes.fromhex("a301020304616105"), {1: "n", 3: "t"}) == {"n": 2, "t": 4, "a": 5}
    with pytest.raises(CborError, match="got 'n' again"):
        decode(bytes.fromhex("a20102616e03"), {1: "n"})
