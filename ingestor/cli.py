"""The command `qingjing`."""

import contextlib
import datetime as dt
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from aggregations import periods
from ingestor import __version__, config, demo, derivation, evaluation, formats, service, tables
from ingestor.broker import BrokerError
from ingestor.config import Config
from ingestor.formats import FORMATS
from ingestor.gateway import Gateway, GatewayError
from ingestor.store import SqliteStore, StoreError
from ingestor.tables import Language
from sensors import register as registers
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA
from sensors.reading import REASONS

EXIT_FAILED = 1
EXIT_USAGE = 2

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
quarantine_app = typer.Typer(no_args_is_help=True, help="What could not be taken: messages with their bytes and the reason.")
app.add_typer(quarantine_app, name="quarantine")

out = Console(soft_wrap=False)
err = Console(stderr=True)


class _Common(msgspec.Struct):
    """Options that all commands share."""

    config: Path | None = None
    data: Path = Path("qingjing-data")
    language: Language = "zh"

    def load(self) -> Config:
        return config.load(config.find_directory(self.config))


_common = _Common()

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def main() -> None:
    """Run the command; errors become one line and an exit code: 2 for a mistake in input, 1 for a failure."""
    try:
        app()
    except ConfigError as error:
        _fail(error, EXIT_USAGE)
    except (StoreError, BrokerError, GatewayError) as error:
        _fail(error, EXIT_FAILED)
    except KeyboardInterrupt:
        _fail("stopped; what was stored stays, start again to go on", 130)


def _fail(error: object, code: int) -> NoReturn:
    sys.stderr.write(f"qingjing: {error}\n")
    raise SystemExit(code)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(__version__, highlight=False)
        raise typer.Exit


@app.callback()
def common(
    config: Annotated[Path | None, typer.Option(envvar="QINGJING_CONFIG", help="Directory of the configuration. Default: ./config, or the one that came along.")] = None,
    data: Annotated[Path, typer.Option(envvar="QINGJING_DATA", help="Directory of the store.")] = Path("qingjing-data"),
    lang: Annotated[str, typer.Option(envvar="QINGJING_LANG", help="Language of tables: zh or en.")] = "zh",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """A city's air, water and noise readings over MQTT, held against the national standards and the published plan.

    Start with `qingjing demo`. In operation: `qingjing check`, then `qingjing run` as a service; `qingjing derive`
    brings hours and days up to date, `qingjing targets` shows where the city stands.
    """
    _common.config, _common.data = config, data
    if lang not in ("zh", "en"):
        raise ConfigError(f"--lang: expected zh or en, got {shown(lang)}")
    _common.language = lang
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )


@app.command()
def check() -> None:
    """Check all of the configuration; connect to nothing.

    Prints what was found and exits with 0, or prints the first mistake (file, place, what was expected) and exits with 2.
    """
    loaded = _common.load()
    counts = ", ".join(f"{len(loaded.register.of(medium))} {medium}" for medium in MEDIA)
    broker = loaded.settings.broker
    where = f"{broker.host}:{broker.port}" if broker.host else f"embedded, 127.0.0.1:{broker.port}"
    print_line(f"{loaded.directory}: good")
    print_line(f"stations: {counts}")
    print_line(f"sources: {', '.join(f'{s.name} ({s.subscription}, {s.dialect})' for s in loaded.sources)}")
    print_line(f"standards: {', '.join(s.edition.id for s in loaded.standards.all)}")
    print_line(f"plans: {', '.join(loaded.plans)}")
    print_line(f"broker: {where}")


@app.command()
def init(directory: Annotated[Path, typer.Argument(help="A new or empty directory.")]) -> None:
    """Copy the default configuration to DIRECTORY, to be made your city's own."""
    config.initialise(directory)
    print_line(f"{directory}: made; use it with `qingjing --config {directory} ...`")


@app.command()
def run(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the broker, in place of settings.toml's.")] = None,
) -> None:
    """Collect: subscribe to the broker, store readings, acknowledge. Ends on SIGTERM or Ctrl-C, losing nothing.

    Without `broker.host` in settings.toml it starts its own broker on 127.0.0.1.
    """
    loaded = _common.load()
    if port is not None:
        settings = msgspec.structs.replace(
            loaded.settings, broker=msgspec.structs.replace(loaded.settings.broker, port=port)
        )
        loaded = msgspec.structs.replace(loaded, settings=settings)
    service.run(loaded, _common.data)


@app.command()
def derive(json_: Json = False) -> None:
    """Derive hours and days of all stations and cities from the raw readings."""
    loaded = _common.load()
    with _store() as store, _progress() as progress:
        task = progress.add_task("derive", total=len(loaded.register.stations))
        done = derivation.derive(loaded, store, progress=lambda _: progress.advance(task))
        progress.update(task, completed=len(loaded.register.stations))
    if json_:
        print_line(tables.as_json(done))
        return
    for medium, count in done.stations.items():
        print_line(f"{medium}: {count} stations, {done.station_days[medium]:,} station-days")
    print_line(f"cities: {done.city_days:,} days of air")


@app.command()
def targets(
    plan: Annotated[str, typer.Option(help="Id of the plan: the name of a file of config/plans/.")],
    as_of: Annotated[str | None, typer.Option(help="Last day that counts, such as 2020-12-31. Default: today.")] = None,
    json_: Json = False,
) -> None:
    """Hold each target of a plan against the readings: value, limit, valid and expected counts, status.

    A value followed by ? rests on too little data and decides nothing.
    """
    loaded = _common.load()
    chosen = loaded.plans.get(plan)
    if chosen is None:
        raise ConfigError(f"--plan: expected one of {', '.join(loaded.plans)}, got {shown(plan)}")
    day = _day(as_of, loaded)
    with _store() as store:
        _warn_if_stale(loaded, store)
        verdicts = evaluation.evaluate(loaded, store, chosen, day)
    if json_:
        print_line(tables.as_json({"plan": chosen.id, "as_of": day, "targets": verdicts}))
    else:
        out.print(tables.targets(chosen, verdicts, _common.language, title=str(day)))


@app.command()
def indicators(
    scope: Annotated[str, typer.Option(help="city:ID, station:ID, or list:NAME of the plan given.")],
    period: Annotated[str, typer.Option(help="2020, 2020-06, or 2020-01-01..2020-06-30.")],
    name: Annotated[list[str] | None, typer.Option(help="Name of an indicator; may be given again. Default: all that fit.")] = None,
    plan: Annotated[str | None, typer.Option(help="Plan whose lists the scope names.")] = None,
    json_: Json = False,
) -> None:
    """Print the figures of a scope and a period alone, judged against nothing."""
    loaded = _common.load()
    if plan is not None and plan not in loaded.plans:
        raise ConfigError(f"--plan: expected one of {', '.join(loaded.plans)}, got {shown(plan)}")
    with _store() as store:
        _warn_if_stale(loaded, store)
        found = evaluation.all_figures(
            loaded, store, scope, periods.parse(period), names=name or [], plan=loaded.plans[plan] if plan else None
        )
    if json_:
        print_line(tables.as_json(found))
    else:
        out.print(tables.figures(found, _common.language))


FileFormat = Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")]
Files = Annotated[list[Path], typer.Argument(help="Files of that format.")]


@app.command()
def replay(
    file: Files,
    file_format: FileFormat,
    host: Annotated[str | None, typer.Option(help="Broker. Default: that of settings.toml.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Its port.")] = None,
    json_: Json = False,
) -> None:
    """Publish real files through MQTT at QoS 1, as a gateway would; `qingjing run` collects at the other end.

    Stations must be registered: `qingjing register` prints the rows. Sending a file again changes nothing.
    """
    chosen = _format(file_format)
    loaded = _common.load()
    broker = loaded.settings.broker
    gateway = Gateway(
        host=host or broker.host or "127.0.0.1",
        port=port or broker.port,
        client_id=f"qingjing-replay-{os.getpid()}",
        collector=broker.client_id,
    )
    empty = 0

    def messages() -> Iterator[tuple[str, bytes]]:
        nonlocal empty
        for each in file:
            for message in chosen.messages(each):
                if message.values:
                    yield f"env/v1/{message.medium}/{message.station}", message.payload()
                else:
                    empty += 1

    with _progress() as progress:
        task = progress.add_task("publish", total=None)
        sent = gateway.publish(messages(), progress=lambda n: progress.update(task, completed=n))
        progress.update(task, total=sent)
        task = progress.add_task("commit", total=sent)
        committed = gateway.wait_until_committed(progress=lambda n: progress.update(task, completed=min(n, sent)))
    gateway.close()
    if json_:
        print_line(tables.as_json({"sent": sent, "without_values": empty, "committed": committed}))
    else:
        print_line(f"{sent:,} messages sent and acknowledged; {empty:,} rows held nothing to send")
        print_line("the collector has committed all of them" if committed else "no collector was heard: the broker keeps them")


@app.command()
def register(file: Files, file_format: FileFormat, city: Annotated[str, typer.Option(help="Id of their city in settings.toml.")]) -> None:
    """Print the rows of config/stations/*.csv for the stations of real files, header first."""
    chosen = _format(file_format)
    found = {station.id: station for each in file for station in chosen.stations(each, city)}
    sys.stdout.write(registers.as_csv(list(found.values())))


@quarantine_app.command("list")
def quarantine_list(
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20, json_: Json = False
) -> None:
    """List messages in quarantine: id, arrival, how often it came, topic, reason."""
    with _store() as store:
        found = store.quarantined(limit=limit)
        reasons = store.quarantine_reasons()
    if json_:
        rows = [
            {"id": q.id, "last_at": _time(q.last_at), "seen": q.seen, "topic": q.topic, "bytes": len(q.payload), "refusals": q.refusals}
            for q in found
        ]
        print_line(tables.as_json({"reasons": reasons, "messages": rows}))
        return
    for q in found:
        first = q.refusals[0]
        print_line(f"{q.id:>6}  {_time(q.last_at)}  x{q.seen}  {q.topic}  {first.code}: {first.detail}")
    print_line(f"{sum(reasons.values())} messages: {', '.join(f'{n} {code}' for code, n in reasons.items()) or 'none'}")


@quarantine_app.command("show")
def quarantine_show(
    number: Annotated[int, typer.Argument(help="Id of the message, as `list` prints it.")],
    raw: Annotated[bool, typer.Option("--raw", help="Write the payload's bytes alone, as they came.")] = False,
    json_: Json = False,
) -> None:
    """Show one message in quarantine: topic, times, every reason, and the payload."""
    with _store() as store:
        found = store.quarantined_one(number)
    if found is None:
        raise ConfigError(f"number: expected the id of a message in quarantine, got {number}; see `qingjing quarantine list`")
    if raw:
        sys.stdout.buffer.write(found.payload)
        return
    if json_:
        print_line(tables.as_json(found))
        return
    print_line(f"topic:    {found.topic}")
    print_line(f"source:   {found.source or '-'}")
    print_line(f"arrived:  {_time(found.first_at)}, last {_time(found.last_at)}, {found.seen} times")
    for refusal in found.refusals:
        print_line(f"reason:   {refusal.code} ({REASONS[refusal.code]}): {refusal.detail}")
    print_line(f"payload:  {len(found.payload):,} bytes")
    print_line(found.payload[:2000].decode("utf-8", "backslashreplace"))


@app.command("demo")
def demo_command(
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same table.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=demo.WHOLE_YEAR, help="Days from 2020-01-01 on.")] = demo.WHOLE_YEAR,
    directory: Annotated[Path, typer.Option(help="Where the demonstration keeps its data.")] = Path("demo-data"),
    json_: Json = False,
) -> None:
    """Run the whole path on a simulated city: a year of readings through MQTT to the verdict on its plan.

    Starts a broker and the collector, sends a year of readings of 12 air stations, 13 water sections and 10 noise
    monitors with the faults of real gateways mixed in, derives, and prints the table of targets. Killed and started
    again it ends in the same table. The configuration is always the default one, never --config.
    """
    loaded = config.load(demo.default_config())
    data = directory / f"seed-{seed}-days-{days}"
    with _progress() as progress:
        tasks: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total)
            progress.update(tasks[step], completed=min(done, total), total=total)

        outcome = demo.run(loaded, data, seed=seed, days=days, progress=show)
    if json_:
        print_line(tables.as_json(outcome))
        return
    for plan_id, verdicts in outcome.verdicts.items():
        as_of = dt.date(2020, 1, 1) + dt.timedelta(days=days - 1)
        out.print(tables.targets(loaded.plans[plan_id], verdicts, _common.language, title=str(as_of)))
    print_line(f"received     {outcome.messages:>9,} messages ({outcome.sent:,} sent in this run)")
    print_line(f"stored       {outcome.stored_values:>9,} values")
    print_line(f"quarantined  {sum(outcome.quarantined.values()):>9,} messages")
    for code, count in outcome.quarantined.items():
        print_line(f"  {code:<18} {count:>2}  {REASONS[code]}")
    print_line(f"data         {outcome.data}")
    print_line(f"see also     qingjing --data {data} quarantine list")


def print_line(text: str) -> None:
    """Print a line as it is: no markup, no wrapping."""
    sys.stdout.write(text + "\n")


@contextlib.contextmanager
def _store() -> Iterator[SqliteStore]:
    file = service.store_file(_common.data)
    if not file.is_file():
        raise StoreError(f"store {file}: expected a store, got none; `qingjing run` makes it, --data says where")
    store = SqliteStore(file)
    with contextlib.closing(store):
        yield store


def _warn_if_stale(loaded: Config, store: SqliteStore) -> None:
    if derivation.is_stale(loaded, store):
        err.print("readings or configuration changed since the last `qingjing derive`: figures are of then", style="yellow")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:<8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=err
    )


def _format(name: str) -> formats.FileFormat:
    if name not in FORMATS:
        raise ConfigError(f"--format: expected one of {', '.join(FORMATS)}, got {shown(name)}")
    return FORMATS[name]


def _day(text: str | None, loaded: Config) -> dt.date:
    if text is None:
        return loaded.local_day(int(dt.datetime.now(dt.UTC).timestamp()))
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--as-of: expected a date such as 2020-12-31, got {shown(text)}") from error


def _time(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")
