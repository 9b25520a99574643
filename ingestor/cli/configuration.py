"""Commands on the configuration: check, init, secrets."""

from pathlib import Path
from typing import Annotated

import typer

from ingestor import config
from ingestor.cli.common import app, options, print_line
from sensors import topics
from sensors.errors import shown
from sensors.quantities import MEDIA


@app.command()
def check() -> None:
    """Check all of the configuration; connect to nothing.

    Prints what was found, with a warning where two sources take the same topics, and exits with 0, or prints the first
    mistake (file, place, what was expected) and exits with 2.
    """
    loaded = options.load()
    counts = ", ".join(f"{len(loaded.register.of(medium))} {medium}" for medium in MEDIA)
    broker = loaded.settings.broker
    where = f"{broker.host}:{broker.port}" if broker.host else f"embedded, 127.0.0.1:{broker.port}"
    print_line(f"{loaded.directory}: good")
    print_line(f"stations: {counts}")
    print_line(f"sources: {', '.join(f'{s.name} ({s.subscription}, {s.dialect})' for s in loaded.sources)}")
    for first, second, topic in topics.overlaps(loaded.sources):
        print_line(
            f"warning: sources {first.name} and {second.name} both take {shown(topic)}; {first.name} does, as it comes "
            f"first: make a topic narrower, or put the source that is meant first"
        )
    print_line(
        f"events: {len(loaded.events.all)}; gas states: {len(loaded.gas_states.all)}; "
        f"calibrations: {len(loaded.calibrations)}"
    )
    print_line(f"target changes: {len(loaded.target_changes.all)}")
    print_line(f"standards: {', '.join(s.edition.id for s in loaded.standards.all)}")
    print_line(f"plans: {', '.join(loaded.plans)}")
    told = loaded.notices
    print_line(
        f"notices: {len(told.channel)} channels, {len(told.route)} routes{'' if told.route else ': none is sent'}"
    )
    print_line(f"broker: {where}")
    store = loaded.settings.store
    print_line(f"store: {store.kind}{f', database {store.database}' if store.kind == 'influxdb' else ''}")


@app.command()
def init(directory: Annotated[Path, typer.Argument(help="A new or empty directory.")]) -> None:
    """Copy the default configuration to DIRECTORY, to be made your city's own."""
    config.initialise(directory)
    print_line(f"{directory}: made; use it with `qingjing --config {directory} ...`")


@app.command("secrets")
def secrets_command(
    directory: Annotated[Path, typer.Argument(help="Where they are written, a folder a service.")],
    name: Annotated[
        list[str] | None,
        typer.Option(help="Name or address by which clients reach the broker; for several give it several times."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Where all are there already, leave them and succeed, as at a second start.")
    ] = False,
    owners: Annotated[
        bool, typer.Option("--owners", help="Give each folder to its service's user in docker-compose.yml; needs root.")
    ] = False,
) -> None:
    """Make the secrets of a deployment: passwords, tokens, a certificate authority and the broker's certificate.

    Folders `broker`, `influxdb`, `grafana`, `qingjing` and `simulator` hold what each service needs, `authority` what
    none does: keep it elsewhere. Nothing is ever overwritten. `docker compose up` calls this by itself;
    docs/deployment.md.
    """
    from ingestor import secret_files  # cryptography takes 100 ms that no other command waits for

    names = name or list(secret_files.NAMES)
    if secret_files.write(secret_files.make(names), directory, keep=keep, owners=owners):
        print_line(f"{directory}: made, for a broker called {', '.join(names)}")
    else:
        print_line(f"{directory}: all there, left as they are")
