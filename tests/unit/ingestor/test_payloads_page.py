"""docs/payloads.md, executed: each source that it declares, each payload, each outcome.

The fenced blocks of the page, in order:

- ```toml with [[source]]: sources, together those of the page's configuration; names and topics differ.
- ```csv that begins with the header of devices.csv: rows of it.
- a payload: ```json, ```text, or ```hex (bytes in hexadecimal, blanks and lines ignored), and after it, with prose
  between as one likes, an ```outcome: the first line `topic T, arrived TIME`, then the lines of
  `ingestor.decoding_tables.outcome`. A payload without an outcome is only shown. Text ends without its last line end.

Other blocks are not looked at. Stations are those of the shipped register.
"""

import datetime as dt
import re
from dataclasses import dataclass

import msgspec
import pytest

from ingestor import decoding_tables
from ingestor.config import Config
from ingestor.decoding import Decoding
from sensors import devices, flags, sources
from sensors.quantities import MEDIA
from tests.support import ROOT

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGE = (ROOT / "docs" / "payloads.md").read_text(encoding="utf-8")
BLOCKS = BLOCK.findall(PAGE)


@dataclass(frozen=True)
class Example:
    """A payload of the page, and what the page says becomes of it."""

    topic: str
    arrived: str
    payload: bytes
    outcome: list[str]


def examples() -> list[Example]:
    """All payloads of the page that have an outcome."""
    found = []
    payload = b""
    for kind, body in BLOCKS:
        if kind in ("json", "text"):
            payload = body.removesuffix("\n").encode()
        elif kind == "hex":
            payload = bytes.fromhex("".join(body.split()))
        elif kind == "outcome":
            first, *lines = body.splitlines()
            match = re.fullmatch(r"topic (.+), arrived (\S+)", first)
            assert match, f"expected `topic T, arrived TIME`, got {first!r}"
            found.append(Example(match[1], match[2], payload, lines))
    return found


@pytest.fixture(scope="module")
def page(shipped: Config) -> Config:
    """The shipped configuration with the sources and devices of the page."""
    declared = sources.parse(
        "\n".join(body for kind, body in BLOCKS if kind == "toml" and "[[source]]" in body),
        shipped.mappings,
        file="docs/payloads.md",
    )
    header = ",".join(devices.COLUMNS)
    rows = [body.removeprefix(header) for kind, body in BLOCKS if kind == "csv" and body.startswith(header)]
    known = devices.parse(
        header + "".join(rows),
        {(station.medium, station.id) for medium in MEDIA for station in shipped.register.of(medium)},
        sources=[source.name for source in declared],
        file="docs/payloads.md",
    )
    return msgspec.structs.replace(shipped, sources=declared, devices=known)


def test_the_page_has_as_many_examples_as_outcomes() -> None:
    assert len(examples()) == PAGE.count("\n```outcome\n") > 0


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.topic)
def test_payload_of_the_page_becomes_what_the_page_says(example: Example, page: Config) -> None:
    received = dt.datetime.fromisoformat(example.arrived)
    assert received.tzinfo is not None
    arrival = Decoding(page).arrival(example.topic, example.payload, received.timestamp())
    assert decoding_tables.outcome(arrival, page.offset_s) == example.outcome


def test_page_lists_the_commands_and_letters_of_hj212(page: Config) -> None:
    assert page.hj212 is not None
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")] for line in PAGE.splitlines() if line.startswith("|")
    ]
    confirmed = {True: "yes", False: "no"}
    for command in page.hj212.command:
        [row] = [row for row in rows if row[0] == f"{command.code} {command.name_en}"]
        assert row[1] == f"`CODE-{command.kind}`"
        assert f"{command.period_s} s" in row[2]
        assert row[3:] == [", ".join(map(str, command.editions)), confirmed[command.confirmed]]
    for letter in page.hj212.letter:
        only = " (2005 only)" if letter.editions == (2005,) else ""
        [row] = [row for row in rows if row[0] == f"{letter.letter}{only}" and row[1] == letter.name_en]
        assert row[2].startswith(str(flags.NATIVE[letter.flag]))
        assert row[3] == confirmed[letter.confirmed]
