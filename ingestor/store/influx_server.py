"""An InfluxDB server, of generation 1, 2 or 3, through the two endpoints that all serve: `/write` and `/query`.

`influxdb-client` is the transport: its environment names (`INFLUXDB_V2_URL`, `_TOKEN`, `_ORG`, `_TIMEOUT`, ...), its
connection pool, TLS and authentication. Its background batching, which loses data on failure, is not used. It is
imported where a server is used: a third of a second that the commands of an SQLite store do not wait for.

RefusedError        the server will never take these lines: its words, and how many it says it dropped
TooLargeError       the server takes fewer lines at once
UnavailableError    it is away, busy, or does not let us in; try again (see `ports`)
"""

import contextlib
import csv
import email.utils
import io
import json
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ingestor.store.ports import StoreError, UnavailableError
from sensors.errors import printable, shown

if TYPE_CHECKING:
    from influxdb_client.rest import ApiException

    from ingestor.store.influx_columns import Group

URL = "INFLUXDB_V2_URL"
TOKEN = "INFLUXDB_V2_TOKEN"  # noqa: S105  # the name of a variable, not a token
TOKEN_FILE = "INFLUXDB_V2_TOKEN_FILE"  # noqa: S105  # ours, beside influxdb-client's names
LONGEST_WORDS = 500
LINES_TOLD = 3

_DROPPED = re.compile(r"dropped=(\d+)")
_MINUS_ZERO = re.compile(rb",-0(?=[,\]])")
"""How the server writes -0.0, which would be read as the integer 0; no text that we store holds it."""
_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
_NOT_LET_IN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_BUSY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
"""Answers below 500 of a server that may take the same request a little later."""


class RefusedError(Exception):
    """The server refused some or all lines for good. `words` are the server's; `dropped` how many, where it says."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
        found = _DROPPED.search(words)
        self.dropped = int(found[1]) if found else None


class TooLargeError(Exception):
    """The server takes fewer lines at once."""


class QueryTable(msgspec.Struct, frozen=True, gc=False):
    """Rows of one group of tags, as an answer in JSON gives them; None where a column holds nothing."""

    columns: list[str]
    values: list[list[Any]]
    tags: dict[str, str] = {}


class _Result(msgspec.Struct, frozen=True):
    series: list[QueryTable] = []
    error: str = ""


class _Answer(msgspec.Struct, frozen=True):
    results: list[_Result]


_answers = msgspec.json.Decoder(_Answer)


class InfluxServer:
    """One database (bucket) of a server; `database` is its name for `/write?db=` and `/query?db=`."""

    def __init__(self, database: str, *, retention_policy: str | None = None) -> None:
        """Read `INFLUXDB_V2_*` from the environment; connects to nothing yet.

        Raises
        ------
        StoreError
            If INFLUXDB_V2_URL is missing or a variable cannot be taken.
        """
        from influxdb_client.client.influxdb_client import InfluxDBClient

        self.url = os.environ.get(URL, "").rstrip("/")
        self.database = database
        if not re.match(r"https?://[^/@]+$", self.url):
            raise StoreError(
                f"store: {URL}: expected the server's address such as http://127.0.0.1:8086, without user or path, "
                f"got {self.url.rpartition('@')[2]!r}; secrets belong into {TOKEN}"
            )
        try:
            if TOKEN_FILE in os.environ:  # influxdb-client knows no file: so it finds the token where it looks
                os.environ[TOKEN] = Path(os.environ[TOKEN_FILE]).read_text(encoding="utf-8").strip()
            self._client = InfluxDBClient.from_env_properties()
        except (ValueError, TypeError, OSError) as error:
            raise StoreError(f"store {self.url}: INFLUXDB_V2_*: expected usable settings, got {error}") from error
        logging.getLogger("urllib3").setLevel(logging.ERROR)  # what it warns of we say ourselves, without tracebacks
        self._to = [("db", database)]
        if retention_policy:
            self._to.append(("rp", retention_policy))
        self._creating = threading.Lock()
        self._created = False
        self._made = 0

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def version(self) -> str:
        """Return the server's version as `/ping` tells it, such as `1.6.7`.

        Raises
        ------
        UnavailableError
            If it does not answer.
        """
        _, headers = self._call("/ping", "GET", [], {})
        lower = {name.lower(): value for name, value in headers.items()}
        return lower.get("x-influxdb-version", "").lstrip("v")

    def clock(self) -> str | None:
        """Return the server's time as its answers tell it; None where they do not.

        Raises
        ------
        UnavailableError
            If it does not answer.
        """
        _, headers = self._call("/ping", "GET", [], {})
        return next((value for name, value in headers.items() if name.lower() == "date"), None)

    def write(self, lines: bytes) -> None:
        """Write lines whose times are in seconds; when this returns, the server has confirmed all of them.

        A missing database is made first, where the server allows it.

        Raises
        ------
        RefusedError, TooLargeError, UnavailableError
            See the module.
        """
        self._write(lines, again=False)

    def _write(self, lines: bytes, *, again: bool) -> None:
        parameters = [*self._to, ("precision", "s")]
        made = self._made
        try:
            self._call("/write", "POST", parameters, {"Content-Type": "text/plain; charset=utf-8"}, lines)
            self._created = False
        except _AnswerError as answer:
            if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                raise TooLargeError from answer
            if answer.status in _REFUSED and answer.is_influxdb:
                raise RefusedError(answer.words) from answer
            if answer.status != HTTPStatus.NOT_FOUND or again:
                raise self._unavailable(answer) from answer
            with self._creating:
                if self._made == made:  # no other thread has made it since we asked
                    if self._created:
                        raise self._unavailable(answer) from answer
                    self._create()
                    self._made += 1
            self._write(lines, again=True)

    def probe(self) -> None:
        """Ask whether the server is there and takes what we write; makes a missing database.

        Raises
        ------
        UnavailableError
            If not.
        """
        with contextlib.suppress(RefusedError):  # an empty request may be refused; it was let in
            self.write(b"")

    def check_readable(self) -> None:
        """Ask whether the server is there and lets us read.

        Raises
        ------
        UnavailableError
            If not.
        """
        list(self.query('SHOW TAG KEYS FROM "air"'))

    def write_all(self, lines: bytes) -> None:
        """Write lines that the server has no reason to refuse.

        Raises
        ------
        StoreError
            If it refuses one all the same.
        UnavailableError
            See the module.
        """
        try:
            self.write(lines)
        except (RefusedError, TooLargeError) as error:
            raise StoreError(f"store {self.url}: lines refused: {error}") from error

    def query(self, statement: str) -> Iterator[dict[str, str]]:
        """Yield the rows of an InfluxQL statement by column, times in seconds; `name` and `tags` tell whose.

        A missing database has no rows.

        Raises
        ------
        StoreError
            If the server refuses the statement.
        UnavailableError
            If it does not answer.
        """
        rows = list(_tables(self._ask("GET", statement, "application/csv").decode()))
        if not rows:  # an answer in CSV tells no errors, one in JSON does
            words = _error_in(self._ask("GET", statement, "application/json"))
            if words and "database not found" not in words:
                raise StoreError(f"store {self.url}: {statement.split()[0]}: refused: {words}")
        yield from rows

    def tables(self, statement: str) -> list[QueryTable]:
        """Return the tables of an InfluxQL statement, one a group of tags, times in seconds; for many rows.

        A missing database has none.

        Raises
        ------
        StoreError
            If the server refuses the statement.
        UnavailableError
            If it does not answer.
        """
        body = self._ask("GET", statement, "application/json")
        if not body:
            return []
        if b",-0" in body:
            body = _MINUS_ZERO.sub(b",-0.0", body)
        try:
            (result,) = _answers.decode(body).results
        except (msgspec.DecodeError, ValueError) as error:
            raise UnavailableError(
                f"store {self.url}: expected an answer of InfluxDB, got {shown(body.decode(errors='replace'))}"
            ) from error
        if result.error:
            if "database not found" in result.error:
                return []
            raise StoreError(f"store {self.url}: {statement.split()[0]}: refused: {result.error}")
        return result.series

    def columns(self, statement: str, wanted: Callable[[Sequence[str]], Collection[str]]) -> list["Group"]:
        """Return the tables of an InfluxQL statement as columns, of its fields those wanted, which hold numbers.

        Asked for in CSV. That tells no errors: an answer without rows, or another one, is asked for again in JSON.

        Raises
        ------
        StoreError
            If the server refuses the statement.
        UnavailableError
            If it does not answer.
        """
        from ingestor.store.influx_columns import Group, parsed

        with contextlib.suppress(ValueError):
            found = list(parsed(self._ask("GET", statement, "application/csv"), wanted))
            if found:
                return found
        return [
            Group(
                table.tags,
                np.array(times, dtype=np.int64),
                {name: np.array(fields[name], dtype=np.float64) for name in wanted(table.columns[1:])},
            )
            for table in self.tables(statement)
            for fields in [dict(zip(table.columns, zip(*table.values, strict=True), strict=True))]
            for times in [fields[table.columns[0]]]
        ]

    def command(self, statement: str) -> None:
        """Run an InfluxQL statement that changes something.

        Raises
        ------
        StoreError
            If the server refuses the statement.
        UnavailableError
            If it does not answer.
        """
        words = _error_in(self._ask("POST", statement, "application/json"))
        if words:
            raise StoreError(f"store {self.url}: {statement.split()[0]}: refused: {words}")

    def _ask(self, method: str, statement: str, accept: str) -> bytes:
        parameters = [*self._to, ("epoch", "s"), ("q", statement)]
        try:
            body, _ = self._call("/query", method, parameters, {"Accept": accept})
        except _AnswerError as answer:
            if answer.status == HTTPStatus.NOT_FOUND and method == "GET":
                return b""
            if answer.status in _REFUSED:
                raise StoreError(f"store {self.url}: {statement.split()[0]}: refused: {answer.words}") from answer
            raise self._unavailable(answer) from answer
        return body

    def _create(self) -> None:
        """Make the database, or the bucket of generation 2, where it is missing."""
        from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
        from influxdb_client.rest import ApiException

        self._created = True  # tried once; a server that says 404 for another reason must not be asked for ever
        generation = self.version().partition(".")[0]
        try:
            if generation == "2":
                organisation = os.environ.get("INFLUXDB_V2_ORG")
                rules = BucketRetentionRules(type="expire", every_seconds=0)
                self._client.buckets_api().create_bucket(
                    bucket_name=self.database, retention_rules=rules, org=organisation
                )
            else:
                self.command(f"CREATE DATABASE {quoted(self.database)}")
        except (ApiException, StoreError, ValueError) as error:
            self._created = False
            words = error.reason if isinstance(error, ApiException) else error
            raise UnavailableError(
                f"store {self.url}: expected the database {self.database!r}, which is missing and cannot be made "
                f"({words}); make it, then everything goes on"
            ) from error

    def _call(
        self, path: str, method: str, parameters: list[tuple[str, str]], headers: dict[str, str], body: bytes = b""
    ) -> tuple[bytes, Mapping[str, str]]:
        """Call an endpoint; return body and headers of an answer of the class 200."""
        import urllib3
        from influxdb_client.rest import ApiException

        try:
            # Not preloaded: the client keeps the last answer it has preloaded, for all threads.
            answer, *_ = self._client.api_client.call_api(
                path,
                method,
                query_params=parameters,
                header_params={"Content-Type": "text/plain", **headers},
                body=body,
                _preload_content=False,
            )
            told: bytes = answer.data
        except ApiException as error:
            raise _AnswerError.of(error) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise UnavailableError(f"store {self.url}: unavailable ({_short(error)})", passes=True) from error
        if path == "/write" and answer.status != HTTPStatus.NO_CONTENT:
            raise UnavailableError(
                f"store {self.url}: expected 204 as InfluxDB answers a write, got {answer.status}; is this InfluxDB?"
            )
        return told, answer.headers

    def _unavailable(self, answer: "_AnswerError") -> StoreError:
        if answer.status in _NOT_LET_IN:
            return UnavailableError(
                f"store {self.url}: not let in ({answer.words}); set {TOKEN} to a token that may read and write "
                f"{self.database!r}"
            )
        return UnavailableError(
            f"store {self.url}: unavailable ({answer.status} {answer.words})",
            retry_after_s=answer.retry_after_s,
            passes=answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in _BUSY,
        )


class _AnswerError(Exception):
    """An answer other than 200 to 299."""

    def __init__(self, status: int, words: str, retry_after_s: float | None, *, is_influxdb: bool) -> None:
        super().__init__(words)
        self.status = status
        self.is_influxdb = is_influxdb
        self.words = words
        self.retry_after_s = retry_after_s

    @classmethod
    def of(cls, error: "ApiException") -> "_AnswerError":
        body = error.body.decode("utf-8", "replace") if isinstance(error.body, bytes) else (error.body or "")
        told = _error_in(body)
        words = printable(" ".join((told or body or error.reason or "").split()))[:LONGEST_WORDS]
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        return cls(error.status, words, _seconds(headers.get("retry-after")), is_influxdb=bool(told))


def _seconds(retry_after: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, a number or a date; None where it asks for none."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None


def quoted(name: str) -> str:
    """Return an identifier of InfluxQL."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literal(value: str) -> str:
    """Return a string literal of InfluxQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _tables(body: str) -> Iterator[dict[str, str]]:
    """Rows of a CSV answer, which has a header before each table; tables are parted by empty lines."""
    header: list[str] = []
    for row in csv.reader(io.StringIO(body)):
        if not row:
            header = []
        elif not header or row[:2] == ["name", "tags"]:
            header = row
        else:
            yield dict(zip(header, row, strict=True))


def _error_in(body: str | bytes) -> str:
    """The error that a JSON body tells, of whichever generation; empty where it tells none."""
    try:
        told: Any = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(told, dict):
        return ""
    results = told.get("results")
    for each in results if isinstance(results, list) else [told]:
        words = (each.get("error") or each.get("message")) if isinstance(each, dict) else None
        if words:
            return ": ".join([str(words), *_lines_in(told.get("data"))])
    return ""


def _lines_in(data: Any) -> list[str]:
    """What generation 3 tells of lines that it refused, the first few as one text; it gives an object or an array."""
    lines = data if isinstance(data, list) else [data] if isinstance(data, dict) else []
    told = [str(line.get("error_message", "")) if isinstance(line, dict) else str(line) for line in lines]
    return ["; ".join(told[:LINES_TOLD])] if told else []


def _short(error: Exception) -> str:
    """The innermost reason of an error of urllib3, without object addresses."""
    reason = getattr(error, "reason", None) or error
    text = str(reason)
    return printable(text.rpartition("): ")[2] or text)[:LONGEST_WORDS]
