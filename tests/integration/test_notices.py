"""Notices on their way: a real mail server and a real webhook that refuse, go away and come back."""

import contextlib
import io
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk

from ingestor import doctor
from ingestor.config import Config
from ingestor.notices.delivering import LONGEST_PAUSE_S, deliver
from ingestor.notices.facts import Happened, Undelivered
from ingestor.notices.ledger import NoticeLedger
from ingestor.store import Ledger
from tests.jobs_world import FakeClock
from tests.notices_world import (
    Hook,
    MailServer,
    facts_of,
    hook,
    mail_server,
    mail_url,
    silent,
    states,
    tell,
    with_notices,
)

OFFICE, HEAD = "office@example.org", "head@example.org"
HIDDEN = "t0ken-of-the-robot"
NOON = "2020-06-01T12:00"


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def webhook() -> Iterator[Hook]:
    with hook() as server:
        yield server


class World(NamedTuple):
    """A ledger, a clock, and what the shipped configuration becomes with settings of notices."""

    shipped: Config
    folder: Path
    clock: FakeClock
    ledger: NoticeLedger
    mail: MailServer
    webhook: Hook

    def config(self, *routes: dict[str, Any], **settings: Any) -> Config:
        """Settings with a channel of mail, a webhook and a file."""
        (self.folder / "mail").write_text(mail_url(self.mail.port))
        (self.folder / "hook").write_text(f"json://127.0.0.1:{self.webhook.port}/{HIDDEN}?+X-Token=good")
        channels = [
            {"name": "mail", "url_file": "mail"}, {"name": "hook", "url_file": "hook"},
            {"name": "file", "file": "told.txt"},
        ]  # fmt: skip
        settings = {"channel": channels, "route": list(routes)} | settings
        return with_notices(self.shipped, self.folder, secrets={}, **settings)

    def deliver(self, config: Config) -> tuple[int, int]:
        """Send what is due: how many arrived, how many failed."""
        sent = deliver(config, self.folder, self.ledger)
        return sent[True], sent[False]


@pytest.fixture
def there(shipped: Config, tmp_path: Path, mail: MailServer, webhook: Hook) -> Iterator[World]:
    mail.reset()
    webhook.reset()
    clock = FakeClock(NOON)
    Ledger(tmp_path / "qingjing.sqlite3").close()
    with closing(NoticeLedger(tmp_path / "qingjing.sqlite3", clock=clock)) as ledger:
        yield World(shipped, tmp_path, clock, ledger, mail, webhook)


@pytest.fixture
def verbose_log() -> Iterator[io.StringIO]:
    """What `--verbose` logs. pytest's own fixture hears loggers, too, that hand nothing on to the log."""
    text, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


MAIL = {"channel": "mail", "recipients": [OFFICE]}
HOOK = {"channel": "hook"}
FILE = {"channel": "file"}


# What the other side does


def test_notice_to_a_recipient_whom_the_server_refuses_keeps_its_words_and_the_others_get_theirs(
    there: World,
) -> None:
    there.mail.refuses.add(OFFICE)
    config = there.config({"channel": "mail", "recipients": [OFFICE, HEAD]})
    tell(config, there.ledger, silent(config, ["a1"]))
    assert there.deliver(config) == (1, 1)
    refused, taken = sorted(there.ledger.deliveries([1])[1], key=lambda each: each.state, reverse=True)
    assert (refused.state, refused.recipient, refused.words) == ("failed", OFFICE, "550 5.1.1 no such mailbox here")
    assert (taken.state, taken.recipient) == ("delivered", HEAD)
    there.mail.refuses.clear()
    there.clock.pass_by(3600)
    assert there.deliver(config) == (1, 0)
    assert there.mail.recipients == [HEAD, OFFICE]


def test_notice_of_a_channel_that_is_down_for_a_day_waits_and_is_sent_once(there: World) -> None:
    config = there.config(MAIL, HOOK)
    (there.folder / "hook").write_text("json://127.0.0.1:1/")  # nobody listens there
    tell(config, there.ledger, silent(config, ["a1"]))
    tries = 0
    for _ in range(24 * 60):
        tries += there.deliver(config)[1]
        there.clock.pass_by(60)
    assert 24 <= tries <= 24 + 9  # pauses grow from 15 s to an hour
    assert len(there.mail.taken) == 1  # the other channel was not held up
    assert states(there.ledger)[1, "hook", ""] == "failed"
    there.config(MAIL, HOOK)
    there.clock.pass_by(LONGEST_PAUSE_S)
    for _ in range(3):
        there.deliver(config)
        there.clock.pass_by(LONGEST_PAUSE_S)
    assert len(there.webhook.taken) == 1
    assert set(states(there.ledger).values()) == {"delivered"}


def test_wrong_token_is_told_in_the_words_of_the_server_and_without_the_token(
    there: World, verbose_log: io.StringIO
) -> None:
    there.webhook.asks_for = "another"
    config = there.config(HOOK)
    tell(config, there.ledger, silent(config, ["a1"]))
    assert there.deliver(config) == (0, 1)
    words = there.ledger.deliveries([1])[1][0].words
    assert "error=401" in words
    assert "unknown token" in words
    (there.folder / "hook").write_text(f"json://user:pass-w0rd@127.0.0.1:1/{HIDDEN}")
    there.clock.pass_by(3600)
    there.deliver(config)
    said = verbose_log.getvalue() + there.ledger.deliveries([1])[1][0].words
    assert "refused" in said
    assert HIDDEN not in said
    assert "pass-w0rd" not in said


def test_robot_that_refuses_with_status_200_has_not_taken_the_notice(
    there: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotifyDingTalk, "notify_url", f"http://127.0.0.1:{there.webhook.port}/?access_token={{token}}")
    config = there.config({"channel": "mail"})
    (there.folder / "mail").write_text("dingtalk://0123456789abcdef")
    there.webhook.answer = (500, {"errmsg": "no robot 0123456789abcdef"})
    tell(config, there.ledger, silent(config, ["a1"]))
    assert there.deliver(config) == (0, 1)
    assert "no robot ****" in there.ledger.deliveries([1])[1][0].words
    there.clock.pass_by(3600)
    there.webhook.answer = (200, {"errcode": 300005, "errmsg": "token is not exist"})
    assert there.deliver(config) == (0, 1)
    assert there.ledger.deliveries([1])[1][0].words == "errcode 300005: token is not exist"
    there.webhook.answer = (200, {"errcode": 0, "errmsg": "ok"})
    there.clock.pass_by(3600)
    assert there.deliver(config) == (1, 0)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (None, "expected an address of Apprise, got none: No such file or directory"),
        ("", "expected an address of Apprise, got nothing"),
        ("nonsense://sesame-0pen", "expected an address of Apprise, got one that Apprise does not know"),
        ("no address, but a s3cret", "expected an address of Apprise, got one that Apprise does not know"),
        ("slack://sesame-0pen", "address: expected one of slack:// that is complete, got another"),
    ],
)
def test_address_that_is_none_is_told_and_the_notice_kept(address: str | None, words: str, there: World) -> None:
    config = there.config(HOOK)
    (there.folder / "hook").unlink()
    if address is not None:
        (there.folder / "hook").write_text(address)
    tell(config, there.ledger, silent(config, ["a1"]))
    assert there.deliver(config) == (0, 1)
    said = there.ledger.deliveries([1])[1][0].words
    assert said.endswith(words)
    assert "sesame" not in said
    assert "s3cret" not in said
    there.config(HOOK)
    there.clock.pass_by(3600)
    assert there.deliver(config) == (1, 0)


def test_channel_that_hangs_does_not_hold_up_the_others(there: World) -> None:
    config = there.config(HOOK, MAIL)
    for i in range(3):
        tell(config, there.ledger, silent(config, [f"a{n}" for n in range(i + 1)]))
    mailed: list[int] = []

    def hang() -> None:
        with contextlib.suppress(TimeoutError):
            until(lambda: len(there.mail.taken) == 3)
        mailed.append(len(there.mail.taken))

    there.webhook.before_answering = hang
    there.deliver(config)
    assert mailed == [3, 3, 3]


def until(reached: Callable[[], bool]) -> None:
    """Wait for a condition, at most 10 s."""
    deadline = time.monotonic() + 10
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


def test_delivery_given_up_is_told_over_the_other_channels_once(there: World) -> None:
    config = there.config(HOOK, MAIL, give_up_after_h=1)
    there.webhook.asks_for = "another"
    tell(config, there.ledger, silent(config, ["a1"]))
    for _ in range(200):
        there.deliver(config)
        there.clock.pass_by(60)
    assert states(there.ledger)[1, "hook", ""] == "given_up"
    lost = [each for each in there.ledger.notices() if each.key.kind == "undelivered"]
    assert [each.level for each in lost] == ["urgent"]
    said = facts_of(there.ledger, lost[0].id)
    assert isinstance(said, Undelivered)
    assert (said.notice, said.channel) == (1, "hook")
    assert "unknown token" in said.words
    assert [str(each["Subject"]) for each in there.mail.taken][-1] == "【紧急】通知1未能经 hook 送达"
    assert len(there.mail.taken) == 2
    there.webhook.asks_for = ""
    assert there.ledger.resend(1, channel="hook") == 1
    assert there.deliver(config) == (1, 0)


def test_notice_cut_off_on_a_channel_that_leaves_it_waits_for_a_person(there: World) -> None:
    channels = [{"name": "hook", "url_file": "hook", "in_doubt": "leave"}]
    config = there.config(HOOK, channel=channels)
    tell(config, there.ledger, silent(config, ["a1"]))
    there.ledger.begin_delivery(there.ledger.deliveries([1])[1][0])  # and the process died
    assert there.deliver(config) == (0, 0)
    assert states(there.ledger) == {(1, "hook", ""): "in_doubt"}
    assert there.webhook.taken == []
    assert there.ledger.resend(1) == 1
    assert there.deliver(config) == (1, 0)


def test_notice_sent_again_on_purpose_is_another_message(there: World) -> None:
    config = there.config(MAIL, HOOK)
    tell(config, there.ledger, silent(config, ["a1"]))
    there.deliver(config)
    assert there.ledger.resend(1) == 2
    there.deliver(config)
    assert len(set(there.mail.ids())) == 2
    assert len(set(there.webhook.keys)) == 2


# What is told, and to whom


def test_hundred_stations_that_are_silent_are_one_notice_and_one_when_they_are_back(there: World) -> None:
    config = there.config(HOOK)
    names = [f"a{i:03d}" for i in range(100)]
    assert tell(config, there.ledger, silent(config, names)) == 1
    assert tell(config, there.ledger, silent(config, names)) == 0
    there.clock.pass_by(3600)
    assert tell(config, there.ledger, silent(config, [])) == 1
    assert tell(config, there.ledger, silent(config, [])) == 0
    there.deliver(config)
    titles = [each["title"] for each in there.webhook.taken]
    assert titles == ["【预警】深圳市（模拟）100个站点数据中断", "【解除】深圳市（模拟）100个站点数据恢复"]
    assert "另有70项" in there.webhook.taken[0]["message"]


def test_stations_that_fall_silent_one_after_the_other_are_gathered_after_the_third_notice(there: World) -> None:
    config = there.config(HOOK)
    told = 0
    for i in range(1, 101):
        told += tell(config, there.ledger, silent(config, [f"a{n:03d}" for n in range(i)]))
        there.clock.pass_by(10)
    assert told < 3 + 4  # in a thousand seconds
    there.clock.pass_by(600)
    tell(config, there.ledger, silent(config, [f"a{n:03d}" for n in range(100)]))
    listed = [facts_of(there.ledger, each.id) for each in there.ledger.notices()]
    names = [item.object for each in listed if isinstance(each, Happened) for item in each.items]
    assert sorted(names) == [f"air:a{n:03d}" for n in range(100)]  # each once


def test_station_that_is_silent_twice_is_told_twice(there: World) -> None:
    config = there.config(HOOK)
    for names in (["a1"], [], ["a1"]):
        assert tell(config, there.ledger, silent(config, names)) == 1
        there.clock.pass_by(700)
    assert len({each.key for each in there.ledger.notices()}) == 3


@pytest.mark.parametrize(
    ("route", "n"),
    [
        ({"scopes": ["city:shenzhen"]}, 1),
        ({"scopes": ["city:beijing"]}, 0),
        ({"scopes": ["station:a1"]}, 1),
        ({"scopes": ["service"]}, 0),
        ({"kinds": ["station_silent", "revised"]}, 1),
        ({"kinds": ["revised"]}, 0),
        ({"least_level": "warning"}, 1),
        ({"least_level": "urgent"}, 0),
    ],
)
def test_route_gets_notices_of_its_kinds_scopes_and_levels(route: dict[str, Any], n: int, there: World) -> None:
    config = there.config(HOOK | route)
    tell(config, there.ledger, silent(config, ["a1"]))
    assert there.deliver(config) == (n, 0)


def test_recipient_of_several_routes_gets_a_notice_once(there: World) -> None:
    config = there.config(MAIL, MAIL | {"kinds": ["station_silent"]}, MAIL | {"unless_acknowledged_min": 5})
    tell(config, there.ledger, silent(config, ["a1"]))
    there.deliver(config)
    there.clock.pass_by(3600)
    there.deliver(config)
    assert len(there.mail.taken) == 1


def test_quiet_hours_hold_back_all_but_urgent_notices(there: World) -> None:
    quiet = {"quiet": {"from": "22:00", "until": "07:00"}}
    config = there.config(HOOK | quiet)
    urgent = there.config(HOOK | quiet, levels={"station_silent": "urgent"})
    there.clock.set_to("2020-06-01T21:59:59")
    tell(config, there.ledger, silent(config, ["a1"]))
    assert there.deliver(config) == (1, 0)
    there.clock.set_to("2020-06-01T22:00:00")
    tell(config, there.ledger, silent(config, ["a1", "a2"]))
    assert there.deliver(config) == (0, 0)
    tell(urgent, there.ledger, silent(urgent, ["a1", "a2", "a3"]))
    assert there.deliver(urgent) == (1, 0)
    there.clock.set_to("2020-06-02T06:59:59")
    assert there.deliver(config) == (0, 0)
    there.clock.set_to("2020-06-02T07:00:00")
    assert there.deliver(config) == (1, 0)


ESCALATION = MAIL | {"recipients": [HEAD], "unless_acknowledged_min": 30}


def test_notice_that_nobody_acknowledges_is_escalated(there: World) -> None:
    config = there.config(HOOK, ESCALATION)
    tell(config, there.ledger, silent(config, ["a1"]))
    there.deliver(config)
    there.clock.pass_by(30 * 60 - 1)
    there.deliver(config)
    assert there.mail.recipients == []
    there.clock.pass_by(1)
    there.deliver(config)
    assert there.mail.recipients == [HEAD]


def test_notice_that_was_acknowledged_is_not_escalated(there: World) -> None:
    config = there.config(HOOK, ESCALATION)
    tell(config, there.ledger, silent(config, ["a1"]))
    there.deliver(config)
    assert there.ledger.acknowledge(1, by="Li Lei", remark="power cut")
    assert not there.ledger.acknowledge(1, by="Han Meimei")
    there.clock.pass_by(3600)
    there.deliver(config)
    assert there.mail.recipients == []
    assert states(there.ledger)[1, "mail", HEAD] == "acknowledged"
    assert (there.ledger.notice(1).acknowledged_by, there.ledger.notice(1).remark) == ("Li Lei", "power cut")


def test_notice_of_what_is_over_is_not_escalated_once_all_of_it_is(there: World) -> None:
    config = there.config(HOOK, ESCALATION | {"kinds": ["station_silent"]})
    tell(config, there.ledger, silent(config, ["a1", "a2"]))
    there.clock.pass_by(60)
    tell(config, there.ledger, silent(config, ["a1"]))
    assert states(there.ledger)[1, "mail", HEAD] == "waiting"
    there.clock.pass_by(60)
    tell(config, there.ledger, silent(config, []))
    assert states(there.ledger)[1, "mail", HEAD] == "over"


def test_notices_wait_no_longer_where_the_clock_is_moved_back(there: World) -> None:
    config = there.config(HOOK, ESCALATION)
    tell(config, there.ledger, silent(config, ["a1"]))
    there.clock.set_to("2020-05-31T12:00")
    assert there.deliver(config) == (1, 0)
    assert states(there.ledger)[1, "hook", ""] == "delivered"
    there.clock.pass_by(1799)
    assert there.deliver(config) == (0, 0)
    there.clock.pass_by(1)
    assert there.deliver(config) == (1, 0)
    assert there.mail.recipients == [HEAD]
    there.ledger.resend(1)
    there.clock.set_to("2020-05-30T12:00")
    assert there.deliver(config) == (2, 0)


def test_escalation_that_waits_is_spared_though_the_clock_is_moved(there: World) -> None:
    config = there.config(ESCALATION)
    tell(config, there.ledger, silent(config, ["a1"]))
    there.clock.set_to("2020-06-02T12:00")  # by this clock it would have been due
    there.ledger.acknowledge(1, by="Li Lei")
    assert states(there.ledger)[1, "mail", HEAD] == "acknowledged"


@pytest.mark.parametrize(("after_s", "n"), [(1799, 0), (1800, 2)])
def test_end_is_told_to_whom_an_escalation_reached_and_to_nobody_else(after_s: float, n: int, there: World) -> None:
    config = there.config(ESCALATION)
    tell(config, there.ledger, silent(config, ["a1"]))
    there.clock.pass_by(after_s)
    there.deliver(config)
    tell(config, there.ledger, silent(config, []))
    there.deliver(config)
    there.clock.pass_by(3600)
    there.deliver(config)
    assert there.mail.recipients == [HEAD] * n


def test_notice_in_a_file_stands_there_once_however_often_it_is_sent(there: World) -> None:
    config = there.config(FILE)
    tell(config, there.ledger, silent(config, ["a1"]))
    there.deliver(config)
    there.ledger.settle(there.ledger.deliveries([1])[1][0], "sending")  # the process died before it noted the end
    assert there.deliver(config) == (1, 0)
    assert (there.folder / "told.txt").read_text().count("数据中断") == 1


def test_station_named_like_a_script_does_no_harm_in_html(there: World) -> None:
    config = there.config(MAIL)
    looked = silent(config, ["a1"])
    bad = "<script>alert(1)</script>\r\nBcc: all@example.org"
    going_on = [
        type(each)(
            kind=each.kind, object=each.object, city=each.city, scopes=each.scopes,
            item=type(each.item)(object=each.object, name=bad, name_en=bad, medium="air"),
        )
        for each in looked.going_on
    ]  # fmt: skip
    tell(config, there.ledger, type(looked)(kind=looked.kind, going_on=going_on))
    there.deliver(config)
    html = there.mail.taken[0].get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert there.mail.taken[0]["Bcc"] is None
    assert there.mail.recipients == [OFFICE]


def test_notice_in_english_where_the_channel_says_so(there: World) -> None:
    channels = [{"name": "mail", "url_file": "mail", "language": "en"}]
    config = there.config(MAIL, channel=channels)
    tell(config, there.ledger, silent(config, ["a1"]))
    there.deliver(config)
    assert str(there.mail.taken[0]["Subject"]) == "[Warning] Shenzhen (simulated): no readings from 1 station"
    assert there.mail.taken[0].get_body(("plain",)).get_content().isascii()


def test_doctor_tells_of_notices_that_do_not_arrive(there: World) -> None:
    config = there.config(HOOK)
    (there.folder / "hook").chmod(0o644)
    there.webhook.asks_for = "another"
    tell(config, there.ledger, silent(config, ["a1"]))
    there.deliver(config)
    found = {each.subject: each for each in doctor.examine(config, there.folder) if not each.good}
    assert found["notices"].seen.startswith("channel hook: 1 failed: Failed to send JSON POST notification")
    assert "is open to others" in found["permissions"].seen
