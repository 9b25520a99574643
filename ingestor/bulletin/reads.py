"""A store that reads the same rows once: targets, figures and rankings of a bulletin rest on the same days."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from ingestor.store import Tables


class _Remembering:
    """All of a store, with the rows of derived tables kept as they were first read."""

    def __init__(self, store: Tables) -> None:
        self._store = store
        self._rows: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def read(self, table: str, key: str, start: int, end: int, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """See `Tables.read`."""
        asked = (table, key, start, end, tuple(columns))
        if asked not in self._rows:
            self._rows[asked] = list(self._store.read(table, key, start, end, columns))
        return iter(self._rows[asked])


def remembering(store: Tables) -> Tables:
    """Return a store that keeps what it reads; for as long as nothing is derived."""
    return cast("Tables", _Remembering(store))
