"""The latest reading of every station, kept up to date by looking only at stations of which something arrived."""

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np

from ingestor.board.lanes import Use
from ingestor.config import DAY_S
from ingestor.derivation.spans import calibrated
from ingestor.store.marks import arrived_since, marks
from sensors import flags
from sensors.quantities import MEDIA, Medium

BACK_S: Final = 400 * DAY_S
"""How far back the last reading of a station is looked for."""
AHEAD_S: Final = 300
"""How far ahead of the clock a reading may lie, as when it is decoded."""


class Latest(msgspec.Struct, frozen=True):
    """When the last reading of a station begins and how long it is [s], and its good values by quantity, calibrated."""

    time: int
    period_s: int
    values: dict[str, float]

    @property
    def end(self) -> int:
        """When its period is over. [s since 1970]"""
        return self.time + self.period_s


Key = tuple[Medium, str]


class LatestReadings:
    """The last readings, by medium and station; used from one thread."""

    def __init__(self) -> None:
        self._found: dict[Key, Latest] = {}
        self._arrivals = -1
        self._derivations = -1
        self._of: tuple[object, ...] = ()

    def look(self, use: Use, now: float) -> dict[Key, Latest]:
        """Return the last reading of each station that has one, up to a moment. [s since 1970]

        Raises
        ------
        StoreError
            If the store is away.
        """
        before = marks(use.file)
        today = use.config.local_day(int(now))
        asked = (id(use.config), use.file.stat().st_ino, today)
        if asked != self._of or before.derivations != self._derivations:
            changed: Iterable[Key] = [(each.medium, each.id) for each in use.config.register.stations]
            if asked != self._of:
                self._found = {}
        elif before.arrivals != self._arrivals:
            known = {(each.medium, each.id) for each in use.config.register.stations}
            changed = [key for key in arrived_since(use.file, self._arrivals) if key in known]
        else:
            return self._found
        found = dict(self._found)
        for medium in MEDIA:
            found |= _latest(use, medium, [id_ for m, id_ in changed if m == medium], int(now))
        self._found, self._of = found, asked
        self._arrivals, self._derivations = before.arrivals, before.derivations
        return found


def _latest(use: Use, medium: Medium, ids: list[str], now: int) -> dict[Key, Latest]:
    ends = use.store.extents(medium, ids, now - BACK_S, now + AHEAD_S) if ids else {}
    together: dict[int, list[str]] = {}
    for id_, (_, last) in ends.items():
        together.setdefault(last, []).append(id_)
    found: dict[Key, Latest] = {}
    for last, stations in together.items():
        values: dict[str, tuple[int, dict[str, float]]] = {}
        for key, sent in use.store.raw_of(medium, stations, last, last + 1).items():
            raw = calibrated(use.config, key, sent)
            period_s, of_station = values.setdefault(key.station, (key.period_s, {}))
            good = (raw.flags == flags.GOOD) & ~np.isnan(raw.values)
            if key.period_s == period_s and good.any():
                of_station[key.quantity] = float(raw.values[good][-1])
        for id_, (period_s, of_station) in values.items():
            found[medium, id_] = Latest(last, period_s, of_station)
    return found
