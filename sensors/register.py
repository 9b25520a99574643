"""The register of stations: which stations, sections and monitors exist, where, and since when."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal, TypeVar, get_args

import msgspec

from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.names import STATION_ID, keys_of
from sensors.quantities import Medium, Quantities
from sensors.sections import SectionRole, WaterBody, WaterClass, section_fields

ZoneClass = Literal["0", "1", "2", "3", "4a", "4b"]
AreaClass = Literal["I", "II"]
Place = Literal["district", "river", "basin"]
Role = Literal["assessment", "control", "background", "traffic"]

_COMMON = ("id", "name", "name_en", "city", "district", "lon", "lat")
_DATES = ("since", "until")
COLUMNS: dict[Medium, tuple[str, ...]] = {
    "air": (*_COMMON, *_DATES),
    "water": (*_COMMON, "water", "body", "target_class", *_DATES),
    "noise": (*_COMMON, "zone_class", *_DATES),
}
"""Columns of the register files, in order."""
OPTIONAL: dict[Medium, tuple[str, ...]] = {
    "air": ("area_class", "role", "not_monitored"),
    "water": ("basin", "length_km", "intake", "role", "patrol_days", "area_km2", "treated", "own_items"),
    "noise": (),
}
"""Columns that may follow those, any of them, in this order."""
_FIELDS = {("water", "role"): "section_role"}
"""Fields of a station that are called otherwise than their column."""
GATEWAY_COLUMNS = ("gateway", "medium", "station")
"""Columns of gateways.csv: a row for each station that a gateway sends."""


class Station(msgspec.Struct, frozen=True, kw_only=True):
    """One station of any medium.

    `since` is the first local day that counts and `until` the first that no longer does; None leaves
    the end open. `water`, `body` and `target_class` belong to water sections, `zone_class` to noise monitors.

    Air stations have the next three. `area_class` says which limits of GB 3095 hold there. Only stations whose
    `role` is "assessment" are averaged into a city's values. `not_monitored` are the quantities that the station does
    not measure by plan (HJ 633-2026, 5.3.2).

    Sections have the others. `length_km` is the length of river that the section stands for [km], `intake` the
    yearly intake of a drinking-water source [1e4 t]. `section_role` (column `role`) says whether it is an ordinary
    section, a drinking-water source, or a body under the black-odour programme, which has to be sampled every
    `patrol_days`. [d] `area_km2` is the area that a point of a lake, or of the sea (`body` "sea"), stands for. [km2]
    `treated` is the day on which the treatment of a black-odorous body was completed. `own_items` are the
    characteristic items of a section, the X of "5+X".
    """

    medium: Medium
    id: str
    name: str
    name_en: str
    city: str
    district: str
    lon: float | None
    lat: float | None
    since: dt.date | None
    until: dt.date | None
    water: str = ""
    body: WaterBody = "river"
    target_class: WaterClass | None = None
    zone_class: ZoneClass | None = None
    area_class: AreaClass = "II"
    role: Role = "assessment"
    not_monitored: tuple[str, ...] = ()
    basin: str = ""
    length_km: Decimal | None = None
    intake: Decimal | None = None
    section_role: SectionRole = "section"
    patrol_days: int | None = None
    area_km2: Decimal | None = None
    treated: dt.date | None = None
    own_items: tuple[str, ...] = ()

    def expected_on(self, day: dt.date) -> bool:
        """Whether readings of `day` are expected of this station."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class Register:
    """All stations, found by medium and id; the order of the files is kept. `gateways` says who sends which."""

    def __init__(self, stations: list[Station], gateways: dict[tuple[str, str], str] | None = None) -> None:
        self.stations = tuple(stations)
        self._gateways = gateways or {}
        self._by_key: dict[tuple[str, str], Station] = {(s.medium, s.id): s for s in stations}

    def get(self, medium: str, station_id: str) -> Station | None:
        """Return the station, or None where the register does not know it."""
        return self._by_key.get((medium, station_id))

    def gateway_of(self, medium: str, station_id: str) -> str | None:
        """Return the gateway that sends a station's readings, or None where none is named."""
        return self._gateways.get((medium, station_id))

    def of(self, medium: Medium, city: str | None = None) -> list[Station]:
        """Return the stations of a medium, of all cities or one, in the order of the file."""
        return [s for s in self.stations if s.medium == medium and city in (None, s.city)]

    def places(self, kind: Place, medium: Medium) -> dict[str, list[Station]]:
        """Return the stations of a medium by district or river (`CITY/NAME`) or basin (`NAME`), those that name one."""
        found: dict[str, list[Station]] = {}
        for station in self.of(medium):
            name = {"district": station.district, "river": station.water, "basin": station.basin}[kind]
            if name:
                found.setdefault(name if kind == "basin" else f"{station.city}/{name}", []).append(station)
        return found


def parse(text: str, medium: Medium, *, file: str) -> list[Station]:
    """Return the stations declared by a CSV text of the given medium.

    Raises
    ------
    ConfigError
        If a column, id, number, date or class is wrong, or an id stands twice.
    """
    stations: dict[str, Station] = {}
    for number, row in strict.rows(text, COLUMNS[medium], file=file, optional=OPTIONAL[medium]):
        at = f"{file}: line {number}"
        station = _station(row, medium, at)
        if station.id in stations:
            raise ConfigError(f"{at}: id: expected each id once, got {shown(station.id)} again")
        stations[station.id] = station
    return list(stations.values())


def check_quantities(stations: list[Station], quantities: Quantities, *, file: str) -> None:
    """Check that stations leave out only quantities of air, and not all of them.

    Raises
    ------
    ConfigError
        If `not_monitored` names a quantity that does not exist, one twice, or all.
    """
    known = ", ".join(quantities.air)
    for station in stations:
        at = f"{file}: {station.id}: not_monitored"
        for i, key in enumerate(station.not_monitored):
            if key not in quantities.air:
                raise ConfigError(f"{at}: expected quantities of air ({known}), joined by ;, got {shown(key)}")
            if key in station.not_monitored[:i]:
                raise ConfigError(f"{at}: expected each once, got {shown(key)} again")
        if station.not_monitored and len(station.not_monitored) == len(quantities.air):
            raise ConfigError(f"{at}: expected at least one of {known} left to monitor, got all")


def check_own_items(stations: list[Station], judged: Sequence[str], *, file: str) -> None:
    """Check that items of sections of their own are among the items that may be judged.

    Raises
    ------
    ConfigError
        If one is not, or stands twice.
    """
    for station in stations:
        at = f"{file}: {station.id}: own_items"
        for i, key in enumerate(station.own_items):
            if key not in judged:
                raise ConfigError(
                    f"{at}: expected items of the class ({', '.join(judged)}), joined by ;, got {shown(key)}"
                )
            if key in station.own_items[:i]:
                raise ConfigError(f"{at}: expected each once, got {shown(key)} again")


def parse_gateways(text: str, stations: list[Station], *, file: str) -> dict[tuple[str, str], str]:
    """Return the gateway of each (medium, station) that a CSV text of gateways names.

    Raises
    ------
    ConfigError
        If a column or a gateway's name is wrong, a station is not registered, or stands twice.
    """
    known = {(s.medium, s.id) for s in stations}
    found: dict[tuple[str, str], str] = {}
    for number, row in strict.rows(text, GATEWAY_COLUMNS, file=file):
        at = f"{file}: line {number}"
        owned = (row["medium"], row["station"])
        if not STATION_ID.fullmatch(row["gateway"]):
            raise ConfigError(
                f"{at}: gateway: expected 1 to 64 characters as of a station, got {shown(row['gateway'])}"
            )
        if owned not in known:
            raise ConfigError(f"{at}: station: expected a medium and a station of the register, got {shown(owned)}")
        if owned in found:
            raise ConfigError(f"{at}: station: expected each station once, got {shown(owned)} again")
        found[owned] = row["gateway"]
    return found


def as_csv(stations: list[Station]) -> str:
    """Return stations of one medium as the text of a register file, header first.

    An optional column is there where a station has something else than the default in it.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if stations:
        medium = stations[0].medium
        defaults = {field.name: field.default for field in msgspec.structs.fields(Station)}
        fields = {column: _FIELDS.get((medium, column), column) for column in (*COLUMNS[medium], *OPTIONAL[medium])}
        used = [c for c in OPTIONAL[medium] if any(getattr(s, fields[c]) != defaults[fields[c]] for s in stations)]
        columns = (*COLUMNS[medium], *used)
        writer.writerow(columns)
        writer.writerows([[_field(getattr(station, fields[column])) for column in columns] for station in stations])
    return text.getvalue()


def _field(value: object) -> str:
    if isinstance(value, tuple):
        return ";".join(value)
    return "" if value is None else str(value)


T = TypeVar("T")


def _station(row: dict[str, str], medium: Medium, at: str) -> Station:
    def optional(column: str, read: Callable[[str], T], expected: str) -> T | None:
        if not row[column]:
            return None
        try:
            return read(row[column])
        except ValueError as error:
            raise ConfigError(f"{at}: {column}: expected {expected}, got {shown(row[column])}") from error

    def bounded(limit: float) -> Callable[[str], float]:
        def read(field: str) -> float:
            number = float(field)
            if not -limit <= number <= limit:
                raise ValueError
            return number

        return read

    def choice(column: str, choices: tuple[str, ...]) -> str:
        if row[column] not in choices:
            raise ConfigError(f"{at}: {column}: expected one of {', '.join(choices)}, got {shown(row[column])}")
        return row[column]

    for column in ("id", "name", "city"):
        if not row[column]:
            raise ConfigError(f"{at}: {column}: expected a text, got ''")
    if not STATION_ID.fullmatch(row["id"]):
        raise ConfigError(
            f"{at}: id: expected 1 to 64 characters without blanks, quotes, or / + # , = \\, got {shown(row['id'])}"
        )
    if row["district"] and not STATION_ID.fullmatch(row["district"]):
        raise ConfigError(
            f"{at}: district: expected nothing, or 1 to 64 characters as of an id, got {shown(row['district'])}"
        )
    special: dict[str, object] = {}
    if medium == "water":
        special = {"water": row["water"], "body": choice("body", get_args(WaterBody))}
        if row["target_class"]:
            special["target_class"] = choice("target_class", get_args(WaterClass))
        special |= section_fields(row, at)
    elif medium == "noise":
        special = {"zone_class": choice("zone_class", get_args(ZoneClass))}
    else:
        if row["area_class"]:
            special["area_class"] = choice("area_class", get_args(AreaClass))
        if row["role"]:
            special["role"] = choice("role", get_args(Role))
        if row["not_monitored"]:
            special["not_monitored"] = keys_of(row["not_monitored"])
    station = Station(
        medium=medium,
        id=row["id"],
        name=row["name"],
        name_en=row["name_en"],
        city=row["city"],
        district=row["district"],
        lon=optional("lon", bounded(180), "degrees east between -180 and 180"),
        lat=optional("lat", bounded(90), "degrees north between -90 and 90"),
        since=optional("since", dt.date.fromisoformat, "a date such as 2020-01-01"),
        until=optional("until", dt.date.fromisoformat, "a date such as 2020-12-31"),
        **special,  # type: ignore[arg-type]  # each value was checked against its literal above
    )
    if station.since and station.until and station.since >= station.until:
        raise ConfigError(f"{at}: until: expected a day after since {station.since}, got {station.until}")
    return station
