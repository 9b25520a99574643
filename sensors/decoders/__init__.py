"""Decoders of what gateways send: one module a dialect, one function `decode` each.

A decoder never raises on a payload: what it cannot take comes back as refusals.
"""

from collections.abc import Callable
from typing import Final

from sensors.decoders import native
from sensors.decoders.context import Context
from sensors.reading import Decoded

__all__ = ["DIALECTS", "Context", "Decode"]

Decode = Callable[[bytes, float, Context], Decoded]
"""From payload, time of arrival (seconds since 1970-01-01T00:00Z) and context to what can be stored and what not."""

DIALECTS: Final[dict[str, Decode]] = {"native": native.decode}
"""Dialects by the name that `config/sources.toml` uses."""
