"""Rows of lists have room on their page for what comes after them: a first run changes all of them, and would enter each in both indexes again.

PostgreSQL's alone. A row grows when it is first assessed, so that two fifths of a page are its first state. Without it the table is as large once
a run has changed its rows, and its indexes are larger.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def leave_room(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    _fill(editor, "SET (fillfactor = 40)")


def leave_none(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    _fill(editor, "RESET (fillfactor)")


def _fill(editor: BaseDatabaseSchemaEditor, how: str) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f"ALTER TABLE registry_listed {how}")


class Migration(migrations.Migration):
    dependencies = (("registry", "0001_initial"),)
    operations = (migrations.RunPython(leave_room, leave_none),)
