"""What stands between `CP=&&` and `&&`: fields of the command, and items with their values.

    DataTime=20190924220000;a34006-Avg=2.69700,a34006-Flag=N;LA-Rtd=50.1,LA-Flag=N

`;` stands between items, `,` between the values of one, and a key is `CODE-Kind` (`Rtd`, `Avg`, `Min`, `Max`, `Cou`,
`Flag`, …) or, for a field of the command, a plain name. Devices put commas for semicolons, blanks around them, a `;` at
the end, and write `flag`; all of that is read. Devices send the same keys again and again, so which value is where is
found out once for a sequence of keys, its `Layout`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec

KINDS: Final = ("Rtd", "Avg", "Min", "Max", "Cou", "Flag", "ZsRtd", "ZsAvg", "ZsMin", "ZsMax", "EFlag", "SampleTime")
"""Kinds that are known in any case of letters; others are kept as they come."""

MOST_REMEMBERED: Final = 512
"""Keys of a frame whose layout is remembered."""
_KIND: Final = {kind.lower(): kind for kind in KINDS}
_BLANKS: Final = re.compile(r"\s*([;,=])\s*")
_NO_VALUE: Final = "?"
"""Stands before a text without `=`, where `;` or `,` stands before a key."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Which value is where: names of the command and codes of items, both with indexes into `Parameters.values`.

    The same object for the same keys while it is remembered, so what follows from the keys can be kept by it. A code
    that comes again, or a kind that its item has already, makes another item: what is doubled can be seen.
    """

    fields: tuple[tuple[str, int], ...]
    items: tuple[tuple[str, dict[str, int]], ...]
    stray: tuple[str, ...]


class Parameters(msgspec.Struct, frozen=True, gc=False):
    """The parameters of a frame, all as text."""

    layout: Layout
    values: list[str]

    def all_of(self, name: str) -> list[str]:
        """Return the values of a field of the command, which may come more than once."""
        return [self.values[index] for key, index in self.layout.fields if key == name]

    @property
    def items(self) -> list[tuple[str, dict[str, str]]]:
        """Codes and their values by kind, in the order they came."""
        return [(code, {kind: self.values[i] for kind, i in kinds.items()}) for code, kinds in self.layout.items]


def parameters(text: str) -> Parameters:
    """Read the parameters of a frame; never raises. Texts that are neither field nor item are in `Layout.stray`."""
    if text.split(None, 1) != [text]:
        text = _BLANKS.sub(r"\1", text.strip())
    text = text.rstrip(";")
    marked = text.replace(";", "=;").replace(",", "=,")
    parts = f";{marked}".split("=")
    keys, values = tuple(parts[::2]), parts[1::2]
    if len(keys) == len(values) == len(marked) - len(text) + 1:
        layout = _layout_of(keys)
        if layout is not None:
            return Parameters(layout, values)
    return _one_by_one(text)


def _one_by_one(text: str) -> Parameters:
    """Read parameters of which some have no `=`, or several."""
    keys, values = [], []
    for item in text.split(";"):
        mark = ";"
        for field in filter(None, item.split(",")):
            key, equals, value = field.partition("=")
            keys.append((mark if equals else _NO_VALUE) + key)
            values.append(value)
            mark = ","
    layout = _layout_of(tuple(keys))
    assert layout is not None
    return Parameters(layout, values)


def _layout_of(keys: tuple[str, ...]) -> Layout | None:
    """The layout of keys, remembered where these are no more than devices send: others must not fill the memory."""
    return _layout(keys) if len(keys) <= MOST_REMEMBERED else _layout.__wrapped__(keys)


@lru_cache(1024)
def _layout(keys: tuple[str, ...]) -> Layout | None:
    """Find which value is where; None if something that is no key stands among the keys."""
    fields: list[tuple[str, int]] = []
    items: list[tuple[str, dict[str, int]]] = []
    stray: list[str] = []
    current = None
    for index, marked in enumerate(keys):
        mark, key = marked[:1], marked[1:]
        if mark not in {";", ",", _NO_VALUE}:
            return None
        code, dash, kind = key.rpartition("-")
        kind = _KIND.get(kind.lower(), kind)
        if mark == _NO_VALUE or not key:
            stray.append(key)
        elif not (code and dash and kind):
            fields.append((key, index))
            current = None
        elif mark == "," and current == code and kind not in items[-1][1]:
            items[-1][1][kind] = index
        else:
            items.append((code, {kind: index}))
            current = code
    return Layout(tuple(fields), tuple(items), tuple(stray))
