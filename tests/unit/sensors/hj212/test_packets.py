"""Split messages come together in their order, and nothing that was added is lost or kept for ever."""

import random

from sensors.hj212.frames import Frame, build
from sensors.hj212.packets import PacketJoiner, is_whole, joined
from sensors.hj212.stream import frames_of


def packet(number: int, count: int, cp: str = "", *, qn: str | None = "20260101000000000", mn: str = "A1") -> Frame:
    header = {"QN": qn, "ST": "22", "CN": "2051", "MN": mn, "Flag": "7", "PNUM": count, "PNO": number}
    [found] = frames_of(build({key: value for key, value in header.items() if value is not None}, cp))
    assert isinstance(found, Frame)
    return found


def test_packets_come_together_in_their_order() -> None:
    joiner = PacketJoiner()
    first, second, third = packet(1, 3, "DataTime=1;a-Avg=1;"), packet(2, 3, "b-Avg=2"), packet(3, 3, "c-Avg=3;")
    assert joiner.add(third, 0) == []
    assert joiner.add(first, 1) == []
    assert joiner.add(second, 2) == [[first, second, third]]
    assert joiner.waiting == 0
    assert is_whole([first, second, third])
    assert joined([first, second, third]) == b"DataTime=1;a-Avg=1;b-Avg=2;c-Avg=3"


def test_packets_of_two_devices_do_not_mix() -> None:
    joiner = PacketJoiner()
    joiner.add(packet(1, 2, mn="A1"), 0)
    assert joiner.add(packet(2, 2, mn="B1"), 0) == []
    assert not is_whole([packet(1, 2, mn="A1"), packet(2, 2, mn="B1")])


def test_a_frame_that_is_no_packet_comes_out_at_once() -> None:
    whole = packet(1, 1)
    assert PacketJoiner().add(whole, 0) == [[whole]]
    assert is_whole([whole])
    lone = packet(1, 2, qn=None)
    assert PacketJoiner().add(lone, 0) == [[lone]]
    assert not is_whole([lone])


def test_a_packet_that_comes_again_replaces_the_earlier_one() -> None:
    joiner = PacketJoiner()
    old, new, last = packet(1, 2, "a-Avg=1"), packet(1, 2, "a-Avg=2"), packet(2, 2)
    assert joiner.add(old, 0) == []
    assert joiner.add(new, 0) == [[old]]
    assert joiner.add(last, 0) == [[new, last]]


def test_packets_are_waited_for_so_long_and_no_longer() -> None:
    joiner = PacketJoiner(wait_s=10)
    first = packet(1, 2)
    joiner.add(first, 0)
    assert joiner.expired(10) == []
    assert joiner.expired(10.1) == [[first]]
    assert joiner.waiting == 0


def test_what_waits_is_bounded_and_all_of_it_comes_out() -> None:
    rng = random.Random(212)
    joiner, out, added = PacketJoiner(most_bytes=2000), [], []
    for now in range(500):
        count = rng.randint(2, 5)
        added.append(packet(rng.randint(1, count), count, f"a-Avg={now}", qn=str(rng.randint(0, 40))))
        out += joiner.add(added[-1], now)
        assert joiner.waiting <= 2000
    out += joiner.finish()
    frames = [frame.raw for frames in out for frame in frames]
    assert joiner.waiting == 0
    assert sorted(frames) == sorted(frame.raw for frame in added)
