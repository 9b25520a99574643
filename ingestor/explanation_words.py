"""Words and small parts that the tables of all explanations share."""

from typing import Final

from rich.table import Table

from sensors import unit_mistakes

SHOWN: Final = 20
"""Rows of a long table that are shown; `--json` has all."""

ZH: Final[dict[str, str]] = {
    "no reading": "无数据",
    "its readings are in the archive": "原始数据已归档",
    "flagged by the gateway: maintenance, calibration, fault or missing": "网关标记（维护、校准、故障、缺测）",
    "too few minutes of samples": "采样分钟数不足",
    "before or after the days on which the station counts": "不在站点参评期内",
    "a reading of an hour that does not start on the hour": "小时值不在整点开始",
    "in a decided exceptional event": "属已认定的异常事件",
    "taken out by a review": "审核剔除",
    "review": "审核存疑",
    "below zero": "负值",
    "outside the plausible range of config/quantities.toml": "超出合理范围",
    "the same value for too many hours": "长时间不变",
    "too far from the hour before": "突变",
    "PM2.5 above PM10": "PM2.5 高于 PM10（倒挂）",
    "far from what the other stations measure": "与周边站点相差过大",
    unit_mistakes.PROBABLE: "疑似单位错误（相差1000倍）",
    unit_mistakes.OUTSIDE: "超出合理范围，疑似单位错误（相差1000倍）",
    "unit": "疑似单位错误（相差1000倍）",
    "negative": "负值",
    "range": "超出范围",
    "stuck": "长时间不变",
    "jump": "突变",
    "inversion": "倒挂",
    "neighbours": "与周边不符",
    "hours": "小时",
    "windows": "个8小时滑动窗口",
    "stations": "个站点",
    "too few valid samples in the hour": "小时内有效样本不足",
    "too many samples taken out by weather": "气象条件剔除过多",
    "no largest level": "无最大声级",
    "flagged as suspect by the gateway": "网关标记存疑",
    "days": "天",
}
"""What stands in an explanation in English, in Chinese."""
EN: Final = {"unit": unit_mistakes.PROBABLE}
"""Names of checks that say too little by themselves, in English."""


def new_table(
    title_zh: str, title_en: str, columns_zh: tuple[str, ...], columns_en: tuple[str, ...], zh: bool
) -> Table:
    """Return an empty table with its title and columns."""
    table = Table(title=title_zh if zh else title_en, title_justify="left")
    for column in columns_zh if zh else columns_en:
        table.add_column(column, overflow="fold")
    return table


def cut(title: str, n: int, zh: bool, *, counted: str = "段") -> str:
    """Return the title of a table of which only the first rows may be shown, `counted` in Chinese as it says."""
    if n <= SHOWN:
        return title
    return title + (f"，此处{SHOWN}{counted}，其余在 JSON 中" if zh else f", {SHOWN} here, all in the JSON")


def counts(numbers: dict[str, int], zh: bool) -> str:
    """Return numbers by reason as one text."""
    return ", ".join(f"{n} {(ZH if zh else EN).get(text, text)}" for text, n in numbers.items()) or "-"
