"""Strict reading of TOML and CSV text: an unknown key, column or value is an error with its place.

TOML numbers with a point become `Decimal`, so that a limit of 0.2 is exactly 0.2.
"""

import csv
import io
import re
import tomllib
import types
import typing
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from sensors.errors import ConfigError, shown

T = TypeVar("T")

_AT = re.compile(r" - at `(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\]]*)\]")


def toml(text: str, type_: type[T], *, file: str) -> T:
    """Return `text` as a `type_`; `file` names it in errors.

    Raises
    ------
    ConfigError
        If the text is no TOML, or does not fit the type: unknown key, missing key, wrong value.
    """
    try:
        tree = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: expected TOML, got {error}") from error
    try:
        return msgspec.convert(tree, type_)
    except msgspec.ValidationError as error:
        raise ConfigError(_explained(str(error), tree, type_, file)) from error


def rows(text: str, columns: tuple[str, ...], *, file: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, row) of a CSV text whose header must be exactly `columns`.

    Blank lines and lines that start with `#` are skipped. Fields are stripped of blanks.

    Raises
    ------
    ConfigError
        If the header differs, or a row has more or fewer fields than the header.
    """
    lines = text.lstrip("\ufeff").splitlines()
    kept = [(i, line) for i, line in enumerate(lines, 1) if line.strip() and line[0] != "#"]
    reader = csv.reader(io.StringIO("\n".join(line for _, line in kept)))
    header = tuple(name.strip() for name in next(reader, []))
    if header != columns:
        raise ConfigError(f"{file}: line 1: expected columns {','.join(columns)}, got {shown(','.join(header))}")
    for (number, _), fields in zip(kept[1:], reader, strict=False):
        if len(fields) != len(columns):
            raise ConfigError(f"{file}: line {number}: expected {len(columns)} fields, got {len(fields)}")
        yield number, dict(zip(columns, (f.strip() for f in fields), strict=True))


def _explained(message: str, tree: object, type_: Any, file: str) -> str:
    """Turn msgspec's message into `file: place: expected X, got Y`, naming the known keys and the value."""
    match = _AT.search(message)
    path = match["path"].lstrip("$") if match else ""
    text = message[: match.start()] if match else message
    if unknown := re.search(r"unknown field `(.*)`", text):
        place = f"{path}.{unknown[1]}".lstrip(".")
        known = ", ".join(_known_fields(type_, path)) or "other keys"
        return f"{file}: {place}: expected one of {known}, got {shown(unknown[1])}"
    value = _value_at(tree, path)
    got = "" if isinstance(value, dict | list) or ", got" in text else f", got {shown(value)}"
    text = re.sub(r"^(Expected|Object|Invalid)", lambda m: m[0].lower(), text).replace("`", "")
    return f"{file}: {path.lstrip('.') or 'top level'}: {text}{got}"


def _value_at(tree: object, path: str) -> object:
    for key, index in _STEP.findall(path):
        if isinstance(tree, dict) and key in tree:
            tree = tree[key]
        elif isinstance(tree, list) and index.isdigit():
            tree = tree[int(index)]
    return tree


def _known_fields(type_: Any, path: str) -> list[str]:
    """Names of the keys that the Struct at `path` below `type_` takes."""
    for key, _ in _STEP.findall(path):
        candidates = get_args(type_) if isinstance(type_, types.UnionType) else (type_,)
        type_ = next((_below(c, key) for c in candidates if _below(c, key) is not None), None)
    for candidate in get_args(type_) if isinstance(type_, types.UnionType) else (type_,):
        if isinstance(candidate, type) and issubclass(candidate, msgspec.Struct):
            return [f.encode_name for f in msgspec.structs.fields(candidate)]
    return []


def _below(type_: Any, key: str) -> Any:
    if get_origin(type_) in (list, tuple, dict):
        return get_args(type_)[-1 if get_origin(type_) is dict else 0]
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        hints = typing.get_type_hints(type_)
        for field in msgspec.structs.fields(type_):
            if field.encode_name == key:
                return hints[field.name]
    return None
