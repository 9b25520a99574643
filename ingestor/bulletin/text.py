"""The text of a bulletin's notice: plain text, in the wording of official bulletins."""

from collections.abc import Iterable, Iterator
from typing import Final

from aggregations.air import QUANTITIES
from aggregations.figures import Figure
from aggregations.standings import COMPOSITE
from ingestor.bulletin import air, wording
from ingestor.bulletin.contents import Bulletin, Row, Section
from ingestor.bulletin.wording import text
from ingestor.target_months import figure_written, sentences, summary, target_month
from ingestor.words import ITEMS, Language
from ingestor.writing import days_named, days_short, name_of, to_date_named, value_on_paper

_CONCENTRATIONS: Final = (
    air.PM25, "air.annual_mean.pm10", "air.annual_mean.so2", "air.annual_mean.no2", "air.percentile.co", air.OZONE,
    COMPOSITE,
)  # fmt: skip
_SECTIONS_NAMED: Final = 10
"""How many sections that miss their target the text names."""


def notice_text(bulletin: Bulletin, language: Language = "zh") -> str:
    """Return the text of the notice; what limits its figures stands on its first line."""
    lines = [*wording.cautions(bulletin, language), wording.title(bulletin, language), ""]
    numbers = "一二三四"
    parts = (
        ("targets", _targets(bulletin, language)),
        ("air", _medium(bulletin, bulletin.air, language)),
        ("water", _medium(bulletin, bulletin.water, language)),
        ("noise", _medium(bulletin, bulletin.noise, language)),
    )
    for i, (key, said) in enumerate(parts):
        lines += [f"{numbers[i]}、{text(key, language)}" if language == "zh" else f"{i + 1}. {text(key, language)}"]
        lines += [*said, ""]
    audit = wording.audit(bulletin, language)
    counted = text("counted", language).format(days_named(bulletin.period, language))
    lines.append(_sentence([counted, *([audit] if audit else [])], language))
    return "\n".join(lines) + "\n"


def _targets(bulletin: Bulletin, language: Language) -> Iterator[str]:
    if not bulletin.verdicts:
        yield text("no_target", language)
        return
    rows = [target_month(each) for each in bulletin.targets]
    yield summary(rows, bulletin.as_of, language)
    period = bulletin.period
    yield from sentences(rows, days_short(period, language), to_date_named(period, language), language)


def _medium(bulletin: Bulletin, section: Section, language: Language) -> Iterator[str]:
    if section.state != "data":
        yield text(section.state, language)
        return
    when = days_short(bulletin.period, language)
    yield _of_period(section, when, language, to_date=False)
    if any(row.to_date is not None for row in section.rows.values()):
        yield _of_period(section, to_date_named(bulletin.period, language), language, to_date=True)
    if section is bulletin.water:
        yield from _failing(bulletin, language)


def _of_period(section: Section, when: str, language: Language, *, to_date: bool) -> str:
    said = [when if language == "zh" else f"{when}:"]
    names: Iterable[str] = section.rows
    if section.medium == "air":
        said += _good_days(section, language, to_date=to_date)
        said += _primary(section, language, to_date=to_date)
        names = _CONCENTRATIONS
    elif section.medium == "water":
        names = [name for name in section.rows if "class_share" not in name]
    said += [_figure(name, section.rows[name], language, to_date=to_date) for name in names]
    return _sentence([said[0] + (" " if language == "en" else "，") + said[1], *said[2:]], language)


def _good_days(section: Section, language: Language, *, to_date: bool) -> list[str]:
    """Good days and their ratio, and the days of each level that there were."""
    days = _chosen(section.rows["air.good_days"], to_date=to_date)
    found = [
        _figure("air.good_days", section.rows["air.good_days"], language, to_date=to_date, changed=False),
        _figure(air.GOOD_DAYS, section.rows[air.GOOD_DAYS], language, to_date=to_date),
    ]
    levels = []
    for level in range(1, air.N_LEVELS + 1):
        name = f"air.level_days.{level}"
        figure = _chosen(section.rows[name], to_date=to_date)
        if figure.value and days.value is not None:
            label = wording.indicator_named(name, language)
            label = label.removesuffix("天数") if language == "zh" else label.removeprefix("days of ")
            levels.append(
                f"{label}{value_on_paper(figure.value, 'd', language)}"
                if language == "zh"
                else f"{figure.value} {label}"
            )
    if levels:
        found.append(f"其中{'、'.join(levels)}" if language == "zh" else f"by level: {', '.join(levels)}")
    return found


def _primary(section: Section, language: Language, *, to_date: bool) -> list[str]:
    """On how many days which item was a primary pollutant, the most frequent first."""
    counts = {
        item: _chosen(section.rows[f"air.primary_days.{item}"], to_date=to_date).value or 0 for item in QUANTITIES
    }
    ordered = sorted((item for item in counts if counts[item]), key=lambda item: -counts[item])
    if not ordered:
        return []
    days = [
        f"{ITEMS[item]}（{counts[item]}天）" if language == "zh" else f"{ITEMS[item]} ({counts[item]} d)"
        for item in ordered
    ]
    return [f"首要污染物为{'、'.join(days)}" if language == "zh" else f"primary pollutants: {', '.join(days)}"]


def _failing(bulletin: Bulletin, language: Language) -> Iterator[str]:
    """The sections that miss their target class in the month."""
    failing = [each for each in bulletin.water.sections if each.months[-1].attains is False]
    if not failing:
        return
    classes = bulletin.water.classes
    named = []
    for each in failing[:_SECTIONS_NAMED]:
        name, now = name_of(each.station, language), classes[each.months[-1].class_ - 1].name
        target = classes[each.target - 1].name
        named.append(f"{name}（{now}类，目标{target}类）" if language == "zh" else f"{name} ({now}, target {target})")
    more = len(failing) - len(named)
    if language == "zh":
        yield (
            f"本月{len(failing)}个断面未达到目标类别："
            + "、".join(named)
            + (f"等{len(failing)}个" if more else "")
            + "。"
        )
    else:
        yield (
            f"{len(failing)} sections miss their target class this month: "
            + ", ".join(named)
            + (f" and {more} more." if more else ".")
        )


def _figure(name: str, row: Row, language: Language, *, to_date: bool, changed: bool = True) -> str:
    figure = _chosen(row, to_date=to_date)
    change = row.to_date_change if to_date else row.change
    value = figure_written(figure, language)
    if figure.value is not None and not figure.sufficient:
        value = value.removesuffix(" ?") + ("（数据不足，不作评价）" if language == "zh" else " (too little data)")
    elif figure.value is None:
        value = "无有效数据" if language == "zh" else "no valid data"
    said = wording.change_said(change, language) if changed else ""
    label = wording.indicator_named(name, language)
    if language == "zh":
        return f"{label}{'' if figure.value is None else '为'}{value}" + (f"，{said}" if said else "")
    return f"{label} {value}" + (f", {said}" if said else "")


def _chosen(row: Row, *, to_date: bool) -> Figure:
    return row.to_date if to_date and row.to_date is not None else row.month


def _sentence(parts: Iterable[str], language: Language) -> str:
    return "；".join(parts) + "。" if language == "zh" else "; ".join(parts) + "."
