"""Recordings of stacks, and their profiles."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Two tables; nothing of what was there is touched."""

    dependencies = [("gobs", "0003_join")]  # noqa: RUF012  Tortoise's own form
    initial = False
    operations = [  # noqa: RUF012  as above
        ops.CreateModel(
            name="ProfileTask",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("node", fields.CharField(db_index=True, max_length=253)),
                ("kind", fields.CharField(max_length=16)),
                ("workload", fields.TextField()),
                ("container_id", fields.TextField()),
                ("pid", fields.BigIntField()),
                ("start", fields.CharField(max_length=32)),
                ("profiler", fields.CharField(max_length=63)),
                ("duration", fields.FloatField()),
                ("frequency", fields.IntField()),
                ("call_graph", fields.CharField(max_length=8)),
                ("by", fields.TextField()),
                ("namespace", fields.TextField()),
                ("pod", fields.TextField()),
                ("container", fields.TextField()),
                ("command", fields.TextField()),
                ("created", fields.FloatField(db_index=True)),
                ("state", fields.CharField(max_length=16)),
                ("reason", fields.TextField()),
                ("ended", fields.FloatField(null=True)),
                ("samples", fields.BigIntField(null=True)),
                ("lost", fields.BigIntField()),
                ("event", fields.CharField(max_length=64)),
                ("bytes", fields.BigIntField()),
                ("pinned", fields.BooleanField()),
                ("notes", fields.TextField()),
            ],
            options={"table": "profile_task", "app": "gobs", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ProfileData",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=48)),
                ("task_id", fields.CharField(db_index=True, max_length=40)),
                ("part", fields.IntField()),
                ("data", fields.BinaryField()),
            ],
            options={"table": "profile_data", "app": "gobs", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
