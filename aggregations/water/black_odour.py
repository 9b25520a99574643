"""Black-odorous urban water: samples, points, bodies, treated bodies that have returned, samples that are due."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final, Literal

import msgspec
import numpy as np

from aggregations.rounding import BoolArray, IntArray, fraction
from aggregations.standards import BlackOdour

Grade = Literal[0, 1, 2]
UNKNOWN: Final = -1
NONE: Final = 0
LIGHT: Final = 1
HEAVY: Final = 2


class Sample(msgspec.Struct, frozen=True):
    """Values of one sample by indicator, in the units of quantities.toml; `depth` of the water, None: deep. [cm]

    `clear_to_bottom`: the bottom is seen, so that transparency is the depth.
    """

    values: Mapping[str, float | None]
    depth: float | None = None
    clear_to_bottom: bool = False


class PointGrade(msgspec.Struct, frozen=True):
    """Grade of a point: UNKNOWN, NONE, LIGHT or HEAVY.

    `heavy_shares` are the exact shares of each indicator's samples in the heavy range. [%] `sufficient` is false
    with fewer samples than the guide asks for.
    """

    grade: int
    heavy_shares: dict[str, Fraction]
    samples: int
    sufficient: bool


class BodyGrade(msgspec.Struct, frozen=True):
    """Grade of a body, and the reaches of consecutive heavy points (first, last), both inclusive.

    `heavy_share` is of the points that have a grade, exact; None without any. [%] `sufficient` is false with fewer
    such points than the guide asks for.
    """

    grade: int
    heavy_reaches: list[tuple[int, int]]
    heavy_share: Fraction | None
    sufficient: bool


class Patrol(msgspec.Struct, frozen=True):
    """When the next sample of a body is due, and how many days it is overdue (0: it is not)."""

    due: dt.date
    overdue_days: int
    state: Literal["waiting", "due", "overdue"]


def indicator_grade(value: float, indicator: str, guide: BlackOdour) -> Grade:
    """Grade of one value of one indicator in deep water; a value at a bound is on its better side.

    References
    ----------
    .. [1] Guide of 2015, ranges of light and heavy black odour.
    """
    row = guide.indicator[indicator]
    light, heavy = Fraction(row.light), Fraction(row.heavy)
    exact = fraction(value)
    if exact < heavy if row.bad == "below" else exact > heavy:
        return HEAVY
    return LIGHT if (exact < light if row.bad == "below" else exact > light) else NONE


def transparency_grade(value: float, sample: Sample, guide: BlackOdour) -> Grade:
    """Grade of transparency, by 40 % of the depth where the water is shallow.

    By the rule "light_only" 40 % of the depth stands for the bound of 25 cm, and there is no heavy range. By
    "heavy_below" less than that is heavy, and more is light unless the water is clear to the bottom.

    References
    ----------
    .. [1] Guide of 2015, note on the ranges; both readings of it: water.md, 5.1.
    """
    if sample.depth is None or sample.depth >= guide.shallow_below:
        return indicator_grade(value, guide.transparency, guide)
    below = fraction(value) < Fraction(guide.shallow_share) * fraction(sample.depth)
    if guide.shallow_rule == "light_only":
        return LIGHT if below else NONE
    if below:
        return HEAVY
    return NONE if sample.clear_to_bottom else LIGHT


def sample_grades(sample: Sample, guide: BlackOdour) -> dict[str, Grade]:
    """Grade of each indicator of a sample that is there and finite; negative only of the redox potential."""
    grades: dict[str, Grade] = {}
    for indicator, row in guide.indicator.items():
        value = sample.values.get(indicator)
        if value is None or not np.isfinite(value) or (value < 0 <= min(row.light, row.heavy)):
            continue
        shallow = indicator == guide.transparency
        grades[indicator] = (
            transparency_grade(value, sample, guide) if shallow else indicator_grade(value, indicator, guide)
        )
    return grades


def sample_grade(sample: Sample, guide: BlackOdour) -> int:
    """Grade of a single sample: that of its worst indicator; UNKNOWN without any.

    References
    ----------
    .. [1] One-sample mode of source S3 (water.md, 5.1).
    """
    return max(sample_grades(sample, guide).values(), default=UNKNOWN)


def point_grade(samples: Sequence[Sample], guide: BlackOdour) -> PointGrade:
    """Grade of a point from its samples.

    Heavy where one indicator has 60 % of its data in the heavy range or two have 30 % each, ends inclusive; else light
    where any sample is in a light or heavy range. An indicator's data are the samples that have it.

    References
    ----------
    .. [1] Guide of 2015, grading of points; that any sample makes a point light: this program's reading.
    """
    graded = [each for sample in samples if (each := sample_grades(sample, guide))]
    shares: dict[str, Fraction] = {}
    for indicator in guide.indicator:
        data = [each[indicator] for each in graded if indicator in each]
        if data:
            shares[indicator] = Fraction(100 * data.count(HEAVY), len(data))
    several = sum(share >= guide.several_share for share in shares.values())
    heavy = several >= guide.several or any(share >= guide.one_share for share in shares.values())
    worst = max((grade for each in graded for grade in each.values()), default=UNKNOWN)
    return PointGrade(HEAVY if heavy else min(worst, LIGHT), shares, len(graded), len(graded) >= guide.min_samples)


def body_grade(points: Sequence[int], guide: BlackOdour) -> BodyGrade:
    """Grade of a body from the grades of its points, in their order along the water.

    Heavy as a whole where 60 % of the points are, end inclusive; else light where any point is black-odorous. Three
    or more consecutive heavy points make the reach between them heavy. A point without a grade ends a reach and
    leaves the share.

    References
    ----------
    .. [1] Guide of 2015, grading of reaches and bodies.
    """
    known = [grade for grade in points if grade != UNKNOWN]
    share = Fraction(100 * known.count(HEAVY), len(known)) if known else None
    whole = share is not None and share >= guide.body_share
    grade = HEAVY if whole else min(max(known, default=UNKNOWN), LIGHT)
    reaches = [(first, last) for first, last in _runs(points) if last - first + 1 >= guide.heavy_run]
    return BodyGrade(grade, reaches, share, len(known) >= guide.min_points)


def is_black_odorous(means: Mapping[str, Fraction | None], guide: BlackOdour) -> bool | None:
    """Whether the mean of any indicator of automatic stations lies in the light or heavy range.

    None where none does, but one of them is missing.

    References
    ----------
    .. [1] Guide on black-odorous urban water (2015), light range; bounds themselves are not black-odorous.
    """
    verdicts = []
    for key in guide.month_indicators:
        mean, row = means.get(key), guide.indicator[key]
        beyond = mean is not None and (mean < row.light if row.bad == "below" else mean > row.light)
        verdicts.append(None if mean is None else beyond)
    if any(verdicts):
        return True
    return None if None in verdicts else False


def returned(grades: IntArray, treated_from: IntArray) -> BoolArray:
    """Whether treated bodies are black-odorous again.

    Parameters
    ----------
    grades : (n_bodies, n_periods) int
        UNKNOWN, NONE, LIGHT or HEAVY of each period.
    treated_from : (n_bodies,) int
        Index of the first period after the treatment; n_periods or more where it is not treated.

    Returns
    -------
    (n_bodies,) bool
        True where any period from then on is LIGHT or HEAVY.
    """
    after = np.arange(grades.shape[1]) >= treated_from[:, None]
    return np.asarray((after & (grades >= LIGHT)).any(axis=1))


def patrol(last_sample: dt.date, today: dt.date, interval: Literal["daily", "weekly"], guide: BlackOdour) -> Patrol:
    """When the next sample is due after the last one, and whether it is overdue today.

    Due is the last day on which it keeps the interval; from the next day on it is overdue.

    References
    ----------
    .. [1] Guide of 2015: samples every 1 to 7 days.
    """
    due = last_sample + dt.timedelta(days=guide.interval_days[interval])
    late = (today - due).days
    return Patrol(due, max(late, 0), "waiting" if late < 0 else "overdue" if late else "due")


def _runs(points: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each run of heavy points."""
    first: int | None = None
    for i, grade in enumerate([*points, UNKNOWN]):
        if grade == HEAVY and first is None:
            first = i
        elif grade != HEAVY and first is not None:
            yield first, i - 1
            first = None
