"""People, their logins, API tokens, and the record of what was done."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Adds four tables."""

    dependencies = [("gobs", "0001_node")]  # noqa: RUF012  Tortoise's own form
    initial = False
    operations = [  # noqa: RUF012  Tortoise's own form
        ops.CreateModel(
            name="Record",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("time", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ("actor", fields.CharField(max_length=200)),
                ("kind", fields.CharField(max_length=32)),
                ("role", fields.CharField(max_length=32)),
                ("address", fields.CharField(max_length=64)),
                ("via", fields.CharField(max_length=64)),
                ("action", fields.CharField(db_index=True, max_length=64)),
                ("target", fields.CharField(max_length=500)),
                ("before", fields.TextField(unique=False)),
                ("after", fields.TextField(unique=False)),
            ],
            options={"table": "audit", "app": "gobs", "pk_attr": "id", "table_description": "One thing somebody did."},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="User",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("name", fields.CharField(unique=True, max_length=200)),
                ("source", fields.CharField(max_length=32)),
                ("subject", fields.CharField(null=True, unique=True, max_length=500)),
                ("role", fields.CharField(max_length=32)),
                ("password", fields.TextField(null=True, unique=False)),
                ("disabled", fields.BooleanField(db_default=False)),
                ("created", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_login", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "person",
                "app": "gobs",
                "pk_attr": "id",
                "table_description": "Somebody who has an account, or came from a provider at least once.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("digest", fields.CharField(unique=True, max_length=64)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "gobs.User",
                        source_field="user_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="sessions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("how", fields.CharField(max_length=32)),
                ("created", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("seen", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("address", fields.TextField(unique=False)),
                ("agent", fields.TextField(unique=False)),
            ],
            options={
                "table": "login",
                "app": "gobs",
                "pk_attr": "id",
                "table_description": "One browser that has logged in.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Token",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("digest", fields.CharField(unique=True, max_length=64)),
                ("hint", fields.CharField(max_length=32)),
                ("name", fields.CharField(max_length=200)),
                ("scopes", fields.TextField(unique=False)),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "gobs.User",
                        source_field="owner_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tokens",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("made_by", fields.CharField(max_length=200)),
                ("created", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("used", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("used_from", fields.TextField(unique=False)),
                ("revoked", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "token", "app": "gobs", "pk_attr": "id", "table_description": "One API token."},
            bases=["Model"],
        ),
    ]
