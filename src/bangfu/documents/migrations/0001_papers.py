import django.db.models.deletion
from django.db import migrations, models

import bangfu.files.fields
from bangfu.migrating.operations import CreateModels


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_access"),
        ("audit", "0001_initial"),
        ("places", "0001_places"),
        ("registry", "0001_initial"),
    ]

    tables = [
        migrations.CreateModel(
            name="Issue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=40)),
                ("version", models.CharField(max_length=20)),
                ("format", models.CharField(max_length=8)),
                ("language", models.CharField(max_length=2)),
                ("day", models.DateField()),
                ("year", models.SmallIntegerField(null=True)),
                ("rulebook", models.CharField(max_length=40)),
                ("template", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("values", models.JSONField()),
                ("whole_numbers", models.BooleanField(default=False)),
                (
                    "entry",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.entry"),
                ),
                (
                    "household",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="registry.household",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.place"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", ""), _negated=True), models.Q(("digest", ""), _negated=True)
                        ),
                        name="documents_issue_says_what",
                    )
                ],
                "indexes": [models.Index(fields=["household", "-at"], name="documents_issue_of_household")],
            },
        ),
        migrations.CreateModel(
            name="Door",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sign", models.CharField(max_length=32, unique=True)),
                (
                    "household",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="door", to="registry.household"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=40)),
                ("format", models.CharField(max_length=8)),
                ("language", models.CharField(max_length=2)),
                ("day", models.DateField()),
                ("year", models.SmallIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "等待"),
                            ("going", "进行中"),
                            ("done", "完成"),
                            ("stopped", "已停止"),
                            ("failed", "没有完成"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("wanted", models.IntegerField()),
                ("done", models.IntegerField(default=0)),
                ("why", models.JSONField(default=list)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.account"
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.place"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "going", "done", "stopped", "failed"])),
                        name="documents_batch_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("done__gte", 0), ("done__lte", models.F("wanted"))),
                        name="documents_batch_done_fits",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BatchPaper",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("file", bangfu.files.fields.FileDigest(max_length=64)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="papers", to="documents.batch"
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.household"
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="documents.issue"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "household"), name="documents_batch_paper_once")
                ],
            },
        ),
    ]
    operations = [
        CreateModels(tables),
    ]
