"""The command doctor."""

import typer

from ingestor import doctor, tables
from ingestor.cli.common import Json, app, options, print_line


@app.command("doctor")
def doctor_command(json_: Json = False) -> None:
    """Look at service, broker, store, clock, disk, outbox, quarantine and permissions; say what to do.

    Exits with 1 where something is not good. It changes nothing but a missing database, which it makes.
    """
    loaded = options.load()
    found = list(doctor.examine(loaded, options.data)) if json_ else []
    if json_:
        print_line(tables.as_json(found))
    else:
        for finding in doctor.examine(loaded, options.data):
            found.append(finding)
            print_line(f"{'✓' if finding.good else '✗'} {finding.subject:<12} {finding.seen}")
            if finding.do:
                print_line(f"  {'':<12} → {finding.do}")
    if not all(finding.good for finding in found):
        raise typer.Exit(1)
