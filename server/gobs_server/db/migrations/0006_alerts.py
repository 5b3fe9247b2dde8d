"""Rules, silences, channels, alerts, their steps, and what was told of them."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Adds four tables."""

    dependencies = [("gobs", "0005_profile")]  # noqa: RUF012  Tortoise's own form
    initial = False
    operations = [  # noqa: RUF012  as above
        ops.CreateModel(
            name="AlertChange",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("alert", fields.UUIDField(db_index=True)),
                ("at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ("body", fields.TextField(unique=False)),
            ],
            options={
                "table": "alert_change",
                "app": "gobs",
                "pk_attr": "id",
                "table_description": "One step in an alert's life.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AlertDelivery",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("channel", fields.CharField(max_length=253)),
                ("state", fields.CharField(max_length=16)),
                ("made", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ("body", fields.TextField(unique=False)),
            ],
            options={
                "table": "alert_delivery",
                "app": "gobs",
                "pk_attr": "id",
                "table_description": "One message and what became of it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AlertRecord",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("kind", fields.CharField(db_index=True, max_length=16)),
                ("body", fields.TextField(unique=False)),
            ],
            options={
                "table": "alert_record",
                "app": "gobs",
                "pk_attr": "id",
                "table_description": "A rule, a silence or a channel, or which journals this database follows.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AlertRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("rule", fields.UUIDField()),
                ("severity", fields.CharField(max_length=16)),
                ("state", fields.CharField(max_length=16)),
                ("node", fields.CharField(max_length=253)),
                ("namespace", fields.CharField(max_length=253)),
                ("pod", fields.CharField(max_length=500)),
                ("fired", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("resolved", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("body", fields.TextField(unique=False)),
            ],
            options={
                "table": "alert",
                "app": "gobs",
                "indexes": [
                    Index(fields=["fired"]),
                    Index(fields=["node", "fired"]),
                    Index(fields=["rule", "fired"]),
                    Index(fields=["pod", "fired"]),
                    Index(fields=["state", "fired"]),
                ],
                "pk_attr": "id",
                "table_description": "An alert, firing or over.",
            },
            bases=["Model"],
        ),
    ]
