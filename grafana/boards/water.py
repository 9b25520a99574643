"""地表水."""

from grafana.board import Board, board, city, plan
from grafana.boards.shared import figures, plain_steps, stations, target_history
from grafana.look import RED, Look
from grafana.panels import Panel, coloured, lines, named, override, series_of, states, table, table_of


def build(look: Look) -> Board:
    """Return the board."""
    items = [each for each in look.water_method.required_items if each != "ph"]
    return board(
        "qingjing-water", "地表水",
        [
            [(24, 14, classes_by_month(look))],
            [(10, 12, last_month(look)), (14, 12, now(look))],
            [(6, 8, item_by_day(look, each)) for each in items],
            [(12, 10, target_history(look, "water", "水环境目标：累计值与目标值")),
             (12, 10, figures("water", "今年各项指标"))],
        ],
        variables=[city(), plan()], since="now-1y", refresh="5m",
    )  # fmt: skip


def classes_by_month(look: Look) -> Panel:
    """Sections by month in the colours and names of their classes."""
    query = 'SELECT "class" FROM "section_month" WHERE $timeFilter GROUP BY "station"'
    return states(
        "各断面逐月水质类别", [series_of(query, "$tag_station")], look.classes(), overrides=named(look.names("water")),
        description=f"颜色：{look.water_method.edition.title}；灰色为未定类",
    )  # fmt: skip


def last_month(look: Look) -> Panel:
    """The last month of each section against its target class."""
    query = (
        'SELECT "name" AS "断面", "class" AS "类别", "target" AS "目标类别", "attains" AS "达标" FROM "section_month" '
        'WHERE $timeFilter GROUP BY "station" ORDER BY time DESC LIMIT 1'
    )
    overrides = [
        override("Time", displayName="月份", unit="time:YYYY-MM"),
        coloured("类别", look.classes()),
        override("目标类别", mappings=look.class_names()),
        coloured("达标", look.attains()),
    ]
    return table("各断面最近一月", [table_of(query)], hidden=("station",), overrides=overrides)


def now(look: Look) -> Panel:
    """The class of the last reading of each section."""
    columns = '"class" AS "实时类别"'
    return stations(
        look, "water", columns, overrides=[coloured("实时类别", look.classes()), override("地点", displayName="水体")],
        title="各断面最新读数",
    )  # fmt: skip


def item_by_day(look: Look, item: str) -> Panel:
    """Daily means of an item, with the limit of the class up to which water counts as good in rivers."""
    limits = look.water.item[item]
    good = look.water_method.good_class
    limit = None if limits.river is None else float(limits.river[good - 1])
    query = f'SELECT "{item}" FROM "water_day" WHERE $timeFilter GROUP BY "station"'
    name = look.water_method.class_row[good - 1].name
    return lines(
        f"{limits.name}日均值", [series_of(query, "$tag_station")], unit="suffix:mg/L", limits=plain_steps(limit, RED),
        overrides=named(look.names("water")),
        description=f"虚线：{look.water.edition.id} 河流{name}类限值 {limit}",
    )  # fmt: skip
