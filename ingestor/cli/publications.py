"""Commands on published figures: publish, history."""

import datetime as dt
import itertools
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from aggregations import periods
from aggregations.indicators import INDICATORS
from ingestor import evaluation, publishing, tables, words
from ingestor.cli.common import Json, app, opened_store, options, out, print_line, say
from ingestor.cli.figures import Scope, plan_named, waiting_for, warn_if_stale
from ingestor.config import Config
from ingestor.jobs import lanes
from ingestor.store.publications import Publication
from ingestor.tables import Language
from sensors.errors import ConfigError

Name = Annotated[
    list[str] | None,
    typer.Option("--name", help="An indicator or a pattern such as air.mean.*; may be repeated. Default: headlines."),
]
PlanId = Annotated[str | None, typer.Option(help="Id of the plan whose lists the scope may name.", show_default=False)]


@app.command()
def publish(
    scope: Scope = None,
    period: Annotated[str, typer.Option(help="2020, 2020-Q2, 2020-06, 2020-W23, a day, or a range.")] = "",
    name: Name = None,
    plan: PlanId = None,
    json_: Json = False,
) -> None:
    """Publish figures of a period: what they say now is kept, and each later change becomes a revision with its reason.

    Without --scope, those of every city. A figure that was published before and says the same is left as it is; one
    without any data is published only where it was before, and lost its data since.

    Example: qingjing publish --period 2020-06 --scope city:shenzhen
    """
    loaded = options.load()
    chosen = plan_named(loaded, plan)
    if not period:
        raise ConfigError("--period: expected a period such as 2020-06, got nothing")
    asked = periods.parse(period)
    with (
        opened_store(loaded) as store,
        lanes.held(store.file, lanes.DERIVATION, waiting=waiting_for) as still_ours,
    ):
        store.guard(still_ours)
        warn_if_stale(loaded, store)
        figures = (
            publishing.of_cities(loaded, store, asked, names=name or ())
            if scope is None
            else evaluation.all_figures(loaded, store, scope, asked, names=name or (), plan=chosen)
        )
        some = publishing.worth_publishing(store, figures, plan=plan or "")
        new = publishing.publish(loaded, store, some, plan=plan or "")
    if json_:
        print_line(tables.as_json({"published": len(some), "new": new, "without_data": len(figures) - len(some)}))
        return
    for each in new:
        value, key = tables.printed(each.figure, options.language).replace("\n", " "), each.key
        say(
            f"{key.indicator} {key.scope} {key.period}：{value}，修订 {each.revision}",
            f"{key.indicator} {key.scope} {key.period}: {value}, revision {each.revision}",
        )
    first = sum(each.revision == 1 for each in new)
    same, empty = len(some) - len(new), len(figures) - len(some)
    say(
        f"{len(figures)} 个指标：新发布 {first}，修订 {len(new) - first}，未变 {same}，无数据未发布 {empty}",
        f"{len(figures)} figures: {first} published, {len(new) - first} revised, {same} as before, "
        f"{empty} without data and not published",
    )


@app.command()
def history(
    indicator: Annotated[str | None, typer.Argument(help="Name of an indicator; without, of all.")] = None,
    scope: Scope = None,
    period: Annotated[str | None, typer.Option(help="A period as it was published, such as 2020-06.")] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Also revisions that print the value of the one before; --json has all.")
    ] = False,
    json_: Json = False,
) -> None:
    """Show what was published and when: the revisions of a figure, its value then, and why it changed.

    Example: qingjing history air.good_day_ratio --scope city:shenzhen --period 2020-06
    """
    loaded = options.load()
    if indicator is not None:
        evaluation.indicator_named(indicator, option="INDICATOR")
    wanted = str(periods.parse(period)) if period else None
    with opened_store(loaded) as store:
        found = [
            each
            for each in store.publications()
            if (indicator in (None, each.key.indicator))
            and (scope in (None, each.key.scope))
            and (wanted in (None, each.key.period))
        ]
    if json_:
        zone = dt.timezone(dt.timedelta(seconds=loaded.offset_s))
        print_line(
            tables.as_json(
                [msgspec.structs.asdict(each) | {"at": dt.datetime.fromtimestamp(int(each.at), zone)} for each in found]
            )
        )
    elif not found:
        say("尚未发布；用 `qingjing publish` 发布", "nothing of that was published; `qingjing publish` does it")
    else:
        left_out = 0
        for _, of_key in itertools.groupby(found, key=lambda each: each.key):
            revisions = list(of_key)
            shown = revisions if all_ else _telling(revisions)
            left_out += len(revisions) - len(shown)
            out.print(_table(loaded, shown, options.language))
        if left_out:
            say(
                f"另有 {left_out} 个修订未改变所示数值；用 --all 查看",
                f"{left_out} more, whose printed value is that of the revision before; --all shows them",
            )


def _telling(revisions: list[Publication]) -> list[Publication]:
    """Return the first revision, and those that print another value than the one before or are audited otherwise."""
    said = [(tables.printed(each.figure), each.figure.audited) for each in revisions]
    return [each for i, each in enumerate(revisions) if i == 0 or said[i] != said[i - 1]]


def _table(loaded: Config, revisions: list[Publication], language: Language) -> Table:
    """The revisions of one figure."""
    zh = language == "zh"
    key = revisions[0].key
    known = INDICATORS.get(key.indicator)
    name = key.indicator if known is None else known.name_zh if zh else known.name_en
    table = Table(title=f"{name}（{key.scope}，{key.period}）" if zh else f"{name}, {key.scope}, {key.period}")
    for head in (
        ("修订", "时间", "数值", "有效/应有", "原因") if zh else ("revision", "at", "value", "counts", "reason")
    ):
        table.add_column(head, overflow="fold", justify="right" if head in ("数值", "value") else "left")
    zone = dt.timezone(dt.timedelta(seconds=loaded.offset_s))
    for each in revisions:
        table.add_row(
            str(each.revision),
            f"{dt.datetime.fromtimestamp(each.at, zone):%Y-%m-%d %H:%M}",
            tables.printed(each.figure, language),
            tables.counts(each.figure, language),
            words.joined((words.remark(part, language) for part in each.reason.split("; ")), language),
        )
    return table
