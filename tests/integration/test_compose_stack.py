"""A reading of the simulated city through the services of docker-compose.yml, started natively from the same files."""

import ssl
import urllib.request
from collections.abc import Iterator

import pytest

from ingestor.mqtt_publisher import Login, MqttError, Publisher
from tests.integration.compose_stack import Stack
from tests.support import accepts, wait_for


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All of it, running, with a day of the simulated city sent."""
    running = Stack(tmp_path_factory.mktemp("stack"))
    try:
        running.start_broker()
        running.start_influxdb()
        running.start_qingjing()
        running.sent = running.simulate("--history-days=1", "--minutes=0")
        yield running
    finally:
        running.close()


def reader(stack: Stack) -> tuple[str, str]:
    user, password = stack.secret("grafana/influxdb_read_token").split(":")
    return user, password


def stored(stack: Stack, medium: str, quantity: str) -> int:
    rows = stack.query(f"SELECT count({quantity}) FROM {medium}", reader(stack))
    return int(rows[0][1]) if rows else 0


@pytest.mark.parametrize(
    ("medium", "quantity", "at_least"), [("air", "pm25", 12 * 12), ("water", "nh3n", 13 * 3), ("noise", "leq", 10 * 12)]
)
def test_readings_of_the_simulated_city_reach_influxdb(medium: str, quantity: str, at_least: int, stack: Stack) -> None:
    wait_for(lambda: stored(stack, medium, quantity) >= at_least, what=f"{medium}: {stack.said('qingjing')}")


def test_simulator_goes_on_from_where_it_was(stack: Stack) -> None:
    assert stack.sent > 500
    assert stack.simulate("--history-days=1", "--minutes=0") < stack.sent / 5


@pytest.mark.parametrize("name", ["broker", "influxdb", "qingjing", "simulator"])
def test_service_is_healthy_for_its_own_check(name: str, stack: Stack) -> None:
    assert stack.healthy(name)


def test_broker_health_check_fails_with_a_wrong_password(stack: Stack) -> None:
    test = stack.services["broker"]["healthcheck"]["test"]
    kept = test[1]
    try:
        test[1] = kept.replace("-u health", "-u operator")
        assert not stack.healthy("broker")
    finally:
        test[1] = kept


def test_board_answers_at_the_port_that_the_container_opens(stack: Stack) -> None:
    wait_for(lambda: accepts(stack.board_port), what="the board")
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.board_port}/", timeout=20) as answer:
        assert "清" in answer.read().decode()


def test_grafana_reads_and_cannot_write(stack: Stack) -> None:
    assert stack.query("SHOW MEASUREMENTS", reader(stack)) is not None
    assert stack.query("DROP MEASUREMENT air", reader(stack)) is None
    wait_for(lambda: stored(stack, "air", "pm25") > 0, what="what was there")


def test_nobody_reads_without_a_password(stack: Stack) -> None:
    assert stack.query("SHOW MEASUREMENTS", None) is None


def connection(stack: Stack, user: str, password: str) -> Publisher:
    trusted = ssl.create_default_context(cafile=stack.path("qingjing", "/run/secrets/ca.crt"))
    login = Login(username=user, password=password, tls=trusted)
    return Publisher("localhost", stack.broker_port, client_id=user, timeout_s=10, login=login)


def test_gateway_with_a_wrong_password_is_refused(stack: Stack) -> None:
    with pytest.raises(MqttError, match="refused with code 5"):
        connection(stack, "simulator", "guessed")


def test_gateway_cannot_write_as_a_station(stack: Stack) -> None:
    publisher = connection(stack, "simulator", stack.secret("simulator/broker-password"))
    own, foreign = "env/v1/gateways/simulator/noise", "env/v1/air/sz-a01"
    publisher.publish(foreign, b'{"time":"2020-01-01T00:00:00+08:00","period_s":3600,"values":{"pm25":1}}')
    reading = b'{"station":"sz-n01","time":"2020-01-01T00:00:00+08:00","period_s":3600,"values":{"leq":51}}'
    publisher.publish(own, reading)
    publisher.wait(lambda: publisher.unacknowledged == 0, timeout_s=10)
    publisher.close()
    on_the_day = "time >= '2019-12-31' AND time < '2020-01-02'"
    wait_for(lambda: stack.query(f"SELECT leq FROM noise WHERE {on_the_day}", reader(stack)), what="the own reading")
    assert stack.query(f"SELECT pm25 FROM air WHERE {on_the_day}", reader(stack)) is None
