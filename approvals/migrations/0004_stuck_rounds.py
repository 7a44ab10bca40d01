"""What is stuck is found without a look at what is open."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0003_open_rounds_by_due")]

    operations = [
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(
                fields=["scope"],
                condition=models.Q(("state", "open"), ("stuck", True)),
                name="approval_stuck",
            ),
        ),
    ]
