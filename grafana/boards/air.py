"""环境空气."""

from grafana.board import CITY, Board, board, city
from grafana.boards.shared import figures, plain_steps, stations
from grafana.look import RED, Look
from grafana.panels import Panel, coloured, lines, named, series_of, states

UNITS = {"co": "suffix:mg/m³"}


def build(look: Look) -> Board:
    """Return the board."""
    items = [(8, 8, item_by_day(look, quantity, name)) for quantity, name in look.items().items()]
    return board(
        "qingjing-air", "环境空气",
        [
            [(12, 9, index_by_day(look)), (12, 9, index_by_hour(look))],
            [(24, 4, levels_by_day(look))],
            items[:3],
            items[3:],
            [(12, 12, now(look)), (12, 12, figures("air", "今年各项指标"))],
        ],
        variables=[city()], since="now-30d", refresh="5m",
    )  # fmt: skip


def index_by_day(look: Look) -> Panel:
    """The city's index day by day, in the colours of the levels."""
    query = f'SELECT "aqi" FROM "city_air_day" WHERE "city" = \'{CITY}\' AND $timeFilter'
    return lines(
        "城市日AQI", [series_of(query, "AQI")], limits=look.index_steps(), bars=True, by_threshold=True,
        description=f"颜色：{look.index.edition.id}",
    )  # fmt: skip


def index_by_hour(look: Look) -> Panel:
    """The index of each station hour by hour."""
    query = f'SELECT "aqi" FROM "air_hour" WHERE {_of_city(look)}$timeFilter GROUP BY "station"'
    return lines("各站小时AQI", [series_of(query, "$tag_station")], overrides=named(look.names("air")))


def levels_by_day(look: Look) -> Panel:
    """The level of each day in words."""
    query = f'SELECT "level" FROM "city_air_day" WHERE "city" = \'{CITY}\' AND $timeFilter'
    return states("城市日空气质量级别", [series_of(query, "级别")], look.levels())


def item_by_day(look: Look, quantity: str, name: str) -> Panel:
    """Daily values of an item with the limit of a day in class II areas."""
    limit = look.air.limit(quantity, "day")
    query = f'SELECT "{quantity}" FROM "city_air_day" WHERE "city" = \'{CITY}\' AND $timeFilter'
    return lines(
        f"{name}日值", [series_of(query, name)], unit=UNITS.get(quantity, "suffix:µg/m³"),
        limits=plain_steps(None if limit is None else float(limit), RED),
        description=f"虚线：{look.air.edition.title} {look.air.edition.id} 二级日限值 {limit}",
    )  # fmt: skip


def now(look: Look) -> Panel:
    """The stations now."""
    columns = '"aqi" AS "AQI", "level" AS "级别"'
    return stations(look, "air", columns, overrides=[coloured("级别", look.levels())], title="各站最新小时")


def _of_city(look: Look) -> str:
    """Nothing: hours of stations have no city. Ids of other cities' stations are left out where several are shown."""
    cities = {each.city for each in look.config.register.stations if each.medium == "air"}
    return "" if len(cities) == 1 else f'"station" =~ /^({"|".join(look.names("air"))})$/ AND '
