"""The simulated city, live: when messages are due, what a new start sends, and a broker that goes away."""

import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from ingestor import cli, simulating
from ingestor.config import Config
from ingestor.encoders import Message
from ingestor.encoders.native import ZONE
from ingestor.gateway import GatewayError
from ingestor.simulating import Course
from sensors import sources
from sensors.quantities import MEDIA, Medium
from sensors.register import Register
from tests.support import ROOT

SPREAD_S = 1800.0


def moment(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


def course(shipped: Config, since: str, *, seed: int = 1, gateway: str | None = "simulator") -> Course:
    """Two stations of each medium."""
    stations = [s for m in ("air", "water", "noise") for s in shipped.register.of(m)[:2]]
    return Course(
        register=Register(stations), city="shenzhen", seed=seed, gateway=gateway, since=moment(since), spread_s=SPREAD_S
    )


def first(given: Course, until: str) -> list[tuple[float, Message]]:
    end = moment(until)
    return list(itertools.takewhile(lambda due: due[0] <= end, given.messages()))


def ends(messages: Iterable[tuple[float, Message]]) -> Iterator[tuple[float, float]]:
    """When each readable message is due, and when its period ends."""
    for at, (_, payload) in messages:
        try:
            told = json.loads(payload)
            yield at, dt.datetime.fromisoformat(told["time"]).timestamp() + told["period_s"]
        except (ValueError, KeyError, TypeError):
            continue


def test_messages_are_due_when_their_period_is_over(shipped: Config) -> None:
    found = list(ends(first(course(shipped, "2026-03-01T00:00"), "2026-03-03T00:00")))
    assert len(found) > 200
    assert all(at >= end for at, end in found)
    assert sum(at - end <= SPREAD_S for at, end in found) > 0.98 * len(found)  # the others are late ones


def test_moments_ascend_and_none_is_before_the_beginning(shipped: Config) -> None:
    moments = [at for at, _ in first(course(shipped, "2026-03-01T07:20"), "2026-03-02T00:00")]
    assert moments == sorted(moments)
    assert moments[0] >= moment("2026-03-01T07:20")


def test_water_is_sent_every_four_hours(shipped: Config) -> None:
    sent = [at for at, (topic, _) in first(course(shipped, "2026-03-01T00:00"), "2026-03-01T23:59") if "water" in topic]
    hours = {dt.datetime.fromtimestamp(at, ZONE).hour for at in sent}
    assert hours <= {0, 4, 8, 12, 16, 20}
    assert len(hours) >= 5


def test_new_year_follows_the_old_one(shipped: Config) -> None:
    found = list(ends(first(course(shipped, "2026-12-31T12:00"), "2027-01-01T12:00")))
    years = {dt.datetime.fromtimestamp(end, ZONE).year for _, end in found}
    assert years == {2026, 2027}


def test_a_later_start_sends_the_same_messages(shipped: Config) -> None:
    early = first(course(shipped, "2026-03-01T00:00"), "2026-03-04T00:00")
    late = first(course(shipped, "2026-03-03T00:00"), "2026-03-04T00:00")
    assert late == [each for each in early if each[0] >= moment("2026-03-03T00:00")]


def test_another_seed_sends_other_messages(shipped: Config) -> None:
    one = first(course(shipped, "2026-03-01T00:00"), "2026-03-01T06:00")
    assert one != first(course(shipped, "2026-03-01T00:00", seed=2), "2026-03-01T06:00")


@pytest.mark.parametrize("gateway", ["simulator", None])
def test_topics_are_those_that_the_access_list_allows(gateway: str | None, shipped: Config) -> None:
    messages = first(course(shipped, "2026-01-01T00:00", gateway=gateway), "2026-02-10T00:00")
    topics = {topic for _, (topic, _) in messages}
    assert len(messages) > 4000  # broken ones are among them
    if gateway is None:
        assert "env/v1/air/sz-a01" in topics
    else:
        assert topics == {f"env/v1/gateways/simulator/{medium}" for medium in ("air", "water", "noise")}


class Broker:
    """Stands for the connection: keeps what is published, and goes away when told."""

    def __init__(self, *, failing: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        self.taken: list[Message] = []
        self.connected = 0
        self.calls = 0
        self.idled = 0.0
        self._failing = failing

    def connect(self) -> "Broker":
        self.connected += 1
        return self

    def publish(self, messages: Iterable[Message], *, progress: Callable[[int], None]) -> int:
        self.calls += 1
        if self.calls in self._failing:
            raise GatewayError("broker: went away")
        self.taken += messages
        progress(len(self.taken))
        return len(self.taken)

    def idle(self, seconds: float) -> None:
        self.idled += seconds

    def close(self) -> None:
        pass


class Clock:
    """A clock that goes on by a minute whenever it is asked."""

    def __init__(self, at: str) -> None:
        self.now = moment(at)

    def __call__(self) -> float:
        self.now += 60
        return self.now


def simulate(broker: Broker, given: Course, *, clock: str, until: str, sent_to: Path | None = None) -> int:
    return simulating.simulate(
        given,
        broker.connect,  # type: ignore[arg-type]
        rate=1e9,
        until=moment(until),
        sent_to=sent_to,
        progress=lambda _: None,
        clock=Clock(clock),
    )


def test_everything_that_is_due_is_sent_once_and_in_order(shipped: Config) -> None:
    broker, given = Broker(), course(shipped, "2026-03-01T00:00")
    sent = simulate(broker, given, clock="2026-03-02T00:00", until="2026-03-02T12:00")
    assert broker.taken == [message for _, message in first(given, "2026-03-02T12:00")]
    assert sent == len(broker.taken)


def test_a_broker_that_goes_away_is_waited_for_and_gets_everything(
    shipped: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("ingestor.simulating.time.sleep", slept.append)
    broker, given = Broker(failing={2, 3}), course(shipped, "2026-03-01T00:00")
    simulate(broker, given, clock="2026-03-02T00:00", until="2026-03-02T12:00")
    assert broker.taken == [message for _, message in first(given, "2026-03-02T12:00")]
    assert broker.connected == 3
    assert slept == [simulating.RETRY_S] * 2


def test_a_new_start_goes_on_where_the_last_one_was(shipped: Config, tmp_path: Path) -> None:
    kept, given = tmp_path / "sent", course(shipped, "2026-03-01T00:00")
    before, after = Broker(), Broker()
    simulate(before, given, clock="2026-03-02T00:00", until="2026-03-02T06:00", sent_to=kept)
    since = simulating.resumed(kept, given.since)
    again = Course(**{**{f: getattr(given, f) for f in given.__struct_fields__}, "since": since})
    simulate(after, again, clock="2026-03-02T06:00", until="2026-03-02T12:00", sent_to=kept)
    all_due = [message for _, message in first(given, "2026-03-02T12:00")]
    assert set(before.taken) | set(after.taken) == set(all_due)
    assert len(before.taken) + len(after.taken) - len(all_due) < 10  # what was due at the same moment comes again


@pytest.mark.parametrize("content", [None, "", "yesterday"])
def test_a_file_that_says_nothing_is_as_none(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "sent").write_text(content)
    assert simulating.resumed(tmp_path / "sent", 1000.0) == 1000.0


def test_no_more_are_sent_a_second_than_asked_for(shipped: Config) -> None:
    broker, given = Broker(), course(shipped, "2026-03-01T00:00")
    sent = simulating.simulate(
        given,
        broker.connect,  # type: ignore[arg-type]
        rate=10,
        until=moment("2026-03-01T06:00"),
        sent_to=None,
        progress=lambda _: None,
        clock=Clock("2026-03-02T00:00"),
    )
    assert broker.idled == pytest.approx(sent / 10, rel=0.05)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--city", "nowhere"], "--city: expected a city of settings.toml, got 'nowhere'"),
        (["--city", "beijing"], "--city: expected a city with stations, got 'beijing', of which none is registered"),
        (["--password-file", "x"], "--password-file: expected --gateway, whose password it is, got nothing"),
        (["--dialect", "morse"], "--dialect: expected one of native, hj212, senml, senml-cbor, sparkplug"),
        (["--dialect", "senml", "--gateway", "g1"], "--gateway: expected none, as senml has no gateways of several"),
        (["--faults", "late"], "--faults: expected NAME=NUMBER of duplicate, late"),
        (["--stations", "nowhere.csv"], "--stations: expected a number, or a CSV file of stations, got 'nowhere.csv'"),
        (["--stations", "0"], "--stations: expected at least 1, or a file, got 0"),
        (["--gateway", "a/b"], "--gateway: expected 1 to 64 letters, digits, ., _ or -, got 'a/b'"),
    ],
)
def test_command_says_what_it_cannot_take(
    options: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["qingjing", "--config", str(ROOT / "config"), "simulate", *options])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_sources_that_read_a_dialect_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("simulate", "--dialect", "sparkplug", "--show-sources")
    monkeypatch.setattr("sys.argv", ["qingjing", "--config", str(ROOT / "config"), *options])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    printed = sources.parse(capsys.readouterr().out, file="printed")
    assert [source.dialect for source in printed] == ["sparkplug"] * 3


def courses(monkeypatch: pytest.MonkeyPatch) -> list[Course]:
    """Return what the command goes on to simulate; nothing is sent."""
    simulated: list[Course] = []

    def simulate(given: Course, *_: object, **__: object) -> int:
        simulated.append(given)
        return 0

    monkeypatch.setattr("ingestor.simulating.simulate", simulate)
    return simulated


@pytest.mark.parametrize("medium", MEDIA)
def test_files_of_the_register_are_taken_with_their_comments(
    medium: Medium, shipped: Config, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated = courses(monkeypatch)
    file = ROOT / "config" / "stations" / f"{medium}.csv"
    options = ("simulate", "--stations", str(file), "--minutes", "0")
    monkeypatch.setattr("sys.argv", ["qingjing", "--config", str(ROOT / "config"), *options])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code, capsys.readouterr().err
    assert list(simulated[0].register.stations) == shipped.register.of(medium)


def test_stations_of_a_file_are_simulated_whatever_their_medium_and_city(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    simulated = courses(monkeypatch)
    file = tmp_path / "mine.csv"
    header = "id,name,name_en,city,district,lon,lat,zone_class,since,until"
    file.write_text(f"{header}\nmine-1,某处,Somewhere,elsewhere,,,,2,,\n", encoding="utf-8")
    options = ("simulate", "--stations", str(file), "--dialect", "senml", "--faults", "none")
    monkeypatch.setattr("sys.argv", ["qingjing", "--config", str(ROOT / "config"), *options])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert "0 messages of 1 stations" in capsys.readouterr().out
    since = moment("2026-03-01T00:00")
    course_ = msgspec.structs.replace(simulated[0], since=since)
    topics = [topic for _, (topic, _) in itertools.islice(course_.messages(), 30)]
    assert topics == ["senml/noise/mine-1"] * 30
