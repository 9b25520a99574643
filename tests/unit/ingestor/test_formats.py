"""Claims about real files as messages: small files in the real layouts, then the real files against pandas."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ingestor.formats import FORMATS, cnemc_water, dublin_noise, uci_beijing
from ingestor.formats.message import FileMessage, number, station_id
from sensors import register
from sensors.errors import ConfigError

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write lines to a file and return its path."""

    def to(*lines: str, name: str = "file.csv") -> Path:
        path = tmp_path / name
        text = "".join(line + "\n" for line in lines).encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        return path

    return to


# --- what the formats share


@pytest.mark.parametrize("text", ["", "NA", "-", "--"])
def test_number_of_a_missing_field_is_none(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(("text", "value"), [("0", 0.0), ("-0.5", -0.5), ("1601.618", 1601.618), ("1e3", 1000.0)])
def test_number_of_a_field_is_its_value(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["x", "1,5", "na", "---", "1 2"])
def test_number_of_another_text_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=repr(text)):
        number(text)


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-inf"])
def test_number_that_is_not_finite_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        number(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Tiantan", "Tiantan"),
        ("河北省-26#大桥", "河北省-26-大桥"),
        ("a/b+c#d e$f\tg", "a-b-c-d-e-f-g"),
        ("广北滨河路(桥）", "广北滨河路(桥）"),
    ],
)
def test_station_id_takes_a_hyphen_for_what_no_topic_may_hold(name: str, expected: str) -> None:
    assert station_id(name) == expected


def test_file_message_payload_is_of_the_native_dialect() -> None:
    message = FileMessage("air", "a", "2013-03-01T00:00:00+08:00", 3600, {"pm25": 6.0})
    assert message.payload() == b'{"time":"2013-03-01T00:00:00+08:00","period_s":3600,"values":{"pm25":6.0}}'


# --- Beijing

UCI = (
    '"No","year","month","day","hour","PM2.5","PM10","SO2","NO2","CO","O3","TEMP","PRES","DEWP","RAIN","wd","WSPM",'
    '"station"'
)
UCI_ROW = '1,2013,3,1,0,6,6.5,4,8,300,81,-0.5,1024.5,-21.4,0,"NNW",5.7,"Tiantan"'


def test_beijing_row_is_a_message_with_carbon_monoxide_in_milligrams(write: Write) -> None:
    (message,) = uci_beijing.messages(write(UCI, UCI_ROW))
    assert message == FileMessage(
        "air",
        "Tiantan",
        "2013-03-01T00:00:00+08:00",
        3600,
        {"pm25": 6.0, "pm10": 6.5, "so2": 4.0, "no2": 8.0, "co": 0.3, "o3": 81.0},
    )


def test_beijing_value_na_is_left_out(write: Write) -> None:
    (message,) = uci_beijing.messages(write(UCI, UCI_ROW.replace(",300,81,", ",NA,NA,")))
    assert sorted(message.values) == ["no2", "pm10", "pm25", "so2"]


def test_beijing_row_without_any_value_is_a_message_without_values(write: Write) -> None:
    row = '1,2017,2,28,23,NA,NA,NA,NA,NA,NA,-0.5,1024.5,-21.4,0,NA,5.7,"Tiantan"'
    (message,) = uci_beijing.messages(write(UCI, row))
    assert (message.time, message.values) == ("2017-02-28T23:00:00+08:00", {})


def test_beijing_weather_that_is_missing_does_not_matter(write: Write) -> None:
    (message,) = uci_beijing.messages(write(UCI, UCI_ROW.replace("-0.5,1024.5", "NA,NA")))
    assert len(message.values) == 6


def test_beijing_file_holds_one_station(write: Write) -> None:
    (station,) = uci_beijing.stations(write(UCI, UCI_ROW, UCI_ROW), "beijing")
    assert (station.medium, station.id, station.city) == ("air", "Tiantan", "beijing")


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (
            [UCI.replace('"CO"', '"co"'), UCI_ROW],
            "line 1: expected columns No, year, month, day, hour, PM2.5, .*, got ",
        ),
        ([], "line 1: expected columns No, .*, got ''"),
        ([UCI, UCI_ROW, UCI_ROW + ",x"], "line 3: expected 18 fields, got 19"),
        ([UCI, UCI_ROW, UCI_ROW[:-10]], "line 3: expected 18 fields, got 17"),
        ([UCI, UCI_ROW, UCI_ROW.replace(",300,", ",x,")], "line 3: expected numbers or NA, got .*'x'"),
        ([UCI, UCI_ROW.replace(",2013,", ",NA,")], "line 2: expected numbers or NA, got .*'NA'"),
    ],
    ids=["header", "empty", "more-fields", "fewer-fields", "no-number", "no-year"],
)
def test_beijing_file_of_another_form_is_refused_by_line(write: Write, lines: list[str], error: str) -> None:
    path = write(*lines)
    with pytest.raises(ConfigError, match=rf"^{path}: {error}"):
        list(uci_beijing.messages(path))


def test_beijing_file_without_rows_has_no_station(write: Write) -> None:
    path = write(UCI)
    with pytest.raises(ConfigError, match=rf"^{path}: line 2: expected at least one row, got none$"):
        uci_beijing.stations(path, "beijing")


# --- how a file is read


def test_file_packed_with_gzip_gives_the_same_messages(write: Write) -> None:
    plain, packed = write(UCI, UCI_ROW), write(UCI, UCI_ROW, name="file.csv.gz")
    assert list(uci_beijing.messages(packed)) == list(uci_beijing.messages(plain))


def test_file_with_a_byte_order_mark_gives_the_same_messages(write: Write) -> None:
    assert len(list(uci_beijing.messages(write("\ufeff" + UCI, UCI_ROW)))) == 1


def test_file_with_windows_line_ends_gives_the_same_messages(write: Write) -> None:
    plain = list(uci_beijing.messages(write(UCI, UCI_ROW)))
    assert list(uci_beijing.messages(write(UCI + "\r", UCI_ROW + "\r"))) == plain


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.csv"
    with pytest.raises(ConfigError, match=rf"^{path}: expected a readable UTF-8 file, got .*No such file"):
        list(uci_beijing.messages(path))


def _with_byte(packed: bytes, at: int, byte: int) -> bytes:
    return packed[:at] + bytes([byte]) + packed[at + 1 :]


PACKED = gzip.compress("\n".join([UCI, *[UCI_ROW] * 50]).encode())


@pytest.mark.parametrize(
    "packed",
    [b"no gzip", PACKED[:-12], PACKED[:20], _with_byte(PACKED, 10, 0xFF), _with_byte(PACKED, len(PACKED) - 8, 0)],
    ids=["none", "no-end", "short", "broken-body", "wrong-checksum"],
)
def test_file_whose_gzip_is_broken_is_refused(tmp_path: Path, packed: bytes) -> None:
    path = tmp_path / "file.csv.gz"
    path.write_bytes(packed)
    with pytest.raises(ConfigError, match=rf"^{path}: expected a readable UTF-8 file, got "):
        list(uci_beijing.messages(path))


def test_file_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(UCI.encode() + b"\n" + "深圳市".encode("gb18030"))
    with pytest.raises(ConfigError, match=rf"^{path}: expected a readable UTF-8 file, got "):
        list(uci_beijing.messages(path))


# --- water sections

_NAMES = (
    "water_temp_C", "pH", "DO_mgL", "conductivity_uScm", "turbidity_NTU", "CODMn_mgL", "NH3N_mgL", "TP_mgL", "TN_mgL",
    "chla_mgL", "algae_cellsL",
)  # fmt: skip
WATER = (
    "file_date,province,basin,section,city,river,obs_time_mmdd_hhmm,class_published,"
    + "".join(f"{name}_raw,{name}_shown," for name in _NAMES)
    + "station_status"
)
ALL_VALUES = (
    "16.86,16.9,7.8,7.80,5.909652,5.91,1601.6,1601.6,15.2,15.2,2.39,2.39,0.142,0.142,0.037,0.037,3.9,3.90,"
    "0.01,0.010,5,5"
)


def water_row(
    *, date: str = "2020-05-08", province: str = "河北省", section: str = "26#大桥", time: str = "05-08 15:00",
    values: str = ALL_VALUES, river: str = "", status: str = "正常",
) -> str:  # fmt: skip
    return f"{date},{province},海河流域,{section},,{river},{time},Ⅲ,{values},{status}"


def test_water_row_is_a_message_with_the_raw_values(write: Write) -> None:
    (message,) = cnemc_water.messages(write(WATER, water_row()))
    assert message == FileMessage(
        "water",
        "河北省-26-大桥",
        "2020-05-08T15:00:00+08:00",
        4 * 3600,
        {
            "temperature": 16.86,
            "ph": 7.8,
            "do": 5.909652,
            "conductivity": 1601.6,
            "turbidity": 15.2,
            "codmn": 2.39,
            "nh3n": 0.142,
            "tp": 0.037,
            "tn": 3.9,
            "chla": 0.01,
            "algae": 5.0,
        },
    )


def test_water_value_that_is_missing_is_left_out(write: Write) -> None:
    values = "16.86,16.9" + ",,--" * 10
    (message,) = cnemc_water.messages(write(WATER, water_row(values=values)))
    assert message.values == {"temperature": 16.86}


def test_water_value_is_not_taken_from_the_shown_ones(write: Write) -> None:
    values = ",".join([",9"] * 11)
    (message,) = cnemc_water.messages(write(WATER, water_row(values=values)))
    assert message.values == {}


@pytest.mark.parametrize("status", ["正常", "维护", "停站"])
def test_water_values_are_taken_whatever_the_status(write: Write, status: str) -> None:
    (message,) = cnemc_water.messages(write(WATER, water_row(status=status)))
    assert len(message.values) == 11


def test_water_row_without_time_is_a_message_without_values(write: Write) -> None:
    (message,) = cnemc_water.messages(write(WATER, water_row(time="")))
    assert message.values == {}


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        ("2020-05-08", "05-08 15:00", "2020-05-08T15:00:00+08:00"),
        ("2020-05-08", "05-07 23:00", "2020-05-07T23:00:00+08:00"),
        ("2020-01-01", "01-01 00:00", "2020-01-01T00:00:00+08:00"),
        ("2020-01-01", "12-31 20:00", "2019-12-31T20:00:00+08:00"),
        ("2020-01-02", "12-31 23:59", "2019-12-31T23:59:00+08:00"),
        ("2020-12-31", "12-31 20:00", "2020-12-31T20:00:00+08:00"),
        ("2020-03-01", "02-29 20:00", "2020-02-29T20:00:00+08:00"),
    ],
    ids=["same-day", "day-before", "new-year", "new-years-eve", "older", "last-day", "leap-day"],
)
def test_water_year_is_that_of_the_snapshot_or_the_one_before(
    write: Write, date: str, time: str, expected: str
) -> None:
    (message,) = cnemc_water.messages(write(WATER, water_row(date=date, time=time)))
    assert message.time == expected


def test_water_sections_of_one_name_in_two_provinces_differ(write: Write) -> None:
    path = write(WATER, water_row(section="大桥"), water_row(section="大桥", province="江苏省"))
    assert [m.station for m in cnemc_water.messages(path)] == ["河北省-大桥", "江苏省-大桥"]


def test_water_sections_are_listed_once_in_order(write: Write) -> None:
    path = write(WATER, water_row(section="b"), water_row(section="a"), water_row(section="b"))
    assert [s.id for s in cnemc_water.stations(path, "c")] == ["河北省-b", "河北省-a"]


@pytest.mark.parametrize(
    ("province", "section", "body"),
    [
        ("河北省", "岗南水库", "lake"),
        ("湖南省", "岳阳楼", "lake"),
        ("安徽省", "湖滨(老)", "lake"),
        ("山东省", "湖滨(老)", "river"),
        ("天津市", "26#大桥", "river"),
    ],
)
def test_water_section_is_a_lake_where_the_readme_of_the_data_says_so(
    write: Write, province: str, section: str, body: str
) -> None:
    (station,) = cnemc_water.stations(write(WATER, water_row(province=province, section=section)), "c")
    assert station.body == body


def test_water_section_keeps_its_name_and_river(write: Write) -> None:
    (station,) = cnemc_water.stations(write(WATER, water_row(river="滹沱河")), "c")
    assert (station.name, station.water, station.city, station.district) == ("26#大桥", "滹沱河", "c", "河北省")


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([WATER.replace("section", "name"), water_row()], "line 1: expected columns file_date, .*, got "),
        (
            [WATER.partition(",water_temp")[0], water_row().partition(",16.86")[0]],
            "line 1: expected columns file_date, ",
        ),
        ([WATER.replace("pH_raw", "ph_raw"), water_row()], "line 1: expected columns file_date, "),
        ([WATER, water_row(), water_row() + ",x"], "line 3: expected 31 fields, got 32"),
        ([WATER, water_row(values="x" + ALL_VALUES[5:])], "line 2: expected numbers, got .*'x'"),
        ([WATER, water_row(time="05-08")], "line 2: expected a time such as 05-08 15:00, got '05-08'"),
        ([WATER, water_row(date="8.5.2020")], "line 2: expected "),
        ([WATER, water_row(date="")], "line 2: expected "),
    ],
    ids=["header", "no-values", "other-values", "more-fields", "no-number", "no-time", "no-date", "empty-date"],
)
def test_water_file_of_another_form_is_refused_by_line(write: Write, lines: list[str], error: str) -> None:
    path = write(*lines)
    with pytest.raises(ConfigError, match=rf"^{path}: {error}"):
        list(cnemc_water.messages(path))


# --- Dublin

DUBLIN = "Unnamed: 0\tdatetime\tlaeq_BullIsland2\tlaeq_Ballyferm3"


def test_dublin_row_is_a_message_a_monitor(write: Write) -> None:
    messages = list(dublin_noise.messages(write(DUBLIN, "8699\t2015-01-01 01:00:00\t53.24\t56.69")))
    assert messages == [
        FileMessage("noise", "BullIsland2", "2015-01-01T01:00:00+08:00", 3600, {"leq": 53.24}),
        FileMessage("noise", "Ballyferm3", "2015-01-01T01:00:00+08:00", 3600, {"leq": 56.69}),
    ]


def test_dublin_monitor_without_a_level_is_a_message_without_values(write: Write) -> None:
    messages = list(dublin_noise.messages(write(DUBLIN, "8698\t2015-01-01 00:00:00\t70.51\t")))
    assert [m.values for m in messages] == [{"leq": 70.51}, {}]


def test_dublin_monitors_are_the_columns(write: Write) -> None:
    stations = dublin_noise.stations(write(DUBLIN), "c")
    assert [(s.medium, s.id, s.city) for s in stations] == [("noise", "BullIsland2", "c"), ("noise", "Ballyferm3", "c")]


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (
            [DUBLIN.replace("\t", ","), "1,2015-01-01 00:00:00,1,2"],
            "line 1: expected columns Unnamed: 0, datetime, got ",
        ),
        ([DUBLIN.replace("datetime", "time")], "line 1: expected columns Unnamed: 0, datetime, got "),
        ([DUBLIN, "1\t2015-01-01 00:00:00\t1\t2\t3"], "line 2: expected 4 fields, got 5"),
        ([DUBLIN, "1\t2015-01-01 00:00:00\t1\t2", "2\t2015-01-01 01:00:00\t1"], "line 3: expected 4 fields, got 3"),
        ([DUBLIN, "1\t2015-01-01 00:00:00\t1\tx"], "line 2: expected levels, got .*'x'"),
    ],
    ids=["commas", "header", "more-fields", "fewer-fields", "no-number"],
)
def test_dublin_file_of_another_form_is_refused_by_line(write: Write, lines: list[str], error: str) -> None:
    path = write(*lines)
    with pytest.raises(ConfigError, match=rf"^{path}: {error}"):
        list(dublin_noise.messages(path))


def test_dublin_empty_file_is_refused(write: Write) -> None:
    path = write()
    with pytest.raises(ConfigError, match=rf"^{path}: line 1: expected columns Unnamed: 0, datetime, got ''$"):
        list(dublin_noise.messages(path))


# --- the real files, against an independent reading by pandas


def test_beijing_files_hold_35064_rows_each(data_folder: Path) -> None:
    files = sorted((data_folder / "air_beijing_uci").glob("*.csv.gz"))
    counts = [sum(1 for _ in uci_beijing.messages(file)) for file in files]
    assert counts == [35_064] * 12  # README of the data


def test_beijing_file_gives_the_values_that_pandas_reads(data_folder: Path) -> None:
    path = data_folder / "air_beijing_uci" / "PRSA_Data_Tiantan_20130301-20170228.csv.gz"
    frame = pd.read_csv(path)
    frame["CO"] = frame["CO"] / 1000
    frame = frame.rename(columns=uci_beijing.VARIABLES)[list(uci_beijing.VARIABLES.values())]
    expected = [{k: v for k, v in row.items() if not pd.isna(v)} for row in frame.to_dict("records")]
    assert [message.values for message in uci_beijing.messages(path)] == expected


def test_beijing_file_has_each_hour_of_four_years_once(data_folder: Path) -> None:
    path = data_folder / "air_beijing_uci" / "PRSA_Data_Tiantan_20130301-20170228.csv.gz"
    hours = pd.date_range("2013-03-01", "2017-02-28 23:00", freq="h", tz="Asia/Shanghai")
    assert [message.time for message in uci_beijing.messages(path)] == [hour.isoformat() for hour in hours]


@pytest.fixture(scope="session")
def water_file(data_folder: Path) -> Path:
    """The snapshots of the national water sections."""
    return data_folder / "water_sections_2020" / "daily_snapshots_2020-05_2020-09.csv.gz"


@pytest.fixture(scope="session")
def water_frame(water_file: Path) -> pd.DataFrame:
    """The same, read by pandas as text."""
    return pd.read_csv(water_file, dtype=str, keep_default_na=False)


def test_water_file_holds_all_sections_twice_then_98_a_day(water_file: Path) -> None:
    days = (pd.Timestamp("2020-09-30") - pd.Timestamp("2020-05-10")).days + 1
    assert sum(1 for _ in cnemc_water.messages(water_file)) == 2 * 1901 + days * 98  # README of the data


def test_water_file_gives_the_stations_and_values_that_pandas_reads(
    water_file: Path, water_frame: pd.DataFrame
) -> None:
    raw = water_frame.filter(regex="_raw$").replace("", "nan").astype(float)
    raw.columns = list(cnemc_water.VARIABLES)
    expected = [{k: v for k, v in row.items() if not pd.isna(v)} for row in raw.to_dict("records")]
    assert [message.values for message in cnemc_water.messages(water_file)] == expected


def test_water_file_has_the_latest_times_up_to_the_snapshot_that_pandas_finds(
    water_file: Path, water_frame: pd.DataFrame
) -> None:
    day_after = pd.to_datetime(water_frame["file_date"]) + pd.Timedelta(days=1)
    times = pd.to_datetime("2020-" + water_frame["obs_time_mmdd_hhmm"], format="%Y-%m-%d %H:%M", errors="coerce")
    times = times.where(~(times >= day_after), times - pd.DateOffset(years=1))  # a station stopped since 2019
    expected = times.dt.strftime("%Y-%m-%dT%H:%M:%S+08:00").fillna("")
    assert [message.time for message in cnemc_water.messages(water_file)] == list(expected)


@pytest.fixture(scope="session")
def dublin_file(data_folder: Path) -> Path:
    """The Dublin monitors."""
    return data_folder / "noise_dublin" / "dublin_hourly_2015_2018.tsv.gz"


def test_dublin_file_gives_the_levels_that_pandas_reads(dublin_file: Path) -> None:
    frame = pd.read_csv(dublin_file, sep="\t").drop(columns="Unnamed: 0").set_index("datetime")
    cells = frame.stack().dropna()
    expected = {(time.replace(" ", "T"), name.removeprefix("laeq_")): level for (time, name), level in cells.items()}
    assert {
        (message.time.removesuffix("+08:00"), message.station): message.values["leq"]
        for message in dublin_noise.messages(dublin_file)
        if message.values
    } == expected


def test_dublin_file_holds_nine_monitors_an_hour(dublin_file: Path) -> None:
    hours = len(pd.read_csv(dublin_file, sep="\t", usecols=["datetime"])["datetime"].unique())
    assert sum(1 for _ in dublin_noise.messages(dublin_file)) == 9 * hours


def test_dublin_file_lacks_the_hours_that_pandas_finds_lacking(dublin_file: Path) -> None:
    given = pd.to_datetime(pd.read_csv(dublin_file, sep="\t", usecols=["datetime"])["datetime"])
    lacking = pd.date_range("2015-01-01", "2018-12-31 23:00", freq="h").difference(pd.DatetimeIndex(given))
    times = {message.time for message in dublin_noise.messages(dublin_file)}
    assert 4 * 8760 + 24 - len(times) == len(lacking) == 258  # the README of the data says 262


REAL_FILES = {
    "uci-beijing": "air_beijing_uci/PRSA_Data_Tiantan*.csv.gz",
    "cnemc-water": "water_sections_2020/*.csv.gz",
    "dublin-noise": "noise_dublin/*.tsv.gz",
}


def test_water_file_holds_the_sections_that_pandas_tells_apart(water_file: Path, water_frame: pd.DataFrame) -> None:
    # The README of the data counts 1,901: 江苏省 has two sections 临淮乡, which no column tells apart.
    sections = water_frame[["province", "section"]].drop_duplicates()
    assert len(FORMATS["cnemc-water"].stations(water_file, "c")) == len(sections) == 1900


def test_dublin_file_holds_nine_monitors(dublin_file: Path) -> None:
    assert len(FORMATS["dublin-noise"].stations(dublin_file, "c")) == 9  # README of the data


@pytest.mark.parametrize("name", REAL_FILES)
def test_format_stations_can_be_registered(data_folder: Path, name: str) -> None:
    (path,) = data_folder.glob(REAL_FILES[name])
    stations = FORMATS[name].stations(path, "beijing")
    assert register.parse(register.as_csv(stations), stations[0].medium, file="r.csv") == stations


@pytest.mark.parametrize("name", REAL_FILES)
def test_format_messages_are_of_its_stations(data_folder: Path, name: str) -> None:
    (path,) = data_folder.glob(REAL_FILES[name])
    known = {(s.medium, s.id) for s in FORMATS[name].stations(path, "beijing")}
    assert {(m.medium, m.station) for m in FORMATS[name].messages(path)} == known
