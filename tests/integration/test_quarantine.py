"""The commands `qingjing quarantine ...` on a ledger: what they show, what they release, what they keep."""

import base64
import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingestor import config
from ingestor.decoding import Decoding
from ingestor.store import Arrival, SeriesKey, SqliteStore, line_protocol
from ingestor.store.ledger import REFUSED_BY_STORE
from sensors.reading import Reading, Refusal
from tests.conftest import Qingjing

TIME = 1_577_808_000  # 2020-01-01T00:00:00+08:00
AT = 1_600_000_000.0
NEW_STATION = "sz-a99,新（模拟）,New (simulated),shenzhen,,114.0,22.6,2019-01-01,\n"


def item(values: dict[str, Any], *, station: str | None = None, **more: Any) -> dict[str, Any]:
    named = {} if station is None else {"station": station}
    return {"time": "2020-01-01T00:00:00+08:00", "period_s": 3600, "values": values, **named, **more}


def payload(values: dict[str, Any], **more: Any) -> bytes:
    return json.dumps(item(values, **more)).encode()


class Place:
    """A data directory and a configuration; messages are put there as the collector does, then commands run on them."""

    def __init__(self, data: Path, directory: Path, run: Qingjing) -> None:
        self._data = data
        self.directory = directory
        self._run = run

    def put(self, *messages: tuple[str, bytes], at: float = AT) -> None:
        """Decode messages with the configuration of now, and commit them."""
        decoding = Decoding(config.load(self.directory))
        self.commit(*[decoding.arrival(topic, body, at) for topic, body in messages])

    def commit(self, *arrivals: Arrival) -> None:
        with closing(self.store()) as store:
            store.commit(arrivals)
            store.drain()

    def store(self) -> SqliteStore:
        return SqliteStore(self._data / "qingjing.sqlite3")

    def quarantine(self, *arguments: object, code: int = 0) -> str:
        """Run a command; its standard output, or where it must fail its standard error."""
        done = self._run("--data", self._data, "--config", self.directory, "quarantine", *arguments, code=code)
        return done.stderr if code else done.stdout

    def as_json(self, *arguments: object) -> Any:
        return json.loads(self.quarantine(*arguments, "--json"))

    def reasons(self) -> dict[str, int]:
        with closing(self.store()) as store:
            return store.quarantine_reasons()

    def values(self, station: str, quantity: str = "pm25", medium: str = "air") -> list[float]:
        """Values of a series, after all that waits was moved."""
        with closing(self.store()) as store:
            store.drain()
            return store.raw(SeriesKey(medium, station, 3600, quantity)).values.tolist()

    def register(self, row: str) -> None:
        with (self.directory / "stations" / "air.csv").open("a", encoding="utf-8") as out:
            out.write(row)


@pytest.fixture
def place(tmp_path: Path, config_copy: Path, qingjing: Qingjing) -> Place:
    return Place(tmp_path / "data", config_copy, qingjing)


@pytest.fixture
def three(place: Place) -> Place:
    """Three messages in quarantine: 1 and 3 of an unknown station, 2 no JSON."""
    place.put(
        ("env/v1/air/sz-a99", payload({"pm25": 1})),
        ("env/v1/air/sz-a01", b"\xff\x00raw"),
        ("env/v1/air/sz-a99", payload({"pm25": 2})),
    )
    return place


# --- list


def test_quarantine_list_counts_messages_by_reason(three: Place) -> None:
    assert "3 messages: 1 broken_json, 2 unknown_station" in three.quarantine("list").splitlines()
    assert three.as_json("list")["reasons"] == {"broken_json": 1, "unknown_station": 2}


def test_quarantine_list_of_one_code_shows_the_messages_of_that_first_reason(three: Place) -> None:
    assert [m["id"] for m in three.as_json("list", "--code", "unknown_station")["messages"]] == [3, 1]


def test_quarantine_list_shows_the_newest_first_up_to_its_limit(three: Place) -> None:
    assert [m["id"] for m in three.as_json("list", "--limit", 2)["messages"]] == [3, 2]
    limited = three.as_json("list", "--limit", 1, "--code", "unknown_station")
    assert [m["id"] for m in limited["messages"]] == [3]


def test_quarantine_list_counts_a_message_that_came_again_once(place: Place) -> None:
    for at in (AT, AT + 5):
        place.put(("env/v1/air/sz-a99", payload({"pm25": 1})), at=at)
    (message,) = place.as_json("list")["messages"]
    assert (message["seen"], message["last_at"]) == (2, "2020-09-13T12:26:45+00:00")  # AT is 12:26:40Z


def test_quarantine_list_of_an_unknown_code_names_the_known_ones(three: Place) -> None:
    told = three.quarantine("list", "--code", "unknown", code=2)
    assert told.startswith("qingjing: --code: expected one of too_large, broken_json, ")
    assert told.endswith("got 'unknown'\n")


def test_quarantine_list_of_none_says_none(place: Place) -> None:
    place.put(("env/v1/air/sz-a01", payload({"pm25": 1})))
    assert place.quarantine("list") == "0 messages: none\n"


def test_quarantine_list_shows_topics_that_would_move_the_cursor_escaped(place: Place) -> None:
    place.put(("env/v1/air/a\n\x1b[2J", payload({"pm25": 1})))
    lines = place.quarantine("list").splitlines()
    assert len(lines) == 3
    assert "env/v1/air/a\\n\\x1b[2J" in lines[0]


def test_quarantine_list_says_what_to_do_about_each_reason(three: Place) -> None:
    told = three.quarantine("list").splitlines()
    assert told[-2:] == [
        "  unknown_station → 在 devices.csv 中登记设备，或在 stations/ 中登记点位",
        '  broken_json → 检查设备发送的内容；GBK 编码时设 encoding = "gb18030"',
    ]


# --- show


def test_quarantine_show_says_what_to_do_about_every_reason(three: Place) -> None:
    assert "          → 在 devices.csv 中登记设备，或在 stations/ 中登记点位\n" in three.quarantine("show", 1)


def test_quarantine_show_raw_writes_the_bytes_as_they_came(three: Place) -> None:
    shown = three.quarantine("show", 1, "--raw")
    assert shown.encode() == payload({"pm25": 1})


def test_quarantine_show_tells_every_reason(place: Place) -> None:
    place.put(("env/v1/air/sz-a01", payload({"pm25": "x", "zz": 1})))
    shown = place.quarantine("show", 1)
    assert "reason:   wrong_type (" in shown
    assert "reason:   unknown_quantity (" in shown


@pytest.mark.parametrize("arguments", [("show", 7), ("retry", 7), ("drop", 7, "--reason", "x"), ("retry", 1, 7)])
def test_quarantine_id_that_is_unknown_is_a_mistake_of_the_user(three: Place, arguments: tuple[object, ...]) -> None:
    assert three.quarantine(*arguments, code=2) == (
        "qingjing: number: expected the id of a message in quarantine, got 7; see `qingjing quarantine list`\n"
    )
    assert three.reasons() == {"broken_json": 1, "unknown_station": 2}


# --- export


def exported(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_quarantine_export_to_a_file_restores_every_byte(three: Place, tmp_path: Path) -> None:
    three.quarantine("export", tmp_path / "out.jsonl")
    messages = exported((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert [(m["id"], m["topic"], base64.b64decode(m["payload"])) for m in messages] == [
        (1, "env/v1/air/sz-a99", payload({"pm25": 1})),
        (2, "env/v1/air/sz-a01", b"\xff\x00raw"),
        (3, "env/v1/air/sz-a99", payload({"pm25": 2})),
    ]


def test_quarantine_export_to_standard_output_is_the_same(three: Place, tmp_path: Path) -> None:
    three.quarantine("export", tmp_path / "out.jsonl")
    assert three.quarantine("export", "-") == (tmp_path / "out.jsonl").read_text(encoding="utf-8")


def test_quarantine_export_of_a_code_has_the_messages_of_that_reason(three: Place) -> None:
    assert [m["id"] for m in exported(three.quarantine("export", "-", "--code", "broken_json"))] == [2]


def test_quarantine_export_leaves_messages_where_they_are(three: Place) -> None:
    three.quarantine("export", "-")
    assert three.reasons() == {"broken_json": 1, "unknown_station": 2}


def test_quarantine_export_refuses_a_file_that_exists(three: Place, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    told = three.quarantine("export", tmp_path / "mine", code=2)
    assert told == f"qingjing: {tmp_path / 'mine'}: expected a new file, got one that exists\n"
    assert (tmp_path / "mine").read_text(encoding="utf-8") == "mine"


def test_quarantine_export_tells_topics_apart_that_look_alike(place: Place) -> None:
    place.put(("env/v1/air/a\x01", payload({"pm25": 1})), ("env/v1/air/a\\x01", payload({"pm25": 1})))
    first, second = exported(place.quarantine("export", "-"))
    assert first["topic"] != second["topic"]


# --- passwords of HJ 212

FRAME = b"##0090ST=22;CN=3020;PW=secret77;MN=m1;Flag=5;CP=&&PW = secret78;a34004-Rtd=1&&FFFF\r\n"
HIDDEN = FRAME.replace(b"secret77", b"******").replace(b" secret78", b"******")


def test_quarantine_hides_passwords_in_all_it_prints_unless_bytes_are_asked_for(place: Place) -> None:
    place.put(("env/hj212/v1/m1", FRAME))
    assert "ST=22;CN=3020;PW=******;MN=m1;" in place.quarantine("show", 1)
    assert base64.b64decode(place.as_json("show", 1)["payload"]) == HIDDEN
    (given,) = exported(place.quarantine("export", "-"))
    assert (given["masked"], base64.b64decode(given["payload"])) == (True, HIDDEN)
    (whole,) = exported(place.quarantine("export", "-", "--passwords"))
    assert (whole["masked"], base64.b64decode(whole["payload"])) == (False, FRAME)
    assert place.quarantine("show", 1, "--raw").encode().rstrip() == FRAME.rstrip()


def test_quarantine_export_hides_passwords_of_frames_in_gzip_and_leaves_other_payloads(place: Place) -> None:
    packed = gzip.compress(FRAME, mtime=0)
    printed = {
        packed: HIDDEN,
        packed[:-8] + bytes(8): HIDDEN,
        gzip.compress(b"{}", mtime=0) + packed: b"{}" + HIDDEN,
        b"QN=1;PW=secret77;MN=m1": b"QN=1;PW=******;MN=m1",
        b'{"text":"##0090PW=secret77;MN=m1"}': b'{"text":"##0090PW=******;MN=m1"}',
    }
    unaltered = [b'{"raw":"AApw==","x":1}', b"\x0a\x05PW=\x01\x02\x03", gzip.compress(b'{"raw":"AApw=="}', mtime=0)]
    printed |= {body: body for body in unaltered}
    refusal = Refusal("broken_payload", "x")
    place.commit(*[Arrival("s", "t", AT, body, [], [refusal]) for body in [*printed, packed[:-20]]])
    *given, part = [(base64.b64decode(m["payload"]), m["masked"]) for m in exported(place.quarantine("export", "-"))]
    assert given == [(shown, shown != body) for body, shown in printed.items()]
    assert b"PW=******;MN=m1" in part[0]
    assert b"secret" not in part[0]


# --- retry


def test_quarantine_retry_after_the_register_was_mended_stores_the_values(three: Place) -> None:
    three.register(NEW_STATION)
    done = three.as_json("retry", "--code", "unknown_station")
    assert done == {"released": 2, "stayed": 0, "values": 2}
    assert three.values("sz-a99") == [2.0]  # both are of the same hour: the later one wins
    assert three.reasons() == {"broken_json": 1}


def test_quarantine_retry_says_what_became_of_the_messages(three: Place) -> None:
    three.register(NEW_STATION)
    assert three.quarantine("retry", "--all") == "2 messages released, 1 stay; 2 values to the store\n"


def test_quarantine_retry_of_ids_leaves_the_others(three: Place) -> None:
    three.register(NEW_STATION)
    three.quarantine("retry", 1)
    assert three.values("sz-a99") == [1.0]
    assert three.reasons() == {"broken_json": 1, "unknown_station": 1}


def test_quarantine_retry_of_an_id_that_stands_twice_is_done_once(three: Place) -> None:
    three.register(NEW_STATION)
    assert three.as_json("retry", 1, 1) == {"released": 1, "stayed": 0, "values": 1}


def test_quarantine_retry_without_anything_mended_changes_nothing(three: Place) -> None:
    before = three.as_json("list")
    assert three.as_json("retry", "--all") == {"released": 0, "stayed": 3, "values": 0}
    assert three.as_json("list") == before


def test_quarantine_retry_of_a_partly_refused_message_stores_what_was_refused_only(place: Place) -> None:
    topic = "env/v1/gateways/g1/air"
    (place.directory / "gateways.csv").write_text("gateway,medium,station\ng1,air,sz-a01\n", encoding="utf-8")
    place.put((topic, json.dumps([item({"pm25": 1}, station="sz-a01"), item({"pm25": 2}, station="sz-a02")]).encode()))
    place.put((topic, payload({"pm25": 10}, station="sz-a01")))  # a correction of what was stored at once
    with (place.directory / "gateways.csv").open("a", encoding="utf-8") as out:
        out.write("g1,air,sz-a02\n")
    assert place.as_json("retry", "--code", "foreign_station") == {"released": 1, "stayed": 0, "values": 1}
    assert (place.values("sz-a01"), place.values("sz-a02")) == ([10.0], [2.0])


def test_quarantine_retry_of_a_refused_value_leaves_the_corrected_one_beside_it(place: Place) -> None:
    topic = "env/v1/noise/sz-n01"
    place.put((topic, payload({"leq": 51, "la": 60})), (topic, payload({"leq": 55})))
    with (place.directory / "quantities.toml").open("a", encoding="utf-8") as out:
        out.write(
            '[noise.la]\nname = "A声级"\nname_en = "A-weighted level"\nunit = "dB"\nhj212 = ""\n'
            "minimum = 10\nmaximum = 140\ndecimals = 1\n"
        )
    place.quarantine("retry", 1)
    assert (place.values("sz-n01", "leq", "noise"), place.values("sz-n01", "la", "noise")) == ([55.0], [60.0])
    assert place.reasons() == {}


def test_quarantine_retry_twice_does_not_undo_a_correction_in_between(place: Place) -> None:
    items = [item({"pm25": 1}, station="sz-a99"), item({"pm25": 2}, station="sz-a98")]
    (place.directory / "sources.toml").write_text(
        '[[source]]\nname = "all"\ntopic = "all/{medium}"\ndialect = "native"\n', encoding="utf-8"
    )
    place.put(("all/air", json.dumps(items).encode()))
    place.register(NEW_STATION)
    assert place.as_json("retry", 1) == {"released": 0, "stayed": 1, "values": 1}
    place.put(("all/air", payload({"pm25": 10}, station="sz-a99")))
    place.register(NEW_STATION.replace("sz-a99", "sz-a98"))
    assert place.as_json("retry", 1) == {"released": 1, "stayed": 0, "values": 1}
    assert (place.values("sz-a99"), place.values("sz-a98")) == ([10.0], [2.0])


def test_quarantine_retry_keeps_a_message_that_is_still_refused_with_its_new_reason(place: Place) -> None:
    place.put(("env/v1/air/sz-a99", payload({"zz": 1})))
    before = place.reasons()
    place.register(NEW_STATION)
    assert place.as_json("retry", 1) == {"released": 0, "stayed": 1, "values": 0}
    assert (before, place.reasons()) == ({"unknown_station": 1}, {"unknown_quantity": 1})


def test_quarantine_retry_judges_a_time_by_the_arrival_and_not_by_now(place: Place) -> None:
    place.put(("env/v1/air/sz-a01", payload({"pm25": 1})), at=TIME - 3600.0)  # an hour before the reading's time
    assert place.as_json("retry", "--all") == {"released": 0, "stayed": 1, "values": 0}
    assert place.reasons() == {"future_time": 1}


def test_quarantine_retry_of_a_topic_that_has_a_source_now_is_released(place: Place) -> None:
    place.put(("other/sz-a01", payload({"pm25": 3})))
    before = place.reasons()
    with (place.directory / "sources.toml").open("a", encoding="utf-8") as out:
        out.write('[[source]]\nname = "other"\ntopic = "other/{station}"\nmedium = "air"\ndialect = "native"\n')
    place.quarantine("retry", "--all")
    assert (before, place.reasons(), place.values("sz-a01")) == ({"unknown_topic": 1}, {}, [3.0])


def test_quarantine_retry_of_lines_that_the_store_refused_delivers_them_again(place: Place) -> None:
    line = line_protocol.encode([Reading("air", "sz-a01", 3600, TIME, (("pm25", 15.1, 3),))])
    place.commit(
        Arrival(REFUSED_BY_STORE, "", AT, line, [], [Refusal("refused_by_store", "server: field type conflict")])
    )
    assert place.as_json("retry", "--code", "refused_by_store") == {"released": 1, "stayed": 0, "values": 1}
    assert (place.values("sz-a01"), place.reasons()) == ([15.1], {})


def test_quarantine_retry_of_a_message_whose_source_is_called_store_decodes_it(place: Place) -> None:
    sources = place.directory / "sources.toml"
    sources.write_text(sources.read_text(encoding="utf-8").replace('"native"', '"store"', 1), encoding="utf-8")
    place.put(("env/v1/air/sz-a99", payload({"pm25": 1})))
    place.register(NEW_STATION)
    assert place.as_json("retry", "--all") == {"released": 1, "stayed": 0, "values": 1}


def test_quarantine_retry_is_counted(three: Place) -> None:
    three.put(("env/v1/air/sz-a01", payload({"pm25": 1})))
    with closing(three.store()) as store:
        before = store.counts().get("values", 0)
    three.register(NEW_STATION)
    three.quarantine("retry", 1)
    with closing(three.store()) as store:
        assert (store.counts()["values"], store.counts()["messages_released"]) == (before + 1, 1)


# --- drop


def dropped(place: Place) -> list[tuple[Any, ...]]:
    with closing(place.store()) as store, closing(sqlite3.connect(store.file)) as db:
        return db.execute("SELECT id, reason, source, topic, seen, size FROM dropped ORDER BY id").fetchall()


def test_quarantine_drop_keeps_what_was_dropped_and_why(three: Place) -> None:
    assert three.quarantine("drop", "--code", "unknown_station", "--reason", " test rig ") == "2 messages dropped\n"
    size = len(payload({"pm25": 1}))
    assert dropped(three) == [
        (1, "test rig", "native", "env/v1/air/sz-a99", 1, size),
        (3, "test rig", "native", "env/v1/air/sz-a99", 1, size),
    ]
    assert three.reasons() == {"broken_json": 1}


def test_quarantine_drop_of_all_leaves_none_and_counts_them(three: Place) -> None:
    assert three.as_json("drop", "--all", "--reason", "x") == {"dropped": 3}
    with closing(three.store()) as store:
        assert (store.quarantine_reasons(), store.counts()["messages_dropped"]) == ({}, 3)


def test_quarantine_drop_of_an_id_that_stands_twice_is_done_once(three: Place) -> None:
    assert three.as_json("drop", 1, 1, "--reason", "x") == {"dropped": 1}


@pytest.mark.parametrize("reason", [(), ("--reason", ""), ("--reason", "  ")], ids=["none", "empty", "blank"])
def test_quarantine_drop_needs_a_reason(three: Place, reason: tuple[str, ...]) -> None:
    assert "--reason" in three.quarantine("drop", "--all", *reason, code=2)
    assert three.reasons() == {"broken_json": 1, "unknown_station": 2}


def test_quarantine_message_that_comes_again_after_it_was_dropped_is_kept_again(three: Place) -> None:
    three.quarantine("drop", "--all", "--reason", "x")
    three.put(("env/v1/air/sz-a01", b"\xff\x00raw"))
    three.quarantine("drop", "--all", "--reason", "y")
    assert [(number, reason) for number, reason, *_ in dropped(three)] == [(1, "x"), (2, "x"), (3, "x"), (4, "y")]


# --- which messages


@pytest.mark.parametrize(
    "chosen",
    [(), (1, "--all"), (1, "--code", "broken_json"), ("--all", "--code", "broken_json")],
    ids=["none", "ids-and-all", "ids-and-code", "all-and-code"],
)
@pytest.mark.parametrize("command", [("retry",), ("drop", "--reason", "x")], ids=["retry", "drop"])
def test_quarantine_messages_named_in_no_or_several_ways_are_a_mistake(
    three: Place, command: tuple[str, ...], chosen: tuple[object, ...]
) -> None:
    told = three.quarantine(*command, *chosen, code=2)
    assert told == "qingjing: quarantine: expected ids, or --code, or --all, got none or several of them\n"
    assert three.reasons() == {"broken_json": 1, "unknown_station": 2}


@pytest.mark.parametrize("command", ["list", "retry", "export"])
def test_quarantine_without_a_store_says_what_makes_one(place: Place, command: str) -> None:
    arguments = {"list": (), "retry": ("--all",), "export": ("-",)}[command]
    assert "expected a store, got none; `qingjing run` makes it" in place.quarantine(command, *arguments, code=1)


# --- numbers of Sparkplug, named by a birth that came later

# pm25 = 1 Float 15.1 at 2020-09-13T12:26:40Z, and 1 16.7 a minute later; made by Google's protobuf
BIRTH = bytes.fromhex("088080babbc82e12160a04706d32351001188080babbc82e2009659a9971411801")
BY_NUMBER = bytes.fromhex("08e0d4bdbbc82e120e100118e0d4bdbbc82e659a9985411802")
SOURCE_OF_SPARKPLUG = """
[[source]]
name = "plant"
topic = "spBv1.0/#"
dialect = "sparkplug"
medium = "air"
period_s = 60
"""


def test_quarantine_retry_reads_numbers_of_sparkplug_by_the_birth_that_came_since(place: Place) -> None:
    with (place.directory / "sources.toml").open("a", encoding="utf-8") as out:
        out.write(SOURCE_OF_SPARKPLUG)
    place.put(("spBv1.0/g/NDEATH/n", b""), ("spBv1.0/g/DDATA/n/sz-a01", BY_NUMBER))
    place.put(("spBv1.0/g/DBIRTH/n/sz-a01", BIRTH))
    assert place.reasons() == {"no_data": 1, "unknown_alias": 1}
    assert place.as_json("retry", "--all") == {"released": 1, "stayed": 1, "values": 1}
    with closing(place.store()) as store:
        store.drain()
        assert store.raw(SeriesKey("air", "sz-a01", 60, "pm25")).values.tolist() == [15.1, 16.7]
