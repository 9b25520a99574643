"""Claims about single lines. The form is InfluxData's: measurement,tags fields time; integers end in i."""

import pytest

from ingestor.store import line_protocol
from sensors.reading import Reading


def test_line_of_a_reading_is_what_influxdb_documents() -> None:
    reading = Reading("air", "sz-a01", 3600, 1_577_808_000, (("pm25", 15.1, 1), ("o3", None, 9), ("co", 2.0, 4)))
    assert line_protocol.encode([reading]) == (
        b"air,period_s=3600,station=sz-a01 pm25=15.1,pm25_flag=1i,o3_flag=9i,co=2.0,co_flag=4i 1577808000\n"
    )


def test_line_of_a_chinese_station_is_utf8() -> None:
    line = line_protocol.encode([Reading("water", "大桥", 60, -1, (("ph", 7.0, 1),))])
    assert line == "water,period_s=60,station=大桥 ph=7.0,ph_flag=1i -1\n".encode()


def test_lines_of_no_readings_are_no_bytes() -> None:
    assert (line_protocol.encode([]), line_protocol.decode(b"")) == (b"", [])


def test_line_of_a_series_is_the_same_when_its_beginning_was_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = Reading("air", "a1", 3600, 0, (("pm25", 1.0, 1),))
    others = [Reading("air", f"b{i}", 3600, 0, (("pm25", 1.0, 1),)) for i in range(5)]
    before = line_protocol.encode([reading])
    monkeypatch.setattr(line_protocol, "KNOWN_HEADS", 2)
    line_protocol.encode(others)
    assert line_protocol.encode([reading]) == before


def test_line_without_its_end_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match=r"."):
        line_protocol.decode(b"air,period_s=3600,station=a1 pm25=1.0,pm25_flag=1i 0\nair,period_s=3600,sta")
