"""Files taken in, carried from step to step, withdrawn, and removed when their time has come."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import IO, Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Sum

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.files.store import store
from bangfu.intake.data import LONGEST_NAME, NewUpload
from bangfu.intake.kinds import MB, Kind, kinds
from bangfu.intake.models import Kept, State, Step, Upload, What
from bangfu.intake.selectors import OF_SEEN
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.selectors import smallest_around

# After its last step a file is kept so long, and then only what the record says of it.
KEPT = timedelta(days=30)
QUOTA = 1_000 * MB
# A step out of which somebody may still take a file, or read it anew.
OPEN = frozenset({State.STAGED, State.PREVIEWED, State.REFUSED, State.STALE})
# A step in which it stays though the same bytes are handed in again after its time had come.
DONE = frozenset({State.APPLYING, State.COMPARING, State.APPLIED})


def take_in(by: By, actor: Actor, new: NewUpload, stream: IO[bytes]) -> tuple[int, bool]:
    """Keep a file and return its id, and whether it is new: the same bytes of the same kind and (where it is dated) day are what was handed in before.

    Raises Denied; DomainError for an ending or a size that its kind has not, an empty file, or a quota that is used up.
    """
    kind = kinds()[new.kind]
    require(actor, kind.permission)
    assert actor.account is not None
    name = _name(new.name, kind)
    _refuse_beyond_quota(actor.account)
    stored = store(by.ring, stream, kind.most_bytes)
    if not stored.size:
        raise DomainError("FILE_EMPTY", Text("文件是空的。", "The file is empty."))
    key: dict[str, Any] = {"account_id": actor.account, "digest": stored.sha256, "kind": new.kind}
    key |= {"as_of": new.as_of} if kind.dated else {}
    with suppress(IntegrityError), transaction.atomic():
        if not Upload.objects.unscoped("one's own").filter(**key).exists():
            place = smallest_around(actor.places_for(kind.permission))
            more = {"name": name, "size": stored.size, "place_id": place, "at": by.at, "reason": by.reason}
            made = Upload.objects.create(**{"as_of": new.as_of, **key, **more})
            Kept.objects.create(upload=made, what=What.RAW, sha256=stored.sha256)
            Step.objects.create(upload=made, at=by.at, state=State.STAGED)
            words = {"file": name, "digest": stored.sha256, "as_of": str(new.as_of)}
            record(by, Act("intake.take_in", f"upload:{made.pk}", place, words))
            return made.pk, True
    found = Upload.objects.unscoped("one's own").filter(**key).earliest("pk")
    with transaction.atomic():
        _locked(found.pk)
        _, fresh = (
            Kept.objects.get_queryset()
            .unscoped(OF_SEEN)
            .get_or_create(upload=found, what=What.RAW, defaults={"sha256": stored.sha256})
        )
        last = Step.objects.unscoped(OF_SEEN).filter(upload=found).latest("pk")
        if fresh or last.state == State.WITHDRAWN:
            # It was taken out, or its time had come: it begins anew. What was done with it stays done, and may be undone from its page.
            begun = {"state": last.state, "said": last.said} if last.state in DONE else {"state": State.STAGED}
            Step.objects.create(upload=found, at=by.at, **begun)
            record(by, Act("intake.take_in", f"upload:{found.pk}", found.place_id, {"file": name}))
    return found.pk, False


def withdraw(by: By, actor: Actor, upload: int) -> None:
    """Take a file out before it is applied. Raises NotThere, DomainError where that is too late."""
    with transaction.atomic():
        found = lock_seen(actor, upload)
        require_state(upload, OPEN)
        Step.objects.create(upload=found, at=by.at, state=State.WITHDRAWN)
        record(by, Act("intake.withdraw", f"upload:{upload}", found.place_id))


def step(
    at: datetime, upload: int, state: State, said: Mapping[str, Any], kept: Mapping[What, str] | None = None
) -> None:
    """Add a step to an upload that the caller has locked, with stored files in the place of earlier ones. Within a transaction."""
    for what, sha256 in (kept or {}).items():
        Kept.objects.unscoped(OF_SEEN).filter(upload=upload, what=what).delete()
        Kept.objects.create(upload_id=upload, what=what, sha256=sha256)
    Step.objects.create(upload_id=upload, at=at, state=state, said=dict(said))


def lock_seen(actor: Actor, upload: int) -> Upload:
    """An upload, locked, if the actor sees it. Raises NotThere."""
    if not Upload.objects.seen_by(actor).filter(pk=upload).exists():
        raise NotThere
    return _locked(upload)


def lock_of_job(upload: int) -> Upload:
    return _locked(upload)


def last_state(upload: int) -> str:
    steps = Step.objects.unscoped(OF_SEEN).filter(upload=upload)
    return steps.order_by("-pk").values_list("state", flat=True)[0]


def require_state(upload: int, allowed: frozenset[State]) -> None:
    """Raises DomainError where an upload has gone another way meanwhile; it is locked by the caller."""
    if last_state(upload) not in allowed:
        raise DomainError(
            "GONE_ANOTHER_WAY",
            Text(
                "这份文件已经办到别的步骤，请刷新后再看。",
                "This file has gone another way meanwhile. Reload the page to see.",
            ),
        )


def remove_old(at: datetime) -> int:
    """Let go of the files of uploads whose last step was long ago; returns how many. What the record says of them stays, and the store sweeps."""
    with transaction.atomic():
        last = Step.objects.unscoped("by age, whoever brought it").values("upload").annotate(last=Max("at"))
        old = last.filter(last__lt=at - KEPT).values("upload")
        gone, _ = Kept.objects.unscoped("by age, whoever brought it").filter(upload__in=old).delete()
        return gone


def _locked(upload: int) -> Upload:
    return Upload.objects.unscoped(OF_SEEN).select_for_update(of=("self",)).get(pk=upload)


def _name(given: str, kind: Kind) -> str:
    """The last part of a path, without signs that nobody sees."""
    name = "".join(c for c in PurePath(given.replace("\\", "/")).name if c.isprintable())[-LONGEST_NAME:]
    if not name.lower().endswith(kind.endings):
        listed = "、".join(kind.endings)
        raise DomainError(
            "WRONG_ENDING",
            Text(f"“{name}”应以 {listed} 结尾。", f"{name} must end in one of {', '.join(kind.endings)}."),
        )
    return name


def _refuse_beyond_quota(account: int) -> None:
    kept = Kept.objects.unscoped("one's own").filter(upload__account=account, what=What.RAW)
    used = kept.aggregate(size=Sum("upload__size"))["size"] or 0
    if used >= QUOTA:
        raise DomainError(
            "QUOTA_USED_UP",
            Text(
                f"您上传而未到期的文件已满 {QUOTA // MB} MB。请等旧文件到期，或请同事上传。",
                f"Files of yours that are still kept take {QUOTA // MB} MB. Wait until older ones expire, or let a colleague do it.",
            ),
        )
