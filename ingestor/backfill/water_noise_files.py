"""Real files of water and noise: national sections, Dublin, Madrid, levels of minutes and seconds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestor.backfill.air_files import CHINA_S, HOUR_S, days_of
from ingestor.backfill.building import Item, by_station, civil, timed, values
from ingestor.backfill.columns import Layout, Rows, expect, names_of, only, parse
from ingestor.backfill.lines import Advance, BrokenFileError, chunks, opened
from ingestor.backfill.parts import Bools, Fault, Longs, Part, Settings
from ingestor.formats import cnemc_water, dublin_noise
from ingestor.formats.message import station_id
from sensors.errors import ConfigError
from sensors.reading import DAY_S

_WATER = Layout(
    tuple(f"{name}_raw" for name in cnemc_water.VARIABLES.values()),
    ("file_date", "province", "section", "obs_time_mmdd_hhmm"),
    missing=("", "NA", "-", "--"),
)


def water(file: Path, settings: Settings, advance: Advance) -> Iterator[Item]:
    """Yield the snapshots of sections; see `ingestor.formats.cnemc_water` for names and years.

    A row without a time has no values; it is left out.

    Raises
    ------
    BrokenFileError
        If it has another header, or cannot be read to its end.
    """
    with opened(file, advance) as stream:
        for chunk in chunks(stream):
            names = names_of(chunk)
            expect(names, cnemc_water.COLUMNS)
            rows = parse(chunk, names, _WATER)
            yield from rows.faults
            some = np.zeros(len(rows.lines), dtype=np.bool_)
            for there in rows.there.values():
                some |= there
            rows = only(rows, some)
            local, good = _snapshots(rows)
            rows, local, faults = timed(rows, local, good, "expected a day such as 2020-05-08 and a time 05-08 15:00")
            yield from faults
            pairs = pc.binary_join_element_wise(rows.texts["province"], rows.texts["section"], "-")
            encoded = pairs.dictionary_encode()
            ids = pa.array([station_id(name) for name in encoded.dictionary.to_pylist()], type=pa.string())
            columns = {quantity: values(rows, f"{name}_raw") for quantity, name in cnemc_water.VARIABLES.items()}
            times = local - settings.offset(CHINA_S)
            period_s = cnemc_water.PERIOD_S
            yield from by_station(rows, ids.take(encoded.indices), times, columns, medium="water", period_s=period_s)


def _snapshots(rows: Rows) -> tuple[Longs, Bools]:
    """Seconds since 1970 of times without a year, in the year of the snapshot or the one before."""
    day, time = rows.texts["file_date"], rows.texts["obs_time_mmdd_hhmm"]
    good = pc.and_(
        pc.match_substring_regex(day, r"^\d{4}-\d{2}-\d{2}$"),
        pc.match_substring_regex(time, r"^\d{2}-\d{2} \d{2}:\d{2}$"),
    )

    def part(text: Any, start: int, stop: int) -> Any:
        return pc.if_else(good, pc.utf8_slice_codeunits(text, start, stop), "0").cast(pa.float64()).to_numpy()

    after = pc.greater(pc.utf8_slice_codeunits(time, 0, 5), pc.utf8_slice_codeunits(day, 5, 10))
    year = part(day, 0, 4) - after.to_numpy(zero_copy_only=False)
    hour, minute = part(time, 6, 8), part(time, 9, 11)
    second = np.where(minute < 60, hour * HOUR_S + minute * 60, np.nan)
    return civil(year, part(time, 0, 2), part(time, 3, 5), second)


def dublin(file: Path, settings: Settings, advance: Advance) -> Iterator[Item]:
    """Yield the hours of Dublin's monitors; times are those of the city's zone and label the start of the hour.

    Raises
    ------
    BrokenFileError
        If it has another header, or cannot be read to its end.
    """
    with opened(file, advance) as stream:
        for chunk in chunks(stream):
            names = names_of(chunk, "\t")
            expect(names, dublin_noise.COLUMNS)
            monitors = names[len(dublin_noise.COLUMNS) :]
            rows = parse(chunk, names, Layout(tuple(monitors), ("datetime",), delimiter="\t"))
            yield from rows.faults
            local, good = moments_of(rows.texts["datetime"])
            rows, local, faults = timed(rows, local, good, "expected a time such as 2015-01-01 00:00:00")
            yield from faults
            for monitor in monitors:
                column = {"leq": values(rows, monitor)}
                name = monitor.removeprefix(dublin_noise.PREFIX)
                yield Part("noise", name, HOUR_S, local - settings.offset(), column, rows.lines, chunk)


_MADRID_COLUMNS = ("NMT", "anio", "mes", "dia", "tipo", "LAEQ", "LAS01", "LAS10", "LAS50", "LAS90", "LAS99")
_MADRID = {"LAEQ": "leq", "LAS10": "l10", "LAS50": "l50", "LAS90": "l90"}
_PARTS_OF_DAYS = ("D", "E", "N")


def madrid(file: Path, settings: Settings, advance: Advance) -> Iterator[Item]:
    """Yield the levels of whole days (`tipo` T) of Madrid's stations, named madrid-NMT.

    Those of day, evening and night are refused: their periods of 12, 4 and 8 hours begin at 7, 19 and 23 h, not at
    whole multiples of their length.

    Raises
    ------
    BrokenFileError
        If it has another header, or cannot be read to its end.
    """
    with opened(file, advance) as stream:
        for chunk in chunks(stream):
            names = names_of(chunk, ";")
            expect(names, _MADRID_COLUMNS)
            point = "." if b"," not in chunk.text[: chunk.text.find(b"\n")] else ","
            layout = Layout(("anio", "mes", "dia", *_MADRID), ("NMT", "tipo"), delimiter=";", decimal_point=point)
            rows = parse(chunk, names, layout)
            yield from rows.faults
            year, month, day = (rows.numbers[name] for name in ("anio", "mes", "dia"))
            local, good = civil(year, month, day, np.zeros(len(year)))
            rows, local, faults = timed(rows, local, good, "expected year, month and day of a calendar")
            yield from faults
            kind = pc.utf8_trim_whitespace(rows.texts["tipo"]).to_numpy(zero_copy_only=False)
            for each in dict.fromkeys(kind.tolist()):
                of_it = kind == each
                if each in _PARTS_OF_DAYS:
                    detail = f"tipo {each}: expected periods that start at whole multiples of their length, got another"
                    yield Fault("bad_time", detail, f"tipo {each}", rows.lines[of_it], chunk)
                elif each != "T":
                    detail = f"tipo: expected one of D, E, N, T, got {each!r}"
                    yield Fault("wrong_type", detail, "tipo", rows.lines[of_it], chunk)
            whole = kind == "T"
            days = only(rows, whole)
            stations = pc.binary_join_element_wise("madrid", pc.utf8_trim_whitespace(days.texts["NMT"]), "-")
            columns = {quantity: values(days, column) for column, quantity in _MADRID.items()}
            times = local[whole] - settings.offset()
            yield from by_station(days, stations, times, columns, medium="noise", period_s=DAY_S)


def minutes(file: Path, settings: Settings, advance: Advance) -> Iterator[Item]:
    """Yield levels of minutes, whose stamp is the middle of the minute, at the station of `--station`."""
    yield from _levels(file, settings, advance, period_s=60, back_s=30)


def seconds(file: Path, settings: Settings, advance: Advance) -> Iterator[Item]:
    """Yield levels of seconds, whose stamp is taken as the start, at the station of `--station`."""
    yield from _levels(file, settings, advance, period_s=1, back_s=0)


def _levels(file: Path, settings: Settings, advance: Advance, *, period_s: int, back_s: int) -> Iterator[Item]:
    if settings.station is None:
        raise ConfigError(f"--station: expected the monitor of {file.name}, which names none, got nothing")
    with opened(file, advance) as stream:
        for chunk in chunks(stream):
            names = names_of(chunk)
            if len(names) != 2 or names[0] != "datetime" or not names[1].startswith("LEQ"):
                raise BrokenFileError(f"line 1: expected columns datetime, LEQ dB -A, got {', '.join(names)}")
            rows = parse(chunk, names, Layout((names[1],), ("datetime",)))
            yield from rows.faults
            local, good = moments_of(rows.texts["datetime"])
            rows, local, faults = timed(rows, local, good, "expected a time such as 2025-03-21 00:00:30")
            yield from faults
            times = local - back_s - settings.offset()
            yield Part("noise", settings.station, period_s, times, {"leq": values(rows, names[1])}, rows.lines, chunk)


def moments_of(words: Any) -> tuple[Longs, Bools]:
    """Return the seconds since 1970 of local times such as 2015-01-01 00:00:00, and which could be read."""
    good = pc.match_substring_regex(words, r"^\d{4}-\d{2}-\d{2} ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$")
    days, there = days_of(pc.utf8_slice_codeunits(words, 0, 10))
    parts = [
        pc.if_else(good, pc.utf8_slice_codeunits(words, start, start + 2), "0").cast(pa.int64()).to_numpy()
        for start in (11, 14, 17)
    ]
    return days + parts[0] * HOUR_S + parts[1] * 60 + parts[2], there & good.to_numpy(zero_copy_only=False)
