"""Surface water: means, classes and states of sections and bodies, and what is made of them.

Sections: `classes`, `sections` (state, main pollution items), `attainment`. Rivers and basins: `bodies`, `changes`.
Lakes: `trophic`. Cities: `cwqi`. Further: `black_odour`, `sea`, `sources`.
"""

from aggregations.water.black_odour import is_black_odorous
from aggregations.water.classes import (
    CLASS_NAMES,
    NO_CLASS,
    WORSE_THAN_V,
    SectionClass,
    evaluate,
    item_classes,
    realtime_classes,
    rounded_classes,
    saturated_oxygen,
    section_classes,
)
from aggregations.water.means import (
    NO_VALUE,
    PH,
    SectionMeans,
    day_means,
    exact_sum,
    half_detection_limit,
    mean_of,
    month_mean,
    month_means,
    rounded_means,
    year_mean,
)

__all__ = [
    "CLASS_NAMES",
    "NO_CLASS",
    "NO_VALUE",
    "PH",
    "WORSE_THAN_V",
    "SectionClass",
    "SectionMeans",
    "day_means",
    "evaluate",
    "exact_sum",
    "half_detection_limit",
    "is_black_odorous",
    "item_classes",
    "mean_of",
    "month_mean",
    "month_means",
    "realtime_classes",
    "rounded_classes",
    "rounded_means",
    "saturated_oxygen",
    "section_classes",
    "year_mean",
]
