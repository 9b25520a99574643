"""The JSON API: questions of `endpoints` answered, notices acknowledged, and the OpenAPI document of both."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from ingestor.board.endpoints import COMMON, ENDPOINTS, Asked, Endpoint, Parameter, number_of
from ingestor.board.lanes import Use
from ingestor.board.latest import LatestReadings
from ingestor.board.source import Source
from ingestor.derivation.spans import HOUR_S
from ingestor.notices.ledger import NoticeLedger, UnknownNoticeError
from ingestor.store import StoreError
from sensors.errors import ConfigError, shown

SEQUENCE: Final = "Qingjing-Sequence"
TOKEN: Final = "Qingjing-Token"  # noqa: S105  # the name of a header
ACKNOWLEDGE: Final = "/api/notices/{number}/acknowledgement"
MOST_BYTES: Final = 4096
WRONG_TOKEN_S: Final = 0.5
"""How long who shows a wrong token waits for the answer."""

_encode = msgspec.json.Encoder(decimal_format="number").encode
Answering = Callable[[Request], Awaitable[Response]]


class Acknowledgement(msgspec.Struct, forbid_unknown_fields=True):
    """Who acknowledges a notice, and what was found or is done about it."""

    by: str
    remark: str = ""


class Acknowledged(msgspec.Struct):
    """A notice that is acknowledged; `first` tells whether nobody had before."""

    number: int
    first: bool


class Problem(msgspec.Struct):
    """What is wrong: what was expected, what was found."""

    error: str


def routes(source: Source, readings: LatestReadings) -> list[Route]:
    """Return the routes of the API."""
    known = [
        *(Route(each.path, _asking(source, readings, each), methods=["GET"]) for each in ENDPOINTS),
        Route(ACKNOWLEDGE, _safely(lambda request: _acknowledge(source, request)), methods=["POST"]),
        Route("/api/openapi.json", _documenting(), methods=["GET"]),
    ]
    return [*known, Route("/api/{path:path}", _Unknown(known))]


def as_json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer in JSON; a decimal is a number with its own digits."""
    return Response(_encode(value), status, headers, media_type="application/json")


def problem(status: int, text: str) -> Response:
    """Return what is wrong, as the API says it."""
    return as_json(Problem(text), status, {"Retry-After": "5"} if status == 503 else None)


def _safely(answering: Answering) -> Answering:
    async def answer(request: Request) -> Response:
        try:
            return await answering(request)
        except UnknownNoticeError as error:
            return problem(404, str(error))
        except ConfigError as error:
            return problem(400, str(error))
        except StoreError as error:
            return problem(503, str(error))

    return answer


def _asking(source: Source, readings: LatestReadings, endpoint: Endpoint) -> Answering:
    async def answer(request: Request) -> Response:
        one, many = parameters_of(request, (*endpoint.parameters, COMMON))
        since = one.pop("changed_since", None)
        number = None if since is None else number_of(since, "changed_since", 0, 2**62)
        now = source.now()
        asked = Asked(now, one, many, readings)
        key = (endpoint.path, tuple(sorted(one.items())), tuple(map(tuple, many.values())))
        found = await source.get(
            key, endpoint.part, lambda use: _encode(endpoint.answer(use, asked)), speed=endpoint.speed,
            moment=int(now) // HOUR_S,
        )  # fmt: skip
        if found.away is not None:
            raise StoreError(found.away)
        headers = {SEQUENCE: str(found.sequence), "Cache-Control": "no-cache"}
        if number == found.sequence:
            return Response(status_code=204, headers=headers)
        return Response(found.value, headers=headers, media_type="application/json")

    return _safely(answer)


def parameters_of(
    request: Request, known: tuple[Parameter, ...]
) -> tuple[dict[str, str], dict[str, list[str]]]:  # fmt: skip
    """Return the parameters of a request that may stand once, and those that may stand several times.

    Raises
    ------
    ConfigError
        If one is unknown, missing, given twice, or none of its choices.
    """
    names = {each.name: each for each in known}
    given: dict[str, list[str]] = {name: [value] for name, value in request.path_params.items()}
    for name, value in request.query_params.multi_items():
        if name not in names or names[name].place == "path":
            queries = ", ".join(each.name for each in known if each.place == "query")
            raise ConfigError(f"{shown(name)}: expected a parameter, one of {queries}, got an unknown one")
        given.setdefault(name, []).append(value)
    for name, values in given.items():
        choices = names[name].choices
        if len(values) > 1 and not names[name].many:
            raise ConfigError(f"{name}: expected it once, got {len(values)} values")
        if choices and values[0] not in choices:
            raise ConfigError(f"{name}: expected one of {', '.join(choices)}, got {shown(values[0])}")
    for each in known:
        if each.required and each.name not in given:
            raise ConfigError(f"{each.name}: expected a value ({each.text}), got nothing")
    return (
        {name: values[0] for name, values in given.items() if not names[name].many},
        {name: values for name, values in given.items() if names[name].many},
    )


async def _acknowledge(source: Source, request: Request) -> Response:
    file = source.config.settings.board.token_file
    if file is None:
        return problem(403, "board.token_file: expected a file in settings.toml, got none: this board is read-only")
    try:
        token = (source.config.directory / file).read_bytes().strip()
    except OSError as error:
        return problem(403, f"board.token_file: expected a readable file, got {error.strerror}")
    if not token or not hmac.compare_digest(request.headers.get(TOKEN, "").encode(), token):
        await asyncio.sleep(WRONG_TOKEN_S)
        return problem(403, f"{TOKEN}: expected the token of board.token_file, got another or none")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return problem(413, f"body: expected at most {MOST_BYTES} bytes, got more")
    try:
        given = msgspec.json.decode(body, type=Acknowledgement)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"body: expected by and remark as JSON, got {error}") from error
    if not given.by.strip():
        raise ConfigError("by: expected who acknowledges, got nothing")
    number = number_of(request.path_params["number"], "number", 1, 2**53)

    def work(use: Use) -> bool:
        with closing(NoticeLedger(use.file)) as ledger:
            return ledger.acknowledge(number, by=given.by.strip(), remark=given.remark.strip())

    return as_json(Acknowledged(number, await source.once(work)))


class _Unknown:
    """Answers, as an application of its own for requests of every method, those that no known route takes."""

    def __init__(self, known: list[Route]) -> None:
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        of_path = [route for route in self._known if route.matches(scope)[0] is not Match.NONE]
        methods = ", ".join(sorted({method for route in of_path for method in route.methods or ()}))
        if methods:
            wrong = Problem(f"method: expected {methods}, got {shown(scope['method'])}")
            answer = as_json(wrong, 405, {"Allow": methods})
        else:
            answer = problem(404, f"path: expected one of those in /api/openapi.json, got {shown(scope['path'])}")
        await answer(scope, receive, send)


def _documenting() -> Answering:
    document = json.dumps(openapi(), ensure_ascii=False).encode()

    async def answer(_: Request) -> Response:
        return Response(document, media_type="application/json")

    return answer


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of the API."""
    types = [Acknowledgement, Acknowledged, Problem, *(each.returns for each in ENDPOINTS)]
    template = "#/components/schemas/{name}"
    (given, done, wrong, *schemas), components = msgspec.json.schema_components(types, ref_template=template)
    errors = {status: _answer(text, wrong) for status, text in _ERRORS.items()}
    paths: dict[str, Any] = {}
    for each, schema in zip(ENDPOINTS, schemas, strict=True):
        paths[each.path] = {
            "get": {
                "summary": each.summary,
                "parameters": [_documented(parameter) for parameter in (*each.parameters, COMMON)],
                "responses": {
                    "200": _answer("The answer.", schema) | {"headers": _SEQUENCE},
                    "204": {"description": "Nothing has changed since `changed_since`.", "headers": _SEQUENCE},
                    **errors,
                },
            }
        }
    paths[ACKNOWLEDGE] = {
        "post": {
            "summary": "Acknowledge a notice: it is escalated no more.",
            "parameters": [
                {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}},
                {"name": TOKEN, "in": "header", "required": True, "schema": {"type": "string"}},
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": given}}},
            "responses": {
                "200": _answer("Acknowledged.", done),
                "403": _answer("No token, a wrong one, or a board that is read-only.", wrong),
                "404": _answer("There is no such notice.", wrong),
                "413": _answer(f"The body has more than {MOST_BYTES} bytes.", wrong),
                **errors,
            },
        }
    }
    found: dict[str, Any] = _with_numbers(
        {
            "openapi": "3.1.0",
            "info": {"title": "qingjing", "version": "1", "description": "The figures of the command line, as JSON."},
            "paths": paths,
            "components": {"schemas": components},
        }
    )
    return found


_ERRORS: Final = {
    "400": "What was asked is wrong: `error` says what was expected.",
    "503": "The store is away: `error` says why; to be asked again.",
}
_SEQUENCE: Final = {SEQUENCE: {"description": "Of the last change.", "schema": {"type": "integer"}}}


def _answer(description: str, schema: Any) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _documented(parameter: Parameter) -> dict[str, Any]:
    text: dict[str, Any] = {"type": "string"}
    if parameter.choices:
        text["enum"] = list(parameter.choices)
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.text,
        "schema": {"type": "array", "items": text} if parameter.many else text,
    }


def _with_numbers(schema: Any) -> Any:
    """A schema in which decimals are what they are written as: numbers."""
    if isinstance(schema, dict):
        if schema.get("format") == "decimal":
            return {"type": "number"}
        return {key: _with_numbers(value) for key, value in schema.items()}
    return [_with_numbers(each) for each in schema] if isinstance(schema, list) else schema
