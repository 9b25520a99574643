"""Claims about texts that say that a result lies below the detection limit."""

import pytest

from sensors import detection


@pytest.mark.parametrize(
    ("text", "number"), [("<0.02", "0.02"), ("<5", "5"), ("<4e-05", "4e-05"), ("<1E+2", "1E+2"), ("<0.0", "0.0")]
)
def test_limit_is_the_number_as_it_is_written(text: str, number: str) -> None:
    assert detection.limit(text) == number


@pytest.mark.parametrize(
    "text", ["", "<", "0.02", "< 0.02", "<-1", "<+1", "<.5", "<5.", "<01", "<1,5", "<x", "<１", "≤1"]
)
def test_limit_of_another_text_is_none(text: str) -> None:
    assert detection.limit(text) is None


def test_limit_of_the_example_is_one() -> None:
    assert detection.limit(detection.EXAMPLE) == "0.02"
