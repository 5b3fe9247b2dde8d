"""The tables of the database. Changed by adding a migration beside them, never by itself."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Node(Model):
    """A node that was heard of at least once."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=253, unique=True)
    first_seen = fields.DatetimeField()
    last_seen = fields.DatetimeField()
    agent_version = fields.TextField()
    boot_id = fields.TextField()

    class Meta:
        """Where it is kept."""

        table = "node"


class AgentJoin(Model):
    """A join token of one agent, and what it was exchanged for. Of either only a digest is kept."""

    id = fields.CharField(max_length=16, primary_key=True)
    token_hash = fields.CharField(max_length=64)
    node = fields.CharField(max_length=253, null=True)
    """The only node it is good for; unset: the one that comes first."""
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    joined_at = fields.DatetimeField(null=True)
    credential_hash = fields.CharField(max_length=64, null=True)
    used_at = fields.DatetimeField(null=True)
    """When a stream was last opened with it."""
    revoked_at = fields.DatetimeField(null=True)
    changed_at = fields.DatetimeField(db_index=True)
    """When anything but `used_at` last changed."""

    class Meta:
        """Where it is kept."""

        table = "agent_join"
