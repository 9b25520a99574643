"""Units that a payload states beside its values, under the names of SenML [1]_ or as people write them.

.. [1] RFC 8428, 12.1; RFC 8798.
"""

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


class Converter:
    """Brings values with a unit of their own to that which `take` wants: the source's for the code, or the quantity's.

    `factors` holds what values are multiplied by, of the codes and units that came before.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self.factors: dict[tuple[str, str], float] = {}

    def __call__(self, code: str, value: float, unit: str, context: Context, at: str) -> float:
        """Return a value as `take` wants it; of a code that is none of the source as it is.

        Raises
        ------
        RefusedError
            As `factor`.
        """
        factor = self.factors.get((code, unit)) or self.factor(code, unit, context, at)
        return value if factor is None or factor == 1 else round(value * factor, units.DECIMALS)

    def factor(self, code: str, unit: str, context: Context, at: str) -> float | None:
        """Return what values of a code with a unit are multiplied by; None of a code that is none of the source.

        Raises
        ------
        RefusedError
            If the unit cannot be converted, or is another than the source declares.
        """
        known = self._terms.codes.get(code)
        if known is None:
            return None
        factor = _factor(known, unit, context, at)
        if len(self.factors) < _REMEMBERED:
            self.factors[code, unit] = factor
        return factor


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
