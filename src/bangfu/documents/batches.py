"""Papers of all households of a place, made in the background: ordered, watched, stopped, gone on with, fetched and forgotten.

Each paper is put away as soon as it is made, so that a batch which was stopped or killed goes on where it was. What whoever ordered it may do is
asked anew when it is made, gone on with and fetched: days lie between.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import may, require
from bangfu.audit.data import Act, By
from bangfu.audit.services import record, record_read
from bangfu.documents.models import Batch, BatchPaper, BatchUnprinted, State
from bangfu.documents.papers import Format
from bangfu.documents.press import Press, bundled
from bangfu.documents.services import Order, Printed, Unprinted, print_papers
from bangfu.files.store import open_file, store
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Lang, Text
from bangfu.places.selectors import places_named
from bangfu.registry.selectors import households_in

MADE_HERE = "of a batch that its job works on"
KEPT = timedelta(days=7)
LARGEST = 50_000_000
ALL_MADE = "counted, to say how many of them are held back"
# What an archive says of papers that are not in it: among them, so that whoever unpacks it to print them sees it.
NOTE = "说明_note.txt"
# So often is looked whether somebody stopped it, and told how far it is.
TOLD_EVERY = 10
BROKEN = Text(
    "打印中途断了。已打印的都在，可以继续打印；再不成功，请联系管理员。",
    "It broke off. What was printed is there, and it can go on; ask the administrator if that fails again.",
)
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


@dataclass(frozen=True, slots=True)
class UnprintedRow:
    """A household of a batch of which no paper could be made, and why."""

    household: int
    number: str
    why: Text


@dataclass(frozen=True, slots=True)
class ToFetch:
    """How many papers of a batch the actor may fetch now, and how many of those made are held back, of households that the actor may see or print no more."""

    papers: int
    held_back: int


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
    with transaction.atomic():
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
        words = {"kind": order.kind, "as_of": order.day.isoformat(), "households": len(wanted)}
        record(by, Act("documents.order_batch", f"batch:{batch.pk}", place, words))
    return batch.pk


def make_batch(by: By, actor: Actor, batch: int, press: Press, address: str) -> None:
    """Make what is still to be made. Safe to do twice: what was made is not made again.

    A household of which no paper can be made is noted with why, and the others are made. A template that is wrong, or a right that is gone, ends it, and says so.
    """
    found = _of(batch)
    if found.state == State.STOPPED:
        return
    _put(batch, state=State.GOING, why=[])
    order = Order(found.kind, found.day, _format(found), _lang(found), found.year, address=address)
    made = BatchPaper.objects.unscoped(MADE_HERE).filter(batch=batch)
    done = set(made.values_list("household_id", flat=True))
    waiting = [each for each in households_in(actor, found.place_id) if each not in done]
    # There may be more than when it was ordered, or fewer.
    _put(batch, wanted=len(done) + len(waiting))
    unprinted = BatchUnprinted.objects.unscoped(MADE_HERE).filter(batch=batch)
    unprinted.delete()
    try:
        require(actor, "papers.list", found.place_id)
        for number, printed in enumerate(print_papers(by, actor, waiting, order, press), 1):
            if isinstance(printed, Unprinted):
                told = printed.why.text
                BatchUnprinted.objects.create(batch_id=batch, household_id=printed.household, why=[told.zh, told.en])
            else:
                _put_away(by, batch, printed)
            if number % TOLD_EVERY == 0:
                _put(batch, done=made.count())
                if _of(batch).state == State.STOPPED:
                    return
    except DomainError as problem:
        _put(batch, state=State.FAILED, done=made.count(), why=[problem.text.zh, problem.text.en])
        return
    # Some that were still to be made may have gone meanwhile; and what was made counts, be it that somebody stopped it with the last.
    count, missing = made.count(), unprinted.count()
    _put(batch, done=count)
    if missing:
        why = Text(
            f"{missing} 户没有打印，原因见下；其余的都打印了。请先逐户处理，再“接着打印”，只打印还没有的。",
            f"{missing} household(s) were not printed, for the reasons below; all others were. See to each, then go on: only what is missing is printed.",
        )
        _put(batch, state=State.FAILED, wanted=count + missing, why=[why.zh, why.en])
        return
    _put(batch, state=State.DONE, wanted=count)


def stop_batch(by: By, actor: Actor, batch: int) -> None:
    """Let it be: what was made stays. Raises NotThere."""
    _turn(by, actor, _own(actor, batch), (State.WAITING, State.GOING), State.STOPPED, "documents.stop_batch")


def resume_batch(by: By, actor: Actor, batch: int) -> None:
    """Let it go on, where it was stopped or failed. Raises NotThere, Denied."""
    found = _own(actor, batch)
    require(actor, "papers.list", found.place_id)
    _turn(by, actor, found, (State.STOPPED, State.FAILED), State.WAITING, "documents.resume_batch")


def give_up_batch(batch: int) -> None:
    """Let a batch have failed whose job broke off, or was killed each time; what was made stays, and it can be let go on."""
    rows = Batch.objects.unscoped(MADE_HERE).filter(pk=batch, state__in=(State.WAITING, State.GOING))
    rows.update(state=State.FAILED, why=[BROKEN.zh, BROKEN.en])


def batches(actor: Actor) -> list[BatchRow]:
    """The actor's own, the latest first."""
    found = list(Batch.objects.seen_by(actor).order_by("-at", "-pk"))
    names = places_named({each.place_id for each in found})
    return [_row(each, names.get(each.place_id, "")) for each in found]


def batch_row(actor: Actor, batch: int) -> BatchRow:
    """Raises NotThere."""
    found = _own(actor, batch)
    return _row(found, places_named([found.place_id]).get(found.place_id, ""))


def unprinted_of(actor: Actor, batch: int) -> list[UnprintedRow]:
    """The households of the actor's own batch of which no paper could be made, as far as the actor sees them, by number."""
    found = (
        BatchUnprinted.objects.seen_by(actor)
        .filter(batch=batch)
        .select_related("household")
        .order_by("household__number")
    )
    return [UnprintedRow(each.household_id, each.household.number, Text(*each.why)) for each in found]


def to_fetch(actor: Actor, batch: int) -> ToFetch:
    """Raises NotThere."""
    found = _own(actor, batch)
    papers, made = _papers(actor, batch)
    seen = len(papers) if may(actor, "papers.list", found.place_id) else 0
    return ToFetch(seen, made - seen)


def batch_file(by: By, actor: Actor, batch: int) -> bytes:
    """What was made so far, as an archive; each time is recorded. Papers of households that the actor sees no more are not in it, and it says so.

    Raises NotThere, Denied where the actor may no longer print there, DomainError where nothing is left to hand out.
    """
    found = _own(actor, batch)
    require(actor, "papers.list", found.place_id)
    papers, made = _papers(actor, batch)
    handed = ToFetch(len(papers), made - len(papers))
    if not papers:
        raise _nothing(handed.held_back)
    unprinted = unprinted_of(actor, batch)
    note = [(NOTE, _note(handed, unprinted).encode())] if handed.held_back or unprinted else []
    body = bundled([*note, *_opened(by, papers)])
    digest = hashlib.sha256(body).hexdigest()
    words = {"kind": found.kind, "papers": handed.papers, "held_back": handed.held_back, "digest": digest}
    record_read(by, Act("documents.fetch_batch", f"batch:{batch}", found.place_id, words))
    return body


def forget_batches(at: datetime) -> int:
    """Forget those that were ordered long ago, with their files; that they were issued stays recorded. Returns how many."""
    old = Batch.objects.unscoped("what is kept no longer").filter(at__lt=at - KEPT)
    return old.delete()[0]


def _papers(actor: Actor, batch: int) -> tuple[list[BatchPaper], int]:
    """The papers of households that the actor sees now, by name, and how many were made; one that is put away meanwhile counts in neither."""
    made = set(BatchPaper.objects.unscoped(ALL_MADE).filter(batch=batch).values_list("pk", flat=True))
    seen = BatchPaper.objects.seen_by(actor).filter(batch=batch).order_by("name")
    return [paper for paper in seen if paper.pk in made], len(made)


def _opened(by: By, papers: Iterable[BatchPaper]) -> Iterator[tuple[str, bytes]]:
    for paper in papers:
        with open_file(by.ring, paper.file) as plain:
            yield paper.name, plain.read()


def _nothing(held_back: int) -> DomainError:
    if held_back:
        return DomainError(
            "PAPERS_OUT_OF_SIGHT",
            Text(
                "这批文书的户现在都不在您的范围内，没有可下载的文书。确需使用的，请由现任责任人重新打印。",
                "None of these households is in your area now, so there is nothing to download. Let whoever answers for them print anew.",
            ),
        )
    return DomainError(
        "NOTHING_PRINTED_YET",
        Text("还没有打印好的文书，请稍后再下载。", "Nothing has been printed yet. Download it later."),
    )


def _note(handed: ToFetch, unprinted: Sequence[UnprintedRow]) -> str:
    lines = [Text(f"本文件有 {handed.papers} 份文书。", f"{handed.papers} paper(s) in this file.")]
    if handed.held_back:
        lines.append(
            Text(
                f"另有 {handed.held_back} 份没有放入：这些户现在不在您的范围内。",
                f"{handed.held_back} were left out: those households are not in your area now.",
            )
        )
    lines += [
        Text(f"户 {each.number} 没有打印：{each.why.zh}", f"Household {each.number} was not printed: {each.why.en}")
        for each in unprinted
    ]
    return "".join(f"{line}\r\n" for line in (*(each.zh for each in lines), *(each.en for each in lines)))


def _turn(by: By, actor: Actor, found: Batch, past: tuple[State, ...], state: State, act: str) -> None:
    """Turn a batch from one of these states to another, and record it; nothing where it has gone another way meanwhile."""
    with transaction.atomic():
        rows = Batch.objects.seen_by(actor).filter(pk=found.pk, state__in=past)
        if rows.update(state=state):
            record(by, Act(act, f"batch:{found.pk}", found.place_id, {"kind": found.kind}))


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
