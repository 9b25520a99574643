"""Derivation and import on a Dask cluster, with InfluxDB as the store: `--scheduler`.

The process that runs the command keeps what must be kept by one: the ledger with its arrivals, marks, locks, quarantine
and published figures. It plans, hands out tasks, and sets a mark once the rows that it stands for are on the server.
Workers read, compute and write InfluxDB; they know no ledger. A task replaces its rows by their range, so it may be
done twice: where a worker dies Dask gives the task to another one, where the command dies the unit stays stale.

`connection` (which cluster), `tasks` (handing out), `deriving`, `importing` (here); `worker` (there). Dask is imported
only where `--scheduler` is given.

ClusterError        the cluster cannot be used, or a worker is not like this process; what was done stays
"""

from ingestor.errors import FailureError


class ClusterError(FailureError):
    """The cluster cannot do it: `SUBJECT: expected X, got Y; what to do`."""
