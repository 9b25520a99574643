"""Gzip of gateways: never more in memory than the source allows."""

import gzip
import tracemalloc

import pytest

from sensors.decoders.compressed import unpacked
from sensors.decoders.taking import RefusedError

MOST = 262_144


def test_unpacked_is_what_was_packed_up_to_the_bound() -> None:
    payload = b"x" * MOST
    assert unpacked(gzip.compress(payload), MOST) == payload


@pytest.mark.parametrize("over", [1, 40 * 2**20])
def test_a_bomb_is_refused_without_filling_the_memory(over: int) -> None:
    bomb = gzip.compress(bytes(MOST + over), compresslevel=1)
    tracemalloc.start()
    with pytest.raises(RefusedError) as refused:
        unpacked(bomb, MOST)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.refusal.code == "too_large"
    assert peak < 8 * MOST


def test_many_members_are_bounded_together() -> None:
    members = gzip.compress(bytes(MOST // 2)) * 3
    with pytest.raises(RefusedError, match="expected at most 262144 bytes in gzip, got more"):
        unpacked(members, MOST)


def test_members_without_end_are_refused() -> None:
    with pytest.raises(RefusedError, match="expected at most 100 members of gzip, got more"):
        unpacked(gzip.compress(b"") * 101, MOST)
