"""What people do with tasks: decide, put right, open again, give to somebody, move the deadline. One transaction and one entry each."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import SEAT, Post, PostArea
from bangfu.access.roles import roles
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.casework.kinds import kinds, office_days_after
from bangfu.casework.models import Task, TaskStep
from bangfu.casework.services.tallying import hold_tasks, tally
from bangfu.casework.states import MOVES, SETTLED, STATES, UNDECIDING, Proof, What
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.models import Below
from bangfu.places.selectors import area_of_unit
from bangfu.places.spans import lasts
from bangfu.registry.dossiers import paper_of
from bangfu.registry.models import Assignment
from bangfu.registry.selectors import acts
from bangfu.registry.services.acts import lock_household

LOCKED = "the service locked the household, which the actor may work on"
LONGEST_REASON = 200
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a decision rests on beside its reason: nothing more, a paper of the household's dossier, or an act that recorded something of it."""

    proof: Proof = Proof.TEXT
    paper: int | None = None
    act: int | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A step that somebody wants to take, having seen a task in a state, and (None: it does not matter) what the assessment says of it."""

    what: What
    seen: str
    grounds: Grounds = Grounds()
    due_on: date | None = None
    verdict: int | None = None


def confirm(by: By, actor: Actor, task: int, seen: str, *, verdict: int | None = None) -> None:
    """Say that it is an error, and why. `seen` is the state that whoever decides had before them, as for all steps here.

    `verdict` is the one that they had before them, where a page showed it: an amount may be another by now.
    Raises NotThere, Denied, and DomainError without a reason, or where the task has moved meanwhile.
    """
    _take(by, actor, task, _Wanted(What.CONFIRM, seen, verdict=verdict))


def clear(by: By, actor: Actor, task: int, seen: str, grounds: Grounds, *, verdict: int | None = None) -> None:
    """Say that it is no error, and why. Raises as `confirm`, and DomainError for grounds that are not the household's."""
    _take(by, actor, task, _Wanted(What.CLEAR, seen, grounds, verdict=verdict))


def finish(by: By, actor: Actor, task: int, seen: str, grounds: Grounds, *, verdict: int | None = None) -> None:
    """Say that an error was put right, and how. Raises as `clear`."""
    _take(by, actor, task, _Wanted(What.FINISH, seen, grounds, verdict=verdict))


def reopen(by: By, actor: Actor, task: int, seen: str) -> None:
    """Let it be a question again, and say why; it is due as a new one would be, or later. Raises as `confirm`."""
    _take(by, actor, task, _Wanted(What.REOPEN, seen))


def postpone(by: By, actor: Actor, task: int, seen: str, due_on: date) -> None:
    """Move the deadline, and say why. Raises as `confirm`, and DomainError for a day that has passed."""
    _check_day(actor, due_on)
    _take(by, actor, task, _Wanted(What.POSTPONE, seen, due_on=due_on))


def assign(by: By, actor: Actor, tasks: Collection[int], post: int, due_on: date | None = None) -> int:
    """Give tasks to a post, all or none, with a deadline where one is given; returns how many it did not have before.

    Raises NotThere, Denied, and DomainError for more than may be given at once, settled ones, and a post that may not work on one of them.
    """
    if not 0 < len(tasks) <= MOST_AT_ONCE:
        raise DomainError(
            "TOO_MANY_TASKS",
            Text(f"请选择 1 至 {MOST_AT_ONCE} 项任务。", f"Choose between 1 and {MOST_AT_ONCE} tasks."),
        )
    if due_on is not None:
        _check_day(actor, due_on)
    with transaction.atomic():
        found = {row.pk: row for row in Task.objects.seen_by(actor).filter(pk__in=tasks)}
        if found.keys() != set(tasks):
            raise NotThere
        households = {row.household_id for row in found.values()}
        for household in sorted(households):
            lock_household(actor, household, "tasks.assign")
        hold_tasks(households)
        _check_owner(actor, post, households)
        rows = list(Task.objects.unscoped(LOCKED).select_for_update().filter(pk__in=tasks).order_by("pk"))
        given = [row for row in rows if (row.post_id, row.due_on) != (post, due_on or row.due_on)]
        for row in given:
            row.post_id = post
            row.due_on = due_on or row.due_on
            _write(by, row, What.ASSIGN)
        tally({row.place_id for row in given})
        return len(given)


def _take(by: By, actor: Actor, task: int, wanted: _Wanted) -> None:
    if not 0 < len(by.reason.strip()) <= LONGEST_REASON:
        raise DomainError(
            "REASON_NEEDED",
            Text(
                f"请写明原因，{LONGEST_REASON} 字以内。",
                f"Say why, in at most {LONGEST_REASON} signs; it is kept with the task.",
            ),
        )
    with transaction.atomic():
        found = Task.objects.seen_by(actor).filter(pk=task).first()
        if found is None:
            raise NotThere
        lock_household(actor, found.household_id, "tasks.work")
        hold_tasks([found.household_id])
        row = Task.objects.unscoped(LOCKED).select_for_update().get(pk=task)
        if row.state != wanted.seen:
            raise DomainError(
                "TASK_MOVED",
                Text(
                    f"这项任务刚才已变为“{STATES[row.state].zh}”，没有保存。请看过最新情况再决定。",
                    f"Meanwhile this became '{STATES[row.state].en}'; nothing was saved. Look at it as it is now, then decide.",
                ),
            )
        if wanted.verdict not in (None, row.verdict):
            raise DomainError(
                "VERDICT_MOVED",
                Text(
                    "评估刚才有了新的结论，没有保存。请看过最新情况再决定。",
                    "The assessment says something else meanwhile; nothing was saved. Look at the task as it is now, then decide.",
                ),
            )
        _check_grounds(actor, row.household_id, wanted.grounds)
        row.due_on = wanted.due_on or row.due_on
        if wanted.what == What.REOPEN:
            # As where an assessment asks again: whoever is to settle it has as many days as for a new one.
            row.due_on = max(row.due_on, office_days_after(actor.day, kinds()[row.kind].days[row.severity]))
        _write(by, row, wanted.what, wanted.grounds)
        tally({row.place_id})


def _write(by: By, task: Task, what: What, grounds: Grounds = Grounds()) -> None:
    """One step: the task as it is from then on, and how it came to be. The task is locked."""
    moved = MOVES[what].get(task.state)
    if moved is None:
        raise DomainError(
            "TASK_NOT_SO",
            Text(
                f"任务现在是“{STATES[task.state].zh}”，不能这样办。",
                f"The task is '{STATES[task.state].en}' now; this cannot be done with it.",
            ),
        )
    closes = moved in SETTLED
    if what not in UNDECIDING:
        task.decided_amount = task.amount
    task.state, task.unsettled = moved, not closes
    of_whom = f"household:{task.household_id}" if task.person_id is None else f"person:{task.person_id}"
    words = {"task": task.pk, "state": STATES[moved].zh, "until": task.due_on.isoformat()}
    words |= {"post": task.post_id} if what == What.ASSIGN else {}
    said = replace(by, reason=by.reason.strip())
    TaskStep.objects.create(
        task=task,
        at=by.at,
        entry_id=record(said, Act(f"casework.{what.value}", of_whom, task.household.place_id, words)),
        what=what,
        state=moved,
        post_id=task.post_id,
        due_on=task.due_on,
        verdict=task.verdict,
        proof=grounds.proof if closes else "",
        paper_id=grounds.paper if closes else None,
        act_id=grounds.act if closes else None,
    )
    task.save(update_fields=["state", "unsettled", "decided_amount", "post", "due_on"])


def _check_grounds(actor: Actor, household: int, grounds: Grounds) -> None:
    """Raises NotThere, DomainError."""
    match grounds:
        case Grounds(Proof.TEXT, None, None):
            return
        case Grounds(Proof.PAPER, int(paper), None):
            paper_of(actor, household, paper)
        case Grounds(Proof.ACT, None, int(act)):
            if not any(each.id == act and not each.undone for each in acts(actor, household)):
                raise NotThere
        case _:
            raise DomainError(
                "GROUNDS_UNFIT",
                Text("请选一份档案资料，或一次登记，或只写说明。", "Choose one paper, or one act, or write only."),
            )


def _check_day(actor: Actor, due_on: date) -> None:
    if due_on < actor.day:
        raise DomainError("DAY_PASSED", Text("期限不能早于今天。", "A deadline cannot have passed already."))


def _check_owner(actor: Actor, post: int, households: set[int]) -> None:
    """Raises NotThere, DomainError where the post may not work on one of these households."""
    seat = Post.objects.seen_by(actor).filter(pk=post).first()
    if seat is None:
        raise NotThere
    role = roles()[seat.role]
    areas = PostArea.objects.unscoped(LOCKED).filter(lasts(actor.day), post=post)
    roots = {area.place_id for area in areas if area.place_id is not None}
    roots |= {place for area in areas if area.unit_id is not None for place in area_of_unit(area.unit_id, actor.day)}
    within = Below.objects.filter(within__in=roots).values("place")
    reached = Task.objects.unscoped(LOCKED).filter(household__in=households, household__place__in=within)
    mine = set(reached.values_list("household_id", flat=True))
    if role.own_households:
        helped = Assignment.objects.unscoped(LOCKED).filter(lasts(actor.day), household__in=households, undone=None)
        mine = set(helped.annotate(seat=SEAT).filter(seat=post).values_list("household_id", flat=True))
    if seat.closed_on is not None or "tasks.work" not in role.permissions or mine != households:
        raise DomainError(
            "OWNER_UNFIT",
            Text(
                "这个岗位管不到所选的全部任务（已撤并、没有办理权限，或不负责其中某户）。请分开安排。",
                "This post cannot work on all of these tasks: it is closed, may not, or does not answer for one of the households. Give them out apart.",
            ),
        )
