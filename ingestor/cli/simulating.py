"""The command simulate."""

import math
import time
from pathlib import Path
from typing import Annotated

import typer

from ingestor import simulating, tables
from ingestor.cli.common import Json, app, options, print_line, progress_bars
from ingestor.config import CLIENT_ID
from ingestor.gateway import Gateway
from ingestor.mqtt_publisher import login_from
from ingestor.simulating import Course
from sensors.errors import ConfigError, shown
from sensors.reading import DAY_S
from sensors.register import Register

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
    stations: Annotated[int | None, typer.Option(min=1, help="Simulate only so many stations of each medium.")] = None,
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
    """
    loaded = options.load()
    broker = loaded.settings.broker
    if city not in [each.id for each in loaded.settings.city]:
        raise ConfigError(f"--city: expected a city of settings.toml, got {shown(city)}")
    if gateway is not None and not CLIENT_ID.fullmatch(gateway):
        raise ConfigError(f"--gateway: expected 1 to 64 letters, digits, ., _ or -, got {shown(gateway)}")
    if password_file is not None and gateway is None:
        raise ConfigError("--password-file: expected --gateway, whose password it is, got nothing")
    chosen = [each for medium in ("air", "water", "noise") for each in loaded.register.of(medium) if each.city == city]
    if stations is not None:
        chosen = [each for each in chosen if [s for s in chosen if s.medium == each.medium].index(each) < stations]
    if not chosen:
        raise ConfigError(f"--city: expected a city with stations, got {shown(city)}, of which none is registered")
    now = time.time()
    course = Course(
        register=Register(chosen),
        city=city,
        seed=seed,
        gateway=gateway,
        since=simulating.resumed(resume, now - history_days * DAY_S),
        spread_s=SPREAD_S,
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
