"""What a source of SenML says of its own, and how it has names of records split into device and code."""

import re
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from sensors.decoders.taking import RefusedError
from sensors.errors import shown

LONGEST_NAME: Final = 255

_ENDS = ":/._-;"
_PART = re.compile(r"\{(device|code)\}")

Split = Callable[[str, str, int], tuple[str | None, str]]
"""From base name, name and number of a record to its device and code."""


class SenmlOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a source of SenML says of its own.

    `names` is a template of whole names such as "{device}:{code}", of which `{device}` takes as much as it can. `sums`
    are refused, or left out.
    """

    names: str = ""
    sums: Literal["refuse", "ignore"] = "refuse"

    def __post_init__(self) -> None:
        if self.names and sorted(_PART.findall(self.names)) != ["code", "device"]:
            raise ValueError("expected names with {device} and {code}, each once")


def splitter(options: SenmlOptions) -> Split:
    """Return the function that splits names; it raises `RefusedError` of one that the template does not fit."""
    return _by_template(options.names) if options.names else by_base


def by_base(base: str, name: str, _i: int) -> tuple[str | None, str]:
    """Return the base name, without a sign at its end that parts it from names, as the device; the name as the code."""
    return (base[:-1] if base[-1:] in _ENDS else base) or None, name


def _by_template(names: str) -> Split:
    pattern = "".join(
        f"(?P<{part}>.+)" if part in ("device", "code") else re.escape(part) for part in _PART.split(names)
    )
    match = re.compile(pattern, re.DOTALL).fullmatch

    def split(base: str, name: str, i: int) -> tuple[str | None, str]:
        whole = base + name
        found = match(whole) if len(whole) <= LONGEST_NAME else None
        if found is None:
            raise RefusedError("unknown_station", f"[{i}].n: expected a name such as {names}, got {shown(whole)}")
        return found["device"], found["code"]

    return split
