"""Claims about the checks that all dialects share. Moments are well-known counts of seconds."""

import datetime as dt
import math
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sensors import devices, flags, quantities, source_terms
from sensors.decoders import Context, Terms, hj212
from sensors.decoders.mappings import Mapping
from sensors.decoders.stated_units import Converter
from sensors.decoders.taking import NotANumberError, Observed, RefusedError, check_time, number, take
from sensors.decoders.terms import Ambient
from sensors.devices import Devices
from sensors.errors import ConfigError
from sensors.hj212 import meanings
from sensors.quantities import Medium
from sensors.reading import Decoded, Reading
from sensors.register import Register, Station
from sensors.sources import Source

NOW = 1_600_000_000  # 2020-09-13T12:26:40Z
NOON = 1_599_998_400  # 12:00:00Z of that day, 20:00 in Shanghai: 1,600 s earlier
HOUR_S = 3600
CONFIG = Path(__file__).resolve().parents[3] / "config"
QUANTITIES = quantities.parse((CONFIG / "quantities.toml").read_text(encoding="utf-8"), file="q.toml")
HJ212 = meanings.parse((CONFIG / "hj212.toml").read_text(encoding="utf-8"), file="h.toml")


def _station(medium: Medium, name: str) -> Station:
    return Station(
        medium=medium, id=name, name=name, name_en="", city="c", district="", lon=None, lat=None, since=None, until=None
    )


REGISTER = Register(
    [_station("air", "a1"), _station("air", "a2"), _station("water", "w1"), _station("noise", "a1")],
    {("air", "a1"): "g1"},
)


def terms(*, of: Devices | None = None, dialect: str = "hj212", **fields: Any) -> Terms:
    """The terms of a source called n; HJ 212 knows codes of its own."""
    source = Source(name="n", topic="t", dialect=dialect, **fields)
    return source_terms.terms(source, QUANTITIES, of or {}, hj212=HJ212)


def context(medium: str | None = None, station: str | None = "a1", gateway: str | None = None) -> Context:
    return Context(medium, station, 300, 0, 28_800, QUANTITIES, REGISTER, gateway)


def taken(values: list[tuple[str, float | None, int]], by: Terms | None = None, **changes: Any) -> Decoded:
    into = Decoded([], [])
    where = changes.pop("where", context())
    fields = {"device": None, "time": NOON, "period_s": HOUR_S, "values": values, **changes}
    take(Observed(**fields), NOW, where, by or terms(), into)
    return into


def codes_of(decoded: Decoded) -> list[str]:
    return [refusal.code for refusal in decoded.refusals]


PM25 = ("a34004", 15.1, flags.GOOD)


def test_codes_of_hj212_are_those_of_the_quantities() -> None:
    assert taken([PM25]) == Decoded([Reading("air", "a1", HOUR_S, NOON, (("pm25", 15.1, flags.GOOD),))], [])


def test_unit_that_is_stated_as_an_empty_text_is_none() -> None:
    with pytest.raises(RefusedError, match="got ''"):
        Converter(terms())("a34004", 15.1, "", context(), "u")


@pytest.mark.parametrize("medium", ["air", "water", None])
def test_usual_values_are_taken_as_all_others_are(medium: Medium | None) -> None:
    by = terms(codes={"PM": "air.pm25", "T": "water.temperature"}, units={"a21026": "mg/m3"}, ignore=["a21004"])
    slowly, rng = msgspec.structs.replace(by, plain={}), random.Random(9)
    codes = ["a34004", "PM", "a05024", "a21026", "a21004", "w01001", "T", "none"]
    several = [
        [
            (
                rng.choice(codes[: rng.choice((2, 3, 4, 8))]),
                rng.choice([7.5, 7.5, 48.0, 0.0, 1e308, math.nan, math.inf, None]),
                rng.choice([1, 1, 1, 4, flags.BELOW_DETECTION]),
            )
            for _ in range(rng.choice((0, 1, 1, 2, 3)))
        ]
        for _ in range(1500)
    ]
    where = context(medium, "w1" if medium == "water" else "a1")
    for values in several:
        assert repr(taken(values, by, where=where)) == repr(taken(values, slowly, where=where)), values


def test_codes_of_two_media_become_a_reading_each() -> None:
    readings = taken([PM25, ("LA", 50.1, flags.GOOD)]).readings
    assert [(r.medium, r.station, r.values) for r in readings] == [
        ("air", "a1", (("pm25", 15.1, flags.GOOD),)),
        ("noise", "a1", (("leq", 50.1, flags.GOOD),)),
    ]


def test_code_of_another_medium_than_the_sources_is_refused() -> None:
    decoded = taken([PM25, ("LA", 50.1, 1)], where=context("air"))
    assert ([r.medium for r in decoded.readings], codes_of(decoded)) == (["air"], ["unknown_quantity"])


def test_unknown_code_is_refused_beside_what_is_taken() -> None:
    decoded = taken([PM25, ("a99999", 1.0, 1)])
    assert (len(decoded.readings), codes_of(decoded)) == (1, ["unknown_quantity"])
    assert "'a99999': expected one of the codes of the source, got none" in decoded.refusals[0].detail


@pytest.mark.parametrize("ignore", [("a99999",), ("*",)])
def test_ignored_code_is_no_refusal(ignore: tuple[str, ...]) -> None:
    assert codes_of(taken([PM25, ("a99999", 1.0, 1)], terms(ignore=ignore))) == []


@pytest.mark.parametrize("dialect", ["hj212", "senml"])
def test_ignored_code_is_left_out_though_it_is_known(dialect: str) -> None:
    code = "a34002" if dialect == "hj212" else "air.pm10"
    assert code not in terms(dialect=dialect, period_s=60, ignore=(code,)).codes


def test_code_of_the_source_holds_though_its_mapping_ignores_it() -> None:
    mapping = Mapping(values="@", period_s=60, ignore=("t", "h"))
    by = terms(dialect="mapping", mapping=mapping, codes={"t": "water.temperature"})
    assert (by.codes["t"].quantity, by.ignored) == ("temperature", {"h"})


def test_unit_of_the_source_holds_before_that_of_its_mapping() -> None:
    mapping = Mapping(values="@", period_s=60, codes={"dust": "air.pm25"}, units={"dust": "mg/m3"})
    assert terms(dialect="mapping", mapping=mapping, units={"air.pm25": "ng/m3"}).codes["dust"].factor == 0.001


def test_codes_of_the_source_come_beside_those_of_the_dialect() -> None:
    by = terms(codes={"PM25": "air.pm25", "a34002": "air.pm25"})
    assert [taken([(code, 7.0, 1)], by).readings[0].values[0][0] for code in ("PM25", "a34004", "a34002")] == [
        "pm25"
    ] * 3


@pytest.mark.parametrize(
    ("unit", "code", "value", "expected"),
    [
        ("ng/m3", "a34004", 75600.0, 75.6),  # of frames.json: 75600.000 = 75.6 ug/m3
        ("mg/m3", "a34004", 0.0968, 96.8),
        ("μg/m³", "a34004", 96.8, 96.8),
        ("ug/m3", "a21005", 700.0, 0.7),
        ("ug/L", "w21003", 250.0, 0.25),
    ],
)
def test_units_of_a_source_are_converted(unit: str, code: str, value: float, expected: float) -> None:
    station = "w1" if code[0] == "w" else "a1"
    decoded = taken([(code, value, 1)], terms(units={code: unit}), where=context(station=station))
    assert decoded.readings[0].values[0][1] == expected


def test_value_that_its_unit_makes_infinite_is_refused() -> None:
    decoded = taken([("a34004", 9e307, 1)], terms(units={"a34004": "mg/m3"}))
    assert (decoded.readings, codes_of(decoded)) == ([], ["not_finite"])


def test_two_different_values_of_a_code_are_ambiguous_and_the_rest_is_kept() -> None:
    decoded = taken([PM25, ("a34004", 16.0, 1), ("a34002", 40.0, 1)])
    assert ([r.values for r in decoded.readings], codes_of(decoded)) == ([(("pm10", 40.0, 1),)], ["ambiguous"])


def test_a_value_that_stands_twice_is_taken_once() -> None:
    assert taken([PM25, PM25]).readings[0].values == (("pm25", 15.1, 1),)


def test_device_is_a_station_by_devices_csv_or_by_its_id() -> None:
    by = terms(of={"n": {"MN1": {"air": "a2"}}})
    assert [taken([PM25], by, device=d, where=context(station=None)).readings[0].station for d in ("MN1", "a1")] == [
        "a2",
        "a1",
    ]


@pytest.mark.parametrize(("device", "said"), [("MN9", "got 'MN9'"), (None, "got nothing")])
def test_unknown_device_is_refused(device: str | None, said: str) -> None:
    decoded = taken([PM25], device=device, where=context(station=None))
    assert (decoded.readings, codes_of(decoded)) == ([], ["unknown_station"])
    assert decoded.refusals[0].detail.endswith(said)


@pytest.mark.parametrize(
    ("device", "codes"),
    [("a1", []), ("MN1", []), ("urn:dev:1", []), ("a2", ["foreign_station"]), ("MN2", ["foreign_station"])],
)
@pytest.mark.parametrize("topic", ["a1", "MN1"])
def test_device_that_is_another_station_than_its_topics_is_refused(topic: str, device: str, codes: list[str]) -> None:
    by = terms(of={"n": {"MN1": {"air": "a1"}, "MN2": {"air": "a2"}}})
    station, named = ("a1", None) if topic == "a1" else (None, "MN1")
    where = msgspec.structs.replace(context(station=station), device=named)
    expected = ["unknown_station"] if device == "urn:dev:1" and station is None else codes
    assert codes_of(taken([PM25], by, device=device, where=where)) == expected


def test_station_of_another_gateway_is_refused() -> None:
    assert [codes_of(taken([PM25], where=context(gateway=gateway))) for gateway in ("g1", "g2")] == [
        [],
        ["foreign_station"],
    ]


def test_time_at_the_end_of_its_period_is_shifted_to_the_start() -> None:
    assert taken([PM25], terms(label="end")).readings[0].time == NOON - HOUR_S


def test_sampled_value_lies_in_the_period_around_it() -> None:
    assert taken([PM25], time=NOON + 38, period_s=60, sampled=True).readings[0].time == NOON
    assert codes_of(taken([PM25], time=NOON + 38, period_s=60)) == ["bad_time"]


def test_sample_of_water_keeps_its_time() -> None:
    decoded = taken([("w01001", 7.0, 1)], time=NOON + 38, sampled=True, where=context(station="w1"))
    assert decoded.readings[0].time == NOON + 38


@pytest.mark.parametrize(("ahead", "codes"), [(300, []), (301, ["future_time"])])
def test_time_ahead_of_the_collector_is_refused_beyond_the_bound(ahead: int, codes: list[str]) -> None:
    decoded = taken([("w01001", 7.0, 1)], time=NOW + ahead, where=context(station="w1"))
    assert codes_of(decoded) == codes


@pytest.mark.parametrize(
    ("ahead_s", "asks"),
    [(8 * HOUR_S, True), (8 * HOUR_S + 301, False), (6 * HOUR_S, True), (6 * HOUR_S - 1, False), (301, False)],
)
def test_time_ahead_by_the_zone_less_period_and_way_asks_for_the_zone(ahead_s: int, asks: bool) -> None:
    with pytest.raises(RefusedError) as refused:
        check_time(NOON, HOUR_S, "air", NOON - ahead_s, context(), at="")
    assert refused.value.refusal.code == "future_time"
    assert ("is its zone right? The city's is 8 h from UTC" in refused.value.refusal.detail) == asks


@pytest.mark.parametrize("time", [-(10**30), 10**30, -1])
def test_time_of_any_size_is_told_apart(time: int) -> None:
    assert codes_of(taken([PM25], time=time)) in (["bad_time"], ["future_time"])


def test_limit_of_detection_is_for_water_alone() -> None:
    water = taken([("w21003", 0.02, flags.BELOW_DETECTION)], where=context(station="w1"))
    assert water.readings[0].values == (("nh3n", 0.02, flags.BELOW_DETECTION),)
    assert codes_of(taken([("a34004", 0.02, flags.BELOW_DETECTION)])) == ["wrong_type"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, (1.0, flags.GOOD)),
        (-0.5, (-0.5, flags.GOOD)),
        ("67.22", (67.22, flags.GOOD)),
        (" 7 ", (7.0, flags.GOOD)),
        ("1e3", (1000.0, flags.GOOD)),
        ("<0.02", (0.02, flags.BELOW_DETECTION)),
        (None, (None, flags.MISSING)),
        ("-;", (None, flags.MISSING)),
        ("*", (None, flags.MISSING)),
        ("", (None, flags.MISSING)),
        (-9999, (None, flags.MISSING)),
        ("-9999.0", (None, flags.MISSING)),
    ],
)
def test_number_is_read_from_what_payloads_hold(value: Any, expected: tuple[float | None, int]) -> None:
    assert number(value, terms(sentinels=(Decimal(-9999),))) == expected


@pytest.mark.parametrize(
    "value", [True, [], {}, "12,5", "1_0", "0x1", "٣", "inf", "1e999", math.inf, 10**400, "<0", "<x", "7\x00"]
)
def test_number_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(NotANumberError):
        number(value, terms())


# --- gases in the state of the air

AMBIENT = Ambient("a01001", "a01006", pressure_unit="kPa")
O3, CO = ("a05024", 100.0, flags.GOOD), ("a21005", 1.0, flags.GOOD)
STATE = [("a01001", 30.0, flags.GOOD), ("a01006", 95.0, flags.GOOD)]
AT_REFERENCE = Fraction("303.15") / Fraction("298.15") * 101_325 / 95_000
"""What a gas at 30 degC and 95 kPa is multiplied by: it takes up the more room the warmer and the thinner it is."""


def test_gases_in_the_state_of_the_air_come_in_the_reference_state_and_particles_as_they_are() -> None:
    decoded = taken([O3, *STATE, PM25, CO], terms(ambient=AMBIENT))
    assert decoded.refusals == []
    assert decoded.readings[0].values == (
        ("o3", float(round(100 * AT_REFERENCE, 6)), flags.GOOD),
        ("pm25", 15.1, flags.GOOD),
        ("co", float(round(AT_REFERENCE, 6)), flags.GOOD),
    )


def test_gas_in_another_unit_and_state_is_rounded_once() -> None:
    decoded = taken([("a05024", 0.1, flags.GOOD), *STATE], terms(ambient=AMBIENT, units={"a05024": "mg/m3"}))
    assert decoded.readings[0].values[0][1] == float(round(100 * AT_REFERENCE, 6))


def test_mole_fraction_does_not_depend_on_the_state_of_the_air() -> None:
    fields = {"units": {"a05024": "ppb"}}
    with_state = taken([O3, CO, *STATE], terms(ambient=AMBIENT, **fields)).readings[0].values[0]
    assert with_state == taken([O3], terms(**fields)).readings[0].values[0]


@pytest.mark.parametrize(
    "state",
    [
        STATE[:1],
        [STATE[0], ("a01006", None, flags.MISSING)],
        [STATE[0], ("a01006", 95.0, flags.FAIL)],
        [("a01001", 303.15, flags.GOOD), STATE[1]],  # kelvin for degC
        [STATE[0], ("a01006", 950.0, flags.GOOD)],  # hPa for kPa
        [*STATE, ("a01001", 31.0, flags.GOOD)],
    ],
)
def test_gas_without_the_state_of_the_air_is_refused_beside_particles(state: list[Any]) -> None:
    decoded = taken([O3, PM25, *state], terms(ambient=AMBIENT))
    assert [r.values for r in decoded.readings] == [(("pm25", 15.1, flags.GOOD),)]
    assert codes_of(decoded) == ["no_state"]


def test_frames_of_hj212_in_the_state_of_the_air_are_converted_each_by_its_own() -> None:
    decode = hj212.decoder(terms(ambient=AMBIENT, medium="air"))

    def ozone(degrees: str) -> float | None:
        cp = f"DataTime=20200913200000;a05024-Rtd=100,a05024-Flag=N;a01001-Rtd={degrees};a01006-Rtd=101.325"
        payload = f"QN=1;ST=22;CN=2011;PW=1;MN=a1;Flag=4;CP=&&{cp}&&".encode()
        return decode(payload, NOW, context("air", station=None)).readings[0].values[0][1]

    found = [ozone(degrees) for degrees in ("25", "0", "0", "25")]
    assert found == [100.0, *[float(round(100 * Fraction("273.15") / Fraction("298.15"), 6))] * 2, 100.0]


# --- terms


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"codes": {"x": "pm25"}}, "source.codes.x: expected a quantity such as air.pm25, got 'pm25'"),
        ({"codes": {"x": "water.pm25"}}, "source.codes.x: expected a quantity such as air.pm25, got 'water.pm25'"),
        ({"codes": {"x": "ph"}, "medium": "air"}, "source.codes.x: expected a quantity such as pm25, got 'ph'"),
        ({"units": {"a34004": "ppb"}}, "source.units: expected a unit that converts to ug/m3 of air.pm25, got 'ppb'"),
        ({"units": {"a1": "ppb"}}, "source.units: expected codes or quantities of the source, got 'a1'"),
        (
            {"zone": "Mars"},
            "source.zone: expected an offset such as +08:00 or a zone such as Asia/Shanghai, got 'Mars'",
        ),
        (
            {"zone": "+24:00"},
            "source.zone: expected an offset such as +08:00 or a zone such as Asia/Shanghai, got '+24:00'",
        ),
    ],
)
def test_terms_that_cannot_be_are_told_with_their_place(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        terms(**fields)
    assert str(raised.value) == said


@pytest.mark.parametrize(("zone", "hours"), [("+08:00", 8), ("-03:30", -3.5), ("Asia/Shanghai", 8), ("UTC", 0)])
def test_zone_is_an_offset_or_a_name(zone: str, hours: float) -> None:
    found = terms(zone=zone).zone
    assert found is not None
    assert found.utcoffset(dt.datetime(2026, 1, 1)) == dt.timedelta(hours=hours)  # noqa: DTZ001  # of that zone


# --- devices.csv

HEADER = "source,device,medium,station\n"


def parsed(text: str) -> Devices:
    return devices.parse(HEADER + text, {("air", "a1"), ("noise", "n1")}, sources=["s"], file="d.csv")


def test_device_may_be_a_station_of_each_medium() -> None:
    assert parsed("s,MN1,air,a1\ns,MN1,noise,n1\n") == {"s": {"MN1": {"air": "a1", "noise": "n1"}}}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,MN1,air,a1", "line 2: source: expected one of s, got 'x'"),
        ("s,,air,a1", "line 2: device: expected a text, got ''"),
        ("s,MN1,air,n1", "line 2: station: expected a medium and a station of the register, got ('air', 'n1')"),
        ("s,MN1,air,a1\ns,MN1,air,a1", "line 3: device: expected each device once a medium, got 'MN1' again for air"),
    ],
)
def test_device_mistake_is_told_with_its_line(row: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parsed(row)
    assert str(raised.value) == f"d.csv: {said}"
