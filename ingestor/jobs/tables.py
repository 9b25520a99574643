"""What people read about the jobs: one table, in Chinese and English."""

from typing import Final

from rich.markup import escape
from rich.table import Table

from ingestor.jobs.states import JobState, local
from ingestor.words import Language

_WORDS: Final[dict[str, dict[Language, str]]] = {
    "job": {"zh": "任务", "en": "job"},
    "last": {"zh": "上次运行", "en": "last run"},
    "took": {"zh": "耗时", "en": "took"},
    "outcome": {"zh": "结果", "en": "outcome"},
    "next": {"zh": "下次运行", "en": "next run"},
    "missed": {"zh": "未关账时段", "en": "periods missed"},
    "remarks": {"zh": "备注", "en": "remarks"},
    "derive": {"zh": "推算小时与日数据", "en": "derive hours and days"},
    "displays": {"zh": "更新大屏数据", "en": "what displays show"},
    "checks": {"zh": "实时检查", "en": "real-time checks"},
    "notices": {"zh": "通知", "en": "notices"},
    "daily": {"zh": "日关账", "en": "daily closing"},
    "monthly": {"zh": "月关账", "en": "monthly closing"},
    "quarterly": {"zh": "季关账", "en": "quarterly closing"},
    "yearly": {"zh": "年关账", "en": "yearly closing"},
    "retention": {"zh": "原始数据归档", "en": "archive raw readings"},
    "never": {"zh": "未运行", "en": "never run"},
    "running": {"zh": "运行中", "en": "running"},
    "done": {"zh": "完成", "en": "done"},
    "failed": {"zh": "失败", "en": "failed"},
    "stopped": {"zh": "已停止，下次继续", "en": "stopped, goes on"},
    "interrupted": {"zh": "中断，下次继续", "en": "interrupted, goes on"},
    "failures": {"zh": "连续失败{}次", "en": "failed {} times in a row"},
    "from": {"zh": "{}个，自{}起", "en": "{}, from {} on"},
    "due": {"zh": "待运行", "en": "due"},
    "clock": {"zh": "时钟有误，不关账", "en": "the clock is wrong: nothing is closed"},
    "ahead": {
        "zh": "已关账至{}以前，超出当前时间：时钟曾快；改用 qingjing jobs reopen",
        "en": "closed up to before {}, which is ahead of the clock; it was fast: `qingjing jobs reopen`",
    },
}
_COLOURS: Final = {"done": "green", "failed": "red", "running": "cyan", "interrupted": "yellow", "stopped": "yellow"}


def jobs_table(states: list[JobState], language: Language, *, offset_s: int, now: float) -> Table:
    """Return the table of the jobs; times are local."""

    def word(key: str) -> str:
        return _WORDS[key][language]

    table = Table()
    for key in ("job", "last", "took", "outcome", "next", "missed", "remarks"):
        table.add_column(word(key), justify="right" if key == "took" else "left", overflow="fold")
    for each in states:
        took = "-" if each.duration_s is None else f"{each.duration_s:,.1f} s"
        colour = _COLOURS.get(each.outcome, "dim")
        due = each.next_at is not None and each.next_at <= now
        closes = f"\n[dim]{each.next_period}[/]" if each.next_period else ""
        remarks = [each.detail] if each.detail else []
        if each.failures:
            remarks.append(word("failures").format(each.failures))
        if each.ahead:
            remarks.append(word("ahead").format(each.next_period))
        if each.next_at is None and each.next_period:
            remarks.append(word("clock"))
        table.add_row(
            f"{word(each.name)}\n[dim]{each.name}[/]",
            local(each.started, offset_s) + (f"\n[dim]{each.period}[/]" if each.period else ""),
            took,
            f"[{colour}]{word(each.outcome)}[/]",
            (word("due") if due else local(each.next_at, offset_s)) + closes,
            word("from").format(each.missed, each.first_missed) if each.missed else "-",
            escape("; ".join(remarks)),
        )
    return table
