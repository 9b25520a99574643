"""Messages of the native dialect."""

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec

from ingestor.encoders.port import Message
from sensors.quantities import MEDIA, Medium, Quantities

ZONE = ZoneInfo("Asia/Shanghai")


class NativeEncoder:
    """One object a message. With a `gateway` below its name, each object naming its station."""

    media: tuple[Medium, ...] = MEDIA
    sources = """[[source]]
name = "native"
topic = "env/v1/{medium}/{station}"
dialect = "native"
"""

    def __init__(self, _quantities: Quantities | None = None, *, gateway: str | None = None) -> None:
        self._gateway = gateway
        self._encode = msgspec.json.Encoder().encode

    def introduce(self, medium: Medium, station: str, at: int) -> list[Message]:  # noqa: ARG002
        """See `Encoder.introduce`."""
        return []

    def encode(self, medium: Medium, station: str, time: int, period_s: int, values: dict[str, float]) -> Message:
        """See `Encoder.encode`."""
        named = {} if self._gateway is None else {"station": station}
        item = {**named, "time": dt.datetime.fromtimestamp(time, ZONE).isoformat(), "period_s": period_s}
        topic = f"env/v1/{medium}/{station}"
        if self._gateway is not None:
            topic = f"env/v1/gateways/{self._gateway}/{medium}"
        return topic, self._encode({**item, "values": values})
