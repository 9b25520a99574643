"""Errors of configuration.

ConfigError    a file of config/ that cannot be taken; one line: `subject: expected X, got Y`

What a gateway sends wrongly is no exception: it is a `Refusal` (see `sensors.reading`).
"""


class ConfigError(Exception):
    """A configuration mistake, told as `file: place: expected X, got Y` in one line."""


def printable(text: str) -> str:
    """Return `text` with control characters escaped, so that it cannot move the cursor or forge a line."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def shown(value: object, limit: int = 80) -> str:
    """Return `repr(value)` cut at `limit` characters, for error texts."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
