"""docs/standards.md names every switch of the editions, every choice, every role and mode."""

import re
import types
import typing
from pathlib import Path
from typing import Literal, get_args, get_origin

import msgspec
import pytest

from aggregations.standards import MODES, ROLES

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "standards.md").read_text(encoding="utf-8")


def choices(role: type[msgspec.Struct]) -> dict[str, tuple[str, ...]]:
    """The switches of a role: fields that are a choice, or true or false."""
    found = {}
    for name, hint in typing.get_type_hints(role).items():
        inner = get_args(hint)[-1] if get_origin(hint) is dict else hint
        if isinstance(inner, types.UnionType):
            continue
        if get_origin(inner) is Literal:
            found[f"{name}.*" if inner is not hint else name] = get_args(inner)
        elif inner is bool:
            found[name] = ("true", "false")
    return found


SWITCHES = [(name, key, options) for name, role in ROLES.items() for key, options in choices(role).items()]


def test_switches_are_found() -> None:
    assert len(SWITCHES) > 10


@pytest.mark.parametrize(("role", "key", "options"), SWITCHES, ids=[f"{s[0]}.{s[1]}" for s in SWITCHES])
def test_docs_name_the_switch_with_its_choices(role: str, key: str, options: tuple[str, ...]) -> None:
    row = re.search(rf"^\|.*`{re.escape(key)}`.*$", DOCS, re.MULTILINE)

    assert row, f"{role}: {key}"
    of_the_same = "the same for" in row[0]
    assert [option for option in options if f"`{option}`" not in row[0] and not of_the_same] == []


@pytest.mark.parametrize("name", [*ROLES, *MODES])
def test_docs_name_every_role_and_mode(name: str) -> None:
    assert f"`{name}`" in DOCS
