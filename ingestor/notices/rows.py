"""A notice as machines read it, and its text in a language."""

import datetime as dt
from collections.abc import Iterable

import msgspec

from ingestor.config import Config
from ingestor.notices import facts, texts
from ingestor.notices.facts import Facts
from ingestor.store.notices import Delivery, Notice, State
from ingestor.words import Language


class NoticeKey(msgspec.Struct, frozen=True, kw_only=True):
    """What names a notice, as `ingestor.store.notices.Key`."""

    kind: str
    object: str
    period: str
    revision: int


class DeliveryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notice on its way to a recipient of a channel; `words` are the other side's about the last try."""

    channel: str
    recipient: str
    state: State
    due: dt.datetime
    attempts: int
    last_tried: dt.datetime | None
    delivered: dt.datetime | None
    in_doubt_before: int
    words: str


class NoticeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notice: its title in one language, what it tells of, who acknowledged it, and its deliveries."""

    id: int
    key: NoticeKey
    at: dt.datetime
    level: str
    scopes: list[str]
    title: str
    facts: Facts
    acknowledged: dt.datetime | None
    acknowledged_by: str
    remark: str
    deliveries: list[DeliveryRow]


def message_of(config: Config, notice: Notice, language: Language) -> texts.Message:
    """Return what a notice says in a language."""
    return texts.message(config, facts.decode_facts(notice.facts), language, level=notice.level, number=notice.id)


def as_row(config: Config, notice: Notice, deliveries: Iterable[Delivery], language: Language) -> NoticeRow:
    """Return what JSON says of a notice and of each of its deliveries; times to the second."""
    return NoticeRow(
        id=notice.id,
        key=NoticeKey(**notice.key._asdict()),
        at=_local(config, notice.at),
        level=notice.level,
        scopes=notice.scopes,
        title=message_of(config, notice, language).title,
        facts=facts.decode_facts(notice.facts),
        acknowledged=_known(config, notice.acknowledged),
        acknowledged_by=notice.acknowledged_by,
        remark=notice.remark,
        deliveries=[
            DeliveryRow(
                channel=each.channel,
                recipient=each.recipient,
                state=each.state,
                due=_local(config, each.due),
                attempts=each.attempts,
                last_tried=_known(config, each.last_tried),
                delivered=_known(config, each.delivered),
                in_doubt_before=each.doubt,
                words=each.words,
            )
            for each in deliveries
        ],
    )


def _local(config: Config, at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(at), dt.timezone(dt.timedelta(seconds=config.offset_s)))


def _known(config: Config, at: float | None) -> dt.datetime | None:
    return None if at is None else _local(config, at)
