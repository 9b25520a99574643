"""The command simulate."""

import math
import time
from pathlib import Path
from typing import Annotated

import typer

from ingestor import simulating, simulation_faults, tables
from ingestor.cli.common import Json, app, options, print_line, progress_bars
from ingestor.config import CLIENT_ID
from ingestor.encoders import ENCODERS
from ingestor.encoders.native import NativeEncoder
from ingestor.gateway import Gateway
from ingestor.mqtt_publisher import login_from
from ingestor.simulating import Course
from ingestor.simulation_faults import Faults
from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA, Medium
from sensors.reading import DAY_S
from sensors.register import Register, Station
from sensors.register import parse as stations_of

SPREAD_S = 1800.0
MINUTE_S = 60.0


@app.command()
def simulate(
    city: Annotated[str, typer.Option(help="City whose registered stations are simulated.")] = "shenzhen",
    history_days: Annotated[
        int, typer.Option(min=0, max=3660, help="At first send what was due in so many days before now.")
    ] = 0,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop after so many minutes. Default: go on until stopped.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Messages a second at most.")] = 2000.0,
    stations: Annotated[
        str | None,
        typer.Option(
            metavar="N|FILE",
            help="Simulate only so many stations of each medium, or those of a file like config/stations/air.csv, "
            "of any medium and whatever city.",
        ),
    ] = None,
    dialect: Annotated[
        str, typer.Option(help=f"What messages are written in: {', '.join(ENCODERS)}; see docs/payloads.md.")
    ] = "native",
    show_sources: Annotated[
        bool,
        typer.Option("--show-sources", help="Print what sources.toml of the collector needs for the dialect, and end."),
    ] = False,
    fault_rates: Annotated[
        str | None,
        typer.Option(
            "--faults",
            metavar="SPEC",
            help="How often what goes wrong, as late=0.01,duplicate=0.01,swapped=0.01,missing=0.02,malformed=0.001,"
            'outages=5,seed=3: shares of all messages, and outages a year; what is left out does not happen. "none": '
            "nothing. Default: some of each.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same readings of a year.")] = 1,
    host: Annotated[
        str | None, typer.Option(help="Broker. Default: that of settings.toml, or the one that `qingjing run` starts.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Its port.")] = None,
    gateway: Annotated[
        str | None,
        typer.Option(
            envvar="QINGJING_GATEWAY",
            help="Send as this gateway of several stations, which gateways.csv must give to it; also its user name. "
            "Default: each station sends for itself.",
        ),
    ] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the gateway's password.")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Authority of the broker's certificate; turns TLS on.")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="File that remembers what was sent; a new start goes on from there.")
    ] = None,
    json_: Json = False,
) -> None:
    """Publish readings of the simulated city as they fall due, as its gateways would; `qingjing run` collects them.

    Hourly values of air and noise and 4-hourly ones of water, with the gaps, duplicates, late and broken messages of
    real gateways, at the present time: for trying out displays and operation. The same seed gives the same values, so
    that sending them again changes nothing. A broker that goes away is waited for. SIGTERM or Ctrl-C ends it.

    With --dialect the messages are as gateways of that dialect write them; --show-sources prints what reads them, to be
    added to sources.toml of the collector.
    """
    if dialect not in ENCODERS:
        raise ConfigError(f"--dialect: expected one of {', '.join(ENCODERS)}, got {shown(dialect)}")
    faults = None if fault_rates is None else simulation_faults.parse(fault_rates)
    loaded = options.load()
    encoder = None if dialect == "native" else ENCODERS[dialect](loaded.quantities)
    if show_sources:
        print_line((encoder or NativeEncoder()).sources.rstrip())
        return
    if gateway is not None and dialect != "native":
        raise ConfigError(
            f"--gateway: expected none, as {dialect} has no gateways of several stations, got {gateway!r}"
        )
    broker = loaded.settings.broker
    if city not in [each.id for each in loaded.settings.city]:
        raise ConfigError(f"--city: expected a city of settings.toml, got {shown(city)}")
    if gateway is not None and not CLIENT_ID.fullmatch(gateway):
        raise ConfigError(f"--gateway: expected 1 to 64 letters, digits, ., _ or -, got {shown(gateway)}")
    if password_file is not None and gateway is None:
        raise ConfigError("--password-file: expected --gateway, whose password it is, got nothing")
    chosen = _chosen(stations, loaded.register, city)
    if encoder is not None:
        chosen = [each for each in chosen if each.medium in encoder.media]
        if not chosen:
            raise ConfigError(f"--dialect: expected stations of {', '.join(encoder.media)} for {dialect}, got others")
    now = time.time()
    course = Course(
        register=Register(chosen),
        city=None,
        seed=seed,
        gateway=gateway,
        since=simulating.resumed(resume, now - history_days * DAY_S),
        spread_s=SPREAD_S,
        encoder=encoder,
        faults=faults or Faults(),
    )

    def connect() -> Gateway:
        return Gateway(
            host=host or broker.host or "127.0.0.1",
            port=port or broker.port,
            client_id=gateway or "qingjing-simulator",
            collector=broker.client_id,
            login=login_from(gateway if password_file else None, password_file, ca_file),
        )

    with progress_bars() as progress:
        task = progress.add_task("publish", total=None)
        sent = simulating.simulate(
            course,
            connect,
            rate=rate,
            until=math.inf if minutes is None else now + minutes * MINUTE_S,
            sent_to=resume,
            progress=lambda n: progress.update(task, completed=n),
        )
    if json_:
        print_line(tables.as_json({"sent": sent, "stations": len(chosen)}))
    else:
        print_line(f"{sent:,} messages of {len(chosen)} stations sent and acknowledged")


def _chosen(stations: str | None, register: Register, city: str) -> list[Station]:
    """Return the stations to simulate: of the city, or the first of each medium, or those of a file.

    Raises
    ------
    ConfigError
        If there are none, or the file is no register.
    """
    if stations is not None and not stations.isdecimal():
        return _of_file(Path(stations))
    chosen = [each for medium in MEDIA for each in register.of(medium, city)]
    if stations is not None:
        most = int(stations)
        if most < 1:
            raise ConfigError("--stations: expected at least 1, or a file, got 0")
        chosen = [each for medium in MEDIA for each in [s for s in chosen if s.medium == medium][:most]]
    if not chosen:
        raise ConfigError(f"--city: expected a city with stations, got {shown(city)}, of which none is registered")
    return chosen


def _of_file(file: Path) -> list[Station]:
    """Return the stations of a register's file; its header tells the medium."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"--stations: expected a number, or a CSV file of stations, got {shown(str(file))}"
        ) from error
    columns = strict.columns_of(text, file=str(file))
    medium: Medium = "noise" if "zone_class" in columns else "water" if "target_class" in columns else "air"
    found = stations_of(text, medium, file=str(file))
    if not found:
        raise ConfigError(f"{file}: expected stations, got none")
    return found
