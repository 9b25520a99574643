"""A page that is asked for: what it asks the store, its language, and its rendering by Jinja, which escapes."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from aggregations.figures import Figure
from aggregations.plans import Plan
from ingestor import target_words, words
from ingestor.board import moments, texts
from ingestor.board.blocks import nice
from ingestor.board.lanes import Use
from ingestor.board.latest import LatestReadings
from ingestor.board.source import Part, Source, Speed
from ingestor.bulletin import wording
from ingestor.colours import ink_on
from ingestor.config import Config
from ingestor.derivation.spans import HOUR_S
from ingestor.store import StoreError
from ingestor.target_months import figure_written
from ingestor.words import Language
from ingestor.writing import PAPER, limit_of, reading_on_paper
from sensors.quantities import MEDIA

HERE: Final = Path(__file__).parent

_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def prepare(template: str) -> None:
    """Compile a template before it is needed."""
    _environment.get_template(template)


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
            url=partial(url_to, language=language),
            other_url="/"
            + self.request.url.path.lstrip("/")
            + query_of({**self.query, "lang": "zh" if language == "en" else "en"}),
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


def query_of(query: Mapping[str, str]) -> str:
    return f"?{urlencode(dict(query))}" if query else ""


def url_to(path: str, *, language: Language, **query: Any) -> str:
    given = {name: str(value) for name, value in query.items() if value not in (None, "")}
    return quote(path) + query_of(given | ({"lang": "en"} if language == "en" else {}))


def _explain_url(figure: Figure | None, plan: Plan | None, language: Language) -> str | None:
    """Where a figure is explained; nowhere for one that people reported."""
    if figure is None or figure.indicator.partition(".")[0] not in MEDIA or not figure.expected:
        return None
    of_plan = plan.id if plan is not None and figure.scope.startswith("list:") else None
    return url_to(
        "/explain", language=language, name=figure.indicator, scope=figure.scope, period=figure.period, plan=of_plan,
        mode=None if figure.mode == "by_date" else figure.mode,
    )  # fmt: skip


def _item(config: Config, medium: str, key: str, language: Language) -> str:
    """A quantity as people know it: PM2.5, or its name."""
    if key in words.ITEMS:
        return words.ITEMS[key]
    quantity = next((of[key] for each in MEDIA if each == medium and key in (of := config.quantities.of(each))), None)
    return key if quantity is None else quantity.name if language == "zh" else quantity.name_en
