"""Outlooks of air on years made by hand: what is drawn, how it is judged, when there is none."""

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest

from aggregations.air.days import MISSING, QUANTITIES
from aggregations.indicators import INDICATORS, AirDays, Facts
from aggregations.outlook import Outlook, method
from aggregations.outlook.air import leaves_events_out, members_of, outlook_of, years_for
from aggregations.outlook.blocks import draw, level_ratio, same_days, spread_of, usable_years
from aggregations.outlook.chances import Held, of_members
from aggregations.outlook.method import Spread
from aggregations.periods import Period, year
from aggregations.rounding import MICRO
from aggregations.standards import AirEvents, Standards
from ingestor.config import Config

CLEAN = {"so2": 10.0, "no2": 20.0, "co": 0.6, "o3": 80.0, "pm10": 40.0, "pm25": 30.0}
NEVER = Held("<=", Decimal(0))


@pytest.fixture
def standards(shipped: Config) -> Standards:
    return shipped.standards


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a level goes on, and no year has anything of its own: the rest is as the earlier days were."""
    monkeypatch.setattr(method, "AIR", dict.fromkeys(QUANTITIES, Spread(0.0, 0.0, 0.0)))


def facts(
    number: int, standards: Standards, values: dict[str, Any] | None = None, *, days: slice | None = None
) -> Facts:
    """A calendar year; a value is one for all days or an array of them; `days`: only these have values."""
    period = year(number)
    found = {}
    for q, value in (CLEAN | (values or {})).items():
        whole = np.full(len(period), MISSING, dtype=np.int64)
        given = np.broadcast_to(np.asarray(value, dtype=float), (len(period),))
        whole[days or slice(None)] = np.rint(given * MICRO).astype(np.int64)[days or slice(None)]
        found[q] = whole
    counts = {q: (each != MISSING).astype(np.int64) for q, each in found.items()}
    air = AirDays(found, {}, counts, found["o3"])
    return Facts(scope="city:x", period=period, standards=standards, staged=False, air=air)


def outlook(
    name: str, so_far: Facts, earlier: dict[int, Facts], as_of: dt.date, held: Held = NEVER, *,
    quantities: tuple[str, ...] = ("pm25",), seed: int = method.SEED,
) -> Outlook:  # fmt: skip
    years = years_for(so_far, earlier, as_of, quantities)
    members = members_of(so_far, earlier, as_of, years, members=80, seed=seed) if years else None
    return outlook_of(name, "ug/m3", members, held, None)


# --- which days ---


def test_the_end_of_february_of_a_leap_year_is_the_28th_of_others() -> None:
    days = Period(dt.date(2020, 2, 27), dt.date(2020, 3, 1))
    assert same_days(days, 2019).tolist() == [57, 58, 58, 59]
    assert same_days(days, 2016).tolist() == [57, 58, 59, 60]
    assert same_days(Period(dt.date(2019, 2, 28), dt.date(2019, 3, 1)), 2020).tolist() == [58, 60]


@pytest.mark.parametrize("first", [dt.date(2020, 1, 2), dt.date(2020, 7, 1), dt.date(2020, 12, 31)])
def test_blocks_are_whole_near_their_day_and_inside_their_year(first: dt.date) -> None:
    rest = Period(first, dt.date(2020, 12, 31))
    years = [2016, 2018, 2019]
    of_year, place = draw(np.random.default_rng(1), rest, years, members=50)
    assert of_year.shape == place.shape == (50, len(rest))
    inside = np.arange(len(rest)) % method.BLOCK_DAYS != 0
    assert (np.diff(of_year, axis=1)[:, inside[1:]] == 0).all()
    assert (np.diff(place, axis=1)[:, inside[1:]] == 1).all()
    assert place.min() >= 0
    lengths = np.array([len(year(y)) for y in years])
    assert (place < lengths[of_year]).all()
    due = np.stack([same_days(rest, y) for y in years])
    # A leap day within a block puts it one day off; a block that would leave its year is moved inside.
    assert np.abs(place - due[of_year, np.arange(len(rest))]).max() <= method.REACH_DAYS + method.BLOCK_DAYS
    assert set(np.unique(of_year)) == {0, 1, 2}


def test_a_year_counts_with_three_quarters_of_the_days_to_come() -> None:
    rest = Period(dt.date(2020, 9, 23), dt.date(2020, 12, 31))  # 100 days
    valid = {y: np.zeros(365, dtype=bool) for y in (2017, 2018, 2019)}
    valid[2017][265:] = True
    valid[2018][265:340] = True
    valid[2019][265:339] = True
    assert usable_years(valid, rest) == [2017, 2018]


def test_the_last_years_are_taken() -> None:
    valid = {y: np.ones(366 if y % 4 == 0 else 365, dtype=bool) for y in range(2008, 2020)}
    assert usable_years(valid, Period(dt.date(2020, 7, 1), dt.date(2020, 12, 31))) == [2015, 2016, 2017, 2018, 2019]


def test_levels_are_compared_on_the_last_days_of_both_years() -> None:
    now, before = np.full(200, 40.0), np.full(200, 20.0)
    now[:110] = 1000.0
    assert level_ratio(now, before) == pytest.approx(np.log(2))
    before[5:] = np.nan
    assert level_ratio(now, before) == 0.0


# --- final values ---


@pytest.mark.usefixtures("plain")
def test_the_final_mean_is_of_real_days_and_days_of_the_year_before(standards: Standards) -> None:
    found = outlook(
        "air.annual_mean.pm25", facts(2020, standards, {"pm25": 40.0}), {2019: facts(2019, standards, {"pm25": 80.0})},
        dt.date(2020, 6, 30),
    )  # fmt: skip
    # 182 days of 40 and 184 of 80: 60.1
    assert (found.low, found.central, found.high) == (Decimal(60), Decimal(60), Decimal(60))
    assert found.years == [2019]


def test_what_is_kept_of_the_level_goes_on(standards: Standards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "AIR", dict.fromkeys(QUANTITIES, Spread(1.0, 0.0, 0.0)))
    found = outlook(
        "air.annual_mean.pm25", facts(2020, standards, {"pm25": 40.0}), {2019: facts(2019, standards, {"pm25": 80.0})},
        dt.date(2020, 6, 30),
    )  # fmt: skip
    assert found.central == 40


@pytest.mark.usefixtures("plain")
def test_drawn_days_are_rounded_as_daily_values_are(standards: Standards) -> None:
    """184 days of 10.6 are days of 11: the mean with 182 of 10 is 10.503, not 10.302."""
    so_far, earlier = facts(2020, standards, {"pm25": 10.0}), {2019: facts(2019, standards, {"pm25": 10.6})}
    assert outlook("air.annual_mean.pm25", so_far, earlier, dt.date(2020, 6, 30)).central == 11


def test_a_years_own_level_spreads_more_with_few_years_and_few_days() -> None:
    spread = Spread(0.3, 0.1, 1.0)
    assert spread_of(spread, n_years=1, n_days=100) == pytest.approx((2 * (0.01 + 0.01)) ** 0.5)
    assert spread_of(spread, n_years=4, n_days=100) == pytest.approx((1.25 * (0.01 + 0.01)) ** 0.5)
    assert spread_of(spread, n_years=4, n_days=1) == spread_of(spread, n_years=4, n_days=30)


@pytest.mark.usefixtures("plain")
def test_days_after_the_day_of_the_outlook_are_not_read(standards: Standards) -> None:
    earlier = {2019: facts(2019, standards)}
    so_far = facts(2020, standards, {"pm25": 40.0}, days=slice(0, 182))
    later = facts(2020, standards, {"pm25": np.r_[np.full(182, 40.0), np.full(184, 400.0)]})
    asked = ("air.annual_mean.pm25", dt.date(2020, 6, 30))
    assert outlook(asked[0], so_far, earlier, asked[1]) == outlook(asked[0], later, earlier, asked[1])


def test_the_same_day_gives_the_same_outlook_another_seed_another(standards: Standards) -> None:
    random = np.random.default_rng(3)
    earlier = {y: facts(y, standards, {"pm25": random.gamma(4, 10, len(year(y)))}) for y in (2018, 2019)}
    so_far = facts(2020, standards, {"pm25": random.gamma(4, 10, 366)})
    asked = ("air.annual_mean.pm25", so_far, earlier, dt.date(2020, 6, 30), Held("<=", Decimal(40)))
    assert outlook(*asked) == outlook(*asked)
    assert outlook(*asked).chance != outlook(*asked, seed=1).chance


def test_one_earlier_year_makes_the_range_wider(standards: Standards) -> None:
    so_far = facts(2020, standards)
    widths = []
    for years in ((2019,), (2015, 2016, 2017, 2018, 2019)):
        found = outlook(
            "air.annual_mean.pm25",
            so_far,
            {y: facts(y, standards, {"pm25": 200.0}) for y in years},
            dt.date(2020, 6, 30),
        )
        assert found.years == list(years)
        assert found.low is not None
        assert found.high is not None
        widths.append(found.high - found.low)
    assert widths[0] > widths[1]


@pytest.mark.usefixtures("plain")
def test_the_percentile_and_the_good_days_are_those_of_the_joined_year(standards: Standards) -> None:
    bad = np.where(np.arange(365) % 2 == 0, 200.0, 80.0)
    earlier = {2018: facts(2018, standards, {"o3": bad}), 2019: facts(2019, standards, {"o3": bad})}
    so_far = facts(2020, standards)
    found = outlook("air.percentile.o3", so_far, earlier, dt.date(2020, 6, 30), quantities=("o3",))
    assert found.central == 200  # a quarter of the year
    days = outlook("air.good_days", so_far, earlier, dt.date(2020, 6, 30), quantities=QUANTITIES)
    assert days.central is not None
    assert abs(days.central - (366 - 92)) <= 10  # half of each block of 20 days, but for blocks' ends


@pytest.mark.usefixtures("plain")
def test_earlier_days_are_judged_by_the_edition_of_the_day_they_stand_for(standards: Standards) -> None:
    """PM2.5 of 70 is good by HJ 633-2012 (up to 75), not by HJ 633-2026 (up to 60), in force from 2026-03-01."""
    earlier = {2024: facts(2024, standards, {"pm25": 70.0})}
    before = outlook("air.good_days", facts(2025, standards), earlier, dt.date(2025, 6, 30), quantities=QUANTITIES)
    after = outlook("air.good_days", facts(2026, standards), earlier, dt.date(2026, 6, 30), quantities=QUANTITIES)
    assert (before.low, before.high) == (365, 365)
    assert (after.low, after.high) == (181, 181)


@pytest.mark.usefixtures("plain")
def test_gases_are_taken_to_the_temperature_of_the_day_they_stand_for(standards: Standards) -> None:
    """Stated at 273.15 K until 2018-08-31: 40 ug/m3 of then are 40 * 273.15 / 298.15 = 36.65 of 2019; PM2.5 stays."""
    earlier = {2017: facts(2017, standards, {"no2": 40.0, "pm25": 40.0})}
    so_far = facts(2019, standards, days=slice(0, 1))
    for name, quantity, value in (("no2", "no2", 37), ("pm25", "pm25", 40)):
        found = outlook(f"air.annual_mean.{name}", so_far, earlier, dt.date(2019, 1, 1), quantities=(quantity,))
        assert found.central == value


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize(("number", "before"), [(2020, 2019), (2019, 2016), (2021, 2020)])
def test_leap_years_stand_for_others(standards: Standards, number: int, before: int) -> None:
    found = outlook(
        "air.annual_mean.pm25", facts(number, standards, {"pm25": 50.0}),
        {before: facts(before, standards, {"pm25": 50.0})}, dt.date(number, 2, 10),
    )  # fmt: skip
    assert (found.low, found.high) == (50, 50)


# --- chances ---


@pytest.mark.usefixtures("plain")
def test_nothing_is_certain_but_what_nothing_can_change(standards: Standards) -> None:
    so_far, earlier = facts(2020, standards, {"pm25": 40.0}), {2019: facts(2019, standards, {"pm25": 40.0})}
    june = dt.date(2020, 6, 30)
    asked = ("air.annual_mean.pm25", so_far, earlier, june)
    surely = outlook(*asked, Held("<=", Decimal(100)))
    assert surely.chance is not None
    assert 0.98 < surely.chance < 1
    assert not surely.certain
    lost = outlook(*asked, Held("<=", Decimal(19)))  # 182 days of 40 and 184 of nothing: 19.9
    assert (lost.chance, lost.certain) == (0.0, True)
    hardly = outlook(*asked, Held("<=", Decimal(20)))
    assert hardly.chance is not None
    assert 0 < hardly.chance < 0.02


@pytest.mark.usefixtures("plain")
def test_a_number_of_good_days_that_is_reached_is_certain(standards: Standards) -> None:
    asked = ("air.good_days", facts(2020, standards), {2019: facts(2019, standards)}, dt.date(2020, 6, 30))
    assert outlook(*asked, Held(">=", Decimal(182)), quantities=QUANTITIES).certain
    assert not outlook(*asked, Held(">=", Decimal(183)), quantities=QUANTITIES).certain
    beyond = outlook(*asked, Held(">=", Decimal(367)), quantities=QUANTITIES)
    assert (beyond.chance, beyond.certain) == (0.0, True)


@pytest.mark.parametrize(
    ("comparison", "limit", "holds"),
    [("<=", "61.5", [1, 1, 0]), ("<", "61.5", [1, 0, 0]), (">=", "61.5", [0, 1, 1]), (">", "61.5", [0, 0, 1]),
     ("==", "61.5", [0, 1, 0]), ("<=", "61.45", [1, 0, 0]), ("<=", "61", [0, 0, 0])],
)  # fmt: skip
def test_printed_values_are_held_against_the_limit_exactly(comparison: str, limit: str, holds: list[int]) -> None:
    assert Held(comparison, Decimal(limit)).by(np.array([614, 615, 616]), 1).tolist() == [bool(h) for h in holds]


def test_chance_and_range_of_given_members() -> None:
    found = of_members(
        np.arange(101), 0, Held("<=", Decimal(25)), unit="d", method="blocks_of_days", years=[2019], seed=1,
        extremes=np.array([0, 1000]), lack=None, so_far=None,
    )  # fmt: skip
    assert found.chance == pytest.approx(26.5 / 102)
    assert (found.low, found.central, found.high) == (10, 50, 90)


# --- none ---


def test_without_an_earlier_year_there_is_none(standards: Standards) -> None:
    so_far, june = facts(2020, standards), dt.date(2020, 6, 30)
    thin = {2019: facts(2019, standards, days=slice(0, 250)), 2018: facts(2018, standards, days=slice(0, 0))}
    for earlier in ({}, thin):
        found = outlook("air.annual_mean.pm25", so_far, earlier, june)
        assert (found.chance, found.low, found.reason) == (None, None, "no earlier year with enough data")


def test_a_year_that_cannot_have_enough_days_has_a_range_but_no_chance(standards: Standards) -> None:
    so_far = facts(2020, standards, days=slice(142, 182))  # 40 of the 182 days up to the end of June
    found = outlook("air.annual_mean.pm25", so_far, {2019: facts(2019, standards)}, dt.date(2020, 6, 30))
    assert found.chance is None
    assert found.reason == "the year cannot have enough valid days any more"
    assert found.central is not None


def test_what_is_not_monitored_is_not_asked_of_earlier_years(standards: Standards) -> None:
    gone = facts(2019, standards)
    assert gone.air is not None
    gone.air.values["so2"][:] = MISSING
    so_far = facts(2020, standards)
    june = dt.date(2020, 6, 30)
    assert years_for(so_far, {2019: gone}, june, QUANTITIES) == []
    assert years_for(msgspec.structs.replace(so_far, not_monitored=("so2",)), {2019: gone}, june, QUANTITIES) == [2019]


@pytest.mark.parametrize(
    ("name", "out"),
    [("air.annual_mean.pm10", True), ("air.annual_mean.no2", False), ("air.good_day_ratio", False)],
)
def test_hours_of_events_are_left_out_where_the_rule_says_so(standards: Standards, name: str, out: bool) -> None:
    """Means without, good days with them; the gases have none (config/standards/air-events-2016.toml)."""
    assert leaves_events_out(INDICATORS[name], standards.find(AirEvents, dt.date(2020, 12, 31))) is out
    assert leaves_events_out(INDICATORS[name], None) is False
