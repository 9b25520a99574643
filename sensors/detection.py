"""Results below the detection limit of a method: the text that says so, and the limit in it.

The limit is what is stored, with the flag `flags.BELOW_DETECTION`; what a mean makes of it is not said here.
"""

import re

EXAMPLE = "<0.02"

_BELOW = re.compile(r"<((?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)", re.ASCII)


def limit(text: str) -> str | None:
    """Return the number of a text such as `<0.02`, as it is written; None where the text is another.

    The number is written as JSON writes one without a sign. It may still be 0, or too large for a float.
    """
    match = _BELOW.fullmatch(text)
    return match[1] if match else None
