"""The embedded broker: rumqttd out of iotcore's wheel, on loopback, in a child process."""

import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import iotcore

from ingestor.errors import FailureError

HOST = "127.0.0.1"


class BrokerError(FailureError):
    """The embedded broker could not be started: what happened and what to do."""


@contextmanager
def embedded(template: str, *, port: int, directory: Path) -> Iterator[iotcore.Broker]:
    """Run the broker that `template` (config/broker/embedded.toml) describes; it ends with this process.

    Yields the broker, whose `is_running` tells whether it still does.

    Raises
    ------
    BrokerError
        If the port is taken or the broker does not come up.
    """
    file = directory / "broker.toml"
    file.write_text(string.Template(template).substitute(port=port), encoding="utf-8")
    try:
        broker = iotcore.Broker(config_path=str(file), listen=HOST, port=port)
    except ValueError as error:
        raise BrokerError(f"config/broker/embedded.toml: expected a configuration of rumqttd, got {error}") from error
    try:
        broker.start()
    except (OSError, RuntimeError) as error:
        raise BrokerError(
            f"broker {HOST}:{port}: cannot be started ({error}); set broker.port in settings.toml to a free port, "
            f"or broker.host to the broker that runs there"
        ) from error
    try:
        yield broker
    finally:
        broker.stop()
