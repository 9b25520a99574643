"""Real files as gateways would send them: one module a format.

Each gives the stations of a file, for a register, and its rows as messages of the native dialect. What a file
says strangely (labels, units, missing values) is put right in its module and nowhere else.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from ingestor.formats import cnemc_water, dublin_noise, uci_beijing
from ingestor.formats.message import FileMessage
from sensors.register import Station

__all__ = ["FORMATS", "FileFormat", "FileMessage"]


class FileFormat(msgspec.Struct, frozen=True):
    """`messages` reads a file; `stations` lists what it holds, for a register, given a city's id."""

    what: str
    messages: Callable[[Path], Iterator[FileMessage]]
    stations: Callable[[Path, str], list[Station]]


FORMATS: Final[dict[str, FileFormat]] = {
    "uci-beijing": FileFormat(
        "12 Beijing air stations, hourly, 2013-2017 (CSV)", uci_beijing.messages, uci_beijing.stations
    ),
    "cnemc-water": FileFormat("national water sections, snapshots (CSV)", cnemc_water.messages, cnemc_water.stations),
    "dublin-noise": FileFormat("Dublin monitors, hourly LAeq (TSV)", dublin_noise.messages, dublin_noise.stations),
}
"""File formats by the name that `--format` takes."""
