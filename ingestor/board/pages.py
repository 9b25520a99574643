"""The pages: what `views` says, in Chinese or English, rendered here and escaped by Jinja."""

import asyncio
import contextlib
import datetime as dt
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import jinja2
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from aggregations import periods
from aggregations.figures import Figure
from aggregations.plans import Plan, Verdict
from ingestor import explanation_tables, outlook_tables, tables, target_words, words
from ingestor.board import moments, svg, texts, views
from ingestor.board.blocks import Block, blocks, nice
from ingestor.board.bulletins import Bulletins
from ingestor.board.endpoints import number_of
from ingestor.board.lanes import Use
from ingestor.board.latest import LatestReadings
from ingestor.board.source import Part, Source, Speed
from ingestor.bulletin import wording
from ingestor.colours import ink_on
from ingestor.config import DAY_S, Config
from ingestor.derivation.spans import HOUR_S
from ingestor.explanation import explanation
from ingestor.notices import texts as notice_texts
from ingestor.notices.ledger import NoticeLedger
from ingestor.notices.rows import message_of
from ingestor.outlook import Outlooks
from ingestor.outlook_words import chance_printed
from ingestor.store import StoreError
from ingestor.target_months import figure_written
from ingestor.words import MODES, Language
from ingestor.writing import PAPER, limit_of, month_named, reading_on_paper
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA

HERE: Final = Path(__file__).parent
WALL_TILES: Final = 6
"""Of targets and of sections."""
PATIENCE_S: Final = 0.4
"""How long the wall waits for figures before it is shown without; they follow once they are computed."""
WARM_EVERY_S: Final = 1.0
FIRST: Final = (
    "air.good_day_ratio", "air.annual_mean.pm25", "water.good_ratio", "water.target_attainment",
    "noise.night_attainment",
)  # fmt: skip
"""Targets that stand first on the wall where a plan has them."""
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

_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
Showing = Callable[["Shown"], Awaitable[Response]]


class Shown:
    """A page that is asked for: its language, and what the answers that it rests on say of their age."""

    def __init__(self, source: Source, readings: LatestReadings, request: Request) -> None:
        self.source = source
        self.readings = readings
        self.request = request
        self.query: Mapping[str, str] = request.query_params
        self.language: Language = "en" if self.query.get("lang") == "en" else "zh"
        self.now = source.now()
        self.as_of = moments.last_whole_day(source.config, self.now)
        self.sequence, self.finished = source.newest, source.finished
        self.away: str | None = source.away
        self.known_at: float | None = None
        self.waits = False

    @property
    def config(self) -> Config:
        """The configuration of now."""
        return self.source.config

    async def get(
        self,
        what: str,
        part: Part,
        work: Callable[[Use], Any],
        *key: Any,
        speed: Speed = "quick",
        within_s: float | None = None,
    ) -> Any:
        """Return an answer of the store; None where nothing is known: it is away, or does not come in time."""
        moment = (self.as_of, int(self.now) // HOUR_S)
        try:
            found = await self.source.get((what, *key), part, work, moment=moment, speed=speed, within_s=within_s)
        except StoreError as error:
            self.away = str(error)
            return None
        self.waits = self.waits or (found.late and found.value is None)
        if found.away is not None:
            self.away = found.away
            self.known_at = found.at if self.known_at is None else min(self.known_at, found.at)
        return found.value

    def html(self, template: str, *, status: int = 200, title: str, **values: Any) -> Response:
        """Return a page."""
        language = self.language
        config, at = self.config, partial(moments.local, self.config)
        page = _environment.get_template(template).render(
            t=lambda key, *fields: texts.text(key, language, *fields),
            zh=language == "zh",
            language="zh-CN" if language == "zh" else "en",
            title=f"{title} · {texts.text('board', language)}",
            heading=title,
            url=partial(_url, language=language),
            other_url="/"
            + self.request.url.path.lstrip("/")
            + _query({**self.query, "lang": "zh" if language == "en" else "en"}),
            here=self.request.url.path,
            now=self.now,
            at=lambda moment: at(moment).strftime("%Y-%m-%d %H:%M"),
            age=lambda moment: texts.age(self.now - moment, language),
            away=self.away,
            known_at=self.known_at,
            sequence=self.sequence,
            finished=self.finished,
            store_away=self.source.away is not None,
            name=lambda each: each.name if language == "zh" else each.name_en or each.name,
            ink=ink_on,
            value=partial(figure_written, language=language),
            limit=lambda target: limit_of(target, language, PAPER),
            nice=nice,
            status=partial(target_words.status_of, language=language),
            signs=wording.STATUS_SIGNS,
            explain_url=lambda figure, plan=None: _explain_url(figure, plan, language),
            item=lambda medium, key: _item(config, medium, key, language),
            reading=lambda medium, key, value: reading_on_paper(value, config.quantities.of(medium)[key], language),
            **values,
        )
        return HTMLResponse(page, status)


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
        Route("/wall", showing(_wall)),
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
    return RedirectResponse("/wall" + _query(request.query_params))


async def _not_found(page: Shown) -> Response:
    heading = texts.text("wrong", page.language)
    return page.html("wrong.html.j2", status=404, title=heading, said=texts.text("not_found", page.language))


def _wall_plans(page: Shown) -> list[Plan]:
    """The plans of the city and year that the wall shows, or the one asked for."""
    first = moments.plan_asked(page.config, page.as_of, page.query.get("plan"))
    if first is None or "plan" in page.query:
        return [first] if first is not None else []
    return [
        each
        for each in moments.shown_plans(page.config, page.as_of)
        if (each.jurisdiction, each.year) == (first.jurisdiction, first.year)
    ]


async def keep_warm(source: Source, readings: LatestReadings, heard: Callable[[], bool]) -> None:
    """Compute what the wall shows at the start, and anew whenever it changes while a browser listens.

    So nobody who looks has to wait for it.
    """
    request = Request({"type": "http", "method": "GET", "path": "/wall", "query_string": b"", "headers": []})
    first = True
    while True:
        await source.look()
        if source.away is None and (first or heard()):
            first = False
            page = Shown(source, readings, request)
            with contextlib.suppress(ConfigError):  # the page says what is wrong
                plans = _wall_plans(page)
                await asyncio.gather(
                    *(_verdicts(page, each) for each in plans), *(_now(page, each) for each in plans[:1])
                )
        await asyncio.sleep(WARM_EVERY_S)


async def _verdicts(page: Shown, plan: Plan, within_s: float | None = None) -> list[Verdict] | None:
    found: list[Verdict] | None = await page.get(
        "verdicts", "figures", lambda use: views.verdicts(use, plan, page.as_of), plan.id, speed="wall",
        within_s=within_s,
    )  # fmt: skip
    return found


async def _now(page: Shown, plan: Plan, within_s: float | None = None) -> views.CityNow | None:
    city, as_of, now = plan.jurisdiction, page.as_of, page.now
    found: views.CityNow | None = await page.get(
        "now", "figures", lambda use: views.city_now(use, city, as_of, now), city, speed="wall", within_s=within_s
    )
    return found


async def _wall(page: Shown) -> Response:
    plans = _wall_plans(page)
    plan = plans[0] if plans else None
    until = time.monotonic() + PATIENCE_S

    def left_s() -> float:
        return max(0.0, until - time.monotonic())

    now = None if plan is None else await _now(page, plan, left_s())
    of_plans = [(each, await _verdicts(page, each, left_s())) for each in plans]
    city = None
    if plan is not None and plan.jurisdiction.startswith("city:"):
        city = plan.jurisdiction.removeprefix("city:")
    live = await page.get(
        "live", "readings", lambda use: views.live(use, page.readings, city, page.now), city, within_s=left_s()
    )
    told = await page.get(
        "open", "notices", lambda use: _open_notices(use, page.language), page.language, within_s=left_s()
    )
    judged = [(each, of) for of, found in of_plans for each in found or []]
    verdicts = [each for each, _ in judged]
    named = next((each for each in page.config.settings.city if each.id == city), None)
    newest = {} if live is None else {each.medium: each.newest for each in live.media}
    n_tiles = WALL_TILES - (now is not None and now.sections is not None)
    return page.html(
        "wall.html.j2",
        title=texts.text("wall", page.language),
        plans=plans,
        city=named,
        city_now=now,
        waits=page.waits,
        judged=bool(judged),
        as_of=page.as_of,
        tiles=[(each, of, newest.get(_medium(each))) for each, of in _most_asked(judged)[:n_tiles]],
        sections=_sections(page, now),
        class_word="类" if page.language == "zh" else "",
        month_named=partial(month_named, language=page.language),
        statuses=[(key, sum(each.status == key for each in verdicts)) for key in wording.STATUS_SIGNS],
        worries=[each for each in verdicts if each.status in ("missed", "at_risk")],
        live=live,
        told=told,
        map=svg.station_map(_marks(page, now), said=texts.text("map", page.language)),
        primary=_primary(now, page.language),
        chance=_chance(now, page.language),
        empty=live is not None and not any(each.sending for each in live.media),
    )


def _medium(verdict: Verdict) -> str:
    return (verdict.target.indicator or "").partition(".")[0]


def _most_asked(judged: list[tuple[Verdict, Plan]]) -> list[tuple[Verdict, Plan]]:
    """Targets that readings decide, those that are asked for most first.

    What several plans ask alike stands once; a further limit of an indicator of a scope comes after all others.
    """
    found: dict[tuple[object, ...], tuple[Verdict, Plan]] = {}
    for each, plan in judged:
        if each.target.indicator is not None and each.rule != "no_stations":
            target = each.target
            found.setdefault((target.indicator, target.scope, target.comparison, target.limit), (each, plan))
    order = {name: place for place, name in enumerate(FIRST)}
    seen: Counter[tuple[object, ...]] = Counter()

    def rank(pair: tuple[Verdict, Plan]) -> tuple[int, int]:
        target = pair[0].target
        seen[target.indicator, target.scope] += 1
        return seen[target.indicator, target.scope], order.get(target.indicator or "", len(order))

    return sorted(found.values(), key=rank)


def _sections(page: Shown, now: views.CityNow | None) -> list[tuple[str, int, int]]:
    """Classes of sections that any has: name, number of the class for the style sheet, and of how many sections."""
    if now is None or now.sections is None:
        return []
    names = [texts.text("no_data", page.language), *(name for name, _ in views.class_colours(page.config, page.as_of))]
    found = [(name, i, n) for i, (name, n) in enumerate(zip(names, now.sections.of_class, strict=False)) if n]
    return [*(each for each in found if each[1]), *(each for each in found if not each[1])]


def _primary(now: views.CityNow | None, language: Language) -> str:
    if now is None or now.air is None or not now.air.primary:
        return ""
    return texts.text("primary", language, wording.items_named(now.air.primary, language))


def _chance(now: views.CityNow | None, language: Language) -> tuple[str, str]:
    """The chance of the day, and what has to hold for it."""
    if now is None or now.chance is None:
        return "—", texts.text("no_chance", language)
    found = now.chance.found
    said = outlook_tables.statements(found, language)
    if found.chance is None:
        said = [words.remark(found.reason or "", language), *said]
    return nice(chance_printed(found.chance, language)), said[0] if said else ""


def _marks(page: Shown, now: views.CityNow | None) -> list[svg.Mark]:
    if now is None:
        return []
    levels = views.levels(page.config, page.as_of)
    found = []
    for each in now.air_stations:
        if each.lon is None or each.lat is None:
            continue
        known = each.aqi is not None and each.level is not None and each.level <= len(levels)
        found.append(
            svg.Mark(
                lon=each.lon, lat=each.lat, text=str(each.aqi) if known else "—",
                name=each.name if page.language == "zh" else each.name_en or each.name,
                fill=levels[(each.level or 1) - 1].colour if known else svg.NO_DATA,
                href=_url(f"/stations/air/{each.id}", language=page.language),
            )
        )  # fmt: skip
    return found


async def _plan(page: Shown) -> Response:
    plan = moments.plan_asked(page.config, page.as_of, page.query.get("plan"))
    rows = []
    for each in ([] if plan is None else await _verdicts(page, plan)) or []:
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
        plans=moments.shown_plans(page.config, page.as_of),
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


def _open_notices(use: Use, language: Language) -> tuple[int, list[str]]:
    """How many notices nobody has acknowledged, and the titles of the newest of them."""
    with closing(NoticeLedger(use.file)) as ledger:
        found = ledger.notices(limit=1000, opened=True)
    return len(found), [message_of(use.config, each, language).title for each in found[:3]]


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


def _query(query: Mapping[str, str]) -> str:
    return f"?{urlencode(dict(query))}" if query else ""


def _url(path: str, *, language: Language, **query: Any) -> str:
    given = {name: str(value) for name, value in query.items() if value not in (None, "")}
    return quote(path) + _query(given | ({"lang": "en"} if language == "en" else {}))


def _explain_url(figure: Figure | None, plan: Plan | None, language: Language) -> str | None:
    """Where a figure is explained; nowhere for one that people reported."""
    if figure is None or figure.indicator.partition(".")[0] not in MEDIA or not figure.expected:
        return None
    of_plan = plan.id if plan is not None and figure.scope.startswith("list:") else None
    return _url(
        "/explain", language=language, name=figure.indicator, scope=figure.scope, period=figure.period, plan=of_plan,
        mode=None if figure.mode == "by_date" else figure.mode,
    )  # fmt: skip


def _item(config: Config, medium: str, key: str, language: Language) -> str:
    """A quantity as people know it: PM2.5, or its name."""
    if key in words.ITEMS:
        return words.ITEMS[key]
    quantity = next((of[key] for each in MEDIA if each == medium and key in (of := config.quantities.of(each))), None)
    return key if quantity is None else quantity.name if language == "zh" else quantity.name_en
