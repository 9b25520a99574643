"""What the optional columns of the register say of a station of water: a section, a point of a lake or of the sea."""

import re
from decimal import Decimal
from typing import Literal, get_args

from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.names import STATION_ID, keys_of

WaterBody = Literal["river", "lake", "sea"]
WaterClass = Literal["I", "II", "III", "IV", "V"]
SectionRole = Literal["section", "source", "black_odour"]

PATROL_DAYS = (1, 7)
"""How often black-odorous bodies can have to be sampled. [d]"""
_AMOUNTS = {"length_km": "kilometres", "intake": "10,000 tonnes a year", "area_km2": "square kilometres"}
"""Columns of sections that hold an amount, and its unit."""
NOT_OF: dict[WaterBody, tuple[str, ...]] = {
    "river": ("area_km2",),
    "lake": (),
    "sea": ("target_class", "length_km", "intake", "role", "patrol_days", "treated", "own_items"),
}
"""Columns that stations of a body have not: GB 3838 sets no class for the sea, and it has no reaches nor intakes."""
_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)


def section_fields(row: dict[str, str], at: str) -> dict[str, object]:
    """Return the fields of a station that the optional columns of water say; `at` is the place of the row.

    Raises
    ------
    ConfigError
        If a field is wrong, or stands where the body or the role has none.
    """
    if row["basin"] and not STATION_ID.fullmatch(row["basin"]):
        raise ConfigError(
            f"{at}: basin: expected nothing, or 1 to 64 characters as of an id, got {shown(row['basin'])}"
        )
    for column in NOT_OF[row["body"]]:  # type: ignore[index]  # the body was checked before
        if row[column]:
            raise ConfigError(f"{at}: {column}: expected nothing of a {row['body']}, got {shown(row[column])}")
    special: dict[str, object] = {"basin": row["basin"], "own_items": keys_of(row["own_items"])}
    for column, unit in _AMOUNTS.items():
        if row[column]:
            if not _AMOUNT.fullmatch(row[column]) or Decimal(row[column]) == 0:
                raise ConfigError(f"{at}: {column}: expected {unit} such as 12.5, got {shown(row[column])}")
            special[column] = Decimal(row[column])
    role = row["role"] or "section"
    if role not in get_args(SectionRole):
        raise ConfigError(f"{at}: role: expected one of {', '.join(get_args(SectionRole))}, got {shown(role)}")
    special["section_role"] = role
    if row["patrol_days"]:
        known = {str(days): days for days in PATROL_DAYS}
        if role != "black_odour":
            raise ConfigError(
                f"{at}: patrol_days: expected nothing as role is {role}, not black_odour, "
                f"got {shown(row['patrol_days'])}"
            )
        if row["patrol_days"] not in known:
            raise ConfigError(f"{at}: patrol_days: expected one of {', '.join(known)}, got {shown(row['patrol_days'])}")
        special["patrol_days"] = known[row["patrol_days"]]
    if row["treated"]:
        if role != "black_odour":
            raise ConfigError(
                f"{at}: treated: expected nothing as role is {role}, not black_odour, got {shown(row['treated'])}"
            )
        special["treated"] = strict.day(row["treated"], place=f"{at}: treated")
    if role == "black_odour" and row["intake"]:
        raise ConfigError(f"{at}: intake: expected nothing of a black_odour body, got {shown(row['intake'])}")
    return special
