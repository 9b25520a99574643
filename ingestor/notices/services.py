"""Services that Apprise knows: mail, robots of chats, webhooks, SMS gateways.

Apprise says only whether a service took a message; why it did not is in its log, which holds the address with its
secrets, too. So its log goes nowhere, and of it the words of the other side are taken, without anything of the address.
Robots of WeCom, DingTalk and Feishu refuse with status 200 and a code in the answer, which Apprise takes for success:
their answers are read here.
"""

import contextlib
import contextvars
import datetime as dt
import email.policy
import email.utils
import json
import logging
import os
import re
import smtplib
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any, Final

import apprise
import msgspec
import requests
from apprise.plugins import url_to_dict
from apprise.plugins.email.base import NotifyEmail
from apprise.plugins.email.smtp import AppriseSMTPController

from ingestor.config import Config
from ingestor.notices.channels import Committing, SendError
from ingestor.notices.settings import Channel
from ingestor.notices.texts import Message

CONNECT_S: Final = 5
ANSWER_S: Final = 15
WORDS: Final = 300
"""So many characters of what the other side said are kept."""
SHORT: Final = 4
"""Parts of an address that are shorter hide nothing."""

KEYED: Final = ("json", "jsons", "form", "forms", "xml", "xmls")
"""Services of Apprise that are webhooks: they get the header Idempotency-Key."""
MAIL: Final = ("mailto", "mailtos")
_CODES: Final = {
    "wecombot": ("errcode", "errmsg"), "dingtalk": ("errcode", "errmsg"), "feishu": ("code", "msg"),
    "lark": ("code", "msg"),
}  # fmt: skip
"""Services that answer 200 with a code that is not 0 where they refuse: the keys of code and words."""


class Address(msgspec.Struct, frozen=True):
    """What an Apprise address says, taken apart, and everything in it that must not be shown."""

    schema: str
    parts: dict[str, Any]
    secrets: list[str]


def hand_over(
    config: Config, channel: Channel, recipient: str, message: Message, *, identity: str, committing: Committing
) -> str:
    """Hand a message over to a service and return its words (see `channels.send`).

    Raises
    ------
    SendError
        If it was not taken.
    """
    address = address_of(config, channel)
    try:
        if address.schema in MAIL:
            return _mail(address, recipient, message, identity, committing)
        return _post(address, recipient, message, identity, committing)
    except SendError as error:
        raise SendError(without_secrets(str(error), address.secrets)) from None


def address_of(config: Config, channel: Channel) -> Address:
    """Return the address of a channel.

    Raises
    ------
    SendError
        If its file or variable is not there, or holds no address of a service that Apprise knows.
    """
    if channel.url_env is not None:
        text, where = os.environ.get(channel.url_env, ""), f"the environment's {channel.url_env}"
    else:
        path = config.directory / (channel.url_file or "")
        where = str(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "no UTF-8"
            raise SendError(f"{where}: expected an address of Apprise, got none: {why}") from None
    text = text.strip()
    parts = _quietly(lambda: url_to_dict(text)) if text else None
    if not parts:
        got = "one that Apprise does not know" if text else "nothing"
        raise SendError(f"{where}: expected an address of Apprise, got {got}")
    service: Any = apprise.plugins.N_MGR[parts["schema"]]
    return Address(str(parts["schema"]), parts, _secrets(text, has_host="host" in service.template_tokens))


def keeps_identity(config: Config, channel: Channel) -> bool:
    """Whether what a service gets twice can be told to be one.

    Raises
    ------
    SendError
        As `address_of`.
    """
    return address_of(config, channel).schema in (*MAIL, *KEYED)


def takes_recipients(address: Address) -> bool:
    """Whether recipients can be named beside the address: of mail and most SMS gateways, not of robots or webhooks."""
    service: Any = apprise.plugins.N_MGR[address.schema]
    return address.schema in MAIL or "targets" in service.template_tokens or "to" in service.template_args


# Mail


def _mail(address: Address, recipient: str, message: Message, identity: str, committing: Committing) -> str:
    """Send a mail to one recipient; nothing is in doubt before the envelope is handed over."""
    service = _service(address, recipient, {})
    if not isinstance(service, NotifyEmail) or not service.targets:
        raise SendError(f"recipient: expected an address of mail, got {recipient!r}")
    if len(service.targets) > 1:
        raise SendError("address: expected one recipient a mail, got several: name them in `recipients`")
    sender, to = str(service.from_addr[1]), service.targets[0][1]
    mail = EmailMessage(policy=email.policy.SMTP.clone(cte_type="7bit"))
    mail["From"] = email.utils.formataddr((str(service.from_addr[0] or ""), sender))
    mail["To"], mail["Subject"] = to, message.title
    mail["Date"] = email.utils.format_datetime(dt.datetime.now(dt.UTC))
    mail["Message-ID"] = f"<{identity}@{sender.partition('@')[2]}>"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    assert service.port is not None
    with _words_of_apprise() as said:
        try:
            with AppriseSMTPController(
                host=service.smtp_host, port=service.port, secure_mode=service.secure_mode or "", user=service.user,
                password=service.password, verify_certificate=service.verify_certificate,
                socket_connect_timeout=ANSWER_S,
            ) as server:  # fmt: skip
                committing()
                if not server.sendmail(sender, [to], mail.as_string()):
                    raise SendError(_joined(said) or "the mail server did not take it")
        except (OSError, smtplib.SMTPException, RuntimeError) as error:
            raise SendError(f"mail server {service.smtp_host}: {_of_exception(error)}") from None
    return "taken by the mail server"


def _of_exception(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{error.smtp_code} {words}"
    return str(error) or type(error).__name__


# Everything else of Apprise


def _post(address: Address, recipient: str, message: Message, identity: str, committing: Committing) -> str:
    """Send by any other service."""
    headers = {"Idempotency-Key": identity} if address.schema in KEYED else {}
    service = _service(address, recipient, headers)
    if len(service) > 1:
        raise SendError("address: expected one recipient, got several: name them in `recipients`")
    one = apprise.Apprise(asset=_ASSET)
    one.add(service)
    with _answers() as answers:
        committing()
        result = _quietly(
            lambda: one.notify(
                body=message.text, title=message.title, body_format=apprise.NotifyFormat.TEXT, log_level=logging.DEBUG
            )
        )
    said = [
        entry.message
        for entry in result.logs()
        if entry.level in ("WARNING", "ERROR") or entry.message.startswith(("Response Details", "Socket Exception"))
    ]
    if not result:
        raise SendError(_joined(said) or "not taken, without a word")
    refused = refusal(address.schema, answers)
    if refused is not None:
        raise SendError(refused)
    return f"answered {answers[-1].status_code}" if answers else "taken"


def refusal(schema: str, answers: list[requests.Response]) -> str | None:
    """Return the words with which a robot refused in spite of status 200; None where it did not."""
    if schema not in _CODES or not answers:
        return None
    code_key, words_key = _CODES[schema]
    try:
        answer = json.loads(answers[-1].content)
        code = answer.get(code_key, answer.get("StatusCode", 0))
    except (ValueError, AttributeError):
        return f"expected an answer in JSON, got {answers[-1].text[:80]!r}"
    return None if code == 0 else f"{code_key} {code}: {answer.get(words_key, '')}"


def _service(address: Address, recipient: str, headers: dict[str, str]) -> Any:
    """Return the service of an address, for one recipient."""
    parts = {**address.parts}
    parts.setdefault("cto", CONNECT_S)
    parts.setdefault("rto", ANSWER_S)
    parts.setdefault("overflow", apprise.OverflowMode.TRUNCATE)
    if recipient:
        if not takes_recipients(address):
            raise SendError(f"recipients: expected none of {address.schema}://, got {recipient!r}")
        parts["targets"] = [recipient]
        parts.pop("to", None)
    if headers:
        parts["headers"] = {**parts.get("headers", {}), **headers}
    service = _quietly(lambda: apprise.Apprise.instantiate(parts, asset=_ASSET, suppress_exceptions=True))
    if service is None:
        raise SendError(f"address: expected one of {address.schema}:// that is complete, got another")
    return service


_ASSET: Final = apprise.AppriseAsset(app_id="qingjing", app_desc="qingjing", app_url="", async_mode=False)


# Words and secrets


def without_secrets(text: str, secrets: list[str]) -> str:
    """Return words in one line, cut, with everything secret of an address struck out."""
    line = " ".join(text.split())
    for secret in secrets:
        line = line.replace(secret, "****")
    line = re.sub(r"(url: )\S+", r"\1****", line)
    return line if len(line) <= WORDS else line[: WORDS - 3] + "..."


def _secrets(url: str, *, has_host: bool) -> list[str]:
    """Everything of an address but its service, host and port, the longest first.

    Where others have the host a robot's address has its token (`has_host` is false).
    """
    split = urllib.parse.urlsplit(url)
    found = [url, split.username, split.password, *split.path.split("/")]
    found += [value for _, value in urllib.parse.parse_qsl(split.query)]
    if not has_host:
        found += [split.hostname, split.netloc.rpartition("@")[2]]
    both = {part for each in found if each for part in (each, urllib.parse.unquote(each))}
    return sorted((each for each in both if len(each) >= SHORT), key=len, reverse=True)


def _joined(said: list[str]) -> str:
    """What was said, each once, without what Apprise puts before it; of a refused recipient the server's answer."""
    words = (each.removeprefix("Socket Exception: ").strip().rstrip(".") for each in said)
    return "; ".join(dict.fromkeys(_REFUSED.sub(r"\2 \3", each) for each in words if each))


_REFUSED: Final = re.compile(r"""^\{'([^']*)': \(([0-9]{3}), b['"](.*)['"]\)\}$""")

_LOG: Final = logging.getLogger("apprise")
_LOG.propagate = False
_LOG.addHandler(logging.NullHandler())
_LOG.setLevel(logging.DEBUG)
logging.getLogger("urllib3").setLevel(logging.INFO)  # at the level below it logs paths of addresses


class _Words(logging.Handler):
    """Keeps what Apprise logs in one thread."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep words of the other side."""
        if record.thread == self._thread:
            text = record.getMessage()
            if record.levelno >= logging.WARNING or text.startswith(("Socket Exception", "Response Details")):
                self.said.append(text)


@contextlib.contextmanager
def _words_of_apprise() -> Iterator[list[str]]:
    handler = _Words()
    _LOG.addHandler(handler)
    try:
        yield handler.said
    finally:
        _LOG.removeHandler(handler)


def _quietly(call: Callable[[], Any]) -> Any:
    """Call something of Apprise; what it raises for an address that is none becomes words without the address."""
    try:
        return call()
    except (apprise.exception.AppriseException, TypeError, ValueError, AttributeError) as error:
        raise SendError(f"Apprise cannot use the address ({type(error).__name__})") from None


_heard: contextvars.ContextVar[list[requests.Response] | None] = contextvars.ContextVar("heard", default=None)
_send: Final = requests.sessions.Session.send


def _listening(self: requests.sessions.Session, *arguments: Any, **named: Any) -> requests.Response:
    answer = _send(self, *arguments, **named)
    if (answers := _heard.get()) is not None:
        answers.append(answer)
    return answer


requests.sessions.Session.send = _listening  # type: ignore[method-assign]


@contextlib.contextmanager
def _answers() -> Iterator[list[requests.Response]]:
    """Collect the answers that Apprise gets, in whichever of its threads: it does not hand them on."""
    answers: list[requests.Response] = []
    token = _heard.set(answers)
    try:
        yield answers
    finally:
        _heard.reset(token)
