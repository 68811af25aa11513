"""What lists say is due counts what was due before another policy took the place of one, as a household's own page does."""

from django.db import migrations

ANEW = """
    UPDATE registry_listed SET due = (
        SELECT coalesce(sum(v.due_low), 0) FROM assessment_policyverdict v
        WHERE v.until_id IS NULL AND v.household_id = registry_listed.household_id
    ) WHERE household_id IN (
        SELECT household_id FROM assessment_policyverdict WHERE until_id IS NULL AND verdict = 'excluded' AND due_low > 0
    )
"""


class Migration(migrations.Migration):
    dependencies = [("assessment", "0004_failure_in_words"), ("registry", "0002_room_in_lists")]

    operations = [migrations.RunSQL(ANEW, migrations.RunSQL.noop)]
