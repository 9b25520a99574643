"""Times and periods as payloads write them.

Forms: `iso`, a date and a time of ISO 8601, or an interval of two of them; `unix`, `unix_ms`, `unix_us` and `unix_ns`,
numbers counted since 1970-01-01T00:00Z; else a pattern of strptime such as "%Y%m%d%H%M%S".
"""

import datetime as dt
import re
from typing import Any, Final

import msgspec

from sensors.decoders.taking import RefusedError
from sensors.errors import ConfigError, shown
from sensors.reading import DAY_S

UNIX: Final = {"unix": 1, "unix_ms": 1000, "unix_us": 1_000_000, "unix_ns": 1_000_000_000}
"""By form, what a number counts of in a second."""

LONGEST = 64
"""Characters of a time."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NAIVE_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # of local times, whose offset is then taken off
_LARGEST_S = 2**40
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII | re.IGNORECASE
)
_NUMBER = re.compile(r"-?\d+(\.\d*)?([eE][+-]?\d+)?", re.ASCII)


def check_form(form: str, *, at: str) -> None:
    """Check the form of times; `at` names it in errors.

    Raises
    ------
    ConfigError
        If it is none.
    """
    if form != "iso" and form not in UNIX and "%" not in form:
        raise ConfigError(f"{at}: expected iso, {', '.join(UNIX)} or a pattern such as %Y%m%d%H%M%S, got {shown(form)}")


def moment(raw: Any, form: str, zone: dt.tzinfo | None, *, at: str) -> tuple[int, int | None]:
    """Return a time in seconds since 1970-01-01T00:00Z, and the length of an interval [s], None of a single time.

    Fractions of a second are cut, after those beyond six digits were rounded. A time without an offset is of `zone`.

    Raises
    ------
    RefusedError
        If it is not of the form, has no offset where `zone` is None, or is no or not one moment in the zone.
    """
    if form in UNIX:
        return _unix(raw, UNIX[form], at), None
    if type(raw) is int and form != "iso" and abs(raw) < 10**LONGEST:
        raw = str(raw)
    if type(raw) is not str or len(raw) > 2 * LONGEST:
        raise RefusedError("bad_time", f"{at}: expected a time, got {brief(raw)}")
    if form == "iso" and "/" in raw:
        first, _, last = raw.partition("/")
        start, end = seconds(_iso(first, at), zone, at), seconds(_iso(last, at), zone, at)
        if end < start:
            raise RefusedError("bad_time", f"{at}: expected an interval that ends after its start, got {shown(raw)}")
        return start, end - start or None
    if form == "iso":
        return seconds(_iso(raw, at), zone, at), None
    try:
        found = dt.datetime.strptime(raw, form)  # noqa: DTZ007  # the zone is the next line's
    except ValueError as error:
        raise RefusedError("bad_time", f"{at}: expected a time such as {form}, got {shown(raw)}") from error
    return seconds(found, zone, at), None


def seconds(time: dt.datetime, zone: dt.tzinfo | None, at: str) -> int:
    """Return a time in seconds since 1970-01-01T00:00Z, of `zone` where it has no offset.

    Raises
    ------
    RefusedError
        If it has no offset and `zone` is None, or clocks of the zone show it never or twice.
    """
    if time.tzinfo is not None:
        since = time - _EPOCH
    elif zone is None:
        raise RefusedError(
            "naive_time",
            f"{at}: expected an offset such as +08:00, or `zone` in sources.toml, got {time.isoformat()!r}",
        )
    else:
        try:
            offset = zone.utcoffset(time)
            once = isinstance(zone, dt.timezone) or offset == zone.utcoffset(time.replace(fold=1))
        except (OverflowError, ValueError) as error:
            raise RefusedError("bad_time", f"{at}: expected a time of the calendar, got {time.year}") from error
        if not once or offset is None:
            raise RefusedError("bad_time", f"{at}: expected a time that clocks show once, got {time.isoformat()!r}")
        since = time - _NAIVE_EPOCH - offset
    return since.days * DAY_S + since.seconds  # what is left are microseconds, never negative


def brief(raw: Any) -> str:
    """Return a value of a payload as errors show it: short, whatever it is."""
    if raw is None:
        return "nothing"
    if isinstance(raw, dict | list):
        return "an object" if isinstance(raw, dict) else "an array"
    if type(raw) is int and abs(raw) >= 10**LONGEST:
        return "a number beyond all bounds"
    return shown(raw[: 2 * LONGEST] if isinstance(raw, str) else raw)


def _iso(text: str, at: str) -> dt.datetime:
    try:
        return msgspec.convert(text, dt.datetime)
    except (msgspec.ValidationError, UnicodeEncodeError):  # the latter of half a character
        pass
    match = _ISO.fullmatch(text)
    if match is None:
        raise RefusedError("bad_time", f"{at}: expected a time such as 2020-11-21T08:00:00+08:00, got {shown(text)}")
    try:
        return dt.datetime.fromisoformat(f"{match[1]}T{match[2]}{(match[3] or '').upper()}")
    except ValueError as error:
        raise RefusedError("bad_time", f"{at}: expected a time of the calendar, got {shown(text)}") from error


def _unix(raw: Any, per_second: int, at: str) -> int:
    number = raw
    if type(raw) is str and len(raw) <= LONGEST and _NUMBER.fullmatch(raw):
        number = float(raw) if set(raw) & set(".eE") else int(raw)
    if type(number) not in (int, float) or not abs(number) < _LARGEST_S * per_second:
        raise RefusedError("bad_time", f"{at}: expected seconds or parts of one since 1970, got {brief(raw)}")
    return int(number // per_second)
