"""Reviews: which values they are about, which of several holds, how they are read from a file."""

import numpy as np
import pytest

from ingestor.config import Config
from sensors import reviews
from sensors.errors import ConfigError
from sensors.reviews import CODES, NONE, Action, Review

HOUR = 3600
HEADER = ",".join(reviews.COLUMNS)
OUT, IN, DOUBT = (CODES[action] for action in ("invalidate", "restore", "flag"))


def review(first: int, until: int, action: Action = "invalidate", **more: object) -> Review:
    fields: dict[str, object] = {
        "medium": "air", "station": "sz-a01", "quantities": ("pm25",), "reason": "checked", "by": "li",
    }  # fmt: skip
    return Review(from_s=first, until_s=until, action=action, **(fields | more))  # type: ignore[arg-type]


def actions(*of: Review, period_s: int = HOUR) -> list[int]:
    return reviews.actions_at(of, "pm25", period_s, np.arange(5) * HOUR).tolist()


def test_review_is_about_values_from_its_start_up_to_but_not_its_end() -> None:
    assert actions(review(HOUR, 3 * HOUR)) == [NONE, OUT, OUT, NONE, NONE]
    assert actions(review(HOUR + 1, 3 * HOUR + 1)) == [NONE, NONE, OUT, OUT, NONE]


def test_review_entered_later_holds_where_two_overlap() -> None:
    first, second = review(0, 3 * HOUR), review(2 * HOUR, 4 * HOUR, "restore")
    assert actions(first, second) == [OUT, OUT, IN, IN, NONE]
    assert actions(second, first) == [OUT, OUT, OUT, IN, NONE]


def test_review_of_all_quantities_and_one_of_another() -> None:
    assert actions(review(0, HOUR, quantities=("all",))) == [OUT, NONE, NONE, NONE, NONE]
    assert actions(review(0, HOUR, quantities=("o3", "co"))) == [NONE] * 5


@pytest.mark.parametrize(
    ("readings", "period_s", "meant"),
    [("all", 0, True), ("all", 60, True), ("manual", 0, True), ("manual", 60, False), ("automatic", 0, False),
     ("automatic", 60, True)],
)  # fmt: skip
def test_review_may_be_about_grab_samples_only_or_about_all_others(readings: str, period_s: int, meant: bool) -> None:
    assert review(0, 1, readings=readings).covers("pm25", period_s) == meant


def test_deciding_review_is_told_for_each_value() -> None:
    of = [review(0, 3 * HOUR, id=4), review(2 * HOUR, 4 * HOUR, "flag", id=7)]
    assert reviews.deciding_at(of, "pm25", HOUR, np.arange(5) * HOUR).tolist() == [4, 4, 7, 7, 0]


def test_what_was_undone_is_not_in_force_nor_is_its_undoing() -> None:
    first, second = review(0, 1, id=1), review(0, 2, id=2)
    undoing = review(0, 1, id=3, undoes=1)
    assert reviews.in_force([first, second, undoing]) == [second]


def hours(*of: Review, action: Action, whole: bool, start: int = 0) -> list[bool]:
    found: list[bool] = reviews.hours_with(of, "pm25", action, start=start, n_hours=4, whole=whole).tolist()
    return found


def test_hour_is_restored_where_a_review_covers_the_whole_of_it() -> None:
    half = review(HOUR // 2, 3 * HOUR, "restore")
    assert hours(half, action="restore", whole=True) == [False, True, True, False]
    other = review(0, HOUR // 2, "restore")
    assert hours(half, other, action="restore", whole=True) == [True, True, True, False]
    later = review(HOUR, HOUR + 60)
    assert hours(half, later, action="restore", whole=True) == [False, False, True, False]


def test_hour_is_doubted_where_a_review_flags_a_moment_of_it() -> None:
    assert hours(review(HOUR - 1, HOUR + 1, "flag"), action="flag", whole=False) == [True, True, False, False]
    assert hours(review(-9 * HOUR, 99 * HOUR, "flag"), action="flag", whole=False) == [True] * 4
    assert hours(review(9 * HOUR, 99 * HOUR, "flag"), action="flag", whole=False) == [False] * 4
    assert hours(action="flag", whole=False) == [False] * 4


# --- from a file


def parse(loaded: Config, *lines: str, header: str = HEADER) -> list[Review]:
    found = reviews.parse(
        "\n".join([header, *lines]),
        stations=loaded.register.stations,
        quantities=loaded.quantities,
        offset_s=loaded.offset_s,
        file="r.csv",
    )
    return list(found.values())


def test_file_gives_its_reviews_in_order_with_local_times(shipped: Config) -> None:
    air, water = parse(
        shipped,
        "sz-a01,pm25;pm10,2026-10-03T08:00,2026-10-03 12:30,invalidate,calibration,li",
        "sz-w01,all,2026-10-01,2026-10-02T00:00:00Z,flag,storm,王",
    )
    midnight = 1_790_956_800  # 2026-10-03T00:00+08:00
    assert (air.medium, air.quantities, air.readings) == ("air", ("pm25", "pm10"), "all")
    assert (air.from_s - midnight, air.until_s - midnight) == (8 * HOUR, 12 * HOUR + HOUR // 2)
    assert (water.medium, water.quantities, water.by) == ("water", ("all",), "王")
    assert (water.from_s - midnight, water.until_s - midnight) == (-48 * HOUR, -16 * HOUR)


def test_file_may_say_medium_and_readings(shipped: Config) -> None:
    (found,) = parse(
        shipped, "sz-w01,tp,2026-10-01,2026-10-02,restore,seen,li,water,manual", header=f"{HEADER},medium,readings"
    )
    assert found.readings == "manual"


GOOD = ["sz-a01", "pm25", "2026-10-03", "2026-10-04", "invalidate", "why", "li"]


@pytest.mark.parametrize(
    ("place", "field", "expected"),
    [
        (0, "sz-a99", "line 3: station: expected a station of the register, got 'sz-a99'"),
        (1, "pm3", "line 3: quantity: expected all, or quantities of air (pm25,"),
        (1, "pm25;pm25", "line 3: quantity: expected each once, got 'pm25' again"),
        (1, "pm25;all", "line 3: quantity: expected all, or quantities of air"),
        (2, "2026-10-32", "line 3: from: expected 2026-10-03 or 2026-10-03T08:00, got '2026-10-32'"),
        (2, "3/10/2026", "line 3: from: expected 2026-10-03 or 2026-10-03T08:00"),
        (3, "2026-10-03T08", "line 3: to: expected 2026-10-03 or 2026-10-03T08:00"),
        (3, "9999-12-31", "line 3: to: expected 2026-10-03 or 2026-10-03T08:00"),
        (3, "2026-10-03", "line 3: to: expected a time after from 2026-10-03, got '2026-10-03'"),
        (4, "delete", "line 3: action: expected one of invalidate, restore, flag, got 'delete'"),
        (5, "", "line 3: reason: expected a text of one line, up to 500 characters, got ''"),
        (6, " ", "line 3: by: expected a text of one line"),
        (6, "a\x1b[31m", "line 3: by: expected a text of one line"),
    ],
)
def test_file_is_refused_with_its_line(place: int, field: str, expected: str, shipped: Config) -> None:
    row = [*GOOD[:place], field, *GOOD[place + 1 :]]
    with pytest.raises(ConfigError) as error:
        parse(shipped, ",".join([*GOOD[:4], "flag", "w", "li"]), ",".join(row))
    assert f"r.csv: {expected}" in str(error.value)


@pytest.mark.parametrize(("station", "medium"), [("sz-a01", "air"), ("sz-n01", "noise")])
def test_review_of_manual_readings_is_of_water_alone(station: str, medium: str, shipped: Config) -> None:
    row = f"{station},all,2026-10-01,2026-10-02,flag,why,li"
    (found,) = parse(shipped, f"{row},automatic", header=f"{HEADER},readings")
    assert found.readings == "automatic"
    with pytest.raises(ConfigError) as error:
        parse(shipped, f"{row},manual", header=f"{HEADER},readings")
    assert f"r.csv: line 2: readings: expected all or automatic for {medium}, which has" in str(error.value)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "r.csv: expected at least one review, got none"),
        ([",".join(GOOD)] * 2, "r.csv: line 3: expected each review once, got that of line 2 again"),
        ([",".join(GOOD[:-1])], "r.csv: line 2: expected 7 fields, got 6"),
    ],
)
def test_file_without_reviews_or_with_one_twice_is_refused(lines: list[str], expected: str, shipped: Config) -> None:
    with pytest.raises(ConfigError, match=expected):
        parse(shipped, *lines)
