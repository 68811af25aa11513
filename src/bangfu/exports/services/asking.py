"""Exports asked for: who may, how much, why; and whether somebody else has to agree first. What waits for that can be taken back."""

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import Account
from bangfu.access.policy import require
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.exports.data import NewExport, stopped
from bangfu.exports.jobs import enqueue
from bangfu.exports.layouts import layouts
from bangfu.exports.limits import Limit, limit_of, limits
from bangfu.exports.marks import new_code
from bangfu.exports.models import Export, State
from bangfu.exports.narrowing import part_asked, said
from bangfu.kernel.clock import office_day, office_midnight
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text

LONGEST_REASON = 200
COUNTED = "how many somebody asked for today is counted of their own"


def ask(by: By, actor: Actor, new: NewExport) -> int:
    """Ask for an export; `by.reason` says what it is needed for. Returns its id; where nobody else has to agree, it is made next.

    Raises Denied, DomainError: no reason, a day to come, nothing there, more than the role allows, too many on one day.
    """
    _check(by, actor, new)
    households, persons = part_asked(actor, new.place, new.as_of, new.narrowed_to).sizes()
    limit = limit_of(actor, new.place)
    refuse_size(households, limit)
    narrowed = said(actor, new.narrowed_to)
    # A command on the machine itself: who may log in there has the database anyway.
    second = actor.account is not None and limit.needs_second(persons, full_numbers=new.full_numbers)
    with transaction.atomic():
        _refuse_many(by, actor)
        made = Export.objects.create(
            code=new_code(),
            state=State.ASKED if second else State.DUE,
            layout=new.layout,
            place_id=new.place,
            as_of=new.as_of,
            narrowed_to=new.narrowed_to,
            narrowed_said=narrowed,
            full_numbers=new.full_numbers,
            reason=by.reason.strip(),
            asked_by_id=actor.account,
            asked_at=by.at,
            households=households,
            persons=persons,
            needs_second=second,
            lasts_until=by.at + limits().decided_within,
        )
        words = {
            "code": made.code,
            "layout": new.layout,
            "as_of": new.as_of.isoformat(),
            "numbers": "是" if new.full_numbers else "否",
            "households": households,
            "persons": persons,
            **({"filter": narrowed} if narrowed else {}),
        }
        record(by, Act("exports.ask", f"export:{made.pk}", new.place, words))
        if not second and actor.account is not None:
            enqueue(made.pk)
        return made.pk


def withdraw(by: By, actor: Actor, export: int) -> None:
    """Take back what one asked for and nobody has decided on. Raises NotThere for what others asked for, DomainError where it is too late.

    It still counts among those that were asked for on the day.
    """
    with transaction.atomic():
        found = _own_locked(actor, export)
        if found.state != State.ASKED:
            raise DomainError(
                "NOT_WAITING",
                Text(
                    "这个申请不在等审批了，不能再撤回。已生成的文件可以不下载，到期自动删除。",
                    "This waits for nobody's decision any more, and cannot be taken back. A file that was made need not be taken; it is deleted when its days are over.",
                ),
            )
        found.state = State.WITHDRAWN
        found.save(update_fields=["state"])
        record(by, Act("exports.withdraw", f"export:{export}", found.place_id, {"code": found.code}))


def _own_locked(actor: Actor, export: int) -> Export:
    if actor.account is None:
        raise NotThere
    rows = Export.objects.unscoped("what one asked for oneself, locked").select_for_update()
    found = rows.filter(pk=export, asked_by=actor.account).first()
    if found is None:
        raise NotThere
    return found


def _check(by: By, actor: Actor, new: NewExport) -> None:
    require(actor, "households.export", new.place)
    if new.full_numbers:
        require(actor, "households.reveal", new.place)
    if new.layout not in layouts():
        raise DomainError("LAYOUT_UNKNOWN", Text(f"没有“{new.layout}”这种格式。", f"There is no layout {new.layout}."))
    if new.as_of > actor.day:
        raise DomainError("DAY_TO_COME", Text("资料日期还没有到。", "The day of the register is still to come."))
    reason = by.reason.strip()
    if not reason:
        raise DomainError(
            "REASON_NEEDED",
            Text(
                "请写明导出的用途，用途会留痕，也印在文件上。",
                "Say what it is needed for; that is recorded, and printed on the file.",
            ),
        )
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        raise DomainError(
            "REASON_UNFIT",
            Text(
                f"用途须在 {LONGEST_REASON} 字以内，写在一行里。",
                f"Say it in one line of at most {LONGEST_REASON} signs.",
            ),
        )


def refuse_size(households: int, limit: Limit) -> None:
    """Raises DomainError where nobody is there, or more than the posts of whoever asks allow."""
    if not households:
        raise stopped("NOTHING_THERE")
    if households > limit.households:
        raise DomainError(
            "TOO_MANY",
            Text(
                f"这里有 {households} 户，申请人的岗位一次至多导出 {limit.households} 户。请分村导出，或请区扶贫办导出。",
                f"There are {households} households; the post of whoever asks exports at most {limit.households} at a time. "
                "Take them by village, or ask the district office.",
            ),
        )


def _refuse_many(by: By, actor: Actor) -> None:
    """One after the other: of two that ask at once, neither would see the other."""
    if actor.account is None:
        return
    list(
        Account.objects.unscoped("locked, so that what one asks for is counted")
        .select_for_update()
        .filter(pk=actor.account)
    )
    today = Export.objects.unscoped(COUNTED).filter(
        asked_by=actor.account, asked_at__gte=office_midnight(office_day(by.at))
    )
    if today.count() >= limits().a_day:
        raise DomainError(
            "ENOUGH_TODAY",
            Text(
                f"每人每天至多申请 {limits().a_day} 次导出。请明天再申请。",
                f"Nobody asks for more than {limits().a_day} exports a day. Ask again tomorrow.",
            ),
        )
