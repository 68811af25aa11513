"""What is done every hour beside a server: what has served its time is deleted, what failed is tried again, what is due is begun."""

from datetime import datetime

from django.conf import settings

from bangfu.access.services.housekeeping import sweep
from bangfu.assessment.tasks import tend
from bangfu.audit.data import By
from bangfu.casework.services.rectification import write_days
from bangfu.casework.services.sweeping import is_behind
from bangfu.casework.services.sweeping import sweep as sweep_tasks
from bangfu.config.jobs import forget_jobs, take_up_left_behind
from bangfu.documents.batches import forget_batches
from bangfu.exports.services.housekeeping import sweep as sweep_exports
from bangfu.exports.services.housekeeping import try_again
from bangfu.files.store import sweep as sweep_files
from bangfu.intake.services import remove_old
from bangfu.privacy.keys import load_ring
from bangfu.registry.imports.staged import let_go_of_stuck


def hourly(at: datetime) -> int:
    """Delete what is due, and return how many rows and files; let tasks follow the verdicts; see to the night's assessment."""
    ring = load_ring(settings.KEY_RING_FILE)
    by = By("system:exports", at, ring)
    take_up_left_behind(at)
    try_again(by)
    let_go_of_stuck(at)
    # Files last: those that uploads, papers and exports have just let go of are among them.
    gone = sweep(at) + forget_jobs(at) + remove_old(at) + forget_batches(at) + sweep_exports(by) + sweep_files(at)
    if is_behind():
        sweep_tasks(By("system:casework", at, ring))
    write_days(at)
    tend(at, ring)
    return gone
