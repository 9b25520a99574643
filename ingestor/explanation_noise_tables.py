"""The tables of an explanation of noise: point-times of the monitors, those that did not enter, those that moved it."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from ingestor.explanation_noise import NoiseBasis
from ingestor.explanation_words import SHOWN, counts, cut, new_table


def noise_tables(basis: NoiseBasis, zh: bool) -> Iterator[Table]:
    """Yield the tables of a figure of noise, but those of its hours."""
    if basis.moved_most:
        yield _moved(basis, zh)
    if basis.moved_results:
        yield _results(basis, zh)
    if basis.monitors:
        yield _monitors(basis, zh)
    if basis.excluded_days:
        yield _excluded(basis, zh)


def _moved(basis: NoiseBasis, zh: bool) -> Table:
    table = new_table(
        "对数值影响最大的点次（计入与剔除之差）",
        "point-times that moved the figure most (with it, less without)",
        ("点位", "日期", "类别", "声级 dB", "限值 dB", "超出 dB", "采集率 %", "影响"),
        ("monitor", "day", "class", "level dB", "limit dB", "excess dB", "rate %", "moved"),
        zh,
    )
    table.columns[1].no_wrap = True
    for each in basis.moved_most:
        excess = "-" if each.excess is None else f"{each.excess:+}"
        red = each.attains is False
        table.add_row(
            escape(each.station), str(each.day), each.zone_class, _shown(each.level), _shown(each.limit),
            f"[red]{excess}[/]" if red else excess, _shown(each.rate), f"{each.moved:+}",
        )  # fmt: skip
    return table


def _results(basis: NoiseBasis, zh: bool) -> Table:
    table = new_table(
        "对数值影响最大的监测结果（计入与剔除之差）",
        "results that moved the figure most (with it, less without)",
        ("点位", "时间", "类别", "声级 dB", "限值 dB", "超出 dB", "路长 km", "影响"),
        ("point", "when", "class", "level dB", "limit dB", "excess dB", "length km", "moved"),
        zh,
    )
    for each in basis.moved_results:
        excess = "-" if each.excess is None else f"{each.excess:+}"
        table.add_row(
            escape(each.point), each.when, each.zone_class or "-", _shown(each.level), _shown(each.limit), excess,
            _shown(each.length_km), f"{each.moved:+}",
        )  # fmt: skip
    return table


def _monitors(basis: NoiseBasis, zh: bool) -> Table:
    table = new_table(
        "各点位点次", "point-times of the monitors", ("点位", "类别（天）", "有效/应有"),
        ("monitor", "class (days)", "valid/expected"), zh,
    )  # fmt: skip
    for each in basis.monitors:
        zones = ", ".join(f"{zone} ({n})" for zone, n in each.zone_classes.items())
        name = f"{each.name if zh else each.name_en} {each.station}"
        table.add_row(escape(name), zones, f"{each.valid}/{each.expected}")
    return table


def _excluded(basis: NoiseBasis, zh: bool) -> Table:
    n = len(basis.excluded_days)
    table = new_table(
        cut(f"未计入的点次（{n}段）", n, zh), cut(f"point-times left out ({n} runs)", n, zh),
        ("点位", "日期", "有效小时", "原因"), ("monitor", "days", "valid hours", "why"), zh,
    )  # fmt: skip
    for each in basis.excluded_days[:SHOWN]:
        span = str(each.first) if each.first == each.last else f"{each.first}..{each.last}"
        hours = f"{each.valid}，需{each.needed}" if zh else f"{each.valid}, {each.needed} needed"
        table.add_row(escape(each.station), span, hours, counts(each.why, zh))
    return table


def _shown(value: object) -> str:
    return "-" if value is None else str(value)
