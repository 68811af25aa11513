"""What nobody decided on in time lapses; what could not be made is tried again; what was made is deleted when its days are over. The rows stay."""

from datetime import timedelta

from django.db import transaction

from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.exports.jobs import enqueue
from bangfu.exports.models import OPEN, Export, State

SWEPT = "swept by age, whoever asked for them"
TRIED_AGAIN = timedelta(hours=1)
ENDS = {
    State.ASKED: (State.LAPSED, "exports.lapse"),
    State.DUE: (State.LAPSED, "exports.lapse"),
    State.MADE: (State.REMOVED, "exports.remove"),
}


def sweep(by: By) -> int:
    """End what is over, an entry each, and return how many. The store deletes files that no row names any more."""
    over = Export.objects.unscoped(SWEPT).filter(state__in=OPEN, lasts_until__lte=by.at)
    return sum(_end(by, export) for export in list(over.order_by("pk").values_list("pk", flat=True)))


def try_again(by: By) -> int:
    """Have made what was to be made more than an hour ago and was not: its job failed. Returns how many."""
    due = Export.objects.unscoped(SWEPT).filter(state=State.DUE, lasts_until__gt=by.at).exclude(asked_by=None)
    late = due.filter(asked_at__lt=by.at - TRIED_AGAIN).exclude(decided_at__gte=by.at - TRIED_AGAIN)
    exports = list(late.order_by("pk").values_list("pk", flat=True))
    for export in exports:
        enqueue(export)
    return len(exports)


def _end(by: By, export: int) -> bool:
    with transaction.atomic():
        rows = Export.objects.unscoped(SWEPT).select_for_update()
        found = rows.filter(pk=export, state__in=OPEN, lasts_until__lte=by.at).first()
        if found is None:
            return False
        found.state, act = ENDS[State(found.state)]
        found.file = ""
        found.save(update_fields=["state", "file"])
        record(by, Act(act, f"export:{export}", found.place_id, {"code": found.code}))
        return True
