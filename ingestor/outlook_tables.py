"""Tables of outlooks, and of the chance of a day, in Chinese and English."""

from typing import Final

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from aggregations.outlook import Outlook
from aggregations.outlook.today import Chance, Room
from aggregations.plans import Plan, Target
from ingestor.outlook_words import chance_printed, range_printed
from ingestor.today import Today
from ingestor.words import ITEMS, Language, remark
from ingestor.writing import limit_of, name_of, value_printed

_HEADS: Final[dict[Language, tuple[str, ...]]] = {
    "zh": ("目标", "累计值", "目标值", "年底达标概率", "年底值（80%区间）", "参照年份"),
    "en": ("target", "year to date", "limit", "chance of meeting it", "final value (80 % range)", "years"),
}
_NOTE: Final[dict[Language, str]] = {
    "zh": "概率由往年同期的整段日子按今年水平调整后抽样得出；方法与回测见 docs/outlook.md",
    "en": "chances are drawn from the same days of earlier years on this year's level; docs/outlook.md has the method",
}
_ONE_YEAR: Final[dict[Language, str]] = {
    "zh": "仅有一个往年可参照：区间已放宽，请谨慎使用",
    "en": "one earlier year only: the range is wider for it; mind that",
}
_TODAY_HEADS: Final[dict[Language, tuple[str, ...]]] = {
    "zh": ("污染物", "当日至今", "优良日上限", "剩余时段平均不得超过"),
    "en": ("quantity", "so far", "good up to", "may average at most"),
}


def outlooks(
    plan: Plan, found: list[tuple[Target, Outlook]], language: Language, *, title: str
) -> list[RenderableType]:
    """Return the table of a plan's outlooks, with what it is and why some targets have none below."""
    table = Table()
    for i, head in enumerate(_HEADS[language]):
        table.add_column(head, justify="left" if i in (0, 5) else "right", overflow="fold")
    below = [_NOTE[language]]
    if any(len(outlook.years) == 1 for _, outlook in found):
        below.append(_ONE_YEAR[language])
    for target, outlook in found:
        name = name_of(target, language)
        limit = limit_of(target, language)
        table.add_row(
            escape(name),
            value_printed(outlook.so_far, outlook.unit, language),
            escape(limit),
            escape(chance_printed(outlook.chance, language, certain=outlook.certain)),
            escape(range_printed(outlook, language)),
            ", ".join(map(str, outlook.years)) or "-",
        )
        if outlook.reason is not None:
            below.append(f"{name}{'：' if language == 'zh' else ': '}{remark(outlook.reason, language)}")
    heading = f"{plan.title if language == 'zh' else plan.title_en} · {title}"
    return [f"[italic]{escape(heading)}[/]", table, *(f"[dim]{escape(line)}[/]" for line in below)]


def today(found: Today, language: Language) -> list[RenderableType]:
    """Return the chance of a day in words, and the table of what its remaining hours may bring."""
    zh = language == "zh"
    chance, place = found.found, f"{found.scope} · {found.at:%Y-%m-%d %H:%M} · {found.edition}"
    lines = [f"[italic]{escape(place)}[/]"]
    said = chance_printed(chance.chance, language)
    if chance.chance is not None:
        lines.append(
            f"今日为优良天的概率：[bold]{escape(said)}[/]（参照{chance.days}天）"
            if zh
            else f"chance that the day ends as a good day: [bold]{escape(said)}[/] (from {chance.days} earlier days)"
        )
    else:
        why = remark(chance.reason or "", language)
        lines.append(f"不给出概率：{escape(why)}" if zh else f"no chance is given: {escape(why)}")
    lines += [escape(line) for line in statements(chance, language)]
    table = Table()
    for i, head in enumerate(_TODAY_HEADS[language]):
        table.add_column(head, justify="right" if i else "left")
    for room in chance.rooms:
        of_unit = _unit(room)
        table.add_row(
            ITEMS[room.quantity],
            "-" if room.so_far is None else f"{room.so_far} {of_unit}",
            f"{room.boundary} {of_unit}",
            "-" if room.at_most < 0 else f"{room.at_most} {of_unit}",
        )
    return [*lines, *([table] if chance.rooms else [])]


def statements(chance: Chance, language: Language) -> list[str]:
    """Return what has to hold in the remaining hours for the day to stay good: what is tightest, or what is lost."""
    rest = 24 - chance.hours
    lost = [room for room in chance.rooms if room.at_most < 0]
    zh = language == "zh"
    if lost:
        names = ("、" if zh else ", ").join(ITEMS[room.quantity] for room in lost)
        return [
            f"按小时均值，{names}已超出，今日不可能再为优良天"
            if zh
            else f"by its hours the day cannot be good any more: {names}"
        ]
    known = [room for room in chance.rooms if room.so_far is not None]
    if not known:
        return []
    tightest = min(known, key=lambda room: room.at_most / room.boundary)
    name, most, of_unit = ITEMS[tightest.quantity], tightest.at_most, _unit(tightest)
    if tightest.quantity == "o3":
        return [
            f"剩余{rest}小时{name}每小时均不超过{most} {of_unit}，今日方可为优良天"
            if zh
            else f"{name} may be {most} {of_unit} at most in each of the {rest} hours left for the day to stay good"
        ]
    return [
        f"剩余{rest}小时{name}平均不超过{most} {of_unit}，今日方可为优良天"
        if zh
        else f"{name} may average at most {most} {of_unit} over the {rest} hours left for the day to stay good"
    ]


def _unit(room: Room) -> str:
    return "mg/m3" if room.quantity == "co" else "ug/m3"
