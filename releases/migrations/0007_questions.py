"""Somebody who is asked can ask back; and what a product shipped last is found at once."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("releases", "0006_releases_under_way")]

    operations = [
        migrations.AddField(
            model_name="comment", name="question", field=models.BooleanField(default=False)
        ),
        migrations.AddIndex(
            model_name="release",
            index=models.Index(
                condition=models.Q(("state", "completed")),
                fields=["product", "-ended_at"],
                name="release_completed",
            ),
        ),
    ]
