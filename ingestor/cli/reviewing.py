"""Commands on reviews: add, list, undo, import; locked months: lock, unlock, locks."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ingestor import auditing, derivation, publishing, review_tables, tables
from ingestor.cli.common import (
    Json,
    app,
    opened_ledger,
    opened_store,
    options,
    out,
    print_line,
    progress_bars,
)
from ingestor.cli.figures import print_pending, print_revised, today, waiting_for
from ingestor.config import Config
from ingestor.jobs import lanes
from ingestor.jobs.lanes import letting_others_in
from ingestor.retention.planning import folder_of
from ingestor.store import Ledger
from ingestor.store.reviewed import UnknownReviewError
from ingestor.words import word
from sensors import reviews
from sensors.errors import ConfigError, shown
from sensors.reviews import ACTIONS, Review

review_app = typer.Typer(
    no_args_is_help=True,
    help="Reviews (数据审核): take values out of the statistics, bring values back, mark values as doubted, with who "
    "and why. Readings stay as they came; a review takes effect with the next `qingjing derive`, and can be undone. A "
    "month that is audited can be locked: nothing changes it any more.",
)
app.add_typer(review_app, name="review")

Reason = Annotated[str, typer.Option(help="Why; it is kept, and `qingjing explain` shows it.")]
By = Annotated[str, typer.Option(help="Who decided it.")]
Medium = Annotated[str | None, typer.Option(help="air, water or noise; all where not given.")]
City = Annotated[str | None, typer.Option(help="Id of a city; all where not given.")]
Month = Annotated[str, typer.Option(help="Such as 2026-10.")]
_PLACES: Final = {column: f"--{column}" for column in (*reviews.COLUMNS, *reviews.OPTIONAL)}


@review_app.command("add")
def review_add(
    station: Annotated[str, typer.Option(help="Id of a station of the register.")],
    quantity: Annotated[
        list[str], typer.Option(help="Key such as pm25; may be given again. `all`: all of the station.")
    ],
    from_: Annotated[str, typer.Option("--from", help="Local time: 2026-10-03T08:00, or 2026-10-03 for its start.")],
    to: Annotated[str, typer.Option("--to", help="As --from; the moment itself is not included.")],
    action: Annotated[str, typer.Option(help="invalidate, restore or flag.")],
    reason: Reason,
    by: By,
    readings: Annotated[str, typer.Option(help="Of water: all, automatic, or manual (grab samples).")] = "all",
    medium: Annotated[str, typer.Option(help="Where stations of two media have the same id.")] = "",
    json_: Json = False,
) -> None:
    """Enter a review of the readings of a station: those whose period begins at --from or later, and before --to.

    \b
    invalidate  takes values out, whatever flag they came with
    restore     brings values in that the gateway flagged out, or that lie outside the plausible range or fail an
                automatic check; never what is missing, negative where that cannot be, or more than ten times the
                plausible maximum
    flag        leaves values in and marks them as doubted
    \b
    Where two reviews overlap, the one entered later holds. A whole day, 3 October:
    qingjing review add --station sz-a01 --quantity pm25 --from 2026-10-03 --to 2026-10-04 \\
        --action invalidate --reason "calibration 校准" --by 李雷
    """
    loaded = options.load()
    fields = {
        "station": station, "quantity": ";".join(quantity), "from": from_, "to": to, "action": action,
        "reason": reason, "by": by, "readings": readings, "medium": medium,
    }  # fmt: skip
    review = reviews.entered(
        fields, stations=loaded.register.stations, quantities=loaded.quantities, offset_s=loaded.offset_s,
        places=_PLACES,
    )  # fmt: skip
    with opened_ledger() as ledger:
        done, waits = _enter(loaded, ledger, [review], ["review"])
    if json_:
        print_line(tables.as_json(done))
        return
    (told,) = done["reviews"]
    zh = options.language == "zh"
    print_line(f"已录入审核记录 {told['id']}" if zh else f"review {told['id']} entered")
    _print_entered(done, waits=waits)


@review_app.command("import")
def review_import(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8).")],
    json_: Json = False,
) -> None:
    """Enter all reviews of a CSV file, or where anything in it is wrong none of them.

    Columns as the options of `add`, `;` between several quantities; medium and readings may be left out:

    \b
        station,quantity,from,to,action,reason,by
        sz-a01,pm25;pm10,2026-10-03T08:00,2026-10-03T12:00,invalidate,calibration,li
        sz-w01,all,2026-10-01,2026-10-02,flag,after the storm,li
    """
    loaded = options.load()
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: expected a file of UTF-8 text, got {error}") from error
    numbered = reviews.parse(
        text, stations=loaded.register.stations, quantities=loaded.quantities, offset_s=loaded.offset_s, file=str(file)
    )
    with opened_ledger() as ledger:
        places = [f"{file}: line {number}" for number in numbered]
        done, waits = _enter(loaded, ledger, list(numbered.values()), places)
    if json_:
        print_line(tables.as_json(done))
        return
    zh = options.language == "zh"
    ids = f"{done['reviews'][0]['id']} - {done['reviews'][-1]['id']}"
    n = len(numbered)
    print_line(f"已录入审核记录 {n} 条（{ids}）" if zh else f"{n} reviews entered ({ids})")
    _print_entered(done, waits=waits)


def _enter(loaded: Config, ledger: Ledger, new: list[Review], places: list[str]) -> tuple[dict[str, Any], bool]:
    """Enter reviews; return what is printed of them, and whether all of them wait for locked months.

    Raises
    ------
    ConfigError
        If one is in force already.
    """
    before = ledger.reviews()
    for each, place in zip(new, places, strict=True):
        same = next((old for old in before if old.says_what(each)), None)
        if same is not None:
            raise ConfigError(f"{place}: expected a review that is not in force yet, got {same.id} again")
    ids, days = ledger.add_reviews(new)
    locks, gone = ledger.locks(), ledger.archived()
    told = [
        {
            "id": id_,
            "overlaps": [old.id for old in before if old.overlaps(each)]
            + [other for other, earlier in zip(ids, new, strict=True) if other < id_ and earlier.overlaps(each)],
            "locked_months": auditing.locked_months(loaded, locks, each),
            "archived": [found.file for found in auditing.archived_about(loaded, gone, each)],
        }
        for id_, each in zip(ids, new, strict=True)
    ]
    return {"reviews": told, "station_days": days}, all(auditing.waits(loaded, locks, each) for each in new)


def _print_entered(done: dict[str, Any], *, waits: bool) -> None:
    zh = options.language == "zh"
    for each in done["reviews"]:
        if each["overlaps"]:
            ids = ", ".join(map(str, each["overlaps"]))
            print_line(
                f"{each['id']} 与 {ids} 重叠：重叠部分以 {each['id']} 为准"
                if zh
                else f"{each['id']} overlaps {ids}: where they do, {each['id']} holds"
            )
        _print_locked(each["id"], each["locked_months"])
        if each["archived"]:
            files = ", ".join(each["archived"])
            print_line(
                f"{each['id']}：原始数据已归档：{files}；解锁前先用 qingjing import parquet 恢复"
                if zh
                else f"{each['id']}: its readings are archived in {files}: `qingjing import parquet` restores them, "
                "then the month can be unlocked"
            )
    if not waits:
        _print_days(done["station_days"])


def _print_locked(number: int, months: list[str]) -> None:
    if months:
        those = ", ".join(months)
        print_line(
            f"{number}：{those} 已审核锁定，解锁后生效"
            if options.language == "zh"
            else f"{number}: pending for a locked month: {those}; it takes effect once that is unlocked"
        )


def _print_days(days: int) -> None:
    zh = options.language == "zh"
    if days:
        print_line(
            f"{days:,} 个站日待重新计算：运行 qingjing derive 生效"
            if zh
            else f"{days:,} station-days became stale: `qingjing derive` applies it"
        )
    else:
        print_line("该时段尚无数据：数据到达后生效" if zh else "there are no readings yet: it holds for those to come")


@review_app.command("undo")
def review_undo(
    number: Annotated[int, typer.Argument(metavar="ID", help="Id of the review, as `list` prints it.")],
    reason: Reason,
    by: By,
    json_: Json = False,
) -> None:
    """Take the effect of a review away, by a new entry: nothing is deleted. To have it again, enter it anew."""
    loaded = options.load()
    why, who = reviews.said(reason, place="--reason"), reviews.said(by, place="--by")
    with opened_ledger() as ledger:
        try:
            id_, days = ledger.undo_review(number, reason=why, by=who)
        except UnknownReviewError as error:
            raise ConfigError(
                f"ID: expected a review in force, got {number}: {error}; see `qingjing review list`"
            ) from error
        review = next(e.review for e in ledger.entered_reviews() if e.review.id == number)
        locks = ledger.locks()
        months, waits = auditing.locked_months(loaded, locks, review), auditing.waits(loaded, locks, review)
    if json_:
        print_line(tables.as_json({"id": id_, "undoes": number, "station_days": days, "locked_months": months}))
        return
    zh = options.language == "zh"
    print_line(f"审核记录 {number} 已撤销（记录 {id_}）" if zh else f"review {number} undone by entry {id_}")
    _print_locked(id_, months)
    if not waits:
        _print_days(days)


@review_app.command("list")
def review_list(
    station: Annotated[str | None, typer.Option(help="Only of this station.")] = None,
    quantity: Annotated[str | None, typer.Option(help="Only about this quantity; those about all included.")] = None,
    action: Annotated[str | None, typer.Option(help="Only invalidate, restore, flag or undo.")] = None,
    by: Annotated[str | None, typer.Option(help="Only entered by this person.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="Only about readings of this time or later.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Only about readings before this time.")] = None,
    in_force: Annotated[bool, typer.Option("--in-force", help="Without what was undone, and undoings.")] = False,
    json_: Json = False,
) -> None:
    """List reviews in the order of their entry, with who, when, why, and what became of each."""
    loaded = options.load()
    if action is not None and action not in (*ACTIONS, "undo"):
        raise ConfigError(f"--action: expected one of {', '.join((*ACTIONS, 'undo'))}, got {shown(action)}")
    first = None if from_ is None else reviews.moment(from_, loaded.offset_s, place="--from")
    until = None if to is None else reviews.moment(to, loaded.offset_s, place="--to")
    with opened_ledger() as ledger:
        every = auditing.listed(loaded, ledger, ledger.entered_reviews())
    found = [
        each
        for each in every
        if station in (None, each.station)
        and (quantity is None or quantity in each.quantities or reviews.ALL in each.quantities)
        and action in (None, each.action)
        and by in (None, each.by)
        and (first is None or each.to.timestamp() > first)
        and (until is None or each.from_.timestamp() < until)
        and not (in_force and (each.undoes is not None or each.undone_by is not None))
    ]
    if json_:
        print_line(tables.as_json(found))
    elif found:
        out.print(review_tables.reviews(found, options.language))
    else:
        print_line("没有审核记录" if options.language == "zh" else "no reviews")


@review_app.command("lock")
def review_lock(
    month: Month, reason: Reason, by: By, medium: Medium = None, city: City = None, json_: Json = False
) -> None:
    """Lock a month that is over and audited (审核锁定): its hours and days stay as they are until it is unlocked.

    What is stale is derived first. Readings and reviews that come later are stored, and wait: `derive` and `review
    list` show them as pending for a locked month. Figures whose months are all locked are audited (已审核).

    Example: qingjing review lock --month 2026-10 --medium air --by 李雷 --reason "国控点审核完成"
    """
    loaded = options.load()
    chosen = auditing.month_named(month)
    new = auditing.entries(loaded, chosen, medium=medium, city=city, locked=True, reason=reason, by=by)
    if chosen.last >= today(loaded):
        raise ConfigError(f"--month: expected a month that is over, got {month}; today is {today(loaded)}")
    with (
        opened_store(loaded) as store,
        lanes.held(store.file, lanes.DERIVATION, waiting=waiting_for) as still_ours,
    ):
        store.guard(still_ours)
        held = store.locks()
        new = [each for each in new if (each.month, each.medium, each.city) not in held]
        if not new:
            raise ConfigError(f"--month: expected a month that is not locked yet, got {month}")
        with progress_bars() as progress:
            task = progress.add_task("derive", total=None)
            _, revised = publishing.bring_up_to_date(
                loaded,
                store,
                progress=lambda days, of_all: progress.update(task, completed=days, total=of_all),
                between=letting_others_in(still_ours),
            )
        store.lock(new)
        revised += publishing.follow(loaded, store)
    if json_:
        print_line(tables.as_json({"locked": [_key(each) for each in new], "revised": revised}))
        return
    for each in new:
        told = f"{each.month} {word(each.medium, options.language)} {each.city}"
        print_line(f"{told} 已审核锁定" if options.language == "zh" else f"{told}: locked")
    print_revised(revised)


@review_app.command("unlock")
def review_unlock(
    month: Month, reason: Reason, by: By, medium: Medium = None, city: City = None, json_: Json = False
) -> None:
    """Unlock a month: what waited for it takes effect with the next `qingjing derive`; `locks --all` still tells.

    Refused where the readings that its days rest on lie in the archive: `qingjing import parquet` restores them first.
    """
    loaded = options.load()
    chosen = auditing.month_named(month)
    new = auditing.entries(loaded, chosen, medium=medium, city=city, locked=False, reason=reason, by=by)
    with (
        opened_ledger() as ledger,
        lanes.held(ledger.file, lanes.DERIVATION, waiting=waiting_for) as still_ours,
    ):
        ledger.guard(still_ours)
        held = ledger.locks()
        new = [each for each in new if (each.month, each.medium, each.city) in held]
        if not new:
            raise ConfigError(f"--month: expected a locked month, got {month}; see `qingjing review locks`")
        gone = [archived for each in new for archived in auditing.archived_under(loaded, ledger.archived(), each)]
        if gone:
            restored = " ".join(dict.fromkeys(str(folder_of(loaded, options.data) / each.file) for each in gone))
            raise ConfigError(
                f"--month: expected one whose readings are in the store, got {month}, which rests on readings in the "
                f"archive; `qingjing import parquet {restored}` restores them, then unlock"
            )
        waited = [
            each for each in derivation.pending(loaded, ledger)
            if (each.month, each.medium, each.city) in {(e.month, e.medium, e.city) for e in new}
        ]  # fmt: skip
        days = auditing.unlock(loaded, ledger, new)
    if json_:
        print_line(tables.as_json({"unlocked": [_key(each) for each in new], "station_days": days, "waited": waited}))
        return
    for each in new:
        told = f"{each.month} {word(each.medium, options.language)} {each.city}"
        print_line(f"{told} 已解锁" if options.language == "zh" else f"{told}: unlocked")
    if days:
        _print_days(days)


@review_app.command("locks")
def review_locks(
    all_: Annotated[bool, typer.Option("--all", help="Also what was unlocked again: every entry.")] = False,
    json_: Json = False,
) -> None:
    """List locked months, and what is pending for them."""
    loaded = options.load()
    with opened_ledger() as ledger:
        found = ledger.entered_locks() if all_ else list(ledger.locks().values())
        waiting = derivation.pending(loaded, ledger)
    if json_:
        print_line(tables.as_json({"locks": found, "pending": waiting}))
        return
    if found:
        out.print(review_tables.locks(found, options.language, offset_s=loaded.offset_s))
    else:
        print_line("没有锁定的月份" if options.language == "zh" else "no month is locked")
    print_pending(waiting)


def _key(entry: Any) -> dict[str, str]:
    return {"month": entry.month, "medium": entry.medium, "city": entry.city}
