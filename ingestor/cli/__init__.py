"""The command `qingjing`: one module a group of commands."""

import sys
from typing import NoReturn

from ingestor.broker import BrokerError
from ingestor.cli import (
    air_quality,
    backfill,
    collecting,
    comparing,
    configuration,
    demonstration,
    doctoring,
    explaining,
    figures,
    gaps,
    jobs,
    laboratory,
    notices,
    publications,
    quarantine,
    reviewing,
    standards,
)
from ingestor.cli.common import app
from ingestor.gateway import GatewayError
from ingestor.store import StoreError
from sensors.errors import ConfigError

__all__ = [
    "air_quality",
    "backfill",
    "collecting",
    "comparing",
    "configuration",
    "demonstration",
    "doctoring",
    "explaining",
    "figures",
    "gaps",
    "jobs",
    "laboratory",
    "main",
    "notices",
    "publications",
    "quarantine",
    "reviewing",
    "standards",
]

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_STOPPED = 130


def main() -> None:
    """Run the command; errors become one line and an exit code: 2 for a mistake in input, 1 for a failure."""
    try:
        app()
    except ConfigError as error:
        _fail(error, EXIT_USAGE)
    except (StoreError, BrokerError, GatewayError, OSError) as error:
        _fail(error, EXIT_FAILED)
    except KeyboardInterrupt:
        _fail("stopped; what was stored stays, start again to go on", EXIT_STOPPED)


def _fail(error: object, code: int) -> NoReturn:
    sys.stderr.write(f"qingjing: {error}\n")
    raise SystemExit(code)
