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


class ProfileTask(Model):
    """A recording of stacks that was asked for. Times are seconds since 1970."""

    id = fields.CharField(max_length=40, primary_key=True)
    node = fields.CharField(max_length=253, db_index=True)
    kind = fields.CharField(max_length=16)
    workload = fields.TextField()
    container_id = fields.TextField()
    pid = fields.BigIntField()
    start = fields.CharField(max_length=32)
    profiler = fields.CharField(max_length=63)
    duration = fields.FloatField()
    frequency = fields.IntField()
    call_graph = fields.CharField(max_length=8)
    by = fields.TextField()
    namespace = fields.TextField()
    pod = fields.TextField()
    container = fields.TextField()
    command = fields.TextField()
    created = fields.FloatField(db_index=True)
    state = fields.CharField(max_length=16)
    reason = fields.TextField()
    ended = fields.FloatField(null=True)
    samples = fields.BigIntField(null=True)
    lost = fields.BigIntField()
    event = fields.CharField(max_length=64)
    bytes = fields.BigIntField()
    pinned = fields.BooleanField()
    notes = fields.TextField()
    """A JSON list."""

    class Meta:
        """Where it is kept."""

        table = "profile_task"


class ProfileData(Model):
    """A piece of a profile, compressed."""

    id = fields.CharField(max_length=48, primary_key=True)
    task_id = fields.CharField(max_length=40, db_index=True)
    part = fields.IntField()
    data = fields.BinaryField()

    class Meta:
        """Where it is kept."""

        table = "profile_data"
