"""What simulated gateways do wrong, and how often."""

from typing import Annotated

import msgspec

from sensors.errors import ConfigError, shown

Share = Annotated[float, msgspec.Meta(ge=0, le=0.4)]


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Shares of all messages: sent twice, sent up to three days late, changed with the next one, never sent, broken.

    `outages` counts stretches of up to a day, in a year and a station, in which nothing is sent. `seed` draws which
    messages these are by itself; None: by that of the readings.
    """

    duplicate: Share = 0.004
    late: Share = 0.004
    swapped: Share = 0.004
    missing: Share = 0.003
    malformed: Share = 0.00025
    outages: Annotated[float, msgspec.Meta(ge=0, le=300)] = 5
    seed: Annotated[int, msgspec.Meta(ge=0)] | None = None


NONE = Faults(duplicate=0, late=0, swapped=0, missing=0, malformed=0, outages=0)


def parse(text: str) -> Faults:
    """Return the faults of a text such as "late=0.01,duplicate=0.02,seed=3", or "none"; what it leaves out is none.

    Raises
    ------
    ConfigError
        If a name is not known, or a number cannot be.
    """
    if text == "none":
        return NONE
    known = NONE.__struct_fields__
    given: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = part.strip().partition("=")
        if name not in known or not equals or name in given:
            raise ConfigError(f"--faults: expected NAME=NUMBER of {', '.join(known)}, each once, got {shown(part)}")
        try:
            given[name] = int(number) if name == "seed" else float(number)
        except ValueError as error:
            raise ConfigError(f"--faults: {name}: expected a number, got {shown(number)}") from error
    try:
        return msgspec.convert({**msgspec.structs.asdict(NONE), **given}, Faults)
    except msgspec.ValidationError as error:
        raise ConfigError(f"--faults: {error}") from error
