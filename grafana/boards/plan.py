"""计划目标."""

from grafana.board import PLAN, Board, board, plan, variable
from grafana.boards.shared import AUDITS, NEWEST
from grafana.look import Look
from grafana.panels import Panel, age, coloured, lines, named, override, series_of, states, table, table_of

TARGET = "${target:raw}"


def build(look: Look) -> Board:
    """Return the board."""
    target = variable(
        "target", "目标", f'SHOW TAG VALUES FROM "target" WITH KEY = "target" WHERE "target" =~ /^{PLAN}\\//'
    )
    return board(
        "qingjing-plan", "计划目标",
        [
            [(24, 12, every_target(look))],
            [(24, 9, status_by_day(look))],
            [(12, 10, value_by_day()), (12, 10, chances(look))],
        ],
        variables=[plan(), target], since="now-1y", refresh="5m",
    )  # fmt: skip


def every_target(look: Look) -> Panel:
    """Every target as it stands."""
    query = (
        'SELECT "name" AS "目标", "value" AS "数值", "unit" AS "单位", "asked" AS "目标值", "status" AS "状态", '
        '"rule" AS "依据", "room" AS "余量", "chance" AS "年底达标概率", "low" AS "年底值下限", '
        '"high" AS "年底值上限", "audited" AS "审核", "data_at" AS "数据" '
        f'FROM "target" WHERE "target" =~ /^{PLAN}\\// GROUP BY "target" {NEWEST}'
    )
    overrides = [
        override("Time", displayName="截至", unit="time:YYYY-MM-DD"),
        coloured("状态", look.statuses()),
        override("年底达标概率", unit="percentunit", decimals=0),
        override("审核", mappings=AUDITS),
        age(),
    ]
    return table(
        "全部目标", [table_of(query)], hidden=("target",), overrides=overrides, large=True,
        description="余量：假设余下时间全部有效；年底值为80%区间",
    )  # fmt: skip


def status_by_day(look: Look) -> Panel:
    """How the statuses went."""
    query = f'SELECT "status" FROM "target" WHERE "target" =~ /^{PLAN}\\// AND $timeFilter GROUP BY "target"'
    return states(
        "状态历程", [series_of(query, "$tag_target")], look.statuses(), overrides=named(look.targets())
    )  # fmt: skip


def value_by_day() -> Panel:
    """The value of the chosen target and what the plan asks."""
    where = f"\"target\" = '{TARGET}' AND $timeFilter"
    dashed = override("目标值", custom_lineStyle={"fill": "dash", "dash": [10, 10]}, custom_showPoints="never")
    return lines(
        "所选目标：累计值与目标值",
        [
            series_of(f'SELECT "value" FROM "target" WHERE {where}', "累计值"),
            series_of(f'SELECT "bound" FROM "target" WHERE {where}', "目标值"),
        ],
        overrides=[dashed], steps_after=True,
    )  # fmt: skip


def chances(look: Look) -> Panel:
    """How the chances of meeting the targets went."""
    query = f'SELECT "chance" FROM "target" WHERE "target" =~ /^{PLAN}\\// AND $timeFilter GROUP BY "target"'
    return lines(
        "年底达标概率", [series_of(query, "$tag_target")], unit="percentunit", overrides=named(look.targets())
    )  # fmt: skip
