"""Commands that move readings: run, replay, register."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ingestor import formats, service, tables
from ingestor.backfill import reading
from ingestor.backfill.parts import Settings
from ingestor.cli.common import Json, app, err, options, print_line, progress_bars
from ingestor.config import CLIENT_ID
from ingestor.formats import FORMATS
from ingestor.gateway import Gateway
from sensors import register as registers
from sensors.errors import ConfigError, shown


@app.command()
def run(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the broker, in place of settings.toml's.")
    ] = None,
    health_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of /metrics, /healthz and /readyz; 0 for none.")
    ] = None,
    board_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the board, in place of settings.toml's; 0 for none.")
    ] = None,
    client_id: Annotated[
        str | None,
        typer.Option(envvar="QINGJING_CLIENT_ID", help="Client id; collectors that share subscriptions differ in it."),
    ] = None,
    no_jobs: Annotated[
        bool, typer.Option("--no-jobs", help="Only collect: no derivation and no other jobs on a schedule.")
    ] = False,
    stop_with_stdin: Annotated[
        bool, typer.Option("--stop-with-stdin", help="Stop when standard input ends: with the parent process.")
    ] = False,
) -> None:
    """Collect: subscribe to the broker, store readings, acknowledge. SIGTERM or Ctrl-C ends it in an orderly way.

    Without `broker.host` in settings.toml it starts its own broker on 127.0.0.1, and collects what that holds before
    it ends. Beside it run what `qingjing jobs` lists and the board (docs/board.md), each in a process of its own.
    Stations, sources and plans are reloaded when their files change; a bad file is refused and the old one stays.
    `qingjing doctor` says what is wrong where it does not collect.
    """
    loaded = options.load()
    if client_id is not None and not CLIENT_ID.fullmatch(client_id):
        raise ConfigError(f"--client-id: expected 1 to 64 letters, digits, ., _ or -, got {shown(client_id)}")
    given = {"port": port, "client_id": client_id}
    broker = msgspec.structs.replace(
        loaded.settings.broker, **{name: value for name, value in given.items() if value is not None}
    )
    collector = loaded.settings.collector
    if health_port is not None:
        collector = msgspec.structs.replace(collector, health_port=health_port)
    jobs = loaded.settings.jobs
    if no_jobs:
        jobs = msgspec.structs.replace(jobs, enabled=False)
    board = loaded.settings.board
    if board_port is not None:
        board = msgspec.structs.replace(board, port=board_port)
    settings = msgspec.structs.replace(loaded.settings, broker=broker, collector=collector, jobs=jobs, board=board)
    service.run(msgspec.structs.replace(loaded, settings=settings), options.data, stop_with_stdin=stop_with_stdin)


LISTEN_S = 3.0
"""How long `replay` listens for a collector before it publishes."""

FileFormat = Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")]
Files = Annotated[list[Path], typer.Argument(help="Files of that format.")]


@app.command()
def replay(
    file: Files,
    file_format: FileFormat,
    host: Annotated[str | None, typer.Option(help="Broker. Default: that of settings.toml.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Its port.")] = None,
    json_: Json = False,
) -> None:
    """Publish real files through MQTT at QoS 1, as a gateway would; `qingjing run` collects at the other end.

    Stations must be registered: `qingjing register` prints the rows. Sending a file again changes nothing.
    """
    chosen = _format(file_format)
    loaded = options.load()
    broker = loaded.settings.broker
    gateway = Gateway(
        host=host or broker.host or "127.0.0.1",
        port=port or broker.port,
        client_id=f"qingjing-replay-{os.getpid()}",
        collector=broker.client_id,
    )
    if not gateway.hears_collector(within_s=LISTEN_S):
        err.print("no collector is heard: `qingjing run` starts one; the broker keeps what it can", style="yellow")
    empty = 0

    def messages() -> Iterator[tuple[str, bytes]]:
        nonlocal empty
        for each in file:
            for message in chosen.messages(each):
                if message.values:
                    yield f"env/v1/{message.medium}/{message.station}", message.payload()
                else:
                    empty += 1

    with progress_bars() as progress:
        task = progress.add_task("publish", total=None)
        sent = gateway.publish(messages(), progress=lambda n: progress.update(task, completed=n))
        progress.update(task, total=sent)
        task = progress.add_task("commit", total=sent)
        committed = gateway.wait_until_committed(progress=lambda n: progress.update(task, completed=min(n, sent)))
    gateway.close()
    if json_:
        print_line(tables.as_json({"sent": sent, "without_values": empty, "committed": committed}))
    else:
        print_line(f"{sent:,} messages sent and acknowledged; {empty:,} rows held nothing to send")
        print_line(
            "the collector has since committed as many"
            if committed
            else "no collector was heard: the broker keeps them"
        )


@app.command()
def register(
    file: Files,
    file_format: Annotated[
        str, typer.Option("--format", help=f"One of {', '.join(dict.fromkeys([*FORMATS, *reading.FORMATS]))}.")
    ],
    city: Annotated[str, typer.Option(help="Id of their city in settings.toml.")],
) -> None:
    """Print the rows of config/stations/*.csv for the stations of real files, header first.

    What a file does not say is taken as usual: complete it, above all zone classes of monitors and target classes.
    """
    if file_format in FORMATS:
        stations = [station for each in file for station in FORMATS[file_format].stations(each, city)]
    elif file_format in reading.FORMATS:
        settings, read = Settings(0), reading.FORMATS[file_format].read  # its times do not matter
        stations = [station for each in file for station in reading.stations_of(each, read, settings, city)]
    else:
        raise ConfigError(
            f"--format: expected one of {', '.join([*FORMATS, *reading.FORMATS])}, got {shown(file_format)}"
        )
    found = {(station.medium, station.id): station for station in stations}
    for medium in dict.fromkeys(station.medium for station in found.values()):
        sys.stdout.write(registers.as_csv([station for station in found.values() if station.medium == medium]))


def _format(name: str) -> formats.FileFormat:
    if name not in FORMATS:
        raise ConfigError(f"--format: expected one of {', '.join(FORMATS)}, got {shown(name)}")
    return FORMATS[name]
