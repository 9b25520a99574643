"""Quality flags of a value, after QARTOD [1]_.

Codes are stored beside every value. A value enters the statistics while its flag is one of `USABLE`.

.. [1] IOOS, Manual for the Use of Real-Time Oceanographic Data Quality Control Flags, 1.2.
"""

from typing import Final

GOOD: Final = 1
NOT_EVALUATED: Final = 2
SUSPECT: Final = 3
FAIL: Final = 4
MISSING: Final = 9

USABLE: Final = (GOOD, NOT_EVALUATED, SUSPECT)

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
