"""The tables of an explanation of water: sections, their items, those that did not enter, what moved the figure."""

from collections.abc import Iterator
from typing import Final

import msgspec
from rich.markup import escape
from rich.table import Table

from aggregations.explain_sea import SeaPoint
from aggregations.explain_water import BLACK_ODOUR, OF_ITEMS, PATROLS, ItemBasis, SectionBasis
from aggregations.figures import Figure
from aggregations.water import CLASS_NAMES
from ingestor import words
from ingestor.explanation_water import WaterBasis
from ingestor.explanation_words import SHOWN, ZH, cut, new_table
from ingestor.words import Language, remark, word

_ZH: Final = ("-", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ")
_SEA_ZH: Final = ("-", "一类", "二类", "三类", "四类", "劣四类")
_SEA_EN: Final = ("-", "1", "2", "3", "4", "worse than 4")
WITHOUT_CLASSES: Final = (*OF_ITEMS, *BLACK_ODOUR, *PATROLS, "water.trophic_index", "water.cwqi")
"""Beginnings of the names of indicators that do not rest on classes of sections."""
DAYS_SHOWN: Final = 3
"""How many days of suspect values are named; `--json` has all."""
_GRADES: Final = {-1: ("-", "-"), 0: ("非黑臭", "none"), 1: ("轻度", "light"), 2: ("重度", "heavy")}


def water_tables(basis: WaterBasis, figure: Figure, language: Language) -> Iterator[Table]:
    """Yield the tables of a figure of water; of many sections, those that moved it most are told first."""
    zh = language == "zh"
    if len(basis.sections) > SHOWN:
        order = {each.station: n for n, each in enumerate(basis.moved_most)}
        told = sorted(basis.sections, key=lambda each: order.get(each.station, len(order)))
        basis = msgspec.structs.replace(basis, sections=told)
    if basis.moved_most:
        yield _moved(basis, words.unit(figure.unit, language), zh)
    if basis.points:
        yield _points(basis, language)
    if basis.sections and not figure.indicator.startswith(WITHOUT_CLASSES):
        yield _sections(basis, zh)
    if basis.excluded_sections:
        yield _excluded(basis, language)
    if basis.left_out:
        yield _left_out(basis, language)
    if any(section.items for section in basis.sections):
        yield _items(basis, language)
    if figure.indicator in PATROLS and basis.sections:
        yield _patrols(basis, language)
    if any(section.samples for section in basis.sections):
        yield _samples(basis, language)


def _patrols(basis: WaterBasis, language: Language) -> Table:
    zh = language == "zh"
    n = len(basis.sections)
    table = new_table(
        cut("各点位巡测", n, zh, counted="个"), cut("patrols", n, zh), ("点位", "采样"), ("point", "samples"), zh
    )
    for each in basis.sections[:SHOWN]:
        last = str(each.last_sample or word("never", language))
        name = f"{each.name if zh else each.name_en} {each.station}"
        table.add_row(escape(name), word("sampled", language).format(last, each.patrol_days))
    return table


def _class(number: int, zh: bool) -> str:
    return (_ZH if zh else CLASS_NAMES)[number]


def _target(name: str | None, zh: bool) -> str:
    return _class(CLASS_NAMES.index(name), zh) if name is not None else "-"


def _name(basis: WaterBasis, item: str, zh: bool) -> str:
    return basis.items[item].name if zh else basis.items[item].name_en


def _moved(basis: WaterBasis, unit: str, zh: bool) -> Table:
    in_unit = "" if not unit else f"（{unit}）" if zh else f" ({unit})"
    of_sea = bool(basis.points)
    table = new_table(
        f"对数值影响最大的{'点位' if of_sea else '断面或月份'}（计入与剔除之差）",
        f"{'points' if of_sea else 'sections or months'} that moved the figure most (with it, less without)",
        ("点位", f"影响{in_unit}") if of_sea else ("断面", "月份", "类别", f"影响{in_unit}"),
        ("point", f"moved{in_unit}") if of_sea else ("section", "month", "class", f"moved{in_unit}"), zh,
    )  # fmt: skip
    nothing = "剔除后无法计算" if zh else "nothing without it"
    for each in basis.moved_most:
        moved = nothing if each.moved is None else f"{each.moved:+}"
        cells = [] if of_sea else [each.month or "-", _class(each.water_class, zh)]
        table.add_row(escape(each.station), *cells, moved)
    return table


def _points(basis: WaterBasis, language: Language) -> Table:
    zh = language == "zh"
    n = len(basis.points)
    table = new_table(
        cut("各期各点位", n, zh, counted="个"), cut("points of the surveys", n, zh),
        ("监测期", "点位", "面积", "样品", "类别", "定类项目", "各项目均值"),
        ("survey", "point", "area", "samples", "class", "by", "means"), zh,
    )  # fmt: skip
    for each in basis.points[:SHOWN]:
        means = [f"{_name(basis, item.item, zh)} {item.mean}" for item in each.items]
        worst = [_name(basis, item, zh) for item in each.worst]
        comma = "、" if zh else ", "
        table.add_row(
            f"{each.year}{'年' if zh else ' '}{word(each.survey, language)}",
            escape(f"{each.name if zh else each.name_en} {each.station}"),
            "-" if each.area_km2 is None else f"{each.area_km2} km2", str(each.samples),
            _sea_class(each, language), comma.join(worst) or "-", comma.join(means) or "-",
        )  # fmt: skip
    return table


def _sea_class(point: SeaPoint, language: Language) -> str:
    if point.why:
        return remark(point.why, language)
    return (_SEA_ZH if language == "zh" else _SEA_EN)[point.sea_class]


def _sections(basis: WaterBasis, zh: bool) -> Table:
    n = len(basis.sections)
    table = new_table(
        cut("各断面", n, zh, counted="个"), cut("sections", n, zh),
        ("断面", "目标", "类别", "主要污染指标", "各月类别（×未达目标）"),
        ("section", "target", "class", "main pollution items", "months (x: target failed)"), zh,
    )  # fmt: skip
    for each in basis.sections[:SHOWN]:
        main = [
            _name(basis, m.item, zh) + (f"({m.multiple})" if m.multiple is not None else "") for m in each.main_items
        ]
        failed = "×" if zh else "x"
        table.add_row(
            escape(f"{each.name if zh else each.name_en} {each.station}"), _targets(each, zh),
            _class(each.water_class, zh), ("、" if zh else ", ").join(main) or "-",
            " ".join(
                f"{month[5:] if len(month) == 7 else month}:{_class(number, zh)}"
                + (failed if month in each.months_failed else "")
                for month, number in each.months.items()
            ),
        )  # fmt: skip
    return table


def _targets(section: SectionBasis, zh: bool) -> str:
    """The target, or those that held one after another, each with its first day."""
    if not section.targets:
        return _target(section.target_class, zh)
    first, *later = section.targets
    told = [f"{_target(each.target_class, zh)}（{each.first}起）" for each in later]
    if not zh:
        told = [f"{_target(each.target_class, zh)} from {each.first}" for each in later]
    return "\n".join([_target(first.target_class, zh), *told])


def _excluded(basis: WaterBasis, language: Language) -> Table:
    zh = language == "zh"
    alike: dict[str, list[str]] = {}
    for each in basis.excluded_sections:
        lacks = [f"{_name(basis, item, zh)} {_lack(text, zh)}" for item, text in each.lacks.items()]
        alike.setdefault("\n".join((remark(each.reason, language), *lacks)), []).append(each.station)
    table = new_table("未参评的断面", "sections left out", ("断面", "原因"), ("section", "why"), zh)
    for why, stations in alike.items():
        table.add_row(escape(("、" if zh else ", ").join(stations)), escape(why))
    return table


def _lack(text: str, zh: bool) -> str:
    return text.replace(" months", "个月").replace(" d", "天") if zh else text


def _items(basis: WaterBasis, language: Language) -> Table:
    zh = language == "zh"
    n = sum(len(section.items) > 0 for section in basis.sections)
    table = new_table(
        cut("各断面各项目", n, zh, counted="个"), cut("items of the sections", n, zh),
        ("断面", "项目", "均值", "类别", "限值", "Ⅲ类限值", "有效月", "有效日", "结果数", "说明"),
        ("section", "item", "mean", "class", "limit", "limit III", "months", "days", "results", "notes"), zh,
    )  # fmt: skip
    for section in basis.sections[:SHOWN]:
        for each in section.items:
            unit = basis.items[each.item].unit
            mean = "-" if each.mean is None else f"{each.mean} {unit if unit != '1' else ''}".rstrip()
            table.add_row(
                escape(section.station), _name(basis, each.item, zh), mean, _class(each.water_class, zh),
                _limit(each.limit), _limit(each.limit_3), f"{each.months}/{each.months_expected}",
                f"{each.days}/{each.days_expected}" if each.results else "-", _results(each, language),
                "\n".join(_notes(each, language)) or "-",
            )  # fmt: skip
    return table


def _left_out(basis: WaterBasis, language: Language) -> Table:
    zh = language == "zh"
    n = len(basis.left_out)
    table = new_table(
        cut("未计入的结果", n, zh, counted="项"), cut("results left out", n, zh),
        ("断面", "项目", "结果数", "日期", "原因"),
        ("section", "item", "results", "days", "why"), zh,
    )  # fmt: skip
    for each in basis.left_out[:SHOWN]:
        more = " …" if len(each.days) > DAYS_SHOWN else ""
        results = word("of_hand", language).format(each.results) if each.manual else str(each.results)
        table.add_row(
            escape(each.station), _name(basis, each.item, zh), results,
            " ".join(map(str, each.days[:DAYS_SHOWN])) + more, ZH[each.reason] if zh else each.reason,
        )  # fmt: skip
    return table


def _results(item: ItemBasis, language: Language) -> str:
    """Numbers of automatic results and manual samples, of those that there are."""
    manual = word("of_hand", language).format(item.samples) if item.samples else ""
    return "\n".join(filter(None, [str(item.results) if item.results or not manual else "", manual]))


def _notes(item: ItemBasis, language: Language) -> Iterator[str]:
    """What a reader has to know of a mean: manual months, results below the limit, suspect ones, months lacking."""
    months = [month[5:] if len(month) == 7 else month for month in item.manual_months]
    if not item.judged:
        yield word("not_judged", language)
    if item.manual_months:
        every = len(months) == item.months_expected
        yield word("hand_all" if every else "hand_months", language).format(" ".join(months))
    if item.below:
        yield word("below", language).format(item.below)
    if item.suspect:
        days = [str(day) for day in item.suspect_days]
        more = " …" if len(days) > DAYS_SHOWN else ""
        yield word("suspect", language).format(item.suspect, " ".join(days[:DAYS_SHOWN]) + more)
    if item.lacks:
        lacks = " ".join(
            f"{each.month[5:] if len(each.month) == 7 else each.month}({each.days}/{each.needed})"
            for each in item.lacks
        )
        yield word("lacking", language).format(lacks)


def _samples(basis: WaterBasis, language: Language) -> Table:
    zh = language == "zh"
    n = sum(len(section.samples) for section in basis.sections)
    table = new_table(
        cut("手工样品", n, zh, counted="个"), cut("manual samples", n, zh), ("点位", "日期", "结果", "等级"),
        ("point", "day", "results", "grade"), zh,
    )  # fmt: skip
    rows = [(section, sample) for section in basis.sections for sample in section.samples]
    for section, sample in rows[:SHOWN]:
        values = [
            f"{_name(basis, item, zh)} {value}{word('half', language) if item in sample.below else ''}"
            for item, value in sample.values.items()
        ]
        table.add_row(
            escape(section.station), str(sample.day), ("、" if zh else ", ").join(values),
            _GRADES[sample.grade][0 if zh else 1],
        )  # fmt: skip
    return table


def _limit(value: object) -> str:
    return "-" if value is None else str(value)
