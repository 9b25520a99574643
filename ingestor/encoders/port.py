"""What an encoder promises."""

from collections.abc import Collection
from typing import Final, Protocol

from sensors.quantities import MEDIA, Medium

PERIODS: Final[dict[Medium, int]] = {"air": 3600, "water": 14_400, "noise": 3600}
"""Averaging periods that simulated stations send, which sources of dialects without periods have to state. [s]"""

Message = tuple[str, bytes]
"""Topic and payload."""


def source_of_each(name: str, topic: str, *declared: str, periods: Collection[Medium] = MEDIA) -> str:
    """Return a source for each medium, which stands in `topic` as {medium}; none takes what another takes.

    `periods` are the media whose averaging period the source has to state.
    """
    return "\n".join(
        "\n".join(
            [
                "[[source]]",
                f'name = "{name}-{medium}"',
                f'topic = "{topic.replace("{medium}", medium)}"',
                f'medium = "{medium}"',
                *([f"period_s = {period_s}"] if medium in periods else []),
                *declared,
                "",
            ]
        )
        for medium, period_s in PERIODS.items()
    )


class Encoder(Protocol):
    """Makes the messages of gateways; `sources` are those of sources.toml that read them, `media` what they measure."""

    sources: str
    media: tuple[Medium, ...]

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
