"""Delivery of lines to InfluxDB: what the server refuses for good is found by bisection, the rest is stored."""

from ingestor.store import line_protocol
from ingestor.store.influx_server import InfluxServer, RefusedError, TooLargeError
from sensors.reading import Reading, Refusal


def deliver(server: InfluxServer, lines: bytes) -> list[tuple[bytes, Refusal]]:
    """Store lines; return those that the server refused for good, a value each, with its words.

    Writing a line again changes nothing, so that halves may be written that were stored already.

    Raises
    ------
    UnavailableError
        If the server is away or busy: nothing is known of the lines; deliver all of them again.
    """
    try:
        server.write(lines)
    except (RefusedError, TooLargeError) as error:
        split = lines.splitlines(keepends=True)
        if isinstance(error, RefusedError) and (error.dropped == len(split) or len(split) == 1):
            return _refused_values(server, split, error)
        if len(split) == 1:
            return [
                (lines, Refusal("refused_by_store", "line: expected one that the server takes, got too long a one"))
            ]
        middle = len(split) // 2
        return deliver(server, b"".join(split[:middle])) + deliver(server, b"".join(split[middle:]))
    return []


def _refused_values(server: InfluxServer, lines: list[bytes], error: RefusedError) -> list[tuple[bytes, Refusal]]:
    """Store of refused lines the values that the server takes; return the others."""
    readings = line_protocol.decode(b"".join(lines))
    by_quantity: dict[tuple[str, str], list[Reading]] = {}
    for reading in readings:
        for value in reading.values:
            alone = Reading(reading.medium, reading.station, reading.period_s, reading.time, (value,))
            by_quantity.setdefault((reading.medium, value[0]), []).append(alone)
    if len(by_quantity) == 1:
        return [(line, Refusal("refused_by_store", f"server: {error.words}")) for line in lines]
    refused = []
    for alike in by_quantity.values():
        refused += deliver(server, line_protocol.encode(alike))
    return refused
