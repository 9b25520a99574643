"""What commands print on a terminal, as parts of a page: the words of figures and explanations are said once, there."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

_SIGNS: Final = {"<=": "≤", ">=": "≥", "ug/m3": "μg/m³", "mg/m3": "mg/m³"}
_PERCENT: Final = re.compile(r"(?<=\d) %")


class Block(msgspec.Struct, frozen=True):
    """A line of text, or a table with its title, heads and rows."""

    text: str
    heads: list[str] = []
    rows: list[list[str]] = []


def blocks(renderables: Iterable[RenderableType]) -> list[Block]:
    """Return texts and tables as plain text, in order; a page escapes them."""
    return [_table(each) if isinstance(each, Table) else Block(plain(each)) for each in renderables]


def _table(table: Table) -> Block:
    columns = [[plain(cell) for cell in column.cells] for column in table.columns]
    heads = [plain(column.header) for column in table.columns]
    return Block(plain(table.title or ""), heads, [list(row) for row in zip(*columns, strict=True)])


def plain(cell: RenderableType) -> str:
    """Return a cell without its markup."""
    return nice(cell.plain if isinstance(cell, Text) else Text.from_markup(str(cell)).plain)


def nice(text: str) -> str:
    """Return a text of the terminal with the signs that a page has: ≤, μg/m³, 96%."""
    for plain_sign, sign in _SIGNS.items():
        text = text.replace(plain_sign, sign)
    return _PERCENT.sub("%", text)
