"""What became of a message, as people read it."""

import datetime as dt

from ingestor.store import Arrival
from sensors import flags
from sensors.errors import printable
from sensors.reading import Reading


def outcome(arrival: Arrival, offset_s: int) -> list[str]:
    """Return a line for each reading and each refusal of a message, without those that control a terminal.

    A reading is `air sz-a01, 2020-11-21T08:00:00+08:00, 3600 s: pm25 15.1, o3 96.0 (4), co missing`: medium, station,
    start and length of the period, then values in the units of their quantities, with the flag of each that is not
    good. Times are those of `offset_s` [s]. A refusal is `code: place: expected X, got Y`.
    """
    readings = [reading_line(reading, offset_s) for reading in arrival.readings]
    return readings + [f"{refusal.code}: {printable(refusal.detail)}" for refusal in arrival.refusals]


def reading_line(reading: Reading, offset_s: int) -> str:
    """Return a reading as a line of `outcome`."""
    values = ", ".join(_value(*each) for each in reading.values)
    time = local(reading.time, offset_s)
    return f"{reading.medium} {printable(reading.station)}, {time}, {reading.period_s} s: {values}"


def local(time: float, offset_s: int) -> str:
    """Return seconds since 1970-01-01T00:00Z as a text with the offset; what no calendar has as the number."""
    try:
        return dt.datetime.fromtimestamp(time, dt.timezone(dt.timedelta(seconds=offset_s))).isoformat()
    except (ValueError, OverflowError, OSError):
        return f"{time:.0f} s since 1970"


def _value(quantity: str, value: float | None, flag: int) -> str:
    if value is None:
        return f"{quantity} missing" if flag == flags.MISSING else f"{quantity} missing ({flag})"
    return f"{quantity} {value:.15g}" if flag == flags.GOOD else f"{quantity} {value:.15g} ({flag})"
