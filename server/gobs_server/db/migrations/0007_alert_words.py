"""What an alert is searched by: the words it shows."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Adds a column."""

    dependencies = [("gobs", "0006_alerts")]  # noqa: RUF012  Tortoise's own form
    initial = False
    operations = [  # noqa: RUF012  as above
        ops.AddField(model_name="AlertRow", name="words", field=fields.TextField(null=True, unique=False)),
    ]
