"""How the outlook of a target is written: the chance of meeting it, and the range of the final value."""

from typing import Final

from aggregations.outlook import Outlook
from ingestor.words import Language
from ingestor.writing import SCREEN, Style

_SURE: Final[dict[Language, str]] = {"zh": "（已成定局）", "en": " (certain)"}
_LOW, _HIGH = 0.01, 0.99


def chance_printed(
    chance: float | None, language: Language, style: Style = SCREEN, *, certain: bool = False
) -> str:  # fmt: skip
    """A chance in whole percent; 0 % and 100 % only where it is certain, else "< 1 %" and "> 99 %"."""
    if chance is None:
        return style.none
    if certain:
        return f"{chance:.0%}".replace("%", " %") + _SURE[language]
    if chance < _LOW:
        return "< 1 %"
    if chance > _HIGH:
        return "> 99 %"
    return f"{round(chance * 100)} %"


def range_printed(outlook: Outlook, language: Language, style: Style = SCREEN) -> str:
    """The ends of the central range and the median, 22–26 ug/m3 (median 24); without a range the median alone."""
    if outlook.central is None:
        return style.none
    middle = "中位" if language == "zh" else "median"
    if outlook.low is None:
        return f"{middle} {style.value(outlook.central, outlook.unit, language)}"
    high = style.value(outlook.high, outlook.unit, language)
    if outlook.low == outlook.high:
        return high
    median = f"（{middle} {outlook.central}）" if language == "zh" else f" ({middle} {outlook.central})"
    return f"{outlook.low}–{high}{median}"
