"""Results of manual noise surveys (HJ 640) and reported complaints, as `config/noise-surveys/` has them.

None of them is ever joined to automatic monitors.
"""

import re
from collections.abc import Collection, Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, Literal, get_args

import msgspec

from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.names import STATION_ID
from sensors.quantities import Quantity
from sensors.register import ZoneClass

Part = Literal["day", "night"]
Kind = Literal["functional", "regional", "road", "complaints"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
COLUMNS: Final[dict[Kind, tuple[str, ...]]] = {
    "functional": ("city", "point", "quarter", "zone_class", "ld", "ln"),
    "regional": ("city", "point", "year", "part", "leq"),
    "road": ("city", "segment", "year", "part", "length_km", "leq"),
    "complaints": ("city", "period", "received", "settled", "source"),
}
"""Columns of each file, in order."""
LONGEST_KM: Final = 1000

LONGEST_SOURCE: Final = 200

_PERIOD = re.compile(r"([12][0-9]{3})(?:-Q([1-4])|-(0[1-9]|1[0-2]))?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)
_QUARTER = re.compile(r"([0-9]{4})-Q([1-4])", re.ASCII)
_YEAR = re.compile(r"[12][0-9]{3}", re.ASCII)


class FunctionalResult(msgspec.Struct, frozen=True):
    """Day and night level of a point of a functional zone in one quarter; None where not measured. [dB]"""

    city: str
    point: str
    year: int
    quarter: int
    zone_class: ZoneClass
    ld: Decimal | None
    ln: Decimal | None


class RegionalResult(msgspec.Struct, frozen=True):
    """Level of one grid of the regional survey of a year. [dB]"""

    city: str
    point: str
    year: int
    part: Part
    leq: Decimal


class RoadResult(msgspec.Struct, frozen=True):
    """Level of a stretch of road, and the length that it stands for. [dB], [km]"""

    city: str
    segment: str
    year: int
    part: Part
    length_km: Decimal
    leq: Decimal


class ComplaintReport(msgspec.Struct, frozen=True):
    """Complaints that a city reports of `n_months` from `first_month` of a year on; `settled` None where not told."""

    city: str
    period: str
    year: int
    first_month: int
    n_months: int
    received: int
    settled: int | None
    source: str


class NoiseSurveys(msgspec.Struct, frozen=True):
    """All results of manual surveys and reports of complaints, in the order of the files."""

    functional: tuple[FunctionalResult, ...] = ()
    regional: tuple[RegionalResult, ...] = ()
    road: tuple[RoadResult, ...] = ()
    complaints: tuple[ComplaintReport, ...] = ()

    def of(self, city: str) -> "NoiseSurveys":
        """Return the results of one city."""
        return NoiseSurveys(
            tuple(each for each in self.functional if each.city == city),
            tuple(each for each in self.regional if each.city == city),
            tuple(each for each in self.road if each.city == city),
            tuple(each for each in self.complaints if each.city == city),
        )


def parse_functional(text: str, cities: Collection[str], level: Quantity, *, file: str) -> tuple[FunctionalResult, ...]:
    """Return the results of functional zones; `level` bounds what is plausible.

    Raises
    ------
    ConfigError
        If a column, city, name, quarter, class or level is wrong, neither level is there, or a point stands twice in a
        quarter.
    """
    found = []
    for at, row in _rows(text, "functional", cities, file, key=("city", "point", "quarter")):
        quarter = _QUARTER.fullmatch(row["quarter"])
        if quarter is None:
            raise ConfigError(f"{at}: quarter: expected a quarter such as 2020-Q2, got {shown(row['quarter'])}")
        zones: tuple[ZoneClass, ...] = get_args(ZoneClass)
        zone = next((each for each in zones if each == row["zone_class"]), None)
        if zone is None:
            raise ConfigError(f"{at}: zone_class: expected one of {', '.join(zones)}, got {shown(row['zone_class'])}")
        ld, ln = (_level(row[name], level, f"{at}: {name}") if row[name] else None for name in ("ld", "ln"))
        if ld is None and ln is None:
            raise ConfigError(f"{at}: ld: expected a level of the day or of the night, got neither")
        found.append(FunctionalResult(row["city"], row["point"], int(quarter[1]), int(quarter[2]), zone, ld, ln))
    return tuple(found)


def parse_regional(text: str, cities: Collection[str], level: Quantity, *, file: str) -> tuple[RegionalResult, ...]:
    """Return the results of the regional survey; errors as of `parse_functional`."""
    return tuple(
        RegionalResult(
            row["city"], row["point"], _year(row, at), _part(row, at), _level(row["leq"], level, f"{at}: leq")
        )
        for at, row in _rows(text, "regional", cities, file, key=("city", "point", "year", "part"))
    )


def parse_road(text: str, cities: Collection[str], level: Quantity, *, file: str) -> tuple[RoadResult, ...]:
    """Return the results of the survey of roads; errors as of `parse_functional`, and if a length is wrong."""
    found = []
    for at, row in _rows(text, "road", cities, file, key=("city", "segment", "year", "part")):
        length = _number(row["length_km"])
        if length is None or not 0 < length <= LONGEST_KM:
            raise ConfigError(
                f"{at}: length_km: expected more than 0 and at most {LONGEST_KM}, got {shown(row['length_km'])}"
            )
        leq = _level(row["leq"], level, f"{at}: leq")
        found.append(RoadResult(row["city"], row["segment"], _year(row, at), _part(row, at), length, leq))
    return tuple(found)


def parse_complaints(text: str, cities: Collection[str], *, file: str) -> tuple[ComplaintReport, ...]:
    """Return the reports of complaints.

    Raises
    ------
    ConfigError
        If a column, city, period or number is wrong, more are settled than received, the source is missing, or a
        period of a city stands twice.
    """
    found = []
    seen: set[tuple[str, str]] = set()
    for number, row in strict.rows(text, COLUMNS["complaints"], file=file):
        at = f"{file}: line {number}"
        _check_city(row, cities, at)
        period = _PERIOD.fullmatch(row["period"])
        if period is None:
            raise ConfigError(f"{at}: period: expected 2020, 2020-Q2 or 2020-06, got {shown(row['period'])}")
        if (row["city"], row["period"]) in seen:
            raise ConfigError(f"{at}: period: expected each once of a city, got {shown(row['period'])} again")
        seen.add((row["city"], row["period"]))
        received = _count(row, "received", at)
        settled = _count(row, "settled", at) if row["settled"] else None
        if settled is not None and settled > received:
            raise ConfigError(f"{at}: settled: expected at most the {received} received, got {settled}")
        if not 1 <= len(row["source"]) <= LONGEST_SOURCE:
            raise ConfigError(
                f"{at}: source: expected 1 to {LONGEST_SOURCE} characters, who reports it, got {shown(row['source'])}"
            )
        first, n = 1, 12
        if period[2]:
            first, n = 3 * int(period[2]) - 2, 3
        elif period[3]:
            first, n = int(period[3]), 1
        found.append(
            ComplaintReport(row["city"], row["period"], int(period[1]), first, n, received, settled, row["source"])
        )
    return tuple(found)


def _rows(
    text: str, kind: Kind, cities: Collection[str], file: str, *, key: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield place and row, the city and the name of the point checked, each key once."""
    seen: set[tuple[str, ...]] = set()
    for number, row in strict.rows(text, COLUMNS[kind], file=file):
        at = f"{file}: line {number}"
        _check_city(row, cities, at)
        if not STATION_ID.fullmatch(row[key[1]]):
            raise ConfigError(f"{at}: {key[1]}: expected 1 to 64 characters as of a station, got {shown(row[key[1]])}")
        name = tuple(row[column] for column in key)
        if name in seen:
            raise ConfigError(f"{at}: {key[1]}: expected each once of {', '.join(key)}, got {shown(row[key[1]])} again")
        seen.add(name)
        yield at, row


def _check_city(row: dict[str, str], cities: Collection[str], at: str) -> None:
    if row["city"] not in cities:
        raise ConfigError(f"{at}: city: expected one of {', '.join(cities)}, got {shown(row['city'])}")


def _count(row: dict[str, str], name: str, at: str) -> int:
    if not _COUNT.fullmatch(row[name]):
        raise ConfigError(f"{at}: {name}: expected a whole number from 0 on, got {shown(row[name])}")
    return int(row[name])


def _year(row: dict[str, str], at: str) -> int:
    if not _YEAR.fullmatch(row["year"]):
        raise ConfigError(f"{at}: year: expected a year such as 2020, got {shown(row['year'])}")
    return int(row["year"])


def _part(row: dict[str, str], at: str) -> Part:
    parts: tuple[Part, ...] = get_args(Part)
    found = next((each for each in parts if each == row["part"]), None)
    if found is None:
        raise ConfigError(f"{at}: part: expected one of {', '.join(parts)}, got {shown(row['part'])}")
    return found


def _level(field: str, level: Quantity, place: str) -> Decimal:
    number = _number(field)
    if number is None or not level.minimum <= number <= level.maximum:
        raise ConfigError(
            f"{place}: expected a level between {level.minimum} and {level.maximum} dB, got {shown(field)}"
        )
    return number


def _number(field: str) -> Decimal | None:
    try:
        number = Decimal(field)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
