"""What notices say, as the ledger keeps it: no words of a language, so that each channel has its own."""

import datetime as dt
from decimal import Decimal

import msgspec

from ingestor.notices.settings import Kind
from ingestor.target_months import TargetMonth

Stamp = float
"""Seconds since 1970 in UTC."""


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """A value and what it is held against, as printed; `at` is the start of its hour or the time of its reading.

    Of classes of water `value` and `limit` are their numbers; of a stuck sensor `limit` counts hours.
    """

    quantity: str
    value: str
    limit: str
    unit: str
    at: Stamp


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Something of which a thing is told: a station, or a service. `since` is None where it is not known."""

    object: str
    name: str
    name_en: str
    medium: str = ""
    since: Stamp | None = None
    details: list[Detail] = []


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """What goes on now: told when it begins and when it is over, in between not again.

    `object` names what it is about within the kind, `city` is that of the station, or ''.
    """

    kind: Kind
    object: str
    city: str
    scopes: list[str]
    item: Item


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What goes on of a kind, among `objects` that could be looked at; None stands for all."""

    kind: Kind
    going_on: list[Condition]
    objects: set[str] | None = None


class Happened(msgspec.Struct, frozen=True, kw_only=True, tag="happened"):
    """Conditions that began, or that are over (`ended`), of one kind and city together."""

    kind: Kind
    city: str
    ended: bool
    items: list[Item]


class Compliance(msgspec.Struct, frozen=True, kw_only=True, tag="compliance"):
    """The targets of a plan at the end of a month; `changed` where it replaces a notice whose verdicts became others.

    `unclosed` tells that the month was not closed by then: readings may be missing from its figures.
    """

    plan: str
    title: str
    title_en: str
    month: str
    as_of: dt.date
    rows: list[TargetMonth]
    changed: bool = False
    unclosed: bool = False


class RevisedFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A published figure that became another one, and why."""

    indicator: str
    scope: str
    period: str
    unit: str
    revision: int
    before: Decimal | None
    before_label: str
    now: Decimal | None
    now_label: str
    reason: str


class Revised(msgspec.Struct, frozen=True, kw_only=True, tag="revised"):
    """Published figures of a scope that were revised together."""

    scope: str
    figures: list[RevisedFigure]


class Undelivered(msgspec.Struct, frozen=True, kw_only=True, tag="undelivered"):
    """A notice that could not be delivered for so long that it is not tried any more."""

    notice: int
    channel: str
    recipient: str
    attempts: int
    first_tried: Stamp
    words: str


class Trial(msgspec.Struct, frozen=True, kw_only=True, tag="trial"):
    """What `qingjing notices test` sends."""

    channel: str


Facts = Happened | Compliance | Revised | Undelivered | Trial

encode = msgspec.json.Encoder(decimal_format="string").encode
decode_facts = msgspec.json.Decoder(Facts).decode
decode_condition = msgspec.json.Decoder(Condition).decode
