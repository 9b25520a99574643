"""The gateway for devices of HJ 212: real TCP, a real Mosquitto; what devices do, and what must not disturb others."""

import asyncio
import contextlib
import datetime as dt
import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest

from ingestor import secret_files
from ingestor.hj212 import publishing
from ingestor.hj212.counts import Complaints, Counts
from ingestor.hj212.devices import Devices
from ingestor.hj212.publishing import Publisher
from ingestor.hj212.rules import Rules
from ingestor.hj212.seen import Seen
from ingestor.hj212.server import Server, server_tls
from ingestor.hj212.session import Shared
from sensors.hj212 import crc
from sensors.hj212.frames import Frame, build
from sensors.hj212.stream import FrameReader
from tests.support import Mosquitto, free_port, wait_for

OFFSET_S = 8 * 3600
ZONE = dt.timezone(dt.timedelta(seconds=OFFSET_S))
DEVICES = Devices({"A1": "secret-a", "B1": "secret-b"})
WITHIN_S = 30.0
DATA = "DataTime=20260101080000;a34004-Rtd=15.1,a34004-Flag=N"


def upload(
    command: str = "2011", *, mn: str = "A1", flag: int = 5, qn: str = "20260101080000001", cp: str = DATA, **more: Any
) -> bytes:  # fmt: skip
    """A frame of a device with the right password."""
    header = {"QN": qn, "ST": "22", "CN": command, "PW": f"secret-{mn[0].lower()}", "MN": mn}
    return build({**header, "Flag": flag, **more}, cp)


class Heard:
    """What a subscriber of all that gateways publish has got."""

    def __init__(self, port: int) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.subscribed = False
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("env/hj212/v1/#", qos=1)
        self._client.on_subscribe = lambda *_: setattr(self, "subscribed", True)
        self._client.on_message = lambda _client, _user, got: self.messages.append((got.topic, got.payload))
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        wait_for(lambda: self.subscribed, what="a subscription")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    running = Mosquitto(tmp_path_factory.mktemp("mosquitto"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def heard(broker: Mosquitto) -> Iterator[Heard]:
    subscriber = Heard(broker.port)
    yield subscriber
    subscriber.close()


class Device:
    """A field device: sends bytes, reads what the gateway says."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self._frames = FrameReader()
        self._got: list[Frame] = []

    def send(self, *texts: bytes) -> None:
        for text in texts:
            self.writer.write(text)

    async def hears(self, command: str, *, within_s: float = WITHIN_S) -> Frame:
        """The next frame of the gateway, which must be this command."""
        async with asyncio.timeout(within_s):
            while not self._got:
                received = await self._reader.read(4096)
                if not received:
                    raise EOFError
                for frame in self._frames.feed(received):
                    assert isinstance(frame, Frame)
                    assert frame.faults() == []
                    self._got.append(frame)
        frame = self._got.pop(0)
        assert frame.header["CN"] == command
        return frame

    async def hears_nothing(self, seconds: float) -> None:
        with pytest.raises(TimeoutError):
            await self.hears("", within_s=seconds)

    async def is_closed(self) -> None:
        """Wait until the gateway has closed the connection without another word."""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(WITHIN_S):
                assert await self._reader.read() == b""


class Gateway:
    """A running gateway."""

    def __init__(self, server: Server, counts: Counts, stop: asyncio.Event, running: asyncio.Task[None]) -> None:
        self.server, self.counts, self.stop, self.running = server, counts, stop, running
        self.devices: list[Device] = []

    async def device(self, tls: ssl.SSLContext | None = None) -> Device:
        self.devices.append(Device(*await asyncio.open_connection("127.0.0.1", self.server.port, ssl=tls)))
        return self.devices[-1]


@contextlib.asynccontextmanager
async def gateway(
    broker_port: int, *, seen: Path | None = None, devices: Devices = DEVICES, tls: Any = None, **rules: Any
) -> AsyncIterator[Gateway]:
    counts, complaints = Counts(), Complaints()
    publisher = Publisher("127.0.0.1", broker_port, client_id="gate", counts=counts, complaints=complaints)
    shared = Shared(
        rules=Rules(offset_s=OFFSET_S, **rules), devices=devices, publisher=publisher, seen=Seen(seen), counts=counts,
        complaints=complaints, entered={},
    )  # fmt: skip
    server, stop = Server(shared, publisher, tls=tls), asyncio.Event()
    running = asyncio.create_task(server.run("127.0.0.1", 0, stop=stop))
    await until(lambda: server.port)
    gate = Gateway(server, counts, stop, running)
    try:
        yield gate
    finally:
        for device in gate.devices:
            device.writer.transport.abort()
        stop.set()
        await running


async def until(reached: Callable[[], object]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not reached():  # noqa: ASYNC110  # a condition of another thread, or of what is under test
            await asyncio.sleep(0.01)


def test_data_are_published_as_they_came_and_answered(broker: Mosquitto, heard: Heard) -> None:
    async def scene() -> None:
        async with gateway(broker.port) as gate:
            device = await gate.device()
            device.send(upload())
            answer = await device.hears("9014")
            assert answer.header == {
                "QN": "20260101080000001", "ST": "91", "CN": "9014", "PW": "secret-a", "MN": "A1", "Flag": "4"
            }  # fmt: skip
            device.send(upload(flag=4, qn="20260101080001001"), upload(qn="20260101080002001"))
            assert (await device.hears("9014")).header[
                "QN"
            ] == "20260101080002001"  # none for the one that asks for none
            await until(lambda: len(heard.messages) == 3)
            assert (gate.counts.frames, gate.counts.published, gate.counts.answered) == (3, 3, 2)

    asyncio.run(scene())
    assert heard.messages[0] == ("env/hj212/v1/A1", upload())


def test_a_frame_in_ten_segments_and_ten_in_one(broker: Mosquitto, heard: Heard) -> None:
    numbers = [f"202601010800000{i:02d}" for i in range(10)]

    async def scene() -> None:
        async with gateway(broker.port) as gate:
            device = await gate.device()
            text = upload()
            for at in range(0, len(text), len(text) // 9):
                device.send(text[at : at + len(text) // 9])
                await device.writer.drain()
                await asyncio.sleep(0.005)
            await device.hears("9014")
            device.send(b"".join(upload(qn=number) for number in numbers))
            assert [(await device.hears("9014")).header["QN"] for _ in numbers] == numbers
            await until(lambda: len(heard.messages) == 11)

    asyncio.run(scene())
    assert [payload for _, payload in heard.messages] == [upload(), *(upload(qn=number) for number in numbers)]


def test_no_answer_before_the_broker_has_acknowledged_and_somebody_has_subscribed(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "HOLD_S", 0.2)

    async def scene() -> None:
        async with gateway(mosquitto.port) as gate:
            device = await gate.device()
            await until(lambda: gate.counts.broker_connected)
            device.send(upload(qn="20260101080000001"))
            await until(lambda: gate.counts.held)
            assert gate.counts.answered == 0  # MQTT 5 tells that nobody would get it
            heard = await asyncio.to_thread(Heard, mosquitto.port)
            await device.hears("9014")
            mosquitto.send_signal(signal.SIGSTOP)
            device.send(upload(qn="20260101080000002"))
            await device.hears_nothing(0.3)  # it was sent to the broker, which has not acknowledged it
            mosquitto.send_signal(signal.SIGKILL)
            await until(lambda: not gate.counts.broker_connected)
            await device.hears_nothing(0.3)
            await asyncio.to_thread(mosquitto.start)
            assert (await device.hears("9014")).header["QN"] == "20260101080000002"
            assert gate.counts.published == gate.counts.answered == 2
            await asyncio.to_thread(heard.close)

    asyncio.run(scene())


def test_a_gateway_that_cannot_publish_any_more_ends(broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_: Publisher) -> None:
        raise ValueError("a fault")

    monkeypatch.setattr(Publisher, "run", fail)

    async def scene() -> None:
        async with gateway(broker.port) as gate:
            await asyncio.wait((gate.running,), timeout=WITHIN_S)

    with pytest.raises(ValueError, match="a fault"):
        asyncio.run(scene())


def test_frames_that_no_broker_took_are_counted_at_the_end() -> None:
    async def scene() -> Counts:
        async with gateway(free_port(), drain_s=0.1) as gate:
            device = await gate.device()
            device.send(upload() * 3)
            await until(lambda: gate.counts.frames)
            gate.stop.set()
            await gate.running
            return gate.counts

    counts = asyncio.run(scene())
    assert (counts.published, counts.answered, counts.unpublished) == (0, 0, 3)


@pytest.mark.parametrize("header", [{"MN": "Z9"}, {"PW": "wrong"}, {"MN": "B1"}], ids=repr)
def test_an_unknown_device_or_a_wrong_password_is_not_taken(
    broker: Mosquitto, heard: Heard, caplog: pytest.LogCaptureFixture, header: dict[str, str]
) -> None:
    async def scene() -> None:
        async with gateway(broker.port) as gate:
            device = await gate.device()
            device.send(build({"QN": "1", "ST": "22", "CN": "2011", "PW": "secret-a", "MN": "A1", "Flag": 5, **header}))
            await device.is_closed()
            assert gate.counts.refused == {"login": 1}
            assert gate.counts.closed == {"login": 1}

    asyncio.run(scene())
    assert heard.messages == []
    assert "secret" not in caplog.text
    assert "wrong" not in caplog.text.replace("its password is wrong", "").replace("or wrong password", "")


def test_frames_that_are_not_good_are_published_for_quarantine_and_not_answered(
    broker: Mosquitto, heard: Heard
) -> None:
    bad_check = upload()[:-6] + b"0000\r\n"
    bad_length = b"##0999" + upload()[6:]

    async def scene() -> None:
        async with gateway(broker.port) as gate:
            device = await gate.device()
            device.send(b"hello\r\n", upload(), bad_check, bad_length, b"noise\r\n", upload(qn="20260101080000009"))
            await device.hears("9014")
            assert (await device.hears("9014")).header["QN"] == "20260101080000009"
            assert gate.counts.refused == {"noise": 2, "check": 1, "length": 1}
            await until(lambda: len(heard.messages) == 5)  # the first noise is nobody's

    asyncio.run(scene())
    assert [payload for _, payload in heard.messages[1:4]] == [bad_check[:-2], bad_length[:-2], b"noise\r\n"]


def test_the_check_of_a_source_may_be_modbus(broker: Mosquitto, heard: Heard) -> None:
    text = upload()
    text = text[:-6] + b"%04X\r\n" % crc.modbus(text[6:-6])

    async def scene() -> None:
        async with gateway(broker.port, check="modbus") as gate:
            device = await gate.device()
            device.send(text)
            await device.hears("9014")
            await until(lambda: heard.messages)

    asyncio.run(scene())


def test_packets_of_a_message_are_published_together(broker: Mosquitto, heard: Heard) -> None:
    first = upload("2051", flag=7, PNUM=2, PNO=1, cp="DataTime=20260101080000;a34004-Avg=15.1")
    second = upload("2051", flag=7, PNUM=2, PNO=2, cp="a34002-Avg=25.1")
    lone = upload("2051", flag=7, qn="20260101080500001", PNUM=2, PNO=1)

    async def scene() -> None:
        async with gateway(broker.port, join_s=0.3) as gate:
            device = await gate.device()
            device.send(second, first)
            await device.hears("9014")
            await device.hears("9014")
            device.send(lone)
            await device.hears("9014")  # what is not completed is handed on in the end
            await until(lambda: len(heard.messages) == 2)

    asyncio.run(scene())
    assert [payload for _, payload in heard.messages] == [first + second, lone]


@pytest.mark.usefixtures("heard")
def test_devices_that_misbehave_do_not_disturb_others(broker: Mosquitto) -> None:
    async def scene() -> None:
        async with gateway(
            broker.port, login_s=1.0, frame_s=0.8, idle_s=2.0, most_broken=5, connections_per_device=2, write_s=0.5
        ) as gate:
            good = await gate.device()
            half_open, silent, slow, lying, garbage = [await gate.device() for _ in range(5)]
            half_open.send(upload(mn="B1"))
            await half_open.hears("9014")  # and then nothing for ever
            slow.send(upload()[:20])
            lying.send(upload(), b"##9999" + upload()[6:-8])
            garbage.send(b"x##" * 20_000)
            for i in range(8):
                number = f"2026010108000{i:04d}"
                good.send(upload(qn=number))
                assert (await good.hears("9014", within_s=5)).header["QN"] == number
                await asyncio.sleep(0.2)
            for device in (half_open, silent, slow, garbage):
                await device.is_closed()
            await lying.hears("9014")
            await lying.is_closed()
            assert gate.counts.closed["no_login"] == 3
            assert gate.counts.closed["unfinished"] == 1
            assert gate.counts.closed["idle"] == 1
            assert gate.counts.connected == 1

    asyncio.run(scene())


@pytest.mark.usefixtures("heard")
def test_connections_are_limited_in_all_and_of_one_device(broker: Mosquitto) -> None:
    async def scene() -> None:
        async with gateway(broker.port, connections=3, connections_per_device=2) as gate:
            devices = [await gate.device() for _ in range(3)]
            more = await gate.device()
            await more.is_closed()
            assert gate.counts.turned_away == 1
            for device in devices:
                device.send(upload())
                await device.hears("9014")
            await devices[0].is_closed()
            assert gate.counts.closed == {"displaced": 1}
            devices[2].send(upload())
            await devices[2].hears("9014")

    asyncio.run(scene())


@pytest.mark.usefixtures("heard")
def test_a_device_that_sends_too_fast_waits_and_loses_nothing(broker: Mosquitto) -> None:
    async def scene() -> None:
        async with gateway(broker.port, frames_per_s=50.0, burst_s=0.1) as gate:
            device = await gate.device()
            begin = time.monotonic()
            device.send(upload() * 50)
            for _ in range(50):
                await device.hears("9014")
            assert time.monotonic() - begin > (50 - 5) / 50 * 0.9

    asyncio.run(scene())


@pytest.mark.usefixtures("heard")
def test_a_device_that_takes_no_answers_is_let_go(broker: Mosquitto) -> None:
    async def scene() -> None:
        async with gateway(broker.port, write_s=0.2, frames_per_s=1e6, bytes_per_s=1e9) as gate:
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", gate.server.port))
            deaf, good = Device(*await asyncio.open_connection(sock=connection)), await gate.device()
            gate.devices.append(deaf)
            deaf.writer.transport.pause_reading()  # type: ignore[attr-defined]  # of the transport of a socket

            async def talk() -> None:
                with contextlib.suppress(ConnectionError):
                    while True:
                        deaf.send(upload(mn="B1") * 100)
                        await deaf.writer.drain()

            talking = asyncio.create_task(talk())
            await until(lambda: gate.counts.answered > 10)
            (session,) = gate.server._shared.entered["B1"]  # noqa: SLF001
            transport = session._writer.transport  # noqa: SLF001 - so that few answers fill what holds them
            transport.set_write_buffer_limits(2000)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            good.send(upload())
            await good.hears("9014")
            await until(lambda: gate.counts.closed["deaf"] or talking.done())
            talking.cancel()
            assert gate.counts.closed["deaf"] == 1

    asyncio.run(scene())


async def answering(device: Device, command: str) -> Frame:
    """Hear a request and accept it."""
    request = await device.hears(command)
    names = {"ST": "91", "PW": "secret-a", "MN": "A1", "Flag": 4}
    device.send(build({"QN": request.header["QN"], "CN": "9011", **names}, "QnRtn=1"))
    device.send(build({"QN": request.header["QN"], "CN": "9012", **names}, "ExeRtn=1"))
    return request


def local(back: dt.timedelta = dt.timedelta()) -> dt.datetime:
    return dt.datetime.now(ZONE).replace(tzinfo=None) - back


def number(at: dt.datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S") + "000"


@pytest.mark.usefixtures("heard")
def test_history_is_fetched_back_from_what_was_last_seen(broker: Mosquitto, tmp_path: Path) -> None:
    hours, minutes = local(dt.timedelta(hours=5)), local(dt.timedelta(hours=200))
    recent = upload(cp=f"DataTime={local():%Y%m%d%H%M%S}")

    async def scene() -> None:
        rules: Any = {"back_fetch": ("2061", "2051"), "back_fetch_h": 72.0, "seen": tmp_path / "seen.json"}
        async with gateway(broker.port, **rules) as gate:
            device = await gate.device()
            for command, at in (("2061", hours), ("2051", minutes)):
                device.send(upload(command, cp=f"DataTime={at:%Y%m%d%H%M%S};a34004-Avg=1"))
                await device.hears("9014")
            future = local(dt.timedelta(hours=-1))
            device.send(upload("2061", cp=f"DataTime={future:%Y%m%d%H%M%S};a34004-Avg=1"))
            await device.hears("9014")
        async with gateway(broker.port, **rules) as gate:  # after a restart
            device = await gate.device()
            device.send(recent)
            first = await device.hears("2061")  # asked first, for the device has just come
            assert f"BeginTime={hours:%Y%m%d%H%M%S},EndTime={local():%Y%m%d%H%M}" in first.cp.decode()
            await device.hears("9014")
            again = build({"QN": first.header["QN"], "ST": "91", "CN": "9011", "PW": "secret-a", "MN": "A1"}, "QnRtn=1")
            device.send(again)
            second = await answering(device, "2051")
            begin = dt.datetime.strptime(second.cp.decode()[10:24], "%Y%m%d%H%M%S")  # noqa: DTZ007
            assert abs(local() - begin - dt.timedelta(hours=72)) < dt.timedelta(minutes=1)
            await until(lambda: gate.counts.requests["executed"])
            assert gate.counts.requests == {"2061 accepted": 1, "2051 accepted": 1, "executed": 1}

    asyncio.run(scene())


@pytest.mark.usefixtures("heard")
def test_a_request_is_repeated_and_given_up(broker: Mosquitto) -> None:
    async def scene() -> None:
        async with gateway(broker.port, reply_s=0.1, tries=3) as gate:
            device = await gate.device()
            device.send(upload("1013", cp="PolId=w01018"))
            await device.hears("9013")
            asked = [(await device.hears("1012")).header["QN"] for _ in range(3)]
            assert len(set(asked)) == 3
            await until(lambda: gate.counts.requests == {"1012 unanswered": 1})

    asyncio.run(scene())


@pytest.mark.usefixtures("heard")
def test_clocks_that_drift_are_set(broker: Mosquitto) -> None:
    async def scene() -> None:
        async with gateway(broker.port, sync_clock_s=60) as gate:
            device, right = await gate.device(), await gate.device()
            for i in range(5):
                right.send(upload(mn="B1", flag=4, qn=number(local())))
                device.send(upload(flag=4, qn=number(local(dt.timedelta(seconds=120 if i else 0)))))
            request = await answering(device, "1012")
            said = dt.datetime.strptime(request.cp.decode(), "SystemTime=%Y%m%d%H%M%S")  # noqa: DTZ007
            assert abs(local() - said) < dt.timedelta(seconds=10)
            assert request.header["Flag"] == "5"
            await until(lambda: gate.counts.requests == {"1012 accepted": 1, "executed": 1})
            await right.hears_nothing(0.1)

    asyncio.run(scene())


@pytest.mark.usefixtures("heard")
def test_devices_may_come_by_tls(broker: Mosquitto, tmp_path: Path) -> None:
    secret_files.write(secret_files.make(["127.0.0.1"]), tmp_path)
    trust = ssl.create_default_context(cafile=tmp_path / "authority/ca.crt")
    tls = server_tls(tmp_path / "broker/server.crt", tmp_path / "broker/server.key")

    async def scene() -> None:
        async with gateway(broker.port, tls=tls) as gate:
            device = await gate.device(trust)
            device.send(upload())
            await device.hears("9014")

    asyncio.run(scene())


def test_the_command_drains_on_sigterm_and_says_what_it_did(
    broker: Mosquitto, heard: Heard, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "devices.csv").write_text("mn,password,password_file\nA1,secret-a,\n")
    port, metrics = free_port(), free_port()
    command = [
        sys.executable, "-m", "ingestor", "--data", tmp_path, "hj212-gateway", "--listen", f"127.0.0.1:{port}",
        "--devices", tmp_path / "devices.csv", "--port", broker.port, "--metrics-port", metrics, "--json",
    ]  # fmt: skip
    running = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True)
    request.addfinalizer(running.wait)
    request.addfinalizer(running.kill)

    async def scene() -> None:
        async with asyncio.timeout(90):
            while True:
                assert running.poll() is None
                with contextlib.suppress(OSError):
                    device = Device(*await asyncio.open_connection("127.0.0.1", port))
                    break
                await asyncio.sleep(0.05)
        device.send(upload())
        await device.hears("9014")
        reader, writer = await asyncio.open_connection("127.0.0.1", metrics)
        writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert b"qingjing_hj212_answered_total 1.0\n" in await reader.read()
        writer.close()
        device.send(upload() * 40)
        await device.hears("9014")
        running.send_signal(signal.SIGTERM)
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                await device.hears("9014")
        device.writer.close()

    asyncio.run(scene())
    told = json.loads(running.communicate(timeout=20)[0])
    assert running.returncode == 0
    assert told["frames"] == told["published"] + told["unpublished"]
    assert told["published"] == told["answered"] == len(heard.messages)
    assert told["published"] > 1
