"""A file that somebody of the office handed in, saw, and agreed to: `python -m tests.cli.uploads REGISTER.zip` leaves it to the server's jobs, and tells which upload it is."""

import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import django


def main(path: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bangfu.config.settings"
    django.setup()
    from django.conf import settings  # noqa: PLC0415  # not before Django is set up

    from bangfu.access.data import Actor, Grant  # noqa: PLC0415
    from bangfu.access.policy import actor_of  # noqa: PLC0415
    from bangfu.access.roles import roles  # noqa: PLC0415
    from bangfu.access.services.people import Person, add_account  # noqa: PLC0415
    from bangfu.access.services.posts import NewPost, hand_over, open_post  # noqa: PLC0415
    from bangfu.audit.data import By  # noqa: PLC0415
    from bangfu.intake.data import NewUpload  # noqa: PLC0415
    from bangfu.intake.selectors import of_job  # noqa: PLC0415
    from bangfu.intake.services import take_in  # noqa: PLC0415
    from bangfu.kernel.clock import office_day  # noqa: PLC0415
    from bangfu.places.models import UnitKind  # noqa: PLC0415
    from bangfu.places.selectors import places_directly_in  # noqa: PLC0415
    from bangfu.places.services import found_unit  # noqa: PLC0415
    from bangfu.privacy.keys import load_ring  # noqa: PLC0415
    from bangfu.registry.imports import staged  # noqa: PLC0415
    from bangfu.registry.tasks import apply_upload  # noqa: PLC0415

    at = datetime.now(UTC)  # noqa: TID251
    by = By("system:tests", at, load_ring(settings.KEY_RING_FILE), "测试")
    everywhere = tuple(place.id for place in places_directly_in(None))
    every = Grant(0, "admin", roles()["admin"].permissions, frozenset(everywhere))
    founder = Actor(office_day(at), system="tests", grants=(every,), second_factor=True, confirmed=True)
    account, _ = add_account(by, founder, Person("officer", "人officer", "13800000000", everywhere[0]))
    new = NewPost("officer", "岗officer", found_unit(by, "区扶贫办", UnitKind.OFFICE), date(2014, 1, 1), everywhere, ())
    hand_over(by, founder, open_post(by, founder, new), account, date(2014, 1, 1))
    actor = actor_of(account, at, second_factor=True, confirmed=True)
    with path.open("rb") as file:
        upload, _ = take_in(by, actor, NewUpload("register", path.name, date(2017, 12, 31)), file)
    staged.read(by, account, upload)
    agreed = of_job(upload).said["digest"]
    staged.ask_to_apply(by, actor, upload, agreed, lambda: apply_upload.enqueue(account, upload))
    print(upload)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
