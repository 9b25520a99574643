"""Claims about scopes, with sections of two cities and three basins."""

from pathlib import Path

import pytest

from aggregations.periods import parse
from ingestor import air_facts, air_quality, config, scopes
from ingestor.config import Config
from ingestor.store import SqliteStore
from sensors.errors import ConfigError

WATER = """id,name,name_en,city,district,lon,lat,water,body,target_class,since,until,basin
w1,n,,shenzhen,,,,茅洲河,river,V,,,珠江
w2,n,,shenzhen,,,,茅洲河,river,V,,,
w3,n,,shenzhen,,,,a/b,river,V,,,珠江
w4,n,,beijing,,,,茅洲河,river,V,,,海河
w5,n,,beijing,,,,,lake,V,,,珠江
"""


@pytest.fixture
def loaded(config_copy: Path) -> Config:
    (config_copy / "stations" / "water.csv").write_text(WATER, encoding="utf-8")
    for plan in (config_copy / "plans").glob("*.toml"):
        plan.unlink()
    return config.load(config_copy)


def ids(scope: scopes.Scope) -> list[str]:
    assert scope.stations["air"] == scope.stations["noise"] == []
    return [station.id for station in scope.stations["water"]]


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("river:shenzhen/茅洲河", ["w1", "w2"]),
        ("river:beijing/茅洲河", ["w4"]),
        ("river:shenzhen/a/b", ["w3"]),
        ("basin:珠江", ["w1", "w3", "w5"]),
        ("basin:海河", ["w4"]),
    ],
)
def test_scope_of_water_holds_its_sections_in_the_order_of_the_register(
    text: str, sections: list[str], loaded: Config
) -> None:
    scope = scopes.resolve(loaded, text)
    assert (scope.text, f"{scope.kind}:{scope.name}", ids(scope)) == (text, text, sections)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("river:茅洲河", "river:shenzhen/茅洲河, river:shenzhen/a/b, river:beijing/茅洲河"),
        ("river:beijing/", "river:shenzhen/茅洲河, river:shenzhen/a/b, river:beijing/茅洲河"),
        ("river:", "river:shenzhen/茅洲河, river:shenzhen/a/b, river:beijing/茅洲河"),
        ("basin:", "basin:珠江, basin:海河"),
        ("basin:beijing/海河", "basin:珠江, basin:海河"),
    ],
)
def test_scope_of_an_unknown_river_or_basin_is_refused_with_the_known_ones(
    text: str, known: str, loaded: Config
) -> None:
    with pytest.raises(ConfigError) as raised:
        scopes.resolve(loaded, text)
    assert str(raised.value) == f"scope: expected one of {known}, got {text!r}"


def test_scope_of_a_basin_where_none_is_registered_says_so(loaded: Config) -> None:
    path = loaded.directory / "stations" / "water.csv"
    path.write_text(WATER.replace("珠江", "").replace("海河", ""), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^scope: expected one of no basin: none is registered, got 'basin:珠江'$"):
        scopes.resolve(config.load(loaded.directory), "basin:珠江")


@pytest.mark.parametrize("text", ["lake:x", "rivers:shenzhen/茅洲河", "", "river", "basin"])
def test_scope_of_an_unknown_kind_is_refused_with_all_kinds(text: str, loaded: Config) -> None:
    if text in ("river", "basin"):
        expected = f"scope: expected one of {text}:"
    else:
        expected = (
            "scope: expected city:shenzhen, city:beijing, city:guangzhou, city:fengxian, city:liuzhou, "
            "district:CITY/NAME, river:CITY/NAME, basin:NAME, station:ID, or list:NAME of the plan given, got "
        )
    with pytest.raises(ConfigError) as raised:
        scopes.resolve(loaded, text)
    assert str(raised.value).startswith(expected)


@pytest.mark.parametrize("text", ["river:shenzhen/茅洲河", "basin:珠江"])
def test_figures_of_air_are_refused_of_a_scope_of_water(text: str, loaded: Config, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite3")
    scope, period = scopes.resolve(loaded, text), parse("2020")
    with pytest.raises(ConfigError, match="scope: expected one with stations of air, got "):
        air_facts.air_facts(loaded, store, scope, period, mode="by_date", needs=set())
    with pytest.raises(ConfigError, match="scope: expected city:ID, district:CITY/NAME or station:ID, got "):
        air_quality.of_days(loaded, store, scope, period)
    store.close()


def test_scopes_of_the_configuration_that_comes_along_name_its_rivers_and_basins(shipped: Config) -> None:
    assert ids(scopes.resolve(shipped, "river:shenzhen/茅洲河")) == ["sz-w01"]
    assert ids(scopes.resolve(shipped, "basin:深圳河流域")) == ["sz-w02", "sz-w06", "sz-w10", "sz-w11", "sz-w13"]
