"""A notice as machines read it, and its text in a language."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from ingestor.config import Config
from ingestor.notices import facts, texts
from ingestor.store.notices import Delivery, Notice
from ingestor.words import Language


def message_of(config: Config, notice: Notice, language: Language) -> texts.Message:
    """Return what a notice says in a language."""
    return texts.message(config, facts.decode_facts(notice.facts), language, level=notice.level, number=notice.id)


def as_row(config: Config, notice: Notice, deliveries: Iterable[Delivery], language: Language) -> dict[str, Any]:
    """Return what JSON says of a notice and of each of its deliveries."""
    return {
        "id": notice.id,
        "key": notice.key._asdict(),
        "at": _iso(config, notice.at),
        "level": notice.level,
        "scopes": notice.scopes,
        "title": message_of(config, notice, language).title,
        "facts": facts.decode_facts(notice.facts),
        "acknowledged": _iso(config, notice.acknowledged),
        "acknowledged_by": notice.acknowledged_by,
        "remark": notice.remark,
        "deliveries": [
            {
                "channel": each.channel,
                "recipient": each.recipient,
                "state": each.state,
                "due": _iso(config, each.due),
                "attempts": each.attempts,
                "last_tried": _iso(config, each.last_tried),
                "delivered": _iso(config, each.delivered),
                "in_doubt_before": each.doubt,
                "words": each.words,
            }
            for each in deliveries
        ],
    }


def _iso(config: Config, at: float | None) -> str | None:
    if at is None:
        return None
    zone = dt.timezone(dt.timedelta(seconds=config.offset_s))
    return dt.datetime.fromtimestamp(at, zone).isoformat(timespec="seconds")
