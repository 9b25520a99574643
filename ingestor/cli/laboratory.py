"""The command that takes a laboratory's results."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from ingestor import lab, tables
from ingestor.cli.common import Json, app, options, print_line, progress_bars
from ingestor.lab import Imported, Refused
from ingestor.store import Ledger, store_file
from sensors.errors import ConfigError, printable, shown
from sensors.lab import FORMS, Form


@app.command("import-lab")
def import_lab(
    file: Annotated[list[Path], typer.Argument(help="CSV (UTF-8 or GB18030) or XLSX.")],
    form: Annotated[
        str, typer.Option("--format", help="long: a row a result; wide: a row a sample, a column a quantity.")
    ] = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the files; store nothing.")] = False,
    json_: Json = False,
) -> None:
    """Import a laboratory's results of sections: grab samples, kept apart from automatic readings.

    Columns of a wide table: station, time, then quantities by key, Chinese or English name, with a unit in parentheses
    where it is another than config/quantities.toml's. Of a long one: station, time, quantity, value, unit. Values:
    0.02, <0.02 or 0.02L (below the detection limit), or nothing. Times are local: 2020-06-03 or 2020-06-03 09:30.

    What cannot be taken is listed and put into quarantine, the rest is stored; then the exit code is 1. A value
    outside the plausible range of config/quantities.toml is listed, stored and counts in nothing, as one of a station;
    `qingjing review add --action restore` brings it in where it is right. Importing a file again changes nothing.

    Example: qingjing import-lab june.csv, where june.csv holds

    \b
        station,time,氨氮(mg/L),总磷(ug/L)
        sz-w01,2020-06-03 09:30,0.42,<10
    """
    chosen = _form(form)
    loaded = options.load()
    lab.check_files(file)
    with contextlib.ExitStack() as stack:
        ledger = None if dry_run else stack.enter_context(contextlib.closing(Ledger(store_file(options.data))))
        progress = stack.enter_context(progress_bars())
        task = progress.add_task("import", total=None)  # while the first file is read
        total = 0

        def expect(rows: int) -> None:
            nonlocal total
            total += rows
            progress.update(task, total=total)

        done = lab.import_files(
            loaded, file, ledger, form=chosen, expect=expect, progress=lambda rows: progress.advance(task, rows)
        )
    if json_:
        print_line(
            tables.as_json(
                {"stored": not dry_run, "files": done.files, "refused": done.refused, "implausible": done.implausible}
            )
        )
    else:
        _print(done, dry_run=dry_run)
    if done.refused:
        raise typer.Exit(1)


def _form(name: str) -> Form:
    for form in FORMS:
        if form == name:
            return form
    raise ConfigError(f"--format: expected one of {', '.join(FORMS)}, got {shown(name)}")


def _print(done: Imported, *, dry_run: bool) -> None:
    alike: dict[tuple[str, str | None, str | None, str, str], list[Refused]] = {}
    for each in done.refused:
        alike.setdefault((each.file, each.sheet, each.column, each.code, each.detail), []).append(each)
    for several in alike.values():
        print_line(printable(_told(several)))
    for odd in done.implausible:
        sheet = "" if odd.sheet is None else f"sheet {odd.sheet}: "
        print_line(
            printable(f"{odd.file}: {sheet}line {odd.line}: {odd.station} {odd.quantity}: implausible: {odd.detail}")
            + "; it counts in nothing"
        )
    for results in done.files:
        print_line(
            f"{printable(results.file)}: {results.rows:,} rows, {results.values:,} values "
            f"({results.below_detection:,} below the detection limit), {results.rows_refused:,} rows refused in part "
            f"or whole"
        )
    if dry_run:
        print_line("nothing was stored (--dry-run)")
    elif done.refused:
        print_line("what was refused is in quarantine: `qingjing quarantine list`; the rest is in the next `derive`")
    else:
        print_line("all is in the next `qingjing derive`")


def _told(several: list[Refused]) -> str:
    """One line for refusals that differ in their line of the file only."""
    first = several[0]
    sheet = "" if first.sheet is None else f"sheet {first.sheet}: "
    line = "" if first.line is None else f"line {first.line}: "
    column = "" if first.column is None else f"column {first.column}: "
    rest = "" if len(several) == 1 else f" (and {len(several) - 1:,} more lines, the last {several[-1].line})"
    return f"{first.file}: {sheet}{line}{column}{first.code}: {first.detail}{rest}"
