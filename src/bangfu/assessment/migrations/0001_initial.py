import django.db.models.deletion
from django.db import migrations, models

from bangfu.migrating.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("assessment", "0001_verdicts"),
        ("assessment", "0002_found_by_policy"),
        ("assessment", "0003_publication"),
        ("assessment", "0004_entitled"),
        ("assessment", "0005_stopped"),
    ]

    initial = True

    dependencies = [
        ("audit", "0001_initial"),
        ("registry", "0001_initial"),
    ]

    tables = [
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "等待"),
                            ("running", "进行中"),
                            ("done", "完成"),
                            ("failed", "没有完成"),
                            ("stopped", "已停止"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("night", "每夜"),
                            ("asked", "手动"),
                            ("many_edits", "改动较多"),
                            ("publication", "发布参数"),
                        ],
                        max_length=16,
                    ),
                ),
                ("as_of", models.DateField()),
                ("asked_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "step",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("read", "读取在册资料"),
                            ("snapshot", "写出快照"),
                            ("judge", "评估"),
                            ("store", "存入结论"),
                        ],
                        max_length=16,
                    ),
                ),
                ("failure", models.CharField(blank=True, max_length=64)),
                ("income_year", models.SmallIntegerField(null=True)),
                ("book_version", models.CharField(blank=True, max_length=64)),
                ("book", models.CharField(blank=True, max_length=64)),
                ("snapshot", models.CharField(blank=True, max_length=64)),
                ("results", models.CharField(blank=True, max_length=64)),
                ("households", models.IntegerField(null=True)),
                ("persons", models.IntegerField(null=True)),
                ("changed", models.IntegerField(null=True)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.entry"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("occasion", "night")), fields=("as_of",), name="assessment_one_night_a_day"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")), fields=("state",), name="assessment_one_run_at_a_time"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")), fields=("state",), name="assessment_one_run_waiting"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("occasion__in", ["night", "asked", "many_edits", "publication"])),
                        name="assessment_run_occasion_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "running", "done", "failed", "stopped"])),
                        name="assessment_run_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("correction", models.BooleanField()),
                ("causes", models.CharField(max_length=64)),
                (
                    "act",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.act",
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.household",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="assessment.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HouseholdVerdict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("members", models.IntegerField(null=True)),
                ("wage", models.BigIntegerField(null=True)),
                ("business", models.BigIntegerField(null=True)),
                ("property", models.BigIntegerField(null=True)),
                ("transfer", models.BigIntegerField(null=True)),
                ("pension", models.BigIntegerField(null=True)),
                ("land_loss", models.BigIntegerField(null=True)),
                ("business_expense", models.BigIntegerField(null=True)),
                ("net_income", models.BigIntegerField(null=True)),
                ("net_income_per_capita", models.BigIntegerField(null=True)),
                ("poverty_line", models.BigIntegerField(null=True)),
                ("below_line", models.BooleanField(null=True)),
                ("food", models.BooleanField(null=True)),
                ("clothing", models.BooleanField(null=True)),
                ("education", models.BooleanField(null=True)),
                ("medical", models.BooleanField(null=True)),
                ("housing", models.BooleanField(null=True)),
                ("water", models.BooleanField(null=True)),
                ("meets_entry", models.BooleanField(null=True)),
                ("meets_exit", models.BooleanField(null=True)),
                ("rigid_education", models.BigIntegerField(null=True)),
                ("rigid_medical", models.BigIntegerField(null=True)),
                ("entitled_annual", models.BigIntegerField(null=True)),
                ("entitled_once", models.BigIntegerField(null=True)),
                ("missing_amount", models.BigIntegerField(null=True)),
                (
                    "household",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.household",
                    ),
                ),
                (
                    "since",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assessment.change",
                    ),
                ),
                (
                    "until",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assessment.change",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("until__isnull", False)),
                        fields=["household"],
                        name="assessment_household_ended",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)), fields=("household",), name="assessment_household_stands"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyVerdict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("policy_id", models.CharField(max_length=64, null=True)),
                ("verdict", models.CharField(max_length=64, null=True)),
                ("annual_amount", models.BigIntegerField(null=True)),
                ("once_amount", models.BigIntegerField(null=True)),
                ("due_low", models.BigIntegerField(null=True)),
                ("due_high", models.BigIntegerField(null=True)),
                ("received", models.BigIntegerField(null=True)),
                ("reconciliation", models.CharField(max_length=64, null=True)),
                ("why", models.TextField(null=True)),
                (
                    "household",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.household",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.person",
                    ),
                ),
                (
                    "since",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assessment.change",
                    ),
                ),
                (
                    "until",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assessment.change",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("until__isnull", False)),
                        fields=["household"],
                        name="assessment_policy_ended",
                    ),
                    models.Index(
                        condition=models.Q(("until", None), ("reconciliation__isnull", False)),
                        fields=["policy_id", "reconciliation", "household", "due_low", "received"],
                        name="assessment_policy_money",
                    ),
                    models.Index(
                        condition=models.Q(("until", None), ("verdict", "unknown")),
                        fields=["policy_id", "household"],
                        name="assessment_policy_unknown",
                    ),
                    models.Index(
                        condition=models.Q(("until", None), ("verdict", "entitled")),
                        fields=["policy_id", "household"],
                        name="assessment_policy_entitled",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)),
                        fields=("household", "policy_id", "person"),
                        name="assessment_policy_stands",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("until", None), ("person", None)),
                        fields=("household", "policy_id"),
                        name="assessment_policy_of_all_stands",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("check_id", models.CharField(max_length=64, null=True)),
                ("severity", models.CharField(max_length=64, null=True)),
                ("message", models.TextField(null=True)),
                (
                    "household",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.household",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.person",
                    ),
                ),
                (
                    "since",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assessment.change",
                    ),
                ),
                (
                    "until",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="assessment.change",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("until", None)), fields=["household"], name="assessment_finding_stands"
                    ),
                    models.Index(
                        condition=models.Q(("until__isnull", False)),
                        fields=["household"],
                        name="assessment_finding_ended",
                    ),
                ],
            },
        ),
    ]
    operations = [
        CreateModels(tables),
    ]
