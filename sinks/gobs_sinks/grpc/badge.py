"""What an agent shows of who it is, and whom it believes: anew for each connection, since both change in place."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path
from urllib.parse import quote

import msgspec

from gobs_core import UserError
from gobs_core.folders import state_dir
from gobs_proto.limits import AUTHORIZATION, CREDENTIAL, CREDENTIAL_PREFIX, JOIN_PREFIX, NODE
from gobs_sinks.grpc.config import GrpcConfig, JoinToken, join_token, split_address
from gobs_sinks.grpc.joined import Joined, JoinedFile
from gobs_sinks.grpc.texts import clean
from gobs_sinks.grpc.trust import authority_of

_MOST = 16 << 10
"""Bytes of a token."""


class Badge:
    """Lives as long as the sink. `prepare` before each connection, `accepted` once the server has taken it."""

    def __init__(self, config: GrpcConfig, node: str) -> None:
        self._config = config
        self._node = node
        self._token = join_token(config.join) if config.join else None
        self._file: JoinedFile | None = None
        self._joined: Joined | None = None

    @property
    def authority(self) -> bytes | None:
        """The one that vouches for the server, learned when the agent joined; None: the settings say."""
        return self._joined.authority.encode() if self._joined is not None and self._joined.authority else None

    async def prepare(self) -> None:
        """Read what is kept, or begin to join; raises UserError."""
        self._joined = self._kept()
        if self._token is None:
            return
        joined = self._joined
        if joined is None or joined.join != self._token.id:
            joined = Joined(join=self._token.id, secret=secrets.token_urlsafe(32))
        if self._token.fingerprint and not joined.authority and not self._config.ca_file:
            joined = msgspec.structs.replace(joined, authority=await self._find_authority(self._token))
        if joined != self._joined and self._file is not None:
            self._file.write(joined)
        self._joined = joined

    def metadata(self) -> list[tuple[str, str]]:
        """What goes with the call; raises UserError."""
        found = [(NODE, quote(clean(self._node)))]
        joined = self._joined
        if joined is not None and (joined.done or self._token is None):
            found.append((AUTHORIZATION, f"Bearer {CREDENTIAL_PREFIX}{joined.join}.{joined.secret}"))
        elif joined is not None and self._token is not None:
            found.append((AUTHORIZATION, f"Bearer {JOIN_PREFIX}{self._token.id}.{self._token.secret}"))
            found.append((CREDENTIAL, joined.secret))
        elif self._config.account_token_file:
            found.append((AUTHORIZATION, f"Bearer {_read_token(Path(self._config.account_token_file))}"))
        elif self._config.token:
            found.append((AUTHORIZATION, f"Bearer {self._config.token}"))
        return found

    def accepted(self) -> None:
        """The server has taken what was shown; raises UserError where that cannot be kept."""
        if self._joined is not None and not self._joined.done and self._file is not None:
            self._joined = msgspec.structs.replace(self._joined, done=True)
            self._file.write(self._joined)

    def _kept(self) -> Joined | None:
        """What is kept from before, unless the settings say otherwise who this is."""
        if self._config.token or self._config.account_token_file or self._config.cert_file:
            return None
        if self._file is None:
            try:
                folder = Path(self._config.state).expanduser() if self._config.state else state_dir(os.environ)
            except UserError:
                if self._token is None:
                    return None
                raise UserError("sinks.grpc.state: nothing says where the agent's credential is kept; set it") from None
            self._file = JoinedFile(folder, self._config.server, self._node)
        return self._file.read()

    async def _find_authority(self, token: JoinToken) -> str:
        host, port = split_address(self._config.server)
        return (await asyncio.to_thread(authority_of, host, int(port), token.fingerprint)).decode()


def _read_token(path: Path) -> str:
    try:
        with path.open("rb") as file:
            token = file.read(_MOST + 1).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"sinks.grpc.account_token_file: cannot read {path}: {error}") from None
    if not token or len(token) > _MOST or not token.isprintable():
        raise UserError(f"sinks.grpc.account_token_file: {path} holds no token")
    return token
