"""Panels that several boards have."""

from grafana.board import CITY, PLAN
from grafana.look import AMBER, Look, steps, values
from grafana.panels import PLAIN, Panel, age, coloured, lines, override, series_of, stat, table, table_of
from ingestor.words import word

NEWEST = "ORDER BY time DESC LIMIT 1"
"""The last row of a series, however old it is: its age is shown beside it."""


AUDITS = values({n: (word(each, "zh"), "") for n, each in enumerate(("unaudited", "audited"))})
"""Whether a figure is audited: all its months are locked."""


def strip(fields: list[str], queries: list[Panel], overrides: list[Panel]) -> Panel:
    """What stands small beneath a figure: words, and how old the data are."""
    shown = [{**each, "properties": [*each["properties"], _name(each)]} for each in overrides]
    return stat("", queries, fields=f"/^({'|'.join(fields)})$/", overrides=shown, small=True)


def _name(of: Panel) -> Panel:
    return {"id": "displayName", "value": of["matcher"]["options"]}


def figure(indicator: str, title: str, unit: str, *, decimals: int | None = None) -> Panel:
    """The year's figure of a city, large."""
    query = f'SELECT "value" AS "数值" FROM "indicator" WHERE "indicator" = \'{CITY}/{indicator}\' {NEWEST}'
    return stat(title, [table_of(query)], fields="/^数值$/", unit=unit, decimals=decimals)


def beneath_figure(look: Look, indicator: str) -> Panel:
    """Beneath a figure: what the plan asks, the status, how old the data are."""
    of_plan = f'"target" =~ /^{PLAN}\\// AND "indicator" = \'{indicator}\''
    queries = [
        table_of(f'SELECT "asked" AS "目标", "status" AS "状态" FROM "target" WHERE {of_plan} {NEWEST}'),
        table_of(f'SELECT "data_at" AS "数据" FROM "indicator" WHERE "indicator" = \'{CITY}/{indicator}\' {NEWEST}'),
    ]
    overrides = [
        override("目标", color={"mode": "fixed", "fixedColor": PLAIN}),
        override("状态", mappings=look.statuses()),
        age(),
    ]
    return strip(["目标", "状态", "数据"], queries, overrides)


def stations(look: Look, medium: str, columns: str, *, overrides: list[Panel], title: str) -> Panel:
    """The stations of a medium now; `columns` are those that only it has."""
    query = (
        f'SELECT "name" AS "站点", "place" AS "地点", {columns}, "state" AS "通讯", "data_at" AS "数据" FROM "station" '
        f'WHERE "medium" = \'{medium}\' AND "city" = \'{CITY}\' GROUP BY "station" {NEWEST}'
    )
    return table(
        title, [table_of(query)], hidden=("Time", "station"),
        overrides=[*overrides, coloured("通讯", look.states()), age()],
    )  # fmt: skip


def figures(medium: str, title: str) -> Panel:
    """All headline figures of a medium, the year so far."""
    query = (
        'SELECT "name" AS "指标", "value" AS "数值", "unit" AS "单位", "label" AS "类别", "valid" AS "有效", '
        f'"expected" AS "应有", "sufficient" AS "数据量", "audited" AS "审核", "data_at" AS "数据" FROM "indicator" '
        f'WHERE "indicator" =~ /^{CITY}\\/{medium}\\./ GROUP BY "indicator" {NEWEST}'
    )
    enough = values({1: ("充足", ""), 0: ("不足，仅供参考", AMBER)})
    return table(
        title, [table_of(query)], hidden=("Time", "indicator"),
        overrides=[coloured("数据量", enough), override("审核", mappings=AUDITS), age()],
    )  # fmt: skip


def target_history(look: Look, indicator_start: str, title: str) -> Panel:
    """Values of the plan's targets of some indicators, day by day, with what the plan asks."""
    where = f'"target" =~ /^{PLAN}\\// AND "indicator" =~ /^{indicator_start}/ AND $timeFilter'
    names = look.targets()
    overrides = [
        *(override(f"{id_} 数值", displayName=name) for id_, name in names.items()),
        *(
            override(
                f"{id_} 目标值", displayName=f"{name}（目标值）", custom_lineStyle={"fill": "dash", "dash": [10, 10]},
                custom_showPoints="never",
            )
            for id_, name in names.items()
        ),
    ]  # fmt: skip
    return lines(
        title,
        [
            series_of(f'SELECT "value" FROM "target" WHERE {where} GROUP BY "target"', "$tag_target 数值"),
            series_of(f'SELECT "bound" FROM "target" WHERE {where} GROUP BY "target"', "$tag_target 目标值"),
        ],
        overrides=overrides,
        steps_after=True,
        description="虚线为计划目标值",
    )


def plain_steps(limit: float | None, above: str) -> list[Panel] | None:
    """A limit as a threshold; None without one."""
    return None if limit is None else steps(PLAIN, (limit, above))
