"""The command targets: a plan's targets on a day, in a month, or month by month."""

import datetime as dt
from typing import Annotated

import typer

from aggregations import periods, plans
from aggregations.outlook import Outlook
from aggregations.periods import Period
from aggregations.plans import Plan
from ingestor import tables, target_tables
from ingestor.cli.common import Json, app, opened_store, options, out, print_line, print_tables
from ingestor.cli.figures import day_given, plan_chosen, warn_if_stale
from ingestor.config import Config
from ingestor.store import Store
from ingestor.verdicts import Evaluator
from sensors.errors import ConfigError, shown


@app.command()
def targets(
    plan: Annotated[str, typer.Option(help="Id of the plan: the name of a file of config/plans/.")],
    as_of: Annotated[
        str | None,
        typer.Option(help="Last day that counts, such as 2020-12-31. Default: yesterday."),
    ] = None,
    month: Annotated[
        str | None,
        typer.Option(help="Such as 2020-06: the month alone beside the year to its end.", show_default=False),
    ] = None,
    year: Annotated[bool, typer.Option("--year", help="All months of the plan's year, one table a target.")] = False,
    judge_by: Annotated[
        str | None,
        typer.Option(
            help="In place of what the plan says: in_force, all_2012, all_2026, all_2031, or an edition such as "
            "'GB 3095-2012'. What is in force is shown, too, where it differs.",
            show_default=False,
        ),
    ] = None,
    outlook: Annotated[
        bool, typer.Option("--outlook", help="With the chance of meeting each target, as `qingjing outlook` has it.")
    ] = False,
    json_: Json = False,
) -> None:
    """Hold each target of a plan against the readings: value, limit, valid and expected counts, status, room left.

    \b
    met, missed   at the end of the year; before it only where nothing to come can change it
    on_track      the figure so far holds (of counts: it keeps pace)
    at_risk       it does not
    insufficient  too little data, no station, not reported, or no number in the plan
    \b
    A value followed by ? rests on too little data and decides nothing. Room left is what the rest of the year may
    bring if all of it becomes valid. docs/plans.md has the rules.
    \b
    qingjing targets --plan shenzhen-2020 --as-of 2020-06-30
    qingjing targets --plan shenzhen-2020 --as-of 2020-06-30 --outlook
    qingjing targets --plan shenzhen-2020 --month 2020-06
    qingjing targets --plan shenzhen-2020 --year --json
    """
    loaded = options.load()
    chosen = plan_chosen(loaded, plan)
    if month is not None and year:
        raise ConfigError("--month: expected it or --year, got both")
    if outlook and (month is not None or year):
        raise ConfigError("--outlook: expected it of a day, got it with --month or --year")
    if judge_by is not None and plans.mode_of(judge_by, loaded.standards) is None:
        raise ConfigError(
            "--judge-by: expected in_force, all_2012, all_2026, all_2031 or an edition of one of these sets, "
            f"got {shown(judge_by)}"
        )
    day = _last_day(as_of, month, chosen, loaded, year=year)
    with opened_store(loaded) as store:
        warn_if_stale(loaded, store)
        evaluator = Evaluator(loaded, store, chosen, judge_by=judge_by)
        if month is None and not year:
            verdicts = evaluator.verdicts(day)
            ahead = _ahead(loaded, store, chosen, day, judge_by) if outlook else None
            if json_:
                said = {"plan": chosen.id, "as_of": day, "targets": verdicts}
                print_line(tables.as_json(said if ahead is None else said | {"outlooks": ahead}))
            else:
                out.print(tables.targets(chosen, verdicts, options.language, title=str(day), outlooks=ahead))
            return
        asked = [_month(month, chosen)] if month is not None else periods.year(chosen.year).months()
        months = [evaluator.month(each, day) for each in asked if each.first <= day]
    if json_:
        print_line(tables.as_json({"plan": chosen.id, "as_of": day, "months": target_tables.as_rows(months)}))
    elif year:
        print_tables(target_tables.of_year(chosen, months, options.language))
    else:
        for views in months:
            out.print(target_tables.of_month(chosen, views, options.language))


def _ahead(loaded: Config, store: Store, plan: Plan, day: dt.date, judge_by: str | None) -> dict[str, Outlook]:
    """Outlooks by target; what draws them is loaded here, so that no other table waits for it."""
    from ingestor.outlook import outlooks

    return {target.id: found for target, found in outlooks(loaded, store, plan, day, judge_by=judge_by)}


def _last_day(as_of: str | None, month: str | None, plan: Plan, loaded: Config, *, year: bool) -> dt.date:
    """Return the last day that counts: the one given, else yesterday, or the end of what is asked for before it."""
    day = day_given(as_of, loaded)
    if as_of is None:
        if month is not None:
            day = min(day, _month(month, plan).last)
        if year:
            day = min(day, periods.year(plan.year).last)
    if month is not None and day < _month(month, plan).first:
        raise ConfigError(f"--month: expected one that has begun by {day}, got {shown(month)}")
    plans.period_of(plan, day)
    return day


def _month(text: str, plan: Plan) -> Period:
    period = periods.parse(text)
    if not period.is_month or period.first.year != plan.year:
        raise ConfigError(f"--month: expected a month of {plan.year} such as {plan.year}-06, got {shown(text)}")
    return period
