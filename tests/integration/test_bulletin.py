"""Bulletins of a small city: three air stations, five sections, four monitors; June of two years, May, a part of July.

In July only air and noise send, up to the 12th. Expected figures are those of `indicators`, `compare` and `ranking`.
"""

import contextlib
import datetime as dt
import html
import io
import math
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import openpyxl
import pytest

from aggregations import periods
from aggregations.comparison import Change
from aggregations.indicators import INDICATORS
from aggregations.targets import Published
from aggregations.water import CLASS_NAMES
from ingestor import air_quality, comparisons, config, derivation, evaluation, scopes, target_words
from ingestor.bulletin import wording
from ingestor.bulletin.contents import Bulletin
from ingestor.bulletin.files import write
from ingestor.bulletin.gathering import gather, with_outlooks
from ingestor.bulletin.page import page
from ingestor.bulletin.text import notice_text
from ingestor.bulletin.workbook import workbook
from ingestor.config import Config
from ingestor.notices import compliance
from ingestor.notices.texts import message
from ingestor.outlook import outlooks
from ingestor.outlook_words import chance_printed, range_printed
from ingestor.store import SqliteStore
from ingestor.verdicts import Evaluator
from ingestor.writing import PAPER
from sensors.errors import ConfigError
from sensors.register import Register
from tests import bulletin_world
from tests.bulletin_world import CITY, PLAN
from tests.support import server

SCRIPT = "<script>alert('1')</script>"
LONG = "深圳市龙岗区坂田街道雪岗北路与吉华路交叉口东北角人行天桥北侧声环境自动监测站甲一"
FORMULA = '=HYPERLINK("http://example.org";"x")'
NAMES = {"c-a001": SCRIPT, "c-n001": LONG, "c-w002": FORMULA, "c-w003": "@SUM(1)", "c-w004": "-1+1", "c-w005": "+86"}
LEVEL_NAMES = {1: "优", 2: "良", 3: "轻度污染", 4: "中度污染", 5: "重度污染", 6: "严重污染"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Config, SqliteStore, Path]]:
    """The city and its store, and the folder of both."""
    assert len(LONG) == 40
    folder = tmp_path_factory.mktemp("bulletin")
    loaded = config.load(bulletin_world.configuration(folder / "config", air=3, water=5, noise=4, changed=NAMES))
    (folder / "data").mkdir()
    store = SqliteStore(folder / "data" / "qingjing.sqlite3")
    for first, last in (("2019-06-01", "2019-06-30"), ("2020-05-01", "2020-06-30")):
        bulletin_world.fill(store, loaded.register, first, last)
    without_water = Register([each for each in loaded.register.stations if each.medium != "water"])
    bulletin_world.fill(store, without_water, "2020-07-01", "2020-07-12")
    derivation.derive(loaded, store)
    yield loaded, store, folder
    store.close()


def made(world: tuple[Config, SqliteStore, Path], month: str) -> Bulletin:
    loaded, store, _ = world
    return gather(loaded, store, loaded.plans[PLAN], periods.parse(month))


@pytest.fixture(scope="module")
def june(world: tuple[Config, SqliteStore, Path]) -> Bulletin:
    return made(world, "2020-06")


@pytest.fixture(scope="module")
def june_page(june: Bulletin) -> str:
    return page(june, "zh")


@pytest.fixture(scope="module")
def july(world: tuple[Config, SqliteStore, Path]) -> Bulletin:
    return made(world, "2020-07")


@pytest.fixture(scope="module")
def july_page(july: Bulletin) -> str:
    return page(july, "zh")


def rows_of(text: str) -> list[list[str]]:
    """The texts of the cells of every row of a page."""
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[html.unescape(re.sub(r"<[^>]*>", " ", cell)).strip() for cell in row] for row in cells]


def first_line(text: str) -> str:
    """What a reader sees first on a page."""
    body = text.partition("<body>")[2]
    return next(line for line in re.sub(r"<[^>]*>", "\n", body).splitlines() if line.strip())


# --- figures ---


def test_figures_are_those_of_the_indicators_of_the_month_and_the_year_so_far(
    june: Bulletin, world: tuple[Config, SqliteStore, Path]
) -> None:
    loaded, store, _ = world
    for period, of in (("2020-06", lambda row: row.month), ("2020-H1", lambda row: row.to_date)):
        names = [name for section in june.sections for name in section.rows]
        expected = evaluation.all_figures(loaded, store, f"city:{CITY}", periods.parse(period), names=names)
        found = [of(row) for section in june.sections for row in section.rows.values()]
        assert found == expected
        assert len(found) > 25


def test_page_prints_these_figures(june_page: str, world: tuple[Config, SqliteStore, Path]) -> None:
    loaded, store, _ = world
    names = ["air.good_day_ratio", "air.annual_mean.pm25", "water.good_ratio", "noise.night_attainment"]
    found = evaluation.all_figures(loaded, store, f"city:{CITY}", periods.parse("2020-06"), names=names)
    rows = rows_of(june_page)
    for figure in found:
        row = next(row for row in rows if len(row) >= 7 and row[0] == INDICATORS[figure.indicator].name_zh)
        assert row[1] == str(figure.value) + ("%" if figure.unit == "%" else " μg/m³")
        assert row[3] == f"{figure.valid}/{figure.expected}"


def test_changes_are_those_of_compare(june: Bulletin, world: tuple[Config, SqliteStore, Path]) -> None:
    loaded, store, _ = world
    names = [name for section in june.sections for name in section.rows]
    expected = comparisons.changes(loaded, store, f"city:{CITY}", periods.parse("2020-06"), names=names)
    assert [row.change for section in june.sections for row in section.rows.values()] == expected
    assert any(change.change for change in expected)


def test_targets_stand_first_with_their_status(june: Bulletin, june_page: str, world: object) -> None:
    loaded, store, _ = world  # type: ignore[misc]
    assert june.verdicts == evaluation.evaluate(loaded, store, loaded.plans[PLAN], dt.date(2020, 6, 30))
    rows = rows_of(june_page)
    assert [row[0] for row in rows[1:6]] == [each.target.name for each in june.verdicts]
    assert rows[1][3] == "≤25 μg/m³"
    assert rows[5][1].endswith("待填报")


def test_page_text_and_workbook_say_room_rule_and_outlook_as_the_commands_do(
    june: Bulletin, june_page: str, world: tuple[Config, SqliteStore, Path]
) -> None:
    loaded, store, _ = world
    plan, day = loaded.plans[PLAN], dt.date(2020, 6, 30)
    assert june.outlooks == {}
    assert "年底达标概率" not in june_page
    june = with_outlooks(loaded, store, june)
    assert june.outlooks == {target.id: found for target, found in outlooks(loaded, store, plan, day)}
    table = page(june, "zh").partition("余量与年底展望")[2].partition("</table>")[0]
    rows = {row[0]: row for row in rows_of(table)[1:]}
    with_room = [each for each in june.verdicts if each.room is not None]
    assert len(with_room) == 3
    for verdict in with_room:
        assert verdict.room is not None
        row = rows[verdict.target.name]
        assert target_words.room_of(verdict.target, verdict.room, "zh", PAPER) in row[1]
        outlook = june.outlooks[verdict.target.id]
        assert row[2] == chance_printed(outlook.chance, "zh", PAPER)
        assert row[3] == ("无数据足够的往年可参照" if outlook.central is None else range_printed(outlook, "zh", PAPER))
    book = openpyxl.load_workbook(io.BytesIO(workbook(june, "en")))["Targets"]
    head = [cell.value for cell in book[2]]
    for cells, verdict in zip(book.iter_rows(min_row=3), june.verdicts, strict=True):
        named = dict(zip(head, (cell.value for cell in cells), strict=True))
        assert named["rule that decided"] == target_words.RULES[verdict.rule]["en"]
        assert (named["room left"] is None) == (verdict.room is None)
        chance = june.outlooks[verdict.target.id].chance
        assert named["chance of meeting it (0 to 1)"] == (None if chance is None else round(chance, 3))


def test_what_was_reported_and_other_editions_stand_beside_the_targets(
    june: Bulletin, world: tuple[Config, SqliteStore, Path]
) -> None:
    loaded, store, _ = world
    plan = loaded.plans[PLAN]
    report = Published(target="pm25", period="2020-01-01..2020-06-30", value=Decimal(23), text="bulletin of June")
    changed = msgspec.structs.replace(plan, reported=[report])
    views = Evaluator(loaded, store, changed).month(june.period, june.as_of)
    other = msgspec.structs.replace(views[1].verdict, status="missed")
    judged = msgspec.structs.replace(views[1].verdict, judged_by="all_2031", by_edition=[other])
    views[1] = msgspec.structs.replace(views[1], verdict=judged)
    found = msgspec.structs.replace(june, targets=views, outlooks={})
    text = page(found, "zh").partition("二、")[0]
    assert "上报至2020-06-30：23 μg/m³，达到" in text
    assert "统一按2031年起的限值评价；按现行标准：" in text
    assert "按统一按" not in text


def test_notice_of_a_month_and_text_of_its_bulletin_are_one(
    june: Bulletin, world: tuple[Config, SqliteStore, Path]
) -> None:
    loaded, store, _ = world
    facts = compliance.facts_of(loaded, store, loaded.plans[PLAN], periods.parse("2020-06"), None, unclosed=False)
    for language in ("zh", "en"):
        told = message(loaded, facts, language, level="info", number=None).text  # type: ignore[arg-type]
        said = notice_text(june, language).split("\n\n")[1].splitlines()[1:]  # type: ignore[arg-type]
        assert len(said) == 6
        assert [line.removeprefix("- ") for line in told.splitlines()[:6]] == said
    assert "余184天：均值不超过" in notice_text(june)


def test_reported_figure_is_told_with_its_own_last_day(june: Bulletin, world: tuple[Config, SqliteStore, Path]) -> None:
    loaded, store, _ = world
    report = Published(target="old-vehicles", period="2020-01-01..2020-03-31", value=Decimal(20000), text="a report")
    changed = msgspec.structs.replace(loaded.plans[PLAN], reported=[report])
    views = Evaluator(loaded, store, changed).month(june.period, june.as_of)
    found = msgspec.structs.replace(june, targets=views)
    assert "淘汰老旧车：上报至2020年3月31日20000辆（目标≥60000辆），有风险。" in notice_text(found)
    assert "上报至2020-03-31：20000辆，未达到" in page(found, "zh").partition("二、")[0]


def test_calendar_shows_the_index_of_each_day_in_the_colour_and_words_of_its_level(
    june_page: str, world: tuple[Config, SqliteStore, Path]
) -> None:
    loaded, store, _ = world
    days = air_quality.of_days(loaded, store, scopes.resolve(loaded, f"city:{CITY}"), periods.parse("2020-06"))
    calendar = june_page.partition('<table class="calendar">')[2].partition("</table>")[0]
    cells = re.findall(r'background:(#\w+);color:#\w+"><i>(\d+)</i><b>(\d+)</b><em>(.*?)</em>', calendar)
    assert cells == [
        (day.colour, str(day.start.day), str(day.aqi), LEVEL_NAMES[day.level or 0]) for day in days
    ]  # fmt: skip
    assert len(cells) == 30
    assert re.findall(r"<td", calendar)[:1]
    assert calendar.count("<tr>") == 6  # 1 June 2020 is a Monday: a head and five weeks


def test_sections_by_month_have_the_class_of_the_indicator_in_its_colour(
    june: Bulletin, june_page: str, world: tuple[Config, SqliteStore, Path]
) -> None:
    loaded, store, _ = world
    for each in june.water.sections:
        scope = f"station:{each.station.id}"
        of = {
            month: evaluation.compute(loaded, store, "water.class", scope, periods.parse(month))
            for month in ("2020-04", "2020-05", "2020-06", "2019-06")
        }
        assert [m.class_ for m in each.months[3:]] == [int(of[m].value or 0) for m in ("2020-04", "2020-05", "2020-06")]
        assert each.before == int(of["2019-06"].value or 0)
        target = CLASS_NAMES.index(str(each.station.target_class))
        assert [m.attains for m in each.months[3:]] == [None, *(m.class_ <= target for m in each.months[4:])]
    row = next(row for row in rows_of(june_page) if row[0] == FORMULA)
    assert row[3:7] == ["—"] * 4
    classes = ["Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ"]
    june_class = june.water.sections[1].months[5]
    assert row[8] == classes[june_class.class_ - 1] + ("" if june_class.attains else "×")


def test_hours_of_zones_are_energy_means_of_the_valid_hours(
    june: Bulletin, world: tuple[Config, SqliteStore, Path]
) -> None:
    loaded, store, _ = world
    start = loaded.start_of(dt.date(2020, 6, 1))
    zone = next(each for each in june.noise.zones if each.zone == "2")
    monitors = [each.id for each in loaded.register.of("noise") if each.zone_class == "2"]
    assert len(monitors) == zone.monitors == 2
    for hour in (0, 8, 23):
        levels = [
            leq
            for monitor in monitors
            for time, leq in store.read("noise_hour", monitor, start, start + 30 * 86_400, ["leq"])
            if (time - start) // 3600 % 24 == hour and leq is not None
        ]
        mean = 10 * math.log10(math.fsum(10 ** (leq / 10) for leq in levels) / len(levels))
        assert zone.hours.levels[hour] == Decimal(f"{mean:.1f}")
        assert zone.hours.counts[hour] == len(levels)
    assert june.noise.parts == ["night"] * 6 + ["day"] * 16 + ["night"] * 2


def test_zones_and_monitors_have_the_figures_of_the_indicators(
    june: Bulletin, world: tuple[Config, SqliteStore, Path]
) -> None:
    loaded, store, _ = world
    month = periods.parse("2020-06")
    assert [each.zone for each in june.noise.zones] == ["1", "2", "3"]
    for zone in june.noise.zones:
        name = f"noise.night_attainment.{zone.zone}"
        assert zone.attainment["night"].month == evaluation.compute(loaded, store, name, f"city:{CITY}", month)
        before = evaluation.compute(loaded, store, name, f"city:{CITY}", periods.parse("2019-06"))
        change = zone.attainment["night"].change
        assert change is not None
        assert change.before == before
    for monitor in june.noise.monitors:
        scope = f"station:{monitor.station.id}"
        expected = evaluation.compute(loaded, store, "noise.mean_level.day", scope, month)
        assert monitor.levels["day"] == expected


def test_ranking_is_that_of_the_command(june: Bulletin, world: tuple[Config, SqliteStore, Path]) -> None:
    loaded, store, _ = world
    for among, found in ((f"stations:{CITY}", june.air.places), (f"districts:{CITY}", june.air.districts)):
        expected = comparisons.ranking(
            loaded, store, INDICATORS["air.composite_index"], comparisons.contenders(loaded, among, "air"),
            periods.parse("2020-06"),
        )  # fmt: skip
        assert [(each.place, each.name, each.composite.value, each.largest) for each in found] == [
            (each.place, each.name, each.figure.value, each.largest) for each in expected
        ]
        assert len(found) == 3


# --- what limits the figures ---


def test_whole_month_with_enough_data_says_nothing_before_its_title(june: Bulletin, june_page: str) -> None:
    assert not june.unfinished
    assert wording.cautions(june, "zh") == []
    assert first_line(june_page) == "深圳市（模拟）2020年6月生态环境质量通报"
    assert notice_text(june).startswith("深圳市（模拟）2020年6月生态环境质量通报\n")


def test_unfinished_month_says_so_on_its_first_line(july: Bulletin, july_page: str) -> None:
    said = "未满月：2020年7月监测数据截至2020年7月12日，本期为2020年7月1日—12日的阶段性数据，不代表全月。"
    assert first_line(july_page) == said
    assert notice_text(july).splitlines()[0] == said
    book = openpyxl.load_workbook(io.BytesIO(workbook(july, "zh")))
    assert [sheet.cell(1, 1).value for sheet in book] == [said] * len(book.sheetnames)
    assert str(july.period) == "2020-07-01..2020-07-12"
    assert july.as_of == dt.date(2020, 7, 12)
    assert "\n7月1日—12日，优良天数为" in notice_text(july)
    assert "在 JSON 中" not in july_page
    assert july.air.rows["air.good_days"].month.expected == 12
    assert notice_text(july, "en").startswith("Not a whole month: readings of July 2020 end on 12 July 2020")


def test_medium_without_data_says_so_in_its_section(july: Bulletin, july_page: str) -> None:
    assert july.water.state == "no data"
    assert wording.cautions(july, "zh")[1] == "缺少数据：地表水本月无监测数据。"
    text = july_page.partition("三、地表水")[2].partition("四、")[0]
    assert "本月无监测数据，不作评价。" in text
    assert "<svg" not in text


def test_month_without_any_data_is_a_bulletin_that_says_so(world: tuple[Config, SqliteStore, Path]) -> None:
    february = made(world, "2020-02")
    said = "本期无监测数据：2020年2月未收到任何监测数据，各项指标均不作评价。"
    assert first_line(page(february, "zh")) == said
    assert notice_text(february).startswith(said)
    assert {each.state for each in february.sections} == {"no data"}
    openpyxl.load_workbook(io.BytesIO(workbook(february, "zh")))


def test_thin_month_marks_its_figures(world: tuple[Config, SqliteStore, Path], tmp_path: Path) -> None:
    loaded, _, _ = world
    with contextlib.closing(SqliteStore(tmp_path / "thin.sqlite3")) as store:
        bulletin_world.fill(store, loaded.register, "2020-06-01", "2020-06-08")
        bulletin_world.fill(store, loaded.register, "2020-06-29", "2020-06-30")
        derivation.derive(loaded, store)
        thin = gather(loaded, store, loaded.plans[PLAN], periods.parse("2020-06"))
    assert not thin.unfinished
    text = page(thin, "zh")
    assert first_line(text).startswith("有效数据不足：环境空气、")
    row = next(row for row in rows_of(text) if row[0] == "优良天数比例" and len(row) > 6)
    assert row[1].endswith("% ?")
    assert row[2] == "—"
    assert "（数据不足，不作评价）" in notice_text(thin)


def test_empty_store_and_a_city_with_one_station(tmp_path: Path) -> None:
    loaded = config.load(bulletin_world.configuration(tmp_path / "config", air=1, water=0, noise=0))
    with contextlib.closing(SqliteStore(tmp_path / "s.sqlite3")) as store:
        month = periods.parse("2020-06")
        empty = gather(loaded, store, loaded.plans[PLAN], month)
        assert [each.state for each in empty.sections] == ["no data", "none registered", "none registered"]
        for language in ("zh", "en"):
            write(empty, tmp_path / "out", language)  # type: ignore[arg-type]
        assert first_line((tmp_path / "out" / f"{PLAN}-2020-06-en.html").read_text()).startswith("No data:")
        bulletin_world.fill(store, loaded.register, "2020-06-01", "2020-06-30")
        derivation.derive(loaded, store)
        alone = gather(loaded, store, loaded.plans[PLAN], month)
    text = page(alone, "zh")
    assert len(alone.air.places) == 1
    assert wording.cautions(alone, "zh") == []
    assert text.count("未登记监测点位。") == 2
    assert text.count("<svg") == 4
    assert alone.air.rows["air.good_day_ratio"].change is not None
    assert alone.air.rows["air.good_day_ratio"].change.change is None


def test_january_has_no_year_so_far(world: tuple[Config, SqliteStore, Path], tmp_path: Path) -> None:
    loaded, _, _ = world
    with contextlib.closing(SqliteStore(tmp_path / "s.sqlite3")) as store:
        bulletin_world.fill(store, loaded.register, "2020-01-01", "2020-01-31")
        derivation.derive(loaded, store)
        january = gather(loaded, store, loaded.plans[PLAN], periods.parse("2020-01"))
    assert {row.to_date for section in january.sections for row in section.rows.values()} == {None}
    assert "1—1月" not in page(january, "zh").partition("二、")[2]
    assert notice_text(january).count("优良天数比例为") == 1


# --- safe, alone, the same ---


def test_names_are_escaped_and_nothing_comes_from_elsewhere(june: Bulletin, june_page: str) -> None:
    for text in (june_page, page(june, "en")):
        assert "<script" not in text.lower()
        assert html.escape(SCRIPT, quote=False).replace("'", "&#39;") in text
        assert re.findall(r'(?:src|href)="(?!#)', text) == []
        assert "url(" not in text
        assert "@import" not in text
        assert "default-src 'none'" in text
        assert LONG in text


def test_workbook_has_numbers_as_numbers_and_no_formula(june: Bulletin) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(june, "zh")))
    assert book.sheetnames[:4] == ["目标", "空气", "地表水", "噪声"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    formulas = [cell for cell in cells if cell.data_type == "s" and str(cell.value)[0] in "=+-@"]
    assert {cell.value for cell in formulas} == {FORMULA, "@SUM(1)", "-1+1", "+86"}
    assert all(cell.quotePrefix for cell in formulas)
    for sheet in book:
        assert sheet.freeze_panes == "B3"
        assert all(6 <= of.width <= 48 for of in sheet.column_dimensions.values())


def test_workbook_has_every_figure_with_its_basis(june: Bulletin) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(june, "en")))
    for section, name in zip(june.sections, ("Air", "Water", "Noise"), strict=True):
        sheet = book[name]
        head = [cell.value for cell in sheet[2]]
        rows = [
            dict(zip(head, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=3)
        ]  # fmt: skip
        found = {(row["id"], row["period"]): row for row in rows}
        for indicator, of in section.rows.items():
            row = found[indicator, "2020-06"]
            assert of.month.value is not None
            assert Decimal(str(row["printed value"])) == of.month.value
            assert row["before rounding (exact)"] == of.month.exact
            assert (row["valid"], row["expected"]) == (of.month.valid, of.month.expected)
            assert row["sufficient"] == "yes"
            assert all(f"{edition} ({digest})" in row["editions"] for edition, digest in of.month.editions.items())
            assert all(edition in row["rules"] for edition in of.month.rules)
    assert book["Air"]["E3"].number_format == "0.0"


def test_same_store_and_configuration_give_the_same_bytes(
    june: Bulletin, june_page: str, world: tuple[Config, SqliteStore, Path], tmp_path: Path
) -> None:
    files = [file.read_bytes() for file in write(made(world, "2020-06"), tmp_path / "a", "zh")]
    assert files == [june_page.encode(), workbook(june, "zh"), notice_text(june).encode()]
    with zipfile.ZipFile(tmp_path / "a" / f"{PLAN}-2020-06.xlsx") as book:
        assert {entry.date_time[:3] for entry in book.infolist()} == {(1980, 1, 1)}


def test_month_of_another_year_and_a_folder_that_is_none_are_errors(
    world: tuple[Config, SqliteStore, Path], tmp_path: Path, june: Bulletin
) -> None:
    with pytest.raises(ConfigError, match=r"--month: expected a month of 2020, .* got 2019-06"):
        made(world, "2019-06")
    with pytest.raises(ConfigError, match="--month: expected a month of 2020"):
        made(world, "2020")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="--out: expected a directory that can be written"):
        write(june, tmp_path / "file", "zh")


def test_command_writes_three_files_and_names_them(
    world: tuple[Config, SqliteStore, Path], qingjing: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    folder = world[2]
    where = ("--config", folder / "config", "--data", folder / "data")
    done = qingjing(
        *where,
        "--lang",
        "zh",
        "bulletin",
        "--plan",
        PLAN,
        "--month",
        "2020-07",
        "--lang",
        "en",
        "--out",
        "out",
        "--json",
    )  # fmt: skip
    said = msgspec.json.decode(done.stdout)
    assert said["files"] == {kind: f"out/{PLAN}-2020-07-en.{kind}" for kind in ("html", "xlsx", "txt")}
    assert sorted(str(each.relative_to(tmp_path)) for each in (tmp_path / "out").iterdir()) == sorted(
        said["files"].values()
    )
    assert (said["period"], len(said["targets"])) == ("2020-07-01..2020-07-12", 5)
    assert said["cautions"][0].startswith("Not a whole month")
    wrong = qingjing(*where, "bulletin", "--plan", "nothing", "--month", "2020-06", code=2)
    assert f"--plan: expected one of {PLAN}" in wrong.stderr


# --- wording ---


@pytest.mark.parametrize(
    ("kind", "unit", "now", "before", "zh", "en"),
    [
        ("percent", "ug/m3", "13", "14", "同比下降7.1%", "down 7.1% on a year ago"),
        ("points", "%", "83.0", "82.0", "同比上升1.0个百分点", "up 1.0 pp on a year ago"),
        ("difference", "d", "9", "10", "同比减少1天", "down 1 d on a year ago"),
        ("difference", "dB", "52.6", "52.7", "同比下降0.1 dB", "down 0.1 dB on a year ago"),
        ("percent", "ug/m3", "13", "13", "同比持平", "as a year ago"),
    ],
)
def test_changes_are_said_as_official_bulletins_say_them(
    kind: str, unit: str, now: str, before: str, zh: str, en: str, june: Bulletin
) -> None:
    amount = {"percent": Decimal("-7.1"), "points": Decimal("1.0")}.get(kind, Decimal(now) - Decimal(before))
    amount = Decimal("0.0") if now == before else amount
    figure = msgspec.structs.replace(june.air.rows["air.good_days"].month, unit=unit, value=Decimal(now), label="")
    change = Change(
        now=figure, before=msgspec.structs.replace(figure, value=Decimal(before)), kind=kind, change=amount,  # type: ignore[arg-type]
        direction="flat" if now == before else "better", why=[], editions_differ=False,
    )  # fmt: skip
    assert wording.change_said(change, "zh") == zh
    assert wording.change_said(change, "en") == en


def test_notice_says_the_month_in_official_words(june: Bulletin) -> None:
    text = notice_text(june)
    rows = june.air.rows
    pm25 = rows["air.annual_mean.pm25"]
    assert f"PM2.5平均浓度为{pm25.month.value} μg/m³，{wording.change_said(pm25.change, 'zh')}" in text
    assert f"优良天数比例为{rows['air.good_day_ratio'].month.value}%" in text
    assert [line for line in text.splitlines() if re.match("[一二三四]、", line)] == [
        "一、年度目标进展", "二、环境空气", "三、地表水", "四、功能区声环境",
    ]  # fmt: skip
    assert "数据未经审核" in text


# --- in a browser ---

MEASURE = """<!DOCTYPE html><meta charset="utf-8"><pre id="out"></pre>
<iframe src="page.html" style="width:1280px;height:900px"></iframe>
<iframe src="page.html" style="width:390px;height:900px"></iframe>
<script>addEventListener("load", () => {
  out.textContent = [frames[0], frames[1]].map(f => {
    const root = f.document.documentElement;
    const drawings = [...f.document.querySelectorAll("svg")].map(svg => svg.getBoundingClientRect());
    const fit = drawings.every(box => box.height > 100 && box.right <= root.clientWidth + 1);
    return [root.clientWidth, root.scrollWidth, drawings.length, fit];
  }).join(" ");
})</script>"""


def test_page_fits_a_screen_and_a_telephone_and_prints(june_page: str, tmp_path: Path) -> None:
    chromium = [
        server("chromium"),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}/profile",
    ]
    (tmp_path / "page.html").write_text(june_page, encoding="utf-8")
    (tmp_path / "measure.html").write_text(MEASURE, encoding="utf-8")

    def run(*arguments: str) -> str:
        return subprocess.run(
            [*chromium, *arguments], capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path
        ).stdout

    dom = run("--allow-file-access-from-files", "--dump-dom", (tmp_path / "measure.html").as_uri())
    wide, narrow = re.findall(r"(\d+),(\d+),(\d+),(\w+)", dom.partition('id="out">')[2].partition("<")[0])
    for clients, scrolls, drawings, fit in (wide, narrow):
        assert int(scrolls) <= int(clients)
        assert (drawings, fit) == ("8", "true")
    run("--print-to-pdf=page.pdf", "--no-pdf-header-footer", (tmp_path / "page.html").as_uri())
    pdf = (tmp_path / "page.pdf").read_bytes()
    pages = re.findall(rb"/Type\s*/Page\b", pdf)
    assert 4 <= len(pages) <= 12
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox\s*\[([^\]]*)\]", pdf)}
    assert all(abs(box[2] - 595) < 1.5 and abs(box[3] - 842) < 1.5 for box in boxes)  # A4
    shutil.rmtree(tmp_path / "profile", ignore_errors=True)
