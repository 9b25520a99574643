"""Commands on the jobs: what runs on a schedule, how it went, running one now."""

import contextlib
import logging
import os
import signal
import sys
import threading
from typing import Annotated, Final

import typer

from aggregations import periods
from aggregations.periods import Period
from ingestor import tables
from ingestor.cli.common import Json, app, err, existing_store, opened_store, options, out, print_line, say
from ingestor.config import Config
from ingestor.jobs import catalogue, worker
from ingestor.jobs.clocks import SystemClock
from ingestor.jobs.runner import Result, Runner
from ingestor.jobs.states import states
from ingestor.jobs.tables import jobs_table
from ingestor.stopping import Stop
from sensors.errors import ConfigError, shown

EXIT_FAILED = 1
RESULTS_ZH: Final[dict[Result, str]] = {"done": "完成", "nothing": "无到期任务", "busy": "忙", "failed": "失败"}

jobs_app = typer.Typer(
    invoke_without_command=True,
    help="What runs on a schedule beside the collector: last run, outcome, next run, periods missed.",
)
app.add_typer(jobs_app, name="jobs")

Name = Annotated[str, typer.Argument(help=f"One of {', '.join(catalogue.NAMES)}.")]


@jobs_app.callback()
def jobs(context: typer.Context, json_: Json = False) -> None:
    """Show the jobs: last run, how long it took, outcome, next run, periods that are over and not closed yet."""
    if context.invoked_subcommand is not None:
        return
    loaded = options.load()
    clock = SystemClock()
    found, stations = states(existing_store(), catalogue.jobs(loaded, options.data), clock=clock)
    if json_:
        print_line(tables.as_json({"jobs": found, "stations": stations}))
    else:
        out.print(jobs_table(found, options.language, offset_s=loaded.offset_s, now=clock.now()))


@jobs_app.command("run")
def jobs_run(
    name: Name,
    period: Annotated[
        str | None,
        typer.Option(help="Period to close, such as 2020-06, also again. Default: all that are over and not closed."),
    ] = None,
    json_: Json = False,
) -> None:
    """Run a job now, whether it is due or not; the service may run, and waits meanwhile.

    Every period that it closes is told, as it is closed. Exits with 1 where the job fails.
    """
    loaded, runner = _runner(name)
    chosen = periods.parse(period) if period is not None else None
    if name not in ("checks", "notices"):
        with opened_store(loaded):  # what waits in the outbox is put in its place
            pass
    told: list[dict[str, str]] = []

    def closed(each: Period, detail: str) -> None:
        told.append({"period": str(each), "detail": detail})
        if not json_:
            say(f"{name} {each}：{RESULTS_ZH['done']}：{detail}", f"{name} {each}: done: {detail}")

    result = runner.run(name, chosen, waiting=_waiting, closed=closed)
    found, _ = states(existing_store(), catalogue.jobs(loaded, options.data), clock=SystemClock())
    state = next(each for each in found if each.name == name)
    if json_:
        print_line(tables.as_json({"result": result, "job": state, "closed": told}))
    elif result == "nothing":
        say(
            f"{name}：没有到期的任务：已结束的时段均已关账",
            f"{name}: nothing is due: every period that is over is closed",
        )
    elif result != "done" or not told:
        of = f" {state.period}" if state.period else ""
        say(f"{name}{of}：{RESULTS_ZH[result]}：{state.detail}", f"{name}{of}: {result}: {state.detail}")
    if result == "failed":
        raise typer.Exit(EXIT_FAILED)


@jobs_app.command("reopen")
def jobs_reopen(
    name: Name,
    first: Annotated[str, typer.Option("--from", help="The first period to be closed again, such as 2020-06.")],
    json_: Json = False,
) -> None:
    """Close periods again from one on, when they are due: for instance after the clock was far ahead for a while."""
    _, runner = _runner(name)
    again = runner.reopen(name, periods.parse(first), waiting=_waiting)
    if json_:
        print_line(tables.as_json({"reopened": again}))
    else:
        say(f"{name}：自 {first} 起重新关账 {again} 个时段", f"{name}: {again} periods closed again, from {first} on")


@jobs_app.command("work", hidden=True)
def jobs_work(
    look_every_s: Annotated[float, typer.Option(min=0.05)] = worker.LOOK_EVERY_S,
) -> None:
    """Run the jobs until SIGTERM or the end of standard input: what `qingjing run` starts beside itself."""
    loaded = options.load()
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=_wait_for_end_of_stdin, args=(stop,), daemon=True).start()
    if not worker.work(loaded, options.data, stop, look_every_s=look_every_s):
        logging.getLogger(__name__).info("jobs: cut off in the middle; the next start goes on")
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)  # threads that still derive would be waited for


def _wait_for_end_of_stdin(stop: Stop) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    stop.set()


def _runner(name: str) -> tuple[Config, Runner]:
    if name not in catalogue.NAMES:
        raise ConfigError(f"name: expected one of {', '.join(catalogue.NAMES)}, got {shown(name)}")
    loaded = options.load()
    if name == "notices" and not loaded.notices.route:
        raise ConfigError("name: expected notices to be told to somebody: config/notices.toml has no [[route]]")
    jobs_here = catalogue.jobs(loaded, options.data)
    if name not in [job.name for job in jobs_here]:
        raise ConfigError(f"name: expected {name} only with [retention] raw_days in settings.toml, got no such setting")
    return loaded, Runner(existing_store(), jobs_here)


def _waiting(holder: str) -> None:
    zh = options.language == "zh"
    told = f"等待 {holder}：它正在做同样的事" if zh else f"waiting for {holder}, which does the same now"
    err.print(told, style="yellow", soft_wrap=True)
