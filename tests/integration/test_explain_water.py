"""Explaining figures of water, from readings in a real store to what the command prints; expected by hand."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Final

import pytest
from rich.console import Console

from aggregations import periods
from aggregations.indicators import INDICATORS
from ingestor import config, derivation, explanation_tables, tables
from ingestor.config import Config
from ingestor.explanation import Explanation, explanation
from ingestor.explanation_water import NOT_ABOUT, WaterBasis
from ingestor.store import Arrival, SqliteStore
from ingestor.words import Language
from sensors import flags
from sensors.reading import Reading
from tests.conftest import Qingjing

HOURS_4 = 4 * 3600
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
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


def sample(store: SqliteStore, section: str, day: str, *, below: tuple[str, ...] = (), **items: float) -> None:
    """A manual sample at noon."""
    time = int(dt.datetime.fromisoformat(f"{day}T12:00:00+08:00").timestamp())
    values = tuple(
        (item, value, flags.BELOW_DETECTION if item in below else flags.GOOD) for item, value in items.items()
    )
    store.commit([Arrival("import-lab", "t", 0.0, b"", [Reading("water", section, 0, time, values)], [])])
    store.drain()


def test_months_that_rest_on_manual_samples_have_their_class_and_are_named(three: Config, store: SqliteStore) -> None:
    fill(store, "w1", "2024-04")
    sample(store, "w1", "2024-05-10", **(CLEAN | {"nh3n": 1.4}))  # class IV
    fill(store, "w1", "2024-06")

    (section,) = basis(three, store, "water.class", "station:w1", "2024-Q2").sections

    assert section.months == {"2024-04": 1, "2024-05": 4, "2024-06": 1}
    ammonia = next(each for each in section.items if each.item == "nh3n")
    assert (ammonia.manual_months, ammonia.samples, ammonia.months, ammonia.lacks) == (["2024-05"], 1, 3, [])


def test_a_month_is_left_out_with_its_manual_samples(three: Config, store: SqliteStore) -> None:
    for month in ("04", "06"):
        fill(store, "w1", f"2024-{month}", nh3n=0.4)
    sample(store, "w1", "2024-05-10", **(CLEAN | {"nh3n": 2.2}))

    moved = basis(three, store, "water.mean.nh3n", "station:w1", "2024-Q2").moved_most

    # (0.4 + 2.2 + 0.4) / 3 = 1.0; without May 0.4; without April or June (2.2 + 0.4) / 2 = 1.3
    assert [(each.month, str(each.moved)) for each in moved] == [
        ("2024-05", "0.6"), ("2024-04", "-0.3"), ("2024-06", "-0.3"),
    ]  # fmt: skip


def test_a_target_that_changed_is_told_with_its_days_and_the_months_it_failed(
    three: Config, store: SqliteStore
) -> None:
    (three.directory / "target-changes.csv").write_text("station,from,target_class\nw1,2024-06-01,II\n")
    loaded = config.load(three.directory)
    for month in ("05", "06"):
        fill(store, "w1", f"2024-{month}", nh3n=0.8)  # class III

    (section,) = basis(loaded, store, "water.month_attainment", "station:w1", "2024-05-01..2024-06-30").sections

    assert [(str(each.first), each.target_class) for each in section.targets] == [
        ("2024-05-01", "III"), ("2024-06-01", "II"),
    ]  # fmt: skip
    assert (section.target_class, section.months_failed) == ("II", ["2024-06"])


def test_a_month_left_out_leaves_the_targets_of_the_others(three: Config, store: SqliteStore) -> None:
    (three.directory / "target-changes.csv").write_text("station,from,target_class\nw1,2024-06-01,II\n")
    loaded = config.load(three.directory)
    for month in ("04", "05", "06"):
        fill(store, "w1", f"2024-{month}", nh3n=0.8)  # class III

    moved = basis(loaded, store, "water.month_attainment", "station:w1", "2024-Q2").moved_most

    # 2 of 3 months; without June 2 of 2, without one of the others 1 of 2
    assert [(each.month, str(each.moved)) for each in moved] == [
        ("2024-06", "-33.3"), ("2024-04", "16.7"), ("2024-05", "16.7"),
    ]  # fmt: skip


def test_results_below_the_limit_and_suspect_ones_are_counted_and_found(three: Config, store: SqliteStore) -> None:
    fill(store, "w1", "2024-06")
    time = int(dt.datetime.fromisoformat("2024-06-03T00:00:00+08:00").timestamp())
    values = (("nh3n", 0.02, flags.BELOW_DETECTION), ("tp", 20.0, flags.GOOD))  # 0.02 mg/L sent in ug/L
    store.commit([Arrival("native", "t", 0.0, b"", [Reading("water", "w1", HOURS_4, time, values)], [])])
    store.drain()
    sample(store, "w1", "2024-06-10", cu=0.006, below=("cu",))

    (section,) = basis(three, store, "water.class", "station:w1", "2024-06").sections

    by_item = {each.item: each for each in section.items}
    assert (by_item["nh3n"].below, by_item["cu"].below, by_item["codmn"].below) == (1, 1, 0)
    assert (by_item["tp"].suspect, by_item["tp"].suspect_days) == (1, [dt.date(2024, 6, 3)])
    assert str(by_item["cu"].mean) == "0.003"  # half of it


def test_items_of_samples_alone_are_named_among_the_main_ones(
    qingjing: Qingjing, three: Config, store: SqliteStore, tmp_path: Path
) -> None:
    fill(store, "w1", "2024-06")
    sample(store, "w1", "2024-06-10", cod=26.0)
    derivation.derive(three, store)
    command = ("explain", "water.good_ratio", "--scope", "station:w1", "--period", "2024-06")

    printed = qingjing("--config", three.directory, "--data", tmp_path, *command).stdout

    assert "化学需氧量(0.3)" in "".join(printed.replace("│", "").split())  # (26 - 20) / 20
    assert "手工监测：化学需氧量" in printed


@pytest.fixture
def roles(three: Config) -> Config:
    """A section, a source with its intake, and a body under the black-odour programme, of one city."""
    (three.directory / "stations" / "water.csv").write_text(
        "id,name,name_en,city,district,lon,lat,water,body,target_class,since,until,intake,role,patrol_days\n"
        "w1,断面1,Section 1,shenzhen,,,,河,river,III,,,,,\n"
        "s1,水源1,Source 1,shenzhen,,,,库,lake,II,,,10,source,\n"
        "k1,涌1,Creek 1,shenzhen,,,,涌,river,,,,,black_odour,7\n",
        encoding="utf-8",
    )
    return config.load(three.directory)


@pytest.mark.parametrize(
    ("name", "told", "others"),
    [
        ("water.good_ratio", "w1", {"s1", "k1"}),
        ("water.source_attainment", "s1", {"w1", "k1"}),
        ("water.trophic_index", "s1", {"w1", "k1"}),
        ("water.black_odorous", "k1", {"w1", "s1"}),
        ("water.patrol_overdue", "k1", {"w1", "s1"}),
    ],
)
def test_only_the_sections_that_a_figure_is_about_are_told(
    name: str, told: str, others: set[str], roles: Config, store: SqliteStore
) -> None:
    for section in ("w1", "s1"):
        fill(store, section, "2024-06")
        sample(store, section, "2024-06-10", chla=0.01, sd=100.0, tn=1.0)
    for day in ("03", "10", "17"):
        sample(store, "k1", f"2024-06-{day}", sd=5.0, do=0.1, orp=-300.0, nh3n=20.0)

    found = basis(roles, store, name, "city:shenzhen", "2024-06")

    assert [each.station for each in found.sections] == [told]
    about = {each.station for each in found.excluded_sections if each.reason == NOT_ABOUT}
    assert about == others
    # Were the only one left out, the figure would be that of sections of other roles: nothing moves it.
    assert found.moved_most == []


def test_samples_of_black_odorous_bodies_are_told_with_their_grades(roles: Config, store: SqliteStore) -> None:
    sample(store, "k1", "2024-06-03", sd=20.0, do=1.0)  # below 25 cm and 2 mg/L: light
    sample(store, "k1", "2024-06-10", sd=5.0)  # below 10 cm: heavy

    (section,) = basis(roles, store, "water.black_odorous", "city:shenzhen", "2024-06").sections

    assert [(str(each.day), each.grade) for each in section.samples] == [("2024-06-03", 1), ("2024-06-10", 2)]
    assert {each.item: str(each.limit) for each in section.items} == {
        "sd": "25", "do": "2.0", "orp": "50", "nh3n": "8.0",
    }  # fmt: skip


def test_every_indicator_of_water_is_explained_in_both_languages(roles: Config, store: SqliteStore) -> None:
    for section in ("w1", "s1"):
        fill(store, section, "2024-06")
        sample(store, section, "2024-06-10", cod=30.0, tn=1.0, cu=0.002, below=("cu",))
    sample(store, "k1", "2024-06-03", sd=20.0, do=1.0)
    derivation.derive(roles, store)
    stray = re.compile("[\u4e00-\u9fff，、；：（）] [\u4e00-\u9fff，、；：（）]")

    for name in (name for name in INDICATORS if name.startswith("water.")):
        for scope in ("city:shenzhen", "station:w1", "river:shenzhen/涌"):
            found = explanation(roles, store, name, scope, periods.parse("2024-06"))
            assert tables.as_json(found)
            for language in LANGUAGES:
                text = text_of(found, language).partition("依据")[0]
                assert language == "en" or not stray.search(text), text


def text_of(found: Explanation, language: Language) -> str:
    console = Console(file=StringIO(), width=100)
    for each in explanation_tables.explained(found, language):
        console.print(each, soft_wrap=isinstance(each, str))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
    return text


def test_a_sample_of_shallow_water_has_the_grade_that_the_figure_gives_it(roles: Config, store: SqliteStore) -> None:
    # 9 cm of transparency are heavy, but not in 20 cm of water: 40 % of it are 8 cm
    for day in ("03", "10", "17"):
        sample(store, "k1", f"2024-06-{day}", sd=9.0, do=5.0, depth=20.0)
    derivation.derive(roles, store)
    found = explanation(roles, store, "water.black_odorous", "city:shenzhen", periods.parse("2024-06"))

    assert found.figure.value == 0
    assert isinstance(found.basis, WaterBasis)
    (section,) = found.basis.sections
    assert [each.grade for each in section.samples] == [0, 0, 0]
    assert str(section.samples[0].values["depth"]) == "20.0"


def test_points_due_are_told_as_those_overdue(roles: Config, store: SqliteStore) -> None:
    sample(store, "k1", "2024-06-23", do=5.0)

    found = basis(roles, store, "water.patrol_due", "city:shenzhen", "2024-06")

    assert [(each.station, str(each.last_sample)) for each in found.sections] == [("k1", "2024-06-23")]


def test_items_that_are_not_a_sections_own_are_told_as_not_judged(three: Config, store: SqliteStore) -> None:
    file = three.directory / "stations" / "water.csv"
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([head + ",own_items", *(f"{row},fluoride" for row in rows)]), encoding="utf-8")
    fill(store, "w1", "2024-06")
    sample(store, "w1", "2024-06-10", cod=99.0, fluoride=1.2)  # COD is none of 5+X
    derivation.derive(config.load(three.directory), store)
    found = explanation(config.load(three.directory), store, "water.class", "station:w1", periods.parse("2024-06"))

    assert isinstance(found.basis, WaterBasis)
    (section,) = found.basis.sections
    assert (section.water_class, [m.item for m in section.main_items]) == (4, ["fluoride"])
    assert {each.item for each in section.items if not each.judged} == {"cod"}
    assert "不参评" in "".join(text_of(found, "zh").replace("│", "").split())


def test_a_source_is_told_with_all_that_it_fails_by(roles: Config, store: SqliteStore) -> None:
    # sulphate 300 of 250 mg/L: 0.2; COD 25 of 20: 0.2 (class IV)
    fill(store, "s1", "2024-06", tp=0.02)
    sample(store, "s1", "2024-06-10", cod=25.0, so4=300.0, cl=10.0, no3n=1.0, fe=0.1, mn=0.05)

    (section,) = basis(roles, store, "water.source_attainment", "city:shenzhen", "2024-06").sections

    assert section.water_class == 4
    assert [(m.item, m.water_class, str(m.multiple)) for m in section.main_items] == [
        ("cod", 4, "0.2"), ("so4", 0, "0.2"),
    ]  # fmt: skip


def test_the_index_of_a_city_is_told_without_each_section_as_it_were_computed(
    three: Config, store: SqliteStore
) -> None:
    rest = {
        "cod": 12.0, "bod5": 2.0, "cu": 0.002, "zn": 0.02, "fluoride": 0.3, "se": 0.0002, "arsenic": 0.001,
        "hg": 0.00002, "cd": 0.00005, "cr6": 0.002, "pb": 0.0005, "cn": 0.002, "vp": 0.0003, "oil": 0.01, "las": 0.03,
        "sulfide": 0.005,
    }  # fmt: skip
    for section, nh3n in (("w1", 0.4), ("w2", 1.0)):
        sample(store, section, "2024-06-10", **(CLEAN | rest | {"nh3n": nh3n}))

    found = basis(three, store, "water.cwqi", "city:shenzhen", "2024-06")

    # Only ammonia nitrogen differs: mean 0.7 of 1.0; without w2 0.4, without w1 1.0. w3 has nothing and moves nothing.
    assert [(each.station, str(each.moved)) for each in found.moved_most] == [("w2", "0.3"), ("w1", "-0.3")]


def test_a_station_that_does_not_count_in_the_period_is_no_lack_of_data(three: Config, store: SqliteStore) -> None:
    file = three.directory / "stations" / "water.csv"
    text = file.read_text(encoding="utf-8")
    text = text.replace("河,river,III,,\nw3", "河,river,III,2024-07-01,\nw3")  # w2, not yet
    file.write_text(text.replace("河,river,,,", "河,river,,,2024-06-01"), encoding="utf-8")  # w3, no more
    loaded = config.load(three.directory)
    fill(store, "w1", "2024-06")
    derivation.derive(loaded, store)

    figure = explanation(loaded, store, "water.good_ratio", "city:shenzhen", periods.parse("2024-06")).figure

    assert (figure.valid, figure.expected, figure.sufficient) == (1, 1, True)
