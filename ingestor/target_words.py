"""What is said of a verdict, in Chinese and English: the promise, the rule that decided, the room left, reports."""

from decimal import Decimal
from typing import Final, Protocol

from aggregations.room import HOLDS, Allowance, Room
from aggregations.targets import IN_FORCE, Report, Status, StatusRule, Target, Verdict
from ingestor.words import MODES, Language, joined, remark, unit, word
from ingestor.writing import SCREEN, Promised, Style

RULES: Final[dict[StatusRule, dict[Language, str]]] = {
    "": {"zh": "", "en": ""},
    "year_holds": {"zh": "全年达到", "en": "the year holds"},
    "year_fails": {"zh": "全年未达到", "en": "the year fails"},
    "cannot_fail": {"zh": "余下时间无论如何均可达到", "en": "can no longer fail"},
    "cannot_hold": {"zh": "余下时间已无法达到", "en": "can no longer be met"},
    "holds_so_far": {"zh": "累计值达到", "en": "holds so far"},
    "fails_so_far": {"zh": "累计值未达到", "en": "fails so far"},
    "on_pace": {"zh": "按目前速度可达到", "en": "on pace"},
    "behind_pace": {"zh": "按目前速度不能达到", "en": "behind pace"},
    "too_little_data": {"zh": "数据不足", "en": "too little data"},
    "no_stations": {"zh": "无登记站点", "en": "no station registered"},
    "not_reported": {"zh": "待填报", "en": "not reported yet"},
    "reported_part": {"zh": "全年数待填报", "en": "the year is not reported yet"},
    "limit_open": {"zh": "计划未定目标值", "en": "the plan names no number"},
}
"""The rules that decide a status; docs/plans.md has them at length."""

TOLD: Final = ("cannot_fail", "cannot_hold", "on_pace", "behind_pace", "no_stations", "reported_part", "limit_open")
"""Rules that stand beside the status: the others say no more than it does."""


class Judged(Protocol):
    """What was judged, by a rule."""

    @property
    def status(self) -> Status: ...
    @property
    def rule(self) -> StatusRule: ...


def status_of(verdict: Judged, language: Language) -> str:
    """Return the status; of a figure that was not reported yet that it was not."""
    return word("reported" if verdict.rule == "not_reported" else verdict.status, language)


def rule_of(verdict: Judged, language: Language) -> str:
    """Return the rule that decided where it says more than the status, else nothing."""
    return RULES[verdict.rule][language] if verdict.rule in TOLD else ""


def room_of(target: Promised, room: Room, language: Language, style: Style = SCREEN) -> str:
    """Return what the rest of the year may bring if every unit of it is valid."""
    zh = language == "zh"
    if room.kind == "sections":
        if room.short is not None:
            return f"尚差{room.short}个断面达标" if zh else f"{room.short} more must attain"
        n = room.all_valid.may_fail
        if not n:
            return "" if n is None else "不可再有断面不达标" if zh else "no more may fail"
        return f"可再有{n}个断面不达标" if zh else f"{n} more may fail"
    allowed = _allowed(target, room.all_valid, room.counted, language, style)
    counted = unit(room.counted, language)
    return f"余{room.rest}{counted}：{allowed}" if zh else f"{room.rest} {counted} left: {allowed}"


def _allowed(target: Promised, allowed: Allowance, counted: str, language: Language, style: Style) -> str:
    """What may still come: a mean, or how many may fail."""
    zh = language == "zh"
    if not allowed.units:
        return "无余量可言" if zh else "none are left"
    if allowed.mean is not None:
        most = target.comparison in ("<", "<=")
        mean = style.value(allowed.mean, target.unit, language)
        if zh:
            return f"均值{'不超过' if most else '不低于'}{mean}"
        return f"mean at {'most' if most else 'least'} {mean}"
    if allowed.may_fail is not None:
        return f"可再超标{allowed.may_fail}{unit(counted, language)}" if zh else f"{allowed.may_fail} may fail"
    return "已无余量" if zh else "no room"


def tomorrow_of(target: Promised, room: Room, language: Language, style: Style = SCREEN) -> str:
    """Return what becomes of the figure if tomorrow is like today; nothing where that cannot be said."""
    then = room.tomorrow
    if then is None:
        return ""
    allowed = _allowed(target, then.allowed, room.counted, language, style)
    value = style.value(then.value, target.unit, language)
    return f"明日若同今日：{value}，{allowed}" if language == "zh" else f"tomorrow as today: {value}, {allowed}"


def reported_of(target: Target, report: Report, language: Language, style: Style = SCREEN) -> str:
    """Return what was reported of a target, and whether that would hold."""
    value = style.value(report.value, report.unit, language)
    of = ""
    if report.count is not None:
        of = f"（{report.count}/{report.of}）" if language == "zh" else f" ({report.count} of {report.of})"
    held = _held(target, report.value, language)
    if language == "zh":
        return f"上报至{report.as_of}：{value}{of}{held}"
    return f"as reported up to {report.as_of}: {value}{of}{held}"


def holds(target: Target, value: Decimal) -> bool | None:
    """Whether a value holds against a target; None where the plan names no number."""
    return None if target.limit is None else HOLDS[target.comparison](value, target.limit)


def _held(target: Target, value: Decimal, language: Language) -> str:
    held = holds(target, value)
    if held is None:
        return ""
    return ("，达到" if held else "，未达到") if language == "zh" else (", holds" if held else ", fails")


def said_of(verdict: Verdict, language: Language, style: Style = SCREEN) -> list[str]:
    """Return what a reader must know beside the figure's own remarks: other editions, reports and their day, lists."""
    target = verdict.target
    said = [remark(each, language) for each in verdict.remarks]
    for other in verdict.by_edition:
        value = style.value(None if other.figure is None else other.figure.value, target.unit, language)
        names = [edition_of(each.judged_by, language) for each in (verdict, other)]
        status = word(other.status, language)
        said.append(
            f"{names[0]}评价；{names[1]}：{value}，{status}"
            if language == "zh"
            else f"judged {names[0]}; {names[1]}: {value}, {status}"
        )
    if verdict.reported is not None:
        said.append(reported_of(target, verdict.reported, language, style))
    return said


def edition_of(judged_by: str, language: Language) -> str:
    """Return how a target is judged: by what is in force, a mode of evaluation, or an edition."""
    by = "按" if language == "zh" else "by "
    if judged_by == IN_FORCE:
        return by + word(IN_FORCE, language)
    mode = next((mode for mode in MODES if mode == judged_by), None)
    return by + judged_by if mode is None else MODES[mode][language]


def remarks_of(verdict: Verdict, figures_own: str, language: Language) -> str:
    """Return all remarks of a verdict as one text."""
    return joined(filter(None, (figures_own, *said_of(verdict, language))), language)
