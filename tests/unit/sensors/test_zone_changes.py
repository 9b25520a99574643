"""Claims about monitors whose zone class changes."""

import datetime as dt
from pathlib import Path

import pytest

from sensors import register, zone_changes
from sensors.errors import ConfigError
from sensors.register import Station
from sensors.zone_changes import ZoneChanges

HEADER = "station,from,zone_class\n"
NOISE = "id,name,name_en,city,district,lon,lat,zone_class,since,until\n"
SHIPPED = Path(__file__).resolve().parents[3] / "config" / "zone-changes.csv"


def monitors() -> list[Station]:
    rows = "n1,n,,sz,,,,1,2019-01-01,2024-01-01\nn2,n,,sz,,,,3,,\n"
    return register.parse(NOISE + rows, "noise", file="r.csv")


def parsed(rows: str) -> ZoneChanges:
    return zone_changes.parse(HEADER + rows, monitors(), file="z.csv")


def test_zone_changes_that_come_along_are_none() -> None:
    assert zone_changes.parse(SHIPPED.read_text(encoding="utf-8"), [], file="z.csv") == ZoneChanges()


@pytest.mark.parametrize(
    ("day", "zone"),
    [("2019-01-01", "1"), ("2021-06-30", "1"), ("2021-07-01", "2"), ("2022-12-31", "2"), ("2023-01-01", "4a")],
)
def test_class_is_the_last_that_came_into_force(day: str, zone: str) -> None:
    changes = parsed("n1,2021-07-01,2\nn1,2023-01-01,4a\n")
    assert changes.class_on(monitors()[0], dt.date.fromisoformat(day)) == zone


def test_classes_of_days_change_in_mid_year() -> None:
    days = [dt.date(2021, 6, 30), dt.date(2021, 7, 1)]
    assert parsed("n1,2021-07-01,2\n").classes(monitors()[0], days) == ["1", "2"]


def test_classes_of_another_monitor_stay_those_of_the_register() -> None:
    assert parsed("n1,2021-07-01,2\n").classes(monitors()[1], [dt.date(2022, 1, 1)]) == ["3"]


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ("n3,2021-07-01,2\n", "line 2: station: expected a station of the register of noise, got 'n3'"),
        ("n1,2021-7-1,2\n", "line 2: from: expected a date such as 2020-01-01, got '2021-7-1'"),
        ("n1,,2\n", "line 2: from: expected a date such as 2020-01-01, got ''"),
        ("n1,2021-07-01,4\n", "line 2: zone_class: expected one of 0, 1, 2, 3, 4a, 4b, got '4'"),
        ("n1,2021-07-01,1\n", "line 2: zone_class: expected another class than before, got '1' again"),
        ("n1,2019-01-01,2\n", "line 2: from: expected a day after 2019-01-01, got 2019-01-01"),
        ("n1,2024-01-01,2\n", "line 2: from: expected a day before 2024-01-01, got 2024-01-01"),
        ("n1,2021-07-01,2\nn1,2021-07-01,3\n", "line 3: from: expected a day after 2021-07-01, got 2021-07-01"),
        ("n1,2021-07-01,2\nn1,2022-07-01,2\n", "line 3: zone_class: expected another class than before, got '2' again"),
    ],
)
def test_mistake_is_told_with_its_line(rows: str, error: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parsed(rows)
    assert str(raised.value) == f"z.csv: {error}"


def test_unknown_column_is_told() -> None:
    with pytest.raises(ConfigError, match="expected columns station,from,zone_class, got 'station,from,class'"):
        zone_changes.parse("station,from,class\n", [], file="z.csv")
