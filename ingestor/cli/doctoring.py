"""The command doctor."""

from collections.abc import Iterator

import typer

from ingestor import doctor, tables
from ingestor.cli.common import Json, app, options, print_line
from sensors.errors import ConfigError


@app.command("doctor")
def doctor_command(json_: Json = False) -> None:
    """Look at service, broker, store, clock, disk, outbox, quarantine, jobs and permissions; say what to do.

    Exits with 1 where something is not good. It changes nothing but a missing database, which it makes.
    """
    found: list[doctor.Finding] = []
    for finding in _examined():
        found.append(finding)
        if not json_:
            print_line(f"{'✓' if finding.good else '✗'} {finding.subject:<12} {finding.seen}")
            if finding.do:
                print_line(f"  {'':<12} → {finding.do}")
    if json_:
        print_line(tables.as_json(found))
    if not all(finding.good for finding in found):
        raise typer.Exit(1)


def _examined() -> Iterator[doctor.Finding]:
    try:
        loaded = options.load()
    except ConfigError as error:
        yield doctor.Finding("config", False, str(error), "mend the file; `qingjing check` says the next mistake")
        yield doctor.service_runs(options.data)
    else:
        yield from doctor.examine(loaded, options.data)
