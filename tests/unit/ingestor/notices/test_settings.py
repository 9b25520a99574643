"""Claims about config/notices.toml: what is refused, and with which words."""

import pytest

from ingestor.config import Config
from ingestor.notices.delivering import is_quiet, pause_s
from ingestor.notices.settings import NoticeSettings, parse
from sensors.errors import ConfigError
from tests.jobs_world import OFFSET_S, moment

CHANNEL = '[[channel]]\nname = "mail"\nurl_env = "MAIL"\n'
FILE = '[[channel]]\nname = "file"\nfile = "told.txt"\n'


def parsed(shipped: Config, text: str) -> NoticeSettings:
    return parse(
        text, file="notices.toml", register=shipped.register, cities=[city.id for city in shipped.settings.city],
        plans=shipped.plans, known=shipped.quantities,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('colour = "red"', "colour: expected one of language, give_up_after_h"),
        ('language = "fr"', "language: expected one of zh, en, got 'fr'"),
        ('[levels]\nrevised = "loud"', "levels.revised: expected one of info, warning, urgent, got 'loud'"),
        ('[levels]\nnoise = "info"', "levels: expected one of compliance, exceedance, water_class, station_silent"),
        (CHANNEL + CHANNEL, "channel[1].name: expected each name once, got 'mail' again"),
        ('[[channel]]\nname = "a b"\nfile = "x"', "channel[0].name: expected"),
        ('[[channel]]\nname = "a"', "channel[0]: expected one of url_file, url_env, file, got nothing"),
        (CHANNEL + 'file = "x"', "channel[0]: expected one of url_file, url_env, file, got url_env and file"),
        (CHANNEL + 'url = "mailto://u:p@h"', "channel[0].url: expected one of name, url_file"),
        ('[[channel]]\nname = "a"\nurl_env = "no-name"', "channel[0].url_env: expected"),
        ('[[route]]\nchannel = "mail"', "route[0].channel: expected one of none, got 'mail'"),
        (CHANNEL + '[[route]]\nchannel = "post"', "route[0].channel: expected one of mail, got 'post'"),
        (CHANNEL + '[[route]]\nchannel = "mail"\nkinds = ["fire"]', "route[0].kinds[0]: expected one of compliance"),
        (CHANNEL + '[[route]]\nchannel = "mail"\nscopes = ["city:rome"]', "got 'city:rome'"),
        (CHANNEL + '[[route]]\nchannel = "mail"\nscopes = ["station:no"]', "or station:ID of the register"),
        (CHANNEL + '[[route]]\nchannel = "mail"\nrecipients = ["a@b", "a@b"]', "recipients: expected each once"),
        (CHANNEL + '[[route]]\nchannel = "mail"\nrecipients = ["a@b\\nBcc: c"]', "expected an address or a number"),
        (CHANNEL + '[[route]]\nchannel = "mail"\nrecipients = [" "]', "expected an address or a number, got ' '"),
        (FILE + '[[route]]\nchannel = "file"\nrecipients = ["a@b"]', "recipients: expected none of a file"),
        (CHANNEL + '[[route]]\nchannel = "mail"\nquiet = { from = "22:00" }', "quiet.until: expected a value"),
        (CHANNEL + '[[route]]\nchannel = "mail"\nquiet = { from = "25:00", until = "07:00" }', "quiet.from: expected"),
        (
            CHANNEL + '[[route]]\nchannel = "mail"\nquiet = { from = "07:00", until = "07:00" }',
            "quiet.until: expected another time than from",
        ),
        (CHANNEL + '[[route]]\nchannel = "mail"\nunless_acknowledged_min = 0', "unless_acknowledged_min: expected"),
        ('[[compliance]]\nplan = "rome"', "compliance[0].plan: expected one of demo-2020"),
        ('[[compliance]]\nplan = "demo-2020"\nday = 29', "compliance[0].day: expected"),
        ('[[compliance]]\nplan = "demo-2020"\nat = "9:00"', "compliance[0].at: expected"),
        ('[[compliance]]\nplan = "demo-2020"\n' * 2, "compliance[1].plan: expected each plan once"),
        ('[[limit]]\nmedium = "air"\nquantity = "pm99"\nabove = 1', "limit[0].quantity: expected one of"),
        ('[[limit]]\nmedium = "air"\nquantity = "pm25"', "limit[0].above: expected either above or below"),
    ],
)
def test_mistake_in_settings_of_notices_is_told_with_its_place(text: str, words: str, shipped: Config) -> None:
    with pytest.raises(ConfigError) as refused:
        parsed(shipped, text)
    assert str(refused.value).startswith("notices.toml: ")
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_example_in_the_shipped_file_is_good_once_its_marks_are_taken_away(shipped: Config) -> None:
    text = (shipped.directory / "notices.toml").read_text(encoding="utf-8")
    head, _, example = text.partition("# [levels]")
    lines = [line.removeprefix("# ") for line in ("# [levels]" + example).splitlines()]
    code = [line for line in lines if line.startswith("[") or " = " in line]
    settings = parsed(shipped, head + "\n".join(code))
    assert len(settings.route) == 3
    assert len(settings.channel) == 3
    assert settings.told_on("shenzhen-2020").day == 5
    assert (settings.told_on("demo-2020").day, settings.told_on("demo-2020").at) == (3, "09:00")


@pytest.mark.parametrize(
    ("quiet", "at", "is_so"),
    [
        ("", "03:00:00", False),
        ("22:00-07:00", "21:59:59", False),
        ("22:00-07:00", "22:00:00", True),
        ("22:00-07:00", "06:59:59", True),
        ("22:00-07:00", "07:00:00", False),
        ("12:00-14:00", "11:59:59", False),
        ("12:00-14:00", "12:00:00", True),
        ("12:00-14:00", "14:00:00", False),
    ],
)
def test_hours_are_quiet_from_the_first_to_before_the_last(quiet: str, at: str, is_so: bool) -> None:
    assert is_quiet(quiet, moment(f"2020-06-01T{at}"), OFFSET_S) == is_so


def test_pauses_grow_from_15_seconds_to_an_hour() -> None:
    assert [pause_s(n) for n in (0, 1, 2, 7, 8, 9, 10_000)] == [15, 30, 60, 1920, 3600, 3600, 3600]
