"""Sparkplug B: metrics of edge nodes and their devices, named by births and by numbers in what follows [1]_.

Topics are `spBv1.0/GROUP/TYPE/NODE[/DEVICE]`. NBIRTH and DBIRTH name the metrics with their numbers (aliases), types
and units, and carry values, which are taken as those of NDATA and DDATA are. A birth is remembered until the next, or
until the death of its node or device; a number that no birth is remembered for is refused, and the message can be tried
again from quarantine after a birth. Deaths, commands and the state of hosts have no values.

The device, or the node of metrics of its own, is the device; the name of a metric its code. Of the properties,
`engUnit` is the unit of the values and `Quality` their flag.

.. [1] Sparkplug 3.0.0, 4.1 (topics), 6.4 (payloads).
"""

import math
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from sensors import flags
from sensors.decoders import sparkplug_wire as wire
from sensors.decoders.context import Context
from sensors.decoders.sparkplug_metrics import Known, announced, named, sequence_of, stated, value_of
from sensors.decoders.sparkplug_wire import Metric, WireError
from sensors.decoders.stated_units import Converter
from sensors.decoders.taking import NOTHING, PASSED_OVER, Observed, RefusedError, take
from sensors.decoders.terms import Terms
from sensors.errors import shown
from sensors.reading import Decoded, Refusal, Sequenced

NAMESPACE: Final = "spBv1.0"
BIRTHS: Final = ("NBIRTH", "DBIRTH")
DATA: Final = ("NDATA", "DDATA")
DEATHS: Final = ("NDEATH", "DDEATH")
EMPTY: Final = (*DEATHS, "NCMD", "DCMD")
NUMBERED: Final = (*BIRTHS, *DATA, "DDEATH")
"""Messages that a node gives the next number, `seq`. 6.4.5."""
REMEMBERED_BYTES: Final = 64 * 2**20
"""Of births that are remembered; beyond it nodes whose last birth is the oldest are forgotten, of one node devices."""
KEY_BYTES: Final = 128
"""What a name or a number of a metric takes up in memory beside its bytes."""

_KINDS = frozenset((*BIRTHS, *DATA, *EMPTY))
_OWN = ("bdSeq", "Node Control/", "Device Control/")
"""Names of Sparkplug's own metrics, or how they begin: no quantities."""
_LARGEST_MS = 2**52


class SparkplugOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a source of Sparkplug says of its own: what devices.csv calls a device, or a node."""

    device: Literal["device", "node/device", "group/node/device"] = "device"


class _Node(msgspec.Struct):
    """A node that was born: `metrics` by device ("" its own), each by name and number.

    `sequence` is its bdSeq; `sizes` are those of the births by device. [bytes]
    """

    metrics: dict[str, dict[int | bytes, Known]]
    sequence: int | None
    sizes: dict[str, int]


def decoder(terms: Terms) -> Callable[[bytes, float, Context], Decoded]:
    """Return the decoder of a source; it remembers births."""
    return _Decoder(terms).decode


class _Decoder:
    def __init__(self, terms: Terms) -> None:
        assert terms.period_s is not None
        self._terms = terms
        self._period_s = terms.period_s
        self._parts = (terms.options or SparkplugOptions()).device.count("/") + 1
        self._convert = Converter(terms)
        self._nodes: dict[tuple[str, str], _Node] = {}
        self._size = 0

    def decode(self, payload: bytes, received_at: float, context: Context) -> Decoded:
        """Return the readings of a payload and what was refused of it.

        Never raises on any payload.
        """
        into = Decoded([], [])
        kind = ""
        sequenced = None
        try:
            group, kind, node, device = _address(context.topic)
            if kind == "STATE":
                raise RefusedError("no_data", f"payload: expected values, got the state of a host{PASSED_OVER}")
            stamp, metrics, number = _read(payload)
            if kind in NUMBERED:
                sequenced = self._sequenced(group, kind, node, device, number)
            known = self._known(group, kind, node, device, metrics, len(payload))
        except RefusedError as error:
            return Decoded([], [error.refusal], needed_later=kind in DEATHS, sequenced=sequenced)
        if kind in BIRTHS:
            metrics = [metric for metric in metrics if not metric.get(wire.IS_NULL)]  # no value yet: none is missing
        self._take(metrics, stamp, known, self._device(group, node, device), received_at, context, into)
        if not into.readings and not into.refusals:
            into.refusals.append(NOTHING)
        return Decoded(into.readings, into.refusals, needed_later=kind in BIRTHS, sequenced=sequenced)

    def _sequenced(self, group: str, kind: str, node: str, device: str, number: int | None) -> Sequenced:
        """Return the place of a message among those of its node, as it is before the message itself counts."""
        born = self._nodes.get((group, node))
        unborn = kind in DATA and (born is None or device not in born.metrics)
        return Sequenced(f"{group}/{node}", number, kind == "NBIRTH", unborn)

    def _device(self, group: str, node: str, device: str) -> str:
        """Return what the source calls a device, or a node: as many levels of both as it says."""
        levels = [group, node, device] if device else [group, node]
        return levels[-1] if self._parts == 1 else "/".join(levels[3 - self._parts :])

    def _take(
        self,
        metrics: list[Metric],
        stamp: int | None,
        known: dict[int | bytes, Known],
        device: str,
        received_at: float,
        context: Context,
        into: Decoded,
    ) -> None:
        """Take the values of the metrics that have names, a reading for each time."""
        terms = self._terms
        codes, ignored, ignores_rest = terms.codes, terms.ignored, terms.ignores_rest
        groups: dict[int | None, list[tuple[str, float | None, int]]] = {}
        factors = self._convert.factors
        sentinels, good = terms.sentinels, flags.GOOD
        alias, stamped, single = wire.ALIAS, wire.TIMESTAMP, wire.FLOAT
        for i, metric in enumerate(metrics):
            if len(metric) == 3 and single in metric and stamped in metric and alias in metric:  # as most
                plain, value = known.get(metric[alias]), metric[single]
                if plain is not None and value - value == 0 and (name := plain.name) in codes:
                    factor = factors.get((name, plain.unit)) if plain.unit else 1
                    value = wire.single(value)
                    if factor == 1 and value not in sentinels:
                        time = metric[stamped]
                        if time not in groups:
                            groups[time] = []
                        groups[time].append((name, value, good))
                        continue
            try:
                of_birth = named(metric, known, i)
                code = of_birth.name
                if (code not in codes and (ignores_rest or code.startswith(_OWN))) or code in ignored:
                    continue
                value, flag = value_of(metric, of_birth.datatype, terms, i)
                unit = of_birth.unit
                if wire.PROPERTIES in metric:
                    own, flag = stated(metric, flag, i)
                    unit = own or unit
                if unit and value is not None and flag != flags.BELOW_DETECTION:
                    value = self._convert(code, value, unit, context, f"metrics[{i}].engUnit")
            except RefusedError as error:
                into.refusals.append(error.refusal)
                continue
            time = metric.get(wire.TIMESTAMP, stamp)
            found = groups.get(time)
            if found is None:
                found = groups[time] = []
            found.append((code, value, flag))
        for time, values in groups.items():
            at = "" if len(groups) == 1 else f"{time} ms: "
            if time is None or time > _LARGEST_MS:
                if time is not None:
                    into.refusals.append(Refusal("bad_time", f"timestamp: expected milliseconds, got {time}"))
                    continue
                if terms.without_time == "refuse":
                    into.refusals.append(
                        Refusal("no_time", 'timestamp: expected one, as without_time = "arrival" is not set, got none')
                    )
                    continue
                values = [(code, v, flags.NOT_EVALUATED if flag == flags.GOOD else flag) for code, v, flag in values]
            moment = math.floor(received_at) if time is None else time // 1000
            take(
                Observed(device, moment, self._period_s, values, sampled=True, at=at), received_at, context, terms, into
            )

    def _known(
        self, group: str, kind: str, node: str, device: str, metrics: list[Metric], size: int
    ) -> dict[int | bytes, Known]:
        """Return what is known of the metrics of a message, which may be a birth or a death itself.

        Raises
        ------
        RefusedError
            If it is a message without values.
        """
        key = (group, node)
        born = self._nodes.get(key)
        if kind in DATA:
            return {} if born is None else born.metrics.get(device, {})
        if kind in EMPTY:
            if kind == "NDEATH" and born is not None and sequence_of(metrics) in (None, born.sequence):
                self._forget(key)
            elif kind == "DDEATH" and born is not None:
                self._forget_device(born, device)
            raise RefusedError("no_data", f"payload: expected values, got {kind}, which has none{PASSED_OVER}")
        if kind == "NBIRTH" or born is None:
            self._forget(key)
            born = _Node({}, sequence_of(metrics) if kind == "NBIRTH" else None, {})
        self._nodes.pop(key, None)
        self._nodes[key] = born
        self._forget_device(born, device)
        born.metrics[device] = known = dict(announced(metrics))
        born.sizes[device] = size + KEY_BYTES * len(known)
        self._size += born.sizes[device]
        while self._size > REMEMBERED_BYTES and len(self._nodes) > 1:
            self._forget(next(iter(self._nodes)))
        while self._size > REMEMBERED_BYTES and len(born.metrics) > 1:
            self._forget_device(born, next(iter(born.metrics)))
        return known

    def _forget(self, key: tuple[str, str]) -> None:
        born = self._nodes.pop(key, None)
        self._size -= sum(born.sizes.values()) if born is not None else 0

    def _forget_device(self, born: _Node, device: str) -> None:
        born.metrics.pop(device, None)
        self._size -= born.sizes.pop(device, 0)


def _address(topic: str) -> tuple[str, str, str, str]:
    """Return group, type of message, node and device ("" of none) of a topic.

    Raises
    ------
    RefusedError
        If it is none of Sparkplug.
    """
    levels = topic.split("/")
    if levels[:2] == [NAMESPACE, "STATE"] or levels[0] == "STATE":
        return "", "STATE", "", ""
    if levels[0] == NAMESPACE and len(levels) in (4, 5):
        _, group, kind, node, device = [*levels, ""][:5]
        if kind in _KINDS and (kind[0] == "D") == (device != ""):
            return group, kind, node, device
    raise RefusedError("unknown_topic", f"topic: expected {NAMESPACE}/GROUP/TYPE/NODE[/DEVICE], got {shown(topic)}")


def _read(payload: bytes) -> tuple[int | None, list[Metric], int | None]:
    try:
        return wire.payload(payload)
    except WireError as error:
        raise RefusedError("broken_payload", f"payload: {error}") from error
