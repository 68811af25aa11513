"""Reads of the room, each asking the policy; and the one read of a file's bytes."""

from collections.abc import Iterable
from datetime import datetime
from typing import IO, Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from bangfu.access.data import Actor, NotThere
from bangfu.files.store import open_file
from bangfu.intake.data import Seen
from bangfu.intake.models import Kept, State, Step, Upload, What
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.privacy.keys import KeyRing

A_PAGE = 50
OF_SEEN = "of an upload that was asked for by somebody who may see it, or by its own job"


def uploads(actor: Actor, kind: str, page: str | None) -> Page[Seen]:
    """Files of a kind, the latest first."""
    shown: Page[Any] = Paginator(
        _with_state(Upload.objects.seen_by(actor).filter(kind=kind)).order_by("-pk"), A_PAGE
    ).get_page(page)
    shown.object_list = _all_seen(shown.object_list)
    return shown


def upload(actor: Actor, upload: int) -> Seen:
    """Raises NotThere."""
    found = _with_state(Upload.objects.seen_by(actor).filter(pk=upload)).first()
    if found is None:
        raise NotThere
    return _seen(found)


def undecided(actor: Actor, kind: str) -> int:
    """How many files of a kind wait for somebody to decide about them. One that is kept no more waits for nothing: it can only be withdrawn."""
    raw = Kept.objects.unscoped(OF_SEEN).filter(upload=OuterRef("pk"), what=What.RAW)
    seen = _with_state(Upload.objects.seen_by(actor).filter(Exists(raw), kind=kind))
    return int(seen.exclude(state__in=(State.APPLYING, State.APPLIED, State.WITHDRAWN)).count())


def of_job(upload: int) -> Seen:
    """As the job sees it that reads or applies it. Raises NotThere."""
    found = _with_state(Upload.objects.unscoped(OF_SEEN).filter(pk=upload)).first()
    if found is None:
        raise NotThere
    return _seen(found)


def standing_since(at: datetime, states: Iterable[State]) -> list[Seen]:
    """Files of whoever it was, that came to stand in one of these states before a moment, and still do."""
    rows = _with_state(Upload.objects.unscoped(OF_SEEN)).filter(state__in=tuple(states), since__lt=at).order_by("pk")
    return _all_seen(rows)


def opened(ring: KeyRing, seen: Seen, what: str) -> IO[bytes]:
    """The bytes of what is kept. Raises DomainError where it is not, or no more."""
    found = Kept.objects.unscoped(OF_SEEN).filter(upload=seen.id, what=what).values_list("sha256", flat=True).first()
    if found is None:
        raise DomainError(
            "NO_LONGER_KEPT",
            Text("这份文件已到期删除。请重新上传。", "This file was removed when its time had come. Hand it in again."),
        )
    return open_file(ring, found)


def _with_state(rows: Any) -> "QuerySet[Any]":
    last = Step.objects.unscoped(OF_SEEN).filter(upload=OuterRef("pk")).order_by("-pk")
    found: QuerySet[Any] = rows.select_related("account").annotate(
        **{name: Subquery(last.values(name)[:1]) for name in ("state", "said")}, since=Subquery(last.values("at")[:1])
    )
    return found


def _seen(row: Any) -> Seen:
    return _all_seen([row])[0]


def _all_seen(rows: Iterable[Any]) -> list[Seen]:
    """One query more than for the rows, however many there are."""
    listed = list(rows)
    kept: dict[int, set[str]] = {row.pk: set() for row in listed}
    for upload, what in Kept.objects.unscoped(OF_SEEN).filter(upload__in=kept).values_list("upload", "what"):
        kept[upload].add(what)
    return [
        Seen(
            row.pk,
            row.digest,
            row.name,
            row.size,
            row.kind,
            row.as_of,
            row.account_id,
            row.place_id,
            row.account.name,
            row.at,
            row.reason,
            row.state,
            row.since,
            row.said or {},
            frozenset(kept[row.pk]),
        )
        for row in listed
    ]
