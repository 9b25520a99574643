"""The doctor: looks at broker, store, clock, disk and permissions, and says what to do."""

import datetime as dt
import email.utils
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from ingestor import broker, service
from ingestor.config import Config
from ingestor.mqtt_session import Session, SessionError
from ingestor.store import InfluxServer, Ledger, StoreError, store_file
from ingestor.store.influx_server import TOKEN

ANSWER_S = 10.0
CLOCK_OFF_S = 5.0
"""More than this between our clock and the store's server is a fault; a reading may be 300 s ahead at most."""
OLD_OUTBOX_S = 600.0
FREE_SHARE = 0.05


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at: `good` or not, what was seen, and what to do where it is not good."""

    subject: str
    good: bool
    seen: str
    do: str = ""


def examine(config: Config, data: Path) -> Iterator[Finding]:
    """Yield what is found, one thing after the other; takes some seconds where a server does not answer."""
    yield from _service(data)
    yield from _broker(config)
    yield from _store(config)
    yield from _clock(config)
    yield from _disk(config, data)
    yield from _outbox(data)
    yield from _permissions(config, data)


def _service(data: Path) -> Iterator[Finding]:
    if not data.is_dir():
        yield Finding("service", False, f"{data} does not exist", "start `qingjing run`, or give --data")
        return
    try:
        with service.alone(data, wait_s=0.0):
            yield Finding("service", False, "not running", "start `qingjing run`; docs/operations.md has a unit")
    except service.InUseError:
        yield Finding("service", True, f"runs on {data}")
    except StoreError as error:
        yield Finding("service", False, str(error), "run the doctor as the service's user")


def _broker(config: Config) -> Iterator[Finding]:
    settings = config.settings.broker
    host = settings.host or broker.HOST
    where = "embedded" if settings.host is None else ("TLS" if settings.tls else "without TLS")
    probe = msgspec.structs.replace(settings, client_id=f"{settings.client_id[:50]}-doctor-{os.getpid()}")
    session = Session(probe, host=host, port=settings.port, directory=config.directory, clock=time.time, brief=True)
    try:
        session.connect([], leave=[])
        _until(lambda: session.receive([], most=1, most_bytes=1, wait_s=0.1), lambda: session.connected)
        yield Finding("broker", True, f"{session.address} ({where}) accepts us")
    except SessionError as error:
        do = "start `qingjing run`, which starts it" if settings.host is None else "see docs/broker.md"
        yield Finding("broker", False, str(error), f"{do}; [broker] in settings.toml says where it is")
    finally:
        session.close()
    if settings.host is None:
        yield Finding(
            "broker", False, "the embedded broker keeps messages in memory only",
            "for operation set broker.host to a broker with persistence (docs/broker.md)",
        )  # fmt: skip
    elif settings.tls is None and host not in ("127.0.0.1", "localhost", "::1"):
        yield Finding("broker", False, f"{host} without TLS", "set [broker.tls] in settings.toml")


def _until(step: Callable[[], None], reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + ANSWER_S
    while not reached():
        step()
        if time.monotonic() > deadline:
            raise SessionError(f"no answer within {ANSWER_S:.0f} s")


def _store(config: Config) -> Iterator[Finding]:
    settings = config.settings.store
    if settings.kind == "sqlite":
        yield Finding("store", True, "SQLite, in the data directory")
        return
    try:
        server = InfluxServer(settings.database, retention_policy=settings.retention_policy)
    except StoreError as error:
        yield Finding("store", False, str(error), "set the variables of influxdb-client for the service")
        return
    try:
        version = server.version()
        found = f"InfluxDB {version or 'of unknown version'} at {server.url}"
        list(server.query('SHOW TAG KEYS FROM "air"'))
        server.write(b"")
        yield Finding("store", True, f"{found} lets us read and write {settings.database!r}")
    except Exception as error:  # noqa: BLE001  # whatever it answers, the doctor says it
        yield Finding("store", False, str(error), f"check INFLUXDB_V2_URL, {TOKEN} and the server's log")
    finally:
        server.close()


def _clock(config: Config) -> Iterator[Finding]:
    now = dt.datetime.now(dt.UTC)
    if config.settings.store.kind == "sqlite":
        return
    try:
        server = InfluxServer(config.settings.store.database)
        told = server.clock()
        server.close()
    except StoreError:
        return
    if told is None:
        return
    off_s = (now - email.utils.parsedate_to_datetime(told)).total_seconds()
    good = abs(off_s) <= CLOCK_OFF_S
    yield Finding(
        "clock", good, f"{now:%Y-%m-%d %H:%M:%S} UTC, {off_s:+.0f} s from the store's",
        "" if good else "let NTP set the clocks (timedatectl set-ntp true): times ahead are refused",
    )  # fmt: skip


def _disk(config: Config, data: Path) -> Iterator[Finding]:
    folder = next(p for p in (data, *data.absolute().parents) if p.is_dir())
    usage = shutil.disk_usage(folder)
    outbox = config.settings.collector.outbox_max_mib * 2**20
    seen = f"{usage.free / 2**30:,.1f} GiB free below {folder}"
    if usage.free < usage.total * FREE_SHARE:
        yield Finding("disk", False, seen, "make room: without it nothing is acknowledged")
    elif config.settings.store.kind == "influxdb" and usage.free < outbox:
        yield Finding(
            "disk", False, f"{seen}, less than the outbox may take ({outbox / 2**30:,.1f} GiB)",
            "make room, or lower collector.outbox_max_mib",
        )  # fmt: skip
    else:
        yield Finding("disk", True, seen)


def _outbox(data: Path) -> Iterator[Finding]:
    if not store_file(data).is_file():
        return
    try:
        ledger = Ledger(store_file(data))
    except StoreError as error:
        yield Finding("outbox", False, str(error), "run the doctor as the service's user")
        return
    backlog, reasons = ledger.backlog(), ledger.quarantine_reasons()
    ledger.close()
    age_s = time.time() - backlog.oldest_at if backlog.oldest_at is not None else 0.0
    good = age_s < OLD_OUTBOX_S
    yield Finding(
        "outbox", good, f"{backlog.readings:,} readings wait, the oldest for {age_s:,.0f} s",
        "" if good else "the store does not take them: see `store` here, and the service's log",
    )  # fmt: skip
    waiting = ", ".join(f"{count} {code}" for code, count in reasons.items())
    yield Finding(
        "quarantine", not reasons, f"{sum(reasons.values()):,} messages{': ' if waiting else ''}{waiting}",
        "mend register or sources, then `qingjing quarantine retry`; `qingjing quarantine list`" if reasons else "",
    )  # fmt: skip


def _permissions(config: Config, data: Path) -> Iterator[Finding]:
    settings = config.settings.broker
    secrets = [settings.password_file, settings.tls.key_file if settings.tls else None]
    for name in filter(None, secrets):
        path = config.directory / name
        try:
            mode = path.stat().st_mode
        except OSError as error:
            yield Finding("permissions", False, f"{path}: {error.strerror}", "make it, readable by the service only")
            continue
        if mode & (stat.S_IRWXO | stat.S_IWGRP):
            yield Finding("permissions", False, f"{path} is open to others", f"chmod 640 {path}")
        elif not os.access(path, os.R_OK):
            yield Finding("permissions", False, f"{path} cannot be read", "make it readable by the service's user")
        else:
            yield Finding("permissions", True, f"{path} is ours alone")
    if data.is_dir() and not os.access(data, os.W_OK):
        yield Finding("permissions", False, f"{data} cannot be written", "give it to the service's user")
