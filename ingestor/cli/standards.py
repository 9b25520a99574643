"""Command on the standards: which editions there are, which hold, how they differ."""

import datetime as dt
from typing import Annotated

import typer

from aggregations.standards import Standard, Standards, name_of
from aggregations.standards.differences import differences
from ingestor import standards_tables, tables
from ingestor.cli.common import Json, app, options, out, print_line
from sensors.errors import ConfigError, shown
from sensors.quantities import MEDIA


@app.command()
def standards(
    on: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Editions in force on a day, such as 2026-03-01, and their rules."),
    ] = None,
    medium: Annotated[str | None, typer.Option(help="air, water or noise. Default: all.")] = None,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="FROM TO", help="What differs between two editions of one role, by their ids."),
    ] = None,
    modes: Annotated[
        bool, typer.Option("--modes", help="Modes in which a period may be evaluated, and the editions each takes.")
    ] = False,
    json_: Json = False,
) -> None:
    """Print the editions of the standards: when each holds, how many of its rules were read, the digest of its file.

    A rule is marked with a tick where it was read in the standard or in a source that quotes it, and with ? where it
    was recalled or chosen; figures list the latter. docs/standards.md says how an edition is put right.

    \b
    qingjing standards
    qingjing standards --on 2026-03-01 --medium air
    qingjing standards --diff "GB 3095-2012" "GB 3095-2026 transitional"
    qingjing standards --modes
    """
    if (on is not None) + (diff is not None) + modes > 1:
        raise ConfigError("standards: expected one of --on, --diff and --modes, got several of them")
    if medium is not None and medium not in MEDIA:
        raise ConfigError(f"--medium: expected one of {', '.join(MEDIA)}, got {shown(medium)}")
    if medium is not None and (diff is not None or modes):
        raise ConfigError("--medium: expected alone or with --on, got --diff or --modes")
    found = options.load().standards
    if on is not None:
        _print_on(found, _day(on), medium, json_=json_)
    elif diff is not None:
        _print_diff(found, *diff, json_=json_)
    elif modes and json_:
        print_line(tables.as_json(standards_tables.sets(found)))
    elif modes:
        out.print(standards_tables.modes(found, options.language))
    elif json_:
        each = standards_tables.in_order(found, medium)
        print_line(tables.as_json([standards_tables.as_tree(s, found) for s in each]))
    else:
        out.print(standards_tables.editions(found, medium, options.language))


def _print_on(found: Standards, day: dt.date, medium: str | None, *, json_: bool) -> None:
    held = standards_tables.in_force(found, day, medium)
    if json_:
        rows = [
            {
                "role": role,
                "first_cities_only": first_cities,
                "edition": standards_tables.as_tree(each, found) if each else None,
                "rules": each.rule if each else {},
            }
            for role, first_cities, each in held
        ]
        print_line(tables.as_json({"on": day, "roles": rows}))
        return
    for role, first_cities, each in held:
        if each is None:
            print_line(
                standards_tables.nothing_in_force(role, day, first_cities=first_cities, language=options.language)
            )
        else:
            out.print(standards_tables.rules(each, role, first_cities=first_cities, language=options.language))


def _print_diff(found: Standards, first: str, second: str, *, json_: bool) -> None:
    before, after = _edition(found, first), _edition(found, second)
    if type(before) is not type(after):
        raise ConfigError(
            f"--diff: expected two editions of one role, got {shown(first)} of {name_of(type(before))} "
            f"and {shown(second)} of {name_of(type(after))}"
        )
    changed = differences(before, after)
    if json_:
        print_line(
            tables.as_json(
                {
                    "role": name_of(type(before)),
                    "from": standards_tables.as_tree(before, found),
                    "to": standards_tables.as_tree(after, found),
                    "values": changed.values,
                    "rules": changed.rules,
                }
            )
        )
        return
    out.print(standards_tables.values(changed, before.edition, after.edition, options.language))
    out.print(standards_tables.rule_changes(changed, before.edition, after.edition, options.language))


def _edition(found: Standards, name: str) -> Standard:
    by_id = {s.edition.id: s for s in standards_tables.in_order(found, None)}
    if name not in by_id:
        raise ConfigError(f"--diff: expected one of {', '.join(by_id)}, got {shown(name)}")
    return by_id[name]


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--on: expected a date such as 2026-03-01, got {shown(text)}") from error
