"""Due work is called so, one or many."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0003_snoozes"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="duework",
            options={"verbose_name_plural": "due work"},
        ),
    ]
