import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0001_casework"),
        ("places", "0001_places"),
        ("registry", "0009_listed"),
    ]

    operations = [
        migrations.AddField(
            model_name="task",
            name="place",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="places.place",
            ),
        ),
        migrations.RunSQL(
            "UPDATE casework_task SET place_id = (SELECT h.place_id FROM registry_household h WHERE h.id = household_id)",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveIndex(model_name="task", name="casework_task_kind"),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                fields=["place", "state", "unsettled", "due_on", "amount", "kind", "about", "post", "household"],
                name="casework_task_placed",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                fields=["kind", "place", "state", "unsettled", "about", "due_on", "amount", "post", "household"],
                name="casework_task_kind",
            ),
        ),
    ]
