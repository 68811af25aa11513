"""The room's jobs, as they wait in the database. They ask the clock, and the key ring, in place of a request."""

from django.conf import settings
from django.utils import timezone
from django_tasks import task

from bangfu.audit.data import By
from bangfu.intake.selectors import of_job
from bangfu.privacy.keys import load_ring
from bangfu.registry.imports import staged


@task
def read_upload(account: int, upload: int) -> None:
    staged.read(_by(account, upload), account, upload)


@task
def apply_upload(account: int, upload: int) -> None:
    staged.apply(_by(account, upload), account, upload)


@task
def compare_upload(account: int, upload: int) -> None:
    staged.compare(_by(account, upload), account, upload)


def _by(account: int, upload: int) -> By:
    """Whoever asked, now, for the reason that was given with the file."""
    return By(f"account:{account}", timezone.now(), load_ring(settings.KEY_RING_FILE), of_job(upload).reason)
