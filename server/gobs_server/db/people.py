"""The tables of those who may come in and of what they did. Changed by adding a migration, never by itself."""

from __future__ import annotations

from datetime import datetime

from tortoise import fields
from tortoise.models import Model


class User(Model):
    """Somebody who has an account, or came from a provider at least once."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=200, unique=True)
    source = fields.CharField(max_length=32)
    """local, settings, oidc."""
    subject = fields.CharField(max_length=500, unique=True, null=True)
    """The provider's name for who that is."""
    role = fields.CharField(max_length=32)
    password = fields.TextField(null=True)
    """Its argon2id hash; null: none lets in."""
    disabled = fields.BooleanField(db_default=False)
    created = fields.DatetimeField()
    last_login: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        """Where it is kept."""

        table = "person"


class Session(Model):
    """One browser that has logged in."""

    id = fields.IntField(primary_key=True)
    digest = fields.CharField(max_length=64, unique=True)
    """SHA-256 of what the browser shows."""
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField("gobs.User", related_name="sessions", db_index=True)
    user_id: int
    how = fields.CharField(max_length=32)
    """password, setup, oidc."""
    created = fields.DatetimeField()
    seen = fields.DatetimeField()
    expires = fields.DatetimeField()
    address = fields.TextField()
    agent = fields.TextField()

    class Meta:
        """Where it is kept."""

        table = "login"


class Token(Model):
    """One API token."""

    id = fields.IntField(primary_key=True)
    digest = fields.CharField(max_length=64, unique=True)
    """SHA-256 of the token."""
    hint = fields.CharField(max_length=32)
    """Its first characters, for people to tell it from others."""
    name = fields.CharField(max_length=200)
    scopes = fields.TextField()
    """With blanks between them."""
    owner: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "gobs.User", related_name="tokens", null=True, db_index=True
    )
    owner_id: int | None
    """Null: it stands for a program that nobody's leaving ends."""
    made_by = fields.CharField(max_length=200)
    created = fields.DatetimeField()
    expires: datetime | None = fields.DatetimeField(null=True)
    used: datetime | None = fields.DatetimeField(null=True)
    used_from = fields.TextField()
    revoked: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        """Where it is kept."""

        table = "token"


class Record(Model):
    """One thing somebody did."""

    id = fields.BigIntField(primary_key=True)
    time = fields.DatetimeField(db_index=True)
    actor = fields.CharField(max_length=200)
    kind = fields.CharField(max_length=32)
    role = fields.CharField(max_length=32)
    address = fields.CharField(max_length=64)
    via = fields.CharField(max_length=64)
    action = fields.CharField(max_length=64, db_index=True)
    target = fields.CharField(max_length=500)
    before = fields.TextField()
    """JSON without secrets; empty: it was not there."""
    after = fields.TextField()

    class Meta:
        """Where it is kept."""

        table = "audit"
