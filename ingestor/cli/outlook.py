"""Commands that look ahead: outlook of a plan's targets, today."""

import datetime as dt
from typing import Annotated

import typer

from aggregations.standards import MODES, Mode
from ingestor import outlook_tables, tables
from ingestor.cli.common import Json, app, err, opened_store, options, print_line, print_tables
from ingestor.cli.figures import day_given, mode_given, plan_chosen, warn_if_stale
from ingestor.config import Config
from ingestor.outlook import Outlooks
from ingestor.today import Today, today_of
from sensors.errors import ConfigError, shown


@app.command()
def outlook(
    plan: Annotated[str, typer.Option(help="Id of the plan: the name of a file of config/plans/.")],
    as_of: Annotated[
        str | None, typer.Option(help="Last day that is known, such as 2020-06-30. Default: yesterday.")
    ] = None,
    mode: Annotated[
        Mode | None,
        typer.Option(
            "--mode",
            parser=mode_given,
            metavar=f"[{'|'.join(MODES)}]",
            show_default=False,
            help="In place of what the plan says: each day by the editions in force, or all by one set.",
        ),
    ] = None,
    json_: Json = False,
) -> None:
    """Print the chance that each target of a plan is met at the year's end, and the range of the final value.

    The rest of the year is drawn a thousand times from the same calendar days of up to five earlier years, in whole
    blocks of twenty days, all pollutants together, and put on this year's level as far as such differences last. Each
    is joined to the real days so far, and the final value is formed as the standard does: means and percentiles of
    rounded daily values, good days by the index of the edition in force, whatever the earlier days were judged by. The
    chance is how often the target holds; the range leaves out a tenth at each end.

    Nothing is 0 % or 100 % unless whatever may come leaves it so ("certain"). Without an earlier year with three
    quarters of the days to come there is no outlook. With one the range is wider. The same day gives the same numbers.

    \b
    qingjing outlook --plan shenzhen-2020 --as-of 2020-06-30
    """
    loaded = options.load()
    chosen = plan_chosen(loaded, plan)
    day = day_given(as_of, loaded)
    with opened_store(loaded) as store:
        warn_if_stale(loaded, store)
        of_plan = Outlooks(loaded, store, chosen, day, judge_by=mode)
        found = [(target, of_plan.of(target)) for target in chosen.target]
    if json_:
        rows = [
            {
                "target": target.id,
                "indicator": target.indicator,
                "scope": target.scope,
                "comparison": target.comparison,
                "limit": target.limit,
                "judged_by": mode or target.judge_by,
                "outlook": each,
            }
            for target, each in found
        ]
        print_line(tables.as_json({"plan": chosen.id, "as_of": day, "targets": rows}))
    else:
        print_tables(outlook_tables.outlooks(chosen, found, options.language, title=str(day)))


@app.command()
def today(
    city: Annotated[str | None, typer.Option(help="Id of a city. Default: all with stations of air.")] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Local time that is now, such as 2020-06-03T14:00. Default: the clock's."),
    ] = None,
    json_: Json = False,
) -> None:
    """Print the chance that the day ends as a good day, and what its remaining hours may bring for that.

    Earlier days like this one, by the levels of their last hours and of the day up to then, show how such days go on:
    those of the same month of year in earlier years, and of the last sixty days. Their remaining hours are put on
    today's level and joined to the hours so far, and each day that comes out is judged as a day is. The more alike a
    day was, the more it weighs. Without 20 such days no chance is given.

    \b
    qingjing today --city beijing --at 2016-06-03T14:00
    """
    loaded = options.load()
    cities = [city] if city else list(dict.fromkeys(station.city for station in loaded.register.of("air")))
    moment = int(dt.datetime.now(dt.UTC).timestamp()) if at is None else _moment(at, loaded)
    found: list[Today] = []
    with opened_store(loaded) as store:
        warn_if_stale(loaded, store)
        found += [today_of(loaded, store, f"city:{name}", moment) for name in cities]
    if json_:
        print_line(tables.as_json(found))
        return
    if not found:
        err.print("no station of air is registered", style="yellow")
    for each in found:
        print_tables(outlook_tables.today(each, options.language))


def _moment(text: str, loaded: Config) -> int:
    try:
        local = dt.datetime.strptime(text, "%Y-%m-%dT%H:%M" if ":" in text else "%Y-%m-%dT%H").replace(tzinfo=dt.UTC)
    except ValueError as error:
        raise ConfigError(f"--at: expected a local time such as 2020-06-03T14:00, got {shown(text)}") from error
    return int(local.timestamp()) - loaded.offset_s
