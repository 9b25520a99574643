"""What people and machines read of the standards: order, days, marks, words in both languages."""

import datetime as dt
import re
from decimal import Decimal
from io import StringIO

import msgspec
import pytest
from rich.console import Console
from rich.table import Table

from aggregations.standards import ROLES, AirLimits, Rule, Standard
from aggregations.standards.differences import Value, differences
from ingestor import standards_tables
from ingestor.config import Config
from ingestor.tables import Language


def as_text(table: Table | str) -> str:
    console = Console(file=StringIO(), width=200)
    console.print(table)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
    return text


def limits_of_2012(shipped: Config) -> Standard:
    return shipped.standards.on(AirLimits, dt.date(2020, 1, 1))


def test_editions_stand_by_role_and_day(shipped: Config) -> None:
    found = standards_tables.in_order(shipped.standards, "air")

    assert [each.edition.id for each in found[:4]] == [
        "GB 3095-2012",
        "GB 3095-2026 transitional",
        "GB 3095-2026 final",
        "HJ 633-2012",
    ]


@pytest.mark.parametrize(("medium", "n"), [("air", 9), ("water", 7), ("noise", 3), (None, 19)])
def test_editions_are_those_of_the_medium(shipped: Config, medium: str | None, n: int) -> None:
    assert len(standards_tables.in_order(shipped.standards, medium)) == n


def test_every_role_holds_one_edition_now(shipped: Config) -> None:
    found = standards_tables.in_force(shipped.standards, dt.date(2026, 11, 22), None)

    assert [(role, first_cities) for role, first_cities, each in found if each] == [(role, False) for role in ROLES]


def test_cities_of_early_stages_are_told_where_they_differ(shipped: Config) -> None:
    found = standards_tables.in_force(shipped.standards, dt.date(2015, 12, 31), "air")

    assert [(role, first_cities, each.edition.id if each else None) for role, first_cities, each in found] == [
        ("air.limits", False, None),
        ("air.limits", True, "GB 3095-2012"),
        ("air.index", False, None),
        ("air.index", True, "HJ 633-2012"),
        ("air.evaluation", False, "HJ 663-2013"),
        ("air.ranking", False, "Air ranking 2014"),
        ("air.events", False, None),
    ]


def test_sets_are_those_of_the_modes(shipped: Config) -> None:
    found = standards_tables.sets(shipped.standards)

    assert found["all_2031"] == {
        "air.limits": ["GB 3095-2026 final"],
        "air.index": ["HJ 633-2026"],
        "air.evaluation": ["HJ 663-2026"],
    }
    assert found["by_date"]["air.index"] == ["HJ 633-2012", "HJ 633-2026"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "true"),
        (False, "false"),
        (Decimal("0.0025"), "0.0025"),
        (3, "3"),
        ("top", "top"),
        (("so2", "no2"), "so2, no2"),
        ((), ""),
        (dt.date(2018, 9, 1), "2018-09-01"),
    ],
)
def test_a_value_is_printed_as_the_files_have_it(value: Value | None, text: str) -> None:
    assert standards_tables.printed(value) == text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ["环境空气质量标准", "2026-03-01 前", "先行城市 2012-02-29 起"]),
        ("en", ["Ambient air", "before 2026-03-01"]),
    ],
)
def test_editions_are_told_in_both_languages(shipped: Config, language: Language, words: list[str]) -> None:
    text = as_text(standards_tables.editions(shipped.standards, "air", language))

    assert [word for word in words if word not in text] == []


def test_names_and_rules_are_printed_as_they_are(shipped: Config) -> None:
    marked = Rule(text="[red]as it is[/red] [/]", zh="[red]原样[/red] [/]", clause="[x]", confirmed=True)
    limits = limits_of_2012(shipped)
    changed = msgspec.structs.replace(limits, rule={**limits.rule, "limits": marked})
    found = differences(limits, changed)

    languages: dict[Language, str] = {"en": marked.text, "zh": marked.zh}
    for language, words in languages.items():
        for table in (
            standards_tables.rules(changed, "air.limits", first_cities=True, language=language),
            standards_tables.rule_changes(found, limits.edition, changed.edition, language),
        ):
            text = as_text(table)
            assert words in text
            assert "[x]" in text


def test_rules_and_clauses_are_told_in_the_language(shipped: Config) -> None:
    limits = limits_of_2012(shipped)
    english = as_text(standards_tables.rules(limits, "air.limits", first_cities=False, language="en"))
    chinese = as_text(standards_tables.rules(limits, "air.limits", first_cities=False, language="zh"))

    assert [word in english for word in ("a daily mean needs 20 hours", "table 4", "日均值", "表4")] == [
        True,
        True,
        False,
        False,
    ]
    assert [
        word in chinese for word in ("a daily mean", "table", "日均值：每日至少有20个小时均值", "2018年修改单")
    ] == [
        False,
        False,
        True,
        True,
    ]


def test_every_clause_of_the_editions_is_said_in_chinese(shipped: Config) -> None:
    clauses = {rule.clause for each in shipped.standards.all for rule in each.rule.values()} - {""}
    assert clauses

    left = {clause: standards_tables.clause_in_chinese(clause) for clause in clauses}
    named = r"附录[A-Z]|(?:GB|HJ)(?:/T)? [\d.]+(?:-\d{4})?"
    assert {clause: text for clause, text in left.items() if re.search("[A-Za-z, ]", re.sub(named, "", text))} == {}


@pytest.mark.parametrize(
    ("clause", "chinese"),
    [
        ("", ""),
        ("6.1.2", "6.1.2"),
        ("6.4 and table 4", "6.4和表4"),
        ("4.4, tables 1 and 2", "4.4、表1和表2"),
        ("4.2.2, 4.2.3 and 4.2.6", "4.2.2、4.2.3和4.2.6"),
        ("formula 1, table 1 and its notes", "公式1、表1及其注"),
        ("3.11 to 3.13", "3.11至3.13"),
        ("4.1.1 (range of the index)", "4.1.1（指数范围）"),
        ("annex A", "附录A"),
        ("amendment of 2018", "2018年修改单"),
        ("table 4 of GB 3095-2026", "GB 3095-2026的表4"),
        ("3.11 to 3.13 of GB/T 8170", "GB/T 8170的3.11至3.13"),
        ("a letter nobody knows", "a letter nobody knows"),
    ],
)
def test_a_clause_is_said_in_chinese(clause: str, chinese: str) -> None:
    assert standards_tables.clause_in_chinese(clause) == chinese


def test_rules_carry_a_mark_each(shipped: Config) -> None:
    text = as_text(standards_tables.rules(limits_of_2012(shipped), "air.limits", first_cities=False, language="en"))

    assert (text.count("✓"), text.count("?")) == (4, 7)


def test_equal_editions_are_said_to_be_equal(shipped: Config) -> None:
    limits = limits_of_2012(shipped)
    found = differences(limits, limits)

    assert standards_tables.values(found, limits.edition, limits.edition, "en") == (
        "all numbers and switches are equal"
    )
    assert standards_tables.rule_changes(found, limits.edition, limits.edition, "en") == "all rules are equal"
