"""The command decode."""

import datetime as dt
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from ingestor import decoding_tables, tables, tracing
from ingestor.cli.common import Json, app, options, print_line
from sensors.errors import ConfigError, shown


@app.command("decode")
def decode_command(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...", help="Payloads, one a file, in the order of their arrival; - is standard input."
        ),
    ],
    source: Annotated[str, typer.Option(help="Name of a source of config/sources.toml.")],
    topic: Annotated[
        str | None, typer.Option(help="Topic that it came on. Default: that of the source, where it names one alone.")
    ] = None,
    received: Annotated[
        str | None, typer.Option(help="When it arrived, such as 2020-11-21T08:00:00+08:00. Default: now.")
    ] = None,
    json_: Json = False,
) -> None:
    """Show step by step what becomes of a payload, and store nothing: for trying out a source and its mapping.

    What the decoder read (device, time, codes, values), which station and quantity that is, what values are multiplied
    by, then the readings, and what is refused with what to do. Exits with 1 where anything is refused.

    Example: mosquitto_sub -t 'tele/+/SENSOR' -C 1 | qingjing decode --source tasmota --topic tele/d1/SENSOR -
    """
    loaded = options.load()
    payloads = [_read(file) for file in files]
    found = tracing.trace(loaded, source, topic, payloads, _moment(received))
    if json_:
        print_line(tables.as_json([decoding_tables.plain(each, loaded.offset_s) for each in found]))
    else:
        for each in found:
            for line in decoding_tables.steps(each, loaded.offset_s, options.language):
                print_line(line)
    if any(each.arrival.refusals for each in found):
        raise typer.Exit(1)


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: expected a file with a payload, got {error.strerror}") from error


def _moment(received: str | None) -> float:
    if received is None:
        return time.time()
    try:
        moment = dt.datetime.fromisoformat(received)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigError(f"--received: expected a time such as 2020-11-21T08:00:00+08:00, got {shown(received)}")
    return moment.timestamp()
