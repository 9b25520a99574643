"""Messages in SenML: a pack a reading, in JSON or CBOR."""

from typing import Any

import cbor2
import msgspec

from ingestor.encoders.port import Message, source_of_each
from sensors.decoders.senml import LABELS
from sensors.quantities import MEDIA, Medium, Quantities

_UNITS = {"degC": "Cel", "1": "/", "ug/m3": "ug/m3", "mg/m3": "mg/m3", "dB": "dB", "%": "%", "NTU": "NTU"}
"""Units of SenML for ours; quantities in others go without."""
NUMBERS = {name: label for label, name in LABELS.items()}
"""Labels of CBOR by name."""


class SenmlEncoder:
    """In JSON: the station is the base name, its quantities are the names of records."""

    media: tuple[Medium, ...] = MEDIA
    sources = source_of_each("senml", "senml/{medium}/{station}", 'dialect = "senml"')

    def __init__(self, quantities: Quantities) -> None:
        self._quantities = quantities

    def introduce(self, medium: Medium, station: str, at: int) -> list[Message]:  # noqa: ARG002
        """See `Encoder.introduce`."""
        return []

    def encode(
        self,
        medium: Medium,
        station: str,
        time: int,
        period_s: int,  # noqa: ARG002  # the source says it
        values: dict[str, float],
    ) -> Message:
        """See `Encoder.encode`."""
        known = self._quantities.of(medium)
        records: list[dict[str, Any]] = []
        for key, value in values.items():
            base = {} if records else {"bn": f"{station}/", "bt": time}
            unit = _UNITS.get(known[key].unit)
            records.append({**base, "n": key, **({} if unit is None else {"u": unit}), "v": value})
        return f"senml/{medium}/{station}", self._pack(records)

    def _pack(self, records: list[dict[str, Any]]) -> bytes:
        return msgspec.json.encode(records)


class SenmlCborEncoder(SenmlEncoder):
    """The same in CBOR."""

    def _pack(self, records: list[dict[str, Any]]) -> bytes:
        return cbor2.dumps([{NUMBERS[name]: value for name, value in record.items()} for record in records])
