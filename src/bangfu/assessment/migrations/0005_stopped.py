from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assessment", "0004_entitled"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="run", name="assessment_run_state_known"),
        migrations.AlterField(
            model_name="run",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "等待"),
                    ("running", "进行中"),
                    ("done", "完成"),
                    ("failed", "没有完成"),
                    ("stopped", "已停止"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "running", "done", "failed", "stopped"])),
                name="assessment_run_state_known",
            ),
        ),
    ]
