"""Lists that were handed in: looked at, settled line by line and booked, each time read anew from the bytes as they were handed in.

What was decided about a list is kept sealed beside it, since it names people. What would become of it is worked out whenever somebody looks,
so that it is never behind the register.
"""

import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.files.store import store
from bangfu.intake.data import Seen
from bangfu.intake.models import State, What
from bangfu.intake.selectors import of_job, opened
from bangfu.intake.services import OPEN, lock_seen, require_state, step
from bangfu.kernel.aside import open_folder
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.registry.imports.staged import MOST_MADE, may_be_read, upload_to_import
from bangfu.registry.models import Person
from bangfu.registry.payments import ListOrder, Settled
from bangfu.registry.payments.apply import Booked, book_list
from bangfu.registry.payments.booked import gone
from bangfu.registry.payments.plan import PayPlan, planned, read

KIND = "payments"


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about a list: what holds for lines that do not say, and what becomes of lines, by row."""

    policy: str = ""
    paid_on: date | None = None
    settled: Mapping[int, Settled] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looked:
    """A list as it stands: what would become of it (None where it cannot be told, for `why`), and what was decided."""

    decided: Decided
    plan: PayPlan | None = None
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """Payments, and fen, of a list that are in the register no more; and lines of which that cannot be told, since by now something else keeps them from being known or booked."""

    payments: int
    fen: int
    unclear: int


def list_handed_in(actor: Actor, asked: int) -> Seen:
    """Raises NotThere, Denied."""
    return upload_to_import(actor, asked, KIND)


def is_open(seen: Seen) -> bool:
    """Whether it may still be settled and booked: also after what booked it was undone, and where all of it had been booked before, which may be undone."""
    return may_be_read(seen) or (seen.state == State.APPLIED and seen.said.get("act") is None)


def first_look(by: By, actor: Actor, upload: int) -> None:
    """Read a list that was just handed in: what is none stands as refused from then on, and says why. Raises NotThere, Denied."""
    with transaction.atomic():
        lock_seen(actor, upload)
        seen = list_handed_in(actor, upload)
        if seen.state != State.STAGED:
            return
        try:
            with _order(by, seen, Decided()) as order:
                read(actor, order)
        except DomainError as refusal:
            step(by.at, upload, State.REFUSED, {"why": [refusal.text.zh, refusal.text.en]})


def look_at(by: By, actor: Actor, seen: Seen) -> Looked:
    """What would become of a list as it is now, or why that cannot be told."""
    decided = decisions(by, seen)
    try:
        with _order(by, seen, decided) as order:
            return Looked(decided, planned(by, actor, order))
    except DomainError as refusal:
        return Looked(decided, why=refusal.text)


def lost(by: By, actor: Actor, seen: Seen) -> Lost | None:
    """What of a list that was booked is in the register no more, since what had booked it before was undone; None where its file does not tell, or nothing had been booked before."""
    if seen.state != State.APPLIED or not seen.said["figures"]["known"][0] or What.RAW not in seen.kept:
        return None
    plan = look_at(by, actor, seen).plan
    if plan is None:
        return None
    gone_lines = plan.of("booked")
    return Lost(len(gone_lines), sum(line.amount for line in gone_lines), len(plan.of("open")))


def shaken(lists: Iterable[Seen]) -> set[int]:
    """Of these lists those that were booked while payments of another one, since undone and in the register no more, were there: what they count as booked before may be among these.

    One query for all of them; which payments of a list they are is told by `lost`, from its file.
    """
    resting = {seen.id: set(seen.said.get("known_by", ())) for seen in lists if seen.state == State.APPLIED}
    missing = gone(set().union(*resting.values()))
    return {upload for upload, acts in resting.items() if acts & missing}


def decisions(by: By, seen: Seen) -> Decided:
    """What was decided about a list so far."""
    if What.CHANGES not in seen.kept:
        return Decided()
    with opened(by.ring, seen, What.CHANGES) as sealed:
        said = json.load(sealed)
    settled = {int(row): Settled(**each) for row, each in said["settled"].items()}
    return Decided(said["policy"], date.fromisoformat(said["paid_on"]) if said["paid_on"] else None, settled)


def settle(by: By, actor: Actor, upload: int, decide: Callable[[Decided], Decided]) -> None:
    """Keep what is decided about a list; `decide` leads to it from what was decided before, by a colleague a moment ago perhaps.

    Raises NotThere for somebody newly chosen whom the actor does not see, DomainError where that cannot be, or is too late.
    """
    with transaction.atomic():
        found, seen = lock_seen(actor, upload), list_handed_in(actor, upload)
        _require_open(seen)
        before = decisions(by, seen)
        decided = decide(before)
        chosen = _named(decided) - _named(before)
        if Person.objects.seen_by(actor).filter(pk__in=chosen).count() < len(chosen):
            raise NotThere
        with _order(by, seen, decided) as order:
            planned(by, actor, order)
        said = json.dumps({"policy": decided.policy, "paid_on": _iso(decided.paid_on), "settled": _plain(decided)})
        kept = store(by.ring, io.BytesIO(said.encode()), MOST_MADE).sha256
        step(by.at, upload, State.PREVIEWED, {}, {What.CHANGES: kept})
        record(by, Act("intake.settle", f"upload:{upload}", found.place_id))


def book(by: By, actor: Actor, upload: int, agreed: str) -> None:
    """Book a list as it was looked at, for the reason given with it; with its step in the same transaction. Raises as `book_list`, NotThere."""
    seen = list_handed_in(actor, upload)
    _require_open(seen)

    def then(booked: Booked) -> None:
        lock_seen(actor, upload)
        _require_open(of_job(upload))
        said = {"figures": booked.plan.figures(), "known_by": sorted(booked.plan.known_by)}
        step(by.at, upload, State.APPLIED, {"act": booked.act, **said})

    with _order(by, seen, decisions(by, seen)) as order:
        book_list(replace(by, reason=seen.reason), actor, order, agreed=agreed, then=then)


def _require_open(seen: Seen) -> None:
    if not is_open(seen):
        require_state(seen.id, OPEN)


@contextmanager
def _order(by: By, seen: Seen, decided: Decided) -> Iterator[ListOrder]:
    """The list as a file that only its owner reads, for as long as it is looked at."""
    with open_folder("list") as folder:
        path = Path(folder) / ("list.xlsx" if seen.name.lower().endswith(".xlsx") else "list.csv")
        with opened(by.ring, seen, What.RAW) as sealed, path.open("wb") as plain:
            shutil.copyfileobj(sealed, plain)
        yield ListOrder(path, seen.name, seen.digest, decided.policy, decided.paid_on, decided.settled)


def _named(decided: Decided) -> set[int]:
    return {each.person for each in decided.settled.values() if each.person is not None}


def _plain(decided: Decided) -> dict[int, Any]:
    return {row: asdict(each) for row, each in decided.settled.items()}


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()
