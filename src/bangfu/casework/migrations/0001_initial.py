import django.db.models.deletion
from django.db import migrations, models

from bangfu.migrating.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("casework", "0001_casework"),
        ("casework", "0002_task_place"),
        ("casework", "0003_papers"),
        ("casework", "0004_tally"),
    ]

    initial = True

    dependencies = [
        ("access", "0001_access"),
        ("audit", "0001_initial"),
        ("places", "0001_places"),
        ("registry", "0001_initial"),
    ]

    tables = [
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=16)),
                ("about", models.CharField(blank=True, max_length=64)),
                ("year", models.SmallIntegerField(default=0)),
                ("whom", models.BigIntegerField(default=0)),
                ("severity", models.CharField(blank=True, max_length=16)),
                ("found_at", models.DateTimeField()),
                ("verdict", models.BigIntegerField()),
                ("amount", models.BigIntegerField(null=True)),
                ("stands", models.BooleanField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "待核实"),
                            ("reopened", "重新待核实"),
                            ("error", "确认有误"),
                            ("cleared", "核实无误"),
                            ("done", "已整改"),
                            ("gone", "疑点消失"),
                        ],
                        max_length=16,
                    ),
                ),
                ("unsettled", models.BooleanField()),
                ("due_on", models.DateField()),
                (
                    "household",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.household",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.person",
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
                (
                    "place",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="places.place",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["due_on", "id"], name="casework_task_due"),
                    models.Index(fields=["place", "state", "due_on"], name="casework_task_placed"),
                    models.Index(fields=["kind", "about", "due_on"], name="casework_task_kind"),
                    models.Index(
                        condition=models.Q(("unsettled", True)),
                        fields=["post", "due_on", "id"],
                        name="casework_task_owned",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "reopened", "error", "cleared", "done", "gone"])),
                        name="casework_task_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("open", "reopened", "error")), ("unsettled", True)),
                            models.Q(("state__in", ("cleared", "done", "gone")), ("unsettled", False)),
                            _connector="OR",
                        ),
                        name="casework_task_unsettled_by_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("person", None), ("whom", 0)), ("person", models.F("whom")), _connector="OR"
                        ),
                        name="casework_task_whom_is_its_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stands", True), models.Q(("state", "open"), _negated=True), _connector="OR"
                        ),
                        name="casework_task_question_is_asked",
                    ),
                    models.UniqueConstraint(
                        fields=("household", "kind", "about", "year", "whom"), name="casework_task_once_for_good"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["finding", "income", "missing", "papers", "unexplained", "unknown"])
                        ),
                        name="casework_task_kind_known",
                    ),
                ],
            },
        ),
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
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.place"
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
        migrations.CreateModel(
            name="TaskStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("confirm", "确认有误"),
                            ("clear", "核实无误"),
                            ("finish", "整改办结"),
                            ("reopen", "重新打开"),
                            ("assign", "安排责任人"),
                            ("postpone", "调整期限"),
                            ("vanish", "评估不再提出"),
                            ("return", "评估再次提出"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "待核实"),
                            ("reopened", "重新待核实"),
                            ("error", "确认有误"),
                            ("cleared", "核实无误"),
                            ("done", "已整改"),
                            ("gone", "疑点消失"),
                        ],
                        max_length=16,
                    ),
                ),
                ("due_on", models.DateField()),
                ("verdict", models.BigIntegerField()),
                (
                    "proof",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("text", "说明"),
                            ("paper", "档案资料"),
                            ("act", "新的登记"),
                            ("verdict", "评估结论"),
                            ("dossier", "档案资料已齐"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "act",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.act",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.entry"
                    ),
                ),
                (
                    "paper",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.evidence",
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
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="casework.task"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="casework_step_at")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "what__in",
                                ["confirm", "clear", "finish", "reopen", "assign", "postpone", "vanish", "return"],
                            )
                        ),
                        name="casework_step_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "reopened", "error", "cleared", "done", "gone"])),
                        name="casework_step_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("cleared", "done", "gone")), ("proof", ""), _connector="OR"),
                        name="casework_step_proof_only_where_it_closes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("cleared", "done", "gone")), _negated=True),
                            models.Q(("proof", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="casework_step_closes_with_proof",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("paper__isnull", False), ("proof", "paper")),
                            models.Q(models.Q(("proof", "paper"), _negated=True), ("paper", None)),
                            _connector="OR",
                        ),
                        name="casework_step_names_its_paper",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("act__isnull", False), ("proof", "act")),
                            models.Q(models.Q(("proof", "act"), _negated=True), ("act", None)),
                            _connector="OR",
                        ),
                        name="casework_step_names_its_act",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("proof__in", ["", "text", "paper", "act", "verdict", "dossier"])),
                        name="casework_step_proof_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Round",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=50)),
                ("due_on", models.DateField()),
                ("opened_at", models.DateTimeField()),
                (
                    "closed",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.entry"
                    ),
                ),
                (
                    "opened",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.entry"
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
                        condition=models.Q(("title", ""), _negated=True), name="casework_round_titled"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("signed", "待审核"), ("accepted", "审核通过"), ("returned", "已退回")], max_length=16
                    ),
                ),
                ("signed_at", models.DateTimeField()),
                ("figures", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.account"
                    ),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.entry"
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.entry"
                    ),
                ),
                (
                    "of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="submissions", to="casework.round"
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.place"),
                ),
                (
                    "post",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.post"),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.account"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["signed", "accepted", "returned"])),
                        name="casework_submission_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by", None),
                            models.Q(("decided_by", models.F("signed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="casework_nobody_reviews_their_own",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at", None), ("decided_by", None), ("decision", None), ("state", "signed")
                            ),
                            models.Q(
                                ("state__in", ("accepted", "returned")),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("decision__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="casework_submission_decided_as_a_whole",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("signed", "accepted"))),
                        fields=("of", "place"),
                        name="casework_one_signature_stands",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Rectification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=50)),
                ("baseline", models.DateField()),
                ("starts", models.DateField()),
                ("ends", models.DateField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.entry"
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
                        condition=models.Q(("title", ""), _negated=True), name="casework_rectification_titled"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("baseline__lt", models.F("starts")), ("starts__lte", models.F("ends"))),
                        name="casework_rectification_days_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DayFigures",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("entry_questions", models.IntegerField()),
                ("entry_errors", models.IntegerField()),
                ("exit_questions", models.IntegerField()),
                ("exit_errors", models.IntegerField()),
                ("funds_questions", models.IntegerField()),
                ("funds_errors", models.IntegerField()),
                ("households", models.IntegerField()),
                ("exact", models.IntegerField()),
                ("asked", models.IntegerField(null=True)),
                ("agreed", models.IntegerField(null=True)),
                ("satisfied", models.IntegerField(null=True)),
                (
                    "of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="days", to="casework.rectification"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("of", "day"), name="casework_figures_once_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(("exact__lte", models.F("households"))), name="casework_exact_are_households"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sweep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("change", models.BigIntegerField()),
                ("made", models.IntegerField()),
                ("closed", models.IntegerField()),
                ("returned", models.IntegerField()),
                ("run", models.BigIntegerField(null=True)),
            ],
        ),
    ]
    operations = [
        CreateModels(tables),
    ]
