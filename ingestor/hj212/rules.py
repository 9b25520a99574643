"""What the gateway takes of a connection, and how far it goes with it."""

from typing import Final

import msgspec

from sensors.hj212.frames import CheckRule, LengthRule

TOPIC: Final = "env/hj212/v1/{mn}"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Limits hold for one connection where they do not say otherwise.

    Above `frames_per_s` or `bytes_per_s`, after a burst of so many seconds' worth, nothing is read for a while: the
    device waits, nothing is lost. `login_s` until the first frame of a known device, `idle_s` between frames, `frame_s`
    for a frame that was begun, `write_s` for an answer to be taken. Packets of a split message are joined within
    `join_s`. After `most_broken` pieces in a row that are no frame of a known device the connection is closed.
    `sync_clock_s` is the drift of a device's clock above which it is set, None for never; `back_fetch` the commands
    of history that are asked for after a gap, at most `back_fetch_h` back. `offset_s` is that of the devices' clocks
    from UTC. [s]
    """

    offset_s: int
    topic: str = TOPIC
    check: CheckRule = "strict"
    length: LengthRule = "strict"
    longest: int = 9999
    connections: int = 5000
    connections_per_device: int = 4
    frames_per_s: float = 20.0
    bytes_per_s: float = 65_536.0
    burst_s: float = 10.0
    login_s: float = 30.0
    idle_s: float = 3900.0
    frame_s: float = 30.0
    write_s: float = 10.0
    join_s: float = 5.0
    drain_s: float = 10.0
    most_broken: int = 20
    sync_clock_s: float | None = None
    back_fetch: tuple[str, ...] = ()
    back_fetch_h: float = 72.0
    reply_s: float = 10.0
    tries: int = 3


class Bucket:
    """Says how long to wait so that a rate is kept; a burst of `burst_s` goes through at once."""

    def __init__(self, rate: float, burst_s: float) -> None:
        self._rate = rate
        self._most = self._left = rate * burst_s
        self._at: float | None = None

    def take(self, amount: float, now: float) -> float:
        """Take an amount at `now`, and return how long to wait for it. [s]"""
        if self._at is not None:
            self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        self._left -= amount
        return max(0.0, -self._left / self._rate)
