"""What a decoder knows of a message beside its payload."""

import msgspec

from sensors.quantities import Quantities
from sensors.register import Register


class Context(msgspec.Struct, frozen=True):
    """Captures of the topic (None where it has none), arrival, and the configuration to check against.

    `offset_s` is the city's offset from UTC [s]; `received_at` and `not_before` count seconds since
    1970-01-01T00:00Z.
    """

    medium: str | None
    station: str | None
    received_at: float
    max_ahead_s: int
    not_before: int
    offset_s: int
    quantities: Quantities
    register: Register
