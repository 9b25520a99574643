"""Claims about reading `config/`: what comes along is right, and each mistake is told in one line."""

import datetime as dt
import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from aggregations.standards import AirLimits
from ingestor import config
from ingestor.config import Config
from sensors.errors import ConfigError


def change(directory: Path, file: str, old: str, new: str) -> None:
    """Replace the first `old` of a file, which must be there."""
    path = directory / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}: the test must follow the file"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def load_error(directory: Path) -> str:
    with pytest.raises(ConfigError) as raised:
        config.load(directory)
    return str(raised.value)


# --- what comes along


def test_config_that_comes_along_loads(shipped: Config) -> None:
    assert [c.id for c in shipped.settings.city] == ["shenzhen", "beijing", "guangzhou", "fengxian", "liuzhou"]


def test_config_zone_is_eight_hours_ahead(shipped: Config) -> None:
    assert shipped.offset_s == 8 * 3600


def test_config_plans_are_found_by_id(shipped: Config) -> None:
    plans = ("demo-2020", "fengxian-2020", "guangzhou-2020", "liuzhou-2019", "shenzhen-2020", "shenzhen-2025")
    assert {name: plan.id for name, plan in shipped.plans.items()} == {n: n for n in plans}


def test_config_standards_are_all_files_of_the_folder(shipped: Config) -> None:
    assert len(shipped.standards.all) == len(list((shipped.directory / "standards").glob("*.toml")))


def test_config_digest_of_an_edition_is_that_of_its_file(shipped: Config, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(shipped.directory, tmp_path / "config"))
    change(copy, "standards/gb3095-2012.toml", "GB 3095-2012 with its amendment of 2018.", "a comment")
    changed = config.load(copy).standards.digests
    assert [edition for edition in changed if changed[edition] != shipped.standards.digests[edition]] == [
        "GB 3095-2012"
    ]


def test_config_city_of_an_early_stage_is_known(shipped: Config) -> None:
    assert shipped.staged("shenzhen")


def test_config_city_that_is_unknown_is_in_no_early_stage(shipped: Config) -> None:
    assert not shipped.staged("nowhere")


@pytest.mark.parametrize(
    ("time", "day"),  # 1,600,000,000 s: 2020-09-13T12:26:40Z
    [
        (1_599_926_400, dt.date(2020, 9, 13)),  # 2020-09-12T16:00:00Z: midnight in Shanghai
        (1_599_926_399, dt.date(2020, 9, 12)),
        (1_600_012_799, dt.date(2020, 9, 13)),
        (1_600_012_800, dt.date(2020, 9, 14)),
        (0, dt.date(1970, 1, 1)),
        (-28_801, dt.date(1969, 12, 31)),
        (951_753_600, dt.date(2000, 2, 29)),  # 2000-02-28T16:00:00Z
    ],
)
def test_config_local_day_begins_at_local_midnight(shipped: Config, time: int, day: dt.date) -> None:
    assert shipped.local_day(time) == day


@pytest.mark.parametrize(("day", "time"), [(dt.date(2020, 9, 13), 1_599_926_400), (dt.date(1970, 1, 1), -28_800)])
def test_config_start_of_a_day_is_local_midnight(shipped: Config, day: dt.date, time: int) -> None:
    assert shipped.start_of(day) == time


# --- mistakes

MISTAKES: list[tuple[str, str, str, str]] = [
    # file, old, new, what the error says after the file
    ("settings.toml", 'zone = "Asia/Shanghai"', "", r"zone: expected a value, got nothing"),
    ("settings.toml", "zone = ", "zon = 1\nzone = ", r"zon: expected one of zone, city, .*, got 'zon'"),
    ("settings.toml", "port = 1883", "port = 0", r"broker\.port: expected int >= 1, got 0"),
    ("settings.toml", "port = 1883", "port = 65536", r"broker\.port: expected int <= 65535, got 65536"),
    ("settings.toml", "port = 1883", 'port = "1883"', r"broker\.port: expected int.*, got .*"),
    (
        "settings.toml",
        "group_messages = 2000",
        "group_messages = 0",
        r"collector\.group_messages: expected int >= 1, got 0",
    ),
    ("settings.toml", "group_messages", "group_message", r"collector\.group_message: .*, got 'group_message'"),
    ("settings.toml", '[[city]]\nid = "beijing"', '[[city]]\nid = "shenzhen"', r"city: expected each id once, got .*"),
    (
        "settings.toml",
        'id = "beijing"',
        'id = "bei jing"',
        r"city\[1\]\.id: expected 1 to 64 characters .*, got 'bei jing'",
    ),
    ("settings.toml", 'id = "beijing"', 'id = "a,b=c"', r"city\[1\]\.id: expected 1 to 64 characters .*, got 'a,b=c'"),
    ("settings.toml", 'id = "beijing"', 'id = "a/b"', r"city\[1\]\.id: expected 1 to 64 characters .*, got 'a/b'"),
    ("settings.toml", 'id = "beijing"', 'id = ""', r"city\[1\]\.id: expected 1 to 64 characters .*, got ''"),
    ("settings.toml", 'name_en = "Beijing"', "", r"city\[1\]\.name_en: expected a value, got nothing"),
    ("settings.toml", "\nstaged = true", '\nstaged = "yes"', r"city\[0\]\.staged: expected bool, got .*"),
    ("settings.toml", '"Asia/Shanghai"', '"Asia/Shangai"', r"zone: expected a zone such as .*, got 'Asia/Shangai'"),
    ("settings.toml", '"Asia/Shanghai"', '""', r"zone: expected a zone such as .*, got ''"),
    ("settings.toml", '"Asia/Shanghai"', '"../etc/passwd"', r"zone: expected a zone such as .*, got '\.\./etc/passwd'"),
    (
        "settings.toml",
        '"Asia/Shanghai"',
        '"Europe/Dublin"',
        r"zone: expected a zone without daylight saving since 2000, got 'Europe/Dublin'",
    ),
    ("settings.toml", "zone = ", "zone = = ", r"expected TOML, got .*line \d+.*"),
    ("quantities.toml", 'unit = "ug/m3"', 'unit = "µg/m3"', r"air.*\.unit: .*'µg/m3'.*"),
    ("quantities.toml", "maximum = 3000", "maximum = 0", r"air\.pm25\.maximum: expected more than minimum 0, got 0"),
    ("quantities.toml", "decimals = 0", "decimals = 7", r"air.*\.decimals: expected int <= 6.*"),
    ("quantities.toml", "[air.pm25]", "[soil.pm25]", r"soil: expected one of air, water, noise, got 'soil'"),
    ("sources.toml", 'dialect = "native"', 'dialect = "x"', r"source\[0\]\.dialect: expected one of native.*, got 'x'"),
    ("sources.toml", "{medium}", "{city}", r"source\[0\]\.topic: expected captures .*, got 'city'"),
    ("sources.toml", "max_ahead_s", "max_ahead", r"source\[0\]\.max_ahead: expected one of name, .*, got 'max_ahead'"),
    (
        "sources.toml",
        "max_ahead_s = 300",
        'units = { pm25 = "ppb" }',
        r"source\[0\]\.units\.pm25: expected ug/m3, mg/m3 of a quantity in ug/m3 without molar_mass, got 'ppb'",
    ),
    ("quantities.toml", "molar_mass = 64.066", "molar_mass = 0", r"air\.so2\.molar_mass: expected a positive .*"),
    ("checks.toml", "[stuck]", "[stick]", r"stick: expected one of negative, .*, got 'stick'"),
    ("checks.toml", "hours = { pm25", "hours = { pm2_5", r"stuck\.hours: expected quantities of air \(.*, got 'pm2_5'"),
    (
        "gas-states.csv",
        "station,from,until,kelvin\n",
        "station,from,until,kelvin\nsz-w01,,,273.15\n",
        r"line \d+: station: expected a station of the register of air, got 'sz-w01'",
    ),
    (
        "calibrations.csv",
        ",remark\n",
        ",remark\nnoise,sz-a01,leq,,,1,-1.4,x,x,\n",
        r"line \d+: station: expected a station of the register of noise, got 'sz-a01'",
    ),
    (
        "events.csv",
        "decided_on\n",
        "decided_on\ne1,xian,,pm10,2021-03-15T06:00+08:00,2021-03-15T07:00+08:00,dust,x,x,2021-04-02\n",
        r"line \d+: city: expected one of shenzhen, beijing, guangzhou, fengxian, liuzhou, got 'xian'",
    ),
    (
        "target-changes.csv",
        "target_class\n",
        "target_class\nsz-a01,2021-01-01,IV\n",
        r"line \d+: station: expected a station of the register of water, got 'sz-a01'",
    ),
    (
        "gateways.csv",
        "gateway,medium,station\n",
        "gateway,medium,station\ng1,air,sz-w01\n",
        r"line 2: station: expected a medium and a station of the register, got \('air', 'sz-w01'\)",
    ),
    ("stations/air.csv", "id,name,", "name,id,", r"line \d+: expected columns id,name,.*, got 'name,id,.*"),
    ("stations/air.csv", "113.80,", "1138.0,", r"line 3: lon: expected degrees east .*, got '1138\.0'"),
    ("stations/air.csv", "sz-a02", "sz-a01", r"line 4: id: expected each id once, got 'sz-a01' again"),
    ("stations/air.csv", ",2019-01-01,", ",2019-01-01,,", r"line 3: expected 9 fields, got 10"),
    ("stations/air.csv", "shenzhen", "shenzen", r"sz-a01: city: expected one of shenzhen, beijing, .*, got 'shenzen'"),
    ("stations/noise.csv", ",1,2019", ",4,2019", r"line 3: zone_class: expected one of 0, 1, 2, 3, 4a, 4b, got '4'"),
    ("stations/water.csv", ",river,V,", ",stream,V,", r"line 3: body: expected one of river, lake, sea, got 'stream'"),
    ("stations/water.csv", ",river,V,", ",river,6,", r"line 3: target_class: expected one of I, .*, got '6'"),
    (
        "plans/shenzhen-2020.toml",
        'unit = "ug/m3"',
        'unit = "mg/m3"',
        r"target\[0\]\.unit: expected 'ug/m3', got 'mg/m3'",
    ),
    (
        "plans/shenzhen-2020.toml",
        "air.annual_mean.pm25",
        "air.anual_mean.pm25",
        r"target\[0\]\.indicator: expected one of air\.annual_mean\.pm25, .*, got 'air\.anual_mean\.pm25'",
    ),
    (
        "plans/shenzhen-2020.toml",
        '"sz-w01"',
        '"sz-w99"',
        r"target\[1\]\.scope: expected stations of the register of water, got 'sz-w99'",
    ),
    (
        "plans/shenzhen-2020.toml",
        '"sz-w01"',
        '"sz-a01"',
        r"target\[1\]\.scope: expected stations of the register of water, got 'sz-a01'",
    ),
    (
        "plans/shenzhen-2020.toml",
        'scope = "city:shenzhen"',
        'scope = "station:sz-w01"',
        r"target\[0\]\.scope: expected stations of the register of air, got 'sz-w01'",
    ),
    (
        "plans/shenzhen-2020.toml",
        "list:main_rivers",
        "list:rivers",
        r"target\[1\]\.scope: expected a list of .*main_rivers.*, got 'rivers'",
    ),
    (
        "plans/shenzhen-2020.toml",
        'scope = "city:shenzhen"',
        'scope = "shenzhen"',
        r"target\[0\]\.scope: expected city:ID, .*, got 'shenzhen'",
    ),
    ("plans/shenzhen-2020.toml", 'comparison = "<="', 'comparison = "≤"', r"target\[0\]\.comparison: .*'≤'.*"),
    ("plans/shenzhen-2020.toml", "limit = 25", "limits = 25", r"target\[0\]\.limits: expected one of id, .*"),
    (
        "plans/shenzhen-2020.toml",
        'id = "main-rivers"',
        'id = "pm25"',
        r"target\[1\]\.id: expected each id once, got 'pm25' again",
    ),
    ("plans/demo-2020.toml", 'id = "demo-2020"', 'id = "demo"', r"id: expected 'demo-2020' .*, got 'demo'"),
    (
        "plans/demo-2020.toml",
        'id = "demo-2020"',
        'id = "shenzhen-2020"',
        r"id: expected 'demo-2020' .*, got 'shenzhen-2020', which is the id of another plan",
    ),
    (
        "plans/demo-2020.toml",
        'id = "good-days"',
        'id = "good-days"\njudge_by = "GB 3095-2018"',
        r"target\[0\]\.judge_by: expected one of in_force, all_2012, .*, GB 3095-2012, .*, got 'GB 3095-2018'",
    ),
    (
        "plans/demo-2020.toml",
        'id = "good-days"',
        'id = "good-days"\njudge_by = "HJ 633-2026"',
        r"target\[0\]\.judge_by: expected one of .*, got 'HJ 633-2026'",
    ),
    (
        "standards/gb3095-2012.toml",
        'role = "air.limits"',
        'role = "air.limit"',
        r"role: expected one of air\.limits, .*, got 'air\.limit'",
    ),
    (
        "standards/gb3095-2012.toml",
        "pm25 = 75",
        "pm2_5 = 75",
        r"day_limit: expected quantities of air \(pm25, .*\), got 'pm2_5'",
    ),
    (
        "standards/gb3095-2012.toml",
        "day_min_hours",
        "day_min_hour",
        r"day_min_hour: expected one of .*day_min_hours, .*",
    ),
    ("standards/gb3095-2012.toml", "from = 2016-01-01", "", r"edition\.from: expected a value, got nothing"),
    ("standards/hj633-2026.toml", 'id = "HJ 633-2026"', 'id = "HJ 633-2012"', r"edition\.id: expected each id once.*"),
    (
        "standards/hj633-2012.toml",
        "[0, 35, 75,",
        "[0, 75, 35,",
        r"item\.pm25\.breakpoints: expected at most 8 rising numbers, got .*",
    ),
    (
        "standards/hj633-2012.toml",
        'above = "o3_1h"',
        'above = "o3"',
        r"item\.o3_8h\.above: expected 'top' .*, got 'o3'",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "error"), MISTAKES, ids=[f"{m[0]}-{m[2].strip()}" for m in MISTAKES])
def test_config_mistake_is_told_in_one_line_with_file_and_place(
    config_copy: Path, file: str, old: str, new: str, error: str
) -> None:
    change(config_copy, file, old, new)
    assert re.fullmatch(rf".*{re.escape(file)}: {error}", load_error(config_copy))  # a dot takes no line break


@pytest.mark.parametrize(("items", "got"), [("tn", "tn"), ("cod;chla", "chla")])
def test_config_own_items_of_a_section_are_items_of_the_class(config_copy: Path, items: str, got: str) -> None:
    register = config_copy / "stations" / "water.csv"
    comment, header, first, *rows = [line for line in register.read_text(encoding="utf-8").splitlines() if line]
    kept = [f"{row}," for row in rows if row[0] != "#"]
    register.write_text("\n".join([comment, f"{header},own_items", f"{first},{items}", *kept]), encoding="utf-8")
    error = f"{register}: sz-w01: own_items: expected items of the class (ph, do, codmn, cod, "

    assert load_error(config_copy).startswith(error)
    assert load_error(config_copy).endswith(f"joined by ;, got '{got}'")


@pytest.mark.parametrize("file", sorted({mistake[0] for mistake in MISTAKES}))
def test_config_error_names_the_file_where_it_lies(config_copy: Path, file: str) -> None:
    path = config_copy / file
    path.write_text("x = = 1\n" if file.endswith(".toml") else "x\n", encoding="utf-8")
    assert load_error(config_copy).startswith(f"{path}: ")


def test_config_error_about_a_city_names_the_file_where_it_lies(config_copy: Path) -> None:
    change(config_copy, "stations/air.csv", "shenzhen", "shenzen")
    assert load_error(config_copy).startswith(f"{config_copy / 'stations/air.csv'}: ")


def test_config_station_that_leaves_out_an_unknown_quantity_is_told(config_copy: Path) -> None:
    path = config_copy / "stations/air.csv"
    rows = path.read_text(encoding="utf-8").replace(",since,until\n", ",since,until,not_monitored\n")
    path.write_text(rows.replace(",2019-01-01,\n", ",2019-01-01,,ph\n"), encoding="utf-8")
    assert load_error(config_copy).startswith(f"{path}: sz-a01: not_monitored: expected quantities of air (pm25, ")


FILES = [
    "settings.toml", "quantities.toml", "sources.toml", "stations/air.csv", "stations/water.csv", "stations/noise.csv",
    "gateways.csv", "broker/embedded.toml", "checks.toml", "gas-states.csv", "events.csv",
    "zone-changes.csv", "noise-surveys/functional.csv", "noise-surveys/regional.csv", "noise-surveys/road.csv",
    "target-changes.csv", "calibrations.csv",
]  # fmt: skip


@pytest.mark.parametrize("file", FILES)
def test_config_file_that_is_missing_is_named(config_copy: Path, file: str) -> None:
    (config_copy / file).unlink()
    assert load_error(config_copy) == (
        f"{config_copy / file}: expected a readable UTF-8 file, got none; `qingjing init DIR` makes all that there are"
    )


@pytest.mark.parametrize("file", [*FILES, "plans/demo-2020.toml", "standards/gb3095-2012.toml"])
def test_config_file_that_is_no_utf8_is_named(config_copy: Path, file: str) -> None:
    (config_copy / file).write_bytes("深圳市".encode("gb18030"))
    error = load_error(config_copy)
    assert re.fullmatch(rf".*{re.escape(file)}: expected a readable UTF-8 file, got .*", error)


@pytest.mark.parametrize("zone", ["Asia", "x" * 300], ids=["a-folder", "too-long"])
def test_config_zone_that_is_no_zone_is_refused(config_copy: Path, zone: str) -> None:
    change(config_copy, "settings.toml", "Asia/Shanghai", zone)
    assert "settings.toml: zone: expected a zone such as Asia/Shanghai, got " in load_error(config_copy)


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Pyongyang", "Africa/Casablanca"]
)
def test_config_zone_whose_offset_changed_since_2000_is_refused(config_copy: Path, zone: str) -> None:
    change(config_copy, "settings.toml", "Asia/Shanghai", zone)
    assert load_error(config_copy).endswith(
        f"settings.toml: zone: expected a zone without daylight saving since 2000, got {zone!r}"
    )


@pytest.mark.parametrize(
    ("zone", "offset_s"),
    [("UTC", 0), ("Asia/Kathmandu", 20_700), ("Asia/Kolkata", 19_800), ("America/Phoenix", -25_200)],
)
def test_config_zone_without_daylight_saving_is_taken(config_copy: Path, zone: str, offset_s: int) -> None:
    change(config_copy, "settings.toml", "Asia/Shanghai", zone)
    assert config.load(config_copy).offset_s == offset_s


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('scope = "city:shenzhen"', 'scope = "city:nowhere"'),
        ('jurisdiction = "city:shenzhen"', 'jurisdiction = "city:x"'),
    ],
    ids=["scope", "jurisdiction"],
)
def test_config_plan_of_an_unknown_city_is_refused(config_copy: Path, old: str, new: str) -> None:
    change(config_copy, "plans/demo-2020.toml", old, new)
    assert "plans/demo-2020.toml: " in load_error(config_copy)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("plans/demo-2020.toml", "limit = 96", "limit = nan"),
        ("quantities.toml", "minimum = 0", "minimum = nan"),
        ("standards/hj633-2012.toml", "[0, 35, 75,", "[0, nan, 75,"),
        ("standards/gb3095-2012.toml", "pm25 = 75", "pm25 = nan"),
    ],
)
def test_config_number_that_is_none_is_refused(config_copy: Path, file: str, old: str, new: str) -> None:
    change(config_copy, file, old, new)
    assert f"{file}: " in load_error(config_copy)


# --- fingerprint


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("stations/air.csv", "2019-01-01", "2019-01-02"),
        ("standards/gb3095-2012.toml", "pm25 = 75", "pm25 = 76"),
        ("quantities.toml", "maximum = 3000", "maximum = 3001"),
        ("settings.toml", '"Asia/Shanghai"', '"Asia/Taipei"'),
        ("checks.toml", '[stuck]\naction = "suspect"', '[stuck]\naction = "fail"'),
        ("gas-states.csv", "kelvin\n", "kelvin\nsz-a01,,,273.15\n"),
        ("target-changes.csv", "target_class\n", "target_class\nsz-w01,2021-01-01,IV\n"),
        ("calibrations.csv", ",remark\n", ",remark\nair,sz-a01,pm25,2026-06-01,,0.873,-1.4,x,x,\n"),
        (
            "events.csv",
            "decided_on\n",
            "decided_on\ne1,beijing,,pm10,2021-03-15T06:00+08:00,2021-03-15T07:00+08:00,dust,x,x,2021-04-02\n",
        ),
    ],
)
def test_config_fingerprint_changes_with_what_figures_depend_on(
    config_copy: Path, file: str, old: str, new: str
) -> None:
    before = config.load(config_copy).fingerprint
    change(config_copy, file, old, new)
    assert config.load(config_copy).fingerprint != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("plans/demo-2020.toml", "limit = 96", "limit = 97"),
        ("broker/embedded.toml", "max_segment_count = ", "max_segment_count = 1"),
    ],
)
def test_config_fingerprint_stays_when_figures_do(config_copy: Path, file: str, old: str, new: str) -> None:
    before = config.load(config_copy).fingerprint
    change(config_copy, file, old, new)
    assert config.load(config_copy).fingerprint == before


def test_config_fingerprint_does_not_depend_on_the_place(shipped: Config, config_copy: Path) -> None:
    assert config.load(config_copy).fingerprint == shipped.fingerprint


def test_config_without_plans_loads(config_copy: Path) -> None:
    shutil.rmtree(config_copy / "plans")
    assert config.load(config_copy).plans == {}


def test_config_takes_checks_gas_states_and_events(config_copy: Path) -> None:
    change(config_copy, "checks.toml", '[stuck]\naction = "suspect"', '[stuck]\naction = "fail"')
    change(config_copy, "gas-states.csv", "kelvin\n", "kelvin\nsz-a01,,2018-09-01,298.15\n")
    row = "e1,shenzhen,sz-a02,pm10;pm25,2021-03-15T06:00+08:00,2021-03-15T07:00+08:00,dust,x,x,2021-04-02\n"
    change(config_copy, "events.csv", "decided_on\n", "decided_on\n" + row)
    loaded = config.load(config_copy)
    assert loaded.checks.stuck is not None
    assert loaded.checks.stuck.action == "fail"
    assert loaded.gas_states.kelvin_on("sz-a01", dt.date(2018, 8, 31)) == Decimal("298.15")
    assert [event.id for event in loaded.events.of("shenzhen", "sz-a02")] == ["e1"]


@pytest.mark.parametrize(("day", "wanted"), [(dt.date(2020, 12, 31), "V"), (dt.date(2021, 1, 1), "IV")])
def test_config_target_class_is_the_registers_until_it_was_changed(
    config_copy: Path, day: dt.date, wanted: str
) -> None:
    change(config_copy, "target-changes.csv", "target_class\n", "target_class\nsz-w01,2021-01-01,IV\n")
    loaded = config.load(config_copy)
    section = loaded.register.get("water", "sz-w01")
    assert section is not None
    assert loaded.target_class(section, day) == wanted


def test_config_events_begin_at_whole_hours_of_its_zone(config_copy: Path) -> None:
    change(config_copy, "settings.toml", "Asia/Shanghai", "Asia/Kathmandu")
    row = "e1,shenzhen,,pm10,2021-03-15T06:00+05:45,2021-03-15T07:00+05:45,dust,x,x,2021-04-02\n"
    change(config_copy, "events.csv", "decided_on\n", "decided_on\n" + row)
    assert len(config.load(config_copy).events.all) == 1


def test_config_changed_limit_is_what_is_loaded(config_copy: Path) -> None:
    change(config_copy, "standards/gb3095-2012.toml", "pm25 = 75", "pm25 = 76")
    loaded = config.load(config_copy).standards.on(AirLimits, dt.date(2020, 1, 1))
    assert loaded.day_limit["pm25"] == 76


# --- where the directory is


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three folders with a settings.toml: given, named by the environment, and ./config; the last is the cwd's."""
    for name in ("given", "named", "work/config"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "settings.toml").touch()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("QINGJING_CONFIG", str(tmp_path / "named"))
    return tmp_path


def test_directory_given_comes_first(folders: Path) -> None:
    assert config.find_directory(folders / "given") == folders / "given"


def test_directory_of_the_environment_comes_second(folders: Path) -> None:
    assert config.find_directory(None) == folders / "named"


@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
def test_directory_below_the_working_directory_comes_third(
    folders: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("QINGJING_CONFIG") if value is None else monkeypatch.setenv("QINGJING_CONFIG", value)
    assert config.find_directory(None).resolve() == folders / "work/config"


def test_directory_that_came_along_comes_last(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QINGJING_CONFIG")
    monkeypatch.chdir(folders)
    assert config.find_directory(None) == Path(config.__file__).parent.parent / "config"


def test_directory_given_without_settings_is_refused(folders: Path) -> None:
    (folders / "empty").mkdir()
    with pytest.raises(ConfigError) as raised:
        config.find_directory(folders / "empty")
    assert str(raised.value).startswith("config: expected a directory with settings.toml, got '")


def test_directory_of_the_environment_without_settings_is_refused(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QINGJING_CONFIG", str(folders / "nowhere"))
    with pytest.raises(ConfigError, match=r"^config: expected a directory with settings\.toml, got '"):
        config.find_directory(None)


# --- init


@pytest.mark.parametrize("existing", [False, True], ids=["new", "empty"])
def test_initialise_copies_a_configuration_that_loads(tmp_path: Path, shipped: Config, existing: bool) -> None:
    target = tmp_path / "deep" / "config"
    if existing:
        target.mkdir(parents=True)
    config.initialise(target)
    assert config.load(target).fingerprint == shipped.fingerprint


def test_initialise_refuses_a_folder_with_content(tmp_path: Path) -> None:
    (tmp_path / ".hidden").touch()
    with pytest.raises(ConfigError) as raised:
        config.initialise(tmp_path)
    assert str(raised.value) == f"{tmp_path}: expected a new or an empty directory, got one with content"


def test_initialise_leaves_a_folder_with_content_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    with pytest.raises(ConfigError):
        config.initialise(tmp_path)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("x", "mine")]


def test_initialise_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"file: expected a new or an empty directory, got "):
        config.initialise(tmp_path / "file")
