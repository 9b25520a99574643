"""Claims about the settings of operation: `[broker]`, `[broker.tls]`, `[collector]` and `[store]` of settings.toml."""

from pathlib import Path

import pytest

from ingestor import config
from ingestor.config import ClosingSettings, CollectorSettings, Config, JobsSettings, Settings, StoreSettings
from sensors.errors import ConfigError

CITIES = """zone = "Asia/Shanghai"
[[city]]
id = "shenzhen"
name = "深圳市"
name_en = "Shenzhen"
[[city]]
id = "beijing"
name = "北京市"
name_en = "Beijing"
"""
HOST = '[broker]\nhost = "b.example.org"\n'
"""A broker that is not the embedded one."""


def loaded(directory: Path, sections: str) -> Settings:
    """The settings of a copy of the configuration whose sections beside the cities are the given ones."""
    for plan in (directory / "plans").glob("*.toml"):  # of cities that these settings do not have
        plan.unlink()
    (directory / "settings.toml").write_text(CITIES + sections, encoding="utf-8")
    return config.load(directory).settings


def error_of(directory: Path, sections: str) -> str:
    """What the error says after the file."""
    with pytest.raises(ConfigError) as raised:
        loaded(directory, sections)
    file, told = str(raised.value).split("settings.toml: ", 1)
    assert (file, "\n" in told) == (f"{directory}/", False)
    return told


def test_settings_without_sections_are_the_embedded_broker_and_sqlite(config_copy: Path) -> None:
    settings = loaded(config_copy, "")
    assert (settings.broker.host, settings.broker.port, settings.broker.protocol) == (None, 1883, "3.1.1")
    assert (settings.broker.tls, settings.broker.share, settings.store.kind) == (None, None, "sqlite")


def test_settings_that_come_along_write_the_defaults_of_collector_and_store_out(shipped: Config) -> None:
    assert (shipped.settings.collector, shipped.settings.store) == (CollectorSettings(), StoreSettings())
    assert shipped.settings.jobs == JobsSettings()


def test_settings_of_a_broker_with_everything_are_taken(config_copy: Path) -> None:
    broker = loaded(
        config_copy,
        HOST + 'port = 8883\nclient_id = "c.1_-"\nprotocol = "5"\nkeepalive_s = 30\nusername_file = "u"\n'
        'password_file = "p"\nsession_expiry_s = 3600\nreceive_maximum = 100\nshare = "city"\n'
        '[broker.tls]\nca_file = "ca"\ncert_file = "c"\nkey_file = "k"\n',
    ).broker
    assert (broker.host, broker.port, broker.client_id, broker.protocol) == ("b.example.org", 8883, "c.1_-", "5")
    assert (broker.keepalive_s, broker.session_expiry_s, broker.receive_maximum) == (30, 3600, 100)
    assert (broker.username_file, broker.password_file, broker.share) == ("u", "p", "city")
    assert broker.tls is not None
    assert (broker.tls.ca_file, broker.tls.cert_file, broker.tls.key_file) == ("ca", "c", "k")


# --- what belongs together


@pytest.mark.parametrize(
    "more",
    [
        'username = "u"',
        'username = "u"\npassword_file = "p"',
        'username_file = "u"\npassword_file = "p"',
        '[broker.tls]\nca_file = "ca"',
        '[broker.tls]\ncert_file = "with-key.pem"',
        '[broker.tls]\ncert_file = "c"\nkey_file = "k"',
        "[broker.tls]",
        'protocol = "5"',
        'share = "city"',
    ],
)
def test_settings_of_a_broker_that_fit_together_are_taken(config_copy: Path, more: str) -> None:
    assert loaded(config_copy, HOST + more).broker.host == "b.example.org"


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        (
            HOST + 'username = "u"\nusername_file = "f"',
            "broker.username_file: expected nothing beside username, got both",
        ),
        (
            HOST + 'password_file = "p"',
            "broker.password_file: expected username or username_file beside it, got neither",
        ),
        (
            '[broker]\npassword_file = "p"',
            "broker.password_file: expected username or username_file beside it, got neither",
        ),
        (
            HOST + '[broker.tls]\nkey_file = "k"',
            "broker.tls.key_file: expected cert_file beside it, got nothing",
        ),
        (
            HOST + '[broker.tls]\nca_file = "ca"\nkey_file = "k"',
            "broker.tls.key_file: expected cert_file beside it, got nothing",
        ),
    ],
)
def test_settings_that_need_each_other_are_told(config_copy: Path, sections: str, told: str) -> None:
    assert error_of(config_copy, sections) == told


@pytest.mark.parametrize(
    "more",
    [
        'username = "u"',
        'username_file = "u"',
        'username_file = "u"\npassword_file = "p"',
        'share = "city"',
        "[broker.tls]",
        '[broker.tls]\nca_file = "ca"',
    ],
)
def test_settings_of_a_broker_without_its_host_are_refused(config_copy: Path, more: str) -> None:
    assert error_of(config_copy, "[broker]\n" + more) == (
        "broker.host: expected the broker that TLS, user or share are for, got nothing; "
        "the embedded broker is on 127.0.0.1 and knows none of them"
    )


def test_settings_ask_for_protocol_3_1_1_of_the_embedded_broker(config_copy: Path) -> None:
    told = error_of(config_copy, '[broker]\nprotocol = "5"')
    assert told == "broker.protocol: expected 3.1.1 for the embedded broker, got '5'"


# --- single values


@pytest.mark.parametrize(
    "line",
    [
        "keepalive_s = 5", "keepalive_s = 65_535", "session_expiry_s = 60", "session_expiry_s = 4_294_967_295",
        "receive_maximum = 1", "receive_maximum = 65_535", "port = 1", "port = 65_535", 'client_id = "x"',
    ],
)  # fmt: skip
def test_broker_setting_at_the_ends_is_taken(config_copy: Path, line: str) -> None:
    key, value = line.split(" = ")
    broker = loaded(config_copy, HOST + line).broker
    assert str(getattr(broker, key)) == value.replace("_", "").strip('"')


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("keepalive_s = 4", "broker.keepalive_s: expected int >= 5, got 4"),
        ("keepalive_s = 65_536", "broker.keepalive_s: expected int <= 65535, got 65536"),
        ("session_expiry_s = 59", "broker.session_expiry_s: expected int >= 60, got 59"),
        ("session_expiry_s = 4_294_967_296", "broker.session_expiry_s: expected int <= 4294967295, got 4294967296"),
        ("receive_maximum = 0", "broker.receive_maximum: expected int >= 1, got 0"),
        ("receive_maximum = 65_536", "broker.receive_maximum: expected int <= 65535, got 65536"),
        ('protocol = "3.1"', "broker.protocol: expected one of 3.1.1, 5, got '3.1'"),
        ("qos = 1", "broker.qos: expected one of host, port, "),
        ('password = "hunter2"', "broker.password: expected one of host, port, "),
        ("tls = true", "broker.tls: expected object"),
        ('[broker.tls]\nca = "x"', "broker.tls.ca: expected one of ca_file, cert_file, key_file, got 'ca'"),
    ],
)
def test_broker_setting_that_is_wrong_is_told(config_copy: Path, line: str, told: str) -> None:
    assert error_of(config_copy, HOST + line).startswith(told)


def test_broker_password_in_the_settings_is_refused_without_being_shown(config_copy: Path) -> None:
    assert "hunter2" not in error_of(config_copy, HOST + 'password = "hunter2"')


@pytest.mark.parametrize("share", ["", "a/b", "a+b", "a#", "a b", "x" * 65])
def test_broker_share_that_cannot_stand_in_a_subscription_is_refused(config_copy: Path, share: str) -> None:
    assert error_of(config_copy, f'{HOST}share = "{share}"').startswith("broker.share: expected ")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("group_messages = 0", "collector.group_messages: expected int >= 1, got 0"),
        ("outbox_max_mib = 0", "collector.outbox_max_mib: expected int >= 1, got 0"),
        ("outbox_max_age_h = 0", "collector.outbox_max_age_h: expected int >= 1, got 0"),
        ("health_port = -1", "collector.health_port: expected int >= 0, got -1"),
        ("health_port = 65_536", "collector.health_port: expected int <= 65535, got 65536"),
        ("outbox = 1", "collector.outbox: expected one of group_messages, "),
    ],
)
def test_collector_setting_that_is_wrong_is_told(config_copy: Path, line: str, told: str) -> None:
    assert error_of(config_copy, f"[collector]\n{line}").startswith(told)


@pytest.mark.parametrize(
    "line",
    ["group_messages = 1", "outbox_max_mib = 1", "outbox_max_age_h = 1", "health_port = 0", "health_port = 65535"],
)
def test_collector_setting_at_the_ends_is_taken(config_copy: Path, line: str) -> None:
    key, value = line.split(" = ")
    assert getattr(loaded(config_copy, f"[collector]\n{line}").collector, key) == int(value)


def test_store_of_influxdb_is_taken(config_copy: Path) -> None:
    store = loaded(config_copy, '[store]\nkind = "influxdb"\ndatabase = "air_1-x"\nretention_policy = "for_ever"').store
    assert store == StoreSettings(kind="influxdb", database="air_1-x", retention_policy="for_ever")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('kind = "postgres"', "store.kind: expected one of sqlite, influxdb, got 'postgres'"),
        ('database = ""', "store.database: expected "),
        ('database = "a b"', "store.database: expected "),
        ('database = "a\\"b"', "store.database: expected "),
        ('database = "../x"', "store.database: expected "),
        (f'database = "{"x" * 65}"', "store.database: expected "),
        ('retention_policy = ""', "store.retention_policy: expected "),
        ('url = "http://x"', "store.url: expected one of kind, database, retention_policy, got 'url'"),
        ('token = "hunter2"', "store.token: expected one of kind, database, retention_policy, got 'token'"),
    ],
)
def test_store_setting_that_is_wrong_is_told(config_copy: Path, line: str, told: str) -> None:
    assert error_of(config_copy, f"[store]\n{line}").startswith(told)


@pytest.mark.parametrize(
    "section",
    [
        '[broker]\nclient_id = "x\\n"',
        '[broker]\nhost = "x\\n"',
        HOST + 'share = "x\\n"',
        '[store]\ndatabase = "x\\n"',
        '[store]\nretention_policy = "x\\n"',
    ],
)
def test_setting_that_ends_in_a_line_break_is_refused(config_copy: Path, section: str) -> None:
    assert ": expected " in error_of(config_copy, section)


# --- gateways.csv


def test_config_takes_the_gateways_of_its_file(config_copy: Path) -> None:
    (config_copy / "gateways.csv").write_text("gateway,medium,station\ng1,air,sz-a01\n", encoding="utf-8")
    register = config.load(config_copy).register
    assert (register.gateway_of("air", "sz-a01"), register.gateway_of("air", "sz-a02")) == ("g1", None)


def test_config_gateways_leave_figures_as_fresh_as_they_were(config_copy: Path) -> None:
    before = config.load(config_copy).fingerprint
    (config_copy / "gateways.csv").write_text("gateway,medium,station\ng1,air,sz-a01\n", encoding="utf-8")
    assert config.load(config_copy).fingerprint == before


def test_settings_of_jobs_are_taken(config_copy: Path) -> None:
    jobs = loaded(config_copy, '[jobs]\nderive_every_min = 10\n[jobs.monthly]\nafter_days = 3\nat = "23:59"\n').jobs
    assert (jobs.enabled, jobs.derive_every_min, jobs.monthly) == (True, 10, ClosingSettings(after_days=3, at="23:59"))
    assert jobs.monthly.at_s == 86_340


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("derive_every = 5", "jobs.derive_every: expected one of"),
        ("derive_every_min = 0", "jobs.derive_every_min: expected"),
        ("silent_after = 0", "jobs.silent_after: expected"),
        ('daily = { at = "06:00" }', "jobs.daily"),
        ('daily = { after_days = 0, at = "24:00" }', "jobs.daily.at: expected"),
        ('daily = { after_days = 0, at = "6:00" }', "jobs.daily.at: expected"),
        ('daily = { after_days = -1, at = "06:00" }', "jobs.daily.after_days: expected"),
        ('weekly = { after_days = 1, at = "06:00" }', "jobs.weekly: expected one of"),
    ],
)
def test_settings_of_jobs_refuse_what_they_do_not_know(config_copy: Path, section: str, said: str) -> None:
    assert error_of(config_copy, f"[jobs]\n{section}\n").startswith(said)
