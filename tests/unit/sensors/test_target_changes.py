"""Claims about changed target classes of sections."""

import datetime as dt
from pathlib import Path

import pytest

from sensors import register, target_changes
from sensors.errors import ConfigError
from sensors.target_changes import TargetChanges

HEADER = "station,from,target_class\n"
SHIPPED = Path(__file__).resolve().parents[3] / "config" / "target-changes.csv"
SECTIONS = register.parse(
    "id,name,name_en,city,district,lon,lat,water,body,target_class,since,until\n"
    "w1,n,,sz,,,,河,river,V,2019-01-01,2025-01-01\nw2,n,,sz,,,,河,river,,,\n",
    "water",
    file="r.csv",
)
W1, W2 = SECTIONS


def parsed(rows: str) -> TargetChanges:
    return target_changes.parse(HEADER + rows, SECTIONS, file="t.csv")


def error_of(rows: str) -> str:
    with pytest.raises(ConfigError) as raised:
        parsed(rows)
    return str(raised.value)


def test_target_changes_that_come_along_are_none() -> None:
    assert target_changes.parse(SHIPPED.read_text(encoding="utf-8"), [], file="t.csv") == TargetChanges()


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        (dt.date.min, "V"),
        (dt.date(2020, 2, 28), "V"),
        (dt.date(2020, 2, 29), "IV"),
        (dt.date(2020, 12, 31), "IV"),
        (dt.date(2021, 1, 1), "III"),
        (dt.date.max, "III"),
    ],
)
def test_target_is_the_registers_until_the_first_change_and_then_the_latest(day: dt.date, wanted: str) -> None:
    assert parsed("w1,2020-02-29,IV\nw1,2021-01-01,III\n").class_on(W1, day) == wanted


def test_target_of_a_section_is_not_that_of_another() -> None:
    changes = parsed("w2,2020-01-01,II\nw1,2020-01-01,IV\nw2,2021-01-01,III\n")
    assert [changes.class_on(section, dt.date(2020, 6, 1)) for section in SECTIONS] == ["IV", "II"]


def test_target_of_a_section_that_has_none_begins_with_its_first_change() -> None:
    changes = parsed("w2,2020-01-01,II\n")
    assert [changes.class_on(W2, dt.date(year, 12, 31)) for year in (2019, 2020)] == [None, "II"]


def test_target_without_changes_is_the_registers() -> None:
    assert TargetChanges().class_on(W1, dt.date(2020, 1, 1)) == "V"


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ("w9,2020-01-01,II\n", "line 2: station: expected a station of the register of water, got 'w9'"),
        (",2020-01-01,II\n", "line 2: station: expected a station of the register of water, got ''"),
        ("w1,2020-1-1,II\n", "line 2: from: expected a date such as 2020-01-01, got '2020-1-1'"),
        ("w1,,II\n", "line 2: from: expected a date such as 2020-01-01, got ''"),
        ("w1,2020-01-01,\n", "line 2: target_class: expected one of I, II, III, IV, V, got ''"),
        ("w1,2020-01-01,Ⅲ\n", "line 2: target_class: expected one of I, II, III, IV, V, got 'Ⅲ'"),
        ("w1,2020-01-01,V\n", "line 2: target_class: expected another class than before, got 'V' again"),
        ("w1,2019-01-01,II\n", "line 2: from: expected a day after 2019-01-01, got 2019-01-01"),
        ("w1,2025-01-01,II\n", "line 2: from: expected a day before 2025-01-01, got 2025-01-01"),
        ("w1,2020-01-01,II\nw1,2020-01-01,III\n", "line 3: from: expected a day after 2020-01-01, got 2020-01-01"),
        ("w1,2020-01-01,II\n\nw1,2021-01-01,II\n", "line 4: target_class: expected another class than before, "),
        ("w1,2020-01-01\n", "line 2: expected 3 fields, got 2"),
    ],
)
def test_target_change_that_is_wrong_is_told_with_its_line(rows: str, error: str) -> None:
    assert error_of(rows).startswith(f"t.csv: {error}")


@pytest.mark.parametrize("day", ["2019-01-02", "2024-12-31"])
def test_target_may_change_on_any_day_on_which_the_section_counts(day: str) -> None:
    assert len(parsed(f"w1,{day},II\n").all) == 1


@pytest.mark.parametrize("header", ["station,target_class,from", "station,from", "station,from,target_class,until", ""])
def test_target_changes_with_another_header_are_refused(header: str) -> None:
    with pytest.raises(ConfigError, match="expected columns station,from,target_class, got "):
        target_changes.parse(f"{header}\n", SECTIONS, file="t.csv")
