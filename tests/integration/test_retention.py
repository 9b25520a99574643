"""Raw readings of locked months rolled to an archive and deleted, on every store; restored; wherever it dies."""

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
import pytest
from click.testing import Result
from pyarrow import compute as pc
from pyarrow import parquet
from typer.testing import CliRunner

from aggregations import periods
from ingestor import auditing, derivation, publishing
from ingestor.backfill import importing
from ingestor.backfill.parts import Settings
from ingestor.backfill.reading import FORMATS
from ingestor.cli.common import app
from ingestor.completeness import completeness
from ingestor.config import Config, RetentionSettings
from ingestor.derivation import archived
from ingestor.explanation import explanation
from ingestor.explanation_air import ARCHIVED, WHY, AirBasis
from ingestor.jobs import catalogue
from ingestor.retention import files, planning, rolling
from ingestor.schema import TABLES
from ingestor.store import (
    EVER,
    Arrival,
    InfluxServer,
    InfluxStore,
    RawSeries,
    SeriesKey,
    SqliteStore,
    Store,
    StoreError,
)
from ingestor.store.ports import Block
from sensors.errors import ConfigError
from sensors.register import Register
from tests.air_world import DAY, HOUR, figure, put, reading, start_of, stations, world

JAN, FEB, MAR = "2024-01", "2024-02", "2024-03"
NOW = float(start_of("2024-06-01"))
Bits = dict[SeriesKey, tuple[bytes, bytes, bytes]]


@pytest.fixture(params=["sqlite", "influxdb"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "influxdb":
        request.getfixturevalue("influx_url")
    return str(request.param)


def opened(kind: str, file: Path) -> Store:
    return SqliteStore(file) if kind == "sqlite" else InfluxStore(file, InfluxServer(f"t{uuid.uuid4().hex}"))


@pytest.fixture
def store(kind: str, tmp_path: Path) -> Iterator[Store]:
    with closing(opened(kind, tmp_path / "store.sqlite3")) as found:
        yield found


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as found:
        yield found


@pytest.fixture
def config(shipped: Config) -> Config:
    """Two stations of air, a section, and raw readings that stay for 30 days."""
    found = world(shipped, stations(2))
    section = shipped.register.get("water", "sz-w01")
    assert section is not None
    settings = msgspec.structs.replace(found.settings, retention=RetentionSettings(raw_days=30))
    return msgspec.structs.replace(found, settings=settings, register=Register([*found.register.stations, section]))


def fill(store: Store, first: str = "2024-01-30", last: str = "2024-03-03") -> None:
    """Hours of two stations and a section from one day to the day before another, with what else there may be."""
    rng = np.random.default_rng(1)
    times = np.arange(start_of(first), start_of(last), HOUR, dtype=np.int64)
    blocks = []
    for name in ("a01", "a02"):
        columns = {}
        for item in ("pm25", "pm10", "o3"):
            values = np.round(rng.random(len(times)) * 80 + 1 / 3, 9)
            codes = rng.choice([0, 1, 3, 4, 9], len(times), p=[0.02, 0.94, 0.02, 0.01, 0.01])
            columns[item] = (np.where(codes == 9, np.nan, values), codes)
        blocks.append(Block("air", name, HOUR, times, columns))
    five = np.arange(start_of(first), start_of(first) + 6 * HOUR, 300, dtype=np.int64)
    blocks.append(Block("air", "a02", 300, five, {"so2": (np.full(len(five), 0.1), np.ones(len(five), np.int64))}))
    four = times[::4]
    codes = np.ones(len(four), np.int64)
    blocks.append(Block("water", "sz-w01", 4 * HOUR, four, {"tp": (rng.random(len(four)), codes)}))
    grab = np.array([start_of(first) + 61, start_of("2024-02-10") + 7], dtype=np.int64)
    blocks.append(Block("water", "sz-w01", 0, grab, {"hg": (np.array([0.00004, 0.1]), np.array([5, 1]))}))
    store.load(blocks)


def lock(config: Config, store: Store, *months: str, medium: str | None = "air") -> None:
    publishing.bring_up_to_date(config, store)
    for month in months:
        entries = auditing.entries(
            config, periods.parse(month), medium=medium, city="shenzhen", locked=True, reason="audited", by="li"
        )
        store.lock(entries)


def unlock(config: Config, store: Store, month: str) -> None:
    (entry,) = auditing.entries(
        config, periods.parse(month), medium="air", city="shenzhen", locked=False, reason="late", by="li"
    )
    store.unlock([entry], auditing.days_of(config, entry))


def roll(config: Config, store: Store, folder: Path, *, now: float = NOW) -> list[rolling.Rolled]:
    return rolling.roll(config, store, folder, now=now)


def restore(config: Config, store: Store, *which: Path) -> importing.Imported:
    settings = Settings(config.offset_s)
    return importing.import_files(config, list(which), FORMATS["parquet"].read, store, settings=settings)


def bits(store: Store, start: int = EVER[0], end: int = EVER[1]) -> Bits:
    return {
        key: (raw.times.tobytes(), raw.values.tobytes(), raw.flags.tobytes())
        for medium, ids in (("air", ["a01", "a02"]), ("water", ["sz-w01"]))
        for key, raw in store.raw_of(medium, ids, start, end).items()
    }


def values_in(store: Store, medium: str = "air", month: str = JAN) -> int:
    first = periods.parse(month)
    start, end = start_of(str(first.first)), start_of(str(first.last)) + DAY
    ids = ["a01", "a02"] if medium == "air" else ["sz-w01"]
    return sum(len(raw.times) for raw in store.raw_of(medium, ids, start, end).values())


def rows(store: Store) -> dict[str, list[Any]]:
    """All that is derived."""
    keys = ("a01", "a02", "sz-w01", "shenzhen")
    found = {
        f"{t.name} {k}": list(store.read(t.name, k, *EVER, list(t.columns))) for t in TABLES.values() for k in keys
    }
    return {name: each for name, each in found.items() if each}


def states(config: Config, store: Store, *, now: float = NOW) -> dict[str, str]:
    return {f"{m.month} {m.medium}": m.state for m in planning.outlook(config, store, "", now=now).months}


# --- rolled and restored


def test_rolled_month_leaves_rows_and_figures_and_comes_back_bit_for_bit(
    store: Store, config: Config, tmp_path: Path
) -> None:
    fill(store)
    lock(config, store, JAN, FEB)
    before, derived = bits(store), rows(store)
    printed = figure(config, store, "air.annual_mean.pm25", "city:shenzhen", JAN)
    (done,) = roll(config, store, tmp_path / "archive")
    assert done.values == done.deleted > 300
    assert (values_in(store), values_in(store, month=FEB) > 0) == (0, True)
    assert roll(config, store, tmp_path / "archive") == []
    for again in (False, True):
        derivation.derive(config, store, everything=again)
        assert rows(store) == derived
    assert figure(config, store, "air.annual_mean.pm25", "city:shenzhen", JAN) == printed
    assert not restore(config, store, Path(done.file)).refused
    assert bits(store) == before
    assert store.archived() == []
    assert not derivation.is_stale(config, store)
    assert derivation.pending(config, store) == []
    derivation.derive(config, store, everything=True)
    assert rows(store) == derived


def test_rolled_month_keeps_rows_when_register_or_checks_change(
    sqlite: SqliteStore, shipped: Config, config: Config, tmp_path: Path
) -> None:
    fill(sqlite)
    lock(config, sqlite, FEB, MAR)
    kept = rows(sqlite)["air_day a01"]
    fail = (shipped.directory / "checks.toml").read_text(encoding="utf-8").replace('"suspect"', '"fail"')
    roll(config, sqlite, tmp_path)
    assert sqlite.archived()
    longer = msgspec.structs.replace(config, checks=world(shipped, stations(2), checks_toml=fail).checks)
    assert archived.months_reached(longer, "air", FEB)[0] == JAN  # with these checks a run of equal values reaches back
    done = derivation.derive(longer, sqlite)
    assert [each.month for each in done.archived] == [FEB]
    by_day = {row[0]: row for row in rows(sqlite)["air_day a01"]}
    last_of_january = start_of("2024-01-31")
    assert by_day[last_of_january] == next(row for row in kept if row[0] == last_of_january)
    assert [row for row in by_day.values() if row[0] >= last_of_january] == [
        row for row in kept if row[0] >= last_of_january
    ]


def test_station_whose_readings_before_a_gap_were_rolled_keeps_its_rows_in_the_gap(
    sqlite: SqliteStore, config: Config, tmp_path: Path
) -> None:
    fill(sqlite, last="2024-02-01")
    put(sqlite, reading("a01", start_of("2024-04-02"), {"pm25": 30.0}))
    put(sqlite, *(reading("a02", start_of("2024-02-01") + HOUR * i, {"pm25": 30.0}) for i in range(24 * 62)))
    lock(config, sqlite, JAN, FEB)
    derived = rows(sqlite)
    roll(config, sqlite, tmp_path)
    derivation.derive(config, sqlite, everything=True)
    assert rows(sqlite) == derived


def test_month_of_water_rests_on_what_follows_for_60_days(config: Config) -> None:
    assert archived.months_reached(config, "water", "2024-06") == [
        "2024-05", "2024-06", "2024-07", "2024-08",
    ]  # fmt: skip
    assert archived.months_reached(config, "noise", "2024-06") == ["2024-05", "2024-06", "2024-07"]
    assert archived.months_reached(config, "air", "2024-06") == ["2024-06", "2024-07"]


def test_water_is_rolled_with_samples_and_comes_back(store: Store, config: Config, tmp_path: Path) -> None:
    fill(store)
    lock(config, store, "2023-11", "2023-12", JAN, FEB, MAR, "2024-04", medium="water")
    before, derived = bits(store), rows(store)
    done = roll(config, store, tmp_path)
    assert [(each.month, each.medium) for each in done] == [(JAN, "water"), (FEB, "water")]
    assert values_in(store, "water") == values_in(store, "water", FEB) == 0
    derivation.derive(config, store, everything=True)
    assert rows(store) == derived
    restore(config, store, *(Path(each.file) for each in done))
    assert bits(store) == before


# --- what is due


def test_month_is_due_when_old_enough_and_locked_with_those_that_rest_on_it(
    sqlite: SqliteStore, config: Config, tmp_path: Path
) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN)
    assert states(config, sqlite) == {f"{JAN} air": "neighbours"}
    assert roll(config, sqlite, tmp_path) == []
    lock(config, sqlite, FEB)
    over = start_of("2024-02-01") + 30 * DAY
    assert states(config, sqlite, now=over - 1) == {f"{JAN} air": "young", f"{FEB} air": "young"}
    assert states(config, sqlite, now=over) == {f"{JAN} air": "due", f"{FEB} air": "young"}
    assert states(config, sqlite) == {f"{JAN} air": "due", f"{FEB} air": "neighbours"}
    put(sqlite, reading("a01", start_of("2024-01-31"), {"pm25": 99.0}))
    assert states(config, sqlite)[f"{JAN} air"] == "pending"  # due
    derivation.derive(config, sqlite)
    assert states(config, sqlite)[f"{JAN} air"] == "pending"  # held
    assert roll(config, sqlite, tmp_path) == []
    assert sqlite.archived() == []


def test_nothing_is_rolled_without_the_setting(sqlite: SqliteStore, config: Config, tmp_path: Path) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN, FEB)
    never = msgspec.structs.replace(
        config, settings=msgspec.structs.replace(config.settings, retention=RetentionSettings())
    )
    with pytest.raises(Exception, match="raw_days: expected a number of days, got none"):
        roll(never, sqlite, tmp_path)
    assert "retention" not in [job.name for job in catalogue.jobs(never, tmp_path)]
    assert "retention" in [job.name for job in catalogue.jobs(config, tmp_path)]
    assert not list(tmp_path.glob("*.parquet"))


# --- whatever dies


def dying(target: object, name: str, monkeypatch: pytest.MonkeyPatch, *, after: bool, calls: int = 1) -> None:
    """Let a step die, before or after it did what it does, in its n-th call."""
    real: Callable[..., Any] = getattr(target, name)
    left = [calls]

    def step(*arguments: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and not after:
            raise KeyboardInterrupt
        done = real(*arguments, **options)
        if left[0] == 0:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(target, name, step)


STEPS = [
    ("files", "write", 1), ("files", "contents", 1), ("files", "put_in_place", 1), ("store", "add_archive", 1),
    ("files", "contents", 2), ("store", "remove_raw", 1), ("store", "remove_raw", 2),
    ("store", "set_archive_deleted", 1),
]  # fmt: skip


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("where", "step", "calls"), STEPS, ids=[f"{step}{n}" for _, step, n in STEPS])
def test_whatever_step_dies_nothing_is_lost_and_the_next_run_completes_it(
    sqlite: SqliteStore, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, step: str,
    calls: int, after: bool,
) -> None:  # fmt: skip
    fill(sqlite, last="2024-02-03")
    lock(config, sqlite, JAN, FEB)
    before, derived = bits(sqlite), rows(sqlite)
    folder = tmp_path / "archive"
    with monkeypatch.context() as patched:
        dying(files if where == "files" else sqlite, step, patched, after=after, calls=calls)
        with pytest.raises(KeyboardInterrupt):
            roll(config, sqlite, folder)
    if bits(sqlite) != before:  # what has left the store lies in a file that the ledger knows
        (known,) = sqlite.archived()
        assert files.contents(folder / known.file).digest == known.digest
    derivation.derive(config, sqlite, everything=True)
    assert rows(sqlite) == derived
    roll(config, sqlite, folder)
    assert values_in(sqlite) == 0
    (known,) = sqlite.archived()
    assert (known.deleted, [each.name for each in folder.iterdir()]) == (True, [known.file])
    restore(config, sqlite, folder / known.file)
    assert bits(sqlite) == before


def test_file_that_is_bad_leaves_out_its_month_and_the_others_are_rolled(
    sqlite: SqliteStore, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN, FEB, MAR)
    with monkeypatch.context() as patched:
        dying(sqlite, "add_archive", patched, after=True)
        with pytest.raises(KeyboardInterrupt):
            roll(config, sqlite, tmp_path)
    (known,) = sqlite.archived()
    file = tmp_path / known.file
    kept = file.read_bytes()
    file.write_bytes(b"PAR1")
    with pytest.raises(rolling.BadFilesError, match="expected a whole file, got") as caught:
        roll(config, sqlite, tmp_path)
    assert [(each.month, each.deleted > 0) for each in caught.value.rolled] == [(FEB, True)]
    assert values_in(sqlite) > 0
    file.write_bytes(kept)
    assert [each.month for each in roll(config, sqlite, tmp_path)] == [JAN]


def test_restoring_that_dies_is_completed_by_the_same_import(
    sqlite: SqliteStore, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN, FEB)
    before = bits(sqlite)
    (done,) = roll(config, sqlite, tmp_path)
    with monkeypatch.context() as patched:
        dying(sqlite, "set_restored", patched, after=False)
        with pytest.raises(KeyboardInterrupt):
            restore(config, sqlite, Path(done.file))
    assert sqlite.archived()
    restore(config, sqlite, Path(done.file))
    assert (sqlite.archived(), bits(sqlite) == before) == ([], True)


def test_file_that_is_not_the_one_written_deletes_nothing_more(
    sqlite: SqliteStore, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN, FEB)
    before = bits(sqlite)
    with monkeypatch.context() as patched:
        dying(sqlite, "add_archive", patched, after=True)
        with pytest.raises(KeyboardInterrupt):
            roll(config, sqlite, tmp_path)
    (known,) = sqlite.archived()
    file = tmp_path / known.file
    table = parquet.read_table(file)
    values = table.column("value").to_pylist()
    changed = table.set_column(5, "value", [[None if v is None else v + 1e-9 for v in values]])
    parquet.write_table(changed, file)
    with pytest.raises(StoreError, match="expected the file that was written, got another"):
        roll(config, sqlite, tmp_path)
    file.write_bytes(b"PAR1")
    with pytest.raises(StoreError, match="expected a whole file"):
        roll(config, sqlite, tmp_path)
    assert bits(sqlite) == before


def test_file_whose_values_were_changed_is_not_restored(sqlite: SqliteStore, config: Config, tmp_path: Path) -> None:
    # many a tool that rewrites Parquet keeps the name for good, which stands in the metadata
    fill(sqlite)
    lock(config, sqlite, JAN, FEB)
    (done,) = roll(config, sqlite, tmp_path)
    table = parquet.read_table(done.file)
    values = table.column("value").to_pylist()
    changed = table.set_column(5, "value", [[None if v is None else v + 1 for v in values]])
    parquet.write_table(changed, done.file)
    with pytest.raises(StoreError, match="expected the values that were archived, got others"):
        restore(config, sqlite, Path(done.file))
    assert (values_in(sqlite), len(sqlite.archived())) == (0, 1)


def test_part_of_a_file_restores_the_stations_that_it_holds_whole(
    sqlite: SqliteStore, config: Config, tmp_path: Path
) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN, FEB)
    (done,) = roll(config, sqlite, tmp_path)
    table = parquet.read_table(done.file)
    some = tmp_path / "a01.parquet"
    parquet.write_table(table.filter(pc.equal(table.column("station").cast("string"), "a01")), some)
    (restored,) = restore(config, sqlite, some).restored
    assert restored.missing == ["a02"]


def test_file_that_does_not_hold_what_was_written_is_not_kept(
    sqlite: SqliteStore, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN, FEB)
    before = bits(sqlite)
    real = files.contents
    monkeypatch.setattr(files, "contents", lambda file: msgspec.structs.replace(real(file), digest="another"))
    with pytest.raises(StoreError, match="expected what was written"):
        roll(config, sqlite, tmp_path / "archive")
    assert (bits(sqlite) == before, list((tmp_path / "archive").iterdir())) == (True, [])


def test_file_of_another_roll_is_never_written_over(sqlite: SqliteStore, config: Config, tmp_path: Path) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN, FEB)
    other = tmp_path / f"{JAN}-air-shenzhen.parquet"
    other.write_bytes(b"somebody's")
    (done,) = roll(config, sqlite, tmp_path)
    assert (other.read_bytes(), Path(done.file).name) == (b"somebody's", f"{JAN}-air-shenzhen-2.parquet")


# --- what arrives meanwhile


def test_values_that_arrive_between_archive_and_deletion_stay_and_are_not_restored_over(
    store: Store, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    lock(config, store, JAN, FEB)
    with monkeypatch.context() as patched:
        dying(store, "add_archive", patched, after=True)
        with pytest.raises(KeyboardInterrupt):
            roll(config, store, tmp_path)
    corrected, new = start_of("2024-01-31"), start_of("2024-01-12")
    put(store, reading("a01", corrected, {"pm25": 999.5}), reading("a01", new, {"pm25": 7.25}))
    derivation.derive(config, store)
    roll(config, store, tmp_path)
    left = store.raw(SeriesKey("air", "a01", HOUR, "pm25"), end=start_of("2024-02-01"))
    assert (left.times.tolist(), left.values.tolist()) == ([new, corrected], [7.25, 999.5])
    (known,) = store.archived()
    for _ in range(2):  # importing it again restores nothing over later readings, either
        restore(config, store, tmp_path / known.file)
        after = store.raw(SeriesKey("air", "a01", HOUR, "pm25"), end=start_of("2024-02-01"))
        at = dict(zip(after.times.tolist(), after.values.tolist(), strict=True))
        assert (at[new], at[corrected], len(at) > 40) == (7.25, 999.5, True)


def test_deletion_waits_for_readings_on_their_way(
    influx_url: str, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert influx_url
    with closing(opened("influxdb", tmp_path / "store.sqlite3")) as store:
        fill(store)
        lock(config, store, JAN, FEB)
        dying(store, "add_archive", monkeypatch, after=True)
        with pytest.raises(KeyboardInterrupt):
            roll(config, store, tmp_path)
        count = values_in(store)
        late = reading("a01", start_of("2024-01-31"), {"pm25": 999.5})
        store.commit([Arrival("native", "t", 0.0, b"", [late], [])])
        with pytest.raises(StoreError, match="expected no readings of a01 on their way"):
            roll(config, store, tmp_path)
        assert values_in(store) == count
        store.drain()
        derivation.derive(config, store)
        roll(config, store, tmp_path)
        assert values_in(store) == 3  # all that has the moment of the late one


def test_influxdb_3_keeps_its_readings(
    influx_url: str, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert influx_url
    monkeypatch.setattr(InfluxServer, "version", lambda _: "3.1.0")
    told = r"expected InfluxDB 1 or 2, which can delete readings, got 3\.1\.0"
    with closing(opened("influxdb", tmp_path / "store.sqlite3")) as store, pytest.raises(StoreError, match=told):
        roll(config, store, tmp_path / "archive")
    assert not (tmp_path / "archive").exists()


# --- unlocking, deriving, telling


class SecondsOfNoise:
    """A store that holds two levels of every second of some days of one monitor."""

    def raw_of(self, medium: str, stations: list[str], start: int, end: int) -> dict[SeriesKey, RawSeries]:
        times = np.arange(start, end, dtype=np.int64)
        series = RawSeries(times, np.full(len(times), 50.0), np.ones(len(times), dtype=np.int64))
        return {SeriesKey(medium, stations[0], 1, quantity): series for quantity in ("leq", "lmax")}


def test_piece_of_an_archive_has_all_quantities_of_its_moments_however_many_values(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # InfluxDB deletes a moment only where all values of it are in the piece
    monkeypatch.setitem(files.WINDOW_S, "noise", 7 * DAY)
    span = archived.span_of_month(config, JAN).part(0, 7)
    file = tmp_path / "seconds.parquet"
    files.write(cast(Store, SecondsOfNoise()), "noise", ["n01"], span, file, lambda _: None)
    assert [{key.quantity for key in piece} for piece in files.pieces(file)] == [{"leq", "lmax"}]


def test_restored_month_unlocked_is_derived_as_from_scratch(
    sqlite: SqliteStore, config: Config, tmp_path: Path
) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN, FEB)
    (done,) = roll(config, sqlite, tmp_path / "archive")
    put(sqlite, *(reading("a01", start_of("2024-01-30") + HOUR * h, {"pm25": 400.0}) for h in range(24)))
    derivation.derive(config, sqlite)
    restore(config, sqlite, Path(done.file))
    unlock(config, sqlite, JAN)
    derivation.derive(config, sqlite)
    with closing(SqliteStore(tmp_path / "other.sqlite3")) as other:
        for key, (times, values, flags) in bits(sqlite).items():
            columns = {key.quantity: (np.frombuffer(values), np.frombuffer(flags, np.int64))}
            other.load([Block(key.medium, key.station, key.period_s, np.frombuffer(times, np.int64), columns)])  # type: ignore[arg-type]
        derivation.derive(config, other)
        assert rows(other) == rows(sqlite)
    lock(config, sqlite, JAN)
    (again,) = roll(config, sqlite, tmp_path / "archive")
    assert Path(again.file).name == f"{JAN}-air-shenzhen-2.parquet"


def test_same_readings_rolled_again_use_the_same_file(sqlite: SqliteStore, config: Config, tmp_path: Path) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN, FEB)
    (first,) = roll(config, sqlite, tmp_path)
    restore(config, sqlite, Path(first.file))
    (again,) = roll(config, sqlite, tmp_path)
    assert (again, len(list(tmp_path.glob("*.parquet")))) == (first, 1)
    assert sqlite.archived()[0].deleted


def test_rows_that_were_lost_with_their_locks_wait_for_the_archive(
    sqlite: SqliteStore, config: Config, tmp_path: Path
) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN, FEB)
    derived = rows(sqlite)
    (done,) = roll(config, sqlite, tmp_path)
    (entry,) = [each for each in sqlite.locks().values() if each.month == JAN]
    sqlite.lock([msgspec.structs.replace(entry, locked=False)])  # as a version does that keeps a table in another way
    assert [each.month for each in derivation.derive(config, sqlite, everything=True).archived] == [JAN]
    assert rows(sqlite) == derived
    with sqlite.replacing():
        sqlite.replace("air_day", "a01", [], {}, start=EVER[0], end=start_of("2024-02-01"))
    restore(config, sqlite, Path(done.file))
    assert derivation.derive(config, sqlite).archived == []
    assert rows(sqlite) == derived


def test_archive_imported_into_another_store_makes_its_days_stale(
    sqlite: SqliteStore, config: Config, tmp_path: Path
) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN, FEB)
    (done,) = roll(config, sqlite, tmp_path)
    with closing(SqliteStore(tmp_path / "other.sqlite3")) as other:
        assert restore(config, other, Path(done.file)).restored == []
        assert sorted(other.due().days) == [("air", "a01"), ("air", "a02")]
        assert values_in(other) == done.values


def test_completeness_and_explanation_say_that_readings_are_archived(
    sqlite: SqliteStore, config: Config, tmp_path: Path
) -> None:
    fill(sqlite)
    lock(config, sqlite, JAN, FEB)
    roll(config, sqlite, tmp_path)
    air = list(config.register.of("air"))
    found = completeness(config, sqlite, air, periods.parse("2024-01-30..2024-02-02"), as_of=NOW)
    assert [each.month for each in found.archived] == [JAN]
    pm25 = next(each for each in found.captures if (each.station, each.quantity) == ("a01", "pm25"))
    assert (pm25.expected, min((gap.start for gap in pm25.gaps), default=EVER[1]) >= start_of("2024-02-01")) == (
        48,
        True,
    )
    assert completeness(config, sqlite, air, periods.parse("2024-02"), as_of=NOW).archived == []
    told = explanation(config, sqlite, "air.annual_mean.pm25", "station:a01", periods.parse(JAN))
    assert [each.month for each in told.archived] == [JAN]
    assert isinstance(told.basis, AirBasis)
    assert [each.excluded for each in told.basis.stations] == [{WHY[ARCHIVED]: 31 * 24}]
    both = explanation(config, sqlite, "air.annual_mean.pm25", "station:a01", periods.parse("2024-01-31..2024-02-01"))
    assert isinstance(both.basis, AirBasis)
    assert both.basis.stations[0].excluded[WHY[ARCHIVED]] == 24
    assert both.basis.stations[0].valid > 20


def test_commands_of_retention(tmp_path: Path, config_copy: Path) -> None:
    data = tmp_path / "data"
    with closing(SqliteStore(data / "qingjing.sqlite3")) as store:
        times = np.arange(start_of("2020-01-30"), start_of("2020-02-03"), HOUR, dtype=np.int64)
        store.load(
            [Block("air", "sz-a01", HOUR, times, {"pm25": (np.full(len(times), 20.0), np.ones(len(times), np.int64))})]
        )
    common = ["--config", str(config_copy), "--data", str(data)]

    def qingjing(*arguments: str, code: int = 0) -> Result:
        done = CliRunner().invoke(app, list(arguments))
        failed = isinstance(done.exception, ConfigError)
        assert (2 if failed else done.exit_code) == code, done.output
        return done

    def refused(*arguments: str) -> str:
        return str(qingjing(*arguments, code=2).exception)

    assert "raw readings stay for ever" in qingjing("--lang", "en", *common, "retention").stdout
    assert "raw_days: expected a number of days" in refused(*common, "retention", "run")
    assert "only with [retention] raw_days" in refused(*common, "jobs", "run", "retention")
    settings = config_copy / "settings.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "\n[retention]\nraw_days = 365\n", encoding="utf-8")
    lock_it = ["review", "lock", "--medium", "air", "--city", "shenzhen", "--reason", "ok", "--by", "li", "--month"]
    for month in ("2020-01", "2020-02"):
        qingjing(*common, *lock_it, month)
    assert qingjing(*common, "retention", "run", "--dry-run").stdout == "2020-01 air shenzhen\n"
    assert not (data / "archive").exists()
    (rolled,) = json.loads(qingjing(*common, "retention", "run", "--json").stdout)["rolled"]
    assert rolled["deleted"] == 48
    with closing(sqlite3.connect(data / "qingjing.sqlite3")) as db, db:  # as of a run that died before its end
        db.execute("UPDATE archive SET deleted = NULL")
    file = Path(rolled["file"])
    kept = file.read_bytes()
    file.write_bytes(b"PAR1")
    failed = qingjing(*common, "retention", "run", "--json", code=1)
    (skipped,) = json.loads(failed.stdout)["skipped"]
    assert skipped.startswith(f"archive {file}: expected a whole file, got")
    assert str(failed.exception) == skipped
    file.write_bytes(kept)
    assert json.loads(qingjing(*common, "retention", "run", "--json").stdout)["skipped"] == []
    shown = json.loads(qingjing(*common, "retention", "--json").stdout)
    assert [(each["month"], each["state"]) for each in shown["months"]] == [("2020-02", "neighbours")]
    assert [each["file"] for each in shown["archived"]] == ["2020-01-air-shenzhen.parquet"]
    exported = qingjing(*common, "export", "--period", "2020-01")
    assert "readings are archived in" in exported.stderr
    assert len(exported.stdout.splitlines()) == 1
    undo = ["review", "unlock", "--medium", "air", "--city", "shenzhen", "--reason", "late", "--by", "li", "--month"]
    for month in ("2020-01", "2020-02"):  # the first of February rests on the last of January
        assert "rests on readings in the archive" in refused(*common, *undo, month)
    about = ["--station", "sz-a01", "--quantity", "pm25", "--from", "2020-01-30", "--to", "2020-01-31"]
    told = qingjing("--lang", "en", *common, "review", "add", *about, "--action", "flag", "--reason", "r", "--by", "li")
    assert "its readings are archived in 2020-01-air-shenzhen.parquet" in told.stdout
    assert "readings are restored" in qingjing("--lang", "en", *common, "import", "parquet", rolled["file"]).stdout
    qingjing(*common, *undo, "2020-01")
