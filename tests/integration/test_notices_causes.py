"""From causes to notices: readings, silence, services that are away, revisions; and the worker that does it all."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from aggregations import periods
from ingestor import publishing
from ingestor.config import Config
from ingestor.jobs import catalogue, lanes
from ingestor.notices.facts import Happened, Revised
from ingestor.notices.ledger import NoticeLedger
from ingestor.notices.texts import message
from ingestor.notices.work import Notices
from ingestor.store import Arrival, SqliteStore, StoreError, UnavailableError, store_file
from ingestor.store.runs import StationState
from sensors.reading import Reading
from sensors.register import Register, Station
from tests.air_world import CITY, CLEAN, HOUR, day_of, put, station, world
from tests.conftest import Qingjing
from tests.jobs_world import FakeClock, moment
from tests.notices_world import Hook, facts_of, hook, with_notices
from tests.support import ROOT, wait_for

NOON = "2020-06-05T12:00:00"


class World(NamedTuple):
    """Stations a01 and a02 of air and a section, a store, and a clock at noon."""

    config: Config
    data: Path
    store: SqliteStore
    clock: FakeClock
    ledger: NoticeLedger
    complaints: list[str]
    notices: Notices

    def look(self) -> list[str]:
        """Look once; the titles of the notices that are new, the oldest first."""
        before = {each.id for each in self.ledger.notices()}
        self.notices.work(self.config, lambda: None)
        new = [each for each in self.ledger.notices() if each.id not in before]
        return [
            message(self.config, facts_of(self.ledger, each.id), "zh", level=each.level, number=None).title
            for each in reversed(new)
        ]

    def hours(self, name: str, values: dict[str, float], *hours_before: int, flag: int = 1) -> None:
        """Take in hours that began so many hours before noon."""
        start = int(moment(NOON))
        put(self.store, *(_reading(name, start - h * HOUR, values, flag) for h in hours_before))

    def last(self) -> Any:
        """What the last notice says."""
        return facts_of(self.ledger, self.ledger.notices()[0].id)


def _reading(name: str, at: int, values: dict[str, float], flag: int = 1) -> Reading:
    return Reading("air", name, HOUR, at, tuple((k, v, flag) for k, v in values.items()))


SECTION = Station(
    medium="water", id="w01", name="断面一", name_en="Section 1", city=CITY, district="", lon=None, lat=None,
    since=None, until=None, target_class="III",
)  # fmt: skip


@pytest.fixture
def here(shipped: Config, tmp_path: Path) -> Iterator[World]:
    config = world(shipped, [station("a01"), station("a02")])
    config = msgspec.structs.replace(config, register=Register([*config.register.of("air"), SECTION]))
    limit = {"medium": "air", "quantity": "pm25", "above": "150"}
    config = with_notices(
        config, tmp_path, secrets={}, limit=[limit],
        channel=[{"name": "file", "file": "told.txt"}], route=[{"channel": "file"}],
    )  # fmt: skip
    clock = FakeClock(NOON)
    complaints: list[str] = []
    with (
        closing(SqliteStore(store_file(tmp_path))) as store,
        closing(NoticeLedger(store_file(tmp_path), clock=clock)) as ledger,
    ):
        notices = Notices(
            config, tmp_path, clock=clock, opened=lambda _: SqliteStore(store_file(tmp_path)),
            problems=lambda: complaints,
        )  # fmt: skip
        yield World(config, tmp_path, store, clock, ledger, complaints, notices)


# Readings


@pytest.mark.parametrize(("value", "n"), [(200.0, 0), (200.1, 1)])  # GB 3095-2012, table 1: NO2, 1 hour, class II
def test_hour_above_the_limit_of_the_standard_is_told(value: float, n: int, here: World) -> None:
    here.hours("a01", CLEAN | {"no2": value}, 1)
    assert len(here.look()) == n


def test_exceedance_is_told_once_and_its_end_once(here: World) -> None:
    here.hours("a01", CLEAN | {"no2": 230.0}, 2)
    here.hours("a02", CLEAN | {"o3": 250.0}, 2)
    assert here.look() == ["【预警】深圳市（模拟）2个站点实时监测值超标"]
    said = here.last()
    assert isinstance(said, Happened)
    assert [(d.quantity, d.value, d.limit) for item in said.items for d in item.details] == [
        ("no2", "230", "200"), ("o3", "250", "200"),
    ]  # fmt: skip
    here.hours("a01", CLEAN | {"no2": 240.0}, 1)
    assert here.look() == []
    here.clock.pass_by(HOUR)
    here.hours("a01", CLEAN, 0)
    assert here.look() == ["【解除】深圳市（模拟）1个站点实时监测值恢复到限值以内"]
    assert here.look() == []
    assert (here.data / "told.txt").read_text().count("超标") >= 1


def test_limit_of_ones_own_is_told_of(here: World) -> None:
    here.hours("a01", CLEAN | {"pm25": 151.0}, 1)
    assert here.look() == ["【预警】深圳市（模拟）1个站点实时监测值超标"]


def test_old_and_flagged_readings_alarm_nobody(here: World) -> None:
    here.hours("a01", CLEAN | {"no2": 300.0}, 8, 9)
    here.hours("a02", CLEAN | {"no2": 300.0}, 1, flag=4)
    put(here.store, *day_of("a01", "2019-06-05", CLEAN | {"no2": 300.0}))
    assert here.look() == []


def test_station_without_new_readings_stays_exceeding(here: World) -> None:
    here.hours("a01", CLEAN | {"no2": 300.0}, 1)
    here.look()
    here.clock.pass_by(7 * HOUR)
    here.hours("a02", CLEAN, -6)
    assert here.look() == []


@pytest.mark.parametrize(("hours", "n"), [(8, 1), (7, 0)])  # config/checks.toml: PM2.5, 8 hours
def test_sensor_with_the_same_value_for_too_long_is_told(hours: int, n: int, here: World) -> None:
    for h in range(1, 49):
        here.hours("a01", {"pm25": 21.5 if h <= hours else 20.0 + h, "pm10": 40.0 + h}, h)
    assert here.look() == ["【通知】深圳市（模拟）1个站点仪器读数长时间不变"] * n
    if n:
        said = here.last()
        assert [(d.quantity, d.value, d.limit) for d in said.items[0].details] == [("pm25", "21.5", "8")]


def _section(here: World, *classes: str) -> None:
    """Readings every 4 hours up to noon, of class II or V (by permanganate index, GB 3838-2002, table 1)."""
    at = int(moment(NOON)) + int(here.clock.now() - moment(NOON))
    for i, each in enumerate(reversed(classes)):
        codmn = {"II": 3.0, "V": 14.0}[each]
        values = {"ph": 7.0, "do": 8.0, "codmn": codmn, "nh3n": 0.1, "tp": 0.05}
        reading = Reading(
            "water", "w01", 4 * HOUR, at - (i + 1) * 4 * HOUR, tuple((k, v, 1) for k, v in values.items())
        )
        put(here.store, reading)


def test_section_worse_than_its_target_twice_in_a_row_is_told_and_when_it_is_good_again(here: World) -> None:
    _section(here, "II", "V")
    assert here.look() == []
    here.clock.pass_by(4 * HOUR)
    _section(here, "V", "V")
    assert here.look() == ["【预警】深圳市（模拟）1个断面水质劣于目标类别"]
    assert "现为Ⅴ类，目标Ⅲ类" in (here.data / "told.txt").read_text()
    here.clock.pass_by(4 * HOUR)
    _section(here, "V", "II")
    assert here.look() == []
    here.clock.pass_by(4 * HOUR)
    _section(here, "II", "II")
    assert here.look() == ["【解除】深圳市（模拟）1个断面水质恢复到目标类别"]


# Silence, services, revisions


def test_silent_station_is_told_once_and_its_return_once(here: World) -> None:
    here.ledger.set_station_states([StationState("air", "a01", "silent", moment("2020-06-05T08:00:00"))])
    assert here.look() == ["【预警】深圳市（模拟）1个站点数据中断"]
    assert here.look() == []
    here.ledger.set_station_states([StationState("air", "a01", "late", moment(NOON))])
    assert here.look() == ["【解除】深圳市（模拟）1个站点数据恢复"]


def test_broker_and_store_are_told_of_after_15_seconds_away(here: World) -> None:
    here.look()
    here.complaints.extend(["broker: not connected", "store http://influx:8086: unavailable"])
    assert here.look() == []
    here.clock.pass_by(14)
    assert here.look() == []
    here.clock.pass_by(1)
    assert here.look() == ["【紧急】数据库不可用", "【紧急】消息服务器不可用"]
    here.complaints.clear()
    assert here.look() == ["【解除】数据库恢复", "【解除】消息服务器恢复"]


def test_store_that_cannot_be_read_is_told_and_readings_are_looked_at_once_it_can(here: World) -> None:
    def away(_: Config) -> SqliteStore:
        raise UnavailableError("store http://influx:8086: unavailable (timeout)")

    here.hours("a01", CLEAN | {"no2": 230.0}, 1)
    broken = here._replace(notices=Notices(here.config, here.data, clock=here.clock, opened=away, problems=list))
    broken.look()
    here.clock.pass_by(15)
    assert broken.look() == ["【紧急】数据库不可用"]
    assert here.look() == ["【预警】深圳市（模拟）1个站点实时监测值超标", "【解除】数据库恢复"]


def test_revised_figures_of_a_city_are_one_notice(here: World) -> None:
    put(here.store, *day_of("a01", "2020-06-01", CLEAN), *day_of("a02", "2020-06-01", CLEAN))
    publishing.bring_up_to_date(here.config, here.store)
    figures = publishing.of_cities(here.config, here.store, periods.parse("2020-06-01..2020-06-04"))
    publishing.publish(here.config, here.store, figures)
    assert here.look() == []
    put(here.store, *day_of("a01", "2020-06-02", CLEAN | {"pm25": 90.0}), *day_of("a02", "2020-06-02", CLEAN))
    publishing.bring_up_to_date(here.config, here.store)
    titles = here.look()
    said = here.last()
    assert isinstance(said, Revised)
    assert titles == [f"【通知】深圳市（模拟）已发布数据修订{len(said.figures)}项"]
    changed = {each.indicator: (str(each.before), str(each.now)) for each in said.figures}
    assert changed["air.annual_mean.pm25"] == ("30", "45")  # (30 + (90 + 30) / 2) / 2
    assert "2个站点1天的数据迟到" in (here.data / "told.txt").read_text()
    assert here.look() == []


def test_figures_published_before_notices_were_set_up_are_not_told(here: World) -> None:
    put(here.store, *day_of("a01", "2020-06-01", CLEAN))
    publishing.bring_up_to_date(here.config, here.store)
    publishing.publish(
        here.config, here.store, publishing.of_cities(here.config, here.store, periods.parse("2020-06-01..2020-06-04"))
    )
    put(here.store, *day_of("a01", "2020-06-02", CLEAN | {"pm25": 90.0}))
    publishing.bring_up_to_date(here.config, here.store)
    assert here.look() == []


def test_month_of_a_plan_waits_a_day_for_its_closing_and_then_says_that_it_was_not_closed(
    here: World, shipped: Config
) -> None:
    plan = shipped.plans["demo-2020"]
    target = next(each for each in plan.target if each.id == "good-days")
    plan = msgspec.structs.replace(plan, lists={}, target=[target])
    config = msgspec.structs.replace(here.config, plans={plan.id: plan})
    told = here._replace(config=config)
    told.look()
    here.ledger.enrol("monthly", first=periods.parse("2020-06"), not_before=0.0)
    here.clock.set_to("2020-07-04T08:59:59")
    assert told.look() == []
    here.clock.set_to("2020-07-04T09:00:00")
    assert told.look() == ["【通知】演示目标（模拟城市，2020年） 2020年6月目标完成情况通报"]
    text = (here.data / "told.txt").read_text()
    assert "数据不足1项" in text  # not one reading: told as it is, with no figure
    assert "本月数据尚未关账，数值可能不全。" in text
    here.clock.set_to("2020-08-03T09:00:00")
    assert told.look() == []
    _close(here, "2020-07")
    assert told.look() == ["【通知】演示目标（模拟城市，2020年） 2020年7月目标完成情况通报"]


def _close(here: World, month: str) -> None:
    """Let the closing of months go on to the month after one."""
    ledger = here.ledger
    assert ledger.claim(lanes.DERIVATION)
    for each in periods.parse(f"2020-06-01..{periods.parse(month).last}").months():
        following = periods.month(each.first.year, each.first.month + 1)
        ledger.close_period(lanes.DERIVATION, "monthly", each, after=following, started=0.0, detail="")
    ledger.give_back(lanes.DERIVATION)


# The worker, and the commands


@pytest.fixture
def webhook() -> Iterator[Hook]:
    with hook() as server:
        yield server


def test_exceedance_reaches_a_receiver_within_60_seconds_and_the_commands_show_it(
    config_copy: Path, tmp_path: Path, webhook: Hook, qingjing: Qingjing
) -> None:
    (config_copy / "notices.toml").write_text(
        '[[channel]]\nname = "hook"\nurl_env = "HOOK"\n[[route]]\nchannel = "hook"\nkinds = ["exceedance"]\n'
    )
    data = tmp_path / "data"
    with closing(SqliteStore(store_file(data))):
        pass
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOOK": f"json://127.0.0.1:{webhook.port}/s3cret-path"}
    command = [sys.executable, "-m", "ingestor", "--config", str(config_copy), "--data", str(data), "jobs", "work"]
    log = tmp_path / "worker.log"
    with log.open("wb") as stream:
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=stream, env=environment)
    try:
        wait_for(lambda: _marks(data), what="the first look")
        hour = int(time.time()) // HOUR * HOUR - HOUR
        at = time.monotonic()
        with closing(SqliteStore(store_file(data))) as store:
            reading = Reading("air", "sz-a01", HOUR, hour, (("no2", 250.0, 1),))
            store.commit([Arrival("native", "t", time.time(), b"", [reading], [])])
            store.drain()
        wait_for(lambda: webhook.taken, what="the notice", timeout_s=60)
        assert time.monotonic() - at < 60
        wait_for(lambda: _states(data) == ["delivered"], what="the delivery to be noted")
    finally:
        worker.kill()
        worker.communicate()
    assert webhook.taken[0]["title"] == "【预警】深圳市（模拟）1个站点实时监测值超标"
    assert "s3cret" not in log.read_text()
    options = ["--config", config_copy, "--data", data]
    number = next(each["id"] for each in _listed(qingjing, options) if each["key"]["kind"] == "exceedance")
    assert "250 ug/m3（限值 200" in qingjing(*options, "notices", "show", number).stdout
    said = qingjing(*options, "notices", "ack", number, "--by", "Li Lei").stdout
    assert said == f"notice {number}: acknowledged\n"


def _listed(qingjing: Qingjing, options: list[Any]) -> Any:
    return json.loads(qingjing(*options, "notices", "list", "--json").stdout)


def _states(data: Path) -> list[str]:
    with closing(NoticeLedger(store_file(data))) as ledger:
        found = ledger.deliveries(each.id for each in ledger.notices())
    return [each.state for of in found.values() for each in of]


def _marks(data: Path) -> bool:
    try:
        with closing(NoticeLedger(store_file(data))) as ledger:
            return "arrivals" in ledger.marks()
    except StoreError:
        return False


def test_channel_is_tried_out_by_a_command(config_copy: Path, tmp_path: Path, qingjing: Qingjing) -> None:
    options = ["--config", config_copy, "--data", tmp_path / "data"]
    assert qingjing(*options, "notices", "test", "--channel", "file").stdout == "channel file: delivered: in the file\n"
    assert "清静通知渠道测试" in (tmp_path / "data" / "notices.txt").read_text()
    (config_copy / "notices.toml").write_text('[[channel]]\nname = "hook"\nurl_file = "hook"\n')
    (config_copy / "hook").write_text("json://user:s3same@127.0.0.1:1/s3cret-path\n")
    refused = qingjing(*options, "--verbose", "notices", "test", "--channel", "hook", code=1)
    assert "channel hook: not delivered" in refused.stdout
    assert "refused" in refused.stdout
    assert "s3" not in (refused.stdout + refused.stderr).replace("urllib3", "")
    unknown = qingjing(*options, "notices", "test", "--channel", "nobody", code=2)
    assert "--channel: expected one of hook, got 'nobody'" in unknown.stderr


def test_nothing_is_noticed_without_routes(shipped: Config, qingjing: Qingjing, tmp_path: Path) -> None:
    assert shipped.notices.route == []
    assert "notices" not in [job.name for job in catalogue.jobs(shipped, tmp_path)]
    with closing(SqliteStore(store_file(tmp_path / "data"))):
        pass
    refused = qingjing("--data", tmp_path / "data", "jobs", "run", "notices", code=2)
    assert "config/notices.toml has no [[route]]" in refused.stderr
