"""`qingjing standards` as a user runs it."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.support import ROOT

Qingjing = Callable[..., CompletedProcess[str]]


def told(qingjing: Qingjing, *arguments: object) -> Any:
    return json.loads(qingjing("standards", *arguments, "--json").stdout)


def test_standards_lists_every_file_with_its_digest(qingjing: Qingjing) -> None:
    files = [path.read_bytes() for path in (ROOT / "config" / "standards").glob("*.toml")]

    found = told(qingjing)
    assert sorted(each["digest"] for each in found) == sorted(hashlib.sha256(text).hexdigest()[:12] for text in files)
    assert {each["role"].partition(".")[0] for each in found} == {"air", "water", "noise"}


def test_standards_says_how_many_rules_were_not_read(qingjing: Qingjing) -> None:
    transitional = next(each for each in told(qingjing, "--medium", "air") if each["from"] == "2026-03-01")

    assert (transitional["id"], transitional["until"], transitional["staged_from"], transitional["confirmed"]) == (
        "GB 3095-2026 transitional",
        "2031-01-01",
        None,
        False,
    )
    assert transitional["unconfirmed_rules"] == ["month_alone", "part_of_year"]


@pytest.mark.parametrize(
    ("language", "title"),
    [([], "声环境质量标准"), (["--lang", "en"], "Environmental quality")],
)
def test_standards_prints_a_table_in_chinese_or_english(qingjing: Qingjing, language: list[str], title: str) -> None:
    printed = qingjing(*language, "standards", "--medium", "noise").stdout

    assert title in printed
    assert "GB 3096-2008" in printed
    assert "GB 3095" not in printed


def test_standards_on_a_day_tells_the_editions_and_their_rules(qingjing: Qingjing) -> None:
    found = told(qingjing, "--on", "2026-02-28", "--medium", "air")

    assert found["on"] == "2026-02-28"
    assert [each["edition"]["id"] for each in found["roles"]] == [
        "GB 3095-2012",
        "HJ 633-2012",
        "HJ 663-2013",
        "Air ranking 2014",
        "Sand dust 2016",
    ]
    assert found["roles"][0]["rules"]["day_hours"] == {
        "text": "a daily mean needs 20 hours",
        "zh": "日均值：每日至少有20个小时均值",
        "clause": "table 4",
        "confirmed": True,
    }


def test_standards_prints_rules_and_clauses_in_chinese(qingjing: Qingjing) -> None:
    on = qingjing("--lang", "zh", "standards", "--on", "2026-11-22", "--medium", "air").stdout
    diff = qingjing("--lang", "zh", "standards", "--diff", "GB 3095-2012", "GB 3095-2026 transitional").stdout

    for printed in (on, diff):
        unwrapped = re.sub(r"[\s│┃]", "", printed)
        assert "6.4和表4" in unwrapped
        assert not {"dailymean", "andtable", "samples"} & set(re.findall("dailymean|andtable|samples", unwrapped))


def test_standards_on_a_day_of_the_stages_tells_both(qingjing: Qingjing) -> None:
    printed = qingjing("--lang", "en", "standards", "--on", "2015-12-31", "--medium", "air").stdout

    assert "air: limits · 2015-12-31: none\n" in printed
    assert re.search(r"air: limits · GB 3095-2012 .*\[first cities\]", " ".join(printed.split()))


def test_standards_diff_is_four_cells_and_the_state_of_gases(qingjing: Qingjing) -> None:
    found = told(qingjing, "--diff", "GB 3095-2012", "GB 3095-2026 transitional")

    assert (found["role"], found["from"]["id"], found["to"]["id"]) == (
        "air.limits",
        "GB 3095-2012",
        "GB 3095-2026 transitional",
    )
    assert {each["path"]: (each["from"], each["to"]) for each in found["values"]} == {  # air.md, 2.1 and 2.4
        "year_limit.pm10": (70, 60),
        "day_limit.pm10": (150, 120),
        "year_limit.pm25": (35, 30),
        "day_limit.pm25": (75, 60),
        "gas_state[first].kelvin": (273.15, 298.15),
        "gas_state[2018-09-01].kelvin": (298.15, None),
    }
    assert {each["rule"]: each["change"] for each in found["rules"]}["stages"] == "dropped"


def test_standards_diff_prints_nothing_that_is_equal(qingjing: Qingjing) -> None:
    printed = qingjing("standards", "--diff", "HJ 633-2012", "HJ 633-2026").stdout

    rows = re.findall(r"^│ (\S+) +│ (\S+) +│ (\S+) +│$", printed.partition("规则")[0], re.MULTILINE)
    assert sorted(rows) == [
        ("hourly_missing_item", "others", "none_unless_exceeding"),
        ("item.o3_8h.above", "o3_1h", "top"),
        ("item.pm10.breakpoints[2]", "150", "120"),
        ("item.pm25.breakpoints[2]", "75", "60"),
        ("item.so2_1h.above", "so2", "top"),
    ]


def test_standards_diff_of_a_corrected_file_shows_the_correction(qingjing: Qingjing, config_copy: Path) -> None:
    before = next(each for each in told(qingjing) if each["id"] == "HJ 663-2026")
    file = config_copy / "standards" / "hj663-2026.toml"
    file.write_text(file.read_text().replace("moving_years = 3", "moving_years = 1"))

    found = json.loads(
        qingjing("--config", config_copy, "standards", "--diff", "HJ 663-2013", "HJ 663-2026", "--json").stdout
    )
    assert [each["path"] for each in found["values"]] == ["mean_decimals.pm25"]
    assert found["to"]["digest"] != before["digest"]


def test_standards_modes_tells_the_editions_of_each(qingjing: Qingjing) -> None:
    found = told(qingjing, "--modes")

    assert list(found) == ["by_date", "all_2012", "all_2026", "all_2031"]
    assert found["all_2026"] == {
        "air.limits": ["GB 3095-2026 transitional"],
        "air.index": ["HJ 633-2026"],
        "air.evaluation": ["HJ 663-2026"],
    }
    assert "all_2031" in qingjing("standards", "--modes").stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--on", "yesterday"], "--on: expected a date such as 2026-03-01, got 'yesterday'"),
        (["--on", "2026-02-30"], "--on: expected a date such as 2026-03-01, got '2026-02-30'"),
        (["--medium", "soil"], "--medium: expected one of air, water, noise, got 'soil'"),
        (["--diff", "GB 3095-2012", "GB 3095"], "--diff: expected one of GB 3095-2012, .*, got 'GB 3095'"),
        (
            ["--diff", "GB 3095-2012", "HJ 633-2026"],
            "--diff: expected two editions of one role, got 'GB 3095-2012' of air.limits and 'HJ 633-2026' of .*",
        ),
        (["--on", "2026-03-01", "--modes"], "standards: expected one of --on, --diff and --modes, got several of them"),
        (["--modes", "--medium", "air"], "--medium: expected alone or with --on, got --diff or --modes"),
    ],
)
def test_standards_tells_a_mistake_in_one_line(qingjing: Qingjing, arguments: list[str], text: str) -> None:
    done = qingjing("standards", *arguments, code=2)

    assert re.fullmatch(f"qingjing: {text}\n", done.stderr)
    assert done.stdout == ""


def test_standards_help_teaches_by_examples(qingjing: Qingjing) -> None:
    printed = qingjing("standards", "--help").stdout

    assert '\n  qingjing standards --diff "GB 3095-2012" "GB 3095-2026 transitional"\n' in printed
