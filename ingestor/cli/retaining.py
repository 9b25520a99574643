"""The commands of retention: which raw readings are rolled to the archive, and rolling them."""

import datetime as dt
from typing import Annotated

import typer

from aggregations.periods import Period
from ingestor import tables
from ingestor.cli.common import Json, app, err, opened_store, options, print_line, print_tables, progress_bars
from ingestor.cli.figures import waiting_for
from ingestor.config import Config
from ingestor.derivation.archived import of_period, of_stations
from ingestor.jobs import lanes
from ingestor.jobs.lanes import letting_others_in
from ingestor.retention.planning import Outlook, folder_of, outlook, raw_days
from ingestor.retention.rolling import BadFilesError, Rolled, roll
from ingestor.retention_tables import retention_tables
from ingestor.scopes import Scope
from ingestor.store import Store
from ingestor.tables import Language
from sensors.quantities import MEDIA

retention_app = typer.Typer(
    invoke_without_command=True,
    help="Raw readings of locked months that are old enough (`[retention] raw_days` of settings.toml): rolled to "
    "Parquet files, then deleted from the store. Without the setting nothing is ever deleted. Hours, days and figures "
    "stay as they are; `qingjing import parquet FILE` restores the readings.",
)
app.add_typer(retention_app, name="retention")


@retention_app.callback()
def show(context: typer.Context, json_: Json = False) -> None:
    """Show what is archived and where, which locked months are due, and what the others wait for. Deletes nothing."""
    if context.invoked_subcommand is not None:
        return
    loaded = options.load()
    with opened_store(loaded) as store:
        found = _outlook(loaded, store)
    if json_:
        print_line(tables.as_json(found))
    else:
        print_tables(retention_tables(found, options.language))


@retention_app.command("run")
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what is due; nothing is written.")] = False,
    json_: Json = False,
) -> None:
    """Roll the months that are due: write their files, read them back, delete what they hold. Nothing else is deleted.

    Interrupted, the next run completes it. A file that is not what was written is named, its month left out, and the
    command ends with 1. A month is due when it is locked (`qingjing review lock`), with the months
    around whose days are derived from its readings, too; when it ended `raw_days` ago; and when nothing that arrived
    or was reviewed waits for it.
    """
    loaded = options.load()
    raw_days(loaded)
    with opened_store(loaded) as store:
        if dry_run:
            due = [each for each in _outlook(loaded, store).months if each.state in ("due", "unfinished")]
            if json_:
                print_line(tables.as_json({"due": due}))
            for each in () if json_ else due:
                print_line(f"{each.month} {each.medium} {each.city}")
            if not due and not json_:
                print_line("没有到期的月份" if options.language == "zh" else "no month is due")
            return
        with (
            lanes.held(store.file, lanes.DERIVATION, waiting=waiting_for) as still_ours,
            progress_bars() as progress,
        ):
            store.guard(still_ours)
            task = progress.add_task("months", total=None)
            bad: BadFilesError | None = None
            try:
                done = roll(
                    loaded,
                    store,
                    folder_of(loaded, options.data),
                    now=_now(),
                    between=letting_others_in(still_ours),
                    progress=lambda months, of_all: progress.update(task, completed=months, total=of_all),
                )
            except BadFilesError as error:
                bad, done = error, error.rolled
    if json_:
        skipped = [str(each) for each in bad.bad] if bad else []
        print_line(tables.as_json({"rolled": done, "skipped": skipped}))
    else:
        _print_rolled(done, options.language, nothing=bad is None)
    if bad:
        raise bad


def _print_rolled(done: list[Rolled], language: Language, *, nothing: bool) -> None:
    zh = language == "zh"
    for month in done:
        named = f"{month.month} {month.medium} {month.city}"
        print_line(
            f"{named}：{month.file}，{month.values:,} 个值，已从数据库删除 {month.deleted:,} 个"
            if zh
            else f"{named}: {month.file}: {month.values:,} values, {month.deleted:,} deleted from the store"
        )
    if nothing and not done:
        print_line("没有到期的月份" if zh else "no month is due")


def warn_of_archived(loaded: Config, store: Store, scope: Scope | None, period: Period | None) -> None:
    """Say which files of the archive hold readings that a command asks for, of a scope and a period or of all."""
    gone = store.archived() if period is None else of_period(loaded, store.archived(), period)
    if scope is not None:
        of = {medium: [station.id for station in scope.stations[medium]] for medium in MEDIA}
        gone = [each for medium in MEDIA for each in of_stations(gone, medium, of[medium])]
    folder = folder_of(loaded, options.data)
    for each in gone:
        err.print(
            f"{each.month} {each.medium} {each.city}: readings are archived in {folder / each.file}, not in the store; "
            "`qingjing import parquet` restores them",
            style="yellow",
            soft_wrap=True,
        )


def _outlook(loaded: Config, store: Store) -> Outlook:
    return outlook(loaded, store, str(folder_of(loaded, options.data)), now=_now())


def _now() -> float:
    return dt.datetime.now(dt.UTC).timestamp()
