"""Channels: from a message to a service that Apprise knows (`services`), or to a file."""

import os
from collections.abc import Callable
from pathlib import Path

from ingestor.config import Config
from ingestor.notices.settings import Channel
from ingestor.notices.texts import Message

Committing = Callable[[], None]
"""Called right before a message is handed over: until there is an answer nobody knows then whether it arrived."""


class SendError(Exception):
    """The other side did not take a message, or could not be reached: its words, without secrets."""


def send(
    config: Config,
    data: Path,
    channel: Channel,
    recipient: str,
    message: Message,
    *,
    identity: str,
    committing: Committing = lambda: None,
) -> str:
    """Hand a message over and return the other side's words; `identity` is the same whenever it is handed over again.

    Mail carries it as its Message-ID, a webhook as its Idempotency-Key, so that a receiver can drop what came before.
    A file is looked through for it.

    Raises
    ------
    SendError
        If it was not taken.
    """
    if channel.file is not None:
        return _append(data / channel.file, message, identity, committing)
    from ingestor.notices import services  # takes half a second, which no other command has to wait for

    return services.hand_over(config, channel, recipient, message, identity=identity, committing=committing)


def keeps_identity(config: Config, channel: Channel) -> bool:
    """Whether what comes over a channel twice can be told to be one.

    Raises
    ------
    SendError
        If the channel has no address that can be used.
    """
    if channel.file is not None:
        return True
    from ingestor.notices import services

    return services.keeps_identity(config, channel)


def _append(path: Path, message: Message, identity: str, committing: Committing) -> str:
    """Append a message to a file that does not hold it yet."""
    mark = f"[{identity}]"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b", buffering=0) as file:
            file.seek(0)
            if mark.encode() in file.read():
                return "in the file already"
            committing()
            file.write(f"{message.title}\n{message.text}{mark}\n\n".encode())
            os.fsync(file.fileno())
    except OSError as error:
        raise SendError(f"{path}: {error.strerror}") from None
    return "in the file"
