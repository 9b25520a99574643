"""Sea, black odour, lakes and ranking of cities from a laboratory's files to figures, as a user runs the commands."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingestor.store import Arrival, SqliteStore
from sensors.reading import Reading
from tests.conftest import Qingjing

HEADER = "id,name,name_en,city,district,lon,lat,water,body,target_class,since,until"


class Place:
    """A data directory and a configuration whose register of water a test writes; commands run on them."""

    def __init__(self, folder: Path, directory: Path, run: Qingjing) -> None:
        self.folder, self.data, self.directory, self._run = folder, folder / "data", directory, run
        for plan in (directory / "plans").glob("*.toml"):  # they name stations that are not there
            plan.unlink()

    def run(self, *arguments: object) -> str:
        return self._run("--data", self.data, "--config", self.directory, *arguments).stdout

    def register(self, columns: str, rows: Sequence[str]) -> None:
        """Write stations/water.csv: rows have id, city, water, body, then the optional columns."""
        lines = [f"{HEADER}{columns}"]
        for row in rows:
            name, city, water, body, *more = row.split(",")
            lines.append(",".join([name, name, name, city, "", "", "", water, body, "", "", "", *more]))
        (self.directory / "stations" / "water.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def load(self, samples: Sequence[tuple[str, str, Mapping[str, float]]]) -> None:
        """Import samples (station, day, values by item) as a laboratory's file, and derive."""
        items = list(dict.fromkeys(item for _, _, values in samples for item in values))
        lines = [",".join(["station", "time", *items])]
        lines += [
            ",".join([station, day, *(str(values.get(item, "")) for item in items)]) for station, day, values in samples
        ]
        file = self.folder / "lab.csv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.run("import-lab", file)
        self.run("derive")

    def figures(self, scope: str, period: str, *names: str) -> dict[str, Any]:
        """Figures by indicator."""
        options = [word for name in names for word in ("--name", name)]
        text = self.run("indicators", "--scope", scope, "--period", period, *options, "--json")
        return {each["indicator"]: each for each in json.loads(text)}


@pytest.fixture
def place(tmp_path: Path, config_copy: Path, qingjing: Qingjing) -> Place:
    return Place(tmp_path, config_copy, qingjing)


# --- the sea

CLASS = {c: {"din": din, "po4p": 0.010} for c, din in enumerate((0.20, 0.30, 0.40, 0.50, 0.51), 1)}
SURVEYS = ("2020-05-10", "2020-08-10", "2020-10-20")
V25 = {
    # shared/standards/water.md, V25: shares published for 2017, here as areas; what is not published is split at will.
    "渤海": ("19.8", "48.1", "12.2", "10", "9.9"),
    "黄海": ("40", "42.5", "10", "5", "2.5"),
    "东海": ("10", "36.9", "12.1", "10", "31"),
    "南海": ("40", "35.8", "5", "4", "15.2"),
    "全国": ("30", "37.8", "8.6", "8", "15.6"),
}


@pytest.mark.parametrize(
    ("sea", "good", "worst", "state"),
    [
        ("渤海", 67.9, 9.9, "一般"), ("黄海", 82.5, 2.5, "良好"), ("东海", 46.9, 31.0, "差"),
        ("南海", 75.8, 15.2, "一般"), ("全国", 67.8, 15.6, "一般"),
    ],
)  # fmt: skip
def test_shares_and_state_of_a_sea_are_those_published(
    place: Place, sea: str, good: float, worst: float, state: str
) -> None:  # fmt: skip
    points = {f"{name}{c}": (name, area, c) for name, areas in V25.items() for c, area in enumerate(areas, 1)}
    place.register(
        ",basin,area_km2", [f"{id_},shenzhen,{name},sea,{name},{area}" for id_, (name, area, _) in points.items()]
    )
    place.load([(id_, day, CLASS[c]) for day in SURVEYS for id_, (name, _, c) in points.items() if name == sea])
    found = place.figures(f"basin:{sea}", "2020")

    assert {name.split(".")[1][:3] for name in found} == {"sea"}  # nothing of rivers is listed for a sea
    assert found["water.sea_good_ratio"]["value"] == good
    assert found["water.sea_class_share.5"]["value"] == worst
    assert [found[f"water.sea_class_share.{c}"]["value"] for c in range(1, 6)] == [float(a) for a in V25[sea]]
    assert (found["water.sea_state"]["label"], found["water.sea_state"]["sufficient"]) == (state, True)
    assert "部分点位未监测" in place.run("--lang", "zh", "indicators", "--scope", f"basin:{sea}", "--period", "2020")


def test_points_of_the_sea_and_sections_of_rivers_enter_nothing_of_each_other(place: Place) -> None:
    place.register(",area_km2", ["r1,shenzhen,河,river,", "s1,shenzhen,湾,sea,5", "s2,shenzhen,湾,sea,5"])
    river = {"ph": 7.5, "do": 8.0, "codmn": 1.5, "nh3n": 0.1, "tp": 0.01, "din": 0.6, "po4p": 0.1}
    bad = {"ph": 5.0, "do": 1.0, "codmn": 20.0, "nh3n": 9.0, "tp": 2.0, "din": 0.1, "po4p": 0.01, "chla": 1.0}
    place.load([("r1", "2020-05-10", river), ("s1", "2020-05-10", bad), ("s2", "2020-05-10", CLASS[1])])
    with closing(SqliteStore(place.data / "qingjing.sqlite3")) as store:  # a buoy: no class of GB 3838
        values = tuple((item, value, 1) for item, value in bad.items())
        store.commit([Arrival("native", "t", 0.0, b"", [Reading("water", "s1", 14_400, 1_590_000_000, values)], [])])
        store.drain()
    place.run("derive")
    city = place.figures("city:shenzhen", "2020-05", "water.*")
    of_rivers = {name: each for name, each in city.items() if not name.startswith("water.sea_")}

    assert city["water.good_ratio"]["value"] == 100
    assert city["water.state"]["label_en"] == "excellent (blue)"
    assert city["water.mean.codmn"]["value"] == 1.5
    assert max(each["expected"] for each in of_rivers.values()) == 1
    assert city["water.sea_good_ratio"]["value"] == 50  # one of two points, the other worse than 4
    assert city["water.sea_class_share.5"]["value"] == 50
    assert not [name for name in place.figures("station:r1", "2020-05", "water.*") if "sea_" in name]
    assert not [name for name in place.figures("station:s1", "2020-05", "water.*") if "sea_" not in name]
    assert place.figures("station:s1", "2020-05", "water.class")["water.class"]["value"] is None
    with closing(SqliteStore(place.data / "qingjing.sqlite3")) as store:
        assert [row[1:] for row in store.read("water_reading", "s1", 0, 2**40, ["class"])] == [(0,)]


def test_seas_are_ranked_and_compared_apart_from_rivers(place: Place) -> None:
    place.register(",area_km2", ["r1,shenzhen,河,river,", "s1,shenzhen,东湾,sea,5", "s2,shenzhen,西湾,sea,5"])
    years = [(f"{year}-{day}", CLASS[c]) for year, c in ((2019, 5), (2020, 1)) for day in ("05-10", "08-10", "10-10")]
    place.load([("s1", day, v) for day, v in years] + [("s2", day, CLASS[5]) for day, _ in years])

    def ranked(by: str) -> list[tuple[str, int | None]]:
        text = place.run("ranking", "--among", "rivers:shenzhen", "--by", by, "--period", "2020", "--json")
        return [(each["name"], each["place"]) for each in json.loads(text)]

    assert ranked("water.sea_good_ratio") == [("东湾", 1), ("西湾", 2)]
    assert [name for name, _ in ranked("water.mean.nh3n")] == ["河"]
    found = json.loads(place.run("compare", "--scope", "river:shenzhen/东湾", "--period", "2020", "--json"))
    change = {each["now"]["indicator"]: (each["change"], each["direction"]) for each in found}
    assert change["water.sea_good_ratio"] == (100.0, "better")
    assert change["water.sea_state"][1] == "better"
    explained = place.run("explain", "water.sea_state", "--scope", "river:shenzhen/东湾", "--period", "2020")
    assert "HJ 442" in explained


def test_explanation_of_the_sea_tells_each_point_of_each_survey(place: Place) -> None:
    place.register(",area_km2", ["s1,shenzhen,湾,sea,30", "s2,shenzhen,湾,sea,10", "s3,shenzhen,湾,sea,5"])
    place.load([
        ("s1", "2020-05-10", CLASS[1]), ("s1", "2020-05-12", {"din": 0.22, "po4p": 0.010}),  # mean 0.21: class 2
        ("s2", "2020-05-10", CLASS[5]), ("s3", "2020-05-10", {"din": 0.1}),
    ])  # fmt: skip
    asked = ("explain", "water.sea_good_ratio", "--scope", "river:shenzhen/湾", "--period", "2020-05")
    found = json.loads(place.run(*asked, "--json"))["basis"]

    told = [(p["station"], p["survey"], p["samples"], p["sea_class"], p["why"], p["worst"]) for p in found["points"]]
    assert told == [
        ("s1", "spring", 2, 2, "", []), ("s2", "spring", 1, 5, "", ["din"]),
        ("s3", "spring", 1, 0, "a required item is missing", []),
    ]  # fmt: skip
    # 30 of 40 km2; without s2 all of it, without s1 nothing
    assert [(p["station"], p["moved"]) for p in found["moved_most"]] == [("s1", 75.0), ("s2", -25.0)]
    text = "".join(place.run("--lang", "zh", *asked).replace("│", "").split())
    assert "2020年春季" in text
    assert "劣四类" in text
    assert "缺少必测项目" in text


# --- black odour


def test_shallow_body_is_graded_by_the_depth_that_came_with_its_samples(place: Place) -> None:
    place.register(",role,patrol_days,treated", [
        "b1,shenzhen,浅涌,river,black_odour,7,2020-06-04", "b2,shenzhen,深涌,river,black_odour,7,2020-06-04",
    ])  # fmt: skip
    good = {"do": 5.0, "orp": 100.0, "nh3n": 1.0, "sd": 9.0}  # 9 cm: heavy, but not in 20 cm of water
    days = ("2020-06-03", "2020-06-13", "2020-06-23")
    place.load([
        *(("b1", day, {**good, "depth": 20, "clear_to_bottom": 0}) for day in days),
        *(("b2", day, {**good, "depth": 120}) for day in days),
        ("b2", "2020-06-29", {"depth": 90}),  # looked at, not sampled
    ])  # fmt: skip
    names = ("water.black_odorous", "water.returned_bodies", "water.patrol_due", "water.patrol_overdue")
    found = place.figures("city:shenzhen", "2020-06", *names)

    assert (found["water.black_odorous"]["label"], found["water.black_odorous"]["sufficient"]) == ("轻度0、重度1", True)
    assert (found["water.returned_bodies"]["value"], found["water.returned_bodies"]["label"]) == (1, "深涌")
    assert (found["water.patrol_due"]["value"], found["water.patrol_overdue"]["value"]) == (2, 0)  # 23 + 7 = 30 June


# --- ranking of cities

REST = {
    "cu": 0.0025, "zn": 0.02, "fluoride": 0.45, "se": 0.0002, "arsenic": 0.0015, "hg": 0.00002, "cd": 0.00005,
    "cr6": 0.002, "pb": 0.0005, "cn": 0.002, "vp": 0.0003, "oil": 0.01, "las": 0.03, "sulfide": 0.005,
}  # fmt: skip
RIVER = {"ph": 7.8, "do": 7.2, "codmn": 3.6, "cod": 14, "bod5": 2.2, "nh3n": 0.42, "tp": 0.096, **REST}
LAKE = {"ph": 8.1, "do": 8.4, "codmn": 3.0, "cod": 12, "bod5": 1.8, "nh3n": 0.12, "tp": 0.041, **REST}


def test_cities_are_ranked_by_their_index_and_by_its_change(place: Place) -> None:
    # V20: four rivers of 5.0719 and a lake of 4.8627, the city 5.0301, 6.1020 the year before: -17.57 %. Ammonia
    # nitrogen is divided by 1.0 mg/L, so that 1.0719 mg/L more of it at every point made 6.1020. The other city has
    # rivers of 5.0719 only, and 0.1 mg/L less the year before: 0.1 / 4.9719 = 2.01 %.
    place.register("", [
        *(f"sz{i},shenzhen,河{i},river" for i in range(4)), "szl,shenzhen,湖,lake", "bj0,beijing,北河,river",
    ])  # fmt: skip
    before = {
        **{f"sz{i}": {**RIVER, "nh3n": 1.4919} for i in range(4)},
        "szl": {**LAKE, "nh3n": 1.1919},
        "bj0": {**RIVER, "nh3n": 0.32},
    }
    now = {**{f"sz{i}": RIVER for i in range(4)}, "szl": LAKE, "bj0": RIVER}
    place.load([
        (station, f"{year}-06-15", values)
        for year, of_year in ((2019, before), (2020, now))
        for station, values in of_year.items()
    ])  # fmt: skip
    asked = ("--among", "cities", "--by", "water.cwqi", "--period", "2020-06", "--json")
    by_value = json.loads(place.run("ranking", *asked))
    by_change = json.loads(place.run("ranking", *asked, "--change"))
    (change,) = json.loads(
        place.run("compare", "--scope", "city:shenzhen", "--name", "water.cwqi", "--period", "2020-06", "--json")
    )

    assert [(each["scope"], each["place"], each["figure"]["value"]) for each in by_value] == [
        ("city:shenzhen", 1, 5.0301), ("city:beijing", 2, 5.0719),
    ]  # fmt: skip
    told = [(each["scope"], each["place"], each["change"]["change"]) for each in by_change]
    assert told == [("city:shenzhen", 1, -17.57), ("city:beijing", 2, 2.01)]
    assert [each["change"]["direction"] for each in by_change] == ["better", "worse"]
    assert (change["before"]["value"], change["now"]["value"], change["change"]) == (6.1020, 5.0301, -17.57)
    assert "-17.57" in place.run("ranking", *asked[:-1], "--change")
