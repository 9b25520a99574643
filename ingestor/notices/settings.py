"""`config/notices.toml`: channels, who gets what over them, when the month is told, limits of one's own.

Addresses hold secrets, so none stands here: a channel names a file or a variable of the environment that has it.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import Annotated, Final, Literal, get_args

import msgspec

from sensors import strict
from sensors.errors import ConfigError, shown
from sensors.quantities import Medium, Quantities
from sensors.register import Register

Language = Literal["zh", "en"]
Level = Literal["info", "warning", "urgent"]
Kind = Literal[
    "compliance", "exceedance", "water_class", "station_silent", "sensor_stuck", "store_away", "broker_away",
    "revised", "undelivered",
]  # fmt: skip

LEVELS: Final[tuple[Level, ...]] = get_args(Level)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
LEVEL_OF: Final[dict[Kind, Level]] = {
    "compliance": "info", "exceedance": "warning", "water_class": "warning", "station_silent": "warning",
    "sensor_stuck": "info", "store_away": "urgent", "broker_away": "urgent", "revised": "info",
    "undelivered": "urgent",
}  # fmt: skip
"""Levels of the kinds where `[levels]` does not say others."""
SERVICE: Final = "service"
"""The scope of notices about qingjing itself: store, broker, deliveries given up."""

Time = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Quiet(_Table, frozen=True, kw_only=True):
    """Local hours in which only urgent notices are sent; over midnight where `until` comes before `from`."""

    from_: Time = msgspec.field(name="from")
    until: Time

    def __str__(self) -> str:
        return f"{self.from_}-{self.until}"


class Channel(_Table, frozen=True, kw_only=True):
    """A way to recipients: the address of an Apprise service, in a file or the environment, or a file to append to.

    `url_file` is relative to the configuration, `file` to the data directory. `in_doubt` says what is done where a
    try was cut off and nobody knows whether it arrived: sent again, or left for a person to decide.
    """

    name: Name
    url_file: str | None = None
    url_env: Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Z0-9_]*\Z")] | None = None
    file: str | None = None
    language: Language | None = None
    in_doubt: Literal["again", "leave"] = "again"


class Route(_Table, frozen=True, kw_only=True):
    """Who gets what: notices of some kinds, scopes and levels (all where nothing is said) over a channel.

    With `unless_acknowledged_min` it is an escalation: sent so long after the notice, if nobody has acknowledged it by
    then and it is not over.
    """

    channel: str
    recipients: list[str] = []
    kinds: list[Kind] = []
    scopes: list[str] = []
    least_level: Level = "info"
    quiet: Quiet | None = None
    unless_acknowledged_min: Annotated[int, msgspec.Meta(ge=1, le=10_080)] | None = None


class Compliance(_Table, frozen=True, kw_only=True):
    """When the month of a plan is told: on a day of the month after, at a local time."""

    plan: str
    day: Annotated[int, msgspec.Meta(ge=1, le=28)] = 3
    at: Time = "09:00"


class Limit(_Table, frozen=True, kw_only=True):
    """A real-time limit of one's own beside those of the standard, for hours of air and readings of water and noise."""

    medium: Medium
    quantity: str
    above: Decimal | None = None
    below: Decimal | None = None


class NoticeSettings(_Table, frozen=True, kw_only=True):
    """All of the file. Without routes nothing is noticed and nothing sent."""

    language: Language = "zh"
    give_up_after_h: Annotated[int, msgspec.Meta(ge=1, le=720)] = 72
    levels: dict[str, Level] = {}
    channel: list[Channel] = []
    route: list[Route] = []
    compliance: list[Compliance] = []
    limit: list[Limit] = []

    def level_of(self, kind: Kind) -> Level:
        """Return the level of a kind of notices."""
        return self.levels.get(kind, LEVEL_OF[kind])

    def channel_named(self, name: str) -> Channel | None:
        """Return a channel by its name."""
        return next((each for each in self.channel if each.name == name), None)

    def language_of(self, channel: Channel) -> Language:
        """Return the language of a channel."""
        return channel.language or self.language

    def told_on(self, plan: str) -> Compliance:
        """Return when the months of a plan are told."""
        return next((each for each in self.compliance if each.plan == plan), Compliance(plan=plan))


def parse(
    text: str, *, file: str, register: Register, cities: Collection[str], plans: Collection[str], known: Quantities
) -> NoticeSettings:
    """Return the settings declared by a TOML text.

    Raises
    ------
    ConfigError
        If a key or value is wrong, or a name is none of the configuration's.
    """
    settings = strict.toml(text, NoticeSettings, file=file)
    for kind in settings.levels:
        if kind not in KINDS:
            raise ConfigError(f"{file}: levels: expected one of {', '.join(KINDS)}, got {shown(kind)}")
    _check_channels(settings.channel, file)
    names = [each.name for each in settings.channel]
    scopes = [
        SERVICE, *(f"city:{each}" for each in cities), *(f"plan:{each}" for each in plans),
        *dict.fromkeys(f"district:{each.city}/{each.district}" for each in register.stations if each.district),
    ]  # fmt: skip
    stations = {f"station:{each.id}" for each in register.stations}
    for i, route in enumerate(settings.route):
        _check_route(settings, route, names, f"{file}: route[{i}]")
        for scope in route.scopes:
            if scope not in scopes and scope not in stations:
                raise ConfigError(
                    f"{file}: route[{i}].scopes: expected some of {', '.join(scopes)} or station:ID of the register, "
                    f"got {shown(scope)}"
                )
    told: set[str] = set()
    for i, each in enumerate(settings.compliance):
        if each.plan not in plans:
            raise ConfigError(
                f"{file}: compliance[{i}].plan: expected one of {', '.join(plans)}, got {shown(each.plan)}"
            )
        if each.plan in told:
            raise ConfigError(f"{file}: compliance[{i}].plan: expected each plan once, got {shown(each.plan)} again")
        told.add(each.plan)
    for i, limit in enumerate(settings.limit):
        of_medium = known.of(limit.medium)
        if limit.quantity not in of_medium:
            raise ConfigError(
                f"{file}: limit[{i}].quantity: expected one of {', '.join(of_medium)}, got {shown(limit.quantity)}"
            )
        if (limit.above is None) == (limit.below is None):
            raise ConfigError(f"{file}: limit[{i}].above: expected either above or below, got {shown(limit.quantity)}")
    return settings


def _check_channels(channels: list[Channel], file: str) -> None:
    names: set[str] = set()
    for i, each in enumerate(channels):
        if each.name in names:
            raise ConfigError(f"{file}: channel[{i}].name: expected each name once, got {shown(each.name)} again")
        names.add(each.name)
        given = [key for key in ("url_file", "url_env", "file") if getattr(each, key) is not None]
        if len(given) != 1:
            raise ConfigError(
                f"{file}: channel[{i}]: expected one of url_file, url_env, file, got {' and '.join(given) or 'nothing'}"
            )


def _check_route(settings: NoticeSettings, route: Route, names: list[str], place: str) -> None:
    channel = settings.channel_named(route.channel)
    if channel is None:
        raise ConfigError(f"{place}.channel: expected one of {', '.join(names) or 'none'}, got {shown(route.channel)}")
    if route.recipients and channel.file is not None:
        raise ConfigError(f"{place}.recipients: expected none of a file, got {shown(route.recipients)}")
    for recipient in route.recipients:
        if not recipient.strip() or not recipient.isprintable() or recipient != recipient.strip():
            raise ConfigError(f"{place}.recipients: expected an address or a number, got {shown(recipient)}")
    if len(set(route.recipients)) != len(route.recipients):
        raise ConfigError(f"{place}.recipients: expected each once, got {shown(route.recipients)}")
    if route.quiet is not None and route.quiet.from_ == route.quiet.until:
        raise ConfigError(f"{place}.quiet.until: expected another time than from, got {route.quiet.until!r}")
