"""Claims about the native dialect. Moments are well-known counts of seconds, not computed by Python's datetime."""

import json
import re
from typing import Any

import msgspec
import pytest

from sensors import flags, quantities
from sensors.decoders import Context
from sensors.decoders.native import decode
from sensors.quantities import Medium
from sensors.reading import Decoded, Reading, Refusal
from sensors.register import Register, Station

NOW = 1_600_000_000  # 2020-09-13T12:26:40Z
NOON = 1_599_998_400  # 12:00:00Z of that day, 20:00 in Shanghai: 1,600 s earlier
YEAR_2000 = 946_684_800  # 2000-01-01T00:00:00Z

_QUANTITY = 'name = "x"\nname_en = "x"\nunit = "1"\nhj212 = "x"\nminimum = 0\nmaximum = 9\ndecimals = 0\n'
QUANTITIES = quantities.parse(
    "".join(f"[{key}]\n{_QUANTITY}" for key in ("air.pm25", "air.o3", "air.co", "water.ph", "noise.leq")), file="q.toml"
)


def _station(medium: Medium, name: str) -> Station:
    return Station(
        medium=medium, id=name, name=name, name_en="", city="c", district="", lon=None, lat=None, since=None, until=None
    )


REGISTER = Register([_station("air", "a1"), _station("air", "a2"), _station("water", "w1"), _station("noise", "n1")])


def context(medium: str | None = "air", station: str | None = "a1", *, offset_s: int = 28_800) -> Context:
    return Context(medium, station, 300, YEAR_2000, offset_s, QUANTITIES, REGISTER)


def item(**changes: Any) -> dict[str, Any]:
    """A good item of an air station; a change to `...` takes the key away."""
    whole = {"time": "2020-09-13T20:00:00+08:00", "period_s": 3600, "values": {"pm25": 15.1}, **changes}
    return {key: value for key, value in whole.items() if value is not ...}


def taken(payload: Any, where: Context | None = None, *, now: float = NOW) -> Decoded:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return decode(raw, now, where or context())


def values_text(number: str) -> bytes:
    """An item whose pm25 is the given text and whose o3 is 5."""
    return b'{"time":"2020-09-13T20:00:00+08:00","period_s":3600,"values":{"pm25":%s,"o3":5}}' % number.encode()


def only_refusal(decoded: Decoded) -> Refusal:
    assert decoded.readings == []
    assert len(decoded.refusals) == 1
    return decoded.refusals[0]


GOOD = Reading("air", "a1", 3600, NOON, (("pm25", 15.1, flags.GOOD),))


# --- what is taken


def test_native_object_is_one_reading() -> None:
    assert taken(item()) == Decoded([GOOD], [])


def test_native_array_is_one_reading_an_item() -> None:
    later = item(time="2020-09-13T19:00:00+08:00")
    assert taken([item(), later]) == Decoded([GOOD, Reading("air", "a1", 3600, NOON - 3600, GOOD.values)], [])


def test_native_item_that_stands_twice_is_taken_twice() -> None:
    assert taken([item(), item()]) == Decoded([GOOD, GOOD], [])


def test_native_blanks_around_the_payload_are_allowed() -> None:
    assert taken(b" \r\n\t" + json.dumps(item()).encode() + b"\n ") == Decoded([GOOD], [])


def test_native_values_keep_the_order_of_the_payload() -> None:
    (reading,) = taken(item(values={"o3": 1, "co": 2, "pm25": 3})).readings
    assert [key for key, _, _ in reading.values] == ["o3", "co", "pm25"]


def test_native_null_is_a_missing_value() -> None:
    (reading,) = taken(item(values={"pm25": None, "o3": 5})).readings
    assert reading.values == (("pm25", None, flags.MISSING), ("o3", 5.0, flags.GOOD))


def test_native_null_stays_missing_whatever_its_flag_says() -> None:
    (reading,) = taken(item(values={"pm25": None}, flags={"pm25": "good"})).readings
    assert reading.values == (("pm25", None, 9),)


@pytest.mark.parametrize(
    ("word", "code"),  # QARTOD 1.2: 1 pass, 2 not evaluated, 3 suspect, 4 fail, 9 missing
    [
        ("good", 1),
        ("not_evaluated", 2),
        ("suspect", 3),
        ("fail", 4),
        ("maintenance", 4),
        ("calibration", 4),
        ("fault", 4),
        ("missing", 9),
    ],
)
def test_native_flag_word_becomes_its_qartod_code(word: str, code: int) -> None:
    (reading,) = taken(item(flags={"pm25": word})).readings
    assert reading.values == (("pm25", 15.1, code),)


def test_native_flag_of_one_value_leaves_the_others_good() -> None:
    (reading,) = taken(item(values={"pm25": 1, "o3": 2}, flags={"o3": "suspect"})).readings
    assert reading.values == (("pm25", 1.0, 1), ("o3", 2.0, 3))


@pytest.mark.parametrize(
    ("text", "number"), [("-0.5", -0.5), ("0", 0.0), ("1e-999", 0.0), ("1e308", 1e308), ("1" + "0" * 29, 1e29)]
)
def test_native_finite_number_is_taken(text: str, number: float) -> None:
    (reading,) = taken(values_text(text)).readings
    assert reading.values == (("pm25", number, 1), ("o3", 5.0, 1))


def test_native_number_is_always_stored_as_a_float() -> None:
    (reading,) = taken(values_text("7")).readings
    assert type(reading.values[0][1]) is float


def test_native_values_beside_a_text_number_are_floats_too() -> None:
    (reading,) = taken(item(values={"pm25": "x", "o3": 7})).readings
    assert [(key, value, type(value)) for key, value, _ in reading.values] == [("o3", 7.0, float)]


# --- stations


def test_native_station_may_stand_in_the_payload_where_the_topic_has_none() -> None:
    (reading,) = taken(item(station="a2"), context(station=None)).readings
    assert reading.station == "a2"


def test_native_station_may_stand_in_topic_and_payload_alike() -> None:
    assert taken(item(station="a1")) == Decoded([GOOD], [])


def test_native_station_null_is_as_good_as_none() -> None:
    assert taken(item(station=None)) == Decoded([GOOD], [])


@pytest.mark.parametrize(
    ("where", "station", "detail"),
    [
        (context(station="zz"), ..., "station: expected one of the register of air, got 'zz'"),
        (context(station=None), "zz", "station: expected one of the register of air, got 'zz'"),
        (context(station="zz"), "zz", "station: expected one of the register of air, got 'zz'"),
        (context(station=None), ..., "station: expected a station as the topic names none, got nothing"),
        (context(station=None), "", "station: expected one of the register of air, got ''"),
        (context(station="w1"), ..., "station: expected one of the register of air, got 'w1'"),
        (context(station="A1"), ..., "station: expected one of the register of air, got 'A1'"),
    ],
    ids=["topic", "payload", "both", "none", "empty", "medium", "case"],
)
def test_native_unknown_station_is_refused(where: Context, station: Any, detail: str) -> None:
    assert only_refusal(taken(item(station=station), where)) == Refusal("unknown_station", detail)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [("a1", "a2"), ("zz", "a1"), ("a1", "zz"), ("a1", "")],
    ids=["both-known", "topic-unknown", "payload-unknown", "empty"],
)
def test_native_station_that_differs_from_the_topics_is_foreign(topic: str, payload: str) -> None:
    assert only_refusal(taken(item(station=payload), context(station=topic))) == Refusal(
        "foreign_station", f"station: expected {topic!r} as in the topic, got {payload!r}"
    )


# --- stations of a gateway


GATEWAYS = Register(
    [_station("air", name) for name in ("a1", "a2", "a3")] + [_station("water", "a1")],
    {("air", "a1"): "g1", ("air", "a2"): "g2"},
)


def below(gateway: str, *, medium: str = "air", station: str | None = None) -> Context:
    """What is known of a message on a topic of a gateway."""
    return Context(medium, station, 300, YEAR_2000, 28_800, QUANTITIES, GATEWAYS, gateway)


def test_native_station_of_the_topics_gateway_is_taken() -> None:
    assert taken(item(station="a1"), below("g1")) == Decoded([GOOD], [])


@pytest.mark.parametrize(
    ("where", "station"),
    [
        (below("g1"), "a2"),
        (below("g1"), "a3"),
        (below("g3"), "a1"),
        (below("G1"), "a1"),
        (below("g1", station="a2"), ...),
        (below("g1", medium="water"), "a1"),
    ],
    ids=["another-gateways", "nobodys", "gateway-without-stations", "case", "in-the-topic", "of-another-medium"],
)
def test_native_station_that_the_gateway_does_not_own_is_foreign(where: Context, station: Any) -> None:
    values = {"ph": 7} if where.medium == "water" else {"pm25": 15.1}
    refusal = only_refusal(taken(item(station=station, values=values), where))
    named = where.station or station
    assert refusal == Refusal(
        "foreign_station", f"station: expected one that gateways.csv gives to {where.gateway!r}, got {named!r}"
    )


def test_native_station_that_nobody_registered_is_unknown_below_a_gateway_too() -> None:
    assert only_refusal(taken(item(station="zz"), below("g1"))).code == "unknown_station"


def test_native_item_without_a_station_is_refused_below_a_gateway() -> None:
    assert only_refusal(taken(item(), below("g1"))).code == "unknown_station"


def test_native_foreign_station_of_an_array_leaves_the_gateways_own() -> None:
    decoded = taken([item(station="a2"), item(station="a1")], below("g1"))
    assert decoded.readings == [GOOD]
    assert [(r.code, r.detail[:3]) for r in decoded.refusals] == [("foreign_station", "[0]")]


def test_native_name_of_a_gateway_is_shown_cut_at_80_characters() -> None:
    detail = only_refusal(taken(item(station="a1"), below("g" * 200))).detail
    assert f"gives to '{'g' * 76}..., got 'a1'" in detail


def test_native_unknown_station_is_shown_cut_at_80_characters() -> None:
    detail = only_refusal(taken(item(station="z" * 200), context(station=None))).detail
    assert detail.endswith("got '" + "z" * 76 + "...")


@pytest.mark.parametrize("medium", ["soil", "AIR", "", None])
def test_native_unknown_medium_of_the_topic_is_refused(medium: str | None) -> None:
    refusal = only_refusal(taken(item(), context(medium)))
    assert refusal == Refusal("unknown_topic", f"topic: expected a medium of air, water, noise, got {medium!r}")


# --- times


@pytest.mark.parametrize(
    "time",
    [
        "2020-09-13T20:00:00+08:00",
        "2020-09-13T12:00:00Z",
        "2020-09-13T12:00:00+00:00",
        "2020-09-13T17:30:00+05:30",
        "2020-09-13T08:30:00-03:30",
        "2020-09-14T02:00:00+14:00",
        "2020-09-13 20:00:00+08:00",
    ],
)
def test_native_time_with_any_offset_is_the_same_moment(time: str) -> None:
    assert taken(item(time=time)) == Decoded([GOOD], [])


@pytest.mark.parametrize("fraction", [".0", ".001", ".5", ".999999"])
def test_native_fraction_of_a_second_is_cut(fraction: str) -> None:
    assert taken(item(time=f"2020-09-13T20:00:00{fraction}+08:00")) == Decoded([GOOD], [])


def test_native_fraction_before_1970_is_cut_downwards() -> None:
    where = Context("water", "w1", 300, -10, 28_800, QUANTITIES, REGISTER)
    (reading,) = taken(item(time="1969-12-31T23:59:58.5Z", values={"ph": 7}), where).readings
    assert reading.time == -2


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("2000-01-01T00:00:00Z", YEAR_2000),
        ("2000-01-01T08:00:00+08:00", YEAR_2000),
        ("1999-12-31T19:00:00-05:00", YEAR_2000),
        ("2001-01-01T00:00:00Z", YEAR_2000 + 366 * 86_400),  # 2000 was a leap year
        ("2000-12-31T23:00:00Z", YEAR_2000 + 366 * 86_400 - 3600),
        ("2000-02-29T00:00:00Z", YEAR_2000 + 59 * 86_400),
        ("2001-09-09T01:00:00Z", 1_000_000_000 - 2800),  # a thousand million seconds were over at 01:46:40
    ],
)
def test_native_time_at_the_edge_of_a_year_is_its_moment(time: str, seconds: int) -> None:
    (reading,) = taken(item(time=time)).readings
    assert reading.time == seconds


@pytest.mark.parametrize("time", ["2020-09-13T20:00:00", "2020-09-13 20:00:00", "2020-09-13T20:00:00.5"])
def test_native_naive_time_is_refused(time: str) -> None:
    refusal = only_refusal(taken(item(time=time)))
    assert refusal.code == "naive_time"
    assert refusal.detail.startswith("time: expected an offset such as +08:00, got '2020-09-13T20:00:00")


def test_native_naive_time_of_an_array_is_named_by_its_place() -> None:
    decoded = taken([item(), item(time="2020-09-13T20:00:00")])
    assert decoded.refusals[0].detail == "[1].time: expected an offset such as +08:00, got '2020-09-13T20:00:00'"


def test_native_time_300_seconds_ahead_is_taken() -> None:
    (reading,) = taken(item(time="2020-09-13T12:31:40Z", values={"ph": 7}), context("water", "w1")).readings
    assert reading.time == NOW + 300


def test_native_time_301_seconds_ahead_is_refused() -> None:
    refusal = only_refusal(taken(item(time="2020-09-13T12:31:41Z", values={"ph": 7}), context("water", "w1")))
    assert refusal == Refusal("future_time", "time: expected at most 300 s ahead, got '2020-09-13T12:31:41+00:00'")


def test_native_time_a_hair_more_than_300_seconds_ahead_is_refused() -> None:
    water = context("water", "w1")
    decoded = taken(item(time="2020-09-13T12:31:40Z", values={"ph": 7}), water, now=NOW - 0.001)
    assert only_refusal(decoded).code == "future_time"


def test_native_time_at_not_before_is_taken() -> None:
    (reading,) = taken(item(time="2000-01-01T00:00:00Z", values={"ph": 7}), context("water", "w1")).readings
    assert reading.time == YEAR_2000


@pytest.mark.parametrize(
    "time", ["1999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00+08:00", "0001-01-01T00:00:00+23:59"]
)
def test_native_time_before_not_before_is_refused(time: str) -> None:
    refusal = only_refusal(taken(item(time=time, values={"ph": 7}), context("water", "w1")))
    assert refusal.code == "bad_time"
    assert refusal.detail.startswith("time: expected a time ")


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-08:00"])
def test_native_time_at_the_end_of_all_years_is_too_far_ahead(time: str) -> None:
    assert only_refusal(taken(item(time=time))).code == "future_time"


@pytest.mark.parametrize(
    "time",
    [
        "2020-02-30T00:00:00Z",
        "2019-02-29T00:00:00Z",
        "2020-13-01T00:00:00Z",
        "2020-09-13T24:00:00Z",
        "2020-09-13T12:00:60Z",
        "2020-09-13T12:00:00+24:00",
        "2020-09-13",
        "20:00:00",
        "13/09/2020 20:00",
        "",
        "x",
        1_599_998_400,
        1.5,
        None,
        True,
        [],
        {},
    ],
    ids=repr,
)
def test_native_time_that_cannot_be_read_is_refused(time: Any) -> None:
    refusal = only_refusal(taken(item(time=time)))
    assert refusal.code == "bad_time"
    assert "time" in refusal.detail


# --- periods


@pytest.mark.parametrize(("medium", "station", "key"), [("air", "a1", "pm25"), ("noise", "n1", "leq")])
def test_native_time_inside_a_period_is_refused(medium: str, station: str, key: str) -> None:
    payload = item(time="2020-09-13T20:00:01+08:00", values={key: 1})
    refusal = only_refusal(taken(payload, context(medium, station)))
    assert refusal == Refusal(
        "bad_time", "time: expected the start of a period of 3600 s, got '2020-09-13T20:00:01+08:00'"
    )


def test_native_time_inside_a_period_is_taken_of_water() -> None:
    payload = item(time="2020-09-13T20:17:05+08:00", values={"ph": 7})
    (reading,) = taken(payload, context("water", "w1")).readings
    assert reading.time == NOON + 17 * 60 + 5


def test_native_hour_starts_with_the_hour_of_the_citys_zone() -> None:
    kathmandu = context(offset_s=20_700)  # +05:45
    (reading,) = taken(item(time="2020-09-13T18:00:00+05:45"), kathmandu).readings
    assert reading.time == NOON + 900


def test_native_hour_of_another_zone_is_refused_where_the_citys_hour_differs() -> None:
    assert only_refusal(taken(item(time="2020-09-13T20:00:00+08:00"), context(offset_s=20_700))).code == "bad_time"


def test_native_day_starts_at_local_midnight() -> None:
    (reading,) = taken(item(time="2020-09-13T00:00:00+08:00", period_s=86_400)).readings
    assert reading.time == NOON - 20 * 3600


def test_native_day_that_starts_at_midnight_utc_is_refused_in_shanghai() -> None:
    assert only_refusal(taken(item(time="2020-09-13T00:00:00Z", period_s=86_400))).code == "bad_time"


@pytest.mark.parametrize("period_s", [1, 60, 300, 900, 1800, 3600])
def test_native_period_that_divides_a_day_is_taken(period_s: int) -> None:
    (reading,) = taken(item(period_s=period_s)).readings
    assert reading.period_s == period_s


@pytest.mark.parametrize("period_s", [0, -1, -3600, 7, 3601, 86_399, 86_401, 172_800, 10**30])
def test_native_period_that_does_not_divide_a_day_is_refused(period_s: int) -> None:
    refusal = only_refusal(taken(item(period_s=period_s)))
    assert refusal == Refusal("wrong_type", f"period_s: expected seconds that divide a day, got {period_s}")


# --- values


def test_native_unknown_key_is_refused_and_the_others_are_kept() -> None:
    decoded = taken(item(values={"pm25": 15.1, "pm2.5": 16}))
    assert decoded == Decoded([GOOD], [Refusal("unknown_quantity", "values: expected keys of air, got 'pm2.5'")])


def test_native_key_of_another_medium_is_unknown() -> None:
    assert only_refusal(taken(item(values={"ph": 7}))).code == "unknown_quantity"


@pytest.mark.parametrize("key", ["PM25", " pm25", "pm25 ", "pm25\u0000", ""])
def test_native_key_is_taken_literally(key: str) -> None:
    refusal = only_refusal(taken(item(values={key: 1})))
    assert refusal == Refusal("unknown_quantity", f"values: expected keys of air, got {key!r}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("NaN", "nan"),
        ("Infinity", "inf"),
        ("-Infinity", "-inf"),
        ("1e999", "inf"),
        ("-1e999", "-inf"),
        ("1" + "0" * 400, "inf"),
    ],
    ids=["nan", "inf", "-inf", "1e999", "-1e999", "huge-integer"],
)
def test_native_number_that_is_not_finite_is_refused_and_the_others_are_kept(text: str, shown: str) -> None:
    decoded = taken(values_text(text))
    assert decoded == Decoded(
        [Reading("air", "a1", 3600, NOON, (("o3", 5.0, 1),))],
        [Refusal("not_finite", f"values.pm25: expected a finite number, got {shown}")],
    )


def test_native_negative_huge_integer_is_refused() -> None:
    assert [r.code for r in taken(values_text("-1" + "0" * 400)).refusals] == ["not_finite"]


def test_native_integer_of_5000_digits_is_refused_and_the_others_are_kept() -> None:
    decoded = taken(values_text("1" * 5000))
    assert [r.code for r in decoded.refusals] == ["not_finite"]
    assert [r.values for r in decoded.readings] == [(("o3", 5.0, 1),)]


def test_native_item_without_one_finite_value_gives_no_reading() -> None:
    assert taken(item(values={"pm25": float("nan")})).readings == []


@pytest.mark.parametrize(
    "value", ["15.1", "", "-;", "*", "NaN", True, False, [], [1], {}, {"v": 1}], ids=lambda value: json.dumps(value)
)
def test_native_value_that_is_no_number_is_refused_and_the_others_are_kept(value: Any) -> None:
    decoded = taken(item(values={"pm25": value, "o3": 5}))
    assert decoded == Decoded(
        [Reading("air", "a1", 3600, NOON, (("o3", 5.0, 1),))],
        [Refusal("wrong_type", f"values.pm25: expected a number, got {value!r}")],
    )


def test_native_value_that_is_no_number_is_refused_though_it_has_a_flag_and_the_others_are_kept() -> None:
    decoded = taken(item(values={"pm25": "-;", "o3": 5}, flags={"pm25": "maintenance"}))
    assert [r.values for r in decoded.readings] == [(("o3", 5.0, 1),)]


def test_native_value_that_is_no_number_is_shown_cut_at_80_characters() -> None:
    (refusal,) = taken(item(values={"pm25": "9" * 200})).refusals
    assert refusal.detail == "values.pm25: expected a number, got '" + "9" * 76 + "..."


def test_native_each_bad_value_is_refused_by_itself() -> None:
    decoded = taken(item(values={"pm25": "a", "o3": True, "co": 1, "x": 2}))
    assert sorted(r.code for r in decoded.refusals) == ["unknown_quantity", "wrong_type", "wrong_type"]


def test_native_item_with_only_bad_values_is_refused_once_a_value() -> None:
    decoded = taken(item(values={"pm25": "a", "o3": "b"}))
    assert [(r.code, r.detail.partition(":")[0]) for r in decoded.refusals] == [
        ("wrong_type", "values.pm25"),
        ("wrong_type", "values.o3"),
    ]


def test_native_item_without_values_is_refused() -> None:
    refusal = only_refusal(taken(item(values={})))
    assert refusal == Refusal("wrong_type", "values: expected at least one value, got none")


# --- flags


def test_native_unknown_flag_word_is_refused() -> None:
    assert only_refusal(taken(item(flags={"pm25": "bad"}))) == Refusal(
        "unknown_flag",
        "flags.pm25: expected one of good, not_evaluated, suspect, fail, maintenance, calibration, fault, missing, "
        "got 'bad'",
    )


@pytest.mark.parametrize("word", ["", "GOOD", "Good", " good", "N"])
def test_native_flag_word_is_taken_literally(word: str) -> None:
    assert only_refusal(taken(item(flags={"pm25": word}))).code == "unknown_flag"


def test_native_flag_of_a_key_without_value_is_refused() -> None:
    refusal = only_refusal(taken(item(flags={"o3": "good"})))
    assert refusal == Refusal("wrong_type", "flags: expected keys that have a value, got 'o3'")


def test_native_unknown_flag_word_leaves_the_other_items() -> None:
    decoded = taken([item(flags={"pm25": "bad"}), item()])
    assert decoded.readings == [GOOD]
    assert [(r.code, r.detail[:11]) for r in decoded.refusals] == [("unknown_flag", "[0].flags.p")]


# --- items of a wrong form


WRONG_FORMS: list[tuple[dict[str, Any], str]] = [
    ({"time": ...}, "time"),
    ({"period_s": ...}, "period_s"),
    ({"values": ...}, "values"),
    ({"period_s": "3600"}, "period_s"),
    ({"period_s": 3600.5}, "period_s"),
    ({"period_s": True}, "period_s"),
    ({"period_s": None}, "period_s"),
    ({"values": None}, "values"),
    ({"values": []}, "values"),
    ({"values": 5}, "values"),
    ({"flags": None}, "flags"),
    ({"flags": []}, "flags"),
    ({"flags": {"pm25": 1}}, "flags"),
    ({"flags": {"pm25": None}}, "flags"),
    ({"station": 5}, "station"),
    ({"unit": "ug/m3"}, "unit"),
    ({"Time": "x"}, "Time"),
]
"""Changes that make an item ill-formed, and the key at fault."""


def _name(case: object) -> str:
    return json.dumps(case, default=lambda _: "nothing") if isinstance(case, dict) else ""


@pytest.mark.parametrize(("changes", "place"), WRONG_FORMS, ids=_name)
def test_native_item_of_a_wrong_form_is_refused_by_place(changes: dict[str, Any], place: str) -> None:
    refusal = only_refusal(taken(item(**changes)))
    assert (refusal.code, place in refusal.detail) == ("wrong_type", True)


@pytest.mark.parametrize(("changes", "place"), WRONG_FORMS, ids=_name)
def test_native_item_of_a_wrong_form_leaves_its_neighbours(changes: dict[str, Any], place: str) -> None:
    decoded = taken([item(), item(**changes), item()])
    assert decoded.readings == [GOOD, GOOD]
    assert [(r.code, r.detail[:3], place in r.detail) for r in decoded.refusals] == [("wrong_type", "[1]", True)]


@pytest.mark.parametrize(
    ("changes", "detail"),  # the form that sensors.reading.Refusal promises: `place: expected X, got Y`
    [
        ({"time": ...}, r"\[1\]\.time: expected .+, got nothing"),
        ({"time": "x"}, r"\[1\]\.time: expected .+, got 'x'"),
        ({"period_s": "3600"}, r"\[1\]\.period_s: expected .+, got '3600'"),
        ({"flags": {"pm25": 1}}, r"\[1\]\.flags\.pm25: expected .+, got 1"),
        ({"unit": "ug/m3"}, r"\[1\]\.unit: expected one of time, period_s, .+, got 'unit'"),
    ],
    ids=_name,
)
def test_native_detail_of_a_wrong_form_says_place_expected_and_got(changes: dict[str, Any], detail: str) -> None:
    (refusal,) = taken([item(), item(**changes)]).refusals
    assert re.fullmatch(detail, refusal.detail)


@pytest.mark.parametrize("payload", [b"null", b"true", b"5", b"1.5", b'"x"', b"{}", b"[null]", b"[[]]", b"[5]", b"NaN"])
def test_native_json_that_is_no_item_is_refused(payload: bytes) -> None:
    assert only_refusal(taken(payload)).code == "wrong_type"


def test_native_empty_array_is_refused() -> None:
    refusal = only_refusal(taken([]))
    assert refusal == Refusal("wrong_type", "payload: expected at least one item, got an empty array")


def test_native_array_in_an_array_is_not_looked_into() -> None:
    decoded = taken([[item()], item()])
    assert decoded.readings == [GOOD]
    assert [(r.code, r.detail[:3]) for r in decoded.refusals] == [("wrong_type", "[0]")]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (item(time="2020-09-13T20:00:00"), "naive_time"),
        (item(time="x"), "bad_time"),
        (item(time="2030-01-01T00:00:00Z"), "future_time"),
        (item(station="zz"), "foreign_station"),
        (item(values={"zz": 1}), "unknown_quantity"),
        (item(values={"pm25": "1"}), "wrong_type"),
        (item(values={"pm25": float("inf")}), "not_finite"),
        (item(values={}), "wrong_type"),
        (item(flags={"pm25": "zz"}), "unknown_flag"),
        (None, "wrong_type"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_native_bad_item_of_three_is_refused_by_its_place_and_two_are_kept(bad: Any, code: str) -> None:
    decoded = taken([item(), bad, item()])
    assert decoded.readings == [GOOD, GOOD]
    assert [(r.code, r.detail[:3]) for r in decoded.refusals] == [(code, "[1]")]


def test_native_item_without_values_after_a_bad_item_is_refused_too() -> None:
    decoded = taken([item(time="x"), item(values={}), item()])
    assert [r.detail[:3] for r in decoded.refusals] == ["[0]", "[1]"]


# --- payloads that are no JSON


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b" ",
        b"\x00",
        b"{",
        b'{"time":',
        json.dumps(item()).encode()[:-1],
        json.dumps(item()).encode() + b"x",
        json.dumps(item()).encode() + b"\x00",
        json.dumps(item()).encode() * 2,
        b"\x00" + json.dumps(item()).encode(),
        b"{'time': 1}",
        b"[1,]",
        b"\xff",
        b'{"time": "\xff"}',
        b'{"time": "\x00"}',
        b"<html></html>",
        b"##0136ST=32;CN=2011;PW=123456;MN=8888;Flag=5;CP=&&&&1C80\r\n",
    ],
)
def test_native_payload_that_is_no_json_is_refused(payload: bytes) -> None:
    refusal = only_refusal(taken(payload))
    assert refusal.code == "broken_json"
    assert refusal.detail.startswith(("payload: expected JSON, got ", "payload: expected UTF-8, got "))


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        values_text("[" * 100_000 + "]" * 100_000),
    ],
    ids=["open", "closed", "objects-open", "objects-closed", "in-a-value"],
)
def test_native_deep_nesting_is_refused(payload: bytes) -> None:
    assert only_refusal(taken(payload)).code == "broken_json"


def test_native_nesting_of_any_depth_around_pythons_limit_is_refused() -> None:
    refused = [taken(values_text("[" * depth + "]" * depth)).refusals for depth in range(800, 1050)]
    assert all(refused)


# --- keys that no gateway should send


def test_native_unknown_field_that_is_half_a_character_is_refused() -> None:
    assert only_refusal(taken(item(**{"\ud800": 1}))).code == "wrong_type"


@pytest.mark.parametrize(
    "changes",
    [
        {"values": {"\ud800": 1}},
        {"values": {"\ud800": "x"}},
        {"flags": {"\ud800": "good"}},
        {"values": {"\ud800": 1}, "flags": {"\ud800": "bad"}},
        {"station": "\ud800"},
        {"flags": {"pm25": "\ud800"}},
        {"flags": {"\ud800": 1}},
    ],
    ids=["key", "key-of-a-text", "flag", "bad-flag", "station", "flag-word", "flag-of-a-number"],
)
def test_native_detail_of_half_a_character_can_be_stored(changes: dict[str, Any]) -> None:
    details = [r.detail for r in taken(item(**changes)).refusals]
    assert [d.encode(errors="replace").decode() for d in details] == details


def test_native_field_that_is_half_a_character_is_refused_by_the_place_of_its_item() -> None:
    (refusal,) = taken([item(), item(**{"\ud800": 1})]).refusals
    assert refusal.detail == "[1]: expected keys in UTF-8, got half a character"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"x` - at `$.time": 1}, "'x` - at `$.time'"),
        ({"time: x": 1}, "'time: x'"),
        ({"top level": 1}, "'top level'"),
        ({"": 1}, "''"),
        ({"flags": {"[0]": 1}}, "flags.'[0]'"),
        ({"flags": {"[": 1}}, "flags.'['"),
        ({"flags": {"": 1}}, "flags.''"),
    ],
    ids=_name,
)
def test_native_key_that_looks_like_a_place_is_told_in_quotation_marks(changes: dict[str, Any], place: str) -> None:
    refusal = only_refusal(taken(item(**changes)))
    assert refusal.code == "wrong_type"
    assert refusal.detail.startswith(f"{place}: expected ")


@pytest.mark.parametrize(
    "changes",
    [
        {"values": {"a\nERROR forged line": "x"}},
        {"values": {"\x1b[31m": "x"}},
        {"values": {"\n": 1}, "flags": {"\n": "bad"}},
        {"\n": 1},
    ],
    ids=["key-of-a-text", "escape", "flag", "field"],
)
def test_native_detail_of_a_strange_key_is_one_printable_line(changes: dict[str, Any]) -> None:
    assert all(r.detail.isprintable() for r in taken(item(**changes)).refusals)


@pytest.mark.parametrize(
    "changes",
    [
        {"values": {"k" * 10_000: "x"}},
        {"values": {"k" * 10_000: 1}},
        {"values": {"k" * 10_000: 1}, "flags": {"k" * 10_000: "bad"}},
        {"flags": {"k" * 10_000: 1}},
        {"k" * 10_000: 1},
    ],
    ids=["key-of-a-text", "key", "flag", "flag-of-a-number", "field"],
)
def test_native_detail_of_a_long_key_is_short(changes: dict[str, Any]) -> None:
    assert all(len(r.detail) <= 500 for r in taken(item(**changes)).refusals)


# --- below the detection limit


def water(values: dict[str, Any], **more: Any) -> Decoded:
    return taken(item(values=values, **more), context("water", "w1"))


@pytest.mark.parametrize(
    ("text", "limit"),
    [("<0.02", 0.02), ("<5", 5.0), ("<0.00004", 0.00004), ("<4e-05", 0.00004), ("<1E+2", 100.0), ("<5e-324", 5e-324)],
)
def test_native_text_below_the_detection_limit_is_the_limit_with_its_flag(text: str, limit: float) -> None:
    (reading,) = water({"ph": text}).readings
    assert reading.values == (("ph", limit, 5),)
    assert type(reading.values[0][1]) is float


def test_native_value_below_detection_leaves_the_others_as_they_are() -> None:
    decoded = taken([item(values={"ph": 7}), item(values={"ph": "<0.02"})], context("water", "w1"))
    assert [reading.values for reading in decoded.readings] == [(("ph", 7.0, 1),), (("ph", 0.02, 5),)]
    assert decoded.refusals == []


@pytest.mark.parametrize(
    ("word", "code"),  # the worse of the two: missing, fail, suspect, below detection, good, not evaluated
    [
        ("good", 5),
        ("not_evaluated", 5),
        ("suspect", 3),
        ("fail", 4),
        ("maintenance", 4),
        ("calibration", 4),
        ("fault", 4),
        ("missing", 9),
    ],
)
def test_native_worse_of_the_gateways_flag_and_below_detection_holds(word: str, code: int) -> None:
    (reading,) = water({"ph": "<0.02"}, flags={"ph": word}).readings
    assert reading.values == (("ph", 0.02, code),)


@pytest.mark.parametrize(
    "text",
    ["<", "<0", "<0.0", "<0e5", "<1e-999", "<-1", "<+1", "< 1", "<1 ", " <1", "<1,5", "<.5", "<5.", "<01", "<1e", "<x",
     "<NaN", "<inf", "<0x1", "<１", "<1\n", "<<1", "<1>", ">1", "≤1", "＜1", "1L", "ND", "0.02", ""],
)  # fmt: skip
def test_native_text_that_is_no_positive_number_after_the_sign_is_refused(text: str) -> None:
    decoded = water({"ph": text})
    assert decoded.readings == []
    assert [(r.code, r.detail.partition(": ")[0]) for r in decoded.refusals] == [("wrong_type", "values.ph")]


def test_native_text_below_detection_that_is_wrong_is_told() -> None:
    details = [water({"ph": text}).refusals[0].detail for text in ("ND", "<0")]
    assert details == [
        "values.ph: expected a number, or a text such as \"<0.02\", got 'ND'",
        "values.ph: expected a positive number after <, got '<0'",
    ]


@pytest.mark.parametrize("text", ["<1e999", "<1" + "0" * 400, "<" + "9" * 200_000], ids=["exponent", "400", "200000"])
def test_native_detection_limit_that_is_not_finite_is_refused(text: str) -> None:
    refusal = only_refusal(water({"ph": text}))
    assert refusal.code == "not_finite"
    assert refusal.detail.startswith("values.ph: expected a finite number after <, got '<")


@pytest.mark.parametrize(("medium", "station", "key"), [("air", "a1", "pm25"), ("noise", "n1", "leq")])
def test_native_value_below_detection_of_another_medium_than_water_is_refused(
    medium: str, station: str, key: str
) -> None:
    refusal = only_refusal(taken(item(values={key: "<0.02"}), context(medium, station)))
    detail = f"values.{key}: expected a number as only values of water may lie below a detection limit, got '<0.02'"
    assert refusal == Refusal("wrong_type", detail)


def test_native_value_below_detection_of_an_unknown_quantity_is_refused() -> None:
    assert only_refusal(water({"zz": "<0.02"})) == Refusal(
        "unknown_quantity", "values: expected keys of water, got 'zz'"
    )


def test_native_item_that_is_refused_takes_its_values_below_detection_along() -> None:
    decoded = taken(
        [item(values={"ph": 7}), item(values={"ph": "<0.02"}, time="2020-09-13T20:00:00")], context("water", "w1")
    )
    assert [reading.values for reading in decoded.readings] == [(("ph", 7.0, 1),)]
    assert [(r.code, r.detail[:3]) for r in decoded.refusals] == [("naive_time", "[1]")]


@pytest.mark.parametrize("period_s", [0, -1])
@pytest.mark.parametrize(("medium", "station", "key"), [("air", "a1", "pm25"), ("water", "w1", "ph")])
def test_native_period_of_a_grab_sample_cannot_be_sent(period_s: int, medium: str, station: str, key: str) -> None:
    refusal = only_refusal(taken(item(values={key: 7}, period_s=period_s), context(medium, station)))
    assert refusal == Refusal("wrong_type", f"period_s: expected seconds that divide a day, got {period_s}")


# --- other units


def in_units(**factors: float) -> Context:
    return msgspec.structs.replace(context(), factors=factors)


def test_native_value_in_another_unit_is_converted() -> None:
    decoded = taken(item(values={"pm25": 15.1, "o3": 100.0}), in_units(o3=1.9619))
    assert decoded == Decoded([reading(("pm25", 15.1, flags.GOOD), ("o3", 196.19, flags.GOOD))], [])


def test_native_converted_value_keeps_its_flag_and_a_missing_one_stays_missing() -> None:
    decoded = taken(item(values={"o3": 100.0, "co": None}, flags={"o3": "fault"}), in_units(o3=2.0, co=3.0))
    assert decoded == Decoded([reading(("o3", 200.0, flags.FAIL), ("co", None, flags.MISSING))], [])


def test_native_value_beside_a_refused_one_is_converted_once() -> None:
    decoded = taken(item(values={"o3": 100, "pm25": "x"}), in_units(o3=2.0))
    assert decoded.readings == [reading(("o3", 200.0, flags.GOOD))]


def test_native_items_of_an_array_are_converted() -> None:
    decoded = taken([item(values={"o3": 1.0}), item(values={"o3": 2.0})], in_units(o3=2.0))
    assert [r.values for r in decoded.readings] == [(("o3", 2.0, flags.GOOD),), (("o3", 4.0, flags.GOOD),)]


def test_native_value_that_leaves_the_floats_as_it_is_converted_is_not_finite() -> None:
    refusal = only_refusal(taken(item(values={"o3": 1e308}), in_units(o3=1000.0)))
    assert (refusal.code, refusal.detail) == ("not_finite", "values.o3: expected a finite number, got inf")


def reading(*values: tuple[str, float | None, int]) -> Reading:
    return Reading("air", "a1", 3600, NOON, values)
