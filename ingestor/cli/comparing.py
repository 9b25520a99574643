"""Commands that compare: compare, ranking, trend."""

from typing import Annotated

import typer

from aggregations import standings
from ingestor import comparison_tables, comparisons, evaluation, tables
from ingestor.cli.common import Json, app, err, opened_store, options, print_line, print_tables, progress_bars
from ingestor.cli.figures import (
    SCOPE_HELP,
    ModeChosen,
    PeriodText,
    PlanId,
    ToDate,
    period_given,
    plan_named,
    warn_if_stale,
)
from ingestor.words import joined, word
from sensors.errors import ConfigError, shown

ScopeGiven = Annotated[str, typer.Option("--scope", help=SCOPE_HELP)]


@app.command()
def compare(
    scope: ScopeGiven,
    period: PeriodText = None,
    to_date: ToDate = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help="Name or pattern such as 'air.percentile.*'; may be given again. Default: the headlines."),
    ] = None,
    plan: PlanId = None,
    mode: ModeChosen = "by_date",
    json_: Json = False,
) -> None:
    """Compare the figures of a period with those of the same period of the year before.

    Changes are of the printed values: concentrations and indexes in percent, ratios in percentage points, counts as a
    difference. Where one of the two figures rests on too little data there is no change; the remarks say why.

    \b
    qingjing compare --scope city:shenzhen --period 2020-06
    qingjing compare --scope city:shenzhen --to-date 2026-06-30 --mode all_2026 --name air.annual_mean.pm25
    """
    loaded = options.load()
    days = period_given(loaded, period, to_date)
    chosen_plan = plan_named(loaded, plan)
    with opened_store(loaded) as store:
        warn_if_stale(loaded, store)
        found = comparisons.changes(loaded, store, scope, days, names=name or [], plan=chosen_plan, mode=mode)
    if json_:
        print_line(tables.as_json(found))
    else:
        print_tables(comparison_tables.changes(found, loaded.standards, options.language))


@app.command()
def ranking(
    among: Annotated[
        str, typer.Option(help="What is ranked: cities, districts:CITY, stations:CITY; of water rivers:CITY.")
    ],
    period: PeriodText = None,
    to_date: ToDate = None,
    by: Annotated[str, typer.Option(help="Name of an indicator.")] = standings.COMPOSITE,
    change: Annotated[
        bool, typer.Option("--change", help="Rank by the change against the year before, the most improved first.")
    ] = False,
    best: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the first N places; by change, of those that improved.")
    ] = None,
    worst: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the last N places; by change, of those that worsened.")
    ] = None,
    mode: ModeChosen = "by_date",
    json_: Json = False,
) -> None:
    """Rank cities, districts of a city or its stations by a figure, or by how it changed in a year.

    The best comes first; equal printed values share a place and the next is left out. What rests on too little data
    is listed at the end, without a place. By change of the composite index, scopes that attain in every item are not
    among those that worsened.

    \b
    qingjing ranking --among cities --period 2020-06
    qingjing ranking --among stations:shenzhen --period 2020 --by air.good_day_ratio --best 3
    qingjing ranking --among districts:shenzhen --period 2020-H1 --change
    """
    if best is not None and worst is not None:
        raise ConfigError("--best: expected it or --worst, got both")
    loaded = options.load()
    days = period_given(loaded, period, to_date)
    indicator = evaluation.indicator_named(by, option="--by")
    if indicator.less_is_better is None:
        raise ConfigError(f"--by: expected an indicator of which more or less is better, got {shown(by)}")
    ranked = comparisons.contenders(loaded, among, indicator.medium, of_sea=indicator.of_sea)
    with opened_store(loaded) as store, progress_bars() as progress:
        warn_if_stale(loaded, store)
        task = progress.add_task("ranking", total=len(ranked))
        rank = comparisons.ranking_by_change if change else comparisons.ranking
        found = rank(
            loaded, store, indicator, ranked, days, mode=mode, progress=lambda: progress.advance(task)
        )  # fmt: skip
    if best is not None:
        found = standings.best(found, best)
    elif worst is not None:
        found = standings.worst(found, worst)
    if json_:
        print_line(tables.as_json(found))
    elif found:
        print_tables(comparison_tables.ranking(found, loaded.standards, options.language))
    else:
        print_line(word("no_place", options.language))


@app.command()
def trend(
    name: Annotated[str, typer.Argument(help="Name of an indicator of air or water, such as air.annual_mean.pm25.")],
    scope: ScopeGiven,
    first: Annotated[int, typer.Option("--from", min=2000, max=2100, metavar="YEAR", help="First year.")],
    last: Annotated[int, typer.Option("--to", min=2000, max=2100, metavar="YEAR", help="Last year, inclusive.")],
    plan: PlanId = None,
    mode: ModeChosen = "by_date",
    json_: Json = False,
) -> None:
    """Say whether an indicator of air or water falls or rises over years: Spearman's rank correlation.

    Air by HJ 663, annex B, water by the assessment method of 2011. Years that rest on too little data are left out;
    with fewer than five others (of water four) there is no trend, and the exit code is 1.

    \b
    qingjing trend air.annual_mean.pm25 --scope city:beijing --from 2014 --to 2020
    qingjing trend water.mean.nh3n --scope river:shenzhen/茅洲河 --from 2014 --to 2020
    """
    if last < first:
        raise ConfigError(f"--to: expected a year from {first} (--from) on, got {last}")
    indicator = evaluation.indicator_named(name, option="NAME")
    if indicator.medium == "noise":
        raise ConfigError(f"NAME: expected an indicator of air or water, which have rules of trends, got {shown(name)}")
    loaded = options.load()
    chosen_plan = plan_named(loaded, plan)
    years = range(first, last + 1)
    with opened_store(loaded) as store, progress_bars() as progress:
        warn_if_stale(loaded, store)
        task = progress.add_task("years", total=len(years))
        found = comparisons.trend(
            loaded, store, indicator, scope, years, plan=chosen_plan, mode=mode,
            progress=lambda: progress.advance(task),
        )  # fmt: skip
    if json_:
        print_line(tables.as_json(found))
    else:
        print_tables(comparison_tables.trend(found, loaded.standards, options.language))
    if found.says is None:
        lacking = {
            f.period: joined(tables.why(f, "en"), "en") for f in found.figures if int(f.period) in found.left_out
        }
        err.print(
            f"qingjing: trend: expected at least {found.least} years with enough data, got {len(found.years)}; "
            f"left out: {'; '.join(f'{year} ({text})' for year, text in lacking.items()) or 'none'}",
            soft_wrap=True, markup=False, highlight=False,
        )  # fmt: skip
        raise typer.Exit(1)
