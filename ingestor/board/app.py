"""The board as one application: pages, API, events, files of its own; what every answer says to browsers."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import time
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ingestor.board import api, files, moments, pages, svg, views, wall
from ingestor.board.bulletins import Bulletins
from ingestor.board.events import Events
from ingestor.board.latest import LatestReadings
from ingestor.board.shown import HERE
from ingestor.board.source import Source
from ingestor.colours import ink_on
from ingestor.config import Config
from ingestor.errors import FailureError

log = logging.getLogger(__name__)

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-cache",
}
LOOPBACK: Final = ("127.0.0.1", "localhost")
GRACE_S: Final = 2


class BoardError(FailureError):
    """The board cannot be served."""


class SafeHeaders:
    """Adds to each answer what it does not say itself of `HEADERS`; refuses what pages of other sites ask for."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *((n, v) for n, v in HEADERS.items() if n not in given)]
            await send(message)

        if scope["type"] == "http" and _is_asked_by_another_site(scope):
            text = "expected a page of this board to ask, or a person to follow a link, got a page of another site\n"
            await PlainTextResponse(text, 403)(scope, receive, sending)
            return
        await self._app(scope, receive, sending if scope["type"] == "http" else send)


def _is_asked_by_another_site(scope: Any) -> bool:
    """Whether a browser says that a page of elsewhere asks in the background, such as to keep the board busy."""
    told = {name: value for name, value in scope["headers"] if name.startswith(b"sec-fetch-")}
    return told.get(b"sec-fetch-site") == b"cross-site" and told.get(b"sec-fetch-mode") != b"navigate"


def application(config: Config, data: Path, *, now: Callable[[], float] = time) -> Starlette:
    """Return the board of a data directory; `now` is the moment that it shows [s since 1970]."""
    source = Source(config, data, now=now)
    readings = LatestReadings()
    bulletins = Bulletins(source)
    events = Events(source)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        warming = asyncio.create_task(wall.keep_warm(source, readings, lambda: events.heard))
        yield
        warming.cancel()
        events.close()
        source.close()
        bulletins.close()

    async def colours(_: Request) -> Response:
        day = moments.last_whole_day(source.config, source.now())
        return PlainTextResponse(_colours(source.config, day), media_type="text/css")

    app = Starlette(
        routes=[
            *api.routes(source, readings),
            Route("/events", events.answer),
            Route("/static/colours.css", colours),
            *files.routes(HERE / "static", "/static"),
            *pages.routes(source, readings, bulletins),
        ],
        middleware=[
            Middleware(SafeHeaders),
            Middleware(
                TrustedHostMiddleware,
                allowed_hosts=[*LOOPBACK, config.settings.board.host, *config.settings.board.names],
                www_redirect=False,
            ),
        ],
        lifespan=lifespan,
    )
    app.state.source = source
    return app


def _colours(config: Config, day: Any) -> str:
    """The official colours of levels and classes as a style sheet, and grey for no data."""
    rules = [f".level-0,.class-0{{background:{svg.NO_DATA};color:#fff}}"]
    for i, level in enumerate(views.levels(config, day), 1):
        rules.append(f".level-{i}{{background:{level.colour};color:{ink_on(level.colour)}}}")
    for i, (_, rgb) in enumerate(views.class_colours(config, day), 1):
        rules.append(f".class-{i}{{background:{rgb};color:{ink_on(rgb)}}}")
    return "\n".join(rules)


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    BoardError
        If the port is taken, or may not be used.
    """
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise BoardError(f"board {host}:{port}: expected a port to listen on, got {error.strerror or error}") from error


class _Server(uvicorn.Server):
    """Ends on SIGTERM and SIGINT as the service does, with exit code 0: uvicorn would be ended by them afterwards."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def server(app: Starlette) -> uvicorn.Server:
    """Return what serves the board until `should_exit`, SIGTERM or SIGINT."""
    return _Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_S,
            limit_concurrency=1000,
        )
    )  # fmt: skip
