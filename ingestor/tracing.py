"""What becomes of a payload, step by step: for `qingjing decode`."""

import msgspec

from ingestor.config import Config
from ingestor.decoding import Decoding
from ingestor.store import Arrival
from sensors.decoders.context import Context
from sensors.decoders.stated_units import Stated
from sensors.decoders.taking import Observed, RefusedError, start_of, station_of
from sensors.decoders.terms import Terms
from sensors.errors import ConfigError, shown


class Value(msgspec.Struct, frozen=True):
    """A value as a decoder read it; `quantity` as "air.pm25", None of an unknown code.

    `source_unit` is the unit that the source declares or the payload states, if any, and `factor` what values are then
    multiplied by to be in the quantity's `unit`. `ignored` codes are known not to be quantities.
    """

    code: str
    value: float | None
    flag: int
    quantity: str | None
    unit: str | None
    source_unit: str | None
    factor: float | None
    ignored: bool


class Placed(msgspec.Struct, frozen=True):
    """Where and when values of a medium belong: `by` says how the station was found (topic, devices.csv or id).

    None where there is no such station, or no such start.
    """

    medium: str
    station: str | None
    by: str
    start: int | None


class Step(msgspec.Struct, frozen=True):
    """What a decoder read of one period: `time` as the payload labels it, `sampled` if the period is the source's."""

    at: str
    device: str | None
    time: int
    label: str
    period_s: int
    sampled: bool
    values: list[Value]
    placed: list[Placed]


class Trace(msgspec.Struct, frozen=True):
    """A payload, what its source says, and what it gave. Native payloads have no steps: they say all themselves."""

    source: str
    dialect: str
    topic: str
    captures: dict[str, str]
    encoding: str
    payload_bytes: int
    steps: list[Step]
    arrival: Arrival


def trace(config: Config, name: str, topic: str | None, payloads: list[bytes], received_at: float) -> list[Trace]:
    """Return what becomes of payloads that come one after the other, each with the steps on its way.

    Parameters
    ----------
    name : str
        Of a source of sources.toml.
    topic : str or None
        The topic; None where the template of the source is one.
    received_at : float
        Time of arrival. [s since 1970-01-01T00:00Z]

    Raises
    ------
    ConfigError
        If there is no such source, or the topic is not of it.
    """
    source = next((each for each in config.sources if each.name == name), None)
    if source is None:
        known = ", ".join(each.name for each in config.sources)
        raise ConfigError(f"--source: expected one of sources.toml ({known}), got {shown(name)}")
    captures = source.matcher()(source.topic if topic is None else topic)
    if captures is None or (topic is None and set(source.subscription) & set("+#")):
        raise ConfigError(
            f"--topic: expected a topic such as {source.topic}, got {shown(topic) if topic else 'nothing'}"
        )
    topic = topic or source.topic
    told: list[Observed | Stated] = []
    decoding = Decoding(msgspec.structs.replace(config, sources=[source]), trace=told.append)
    found = []
    for payload in payloads:
        told.clear()
        arrival = decoding.arrival(topic, payload, received_at)
        context, terms = decoding.grounds(topic)
        stated = {(each.code, each.converted): each for each in told if isinstance(each, Stated)}
        observed = [each for each in told if isinstance(each, Observed)]
        steps = [_step(each, stated, context, terms, received_at) for each in observed]
        found.append(Trace(source.name, source.dialect, topic, captures, source.encoding, len(payload), steps, arrival))
    return found


def _step(
    observed: Observed,
    stated: dict[tuple[str, float], Stated],
    context: Context,
    terms: Terms,
    received_at: float,
) -> Step:
    values = []
    media = []
    for code, value, flag in observed.values:
        known = terms.codes.get(code)
        if known is None or context.medium not in (None, known.medium):
            ignored = code in terms.ignored or terms.ignores_rest
            values.append(Value(code, value, flag, None, None, None, None, ignored))
            continue
        if known.medium not in media:
            media.append(known.medium)
        unit = context.quantities.of(known.medium)[known.quantity].unit
        quantity = f"{known.medium}.{known.quantity}"
        own = None if value is None or known.unit is not None else stated.get((code, value))
        if own is None:
            values.append(Value(code, value, flag, quantity, unit, known.unit, known.factor, ignored=False))
        else:
            factor = None if own.factor == 1 else own.factor
            values.append(Value(code, own.value, flag, quantity, unit, own.unit, factor, ignored=False))
    placed = []
    for medium in media:
        station = start = None
        try:
            station = station_of(medium, observed.device, context, terms, observed.at)
            start = start_of(observed, medium, received_at, context, terms)
        except RefusedError:
            pass  # the refusals of the arrival say why
        named = observed.device if observed.device is not None else context.device
        by = (
            "topic"
            if context.station is not None
            else "devices.csv"
            if medium in terms.devices.get(named or "", {})
            else "id"
        )
        placed.append(Placed(medium, station, by, start))
    return Step(
        observed.at, observed.device if observed.device is not None else context.device, observed.time, terms.label,
        observed.period_s, observed.sampled, values, placed,
    )  # fmt: skip
