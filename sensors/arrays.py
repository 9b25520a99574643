"""Types of the arrays that pass between the packages."""

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
FlagArray = npt.NDArray[np.int8]
"""Codes of `sensors.flags`, or of `sensors.checks.CODES`."""
