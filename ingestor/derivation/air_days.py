"""Days of stations, districts and cities: exact values, each day by its editions."""

from collections.abc import Iterator
from fractions import Fraction

import msgspec
import numpy as np

from aggregations import air
from aggregations.air import MISSING, StationDays
from aggregations.air.hours import Hours
from aggregations.periods import DAY, Period
from aggregations.rounding import IntArray, divide_half_even
from aggregations.standards import AirEvaluation, AirLimits, AreaClass
from ingestor.config import Config
from ingestor.derivation.spans import HOURS, Span
from sensors.register import Station


class Days(msgspec.Struct, frozen=True):
    """Days of a station or an area: exact values [micros] and what they count, by quantity; (n_days,) each."""

    exact: dict[str, list[Fraction | None]]
    counts: dict[str, IntArray]
    ozone_hour_max: IntArray


def station_days(config: Config, station: Station, whole: Span, hours: dict[str, Hours]) -> dict[str, StationDays]:
    """Daily values of a station by quantity, each day by its editions."""
    staged = config.staged(station.city)
    parts: dict[str, list[StationDays]] = {quantity: [] for quantity in air.QUANTITIES}
    for cut, limits in config.standards.runs(AirLimits, whole.period, staged=staged):
        part = Period(whole.first + cut.start * DAY, whole.first + (cut.stop - 1) * DAY)
        for inner, evaluation in config.standards.runs(AirEvaluation, part, staged=staged):
            days = slice(cut.start + inner.start, cut.start + inner.stop)
            for quantity in air.QUANTITIES:
                micros = hours[quantity].micros.reshape(-1, HOURS)[days]
                valid = hours[quantity].valid.reshape(-1, HOURS)[days]
                if quantity == air.OZONE:
                    found = air.ozone_daily_max_8h(
                        micros, valid, limits=limits, evaluation=evaluation, area_class=station.area_class
                    )
                else:
                    found = air.daily_mean(micros, valid, min_hours=limits.day_min_hours)
                parts[quantity].append(found)
    return {quantity: _joined(each) for quantity, each in parts.items()}


CITY_TABLES = "city_air"
"""Beginning of the names of the tables of cities."""


class Area(msgspec.Struct, frozen=True):
    """What rows are derived for: `tables` is the beginning of their names, `key` their key.

    `members` are the registered stations that it is averaged from, or the one station that it is.
    """

    tables: str
    key: str
    staged: bool
    members: list[Station]

    @property
    def not_monitored(self) -> tuple[str, ...]:
        """Quantities that none of the stations measures by plan."""
        return tuple(q for q in air.QUANTITIES if self.members and all(q in s.not_monitored for s in self.members))

    @property
    def area_class(self) -> AreaClass:
        """Class of GB 3095 whose limits hold: I where all stations lie in areas of class I; of cities always II."""
        in_class_one = self.members and all(s.area_class == "I" for s in self.members)
        return "I" if in_class_one and self.tables != CITY_TABLES else "II"

    def expected(self, quantity: str, whole: Span) -> IntArray:
        """Return the number of stations of which a quantity is expected on each day. (n_days,)"""
        changes = np.zeros(whole.n + 1, dtype=np.int64)
        for station in self.members:
            if quantity not in station.not_monitored:
                first = (station.since - whole.first).days if station.since else 0
                after = (station.until - whole.first).days if station.until else whole.n
                first, after = (min(max(0, n), whole.n) for n in (first, after))
                if first < after:
                    changes[first] += 1
                    changes[after] -= 1
        return changes[:-1].cumsum()


HoursOfStations = dict[str, dict[str, IntArray]]
"""Hour means by station and quantity, (n_hours,), MISSING where not valid. [micros]"""


def averaged(stations: list[Station]) -> list[Station]:
    """Return the stations that enter the value of a city or a district: those whose role is assessment."""
    return [station for station in stations if station.role == "assessment"]


def areas(config: Config, city: str) -> Iterator[Area]:
    """Yield the districts of a city and the city itself."""
    stations = averaged(config.register.of("air", city))
    staged = config.staged(city)
    for district in dict.fromkeys(s.district for s in stations if s.district):
        inside = [s for s in stations if s.district == district]
        yield Area("district_air", f"{city}/{district}", staged, inside)
    yield Area(CITY_TABLES, city, staged, stations)


def area_days(
    config: Config, area: Area, whole: Span, days: dict[str, dict[str, StationDays]], hours: HoursOfStations
) -> Days:
    """Days of an area from those of its stations; `days` holds, by id, the stations that have readings.

    `hours` are asked for only where the edition takes ozone from the mean hours of the stations.

    References
    ----------
    .. [1] HJ 663-2013, 6.1 (recalled): mean of the stations' daily values.
    """
    exact: dict[str, list[Fraction | None]] = {}
    counts: dict[str, IntArray] = {}
    present = [days[s.id] for s in area.members if s.id in days]
    for quantity in air.QUANTITIES:
        expected = area.expected(quantity, whole).tolist()
        stations = [each[quantity] for each in present]
        values: list[Fraction | None] = []
        for cut, evaluation in config.standards.runs(AirEvaluation, whole.period, staged=area.staged):
            if quantity == air.OZONE and evaluation.city_ozone == "maximum_of_city_hours":
                values += _ozone_of_mean_hours(config, area, whole, cut, evaluation, hours)
            else:
                rounds = evaluation.city_day_from == "rounded_station_days"
                used = [_rounded(s, evaluation.decimals[quantity]) for s in stations] if rounds else stations
                values += air.city_days([_cut(each, cut) for each in used], expected[cut], evaluation)
        exact[quantity] = values
        counts[quantity] = np.sum([s.valid for s in stations], axis=0)
    return Days(exact, counts, _mean_hour_max(config, area, whole, [each[air.OZONE].hour_max for each in present]))


def _mean_hour_max(config: Config, area: Area, whole: Span, maxima: list[IntArray]) -> IntArray:
    """Mean of the stations' largest hours of ozone, MISSING where too few stations have one; (n_days,) [micros]"""
    largest = np.stack(maxima)
    there = largest != MISSING
    n = there.sum(axis=0)
    mean = divide_half_even(np.where(there, largest, 0).sum(axis=0), np.maximum(n, 1))
    pairs = list(zip(n.tolist(), area.expected(air.OZONE, whole).tolist(), strict=True))
    enough = np.zeros(whole.n, dtype=np.bool_)
    for cut, evaluation in config.standards.runs(AirEvaluation, whole.period, staged=area.staged):
        enough[cut] = [air.enough_stations(valid, expected, evaluation) for valid, expected in pairs[cut]]
    return np.where(enough, mean, MISSING)


def area_hours(
    config: Config, area: Area, whole: Span, hours: HoursOfStations
) -> tuple[dict[str, IntArray], dict[str, IntArray]]:
    """Hour means of an area by quantity, MISSING where too few stations are valid, and how many are. [micros]"""
    values: dict[str, IntArray] = {}
    counts: dict[str, IntArray] = {}
    for quantity in air.QUANTITIES:
        parts = []
        for cut, evaluation in config.standards.runs(AirEvaluation, whole.period, staged=area.staged):
            micros, counts[quantity] = _mean_hours(area, quantity, whole, evaluation, hours)
            parts.append(micros.reshape(-1, HOURS)[cut])
        values[quantity] = np.concatenate(parts).ravel()
    return values, counts


def _ozone_of_mean_hours(
    config: Config, area: Area, whole: Span, cut: slice, evaluation: AirEvaluation, hours: HoursOfStations
) -> list[Fraction | None]:
    """Daily maximum of the mean hours of the stations: the other choice of `city_ozone`."""
    micros, _ = _mean_hours(area, air.OZONE, whole, evaluation, hours)
    series = micros.reshape(-1, HOURS)[cut]
    limits = config.standards.on(AirLimits, whole.first + cut.start * DAY, staged=area.staged)
    found = air.ozone_daily_max_8h(
        series, series != MISSING, limits=limits, evaluation=evaluation, area_class=area.area_class
    )
    return _fractions(found)


def _mean_hours(
    area: Area, quantity: str, whole: Span, evaluation: AirEvaluation, hours: HoursOfStations
) -> tuple[IntArray, IntArray]:
    """Mean of the stations' hours, kept to a millionth of the unit, and how many stations are valid; (n_hours,)."""
    micros = np.stack([hours[s.id][quantity] for s in area.members if s.id in hours])
    valid = micros != MISSING
    n = valid.sum(axis=0)
    mean = divide_half_even(np.where(valid, micros, 0).sum(axis=0), np.maximum(n, 1))
    expected = np.repeat(area.expected(quantity, whole), HOURS)
    enough = np.zeros((n.max(initial=0) + 1, expected.max(initial=0) + 1), dtype=np.bool_)
    for pair in {*zip(n.tolist(), expected.tolist(), strict=True)}:
        enough[pair] = air.enough_stations(*pair, evaluation)
    return np.where(enough[n, expected], mean, MISSING), n


def of_station(days: dict[str, StationDays]) -> Days:
    """Days of a station as those of an area are kept."""
    exact = {quantity: _fractions(each) for quantity, each in days.items()}
    return Days(exact, {q: each.hours for q, each in days.items()}, days[air.OZONE].hour_max)


def _fractions(days: StationDays) -> list[Fraction | None]:
    rows = zip(days.sums.tolist(), days.counts.tolist(), days.valid.tolist(), strict=True)
    return [Fraction(s, c) if ok else None for s, c, ok in rows]


def _rounded(days: StationDays, decimals: int) -> StationDays:
    """Station days as published, so that they are averaged as rounded values."""
    values = air.published(days, decimals)
    return StationDays(values, np.ones_like(days.counts), days.valid, days.hours, days.hour_max)


def _cut(days: StationDays, cut: slice) -> StationDays:
    return StationDays(*(getattr(days, name)[cut] for name in StationDays.__struct_fields__))


def _joined(parts: list[StationDays]) -> StationDays:
    return StationDays(*(np.concatenate([getattr(p, f) for p in parts]) for f in StationDays.__struct_fields__))
