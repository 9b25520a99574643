"""The plans that come along say what their documents say: shared/plans.md, row by row."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from aggregations import plans, reports
from aggregations.plans import Plan

FOLDER = Path(__file__).resolve().parents[3] / "config" / "plans"
READINGS, REPORTED = True, False

ROWS: dict[str, list[tuple[str, str | None, str, bool]]] = {
    "shenzhen-2020": [
        ("<=", "25", "ug/m3", READINGS),
        (">=", "100", "%", READINGS),
        (">=", "100", "%", READINGS),
        ("<=", "0", "bodies", READINGS),
        ("<=", "0", "bodies", READINGS),
        (">=", "100", "%", REPORTED),
        (">=", "8", "%", REPORTED),
        (">=", "60000", "vehicles", REPORTED),
    ],
    "shenzhen-2025": [
        (">=", "96", "%", REPORTED),
        ("<=", "15.1", "ug/m3", REPORTED),
        (">=", "95.2", "%", REPORTED),
        (">=", "88.5", "%", REPORTED),
        (">=", "89", "%", REPORTED),
        ("<=", "1", "class", REPORTED),
        (">=", "85", "%", REPORTED),
        (">=", "17.5", "%", REPORTED),
        (">=", "100", "%", REPORTED),
        (">=", "94.4", "%", REPORTED),
        (">=", "100", "%", REPORTED),
    ],
    "guangzhou-2020": [
        ("<=", "35", "ug/m3", READINGS),
        *[(">=", "1", "yes=1", READINGS)] * 5,
        (">=", None, "%", READINGS),
        (">=", "100", "%", READINGS),
        (">=", "100", "%", READINGS),
        (">=", "61.5", "%", READINGS),
        ("<=", "0", "%", READINGS),
        (">=", "90", "%", REPORTED),
        ("<=", "-14.7", "%", REPORTED),
        ("<=", "-18.4", "%", REPORTED),
        ("<=", "-9.9", "%", REPORTED),
        ("<=", "-9.5", "%", REPORTED),
        ("<=", "-1.1", "%", REPORTED),
        ("<=", "-23", "%", REPORTED),
        (">=", "90", "%", REPORTED),
        (">=", "50", "%", REPORTED),
        (">=", "1000", "ships", REPORTED),
    ],
    "fengxian-2020": [
        (">=", "80", "%", READINGS),
        ("<", "35", "ug/m3", READINGS),
        ("<=", "0", "%", READINGS),
        (">=", "100", "%", READINGS),
    ],
    "liuzhou-2019": [
        (">=", "88.0", "%", READINGS),
        ("<=", "41", "ug/m3", READINGS),
        (">=", "100", "%", READINGS),
        (">=", "100", "%", READINGS),
        (">=", "100", "%", READINGS),
        (">=", None, "%", REPORTED),
    ],
}
"""Comparison, limit, unit and kind of each row of the tables, in their order."""


def plan(name: str) -> Plan:
    return plans.parse((FOLDER / f"{name}.toml").read_text(encoding="utf-8"), file=name, stem=name)


@pytest.mark.parametrize("name", ROWS)
def test_every_row_of_a_document_is_a_target(name: str) -> None:
    found = [(t.comparison, t.limit, t.unit, t.indicator is not None) for t in plan(name).target]
    assert found == [(c, None if limit is None else Decimal(limit), unit, kind) for c, limit, unit, kind in ROWS[name]]


def test_lists_say_how_many_stations_the_documents_speak_of() -> None:
    assert {name: plan(name).sizes for name in ROWS} == {
        "shenzhen-2020": {"black_odorous_bodies": 159, "small_bodies": 1467},
        "shenzhen-2025": {},
        "guangzhou-2020": {"assessed_sections": 13},
        "fengxian-2020": {"assessed_sections": 18},
        "liuzhou-2019": {},
    }


def test_reported_rows_of_liuzhou_hold() -> None:
    liuzhou = plan("liuzhou-2019")
    limits = {target.id: target for target in liuzhou.target}
    found = {
        report.target: (report.value, plans.judge(limits[report.target], figure, final=True).status)
        for report in plans.reports_of(liuzhou)
        for figure in (reports.figure_of(report, limits[report.target], liuzhou),)
    }
    assert found == {
        "good-days": (Decimal("89.6"), "met"),
        "pm25": (Decimal(38), "met"),
        "surface-water": (Decimal(100), "met"),
        "drinking-sources": (Decimal(100), "met"),
        "function-zones": (Decimal(100), "met"),
        "noise-complaints": (Decimal("92.3"), "insufficient"),  # the document sets no limit
    }


def test_figures_of_a_year_before_the_plans_are_no_reports_of_it() -> None:
    assert plans.reports_of(plan("shenzhen-2020")) == []
    assert plans.reports_of(plan("fengxian-2020")) == []
    assert len(plan("shenzhen-2020").reported) == 12
    assert {each.as_of for each in plans.reports_of(plan("shenzhen-2025"))} == {dt.date(2025, 9, 30)}


@pytest.mark.parametrize(
    ("count", "of", "percent"),
    [
        (327, 365, "89.6"),  # liuzhou-2019: good days
        (20, 21, "95.2"),  # shenzhen-2025: sections
        (8, 13, "61.5"),  # guangzhou-2020: sections
        (7, 40, "17.5"),
        (169, 179, "94.4"),
        (1, 800, "0.1"),  # 0.125
        (1, 16, "6.2"),  # 6.25, a tie: to the even digit
        (3, 16, "18.8"),  # 18.75, a tie: to the even digit
        (0, 5, "0.0"),
        (5, 5, "100.0"),
    ],
)
def test_share_is_rounded_half_to_even(count: int, of: int, percent: str) -> None:
    assert str(reports.share(count, of)) == percent
