"""What has failed is found without a look at what has not."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("releases", "0004_due_work_in_words")]

    operations = [
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                fields=["release"],
                condition=models.Q(
                    ("overrides__isnull", True), ("state__in", ["expired", "failed", "rejected"])
                ),
                name="activity_failed",
            ),
        ),
    ]
