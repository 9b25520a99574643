"""docs/indicators.md from the table of indicators: `make docs`, or `python -m ingestor.indicator_docs CONFIG`."""

import sys
from pathlib import Path
from typing import Final

import numpy as np

from aggregations import indicators, periods
from aggregations.air import MISSING, QUANTITIES
from aggregations.figures import Figure
from aggregations.indicators import HEADLINES, INDICATORS, AirDays, AirHours, Facts, Indicator, MonitorDays, SectionDays
from aggregations.standards import Standards
from ingestor import config
from ingestor.config import Config
from ingestor.schema import WATER_ITEMS
from ingestor.words import WORDS, unit
from sensors.quantities import MEDIA, Medium

YEAR: Final = "2025"
"""Period of the empty facts whose figures say what an indicator rests on and counts."""

SCOPES: Final[dict[Medium, str]] = {
    "air": "`city:` `district:` `station:` `list:`",
    "water": "`city:` `district:` `river:` `basin:` `station:` `list:`",
    "noise": "`city:` `district:` `station:` `list:`",
}
OF_SURVEYS: Final = "`city:`"
"""Scopes of the indicators of manual surveys of noise, which are a city's."""


def indicators_markdown(loaded: Config) -> str:
    """Return the page of all indicators: a table a medium, and the clauses of the rules that they rest on."""
    lines = [
        "# Indicators",
        "",
        "指标一览。This page is made from the table of indicators by `make docs`; do not edit it. What each rests",
        f"on is for {YEAR}, by the editions that come along; `qingjing standards --on DATE` has their rules.",
        "**Bold** indicators are printed where none is named. ↓: less is better; ↑: more is better; -: neither.",
    ]
    for medium in MEDIA:
        chosen = [each for each in INDICATORS.values() if each.medium == medium]
        facts = _empty(loaded, medium)
        lines += [
            "", f"## {WORDS[medium]['zh']} {medium}", "", f"Scopes: {SCOPES[medium]}"
            + (f"; of manual surveys {OF_SURVEYS}" if medium == "noise" else "") + ".", "",
            "| id | 名称 | name | unit | counts | | rests on |", "| --- | --- | --- | --- | --- | --- | --- |",
            *(_row(each, indicators.compute(each, facts), facts.standards) for each in chosen),
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _row(indicator: Indicator, figure: Figure, standards: Standards) -> str:
    name = f"`{indicator.name}`"
    cells = (
        f"**{name}**" if indicator.name in HEADLINES else name, indicator.name_zh, indicator.name_en,
        unit(indicator.unit, "en"), figure.counted, {True: "↓", False: "↑", None: "-"}[indicator.less_is_better],
        "; ".join(_rests_on(figure, standards)),
    )  # fmt: skip
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _rests_on(figure: Figure, standards: Standards) -> list[str]:
    """Editions with the clauses of the rules that are used; an edition alone where no rule has a clause."""
    by_id = {each.edition.id: each for each in standards.all}
    found = []
    for edition, keys in figure.rules.items():
        clauses = dict.fromkeys(rule.clause for key in keys if (rule := by_id[edition].rule[key]).clause)
        found.append(f"{edition} ({', '.join(clauses)})" if clauses else edition)
    return found or ["reported figures"]


def _empty(loaded: Config, medium: Medium) -> Facts:
    """Facts of a year without any readings."""
    period = periods.parse(YEAR)
    n = len(period)
    nothing = np.full(n, MISSING)
    days = AirDays(
        dict.fromkeys(QUANTITIES, nothing), {q: [None] * n for q in QUANTITIES},
        dict.fromkeys(QUANTITIES, np.zeros(n, dtype=np.int64)), nothing,
    )  # fmt: skip
    return Facts(
        scope="",
        period=period,
        standards=loaded.standards,
        staged=False,
        air=days if medium == "air" else None,
        hours=AirHours(dict.fromkeys(QUANTITIES, np.full(24 * n, MISSING))),
        earlier=[days, days],
        sections=[
            SectionDays(
                station,
                {item: np.full(n, np.nan) for item in WATER_ITEMS},
                {item: np.zeros(n, dtype=np.int64) for item in WATER_ITEMS},
            )
            for station in loaded.register.of("water")[:1]
        ],
        monitors=[MonitorDays(station, [None] * n, [None] * n) for station in loaded.register.of("noise")[:1]],
    )


if __name__ == "__main__":
    sys.stdout.write(indicators_markdown(config.load(Path(sys.argv[1]))))
