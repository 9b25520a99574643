"""Reading `config/`: all files, strictly, before any connection is made."""

import datetime as dt
import hashlib
import os
import re
import shutil
import string
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from aggregations import plans, standards
from aggregations.noise import LocalHours
from aggregations.plans import Plan
from aggregations.standards import Standards, WaterMethod
from ingestor.notices import settings as notices
from ingestor.notices.settings import NoticeSettings
from sensors import (
    calibrations,
    checks,
    devices,
    events,
    gas_states,
    noise_surveys,
    quantities,
    register,
    source_terms,
    sources,
    strict,
    target_changes,
    zone_changes,
)  # fmt: skip
from sensors.calibrations import Calibrations
from sensors.checks import Checks
from sensors.decoders import mappings
from sensors.decoders.mappings import Mapping
from sensors.devices import Devices
from sensors.errors import ConfigError, shown
from sensors.events import Events
from sensors.gas_states import GasStates
from sensors.hj212 import meanings
from sensors.hj212.meanings import Meanings
from sensors.names import STATION_ID
from sensors.noise_surveys import NoiseSurveys
from sensors.quantities import MEDIA, Quantities
from sensors.reading import DAY_S as DAY_S
from sensors.register import Register, Station
from sensors.sections import WaterClass
from sensors.sources import Source
from sensors.target_changes import TargetChanges
from sensors.zone_changes import ZoneChanges

BUNDLED = Path(__file__).parent / "default_config"
"""The copy of `config/` in an installed wheel."""
CHECKOUT = Path(__file__).parent.parent / "config"

_FIGURES_DEPEND_ON = (
    "stations/", "standards/", "quantities.toml", "checks.toml", "gas-states.csv", "events.csv", "zone-changes.csv",
    "noise-surveys/", "target-changes.csv", "calibrations.csv",
)  # fmt: skip

Positive = Annotated[int, msgspec.Meta(ge=1)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
Hour = Annotated[int, msgspec.Meta(ge=1, le=23)]
Host = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?\Z")]
CLIENT_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}\Z")
ClientId = Annotated[str, msgspec.Meta(pattern=CLIENT_ID.pattern)]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class City(_Table, frozen=True, kw_only=True):
    """A city that stations and plans name; `staged` if it applied GB 3095-2012 before 2016.

    `day_first_hour` and `night_first_hour` are the hours that its government set for noise, both or none.
    """

    id: str
    name: str
    name_en: str
    staged: bool = False
    day_first_hour: Hour | None = None
    night_first_hour: Hour | None = None


class TlsSettings(_Table, frozen=True, kw_only=True):
    """Files of TLS, relative to the configuration; without `ca_file` the system's authorities are trusted."""

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


class BrokerSettings(_Table, frozen=True, kw_only=True):
    """Where the broker is; without `host` qingjing starts its own on 127.0.0.1.

    `username_file` and `password_file` are relative to the configuration. `share` names the group of collectors that
    share the subscriptions. `session_expiry_s` and `receive_maximum` are said to brokers of MQTT 5 only.
    """

    host: Host | None = None
    port: Port = 1883
    client_id: ClientId = "qingjing-collector"
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    keepalive_s: Annotated[int, msgspec.Meta(ge=5, le=65_535)] = 60
    username: str | None = None
    username_file: str | None = None
    password_file: str | None = None
    session_expiry_s: Annotated[int, msgspec.Meta(ge=60, le=2**32 - 1)] = 7 * 86_400
    receive_maximum: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 5000
    share: ClientId | None = None
    tls: TlsSettings | None = None


class CollectorSettings(_Table, frozen=True, kw_only=True):
    """Sizes of the collector.

    `group_messages` are committed, and then acknowledged, at most at once. Above `outbox_max_mib`, or where the
    oldest of it is older than `outbox_max_age_h`, nothing is acknowledged any more. `health_port` serves `/metrics`,
    `/healthz` and `/readyz` on 127.0.0.1; 0 serves nothing.
    """

    group_messages: Positive = 2000
    outbox_max_mib: Positive = 4096
    outbox_max_age_h: Positive = 168
    health_port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 9464


class StoreSettings(_Table, frozen=True, kw_only=True):
    """Where readings are kept: `sqlite`, one file below --data, or `influxdb`.

    `database` is that of InfluxDB 1 and 3, the bucket of 2. Address and token come from the environment, by the
    names of influxdb-client: INFLUXDB_V2_URL, INFLUXDB_V2_TOKEN, INFLUXDB_V2_ORG, INFLUXDB_V2_TIMEOUT and so on.
    """

    kind: Literal["sqlite", "influxdb"] = "sqlite"
    database: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")] = "qingjing"
    retention_policy: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")] | None = None


class ClosingSettings(_Table, frozen=True, kw_only=True):
    """When a period is closed: `after_days` after the day that follows it, at a local time such as 06:30."""

    after_days: Annotated[int, msgspec.Meta(ge=0, le=60)]
    at: Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]

    @property
    def at_s(self) -> int:
        """The time of the day. [s]"""
        return int(self.at[:2]) * 3600 + int(self.at[3:]) * 60


class JobsSettings(_Table, frozen=True, kw_only=True):
    """What `qingjing run` does on a schedule, in a process of its own; without `enabled` nothing.

    A station is silent that has sent nothing for `silent_after` of its intervals, and late where what came last
    came `late_after_min` after the end of its period.
    """

    enabled: bool = True
    derive_every_min: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 5
    check_every_s: Annotated[int, msgspec.Meta(ge=10, le=86_400)] = 30
    silent_after: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    late_after_min: Annotated[int, msgspec.Meta(ge=1, le=10_080)] = 120
    daily: ClosingSettings = ClosingSettings(after_days=0, at="06:00")
    monthly: ClosingSettings = ClosingSettings(after_days=2, at="06:15")
    quarterly: ClosingSettings = ClosingSettings(after_days=4, at="06:30")
    yearly: ClosingSettings = ClosingSettings(after_days=9, at="06:45")


class BoardSettings(_Table, frozen=True, kw_only=True):
    """The built-in board: pages and JSON over HTTP at `host` and `port`, beside `qingjing run`; port 0 for none.

    `names` are further names that a browser may ask for it by, such as that of a proxy in front. `token_file`, relative
    to the configuration, holds what acknowledging a notice takes; without it nothing can be changed.
    """

    host: Host = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    names: list[Host] = []
    token_file: str | None = None


class RetentionSettings(_Table, frozen=True, kw_only=True):
    """How long raw readings stay in the store: `raw_days` after the end of their month, once it is locked; for ever
    without. [d]

    `archive` is the folder that they are rolled to, relative to the folder of the store.
    """

    raw_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] | None = None
    archive: Annotated[str, msgspec.Meta(min_length=1)] = "archive"


class Settings(_Table, frozen=True, kw_only=True):
    """`config/settings.toml`."""

    zone: str
    city: list[City]
    broker: BrokerSettings = BrokerSettings()
    collector: CollectorSettings = CollectorSettings()
    store: StoreSettings = StoreSettings()
    jobs: JobsSettings = JobsSettings()
    retention: RetentionSettings = RetentionSettings()
    board: BoardSettings = BoardSettings()


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All of `config/`, checked. `offset_s` is the zone's offset from UTC [s].

    `fingerprint` is a number made of the texts that figures depend on: it changes when they do.
    """

    directory: Path
    fingerprint: int
    settings: Settings
    offset_s: int
    quantities: Quantities
    register: Register
    mappings: dict[str, Mapping]
    sources: list[Source]
    devices: Devices
    hj212: Meanings | None
    checks: Checks
    gas_states: GasStates
    calibrations: Calibrations
    events: Events
    zone_changes: ZoneChanges
    noise_surveys: NoiseSurveys
    target_changes: TargetChanges
    standards: Standards
    plans: dict[str, Plan]
    embedded_broker: str
    notices: NoticeSettings = NoticeSettings()

    def staged(self, city: str) -> bool:
        """Whether the city applied GB 3095-2012 in an early stage."""
        return any(c.staged for c in self.settings.city if c.id == city)

    def noise_hours(self, city: str) -> LocalHours | None:
        """Return the hours of day and night that the city's government set; None where the standard's hold."""
        for each in self.settings.city:
            if each.id == city and each.day_first_hour is not None and each.night_first_hour is not None:
                return LocalHours(each.day_first_hour, each.night_first_hour)
        return None

    def target_class(self, station: Station, day: dt.date) -> WaterClass | None:
        """Return the class that a section has to reach on a local day; None where none is set."""
        return self.target_changes.class_on(station, day)

    def local_day(self, time: int) -> dt.date:
        """Return the local day that a moment (seconds since 1970 in UTC) falls on."""
        return EPOCH + dt.timedelta(days=(time + self.offset_s) // DAY_S)

    def start_of(self, day: dt.date) -> int:
        """Return the moment (seconds since 1970 in UTC) at which a local day starts."""
        return (day - EPOCH).days * DAY_S - self.offset_s


EPOCH = dt.date(1970, 1, 1)


def find_directory(given: Path | None) -> Path:
    """Return the configuration directory: the one given, $QINGJING_CONFIG, ./config, or the one that came along.

    Raises
    ------
    ConfigError
        If the directory given, or named by the environment, holds no settings.toml.
    """
    named = given or (Path(os.environ["QINGJING_CONFIG"]) if os.environ.get("QINGJING_CONFIG") else None)
    if named is not None:
        if not (named / "settings.toml").is_file():
            raise ConfigError(
                f"config: expected a directory with settings.toml, got {shown(str(named))}; "
                f"`qingjing init DIR` makes one"
            )
        return named
    candidates = (Path("config"), CHECKOUT, BUNDLED)
    return next((c for c in candidates if (c / "settings.toml").is_file()), BUNDLED)


def initialise(directory: Path) -> None:
    """Copy the default configuration to `directory`, which must not exist or be empty.

    Raises
    ------
    ConfigError
        If the directory has something in it.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ConfigError(f"{directory}: expected a new or an empty directory, got one with content")
    source = CHECKOUT if (CHECKOUT / "settings.toml").is_file() else BUNDLED
    try:
        shutil.copytree(source, directory, dirs_exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{directory}: expected a directory that can be written, got {error}") from error


def load(directory: Path) -> Config:
    """Return everything below `directory`, checked.

    Raises
    ------
    ConfigError
        At the first mistake: file, place, what was expected and what was there.
    """

    digest = hashlib.sha256()

    def read(name: str) -> str:
        try:
            text = (directory / name).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise ConfigError(
                f"{label(name)}: expected a readable UTF-8 file, got none; `qingjing init DIR` makes all that there are"
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{label(name)}: expected a readable UTF-8 file, got {error}") from error
        if name.startswith(_FIGURES_DEPEND_ON):
            digest.update(f"{name}\0{text}\0".encode())
        return text

    def label(name: str) -> str:
        return str(directory / name)

    settings = strict.toml(read("settings.toml"), Settings, file=label("settings.toml"))
    _check_broker(settings.broker, label("settings.toml"))
    digest.update(f"{settings.zone}\0{settings.city}\0".encode())
    stations = [
        station
        for medium in MEDIA
        for station in register.parse(read(f"stations/{medium}.csv"), medium, file=label(f"stations/{medium}.csv"))
    ]
    _check_cities(settings, stations, directory)
    known = quantities.parse(read("quantities.toml"), file=label("quantities.toml"))
    register.check_quantities(stations, known, file=label("stations/air.csv"))
    gateways = register.parse_gateways(read("gateways.csv"), stations, file=label("gateways.csv"))
    all_stations = Register(stations, gateways)
    found_plans = {}
    plan_files = sorted((directory / "plans").glob("*.toml"))
    for path in plan_files:
        name = f"plans/{path.name}"
        others = [other.stem for other in plan_files if other != path]
        plan = plans.parse(read(name), file=label(name), stem=path.stem, others=others)
        plans.check_names(plan, all_stations, [city.id for city in settings.city], file=label(name))
        found_plans[plan.id] = plan
    offset_s = _fixed_offset(settings.zone, label("settings.toml"))
    all_checks = checks.parse(read("checks.toml"), file=label("checks.toml"))
    checks.check_quantities(all_checks, known, file=label("checks.toml"))
    air = [station.id for station in all_stations.of("air")]
    all_gas_states = gas_states.parse(read("gas-states.csv"), air, file=label("gas-states.csv"))
    all_calibrations = calibrations.parse(
        read("calibrations.csv"),
        stations={medium: {station.id for station in all_stations.of(medium)} for medium in MEDIA},
        quantities=known,
        offset_s=offset_s,
        file=label("calibrations.csv"),
    )
    all_events = events.parse(
        read("events.csv"),
        cities=[city.id for city in settings.city],
        stations=stations,
        quantities=known.air,
        offset_s=offset_s,
        file=label("events.csv"),
    )
    all_zone_changes = zone_changes.parse(
        read("zone-changes.csv"), all_stations.of("noise"), file=label("zone-changes.csv")
    )
    all_noise_surveys = _noise_surveys(read, label, settings, known)
    sections = [station for station in all_stations.of("water") if station.body != "sea"]
    all_target_changes = target_changes.parse(read("target-changes.csv"), sections, file=label("target-changes.csv"))
    all_standards = _standards(directory, read, known)
    for plan in found_plans.values():
        plans.check_editions(plan, all_standards, file=label(f"plans/{plan.id}.toml"))
    judged = dict.fromkeys(
        item for each in all_standards.all if isinstance(each, WaterMethod) for item in each.class_items
    )
    register.check_own_items(sections, [*judged], file=label("stations/water.csv"))
    all_mappings = {
        path.stem: mappings.parse(read(f"mappings/{path.name}"), file=label(f"mappings/{path.name}"))
        for path in sorted((directory / "mappings").glob("*.toml"))
    }
    all_sources = sources.parse(read("sources.toml"), all_mappings, file=label("sources.toml"))
    sources.check_quantities(all_sources, known, file=label("sources.toml"))
    hj212 = None
    if (directory / "hj212.toml").exists() or any(source.dialect == "hj212" for source in all_sources):
        hj212 = meanings.parse(read("hj212.toml"), file=label("hj212.toml"))
    source_terms.check(all_sources, known, file=label("sources.toml"), hj212=hj212)
    all_devices = devices.parse(
        read("devices.csv") if (directory / "devices.csv").exists() else ",".join(devices.COLUMNS),
        {(station.medium, station.id) for station in stations},
        sources=[source.name for source in all_sources],
        file=label("devices.csv"),
    )
    return Config(
        directory=directory,
        fingerprint=int(digest.hexdigest()[:12], 16),
        settings=settings,
        offset_s=offset_s,
        quantities=known,
        register=all_stations,
        mappings=all_mappings,
        sources=all_sources,
        devices=all_devices,
        hj212=hj212,
        checks=all_checks,
        gas_states=all_gas_states,
        calibrations=all_calibrations,
        events=all_events,
        zone_changes=all_zone_changes,
        noise_surveys=all_noise_surveys,
        target_changes=all_target_changes,
        standards=all_standards,
        plans=found_plans,
        embedded_broker=_embedded_broker(read("broker/embedded.toml"), label("broker/embedded.toml")),
        notices=notices.parse(
            read("notices.toml") if (directory / "notices.toml").exists() else "",
            file=label("notices.toml"),
            register=all_stations,
            cities=[city.id for city in settings.city],
            plans=found_plans,
            known=known,
        ),
    )


def _embedded_broker(text: str, file: str) -> str:
    """Check the template of the embedded broker: TOML once ${port} is filled in, listening on loopback only."""
    try:
        filled = string.Template(text).substitute(port=1883)
    except (KeyError, ValueError) as error:
        raise ConfigError(f"{file}: expected ${{port}} as the only placeholder, got {error}") from error
    servers = [
        server
        for kind, tables in strict.toml(filled, dict[str, Any], file=file).items()
        if kind in ("v4", "v5", "ws") and isinstance(tables, dict)
        for server in tables.values()
    ]
    listening = [server.get("listen") for server in servers if isinstance(server, dict)]
    if listening != ["127.0.0.1:1883"]:
        raise ConfigError(f"{file}: listen: expected one server on 127.0.0.1:${{port}}, got {shown(listening)}")
    return text


def _standards(directory: Path, read: Callable[[str], str], known: Quantities) -> Standards:
    """Return the editions, checked against the quantities that they name."""
    found = []
    digests: dict[str, str] = {}
    for path in sorted((directory / "standards").glob("*.toml")):
        name = f"standards/{path.name}"
        text = read(name)
        file = str(directory / name)
        standard = standards.parse(text, file=file)
        standards.check_quantities(standard, known, file=file)
        if standard.edition.id in digests:
            raise ConfigError(f"{file}: edition.id: expected each id once, got {shown(standard.edition.id)} again")
        digests[standard.edition.id] = hashlib.sha256(text.encode()).hexdigest()[:12]
        found.append(standard)
    standards.check_together(found, directory=str(directory / "standards"))
    return Standards(found, digests)


def _noise_surveys(
    read: Callable[[str], str], label: Callable[[str], str], settings: Settings, known: Quantities
) -> NoiseSurveys:
    """Return the results of manual surveys of noise and reported complaints, of the cities of the settings."""
    cities = [city.id for city in settings.city]
    files = {kind: f"noise-surveys/{kind}.csv" for kind in noise_surveys.KINDS}
    leq = known.noise.get("leq")
    if leq is None:
        raise ConfigError(f"{label('quantities.toml')}: noise.leq: expected a value, got nothing")
    return NoiseSurveys(
        noise_surveys.parse_functional(read(files["functional"]), cities, leq, file=label(files["functional"])),
        noise_surveys.parse_regional(read(files["regional"]), cities, leq, file=label(files["regional"])),
        noise_surveys.parse_road(read(files["road"]), cities, leq, file=label(files["road"])),
        noise_surveys.parse_complaints(read(files["complaints"]), cities, file=label(files["complaints"])),
    )


def _check_broker(broker: BrokerSettings, file: str) -> None:
    if broker.username is not None and broker.username_file is not None:
        raise ConfigError(f"{file}: broker.username_file: expected nothing beside username, got both")
    if broker.password_file is not None and broker.username is None and broker.username_file is None:
        raise ConfigError(f"{file}: broker.password_file: expected username or username_file beside it, got neither")
    if broker.tls is not None and broker.tls.key_file is not None and broker.tls.cert_file is None:
        raise ConfigError(f"{file}: broker.tls.key_file: expected cert_file beside it, got nothing")
    if broker.host is None and (broker.tls or broker.username or broker.username_file or broker.share):
        raise ConfigError(
            f"{file}: broker.host: expected the broker that TLS, user or share are for, got nothing; "
            f"the embedded broker is on 127.0.0.1 and knows none of them"
        )
    if broker.host is None and broker.protocol != "3.1.1":
        raise ConfigError(f"{file}: broker.protocol: expected 3.1.1 for the embedded broker, got {broker.protocol!r}")


def _check_cities(settings: Settings, stations: list[Station], directory: Path) -> None:
    cities = [city.id for city in settings.city]
    if len(set(cities)) != len(cities):
        raise ConfigError(f"{directory / 'settings.toml'}: city: expected each id once, got {shown(cities)}")
    for i, city in enumerate(cities):
        if not STATION_ID.fullmatch(city):
            raise ConfigError(
                f"{directory / 'settings.toml'}: city[{i}].id: expected 1 to 64 characters as of a station, "
                f"got {shown(city)}"
            )
    for i, each in enumerate(settings.city):
        day, night = each.day_first_hour, each.night_first_hour
        if (day is None) != (night is None) or (day is not None and night is not None and night <= day):
            raise ConfigError(
                f"{directory / 'settings.toml'}: city[{i}].night_first_hour: expected an hour after day_first_hour, "
                f"or neither of them, got {day} and {night}"
            )
    for station in stations:
        if station.city not in cities:
            raise ConfigError(
                f"{directory / 'stations' / station.medium}.csv: {station.id}: city: "
                f"expected one of {', '.join(cities)} (settings.toml), got {shown(station.city)}"
            )


def _fixed_offset(name: str, file: str) -> int:
    """Offset of a zone from UTC, which must be one since 2000. [s]"""
    try:
        zone = zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"{file}: zone: expected a zone such as Asia/Shanghai, got {shown(name)}") from error
    months = [dt.datetime(y, m, 1, tzinfo=zone) for y in range(2000, 2040) for m in range(1, 13)]
    offsets = {month.utcoffset() for month in months}
    if len(offsets) != 1:
        raise ConfigError(f"{file}: zone: expected a zone without daylight saving since 2000, got {shown(name)}")
    offset = offsets.pop()
    assert offset is not None
    return int(offset.total_seconds())
