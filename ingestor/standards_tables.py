"""What people and machines read of the standards: editions, rules, modes, differences."""

import datetime as dt
import re
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from aggregations.standards import MODES, ROLES, Edition, Mode, Rule, Standard, Standards, name_of
from aggregations.standards.differences import Differences, Value
from ingestor.tables import Language

WORDS: Final[dict[str, dict[Language, str]]] = {
    "edition": {"zh": "版本", "en": "edition"},
    "holds": {"zh": "施行", "en": "holds"},
    "rules_read": {"zh": "规则\n已读/全部", "en": "rules\nread/all"},
    "digest": {"zh": "摘要", "en": "digest"},
    "from": {"zh": "{} 起", "en": "from {}"},
    "until": {"zh": "{} 前", "en": "before {}"},
    "staged": {"zh": "先行城市 {} 起", "en": "first cities {}"},
    "first_cities": {"zh": "先行城市", "en": "first cities"},
    "none": {"zh": "无", "en": "none"},
    "rule": {"zh": "规则", "en": "rule"},
    "text": {"zh": "内容", "en": "text"},
    "clause": {"zh": "条款", "en": "clause"},
    "read": {"zh": "已读", "en": "read"},
    "place": {"zh": "位置", "en": "place"},
    "change": {"zh": "变化", "en": "change"},
    "added": {"zh": "新增", "en": "added"},
    "dropped": {"zh": "取消", "en": "dropped"},
    "changed": {"zh": "修改", "en": "changed"},
    "mode": {"zh": "评价方式", "en": "mode"},
    "same_values": {"zh": "数值和开关全部相同", "en": "all numbers and switches are equal"},
    "same_rules": {"zh": "规则全部相同", "en": "all rules are equal"},
    "air.limits": {"zh": "空气 限值", "en": "air: limits"},
    "air.index": {"zh": "空气 指数", "en": "air: index"},
    "air.evaluation": {"zh": "空气 评价", "en": "air: evaluation"},
    "air.ranking": {"zh": "空气 排名", "en": "air: ranking"},
    "air.events": {"zh": "空气 沙尘等事件", "en": "air: events"},
    "water.limits": {"zh": "水 限值", "en": "water: limits"},
    "water.method": {"zh": "水 评价", "en": "water: method"},
    "water.trophic": {"zh": "水 富营养化", "en": "water: trophic state"},
    "water.ranking": {"zh": "水 城市排名", "en": "water: ranking"},
    "water.black_odour": {"zh": "水 黑臭", "en": "water: black odour"},
    "water.sea_limits": {"zh": "海水 限值", "en": "sea: limits"},
    "water.sea_method": {"zh": "海水 评价", "en": "sea: method"},
    "noise.limits": {"zh": "噪声 限值", "en": "noise: limits"},
    "noise.method": {"zh": "噪声 评价", "en": "noise: method"},
    "noise.survey": {"zh": "噪声 手工监测", "en": "noise: surveys"},
}

_CLAUSES: Final[tuple[tuple[str, str], ...]] = (
    (r"^(.+) of ((?:GB|HJ)(?:/T)? [\d.]+(?:-\d{4})?)$", r"\2的\1"),
    (r"amendment of (\d{4})", r"\1年修改单"),
    (r"tables (\d+) and (\d+)", r"表\1和表\2"),
    (r"table (\d+)", r"表\1"),
    (r"formula (\d+)", r"公式\1"),
    (r"annex ([A-Z])", r"附录\1"),
    (r" and its notes", "及其注"),
    (r" \(range of the index\)", "（指数范围）"),
    (r" to (?=\d)", "至"),
    (r" and ", "和"),
    (r", ", "、"),
)
"""What stands in clauses in English, in Chinese; in this order."""

READ, NOT_READ = "[green]✓[/]", "[yellow]?[/]"


def in_order(standards: Standards, medium: str | None) -> list[Standard]:
    """Return the editions by role and first day; of one medium, or of all."""
    roles = [role for name, role in ROLES.items() if medium is None or name.startswith(f"{medium}.")]
    return sorted(
        (s for s in standards.all if isinstance(s, tuple(roles))),
        key=lambda s: (roles.index(type(s)), s.edition.first_day),
    )


def in_force(standards: Standards, day: dt.date, medium: str | None) -> list[tuple[str, bool, Standard | None]]:
    """Return (role, of first cities only, edition) for each role on a day; None where no edition holds."""
    found: list[tuple[str, bool, Standard | None]] = []
    for name, role in ROLES.items():
        if medium is not None and not name.startswith(f"{medium}."):
            continue
        ours, first = (
            next((s for s in standards.all if isinstance(s, role) and s.edition.holds_on(day, staged=staged)), None)
            for staged in (False, True)
        )
        found.append((name, False, ours))
        if first is not ours:
            found.append((name, True, first))
    return found


def sets(standards: Standards) -> dict[Mode, dict[str, list[str]]]:
    """Return the ids of the editions that each mode takes, by the roles of which a mode chooses."""
    chosen = [s for s in in_order(standards, None) if s.edition.modes]
    roles = list(dict.fromkeys(name_of(type(s)) for s in chosen))
    return {
        mode: {
            role: [
                s.edition.id
                for s in in_order(standards, None)
                if name_of(type(s)) == role and (mode == "by_date" or mode in s.edition.modes)
            ]
            for role in roles
        }
        for mode in MODES
    }


# --- for people


def editions(standards: Standards, medium: str | None, language: Language) -> Table:
    """Return the table of all editions."""
    table = Table()
    for key in ("edition", "holds", "rules_read", "digest"):
        right = key == "rules_read"
        table.add_column(
            WORDS[key][language], justify="right" if right else "left", overflow="fold", no_wrap=key != "edition"
        )
    for each in in_order(standards, medium):
        edition = each.edition
        read = sum(rule.confirmed for rule in each.rule.values())
        mark = READ if edition.confirmed else NOT_READ
        table.add_row(
            f"{escape(edition.id)}\n{WORDS[name_of(type(each))][language]}\n[dim]{escape(title(edition, language))}[/]",
            "\n".join(_days(edition, language)),
            f"{read}/{len(each.rule)} {mark}" if each.rule else mark,
            standards.digests[edition.id],
        )
    return table


def rules(each: Standard, role: str, *, first_cities: bool, language: Language) -> Table:
    """Return the table of an edition's rules."""
    edition = each.edition
    head = f"{WORDS[role][language]} · {edition.id} {title(edition, language)} ({', '.join(_days(edition, language))})"
    table = Table(title=escape(_for(head, first_cities, language)), title_justify="left")
    for key in ("rule", "text", "clause", "read"):
        table.add_column(WORDS[key][language], overflow="fold")
    for key, rule in each.rule.items():
        table.add_row(
            escape(key), escape(said(rule, language)), escape(clause_in(rule.clause, language) or "-"), _mark(rule)
        )
    return table


def nothing_in_force(role: str, day: dt.date, *, first_cities: bool, language: Language) -> str:
    """Return the line for a role without an edition on a day."""
    return _for(f"{WORDS[role][language]} · {day}: {WORDS['none'][language]}", first_cities, language)


def modes(standards: Standards, language: Language) -> Table:
    """Return the table of the modes of evaluation."""
    table = Table()
    found = sets(standards)
    table.add_column(WORDS["mode"][language])
    for role in found["by_date"]:
        table.add_column(WORDS[role][language], overflow="fold")
    by_id = {s.edition.id: s.edition for s in standards.all}
    for mode, roles in found.items():
        cells = [
            [f"{i} {WORDS['from'][language].format(by_id[i].first_day)}" if mode == "by_date" else i for i in ids]
            for ids in roles.values()
        ]
        table.add_row(mode, *(escape("\n".join(cell)) for cell in cells), end_section=mode == "by_date")
    return table


def values(found: Differences, before: Edition, after: Edition, language: Language) -> Table | str:
    """Return the table of numbers and switches that differ, or a line if none does."""
    if not found.values:
        return WORDS["same_values"][language]
    table = Table()
    table.add_column(WORDS["place"][language], no_wrap=True)
    for edition in (before, after):
        table.add_column(escape(edition.id), overflow="fold")
    for each in found.values:
        table.add_row(escape(each.path), escape(printed(each.before)), escape(printed(each.after)))
    return table


def rule_changes(found: Differences, before: Edition, after: Edition, language: Language) -> Table | str:
    """Return the table of rules that differ, or a line if none does."""
    if not found.rules:
        return WORDS["same_rules"][language]
    table = Table(show_lines=True)
    for name in (WORDS["rule"][language], before.id, after.id):
        table.add_column(escape(name), overflow="fold")
    for each in found.rules:
        table.add_row(
            f"{escape(each.rule)}\n[dim]{WORDS[each.change][language]}[/]",
            _rule(each.before, language),
            _rule(each.after, language),
        )
    return table


def title(edition: Edition, language: Language) -> str:
    """Return the title of an edition in a language."""
    return edition.title if language == "zh" else edition.title_en


def said(rule: Rule, language: Language) -> str:
    """Return what a rule says in a language."""
    return rule.zh if language == "zh" else rule.text


def clause_in(clause: str, language: Language) -> str:
    """Return where a rule stands, in a language."""
    return clause_in_chinese(clause) if language == "zh" else clause


def clause_in_chinese(clause: str) -> str:
    """Return where a rule stands in Chinese: 6.4和表4 for "6.4 and table 4"; what is not known is left as it is."""
    for english, chinese in _CLAUSES:
        clause = re.sub(english, chinese, clause)
    return clause


def printed(value: Value | None) -> str:
    """Return a value as the files have it; - for none."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(printed, value)) if isinstance(value, tuple) else str(value)


def _days(edition: Edition, language: Language) -> list[str]:
    days = {"from": edition.first_day, "until": edition.until, "staged": edition.staged_from}
    return [WORDS[key][language].format(day) for key, day in days.items() if day is not None]


def _for(text: str, first_cities: bool, language: Language) -> str:
    return f"{text} [{WORDS['first_cities'][language]}]" if first_cities else text


def _mark(rule: Rule) -> str:
    return READ if rule.confirmed else NOT_READ


def _rule(rule: Rule | None, language: Language) -> str:
    if rule is None:
        return "-"
    clause = clause_in(rule.clause, language)
    return f"{_mark(rule)} {escape(said(rule, language))}" + (f"\n[dim]{escape(clause)}[/]" if clause else "")


# --- for machines


def as_tree(each: Standard, standards: Standards) -> dict[str, Any]:
    """Return what `--json` prints of an edition."""
    edition = each.edition
    return {
        "id": edition.id,
        "title": edition.title,
        "title_en": edition.title_en,
        "role": name_of(type(each)),
        "issued": edition.issued,
        "from": edition.first_day,
        "until": edition.until,
        "staged_from": edition.staged_from,
        "confirmed": edition.confirmed,
        "unconfirmed_rules": [key for key, rule in each.rule.items() if not rule.confirmed],
        "modes": edition.modes,
        "source": edition.source,
        "digest": standards.digests[edition.id],
    }
