"""What must hold of every board, rule and file of Grafana, without Grafana."""

import copy
import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from grafana import build
from grafana.board import SCHEMA_VERSION, WIDTH, board
from grafana.boards import BOARDS
from grafana.look import Look
from grafana.panels import DATASOURCE
from ingestor.config import Config
from ingestor.displays import STATUSES
from tests.support import ROOT

FOLDER = ROOT / "grafana"
OWN_KINDS = {"geomap", "stat", "state-timeline", "table", "timeseries"}
"""Panels that come with Grafana 12.4 and 13.2; Canvas is none of them."""
NAMES = list(BOARDS)


@pytest.fixture(scope="module")
def look(shipped: Config) -> Look:
    return Look(shipped, build.DAY)


def committed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "dashboards" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def test_committed_files_are_what_the_builder_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["--check"]) == 0, capsys.readouterr().out


def test_check_fails_for_a_file_that_differs_and_for_one_of_no_board(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build.main(["--out", str(tmp_path)]) == 0
    assert build.main(["--check", "--out", str(tmp_path)]) == 0
    changed = tmp_path / "dashboards" / "wall.json"
    changed.write_text(changed.read_text(encoding="utf-8").replace("城市大屏", "大屏"), encoding="utf-8")
    (tmp_path / "dashboards" / "old.json").write_text("{}")
    capsys.readouterr()
    assert build.main(["--check", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "wall.json: expected what `python -m grafana.build` writes" in said
    assert "old.json: expected a board" in said


def test_a_configuration_with_a_mistake_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["--config", str(tmp_path)]) == 2
    assert "settings.toml" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_boards_keep_what_grafana_asks_of_classic_dashboards(name: str) -> None:
    found = committed(name)
    assert found["schemaVersion"] == SCHEMA_VERSION == 42
    assert found["uid"] == f"qingjing-{name}"
    assert re.search(r"[\u4e00-\u9fff]", found["title"])
    ids = [panel["id"] for panel in found["panels"]]
    assert len(set(ids)) == len(ids) > 0
    for panel in found["panels"]:
        assert panel["type"] in OWN_KINDS
        assert panel["datasource"] == DATASOURCE
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references) > 0
        assert all(target["datasource"] == DATASOURCE and target["rawQuery"] for target in panel["targets"])
        assert panel["title"] == "" or re.search(r"[\u4e00-\u9fff]", panel["title"])


def test_the_latest_plan_is_shown_where_nobody_chose_one() -> None:
    """Of demo-2026 and demo-2027 the second: Grafana takes the first of what it sorts, 2 is the alphabet backwards."""
    for name in ("wall", "plan"):
        sorts = {each["name"]: each["sort"] for each in committed(name)["templating"]["list"]}
        assert sorts["plan"] == 2
        assert sorts.get("target", 1) == sorts.get("city", 1) == 1


@pytest.mark.parametrize("name", NAMES)
def test_panels_lie_on_the_grid_and_do_not_overlap(name: str) -> None:
    places = [panel["gridPos"] for panel in committed(name)["panels"]]
    assert all(p["x"] >= 0 and p["x"] + p["w"] <= WIDTH and p["w"] > 0 and p["h"] > 0 for p in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_the_wall_fits_on_a_screen_of_1080_rows() -> None:
    lowest = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in committed("wall")["panels"])
    assert lowest * 38 <= 1080  # 30 pixels a row and 8 between rows


def test_every_tile_of_the_wall_shows_the_age_of_its_data() -> None:
    """Each figure has a strip beneath it that asks for `data_at`; a table has the column itself."""
    panels = committed("wall")["panels"]
    for panel in panels:
        beneath = [
            each for each in panels
            if each["gridPos"]["y"] == panel["gridPos"]["y"] + panel["gridPos"]["h"]
            and each["gridPos"]["x"] == panel["gridPos"]["x"] and each["transparent"]
        ] if "transparent" not in panel or not panel["transparent"] else []  # fmt: skip
        shown = [panel] if panel["type"] == "table" or panel.get("transparent") else beneath
        assert len(shown) == 1, panel["title"]
        units = {
            override["matcher"]["options"]: {p["id"]: p["value"] for p in override["properties"]}.get("unit")
            for override in shown[0]["fieldConfig"]["overrides"]
        }
        assert units.get("数据") == "dateTimeFromNow"
        assert any('"data_at" AS "数据"' in target["query"] for target in shown[0]["targets"])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_fetched_from_the_network(name: str) -> None:
    text = (FOLDER / "dashboards" / f"{name}.json").read_text(encoding="utf-8")
    assert "http://" not in text
    assert "https://" not in text
    for panel in committed(name)["panels"]:
        if panel["type"] == "geomap":
            assert panel["options"]["basemap"]["type"] == "geojson"
            assert panel["options"]["basemap"]["config"]["src"].startswith("public/maps/")


def test_colours_of_levels_and_classes_are_the_official_ones_with_their_names(look: Look) -> None:
    levels = look.levels()[0]["options"]
    assert [(levels[str(n)]["text"], levels[str(n)]["color"]) for n in range(1, 7)] == [  # HJ 633, table 2
        ("优", "#00E400"), ("良", "#FFFF00"), ("轻度污染", "#FF7E00"), ("中度污染", "#FF0000"),
        ("重度污染", "#99004C"), ("严重污染", "#7E0023"),
    ]  # fmt: skip
    assert [(each["value"], each["color"]) for each in look.index_steps()[1:4]] == [
        (0, "#00E400"), (51, "#FFFF00"), (101, "#FF7E00"),
    ]  # fmt: skip
    classes = look.classes()[0]["options"]
    assert (classes["6"]["text"], classes["6"]["color"]) == ("劣Ⅴ类", "#FF0000")
    assert classes["0"]["text"] == "未定类"


def test_no_colour_stands_without_a_text(look: Look) -> None:
    for mappings in (look.levels(), look.classes(), look.statuses(), look.states(), look.attains()):
        for mapping in mappings:
            options = mapping["options"]
            results = options.values() if mapping["type"] == "value" else [options["result"]]
            assert all(each["text"] for each in results)
    assert len(look.statuses()[0]["options"]) == len(STATUSES)


def test_limits_follow_the_standards(look: Look, shipped: Config) -> None:
    """The limit of PM2.5 for a day fell from 75 to 60 with GB 3095-2026; a noise limit is changed by hand."""

    def drawn(of: Look, name: str, title: str) -> list[Any]:
        panels = BOARDS[name](of)["panels"]
        panel = next(each for each in panels if each["title"] == title)
        return [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]]

    before = Look(shipped, build.DAY.replace(year=2020))
    assert (drawn(before, "air", "PM2.5日值"), drawn(look, "air", "PM2.5日值")) == ([75.0], [60.0])
    assert drawn(look, "noise", "2类 商住混杂区 · 夜间") == [50]
    assert drawn(look, "water", "总磷日均值") == [0.2]


def test_names_come_from_the_register(look: Look) -> None:
    first = next(each for each in look.config.register.stations if each.medium == "noise")
    renamed = msgspec.structs.replace(first, name='<b>"名"</b>')
    register = copy.copy(look.config.register)
    register.stations = [renamed, *(each for each in register.stations if each is not first)]
    of_other = Look(msgspec.structs.replace(look.config, register=register), build.DAY)
    assert '<b>"名"</b>' in json.dumps(BOARDS["noise"](of_other), ensure_ascii=False).replace('\\"', '"')


def test_a_row_that_is_too_wide_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected rows of at most 24 columns, got 25"):
        board("u", "t", [[(20, 3, {}), (5, 3, {})]], variables=[], since="now-1d")


def provisioned(path: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "provisioning" / path).read_text(encoding="utf-8"))
    return found


def test_provisioning_names_the_data_source_of_the_panels_and_no_secret() -> None:
    (source,) = provisioned("datasources/qingjing.yaml")["datasources"]
    assert {key: source[key] for key in DATASOURCE} == DATASOURCE
    assert source["jsonData"]["version"] == "InfluxQL"
    assert "$__file{/run/secrets/" in source["secureJsonData"]["httpHeaderValue1"]
    (point,) = provisioned("alerting/contact-points.yaml")["contactPoints"]
    assert all(each["settings"]["url"].startswith("$__file{") for each in point["receivers"])
    (policy,) = provisioned("alerting/policies.yaml")["policies"]
    assert policy["receiver"] == point["name"]
    (provider,) = provisioned("dashboards/qingjing.yaml")["providers"]
    assert provider["options"]["path"].startswith("/etc/grafana")


def test_alert_rules_hang_together() -> None:
    (group,) = provisioned("alerting/rules.yaml")["groups"]
    assert len({rule["uid"] for rule in group["rules"]}) == len(group["rules"])
    for rule in group["rules"]:
        steps = {each["refId"]: each for each in rule["data"]}
        assert steps["A"]["datasourceUid"] == DATASOURCE["uid"]
        assert steps["B"]["model"]["expression"] == "A"
        assert steps[rule["condition"]]["model"]["expression"] == "B"
        assert "$$timeFilter" in steps["A"]["model"]["query"]


def test_the_playlist_shows_boards_that_there_are() -> None:
    items = json.loads((FOLDER / "playlist.json").read_text(encoding="utf-8"))["spec"]["items"]
    assert [item["value"] for item in items] == [f"qingjing-{name}" for name in build.ROTATING]
