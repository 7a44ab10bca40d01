"""A release keeps the tags that its product had when it was made.

Rows made before stay without: their newest versions in the history can't be changed, and must equal
them. `releases.facts.condition_facts` reads the product's history for them.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("releases", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="release",
            name="product_tags",
            field=models.TextField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="historicalrelease",
            name="product_tags",
            field=models.TextField(blank=True, null=True),
        ),
    ]
