"""Claims about exceptional events. 2021-03-14T22:00:00Z, 06:00 in Beijing, is 1,615,759,200 s after 1970."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors import events
from sensors.errors import ConfigError
from sensors.events import Event, Events
from sensors.quantities import Medium
from sensors.register import Station

SIX = 1_615_759_200
SHIPPED = Path(__file__).resolve().parents[3] / "config" / "events.csv"
HEADER = "id,city,station,quantities,from,until,kind,decided_by,document,decided_on\n"
FIELDS = {
    "id": "e1", "city": "bj", "station": "", "quantities": "pm10;pm25", "from": "2021-03-15T06:00+08:00",
    "until": "2021-03-16T00:00+08:00", "kind": "dust", "decided_by": "CNEMC", "document": "letter 12",
    "decided_on": "2021-04-02",
}  # fmt: skip


def _station(medium: Medium, name: str, city: str) -> Station:
    return Station(
        medium=medium, id=name, name=name, name_en="", city=city, district="", lon=None, lat=None, since=None,
        until=None,
    )  # fmt: skip


STATIONS = [_station("air", "a1", "bj"), _station("air", "a2", "sz"), _station("water", "w1", "bj")]


def row(**changes: str) -> str:
    return ",".join({**FIELDS, **{key.rstrip("_"): value for key, value in changes.items()}}.values()) + "\n"


def parsed(rows: str, *, offset_s: int = 28_800) -> Events:
    return events.parse(
        HEADER + rows, cities=["bj", "sz"], stations=STATIONS, quantities=["pm25", "pm10", "o3"], offset_s=offset_s,
        file="e.csv",
    )  # fmt: skip


def error_of(rows: str) -> str:
    with pytest.raises(ConfigError) as raised:
        parsed(rows)
    return str(raised.value)


EVENT = Event(
    id="e1", city="bj", station=None, quantities=("pm10", "pm25"), from_s=SIX, until_s=SIX + 18 * 3600, kind="dust",
    decided_by="CNEMC", document="letter 12", decided_on=dt.date(2021, 4, 2),
)  # fmt: skip


# --- the table


def test_events_that_come_along_are_none() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert events.parse(text, cities=[], stations=[], quantities=[], offset_s=0, file="e.csv") == Events()


def test_event_that_the_shipped_file_shows_can_be_taken() -> None:
    (shown,) = [line[2:] for line in SHIPPED.read_text(encoding="utf-8").splitlines() if line.startswith("# dust-")]
    assert parsed(shown.replace("beijing", "bj")).all[0].from_s == SIX


def test_event_is_read() -> None:
    assert parsed(row()).all == (EVENT,)


def test_event_of_a_station_is_read() -> None:
    assert parsed(row(station="a1", quantities="o3", kind="other")).all[0].station == "a1"


@pytest.mark.parametrize(
    "text", ["2021-03-15T06:00+08:00", "2021-03-15T06:00:00+08:00", "2021-03-14T22:00Z", "2021-03-15T03:30+05:30"]
)
def test_event_time_is_a_moment_with_any_offset(text: str) -> None:
    assert parsed(row(from_=text)).all[0].from_s == SIX


@pytest.mark.parametrize(("text", "offset_s"), [("2021-03-15T06:00+05:45", 20_700), ("2021-03-15T00:15Z", 20_700)])
def test_event_hours_are_whole_in_the_city(text: str, offset_s: int) -> None:
    until = "2021-03-15T07:00+05:45"
    assert (
        parsed(row(from_=text, until=until), offset_s=offset_s).all[0].from_s == 1_615_767_300
    )  # 2021-03-15T00:15:00Z


@pytest.mark.parametrize("column", ["from_", "until"])
@pytest.mark.parametrize(
    "text",
    [
        "2021-03-15T07:30+08:00",
        "2021-03-15T07:00:01+08:00",
        "2021-03-15T07:00",
        "2021-03-15",
        "2021-03-15T07+08:00",
        "20210315T0700+0800",
        "2021-03-15 07:00+08:00",
        "2021-02-29T07:00+08:00",
        "2021-03-15T25:00+08:00",
        "2021-03-15T07:00+25:00",
        "2021-W11-1T07:00+08:00",
        "x",
    ],
)
def test_event_time_that_is_no_whole_hour_with_an_offset_is_refused(column: str, text: str) -> None:
    assert error_of(row(**{column: text})) == (
        f"e.csv: line 2: {column.rstrip('_')}: expected a whole hour such as 2021-03-15T06:00+08:00, got {text!r}"
    )


@pytest.mark.parametrize("until", ["2021-03-15T06:00+08:00", "2021-03-15T05:00+08:00", "2021-03-14T22:00Z"])
def test_event_without_an_hour_is_refused(until: str) -> None:
    assert error_of(row(until=until)) == (
        f"e.csv: line 2: until: expected a time after from 2021-03-15T06:00+08:00, got {until!r}"
    )


def test_event_of_one_hour_is_taken() -> None:
    (event,) = parsed(row(until="2021-03-15T07:00+08:00")).all
    assert event.until_s - event.from_s == 3600


@pytest.mark.parametrize("column", ["id", "city", "quantities", "from_", "until", "kind", "decided_by", "document"])
def test_event_text_that_is_required_is_told(column: str) -> None:
    assert error_of(row(**{column: " "})) == f"e.csv: line 2: {column.rstrip('_')}: expected a text, got ''"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"city": "cd"}, "city: expected one of bj, sz, got 'cd'"),
        ({"station": "a2"}, "station: expected a station of air of bj, or nothing, got 'a2'"),
        ({"station": "w1"}, "station: expected a station of air of bj, or nothing, got 'w1'"),
        ({"station": "a9"}, "station: expected a station of air of bj, or nothing, got 'a9'"),
        ({"quantities": "pm10;ph"}, "quantities: expected quantities of air (pm25, pm10, o3), joined by ;, got 'ph'"),
        ({"quantities": "pm10;"}, "quantities: expected quantities of air (pm25, pm10, o3), joined by ;, got ''"),
        ({"quantities": "pm10;pm10"}, "quantities: expected each once, got 'pm10' again"),
        ({"kind": "sand"}, "kind: expected one of dust, fire, fireworks, other, got 'sand'"),
        ({"decided_on": ""}, "decided_on: expected a text, got ''"),
        ({"decided_on": "2.4.2021"}, "decided_on: expected a date such as 2020-01-01, got '2.4.2021'"),
        ({"id": "a b"}, "id: expected 1 to 64 characters as of a station, got 'a b'"),
    ],
)
def test_event_mistake_is_told_with_its_line(changes: dict[str, Any], error: str) -> None:
    assert error_of(row(**changes)) == f"e.csv: line 2: {error}"


def test_event_id_that_stands_twice_is_told_with_the_second_line() -> None:
    assert error_of(row() + "# c\n" + row()) == "e.csv: line 4: id: expected each id once, got 'e1' again"


# --- whose events


def test_events_of_a_station_are_its_own_and_those_of_its_city() -> None:
    found = parsed(row() + row(id="e2", station="a1") + row(id="e3", city="sz") + row(id="e4", city="sz", station="a2"))
    assert [e.id for e in found.of("bj", "a1")] == ["e1", "e2"]
    assert [e.id for e in found.of("bj", "a5")] == ["e1"]
    assert [e.id for e in found.of("bj")] == ["e1"]
    assert found.of("cd", "a1") == []


# --- which hours


@pytest.mark.parametrize(
    ("start_s", "n_hours", "expected"),
    [
        (SIX, 18, slice(0, 18)),
        (SIX - 3600, 24, slice(1, 19)),
        (SIX - 6 * 3600, 24, slice(6, 24)),
        (SIX + 3600, 24, slice(0, 17)),
        (SIX + 17 * 3600, 24, slice(0, 1)),
        (SIX - 24 * 3600, 24, slice(24, 24)),
        (SIX - 23 * 3600, 24, slice(23, 24)),
        (SIX + 18 * 3600, 24, slice(0, 0)),
        (SIX + 100 * 3600, 24, slice(0, 0)),
        (SIX, 0, slice(0, 0)),
        (SIX - 1800, 24, slice(0, 19)),
    ],
)
def test_hours_touched_are_those_inside_the_event(start_s: int, n_hours: int, expected: slice) -> None:
    assert events.hours_touched(EVENT, start_s, n_hours) == expected


@given(st.integers(-60, 60), st.integers(0, 60))
def test_hours_touched_agree_with_a_plain_loop(half_hours: int, n_hours: int) -> None:
    start_s = SIX + half_hours * 1800
    touched = [start_s + i * 3600 < EVENT.until_s and start_s + (i + 1) * 3600 > EVENT.from_s for i in range(n_hours)]
    found = [False] * n_hours
    cut = events.hours_touched(EVENT, start_s, n_hours)
    found[cut] = [True] * (cut.stop - cut.start)
    assert (found, 0 <= cut.start <= cut.stop <= n_hours) == (touched, True)
