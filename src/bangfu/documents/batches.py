"""Papers of all households of a place, made in the background: ordered, watched, stopped, gone on with, fetched and forgotten.

Each paper is put away as soon as it is made, so that a batch which was stopped or killed goes on where it was.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.audit.data import By
from bangfu.documents.models import Batch, BatchPaper, State
from bangfu.documents.papers import Format
from bangfu.documents.press import Press, bundled
from bangfu.documents.services import Order, Printed, print_papers
from bangfu.files.store import open_file, store
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Lang, Text
from bangfu.places.selectors import places_named
from bangfu.registry.selectors import households_in

MADE_HERE = "of a batch that its job works on"
KEPT = timedelta(days=7)
LARGEST = 50_000_000
# So often is looked whether somebody stopped it, and told how far it is.
TOLD_EVERY = 10
SAID = {
    state: Text(state.label, said)
    for state, said in zip(State, ("waiting", "going on", "done", "stopped", "not done"), strict=True)
}


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch as pages show it. `why`: what it failed of."""

    id: int
    at: datetime
    kind: str
    format: str
    place: str
    state: str
    said: Text
    wanted: int
    done: int
    why: Text | None


def order_batch(by: By, actor: Actor, place: int, order: Order) -> int:
    """Order a paper of each household of a place that the actor sees. Returns the batch, for `make_batch` to make. Raises Denied, DomainError."""
    require(actor, "papers.list", place)
    if actor.account is None:
        raise NotThere
    if order.whole_numbers:
        raise DomainError(
            "NO_WHOLE_NUMBERS",
            Text("完整号码只能逐户打印。", "Whole numbers are printed for one household at a time."),
        )
    wanted = households_in(actor, place)
    if not wanted:
        raise DomainError(
            "NOBODY_THERE", Text("那里没有您能看到的户。", "There is no household there that you may see.")
        )
    batch = Batch.objects.create(
        account_id=actor.account,
        at=by.at,
        kind=order.kind,
        format=order.format,
        language=order.lang,
        place_id=place,
        day=order.day,
        year=order.year,
        wanted=len(wanted),
    )
    return batch.pk


def make_batch(by: By, actor: Actor, batch: int, press: Press, address: str) -> None:
    """Make what is still to be made. Safe to do twice: what was made is not made again. A template that is wrong ends it, and says so."""
    found = _of(batch)
    if found.state == State.STOPPED:
        return
    _put(batch, state=State.GOING, why=[])
    order = Order(found.kind, found.day, _format(found), _lang(found), found.year, address=address)
    made = BatchPaper.objects.unscoped(MADE_HERE).filter(batch=batch)
    done = set(made.values_list("household_id", flat=True))
    waiting = [each for each in households_in(actor, found.place_id) if each not in done]
    try:
        for number, printed in enumerate(print_papers(by, actor, waiting, order, press), 1):
            _put_away(by, batch, printed)
            if number % TOLD_EVERY == 0:
                _put(batch, done=made.count())
                if _of(batch).state == State.STOPPED:
                    return
    except DomainError as problem:
        _put(batch, state=State.FAILED, done=made.count(), why=[problem.text.zh, problem.text.en])
        return
    # Households may have come or gone meanwhile.
    count = made.count()
    _put(batch, state=State.DONE, done=count, wanted=count)


def stop_batch(actor: Actor, batch: int) -> None:
    """Let it be: what was made stays. Raises NotThere."""
    _own(actor, batch)
    Batch.objects.seen_by(actor).filter(pk=batch, state__in=(State.WAITING, State.GOING)).update(state=State.STOPPED)


def resume_batch(actor: Actor, batch: int) -> None:
    """Let it go on, where it was stopped or failed. Raises NotThere."""
    _own(actor, batch)
    Batch.objects.seen_by(actor).filter(pk=batch, state__in=(State.STOPPED, State.FAILED)).update(state=State.WAITING)


def batches(actor: Actor) -> list[BatchRow]:
    """The actor's own, the latest first."""
    found = list(Batch.objects.seen_by(actor).order_by("-at", "-pk"))
    names = places_named({each.place_id for each in found})
    return [_row(each, names.get(each.place_id, "")) for each in found]


def batch_row(actor: Actor, batch: int) -> BatchRow:
    """Raises NotThere."""
    found = _own(actor, batch)
    return _row(found, places_named([found.place_id]).get(found.place_id, ""))


def batch_file(by: By, actor: Actor, batch: int) -> bytes:
    """What was made so far, as an archive. Raises NotThere."""
    _own(actor, batch)
    papers = BatchPaper.objects.seen_by(actor).filter(batch=batch).order_by("name")
    return bundled(list(_opened(by, papers.values_list("name", "file"))))


def forget_batches(at: datetime) -> int:
    """Forget those that were ordered long ago, with their files; that they were issued stays recorded. Returns how many."""
    old = Batch.objects.unscoped("what is kept no longer").filter(at__lt=at - KEPT)
    return old.delete()[0]


def _opened(by: By, papers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    for name, file in papers:
        with open_file(by.ring, file) as plain:
            yield name, plain.read()


def _put_away(by: By, batch: int, printed: Printed) -> None:
    kept = store(by.ring, io.BytesIO(printed.body), LARGEST)
    made = {"household_id": printed.household, "name": printed.name, "file": kept.sha256}
    BatchPaper.objects.create(**made, batch_id=batch, issue_id=printed.issue)


def _put(batch: int, **values: object) -> None:
    """A stop that somebody asked for meanwhile stands."""
    with transaction.atomic():
        rows = Batch.objects.unscoped(MADE_HERE).filter(pk=batch)
        rows.exclude(state=State.STOPPED).update(**values) if "state" in values else rows.update(**values)


def _of(batch: int) -> Batch:
    found = Batch.objects.unscoped(MADE_HERE).filter(pk=batch).first()
    if found is None:
        raise NotThere
    return found


def _own(actor: Actor, batch: int) -> Batch:
    found = Batch.objects.seen_by(actor).filter(pk=batch).first()
    if found is None:
        raise NotThere
    return found


def _row(batch: Batch, place: str) -> BatchRow:
    why = Text(*batch.why) if batch.why else None
    said = SAID[State(batch.state)]
    return BatchRow(
        batch.pk, batch.at, batch.kind, batch.format, place, batch.state, said, batch.wanted, batch.done, why
    )


def _format(batch: Batch) -> Format:
    return batch.format  # type: ignore[return-value]  # as it was ordered


def _lang(batch: Batch) -> Lang:
    return "en" if batch.language == "en" else "zh"
