"""What an encoder promises."""

from typing import Protocol

from sensors.quantities import Medium

Message = tuple[str, bytes]
"""Topic and payload."""


class Encoder(Protocol):
    """Makes the messages of gateways; `sources` are those of sources.toml that read them."""

    sources: str

    def introduce(self, medium: Medium, station: str, at: int) -> list[Message]:
        """Return what a station sends before its first reading, as births. `at` counts seconds since 1970 in UTC."""

    def encode(self, medium: Medium, station: str, time: int, period_s: int, values: dict[str, float]) -> Message:
        """Return the message of a reading.

        Parameters
        ----------
        time : int
            Start of the period, in seconds since 1970-01-01T00:00Z.
        values : {quantity: value}
            In the units of the quantities.
        """
