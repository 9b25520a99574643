"""The collector: takes messages from the broker, decodes them, commits them in groups, then acknowledges.

A message is acknowledged only after `Intake.commit` has returned. If that fails, nothing is acknowledged and
the same group is tried again; the broker keeps the rest. After a reconnect the broker sends unacknowledged
messages again; packet ids of the old connection are then never acknowledged.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol

import msgspec

from ingestor.config import Config
from ingestor.decoding import Decoding
from ingestor.health import Health
from ingestor.mqtt_session import Message, Session, SessionError
from ingestor.store import Arrival, Intake, StoreError
from sensors.errors import printable

log = logging.getLogger(__name__)

STATUS_EVERY_S = 0.25
HEALTH_EVERY_S = 60.0
IDLE_WAIT_S = 0.1
FIRST_PAUSE_S = 0.5
LONGEST_BROKER_PAUSE_S = 30.0
LONGEST_COMMIT_PAUSE_S = 2.0
"""The outbox is our own disk, and the broker wants to hear of us between two tries."""
STEADY_S = 10.0
"""A connection that has lasted so long, or over which something was acknowledged, makes the next pause short again."""
LINGER_S = 5.0
FINISH_S = 3.0
"""Parts of the 10 s that an orderly stop may take: for the rest of an embedded broker, for the outbox."""
QUIET_S = 0.5
GROUP_BYTES = 32 * 2**20
HELD_MESSAGES = 20_000
SAID_AGAIN_S = 60.0
TOPIC_TOLD = 200


class Status(msgspec.Struct, frozen=True):
    """What a collector tells about itself: when it started, how many messages it has committed since, and how it is.

    `state` is `collecting`, or why nothing is acknowledged.
    """

    started: float
    committed: int
    state: str = "collecting"


class Remembering(Protocol):
    """Keeps the topic filters of a session between runs: the broker keeps the session, too."""

    def subscriptions(self, client_id: str) -> set[str]:
        """Return the filters that a client's session has subscribed to."""

    def remember_subscriptions(self, client_id: str, filters: set[str]) -> None:
        """Replace the filters of a client's session."""


class Collecting(Intake, Remembering, Protocol):
    """What a collector needs of a store."""


class Stopping(Protocol):
    """Tells when to stop: a `threading.Event`, or the service's `Stop`."""

    def is_set(self) -> bool:
        """Whether it is time."""

    def wait(self, timeout: float) -> bool:
        """Wait until it is time, at most so long; whether it is. [s]"""


class Pause:
    """Growing pauses before the next try, each up to half as long again by chance, so that many do not try at once."""

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._next_s = FIRST_PAUSE_S

    def next_s(self) -> float:
        """Return how long to wait now; the next one is twice as long, up to the longest. [s]"""
        pause_s = self._next_s
        self._next_s = min(2 * pause_s, self._longest_s)
        return pause_s * random.uniform(1.0, 1.5)  # noqa: S311

    def reset(self) -> None:
        """Start again with the shortest pause."""
        self._next_s = FIRST_PAUSE_S


class Collector:
    """One persistent session with a broker; `run` works in the calling thread until told to stop."""

    def __init__(
        self,
        config: Config,
        store: Collecting,
        *,
        host: str,
        port: int,
        health: Health | None = None,
        clock: Callable[[], float] = time.time,
    ):
        self._config = config
        self._new_configs: SimpleQueue[Config] = SimpleQueue()
        self._next_config: Config | None = None
        self._store = store
        self._clock = clock
        self._decoding = Decoding(config)
        self._decoding.recall(store.needed())
        self._pending: list[Message] = []
        self._pending_bytes = 0
        self._decoded: list[Arrival] = []
        self._acknowledged = 0
        self._started = clock()
        self._status_at = 0.0
        self._status_told: Status | None = None
        self._full_said_at = 0.0
        self._refused: Counter[str] = Counter()
        self._refused_topic: dict[str, str] = {}
        self._refused_said_at: dict[str, float] = {}
        self._sequences_told = 0
        self._sequences_said_at = -SAID_AGAIN_S
        self._complaint = ""
        self._complained_at = 0.0
        self._health_at = time.monotonic()
        self._connected_at = 0.0
        self._remembered = False
        self.health = health or Health()
        broker = config.settings.broker
        self.health.sequences.shared = broker.share is not None
        self._session_key = f"{broker.client_id}@{host}:{port}"
        self._session = Session(broker, host=host, port=port, directory=config.directory, clock=clock)
        self._open = False
        self.status_topic = status_topic(broker.client_id)
        self._session.will = (self.status_topic, b"")

    def reconfigure(self, config: Config) -> None:
        """Go on with another register, other sources and plans, from the next group on; any thread may call this."""
        self._new_configs.put(config)

    def run(self, stop: Stopping, *, linger: Callable[[], bool] = lambda: False) -> None:
        """Collect until `stop` is set; then commit and acknowledge what has arrived, and disconnect.

        Where `linger` then says so, it goes on until the broker sends nothing more, at most LINGER_S: a broker that
        ends with us would forget what it has acknowledged to gateways. A broker that cannot be reached, or a store
        that fails, is tried again for ever, with growing pauses.
        """
        broker_pause, store_pause = Pause(LONGEST_BROKER_PAUSE_S), Pause(LONGEST_COMMIT_PAUSE_S)
        while not stop.is_set():
            try:
                self._take_config()
                self._read_group(self._why_full(), stop)
                if self._is_steady():
                    broker_pause.reset()
            except SessionError as error:
                self._disconnected(error)
                self._commit_held(stop, store_pause)
                self._tend()
                stop.wait(broker_pause.next_s())
                continue
            except StoreError as error:
                self._complain(error)
                stop.wait(store_pause.next_s())
                continue
            self._commit_held(stop, store_pause)
            self._tend()
            self._tell()
        self._end(linger)

    def _is_steady(self) -> bool:
        if self._acknowledged == self._session.generation:
            return True
        return self._session.connected and time.monotonic() - self._connected_at > STEADY_S

    def _end(self, linger: Callable[[], bool]) -> None:
        """Take the rest, commit it, and disconnect."""
        deadline = time.monotonic() + LINGER_S
        try:
            while linger() and self._session.connected and time.monotonic() < deadline:
                self._receive(wait_s=QUIET_S)
                if not self._pending or self.health.full is not None or not self._commit():
                    break
            self._commit()
            self._session.tell(self.status_topic, b"")
        except SessionError as error:
            log.warning("%s", error)
        self._commit()
        self._session.close()
        try:
            self._store.finish(within_s=FINISH_S)
        except StoreError as error:
            log.warning("%s; it stays in the outbox for the next start", error)
        waiting = self._store.backlog().readings
        if waiting:
            log.warning("%s readings stay in the outbox for the next start", f"{waiting:,}")

    def _take_config(self) -> None:
        """Change over to a configuration that `reconfigure` has brought."""
        while not self._new_configs.empty():
            self._next_config = self._new_configs.get()
        config = self._next_config
        if config is None:
            return
        filters = _filters(config)
        if filters != _filters(self._config):
            remembered = self._store.subscriptions(self._session_key)
            self._store.remember_subscriptions(self._session_key, remembered | filters)
            self._remembered = False
            self._session.change_filters(filters)
        decoding = Decoding(config)
        decoding.recall(self._store.needed())
        self._config, self._decoding, self._decoded = config, decoding, []
        self._next_config = None

    def _read_group(self, full: str | None, stop: Stopping) -> None:
        """Read what the broker has sent, connecting first where needed."""
        if not self._open:
            self._connect()
        self._receive(wait_s=IDLE_WAIT_S)
        if full is not None:
            stop.wait(IDLE_WAIT_S)
        self.health.connected = self._session.connected
        self.health.sessions_lost = self._session.sessions_lost
        if self._session.subscribed and not self._remembered:
            self._store.remember_subscriptions(self._session_key, _filters(self._config))
            self._remembered = True
            self._status_told = None

    def _connect(self) -> None:
        filters = _filters(self._config)
        remembered = self._store.subscriptions(self._session_key)
        self._store.remember_subscriptions(self._session_key, remembered | filters)
        self._remembered = False
        self._connected_at = time.monotonic()
        self._open = True
        first = self._session.generation == 0
        resuming = first and bool(remembered) and self._config.settings.broker.host is not None
        self._session.connect(filters, leave=remembered - filters, resuming=resuming)

    def _disconnected(self, error: SessionError) -> None:
        log.warning("%s; connecting again", error)
        self._open = False
        self.health.connected = False
        self.health.reconnects += 1

    def _receive(self, *, wait_s: float) -> None:
        """Read up to a group of messages, those that could not be committed yet counted.

        A group ends where the socket is empty: while it is committed the next one gathers, so that groups grow
        with the load by themselves and a lone message is not kept waiting. While nothing can be committed, what the
        broker still sends (as many as may be on their way) is held, so that its answers behind it are heard.
        """
        before = len(self._pending)
        holding = self.health.full is not None or self.health.commit_failing is not None
        most = HELD_MESSAGES if holding else self._config.settings.collector.group_messages
        room = GROUP_BYTES - self._pending_bytes
        try:
            self._session.receive(self._pending, most=most, most_bytes=room, wait_s=wait_s)
        finally:
            self._pending_bytes += sum([len(message.payload) for message in self._pending[before:]])
            self.health.received += len(self._pending) - before

    def _why_full(self) -> str | None:
        """Why no more may be committed; None where there is room."""
        backlog = self._store.backlog()
        settings = self._config.settings.collector
        why = None
        if backlog.size >= settings.outbox_max_mib * 2**20:
            why = f"outbox full: {backlog.size / 2**20:,.0f} MiB of at most {settings.outbox_max_mib:,}"
        elif backlog.oldest_at is not None:
            age_h = (self._clock() - backlog.oldest_at) / 3600
            if age_h >= settings.outbox_max_age_h:
                why = f"outbox too old: {age_h:,.1f} h of at most {settings.outbox_max_age_h:,}"
        now = time.monotonic()
        if why is not None and now - self._full_said_at >= SAID_AGAIN_S:
            self._full_said_at = now
            log.error("%s; nothing is acknowledged until the store takes readings again, the broker keeps them", why)
        elif why is None and self.health.full is not None:
            self._full_said_at = 0.0
            log.info("the outbox has room again")
        self.health.full = why
        return why

    def _commit_held(self, stop: Stopping, pause: Pause) -> None:
        """Commit what is pending, unless the outbox is full; pause where the store fails."""
        if self.health.full is not None:
            return
        if self._commit():
            pause.reset()
        else:
            stop.wait(pause.next_s())

    def _commit(self) -> bool:
        """Commit the pending group and acknowledge it; on failure keep it. Whether it is done.

        A message is decoded once, however often its commit is tried: decoders remember what came before it.
        """
        group = self._pending
        if not group or self.health.full is not None:
            return True
        arrival = self._decoding.arrival
        arrivals = self._decoded
        arrivals += [arrival(m.topic, m.payload, m.received_at, again=m.again) for m in group[len(arrivals) :]]
        try:
            self._store.commit(arrivals)
        except StoreError as error:
            self._complain(error)
            self.health.commit_failing = str(error)
            return False
        self._pending, self._decoded, self._pending_bytes = [], [], 0
        self._session.acknowledge(group)
        self._acknowledged = group[-1].generation
        self.health.committed(arrivals)
        for each in arrivals:
            if each.refusals:
                self._refused[each.refusals[0].code] += 1
                self._refused_topic[each.refusals[0].code] = each.topic
        self._tell_refused()
        return True

    def _tell_refused(self) -> None:
        """Log what went to quarantine, a line a reason, once a minute at most: a bad gateway must not fill the disk."""
        now = time.monotonic()
        for code in [*self._refused]:
            if now - self._refused_said_at.get(code, -SAID_AGAIN_S) >= SAID_AGAIN_S:
                self._refused_said_at[code] = now
                topic = printable(self._refused_topic.pop(code)[:TOPIC_TOLD])
                count = self._refused.pop(code)
                log.warning("quarantined: %s: %s%s", topic, code, f" and {count - 1} more so" if count > 1 else "")

    def _tell_sequences(self) -> None:
        """Log messages that were lost or came before a birth, once a minute at most."""
        now, sequences = time.monotonic(), self.health.sequences
        if sequences.found != self._sequences_told and now - self._sequences_said_at >= SAID_AGAIN_S:
            self._sequences_told, self._sequences_said_at = sequences.found, now
            for sentence in sequences.sentences(self._clock()):
                log.warning("%s", sentence)

    def _complain(self, error: StoreError) -> None:
        """Say what the store says, the same thing once a minute."""
        now = time.monotonic()
        if str(error) != self._complaint or now - self._complained_at >= SAID_AGAIN_S:
            self._complaint, self._complained_at = str(error), now
            log.error("%s; nothing is lost, trying again", error)

    def _tend(self) -> None:
        """Let the store move on what waits in its outbox, and write the row of health where it is due."""
        try:
            self._store.tend()
        except StoreError as error:
            self._complain(error)
        now = time.monotonic()
        self._tell_refused()
        self._tell_sequences()
        self.health.look(self._store, self._clock())
        if now - self._health_at >= HEALTH_EVERY_S:
            self._health_at = now
            try:
                collector = self._config.settings.broker.client_id
                self._store.record_health(collector, int(self._clock()), self.health.row())
            except StoreError as error:
                log.warning("%s", error)

    def _tell(self) -> None:
        """Tell the status where it has changed."""
        now = time.monotonic()
        if now - self._status_at < STATUS_EVERY_S or not self._session.subscribed:
            return
        status = Status(self._started, self.health.messages, self.health.full or "collecting")
        if status != self._status_told:
            self._session.tell(self.status_topic, msgspec.json.encode(status))
            self._status_at, self._status_told = now, status


def _filters(config: Config) -> set[str]:
    share = config.settings.broker.share
    return {f"$share/{share}/{s.subscription}" if share else s.subscription for s in config.sources}


def status_topic(client_id: str) -> str:
    """Topic of the retained status message of a collector: see `Status`; empty while no collector is connected."""
    return f"qingjing/{client_id}/status"
