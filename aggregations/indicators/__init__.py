"""Indicators: what a plan can ask of the readings. One table of names; one function a kind, in a module a medium.

A function takes the `Facts` of its scope and period and returns a `Figure`. It never asks whether a target is met:
that is `aggregations.plans`.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from aggregations.figures import Figure
from aggregations.indicators.air import air_mean, good_day_ratio
from aggregations.indicators.facts import AirDays, Facts, Indicator, MonitorDays, SectionDays
from aggregations.indicators.noise import zone_attainment
from aggregations.indicators.water import black_odorous_bodies, class_share, section_class, worst_class
from sensors.quantities import Medium

__all__ = ["INDICATORS", "AirDays", "Facts", "Indicator", "MonitorDays", "SectionDays", "section_class"]

Compute = Callable[[Indicator, Facts], Figure]

_third = partial(class_share, at_least=3)
_fifth = partial(class_share, at_least=5)
_worse = partial(class_share, at_least=5, worse=True)
_day = partial(zone_attainment, part="day")
_night = partial(zone_attainment, part="night")

_TABLE: tuple[tuple[str, str, str, str, Medium, Compute], ...] = (
    ("air.annual_mean.pm25", "PM2.5平均浓度", "mean of PM2.5", "ug/m3", "air", partial(air_mean, quantity="pm25")),
    ("air.annual_mean.pm10", "PM10平均浓度", "mean of PM10", "ug/m3", "air", partial(air_mean, quantity="pm10")),
    ("air.annual_mean.so2", "二氧化硫平均浓度", "mean of SO2", "ug/m3", "air", partial(air_mean, quantity="so2")),
    ("air.annual_mean.no2", "二氧化氮平均浓度", "mean of NO2", "ug/m3", "air", partial(air_mean, quantity="no2")),
    ("air.good_day_ratio", "优良天数比例", "good-day ratio", "%", "air", good_day_ratio),
    ("water.good_ratio", "Ⅰ-Ⅲ类断面比例", "sections at class III or better", "%", "water", _third),
    ("water.v_or_better_ratio", "Ⅰ-Ⅴ类断面比例", "sections at class V or better", "%", "water", _fifth),
    ("water.worse_than_v_ratio", "劣Ⅴ类断面比例", "sections worse than class V", "%", "water", _worse),
    ("water.target_attainment", "断面水质达标率", "sections at their target class", "%", "water", class_share),
    ("water.source_attainment", "饮用水水源达标率", "drinking-water sources attaining", "%", "water", _third),
    ("water.worst_class", "最差水质类别", "worst class of the sections", "class", "water", worst_class),
    ("water.black_odorous_bodies", "黑臭水体数", "black-odorous bodies", "bodies", "water", black_odorous_bodies),
    ("noise.day_attainment", "功能区噪声昼间达标率", "day attainment of functional zones", "%", "noise", _day),
    ("noise.night_attainment", "功能区噪声夜间达标率", "night attainment of functional zones", "%", "noise", _night),
)

INDICATORS: Final[dict[str, Indicator]] = {
    name: Indicator(name=name, name_zh=zh, name_en=en, unit=unit, medium=medium, compute=compute)
    for name, zh, en, unit, medium, compute in _TABLE
}
"""All indicators by name, in the order in which they are listed."""
