"""The commands indicators, compare, ranking and trend, run as a user runs them on a small derived store.

Station sz-a01 has in June 2020 and June 2019 the values of a published bulletin (air.md, 7.3), city beijing the years
of air vectors 46 (PM10) and 47 (PM2.5).
"""

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from ingestor import config, derivation
from ingestor.store import Arrival, SqliteStore
from sensors.reading import Reading
from tests.support import ROOT

Run = Callable[..., CompletedProcess[str]]

HOUR = 3600
HEADER = "id,name,name_en,city,district,lon,lat,since,until"
AIR = """sz-a01,一站,One,shenzhen,南山,,,2010-01-01,
sz-a02,二站,Two,shenzhen,南山,,,2010-01-01,
sz-a03,三站,Three,shenzhen,盐田,,,2010-01-01,
sz-a04,四站,Four,shenzhen,盐田,,,2010-01-01,
sz-a05,五站,Five,shenzhen,,,,2010-01-01,
bj-a01,东四,Dongsi,beijing,,,,2010-01-01,
"""
NOW = {"so2": 10, "no2": 14, "co": 0.7, "o3": 80, "pm10": 49, "pm25": 16}
BEFORE = {"so2": 10, "no2": 15, "co": 0.8, "o3": 80, "pm10": 53, "pm25": 17}
WORSE = NOW | {"pm25": 20}  # attains still
BAD = NOW | {"pm25": 80}
YEARS = {2014: (50, 45), 2015: (47, 42), 2016: (45, 43), 2017: (41, 40), 2018: (38, 38)}
"""PM10 and PM2.5 of beijing: air vectors 46 and 47; 2019 has January only."""


def days_of(station: str, first: str, n: int, values: dict[str, float]) -> Iterator[Reading]:
    start = int(dt.datetime.fromisoformat(f"{first}T00:00:00+08:00").timestamp())
    given = tuple((name, float(value), 1) for name, value in values.items())
    return (Reading("air", station, HOUR, start + hour * HOUR, given) for hour in range(24 * n))


def readings() -> Iterator[Reading]:
    yield from days_of("sz-a01", "2020-06-01", 30, NOW)
    yield from days_of("sz-a01", "2019-06-01", 30, BEFORE)
    yield from days_of("sz-a02", "2020-06-01", 30, NOW)
    yield from days_of("sz-a02", "2019-06-01", 30, NOW)
    yield from days_of("sz-a03", "2020-06-01", 20, NOW)
    yield from days_of("sz-a03", "2019-06-01", 30, NOW)
    yield from days_of("sz-a04", "2020-06-01", 30, WORSE)
    yield from days_of("sz-a04", "2019-06-01", 30, NOW)
    yield from days_of("sz-a05", "2020-06-01", 30, BAD)
    yield from days_of("sz-a05", "2019-06-01", 30, NOW)
    for year, (pm10, pm25) in YEARS.items():
        n = (dt.date(year + 1, 1, 1) - dt.date(year, 1, 1)).days
        yield from days_of("bj-a01", f"{year}-01-01", n, {"pm10": pm10, "pm25": pm25})
    yield from days_of("bj-a01", "2019-01-01", 31, {"pm10": 10, "pm25": 10})


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Configuration and data of two cities, derived."""
    folder = tmp_path_factory.mktemp("figures")
    configuration = Path(shutil.copytree(ROOT / "config", folder / "config"))
    shutil.rmtree(configuration / "plans")
    (configuration / "plans").mkdir()
    (configuration / "stations" / "air.csv").write_text(f"{HEADER}\n{AIR}")
    data = folder / "data"
    data.mkdir()
    store = SqliteStore(data / "qingjing.sqlite3")
    store.commit([Arrival("native", "t", 0.0, b"", [reading], []) for reading in readings()])
    store.drain()
    derivation.derive(config.load(configuration), store)
    store.close()
    return configuration, data


@pytest.fixture
def run(city: tuple[Path, Path], qingjing: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the two cities, in English, on a terminal so wide that nothing is wrapped."""
    monkeypatch.setenv("COLUMNS", "250")
    configuration, data = city
    return lambda *arguments, code=0, lang="en": qingjing(
        "--config", configuration, "--data", data, "--lang", lang, *arguments, code=code
    )


def printed(run: Run, *arguments: str, code: int = 0) -> Any:
    return json.loads(run(*arguments, "--json", code=code).stdout)


# --- indicators ---


def test_indicators_prints_the_headlines(run: Run) -> None:
    found = printed(run, "indicators", "--scope", "station:sz-a01", "--period", "2020-06")
    assert [each["indicator"] for each in found][:4] == [
        "air.annual_mean.pm25", "air.annual_mean.pm10", "air.annual_mean.so2", "air.annual_mean.no2",
    ]  # fmt: skip
    assert len(found) == 21


def test_indicators_takes_patterns_and_names_the_mode(run: Run) -> None:
    found = printed(
        run, "indicators", "--scope", "station:sz-a01", "--period", "2020-06", "--name", "air.percentile.*",
        "--name", "air.good_days", "--mode", "all_2026",
    )  # fmt: skip
    assert len(found) == 7
    assert {each["mode"] for each in found} == {"all_2026"}
    assert "GB 3095-2026 transitional" in found[0]["editions"] or "HJ 663-2026" in found[0]["editions"]


def test_indicators_all_prints_every_one_of_the_media_of_the_scope(run: Run) -> None:
    every = printed(run, "indicators", "--list")
    found = printed(run, "indicators", "--scope", "station:sz-a01", "--period", "2020-06", "--all")
    assert [each["indicator"] for each in found] == [each["indicator"] for each in every if each["medium"] == "air"]


def test_indicators_to_date_is_the_year_so_far(run: Run) -> None:
    found = printed(
        run, "indicators", "--scope", "station:bj-a01", "--to-date", "2015-03-20", "--name", "air.annual_mean.pm25"
    )
    assert (found[0]["period"], found[0]["value"], found[0]["valid"]) == ("2015-01-01..2015-03-20", 42, 79)


def test_indicators_of_too_little_data_say_why_in_both_languages(run: Run) -> None:
    asked = ["indicators", "--scope", "station:sz-a03", "--period", "2020-06", "--name", "air.annual_mean.pm25"]
    english = run(*asked).stdout
    assert "16 ug/m3 ?" in english
    assert "2020-06: 20 of at least" in english
    assert "2020-06 有效20天，需≥27天" in run(*asked, lang="zh").stdout


def test_indicators_list_needs_neither_scope_nor_store(qingjing: Run) -> None:
    found = json.loads(qingjing("indicators", "--list", "--json").stdout)
    assert {"indicator", "name_zh", "name_en", "unit", "medium", "less_is_better", "headline"} == found[0].keys()
    assert "air.composite_index" in qingjing("indicators", "--list").stdout


# --- compare ---


def test_compare_reproduces_the_changes_of_a_bulletin(run: Run) -> None:
    found = printed(run, "compare", "--scope", "station:sz-a01", "--period", "2020-06")
    changes = {each["now"]["indicator"]: (each["change"], each["direction"]) for each in found}
    assert changes["air.annual_mean.pm25"] == (-5.9, "better")
    assert changes["air.annual_mean.no2"] == (-6.7, "better")
    assert changes["air.annual_mean.pm10"] == (-7.5, "better")
    assert changes["air.percentile.co"] == (-12.5, "better")
    assert changes["air.annual_mean.so2"] == (0.0, "flat")
    assert changes["air.good_day_ratio"] == (0.0, "flat")


def test_compare_prints_both_figures_and_the_change(run: Run) -> None:
    asked = ["compare", "--scope", "station:sz-a01", "--period", "2020-06", "--name", "air.annual_mean.*"]
    text = run(*asked, lang="zh").stdout
    assert "2020-06 / 2019-06" in text
    assert all(word in text for word in ("16 ug/m3", "17 ug/m3", "-5.9 %", "改善", "持平"))


def test_compare_without_data_of_the_year_before_says_so(run: Run) -> None:
    asked = ["compare", "--scope", "station:sz-a01", "--period", "2019-06", "--name", "air.annual_mean.pm25"]
    assert "2018-06: no valid day" in run(*asked).stdout
    (found,) = printed(run, *asked)
    assert (found["change"], found["direction"], found["why"]) == (None, None, ["before is insufficient"])


def test_compare_of_a_leap_day_takes_the_last_day_of_february(run: Run) -> None:
    asked = ["compare", "--scope", "station:bj-a01", "--period", "2016-02-29", "--name", "air.annual_mean.pm25"]
    (found,) = printed(run, *asked)
    assert (found["now"]["period"], found["before"]["period"]) == ("2016-02-29", "2015-02-28")
    assert (found["now"]["value"], found["before"]["value"]) == (43, 42)


def test_compare_of_a_period_in_the_future_warns_and_has_nothing(run: Run) -> None:
    done = run("compare", "--scope", "city:shenzhen", "--period", "2099", "--name", "air.good_days")
    assert "the period 2099 has not begun" in done.stderr
    assert "1 2099: no valid day\n2 2098: no valid day" in done.stdout


def test_compare_across_editions_says_so_but_not_by_one_mode(run: Run) -> None:
    asked = ["compare", "--scope", "station:sz-a01", "--period", "2026-06", "--name", "air.annual_mean.pm25"]
    assert "judged by different editions" in run(*asked).stdout
    assert "judged by different editions" not in run(*asked, "--mode", "all_2026").stdout


# --- ranking ---


def places(found: Any) -> list[tuple[int | None, str]]:
    return [(each["place"], each["scope"].partition(":")[2]) for each in found]


def test_ranking_of_stations_shares_places_and_lists_the_insufficient_last(run: Run) -> None:
    found = printed(run, "ranking", "--among", "stations:shenzhen", "--period", "2020-06")
    assert places(found) == [(1, "sz-a01"), (1, "sz-a02"), (3, "sz-a04"), (4, "sz-a05"), (None, "sz-a03")]
    assert found[0]["largest"] == ["pm10"]  # 49 / 70 = 0.70
    assert found[3]["largest"] == ["pm25"]  # 80 / 35 = 2.29
    assert found[4]["figure"]["reasons"]


def test_ranking_prints_the_names_and_why_there_is_no_place(run: Run) -> None:
    text = run("ranking", "--among", "stations:shenzhen", "--period", "2020-06").stdout
    assert all(word in text for word in ("Three", "station:sz-a03", "2.36 ?", "PM2.5: not enough valid days"))


def test_ranking_by_good_days_begins_with_the_most(run: Run) -> None:
    found = printed(run, "ranking", "--among", "stations:shenzhen", "--period", "2020-06", "--by", "air.good_day_ratio")
    assert places(found)[3:] == [(4, "sz-a05"), (None, "sz-a03")]


def test_ranking_of_districts_takes_those_that_the_register_names(run: Run) -> None:
    found = printed(run, "ranking", "--among", "districts:shenzhen", "--period", "2020-06", "--by", "air.good_days")
    assert {each["scope"] for each in found} == {"district:shenzhen/南山", "district:shenzhen/盐田"}


def test_ranking_of_cities_lists_one_without_all_items_last(run: Run) -> None:
    found = printed(run, "ranking", "--among", "cities", "--period", "2020-06")
    assert places(found) == [(1, "shenzhen"), (None, "beijing")]


def test_ranking_by_change_is_of_the_rate_and_tells_who_attains(run: Run) -> None:
    found = printed(run, "ranking", "--among", "stations:shenzhen", "--period", "2020-06", "--change")
    assert places(found) == [(1, "sz-a01"), (2, "sz-a02"), (3, "sz-a04"), (4, "sz-a05"), (None, "sz-a03")]
    # 0.17+0.35+0.70+0.18+0.50+0.46 = 2.36 after 0.17+0.38+0.76+0.20+0.50+0.49 = 2.50
    assert [each["change"]["change"] for each in found[:2]] == [-5.6, 0.0]
    assert [each["attains"] for each in found[:4]] == [True, True, True, False]


def test_ranking_by_change_leaves_those_that_attain_out_of_the_worst(run: Run) -> None:
    asked = ["ranking", "--among", "stations:shenzhen", "--period", "2020-06", "--change"]
    assert places(printed(run, *asked, "--worst", "10")) == [(4, "sz-a05")]
    assert places(printed(run, *asked, "--best", "10")) == [(1, "sz-a01")]
    assert "not among the worsening" in run(*asked).stdout


# --- trend ---


@pytest.mark.parametrize(
    ("name", "exact"), [("air.annual_mean.pm10", "-1"), ("air.annual_mean.pm25", "-9/10")], ids=["46", "47"]
)
def test_trend_is_that_of_the_vectors(run: Run, name: str, exact: str) -> None:
    found = printed(run, "trend", name, "--scope", "city:beijing", "--from", "2014", "--to", "2019")
    assert (found["exact"], found["says"], found["better"]) == (exact, "falling", True)
    assert (found["years"], found["left_out"]) == ([2014, 2015, 2016, 2017, 2018], [2019])
    assert found["critical_05"] == 0.9


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ["显著下降", "改善", "临界值 0.900", "未参与的年份：2019"]),
        ("en", ["falling", "recalled, not read", "2019"]),
    ],
)
def test_trend_prints_its_verdict(run: Run, lang: str, words: list[str]) -> None:
    asked = ["trend", "air.annual_mean.pm25", "--scope", "station:bj-a01", "--from", "2014", "--to", "2019"]
    text = run(*asked, lang=lang).stdout
    assert all(word in text for word in words)


def test_trend_of_fewer_than_five_years_fails_and_names_them(run: Run) -> None:
    done = run("trend", "air.annual_mean.pm25", "--scope", "city:beijing", "--from", "2016", "--to", "2020", code=1)
    assert "trend: expected at least 5 years with enough data, got 3; left out: 2019 (" in done.stderr
    assert "2020 (no valid day)" in done.stderr
    assert "43 ug/m3" in done.stdout


# --- wrong input ---


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("indicators --scope city:nowhere --period 2020", "scope: expected city:shenzhen, city:beijing, "),
        ("indicators --scope city:shenzhen --period 2020-13", "period: expected 2020, 2020-H1, "),
        ("indicators --scope city:shenzhen --period 0001", "period: expected years from 1900 to 2200, got "),
        ("indicators --scope city:shenzhen", "--period: expected it or --to-date, got neither"),
        ("indicators --scope city:shenzhen --period 2020 --to-date 2020-06-01", "--period: expected it or --to-date, "),
        ("indicators --scope city:shenzhen --to-date 2020-06", "--to-date: expected a date such as 2020-12-31, got "),
        ("indicators --period 2020", "--scope: expected city:ID, "),
        ("indicators --scope city:shenzhen --period 2020 --all --name air.*", "--all: expected alone, got --name, too"),
        ("indicators --scope station:sz-a01 --name water.class --period 2020", "indicator: expected one of air, "),
        ("explain water.class --scope station:sz-a01 --period 2020", "indicator: expected one of air, which station:"),
        ("derive --all --since 2020-06-01", "--since: expected without --all, got both"),
        ("compare --scope city:shenzhen --period 2011", "config/standards: air."),
        ("compare --scope city:shenzhen --period 2020 --plan x", "--plan: expected one of "),
        ("ranking --among towns --period 2020", "--among: expected cities, districts:CITY or stations:CITY, "),
        ("ranking --among cities --period 2020 --by air.index", "--by: expected the name of one indicator "),
        ("ranking --among cities --period 2020 --best 1 --worst 1", "--best: expected it or --worst, got both"),
        ("trend noise.day_attainment --scope city:beijing --from 2014 --to 2020", "NAME: expected an indicator of air"),
        ("trend air.good_days --scope city:beijing --from 2020 --to 2019", "--to: expected a year from 2020 "),
    ],
)  # fmt: skip
def test_wrong_input_is_one_line_and_exit_code_2(run: Run, arguments: str, message: str) -> None:
    done = run(*arguments.split(), code=2)
    assert done.stderr.splitlines()[-1].startswith(f"qingjing: {message}")
    assert "Traceback" not in done.stderr


def test_commands_warn_where_the_configuration_changed_since(
    city: tuple[Path, Path], tmp_path: Path, qingjing: Run
) -> None:
    changed = Path(shutil.copytree(city[0], tmp_path / "config"))
    checks = changed / "checks.toml"
    checks.write_text(checks.read_text().replace("tolerance = 20", "tolerance = 30"))
    for arguments in (
        "compare --scope city:shenzhen --period 2020-06 --name air.good_days",
        "ranking --among cities --period 2020-06",
        "trend air.good_days --scope city:beijing --from 2014 --to 2018",
    ):
        done = qingjing("--config", changed, "--data", city[1], *arguments.split(), code=int("trend" in arguments))
        assert "run it for fresh figures" in done.stderr


@pytest.mark.parametrize("command", [("indicators",), ("compare",), ("explain", "air.good_days")])
def test_a_mode_that_is_none_is_refused_with_those_that_there_are(command: tuple[str, ...], run: Run) -> None:
    asked = (*command, "--scope", "station:sz-a01", "--period", "2020-06", "--mode", "all_2020")
    assert run(*asked, code=2).stderr == (
        "qingjing: --mode: expected one of by_date, all_2012, all_2026, all_2031, got 'all_2020'\n"
    )


@pytest.mark.parametrize("command", ["indicators", "compare", "explain", "trend"])
def test_the_help_of_a_scope_names_rivers_and_basins(command: str, run: Run) -> None:
    text = " ".join(run(command, "--help").stdout.split())
    assert "river:CITY/NAME, basin:NAME, station:ID, or list:NAME of the plan given" in text
