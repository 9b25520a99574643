"""The world that breaks: broker, collector and store as real processes, proxies between them, and a gateway."""

import contextlib
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from ingestor.mqtt_publisher import Publisher
from tests.integration.faults.gateway import Gateway
from tests.integration.faults.processes import DATABASE, Broker, Collector, Store, UnreachedError, reach
from tests.integration.faults.proxies import HttpProxy, TcpProxy
from tests.integration.faults.readings import (
    AIR,
    PERIOD_S,
    REFUSED_BY_STORE,
    SHARD_S,
    WATER_EVERY,
    WATER_START,
    Points,
    message,
)

NO_FIELDS = {"name", "tags", "time", "station", "period_s"}
CLIENT_ID = "qingjing-collector"
SETTLE_S = 90.0
"""How long what was acknowledged may take to the store: the collector pauses up to 45 s before it connects again."""


class World:
    """Everything that plays along. `check` holds what was published since the last time against what is stored.

    `checked` and `refused` count readings; `in_vain` the faults that found nothing to break.
    """

    def __init__(self, folder: Path, *, protocol: str, rng: random.Random, autosave_s: int = 1800) -> None:
        for name in ("mosquitto", "influxdb"):
            (folder / name).mkdir(parents=True)
        self.broker = Broker(folder / "mosquitto", autosave_s=autosave_s)
        self.store = Store(folder / "influxdb")
        self.broker_link = TcpProxy(self.broker.port)
        self.store_link = HttpProxy(self.store.port)
        self.collector = Collector(
            folder, broker_port=self.broker_link.port, store_port=self.store_link.port, protocol=protocol
        )
        self.gateway = Gateway(self.broker.port, seed=rng.randrange(2**32))
        self.rng = rng
        self.checked = 0
        self.refused = 0
        self.in_vain = 0
        self._stored: Counter[tuple[str, str]] = Counter()
        self._last_quarantined = 0

    def __enter__(self) -> "World":
        try:
            self.broker.start()
            self.store.start()
            self._prepare_store()
            self.collector.start()
            self._wait_for_subscription()
            self.broker.save()  # from now on not even a broker that is killed forgets the subscription
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.gateway.close()
        self.collector.kill()
        self.broker_link.close()
        self.store_link.close()
        self.broker.kill()
        self.store.kill()

    def _prepare_store(self) -> None:
        """Make the database, and write a text where the collector is going to write a number."""
        self.store.command(f"CREATE DATABASE {DATABASE}")
        self.store.write(f'water {REFUSED_BY_STORE}="text" {WATER_START + SHARD_S - 1}', database=DATABASE)

    def _wait_for_subscription(self) -> None:
        """Wait for the collector's status: what is published before the first subscription goes to nobody."""
        listener = Publisher("127.0.0.1", self.broker.port, client_id="listener", timeout_s=10)
        heard: list[bytes] = []
        listener.listen(f"qingjing/{CLIENT_ID}/status", heard.append, timeout_s=10)
        listener.wait(lambda: any(heard), timeout_s=30)
        listener.close()

    def publish_some(self, count: int) -> None:
        """Wait until the gateway has so many more messages acknowledged."""
        goal = len(self.gateway.acknowledged) + count
        self._reach(lambda: len(self.gateway.acknowledged) >= goal, what=f"{count} acknowledgements of the broker")

    def check(self) -> None:
        """Pause the gateway, and hold what it has published since the last time against store and quarantine."""
        self.gateway.pause()
        self._reach(lambda: self.gateway.resting, what="the broker to acknowledge the rest")
        first, last = self.checked + 1, self.gateway.sent
        assert self.gateway.acknowledged.issuperset(range(first, last + 1))
        whole_minute = max(1, first // len(AIR) * len(AIR))  # its points lie in the span of time that is asked for
        points: Points = {}
        refused: Counter[tuple[str, bytes, str]] = Counter()
        for number in range(whole_minute, last + 1):
            due = message(number)
            if number >= first:
                refused.update(due.refused)
                self._stored.update((medium, name) for (medium, _, _), fields in due.points.items() for name in fields)
            if number >= first or number % WATER_EVERY:
                points.update(due.points)
        self._reach(
            lambda: self._outbox() == 0 and self._points(points) == points and self._quarantine() == refused,
            what=lambda: self._difference(points, refused),
            timeout_s=SETTLE_S,
        )
        self._check_totals()
        self.checked, self.refused = last, self.refused + refused.total()
        self._last_quarantined = self._ledger("SELECT coalesce(max(id), 0) FROM quarantine")[0][0]
        assert self._ledger("SELECT count(*) FROM quarantine")[0][0] == self.refused

    def wait_for_last(self) -> None:
        """Pause the gateway, and wait until its last messages are stored: the broker has then delivered all it has."""
        self.gateway.pause()
        self._reach(lambda: self.gateway.resting, what="the broker to acknowledge the rest")
        last = range(max(1, self.gateway.sent - 50), self.gateway.sent + 1)
        self._reach(
            lambda: not self.missing(last) and self._outbox() == 0, what="the last messages", timeout_s=SETTLE_S
        )

    def missing(self, numbers: Iterable[int]) -> set[int]:
        """Return which messages of some numbers are not stored; those that give no reading are left out."""
        due = {number: message(number).points for number in numbers}
        found = self._points({key: values for points in due.values() for key, values in points.items()})
        return {n for n, points in due.items() if any(found.get(key) != values for key, values in points.items())}

    def _check_totals(self) -> None:
        """Nothing else is in the store: values and flags are as many as were due since the beginning."""
        for medium in ("air", "water"):
            due = Counter({f"count_{name}": n for (of, name), n in self._stored.items() if of == medium})
            if medium == "water":
                due[f"count_{REFUSED_BY_STORE}"] = 1  # the text that was there before
            rows = self.store.query(f"SELECT count(*) FROM {medium}", database=DATABASE)
            found = {name: int(n) for row in rows for name, n in row.items() if name.startswith("count_")}
            if found != due:
                raise UnreachedError(f"{medium}: expected {dict(due)} in all, got {found}")

    def _points(self, due: Points) -> Points:
        """What the store holds in the span of time of the points that are due."""
        found: Points = {}
        for medium in ("air", "water"):
            times = [time for of, _, time in due if of == medium]
            if not times:
                continue
            span = f"time >= {min(times)}s AND time <= {max(times)}s"
            for row in self.store.query(f"SELECT * FROM {medium} WHERE {span}", database=DATABASE):
                series = row["station"] if row["period_s"] == str(PERIOD_S) else f"{row['station']} {row['period_s']}"
                fields = {name: float(told) for name, told in row.items() if told and name not in NO_FIELDS}
                found[medium, series, int(row["time"])] = fields
        return found

    def _quarantine(self) -> Counter[tuple[str, bytes, str]]:
        """What has come into quarantine since the last check."""
        rows = self._ledger("SELECT topic, payload, refusals FROM quarantine WHERE id > ?", self._last_quarantined)
        return Counter((topic, payload, msgspec.msgpack.decode(told)[0]["code"]) for topic, payload, told in rows)

    def _outbox(self) -> int:
        return int(self._ledger("SELECT count(*) FROM outbox")[0][0])

    def _ledger(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        uri = f"file:{self.collector.file}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=30)) as db:
            return db.execute(statement, arguments).fetchall()

    def _difference(self, points: Points, refused: Counter[tuple[str, bytes, str]]) -> str:
        found, quarantined = self._points(points), self._quarantine()
        missing = [key for key in points if key not in found]
        extra = [key for key in found if key not in points]
        wrong = [(key, points[key], found[key]) for key in points if key in found and points[key] != found[key]]
        told = [
            f"{len(each):,} {what}, such as {each[:3]}"
            for what, each in (
                ("points missing", missing),
                ("points that were never sent", extra),
                ("points with other values", wrong),
                ("missing in quarantine", list(refused - quarantined)),
                ("too many in quarantine", list(quarantined - refused)),
            )
            if each
        ]
        return f"the outbox ({self._outbox()} groups left) to become what was published: {'; '.join(told) or 'it is'}"

    def _reach(self, reached: Callable[[], bool], *, what: str | Callable[[], str], timeout_s: float = 60.0) -> None:
        """Wait until something is reached; whatever plays along must still be alive."""

        def watched() -> bool:
            if self.gateway.failed:
                raise UnreachedError(f"the gateway of the test failed: {self.gateway.failed}")
            process = self.collector.process
            if process is not None and process.poll() is not None:
                raise UnreachedError(f"the collector has ended by itself with {process.poll()}")
            return reached()

        try:
            reach(watched, what="it", timeout_s=timeout_s)
        except UnreachedError as error:
            if str(error).startswith("waited") and not isinstance(what, str):
                raise UnreachedError(f"waited {timeout_s:.0f} s for {what()}") from error
            raise UnreachedError(f"{error}: {what}" if isinstance(what, str) else str(error)) from error
