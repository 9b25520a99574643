"""Claims about the register of stations."""

import datetime as dt

import pytest

from sensors import register
from sensors.errors import ConfigError
from sensors.quantities import Medium
from sensors.register import Register, Station

AIR = "id,name,name_en,city,district,lon,lat,since,until\n"
WATER = "id,name,name_en,city,district,lon,lat,water,body,target_class,since,until\n"
NOISE = "id,name,name_en,city,district,lon,lat,zone_class,since,until\n"


def one(row: str, medium: Medium = "air") -> Station:
    header = {"air": AIR, "water": WATER, "noise": NOISE}[medium]
    (station,) = register.parse(header + row + "\n", medium, file="r.csv")
    return station


def error_of(row: str, medium: Medium = "air") -> str:
    with pytest.raises(ConfigError) as raised:
        one(row, medium)
    return str(raised.value)


def test_register_reads_an_air_station() -> None:
    assert one('a1,莲花,"Lianhua, old",sz,Futian,113.80,-22.5,2019-01-01,2020-02-29') == Station(
        medium="air", id="a1", name="莲花", name_en="Lianhua, old", city="sz", district="Futian", lon=113.8, lat=-22.5,
        since=dt.date(2019, 1, 1), until=dt.date(2020, 2, 29),
    )  # fmt: skip


def test_register_reads_a_water_section() -> None:
    station = one("w1,n,,sz,,,,茅洲河,lake,IV,,", "water")
    assert (station.water, station.body, station.target_class) == ("茅洲河", "lake", "IV")


def test_register_section_needs_no_target_class() -> None:
    assert one("w1,n,,sz,,,,,river,,,", "water").target_class is None


@pytest.mark.parametrize("zone", ["0", "1", "2", "3", "4a", "4b"])  # GB 3096-2008, 4
def test_register_reads_each_zone_class(zone: str) -> None:
    assert one(f"n1,n,,sz,,,,{zone},,", "noise").zone_class == zone


def test_register_empty_fields_are_none() -> None:
    station = one("a1,n,,sz,,,,,")
    assert (station.lon, station.lat, station.since, station.until) == (None, None, None, None)


@pytest.mark.parametrize(("lon", "lat"), [("180", "90"), ("-180", "-90"), ("0", "0"), ("179.999", "89.999")])
def test_register_takes_places_up_to_the_ends_of_the_earth(lon: str, lat: str) -> None:
    station = one(f"a1,n,,sz,,{lon},{lat},,")
    assert (station.lon, station.lat) == (float(lon), float(lat))


@pytest.mark.parametrize("lon", ["180.001", "-180.001", "1138", "nan", "inf", "-inf", "x", "113,8", "113°"])
def test_register_longitude_out_of_range_is_refused(lon: str) -> None:
    error = error_of(f'a1,n,,sz,,"{lon}",,,')
    assert error == f"r.csv: line 2: lon: expected degrees east between -180 and 180, got {lon!r}"


@pytest.mark.parametrize("lat", ["90.001", "-90.001", "nan", "x"])
def test_register_latitude_out_of_range_is_refused(lat: str) -> None:
    error = error_of(f"a1,n,,sz,,,{lat},,")
    assert error == f"r.csv: line 2: lat: expected degrees north between -90 and 90, got {lat!r}"


@pytest.mark.parametrize("date", ["2020-13-01", "2019-02-29", "2020-1-1", "1.1.2020", "x", "2020-01-01T00:00"])
def test_register_bad_date_is_refused(date: str) -> None:
    error = error_of(f"a1,n,,sz,,,,{date},")
    assert error == f"r.csv: line 2: since: expected a date such as 2020-01-01, got {date!r}"


@pytest.mark.parametrize("date", ["2020-02-30", "x"])
def test_register_bad_last_date_is_refused(date: str) -> None:
    assert error_of(f"a1,n,,sz,,,,,{date}").startswith("r.csv: line 2: until: expected a date such as ")


def test_register_range_of_one_day_is_taken() -> None:
    assert one("a1,n,,sz,,,,2020-01-01,2020-01-02").until == dt.date(2020, 1, 2)


@pytest.mark.parametrize("until", ["2020-01-01", "2019-12-31"])
def test_register_empty_range_of_dates_is_refused(until: str) -> None:
    error = error_of(f"a1,n,,sz,,,,2020-01-01,{until}")
    assert error == f"r.csv: line 2: until: expected a day after since 2020-01-01, got {until}"


@pytest.mark.parametrize(
    ("row", "column"),
    [(",n,,sz,,,,,", "id"), ("a1,,,sz,,,,,", "name"), ("a1,n,,,,,,,", "city"), ("a1, ,,sz,,,,,", "name")],
)
def test_register_empty_id_name_or_city_is_refused(row: str, column: str) -> None:
    assert error_of(row) == f"r.csv: line 2: {column}: expected a text, got ''"


@pytest.mark.parametrize("name", ["a", "sz-a01", "河北省-26-大桥", "a$b", "a.b", "x" * 64])
def test_register_id_that_can_stand_in_a_topic_is_taken(name: str) -> None:
    assert one(f"{name},n,,sz,,,,,").id == name


@pytest.mark.parametrize("name", ["a b", "a/b", "a+", "a#", "$SYS", "x" * 65, "a\u3000b", "a\x00b", "a\x1fb"])
def test_register_id_that_cannot_stand_in_a_topic_is_refused(name: str) -> None:
    error = error_of(f"{name},n,,sz,,,,,")
    assert error == f"r.csv: line 2: id: expected 1 to 64 characters without blanks, / + or #, got {name!r}"


@pytest.mark.parametrize(
    ("medium", "row", "error"),
    [
        ("water", "w1,n,,sz,,,,,ocean,,,", "body: expected one of river, lake, got 'ocean'"),
        ("water", "w1,n,,sz,,,,,,,,", "body: expected one of river, lake, got ''"),
        ("water", "w1,n,,sz,,,,,river,VI,,", "target_class: expected one of I, II, III, IV, V, got 'VI'"),
        ("water", "w1,n,,sz,,,,,river,Ⅲ,,", "target_class: expected one of I, II, III, IV, V, got 'Ⅲ'"),
        ("noise", "n1,n,,sz,,,,4,,", "zone_class: expected one of 0, 1, 2, 3, 4a, 4b, got '4'"),
        ("noise", "n1,n,,sz,,,,,,", "zone_class: expected one of 0, 1, 2, 3, 4a, 4b, got ''"),
    ],
)
def test_register_unknown_class_is_told_with_the_known_ones(medium: Medium, row: str, error: str) -> None:
    assert error_of(row, medium) == f"r.csv: line 2: {error}"


def test_register_id_that_stands_twice_is_told_with_the_second_line() -> None:
    with pytest.raises(ConfigError) as raised:
        register.parse(AIR + "a1,n,,sz,,,,,\n# c\na2,n,,sz,,,,,\na1,m,,sz,,,,,\n", "air", file="r.csv")
    assert str(raised.value) == "r.csv: line 5: id: expected each id once, got 'a1' again"


def test_register_header_of_another_medium_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^r\.csv: line 1: expected columns id,name,.*,zone_class,since,until, got "):
        register.parse(AIR, "noise", file="r.csv")


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2019, 12, 31), False),
        (dt.date(2020, 1, 1), True),
        (dt.date(2020, 2, 28), True),
        (dt.date(2020, 2, 29), False),
    ],
    ids=["before-since", "since", "last", "until"],
)
def test_station_is_expected_from_since_up_to_but_not_including_until(day: dt.date, expected: bool) -> None:
    assert one("a1,n,,sz,,,,2020-01-01,2020-02-29").expected_on(day) is expected


@pytest.mark.parametrize("day", [dt.date.min, dt.date.max])
def test_station_without_dates_is_always_expected(day: dt.date) -> None:
    assert one("a1,n,,sz,,,,,").expected_on(day)


def test_register_finds_a_station_by_medium_and_id() -> None:
    air, water = one("x,n,,sz,,,,,"), one("x,n,,sz,,,,,river,,,", "water")
    assert Register([air, water]).get("water", "x") is water


@pytest.mark.parametrize(("medium", "name"), [("noise", "x"), ("air", "y"), ("soil", "x"), ("", "")])
def test_register_does_not_find_what_it_does_not_know(medium: str, name: str) -> None:
    assert Register([one("x,n,,sz,,,,,")]).get(medium, name) is None


def test_register_lists_the_stations_of_a_medium_and_a_city_in_order() -> None:
    stations = [one(f"{name},n,,{city},,,,,") for name, city in (("c", "sz"), ("b", "bj"), ("a", "sz"))]
    assert [s.id for s in Register(stations).of("air", "sz")] == ["c", "a"]


@pytest.mark.parametrize(
    ("medium", "text"),
    [
        ("air", AIR + 'a1,"n, ""x""",e,sz,d,113.8,-22.5,2019-01-01,2020-02-29\na2,n,,sz,,,,,\n'),
        ("water", WATER + "w1,n,,sz,,,,河,lake,IV,,\nw2,n,,sz,,,,,river,,,\n"),
        ("noise", NOISE + "n1,n,,sz,,,,4a,,\n"),
    ],
)
def test_register_written_as_csv_reads_as_the_same_stations(medium: Medium, text: str) -> None:
    stations = register.parse(text, medium, file="r.csv")
    assert register.parse(register.as_csv(stations), medium, file="r.csv") == stations


def test_register_of_no_stations_is_an_empty_text() -> None:
    assert register.as_csv([]) == ""
