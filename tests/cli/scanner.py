"""Somebody who puts a scan into a dossier: `python -m tests.cli.scanner`; tells its digest."""

import os
from datetime import UTC, datetime

import django


def add() -> str:
    from django.conf import settings  # noqa: PLC0415  # not before Django is set up

    from bangfu.access.models import Account  # noqa: PLC0415
    from bangfu.access.policy import actor_of  # noqa: PLC0415
    from bangfu.audit.data import By  # noqa: PLC0415
    from bangfu.privacy.keys import load_ring  # noqa: PLC0415
    from bangfu.registry.models import EvidenceFile, Household  # noqa: PLC0415
    from bangfu.registry.services.dossiers import NewPaper, add_paper  # noqa: PLC0415
    from tests.files import hostile  # noqa: PLC0415

    now = datetime.now(UTC)  # noqa: TID251
    account = Account.objects.unscoped("test").get(login="officer").pk
    actor = actor_of(account, now, second_factor=True, confirmed=True)
    household = Household.objects.unscoped("test").order_by("pk")[0].pk
    by = By(f"account:{account}", now, load_ring(settings.KEY_RING_FILE))
    paper = NewPaper("hukou_booklet", [hostile.jpeg(), hostile.pdf()], actor.day)
    made = add_paper(by, actor, household, paper)
    files = EvidenceFile.objects.unscoped("test").filter(evidence=made)
    return " ".join(files.order_by("position").values_list("file", flat=True))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "bangfu.config.settings"
    django.setup()
    print(add())
