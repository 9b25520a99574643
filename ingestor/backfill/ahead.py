"""Reading ahead: a thread reads the next parts of a file while those before are stored."""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Final, Generic, TypeVar

PARTS_AHEAD: Final = 4

T = TypeVar("T")


class _End(Generic[T]):
    """What comes behind the last item: the error that ended it, if one did."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def read_ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield the items, of which a thread takes some ahead; what it raises is raised in its place.

    The thread ends when the items do, or when nobody asks for more.
    """
    ready: queue.Queue[T | _End[T]] = queue.Queue(PARTS_AHEAD)
    stopped = threading.Event()

    def put(item: "T | _End[T]") -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def read() -> None:
        try:
            for item in items:
                if not put(item):
                    return
        except BaseException as error:  # noqa: BLE001  # it is raised where the items are taken
            put(_End(error))
        else:
            put(_End(None))

    thread = threading.Thread(target=read, name="read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item = ready.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        stopped.set()
        thread.join()
