"""What a decoder knows of a message beside its payload."""

import msgspec

from sensors.quantities import Quantities
from sensors.register import Register


class Context(msgspec.Struct, frozen=True):
    """Captures of the topic (None where it has none), and the configuration to check against.

    The same for all messages of a topic. `offset_s` is the city's offset from UTC [s]; `not_before` counts seconds
    since 1970-01-01T00:00Z. `factors` are those of `sensors.units`, for the native dialect; None where all values come
    in the units of their quantities. `max_payload_bytes` holds of payloads
    that were unpacked, too.
    """

    medium: str | None
    station: str | None
    max_ahead_s: int
    not_before: int
    offset_s: int
    quantities: Quantities
    register: Register
    gateway: str | None = None
    device: str | None = None
    topic: str = ""
    factors: dict[str, float] | None = None
    max_payload_bytes: int = 262_144
