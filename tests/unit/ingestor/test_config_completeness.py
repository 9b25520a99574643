"""What `check` must find although each file is well formed: what is left out, and what does not fit together."""

import re
from pathlib import Path

import pytest

from ingestor.config import load
from sensors.errors import ConfigError

CASES = [
    (
        "standards/gb3095-2012.toml",
        "o3 = 160\n",
        "",
        r"gb3095-2012\.toml: day_limit\.o3: expected a value, got nothing",
    ),
    ("standards/hj663-2013.toml", "co = 1\n", "", r"hj663-2013\.toml: decimals\.co: expected a value, got nothing"),
    (
        "standards/gb3096-2008.toml",
        "[zone.4b]",
        "[zone.5]",
        r"gb3096-2008\.toml: zone: expected zone classes .*got '5'",
    ),
    (
        "standards/hj663-2013.toml",
        "end_hour = 8 ",
        "end_hour = 3 ",
        r"ozone_first_window_end_hour: expected int >= 8, got 3",
    ),
    (
        "standards/hj633-2026.toml",
        "from = 2026-03-01",
        "from = 2026-02-01",
        r"HJ 633-2026: expected to begin when HJ 633-2012 ends, on 2026-03-01, got 2026-02-01",
    ),
    (
        "standards/hj633-2026.toml",
        "from = 2026-03-01",
        "from = 2026-04-01",
        r"HJ 633-2026: expected to begin when .*got 2026-04-01",
    ),
    (
        "standards/gb3838-2002.toml",
        "[item.do]",
        "[item.turbidity]",
        r"Water method 2011: expected items with limits, got 'do'",
    ),
    ("broker/embedded.toml", "${port}", "$port$", r"embedded\.toml: expected \$\{port\} as the only placeholder"),
    (
        "broker/embedded.toml",
        "127.0.0.1:",
        "0.0.0.0:",
        r"embedded\.toml: listen: expected one server on 127\.0\.0\.1:\$\{port\}",
    ),
    ("broker/embedded.toml", "[router]", "[router", r"embedded\.toml: expected TOML"),
    (
        "settings.toml",
        'client_id = "qingjing-collector"',
        'client_id = ""',
        r"settings\.toml: broker\.client_id: expected",
    ),
    (
        "settings.toml",
        'client_id = "qingjing-collector"',
        'client_id = "a+b"',
        r"broker\.client_id: expected .*got 'a\+b'",
    ),
    ("settings.toml", '# host = "broker.example.org"', 'host = ""', r"settings\.toml: broker\.host: expected"),
]


@pytest.mark.parametrize(("file", "old", "new", "told"), CASES, ids=[f"{c[0]}: {c[2] or 'left out'}" for c in CASES])
def test_load_finds(file: str, old: str, new: str, told: str, config_copy: Path) -> None:
    path = config_copy / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigError) as error:
        load(config_copy)
    assert re.search(told, str(error.value)), str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("role", ["air.index", "water.method", "noise.limits"])
def test_load_asks_for_an_edition_of_every_role(role: str, config_copy: Path) -> None:
    for path in (config_copy / "standards").glob("*.toml"):
        if f'role = "{role}"' in path.read_text():
            path.unlink()
    with pytest.raises(ConfigError, match="expected an edition of every role, got none of"):
        load(config_copy)


def test_port_of_the_broker_leaves_figures_as_fresh_as_they_were(config_copy: Path) -> None:
    before = load(config_copy).fingerprint
    settings = config_copy / "settings.toml"
    settings.write_text(settings.read_text().replace("port = 1883", "port = 1884"))
    assert load(config_copy).fingerprint == before
