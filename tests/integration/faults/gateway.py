"""A gateway that publishes numbered messages and knows which of them the broker has acknowledged."""

import random
import threading
import traceback

from ingestor.mqtt_publisher import PUBACK, MqttError, Publisher
from tests.integration.faults.readings import message

PATIENCE_S = 2.0
"""How long it waits for the broker before it connects again."""
LARGEST_BURST = 60
REST_S = 0.02


class Connection(Publisher):
    """One connection that knows which message each packet id stands for."""

    def __init__(self, port: int, acknowledged: set[int]) -> None:
        self._acknowledged = acknowledged
        self._number_of: dict[int, int] = {}
        super().__init__("127.0.0.1", port, client_id="gateway", timeout_s=PATIENCE_S)

    def send(self, number: int) -> None:
        """Queue message n."""
        topic, payload, _, _ = message(number)
        self.publish(topic, payload)
        self._number_of[self._packet_id] = number

    def _take(self, first: int, body: bytearray) -> None:
        if first >> 4 == PUBACK:
            self._acknowledged.add(self._number_of.pop(int.from_bytes(body[:2], "big")))
        super()._take(first, body)


class Gateway:
    """Publishes in a thread of its own while it is told to.

    After a lost connection it sends again what was not acknowledged, as a real gateway does. `sent` is the number of
    the last message that was given to a connection, whether or not it got there; they begin at 1.
    """

    def __init__(self, port: int, *, seed: int) -> None:
        self.sent = 0
        self.acknowledged: set[int] = set()
        self.failed: str | None = None
        self.connections = 0
        self._port = port
        self._unacknowledged: list[int] = []
        self._rng = random.Random(seed)
        self._lock = threading.Lock()
        self._publishing, self._resting = False, True
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)
        self._thread.start()

    def publish(self) -> None:
        """Go on publishing."""
        with self._lock:
            self._publishing, self._resting = True, False

    def pause(self) -> None:
        """Begin no new messages; those that are not acknowledged are still sent again."""
        with self._lock:
            self._publishing = False

    @property
    def resting(self) -> bool:
        """Whether it has paused and everything that was sent is acknowledged."""
        return self._resting

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                try:
                    connection = Connection(self._port, self.acknowledged)
                except (OSError, MqttError):
                    self._ended.wait(0.05)
                    continue
                self.connections += 1
                try:
                    self._use(connection)
                except MqttError:
                    pass
                finally:
                    connection.close()
        except Exception:  # noqa: BLE001  # whoever waits for it must hear of it
            self.failed = traceback.format_exc()

    def _use(self, connection: Connection) -> None:
        """Send on a connection until it breaks or all ends."""
        while not self._ended.is_set():
            self._unacknowledged = [number for number in self._unacknowledged if number not in self.acknowledged]
            for number in self._unacknowledged:
                connection.send(number)
            connection.wait(lambda: connection.unacknowledged == 0, timeout_s=PATIENCE_S)
            self._begin()
            self._ended.wait(REST_S)

    def _begin(self) -> None:
        """Begin a burst of new messages, or rest; all earlier ones are acknowledged."""
        with self._lock:
            if self._publishing:
                burst = self._rng.randint(1, LARGEST_BURST)
                self._unacknowledged = list(range(self.sent + 1, self.sent + burst + 1))
                self.sent += burst
            else:
                self._resting = True
