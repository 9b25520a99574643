"""HJ 212, as devices and gateways send it over MQTT: a frame, several, or a data segment without `##` and check.

    ##0285QN=20190925181031464;ST=22;CN=2061;PW=...;MN=Z13401000010301;Flag=5;CP=&&DataTime=20190924220000;
    a34006-Avg=2.69700,a34006-Flag=N;...&&C181

MN is the device, CN the kind of value and its period, DataTime its start in the zone of the source, or else the city's.
ST says nothing that the codes do not: air comes under that of water. A packet of a message that was split is taken by
itself, so nothing is kept in memory that was acknowledged; one without DataTime takes that of the packets before it.
Codes, letters and clauses: `config/hj212.toml`.
"""

import datetime as dt
import math
import re
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from sensors import flags
from sensors.decoders.context import Context
from sensors.decoders.hj212_plans import Plan, planned
from sensors.decoders.hj212_rules import REAL_TIME, UNCONFIRMED, Rules
from sensors.decoders.hj212_shapes import Shapes
from sensors.decoders.json_text import other_encoding
from sensors.decoders.taking import PASSED_OVER, NotANumberError, Observed, RefusedError, number, take
from sensors.decoders.terms import Terms
from sensors.errors import shown
from sensors.hj212 import crc
from sensors.hj212.frames import BROKEN, Broken, Frame, Version
from sensors.hj212.parameters import MOST_REMEMBERED, Layout, parameters
from sensors.hj212.stream import LONGEST, frames_of
from sensors.reading import Decoded, Refusal

_BARE: Final = re.compile(rb"\s*[A-Za-z]{2,4}=")
"""How a data segment without `##` begins."""
_NUMERIC: Final = re.compile(r"\d")
_TIME: Final = re.compile(r"\d{14}", re.ASCII)
_MOST_PLANS: Final = 1024
_MOST_SPLIT: Final = 1024
"""Split messages whose DataTime is remembered."""


def decoder(terms: Terms) -> Callable[[bytes, float, Context], Decoded]:
    """Return the decoder of a source; `terms.options` are its `Rules`."""
    return _Decoder(terms).decode


class _Decoder:
    """Reads the payloads of one source; remembers plans of layouts, and the DataTime of messages that were split."""

    def __init__(self, terms: Terms) -> None:
        assert isinstance(terms.options, Rules)
        self._terms = terms
        self._rules: Rules = terms.options
        self._plans: dict[tuple[Layout, str, Version], Plan] = {}
        self._numbers_are_values = not any(_NUMERIC.search(text) for text in terms.missing)
        self._shapes = Shapes(terms, self._rules, _seconds)
        self._times: OrderedDict[tuple[str, str, str, str], str] = OrderedDict()

    def decode(self, payload: bytes, received_at: float, context: Context) -> Decoded:
        """Return the readings of a payload and what was refused of it; never raises on any payload."""
        if self._numbers_are_values and self._terms.ambient is None:
            usual = self._shapes.read(payload, received_at, context)
            if usual is not None:
                return Decoded(usual, [])
        into = Decoded([], [])
        found = frames_of(_framed(payload) if _BARE.match(payload) else payload)
        if not found:
            into.refusals.append(Refusal("broken_frame", "payload: expected a frame of HJ 212, got none"))
        for i, frame in enumerate(found):
            at = f"[{i}]." if len(found) > 1 else ""
            if isinstance(frame, Broken):
                detail = f"{at}frame: expected one of HJ 212, got {BROKEN[frame.kind]}"
                into.refusals.append(Refusal("broken_frame", detail))
                continue
            faults = frame.faults(check=self._rules.crc, length=self._rules.length)
            if faults:
                into.refusals.extend([_misfit(frame, kind, at + sentence, self._rules) for kind, sentence in faults])
            elif frame.header.get("CN") not in self._rules.ignored:
                self._take(frame, at, received_at, context, into)
                if len(found) == 1 and self._terms.ambient is None:
                    self._learn(payload, frame, into)
        return into

    def _learn(self, payload: bytes, frame: Frame, into: Decoded) -> None:
        """Keep the shape of a frame of which all was taken and every value is a number."""
        values = [value for each in into.readings for value in each.values]
        if into.refusals or any(value is None or flag == flags.BELOW_DETECTION for _, value, flag in values):
            return
        command, version = self._command(frame, "")
        read = parameters(frame.cp.decode(self._terms.encoding))
        plan = self._plan(read.layout, command, version)
        self._shapes.learn(payload, frame, command, plan, read.values, self._rules.letters[version])

    def _take(self, frame: Frame, at: str, received_at: float, context: Context, into: Decoded) -> None:
        """Append the readings of a frame that holds, what is refused of it, or both."""
        before = len(into.readings), len(into.refusals)
        try:
            take(self._observed(frame, at, received_at, context, into), received_at, context, self._terms, into)
        except RefusedError as error:
            into.refusals.append(error.refusal)
        if before == (len(into.readings), len(into.refusals)):
            into.refusals.append(
                Refusal("no_data", f"{at}CP: expected a value that the source takes, got none{PASSED_OVER}")
            )

    def _observed(self, frame: Frame, at: str, received_at: float, context: Context, into: Decoded) -> Observed:
        """Return what a frame says, and append what is refused of its items.

        Raises
        ------
        RefusedError
            If nothing of the frame can be taken.
        """
        command, version = self._command(frame, at)
        device = frame.header.get("MN") or None
        if context.device is not None and device is not None and device != context.device:
            raise RefusedError(
                "foreign_station", f"{at}MN: expected {shown(context.device)} as in the topic, got {shown(device)}"
            )
        encoding = self._terms.encoding
        try:
            text = frame.cp.decode(encoding)
        except UnicodeDecodeError as error:
            detail = f"{at}CP: expected {encoding.upper()}, got other bytes; {other_encoding(encoding)}"
            raise RefusedError("broken_frame", detail) from error
        read = parameters(text)
        plan = self._plan(read.layout, command, version)
        into.refusals.extend([Refusal(code, at + detail) for code, detail in plan.refused])
        time = self._time(frame, [read.values[i] for i in plan.times], command, context, at)
        plain = self._numbers_are_values and text.isascii() and "_" not in text
        values = self._values(plan, read.values, version, at, into, plain=plain)
        if time is None:
            time = int(received_at)
            values = [(c, v, flags.NOT_EVALUATED if flag == flags.GOOD else flag) for c, v, flag in values]
        return Observed(device, time, self._rules.periods[command], values, command == REAL_TIME, at)

    def _command(self, frame: Frame, at: str) -> tuple[str, Version]:
        """Return command and edition of a frame.

        Raises
        ------
        RefusedError
            If the edition is not known, or the command carries no values, or not as far as is confirmed.
        """
        version = frame.version
        if version is None:
            raise RefusedError(
                "wrong_type",
                f"{at}Flag: expected 0 to 11, of the editions 2005, 2017 and 2025, got {shown(frame.header['Flag'])}",
            )
        command = frame.header.get("CN")
        if command is None:
            raise RefusedError("wrong_type", f"{at}CN: expected a command, got nothing")
        known = self._rules.commands[version]
        if command not in known:
            named = ", ".join(sorted(known))
            if command in self._rules.kinds:
                raise RefusedError(
                    "unconfirmed", f"{at}CN: expected {named}, all that is confirmed of HJ 212-{version}, got {command}"
                )
            raise RefusedError(
                "no_data",
                f"{at}CN: expected a command with values ({named}), got {shown(command)}{PASSED_OVER}, "
                "hj212.ignore_commands those of a command",
            )
        return command, version

    def _time(self, frame: Frame, found: list[str], command: str, context: Context, at: str) -> int | None:
        """Return the time of the data in seconds since 1970-01-01T00:00Z; None: that of their arrival.

        Raises
        ------
        RefusedError
            If there is none, there are several, or it cannot be read.
        """
        texts = {*found}
        key = _message(frame) if frame.packet is not None else None
        if not texts and key is not None and key in self._times:
            texts = {self._times[key]}
        if not texts:
            if self._terms.without_time == "arrival" and command == REAL_TIME and frame.packet is None:
                return None
            rest = "nothing, nor a packet of the message before it" if frame.packet is not None else "nothing"
            raise RefusedError("no_time", f"{at}DataTime: expected a time, got {rest}")
        text = texts.pop()
        if texts:
            raise RefusedError("bad_time", f"{at}DataTime: expected one time, got two that differ")
        local = _seconds(text, self._terms.zone)
        if local is None:
            raise RefusedError("bad_time", f"{at}DataTime: expected YYYYMMDDhhmmss, got {shown(text)}")
        if key is not None:
            self._times[key] = text
            self._times.move_to_end(key)
            if len(self._times) > _MOST_SPLIT:
                self._times.popitem(last=False)
        return local - context.offset_s if self._terms.zone is None else local

    def _values(
        self, plan: Plan, texts: list[str], version: Version, at: str, into: Decoded, *, plain: bool
    ) -> list[tuple[str, float | None, int]]:
        """Return code, value and flag of each item; `plain` tells that `float` reads no text as more than it says."""
        terms, letters = self._terms, self._rules.letters[version]
        sentinels = terms.sentinels
        values: list[tuple[str, float | None, int]] = []
        for code, index, flag_index, doubtful in plan.items:
            flag = flags.GOOD
            if flag_index is not None:
                letter = texts[flag_index]
                known = letters.get(letter)
                if known is None:
                    known = letters.get(letter.strip())
                if known is None:
                    into.refusals.append(_unknown_letter(code, letter, letters, version, at))
                    continue
                flag = known
            if index is None or flag == flags.MISSING:
                values.append((code, None, flags.MISSING))
                continue
            text = texts[index]
            try:
                value = float(text) if plain else math.nan
            except ValueError:
                value = math.nan
            if value - value == 0 and value not in sentinels:
                values.append((code, value, flags.worse(flag, flags.SUSPECT) if doubtful else flag))
                continue
            try:
                found, own = number(text, terms)
            except NotANumberError:
                into.refusals.append(
                    Refusal("wrong_type", f"{at}{shown(code)}: expected a finite number, got {shown(text)}")
                )
                continue
            flag = flags.worse(flag, own) if own != flags.GOOD else flag
            values.append((code, found, flags.worse(flag, flags.SUSPECT) if doubtful else flag))
        return values

    def _plan(self, layout: Layout, command: str, version: Version) -> Plan:
        key = (layout, command, version)
        plan = self._plans.get(key)
        if plan is None:
            plan = planned(layout, command, version, self._terms, self._rules)
            if len(layout.fields) + len(layout.items) <= MOST_REMEMBERED:
                if len(self._plans) >= _MOST_PLANS:
                    self._plans.clear()
                self._plans[key] = plan
        return plan


def _framed(segment: bytes) -> bytes:
    """A data segment that came alone, with the length and the check that it would have had."""
    segment = segment.strip()
    return b"##%04d%b%04X" % (len(segment), segment, crc.check(segment)) if len(segment) <= LONGEST else segment


def _misfit(frame: Frame, kind: str, sentence: str, rules: Rules) -> Refusal:
    """The refusal of a frame whose length or check does not hold, and the option of the source that takes it."""
    if kind == "check" and rules.crc == "strict" and frame.modbus_holds:
        remedy = 'this is CRC-16/MODBUS; hj212.crc = "modbus" in sources.toml takes it'
    else:
        remedy = f'hj212.{"crc" if kind == "check" else "length"} = "ignore" in sources.toml takes any'
    return Refusal("broken_frame", f"{sentence}; {remedy}")


def _message(frame: Frame) -> tuple[str, str, str, str] | None:
    """What the packets of a message have in common; None without QN, by which it is known."""
    header = frame.header
    return (header["QN"], header.get("MN", ""), header.get("ST", ""), header.get("CN", "")) if "QN" in header else None


def _unknown_letter(code: str, letter: str, letters: dict[str, int], version: Version, at: str) -> Refusal:
    named = ", ".join(letters)
    if version == UNCONFIRMED:
        return Refusal(
            "unconfirmed",
            f"{at}{shown(code)}: expected Flag={named}, all that is confirmed of HJ 212-{version}, got {shown(letter)}",
        )
    return Refusal("unknown_flag", f"{at}{shown(code)}: expected one of {named}, got {shown(letter)}")


@lru_cache(4096)
def _seconds(text: str, zone: dt.tzinfo | None) -> int | None:
    """Return the time of YYYYMMDDhhmmss in seconds since 1970-01-01T00:00Z, without a zone as though it were of UTC.

    None where it is none. Devices send the same times, so they are remembered.
    """
    if not _TIME.fullmatch(text):
        return None
    month, day, hour, minute, second = (int(text[i : i + 2]) for i in range(4, 14, 2))
    try:
        return int(dt.datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=zone or dt.UTC).timestamp())
    except (ValueError, OverflowError):
        return None
