"""Panels of Grafana as dictionaries: one function a kind. What they ask is InfluxQL, written out."""

from typing import Any, Final

from grafana.look import GREY, NOTHING, Mapping, Steps, missing, steps

DATASOURCE: Final = {"type": "influxdb", "uid": "qingjing-influxdb"}
PLAIN: Final = "#D5D9E0"
"""Figures that say nothing by their colour."""
AGE: Final = "dateTimeFromNow"

Panel = dict[str, Any]
Override = dict[str, Any]


def table_of(query: str) -> Panel:
    """A query whose rows are shown as they are."""
    return {"query": query, "rawQuery": True, "resultFormat": "table", "datasource": DATASOURCE}


def series_of(query: str, alias: str) -> Panel:
    """A query for lines; `alias` names them, as `$tag_station`."""
    return {"query": query, "rawQuery": True, "resultFormat": "time_series", "alias": alias, "datasource": DATASOURCE}


def override(name: str, **properties: Any) -> Override:
    """Properties of one field; `custom_x` stands for `custom.x`."""
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": key.replace("custom_", "custom."), "value": value} for key, value in properties.items()],
    }


def named(names: dict[str, str]) -> list[Override]:
    """Overrides that show names in place of ids."""
    return [override(id_, displayName=name) for id_, name in names.items()]


def age(name: str = "数据") -> Override:
    """How old the data are: a moment, shown as the time since."""
    return override(name, unit=AGE, color={"mode": "fixed", "fixedColor": PLAIN})


def coloured(name: str, mappings: list[Mapping]) -> Override:
    """A column of a table whose cells have the colours of their texts."""
    return override(name, mappings=mappings, custom_cellOptions={"type": "color-background", "mode": "basic"})


def stat(
    title: str,
    queries: list[Panel],
    *,
    fields: str = "/.*/",
    unit: str = "",
    decimals: int | None = None,
    thresholds: Steps | None = None,
    mappings: list[Mapping] | None = None,
    overrides: list[Override] | None = None,
    small: bool = False,
    solid: bool = False,
    description: str = "",
) -> Panel:
    """Figures to be read from far, the last value of each field; a `small` one stands beneath another."""
    defaults = _defaults(unit, decimals, thresholds, mappings)
    options = {
        "colorMode": "background_solid" if solid else "value",
        "graphMode": "none",
        "justifyMode": "center",
        "orientation": "vertical" if small else "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": fields, "values": False},
        "showPercentChange": False,
        "text": {"titleSize": 16, "valueSize": 24} if small else {"titleSize": 22, "valueSize": 96},
        "textMode": "value_and_name" if small else "value",
        "wideLayout": True,
    }
    panel = _panel("stat", title, queries, defaults, options, overrides, description)
    return panel | {"transparent": small}


def table(
    title: str,
    queries: list[Panel],
    *,
    hidden: tuple[str, ...] = ("Time",),
    overrides: list[Override] | None = None,
    transformations: list[Panel] | None = None,
    nothing: str = NOTHING,
    large: bool = False,
    sort: str = "",
    description: str = "",
) -> Panel:
    """Rows with their columns; `hidden` ones are asked for and not shown."""
    defaults = _defaults("", None, None, None) | {"noValue": "-"}
    defaults["custom"] = {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False, "filterable": False}
    options = {
        "cellHeight": "lg" if large else "md",
        "showHeader": True,
        "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
        "sortBy": [{"displayName": sort, "desc": True}] if sort else [],
    }
    organised = {
        "id": "organize",
        "options": {"excludeByName": dict.fromkeys(hidden, True), "indexByName": {}, "renameByName": {}},
    }
    panel = _panel("table", title, queries, defaults, options, overrides, description)
    panel["fieldConfig"]["defaults"]["noValue"] = nothing
    return panel | {"transformations": [*(transformations or []), organised]}


def lines(
    title: str,
    queries: list[Panel],
    *,
    unit: str = "",
    limits: Steps | None = None,
    overrides: list[Override] | None = None,
    bars: bool = False,
    by_threshold: bool = False,
    minimum: float | None = None,
    steps_after: bool = False,
    description: str = "",
) -> Panel:
    """Lines or bars over time; `limits` are drawn dashed, or are the colours of bars."""
    defaults = _defaults(unit, None, limits or steps(PLAIN), None)
    defaults["color"] = {"mode": "thresholds"} if by_threshold else {"mode": "palette-classic"}
    defaults["custom"] = {
        "drawStyle": "bars" if bars else "line",
        "lineInterpolation": "stepAfter" if steps_after else "linear",
        "lineWidth": 2,
        "fillOpacity": 80 if bars else 0,
        "gradientMode": "scheme" if by_threshold else "none",
        "pointSize": 5,
        "showPoints": "auto",
        "spanNulls": False,
        "thresholdsStyle": {"mode": "off" if by_threshold or not limits else "dashed"},
        "axisPlacement": "auto",
        "axisLabel": "",
        "axisSoftMin": 0,
        "scaleDistribution": {"type": "linear"},
        "stacking": {"group": "A", "mode": "none"},
        "hideFrom": {"legend": False, "tooltip": False, "viz": False},
    }
    if minimum is not None:
        defaults["custom"]["axisSoftMin"] = minimum
    options = {
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return _panel("timeseries", title, queries, defaults, options, overrides, description)


def states(
    title: str,
    queries: list[Panel],
    mappings: list[Mapping],
    *,
    overrides: list[Override] | None = None,
    description: str = "",
) -> Panel:
    """A row a series, in the colour and the words of its value over time."""
    defaults = _defaults("", None, steps(GREY), mappings)
    defaults["custom"] = {"fillOpacity": 85, "lineWidth": 1, "spanNulls": False}
    options = {
        "alignValue": "center",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "mergeValues": False,
        "rowHeight": 0.9,
        "showValue": "auto",
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return _panel("state-timeline", title, queries, defaults, options, overrides, description)


def points(
    title: str,
    query: str,
    *,
    layer: str,
    colour: str,
    label: str,
    thresholds: Steps,
    overrides: list[Override] | None = None,
    description: str = "",
) -> Panel:
    """Points on a map with their values beside them. The base layer is a file of Grafana's own: nothing is fetched."""
    fixed = {"fixed": "#2B3440"}
    land = {
        "type": "geojson",
        "name": "底图",
        "config": {
            "src": "public/maps/countries.geojson",
            "rules": [],
            "style": {"color": fixed, "opacity": 0.6, "lineWidth": 1, "size": {"fixed": 1, "max": 1, "min": 1}},
        },
    }
    markers = {
        "type": "markers",
        "name": layer,
        "tooltip": True,
        "location": {"mode": "coords", "latitude": "纬度", "longitude": "经度"},
        "config": {
            "showLegend": False,
            "style": {
                "color": {"field": colour, "fixed": GREY},
                "opacity": 0.95,
                "rotation": {"fixed": 0, "max": 360, "min": -360, "mode": "mod"},
                "size": {"fixed": 16, "max": 16, "min": 16},
                "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
                "symbolAlign": {"horizontal": "center", "vertical": "center"},
                "text": {"field": label, "fixed": "", "mode": "field"},
                "textConfig": {"fontSize": 18, "offsetX": 22, "offsetY": 0, "textAlign": "left",
                               "textBaseline": "middle"},
            },
        },
    }  # fmt: skip
    options = {
        "basemap": land,
        "controls": {"mouseWheelZoom": False, "showAttribution": False, "showDebug": False, "showMeasure": False,
                     "showScale": True, "showZoom": False},
        "layers": [markers],
        "tooltip": {"mode": "details"},
        "view": {"id": "fit", "allLayers": False, "layer": layer, "lastOnly": False, "lat": 0, "lon": 0,
                 "padding": 15, "zoom": 12, "shared": False},
    }  # fmt: skip
    defaults = _defaults("", None, thresholds, None)
    defaults["custom"] = {"hideFrom": {"legend": False, "tooltip": False, "viz": False}}
    return _panel("geomap", title, [table_of(query)], defaults, options, overrides, description)


def _defaults(
    unit: str, decimals: int | None, thresholds: Steps | None, mappings: list[Mapping] | None
) -> Panel:  # fmt: skip
    found: Panel = {
        "color": {"mode": "thresholds"},
        "mappings": missing() if mappings is None else mappings,
        "noValue": NOTHING,
        "thresholds": {"mode": "absolute", "steps": thresholds or steps(PLAIN)},
        "unit": unit,
    }
    return found if decimals is None else found | {"decimals": decimals}


def _panel(
    kind: str, title: str, queries: list[Panel], defaults: Panel, options: Panel, overrides: list[Override] | None,
    description: str,
) -> Panel:  # fmt: skip
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": DATASOURCE,
        "targets": [{"refId": chr(ord("A") + i), **query} for i, query in enumerate(queries)],
        "fieldConfig": {"defaults": defaults, "overrides": overrides or []},
        "options": options,
    }
