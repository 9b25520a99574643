"""The tables of an explanation of water: sections, their items, those that did not enter, what moved the figure."""

from collections.abc import Iterator
from typing import Final

from rich.markup import escape
from rich.table import Table

from aggregations.explain_water import ItemBasis
from aggregations.water import CLASS_NAMES
from ingestor.explanation_water import WaterBasis
from ingestor.explanation_words import new_table
from ingestor.words import Language, remark

_ZH: Final = ("-", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ")


def water_tables(basis: WaterBasis, unit: str, language: Language) -> Iterator[Table]:
    """Yield the tables of a figure of water."""
    zh = language == "zh"
    if basis.moved_most:
        yield _moved(basis, unit, zh)
    yield _sections(basis, zh)
    if basis.excluded_sections:
        yield _excluded(basis, language)
    yield _items(basis, zh)


def _class(number: int, zh: bool) -> str:
    return (_ZH if zh else CLASS_NAMES)[number]


def _name(basis: WaterBasis, item: str, zh: bool) -> str:
    return basis.items[item].name if zh else basis.items[item].name_en


def _moved(basis: WaterBasis, unit: str, zh: bool) -> Table:
    table = new_table(
        "对数值影响最大的断面或月份（计入与剔除之差）",
        "sections or months that moved the figure most (with it, less without)",
        ("断面", "月份", "类别", f"影响 ({unit})"), ("section", "month", "class", f"moved ({unit})"), zh,
    )  # fmt: skip
    for each in basis.moved_most:
        table.add_row(escape(each.station), each.month or "-", _class(each.water_class, zh), f"{each.moved:+}")
    return table


def _sections(basis: WaterBasis, zh: bool) -> Table:
    table = new_table(
        "各断面", "sections", ("断面", "目标", "类别", "主要污染指标", "各月类别"),
        ("section", "target", "class", "main pollution items", "months"), zh,
    )  # fmt: skip
    for each in basis.sections:
        main = [
            _name(basis, m.item, zh) + (f"({m.multiple})" if m.multiple is not None else "") for m in each.main_items
        ]
        table.add_row(
            escape(f"{each.name if zh else each.name_en} {each.station}"), each.target_class or "-",
            _class(each.water_class, zh), ("、" if zh else ", ").join(main) or "-",
            " ".join(f"{month[5:]}:{_class(number, zh)}" for month, number in each.months.items()),
        )  # fmt: skip
    return table


def _excluded(basis: WaterBasis, language: Language) -> Table:
    zh = language == "zh"
    table = new_table("未参评的断面", "sections left out", ("断面", "原因"), ("section", "why"), zh)
    for each in basis.excluded_sections:
        lacks = [
            f"{_name(basis, i, zh)} {text.replace('months', '个月') if zh else text}" for i, text in each.lacks.items()
        ]
        table.add_row(escape(each.station), escape("\n".join((remark(each.reason, language), *lacks))))
    return table


def _items(basis: WaterBasis, zh: bool) -> Table:
    table = new_table(
        "各断面各项目", "items of the sections",
        ("断面", "项目", "均值", "类别", "限值", "Ⅲ类限值", "有效月", "有效日", "结果数", "不足的月份"),
        ("section", "item", "mean", "class", "limit", "limit III", "months", "days", "results", "months lacking"), zh,
    )  # fmt: skip
    for section in basis.sections:
        for each in section.items:
            unit = basis.items[each.item].unit
            mean = "-" if each.mean is None else f"{each.mean} {unit if unit != '1' else ''}".rstrip()
            table.add_row(
                escape(section.station), _name(basis, each.item, zh), mean, _class(each.water_class, zh),
                _limit(each.limit), _limit(each.limit_3), f"{each.months}/{each.months_expected}",
                f"{each.days}/{each.days_expected}", str(each.results), _lacks(each),
            )  # fmt: skip
    return table


def _limit(value: object) -> str:
    return "-" if value is None else str(value)


def _lacks(item: ItemBasis) -> str:
    return ", ".join(f"{each.month} {each.days}/{each.needed}" for each in item.lacks) or "-"
