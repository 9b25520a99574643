"""The commands that take and give history in bulk: import, export."""

import contextlib
import datetime as dt
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from aggregations import periods
from ingestor import evaluation, publishing, scopes, tables
from ingestor.backfill import exporting, importing
from ingestor.backfill.importing import Imported, Restored, Unchanged
from ingestor.backfill.parts import Settings
from ingestor.backfill.reading import FORMATS
from ingestor.cli.common import Json, Scheduler, app, opened_store, options, print_line, progress_bars, say
from ingestor.cli.figures import waiting_for
from ingestor.cli.retaining import warn_of_archived
from ingestor.cluster import connection
from ingestor.cluster import importing as cluster_importing
from ingestor.config import Config
from ingestor.jobs import lanes
from ingestor.retention.files import uid_of
from ingestor.schema import DERIVED
from ingestor.store import EVER, InfluxStore, StoreError, open_store, open_to_compare, store_file
from ingestor.words import word
from sensors.errors import ConfigError, printable, shown
from sensors.names import STATION_ID

KIB = 1024
LISTED = "\n\n".join(
    f"\b\n{name}: {each.what}; times {each.times}\n    qingjing import {name} {each.example}"
    for name, each in FORMATS.items()
)
IMPORT_HELP = f"""Import history in bulk, past MQTT, checked as messages are.

What cannot be taken (an unknown station or quantity, a time in the future, no finite number, hours that the store has
8 h away) is listed and put into quarantine with an excerpt of its rows; the rest is stored, and is in the next
`derive`; then the exit code is 1. Importing a file again changes nothing: so an import that was interrupted is
started again. Stations must be registered: `qingjing register` prints the rows of these formats.

A file of the archive (`qingjing retention`) is restored: readings that came since stay, and months that are locked
keep their hours and days.

On a cluster (--scheduler) each file is a task: give several, and have them at the same path on every machine.

Formats, and an example each (docs/import.md has the columns):

{LISTED}
"""


@app.command("import", help=IMPORT_HELP)
def import_(
    file_format: Annotated[str, typer.Argument(metavar="FORMAT", help=f"One of {', '.join(FORMATS)}.")],
    file: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of that format, packed or not.")],
    zone: Annotated[
        str | None,
        typer.Option(help="Offset of local times, such as +08:00, in place of the format's own.", show_default=False),
    ] = None,
    station: Annotated[str | None, typer.Option(help="Station of a file that names none.", show_default=False)] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Store hours, too, that the store holds at another time, whole days shifted."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the files, also against a store that is there; store nothing.")
    ] = False,
    scheduler: Scheduler = None,
    json_: Json = False,
) -> None:
    """See `help` above."""
    if file_format not in FORMATS:
        raise ConfigError(f"FORMAT: expected one of {', '.join(FORMATS)}, got {shown(file_format)}")
    if station is not None and not STATION_ID.fullmatch(station):
        raise ConfigError(f"--station: expected the id of a station, got {shown(station)}")
    loaded = options.load()
    of_archive = [each for each in file if uid_of(each)]
    if of_archive and scheduler is not None:
        raise ConfigError(f"--scheduler: expected none for a file of the archive, got one for {of_archive[0]}")
    settings = Settings(loaded.offset_s, None if zone is None else _offset(zone), station)
    with contextlib.ExitStack() as stack:
        client = None if scheduler is None else stack.enter_context(connection.connected(loaded, scheduler))
        store = compared = None
        if dry_run:
            if client is None and store_file(options.data).is_file():
                compared = _compared(loaded, stack)
        else:
            opened = open_store(loaded.settings.store, options.data, create=True)
            store = stack.enter_context(contextlib.closing(opened))
            if of_archive:
                store.guard(stack.enter_context(lanes.held(store.file, lanes.DERIVATION, waiting=waiting_for)))
        progress = stack.enter_context(progress_bars())
        size = sum(each.stat().st_size for each in file if each.is_file())
        task = progress.add_task("KiB", total=size // KIB)
        read = 0

        def advance(count: int) -> None:
            nonlocal read
            read += count
            progress.update(task, completed=read // KIB)

        if client is None:
            read_by = FORMATS[file_format].read
            target = compared if dry_run else store
            done = importing.import_files(
                loaded, file, read_by, target, settings=settings, force=force, advance=advance
            )
        else:
            assert store is None or isinstance(store, InfluxStore)  # as `connected` made sure
            done = cluster_importing.import_files(
                client, loaded, file, file_format, store, settings=settings, force=force, advance=advance
            )
    away = None if compared is None else compared.away
    if json_:
        told = {"stored": not dry_run, "files": done.files, "refused": done.refused, "restored": done.restored}
        print_line(tables.as_json(told | {"not_compared": away}))
    else:
        if away is not None:
            say(f"未与数据库中的数据比较：{printable(away)}", f"not compared with the store: {printable(away)}")
        _print(done, dry_run=dry_run)
    if done.refused:
        raise typer.Exit(1)


def _compared(loaded: Config, stack: contextlib.ExitStack) -> Unchanged:
    """The store, to be compared with for as long as the stack lasts."""
    try:
        return Unchanged(stack.enter_context(contextlib.closing(open_to_compare(loaded.settings.store, options.data))))
    except StoreError as error:
        return Unchanged(None, away=str(error))


def _print(done: Imported, *, dry_run: bool) -> None:
    for each in done.refused:
        print_line(printable(f"{each.file}: {each.code}: {importing.told(each)}"))
    for results in done.files:
        name, rows = printable(results.file), results.rows_refused
        say(
            f"{name}：{results.rows:,} 行，{results.values:,} 个值"
            + (f"，{rows:,} 行全部或部分未接收" if rows else ""),
            f"{name}: {results.rows:,} rows, {results.values:,} values"
            + (f", {rows:,} rows refused in part or whole" if rows else ""),
        )
    for month in done.restored:
        _print_restored(month)
    if dry_run:
        say("未存入任何数据（--dry-run）", "nothing was stored (--dry-run)")
    elif done.refused:
        say(
            "未接收的在隔离区：`qingjing quarantine list`；其余由下一次 `derive` 计入",
            "what was refused is in quarantine: `qingjing quarantine list`; the rest is in the next `derive`",
        )
    elif len(done.restored) < len(done.files):
        say("全部由下一次 `qingjing derive` 计入", "all is in the next `qingjing derive`")


def _print_restored(month: Restored) -> None:
    zh = options.language == "zh"
    named = f"{month.month} {word(month.medium, options.language)} {month.city}"
    if month.missing:
        ids = ", ".join(month.missing)
        print_line(f"{named}：未全部恢复：{ids}" if zh else f"{named}: not all of it is restored: {ids}")
    else:
        print_line(f"{named}：原始数据已恢复" if zh else f"{named}: readings are restored from the archive")


def _offset(text: str) -> int:
    """Seconds of an offset from UTC."""
    match = re.fullmatch(r"([+-])(\d\d):([0-5]\d)", text)
    if match is None or int(match[2]) > 14:
        raise ConfigError(f"--zone: expected an offset such as +08:00 or -03:30, got {shown(text)}")
    seconds = int(match[2]) * 3600 + int(match[3]) * 60
    return -seconds if match[1] == "-" else seconds


EXPORT_HELP = "raw, indicators, or a derived table such as air_day; docs/import.md lists them."


@app.command()
def export(
    what: Annotated[str, typer.Option("--what", help=EXPORT_HELP)] = "raw",
    scope: Annotated[
        str | None, typer.Option(help="Of these stations only, such as city:shenzhen or station:sz-a01.")
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="Local days, such as 2020, 2020-06 or 2020-06-03..2020-06-20.")
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="Indicators, by name or pattern. Default: the headlines.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A new file, .csv or .parquet. Default: CSV to standard output."),
    ] = None,
) -> None:
    """Export raw readings, a derived table or indicators as CSV or Parquet. Times are in UTC and start the period.

    What raw gives `qingjing import csv` or `parquet` takes, and the store then holds the same bits.

    \b
    qingjing export --period 2020-06 -o june.parquet
    qingjing export --what air_day --scope station:sz-a01 > days.csv
    qingjing export --what indicators --scope city:shenzhen --period 2020
    """
    if what not in ("raw", "indicators", *DERIVED):
        raise ConfigError(f"--what: expected one of raw, indicators, {', '.join(DERIVED)}, got {shown(what)}")
    if output is not None and output.suffix not in (".csv", ".parquet"):
        raise ConfigError(f"--output: expected a name that ends in .csv or .parquet, got {shown(output.name)}")
    if output is not None and output.exists():
        raise ConfigError(f"{output}: expected a new file, got one that exists")
    loaded = options.load()
    chosen = scopes.resolve(loaded, scope) if scope else None
    start, end = EVER
    if period is not None:
        days = periods.parse(period)
        start, end = loaded.start_of(days.first), loaded.start_of(days.last + dt.timedelta(days=1))
    if what == "indicators" and (scope is None or period is None):
        raise ConfigError("--what indicators: expected --scope and --period, got none of one")
    with opened_store(loaded) as store, progress_bars() as progress:
        if what == "raw":
            warn_of_archived(loaded, store, chosen, None if period is None else periods.parse(period))
            schema, batches = exporting.RAW, exporting.raw_batches(store, chosen, start, end)
        elif what == "indicators":
            figures = evaluation.all_figures(loaded, store, scope or "", periods.parse(period or ""), names=name or [])
            revisions = publishing.revisions_of(store, figures)
            schema, batches = exporting.FIGURES, iter([exporting.figures_batch(figures, revisions)])
        else:
            schema = exporting.table_schema(what)
            keys = exporting.keys_of(loaded, what, chosen)
            batches = exporting.table_batches(store, what, keys, start, end)
        task = progress.add_task("rows", total=None)
        rows = _written(batches, schema, output, lambda count: progress.advance(task, count))
    if output is not None:
        print_line(f"{rows:,} rows written to {output}")


def _written(batches: Iterator[Any], schema: Any, output: Path | None, advance: Callable[[int], None]) -> int:
    """Write batches; a file has its name only once it is whole."""
    if output is None:
        return exporting.write_csv(batches, schema, sys.stdout.buffer, advance)
    part = output.with_name(f"{output.name}.part")
    try:
        if output.suffix == ".parquet":
            rows = exporting.write_parquet(batches, schema, part, advance)
        else:
            with part.open("wb") as out:
                rows = exporting.write_csv(batches, schema, out, advance)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
    return rows
