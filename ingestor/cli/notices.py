"""Commands on notices: list, show, ack, resend, test."""

import datetime as dt
import secrets
from contextlib import closing
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ingestor import tables
from ingestor.cli.common import Json, app, existing_store, options, out, print_line
from ingestor.config import Config
from ingestor.notices import texts
from ingestor.notices.channels import SendError, send
from ingestor.notices.facts import Trial
from ingestor.notices.ledger import NoticeLedger
from ingestor.notices.rows import as_row, message_of
from ingestor.notices.settings import KINDS, Channel
from ingestor.store.notices import Delivery
from sensors.errors import ConfigError, printable, shown

EXIT_FAILED = 1

notices_app = typer.Typer(
    no_args_is_help=True,
    help="What people are told, over which channels, and whether it has arrived. config/notices.toml says who gets "
    "what; `test` tries a channel out.",
)
app.add_typer(notices_app, name="notices")

Number = Annotated[int, typer.Argument(help="Number of a notice, as `list` prints it.")]
ChannelName = Annotated[str | None, typer.Option("--channel", help="A channel of config/notices.toml.")]

_HEADS = {
    "zh": ("编号", "时间", "级别", "通知", "发送"),
    "en": ("number", "at", "level", "notice", "deliveries"),
}
_STATES = {
    "waiting": {"zh": "待发送", "en": "waiting"},
    "sending": {"zh": "发送中", "en": "being sent"},
    "delivered": {"zh": "已送达", "en": "delivered"},
    "failed": {"zh": "失败，将重试", "en": "failed, tried again"},
    "given_up": {"zh": "失败，已放弃", "en": "given up"},
    "in_doubt": {"zh": "结果不明", "en": "in doubt"},
    "acknowledged": {"zh": "已确认，无需升级", "en": "acknowledged, not escalated"},
    "over": {"zh": "已解除，无需升级", "en": "over, not escalated"},
}
_COLOURS = {"delivered": "green", "failed": "red", "given_up": "red", "in_doubt": "red", "waiting": "yellow"}


@notices_app.command("list")
def notices_list(
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
    kind: Annotated[str | None, typer.Option(help=f"One of {', '.join(KINDS)}.")] = None,
    open_: Annotated[bool, typer.Option("--open", help="Only those that nobody has acknowledged.")] = False,
    json_: Json = False,
) -> None:
    """List notices: number, time, level, title, and what became of each delivery, with the other side's words."""
    if kind is not None and kind not in KINDS:
        raise ConfigError(f"--kind: expected one of {', '.join(KINDS)}, got {shown(kind)}")
    loaded = options.load()
    with closing(NoticeLedger(existing_store())) as ledger:
        found = ledger.notices(limit=limit, kind=kind, opened=open_)
        deliveries = ledger.deliveries(each.id for each in found)
    if json_:
        print_line(tables.as_json([as_row(loaded, each, deliveries[each.id], options.language) for each in found]))
        return
    table = Table()
    for head in _HEADS[options.language]:
        table.add_column(head, overflow="fold", justify="right" if head in ("编号", "number") else "left")
    for each in found:
        by = each.acknowledged_by
        acknowledged = (f"\n已确认：{by}" if options.language == "zh" else f"\nacknowledged: {by}") if by else ""
        table.add_row(
            str(each.id), _time(loaded, each.at), texts.LEVEL_WORDS[each.level][options.language],
            escape(message_of(loaded, each, options.language).title + acknowledged),
            "\n".join(_delivery(each) for each in deliveries[each.id]) or "-",
        )  # fmt: skip
    out.print(table)


@notices_app.command("show")
def notices_show(number: Number, json_: Json = False) -> None:
    """Show one notice: its key, its text as it is sent, and each delivery with its tries and the other side's words."""
    loaded = options.load()
    with closing(NoticeLedger(existing_store())) as ledger:
        notice = ledger.notice(number)
        deliveries = ledger.deliveries([number])[number]
    if json_:
        print_line(tables.as_json(as_row(loaded, notice, deliveries, options.language)))
        return
    message = message_of(loaded, notice, options.language)
    print_line(f"{message.title}\n{message.text}")
    print_line(f"key           {' / '.join(map(str, notice.key))}")
    print_line(f"noticed       {_time(loaded, notice.at)}")
    if notice.acknowledged is not None:
        remark = f": {printable(notice.remark)}" if notice.remark else ""
        print_line(f"acknowledged  {_time(loaded, notice.acknowledged)} by {printable(notice.acknowledged_by)}{remark}")
    for each in deliveries:
        last = f", last {_time(loaded, each.last_tried)}" if each.last_tried is not None else ""
        print_line(f"{_to(each)}: {each.state}, {each.attempts} tries{last}{f': {each.words}' if each.words else ''}")


@notices_app.command("ack")
def notices_ack(
    numbers: Annotated[list[int], typer.Argument(help="Numbers of notices, as `list` prints them.")],
    by: Annotated[str, typer.Option(help="Who acknowledges.")],
    remark: Annotated[str, typer.Option(help="What was found, or is done about it.")] = "",
) -> None:
    """Acknowledge notices: they are escalated no more.

    Example: qingjing notices ack 12 --by "Li Lei" --remark "pump replaced"
    """
    if not by.strip():
        raise ConfigError("--by: expected who acknowledges, got nothing")
    with closing(NoticeLedger(existing_store())) as ledger:
        for number in numbers:
            ledger.notice(number)
        for number in numbers:
            first = ledger.acknowledge(number, by=by.strip(), remark=remark)
            print_line(f"notice {number}: {'acknowledged' if first else 'had been acknowledged before'}")


@notices_app.command("resend")
def notices_resend(
    number: Number,
    channel: ChannelName = None,
    recipient: Annotated[str | None, typer.Option(help="One of its recipients.")] = None,
) -> None:
    """Send a notice once more, on purpose: to all that it went to, or over one channel. The service does it.

    What has failed is tried at once; what has arrived arrives a second time, as another message.
    """
    with closing(NoticeLedger(existing_store())) as ledger:
        n = ledger.resend(number, channel=channel, recipient=recipient)
    if not n:
        raise ConfigError(f"notice {number}: expected a delivery over that channel, got none; `qingjing notices show`")
    print_line(
        f"notice {number}: {n} deliveries with the next look of `qingjing run`, or now: qingjing jobs run notices"
    )


@notices_app.command("test")
def notices_test(
    channel: Annotated[str, typer.Option(help="A channel of config/notices.toml.")],
    recipient: Annotated[
        str | None, typer.Option(help="Whom to send it to. Default: the first recipient that a route names.")
    ] = None,
    json_: Json = False,
) -> None:
    """Send a message to try a channel out, now, and say what the other side answered; the service need not run.

    Exits with 1 where it was not taken. Nothing of the address is printed.

    Example: qingjing notices test --channel file
    """
    loaded = options.load()
    chosen = _channel(loaded, channel)
    named = [each for route in loaded.notices.route if route.channel == channel for each in route.recipients]
    to = recipient if recipient is not None else next(iter(named), "")
    message = texts.message(
        loaded, Trial(channel=channel), loaded.notices.language_of(chosen), level="info", number=None
    )
    try:
        words, good = send(loaded, options.data, chosen, to, message, identity=f"test.{secrets.token_hex(12)}"), True
    except SendError as error:
        words, good = str(error), False
    if json_:
        print_line(tables.as_json({"channel": channel, "recipient": to, "delivered": good, "words": words}))
    else:
        print_line(f"channel {channel}{f', {to}' if to else ''}: {'delivered' if good else 'not delivered'}: {words}")
    if not good:
        raise typer.Exit(EXIT_FAILED)


def _channel(loaded: Config, name: str) -> Channel:
    found = loaded.notices.channel_named(name)
    if found is None:
        known = ", ".join(each.name for each in loaded.notices.channel)
        raise ConfigError(
            f"--channel: expected one of {known or 'none, config/notices.toml has no'}, got {shown(name)}"
        )
    return found


def _delivery(each: Delivery) -> str:
    colour = _COLOURS.get(each.state, "dim")
    words = f": {each.words}" if each.words and each.state in ("failed", "given_up") else ""
    return f"{escape(_to(each))} [{colour}]{_STATES[each.state][options.language]}[/]{escape(words)}"


def _to(each: Delivery) -> str:
    return f"{each.channel} {printable(each.recipient)}".strip()


def _zone(loaded: Config) -> dt.timezone:
    return dt.timezone(dt.timedelta(seconds=loaded.offset_s))


def _time(loaded: Config, at: float) -> str:
    return dt.datetime.fromtimestamp(at, _zone(loaded)).strftime("%Y-%m-%d %H:%M:%S")
