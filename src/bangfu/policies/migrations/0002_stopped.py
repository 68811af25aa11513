from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0001_policies"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="trial",
            name="policies_trial_state_known",
        ),
        migrations.AlterField(
            model_name="trial",
            name="state",
            field=models.CharField(
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
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "running", "done", "failed", "stopped"])),
                name="policies_trial_state_known",
            ),
        ),
    ]
