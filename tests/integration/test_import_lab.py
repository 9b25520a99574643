"""The command `qingjing import-lab`: what it stores, lists, puts into quarantine, and what becomes of that."""

import io
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingestor import config, derivation
from ingestor.store import Quarantined, SeriesKey, SqliteStore
from tests.conftest import Qingjing

JUNE_3 = 1_591_113_600  # 2020-06-03T00:00+08:00
GOOD = "station,time,氨氮(mg/L),总磷(ug/L),ph\nsz-w01,2020-06-03 09:30,0.42,<10,7.2\nsz-w02,2020/6/3,<0.02,,\n"
BAD = (
    "station,time,氨氮,总磷,河流\n"
    "sz-w01,2020-06-03,ND,0.1,\n"
    "sz-w99,2020-06-03,1,2,\n"
    "sz-w02,2020-06-03,0.5,0.2,茅洲河\n"
    "sz-w03,2020-06-03,0.6,0.3,\n"
)


class Place:
    """A data directory, a configuration and files; commands run on them."""

    def __init__(self, folder: Path, directory: Path, run: Qingjing) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.directory = directory
        self._run = run

    def run(self, *arguments: object, code: int = 0) -> str:
        done = self._run("--data", self.data, "--config", self.directory, *arguments, code=code)
        assert "Traceback" not in done.stderr
        return done.stderr if code == 2 else done.stdout

    def load(self, content: str | bytes, *arguments: object, name: str = "june.csv", code: int = 0) -> str:
        file = self.folder / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.run("import-lab", file, *arguments, code=code)

    def store(self) -> SqliteStore:
        store = SqliteStore(self.data / "qingjing.sqlite3")
        store.drain()
        return store

    def stored(self) -> dict[tuple[str, int, str], list[tuple[int, float, int]]]:
        """Everything stored of water, by station, period and quantity: (time, value, flag)."""
        with closing(self.store()) as store:
            found = {}
            for key in store.series("water"):
                raw = store.raw(key)
                rows = zip(raw.times.tolist(), raw.values.tolist(), raw.flags.tolist(), strict=True)
                found[(key.station, key.period_s, key.quantity)] = list(rows)
            return found

    def quarantined(self) -> list[Quarantined]:
        with closing(self.store()) as store:
            return store.quarantined()[::-1]


@pytest.fixture
def place(tmp_path: Path, config_copy: Path, qingjing: Qingjing) -> Place:
    return Place(tmp_path, config_copy, qingjing)


def workbook(*sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for i, rows in enumerate(sheets):
        sheet = book.worksheets[0] if i == 0 else book.create_sheet(f"S{i + 1}")
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


ALL_OF_GOOD = {
    ("sz-w01", 0, "nh3n"): [(JUNE_3 + 34_200, 0.42, 1)],
    ("sz-w01", 0, "ph"): [(JUNE_3 + 34_200, 7.2, 1)],
    ("sz-w01", 0, "tp"): [(JUNE_3 + 34_200, 0.01, 5)],
    ("sz-w02", 0, "nh3n"): [(JUNE_3, 0.02, 5)],
}


# --- what is stored


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_import_lab_stores_grab_samples_with_a_period_of_zero(encoding: str, place: Place) -> None:
    told = place.load(GOOD.encode(encoding))
    assert told.splitlines() == [
        f"{place.folder}/june.csv: 2 rows, 4 values (2 below the detection limit), 0 rows refused in part or whole",
        "all is in the next `qingjing derive`",
    ]
    assert place.stored() == ALL_OF_GOOD
    assert place.quarantined() == []


def test_import_lab_stores_the_same_of_a_long_table_and_a_workbook(place: Place) -> None:
    place.load(
        "断面,采样时间,监测项目,监测结果,单位\nsz-w01,2020-06-03 09:30,氨氮,0.42,mg/L\n"
        "sz-w01,2020-06-03 09:30,总磷,10L,ug/L\nsz-w01,2020-06-03 09:30,pH,7.2,\n"
    )
    header, *rows = (line.split(",") for line in GOOD.splitlines())
    place.load(workbook([header, *rows[1:]]), name="june.xlsx")
    assert place.stored() == ALL_OF_GOOD


def test_import_lab_again_changes_nothing(place: Place) -> None:
    told = [place.load(BAD, code=1)]
    once = place.stored()
    told += [place.load(BAD, code=1), place.load(BAD, code=1)]
    assert told == [told[0]] * 3
    assert place.stored() == once
    assert [kept.seen for kept in place.quarantined()] == [3, 3, 3]


def test_import_lab_of_a_corrected_file_replaces_the_value(place: Place) -> None:
    place.load(GOOD)
    place.load(GOOD.replace("0.42", "0.43"))
    assert place.stored() == {**ALL_OF_GOOD, ("sz-w01", 0, "nh3n"): [(JUNE_3 + 34_200, 0.43, 1)]}


def test_import_lab_of_several_files_stores_all(place: Place) -> None:
    (place.folder / "a.csv").write_text("station,time,tp\nsz-w01,2020-06-03,1\n", encoding="utf-8")
    place.load("station,time,tp\nsz-w01,2020-06-04,2\n", place.folder / "a.csv")
    assert place.stored() == {("sz-w01", 0, "tp"): [(JUNE_3, 1.0, 1), (JUNE_3 + 86_400, 2.0, 1)]}


def test_import_lab_of_more_rows_than_are_committed_at_once_stores_all(place: Place) -> None:
    rows = "".join(f"sz-w01,{2001 + i // 336}-{i // 28 % 12 + 1}-{i % 28 + 1},{i}\n" for i in range(5000))
    told = json.loads(place.load(f"station,time,tp\n{rows}", "--json"))
    assert told["files"][0]["values"] == 5000
    assert [value for _, value, _ in place.stored()["sz-w01", 0, "tp"]] == list(range(5000))


def test_import_lab_leaves_automatic_readings_of_the_same_moment_alone(place: Place) -> None:
    place.load("station,time,tp\nsz-w01,2020-06-03,1\n")
    with closing(place.store()) as store:
        assert store.series("water") == [SeriesKey("water", "sz-w01", 0, "tp")]


# --- what is refused


def test_import_lab_lists_what_is_refused_and_keeps_the_rest(place: Place) -> None:
    told = place.load(BAD, code=1).splitlines()
    file = f"{place.folder}/june.csv"
    limit = "expected the detection limit with it, such as <0.02 or 0.02L, got 'ND'"
    assert told == [
        f"{file}: line 2: column '氨氮': wrong_type: {limit}",
        f"{file}: line 3: column station: unknown_station: expected a section of the register of water, got 'sz-w99'",
        f"{file}: line 4: column '河流': unknown_quantity: expected a quantity of water by key or name, got '河流'",
        f"{file}: 4 rows, 5 values (0 below the detection limit), 3 rows refused in part or whole",
        "what was refused is in quarantine: `qingjing quarantine list`; the rest is in the next `derive`",
    ]
    assert {(station, key): rows[0][1] for (station, _, key), rows in place.stored().items()} == {
        ("sz-w01", "tp"): 0.1,
        ("sz-w02", "nh3n"): 0.5,
        ("sz-w02", "tp"): 0.2,
        ("sz-w03", "nh3n"): 0.6,
        ("sz-w03", "tp"): 0.3,
    }


def test_import_lab_puts_refused_rows_into_quarantine_with_their_header(place: Place) -> None:
    place.load(BAD, code=1)
    first, second, _ = place.quarantined()
    assert (first.source, first.topic) == ("import-lab", "june.csv: line 2")
    assert first.payload.decode() == "station,time,氨氮,总磷,河流\r\nsz-w01,2020-06-03,ND,0.1,\r\n"
    assert [(t.station, t.quantity) for t in first.taken] == [("sz-w01", "tp")]
    assert [(r.code, r.detail) for r in second.refusals] == [
        ("unknown_station", "column station: expected a section of the register of water, got 'sz-w99'")
    ]


def test_import_lab_tells_a_column_that_is_refused_in_many_rows_once(place: Place) -> None:
    rows = "".join(f"sz-w01,2020-06-{day:02d},1,x\n" for day in range(1, 11))
    told = place.load(f"station,time,tp,zz\n{rows}", code=1).splitlines()
    assert len(told) == 3
    assert told[0].endswith("got 'zz' (and 9 more lines, the last 11)")


def test_import_lab_lists_all_in_json(place: Place) -> None:
    told = json.loads(place.load(BAD, "--json", code=1))
    file = f"{place.folder}/june.csv"
    assert told["stored"] is True
    assert told["files"] == [{"file": file, "rows": 4, "values": 5, "below_detection": 0, "rows_refused": 3}]
    assert [(r["file"], r["sheet"], r["line"], r["column"], r["code"]) for r in told["refused"]] == [
        (file, None, 2, "'氨氮'", "wrong_type"),
        (file, None, 3, "station", "unknown_station"),
        (file, None, 4, "'河流'", "unknown_quantity"),
    ]


def test_import_lab_keeps_a_file_that_is_no_table_whole(place: Place) -> None:
    body = b"\xd0\xcf\x11\xe0 old"
    told = place.load(body, name="june.xls", code=1)
    assert told.startswith(f"{place.folder}/june.xls: broken_table: expected CSV or XLSX, got a workbook of the old")
    (kept,) = place.quarantined()
    assert (kept.topic, kept.payload) == ("june.xls", body)


def test_import_lab_of_a_sheet_with_a_wrong_header_keeps_it_and_takes_the_others(place: Place) -> None:
    good = [["station", "time", "tp"], ["sz-w01", "2020-06-03", 0.1]]
    told = place.load(workbook(good, [["目录"], ["1"]]), name="june.xlsx", code=1)
    assert f"{place.folder}/june.xlsx: sheet S2: line 1: broken_table: expected columns station, time " in told
    assert place.stored() == {("sz-w01", 0, "tp"): [(JUNE_3, 0.1, 1)]}
    (kept,) = place.quarantined()
    assert (kept.topic, kept.payload.decode()) == ("june.xlsx: sheet S2", "目录\r\n1\r\n")


def test_import_lab_escapes_what_would_move_the_cursor(place: Place) -> None:
    told = place.load("station,time,tp,a\x1b[2J\nsz-w01,2020-06-03,1,2\n", code=1)
    assert "\x1b" not in told


# --- quarantine


def test_refused_row_is_taken_when_its_section_was_registered(place: Place) -> None:
    place.load(BAD, code=1)
    register = place.directory / "stations" / "water.csv"
    row = "sz-w99,新,New,shenzhen,,114.0,22.6,新河,river,V,2019-01-01,,,,\n"
    register.write_text(register.read_text(encoding="utf-8") + row, encoding="utf-8")
    assert json.loads(place.run("quarantine", "retry", "--all", "--json")) == {"released": 1, "stayed": 2, "values": 2}
    assert place.stored()["sz-w99", 0, "nh3n"] == [(JUNE_3, 1.0, 1)]


def test_refused_row_that_is_tried_again_does_not_write_what_it_gave_before(place: Place) -> None:
    place.load(BAD, code=1)
    place.load("station,time,tp\nsz-w01,2020-06-03,0.9\n", name="corrected.csv")
    place.run("quarantine", "retry", "--all")
    assert place.stored()["sz-w01", 0, "tp"] == [(JUNE_3, 0.9, 1)]


def test_second_result_of_a_sample_stays_in_quarantine_when_it_is_tried_again(place: Place) -> None:
    place.load("station,time,tp\nsz-w01,2020-06-03,0.1\nsz-w01,2020-06-03,0.2\n", code=1)
    done = json.loads(place.run("quarantine", "retry", "--all", "--json"))
    assert done == {"released": 0, "stayed": 1, "values": 0}
    assert place.stored() == {("sz-w01", 0, "tp"): [(JUNE_3, 0.1, 1)]}


def test_sheet_that_was_refused_for_its_header_is_taken_when_the_quantity_is_known(place: Place) -> None:
    place.load("station,time,镍\nsz-w01,2020-06-03,1\nsz-w99,2020-06-03,2\n", code=1)
    quantities = place.directory / "quantities.toml"
    quantities.write_text(quantities.read_text(encoding="utf-8").replace("总氮", "镍"), encoding="utf-8")
    place.run("quarantine", "retry", "--all")
    assert place.stored() == {("sz-w01", 0, "tn"): [(JUNE_3, 1.0, 1)]}
    (kept,) = place.quarantined()
    assert [r.detail for r in kept.refusals] == [
        "line 3: column station: expected a section of the register of water, got 'sz-w99'"
    ]


# --- the command


def test_import_lab_dry_run_tells_all_and_touches_nothing(place: Place) -> None:
    told = place.load(BAD, "--dry-run", code=1).splitlines()
    assert len(told) == 5
    assert told[-1] == "nothing was stored (--dry-run)"
    assert not place.data.exists()


def test_import_lab_dry_run_of_a_good_file_ends_well(place: Place) -> None:
    assert json.loads(place.load(GOOD, "--dry-run", "--json"))["stored"] is False


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("nowhere.csv",), "nowhere.csv: expected a file, got none"),
        (("config",), "config: expected a file, got a directory"),
        (("config/settings.toml", "--format", "tall"), "--format: expected one of auto, long, wide, got 'tall'"),
    ],
)
def test_import_lab_that_cannot_begin_says_why_and_touches_nothing(
    arguments: tuple[str, ...], error: str, place: Place
) -> None:
    assert place.run("import-lab", *arguments, code=2) == f"qingjing: {error}\n"
    assert not place.data.exists()


def test_import_lab_takes_the_format_that_it_is_told(place: Place) -> None:
    told = place.load(GOOD, "--format", "long", code=1)
    assert "broken_table: expected columns station, time, quantity, value, got no quantity, value in " in told
    assert place.stored() == {}


def test_import_lab_names_an_example_in_its_help(place: Place) -> None:
    assert "Example: qingjing import-lab june.csv" in place.run("import-lab", "--help")


def test_import_lab_makes_figures_stale_until_they_are_derived(place: Place) -> None:
    place.load(GOOD)
    loaded = config.load(place.directory)
    with closing(place.store()) as store:
        assert derivation.is_stale(loaded, store)
    place.run("derive")
    with closing(place.store()) as store:
        assert not derivation.is_stale(loaded, store)


def test_implausible_results_are_named_with_their_line_and_count_in_nothing(place: Place) -> None:
    text = "station,time,氨氮,ph\nsz-w01,2020-06-03,0.42,15\nsz-w01,2020-06-10,-1,7.1\n"
    printed = place.load(text)
    assert "june.csv: line 2: sz-w01 ph: implausible: expected 1 to 14, got 15; it counts in nothing" in printed
    assert "june.csv: line 3: sz-w01 nh3n: implausible: expected 0 to 1000 mg/L, got -1; it counts" in printed
    told = json.loads(place.load(text, "--json"))
    assert [(each["line"], each["quantity"], each["value"]) for each in told["implausible"]] == [
        (2, "ph", 15.0),
        (3, "nh3n", -1.0),
    ]
    assert place.stored()["sz-w01", 0, "ph"] == [(JUNE_3, 15.0, 1), (JUNE_3 + 7 * 86_400, 7.1, 1)]
    place.run("derive")
    asked = ("explain", "water.class", "--scope", "station:sz-w01", "--period", "2020-06")
    basis = json.loads(place.run(*asked, "--json"))["basis"]
    assert [(each["item"], each["reason"], each["manual"], each["days"]) for each in basis["left_out"]] == [
        ("nh3n", "below zero", True, ["2020-06-10"]),
        ("ph", "outside the plausible range of config/quantities.toml", True, ["2020-06-03"]),
    ]
    assert [(each["item"], each["mean"]) for each in basis["sections"][0]["items"] if each["samples"]] == [
        ("ph", 7.0),
        ("nh3n", 0.42),
    ]
    assert "超出合理范围" in place.run(*asked)
