"""The collector on a real Mosquitto as a deployment has it: config/broker/ with only port and paths replaced, and the
certificates made by the commands of docs/broker.md."""

import asyncio
import contextlib
import getpass
import json
import logging
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from ingestor import config
from ingestor.collector import Collector, status_topic
from ingestor.config import BrokerSettings, Config
from ingestor.hj212 import counts as hj212_counts
from ingestor.hj212 import publishing as hj212_publishing
from ingestor.mqtt_publisher import MqttError, Publisher, login_from
from ingestor.mqtt_session import Message, Session
from ingestor.store import Arrival, SeriesKey, SqliteStore, StoreError, store_file
from tests.integration.test_collector import Memory
from tests.support import ROOT, accepts, free_port, server, wait_for

HOST = "localhost"
TOPIC = "env/v1/air/sz-a01"
GATEWAY_TOPIC = "env/v1/gateways/gw1/air"
USERS = ("qingjing", "qingjing-2", "gw1", "sz-a01", "hj212", "observer")
COLLECTOR = "qingjing"


def secret_of(user: str) -> str:
    return f"secret-of-{user}"


def payload(hour: int, **more: str) -> bytes:
    """A reading of its own hour: two messages of different hours are two readings."""
    time = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    return json.dumps({"time": time.isoformat(), "period_s": 3600, "values": {"pm25": float(hour)}, **more}).encode()


def documented(language: str) -> list[str]:
    """Blocks of code of docs/broker.md, for the broker of this test."""
    text = (ROOT / "docs/broker.md").read_text(encoding="utf-8").replace("broker.example.org", HOST)
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def run_commands(commands: list[str], folder: Path) -> None:
    server("openssl")
    for each in commands:
        subprocess.run(["sh", "-euc", each], cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with ca, server and client certificates as docs/broker.md makes them."""
    folder = tmp_path_factory.mktemp("certificates")
    run_commands(documented("sh"), folder)
    return folder


@pytest.fixture(scope="session")
def other_certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of another authority."""
    folder = tmp_path_factory.mktemp("other-certificates")
    run_commands(documented("sh"), folder)
    return folder


@pytest.fixture(scope="session")
def passwords(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of passwords for all users."""
    file = tmp_path_factory.mktemp("passwords") / "passwords"
    file.touch()
    for user in USERS:
        subprocess.run([server("mosquitto_passwd"), "-b", file, user, secret_of(user)], check=True, timeout=60)
    return file


class Deployment:
    """Mosquitto from config/broker/, with what may differ between two sites replaced."""

    def __init__(self, folder: Path, certificates: Path, passwords: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.ca_file = certificates / "ca.crt"
        self.certificates = certificates
        self._process: subprocess.Popen[bytes] | None = None
        self._file = folder / "mosquitto.conf"
        self._log = folder / "mosquitto.log"
        shutil.copytree(certificates, folder / "config/secrets")
        shutil.copy(passwords, folder / "config/secrets/passwords")
        shutil.copy(ROOT / "config/broker/acl", folder / "config/acl")
        (folder / "data").mkdir()
        text = (ROOT / "config/broker/mosquitto.conf").read_text(encoding="utf-8")
        text = text.replace("/mosquitto/", f"{folder}/").replace("listener 8883\n", f"listener {self.port} 127.0.0.1\n")
        text += f"user {getpass.getuser()}\n"  # else, as root, it becomes a user that may not write here
        self._file.write_text(text)

    def replace(self, line: str, by: str) -> None:
        """Replace a line of its configuration, before it starts."""
        text = self._file.read_text()
        assert f"\n{line}\n" in text
        self._file.write_text(text.replace(f"\n{line}\n", f"\n{by}\n"))

    def add_collector(self, user: str) -> None:
        """Give another user the rights of a collector, as docs/broker.md says, before it starts."""
        file = self.folder / "config/acl"
        text = file.read_text()
        (block,) = re.findall(r"^user qingjing\n(?:topic .*\n)+", text, flags=re.MULTILINE)
        file.write_text(text.replace(block, block + "\n" + block.replace("user qingjing", f"user {user}")))

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([server("mosquitto"), "-c", self._file], stdout=log, stderr=log)
        wait_for(lambda: accepts(self.port), what="mosquitto to listen")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop it; gently, so that it saves its sessions, unless told otherwise."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(20)
            self._process = None

    def said(self) -> str:
        """What it has logged."""
        return self._log.read_text(encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, certificates: Path, passwords: Path) -> Iterator[Deployment]:
    """A deployment that is not started yet."""
    folder = tmp_path / "broker"
    folder.mkdir()
    deployed = Deployment(folder, certificates, passwords)
    yield deployed
    deployed.stop()


@pytest.fixture
def broker(site: Deployment) -> Deployment:
    """A deployment that runs."""
    site.start()
    return site


def as_toml(table: dict[str, Any], name: str = "") -> str:
    """A table as TOML: values first, then the tables below it."""
    text = "".join(
        f"{key} = {json.dumps(value)}\n" for key, value in table.items() if not isinstance(value, dict | list)
    )
    for key, value in table.items():
        if isinstance(value, dict):
            text += f"\n[{name}{key}]\n" + as_toml(value, f"{name}{key}.")
        elif isinstance(value, list):
            text += "".join(f"\n[[{name}{key}]]\n" + as_toml(each, f"{name}{key}.") for each in value)
    return text


def configuration(
    site: Deployment, *, user: str = COLLECTOR, sources: str | None = None, gateways: str = "", **settings: Any
) -> Config:
    """A copy of the configuration for a collector, changed as a person would, and read."""
    folder = Path(shutil.copytree(ROOT / "config", site.folder / f"qingjing-{user}", dirs_exist_ok=True))
    (folder / "secrets").mkdir(exist_ok=True)
    (folder / "secrets/broker-password").write_text(secret_of(user) + "\n")
    shutil.copy(site.ca_file, folder / "secrets/ca.crt")
    file = folder / "settings.toml"
    tree = tomllib.loads((ROOT / "config/settings.toml").read_text(encoding="utf-8"))
    tree["broker"] = {
        "host": HOST,
        "port": site.port,
        "client_id": user,
        "username": user,
        "password_file": "secrets/broker-password",
        **settings,
        "tls": {"ca_file": "secrets/ca.crt", **settings.get("tls", {})},
    }
    tree["collector"]["health_port"] = 0
    file.write_text(as_toml(tree), encoding="utf-8")
    if sources is not None:
        (folder / "sources.toml").write_text(sources, encoding="utf-8")
    (folder / "gateways.csv").write_text(f"gateway,medium,station\n{gateways}", encoding="utf-8")
    return config.load(folder)


class Client:
    """A client of the deployment that is not qingjing: a gateway, or somebody who looks on."""

    def __init__(self, site: Deployment, user: str, *, version: int = mqtt.MQTTv311, **options: Any) -> None:
        self.heard: dict[str, list[bytes]] = {}
        self.retained: set[str] = set()
        self.refused: list[str] = []
        self._answered = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=version, **options)
        self._client.username_pw_set(user, secret_of(user))
        self._client.tls_set(site.ca_file)
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = lambda *_: self._answered.set()
        self._client.connect(HOST, site.port)
        self._client.loop_start()
        wait_for(self._client.is_connected, what=f"{user} to connect")

    def _on_message(self, _client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        self.heard.setdefault(message.topic, []).append(message.payload)
        if message.retain:
            self.retained.add(message.topic)

    def _on_publish(
        self, _client: mqtt.Client, _user: object, _id: int, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self.refused.append(str(reason))

    @property
    def connected(self) -> bool:
        """Whether the connection stands."""
        return self._client.is_connected()

    def send(self, topic: str, body: bytes) -> None:
        """Publish at QoS 1 and wait for nothing."""
        self._client.publish(topic, body, qos=1)

    def publish(self, topic: str, *bodies: bytes) -> None:
        """Publish at QoS 1 and wait for all acknowledgements."""
        sent = [self._client.publish(topic, body, qos=1) for body in bodies]
        for each in sent:
            each.wait_for_publish(30)
            assert each.is_published()

    def subscribe(self, topic: str) -> None:
        """Subscribe and wait for the answer."""
        self._answered.clear()
        self._client.subscribe(topic, qos=1)
        assert self._answered.wait(10)

    def last(self, topic: str) -> bytes | None:
        """The last message heard on a topic."""
        return self.heard.get(topic, [None])[-1]  # type: ignore[list-item]

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def client(site: Deployment, user: str, **options: Any) -> Iterator[Client]:
    connected = Client(site, user, **options)
    try:
        yield connected
    finally:
        connected.close()


def publish(site: Deployment, user: str, topic: str, *bodies: bytes) -> None:
    with client(site, user) as gateway:
        gateway.publish(topic, *bodies)


@contextmanager
def running(collector: Collector) -> Iterator[None]:
    """Run a collector in a thread; stop it gently at the end."""
    stop = threading.Event()
    thread = threading.Thread(target=collector.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def wait_for_status(site: Deployment, topic: str) -> None:
    with client(site, "observer") as observer:
        observer.subscribe(topic)
        wait_for(lambda: observer.last(topic), what=f"something on {topic}")


@contextmanager
def collecting(given: Config, site: Deployment, intake: Memory, *, status_of: str = COLLECTOR) -> Iterator[Collector]:
    """Run a collector in a thread, from where it has said that it collects."""
    collector = Collector(given, intake, host=HOST, port=site.port)
    topic = status_topic(status_of)
    with running(collector):
        wait_for_status(site, topic)
        yield collector


@contextmanager
def service(given: Config, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `qingjing run` as a process of its own; kill it at the end, if it still runs."""
    log = data.with_suffix(".log")
    with log.open("ab") as file:
        command = [
            sys.executable,
            "-m",
            "ingestor",
            "--config",
            str(given.directory),
            "--data",
            str(data),
            "run",
            "--board-port",
            "0",
        ]
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(10)


# The configuration that comes along


def test_broker_configuration_starts_without_an_error(broker: Deployment) -> None:
    wait_for(lambda: "running" in broker.said(), what="the broker to say that it runs")
    assert "Error" not in broker.said().partition("running")[0]  # later ones are of who connected without TLS


def test_broker_configuration_has_one_listener(broker: Deployment) -> None:
    assert re.findall("Opening .* listen socket on port (.*)\\.", broker.said()) == [str(broker.port)]


def test_broker_listener_answers_nothing_without_tls(broker: Deployment) -> None:
    with pytest.raises(MqttError):
        Publisher(HOST, broker.port, client_id="plain", timeout_s=5)


def test_broker_certificates_pass_the_strict_checks_of_python(broker: Deployment) -> None:
    context = ssl.create_default_context(cafile=broker.ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        socket.create_connection((HOST, broker.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as secured,
    ):
        assert secured.version() in ("TLSv1.2", "TLSv1.3")


def test_documented_settings_are_those_of_the_collector() -> None:
    (block,) = documented("toml")
    settings = msgspec.convert(tomllib.loads(block)["broker"], BrokerSettings)
    assert (settings.host, settings.tls.ca_file if settings.tls else None) == (HOST, "secrets/ca.crt")


# Connecting


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_collector_connects_by_tls_and_password(protocol: str, broker: Deployment) -> None:
    intake = Memory()
    with collecting(configuration(broker, protocol=protocol), broker, intake):
        publish(broker, "sz-a01", TOPIC, payload(1))
        wait_for(lambda: intake.arrivals, what="the message")
    assert intake.values == [1.0]


def test_collector_takes_its_user_name_from_a_file(broker: Deployment) -> None:
    given = configuration(broker)
    (given.directory / "secrets/user").write_text("qingjing\n")
    settings = msgspec.structs.replace(given.settings.broker, username=None, username_file="secrets/user")
    given = msgspec.structs.replace(given, settings=msgspec.structs.replace(given.settings, broker=settings))
    with collecting(given, broker, Memory()) as collector:
        assert collector.health.connected


WRONG: dict[str, tuple[str, str | None, str]] = {
    "a wrong password": ("broker-password", "secret-of-somebody", "(?i)not authori[sz]ed|bad user"),
    "no password file": ("broker-password", None, "No such file.*broker-password"),
    "no CA file": ("ca.crt", None, r"No such file.*ca\.crt"),
    "a CA file without a certificate": ("ca.crt", "nothing", "(?i)no certificate"),
}


def tries_again_until_mended(
    given: Config, site: Deployment, caplog: pytest.LogCaptureFixture, *, said: str, mend: Callable[[], object]
) -> None:
    """Run a collector that cannot connect; once it has said so twice, mend it, and wait until it is connected."""
    caplog.set_level(logging.DEBUG)
    collector = Collector(given, Memory(), host=HOST, port=site.port)
    with running(collector):
        wait_for(lambda: len(re.findall(said, caplog.text)) >= 2, what=f"{said} in the log")
        mend()
        wait_for(lambda: collector.health.connected, what="a connection after the mistake was mended")


@pytest.mark.parametrize("case", WRONG)
def test_collector_says_what_is_wrong_and_tries_again_with(
    case: str, broker: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    name, content, said = WRONG[case]
    given = configuration(broker)
    file = given.directory / "secrets" / name
    right = file.read_text()
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    tries_again_until_mended(given, broker, caplog, said=said, mend=lambda: file.write_text(right))


def test_collector_refuses_a_broker_of_another_authority_and_tries_again(
    broker: Deployment, other_certificates: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = configuration(broker)
    file = given.directory / "secrets/ca.crt"
    shutil.copy(other_certificates / "ca.crt", file)
    said = "CERTIFICATE_VERIFY_FAILED"
    tries_again_until_mended(given, broker, caplog, said=said, mend=lambda: shutil.copy(broker.ca_file, file))


def test_collector_refuses_a_broker_of_another_name(broker: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    given = configuration(broker)
    with running(Collector(given, Memory(), host="127.0.0.1", port=broker.port)):  # the certificate is localhost's
        wait_for(lambda: "CERTIFICATE_VERIFY_FAILED" in caplog.text, what="a refusal")
    assert "connected, session" not in caplog.text


@pytest.mark.parametrize("case", ["connected", "refused"])
def test_collector_logs_no_secret_when(case: str, broker: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    given = configuration(broker)
    password = given.directory / "secrets/broker-password"
    if case == "refused":
        password.write_text("secret-of-somebody")
    with running(Collector(given, Memory(), host=HOST, port=broker.port)):
        expected = "connected, session" if case == "connected" else "(?i)not authori[sz]ed|bad user"
        wait_for(lambda: re.search(expected, caplog.text), what=expected)
    assert "secret-of" not in caplog.text


@pytest.fixture
def strict_broker(site: Deployment) -> Deployment:
    """A deployment that asks each client for a certificate."""
    site.replace("require_certificate false", "require_certificate true")
    site.start()
    return site


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_collector_with_a_certificate_connects_where_one_is_required(
    protocol: str, strict_broker: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tls = {"cert_file": "secrets/client.crt", "key_file": "secrets/client.key"}
    directory = configuration(strict_broker).directory
    for name in ("client.crt", "client.key"):
        shutil.copy(strict_broker.certificates / name, directory / "secrets" / name)
    given = configuration(strict_broker, tls=tls, protocol=protocol)
    with running(Collector(given, Memory(), host=HOST, port=strict_broker.port)):
        wait_for(lambda: "connected, session" in caplog.text, what="a connection")


def test_collector_without_a_certificate_says_that_one_is_required(
    strict_broker: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    given = configuration(strict_broker)
    with running(Collector(given, Memory(), host=HOST, port=strict_broker.port)):
        wait_for(lambda: len(re.findall("(?i)certificate.required", caplog.text)) >= 2, what="two refusals")
    assert "connected, session" not in caplog.text


# Who may write and read what

FOREIGN = {
    "another station": "env/v1/air/sz-a02",
    "below its own name": f"{TOPIC}/more",
    "above its own name": "env/v1/air",
    "another gateway": GATEWAY_TOPIC,
    "another tree": "env/v2/air/sz-a01",
}
ALL_SOURCES = '[[source]]\nname = "all"\ntopic = "{topic}"\ndialect = "native"\nmedium = "air"\n'


@pytest.mark.parametrize("case", FOREIGN)
def test_gateway_of_one_station_cannot_write_to(case: str, broker: Deployment) -> None:
    topic = FOREIGN[case]
    with client(broker, "qingjing", client_id="qingjing") as reader:
        reader.subscribe("#")
        with client(broker, "sz-a01") as gateway:
            gateway.publish(topic, payload(1))
            gateway.publish(TOPIC, payload(2))
        wait_for(lambda: reader.last(TOPIC), what="the gateway's own message, which it sent last")
    assert set(reader.heard) == {TOPIC}


def test_gateway_of_hj212_writes_by_tls_where_it_may_and_is_told_where_not(broker: Deployment) -> None:
    (broker.folder / "password").write_text(secret_of("hj212") + "\n")
    counts = hj212_counts.Counts()

    async def scene() -> None:
        publisher = hj212_publishing.Publisher(
            HOST, broker.port, client_id="hj212", counts=counts, complaints=hj212_counts.Complaints(),
            login=login_from("hj212", broker.folder / "password", broker.ca_file),
        )  # fmt: skip
        connected = asyncio.create_task(publisher.run())
        async with asyncio.timeout(10):
            await publisher.publish("env/hj212/v1/A1", b"##")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await publisher.publish(TOPIC, b"##")
        connected.cancel()
        await asyncio.gather(connected, return_exceptions=True)

    with client(broker, COLLECTOR) as collector:
        collector.subscribe("env/#")
        asyncio.run(scene())
        assert collector.heard == {"env/hj212/v1/A1": [b"##"]}
    assert (counts.published, counts.held) == (1, 1)


@pytest.mark.parametrize("topic", [TOPIC, "env/v1/gateways/gw2/air", "env/v1/gateways/gw1", f"{GATEWAY_TOPIC}/more"])
def test_gateway_of_several_stations_cannot_write_to(topic: str, broker: Deployment) -> None:
    with client(broker, "qingjing") as reader:
        reader.subscribe("#")
        with client(broker, "gw1") as gateway:
            gateway.publish(topic, payload(1))
            gateway.publish(GATEWAY_TOPIC, payload(2))
        wait_for(lambda: reader.last(GATEWAY_TOPIC), what="the gateway's own message, which it sent last")
    assert set(reader.heard) - {"env/v1/gateways/gw1"} == {GATEWAY_TOPIC}


def test_broker_tells_a_gateway_of_mqtt_5_that_it_may_not_write(broker: Deployment) -> None:
    with client(broker, "sz-a01", version=mqtt.MQTTv5) as gateway:
        gateway.publish("env/v1/air/sz-a02", payload(1))
        wait_for(lambda: gateway.refused, what="a refusal")
        assert gateway.refused == ["Not authorized"]


def test_gateway_cannot_write_the_status_of_a_collector(broker: Deployment) -> None:
    topic = status_topic(COLLECTOR)
    with client(broker, "observer") as observer:
        observer.subscribe(topic)
        publish(broker, "sz-a01", topic, b"forged")
        publish(broker, "qingjing", topic, b"true")
        wait_for(lambda: observer.heard, what="the collector's own status")
    assert observer.heard == {topic: [b"true"]}


def test_gateway_cannot_read_what_others_send(broker: Deployment) -> None:
    with client(broker, "gw1") as reader:
        reader.subscribe("#")
        publish(broker, "sz-a01", TOPIC, payload(1))
        publish(broker, "qingjing", status_topic(COLLECTOR), b"true")
        wait_for(lambda: reader.heard, what="the status, which was sent last")
    assert set(reader.heard) == {status_topic(COLLECTOR)}


def test_gateway_cannot_end_the_session_of_a_collector_by_its_client_id(broker: Deployment) -> None:
    with collecting(configuration(broker), broker, Memory()):
        pass
    publish(broker, "sz-a01", TOPIC, payload(1))
    with client(broker, "gw1", client_id=COLLECTOR, clean_session=True):
        pass
    intake = Memory()
    with collecting(configuration(broker), broker, intake):
        wait_for(lambda: intake.arrivals, what="what was queued for the collector")
    assert intake.values == [1.0]


def codes(intake: Memory) -> list[str]:
    return [refusal.code for arrival in intake.arrivals for refusal in arrival.refusals]


@pytest.mark.parametrize(
    ("user", "topic"), [("gw1", GATEWAY_TOPIC), ("sz-a01", TOPIC), ("sz-a01", "env/v1/gateways/sz-a01/air")]
)
def test_payload_of_a_station_that_its_gateway_does_not_own_goes_to_quarantine(
    user: str, topic: str, broker: Deployment
) -> None:
    given = configuration(broker, gateways="gw1,air,sz-a01\n")
    intake = Memory()
    with collecting(given, broker, intake):
        publish(broker, user, topic, payload(1, station="sz-a02"))
        wait_for(lambda: intake.arrivals, what="the message")
    assert codes(intake) == ["foreign_station"]
    assert intake.values == []


def test_payload_of_a_station_that_its_gateway_owns_is_taken(broker: Deployment) -> None:
    given = configuration(broker, gateways="gw1,air,sz-a01\n")
    intake = Memory()
    with collecting(given, broker, intake):
        publish(broker, "gw1", GATEWAY_TOPIC, payload(1, station="sz-a01"))
        wait_for(lambda: intake.arrivals, what="the message")
    assert codes(intake) == []
    assert intake.values == [1.0]


def test_message_larger_than_its_source_takes_goes_to_quarantine(broker: Deployment) -> None:
    intake = Memory()
    with collecting(configuration(broker), broker, intake):
        publish(broker, "sz-a01", TOPIC, b" " * 300_000)
        wait_for(lambda: intake.arrivals, what="the message")
    assert codes(intake) == ["too_large"]


def test_broker_ends_the_connection_of_a_gateway_that_sends_more_than_a_mebibyte(broker: Deployment) -> None:
    with client(broker, "sz-a01", reconnect_on_failure=False) as gateway:
        gateway.send(TOPIC, b" " * 2**20)
        wait_for(lambda: not gateway.connected, what="the end of the connection")


# The session


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_broker_keeps_far_more_than_a_thousand_messages_for_a_collector_that_is_away(
    protocol: str, broker: Deployment
) -> None:
    given = configuration(broker, protocol=protocol)
    with collecting(given, broker, Memory()):
        pass
    publish(broker, "sz-a01", TOPIC, *[payload(i) for i in range(8000)])
    intake = Memory()
    with collecting(given, broker, intake):
        wait_for(lambda: len(intake.arrivals) >= 8000, what="8,000 messages")
    assert intake.values == [float(i) for i in range(8000)]


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_broker_keeps_what_it_acknowledged_over_its_own_restart(protocol: str, broker: Deployment) -> None:
    given = configuration(broker, protocol=protocol)
    with collecting(given, broker, Memory()):
        pass
    publish(broker, "sz-a01", TOPIC, payload(7))
    broker.stop()
    broker.start()
    intake = Memory()
    with collecting(given, broker, intake):
        wait_for(lambda: intake.arrivals, what="the message from before the restart")
    assert intake.values == [7.0]


def test_broker_keeps_what_it_has_saved_when_it_is_killed(broker: Deployment) -> None:
    given = configuration(broker)
    with collecting(given, broker, Memory()):
        pass
    publish(broker, "sz-a01", TOPIC, payload(7))
    saved = broker.folder / "data/mosquitto.db"  # replaced in one step
    wait_for(lambda: saved.exists() and payload(7) in saved.read_bytes(), what="the message in what is saved")
    broker.stop(signal.SIGKILL)
    broker.start()
    intake = Memory()
    with collecting(given, broker, intake):
        wait_for(lambda: intake.arrivals, what="the message from before the kill")
    assert intake.values == [7.0]


def connected_session(given: Config, site: Deployment) -> Session:
    session = Session(given.settings.broker, host=HOST, port=site.port, directory=given.directory, clock=lambda: 0.0)
    session.connect({"env/v1/+/+"}, leave=())

    def subscribed() -> bool:
        session.receive([], most=1, most_bytes=1, wait_s=0.1)
        return session.subscribed

    wait_for(subscribed, what="the subscription")
    return session


def test_broker_sends_no_more_messages_unasked_than_the_receive_maximum(broker: Deployment) -> None:
    # Only before the first acknowledgement: each one makes Mosquitto 2.0.11 send as many again (docs/broker.md).
    with closing(connected_session(configuration(broker, protocol="5", receive_maximum=10), broker)) as session:
        publish(broker, "sz-a01", TOPIC, *[payload(i) for i in range(50)])
        messages: list[Message] = []

        def receive() -> int:
            session.receive(messages, most=1000, most_bytes=2**20, wait_s=0.5)
            return len(messages)

        wait_for(lambda: receive() >= 10, what="ten messages")
        assert receive() == 10


def test_collector_receives_all_through_a_small_receive_maximum(broker: Deployment) -> None:
    intake = Memory()
    with collecting(configuration(broker, protocol="5", receive_maximum=10), broker, intake):
        publish(broker, "sz-a01", TOPIC, *[payload(i) for i in range(1000)])
        wait_for(lambda: len(intake.arrivals) >= 1000, what="1,000 messages")
    assert intake.values == [float(i) for i in range(1000)]


class Failing(Memory):
    def commit(self, _arrivals: Sequence[Arrival]) -> None:
        raise StoreError("store: no room")


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_collector_receives_again_over_tls_what_it_could_not_commit(protocol: str, broker: Deployment) -> None:
    given = configuration(broker, protocol=protocol)
    with collecting(given, broker, Failing()) as collector:
        publish(broker, "sz-a01", TOPIC, payload(3))
        wait_for(lambda: collector.health.commit_failing, what="a failed commit")
    intake = Memory()
    with collecting(given, broker, intake):
        wait_for(lambda: intake.arrivals, what="the message again")
    assert intake.values == [3.0]


# Subscriptions

OLD = '[[source]]\nname = "old"\ntopic = "env/v1/{medium}/{station}"\ndialect = "native"\n'
NEW = '[[source]]\nname = "new"\ntopic = "env/v1/gateways/{gateway}/{medium}"\ndialect = "native"\n'
GW1 = "gw1,air,sz-a01\n"


def send_to_both(site: Deployment, hour: int) -> None:
    """A message to the old source, and then one to the new."""
    publish(site, "sz-a01", TOPIC, payload(hour))
    publish(site, "gw1", GATEWAY_TOPIC, payload(hour, station="sz-a01"))


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_collector_leaves_and_takes_topics_that_changed_between_two_runs(protocol: str, broker: Deployment) -> None:
    first, second = Memory(), Memory()
    with collecting(configuration(broker, protocol=protocol, sources=OLD), broker, first):
        pass
    second.filters = first.filters
    with collecting(configuration(broker, protocol=protocol, sources=NEW, gateways=GW1), broker, second):
        send_to_both(broker, 1)
        wait_for(lambda: second.arrivals, what="the message of the new source")
    assert [a.topic for a in second.arrivals] == [GATEWAY_TOPIC]


def test_broker_queues_nothing_for_a_topic_that_the_collector_has_left(broker: Deployment) -> None:
    first, second, third = Memory(), Memory(), Memory()
    with collecting(configuration(broker, sources=OLD), broker, first):
        pass
    second.filters = first.filters
    with collecting(configuration(broker, sources=NEW, gateways=GW1), broker, second):
        pass
    send_to_both(broker, 1)
    third.filters = second.filters
    with collecting(configuration(broker, sources=OLD + NEW, gateways=GW1), broker, third):
        wait_for(lambda: third.arrivals, what="the message of the new source")
    assert [a.topic for a in third.arrivals] == [GATEWAY_TOPIC]


def test_message_of_a_source_that_was_removed_meanwhile_goes_to_quarantine(broker: Deployment) -> None:
    first, second = Memory(), Memory()
    with collecting(configuration(broker, sources=OLD), broker, first):
        pass
    publish(broker, "sz-a01", TOPIC, payload(1))
    second.filters = first.filters
    with collecting(configuration(broker, sources=NEW), broker, second):
        wait_for(lambda: second.arrivals, what="the message that was queued")
    assert codes(second) == ["unknown_topic"]


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_collector_changes_topics_while_it_runs(protocol: str, broker: Deployment) -> None:
    intake = Memory()
    with collecting(configuration(broker, protocol=protocol, sources=OLD), broker, intake) as collector:
        collector.reconfigure(configuration(broker, protocol=protocol, sources=NEW, gateways=GW1))
        wait_for(
            lambda: list(intake.filters.values()) == [{"env/v1/gateways/+/+"}], what="the broker's answer to the change"
        )
        send_to_both(broker, 1)
        wait_for(lambda: intake.arrivals, what="the message of the new source")
    assert [a.topic for a in intake.arrivals] == [GATEWAY_TOPIC]
    assert collector.health.reconnects == 0


def test_collector_loses_no_message_while_topics_change(broker: Deployment) -> None:
    intake = Memory()
    given = [configuration(broker, sources=s, gateways=GW1) for s in (OLD, OLD + NEW)]
    with collecting(given[0], broker, intake) as collector, client(broker, "sz-a01") as gateway:
        for i in range(20):
            collector.reconfigure(given[(i + 1) % 2])
            gateway.publish(TOPIC, *[payload(20 * i + j) for j in range(20)])
        wait_for(lambda: len(intake.arrivals) >= 400, what="400 messages")
    assert intake.values == [float(i) for i in range(400)]


# Several collectors


class Sharing:
    """Two services of one share group, each with its own store."""

    def __init__(self, site: Deployment, folder: Path) -> None:
        self.site = site
        self.users = ("qingjing", "qingjing-2")
        self.configs = {user: configuration(site, user=user, share="collectors", protocol="5") for user in self.users}
        self.data = {user: folder / user for user in self.users}

    @contextmanager
    def service(self, user: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run one of them, from where it has said that it collects."""
        with service(self.configs[user], self.data[user]) as process:
            wait_for_status(self.site, status_topic(user))
            yield process

    def messages(self, user: str) -> int:
        """How many messages one has taken."""
        with closing(SqliteStore(store_file(self.data[user]))) as store:
            return store.counts().get("messages", 0)

    def hours(self, user: str) -> list[float]:
        """Values of the readings that one has stored, ascending."""
        with closing(SqliteStore(store_file(self.data[user]))) as store:
            store.drain()
            return [float(v) for v in store.raw(SeriesKey("air", "sz-a01", 3600, "pm25")).values]


@pytest.fixture
def sharing(site: Deployment, tmp_path: Path) -> Sharing:
    site.add_collector("qingjing-2")
    site.start()
    return Sharing(site, tmp_path)


def test_share_group_takes_each_message_once(sharing: Sharing) -> None:
    one, two = sharing.users
    with sharing.service(one), sharing.service(two):
        publish(sharing.site, "sz-a01", TOPIC, *[payload(i) for i in range(300)])
        wait_for(lambda: sharing.messages(one) + sharing.messages(two) >= 300, what="300 messages")
    first, second = sharing.hours(one), sharing.hours(two)
    assert sorted(first + second) == [float(i) for i in range(300)]
    assert min(len(first), len(second)) > 0


def test_share_group_loses_nothing_of_a_collector_that_dies(sharing: Sharing) -> None:
    one, two = sharing.users
    with sharing.service(two):
        with sharing.service(one) as dying:
            publish(sharing.site, "sz-a01", TOPIC, *[payload(i) for i in range(100)])
            kill(dying)
        publish(sharing.site, "sz-a01", TOPIC, *[payload(i) for i in range(100, 200)])
        # Mosquitto keeps what is the dead one's turn in its session: see docs/broker.md.
        with sharing.service(one):
            wait_for(lambda: len({*sharing.hours(one), *sharing.hours(two)}) >= 200, what="200 readings")
    assert sorted({*sharing.hours(one), *sharing.hours(two)}) == [float(i) for i in range(200)]
    assert not {*sharing.hours(one)} & {*sharing.hours(two)}


def test_collector_that_leaves_its_share_group_leaves_nothing_behind(sharing: Sharing) -> None:
    one, two = sharing.users
    with sharing.service(one), sharing.service(two):
        pass
    publish(sharing.site, "sz-a01", TOPIC, *[payload(i) for i in range(100)])
    sharing.configs[one] = configuration(sharing.site, user=one, protocol="5")
    with sharing.service(one), sharing.service(two):
        publish(sharing.site, "sz-a01", TOPIC, *[payload(i) for i in range(100, 200)])
        wait_for(lambda: sharing.messages(two) >= 150, what="its own half, and then all, for the one that stays")
    assert sharing.hours(two)[-100:] == [float(i) for i in range(100, 200)]
    assert sorted({*sharing.hours(one), *sharing.hours(two)}) == [float(i) for i in range(200)]


# Status


def test_status_is_retained_while_a_collector_runs(broker: Deployment) -> None:
    topic = status_topic(COLLECTOR)
    with collecting(configuration(broker), broker, Memory()), client(broker, "gw1") as late:
        late.subscribe(topic)
        wait_for(lambda: late.heard, what="the status")
    assert topic in late.retained
    assert json.loads(late.heard[topic][0])["state"] == "collecting"


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_status_is_empty_once_a_collector_has_ended_by(
    end: signal.Signals, protocol: str, broker: Deployment, tmp_path: Path
) -> None:
    topic = status_topic(COLLECTOR)
    with ExitStack() as stack:
        observer = stack.enter_context(client(broker, "observer"))
        observer.subscribe(topic)
        process = stack.enter_context(service(configuration(broker, protocol=protocol), tmp_path / "data"))
        wait_for(lambda: observer.last(topic), what="the status")
        process.send_signal(end)
        process.wait(10)
        wait_for(lambda: observer.last(topic) == b"", what="an empty status")
    with client(broker, "gw1") as late:
        late.subscribe(topic)
        late.subscribe("env/v1/none")  # its answer comes after what is retained
        assert topic not in late.heard
