"""Cases of each dialect below tests/golden: a payload in; readings and refusals, or the error, out. Nothing is ignored.

A case is a TOML file: `claim`; `topic`, `received` (time of arrival), `[source]` as in sources.toml; `[stations]` ids
by medium, `[devices.NAME]` stations by medium; what arrives as `payload`, `payload_hex`, `payload_file` (below
../shared/data) or `frame` (number in its hj212/frames.json), or several in `payloads`; then each `[[reading]]` and
`[[refusal]]` that must come of it, in order. A missing value is written "missing".
"""

import datetime as dt
import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sensors import quantities, source_terms, sources
from sensors.decoders import DIALECTS, Context, mappings
from sensors.hj212 import meanings
from sensors.quantities import MEDIA
from sensors.reading import Decoded
from sensors.register import Register, Station
from sensors.sources import Source
from tests.support import DATA, ROOT

GOLDEN = ROOT / "tests" / "golden"
QUANTITIES = quantities.parse((ROOT / "config" / "quantities.toml").read_text(encoding="utf-8"), file="quantities.toml")
HJ212 = meanings.parse((ROOT / "config" / "hj212.toml").read_text(encoding="utf-8"), file="hj212.toml")
MAPPINGS = {
    path.stem: mappings.parse(path.read_text(encoding="utf-8"), file=path.name)
    for path in (ROOT / "config" / "mappings").glob("*.toml")
}
CASES = sorted(GOLDEN.glob("*/*.toml"))


def payloads(case: dict[str, Any]) -> list[bytes]:
    """What arrives in a case, in order."""
    if "payloads" in case:
        return [one for each in case["payloads"] for one in payloads(each)]
    if "payload_hex" in case:
        return [bytes.fromhex(case["payload_hex"])]
    if "payload_file" in case:
        return [(DATA / case["payload_file"]).read_bytes()]
    if "frame" in case:
        frame = json.loads((DATA / "payloads/hj212/frames.json").read_text(encoding="utf-8"))[case["frame"]]
        return [str(frame.get("frame") or frame["segment"]).encode(case.get("encoding", "utf-8"))]
    return [str(case["payload"]).encode(case.get("encoding", "utf-8"))]


def decoded(case: dict[str, Any]) -> Decoded:
    """What all payloads of a case give together."""
    source = sources.with_mapping(msgspec.convert({"name": "golden", **case["source"]}, Source), MAPPINGS, "source")
    stations = [
        Station(
            medium=medium, id=name, name=name, name_en="", city="c", district="", lon=None, lat=None, since=None,
            until=None,
        )
        for medium in MEDIA
        for name in case.get("stations", {}).get(medium, ())
    ]  # fmt: skip
    terms = source_terms.terms(source, QUANTITIES, {"golden": case.get("devices", {})}, hj212=HJ212)
    decode = DIALECTS[source.dialect](terms)
    received = case["received"] if isinstance(case["received"], dt.datetime) else moment(case["received"])
    into = Decoded([], [])
    for i, payload in enumerate(payloads(case)):
        topic = case["payloads"][i].get("topic", case.get("topic")) if "payloads" in case else case["topic"]
        captures = source.matcher()(topic)
        assert captures is not None, "the topic is not of the source"
        context = Context(
            medium=captures.get("medium", source.medium),
            station=captures.get("station"),
            device=captures.get("device"),
            gateway=captures.get("gateway"),
            topic=topic,
            max_ahead_s=source.max_ahead_s,
            not_before=0,
            offset_s=28_800,
            quantities=QUANTITIES,
            register=Register(stations),
        )
        one = decode(payload, received.timestamp(), context)
        into.readings.extend(one.readings)
        into.refusals.extend(one.refusals)
    return into


def moment(text: str) -> dt.datetime:
    """An aware time."""
    time = dt.datetime.fromisoformat(text)
    assert time.tzinfo is not None
    return time


def expected(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The readings of a case with times in seconds, as they are compared."""
    return [
        {
            **each,
            "time": int(moment(each["time"]).timestamp()),
            "values": [(key, None if value == "missing" else value, flag) for key, value, flag in each["values"]],
        }
        for each in case.get("reading", [])
    ]


@pytest.mark.parametrize("path", CASES, ids=[f"{path.parent.name}/{path.stem}" for path in CASES])
def test_payload_gives_what_its_case_says(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    found = decoded(case)
    readings = [{name: getattr(each, name) for name in each.__struct_fields__} for each in found.readings]
    assert [{**each, "values": list(each["values"])} for each in readings] == expected(case), case["claim"]
    assert [msgspec.to_builtins(each) for each in found.refusals] == case.get("refusal", []), case["claim"]


def test_every_dialect_has_cases() -> None:
    named = {path.parent.name for path in CASES}
    assert set(DIALECTS) <= named | {
        tomllib.loads(path.read_text(encoding="utf-8"))["source"]["dialect"] for path in CASES
    }
