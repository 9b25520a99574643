"""Messages in Sparkplug B: a node a medium, a device a station, metrics by number after their birth."""

import struct

from ingestor.encoders.port import Message, source_of_each
from sensors.decoders import sparkplug_wire as wire
from sensors.quantities import MEDIA, Medium, Quantities

GROUP = "qingjing"
_DOUBLE = 10
_STRING = 12
_UINT64 = 8
_PAYLOAD_TIMESTAMP, _PAYLOAD_METRIC, _PAYLOAD_SEQ = 0x08, 0x12, 0x18
_PROPERTY_KEY, _PROPERTY_VALUE, _PROPERTY_TYPE, _PROPERTY_STRING = 0x0A, 0x12, 0x08, 0x42


class SparkplugEncoder:
    """Births name the quantities of a station with their units and numbers; data have the numbers only."""

    media: tuple[Medium, ...] = MEDIA
    sources = source_of_each("sparkplug", f"spBv1.0/{GROUP}/+/{{medium}}/#", 'dialect = "sparkplug"')

    def __init__(self, quantities: Quantities) -> None:
        self._quantities = quantities
        self._sequences: dict[str, int] = {}
        self._first_numbers: dict[tuple[str, str], int] = {}
        self._next_number = 0

    def introduce(self, medium: Medium, station: str, at: int) -> list[Message]:
        """See `Encoder.introduce`; the first station of a medium brings the birth of its node along."""
        births = []
        if medium not in self._sequences:
            own = _field(wire.NAME, b"bdSeq") + _field(wire.DATATYPE, _UINT64) + _field(wire.LONG, 0)
            births.append((f"spBv1.0/{GROUP}/NBIRTH/{medium}", self._payload(medium, at, [own])))
        known = self._quantities.of(medium)
        first = self._first_numbers[medium, station] = self._next_number
        self._next_number += len(known)
        metrics = [
            _field(wire.NAME, key.encode())
            + _field(wire.ALIAS, first + i)
            + _field(wire.TIMESTAMP, 1000 * at)
            + _field(wire.DATATYPE, _DOUBLE)
            + _field(wire.IS_NULL, 1)
            + _field(wire.PROPERTIES, _unit(quantity.unit))
            for i, (key, quantity) in enumerate(known.items())
        ]
        births.append((f"spBv1.0/{GROUP}/DBIRTH/{medium}/{station}", self._payload(medium, at, metrics)))
        return births

    def encode(
        self,
        medium: Medium,
        station: str,
        time: int,
        period_s: int,  # noqa: ARG002  # the source says it
        values: dict[str, float],
    ) -> Message:
        """See `Encoder.encode`."""
        first, keys = self._first_numbers[medium, station], list(self._quantities.of(medium))
        stamp = _field(wire.TIMESTAMP, 1000 * time)
        metrics = [
            _field(wire.ALIAS, first + keys.index(key)) + stamp + _field(wire.DOUBLE, value)
            for key, value in values.items()
        ]
        return f"spBv1.0/{GROUP}/DDATA/{medium}/{station}", self._payload(medium, time, metrics)

    def _payload(self, node: str, at: int, metrics: list[bytes]) -> bytes:
        sequence = self._sequences.get(node, 0)
        self._sequences[node] = (sequence + 1) % 256
        return (
            _field(_PAYLOAD_TIMESTAMP, 1000 * at)
            + b"".join(_field(_PAYLOAD_METRIC, metric) for metric in metrics)
            + _field(_PAYLOAD_SEQ, sequence)
        )


def _unit(unit: str) -> bytes:
    value = _field(_PROPERTY_TYPE, _STRING) + _field(_PROPERTY_STRING, unit.encode())
    return _field(_PROPERTY_KEY, b"engUnit") + _field(_PROPERTY_VALUE, value)


def _field(tag: int, value: float | bytes) -> bytes:
    """Return a field: an integer, a double, or bytes of any length, as its tag says."""
    if isinstance(value, bytes):
        return _varint(tag) + _varint(len(value)) + value
    return _varint(tag) + (struct.pack("<d", value) if tag & 7 == 1 else _varint(int(value)))


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
