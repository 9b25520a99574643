"""The files of a bulletin: each is there whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ingestor.bulletin.contents import Bulletin
from ingestor.bulletin.page import page
from ingestor.bulletin.text import notice_text
from ingestor.bulletin.workbook import workbook
from ingestor.words import Language
from sensors.errors import ConfigError

FORMATS: Final = ("html", "xlsx", "txt")
"""What a bulletin is written as, in order."""


def write(bulletin: Bulletin, folder: Path, language: Language) -> list[Path]:
    """Write page, workbook and text into a folder, over those that are there, and return their files.

    Raises
    ------
    ConfigError
        If the folder cannot be made or written to.
    """
    stem = f"{bulletin.plan.id}-{bulletin.month}" + ("" if language == "zh" else f"-{language}")
    writers: tuple[Callable[[Bulletin, Language], str | bytes], ...] = (page, workbook, notice_text)
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, made in zip(FORMATS, writers, strict=True):
            content = made(bulletin, language)
            file = folder / f"{stem}.{suffix}"
            unfinished = folder / f".{stem}.{suffix}.{os.getpid()}"
            unfinished.write_bytes(content.encode() if isinstance(content, str) else content)
            unfinished.replace(file)
            files.append(file)
    except OSError as error:
        raise ConfigError(
            f"--out: expected a directory that can be written, got {folder} ({error.strerror})"
        ) from error
    return files
