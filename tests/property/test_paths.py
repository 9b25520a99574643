"""Plain lookups against jmespath itself, on the same trees."""

from typing import Any

import jmespath
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.decoders.paths import ABSENT, lookup, present

KEYS = ("a", "b", "c d", "", "0", "站")
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3))
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)),
    max_leaves=25,
)
steps = st.lists(st.one_of(st.sampled_from(KEYS), st.integers(-4, 4)), min_size=1, max_size=4)
others = st.sampled_from(
    ["a || b", "a[*].b", "[].a", "a[?b].a", "[a, b]", "{x: a}", "a && b", "*.a", "a[0:1]", "@", "a[]", "'a'", "a | b"]
)


def written(path: list[str | int]) -> str:
    """A path as an expression: quoted members, places in brackets."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f'{"." if text else ""}"{step}"'
    return text


@given(st.one_of(steps.map(written), others), trees)
@settings(max_examples=400, deadline=None)
def test_lookup_finds_what_jmespath_finds(expression: str, tree: Any) -> None:
    expected = jmespath.search(expression, tree)
    assert repr(lookup(expression, at="x")(tree)) == repr(expected)
    found = present(expression, at="x")(tree)
    assert repr(None if found is ABSENT else found) == repr(expected)
