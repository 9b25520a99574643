"""JMESPath expressions [1]_, compiled once: plain lookups where an expression only names members and places.

.. [1] https://jmespath.org/specification.html
"""

from collections.abc import Callable
from typing import Any, Final

from sensors.errors import ConfigError, shown

Lookup = Callable[..., Any]
"""From a tree of JSON to what an expression finds in it; None for nothing. A second argument has no effect."""

ABSENT: Final = object()
"""What `present` finds where there is no such member, to be told from a member that is null."""

FAULTS: Final = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What an expression may raise on a tree that it was not written for; those of jmespath are ValueErrors."""


def lookup(expression: str, *, at: str) -> Lookup:
    """Return what finds an expression in a tree, as jmespath does; `at` names the expression in errors.

    Calling it may raise one of `FAULTS` where the expression has a function that does not fit the tree.

    Raises
    ------
    ConfigError
        If it is no JMESPath expression.
    """
    steps = _steps(expression, at=at)
    if steps is None:
        import jmespath

        search = jmespath.compile(expression).search
        return lambda tree, _=None: search(tree)
    return _plain(steps, None)


def present(expression: str, *, at: str) -> Lookup:
    """Return what finds an expression as `lookup` does, but ABSENT where no member is there.

    Of an expression that is more than members and places, null is absent.

    Raises
    ------
    ConfigError
        As `lookup`.
    """
    steps = _steps(expression, at=at)
    if steps is not None:
        return _plain(steps, ABSENT)
    found = lookup(expression, at=at)

    def or_absent(tree: Any, _: Any = None) -> Any:
        value = found(tree)
        return ABSENT if value is None else value

    return or_absent


def _plain(steps: list[str | int], nothing: object) -> Lookup:
    """Return what follows members and places, one after the other, or finds `nothing`."""
    match steps:
        case [str(key)]:
            return lambda tree, _=None: tree.get(key, nothing) if type(tree) is dict else nothing
        case [str(outer), str(key)]:

            def of_two(tree: Any, _: Any = None) -> Any:
                inner = tree.get(outer) if type(tree) is dict else None
                return inner.get(key, nothing) if type(inner) is dict else nothing

            return of_two

    def follow(tree: Any, _: Any = None) -> Any:
        for step in steps:
            if isinstance(step, str):
                if type(tree) is not dict:
                    return nothing
                tree = tree.get(step, nothing)
            elif type(tree) is list and -len(tree) <= step < len(tree):
                tree = tree[step]
            else:
                return nothing
        return tree

    return follow


def _steps(expression: str, *, at: str) -> list[str | int] | None:
    """Members and places that an expression names, none for the tree itself; None if it is more than that."""
    import jmespath  # 20 ms that only sources of the mapping dialect wait for
    from jmespath.exceptions import JMESPathError

    try:
        parsed = jmespath.compile(expression).parsed
    except (JMESPathError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"{at}: expected a JMESPath expression (members that are no ASCII words in double quotes), "
            f"got {shown(expression)}"
        ) from error
    return _flat(parsed)


def _flat(node: dict[str, Any]) -> list[str | int] | None:
    kind = node["type"]
    if kind in ("current", "identity"):
        return []
    if kind in ("field", "index"):
        return [node["value"]]
    if kind not in ("subexpression", "index_expression"):
        return None
    steps: list[str | int] = []
    for child in node["children"]:
        flat = _flat(child)
        if flat is None:
            return None
        steps += flat
    return steps
