"""Noise in a real store: from readings of seconds, minutes and hours to hours, days and verdicts."""

import csv
import datetime as dt
import gzip
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aggregations import periods
from ingestor import config, derivation, evaluation
from ingestor.config import Config
from ingestor.derivation import noise, spans
from ingestor.store import Arrival, SeriesKey, SqliteStore
from ingestor.store.ports import RawSeries
from sensors.errors import ConfigError
from sensors.reading import Reading

HOUR, MINUTE = 3600, 60
A1 = [  # noise.md, section 6
    47.8, 46.0, 45.2, 44.9, 45.6, 48.7, 53.1, 56.4, 58.2, 59.0, 58.8, 58.1, 57.6, 57.9, 58.4, 58.7, 59.3, 59.6, 58.9,
    57.2, 55.8, 53.9, 50.2, 49.1,
]  # fmt: skip
STATION = "sz-n03"  # class 2


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


def start_of(day: str) -> int:
    return int(dt.datetime.fromisoformat(f"{day}T00:00:00+08:00").timestamp())


def put(store: SqliteStore, *readings: Reading) -> None:
    store.commit([Arrival("native", "t", 0.0, b"", [reading], []) for reading in readings])
    store.drain()


def reading(time: int, values: dict[str, float], *, period_s: int = HOUR, flag: int = 1) -> Reading:
    return Reading("noise", STATION, period_s, time, tuple((k, v, flag) for k, v in values.items()))


def day_of(day: str, levels: list[float | None] = A1, **more: float) -> list[Reading]:  # type: ignore[assignment]
    return [
        reading(start_of(day) + h * HOUR, {"leq": level, **more}) for h, level in enumerate(levels) if level is not None
    ]


def minutes(day: str, levels: list[float], *, first_hour: int = 0, **more: float) -> list[Reading]:
    start = start_of(day) + first_hour * HOUR
    return [reading(start + m * MINUTE, {"leq": level, **more}, period_s=MINUTE) for m, level in enumerate(levels)]


def hour_row(store: SqliteStore, day: str, hour: int, *columns: str) -> tuple[Any, ...] | None:
    start = start_of(day) + hour * HOUR
    row = next(iter(store.read("noise_hour", STATION, start, start + 1, columns)), None)
    return None if row is None else row[1:]


def day_row(store: SqliteStore, day: str, *columns: str) -> tuple[Any, ...]:
    start = start_of(day)
    return next(iter(store.read("noise_day", STATION, start, start + 1, columns)))[1:]


def printed(values: tuple[Any, ...]) -> tuple[str | None, ...]:
    return tuple(None if v is None else f"{v:.2f}" for v in values)


def test_day_of_hour_records_is_that_of_the_vector(store: SqliteStore, shipped: Config) -> None:
    put(store, *day_of("2025-03-01", lmax=64.0))
    derivation.derive(shipped, store)

    assert printed(day_row(store, "2025-03-01", "ld", "ln", "ldn", "ln_max")) == ("57.88", "47.60", "57.79", "64.00")
    assert day_row(store, "2025-03-01", "ld_hours", "ln_hours", "zone_class") == (16, 8, "2")
    assert day_row(store, "2025-03-01", "day_attains", "night_attains", "peak_attains") == (1, 1, 1)  # A1, A15
    assert day_row(store, "2025-03-01", "vdr", "vdr_day", "vdr_night", "weather_vdr") == (100, 100, 100, 100)


def test_night_without_an_hour_divides_by_seven(store: SqliteStore, shipped: Config) -> None:
    put(store, *day_of("2025-03-01", [*A1[:5], None, *A1[6:]]))
    derivation.derive(shipped, store)

    assert printed(day_row(store, "2025-03-01", "ln", "vdr_night")) == ("47.42", "87.50")  # A18


def test_peak_above_15_db_is_told_and_does_not_enter_the_verdict(store: SqliteStore, shipped: Config) -> None:
    put(store, *day_of("2025-03-01", lmax=66.0))
    derivation.derive(shipped, store)

    assert day_row(store, "2025-03-01", "night_attains", "peak_attains") == (1, 0)  # A15


def test_peak_of_the_night_is_not_that_of_the_day(store: SqliteStore, shipped: Config) -> None:
    put(store, *[
        reading(start_of("2025-03-01") + h * HOUR, {"leq": 45.0, "lmax": 90.0 if 6 <= h < 22 else 60.0 + h})
        for h in range(24)
    ])  # fmt: skip
    derivation.derive(shipped, store)

    assert day_row(store, "2025-03-01", "ln_max", "peak_attains") == (83.0, 0)  # at 23:00; 50 + 15 dB


def test_hours_of_the_city_hold_for_its_monitors(store: SqliteStore, config_copy: Path) -> None:
    settings = config_copy / "settings.toml"
    hours = 'id = "shenzhen"\nday_first_hour = 7\nnight_first_hour = 21\n'
    settings.write_text(settings.read_text().replace('id = "shenzhen"\n', hours))
    put(store, *day_of("2025-03-01"))
    derivation.derive(config.load(config_copy), store)

    assert printed(day_row(store, "2025-03-01", "ld", "ln")) == ("58.25", "49.59")  # A17
    assert day_row(store, "2025-03-01", "ld_hours", "ln_hours") == (14, 10)


def test_night_from_23_has_seven_hours(store: SqliteStore, config_copy: Path) -> None:
    settings = config_copy / "settings.toml"
    hours = 'id = "shenzhen"\nday_first_hour = 6\nnight_first_hour = 23\n'
    settings.write_text(settings.read_text().replace('id = "shenzhen"\n', hours))
    put(store, *day_of("2025-03-01", [50.0] * 6 + [60.0] * 17 + [50.0]))
    derivation.derive(config.load(config_copy), store)

    assert day_row(store, "2025-03-01", "ld_hours", "ln_hours") == (17, 7)
    assert printed(day_row(store, "2025-03-01", "ld", "ln")) == ("60.00", "50.00")


@pytest.mark.parametrize("hour", ["6.5", '"06:30"', "0", "24"])
def test_day_that_does_not_begin_on_the_hour_is_refused(hour: str, config_copy: Path) -> None:
    settings = config_copy / "settings.toml"
    hours = f'id = "shenzhen"\nday_first_hour = {hour}\nnight_first_hour = 22\n'
    settings.write_text(settings.read_text().replace('id = "shenzhen"\n', hours))

    with pytest.raises(ConfigError, match=r"settings\.toml: city\[0\]\.day_first_hour: expected int"):
        config.load(config_copy)


def test_night_may_be_that_which_starts_on_the_date(store: SqliteStore, config_copy: Path) -> None:
    method = config_copy / "standards" / "noise-automatic-2024.toml"
    method.write_text(method.read_text().replace('"calendar"', '"night_starting"'))
    put(store, *day_of("2025-03-01", [40.0] * 24), *day_of("2025-03-02", [60.0] * 24))
    derivation.derive(config.load(config_copy), store)

    mixed = 10 * math.log10((2 * 10**4 + 6 * 10**6) / 8)
    assert day_row(store, "2025-03-01", "ln", "ln_hours") == (pytest.approx(mixed, abs=1e-9), 8)
    assert day_row(store, "2025-03-02", "ln", "ln_hours", "night_attains") == (None, 2, None)


def test_zone_class_that_changes_is_that_of_the_day(store: SqliteStore, config_copy: Path) -> None:
    with (config_copy / "zone-changes.csv").open("a") as out:
        out.write(f"{STATION},2025-07-01,1\n")
    put(store, *day_of("2025-06-30"), *day_of("2025-07-01"))
    derivation.derive(config.load(config_copy), store)

    assert day_row(store, "2025-06-30", "zone_class", "day_attains", "night_attains") == ("2", 1, 1)
    assert day_row(store, "2025-07-01", "zone_class", "day_attains", "night_attains") == ("1", 0, 0)  # 58 > 55, 48 > 45


@pytest.mark.parametrize(
    ("value", "flag", "reason"),
    [
        pytest.param(200.0, 1, "range", id="200 dB"),
        pytest.param(9.9, 1, "range", id="below what a microphone hears"),
        pytest.param(-50.0, 1, "negative", id="negative"),
        pytest.param(55.0, 4, "flagged", id="flagged by the gateway"),
        pytest.param(55.0, 9, "flagged", id="missing"),
    ],
)
@pytest.mark.parametrize("period_s", [MINUTE, HOUR])
def test_level_that_does_not_count_never_enters_and_says_why(
    value: float, flag: int, reason: str, period_s: int, store: SqliteStore, shipped: Config
) -> None:
    start = start_of("2025-03-01")
    put(store, *[reading(start + i, {"leq": value}, period_s=period_s, flag=flag) for i in range(0, HOUR, period_s)])
    derivation.derive(shipped, store)

    assert hour_row(store, "2025-03-01", 0, "leq", "lmax", "l10", "vdr", "reason") == (None, None, None, 0.0, reason)
    assert day_row(store, "2025-03-01", "ld", "ln", "ldn", "vdr", "day_attains", "night_attains") == (
        None, None, None, 0.0, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "reason"), [(float("inf"), "range"), (float("-inf"), "negative"), (float("nan"), "too_short")]
)
def test_level_that_is_not_finite_never_enters(value: float, reason: str, shipped: Config) -> None:
    station = shipped.register.get("noise", STATION)
    assert station is not None
    times = start_of("2025-03-01") + HOUR * np.arange(24)
    levels = np.array([value, *A1[1:]])
    key = SeriesKey("noise", STATION, HOUR, "leq")
    raw = RawSeries(times, levels, np.ones(24, dtype=np.int64))

    found = spans.usable(shipped, station, {key: raw})
    hours, days = noise.derive_station(
        shipped, station, spans.Span(dt.date(2025, 3, 1), start_of("2025-03-01"), 1), found
    )

    assert (hours.columns["leq"][0], hours.columns["reason"][0]) == (None, reason)
    assert (days.columns["ln_hours"], f"{days.columns['ld'][0]:.2f}") == ([7], "57.88")


def test_level_of_200_db_among_minutes_leaves_the_hour_to_the_others(store: SqliteStore, shipped: Config) -> None:
    put(store, *minutes("2025-03-01", [52.0] * 50 + [200.0] * 10))
    derivation.derive(shipped, store)

    found = hour_row(store, "2025-03-01", 0, "leq", "vdr", "valid_minutes")
    assert found is not None
    assert printed(found) == ("52.00", "83.33", "50.00")


@pytest.mark.parametrize(("n", "reason"), [(44, "too_short"), (45, None)])
def test_hour_of_minutes_needs_45(n: int, reason: str | None, store: SqliteStore, shipped: Config) -> None:
    put(store, *minutes("2025-03-01", [52.0] * n))
    derivation.derive(shipped, store)

    assert hour_row(store, "2025-03-01", 0, "valid_minutes", "reason") == (pytest.approx(n), reason)


def test_windy_minutes_do_not_enter_and_can_cost_the_hour(store: SqliteStore, shipped: Config) -> None:
    put(
        store,
        *minutes("2025-03-01", [52.0] * 40, wind_speed=2.0),
        *minutes("2025-03-01", [52.0] * 50, first_hour=1, wind_speed=5.0),  # at equality: within
    )
    start = start_of("2025-03-01")
    put(
        store,
        *[
            reading(start + 40 * MINUTE + m * MINUTE, {"leq": 61.0, "wind_speed": 6.0}, period_s=MINUTE)
            for m in range(20)
        ],
    )
    put(
        store,
        *[reading(start + HOUR + (50 + m) * MINUTE, {"leq": 61.0, "rain": 0.1}, period_s=MINUTE) for m in range(10)],
    )
    derivation.derive(shipped, store)

    first = hour_row(store, "2025-03-01", 0, "leq", "vdr", "weather_vdr", "reason")
    second = hour_row(store, "2025-03-01", 1, "leq", "lmax", "weather_vdr", "reason")
    assert first == (None, 100.0, pytest.approx(200 / 3), "weather")  # A16
    assert second == (pytest.approx(52.0), None, pytest.approx(250 / 3), None)


@pytest.mark.parametrize(
    ("resolution", "minutes_left"),
    [pytest.param(1, 59, id="the minute"), pytest.param(5, 55, id="five minutes"), pytest.param(60, 0, id="the hour")],
)
def test_gust_of_a_second_takes_out_the_minutes_that_the_method_says(
    resolution: int, minutes_left: int, store: SqliteStore, config_copy: Path
) -> None:
    method = config_copy / "standards" / "noise-automatic-2024.toml"
    text = method.read_text(encoding="utf-8")
    method.write_text(text.replace("resolution_min = 1 ", f"resolution_min = {resolution} "), encoding="utf-8")
    start = start_of("2025-03-01")
    put(store, *[reading(start + s, {"leq": 52.0}, period_s=1) for s in range(HOUR)])
    put(store, reading(start + 7 * MINUTE + 31, {"wind_speed": 5.1}, period_s=1))
    derivation.derive(config.load(config_copy), store)

    found = hour_row(store, "2025-03-01", 0, "valid_minutes", "vdr", "reason")
    assert found == (pytest.approx(minutes_left), 100.0, None if minutes_left else "weather")


def test_hour_without_a_peak_sent_takes_that_of_its_seconds(store: SqliteStore, shipped: Config) -> None:
    start = start_of("2025-03-01")
    put(store, *[reading(start + s, {"leq": 81.0 if s == 9 else 50.0}, period_s=1) for s in range(HOUR)])
    put(store, *[reading(start + HOUR + s, {"leq": 50.0, "lmax": 66.0, "lmin": 48.0}, period_s=1) for s in range(HOUR)])
    derivation.derive(shipped, store)

    assert hour_row(store, "2025-03-01", 0, "lmax", "lmin") == (81.0, 50.0)
    assert hour_row(store, "2025-03-01", 1, "lmax", "lmin") == (66.0, 48.0)


@pytest.mark.parametrize(("deviation", "sd"), [("population", "2.89"), ("sample", "2.90")])
def test_deviation_is_that_of_the_method(deviation: str, sd: str, store: SqliteStore, config_copy: Path) -> None:
    method = config_copy / "standards" / "noise-automatic-2024.toml"
    text = method.read_text(encoding="utf-8")
    method.write_text(text.replace('deviation = "population"', f'deviation = "{deviation}"'), encoding="utf-8")
    # A6: 100 values 50.1 to 60.0, of 36 s each
    put(
        store,
        *[reading(start_of("2025-03-01") + 36 * k, {"leq": round(50.1 + k / 10, 1)}, period_s=36) for k in range(100)],
    )
    derivation.derive(config.load(config_copy), store)

    found = hour_row(store, "2025-03-01", 0, "sd", "l10", "l95")
    assert found is not None
    assert printed(found) == (sd, "59.10", "50.60")


def test_weather_need_not_lower_the_rate(store: SqliteStore, config_copy: Path) -> None:
    method = config_copy / "standards" / "noise-automatic-2024.toml"
    method.write_text(method.read_text().replace("weather_lowers_vdr = true ", "weather_lowers_vdr = false "))
    put(store, *minutes("2025-03-01", [52.0] * 40, wind_speed=2.0))
    start = start_of("2025-03-01")
    put(store, *[reading(start + m * MINUTE, {"leq": 61.0, "wind_speed": 6.0}, period_s=MINUTE) for m in range(40, 60)])
    derivation.derive(config.load(config_copy), store)

    found = hour_row(store, "2025-03-01", 0, "leq", "reason")
    assert found is not None
    assert (f"{found[0]:.2f}", found[1]) == ("52.00", None)  # A16


def test_hour_record_in_the_rain_gives_way_to_minutes_that_can_be_screened(store: SqliteStore, shipped: Config) -> None:
    put(store, *day_of("2025-03-01", [61.0, 61.0]), *minutes("2025-03-01", [52.0] * 50 + [70.0] * 10))
    put(store, *[reading(start_of("2025-03-01") + 50 * MINUTE, {"rain": 1.0}, period_s=600)])
    put(store, *[reading(start_of("2025-03-01") + HOUR, {"rain": 1.0}, period_s=600)])
    derivation.derive(shipped, store)

    assert hour_row(store, "2025-03-01", 0, "leq", "reason") == (pytest.approx(52.0), None)
    # of the second hour there is the record alone: its level stands, five sixths of its time were dry
    assert hour_row(store, "2025-03-01", 1, "leq", "weather_vdr") == (61.0, pytest.approx(250 / 3))


def test_hour_record_comes_before_minutes_and_lacks_nothing_they_have(store: SqliteStore, shipped: Config) -> None:
    put(store, *day_of("2025-03-01", [61.0], l10=64.0), *minutes("2025-03-01", [50 + k / 10 for k in range(60)]))
    derivation.derive(shipped, store)

    assert hour_row(store, "2025-03-01", 0, "leq", "l10", "l90", "lmax") == (61.0, 64.0, pytest.approx(50.6), None)


@pytest.mark.parametrize(("rate", "reason"), [(75.0, None), (74.9, "too_short"), (0.0, "too_short")])
def test_rate_that_the_terminal_says_decides_of_its_record(
    rate: float, reason: str | None, store: SqliteStore, shipped: Config
) -> None:
    put(store, *day_of("2025-03-01", [61.0], vdr=rate))
    derivation.derive(shipped, store)

    assert hour_row(store, "2025-03-01", 0, "leq", "vdr", "reason") == (None if reason else 61.0, rate, reason)


def test_seconds_come_before_minutes_and_give_the_peak(store: SqliteStore, shipped: Config) -> None:
    start = start_of("2025-03-01")
    put(store, *minutes("2025-03-01", [70.0] * 60))
    put(store, *[reading(start + s, {"leq": 50.0 if s else 81.0}, period_s=1) for s in range(HOUR)])
    derivation.derive(shipped, store)

    leq = 10 * math.log10((10**8.1 + 3599 * 10**5) / 3600)
    assert hour_row(store, "2025-03-01", 0, "leq", "lmax", "lmin", "l5") == (pytest.approx(leq), 81.0, 50.0, 50.0)


def test_monitor_of_which_everything_is_missing_has_days_without_levels(store: SqliteStore, shipped: Config) -> None:
    put(store, *[reading(start_of("2025-03-01") + h * HOUR, {"leq": 50.0}, flag=9) for h in range(48)])
    derivation.derive(shipped, store)

    for day in ("2025-03-01", "2025-03-02"):
        assert day_row(store, day, "ld", "ln", "ld_hours", "vdr", "zone_class") == (None, None, 0, 0.0, "2")


def test_long_rain_and_weather_alone_make_no_hours(store: SqliteStore, shipped: Config) -> None:
    put(store, reading(start_of("2025-03-01"), {"rain": 20.0}, period_s=86_400), *day_of("2025-03-01"))
    put(store, reading(start_of("2025-03-02"), {"wind_speed": 1.0}))
    derivation.derive(shipped, store)

    assert printed(day_row(store, "2025-03-01", "ld")) == ("57.88",)  # a day's rain says nothing of an hour
    assert hour_row(store, "2025-03-02", 0, "leq") is None


# --- figures


def test_figures_of_a_monitor_whose_class_changed_are_of_both(store: SqliteStore, config_copy: Path) -> None:
    with (config_copy / "zone-changes.csv").open("a") as out:
        out.write(f"{STATION},2025-07-02,1\n")
    loaded = config.load(config_copy)
    put(store, *day_of("2025-07-01"), *day_of("2025-07-02"))
    derivation.derive(loaded, store)

    def figure(name: str) -> tuple[str, int]:
        period = periods.parse("2025-07-01..2025-07-02")
        found = evaluation.compute(loaded, store, name, f"station:{STATION}", period)
        return str(found.value), found.valid

    assert figure("noise.night_attainment") == ("50.0", 2)
    assert (figure("noise.night_attainment.2"), figure("noise.night_attainment.1")) == (("100.0", 1), ("0.0", 1))
    assert (figure("noise.mean_level.day"), figure("noise.mean_level.night.1")) == (("57.9", 2), ("47.6", 1))
    assert (figure("noise.collection_rate"), figure("noise.point_times.day")) == (("100.0", 2), ("2", 2))


def test_a_day_has_its_ldn_and_the_verdict_on_its_peak_as_figures(store: SqliteStore, shipped: Config) -> None:
    put(store, *day_of("2025-03-01", lmax=66.0))
    put(store, *day_of("2025-03-02", [None] * 22 + [50.0] * 2, lmax=99.0))  # two hours are no night
    derivation.derive(shipped, store)

    def figure(name: str, period: str) -> tuple[str, int]:
        found = evaluation.compute(shipped, store, name, f"station:{STATION}", periods.parse(period))
        return str(found.value), found.valid

    assert figure("noise.mean_level.day_night", "2025-03-01") == ("57.8", 1)  # A1: 57.79
    assert figure("noise.night_peak_attainment", "2025-03-01..2025-03-02") == ("0.0", 1)  # A15: 66 is more than 50 + 15


def test_surveys_are_those_of_the_city(store: SqliteStore, config_copy: Path) -> None:
    before = config.load(config_copy).fingerprint
    with (config_copy / "noise-surveys" / "road.csv").open("a") as out:
        out.write("shenzhen,r1,2023,day,2.4,69.8\nshenzhen,r2,2023,day,1.1,72.4\nbeijing,r1,2023,day,4.0,67.2\n")
    loaded = config.load(config_copy)
    year = periods.parse("2023")

    found = {
        scope: evaluation.compute(loaded, store, "noise.road_mean.day", scope, year)
        for scope in ("city:shenzhen", "city:beijing", f"station:{STATION}")
    }

    assert [str(figure.value) for figure in found.values()] == ["70.6", "67.2", "None"]
    assert loaded.fingerprint != before


# --- real levels: shared/data/noise_1min_sample


def rows_of(file: Path) -> Iterator[tuple[dt.datetime, float]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        reader = csv.reader(lines)
        next(reader)
        for moment, level in reader:
            yield dt.datetime.fromisoformat(moment).replace(tzinfo=dt.timezone(dt.timedelta(hours=8))), float(level)


def test_hours_of_real_minutes_are_those_of_the_real_seconds(
    store: SqliteStore, shipped: Config, data_folder: Path, tmp_path: Path
) -> None:
    folder = data_folder / "noise_1min_sample"
    seconds = {int(at.timestamp()): level for at, level in rows_of(folder / "laeq1s.csv.gz")}
    by_minute = {
        int(at.timestamp()) - 30: level for at, level in rows_of(folder / "laeq1m.csv.gz")
    }  # stamped mid-minute
    first = start_of("2025-03-22")
    whole_hours = [h for h in range(24) if all(first + h * HOUR + s in seconds for s in range(0, HOUR, 60))]
    assert len(whole_hours) > 20

    put(store, *[reading(at, {"leq": level}, period_s=MINUTE) for at, level in by_minute.items()])
    derivation.derive(shipped, store)
    of_minutes = {h: hour_row(store, "2025-03-22", h, "leq", "l10", "l50", "l90") for h in whole_hours}
    other = SqliteStore(tmp_path / "seconds.sqlite3")
    put(other, *[reading(at, {"leq": level}, period_s=1) for at, level in seconds.items()])
    derivation.derive(shipped, other)
    of_seconds = {h: hour_row(other, "2025-03-22", h, "leq", "l10", "l50", "l90", "lmax") for h in whole_hours}
    other.close()

    for h in whole_hours:
        ours, theirs = of_minutes[h], of_seconds[h]
        assert ours is not None
        assert theirs is not None
        assert ours[0] == pytest.approx(theirs[0], abs=0.05)  # the same energy, minute by minute or second by second
        assert theirs[1] >= theirs[2] >= theirs[3]
        assert theirs[4] == max(seconds.get(first + h * HOUR + s, 0.0) for s in range(HOUR))
        assert ours[2] == pytest.approx(theirs[2], abs=3)  # a minute smooths: LN of minutes is near, not the same


def test_days_of_real_minutes_are_plain_means(store: SqliteStore, shipped: Config, data_folder: Path) -> None:
    by_minute = list(rows_of(data_folder / "noise_1min_sample" / "laeq1m.csv.gz"))
    put(store, *[reading(int(at.timestamp()) - 30, {"leq": level}, period_s=MINUTE) for at, level in by_minute])
    derivation.derive(shipped, store)

    for number in range(22, 32):
        levels = [v for at, v in by_minute if at.day == number and at.month == 3 and 6 <= at.hour < 22]
        ld = 10 * math.log10(sum(10 ** (v / 10) for v in levels) / len(levels))
        assert len(levels) == 960
        assert day_row(store, f"2025-03-{number}", "ld", "ld_hours") == (pytest.approx(ld, abs=1e-9), 16)
