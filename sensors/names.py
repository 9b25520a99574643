"""What stations may be called, and lists of keys in a field of a CSV file."""

import re

STATION_ID = re.compile(r"[^\s/+#$,=\\\"'\x00-\x1f][^\s/+#,=\\\"'\x00-\x1f]{0,63}")
"""What a station may be called: up to 64 characters that can stand in one level of an MQTT topic and in a line of
InfluxDB without escaping. So may a district, which is half of a key of derived tables."""


def keys_of(field: str) -> tuple[str, ...]:
    """Return the keys that a field joins by semicolons."""
    return tuple(key.strip() for key in field.split(";")) if field else ()
