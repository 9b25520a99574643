"""What all commands share: the app, its options, the store, lines and progress bars."""

import contextlib
import logging
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ingestor import config, data_directory
from ingestor.cli.on_demand import OnDemand
from ingestor.config import Config
from ingestor.store import Ledger, SqliteStore, Store, check_there, open_store, store_file
from ingestor.tables import Language
from sensors.errors import ConfigError, shown

app = typer.Typer(
    cls=OnDemand, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)

out = Console()
err = Console(stderr=True)


class Options(msgspec.Struct):
    """Options that all commands share."""

    config: Path | None = None
    data: Path = Path("qingjing-data")
    language: Language = "zh"

    def load(self) -> Config:
        return config.load(config.find_directory(self.config))


options = Options()

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="local:N|tcp://HOST:PORT",
        help="Let a Dask cluster do it: N processes here, or the workers of a scheduler (tls:// too). Needs InfluxDB "
        "as the store and `pip install 'qingjing[cluster]'`; docs/operations.md.",
        show_default=False,
    ),
]


def _version(wanted: bool) -> None:
    if wanted:
        import importlib.metadata  # 40 ms that no other command waits for

        out.print(importlib.metadata.version("qingjing"), highlight=False)
        raise typer.Exit


@app.callback()
def common(
    config: Annotated[
        Path | None,
        typer.Option(
            envvar="QINGJING_CONFIG",
            help="Directory of the configuration. Default: ./config, or the one that came along.",
        ),
    ] = None,
    data: Annotated[Path, typer.Option(envvar="QINGJING_DATA", help="Directory of the store.")] = Path("qingjing-data"),
    lang: Annotated[str, typer.Option(envvar="QINGJING_LANG", help="Language of tables: zh or en.")] = "zh",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """A city's air, water and noise readings over MQTT, held against the national standards and the published plan.

    Start with `qingjing demo`. In operation: `qingjing check`, then `qingjing run` as a service; `qingjing derive`
    brings hours and days up to date, `qingjing targets` shows where the city stands.
    """
    options.config, options.data = config, data
    if lang not in ("zh", "en"):
        raise ConfigError(f"--lang: expected zh or en, got {shown(lang)}")
    options.language = "zh" if lang == "zh" else "en"
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
    )


def print_line(text: str) -> None:
    """Print a line as it is: no markup, no wrapping."""
    sys.stdout.write(text + "\n")


def say(zh: str, en: str) -> None:
    """Print a line in the language of --lang."""
    print_line(zh if options.language == "zh" else en)


def print_tables(renderables: Iterable[RenderableType]) -> None:
    """Print tables, and texts between them without wrapping: the terminal does."""
    for each in renderables:
        out.print(each, soft_wrap=isinstance(each, str), highlight=False)


@contextlib.contextmanager
def opened_store(config: Config) -> Iterator[Store]:
    """Open the store of --data, with all that was collected in its place as far as that can be.

    The outbox of InfluxDB is delivered by `qingjing run`; where none runs, here and now.

    Raises
    ------
    StoreError
        If there is none.
    """
    existing_store()
    store = open_store(config.settings.store, options.data)
    with contextlib.closing(store):
        if isinstance(store, SqliteStore):
            store.drain()
        elif store.backlog().readings:
            try:
                with data_directory.alone(options.data, wait_s=0.0):
                    store.drain()
            except data_directory.InUseError:
                err.print(
                    "the service still delivers readings to the store; they will be in the next run", style="yellow"
                )
        yield store


@contextlib.contextmanager
def opened_ledger() -> Iterator[Ledger]:
    """Open outbox and quarantine of --data; the server of the store is not needed.

    Raises
    ------
    StoreError
        If there is none.
    """
    with contextlib.closing(Ledger(existing_store(), create=False)) as ledger:
        yield ledger


def existing_store() -> Path:
    """Return the file of the store of --data.

    Raises
    ------
    StoreError
        If there is none.
    """
    file = store_file(options.data)
    check_there(file)
    return file


def progress_bars() -> Progress:
    """Return bars for long work, on standard error."""
    return Progress(
        TextColumn("{task.description:<8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=err
    )
