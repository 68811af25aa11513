"""Lists show which tasks were settled for less money than is asked for now."""

from django.db import migrations, models

# What whoever decided last had before them: of the verdict that their step names. A verdict that is not there counts as no money, so that somebody looks.
DECIDED = """
    UPDATE casework_task SET decided_amount = (
        SELECT CASE
            WHEN casework_task.kind = 'missing' THEN CASE WHEN v.due_low > v.received THEN v.due_low - v.received ELSE 0 END
            WHEN v.received > coalesce(v.due_high, 0) THEN v.received - coalesce(v.due_high, 0)
            ELSE 0
        END
        FROM casework_taskstep s JOIN assessment_policyverdict v ON v.id = s.verdict
        WHERE s.task_id = casework_task.id AND s.what NOT IN ('assign', 'postpone')
        ORDER BY s.id DESC LIMIT 1
    ) WHERE kind IN ('missing', 'unexplained') AND NOT unsettled
"""
GROWN = "NOT unsettled AND stands AND coalesce(amount, 0) > coalesce(decided_amount, 0)"
# Counted anew where there are any; everywhere else the tallies say already that there are none.
THERE = f"place_id IN (SELECT place_id FROM casework_task WHERE {GROWN})"
COUNTED = (
    f"DELETE FROM casework_tally WHERE {THERE}",
    f"""
    INSERT INTO casework_tally (place_id, kind, about, state, unsettled, grown, post_id, due_on, number, amount)
    SELECT place_id, kind, about, state, unsettled, {GROWN}, post_id, due_on, count(*), sum(amount)
    FROM casework_task WHERE {THERE} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    """,
)


class Migration(migrations.Migration):
    dependencies = [("assessment", "0005_due_before_excluded"), ("casework", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="tally", name="casework_tally_once"),
        migrations.RemoveConstraint(model_name="tally", name="casework_tally_of_nobody_once"),
        migrations.AddField(
            model_name="tally", name="grown", field=models.BooleanField(default=False), preserve_default=False
        ),
        migrations.AddField(model_name="task", name="decided_amount", field=models.BigIntegerField(null=True)),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.UniqueConstraint(
                fields=("place", "kind", "about", "state", "grown", "due_on", "post"), name="casework_tally_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.UniqueConstraint(
                condition=models.Q(("post", None)),
                fields=("place", "kind", "about", "state", "grown", "due_on"),
                name="casework_tally_of_nobody_once",
            ),
        ),
        migrations.RunSQL(DECIDED, migrations.RunSQL.noop),
        # Last: PostgreSQL changes no table of which rows wait for their references to be looked at.
        migrations.RunSQL(COUNTED, migrations.RunSQL.noop),
    ]
