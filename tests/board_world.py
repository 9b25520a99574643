"""A board on a small city: its store, a server of its own on loopback, names that want to do harm."""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ingestor import config, derivation
from ingestor.board import app
from ingestor.config import Config
from ingestor.notices.facts import Trial, encode
from ingestor.notices.ledger import NoticeLedger
from ingestor.store import SqliteStore, store_file
from ingestor.store.notices import Key, New
from tests import bulletin_world
from tests.support import accepts, wait_for

SCRIPT = "<script>document.title='1'</script>"
LONG = "深圳市龙岗区坂田街道雪岗北路与吉华路交叉口东北角人行天桥北侧声环境自动监测站甲一"
LAST = "2020-06-30"
TOKEN = "open-sesame"  # noqa: S105  # of a test


def made(folder: Path, *, air: int = 3, water: int = 5, noise: int = 4) -> Config:
    """Make configuration and store below a folder, with June of 2020."""
    names = {"c-a001": SCRIPT, "c-n001": LONG}
    directory = bulletin_world.configuration(folder / "config", air=air, water=water, noise=noise, changed=names)
    (directory / "secrets").mkdir(exist_ok=True)
    (directory / "secrets" / "board-token").write_text(TOKEN + "\n")
    settings = directory / "settings.toml"
    settings.write_text(settings.read_text().replace("# token_file =", "token_file ="))
    loaded = config.load(directory)
    (folder / "data").mkdir()
    with closing(SqliteStore(store_file(folder / "data"))) as store:
        bulletin_world.fill(store, loaded.register, "2020-06-01", LAST)
        derivation.derive(loaded, store)
    return loaded


def told(folder: Path) -> int:
    """Keep a notice and return its number."""
    with closing(NoticeLedger(store_file(folder / "data"))) as ledger, ledger.noticing() as noticing:
        new = New(
            key=Key("silence", "air:c-a001", "2020-06-30", 1), level="warning", city="shenzhen",
            scopes=["city:shenzhen"], facts=encode(Trial(channel="file")),
        )  # fmt: skip
        number = noticing.add(new, [])
    assert number is not None
    return int(number)


def asked(url: str) -> bytes:
    """What a board answers."""
    with urllib.request.urlopen(url) as answer:  # noqa: S310  # our own server on loopback
        found: bytes = answer.read()
    return found


@contextmanager
def served(loaded: Config, data: Path, now: float) -> Iterator[str]:
    """Serve a board on a free port in a thread; its address."""
    with app.listening("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        server = app.server(app.application(loaded, data, now=lambda: now))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(lambda: server.started and accepts(port), what="the board to answer")
            wait_for(lambda: b"data-figure" in asked(f"{address}/wall"), what="the figures of the wall")
            yield address
        finally:
            server.should_exit = True
            thread.join(20)
