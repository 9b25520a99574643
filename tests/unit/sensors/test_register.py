"""Claims about the register of stations."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from sensors import quantities, register
from sensors.errors import ConfigError, shown
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


@pytest.mark.parametrize("name", ["a", "sz-a01", "河北省-26-大桥", "a$b", "a.b", "a:b(1)", "x" * 64])
def test_register_id_that_can_stand_in_a_topic_and_a_line_of_influxdb_is_taken(name: str) -> None:
    assert one(f"{name},n,,sz,,,,,").id == name


NOT_IN_A_TOPIC = ["a b", "a/b", "a+", "a#", "$SYS", "x" * 65, "a\u3000b", "a\x00b", "a\x1fb"]
NOT_IN_A_LINE = ["a,b", ",a", "a=b", "=", "a\\b", "a\\", 'a"b', "a'b", "'", "Bao'an"]
"""What would need escaping in a tag of InfluxDB's line protocol or in a literal of InfluxQL."""


@pytest.mark.parametrize("name", [*NOT_IN_A_TOPIC, *NOT_IN_A_LINE])
def test_register_id_that_cannot_stand_in_a_topic_or_a_line_of_influxdb_is_refused(name: str) -> None:
    quoted = name.replace('"', '""')
    error = error_of(f'"{quoted}",n,,sz,,,,,')
    assert error == (
        f"r.csv: line 2: id: expected 1 to 64 characters without blanks, quotes, or / + # , = \\, got {name!r}"
    )


@pytest.mark.parametrize("medium", ["air", "water", "noise"])
@pytest.mark.parametrize("name", ["", "南山区", "Nanshan", "futian-2", "a.b", "区" * 64])
def test_register_district_that_can_stand_in_a_line_of_influxdb_is_taken(medium: Medium, name: str) -> None:
    rest = {"air": ",,,", "water": ",,,river,,,", "noise": ",,1,,"}[medium]
    assert one(f"a1,n,,sz,{name},{rest}", medium).district == name


@pytest.mark.parametrize("medium", ["air", "water", "noise"])
@pytest.mark.parametrize("name", [*NOT_IN_A_TOPIC, *NOT_IN_A_LINE, "Nan shan"])
def test_register_district_that_cannot_stand_in_a_line_of_influxdb_is_refused(medium: Medium, name: str) -> None:
    rest = {"air": ",,,", "water": ",,,river,,,", "noise": ",,1,,"}[medium]
    quoted = name.replace('"', '""')
    with pytest.raises(ConfigError) as raised:
        one(f'a1,n,,sz,"{quoted}",{rest}', medium)
    assert str(raised.value) == (
        f"r.csv: line 2: district: expected nothing, or 1 to 64 characters as of an id, got {shown(name)}"
    )


@pytest.mark.parametrize(
    ("medium", "row", "error"),
    [
        ("water", "w1,n,,sz,,,,,ocean,,,", "body: expected one of river, lake, sea, got 'ocean'"),
        ("water", "w1,n,,sz,,,,,,,,", "body: expected one of river, lake, sea, got ''"),
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


# --- optional columns of air stations

FULL = AIR.rstrip("\n") + ",area_class,role,not_monitored\n"
QUANTITIES = quantities.parse(
    (Path(__file__).resolve().parents[3] / "config" / "quantities.toml").read_text(encoding="utf-8"), file="q.toml"
)


def full(row: str, header: str = FULL) -> Station:
    (station,) = register.parse(header + row + "\n", "air", file="r.csv")
    return station


def full_error_of(row: str, header: str = FULL) -> str:
    with pytest.raises(ConfigError) as raised:
        full(row, header)
    return str(raised.value)


@pytest.mark.parametrize("station", [one("a1,n,,sz,,,,,"), full("a1,n,,sz,,,,,,,,")], ids=["absent", "empty"])
def test_register_air_station_is_of_class_ii_for_assessment_and_monitors_all(station: Station) -> None:
    assert (station.area_class, station.role, station.not_monitored) == ("II", "assessment", ())


@pytest.mark.parametrize("area_class", ["I", "II"])
def test_register_reads_each_area_class(area_class: str) -> None:
    assert full(f"a1,n,,sz,,,,,,{area_class},,").area_class == area_class


@pytest.mark.parametrize("role", ["assessment", "control", "background", "traffic"])
def test_register_reads_each_role(role: str) -> None:
    assert full(f"a1,n,,sz,,,,,,,{role},").role == role


@pytest.mark.parametrize(("field", "keys"), [("co", ("co",)), ("so2;co", ("so2", "co")), (" so2 ; co ", ("so2", "co"))])
def test_register_reads_what_is_not_monitored(field: str, keys: tuple[str, ...]) -> None:
    assert full(f"a1,n,,sz,,,,,,,,{field}").not_monitored == keys


@pytest.mark.parametrize(
    ("columns", "fields", "values"),
    [
        ("area_class", "I", ("I", "assessment", ())),
        ("role", "control", ("II", "control", ())),
        ("not_monitored", "co", ("II", "assessment", ("co",))),
        ("area_class,not_monitored", "I,co", ("I", "assessment", ("co",))),
        ("role,not_monitored", "traffic,so2;co", ("II", "traffic", ("so2", "co"))),
    ],
)
def test_register_takes_any_of_the_optional_columns(columns: str, fields: str, values: object) -> None:
    station = full(f"a1,n,,sz,,,,,,{fields}", AIR.rstrip("\n") + f",{columns}\n")
    assert (station.area_class, station.role, station.not_monitored) == values


@pytest.mark.parametrize("columns", ["role,area_class", "role,role", "area_class,x", "x", ""])
def test_register_optional_columns_in_another_order_or_unknown_are_refused(columns: str) -> None:
    error = full_error_of("", AIR.rstrip("\n") + f",{columns}\n")
    assert error.startswith(
        "r.csv: line 1: expected columns id,name,name_en,city,district,lon,lat,since,until"
        "[,area_class][,role][,not_monitored], got '"
    )


def test_register_optional_columns_before_the_last_required_one_are_refused() -> None:
    assert "line 1: expected columns " in full_error_of("", AIR.replace("since", "area_class,since"))


@pytest.mark.parametrize("medium", ["water", "noise"])
def test_register_of_another_medium_has_no_optional_columns(medium: Medium) -> None:
    header = {"water": WATER, "noise": NOISE}[medium].rstrip("\n") + ",area_class\n"
    with pytest.raises(ConfigError, match="line 1: expected columns "):
        register.parse(header, medium, file="r.csv")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ("III,,", "area_class: expected one of I, II, got 'III'"),
        (",city,", "role: expected one of assessment, control, background, traffic, got 'city'"),
        ("I,,,", "expected 12 fields, got 13"),
    ],
)
def test_register_optional_field_that_is_wrong_is_told(fields: str, error: str) -> None:
    assert full_error_of(f"a1,n,,sz,,,,,,{fields}") == f"r.csv: line 2: {error}"


@pytest.mark.parametrize("field", ["", "co", "pm25;pm10;so2;no2;o3"])
def test_register_station_may_leave_out_all_but_one(field: str) -> None:
    register.check_quantities([full(f"a1,n,,sz,,,,,,,,{field}")], QUANTITIES, file="r.csv")


@pytest.mark.parametrize(
    ("field", "error"),
    [
        ("so2;ph", "expected quantities of air (pm25, pm10, so2, no2, o3, co), joined by ;, got 'ph'"),
        ("so2;", "expected quantities of air (pm25, pm10, so2, no2, o3, co), joined by ;, got ''"),
        ("so2;co;so2", "expected each once, got 'so2' again"),
        ("co;o3;no2;so2;pm10;pm25", "expected at least one of pm25, pm10, so2, no2, o3, co left to monitor, got all"),
    ],
)
def test_register_not_monitored_that_is_wrong_is_told_with_the_station(field: str, error: str) -> None:
    with pytest.raises(ConfigError) as raised:
        register.check_quantities([full(f"a1,n,,sz,,,,,,,,{field}")], QUANTITIES, file="r.csv")
    assert str(raised.value) == f"r.csv: a1: not_monitored: {error}"


@pytest.mark.parametrize(
    ("fields", "header"),
    [
        ("I,control,so2;co", FULL),
        (",,", AIR),
        ("I,,", AIR.rstrip("\n") + ",area_class\n"),
        (",,co", AIR.rstrip("\n") + ",not_monitored\n"),
    ],
)
def test_register_written_as_csv_has_the_optional_columns_that_are_used(fields: str, header: str) -> None:
    stations = [full(f"a1,n,,sz,,,,,,{fields}"), full("a2,n,,sz,,,,,,,,")]
    text = register.as_csv(stations)
    assert text.startswith(header)
    assert register.parse(text, "air", file="r.csv") == stations


# --- optional columns of sections

SECTION = WATER.rstrip("\n") + ",basin,length_km,intake,role,patrol_days\n"


def section(fields: str, header: str = SECTION) -> Station:
    (station,) = register.parse(f"{header}w1,n,,sz,,,,河,river,III,,,{fields}\n", "water", file="r.csv")
    return station


def section_error_of(fields: str, header: str = SECTION) -> str:
    with pytest.raises(ConfigError) as raised:
        section(fields, header)
    return str(raised.value)


def section_values(station: Station) -> tuple[object, ...]:
    return (station.basin, station.length_km, station.intake, station.section_role, station.patrol_days)


@pytest.mark.parametrize(
    "station", [one("w1,n,,sz,,,,河,river,III,,", "water"), section(",,,,")], ids=["absent", "empty"]
)
def test_register_section_is_an_ordinary_one_without_basin_length_and_intake(station: Station) -> None:
    assert section_values(station) == ("", None, None, "section", None)


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ("珠江,12.50,,,", ("珠江", Decimal("12.5"), None, "section", None)),
        (",,1057.3,source,", ("", None, Decimal("1057.3"), "source", None)),
        (",,620,,", ("", None, Decimal(620), "section", None)),
        (",0.000001,,black_odour,1", ("", Decimal("0.000001"), None, "black_odour", 1)),
        (",,,black_odour,7", ("", None, None, "black_odour", 7)),
        (",,,black_odour,", ("", None, None, "black_odour", None)),
    ],
)
def test_register_reads_the_optional_columns_of_a_section(fields: str, values: tuple[object, ...]) -> None:
    assert section_values(section(fields)) == values


@pytest.mark.parametrize(
    ("columns", "fields", "values"),
    [
        ("basin", "珠江", ("珠江", None, None, "section", None)),
        ("length_km,role", "3,source", ("", Decimal(3), None, "source", None)),
        ("intake,patrol_days", "5,", ("", None, Decimal(5), "section", None)),
    ],
)
def test_register_takes_any_of_the_optional_columns_of_a_section(
    columns: str, fields: str, values: tuple[object, ...]
) -> None:
    assert section_values(section(fields, WATER.rstrip("\n") + f",{columns}\n")) == values


AMOUNTS = ["0", "0.0", "-1", "+1", "1,5", "1e3", ".5", "5.", "nan", "inf", "x", "12 km", "１", "1" * 10, "0.0000001"]


@pytest.mark.parametrize("field", AMOUNTS)
@pytest.mark.parametrize(("column", "before"), [("length_km", ""), ("intake", ",")])
def test_register_length_or_intake_that_is_no_positive_number_is_refused(column: str, before: str, field: str) -> None:
    after = "," * (3 - len(before))
    error = section_error_of(f',{before}"{field}"{after}')
    unit = {"length_km": "kilometres", "intake": "10,000 tonnes a year"}[column]
    assert error == f"r.csv: line 2: {column}: expected {unit} such as 12.5, got {field!r}"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (",,,lake,", "role: expected one of section, source, black_odour, got 'lake'"),
        (",,,assessment,", "role: expected one of section, source, black_odour, got 'assessment'"),
        (",,,black_odour,2", "patrol_days: expected one of 1, 7, got '2'"),
        (",,,black_odour,07", "patrol_days: expected one of 1, 7, got '07'"),
        (",,,,7", "patrol_days: expected nothing as role is section, not black_odour, got '7'"),
        (",,,source,1", "patrol_days: expected nothing as role is source, not black_odour, got '1'"),
        (",,9,black_odour,1", "intake: expected nothing of a black_odour body, got '9'"),
        ("Pearl River,,,,", "basin: expected nothing, or 1 to 64 characters as of an id, got 'Pearl River'"),
        ("a=b,,,,", "basin: expected nothing, or 1 to 64 characters as of an id, got 'a=b'"),
    ],
)
def test_register_optional_field_of_a_section_that_is_wrong_is_told(fields: str, error: str) -> None:
    assert section_error_of(fields) == f"r.csv: line 2: {error}"


AREA = WATER.rstrip("\n") + ",length_km,intake,role,patrol_days,area_km2\n"


def with_area(fields: str, body: str, target: str = "") -> Station:
    (station,) = register.parse(f"{AREA}w1,n,,sz,,,,湾,{body},{target},,,{fields}\n", "water", file="r.csv")
    return station


@pytest.mark.parametrize("body", ["lake", "sea"])
def test_register_point_of_a_lake_or_of_the_sea_may_stand_for_an_area(body: str) -> None:
    station = with_area(",,,,12.5", body)
    assert (station.body, station.area_km2) == (body, Decimal("12.5"))
    assert with_area(",,,,", body).area_km2 is None
    assert register.parse(register.as_csv([station]), "water", file="r.csv") == [station]


@pytest.mark.parametrize(
    ("fields", "body", "target", "error"),
    [
        (",,,,5", "river", "", "area_km2: expected nothing of a river, got '5'"),
        (",,,,0", "sea", "", "area_km2: expected square kilometres such as 12.5, got '0'"),
        (",,,,", "sea", "III", "target_class: expected nothing of a sea, got 'III'"),
        ("3,,,,", "sea", "", "length_km: expected nothing of a sea, got '3'"),
        (",3,,,", "sea", "", "intake: expected nothing of a sea, got '3'"),
        (",,source,,", "sea", "", "role: expected nothing of a sea, got 'source'"),
        (",,,7,", "sea", "", "patrol_days: expected nothing of a sea, got '7'"),
    ],
)
def test_register_column_that_a_body_has_not_is_refused(fields: str, body: str, target: str, error: str) -> None:
    with pytest.raises(ConfigError) as raised:
        with_area(fields, body, target)
    assert str(raised.value) == f"r.csv: line 2: {error}"


TREATED = WATER.rstrip("\n") + ",role,treated\n"


def test_register_reads_the_day_on_which_a_treatment_was_completed() -> None:
    station = section("black_odour,2019-12-31", TREATED)
    assert (station.treated, section("black_odour,", TREATED).treated) == (dt.date(2019, 12, 31), None)
    assert register.parse(register.as_csv([station]), "water", file="r.csv") == [station]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ("source,2019-12-31", "treated: expected nothing as role is source, not black_odour, got '2019-12-31'"),
        (",2019-12-31", "treated: expected nothing as role is section, not black_odour, got '2019-12-31'"),
        ("black_odour,2019-13-01", "treated: expected a date such as 2020-01-01, got '2019-13-01'"),
    ],
)
def test_register_treatment_of_no_black_odorous_body_or_on_no_day_is_refused(fields: str, error: str) -> None:
    assert section_error_of(fields, TREATED) == f"r.csv: line 2: {error}"


OWN = WATER.rstrip("\n") + ",own_items\n"


def test_register_reads_the_own_items_of_a_section() -> None:
    station = section("fluoride; cod", OWN)
    assert (station.own_items, section("", OWN).own_items) == (("fluoride", "cod"), ())
    assert register.parse(register.as_csv([station]), "water", file="r.csv") == [station]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ("tn", "expected items of the class (cod, hg), joined by ;, got 'tn'"),
        ("cod,hg", "expected items of the class (cod, hg), joined by ;, got 'cod,hg'"),
        ("cod;", "expected items of the class (cod, hg), joined by ;, got ''"),
        ("cod;hg;cod", "expected each once, got 'cod' again"),
    ],
)
def test_register_own_items_that_cannot_be_judged_are_refused(fields: str, error: str) -> None:
    stations = [section(f'"{fields}"', OWN)]
    with pytest.raises(ConfigError) as raised:
        register.check_own_items(stations, ["cod", "hg"], file="r.csv")
    assert str(raised.value) == f"r.csv: w1: own_items: {error}"
    register.check_own_items([section("cod;hg", OWN)], ["cod", "hg"], file="r.csv")


def test_register_of_sections_written_as_csv_has_the_optional_columns_that_are_used() -> None:
    stations = [section("珠江,,620,source,"), section(",,,,")]
    stations[1] = msgspec.structs.replace(stations[1], id="w2")
    text = register.as_csv(stations)
    assert text.startswith(WATER.rstrip("\n") + ",basin,intake,role\n")
    assert register.parse(text, "water", file="r.csv") == stations


# --- gateways.csv


GATEWAYS = "gateway,medium,station\n"
STATIONS = [one("a1,n,,sz,,,,,"), one("a2,n,,sz,,,,,"), one("a1,n,,sz,,,,,river,,,", "water")]


def owners(rows: str) -> Register:
    return Register(STATIONS, register.parse_gateways(GATEWAYS + rows, STATIONS, file="g.csv"))


def gateways_error_of(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        register.parse_gateways(text, STATIONS, file="g.csv")
    return str(raised.value)


def test_register_knows_the_gateway_of_a_station_by_medium() -> None:
    known = owners("north,air,a1\nsouth,water,a1\n")
    assert [known.gateway_of(medium, "a1") for medium in ("air", "water")] == ["north", "south"]


def test_register_gateway_may_send_several_stations() -> None:
    known = owners("河口,air,a1\n# a comment\n河口,air,a2\n")
    assert [known.gateway_of("air", name) for name in ("a1", "a2")] == ["河口", "河口"]


@pytest.mark.parametrize(("medium", "name"), [("air", "a2"), ("water", "a1"), ("air", "zz"), ("soil", "a1"), ("", "")])
def test_register_station_that_no_gateway_is_given_has_none(medium: str, name: str) -> None:
    assert owners("north,air,a1\n").gateway_of(medium, name) is None


def test_register_without_gateways_gives_none() -> None:
    assert Register(STATIONS).gateway_of("air", "a1") is None


def test_gateways_may_be_none() -> None:
    assert register.parse_gateways(GATEWAYS, STATIONS, file="g.csv") == {}


@pytest.mark.parametrize(
    ("medium", "station"),
    [
        ("air", "a3"),
        ("water", "a2"),
        ("noise", "a1"),
        ("soil", "a1"),
        ("AIR", "a1"),
        ("air", "A1"),
        ("air", ""),
        ("", "a1"),
    ],
)
def test_gateways_station_that_is_not_registered_is_told_with_its_line(medium: str, station: str) -> None:
    error = gateways_error_of(f"{GATEWAYS}north,air,a1\nnorth,{medium},{station}\n")
    got = repr((medium, station))
    assert error == f"g.csv: line 3: station: expected a medium and a station of the register, got {got}"


@pytest.mark.parametrize("second", ["north", "south"])
def test_gateways_station_that_stands_twice_is_told_with_the_second_line(second: str) -> None:
    error = gateways_error_of(f"{GATEWAYS}north,air,a1\n\n{second},air,a1\n")
    assert error == "g.csv: line 4: station: expected each station once, got ('air', 'a1') again"


@pytest.mark.parametrize("name", ["", "a b", "a/b", "+", "a#", "$SYS", "x" * 65])
def test_gateways_name_that_cannot_stand_in_a_topic_is_refused(name: str) -> None:
    error = gateways_error_of(f"{GATEWAYS}{name},air,a1\n")
    assert error == f"g.csv: line 2: gateway: expected 1 to 64 characters as of a station, got {name!r}"


@pytest.mark.parametrize(
    "header", ["gateway,station,medium", "gateway,medium", "gateway,medium,station,since", "Gateway,medium,station", ""]
)
def test_gateways_header_that_is_another_is_refused(header: str) -> None:
    error = gateways_error_of(f"{header}\nnorth,air,a1\n")
    assert error.startswith("g.csv: line ")
    assert "expected columns gateway,medium,station, got " in error


@pytest.mark.parametrize(("row", "got"), [("north,air", 2), ("north,air,a1,x", 4)])
def test_gateways_row_of_another_length_is_refused(row: str, got: int) -> None:
    assert gateways_error_of(f"{GATEWAYS}{row}\n") == f"g.csv: line 2: expected 3 fields, got {got}"
