"""What every edition of a standard says of itself."""

import datetime as dt
from typing import Annotated, Final, Literal, get_args

import msgspec

OneSet = Literal["all_2012", "all_2026", "all_2031"]
"""Ways of evaluating a period in which editions change by one set of editions."""
Mode = Literal["by_date", OneSet]
"""How a period is evaluated in which editions change: each day by its own, or all by one set of editions."""
MODES: Final[tuple[Mode, ...]] = get_args(Mode)

Positive = Annotated[int, msgspec.Meta(ge=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A strict, immutable table of a TOML file."""


class Rule(Table, frozen=True, kw_only=True):
    """One rule of an edition: what it says (`text` in English, `zh` in Chinese), where, and whether it was read there.

    `confirmed` is true where it was read in the standard, or in a source that quotes it or shows its use; false where
    it was recalled, is weakly attested, or is this program's own choice. Results that use such a rule say so.
    """

    text: str
    zh: str
    clause: str = ""
    confirmed: bool


class Edition(Table, frozen=True, kw_only=True, rename={"first_day": "from"}):
    """When an edition holds, and where it was taken from.

    It holds from `first_day` up to but not including `until` (None: open). `staged_from` is the day from which
    cities of an earlier stage applied it. `confirmed` is true where every rule of the file is.
    `modes` names the sets of editions it belongs to, by which a period may be evaluated as one.
    """

    id: str
    title: str
    title_en: str
    issued: dt.date | None = None
    first_day: dt.date
    until: dt.date | None = None
    staged_from: dt.date | None = None
    confirmed: bool
    modes: list[OneSet] = msgspec.field(default_factory=list)
    source: str

    def starts(self, *, staged: bool) -> dt.date:
        """Return the first day on which it holds, in a city of an early stage or not."""
        return self.staged_from if staged and self.staged_from else self.first_day

    def holds_on(self, day: dt.date, *, staged: bool) -> bool:
        """Whether the edition is in force on `day`, in a city of an early stage or not."""
        return self.starts(staged=staged) <= day and (self.until is None or day < self.until)


class Roles(Table, frozen=True, kw_only=True):
    """What the files of all roles have: the edition, and its rules by name."""

    edition: Edition
    rule: dict[str, Rule] = msgspec.field(default_factory=dict)
