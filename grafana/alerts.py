"""Alert rules of Grafana, for people who look at it and not at qingjing's own notices (docs/notices.md).

Each asks the store, takes the last value of each series, and compares it. A `$` is doubled: provisioning puts in
variables of the environment otherwise.
"""

from typing import Any, Final

from grafana.look import Look
from grafana.panels import DATASOURCE
from ingestor.displays import STATES, STATUSES

HEAD: Final = "# Written by `python -m grafana.build` from grafana/alerts.py; do not edit.\n"
FOLDER: Final = "清静"
DAY_S: Final = 86_400

Rule = dict[str, Any]


def rules(look: Look) -> dict[str, Any]:
    """Return the file of alert rules."""
    most_h = look.config.settings.collector.outbox_max_age_h
    return {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": 1,
                "name": "qingjing",
                "folder": FOLDER,
                "interval": "1m",
                "rules": [
                    rule(
                        "target", "目标未完成或有风险",
                        'SELECT "status" FROM "target" WHERE $timeFilter GROUP BY "target"',
                        within=[STATUSES.index("at_risk"), STATUSES.index("missed")], since_s=10 * DAY_S, minutes=0,
                        summary="目标 {{ $labels.target }} 未完成或有风险",
                    ),
                    rule(
                        "silent", "站点静默",
                        'SELECT "state" FROM "station" WHERE $timeFilter GROUP BY "station"',
                        within=[STATES.index("silent")], since_s=10 * DAY_S, minutes=5,
                        summary="站点 {{ $labels.station }} 已静默",
                    ),
                    rule(
                        "air", "城市实时AQI超过良",
                        'SELECT "aqi" FROM "city_now" WHERE $timeFilter GROUP BY "city"',
                        above=look.index.good_up_to,
                        since_s=DAY_S // 8, minutes=0,
                        summary="{{ $labels.city }} 实时AQI {{ $values.B }}",
                    ),
                    rule(
                        "outbox", "读数积压",
                        'SELECT max("outbox_age_s") FROM "ingest_health" WHERE $timeFilter GROUP BY "collector"',
                        above=3600 * most_h // 4, since_s=900, minutes=0,
                        summary="采集进程 {{ $labels.collector }} 的读数已积压 {{ $values.B }} 秒",
                    ),
                    rule(
                        "collector", "采集进程无报告",
                        'SELECT count("received") FROM "ingest_health" WHERE $timeFilter',
                        below=1, since_s=900, minutes=0, no_data="Alerting",
                        summary="采集进程 15 分钟没有报告",
                    ),
                ],
            }
        ],
    }  # fmt: skip


def rule(
    uid: str, title: str, query: str, *, since_s: int, minutes: int, summary: str, above: int | None = None,
    below: int | None = None, within: list[int] | None = None, no_data: str = "OK",
) -> Rule:  # fmt: skip
    """One rule on the last `since_s` seconds: it fires above, below, or from the first of `within` to the last.

    It has to hold for so many minutes.
    """
    if within is not None:
        evaluator = {"type": "within_range", "params": [within[0] - 0.5, within[-1] + 0.5]}  # ends excluded
    else:
        evaluator = {"type": "gt" if below is None else "lt", "params": [above if below is None else below]}
    expression = {"type": "__expr__", "uid": "__expr__"}
    span = {"from": since_s, "to": 0}
    asked = query.replace("$", "$$")
    return {
        "uid": f"qingjing-{uid}",
        "title": title,
        "condition": "C",
        "data": [
            {
                "refId": "A", "relativeTimeRange": span, "datasourceUid": DATASOURCE["uid"],
                "model": {"refId": "A", "query": asked, "rawQuery": True, "resultFormat": "time_series"},
            },
            {
                "refId": "B", "relativeTimeRange": span, "datasourceUid": "__expr__",
                "model": {"refId": "B", "type": "reduce", "expression": "A", "reducer": "last",
                          "datasource": expression},
            },
            {
                "refId": "C", "relativeTimeRange": span, "datasourceUid": "__expr__",
                "model": {"refId": "C", "type": "threshold", "expression": "B", "datasource": expression,
                          "conditions": [{"evaluator": evaluator}]},
            },
        ],
        "noDataState": no_data,
        "execErrState": "Error",
        "for": f"{minutes}m",
        "annotations": {"summary": summary.replace("$", "$$")},
        "labels": {"source": "qingjing"},
    }  # fmt: skip
