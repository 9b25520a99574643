"""What differs between two editions: the differences that shared/standards/air.md tells, and no others."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from aggregations import standards
from aggregations.standards import AirEvaluation, AirIndex, AirLimits, Standard, Standards
from aggregations.standards.differences import Value, differences

Editions = Callable[[str], Standard]
Texts = Callable[[str], str]

GAS_STATE = {"gas_state[first].kelvin": ("273.15", "298.15"), "gas_state[2018-09-01].kelvin": ("298.15", None)}

TOLD: dict[tuple[str, str], dict[str, tuple[Any, Any]]] = {
    ("GB 3095-2012", "GB 3095-2026 transitional"): {  # 2.1: four cells of class II; NOx as before (2.2); gases: 1, 2.4
        "year_limit.pm10": ("70", "60"),
        "day_limit.pm10": ("150", "120"),
        "year_limit.pm25": ("35", "30"),
        "day_limit.pm25": ("75", "60"),
        **GAS_STATE,
    },
    ("GB 3095-2026 transitional", "GB 3095-2026 final"): {  # 2.1; NOx: 2.2
        "year_limit.so2": ("60", "20"),
        "day_limit.so2": ("150", "50"),
        "hour_limit.so2": ("500", "150"),
        "year_limit.no2": ("40", "30"),
        "day_limit.no2": ("80", "50"),
        "year_limit.pm10": ("60", "50"),
        "day_limit.pm10": ("120", "100"),
        "year_limit.pm25": ("30", "25"),
        "day_limit.pm25": ("60", "50"),
        "class_one.year.no2": ("40", "30"),
        "class_one.day.no2": ("80", "50"),
        "class_one.year.pm10": ("40", "20"),
        "class_one.year.pm25": ("15", "10"),
        "class_one.day.pm25": ("35", "25"),
        "other.nox.year[0]": ("50", "40"),
        "other.nox.year[1]": ("50", "40"),
        "other.nox.day[0]": ("100", "70"),
        "other.nox.day[1]": ("100", "70"),
    },
    ("HJ 633-2012", "HJ 633-2026"): {  # 4.1 (1), (3), (11); the row of 100 is the third
        "item.pm10.breakpoints[2]": ("150", "120"),
        "item.pm25.breakpoints[2]": ("75", "60"),
        "item.so2_1h.above": ("so2", "top"),
        "item.o3_8h.above": ("o3_1h", "top"),
        "hourly_missing_item": ("others", "none_unless_exceeding"),
    },
    ("HJ 663-2013", "HJ 663-2026"): {  # 6
        "moving_years": ("1", "3"),
        "mean_decimals.pm25": ("0", "1"),
    },
}


def as_text(value: Value | None) -> str | None:
    return None if value is None else str(value)


@pytest.mark.parametrize(("before", "after"), TOLD)
def test_numbers_that_differ_are_those_of_the_note(edition: Editions, before: str, after: str) -> None:
    found = differences(edition(before), edition(after)).values

    assert {each.path: (as_text(each.before), as_text(each.after)) for each in found} == TOLD[before, after]


@pytest.mark.parametrize(("before", "after"), TOLD)
def test_numbers_differ_in_both_directions_alike(edition: Editions, before: str, after: str) -> None:
    forth = differences(edition(before), edition(after)).values
    back = differences(edition(after), edition(before)).values

    assert {(v.path, as_text(v.before), as_text(v.after)) for v in forth} == {
        (v.path, as_text(v.after), as_text(v.before)) for v in back
    }


def test_an_edition_does_not_differ_from_itself(editions: Standards) -> None:
    found = [differences(each, each) for each in editions.all]

    assert [each for each in found if each.values or each.rules] == []


def test_names_dates_and_sources_are_no_difference(edition: Editions) -> None:
    limits = edition("GB 3095-2012")
    renamed = msgspec.structs.replace(limits.edition, id="x", title="x", source="x", until=None, modes=[])

    found = differences(limits, msgspec.structs.replace(limits, edition=renamed))
    assert (found.values, found.rules) == ([], [])


def test_one_number_differs_however_it_is_written(text_of: Texts) -> None:
    text = text_of("gb3095-2012")
    before = standards.parse(text, file="a")

    for same in ("pm25 = 75.0", 'pm25 = "75"', "pm25 = 75.00"):
        assert differences(before, standards.parse(text.replace("pm25 = 75", same), file="b")).values == []
    (found,) = differences(before, standards.parse(text.replace("pm25 = 75", "pm25 = 75.1"), file="b")).values
    assert (found.path, found.before, found.after) == ("day_limit.pm25", 75, Decimal("75.1"))


def test_a_switch_of_two_choices_differs(edition: Editions) -> None:
    index = edition("HJ 633-2026")
    assert isinstance(index, AirIndex)

    (found,) = differences(index, msgspec.structs.replace(index, daily_o3_uses_1h=True)).values
    assert (found.path, found.before, found.after) == ("daily_o3_uses_1h", False, True)


def test_lists_of_unlike_lengths_differ_as_a_whole(edition: Editions) -> None:
    index = edition("HJ 633-2026")
    assert isinstance(index, AirIndex)
    shorter = {**index.item, "no2": msgspec.structs.replace(index.item["no2"], breakpoints=[Decimal(0), Decimal(40)])}

    (found,) = differences(index, msgspec.structs.replace(index, item=shorter)).values
    assert (found.path, found.after) == ("item.no2.breakpoints", (0, 40))


def test_lists_of_names_differ_as_a_whole(edition: Editions) -> None:
    index = edition("HJ 633-2026")
    assert isinstance(index, AirIndex)
    daily = [*index.daily_items[:-1], "o3_1h"]

    (found,) = differences(index, msgspec.structs.replace(index, daily_items=daily)).values
    assert (found.path, found.after) == ("daily_items", tuple(daily))


def test_a_row_of_a_table_is_named_by_its_first_key(edition: Editions) -> None:
    rules = edition("HJ 663-2013")
    assert isinstance(rules, AirEvaluation)
    critical = [msgspec.structs.replace(rules.trend[0], p05=Decimal("0.8")), *rules.trend[2:]]

    found = differences(rules, msgspec.structs.replace(rules, trend=critical)).values
    assert [(each.path, as_text(each.after)) for each in found] == [
        ("trend[5].p05", "0.8"),
        ("trend[6].p05", None),
        ("trend[6].p01", None),
    ]


def test_rules_are_added_dropped_and_changed(edition: Editions) -> None:
    limits = edition("GB 3095-2026 final")
    assert isinstance(limits, AirLimits)
    rule = dict(limits.rule)
    new, old = rule["limits"], rule.pop("part_of_year")
    rule["new"] = new
    rule["month_alone"] = msgspec.structs.replace(rule["month_alone"], confirmed=True)

    found = differences(limits, msgspec.structs.replace(limits, rule=rule)).rules
    assert {each.rule: (each.change, each.before, each.after) for each in found} == {
        "new": ("added", None, new),
        "part_of_year": ("dropped", old, None),
        "month_alone": ("changed", limits.rule["month_alone"], rule["month_alone"]),
    }


@pytest.mark.parametrize("field", ["text", "zh", "clause"])
def test_a_rule_with_other_words_is_changed(edition: Editions, field: str) -> None:
    limits = edition("GB 3095-2026 final")
    changed = msgspec.structs.replace(limits.rule["limits"], **{field: "x"})

    (found,) = differences(limits, msgspec.structs.replace(limits, rule={**limits.rule, "limits": changed})).rules
    assert (found.rule, found.change) == ("limits", "changed")


def test_rules_of_the_two_phases_of_2026_are_one(edition: Editions) -> None:
    assert differences(edition("GB 3095-2026 transitional"), edition("GB 3095-2026 final")).rules == []
