"""Noise a second time: plain loops and 50-digit decimals, written from shared/standards/noise.md alone.

Nothing here is imported from the program. Levels are decimals or None, a day is a list of 24 of them.
"""

import decimal
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

Levels = list[Decimal | None]

LIMITS = {  # 1.1
    "0": (50, 40), "1": (55, 45), "2": (60, 50), "3": (65, 55), "4a": (70, 55), "4b": (70, 60),
}  # fmt: skip


def energy_mean(levels: Levels, durations: list[Decimal] | None = None) -> Decimal | None:
    """10 lg of the mean energy of the levels that are there, to 20 decimals."""
    with decimal.localcontext(prec=50):
        energy = total = Decimal(0)
        for i, each in enumerate(levels):
            if each is not None:
                duration = Decimal(1) if durations is None else durations[i]
                energy += duration * Decimal(10) ** (each / 10)
                total += duration
        if not total:
            return None
        return (10 * (energy / total).log10()).quantize(Decimal("1e-20"))


def exceeded(levels: Levels, percent: int) -> Decimal | None:
    """The element ceil(percent/100 n) of the levels in falling order."""
    falling = sorted((each for each in levels if each is not None), reverse=True)
    if not falling:
        return None
    rank = percent * len(falling) // 100
    if rank * 100 < percent * len(falling):
        rank += 1
    return falling[rank - 1]


def extremes(levels: Levels) -> tuple[Decimal | None, Decimal | None]:
    """The largest and the smallest level."""
    known = [each for each in levels if each is not None]
    return (max(known), min(known)) if known else (None, None)


def deviation(levels: Levels, *, less: int = 0) -> Decimal | None:
    """Standard deviation over the number of levels, or `less` of them."""
    known = [each for each in levels if each is not None]
    if len(known) <= less:
        return None
    with decimal.localcontext(prec=50):
        mean = sum(known, Decimal(0)) / len(known)
        return (sum(((each - mean) ** 2 for each in known), Decimal(0)) / (len(known) - less)).sqrt()


def rates(samples: Levels, windy: list[bool]) -> tuple[Decimal, Decimal]:
    """Share of the samples collected, and share that was collected in good weather."""
    collected = entered = 0
    for each, bad in zip(samples, windy, strict=True):
        if each is not None:
            collected += 1
            if not bad:
                entered += 1
    return Decimal(collected) / len(samples), Decimal(entered) / len(samples)


def hour(samples: Levels, windy: list[bool], *, weather_lowers: bool = True) -> Decimal | None:
    """Level of an hour of at least 75 % of its samples."""
    collected, entered = rates(samples, windy)
    good = [None if bad else each for each, bad in zip(samples, windy, strict=True)]
    rate = entered if weather_lowers else collected
    return energy_mean(good) if rate >= Decimal("0.75") else None


def is_day(clock: int, first: int, night: int) -> bool:
    """Whether an hour of the clock belongs to the day."""
    return first <= clock < night


def hours_of_part(days: list[Levels], i: int, part: str, first: int, night: int, *, starting: bool) -> Levels:
    """Hours of the day or the night of date i; `starting`: the night that starts on it."""
    found: Levels = []
    for clock in range(24):
        if is_day(clock, first, night) != (part == "day"):
            continue
        if part == "night" and starting and clock < first:
            found.append(days[i + 1][clock] if i + 1 < len(days) else None)
        else:
            found.append(days[i][clock])
    return found


def part_level(
    days: list[Levels], i: int, part: str, *, first: int = 6, night: int = 22, starting: bool = False
) -> tuple[Decimal | None, int]:
    """Ld of at least 12 of 16 hours, Ln of at least 6 of 8, or as many in proportion; and the valid hours."""
    hours = hours_of_part(days, i, part, first, night, starting=starting)
    valid = sum(each is not None for each in hours)
    least, of = (12, 16) if part == "day" else (6, 8)
    enough = valid * of >= least * len(hours)
    return (energy_mean(hours) if enough else None), valid


def day_night(ld: Decimal | None, ln: Decimal | None, n_day: int = 16) -> Decimal | None:
    """Ldn of 16 and 8 hours, or of others."""
    if ld is None or ln is None:
        return None
    with decimal.localcontext(prec=50):
        energy = n_day * Decimal(10) ** (ld / 10) + (24 - n_day) * Decimal(10) ** ((ln + 10) / 10)
        return (10 * (energy / 24).log10()).quantize(Decimal("1e-20"))


def attains(
    level: Decimal | None, limit: int, *, decimals: int = 0, half_up: bool = False, stored: bool = False
) -> bool | None:
    """Whether a level, rounded, is at most the limit; `stored`: rounded to 0.1 dB first."""
    if level is None:
        return None
    rounding = ROUND_HALF_UP if half_up else ROUND_HALF_EVEN
    if stored:
        level = level.quantize(Decimal("0.1"), rounding)
    return level.quantize(Decimal(1).scaleb(-decimals), rounding) <= limit


def peak_attains(peak: Decimal | None, limit: int, *, decimals: int = 0, half_up: bool = False) -> bool | None:
    """Whether the largest level of a night is at most 15 dB above the limit of the night."""
    return attains(peak, limit + 15, decimals=decimals, half_up=half_up)


def night_attains(
    level: Decimal | None,
    peak: Decimal | None,
    limit: int,
    *,
    with_peak: bool,
    decimals: int = 0,
    half_up: bool = False,
) -> bool | None:
    """Verdict on a night; with its peak it attains where both do, fails where one is known to fail."""
    by_level = attains(level, limit, decimals=decimals, half_up=half_up)
    if by_level is None or not with_peak:
        return by_level
    by_peak = peak_attains(peak, limit, decimals=decimals, half_up=half_up)
    if by_level is False or by_peak is False:
        return False
    return by_peak


def rate(
    verdicts: dict[str, list[tuple[str, bool | None]]], classes: list[str], *, mean_of_stations: bool = False
) -> Fraction | None:
    """Attained of valid point-times of some classes, pooled, or the mean of the monitors' rates. [%]"""
    shares = []
    valid = attained = 0
    for days in verdicts.values():
        counted = [verdict for zone, verdict in days if zone in classes and verdict is not None]
        valid += len(counted)
        attained += sum(counted)
        if counted:
            shares.append(Fraction(sum(counted), len(counted)))
    if not valid:
        return None
    return 100 * (sum(shares, Fraction(0)) / len(shares) if mean_of_stations else Fraction(attained, valid))


def point_times(verdicts: dict[str, list[tuple[str, bool | None]]]) -> dict[str, tuple[int, int]]:
    """(valid, attained) point-times by zone class, and of all; verdicts are (class, verdict) by monitor."""
    found: dict[str, tuple[int, int]] = {"all": (0, 0)}
    for days in verdicts.values():
        for zone, verdict in days:
            if verdict is None:
                continue
            for key in (zone, "all"):
                valid, attained = found.get(key, (0, 0))
                found[key] = (valid + 1, attained + verdict)
    return found
