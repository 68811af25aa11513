"""Lists that ask for money received without a reason found yet have what came beyond what is due, as tasks do."""

from django.db import migrations

ANEW = """
    UPDATE registry_listed SET unexplained_policies = (
        SELECT count(*) FROM assessment_policyverdict v
        WHERE v.until_id IS NULL AND v.household_id = registry_listed.household_id AND v.reconciliation IN ('over', 'unexplained')
    ) WHERE household_id IN (
        SELECT household_id FROM assessment_policyverdict WHERE until_id IS NULL AND reconciliation = 'over'
    )
"""


class Migration(migrations.Migration):
    dependencies = [("assessment", "0005_due_before_excluded")]

    operations = [migrations.RunSQL(ANEW, migrations.RunSQL.noop)]
