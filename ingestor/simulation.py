"""A simulated city: a year of plausible readings of its registered stations, with the faults of real gateways.

Everything follows from the seed: the same seed gives the same messages in the same order. The city is invented; its
levels are near those that cities of southern China publish.
"""

import datetime as dt
import heapq
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from aggregations.rounding import BoolArray, FloatArray
from ingestor.encoders.native import ZONE, NativeEncoder
from ingestor.encoders.port import PERIODS, Encoder, Message
from ingestor.simulation_faults import Faults
from sensors.register import Register, Station

YEAR = 2020
HOUR_S = 3600
WATER_EVERY_H = PERIODS["water"] // HOUR_S

LATEST_H = 72
STUCK_FROM_DAY = 12
STUCK_DAYS = 3
STUCK_STATION = 4

_Due = tuple[int, float, Message]

ZONE_LEVELS: dict[str | None, tuple[float, float]] = {
    "0": (46, 37), "1": (51, 42.7), "2": (55.5, 47.3), "3": (59, 52), "4a": (66, 54.9), "4b": (65, 56),
}  # fmt: skip
"""Usual day and night level of a zone class. [dB]"""
DIRT_OF_RIVERS = (1.3, 1.75, 0.85, 1.1, 1.6, 0.9, 0.6)


class Simulation:
    """The messages of a simulated city over the first `days` days of a year.

    `city` None stands for all stations of the register. With a `gateway` messages come as from one gateway of several
    stations: below its name, each naming its station. An `encoder` makes those of another dialect than the native one.
    """

    def __init__(
        self,
        register: Register,
        *,
        city: str | None,
        seed: int,
        days: int,
        year: int = YEAR,
        gateway: str | None = None,
        encoder: Encoder | None = None,
        faults: Faults | None = None,
    ) -> None:
        self._random = np.random.default_rng(seed)
        self._faults = faults or Faults()
        self._chance = self._random if self._faults.seed is None else np.random.default_rng(self._faults.seed)
        self._encoder = encoder or NativeEncoder(gateway=gateway)
        self._hours = days * 24
        self._stations = [s for s in register.stations if city is None or s.city == city]
        self._gateway = gateway
        start = dt.datetime(year, 1, 1, tzinfo=ZONE)
        self._start = start.timestamp()
        self._times = [(start + dt.timedelta(hours=h)).isoformat() for h in range(self._hours)]
        self._hour = np.arange(self._hours)
        self._season = np.cos(2 * np.pi * (self._hour / 24 - 15) / 366)
        self._clock = self._hour % 24
        self._weather = self._wander(self._hours, hours=60)
        self._values = {(s.medium, s.id): self._series(i, s) for i, s in enumerate(self._stations)}
        self._sent = {key: self._is_sent() for key in self._values}

    def expected_messages(self) -> int:
        """About how many messages there will be."""
        steps = {"air": 1, "noise": 1, "water": WATER_EVERY_H}
        return sum(self._hours // steps[s.medium] for s in self._stations)

    def messages(self) -> Iterator[Message]:
        """Yield (topic, payload) in the order of sending: late ones after, swapped ones before their time."""
        return (message for _, message in self._with_faults(self._in_order()))

    def timed(self, *, spread_s: float) -> Iterator[tuple[float, Message]]:
        """Yield the moment at which a message is sent (seconds since 1970 in UTC), and the message, in order.

        A reading is sent when its period is over; stations send one after the other over `spread_s`, an hour at most.
        """
        return self._with_faults(self._when_due(spread_s))

    def _with_faults(self, in_order: Iterable[_Due]) -> Iterator[tuple[float, Message]]:
        faults = self._faults
        malformed_every = round(1 / faults.malformed) if faults.malformed else 0
        late: list[tuple[int, int, Message]] = []
        held: Message | None = None
        at = self._start
        for count, (hour, at, message) in enumerate(in_order):  # the last moment is used below
            while late and late[0][0] <= hour:
                yield at, heapq.heappop(late)[2]
            fate = self._chance.random()
            if fate < faults.late:
                heapq.heappush(late, (hour + int(self._chance.integers(1, LATEST_H)), count, message))
                continue
            if fate < faults.late + faults.swapped and held is None:
                held = message
                continue
            yield at, message
            if fate > 1 - faults.duplicate:
                yield at, message
            if held is not None:
                yield at, held
                held = None
            if malformed_every and count % malformed_every == malformed_every // 2:
                number = count // malformed_every
                yield at, self._malformed(number, message, self._times[hour])
        if held is not None:
            yield at, held
        while late:
            yield at, heapq.heappop(late)[2]

    def _in_order(self) -> Iterator[_Due]:
        """Readings by the start of their period."""
        series = self._encoding()
        for hour in range(self._hours):
            for hours, encoded in series:
                if hour % hours == 0 and (message := encoded(hour)) is not None:
                    yield hour, self._start + hour * HOUR_S, message

    def _when_due(self, spread_s: float) -> Iterator[_Due]:
        """Readings by the end of their period."""
        series = self._encoding()
        for end in range(1, self._hours + 1):
            for number, (hours, encoded) in enumerate(series):
                if end % hours == 0 and (message := encoded(end - hours)) is not None:
                    yield end - 1, self._start + end * HOUR_S + spread_s * number / len(series), message

    def _encoding(self) -> list[tuple[int, Callable[[int], Message | None]]]:
        """For each station the hours of its period, and what makes the message of an hour; None where none is sent."""
        return [self._encoding_of(station) for station in self._stations]

    def _encoding_of(self, station: Station) -> tuple[int, Callable[[int], Message | None]]:
        encode, start = self._encoder.encode, int(self._start)
        key = (station.medium, station.id)
        columns = {name: values.tolist() for name, values in self._values[key].items()}
        sent = self._sent[key].tolist()
        hours = WATER_EVERY_H if station.medium == "water" else 1

        def message(hour: int) -> Message | None:
            if not sent[hour]:
                return None
            values = {name: column[hour] for name, column in columns.items()}
            return encode(station.medium, station.id, start + hour * HOUR_S, hours * HOUR_S, values)

        return hours, message

    def _is_sent(self) -> BoolArray:
        """Whether each hour is sent at all: single gaps, and outages of up to a day."""
        sent = self._chance.random(self._hours) >= self._faults.missing
        for _ in range(round(self._faults.outages * self._hours / 8784)):
            first = int(self._chance.integers(0, self._hours))
            sent[first : first + int(self._chance.integers(2, 24))] = False
        return sent

    def _wander(self, n: int, *, hours: float) -> FloatArray:
        """A random series of mean 0 and deviation 1 that forgets itself over `hours`."""
        keep = np.exp(-1 / hours)
        steps = self._random.standard_normal(n) * np.sqrt(1 - keep * keep)
        series = np.empty(n)
        value = self._random.standard_normal()
        for i, step in enumerate(steps.tolist()):
            value = keep * value + step
            series[i] = value
        return series

    def _series(self, number: int, station: Station) -> dict[str, FloatArray]:
        if station.medium == "air":
            return self._air(stuck=number == STUCK_STATION)
        if station.medium == "water":
            return self._water(station, dirt=DIRT_OF_RIVERS[number % len(DIRT_OF_RIVERS)])
        return self._noise(station)

    def _air(self, *, stuck: bool) -> dict[str, FloatArray]:
        own = self._wander(self._hours, hours=8)
        site = 0.9 + 0.2 * self._random.random()
        rush = np.exp(-(((self._clock - 8) / 2.5) ** 2)) + np.exp(-(((self._clock - 19) / 3) ** 2))
        sun = np.exp(-(((self._clock - 14.5) / 3.5) ** 2))
        stagnation = np.exp(0.35 * self._weather + 0.15 * own)
        pm25 = site * stagnation * (20 + 7.5 * self._season + 2 * rush)
        series: dict[str, FloatArray] = {
            "pm25": pm25,
            "pm10": pm25 * 1.55 + 8 + 3 * own**2,
            "so2": 5 + 1.5 * stagnation,
            "no2": site * stagnation * (17 + 4 * self._season + 9 * rush),
            "o3": np.maximum(3, (40 - 8 * self._season) * (0.75 + 1.35 * sun * np.exp(0.56 * self._weather)) + 5 * own),
        }
        rounded: dict[str, FloatArray] = {k: _rounded(np.maximum(values, 1), 1) for k, values in series.items()}
        rounded["co"] = _rounded(0.45 + 0.2 * stagnation, 3)
        if stuck:
            first = STUCK_FROM_DAY * 24
            rounded["pm25"][first : first + STUCK_DAYS * 24] = rounded["pm25"][min(first, self._hours - 1)]
        return rounded

    def _water(self, station: Station, *, dirt: float) -> dict[str, FloatArray]:
        wet = self._wander(self._hours, hours=120)
        own = np.exp(0.18 * wet)
        dirty = 0.35 if station.body == "lake" else dirt
        summer = -self._season
        return {
            "temperature": _rounded(23 + 6 * summer + 0.6 * wet, 1),
            "ph": _rounded(7.4 + 0.15 * self._wander(self._hours, hours=48), 2),
            "do": _rounded(np.maximum(2.2, 7.8 - 1.0 * dirty - 0.8 * summer + 0.4 * wet), 2),
            "conductivity": _rounded(280 + 120 * dirty * own, 1),
            "turbidity": _rounded(12 * own, 1),
            "codmn": _rounded((1.4 + 2.2 * dirty) * own, 2),
            "nh3n": _rounded(0.72 * dirty * own, 3),
            "tp": _rounded((0.035 if station.body == "lake" else 0.145 * dirty) * own, 3),
            "tn": _rounded((1.1 + 2.5 * dirty) * own, 2),
        }

    def _noise(self, station: Station) -> dict[str, FloatArray]:
        day, night = ZONE_LEVELS[station.zone_class]
        is_night = (self._clock < 6) | (self._clock >= 22)
        level = np.where(is_night, night, day) + 1.2 * self._random.standard_normal()
        return {"leq": _rounded(level + 1.6 * self._wander(self._hours, hours=5), 1)}

    def _malformed(self, number: int, message: Message, time: str) -> Message:
        """One of the faults that gateways are known for, in turn; `number` makes each different."""
        topic, payload = message
        if not isinstance(self._encoder, NativeEncoder):
            broken = [payload[: len(payload) // 2], b"", payload[:-4], bytes([0xFF, 0xD8, number % 256]) * 20]
            return topic, broken[number % len(broken)]
        good = f'"period_s":3600,"values":{{"pm25":{number}.5}}'
        naive = time.removesuffix("+08:00")
        air = "env/v1/air/"
        faults: list[Message] = [
            (topic, f'{{"time":"{time}",{good}'.encode()),
            (air + "sz-a01", f'{{"time":"{time}","period_s":3600,"values":{{"pm2.5":{number}}}}}'.encode()),
            (air + "sz-a02", f'{{"time":"{time}","period_s":3600,"values":{{"pm25":NaN,"n":{number}}}}}'.encode()),
            (air + "sz-a03", f'{{"time":"{naive}",{good}}}'.encode()),
            (air + "sz-a04", f'{{"time":"2099-01-01T00:00:00+08:00",{good}}}'.encode()),
            (air + f"nowhere-{number}", f'{{"time":"{time}",{good}}}'.encode()),
            (air + "sz-a05", f'{{"time":"{time}","period_s":"{number}","values":{{"pm25":1}}}}'.encode()),
            (air + "sz-a06", f'{{"time":"{time}","period_s":3600,"values":{{"pm25":"{number} ug/m3"}}}}'.encode()),
            (air + "sz-a07", f'{{"time":"{time[:14]}17:00+08:00",{good}}}'.encode()),
            (air + "sz-a08", b'{"pad":"' + str(number).encode() * 300_000 + b'"}'),
            (topic, bytes([0xFF, 0xD8, number % 256]) * 20),
        ]
        fault, payload = faults[number % len(faults)]
        return (fault if self._gateway is None else f"env/v1/gateways/{self._gateway}/air"), payload


def _rounded(values: FloatArray, decimals: int) -> FloatArray:
    rounded: FloatArray = np.round(values, decimals)
    return rounded
