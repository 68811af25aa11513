from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_exports")]

    operations = [
        migrations.AddField(model_name="export", name="narrowed_said", field=models.JSONField(default=list)),
        migrations.AddField(
            model_name="export", name="narrowed_to", field=models.CharField(blank=True, max_length=1000)
        ),
    ]
