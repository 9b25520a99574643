"""Benchmark: messages of six values at QoS 1 through Mosquitto, the service and InfluxDB, all on this machine.

Run with `make bench` or `python tests/benchmarks/ingest_influxdb.py [--messages N] [--only PART ...]`. Parts:

throughput   messages published as fast as the broker takes them, from the first until the last is readable in the
             store (asked for every 100 ms); all are then counted there and their sum is checked
latency      at 2,000 messages a second, from publishing until readable: the newest time of every station is asked for
             every 50 ms (from the last answer's on), and a message counts as readable when the answer that covers it
             has come. So latencies are too long by up to the interval and the query (printed), never too short.
backlog      the store is stopped, a million messages are published, the store comes back: memory of the collector,
             read every 100 ms, and the time until all are stored
steps        the share of each step, see `ingest_steps.py`
baseline     paho receiving and discarding the same messages from the same Mosquitto

CPU is user and system time of each process. MB are 10^6 bytes. `everything else on the machine` tells whether the
machine was quiet; the kernel's own work counts there, too.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import ingest_steps
from ingest_stack import Load, Stack, broker, busy_s, copy_of_config, last_line, stack, start_script, wait_until
from load_generator import FIRST, PERIOD_S
from measuring import ROOT, Watch, describe

from ingestor import config as configuration

PARTS = ("throughput", "latency", "backlog", "steps", "baseline")
THROUGHPUT_BOUND = 20_000
CPU_BOUND_US = 40
RATE = 2000
RATE_S = 20
LATENCY_BOUND_S = 2.0
BACKLOG = 1_000_000
MEMORY_BOUND_MB = 250
GROWTH_BOUND_MB = 25
"""Flat: how much more memory at the end of the backlog than after its first quarter."""
STEPS_MESSAGES = 100_000
LATENCY_POLL_S = 0.05
FILTERS = ("env/v1/+/+", "env/v1/gateways/+/+")


class Report:
    """Prints figures and remembers which bound was exceeded."""

    def __init__(self) -> None:
        self.exceeded: list[str] = []
        self.per_message_us: dict[str, float] = {}
        self.rate: dict[str, float] = {}

    def line(
        self, what: str, value: float, unit: str = "", *, most: float | None = None, least: float | None = None
    ) -> None:
        """Print a figure beside its bound."""
        bound = "" if most is None else f" of at most {most:,g}"
        bound += "" if least is None else f" of at least {least:,g}"
        print(f"  {what:<52} {value:12,.{0 if abs(value) >= 1000 else 2}f} {unit}{bound}", flush=True)
        if (most is not None and value > most) or (least is not None and value < least):
            self.exceeded.append(what)


def throughput(report: Report, folder: Path, stations: Sequence[str], messages: int) -> None:
    """Publish as fast as possible."""
    print(f"\nthroughput: {messages:,} messages as fast as possible")
    with stack(folder / "throughput", stations) as running:
        load = Load(running.broker.port, stations, messages)
        before, busy_before_s, own_before_s = running.cpu_s(), busy_s(), time.process_time()
        load.go()
        stored_at = running.wait_until_stored(messages)
        published = load.published()
        wait_until(lambda: not running.waiting(), what="the outbox to be empty")
        used = {name: after - before[name] for name, after in running.cpu_s().items()}
        used |= {"generator": published.cpu_s, "the benchmark's own questions": time.process_time() - own_before_s}
        others_s = busy_s() - busy_before_s - sum(used.values())
    report.rate["collector"] = messages / (stored_at - published.began)
    report.per_message_us["collector"] = used["collector"] / messages * 1e6
    report.line("published, broker's acknowledgement", messages / (published.ended - published.began), "messages/s")
    report.line("end to end, readable", report.rate["collector"], "messages/s", least=THROUGHPUT_BOUND)
    report.line("CPU of collector", report.per_message_us["collector"], "us/message", most=CPU_BOUND_US)
    for name, used_s in used.items():
        if name != "collector":
            report.line(f"CPU of {name}", used_s / messages * 1e6, "us/message")
    report.line("CPU of everything else on the machine", others_s / messages * 1e6, "us/message")


def latency(report: Report, folder: Path, stations: Sequence[str], messages: int) -> None:
    """Publish at a steady rate."""
    print(f"\nlatency: {messages:,} messages at {RATE:,} a second")
    seen: list[tuple[float, int]] = []
    queries_s = 0.0
    with stack(folder / "latency", stations) as running:
        load = Load(running.broker.port, stations, messages, rate=RATE)
        before = running.cpu_s()
        load.go()
        readable = 0
        deadline = time.monotonic() + 10 * RATE_S
        while readable < messages and time.monotonic() < deadline:
            asked_at = time.monotonic()
            readable = _readable(running, stations, readable)
            answered_at = time.monotonic()
            queries_s += answered_at - asked_at
            seen.append((answered_at, readable))
            time.sleep(LATENCY_POLL_S)
        used = {name: after - before[name] for name, after in running.cpu_s().items()}
        running.wait_until_stored(messages)
        published = load.published()
    found: list[float] = []
    for at, count in seen:
        for number in range(len(found), count):
            found.append(at - published.slices_at[number // published.slice_messages])  # noqa: PERF401  # grows
    found.sort()
    report.line("latency, median", found[len(found) // 2], "s")
    report.line("latency, p99", found[int(len(found) * 0.99)], "s", most=LATENCY_BOUND_S)
    report.line("latency, largest", found[-1], "s")
    report.line("one query of all stations' newest", queries_s / len(seen) * 1e3, "ms")
    report.line("messages a second, as published", messages / (published.ended - published.began), "messages/s")
    for name, used_s in used.items():
        report.line(f"CPU of {name}", used_s / (published.ended - published.began) * 100, "% of a core")


def _readable(running: Stack, stations: Sequence[str], before: int) -> int:
    """How many of the first messages are readable, of which so many were before.

    Asked is for the minutes from the last one on that all stations had; no station may lack one that counts.
    """
    minute = before // len(stations) - 1
    newest = dict.fromkeys(stations, minute)
    for row in running.stored("last(o3)", f"AND time >= {FIRST + minute * PERIOD_S}s GROUP BY station"):
        newest[row["tags"].removeprefix("station=")] = (int(row["time"]) - FIRST) // PERIOD_S
    return min((last + 1) * len(stations) + at for at, last in enumerate(newest.values()))


def backlog(report: Report, folder: Path, stations: Sequence[str], messages: int) -> None:
    """Publish while the store is away."""
    print(f"\nbacklog: {messages:,} messages while the store is away")
    with stack(folder / "backlog", stations) as running:
        running.influxd.kill(signal.SIGTERM)
        load = Load(running.broker.port, stations, messages)
        resident: list[float] = []
        watch = Watch(running.collector.pid)

        def look(when: str) -> None:
            resident.append(running.collector.memory_info().rss / 1e6)
            report.line(f"collector's memory {when}", resident[-1], "MB")

        look("at the start")
        load.go()
        for quarter in (1, 2, 3, 4):
            due = messages * quarter // 4
            wait_until(lambda due=due: running.committed() >= due, what=f"{due:,} messages committed")
            look(f"with {quarter * 25} % in the outbox")
        published = load.published()
        committed_s = time.monotonic() - published.began
        running.influxd.start()
        back_at = time.monotonic()
        wait_until(lambda: running.stored("pm25", "LIMIT 1"), what="the first reading in the store")
        first_at = time.monotonic()
        stored_at = running.wait_until_stored(messages)
        wait_until(lambda: not running.waiting(), what="the outbox to be empty")
        look("after draining")
        watch.stop()
    report.line("collector's memory, largest", watch.peak_mib * 2**20 / 1e6, "MB", most=MEMORY_BOUND_MB)
    report.line("growth from 25 % to after draining", max(resident[2:]) - resident[1], "MB", most=GROWTH_BOUND_MB)
    report.line("published, in the outbox and acknowledged", messages / committed_s, "messages/s")
    report.line("drained, from the store's return", stored_at - back_at, "s")
    report.line("  of it until the writer tried again", first_at - back_at, "s")
    report.line("  then", messages / (stored_at - first_at), "messages/s")


def steps(report: Report, folder: Path, stations: Sequence[str], messages: int) -> None:
    """Measure the collector's functions one by one."""
    print(f"\nsteps: {messages:,} messages, CPU of the collector's functions in one thread")
    found = ingest_steps.measure(folder, copy_of_config(folder), stations, messages)
    for step, used_us in found.items():
        report.line(f"{step} ({used_us / sum(found.values()):.0%})", used_us, "us/message")
    report.per_message_us["steps"] = sum(found.values())
    report.line("all steps", report.per_message_us["steps"], "us/message")


def baseline(report: Report, folder: Path, stations: Sequence[str], messages: int) -> None:
    """Let paho discard the messages."""
    print(f"\nbaseline: paho receives and discards {messages:,} messages")
    (folder / "baseline").mkdir()
    with broker(folder / "baseline") as running:
        paho = start_script("paho_discard.py", "--port", str(running.port), "--messages", str(messages), *FILTERS)
        load = Load(running.port, stations, messages)
        load.go()
        cpu_s, ended = json.loads(last_line(paho))
        began = load.published().began
    report.per_message_us["paho"], report.rate["paho"] = cpu_s / messages * 1e6, messages / (ended - began)
    report.line("paho alone", report.rate["paho"], "messages/s")
    report.line("CPU of paho", report.per_message_us["paho"], "us/message")
    if "steps" in report.per_message_us:
        ratio = report.per_message_us["steps"] / report.per_message_us["paho"]
        report.line("CPU, all steps of the collector to paho", ratio)
    if "collector" in report.rate:
        for what, figures in {"CPU": report.per_message_us, "messages/s": report.rate}.items():
            report.line(f"{what}, collector to paho", figures["collector"] / figures["paho"])


def main() -> None:
    """Measure the parts asked for; end with 1 where a bound is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=300_000, help="of throughput and baseline")
    parser.add_argument("--backlog", type=int, default=BACKLOG)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    given = parser.parse_args()
    describe("ingest into InfluxDB: QoS 1, six values a message, everything local")
    stations = [station.id for station in configuration.load(ROOT / "config").register.of("air")]
    at_rate = RATE * RATE_S // len(stations) * len(stations)
    report = Report()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if "throughput" in given.only:
            throughput(report, folder, stations, given.messages)
        if "latency" in given.only:
            latency(report, folder, stations, at_rate)
        if "backlog" in given.only:
            backlog(report, folder, stations, given.backlog)
        if "steps" in given.only:
            steps(report, folder, stations, STEPS_MESSAGES)
        if "baseline" in given.only:
            baseline(report, folder, stations, given.messages)
    if report.exceeded:
        sys.exit(f"a bound is exceeded: {', '.join(report.exceeded)}")


if __name__ == "__main__":
    main()
