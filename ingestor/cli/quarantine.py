"""Commands on the quarantine: list, show."""

import datetime as dt
import sys
from typing import Annotated

import typer

from ingestor import tables
from ingestor.cli.common import Json, app, open_store, print_line
from sensors.errors import ConfigError, printable
from sensors.reading import REASONS

SHOWN_BYTES = 2000

quarantine_app = typer.Typer(
    no_args_is_help=True, help="What could not be taken: messages with their bytes and the reason."
)
app.add_typer(quarantine_app, name="quarantine")


@quarantine_app.command("list")
def quarantine_list(
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20, json_: Json = False
) -> None:
    """List messages in quarantine: id, arrival, how often it came, topic, reason."""
    with open_store() as store:
        found = store.quarantined(limit=limit)
        reasons = store.quarantine_reasons()
    if json_:
        rows = [
            {
                "id": q.id,
                "last_at": _time(q.last_at),
                "seen": q.seen,
                "topic": q.topic,
                "bytes": len(q.payload),
                "refusals": q.refusals,
            }
            for q in found
        ]
        print_line(tables.as_json({"reasons": reasons, "messages": rows}))
        return
    for q in found:
        first = q.refusals[0]
        print_line(
            f"{q.id:>6}  {_time(q.last_at)}  x{q.seen}  {printable(q.topic)}  {first.code}: {printable(first.detail)}"
        )
    print_line(f"{sum(reasons.values())} messages: {', '.join(f'{n} {code}' for code, n in reasons.items()) or 'none'}")


@quarantine_app.command("show")
def quarantine_show(
    number: Annotated[int, typer.Argument(help="Id of the message, as `list` prints it.")],
    raw: Annotated[bool, typer.Option("--raw", help="Write the payload's bytes alone, as they came.")] = False,
    json_: Json = False,
) -> None:
    """Show one message in quarantine: topic, times, every reason, and the payload."""
    with open_store() as store:
        found = store.quarantined_one(number)
    if found is None:
        raise ConfigError(
            f"number: expected the id of a message in quarantine, got {number}; see `qingjing quarantine list`"
        )
    if raw:
        sys.stdout.buffer.write(found.payload)
        return
    if json_:
        print_line(tables.as_json(found))
        return
    print_line(f"topic:    {printable(found.topic)}")
    print_line(f"source:   {found.source or '-'}")
    print_line(f"arrived:  {_time(found.first_at)}, last {_time(found.last_at)}, {found.seen} times")
    for refusal in found.refusals:
        print_line(f"reason:   {refusal.code} ({REASONS[refusal.code]}): {printable(refusal.detail)}")
    print_line(f"payload:  {len(found.payload):,} bytes")
    for line in found.payload[:SHOWN_BYTES].decode("utf-8", "backslashreplace").splitlines():
        print_line(printable(line))


def _time(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")
