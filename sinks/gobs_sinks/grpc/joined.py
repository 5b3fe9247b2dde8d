"""What an agent that has joined keeps between its runs: its credential and the server's authority, in one file."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import msgspec

from gobs_core import UserError

_PREFIX = "joined-"


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """One credential. It is kept before the server hears of it, so that it is never lost on the way."""

    join: str
    """The id of the join token that it is exchanged for."""
    secret: str
    authority: str = ""
    """The server's authority, in PEM; empty: the system's, or that of the settings."""
    done: bool = False
    """Whether the server has taken it."""

    def __repr__(self) -> str:
        """Return what may be shown."""
        return f"Joined(join={self.join!r}, done={self.done})"


class JoinedFile:
    """The file of one node at one server, readable by its owner alone; raises UserError where it cannot be used."""

    def __init__(self, folder: Path, server: str, node: str) -> None:
        self._folder = folder
        self._of = f"{server}\n{node}".encode("utf-8", "surrogatepass")

    @cached_property
    def path(self) -> Path:
        """Where it is. Most agents never join, and need no digest to find that out: OpenSSL is 3 MiB."""
        return self._folder / f"{_PREFIX}{hashlib.sha256(self._of).hexdigest()[:16]}.json"

    def read(self) -> Joined | None:
        """What was kept; None for nothing yet."""
        if not self._folder.is_dir():
            return None
        with suppress(OSError):
            if not any(name.startswith(_PREFIX) for name in os.listdir(self._folder)):
                return None
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Joined)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UserError(f"{self.path}: the agent's credential cannot be read: {error.strerror}") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise UserError(f"{self.path}: this is no credential of an agent; remove it and join anew") from None

    def write(self, joined: Joined) -> None:
        """Keep it."""
        new = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(msgspec.json.encode(joined))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise UserError(
                f"{self.path}: the agent's credential cannot be kept: {error.strerror}; sinks.grpc.state names another "
                "folder"
            ) from None
