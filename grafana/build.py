"""Write the dashboards, the alert rules and the playlist of Grafana, or check that the committed ones are the same.

    python -m grafana.build            write grafana/dashboards/, provisioning/alerting/rules.yaml and playlist.json
    python -m grafana.build --check    exit with 1 where one differs from what the configuration gives

Names of stations, zone classes and limits come from the configuration: an installation builds its own with `--config`.
"""

import argparse
import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any, Final

import yaml

from grafana import alerts
from grafana.boards import BOARDS
from grafana.look import Look
from ingestor import config
from ingestor.errors import FailureError
from sensors.errors import ConfigError

HERE: Final = Path(__file__).parent
DAY: Final = dt.date(2026, 11, 1)
"""The day whose editions of the standards the committed boards draw; `--day` names another."""
PLAYLIST_INTERVAL: Final = "1m"
ROTATING: Final = ("wall", "air", "water", "noise", "plan")
"""The boards that the public sees in turn."""


def files(look: Look) -> dict[str, str]:
    """Return the text of every file by its path below the folder of Grafana."""
    boards = {name: build(look) for name, build in BOARDS.items()}
    found = {f"dashboards/{name}.json": _json(board) for name, board in boards.items()}
    found["provisioning/alerting/rules.yaml"] = alerts.HEAD + yaml.safe_dump(
        alerts.rules(look), allow_unicode=True, sort_keys=False, width=120
    )
    found["playlist.json"] = _json(
        {
            "apiVersion": "playlist.grafana.app/v1",
            "kind": "Playlist",
            "metadata": {"name": "qingjing"},
            "spec": {
                "title": "清静大屏轮播",
                "interval": PLAYLIST_INTERVAL,
                "items": [{"type": "dashboard_by_uid", "value": boards[name]["uid"]} for name in ROTATING],
            },
        }
    )
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m grafana.build", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file differs")
    parser.add_argument("--config", type=Path, default=config.CHECKOUT, help="configuration; default: the checkout's")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the files; default: grafana/")
    parser.add_argument(
        "--day", type=dt.date.fromisoformat, default=DAY,
        help=f"day whose editions of the standards limits and colours are taken from; default: {DAY}",
    )  # fmt: skip
    given = parser.parse_args(arguments)
    try:
        wanted = files(Look(config.load(given.config), given.day))
    except (ConfigError, FailureError) as error:
        print(error, file=sys.stderr)  # noqa: T201  # a command
        return 2
    differ = [name for name, text in wanted.items() if _read(given.out / name) != text]
    folder = given.out / "dashboards"
    known = {Path(name).name for name in wanted}
    strange = sorted(each.name for each in folder.glob("*.json") if each.name not in known) if folder.is_dir() else []
    if given.check:
        for name in differ:
            print(f"{given.out / name}: expected what `python -m grafana.build` writes, got another text")  # noqa: T201
        for name in strange:
            print(f"{folder / name}: expected a board of grafana/boards, got a file of no board")  # noqa: T201
        return int(bool(differ or strange))
    for name in differ:
        path = given.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[name], encoding="utf-8")
    print(f"{len(differ)} of {len(wanted)} files written to {given.out}")  # noqa: T201  # a command
    return 0


def _json(what: dict[str, Any]) -> str:
    return json.dumps(what, ensure_ascii=False, indent=1) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
