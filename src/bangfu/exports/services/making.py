"""An export is made: what was agreed to, of what its asker may see now, as a marked file in the store."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

from django.db import transaction

from bangfu.access.data import Actor, Denied
from bangfu.access.models import Account
from bangfu.access.policy import actor_of, require, system_actor
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.engine.duck import open_engine
from bangfu.exports.data import STOPPED, stopped
from bangfu.exports.layouts import Source, layouts
from bangfu.exports.limits import limits
from bangfu.exports.marks import Marking
from bangfu.exports.models import Export, State
from bangfu.exports.narrowing import part_asked
from bangfu.exports.workbook import About, write_workbook
from bangfu.files.store import Stored, store
from bangfu.kernel.aside import open_folder
from bangfu.kernel.clock import OFFICE_TIME, office_day
from bangfu.kernel.errors import DomainError
from bangfu.places.selectors import places_named
from bangfu.registry.bulk import one_moment
from bangfu.registry.parts import Part, lay_out

MEMORY = "200MB"
LARGEST = 1 << 30
LOCKED = "an export is made in the name of who asked for it"
SYSTEM = "command"
WARNING = (
    "本文件含个人信息，只限上述用途；不得转发、转存或上传到其他系统，用毕请删除。每份文件都有标记，泄露可以追查到导出的人。\n"
    "Personal data, for the purpose above only. Do not pass it on or keep it elsewhere; delete it after use. Every copy is marked and leads to who took it."
)


def make(by: By, export: int) -> None:
    """Make an export that is due; nothing where it is not, or no longer. Made twice at once, the first file counts.

    What stands against it now (the asker's right is gone, there is more than was agreed to) ends it, for a reason that its row keeps.
    """
    found = Export.objects.unscoped(LOCKED).filter(pk=export, state=State.DUE, lasts_until__gt=by.at).first()
    if found is None:
        return
    try:
        with open_folder("export") as folder:
            path = Path(folder) / "export.xlsx"
            rows = _write(by, found, path)
            with path.open("rb") as file:
                stored = store(by.ring, file, LARGEST)
    except DomainError as refusal:
        if refusal.code not in STOPPED:
            raise
        _stop(by, export, refusal.code)
        return
    _finish(by, export, rows, stored)


def size_of(export: Export, at: datetime) -> tuple[int, int]:
    """How many households and persons it has now, of those that its asker may see now. Raises DomainError for what stands against it."""
    return _sizes(_part(export, asker_of(export, at)))


def asker_of(export: Export, at: datetime) -> Actor:
    """Whoever asked, with what their posts allow now; the code and the password were given when they asked.

    Raises DomainError (RIGHT_LOST) where they may not export there any more.
    """
    if export.asked_by_id is None:
        actor = system_actor(SYSTEM, "officer", office_day(at))
    else:
        actor = actor_of(export.asked_by_id, at, second_factor=True, confirmed=True)
    try:
        require(actor, "households.export", export.place_id)
        if export.full_numbers:
            require(actor, "households.reveal", export.place_id)
    except Denied as denied:
        raise stopped("RIGHT_LOST") from denied
    return actor


def _write(by: By, found: Export, path: Path) -> dict[str, int]:
    """The file, and the rows of each of its sheets, all of one moment. Raises DomainError for what stops it."""
    asker = asker_of(found, by.at)
    with one_moment(), closing(open_engine(path.parent, memory=MEMORY)) as con:
        part = _part(found, asker)
        households, persons = _sizes(part)
        if households > found.households or persons > found.persons:
            raise stopped("GROWN")
        lay_out(con, part)
        sheets = layouts()[found.layout].sheets(Source(con, found.as_of, by.ring if found.full_numbers else None))
        return write_workbook(path, _about(found, by.at, households, persons), _marking(found, by.at), by.at, sheets)


def _part(export: Export, asker: Actor) -> Part:
    return part_asked(asker, export.place_id, export.as_of, export.narrowed_to)


def _sizes(part: Part) -> tuple[int, int]:
    households, persons = part.sizes()
    if not households:
        raise stopped("NOTHING_THERE")
    return households, persons


def _finish(by: By, export: int, rows: dict[str, int], stored: Stored) -> None:
    with transaction.atomic():
        found = _due(export)
        if found is None:
            return
        found.state, found.made_at, found.lasts_until = State.MADE, by.at, by.at + limits().kept
        found.rows, found.size, found.digest, found.file = rows, stored.size, stored.sha256, stored.sha256
        found.save()
        words = {
            "code": found.code,
            "digest": stored.sha256,
            "rows": [f"{sheet} {count}" for sheet, count in rows.items()],
        }
        record(by, Act("exports.make", f"export:{export}", found.place_id, words))


def _stop(by: By, export: int, why: str) -> None:
    with transaction.atomic():
        found = _due(export)
        if found is not None:
            stop(by, found, why)


def stop(by: By, found: Export, why: str) -> None:
    """End an export that the caller has locked, for what stands against it."""
    found.state, found.stopped_for, found.file = State.STOPPED, why, ""
    found.save()
    record(by, Act("exports.stop", f"export:{found.pk}", found.place_id, {"why": why}))


def _due(export: int) -> Export | None:
    """Locked; None where another was faster, or it lapsed meanwhile."""
    return Export.objects.unscoped(LOCKED).select_for_update().filter(pk=export, state=State.DUE).first()


def _marking(found: Export, at: datetime) -> Marking:
    return Marking(
        found.code, _who(found.asked_by), at.astimezone(OFFICE_TIME).strftime("%Y-%m-%d %H:%M"), found.reason
    )


def _about(found: Export, at: datetime, households: int, persons: int) -> About:
    place = places_named([found.place_id]).get(found.place_id, "")
    lines = [
        ("导出编号 Code", found.code),
        ("用途 Needed for", found.reason),
        ("申请人 Asked for by", _who(found.asked_by)),
        ("审批人 Approved by", _who(found.decided_by) if found.decided_by else "—"),
        ("生成时间 Made at", at.astimezone(OFFICE_TIME).strftime("%Y-%m-%d %H:%M")),
        ("格式 Layout", layouts()[found.layout].label.zh),
        ("范围 Place", place),
        ("资料日期 As of", found.as_of.isoformat()),
        *([("筛选 Filter", "\n".join(found.narrowed_said))] if found.narrowed_to else []),
        ("户数 Households", f"{households}"),
        ("人数 Persons", f"{persons}"),
        ("证件号码 ID numbers", "完整 in full" if found.full_numbers else "不含 left out"),
    ]
    return About(f"登记资料导出 {found.code}", lines, WARNING)


def _who(account: Account | None) -> str:
    return "系统 system" if account is None else f"{account.name}（{account.login}）"
