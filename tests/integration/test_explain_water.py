"""Explaining figures of water, from readings in a real store to what the command prints; expected by hand."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregations import periods
from ingestor import config, derivation
from ingestor.config import Config
from ingestor.explanation import explanation
from ingestor.explanation_water import WaterBasis
from ingestor.store import Arrival, SqliteStore
from sensors.reading import Reading
from tests.conftest import Qingjing

HOURS_4 = 4 * 3600
CLEAN = {"ph": 7.0, "do": 8.0, "codmn": 2.0, "nh3n": 0.1, "tp": 0.02}  # class I in all (GB 3838-2002, table 1)


@pytest.fixture
def three(config_copy: Path) -> Config:
    """Three sections of one river; the last has no target class."""
    (config_copy / "stations" / "water.csv").write_text(
        "id,name,name_en,city,district,lon,lat,water,body,target_class,since,until\n"
        + "".join(f"w{n},断面{n},Section {n},shenzhen,,,,河,river,{'III' if n < 3 else ''},,\n" for n in (1, 2, 3)),
        encoding="utf-8",
    )
    for plan in (config_copy / "plans").glob("*.toml"):
        plan.unlink()  # they name sections that are gone
    (config_copy / "gateways.csv").write_text("gateway,medium,station\n", encoding="utf-8")
    return config.load(config_copy)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "qingjing.sqlite3")
    yield opened
    opened.close()


def fill(store: SqliteStore, section: str, month: str, *, days: int = 20, **items: float) -> None:
    """Six results a day on the first days of a month."""
    start = int(dt.datetime.fromisoformat(f"{month}-01T00:00:00+08:00").timestamp())
    values = tuple((item, value, 1) for item, value in (CLEAN | items).items())
    found = [Reading("water", section, HOURS_4, start + n * HOURS_4, values) for n in range(6 * days)]
    store.commit([Arrival("native", "t", 0.0, b"", found, [])])
    store.drain()


def basis(loaded: Config, store: SqliteStore, name: str, scope: str, period: str) -> WaterBasis:
    derivation.derive(loaded, store)
    found = explanation(loaded, store, name, scope, periods.parse(period)).basis
    assert isinstance(found, WaterBasis)
    return found


def test_a_section_has_classes_limits_and_main_items(three: Config, store: SqliteStore) -> None:
    fill(store, "w1", "2024-06", nh3n=1.4, do=4.0)

    (section,) = basis(three, store, "water.good_ratio", "station:w1", "2024-06").sections

    by_item = {each.item: each for each in section.items}
    ammonia = by_item["nh3n"]
    assert (str(ammonia.mean), ammonia.water_class, str(ammonia.limit), str(ammonia.limit_3)) == (
        "1.40", 4, "1.5", "1.0",
    )  # fmt: skip
    assert (ammonia.results, ammonia.days, ammonia.days_expected) == (120, 20, 30)
    assert (section.water_class, section.months) == (4, {"2024-06": 4})
    # (1.4 - 1.0) / 1.0 = 0.4; oxygen of the same class has no multiple and follows
    assert [(m.item, str(m.multiple)) for m in section.main_items] == [("nh3n", "0.4"), ("do", "None")]


def test_a_section_without_a_class_says_what_it_lacks(three: Config, store: SqliteStore) -> None:
    fill(store, "w1", "2024-06")
    fill(store, "w2", "2024-06", days=17)  # 18 are needed

    found = basis(three, store, "water.good_ratio", "city:shenzhen", "2024-06")

    without = {each.station: each for each in found.excluded_sections}
    assert set(without) == {"w2", "w3"}
    assert without["w2"].lacks["tp"] == "17/18 d"
    assert without["w3"].lacks["ph"] == "0/18 d"


def test_a_section_without_a_target_does_not_enter_attainment(three: Config, store: SqliteStore) -> None:
    for section in ("w1", "w2", "w3"):
        fill(store, section, "2024-06")

    found = basis(three, store, "water.target_attainment", "city:shenzhen", "2024-06")

    assert [(e.station, e.reason) for e in found.excluded_sections] == [("w3", "no target class in the register")]


def test_sections_are_told_by_what_the_figure_were_without_them(three: Config, store: SqliteStore) -> None:
    fill(store, "w1", "2024-06")
    fill(store, "w2", "2024-06")
    fill(store, "w3", "2024-06", nh3n=1.8)  # class V

    moved = basis(three, store, "water.good_ratio", "city:shenzhen", "2024-06").moved_most

    # 2 of 3, 66.7 %; without w3 2 of 2; without one of the others 1 of 2
    assert [(each.station, each.water_class, str(each.moved)) for each in moved] == [
        ("w3", 5, "-33.3"), ("w1", 1, "16.7"), ("w2", 1, "16.7"),
    ]  # fmt: skip


def test_of_a_single_section_months_are_told(three: Config, store: SqliteStore) -> None:
    for month in ("04", "05"):
        fill(store, "w1", f"2024-{month}", nh3n=0.4)
    fill(store, "w1", "2024-06", nh3n=2.5)

    found = basis(three, store, "water.worst_class", "station:w1", "2024-Q2")

    # mean (0.4 + 0.4 + 2.5) / 3 = 1.10: class IV; without June 0.40: class II; without April (0.4 + 2.5) / 2 = 1.45: IV
    assert [(each.month, each.water_class, str(each.moved)) for each in found.moved_most] == [("2024-06", 6, "2")]
    assert found.sections[0].months == {"2024-04": 2, "2024-05": 2, "2024-06": 6}


def test_months_that_an_item_lacks_are_told(three: Config, store: SqliteStore) -> None:
    fill(store, "w1", "2024-04")
    fill(store, "w1", "2024-05", days=3)
    fill(store, "w1", "2024-06")

    (section,) = basis(three, store, "water.worst_class", "station:w1", "2024-Q2").sections

    item = next(each for each in section.items if each.item == "codmn")
    assert (item.months, item.months_expected, item.months_needed) == (2, 3, 2)  # 8 of 12 is 2 of 3
    # May has 31 days: 18 are needed of it as of every whole month
    assert [(each.month, each.days, each.needed) for each in item.lacks] == [("2024-05", 3, 18)]
    assert section.water_class == 1


@pytest.mark.parametrize(("language", "text"), [("zh", "氨氮(0.4)"), ("en", "ammonia nitrogen(0.4)")])
def test_the_command_prints_the_explanation_and_json_has_the_same(
    language: str, text: str, qingjing: Qingjing, three: Config, store: SqliteStore, tmp_path: Path
) -> None:
    fill(store, "w1", "2024-06", nh3n=1.4)
    derivation.derive(three, store)
    options = ("--config", three.directory, "--data", tmp_path, "--lang", language)
    command = ("explain", "water.good_ratio", "--scope", "city:shenzhen", "--period", "2024-06")

    printed = "".join(qingjing(*options, *command).stdout.split())

    assert text.replace(" ", "") in printed.replace("│", "")
    assert "w3" in printed
    if language == "en":
        told = json.loads(qingjing(*options, *command, "--json").stdout)["basis"]
        assert (told["medium"], told["sections"][0]["water_class"]) == ("water", 4)
        assert told["items"]["nh3n"]["unit"] == "mg/L"
