"""The command decode: what becomes of a payload, step by step."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ingestor.cli import common
from ingestor.decoding_tables import TO_DO
from sensors.errors import ConfigError
from sensors.reading import REASONS
from tests.support import ROOT

SOURCES = """
[[source]]
name = "native"
topic = "env/v1/{medium}/{station}"
dialect = "native"

[[source]]
name = "boxes"
topic = "boxes/{device}"
dialect = "mapping"
period_s = 300
label = "end"
ignore = ["rssi"]
no_data = "ignore"
codes = { dust = "air.pm25", carbon = "air.co" }
units = { carbon = "ppm" }
mapping = { time = "at", values = "d", code = "c", value = "v", device = "id" }
"""
SENML = """
[[source]]
name = "packs"
topic = "packs/{station}"
dialect = "senml"
medium = "air"
period_s = 60
units = { o3 = "ppb" }
"""
UNKNOWN = (
    "refused   unknown_quantity: 'ozone': expected one of the codes of the source, got none; name it in `codes` or in "
    "`ignore` of sources.toml"
)
PAYLOAD = {
    "id": "b7",
    "at": "2020-11-21T08:07:30+08:00",
    "d": [{"c": "dust", "v": "15.1"}, {"c": "carbon", "v": 2}, {"c": "rssi", "v": -60}],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration with a source of boxes, and a payload of one."""
    folder = tmp_path_factory.mktemp("decode")
    config = Path(shutil.copytree(ROOT / "config", folder / "config"))
    (config / "sources.toml").write_text(SOURCES + SENML, encoding="utf-8")
    with (config / "devices.csv").open("a", encoding="utf-8") as file:
        file.write("boxes,b7,air,sz-a01\n")
    (folder / "box.json").write_text(json.dumps(PAYLOAD), encoding="utf-8")
    return folder


def decode(folder: Path, *arguments: str, lang: str = "en", **given: Any) -> Result:
    """Run the command in this process."""
    where = ["--config", str(folder / "config"), "--lang", lang, "decode"]
    return CliRunner().invoke(common.app, [*where, *arguments], **given)


def test_decode_shows_each_step_of_a_payload(folder: Path) -> None:
    # 2 ppm of carbon monoxide: 2 * 28.010 / 24.46540 = 2.289764 mg/m3; the period before 08:07:30 began at 08:02:30.
    done = decode(folder, "--source", "boxes", "--topic", "boxes/b7", str(folder / "box.json"))
    assert done.stdout.splitlines() == [
        "source    boxes, dialect mapping",
        "topic     boxes/b7 (device = b7)",
        f"payload   {len(json.dumps(PAYLOAD))} bytes, utf-8",
        "record 1  device b7, time 2020-11-21T08:07:30+08:00 (end of its period), period 300 s (of the source)",
        "          dust                     15.1 → air.pm25 [ug/m3]",
        "          carbon                   2 ppm x 1.14488 → air.co [mg/m3]",
        "          rssi                     ignored",
        "          → air sz-a01 (by devices.csv), from 2020-11-21T08:00:00+08:00",
        "reading   air sz-a01, 2020-11-21T08:00:00+08:00, 300 s: pm25 15.1, co 2.289764",
    ]
    assert done.exit_code == 0


def test_decode_shows_units_that_a_payload_states_with_what_they_are_multiplied_by(folder: Path) -> None:
    records = [
        {"bt": 1_600_000_000, "n": "pm25", "u": "mg/m3", "v": 0.0151},
        {"n": "pm10", "u": "ug/m3", "v": 41},
        {"n": "co", "v": 0.7},
        {"n": "o3", "u": "ppb", "v": 50},
    ]
    # twice: what decoders remember of units must not hide the step; ozone as the source has it: 47.998 / 24.4654
    (folder / "pack.json").write_text(json.dumps(records), encoding="utf-8")
    done = decode(folder, "--source", "packs", "--topic", "packs/sz-a01", *[str(folder / "pack.json")] * 2)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    first, second = lines[: len(lines) // 2], lines[len(lines) // 2 :]
    assert first == second
    assert first[4:8] == [
        "pm25 0.0151 mg/m3 x 1000 → air.pm25 [ug/m3]",
        "pm10 41 ug/m3 → air.pm10 [ug/m3]",
        "co 0.7 → air.co [mg/m3]",
        "o3 50 ppb x 1.96187 → air.o3 [ug/m3]",
    ]


def test_decode_says_that_a_message_without_data_is_ignored(folder: Path) -> None:
    payload = json.dumps({**PAYLOAD, "d": [{"c": "rssi", "v": -60}]})
    done = decode(folder, "--source", "boxes", "--topic", "boxes/b7", "-", input=payload)
    assert done.stdout.splitlines()[-1] == (
        "ignored   nothing measured; the source says to count such messages and keep none"
    )
    assert done.exit_code == 0


def test_decode_speaks_chinese(folder: Path) -> None:
    lines = decode(folder, "--source", "boxes", "--topic", "boxes/b7", str(folder / "box.json"), lang="zh").stdout
    assert "记录 1    设备 b7，时间 2020-11-21T08:07:30+08:00（时段终点），周期 300 s（取自数据源）\n" in lines
    assert "→ air sz-a01（由 devices.csv），起于 2020-11-21T08:00:00+08:00\n" in lines


def test_decode_says_what_to_do_about_a_refusal_and_exits_with_1(folder: Path) -> None:
    payload = json.dumps({**PAYLOAD, "id": "b8", "d": [{"c": "dust", "v": 1}, {"c": "ozone", "v": 1}]})
    done = decode(folder, "--source", "boxes", "--topic", "boxes/b7", "-", input=payload)
    assert done.stdout.splitlines()[4:] == [
        "          dust                     1 → air.pm25 [ug/m3]",
        "          ozone                    unknown code",
        "          → air no station",
        UNKNOWN,
        "          → name the code in `codes` of the source, or in `ignore`",
        "refused   unknown_station: station: expected one of the register of air, or a device of devices.csv, got 'b8'",
        "          → name the device in devices.csv, or the station in stations/",
    ]
    assert done.exit_code == 1


def test_decode_as_json_has_times_with_offsets_and_readings_by_name(folder: Path) -> None:
    arguments = ("--source", "boxes", "--topic", "boxes/b7", "--received", "2020-11-21T08:08:00+08:00", "--json")
    (found,) = json.loads(decode(folder, *arguments, str(folder / "box.json")).stdout)
    assert found["received"] == "2020-11-21T08:08:00+08:00"
    assert found["steps"][0]["placed"] == [
        {"medium": "air", "station": "sz-a01", "by": "devices.csv", "start": "2020-11-21T08:00:00+08:00"}
    ]
    assert found["readings"][0]["values"][0] == {"quantity": "pm25", "value": 15.1, "flag": 1}
    assert found["refusals"] == []


def test_decode_shows_half_characters_and_controls_escaped(folder: Path) -> None:
    payload = '{"id": "b7", "at": "2020-11-21T08:07:30+08:00", "d": [{"c": "\\ud800\\u001b[2J", "v": 1}]}'
    arguments = ("--source", "boxes", "--topic", "boxes/b7", "-")
    assert "\\ud800\\x1b[2J" in decode(folder, *arguments, input=payload).stdout
    (found,) = json.loads(decode(folder, "--json", *arguments, input=payload).stdout)
    assert found["steps"][0]["values"][0]["code"] == "\\ud800\\x1b[2J"


def test_decode_takes_what_is_given_as_the_time_of_arrival(folder: Path) -> None:
    arguments = ("--source", "boxes", "--topic", "boxes/b7", "--received", "2020-11-21T07:00:00+08:00")
    done = decode(folder, *arguments, str(folder / "box.json"))
    assert "refused   future_time: time: expected at most 300 s ahead, got '2020-11-21T00:00:00Z'" in done.stdout


def test_decode_of_native_payloads_shows_the_outcome(folder: Path) -> None:
    payload = '{"time": "2020-11-21T08:00:00+08:00", "period_s": 3600, "values": {"pm25": 15.1}}'
    done = decode(folder, "--source", "native", "--topic", "env/v1/air/sz-a01", "-", input=payload)
    assert done.stdout.splitlines()[1:] == [
        "topic     env/v1/air/sz-a01 (medium = air, station = sz-a01)",
        f"payload   {len(payload)} bytes, utf-8",
        "reading   air sz-a01, 2020-11-21T08:00:00+08:00, 3600 s: pm25 15.1",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--source", "box", "-"), "--source: expected one of sources.toml (native, boxes, packs), got 'box'"),
        (("--source", "boxes", "-"), "--topic: expected a topic such as boxes/{device}, got nothing"),
        (("--source", "boxes", "--topic", "x", "-"), "--topic: expected a topic such as boxes/{device}, got 'x'"),
        (
            ("--source", "boxes", "none.json"),
            "none.json: expected a file with a payload, got No such file or directory",
        ),
        (
            ("--source", "boxes", "--received", "2020-11-21T08:00:00", "-"),
            "--received: expected a time such as 2020-11-21T08:00:00+08:00, got '2020-11-21T08:00:00'",
        ),
    ],
)
def test_decode_refuses_a_mistake_in_its_arguments(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    error = decode(folder, *arguments, input="{}").exception
    assert isinstance(error, ConfigError)
    assert str(error) == message


def test_every_reason_says_what_to_do() -> None:
    assert set(TO_DO) == set(REASONS)
    assert all(set(texts) == {"zh", "en"} and all(texts.values()) for texts in TO_DO.values())
