"""What people read about retention: locked months and what they wait for, and the archive, in Chinese and English."""

from typing import Final

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from ingestor.retention.planning import Month, Outlook
from ingestor.words import Language, word

_WORDS: Final[dict[str, dict[Language, str]]] = {
    "off": {
        "zh": "未设置 [retention] raw_days：原始数据永久保留",
        "en": "[retention] raw_days is not set: raw readings stay for ever",
    },
    "on": {
        "zh": "已锁定月份结束 {} 天后，原始数据归档到 {}",
        "en": "raw readings of locked months are archived {} days after the month, to {}",
    },
    "locked": {"zh": "已锁定月份", "en": "locked months"},
    "archived": {"zh": "已归档", "en": "archived"},
    "month": {"zh": "月份", "en": "month"},
    "medium": {"zh": "要素", "en": "medium"},
    "city": {"zh": "城市", "en": "city"},
    "state": {"zh": "状态", "en": "state"},
    "file": {"zh": "文件", "en": "file"},
    "values": {"zh": "数据个数", "en": "values"},
    "due": {"zh": "到期，待归档", "en": "due"},
    "unfinished": {"zh": "已归档，尚未删完", "en": "archived, not all deleted yet"},
    "young": {"zh": "{}起到期", "en": "due from {} on"},
    "pending": {"zh": "锁定后有新数据或审核（{}个站日）", "en": "{} station-days of readings or reviews wait for it"},
    "neighbours": {"zh": "相邻月份未锁定：{}", "en": "months that rest on it are not locked: {}"},
    "none": {"zh": "没有已锁定且有原始数据的月份", "en": "no locked month has raw readings"},
}


def retention_tables(found: Outlook, language: Language) -> list[RenderableType]:
    """Return the setting, the locked months and the archive."""

    def say(key: str) -> str:
        return _WORDS[key][language]

    def table(key: str, *columns: str) -> Table:
        made = Table(title=say(key), title_justify="left")
        for column in columns:
            made.add_column(say(column), justify="right" if column == "values" else "left", overflow="fold")
        return made

    def state(month: Month) -> str:
        told = {
            "young": str(month.from_day),
            "pending": f"{month.station_days:,}",
            "neighbours": ", ".join(month.unlocked),
        }
        return say(month.state).format(told.get(month.state, ""))

    parts: list[RenderableType] = [
        say("off") if found.raw_days is None else escape(say("on").format(found.raw_days, found.folder))
    ]
    if found.months:
        months = table("locked", "month", "medium", "city", "state")
        for each in found.months:
            months.add_row(each.month, word(each.medium, language), escape(each.city), state(each))
        parts.append(months)
    elif found.raw_days is not None:
        parts.append(say("none"))
    if found.archived:
        gone = table("archived", "month", "medium", "city", "file", "values")
        for one in found.archived:
            gone.add_row(
                one.month, word(one.medium, language), escape(one.city), escape(one.file), f"{one.values:,}"
            )  # fmt: skip
        parts.append(gone)
    return parts
