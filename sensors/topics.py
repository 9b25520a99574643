"""Topics that two sources both take: of two the first one does, and the other never sees them."""

from collections.abc import Sequence
from itertools import combinations

from sensors.quantities import MEDIA
from sensors.sources import Source

_ANY = "x"
"""A level that stands for whatever a wildcard takes."""


def overlaps(sources: Sequence[Source]) -> list[tuple[Source, Source, str]]:
    """Return each two sources that take a topic in common, in their order, with such a topic."""
    found = []
    for first, second in combinations(sources, 2):
        topic = common(first.topic, second.topic)
        if topic is not None:
            found.append((first, second, topic))
    return found


def common(first: str, second: str) -> str | None:
    """Return a topic that two templates of sources both take; None if there is none.

    `+` and captures are one level, `{medium}` one that is a medium; `#` is any number of levels, none included, so that
    `a/#` takes `a`. A wildcard at the beginning takes nothing that begins with `$`.

    References
    ----------
    .. [1] MQTT 5.0, 4.7.1 and 4.7.2.
    """
    levels: list[str] = []
    mine, others = first.split("/"), second.split("/")
    for i in range(max(len(mine), len(others)) + 1):
        one, other = mine[i : i + 1], others[i : i + 1]
        if one == ["#"]:
            return _completed(levels, others[i:])
        if other == ["#"]:
            return _completed(levels, mine[i:])
        if not one and not other:
            break
        level = _level(one[0], other[0], at_first=i == 0) if one and other else None
        if level is None:
            return None
        levels.append(level)
    return "/".join(levels)


def _completed(levels: list[str], rest: list[str]) -> str | None:
    """A topic of the levels so far and the rest of a template, where the other template takes all that follows."""
    if not levels and rest[0].startswith("$"):
        return None
    following = [_example(level) for level in rest if level != "#"]
    return "/".join(levels + following) or _ANY


def _level(one: str, other: str, *, at_first: bool) -> str | None:
    """A level that two levels of templates both take."""
    for mine, others in ((one, other), (other, one)):
        if not _is_wild(mine):
            fits = _takes(others, mine) and not (at_first and _is_wild(others) and mine.startswith("$"))
            return mine if fits else None
    return _example(one if one == "{medium}" else other)


def _is_wild(level: str) -> bool:
    return level == "+" or level.startswith("{")


def _takes(level: str, word: str) -> bool:
    if level == "{medium}":
        return word in MEDIA
    return _is_wild(level) or level == word


def _example(level: str) -> str:
    if level == "{medium}":
        return MEDIA[0]
    return _ANY if _is_wild(level) else level
