"""The checks that a reading over MQTT passes (`sensors.decoders.native`), for many rows at once."""

from collections.abc import Iterator

import msgspec
import numpy as np

from ingestor.backfill.building import picked
from ingestor.backfill.parts import Bools, Fault, Floats, Longs, Part, as_medium
from ingestor.store.ports import NO_VALUE, Block
from sensors import flags
from sensors.decoders.taking import ALIGNED, HOUR_S
from sensors.errors import shown
from sensors.quantities import MEDIA, Quantities
from sensors.reading import DAY_S
from sensors.register import Register

ANY_FLAG = (*flags.USABLE, flags.FAIL, flags.MISSING)


class Bounds(msgspec.Struct, frozen=True):
    """What rows are held against. Times in seconds since 1970 in UTC."""

    quantities: Quantities
    register: Register
    not_before: int
    not_after: int
    offset_s: int


def screened(part: Part, bounds: Bounds) -> tuple[Block | None, list[Fault]]:
    """Return what can be stored of a part, and what is refused of it.

    The block's rows stand in the order of time, the last one of a time holds; None where nothing is left.
    """
    faults = []
    wrong = _wrong_whole(part, bounds)
    if wrong is not None:
        code, detail, about = wrong
        return None, [Fault(code, detail, about, part.lines, part.source)]
    keep = np.ones(len(part.times), dtype=np.bool_)
    for fails, code, detail in _times(part, bounds):
        fails &= keep
        if fails.any():
            first = int(np.argmax(fails))
            got = f"{detail}, got {np.datetime64(int(part.times[first]), 's')}Z"
            faults.append(Fault(code, got, f"{part.station} {detail}", part.lines[fails], part.source))
            keep &= ~fails
    times, lines, columns = part.times, part.lines, part.columns
    if not keep.all():
        times, lines, columns = times[keep], lines[keep], picked(columns, keep)
    known = bounds.quantities.of(as_medium(part.medium))
    kept = {}
    for quantity, (values, codes) in columns.items():
        if quantity not in known:
            rows = lines[codes != NO_VALUE]
            if len(rows):
                detail = f"expected a quantity of {part.medium}, got {shown(quantity)}"
                faults.append(Fault("unknown_quantity", detail, quantity, rows, part.source))
            continue
        kept[quantity], found = _values(part, quantity, values, codes, lines)
        faults += found
    return ordered(part, times, kept), faults


def _wrong_whole(part: Part, bounds: Bounds) -> tuple[str, str, str] | None:
    """Why nothing of a part can be stored: code, detail, what it is about."""
    if part.medium not in MEDIA:
        return "wrong_type", f"medium: expected one of {', '.join(MEDIA)}, got {shown(part.medium)}", "medium"
    if bounds.register.get(part.medium, part.station) is None:
        detail = f"station: expected one of the register of {part.medium}, got {shown(part.station)}"
        return "unknown_station", detail, part.station
    grab = part.period_s == 0 and part.medium == "water"
    if not grab and (not 1 <= part.period_s <= DAY_S or DAY_S % part.period_s):
        return "wrong_type", f"period_s: expected seconds that divide a day, got {part.period_s}", "period_s"
    if part.medium in ALIGNED and HOUR_S % part.period_s and part.period_s % HOUR_S:
        return "wrong_type", f"period_s: expected parts or multiples of an hour, got {part.period_s}", "period_s"
    return None


def _times(part: Part, bounds: Bounds) -> Iterator[tuple[Bools, str, str]]:
    yield part.times > bounds.not_after, "future_time", "time: expected none in the future"
    first = np.datetime64(bounds.not_before, "s")
    yield part.times < bounds.not_before, "bad_time", f"time: expected none before {first}Z"
    if part.medium in ALIGNED:
        starts = (part.times + bounds.offset_s) % part.period_s == 0
        yield ~starts, "bad_time", f"time: expected the start of a period of {part.period_s} s"


def _values(
    part: Part, quantity: str, values: Floats, codes: Longs, lines: Longs
) -> tuple[tuple[Floats, Longs], list[Fault]]:
    """Values and flags of which nothing is refused any more, and what was."""
    faults = []
    there = codes != NO_VALUE
    allowed = [code for code in ANY_FLAG if code != flags.BELOW_DETECTION or part.medium == "water"]
    unknown = there & ~np.isin(codes, allowed)
    if unknown.any():
        got = int(codes[np.argmax(unknown)])
        detail = f"{quantity}: expected a flag of {', '.join(map(str, sorted(allowed)))}, got {got}"
        faults.append(Fault("unknown_flag", detail, quantity, lines[unknown], part.source))
    infinite = there & ~unknown & (codes != flags.MISSING) & ~np.isfinite(values)
    if infinite.any():
        detail = f"{quantity}: expected a finite number, got {values[np.argmax(infinite)]}"
        faults.append(Fault("not_finite", detail, quantity, lines[infinite], part.source))
    if faults:
        codes = np.where(unknown | infinite, NO_VALUE, codes)
    return (np.where((codes == flags.MISSING) | (codes == NO_VALUE), np.nan, values), codes), faults


def ordered(part: Part, times: Longs, columns: dict[str, tuple[Floats, Longs]]) -> Block | None:
    """Return the block of columns: sorted by time, of several values of one time the last, without empty columns."""
    columns = {quantity: column for quantity, column in columns.items() if (column[1] != NO_VALUE).any()}
    if not columns or not len(times):
        return None
    medium = as_medium(part.medium)
    if (np.diff(times) > 0).all():
        return Block(medium, part.station, part.period_s, times, columns)
    return joined([Block(medium, part.station, part.period_s, times, columns)])


def joined(blocks: list[Block]) -> Block:
    """Return blocks of one station and period as one; of several values of one time and quantity the last holds."""
    first = blocks[0]
    if len(blocks) == 1 and (np.diff(first.times) > 0).all():
        return first
    times, places = np.unique(np.concatenate([block.times for block in blocks]), return_inverse=True)
    columns: dict[str, tuple[Floats, Longs]] = {}
    start = 0
    for block in blocks:
        at = places[start : start + len(block.times)]
        start += len(block.times)
        for quantity, (values, codes) in block.columns.items():
            if quantity not in columns:
                columns[quantity] = (np.full(len(times), np.nan), np.full(len(times), NO_VALUE))
            there = codes != NO_VALUE
            columns[quantity][0][at[there]] = values[there]  # numpy: of equal places the last one stays
            columns[quantity][1][at[there]] = codes[there]
    return Block(first.medium, first.station, first.period_s, times, columns)
