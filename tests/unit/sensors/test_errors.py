"""Claims about error texts."""

import pytest

from sensors.errors import shown


@pytest.mark.parametrize("value", ["x", "", 1, None, ["a"], "a\nb"])
def test_shown_is_the_repr_of_a_short_value(value: object) -> None:
    assert shown(value) == repr(value)


def test_shown_keeps_80_characters() -> None:
    assert shown("x" * 78) == "'" + "x" * 78 + "'"


def test_shown_cuts_81_characters_to_80() -> None:
    assert shown("x" * 79) == "'" + "x" * 76 + "..."


def test_shown_has_no_line_break() -> None:
    assert "\n" not in shown("a\nb\r\n")
