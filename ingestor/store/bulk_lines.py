"""Blocks as InfluxDB's line protocol, column by column through Arrow: the lines that `line_protocol` describes.

Imported where blocks are loaded: Arrow takes a fifth of a second that other commands do not wait for.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestor.store.ports import NO_VALUE, Block


def batches(block: Block, rows: int) -> Iterator[bytes]:
    """Yield the lines of a block, one a time that has any value, so many rows of it at once.

    Numbers are written with the fewest digits that give the same bits when they are read back.
    """
    for start in range(0, len(block.times), rows):
        lines = _lines(block, slice(start, start + rows))
        if lines:
            yield lines


def _lines(block: Block, some: slice) -> bytes:
    columns = {quantity: (values[some], codes[some]) for quantity, (values, codes) in block.columns.items()}
    times = block.times[some]
    there = np.zeros(len(times), dtype=np.bool_)
    for _, codes in columns.values():
        there |= codes != NO_VALUE
    if not there.all():  # Arrow leaves out what it joins of nulls alone
        times = times[there]
        columns = {quantity: (values[there], codes[there]) for quantity, (values, codes) in columns.items()}
    if not len(times):
        return b""
    fields = [_field(quantity, values, codes) for quantity, (values, codes) in columns.items()]
    joined = pc.binary_join_element_wise(*fields, ",", null_handling="skip")
    head = f"{block.medium},period_s={block.period_s},station={block.station} "
    lines = pc.binary_join_element_wise(head, joined, " ", pa.array(times).cast(pa.string()), "\n", "")
    _, offsets, text = lines.buffers()  # texts of an array lie one behind the other
    ends = np.frombuffer(offsets, dtype=np.int32)
    return bytes(text[ends[lines.offset] : ends[lines.offset + len(lines)]])


def _field(quantity: str, values: "np.ndarray[Any, Any]", codes: "np.ndarray[Any, Any]") -> Any:
    """Value and flag as they stand in a line; null where there is no value at all."""
    flag = pa.array(codes).cast(pa.string())
    there = np.isfinite(values) & (codes != NO_VALUE)
    numbers = pa.array(values).cast(pa.string())
    if there.all():
        return pc.binary_join_element_wise(f"{quantity}=", numbers, f",{quantity}_flag=", flag, "i", "")
    known = pa.array(there)
    whole = pc.if_else(known, pc.binary_join_element_wise(f"{quantity}=", numbers, ",", ""), "")
    field = pc.binary_join_element_wise(whole, f"{quantity}_flag=", flag, "i", "")
    return pc.if_else(pa.array(codes != NO_VALUE), field, pa.scalar(None, pa.string()))
