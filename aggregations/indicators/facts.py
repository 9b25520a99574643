"""What an indicator is computed from, and the figure that it ends in."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import msgspec

from aggregations.figures import Figure
from aggregations.periods import Period
from aggregations.rounding import FloatArray, IntArray, half_even
from aggregations.standards import Standard, Standards
from sensors.quantities import Medium
from sensors.register import Station


class AirDays(msgspec.Struct, frozen=True):
    """Days of a city or station, one entry a day of the period; None where not valid.

    `values` are rounded to the decimals of their edition. [ug/m3; CO mg/m3]
    """

    values: dict[str, list[Decimal | None]]
    aqi: list[int | None]


class SectionDays(msgspec.Struct, frozen=True):
    """Daily means of one section (NaN where not valid) and numbers of results, by item; (n_days,) each."""

    station: Station
    means: dict[str, FloatArray]
    counts: dict[str, IntArray]


class MonitorDays(msgspec.Struct, frozen=True):
    """Whether each day and each night of one monitor attains; None where not valid."""

    station: Station
    day: list[bool | None]
    night: list[bool | None]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an indicator is computed from: the derived days of a scope over a period, and the standards."""

    scope: str
    period: Period
    standards: Standards
    staged: bool
    air: AirDays | None = None
    sections: list[SectionDays] = []
    monitors: list[MonitorDays] = []


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table: names, unit, medium and the function that computes it."""

    name: str
    name_zh: str
    name_en: str
    unit: str
    medium: Medium
    compute: Callable[["Indicator", Facts], Figure]


def figure(
    indicator: Indicator,
    facts: Facts,
    standards: tuple[Standard, ...],
    exact: Fraction | None,
    decimals: int,
    *,
    valid: int,
    expected: int,
    counted: str,
    sufficient: bool,
    excluded: dict[str, int],
) -> Figure:
    """Return the figure of an indicator: `exact` rounded once, and what it rests on."""
    return Figure(
        indicator=indicator.name,
        scope=facts.scope,
        period=str(facts.period),
        value=None if exact is None else half_even(exact, decimals),
        exact=None if exact is None else str(exact),
        unit=indicator.unit,
        valid=valid,
        expected=expected,
        counted=counted,
        sufficient=sufficient,
        excluded=excluded,
        editions={s.edition.id: facts.standards.digests[s.edition.id] for s in standards},
        assumed=[f"{s.edition.id}: {rule.text}" for s in standards for rule in s.rule.values() if not rule.confirmed],
    )
