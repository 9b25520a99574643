"""From the store to the section of noise."""

from typing import Final, get_args

import msgspec
import numpy as np

from aggregations import indicators, noise
from aggregations.figures import Figure
from aggregations.indicators import INDICATORS, Facts, MonitorDays
from aggregations.indicators.noise import due_days, standards_of
from aggregations.noise import HOURS, PartOfDay
from aggregations.rounding import FloatArray, half_even
from aggregations.standards import NoiseMethod
from ingestor.bulletin.contents import Monitor, Noise, Row, State, Zone, ZoneHours
from ingestor.bulletin.facts import Four, Ground, four, row, rows
from ingestor.config import DAY_S
from ingestor.derivation.spans import HOUR_S
from sensors.register import ZoneClass

PARTS: Final[tuple[PartOfDay, ...]] = ("day", "night")
FIGURES: Final = (
    *(f"noise.{part}_attainment" for part in PARTS),
    *(f"noise.mean_level.{part}" for part in PARTS),
    "noise.collection_rate",
)


def noise_section(ground: Ground, state: State) -> Noise:
    """Return the section of noise; without monitors, or without data, only what it is called."""
    stations = ground.scope.stations["noise"]
    empty = Noise(medium="noise", stations=stations, state=state, rows={}, zones=[], monitors=[], parts=[])
    if state != "data":
        return empty
    facts = four(ground, "noise", FIGURES)
    limits, method = standards_of(facts.month)
    local = ground.config.noise_hours(ground.scope.name)
    hours = _hours_of_zones(ground, facts.month, method)
    zones = []
    for zone in get_args(ZoneClass):
        members = [each for each in facts.month.monitors if zone in each.zones]
        if members:
            of, own = limits.zone[zone], _of_zone(facts, zone)
            zones.append(
                Zone(
                    zone=zone, name=of.name, name_en=of.name_en, monitors=len(members),
                    limits={"day": of.day, "night": of.night}, attainment=_both("{}_attainment." + zone, own),
                    levels=_both("mean_level.{}." + zone, own), hours=hours[zone],
                )
            )  # fmt: skip
    return msgspec.structs.replace(
        empty,
        rows=rows(FIGURES, facts),
        zones=zones,
        monitors=[_monitor(each, facts.month) for each in facts.month.monitors],
        parts=["day" if of_day else "night" for of_day in noise.hours_of("day", local or limits)],
    )


def _of_zone(facts: Four, zone: ZoneClass) -> Four:
    """Facts of the monitors that are of a zone class on any day: the others add nothing to its figures."""

    def only(of: Facts | None) -> Facts | None:
        if of is None:
            return None
        return msgspec.structs.replace(of, monitors=[each for each in of.monitors if zone in each.zones])

    return Four(
        month=msgspec.structs.replace(facts.month, monitors=[m for m in facts.month.monitors if zone in m.zones]),
        before=only(facts.before), year=only(facts.year), year_before=only(facts.year_before),
    )  # fmt: skip


def _both(name: str, facts: Four) -> dict[PartOfDay, Row]:
    """Rows of an indicator of the day and of the night."""
    return {part: row(f"noise.{name.format(part)}", facts) for part in PARTS}


def _monitor(monitor: MonitorDays, facts: Facts) -> Monitor:
    alone = msgspec.structs.replace(facts, scope=f"station:{monitor.station.id}", monitors=[monitor])

    def of(name: str) -> dict[PartOfDay, Figure]:
        return {part: indicators.compute(INDICATORS[f"noise.{name.format(part)}"], alone) for part in PARTS}

    return Monitor(
        station=monitor.station, zone=monitor.zones[-1], attainment=of("{}_attainment"), levels=of("mean_level.{}")
    )


def _hours_of_zones(ground: Ground, facts: Facts, method: NoiseMethod) -> dict[str, ZoneHours]:
    """Energy means of the valid hours by zone class and hour of the day, of the days on which a monitor counts."""
    start, n = ground.config.start_of(facts.period.first), len(facts.period)
    of_zone: dict[str, list[FloatArray]] = {}
    for monitor in facts.monitors:
        levels = np.full(n * HOURS, np.nan)
        for time, leq in ground.store.read("noise_hour", monitor.station.id, start, start + n * DAY_S, ["leq"]):
            levels[(time - start) // HOUR_S] = np.nan if leq is None else leq
        for zone in dict.fromkeys(monitor.zones):
            days = levels.reshape(n, HOURS)[due_days(monitor, facts, (zone,))]
            of_zone.setdefault(zone, []).append(days)
    return {zone: _profile(np.concatenate(days), method) for zone, days in of_zone.items()}


def _profile(levels: FloatArray, method: NoiseMethod) -> ZoneHours:
    """Energy mean of each hour of the day over days of monitors, (n, 24) with NaN where not valid. [dB]"""
    by_hour = levels.T
    valid = np.isfinite(by_hour)
    means = noise.energy_mean(by_hour, valid)
    return ZoneHours(
        levels=[
            None if np.isnan(mean) else half_even(noise.without_noise(mean), method.level_decimals) for mean in means
        ],
        counts=valid.sum(axis=1).tolist(),
    )
