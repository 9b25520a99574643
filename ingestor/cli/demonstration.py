"""The command demo."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TaskID

from ingestor import config, demo, tables
from ingestor.cli.common import Json, app, options, out, print_line, progress_bars
from sensors.reading import REASONS


@app.command("demo")
def demo_command(
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same table.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=demo.WHOLE_YEAR, help="Days from 2020-01-01 on.")] = demo.WHOLE_YEAR,
    directory: Annotated[Path, typer.Option(help="Where the demonstration keeps its data.")] = Path("demo-data"),
    serve: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="Then show it on the board, as of its last day, until Ctrl-C; one that is finished is shown as it is.",
        ),
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the board.")] = 9480,
    json_: Json = False,
) -> None:
    """Run the whole path on a simulated city: a year of readings through MQTT to the verdict on its plan.

    Starts a broker and the collector, sends a year of readings of 12 air stations, 13 water sections and 10 noise
    monitors with the faults of real gateways mixed in, derives, and prints the table of targets. Killed and started
    again it ends in the same table; once finished it begins anew, without what was entered there, but for --serve. The
    configuration is always the default one, never --config.
    """
    loaded = config.load(demo.default_config())
    data = directory / f"seed-{seed}-days-{days}"
    serve = serve and not json_
    if serve:
        from ingestor.board.app import listening  # what serves pages takes a while to import
        from ingestor.cli.board import serve_board

        listening(loaded.settings.board.host, port).close()  # a port that is taken is told before all is sent
    if not (serve and (data / demo.FINISHED).exists()):
        _run(loaded, data, seed=seed, days=days, json_=json_)
    if serve:
        serve_board(loaded, data, port=port, as_of=_last(days))


def _last(days: int) -> dt.date:
    return dt.date(2020, 1, 1) + dt.timedelta(days=days - 1)


def _run(loaded: config.Config, data: Path, *, seed: int, days: int, json_: bool) -> None:
    """Run the demonstration with progress, and print its outcome."""
    with progress_bars() as progress:
        tasks: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total)
            progress.update(tasks[step], completed=min(done, total), total=total)

        outcome = demo.run(loaded, data, seed=seed, days=days, progress=show)
    if json_:
        print_line(tables.as_json(outcome))
        return
    for plan_id, verdicts in outcome.verdicts.items():
        out.print(tables.targets(loaded.plans[plan_id], verdicts, options.language, title=str(_last(days))))
    print_line(f"received     {outcome.messages:>9,} messages ({outcome.sent:,} sent in this run)")
    print_line(f"stored       {outcome.stored_values:>9,} values")
    print_line(f"quarantined  {sum(outcome.quarantined.values()):>9,} messages")
    for code, count in outcome.quarantined.items():
        print_line(f"  {code:<18} {count:>2}  {REASONS[code]}")
    print_line(f"data         {outcome.data}")
    print_line(f"see also     qingjing --data {data} quarantine list")
