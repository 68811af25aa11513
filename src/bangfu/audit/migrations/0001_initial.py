"""The record, and triggers that refuse what it must never suffer, whoever asks for it, on both databases.

Entries and links are never changed, deleted or emptied. A text may be deleted (an erasure) but not changed.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from bangfu.migrating.operations import CreateModels

# Table, and what is refused on it.
REFUSED = (
    ("audit_entry", ("UPDATE", "DELETE")),
    ("audit_link", ("UPDATE", "DELETE")),
    ("audit_entrytext", ("UPDATE",)),
)
MESSAGE = "the record of acts is only ever added to"


def protect(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(
            "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$"
        )
    for table, verbs in REFUSED:
        if editor.connection.vendor == "postgresql":
            editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE {' OR '.join(verbs)} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION audit_append_only()"
            )
            editor.execute(
                f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
            )
        else:
            for verb in verbs:
                editor.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
                )


def release(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for table, verbs in REFUSED:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
            editor.execute(f"DROP TRIGGER IF EXISTS {table}_not_emptied ON {table}")
        else:
            for verb in verbs:
                editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb.lower()}")
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP FUNCTION IF EXISTS audit_append_only()")


class Migration(migrations.Migration):
    replaces = [("audit", "0001_record"), ("audit", "0002_append_only")]

    initial = True

    dependencies = []

    tables = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("act", models.CharField(max_length=64)),
                ("outcome", models.CharField(choices=[("done", "已完成"), ("denied", "被拒绝")], max_length=8)),
                ("actor", models.CharField(max_length=64)),
                ("subject", models.CharField(blank=True, max_length=128)),
                ("place", models.BigIntegerField(null=True)),
                ("source", models.CharField(blank=True, max_length=64)),
                ("request", models.CharField(blank=True, max_length=32)),
                ("text_digest", models.CharField(blank=True, max_length=64)),
                ("witness", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["done", "denied"])), name="audit_entry_outcome_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("act", ""), _negated=True), name="audit_entry_act_named"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("actor", ""), _negated=True), name="audit_entry_actor_named"
                    ),
                ],
                "indexes": [
                    models.Index(fields=["subject", "at"], name="audit_entry_subject"),
                    models.Index(fields=["actor", "at"], name="audit_entry_actor"),
                    models.Index(fields=["place", "at"], name="audit_entry_place"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EntryText",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="text",
                        serialize=False,
                        to="audit.entry",
                    ),
                ),
                ("salt", models.CharField(max_length=32)),
                ("body", models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name="Waiting",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="audit.entry",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="link", to="audit.entry"
                    ),
                ),
            ],
        ),
    ]
    operations = [
        CreateModels(tables),
        migrations.RunPython(protect, release),
    ]
