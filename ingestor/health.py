"""Health of the collector: counters, and whether it collects and stores."""

from bisect import bisect_left
from collections.abc import Sequence

from ingestor.sequences import Sequences
from ingestor.store import Arrival, Intake

LAG_BUCKETS_S = (1.0, 10.0, 60.0, 600.0, 3600.0, 86_400.0)


class Health:
    """Counts since the start, and the present state; written by the collector's thread, read by any.

    `connected` tells of the broker, `full` why nothing is acknowledged, `commit_failing` and `store_failing` what
    the last try to commit or to deliver ended in, `jobs_away` and `board_away` why the jobs or the board do not
    run. `ignored_by` counts, by source, messages without data that the source says not to keep. `lag_s` is the largest
    time from the end of a reading's period to its arrival in the last group. [s]
    """

    def __init__(self) -> None:
        self.received = 0
        self.messages = 0
        self.decoded = 0
        self.values = 0
        self.stored = 0
        self.duplicate = 0
        self.ignored_by: dict[str, int] = {}
        self.sequences = Sequences()
        self.quarantined = 0
        self.quarantined_by: dict[str, int] = {}
        self.retried = 0
        self.reconnects = 0
        self.sessions_lost = 0
        self.outbox_readings = 0
        self.outbox_bytes = 0
        self.outbox_age_s = 0.0
        self.lag_s = 0.0
        self.lag_sum_s = 0.0
        self.lag_counts = [0] * (len(LAG_BUCKETS_S) + 1)
        self.connected = False
        self.full: str | None = None
        self.commit_failing: str | None = None
        self.store_failing: str | None = None
        self.config_refused: str | None = None
        self.jobs_away: str | None = None
        self.board_away: str | None = None

    def committed(self, arrivals: Sequence[Arrival]) -> None:
        """Count a group that was committed."""
        self.commit_failing = None
        self.messages += len(arrivals)
        refused = 0
        lags: list[float] = []
        for arrival in arrivals:
            if arrival.refusals:
                refused += 1
                code = arrival.refusals[0].code
                self.quarantined_by[code] = self.quarantined_by.get(code, 0) + 1
            elif not arrival.readings:
                self.ignored_by[arrival.source] = self.ignored_by.get(arrival.source, 0) + 1
            if arrival.sequenced is not None:
                self.sequences.follow(arrival.source, arrival.sequenced, arrival.received_at, again=arrival.again)
            if arrival.again:
                self.duplicate += 1
            for reading in arrival.readings:
                lag_s = arrival.received_at - reading.time - reading.period_s
                lags.append(lag_s)
                self.lag_counts[bisect_left(LAG_BUCKETS_S, lag_s)] += 1
        self.quarantined += refused
        self.decoded += len(lags)
        if lags:
            self.lag_s = max(lags)
            self.lag_sum_s += sum(lags)

    def look(self, store: Intake, now: float) -> None:
        """Take over what the store tells."""
        backlog = store.backlog()
        self.outbox_readings, self.outbox_bytes = backlog.readings, backlog.size
        self.outbox_age_s = max(0.0, now - backlog.oldest_at) if backlog.oldest_at is not None else 0.0
        self.stored, self.retried = backlog.moved, backlog.retried
        if backlog.refused:
            self.quarantined_by["refused_by_store"] = backlog.refused
        self.store_failing = backlog.failing

    def row(self) -> dict[str, float]:
        """Return a row of the table `ingest_health`."""
        return {
            "received": self.received,
            "decoded": self.decoded,
            "stored": self.stored,
            "duplicate": self.duplicate,
            "quarantined": self.quarantined,
            "retried": self.retried,
            "reconnects": self.reconnects,
            "outbox_readings": self.outbox_readings,
            "outbox_bytes": self.outbox_bytes,
            "outbox_age_s": self.outbox_age_s,
            "lag_s": self.lag_s,
        }
