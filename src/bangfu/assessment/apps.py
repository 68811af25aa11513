from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class AssessmentConfig(AppConfig):
    name = "bangfu.assessment"
    verbose_name = "评估"

    def ready(self) -> None:
        post_migrate.connect(_tally, sender=self)
        from bangfu.assessment.services import counting  # noqa: PLC0415  # the models are made only now
        from bangfu.registry import listed  # noqa: PLC0415  # as above

        listed.FOLLOWING.append(counting.moved)


def _tally(using: str, apps: Any = apps, **_: Any) -> None:
    from bangfu.assessment.services import counting, tallying  # noqa: PLC0415  # as above

    # Not while the rooms are only half migrated, or in another database than ours.
    there = {"householdverdict", "listed", "policytally"} <= {model._meta.model_name for model in apps.get_models()}
    if using == "default" and there:
        tallying.tally_untallied()
        counting.count_uncounted()
