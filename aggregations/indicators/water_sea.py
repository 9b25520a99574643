"""Indicators of the nearshore sea: area of each class, good area ratio, state; of the surveys of a period.

Points are stations whose body is the sea; each is judged in each survey by its samples, and stands for its area.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Final, Literal

import msgspec

from aggregations import water
from aggregations.figures import Figure
from aggregations.indicators.facts import Facts, Indicator, Rules, SectionDays, figure
from aggregations.indicators.water_means import SYMBOLS
from aggregations.periods import DAY, Period, month
from aggregations.rounding import fraction
from aggregations.standards import SeaLimits, SeaMethod, Survey, WaterMethod
from aggregations.water import sea
from sensors.unit_mistakes import PROBABLE

Statistic = Literal["share", "area"]

RULES: Rules = {
    SeaLimits: ("limits", "limits_others", "oxygen", "worst_item"),
    SeaMethod: ("good_share", "surveys", "by_points", "required_items", "missing_item", "values"),
    WaterMethod: ("ph_mean", "detection_limit"),
}
STATE: Rules = {**RULES, SeaMethod: ("states", *RULES[SeaMethod])}
NO_SAMPLE: Final = "no sample in a survey"
NO_ITEM: Final = "a required item is missing"
NO_AREA: Final = "no sea area in the register"


class PointInSurvey(msgspec.Struct, frozen=True):
    """A point in a survey: its means by item, its class (NO_CLASS: `why` it has none) and the area it stands for.

    `samples` is how many there were; the area is 1 where points are counted. [km2]
    """

    point: SectionDays
    samples: int
    means: dict[str, Fraction]
    class_: int
    why: str
    area: Fraction


class Judged(msgspec.Struct, frozen=True):
    """One survey: how many of its points have a class, why the others have none, the areas of the classes.

    `areas` are [km2] where `by_area`, else numbers of points. `unmeasured` are items that a point with a class lacks.
    `points` are all that count in it.
    """

    first: dt.date
    season: Survey
    expected: int
    valid: int
    excluded: dict[str, int]
    areas: tuple[Fraction, ...]
    by_area: bool
    unmeasured: frozenset[str]
    points: list[PointInSurvey]

    @property
    def sampled(self) -> bool:
        """Whether any point was sampled."""
        return self.excluded.get(NO_SAMPLE, 0) < self.expected


def surveys_of(facts: Facts, only: Survey | None = None) -> list[Judged]:
    """Return the surveys that lie in the period as a whole, and of those that do in part the ones with samples.

    With `only`, those of one season.
    """
    limits, method = sea_standards(facts)
    touched = dict.fromkeys(
        (part.first.year, season)
        for part in facts.period.months()
        if (season := sea.season_of(part.first.month, method)) is not None and only in (None, season)
    )
    found = []
    for year, season in touched:
        months = [month(year, number) for number in method.surveys[season]]
        judged = _judged(facts, season, months, limits, method)
        whole = facts.period.first <= months[0].first and months[-1].last <= facts.period.last
        if whole or judged.sampled:
            found.append(judged)
    return found


def _judged(facts: Facts, season: Survey, months: Sequence[Period], limits: SeaLimits, method: SeaMethod) -> Judged:
    first, last = months[0].first, months[-1].last
    points = [each for each in facts.sea if _counts(each, first, last)]
    by_area = first >= method.by_area_from and any(each.station.area_km2 is not None for each in points)
    found = [_in_survey(each, facts.period.first, months, limits, method, by_area=by_area) for each in points]
    judged = [each for each in found if each.class_ != sea.NO_CLASS]
    areas = sea.class_areas([each.class_ for each in judged], [each.area for each in judged])
    excluded = Counter(each.why for each in found if each.why)
    unmeasured = frozenset(item for each in judged for item in limits.item if item not in each.means)
    return Judged(first, season, len(points), len(judged), dict(excluded), areas, by_area, unmeasured, found)


def _in_survey(
    point: SectionDays, start: dt.date, months: Sequence[Period], limits: SeaLimits, method: SeaMethod, *, by_area: bool
) -> PointInSurvey:
    """Judge a point by its samples in some months; `start` is the day that the samples' days count from."""
    samples = [s.values for s in point.manual if any(start + s.day * DAY in each for each in months)]
    items = dict.fromkeys(item for values in samples for item in values)
    means = {item: water.mean_of([fraction(v[item]) for v in samples if item in v], item=item) for item in items}
    why = ""
    if not means:
        why = NO_SAMPLE
    elif any(item not in means for item in method.required_items):
        why = NO_ITEM
    elif by_area and point.station.area_km2 is None:
        why = NO_AREA
    class_ = sea.NO_CLASS if why else sea.station_class(means, limits)
    area = Fraction((point.station.area_km2 if by_area else None) or 1)
    return PointInSurvey(point, len(samples), means, class_, why, area)


def _counts(point: SectionDays, first: dt.date, last: dt.date) -> bool:
    """Whether a point counts on any day from `first` to `last`."""
    since, until = point.station.since, point.station.until
    return (since is None or since <= last) and (until is None or until > first)


def sea_standards(facts: Facts) -> tuple[SeaLimits, SeaMethod]:
    """Limits and method of the sea that hold at the end of the period."""
    return facts.standards.on(SeaLimits, facts.period.last), facts.standards.on(SeaMethod, facts.period.last)


def good_ratio(indicator: Indicator, facts: Facts, *, survey: Survey | None = None) -> Figure:
    """Share of the good classes in the area judged, the mean over the surveys, or over those of one season. [%]

    References
    ----------
    .. [1] Bulletin of 2020: area of classes 1 and 2, the mean of three surveys; before 2018 of the points.
    """
    _, method = sea_standards(facts)
    return _classes(indicator, facts, surveys_of(facts, survey), slice(method.good_class), "share")


def class_area(indicator: Indicator, facts: Facts, *, class_: int, statistic: Statistic) -> Figure:
    """Area of a class (1 to 4, 5: worse than 4) [km2], or its share in the area judged [%]; mean over the surveys."""
    return _classes(indicator, facts, surveys_of(facts), slice(class_ - 1, class_), statistic)


def _classes(indicator: Indicator, facts: Facts, found: list[Judged], classes: slice, statistic: Statistic) -> Figure:
    _, method = sea_standards(facts)
    there = [each for each in found if each.valid]
    parts = [sum(each.areas[classes], Fraction(0)) for each in there]
    if statistic == "area":
        known = bool(there) and all(each.by_area for each in there)
        exact = sum(parts, Fraction(0)) / len(there) if known else None
        return _told(indicator, facts, found, exact, method.area_decimals, RULES)
    shares = [100 * part / sum(each.areas, Fraction(0)) for part, each in zip(parts, there, strict=True)]
    exact = sum(shares, Fraction(0)) / len(shares) if shares else None
    return _told(indicator, facts, found, exact, method.share_decimals, RULES)


def state(indicator: Indicator, facts: Facts) -> Figure:
    """State of a sea, 1 excellent to 5 very poor, by the mean shares of its surveys.

    References
    ----------
    .. [1] HJ 442 (recalled; agrees with the published results of 2017).
    """
    _, method = sea_standards(facts)
    found = surveys_of(facts)
    mean = sea.mean_of_surveys([sea.shares_of_areas(each.areas, method) for each in found if each.valid])
    if mean is None:
        return _told(indicator, facts, found, None, 0, STATE)
    row = sea.sea_state(mean, method)
    grade = Fraction(1 + method.row.index(row))
    return _told(indicator, facts, found, grade, 0, STATE, label=(row.state, row.state_en))


def _told(
    indicator: Indicator,
    facts: Facts,
    found: list[Judged],
    exact: Fraction | None,
    decimals: int,
    rules: Rules,
    label: tuple[str, str] = ("", ""),
) -> Figure:
    limits, method = sea_standards(facts)
    general = facts.standards.on(WaterMethod, facts.period.last)
    excluded: Counter[str] = Counter()
    for each in found:
        excluded.update(each.excluded)
    reasons = [f"{each.season} {each.first.year}: no sample" for each in found if not each.sampled]
    if not facts.sea:
        reasons = ["no point of the sea in the register"]
    elif not found:
        reasons = ["no survey of the sea in the period"]
    return figure(
        indicator, facts, (limits, method, general), exact, decimals, valid=sum(each.valid for each in found),
        expected=sum(each.expected for each in found), counted="points in surveys",
        sufficient=exact is not None and not excluded, excluded=dict(excluded), rules=rules, reasons=reasons,
        provisional=_remarks(facts, found, limits, method), label=label,
    )  # fmt: skip


def _remarks(facts: Facts, found: Sequence[Judged], limits: SeaLimits, method: SeaMethod) -> list[str]:
    """What a figure has to say: by points and not by area, items that were not measured, suspect values."""
    by_points = [each.first for each in found if each.valid and not each.by_area]
    early = [first for first in by_points if first < method.by_area_from]
    told = [f"by number of points, as before {method.by_area_from}"] if early else []
    told += [f"{NO_AREA}: by number of points"] if len(early) < len(by_points) else []
    unmeasured = {item for each in found for item in each.unmeasured}
    names = ", ".join(SYMBOLS[item][1] for item in limits.item if item in unmeasured)
    told += [f"not measured at some points: {names}"] if names else []
    counts = {item: sum(each.suspect.get(item, 0) for each in facts.sea) for item in limits.item}
    text = f"{PROBABLE}, and counted: {{}} ({{}})"
    return told + [text.format(SYMBOLS[item][1], n) for item, n in counts.items() if n]
