"""Snapshots of the national automatic surface-water stations (CNEMC), 2020.

The time has no year; it is taken from the day of the snapshot. A row without a time has no values that could be
sent. Raw values are sent, not the rounded ones beside them. The status of a station (running, maintenance,
stopped) says why values are missing; those that are there are sent without a flag, as the platform uses them.
"""

import datetime as dt
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ingestor.formats.message import FileMessage, number, station_id, table
from sensors.errors import ConfigError, shown
from sensors.register import Station

VARIABLES = {
    "temperature": "water_temp_C",
    "ph": "pH",
    "do": "DO_mgL",
    "conductivity": "conductivity_uScm",
    "turbidity": "turbidity_NTU",
    "codmn": "CODMn_mgL",
    "nh3n": "NH3N_mgL",
    "tp": "TP_mgL",
    "tn": "TN_mgL",
    "chla": "chla_mgL",
    "algae": "algae_cellsL",
}
"""Quantities and the columns that hold them, each once `_raw` and once `_shown`."""
KEYS = ("file_date", "province", "basin", "section", "city", "river", "obs_time_mmdd_hhmm", "class_published")
COLUMNS = (*KEYS, *(f"{name}_{kind}" for name in VARIABLES.values() for kind in ("raw", "shown")), "station_status")
OFFSET = "+08:00"
PERIOD_S = 4 * 3600

LAKES: dict[str, tuple[str, ...]] = {
    "太湖": (
        "江苏省-西山",
        "江苏省-拖山",
        "江苏省-五里湖心",
        "江苏省-兰山嘴",
    ),
    "阳澄湖": ("江苏省-阳澄湖心",),
    "淀山湖": ("上海市-急水港桥",),
    "洪泽湖": (
        "江苏省-老山乡",
        "江苏省-蒋坝镇",
        "江苏省-高良涧镇",
    ),
    "骆马湖": (
        "江苏省-骆马湖",
        "江苏省-骆马湖乡",
        "江苏省-三场",
    ),
    "巢湖": (
        "安徽省-湖滨",
        "安徽省-湖滨(老)",
        "安徽省-裕溪口(老)",
        "安徽省-西半湖湖心",
        "安徽省-东半湖湖心",
        "安徽省-巢湖船厂",
        "安徽省-忠庙",
        "安徽省-兆河入湖区",
        "安徽省-黄麓",
    ),
    "鄱阳湖": (
        "江西省-蛤蟆石",
        "江西省-南矶山",
        "江西省-都昌",
        "江西省-康山",
    ),
    "洞庭湖": (
        "湖南省-岳阳楼",
        "湖南省-鹿角",
        "湖南省-东洞庭湖",
        "湖南省-蒋家嘴",
        "湖南省-万子湖",
        "湖南省-南嘴",
        "湖南省-小河嘴",
    ),
    "洪湖": ("湖北省-湖心B(洪湖湖心B)",),
    "滇池": (
        "云南省-西苑隧道",
        "云南省-观音山",
        "云南省-观音山西",
        "云南省-罗家营(老)",
    ),
    "松花湖": (
        "吉林省-大丰满",
        "吉林省-桦树林",
    ),
    "丹江口水库": (
        "河南省-陶岔",
        "湖北省-坝上中(胡家岭)",
    ),
    "其他湖泊": (
        "内蒙古自治区-拴马桩(甘珠花)",
        "吉林省-查干湖",
        "安徽省-武昌湖",
        "安徽省-大官湖",
        "安徽省-西湖湖心",
        "江西省-湖心岛",
        "山东省-北湖",
        "湖北省-西梁子湖湖南",
        "湖北省-咸宁湖心",
        "湖南省-大通湖",
        "云南省-抚仙湖心",
        "新疆维吾尔自治区-乌伦古湖码头",
        "浙江省-北湖中心",
        "宁夏回族自治区-沙湖",
    ),
    "其他水库": (
        "河北省-岗南水库",
        "辽宁省-汤河水库",
        "江西省-坝上",
        "河南省-三门峡水库",
        "河南省-饮用水源地取水口",
        "湖北省-富水水库",
        "广东省-良德水库",
        "广东省-石骨水库",
        "广西壮族自治区-龙岩滩水库",
        "四川省-鲁班岛",
        "四川省-礼板湾(王妃岛)",
        "陕西省-石门水库",
        "浙江省-小金山",
    ),
}
"""Sections in lakes and reservoirs, by the lake; the file does not say which these are.

They are the twelve that the README of the data names and those whose class of 8 and 9 May 2020 the platform took by
the lake limits of total phosphorus. A section that is not listed is taken as a river's.
"""

_TIME = re.compile(r"(\d\d)-(\d\d) (\d\d):(\d\d)")


def messages(file: Path) -> Iterator[FileMessage]:
    """Yield one message a row; without values where the row has no time or no value.

    Raises
    ------
    ConfigError
        If the file has another form.
    """
    for line, row in islice(table(file, COLUMNS), 1, None):
        time = _time(row[0], row[6], f"{file}: line {line}")
        try:
            values = {name: number(row[len(KEYS) + 2 * i]) for i, name in enumerate(VARIABLES)}
        except ValueError as error:
            raise ConfigError(f"{file}: line {line}: expected numbers, got {error}") from error
        present = {name: value for name, value in values.items() if value is not None}
        yield FileMessage("water", section_id(row[1], row[3]), time or "", PERIOD_S, {**present} if time else {})


def stations(file: Path, city: str) -> list[Station]:
    """Return all sections of a file, in the order in which they first stand there."""
    lakes = {section for sections in LAKES.values() for section in sections}
    found: dict[str, Station] = {}
    for _, row in islice(table(file, COLUMNS), 1, None):
        key = section_id(row[1], row[3])
        if key not in found:
            found[key] = Station(
                medium="water",
                id=key,
                name=row[3],
                name_en="",
                city=city,
                district=row[1],
                lon=None,
                lat=None,
                water=row[5],
                body="lake" if key in lakes else "river",
                since=None,
                until=None,
            )
    return list(found.values())


def section_id(province: str, section: str) -> str:
    """Return the id of a section: some names stand in several provinces."""
    return station_id(f"{province}-{section}")


def _time(file_date: str, text: str, at: str) -> str | None:
    """The time of a reading: in the year of the snapshot, or the year before where that lies after the snapshot."""
    if not text:
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        raise ConfigError(f"{at}: expected a time such as 05-08 15:00, got {shown(text)}")
    try:
        year = dt.date.fromisoformat(file_date).year
    except ValueError as error:
        raise ConfigError(f"{at}: expected a file_date such as 2020-05-08, got {shown(file_date)}") from error
    month_day = f"{match[1]}-{match[2]}"
    if month_day > file_date[5:]:
        year -= 1
    return f"{year}-{month_day}T{match[3]}:{match[4]}:00{OFFSET}"
