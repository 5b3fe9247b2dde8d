"""The tables of alerts. Each row is a record of the journal, as it stands there, beside what is searched by."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class AlertRecord(Model):
    """A rule, a silence or a channel, or which journals this database follows."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharField(max_length=16, db_index=True)
    body = fields.TextField()

    class Meta:
        """Where it is kept."""

        table = "alert_record"


class AlertRow(Model):
    """An alert, firing or over."""

    id = fields.UUIDField(primary_key=True)
    rule = fields.UUIDField()
    severity = fields.CharField(max_length=16)
    state = fields.CharField(max_length=16)
    node = fields.CharField(max_length=253)
    namespace = fields.CharField(max_length=253)
    pod = fields.CharField(max_length=500)
    fired = fields.DatetimeField()
    resolved = fields.DatetimeField(null=True)
    words = fields.TextField(null=True)
    """What it can be found by, in lower case; null: it was written before there was such a column."""
    body = fields.TextField()

    class Meta:
        """Where it is kept."""

        table = "alert"
        indexes = (("fired",), ("node", "fired"), ("rule", "fired"), ("pod", "fired"), ("state", "fired"))


class AlertChange(Model):
    """One step in an alert's life."""

    id = fields.UUIDField(primary_key=True)
    alert = fields.UUIDField(db_index=True)
    at = fields.DatetimeField(db_index=True)
    body = fields.TextField()

    class Meta:
        """Where it is kept."""

        table = "alert_change"


class AlertDelivery(Model):
    """One message and what became of it."""

    id = fields.UUIDField(primary_key=True)
    channel = fields.CharField(max_length=253)
    state = fields.CharField(max_length=16)
    made = fields.DatetimeField(db_index=True)
    body = fields.TextField()

    class Meta:
        """Where it is kept."""

        table = "alert_delivery"
