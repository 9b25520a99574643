"""Published figures follow what is derived: each change is a revision with its reason, and none is lost."""

import datetime as dt
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aggregations import periods
from ingestor import auditing, config, derivation, evaluation, publishing
from ingestor.config import Config
from ingestor.store import SqliteStore
from ingestor.store.arrivals import Due
from ingestor.store.reviewed import Locked
from sensors.reviews import Review
from tests.integration.test_derivation import HOUR, air, put, start_of, whole_day

SCOPE = "station:sz-a01"
NAMES = ["air.annual_mean.pm25", "air.good_days"]
MONTH = periods.parse("2020-01")


@pytest.fixture
def store(tmp_path: Path, shipped: Config) -> Iterator[SqliteStore]:
    """A month of readings of which figures are published: 31 days of 10 ug/m3."""
    with closing(SqliteStore(tmp_path / "data" / "qingjing.sqlite3")) as opened:
        put(opened, *[r for d in range(1, 32) for r in whole_day("sz-a01", f"2020-01-{d:02d}", {"pm25": 10.0})])
        derivation.derive(shipped, opened)
        publish(shipped, opened)
        yield opened


def publish(loaded: Config, store: SqliteStore) -> list[Any]:
    return publishing.publish(loaded, store, evaluation.all_figures(loaded, store, SCOPE, MONTH, names=NAMES))


def revisions(store: SqliteStore, name: str = NAMES[0]) -> list[tuple[int, str, str]]:
    found = [each for each in store.publications() if each.key.indicator == name]
    return [(each.revision, str(each.figure.exact), each.reason) for each in found]


AUDITED = "all its months were locked"
FIRST = (1, "10", "published")


def test_publishing_the_same_again_adds_nothing(store: SqliteStore, shipped: Config) -> None:
    assert publish(shipped, store) == []
    assert revisions(store) == [FIRST]


def test_revision_of_a_figure_is_its_last_and_no_other_published_figure_is_read(
    store: SqliteStore, shipped: Config
) -> None:
    for day in ("2020-01-10", "2020-01-20"):
        put(store, air("sz-a01", start_of(day) + 5 * HOUR, {"pm25": 41.0}))
        publishing.bring_up_to_date(shipped, store)
    with closing(sqlite3.connect(store.file)) as db, db:
        db.execute("UPDATE publication SET figure = x'00' WHERE indicator <> ? OR revision < 3", (NAMES[0],))
    (figure,) = evaluation.all_figures(shipped, store, SCOPE, MONTH, names=NAMES[:1])
    other_mode = msgspec.structs.replace(figure, mode="all_2026")
    other_value = msgspec.structs.replace(figure, exact="1", value=Decimal(1))
    assert publishing.revisions_of(store, [other_mode, figure, other_value]) == [None, 3, None]
    assert publishing.revisions_of(store, [figure], plan="shenzhen-2020") == [None]


def test_late_readings_of_two_days_make_a_revision_that_says_so(store: SqliteStore, shipped: Config) -> None:
    # 41 in one of 24 hours: (23 * 10 + 41) / 24 = 11.29 -> 11 on two days; (29 * 10 + 2 * 11) / 31 = 312 / 31
    for day in ("2020-01-10", "2020-01-20"):
        put(store, air("sz-a01", start_of(day) + 5 * HOUR, {"pm25": 41.0}))
    publishing.bring_up_to_date(shipped, store)
    assert revisions(store) == [FIRST, (2, "312/31", "late readings for 2 days at 1 station")]


def test_a_review_is_the_reason_of_the_days_that_it_touches(store: SqliteStore, shipped: Config) -> None:
    put(store, air("sz-a01", start_of("2020-01-10") + 5 * HOUR, {"pm25": 41.0}))
    publishing.bring_up_to_date(shipped, store)
    hour = start_of("2020-01-10") + 5 * HOUR
    store.add_reviews(
        [
            Review(
                medium="air", station="sz-a01", quantities=("pm25",), readings="all", from_s=hour, until_s=hour + HOUR,
                action="invalidate", reason="a lorry", by="Li Lei",
            )
        ]
    )  # fmt: skip
    publishing.bring_up_to_date(shipped, store)
    for day in ("2020-01-20", "2020-01-21"):
        put(store, air("sz-a01", start_of(day) + 5 * HOUR, {"pm25": 41.0}))
    publishing.bring_up_to_date(shipped, store)
    found = [each for each in store.publications() if each.key.indicator == NAMES[0]]
    assert [(each.figure.exact, each.reason) for each in found] == [
        ("10", "published"),
        ("311/31", "late readings for 1 day at 1 station"),
        ("10", "review by Li Lei"),
        ("312/31", "late readings for 2 days at 1 station"),
    ]


def review(day: str, by: str, *, to: str = "") -> Review:
    """The sixth hour of a day, or all from then to another day, taken out."""
    start = start_of(day) + 5 * HOUR
    return Review(
        medium="air", station="sz-a01", quantities=("pm25",), from_s=start,
        until_s=start_of(to) if to else start + HOUR, action="invalidate", reason="a lorry", by=by,
    )  # fmt: skip


def test_a_review_that_was_undone_at_once_is_no_reason(store: SqliteStore, shipped: Config) -> None:
    for day in ("2020-01-10", "2020-01-20"):
        put(store, air("sz-a01", start_of(day) + 5 * HOUR, {"pm25": 41.0}))
    publishing.bring_up_to_date(shipped, store)
    store.add_reviews([review("2020-01-10", "Li Lei"), review("2020-01-20", "Wang")])
    store.undo_review(2, reason="another day", by="Zhao")
    publishing.bring_up_to_date(shipped, store)
    assert revisions(store)[-1] == (3, "311/31", "review by Li Lei")


def test_a_review_from_before_the_lock_is_no_reason_when_the_month_is_unlocked(
    store: SqliteStore, shipped: Config
) -> None:
    store.add_reviews([review("2020-01-10", "Li Lei")])
    publishing.bring_up_to_date(shipped, store)
    lock, opened = (
        Locked(month="2020-01", medium="air", city="shenzhen", locked=locked, reason="audited", by="Han")
        for locked in (True, False)
    )
    store.lock([lock])
    store.add_reviews([review("2019-12-31", "Wang", to="2020-01-20")])  # it begins in a month that is not locked
    publishing.bring_up_to_date(shipped, store)
    auditing.unlock(shipped, store, [opened])
    publishing.bring_up_to_date(shipped, store)
    assert revisions(store)[-1][2] == "month unlocked: 2020-01 by Han; review by Wang"


DAY_OF_CLOCK = 86_400.0


def test_reasons_are_right_whatever_the_clock_says(
    store: SqliteStore, shipped: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = time.time()

    def set_clock(days: float) -> None:
        """Move the clock to so many days after the figure was published."""
        monkeypatch.setattr("time.time", lambda: published + days * DAY_OF_CLOCK)

    def reason() -> str:
        publishing.bring_up_to_date(shipped, store)
        return revisions(store)[-1][2]

    put(store, *[air("sz-a01", start_of(f"2020-01-{d}") + 5 * HOUR, {"pm25": 41.0}) for d in (10, 20, 30)])
    assert reason() == "late readings for 3 days at 1 station"
    set_clock(-1)
    store.add_reviews([review("2020-01-10", "Li Lei")])  # by the clock before what was published
    assert reason() == "review by Li Lei"
    set_clock(0.5)
    store.add_reviews([review("2020-01-20", "Wang")])
    set_clock(-2)
    assert reason() == "review by Wang"  # a revision that is, by the clock, older than the review it follows
    put(store, air("sz-a01", start_of("2020-01-20") + 8 * HOUR, {"pm25": 41.0}))
    assert reason() == "late readings for 1 day at 1 station"
    lock, opened = (
        Locked(month="2020-01", medium="air", city="shenzhen", locked=locked, reason="audited", by="Han")
        for locked in (True, False)
    )
    set_clock(1)
    store.lock([lock])
    assert reason() == AUDITED
    set_clock(-3)
    store.add_reviews([review("2020-01-30", "Zhao")])  # waits, though by the clock it is from before the lock
    auditing.unlock(shipped, store, [opened])
    assert reason() == "month unlocked: 2020-01 by Han; review by Zhao"
    assert [each.revision for each in store.publications() if each.key.indicator == NAMES[0]] == [1, 2, 3, 4, 5, 6, 7]


def test_a_review_from_before_publication_is_the_reason_once_it_is_derived(store: SqliteStore, shipped: Config) -> None:
    put(store, air("sz-a01", start_of("2020-01-10") + 5 * HOUR, {"pm25": 41.0}))
    publishing.bring_up_to_date(shipped, store)
    store.add_reviews([review("2020-01-10", "Li Lei")])
    quarter = evaluation.all_figures(shipped, store, SCOPE, periods.parse("2020-Q1"), names=[NAMES[0]])
    publishing.publish(shipped, store, quarter)
    _, new = publishing.bring_up_to_date(shipped, store)
    found = {(each.key.period, str(each.figure.exact), each.reason) for each in new if each.key.indicator == NAMES[0]}
    assert found == {("2020-01", "10", "review by Li Lei"), ("2020-Q1", "10", "review by Li Lei")}


def test_a_review_entered_while_what_is_stale_is_looked_for_is_left_to_the_next_derivation(
    store: SqliteStore, shipped: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, air("sz-a01", start_of("2020-01-10") + 5 * HOUR, {"pm25": 41.0}))
    with monkeypatch.context() as patched:
        looked_for = store.due

        def due() -> Due:
            found = looked_for()
            store.add_reviews([review("2020-01-10", "Li Lei")])
            return found

        patched.setattr(store, "due", due)
        publishing.bring_up_to_date(shipped, store)
    publishing.bring_up_to_date(shipped, store)
    assert revisions(store) == [
        FIRST, (2, "311/31", "late readings for 1 day at 1 station"), (3, "10", "review by Li Lei")
    ]  # fmt: skip


def test_a_review_that_waits_is_no_reason_before_its_month_is_derived(store: SqliteStore, shipped: Config) -> None:
    lock, opened = (
        Locked(month="2020-01", medium="air", city="shenzhen", locked=locked, reason="audited", by="Han")
        for locked in (True, False)
    )
    put(store, air("sz-a01", start_of("2020-01-10") + 5 * HOUR, {"pm25": 41.0}))
    publishing.bring_up_to_date(shipped, store)
    store.lock([lock])
    store.add_reviews([review("2020-01-10", "Li Lei")])
    publishing.bring_up_to_date(shipped, store)
    auditing.unlock(shipped, store, [opened])
    publishing.follow(shipped, store)  # as `publish` does
    assert revisions(store)[-1] == (4, "311/31", "month unlocked: 2020-01 by Han")
    publishing.bring_up_to_date(shipped, store)
    assert revisions(store)[-1] == (5, "10", "month unlocked: 2020-01 by Han; review by Li Lei")


def test_an_unlocked_month_is_the_reason_of_what_had_waited_for_it(store: SqliteStore, shipped: Config) -> None:
    entry = Locked(month="2020-01", medium="air", city="shenzhen", locked=True, reason="audited", by="Li Lei")
    store.lock([entry])
    put(store, air("sz-a01", start_of("2020-01-10") + 5 * HOUR, {"pm25": 41.0}))
    publishing.bring_up_to_date(shipped, store)
    opened = Locked(month="2020-01", medium="air", city="shenzhen", locked=False, reason="late data", by="Han")
    auditing.unlock(shipped, store, [opened])
    publishing.bring_up_to_date(shipped, store)
    assert revisions(store) == [FIRST, (2, "10", AUDITED), (3, "311/31", "month unlocked: 2020-01 by Han")]


def test_a_figure_that_becomes_audited_or_is_no_more_gets_a_revision_once(store: SqliteStore, shipped: Config) -> None:
    entry = Locked(month="2020-01", medium="air", city="shenzhen", locked=True, reason="audited", by="Li Lei")
    store.lock([entry])
    assert len(publishing.follow(shipped, store)) == len(NAMES)
    assert publishing.follow(shipped, store) == []
    assert publish(shipped, store) == []
    store.lock([Locked(month="2019-12", medium="air", city="shenzhen", locked=True, reason="audited", by="Li Lei")])
    assert publishing.follow(shipped, store) == []
    opened = Locked(month="2020-01", medium="air", city="shenzhen", locked=False, reason="late data", by="Han")
    auditing.unlock(shipped, store, [opened])
    publishing.bring_up_to_date(shipped, store)
    found = [each for each in store.publications() if each.key.indicator == NAMES[0]]
    assert [(each.figure.audited, each.reason) for each in found] == [
        (False, "published"), (True, AUDITED), (False, "month unlocked: 2020-01 by Han"),
    ]  # fmt: skip


def test_a_review_of_another_medium_is_no_reason(store: SqliteStore, shipped: Config) -> None:
    start = start_of("2020-01-10")
    other = Review(
        medium="noise", station="sz-n01", quantities=("all",), from_s=start, until_s=start + HOUR, action="invalidate",
        reason="fireworks", by="Li Lei",
    )  # fmt: skip
    publishing.publish(shipped, store, evaluation.all_figures(shipped, store, "city:shenzhen", MONTH, names=[NAMES[0]]))
    store.add_reviews([other])
    put(store, *[r for n in range(2, 11) for r in whole_day(f"sz-a{n:02d}", "2020-01-10", {"pm25": 10.0})])
    _, new = publishing.bring_up_to_date(shipped, store)
    assert [each.reason for each in new] == ["late readings for 1 day at 9 stations"]


def test_late_readings_that_change_nothing_make_no_revision(store: SqliteStore, shipped: Config) -> None:
    put(store, air("sz-a01", start_of("2020-01-10"), {"pm25": 10.0}))
    _, new = publishing.bring_up_to_date(shipped, store)
    assert (new, store.pieces()) == ([], [])


@pytest.mark.parametrize("when", ["2020-03-10", "2019-11-10"])
def test_readings_of_other_months_make_no_revision(when: str, store: SqliteStore, shipped: Config) -> None:
    put(store, *whole_day("sz-a01", when, {"pm25": 500.0}))
    _, new = publishing.bring_up_to_date(shipped, store)
    assert new == []


def test_a_derivation_whose_service_died_is_followed_by_the_next(store: SqliteStore, shipped: Config) -> None:
    put(store, air("sz-a01", start_of("2020-01-10") + 5 * HOUR, {"pm25": 41.0}))
    derivation.derive(shipped, store)  # and dies before published figures follow
    publishing.bring_up_to_date(shipped, store)
    assert [reason for _, _, reason in revisions(store)] == ["published", "late readings for 1 day at 1 station"]


def test_a_changed_standard_is_the_reason_where_it_changes_the_figure(store: SqliteStore, config_copy: Path) -> None:
    (edition,) = [
        path
        for path in (config_copy / "standards").glob("*.toml")
        if 'id = "HJ 663-2013"' in path.read_text(encoding="utf-8")
    ]
    text = edition.read_text(encoding="utf-8")
    assert "pm25 = 0" in text
    edition.write_text(text.replace("pm25 = 0", "pm25 = 1", 1), encoding="utf-8")
    put(store, air("sz-a01", start_of("2020-01-10") + 5 * HOUR, {"pm25": 41.0}))  # 11.3 with one decimal
    publishing.bring_up_to_date(config.load(config_copy), store)
    ((_, _, first), (_, exact, reason)) = revisions(store)
    assert (first, exact) == ("published", "3113/310")  # (30 * 10 + 11.3) / 31
    assert reason == "standard changed: HJ 663-2013; late readings for 1 day at 1 station"


def test_a_changed_register_is_the_reason_where_it_changes_the_figure(store: SqliteStore, config_copy: Path) -> None:
    register = config_copy / "stations" / "air.csv"
    register.write_text(register.read_text().replace("2019-01-01,\n", "2020-01-02,\n", 1))
    publishing.bring_up_to_date(config.load(config_copy), store)
    found = [each for each in store.publications() if each.key.indicator == NAMES[0]]
    assert [(each.revision, each.figure.valid, each.reason) for each in found] == [
        (1, 31, "published"),
        (2, 30, "register, checks, events, other configuration or the version of qingjing changed"),
    ]  # fmt: skip


def test_history_shows_revisions_that_print_another_value_and_all_when_asked_and_as_json(
    store: SqliteStore, qingjing: Callable[..., Any]
) -> None:
    data = store.file.parent
    put(store, air("sz-a01", start_of("2020-01-10") + 5 * HOUR, {"pm25": 41.0}))
    store.close()
    derived = qingjing("--data", data, "--lang", "en", "derive").stdout
    assert (
        "air.annual_mean.pm25 station:sz-a01 2020-01: now 10 ug/m3, revision 2: late readings for 1 day at 1 sta"
        in derived
    )
    told = json.loads(qingjing("--data", data, "history", NAMES[0], "--period", "2020-01", "--json").stdout)
    assert [(each["revision"], each["figure"]["exact"]) for each in told] == [(1, "10"), (2, "311/31")]
    at = dt.datetime.fromisoformat(told[0]["at"])
    assert (at.utcoffset(), dt.datetime.now(dt.UTC) - at < dt.timedelta(hours=1)) == (dt.timedelta(hours=8), True)
    shown = qingjing("--data", data, "--lang", "zh", "history", NAMES[0], "--scope", SCOPE).stdout
    assert "首次发布" in shown
    assert "迟到" not in shown  # 10 and 311/31 print the same
    assert "另有 1 个修订未改变所示数值；用 --all 查看" in shown
    every = qingjing("--data", data, "--lang", "zh", "history", NAMES[0], "--scope", SCOPE, "--all").stdout
    assert "迟到" in every
    assert "--all" not in every
    asked = ("publish", "--scope", SCOPE, "--period", "2020-01", "--name")
    again = qingjing("--data", data, "--lang", "en", *asked, NAMES[0], "--name", "air.annual_mean.so2").stdout
    assert again == "2 figures: 0 published, 0 revised, 1 as before, 1 without data and not published\n"
    more = qingjing("--data", data, *asked, "air.percentile.pm25").stdout.splitlines()
    # 30 days of 10 and one of 11: the 95th percentile lies between the 29th and the 30th
    assert more[0] == f"air.percentile.pm25 {SCOPE} 2020-01：10 ug/m3，修订 1"
    assert more[1] == "1 个指标：新发布 1，修订 0，未变 0，无数据未发布 0"
    wrong = qingjing("--data", data, "history", "air.anual_mean.pm25", code=2).stderr
    assert "INDICATOR: expected the name of one indicator" in wrong
