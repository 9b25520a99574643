"""Tables, editions, rounding and the air quality index of the second implementation (`second_air`).

Written from shared/standards/air.md; numbers in brackets are its sections. Nothing here is taken from the program.
Concentrations are fractions in ug/m3, CO in mg/m3; None is a missing value.
"""

import datetime as dt
import functools
import math
from dataclasses import dataclass, field
from fractions import Fraction

Value = Fraction | None
Series = dict[str, list[Value]]
"""Values by item, one each day or each hour."""

ITEMS = ("so2", "no2", "co", "o3", "pm10", "pm25")

# Limits (1, 2.1): classes I and II of 2012, of 2026 until 2030, and of 2026 from 2031.
_LIMITS = """
so2  year  20  60   20  60   20  20
so2  day   50 150   50 150   50  50
no2  year  40  40   40  40   30  30
no2  day   80  80   80  80   50  50
co   day    4   4    4   4    4   4
o3   day  100 160  100 160  100 160
pm10 year  40  70   40  60   20  50
pm10 day   50 150   50 120   50 100
pm25 year  15  35   15  30   10  25
pm25 day   35  75   35  60   25  50
"""
_COLUMNS = [(phase, area_class) for phase in ("2012", "transitional", "final") for area_class in ("I", "II")]
LIMITS: dict[tuple[str, str, str, str], Fraction] = {
    (*column, row.split()[0], row.split()[1]): Fraction(number)
    for row in _LIMITS.strip().splitlines()
    for column, number in zip(_COLUMNS, row.split()[2:], strict=True)
}
"""Limit by phase (2012, transitional, final), class, item and averaging."""

# Breakpoints (3.1, 4.2).
INDEX = (0, 50, 100, 150, 200, 300, 400, 500)
_BOTH = {
    "so2": (0, 50, 150, 475, 800, 1600, 2100, 2620),
    "so2_1h": (0, 150, 500, 650, 800),
    "no2": (0, 40, 80, 180, 280, 565, 750, 940),
    "no2_1h": (0, 100, 200, 700, 1200, 2340, 3090, 3840),
    "co": (0, 2, 4, 14, 24, 36, 48, 60),
    "co_1h": (0, 5, 10, 35, 60, 90, 120, 150),
    "o3": (0, 100, 160, 215, 265, 800),
    "o3_1h": (0, 160, 200, 300, 400, 800, 1000, 1200),
}
BREAKPOINTS: dict[str, dict[str, tuple[int, ...]]] = {
    "2012": {
        **_BOTH,
        "pm10": (0, 50, 150, 250, 350, 420, 500, 600),
        "pm25": (0, 35, 75, 115, 150, 250, 350, 500),
    },
    "2026": {
        **_BOTH,
        "pm10": (0, 50, 120, 250, 350, 420, 500, 600),
        "pm25": (0, 35, 60, 115, 150, 250, 350, 500),
    },
}

PERCENT = {"so2": 98, "no2": 98, "pm10": 95, "pm25": 95, "co": 95, "o3": 90}  # 5.1
DAY_DECIMALS = {"so2": 0, "no2": 0, "co": 1, "o3": 0, "pm10": 0, "pm25": 0}  # 7.2
MEAN_DECIMALS = {"2012": DAY_DECIMALS, "2026": DAY_DECIMALS | {"pm25": 1}}  # 7.2
WITH_YEAR_LIMIT = ("so2", "no2", "pm10", "pm25")

SINCE = dt.date(2016, 1, 1)  # 0.1; earlier in cities of the first stages
NEW_STANDARDS = dt.date(2026, 3, 1)  # 0.1
FINAL_LIMITS = dt.date(2031, 1, 1)
DUST_RULES = dt.date(2017, 1, 1)  # 9


@dataclass(frozen=True)
class Switches:
    """What the texts leave open (13), at its defaults; of ozone and PM in the index only that of 2012 does (4.1)."""

    sub_index_half_up: bool = False
    daily_o3_uses_1h: bool = False
    hourly_pm_24h: bool = False
    hourly_o3_uses_8h: bool = False
    index_at_least_one: bool = False
    attainment_exact: bool = False
    means_of_exact_days: bool = False
    composite_sum_first: bool = False


@dataclass(frozen=True)
class Days:
    """Days from `first` on: published values, values before rounding, the largest hour of ozone."""

    first: dt.date
    published: Series
    exact: Series
    ozone_hour: list[Value]

    def __len__(self) -> int:
        return len(self.ozone_hour)

    def date(self, i: int) -> dt.date:
        return self.first + dt.timedelta(days=i)

    @property
    def last(self) -> dt.date:
        return self.date(len(self) - 1)


@dataclass(frozen=True)
class Case:
    """What figures are made of. `earlier` are the days of the two years before, the last first."""

    days: Days
    hours: Series
    earlier: list[Days] = field(default_factory=list)
    without_events: Days | None = None
    area_class: str = "II"
    not_monitored: tuple[str, ...] = ()
    mode: str = "by_date"
    since: dt.date = SINCE
    switches: Switches = field(default_factory=Switches)


# --- editions, rounding ---


def phase_on(day: dt.date, mode: str) -> str:
    """Limits that hold on a day (0.1, 2.1); a mode takes one set for all days (10)."""
    if mode != "by_date":
        return {"all_2012": "2012", "all_2026": "transitional", "all_2031": "final"}[mode]
    return "2012" if day < NEW_STANDARDS else "transitional" if day < FINAL_LIMITS else "final"


def edition_on(day: dt.date, mode: str) -> str:
    """Edition of HJ 633 and HJ 663 that holds on a day (0.1); nothing changes in 2031 (4.1, 2)."""
    return "2012" if phase_on(day, mode) == "2012" else "2026"


def rounded(value: Fraction, decimals: int) -> Fraction:
    """Half to even, once (7.1)."""
    scaled = abs(value) * 10**decimals
    whole = scaled.numerator // scaled.denominator
    rest = scaled - whole
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1):
        whole += 1
    return Fraction(whole if value >= 0 else -whole, 10**decimals)


def text(value: Fraction, decimals: int) -> str:
    """Print a value rounded to decimals; what is rounded to zero has no sign."""
    units = int(rounded(value, decimals) * 10**decimals)
    digits = str(abs(units)).rjust(decimals + 1, "0")
    number = digits if decimals == 0 else f"{digits[:-decimals]}.{digits[-decimals:]}"
    return f"-{number}" if units < 0 else number


# --- the air quality index ---


@functools.cache
def sub_index(edition: str, column: str, concentration: Fraction, half_up: bool) -> int | None:
    """Formula 1, rounded up (3.2, 4.2); None where a table hands over to another item (3.1, notes 2 and 3)."""
    nodes = BREAKPOINTS[edition][column]
    c = rounded(concentration, 1 if column in ("co", "co_1h") else 0)  # 4.1, 6
    if c > nodes[-1]:
        if edition == "2012" and column in ("so2_1h", "o3"):
            return None
        return INDEX[len(nodes) - 1]  # 500; of 2026, notes b and c: 200 and 300
    for low in range(len(nodes) - 1):
        if c <= nodes[low + 1]:
            part = (c - nodes[low]) / (nodes[low + 1] - nodes[low])
            exact = INDEX[low] + part * (INDEX[low + 1] - INDEX[low])
            return math.floor(exact + Fraction(1, 2)) if half_up else math.ceil(exact)
    raise AssertionError("below 0")


@dataclass(frozen=True)
class Index:
    """Index of a day or an hour, None where none is published, and its primary pollutants."""

    aqi: int | None
    primary: frozenset[str]
    subs: dict[str, int | None]

    @property
    def level(self) -> int | None:
        """Level 1 to 6 (3.4)."""
        if self.aqi is None:
            return None
        for number, up_to in ((1, 50), (2, 100), (3, 150), (4, 200), (5, 300)):
            if self.aqi <= up_to:
                return number
        return 6

    def is_kind(self, kind: str) -> bool:
        """Whether there is an index and it is good (5.5), heavy (5.5) or exceeding (3.2)."""
        if self.aqi is None:
            return False
        return {"good": self.aqi <= 100, "heavy": self.aqi > 200, "exceeding": self.aqi > 100}[kind]


def index_of(subs: list[tuple[str, int | None]], *, publish_rest: bool, case: Case) -> Index:
    """Index from pairs of an item and a sub-index (3.2, 4.1).

    With an item missing, only one above 100 is published (4.1, 11), unless the item is not monitored by plan, or
    `publish_rest` where the others are taken.
    """
    largest: dict[str, int | None] = {}
    for item, sub in subs:
        before = largest.get(item)
        largest[item] = before if sub is None else sub if before is None else max(sub, before)
    there = [sub for _, sub in subs if sub is not None]
    if not there:
        return Index(None, frozenset(), largest)
    aqi = max(there)
    missing = [item for item, sub in subs if sub is None and item not in case.not_monitored]
    if missing and aqi <= 100 and not publish_rest:
        return Index(None, frozenset(), largest)
    primary = frozenset(item for item, sub in subs if sub == aqi) if aqi > 50 else frozenset()
    return Index(max(aqi, 1) if case.switches.index_at_least_one else aqi, primary, largest)


def index_of_day(days: Days, i: int, case: Case) -> Index:
    """Index of a day from the published values (3.3, 4.1)."""
    edition, half_up = edition_on(days.date(i), case.mode), case.switches.sub_index_half_up

    def sub(column: str, value: Value) -> int | None:
        return None if value is None else sub_index(edition, column, value, half_up)

    ozone_hour = sub("o3_1h", days.ozone_hour[i])
    subs: list[tuple[str, int | None]] = []
    for item in ITEMS:
        value = days.published[item][i]
        found = sub(item, value)
        if item == "o3" and value is not None and found is None:
            found = ozone_hour  # 3.1, note 3
        subs.append((item, found))
    if case.switches.daily_o3_uses_1h and edition == "2012":
        subs.append(("o3", ozone_hour))
    return index_of(subs, publish_rest=False, case=case)


def mean_before(values: list[Value], hour: int, n: int, least: int) -> Value:
    """Mean of the n hours that end with an hour; None with fewer than `least` valid (2.3)."""
    window = [v for v in values[max(hour - n + 1, 0) : hour + 1] if v is not None]
    return sum(window, Fraction(0)) / len(window) if len(window) >= least else None


def index_of_hour(day: dt.date, hour: int, case: Case) -> Index:
    """Real-time index (3.3, 4.1): six 1-hour means, PM on the table of the day.

    By practice (0.2) an hour of 2012 takes the items that are there.
    """
    edition, switches = edition_on(day, case.mode), case.switches

    def sub(column: str, value: Value) -> int | None:
        return None if value is None else sub_index(edition, column, value, switches.sub_index_half_up)

    subs: list[tuple[str, int | None]] = []
    for item in ITEMS:
        value = case.hours[item][hour]
        if item in ("pm10", "pm25"):
            if switches.hourly_pm_24h and edition == "2012":
                value = mean_before(case.hours[item], hour, 24, 20)
            subs.append((item, sub(item, value)))
            continue
        found = sub(f"{item}_1h", value)
        if item == "so2" and value is not None and found is None:
            found = sub("so2", mean_before(case.hours[item], hour, 24, 20))  # 3.1, note 2
        subs.append((item, found))
        if item == "o3" and switches.hourly_o3_uses_8h and edition == "2012":
            moving = mean_before(case.hours[item], hour, 8, 6)
            of_window = sub("o3", moving)
            if moving is not None and of_window is None:
                of_window = found  # 3.1, note 3
            subs.append((item, of_window))
    return index_of(subs, publish_rest=edition == "2012", case=case)
