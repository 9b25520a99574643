"""What stands in a bulletin: data only, in no language. Every figure is as `indicators` computes it."""

import datetime as dt
from decimal import Decimal
from typing import Literal

import msgspec

from aggregations.comparison import Change
from aggregations.figures import Figure
from aggregations.noise import PartOfDay
from aggregations.outlook import Outlook
from aggregations.periods import Period
from aggregations.plans import Plan, Verdict
from aggregations.standards import ClassRow, Level
from ingestor.air_quality import AirQuality
from ingestor.verdicts import MonthView
from sensors.quantities import Medium
from sensors.register import Station

State = Literal["none registered", "no data", "data"]
"""What a section of a medium rests on: no station, no reading in the month, or some."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a struct of a bulletin."""


class Row(Part, frozen=True, kw_only=True):
    """One indicator: of the month, and of the year up to its end, each with its change against the year before.

    `change` is None where no edition of the standards covers the year before. Without `to_date` the month is January.
    """

    month: Figure
    change: Change | None
    to_date: Figure | None
    to_date_change: Change | None


class Section(Part, frozen=True, kw_only=True):
    """What the section of any medium has: stations, what it rests on, and the figures of the city by indicator."""

    medium: Medium
    stations: list[Station]
    state: State
    rows: dict[str, Row]

    @property
    def thin(self) -> bool:
        """Whether a figure of the month rests on too little data."""
        return any(not row.month.sufficient for row in self.rows.values())


class AirMonth(Part, frozen=True, kw_only=True):
    """A month of the year beside the same of the year before; None where no edition covers it."""

    month: Period
    pm25: Figure
    good_days: Figure
    pm25_before: Figure | None
    good_days_before: Figure | None


class AirPlace(Part, frozen=True, kw_only=True):
    """A district or station in the ranking by the composite index; `place` is None where that rests on too little data.

    `largest` are the items with the largest single index.
    """

    name: str
    name_en: str
    station: Station | None
    place: int | None
    composite: Figure
    pm25: Figure
    ozone: Figure
    good_days: Figure
    largest: list[str]


class Air(Section, frozen=True, kw_only=True):
    """Air. `days` has each day of the calendar month, None where nothing was derived; `levels` those of the index."""

    days: list[AirQuality | None]
    levels: list[Level]
    months: list[AirMonth]
    districts: list[AirPlace]
    places: list[AirPlace]


class SectionMonth(Part, frozen=True, kw_only=True):
    """Class of a section in a month, 1 to 6, 0 without one, and whether it attains its target, None without either."""

    class_: int
    attains: bool | None


class WaterSection(Part, frozen=True, kw_only=True):
    """A section over the months of the year so far; `target` is that of the last day, 0 without one.

    `before` is its class in the same month of the year before, 0 without one; `main_items` are those of the month, with
    multiples, in Chinese and English.
    """

    station: Station
    target: int
    months: list[SectionMonth]
    before: int
    main_items: tuple[str, str]


class Water(Section, frozen=True, kw_only=True):
    """Surface water; `months` are the columns of the sections, `classes` the rows of the method: I to worse than V."""

    months: list[Period]
    sections: list[WaterSection]
    classes: list[ClassRow]


class ZoneHours(Part, frozen=True, kw_only=True):
    """Energy mean of the valid hours of all monitors of a zone class, by hour of the day; None without any. [dB]"""

    levels: list[Decimal | None]
    counts: list[int]


class Zone(Part, frozen=True, kw_only=True):
    """A zone class that monitors of the city have: limits [dB], rates and levels by part of the day."""

    zone: str
    name: str
    name_en: str
    monitors: int
    limits: dict[PartOfDay, int]
    attainment: dict[PartOfDay, Row]
    levels: dict[PartOfDay, Row]
    hours: ZoneHours


class Monitor(Part, frozen=True, kw_only=True):
    """A monitor in the month, by part of the day."""

    station: Station
    zone: str
    attainment: dict[PartOfDay, Figure]
    levels: dict[PartOfDay, Figure]


class Noise(Section, frozen=True, kw_only=True):
    """Noise of functional zones; `parts` has the part of the day of each of its 24 hours."""

    zones: list[Zone]
    monitors: list[Monitor]
    parts: list[PartOfDay]


class Bulletin(Part, frozen=True, kw_only=True):
    """A month of a plan's city. `period` are its days that count: where readings end within the month, up to that day.

    `unfinished` says that they do; without any reading the period is the whole month. `year` is from 1 January to the
    end of the period. `targets` are those of the plan in the period, `outlooks` by target what the rest of the year may
    bring, where they were asked for (`gathering.with_outlooks`). `editions` maps the standards used to the digests of
    their files, `assumed` lists their rules that were recalled, not read.
    """

    plan: Plan
    city: str
    city_en: str
    month: Period
    period: Period
    year: Period
    unfinished: bool
    targets: list[MonthView]
    outlooks: dict[str, Outlook]
    air: Air
    water: Water
    noise: Noise
    editions: dict[str, str]
    assumed: list[tuple[str, str]]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections of the media, in order."""
        return (self.air, self.water, self.noise)

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts on the targets at the end of the period."""
        return [each.verdict for each in self.targets]

    @property
    def as_of(self) -> dt.date:
        """The day that the targets are held against."""
        return self.period.last

    @property
    def figures(self) -> list[Figure]:
        """The figures of the city in the month."""
        return [row.month for section in self.sections for row in section.rows.values()]
