"""Claims about reloading; `look` is called by hand, as the thread does every second."""

import logging
import os
import threading
from pathlib import Path

import pytest

from ingestor import config
from ingestor.config import Config
from ingestor.reloading import Reloading, seen
from tests.support import wait_for

NEW_STATION = "sz-a99,新（模拟）,New (simulated),shenzhen,,114.0,22.6,2019-01-01,\n"


class Watched:
    """A configuration that is looked at, and what was taken and refused of it."""

    def __init__(self, directory: Path, *, stop: threading.Event | None = None) -> None:
        self.directory = directory
        self.taken: list[Config] = []
        self.refused: list[str | None] = []
        self.reloading = Reloading(
            config.load(directory), take=self.taken.append, refuse=self.refused.append, stop=stop or threading.Event()
        )

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.reloading.look()

    def append(self, file: str, text: str) -> None:
        with (self.directory / file).open("a", encoding="utf-8") as out:
            out.write(text)

    def replace(self, file: str, old: str, new: str) -> None:
        path = self.directory / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def knows(self, station: str) -> bool:
        return self.taken[-1].register.get("air", station) is not None


@pytest.fixture
def watched(config_copy: Path) -> Watched:
    return Watched(config_copy)


def test_reloading_of_unchanged_files_takes_nothing(watched: Watched) -> None:
    watched.look(5)
    assert (watched.taken, watched.refused) == ([], [])


def test_reloading_takes_a_good_file_once_it_stands_still(watched: Watched) -> None:
    watched.append("stations/air.csv", NEW_STATION)
    watched.look(2)
    assert watched.knows("sz-a99")


def test_reloading_leaves_a_file_that_has_just_changed_for_the_next_look(watched: Watched) -> None:
    watched.append("stations/air.csv", NEW_STATION)
    watched.look()
    assert (watched.taken, watched.refused) == ([], [])


def test_reloading_leaves_a_half_written_file_until_it_is_whole(watched: Watched) -> None:
    half = len(NEW_STATION) // 2
    watched.append("stations/air.csv", NEW_STATION[:half])
    watched.look()
    watched.append("stations/air.csv", NEW_STATION[half:])
    watched.look()
    assert (watched.taken, watched.refused) == ([], [])
    watched.look()
    assert (watched.knows("sz-a99"), watched.refused) == (True, [None])


def test_reloading_takes_a_change_once(watched: Watched) -> None:
    watched.append("stations/air.csv", NEW_STATION)
    watched.look(10)
    assert len(watched.taken) == 1


def test_reloading_refuses_a_bad_file_with_its_place(watched: Watched) -> None:
    watched.append("stations/air.csv", "half\n")
    watched.look(2)
    assert watched.taken == []
    assert watched.refused == [f"{watched.directory}/stations/air.csv: line 15: expected 9 fields, got 1"]


def test_reloading_refuses_a_bad_file_once(watched: Watched) -> None:
    watched.append("stations/air.csv", "half\n")
    watched.look(10)
    assert len(watched.refused) == 1


def test_reloading_says_that_the_old_configuration_stays(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    watched.append("stations/air.csv", "half\n")
    watched.look(2)
    (record,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert record.getMessage().startswith("configuration refused, the old one stays: ")


def test_reloading_takes_a_file_that_was_mended_and_withdraws_the_refusal(watched: Watched) -> None:
    watched.append("stations/air.csv", "half\n")
    watched.look(2)
    watched.replace("stations/air.csv", "half\n", NEW_STATION)
    watched.look(2)
    assert (watched.knows("sz-a99"), watched.refused[-1]) == (True, None)


def test_reloading_takes_back_a_bad_change_that_was_undone(watched: Watched) -> None:
    watched.append("sources.toml", "x = = 1\n")
    watched.look(2)
    watched.replace("sources.toml", "x = = 1\n", "")
    watched.look(2)
    assert (len(watched.taken), watched.refused[-1]) == (1, None)


def test_reloading_refuses_when_one_of_two_changed_files_is_bad(watched: Watched) -> None:
    watched.append("stations/air.csv", NEW_STATION)
    watched.append("sources.toml", "x = = 1\n")
    watched.look(2)
    assert (watched.taken, len(watched.refused)) == ([], 1)


def test_reloading_refuses_a_configuration_of_which_a_file_is_gone(watched: Watched) -> None:
    (watched.directory / "gateways.csv").unlink()
    watched.look(2)
    assert watched.taken == []
    assert str(watched.refused[0]).startswith(f"{watched.directory}/gateways.csv: expected a readable UTF-8 file")


def test_reloading_refuses_a_directory_that_is_gone_and_takes_it_when_it_is_back(watched: Watched) -> None:
    away = watched.directory.with_name("away")
    watched.directory.rename(away)
    watched.look(2)
    assert (watched.taken, len(watched.refused)) == ([], 1)
    away.rename(watched.directory)
    watched.append("stations/air.csv", NEW_STATION)
    watched.look(2)
    assert (watched.knows("sz-a99"), watched.refused[-1]) == (True, None)


def test_reloading_takes_new_and_removed_plans(watched: Watched) -> None:
    before = [path.stem for path in sorted((watched.directory / "plans").glob("*.toml"))]
    (watched.directory / "plans" / "demo-2020.toml").unlink()
    watched.look(2)
    assert list(watched.taken[-1].plans) == [plan for plan in before if plan != "demo-2020"]


def test_reloading_takes_gateways(watched: Watched) -> None:
    watched.append("gateways.csv", "g1,air,sz-a01\n")
    watched.look(2)
    assert watched.taken[-1].register.gateway_of("air", "sz-a01") == "g1"


def test_reloading_takes_target_changes(watched: Watched) -> None:
    watched.append("target-changes.csv", "sz-w01,2021-01-01,IV\n")
    watched.look(2)
    assert [change.station for change in watched.taken[-1].target_changes.all] == ["sz-w01"]


def test_reloading_takes_checks_gas_states_and_events(watched: Watched) -> None:
    watched.replace("checks.toml", "tolerance = 20", "tolerance = 30")
    watched.append("gas-states.csv", "sz-a01,,,273.15\n")
    watched.append(
        "events.csv",
        "e1,shenzhen,,pm10,2021-03-15T06:00+08:00,2021-03-15T07:00+08:00,dust,x,x,2021-04-02\n",
    )
    watched.look(2)
    taken = watched.taken[-1]
    assert taken.checks.inversion is not None
    assert (taken.checks.inversion.tolerance, len(taken.gas_states.all), len(taken.events.all)) == (30, 1, 1)
    assert taken.fingerprint == config.load(watched.directory).fingerprint


def test_reloading_refuses_a_bad_event_and_the_collector_keeps_the_old_ones(watched: Watched) -> None:
    watched.append("events.csv", "e1,xian,,pm10\n")
    watched.look(2)
    assert (watched.taken, len(watched.refused)) == ([], 1)


def test_reloading_takes_a_file_that_another_was_moved_onto(watched: Watched) -> None:
    file = watched.directory / "stations" / "air.csv"
    new = file.with_name(".air.csv.new")
    new.write_text(file.read_text(encoding="utf-8") + NEW_STATION, encoding="utf-8")
    new.replace(file)
    watched.look(2)
    assert watched.knows("sz-a99")


def test_reloading_takes_a_file_of_the_same_size(watched: Watched) -> None:
    watched.replace("stations/air.csv", "sz-a01", "sz-b01")
    watched.look(2)
    assert watched.knows("sz-b01")


def test_reloading_takes_an_older_file_that_was_put_back(watched: Watched) -> None:
    watched.replace("stations/air.csv", "sz-a01", "sz-b01")
    os.utime(watched.directory / "stations" / "air.csv", ns=(10**18, 10**18))  # 2001: as `cp -p` and rsync do
    watched.look(2)
    assert watched.knows("sz-b01")


# --- settings.toml


def test_reloading_leaves_changed_settings_for_a_restart_and_says_so(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    watched.replace("settings.toml", "group_messages = 2000", "group_messages = 7")
    watched.look(2)
    assert watched.taken[-1].settings.collector.group_messages == 2000
    (record,) = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert "settings.toml has changed: that takes a restart" in record.getMessage()


def test_reloading_keeps_the_zone_until_the_restart(watched: Watched) -> None:
    watched.replace("settings.toml", "Asia/Shanghai", "Asia/Kathmandu")
    watched.look(2)
    assert (watched.taken[-1].offset_s, watched.taken[-1].settings.zone) == (28_800, "Asia/Shanghai")


def test_reloading_takes_stations_that_changed_together_with_settings(watched: Watched) -> None:
    watched.replace("settings.toml", "group_messages = 2000", "group_messages = 7")
    watched.append("stations/air.csv", NEW_STATION)
    watched.look(2)
    assert watched.knows("sz-a99")


def test_reloading_refuses_bad_settings(watched: Watched) -> None:
    watched.replace("settings.toml", "group_messages = 2000", "group_messages = 0")
    watched.look(2)
    assert watched.taken == []
    assert "collector.group_messages: expected int >= 1, got 0" in str(watched.refused[0])


# --- the thread


def test_reloading_looks_by_itself_until_it_is_stopped(config_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestor.reloading.LOOK_EVERY_S", 0.02)
    stop = threading.Event()
    watched = Watched(config_copy, stop=stop)
    watched.reloading.start()
    watched.append("stations/air.csv", NEW_STATION)
    wait_for(lambda: watched.taken, what="the new configuration")
    stop.set()
    wait_for(lambda: all(t.name != "reloading" for t in threading.enumerate()), what="the thread to end")
    assert watched.knows("sz-a99")


# --- what is looked at


def test_seen_is_every_file_below_the_directory(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("x", "a/y", "a/b/z"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    sizes = {path: size for path, (size, _) in seen(tmp_path).items()}
    assert sizes == {str(tmp_path / "x"): 1, str(tmp_path / "a/y"): 3, str(tmp_path / "a/b/z"): 5}


def test_seen_of_a_directory_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert seen(tmp_path / "nowhere") == {}


def test_seen_changes_when_a_file_is_written_again(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("1", encoding="utf-8")
    os.utime(file, ns=(0, 0))
    before = seen(tmp_path)
    file.write_text("2", encoding="utf-8")
    assert seen(tmp_path) != before
