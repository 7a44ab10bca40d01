"""Open rounds in the order of urgency, for the list of everything that is pending."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_initial")]

    operations = [
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["due_at", "id"],
                name="approval_open_by_due",
            ),
        ),
    ]
