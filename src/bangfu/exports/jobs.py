"""Exports made in the background, one after the other."""

from django.conf import settings
from django.utils import timezone
from django_tasks import task

from bangfu.audit.data import By
from bangfu.exports.services.making import make
from bangfu.privacy.keys import load_ring


@task
def make_export(export: int) -> None:
    """Safe to be done twice: the first file counts."""
    make(By("system:exports", timezone.now(), load_ring(settings.KEY_RING_FILE)), export)


def enqueue(export: int) -> None:
    """Have it made soon. In the transaction that lets it be made."""
    make_export.enqueue(export)
