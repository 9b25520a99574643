"""Strict reading of TOML and CSV text: an unknown key, column or value is an error with its place.

TOML numbers with a point become `Decimal`, so that a limit of 0.2 is exactly 0.2.
"""

import csv
import datetime as dt
import io
import re
import tomllib
import types
import typing
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec

from sensors.errors import ConfigError, shown

T = TypeVar("T")

_AT = re.compile(r" - at `(?P<path>[^`]*)`$")
TOP_LEVEL = "top level"

_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_BARE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def toml(text: str, type_: type[T], *, file: str) -> T:
    """Return `text` as a `type_`; `file` names it in errors.

    A decimal may also be written as a text; not-a-number and infinity are refused everywhere.

    Raises
    ------
    ConfigError
        If the text is no TOML, or does not fit the type: unknown key, missing key, wrong value.
    """
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{file}: expected TOML, got {_one_line(str(error))}") from error
    for place, number in _numbers(tree):
        if not number.is_finite():
            raise ConfigError(f"{file}: {place}: expected a finite number, got {number}")
    try:
        return msgspec.convert(tree, type_)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{file}: {explained(str(error), tree, type_)}") from error


def rows(
    text: str, columns: tuple[str, ...], *, file: str, optional: tuple[str, ...] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, row) of a CSV text whose header must be exactly `columns`, and any of `optional` after them.

    Optional columns stand in their order; a row has '' for one that the header has not. Blank lines and lines that
    start with `#` are skipped. Fields are stripped of blanks.

    Raises
    ------
    ConfigError
        If the header differs, or a row has more or fewer fields than the header.
    """
    kept = _kept(text)
    reader = csv.reader(io.StringIO("\n".join(line for _, line in kept)))
    header = tuple(name.strip() for name in next(reader, []))
    if header != (*columns, *(name for name in optional if name in header[len(columns) :])):
        line = kept[0][0] if kept else 1
        known = ",".join(columns) + "".join(f"[,{name}]" for name in optional)
        raise ConfigError(f"{file}: line {line}: expected columns {known}, got {shown(','.join(header))}")
    absent = dict.fromkeys((name for name in optional if name not in header), "")
    for (number, _), fields in zip(kept[1:], _fields(reader, file), strict=False):
        if len(fields) != len(header):
            raise ConfigError(f"{file}: line {number}: expected {len(header)} fields, got {len(fields)}")
        yield number, {**dict(zip(header, (f.strip() for f in fields), strict=True)), **absent}


def columns_of(text: str, *, file: str) -> tuple[str, ...]:
    """Return the columns that the header of a CSV text of `rows` names; none where there is no header.

    Raises
    ------
    ConfigError
        If the header is no CSV.
    """
    found = next(_fields(csv.reader(line for _, line in _kept(text)[:1]), file), [])
    return tuple(name.strip() for name in found)


def day(field: str, *, place: str) -> dt.date:
    """Return the date that a field says as 2020-01-01.

    Raises
    ------
    ConfigError
        If it is none, or written in another way.
    """
    try:
        if _DAY.fullmatch(field):
            return dt.date.fromisoformat(field)
    except ValueError:
        pass
    raise ConfigError(f"{place}: expected a date such as 2020-01-01, got {shown(field)}")


def seconds(field: str) -> int | None:
    """Return the moment that a field says with its offset, as 2021-03-15T06:00+08:00; None where it says none.

    [s since 1970-01-01T00:00Z]
    """
    try:
        return int(dt.datetime.fromisoformat(field).timestamp()) if _MOMENT.fullmatch(field) else None
    except ValueError:
        return None


def keys(field: str, known: Collection[str], *, kind: str, place: str) -> tuple[str, ...]:
    """Return the keys that a field joins by `;`, in its order; `kind` names them in errors.

    Raises
    ------
    ConfigError
        If one is not known, or stands twice.
    """
    found = tuple(key.strip() for key in field.split(";"))
    for i, key in enumerate(found):
        if key not in known:
            raise ConfigError(f"{place}: expected {kind} ({', '.join(known)}), joined by ;, got {shown(key)}")
        if key in found[:i]:
            raise ConfigError(f"{place}: expected each once, got {shown(key)} again")
    return found


def _kept(text: str) -> list[tuple[int, str]]:
    """Return the lines that are neither blank nor comments, with their numbers."""
    lines = text.lstrip("\ufeff").splitlines()
    return [(i, line) for i, line in enumerate(lines, 1) if line.strip() and line[0] != "#"]


def _fields(reader: Iterator[list[str]], file: str) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise ConfigError(f"{file}: expected CSV, got {error}; is a quotation mark left open?") from error


def _numbers(tree: Any, place: str = "") -> Iterator[tuple[str, Decimal]]:
    """Yield every decimal of a tree with its place."""
    if isinstance(tree, Decimal):
        yield place, tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from _numbers(value, f"{place}.{named(key)}".lstrip("."))
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            yield from _numbers(value, f"{place}[{i}]")


def explained(message: str, tree: Any, type_: Any) -> str:
    """Turn msgspec's message into `place: expected X, got Y`, naming the known keys or choices and the value."""
    whole = _UNKNOWN.fullmatch(message)
    match = None if whole and whole[1] in tree else _AT.search(message)  # a key may itself look like " - at `$.x`"
    path = match["path"].lstrip("$") if match else ""
    text = message[: match.start()] if match else message
    steps = _steps(path, tree, type_)
    place = "".join(f"[{s}]" if isinstance(s, int) else f".{named(s)}" for s in steps).removeprefix(".") or TOP_LEVEL
    here = _type_at(type_, steps, tree)
    if unknown := _UNKNOWN.fullmatch(text):
        known = ", ".join(field.encode_name for field in msgspec.structs.fields(here))
        inside = f"{place}." if steps else ""
        return f"{inside}{named(unknown[1])}: expected one of {known}, got {shown(unknown[1])}"
    if missing := re.search(r"missing required field `(.*)`", text):
        inside = f"{place}." if steps else ""
        return f"{inside}{missing[1]}: expected a value, got nothing"
    value = _value_at(tree, steps)
    if get_origin(here) is Literal and isinstance(value, str):
        return f"{place}: expected one of {', '.join(map(str, get_args(here)))}, got {shown(value)}"
    expected = re.sub(r"^(Expected |Invalid |Object )|, got .*$", "", text.replace("`", ""), flags=re.DOTALL)
    got = f"a {type(value).__name__}" if isinstance(value, dict | list) else shown(value)
    return f"{place}: expected {expected}, got {got}"


def named(key: str) -> str:
    """Return a key as part of a place: as it is where TOML takes it without quotes, else, or if long, as `shown`."""
    return key if _BARE.fullmatch(key) else shown(key)


def _steps(path: str, tree: Any, type_: Any) -> list[str | int]:
    """Split a path of msgspec into keys and indices; where it hides the key of a table as `[...]`, find the key."""
    steps: list[str | int] = []
    for key, index in _STEP.findall(path):
        if index == "...":
            table = _value_at(tree, steps)
            inner = get_args(_type_at(type_, steps, tree))[-1]
            steps.append(next((name for name, value in table.items() if not _fits(value, inner)), index))
        else:
            steps.append(key or int(index))
    return steps


def _fits(value: Any, type_: Any) -> bool:
    try:
        msgspec.convert(value, type_)
    except msgspec.ValidationError:
        return False
    return True


def _value_at(tree: Any, steps: list[str | int]) -> Any:
    for step in steps:
        tree = tree[step] if isinstance(step, int) else tree.get(step)
    return tree


def _type_at(type_: Any, steps: list[str | int], tree: Any) -> Any:
    """The type that `steps` lead to in `tree`; of a union the part that has the value's form, never None."""
    for step in steps:
        type_ = _plain(type_, tree)
        if get_origin(type_) is dict:
            type_ = get_args(type_)[-1]
        elif get_origin(type_) in (list, tuple):
            type_ = get_args(type_)[0]
        else:
            names: dict[str | int, str] = {field.encode_name: field.name for field in msgspec.structs.fields(type_)}
            type_ = typing.get_type_hints(type_, include_extras=True)[names[step]]
        tree = _value_at(tree, [step])
    return _plain(type_, tree)


def _plain(type_: Any, value: Any) -> Any:
    """Without `| None` and bounds; of several types the first of the value's form: a table, an array, or neither."""
    if isinstance(type_, types.UnionType):
        parts = [part for part in get_args(type_) if part is not types.NoneType]
        type_ = next((part for part in parts if _form(part) is _form_of(value)), parts[0])
    return get_args(type_)[0] if get_origin(type_) is Annotated else type_


def _form(type_: Any) -> type | None:
    origin = get_origin(type_) or type_
    if origin in (list, tuple):
        return list
    return dict if origin is dict or (isinstance(origin, type) and issubclass(origin, msgspec.Struct)) else None


def _form_of(value: Any) -> type | None:
    return type(value) if isinstance(value, dict | list) else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
