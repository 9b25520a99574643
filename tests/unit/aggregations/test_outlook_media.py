"""Outlooks of noise and water on years made by hand."""

import datetime as dt
from decimal import Decimal

import msgspec
import numpy as np
import pytest

from aggregations.indicators import INDICATORS, Facts, MonitorDays, SectionDays
from aggregations.outlook import Outlook, method, noise, water
from aggregations.outlook.chances import Held
from aggregations.outlook.method import Spread
from aggregations.periods import year
from aggregations.standards import NoiseMethod, Standards
from sensors.register import Station, ZoneClass

JUNE = dt.date(2020, 6, 30)
NIGHTS = INDICATORS["noise.night_attainment"]
GOOD = INDICATORS["water.good_ratio"]
MONTHS = INDICATORS["water.month_attainment"]
CLEAN = {"ph": 7.5, "do": 8.0, "codmn": 1.5, "nh3n": 0.1, "tp": 0.01}
FOUL = CLEAN | {"nh3n": 1.6}  # class V


def station(name: str, medium: str, **more: object) -> Station:
    base: dict[str, object] = {
        "medium": medium, "id": name, "name": name, "name_en": name, "city": "town", "district": "", "lon": None,
        "lat": None, "since": None, "until": None,
    }  # fmt: skip
    return Station(**(base | more))  # type: ignore[arg-type]


# --- noise ---


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a level goes on, and no year has anything of its own."""
    monkeypatch.setattr(method, "NOISE", Spread(0.0, 0.0, 0.0))
    monkeypatch.setattr(method, "WATER_KEPT", 0.0)


def nights(number: int, standards: Standards, ln: float | list[float], zone: ZoneClass = "2") -> Facts:
    """A year of two monitors whose nights have a level, or every second night another; the limit of class 2 is 50."""
    period = year(number)
    levels = np.resize(np.asarray(ln, dtype=float), len(period))
    verdicts: list[bool | None] = [None if np.isnan(v) else bool(v <= 50) for v in levels]
    monitors = [
        MonitorDays(station(name, "noise", zone_class=zone), verdicts, verdicts, ld=levels, ln=levels, ln_max=levels)
        for name in ("n1", "n2")
    ]
    return Facts(scope="city:town", period=period, standards=standards, staged=False, monitors=monitors)


def of_nights(
    so_far: Facts, earlier: dict[int, Facts], limit: int = 85, *, as_of: dt.date = JUNE, comparison: str = ">="
) -> Outlook:
    held = Held(comparison, Decimal(limit))
    return noise.outlook_of(NIGHTS, so_far, earlier, as_of, held, value_so_far=None, members=100)


@pytest.mark.usefixtures("plain")
def test_nights_to_come_are_those_of_the_year_before(editions: Standards) -> None:
    found = of_nights(nights(2020, editions, 45.0), {2019: nights(2019, editions, 55.0)})
    assert (found.low, found.high) == (Decimal("49.7"), Decimal("49.7"))  # 182 of 366 nights
    assert found.years == [2019]


@pytest.mark.usefixtures("plain")
def test_nights_are_judged_by_the_class_of_the_day_they_stand_for(editions: Standards) -> None:
    """Levels of 52 fail at class 2 (50) and attain at class 4a (55)."""
    found = of_nights(nights(2020, editions, 45.0, "4a"), {2019: nights(2019, editions, 52.0)})
    assert found.central == 100


def test_a_monitor_that_became_quieter_stays_so_in_part(editions: Standards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "NOISE", Spread(0.5, 0.0, 0.0))
    found = of_nights(nights(2020, editions, 44.0), {2019: nights(2019, editions, 54.0)})
    assert found.central == 100  # 54 less half of 10
    found = of_nights(nights(2020, editions, 44.0), {2019: nights(2019, editions, 56.0)})
    assert found.central == Decimal(100)  # 56 less half of 12
    found = of_nights(nights(2020, editions, 48.0), {2019: nights(2019, editions, 56.0)})
    assert found.central == Decimal("49.7")  # 56 less half of 8 is 52


def test_what_a_year_has_of_its_own_makes_a_range(editions: Standards, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nights at the limit: all of them fail in the draws in which the year is half a decibel louder."""
    monkeypatch.setattr(method, "NOISE", Spread(0.0, 2.0, 0.0))
    found = of_nights(nights(2020, editions, 50.0), {2019: nights(2019, editions, 50.0)})
    assert (found.low, found.high) == (Decimal("49.7"), Decimal("100.0"))


@pytest.mark.usefixtures("plain")
def test_what_no_night_can_change_is_certain(editions: Standards) -> None:
    earlier = {2019: nights(2019, editions, 45.0)}
    lost = of_nights(nights(2020, editions, 55.0), earlier)  # 182 of 366 fail
    assert (lost.chance, lost.certain) == (0.0, True)
    open_ = of_nights(nights(2020, editions, 55.0), earlier, 50)
    assert not open_.certain
    assert open_.chance is not None
    assert open_.chance > 0.99
    late = of_nights(nights(2020, editions, 45.0), earlier, 85, as_of=dt.date(2020, 12, 1))
    assert (late.chance, late.certain) == (1.0, True)


@pytest.mark.usefixtures("plain")
def test_rates_of_monitors_may_be_averaged(editions: Standards) -> None:
    switched = [
        msgspec.structs.replace(s, pooling="mean_of_stations") if isinstance(s, NoiseMethod) else s
        for s in editions.all
    ]
    standards = Standards(switched, editions.digests)
    so_far = nights(2020, standards, 45.0)
    silent = msgspec.structs.replace(so_far.monitors[1], night=[None] * 366, ln=np.full(366, np.nan))
    so_far = msgspec.structs.replace(so_far, monitors=[so_far.monitors[0], silent])
    found = of_nights(so_far, {2019: nights(2019, standards, 55.0)}, 20)
    assert found.central == Decimal("24.9")  # 182 of 366 of the one, none of 184 of the other


def test_without_nights_before_there_is_no_outlook_of_noise(editions: Standards) -> None:
    for earlier in ({}, {2019: nights(2019, editions, float("nan"))}):
        found = of_nights(nights(2020, editions, 45.0), earlier)
        assert (found.chance, found.central, found.reason) == (None, None, "no earlier year with enough data")


# --- water ---


def sections(
    number: int, standards: Standards, *items: dict[str, float] | list[dict[str, float]], until: int = 366
) -> Facts:
    """A year of sections, each with the same means on all days, or those of each month."""
    period = year(number)
    found = []
    for i, of_section in enumerate(items):
        rows = [of_section if isinstance(of_section, dict) else of_section[day.month - 1] for day in period.days()]
        means = {key: np.array([row[key] for row in rows]) for key in CLEAN}
        for values in means.values():
            values[until:] = np.nan
        counts = {key: np.where(np.isnan(values), 0, 6) for key, values in means.items()}
        place = station(f"w{i}", "water", target_class="III", body="river")
        found.append(SectionDays(place, means, counts, targets=[3] * len(period)))
    return Facts(scope="city:town", period=period, standards=standards, staged=False, sections=found)


def of_water(so_far: Facts, earlier: dict[int, Facts], name: str = "water.good_ratio", limit: int = 60) -> Outlook:
    held = Held(">=", Decimal(limit))
    return water.outlook_of(INDICATORS[name], so_far, earlier, JUNE, held, value_so_far=None, members=50)


@pytest.mark.usefixtures("plain")
def test_months_to_come_are_those_of_the_year_before(editions: Standards) -> None:
    """Six months of 0.1 and six of 1.6 mg/L of NH3-N are 0.85: class III. Six of them fail."""
    so_far = sections(2020, editions, CLEAN, CLEAN)
    earlier = {2019: sections(2019, editions, FOUL, CLEAN)}
    assert of_water(so_far, earlier).central == 100
    found = of_water(so_far, earlier, "water.month_attainment")
    assert (found.low, found.central, found.high) == (None, Decimal("75.0"), None)  # no range of one year
    assert found.chance == 0.75  # (1 + 1/2) / 2: of one year that held
    assert found.years == [2019]
    assert not found.certain


@pytest.mark.usefixtures("plain")
def test_months_are_drawn_from_all_years_with_all_sections_together(editions: Standards) -> None:
    so_far = sections(2020, editions, CLEAN, CLEAN)
    earlier = {
        2017: sections(2017, editions, FOUL, CLEAN),
        2018: sections(2018, editions, CLEAN, CLEAN),
        2019: sections(2019, editions, FOUL, FOUL),
    }
    found = of_water(so_far, earlier, "water.month_attainment")
    assert found.low is not None
    assert found.high is not None
    assert Decimal(50) <= found.low < found.high <= Decimal(100)
    assert found.chance is not None
    assert 0.125 <= found.chance <= 0.875  # (0 + 1/2) / 4 to (3 + 1/2) / 4
    again = of_water(so_far, earlier, "water.month_attainment")
    assert again == found


def test_what_is_kept_of_the_level_of_an_item_goes_on(editions: Standards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "WATER_KEPT", 1.0)
    so_far = sections(2020, editions, CLEAN)
    earlier = {2019: sections(2019, editions, FOUL)}  # this year 0.1 in place of 1.6: so will it go on
    assert of_water(so_far, earlier, "water.month_attainment").central == 100


@pytest.mark.usefixtures("plain")
def test_days_of_water_after_the_day_of_the_outlook_are_not_read(editions: Standards) -> None:
    earlier = {2019: sections(2019, editions, FOUL)}
    known = of_water(sections(2020, editions, CLEAN, until=182), earlier, "water.month_attainment")
    later = of_water(sections(2020, editions, [CLEAN] * 6 + [FOUL] * 6), earlier, "water.month_attainment")
    assert known == later


def test_without_months_before_there_is_no_outlook_of_water(editions: Standards) -> None:
    so_far = sections(2020, editions, CLEAN)
    for earlier in ({}, {2019: sections(2019, editions, CLEAN, until=200)}):
        found = of_water(so_far, earlier)
        assert (found.chance, found.reason) == (None, "no earlier year with enough data")


def test_there_is_an_outlook_of_what_is_made_of_months_only() -> None:
    assert water.knows("water.good_ratio")
    assert water.knows("water.class_share.3")
    assert not water.knows("water.patrol_due")
    assert not water.knows("water.sea_good_ratio")
    assert not water.knows("water.cwqi")
