from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assessment", "0003_publication"),
        ("registry", "0011_helps"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="policyverdict",
            index=models.Index(
                condition=models.Q(("until", None), ("verdict", "entitled")),
                fields=["policy_id", "household"],
                name="assessment_policy_entitled",
            ),
        ),
    ]
