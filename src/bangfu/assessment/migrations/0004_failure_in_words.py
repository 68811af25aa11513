"""What a run failed of is kept in words: its code says nothing to who looks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessment", "0003_change_indexes")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="failure_words",
            field=models.JSONField(default=list),
        ),
    ]
