"""Claims about answers in CSV that are read column by column. Bodies are those that the generations document."""

import math
from collections.abc import Sequence

import pytest

from ingestor.store.influx_columns import parsed

HEADER = "name,tags,time,pm25,pm25_flag,note\n"
FIRST = 'air,"period_s=3600,station=a1",0,15.1,1,"x, y"\nair,"period_s=3600,station=a1",3600,,9,\n'
SECOND = 'air,"period_s=3600,station=大桥",3600,-0,1,\n'


def quantities(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.startswith("pm25")]


def read(body: str) -> list[tuple[str, list[int], list[str]]]:
    """Station, times and values of each group; a flag each must be there."""
    groups = list(parsed(body.encode(), quantities))
    assert all(set(group.fields) == {"pm25", "pm25_flag"} for group in groups)
    return [(g.tags["station"], g.times.tolist(), [repr(v) for v in g.fields["pm25"].tolist()]) for g in groups]


BOTH = [("a1", [0, 3600], ["15.1", "nan"]), ("大桥", [3600], ["-0.0"])]


@pytest.mark.parametrize(
    "body",
    [HEADER + FIRST + SECOND, HEADER + FIRST + "\n" + HEADER + SECOND, HEADER + FIRST + HEADER + SECOND],
    ids=["one-header", "empty-line", "header-each"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_groups_of_tags_are_told_apart_and_keep_every_bit(body: str, end: str) -> None:
    assert read(body.replace("\n", end)) == BOTH


def test_flags_of_rows_without_a_value_are_there() -> None:
    (group,) = parsed((HEADER + FIRST).encode(), quantities)
    assert group.fields["pm25_flag"].tolist() == [1.0, 9.0]
    assert math.isnan(group.fields["pm25"][1])


@pytest.mark.parametrize("body", ["name,tags,time\n", HEADER, HEADER + "\n"])
def test_header_alone_is_no_group(body: str) -> None:
    assert read(body) == []


@pytest.mark.parametrize("body", ["", "<html>", '{"error":"x"}', HEADER + "air,,0,word,1,\n", HEADER + "air,,0\n"])
def test_what_is_no_such_answer_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(body)
