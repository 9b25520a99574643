"""Which files of an import on a cluster must be stored one after the other."""

from ingestor.backfill.importing import Head
from ingestor.cluster.importing import earlier_of_same_times

A: Head = ("air", "a01", 3600)
B: Head = ("air", "b01", 3600)


def test_files_of_the_same_series_and_times_are_stored_in_their_order() -> None:
    files = [{A: (0, 100)}, {B: (0, 100)}, {A: (100, 200), B: (500, 600)}, {A: (201, 300)}, {A: (50, 250)}]
    assert earlier_of_same_times(files) == [set(), set(), {0}, set(), {0, 2, 3}]


def test_other_periods_of_a_station_are_other_series() -> None:
    assert earlier_of_same_times([{A: (0, 9)}, {("air", "a01", 300): (0, 9)}]) == [set(), set()]
