"""The socket between the broker, paho and the session: paho gets what the session hands it, all sending is buffered.

paho lets a TLS context wrap the socket that it has opened. `Wrapping` stands there, with TLS or without, and gives paho
a `PacketSocket`. Both have the names that paho calls.

LinkError    the connection cannot go on: what happened
"""

import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

RECEIVE_BYTES = 262_144


class LinkError(Exception):
    """The connection cannot go on: what happened."""


class Wrapping:
    """Stands where paho expects a TLS context; the names are `ssl.SSLContext`'s."""

    check_hostname = True

    def __init__(self, context: ssl.SSLContext | None, keep: Callable[["PacketSocket"], None]) -> None:
        self._context = context
        self._keep = keep

    def wrap_socket(
        self, plain: socket.socket, *, server_hostname: str, do_handshake_on_connect: bool = False
    ) -> "PacketSocket":
        """Wrap the socket that paho has opened, in TLS where there is a context."""
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        inner = plain
        if self._context is not None:
            inner = self._context.wrap_socket(
                plain, server_hostname=server_hostname, do_handshake_on_connect=do_handshake_on_connect
            )
        wrapped = PacketSocket(inner)
        self._keep(wrapped)
        return wrapped


class PacketSocket:
    """Stands where paho expects a TLS socket: gives paho what was `given`, and gathers what it sends."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner
        self._out = bytearray()
        self._broken: OSError | None = None
        self.given = bytearray()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def do_handshake(self) -> None:
        """Do the handshake where the connection is TLS."""
        if isinstance(self._inner, ssl.SSLSocket):
            self._inner.do_handshake()

    def recv(self, size: int) -> bytes:
        """Return what was given, as far as it goes."""
        if not self.given:
            raise BlockingIOError
        taken = bytes(self.given[:size])
        del self.given[:size]
        return taken

    def send(self, data: bytes) -> int:
        """Take all; `flush` sends it."""
        self._out += data
        return len(data)

    def pending(self) -> int:
        """Return how many bytes wait without a system call."""
        return len(self.given)

    def readable(self, wait_s: float) -> bool:
        """Send what is due, and wait until something comes."""
        self.flush()
        if isinstance(self._inner, ssl.SSLSocket) and self._inner.pending():
            return True
        sending = [self._inner] if self._out else []
        try:
            found = bool(select.select([self._inner], sending, [], wait_s)[0])
        except (OSError, ValueError) as error:
            raise LinkError(f"connection lost ({error})") from error
        if self._broken is not None and not found:
            raise LinkError(f"connection lost ({self._broken})") from self._broken
        return found

    def take(self) -> bytes:
        """Return what has come, at most RECEIVE_BYTES; nothing where it is part of a TLS record."""
        try:
            data = self._inner.recv(RECEIVE_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""
        except OSError as error:
            raise LinkError(f"connection lost ({error})") from error
        if not data:
            raise LinkError("connection closed by the broker")
        return data

    def flush(self) -> None:
        """Send what the network takes now.

        Where the connection is broken nothing is raised: what a broker has sent before it died is still to be read,
        and may be nowhere else; `take` then tells.
        """
        while self._out:
            try:
                sent = self._inner.send(self._out)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as error:
                self._broken = error
                self._out.clear()
                return
            del self._out[:sent]

    def finish(self, within_s: float = 1.0) -> None:
        """Send all that is due, as far as the network takes it in that time."""
        deadline = time.monotonic() + within_s
        try:
            self.flush()
            while self._out and time.monotonic() < deadline:
                select.select([], [self._inner], [], 0.05)
                self.flush()
        except (OSError, ValueError):
            return
