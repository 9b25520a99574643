"""Whether sections meet their target class, month by month and by the year, and for how long they have not."""

from fractions import Fraction

import msgspec
import numpy as np

from aggregations.rounding import BoolArray, IntArray
from aggregations.water.classes import NO_CLASS


class MonthlyAttainment(msgspec.Struct, frozen=True):
    """Months of sections against their target class, (n_sections,) int each; 0 evaluated where there is no target.

    `longest_failed` is the longest run of consecutive months that failed, `failed_at_end` the run that the last month
    ends. A month without a class ends a run: it is not known to have failed.
    """

    attained: IntArray
    evaluated: IntArray
    longest_failed: IntArray
    failed_at_end: IntArray

    def rate(self, section: int) -> Fraction | None:
        """Return the exact share of the evaluated months of a section that attained; None without any. [%]"""
        n = int(self.evaluated[section])
        return Fraction(100 * int(self.attained[section]), n) if n else None


def attains(classes: IntArray, targets: IntArray) -> tuple[BoolArray, BoolArray]:
    """Whether classes meet their targets, and whether there is anything to judge.

    Parameters
    ----------
    classes : (n_sections, ...) int
        1 to 6, NO_CLASS where not evaluated. Of a year, the class of its means.
    targets : (n_sections,) int
        Target classes 1 to 5, NO_CLASS without one.

    Returns
    -------
    (n_sections, ...) bool
        True where the class is the target or better.
    (n_sections, ...) bool
        True where there are a class and a target.

    References
    ----------
    .. [1] water.md, section 3 (recalled): annual attainment of a section.
    """
    wanted = targets.reshape(-1, *[1] * (classes.ndim - 1))
    judged = (classes != NO_CLASS) & (wanted != NO_CLASS)
    return judged & (classes <= wanted), judged


def monthly_attainment(classes: IntArray, targets: IntArray) -> MonthlyAttainment:
    """Count the months of sections that attained, that were evaluated, and that failed one after the other.

    Parameters
    ----------
    classes : (n_sections, n_months) int
        1 to 6, NO_CLASS where the month was not evaluated.
    targets : (n_sections,) int
        Target classes 1 to 5, NO_CLASS without one.

    References
    ----------
    .. [1] water.md, section 3 (recalled): months with the target class or better by months evaluated.
    """
    attained, judged = attains(classes, targets)
    run = np.zeros(len(classes), dtype=np.int64)
    longest = run
    for failed in (judged & ~attained).T:
        run = np.where(failed, run + 1, 0)
        longest = np.maximum(longest, run)
    return MonthlyAttainment(attained.sum(axis=1), judged.sum(axis=1), longest, run)
