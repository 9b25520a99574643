"""Trends of yearly figures, on air vectors 46 and 47."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from aggregations.figures import Figure
from aggregations.indicators import INDICATORS
from aggregations.standards import AirEvaluation, Standard
from aggregations.trends import YearlyTrend, yearly_trend

PM25 = "air.annual_mean.pm25"


@pytest.fixture
def evaluation(edition: Callable[[str], Standard]) -> AirEvaluation:
    found = edition("HJ 663-2013")
    assert isinstance(found, AirEvaluation)
    return found


def trend_of(evaluation: AirEvaluation, values: Sequence[str | None], *, name: str = PM25) -> YearlyTrend:
    """Of years from 2014 on; a value that ends in ? rests on too little data."""
    figures = [
        Figure(
            indicator=name, scope="city:c", period=str(year), exact=None, unit="ug/m3", valid=1, expected=1,
            value=None if text is None else Decimal(text.rstrip("?")), counted="days",
            sufficient=text is not None and not text.endswith("?"), excluded={}, editions={"GB": "g"}, assumed=["x"],
        )
        for year, text in enumerate(values, 2014)
    ]  # fmt: skip
    return yearly_trend(INDICATORS[name], figures, evaluation, digest="d")


def test_falling_concentrations_are_for_the_better(evaluation: AirEvaluation) -> None:
    found = trend_of(evaluation, ["50", "47", "45", "41", "38"])  # air vector 46
    assert (str(found.coefficient), found.says, found.better) == ("-1.000", "falling", True)
    assert (str(found.critical_05), str(found.critical_01)) == ("0.900", "1.000")


def test_coefficient_equal_to_the_critical_value_is_a_trend(evaluation: AirEvaluation) -> None:
    found = trend_of(evaluation, ["45", "42", "43", "40", "38"])  # air vector 47
    assert (found.exact, found.says, found.significant) == ("-9/10", "falling", True)


def test_rising_good_days_are_for_the_better(evaluation: AirEvaluation) -> None:
    found = trend_of(evaluation, ["80.1", "82", "83", "84", "85"], name="air.good_day_ratio")
    assert (found.says, found.better) == ("rising", True)


def test_trend_that_is_not_significant_is_neither(evaluation: AirEvaluation) -> None:
    found = trend_of(evaluation, ["50", "45", "36", "41", "38"])
    assert (found.says, found.better) == ("none", None)


def test_years_that_do_not_suffice_are_left_out(evaluation: AirEvaluation) -> None:
    found = trend_of(evaluation, ["50", "1?", "47", "45", None, "41", "38"])
    assert (found.years, found.left_out) == ([2014, 2016, 2017, 2019, 2020], [2015, 2018])
    assert found.says == "falling"


def test_fewer_than_five_years_are_no_trend(evaluation: AirEvaluation) -> None:
    found = trend_of(evaluation, ["50", "47", "45", "41", "38?"])
    assert (found.says, found.coefficient, found.least) == (None, None, 5)


def test_number_of_years_without_a_critical_value_is_unknown(evaluation: AirEvaluation) -> None:
    found = trend_of(evaluation, [str(v) for v in range(50, 39, -1)])  # eleven
    assert (found.says, found.significant, found.better) == ("unknown", None, None)
    assert str(found.coefficient) == "-1.000"


def test_trend_names_its_edition_and_what_was_recalled(evaluation: AirEvaluation) -> None:
    found = trend_of(evaluation, ["50", "47", "45", "41", "38"])
    assert found.editions == {"GB": "g", "HJ 663-2013": "d"}
    assert found.assumed == [f"HJ 663-2013: {evaluation.rule['trend'].text}", "x"]
