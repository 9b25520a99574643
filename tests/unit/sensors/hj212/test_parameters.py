"""Parameters are read as devices write them, and nothing of them is lost unseen."""

import pytest

from sensors.hj212.parameters import parameters


@pytest.mark.parametrize(
    ("text", "items"),
    [
        (
            "a34006-Avg=2.697,a34006-Flag=N;LA-Rtd=50",
            [("a34006", {"Avg": "2.697", "Flag": "N"}), ("LA", {"Rtd": "50"})],
        ),
        ("A18-avg=40.28,A18-flag=N;", [("A18", {"Avg": "40.28", "Flag": "N"})]),
        (" LA-Rtd = 50.1 , LA-Flag=N ;\t", [("LA", {"Rtd": "50.1", "Flag": "N"})]),
        ("a21-Rtd=0;a21-Rtd=1", [("a21", {"Rtd": "0"}), ("a21", {"Rtd": "1"})]),
        ("a21-Rtd=0,a21-Rtd=1,a21-Flag=N", [("a21", {"Rtd": "0"}), ("a21", {"Rtd": "1", "Flag": "N"})]),
        ("a1-Rtd=1,a1-Flag=N,a2-Rtd=2", [("a1", {"Rtd": "1", "Flag": "N"}), ("a2", {"Rtd": "2"})]),
        ("LA-td=50.1,LA-Flag=N", [("LA", {"td": "50.1", "Flag": "N"})]),
        ("a-b-Rtd=1", [("a-b", {"Rtd": "1"})]),
        ("a1-Info=x=y;a2-Rtd=2", [("a1", {"Info": "x=y"}), ("a2", {"Rtd": "2"})]),
        ("", []),
        (";;,", []),
    ],
)
def test_items_are_read(text: str, items: list[tuple[str, dict[str, str]]]) -> None:
    found = parameters(text)
    assert found.items == items
    assert found.layout.stray == ()


def test_fields_of_the_command_may_come_more_than_once() -> None:
    found = parameters("PolId=w01018;BeginTime=20260101000000;PolId=w01019;a-Rtd=1;Flag=N")
    assert found.all_of("PolId") == ["w01018", "w01019"]
    assert found.all_of("Flag") == ["N"]
    assert found.all_of("DataTime") == []


@pytest.mark.parametrize("text", ["a-Rtd=1;junk;b-Rtd=2", "a-Rtd=1,junk;b-Rtd=2", "junk=;a-Rtd=1;b-Rtd=2;=;junk"])
def test_texts_that_are_neither_field_nor_item_are_seen(text: str) -> None:
    found = parameters(text)
    assert found.items == [("a", {"Rtd": "1"}), ("b", {"Rtd": "2"})]
    assert found.layout.stray or found.all_of("junk") == [""]


def test_values_that_look_like_keys_do_not_move_the_others() -> None:
    assert parameters("a;b").layout.stray == ("a", "b")
    assert parameters("a=1=2;b").all_of("a") == ["1=2"]
    assert parameters("a=1=2;b").layout.stray == ("b",)


def test_the_same_keys_have_the_same_layout() -> None:
    first, second = parameters("DataTime=1;a-Rtd=1,a-Flag=N"), parameters("DataTime=2;a-Rtd=,a-Flag=D;")
    assert first.layout is second.layout
    assert second.items == [("a", {"Rtd": "", "Flag": "D"})]
