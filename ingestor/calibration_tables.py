"""Calibrations as people read them on the terminal, in Chinese or English."""

from decimal import Decimal

from rich.markup import escape
from rich.table import Table

from ingestor.explanation_calibrations import CalibrationUsed
from ingestor.explanation_words import new_table
from ingestor.review_tables import about, moment
from ingestor.words import Language
from sensors.reviews import ALL


def used(found: list[CalibrationUsed], language: Language) -> Table:
    """Return the table of calibrations that a figure rests on."""
    zh = language == "zh"
    table = new_table(
        "校准（calibrations.csv，原始数据不变）",
        "calibrations (calibrations.csv; raw readings stay)",
        ("行", "数据", "校准", "个数", "依据", "校准人"),
        ("line", "what", "calibrated", "values", "certificate", "by"),
        zh,
    )
    for each in found:
        begins = ("最初" if zh else "the beginning") if each.from_ is None else moment(each.from_)
        ends = ("至今" if zh else "no end") if each.until is None else moment(each.until)
        told = escape(each.certificate) + (f"\n[dim]{escape(each.remark)}[/]" if each.remark else "")
        table.add_row(
            str(each.line),
            f"{escape(f'{each.station} {about(each.quantities, ALL, language)}')}\n{begins}\n{ends}",
            formula(each.factor, each.offset, language),
            str(each.values),
            told,
            escape(each.by),
        )
    return table


def formula(factor: Decimal, offset: Decimal, language: Language) -> str:
    """Return what is made of a reading, such as 0.873 × reading - 1.4."""
    sent = "读数" if language == "zh" else "reading"
    scaled = sent if factor == 1 else f"{factor} × {sent}"
    return scaled if not offset else f"{scaled} {'-' if offset < 0 else '+'} {abs(offset)}"
