"""A simulated city for bulletins: stations in districts, a plan, and hours of years, loaded past MQTT.

Levels follow the season, the clock and a wandering weather; everything follows from the numbers of the stations.
"""

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingestor.store import Store
from ingestor.store.ports import Block
from sensors.quantities import MEDIA, Medium
from sensors.register import Register, Station, as_csv
from tests.support import ROOT

HOUR_S, DAY_S = 3600, 86_400
Clock, Wave = NDArray[np.int64], NDArray[np.float64]
Series = dict[str, Wave]
STEP_S = {"air": HOUR_S, "water": 4 * HOUR_S, "noise": HOUR_S}
CITY, PLAN = "shenzhen", "city-2020"
DISTRICTS = ("福田区", "罗湖区", "南山区", "宝安区", "龙岗区", "盐田区", "龙华区", "坪山区", "光明区", "大鹏新区")
RIVERS = ("茅洲河", "深圳河", "观澜河", "龙岗河", "坪山河", "大沙河", "新洲河", "布吉河")
ZONES = ("1", "2", "2", "3", "4a", "2", "3", "1", "4a", "4b")
LEVELS = {"1": (51.5, 42.6), "2": (56.5, 48.2), "3": (60.0, 52.4), "4a": (66.5, 55.8), "4b": (66.0, 56.5)}
PLAN_TOML = """id = "city-2020"
title = "深圳市（模拟）2020年生态环境保护工作目标"
title_en = "Shenzhen (simulated): environmental targets 2020"
year = 2020
jurisdiction = "city:shenzhen"
source = "invented for tests"

[[target]]
id = "pm25"
name = "PM2.5年均浓度"
name_en = "PM2.5 annual mean"
indicator = "air.annual_mean.pm25"
scope = "city:shenzhen"
comparison = "<="
limit = 25
unit = "ug/m3"
text = "PM2.5 annual mean at most 25"

[[target]]
id = "good-days"
name = "优良天数比例"
name_en = "good-day ratio"
indicator = "air.good_day_ratio"
scope = "city:shenzhen"
comparison = ">="
limit = 96
unit = "%"
text = "at least 96 %"

[[target]]
id = "good-sections"
name = "Ⅰ-Ⅲ类断面比例"
name_en = "sections at class III or better"
indicator = "water.good_ratio"
scope = "city:shenzhen"
comparison = ">="
limit = 61.5
unit = "%"
text = "at least 61.5 %"

[[target]]
id = "night-noise"
name = "功能区声环境夜间达标率"
name_en = "night attainment of functional zones"
indicator = "noise.night_attainment"
scope = "city:shenzhen"
comparison = ">="
limit = 85
unit = "%"
text = "at least 85 %"

[[target]]
id = "old-vehicles"
name = "淘汰老旧车"
name_en = "old vehicles retired"
comparison = ">="
limit = 60000
unit = "vehicles"
text = "60,000 (reported figure)"
"""


def configuration(folder: Path, *, air: int, water: int, noise: int, changed: dict[str, str] | None = None) -> Path:
    """Write the shipped configuration with so many stations and one plan; `changed` gives stations other names."""
    shutil.copytree(ROOT / "config", folder)
    for each in (folder / "plans").glob("*.toml"):
        each.unlink()
    (folder / "plans" / f"{PLAN}.toml").write_text(PLAN_TOML, encoding="utf-8")
    for medium, n in zip(MEDIA, (air, water, noise), strict=True):
        rows = [_station(medium, i, changed or {}) for i in range(n)]
        empty = (ROOT / "config" / "stations" / f"{medium}.csv").read_text(encoding="utf-8").splitlines()
        header = next(line for line in empty if line.startswith("id,")) + "\n"
        (folder / "stations" / f"{medium}.csv").write_text(as_csv(rows) or header, encoding="utf-8")
    return folder


def _station(medium: Medium, i: int, names: dict[str, str]) -> Station:
    id_ = f"c-{medium[0]}{i + 1:03}"
    place = {"air": "监测站", "water": "断面", "noise": "声监测点"}[medium]
    district = DISTRICTS[i % len(DISTRICTS)]
    special: dict[str, object] = {}
    if medium == "water":
        water = RIVERS[i % len(RIVERS)]
        special = {"water": water, "target_class": ("III", "IV", "V", "III")[i % 4], "body": "river"}
        place = f"{water}断面"
    elif medium == "noise":
        special = {"zone_class": ZONES[i % len(ZONES)]}
    start = {"air": 0, "water": 3, "noise": 7}[medium]
    return Station(
        medium=medium,
        id=id_,
        name=names.get(id_, f"{district[:2]}{place}{i + 1}"),
        name_en=names.get(id_, f"{medium.capitalize()} {i + 1}"),
        city=CITY,
        district=district,
        lon=round(113.80 + 0.62 * ((i * 0.6180339887 + start * 0.1) % 1), 3),
        lat=round(22.48 + 0.32 * ((i * 0.7548776662 + start * 0.2) % 1), 3),
        since=dt.date(2018, 1, 1),
        until=None,
        **special,  # type: ignore[arg-type]  # of the medium
    )


def fill(store: Store, register: Register, first: str, last: str, *, missing: float = 0.01) -> int:
    """Load the readings of all stations from the first to the last day; return the number of values."""
    start = _start_of(first)
    n_hours = (_start_of(last) + DAY_S - start) // HOUR_S
    # Counted from a fixed day, so that a day has the same readings however much is loaded.
    clock = (start - _start_of("2018-01-01")) // HOUR_S + np.arange(n_hours)
    weather = _weather(clock)
    stored = 0
    for number, station in enumerate(register.stations):
        noise = np.random.default_rng([number, start // HOUR_S]).standard_normal(n_hours)
        every = STEP_S[station.medium] // HOUR_S
        values = {"air": _air, "water": _water, "noise": _noise}[station.medium](station, number, clock, weather, noise)
        sent = np.random.default_rng([number, 1, start // HOUR_S]).random(n_hours) >= missing
        chosen = sent & (np.arange(n_hours) % every == 0)
        times = start + HOUR_S * np.flatnonzero(chosen).astype(np.int64)
        good = np.ones(len(times), dtype=np.int64)
        columns = {quantity: (np.round(each[chosen], 3), good) for quantity, each in values.items()}
        stored += store.load([Block(station.medium, station.id, STEP_S[station.medium], times, columns)])
    return stored


def _start_of(day: str) -> int:
    return int(dt.datetime.fromisoformat(f"{day}T00:00:00+08:00").timestamp())


def _weather(clock: Clock) -> Wave:
    """Stagnation that comes and goes over days, the same however much is asked for. [-]"""
    days = clock / 24
    return np.asarray(0.5 * np.sin(days / 2.1) + 0.4 * np.sin(days / 5.3 + 1) + 0.3 * np.sin(days / 0.9 + 2))


def _season(clock: Clock) -> Wave:
    return np.asarray(np.cos(2 * np.pi * (clock / 24 - 15) / 365.25))


def _air(_: Station, number: int, clock: Clock, weather: Wave, _noise: Wave) -> Series:
    hour = clock % 24
    site = 0.85 + 0.03 * (number * 7 % 11) - 0.03 * (clock / 8766)
    stagnation = np.exp(0.6 * weather)
    sun = np.exp(-(((hour - 14.5) / 3.5) ** 2))
    pm25 = site * stagnation * (21 + 8 * _season(clock))
    return {
        "pm25": pm25,
        "pm10": pm25 * 1.6 + 8,
        "so2": 5 + 1.5 * stagnation,
        "no2": site * stagnation * (22 + 5 * _season(clock)),
        "o3": (42 - 6 * _season(clock)) * (0.7 + 1.9 * sun * np.exp(0.75 * weather) * site),
        "co": 0.45 + 0.2 * stagnation,
    }


def _water(_: Station, number: int, clock: Clock, _weather: Wave, noise: Wave) -> Series:
    dirt = (0.35, 0.7, 1.0, 1.35, 1.8, 0.5, 2.6)[number % 7] * (1 - 0.12 * (clock / 8766 - 2))
    wave = 1 + 0.15 * np.sin(clock / 24 / 17 + number) + 0.05 * noise
    return {
        "temperature": 23 - 6 * _season(clock),
        "ph": 7.4 + 0.1 * np.sin(clock / 50),
        "do": np.maximum(2.5, 8.0 - 1.1 * dirt),
        "codmn": (1.4 + 2.2 * dirt) * wave,
        "nh3n": 0.75 * dirt * wave,
        "tp": 0.14 * dirt * wave,
    }


def _noise(station: Station, number: int, clock: Clock, _weather: Wave, noise: Wave) -> Series:
    day, night = LEVELS[str(station.zone_class)]
    hour = clock % 24
    is_night = (hour < 6) | (hour >= 22)
    rush = 2.0 * np.exp(-(((hour - 8) / 2) ** 2)) + 1.5 * np.exp(-(((hour - 18.5) / 2) ** 2))
    own = 0.8 * np.sin(clock / 24 / 3 + number) + (number * 5 % 7) / 4 - 0.75
    return {"leq": np.where(is_night, night, day + rush - 1) + own + 0.8 * noise}
