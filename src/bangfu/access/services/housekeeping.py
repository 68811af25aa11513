"""What has served its time is deleted: counts of failures after a day, sessions a quarter of a year after they could last be used."""

from datetime import datetime, timedelta

from django.db import transaction

from bangfu.access.models import KnownDevice, SentForm, Session
from bangfu.access.services.sessions import ABSOLUTE
from bangfu.access.services.throttle import forget_failures

SESSIONS_KEPT = timedelta(days=90)
# As long as the cookie lasts that a browser keeps.
DEVICES_KEPT = timedelta(days=365)
# Longer than any page stays open.
FORMS_KEPT = timedelta(days=7)


def sweep(at: datetime) -> int:
    """Delete what is due, and return how many rows. The record keeps its own entries of each sign-in."""
    with transaction.atomic():
        sessions = Session.objects.unscoped("swept by age, whoever they were")
        gone, _ = sessions.filter(started_at__lt=at - ABSOLUTE - SESSIONS_KEPT).delete()
        devices, _ = KnownDevice.objects.filter(first_at__lt=at - DEVICES_KEPT).delete()
        forms, _ = SentForm.objects.filter(at__lt=at - FORMS_KEPT).delete()
        return gone + devices + forms + forget_failures(at)
