"""Proxies that stand between the collector and its servers and misbehave when told to."""

import contextlib
import http.client
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Literal

RECEIVE_BYTES = 65_536
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of a socket that is closed by RST, whatever it still holds."""

Direction = Literal["to_server", "to_client"]


class _Listener:
    """Accepts connections on a port of its own; each is served in a thread."""

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._listen()

    def _listen(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._served, args=(client,), daemon=True).start()

    def _served(self, client: socket.socket) -> None:
        self._hold(client)
        try:
            with contextlib.suppress(OSError):
                self._serve(client)
        finally:
            self._drop(client)

    def _serve(self, client: socket.socket) -> None:
        raise NotImplementedError

    def _hold(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.add(connection)

    def _drop(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        with self._lock:
            self._open.discard(connection)

    def close(self) -> None:
        """Refuse connections and end those that stand."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self, *, reset: bool = False) -> None:
        """End all connections where they stand, by FIN or by RST."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    if reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    connection.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Refuse connections."""
        self.close()
        try:
            yield
        finally:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self._listen()


class TcpProxy(_Listener):
    """Passes bytes on; `cutting_after` ends connections in mid-packet, `stalled` passes nothing."""

    def __init__(self, server_port: int) -> None:
        self._left: dict[Direction, int | None] = {"to_server": None, "to_client": None}
        self._swallowing: Direction | None = None
        self._reset = False
        self._was_cut = threading.Event()
        self._flowing = threading.Event()
        self._flowing.set()
        super().__init__(server_port)

    @contextlib.contextmanager
    def cutting_after(self, size: int, direction: Direction, *, reset: bool) -> Iterator[threading.Event]:
        """Pass so many more bytes in a direction, then end the connections; the event tells that it has happened."""
        self._reset = reset
        self._was_cut.clear()
        self._left[direction] = size
        try:
            yield self._was_cut
        finally:
            self._left[direction] = None

    @contextlib.contextmanager
    def swallowing(self, direction: Direction) -> Iterator[None]:
        """Lose what goes in a direction while the other one works; end the connections after that."""
        self._swallowing = direction
        try:
            yield
        finally:
            self.cut()
            self._swallowing = None

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        """Pass nothing, and go on with nothing lost."""
        self._flowing.clear()
        try:
            yield
        finally:
            self._flowing.set()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self.server_port), timeout=5)
        server.settimeout(None)
        self._hold(server)
        try:
            back = threading.Thread(target=self._pump, args=(server, client, "to_client"), daemon=True)
            back.start()
            self._pump(client, server, "to_server")
            back.join()
        finally:
            self._drop(server)

    def _pump(self, source: socket.socket, sink: socket.socket, direction: Direction) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(RECEIVE_BYTES):
                self._flowing.wait()
                if self._swallowing == direction:
                    continue
                left = self._left[direction]
                if left is None:
                    sink.sendall(data)
                elif len(data) < left:
                    self._left[direction] = left - len(data)
                    sink.sendall(data)
                else:
                    sink.sendall(data[:left])
                    self._left[direction] = None
                    self.cut(reset=self._reset)
                    self._was_cut.set()
        for connection in (source, sink):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


Behaviour = Callable[["HttpProxy", socket.socket, bytes], None]
"""What becomes of a request: takes the proxy, the client's connection and the whole request.

It raises ConnectionError where the connection is to be ended.
"""


class HttpProxy(_Listener):
    """Takes whole requests; what becomes of each is its `behaviour`."""

    def __init__(self, server_port: int) -> None:
        self.behaviour: Behaviour = forward
        self.misbehaved = 0
        super().__init__(server_port)

    @contextlib.contextmanager
    def behaving(self, behaviour: Behaviour) -> Iterator[None]:
        """Treat requests in some other way than by forwarding them; `misbehaved` counts them."""
        self.misbehaved = 0
        self.behaviour = behaviour
        try:
            yield
        finally:
            self.behaviour = forward

    def _serve(self, client: socket.socket) -> None:
        while request := _request(client):
            behaviour = self.behaviour
            if behaviour is not forward:
                self.misbehaved += 1
            behaviour(self, client, request)


def _request(client: socket.socket) -> bytes:
    """Return a whole request, nothing where the client has ended the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(RECEIVE_BYTES)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(_headers(head).get("content-length", "0"))
    while len(body) < length:
        more = client.recv(RECEIVE_BYTES)
        if not more:
            return b""
        body += more
    return head + b"\r\n\r\n" + body


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _answer_of_server(proxy: HttpProxy, request: bytes) -> bytes:
    """Let the server do what is asked; return its answer."""
    head, _, body = request.partition(b"\r\n\r\n")
    method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", proxy.server_port, timeout=30)) as server:
        try:
            server.request(method, path, body or None, _headers(head))
            answer = server.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionError from error
    kept = ("content-type", "x-influxdb-version", "retry-after")
    headers = [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() in kept]
    if answer.status != HTTPStatus.NO_CONTENT:
        headers.append(f"Content-Length: {len(told)}")
    return _answer(answer.status, headers, told)


def _answer(status: int, headers: list[str], body: bytes) -> bytes:
    top = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *headers]
    return "\r\n".join(top).encode() + b"\r\n\r\n" + body


def forward(proxy: HttpProxy, client: socket.socket, request: bytes) -> None:
    """What a proxy is for."""
    client.sendall(_answer_of_server(proxy, request))


def answering(status: int, *, retry_after_s: int | None = None) -> Behaviour:
    """Answer in place of the server, which hears of nothing."""
    asked = [] if retry_after_s is None else [f"Retry-After: {retry_after_s}"]
    body = b'{"error":"out of order"}'

    def behaviour(_: HttpProxy, client: socket.socket, __: bytes) -> None:
        client.sendall(_answer(status, [*asked, f"Content-Length: {len(body)}"], body))

    return behaviour


def hang_up(_: HttpProxy, __: socket.socket, ___: bytes) -> None:
    """End the connection without an answer; the server hears of nothing."""
    raise ConnectionError


def swallow_answer(proxy: HttpProxy, _: socket.socket, request: bytes) -> None:
    """Let the server do what is asked, and tell nobody."""
    _answer_of_server(proxy, request)
    raise ConnectionError


def time_out(proxy: HttpProxy, client: socket.socket, request: bytes) -> None:
    """Let the server do what is asked, and answer when nobody listens any more."""
    answer = _answer_of_server(proxy, request)
    while proxy.behaviour is not forward:
        time.sleep(0.02)
    client.sendall(answer)


def cutting_request(rng: random.Random) -> Behaviour:
    """Give the server the beginning of a request only."""

    def behaviour(proxy: HttpProxy, _: socket.socket, request: bytes) -> None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", proxy.server_port), 5) as server:
            server.sendall(request[: rng.randrange(1, len(request))])
        raise ConnectionError

    return behaviour


def cutting_answer(rng: random.Random) -> Behaviour:
    """Let the server do what is asked, and give the client the beginning of the answer only."""

    def behaviour(proxy: HttpProxy, client: socket.socket, request: bytes) -> None:
        answer = _answer_of_server(proxy, request)
        client.sendall(answer[: rng.randrange(1, len(answer))])
        raise ConnectionError

    return behaviour
