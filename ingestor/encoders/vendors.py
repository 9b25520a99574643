"""Messages in the JSON of network servers and devices, which the mappings that come along read."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec

from ingestor.encoders.native import ZONE
from ingestor.encoders.port import PERIODS, Encoder, Message, source_of_each
from sensors.quantities import MEDIA, Medium, Quantities

Form = Callable[[Medium, str, int, int, dict[str, float]], Any]
"""From medium, station, start and length of the period, and values to what a payload holds."""


class VendorEncoder:
    """One message a reading; a station is a device of its own name, its quantities the members of the payload."""

    def __init__(self, topic: str, form: Form, sources: str, *, media: tuple[Medium, ...] = MEDIA) -> None:
        self._topic = topic
        self._form = form
        self.sources = sources
        self.media = media

    def introduce(self, medium: Medium, station: str, at: int) -> list[Message]:  # noqa: ARG002
        """See `Encoder.introduce`."""
        return []

    def encode(self, medium: Medium, station: str, time: int, period_s: int, values: dict[str, float]) -> Message:
        """See `Encoder.encode`."""
        payload = self._form(medium, station, time, period_s, values)
        return self._topic.format(medium=medium, device=station), msgspec.json.encode(payload)


def _instant(time: int) -> str:
    return dt.datetime.fromtimestamp(time, dt.UTC).isoformat().replace("+00:00", "Z")


def _chirpstack(medium: Medium, station: str, time: int, _period_s: int, values: dict[str, float]) -> Any:
    device = {"applicationName": medium, "deviceName": station, "devEui": station}
    return {"time": _instant(time), "deviceInfo": device, "fPort": 2, "object": values}


def _chirpstack_3(medium: Medium, station: str, time: int, _period_s: int, values: dict[str, float]) -> Any:
    return {
        "applicationName": medium,
        "deviceName": station,
        "devEUI": station,
        "rxInfo": [{"time": _instant(time), "rssi": -57}],
        "fPort": 2,
        "objectJSON": msgspec.json.encode(values).decode(),
    }


def _the_things_stack(medium: Medium, station: str, time: int, _period_s: int, values: dict[str, float]) -> Any:
    device = {"device_id": station, "application_ids": {"application_id": medium}}
    uplink = {"f_port": 2, "received_at": _instant(time), "decoded_payload": values}
    return {"end_device_ids": device, "received_at": _instant(time), "uplink_message": uplink}


def _cloudevents(medium: Medium, station: str, time: int, _period_s: int, values: dict[str, float]) -> Any:
    return {
        "specversion": "1.0",
        "id": f"{medium}/{station}/{time}",
        "type": "reading",
        "source": medium,
        "subject": station,
        "time": _instant(time),
        "datacontenttype": "application/json",
        "data": values,
    }


def _sensorthings(_medium: Medium, station: str, time: int, period_s: int, values: dict[str, float]) -> Any:
    interval = f"{_instant(time)}/{_instant(time + period_s)}"
    return {"phenomenonTime": interval, "resultTime": _instant(time + period_s), "result": values,
            "Datastream": {"@iot.id": station}}  # fmt: skip


def _sensor_community(_medium: Medium, station: str, _time: int, _period_s: int, values: dict[str, float]) -> Any:
    texts = [(f"SDS_{name}", values[key]) for name, key in (("P1", "pm10"), ("P2", "pm25")) if key in values]
    return {
        "esp8266id": station,
        "software_version": "NRZ-2020-129",
        "sensordatavalues": [{"value_type": name, "value": f"{value:.2f}"} for name, value in texts],
    }


def _tasmota(_medium: Medium, _station: str, time: int, _period_s: int, values: dict[str, float]) -> Any:
    sensor = {name: values[key] for name, key in (("PM2.5", "pm25"), ("PM10", "pm10")) if key in values}
    return {"Time": f"{dt.datetime.fromtimestamp(time, ZONE):%Y-%m-%dT%H:%M:%S}", "SDS0X1": sensor}


def _zigbee2mqtt(_medium: Medium, _station: str, time: int, _period_s: int, values: dict[str, float]) -> Any:
    some = {key: values[key] for key in ("pm25", "pm10") if key in values}
    return {"last_seen": dt.datetime.fromtimestamp(time, ZONE).isoformat(), "linkquality": 98, **some}


_FORMS: dict[str, tuple[str, Form]] = {
    "chirpstack-v4": ("application/{medium}/device/{device}/event/up", _chirpstack),
    "chirpstack-v3": ("application/{medium}/device/{device}/event/up", _chirpstack_3),
    "the-things-stack-v3": ("v3/{medium}@qingjing/devices/{device}/up", _the_things_stack),
    "cloudevents": ("cloudevents/{medium}/{device}", _cloudevents),
    "sensorthings": ("v1.1/{medium}/{device}/Observations", _sensorthings),
}
_OF_PARTICLES: dict[str, tuple[str, Form, str]] = {
    "sensor-community": ("airrohr/{device}", _sensor_community, 'without_time = "arrival"'),
    "tasmota": ("tele/{device}/SENSOR", _tasmota, 'zone = "Asia/Shanghai"'),
    "zigbee2mqtt": ("zigbee2mqtt/{device}", _zigbee2mqtt, ""),
}
"""Of devices that measure PM2.5 and PM10 of air and nothing else; with what their source has to say beside."""


def by_mapping(name: str) -> Callable[[Quantities], Encoder]:
    """Return what makes the encoder of a mapping that comes along."""
    if name in _OF_PARTICLES:
        topic, form, more = _OF_PARTICLES[name]
        declared = [f'name = "{name}"', f'topic = "{topic}"', 'dialect = "mapping"', f'mapping = "{name}"']
        lines = ["[[source]]", *declared, 'medium = "air"', f"period_s = {PERIODS['air']}", *filter(None, [more]), ""]
        return lambda _quantities: VendorEncoder(topic, form, "\n".join(lines), media=("air",))
    topic, form = _FORMS[name]
    sources = source_of_each(name, topic, 'dialect = "mapping"', f'mapping = "{name}"')
    return lambda _quantities: VendorEncoder(topic, form, sources)
