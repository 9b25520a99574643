"""Frames are found in a stream however it is cut, whatever stands between them, whatever their lengths say."""

import random
import time

import pytest

from sensors.hj212.frames import Broken, Frame, build
from sensors.hj212.stream import FrameReader, frames_of

A = build({"QN": "20260101000000000", "ST": "22", "CN": "2011", "MN": "A1", "Flag": "5"}, "DataTime=20260101000000")
B = build({"ST": "23", "CN": "2051", "MN": "B1"}, "DataTime=20260101000000;LA-Avg=50.1,LA-Flag=N")


def with_length(raw: bytes, declared: int) -> bytes:
    return b"##%04d" % declared + raw[6:]


def outcome(found: list[Frame | Broken]) -> list[tuple[str, bytes]]:
    """Kind and bytes of what was found, pieces of noise put together and without line ends."""
    pieces: list[tuple[str, bytes]] = []
    for one in found:
        kind = "frame" if isinstance(one, Frame) else one.kind
        if kind == "noise" and pieces and pieces[-1][0] == "noise":
            pieces[-1] = ("noise", pieces[-1][1] + without_line_ends(one.raw))
        else:
            pieces.append((kind, without_line_ends(one.raw)))
    return pieces


def without_line_ends(raw: bytes) -> bytes:
    return raw.replace(b"\r", b"").replace(b"\n", b"")


ONE, OTHER = ("frame", A[:-2]), ("frame", B[:-2])
LONG = with_length(A, int(A[2:6]) + 40)
SHORT = with_length(A, int(A[2:6]) - 7)
STREAMS = {
    "one": (A, [ONE]),
    "ten in one": (A * 5 + B * 5, [ONE] * 5 + [OTHER] * 5),
    "no CR LF": (A[:-2] + B[:-2], [ONE, OTHER]),
    "garbage between": (
        b"\x00hello\r\n" + A + b"##x#" + B,
        [("noise", b"\x00hello"), ONE, ("noise", b"##x#"), OTHER],
    ),
    "length too long": (LONG + B, [("frame", LONG[:-2]), OTHER]),
    "length too short": (SHORT + B, [("frame", SHORT[:-2]), OTHER]),
    "length too short, no CR LF": (SHORT[:-2] + B, [("frame", SHORT[:-2]), OTHER]),
    "three digits": (b"##299" + A[6:] + B, [("frame", b"##299" + A[6:-2]), OTHER]),
    "## inside": (build({"MN": "A1"}, "a=##0012;b=##"), [("frame", build({"MN": "A1"}, "a=##0012;b=##")[:-2])]),
    "cut off by the next": (A[:40] + B, [("unended", A[:40]), OTHER]),
    "cut off by CR LF": (A[:40] + b"\r\n" + B, [("unended", A[:40]), OTHER]),
    "cut off by the end": (A + B[:40], [ONE, ("unended", B[:40])]),
    "check that is none": (A[:-4] + b"zz\r\n" + B, [("unended", A[:-4] + b"zz"), OTHER]),
    "empty lines": (b"\r\n\r\n" + A + b"\r\n\r\n" + B, [ONE, OTHER]),
    "too many #": (b"#" + A, [("noise", b"#"), ONE]),
}


@pytest.mark.parametrize(("stream", "expected"), STREAMS.values(), ids=STREAMS)
def test_frames_are_found(stream: bytes, expected: list[tuple[str, bytes]]) -> None:
    assert outcome(frames_of(stream)) == expected


@pytest.mark.parametrize(("stream", "expected"), STREAMS.values(), ids=STREAMS)
def test_what_is_found_does_not_depend_on_cuts(stream: bytes, expected: list[tuple[str, bytes]]) -> None:
    rng = random.Random(212)
    for pieces in (len(stream), 10, 10, 3, 3, 2, 2, 2):
        cuts = sorted(rng.sample(range(1, len(stream)), min(pieces - 1, len(stream) - 1)))
        reader, found = FrameReader(), []
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            found += reader.feed(stream[begin:end])
        assert outcome(found + reader.finish()) == expected


@pytest.mark.parametrize("tail", [b"", b"\r\n", b"\r", b"\n", b"x", b"\r\n#", b"\r\n\r\n"])
@pytest.mark.parametrize("frame", [A[:-2], LONG[:-2], SHORT[:-2], A[:9] + b"\r\n" + A[11:-2], b"##299" + A[6:-2]])
def test_a_message_is_read_as_a_stream_is(frame: bytes, tail: bytes) -> None:
    for longest in (9999, len(frame) - 10, len(frame) - 11):
        reader = FrameReader(longest)
        assert frames_of(frame + tail, longest) == reader.feed(frame + tail) + reader.finish()


def test_a_frame_is_handed_on_before_its_cr_lf_came() -> None:
    assert outcome(FrameReader().feed(A[:-2])) == [ONE]


def test_a_frame_with_a_length_too_long_is_handed_on_at_cr_lf() -> None:
    assert outcome(FrameReader().feed(LONG)) == [("frame", LONG[:-2])]


def test_bytes_that_wait_are_bounded() -> None:
    reader, sent, found = FrameReader(longest=100), 0, []
    for _ in range(50):
        found += reader.feed(b"##9999" + b"x" * 50)
        found += reader.feed(b"y" * 70)
        sent += 126
        assert reader.waiting <= 112
    found += reader.finish()
    assert {one.kind for one in found if isinstance(one, Broken)} == {"too_long", "noise"}
    assert sum(len(one.raw) for one in found) == sent


def test_a_frame_at_the_limit_is_taken_and_one_above_is_not() -> None:
    size = int(A[2:6])
    assert outcome(frames_of(A, longest=size)) == [ONE]
    assert outcome(frames_of(A[:-2] + b"x" * 9, longest=size - 3))[0][0] == "too_long"


@pytest.mark.parametrize(
    "stream",
    [b"#" * 400_000, b"##9999" * 70_000, b"\r\n" * 200_000],
    ids=["#", "##9999", "CR LF"],
)
def test_time_grows_with_the_bytes_and_not_with_their_square(stream: bytes) -> None:
    begin = time.process_time()
    reader = FrameReader()
    for at in range(0, len(stream), 65_536):
        reader.feed(stream[at : at + 65_536])
    assert time.process_time() - begin < 5


def test_damaged_streams_lose_no_byte_and_do_not_depend_on_cuts() -> None:
    rng = random.Random(212)
    pieces = [
        A,
        B,
        A[:-2],
        LONG,
        SHORT,
        b"##",
        b"##01",
        b"##0100",
        b"\r\n",
        b"&&",
        b"&&1C80",
        b"#",
        b"0",
        b"CP=&&",
        b"\x00",
    ]
    for _ in range(3000):
        stream = bytearray(b"".join(rng.choices(pieces, k=rng.randint(1, 6))))
        for _ in range(rng.randint(0, 3)):
            at = rng.randrange(len(stream))
            stream[at : at + rng.randint(0, 3)] = rng.choice(
                (b"", b"#", b"##0050", b"\r\n", b"&&ABCD", bytes([rng.randrange(256)]))
            )
            stream = stream or bytearray(b"x")
        whole = bytes(stream)
        longest = rng.choice((9999, 90, 60))
        at_once = outcome(frames_of(whole, longest))
        reader, found, at = FrameReader(longest), [], 0
        while at < len(whole):
            size = rng.choice((1, 2, 7, 50))
            found += reader.feed(whole[at : at + size])
            assert reader.waiting <= longest + 12
            at += size
        found += reader.finish()
        assert outcome(found) == at_once, whole
        assert without_line_ends(b"".join(one.raw for one in found)) == without_line_ends(whole)
