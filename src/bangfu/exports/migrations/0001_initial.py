import django.db.models.deletion
from django.db import migrations, models

import bangfu.files.fields


class Migration(migrations.Migration):
    replaces = [("exports", "0001_exports"), ("exports", "0002_narrowing")]

    initial = True

    dependencies = [
        ("access", "0001_access"),
        ("places", "0001_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=16, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "待审批"),
                            ("due", "待生成"),
                            ("made", "可下载"),
                            ("refused", "未批准"),
                            ("lapsed", "过期未办"),
                            ("stopped", "已中止"),
                            ("removed", "文件已删除"),
                        ],
                        max_length=16,
                    ),
                ),
                ("layout", models.CharField(max_length=32)),
                ("as_of", models.DateField()),
                ("full_numbers", models.BooleanField()),
                ("reason", models.CharField(max_length=200)),
                ("asked_at", models.DateTimeField()),
                ("households", models.IntegerField()),
                ("persons", models.IntegerField()),
                ("needs_second", models.BooleanField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("refused_because", models.CharField(blank=True, max_length=200)),
                ("lasts_until", models.DateTimeField()),
                ("made_at", models.DateTimeField(null=True)),
                ("rows", models.JSONField(default=dict)),
                ("size", models.BigIntegerField(default=0)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("file", bangfu.files.fields.FileDigest(blank=True, max_length=64)),
                ("stopped_for", models.CharField(blank=True, max_length=32)),
                ("downloads", models.IntegerField(default=0)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.account"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.account"
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.place"),
                ),
                ("narrowed_said", models.JSONField(default=list)),
                ("narrowed_to", models.CharField(blank=True, max_length=1000)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["asked_by", "asked_at"], name="exports_export_asked"),
                    models.Index(
                        condition=models.Q(("state__in", ("asked", "due", "made"))),
                        fields=["lasts_until"],
                        name="exports_export_open",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["asked", "due", "made", "refused", "lapsed", "stopped", "removed"])
                        ),
                        name="exports_export_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="exports_export_reason_given"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by", None),
                            ("asked_by", None),
                            models.Q(("decided_by", models.F("asked_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="exports_export_decided_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("needs_second", False),
                            ("state__in", ("asked", "lapsed", "refused")),
                            ("decided_at__isnull", False),
                            _connector="OR",
                        ),
                        name="exports_export_second_has_decided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "made"), _negated=True),
                            models.Q(models.Q(("digest", ""), _negated=True), models.Q(("file", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="exports_export_made_has_file",
                    ),
                ],
            },
        ),
    ]
