"""数据质量."""

from grafana.board import Board, board, city
from grafana.boards.shared import plain_steps, stations
from grafana.look import GREEN, GREY, Look, values
from grafana.panels import Panel, lines, named, override, series_of, states
from sensors import flags
from sensors.quantities import MEDIA

TITLES = {"air": "空气站", "water": "水质断面", "noise": "噪声监测点"}
FLAGGED = {flags.SUSPECT: "可疑", flags.FAIL: "无效", flags.MISSING: "缺测"}


def build(look: Look) -> Board:
    """Return the board."""
    return board(
        "qingjing-quality", "数据质量",
        [
            [(8, 12, silence(look, medium)) for medium in MEDIA],
            [(8, 9, air_capture(look)), (8, 9, water_capture(look)), (8, 9, noise_capture(look))],
            [(24, 9, gaps(look))],
            [(12, 9, flagged(look)), (12, 9, quarantine())],
        ],
        variables=[city()], since="now-30d", refresh="5m",
    )  # fmt: skip


def silence(look: Look, medium: str) -> Panel:
    """Which stations are silent or late, and when they were last heard of."""
    return stations(look, medium, '"data_at" AS "最后读数"', overrides=[override("最后读数", unit="dateTimeAsIso")],
                    title=f"{TITLES[medium]}通讯状态")  # fmt: skip


def air_capture(look: Look) -> Panel:
    """Valid hours of a day of PM2.5, with the least that a daily mean needs."""
    query = 'SELECT "pm25_count" FROM "air_day" WHERE $timeFilter GROUP BY "station"'
    least = look.air.day_min_hours
    return lines(
        "空气：PM2.5每日有效小时", [series_of(query, "$tag_station")], unit="suffix:h",
        limits=plain_steps(least, GREEN),
        overrides=named(look.names("air")), description=f"虚线：{look.air.edition.id} 日均值至少 {least} 小时",
    )  # fmt: skip


def water_capture(look: Look) -> Panel:
    """Results of a day of a required item, with the least that a daily mean needs."""
    item = look.water_method.required_items[-1]
    least = look.water_method.day_min_results
    query = f'SELECT "{item}_count" FROM "water_day" WHERE $timeFilter GROUP BY "station"'
    name = look.water.item[item].name
    return lines(
        f"水：{name}每日有效结果", [series_of(query, "$tag_station")], unit="suffix:个",
        limits=plain_steps(least, GREEN), overrides=named(look.names("water")),
        description=f"虚线：{look.water_method.edition.title}，日均值至少 {least} 个",
    )  # fmt: skip


def noise_capture(look: Look) -> Panel:
    """Valid data rate of a day."""
    query = 'SELECT "vdr" FROM "noise_day" WHERE $timeFilter GROUP BY "station"'
    return lines(
        "噪声：每日数据有效率", [series_of(query, "$tag_station")], unit="percent", overrides=named(look.names("noise"))
    )  # fmt: skip


def gaps(look: Look) -> Panel:
    """Hours of air with a valid mean, and those without."""
    query = 'SELECT count("pm25") FROM "air_hour" WHERE $timeFilter GROUP BY time(1h), "station" fill(0)'
    shown = values({1: ("有效", GREEN), 0: ("缺失", GREY)})
    return states(
        "空气：PM2.5小时缺口", [series_of(query, "$tag_station")], shown, overrides=named(look.names("air")),
        description="最近三日",
    ) | {"timeFrom": "3d"}  # fmt: skip


def flagged(look: Look) -> Panel:
    """Values of a day that carry a flag, by quantity of air and of noise."""
    queries = [
        series_of(
            f'SELECT count("{quantity}_flag") AS "n" FROM "{medium}" WHERE "{quantity}_flag" >= {flags.SUSPECT} '
            f'AND "{quantity}_flag" <> {flags.BELOW_DETECTION} AND $timeFilter GROUP BY time(1d) fill(none)',
            name,
        )
        for medium, of in (("air", look.items()), ("noise", {"leq": "Leq"}))
        for quantity, name in of.items()
    ]
    names = "、".join(FLAGGED.values())
    return lines(
        "每日带标记的读数", queries, unit="suffix:个", bars=True, description=f"标记：{names}"
    )  # fmt: skip


def quarantine() -> Panel:
    """Messages in quarantine by the code of their first refusal."""
    query = 'SELECT "messages" FROM "quarantine_day" WHERE $timeFilter GROUP BY "code"'
    return lines(
        "隔离区报文（按原因）", [series_of(query, "$tag_code")], unit="suffix:条",         steps_after=True,
    )  # fmt: skip
