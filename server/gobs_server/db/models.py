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
