"""Many stations at once: every figure is what the indicator says of each station by itself."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np
import pytest

from aggregations import air, periods
from aggregations.air import StationDays
from aggregations.air.year import StationYears, station_years
from aggregations.indicators import INDICATORS, AirDays, Facts, compute
from aggregations.indicators.air_base import indexes
from aggregations.periods import DAY, Period
from aggregations.rounding import FloatArray, to_micros
from aggregations.standards import AirEvaluation, AirIndex, AirLimits, AirRanking, AreaClass, Standards

LEVEL = {"so2": 12, "no2": 38, "co": 0.9, "o3": 90, "pm10": 80, "pm25": 42}
"""Middle of the random hours. [ug/m3; CO mg/m3]"""


def random_hours(period: Period, *, seed: int) -> dict[str, FloatArray]:
    """Hours of nine stations, each with gaps of another kind; the sixth has none at all, the seventh one value."""
    random = np.random.default_rng(seed)
    n_days = len(period)
    hours = {}
    for q, level in LEVEL.items():
        season = random.uniform(0.2, 2.5, size=(9, n_days, 1))
        values = np.round(level * season * random.gamma(4, 0.25, size=(9, n_days, 24)), 1)
        values[0, random.random((n_days, 24)) < 0.03] = np.nan
        values[1, random.random(n_days) < 0.08] = np.nan
        values[2, random.random((n_days, 24)) < 0.2] = np.nan
        values[3, 40:75] = np.nan
        values[4] *= 6  # heavy days, and ozone above the 8-hour table
        values[5] = np.nan
        values[6] = np.nan
        values[7] = np.round(values[7])  # ties
        hours[q] = values.reshape(9, -1)
    hours["pm25"][6, :24] = 35.5
    hours["o3"][8] = np.nan  # one quantity is missing
    hours["so2"][0, :3] = [np.inf, -np.inf, -np.nan]
    return hours


def days_of_station(hours: dict[str, FloatArray], station: int, facts: Facts) -> AirDays:
    """The days of one station as `qingjing derive` makes them, from micros and a mask."""
    standards, values, exact, counts, hour_max = facts.standards, {}, {}, {}, np.empty(0)
    for q in air.QUANTITIES:
        micros, valid = to_micros(hours[q][station].reshape(-1, 24))
        parts: list[StationDays] = []
        printed: list[int] = []
        start = 0
        while start < len(facts.period):
            day = facts.period.first + start * DAY
            limits = standards.on(AirLimits, day, staged=facts.staged)
            evaluation = standards.on(AirEvaluation, day, staged=facts.staged)
            until = min(edition.until or dt.date.max for edition in (limits.edition, evaluation.edition))
            cut = slice(start, min((until - facts.period.first).days, len(facts.period)))
            if q == air.OZONE:
                part = air.ozone_daily_max_8h(
                    micros[cut], valid[cut], limits=limits, evaluation=evaluation, area_class=facts.area_class
                )
            else:
                part = air.daily_mean(micros[cut], valid[cut], min_hours=limits.day_min_hours)
            parts.append(part)
            printed += air.published(part, evaluation.decimals[q]).tolist()
            start = cut.stop
        sums, counted, ok, present, largest = (
            np.concatenate([getattr(part, field) for part in parts]) for field in StationDays.__struct_fields__
        )
        values[q], counts[q] = np.array(printed), present
        exact[q] = [
            Fraction(total, n) if good else None
            for total, n, good in zip(sums.tolist(), counted.tolist(), ok.tolist(), strict=True)
        ]
        hour_max = largest if q == air.OZONE else hour_max
    return AirDays(values, exact, counts, hour_max)


def assert_agrees(hours: dict[str, FloatArray], facts: Facts) -> StationYears:
    """Every array and figure of `station_years` is that of each station by itself."""
    years = station_years(
        hours, facts.period, standards=facts.standards, staged=facts.staged, area_class=facts.area_class,
        not_monitored=facts.not_monitored,
    )  # fmt: skip
    for station in range(len(hours["pm25"])):
        alone = msgspec.structs.replace(facts, air=days_of_station(hours, station, facts))
        assert alone.air is not None
        found = indexes(alone)
        for q in air.QUANTITIES:
            assert years.days.values[q][station].tolist() == alone.air.values[q].tolist()
            assert years.days.counts[q][station].tolist() == alone.air.counts[q].tolist()
            assert years.indexes.sub[q][station].tolist() == found.sub[q].tolist()
            assert years.indexes.primary[q][station].tolist() == found.primary[q].tolist()
        assert years.days.ozone_hour_max[station].tolist() == alone.air.ozone_hour_max.tolist()
        for name in ("aqi", "level", "good", "heavy", "exceeding"):
            assert getattr(years.indexes, name)[station].tolist() == getattr(found, name).tolist()
        for name, figure in years.figures.items():
            expected = compute(INDICATORS[name], alone)
            numerator, denominator = int(figure.numerators[station]), int(figure.denominators[station])
            printed = int(figure.printed[station])
            assert (
                name,
                str(Fraction(numerator, denominator)) if denominator else None,
                Decimal(printed).scaleb(-figure.decimals) if denominator else None,
                int(figure.valid[station]),
                bool(figure.sufficient[station]),
            ) == (name, expected.exact, expected.value, expected.valid, expected.sufficient)
            assert denominator or printed == air.MISSING
    return years


def changed(editions: Standards, role: type, **fields: object) -> Standards:
    """The editions with switches of one role thrown."""
    return Standards(
        [msgspec.structs.replace(s, **fields) if isinstance(s, role) else s for s in editions.all], editions.digests
    )


def facts_of(editions: Standards, period: str, **more: object) -> Facts:
    given = {"scope": "station:s", "standards": editions, "staged": False} | more
    return Facts(period=periods.parse(period), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "period",
    [
        pytest.param("2024", id="leap year"),
        pytest.param("2025", id="common year"),
        pytest.param("2026", id="two editions"),
        pytest.param("2031", id="final limits"),
        pytest.param("2024-02", id="February of a leap year"),
        pytest.param("2025-11-20..2026-04-10", id="running, two editions"),
        pytest.param("2025-07-03", id="one day"),
    ],
)
def test_stations_together_are_what_each_is_alone(editions: Standards, period: str) -> None:
    facts = facts_of(editions, period)

    assert_agrees(random_hours(facts.period, seed=len(facts.period)), facts)


@pytest.mark.parametrize("mode", ["all_2012", "all_2026"])
def test_stations_together_are_what_each_is_alone_in_every_mode(editions: Standards, mode: str) -> None:
    facts = facts_of(editions.under(mode), "2026-H1")  # type: ignore[arg-type]

    assert_agrees(random_hours(facts.period, seed=3), facts)


@pytest.mark.parametrize(
    ("role", "fields"),
    [
        (AirEvaluation, {"period_mean_from": "exact_days"}),
        (AirEvaluation, {"attainment_compares": "exact", "ozone_exception_compares": "exact"}),
        (AirRanking, {"composite_rounding": "sum_first"}),
        (AirIndex, {"daily_missing_item": "others", "index_at_least_one": True, "sub_index_rounding": "half_up"}),
        (AirIndex, {"daily_o3_uses_1h": True}),
        (AirLimits, {"window_min_hours": 1, "day_min_hours": 1}),
    ],
    ids=lambda given: "-".join(given) if isinstance(given, dict) else given.__name__,
)
def test_stations_together_obey_the_switches(editions: Standards, role: type, fields: dict[str, object]) -> None:
    facts = facts_of(changed(editions, role, **fields), "2025-Q1")

    assert_agrees(random_hours(facts.period, seed=5), facts)


@pytest.mark.parametrize("area_class", ["I", "II"])
def test_stations_together_obey_their_area_and_what_is_monitored(editions: Standards, area_class: AreaClass) -> None:
    facts = facts_of(editions, "2025-Q3", area_class=area_class, not_monitored=("o3",))

    assert_agrees(random_hours(facts.period, seed=6), facts)


def test_every_indicator_of_days_of_air_is_there(editions: Standards) -> None:
    facts = facts_of(editions, "2025-01")

    years = station_years(random_hours(facts.period, seed=1), facts.period, standards=editions)

    of_air = [name for name, each in INDICATORS.items() if each.medium == "air" and each.needs == "days"]
    assert sorted(years.figures) == sorted(of_air)


def test_no_station_has_no_figures(editions: Standards) -> None:
    facts = facts_of(editions, "2025-01")

    years = station_years({q: np.empty((0, 31 * 24)) for q in air.QUANTITIES}, facts.period, standards=editions)

    assert {len(each.printed) for each in years.figures.values()} == {0}


@pytest.mark.parametrize("n_hours", [30 * 24, 31 * 24 + 1])
def test_hours_of_another_length_are_refused(editions: Standards, n_hours: int) -> None:
    hours = {q: np.zeros((2, 31 * 24)) for q in air.QUANTITIES} | {"no2": np.zeros((2, n_hours))}

    with pytest.raises(ValueError, match=r"hours\['no2'\]: expected an array of \(2, 744\) for 2025-01, got \(2, 7"):
        station_years(hours, periods.parse("2025-01"), standards=editions)
