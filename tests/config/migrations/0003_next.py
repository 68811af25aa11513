"""What is done to a table that has rows: a column of another kind (SQLite makes the table anew), a new one, and what is put there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("registry", "0002_room_in_lists"),)
    operations = (
        migrations.AlterField("act", "source", models.CharField(blank=True, max_length=300)),
        migrations.AddField("act", "office", models.CharField(max_length=64, default="")),
        migrations.RunSQL("UPDATE registry_act SET office = '乡镇'", migrations.RunSQL.noop),
        migrations.AddIndex("act", models.Index(fields=["office"], name="registry_act_office")),
    )
