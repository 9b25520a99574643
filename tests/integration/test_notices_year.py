"""A real year told month by month: Beijing 2016, against a plan of two targets, over a real mail server.

The figures in the mails are computed here a second time from the files, by other code.
"""

import datetime as dt
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pandas as pd
import pytest

from aggregations import plans
from ingestor import derivation, evaluation
from ingestor.config import Config
from ingestor.notices.facts import Compliance
from ingestor.notices.ledger import NoticeLedger
from ingestor.notices.work import Notices
from ingestor.store import SqliteStore, store_file
from ingestor.store.ports import NO_VALUE, Block
from tests.air_world import CLEAN, day_of, put, station, world
from tests.jobs_world import FakeClock
from tests.notices_world import MailServer, facts_of, mail_server, mail_url, with_notices

PLAN = """
id = "beijing-2016"
title = "北京市2016年目标"
title_en = "Beijing 2016"
year = 2016
jurisdiction = "city:beijing"
source = "a test"
[[target]]
id = "pm25"
name = "PM2.5年均浓度"
name_en = "PM2.5 annual mean"
indicator = "air.annual_mean.pm25"
scope = "city:beijing"
comparison = "<="
limit = 35
unit = "ug/m3"
text = "at most 35"
[[target]]
id = "good-days"
name = "优良天数比例"
name_en = "good-day ratio"
indicator = "air.good_day_ratio"
scope = "city:beijing"
comparison = ">="
limit = 60
unit = "%"
text = "at least 60 %"
"""
COLUMNS = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
NODES = (0, 50, 100, 150, 200, 300, 400, 500)
HJ633_2012 = {  # air.md, 3.1
    "so2": (0, 50, 150, 475, 800, 1600, 2100, 2620),
    "no2": (0, 40, 80, 180, 280, 565, 750, 940),
    "pm10": (0, 50, 150, 250, 350, 420, 500, 600),
    "pm25": (0, 35, 75, 115, 150, 250, 350, 500),
    "co": (0, 2, 4, 14, 24, 36, 48, 60),
    "o3": (0, 100, 160, 215, 265, 800),
}
STATIONS = 9
"""Of 12 (75 %), for a value of the city."""


def half_even(value: Fraction, places: int = 0) -> Decimal:
    quotient = Decimal(value.numerator) / Decimal(value.denominator)
    return quotient.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


class Day(NamedTuple):
    """What a day of the city counts for: its PM2.5, and whether it is a good day; None where it has none."""

    pm25: Decimal | None
    good: bool | None


def second_days(frames: dict[str, pd.DataFrame]) -> dict[dt.date, Day]:
    """Days of the city by HJ 663-2013 and HJ 633-2012, from the rows of the files."""
    of_stations: dict[dt.date, dict[str, list[Fraction]]] = defaultdict(lambda: defaultdict(list))
    for frame in frames.values():
        for column, key in COLUMNS.items():
            scale = 10_000 if key == "co" else 10
            for number, hours in enumerate(frame[column].to_numpy().reshape(-1, 24)):
                tenths = [None if math.isnan(v) else round(v * 10) for v in hours]
                value = _ozone(tenths) if key == "o3" else _mean(tenths, 20)
                if value is not None:
                    of_stations[dt.date(2016, 1, 1) + dt.timedelta(days=number)][key].append(value / scale)
    found = {}
    for day, of_day in of_stations.items():
        city = {
            key: half_even(sum(values, Fraction(0)) / len(values), 1 if key == "co" else 0)
            for key, values in of_day.items()
            if len(values) >= STATIONS
        }
        indexes = [index for index in (_index(key, value) for key, value in city.items()) if index is not None]
        judged = len(indexes) == 6 or max(indexes, default=0) > 100
        found[day] = Day(city.get("pm25"), max(indexes) <= 100 if judged else None)
    return found


def _mean(values: list[int | None], least: int) -> Fraction | None:
    present = [v for v in values if v is not None]
    return Fraction(sum(present), len(present)) if len(present) >= least else None


def _ozone(tenths: list[int | None]) -> Fraction | None:
    means = [m for m in (_mean(tenths[end - 8 : end], 6) for end in range(8, 25)) if m is not None]
    if not means:
        return None
    return max(means) if len(means) >= 14 or half_even(max(means) / 10) > 160 else None


def _index(key: str, value: Decimal) -> int | None:
    nodes = HJ633_2012[key]
    for low, high, below, above in zip(nodes, nodes[1:], NODES, NODES[1:], strict=False):
        if low <= value <= high:
            return math.ceil(Fraction(above - below, high - low) * (Fraction(value) - low) + below)
    return None if key == "o3" else 500


def second_figures(days: dict[dt.date, Day], first: dt.date, last: dt.date) -> tuple[Decimal, Decimal]:
    """PM2.5 mean and good-day ratio of some days."""
    inside = [day for at, day in days.items() if first <= at <= last]
    pm25 = [Fraction(day.pm25) for day in inside if day.pm25 is not None]
    good = [day.good for day in inside if day.good is not None]
    return half_even(sum(pm25, Fraction(0)) / len(pm25)), half_even(Fraction(100 * sum(good), len(good)), 1)


class Year(NamedTuple):
    """What the year was told as."""

    config: Config
    data: Path
    clock: FakeClock
    mail: MailServer
    told_at: list[tuple[str, int]]
    work: Notices


@pytest.fixture(scope="module")
def frames(data_folder: Path) -> dict[str, pd.DataFrame]:
    found = {}
    for file in sorted((data_folder / "air_beijing_uci").glob("*.csv.gz")):
        frame = pd.read_csv(file, usecols=["year", "station", *COLUMNS])
        found[str(frame["station"][0])] = frame[frame["year"] == 2016]
    assert {len(frame) for frame in found.values()} == {366 * 24}
    return found


def opened(data: Path) -> SqliteStore:
    return SqliteStore(store_file(data))


@pytest.fixture(scope="module")
def year(shipped: Config, frames: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    """The year derived, then told with the clock set to 08:59 and 09:00 of the third of each month."""
    data = tmp_path_factory.mktemp("beijing")
    loaded = world(shipped, [station(name, city="beijing") for name in frames])
    plan = plans.parse(PLAN, file="beijing-2016.toml", stem="beijing-2016")
    loaded = msgspec.structs.replace(loaded, plans={plan.id: plan})
    start = int(dt.datetime.fromisoformat("2016-01-01T00:00:00+08:00").timestamp())
    times = start + 3600 * np.arange(366 * 24, dtype=np.int64)
    with closing(opened(data)) as store:
        for name, frame in frames.items():
            columns = {}
            for column, key in COLUMNS.items():
                values = frame[column].to_numpy(dtype=np.float64) / (1000 if key == "co" else 1)
                columns[key] = (values, np.where(np.isnan(values), NO_VALUE, 1))
            store.load([Block("air", name, 3600, times, columns)])
        derivation.derive(loaded, store)
    with mail_server() as mail:
        loaded = with_notices(
            loaded, data, secrets={"mail": mail_url(mail.port)},
            route=[{"channel": "mail", "recipients": ["office@example.org"], "kinds": ["compliance"]}],
        )  # fmt: skip
        clock = FakeClock("2016-01-20T12:00:00")
        notices = Notices(loaded, data, clock=clock, opened=lambda _: opened(data), problems=lambda: None)
        notices.work(loaded, lambda: None)
        told_at = []
        for month in range(2, 14):
            for at in ("08:59:59", "09:00:00", "09:00:10"):
                clock.set_to(f"{2016 + month // 13}-{(month - 1) % 12 + 1:02d}-03T{at}")
                clock.ticked += 86_400
                notices.work(loaded, lambda: None)
                told_at.append((at, len(mail.taken)))
        yield Year(loaded, data, clock, mail, told_at, notices)


@pytest.fixture(scope="module")
def days(frames: dict[str, pd.DataFrame]) -> dict[dt.date, Day]:
    return second_days(frames)


def compliance(year: Year, number: int) -> Compliance:
    with closing(NoticeLedger(store_file(year.data))) as ledger:
        found = ledger.latest("compliance", "beijing-2016", f"2016-{number:02d}")
        assert found is not None
        facts = facts_of(ledger, found.id)
    assert isinstance(facts, Compliance)
    return facts


def test_notices_of_a_year_are_twelve_each_at_nine_of_the_third(year: Year) -> None:
    expected = [(at, n - (at == "08:59:59")) for n in range(1, 13) for at in ("08:59:59", "09:00:00", "09:00:10")]
    assert year.told_at == expected
    subjects = [str(mail["Subject"]) for mail in year.mail.taken[:12]]
    assert subjects == [f"【通知】北京市2016年目标 2016年{month}月目标完成情况通报" for month in range(1, 13)]


@pytest.mark.parametrize("month", range(1, 13))
def test_figures_of_a_monthly_notice_are_those_of_the_files(month: int, year: Year, days: dict[dt.date, Day]) -> None:
    first = dt.date(2016, month, 1)
    last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    of_month = second_figures(days, first, last)
    of_year = second_figures(days, dt.date(2016, 1, 1), last)
    rows = {row.target: row for row in compliance(year, month).rows}
    assert (rows["pm25"].month, rows["good-days"].month) == of_month
    assert (rows["pm25"].year, rows["good-days"].year) == of_year
    text = year.mail.taken[month - 1].get_body(("plain",)).get_content()
    to_date, alone = ("1月", "") if month == 1 else (f"1—{month}月", f"；{month}月")
    for name, limit, i, unit in (("PM2.5年均浓度", "≤35 μg/m³", 0, " μg/m³"), ("优良天数比例", "≥60%", 1, "%")):
        line = next(line for line in text.splitlines() if line.startswith(f"- {name}："))
        assert re.match(rf"- {name}：{to_date}{of_year[i]}{unit}( \?)?（目标{limit}），", line)
        assert (f"{alone}{of_month[i]}{unit}" in line) == bool(alone) or not alone
    assert ("余" in text) == (month < 12)


def test_statuses_of_the_year_are_those_of_the_plan_and_changes_come_first(year: Year) -> None:
    plan = year.config.plans["beijing-2016"]
    before: dict[str, str] = {}
    with closing(opened(year.data)) as store:
        for month in range(1, 13):
            facts = compliance(year, month)
            expected = {v.target.id: v.status for v in evaluation.evaluate(year.config, store, plan, facts.as_of)}
            assert {row.target: row.status for row in facts.rows} == expected
            assert {row.target: row.status_before for row in facts.rows} == {id_: before.get(id_) for id_ in expected}
            changed = [row.status_before not in (None, row.status) for row in facts.rows]
            assert changed == sorted(changed, reverse=True)
            before = {**expected}


def test_late_readings_that_change_a_verdict_are_told_as_changed_once(year: Year, days: dict[dt.date, Day]) -> None:
    told = len(year.mail.taken)
    assert {row.target: row.status for row in compliance(year, 6).rows}["good-days"] == "at_risk"
    bad = [day for day, of_day in days.items() if day.month == 6 and of_day.good is False][:8]
    # June: 58.6 % of 181 days become 63.0 %. November: 183 of 331 days could not reach 60 % any more (at most 214 of
    # 362 are 59.1 %); 191 can (222 of 362 are 61.3 %).
    with closing(opened(year.data)) as store:
        put(
            store,
            *(each for day in bad for s in year.config.register.of("air") for each in day_of(s.id, str(day), CLEAN)),
        )
        derivation.derive(year.config, store)
    for _ in range(2 * 13):  # a month a look, two days long
        year.clock.pass_by(86_400 / 13)
        year.work.work(year.config, lambda: None)
    subjects = [str(mail["Subject"]) for mail in year.mail.taken[told:]]
    assert subjects == [f"【通知】北京市2016年目标 2016年{month}月目标完成情况更正通报" for month in (6, 11)]
    for month, statuses in ((6, ("at_risk", "on_track")), (11, ("missed", "at_risk"))):
        facts = compliance(year, month)
        assert facts.changed
        assert {row.target: (row.status_before, row.status) for row in facts.rows}["good-days"] == statuses
    june = year.mail.taken[told].get_body(("plain",)).get_content()
    assert "状态变化：优良天数比例由“有风险”变为“符合进度”。" in june
