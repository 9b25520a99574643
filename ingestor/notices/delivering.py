"""Delivering: every notice to every recipient of every channel until it has arrived, and then never again.

Before a message is handed over it is noted that it is being sent, and after the answer how that ended. A process that
dies in between leaves the note without an end: nobody can know then whether the other side has the message. It is sent
again with the same identity, by which mail servers and webhooks can tell the two are one (`channels.send`), or, where
the channel says so, left for a person.
"""

import datetime as dt
import hashlib
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Final

from ingestor.config import Config
from ingestor.notices import facts, noticing, texts
from ingestor.notices.channels import SendError, keeps_identity, send
from ingestor.notices.facts import Undelivered
from ingestor.notices.ledger import INSTALLATION, NoticeLedger
from ingestor.notices.settings import Channel
from ingestor.store.notices import Delivery, Notice

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 15.0
LONGEST_PAUSE_S: Final = 3600.0
"""After a failure a delivery rests that long, twice as long after the next, up to the longest."""
BUDGET_S: Final = 15.0
"""A channel that has taken so long sends the rest with the next look: the others are looked at again by then."""
FAILURES: Final = 3
"""After so many failures in a row a channel is left alone until the next look."""

Step = Callable[[str], None]


def deliver(
    config: Config,
    data: Path,
    ledger: NoticeLedger,
    *,
    alive: Callable[[], None] = lambda: None,
    step: Step = lambda _: None,
) -> Counter[bool]:
    """Send what is due, each channel in a thread of its own; return how many were delivered and how many failed.

    One process at a time may do so for a ledger. `alive` raises where it is to end; `step` is told each step.

    Raises
    ------
    StoreError
        If the ledger cannot be used.
    """
    for each in ledger.cut_off():
        _settle(config, ledger, each)
    now = ledger.clock.now()
    due: dict[str, list[tuple[Notice, Delivery]]] = {}
    for notice, delivery in ledger.open_deliveries():
        if delivery.state == "failed" and _is_given_up(config, delivery, now):
            _give_up(config, ledger, notice, delivery)
        elif not is_quiet(delivery.quiet, now, config.offset_s):
            due.setdefault(delivery.channel, []).append((notice, delivery))
    if not due:
        return Counter()
    installation = ledger.marks()[INSTALLATION]

    def of_channel(name: str) -> Counter[bool]:
        with closing(NoticeLedger(ledger.file, clock=ledger.clock, instance=ledger.instance)) as own:
            return _Sender(config, data, own, installation, alive, step).send_all(name, due[name])

    if len(due) == 1:
        return of_channel(next(iter(due)))
    total: Counter[bool] = Counter()
    with ThreadPoolExecutor(len(due), thread_name_prefix="notices") as pool:
        for sent in [pool.submit(of_channel, name) for name in due]:
            total += sent.result()
    return total


class _Sender:
    """Sends over one channel."""

    def __init__(
        self,
        config: Config,
        data: Path,
        ledger: NoticeLedger,
        installation: str,
        alive: Callable[[], None],
        step: Step,
    ) -> None:
        self._config = config
        self._data = data
        self._ledger = ledger
        self._installation = installation
        self._alive = alive
        self._step = step

    def send_all(self, name: str, due: list[tuple[Notice, Delivery]]) -> Counter[bool]:
        """Send what is due over a channel, as long as it answers and within its time."""
        channel = self._config.notices.channel_named(name)
        until = self._ledger.clock.ticks() + BUDGET_S
        sent: Counter[bool] = Counter()
        failures = 0
        for notice, delivery in due:
            if failures >= FAILURES or self._ledger.clock.ticks() > until:
                break
            self._alive()
            delivered = self._send(channel, notice, delivery)
            sent[delivered] += 1
            failures = 0 if delivered else failures + 1
        return sent

    def _send(self, channel: Channel | None, notice: Notice, delivery: Delivery) -> bool:
        """Send one notice to one recipient; whether it was taken."""
        self._step("begin")

        def committing() -> None:
            self._ledger.begin_delivery(delivery)
            self._step("noted")

        try:
            if channel is None:
                raise SendError("expected a channel of config/notices.toml, got one that is not there any more")
            language = self._config.notices.language_of(channel)
            message = texts.message(
                self._config, facts.decode_facts(notice.facts), language, level=notice.level, number=notice.id,
                again=bool(delivery.doubt) and not keeps_identity(self._config, channel),
            )  # fmt: skip
            words = send(
                self._config, self._data, channel, delivery.recipient, message,
                identity=identity(self._installation, notice, delivery), committing=committing,
            )  # fmt: skip
        except SendError as error:
            self._step("refused")
            self._ledger.failed(delivery, str(error), rest_s=pause_s(delivery.attempts))
            if delivery.words != str(error):  # the same for days is said once
                log.error("notice %d over %s: %s", notice.id, delivery.channel, error)
            return False
        self._step("taken")
        self._ledger.delivered(delivery, words)
        self._step("done")
        return True


def identity(installation: str, notice: Notice, delivery: Delivery) -> str:
    """Return what names a message to one recipient of a channel, the same whenever it is handed over again."""
    parts = [installation, *map(str, notice.key), delivery.channel, delivery.recipient, str(delivery.round)]
    return f"qingjing.{notice.id}.{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:24]}"


def pause_s(attempts: int) -> float:
    """Return how long a delivery rests after a failure that follows so many others. [s]"""
    return min(FIRST_PAUSE_S * 2.0 ** min(attempts, 20), LONGEST_PAUSE_S)


def is_quiet(quiet: str, now: float, offset_s: int) -> bool:
    """Whether a moment lies in hours such as 22:00-07:00, the end not included; never in ''."""
    if not quiet:
        return False
    zone = dt.timezone(dt.timedelta(seconds=offset_s))
    at = dt.datetime.fromtimestamp(now, zone).strftime("%H:%M")
    first, _, until = quiet.partition("-")
    return first <= at < until if first < until else at >= first or at < until


def _settle(config: Config, ledger: NoticeLedger, delivery: Delivery) -> None:
    """Decide on a delivery that was cut off while it was being sent."""
    channel = config.notices.channel_named(delivery.channel)
    if channel is not None and channel.in_doubt == "leave":
        ledger.settle(delivery, "in_doubt", doubt=True)
        log.error(
            "notice %d over %s: cut off while it was sent, so it may have arrived or not; it is not sent again: "
            "`qingjing notices resend %d`",
            delivery.notice, delivery.channel, delivery.notice,
        )  # fmt: skip
        return
    ledger.settle(delivery, "waiting", doubt=True)
    log.warning(
        "notice %d over %s: cut off while it was sent; it is sent again, marked as the same",
        delivery.notice, delivery.channel,
    )  # fmt: skip


def _is_given_up(config: Config, delivery: Delivery, now: float) -> bool:
    return delivery.first_tried is not None and (now - delivery.first_tried) > 3600.0 * config.notices.give_up_after_h


def _give_up(config: Config, ledger: NoticeLedger, notice: Notice, delivery: Delivery) -> None:
    """Try a delivery no more, and notice that over the other channels, in one transaction."""
    log.error(
        "notice %d over %s is given up after %d tries: %s",
        notice.id, delivery.channel, delivery.attempts, delivery.words,
    )  # fmt: skip
    what = Undelivered(
        notice=notice.id, channel=delivery.channel, recipient=delivery.recipient, attempts=delivery.attempts,
        first_tried=delivery.first_tried or 0.0, words=delivery.words,
    )  # fmt: skip
    with ledger.noticing() as open_:
        open_.give_up(delivery)
        if notice.key.kind != "undelivered":  # that of a notice about a notice ends here: in the log and the list
            noticing.tell(
                open_, config.notices, "undelivered", what,
                object_=f"{delivery.channel}/{delivery.recipient}", period=str(notice.id), revision=delivery.round,
                not_over=delivery.channel,
            )  # fmt: skip
