"""A board: panels in rows, variables, and what classic dashboard JSON has around them."""

from typing import Any, Final

from grafana.panels import DATASOURCE, Panel

SCHEMA_VERSION: Final = 42
WIDTH: Final = 24
"""Columns of Grafana's grid; a row of it is 38 pixels high."""
CITY: Final = "${city:raw}"
PLAN: Final = "${plan:raw}"

Board = dict[str, Any]
Placed = tuple[int, int, Panel]
"""Width and height on the grid, panel."""


def variable(name: str, label: str, query: str, *, regex: str = "", last_first: bool = False) -> Panel:
    """A choice that the store offers, by the alphabet; the first is chosen where nobody chose."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": DATASOURCE,
        "query": query,
        "definition": query,
        "regex": regex,
        "refresh": 1,
        "sort": 2 if last_first else 1,
        "hide": 0,
        "includeAll": False,
        "multi": False,
        "options": [],
        "current": {},
        "skipUrlSync": False,
    }


def city() -> Panel:
    """The choice of a city."""
    return variable("city", "城市", 'SHOW TAG VALUES FROM "indicator" WITH KEY = "indicator"', regex="/^([^\\/]+)\\//")


def plan() -> Panel:
    """The choice of a plan: of a city whose plans are named by their years the latest where nobody chose."""
    query = 'SHOW TAG VALUES FROM "target" WITH KEY = "target"'
    return variable("plan", "计划", query, regex="/^([^\\/]+)\\//", last_first=True)


def board(
    uid: str, title: str, rows: list[list[Placed]], *, variables: list[Panel], since: str, refresh: str = "1m",
    description: str = "",
) -> Board:  # fmt: skip
    """Return the dashboard with panels placed row below row, each row from left to right."""
    panels: list[Panel] = []
    y = 0
    for row in rows:
        x = 0
        for width, height, panel in row:
            panels.append({"id": len(panels) + 1, **panel, "gridPos": {"x": x, "y": y, "w": width, "h": height}})
            x += width
        if x > WIDTH:
            raise ValueError(f"{title}: expected rows of at most {WIDTH} columns, got {x}")
        y += max(height for _, height, _ in row)
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["qingjing"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "style": "dark",
        "timezone": "Asia/Shanghai",
        "weekStart": "monday",
        "refresh": refresh,
        "time": {"from": since, "to": "now"},
        "timepicker": {"refresh_intervals": ["30s", "1m", "5m", "15m"]},
        "fiscalYearStartMonth": 0,
        "liveNow": False,
        "preload": False,
        "links": [
            {
                "type": "dashboards", "tags": ["qingjing"], "title": "看板", "asDropdown": True, "includeVars": True,
                "keepTime": False, "targetBlank": False, "icon": "external link", "tooltip": "", "url": "",
            }
        ],
        "annotations": {"list": []},
        "templating": {"list": variables},
        "panels": panels,
    }  # fmt: skip
