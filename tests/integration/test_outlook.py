"""Outlook and today over a store with real years: the Beijing station Dongsi, 2013-03 to 2017-02, and the commands."""

import contextlib
import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from aggregations.indicators import INDICATORS
from aggregations.outlook import Outlook
from aggregations.periods import Period, year
from aggregations.plans import Plan, Target
from ingestor import config, derivation, evaluation, outlook_tables, words
from ingestor.backfill.importing import import_files
from ingestor.backfill.parts import Settings
from ingestor.backfill.reading import FORMATS
from ingestor.cli import common
from ingestor.cli import outlook as cli
from ingestor.config import Config
from ingestor.formats import uci_beijing
from ingestor.outlook import Outlooks, outlooks
from ingestor.store import SqliteStore
from ingestor.today import Today, today_of
from sensors import register
from sensors.errors import ConfigError
from tests.support import DATA, ROOT

Run = Callable[..., CompletedProcess[str]]

FILE = DATA / "air_beijing_uci" / "PRSA_Data_Dongsi_20130301-20170228.csv.gz"
PLAN = """id = "bj-2016"
title = "检验"
title_en = "test"
year = 2016
jurisdiction = "city:beijing"
source = "none"
[lists]
one = ["Dongsi"]
"""
TARGETS = (
    ("pm25", "air.annual_mean.pm25", "city:beijing", "<=", "80", "ug/m3"),
    ("of-list", "air.annual_mean.pm25", "list:one", "<=", "80", "ug/m3"),
    ("good", "air.good_day_ratio", "station:Dongsi", ">=", "60", "%"),
    ("moving", "air.moving_mean.pm25", "city:beijing", "<=", "35", "ug/m3"),
    ("hours", "air.primary_hours.o3", "city:beijing", "<=", "900", "h"),
)
REPORTED = (
    '[[target]]\nid = "r"\nname = "岸电"\nname_en = "power"\ncomparison = ">="\nlimit = 8\nunit = "%"\ntext = "t"\n'
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, data_folder: Path) -> tuple[Path, Path]:
    """Configuration and derived data."""
    assert data_folder.is_dir()
    folder = tmp_path_factory.mktemp("outlook")
    configuration = Path(shutil.copytree(ROOT / "config", folder / "config"))
    for plan in (configuration / "plans").glob("*.toml"):
        plan.unlink()
    rows = [
        f'[[target]]\nid = "{i}"\nname = "{i}"\nname_en = "{i}"\nindicator = "{name}"\nscope = "{scope}"\n'
        f'comparison = "{comparison}"\nlimit = {limit}\nunit = "{unit}"\ntext = "t"\n'
        for i, name, scope, comparison, limit, unit in TARGETS
    ]
    (configuration / "plans" / "bj-2016.toml").write_text(PLAN + "".join(rows) + REPORTED, encoding="utf-8")
    stations = uci_beijing.stations(FILE, "beijing")
    (configuration / "stations" / "air.csv").write_text(register.as_csv(stations), encoding="utf-8")
    data = folder / "data"
    data.mkdir()
    loaded = config.load(configuration)
    with contextlib.closing(SqliteStore(data / "qingjing.sqlite3")) as store:
        import_files(loaded, [FILE], FORMATS["uci-beijing"].read, store, settings=Settings(loaded.offset_s))
        derivation.derive(loaded, store)
    return configuration, data


@pytest.fixture(scope="module")
def loaded(world: tuple[Path, Path]) -> Config:
    return config.load(world[0])


@pytest.fixture(scope="module")
def store(world: tuple[Path, Path]) -> Iterator[SqliteStore]:
    with contextlib.closing(SqliteStore(world[1] / "qingjing.sqlite3")) as opened:
        yield opened


@pytest.fixture(scope="module")
def days() -> "pd.Series[float]":
    """Daily means of PM2.5 of at least 20 hours, by pandas."""
    frame = pd.read_csv(FILE)
    frame["day"] = pd.to_datetime(frame[["year", "month", "day"]])
    hours = frame.groupby("day")["PM2.5"].agg(["mean", "count"])
    return hours["mean"].where(hours["count"] >= 20).round()


@pytest.fixture
def run(world: tuple[Path, Path], qingjing: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "250")
    configuration, data = world
    return lambda *arguments, code=0, lang="en": qingjing(
        "--config", configuration, "--data", data, "--lang", lang, *arguments, code=code
    )


@pytest.fixture
def asked(world: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands of this process ask the world, in Chinese, on a wide terminal."""
    monkeypatch.setattr(common.out, "width", 250)
    for name, value in (("config", world[0]), ("data", world[1]), ("language", "zh")):
        monkeypatch.setattr(common.options, name, value)
    return world[1]


def outlooks_by_id(loaded: Config, store: SqliteStore, plan: Plan, as_of: dt.date) -> dict[str, Outlook]:
    return {target.id: found for target, found in outlooks(loaded, store, plan, as_of)}


def of(loaded: Config, store: SqliteStore, as_of: str) -> dict[str, Outlook]:
    return outlooks_by_id(loaded, store, loaded.plans["bj-2016"], dt.date.fromisoformat(as_of))


# --- outlook ---


def test_the_outlook_of_a_city_a_list_and_a_station(
    loaded: Config, store: SqliteStore, days: "pd.Series[float]"
) -> None:
    found = of(loaded, store, "2016-06-30")
    so_far = days["2016-01-01":"2016-06-30"].mean()  # type: ignore[misc]
    assert found["pm25"].so_far == Decimal(round(so_far))
    assert found["pm25"] == found["of-list"]
    assert found["pm25"].years == [2013, 2014, 2015]
    final = round(days["2016-01-01":"2016-12-31"].mean())  # type: ignore[misc]
    low, high = found["pm25"].low, found["pm25"].high
    assert low is not None
    assert high is not None
    assert low <= final <= high
    assert found["good"].chance is not None
    assert found["moving"].reason == found["hours"].reason == "no outlook of this indicator"
    assert found["r"].reason == "a reported figure: no sensor gives it"


def test_the_outlook_is_of_the_day_and_not_of_what_came_later(loaded: Config, store: SqliteStore) -> None:
    """The store has all of 2016; one that ends with June gives the same."""
    plan, june = loaded.plans["bj-2016"], dt.date(2016, 6, 30)

    class Hidden:
        def read(self, table: str, key: str, start: int, end: int, columns: Any) -> Iterator[Any]:
            return store.read(table, key, start, min(end, loaded.start_of(june + dt.timedelta(days=1))), columns)

        def locks(self) -> Any:
            return store.locks()

    hidden: Any = Hidden()
    target = plan.target[0]
    assert Outlooks(loaded, hidden, plan, june).of(target) == Outlooks(loaded, store, plan, june).of(target)


@pytest.mark.parametrize(
    ("name", "number"),
    [("air.annual_mean.so2", 2014), ("air.annual_mean.pm25", 2015), ("air.annual_mean.pm25", 2016)],
)
def test_at_the_years_end_it_is_the_figure(loaded: Config, store: SqliteStore, name: str, number: int) -> None:
    plan = msgspec.structs.replace(loaded.plans["bj-2016"], year=number)
    target = msgspec.structs.replace(plan.target[0], indicator=name)
    found = Outlooks(loaded, store, plan, dt.date(number, 12, 31)).of(target)
    final = evaluation.compute(loaded, store, name, "city:beijing", year(number))
    if final.sufficient:
        assert final.value is not None
        assert (found.low, found.high, found.certain) == (final.value, final.value, True)
        assert found.chance == float(final.value <= 80)
    else:
        assert (found.chance, found.reason) == (None, "the year is over with too little data")


def test_the_first_year_has_none(loaded: Config, store: SqliteStore) -> None:
    plan = msgspec.structs.replace(loaded.plans["bj-2016"], year=2013)
    found = Outlooks(loaded, store, plan, dt.date(2013, 6, 30)).of(plan.target[0])
    assert (found.chance, found.reason) == (None, "no earlier year with enough data")
    nothing = Outlooks(loaded, store, plan, dt.date(2013, 1, 31)).of(plan.target[0])
    assert nothing.reason == "no valid data so far"


def test_a_medium_without_stations_has_none(loaded: Config, store: SqliteStore) -> None:
    plan = loaded.plans["bj-2016"]
    target = Target(
        id="n", name="n", name_en="n", comparison=">=", limit=Decimal(85), unit="%", text="t",
        indicator="noise.night_attainment", scope="city:beijing",
    )  # fmt: skip
    assert Outlooks(loaded, store, plan, dt.date(2016, 6, 30)).of(target).reason == "no station registered"


def test_outlook_is_by_the_edition_of_its_target_as_the_verdict_is(loaded: Config, store: SqliteStore) -> None:
    june, good = dt.date(2016, 6, 30), loaded.plans["bj-2016"].target[2]
    both = [good, msgspec.structs.replace(good, id="strict", judge_by="all_2031")]
    plan = msgspec.structs.replace(loaded.plans["bj-2016"], target=both)
    found = outlooks_by_id(loaded, store, plan, june)
    judged = {each.target.id: each.figure for each in evaluation.evaluate(loaded, store, plan, june)}
    assert {name: each.so_far for name, each in found.items()} == {
        name: figure.value for name, figure in judged.items() if figure is not None
    }
    assert found["strict"].central < found["good"].central  # type: ignore[operator]  # there is one of each


def test_a_day_before_the_year_is_refused(loaded: Config, store: SqliteStore) -> None:
    with pytest.raises(ConfigError, match="as-of: expected a day from 2016-01-01 on"):
        Outlooks(loaded, store, loaded.plans["bj-2016"], dt.date(2015, 12, 31))


def test_real_years_lie_in_their_ranges_and_nearer_than_the_year_to_date(loaded: Config, store: SqliteStore) -> None:
    """A small back-test; tests/benchmarks/outlook_backtest.py is the large one."""
    names = [f"air.annual_mean.{q}" for q in ("pm25", "pm10", "no2")]
    inside, errors, stays = [], [], []
    for number in (2014, 2015, 2016):
        for month, day in ((6, 30), (9, 30)):
            plan = msgspec.structs.replace(loaded.plans["bj-2016"], year=number)
            found = Outlooks(loaded, store, plan, dt.date(number, month, day))
            for name in names:
                target = msgspec.structs.replace(plan.target[0], indicator=name)
                outlook = found.of(target)
                final = evaluation.compute(loaded, store, name, "city:beijing", year(number)).value
                assert final is not None
                assert outlook.low is not None
                assert outlook.high is not None
                assert outlook.central is not None
                assert outlook.so_far is not None
                inside.append(outlook.low <= final <= outlook.high)
                errors.append(abs(outlook.central - final))
                stays.append(abs(outlook.so_far - final))
    assert len(inside) == 18
    assert 0.6 <= np.mean(inside) <= 0.95
    assert sum(errors) < Decimal("0.8") * sum(stays)


# --- today ---


def test_today_beats_persistence_from_noon_on(loaded: Config, store: SqliteStore) -> None:
    """Every 30th day of 2016 at 12:00 and 18:00; tests/benchmarks/today_backtest.py is the large one."""
    period = Period(dt.date(2015, 12, 31), dt.date(2016, 12, 31))
    rows = {
        loaded.local_day(time): aqi
        for time, aqi in store.read(
            "air_day", "Dongsi", loaded.start_of(period.first), loaded.start_of(period.last) + 86_400, ["aqi"]
        )
    }
    scores: list[tuple[float, float, float]] = []
    for i in range(1, len(period), 30):
        day = period.first + dt.timedelta(days=i)
        ended, before = rows.get(day), rows.get(day - dt.timedelta(days=1))
        if ended is None or before is None:
            continue
        for hour in (12, 18):
            found = today_of(loaded, store, "station:Dongsi", loaded.start_of(day) + hour * 3600).found
            if found.chance is None or found.so_far_good is None:
                continue
            good = float(ended <= 100)
            of_day = (found.chance, float(before <= 100), float(found.so_far_good))
            scores.append(tuple((said - good) ** 2 for said in of_day))  # type: ignore[arg-type]
    assert len(scores) > 15
    brier, yesterday, stays = np.mean(scores, axis=0)
    assert brier < yesterday
    assert brier < stays


def test_today_is_of_the_hours_that_are_over(loaded: Config, store: SqliteStore) -> None:
    noon = loaded.start_of(dt.date(2016, 5, 3)) + 12 * 3600
    first, later = (today_of(loaded, store, "city:beijing", noon + s) for s in (0, 3599))
    assert first == later
    assert first.found.hours == 12
    assert first.edition == "HJ 633-2012"
    with pytest.raises(ConfigError, match="scope: expected a city, district or station with stations of air"):
        today_of(loaded, store, "city:shenzhen", noon)


# --- what people read ---


@pytest.mark.parametrize(
    ("chance", "certain", "printed"),
    [
        (0.0004, False, "< 1 %"), (0.0099, False, "< 1 %"), (0.01, False, "1 %"), (0.5, False, "50 %"),
        (0.99, False, "99 %"), (0.9901, False, "> 99 %"), (0.0, True, "0 % (certain)"), (1.0, True, "100 % (certain)"),
        (None, False, "-"),
    ],
)  # fmt: skip
def test_chances_are_printed_honestly(chance: float | None, certain: bool, printed: str) -> None:
    assert outlook_tables.chance_printed(chance, "en", certain=certain) == printed


def test_every_reason_is_known_in_chinese() -> None:
    for reason in (
        "no earlier year with enough data", "the year is over", "no outlook of this indicator", "no valid data so far",
        "a reported figure: no sensor gives it", "the year cannot have enough valid days any more", "no hours of late",
        "sections or months of them have too little data", "no station registered",
        "the year is over with too little data", "no final value can be formed",
        "too few earlier days with hours: 3 of at least 20", "too few hours of the day for an index",
    ):  # fmt: skip
        assert words.remark(reason, "zh") != reason


def test_the_command_prints_the_outlook(asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked
    cli.outlook(plan="bj-2016", as_of="2016-06-30")
    chinese = capsys.readouterr().out
    assert all(text in chinese for text in ("年底达标概率", "80%区间", "2013, 2014, 2015", "上报指标"))
    cli.outlook(plan="bj-2016", as_of="2016-06-30", json_=True)
    found = json.loads(capsys.readouterr().out)
    first = found["targets"][0]
    assert (found["as_of"], first["target"], first["outlook"]["members"]) == ("2016-06-30", "pm25", 1000)
    assert first["outlook"]["low"] < first["outlook"]["central"] < first["outlook"]["high"]


def test_the_command_prints_today(run: Run, asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = run("today", "--city", "beijing", "--at", "2016-05-03T12:00").stdout
    assert "chance that the day ends as a good day" in text
    assert "for the day to stay good" in text
    assert "PM2.5" in text
    assert asked
    cli.today(at="2016-05-03T12", json_=True)
    found: list[Any] = json.loads(capsys.readouterr().out)
    assert [each["scope"] for each in found] == ["city:beijing"]
    assert 0 < found[0]["found"]["chance"] < 1
    assert len(found[0]["found"]["rooms"]) == 6


def test_wrong_input_says_what_was_expected(asked: Path) -> None:
    assert asked
    with pytest.raises(ConfigError, match="--plan: expected one of bj-2016, got 'nowhere'"):
        cli.outlook(plan="nowhere")
    with pytest.raises(ConfigError, match="--at: expected a local time such as 2020-06-03T14:00, got 'noon'"):
        cli.today(at="noon")
    with pytest.raises(ConfigError, match="scope: expected "):
        cli.today(city="nowhere", at="2016-05-03T12")


def test_words_of_a_day_that_is_lost(loaded: Config, store: SqliteStore) -> None:
    found: Today = today_of(loaded, store, "city:beijing", loaded.start_of(dt.date(2016, 12, 20)) + 15 * 3600)
    assert outlook_tables.statements(found.found, "en")[0].startswith("by its hours the day cannot be good any more: ")
    assert "不可能再为优良天" in outlook_tables.statements(found.found, "zh")[0]
    assert found.found.chance is not None
    assert found.found.chance < 0.01


def test_every_indicator_of_a_plan_is_either_foreseen_or_refused_clearly(loaded: Config, store: SqliteStore) -> None:
    plan: Plan = loaded.plans["bj-2016"]
    found = Outlooks(loaded, store, plan, dt.date(2016, 9, 30))
    for indicator in INDICATORS.values():
        if indicator.medium == "air":
            target = msgspec.structs.replace(plan.target[0], indicator=indicator.name, unit=indicator.unit)
            outlook = found.of(target)
            assert (outlook.chance is None) == (outlook.reason is not None), indicator.name
            assert (outlook.low is None) == (indicator.needs != "days"), indicator.name
