"""Editions of noise: every number typed anew from shared/standards/noise.md, and what a file may not say."""

import csv
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from aggregations import standards
from aggregations.standards import NoiseLimits, NoiseMethod, NoiseSurvey, Standard
from sensors import quantities
from sensors.errors import ConfigError

Editions = Callable[[str], Standard]
Texts = Callable[[str], str]

# --- noise.md, 1.1 ---

TABLE = """class,code,day,night,night_lmax
0,30,50,40,55
1,31,55,45,60
2,32,60,50,65
3,33,65,55,70
4a,34,70,55,70
4b,35,70,60,75
"""


@pytest.fixture
def limits(edition: Editions) -> NoiseLimits:
    found = edition("GB 3096-2008")
    assert isinstance(found, NoiseLimits)
    return found


@pytest.fixture
def method(edition: Editions) -> NoiseMethod:
    found = edition("Noise, automatic monitors 2024")
    assert isinstance(found, NoiseMethod)
    return found


@pytest.fixture
def survey(edition: Editions) -> NoiseSurvey:
    found = edition("HJ 640-2012")
    assert isinstance(found, NoiseSurvey)
    return found


def test_zone_classes_have_the_codes_limits_and_night_peaks_of_the_note(limits: NoiseLimits) -> None:
    found = {
        key: (zone.code, zone.day, zone.night, zone.night + limits.night_peak_excess)
        for key, zone in limits.zone.items()
    }
    assert found == {
        row["class"]: (int(row["code"]), int(row["day"]), int(row["night"]), int(row["night_lmax"]))
        for row in csv.DictReader(TABLE.splitlines())
    }


def test_existing_railways_have_70_and_55_without_trains(limits: NoiseLimits) -> None:
    railway = limits.existing_railway
    assert (railway.day, railway.night, railway.approved_until) == (70, 55, dt.date(2010, 12, 31))  # 5.3


@pytest.mark.parametrize(
    ("rule", "clause"),
    [("limits", "5.1 and table 1"), ("new_railways", "5.2"), ("existing_railways", "5.3"), ("night_peak", "5.4"),
     ("day_hours", "3.4")],
)  # fmt: skip
def test_rules_of_gb_3096_stand_at_the_clauses_of_the_note(limits: NoiseLimits, rule: str, clause: str) -> None:
    assert (limits.rule[rule].clause, limits.rule[rule].confirmed) == (clause, True)


def test_automatic_profile_has_the_defaults_of_the_note(method: NoiseMethod) -> None:
    # noise.md, 3.2, 4.3 and 5
    assert (method.sample_period_s, method.weather_lowers_vdr, method.hour_min_share) == (1, True, Decimal("0.75"))
    assert (method.weather_resolution_min, method.level_decimals, method.judge_from) == (1, 1, "computed")
    assert method.exclude_above == {"wind_speed": Decimal("5.0"), "rain": 0, "snow": 0, "thunder": 0}
    assert (method.day_min_hours, method.night_min_hours, method.month_min_days) == (12, 6, 20)
    assert (method.night_peak_in_attainment, method.statistical_day) == (False, "calendar")
    assert (method.judge_decimals, method.judge_rounding) == (0, "half_even")
    assert (method.classes, method.pooling, method.rate_decimals) == (
        ["0", "1", "2", "3", "4a", "4b"],
        "point_times",
        1,
    )


def test_automatic_profile_says_which_of_its_rules_nobody_read(method: NoiseMethod) -> None:
    read = {key for key, rule in method.rule.items() if rule.confirmed}
    assert read == {"energy_mean", "vdr", "point_times", "rates"}  # marked C in noise.md, 3.1 and 4.3
    assert not method.edition.confirmed


def test_survey_says_which_of_its_rules_nobody_read(survey: NoiseSurvey) -> None:
    read = {key for key, rule in survey.rule.items() if rule.confirmed}
    # marked C in noise.md, 2.1 to 2.3 and 5; the numbers of points are C of the rule of 2011 only, R of HJ 640
    assert read == {"regional_grades", "road_grades", "road_mean", "road_share", "functional_rate"}


def test_regional_grades_are_those_of_the_note(survey: NoiseSurvey) -> None:
    assert [str(v) for v in survey.regional.day] == ["50.0", "55.0", "60.0", "65.0"]  # noise.md, 2.2
    assert [str(v) for v in survey.regional.night] == ["40.0", "45.0", "50.0", "55.0"]


def test_road_grades_are_those_of_the_note(survey: NoiseSurvey) -> None:
    assert [str(v) for v in survey.road.day] == ["68.0", "70.0", "72.0", "74.0"]  # noise.md, 2.3
    assert [str(v) for v in survey.road.night] == ["58.0", "60.0", "62.0", "64.0"]


def test_grades_are_named_as_in_the_note(survey: NoiseSurvey) -> None:
    assert [grade.name.split()[1] for grade in survey.grade] == ["好", "较好", "一般", "较差", "差"]


def test_points_of_surveys_are_those_of_the_note(survey: NoiseSurvey) -> None:
    sizes = ("super_large", "large", "medium", "small")
    assert [survey.functional_points[size] for size in sizes] == [20, 15, 10, 7]  # 2.1
    assert [survey.road_points[size] for size in sizes] == [100, 80, 50, 20]  # 2.3
    assert (survey.regional_points, survey.quarters) == (101, 4)  # more than 100; once a quarter


def test_survey_means_are_those_of_the_note(survey: NoiseSurvey) -> None:
    assert (survey.level_decimals, survey.road_weights, survey.loud_above) == (1, "length", 70)


@pytest.mark.parametrize("name", ["GB 3096-2008", "Noise, automatic monitors 2024", "HJ 640-2012"])
def test_every_rule_of_noise_is_said_in_both_languages(edition: Editions, name: str) -> None:
    assert [key for key, rule in edition(name).rule.items() if not rule.text or not rule.zh] == []


@pytest.mark.parametrize(
    ("stem", "old", "new", "told"),
    [
        ("gb3096-2008", "[rule.night_peak]", "[rule.peak]", "rule.night_peak: expected where it stands"),
        ("gb3096-2008", "night_first_hour = 22", "night_first_hour = 6", "night_first_hour: expected an hour after 6"),
        ("gb3096-2008", "night_first_hour = 22", "night_first_hour = 24", "night_first_hour: expected int <= 23"),
        ("gb3096-2008", "code = 30\n", "", "zone.0.code: expected a value, got nothing"),
        ("noise-automatic-2024", "hour_min_share = 0.75", "hour_min_share = 75", "hour_min_share: expected more"),
        ("noise-automatic-2024", "hour_min_share = 0.75", "hour_min_share = 0", "hour_min_share: expected more"),
        ("noise-automatic-2024", '"calendar"', '"night"', "statistical_day: expected one of calendar, night_starting"),
        ("noise-automatic-2024", '"4b"]', '"4"]', "classes"),
        ("noise-automatic-2024", "judge_decimals = 0", "judge_decimals = 2", "judge_decimals: expected int <= 1"),
        ("noise-automatic-2024", "resolution_min = 1 ", "resolution_min = 7 ", "weather_resolution_min: expected"),
        ("noise-automatic-2024", '"computed"', '"printed"', "judge_from: expected one of computed, stored"),
        ("hj640-2012", "day = [50.0, 55.0,", "day = [55.0, 50.0,", "regional.day: expected at least one, rising"),
        ("hj640-2012", "night = [58.0, 60.0,", "night = [58.0,", "road.night: expected 4 bounds of 5 grades, got 3"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_of_noise_is_told(text_of: Texts, stem: str, old: str, new: str, told: str) -> None:
    right = text_of(stem)
    assert old in right

    with pytest.raises(ConfigError) as error:
        standards.parse(right.replace(old, new), file="bad.toml")

    assert str(error.value).startswith(f"bad.toml: {told}"), str(error.value)


@pytest.mark.parametrize(
    ("stem", "old", "new", "told"),
    [
        ("noise-automatic-2024", "rain = 0", "drizzle = 0", "exclude_above: expected quantities of noise"),
        ("hj640-2012", "small = 7", "tiny = 7", "functional_points: expected sizes of a city"),
        ("hj640-2012", "small = 20\n", "", "road_points.small: expected a value, got nothing"),
    ],
)
def test_a_file_of_noise_speaks_of_what_there_is(
    config: Path, text_of: Texts, stem: str, old: str, new: str, told: str
) -> None:
    known = quantities.parse((config / "quantities.toml").read_text(encoding="utf-8"), file="quantities.toml")
    standard = standards.parse(text_of(stem).replace(old, new), file="bad.toml")

    with pytest.raises(ConfigError) as error:
        standards.check_quantities(standard, known, file="bad.toml")

    assert str(error.value).startswith(f"bad.toml: {told}"), str(error.value)
