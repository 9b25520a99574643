"""Everything that touches the world: configuration files, broker, store, commands, clock and log."""
