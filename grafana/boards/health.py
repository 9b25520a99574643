"""采集运行."""

from typing import Final

from grafana.board import Board, board
from grafana.boards.shared import NEWEST, plain_steps
from grafana.look import RED, Look
from grafana.panels import Panel, lines, series_of, stat, table_of

RATES: Final = {"received": "收到", "stored": "入库", "duplicate": "重复", "quarantined": "隔离"}


def build(look: Look) -> Board:
    """Return the board."""
    return board(
        "qingjing-health", "采集运行",
        [
            [(6, 5, last("outbox_readings", "待入库读数", "suffix:个")), (6, 5, last("lag_s", "到达滞后", "s")),
             (6, 5, last("reconnects", "重连次数", "suffix:次")), (6, 5, last_row())],
            [(12, 10, rates()), (12, 10, waiting(look))],
            [(12, 10, over_time("lag_s", "到达滞后", "s")), (12, 10, over_time("outbox_bytes", "待入库大小", "bytes"))],
            [(12, 8, over_time("reconnects", "重连次数", "")), (12, 8, over_time("retried", "入库重试次数", ""))],
        ],
        variables=[], since="now-24h", refresh="30s", description="计数自采集进程启动起算",
    )  # fmt: skip


def last(column: str, title: str, unit: str) -> Panel:
    """A figure of the last minute."""
    query = f'SELECT "{column}" AS "数值" FROM "ingest_health" {NEWEST}'
    return stat(title, [table_of(query)], fields="/^数值$/", unit=unit)


def last_row() -> Panel:
    """When the collector last said how it fares."""
    query = f'SELECT "received" AS "收到" FROM "ingest_health" {NEWEST}'
    return stat("采集进程最近一次报告", [table_of(query)], fields="/^Time$/", unit="dateTimeFromNow") | {
        "description": "采集进程每分钟报告一次"
    }


def rates() -> Panel:
    """What came, was stored, came twice and was refused, a second."""
    queries = [
        series_of(
            f'SELECT non_negative_derivative(max("{column}"), 1s) FROM "ingest_health" WHERE $timeFilter '
            'GROUP BY time($__interval), "collector" fill(none)',
            f"{name} · $tag_collector",
        )
        for column, name in RATES.items()
    ]
    return lines("每秒读数与报文", queries, unit="cps")


def waiting(look: Look) -> Panel:
    """The age of what waits in the outbox, with the age at which nothing is acknowledged any more."""
    most = look.config.settings.collector.outbox_max_age_h
    query = (
        'SELECT max("outbox_age_s") FROM "ingest_health" WHERE $timeFilter '
        'GROUP BY time($__interval), "collector" fill(none)'
    )
    return lines(
        "待入库最长等待", [series_of(query, "$tag_collector")], unit="s", limits=plain_steps(3600.0 * most, RED),
        description=f"虚线：settings.toml 的 outbox_max_age_h = {most}",
    )  # fmt: skip


def over_time(column: str, title: str, unit: str) -> Panel:
    """A column minute by minute."""
    query = (
        f'SELECT max("{column}") FROM "ingest_health" WHERE $timeFilter '
        'GROUP BY time($__interval), "collector" fill(none)'
    )
    return lines(title, [series_of(query, "$tag_collector")], unit=unit)
