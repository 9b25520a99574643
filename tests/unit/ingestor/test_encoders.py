"""What encoders make, read by the sources that they name, comes back as the same readings; faults by their shares."""

from collections import Counter

import msgspec
import pytest

from ingestor import simulation_faults
from ingestor.config import Config
from ingestor.decoding import Decoding
from ingestor.encoders import ENCODERS, Encoder, Message
from ingestor.simulation import HOUR_S, Simulation
from ingestor.simulation_faults import NONE, Faults
from sensors import sources
from sensors.errors import ConfigError
from sensors.register import Register

DAYS = 1
OF_PARTICLES = ("sensor-community", "tasmota", "zigbee2mqtt")
OF_ALL_MEDIA = [name for name in ENCODERS if name not in ("native", *OF_PARTICLES)]
BEGAN = 1_577_808_000  # 2020-01-01T00:00:00+08:00
Values = dict[tuple[str, str, int, int, str], float | None]


def reader(shipped: Config, encoder: Encoder) -> Decoding:
    """A decoding by the sources that an encoder names."""
    declared = sources.parse(encoder.sources, shipped.mappings, file="sources.toml")
    return Decoding(msgspec.structs.replace(shipped, sources=declared))


def simulated(shipped: Config, dialect: str, faults: Faults) -> tuple[list[Message], list[Message]]:
    """Births and messages of two stations of each medium, of whatever city."""
    encoder = ENCODERS[dialect](shipped.quantities)
    stations = [s for medium in ("air", "water", "noise") for s in shipped.register.of(medium)[:2]]
    births = [message for s in stations for message in encoder.introduce(s.medium, s.id, BEGAN)]
    simulation = Simulation(Register(stations), city=None, seed=1, days=DAYS, encoder=encoder, faults=faults)
    return births, list(simulation.messages())


def decoded(shipped: Config, dialect: str) -> tuple[Values, Counter[str]]:
    """Values and reasons of refusals that the dialect's own sources make of what its encoder makes."""
    births, messages = simulated(shipped, dialect, NONE)
    decoding = reader(shipped, ENCODERS[dialect](shipped.quantities))
    values: Values = {}
    reasons: Counter[str] = Counter()
    for topic, payload in [*births, *messages]:
        arrival = decoding.arrival(topic, payload, BEGAN + (DAYS + 1) * 24.0 * HOUR_S)
        reasons.update(refusal.code for refusal in arrival.refusals)
        for reading in arrival.readings:
            for quantity, value, flag in reading.values:
                assert flag == 1
                key = (reading.medium, reading.station, reading.period_s, reading.time, quantity)
                assert key not in values
                values[key] = value
    return values, reasons


@pytest.fixture(scope="module")
def native(shipped: Config) -> Values:
    values, reasons = decoded(shipped, "native")
    assert not reasons
    assert len(values) == DAYS * 24 * 2 * 6 + DAYS * 6 * 2 * 9 + DAYS * 24 * 2
    return values


@pytest.mark.parametrize("dialect", OF_ALL_MEDIA)
def test_messages_of_a_dialect_come_back_as_the_readings_of_native_ones(
    dialect: str, shipped: Config, native: Values
) -> None:
    values, reasons = decoded(shipped, dialect)
    assert values == native
    assert reasons == (Counter(no_data=3 + 6) if dialect == "sparkplug" else Counter())  # births without values


def test_airrohr_has_two_quantities_of_air_at_the_time_of_arrival_not_evaluated(shipped: Config) -> None:
    encoder = ENCODERS["sensor-community"](shipped.quantities)
    values = {"pm25": 15.1, "pm10": 30.2, "o3": 96.0}
    topic, payload = encoder.encode("air", "sz-a01", 1_600_000_000, HOUR_S, values)
    arrival = reader(shipped, encoder).arrival(topic, payload, 1_600_009_200.0)  # 15:00:00Z
    assert encoder.media == ("air",)
    assert not arrival.refusals
    (reading,) = arrival.readings
    assert (reading.station, reading.time, set(reading.values)) == (
        "sz-a01",
        1_600_009_200,
        {("pm25", 15.1, 2), ("pm10", 30.2, 2)},
    )


@pytest.mark.parametrize("dialect", ["tasmota", "zigbee2mqtt"])
def test_sensors_of_particles_have_two_quantities_of_air_at_their_own_time(dialect: str, shipped: Config) -> None:
    encoder = ENCODERS[dialect](shipped.quantities)
    topic, payload = encoder.encode("air", "sz-a01", BEGAN, HOUR_S, {"pm25": 15.1, "pm10": 30.2, "o3": 96.0})
    arrival = reader(shipped, encoder).arrival(topic, payload, BEGAN + 2.0 * HOUR_S)
    assert encoder.media == ("air",)
    assert not arrival.refusals
    (reading,) = arrival.readings
    assert (reading.station, reading.time, reading.period_s) == ("sz-a01", BEGAN, HOUR_S)
    assert set(reading.values) == {("pm25", 15.1, 1), ("pm10", 30.2, 1)}


def test_births_of_sparkplug_are_needed_by_their_data(shipped: Config) -> None:
    encoder = ENCODERS["sparkplug"](shipped.quantities)
    encoder.introduce("air", "sz-a01", 0)
    topic, payload = encoder.encode("air", "sz-a01", 1_600_000_000, HOUR_S, {"pm25": 15.1})
    decoding = reader(shipped, encoder)
    assert [r.code for r in decoding.arrival(topic, payload, 1_600_003_600.0).refusals] == ["unknown_alias"]


@pytest.mark.parametrize("dialect", OF_ALL_MEDIA)
def test_faults_come_in_their_shares_and_malformed_messages_are_refused(dialect: str, shipped: Config) -> None:
    faults = simulation_faults.parse("duplicate=0.1,malformed=0.02,seed=7")
    births, plain = simulated(shipped, dialect, NONE)
    _, faulty = simulated(shipped, dialect, faults)
    known = Counter(plain)
    twice = sum(count - known[each] for each, count in Counter(faulty).items() if each in known)
    broken = [each for each in faulty if each not in known]
    assert 0.05 * len(plain) < twice < 0.15 * len(plain)
    assert len(broken) == round(0.02 * len(plain))
    decoding = reader(shipped, ENCODERS[dialect](shipped.quantities))
    for topic, payload in births:
        decoding.arrival(topic, payload, 1.7e9)
    assert not any(decoding.arrival(topic, payload, 1.7e9).refusals for topic, payload in plain)
    assert all(decoding.arrival(topic, payload, 1.7e9).refusals for topic, payload in broken)


def test_the_same_seed_of_faults_gives_the_same_messages_whatever_else(shipped: Config) -> None:
    faults = simulation_faults.parse("late=0.2,swapped=0.1,missing=0.1,seed=7")
    first, second, plain = (simulated(shipped, "native", each)[1] for each in (faults, faults, NONE))
    assert first == second
    assert set(first) < set(plain)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("late", "--faults: expected NAME=NUMBER of duplicate, late, swapped, missing, malformed, outages, seed"),
        ("lost=0.1", "each once, got 'lost=0.1'"),
        ("late=0.1,late=0.2", "each once, got 'late=0.2'"),
        ("late=often", "--faults: late: expected a number, got 'often'"),
        ("late=0.5", "--faults: Expected `float` <= 0.4"),
        ("late=nan", "--faults: Expected `float`"),
        ("seed=-1", "--faults: Expected `int` >= 0"),
    ],
)
def test_faults_that_cannot_be_are_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        simulation_faults.parse(text)
    assert said in str(error.value)


def test_none_stands_for_no_faults() -> None:
    assert simulation_faults.parse("none") == NONE
