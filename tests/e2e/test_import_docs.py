"""Every command of docs/import.md, run as it stands there on the files that it shows."""

import re
from pathlib import Path

from ingestor.schema import DERIVED
from tests.conftest import Qingjing
from tests.support import ROOT


def test_the_import_page_lists_every_table_that_export_knows() -> None:
    page = (ROOT / "docs" / "import.md").read_text()
    section = page.partition("## What `export` knows")[2].partition("\n## ")[0]
    listed = {name for row in section.splitlines() if row.startswith("| `") for name in re.findall("`(.*?)`", row)}
    assert listed == set(DERIVED)


def test_commands_of_the_import_page_work_in_order(qingjing: Qingjing, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "import.md").read_text()
    long, wide = re.findall(r"^```csv\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "readings.csv").write_text(long)
    (tmp_path / "readings-wide.csv").write_text(wide)
    (block,) = re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    for command in block.splitlines():
        assert command.startswith("$ qingjing ")
        qingjing(*command.removeprefix("$ qingjing ").split())
    assert (tmp_path / "days.csv").read_text().startswith("station,time,so2,")
