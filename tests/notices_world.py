"""Receivers of notices for tests: a real SMTP server, a real webhook receiver, and a configuration that names them."""

import contextlib
import email
import email.policy
import json
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from ingestor.config import Config
from ingestor.notices import facts
from ingestor.notices.facts import Condition, Item, Looked
from ingestor.notices.ledger import NoticeLedger
from ingestor.notices.noticing import tell_changes
from ingestor.notices.settings import Kind, NoticeSettings
from tests.support import free_port


class MailServer:
    """An SMTP server that keeps what it takes; `refuses` are recipients that it does not know."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuses: set[str] = set()
        self.before_answering: Callable[[], None] | None = None
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return "550 5.1.1 no such mailbox here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        assert envelope.content is not None
        content = envelope.content if isinstance(envelope.content, bytes) else envelope.content.encode()
        self.taken.append(email.message_from_bytes(content, policy=email.policy.default))
        self.recipients += envelope.rcpt_tos
        if self.before_answering is not None:
            self.before_answering()
        return "250 OK"

    def reset(self) -> None:
        self.taken, self.recipients, self.refuses, self.before_answering = [], [], set(), None

    def ids(self) -> list[str]:
        return [str(each["Message-ID"]) for each in self.taken]


class Hook:
    """A webhook receiver that keeps what it takes; `asks_for` is the token it wants, `answer` what it
    says instead of taking."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.asks_for = ""
        self.answer: tuple[int, dict[str, Any]] | None = None
        self.before_answering: Callable[[], None] | None = None
        hook = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = hook.answer or (HTTPStatus.OK, {"errcode": 0})
                if hook.asks_for and self.headers["X-Token"] != hook.asks_for:
                    status, answer = HTTPStatus.UNAUTHORIZED, {"error": "unknown token"}
                if status == HTTPStatus.OK:
                    hook.taken.append(json.loads(body))
                    hook.keys.append(self.headers["Idempotency-Key"] or "")
                if hook.before_answering is not None:
                    hook.before_answering()
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def start(self) -> None:
        self._thread.start()

    def reset(self) -> None:
        self.taken, self.keys, self.asks_for, self.answer, self.before_answering = [], [], "", None, None

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextlib.contextmanager
def mail_server() -> Iterator[MailServer]:
    """A running SMTP server."""
    server = MailServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def hook() -> Iterator[Hook]:
    """A running webhook receiver."""
    server = Hook()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def mail_url(port: int) -> str:
    """The address of mail that Apprise takes, of a server on this machine."""
    return f"mailto://127.0.0.1:{port}/?from=qingjing@example.org&to=nobody@example.org&mode=insecure"


def with_notices(config: Config, folder: Path, *, secrets: dict[str, str], **settings: Any) -> Config:
    """The configuration with settings of notices; `secrets` are the addresses of its channels by their names."""
    for name, url in secrets.items():
        (folder / name).write_text(url + "\n")
    channels = [{"name": name, "url_file": name} for name in secrets]
    settings.setdefault("channel", channels)
    return msgspec.structs.replace(config, directory=folder, notices=msgspec.convert(settings, NoticeSettings))


def silent(config: Config, names: list[str], *, since: float = 1_577_808_000.0) -> Looked:
    """That stations of air of the first city are silent."""
    city = config.settings.city[0].id
    going_on = [
        Condition(
            kind="station_silent", object=f"air:{name}", city=city, scopes=[f"city:{city}", f"station:{name}"],
            item=Item(object=f"air:{name}", name=f"站{name}", name_en=f"station {name}", medium="air", since=since),
        )
        for name in names
    ]  # fmt: skip
    return Looked(kind="station_silent", going_on=going_on)


def tell(config: Config, ledger: NoticeLedger, looked: Looked) -> int:
    """Notice what has begun and what is over."""
    told = ledger.conditions()
    with ledger.noticing() as open_:
        return tell_changes(open_, config.notices, looked, told, offset_s=config.offset_s)


def states(ledger: NoticeLedger, kind: Kind | None = None) -> dict[tuple[int, str, str], str]:
    """State of each delivery, by notice, channel and recipient."""
    found = ledger.deliveries(each.id for each in ledger.notices(kind=kind))
    return {(d.notice, d.channel, d.recipient): d.state for of in found.values() for d in of}


def facts_of(ledger: NoticeLedger, number: int) -> facts.Facts:
    """What a notice says."""
    return facts.decode_facts(ledger.notice(number).facts)
