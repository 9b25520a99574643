"""Commands on reported figures: report-figure set, list, undo, import."""

import datetime as dt
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from aggregations import periods, plans, reports
from aggregations.plans import Plan, Report, Target
from ingestor import tables, target_words
from ingestor.cli.common import Json, app, opened_ledger, options, out, print_line
from ingestor.cli.figures import plan_named, today
from ingestor.config import Config
from ingestor.store.reported import UnknownReportError
from ingestor.words import Language, unit
from sensors import reviews, strict
from sensors.errors import ConfigError, shown

report_app = typer.Typer(
    no_args_is_help=True,
    help="Reported figures (上报数据): what no sensor gives, such as emission cuts, entered for a target of a plan "
    "with the day up to which it holds, its source, and who entered it. Nothing is deleted: a later entry holds, and "
    "each can be undone.",
)
app.add_typer(report_app, name="report-figure")

COLUMNS: Final = ("plan", "target", "date", "value", "unit", "source", "by")
OPTIONAL: Final = ("count", "of")
_PLACES: Final = {column: f"--{column}" for column in (*COLUMNS, *OPTIONAL)}

PlanId = Annotated[str, typer.Option(help="Id of the plan: the name of a file of config/plans/.")]
By = Annotated[str, typer.Option(help="Who enters it.")]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is listed: what it is, and what became of it."""

    report: Report
    state: str
    holds: bool | None


@report_app.command("set")
def report_set(
    plan: PlanId,
    target: Annotated[str, typer.Option(help="Id of a target of the plan.")],
    source: Annotated[str, typer.Option(help="Where the figure stands: document, page, date.")],
    by: By,
    date: Annotated[str, typer.Option(help="Last day that the figure covers, such as 2020-12-31.")] = "",
    period: Annotated[str, typer.Option(help="In place of --date: 2020, 2020-H1, 2020-Q3, 2020-06.")] = "",
    value: Annotated[str, typer.Option(help="The figure, as it was published.")] = "",
    unit_: Annotated[str, typer.Option("--unit", help="Its unit, which must be the target's.")] = "",
    count: Annotated[str, typer.Option(help="Of a percentage made of two numbers: the part.")] = "",
    of: Annotated[str, typer.Option(help="And the whole.")] = "",
    json_: Json = False,
) -> None:
    """Enter what was reported for a target. What was entered before stays in the history; the latest day counts.

    \b
    qingjing report-figure set --plan shenzhen-2020 --target shore-power --period 2020-H1 --value 8.4 --unit % \\
        --source "2020 半年报, p. 12" --by 李雷
    qingjing report-figure set --plan liuzhou-2019 --target good-days --date 2019-12-31 --count 327 --of 365 \\
        --source "2019 summary" --by 李雷
    \b
    327 of 365 is entered as 89.6 %, rounded half to even. Where --value is given, too, the two must agree.
    """
    loaded = options.load()
    if bool(date) == bool(period):
        raise ConfigError(f"--date: expected it or --period, got {'both' if date else 'neither'}")
    last = _end_of(period) if period else date
    fields = {
        "plan": plan, "target": target, "date": last, "value": value, "unit": unit_, "source": source, "by": by,
        "count": count, "of": of,
    }  # fmt: skip
    new = entered(fields, loaded, places=_PLACES)
    with opened_ledger() as ledger:
        _check_new(new, ledger.reported_figures(), "report-figure")
        (number,) = ledger.report([new])
    if json_:
        print_line(tables.as_json({"id": number, "report": msgspec.structs.replace(new, id=number)}))
        return
    told = f"{new.plan} {new.target} {new.as_of}: {new.value} {unit(new.unit, options.language)}"
    print_line(f"已录入 {number}：{told}" if options.language == "zh" else f"entry {number}: {told}")


@report_app.command("import")
def report_import(file: Annotated[Path, typer.Argument(help="CSV (UTF-8).")], json_: Json = False) -> None:
    """Enter all figures of a CSV file, or where anything in it is wrong none of them.

    Columns as the options of `set`; count and of may be left out, and value or unit where count and of stand:

    \b
        plan,target,date,value,unit,source,by,count,of
        shenzhen-2020,shore-power,2020-12-31,8.4,%,annual report p. 3,李雷,,
        liuzhou-2019,good-days,2019-12-31,,,2019 summary,李雷,327,365
    """
    loaded = options.load()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: expected a file of UTF-8 text, got {error}") from error
    new: list[Report] = []
    with opened_ledger() as ledger:
        known = ledger.reported_figures()
        for number, row in strict.rows(text, COLUMNS, file=str(file), optional=OPTIONAL):
            at = f"{file}: line {number}"
            each = entered(row, loaded, places={column: f"{at}: {column}" for column in row})
            _check_new(each, [*known, *new], at)
            new.append(each)
        if not new:
            raise ConfigError(f"{file}: expected a figure at least, got none")
        ids = ledger.report(new)
    if json_:
        print_line(tables.as_json({"ids": ids}))
        return
    n = len(ids)
    told = f"{ids[0]} - {ids[-1]}"
    print_line(f"已录入上报数据 {n} 条（{told}）" if options.language == "zh" else f"{n} figures entered ({told})")


@report_app.command("undo")
def report_undo(
    number: Annotated[int, typer.Argument(metavar="ID", help="Id of the entry, as `list` prints it.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    by: By,
    json_: Json = False,
) -> None:
    """Take an entry back, by a new entry: nothing is deleted, and what was entered before it counts again."""
    why, who = reviews.said(reason, place="--reason"), reviews.said(by, place="--by")
    with opened_ledger() as ledger:
        try:
            id_ = ledger.undo_report(number, reason=why, by=who)
        except UnknownReportError as error:
            raise ConfigError(
                f"ID: expected an entry in force, got {number}: {error}; see `qingjing report-figure list`"
            ) from error
    if json_:
        print_line(tables.as_json({"id": id_, "undoes": number}))
        return
    print_line(f"记录 {number} 已撤销（记录 {id_}）" if options.language == "zh" else f"entry {number} undone by {id_}")


@report_app.command("list")
def report_list(
    plan: Annotated[str | None, typer.Option(help="Only of this plan.")] = None,
    target: Annotated[str | None, typer.Option(help="Only of this target.")] = None,
    in_force: Annotated[bool, typer.Option("--in-force", help="Without what was undone, and undoings.")] = False,
    json_: Json = False,
) -> None:
    """List reported figures in the order of their entry, those of the plans' files first, and what became of each.

    Of a target the figure with the latest day counts; of several of one day the one entered last.
    """
    loaded = options.load()
    plan_named(loaded, plan)
    with opened_ledger() as ledger:
        entries = ledger.reported_figures()
    from_files = [each for known in loaded.plans.values() for each in plans.reports_of(known)]
    found = [
        each
        for each in _listed(loaded, [*from_files, *entries])
        if plan in (None, each.report.plan)
        and target in (None, each.report.target)
        and not (in_force and each.state in ("undone", "undoing"))
    ]
    if json_:
        print_line(tables.as_json(found))
    elif found:
        out.print(_table(loaded, found, options.language))
    else:
        print_line("没有上报数据" if options.language == "zh" else "no reported figures")


def entered(fields: dict[str, str], loaded: Config, *, places: dict[str, str]) -> Report:
    """Return a report from fields as they were written; `places` names each in errors.

    Raises
    ------
    ConfigError
        If plan, target, day, value, unit, or who and where is wrong or missing.
    """
    plan, target = _target(fields, loaded, places)
    as_of = periods.parse_day(fields["date"], place=places["date"])
    if as_of.year != plan.year:
        raise ConfigError(f"{places['date']}: expected a day of {plan.year}, the year of {plan.id}, got {as_of}")
    if as_of > today(loaded):
        raise ConfigError(f"{places['date']}: expected no day that is yet to come, got {as_of}")
    count, of = (_whole(fields[name], places[name]) for name in OPTIONAL)
    of_two = count is not None or of is not None
    if not fields["value"] and not of_two:
        raise ConfigError(f"{places['value']}: expected a number, or count and of, got nothing")
    if fields["unit"] != target.unit and (fields["unit"] or not of_two):
        raise ConfigError(
            f"{places['unit']}: expected {target.unit!r}, the unit of {target.id}, got {shown(fields['unit'])}; "
            f"convert the value, a unit is never guessed"
        )
    value = _number(fields["value"], places["value"]) if fields["value"] else Decimal(0)
    if not fields["value"] and count is not None and of:
        value = reports.share(min(count, of), of)
    reports.check_share(value, target.unit, count, of, places=places)
    reports.check_percentage(value, target, place=places["value"])
    source, by = (reviews.said(fields[name], place=places[name]) for name in ("source", "by"))
    return Report(
        plan=plan.id, target=target.id, as_of=as_of, value=value, unit=target.unit, count=count, of=of,
        source=source, by=by,
    )  # fmt: skip


def _target(fields: dict[str, str], loaded: Config, places: dict[str, str]) -> tuple[Plan, Target]:
    plan = loaded.plans.get(fields["plan"])
    if plan is None:
        raise ConfigError(f"{places['plan']}: expected one of {', '.join(loaded.plans)}, got {shown(fields['plan'])}")
    target = next((each for each in plan.target if each.id == fields["target"]), None)
    if target is None:
        known = ", ".join(each.id for each in plan.target)
        raise ConfigError(f"{places['target']}: expected one of {known}, got {shown(fields['target'])}")
    return plan, target


def _end_of(period: str) -> str:
    try:
        return str(periods.parse(period).last)
    except ConfigError as error:
        raise ConfigError(f"--{error}") from error


def _number(text: str, place: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite() or not text.isascii() or "_" in text:
        raise ConfigError(f"{place}: expected a number such as 8.4, without its unit, got {shown(text)}")
    return value


def _whole(text: str, place: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise ConfigError(f"{place}: expected a whole number such as 327, got {shown(text)}")
    return int(text)


def _check_new(new: Report, known: list[Report], at: str) -> None:
    """Refuse what holds already, entered the same.

    Raises
    ------
    ConfigError
        If it is in force.
    """

    def said(each: Report) -> tuple[object, ...]:
        return each.plan, each.target, each.as_of, each.value, each.count, each.of, each.source

    those = [each for each in reports.in_force(known) if each.plan == new.plan]
    current = reports.latest([each for each in those if each.as_of == new.as_of], new.target, new.as_of)
    if current is not None and said(current) == said(new):
        raise ConfigError(f"{at}: expected a figure that does not hold already, got entry {current.id} again")


def _listed(loaded: Config, entries: list[Report]) -> list[Listed]:
    held = reports.in_force(entries)
    undone = {each.undoes for each in entries if each.undoes is not None}
    found = []
    for each in entries:
        plan = loaded.plans.get(each.plan)
        target = next((t for t in plan.target if t.id == each.target), None) if plan else None
        holds = None if target is None else target_words.holds(target, each.value)
        those = [other for other in held if other.plan == each.plan]
        if each.undoes is not None:
            state = "undoing"
        elif each.id and each.id in undone:
            state = "undone"
        elif reports.latest(those, each.target, dt.date.max) == each:
            state = "counts"
        else:
            state = "earlier"
        found.append(Listed(report=each, state=state, holds=holds))
    return found


_STATES: Final[dict[str, dict[Language, str]]] = {
    "counts": {"zh": "采用", "en": "counts"},
    "earlier": {"zh": "较早", "en": "earlier"},
    "undone": {"zh": "已撤销", "en": "undone"},
    "undoing": {"zh": "撤销 {}", "en": "undoes {}"},
}


def _table(loaded: Config, found: list[Listed], language: Language) -> Table:
    zh = language == "zh"
    table = Table(title="上报数据" if zh else "reported figures", title_justify="left")
    heads = (
        ("编号", "目标", "截至", "数值", "来源", "状态")
        if zh
        else ("id", "target", "up to", "value", "source", "state")
    )
    for head in heads:
        table.add_column(head, overflow="fold")
    zone = dt.timezone(dt.timedelta(seconds=loaded.offset_s))
    for each in found:
        report = each.report
        of = "" if report.count is None else f" ({report.count}/{report.of})"
        when = f" {dt.datetime.fromtimestamp(report.at, zone):%Y-%m-%d %H:%M}" if report.id else ""
        table.add_row(
            str(report.id) if report.id else "-",
            escape(f"{report.plan}\n{report.target}"),
            str(report.as_of),
            escape(f"{report.value} {unit(report.unit, language)}{of}".rstrip()),
            f"{escape(report.source)}\n[dim]{escape(report.by)}{when}[/]",
            _STATES[each.state][language].format(report.undoes),
        )
    return table
