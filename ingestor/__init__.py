"""Everything that touches the world: configuration files, broker, store, commands, clock and log."""

import importlib.metadata

__version__ = importlib.metadata.version("qingjing")
