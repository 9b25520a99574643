"""Commands that compute: derive, indicators."""

import contextlib
import datetime as dt
from typing import Annotated, Final

import msgspec
import typer

from aggregations import periods
from aggregations.periods import DAY, Period
from aggregations.plans import Plan
from aggregations.standards import Mode
from ingestor import derivation, evaluation, publishing, scopes, tables
from ingestor.cli.common import (
    Json,
    Scheduler,
    app,
    err,
    opened_store,
    options,
    out,
    print_line,
    print_tables,
    progress_bars,
    say,
)
from ingestor.config import Config
from ingestor.derivation.stale import Why
from ingestor.jobs import lanes
from ingestor.jobs.lanes import letting_others_in
from ingestor.store import Store
from ingestor.store.archives import Archived
from ingestor.store.publications import Publication
from ingestor.words import MODES, Language, joined, remark, word
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA


@app.command()
def derive(
    everything: Annotated[
        bool, typer.Option("--all", help="Derive everything from scratch, whether it is stale or not.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Also derive all days from this one on: what collectors with other data directories wrote into the "
            "same InfluxDB.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what is stale and why; nothing is derived.")
    ] = False,
    scheduler: Scheduler = None,
    json_: Json = False,
) -> None:
    """Bring hours and days up to date: those for which readings arrived, or of which the configuration changed.

    Whatever interrupts it, the next one completes it; what it ends in is what deriving everything from scratch gives.
    Months that were locked (`qingjing review lock`) stay as they are, with --all, too; what waits for them is listed.
    On a cluster the rows are the same ones; where a worker dies, another one does its part.

    \b
    qingjing derive
    qingjing derive --all --scheduler local:4
    qingjing derive --scheduler tcp://dask-scheduler:8786
    """
    loaded = options.load()
    first = None if since is None else periods.parse_day(since, place="--since")
    if first is not None and (dry_run or everything):
        raise ConfigError(f"--since: expected without {'--dry-run' if dry_run else '--all'}, got both")
    with opened_store(loaded) as store:
        if dry_run:
            todo = derivation.plan(loaded, store, everything=everything)
            pieces = [derivation.piece(work) for work in todo.work]
            if json_:
                told = {"pieces": pieces, "gone": todo.gone, "pending": todo.pending, "archived": todo.archived}
                print_line(tables.as_json(told))
            else:
                _print_pieces(pieces, todo.gone)
                print_pending(todo.pending)
                _print_archived(todo.archived)
            return
        with contextlib.ExitStack() as stack:
            carry_out: derivation.CarryOut = derivation.one_by_one
            if scheduler is not None:
                from ingestor.cluster import connection, deriving

                carry_out = deriving.on(stack.enter_context(connection.connected(loaded, scheduler)))
            still_ours = stack.enter_context(lanes.held(store.file, lanes.DERIVATION, waiting=waiting_for))
            store.guard(still_ours)
            progress = stack.enter_context(progress_bars())
            task = progress.add_task("derive", total=None)
            if first is not None:
                store.make_stale(derivation.days_held(loaded, store, first))

            def advance(days: int, of_all: int) -> None:
                still_ours()
                progress.update(task, completed=days, total=of_all)

            done, revised = publishing.bring_up_to_date(
                loaded,
                store,
                everything=everything,
                progress=advance,
                between=letting_others_in(still_ours),
                carry_out=carry_out,
            )
    if json_:
        print_line(tables.as_json(msgspec.structs.asdict(done) | {"revised": revised}))
        return
    _print_pieces(done.pieces, done.gone)
    for medium, count in done.stations.items():
        days = done.station_days[medium]
        say(
            f"{word(medium, 'zh')}：{count} 个站点，{days:,} 站日", f"{medium}: {count} stations, {days:,} station-days"
        )
    if "air" in done.stations:
        say(f"城市：空气 {done.city_days:,} 天", f"cities: {done.city_days:,} days of air")
    for station, count in done.before_standards.items():
        say(
            f"{station}：{count:,} 个数据早于标准施行，不计入",
            f"{station}: {count:,} readings lie before the first edition of a standard and are left out",
        )
    print_pending(done.pending)
    _print_archived(done.archived)
    print_revised(revised)


def print_revised(revised: list[Publication]) -> None:
    """Print new revisions of published figures."""
    for each in revised:
        key, value = each.key, tables.printed(each.figure, options.language)
        reason = joined((remark(part, options.language) for part in each.reason.split("; ")), options.language)
        say(
            f"{key.indicator} {key.scope} {key.period}：现为 {value}，修订 {each.revision}：{reason}",
            f"{key.indicator} {key.scope} {key.period}: now {value}, revision {each.revision}: {reason}",
        )


def waiting_for(holder: str) -> None:
    """Tell whom a command waits for."""
    zh = options.language == "zh"
    told = f"等待 {holder}：它正在推算" if zh else f"waiting for {holder}, which derives now"
    err.print(told, style="yellow", soft_wrap=True)


WHY: Final[dict[Why, dict[Language, str]]] = {
    "new": {"zh": "从未推算", "en": "never derived"},
    "changed": {
        "zh": "站点、检查、事件、标准或软件版本有变",
        "en": "register, checks, events, standards or version of qingjing changed",
    },
    "readings": {"zh": "有新数据或审核", "en": "readings or reviews arrived"},
    "asked": {"zh": "按要求", "en": "asked for"},
}
"""Why something is derived, as people are told."""
PIECES_SHOWN = 20


def _print_pieces(pieces: list[derivation.Piece], gone: list[str]) -> None:
    if not pieces and not gone:
        say("没有待更新的数据", "nothing is stale")
    for each in pieces[:PIECES_SHOWN]:
        why = WHY[each.why]
        say(
            f"{each.unit}：{why['zh']}：{each.station_days:,} 站日，"
            + (f"{each.first} 至 {each.last}" if each.first else "无日期"),
            f"{each.unit}: {why['en']}: {each.station_days:,} station-days, "
            + (f"{each.first} to {each.last}" if each.first else "no days"),
        )
    if len(pieces) > PIECES_SHOWN:
        more = len(pieces) - PIECES_SHOWN
        say(f"另有 {more} 项（--json 列出全部）", f"and {more} more (--json lists all)")
    for unit in gone:
        say(f"{unit}：已不在站点表中，其结果已删除", f"{unit}: not in the register any more: its rows are removed")


def print_pending(pending: list[derivation.Pending]) -> None:
    """Print what waits for locked months."""
    for each in pending[:PIECES_SHOWN]:
        days = f"{each.station_days:,} day{'' if each.station_days == 1 else 's'}"
        place = f"{each.medium}:{each.station} {each.month}"
        say(
            f"{place}：已审核锁定，{each.station_days:,} 天有新数据或审核待处理，解锁后生效",
            f"{place}: pending for a locked month: readings or reviews of {days}",
        )
    if len(pending) > PIECES_SHOWN:
        more = len(pending) - PIECES_SHOWN
        say(
            f"另有 {more} 项待锁定月份解锁（--json 列出全部）",
            f"and {more} more pending for locked months (--json lists all)",
        )


def _print_archived(archived: list[Archived]) -> None:
    """Print what cannot be derived before it is restored."""
    for each in archived:
        print_line(
            f"{each.month} {each.medium} {each.city}：原始数据已归档（{each.file}），未计算；"
            "先用 qingjing import parquet 恢复"
            if options.language == "zh"
            else f"{each.month} {each.medium} {each.city}: not derived: the readings are archived in {each.file}; "
            "restore them with `qingjing import parquet`"
        )


SCOPE_HELP: Final = f"{scopes.KNOWN}, or list:NAME of the plan given; rivers and basins are of water."

Scope = Annotated[
    str | None,
    typer.Option(help=SCOPE_HELP, show_default=False),
]
PeriodText = Annotated[
    str | None,
    typer.Option(
        "--period",
        help="2020, 2020-H1, 2020-Q2, 2020-06, 2020-W23, 2020-06-03, or 2020-01-01..2020-06-30.",
        show_default=False,
    ),
]
ToDate = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="In place of --period: from 1 January of its year to this day."),
]


def mode_given(text: str) -> Mode:
    """Return the mode of evaluation that an option names.

    Raises
    ------
    ConfigError
        If there is no such mode.
    """
    if text not in MODES:
        raise ConfigError(f"--mode: expected one of {', '.join(MODES)}, got {shown(text)}")
    return text


ModeChosen = Annotated[
    Mode,
    typer.Option(
        "--mode",
        parser=mode_given,
        metavar=f"[{'|'.join(MODES)}]",
        help="How a period is evaluated in which the standards change: each day by its own, or all by one set.",
    ),
]
PlanId = Annotated[str | None, typer.Option("--plan", help="Plan whose lists the scope names.")]


@app.command()
def indicators(
    scope: Scope = None,
    period: PeriodText = None,
    to_date: ToDate = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help="Name or pattern such as 'air.percentile.*'; may be given again. Default: the headlines."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All indicators that fit the scope.")] = False,
    plan: PlanId = None,
    mode: ModeChosen = "by_date",
    list_: Annotated[bool, typer.Option("--list", help="List the indicators that there are; needs no scope.")] = False,
    json_: Json = False,
) -> None:
    """Print the figures of a scope and a period alone, judged against nothing.

    A value followed by ? rests on too little data; the remarks say why.

    \b
    qingjing indicators --scope city:shenzhen --period 2020-06
    qingjing indicators --scope city:shenzhen --to-date 2020-06-20 --name 'air.primary_days.*'
    qingjing indicators --scope station:sz-a01 --period 2020 --all --mode all_2026
    qingjing indicators --list
    """
    if every and name:
        raise ConfigError("--all: expected alone, got --name, too")
    names = ["*"] if every else name or []
    if list_:
        _list_indicators(names, json_=json_)
        return
    loaded = options.load()
    days = period_given(loaded, period, to_date)
    if scope is None:
        raise ConfigError(f"--scope: expected {scopes.KNOWN} or list:NAME, got nothing")
    chosen_plan = plan_named(loaded, plan)
    with opened_store(loaded) as store:
        warn_if_stale(loaded, store)
        found = evaluation.all_figures(loaded, store, scope, days, names=names, plan=chosen_plan, mode=mode)
    if json_:
        print_line(tables.as_json(found))
    else:
        print_tables(tables.figures(found, options.language))


def _list_indicators(names: list[str], *, json_: bool) -> None:
    chosen = evaluation.chosen_indicators(names or ["*"], MEDIA)
    if json_:
        print_line(tables.as_json(tables.indicator_rows(chosen)))
    else:
        out.print(tables.indicators(chosen, options.language))


def period_given(loaded: Config, period: str | None, to_date: str | None) -> Period:
    """Return the period that --period or --to-date names; warn where it has not begun.

    Raises
    ------
    ConfigError
        If both or none are given, or what is given is no period or date.
    """
    if (period is None) == (to_date is None):
        raise ConfigError(f"--period: expected it or --to-date, got {'neither' if period is None else 'both'}")
    if to_date is not None:
        last = periods.parse_day(to_date, place="--to-date")
        chosen = Period(last.replace(month=1, day=1), last)
    else:
        chosen = periods.parse(period or "")
    if chosen.first > today(loaded):
        err.print(f"the period {chosen} has not begun: today is {today(loaded)}", style="yellow", soft_wrap=True)
    return chosen


def today(loaded: Config) -> dt.date:
    """Return the local day of now."""
    return loaded.local_day(int(dt.datetime.now(dt.UTC).timestamp()))


def plan_named(loaded: Config, plan: str | None) -> Plan | None:
    """Return a plan by its id, None without one; errors as `plan_chosen`."""
    return None if plan is None else plan_chosen(loaded, plan)


def plan_chosen(loaded: Config, plan: str) -> Plan:
    """Return a plan by its id.

    Raises
    ------
    ConfigError
        If there is no such plan.
    """
    if plan not in loaded.plans:
        raise ConfigError(
            f"--plan: expected one of {', '.join(loaded.plans) or 'no plan: there is none'}, got {shown(plan)}"
        )
    return loaded.plans[plan]


def warn_if_stale(loaded: Config, store: Store) -> None:
    if derivation.is_stale(loaded, store):
        err.print(
            "readings, reviews or configuration changed since the last `qingjing derive`: run it for fresh figures",
            style="yellow",
            soft_wrap=True,
        )


def day_given(text: str | None, loaded: Config) -> dt.date:
    """Return the day that --as-of names; without one yesterday."""
    return today(loaded) - DAY if text is None else periods.parse_day(text, place="--as-of")
