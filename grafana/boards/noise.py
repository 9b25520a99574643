"""声环境."""

from aggregations.standards.noise import ZoneLimit
from grafana.board import Board, board, city, plan
from grafana.boards.shared import NEWEST, figures, plain_steps, stations, target_history
from grafana.look import RED, Look, texts
from grafana.panels import Panel, coloured, lines, named, override, series_of, states, table, table_of

DECIBEL = "suffix:dB(A)"
QUIETEST = 30
"""Where the axis of levels begins: nothing of a city lies below. [dB]"""


def build(look: Look) -> Board:
    """Return the board: a row a zone class of the register, with the limits of day and night."""
    zones = sorted({each.zone_class for each in look.config.register.stations if each.zone_class is not None})
    rows = [
        [
            (12, 8, zone_by_day(look, zone, look.noise.zone[zone], "ld", "昼间")),
            (12, 8, zone_by_day(look, zone, look.noise.zone[zone], "ln", "夜间")),
        ]
        for zone in zones
    ]
    return board(
        "qingjing-noise", "声环境",
        [
            [(12, 12, last_day(look)), (12, 12, now(look))],
            [(12, 9, nights(look)), (12, 9, by_hour(look))],
            *rows,
            [(12, 10, target_history(look, "noise", "声环境目标：累计值与目标值")),
             (12, 10, figures("noise", "今年各项指标"))],
        ],
        variables=[city(), plan()], since="now-30d", refresh="5m",
    )  # fmt: skip


def zone_by_day(look: Look, zone: str, limits: ZoneLimit, column: str, part: str) -> Panel:
    """Levels of the days or nights of a zone class with its limit."""
    limit = limits.day if column == "ld" else limits.night
    query = f'SELECT "{column}" FROM "noise_day" WHERE "zone_class" = \'{zone}\' AND $timeFilter GROUP BY "station"'
    return lines(
        f"{limits.name} · {part}", [series_of(query, "$tag_station")], unit=DECIBEL, limits=plain_steps(limit, RED),
        minimum=QUIETEST, overrides=named(look.names("noise")),
        description=f"虚线：{look.noise.edition.id} {part}限值 {limit} dB(A)",
    )  # fmt: skip


def last_day(look: Look) -> Panel:
    """The last day of each monitor against the limits of its zone."""
    query = (
        'SELECT "zone_class" AS "功能区", "ld" AS "昼间", "day_attains" AS "昼间达标", "ln" AS "夜间", '
        f'"night_attains" AS "夜间达标" FROM "noise_day" WHERE $timeFilter GROUP BY "station" {NEWEST}'
    )
    overrides = [
        override("Time", displayName="日期", unit="time:YYYY-MM-DD"),
        override("station", displayName="监测点", mappings=texts(look.names("noise"))),
        override("功能区", mappings=texts({key: zone.name for key, zone in look.noise.zone.items()})),
        *(override(part, unit=DECIBEL, decimals=1) for part in ("昼间", "夜间")),
        *(coloured(f"{part}达标", look.attains()) for part in ("昼间", "夜间")),
    ]
    return table("各监测点最近一日", [table_of(query)], hidden=(), overrides=overrides)


def nights(look: Look) -> Panel:
    """Whether each night of each monitor attains."""
    query = 'SELECT "night_attains" FROM "noise_day" WHERE $timeFilter GROUP BY "station"'
    return states(
        "夜间达标情况", [series_of(query, "$tag_station")], look.attains(), overrides=named(look.names("noise"))
    )  # fmt: skip


def by_hour(look: Look) -> Panel:
    """Levels hour by hour."""
    query = 'SELECT "leq" FROM "noise_hour" WHERE $timeFilter GROUP BY "station"'
    return lines(
        "小时等效声级", [series_of(query, "$tag_station")], unit=DECIBEL, minimum=QUIETEST,
        overrides=named(look.names("noise")),
    )  # fmt: skip


def now(look: Look) -> Panel:
    """The monitors now."""
    zones = texts({key: zone.name for key, zone in look.noise.zone.items()})
    overrides = [
        override("地点", displayName="功能区", mappings=zones),
        override("声级", unit=DECIBEL, decimals=1),
    ]
    return stations(look, "noise", '"leq" AS "声级"', overrides=overrides, title="各监测点最新小时")
