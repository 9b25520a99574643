"""What people and machines read: marks, escapes, digits."""

import json
from decimal import Decimal
from io import StringIO

import msgspec
import pytest
from rich.console import Console

from aggregations.figures import Figure
from aggregations.plans import Plan, Target, Verdict
from ingestor import tables
from sensors.errors import printable

FIGURE = Figure(
    indicator="air.good_day_ratio",
    scope="city:c",
    period="2020",
    value=Decimal("96.0"),
    exact="96",
    unit="%",
    valid=350,
    expected=366,
    counted="days",
    sufficient=True,
    excluded={},
    editions={},
    assumed=[],
)


def target(name: str) -> Target:
    return Target(
        id="t",
        name=name,
        name_en=name,
        comparison=">=",
        limit=Decimal(96),
        unit="%",
        text="",
        indicator="air.good_day_ratio",
    )


def printed_table(name: str) -> str:
    plan = Plan(id="p", title=name, title_en=name, year=2020, jurisdiction="city:c", source="", target=[target(name)])
    console = Console(file=StringIO(), width=120)
    console.print(tables.targets(plan, [Verdict(target=target(name), figure=FIGURE, status="met")], "en", title="x"))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
    return text


@pytest.mark.parametrize("name", ["night level [dB] attained", "[/nothing] to close", "[red]name[/red]"])
def test_table_prints_names_as_they_are(name: str) -> None:
    assert printed_table(name).count(name) == 2


def test_value_on_too_little_data_carries_a_mark() -> None:
    assert tables.printed(FIGURE) == "96.0 %"
    assert tables.printed(msgspec.structs.replace(FIGURE, sufficient=False)) == "96.0 % ?"


def test_no_value_is_printed_as_a_dash() -> None:
    assert tables.printed(None) == tables.printed(msgspec.structs.replace(FIGURE, value=None)) == "-"


def test_json_keeps_the_digits_of_a_printed_value() -> None:
    assert '"value": 96.0,' in tables.as_json(FIGURE)
    assert json.loads(tables.as_json(FIGURE))["valid"] == 350


@pytest.mark.parametrize(
    ("text", "shown"), [("a\x1b[2Jb\nc", r"a\x1b[2Jb\nc"), ("深圳 ok", "深圳 ok"), ("\u202e", r"\u202e")]
)
def test_control_characters_are_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
