"""What closing a period does once its hours and days are up to date. What else belongs to it is called here."""

from aggregations.periods import Period
from ingestor import publishing
from ingestor.config import DAY_S, Config
from ingestor.derivation.archived import known_extents
from ingestor.store import Store
from sensors.quantities import MEDIA


def close(config: Config, store: Store, period: Period) -> str:
    """Close a period and return what is to be said of it: how many of its stations sent readings, what was published.

    The headlines of every city are published of months, quarters and years, but for those without any data, which are
    counted; one that was published before, and lost its data since, is. It may be called again for a period, by
    hand, or where the process died before that could be noted.

    Raises
    ------
    StoreError
        If the store cannot be read.
    """
    start, end = config.start_of(period.first), config.start_of(period.last) + DAY_S
    said = []
    for medium in MEDIA:
        expected = [
            station.id
            for station in config.register.of(medium)
            if (station.since is None or station.since <= period.last)
            and (station.until is None or station.until > period.first)
        ]
        if expected:
            sent = known_extents(store, medium, expected, start, end)
            said.append(f"{medium} {len(sent)}/{len(expected)}")
    figures = publishing.of_cities(config, store, period) if len(period) > 1 else []
    some = publishing.worth_publishing(store, figures)
    new = publishing.publish(config, store, some)
    without = f", without data: {len(figures) - len(some)}" if len(some) < len(figures) else ""
    return f"stations with readings: {', '.join(said) or 'none is registered'}; figures published: {len(new)}{without}"
