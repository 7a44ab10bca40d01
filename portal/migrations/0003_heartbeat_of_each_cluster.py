"""A heartbeat for each cluster: two machines must not hide each other's silence."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal", "0002_tokens_history_and_bookkeeping")]

    operations = [
        migrations.AddField(
            model_name="heartbeat",
            name="host",
            field=models.CharField(blank=True, default="", max_length=255),
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="process",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="heartbeat",
            name="name",
            field=models.CharField(max_length=40),
        ),
        migrations.AddConstraint(
            model_name="heartbeat",
            constraint=models.UniqueConstraint(
                fields=("name", "host", "process"), name="one_heartbeat_per_cluster"
            ),
        ),
    ]
