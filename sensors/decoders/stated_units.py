"""Units that a payload states beside its values, under the names of SenML [1]_ or as people write them.

.. [1] RFC 8428, 12.1; RFC 8798.
"""

from collections.abc import Callable
from typing import Final

from sensors import units
from sensors.decoders.context import Context
from sensors.decoders.taking import RefusedError
from sensors.decoders.terms import Code, Terms
from sensors.errors import shown

KNOWN: Final[dict[str, tuple[str, int]]] = {
    "Cel": ("degC", 1),
    "°C": ("degC", 1),
    "C": ("degC", 1),
    "%RH": ("%", 1),
    "pH": ("1", 1),
    "/": ("1", 1),
    "dBA": ("dB", 1),
    "dB(A)": ("dB", 1),
    "kg/m3": ("mg/m3", 1_000_000),
    "S/m": ("mS/m", 1000),
    "µg/m³": ("ug/m3", 1),
    "V": ("mV", 1000),
}
"""Units by another name: which of ours each is a multiple of."""

_REMEMBERED = 1000


def converter(terms: Terms) -> Callable[[str, float, str, Context, str], float]:
    """Return the function from code, value, unit, context and place to the value as `take` wants it.

    The function gives the value in the unit that the source declares for the code, else in the quantity's own. It
    raises `RefusedError` if the unit cannot be converted, or is another than the source declares. Values of a code
    that is none of the source stay as they are; `take` refuses them.
    """
    found: dict[tuple[str, str], float] = {}

    def convert(code: str, value: float, unit: str, context: Context, at: str) -> float:
        factor = found.get((code, unit))
        if factor is None:
            known = terms.codes.get(code)
            if known is None:
                return value
            factor = _factor(known, unit, context, at)
            if len(found) < _REMEMBERED:
                found[code, unit] = factor
        return value if factor == 1 else round(value * factor, units.DECIMALS)

    return convert


def _factor(code: Code, unit: str, context: Context, at: str) -> float:
    quantity = context.quantities.of(code.medium)[code.quantity]
    name, multiple = KNOWN.get(unit, (unit, 1))
    exact = units.factor_of(name, code.medium, quantity)
    if exact is None:
        raise RefusedError("unknown_unit", f"{at}: expected a unit that converts to {quantity.unit}, got {shown(unit)}")
    exact *= multiple
    if code.unit is None:
        return float(exact)
    if exact != units.factor_of(code.unit, code.medium, quantity):
        raise RefusedError("unknown_unit", f"{at}: expected {code.unit} as the source declares it, got {shown(unit)}")
    return 1.0
