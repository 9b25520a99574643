"""What a file of water in config/standards must hold, alone and beside the others."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from aggregations.standards.edition import Roles
from aggregations.standards.water import (
    N_CLASSES,
    N_SEA_CLASSES,
    BlackOdour,
    SeaLimits,
    SeaMethod,
    WaterLimits,
    WaterMethod,
    WaterRanking,
    WaterTrophic,
)
from sensors.errors import ConfigError, shown
from sensors.quantities import Quantities


def water_items(standard: Roles) -> Mapping[str, Iterable[str]]:
    """Return the quantities of water that a standard names, by place in its file; nothing of other media."""
    if isinstance(standard, WaterLimits):
        return {"item": standard.item, "source_item": standard.source_item}
    if isinstance(standard, WaterMethod):
        lists = (
            "realtime_items", "required_items", "class_items", "reference_items", "first_items", "automatic_first",
        )  # fmt: skip
        return {"decimals": standard.decimals, **{place: getattr(standard, place) for place in lists}}
    if isinstance(standard, WaterTrophic):
        return {"item": standard.item}
    if isinstance(standard, WaterRanking):
        return {"items": standard.items}
    if isinstance(standard, BlackOdour):
        return {"indicator": standard.indicator}
    if isinstance(standard, SeaLimits):
        return {"item": standard.item}
    if isinstance(standard, SeaMethod):
        return {"required_items": standard.required_items}
    return {}


def check_water_units(standard: Roles, quantities: Quantities, file: str) -> None:
    """Check that trophic indexes are taken from quantities in the unit that the file converts from.

    Raises
    ------
    ConfigError
        If a quantity has another unit.
    """
    if isinstance(standard, WaterTrophic):
        for key, item in standard.item.items():
            found = quantities.water.get(key)
            if found is not None and item.quantity_unit != found.unit:
                raise ConfigError(
                    f"{file}: item.{key}.quantity_unit: expected that of quantities.toml, {found.unit}, "
                    f"got {shown(item.quantity_unit)}"
                )


def check_water_alone(standard: Roles, file: str) -> None:
    """Check that an edition of water does not contradict itself.

    Raises
    ------
    ConfigError
        If limits or bounds are too few or not in order, or a list names an item that another must have and has not.
    """
    _check_shares(standard, file)
    if isinstance(standard, WaterLimits):
        for key, item in standard.item.items():
            if item.river is None and item.lake is None:
                raise ConfigError(f"{file}: item.{key}: expected limits of rivers or lakes, got nothing")
            for body, bounds in (("river", item.river), ("lake", item.lake)):
                if bounds is not None:
                    n = 2 if item.good == "range" else N_CLASSES
                    _check_best_first(f"item.{key}.{body}", bounds, n, file, falling=item.good == "high")
    elif isinstance(standard, WaterMethod):
        _check_method(standard, file)
    elif isinstance(standard, WaterTrophic):
        ends = [row.up_to for row in standard.row[:-1]]
        if not ends or None in ends or standard.row[-1].up_to is not None or sorted(set(ends)) != ends:  # type: ignore[type-var]  # no None
            raise ConfigError(f"{file}: row: expected rising up_to, the last row without, got {shown(str(ends))}")
    elif isinstance(standard, BlackOdour):
        for place, keys in (("month_indicators", standard.month_indicators), ("transparency", [standard.transparency])):
            _check_among(place, keys, standard.indicator, "keys of indicator", file)
        for key, each in standard.indicator.items():
            if (each.heavy >= each.light) if each.bad == "below" else (each.heavy <= each.light):
                raise ConfigError(f"{file}: indicator.{key}.heavy: expected worse than {each.light}, got {each.heavy}")
    elif isinstance(standard, SeaLimits):
        _check_sea(standard, file)
    elif isinstance(standard, SeaMethod):
        months = [month for of in standard.surveys.values() for month in of]
        if not all(standard.surveys.values()) or sorted(set(months)) != months:
            raise ConfigError(
                f"{file}: surveys: expected at least one month of each, rising and none twice, "
                f"got {shown(str(standard.surveys))}"
            )


def check_water_together(limits: Sequence[WaterLimits], methods: Sequence[WaterMethod], directory: str) -> None:
    """Check that there are limits for every item that methods judge, and decimals for every item that has limits.

    Raises
    ------
    ConfigError
        If one is missing.
    """
    limited = {item for each in limits for item in each.item}
    for method in methods:
        items = (*method.realtime_items, *method.required_items, *method.class_items)
        if unknown := [item for item in items if item not in limited]:
            raise ConfigError(f"{directory}: {method.edition.id}: expected items with limits, got {shown(unknown[0])}")
        if missing := [item for each in limits for item in each.item if item not in method.decimals]:
            raise ConfigError(f"{directory}: {method.edition.id}: decimals.{missing[0]}: expected a value, got nothing")


def check_sea_together(limits: Sequence[SeaLimits], methods: Sequence[SeaMethod], directory: str) -> None:
    """Check that there are limits for every item that methods of the sea require.

    Raises
    ------
    ConfigError
        If one is missing.
    """
    for method in methods:
        for each in limits:
            if unknown := [item for item in method.required_items if item not in each.item]:
                raise ConfigError(
                    f"{directory}: {method.edition.id}: required_items: expected items with limits of "
                    f"{each.edition.id}, got {shown(unknown[0])}"
                )


def _check_shares(standard: Roles, file: str) -> None:
    """Check that shares lie between 0 and 1, those in percent between 0 and 100."""
    shares: dict[str, tuple[Decimal | None, int]] = {}
    if isinstance(standard, WaterLimits):
        shares = {"oxygen_saturation.share": (standard.oxygen_saturation.share, 1)}
    elif isinstance(standard, WaterMethod):
        shares = {"detection_limit_share": (standard.detection_limit_share, 1)}
        for i, row in enumerate(standard.body_row):
            shares |= {f"body_row[{i}].{key}": (getattr(row, key), 100) for key in ("good_from", "worse_below")}
    elif isinstance(standard, BlackOdour):
        percents = ("one_share", "several_share", "body_share")
        shares = {"shallow_share": (standard.shallow_share, 1)} | {p: (getattr(standard, p), 100) for p in percents}
    elif isinstance(standard, SeaMethod):
        for i, sea in enumerate(standard.row):
            shares |= {
                f"row[{i}].{key}": (getattr(sea, key), 100) for key in ("first_from", "good_from", "worst_up_to")
            }
    for place, (share, whole) in shares.items():
        if share is not None and not 0 <= share <= whole:
            raise ConfigError(f"{file}: {place}: expected 0 to {whole}, got {share}")


def _check_method(method: WaterMethod, file: str) -> None:
    for place in ("realtime_items", "required_items", "first_items", "without_multiple"):
        _check_among(place, getattr(method, place), method.class_items, "items of class_items", file)
    _check_among("class_items", method.class_items, method.decimals, "keys of decimals", file)
    if both := [item for item in method.reference_items if item in method.class_items]:
        raise ConfigError(f"{file}: reference_items: expected none of class_items, got {shown(both[0])}")
    if len(method.class_row) != N_CLASSES + 1:
        raise ConfigError(f"{file}: class_row: expected {N_CLASSES + 1} rows, got {len(method.class_row)}")
    last = method.body_row[-1] if method.body_row else None
    if last is None or last.good_from is not None or last.worse_below is not None:
        raise ConfigError(f"{file}: body_row: expected a last row without bounds, got one with, or no row")
    n = [row.n for row in method.trend]
    if not n or sorted(set(n)) != n:
        raise ConfigError(f"{file}: trend.n: expected at least one, rising, got {shown([str(each) for each in n])}")


def _check_sea(limits: SeaLimits, file: str) -> None:
    for key, item in limits.item.items():
        pairs = [each for each in item.limits if isinstance(each, tuple)]
        numbers = [each for each in item.limits if not isinstance(each, tuple)]
        if item.good == "range":
            if numbers or len(pairs) != N_SEA_CLASSES:
                got = shown(str(item.limits))
                raise ConfigError(f"{file}: item.{key}.limits: expected {N_SEA_CLASSES} pairs, got {got}")
        elif pairs:
            raise ConfigError(f"{file}: item.{key}.limits: expected {N_SEA_CLASSES} numbers, got pairs")
        else:
            _check_best_first(f"item.{key}.limits", numbers, N_SEA_CLASSES, file, falling=item.good == "high")


def _check_among(place: str, keys: Iterable[str], known: Iterable[str], kind: str, file: str) -> None:
    allowed = list(known)
    for key in keys:
        if key not in allowed:
            raise ConfigError(f"{file}: {place}: expected {kind} ({', '.join(allowed)}), got {shown(key)}")


def _check_best_first(place: str, bounds: Sequence[object], n: int, file: str, *, falling: bool) -> None:
    ordered = sorted(bounds, reverse=falling)  # type: ignore[type-var]  # numbers
    if len(bounds) != n or list(bounds) != ordered:
        raise ConfigError(
            f"{file}: {place}: expected {n} numbers, the best class first, got {shown([str(b) for b in bounds])}"
        )
