"""The command check, in this process."""

from pathlib import Path

from typer.testing import CliRunner

from ingestor.cli import common

OVERLAPPING = """
[[source]]
name = "wide"
topic = "env/v1/#"
dialect = "native"
medium = "air"
"""


def test_check_warns_of_sources_that_take_the_same_topics(config_copy: Path) -> None:
    with (config_copy / "sources.toml").open("a", encoding="utf-8") as out:
        out.write(OVERLAPPING)
    done = CliRunner().invoke(common.app, ["--config", str(config_copy), "check"])
    warnings = [line for line in done.stdout.splitlines() if line.startswith("warning: ")]
    assert done.exit_code == 0
    assert [warning.partition(";")[0] for warning in warnings] == [
        "warning: sources native and wide both take 'env/v1/air/x'",
        "warning: sources gateway and wide both take 'env/v1/gateways/x/air'",
    ]
