"""The indexes of changes have names, so that a first run can take them away and make them after its rows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assessment", "0002_policy_tally"),
        ("registry", "0002_room_in_lists"),
    ]

    operations = [
        migrations.AlterField(
            model_name="change",
            name="household",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.household",
            ),
        ),
        migrations.AlterField(
            model_name="change",
            name="run",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="assessment.run",
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["run"], name="assessment_change_run"),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["household"], name="assessment_change_household"),
        ),
    ]
