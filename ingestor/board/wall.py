"""The wall: few large figures of a city, the targets of its plans, and what arrives."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from aggregations import periods
from aggregations.plans import Plan, Status, Verdict
from ingestor import outlook_tables, words
from ingestor.board import moments, svg, texts, views
from ingestor.board.blocks import nice
from ingestor.board.lanes import Use
from ingestor.board.latest import LatestReadings
from ingestor.board.shown import Shown, prepare, url_to
from ingestor.board.source import Source
from ingestor.bulletin import wording
from ingestor.config import DAY_S
from ingestor.notices.ledger import NoticeLedger
from ingestor.notices.rows import message_of
from ingestor.outlook_words import chance_printed
from ingestor.words import Language
from ingestor.writing import month_named
from sensors.errors import ConfigError

WALL_TILES: Final = 6
"""Of targets and of sections. Targets beyond take turns in the last of them; board.js says for how long each."""
PATIENCE_S: Final = 0.4
"""How long the wall waits for figures before it is shown without; they follow once they are computed."""
WARM_EVERY_S: Final = 1.0
FIRST: Final = (
    "air.good_day_ratio", "air.annual_mean.pm25", "water.good_ratio", "water.target_attainment",
    "noise.night_attainment",
)  # fmt: skip
"""Targets that stand first on the wall where a plan has them."""
WORRIES: Final[tuple[Status, ...]] = ("missed", "at_risk")


def _wall_plans(page: Shown) -> list[Plan]:
    """The plans of the city and year that the wall shows, or the one asked for."""
    if "plan" in page.query:
        asked = moments.plan_asked(page.config, page.as_of, page.query["plan"])
        return [] if asked is None else [asked]
    every = moments.shown_plans(page.config, page.as_of)
    return [each for each in every if (each.jurisdiction, each.year) == (every[0].jurisdiction, every[0].year)]


async def keep_warm(source: Source, readings: LatestReadings, heard: Callable[[], bool]) -> None:
    """Compute what the wall shows at the start, and anew whenever it changes while a browser listens.

    So nobody who looks has to wait for it, nor for its template to be compiled.
    """
    prepare("wall.html.j2")
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
                    *(verdicts_of(page, each) for each in plans), *(_now(page, each) for each in plans[:1]),
                    _live(page, _city_of(plans)),
                )  # fmt: skip
        await asyncio.sleep(WARM_EVERY_S)


async def verdicts_of(page: Shown, plan: Plan, within_s: float | None = None) -> list[Verdict] | None:
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


def _city_of(plans: list[Plan]) -> str | None:
    """The city whose plans they are; None where they are of another jurisdiction, or there are none."""
    kind, _, id_ = plans[0].jurisdiction.partition(":") if plans else ("", "", "")
    return id_ if kind == "city" else None


async def _live(page: Shown, city: str | None, within_s: float | None = None) -> views.Live | None:
    found: views.Live | None = await page.get(
        "live", "readings", lambda use: views.live(use, page.readings, city, page.now), city, within_s=within_s
    )
    return found


async def show(page: Shown) -> Response:
    plans = _wall_plans(page)
    plan = plans[0] if plans else None
    until = time.monotonic() + PATIENCE_S

    def left_s() -> float:
        return max(0.0, until - time.monotonic())

    now = None if plan is None else await _now(page, plan, left_s())
    of_plans = [(each, await verdicts_of(page, each, left_s())) for each in plans]
    city = _city_of(plans)
    live = await _live(page, city, left_s())
    told = await page.get(
        "open", "notices", lambda use: _open_notices(use, page.language), page.language, within_s=left_s()
    )
    judged = [(each, of) for of, found in of_plans for each in found or []]
    verdicts = [each for each, _ in judged]
    named = next((each for each in page.config.settings.city if each.id == city), None)
    n_shown = WALL_TILES - (now is not None and now.sections is not None)
    tiles, n_fixed = _tiles(judged, n_shown)
    return page.html(
        "wall.html.j2",
        title=texts.text("wall", page.language),
        plans=plans,
        city=named,
        city_now=now,
        waits=page.waits,
        judged=bool(judged),
        as_of=page.as_of,
        tiles=[(each, of, _rests_on(page, each, of, live)) for each, of in tiles],
        n_shown=min(n_shown, len(tiles)),
        n_fixed=n_fixed,
        without_plan=plan is not None and moments.is_without_plan(page.config, page.as_of, plan),
        sections=_sections(page, now),
        class_word="类" if page.language == "zh" else "",
        month_named=partial(month_named, language=page.language),
        statuses=[(key, sum(each.status == key for each in verdicts)) for key in wording.STATUS_SIGNS],
        worries=[each for each in verdicts if each.status in WORRIES],
        live=live,
        told=told,
        map=svg.station_map(_marks(page, now), said=texts.text("map", page.language)),
        primary=_primary(now, page.language),
        chance=_chance(now, page.language),
        empty=live is not None and not any(each.sending for each in live.media),
    )


def _rests_on(page: Shown, verdict: Verdict, plan: Plan, live: views.Live | None) -> int | None:
    """When what a target's figure rests on ends: its newest reading or report, no later than the plan's year.

    [s since 1970]
    """
    end = page.config.start_of(periods.year(plan.year).last) + DAY_S
    if verdict.target.indicator is None:
        report = verdict.reported
        return None if report is None else min(page.config.start_of(report.as_of) + DAY_S, end)
    medium = verdict.target.indicator.partition(".")[0]
    newest = next((each.newest for each in live.media if each.medium == medium), None) if live else None
    return None if newest is None else min(newest, end)


def _tiles(judged: list[tuple[Verdict, Plan]], n_shown: int) -> tuple[list[tuple[Verdict, Plan]], int]:
    """Targets in the order of their tiles, and how many of the first always stay.

    Those that are asked for most come first. Where there are more than are shown at once, what is missed or at risk
    goes before them, and stays in up to half of the tiles; the others take turns.
    """
    ordered = _most_asked(judged)
    if len(ordered) <= n_shown:
        return ordered, len(ordered)
    worries = sorted((pair for pair in ordered if pair[0].status in WORRIES), key=_worry)
    return [*worries, *(pair for pair in ordered if pair not in worries)], min(len(worries), n_shown // 2)


def _worry(pair: tuple[Verdict, Plan]) -> int:
    return WORRIES.index(pair[0].status)


def _most_asked(judged: list[tuple[Verdict, Plan]]) -> list[tuple[Verdict, Plan]]:
    """Targets, those that are asked for most first, those that no reading decides last.

    What several plans ask alike stands once; a further limit of an indicator of a scope comes after all others.
    """
    found: dict[tuple[object, ...], tuple[Verdict, Plan]] = {}
    for each, plan in judged:
        target = each.target
        own = (plan.id, target.id) if target.indicator is None else (target.indicator, target.scope)
        found.setdefault((*own, target.comparison, target.limit), (each, plan))
    order = {name: place for place, name in enumerate(FIRST)}
    seen: Counter[tuple[object, ...]] = Counter()

    def rank(pair: tuple[Verdict, Plan]) -> tuple[bool, int, int]:
        verdict, target = pair[0], pair[0].target
        if target.indicator is None or verdict.rule == "no_stations":
            return True, 0, 0
        seen[target.indicator, target.scope] += 1
        return False, seen[target.indicator, target.scope], order.get(target.indicator, len(order))

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
                href=url_to(f"/stations/air/{each.id}", language=page.language),
            )
        )  # fmt: skip
    return found


def _open_notices(use: Use, language: Language) -> tuple[int, list[str]]:
    """How many notices nobody has acknowledged, and the titles of the newest of them."""
    with closing(NoticeLedger(use.file)) as ledger:
        found = ledger.notices(limit=1000, opened=True)
    return len(found), [message_of(use.config, each, language).title for each in found[:3]]
