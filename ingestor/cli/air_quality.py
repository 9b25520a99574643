"""The command that shows the air quality index."""

import datetime as dt
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from aggregations import periods
from ingestor import air_quality, scopes, tables
from ingestor.air_quality import AirQuality
from ingestor.cli.common import Json, app, opened_store, options, out, print_line
from ingestor.cli.figures import warn_if_stale
from ingestor.config import Config
from ingestor.tables import Language
from ingestor.words import ITEMS
from sensors.errors import ConfigError, shown

HOUR_S = 3600
RECENT_S = 48 * HOUR_S
NOT_AVAILABLE, NOT_MONITORED = "NA", "/"
"""What is printed for a missing item, and for one that is not measured by plan (HJ 633-2026, notes to tables 4, 5)."""

COLUMNS: Final = ("so2", "no2", "pm10", "pm25", "co", "o3")
"""The items in the order of HJ 633-2026, tables 4 and 5."""


@app.command()
def aqi(
    scope: Annotated[str, typer.Option(help="city:ID, district:CITY/NAME or station:ID.")],
    period: Annotated[
        str | None, typer.Option(help="Days, such as 2020-06-03 or 2020-06: the daily index of each.")
    ] = None,
    hour: Annotated[
        str | None, typer.Option(help="Local beginning of an hour, such as 2020-06-03T14: the real-time index.")
    ] = None,
    json_: Json = False,
) -> None:
    """Show the air quality index: concentrations, sub-indices, level, colour, primary pollutants.

    Without --period or --hour the last hour of the last two days that is there. NA: missing; /: not measured by plan.

    Example: qingjing aqi --scope city:shenzhen --period 2020-06
    """
    loaded = options.load()
    if period is not None and hour is not None:
        raise ConfigError("--hour: expected nothing beside --period, got both")
    where = scopes.resolve(loaded, scope)
    with opened_store(loaded) as store:
        warn_if_stale(loaded, store)
        if period is not None:
            found = air_quality.of_days(loaded, store, where, periods.parse(period))
        elif hour is not None:
            first = _moment(hour, loaded)
            found = air_quality.of_hours(loaded, store, where, first, first + HOUR_S)
        else:
            now = int(dt.datetime.now(dt.UTC).timestamp())
            found = air_quality.of_hours(loaded, store, where, now - RECENT_S, now)[-1:]
    if json_:
        print_line(tables.as_json(found))
    elif not found:
        zh = options.language == "zh"
        if period is None and hour is None:
            hint = "；用 --hour 或 --period 指定时间" if zh else "; name a time with --hour or --period"
        else:
            hint = (
                ""
                if where.stations["air"]
                else "：没有登记的空气站"
                if zh
                else ": no station of air is registered there"
            )
        out.print(("没有数据" if zh else "no data") + hint)
    else:
        out.print(_table(found, options.language, hourly=period is None))


def _moment(text: str, loaded: Config) -> int:
    try:
        local = dt.datetime.strptime(text[:13], "%Y-%m-%dT%H").replace(tzinfo=dt.UTC)
        if text[13:] not in ("", ":00"):
            raise ValueError
    except ValueError as error:
        raise ConfigError(f"--hour: expected a local hour such as 2020-06-03T14, got {shown(text)}") from error
    return int(local.timestamp()) - loaded.offset_s


def _table(found: list[AirQuality], language: Language, *, hourly: bool) -> Table:
    zh = language == "zh"
    editions = ", ".join(dict.fromkeys(each.edition for each in found))
    table = Table(title=escape(f"{found[0].scope} · {editions}"), title_justify="left")
    table.caption = (
        "浓度 ug/m3（CO mg/m3），下为 IAQI" if zh else "concentrations ug/m3 (CO mg/m3), below them the IAQI"
    )
    table.caption_justify = "left"
    table.add_column("时间" if zh else "time", no_wrap=True)
    table.add_column("AQI", justify="right", no_wrap=True)
    table.add_column("级别\n首要污染物" if zh else "level\nprimary", overflow="fold")
    for item in COLUMNS:
        table.add_column(f"{ITEMS[item]}\nIAQI", justify="right", no_wrap=True)
    for each in found:
        name = each.level_name if zh else each.level_name_en
        level = NOT_AVAILABLE if each.colour is None else f"[{each.colour}]■[/] {each.level} {escape(str(name))}"
        primary = NOT_AVAILABLE if each.primary is None else " ".join(ITEMS[q] for q in each.primary) or "-"
        table.add_row(
            f"{each.start:%Y-%m-%d\n%H:%M}" if hourly else f"{each.start:%Y-%m-%d}",
            NOT_AVAILABLE if each.aqi is None else str(each.aqi),
            f"{level}\n{primary}",
            *(_item(each, q) for q in COLUMNS),
        )
    return table


def _item(each: AirQuality, quantity: str) -> str:
    if quantity in each.not_monitored:
        return NOT_MONITORED
    value, sub = each.values[quantity], each.sub[quantity]
    if value is None:
        return NOT_AVAILABLE
    return f"{value}\n{NOT_AVAILABLE if sub is None else sub}"
