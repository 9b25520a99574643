"""Outlook: the chance that a target is met at the year's end, and that a day that has begun ends as a good day.

What the rest of a year may bring is taken from the same calendar days of earlier years, put on this year's level; what
comes out is a final value by the standard's own arithmetic, of the real days so far and the days so drawn.
`method` has the numbers of it, `docs/outlook.md` the method in words and how it did on real years.
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec

Method = Literal["blocks_of_days", "blocks_of_nights_and_days", "months_of_sections", "year_is_over", "none"]

NO_EARLIER_YEAR: Final = "no earlier year with enough data"
YEAR_OVER: Final = "the year is over"
NOT_KNOWN: Final = "no outlook of this indicator"


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What the final value of a target's indicator may be, as known at the end of a day.

    `chance` is that of meeting the target, 0 to 1; exactly 0 or 1 only where nothing that may come can change it
    (`certain`), None where there is none, which `reason` explains. `low`, `central` and `high` are printed final
    values: the ends of the central 80 % range and its median; there may be a range without a chance, and a
    median without a range. `years` are the
    earlier years that the rest of the year was drawn from, `members` how many rests were drawn, with `seed`. `so_far`
    is the value of the year to date. [the indicator's unit]
    """

    chance: float | None
    low: Decimal | None
    central: Decimal | None
    high: Decimal | None
    unit: str
    method: Method
    years: list[int]
    members: int
    seed: int
    certain: bool = False
    so_far: Decimal | None = None
    reason: str | None = None


def none(unit: str, reason: str, *, so_far: Decimal | None = None) -> Outlook:
    """Return that there is no outlook, and why."""
    return Outlook(
        chance=None, low=None, central=None, high=None, unit=unit, method="none", years=[], members=0, seed=0,
        so_far=so_far, reason=reason,
    )  # fmt: skip
