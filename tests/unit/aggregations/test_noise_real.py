"""Real levels of noise, judged by the project's functions: shared/data/noise_madrid, noise_dublin, noise_valencia."""

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from aggregations import noise
from aggregations.standards import NoiseLimits, NoiseMethod

NAN = float("nan")


@pytest.fixture(scope="module")
def limits(edition: Callable[[str], NoiseLimits]) -> NoiseLimits:
    return edition("GB 3096-2008")


@pytest.fixture(scope="module")
def method(edition: Callable[[str], NoiseMethod]) -> NoiseMethod:
    return edition("Noise, automatic monitors 2024")


def madrid(text: str, kind: str) -> Iterator[float]:
    """LAEQ of one kind of period; 2020 has a decimal comma and a BOM, 2021 a point and padded numbers."""
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=";", skipinitialspace=True)
    for row in rows:
        if row["tipo"].strip() == kind and row["LAEQ"].strip():
            yield float(row["LAEQ"].strip().replace(",", "."))


@pytest.fixture(scope="module")
def nights(data_folder: Path) -> np.ndarray:
    folder = data_folder / "noise_madrid"
    with gzip.open(folder / "RuidoDiario2020Original.csv.gz", "rt", encoding="utf-8") as file:
        return np.array([*madrid(file.read(), "N")])


@pytest.mark.parametrize(
    ("zone", "attained"),
    [pytest.param("3", 6027, id="class 3: at most 55.0 dB"), pytest.param("2", 2388, id="class 2: at most 50.0 dB")],
)
def test_nights_of_madrid_at_one_decimal(
    nights: np.ndarray, limits: NoiseLimits, method: NoiseMethod, zone: str, attained: int
) -> None:
    tenths = msgspec.structs.replace(method, judge_decimals=1)

    verdicts = noise.attains(nights, zone, "night", limits=limits, method=tenths)  # type: ignore[arg-type]

    assert (len(verdicts), sum(v is True for v in verdicts)) == (10_592, attained)  # shared/data/README.md
    rate = noise.attainment_rate([noise.PointTimes(len(verdicts), attained)], pooling="point_times")
    assert rate is not None
    assert f"{float(rate):.1f}" == ("56.9" if zone == "3" else "22.5")


def test_nights_of_madrid_in_2021_are_read_in_their_own_form(
    data_folder: Path, limits: NoiseLimits, method: NoiseMethod
) -> None:
    tenths = msgspec.structs.replace(method, judge_decimals=1)
    text = (data_folder / "noise_madrid" / "RuidoDiario2021Original.csv").read_text(encoding="utf-8")

    found = np.array([*madrid(text, "N")])

    verdicts = noise.attains(found, "3", "night", limits=limits, method=tenths)
    assert (len(verdicts), sum(v is True for v in verdicts)) == (895, int((found <= 55.0).sum()))


def test_nights_of_madrid_as_integers_are_those_up_to_half_a_decibel_more(
    nights: np.ndarray, limits: NoiseLimits, method: NoiseMethod
) -> None:
    verdicts = noise.attains(nights, "3", "night", limits=limits, method=method)

    tenths = np.rint(nights * 10).astype(int)
    assert sum(v is True for v in verdicts) == int((tenths < 555).sum())  # 55.5 is judged as the even 56
    assert sum(v is True for v in noise.attains(nights, "2", "night", limits=limits, method=method)) == int(
        (tenths <= 505).sum()  # 50.5 is judged as the even 50
    )


def test_days_of_dublin_agree_with_plain_energy_means(
    data_folder: Path, limits: NoiseLimits, method: NoiseMethod
) -> None:
    with gzip.open(data_folder / "noise_dublin" / "dublin_hourly_2015_2018.tsv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t"))[1:]
    by_day: dict[str, dict[int, float]] = {}
    for row in rows:
        day, hour = row[1][:10], int(row[1][11:13])
        by_day.setdefault(day, {})[hour] = float(row[4]) if row[4] else NAN  # Ballymun
    days = list(by_day)
    levels = np.array([[by_day[day].get(hour, NAN) for hour in range(24)] for day in days])

    for part, hours, least in (("day", range(6, 22), 12), ("night", (0, 1, 2, 3, 4, 5, 22, 23), 6)):
        found, counts = noise.part_levels(levels, np.isfinite(levels), part, limits=limits, method=method)  # type: ignore[arg-type]
        assert len(found) > 1300
        for i in range(len(days)):
            known = [v for h in hours if np.isfinite(v := levels[i, h])]
            assert counts[i] == len(known)
            if len(known) < least:
                assert np.isnan(found[i])
            else:
                assert found[i] == pytest.approx(10 * np.log10(np.mean([10 ** (v / 10) for v in known])), abs=1e-9)


def test_levels_of_valencia_that_are_infinite_are_not_judged(
    data_folder: Path, limits: NoiseLimits, method: NoiseMethod
) -> None:
    with (data_folder / "noise_valencia" / "RuidoValenciaOriginal.csv").open(encoding="utf-8") as file:
        levels = np.array([float(row["LAeq_d"] or "nan") for row in csv.DictReader(file)])
    assert np.isinf(levels).any()

    verdicts = noise.attains(levels, "3", "day", limits=limits, method=method)

    assert [v is None for v in verdicts] == (~np.isfinite(levels)).tolist()
    assert np.isfinite(noise.period_level(levels))
