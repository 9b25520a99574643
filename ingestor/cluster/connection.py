"""Which cluster: one on this machine (`local:N`), or a scheduler that runs already (`tcp://` or `tls://HOST:PORT`)."""

import contextlib
import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from ingestor.cluster import ClusterError, worker
from ingestor.config import Config
from sensors.errors import ConfigError, shown

if TYPE_CHECKING:
    from distributed import Client

LOCAL: Final = re.compile(r"local:([1-9][0-9]{0,2})\Z")
ADDRESS: Final = re.compile(r"(tcp|tls)://[^/@\s]+:[0-9]{1,5}\Z")
CONNECT_S: Final = 15
WORKERS_S: Final = 30
"""How long is waited for the scheduler, and for its first worker. [s]"""

_QUIET: Final[dict[str, list[str]]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
"""Of a cluster of our own: no dashboard, no pages."""


@contextlib.contextmanager
def connected(config: Config, scheduler: str) -> Iterator["Client"]:
    """Connect to a cluster, or start one on loopback whose processes end with this one; check its workers.

    Raises
    ------
    ConfigError
        If `scheduler` is no address, or the store of the configuration is none that workers can reach.
    ClusterError
        If Dask is not installed, nobody answers, there is no worker, or a worker is not like this process.
    """
    local = LOCAL.match(scheduler)
    if local is None and not ADDRESS.match(scheduler):
        raise ConfigError(f"--scheduler: expected local:N, tcp://HOST:PORT or tls://HOST:PORT, got {shown(scheduler)}")
    if config.settings.store.kind != "influxdb":
        raise ConfigError(
            f'--scheduler: expected [store] kind = "influxdb" in {config.directory / "settings.toml"}, got '
            f"{config.settings.store.kind!r}, which is one file that one process writes; do it without --scheduler"
        )
    try:
        import dask.config
        import distributed
    except ImportError as error:
        raise ClusterError(
            f"--scheduler: expected the package distributed, got {error}; `pip install 'qingjing[cluster]'`"
        ) from error
    logging.getLogger("distributed").setLevel(logging.WARNING)
    with contextlib.ExitStack() as stack:
        address: Any = scheduler
        security = None
        if local is not None:
            stack.enter_context(dask.config.set(_QUIET))
            security = distributed.Security.temporary()  # else anyone on the machine could hand tasks to the workers
            try:
                started = distributed.LocalCluster(
                    n_workers=int(local[1]),
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    scheduler_kwargs={"dashboard": False},
                    security=security,
                )
            except (OSError, RuntimeError) as error:
                raise ClusterError(
                    f"--scheduler {scheduler}: expected its processes to start, got {_short(error)}"
                ) from error
            address = stack.enter_context(started)
        try:
            client = distributed.Client(address, timeout=CONNECT_S, security=security, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(f"--scheduler {scheduler}: expected a Dask scheduler, got {_short(error)}") from error
        stack.enter_context(client)
        _check_workers(client, scheduler)
        yield client


def _check_workers(client: "Client", scheduler: str) -> None:
    """Make sure that there are workers, and that all compute as this process does."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except TimeoutError as error:
        raise ClusterError(
            f"--scheduler {scheduler}: expected a worker within {WORKERS_S} s, got none; "
            f"`dask worker {scheduler} --nthreads 1` starts one"
        ) from error
    ours = worker.identity()
    theirs: dict[str, Any] = client.run(worker.identity, on_error="return")
    for address, found in theirs.items():
        if isinstance(found, OSError):  # it died meanwhile: the others do its part, and each task checks again
            continue
        if isinstance(found, ImportError):
            raise ClusterError(
                f"--scheduler {scheduler}: expected qingjing {ours.qingjing} on every worker, got {found}; "
                "install the same version there"
            ) from found
        if isinstance(found, BaseException):
            raise found
        worker.check(found, ours, at=address)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
