import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import bangfu.files.fields
from bangfu.migrating.operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("registry", "0001_record"),
        ("registry", "0002_append_only"),
        ("registry", "0003_payments"),
        ("registry", "0004_dossier"),
        ("registry", "0005_stated"),
        ("registry", "0006_touched"),
        ("registry", "0007_erased_papers_older_houses"),
        ("registry", "0008_booked_lines"),
        ("registry", "0009_listed"),
        ("registry", "0010_missing_papers"),
        ("registry", "0011_helps"),
    ]

    initial = True

    dependencies = [
        ("access", "0001_access"),
        ("audit", "0001_initial"),
        ("places", "0001_places"),
        ("privacy", "0001_sealed_numbers"),
    ]

    tables = [
        migrations.CreateModel(
            name="Household",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=32, unique=True)),
                (
                    "place",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.place"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number", ""), _negated=True), name="registry_household_numbered"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=32, unique=True)),
                (
                    "household",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="persons",
                        to="registry.household",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("number", ""), _negated=True), name="registry_person_numbered"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.entry"
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.household"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.person"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Act",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "how",
                    models.CharField(
                        choices=[("edit", "登记"), ("import", "导入"), ("procedure", "办理"), ("undo", "撤销")],
                        max_length=16,
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=200)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.entry"
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="registry.act",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("how__in", ["edit", "import", "procedure", "undo"])),
                        name="registry_act_how_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("how", "undo"), ("undoes__isnull", False)),
                            models.Q(models.Q(("how", "undo"), _negated=True), ("undoes", None)),
                            _connector="OR",
                        ),
                        name="registry_act_undo_names_act",
                    ),
                ],
                "indexes": [models.Index(fields=["at"], name="registry_act_at")],
            },
        ),
        migrations.CreateModel(
            name="Touched",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("assessed", models.BooleanField(default=False)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "household",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.household",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("assessed", False)), fields=["household"], name="registry_touched_stale"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("household", "act"), name="registry_touched_once")],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.SmallIntegerField()),
                ("amount", models.BigIntegerField()),
                ("withdrawn", models.BooleanField(default=False)),
                ("stands", models.BooleanField()),
                ("policy", models.CharField(max_length=64)),
                ("paid_on", models.DateField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.receipt",
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="registry.household"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="registry.person",
                    ),
                ),
                ("of_file", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0), ("amount__lte", 9999999999)),
                        name="registry_receipt_amount_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("year__gte", 1990), ("year__lte", 2100)), name="registry_receipt_year_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("withdrawn", False), ("stands", False), _connector="OR"),
                        name="registry_receipt_withdrawn_is_gone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("withdrawn", False), models.Q(("amount", 0), ("corrects__isnull", False)), _connector="OR"
                        ),
                        name="registry_receipt_withdraws_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("policy", ""), _negated=True), name="registry_receipt_policy_named"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("stands", True)),
                        fields=["household", "year"],
                        name="registry_receipt_standing",
                    ),
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_receipt_corrs",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LedgerLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.SmallIntegerField()),
                ("amount", models.BigIntegerField()),
                ("withdrawn", models.BooleanField(default=False)),
                ("stands", models.BooleanField()),
                ("item", models.CharField(max_length=32)),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.ledgerline",
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)ss", to="registry.household"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="registry.person",
                    ),
                ),
                (
                    "receipt",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="booked",
                        to="registry.receipt",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0), ("amount__lte", 9999999999)),
                        name="registry_ledgerline_amount_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("year__gte", 1990), ("year__lte", 2100)),
                        name="registry_ledgerline_year_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("withdrawn", False), ("stands", False), _connector="OR"),
                        name="registry_ledgerline_withdrawn_is_gone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("withdrawn", False), models.Q(("amount", 0), ("corrects__isnull", False)), _connector="OR"
                        ),
                        name="registry_ledgerline_withdraws_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "item__in",
                                [
                                    "wage_local",
                                    "wage_away",
                                    "wage_post",
                                    "crop",
                                    "livestock",
                                    "other_business",
                                    "rent",
                                    "interest",
                                    "dividend",
                                    "expropriation",
                                    "other_property",
                                    "pension",
                                    "retirement",
                                    "dibao_pay",
                                    "wubao_pay",
                                    "education_subsidy",
                                    "family_planning",
                                    "disability_subsidy",
                                    "elderly_allowance",
                                    "ecological",
                                    "agricultural",
                                    "relief",
                                    "support",
                                    "remittance",
                                    "donation",
                                    "other_transfer",
                                    "land_loss_insurance",
                                    "inputs",
                                    "living",
                                    "depreciation",
                                    "tax_and_fees",
                                    "other_expense",
                                    "education_cost",
                                    "education_aid",
                                    "medical_cost",
                                    "medical_reimbursed",
                                    "medical_supplementary",
                                    "medical_waived",
                                    "medical_aid_paid",
                                ],
                            )
                        ),
                        name="registry_ledgerline_item_known",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("stands", True)),
                        fields=["household", "year"],
                        name="registry_ledgerline_standing",
                    ),
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_ledgerline_corrs",
                    ),
                    models.Index(
                        condition=models.Q(("receipt__isnull", False)),
                        fields=["receipt"],
                        name="registry_ledgerline_booked",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("policy", models.CharField(max_length=64)),
                ("paid_on", models.DateField()),
                ("amount", models.BigIntegerField()),
                ("occurrence", models.SmallIntegerField()),
                ("reference", models.CharField(blank=True, max_length=100)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="registry.household"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="registry.person",
                    ),
                ),
                (
                    "receipt",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payment", to="registry.receipt"
                    ),
                ),
                (
                    "undone",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="registry_payment_is_money"),
                    models.CheckConstraint(condition=models.Q(("occurrence__gte", 1)), name="registry_payment_counted"),
                    models.UniqueConstraint(
                        condition=models.Q(("undone", None)),
                        fields=("person", "policy", "paid_on", "amount", "occurrence"),
                        name="registry_payment_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("undone", None), models.Q(("reference", ""), _negated=True)),
                        fields=("person", "policy", "paid_on", "amount", "reference"),
                        name="registry_payment_reference_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("lines", models.IntegerField()),
                ("total", models.BigIntegerField()),
                ("booked_lines", models.IntegerField()),
                ("booked_total", models.BigIntegerField()),
                ("known_lines", models.IntegerField()),
                ("known_total", models.BigIntegerField()),
                ("aside_lines", models.IntegerField()),
                ("aside_total", models.BigIntegerField()),
                (
                    "act",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "lines",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("booked_lines"), "+", models.F("known_lines")
                                    ),
                                    "+",
                                    models.F("aside_lines"),
                                ),
                            ),
                            (
                                "total",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("booked_total"), "+", models.F("known_total")
                                    ),
                                    "+",
                                    models.F("aside_total"),
                                ),
                            ),
                        ),
                        name="registry_paymentlist_adds_up",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentAside",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.IntegerField()),
                ("amount", models.BigIntegerField()),
                ("reason", models.CharField(max_length=200)),
                (
                    "of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="aside", to="registry.paymentlist"
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="registry_paymentaside_has_reason"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.SmallIntegerField()),
                ("settled_on", models.DateField()),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="settlements", to="registry.household"
                    ),
                ),
                (
                    "reopened",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.account"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("reopened", None)),
                        fields=("household", "year"),
                        name="registry_settled_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("held_from", models.DateField()),
                ("held_until", models.DateField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.act",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assignments", to="access.post"
                    ),
                ),
                (
                    "undone",
                    models.ForeignKey(
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="registry.household",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("held_until", None), ("held_until__gt", models.F("held_from")), _connector="OR"
                        ),
                        name="registry_assignment_days_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_by", None), ("held_until", None)),
                            models.Q(("ended_by__isnull", False), ("held_until__isnull", False)),
                            _connector="OR",
                        ),
                        name="registry_assignment_end_has_its_act",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("held_until", None), ("undone", None)),
                        fields=("household", "post"),
                        name="registry_assignment_once",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_by__isnull", False)),
                        fields=["ended_by"],
                        name="registry_assignment_ended",
                    ),
                    models.Index(
                        condition=models.Q(("undone__isnull", False)),
                        fields=["undone"],
                        name="registry_assignment_undone",
                    ),
                    models.Index(
                        fields=["household", "post", "held_from", "held_until", "undone"],
                        name="registry_assignment_helps",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=64)),
                ("title", models.CharField(blank=True, max_length=100)),
                ("kept_from", models.DateField()),
                ("issued_on", models.DateField(null=True)),
                ("expires_on", models.DateField(null=True)),
                ("pages", models.SmallIntegerField(null=True)),
                ("stands", models.BooleanField()),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.account"
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="registry.household",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="registry.person",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("household", None), ("person__isnull", False)),
                            models.Q(("household__isnull", False), ("person", None)),
                            _connector="OR",
                        ),
                        name="registry_evidence_of_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind", ""), _negated=True), name="registry_evidence_kind_named"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("issued_on", None),
                            ("expires_on", None),
                            ("expires_on__gte", models.F("issued_on")),
                            _connector="OR",
                        ),
                        name="registry_evidence_days_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pages", None), ("pages__gte", 1), _connector="OR"),
                        name="registry_evidence_pages_fit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EvidenceFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.SmallIntegerField()),
                ("file", bangfu.files.fields.FileDigest(blank=True, max_length=64)),
                (
                    "media",
                    models.CharField(
                        choices=[
                            ("image/jpeg", "image/jpeg"),
                            ("image/png", "image/png"),
                            ("application/pdf", "application/pdf"),
                        ],
                        max_length=16,
                    ),
                ),
                ("size", models.BigIntegerField()),
                ("pages", models.SmallIntegerField()),
                (
                    "evidence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="registry.evidence"
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("evidence", "position"), name="registry_evidencefile_in_order"),
                    models.CheckConstraint(
                        condition=models.Q(("media__in", ["image/jpeg", "image/png", "application/pdf"])),
                        name="registry_evidencefile_media_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EvidenceCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "result",
                    models.CharField(
                        choices=[("right", "准确"), ("wrong", "不准确"), ("withdrawn", "已撤下")], max_length=16
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=200)),
                ("checked_on", models.DateField()),
                ("stands", models.BooleanField()),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "checked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.account"
                    ),
                ),
                (
                    "evidence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="checks", to="registry.evidence"
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("result__in", ["right", "wrong", "withdrawn"])),
                        name="registry_evidencecheck_result_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("result", "right"), models.Q(("why", ""), _negated=True), _connector="OR"),
                        name="registry_evidencecheck_says_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(choices=[("national", "全国系统"), ("printed", "打印件")], max_length=16)),
                ("form", models.CharField(max_length=64)),
                ("said_on", models.DateField()),
                ("name", models.CharField(blank=True, max_length=200)),
                ("digest", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.entry"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("origin__in", ["national", "printed"])),
                        name="registry_statement_origin_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Stated",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.CharField(blank=True, max_length=32)),
                ("values", models.JSONField(null=True)),
                ("number_index", models.CharField(blank=True, max_length=64)),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stated", to="registry.household"
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stated", to="registry.statement"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("statement", "household", "person"), name="registry_stated_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Asset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="assets", to="registry.household"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Production",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="productions", to="registry.household"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Kin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="kins", to="registry.household"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Need",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="needs", to="registry.household"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Phone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="phones", to="registry.household"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ResidenceVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("dissolved", models.BooleanField(null=True)),
                ("hamlet", models.CharField(max_length=100, null=True)),
                ("address", models.CharField(max_length=100, null=True)),
                ("road_km", models.BigIntegerField(null=True)),
                ("road_kind", models.CharField(max_length=32, null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.residenceversion",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.place"),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="residence_versions",
                        to="registry.household",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("thing",),
                        name="registry_residence_one_current",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_residence_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_residence_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_residence_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hamlet", ""), _negated=True), name="registry_residence_hamlet_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("address", ""), _negated=True), name="registry_residence_address_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("road_km__gte", 0), ("road_km__lte", 999999999)),
                        name="registry_residence_road_km_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("road_kind__in", ["earth", "gravel", "concrete", "asphalt"])),
                        name="registry_residence_road_kind_fits",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_residence_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RegistrationVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("status", models.CharField(max_length=32)),
                ("category", models.CharField(max_length=32, null=True)),
                ("registered_on", models.DateField(null=True)),
                ("exited_on", models.DateField(null=True)),
                ("planned_exit_year", models.SmallIntegerField(null=True)),
                ("main_cause", models.CharField(max_length=32, null=True)),
                ("other_causes", models.CharField(max_length=100, null=True)),
                ("standard", models.CharField(max_length=32, null=True)),
                ("plan", models.TextField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.registrationversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="registration_versions",
                        to="registry.household",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("thing",),
                        name="registry_registration_one_current",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_registration_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_registration_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_registration_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["none", "poor", "exited", "exited_no_policy", "relapsed"])),
                        name="registry_registration_status_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("category__in", ["general", "dibao", "wubao"])),
                        name="registry_registration_category_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("planned_exit_year__gte", 1990), ("planned_exit_year__lte", 2100)),
                        name="registry_registration_planned_exit_year_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "main_cause__in",
                                [
                                    "illness",
                                    "disability",
                                    "schooling",
                                    "disaster",
                                    "land",
                                    "water",
                                    "skills",
                                    "labour",
                                    "funds",
                                    "transport",
                                    "motivation",
                                    "marriage",
                                    "bereavement",
                                    "other",
                                ],
                            )
                        ),
                        name="registry_registration_main_cause_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("other_causes", ""), _negated=True),
                        name="registry_registration_other_causes_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("standard__in", ["national", "provincial", "municipal"])),
                        name="registry_registration_standard_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("plan", ""), _negated=True), name="registry_registration_plan_fits"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_registration_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DailyLifeVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("food_secure", models.BooleanField(null=True)),
                ("clothing_secure", models.BooleanField(null=True)),
                ("water_safe", models.BooleanField(null=True)),
                ("power", models.BooleanField(null=True)),
                ("broadcasting", models.BooleanField(null=True)),
                ("toilet", models.BooleanField(null=True)),
                ("fuel", models.CharField(max_length=32, null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.dailylifeversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="daily_life_versions",
                        to="registry.household",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("thing",),
                        name="registry_daily_life_one_current",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_daily_life_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_daily_life_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_daily_life_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fuel__in", ["wood", "dung", "coal", "clean", "other"])),
                        name="registry_daily_life_fuel_fits",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_daily_life_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HousingVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("house_owned", models.BooleanField(null=True)),
                ("dangerous_house", models.BooleanField(null=True)),
                ("house_grade", models.CharField(max_length=32, null=True)),
                ("house_grade_before", models.CharField(max_length=32, null=True)),
                ("resettled", models.BooleanField(null=True)),
                ("house_area", models.BigIntegerField(null=True)),
                ("house_structure", models.CharField(max_length=32, null=True)),
                ("built_year", models.SmallIntegerField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.housingversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="housing_versions",
                        to="registry.household",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("thing",), name="registry_housing_one_current"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_housing_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_housing_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_housing_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("house_grade__in", ["A", "B", "C", "D"])),
                        name="registry_housing_house_grade_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("house_grade_before__in", ["A", "B", "C", "D"])),
                        name="registry_housing_house_grade_before_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("house_area__gte", 0), ("house_area__lte", 999999999)),
                        name="registry_housing_house_area_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("house_structure__in", ["concrete", "brick_concrete", "brick_wood", "earth", "other"])
                        ),
                        name="registry_housing_house_structure_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("built_year__gte", 1900), ("built_year__lte", 2100)),
                        name="registry_housing_built_year_fits",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_housing_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LandVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("cultivated_mu", models.BigIntegerField(null=True)),
                ("forest_mu", models.BigIntegerField(null=True)),
                ("irrigated_mu", models.BigIntegerField(null=True)),
                ("orchard_mu", models.BigIntegerField(null=True)),
                ("returned_mu", models.BigIntegerField(null=True)),
                ("grass_mu", models.BigIntegerField(null=True)),
                ("water_mu", models.BigIntegerField(null=True)),
                ("cooperative", models.BooleanField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.landversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="land_versions",
                        to="registry.household",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("thing",), name="registry_land_one_current"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_land_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_land_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_land_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cultivated_mu__gte", 0), ("cultivated_mu__lte", 999999999)),
                        name="registry_land_cultivated_mu_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("forest_mu__gte", 0), ("forest_mu__lte", 999999999)),
                        name="registry_land_forest_mu_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("irrigated_mu__gte", 0), ("irrigated_mu__lte", 999999999)),
                        name="registry_land_irrigated_mu_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("orchard_mu__gte", 0), ("orchard_mu__lte", 999999999)),
                        name="registry_land_orchard_mu_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("returned_mu__gte", 0), ("returned_mu__lte", 999999999)),
                        name="registry_land_returned_mu_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("grass_mu__gte", 0), ("grass_mu__lte", 999999999)),
                        name="registry_land_grass_mu_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("water_mu__gte", 0), ("water_mu__lte", 999999999)),
                        name="registry_land_water_mu_fits",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)), fields=["corrects"], name="registry_land_corrs"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MembershipVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("relation", models.CharField(max_length=32, null=True)),
                ("left_on", models.DateField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.membershipversion",
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="registry.household"
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="membership_versions",
                        to="registry.person",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("thing",),
                        name="registry_membership_one_current",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_membership_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_membership_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_membership_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "relation__in",
                                [
                                    "head",
                                    "spouse",
                                    "son",
                                    "daughter",
                                    "daughter_in_law",
                                    "son_in_law",
                                    "grandson",
                                    "granddaughter",
                                    "maternal_grandson",
                                    "maternal_granddaughter",
                                    "father",
                                    "mother",
                                    "wifes_father",
                                    "wifes_mother",
                                    "husbands_father",
                                    "husbands_mother",
                                    "grandfather",
                                    "grandmother",
                                    "maternal_grandfather",
                                    "maternal_grandmother",
                                    "sibling",
                                    "brothers_wife",
                                    "uncle",
                                    "nephew",
                                    "niece",
                                    "great_grandson",
                                    "great_granddaughter",
                                    "other",
                                ],
                            )
                        ),
                        name="registry_membership_relation_fits",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_membership_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="IdentityVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("name", models.CharField(max_length=100, null=True)),
                ("sex", models.CharField(max_length=32, null=True)),
                ("birth_date", models.DateField(null=True)),
                ("died_on", models.DateField(null=True)),
                ("ethnicity", models.CharField(max_length=100, null=True)),
                ("party", models.CharField(max_length=100, null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.identityversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identity_versions",
                        to="registry.person",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("thing",),
                        name="registry_identity_one_current",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_identity_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_identity_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_identity_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="registry_identity_name_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sex__in", ["1", "2"])), name="registry_identity_sex_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ethnicity", ""), _negated=True), name="registry_identity_ethnicity_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("party", ""), _negated=True), name="registry_identity_party_fits"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_identity_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PapersVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("id_kind", models.CharField(max_length=32, null=True)),
                ("id_valid", models.BooleanField(null=True)),
                ("id_birth_date", models.DateField(null=True)),
                ("id_sex", models.CharField(max_length=32, null=True)),
                ("id_category", models.CharField(max_length=32, null=True)),
                ("id_grade", models.CharField(max_length=32, null=True)),
                ("id_placeholder", models.BooleanField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.papersversion",
                    ),
                ),
                (
                    "id_number",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="privacy.sealednumber",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers_versions",
                        to="registry.person",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("thing",), name="registry_papers_one_current"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_papers_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_papers_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_papers_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("id_kind__in", ["resident", "disability_card", "other"])),
                        name="registry_papers_id_kind_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("id_sex__in", ["1", "2"])), name="registry_papers_id_sex_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("id_category__in", ["1", "2", "3", "4", "5", "6", "7"])),
                        name="registry_papers_id_category_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("id_grade__in", ["1", "2", "3", "4"])), name="registry_papers_id_grade_fits"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_papers_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SchoolingVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("schooling", models.CharField(max_length=32, null=True)),
                ("schooling_spring", models.CharField(max_length=32, null=True)),
                ("inclusive_kindergarten", models.BooleanField(null=True)),
                ("boarding", models.BooleanField(null=True)),
                ("tuition", models.BigIntegerField(null=True)),
                ("dropout_reason", models.CharField(max_length=32, null=True)),
                ("education", models.CharField(max_length=32, null=True)),
                ("school", models.CharField(max_length=100, null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.schoolingversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schooling_versions",
                        to="registry.person",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("thing",),
                        name="registry_schooling_one_current",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_schooling_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_schooling_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_schooling_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "schooling__in",
                                [
                                    "none",
                                    "kindergarten",
                                    "primary",
                                    "junior",
                                    "senior",
                                    "vocational_secondary",
                                    "vocational_higher",
                                    "undergraduate",
                                    "postgraduate",
                                ],
                            )
                        ),
                        name="registry_schooling_schooling_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "schooling_spring__in",
                                [
                                    "none",
                                    "kindergarten",
                                    "primary",
                                    "junior",
                                    "senior",
                                    "vocational_secondary",
                                    "vocational_higher",
                                    "undergraduate",
                                    "postgraduate",
                                ],
                            )
                        ),
                        name="registry_schooling_schooling_spring_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tuition__gte", 0), ("tuition__lte", 9999999999)),
                        name="registry_schooling_tuition_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("dropout_reason__in", ["poverty", "illness", "disability", "unwilling", "other"])
                        ),
                        name="registry_schooling_dropout_reason_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("education__in", ["illiterate", "primary", "junior", "senior", "college", "university"])
                        ),
                        name="registry_schooling_education_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("school", ""), _negated=True), name="registry_schooling_school_fits"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_schooling_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HealthVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("chronic_illness", models.BooleanField(null=True)),
                ("serious_illness", models.BooleanField(null=True)),
                ("medical_aid", models.BooleanField(null=True)),
                ("illness", models.CharField(max_length=100, null=True)),
                ("incapacitated", models.BooleanField(null=True)),
                ("incapacitated_from", models.DateField(null=True)),
                ("incapacitated_until", models.DateField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.healthversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="health_versions",
                        to="registry.person",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("thing",), name="registry_health_one_current"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_health_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_health_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_health_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("illness", ""), _negated=True), name="registry_health_illness_fits"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_health_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DisabilityVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("disability_certificate", models.BooleanField(null=True)),
                ("disability_from", models.DateField(null=True)),
                ("disability_until", models.DateField(null=True)),
                ("disability_category", models.CharField(max_length=32, null=True)),
                ("disability_grade", models.CharField(max_length=32, null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.disabilityversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disability_versions",
                        to="registry.person",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("thing",),
                        name="registry_disability_one_current",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_disability_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_disability_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_disability_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("disability_category__in", ["1", "2", "3", "4", "5", "6", "7"])),
                        name="registry_disability_disability_category_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("disability_grade__in", ["1", "2", "3", "4"])),
                        name="registry_disability_disability_grade_fits",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_disability_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("labour", models.CharField(max_length=32, null=True)),
                ("work_months", models.SmallIntegerField(null=True)),
                ("starts_business", models.BooleanField(null=True)),
                ("wants_work", models.BooleanField(null=True)),
                ("graduate_seeking_work", models.BooleanField(null=True)),
                ("work_place", models.CharField(max_length=100, null=True)),
                ("occupation", models.CharField(max_length=100, null=True)),
                ("skills", models.TextField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.workversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="work_versions", to="registry.person"
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("thing",), name="registry_work_one_current"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_work_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_work_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_work_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("labour__in", ["ordinary", "skilled", "weak", "lost", "none"])),
                        name="registry_work_labour_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("work_months__gte", 0), ("work_months__lte", 12)),
                        name="registry_work_work_months_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("work_place", ""), _negated=True), name="registry_work_work_place_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("occupation", ""), _negated=True), name="registry_work_occupation_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("skills", ""), _negated=True), name="registry_work_skills_fits"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)), fields=["corrects"], name="registry_work_corrs"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InsuranceVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("basic_medical_insured", models.BooleanField(null=True)),
                ("serious_illness_insured", models.BooleanField(null=True)),
                ("pension_insured", models.BooleanField(null=True)),
                ("supplementary_insured", models.BooleanField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.insuranceversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="insurance_versions",
                        to="registry.person",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("thing",),
                        name="registry_insurance_one_current",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_insurance_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_insurance_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_insurance_corrects_another",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_insurance_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WelfareVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("dibao_member", models.BooleanField(null=True)),
                ("dibao_monthly", models.BigIntegerField(null=True)),
                ("dibao_from", models.DateField(null=True)),
                ("dibao_until", models.DateField(null=True)),
                ("wubao_care", models.CharField(max_length=32, null=True)),
                ("wubao_from", models.DateField(null=True)),
                ("wubao_until", models.DateField(null=True)),
                ("orphan_care", models.CharField(max_length=32, null=True)),
                ("orphan_from", models.DateField(null=True)),
                ("orphan_until", models.DateField(null=True)),
                ("child_in_hardship", models.BooleanField(null=True)),
                ("hardship_from", models.DateField(null=True)),
                ("hardship_until", models.DateField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.welfareversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="welfare_versions",
                        to="registry.person",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("thing",), name="registry_welfare_one_current"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_welfare_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_welfare_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_welfare_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("dibao_monthly__gte", 0), ("dibao_monthly__lte", 9999999999)),
                        name="registry_welfare_dibao_monthly_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("wubao_care__in", ["none", "central", "dispersed"])),
                        name="registry_welfare_wubao_care_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("orphan_care__in", ["none", "institution", "community"])),
                        name="registry_welfare_orphan_care_fits",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_welfare_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AssetVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("kind", models.CharField(max_length=32)),
                ("name", models.CharField(max_length=100)),
                ("quantity", models.BigIntegerField(null=True)),
                ("unit", models.CharField(max_length=100, null=True)),
                ("value", models.BigIntegerField(null=True)),
                ("gone", models.BooleanField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.assetversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="asset_versions", to="registry.asset"
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("thing",), name="registry_asset_one_current"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_asset_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_asset_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_asset_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["livestock", "tool", "furniture", "vehicle", "other"])),
                        name="registry_asset_kind_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="registry_asset_name_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 0), ("quantity__lte", 999999999)),
                        name="registry_asset_quantity_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit", ""), _negated=True), name="registry_asset_unit_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value__gte", 0), ("value__lte", 9999999999)),
                        name="registry_asset_value_fits",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_asset_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductionVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("trade", models.CharField(max_length=32)),
                ("what", models.CharField(max_length=100, null=True)),
                ("scale", models.BigIntegerField(null=True)),
                ("unit", models.CharField(max_length=100, null=True)),
                ("yearly_gain", models.BigIntegerField(null=True)),
                ("gone", models.BooleanField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.productionversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="production_versions",
                        to="registry.production",
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("thing",),
                        name="registry_production_one_current",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_production_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_production_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_production_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "trade__in",
                                ["crop", "livestock", "fishing", "work", "business", "welfare", "family", "other"],
                            )
                        ),
                        name="registry_production_trade_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("what", ""), _negated=True), name="registry_production_what_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scale__gte", 0), ("scale__lte", 999999999)),
                        name="registry_production_scale_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit", ""), _negated=True), name="registry_production_unit_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("yearly_gain__gte", 0), ("yearly_gain__lte", 9999999999)),
                        name="registry_production_yearly_gain_fits",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_production_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="KinVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("bond", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=100)),
                ("phone", models.CharField(max_length=20, null=True)),
                ("lives_at", models.CharField(max_length=100, null=True)),
                ("note", models.TextField(null=True)),
                ("gone", models.BooleanField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.kinversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="kin_versions", to="registry.kin"
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("thing",), name="registry_kin_one_current"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_kin_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_kin_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_kin_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("bond", ""), _negated=True), name="registry_kin_bond_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="registry_kin_name_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("phone", ""), _negated=True), name="registry_kin_phone_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lives_at", ""), _negated=True), name="registry_kin_lives_at_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("note", ""), _negated=True), name="registry_kin_note_fits"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)), fields=["corrects"], name="registry_kin_corrs"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NeedVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("kind", models.CharField(max_length=32)),
                ("text", models.TextField()),
                ("raised_on", models.DateField(null=True)),
                ("gone", models.BooleanField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.needversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="need_versions", to="registry.need"
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("thing",), name="registry_need_one_current"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_need_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_need_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_need_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["need", "wish", "plan", "expectation"])),
                        name="registry_need_kind_fits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="registry_need_text_fits"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)), fields=["corrects"], name="registry_need_corrs"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PhoneVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField()),
                ("stands", models.BooleanField()),
                ("is_current", models.BooleanField()),
                ("number", models.CharField(max_length=20)),
                ("whose", models.CharField(max_length=100, null=True)),
                ("gone", models.BooleanField(null=True)),
                (
                    "act",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.act"),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="registry.phoneversion",
                    ),
                ),
                (
                    "thing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="phone_versions", to="registry.phone"
                    ),
                ),
                (
                    "erased",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.erasure",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)), fields=("thing",), name="registry_phone_one_current"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stands", True)),
                        fields=("thing", "valid_from"),
                        name="registry_phone_one_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_current", False), ("stands", True), _connector="OR"),
                        name="registry_phone_current_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects", None), models.Q(("corrects", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="registry_phone_corrects_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number", ""), _negated=True), name="registry_phone_number_fits"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("whose", ""), _negated=True), name="registry_phone_whose_fits"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("corrects__isnull", False)),
                        fields=["corrects"],
                        name="registry_phone_corrs",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Listed",
            fields=[
                (
                    "household",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="listed",
                        serialize=False,
                        to="registry.household",
                    ),
                ),
                ("number", models.CharField(max_length=32)),
                ("head", models.CharField(blank=True, max_length=100)),
                ("members", models.SmallIntegerField()),
                ("status", models.CharField(blank=True, max_length=32)),
                ("category", models.CharField(blank=True, max_length=32)),
                ("cause", models.CharField(blank=True, max_length=32)),
                ("assessed", models.BooleanField(db_default=False)),
                ("net_income", models.BigIntegerField(null=True)),
                ("net_income_per_capita", models.BigIntegerField(null=True)),
                ("below_line", models.BooleanField(null=True)),
                ("meets_entry", models.BooleanField(null=True)),
                ("meets_exit", models.BooleanField(null=True)),
                ("food", models.BooleanField(null=True)),
                ("clothing", models.BooleanField(null=True)),
                ("education", models.BooleanField(null=True)),
                ("medical", models.BooleanField(null=True)),
                ("housing", models.BooleanField(null=True)),
                ("water", models.BooleanField(null=True)),
                ("missing_amount", models.BigIntegerField(null=True)),
                ("due", models.BigIntegerField(db_default=0)),
                ("received", models.BigIntegerField(db_default=0)),
                ("due_policies", models.SmallIntegerField(db_default=0)),
                ("paid_policies", models.SmallIntegerField(db_default=0)),
                ("missing_policies", models.SmallIntegerField(db_default=0)),
                ("unexplained_policies", models.SmallIntegerField(db_default=0)),
                ("unknown_policies", models.SmallIntegerField(db_default=0)),
                ("asking_policies", models.SmallIntegerField(db_default=0)),
                ("errors", models.SmallIntegerField(db_default=0)),
                ("warnings", models.SmallIntegerField(db_default=0)),
                ("clues", models.SmallIntegerField(db_default=0)),
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
                ("missing_papers", models.SmallIntegerField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["place", "number"], name="registry_listed_in_order")],
            },
        ),
        migrations.CreateModel(
            name="NamePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("part", models.CharField(max_length=32)),
                (
                    "household",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registry.household"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["part", "household"],
                        name="registry_namepart_begins",
                        opclasses=["varchar_pattern_ops", "int8_ops"],
                    )
                ],
            },
        ),
    ]
    operations = [
        CreateModels(tables),
    ]
