"""What an indicator is computed from, and the figure that it ends in."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, Literal

import msgspec

from aggregations.figures import Figure
from aggregations.noise import PartOfDay
from aggregations.periods import Period
from aggregations.rounding import FloatArray, IntArray, half_even
from aggregations.standards import AreaClass, Mode, Standard, Standards
from sensors.noise_surveys import NoiseSurveys
from sensors.quantities import Medium
from sensors.register import Station, ZoneClass


class AirDays(msgspec.Struct, frozen=True):
    """Days of a station, district, city or list, arrays (n_days,); or of many stations, (n_stations, n_days).

    `values` are published daily values by quantity, MISSING where not valid. `exact` are the values before rounding,
    None where not valid. `counts` are the valid hours of a station's day, or the valid stations of the others.
    `ozone_hour_max` is the largest hour of ozone, MISSING without one. [micros: 1e-6 ug/m3; CO 1e-6 mg/m3]
    """

    values: dict[str, IntArray]
    exact: dict[str, list[Fraction | None]]
    counts: dict[str, IntArray]
    ozone_hour_max: IntArray


class AirHours(msgspec.Struct, frozen=True):
    """Hour means of a station, district or city by quantity, (lead + n_hours,), MISSING where not valid. [micros]

    The first `lead` are of the day before the period, which moving means reach back to.
    """

    values: dict[str, IntArray]
    lead: int = 0


class ManualSample(msgspec.Struct, frozen=True):
    """Results of one manual sample by item, half the detection limit where below it; `day` counts from the first.

    `below` are the items below their detection limit.
    """

    day: int
    values: dict[str, float]
    below: tuple[str, ...] = ()


class SectionDays(msgspec.Struct, frozen=True):
    """Daily means of one section (NaN where not valid) and numbers of results, by item; (n_days,) each.

    `manual` are the samples of the period. `targets` has the target class of each day, 1 to 5, 0 without one; empty:
    that of the register on all of them. By item, `suspect` counts the values that look like a slip of the unit,
    `suspect_days` has the numbers of their days, and `below` counts the results below the detection limit.
    `last_sample` is the day of the last manual sample up to the end of the period. `memo` keeps what was computed.
    """

    station: Station
    means: dict[str, FloatArray]
    counts: dict[str, IntArray]
    manual: list[ManualSample] = []
    targets: list[int] = []
    suspect: dict[str, int] = {}
    last_sample: dt.date | None = None
    suspect_days: dict[str, list[int]] = {}
    below: dict[str, int] = {}
    memo: dict[Any, Any] = msgspec.field(default_factory=dict)


class MonitorDays(msgspec.Struct, frozen=True):
    """Whether each day and each night of one monitor attains; None where not valid.

    `ld` and `ln` are levels before rounding, NaN where not valid [dB]. `zones` has the class of each day; empty: that
    of the register on all of them. `collected` and `entered` are rates of the day without and with what weather takes
    out, NaN where nothing came [%]. `ldn` is of day and night together, `ln_max` the largest level of the night [dB],
    and `peak` whether that of a valid night is within its limit. Arrays (n_days,); None or empty: not known on any day.
    """

    station: Station
    day: list[bool | None]
    night: list[bool | None]
    zones: list[ZoneClass] = []
    ld: FloatArray | None = None
    ln: FloatArray | None = None
    collected: FloatArray | None = None
    entered: FloatArray | None = None
    ldn: FloatArray | None = None
    ln_max: FloatArray | None = None
    peak: list[bool | None] = []


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an indicator is computed from: the derived days of a scope over a period, and the standards.

    `standards` are already those of `mode`. `area_class` says which limits of GB 3095 hold, `not_monitored` which
    quantities are not measured by plan. `air_without_events` are the days without the hours of exceptional events,
    None where there were none. `hours` and `earlier` (the days of the years before, the last first) are there where
    the indicator asks for them; `earlier_without_events` is empty where no event touched any of those years.
    `sections` are those of rivers and lakes, `sea` the points of the sea. `surveys` are the manual surveys of noise of
    a city. `audited` says that all months of the period are locked.
    """

    scope: str
    period: Period
    standards: Standards
    staged: bool
    mode: Mode = "by_date"
    area_class: AreaClass = "II"
    not_monitored: tuple[str, ...] = ()
    air: AirDays | None = None
    air_without_events: AirDays | None = None
    hours: AirHours | None = None
    earlier: Sequence[AirDays] = ()
    earlier_without_events: Sequence[AirDays] = ()
    sections: list[SectionDays] = []
    sea: list[SectionDays] = []
    monitors: list[MonitorDays] = []
    surveys: NoiseSurveys = NoiseSurveys()
    audited: bool = False

    def without_events(self) -> "Facts":
        """Return the facts without the hours of exceptional events, and not with them any more."""
        return msgspec.structs.replace(
            self,
            air=self.air if self.air_without_events is None else self.air_without_events,
            air_without_events=None,
            earlier=self.earlier_without_events or self.earlier,
            earlier_without_events=(),
        )


Needs = Literal["days", "hours", "years"]
ValidBy = Literal["values", "index", "limits"]


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table: names, unit, medium and the function that computes it.

    Of air: `quantities` that it is made of, what the rules on exceptional events call it (`affected`), what it
    `needs`, by what a day is valid for it, and whether less is better (None: neither is). Of noise: the `part` of the
    day and the `zone` class, None where it is of both or all, and whether it is of manual surveys. Of water: whether it
    is `of_sea`; the others are of rivers and lakes.
    """

    name: str
    name_zh: str
    name_en: str
    unit: str
    medium: Medium
    compute: Callable[["Indicator", Facts], Figure]
    quantities: tuple[str, ...] = ()
    affected: str | None = None
    needs: Needs = "days"
    valid_by: ValidBy = "values"
    less_is_better: bool | None = True
    part: PartOfDay | None = None
    zone: ZoneClass | None = None
    of_surveys: bool = False
    of_sea: bool = False


Rules = dict[type[Standard], tuple[str, ...]]
"""Names of the rules that a result rests on, by role."""


def figure(
    indicator: Indicator,
    facts: Facts,
    standards: Iterable[Standard],
    exact: Fraction | None,
    decimals: int,
    *,
    valid: int,
    expected: int,
    counted: str,
    sufficient: bool,
    excluded: dict[str, int],
    rules: Rules | None = None,
    reasons: Sequence[str] = (),
    provisional: Sequence[str] = (),
    label: tuple[str, str] = ("", ""),
) -> Figure:
    """Return the figure of an indicator: `exact` rounded once, and what it rests on.

    Without `rules` it rests on all rules of the standards.
    """
    used = [
        (standard, [key for key in standard.rule if rules is None or key in rules.get(type(standard), ())])
        for standard in standards
    ]
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
        editions={s.edition.id: facts.standards.digests[s.edition.id] for s, _ in used},
        assumed=[
            f"{standard.edition.id}: {standard.rule[key].text}"
            for standard, keys in used
            for key in keys
            if not standard.rule[key].confirmed
        ],
        rules={standard.edition.id: keys for standard, keys in used},
        reasons=list(reasons),
        provisional=list(provisional),
        mode=facts.mode,
        label=label[0],
        label_en=label[1],
    )
