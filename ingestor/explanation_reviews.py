"""Reviews that a figure rests on: who took values out, brought them in or doubts them, why, and how many values."""

import datetime as dt

import msgspec

from aggregations.indicators import Indicator
from aggregations.periods import DAY, Period
from ingestor.config import Config
from ingestor.derivation.stale import by_station
from ingestor.scopes import Scope
from ingestor.store import Tables
from sensors.reviews import ALL, Action, Readings, deciding_at


class ReviewUsed(msgspec.Struct, frozen=True, kw_only=True):
    """A review in force about readings of a figure's stations in its period; times in the city's zone.

    `values` counts the readings of the period for which it holds; where another one holds that was entered later, it
    does not.
    """

    id: int
    at: dt.datetime
    by: str
    reason: str
    action: Action
    station: str
    quantities: tuple[str, ...]
    readings: Readings
    from_: dt.datetime = msgspec.field(name="from")
    to: dt.datetime
    values: int


def reviews_used(
    config: Config, store: Tables, indicator: Indicator, where: Scope, period: Period
) -> list[ReviewUsed]:  # fmt: skip
    """Return the reviews about what an indicator is computed from, in the order of their entry."""
    start, end = config.start_of(period.first), config.start_of(period.last + DAY)
    zone = dt.timezone(dt.timedelta(seconds=config.offset_s))
    reviews = by_station(store.reviews())
    found = []
    for station in () if indicator.of_surveys else where.stations[indicator.medium]:
        of_it = reviews.get((station.medium, station.id), [])
        for each in of_it:
            names = set(indicator.quantities)
            about = not names or ALL in each.quantities or names & set(each.quantities)
            first, until = max(each.from_s, start), min(each.until_s, end)
            if not about or first >= until:
                continue
            raw = store.raw_of(station.medium, [station.id], first, until)
            values = sum(
                int((deciding_at(of_it, key.quantity, key.period_s, series.times) == each.id).sum())
                for key, series in raw.items()
                if not names or key.quantity in names
            )
            found.append(
                ReviewUsed(
                    id=each.id,
                    at=dt.datetime.fromtimestamp(int(each.at), zone),
                    by=each.by,
                    reason=each.reason,
                    action=each.action,
                    station=station.id,
                    quantities=each.quantities,
                    readings=each.readings,
                    from_=dt.datetime.fromtimestamp(each.from_s, zone),
                    to=dt.datetime.fromtimestamp(each.until_s, zone),
                    values=values,
                )
            )
    return sorted(found, key=lambda each: each.id)
