"""Commands that compute: derive, targets, indicators."""

import datetime as dt
from typing import Annotated

import typer

from aggregations import periods
from ingestor import derivation, evaluation, tables
from ingestor.cli.common import Json, app, err, opened_store, options, out, print_line, progress_bars
from ingestor.config import Config
from ingestor.store import Store
from sensors.errors import ConfigError, shown


@app.command()
def derive(json_: Json = False) -> None:
    """Derive hours and days of all stations and cities from the raw readings."""
    loaded = options.load()
    with opened_store(loaded) as store, progress_bars() as progress:
        task = progress.add_task("derive", total=len(loaded.register.stations))
        done = derivation.derive(loaded, store, progress=lambda _: progress.advance(task))
        progress.update(task, completed=len(loaded.register.stations))
    if json_:
        print_line(tables.as_json(done))
        return
    for medium, count in done.stations.items():
        print_line(f"{medium}: {count} stations, {done.station_days[medium]:,} station-days")
    print_line(f"cities: {done.city_days:,} days of air")
    for station, count in done.before_standards.items():
        print_line(f"{station}: {count:,} readings lie before the first edition of a standard and are left out")


@app.command()
def targets(
    plan: Annotated[str, typer.Option(help="Id of the plan: the name of a file of config/plans/.")],
    as_of: Annotated[
        str | None,
        typer.Option(help="Last day that counts, such as 2020-12-31. Default: yesterday."),
    ] = None,
    json_: Json = False,
) -> None:
    """Hold each target of a plan against the readings: value, limit, valid and expected counts, status.

    A value followed by ? rests on too little data and decides nothing.
    """
    loaded = options.load()
    chosen = loaded.plans.get(plan)
    if chosen is None:
        raise ConfigError(f"--plan: expected one of {', '.join(loaded.plans)}, got {shown(plan)}")
    day = _day(as_of, loaded)
    with opened_store(loaded) as store:
        warn_if_stale(loaded, store)
        verdicts = evaluation.evaluate(loaded, store, chosen, day)
    if json_:
        print_line(tables.as_json({"plan": chosen.id, "as_of": day, "targets": verdicts}))
    else:
        out.print(tables.targets(chosen, verdicts, options.language, title=str(day)))


@app.command()
def indicators(
    scope: Annotated[str, typer.Option(help="city:ID, station:ID, or list:NAME of the plan given.")],
    period: Annotated[str, typer.Option(help="2020, 2020-06, or 2020-01-01..2020-06-30.")],
    name: Annotated[
        list[str] | None, typer.Option(help="Name of an indicator; may be given again. Default: all that fit.")
    ] = None,
    plan: Annotated[str | None, typer.Option(help="Plan whose lists the scope names.")] = None,
    json_: Json = False,
) -> None:
    """Print the figures of a scope and a period alone, judged against nothing."""
    loaded = options.load()
    if plan is not None and plan not in loaded.plans:
        raise ConfigError(f"--plan: expected one of {', '.join(loaded.plans)}, got {shown(plan)}")
    with opened_store(loaded) as store:
        warn_if_stale(loaded, store)
        found = evaluation.all_figures(
            loaded, store, scope, periods.parse(period), names=name or [], plan=loaded.plans[plan] if plan else None
        )
    if json_:
        print_line(tables.as_json(found))
    else:
        out.print(tables.figures(found, options.language))


def warn_if_stale(loaded: Config, store: Store) -> None:
    if derivation.is_stale(loaded, store):
        err.print(
            "readings or configuration changed since the last `qingjing derive`: run it for fresh figures",
            style="yellow",
            soft_wrap=True,
        )


def _day(text: str | None, loaded: Config) -> dt.date:
    if text is None:
        return loaded.local_day(int(dt.datetime.now(dt.UTC).timestamp())) - dt.timedelta(days=1)
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--as-of: expected a date such as 2020-12-31, got {shown(text)}") from error
