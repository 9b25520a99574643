"""From the derived days in the store to what indicators are computed from, of any medium."""

from collections.abc import Collection

import msgspec

from aggregations.indicators import Facts, Indicator
from aggregations.periods import Period
from aggregations.standards import Mode
from ingestor.air_facts import air_facts
from ingestor.auditing import audited
from ingestor.config import Config
from ingestor.noise_facts import noise_facts
from ingestor.scopes import Scope
from ingestor.store import Tables
from ingestor.water_facts import water_facts
from sensors.quantities import Medium


def facts_of(
    config: Config,
    store: Tables,
    medium: Medium,
    scope: Scope,
    period: Period,
    chosen: Collection[Indicator],
    mode: Mode,
) -> Facts:
    """Return what indicators of a medium are computed from."""
    if medium == "air":
        facts = air_facts(config, store, scope, period, mode=mode, needs={indicator.needs for indicator in chosen})
    elif medium == "noise":
        facts = noise_facts(config, store, scope, period, mode=mode)
    else:
        facts = water_facts(config, store, scope, period, mode=mode)
    return msgspec.structs.replace(facts, audited=audited(store.locks(), scope.stations[medium], period))
