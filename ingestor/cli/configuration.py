"""Commands on the configuration: check, init."""

from pathlib import Path
from typing import Annotated

import typer

from ingestor import config
from ingestor.cli.common import app, options, print_line
from sensors.quantities import MEDIA


@app.command()
def check() -> None:
    """Check all of the configuration; connect to nothing.

    Prints what was found and exits with 0, or prints the first mistake (file, place, what was expected) and exits
    with 2.
    """
    loaded = options.load()
    counts = ", ".join(f"{len(loaded.register.of(medium))} {medium}" for medium in MEDIA)
    broker = loaded.settings.broker
    where = f"{broker.host}:{broker.port}" if broker.host else f"embedded, 127.0.0.1:{broker.port}"
    print_line(f"{loaded.directory}: good")
    print_line(f"stations: {counts}")
    print_line(f"sources: {', '.join(f'{s.name} ({s.subscription}, {s.dialect})' for s in loaded.sources)}")
    print_line(f"events: {len(loaded.events.all)}; gas states: {len(loaded.gas_states.all)}")
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
