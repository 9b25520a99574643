"""The simulated city, live: what its gateways would have sent since a day, and then each reading when it is due.

The readings of a calendar year follow from the seed and the year, so that a simulator that is started again sends the
same values: sending twice changes nothing.
"""

import calendar
import contextlib
import datetime as dt
import itertools
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from ingestor.encoders import Encoder, Message
from ingestor.encoders.native import ZONE
from ingestor.gateway import Gateway, GatewayError
from ingestor.simulation import Simulation
from ingestor.simulation_faults import Faults
from sensors.register import Register

log = logging.getLogger(__name__)

BATCH = 1000
RETRY_S = 5.0
WAKE_S = 1.0
"""How long it sleeps at most: the clock may be set meanwhile."""

Due = tuple[float, Message]


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What is simulated: readings of `register`'s stations of `city`, None of all, that are due from `since` on.

    `gateway` is the name under which they are sent, None where each station sends for itself. Stations send one after
    the other over the first `spread_s` of each hour. `encoder` makes the messages of another dialect than the native
    one.
    """

    register: Register
    city: str | None
    seed: int
    gateway: str | None
    since: float
    spread_s: float
    encoder: Encoder | None = None
    faults: Faults = Faults()

    def messages(self) -> Iterator[Due]:
        """Yield the moment at which a message is due (seconds since 1970 in UTC), and the message; without an end."""
        if self.encoder is not None:
            for station in self.register.stations:
                if self.city in (None, station.city):
                    for message in self.encoder.introduce(station.medium, station.id, int(self.since)):
                        yield self.since, message
        for year in itertools.count(dt.datetime.fromtimestamp(self.since, ZONE).year):
            days = 366 if calendar.isleap(year) else 365
            simulation = Simulation(
                self.register,
                city=self.city,
                seed=self.seed + year,
                days=days,
                year=year,
                gateway=self.gateway,
                encoder=self.encoder,
                faults=self.faults,
            )
            for at, message in simulation.timed(spread_s=self.spread_s):
                if at >= self.since:
                    yield at, message


def simulate(
    course: Course,
    connect: Callable[[], Gateway],
    *,
    rate: float,
    until: float,
    sent_to: Path | None,
    progress: Callable[[int], None],
    clock: Callable[[], float] = time.time,
) -> int:
    """Publish what is due, until the moment `until`; return how many messages were sent and acknowledged.

    At most `rate` messages a second. A broker that goes away is waited for, and what it had not acknowledged is sent
    again. `sent_to` is a file in which the moment is kept up to which all was sent.

    Raises
    ------
    GatewayError
        If the broker cannot be reached at first.
    """
    waiting = course.messages()
    following = next(waiting)
    due: list[Message] = []
    reached = course.since
    most = max(1, min(BATCH, int(rate)))
    sent = 0
    gateway: Gateway | None = connect()
    while True:
        now = clock()
        while len(due) < most and following[0] <= min(now, until):
            due.append(following[1])
            reached, following = following[0], next(waiting)
        if not due and now >= until:
            break
        try:
            if gateway is None:
                gateway = connect()
            if not due:
                gateway.idle(min(WAKE_S, max(0.0, min(following[0], until) - now)))
                continue
            started = time.monotonic()
            gateway.publish(due, progress=lambda _: None)
            sent += len(due)
            pause_s = len(due) / rate - (time.monotonic() - started)
            due = []
            if sent_to is not None:
                _keep(sent_to, reached)
            progress(sent)
            if pause_s > 0:
                gateway.idle(pause_s)
        except GatewayError as error:
            log.warning("%s; trying again in %.0f s", error, RETRY_S)
            if gateway is not None:
                gateway.close()
            gateway = None
            time.sleep(RETRY_S)
    if gateway is not None:
        gateway.close()
    return sent


def resumed(sent_to: Path | None, since: float) -> float:
    """Return the moment from which to send: `since`, or that which an earlier run kept, where it is later."""
    if sent_to is None:
        return since
    with contextlib.suppress(OSError, ValueError):
        return max(since, float(sent_to.read_text(encoding="utf-8")))
    return since


def _keep(file: Path, moment: float) -> None:
    new = file.with_name(file.name + ".new")
    new.write_text(f"{moment}\n", encoding="utf-8")
    new.replace(file)
