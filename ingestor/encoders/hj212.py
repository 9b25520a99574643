"""Messages in HJ 212-2017: a frame a reading, of an hour, or of the real time for water."""

import datetime as dt

from ingestor.encoders.native import ZONE
from ingestor.encoders.port import Message, source_of_each
from sensors.hj212 import frames
from sensors.quantities import MEDIA, Medium, Quantities

_OF_THE_SOURCE: tuple[Medium, ...] = ("water",)
"""Sent as real-time values, whose period the source states; the others as hours."""
_SYSTEMS: dict[Medium, int] = {"air": 22, "water": 21, "noise": 23}
"""Codes of systems (ST): recalled; our decoder does not look at them."""


class Hj212Encoder:
    """The station is the MN; quantities go by their codes, in their own units."""

    media: tuple[Medium, ...] = MEDIA
    sources = source_of_each("hj212", "hj212/{medium}/{device}", 'dialect = "hj212"', periods=_OF_THE_SOURCE)

    def __init__(self, quantities: Quantities) -> None:
        self._quantities = quantities

    def introduce(self, medium: Medium, station: str, at: int) -> list[Message]:  # noqa: ARG002
        """See `Encoder.introduce`."""
        return []

    def encode(self, medium: Medium, station: str, time: int, period_s: int, values: dict[str, float]) -> Message:
        """See `Encoder.encode`."""
        command, kind = (2011, "Rtd") if medium in _OF_THE_SOURCE else (2061, "Avg")
        start, sent = (dt.datetime.fromtimestamp(each, ZONE) for each in (time, time + period_s))
        known = self._quantities.of(medium)
        items = [
            f"{known[key].hj212}-{kind}={value},{known[key].hj212}-Flag=N"
            for key, value in values.items()
            if known[key].hj212
        ]
        header = {
            "QN": f"{sent:%Y%m%d%H%M%S}000",
            "ST": _SYSTEMS[medium],
            "CN": command,
            "PW": "123456",
            "MN": station,
            "Flag": 5,
        }
        cp = ";".join([f"DataTime={start:%Y%m%d%H%M%S}", *items])
        return f"hj212/{medium}/{station}", frames.build(header, cp)
