"""Calibrations that a figure rests on: by which rows of calibrations.csv, whose, and how many readings."""

import datetime as dt
from decimal import Decimal

import msgspec
import numpy as np

from aggregations.indicators import Indicator
from aggregations.periods import DAY, Period
from ingestor.config import Config
from ingestor.derivation.spans import MANUAL_S
from ingestor.scopes import Scope
from ingestor.store import Tables
from sensors import flags


class CalibrationUsed(msgspec.Struct, frozen=True, kw_only=True):
    """A row of calibrations.csv that holds in a figure's period for readings of one of its stations.

    Times are in the city's zone, None where it is open. `line` is that of the file; `values` counts the readings of the
    period that were calibrated by it, of the figure's quantities.
    """

    station: str
    quantities: tuple[str, ...]
    from_: dt.datetime | None = msgspec.field(name="from")
    until: dt.datetime | None
    factor: Decimal
    offset: Decimal
    by: str
    certificate: str
    remark: str
    line: int
    values: int


def calibrations_used(
    config: Config, store: Tables, indicator: Indicator, where: Scope, period: Period
) -> list[CalibrationUsed]:  # fmt: skip
    """Return the calibrations of what an indicator is computed from, in the order of the file."""
    start, end = config.start_of(period.first), config.start_of(period.last + DAY)
    zone = dt.timezone(dt.timedelta(seconds=config.offset_s))

    def local(moment: int | None) -> dt.datetime | None:
        return None if moment is None else dt.datetime.fromtimestamp(moment, zone)

    found = []
    for station in () if indicator.of_surveys else where.stations[indicator.medium]:
        for each in config.calibrations.of(station.medium, station.id):
            about = set(each.quantities) & set(indicator.quantities or each.quantities)
            first = start if each.from_s is None else max(each.from_s, start)
            until = end if each.until_s is None else min(each.until_s, end)
            if not about or first >= until:
                continue
            raw = store.raw_of(station.medium, [station.id], first, until)
            values = sum(
                int((np.isfinite(series.values) & (series.flags != flags.BELOW_DETECTION)).sum())
                for key, series in raw.items()
                if key.quantity in about and key.period_s != MANUAL_S
            )
            found.append(
                CalibrationUsed(
                    station=station.id,
                    quantities=each.quantities,
                    from_=local(each.from_s),
                    until=local(each.until_s),
                    factor=each.factor,
                    offset=each.offset,
                    by=each.by,
                    certificate=each.certificate,
                    remark=each.remark,
                    line=each.line,
                    values=values,
                )
            )
    return sorted(found, key=lambda each: each.line)
