"""Claims about sources: from topic templates to subscriptions and captures."""

import datetime as dt

import pytest

from sensors import sources
from sensors.errors import ConfigError
from sensors.sources import Source


def source(topic: str, **more: object) -> Source:
    return Source(name="n", topic=topic, dialect="native", **more)  # type: ignore[arg-type]


def declared(topic: str, more: str = "", name: str = "n") -> str:
    return f'[[source]]\nname = "{name}"\ntopic = "{topic}"\ndialect = "native"\n{more}\n'


def error_of(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        sources.parse(text, file="s.toml")
    return str(raised.value)


# --- templates


@pytest.mark.parametrize(
    ("topic", "subscription"),
    [
        ("env/v1/{medium}/{station}", "env/v1/+/+"),
        ("{station}/air", "+/air"),
        ("{medium}", "+"),
        ("plain/topic", "plain/topic"),
        ("a.b/{station}", "a.b/+"),
        ("gateways/{gateway}/{medium}", "gateways/+/+"),
    ],
)
def test_source_captures_become_single_level_wildcards(topic: str, subscription: str) -> None:
    assert source(topic).subscription == subscription


@pytest.mark.parametrize(
    ("template", "topic", "captures"),
    [
        ("env/v1/{medium}/{station}", "env/v1/air/a1", {"medium": "air", "station": "a1"}),
        ("env/v1/{medium}/{station}", "env/v1/air/河北省-26-大桥", {"medium": "air", "station": "河北省-26-大桥"}),
        ("env/v1/{medium}/{station}", "env/v1/air/a.1+x", {"medium": "air", "station": "a.1+x"}),
        ("{station}/{medium}", "a/b", {"station": "a", "medium": "b"}),
        ("x/{station}/y", "x/y/y", {"station": "y"}),
        ("plain/topic", "plain/topic", {}),
        ("gateways/{gateway}/{medium}", "gateways/g-1/air", {"gateway": "g-1", "medium": "air"}),
        ("{gateway}/{medium}/{station}", "g/air/a1", {"gateway": "g", "medium": "air", "station": "a1"}),
    ],
)
def test_source_topic_gives_its_captures(template: str, topic: str, captures: dict[str, str]) -> None:
    assert source(template).matcher()(topic) == captures


@pytest.mark.parametrize(
    "topic",
    [
        "env/v1/air",
        "env/v1/air/",
        "env/v1/air/a1/",
        "env/v1/air/a1/x",
        "env/v1/air/a1/x/y",
        "/env/v1/air/a1",
        "x/env/v1/air/a1",
        "env/v1//a1",
        "env/v2/air/a1",
        "ENV/v1/air/a1",
        "env/v1/air/a1\n/x",
        "",
    ],
)
def test_source_takes_no_topic_of_another_depth_or_word(topic: str) -> None:
    assert source("env/v1/{medium}/{station}").matcher()(topic) is None


@pytest.mark.parametrize(
    ("template", "topic"),
    [
        ("a.b/{station}", "axb/1"),
        ("a*/{station}", "aaa/1"),
        ("a?/{station}", "a/1"),
        ("(a|b)/{station}", "a/1"),
        ("[ab]/{station}", "a/1"),
        ("^a$/{station}", "a/1"),
        (r"\d/{station}", "5/1"),
        (".*/{station}", "deep/er/1"),
    ],
)
def test_source_template_is_no_regular_expression(template: str, topic: str) -> None:
    assert source(template).matcher()(topic) is None


@pytest.mark.parametrize("word", ["a.b", "a*", "a?", "(a|b)", "[ab]", "^a$", r"\d", "a b", "{", "}"])
def test_source_word_with_strange_characters_matches_itself(word: str) -> None:
    assert source(word + "/{station}").matcher()(word + "/1") == {"station": "1"}


# --- the file


def test_sources_are_parsed_in_order_with_their_defaults() -> None:
    assert sources.parse(declared("a/{medium}") + declared("b", 'medium = "noise"', "m"), file="s.toml") == [
        Source(
            name="n", topic="a/{medium}", dialect="native", medium=None, max_payload_bytes=262_144, max_ahead_s=300,
            not_before=dt.date(2000, 1, 1),
        ),
        Source(name="m", topic="b", dialect="native", medium="noise"),
    ]  # fmt: skip


def test_source_not_before_is_a_date() -> None:
    (parsed,) = sources.parse(declared("a/{medium}", "not_before = 2020-02-29"), file="s.toml")
    assert parsed.not_before == dt.date(2020, 2, 29)


@pytest.mark.parametrize("more", ["max_payload_bytes = 1", "max_ahead_s = 0"])
def test_source_smallest_limit_is_taken(more: str) -> None:
    assert len(sources.parse(declared("a/{medium}", more), file="s.toml")) == 1


@pytest.mark.parametrize(
    ("topic", "more", "error"),
    [
        ("a/{x}", "", "topic: expected captures {medium}, {station} and {gateway}, got 'x'"),
        ("a/{Station}", "", "topic: expected captures {medium}, {station} and {gateway}, got 'Station'"),
        (
            "a/{medium}/{medium}",
            "",
            "topic: expected levels that are a word or one {capture}, got 'a/{medium}/{medium}'",
        ),
        (
            "{gateway}/{medium}/{gateway}",
            "",
            "topic: expected levels that are a word or one {capture}, got '{gateway}/{medium}/{gateway}'",
        ),
        ("a/{gateway}", "", "medium: expected one of air, water, noise as the topic has no {medium}, got nothing"),
        ("a//{medium}", "", "topic: expected levels that are a word or one {capture}, got 'a//{medium}'"),
        ("/a/{medium}", "", "topic: expected levels that are a word or one {capture}, got '/a/{medium}'"),
        ("a/{medium}/", "", "topic: expected levels that are a word or one {capture}, got 'a/{medium}/'"),
        ("a/x{medium}", "", "topic: expected levels that are a word or one {capture}, got 'a/x{medium}'"),
        ("{medium}{station}", "", "topic: expected levels that are a word or one {capture}, got '{medium}{station}'"),
        ("a/{medium", "", "topic: expected levels that are a word or one {capture}, got 'a/{medium'"),
        ("a/+/{medium}", "", "topic: expected levels that are a word or one {capture}, got 'a/+/{medium}'"),
        ("a/{medium}/#", "", "topic: expected levels that are a word or one {capture}, got 'a/{medium}/#'"),
        ("a#/{medium}", "", "topic: expected levels that are a word or one {capture}, got 'a#/{medium}'"),
        ("", 'medium = "air"', "topic: expected levels that are a word or one {capture}, got ''"),
        ("a/{station}", "", "medium: expected one of air, water, noise as the topic has no {medium}, got nothing"),
        ("a/{medium}", 'medium = "air"', "medium: expected nothing as the topic has {medium}, got 'air'"),
        (
            "a/{medium}",
            "max_ahead = 1",
            f"max_ahead: expected one of {', '.join(Source.__struct_fields__)}, got 'max_ahead'",
        ),
    ],
)
def test_source_mistake_is_told_with_its_place(topic: str, more: str, error: str) -> None:
    assert error_of(declared(topic, more)) == f"s.toml: source[0].{error}"


@pytest.mark.parametrize(
    ("more", "got"), [("max_payload_bytes = 0", "0"), ("max_payload_bytes = -1", "-1"), ("max_ahead_s = -1", "-1")]
)
def test_source_limit_that_is_not_positive_is_refused(more: str, got: str) -> None:
    error = error_of(declared("a/{medium}", more))
    assert error.startswith("s.toml: source[0]")
    assert f"got {got}" in error or error.endswith(f", {got}")


def test_source_unknown_medium_is_told_with_its_place_and_value() -> None:
    error = error_of(declared("a/{station}", 'medium = "soil"'))
    assert error.startswith("s.toml: source[0].medium: ")
    assert error.endswith(", got 'soil'")


def test_source_unknown_dialect_is_told_with_the_known_ones() -> None:
    error = error_of(declared("a/{medium}").replace('"native"', '"hj-212"'))
    assert error.startswith("s.toml: source[0].dialect: expected one of native")
    assert error.endswith(", got 'hj-212'")


def test_source_name_that_stands_twice_is_told_with_the_second_place() -> None:
    error = error_of(declared("a/{medium}") + declared("b/{medium}"))
    assert error == "s.toml: source[1].name: expected each name once, got 'n' again"


def test_sources_without_any_source_are_refused() -> None:
    assert error_of("") == "s.toml: source: expected a value, got nothing"
