"""From messages to arrivals: finds the source of a topic and calls its dialect."""

import logging
import traceback
from collections.abc import Callable, Iterable

import msgspec

from ingestor.config import Config
from ingestor.store import Arrival, Needed
from sensors import source_terms, units
from sensors.decoders import DIALECTS, Context, Decode, Terms, compressed
from sensors.decoders.stated_units import Stated
from sensors.decoders.taking import Observed, RefusedError
from sensors.reading import Decoded, Refusal
from sensors.sources import Source

log = logging.getLogger(__name__)

_GZIP = compressed.MAGIC
KNOWN_TOPIC_CHARS = 200
KNOWN_TOPICS = 100_000
"""Topics, not longer than that, whose source is remembered; gateways that invent topics must not fill the memory."""


class Decoding:
    """Decodes by one configuration; a changed configuration needs another.

    `trace` is called with each `Stated` and each `Observed` that a decoder has read, but for native payloads.
    """

    def __init__(self, config: Config, *, trace: Callable[[Observed | Stated], None] | None = None) -> None:
        self._config = config
        self._trace = trace
        self._matchers = [(source, source.matcher()) for source in config.sources]
        self._decoders = {source.name: self._decoder(source) for source in config.sources}
        self._by_topic: dict[str, tuple[Source, Decode, Context] | None] = {}
        self._failures: set[tuple[str, str, int | None]] = set()

    def arrival(self, topic: str, payload: bytes, received_at: float, *, again: bool = False) -> Arrival:
        """Return what becomes of a message; never raises."""
        found = self._by_topic[topic] if topic in self._by_topic else self._find(topic)
        if found is None:
            refusal = Refusal("unknown_topic", "topic: expected one that a source of config/sources.toml takes")
            return Arrival("", topic, received_at, payload, [], [refusal], again)
        source, decode, context = found
        if len(payload) > source.max_payload_bytes:
            refusal = Refusal(
                "too_large", f"payload: expected at most {source.max_payload_bytes} bytes, got {len(payload)}"
            )
            return Arrival(source.name, topic, received_at, payload, [], [refusal], again)
        try:
            decoded = decode(payload, received_at, context)
        except Exception as error:  # noqa: BLE001  # whatever a payload does to a decoder, the message is kept
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = type(error).__name__  # its text could hold the payload
            if (kind, place.name, place.lineno) not in self._failures:
                self._failures.add((kind, place.name, place.lineno))
                log.error("source %s: the decoder failed: %s in %s, %s", source.name, kind, place.name, place.lineno)
            decoded = Decoded([], [Refusal("internal", f"decoder: {type(error).__name__}")])
        if decoded.refusals and source.no_data == "ignore" and _is_without_data(decoded):
            decoded = Decoded([], [], decoded.needed_later, decoded.sequenced)
        return Arrival(
            source.name, topic, received_at, payload, decoded.readings, decoded.refusals, again, decoded.needed_later,
            decoded.sequenced,
        )  # fmt: skip

    def recall(self, messages: Iterable[Needed]) -> None:
        """Bring back what decoders remember of messages that came before; what else becomes of them is done."""
        for each in messages:
            self.arrival(each.topic, each.payload, each.received_at)

    def _find(self, topic: str) -> tuple[Source, Decode, Context] | None:
        """Find the source of a topic, and remember it."""
        if len(self._by_topic) >= KNOWN_TOPICS:
            self._by_topic.clear()
        found = None
        for source, captures_of in self._matchers:
            captures = captures_of(topic)
            if captures is not None:
                found = (source, self._decoders[source.name], self._context(source, captures, topic))
                break
        if len(topic) <= KNOWN_TOPIC_CHARS:
            self._by_topic[topic] = found
        return found

    def grounds(self, topic: str) -> tuple[Context, Terms]:
        """Return what a message of a topic, which a source must take, is decoded by."""
        found = self._find(topic)
        assert found is not None
        return found[2], self._terms(found[0])

    def _terms(self, source: Source) -> Terms:
        terms = source_terms.terms(source, self._config.quantities, self._config.devices, hj212=self._config.hj212)
        return terms if self._trace is None else msgspec.structs.replace(terms, trace=self._trace)

    def _decoder(self, source: Source) -> Decode:
        decode = DIALECTS[source.dialect](self._terms(source))
        return decode if source.dialect == "native" else _unpacking(decode)  # native payloads are unpacked there

    def _context(self, source: Source, captures: dict[str, str], topic: str) -> Context:
        medium = captures.get("medium", source.medium)
        factors = (
            units.factors(source.units, self._config.quantities.air)
            if medium == "air" and source.dialect == "native"
            else {}
        )
        return Context(
            medium=medium,
            station=captures.get("station"),
            gateway=captures.get("gateway"),
            device=captures.get("device"),
            topic=topic,
            max_ahead_s=source.max_ahead_s,
            not_before=self._config.start_of(source.not_before),
            offset_s=self._config.offset_s,
            quantities=self._config.quantities,
            register=self._config.register,
            factors=factors or None,
            max_payload_bytes=source.max_payload_bytes,
        )


def _unpacking(decode: Decode) -> Decode:
    """Return a decoder that takes payloads in gzip, too."""

    def unpacked(payload: bytes, received_at: float, context: Context) -> Decoded:
        if payload.startswith(_GZIP):
            try:
                payload = compressed.unpacked(payload, context.max_payload_bytes, broken="broken_payload")
            except RefusedError as error:
                return Decoded([], [error.refusal])
        return decode(payload, received_at, context)

    return unpacked


def _is_without_data(decoded: Decoded) -> bool:
    """Whether nothing was measured, and nothing else is wrong either."""
    return not decoded.readings and all(refusal.code == "no_data" for refusal in decoded.refusals)
