"""Triggers that refuse what the record must never suffer, whoever asks for it, on both databases.

Entries and links are never changed, deleted or emptied. A text may be deleted (an erasure) but not changed.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

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
    dependencies = (("audit", "0001_record"),)
    operations = (migrations.RunPython(protect, release),)
