"""Claims about flags. The order from the worst is qingjing's; codes 1 to 4 and 9 are QARTOD's."""

from itertools import product

import pytest

from sensors import flags


def test_flag_below_detection_is_usable() -> None:
    assert set(flags.USABLE) == {1, 2, 3, 5}


def test_flags_have_codes_of_their_own_and_one_place_each_in_the_order() -> None:
    named = {value for name, value in vars(flags).items() if name.isupper() and isinstance(value, int)}
    assert sorted(flags.WORST_FIRST) == sorted(named) == [1, 2, 3, 4, 5, 9]


@pytest.mark.parametrize(
    ("first", "second", "worse"), [(5, 4, 4), (5, 9, 9), (5, 3, 3), (5, 1, 5), (5, 2, 5), (1, 2, 1), (4, 9, 9)]
)
def test_worse_of_two_flags_does_not_depend_on_their_order(first: int, second: int, worse: int) -> None:
    assert flags.worse(first, second) == flags.worse(second, first) == worse


def test_worse_of_a_flag_and_itself_is_itself() -> None:
    assert all(flags.worse(a, b) in (a, b) and flags.worse(a, a) == a for a, b in product(flags.WORST_FIRST, repeat=2))
