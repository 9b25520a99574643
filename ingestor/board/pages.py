"""The pages: what `views` says, in Chinese or English."""

import datetime as dt
import math
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from aggregations import periods
from aggregations.plans import Plan
from ingestor import explanation_tables, outlook_tables, tables, target_words
from ingestor.board import moments, svg, texts, views, wall
from ingestor.board.blocks import Block, blocks
from ingestor.board.bulletins import Bulletins
from ingestor.board.endpoints import number_of
from ingestor.board.lanes import Use
from ingestor.board.latest import LatestReadings
from ingestor.board.shown import Shown, query_of
from ingestor.board.source import Source
from ingestor.config import DAY_S
from ingestor.explanation import explanation
from ingestor.notices import texts as notice_texts
from ingestor.notices.ledger import NoticeLedger
from ingestor.notices.rows import message_of
from ingestor.outlook import Outlooks
from ingestor.store import StoreError
from ingestor.words import MODES, Language
from ingestor.writing import month_named
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA

STATIONS_A_PAGE: Final = 100
NOTICES_SHOWN: Final = 100
WINDOWS_D: Final = (2, 7, 30)
BULLETIN_TYPES: Final = {
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "txt": "text/plain",
}
BULLETIN_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
"""The page of a bulletin is one file with its own style."""

Showing = Callable[[Shown], Awaitable[Response]]


def routes(source: Source, readings: LatestReadings, bulletins: Bulletins) -> list[Route]:
    """Return the routes of the pages."""

    def showing(show: Showing) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            await source.look()
            page = Shown(source, readings, request)
            try:
                return await show(page)
            except ConfigError as error:
                return page.html("wrong.html.j2", status=400, title=texts.text("wrong", page.language), said=str(error))
            except StoreError as error:
                page.away = str(error)
                return page.html("wrong.html.j2", status=503, title=texts.text("wrong", page.language), said="")

        return answer

    async def bulletin(page: Shown) -> Response:
        return await _bulletin(page, bulletins)

    return [
        Route("/", _home),
        Route("/wall", showing(wall.show)),
        Route("/plan", showing(_plan)),
        Route("/plan/outlook", showing(_outlook)),
        Route("/stations", showing(_stations)),
        Route("/stations/{medium}/{station}", showing(_station)),
        Route("/explain", showing(_explain)),
        Route("/notices", showing(_notices)),
        Route("/bulletins", showing(_bulletins)),
        Route("/bulletins/{plan}/{file}", showing(bulletin)),
        Route("/{path:path}", showing(_not_found)),
    ]


async def _home(request: Request) -> Response:
    return RedirectResponse("/wall" + query_of(request.query_params))


async def _not_found(page: Shown) -> Response:
    heading = texts.text("wrong", page.language)
    return page.html("wrong.html.j2", status=404, title=heading, said=texts.text("not_found", page.language))


async def _plan(page: Shown) -> Response:
    plan = moments.plan_asked(page.config, page.as_of, page.query.get("plan"))
    rows = []
    verdicts = ([] if plan is None else await wall.verdicts_of(page, plan)) or []
    for each in verdicts:
        own = tables.remarks(each.figure, page.language) if each.figure and each.rule != "no_stations" else ""
        room = each.room
        rows.append(
            {
                "verdict": each,
                "valid": tables.valid_of(each.figure),
                "rule": target_words.rule_of(each, page.language),
                "room": "" if room is None else target_words.room_of(each.target, room, page.language),
                "tomorrow": "" if room is None else target_words.tomorrow_of(each.target, room, page.language),
                "remarks": target_words.remarks_of(each, own, page.language),
            }
        )
    return page.html(
        "plan.html.j2", title=texts.text("plan", page.language), plan=plan, rows=rows,
        plans=moments.shown_plans(page.config, page.as_of), as_of=page.as_of,
        audit=tables.audit_named([each.figure for each in verdicts], page.language),
        without_plan=plan is not None and moments.is_without_plan(page.config, page.as_of, plan),
    )  # fmt: skip


async def _outlook(page: Shown) -> Response:
    plan = moments.plan_asked(page.config, page.as_of, page.query.get("plan"))
    found: list[Block] = []
    if plan is not None:
        known = await page.get(
            "outlook", "figures", lambda use: _outlooks(use, plan, page.as_of), plan.id, speed="slow"
        )
        if known is not None:
            found = blocks(outlook_tables.outlooks(plan, known, page.language, title=str(page.as_of)))
    return page.html("blocks.html.j2", title=texts.text("outlook", page.language), blocks=found)


def _outlooks(use: Use, plan: Plan, as_of: dt.date) -> Any:
    of_plan = Outlooks(use.config, use.store, plan, as_of)
    return [(target, of_plan.of(target)) for target in plan.target]


async def _stations(page: Shown) -> Response:
    every = await page.get("stations", "readings", lambda use: views.stations_now(use, page.readings, page.now))
    medium, sought = page.query.get("medium", ""), page.query.get("q", "").strip()
    found = [
        each
        for each in every or []
        if medium in ("", each.medium)
        and (not sought or any(sought.lower() in text.lower() for text in (each.id, each.name, each.name_en)))
    ]
    last = max(1, math.ceil(len(found) / STATIONS_A_PAGE))
    number = min(number_of(page.query.get("page", "1"), "page", 1, 10**6), last)
    return page.html(
        "stations.html.j2", title=texts.text("stations", page.language), n=len(found), number=number, last=last,
        stations=found[(number - 1) * STATIONS_A_PAGE : number * STATIONS_A_PAGE], medium=medium, sought=sought,
        media=MEDIA, registered=len(page.config.register.stations),
    )  # fmt: skip


async def _station(page: Shown) -> Response:
    path = page.request.path_params
    medium = next((each for each in MEDIA if each == path["medium"]), None)
    station = None if medium is None else page.config.register.get(medium, path["station"])
    if medium is None or station is None:
        return await _not_found(page)
    days = number_of(page.query.get("days", "7"), "days", 1, max(WINDOWS_D))
    end = page.config.start_of(page.config.local_day(int(page.now) - 1)) + DAY_S
    start = end - days * DAY_S
    series = await page.get(
        "series",
        "readings",
        lambda use: views.readings_of(use, medium, station.id, start, end),
        medium,
        station.id,
        days,
    )
    name = station.name if page.language == "zh" else station.name_en or station.name
    known = page.config.quantities.of(medium)
    drawn = [
        (
            each,
            svg.line(
                each, start, end, offset_s=page.config.offset_s, decimals=known[each.quantity].decimals,
                said=f"{name} {each.quantity}",
            ),
        )
        for each in series or []
    ]  # fmt: skip
    return page.html(
        "station.html.j2", title=name, station=station, drawn=drawn, days=days, windows=WINDOWS_D,
        period=str(periods.month(page.as_of.year, page.as_of.month)), medium=medium,
    )  # fmt: skip


async def _explain(page: Shown) -> Response:
    query = page.query
    for needed in ("name", "scope", "period"):
        if needed not in query:
            raise ConfigError(f"{needed}: expected a value, got nothing")
    plan = moments.plan_asked(page.config, page.as_of, query["plan"]) if "plan" in query else None
    mode = next((each for each in MODES if each == query.get("mode", "by_date")), None)
    if mode is None:
        raise ConfigError(f"mode: expected one of {', '.join(MODES)}, got {shown(query['mode'])}")
    period = periods.parse(query["period"])
    found = await page.get(
        "explain", "readings",
        lambda use: explanation(use.config, use.store, query["name"], query["scope"], period, plan=plan, mode=mode),
        query["name"], query["scope"], str(period), None if plan is None else plan.id, mode, speed="slow",
    )  # fmt: skip
    said = [] if found is None else blocks(explanation_tables.explained(found, page.language))
    return page.html("blocks.html.j2", title=texts.text("explain", page.language), blocks=said)


async def _notices(page: Shown) -> Response:
    found = await page.get("notices", "notices", lambda use: _all_notices(use, page.language), page.language)
    return page.html(
        "notices.html.j2", title=texts.text("notices", page.language), notices=found or [], known=found is not None,
        levels=notice_texts.LEVEL_WORDS, lang=page.language,
        may_acknowledge=page.config.settings.board.token_file is not None,
    )  # fmt: skip


def _all_notices(use: Use, language: Language) -> list[Any]:
    with closing(NoticeLedger(use.file)) as ledger:
        found = ledger.notices(limit=NOTICES_SHOWN)
    return [(each, message_of(use.config, each, language)) for each in found]


async def _bulletins(page: Shown) -> Response:
    found = [
        (plan, [month for month in periods.year(plan.year).months() if month.first <= page.as_of][::-1])
        for plan in moments.shown_plans(page.config, page.as_of)
        if plan.jurisdiction.startswith("city:")
        and any(page.config.register.of(each, plan.jurisdiction.removeprefix("city:")) for each in MEDIA)
    ]
    month = partial(month_named, language=page.language)
    return page.html("bulletins.html.j2", title=texts.text("bulletins", page.language), found=found, month=month)


async def _bulletin(page: Shown, bulletins: Bulletins) -> Response:
    path = page.request.path_params
    month, _, suffix = path["file"].rpartition(".")
    if suffix not in BULLETIN_TYPES or path["plan"] not in page.config.plans:
        return await _not_found(page)
    period = periods.parse(month)
    if not period.is_month or period.first.year != page.config.plans[path["plan"]].year:
        return await _not_found(page)
    file = await bulletins.file(path["plan"], str(period), suffix, page.language)
    return FileResponse(
        file, media_type=BULLETIN_TYPES[suffix], filename=file.name,
        headers={"Content-Security-Policy": BULLETIN_POLICY},
        content_disposition_type="attachment" if suffix == "xlsx" else "inline",
    )  # fmt: skip
