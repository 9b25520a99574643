"""Claims about the files of manual surveys of noise."""

from decimal import Decimal
from pathlib import Path

import pytest

from sensors import noise_surveys
from sensors.errors import ConfigError
from sensors.noise_surveys import COLUMNS, ComplaintReport, FunctionalResult, NoiseSurveys, RegionalResult, RoadResult
from sensors.quantities import Quantity

SHIPPED = Path(__file__).resolve().parents[3] / "config" / "noise-surveys"
LEQ = Quantity(name="", name_en="", unit="dB", hj212="LA", minimum=Decimal(10), maximum=Decimal(140), decimals=1)
PARSE = {
    "functional": noise_surveys.parse_functional,
    "regional": noise_surveys.parse_regional,
    "road": noise_surveys.parse_road,
}


def parsed(kind: str, rows: str) -> tuple[object, ...]:
    header = ",".join(COLUMNS[kind]) + "\n"  # type: ignore[index]
    return PARSE[kind](header + rows, ["sz", "bj"], LEQ, file="s.csv")  # type: ignore[operator,no-any-return]


@pytest.mark.parametrize("kind", PARSE)
def test_surveys_that_come_along_are_none(kind: str) -> None:
    assert PARSE[kind]((SHIPPED / f"{kind}.csv").read_text(encoding="utf-8"), [], LEQ, file="s.csv") == ()  # type: ignore[operator]


def test_functional_result_has_its_quarter_and_may_lack_one_level() -> None:
    assert parsed("functional", "sz,p1,2023-Q4,4a,,55.4\n") == (
        FunctionalResult("sz", "p1", 2023, 4, "4a", None, Decimal("55.4")),
    )


def test_regional_and_road_results_are_exact() -> None:
    assert parsed("regional", "sz,g1,2023,night,44.1\n") == (
        RegionalResult("sz", "g1", 2023, "night", Decimal("44.1")),
    )
    assert parsed("road", "sz,r1,2023,day,2.4,69.8\n") == (
        RoadResult("sz", "r1", 2023, "day", Decimal("2.4"), Decimal("69.8")),
    )


def test_results_of_a_city_are_its_own() -> None:
    both = NoiseSurveys(regional=parsed("regional", "sz,g1,2023,day,50\nbj,g1,2023,day,60\n"))  # type: ignore[arg-type]
    assert [each.leq for each in both.of("bj").regional] == [60]


def test_the_same_point_may_stand_in_another_quarter_year_or_part() -> None:
    assert len(parsed("functional", "sz,p1,2023-Q1,2,50,40\nsz,p1,2023-Q2,2,50,40\n")) == 2
    assert len(parsed("regional", "sz,g1,2023,day,50\nsz,g1,2023,night,40\nsz,g1,2024,day,50\n")) == 3


@pytest.mark.parametrize(
    ("kind", "rows", "error"),
    [
        ("functional", "gz,p1,2023-Q1,2,50,40\n", "line 2: city: expected one of sz, bj, got 'gz'"),
        ("functional", "sz,,2023-Q1,2,50,40\n", "line 2: point: expected 1 to 64 characters as of a station, got ''"),
        ("functional", "sz,p1,2023-5,2,50,40\n", "line 2: quarter: expected a quarter such as 2020-Q2, got '2023-5'"),
        ("functional", "sz,p1,2023-Q1,4,50,40\n", "line 2: zone_class: expected one of 0, 1, 2, 3, 4a, 4b, got '4'"),
        ("functional", "sz,p1,2023-Q1,2,200,40\n", "line 2: ld: expected a level between 10 and 140 dB, got '200'"),
        ("functional", "sz,p1,2023-Q1,2,50,inf\n", "line 2: ln: expected a level between 10 and 140 dB, got 'inf'"),
        ("functional", "sz,p1,2023-Q1,2,,\n", "line 2: ld: expected a level of the day or of the night, got neither"),
        (
            "functional",
            "sz,p1,2023-Q1,2,50,40\nsz,p1,2023-Q1,3,50,40\n",
            "line 3: point: expected each once of city, point, quarter, got 'p1' again",
        ),
        ("regional", "sz,g1,23,day,50\n", "line 2: year: expected a year such as 2020, got '23'"),
        ("regional", "sz,g1,2023,evening,50\n", "line 2: part: expected one of day, night, got 'evening'"),
        ("regional", "sz,g1,2023,day,\n", "line 2: leq: expected a level between 10 and 140 dB, got ''"),
        ("road", "sz,r1,2023,day,0,70\n", "line 2: length_km: expected more than 0 and at most 1000, got '0'"),
        ("road", "sz,r1,2023,day,x,70\n", "line 2: length_km: expected more than 0 and at most 1000, got 'x'"),
    ],
)
def test_mistake_is_told_with_its_line(kind: str, rows: str, error: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parsed(kind, rows)
    assert str(raised.value) == f"s.csv: {error}"


COMPLAINTS = "city,period,received,settled,source\n"


def test_complaints_are_of_a_year_a_quarter_or_a_month() -> None:
    rows = "sz,2023,179,169,hotline\nsz,2023-Q2,40,,hotline\nbj,2023-11,0,0,a\n"

    found = noise_surveys.parse_complaints(COMPLAINTS + rows, ["sz", "bj"], file="c.csv")

    assert found == (
        ComplaintReport("sz", "2023", 2023, 1, 12, 179, 169, "hotline"),
        ComplaintReport("sz", "2023-Q2", 2023, 4, 3, 40, None, "hotline"),
        ComplaintReport("bj", "2023-11", 2023, 11, 1, 0, 0, "a"),
    )
    assert NoiseSurveys(complaints=found).of("bj").complaints == found[2:]


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ("gz,2023,1,1,a\n", "line 2: city: expected one of sz, bj, got 'gz'"),
        ("sz,2023-13,1,1,a\n", "line 2: period: expected 2020, 2020-Q2 or 2020-06, got '2023-13'"),
        ("sz,2023-Q5,1,1,a\n", "line 2: period: expected 2020, 2020-Q2 or 2020-06, got '2023-Q5'"),
        ("sz,2023,-1,,a\n", "line 2: received: expected a whole number from 0 on, got '-1'"),
        ("sz,2023,,,a\n", "line 2: received: expected a whole number from 0 on, got ''"),
        ("sz,2023,1.5,,a\n", "line 2: received: expected a whole number from 0 on, got '1.5'"),
        ("sz,2023,1,nan,a\n", "line 2: settled: expected a whole number from 0 on, got 'nan'"),
        ("sz,2023,1,2,a\n", "line 2: settled: expected at most the 1 received, got 2"),
        ("sz,2023,1,1,\n", "line 2: source: expected 1 to 200 characters, who reports it, got ''"),
        ("sz,2023,1,1,a\nsz,2023,1,1,b\n", "line 3: period: expected each once of a city, got '2023' again"),
    ],
)
def test_a_mistake_in_the_complaints_is_told(rows: str, error: str) -> None:
    with pytest.raises(ConfigError) as found:
        noise_surveys.parse_complaints(COMPLAINTS + rows, ["sz", "bj"], file="c.csv")

    assert str(found.value) == f"c.csv: {error}"
