"""Answers and requests are what public implementations of the protocol send."""

import datetime as dt

import pytest

from sensors.hj212 import commands
from sensors.hj212.frames import Frame, build
from sensors.hj212.stream import frames_of


def frame(flag: int | None, command: str = "2011") -> Frame:
    header = {"QN": "20160801085000001", "ST": "22", "CN": command, "PW": "123456", "MN": "010000A8900016F000169DC0"}
    [found] = frames_of(build({**header, **({} if flag is None else {"Flag": flag})}, "DataTime=20160801085000"))
    assert isinstance(found, Frame)
    return found


@pytest.mark.parametrize("flag", [5, 7])
def test_data_of_2017_are_answered_as_another_implementation_does(flag: int) -> None:
    # Printed in the tests of a public Java library (T212Mapper).
    expected = b"##0087QN=20160801085000001;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&C241\r\n"
    assert commands.answer(frame(flag), "123456") == expected


def test_an_answer_keeps_the_edition() -> None:
    assert b"CN=9014;" in commands.answer(frame(9), "1")
    assert b";Flag=8;" in commands.answer(frame(9), "1")


def test_data_of_2005_are_answered_by_number_and_command_among_the_parameters() -> None:
    segment = b"ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=0;CP=&&QN=20160801085000001;CN=2051&&"
    assert commands.answer(frame(1, "2051"), "123456")[6:-6] == segment


@pytest.mark.parametrize("command", ["1013", "3019"])
def test_notices_are_answered_by_9013(command: str) -> None:
    assert b";CN=9013;" in commands.answer(frame(5, command), "1")


def test_clock_and_history_are_requested() -> None:
    at = dt.datetime(2016, 8, 1, 8, 58, 57, 223_999)  # noqa: DTZ001  # of a device's clock
    number = commands.number_at(at)
    assert number == "20160801085857223"
    asked = commands.request(frame(4), "123456", number=number, command="1012", parameters=commands.clock(at))
    names = b"ST=22;CN=1012;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
    assert asked[6:-6] == b"QN=20160801085857223;" + names + b"CP=&&SystemTime=20160801085857&&"
    assert commands.span(at, at + dt.timedelta(hours=1)) == "BeginTime=20160801085857,EndTime=20160801095857"


@pytest.mark.parametrize("text", ["", "2016080108585", "20161301085857", "2016080108585７", "202411123203230940"])
def test_a_time_that_is_none_is_none(text: str) -> None:
    assert commands.time_of(text) is None
