"""What is printed while nobody waits for it."""

from django.conf import settings
from django.utils import timezone
from django_tasks import task

from bangfu.access.policy import actor_of
from bangfu.audit.data import By
from bangfu.documents.batches import give_up_batch, make_batch
from bangfu.documents.press import press
from bangfu.privacy.keys import load_ring


@task
def print_batch(batch: int, account: int) -> None:
    """Make a batch with the rights that whoever ordered it has now."""
    at = timezone.now()
    # The entry of each paper says of which batch it is, so that what was fetched can be told when the batch is long forgotten.
    by = By(f"account:{account}", at, load_ring(settings.KEY_RING_FILE), f"批量打印 {batch}")
    try:
        with press(settings.PAPERS_FOLDERS, settings.FONTS_FOLDER) as machine:
            make_batch(by, actor_of(account, at), batch, machine, settings.ADDRESS + "/d/{}/")
    except Exception:
        # Nobody foresaw it, and nothing does the job again: whoever ordered the papers reads that, and lets it go on.
        give_up_batch(batch)
        raise
