import django.db.models.deletion
from django.db import migrations, models

from bangfu.migrating.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [("policies", "0001_policies"), ("policies", "0002_stopped")]

    initial = True

    dependencies = [
        ("access", "0001_access"),
        ("audit", "0001_initial"),
        ("places", "0001_places"),
        ("registry", "0001_initial"),
    ]

    tables = [
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("set", "调整"), ("withdraw", "撤回")], max_length=16)),
                ("parameter", models.CharField(max_length=64)),
                ("value", models.CharField(blank=True, max_length=64)),
                ("from_day", models.DateField(null=True)),
                ("until_day", models.DateField(null=True)),
                ("year", models.SmallIntegerField(null=True)),
                ("code", models.CharField(max_length=12)),
                ("source_zh", models.CharField(max_length=200)),
                ("source_en", models.CharField(max_length=200)),
                ("reason", models.CharField(max_length=200)),
                ("backdated", models.BooleanField()),
                ("proposed_at", models.DateTimeField()),
                ("taken_back_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("signed", models.BooleanField(null=True)),
                ("refused_because", models.CharField(max_length=200, null=True)),
                ("number", models.IntegerField(null=True, unique=True)),
                ("seen", models.CharField(max_length=64, null=True)),
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
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.account"
                    ),
                ),
                (
                    "withdraws",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawals",
                        to="policies.proposal",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["parameter"], name="policies_proposal_parameter")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["set", "withdraw"])), name="policies_proposal_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True), models.Q(("source_zh", ""), _negated=True)
                        ),
                        name="policies_proposal_grounds_given",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "set"), ("withdraws", None), models.Q(("value", ""), _negated=True)),
                            models.Q(("kind", "withdraw"), ("value", ""), ("withdraws__isnull", False)),
                            _connector="OR",
                        ),
                        name="policies_proposal_sets_or_withdraws",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by", None),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="policies_proposal_decided_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", None), ("signed", None)),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("signed__isnull", False),
                                ("taken_back_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="policies_proposal_decided_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("number__isnull", False),
                                ("refused_because", None),
                                ("seen__isnull", False),
                                ("signed", True),
                            ),
                            models.Q(
                                ("number", None), ("refused_because__isnull", False), ("seen", None), ("signed", False)
                            ),
                            models.Q(("number", None), ("refused_because", None), ("seen", None), ("signed", None)),
                            _connector="OR",
                        ),
                        name="policies_proposal_signed_is_numbered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("from_day", None),
                            ("until_day", None),
                            ("until_day__gte", models.F("from_day")),
                            _connector="OR",
                        ),
                        name="policies_proposal_days_in_order",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("signed", True)), fields=("withdraws",), name="policies_withdrawn_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Trial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "等待"),
                            ("running", "试算中"),
                            ("done", "完成"),
                            ("failed", "没有完成"),
                            ("stopped", "已停止"),
                        ],
                        max_length=16,
                    ),
                ),
                ("run", models.IntegerField()),
                ("as_of", models.DateField()),
                ("base", models.CharField(max_length=64)),
                ("asked_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("progress", models.JSONField(default=list)),
                ("failure", models.JSONField(default=list)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("summary", models.JSONField(default=dict)),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="trials", to="policies.proposal"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(("digest", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="policies_trial_done_has_digest",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "running", "done", "failed", "stopped"])),
                        name="policies_trial_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Effect",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "way",
                    models.CharField(
                        choices=[("gain", "得益"), ("lose", "受损"), ("other", "其他变化")], max_length=16
                    ),
                ),
                ("before", models.BigIntegerField()),
                ("after", models.BigIntegerField()),
                ("policies", models.JSONField()),
                ("others", models.JSONField()),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.household"
                    ),
                ),
                (
                    "trial",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="effects", to="policies.trial"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["trial", "way", "household"], name="policies_effect_listed")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("way__in", ["gain", "lose", "other"])), name="policies_effect_way_known"
                    ),
                    models.UniqueConstraint(fields=("trial", "household"), name="policies_effect_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reading", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.entry"
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.post"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["reading"], name="policies_answer_reading")],
            },
        ),
    ]
    operations = [
        CreateModels(tables),
    ]
