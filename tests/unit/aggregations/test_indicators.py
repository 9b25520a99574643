"""Indicators: figures of air, water and noise, and whether the data suffice.

Vectors: shared/standards/{air,water,noise}.md; published figures: shared/plans.md.
"""

import datetime as dt
import tomllib
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import msgspec
import numpy as np
import pytest

from aggregations import periods
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, AirDays, Facts, MonitorDays, SectionDays, section_class
from aggregations.periods import Period
from aggregations.standards import AirEvaluation, Standards, WaterLimits, WaterMethod
from sensors.errors import ConfigError
from sensors.register import Station, ZoneClass
from sensors.sections import WaterBody, WaterClass

NAN = float("nan")
Compute = Callable[..., Figure]


@pytest.fixture(scope="module")
def compute(editions: Standards) -> Compute:
    """Figure of an indicator from a period and facts."""

    def figure(name: str, period: str, *, scope: str = "city:town", staged: bool = False, **facts: object) -> Figure:
        given = Facts(
            scope=scope, period=periods.parse(period), standards=editions, staged=staged,
            **facts,  # type: ignore[arg-type]
        )  # fmt: skip
        return INDICATORS[name].compute(INDICATORS[name], given)

    return figure


def station(
    *,
    medium: str = "water",
    target: WaterClass | None = None,
    zone: ZoneClass | None = None,
    body: WaterBody = "river",
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Station:
    return Station(
        medium=medium, id="s", name="s", name_en="s", city="town", district="", lon=None, lat=None, since=since,
        until=until, target_class=target, zone_class=zone, body=body,
    )  # type: ignore[arg-type]  # fmt: skip


# --- air ---

SIX = ("so2", "no2", "co", "o3", "pm10", "pm25")


def pm10_of(aqi: int) -> str:
    """PM10 with a sub-index of exactly `aqi`, up to 200, by the table of 2012 (air.md, 3.1); up to 50 by both."""
    return str(aqi if aqi <= 50 else 50 + 2 * (aqi - 50))


def air(aqi: Sequence[int | None] = (), **values: Sequence[str | None]) -> AirDays:
    """Days with the published values given, the other items without; or with a wanted index, by PM10.

    Where there is an index, an item without values of its own is 0. An item without a value had no valid station.
    """
    if aqi:
        values = dict.fromkeys(SIX, ["0"] * len(aqi)) | values
        values["pm10"] = [None if a is None else pm10_of(a) for a in aqi]
    n = len(next(iter(values.values())))
    micros = {
        q: np.array([-1 if v is None else int(Decimal(v) * 1_000_000) for v in values.get(q, [None] * n)])
        for q in SIX
    }  # fmt: skip
    exact = {q: [None if m == -1 else Fraction(int(m)) for m in micros[q]] for q in SIX}
    return AirDays(micros, exact, {q: np.where(micros[q] == -1, 0, 3) for q in SIX}, micros["o3"].copy())


def missing(period: str, absent: Iterable[str]) -> list[str | None]:
    """A value of 30 on each day of a period but the absent ones."""
    gone = set(absent)
    return [None if day.isoformat() in gone else "30" for day in periods.parse(period).days()]


def first_days(year: int, per_month: Sequence[int]) -> list[str]:
    """The first days of each month, as many as `per_month` says."""
    return [f"{year}-{month:02}-{day:02}" for month, n in enumerate(per_month, 1) for day in range(1, n + 1)]


def test_good_day_ratio_is_of_the_valid_days(compute: Compute) -> None:
    figure = compute("air.good_day_ratio", "2017-08", air=air([50] * 25 + [100] + [101] * 2 + [None] * 3))

    # air vector 38: 26 of 28 valid days of a 31-day month
    assert (figure.value, figure.exact, figure.valid, figure.expected, figure.sufficient) == (
        Decimal("92.9"), "650/7", 28, 31, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("hour", "level"),
    [
        # Above 800 the 8 h of ozone of 2012 hands over to its 1 h (air 3.1, note 3): 1 h 200 is 100, 201 is 101.
        pytest.param("200.4", 2, id="200"),
        pytest.param("200.5", 2, id="200.5 to the even 200"),
        pytest.param("200.6", 3, id="201"),
        pytest.param("200.500001", 3, id="just above the half"),
    ],
)
def test_the_largest_hour_of_ozone_is_rounded_before_its_sub_index(compute: Compute, hour: str, level: int) -> None:
    days = air(o3=["801"] * 30, **dict.fromkeys([q for q in SIX if q != "o3"], ["0"] * 30))
    days.ozone_hour_max[:] = int(Decimal(hour) * 1_000_000)

    assert compute(f"air.level_days.{level}", "2021-04", air=days).value == 30


@pytest.mark.parametrize(("aqi", "ratio"), [(99, "100.0"), (100, "100.0"), (101, "0.0")])
def test_a_good_day_has_an_index_of_at_most_100(compute: Compute, aqi: int, ratio: str) -> None:
    assert str(compute("air.good_day_ratio", "2021-04", air=air([aqi] * 30)).value) == ratio


def test_good_day_ratio_of_a_published_year_is_reproduced(compute: Compute) -> None:
    # plans.md, Liuzhou 2019: 327 days of 365 are 89.6 %
    assert compute("air.good_day_ratio", "2019", air=air([60] * 327 + [120] * 38)).value == Decimal("89.6")


@pytest.mark.parametrize(
    ("period", "n_valid", "sufficient"),
    [
        pytest.param("2021-01", 28, True, id="January: 28"),
        pytest.param("2021-01", 27, True, id="January: 27, at equality"),
        pytest.param("2021-01", 26, False, id="January: 26"),
        pytest.param("2021-04", 27, True, id="April: 27, at equality"),
        pytest.param("2021-04", 26, False, id="April: 26"),
        pytest.param("2021-02", 26, True, id="February: 26"),
        pytest.param("2021-02", 25, True, id="February: 25, at equality"),
        pytest.param("2021-02", 24, False, id="February: 24"),
        pytest.param("2024-02", 25, True, id="February of a leap year: 25, at equality"),
        pytest.param("2024-02", 24, False, id="February of a leap year: 24"),
        pytest.param("2021-02-01..2021-02-28", 25, True, id="February as a range"),
    ],
)
@pytest.mark.parametrize("indicator", ["air.annual_mean.pm25", "air.good_day_ratio"])
def test_a_month_needs_27_days_and_february_25(
    compute: Compute, indicator: str, period: str, n_valid: int, sufficient: bool
) -> None:
    absent = len(periods.parse(period)) - n_valid
    days = air([40] * n_valid + [None] * absent, pm25=["30"] * n_valid + [None] * absent)

    figure = compute(indicator, period, air=days)

    assert (figure.sufficient, figure.valid, figure.value is not None) == (sufficient, n_valid, True)


@pytest.mark.parametrize(
    ("year", "per_month", "sufficient"),
    [
        # A 31-day month can lose 4 days, a 30-day month 3, February 3 (leap: 4).
        pytest.param(2021, (4, 3, 4, 3, 4, 3, 4, 4, 3, 4, 3, 2), True, id="324 of 365: at equality"),
        pytest.param(2021, (4, 3, 4, 3, 4, 3, 4, 4, 3, 4, 3, 3), False, id="323 of 365"),
        pytest.param(2024, (4, 4, 4, 3, 4, 3, 4, 4, 3, 4, 3, 2), True, id="324 of 366: at equality"),
        pytest.param(2024, (4, 4, 4, 3, 4, 3, 4, 4, 3, 4, 3, 3), False, id="323 of 366"),
        pytest.param(2021, (5,), False, id="360 of 365, but 26 in January"),
        pytest.param(2021, (0, 4), False, id="361 of 365, but 24 in February"),
        pytest.param(2024, (0, 4), True, id="362 of 366, 25 in February"),
        pytest.param(2021, (), True, id="all"),
    ],
)
def test_a_year_needs_324_days_and_enough_in_each_month(
    compute: Compute, year: int, per_month: Sequence[int], sufficient: bool
) -> None:
    days = missing(str(year), first_days(year, per_month))

    figure = compute("air.annual_mean.pm25", str(year), air=air(pm25=days))

    assert (figure.valid, figure.sufficient) == (len(days) - sum(per_month), sufficient)


@pytest.mark.parametrize(
    ("period", "n_absent", "sufficient"),
    [
        # 324 / 365 of 10 days is 8.9: 9 days.
        pytest.param("2021-01-01..2021-01-10", 1, True, id="running month: 9 of 10"),
        pytest.param("2021-01-01..2021-01-10", 2, False, id="running month: 8 of 10"),
        # 324 / 365 of 69 days is 61.2: 62 days; of January 27.
        pytest.param("2021-01-01..2021-03-10", 4, True, id="running year: 65 of 69, 27 in January"),
        pytest.param("2021-01-01..2021-03-10", 5, False, id="running year: 64 of 69, but 26 in January"),
        pytest.param("2021-01-01..2021-01-01", 0, True, id="one day"),
        pytest.param("2021-01-01..2021-01-01", 1, False, id="no day"),
    ],
)
def test_a_running_period_asks_in_proportion_and_of_whole_months_their_days(
    compute: Compute, period: str, n_absent: int, sufficient: bool
) -> None:
    n = len(periods.parse(period))
    figure = compute("air.annual_mean.pm25", period, air=air(pm25=[None] * n_absent + ["30"] * (n - n_absent)))

    assert figure.sufficient is sufficient


def test_a_running_month_is_not_asked_for_27_days(compute: Compute) -> None:
    # 1 January to 10 February: 31 + 10 days, the last of which is no whole month.
    assert compute("air.annual_mean.pm25", "2021-01-01..2021-02-10", air=air(pm25=["30"] * 41)).sufficient


@pytest.mark.parametrize("indicator", ["air.annual_mean.pm25", "air.good_day_ratio"])
def test_air_without_days_has_no_value(compute: Compute, indicator: str) -> None:
    figure = compute(indicator, "2021-04", air=None)

    assert (figure.value, figure.exact, figure.valid, figure.expected, figure.sufficient) == (None, None, 0, 30, False)


@pytest.mark.parametrize(("scope", "unit"), [("city:town", "stations"), ("station:s", "hours")])
@pytest.mark.parametrize(
    ("counts", "excluded"),
    [
        pytest.param((0, 0), {"no valid {}": 2}, id="none of both days"),
        pytest.param((2, 19), {"too few valid {}": 2}, id="some of both days"),
        pytest.param((0, 19), {"no valid {}": 1, "too few valid {}": 1}, id="one of each"),
    ],
)
def test_days_that_do_not_enter_are_counted_with_their_reason(
    compute: Compute, scope: str, unit: str, counts: tuple[int, int], excluded: dict[str, int]
) -> None:
    days = air(pm25=[None] * 2 + ["30"] * 28)
    days.counts["pm25"][:2] = counts

    figure = compute("air.annual_mean.pm25", "2021-04", scope=scope, air=days)

    assert figure.excluded == {reason.format(unit): n for reason, n in excluded.items()}


@pytest.mark.parametrize(
    ("period", "values", "printed"),
    [
        pytest.param("2020-06", ["30"] * 15 + ["31"] * 15, "30", id="2012: 30.5 to the even 30 (air 7.3)"),
        pytest.param("2020-06", ["30"] * 14 + ["31"] * 16, "31", id="2012: 30.53"),
        pytest.param("2020-06", ["31"] * 15 + ["32"] * 15, "32", id="2012: 31.5 to the even 32"),
        pytest.param("2026-06", ["30"] * 15 + ["31"] * 15, "30.5", id="2026: one decimal (air 7.2)"),
        pytest.param("2026-06", ["28"] * 30, "28.0", id="2026: 28.0 keeps its decimal (air 7.2)"),
    ],
)
def test_mean_of_pm25_is_printed_with_the_decimals_of_its_edition(
    compute: Compute, period: str, values: list[str], printed: str
) -> None:
    assert str(compute("air.annual_mean.pm25", period, air=air(pm25=values)).value) == printed


@pytest.mark.parametrize("quantity", ["pm25", "pm10", "so2", "no2"])
def test_each_mean_is_of_its_own_quantity(compute: Compute, quantity: str) -> None:
    values = {q: [str(10 * i)] * 30 for i, q in enumerate(("pm25", "pm10", "so2", "no2"), 1)}

    figure = compute(f"air.annual_mean.{quantity}", "2020-06", air=air(**values))

    assert str(figure.value) == values[quantity][0]


@pytest.mark.parametrize(
    ("period", "editions_used"),
    [
        ("2026-02", ["GB 3095-2012", "HJ 633-2012", "HJ 663-2013"]),
        ("2026-03", ["GB 3095-2026 transitional", "HJ 633-2026", "HJ 663-2026"]),
        ("2031-01", ["GB 3095-2026 final", "HJ 633-2026", "HJ 663-2026"]),
    ],
)
def test_a_figure_names_the_editions_of_its_last_day_with_their_digests(
    compute: Compute, period: str, editions_used: list[str]
) -> None:
    figure = compute("air.good_day_ratio", period, air=air([40] * len(periods.parse(period))))

    assert figure.editions == {name: f"sha-{name}" for name in editions_used}


# What a good-day ratio of a city's month rests on: least data, the ozone day, the city's value, the index, the share.
GOOD_DAY_RULES = {
    "gb3095-2026-transitional": {"hour_minutes", "day_hours", "window_hours", "month_days", "month_alone", "gas_state"},
    "hj633-2026": {"breakpoints", "above_the_top", "items", "rounding", "missing_item", "good_day", "heavy"},
    "hj663-2026": {
        "ozone_day", "ozone_windows", "ozone_exception", "city_share", "city_value", "decimals",
        "good_day_denominator", "rates",
    },
}  # fmt: skip


def test_a_figure_lists_the_assumptions_that_it_rests_on_and_no_others(compute: Compute, config: Path) -> None:
    figure = compute("air.good_day_ratio", "2026-03", air=air([40] * 31))

    expected = []
    for stem, keys in GOOD_DAY_RULES.items():
        file = tomllib.loads((config / "standards" / f"{stem}.toml").read_text(encoding="utf-8"))
        rules = [rule for key, rule in file["rule"].items() if key in keys and not rule["confirmed"]]
        expected += [f"{file['edition']['id']}: {rule['text']}" for rule in rules]
    assert expected
    assert sorted(figure.assumed) == sorted(expected)


def test_a_period_before_any_edition_is_an_error(compute: Compute) -> None:
    with pytest.raises(ConfigError, match=r"air\.index on 2014-01-01: expected one edition in force, got 0"):
        compute("air.good_day_ratio", "2014", air=air([40] * 365))


def test_a_city_of_an_early_stage_has_figures_before_the_others(compute: Compute) -> None:
    assert compute("air.good_day_ratio", "2014", staged=True, air=air([40] * 365)).value == 100


@pytest.mark.parametrize(
    ("indicator", "value", "valid"),
    [
        pytest.param("air.daily_attainment.so2", None, 0, id="of the item alone"),
        pytest.param("air.daily_attainment", Decimal("100.0"), 28, id="of all: it is not missed"),
    ],
)
def test_an_item_that_is_not_monitored_does_not_attain_without_a_value(
    compute: Compute, indicator: str, value: Decimal | None, valid: int
) -> None:
    others = {q: ["3"] * 28 + [None] * 2 for q in SIX if q != "so2"}

    figure = compute(indicator, "2021-04", not_monitored=("so2",), air=air(**others))

    assert (figure.value, figure.valid, figure.sufficient) == (value, valid, value is not None)


def three_years(last: int, *, missing_days: int = 0) -> dict[str, object]:
    """Days of a year and of the two before, each of 30 ug/m3 of PM2.5; the first days of the year before missing."""
    days = []
    for year in (last, last - 1, last - 2):
        absent = missing_days if year == last - 1 else 0
        days.append(air(pm25=[None] * absent + ["30"] * (len(periods.year(year)) - absent)))
    return {"air": days[0], "earlier": days[1:]}


def test_a_moving_mean_counts_the_days_of_all_three_years(compute: Compute) -> None:
    figure = compute("air.moving_mean.pm25", "2032", **three_years(2032, missing_days=3))

    assert (figure.value, figure.valid, figure.expected, figure.excluded, figure.sufficient) == (
        30, 1093, 1096, {"no valid stations": 3}, True,
    )  # fmt: skip


def test_a_moving_mean_names_the_editions_of_all_three_years(compute: Compute) -> None:
    figure = compute("air.moving_mean.pm25", "2028", **three_years(2028))

    assert set(figure.editions) == {
        "GB 3095-2012", "HJ 663-2013", "GB 3095-2026 transitional", "HJ 663-2026",
    }  # fmt: skip
    assert {line.partition(": ")[0] for line in figure.assumed} >= {"HJ 663-2013", "HJ 663-2026"}
    assert set(figure.rules) == set(figure.editions)


def test_a_year_before_the_standards_makes_no_moving_mean(editions: Standards) -> None:
    with_moving_years = Standards(
        [msgspec.structs.replace(s, moving_years=3) if isinstance(s, AirEvaluation) else s for s in editions.all],
        editions.digests,
    )
    indicator = INDICATORS["air.moving_mean.pm25"]
    facts = Facts(
        scope="city:town", period=periods.parse("2017"), standards=with_moving_years, staged=False, **three_years(2017)
    )

    figure = indicator.compute(indicator, facts)

    assert (figure.value, figure.sufficient, figure.reasons) == (None, False, ["2015: before the standards"])
    assert (figure.valid, figure.expected, figure.excluded) == (731, 1096, {"before the standards": 365})


def test_an_edition_without_moving_years_has_no_moving_mean(compute: Compute) -> None:
    figure = compute("air.moving_mean.pm25", "2020", **three_years(2020))  # HJ 663-2013: air.md, 6

    assert (figure.value, figure.sufficient) == (None, False)
    assert figure.reasons == ["the edition in force has no moving mean"]


# --- water ---

# Ammonia nitrogen that puts an otherwise clean section into a class (water.md, 1.1).
NH3N = {1: 0.1, 2: 0.4, 3: 0.9, 4: 1.4, 5: 1.9, 6: 3.0}


def section(
    period: str,
    class_of: Callable[[dt.date], int | None] | int | None,
    *,
    target: WaterClass | None = None,
    without: str = "",
    **items: float,
) -> SectionDays:
    """A section whose days have the given class; None is a day without readings. `items` replaces values."""
    days = periods.parse(period).days()
    classes = [class_of(day) if callable(class_of) else class_of for day in days]
    clean = {"ph": 7.0, "do": 8.0, "codmn": 1.0, "tp": 0.01, **items}
    means = {k: np.array([NAN if c is None else v for c in classes]) for k, v in clean.items()}
    means["nh3n"] = np.array([NAN if c is None else items.get("nh3n", NH3N[c]) for c in classes])
    counts = np.array([0 if c is None else 6 for c in classes])
    return SectionDays(
        station(target=target), {k: v for k, v in means.items() if k != without}, dict.fromkeys(means, counts)
    )


def many(period: str, **classes: int) -> list[SectionDays]:
    """As many sections of each class as said; `none` have no readings."""
    names = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "worse": 6, "none": None}
    return [section(period, names[name]) for name, n in classes.items() for _ in range(n)]


@pytest.mark.parametrize(
    ("indicator", "sections", "printed"),
    [
        pytest.param("water.good_ratio", {"ii": 5, "iii": 3, "iv": 1, "worse": 1}, "80.0", id="water V11"),
        pytest.param("water.good_ratio", {"iii": 14, "iv": 3, "worse": 3}, "70.0", id="water V12: I-III"),
        pytest.param("water.worse_than_v_ratio", {"iii": 14, "iv": 3, "worse": 3}, "15.0", id="water V12: worse"),
        pytest.param("water.good_ratio", {"iii": 12, "v": 4, "worse": 4}, "60.0", id="water V13: I-III"),
        pytest.param("water.worse_than_v_ratio", {"iii": 12, "v": 4, "worse": 4}, "20.0", id="water V13: worse than V"),
        pytest.param("water.good_ratio", {"ii": 3, "v": 3, "worse": 4}, "30.0", id="water V14"),
        pytest.param("water.good_ratio", {"i": 9, "worse": 1}, "90.0", id="water V14b"),
        pytest.param("water.good_ratio", {"ii": 9, "iv": 8, "v": 5, "worse": 24}, "19.6", id="water V15: Fen River"),
        pytest.param("water.worse_than_v_ratio", {"ii": 22, "worse": 24}, "52.2", id="water V15: Fen River, worse"),
        pytest.param("water.good_ratio", {"iii": 20, "iv": 1}, "95.2", id="plans.md, Shenzhen 2025: 20 of 21"),
        pytest.param("water.good_ratio", {"iii": 8, "iv": 5}, "61.5", id="plans.md, Guangzhou 2020: 8 of 13"),
        pytest.param("water.v_or_better_ratio", {"iv": 3, "v": 1, "worse": 1}, "80.0", id="V counts as V or better"),
        pytest.param("water.worse_than_v_ratio", {"v": 5}, "0.0", id="class V is not worse than V"),
    ],
)  # fmt: skip
def test_share_of_sections_is_that_of_the_vectors(
    compute: Compute, indicator: str, sections: dict[str, int], printed: str
) -> None:
    figure = compute(indicator, "2020-06", sections=many("2020-06", **sections))

    assert (str(figure.value), figure.sufficient) == (printed, True)


@pytest.mark.parametrize(("indicator", "printed"), [("water.good_ratio", "40.8"), ("water.worse_than_v_ratio", "31.7")])
def test_share_of_sections_is_of_those_evaluated(compute: Compute, indicator: str, printed: str) -> None:
    # water V15: 120 evaluated of 135
    sections = many("2019-06", iii=49, iv=22, v=11, worse=38, none=15)

    figure = compute(indicator, "2019-06", sections=sections)

    assert (str(figure.value), figure.valid, figure.expected, figure.excluded) == (
        printed, 120, 135, {"too few valid months, days or items": 15},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("target", "class_", "printed"),
    [("II", 2, "100.0"), ("II", 3, "0.0"), ("III", 3, "100.0"), ("III", 4, "0.0"), ("V", 5, "100.0"), ("V", 6, "0.0")],
)
def test_a_section_attains_at_its_target_class(compute: Compute, target: WaterClass, class_: int, printed: str) -> None:
    figure = compute("water.target_attainment", "2020-06", sections=[section("2020-06", class_, target=target)])

    assert str(figure.value) == printed


def test_a_section_without_a_target_class_is_excluded(compute: Compute) -> None:
    sections = [section("2020-06", 2), section("2020-06", 3, target="III")]

    figure = compute("water.target_attainment", "2020-06", sections=sections)

    assert (figure.value, figure.valid, figure.excluded) == (100, 1, {"no target class in the register": 1})


# V22: months of class II x3, III x6, IV x2, one not sampled.
V22 = [2, 3, 3, 4, 3, 2, None, 3, 4, 3, 3, 2]


def test_months_of_a_section_against_its_target_are_those_of_the_vector(compute: Compute) -> None:
    attained = []
    for number in range(1, 13):
        period = f"2020-{number:02}"
        sections = [section(period, V22[number - 1], target="III")]
        attained.append(compute("water.target_attainment", period, sections=sections).value)

    assert (attained.count(Decimal(100)), attained.count(Decimal(0)), attained.count(None)) == (9, 2, 1)  # V22


def test_year_of_a_section_against_its_target_is_that_of_the_vector(compute: Compute) -> None:
    # V22: 0.4 x3, 0.9 x6, 1.4 x2 have a mean of 0.85 mg/L, class III
    days = section("2020", lambda day: V22[day.month - 1], target="III")

    figure = compute("water.target_attainment", "2020", sections=[days])

    assert (figure.value, figure.sufficient) == (100, True)


def test_class_of_a_year_weighs_months_alike(editions: Standards) -> None:
    # Eight months: seven with 31 days or 30 at 0.9, one with 18 valid days at 1.7: mean (7 x 0.9 + 1.7) / 8 = 1.0.
    def class_of(day: dt.date) -> int | None:
        return (6 if day.day <= 18 else None) if day.month == 1 else (3 if day.month <= 8 else None)

    days = section("2021", class_of)
    means = dict(days.means)
    means["nh3n"] = np.where(days.means["nh3n"] == NH3N[6], 1.7, days.means["nh3n"])
    limits = editions.on(WaterLimits, dt.date(2021, 12, 31))
    method = editions.on(WaterMethod, dt.date(2021, 12, 31))

    found = section_class(SectionDays(days.station, means, days.counts), periods.parse("2021"), limits, method)

    assert (found.values["nh3n"], found.overall) == (Decimal("1.00"), 3)


@pytest.mark.parametrize(
    ("period", "n_days", "known"),
    [
        pytest.param("2020-06", 18, True, id="18 days: at equality"),
        pytest.param("2020-06", 17, False, id="17 days"),
        pytest.param("2020-06-01..2020-06-15", 9, True, id="running month: 9 of 15"),
        pytest.param("2020-06-01..2020-06-15", 8, False, id="running month: 8 of 15"),
        pytest.param("2020-02", 18, True, id="February: 18 days"),
        pytest.param("2020-02", 17, False, id="February: 17 days"),
    ],
)
def test_a_section_needs_18_days_of_a_month_or_in_proportion(
    compute: Compute, period: str, n_days: int, known: bool
) -> None:
    sections = [section(period, lambda day: 2 if day.day <= n_days else None)]

    figure = compute("water.worst_class", period, sections=sections)

    assert (figure.value == 2, figure.sufficient) == (known, known)


@pytest.mark.parametrize(
    ("period", "n_months", "known"),
    [
        pytest.param("2020", 8, True, id="8 months of 12: at equality"),
        pytest.param("2020", 7, False, id="7 months of 12"),
        pytest.param("2020-01-01..2020-06-30", 4, True, id="4 months of 6: at equality"),
        pytest.param("2020-01-01..2020-06-30", 3, False, id="3 months of 6"),
        pytest.param("2020-01-01..2020-04-30", 3, True, id="3 months of 4: 2.7 rounded up"),
        pytest.param("2020-01-01..2020-04-30", 2, False, id="2 months of 4"),
    ],
)
def test_a_section_needs_8_months_of_a_year_or_in_proportion(
    compute: Compute, period: str, n_months: int, known: bool
) -> None:
    sections = [section(period, lambda day: 2 if day.month <= n_months else None)]

    figure = compute("water.worst_class", period, sections=sections)

    assert (figure.value == 2, figure.sufficient) == (known, known)


def test_a_section_without_a_required_item_is_excluded(compute: Compute) -> None:
    figure = compute("water.good_ratio", "2020-06", sections=[section("2020-06", 2, without="tp")])

    assert (figure.value, figure.excluded, figure.sufficient) == (
        None, {"too few valid months, days or items": 1}, False,
    )  # fmt: skip


def test_worst_class_is_that_of_the_worst_section(compute: Compute) -> None:
    figure = compute("water.worst_class", "2020-06", sections=many("2020-06", ii=3, v=1, iii=2))

    assert (figure.value, figure.sufficient) == (5, True)


def test_worst_class_with_a_section_missing_does_not_suffice(compute: Compute) -> None:
    figure = compute("water.worst_class", "2020-06", sections=many("2020-06", ii=3, none=1))

    assert (figure.value, figure.sufficient, figure.valid) == (2, False, 3)


@pytest.mark.parametrize(
    "indicator",
    ["water.good_ratio", "water.target_attainment", "water.worst_class", "water.black_odorous_bodies"],
)
def test_water_without_sections_has_no_value(compute: Compute, indicator: str) -> None:
    figure = compute(indicator, "2020-06", sections=[])

    assert (figure.value, figure.sufficient) == (None, False)


@pytest.mark.parametrize(
    ("items", "bodies"),
    [
        pytest.param({"do": 2.1, "nh3n": 7.9}, 0, id="just inside"),
        pytest.param({"do": 2.0, "nh3n": 8.0}, 0, id="at the bounds"),
        pytest.param({"do": 1.99}, 1, id="oxygen just beyond"),
        pytest.param({"nh3n": 8.01}, 1, id="ammonia just beyond"),
    ],
)
def test_a_body_is_black_odorous_by_the_means_of_a_month(
    compute: Compute, items: dict[str, float], bodies: int
) -> None:
    figure = compute("water.black_odorous_bodies", "2020-06", sections=[section("2020-06", 3, **items)])

    assert (figure.value, figure.sufficient) == (bodies, True)


def test_a_body_that_was_black_odorous_in_one_month_of_the_period_counts_once(compute: Compute) -> None:
    days = section("2020-01-01..2020-06-30", 3)
    oxygen = days.means["do"].copy()
    oxygen[31 : 31 + 29] = 1.0  # February
    oxygen[91 : 91 + 30] = 1.0  # April

    sections = [SectionDays(days.station, {**days.means, "do": oxygen}, days.counts), days]
    figure = compute("water.black_odorous_bodies", "2020-01-01..2020-06-30", sections=sections)

    assert (figure.value, figure.valid, figure.sufficient) == (1, 2, True)


def test_a_body_with_a_month_missing_is_not_said_to_be_clean(compute: Compute) -> None:
    sections = [section("2020-01-01..2020-02-29", lambda day: 3 if day.month == 1 else None)]

    figure = compute("water.black_odorous_bodies", "2020-01-01..2020-02-29", sections=sections)

    assert (figure.value, figure.valid, figure.sufficient) == (None, 0, False)


def test_a_body_that_was_black_odorous_counts_though_a_month_is_missing(compute: Compute) -> None:
    sections = [section("2020-01-01..2020-02-29", lambda day: 3 if day.month == 1 else None, do=1.0)]

    figure = compute("water.black_odorous_bodies", "2020-01-01..2020-02-29", sections=sections)

    assert (figure.value, figure.valid) == (1, 1)


# --- noise ---


def monitor(
    period: str,
    *,
    day: tuple[int, int] = (0, 0),
    night: tuple[int, int] = (0, 0),
    zone: ZoneClass = "2",
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> MonitorDays:
    """A monitor with (valid, attained) days and nights; the valid ones come first."""
    n = len(periods.parse(period))

    def verdicts(valid: int, attained: int) -> list[bool | None]:
        return [True] * attained + [False] * (valid - attained) + [None] * (n - valid)

    return MonitorDays(station(medium="noise", zone=zone, since=since, until=until), verdicts(*day), verdicts(*night))


@pytest.mark.parametrize(
    ("indicator", "printed"), [("noise.day_attainment", "96.5"), ("noise.night_attainment", "76.5")]
)
def test_attainment_pools_the_point_times_of_the_monitors(compute: Compute, indicator: str, printed: str) -> None:
    # A13: the mean of the monitors' rates would be 96.4 and 75.9
    monitors = [
        monitor("2025-04", day=(28, 25), night=(29, 20), zone="1"),
        monitor("2025-04", day=(30, 30), night=(30, 28), zone="2"),
        monitor("2025-04", day=(27, 27), night=(26, 17), zone="4a"),
    ]

    figure = compute(indicator, "2025-04", monitors=monitors)

    assert (str(figure.value), figure.valid, figure.expected, figure.sufficient) == (printed, 85, 90, True)


@pytest.mark.parametrize(
    ("period", "valid", "attained", "printed"),
    [
        # A12, Hunan: point-times of a quarter, spread over six monitors
        pytest.param("2021-12", 156, 151, "96.8", id="A12: day"),
        pytest.param("2021-12", 156, 139, "89.1", id="A12: night"),
        pytest.param("2020-09", 143, 123, "86.0", id="A12: day of 2020"),
        pytest.param("2020-09", 143, 94, "65.7", id="A12: night of 2020"),
    ],
)
def test_attainment_is_that_of_the_published_quarters(
    compute: Compute, period: str, valid: int, attained: int, printed: str
) -> None:
    verdicts = [True] * attained + [False] * (valid - attained)
    n = len(periods.parse(period))
    shares = [verdicts[i::6] for i in range(6)]
    monitors = [
        MonitorDays(station(medium="noise", zone="2"), [*share, *[None] * (n - len(share))], [None] * n)
        for share in shares
    ]

    assert str(compute("noise.day_attainment", period, monitors=monitors).value) == printed


@pytest.mark.parametrize(
    ("valid", "sufficient"),
    [pytest.param(21, True, id="21"), pytest.param(20, True, id="20: at equality"), pytest.param(19, False, id="19")],
)
def test_a_month_of_noise_needs_20_days(compute: Compute, valid: int, sufficient: bool) -> None:
    figure = compute("noise.night_attainment", "2025-04", monitors=[monitor("2025-04", night=(valid, valid))])

    assert (figure.sufficient, figure.value) == (sufficient, 100)


@pytest.mark.parametrize(("valid", "sufficient"), [(7, True), (6, False)])
def test_a_running_month_of_noise_needs_days_in_proportion(compute: Compute, valid: int, sufficient: bool) -> None:
    # 20 of 30 days are 6.7 of 10, rounded up
    period = "2025-04-01..2025-04-10"

    assert compute("noise.day_attainment", period, monitors=[monitor(period, day=(valid, 0))]).sufficient is sufficient


def test_days_before_and_after_a_monitor_do_not_count(compute: Compute) -> None:
    since, until = dt.date(2025, 4, 11), dt.date(2025, 5, 1)
    one = monitor("2025-03-01..2025-05-31", day=(92, 92), since=since, until=until)

    figure = compute("noise.day_attainment", "2025-03-01..2025-05-31", monitors=[one])

    assert (figure.valid, figure.expected) == (20, 20)


def test_a_monitor_taken_away_within_a_month_is_asked_for_its_own_days_only(compute: Compute) -> None:
    # April whole, then one day of May, all valid: nothing that was expected is missing.
    period = "2025-04-01..2025-05-31"
    one = monitor(period, day=(31, 31), until=dt.date(2025, 5, 2))

    figure = compute("noise.day_attainment", period, monitors=[one])

    assert (figure.valid, figure.expected, figure.excluded, figure.sufficient) == (31, 31, {}, True)


def test_a_monitor_set_up_within_a_month_is_asked_for_days_in_proportion(compute: Compute) -> None:
    # Due on 29 days of April, of which one is valid: that is not enough.
    one = monitor("2025-04", day=(2, 2), since=dt.date(2025, 4, 2))

    figure = compute("noise.day_attainment", "2025-04", monitors=[one])

    assert (figure.valid, figure.expected, figure.sufficient) == (1, 29, False)


@pytest.mark.parametrize("indicator", ["noise.day_attainment", "noise.night_attainment"])
def test_noise_without_monitors_has_no_value(compute: Compute, indicator: str) -> None:
    figure = compute(indicator, "2025-04", monitors=[])

    assert (figure.value, figure.sufficient) == (None, False)


def test_valid_and_missing_point_times_make_up_those_expected(compute: Compute) -> None:
    figure = compute("noise.night_attainment", "2025-04", monitors=[monitor("2025-04", night=(26, 17))])

    assert (figure.valid, figure.excluded, figure.expected) == (26, {"too few valid hours": 4}, 30)


# --- the table ---


@pytest.mark.parametrize("name", INDICATORS)
def test_an_indicator_is_named_after_its_medium(name: str) -> None:
    assert (INDICATORS[name].name, INDICATORS[name].medium) == (name, name.partition(".")[0])


def test_a_figure_names_indicator_scope_period_and_unit(compute: Compute) -> None:
    figure = compute("noise.day_attainment", "2025-04", monitors=[monitor("2025-04", day=(30, 30))])

    assert (figure.indicator, figure.scope, figure.period, figure.unit) == (
        "noise.day_attainment", "city:town", str(Period(dt.date(2025, 4, 1), dt.date(2025, 4, 30))), "%",
    )  # fmt: skip
