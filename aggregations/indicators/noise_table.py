"""The table of the indicators of noise."""

from collections.abc import Iterator
from functools import partial
from typing import Any, get_args

from aggregations.indicators import noise, noise_complaints, noise_surveys
from aggregations.indicators.facts import Indicator
from aggregations.noise import PartOfDay
from sensors.register import ZoneClass

_PARTS: tuple[tuple[PartOfDay, str, str], ...] = (("day", "昼间", "day"), ("night", "夜间", "night"))
_GRADES = "一二三四五"
_CLASSES: tuple[ZoneClass, ...] = get_args(ZoneClass)


def noise_indicators() -> Iterator[Indicator]:
    """Yield the indicators of noise: automatic monitors, in total and by class, manual surveys, complaints."""

    def row(name: str, zh: str, en: str, unit: str, function: Any, *, less: bool = False) -> Indicator:
        chosen = function.keywords if isinstance(function, partial) else {}
        part_of = None if name == "mean_level.day_night" else chosen.get("part")
        return Indicator(
            name=f"noise.{name}", name_zh=zh, name_en=en, unit=unit, medium="noise", compute=function,
            less_is_better=less, part=part_of, zone=chosen.get("zone"),
            of_surveys=name.startswith(("manual.", "regional_", "road_", "complaints")),
        )  # fmt: skip

    for part, zh, en in _PARTS:
        rate = partial(noise.zone_attainment, part=part)
        yield row(f"{part}_attainment", f"功能区噪声{zh}达标率", f"{en} attainment of functional zones", "%", rate)
    for part, zh, en in _PARTS:
        for zone in _CLASSES:
            rate = partial(noise.zone_attainment, part=part, zone=zone)
            text = f"{zone}类功能区噪声{zh}达标率"
            yield row(f"{part}_attainment.{zone}", text, f"{en} attainment, class {zone}", "%", rate)
    for part, zh, en in _PARTS:
        mean = partial(noise.mean_level, part=part)
        yield row(f"mean_level.{part}", f"功能区{zh}平均声级", f"mean {en} level", "dB", mean, less=True)
        for zone in _CLASSES:
            mean = partial(noise.mean_level, part=part, zone=zone)
            text = f"{zone}类功能区{zh}平均声级"
            yield row(f"mean_level.{part}.{zone}", text, f"mean {en} level, class {zone}", "dB", mean, less=True)
    day_night = partial(noise.mean_level, part="day")
    yield row(
        "mean_level.day_night", "功能区昼夜等效声级（Ldn）", "mean day-night level, Ldn", "dB", day_night, less=True
    )
    peak = partial(noise.zone_attainment, part="night")
    yield row("night_peak_attainment", "功能区夜间突发噪声达标率", "nights whose largest level attains", "%", peak)
    for part, zh, en in _PARTS:
        count = partial(noise.point_times, part=part)
        yield row(f"point_times.{part}", f"{zh}有效点次", f"valid point-times, {en}", "point-times", count)
    yield row("collection_rate", "数据采集率", "data collection rate", "%", noise.collection_rate)
    yield row("valid_collection_rate", "有效数据采集率", "valid collection rate", "%", noise.valid_collection_rate)
    for part, zh, en in _PARTS:
        rate = partial(noise_surveys.survey_attainment, part=part)
        yield row(f"manual.{part}_attainment", f"功能区手工监测{zh}达标率", f"{en} attainment, manual", "%", rate)
        for zone in _CLASSES:
            rate = partial(noise_surveys.survey_attainment, part=part, zone=zone)
            text = f"{zone}类功能区手工监测{zh}达标率"
            yield row(f"manual.{part}_attainment.{zone}", text, f"{en} attainment, manual, class {zone}", "%", rate)
    for name, zh_of, en_of, function in (
        ("regional", "区域环境噪声", "regional noise", noise_surveys.regional_mean),
        ("road", "道路交通噪声", "road traffic noise", noise_surveys.road_mean),
    ):
        for part, zh, en in _PARTS:
            mean, grade = partial(function, part=part, graded=False), partial(function, part=part, graded=True)
            yield row(f"{name}_mean.{part}", f"{zh_of}{zh}平均声级", f"mean of {en_of}, {en}", "dB", mean, less=True)
            yield row(f"{name}_grade.{part}", f"{zh_of}{zh}等级", f"grade of {en_of}, {en}", "grade", grade, less=True)
    for part, zh, en in _PARTS:
        for number, name in enumerate(_GRADES, 1):
            share = partial(noise_surveys.road_grade_share, part=part, grade=number)
            text = f"道路交通噪声{zh}{name}级路长比例"
            yield row(
                f"road_share.{part}.{number}",
                text,
                f"share of road of grade {number}, {en}",
                "%",
                share,
                less=number > 2,
            )
    loud = partial(noise_surveys.loud_road_share, part="day")
    yield row("road_share_above_70.day", "昼间超70 dB路段比例", "share of road above 70 dB, day", "%", loud, less=True)
    received, settled = noise_complaints.complaints, noise_complaints.settled_share
    text = "噪声投诉件数（上报）"
    yield row("complaints", text, "complaints about noise, as reported", "complaints", received, less=True)
    yield row("complaints_settled", "噪声投诉办结率（上报）", "complaints settled, as reported", "%", settled)
