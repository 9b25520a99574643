"""Claims about topics that several sources take."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.sources import Source
from sensors.topics import common, overlaps


def source(topic: str, name: str = "n") -> Source:
    return Source(name=name, topic=topic, dialect="native")


@pytest.mark.parametrize(
    ("first", "second", "topic"),
    [
        ("a/b", "a/b", "a/b"),
        ("a/b", "a/c", None),
        ("a/b", "a/b/c", None),
        ("a/+", "a/b", "a/b"),
        ("a/{station}", "+/b", "a/b"),
        ("a/+", "a", None),
        ("a/#", "a", "a"),
        ("a/#", "a/+/c", "a/x/c"),
        ("a/b/#", "a", None),
        ("#", "a/b", "a/b"),
        ("#", "#", "x"),
        ("+/#", "b/#", "b"),
        ("a/+/c", "a/b/+", "a/b/c"),
        ("a/+/c", "a/b/d", None),
        ("env/{medium}/{station}", "env/water/#", "env/water/x"),
        ("env/{medium}/{station}", "env/weather/+", None),
        ("env/{medium}", "+/{station}", "env/air"),
        ("$SYS/a", "#", None),
        ("$SYS/a", "+/a", None),
        ("$SYS/#", "$SYS/a", "$SYS/a"),
        ("x/$SYS", "x/+", "x/$SYS"),  # MQTT 5.0, 4.7.2: only at the beginning
    ],
)
def test_topic_in_common(first: str, second: str, topic: str | None) -> None:
    assert common(first, second) == common(second, first) == topic


levels = st.sampled_from(["a", "b", "air", "$c", "+", "{station}", "{medium}"])
templates = st.builds(
    lambda parts, rest: "/".join([*parts, *rest]),
    st.lists(levels, min_size=1, max_size=3),
    st.sampled_from([[], ["#"]]),
).filter(lambda template: template.count("{station}") < 2 and template.count("{medium}") < 2)
TOPICS = ["/".join(each) for depth in (1, 2, 3) for each in product(["a", "b", "$c", "air", "x"], repeat=depth)]


@given(templates, templates)
@settings(deadline=None)
def test_topic_in_common_is_found_where_there_is_one_and_is_one(first: str, second: str) -> None:
    takes = [source(template).matcher() for template in (first, second)]
    both = [
        topic
        for topic in TOPICS
        if all(take(topic) is not None for take in takes)
        # what the broker keeps from a wildcard: MQTT 5.0, 4.7.2
        and not (topic.startswith("$") and {first[0], second[0]} & {"+", "#", "{"})
    ]
    found = common(first, second)
    assert (found is None) == (not both)
    assert found is None or found in both


def test_sources_that_overlap_are_told_in_their_order_with_a_topic() -> None:
    given_ = [source("a/#", "wide"), source("b/+", "other"), source("a/{station}", "narrow")]
    (found,) = overlaps(given_)
    assert (found[0].name, found[1].name, found[2]) == ("wide", "narrow", "a/x")
