"""Areas of air: how many stations are expected."""

import datetime as dt

import msgspec

from ingestor.derivation.air_days import Area
from ingestor.derivation.spans import Span
from tests.air_world import start_of, stations

DAY = dt.timedelta(days=1)


def test_expected_stations_are_those_expected_on_each_day_that_measure_the_quantity() -> None:
    first = dt.date(2020, 2, 27)
    whole = Span(first, start_of(str(first)), 5)
    ends = [None, first - DAY, first, first + DAY, first + 4 * DAY, first + 5 * DAY, first + 9 * DAY]
    (one,) = stations(1)
    members = [
        msgspec.structs.replace(one, since=since, until=until, not_monitored=("co",) if since == first else ())
        for since in ends
        for until in ends
        if since is None or until is None or since < until
    ]
    area = Area("city_air", "c", False, members)
    for quantity in ("pm25", "co"):
        measuring = [s for s in members if quantity not in s.not_monitored]
        days = [first + i * DAY for i in range(5)]
        assert area.expected(quantity, whole).tolist() == [sum(s.expected_on(d) for s in measuring) for d in days]
    assert Area("city_air", "c", False, []).expected("co", whole).tolist() == [0] * 5
