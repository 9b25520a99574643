"""What notices say, in Chinese and English: a title, sentences, and a table, as plain text and as HTML."""

import datetime as dt
from pathlib import Path
from typing import Final

import jinja2
import msgspec

from aggregations import periods
from aggregations.indicators import INDICATORS
from aggregations.water import CLASS_NAMES
from ingestor import target_months, target_words, words
from ingestor.config import Config
from ingestor.notices.facts import Compliance, Detail, Facts, Happened, Item, Revised, RevisedFigure, Trial
from ingestor.notices.facts import Undelivered as Lost
from ingestor.notices.settings import KINDS, Kind, Language
from ingestor.target_months import TargetMonth
from ingestor.writing import PAPER, days_short, limit_of, month_named, name_of, to_date_named

SHOWN: Final = 30
"""Rows that a notice shows; it says how many more there are."""

LEVEL_WORDS: Final[dict[str, dict[Language, str]]] = {
    "info": {"zh": "通知", "en": "Notice"},
    "warning": {"zh": "预警", "en": "Warning"},
    "urgent": {"zh": "紧急", "en": "Urgent"},
}
OVER: Final[dict[Language, str]] = {"zh": "解除", "en": "Over"}

KIND_WORDS: Final[dict[Kind, dict[Language, str]]] = {
    "compliance": {"zh": "目标完成情况", "en": "monthly compliance"},
    "exceedance": {"zh": "实时监测值超标", "en": "real-time limit exceeded"},
    "water_class": {"zh": "断面水质劣于目标类别", "en": "water class worse than target"},
    "station_silent": {"zh": "站点数据中断", "en": "station silent"},
    "sensor_stuck": {"zh": "仪器读数长时间不变", "en": "sensor stuck"},
    "store_away": {"zh": "数据库不可用", "en": "store away"},
    "broker_away": {"zh": "消息服务器不可用", "en": "broker away"},
    "revised": {"zh": "已发布数据修订", "en": "published figures revised"},
    "undelivered": {"zh": "通知未能送达", "en": "notice not delivered"},
}
assert set(KIND_WORDS) == set(KINDS)

_HAPPENED: Final[dict[tuple[Kind, bool], dict[Language, tuple[str, str]]]] = {
    ("exceedance", False): {
        "zh": ("{city}{n}个站点实时监测值超标", "下列站点的实时监测值超过限值："),
        "en": ("{city}: real-time limits exceeded at {n}", "Real-time limits are exceeded at:"),
    },
    ("exceedance", True): {
        "zh": ("{city}{n}个站点实时监测值恢复到限值以内", "下列站点的实时监测值已恢复到限值以内（原超标值）："),
        "en": ("{city}: within the limits again at {n}", "Within the limits again (what exceeded them before):"),
    },
    ("water_class", False): {
        "zh": ("{city}{n}个断面水质劣于目标类别", "下列断面最近两次监测的水质类别劣于目标类别："),
        "en": ("{city}: water worse than its target at {n}", "The last two readings are worse than the target at:"),
    },
    ("water_class", True): {
        "zh": ("{city}{n}个断面水质恢复到目标类别", "下列断面最近两次监测的水质类别已达到目标类别（原类别）："),
        "en": ("{city}: water at its target again at {n}", "The last two readings attain again (the class before):"),
    },
    ("station_silent", False): {
        "zh": ("{city}{n}个站点数据中断", "下列站点未按时上传数据："),
        "en": ("{city}: no readings from {n}", "No readings come from:"),
    },
    ("station_silent", True): {
        "zh": ("{city}{n}个站点数据恢复", "下列站点已恢复上传数据："),
        "en": ("{city}: readings again from {n}", "Readings come again from:"),
    },
    ("sensor_stuck", False): {
        "zh": ("{city}{n}个站点仪器读数长时间不变", "下列站点的仪器读数连续多个小时不变，请检查仪器："),
        "en": ("{city}: the same value for hours at {n}", "The same value for many hours, please check the sensor:"),
    },
    ("sensor_stuck", True): {
        "zh": ("{city}{n}个站点仪器读数恢复变化", "下列站点的仪器读数已恢复变化："),
        "en": ("{city}: values change again at {n}", "Values change again at:"),
    },
    ("store_away", False): {
        "zh": ("数据库不可用", "数据库无法写入或读取；收到的数据暂存于本机，恢复后自动补写。"),
        "en": ("the store is away", "The store takes or gives nothing; readings wait on this machine until it does."),
    },
    ("store_away", True): {"zh": ("数据库恢复", "数据库已恢复。"), "en": ("the store is back", "The store is back.")},
    ("broker_away", False): {
        "zh": ("消息服务器不可用", "与消息服务器的连接中断，暂时收不到数据。"),
        "en": ("the broker is away", "The connection to the broker is lost; no readings come in."),
    },
    ("broker_away", True): {
        "zh": ("消息服务器恢复", "与消息服务器的连接已恢复。"),
        "en": ("the broker is back", "The connection to the broker is back."),
    },
}
_HEADS: Final[dict[Language, dict[str, str]]] = {
    "zh": {
        "station": "站点", "what": "情况", "since": "开始时间", "target": "目标", "limit": "目标值", "month": "当月",
        "year": "年初以来", "valid": "有效/应有", "status": "状态", "room": "余量", "before": "上次状态",
        "indicator": "指标", "period": "时段", "was": "原值", "now": "现值", "reason": "原因",
    },
    "en": {
        "station": "station", "what": "what", "since": "since", "target": "target", "limit": "limit",
        "month": "month", "year": "year to date", "valid": "valid/expected", "status": "status",
        "room": "room left", "before": "before", "indicator": "indicator", "period": "period",
        "was": "was", "now": "now", "reason": "reason",
    },
}  # fmt: skip


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A notice in one language: title, sentences, a table, and notes below it.

    `sentences` stand in plain text for the rows of the table, one each.
    """

    title: str
    lead: list[str]
    head: list[str] = []
    rows: list[list[str]] = []
    sentences: list[str] = []
    notes: list[str] = []


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it is handed over: one line of title, plain text, and a page of HTML."""

    title: str
    text: str
    html: str


def message(
    config: Config, facts: Facts, language: Language, *, level: str, number: int | None, again: bool = False
) -> Message:
    """Return what a notice says; `number` is its number in the ledger, `again` that it may have come before."""
    document = _document(config, facts, language)
    is_over = isinstance(facts, Happened) and facts.ended
    mark = OVER[language] if is_over else LEVEL_WORDS[level][language]
    title = _line(f"【{mark}】{document.title}" if language == "zh" else f"[{mark}] {document.title}")
    notes = list(document.notes)
    if len(document.rows) > SHOWN:
        more = len(document.rows) - SHOWN
        notes.insert(0, f"另有{more}项，见 qingjing notices show" if language == "zh" else f"and {more} more")
    if again:
        notes.append(
            "此前一次发送中断、结果不明，本通知可能重复。"
            if language == "zh"
            else "An earlier try was cut off: this notice may have come before."
        )
    if number is not None:
        notes.append(
            f"通知编号 {number}；确认收到：qingjing notices ack {number}"
            if language == "zh"
            else f"Notice {number}; to acknowledge it: qingjing notices ack {number}"
        )
    parts = {
        "title": title, "lead": document.lead, "head": document.head, "rows": document.rows[:SHOWN], "notes": notes,
        "sentences": document.sentences[:SHOWN],
        "lang": "zh-CN" if language == "zh" else "en", "colon": "：" if language == "zh" else ": ",
        "comma": "，" if language == "zh" else ", ",
    }  # fmt: skip
    return Message(
        title=title,
        text=_TEMPLATES.get_template("notice.txt.j2").render(parts).strip() + "\n",
        html=_TEMPLATES.get_template("notice.html.j2").render(parts),
    )


_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=jinja2.select_autoescape(enabled_extensions=("html.j2",)),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _line(text: str) -> str:
    """One line without control characters: a title is a header of a mail."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _document(config: Config, facts: Facts, language: Language) -> Document:
    if isinstance(facts, Happened):
        return _happened(config, facts, language)
    if isinstance(facts, Compliance):
        return _compliance(facts, language)
    if isinstance(facts, Revised):
        return _revised(config, facts, language)
    if isinstance(facts, Lost):
        return _undelivered(config, facts, language)
    return _trial(facts, language)


# Stations and services


def _happened(config: Config, facts: Happened, language: Language) -> Document:
    title, lead = _HAPPENED[facts.kind, facts.ended][language]
    n = len(facts.items)
    if language == "zh":
        counted = str(n)
    else:
        counted = f"{n} section{'s' * (n > 1)}" if facts.kind == "water_class" else f"{n} station{'s' * (n > 1)}"
    if not facts.city:
        since = [stamp(config, each.since) for each in facts.items if each.since is not None]
        since_line = [f"{_HEADS[language]['since']} {since[0]}"] if since else []
        return Document(title=title, lead=[lead, *since_line])
    heads = _HEADS[language]
    rows = [
        [named(each, language), _what(config, each, facts.kind, language), stamp(config, each.since)]
        for each in facts.items
    ]
    return Document(
        title=title.format(city=city_named(config, facts.city, language), n=counted),
        lead=[lead],
        head=[heads["station"], heads["what"], heads["since"]],
        rows=rows,
    )


def named(item: Item, language: Language) -> str:
    """Name of a station with its id."""
    id_ = item.object.partition(":")[2]
    return f"{item.name}（{id_}）" if language == "zh" else f"{item.name_en} ({id_})"


def _what(config: Config, item: Item, kind: Kind, language: Language) -> str:
    return ("；" if language == "zh" else "; ").join(_detail(config, each, kind, language) for each in item.details)


def _detail(config: Config, detail: Detail, kind: Kind, language: Language) -> str:
    zh = language == "zh"
    if kind == "water_class":
        now, target = (_class_named(int(each), language) for each in (detail.value, detail.limit))
        return f"现为{now}，目标{target}" if zh else f"{now}, target {target}"
    quantity = words.ITEMS.get(detail.quantity) or _of_water(config, detail.quantity, language)
    if kind == "sensor_stuck":
        return (
            f"{quantity} 连续{detail.limit}小时为 {detail.value}"
            if zh
            else f"{quantity} {detail.value} for {detail.limit} h"
        )
    at = stamp(config, detail.at)
    return (
        f"{quantity} {detail.value} {detail.unit}（限值 {detail.limit}，{at}）"
        if zh
        else f"{quantity} {detail.value} {detail.unit} (limit {detail.limit}, {at})"
    )


def _of_water(config: Config, quantity: str, language: Language) -> str:
    found = {**config.quantities.water, **config.quantities.noise, **config.quantities.air}.get(quantity)
    return quantity if found is None else found.name if language == "zh" else found.name_en


def _class_named(number: int, language: Language) -> str:
    name = CLASS_NAMES[number]
    return words.WATER_CLASSES.get(name, name) if language == "zh" else f"class {name}".replace("class worse", "worse")


def city_named(config: Config, city: str, language: Language) -> str:
    """Name of a city; its id where it is none any more."""
    for each in config.settings.city:
        if each.id == city:
            return each.name if language == "zh" else each.name_en
    return city


def stamp(config: Config, at: float | None) -> str:
    """Return a moment in local time; '' where there is none."""
    if at is None:
        return ""
    zone = dt.timezone(dt.timedelta(seconds=config.offset_s))
    return dt.datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M")


# Months of plans


def _compliance(facts: Compliance, language: Language) -> Document:
    zh = language == "zh"
    month = periods.parse(facts.month)
    of_month = month_named(month, language)
    what = ("更正通报" if facts.changed else "通报") if zh else ("changed" if facts.changed else "compliance")
    title = f"{facts.title} {of_month}目标完成情况{what}" if zh else f"{facts.title_en}: {what}, {of_month}"
    rows = facts.rows
    lead = [target_months.summary(rows, facts.as_of, language)]
    moved = [row for row in rows if row.status_before not in (None, row.status)]
    lead += [_moved(row, language) for row in moved]
    if not moved and any(row.status_before is not None for row in rows):
        lead.append("与上次通报相比，各项目标状态没有变化。" if zh else "No status has changed since the last notice.")
    heads = _HEADS[language]
    notes = []
    if facts.unclosed:
        notes.append(
            "本月数据尚未关账，数值可能不全。" if zh else "The month was not closed yet: readings may be missing."
        )
    if any((not row.year_sufficient and row.year is not None) or _doubtful(row) for row in rows):
        notes.append(words.word("mark", language))
    return Document(
        title=title,
        lead=lead,
        head=[heads[key] for key in ("target", "limit", "month", "year", "valid", "status", "room", "before")],
        rows=[_row(row, language) for row in rows],
        sentences=target_months.sentences(rows, days_short(month, language), to_date_named(month, language), language),
        notes=notes,
    )


def _doubtful(row: TargetMonth) -> bool:
    return row.month is not None and not row.month_sufficient


def _moved(row: TargetMonth, language: Language) -> str:
    assert row.status_before is not None
    before, now = words.word(row.status_before, language), words.word(row.status, language)
    return (
        f"状态变化：{row.name}由“{before}”变为“{now}”。"
        if language == "zh"
        else f"Changed: {row.name_en}, from {before} to {now}."
    )


def _row(row: TargetMonth, language: Language) -> list[str]:
    return [
        name_of(row, language),
        limit_of(row, language, PAPER),
        target_months.month_written(row, language),
        target_months.year_written(row, language),
        f"{row.year_valid}/{row.year_expected}" if row.year_expected else "",
        target_words.status_of(row, language),
        target_words.room_of(row, row.room, language, PAPER) if row.room is not None else "",
        words.word(row.status_before, language) if row.status_before is not None else "",
    ]


# Revisions, deliveries, trials


def _revised(config: Config, facts: Revised, language: Language) -> Document:
    zh = language == "zh"
    kind, _, name = facts.scope.partition(":")
    where = city_named(config, name, language) if kind == "city" else facts.scope
    n = len(facts.figures)
    heads = _HEADS[language]
    return Document(
        title=f"{where}已发布数据修订{n}项" if zh else f"{where}: {n} published figure{'s' * (n > 1)} revised",
        lead=["下列已发布数据有修订：" if zh else "Published figures that are others now:"],
        head=[heads[key] for key in ("indicator", "period", "was", "now", "reason")],
        rows=[_revision(each, language) for each in facts.figures],
    )


def _revision(each: RevisedFigure, language: Language) -> list[str]:
    known = INDICATORS.get(each.indicator)
    name = each.indicator if known is None else known.name_zh if language == "zh" else known.name_en
    return [
        name,
        each.period,
        target_months.written(each.before, each.unit, each.before_label, language),
        target_months.written(each.now, each.unit, each.now_label, language),
        words.joined((words.remark(part, language) for part in each.reason.split("; ")), language),
    ]


def _undelivered(config: Config, facts: Lost, language: Language) -> Document:
    to = f"{facts.channel} {facts.recipient}".strip()
    first = stamp(config, facts.first_tried)
    if language == "zh":
        return Document(
            title=f"通知{facts.notice}未能经 {to} 送达",
            lead=[
                f"通知{facts.notice}自{first}起经 {to} 发送{facts.attempts}次均未成功，不再重试。",
                f"对方答复：{facts.words}",
                f"排除故障后可重发：qingjing notices resend {facts.notice}",
            ],
        )
    return Document(
        title=f"notice {facts.notice} could not be delivered over {to}",
        lead=[
            f"Notice {facts.notice} was tried {facts.attempts} times over {to} since {first}, and is tried no more.",
            f"The other side said: {facts.words}",
            f"Once that is mended: qingjing notices resend {facts.notice}",
        ],
    )


def _trial(facts: Trial, language: Language) -> Document:
    if language == "zh":
        return Document(title="清静通知渠道测试", lead=[f"渠道 {facts.channel} 工作正常，此消息无需处理。"])
    return Document(
        title="test of a channel of notices", lead=[f"Channel {facts.channel} works; nothing is to be done."]
    )
