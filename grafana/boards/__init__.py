"""The boards, a module each, in the order of the playlist."""

from collections.abc import Callable
from typing import Final

from grafana.board import Board
from grafana.boards import air, health, noise, plan, quality, wall, water
from grafana.look import Look

BOARDS: Final[dict[str, Callable[[Look], Board]]] = {
    "wall": wall.build,
    "air": air.build,
    "water": water.build,
    "noise": noise.build,
    "plan": plan.build,
    "quality": quality.build,
    "health": health.build,
}
"""Builders by the name of the file."""
