"""The air quality index of days and hours as published: concentrations, sub-indices, level, primary pollutants."""

import datetime as dt
from decimal import Decimal

import msgspec

from aggregations.air import QUANTITIES
from aggregations.periods import Period
from aggregations.rounding import fraction, half_even
from aggregations.standards import AirIndex, Level
from ingestor.air_facts import area_of
from ingestor.config import DAY_S, Config
from ingestor.scopes import Scope
from ingestor.store import Tables
from sensors.errors import ConfigError, shown

HOUR_S = 3600
TABLES = {"city": "city_air", "district": "district_air", "station": "air"}


class AirQuality(msgspec.Struct, frozen=True, kw_only=True):
    """Air quality of a day or an hour; `start` is when it begins, in the city's zone.

    `values` are concentrations by item as published [ug/m3; CO mg/m3], `sub` sub-indices; None where missing. Items of
    `not_monitored` are not measured by plan. `aqi`, `level` and `primary` are None where no index can be published.
    """

    scope: str
    start: dt.datetime
    values: dict[str, Decimal | None]
    sub: dict[str, int | None]
    aqi: int | None
    level: int | None
    level_name: str | None
    level_name_en: str | None
    colour: str | None
    primary: list[str] | None
    not_monitored: list[str]
    edition: str


def of_days(config: Config, store: Tables, scope: Scope, period: Period) -> list[AirQuality]:
    """Return the air quality of the days of a period that were derived, in order; of some every value is missing.

    Raises
    ------
    ConfigError
        If the scope is none of `TABLES`.
    """
    start = config.start_of(period.first)
    return _read(config, store, scope, "day", start, start + len(period) * DAY_S)


def of_hours(config: Config, store: Tables, scope: Scope, first: int, until: int) -> list[AirQuality]:
    """Return the real-time air quality of hours from `first` up to but not including `until` [s], in order.

    Raises
    ------
    ConfigError
        If the scope is none of `TABLES`.
    """
    return _read(config, store, scope, "hour", first, until)


def _read(config: Config, store: Tables, scope: Scope, unit: str, first: int, until: int) -> list[AirQuality]:
    if scope.kind not in TABLES:
        raise ConfigError(f"scope: expected city:ID, district:CITY/NAME or station:ID, got {shown(scope.text)}")
    zone = dt.timezone(dt.timedelta(seconds=config.offset_s))
    editions = {s.edition.id: s for s in config.standards.all if isinstance(s, AirIndex)}
    not_monitored = area_of(config, scope).not_monitored
    columns = ["aqi", "level", "primary", "edition", *QUANTITIES, *(f"iaqi_{q}" for q in QUANTITIES)]
    found = []
    for time, aqi, level, primary, edition, *rest in store.read(
        f"{TABLES[scope.kind]}_{unit}", scope.name, first, until, columns
    ):
        if edition not in editions:
            raise ConfigError(
                f"air quality index: expected an edition of config/standards, got {shown(edition)}; "
                f"run `qingjing derive`"
            )
        decimals = {item.quantity: item.decimals for item in editions[edition].item.values()}
        values = {
            q: None if value is None else half_even(fraction(value), decimals[q])
            for q, value in zip(QUANTITIES, rest[: len(QUANTITIES)], strict=True)
        }
        named: Level | None = editions[edition].level[level - 1] if level else None
        found.append(
            AirQuality(
                scope=scope.text,
                start=dt.datetime.fromtimestamp(time, zone),
                values=values,
                sub=dict(zip(QUANTITIES, rest[len(QUANTITIES) :], strict=True)),
                aqi=aqi,
                level=level,
                level_name=named.name if named else None,
                level_name_en=named.name_en if named else None,
                colour=named.colour if named else None,
                primary=None if aqi is None else [q for q in (primary or "").split(",") if q],
                not_monitored=list(not_monitored),
                edition=edition,
            )
        )
    return found
