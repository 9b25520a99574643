"""Commands by name; their modules are imported when they are asked for: most of a start is imports."""

import importlib
from collections.abc import Iterable
from typing import Any, Final

import typer

MODULES: Final[dict[str, tuple[str, ...]]] = {
    "air_quality": ("aqi",),
    "backfill": ("import", "export"),
    "board": ("board",),
    "bulletin": ("bulletin",),
    "collecting": ("run", "replay", "register"),
    "comparing": ("compare", "ranking", "trend"),
    "configuration": ("check", "init", "secrets"),
    "decoding": ("decode",),
    "demonstration": ("demo",),
    "doctoring": ("doctor",),
    "explaining": ("explain",),
    "figures": ("derive", "indicators"),
    "gaps": ("gaps",),
    "hj212": ("hj212-gateway",),
    "jobs": ("jobs",),
    "laboratory": ("import-lab",),
    "notices": ("notices",),
    "outlook": ("outlook", "today"),
    "publications": ("publish", "history"),
    "quarantine": ("quarantine",),
    "reported": ("report-figure",),
    "retaining": ("retention",),
    "reviewing": ("review",),
    "simulating": ("simulate",),
    "standards": ("standards",),
    "targets": ("targets",),
}
"""The modules of this package that have commands, with the names of these."""


class OnDemand(typer.core.TyperGroup):
    """The commands of `MODULES`; help and mistyped names need all of them."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as click calls it
        self._load(MODULES)
        return [name for names in MODULES.values() for name in names]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            self._load([module for module, names in MODULES.items() if cmd_name in names] or MODULES)
        return super().get_command(ctx, cmd_name)

    def _load(self, modules: Iterable[str]) -> None:
        for module in modules:
            importlib.import_module(f"ingestor.cli.{module}")
        from ingestor.cli.common import app

        self.commands.update(typer.main.get_group(app).commands)
