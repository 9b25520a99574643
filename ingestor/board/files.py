"""The board's own files, read once: what reads them for each request in a thread waits for threads that compute."""

import hashlib
import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def routes(directory: Path, below: str) -> list[Route]:
    """Return a route for each file of a directory, below a path; who has it already is told so (304)."""
    return [_route(f"{below}/{file.name}", file) for file in sorted(directory.iterdir())]


def _route(path: str, file: Path) -> Route:
    content = file.read_bytes()
    headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"'}
    media_type, _ = mimetypes.guess_type(file.name)

    async def answer(request: Request) -> Response:
        if headers["ETag"] in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=media_type)

    return Route(path, answer)
