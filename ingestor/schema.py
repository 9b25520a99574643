"""The tables of the store, declared once for every kind of store.

Raw readings are kept a value at a time: `(medium, station, period_s, quantity)` names a series of
(time, value, flag). Derived tables below are wide: one row a key. Times are seconds since 1970 in UTC and label
the start; the time of a day is the moment at which the local day starts.
"""

from typing import Final, Literal

import msgspec

from aggregations.air import QUANTITIES

Kind = Literal["REAL", "INTEGER", "TEXT"]


class Table(msgspec.Struct, frozen=True):
    """A derived table: `key` is the column beside `time` that names the object, `columns` its fields."""

    name: str
    key: str
    columns: dict[str, Kind]


_INDEX: dict[str, Kind] = {
    **{f"iaqi_{q}": "INTEGER" for q in QUANTITIES},
    "aqi": "INTEGER",
    "level": "INTEGER",
    "primary": "TEXT",
    "edition": "TEXT",
}
_COUNTS: dict[str, Kind] = {f"{q}_count": "INTEGER" for q in QUANTITIES}
_AIR_HOUR: dict[str, Kind] = {**dict.fromkeys(QUANTITIES, "REAL"), "aqi": "INTEGER", "primary": "TEXT"}
_AIR_DAY: dict[str, Kind] = {
    **dict.fromkeys(QUANTITIES, "REAL"),
    **{f"{q}_fraction": "TEXT" for q in QUANTITIES},
    **_COUNTS,
    "o3_hour_max": "REAL",
    **_INDEX,
}

WATER_ITEMS: Final = (
    "temperature",
    "ph",
    "do",
    "conductivity",
    "turbidity",
    "codmn",
    "nh3n",
    "tp",
    "tn",
    "chla",
    "algae",
    "cod",
    "bod5",
    "cu",
    "zn",
    "fluoride",
    "se",
    "arsenic",
    "hg",
    "cd",
    "cr6",
    "pb",
    "cn",
    "vp",
    "oil",
    "las",
    "sulfide",
    "fcoli",
    "so4",
    "cl",
    "no3n",
    "fe",
    "mn",
    "sd",
    "orp",
    "din",
    "po4p",
    "depth",
    "clear_to_bottom",
)
"""All items of water; those after algae come from laboratories, as a rule."""

WATER_CIRCUMSTANCES: Final = ("depth", "clear_to_bottom")
"""Those of them that tell of the place of a sample and are no results."""

NOISE_LEVELS: Final = ("leq", "l5", "l10", "l50", "l90", "l95", "lmax", "lmin", "sd")

_TABLES = (
    # Hour means that entered the statistics, NULL where not valid, and the real-time index. [ug/m3; CO mg/m3]
    # Sub-indices and level of hours are computed where they are shown: most of what would be written is never read.
    # primary: primary pollutants joined by commas, NULL where there is none.
    Table("air_hour", "station", _AIR_HOUR),
    # As air_hour, mean of the stations; <q>_count: valid stations. A district's key is CITY/DISTRICT.
    Table("city_air_hour", "city", {**_AIR_HOUR, **_COUNTS}),
    Table("district_air_hour", "district", {**_AIR_HOUR, **_COUNTS}),
    # <q>: rounded, NULL where not valid; <q>_fraction: the fraction before, in millionths; <q>_count: valid hours.
    Table("air_day", "station", _AIR_DAY),
    # As air_day; <q>_count: valid stations.
    Table("city_air_day", "city", _AIR_DAY),
    Table("district_air_day", "district", _AIR_DAY),
    # Only the days that decided exceptional events touch, once more without the hours of the events.
    Table("air_day_without_events", "station", _AIR_DAY),
    Table("city_air_day_without_events", "city", _AIR_DAY),
    Table("district_air_day_without_events", "district", _AIR_DAY),
    # Class of each reading on its raw values, profile `realtime`: 1 to 5, 6 worse than V, 0 none.
    Table("water_reading", "station", {"class": "INTEGER"}),
    # Of automatic readings. <item>: daily mean, NULL where not valid; <item>_count: results of the day. suspect: items
    # with values that look like a slip of the unit and how many, as `tp 2,nh3n 1`; they are in the means. below: items
    # with results below the detection limit and how many, likewise.
    Table(
        "water_day",
        "station",
        {
            **dict.fromkeys(WATER_ITEMS, "REAL"),
            **{f"{i}_count": "INTEGER" for i in WATER_ITEMS},
            "suspect": "TEXT",
            "below": "TEXT",
        },
    ),
    # Manual samples, at the moment each was taken. <item>: result, half the detection limit where it lies below;
    # <item>_below: whether it does. suspect: as in water_day.
    Table(
        "water_manual",
        "station",
        {**dict.fromkeys(WATER_ITEMS, "REAL"), **{f"{i}_below": "INTEGER" for i in WATER_ITEMS}, "suspect": "TEXT"},
    ),
    # Hours with a reading: levels, NULL where not valid [dB]; valid data rate without and with samples taken out by
    # weather [%]; why the hour is not valid, NULL where it is.
    Table(
        "noise_hour",
        "station",
        {
            **dict.fromkeys(NOISE_LEVELS, "REAL"),
            "vdr": "REAL",
            "weather_vdr": "REAL",
            "valid_minutes": "REAL",
            "reason": "TEXT",
        },
    ),
    # Levels before rounding, ln_max the largest of the night [dB]; hours that entered; valid data rates [%]; zone class
    # of the day; 1 attains, 0 does not, NULL not valid. peak_attains: ln_max against the limit of the night and 15 dB.
    Table(
        "noise_day",
        "station",
        {
            "ld": "REAL",
            "ln": "REAL",
            "ldn": "REAL",
            "ln_max": "REAL",
            "ld_hours": "INTEGER",
            "ln_hours": "INTEGER",
            "vdr": "REAL",
            "vdr_day": "REAL",
            "vdr_night": "REAL",
            "weather_vdr": "REAL",
            "zone_class": "TEXT",
            "day_attains": "INTEGER",
            "night_attains": "INTEGER",
            "peak_attains": "INTEGER",
        },
    ),
)

# What displays show beside hours and days (`ingestor/displays.py`), so that a panel has only to ask the store.
# `data_at` is when the last reading begins that a row rests on, for the age of what is shown [ms since 1970]. `audited`
# is 1 where all months of a figure are locked, 0 where they are not, NULL where there is no figure, and in rows
# written before there was the column. No derivation brings the daily history back: only add columns to these tables.
_DISPLAYS = (
    # Key PLAN/ID, a row a day: the target as known at its end. status: a place in `ingestor.displays.STATUSES`; bound:
    # what the plan asks, asked: the same in words; chance of meeting it at the end of the year, 0 to 1, low to high the
    # central 80 % of the final value.
    Table(
        "target",
        "target",
        {
            "plan": "TEXT",
            "indicator": "TEXT",
            "name": "TEXT",
            "value": "REAL",
            "unit": "TEXT",
            "bound": "REAL",
            "asked": "TEXT",
            "status": "INTEGER",
            "rule": "TEXT",
            "room": "TEXT",
            "audited": "INTEGER",
            "chance": "REAL",
            "low": "REAL",
            "high": "REAL",
            "data_at": "INTEGER",
        },
    ),
    # Key CITY/INDICATOR, a row a day: the year to its end.
    Table(
        "indicator",
        "indicator",
        {
            "name": "TEXT",
            "value": "REAL",
            "unit": "TEXT",
            "label": "TEXT",
            "sufficient": "INTEGER",
            "audited": "INTEGER",
            "valid": "INTEGER",
            "expected": "INTEGER",
            "data_at": "INTEGER",
        },
    ),
    # Key MEDIUM/STATION, a row a day of readings: what its last hour or reading was. state: a place in
    # `ingestor.displays.STATES`.
    Table(
        "station",
        "station",
        {
            "medium": "TEXT",
            "name": "TEXT",
            "city": "TEXT",
            "place": "TEXT",
            "longitude": "REAL",
            "latitude": "REAL",
            "aqi": "INTEGER",
            "level": "INTEGER",
            "class": "INTEGER",
            "leq": "REAL",
            "state": "INTEGER",
            "data_at": "INTEGER",
        },
    ),
    # A row an hour: the index of the last hour, and the chance that its day ends as a good day, 0 to 1.
    Table(
        "city_now",
        "city",
        {
            "aqi": "INTEGER",
            "level": "INTEGER",
            "primary": "TEXT",
            "chance": "REAL",
            "no_chance": "TEXT",
            "data_at": "INTEGER",
        },
    ),
    # A row a month, at its start: class of a section, 1 to 6, 0 none; its target; 1 attains, 0 does not, NULL neither.
    Table(
        "section_month",
        "station",
        {"name": "TEXT", "class": "INTEGER", "target": "INTEGER", "attains": "INTEGER"},
    ),
    # Key: code of the first refusal; a row a day: messages that are in quarantine.
    Table("quarantine_day", "code", {"messages": "INTEGER"}),
)

DERIVED: Final[dict[str, Table]] = {table.name: table for table in _TABLES}
DISPLAYS: Final[dict[str, Table]] = {table.name: table for table in _DISPLAYS}

TABLES: Final[dict[str, Table]] = DERIVED | DISPLAYS

# How the collector fares, a row a minute; counts since it started. [s], [bytes]
HEALTH: Final = Table(
    "ingest_health",
    "collector",
    {
        "received": "INTEGER",
        "decoded": "INTEGER",
        "stored": "INTEGER",
        "duplicate": "INTEGER",
        "quarantined": "INTEGER",
        "retried": "INTEGER",
        "reconnects": "INTEGER",
        "outbox_readings": "INTEGER",
        "outbox_bytes": "INTEGER",
        "outbox_age_s": "REAL",
        "lag_s": "REAL",
    },
)
