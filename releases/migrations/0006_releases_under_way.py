"""Releases under way are found without a look at those that have ended."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("releases", "0005_failed_activities")]

    operations = [
        migrations.AddIndex(
            model_name="release",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["id"],
                name="release_under_way",
            ),
        ),
    ]
