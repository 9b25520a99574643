"""The page of indicators is what the table of indicators makes it."""

from aggregations.indicators import INDICATORS
from ingestor.config import Config
from ingestor.indicator_docs import indicators_markdown
from tests.support import ROOT


def test_committed_page_is_what_is_generated(shipped: Config) -> None:
    page = (ROOT / "docs" / "indicators.md").read_text(encoding="utf-8")
    assert page == indicators_markdown(shipped), "run `make docs`"


def test_every_indicator_rests_on_an_edition_of_the_page(shipped: Config) -> None:
    rows = [
        line
        for line in indicators_markdown(shipped).splitlines()
        if "`air." in line or "`water." in line or "`noise." in line
    ]
    assert len(rows) == len(INDICATORS)
    assert [row for row in rows if row.rstrip(" |").endswith(("↑", "↓"))] == []
