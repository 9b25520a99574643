"""The command board: serves the board of a data directory alone."""

import datetime as dt
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Annotated

import typer
import uvicorn

from aggregations import periods
from ingestor.board import app as board_app
from ingestor.cli.common import app, options, print_line
from ingestor.config import DAY_S, Config
from ingestor.reloading import Reloading

PORT = 9480
"""Where neither the command nor the settings name one."""
NICE = 5
"""How far what collects goes before the board that runs beside it."""


@app.command()
def board(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port, in place of settings.toml's; 9480 without one.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Show the end of this day in place of now: for data that are old."),
    ] = None,
    stop_with_stdin: Annotated[
        bool, typer.Option("--stop-with-stdin", help="Stop when standard input ends: with the parent process.")
    ] = False,
) -> None:
    """Serve the board: a wall display, plan, stations, notices and bulletins as web pages, and a JSON API below /api/.

    It reads what `qingjing run` collects, which serves it itself where settings.toml has `[board] port`. Nothing can be
    changed but who acknowledged a notice, with the token of `[board] token_file`. docs/board.md tells more. Ctrl-C or
    SIGTERM ends it.

    \b
    qingjing board
    qingjing board --port 9481 --as-of 2020-12-31
    """
    loaded = options.load()
    last = None if as_of is None else periods.parse_day(as_of, place="--as-of")
    serve_board(loaded, options.data, port=port, as_of=last, stop_with_stdin=stop_with_stdin)


def serve_board(
    config: Config, data: Path, *, port: int | None, as_of: dt.date | None, stop_with_stdin: bool = False
) -> None:
    """Serve the board of a data directory until SIGTERM, Ctrl-C or, where asked, the end of standard input.

    Raises
    ------
    BoardError
        If the port is taken.
    """
    settings = config.settings.board
    now = time
    if as_of is not None:
        end = config.start_of(as_of) + DAY_S
        now = lambda: float(end)  # noqa: E731  # a moment that stands still
    if stop_with_stdin:
        with suppress(OSError):
            os.nice(NICE)
    with board_app.listening(settings.host, port or settings.port or PORT) as listening:
        application = board_app.application(config, data, now=now)
        server = board_app.server(application)
        stop = threading.Event()
        Reloading(config, take=application.state.source.reconfigure, refuse=lambda _: None, stop=stop).start()
        if stop_with_stdin:
            threading.Thread(target=_stop_at_end_of_stdin, args=(server,), daemon=True).start()
        host, bound = listening.getsockname()[:2]
        print_line(f"http://{host}:{bound}/")
        sys.stdout.flush()
        server.run(sockets=[listening])
        stop.set()


def _stop_at_end_of_stdin(server: uvicorn.Server) -> None:
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    server.should_exit = True
