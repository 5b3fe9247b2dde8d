"""What the REST interface takes and answers with about people, logins, tokens and the record."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from gobs_server.access_settings import MAX_PASSWORD, MIN_PASSWORD
from gobs_server.api.shapes import Time

UserRole = Literal["viewer", "operator", "administrator"]
NewPassword = Annotated[str, Meta(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)]
_Name = Annotated[str, Meta(min_length=1, max_length=100)]


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as this server sees it."""

    name: str
    kind: Annotated[str, Meta(description="user, token, proxy, anonymous or loopback.")]
    role: Annotated[str, Meta(description="What it may everywhere; public: nothing.")]
    scopes: Annotated[list[str], Meta(description="What a token may besides, each in one area.")]
    address: Annotated[str, Meta(description="Where the request came from.")]


class UserInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One account."""

    name: str
    role: str
    source: Annotated[str, Meta(description="Where the account is kept: local, settings or oidc.")]
    disabled: bool
    created: Time
    last_login: Time | None


class Users(msgspec.Struct, frozen=True):
    """All accounts, by name."""

    users: list[UserInfo]


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """An account to make."""

    name: _Name
    role: UserRole
    password: NewPassword


class UserChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of an account; what is left out stays."""

    role: UserRole | None = None
    disabled: bool | None = None


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True):
    """A new password, which ends all logins of the account."""

    password: NewPassword


class LoginInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One browser that is logged in."""

    id: int
    user: str
    how: Annotated[str, Meta(description="password, setup or oidc.")]
    created: Time
    seen: Time
    expires: Time
    address: str
    browser: str


class LoginList(msgspec.Struct, frozen=True):
    """Logins, the newest first."""

    logins: list[LoginInfo]


class TokenInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One API token, without itself."""

    id: int
    name: str
    hint: Annotated[str, Meta(description="Its first characters.")]
    scopes: list[str]
    state: Annotated[str, Meta(description="active, expired, revoked or owner disabled.")]
    owner: Annotated[str | None, Meta(description="Whose it is; null: a program's.")]
    made_by: str
    created: Time
    expires: Time | None
    used: Time | None
    used_from: str
    revoked: Time | None


class TokenList(msgspec.Struct, frozen=True):
    """Tokens, the newest first."""

    tokens: list[TokenInfo]


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token to make."""

    name: _Name
    scopes: Annotated[
        list[Annotated[str, Meta(max_length=40)]],
        Meta(min_length=1, max_length=40, description="read, operate, admin, or one of them for an area: read:metrics"),
    ]
    lasts: Annotated[
        Annotated[float, Meta(gt=0, le=3650 * 86400)] | None, Meta(description="Seconds; null: without end.")
    ] = 90 * 86400.0


class MadeToken(msgspec.Struct, frozen=True):
    """A token that was made: the only time it is told."""

    token: str
    info: TokenInfo


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One thing somebody did."""

    id: int
    time: Time
    actor: str
    kind: str
    role: str
    address: str
    via: Annotated[str, Meta(description="By which login or token.")]
    action: str
    target: str
    before: Annotated[dict[str, Any] | None, Meta(description="What it was, without secrets; null: not there.")]
    after: dict[str, Any] | None


class AuditRecords(msgspec.Struct, frozen=True):
    """Records, the newest first."""

    records: list[AuditRecord]
