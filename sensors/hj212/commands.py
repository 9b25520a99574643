"""What a monitoring centre says to a device: answers to what it sends, and requests.

HJ 212-2017, annex C; HJ/T 212-2005 where Flag says so: its answers carry no QN in their header, but QN (and CN) of what
they answer among the parameters. All of it is recalled, and agrees with public implementations and their recorded
frames; docs/hj212.md lists what.
"""

import datetime as dt
from typing import Final

from sensors.hj212.frames import Frame, build

SYSTEM: Final = "91"
"""ST of answers: exchange between systems."""
SET_CLOCK, ASK_CLOCK = "1012", "1013"
REAL_TIME: Final = "2011"
HISTORY: Final = ("2051", "2061", "2031")
"""Data of minutes, hours and days, sent by the device or asked for."""
REQUEST_ANSWER, EXECUTED, NOTICE_ANSWER, DATA_ANSWER = "9011", "9012", "9013", "9014"
ANSWERS: Final = frozenset((REQUEST_ANSWER, EXECUTED, NOTICE_ANSWER, DATA_ANSWER))
NOTICES: Final = frozenset((ASK_CLOCK, "3019"))
"""Commands of a device that are no data and are answered by 9013: it asks for the time, it tells its identification."""
ACCEPTED: Final = "1"
"""QnRtn of a device that will carry out what was requested."""

_TIME: Final = "%Y%m%d%H%M%S"


def answer(frame: Frame, password: str) -> bytes:
    """Return the answer to an upload: 9014 to data, 9013 to a notice."""
    header = frame.header
    command = header.get("CN", "")
    kind = NOTICE_ANSWER if command in NOTICES else DATA_ANSWER
    system = {"ST": SYSTEM, "CN": kind, "PW": password, "MN": header.get("MN", "")}
    number = header.get("QN", "")
    if frame.version == 2005:
        return build({**system, "Flag": 0}, f"QN={number};CN={command}" if kind == DATA_ANSWER else f"QN={number}")
    return build({"QN": number, **system, "Flag": (frame.flag or 0) & 0b11111100})


def request(frame: Frame, password: str, *, number: str, command: str, parameters: str) -> bytes:
    """Return a request to the device that sent `frame`, in its edition, that asks for an answer."""
    header = frame.header
    flag = (frame.flag or 0) & 0b11111100 | 1
    names = {"QN": number, "ST": header.get("ST", ""), "CN": command, "PW": password, "MN": header.get("MN", "")}
    return build({**names, "Flag": flag}, parameters)


def clock(now: dt.datetime) -> str:
    """Return the parameters of 1012: what the clock of a data logger is to say."""
    return f"SystemTime={now.strftime(_TIME)}"


def span(begin: dt.datetime, end: dt.datetime) -> str:
    """Return the parameters that ask for the history from `begin` to `end`."""
    return f"BeginTime={begin.strftime(_TIME)},EndTime={end.strftime(_TIME)}"


def number_at(now: dt.datetime) -> str:
    """Return the QN of a moment: to the millisecond."""
    return f"{now.strftime(_TIME)}{now.microsecond // 1000:03d}"


def time_of(text: str) -> dt.datetime | None:
    """Return the local time that a QN or a DataTime says, to the second; None where it says none."""
    if len(text) not in {14, 17} or not (text.isascii() and text.isdecimal()):
        return None
    try:
        return dt.datetime.strptime(text[:14], _TIME)  # noqa: DTZ007  # local: the device's zone is its source's
    except ValueError:
        return None
