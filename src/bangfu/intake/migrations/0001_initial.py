import django.db.models.deletion
from django.db import migrations, models

import bangfu.files.fields
from bangfu.migrating.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [("intake", "0001_intake"), ("intake", "0002_comparing")]

    initial = True

    dependencies = [
        ("access", "0001_access"),
        ("places", "0001_places"),
    ]

    tables = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=200)),
                ("size", models.BigIntegerField()),
                ("kind", models.CharField(max_length=16)),
                ("as_of", models.DateField()),
                ("at", models.DateTimeField()),
                ("reason", models.CharField(max_length=500)),
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
                    models.UniqueConstraint(fields=("account", "digest", "kind", "as_of"), name="intake_upload_once"),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="intake_upload_not_empty"),
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="intake_upload_named"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("staged", "等待读取"),
                            ("previewed", "待确认"),
                            ("refused", "有错误"),
                            ("stale", "须重新预览"),
                            ("applying", "正在导入"),
                            ("comparing", "正在载入核对"),
                            ("applied", "已导入"),
                            ("withdrawn", "已撤回"),
                        ],
                        max_length=10,
                    ),
                ),
                ("said", models.JSONField(default=dict)),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="intake.upload"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "staged",
                                    "previewed",
                                    "refused",
                                    "stale",
                                    "applying",
                                    "comparing",
                                    "applied",
                                    "withdrawn",
                                ],
                            )
                        ),
                        name="intake_step_state_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Kept",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[("raw", "原件"), ("changes", "变动"), ("faults", "错误"), ("marked", "标红的工作簿")],
                        max_length=8,
                    ),
                ),
                ("sha256", bangfu.files.fields.FileDigest(max_length=64)),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="kept", to="intake.upload"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("upload", "what"), name="intake_kept_once")],
            },
        ),
    ]
    operations = [
        CreateModels(tables),
    ]
