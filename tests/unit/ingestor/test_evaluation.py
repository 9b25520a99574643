"""What is asked of the store: names and patterns of indicators, the scopes of a ranking."""

import re
from collections.abc import Collection
from pathlib import Path

import pytest

from aggregations.indicators import HEADLINES, INDICATORS
from ingestor import comparisons, config, evaluation
from ingestor.config import Config
from sensors.errors import ConfigError
from sensors.quantities import Medium


def names(patterns: Collection[str], *media: Medium) -> list[str]:
    return [each.name for each in evaluation.chosen_indicators(patterns, media)]


def test_without_names_the_headlines_of_the_media_are_chosen() -> None:
    assert set(names([], "air")) == {name for name in HEADLINES if name.startswith("air.")}
    assert names([], "noise") == [
        "noise.day_attainment", "noise.night_attainment", "noise.mean_level.day", "noise.mean_level.night",
        "noise.collection_rate",
    ]  # fmt: skip


def test_a_pattern_chooses_of_the_media_and_a_name_of_all() -> None:
    assert names(["*_attainment"], "noise") == [
        "noise.day_attainment", "noise.night_attainment", "noise.night_peak_attainment",
        "noise.manual.day_attainment", "noise.manual.night_attainment",
    ]  # fmt: skip
    assert names(["water.good_ratio"], "noise") == ["water.good_ratio"]
    assert names(["*"], "air", "water", "noise") == list(INDICATORS)


def test_an_indicator_that_is_named_twice_is_chosen_once() -> None:
    assert names(["air.good_days", "air.good_*"], "air") == ["air.good_days", "air.good_day_ratio"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        pytest.param(
            "air.anual_mean.pm25",
            "indicator: expected a name or pattern that `qingjing indicators --list` prints (close to it: air.annual",
            id="a slip",
        ),
        pytest.param("x.*", "indicator: expected a name or pattern that `qingjing indicators --list` ", id="none"),
        pytest.param("noise.*", "indicator: expected some of air, which the scope has stations of, ", id="no station"),
    ],
)  # fmt: skip
def test_what_chooses_nothing_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}"):
        names([pattern], "air")


def test_one_indicator_is_named_without_patterns() -> None:
    with pytest.raises(ConfigError, match=r"^--by: expected the name of one indicator that .*, got 'air\.\*'$"):
        evaluation.indicator_named("air.*", option="--by")


@pytest.fixture
def with_districts(config_copy: Path) -> Config:
    register = config_copy / "stations" / "air.csv"
    lines = register.read_text().splitlines(keepends=True)
    named = [line.replace("shenzhen,,", "shenzhen,南山,") if "sz-a01" in line else line for line in lines]
    register.write_text("".join(named))
    return config.load(config_copy)


def test_contenders_are_cities_districts_or_stations(with_districts: Config) -> None:
    def scopes(among: str) -> list[str]:
        return [scope.text for scope, _, _ in comparisons.contenders(with_districts, among, "air")]

    assert scopes("cities") == ["city:shenzhen"]  # the others have nothing to rank
    assert scopes("districts:shenzhen") == ["district:shenzhen/南山"]
    assert scopes("stations:shenzhen")[:2] == ["station:sz-a01", "station:sz-a02"]


@pytest.mark.parametrize(
    ("among", "message"),
    [
        ("towns", "cities, districts:CITY or stations:CITY, CITY being shenzhen or beijing or "),
        ("stations:town", "cities, districts:CITY or stations:CITY, CITY being shenzhen or beijing or "),
        ("cities:shenzhen", "cities, districts:CITY or stations:CITY, "),
        ("stations:beijing", "a city with stations of air in the register, got 'stations:beijing'"),
        ("districts:shenzhen", "a city with stations of air that name their district in the register, "),
    ],
)  # fmt: skip
def test_contenders_that_are_not_there_are_refused(among: str, message: str, shipped: Config) -> None:
    with pytest.raises(ConfigError, match=f"^--among: expected {re.escape(message)}"):
        comparisons.contenders(shipped, among, "air")
