"""Claims about sources: from topic templates to subscriptions and captures."""

import datetime as dt
from pathlib import Path

import pytest

from sensors import quantities, sources
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
        ("{station}/{medium}", "a/noise", {"station": "a", "medium": "noise"}),
        ("x/{station}/y", "x/y/y", {"station": "y"}),
        ("plain/topic", "plain/topic", {}),
        ("gateways/{gateway}/{medium}", "gateways/g-1/air", {"gateway": "g-1", "medium": "air"}),
        ("spBv1.0/+/{device}/#", "spBv1.0/g/NBIRTH", {"device": "NBIRTH"}),  # MQTT 5.0, 4.7.1.2: the level above, too
        ("spBv1.0/+/{device}/#", "spBv1.0/g/d/x/y/", {"device": "d"}),
        ("#", "a/b", {}),
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
        "env/hj212/v1/a1",
        "env/v1/airs/a1",
        "",
    ],
)
def test_source_takes_no_topic_of_another_depth_word_or_medium(topic: str) -> None:
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

LEVELS = "topic: expected levels that are a word, one {capture} or +, and # at most at the end, got "


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


SHARE = "which broker.share of settings.toml stands for"


@pytest.mark.parametrize("more", ["max_payload_bytes = 1", "max_ahead_s = 0"])
def test_source_smallest_limit_is_taken(more: str) -> None:
    assert len(sources.parse(declared("a/{medium}", more), file="s.toml")) == 1


@pytest.mark.parametrize(
    ("topic", "more", "error"),
    [
        ("a/{x}", "", "topic: expected captures of {medium}, {station}, {gateway}, {device}, got 'x'"),
        ("a/{Station}", "", "topic: expected captures of {medium}, {station}, {gateway}, {device}, got 'Station'"),
        (
            "a/{medium}/{medium}",
            "",
            LEVELS + "'a/{medium}/{medium}'",
        ),
        (
            "{gateway}/{medium}/{gateway}",
            "",
            LEVELS + "'{gateway}/{medium}/{gateway}'",
        ),
        (
            "$share/g/{medium}",
            "",
            f"topic: expected a topic without $share, {SHARE}, got '$share/g/{{medium}}'",
        ),
        ("a/{gateway}", "", "medium: expected one of air, water, noise as the topic has no {medium}, got nothing"),
        ("a//{medium}", "", LEVELS + "'a//{medium}'"),
        ("/a/{medium}", "", LEVELS + "'/a/{medium}'"),
        ("a/{medium}/", "", LEVELS + "'a/{medium}/'"),
        ("a/x{medium}", "", LEVELS + "'a/x{medium}'"),
        ("{medium}{station}", "", LEVELS + "'{medium}{station}'"),
        ("a/{medium", "", LEVELS + "'a/{medium'"),
        ("a/#/{medium}", "", LEVELS + "'a/#/{medium}'"),
        ("a/+b/{medium}", "", LEVELS + "'a/+b/{medium}'"),
        ("{station}/{device}", 'medium = "air"', "topic: expected {station} or {device}, got '{station}/{device}'"),
        ("a/{medium}", "period_s = 3600", "period_s: expected nothing of the native dialect, got a value"),
        ("a/{medium}", "codes = { x = 'pm25' }", "codes: expected nothing of the native dialect, got a value"),
        ("a#/{medium}", "", LEVELS + "'a#/{medium}'"),
        ("", 'medium = "air"', LEVELS + "''"),
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


# --- units

QUANTITIES = quantities.parse(
    (Path(__file__).resolve().parents[3] / "config" / "quantities.toml").read_text(encoding="utf-8"), file="q.toml"
)


def units_error_of(units: str, *, topic: str = "a/{medium}", medium: str = "") -> str:
    text = declared("first/{medium}") + declared(topic, f"{medium}\nunits = {units}", "m")
    with pytest.raises(ConfigError) as raised:
        sources.check_quantities(sources.parse(text, file="s.toml"), QUANTITIES, file="s.toml")
    return str(raised.value)


def test_source_units_are_taken() -> None:
    parsed = sources.parse(
        declared("a/{medium}", 'units = { o3 = "ppb", co = "ppm", pm25 = "mg/m3", pm10 = "ug/m3" }'), file="s.toml"
    )
    sources.check_quantities(parsed, QUANTITIES, file="s.toml")
    assert parsed[0].units == {"o3": "ppb", "co": "ppm", "pm25": "mg/m3", "pm10": "ug/m3"}


def test_source_without_units_has_none() -> None:
    assert sources.parse(declared("a/{medium}"), file="s.toml")[0].units == {}


def test_source_unknown_unit_is_told_with_the_known_ones() -> None:
    error = units_error_of('{ o3 = "ppt" }')
    assert error == "s.toml: source[1].units.o3: expected ug/m3, mg/m3, ppb, ppm of a quantity in ug/m3, got 'ppt'"


@pytest.mark.parametrize("quantity", ["ozone", "ph", "leq"])
def test_source_unit_of_an_unknown_quantity_is_refused(quantity: str) -> None:
    assert units_error_of(f'{{ {quantity} = "ppb" }}') == (
        f"s.toml: source[1].units: expected quantities of air (pm25, pm10, so2, no2, o3, co), got {quantity!r}"
    )


@pytest.mark.parametrize("unit", ["ppb", "ppm"])
def test_source_mole_fraction_of_what_is_no_gas_is_refused(unit: str) -> None:
    assert units_error_of(f'{{ pm25 = "{unit}" }}') == (
        f"s.toml: source[1].units.pm25: expected ug/m3, mg/m3 of a quantity in ug/m3 without molar_mass, got {unit!r}"
    )


@pytest.mark.parametrize("medium", ["water", "noise"])
def test_source_of_another_medium_than_air_has_no_units(medium: str) -> None:
    error = units_error_of('{ o3 = "ppb" }', topic="a/{station}", medium=f'medium = "{medium}"')
    assert error == f"s.toml: source[1].units: expected nothing as the source is of {medium}, got {{'o3': 'ppb'}}"


def test_source_cannot_have_the_name_of_a_laboratorys_results() -> None:
    error = error_of(declared("env/v1/{medium}/{station}", name="import-lab"))
    assert (
        error == "s.toml: source[0].name: expected another name than that of a laboratory's results, got 'import-lab'"
    )
