"""What all failures of the world have in common."""


class FailureError(Exception):
    """Something outside did not do what was needed: store, broker, gateway; says what happened and what to do."""
