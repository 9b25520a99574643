"""Mistakes in mappings are found when the configuration is read, with file and place."""

from pathlib import Path

import pytest

from ingestor import config
from sensors import quantities, source_terms, sources
from sensors.decoders import mappings
from sensors.errors import ConfigError
from tests.support import ROOT

QUANTITIES = quantities.parse((ROOT / "config" / "quantities.toml").read_text(encoding="utf-8"), file="quantities.toml")
SHIPPED = {
    path.stem: mappings.parse(path.read_text(encoding="utf-8"), file=path.name)
    for path in (ROOT / "config" / "mappings").glob("*.toml")
}


def check(body: str) -> None:
    """Read a source of the mapping dialect as `qingjing check` does."""
    text = f'[[source]]\nname = "x"\ntopic = "x/{{device}}"\ndialect = "mapping"\n{body}'
    declared = sources.parse(text, SHIPPED, file="s.toml")
    source_terms.check(declared, QUANTITIES, file="s.toml")


def mapping(keys: str, *, of_source: str = "period_s = 60") -> str:
    return f"{of_source}\nmapping = {{ {keys} }}"


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_mapping_that_comes_along_can_be_named_by_a_source(name: str) -> None:
    check(f'mapping = "{name}"\nperiod_s = 60')


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "s.toml: source[0].mapping: expected a mapping, or the name of one, of the dialect mapping, got nothing"),
        ('mapping = "no"', "s.toml: source[0].mapping: expected one of config/mappings ("),
        (
            mapping('values = "v"', of_source=""),
            "s.toml: source[0].period_s: expected the averaging period in seconds, as the mapping finds none in",
        ),
        (
            mapping('values = "a["'),
            "s.toml: source[0].mapping.values: expected a JMESPath expression (members that are no ASCII words in",
        ),
        (
            mapping('values = "v", time = ["t", "$x"]'),
            "s.toml: source[0].mapping.time: expected $, $.member or $topic[1] for the whole payload or its topic,",
        ),
        (
            mapping('values = "v", device = "$topic[0]"'),
            "s.toml: source[0].mapping.device: expected levels from $topic[1] on, got '$topic[0]'",
        ),
        (
            mapping('values = "v", time_format = "rfc"'),
            "s.toml: source[0].mapping.time_format: expected iso, unix, unix_ms, unix_us, unix_ns or a pattern such as",
        ),
        (
            mapping('values = { pm25 = "v" }, code = "c"'),
            "s.toml: source[0].mapping: code: expected nothing as `values` names the codes, got a value",
        ),
        (
            mapping('values = "v", value = "x"'),
            "s.toml: source[0].mapping: code: expected where the code is, as `value` says where its value is,",
        ),
        (
            mapping('values = "v", words = { N = "fine" }'),
            "s.toml: source[0].mapping: words.N: expected one of good, not_evaluated,",
        ),
        (mapping('values = "v", codes = { a = "air.pm3" }'), "s.toml: source[0].codes.a: expected a quantity such as"),
        (mapping('values = "v", tim = "t"'), "s.toml: source[0].mapping.tim: expected one of values, items, device,"),
        (mapping("values = 7"), "s.toml: source[0].mapping.values: expected"),
        (mapping('values = "v", items = ["a", 7]'), "s.toml: source[0].mapping.items[1]: expected str"),
        (mapping('values = { a = ["b", 7] }'), "s.toml: source[0].mapping.values.a[1]: expected str"),
    ],
)
def test_mistake_is_refused_with_its_place(body: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        check(body)
    assert str(error.value).startswith(message)


def test_source_comes_before_its_mapping_and_codes_of_other_media_are_left_out() -> None:
    text = (
        '[[source]]\nname = "x"\ntopic = "x"\ndialect = "mapping"\nmedium = "air"\nlabel = "start"\nperiod_s = 600\n'
        'ignore = ["b"]\ncodes = { c = "o3" }\n'
        'mapping = { values = "v", label = "end", period_s = 60, zone = "+08:00", ignore = ["a"], '
        'codes = { c = "air.co", d = "noise.leq", e = "air.no2" } }'
    )
    terms = source_terms.terms(sources.parse(text, file="s.toml")[0], QUANTITIES, {})
    assert (terms.label, terms.period_s, str(terms.zone)) == ("start", 600, "UTC+08:00")
    assert terms.ignored == {"a", "b"}
    assert (terms.codes["c"].quantity, terms.codes["e"].quantity, "d" in terms.codes) == ("o3", "no2", False)


def test_mistake_in_a_file_of_mappings_is_found_though_no_source_names_it(config_copy: Path) -> None:
    file = config_copy / "mappings" / "own.toml"
    file.write_text('values = "v"\nvalue = "x"\n')
    with pytest.raises(ConfigError) as error:
        config.load(config_copy)
    assert str(error.value).startswith(f"{file}: code: expected where the code is")
