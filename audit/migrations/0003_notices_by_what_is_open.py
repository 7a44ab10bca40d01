"""Indexes by which notices are found from what is open, and a page at a time."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_notices")]

    operations = [
        migrations.RemoveIndex(model_name="notice", name="notice_unread"),
        migrations.RemoveIndex(model_name="notice", name="notice_about"),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                fields=["user", "id"],
                condition=models.Q(("read_at__isnull", True)),
                name="notice_unread_of_user",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                fields=["user", "host", "attempt", "id"],
                condition=models.Q(("needs_action", True)),
                name="notice_that_asks",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["host", "attempt", "id"], name="notice_about_attempt"),
        ),
    ]
