"""Completeness on every store, and the command `qingjing gaps`."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from aggregations import periods
from ingestor.completeness import Capture, Completeness, Gap, Late, Silent, completeness, gaps_of, longest_gaps, slots
from ingestor.completeness import Sent as SentValues
from ingestor.completeness_tables import length
from ingestor.config import Config
from ingestor.store import Arrival, InfluxServer, InfluxStore, SqliteStore, Store, store_file
from ingestor.store.arrivals import day_of
from sensors.reading import Reading
from sensors.register import Station
from tests.air_world import HOUR, start_of, station, world
from tests.conftest import Qingjing

DAY = 86_400
ITEMS = ("so2", "no2", "co", "o3", "pm10", "pm25")


@pytest.fixture(params=["sqlite", "influxdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    file = tmp_path / "store.sqlite3"
    if request.param == "influxdb":
        request.getfixturevalue("influx_url")
        with closing(InfluxStore(file, InfluxServer(f"t{uuid.uuid4().hex}"))) as influx:
            yield influx
    else:
        with closing(SqliteStore(file)) as sqlite:
            yield sqlite


def put(
    store: Store, name: str, times: list[int], *, value: float = 9.0, flag: int = 1, items: tuple[str, ...] = ITEMS,
    period_s: int = HOUR, medium: str = "air",
) -> None:  # fmt: skip
    readings = [
        Reading(medium, name, period_s, time, tuple((item, value, flag) for item in items))  # type: ignore[arg-type]
        for time in times
    ]
    store.commit([Arrival("native", "t", 0.0, b"", readings, [])])
    store.drain()


def hours(day: str, *numbers: int) -> list[int]:
    return [start_of(day) + HOUR * n for n in numbers]


def looked(
    config: Config, store: Store, period: str, *, as_of: float | None = None, stations: list[Station] | None = None
) -> Completeness:
    chosen = periods.parse(period)
    moment = config.start_of(chosen.last) + DAY if as_of is None else as_of
    return completeness(config, store, stations or list(config.register.stations), chosen, as_of=moment)


def of(found: Completeness, station: str, quantity: str) -> Capture:
    return next(each for each in found.captures if (each.station, each.quantity) == (station, quantity))


def test_capture_counts_expected_received_and_valid_values_and_names_the_gaps(store: Store, shipped: Config) -> None:
    config = world(shipped, [station("a01")])
    day = "2024-06-01"
    put(store, "a01", hours(day, *range(5), *range(8, 20), 23))
    put(store, "a01", hours(day, 3, 4), flag=4, items=("o3",))
    put(store, "a01", hours(day, 9), value=-900.0, items=("o3",))
    o3 = of(looked(config, store, day), "a01", "o3")
    assert (o3.interval_s, o3.expected, o3.received, o3.valid) == (HOUR, 24, 18, 15)
    assert o3.percent == 62.5
    start = start_of(day)
    assert o3.gaps == [Gap(start + 5 * HOUR, start + 8 * HOUR, 3), Gap(start + 20 * HOUR, start + 23 * HOUR, 3)]
    assert of(looked(config, store, day), "a01", "pm25").valid == 18


def test_capture_expects_nothing_before_since_after_until_and_beyond_the_moment(store: Store, shipped: Config) -> None:
    config = world(
        shipped,
        [station("a01", since=dt.date(2024, 6, 2)), station("a02", until=dt.date(2024, 6, 2)), station("a03")],
    )
    for name in ("a01", "a02", "a03"):
        put(store, name, [start_of("2024-06-01") + HOUR * n for n in range(72)])
    found = looked(config, store, "2024-06-01..2024-06-03", as_of=start_of("2024-06-03") + 1800)
    expected = {name: of(found, name, "pm25").expected for name in ("a01", "a02", "a03")}
    assert expected == {"a01": 24, "a02": 24, "a03": 48}
    assert all(each.percent == 100.0 and not each.gaps for each in found.captures)


def test_capture_leaves_out_what_is_not_monitored_by_plan(store: Store, shipped: Config) -> None:
    config = world(shipped, [station("a01", not_monitored=("so2", "co"))])
    put(store, "a01", hours("2024-06-01", *range(24)))
    found = looked(config, store, "2024-06-01")
    assert [each.quantity for each in found.captures] == ["pm25", "pm10", "no2", "o3"]


def test_capture_of_a_quantity_of_air_that_never_came_is_one_gap_at_the_interval_of_the_others(
    store: Store, shipped: Config
) -> None:
    config = world(shipped, [station("a01")])
    start = start_of("2024-06-01")
    put(store, "a01", list(range(start, start + DAY, 300)), items=("pm25",), period_s=300)
    so2 = of(looked(config, store, "2024-06-01"), "a01", "so2")
    assert (so2.interval_s, so2.expected, so2.received) == (300, 288, 0)
    assert so2.gaps == [Gap(start, start + DAY, 288)]


def test_capture_of_a_station_that_never_sent_expects_hours(store: Store, shipped: Config) -> None:
    config = world(shipped, [station("a01")])
    found = looked(config, store, "2024-06-01")
    assert {(each.expected, each.received) for each in found.captures} == {(24, 0)}
    assert found.silent == [Silent("air", "a01", HOUR, None)]


def test_capture_takes_values_of_another_averaging_period_to_fill_gaps(store: Store, shipped: Config) -> None:
    config = world(shipped, [station("a01")])
    start = start_of("2024-06-01")
    put(store, "a01", hours("2024-06-01", *range(20)), items=("pm25",))
    put(store, "a01", list(range(start + 20 * HOUR, start + 22 * HOUR, 300)), items=("pm25",), period_s=300)
    pm25 = of(looked(config, store, "2024-06-01"), "a01", "pm25")
    assert (pm25.interval_s, pm25.received, pm25.gaps) == (HOUR, 22, [Gap(start + 22 * HOUR, start + DAY, 2)])


def test_capture_of_water_learns_four_hours_and_leaves_manual_samples_out(store: Store, shipped: Config) -> None:
    section = next(s for s in shipped.register.of("water"))
    start = start_of("2024-06-01")
    four = [start + 600 + 4 * HOUR * n for n in range(6) if n != 2]
    put(store, section.id, four, items=("ph",), medium="water", value=7.0)
    put(store, section.id, [start + 5], items=("tp",), period_s=0, medium="water", value=0.1)
    found = looked(shipped, store, "2024-06-01", stations=[section])
    assert [each.quantity for each in found.captures] == ["ph"]
    (ph,) = found.captures
    assert (ph.interval_s, ph.expected, ph.received) == (4 * HOUR, 5, 4)


def test_completeness_finds_silent_and_late_stations_at_a_moment(store: Store, shipped: Config) -> None:
    config = world(shipped, [station("a01"), station("a02"), station("a03")])
    for name, last in (("a01", 24), ("a02", 20), ("a03", 21)):
        put(store, name, hours("2024-06-01", *range(last)))
    late_at = start_of("2024-06-02") + 3 * HOUR
    store._db.execute("UPDATE arrival SET at = ? WHERE station = 'a01'", (late_at,))  # noqa: SLF001
    store._db.execute("UPDATE arrival SET at = 0 WHERE station != 'a01'")  # noqa: SLF001
    found = looked(config, store, "2024-06-01")
    assert found.silent == [Silent("air", "a02", HOUR, start_of("2024-06-01") + 20 * HOUR)]
    (late,) = found.late
    assert (late.station, late.days, late.longest_s) == ("a01", 1, 4 * HOUR)  # after 23:00
    assert isinstance(late, Late)


@pytest.mark.parametrize(
    ("delays_h", "shifted_s"),
    [((8.0, 8.0), 8 * HOUR), ((8.5, 9.9), 8 * HOUR), ((8.0, 7.9), None), ((8.0, 10.1), None), ((8.0,), None)],
)
def test_zone_is_named_where_every_day_of_several_comes_late_by_the_offset(
    store: Store, shipped: Config, delays_h: tuple[float, ...], shifted_s: int | None
) -> None:
    config = world(shipped, [station("a01")])
    days = ["2024-06-01", "2024-06-02"][: len(delays_h)]
    put(store, "a01", [hour for day in days for hour in hours(day, *range(24))])
    for day, delay_h in zip(days, delays_h, strict=True):
        last = start_of(day) + 23 * HOUR
        after = last if day == days[-1] else last + HOUR  # the day's end, or the station's last reading
        store._db.execute("UPDATE arrival SET at = ? WHERE day = ?", (after + delay_h * HOUR, day_of(last)))  # noqa: SLF001
    (late,) = looked(config, store, f"{days[0]}..{days[-1]}").late
    assert late.shifted_s == shifted_s


def test_gaps_are_listed_longest_first_from_a_length_on(store: Store, shipped: Config) -> None:
    config = world(shipped, [station("a01", not_monitored=ITEMS[:-1])])
    put(store, "a01", hours("2024-06-01", *range(2), *range(3, 10), *range(15, 20), 23), items=("pm25",))
    found = looked(config, store, "2024-06-01")
    assert [gap.missing for _, gap in longest_gaps(found, at_least_s=0)] == [5, 3, 1]
    assert [gap.missing for _, gap in longest_gaps(found, at_least_s=3 * HOUR)] == [5, 3]


def test_completeness_reports_progress_by_station(store: Store, shipped: Config) -> None:
    config = world(shipped, [station(f"a{n:02}") for n in range(25)])
    seen: list[tuple[int, int]] = []
    completeness(
        config, store, list(config.register.stations), periods.parse("2024-06-01"), as_of=start_of("2024-06-02"),
        progress=lambda done, of_all: seen.append((done, of_all)),
    )  # fmt: skip
    assert seen == [(10, 25), (20, 25), (25, 25)]


# What needs no store


def sent(*times: int, period_s: int = 60, valid: bool = True) -> SentValues:
    return SentValues(period_s, np.array(times, dtype=np.int64), np.full(len(times), valid))


def test_slots_take_values_that_come_a_little_before_or_after_their_moment() -> None:
    covered, _ = slots([sent(2, 58, 121)], interval_s=60, phase=0, start=0, end=240)
    assert covered.tolist() == [True, True, True, False]


@pytest.mark.parametrize(("end", "n"), [(119, 1), (120, 2), (60, 1), (59, 0), (0, 0)])
def test_slots_are_those_that_lie_wholly_in_the_period(end: int, n: int) -> None:
    assert len(slots([], interval_s=60, phase=0, start=0, end=end)[0]) == n


def test_slots_take_a_value_sent_twice_once() -> None:
    covered, valid = slots([sent(0, 1), sent(0, valid=False)], interval_s=60, phase=0, start=0, end=60)
    assert (covered.sum(), valid.sum()) == (1, 1)


@pytest.mark.parametrize(
    ("covered", "gaps"),
    [
        ([], []), ([True], []), ([False], [(0, 1)]), ([False, True, False, False], [(0, 1), (2, 4)]),
        ([True, False, True], [(1, 2)]),
    ],
)  # fmt: skip
def test_gaps_are_the_runs_without_a_value(covered: list[bool], gaps: list[tuple[int, int]]) -> None:
    found = gaps_of(np.array(covered, dtype=np.bool_), interval_s=60, first=600)
    assert [((g.start - 600) // 60, (g.end - 600) // 60) for g in found] == gaps


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (90, "1 min 30 s"), (3600, "1 h"), (86_400 + 7200 + 60, "1 d 2 h")]
)
def test_length_is_written_with_its_two_largest_parts(seconds: int, text: str) -> None:
    assert length(seconds) == text


# The command


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with closing(SqliteStore(store_file(tmp_path / "data"))) as store:
        put(store, "sz-a01", hours("2024-06-01", *range(10), *range(16, 24)))
    return tmp_path / "data"


def test_gaps_command_tells_machines_in_local_time(data: Path, qingjing: Qingjing) -> None:
    options = ("--period", "2024-06-01", "--station", "sz-a01", "--as-of", "2024-06-01", "--min-length", "6h")
    found = json.loads(qingjing("--data", data, "gaps", *options, "--json").stdout)
    assert found["as_of"] == "2024-06-02T00:00:00+08:00"
    pm25 = next(each for each in found["captures"] if each["quantity"] == "pm25")
    assert (pm25["expected"], pm25["received"], pm25["valid"], pm25["percent"]) == (24, 18, 18, 75.0)
    assert {(gap["from"], gap["to"]) for gap in found["gaps"]} == {
        ("2024-06-01T10:00:00+08:00", "2024-06-01T16:00:00+08:00")
    }


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", ("数据捕获率", "缺测时段", "无数据站点：无")), ("en", ("data capture", "gaps (local time)"))],
)
def test_gaps_command_tells_people_in_both_languages(
    data: Path, qingjing: Qingjing, language: str, words: tuple[str, ...]
) -> None:
    options = ("--period", "2024-06-01", "--station", "sz-a01", "--as-of", "2024-06-01")
    shown = qingjing("--data", data, "--lang", language, "gaps", *options).stdout
    for each in words:
        assert each in shown
    assert "75.0 %" in shown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--period", "x"], "period: expected 2020"),
        (["--period", "2024", "--station", "no"], "--station: expected a station of the register, got 'no'"),
        (
            ["--period", "2024", "--city", "no"],
            "--city: expected one of shenzhen, beijing, ",
        ),
        (["--period", "2024", "--medium", "no"], "--medium: expected one of air, water, noise, got 'no'"),
        (["--period", "2024", "--as-of", "soon"], "--as-of: expected 2020-06-03 or 2020-06-03T12:00, got 'soon'"),
        (["--period", "2024", "--min-length", "6"], "--min-length: expected a length such as 30min, 6h or 2d, got '6'"),
        (["--period", "2024", "--station", "sz-a01", "--medium", "noise"], "expected stations of that city and medium"),
    ],
)
def test_gaps_command_refuses_what_it_does_not_know(
    data: Path, qingjing: Qingjing, options: list[str], said: str
) -> None:
    assert said in qingjing("--data", data, "gaps", *options, code=2).stderr
