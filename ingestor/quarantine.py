"""The quarantine as a tool: what was refused is decoded again after the configuration was mended."""

from collections.abc import Callable, Iterable

import msgspec

from ingestor import lab
from ingestor.backfill import importing
from ingestor.config import Config
from ingestor.decoding import Decoding
from ingestor.store import Ledger, Quarantined, taken_of
from ingestor.store.ledger import REFUSED_BY_STORE
from ingestor.store.line_protocol import decode
from sensors.reading import Reading


class Retried(msgspec.Struct, frozen=True):
    """What became of messages tried again: how many left quarantine, how many stayed, and the values stored."""

    released: int
    stayed: int
    values: int


def retry(
    config: Config, ledger: Ledger, numbers: Iterable[int], *, progress: Callable[[], None] = lambda: None
) -> Retried:
    """Decode messages again, as of their last arrival; what is taken now goes to the store through the outbox.

    Values that the message gave at its arrival are not stored again: a later message may have corrected them. What
    was refused then and is taken now is stored, also where something was stored for its time since. What is read by
    another message, as numbers of Sparkplug by a birth, is read by the last that came.

    Raises
    ------
    StoreError
        If the ledger cannot be read or written; messages done so far are done.
    """
    decoding = Decoding(config)
    needed = ledger.needed()
    decoding.recall(needed)
    released = stayed = values = 0
    for number in numbers:
        kept = ledger.quarantined_one(number)
        if kept is None:
            continue
        if kept.source == REFUSED_BY_STORE:
            readings, refusals = decode(kept.payload), []
        elif kept.source == importing.SOURCE:  # an excerpt only: the file has to be imported again
            readings, refusals = [], kept.refusals
        elif kept.source == lab.SOURCE:
            checked = lab.again(config, kept)
            readings, refusals = _not_taken(checked.readings, kept), checked.refusals
        else:
            arrival = decoding.arrival(kept.topic, kept.payload, kept.last_at)
            if arrival.needed_later:
                decoding.recall(needed)
            readings, refusals = _not_taken(arrival.readings, kept), arrival.refusals
        ledger.release(number, readings, refusals, [*kept.taken, *taken_of(readings)])
        released, stayed = released + (not refusals), stayed + bool(refusals)
        values += sum(len(reading.values) for reading in readings)
        progress()
    return Retried(released, stayed, values)


def _not_taken(readings: list[Reading], kept: Quarantined) -> list[Reading]:
    """Readings without the values that the message gave at its arrival."""
    taken = set(kept.taken)
    left = []
    for reading in readings:
        named = zip(taken_of([reading]), reading.values, strict=True)
        values = tuple(value for name, value in named if name not in taken)
        if values:
            left.append(msgspec.structs.replace(reading, values=values))
    return left
