"""Reviews and locked months as people read them on the terminal, in Chinese or English."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from rich.markup import escape
from rich.table import Table

from ingestor.auditing import Listed
from ingestor.explanation_reviews import ReviewUsed
from ingestor.explanation_words import new_table
from ingestor.store.reviewed import Locked
from ingestor.words import ITEMS, WATER_ITEMS, Language, word
from sensors.reviews import ALL

ACTIONS: Final[dict[str, dict[Language, str]]] = {
    "invalidate": {"zh": "剔除", "en": "invalidate"},
    "restore": {"zh": "恢复", "en": "restore"},
    "flag": {"zh": "存疑（计入）", "en": "flag"},
    "undo": {"zh": "撤销", "en": "undo"},
}
READINGS: Final[dict[str, dict[Language, str]]] = {
    "automatic": {"zh": "自动监测", "en": "automatic"},
    "manual": {"zh": "手工监测", "en": "manual"},
}


def moment(at: dt.datetime) -> str:
    """Return a local time as it is printed."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at.second else f"{at:%Y-%m-%d %H:%M}"


def about(quantities: Iterable[str], readings: str, language: Language) -> str:
    """Return the quantities that a review is about, and of which readings."""
    names = WATER_ITEMS if language == "zh" else {}
    every = "全部项目" if language == "zh" else "all"
    told = " ".join(every if q == ALL else ITEMS.get(q) or names.get(q, q) for q in quantities)
    return told if readings == ALL else f"{told} ({READINGS[readings][language]})"


def reviews(found: list[Listed], language: Language) -> Table:
    """Return the table of entries of the ledger of reviews."""
    zh = language == "zh"
    table = new_table(
        "数据审核记录",
        "reviews",
        ("编号", "数据", "操作", "原因", "状态"),
        ("id", "what", "action", "why", "state"),
        zh,
    )
    for each in found:
        action = ACTIONS[each.action][language] + (f" {each.undoes}" if each.undoes is not None else "")
        entered = f"{escape(each.by)} {moment(each.at)}"
        table.add_row(
            str(each.id), _what(each, language), action, f"{escape(each.reason)}\n[dim]{entered}[/]",
            state(each, language),
        )  # fmt: skip
    return table


def _what(each: Listed | ReviewUsed, language: Language) -> str:
    """Station and quantities, and below from when to when."""
    quantities = about(each.quantities, each.readings, language)
    return f"{escape(f'{each.station} {quantities}')}\n{moment(each.from_)}\n{moment(each.to)}"


def state(each: Listed, language: Language) -> str:
    """Return what became of an entry."""
    zh = language == "zh"
    parts = []
    if each.undone_by is not None:
        parts.append(f"已由 {each.undone_by} 撤销" if zh else f"undone by {each.undone_by}")
    elif each.undoes is None:
        parts.append("有效" if zh else "in force")
    if each.overridden_by:
        ids = ", ".join(map(str, each.overridden_by))
        parts.append(f"重叠部分以 {ids} 为准" if zh else f"{ids} holds where they overlap")
    if each.pending:
        months = ", ".join(each.pending)
        parts.append(f"待 {months} 解锁后生效" if zh else f"pending for a locked month: {months}")
    return ("；" if zh else "; ").join(parts) or "-"


def locks(found: list[Locked], language: Language, *, offset_s: int) -> Table:
    """Return the table of months that were locked, or unlocked again; `offset_s` is the zone's from UTC. [s]"""
    zh = language == "zh"
    table = new_table(
        "审核锁定", "locked months", ("月份", "要素", "城市", "状态", "原因", "审核人", "录入时间"),
        ("month", "medium", "city", "state", "reason", "by", "entered"), zh,
    )  # fmt: skip
    for each in found:
        kind = ("已锁定" if each.locked else "已解锁") if zh else ("locked" if each.locked else "unlocked")
        at = dt.datetime.fromtimestamp(int(each.at), dt.timezone(dt.timedelta(seconds=offset_s)))
        table.add_row(
            each.month, word(each.medium, language), escape(each.city), kind, escape(each.reason), escape(each.by),
            moment(at),
        )  # fmt: skip
    return table


def used(found: list[ReviewUsed], language: Language) -> Table:
    """Return the table of reviews that a figure rests on."""
    zh = language == "zh"
    table = new_table(
        "数据审核", "reviews", ("编号", "数据", "操作", "个数", "原因", "审核人"),
        ("id", "what", "action", "values", "why", "by"), zh,
    )  # fmt: skip
    for each in found:
        table.add_row(
            str(each.id), _what(each, language), ACTIONS[each.action][language], str(each.values),
            escape(each.reason), escape(each.by),
        )  # fmt: skip
    return table
