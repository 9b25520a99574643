"""Numbered messages: all about message n follows from n, so that what is stored can be held against what was sent.

A number names one point of one series that no other number has, and values that no other number has.
"""

import datetime as dt
from typing import NamedTuple

AIR = [f"sz-a{i:02d}" for i in range(1, 13)]
WATER = [f"sz-w{i:02d}" for i in range(1, 14)]
AIR_START = 1_577_836_800
"""2020-01-01T00:00Z; air minute by minute from here."""
WATER_START = 1_578_268_800
"""2020-01-06T00:00Z, a Monday: InfluxDB starts a shard here, and a field has one type within a shard."""
SHARD_S = 7 * 86_400
PERIOD_S = 60
BAD_EVERY = 19
WATER_EVERY = 101
REFUSED_BY_STORE = "chla"
"""The quantity of water that the server refuses: `World` has written a text into its field before."""

Points = dict[tuple[str, str, int], dict[str, float]]
"""Fields of a point, that is of (medium, station, time): values, and flags, which are 1 for good."""


class Message(NamedTuple):
    """What is published, what must be stored of it, and how quarantine must explain the rest.

    `refused` holds (topic, payload, code) as quarantine keeps them.
    """

    topic: str
    payload: bytes
    points: Points
    refused: list[tuple[str, bytes, str]]


def message(number: int) -> Message:
    """Return message n: mostly good; one in BAD_EVERY is bad in one of several ways."""
    if number % WATER_EVERY == 0:
        return _half_refused_by_store(number)
    station = AIR[number % len(AIR)]
    time = AIR_START + number // len(AIR) * PERIOD_S
    topic, values = f"env/v1/air/{station}", {"pm25": number / 7, "o3": number + 0.1}
    if number % 3 == 0:
        values["co"] = -number / 3e9
    points: Points = {("air", station, time): _fields(values)}
    good = _payload(_moment(time), values)
    if number % BAD_EVERY:
        return Message(topic, good, points, [])
    naive = _moment(time).removesuffix("+08:00")
    kinds: list[tuple[str, bytes, Points, str]] = [
        (topic, good[: 20 + number % 40] + str(number).encode(), {}, "broken_json"),
        ("env/v1/air/nowhere", good, {}, "unknown_station"),
        (topic, _payload(naive, values), {}, "naive_time"),
        (topic, good.replace(b'"pm25":', b'"pm26":1.5,"pm25":'), points, "unknown_quantity"),
        (topic, good.replace(b'"pm25":', b'"no2":1e999,"pm25":'), points, "not_finite"),
        (topic, good.replace(b'"period_s":60', b'"period_s":61'), {}, "wrong_type"),
        ("env/v1/radiation/" + station, good, {}, "unknown_topic"),
    ]
    where, payload, stored, code = kinds[number // BAD_EVERY % len(kinds)]
    return Message(where, payload, stored, [(where, payload, code)])


def _half_refused_by_store(number: int) -> Message:
    """A reading of water; its field REFUSED_BY_STORE is one that the server does not take."""
    station, time = WATER[number % len(WATER)], WATER_START + number // WATER_EVERY
    assert time < WATER_START + SHARD_S - 1
    temperature, refused = number / 11, number / 13
    payload = _payload(_moment(time), {"temperature": temperature, REFUSED_BY_STORE: refused})
    field = f"{REFUSED_BY_STORE}={refused!r},{REFUSED_BY_STORE}_flag=1i"
    line = f"water,period_s={PERIOD_S},station={station} {field} {time}\n"
    return Message(
        f"env/v1/water/{station}",
        payload,
        {("water", station, time): _fields({"temperature": temperature})},
        [("", line.encode(), "refused_by_store")],
    )


def _fields(values: dict[str, float]) -> dict[str, float]:
    return {**values, **{f"{quantity}_flag": 1.0 for quantity in values}}


def _payload(time: str, values: dict[str, float]) -> bytes:
    told = ",".join(f'"{quantity}":{value!r}' for quantity, value in values.items())
    return f'{{"time":"{time}","period_s":{PERIOD_S},"values":{{{told}}}}}'.encode()


def _moment(time: int) -> str:
    return dt.datetime.fromtimestamp(time, dt.timezone(dt.timedelta(hours=8))).isoformat()
