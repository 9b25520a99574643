"""城市大屏: few large figures for a hall, each with the age of its data; to be shown in kiosk mode."""

from grafana.board import CITY, PLAN, Board, board, city, plan
from grafana.boards.shared import NEWEST, beneath_figure, figure, strip
from grafana.look import AMBER, GREEN, GREY, RED, Look, steps
from grafana.panels import PLAIN, Panel, age, coloured, override, points, stat, table, table_of
from ingestor.displays import STATES, STATUSES

TILES = (
    ("air.good_day_ratio", "今年优良天数比例", "percent", 1),
    ("air.annual_mean.pm25", "今年PM2.5平均浓度", "suffix:µg/m³", None),
    ("water.good_ratio", "今年Ⅰ-Ⅲ类断面比例", "percent", 1),
    ("noise.night_attainment", "今年声环境夜间达标率", "percent", 1),
)
EVEN = 0.5
"""A chance below is more against than for; the colour of the figure beside its number, no limit of a standard."""


def build(look: Look) -> Board:
    """Return the board."""
    return board(
        "qingjing-wall", "城市大屏",
        [
            [(6, 6, figure(name, title, unit, decimals=places)) for name, title, unit, places in TILES],
            [(6, 3, beneath_figure(look, name)) for name, *_ in TILES],
            [(10, 10, station_map(look)), (7, 10, index_now(look)), (7, 10, chance_today())],
            [(10, 3, beneath_map()), (7, 3, beneath_index(look)), (7, 3, beneath_chance())],
            [(24, 6, trouble(look))],
        ],
        variables=[city(), plan()], since="now-7d", description="以 ?kiosk 打开；每格下方注明数据时刻",
    )  # fmt: skip


def station_map(look: Look) -> Panel:
    """The index of each station now."""
    query = (
        'SELECT "name" AS "站点", "latitude" AS "纬度", "longitude" AS "经度", "aqi" AS "AQI", "level" AS "级别", '
        f'"data_at" AS "数据" FROM "station" WHERE "medium" = \'air\' AND "city" = \'{CITY}\' '
        f'GROUP BY "station" {NEWEST}'
    )
    overrides = [override("级别", mappings=look.levels()), age()]
    return points(
        "各站实时AQI", query, layer="监测站", colour="AQI", label="AQI", thresholds=look.index_steps(),
        overrides=overrides, description=f"颜色与级别：{look.index.edition.id}；灰色为无数据。底图为Grafana自带文件",
    )  # fmt: skip


def beneath_map() -> Panel:
    """How many stations of any medium send, and the age of the newest reading."""
    queries = [
        table_of(
            'SELECT count("s") AS "在线站点" FROM (SELECT last("state") AS "s" FROM "station" '
            f'WHERE "city" = \'{CITY}\' GROUP BY "station") WHERE "s" = {STATES.index("in_time")}'
        ),
        table_of(f'SELECT "data_at" AS "数据" FROM "city_now" WHERE "city" = \'{CITY}\' {NEWEST}'),
    ]
    return strip(["在线站点", "数据"], queries, [override("在线站点", unit="suffix:个"), age()])


def index_now(look: Look) -> Panel:
    """The city's index of the last hour."""
    query = f'SELECT "aqi" AS "AQI" FROM "city_now" WHERE "city" = \'{CITY}\' {NEWEST}'
    return stat(
        "城市实时AQI", [table_of(query)], fields="/^AQI$/", thresholds=look.index_steps(), solid=True,
        description=f"颜色：{look.index.edition.id}",
    )  # fmt: skip


def beneath_index(look: Look) -> Panel:
    """Its level in words, and how old it is."""
    query = f'SELECT "level" AS "级别", "data_at" AS "数据" FROM "city_now" WHERE "city" = \'{CITY}\' {NEWEST}'
    return strip(["级别", "数据"], [table_of(query)], [override("级别", mappings=look.levels()), age()])


def chance_today() -> Panel:
    """The chance that the day ends as a good day."""
    query = f'SELECT "chance" AS "概率" FROM "city_now" WHERE "city" = \'{CITY}\' {NEWEST}'
    return stat(
        "今日为优良天的概率", [table_of(query)], fields="/^概率$/", unit="percentunit", decimals=0,
        thresholds=steps(GREY, (0, RED), (EVEN, AMBER), (1 - EVEN / 2, GREEN)),
    )  # fmt: skip


def beneath_chance() -> Panel:
    """How old that is, and why there is none."""
    query = f'SELECT "no_chance" AS "说明", "data_at" AS "数据" FROM "city_now" WHERE "city" = \'{CITY}\' {NEWEST}'
    return strip(
        ["说明", "数据"], [table_of(query)],
        [override("说明", noValue="-", color={"mode": "fixed", "fixedColor": PLAIN}), age()],
    )  # fmt: skip


def trouble(look: Look) -> Panel:
    """The targets that are missed or at risk."""
    query = (
        'SELECT "name" AS "未完成或有风险的目标", "status" AS "状态", "value" AS "数值", "asked" AS "目标值", '
        f'"room" AS "余量", "data_at" AS "数据" FROM "target" WHERE "target" =~ /^{PLAN}\\// GROUP BY "target" {NEWEST}'
    )
    filters = [
        {"fieldName": "状态", "config": {"id": "equal", "options": {"value": STATUSES.index(each)}}}
        for each in ("at_risk", "missed")
    ]
    chosen = {"filters": filters, "match": "any", "type": "include"}
    return table(
        "", [table_of(query)], hidden=("Time", "target"), overrides=[coloured("状态", look.statuses()), age()],
        transformations=[{"id": "filterByValue", "options": chosen}],
        nothing="没有未完成或有风险的目标", large=True, sort="状态",
    )  # fmt: skip
