"""Places that a mapping names, found in a record, in the whole payload or in the topic."""

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from sensors.decoders.context import Context
from sensors.decoders.json_text import tree_of
from sensors.decoders.mappings import Places
from sensors.decoders.paths import FAULTS, lookup, present
from sensors.decoders.taking import RefusedError
from sensors.decoders.times import brief
from sensors.errors import ConfigError, shown

_TOPIC = re.compile(r"\$topic\[(-?\d{1,3})\]", re.ASCII)


class Scope(msgspec.Struct, gc=False):
    """A payload while it is decoded; `found` remembers what expressions of the whole payload found."""

    root: Any
    context: Context
    found: dict[str, Any]


Find = Callable[[Any, Scope], Any]
"""From a record and its payload to what is there: None for nothing, of a table's values ABSENT."""


def finder(places: Places, *, at: str, nothing: object = None) -> Find:
    """Return what finds the first of several places that is there; else, and of no place, `nothing` (None or ABSENT).

    Raises
    ------
    ConfigError
        If an expression is none.
    """
    each = [_one(place, at, nothing) for place in ((places,) if isinstance(places, str) else places)]
    if not each:
        return lambda _record, _scope: nothing
    if len(each) == 1:
        return each[0]

    def first(record: Any, scope: Scope) -> Any:
        for find in each:
            value = find(record, scope)
            if value is not nothing:
                return value
        return nothing

    return first


def _one(place: str, at: str, nothing: object) -> Find:
    if not place.startswith("$"):
        return lookup(place, at=at) if nothing is None else present(place, at=at)
    if match := _TOPIC.fullmatch(place):
        level = int(match[1]) - (match[1][0] != "-")
        if level < 0 and match[1][0] != "-":
            raise ConfigError(f"{at}: expected levels from $topic[1] on, got {shown(place)}")
        return lambda _record, scope: _level(scope.context.topic.split("/"), level, nothing)
    if place != "$" and not place.startswith(("$.", "$[")):
        raise ConfigError(
            f"{at}: expected $, $.member or $topic[1] for the whole payload or its topic, got {shown(place)}"
        )
    in_root = place[1:].removeprefix(".") or "@"
    of_root = lookup(in_root, at=at) if nothing is None else present(in_root, at=at)

    def remembered(_record: Any, scope: Scope) -> Any:
        if place not in scope.found:
            scope.found[place] = of_root(scope.root)
        return scope.found[place]

    return remembered


def _level(levels: list[str], level: int, nothing: object) -> object:
    return levels[level] if -len(levels) <= level < len(levels) else nothing


def found(find: Find, record: Any, scope: Scope, at: str) -> Any:
    """Return what `find` finds.

    Raises
    ------
    RefusedError
        If the expression cannot be applied to the record.
    """
    try:
        return find(record, scope)
    except FAULTS as error:
        raise misfit(at) from error


def misfit(at: str) -> RefusedError:
    """Return the refusal of what an expression cannot be applied to."""
    return RefusedError(
        "wrong_type", f"{at.rstrip('.') or 'payload'}: expected what the mapping's expression can be applied to"
    )


def members(tree: dict[str, Any], within: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield codes and values of an object: of objects in it the codes are joined by points, `depth` of them at most."""
    for key, value in tree.items():
        if type(value) is dict and depth and value:
            yield from members(value, f"{within}{key}.", depth - 1)
        else:
            yield within + key, value


def unwrap(tree: dict[str, Any], embedded: dict[str, str], at: str) -> None:
    """Put what members of an object hold as JSON, or base64 of it, under other members of it.

    Raises
    ------
    RefusedError
        If it is neither.
    """
    for member, name in embedded.items():
        text = tree.get(member)
        if text is None:
            continue
        place = f"{at}{member}"
        if type(text) is not str:
            raise RefusedError("wrong_type", f"{place}: expected a text, got {brief(text)}")
        inside = text.encode("utf-8", "replace")
        if text.lstrip()[:1] not in ("{", "["):
            try:
                inside = base64.b64decode(inside, validate=True)
            except ValueError as error:
                raise RefusedError(
                    "wrong_type", f"{place}: expected JSON, or base64 of it, got {brief(text)}"
                ) from error
        tree[name] = tree_of(inside, at=place)
