"""Decoders of what gateways send: one module a dialect.

A decoder never raises on a payload: what it cannot take comes back as refusals. A dialect makes the decoder of a source
from its terms; what a decoder has to remember between payloads lives in it.
"""

from collections.abc import Callable
from typing import Final

from sensors.decoders import hj212, mapping, native, senml, sparkplug
from sensors.decoders.context import Context
from sensors.decoders.terms import Terms
from sensors.reading import Decoded

__all__ = ["DIALECTS", "NO_PERIODS", "Context", "Decode", "Terms"]

Decode = Callable[[bytes, float, Context], Decoded]
"""From payload, time of arrival (seconds since 1970-01-01T00:00Z) and context to what can be stored and what not."""

DIALECTS: Final[dict[str, Callable[[Terms], Decode]]] = {
    "native": native.decoder,
    "hj212": hj212.decoder,
    "senml": senml.decoder,
    "sparkplug": sparkplug.decoder,
    "mapping": mapping.decoder,
}
"""By the name that `config/sources.toml` uses: what makes the decoder of a source."""

NO_PERIODS: Final = frozenset({"senml", "sparkplug"})
"""Dialects whose payloads state no averaging period: a source has to."""
