"""What a plan file says: targets, lists of stations, figures that were published; and the verdict on a target."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from aggregations.figures import Figure
from aggregations.room import Comparison, Room

Status = Literal["met", "on_track", "at_risk", "missed", "insufficient"]
StatusRule = Literal[
    "", "year_holds", "year_fails", "cannot_fail", "cannot_hold", "holds_so_far", "fails_so_far", "on_pace",
    "behind_pace", "too_little_data", "no_stations", "not_reported", "reported_part", "limit_open",
]  # fmt: skip
"""Which rule decided a status; docs/plans.md says what each asks."""

IN_FORCE = "in_force"
Positive = Annotated[int, msgspec.Meta(ge=1)]


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One promise of a plan.

    Decided by readings where `indicator` is given; otherwise a *reported figure*, which no sensor gives.
    `text` is the sentence's place or wording in the plan. Where `limit_open` the document names no number, `limit` is
    None and nothing is decided. `judge_by` is in_force, a mode of evaluation, or the edition that names one. A reported
    figure that is `cumulative` only grows over the year.
    """

    id: str
    name: str
    name_en: str
    comparison: Comparison
    limit: Decimal | None = None
    unit: str
    text: str
    indicator: str | None = None
    scope: str | None = None
    judge_by: str = IN_FORCE
    limit_open: bool = False
    cumulative: bool = False


class Published(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A figure that the document itself says was reached over a period: of a target, or of its own `name` and `unit`.

    `count` of `of` is where a percentage comes from.
    """

    period: str
    value: Decimal
    text: str
    target: str | None = None
    name: str = ""
    name_en: str = ""
    unit: str = ""
    count: Annotated[int, msgspec.Meta(ge=0)] | None = None
    of: Positive | None = None


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A published plan: a year, a jurisdiction, its targets, and the lists of stations that it names.

    `sizes` has by list how many stations the document says it has, where not all of them are registered.
    """

    id: str
    title: str
    title_en: str
    year: Annotated[int, msgspec.Meta(ge=2000, le=2100)]
    jurisdiction: str
    source: str
    lists: dict[str, list[str]] = {}
    sizes: dict[str, Positive] = {}
    target: list[Target]
    reported: list[Published] = []


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that was reported for a target: its last day (`as_of`), value, where it comes from, and who entered it.

    `at` is when it was entered [s since 1970]; `id` 0 and `at` 0 are of those that stand in the plan's file. One that
    `undoes` another says that it holds no more.
    """

    plan: str
    target: str
    as_of: dt.date
    value: Decimal
    unit: str
    source: str
    by: str
    count: int | None = None
    of: int | None = None
    id: int = 0
    at: float = 0.0
    undoes: int | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A target, its figure and its status on a day; `figure` is None for a reported figure not yet reported.

    `rule` decided the status. `room` is what the rest of the year may bring. `by_edition` are the verdicts under other
    editions of the standards where they differ, `judged_by` the mode of this one. `reported` is what was reported for a
    target that readings decide. `remarks` say what else a reader must know, in English.
    """

    target: Target
    figure: Figure | None
    status: Status
    rule: StatusRule = ""
    judged_by: str = IN_FORCE
    room: Room | None = None
    by_edition: list["Verdict"] = []
    reported: Report | None = None
    remarks: list[str] = []
