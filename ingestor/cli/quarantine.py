"""Commands on the quarantine: list, show, export, retry, drop."""

import base64
import datetime as dt
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ingestor import quarantine, tables
from ingestor.cli.common import Json, app, opened_ledger, options, print_line, progress_bars
from ingestor.decoding_tables import TO_DO
from ingestor.store import Ledger, Quarantined
from sensors.decoders import compressed
from sensors.errors import ConfigError, printable, shown
from sensors.hj212 import frames
from sensors.reading import REASONS

SHOWN_BYTES = 2000
READ_OF_GZIP_BYTES = 16 * 2**20

quarantine_app = typer.Typer(
    no_args_is_help=True,
    help="What could not be taken: messages with their bytes and the reason. Mend the register or the sources, then "
    "`retry`; `drop` with a reason what is worth nothing.",
)
app.add_typer(quarantine_app, name="quarantine")

Numbers = Annotated[list[int] | None, typer.Argument(help="Ids of messages, as `list` prints them.")]
Reason = Annotated[str | None, typer.Option("--code", help="All whose first reason has this code, such as naive_time.")]
All = Annotated[bool, typer.Option("--all", help="All messages in quarantine.")]


@quarantine_app.command("list")
def quarantine_list(
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
    code: Reason = None,
    json_: Json = False,
) -> None:
    """List messages in quarantine: id, arrival (UTC), how often it came, topic, reason; counts; and what to do."""
    _check_code(code)
    with opened_ledger() as ledger:
        found = ledger.quarantined(limit=limit, code=code)
        reasons = ledger.quarantine_reasons()
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
            f"{q.id:>6}  {_time(q.last_at)}  x{q.seen}  {printable(q.topic) or q.source}  "
            f"{first.code}: {printable(first.detail)}{f' (+{len(q.refusals) - 1})' if len(q.refusals) > 1 else ''}"
        )
    print_line(f"{sum(reasons.values())} messages: {', '.join(f'{n} {code}' for code, n in reasons.items()) or 'none'}")
    for reason in dict.fromkeys(q.refusals[0].code for q in found):
        print_line(f"  {reason} → {TO_DO[reason][options.language]}")


@quarantine_app.command("show")
def quarantine_show(
    number: Annotated[int, typer.Argument(help="Id of the message, as `list` prints it.")],
    raw: Annotated[bool, typer.Option("--raw", help="Write the payload's bytes alone, as they came.")] = False,
    json_: Json = False,
) -> None:
    """Show one message in quarantine: topic, times (UTC), every reason with what to do, and the payload.

    Passwords of HJ 212 are shown as PW=******, those in gzip unpacked; --raw writes the bytes as they came.
    """
    with opened_ledger() as ledger:
        found = ledger.quarantined_one(number)
    if found is None:
        raise _unknown(number)
    if raw:
        sys.stdout.buffer.write(found.payload)
        return
    found = msgspec.structs.replace(found, payload=_masked(found.payload))
    if json_:
        print_line(tables.as_json(found))
        return
    print_line(f"topic:    {printable(found.topic) or '-'}")
    print_line(f"source:   {found.source or '-'}")
    print_line(f"arrived:  {_time(found.first_at)}, last {_time(found.last_at)}, {found.seen} times")
    for refusal in found.refusals:
        print_line(f"reason:   {refusal.code} ({REASONS[refusal.code]}): {printable(refusal.detail)}")
        print_line(f"          → {TO_DO[refusal.code][options.language]}")
    print_line(f"payload:  {len(found.payload):,} bytes")
    for line in found.payload[:SHOWN_BYTES].decode("utf-8", "backslashreplace").splitlines():
        print_line(printable(line))


@quarantine_app.command("export")
def quarantine_export(
    file: Annotated[Path, typer.Argument(help="A new file; - for standard output.")],
    code: Reason = None,
    passwords: Annotated[
        bool, typer.Option("--passwords", help="Passwords of HJ 212 as they came, so that the checks of frames hold.")
    ] = False,
) -> None:
    """Write messages in quarantine as JSON lines, the payload in base64, for instance for a gateway's maker.

    Passwords of HJ 212 are written as PW=******, those in gzip unpacked, unless asked for; `masked` tells where.
    """
    _check_code(code)
    if str(file) != "-" and file.exists():
        raise ConfigError(f"{file}: expected a new file, got one that exists")
    with opened_ledger() as ledger, progress_bars() as progress:
        task = progress.add_task("export", total=sum(ledger.quarantine_reasons().values()))
        numbers = ledger.quarantine_numbers(code=code)
        progress.update(task, total=len(numbers))
        out = sys.stdout if str(file) == "-" else file.open("x", encoding="utf-8")
        try:
            for number in numbers:
                found = ledger.quarantined_one(number)
                if found is not None:
                    out.write(msgspec.json.encode(_exported(found, passwords=passwords)).decode() + "\n")
                progress.advance(task)
        finally:
            if out is not sys.stdout:
                out.close()
                print_line(f"{len(numbers):,} messages written to {file}")


@quarantine_app.command("retry")
def quarantine_retry(number: Numbers = None, code: Reason = None, all_: All = False, json_: Json = False) -> None:
    """Decode messages again with the present configuration, and store what it takes now.

    A message leaves quarantine when nothing of it is refused any more. The running service need not be stopped.
    """
    loaded = options.load()
    with opened_ledger() as ledger:
        numbers = _chosen(ledger, number, code, all_)
        with progress_bars() as progress:
            task = progress.add_task("retry", total=len(numbers))
            done = quarantine.retry(loaded, ledger, numbers, progress=lambda: progress.advance(task))
    if json_:
        print_line(tables.as_json(done))
    else:
        print_line(f"{done.released:,} messages released, {done.stayed:,} stay; {done.values:,} values to the store")


@quarantine_app.command("drop")
def quarantine_drop(
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept with what the messages were.")],
    number: Numbers = None,
    code: Reason = None,
    all_: All = False,
    json_: Json = False,
) -> None:
    """Delete messages from quarantine. Topic, times, refusals and your reason are kept, the bytes are not."""
    if not reason.strip():
        raise ConfigError(f"--reason: expected why they are dropped, got {shown(reason)}")
    with opened_ledger() as ledger:
        dropped = ledger.drop(_chosen(ledger, number, code, all_), reason=reason.strip())
    print_line(tables.as_json({"dropped": dropped}) if json_ else f"{dropped:,} messages dropped")


def _chosen(ledger: Ledger, numbers: list[int] | None, code: str | None, all_: bool) -> list[int]:
    """Ids of the messages that a command names in one of three ways."""
    if bool(numbers) + (code is not None) + all_ != 1:
        raise ConfigError("quarantine: expected ids, or --code, or --all, got none or several of them")
    _check_code(code)
    if not numbers:
        return ledger.quarantine_numbers(code=code)
    known = set(ledger.quarantine_numbers())
    for number in numbers:
        if number not in known:
            raise _unknown(number)
    return numbers


def _check_code(code: str | None) -> None:
    if code is not None and code not in REASONS:
        raise ConfigError(f"--code: expected one of {', '.join(REASONS)}, got {shown(code)}")


def _unknown(number: int) -> ConfigError:
    return ConfigError(
        f"number: expected the id of a message in quarantine, got {number}; see `qingjing quarantine list`"
    )


def _masked(payload: bytes) -> bytes:
    """Return a payload with its passwords masked; of gzip in which some are, or that is very long, what is in it."""
    if not payload.startswith(compressed.MAGIC):
        return frames.masked(payload)
    read = compressed.readable(payload, READ_OF_GZIP_BYTES)
    hidden = frames.masked(read)
    return payload if hidden == read and len(read) < READ_OF_GZIP_BYTES else hidden


def _exported(found: Quarantined, *, passwords: bool) -> dict[str, Any]:
    payload = found.payload if passwords else _masked(found.payload)
    return {
        "id": found.id,
        "first_at": _time(found.first_at),
        "last_at": _time(found.last_at),
        "seen": found.seen,
        "source": found.source,
        "topic": found.topic,
        "refusals": found.refusals,
        "masked": payload != found.payload,
        "payload": base64.b64encode(payload).decode(),
    }


def _time(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")
