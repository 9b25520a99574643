"""The doctor: looks at broker, store, clock, disk and permissions, and says what to do."""

import datetime as dt
import email.utils
import http.client
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from ingestor import broker, data_directory, health_server
from ingestor.config import Config
from ingestor.jobs import catalogue
from ingestor.jobs.clocks import SystemClock
from ingestor.jobs.states import JobState, states
from ingestor.mqtt_session import Session, SessionError
from ingestor.notices.ledger import NoticeLedger
from ingestor.store import InfluxServer, Ledger, StoreError, store_file
from ingestor.store.influx_server import TOKEN

ANSWER_S = 10.0
CLOCK_OFF_S = 5.0
"""More than this between our clock and the store's server is a fault; a reading may be 300 s ahead at most."""
OLD_OUTBOX_S = 600.0
OVERDUE_S = 1800.0
FREE_SHARE = 0.05
UNOPENED = "do what it says; where it names no remedy, run the doctor as the service's user"


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at: `good` or not, what was seen, and what to do where it is not good."""

    subject: str
    good: bool
    seen: str
    do: str = ""


def examine(config: Config, data: Path) -> Iterator[Finding]:
    """Yield what is found, one thing after the other; takes some seconds where a server does not answer."""
    running = service_runs(data)
    yield running
    told = _told_by_a_service(config)
    if isinstance(told, dict) and not running.good:
        yield Finding(
            "service", False,
            f"one answers on port {config.settings.collector.health_port}, and does not hold {data} as it is now",
            "was the directory moved, is its disk mounted? Else give its --data",
        )  # fmt: skip
    yield from _broker(config, told if running.good or isinstance(told, dict) else None)
    yield from _store(config, data)
    yield from _disk(config, data)
    yield from _outbox(data)
    yield from _jobs(config, data)
    yield from _notices(config, data)
    yield from _permissions(config, data)


def service_runs(data: Path) -> Finding:
    """Tell whether a service runs on a data directory."""
    if not data.is_dir():
        return Finding("service", False, f"{data} does not exist", "start `qingjing run`, or give --data")
    if data_directory.is_running(data):
        return Finding("service", True, f"runs on {data}")
    return Finding("service", False, "not running", "start `qingjing run`; docs/operations.md has a unit")


def _broker(config: Config, told: dict[str, Any] | str | None) -> Iterator[Finding]:
    """What a running service told, or why it did not; None where none runs: connecting beside one would take its
    session away."""
    settings = config.settings.broker
    host = settings.host or broker.HOST
    if told is not None:
        yield from _as_told(config, told)
    else:
        yield _connected(config, host)
    if settings.host is None:
        yield Finding(
            "broker", False, "the embedded broker keeps messages in memory only",
            "for operation set broker.host to a broker with persistence (docs/broker.md)",
        )  # fmt: skip
    elif settings.tls is None and host not in ("127.0.0.1", "localhost", "::1"):
        yield Finding("broker", False, f"{host} without TLS", "set [broker.tls] in settings.toml")


def _told_by_a_service(config: Config) -> dict[str, Any] | str:
    """What `/readyz` of a service answers on the health port, or in words why nothing does."""
    port = config.settings.collector.health_port
    if not port:
        return ""
    try:
        with closing(http.client.HTTPConnection(health_server.HOST, port, timeout=ANSWER_S)) as connection:
            connection.request("GET", "/readyz")
            told = msgspec.json.decode(connection.getresponse().read(), type=dict[str, Any])
    except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
        return f"the service's health on port {port}: {error}"
    return told if "problems" in told else f"the service's health on port {port}: another program answers"


def _as_told(config: Config, told: dict[str, Any] | str) -> Iterator[Finding]:
    port = config.settings.collector.health_port
    if not told:
        yield Finding("broker", True, "not asked: the service holds the session, and health_port is 0")
        return
    if isinstance(told, str):
        yield Finding("broker", False, told, "see the service's log")
        return
    found = [*told["problems"], *filter(None, [told["config_refused"]])]
    if found:
        yield Finding("broker", False, f"the service says: {'; '.join(found)}", "see the service's log")
    else:
        yield Finding("broker", True, f"the service is connected and collects (127.0.0.1:{port}/readyz)")
    for sentence in told.get("sequences", ()):  # an earlier version says nothing of it
        do = "look at the network of the node; have it born anew where data came before its birth (docs/payloads.md)"
        yield Finding("sparkplug", False, f"the service says: {sentence}", do)
    for subject in ("jobs", "board"):
        if told[f"{subject}_away"] is not None:
            do = "see the service's log" + ("; does another program hold [board] port?" if subject == "board" else "")
            yield Finding(subject, False, f"the service says: {told[f'{subject}_away']}", do)


def _connected(config: Config, host: str) -> Finding:
    """Connect as the service does, with its session, and subscribe to nothing: what is queued stays queued."""
    settings = config.settings.broker
    session = Session(settings, host=host, port=settings.port, directory=config.directory, clock=time.time)
    try:
        session.connect([], leave=[])
        _until(lambda: session.receive([], most=1, most_bytes=1, wait_s=0.1), lambda: session.connected)
        return Finding("broker", True, f"{session.address} accepts us")
    except SessionError as error:
        do = "start `qingjing run`, which starts it" if settings.host is None else "see docs/broker.md"
        if "refused: " in str(error):
            do = f"check the user name and {settings.password_file or 'password_file'}; the broker knows another"
        return Finding("broker", False, str(error), f"{do}; [broker] in settings.toml says where it is")
    finally:
        session.close()


def _until(step: Callable[[], None], reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + ANSWER_S
    while not reached():
        step()
        if time.monotonic() > deadline:
            raise SessionError(f"no answer within {ANSWER_S:.0f} s")


def _store(config: Config, data: Path) -> Iterator[Finding]:
    settings = config.settings.store
    if settings.kind == "sqlite":
        there = store_file(data).is_file()
        yield Finding("store", True, f"SQLite, in the data directory{'' if there else '; `qingjing run` makes it'}")
        return
    try:
        server = InfluxServer(settings.database, retention_policy=settings.retention_policy)
    except StoreError as error:
        yield Finding("store", False, str(error), "set the variables of influxdb-client for the service")
        return
    with closing(server):
        try:
            version, clock = server.version(), server.clock()
            server.check_readable()
            server.write_all(b"")
        except StoreError as error:
            yield Finding("store", False, str(error), f"check INFLUXDB_V2_URL, {TOKEN} and the server's log")
            return
    found = f"InfluxDB {version or 'of unknown version'} at {server.url}"
    yield Finding("store", True, f"{found} lets us read and write {settings.database!r}")
    if clock is not None:
        yield _clock(clock)


def _clock(told: str) -> Finding:
    now = dt.datetime.now(dt.UTC)
    try:
        off_s = (now - email.utils.parsedate_to_datetime(told)).total_seconds()
    except ValueError:
        return Finding("clock", False, f"the store's answers are dated {told!r}", "is it InfluxDB?")
    good = abs(off_s) <= CLOCK_OFF_S
    do = "" if good else "let NTP set the clocks (timedatectl set-ntp true): times ahead are refused"
    return Finding("clock", good, f"{now:%Y-%m-%d %H:%M:%S} UTC, {off_s:+.0f} s from the store's", do)


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
        ledger = Ledger(store_file(data), create=False)
    except StoreError as error:
        yield Finding("outbox", False, str(error), UNOPENED)
        return
    backlog, reasons = ledger.backlog(), ledger.quarantine_reasons()
    ledger.close()
    age_s = max(0.0, time.time() - backlog.oldest_at) if backlog.oldest_at is not None else 0.0
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


def _jobs(config: Config, data: Path) -> Iterator[Finding]:
    """Whether jobs fail, are long due, or have closed periods that are ahead of the clock."""
    if not store_file(data).is_file():
        return
    if not config.settings.jobs.enabled:
        yield Finding("jobs", True, "none on a schedule: [jobs] enabled = false")
        return
    try:
        found, _ = states(store_file(data), catalogue.jobs(config, data), clock=SystemClock())
    except StoreError as error:
        yield Finding("jobs", False, str(error), UNOPENED)
        return
    faults = [fault for job in found if (fault := _fault_of(job, time.time())) is not None]
    yield from faults or [Finding("jobs", True, f"{len(found)} on a schedule, none fails or is overdue")]


def _notices(config: Config, data: Path) -> Iterator[Finding]:
    """Whether notices fail to arrive, were given up, or are in doubt."""
    if not config.notices.route or not store_file(data).is_file():
        return
    try:
        with closing(NoticeLedger(store_file(data))) as ledger:
            stuck = ledger.undelivered()
    except StoreError as error:
        yield Finding("notices", False, str(error), UNOPENED)
        return
    if not stuck:
        yield Finding("notices", True, f"{len(config.notices.channel)} channels, nothing has failed")
    for (channel, state), (count, words) in stuck.items():
        seen = f"channel {channel}: {count} {state.replace('_', ' ')}{f': {words}' if words else ''}"
        yield Finding(
            "notices", False, seen, f"`qingjing notices test --channel {channel}`; then `qingjing notices resend`"
        )


def _fault_of(job: JobState, now: float) -> Finding | None:
    if job.failures:
        seen = f"{job.name} failed {job.failures} times in a row: {job.detail}"
        return Finding("jobs", False, seen, "see the service's log; it is tried again by itself")
    if job.ahead:
        seen = f"{job.name} has closed all before {job.next_period}, which is ahead of the clock: the clock was fast"
        return Finding("jobs", False, seen, f"qingjing jobs reopen {job.name} --from PERIOD")
    if job.outcome != "running" and job.next_at is not None and now - (job.due_since or now) > OVERDUE_S:
        seen = f"{job.name} is overdue" + (f": {job.missed} periods missed" if job.missed else "")
        return Finding("jobs", False, seen, "start `qingjing run`, which makes up for it; see its log")
    return None


def _permissions(config: Config, data: Path) -> Iterator[Finding]:
    settings = config.settings.broker
    secrets = [settings.password_file, settings.tls.key_file if settings.tls else None]
    secrets += [channel.url_file for channel in config.notices.channel]
    for name in filter(None, secrets):
        path = config.directory / name
        try:
            mode = path.stat().st_mode
        except OSError as error:
            yield Finding("permissions", False, f"{path}: {error.strerror}", "make it, readable by the service only")
            continue
        if mode & (stat.S_IRWXO | stat.S_IWGRP):
            yield Finding("permissions", False, f"{path} is open to others", f"chmod 600 {path}")
        elif not os.access(path, os.R_OK):
            yield Finding("permissions", False, f"{path} cannot be read", "make it readable by the service's user")
        else:
            yield Finding("permissions", True, f"{path} is ours alone")
    if data.is_dir() and not os.access(data, os.W_OK):
        yield Finding("permissions", False, f"{data} cannot be written", "give it to the service's user")
