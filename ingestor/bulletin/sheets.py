"""Sheets of a workbook: numbers as numbers, texts that never become a formula, files without the time of writing."""

import io
import re
import zipfile
from decimal import Decimal
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from aggregations.periods import Period
from aggregations.rounding import decimals_of
from ingestor.bulletin import wording
from ingestor.bulletin.contents import Bulletin
from ingestor.bulletin.texts import TEXTS
from ingestor.colours import ink_on
from ingestor.words import Language

Content = str | int | float | Decimal | bool | None
HEADS: Final[dict[str, dict[Language, str]]] = {
    "targets": {"zh": "目标", "en": "Targets"},
    "air": {"zh": "空气", "en": "Air"},
    "water": {"zh": "地表水", "en": "Water"},
    "noise": {"zh": "噪声", "en": "Noise"},
    "days": {"zh": "空气逐日", "en": "Air by day"},
    "places": {"zh": "空气排名", "en": "Air ranking"},
    "sections": {"zh": "断面逐月", "en": "Sections by month"},
    "hours": {"zh": "声环境逐时", "en": "Noise by hour"},
    "monitors": {"zh": "声环境点位", "en": "Noise monitors"},
    "notes": {"zh": "说明", "en": "Notes"},
    "id": {"zh": "编号", "en": "id"},
    "period": {"zh": "时段", "en": "period"},
    "printed": {"zh": "发布值", "en": "printed value"},
    "words": {"zh": "文字", "en": "in words"},
    "unit": {"zh": "单位", "en": "unit"},
    "exact": {"zh": "修约前（精确分数）", "en": "before rounding (exact)"},
    "exact_number": {"zh": "修约前（近似值）", "en": "before rounding (number)"},
    "valid": {"zh": "有效", "en": "valid"},
    "expected": {"zh": "应有", "en": "expected"},
    "counted": {"zh": "计数单位", "en": "counted"},
    "sufficient": {"zh": "数据充足", "en": "sufficient"},
    "audited": {"zh": "已审核", "en": "audited"},
    "before": {"zh": "上年同期", "en": "a year ago"},
    "change": {"zh": "同比变化", "en": "change"},
    "change_unit": {"zh": "变化单位", "en": "unit of change"},
    "editions": {"zh": "依据标准", "en": "editions"},
    "rules": {"zh": "所用规则", "en": "rules"},
    "rule": {"zh": "判定依据", "en": "rule that decided"},
    "room": {"zh": "余量", "en": "room left"},
    "tomorrow": {"zh": "明日若同今日", "en": "if tomorrow is like the last day"},
    "chance": {"zh": "年底达标概率（0—1）", "en": "chance of meeting it (0 to 1)"},
    "low": {"zh": "年底值区间下限", "en": "final value, low end of the range"},
    "central": {"zh": "年底值中位", "en": "final value, median"},
    "high": {"zh": "年底值区间上限", "en": "final value, high end of the range"},
    "years": {"zh": "参照年份", "en": "years drawn from"},
    "beside": {"zh": "其他标准与上报数据", "en": "other editions, reported figures"},
    "comparison": {"zh": "比较", "en": "comparison"},
    "limit": {"zh": "目标值", "en": "limit"},
    "source": {"zh": "计划原文", "en": "text of the plan"},
    "day": {"zh": "日期", "en": "day"},
    "level": {"zh": "级别", "en": "level"},
    "level_name": {"zh": "类别", "en": "level in words"},
    "scope": {"zh": "范围", "en": "scope"},
    "excluded": {"zh": "未计入", "en": "left out"},
}
"""What columns and sheets are called; further ones are texts of bulletins."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet may take for a formula."""
_LONGEST: Final = 32_767
"""Characters that a cell can hold."""
_WIDEST: Final = 48
_HEAD = PatternFill("solid", start_color="FFE8EDF1")
_BOLD = Font(bold=True)
_CAUTION = Font(bold=True, color="FF9A3B00")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The time that the parts of the file carry: the first that the format knows."""


class Sheet:
    """A sheet: what limits the figures and the title on top, then a frozen header, then rows."""

    def __init__(self, book: Workbook, key: str, bulletin: Bulletin, language: Language) -> None:
        self.sheet: Worksheet = book.create_sheet(HEADS[key][language])
        self._language: Language = language
        self._widths: dict[int, int] = {}
        self._row = 0
        for line in wording.cautions(bulletin, language):
            self._above(line, _CAUTION)
        self._above(f"{wording.title(bulletin, language)} · {HEADS[key][language]}", _BOLD)

    def head(self, *keys: str) -> None:
        """Write the header and freeze it; keys of the texts, or texts."""
        self.row(*(HEADS[key][self._language] if key in HEADS else _text(key, self._language) for key in keys))
        for column in range(1, len(keys) + 1):
            cell = self.sheet.cell(self._row, column)
            cell.font, cell.fill = _BOLD, _HEAD
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        self.sheet.freeze_panes = f"B{self._row + 1}"

    def row(self, *contents: Content) -> int:
        """Write a row and return its number."""
        self._row += 1
        for column, content in enumerate(contents, 1):
            if content is None or content == "":
                continue
            cell = self.sheet.cell(self._row, column)
            put(cell, content)
            wide = sum(2 if ord(c) > 0x2E80 else 1 for c in str(content)) + 2
            self._widths[column] = min(max(self._widths.get(column, 6), wide), _WIDEST)
            self.sheet.column_dimensions[get_column_letter(column)].width = self._widths[column]
        return self._row

    def fill(self, row: int, column: int, colour: str) -> None:
        """Colour a cell, its text in black or white."""
        cell = self.sheet.cell(row, column)
        cell.fill = PatternFill("solid", start_color=f"FF{colour[1:]}")
        cell.font = Font(color=f"FF{ink_on(colour)[1:]}")
        cell.alignment = Alignment(horizontal="center")

    def _above(self, line: str, font: Font) -> None:
        self._row += 1
        cell = self.sheet.cell(self._row, 1)
        put(cell, line)
        cell.font = font


def put(cell: Cell | MergedCell, content: Content) -> None:
    """Write a number as a number in its own decimals, and a text as a text that no program takes for a formula."""
    if isinstance(content, bool):
        raise TypeError(content)
    if isinstance(content, str):
        cell.value = safe(content)
        cell.data_type = "s"
        if content.startswith(_FORMULA):
            cell.quotePrefix = True
        return
    cell.value = content
    if isinstance(content, Decimal):
        decimals = decimals_of(content)
        cell.number_format = f"0.{'0' * decimals}" if decimals else "0"


def safe(text: str) -> str:
    """Return a text without what no cell can hold: control characters, and more than so many characters."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)[:_LONGEST]


def _text(key: str, language: Language) -> str:
    return TEXTS[key][language] if key in TEXTS else key


def timeless(file: bytes, month: Period) -> bytes:
    """Return the file without the time at which it was written: the end of the month stands in its place."""
    at = f"{month.last}T00:00:00Z"
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as read, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as write:
        for part in read.infolist():
            content = read.read(part)
            if part.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + at.encode(), content)
            entry = zipfile.ZipInfo(part.filename, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            write.writestr(entry, content)
    return made.getvalue()
