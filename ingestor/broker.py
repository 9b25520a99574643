"""The embedded broker: rumqttd out of iotcore's wheel, on loopback, in a child process."""

import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import iotcore

HOST = "127.0.0.1"


class BrokerError(Exception):
    """The embedded broker could not be started: what happened and what to do."""


@contextmanager
def embedded(template: str, *, port: int, directory: Path) -> Iterator[None]:
    """Run the broker that `template` (config/broker/embedded.toml) describes; it ends with this process.

    Raises
    ------
    BrokerError
        If the port is taken or the broker does not come up.
    """
    file = directory / "broker.toml"
    file.write_text(string.Template(template).substitute(port=port), encoding="utf-8")
    broker = iotcore.Broker(config_path=str(file), listen=HOST, port=port)
    try:
        broker.start()
    except (OSError, RuntimeError) as error:
        raise BrokerError(
            f"broker {HOST}:{port}: cannot be started ({error}); set broker.port in settings.toml to a free port, "
            f"or broker.host to the broker that runs there"
        ) from error
    try:
        yield
    finally:
        broker.stop()
