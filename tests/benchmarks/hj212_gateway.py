"""The gateway for HJ 212 under load: 2,000 devices, a frame a minute of each, bursts, and some that misbehave.

Run: python tests/benchmarks/hj212_gateway.py [--devices 2000] [--minutes 3]. Real TCP, a real Mosquitto and a
subscriber, all on this machine. Prints the memory of the gateway over time, its CPU, and percentiles of the time from
a frame to its answer. The promise is flat memory, and answers to all frames of devices that behave: once all are
connected and have sent, memory grows by a tenth at most, which it does in the first three minutes.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import paho.mqtt.client as mqtt
import psutil
from measuring import ROOT, describe, judged

sys.path.insert(0, str(ROOT))

from sensors.hj212.frames import build
from tests.support import Mosquitto, accepts, free_port, wait_for

EVERY_S = 60.0
BURST_EVERY_S, BURST_DEVICES, BURST_FRAMES = 20.0, 200, 10
WATCH_S = 15.0
LAST_LOOKS = 150
"""How often it is looked whether all is answered once nothing more is sent, 0.2 s apart."""
LIMIT_GROWTH = 0.1
BAD = 25
"""Connections of each kind that misbehave: silent, unfinished, half-open, garbage."""
ITEMS = ";".join(f"a{21000 + i}-Rtd={i}.25,a{21000 + i}-Flag=N" for i in range(11))
_NUMBERS = itertools.count(20_260_101_000_000_000)


class Device:
    """Sends frames that ask for an answer and notes how long each took."""

    def __init__(self, name: str, took: list[float]) -> None:
        self._name, self._took = name, took
        self._sent: dict[str, float] = {}

    async def connect(self, port: int) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        self._hearing = asyncio.create_task(self._hear())

    def send(self) -> None:
        number = str(next(_NUMBERS))
        header = {"QN": number, "ST": "22", "CN": "2011", "PW": "123456", "MN": self._name, "Flag": 5}
        self._sent[number] = time.perf_counter()
        self._writer.write(build(header, f"DataTime=20260101080000;{ITEMS}"))

    @property
    def unanswered(self) -> int:
        return len(self._sent)

    async def _hear(self) -> None:
        while line := await self._reader.readline():
            number = line.split(b"QN=")[1][:17].decode()
            self._took.append(time.perf_counter() - self._sent.pop(number))

    async def regularly(self, until: float) -> None:
        await asyncio.sleep(random.uniform(0, EVERY_S))
        while time.perf_counter() < until:
            self.send()
            await asyncio.sleep(EVERY_S)


async def misbehave(port: int, until: float) -> None:
    """Keep connections that never say anything good, and open new ones where they are closed."""

    async def one(first: bytes, again: bytes) -> None:
        while time.perf_counter() < until:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(first)
                while time.perf_counter() < until:
                    await asyncio.sleep(2)
                    writer.write(again)
                    await writer.drain()
            except OSError:
                continue
            finally:
                writer.close()

    login = build({"QN": "1", "ST": "22", "CN": "2011", "PW": "1", "MN": "bad", "Flag": 4}, "DataTime=20260101080000")
    kinds = ((b"", b""), (b"##0300QN=", b"x"), (login, b"##9999QN=2026"), (b"##0" * 5000, b"x" * 5000))
    await asyncio.gather(*(one(*kind) for kind in kinds for _ in range(BAD)))


async def load(port: int, gateway: psutil.Process, devices: int, seconds: float) -> tuple[list[float], int]:
    """Drive the devices, print what is watched; return the memory seen [MiB], and how many frames were not answered."""
    regular: list[float] = []
    bursts: list[float] = []
    fleet = [Device(f"dev{i:05d}", regular) for i in range(devices)]
    before = gateway.memory_info().rss / 2**20
    for at in range(0, devices, 100):
        await asyncio.gather(*(each.connect(port) for each in fleet[at : at + 100]))
    bursting = [Device(f"burst{i:04d}", bursts) for i in range(BURST_DEVICES)]
    await asyncio.gather(*(each.connect(port) for each in bursting))
    for each in (*fleet, *bursting):
        each.send()
    await asyncio.sleep(5)
    regular.clear()
    bursts.clear()
    print(
        f"gateway: {before:.0f} MiB alone; {devices + BURST_DEVICES} devices connected, load {os.getloadavg()[0]:.1f}"
    )
    start = time.perf_counter()
    until = start + seconds
    cpu = sum(gateway.cpu_times()[:2])
    running = [asyncio.create_task(each.regularly(until)) for each in fleet]
    running.append(asyncio.create_task(misbehave(port, until)))
    memory: list[float] = []
    next_burst, next_watch = start, start
    while (now := time.perf_counter()) < until:
        if now >= next_burst:
            next_burst += BURST_EVERY_S
            for each in bursting:
                for _ in range(BURST_FRAMES):
                    each.send()
        if now >= next_watch:
            next_watch += WATCH_S
            memory.append(gateway.memory_info().rss / 2**20)
            print(f"{now - start:5.0f} s  {memory[-1]:6.1f} MiB  {len(regular) + len(bursts):7,} answers")
        await asyncio.sleep(0.05)
    for task in running:
        task.cancel()
    for _ in range(LAST_LOOKS):
        if not any(each.unanswered for each in (*fleet, *bursting)):
            break
        await asyncio.sleep(0.2)
    cpu = sum(gateway.cpu_times()[:2]) - cpu
    memory.append(gateway.memory_info().rss / 2**20)
    unanswered = sum(each.unanswered for each in (*fleet, *bursting))
    for name, took in (("a frame a minute", regular), (f"bursts of {BURST_FRAMES}", bursts)):
        p50, p95, p99 = 1000 * np.percentile(took, [50, 95, 99])
        print(f"{name}: {len(took):,} answers, p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")
    print(f"unanswered {unanswered}; CPU {100 * cpu / seconds:.0f} % of a core; load {os.getloadavg()[0]:.1f}")
    print(f"memory {memory[0]:.1f} MiB at the start, {max(memory):.1f} at most, {memory[-1]:.1f} at the end")
    return memory, unanswered


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=3.0)
    asked = parser.parse_args()
    describe(f"the gateway for HJ 212, {asked.devices:,} devices for {asked.minutes:g} min")
    with tempfile.TemporaryDirectory() as folder:
        broker = Mosquitto(Path(folder))
        broker.start()
        subscriber = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        subscriber.on_connect = lambda client, *_: client.subscribe("env/hj212/v1/#", qos=0)
        subscriber.connect("127.0.0.1", broker.port)
        subscriber.loop_start()
        port = free_port()
        command = [
            sys.executable, "-m", "ingestor", "--data", folder, "hj212-gateway", "--listen", f"127.0.0.1:{port}",
            "--any-device", "--port", str(broker.port), "--login-s", "20", "--json",
        ]  # fmt: skip
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as gateway:
            wait_for(lambda: accepts(port), what="the gateway to listen")
            memory, unanswered = asyncio.run(load(port, psutil.Process(gateway.pid), asked.devices, asked.minutes * 60))
            gateway.send_signal(signal.SIGTERM)
            print(json.dumps(json.loads(gateway.communicate(timeout=30)[0])))
        subscriber.disconnect()
        subscriber.loop_stop()
        broker.stop()
    return judged(
        ("growth of memory", max(memory) / memory[0] - 1, LIMIT_GROWTH), ("frames without an answer", unanswered, 0)
    )


if __name__ == "__main__":
    sys.exit(main())
