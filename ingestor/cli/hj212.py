"""The command hj212-gateway."""

import asyncio
import re
import signal
import ssl
from pathlib import Path
from typing import Annotated, Final

import typer

from ingestor import tables
from ingestor.cli.common import Json, app, options, print_line, say
from ingestor.config import CLIENT_ID
from ingestor.hj212 import counts as counting
from ingestor.hj212 import devices as reading
from ingestor.hj212.publishing import Publisher
from ingestor.hj212.rules import TOPIC, Rules
from ingestor.hj212.seen import Seen
from ingestor.hj212.server import Server, server_tls
from ingestor.hj212.session import Shared
from ingestor.mqtt_publisher import login_from
from sensors.errors import ConfigError, shown
from sensors.hj212.commands import HISTORY
from sensors.hj212.frames import CheckRule, LengthRule

SEEN: Final = "hj212-seen.json"
CLIENT: Final = "qingjing-hj212"
_ADDRESS: Final = re.compile(r"(?:(?P<v6>\[[0-9A-Fa-f:.]+\])|(?P<host>[A-Za-z0-9_.-]+)):(?P<port>\d{1,5})")
_TOPIC: Final = re.compile(r"[^+#\0{}]*\{mn\}[^+#\0{}]*")


@app.command("hj212-gateway")
def hj212_gateway(
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where devices connect; 0.0.0.0:PORT for all networks.")
    ] = "127.0.0.1:5212",
    devices: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV of who may send: mn,password,password_file."),
    ] = None,
    any_device: Annotated[
        bool, typer.Option("--any-device", help="Take every device with any password: for trying out.")
    ] = False,
    check: Annotated[
        CheckRule, typer.Option(help="Which check frames must carry: HJ 212's, also CRC-16/MODBUS, or any.")
    ] = "strict",
    length: Annotated[LengthRule, typer.Option(help="Whether the length that a frame declares must hold.")] = "strict",
    topic: Annotated[str, typer.Option(help="Where frames are published; {mn} stands for the device's MN.")] = TOPIC,
    sync_clock: Annotated[
        float | None,
        typer.Option(min=1, metavar="SECONDS", help="Set the clock of a device that drifts further (1012)."),
    ] = None,
    back_fetch: Annotated[
        str | None,
        typer.Option(
            metavar="COMMANDS",
            help="After a gap ask a device for its history: 2051 (minutes), 2061 (hours), 2031 (days); with commas.",
        ),
    ] = None,
    back_fetch_hours: Annotated[float, typer.Option(min=1, help="So many hours back at most.")] = 72.0,
    connections: Annotated[int, typer.Option(min=1, max=100_000, help="Connections at most.")] = 5000,
    frame_rate: Annotated[
        float, typer.Option(min=0.1, help="Frames a second of a connection; above it, it waits.")
    ] = 20.0,
    longest: Annotated[int, typer.Option(min=100, max=9999, help="Longest segment of a frame in bytes.")] = 9999,
    login_s: Annotated[float, typer.Option(min=0.1, help="Time until the first frame of a known device.")] = 30.0,
    idle_s: Annotated[
        float, typer.Option(min=0.1, help="A connection is closed after so long without a frame.")
    ] = 3900.0,
    cert_file: Annotated[Path | None, typer.Option(help="Certificate to show to devices; turns TLS on.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="Its key.")] = None,
    host: Annotated[
        str | None, typer.Option(help="Broker. Default: that of settings.toml, or the one that `qingjing run` starts.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Its port.")] = None,
    client_id: Annotated[str, typer.Option(help="What the gateway calls itself at the broker.")] = CLIENT,
    username: Annotated[str | None, typer.Option(help="Its user there.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the user's password.")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Authority of the broker's certificate; turns TLS on.")] = None,
    metrics_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Serve /metrics for Prometheus on 127.0.0.1; 0 for none.")
    ] = 0,
    json_: Json = False,
) -> None:
    """Take HJ 212 from field devices over TCP, publish their frames by MQTT, and answer them.

    A device is answered (9014) when the broker has acknowledged its frame, and not before: while the broker is away
    it gets no answer and sends again. Frames are published as they came, for the collector's dialect hj212 to read.
    What is no good frame is counted, not answered, and published too where its device is known, so that it ends in
    quarantine. SIGTERM or Ctrl-C ends it, after what was received is safe. docs/hj212.md tells more.

    \b
    qingjing hj212-gateway --listen 0.0.0.0:5212 --devices hj212-passwords.csv
    qingjing hj212-gateway --any-device --back-fetch 2051,2061 --sync-clock 60
    """
    loaded = options.load()
    broker = loaded.settings.broker
    address = _ADDRESS.fullmatch(listen)
    if address is None or int(address["port"]) > 65_535:
        raise ConfigError(f"--listen: expected HOST:PORT, got {shown(listen)}")
    if (devices is None) != any_device:
        raise ConfigError("--devices: expected a file of devices, or --any-device to take all, got neither or both")
    if not _TOPIC.fullmatch(topic):
        raise ConfigError(f"--topic: expected a topic with {{mn}} once and without + or #, got {shown(topic)}")
    if (cert_file is None) != (key_file is None):
        raise ConfigError("--cert-file: expected it together with --key-file, got one of the two")
    if password_file is not None and username is None:
        raise ConfigError("--password-file: expected --username, whose password it is, got nothing")
    if not CLIENT_ID.fullmatch(client_id):
        raise ConfigError(f"--client-id: expected 1 to 64 letters, digits, ., _ or -, got {shown(client_id)}")
    rules = Rules(
        offset_s=loaded.offset_s, topic=topic, check=check, length=length, longest=longest, connections=connections,
        frames_per_s=frame_rate, login_s=login_s, idle_s=idle_s, sync_clock_s=sync_clock,
        back_fetch=_commands(back_fetch), back_fetch_h=back_fetch_hours,
    )  # fmt: skip
    known = reading.Devices(None) if devices is None else reading.read(devices)
    try:
        login = login_from(username, password_file, ca_file)
    except OSError as error:
        raise ConfigError(f"--password-file, --ca-file: expected readable files, got {error}") from error
    tls = None if cert_file is None or key_file is None else server_tls(cert_file, key_file)
    options.data.mkdir(parents=True, exist_ok=True)
    counts, complaints = counting.Counts(), counting.Complaints()
    if metrics_port:
        counting.serve(counts, metrics_port)

    async def serve(tls: ssl.SSLContext | None) -> None:
        publisher = Publisher(
            host or broker.host or "127.0.0.1",
            port or broker.port,
            client_id=client_id,
            counts=counts,
            complaints=complaints,
            login=login,
        )
        shared = Shared(
            rules=rules,
            devices=known,
            publisher=publisher,
            seen=Seen(options.data / SEEN),
            counts=counts,
            complaints=complaints,
            entered={},
        )
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        at = (address["v6"] or address["host"]).strip("[]")
        await Server(shared, publisher, tls=tls).run(at, int(address["port"]), stop=stop)

    asyncio.run(serve(tls))
    told = counts.summary()
    if json_:
        print_line(tables.as_json(told))
    else:
        refused = sum(counts.refused.values())
        say(
            f"收到 {counts.frames:,} 帧，已发布 {counts.published:,}，已应答 {counts.answered:,}，拒收 {refused:,}",
            f"{counts.frames:,} frames received, {counts.published:,} messages published, {counts.answered:,} "
            f"answered, {refused:,} not taken",
        )


def _commands(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    found = tuple(each.strip() for each in text.split(","))
    for each in found:
        if each not in HISTORY:
            raise ConfigError(f"--back-fetch: expected {', '.join(HISTORY)}, joined by commas, got {shown(each)}")
    return found
