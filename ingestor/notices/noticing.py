"""From what was found to notices in the ledger: each once, many of a kind together, in one transaction with its cause.

The first few notices of a kind about a city go at once. After these, what else begins or is over within ten minutes of
them waits until then and is told together: a hundred stations that fall silent one after the other are not a hundred
notices.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec

from ingestor.notices import facts
from ingestor.notices.facts import Condition, Facts, Happened, Looked
from ingestor.notices.ledger import Noticing
from ingestor.notices.settings import LEVELS, SERVICE, Kind, NoticeSettings
from ingestor.store.notices import Key, New, Telling

AT_ONCE: Final = 3
GATHERED_S: Final = 600.0

Told = dict[tuple[str, str], tuple[int, bytes]]
"""By kind and object what goes on and was told: by which notice, and what it was."""


def tellings(settings: NoticeSettings, *, kind: Kind, level: str, scopes: Iterable[str]) -> list[Telling]:
    """Return where a notice is to go, each recipient of a channel once: at the earliest and in the least quiet way."""
    of = set(scopes)
    found: dict[tuple[str, str], Telling] = {}
    for route in settings.route:
        if LEVELS.index(route.least_level) > LEVELS.index(level if level in LEVELS else "urgent"):
            continue
        if (route.kinds and kind not in route.kinds) or (route.scopes and not of & set(route.scopes)):
            continue
        after_s = 60.0 * (route.unless_acknowledged_min or 0)
        quiet = str(route.quiet) if route.quiet is not None and level != "urgent" else ""
        for recipient in route.recipients or [""]:
            before = found.get((route.channel, recipient))
            if before is None or (after_s, quiet) < (before.after_s, before.quiet):
                found[route.channel, recipient] = Telling(route.channel, recipient, after_s, quiet)
    return list(found.values())


def tell(
    noticing: Noticing,
    settings: NoticeSettings,
    kind: Kind,
    what: Facts,
    *,
    object_: str,
    period: str,
    revision: int = 1,
    city: str = "",
    scopes: Sequence[str] = (SERVICE,),
    not_over: str = "",
    end_of: Collection[int] | None = None,
) -> int | None:
    """Keep a notice and where it is to go; return its id, or None where its key was told before.

    `not_over` is a channel that it is not to go over. That something is over, which notices `end_of` told of, is not
    escalated: whom the escalation of one of them has reached is told at once, the others not at all.
    """
    level = settings.level_of(kind)
    new = New(
        key=Key(kind, object_, period, revision), level=level, city=city, scopes=[*scopes], facts=facts.encode(what)
    )
    to = [each for each in tellings(settings, kind=kind, level=level, scopes=scopes) if each.channel != not_over]
    if end_of is not None:
        reached = noticing.tried(end_of)
        to = [
            msgspec.structs.replace(each, after_s=0.0)
            for each in to
            if not each.after_s or (each.channel, each.recipient) in reached
        ]
    return noticing.add(new, to)


def tell_changes(noticing: Noticing, settings: NoticeSettings, looked: Looked, told: Told, *, offset_s: int) -> int:
    """Tell what of a kind has begun and what is over since it was told; return the number of notices."""
    known = {
        object_: (number, facts.decode_condition(blob))
        for (kind, object_), (number, blob) in told.items()
        if kind == looked.kind and (looked.objects is None or object_ in looked.objects)
    }
    now = {each.object: each for each in looked.going_on}
    begun = [each for name, each in now.items() if name not in known]
    over = [(number, each) for name, (number, each) in known.items() if name not in now]
    n = 0
    for city in dict.fromkeys([each.city for each in begun] + [each.city for _, each in over]):
        if noticing.recent(looked.kind, city, since=noticing.now - GATHERED_S) >= AT_ONCE:
            continue
        of_city = [each for each in begun if each.city == city]
        if of_city:
            n += _begin(noticing, settings, looked.kind, city, of_city, offset_s)
        ended = [(number, each) for number, each in over if each.city == city]
        if ended:
            n += _end(noticing, settings, looked.kind, city, ended, offset_s)
    return n


def _begin(
    noticing: Noticing, settings: NoticeSettings, kind: Kind, city: str, found: list[Condition], offset_s: int
) -> int:
    what = Happened(kind=kind, city=city, ended=False, items=[each.item for each in found])
    alone = found[0] if len(found) == 1 else None
    since = alone.item.since if alone is not None else None
    number = tell(
        noticing, settings, kind, what,
        object_=alone.object if alone is not None else _group(city),
        period=moment(noticing.now if since is None else since, offset_s),
        city=city, scopes=_scopes(found),
    )  # fmt: skip
    if number is None and alone is not None:  # it began, ended, and began again, by its own account at the same moment
        number = tell(
            noticing, settings, kind, what,
            object_=alone.object, period=moment(noticing.now, offset_s), city=city, scopes=_scopes(found),
        )  # fmt: skip
    if number is None:
        return 0
    noticing.begin(kind, number, [(each.object, facts.encode(each)) for each in found])
    return 1


def _end(
    noticing: Noticing,
    settings: NoticeSettings,
    kind: Kind,
    city: str,
    ended: list[tuple[int, Condition]],
    offset_s: int,
) -> int:
    found = [each for _, each in ended]
    number = tell(
        noticing, settings, kind,
        Happened(kind=kind, city=city, ended=True, items=[each.item for each in found]),
        object_=found[0].object if len(found) == 1 else _group(city),
        period=moment(noticing.now, offset_s), revision=2, city=city, scopes=_scopes(found),
        end_of={number for number, _ in ended},
    )  # fmt: skip
    if number is None:
        return 0
    noticing.end(kind, [each.object for each in found])
    return 1


def _group(city: str) -> str:
    return f"city:{city}" if city else SERVICE


def _scopes(found: Iterable[Condition]) -> list[str]:
    return list(dict.fromkeys(scope for each in found for scope in each.scopes))


def moment(at: float, offset_s: int) -> str:
    """Return a moment as the period of a notice, in local time."""
    zone = dt.timezone(dt.timedelta(seconds=offset_s))
    return dt.datetime.fromtimestamp(at, zone).strftime("%Y-%m-%dT%H:%M:%S")
