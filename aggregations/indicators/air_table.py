"""The table of the indicators of air."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from aggregations.indicators import air, air_days
from aggregations.indicators.facts import Indicator

_ITEMS: dict[str, tuple[str, str, str]] = {
    "pm25": ("PM2.5", "PM2.5", "ug/m3"),
    "pm10": ("PM10", "PM10", "ug/m3"),
    "so2": ("二氧化硫", "SO2", "ug/m3"),
    "no2": ("二氧化氮", "NO2", "ug/m3"),
    "co": ("一氧化碳", "CO", "mg/m3"),
    "o3": ("臭氧", "ozone", "ug/m3"),
}
"""Basic items by key: name in Chinese and English, unit."""
_WITH_YEAR_LIMIT = ("pm25", "pm10", "so2", "no2")
_ALL = tuple(_ITEMS)
_LEVELS = (
    ("优", "excellent"),
    ("良", "good"),
    ("轻度污染", "light pollution"),
    ("中度污染", "moderate pollution"),
    ("重度污染", "heavy pollution"),
    ("严重污染", "severe pollution"),
)


def air_indicators() -> Iterator[Indicator]:
    """Yield the indicators of air: first those of the national assessment, then each kind by item."""

    def row(
        name: str, zh: str, en: str, unit: str, function: Any, quantities: tuple[str, ...], **more: Any
    ) -> Indicator:
        return Indicator(
            name=f"air.{name}", name_zh=zh, name_en=en, unit=unit, medium="air", compute=function,
            quantities=quantities, **more,
        )  # fmt: skip

    for q in _WITH_YEAR_LIMIT:
        zh, en, unit = _ITEMS[q]
        mean = partial(air.air_mean, quantity=q)
        yield row(f"annual_mean.{q}", f"{zh}平均浓度", f"mean of {en}", unit, mean, (q,), affected="mean")
    good: list[tuple[air_days.Kind, str, str, str, bool]] = [
        ("good", "优良", "good", "good_days", False),
        ("heavy", "重度及以上污染", "heavy-pollution", "heavy_pollution", True),
        ("exceeding", "超标", "exceeding", "good_days", True),
    ]
    for kind, zh, en, affected, less in good:
        name = {"good": "good_day", "heavy": "heavy_pollution_day", "exceeding": "exceeding_day"}[kind]
        more = {"affected": affected, "less_is_better": less, "valid_by": "index"}
        ratio, count = partial(air_days.day_ratio, kind=kind), partial(air_days.day_count, kind=kind)
        run = partial(air_days.longest_run, kind=kind)
        yield row(f"{name}_ratio", f"{zh}天数比例", f"{en}-day ratio", "%", ratio, _ALL, **more)
        yield row(f"{name}s", f"{zh}天数", f"{en} days", "d", count, _ALL, **more)
        yield row(f"longest_run.{kind}", f"最长连续{zh}天数", f"longest run of {en} days", "d", run, _ALL, **more)
    yield row(
        "composite_index", "环境空气质量综合指数", "composite index of air quality", "1", air.composite_index, _ALL,
        affected="composite_index",
    )  # fmt: skip
    for q, (zh, en, unit) in _ITEMS.items():
        function = partial(air.air_percentile, quantity=q)
        yield row(
            f"percentile.{q}", f"{zh}百分位数浓度", f"percentile of {en}", unit, function, (q,), affected="percentile"
        )
    whole = partial(air.attainment, quantities=_ALL)
    yield row(
        "attainment", "六项污染物全部达标", "all six items attain", "yes=1", whole, _ALL, affected="mean",
        less_is_better=False,
    )  # fmt: skip
    for q, (zh, en, _) in _ITEMS.items():
        function = partial(air.attainment, quantities=(q,))
        more = {"affected": "mean", "less_is_better": False}
        yield row(f"attainment.{q}", f"{zh}达标", f"{en} attains", "yes=1", function, (q,), **more)
    daily = partial(air_days.attaining_day_ratio, quantities=_ALL)
    more = {"affected": "daily_attainment", "less_is_better": False, "valid_by": "limits"}
    yield row("daily_attainment", "日均值全部达标率", "days within all daily limits", "%", daily, _ALL, **more)
    for q, (zh, en, _) in _ITEMS.items():
        function = partial(air_days.attaining_day_ratio, quantities=(q,))
        yield row(
            f"daily_attainment.{q}",
            f"{zh}日达标率",
            f"days within the daily limit of {en}",
            "%",
            function,
            (q,),
            **more,
        )
    for number, (zh, en) in enumerate(_LEVELS, 1):
        function = partial(air_days.level_days, level=number)
        less = number > 2
        yield row(
            f"level_days.{number}",
            f"{zh}天数",
            f"days of {en}",
            "d",
            function,
            _ALL,
            affected="good_days",
            valid_by="index",
            less_is_better=less,
        )
    for q, (zh, en, _) in _ITEMS.items():
        any_day = partial(air_days.primary_days, quantity=q, exceeding=False)
        bad_day = partial(air_days.primary_days, quantity=q, exceeding=True)
        hours = partial(air_days.primary_hours, quantity=q)
        yield row(
            f"primary_days.{q}",
            f"{zh}为首要污染物天数",
            f"days with {en} as primary pollutant",
            "d",
            any_day,
            _ALL,
            affected="index_and_primary",
            valid_by="index",
        )
        yield row(
            f"exceeding_primary_days.{q}",
            f"{zh}为首要污染物的超标天数",
            f"exceeding days with {en} as primary pollutant",
            "d",
            bad_day,
            _ALL,
            affected="index_and_primary",
            valid_by="index",
        )
        yield row(
            f"primary_hours.{q}",
            f"{zh}为首要污染物小时数",
            f"hours with {en} as primary pollutant",
            "h",
            hours,
            _ALL,
            valid_by="index",
            needs="hours",
        )
    for q in _ALL:
        zh, en, _ = _ITEMS[q]
        if q in _WITH_YEAR_LIMIT:
            function = partial(air.multiple, quantity=q, statistic="mean")
            yield row(
                f"exceedance_multiple.mean.{q}",
                f"{zh}平均浓度超标倍数",
                f"multiple of exceedance, mean of {en}",
                "1",
                function,
                (q,),
                affected="mean",
            )
        function = partial(air.multiple, quantity=q, statistic="percentile")
        yield row(
            f"exceedance_multiple.percentile.{q}",
            f"{zh}百分位数超标倍数",
            f"multiple of exceedance, percentile of {en}",
            "1",
            function,
            (q,),
            affected="percentile",
        )
        function = partial(air.largest_day_multiple, quantity=q)
        yield row(
            f"exceedance_multiple.day.{q}",
            f"{zh}最大日超标倍数",
            f"multiple of exceedance, largest day of {en}",
            "1",
            function,
            (q,),
            affected="daily_attainment",
        )
        function = partial(air.single, quantity=q)
        yield row(
            f"single_index.{q}",
            f"{zh}单项指数",
            f"single index of {en}",
            "1",
            function,
            (q,),
            affected="composite_index",
        )
        function = partial(air.moving_mean, quantity=q)
        unit = _ITEMS[q][2]
        yield row(
            f"moving_mean.{q}",
            f"{zh}三年滑动平均",
            f"three-year moving mean of {en}",
            unit,
            function,
            (q,),
            affected="mean",
            needs="years",
        )
