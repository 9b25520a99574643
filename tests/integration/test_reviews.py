"""Reviews and locked months: what they make of hours, days and figures, and the commands."""

import datetime as dt
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aggregations import periods
from ingestor import auditing, config, derivation, evaluation
from ingestor.config import Config
from ingestor.explanation import explanation
from ingestor.explanation_air import AirBasis
from ingestor.explanation_noise import NoiseBasis
from ingestor.jobs import lanes
from ingestor.store import Arrival, SqliteStore, StoreError
from ingestor.store.reviewed import Locked
from sensors.quantities import Medium
from sensors.reading import Reading
from sensors.reviews import Action, Review
from tests.conftest import Qingjing
from tests.support import ROOT, wait_for

HOUR = 3600
DAY = "2020-01-02"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as opened:
        yield opened


def at(text: str) -> int:
    """A local time, or the start of a local day."""
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone(dt.timedelta(hours=8))).timestamp())


def put(store: SqliteStore, *readings: Reading) -> None:
    store.commit([Arrival("native", "t", 0.0, b"", [reading], []) for reading in readings])
    store.drain()


def air(day: str, value: float = 30.0, *, hours: int = 24, flag: int = 1, station: str = "sz-a01") -> list[Reading]:
    start = at(f"{day}T00:00")
    return [Reading("air", station, HOUR, start + h * HOUR, (("pm25", value, flag),)) for h in range(hours)]


def review(
    first: str, until: str, action: Action = "invalidate", *, station: str = "sz-a01", quantity: str = "pm25",
    **more: Any,
) -> Review:  # fmt: skip
    media: dict[str, Medium] = {"a": "air", "w": "water", "n": "noise"}
    return Review(
        medium=media[station[3]], station=station, quantities=(quantity,), from_s=at(first), until_s=at(until),
        action=action, reason="calibration", by="li", **more,
    )  # fmt: skip


def day(store: SqliteStore, *columns: str, of: str = DAY, table: str = "air_day", key: str = "sz-a01") -> Any:
    start = at(f"{of}T00:00")
    return next((row[1:] for row in store.read(table, key, start, start + 1, columns)), None)


# --- what is derived


def test_values_taken_out_enter_nothing_and_stay_raw(store: SqliteStore, shipped: Config) -> None:
    put(store, *air(DAY))
    derivation.derive(shipped, store)
    ids, days = store.add_reviews([review(f"{DAY}T00:00", f"{DAY}T04:00")])
    assert (ids, days) == ([1], 1)
    assert derivation.is_stale(shipped, store)
    derivation.derive(shipped, store)
    assert day(store, "pm25", "pm25_count") == (30.0, 20)
    store.add_reviews([review(f"{DAY}T04:00", f"{DAY}T05:00")])
    derivation.derive(shipped, store)
    assert day(store, "pm25", "pm25_count") == (None, 19)
    assert store.stored_values() == 24


def test_review_undone_has_no_effect_and_both_entries_stay(store: SqliteStore, shipped: Config) -> None:
    put(store, *air(DAY))
    store.add_reviews([review(DAY + "T00:00", DAY + "T10:00")])
    derivation.derive(shipped, store)
    assert day(store, "pm25_count") == (14,)
    assert store.undo_review(1, reason="it was another station", by="wang") == (2, 1)
    derivation.derive(shipped, store)
    assert day(store, "pm25_count") == (24,)
    first, second = (each.review for each in store.entered_reviews())
    assert (first.by, second.by, second.undoes, second.reason) == ("li", "wang", 1, "it was another station")


@pytest.mark.parametrize(
    ("value", "flag", "counts"),
    [
        (30.0, 4, True),  # flagged out by the gateway
        (3000.5, 1, True),  # above the plausible range, and a check of hours
        (30_000.0, 4, True),  # ten times the plausible maximum
        (30_000.5, 1, False),
        (-1.0, 1, False),
        (-1.0, 4, False),
        (1e300, 1, False),
        (30.0, 9, False),  # missing
    ],
)
def test_restored_is_what_was_flagged_out_or_implausible_but_possible(
    value: float, flag: int, counts: bool, store: SqliteStore, shipped: Config
) -> None:
    put(store, *air(DAY, value, flag=flag))
    store.add_reviews([review(DAY, "2020-01-03", "restore")])
    derivation.derive(shipped, store)
    assert day(store, "pm25_count") == (24 if counts else 0,)


def test_restored_hours_are_not_taken_out_by_a_check(store: SqliteStore, config_copy: Path) -> None:
    checks = config_copy / "checks.toml"
    checks.write_text(checks.read_text(encoding="utf-8").replace('action = "suspect"', 'action = "fail"'), "utf-8")
    loaded = config.load(config_copy)
    put(store, *air(DAY))  # the same value all day: stuck
    derivation.derive(loaded, store)
    assert day(store, "pm25_count") == (0,)
    store.add_reviews([review(f"{DAY}T00:00", f"{DAY}T21:30", "restore")])
    derivation.derive(loaded, store)
    assert day(store, "pm25_count") == (21,)  # the hour of which a half is restored is checked


def test_nothing_restores_days_on_which_a_station_does_not_count(store: SqliteStore, config_copy: Path) -> None:
    register = config_copy / "stations" / "air.csv"
    register.write_text(register.read_text().replace("2019-01-01,\n", "2020-01-03,\n", 1))
    put(store, *air(DAY))
    store.add_reviews([review(DAY, "2020-01-03", "restore")])
    derivation.derive(config.load(config_copy), store)
    assert day(store, "pm25_count") == (0,)


def test_flagged_values_count(store: SqliteStore, shipped: Config) -> None:
    put(store, *air(DAY))
    derivation.derive(shipped, store)
    before = day(store, "pm25", "pm25_count")
    store.add_reviews([review(DAY, "2020-01-03", "flag")])
    derivation.derive(shipped, store)
    assert day(store, "pm25", "pm25_count") == before == (30.0, 24)


def test_reviews_of_water_tell_grab_samples_from_automatic_readings(store: SqliteStore, shipped: Config) -> None:
    start = at(f"{DAY}T00:00")
    put(store, *[Reading("water", "sz-w01", 4 * HOUR, start + h * HOUR, (("tp", 0.2, 1),)) for h in range(0, 24, 4)])
    put(store, Reading("water", "sz-w01", 0, start + 9 * HOUR, (("tp", 0.3, 1), ("nh3n", 1.0, 1))))

    def rows() -> tuple[Any, Any]:
        derivation.derive(shipped, store)
        (manual,) = store.read("water_manual", "sz-w01", start, start + 86_400, ["tp", "nh3n"])
        return day(store, "tp_count", table="water_day", key="sz-w01"), manual[1:]

    assert rows() == ((6,), (0.3, 1.0))
    store.add_reviews([review(DAY, "2020-01-03", station="sz-w01", quantity="tp", readings="automatic")])
    assert rows() == ((0,), (0.3, 1.0))
    store.add_reviews([review(DAY, "2020-01-03", station="sz-w01", quantity="tp", readings="manual")])
    assert rows() == ((0,), (None, 1.0))


def test_reviews_of_noise_say_why_an_hour_is_not_valid(store: SqliteStore, shipped: Config) -> None:
    start = at(f"{DAY}T00:00")
    put(store, *[Reading("noise", "sz-n01", HOUR, start + h * HOUR, (("leq", 50.0, 1),)) for h in range(24)])
    store.add_reviews([review(DAY, f"{DAY}T01:00", station="sz-n01", quantity="all")])
    store.add_reviews([review(f"{DAY}T02:00", f"{DAY}T03:00", "flag", station="sz-n01", quantity="leq")])
    derivation.derive(shipped, store)
    hours = list(store.read("noise_hour", "sz-n01", start, start + 2 * HOUR, ["leq", "reason"]))
    assert hours == [(start, None, "reviewed"), (start + HOUR, 50.0, None)]
    found = explanation(shipped, store, "noise.mean_level.night", "station:sz-n01", periods.parse(DAY))
    assert isinstance(found.basis, NoiseBasis)
    (station,) = found.basis.stations
    assert station.excluded["taken out by a review"] == 1
    assert station.suspect == {"review": 1}


def test_explanation_says_who_took_hours_out_and_why(store: SqliteStore, shipped: Config) -> None:
    put(store, *air(DAY))
    store.add_reviews([
        review(f"{DAY}T00:00", f"{DAY}T04:00"), review(f"{DAY}T03:00", f"{DAY}T05:00", "flag"),
        review(f"{DAY}T00:00", f"{DAY}T04:00", quantity="o3"), review("2020-01-05T00:00", "2020-01-06T00:00"),
    ])  # fmt: skip
    derivation.derive(shipped, store)
    found = explanation(shipped, store, "air.annual_mean.pm25", "station:sz-a01", periods.parse(DAY))
    assert isinstance(found.basis, AirBasis)
    (station,) = found.basis.stations
    assert station.excluded == {"taken out by a review": 3}
    assert station.suspect["review"] == 2
    assert [(each.id, each.by, each.reason, each.values) for each in found.reviews] == [
        (1, "li", "calibration", 3), (2, "li", "calibration", 2),
    ]  # fmt: skip


def test_review_makes_exactly_its_days_stale(store: SqliteStore, shipped: Config) -> None:
    put(store, *air("2020-01-02"), *air("2020-01-12"), *air("2020-01-22"), *air("2020-01-12", station="sz-a02"))
    derivation.derive(shipped, store)
    store.add_reviews([review("2020-01-12T08:00", "2020-01-13T08:00")])
    (work,) = derivation.plan(shipped, store).work
    assert (work.unit.name, work.stations, work.why) == ("air:shenzhen", ["sz-a01"], "readings")
    assert [(str(run.first), str(run.last)) for run in work.runs] == [("2020-01-12", "2020-01-14")]  # an index reaches


def test_review_of_days_without_readings_makes_nothing_stale_and_holds_for_those_to_come(
    store: SqliteStore, shipped: Config
) -> None:
    put(store, *air(DAY))
    derivation.derive(shipped, store)
    assert store.add_reviews([review("2020-02-01", "2020-03-01"), review(DAY, "2020-01-03", station="sz-a02")])[1] == 0
    assert not derivation.is_stale(shipped, store)
    put(store, *air("2020-02-03"))
    derivation.derive(shipped, store)
    assert day(store, "pm25_count", of="2020-02-03") == (0,)


# --- locked months


def lock(store: SqliteStore, month: str, *, medium: Medium = "air", city: str = "shenzhen") -> None:
    store.lock([Locked(month=month, medium=medium, city=city, locked=True, reason="audited", by="li")])


def unlock(loaded: Config, store: SqliteStore, month: str) -> None:
    entry = Locked(month=month, medium="air", city="shenzhen", locked=False, reason="late data", by="li")
    auditing.unlock(loaded, store, [entry])


def contents(store: SqliteStore) -> list[Any]:
    keys = [("air_day", "sz-a01"), ("air_hour", "sz-a01"), ("city_air_day", "shenzhen")]
    return [list(store.read(table, key, 0, 2**40, ["pm25", "edition"])) for table, key in keys]


def test_locked_month_keeps_its_rows_until_it_is_unlocked(store: SqliteStore, shipped: Config, tmp_path: Path) -> None:
    readings = [*air("2020-01-30"), *air("2020-01-31"), *air("2020-02-01")]
    put(store, *readings)
    derivation.derive(shipped, store)
    before = contents(store)
    lock(store, "2020-01")
    late = [*air("2020-01-30", 90.0), *air("2020-01-10", 90.0)]
    put(store, *late)
    reviewed = review("2020-01-31", "2020-02-02")
    store.add_reviews([reviewed])
    done = derivation.derive(shipped, store)
    assert not derivation.is_stale(shipped, store)
    assert [(p.station, p.month, p.station_days) for p in done.pending] == [("sz-a01", "2020-01", 3)]  # 10, 30, 31
    assert day(store, "pm25", of="2020-01-30") == (30.0,)
    assert day(store, "pm25_count", of="2020-02-01") == (0,)  # not locked
    derivation.derive(shipped, store, everything=True)
    at_february = at("2020-02-01T00:00")
    assert [[r for r in rows if r[0] < at_february] for rows in contents(store)] == [
        [r for r in rows if r[0] < at_february] for rows in before
    ]
    (listed,) = auditing.listed(shipped, store, store.entered_reviews())
    assert listed.pending == ["2020-01"]
    unlock(shipped, store, "2020-01")
    assert derivation.is_stale(shipped, store)
    assert derivation.derive(shipped, store).pending == []
    with closing(SqliteStore(tmp_path / "scratch.sqlite3")) as scratch:
        put(scratch, *readings, *late)
        scratch.add_reviews([reviewed])
        derivation.derive(shipped, scratch)
        assert contents(store) == contents(scratch)
    assert not auditing.listed(shipped, store, store.entered_reviews())[0].pending


def test_change_of_the_configuration_leaves_a_locked_month_as_it_is(store: SqliteStore, config_copy: Path) -> None:
    put(store, *air("2020-01-30"), *air("2020-02-01"))
    derivation.derive(config.load(config_copy), store)
    lock(store, "2020-01")
    register = config_copy / "stations" / "air.csv"
    register.write_text(register.read_text().replace("2019-01-01,\n", "2021-01-01,\n", 1))
    loaded = config.load(config_copy)
    derivation.derive(loaded, store)
    assert not derivation.is_stale(loaded, store)
    assert day(store, "pm25_count", of="2020-01-30") == (24,)
    assert day(store, "pm25_count", of="2020-02-01") == (0,)


def test_review_entered_before_the_lock_is_not_pending(store: SqliteStore, shipped: Config) -> None:
    put(store, *air(DAY))
    store.add_reviews([review(DAY, f"{DAY}T01:00")])
    derivation.derive(shipped, store)
    lock(store, "2020-01")
    store.add_reviews([review(f"{DAY}T01:00", f"{DAY}T02:00")])
    for _ in range(2):  # before and after it is derived
        listed = auditing.listed(shipped, store, store.entered_reviews())
        assert [each.pending for each in listed] == [[], ["2020-01"]]
        derivation.derive(shipped, store)


def test_locks_of_other_media_and_cities_hold_nothing_back(store: SqliteStore, shipped: Config) -> None:
    put(store, *air(DAY))
    derivation.derive(shipped, store)
    lock(store, "2020-01", medium="water")
    lock(store, "2020-01", city="beijing")
    put(store, *air(DAY, 90.0))
    assert derivation.derive(shipped, store).pending == []
    assert day(store, "pm25") == (90.0,)


def test_a_day_of_two_locked_months_stays_held_for_the_one_that_stays_locked(
    store: SqliteStore, config_copy: Path
) -> None:
    settings = config_copy / "settings.toml"
    settings.write_text(settings.read_text().replace('zone = "Asia/Shanghai"', 'zone = "Asia/Tokyo"'))
    loaded = config.load(config_copy)
    # In Beijing 31 January; in Tokyo its last hour is of February.
    ends = int(dt.datetime(2020, 2, 1, tzinfo=dt.timezone(dt.timedelta(hours=8))).timestamp())
    put(store, *(Reading("air", "sz-a01", 3600, ends - h * 3600, (("pm25", 30.0, 1),)) for h in range(1, 25)))
    derivation.derive(loaded, store)
    for month in ("2020-01", "2020-02"):
        lock(store, month)
    first, last = loaded.start_of(dt.date(2020, 2, 1)), ends
    store.add_reviews([msgspec.structs.replace(review(DAY, DAY), from_s=first, until_s=last)])
    derivation.derive(loaded, store)
    unlock(loaded, store, "2020-01")
    for _ in range(2):  # before and after it is derived
        (listed,) = auditing.listed(loaded, store, store.entered_reviews())
        assert listed.pending == ["2020-02"]
        assert [each.month for each in derivation.pending(loaded, store)] == ["2020-02"]
        derivation.derive(loaded, store)
    unlock(loaded, store, "2020-02")
    derivation.derive(loaded, store)
    assert derivation.pending(loaded, store) == []


def test_month_locked_while_it_is_derived_is_not_changed(store: SqliteStore, shipped: Config, tmp_path: Path) -> None:
    put(store, *air(DAY))
    derivation.derive(shipped, store)
    put(store, *air(DAY, 90.0))
    planned = derivation.plan(shipped, store)
    with closing(SqliteStore(tmp_path / "store.sqlite3")) as other:
        lock(other, "2020-01")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(derivation, "plan", lambda *_, **__: planned)
        with pytest.raises(StoreError, match="locked or unlocked meanwhile"):
            derivation.derive(shipped, store)
    assert day(store, "pm25") == (30.0,)


def test_figure_is_audited_where_all_its_months_are_locked(store: SqliteStore, shipped: Config) -> None:
    put(store, *air("2020-01-30"), *air("2020-02-01"))
    derivation.derive(shipped, store)
    lock(store, "2020-01")

    def audited(period: str) -> bool:
        name, scope = "air.annual_mean.pm25", "station:sz-a01"
        return evaluation.compute(shipped, store, name, scope, periods.parse(period)).audited

    assert audited("2020-01")
    assert audited("2020-01-30")
    assert not audited("2020-02")
    assert not audited("2020-01-30..2020-02-01")
    lock(store, "2020-02")
    assert audited("2020-01-30..2020-02-01")
    unlock(shipped, store, "2020-01")
    assert not audited("2020-01")


# --- the commands


@pytest.fixture
def run(tmp_path: Path, qingjing: Qingjing) -> Any:
    """A store with three days of air; commands run on it."""
    with closing(SqliteStore(tmp_path / "data" / "qingjing.sqlite3")) as store:
        put(store, *air("2020-01-30"), *air("2020-01-31"), *air("2020-02-01"))

    def each(*arguments: object, code: int = 0, lang: str = "en") -> str:
        done = qingjing("--data", tmp_path / "data", "--lang", lang, *arguments, code=code)
        return done.stderr if code else done.stdout

    return each


ADD = ["review", "add", "--station", "sz-a01", "--quantity", "pm25", "--action", "invalidate", "--by", "Li Lei"]


def test_commands_from_review_to_locked_month(run: Any) -> None:
    assert "nothing is stale" not in run("derive")
    entered = run(*ADD, "--from", "2020-01-30", "--to", "2020-01-31", "--reason", "calibration")
    assert entered == "review 1 entered\n1 station-days became stale: `qingjing derive` applies it\n"
    assert "air:shenzhen" in run("derive", "--dry-run")
    run("derive")
    explained = run("explain", "air.annual_mean.pm25", "--scope", "station:sz-a01", "--period", "2020-01-30")
    assert "24 taken out by a review" in explained
    assert "Li Lei" in explained
    more = json.loads(run(*ADD, "--from", "2020-01-30T12:00", "--to", "2020-01-31T12:00", "--reason", "x", "--json"))
    assert more == {"reviews": [{"id": 2, "overlaps": [1], "locked_months": [], "archived": []}], "station_days": 2}
    assert "review 2 undone by entry 3" in run("review", "undo", 2, "--reason", "wrong day", "--by", "Wang")
    error = run("review", "undo", 2, "--reason", "x", "--by", "y", code=2)
    assert "ID: expected a review in force, got 2: it was undone by 3" in error
    error = run(*ADD, "--from", "2020-01-30", "--to", "2020-01-31", "--reason", "calibration", code=2)
    assert "review: expected a review that is not in force yet, got 1 again" in error
    listed = json.loads(run("review", "list", "--json"))
    assert [(e["id"], e["action"], e["undoes"], e["undone_by"]) for e in listed] == [
        (1, "invalidate", None, None), (2, "invalidate", None, 3), (3, "undo", 2, None),
    ]  # fmt: skip
    assert listed[0]["from"] == "2020-01-30T00:00:00+08:00"
    assert [e["id"] for e in json.loads(run("review", "list", "--in-force", "--json"))] == [1]
    assert json.loads(run("review", "list", "--by", "nobody", "--json")) == []
    assert [e["id"] for e in json.loads(run("review", "list", "--from", "2020-01-31", "--json"))] == [2, 3]

    assert "2020-01 空气 shenzhen 已审核锁定" in run(
        "review", "lock", "--month", "2020-01", "--medium", "air", "--city", "shenzhen", "--by", "李雷", "--reason",
        "审核完成", lang="zh",
    )  # fmt: skip
    asked = ("indicators", "--scope", "station:sz-a01", "--name", "air.annual_mean.pm25", "--period")
    assert "已审核" in run(*asked, "2020-01", lang="zh")
    assert "未审核" in run(*asked, "2020-02", lang="zh")
    assert json.loads(run(*asked, "2020-01", "--json"))[0]["audited"] is True
    pending = run("review", "undo", 1, "--reason", "mistaken", "--by", "Wang")
    assert "4: pending for a locked month: 2020-01; it takes effect once that is unlocked" in pending
    assert "qingjing derive" not in pending
    waits = "air:sz-a01 2020-01: pending for a locked month: readings or reviews of 1 day"
    assert waits in run("derive", "--dry-run")
    assert waits in run("derive")
    assert waits in run("derive", "--all")
    assert waits in run("review", "locks")
    table = run("review", "list")
    assert "2020-01-30 00:00" in table
    assert "undone by 4" in table
    assert "Li Lei" in table
    before = run(*asked, "2020-01-30", "--json")
    partly = run(*ADD, "--from", "2020-01-31", "--to", "2020-02-02", "--reason", "dust")
    assert "5: pending for a locked month: 2020-01; it takes effect once that is unlocked" in partly
    assert "station-days became stale: `qingjing derive` applies it" in partly
    run("review", "undo", 5, "--reason", "no dust", "--by", "Wang")
    error = run("review", "lock", "--month", "2020-01", "--medium", "air", "--city", "shenzhen", "--by", "x",
                "--reason", "y", code=2)  # fmt: skip
    assert "--month: expected a month that is not locked yet, got 2020-01" in error
    assert "2020-01 air shenzhen: unlocked" in run(
        "review", "unlock", "--month", "2020-01", "--by", "Li Lei", "--reason", "mistake found"
    )
    run("derive")
    assert json.loads(before)[0]["valid"] == 0
    assert json.loads(run(*asked, "2020-01-30", "--json"))[0]["valid"] == 1
    assert [e["locked"] for e in json.loads(run("review", "locks", "--all", "--json"))["locks"]] == [True, False]


def test_days_are_derived_from_a_day_on_and_lock_waits_for_whoever_derives(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "data" / "qingjing.sqlite3"
    run("derive")
    assert "air:shenzhen: readings or reviews arrived: 2 station-days, 2020-01-31 to" in run(
        "derive", "--since", "2020-01-31"
    )
    arguments = ["--lang", "en", "review", "lock", "--month", "2020-01", "--by", "li", "--reason", "audited"]
    told = tmp_path / "told"
    with lanes.held(file, lanes.DERIVATION) as _, told.open("w") as into:
        command = [sys.executable, "-m", "ingestor", "--data", tmp_path / "data", *arguments]
        locking = subprocess.Popen(
            command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=into, stderr=into
        )
        wait_for(lambda: "which derives now" in told.read_text(), what="the command to wait")
        with closing(SqliteStore(file)) as store:
            assert locking.poll() is None
            assert store.locks() == {}
    assert locking.wait(60) == 0
    with closing(SqliteStore(file)) as store:
        assert ("2020-01", "air", "shenzhen") in store.locks()


def test_worked_example_of_the_documentation_runs(run: Any, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "reviews.md").read_text(encoding="utf-8")
    commands = [shlex.split(line)[2:] for line in text.splitlines() if line.startswith("$ qingjing ")]
    assert len(commands) == 10
    printed = [run(*arguments, lang="zh") for arguments in commands]
    assert "已录入审核记录 1" in printed[0]
    assert "calibration 校准" in printed[3]
    assert "审核记录 1 已撤销（记录 2）" in printed[4]
    assert "已审核" in printed[7]
    (table,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    (tmp_path / "reviews.csv").write_text(table, encoding="utf-8")
    assert "已录入审核记录 2 条（3 - 4）" in run("review", "import", tmp_path / "reviews.csv", lang="zh")


def test_import_enters_all_or_nothing(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    good = "sz-a01,pm25,2020-01-30,2020-01-31,invalidate,calibration,li\n"
    file.write_text(f"station,quantity,from,to,action,reason,by\n{good}sz-a01,pm3,2020-01-30,2020-01-31,flag,x,li\n")
    assert "reviews.csv: line 3: quantity: expected all, or quantities of air" in run("review", "import", file, code=2)
    assert run("review", "list") == "no reviews\n"
    file.write_text(f"station,quantity,from,to,action,reason,by\n{good}sz-w01,all,2020-01-30,2020-01-31,flag,x,li\n")
    assert "2 reviews entered (1 - 2)" in run("review", "import", file)
    error = run("review", "import", file, code=2)
    assert "reviews.csv: line 2: expected a review that is not in force yet, got 1 again" in error
    assert len(json.loads(run("review", "list", "--json"))) == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["lock", "--month", "2020"], "--month: expected a month such as 2026-10, got '2020'"),
        (["lock", "--month", "2199-01"], "--month: expected a month that is over, got 2199-01"),
        (["lock", "--month", "2020-01", "--medium", "soil"], "--medium: expected one of air, water, noise"),
        (
            ["lock", "--month", "2020-01", "--city", "x"],
            "--city: expected one of shenzhen, beijing, ",
        ),
        (["unlock", "--month", "2020-01"], "--month: expected a locked month, got 2020-01"),
    ],
)
def test_locks_are_refused_with_what_was_expected(arguments: list[str], expected: str, run: Any) -> None:
    assert expected in run("review", *arguments, "--by", "li", "--reason", "x", code=2)
