"""Reviews (数据审核): what people decided of readings, beside them. Readings themselves are never changed.

A review takes values out, brings values in that a flag or an automatic check took out, or marks values as doubted. It
is about the values of some quantities of a station whose period begins in it. Where two reviews are about the same
value the one entered later holds. A review that was undone has no effect; undoing is an entry of its own.
"""

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Literal, TypeVar, get_args

import msgspec
import numpy as np

from sensors import strict
from sensors.arrays import BoolArray
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA, Medium, Quantities
from sensors.register import Station

Action = Literal["invalidate", "restore", "flag"]
Readings = Literal["all", "automatic", "manual"]

ACTIONS: Final[tuple[Action, ...]] = get_args(Action)
READINGS: Final[tuple[Readings, ...]] = get_args(Readings)
GRABBED: Final[Medium] = "water"
"""The medium of which there are manual readings."""
COLUMNS: Final = ("station", "quantity", "from", "to", "action", "reason", "by")
"""Columns of a CSV file of reviews, in order."""
OPTIONAL: Final = ("medium", "readings")
ALL: Final = "all"
"""In place of quantities: all of the station."""
TEXT_LIMIT: Final = 500
"""Characters of a reason or a name at most."""

NONE: Final = 0
CODES: Final[dict[Action, int]] = {action: code for code, action in enumerate(ACTIONS, 1)}
"""Code of each action in arrays; 0 is none."""

T = TypeVar("T", bound=str)

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_FROM, _UNTIL = -(2**33), 2**33
_HOUR_S = 3600
_MANUAL_S = 0


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """One review, or the undoing of one.

    It is about values of `quantities` (or ALL) whose period begins at or after `from_s` and before `until_s`; of
    `readings` "manual" only about grab samples, of "automatic" about all others. [s since 1970-01-01T00:00Z]
    `id` and `at` (the clock's time) are 0 until it is stored. Where `undoes` names another review this one takes that
    one's effect away and is otherwise a copy of it, but for who and why.
    """

    medium: Medium
    station: str
    quantities: tuple[str, ...]
    from_s: int
    until_s: int
    action: Action
    reason: str
    by: str
    readings: Readings = "all"
    undoes: int | None = None
    id: int = 0
    at: float = 0.0

    def covers(self, quantity: str, period_s: int) -> bool:
        """Whether it is about values of a quantity and averaging period."""
        manual = period_s == _MANUAL_S
        return (ALL in self.quantities or quantity in self.quantities) and (
            self.readings == ALL or manual == (self.readings == "manual")
        )

    def overlaps(self, other: "Review") -> bool:
        """Whether a value may be meant by both."""
        return (
            (self.medium, self.station) == (other.medium, other.station)
            and self.from_s < other.until_s
            and other.from_s < self.until_s
            and (ALL in self.quantities + other.quantities or bool(set(self.quantities) & set(other.quantities)))
            and (ALL in (self.readings, other.readings) or self.readings == other.readings)
        )

    def says_what(self, other: "Review") -> bool:
        """Whether it is the other one but for the time of entry."""
        return msgspec.structs.replace(self, id=other.id, at=other.at) == other


def in_force(entries: Iterable[Review]) -> list[Review]:
    """Return the reviews of a ledger, in the order of their entry, that were not undone; no undoing ones."""
    every = list(entries)
    undone = {entry.undoes for entry in every}
    return [entry for entry in every if entry.undoes is None and entry.id not in undone]


def actions_at(reviews: Sequence[Review], quantity: str, period_s: int, times: np.ndarray) -> np.ndarray:
    """Return what reviews in force say of the values of one series: one of `CODES`, or NONE. (n,)

    Parameters
    ----------
    reviews
        Of one station, in the order of their entry.
    times : (n,) int
        When the period of each value begins, ascending. [s since 1970-01-01T00:00Z]
    """
    found = np.full(len(times), NONE, dtype=np.int64)
    for each, inside in _painted(reviews, quantity, period_s, times):
        found[inside] = CODES[each.action]
    return found


def deciding_at(reviews: Sequence[Review], quantity: str, period_s: int, times: np.ndarray) -> np.ndarray:
    """Return the id of the review that holds for each value of one series, 0 where none does; as of `actions_at`."""
    found = np.zeros(len(times), dtype=np.int64)
    for each, inside in _painted(reviews, quantity, period_s, times):
        found[inside] = each.id
    return found


def _painted(
    reviews: Sequence[Review], quantity: str, period_s: int, times: np.ndarray
) -> Iterable[tuple[Review, slice]]:
    for each in reviews:
        if each.covers(quantity, period_s):
            yield each, slice(*np.searchsorted(times, (each.from_s, each.until_s)))


def hours_with(
    reviews: Sequence[Review], quantity: str, action: Action, *, start: int, n_hours: int, whole: bool
) -> BoolArray:
    """Return the hours for which an action holds: for all of the hour, or (`whole` False) for any moment of it.

    Parameters
    ----------
    reviews
        In force, of one station, in the order of their entry; those of manual readings have no part in hours.
    start : int
        When the first hour begins. [s since 1970-01-01T00:00Z]

    Returns
    -------
    (n_hours,) bool
    """
    about = [each for each in reviews if each.covers(quantity, _HOUR_S)]
    end = start + n_hours * _HOUR_S
    cuts = {min(max(moment, start), end) for each in about for moment in (each.from_s, each.until_s)}
    edges = np.array(sorted({start, end} | cuts), dtype=np.int64)
    held = actions_at(about, quantity, _HOUR_S, edges[:-1]) == CODES[action]
    seconds = np.zeros(n_hours, dtype=np.int64)
    for first, until in zip(edges[:-1][held].tolist(), edges[1:][held].tolist(), strict=True):
        i, j = (first - start) // _HOUR_S, -(-(until - start) // _HOUR_S)
        begins = start + np.arange(i, j) * _HOUR_S
        seconds[i:j] += np.minimum(begins + _HOUR_S, until) - np.maximum(begins, first)
    return np.asarray(seconds == _HOUR_S if whole else seconds > 0)


# --- entering


def parse(
    text: str, *, stations: Collection[Station], quantities: Quantities, offset_s: int, file: str
) -> dict[int, Review]:
    """Return the reviews of a CSV text by their line, in its order.

    Raises
    ------
    ConfigError
        If anything in it is wrong; as of `entered`.
    """
    found: dict[int, Review] = {}
    for number, row in strict.rows(text, COLUMNS, file=file, optional=OPTIONAL):
        places = {column: f"{file}: line {number}: {column}" for column in (*COLUMNS, *OPTIONAL)}
        review = entered(row, stations=stations, quantities=quantities, offset_s=offset_s, places=places)
        earlier = next((line for line, each in found.items() if each == review), None)
        if earlier is not None:
            raise ConfigError(f"{file}: line {number}: expected each review once, got that of line {earlier} again")
        found[number] = review
    if not found:
        raise ConfigError(f"{file}: expected at least one review, got none")
    return found


def entered(
    fields: Mapping[str, str],
    *,
    stations: Collection[Station],
    quantities: Quantities,
    offset_s: int,
    places: Mapping[str, str],
) -> Review:
    """Return a review from its fields, of `COLUMNS` and `OPTIONAL`; an optional one may be ''.

    Parameters
    ----------
    offset_s : int
        Offset from UTC of the zone that times are of which say none. [s]
    places
        What errors call each field.

    Raises
    ------
    ConfigError
        If the station, a quantity, an action or a time is none, `to` is not after `from`, reason or name are missing,
        or it is about manual readings of a medium that has none.
    """
    station = _station(fields, stations, places)
    action = choice(fields["action"], ACTIONS, place=places["action"])
    about = choice(fields["readings"] or ALL, READINGS, place=places["readings"])
    if about == "manual" and station.medium != GRABBED:
        raise ConfigError(
            f"{places['readings']}: expected all or automatic for {station.medium}, which has no grab samples, "
            f"got {shown(about)}"
        )
    known = quantities.of(station.medium)
    keys: tuple[str, ...] = (ALL,)
    if fields["quantity"].strip() != ALL:
        kind = f"{ALL}, or quantities of {station.medium}"
        keys = strict.keys(fields["quantity"], known, kind=kind, place=places["quantity"])
    from_s, until_s = (moment(fields[name], offset_s, place=places[name]) for name in ("from", "to"))
    if until_s <= from_s:
        raise ConfigError(f"{places['to']}: expected a time after from {fields['from']}, got {shown(fields['to'])}")
    reason, by = (said(fields[name], place=places[name]) for name in ("reason", "by"))
    return Review(
        medium=station.medium, station=station.id, quantities=keys, from_s=from_s, until_s=until_s,
        action=action, reason=reason, by=by, readings=about,
    )  # fmt: skip


def _station(fields: Mapping[str, str], stations: Collection[Station], places: Mapping[str, str]) -> Station:
    """Return the station that the fields name; two media may have one of the same id."""
    medium = fields["medium"]
    if medium:
        choice(medium, MEDIA, place=places["medium"])
    found = [s for s in stations if s.id == fields["station"] and medium in ("", s.medium)]
    if not found:
        of = f" of {medium}" if medium else ""
        raise ConfigError(
            f"{places['station']}: expected a station{of} of the register, got {shown(fields['station'])}"
        )
    if len(found) > 1:
        raise ConfigError(
            f"{places['medium']}: expected one of {', '.join(s.medium for s in found)}, which all have a station "
            f"{fields['station']}, got nothing"
        )
    return found[0]


def choice(text: str, known: tuple[T, ...], *, place: str) -> T:
    """Return a text that is one of those known.

    Raises
    ------
    ConfigError
        If it is none of them.
    """
    for each in known:
        if each == text:
            return each
    raise ConfigError(f"{place}: expected one of {', '.join(known)}, got {shown(text)}")


def said(text: str, *, place: str) -> str:
    """Return a reason or a name without blanks around it.

    Raises
    ------
    ConfigError
        If it is empty, longer than `TEXT_LIMIT`, or holds control characters.
    """
    found = text.strip()
    if not found or len(found) > TEXT_LIMIT or not found.isprintable():
        raise ConfigError(f"{place}: expected a text of one line, up to {TEXT_LIMIT} characters, got {shown(text)}")
    return found


def moment(text: str, offset_s: int, *, place: str) -> int:
    """Return the moment that a text names: a date (its beginning) or a time, local where it says no offset.

    Raises
    ------
    ConfigError
        If it names none. [s since 1970-01-01T00:00Z]
    """
    try:
        if _MOMENT.fullmatch(text):
            found = dt.datetime.fromisoformat(text)
            zone = dt.timezone(dt.timedelta(seconds=offset_s))
            seconds = int((found if found.tzinfo else found.replace(tzinfo=zone)).timestamp())
            if _FROM <= seconds <= _UNTIL:
                return seconds
    except (ValueError, OverflowError):
        pass
    raise ConfigError(f"{place}: expected 2026-10-03 or 2026-10-03T08:00, got {shown(text)}")
