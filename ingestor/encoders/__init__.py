"""What gateways of each dialect would send: readings to messages, for `qingjing simulate --dialect`.

One module a dialect. What an encoder makes is read by the sources that it names, and comes back as the same readings.
"""

from collections.abc import Callable
from typing import Final

from ingestor.encoders import native, senml, sparkplug
from ingestor.encoders.port import Encoder, Message
from sensors.quantities import Quantities

__all__ = ["ENCODERS", "Encoder", "Message"]

ENCODERS: Final[dict[str, Callable[[Quantities], Encoder]]] = {
    "native": native.NativeEncoder,
    "senml": senml.SenmlEncoder,
    "senml-cbor": senml.SenmlCborEncoder,
    "sparkplug": sparkplug.SparkplugEncoder,
}
"""By dialect, and form where it has several."""
