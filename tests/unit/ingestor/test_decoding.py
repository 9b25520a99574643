"""Claims about the way from a message to an arrival."""

import gzip
import json
import logging
from pathlib import Path

import msgspec
import pytest

from ingestor import config, decoding
from ingestor.config import Config
from ingestor.decoding import Decoding
from sensors import sources
from sensors.decoders import Context
from sensors.errors import ConfigError
from sensors.reading import Decoded, Reading, Refusal

NOW = 1_600_000_000.0  # 2020-09-13T12:26:40Z
TOPIC = "env/v1/air/sz-a01"
PAYLOAD = b'{"time":"2020-09-13T20:00:00+08:00","period_s":3600,"values":{"pm25":15.1}}'
READING = Reading("air", "sz-a01", 3600, 1_599_998_400, (("pm25", 15.1, 1),))
SECRET = "hunter2-secret-token"  # noqa: S105  # no secret, but what must not be found in a log


def with_sources(directory: Path, text: str) -> Decoding:
    (directory / "sources.toml").write_text(text, encoding="utf-8")
    return Decoding(config.load(directory))


def test_arrival_holds_the_message_as_it_came(shipped: Config) -> None:
    arrival = Decoding(shipped).arrival(TOPIC, PAYLOAD, NOW)
    assert (arrival.source, arrival.topic, arrival.received_at, arrival.payload) == ("native", TOPIC, NOW, PAYLOAD)
    assert (arrival.readings, arrival.refusals, arrival.again) == ([READING], [], False)


@pytest.mark.parametrize("topic", [TOPIC, "nowhere"])
def test_arrival_tells_that_the_broker_delivered_it_before(shipped: Config, topic: str) -> None:
    assert Decoding(shipped).arrival(topic, PAYLOAD, NOW, again=True).again


@pytest.mark.parametrize(
    "topic", ["", "env/v1/air", "env/v1/air/a/b", "env/v2/air/sz-a01", "ENV/v1/air/sz-a01", "\ud800"]
)
def test_arrival_on_a_topic_of_no_source_is_refused(shipped: Config, topic: str) -> None:
    arrival = Decoding(shipped).arrival(topic, PAYLOAD, NOW)
    assert (arrival.source, arrival.readings, [r.code for r in arrival.refusals]) == ("", [], ["unknown_topic"])


@pytest.mark.parametrize(("most", "codes"), [(len(PAYLOAD), []), (len(PAYLOAD) - 1, ["too_large"])])
def test_arrival_is_refused_when_longer_than_its_source_allows(config_copy: Path, most: int, codes: list[str]) -> None:
    source = '[[source]]\nname = "n"\ntopic = "a/{station}"\nmedium = "air"\ndialect = "native"\nmax_payload_bytes = '
    arrival = with_sources(config_copy, f"{source}{most}\n").arrival("a/sz-a01", PAYLOAD, NOW)
    assert [r.code for r in arrival.refusals] == codes
    assert (arrival.payload, arrival.source) == (PAYLOAD, "n")


def test_arrival_on_a_topic_of_two_sources_is_of_the_first(config_copy: Path) -> None:
    first = '[[source]]\nname = "first"\ntopic = "env/{station}"\nmedium = "air"\ndialect = "native"\n'
    second = '[[source]]\nname = "second"\ntopic = "{gateway}/{station}"\nmedium = "air"\ndialect = "native"\n'
    assert with_sources(config_copy, first + second).arrival("env/sz-a01", PAYLOAD, NOW).source == "first"


def test_arrival_below_a_gateway_is_taken_of_its_own_stations_only(config_copy: Path) -> None:
    (config_copy / "gateways.csv").write_text("gateway,medium,station\ng1,air,sz-a01\n", encoding="utf-8")
    by = Decoding(config.load(config_copy))
    own, foreign = (PAYLOAD.replace(b'{"time"', b'{"station":"%s","time"' % name) for name in (b"sz-a01", b"sz-a02"))
    assert by.arrival("env/v1/gateways/g1/air", own, NOW).readings == [READING]
    assert [r.code for r in by.arrival("env/v1/gateways/g1/air", foreign, NOW).refusals] == ["foreign_station"]
    assert [r.code for r in by.arrival("env/v1/gateways/g2/air", own, NOW).refusals] == ["foreign_station"]


def test_arrival_comes_in_the_units_of_its_source_for_air_alone(config_copy: Path) -> None:
    units = 'topic = "a/{medium}/{station}"\ndialect = "native"\nunits = { o3 = "ppb", co = "mg/m3" }\n'
    by = with_sources(config_copy, f'[[source]]\nname = "n"\n{units}')
    air = by.arrival("a/air/sz-a01", PAYLOAD.replace(b'"pm25":15.1', b'"o3":100,"co":0.7'), NOW)
    assert [(q, round(v or 0, 1)) for q, v, _ in air.readings[0].values] == [("o3", 196.2), ("co", 0.7)]
    noise = by.arrival("a/noise/sz-n01", PAYLOAD.replace(b"pm25", b"leq"), NOW)
    assert noise.readings[0].values == (("leq", 15.1, 1),)


def test_arrival_is_the_same_when_its_topic_was_forgotten(shipped: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "KNOWN_TOPICS", 2)
    by = Decoding(shipped)
    first = by.arrival(TOPIC, PAYLOAD, NOW)
    for i in range(10):
        by.arrival(f"nowhere/{i}", PAYLOAD, NOW)
    assert by.arrival(TOPIC, PAYLOAD, NOW) == first


# --- a decoder with a fault


@pytest.fixture
def faulty(shipped: Config, monkeypatch: pytest.MonkeyPatch) -> Decoding:
    """Decoding by a dialect that fails and quotes the payload, as exceptions of Python often do."""

    def decode(payload: bytes, _received_at: float, _context: Context) -> Decoded:
        raise ValueError(f"could not convert string to float: {payload!r}")

    monkeypatch.setitem(decoding.DIALECTS, "native", lambda _terms: decode)
    return Decoding(shipped)


def test_arrival_whose_decoder_fails_goes_to_quarantine(faulty: Decoding) -> None:
    arrival = faulty.arrival(TOPIC, PAYLOAD, NOW)
    assert (arrival.payload, arrival.readings) == (PAYLOAD, [])
    assert arrival.refusals == [Refusal("internal", "decoder: ValueError")]


def test_arrival_whose_decoder_fails_is_told_in_the_log(faulty: Decoding, caplog: pytest.LogCaptureFixture) -> None:
    faulty.arrival(TOPIC, PAYLOAD, NOW)
    (record,) = caplog.records
    assert (record.levelno, "the decoder failed" in record.getMessage()) == (logging.ERROR, True)


def test_arrival_whose_decoder_fails_is_not_quoted_in_the_log(
    faulty: Decoding, caplog: pytest.LogCaptureFixture
) -> None:
    faulty.arrival(TOPIC, SECRET.encode(), NOW)
    assert SECRET not in caplog.text


# --- messages without data

WITHOUT_DATA = """
[[source]]
name = "lora"
topic = "lora/{station}"
dialect = "mapping"
medium = "water"
period_s = 600
ignore = ["battery"]
mapping = { time = "time", values = "object" }

[[source]]
name = "packs"
topic = "packs/{station}"
dialect = "senml"
medium = "water"
period_s = 600
ignore = ["battery"]

[[source]]
name = "plant"
topic = "spBv1.0/#"
dialect = "sparkplug"
medium = "water"
period_s = 600

[[source]]
name = "field"
topic = "field"
dialect = "hj212"
ignore = ["a34001"]
"""
IGNORED = WITHOUT_DATA.replace("dialect", 'no_data = "ignore"\ndialect')
QN = "QN=20200913202600000;ST=22;PW=123456;MN=sz-a01;Flag=4;CN="
BIRTH_OF_NOTHING = bytes.fromhex("088080babbc82e1800")  # a payload of time and seq, without metrics


def by_sources(shipped: Config, text: str) -> Decoding:
    return Decoding(msgspec.structs.replace(shipped, sources=sources.parse(text, file="s.toml")))


def uplink(**values: object) -> bytes:
    return json.dumps({"time": "2020-09-13T20:26:00+08:00", "object": values}).encode()


def pack(*names: str) -> bytes:
    return json.dumps([{"bt": 1_600_000_000, "n": name, "v": 7.5} for name in names]).encode()


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("lora/sz-w01", uplink(battery=90)),
        ("lora/sz-w01", uplink()),
        ("packs/sz-w01", pack("battery")),
        ("spBv1.0/g/NBIRTH/n", BIRTH_OF_NOTHING),
        ("spBv1.0/g/NDEATH/n", BIRTH_OF_NOTHING),
        ("spBv1.0/STATE/host", b"{}"),
        ("field", f"{QN}3020;CP=&&&&".encode()),
        ("field", f"{QN}2011;CP=&&DataTime=20200913202600;a34001-Rtd=178,a34001-Flag=N&&".encode()),
    ],
)
def test_arrival_without_data_is_refused_unless_its_source_expects_it(
    shipped: Config, topic: str, payload: bytes
) -> None:
    (refusal,) = by_sources(shipped, WITHOUT_DATA).arrival(topic, payload, NOW).refusals
    assert (refusal.code, 'no_data = "ignore" in sources.toml' in refusal.detail) == ("no_data", True)
    kept = by_sources(shipped, IGNORED).arrival(topic, payload, NOW)
    assert (kept.readings, kept.refusals, kept.needed_later) == ([], [], "NBIRTH" in topic or "NDEATH" in topic)


@pytest.mark.parametrize(
    ("topic", "payload", "codes"),
    [
        ("lora/sz-w01", uplink(battery=90, temprature=7.5), ["unknown_quantity"]),
        ("lora/sz-w01", uplink(temperature="warm"), ["wrong_type"]),
        ("lora/sz-w01", b"{", ["broken_json"]),
        ("packs/sz-w01", pack("battery", "ph", "temprature"), ["unknown_quantity"]),
        ("spBv1.0/g/NDATA/n", bytes.fromhex("12021001"), ["unknown_alias"]),  # a metric of the number 1
        ("field", b"noise", ["broken_frame"]),
        ("field", f"{QN}2011;CP=&&DataTime=20200913202600;a34001-Rtd=1;a99999-Rtd=1&&".encode(), ["unknown_quantity"]),
    ],
)
def test_arrival_in_which_anything_else_is_refused_is_kept_by_a_source_that_expects_messages_without_data(
    shipped: Config, topic: str, payload: bytes, codes: list[str]
) -> None:
    arrival = by_sources(shipped, IGNORED).arrival(topic, payload, NOW)
    assert [refusal.code for refusal in arrival.refusals] == codes


def test_source_that_ignores_every_code_cannot_ignore_messages_without_data(shipped: Config) -> None:
    text = IGNORED.replace('ignore = ["battery"]', 'ignore = ["*"]')
    with pytest.raises(ConfigError, match=r"source\.no_data: expected 'refuse', as `ignore` has '\*'"):
        by_sources(shipped, text)


# --- gzip

HOUR = "QN=20200913202600000;ST=21;CN=2061;PW=123456;MN=sz-w01;Flag=5;CP=&&DataTime=20200913190000;w01001-Avg=7.5&&"
BIRTH = bytes.fromhex("088080babbc82e12160a027068188080babbc82e200a690000000000001e40")  # ph, a Double of 7.5


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("lora/sz-w01", uplink(ph=7.5)),
        ("packs/sz-w01", pack("ph")),
        ("spBv1.0/g/DBIRTH/n/sz-w01", BIRTH),
        ("field", HOUR.encode()),
    ],
)
def test_arrival_in_gzip_gives_what_it_gives_without(shipped: Config, topic: str, payload: bytes) -> None:
    packed = gzip.compress(payload)
    plain, arrival = (by_sources(shipped, WITHOUT_DATA).arrival(topic, each, NOW) for each in (payload, packed))
    assert [reading.values for reading in plain.readings] == [(("ph", 7.5, 1),)]
    assert (arrival.readings, arrival.refusals, arrival.needed_later) == (plain.readings, [], plain.needed_later)
    assert arrival.payload == packed


@pytest.mark.parametrize("topic", ["lora/sz-w01", "packs/sz-w01", "spBv1.0/g/NDATA/n", "field"])
@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (gzip.compress(b" " * 262_145), "too_large"),
        (gzip.compress(b"[]")[:-4], "broken_payload"),
        (b"\x1f\x8bno gzip", "broken_payload"),
    ],
    ids=["bomb", "cut", "none"],
)
def test_arrival_in_gzip_that_is_broken_or_unpacks_to_too_much_is_refused(
    shipped: Config, topic: str, payload: bytes, code: str
) -> None:
    arrival = by_sources(shipped, IGNORED).arrival(topic, payload, NOW)
    assert ([refusal.code for refusal in arrival.refusals], arrival.payload) == ([code], payload)
