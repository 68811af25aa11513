"""A file is taken by who asked for it, as long as they may; each time is recorded."""

from dataclasses import dataclass
from typing import IO

from django.db import transaction

from bangfu.access.data import Actor, Denied, NotThere
from bangfu.access.policy import require
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.exports.data import stopped
from bangfu.exports.models import Export, State
from bangfu.exports.services.making import asker_of, stop
from bangfu.files.store import open_file
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

LOCKED = "the service locks the row it changes, after the actor was asked"


@dataclass(frozen=True, slots=True)
class Taken:
    """A file on its way out: its name, its size and its bytes."""

    name: str
    size: int
    file: IO[bytes]


def take(by: By, actor: Actor, export: int) -> Taken:
    """Hand out a file that was made. Raises NotThere, Denied, DomainError where it is not there (any more).

    Who lost the right meanwhile ends the export with the attempt.
    """
    found = Export.objects.seen_by(actor).filter(pk=export).first()
    if found is None and actor.account is None:
        found = Export.objects.unscoped("the system's own").filter(pk=export, asked_by=None).first()
    if found is None or found.asked_by_id != actor.account:
        raise NotThere
    if found.state != State.MADE or by.at >= found.lasts_until:
        raise _not_there(found)
    _refuse_lost(by, found)
    require(actor, "households.export", found.place_id)
    if found.full_numbers:
        require(actor, "households.reveal", found.place_id)
    file = open_file(by.ring, found.file)
    with transaction.atomic():
        row = Export.objects.unscoped(LOCKED).select_for_update().get(pk=export)
        if row.state != State.MADE:
            file.close()
            raise _not_there(row)
        row.downloads += 1
        row.save(update_fields=["downloads"])
        words = {"code": row.code, "digest": row.digest}
        record(by, Act("exports.take", f"export:{export}", row.place_id, words))
    return Taken(f"{row.code}.xlsx", row.size, file)


def _refuse_lost(by: By, found: Export) -> None:
    """Raises Denied, and ends the export, where its asker may not export there any more."""
    try:
        asker_of(found, by.at)
    except DomainError as refusal:
        with transaction.atomic():
            row = Export.objects.unscoped(LOCKED).select_for_update().get(pk=found.pk)
            if row.state == State.MADE:
                stop(by, row, refusal.code)
        raise Denied(refusal.code, refusal.text) from refusal


def _not_there(found: Export) -> DomainError:
    if found.stopped_for:
        return stopped(found.stopped_for)
    return DomainError(
        "NO_FILE",
        Text(
            "文件还没有生成，或已到期删除。需要时请重新申请。",
            "There is no file yet, or its days are over and it was deleted. Ask anew if you need it.",
        ),
    )
