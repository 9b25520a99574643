"""Numbers of the method of outlooks. They are of no standard: back-tests chose them (`docs/outlook.md`).

`tests/benchmarks/outlook_backtest.py` tells on which cities and years they were chosen, and how they do on others.
"""

from typing import Final

import msgspec

MEMBERS: Final = 1000
"""How many rests of a year are drawn."""
SEED: Final = 20_200_408
"""Seed of all draws; with it go the year and the day, so that an outlook comes out the same again."""
LOW, HIGH = 10, 90
"""Percentiles that bound the central 80 % range. [%]"""

EARLIER_YEARS: Final = 5
"""So many years before are drawn from at most."""
MIN_SHARE: Final = 0.75
"""An earlier year counts where at least this share of the rest of the year is valid in it. [-]"""
BLOCK_DAYS: Final = 20
"""Length of the blocks that are drawn whole. [d]"""
REACH_DAYS: Final = 15
"""A block begins at most so many days before or after the calendar day that it stands for. [d]"""

LEVEL_DAYS: Final = 90
"""This year's level against an earlier year's is taken over so many of the last days at most. [d]"""
MIN_PAIRS: Final = 20
"""Least days that both years have of them; below, the levels are taken as alike. [d]"""
MIN_SPAN: Final = 30
"""Least days that `Spread.day` is divided by. [d]"""


class Spread(msgspec.Struct, frozen=True):
    """How a quantity's levels differ from one year to the other, as natural logarithms.

    `kept` is the part of the difference so far that goes on in the rest of the year. What goes on differently has the
    variance `year` ** 2 + `day` ** 2 / d for a rest of d days, and that of the mean of n earlier years 1/n of it more.
    """

    kept: float
    year: float
    day: float


AIR: Final[dict[str, Spread]] = {
    "pm25": Spread(0.3, 0.07, 1.0),
    "pm10": Spread(0.3, 0.07, 1.0),
    "so2": Spread(0.5, 0.14, 1.0),
    "no2": Spread(0.3, 0.07, 0.75),
    "co": Spread(0.3, 0.09, 0.75),
    "o3": Spread(0.3, 0.07, 0.75),
}
"""Of the daily values of air."""

SEASON_DAYS: Final = 30
"""Today is held against the days so near to its calendar day in earlier years. [d]"""
RECENT_DAYS: Final = 60
"""And against so many days before it. [d]"""
NEAR_HOURS: Final = 3
"""The level of now is that of so many last hours. [h]"""
WIDTH: Final = 0.5
"""A day whose levels differ by so much weighs exp(-1/2) of one that is alike. [natural logarithm]"""
KEPT: Final = 0.7
"""Part of the difference of levels that goes on in the remaining hours. [-]"""
FLOOR: Final = 0.1
"""Levels below count as this, so that they have a logarithm. [ug/m3; CO mg/m3]"""
MIN_DAYS: Final = 20
"""Least earlier days that a chance is given by. [d]"""

NOISE: Final = Spread(0.5, 0.4, 3.0)
"""Of the levels of days and nights of a monitor, in dB in place of logarithms. [dB]"""

WATER_MEMBERS: Final = 200
"""How many rests of a year are drawn of water, whose figures are made one by one."""
WATER_KEPT: Final = 0.5
"""Part of the difference of levels of an item of a section that goes on, as a natural logarithm; not tried out. [-]"""
PRIOR: Final = 0.25
"""So many days that end as a good day, and as many that do not, are added to those that were found. [d]"""
WATER_RANGE_YEARS: Final = 3
"""Least earlier years that a range of water is given by."""
