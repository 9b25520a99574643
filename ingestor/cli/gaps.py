"""The command gaps: what is missing."""

import datetime as dt
import re
import time
from typing import Annotated

import typer

from aggregations import periods
from ingestor import tables
from ingestor.cli.common import Json, app, opened_store, options, print_line, print_tables, progress_bars
from ingestor.completeness import completeness
from ingestor.completeness_tables import completeness_rows, completeness_tables
from ingestor.config import DAY_S, Config
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA
from sensors.register import Station

_UNITS = {"min": 60, "h": 3600, "d": DAY_S}


@app.command()
def gaps(
    period: Annotated[str, typer.Option(help="2020, 2020-H1, 2020-Q2, 2020-06, 2020-W23, a day, or a range.")],
    station: Annotated[list[str] | None, typer.Option(help="Id of a station; may be given again.")] = None,
    city: Annotated[str | None, typer.Option(help="Id of a city.")] = None,
    medium: Annotated[str | None, typer.Option(help="air, water or noise.")] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="A day (its end), or a moment such as 2020-06-03T12:00 (local time). Default: now."),
    ] = None,
    min_length: Annotated[str, typer.Option(help="Shortest gap that is listed, such as 30min, 6h or 2d.")] = "0h",
    limit: Annotated[int, typer.Option(min=1, help="Rows of each table.")] = 20,
    json_: Json = False,
) -> None:
    """Show what is missing: expected against received values, gaps, data capture, silent and late stations.

    How often a station reports is learnt from its readings. Silent is one that has sent nothing for so many of its
    intervals as [jobs] silent_after says, late one whose readings came late_after_min after their day.

    \b
    qingjing gaps --period 2020-06 --city shenzhen --min-length 6h
    qingjing gaps --period 2020-06-03 --station sz-a01 --as-of 2020-06-03T12:00
    """
    loaded = options.load()
    days = periods.parse(period)
    at_least_s = _seconds(min_length)
    chosen = _stations(loaded, station or [], city, medium)
    moment = _moment(loaded, as_of)
    with opened_store(loaded) as store, progress_bars() as progress:
        task = progress.add_task("read", total=len(chosen))
        found = completeness(
            loaded, store, chosen, days, as_of=moment, progress=lambda done, _: progress.update(task, completed=done)
        )
    if json_:
        print_line(tables.as_json(completeness_rows(found, offset_s=loaded.offset_s, at_least_s=at_least_s)))
        return
    zh = options.language == "zh"
    names = {each.id: each.name if zh else each.name_en for each in chosen}
    print_tables(
        completeness_tables(
            found, options.language, names=names, offset_s=loaded.offset_s, at_least_s=at_least_s, limit=limit
        )
    )


def _stations(loaded: Config, ids: list[str], city: str | None, medium: str | None) -> list[Station]:
    """The stations that the options name, all without any; each option leaves out more.

    Raises
    ------
    ConfigError
        If one names nothing that there is, or together they name no station.
    """
    cities = [each.id for each in loaded.settings.city]
    if city is not None and city not in cities:
        raise ConfigError(f"--city: expected one of {', '.join(cities)}, got {shown(city)}")
    if medium is not None and medium not in MEDIA:
        raise ConfigError(f"--medium: expected one of {', '.join(MEDIA)}, got {shown(medium)}")
    for each in ids:
        if not any(found.id == each for found in loaded.register.stations):
            raise ConfigError(f"--station: expected a station of the register, got {shown(each)}")
    chosen = [
        each
        for each in loaded.register.stations
        if (not ids or each.id in ids) and city in (None, each.city) and medium in (None, each.medium)
    ]
    if not chosen:
        raise ConfigError("--station: expected stations of that city and medium, got none")
    return chosen


def _moment(loaded: Config, text: str | None) -> float:
    if text is None:
        return time.time()
    zone = dt.timezone(dt.timedelta(seconds=loaded.offset_s))
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return float(loaded.start_of(dt.date.fromisoformat(text)) + DAY_S)
        given = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--as-of: expected 2020-06-03 or 2020-06-03T12:00, got {shown(text)}") from error
    return (given if given.tzinfo else given.replace(tzinfo=zone)).timestamp()


def _seconds(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,6})(min|h|d)", text)
    if found is None:
        raise ConfigError(f"--min-length: expected a length such as 30min, 6h or 2d, got {shown(text)}")
    return int(found[1]) * _UNITS[found[2]]
