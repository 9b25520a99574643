"""Retention: raw readings of locked months rolled to Parquet, verified, noted, and only then deleted from the store.

`planning`: which months may be rolled; `rolling`: rolling them; `files`: the archive's files; `restoring`: from them
back to the store.
"""
