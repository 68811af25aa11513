"""What has served its time goes; what may still be of use stays."""

from datetime import timedelta

import pytest

from bangfu.access.models import KnownDevice, Session, Throttle
from bangfu.access.services.housekeeping import DEVICES_KEPT, SESSIONS_KEPT, sweep
from bangfu.access.services.sessions import ABSOLUTE
from tests.access.test_sign_in import GOOD, enter, give_password, refusal
from tests.organisation import NOW, founded

SECOND = timedelta(seconds=1)


@pytest.mark.django_db
def test_each_thing_goes_the_moment_after_its_time_and_not_before() -> None:
    org = founded()
    give_password(org, "village")
    enter(org)
    with refusal("SIGN_IN_FAILED"):
        enter(org, password=GOOD + "x")
    left = []
    for after in (timedelta(days=1), ABSOLUTE + SESSIONS_KEPT, DEVICES_KEPT):
        for moment in (after, after + SECOND):
            sweep(NOW + moment)
            rows = (Throttle.objects, Session.objects.unscoped("test"), KnownDevice.objects)
            left.append(tuple(table.exists() for table in rows))
    assert left == [
        (True, True, True),
        (False, True, True),
        (False, True, True),
        (False, False, True),
        (False, False, True),
        (False, False, False),
    ]
