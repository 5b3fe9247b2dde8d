"""The nodes ever heard of."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """The first."""

    initial = True
    operations = [  # noqa: RUF012  Tortoise's own form
        ops.CreateModel(
            name="Node",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("name", fields.CharField(unique=True, max_length=253)),
                ("first_seen", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_seen", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("agent_version", fields.TextField(unique=False)),
                ("boot_id", fields.TextField(unique=False)),
            ],
            options={
                "table": "node",
                "app": "gobs",
                "pk_attr": "id",
                "table_description": "A node that was heard of at least once.",
            },
            bases=["Model"],
        ),
    ]
