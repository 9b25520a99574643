"""Judging: the status of a target from its figure, and from what the rest of the year may still bring.

docs/plans.md tells each rule in words.
"""

from decimal import Decimal

from aggregations.figures import Figure
from aggregations.prospects import Prospect
from aggregations.room import HOLDS
from aggregations.targets import Status, StatusRule, Target, Verdict

_STATUS: dict[StatusRule, Status] = {
    "year_holds": "met",
    "year_fails": "missed",
    "cannot_fail": "met",
    "cannot_hold": "missed",
    "holds_so_far": "on_track",
    "fails_so_far": "at_risk",
    "on_pace": "on_track",
    "behind_pace": "at_risk",
    "too_little_data": "insufficient",
    "no_stations": "insufficient",
    "not_reported": "insufficient",
    "reported_part": "insufficient",
    "limit_open": "insufficient",
}


def judge(target: Target, figure: Figure | None, *, final: bool, prospect: Prospect | None = None) -> Verdict:
    """Hold a figure against its target.

    At the end of the year (`final`) a target is met or missed. Before, it is met only where no day to come can make it
    fail or leave the year with too little data, and missed only where none can make it hold; otherwise it is on track
    while the figure so far holds, of counts while they keep pace, else at risk. A figure that is not sufficient decides
    nothing. The printed value is compared.
    """
    rule = _rule(target, figure, final=final, prospect=prospect)
    room = None if prospect is None or final else prospect.room
    return Verdict(target=target, figure=figure, status=_STATUS[rule], rule=rule, room=room)


def by_rule(target: Target, figure: Figure | None, rule: StatusRule) -> Verdict:
    """Return the verdict that a rule gives."""
    return Verdict(target=target, figure=figure, status=_STATUS[rule], rule=rule)


def _rule(target: Target, figure: Figure | None, *, final: bool, prospect: Prospect | None) -> StatusRule:
    if target.limit is None:
        return "limit_open"
    if figure is None:
        return "not_reported"
    if figure.value is None or not figure.sufficient:
        return "too_little_data"
    holds = HOLDS[target.comparison](figure.value, target.limit)
    if final:
        return "year_holds" if holds else "year_fails"
    if prospect is not None:
        if not prospect.range.can_hold(prospect.promise):
            return "cannot_hold"
        if prospect.enough and not prospect.range.can_fail(prospect.promise):
            return "cannot_fail"
        if prospect.pace is not None:
            return "on_pace" if prospect.promise.holds(prospect.pace) else "behind_pace"
    return "holds_so_far" if holds else "fails_so_far"


def judge_reported(
    target: Target, figure: Figure | None, *, covers_year: bool, share_of_year: Decimal | None
) -> Verdict:
    """Hold a reported figure against its target.

    It decides the year where its last day is that of the year (`covers_year`). Before that a figure that only grows is
    met, or missed, once it is beyond its limit, and keeps pace while it has reached the limit's part for the share of
    the year that it covers; any other is on track while it holds. `share_of_year` is None once the year is over: then
    what was reported of a part of it decides nothing.
    """
    if target.limit is None or figure is None or figure.value is None:
        return by_rule(target, figure, "limit_open" if target.limit is None else "not_reported")
    holds = HOLDS[target.comparison](figure.value, target.limit)
    if covers_year:
        return by_rule(target, figure, "year_holds" if holds else "year_fails")
    if target.cumulative:
        upper = target.comparison in ("<", "<=")
        if holds != upper and target.comparison != "==":
            return by_rule(target, figure, "cannot_hold" if upper else "cannot_fail")
        if share_of_year is not None:
            pace = HOLDS[target.comparison](figure.value, target.limit * share_of_year)
            return by_rule(target, figure, "on_pace" if pace else "behind_pace")
    if share_of_year is None:
        return by_rule(target, figure, "reported_part")
    return by_rule(target, figure, "holds_so_far" if holds else "fails_so_far")
