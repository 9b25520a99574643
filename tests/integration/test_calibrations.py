"""Calibrations from readings in a real store to hours, days, data capture, explanations and the board.

Expected numbers are worked by hand.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from aggregations import periods
from ingestor import derivation, explanation_tables
from ingestor.board.lanes import Use
from ingestor.board.latest import LatestReadings
from ingestor.completeness import completeness
from ingestor.config import DAY_S, Config
from ingestor.explanation import explanation
from ingestor.notices.readings import look
from ingestor.store import SeriesKey, SqliteStore
from ingestor.store.reviewed import Locked
from sensors import calibrations, flags, gas_states
from sensors.quantities import MEDIA
from sensors.reading import Reading
from tests.air_world import HOUR, put, reading, row, start_of

DAY, NEXT = "2026-06-01", "2026-06-02"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as opened:
        yield opened


def given(config: Config, *rows: str) -> Config:
    """The configuration with rows of calibrations.csv, read as the program reads them."""
    found = calibrations.parse(
        "\n".join([",".join(calibrations.COLUMNS), *rows]),
        stations={medium: [station.id for station in config.register.of(medium)] for medium in MEDIA},
        quantities=config.quantities,
        offset_s=config.offset_s,
        file="calibrations.csv",
    )
    return msgspec.structs.replace(config, calibrations=found)


def of_pm25(factor: str, offset: str, *, first: str = "", until: str = "") -> str:
    return f"air,sz-a01,pm25,{first},{until},{factor},{offset},Li Na,protocol 17,beside sz-a02"


def hours_of(store: SqliteStore, day: str, values: list[float], *, quantity: str = "pm25") -> None:
    put(store, *[reading("sz-a01", start_of(day) + i * HOUR, {quantity: each}) for i, each in enumerate(values)])


def derived(store: SqliteStore, day: str, n: int, *, quantity: str = "pm25") -> list[float | None]:
    at = start_of(day)
    found = dict.fromkeys(range(at, at + n * HOUR, HOUR))
    found |= dict(store.read("air_hour", "sz-a01", at, at + n * HOUR, [quantity]))  # type: ignore[arg-type]
    return list(found.values())


def test_hours_are_of_calibrated_readings_and_raw_ones_stay(store: SqliteStore, shipped: Config) -> None:
    put(
        store,
        *[reading(name, start_of(DAY) + h * HOUR, {"pm25": 30.0}) for name in ("sz-a01", "sz-a02") for h in range(4)],
    )
    put(store, reading("sz-a01", start_of(DAY) + 1800, {"pm10": 60.0}, period_s=1800))
    loaded = given(shipped, of_pm25("0.873", "-1.4", first=f"{DAY}T02:00+08:00"))
    derivation.derive(loaded, store)
    assert derived(store, DAY, 4) == [30, 30, 24.79, 24.79]
    other = [value for _, value in store.read("air_hour", "sz-a02", 0, 2**40, ["pm25"])]
    assert other == [30, 30, 30, 30]
    assert store.raw(SeriesKey("air", "sz-a01", HOUR, "pm25")).values.tolist() == [30, 30, 30, 30]


def test_shorter_readings_are_calibrated_one_by_one(store: SqliteStore, shipped: Config) -> None:
    readings = [
        reading("sz-a01", start_of(DAY) + i * 1800, {"pm25": v}, period_s=1800) for i, v in enumerate((10.0, 20.0))
    ]
    put(store, *readings)
    derivation.derive(given(shipped, of_pm25("2", "0", first=f"{DAY}T00:30+08:00")), store)
    assert derived(store, DAY, 1) == [25]  # (10 + 2 * 20) / 2


def test_plausible_is_what_the_calibrated_value_is(store: SqliteStore, shipped: Config) -> None:
    # 3,500 * 0.5 = 1,750 is; 2 * 0.5 - 3 = -2 is below zero, 6 * 0.5 - 3 = 0 is not; quantities.toml: 0 to 3,000.
    hours_of(store, DAY, [3500.0, 2.0, 6.0])
    hours_of(store, NEXT, [2900.0])
    loaded = given(shipped, of_pm25("0.5", "-3", until=NEXT), of_pm25("1.2", "0", first=NEXT))
    derivation.derive(loaded, store)
    assert derived(store, DAY, 3) == [1747, None, 0]
    assert derived(store, NEXT, 1) == [None]  # 3,480
    station = loaded.register.get("air", "sz-a01")
    assert station is not None
    found = completeness(loaded, store, [station], periods.parse(f"{DAY}..{NEXT}"), as_of=start_of(NEXT) + DAY_S)
    assert [(each.received, each.valid) for each in found.captures if each.quantity == "pm25"] == [(4, 2)]


def test_gases_are_calibrated_before_they_are_converted(store: SqliteStore, shipped: Config) -> None:
    # 1.1 * 100 - 5 = 105, of which at 298.15 K 27315/29815 is left; the other way round it would be 95.776455.
    hours_of(store, DAY, [100.0], quantity="no2")
    states = gas_states.parse("station,from,until,kelvin\nsz-a01,,,273.15\n", ["sz-a01"], file="g.csv")
    loaded = msgspec.structs.replace(given(shipped, "air,sz-a01,no2,,,1.1,-5,x,x,"), gas_states=states)
    derivation.derive(loaded, store)
    assert derived(store, DAY, 1, quantity="no2") == [96.195707]


def test_only_a_row_that_changes_values_makes_stale_and_only_its_stations(store: SqliteStore, shipped: Config) -> None:
    hours_of(store, DAY, [30.0])
    put(store, Reading("noise", "sz-n01", HOUR, start_of(DAY), (("leq", 55.0, 1),)))
    derivation.derive(shipped, store)
    assert not derivation.is_stale(given(shipped), store)
    loaded = given(shipped, of_pm25("2", "0"))
    assert [(work.unit.name, work.why) for work in derivation.plan(loaded, store).work] == [("air:shenzhen", "changed")]
    derivation.derive(loaded, store)
    assert derived(store, DAY, 1) == [60]
    assert not derivation.is_stale(given(shipped, "air,sz-a01,pm25,,,2.0,0.0,Wu,protocol 18,"), store)
    assert derivation.is_stale(given(shipped, of_pm25("2", "0.000001")), store)
    shift = given(shipped, of_pm25("2", "0"), "noise,sz-n01,leq,,,1,-1.5,x,x,")
    assert [work.unit.name for work in derivation.plan(shift, store).work] == ["noise:sz-n01"]
    derivation.derive(shift, store)
    assert row(store, "noise_hour", "sz-n01", start_of(DAY), "leq") == 53.5
    derivation.derive(given(shipped), store)
    assert derived(store, DAY, 1) == [30]  # a row that is taken away


def test_locked_month_keeps_its_rows_when_its_readings_are_calibrated(store: SqliteStore, shipped: Config) -> None:
    hours_of(store, "2026-05-31", [30.0])
    hours_of(store, DAY, [30.0])
    derivation.derive(shipped, store)
    store.lock([Locked(month="2026-05", medium="air", city="shenzhen", locked=True, reason="audited", by="li")])
    derivation.derive(given(shipped, of_pm25("2", "0")), store)
    assert (derived(store, "2026-05-31", 1), derived(store, DAY, 1)) == ([30], [60])


def test_samples_and_results_below_detection_are_no_readings_of_a_monitor(store: SqliteStore, shipped: Config) -> None:
    below = flags.BELOW_DETECTION
    readings = [
        Reading("water", "sz-w01", 4 * HOUR, start_of(DAY) + n * 4 * HOUR, (("tp", value, flag),))
        for n, (value, flag) in enumerate([(0.1, 1), (0.01, below)])
    ]
    put(store, *readings, Reading("water", "sz-w01", 0, start_of(DAY) + 60, (("tp", 0.1, 1),)))
    loaded = given(shipped, "water,sz-w01,tp,,,2,0,x,x,")
    derivation.derive(loaded, store)
    assert row(store, "water_manual", "sz-w01", start_of(DAY) + 60, "tp") == 0.1
    # Two results are too few for a day, so their mean is looked at where a reading alone is: in its class.
    found = derivation.spans.usable(
        loaded, loaded.register.of("water")[0], store.raw_of("water", ["sz-w01"], 0, 2**40)
    )  # fmt: skip
    assert [values.tolist() for key, _, values, _ in found if key.period_s] == [[0.2, 0.01]]


def test_explanation_names_the_rows_and_counts_what_they_calibrated(store: SqliteStore, shipped: Config) -> None:
    hours_of(store, DAY, [30.0] * 24)
    hours_of(store, DAY, [60.0] * 24, quantity="pm10")
    hours_of(store, NEXT, [30.0] * 3)
    loaded = given(
        shipped,
        of_pm25("0.873", "-1.4", first=f"{DAY}T06:00+08:00", until=NEXT),
        of_pm25("0.9", "0", first="2026-07-01"),
        "air,sz-a01,o3,,,1.2,0,x,x,",
        "air,sz-a02,pm25,,,1.1,0,Wu,protocol 18,",
    )
    derivation.derive(loaded, store)
    found = explanation(loaded, store, "air.annual_mean.pm25", "station:sz-a01", periods.parse(f"{DAY}..{NEXT}"))
    told = [(each.line, each.values, str(each.factor), each.certificate, each.by) for each in found.calibrations]
    assert told == [(2, 18, "0.873", "protocol 17", "Li Na")]
    for language, expected in (("zh", "0.873 × 读数 - 1.4"), ("en", "0.873 × reading - 1.4")):
        console = Console(width=200)
        with console.capture() as captured:
            for each in explanation_tables.explained(found, language):  # type: ignore[arg-type]
                console.print(each)
        assert expected in captured.get()
        assert "beside sz-a02" in captured.get()


def test_board_and_notices_of_now_are_of_calibrated_readings(
    store: SqliteStore, shipped: Config, tmp_path: Path
) -> None:
    hours_of(store, DAY, [100.0], quantity="o3")
    loaded = given(shipped, "air,sz-a01,o3,,,2.5,0,x,x,")
    now = start_of(DAY) + 1.5 * HOUR
    latest = LatestReadings().look(Use(loaded, store, tmp_path / "store.sqlite3"), now)
    assert latest["air", "sz-a01"].values == {"o3": 250}
    (exceeded,) = [each for each in look(loaded, store, [("air", "sz-a01")], now) if each.kind == "exceedance"]
    assert [detail.value for item in exceeded.going_on for detail in item.item.details] == ["250"]  # limit: 200
