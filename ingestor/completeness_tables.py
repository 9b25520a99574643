"""What people read about completeness: data capture, gaps, silent and late stations, in Chinese and English."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from ingestor.completeness import Completeness, longest_gaps
from ingestor.words import Language

_WORDS: Final[dict[str, dict[Language, str]]] = {
    "title": {"zh": "数据完整性 · {} · 截至{}", "en": "completeness · {} · as of {}"},
    "capture": {"zh": "数据捕获率", "en": "data capture"},
    "other_unit": {
        "zh": "疑似单位错误（相差1000倍）、超出合理范围不计入",
        "en": "probable unit mistakes (factor 1000), outside the plausible range and not valid",
    },
    "values": {"zh": "个数", "en": "values"},
    "gaps": {"zh": "缺测时段（当地时间）", "en": "gaps (local time)"},
    "silent": {"zh": "无数据站点", "en": "silent stations"},
    "late": {"zh": "迟报站点", "en": "late stations"},
    "station": {"zh": "站点", "en": "station"},
    "quantity": {"zh": "项目", "en": "quantity"},
    "interval": {"zh": "间隔", "en": "interval"},
    "expected": {"zh": "应有", "en": "expected"},
    "received": {"zh": "收到", "en": "received"},
    "valid": {"zh": "有效", "en": "valid"},
    "percent": {"zh": "捕获率", "en": "capture"},
    "from": {"zh": "自", "en": "from"},
    "to": {"zh": "至（不含）", "en": "to (exclusive)"},
    "missing": {"zh": "缺数", "en": "missing"},
    "length": {"zh": "时长", "en": "length"},
    "last": {"zh": "最后数据截止", "en": "last data until"},
    "never": {"zh": "从未上报", "en": "never sent"},
    "days": {"zh": "迟报天数/有数天数", "en": "days late/with data"},
    "longest": {"zh": "最长延迟", "en": "longest delay"},
    "shifted": {
        "zh": "{}：每天的数据都晚约 {}，与时区差相同：核对该数据源的 zone 与设备时钟",
        "en": "{}: every day comes about {} late, as far as the city is from UTC: look at `zone` of its source, and at "
        "the clock of the device",
    },
    "none": {"zh": "{}：无", "en": "{}: none"},
    "archived": {
        "zh": "{} {} {}：原始数据已归档（{}），不计入",
        "en": "{} {} {}: readings are archived in {}: nothing is expected of them here",
    },
    "more": {"zh": "另有{}行，见 --limit 或 --json", "en": "and {} more: --limit, or --json"},
    "all": {
        "zh": "合计：应有{:,}，收到{:,}，有效{:,}，捕获率{:.1f}%",
        "en": "all: {:,} expected, {:,} received, {:,} valid, capture {:.1f} %",
    },
    "nothing": {"zh": "时段内无应有数据", "en": "nothing is expected in the period"},
}  # fmt: skip


def completeness_tables(
    found: Completeness, language: Language, *, names: Mapping[str, str], offset_s: int, at_least_s: int, limit: int
) -> list[RenderableType]:
    """Return data capture with the lowest first, the longest gaps, silent and late stations; each at most `limit` rows.

    `names` has by id what a station is called. Times are local.
    """

    def word(key: str) -> str:
        return _WORDS[key][language]

    def table(key: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[RenderableType]:
        if not rows:
            return [word("none").format(word(key))]
        made = Table(title=word(key), title_justify="left")
        for column in columns:
            right = column in (
                "expected",
                "received",
                "valid",
                "percent",
                "missing",
                "length",
                "interval",
                "longest",
                "values",
            )
            made.add_column(word(column), justify="right" if right else "left", overflow="fold")
        for row in rows[:limit]:
            made.add_row(*map(escape, row))
        more = [f"[dim]{word('more').format(len(rows) - limit)}[/]"] if len(rows) > limit else []
        return [made, *more]

    def called(station: str) -> str:
        return f"{station} {names.get(station, '')}".rstrip()

    captures = sorted((each for each in found.captures if each.expected), key=lambda each: each.percent)
    expected, received, valid = (
        sum(getattr(each, name) for each in captures) for name in ("expected", "received", "valid")
    )
    mistaken = sorted((each for each in captures if each.other_unit), key=lambda each: -each.other_unit)
    title = word("title").format(found.period, local(found.as_of, offset_s))
    total = word("all").format(expected, received, valid, 100 * valid / expected) if expected else word("nothing")
    return [
        f"[italic]{escape(title)}[/]",
        *table(
            "capture",
            ("station", "quantity", "interval", "expected", "received", "valid", "percent"),
            [
                (called(e.station), e.quantity, length(e.interval_s), f"{e.expected:,}", f"{e.received:,}",
                 f"{e.valid:,}", f"{e.percent:.1f} %")
                for e in captures
            ],
        ),
        total,
        *(
            table(
                "other_unit",
                ("station", "quantity", "values"),
                [(called(e.station), e.quantity, f"{e.other_unit:,}") for e in mistaken],
            )
            if mistaken
            else ()
        ),
        *table(
            "gaps",
            ("station", "quantity", "from", "to", "length", "missing"),
            [
                (called(e.station), e.quantity, local(g.start, offset_s), local(g.end, offset_s),
                 length(g.end - g.start), f"{g.missing:,}")
                for e, g in longest_gaps(found, at_least_s=at_least_s)
            ],
        ),
        *(
            escape(word("archived").format(each.month, each.medium, each.city, each.file)) for each in found.archived
        ),
        *table(
            "silent",
            ("station", "interval", "last"),
            [
                (called(s.station), length(s.interval_s), word("never") if s.last is None else local(s.last, offset_s))
                for s in found.silent
            ],
        ),
        *table(
            "late",
            ("station", "days", "longest"),
            [(called(e.station), f"{e.days_late}/{e.days}", length(int(e.longest_s))) for e in found.late],
        ),
        *(
            escape(word("shifted").format(called(e.station), length(e.shifted_s)))
            for e in found.late
            if e.shifted_s is not None
        ),
    ]  # fmt: skip


def completeness_rows(found: Completeness, *, offset_s: int, at_least_s: int) -> dict[str, Any]:
    """Return what JSON says: moments in local time with their offset, data capture in percent."""
    return {
        "period": found.period,
        "as_of": stamp(found.as_of, offset_s),
        "captures": [
            {
                **{name: getattr(each, name) for name in each.__struct_fields__ if name != "gaps"},
                "percent": round(each.percent, 3) if each.expected else None,
            }
            for each in found.captures
        ],
        "gaps": [
            {
                "medium": each.medium, "station": each.station, "quantity": each.quantity,
                "from": stamp(gap.start, offset_s), "to": stamp(gap.end, offset_s), "missing": gap.missing,
            }
            for each, gap in longest_gaps(found, at_least_s=at_least_s)
        ],
        "silent": [
            {
                "medium": each.medium, "station": each.station, "interval_s": each.interval_s,
                "last": None if each.last is None else stamp(each.last, offset_s),
            }
            for each in found.silent
        ],
        "late": found.late,
        "archived": [
            {name: getattr(each, name) for name in ("month", "medium", "city", "file")} for each in found.archived
        ],
    }  # fmt: skip


def length(seconds: int) -> str:
    """Return a length of time as people write it, such as 2 d 5 h or 90 s."""
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def local(moment: float, offset_s: int) -> str:
    """Return a moment in local time, as tables show it."""
    return _at(moment, offset_s).strftime("%Y-%m-%d %H:%M")


def stamp(moment: float, offset_s: int) -> str:
    """Return a moment in local time with its offset."""
    return _at(moment, offset_s).isoformat(timespec="seconds")


def _at(moment: float, offset_s: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(moment, dt.timezone(dt.timedelta(seconds=offset_s)))
