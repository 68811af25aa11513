import django.db.models.deletion
from django.db import migrations, models

ALIKE = "place_id, kind, about, state, unsettled, post_id, due_on"


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_access"),
        ("casework", "0003_papers"),
        ("places", "0001_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=16)),
                ("about", models.CharField(blank=True, max_length=64)),
                ("state", models.CharField(max_length=16)),
                ("unsettled", models.BooleanField()),
                ("due_on", models.DateField()),
                ("number", models.IntegerField()),
                ("amount", models.BigIntegerField(null=True)),
                (
                    "place",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="places.place",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.post",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("place", "kind", "about", "state", "due_on", "post"), name="casework_tally_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("post", None)),
                        fields=("place", "kind", "about", "state", "due_on"),
                        name="casework_tally_of_nobody_once",
                    ),
                    models.CheckConstraint(condition=models.Q(("number__gt", 0)), name="casework_tally_of_some"),
                ],
            },
        ),
        migrations.RemoveIndex(model_name="task", name="casework_task_unsettled"),
        migrations.RemoveIndex(model_name="task", name="casework_task_placed"),
        migrations.RemoveIndex(model_name="task", name="casework_task_kind"),
        migrations.RemoveIndex(model_name="task", name="casework_task_owned"),
        migrations.AddIndex(model_name="task", index=models.Index(fields=["due_on", "id"], name="casework_task_due")),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["place", "state", "due_on"], name="casework_task_placed"),
        ),
        migrations.AddIndex(
            model_name="task", index=models.Index(fields=["kind", "about", "due_on"], name="casework_task_kind")
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("unsettled", True)), fields=["post", "due_on", "id"], name="casework_task_owned"
            ),
        ),
        migrations.RunSQL(
            f"INSERT INTO casework_tally ({ALIKE}, number, amount) SELECT {ALIKE}, count(*), sum(amount) "
            f"FROM casework_task WHERE place_id IS NOT NULL GROUP BY {ALIKE}",
            migrations.RunSQL.noop,
        ),
    ]
