"""Join tokens of agents, and their credentials."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """One table; nothing of what was there is touched."""

    dependencies = [("gobs", "0002_access")]  # noqa: RUF012  Tortoise's own form
    initial = False
    operations = [  # noqa: RUF012  as above
        ops.CreateModel(
            name="AgentJoin",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=16)),
                ("token_hash", fields.CharField(max_length=64)),
                ("node", fields.CharField(null=True, max_length=253)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("joined_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("credential_hash", fields.CharField(null=True, max_length=64)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("changed_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "agent_join", "app": "gobs", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
