"""Targets of plans as a user asks for them, and reported figures: one city, one station of air, two years.

In 2020 PM2.5 is 20 on all days but the 15 of `BAD`, on which it is 200 (AQI 250); 2019 has 40 days.
"""

import datetime as dt
import json
import re
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from aggregations import periods
from aggregations.plans import Verdict
from ingestor import config, derivation, verdicts
from ingestor.cli import common
from ingestor.config import Config
from ingestor.notices import compliance
from ingestor.store import SqliteStore
from sensors.errors import ConfigError
from tests import air_world
from tests.air_world import CLEAN
from tests.support import ROOT

BAD = [dt.date(2020, 1, 5) + dt.timedelta(days=5 * n) for n in range(15)]  # the last on 15 March
LAST = dt.date(2020, 10, 31)
PLAN = """
id = "{id}"
title = "计划"
title_en = "Plan"
year = {year}
jurisdiction = "city:shenzhen"
source = "test"
{head}
"""
TARGET = """
[[target]]
id = "{id}"
name = "{id}"
name_en = "{id}"
comparison = "{comparison}"
{limit}
unit = "{unit}"
text = "t"
{more}
"""


def target(
    name: str, comparison: str, limit: str, unit: str, indicator: str = "", scope: str = "city:shenzhen", more: str = ""
) -> str:
    judged = f'indicator = "{indicator}"\nscope = "{scope}"' if indicator else ""
    return TARGET.format(id=name, comparison=comparison, limit=limit, unit=unit, more=f"{judged}\n{more}")


TARGETS = (
    target("pm25", "<=", "limit = 35", "ug/m3", "air.annual_mean.pm25"),
    target("strict", "<=", "limit = 7", "ug/m3", "air.annual_mean.pm25"),
    target("good-days", ">=", "limit = 95", "%", "air.good_day_ratio"),
    target("good-days-96", ">=", "limit = 97", "%", "air.good_day_ratio"),
    target("heavy-days", "<=", "limit = 10", "d", "air.heavy_pollution_days"),
    target("nowhere", "<=", "limit = 35", "ug/m3", "air.annual_mean.pm25", "city:fengxian"),
    target("sections", ">=", "limit = 100", "%", "water.target_attainment", "list:assessed"),
    target("province", ">=", "limit_open = true", "%", "air.good_day_ratio"),
    target("waste", ">=", "limit = 100", "%"),
    target("vehicles", ">=", "limit = 60000", "vehicles", more="cumulative = true"),
    target("emissions", "<=", "limit = -14.7", "%"),
)
REPORTED = """
[[reported]]
target = "waste"
period = "2020-01-01..2020-03-31"
value = 99.0
count = 99
of = 100
text = "first quarter"
"""
LISTS = "[lists]\nassessed = []\n[sizes]\nassessed = 13"


class City:
    """Configuration and data of the city; commands run on them in this process, in English unless told otherwise."""

    def __init__(self, loaded: Config, data: Path) -> None:
        self.loaded, self.data = loaded, data

    def __call__(self, *arguments: object, lang: str = "en") -> str:
        where = ["--config", str(self.loaded.directory), "--data", str(self.data), "--lang", lang]
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(common.out, "width", 200)
            done = CliRunner().invoke(common.app, [*where, *map(str, arguments)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return " ".join(re.sub("[│┃]", " ", done.stdout).split()) if "--json" not in arguments else done.stdout

    def verdicts(self, day: str, plan: str = "town-2020") -> dict[str, Verdict]:
        """The verdicts of a plan on a day by target, as `targets --json` has them."""
        with closing(SqliteStore(self.data / "qingjing.sqlite3")) as store:
            found = verdicts.evaluate(self.loaded, store, self.loaded.plans[plan], dt.date.fromisoformat(day))
        return {each.target.id: each for each in found}

    def statuses(self, day: str, plan: str = "town-2020") -> dict[str, tuple[str, str]]:
        """Status and rule of each target on a day."""
        return {name: (each.status, each.rule) for name, each in self.verdicts(day, plan).items()}


@pytest.fixture(scope="module")
def derived(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The city, derived."""
    folder = tmp_path_factory.mktemp("targets")
    configuration = Path(shutil.copytree(ROOT / "config", folder / "config"))
    for plan in (configuration / "plans").glob("*.toml"):
        plan.unlink()
    header = "id,name,name_en,city,district,lon,lat,since,until"
    (configuration / "stations" / "air.csv").write_text(f"{header}\nsz-a01,一站,One,shenzhen,,,,2010-01-01,\n")
    this_year = PLAN.format(id="town-2020", year=2020, head=LISTS) + "".join(TARGETS) + REPORTED
    (configuration / "plans" / "town-2020.toml").write_text(this_year, encoding="utf-8")
    last_year = PLAN.format(id="town-2019", year=2019, head="") + TARGETS[0] + TARGETS[2]
    (configuration / "plans" / "town-2019.toml").write_text(last_year, encoding="utf-8")
    data = folder / "data"
    data.mkdir()
    days = [dt.date(2019, 1, 1) + dt.timedelta(days=n) for n in range(40)]
    days += [dt.date(2020, 1, 1) + dt.timedelta(days=n) for n in range((LAST - dt.date(2020, 1, 1)).days + 1)]
    loaded = config.load(configuration)
    with closing(SqliteStore(data / "qingjing.sqlite3")) as store:
        readings = [
            each
            for day in days
            for each in air_world.day_of("sz-a01", str(day), CLEAN | {"pm25": 200.0 if day in BAD else 20.0})
        ]
        air_world.put(store, *readings)
        derivation.derive(loaded, store)
    return City(loaded, data)


@pytest.fixture
def run(derived: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    """The city with data that a test may change; its configuration is read once, which is half of a command."""
    monkeypatch.setattr(common.Options, "load", lambda _: derived.loaded)
    return City(derived.loaded, Path(shutil.copytree(derived.data, tmp_path / "data")))


def targets(run: City, *arguments: object) -> dict[str, dict[str, Any]]:
    found = json.loads(run("targets", "--plan", "town-2020", *arguments, "--json"))
    return {each["target"]["id"]: each for each in found["targets"]}


def test_statuses_in_the_middle_of_the_year_name_their_rules(run: City) -> None:
    # Up to 30 June 182 days, 15 bad: mean (167 * 20 + 15 * 200) / 182 = 34.8, so 35; good 91.8 %.
    # With the year's 366 days: 351 good at best, 95.9 %; a sum of 6,340 is 17.3 a day at best; 15 heavy days are 15.
    assert run.statuses("2020-06-30") == {
        "pm25": ("on_track", "holds_so_far"),
        "strict": ("missed", "cannot_hold"),
        "good-days": ("at_risk", "fails_so_far"),
        "good-days-96": ("missed", "cannot_hold"),
        "heavy-days": ("missed", "cannot_hold"),
        "nowhere": ("insufficient", "no_stations"),
        "sections": ("insufficient", "no_stations"),
        "province": ("insufficient", "limit_open"),
        "waste": ("at_risk", "fails_so_far"),
        "vehicles": ("insufficient", "not_reported"),
        "emissions": ("insufficient", "not_reported"),
    }


def test_room_says_what_is_left_and_what_is_assumed(run: City) -> None:
    found = targets(run, "--as-of", "2020-06-30")
    mean, share = found["pm25"]["room"], found["good-days"]["room"]

    # 35.5 * 366 - 6,340 = 6,653 over 184 days: 36.15, below 35.5 a day rounds to 35 (35.5 itself to the even 36)
    assert (mean["rest"], mean["counted"], mean["all_valid"]["mean"]) == (184, "days", 36.1)
    assert (mean["tomorrow"]["value"], mean["tomorrow"]["holds"]) == (35, True)  # 6,360 / 183 = 34.75
    # 95 % as printed of 366: 347.5 of 366 is 94.9, 348 is 95.1: 18 bad days, of which 15 were
    assert (share["all_valid"]["may_fail"], share["at_capture"]["units"]) == (3, 184)
    table = run("targets", "--plan", "town-2020", "--as-of", "2020-06-30")
    assert "184 days left: mean at most 36.1 ug/m3" in table
    assert "tomorrow as today: 35 ug/m3" in table
    assert "if all that is left becomes valid" in table
    chinese = run("targets", "--plan", "town-2020", "--as-of", "2020-06-30", lang="zh")
    assert "余184天：可再超标3" in chinese
    assert "余下时间已无法达到" in chinese


def test_a_year_that_ends_with_too_little_data_decides_nothing(run: City) -> None:
    # 40 days of January and February, and nothing more
    assert run.statuses("2019-12-31", "town-2019") == {
        "pm25": ("insufficient", "too_little_data"),
        "good-days": ("insufficient", "too_little_data"),
    }
    assert "2019-02: 9 of at least 25 valid days" in run("targets", "--plan", "town-2019", "--as-of", "2019-12-31")


def test_targets_without_stations_or_number_say_so_in_both_languages(run: City) -> None:
    english = run("targets", "--plan", "town-2020", "--as-of", "2020-06-30")
    chinese = run("targets", "--plan", "town-2020", "--as-of", "2020-06-30", lang="zh")
    for text in ("no station registered", "0 of 13 that the plan speaks of are listed", "the plan names no number"):
        assert text in english
    for text in ("无登记站点", "计划所指13个，已列入0个", "计划未定目标值"):
        assert text in chinese


def test_a_month_stands_beside_the_year_to_its_end(run: City) -> None:
    found = json.loads(run("targets", "--plan", "town-2020", "--month", "2020-03", "--json"))
    (march,) = found["months"]
    views = {each["verdict"]["target"]["id"]: each for each in march["targets"]}

    # Three bad days (5, 10, 15) of 31; 15 of 91 in the year
    assert (views["good-days"]["figure"]["value"], views["good-days"]["holds"]) == (90.3, False)
    assert views["good-days"]["verdict"]["figure"]["value"] == 83.5
    assert (found["as_of"], march["month"]) == ("2020-03-31", "2020-03")
    assert "90.3 %" in run("targets", "--plan", "town-2020", "--month", "2020-03")


def test_a_year_is_shown_month_by_month_up_to_the_day(run: City) -> None:
    found = json.loads(run("targets", "--plan", "town-2020", "--year", "--as-of", "2020-04-15", "--json"))
    assert [each["month"] for each in found["months"]] == ["2020-01", "2020-02", "2020-03", "2020-04"]
    last = {each["verdict"]["target"]["id"]: each for each in found["months"][-1]["targets"]}
    assert last["pm25"]["figure"]["period"] == "2020-04-01..2020-04-15"
    table = run("targets", "--plan", "town-2020", "--year", "--as-of", "2020-04-15", lang="zh")
    assert "2020-03" in table
    assert "年初以来" in table


def test_another_edition_is_shown_beside_what_is_in_force_where_they_differ(run: City) -> None:
    asked = ("targets", "--plan", "town-2020", "--as-of", "2020-06-30", "--judge-by", "GB 3095-2026 final")
    found = targets(run, *asked[3:])["pm25"]

    assert (found["judged_by"], found["figure"]["mode"], found["figure"]["value"]) == (
        "GB 3095-2026 final", "all_2031", 34.8,
    )  # fmt: skip
    (other,) = found["by_edition"]
    assert (other["judged_by"], other["figure"]["mode"], other["figure"]["value"]) == ("in_force", "by_date", 35)
    assert "judged by GB 3095-2026 final; by the editions in force: 35 ug/m3, on track" in run(*asked)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--month", "2019-06"], "--month: expected a month of 2020 such as 2020-06, got '2019-06'"),
        (["--month", "2020-06", "--year"], "--month: expected it or --year, got both"),
        (["--month", "2020-06", "--as-of", "2020-05-31"], "--month: expected one that has begun by 2020-05-31"),
        (["--month", "2020-06", "--outlook"], "--outlook: expected it of a day, got it with --month or --year"),
        (["--judge-by", "GB 1"], "--judge-by: expected in_force, all_2012, .*, got 'GB 1'"),
        (["--as-of", "2019-06-30"], "as-of: expected a day from 2020-01-01 on for plan town-2020, got 2019-06-30"),
    ],
)
def test_what_cannot_be_asked_is_refused(run: City, arguments: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        run("targets", "--plan", "town-2020", *arguments)


def test_verdicts_of_all_days_agree_with_those_of_a_new_evaluation(derived: City) -> None:
    # What an evaluator has read once it uses for other days, too.
    with closing(SqliteStore(derived.data / "qingjing.sqlite3")) as store:
        plan = derived.loaded.plans["town-2020"]
        one = verdicts.Evaluator(derived.loaded, store, plan)
        for day in (dt.date(2020, 2, 3), dt.date(2020, 10, 31), dt.date(2020, 3, 31)):
            assert one.verdicts(day) == verdicts.evaluate(derived.loaded, store, plan, day)


# --- reported figures

SET = ("report-figure", "set", "--plan", "town-2020", "--by", "李雷", "--source", "报告 p. 3")


def test_the_latest_of_several_reports_of_a_year_counts_and_all_are_kept(run: City) -> None:
    run(*SET, "--target", "vehicles", "--period", "2020-Q1", "--value", "14000", "--unit", "vehicles")
    run(*SET, "--target", "vehicles", "--date", "2020-06-30", "--value", "31000", "--unit", "vehicles")
    run(*SET, "--target", "vehicles", "--date", "2020-09-30", "--value", "60500", "--unit", "vehicles")

    # A figure that only grows: 60,000 * 91 / 366 = 14,918 and * 182 / 366 = 29,836 keep pace; beyond it, it is met.
    assert [run.statuses(day)["vehicles"] for day in ("2020-03-30", "2020-03-31", "2020-07-31", "2020-10-01")] == [
        ("insufficient", "not_reported"),
        ("at_risk", "behind_pace"),
        ("on_track", "on_pace"),
        ("met", "cannot_fail"),
    ]
    assert run.statuses("2020-12-31")["vehicles"] == ("met", "cannot_fail")
    listed = json.loads(run("report-figure", "list", "--target", "vehicles", "--json"))
    assert [(each["report"]["value"], each["state"], each["holds"]) for each in listed] == [
        (14000, "earlier", False), (31000, "earlier", False), (60500, "counts", True),
    ]  # fmt: skip
    assert {each["report"]["source"] for each in listed} == {"报告 p. 3"}
    assert {each["report"]["by"] for each in listed} == {"李雷"}


def test_a_report_of_a_part_of_the_year_decides_no_year(run: City) -> None:
    assert run.statuses("2020-12-31")["waste"] == ("insufficient", "reported_part")  # the plan's own, of March
    run(*SET, "--target", "waste", "--date", "2020-12-31", "--count", "200", "--of", "200")
    assert run.statuses("2020-12-31")["waste"] == ("met", "year_holds")


def test_a_cut_may_be_reported_below_nought(run: City) -> None:
    run(*SET, "--target", "emissions", "--date", "2020-12-31", "--value", "-15.2", "--unit", "%")
    assert run.statuses("2020-12-31")["emissions"] == ("met", "year_holds")
    run(*SET, "--target", "emissions", "--date", "2020-12-31", "--value", "-14.6", "--unit", "%")
    assert run.statuses("2020-12-31")["emissions"] == ("missed", "year_fails")


def test_327_of_365_is_entered_as_its_percentage(run: City) -> None:
    run(*SET, "--target", "waste", "--date", "2020-12-31", "--count", "327", "--of", "365")
    found = run.verdicts("2020-12-31")["waste"]
    assert found.figure is not None
    assert (str(found.figure.value), found.figure.valid, found.figure.expected) == ("89.6", 327, 365)
    assert found.reported is not None
    assert (found.status, found.reported.by) == ("missed", "李雷")


def test_an_entry_that_is_undone_gives_way_to_the_one_before(run: City) -> None:
    for value in ("99.5", "100"):
        run(*SET, "--target", "waste", "--date", "2020-12-31", "--value", value, "--unit", "%")
    assert run.statuses("2020-12-31")["waste"][0] == "met"
    run("report-figure", "undo", "2", "--reason", "typo", "--by", "li")

    assert run.statuses("2020-12-31")["waste"][0] == "missed"
    listed = run("report-figure", "list", "--plan", "town-2020")
    assert "undone" in listed
    assert "undoes 2" in listed
    assert "typo" in listed
    in_force = json.loads(run("report-figure", "list", "--in-force", "--target", "waste", "--json"))
    assert [each["report"]["value"] for each in in_force] == [99.0, 99.5]
    with pytest.raises(ConfigError, match=r"^ID: expected an entry in force, got 2: it was undone by 3; see "):
        run("report-figure", "undo", "2", "--reason", "typo", "--by", "li")
    with pytest.raises(ConfigError, match="got 9: there is none"):
        run("report-figure", "undo", "9", "--reason", "typo", "--by", "li")


def test_what_is_reported_of_a_target_of_readings_stands_beside_it(run: City) -> None:
    run(*SET, "--target", "good-days", "--period", "2020-H1", "--count", "173", "--of", "182")
    found = targets(run, "--as-of", "2020-06-30")["good-days"]
    assert (found["status"], found["figure"]["value"], found["reported"]["value"]) == ("at_risk", 91.8, 95.1)
    assert "as reported up to 2020-06-30: 95.1 % (173 of 182), holds" in run(
        "targets", "--plan", "town-2020", "--as-of", "2020-06-30"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--target", "pm25", "--date", "2020-06-30", "--value", "35", "--unit", "mg/m3"],
            "--unit: expected 'ug/m3', the unit of pm25, got 'mg/m3'; convert the value, a unit is never guessed",
        ),
        (["--target", "pm25", "--date", "2020-06-30", "--value", "35"], "--unit: expected 'ug/m3', .*, got ''"),
        (
            ["--target", "pm25", "--date", "2020-06-30", "--value", "35 ug/m3", "--unit", "ug/m3"],
            "--value: expected a number such as 8.4, without its unit, got '35 ug/m3'",
        ),
        (["--target", "pm25", "--date", "2020-06-30", "--value", "nan", "--unit", "ug/m3"], "--value: expected a numb"),
        (
            ["--target", "pm25", "--date", "2020-06-30", "--count", "1", "--of", "2"],
            "--count: expected it of a percentage only, got unit 'ug/m3'",
        ),
        (["--target", "waste", "--date", "2020-06-30", "--count", "9"], "--of: expected it beside count, got nothing"),
        (
            ["--target", "waste", "--date", "2020-06-30", "--count", "9", "--of", "8"],
            "--count: expected a part of 8, got 9",
        ),
        (["--target", "waste", "--date", "2020-06-30", "--count", "0", "--of", "0"], "--count: expected a part of 0"),
        (["--target", "waste", "--date", "2020-06-30", "--count", "-1", "--of", "8"], "--count: expected a whole num"),
        (
            ["--target", "waste", "--date", "2020-06-30", "--count", "327", "--of", "365", "--value", "89.5"],
            "--value: expected 89.6, which 327 of 365 is, got 89.5",
        ),
        (
            ["--target", "waste", "--date", "2021-01-31", "--value", "9", "--unit", "%"],
            "--date: expected a day of 2020",
        ),
        (["--target", "waste", "--date", "soon", "--value", "9", "--unit", "%"], "--date: expected a date such as"),
        (["--target", "waste", "--value", "9", "--unit", "%"], "--date: expected it or --period, got neither"),
        (
            ["--target", "waste", "--date", "2020-06-30", "--value", "-9", "--unit", "%"],
            "--value: expected a percentage from 0 to 100, got -9",
        ),
        (["--target", "wast", "--date", "2020-06-30", "--value", "9", "--unit", "%"], "--target: expected one of pm25"),
        (["--target", "waste", "--date", "2020-06-30"], "--value: expected a number, or count and of, got nothing"),
        (
            ["--target", "waste", "--date", "2020-06-30", "--value", "9", "--unit", "%", "--source", " "],
            "--source: expected a text of one line",
        ),
    ],
)
def test_a_report_that_is_wrong_is_refused(run: City, arguments: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        run(*SET, *arguments)
    assert json.loads(run("report-figure", "list", "--plan", "town-2020", "--json"))[-1]["report"]["id"] == 0


def test_the_same_report_twice_is_refused(run: City) -> None:
    given = (*SET, "--target", "waste", "--date", "2020-06-30", "--value", "98", "--unit", "%")
    run(*given)
    with pytest.raises(ConfigError, match=r"^report-figure: expected a figure that does not hold already, got entry 1"):
        run(*given)


def test_a_file_of_reports_is_entered_whole_or_not_at_all(run: City, tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    header = "plan,target,date,value,unit,source,by,count,of\n"
    good = "town-2020,waste,2020-12-31,,,年报,li,95,100\ntown-2020,vehicles,2020-12-31,61000,vehicles,年报,li,,\n"
    file.write_text(f"{header}{good}town-2020,pm25,2020-12-31,35,mg/m3,年报,li,,\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"reports\.csv: line 4: unit: expected 'ug/m3', .*, got 'mg/m3'"):
        run("report-figure", "import", file)
    assert run.statuses("2020-12-31")["vehicles"] == ("insufficient", "not_reported")

    file.write_text(f"{header}{good}", encoding="utf-8")
    assert "2 figures entered (1 - 2)" in run("report-figure", "import", file)
    assert run.statuses("2020-12-31")["vehicles"] == ("met", "year_holds")
    figure = run.verdicts("2020-12-31")["waste"].figure
    assert figure is not None
    assert str(figure.value) == "95.0"


def test_month_of_a_plan_is_told_with_lists_that_are_empty_and_by_the_edition_of_each_target(run: City) -> None:
    plan = run.loaded.plans["town-2020"]
    judged = msgspec.structs.replace(
        plan,
        target=[msgspec.structs.replace(each, judge_by="all_2031") if each.indicator else each for each in plan.target],
    )
    with closing(SqliteStore(run.data / "qingjing.sqlite3")) as store:
        for of_plan in (plan, judged):
            rows = compliance.facts_of(run.loaded, store, of_plan, periods.parse("2020-02"), None, unclosed=False).rows
            views = verdicts.Evaluator(run.loaded, store, of_plan).month(periods.parse("2020-02"), dt.date(2020, 2, 29))
            assert [(row.target, row.month) for row in rows] == [
                (view.verdict.target.id, None if view.figure is None else view.figure.value) for view in views
            ]
    assert {row.target: row.rule for row in rows}["sections"] == "no_stations"


def test_outlook_beside_targets_is_that_of_the_command_of_its_name(run: City) -> None:
    arguments = ("--plan", "town-2020", "--as-of", "2020-02-29", "--json")
    beside = json.loads(run("targets", *arguments, "--outlook"))["outlooks"]
    alone = {each["target"]: each["outlook"] for each in json.loads(run("outlook", *arguments))["targets"]}
    assert beside == alone
    table = run("targets", *arguments[:-1], "--outlook")
    assert "chance of meeting it" in table
    assert "chance of meeting it" not in run("targets", *arguments[:-1])


def test_json_of_targets_has_all_of_a_verdict(run: City) -> None:
    text = run("targets", "--plan", "town-2020", "--as-of", "2020-06-30", "--json")
    limits = {each.id: each.limit for each in run.loaded.plans["town-2020"].target}
    found = msgspec.json.decode(text, type=dict[str, Any])["targets"]
    assert {each["target"]["id"]: each["target"]["limit"] for each in found} == {
        name: None if limit is None else float(limit) for name, limit in limits.items()
    }
    assert found[0].keys() == set(Verdict.__struct_fields__)
