"""The air quality index of days and hours as published: concentrations, sub-indices, level, primary pollutants."""

import datetime as dt
from decimal import Decimal

import msgspec
import numpy as np

from aggregations.air import MISSING, QUANTITIES
from aggregations.periods import DAY, Period
from aggregations.rounding import MICRO, fraction, half_even
from aggregations.standards import AirIndex, Level
from ingestor.air_facts import area_of
from ingestor.config import DAY_S, Config
from ingestor.derivation.air_days import Area
from ingestor.derivation.air_rows import hour_indexes, index_columns
from ingestor.derivation.spans import HOUR_S, HOURS, ROLES, Span
from ingestor.scopes import Scope
from ingestor.store import Tables
from sensors.errors import ConfigError, shown

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
    area = _area(config, scope)
    start = config.start_of(period.first)
    columns = ["aqi", "level", "primary", "edition", *QUANTITIES, *(f"iaqi_{q}" for q in QUANTITIES)]
    table = f"{TABLES[scope.kind]}_day"
    return [
        _quality(
            config, scope, area, time, edition, aqi, level, primary,
            dict(zip(QUANTITIES, rest[: len(QUANTITIES)], strict=True)),
            dict(zip(QUANTITIES, rest[len(QUANTITIES) :], strict=True)),
        )
        for time, aqi, level, primary, edition, *rest in store.read(
            table, scope.name, start, start + len(period) * DAY_S, columns
        )
    ]  # fmt: skip


def of_hours(config: Config, store: Tables, scope: Scope, first: int, until: int) -> list[AirQuality]:
    """Return the real-time air quality of hours from `first` up to but not including `until` [s], in order.

    Raises
    ------
    ConfigError
        If the scope is none of `TABLES`.
    """
    area = _area(config, scope)
    covered = config.standards.first_day(ROLES["air"], staged=area.staged)
    first_day = max(config.local_day(first) - DAY, covered)  # moving means reach a day back
    n_days = (config.local_day(until - 1) - first_day).days + 1
    if n_days < 1:
        return []
    whole = Span(first_day, config.start_of(first_day), n_days)
    micros = {q: np.full(n_days * HOURS, MISSING, dtype=np.int64) for q in QUANTITIES}
    means: dict[int, dict[str, float | None]] = {}
    for time, *row in store.read(f"{TABLES[scope.kind]}_hour", scope.name, whole.start, until, QUANTITIES):
        place = (time - whole.start) // HOUR_S
        for quantity, value in zip(QUANTITIES, row, strict=True):
            if value is not None:
                micros[quantity][place] = round(fraction(value) * MICRO)
        if time >= first:
            means[place] = dict(zip(QUANTITIES, row, strict=True))
    found = []
    for hours, index, edition in hour_indexes(config, area, whole, micros):
        places = [place for place in means if hours.start <= place < hours.stop]
        columns = index_columns(index, edition, np.array(places, dtype=np.int64) - hours.start)
        for i, place in enumerate(places):
            found.append(
                _quality(
                    config, scope, area, whole.start + place * HOUR_S, edition.edition.id, columns["aqi"][i],
                    columns["level"][i], columns["primary"][i], means[place],
                    {q: columns[f"iaqi_{q}"][i] for q in QUANTITIES},
                )
            )  # fmt: skip
    return found


def _area(config: Config, scope: Scope) -> Area:
    if scope.kind not in TABLES:
        raise ConfigError(f"scope: expected city:ID, district:CITY/NAME or station:ID, got {shown(scope.text)}")
    return area_of(config, scope)


def _quality(
    config: Config,
    scope: Scope,
    area: Area,
    time: int,
    edition: str,
    aqi: int | None,
    level: int | None,
    primary: str | None,
    values: dict[str, float | None],
    sub: dict[str, int | None],
) -> AirQuality:
    """Air quality of a day or an hour from its columns."""
    known = next((s for s in config.standards.all if isinstance(s, AirIndex) and s.edition.id == edition), None)
    if known is None:
        raise ConfigError(
            f"air quality index: expected an edition of config/standards, got {shown(edition)}; run `qingjing derive`"
        )
    decimals = {item.quantity: item.decimals for item in known.item.values()}
    named: Level | None = known.level[level - 1] if level else None
    return AirQuality(
        scope=scope.text,
        start=dt.datetime.fromtimestamp(time, dt.timezone(dt.timedelta(seconds=config.offset_s))),
        values={q: None if v is None else half_even(fraction(v), decimals[q]) for q, v in values.items()},
        sub=sub,
        aqi=aqi,
        level=level,
        level_name=named.name if named else None,
        level_name_en=named.name_en if named else None,
        colour=named.colour if named else None,
        primary=None if aqi is None else [q for q in (primary or "").split(",") if q],
        not_monitored=list(area.not_monitored),
        edition=edition,
    )
