"""The command that explains a figure."""

from typing import Annotated

import typer

from aggregations import periods
from ingestor import explanation_tables, tables
from ingestor.cli.common import Json, app, opened_store, options, out, print_line
from ingestor.cli.figures import SCOPE_HELP, ModeChosen, warn_if_stale
from ingestor.explanation import explanation
from sensors.errors import ConfigError, shown


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="Name of an indicator, such as air.annual_mean.pm25.")],
    scope: Annotated[str, typer.Option(help=SCOPE_HELP)],
    period: Annotated[
        str, typer.Option(help="2020, 2020-H1, 2020-Q2, 2020-06, 2020-W23, 2020-06-03 or 2020-01-01..2020-06-30.")
    ],
    plan: Annotated[str | None, typer.Option(help="Plan whose lists the scope names.")] = None,
    mode: ModeChosen = "by_date",
    days: Annotated[int, typer.Option(min=0, max=366, help="How many days that moved the figure are listed.")] = 10,
    json_: Json = False,
) -> None:
    """Explain a figure: its rules with their clauses, what did not count and why, the days that moved it most.

    Example: qingjing explain air.good_day_ratio --scope city:shenzhen --period 2020-06
    """
    loaded = options.load()
    if plan is not None and plan not in loaded.plans:
        raise ConfigError(f"--plan: expected one of {', '.join(loaded.plans)}, got {shown(plan)}")
    with opened_store(loaded) as store:
        warn_if_stale(loaded, store)
        found = explanation(
            loaded, store, name, scope, periods.parse(period),
            plan=loaded.plans[plan] if plan else None, mode=mode, most=days,
        )  # fmt: skip
    if json_:
        print_line(tables.as_json(found))
        return
    for each in explanation_tables.explained(found, options.language):
        out.print(each, soft_wrap=isinstance(each, str))
