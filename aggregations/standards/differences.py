"""What two editions of one role have different."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal, TypeGuard

import msgspec

from aggregations.standards.edition import Rule
from aggregations.standards.roles import Standard

Scalar = Decimal | int | bool | str | dt.date
Value = Scalar | tuple[Scalar, ...]


class ValueChange(msgspec.Struct, frozen=True, rename={"before": "from", "after": "to"}):
    """A number or switch that differs; None where one edition has none. `path` is its place in the files."""

    path: str
    before: Value | None
    after: Value | None


class RuleChange(msgspec.Struct, frozen=True, rename={"before": "from", "after": "to"}):
    """A rule that only one of two editions has, or whose text (in either language), clause or mark differs."""

    rule: str
    change: Literal["added", "dropped", "changed"]
    before: Rule | None
    after: Rule | None


class Differences(msgspec.Struct, frozen=True):
    """All that differs between two editions but their names, dates and sources."""

    values: list[ValueChange]
    rules: list[RuleChange]


def differences(before: Standard, after: Standard) -> Differences:
    """Compare two editions of one role, in the order of the first and then of the second.

    Equal numbers are equal however they are written, 1.0 and 1. Lists of numbers of one length differ by place,
    `item.pm25.breakpoints[2]`; other lists as a whole. Rows of a list of tables are known by the value of their
    first key: `trend[5].p05`, `gas_state[2018-09-01].kelvin`, `gas_state[first].kelvin`.
    """
    return Differences(list(_values(before, after)), list(_rules(before.rule, after.rule)))


def _values(before: Standard, after: Standard) -> Iterator[ValueChange]:
    ours, theirs = dict(_leaves(before)), dict(_leaves(after))
    for path in ours | theirs:
        a, b = ours.get(path), theirs.get(path)
        if a == b:
            continue
        if _numbers(a) and _numbers(b) and len(a) == len(b):
            for i, (x, y) in enumerate(zip(a, b, strict=True)):
                if x != y:
                    yield ValueChange(f"{path}[{i}]", x, y)
        else:
            yield ValueChange(path, a, b)


def _rules(before: dict[str, Rule], after: dict[str, Rule]) -> Iterator[RuleChange]:
    for key in before | after:
        a, b = before.get(key), after.get(key)
        if a != b:
            yield RuleChange(key, "added" if a is None else "dropped" if b is None else "changed", a, b)


def _leaves(standard: Standard) -> Iterator[tuple[str, Any]]:
    tree = msgspec.to_builtins(standard, builtin_types=(Decimal, dt.date))
    yield from _below({key: value for key, value in tree.items() if key not in ("role", "edition", "rule")}, "")


def _below(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _below(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list | tuple) and any(isinstance(each, dict) for each in value):
        for row in value:
            (_, name), *rest = row.items()
            yield from _below(dict(rest), f"{path}[{'first' if name is None else name}]")
    elif isinstance(value, list | tuple):
        yield path, tuple(value)
    elif value is not None:
        yield path, value


def _numbers(value: Any) -> TypeGuard[tuple[Decimal | int, ...]]:
    return isinstance(value, tuple) and all(isinstance(each, Decimal | int) for each in value)
