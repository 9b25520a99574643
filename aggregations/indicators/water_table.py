"""The table of the indicators of water."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final, Literal

from aggregations.indicators import water, water_bodies, water_sea, water_special
from aggregations.indicators.facts import Indicator
from aggregations.indicators.water_means import SYMBOLS
from aggregations.standards import Survey

MEANS: Final = (
    "ph", "do", "codmn", "cod", "bod5", "nh3n", "tp", "cu", "zn", "fluoride", "se", "arsenic", "hg", "cd", "cr6", "pb",
    "cn", "vp", "oil", "las", "sulfide", "temperature", "tn", "fcoli",
)  # fmt: skip
"""Basic items of GB 3838: those of the class, then the reference items, which are told apart."""
WITHOUT_MULTIPLE: Final = ("ph", "do", "temperature", "tn", "fcoli")
_UNITS: Final = {"ph": "1", "temperature": "degC", "fcoli": "1/L"}
_CLASSES: Final = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ")
_CLASSES_EN: Final = ("I", "II", "III", "IV", "V", "worse than V")
_PATROLS: Final[tuple[Literal["due", "overdue"], ...]] = ("due", "overdue")
_SEASONS: Final[dict[Survey, tuple[str, str]]] = {
    "spring": ("春季", "spring"),
    "summer": ("夏季", "summer"),
    "autumn": ("秋季", "autumn"),
}
_SEA_STATISTICS: Final[dict[water_sea.Statistic, tuple[str, str, str]]] = {
    "share": ("面积比例", "share of ", "%"),
    "area": ("面积", "", "km2"),
}
_SEA_CLASSES: Final = (
    ("一类", "class 1"), ("二类", "class 2"), ("三类", "class 3"), ("四类", "class 4"),
    ("劣四类", "worse than class 4"),
)  # fmt: skip


def _less_is_better(item: str) -> bool | None:
    """Whether a smaller mean is better; None of pH, which is good inside a range, and of temperature."""
    return None if item in ("ph", "temperature") else item != "do"


def water_indicators() -> Iterator[Indicator]:
    """Yield the indicators of water: shares and bodies first, then targets, special waters, and single items."""

    def row(
        name: str, zh: str, en: str, unit: str, function: Any, *, less: bool | None = False, sea: bool = False
    ) -> Indicator:  # fmt: skip
        return Indicator(
            name=f"water.{name}", name_zh=zh, name_en=en, unit=unit, medium="water", compute=function,
            less_is_better=less, of_sea=sea,
        )  # fmt: skip

    share = water.class_share
    special = water_special
    third, fifth = partial(share, at_least=3), partial(share, at_least=5)
    worse = partial(share, at_least=5, worse=True)
    sources, volumes = (partial(special.source_attainment, by_volume=by) for by in (False, True))
    longest, failing = (partial(water_bodies.months_failed, at_end=at_end) for at_end in (False, True))
    yield row("good_ratio", "Ⅰ-Ⅲ类断面比例", "sections at class III or better", "%", third)
    yield row("v_or_better_ratio", "Ⅰ-Ⅴ类断面比例", "sections at class V or better", "%", fifth)
    yield row("worse_than_v_ratio", "劣Ⅴ类断面比例", "sections worse than class V", "%", worse, less=True)
    yield row("target_attainment", "断面水质达标率", "sections at their target class", "%", share)
    yield row("source_attainment", "饮用水水源达标率", "drinking-water sources attaining", "%", sources)
    yield row("worst_class", "最差水质类别", "worst class of the sections", "class", water.worst_class, less=True)
    bodies = water.black_odorous_bodies
    yield row("black_odorous_bodies", "黑臭水体数", "black-odorous bodies", "bodies", bodies, less=True)
    yield row("class", "水质类别", "class", "class", water_bodies.body_class, less=True)
    yield row("state", "水质状况", "state", "state", water_bodies.body_state, less=True)
    yield row("main_items", "主要污染指标", "main pollution items", "items", water_bodies.main_items, less=True)
    for number, (zh, en) in enumerate(zip(_CLASSES, _CLASSES_EN, strict=True), 1):
        of_class = partial(water_bodies.honest_share, class_=number)
        yield row(f"class_share.{number}", f"{zh}类断面比例", f"sections of class {en}", "%", of_class, less=number > 3)
    length = water_bodies.good_length_ratio
    yield row("good_length_ratio", "Ⅰ-Ⅲ类河长比例", "river length at class III or better", "%", length)
    months = water_bodies.month_attainment
    yield row("month_attainment", "断面月达标率", "months of sections at their target class", "%", months)
    yield row("months_failed_run", "最长连续超标月数", "longest run of months failed", "months", longest, less=True)
    yield row("months_failing", "当前连续超标月数", "months failed up to the last", "months", failing, less=True)
    text = "sources attaining, by volume"
    yield row("source_attainment_by_volume", "饮用水水源水量达标率", text, "%", volumes)
    yield row("trophic_index", "综合营养状态指数", "trophic index", "1", special.trophic_index, less=True)
    yield row("cwqi", "城市水质指数", "water quality index (CWQI)", "1", special.water_quality_index, less=True)
    sampled, back = special.sampled_bodies, special.returned_bodies
    due, late = (partial(special.patrols, state=state) for state in _PATROLS)
    yield row("black_odorous", "黑臭水体数（手工监测）", "black-odorous by samples", "bodies", sampled, less=True)
    yield row("returned_bodies", "返黑返臭水体数", "bodies black-odorous again", "bodies", back, less=True)
    yield row("patrol_due", "应巡测点位数", "points with a sample due", "bodies", due, less=True)
    yield row("patrol_overdue", "逾期未巡测点位数", "points with an overdue sample", "bodies", late, less=True)
    good = water_sea.good_ratio
    yield row("sea_good_ratio", "近岸海域优良水质面积比例", "sea area of classes 1 and 2", "%", good, sea=True)
    for season, (zh, en) in _SEASONS.items():
        of_one = partial(good, survey=season)
        text = f"sea area of classes 1 and 2, {en}"
        yield row(f"sea_good_ratio.{season}", f"近岸海域优良水质面积比例（{zh}）", text, "%", of_one, sea=True)
    yield row("sea_state", "近岸海域水质状况", "state of the sea", "state", water_sea.state, less=True, sea=True)
    for statistic, (zh_of, en_of, unit) in _SEA_STATISTICS.items():
        for number, (zh, en) in enumerate(_SEA_CLASSES, 1):
            of_class = partial(water_sea.class_area, class_=number, statistic=statistic)
            name, bad = f"sea_class_{statistic}.{number}", number > 2
            yield row(name, f"近岸海域{zh}水质{zh_of}", f"{en_of}sea area of {en}", unit, of_class, less=bad, sea=True)
    for item in MEANS:
        zh, en = SYMBOLS[item]
        mean = partial(water_bodies.item_mean, item=item)
        yield row(
            f"mean.{item}", f"{zh}均值", f"mean of {en}", _UNITS.get(item, "mg/L"), mean, less=_less_is_better(item)
        )
    for item in MEANS:
        if item not in WITHOUT_MULTIPLE:
            zh, en = SYMBOLS[item]
            times = partial(water_bodies.multiple, item=item)
            text = f"multiple of exceedance, {en}"
            yield row(f"exceedance_multiple.{item}", f"{zh}超标倍数", text, "1", times, less=True)
