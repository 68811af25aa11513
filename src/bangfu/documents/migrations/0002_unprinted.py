"""Households of a batch of which no paper could be made, with why."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("documents", "0001_papers"), ("registry", "0002_room_in_lists"))
    operations = (
        migrations.CreateModel(
            name="BatchUnprinted",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("why", models.JSONField()),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="unprinted", to="documents.batch"
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.household"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "household"), name="documents_batch_unprinted_once")
                ]
            },
        ),
    )
