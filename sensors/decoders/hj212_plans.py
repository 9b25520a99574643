"""What to make of the parameters of an HJ 212 frame: found out once for a layout, used for all frames that have it."""

from typing import Final

import msgspec

from sensors.decoders.hj212_rules import UNCONFIRMED, Rules
from sensors.decoders.terms import Terms
from sensors.errors import shown
from sensors.hj212.frames import Version
from sensors.hj212.parameters import Layout

_KINDS: Final = ("Rtd", "Avg")
_CUT_SHORT: Final = "td"
"""What is left of Rtd where a device drops a letter: `LA-td` in a real frame."""
_FIELDS: Final = ("DataTime", "QN")
"""Names that devices write among the items."""


class Plan(msgspec.Struct, frozen=True, gc=False):
    """What is where in the values of the parameters, and what is refused of them as (code, detail).

    `items` are (code, index of its value or None, index of its flag or None, whether its kind is another command's).
    `times` are indexes of DataTime.
    """

    items: list[tuple[str, int | None, int | None, bool]]
    times: list[int]
    refused: list[tuple[str, str]]


def planned(layout: Layout, command: str, version: Version, terms: Terms, rules: Rules) -> Plan:
    """Return the plan of a layout under a command of an edition.

    A value under the kind of another command is taken as doubtful, but not of the edition of which little is confirmed.
    `LA-td` is `LA-Rtd`. Other kinds (Min, Max, Cou, ZsRtd, EFlag and what vendors add) are no values of the period.
    """
    wanted = rules.kinds[command]
    items: list[tuple[str, int | None, int | None, bool]] = []
    refused = [
        ("wrong_type", f"{shown(name)}: expected CODE-{wanted}, got a key without a kind")
        for name, _ in layout.fields
        if name not in _FIELDS and name not in terms.ignored and not terms.ignores_rest
    ]
    refused += [("wrong_type", f"CP: expected CODE-{wanted}=VALUE, got {shown(text)}") for text in layout.stray]
    for code, kinds in _merged(layout):
        if code not in terms.codes:
            if code not in terms.ignored and not terms.ignores_rest:
                items.append((code, None, None, False))
            continue
        index, doubtful = kinds.get(wanted), False
        others = [kind for kind in (*_KINDS, _CUT_SHORT) if kind in kinds]
        if index is None and len(others) == 1 and version != UNCONFIRMED:
            index = kinds[others[0]]
            doubtful = others != [_CUT_SHORT] or wanted != "Rtd"
        if index is None and kinds.keys() != {"Flag"}:
            got = ", ".join(f"{code}-{kind}" for kind in kinds)
            refused.append(("wrong_type", f"{shown(code)}: expected {wanted}, got {shown(got)}"))
        else:
            items.append((code, index, kinds.get("Flag"), doubtful))
    times = [index for name, index in layout.fields if name == "DataTime"]
    return Plan(items, times, refused)


def _merged(layout: Layout) -> list[tuple[str, dict[str, int]]]:
    """Items of a layout; what belongs to one code and follows it, but after `;`, joined to it."""
    merged: list[tuple[str, dict[str, int]]] = []
    for code, kinds in layout.items:
        if merged and merged[-1][0] == code and not merged[-1][1].keys() & kinds.keys():
            merged[-1][1].update(kinds)
        else:
            merged.append((code, dict(kinds)))
    return merged
