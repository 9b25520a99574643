"""What boards take from the configuration: official colours with their names, limits, names of stations and targets."""

import datetime as dt
from typing import Any, Final

import msgspec

from aggregations.standards import AirIndex, AirLimits, NoiseLimits, WaterLimits, WaterMethod
from ingestor.config import Config
from ingestor.displays import STATES, STATUSES
from ingestor.words import ITEMS, word

GREY: Final = "#6E7681"
"""No data."""
GREEN, BLUE, AMBER, RED = "#56A64B", "#5794F2", "#F2A93B", "#E5534B"
"""Of what has no official colour; calmer than these, for a dark hall."""
NOTHING: Final = "无数据"

STATUS_COLOURS: Final = {
    "insufficient": GREY, "met": GREEN, "on_track": BLUE, "at_risk": AMBER, "missed": RED, "reported": GREY,
}  # fmt: skip
STATE_WORDS: Final = {"in_time": ("正常", GREEN), "silent": ("静默", RED), "late": ("迟到", AMBER)}

Mapping = dict[str, Any]
Steps = list[dict[str, Any]]


class Look(msgspec.Struct, frozen=True):
    """Colours, words and limits by the editions of the standards that hold on a day."""

    config: Config
    day: dt.date

    @property
    def index(self) -> AirIndex:
        """The edition of the air quality index."""
        return self.config.standards.on(AirIndex, self.day)

    @property
    def air(self) -> AirLimits:
        """The edition of the limits of air."""
        return self.config.standards.on(AirLimits, self.day)

    @property
    def water(self) -> WaterLimits:
        """The edition of the limits of water."""
        return self.config.standards.on(WaterLimits, self.day)

    @property
    def water_method(self) -> WaterMethod:
        """The edition of the assessment of water."""
        return self.config.standards.on(WaterMethod, self.day)

    @property
    def noise(self) -> NoiseLimits:
        """The edition of the limits of noise."""
        return self.config.standards.on(NoiseLimits, self.day)

    def levels(self) -> list[Mapping]:
        """Levels of the index, 1 to 6, as names in their colours."""
        return values({n: (level.name, level.colour) for n, level in enumerate(self.index.level, 1)})

    def index_steps(self) -> Steps:
        """Colours of an index: grey below 0, then those of the levels."""
        starts = [0, *(level.up_to + 1 for level in self.index.level)]
        return steps(GREY, *((at, level.colour) for at, level in zip(starts, self.index.level, strict=False)))

    def classes(self) -> list[Mapping]:
        """Classes of sections, 1 to 6, as names in their colours; 0 is none."""
        rows = self.water_method.class_row
        return values({0: ("未定类", GREY), **{n: (f"{row.name}类", row.rgb) for n, row in enumerate(rows, 1)}})

    def class_names(self) -> list[Mapping]:
        """Classes of sections as names alone."""
        return values({0: ("-", ""), **{n: (f"{r.name}类", "") for n, r in enumerate(self.water_method.class_row, 1)}})

    def statuses(self) -> list[Mapping]:
        """Statuses of targets."""
        return values({n: (word(each, "zh"), STATUS_COLOURS[each]) for n, each in enumerate(STATUSES)})

    def states(self) -> list[Mapping]:
        """States of stations."""
        return values({n: STATE_WORDS[each] for n, each in enumerate(STATES)})

    def attains(self) -> list[Mapping]:
        """Whether a limit or target class is kept."""
        return values({1: ("达标", GREEN), 0: ("超标", RED)})

    def names(self, medium: str) -> dict[str, str]:
        """Names of the stations of a medium by their id."""
        return {each.id: each.name for each in self.config.register.stations if each.medium == medium}

    def targets(self) -> dict[str, str]:
        """Names of targets by PLAN/ID."""
        return {f"{p.id}/{each.id}": each.name for p in self.config.plans.values() for each in p.target}

    def items(self) -> dict[str, str]:
        """Names of the items of air."""
        return {quantity: ITEMS[quantity] for quantity in self.air.day_limit}


def values(of: dict[int, tuple[str, str]]) -> list[Mapping]:
    """Mappings of numbers to text and colour; what is missing is grey and said to be."""
    options = {
        str(n): {"text": text, "index": i} | ({"color": colour} if colour else {})
        for i, (n, (text, colour)) in enumerate(of.items())
    }
    return [{"type": "value", "options": options}, *missing(len(options))]


def texts(of: dict[str, str]) -> list[Mapping]:
    """Mappings of text, such as ids, to other text."""
    return [{"type": "value", "options": {key: {"text": text, "index": i} for i, (key, text) in enumerate(of.items())}}]


def missing(index: int = 0) -> list[Mapping]:
    """The mapping of what is missing."""
    result = {"text": NOTHING, "color": GREY, "index": index}
    return [{"type": "special", "options": {"match": "null+nan", "result": result}}]


def steps(lowest: str, *more: tuple[float, str]) -> Steps:
    """Thresholds: a colour from minus infinity, then others from a value on."""
    return [{"color": lowest, "value": None}, *({"color": colour, "value": at} for at, colour in more)]
