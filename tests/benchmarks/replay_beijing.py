"""Benchmark: the 420,768 Beijing rows through MQTT into SQLite, and four years derived. At most 120 s on 2 cores.

Run with `make bench` or `python tests/benchmarks/replay_beijing.py`.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import DATA, ROOT, describe, qingjing, service, timed

PORT = 18_831
BOUND_S = 120


def main() -> None:
    """Print the time of each step, CPU and memory."""
    files = sorted((DATA / "air_beijing_uci").glob("*.csv.gz"))
    describe(f"Beijing replay: {len(files)} files of {DATA / 'air_beijing_uci'}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        config, data = folder / "config", folder / "data"
        shutil.copytree(ROOT / "config", config)
        for plan in (config / "plans").glob("*.toml"):
            plan.unlink()
        command = qingjing(config, data)
        register = subprocess.run(
            [*command, "register", "--format", "uci-beijing", "--city", "beijing", *map(str, files)],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        (config / "stations" / "air.csv").write_text(register)
        started = time.perf_counter()
        with service(config, data, PORT) as watch:
            with timed("replay through MQTT until committed"):
                said = subprocess.run(
                    [*command, "replay", "--format", "uci-beijing", "--port", str(PORT), "--json", *map(str, files)],
                    cwd=ROOT, capture_output=True, text=True, check=True,
                ).stdout  # fmt: skip
            sent = json.loads(said)["sent"]
        with timed("derive four years"):
            derived = subprocess.run(
                [*command, "derive", "--json"], cwd=ROOT, capture_output=True, text=True, check=True
            )
        total = time.perf_counter() - started
        print(f"  {'total, with starting and draining':<44} {total:8.1f} s of at most {BOUND_S} s")
        print(f"  {sent:,} messages, {json.loads(derived.stdout)['station_days']['air']:,} station-days")
        for name, used in watch.cpu_s.items():
            print(f"  CPU of the {name:<33} {used:8.1f} s, {used / sent * 1e6:.0f} us a message")
        print(f"  {'largest memory of collector and broker':<44} {watch.peak_mib:8.0f} MiB")
        if total > BOUND_S:
            sys.exit("the bound is exceeded")


if __name__ == "__main__":
    main()
