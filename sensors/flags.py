"""Quality flags of a value, after QARTOD [1]_.

Codes are stored beside every value. A value enters the statistics while its flag is one of `USABLE`.

BELOW_DETECTION is qingjing's own beside QARTOD's five: the value is the detection limit of the method, and the result
lies below it. Only quantities of water have it.

.. [1] IOOS, Manual for the Use of Real-Time Oceanographic Data Quality Control Flags, 1.2.
"""

from typing import Final

GOOD: Final = 1
NOT_EVALUATED: Final = 2
SUSPECT: Final = 3
FAIL: Final = 4
BELOW_DETECTION: Final = 5
MISSING: Final = 9

USABLE: Final = (GOOD, NOT_EVALUATED, SUSPECT, BELOW_DETECTION)

WORST_FIRST: Final = (MISSING, FAIL, SUSPECT, BELOW_DETECTION, GOOD, NOT_EVALUATED)
"""All flags, from the worst: what two of them say of one value together."""

NATIVE: Final[dict[str, int]] = {
    "good": GOOD,
    "not_evaluated": NOT_EVALUATED,
    "suspect": SUSPECT,
    "fail": FAIL,
    "maintenance": FAIL,
    "calibration": FAIL,
    "fault": FAIL,
    "missing": MISSING,
}
"""Words of the native dialect and the code each stands for."""


def worse(first: int, second: int) -> int:
    """Return the worse of two flags, by `WORST_FIRST`."""
    return min(first, second, key=WORST_FIRST.index)
