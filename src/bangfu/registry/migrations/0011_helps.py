import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_access"),
        ("registry", "0010_missing_papers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="assignment",
            name="household",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to="registry.household",
            ),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                fields=["household", "post", "held_from", "held_until", "undone"], name="registry_assignment_helps"
            ),
        ),
    ]
