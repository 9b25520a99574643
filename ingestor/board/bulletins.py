"""Bulletins on demand: made by `qingjing bulletin` in a process of its own, kept until figures change."""

import asyncio
import contextlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from ingestor.board.source import Source
from ingestor.store import StoreError
from ingestor.words import Language
from sensors.errors import ConfigError

WITHIN_S: Final = 180.0
EXIT_USAGE: Final = 2


class Bulletins:
    """Files of bulletins by plan, month and language, in a folder that goes with the board."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._folder = Path(tempfile.mkdtemp(prefix="qingjing-board-"))
        self._one = asyncio.Lock()

    def close(self) -> None:
        """Remove all files."""
        shutil.rmtree(self._folder, ignore_errors=True)

    async def file(self, plan: str, month: str, suffix: str, language: Language) -> Path:
        """Return a file of a bulletin, made where it is not there or older than the figures.

        Raises
        ------
        ConfigError
            If there is no such plan or month.
        StoreError
            If the store is away, or the bulletin could not be made.
        """
        await self._source.look()
        stem = f"{plan}-{month}" + ("" if language == "zh" else f"-{language}")
        folder = self._folder / str(self._source.sequence["figures"])
        file = folder / f"{stem}.{suffix}"
        async with self._one:
            if not file.is_file():
                await asyncio.to_thread(self._keep_only, folder)
                await self._make(plan, month, language, folder)
        return file

    def _keep_only(self, folder: Path) -> None:
        for each in self._folder.iterdir():
            if each != folder:
                shutil.rmtree(each, ignore_errors=True)

    async def _make(self, plan: str, month: str, language: Language, folder: Path) -> None:
        config, data = self._source.config.directory.absolute(), self._source.data.absolute()
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ingestor", "--config", str(config), "--data", str(data), "bulletin",
            f"--plan={plan}", f"--month={month}", "--lang", language, "--out", str(folder),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            _, said = await asyncio.wait_for(child.communicate(), WITHIN_S)
        except TimeoutError as error:
            raise StoreError(f"bulletin: expected it within {WITHIN_S:.0f} s, got none; try again") from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                if child.returncode is None:
                    child.kill()
        if child.returncode:
            text = said.decode(errors="replace").strip().rpartition("\n")[2].removeprefix("qingjing: ")
            raise (ConfigError if child.returncode == EXIT_USAGE else StoreError)(text or "bulletin: not made")
