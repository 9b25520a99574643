"""The listening side of the gateway: connections, their number, TLS, and the end."""

import asyncio
import contextlib
import logging
import resource
import socket
import ssl
from pathlib import Path
from typing import Final

from ingestor.errors import FailureError
from ingestor.hj212.publishing import Publisher
from ingestor.hj212.session import Session, Shared
from sensors.errors import ConfigError

log = logging.getLogger(__name__)

BUFFER_BYTES: Final = 16_384
"""What is read ahead of a device whose frames have to wait; twice that at most."""
SEND_BYTES: Final = 16_384
"""What the system keeps of answers that a device does not take."""
BACKLOG: Final = 1024
HANDSHAKE_S: Final = 15.0
KEEP_S: Final = 15.0
"""Pause between two looks at the file of devices, and between two writings of what was seen."""
FILES_BESIDE: Final = 100
"""Descriptors beside those of devices."""
_KEEPALIVE: Final = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4))
"""A device that went without a word is noticed within two minutes."""


class Server:
    """Takes connections while `run` runs; `port` says where."""

    def __init__(self, shared: Shared, publisher: Publisher, *, tls: ssl.SSLContext | None = None) -> None:
        self._shared, self._publisher, self._tls = shared, publisher, tls
        self._sessions: dict[Session, asyncio.Task[None]] = {}
        self.port = 0

    async def run(self, host: str, port: int, *, stop: asyncio.Event) -> None:
        """Serve until `stop` is set; then answer what can be answered, at most for `drain_s`.

        Raises
        ------
        FailureError
            If the address cannot be listened on.
        """
        shared = self._shared
        _allow_files(shared.rules.connections + FILES_BESIDE)
        try:
            server = await asyncio.start_server(
                self._accept, host, port, limit=BUFFER_BYTES, backlog=BACKLOG, ssl=self._tls,
                ssl_handshake_timeout=None if self._tls is None else HANDSHAKE_S,
            )  # fmt: skip
        except OSError as error:
            raise FailureError(f"--listen: cannot listen on {host}:{port} ({error}); choose another address") from error
        self.port = server.sockets[0].getsockname()[1]
        log.info("listening on %s:%d%s", host, self.port, "" if self._tls is None else " with TLS")
        publishing = asyncio.create_task(self._publisher.run())
        keeping = asyncio.create_task(self._keep())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((stopping, publishing, keeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            server.close()
            for session in list(self._sessions):
                session.stop()
            if self._sessions:
                _, late = await asyncio.wait(self._sessions.values(), timeout=shared.rules.drain_s)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)
            for beside in (stopping, publishing, keeping):
                beside.cancel()
            outcomes = await asyncio.gather(stopping, publishing, keeping, return_exceptions=True)
            shared.seen.save()
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome  # a fault of the gateway itself: better gone than deaf

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shared = self._shared
        if len(self._sessions) >= shared.rules.connections:
            shared.counts.turned_away += 1
            shared.complaints.say("turned away", f"{shared.rules.connections} connections: another one turned away")
            writer.transport.abort()
            return
        _prepare(writer)
        shared.counts.connections += 1
        session = Session(shared, reader, writer)
        task = self._sessions[session] = asyncio.create_task(session.run())
        shared.counts.connected = len(self._sessions)

        def end(task: asyncio.Task[None]) -> None:
            del self._sessions[session]
            shared.counts.connected = len(self._sessions)
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("a connection failed: a fault of the gateway itself, please report it", exc_info=error)

        task.add_done_callback(end)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(KEEP_S)
            self._shared.devices.refresh()
            self._shared.seen.save()


def server_tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return what the server shows to devices that connect by TLS.

    Raises
    ------
    ConfigError
        If the files cannot be read or do not fit.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key, password="")  # never ask on a terminal
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"--cert-file, --key-file: expected a certificate and its key, got {error}") from error
    return context


def _prepare(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)


def _allow_files(wanted: int) -> None:
    """Raise the limit of open files as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        log.warning("%d files may be open: too few for all connections; raise the limit (LimitNOFILE, ulimit -n)", most)
