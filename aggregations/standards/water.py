"""Water: GB 3838, the assessment method, trophic state, ranking of cities, black-odorous water, GB 3097."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from aggregations.standards.edition import Count, Positive, Roles, Table

N_CLASSES = 5
"""Water classes that have limits, I to V."""
N_SEA_CLASSES = 4
"""Sea water classes that have limits, 1 to 4."""

Good = Literal["low", "high", "range"]
Survey = Literal["spring", "summer", "autumn"]
Month = Annotated[int, msgspec.Meta(ge=1, le=12)]
Colour = Annotated[str, msgspec.Meta(pattern="^#[0-9A-F]{6}$")]


class WaterItem(Table, frozen=True, kw_only=True):
    """Limits of one item for classes I to V, best first. `good` is "low", "high" (oxygen) or "range" (pH).

    Without limits of its own for lakes, those of rivers hold there; without limits for rivers it is not judged there.
    """

    name: str
    good: Good
    river: list[Decimal] | None = None
    lake: list[Decimal] | None = None


class SourceItem(Table, frozen=True, kw_only=True):
    """Limit of one item of drinking-water sources (GB 3838, table 2). [mg/L]"""

    name: str
    limit: Decimal


class Saturation(Table, frozen=True, kw_only=True):
    """Saturated oxygen at sea level: `numerator` / (`offset` + T). [mg/L; degC]

    With salinity S (`salt_numerator` - `salt_slope` S) / (`salt_offset` + T). `share` of it is class I.
    """

    share: Decimal
    numerator: Decimal
    offset: Decimal
    salt_numerator: Decimal
    salt_slope: Decimal
    salt_offset: Decimal


class WaterLimits(Roles, frozen=True, kw_only=True, tag_field="role", tag="water.limits"):
    """GB 3838: class limits of the basic items (table 1) and limits of drinking-water sources (table 2).

    `temperature_rise` and `temperature_fall` bound what people may change of the weekly mean. [degC]
    """

    temperature_rise: Decimal
    temperature_fall: Decimal
    oxygen_saturation: Saturation
    item: dict[str, WaterItem]
    source_item: dict[str, SourceItem]


class ClassRow(Table, frozen=True, kw_only=True):
    """What a class of a section is called, and its colour."""

    name: str
    state: str
    state_en: str
    colour: str
    colour_en: str
    rgb: Colour


class BodyRow(Table, frozen=True, kw_only=True):
    """State of a river or basin: class III or better from `good_from`, worse than V below `worse_below`. [%]"""

    state: str
    state_en: str
    colour: str
    colour_en: str
    good_from: Decimal | None = None
    worse_below: Decimal | None = None


class WaterCritical(Table, frozen=True, kw_only=True):
    """Critical values of Spearman's coefficient for `n` periods. [-]"""

    n: Positive
    p05: Decimal
    p01: Decimal | None = None


class WaterMethod(Roles, frozen=True, kw_only=True, tag_field="role", tag="water.method"):
    """The assessment method of 2011 and the letters that go with it: items, decimals, least data, states, comparison.

    `class_items` may enter the class, of `required_items` each must; `reference_items` are told apart. Of
    `automatic_first` automatic results go before manual ones, of all others manual ones. `section_items`: a section
    that has items of its own is judged by these and the required ones ("own"), or by all class items ("class"). Points
    of a lake count `lake_points` alike ("equal"), or by the area of the register where all of them have one ("area").
    Where sections have no class, a figure of the others is `sections_without_class` "insufficient", or decides without
    them ("left_out"). `realtime_items` make the class of single readings. `first_items` go first among the main items,
    `without_multiple` have none. `class_row` goes from class I to worse than V; of `body_row` the first holds whose
    bounds are met. Where `trend` has no row for a number of periods, that of the next smaller number is taken, or none.
    """

    realtime_items: list[str]
    required_items: list[str]
    class_items: list[str]
    reference_items: list[str]
    automatic_first: list[str]
    section_items: Literal["own", "class"]
    sections_without_class: Literal["insufficient", "left_out"]
    lake_points: Literal["equal", "area"]
    oxygen_by_saturation: bool
    detection_limit_share: Decimal
    good_class: Positive
    first_items: list[str]
    without_multiple: list[str]
    main_items_max: Positive
    multiple_decimals: Count
    proportions_from: Positive
    share_decimals: Count
    change_some_above: Decimal
    change_marked_above: Decimal
    change_marked_grades: Positive
    trend_min_years: Positive
    trend_equality_is_significant: bool
    trend_missing_n: Literal["next_smaller", "none"]
    day_min_results: Positive
    month_min_days: Positive
    year_min_months: Positive
    decimals: dict[str, Count]
    class_row: list[ClassRow]
    body_row: list[BodyRow]
    trend: list[WaterCritical]


class TrophicItem(Table, frozen=True, kw_only=True):
    """Index of one item: `scale` (`a` + `b` ln x), x being `factor` times the quantity; `r` is its weight's root.

    `quantity_unit` is the unit of the quantity, `unit` that of x: a wrong one gives an index that looks plausible.
    """

    quantity_unit: str
    unit: str
    factor: Decimal
    a: Decimal
    b: Decimal
    r: Decimal


class TrophicRow(Table, frozen=True, kw_only=True):
    """A trophic state: up to `up_to`, that included or not; None: no end."""

    state: str
    state_en: str
    up_to: Decimal | None = None
    inclusive: bool = True


class WaterTrophic(Roles, frozen=True, kw_only=True, tag_field="role", tag="water.trophic"):
    """Trophic state of lakes (CNEMC 2004). `state_compares`: what is held against the bounds.

    `scale` multiplies the index of each item.
    """

    scale: Decimal
    decimals: Count
    state_compares: Literal["rounded", "exact"]
    item: dict[str, TrophicItem]
    row: list[TrophicRow]


class WaterRanking(Roles, frozen=True, kw_only=True, tag_field="role", tag="water.ranking"):
    """Water quality index of cities (2017): items, the class whose limit divides them, decimals.

    `neutral_ph` is where the index of pH is 0.
    """

    items: list[str]
    limit_class: Positive
    neutral_ph: Decimal
    index_decimals: Count
    change_decimals: Count


class OdourIndicator(Table, frozen=True, kw_only=True):
    """Bounds of one indicator: bad `below` or `above` them; what lies at a bound is on its better side."""

    bad: Literal["below", "above"]
    light: Decimal
    heavy: Decimal


class BlackOdour(Roles, frozen=True, kw_only=True, tag_field="role", tag="water.black_odour"):
    """The guide on black-odorous urban water: indicators, how points and bodies are graded, how often is sampled.

    A point is heavy where one indicator has `one_share` of its samples in the heavy range, or `several` indicators
    have `several_share`. [%] `shallow_rule`: where the water is less than `shallow_below` deep [cm], transparency is
    held against `shallow_share` of the depth: "light_only" (no heavy range) or "heavy_below" (heavy below it, else
    light unless clear to the bottom). `month_indicators` judge the means of a month of automatic stations.
    """

    month_indicators: list[str]
    one_share: Decimal
    several: Positive
    several_share: Decimal
    min_samples: Positive
    min_points: Positive
    heavy_run: Positive
    body_share: Decimal
    transparency: str
    shallow_below: Decimal
    shallow_share: Decimal
    shallow_rule: Literal["light_only", "heavy_below"]
    spacing_min_m: Positive
    spacing_max_m: Positive
    interval_days: dict[Literal["daily", "weekly"], Positive]
    indicator: dict[str, OdourIndicator]


class SeaItem(Table, frozen=True, kw_only=True):
    """Limits of one item for sea water classes 1 to 4, best first; of pH pairs. At the limit is met if `inclusive`."""

    name: str
    good: Good
    limits: list[Decimal | tuple[Decimal, Decimal]]
    inclusive: bool = True


class SeaLimits(Roles, frozen=True, kw_only=True, tag_field="role", tag="water.sea_limits"):
    """GB 3097: class limits of sea water."""

    item: dict[str, SeaItem]


class SeaRow(Table, frozen=True, kw_only=True):
    """State of a sea by shares of area or points: class 1, good classes, worse than 4; bounds inclusive. [%]"""

    state: str
    state_en: str
    first_from: Decimal | None = None
    good_from: Decimal | None = None
    worst_up_to: Decimal | None = None


class SeaMethod(Roles, frozen=True, kw_only=True, tag_field="role", tag="water.sea_method"):
    """Assessment of nearshore sea water; of `row` the first holds whose bounds are met.

    `surveys` has the months of each survey of a year. A point without one of `required_items` has no class.
    Surveys from `by_area_from` on are judged by area, earlier ones by points.
    """

    good_class: Positive
    share_decimals: Count
    area_decimals: Count
    by_area_from: dt.date
    required_items: list[str]
    surveys: dict[Survey, list[Month]]
    row: list[SeaRow]
