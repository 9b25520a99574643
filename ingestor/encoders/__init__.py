"""What gateways of each dialect would send: readings to messages, for `qingjing simulate --dialect`.

One module a dialect. What an encoder makes is read by the sources that it names, and comes back as the same readings.
"""

from collections.abc import Callable
from typing import Final

from ingestor.encoders import hj212, native, senml, sparkplug
from ingestor.encoders.port import Encoder, Message
from ingestor.encoders.vendors import by_mapping
from sensors.quantities import Quantities

__all__ = ["ENCODERS", "Encoder", "Message"]

ENCODERS: Final[dict[str, Callable[[Quantities], Encoder]]] = {
    "native": native.NativeEncoder,
    "hj212": hj212.Hj212Encoder,
    "senml": senml.SenmlEncoder,
    "senml-cbor": senml.SenmlCborEncoder,
    "sparkplug": sparkplug.SparkplugEncoder,
    "chirpstack-v4": by_mapping("chirpstack-v4"),
    "chirpstack-v3": by_mapping("chirpstack-v3"),
    "the-things-stack-v3": by_mapping("the-things-stack-v3"),
    "cloudevents": by_mapping("cloudevents"),
    "sensorthings": by_mapping("sensorthings"),
    "sensor-community": by_mapping("sensor-community"),
    "tasmota": by_mapping("tasmota"),
    "zigbee2mqtt": by_mapping("zigbee2mqtt"),
}
"""By dialect, and form where it has several."""
