"""The real editions of config/standards, parsed as the program parses them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aggregations import standards
from aggregations.standards import Standard, Standards

CONFIG = Path(__file__).resolve().parents[3] / "config"


@pytest.fixture(scope="session")
def config() -> Path:
    """The folder config/ of the repository."""
    return CONFIG


@pytest.fixture(scope="session")
def text_of() -> Callable[[str], str]:
    """The text of a file of config/standards by its stem."""
    return lambda stem: (CONFIG / "standards" / f"{stem}.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def editions() -> Standards:
    """All editions; the digest of each is `sha-` and its id."""
    files = sorted((CONFIG / "standards").glob("*.toml"))
    parsed = [standards.parse(file.read_text(encoding="utf-8"), file=file.name) for file in files]
    return Standards(parsed, {each.edition.id: f"sha-{each.edition.id}" for each in parsed})


@pytest.fixture(scope="session")
def edition(editions: Standards) -> Callable[[str], Standard]:
    """One edition by its id."""
    by_id = {each.edition.id: each for each in editions.all}
    return lambda name: by_id[name]
