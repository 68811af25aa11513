"""Files that were handed in, read and applied as jobs: each step stands with the upload, and what it found is kept beside the file, sealed.

A job may be done twice: reading writes nothing but its step, and what was applied is not applied again.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import IO, Any

import duckdb
from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import actor_of, may_open, require
from bangfu.audit.data import Act, By
from bangfu.audit.services import record, record_read
from bangfu.engine.duck import open_engine
from bangfu.engine.marked import MOST_MARKED, write_marked
from bangfu.engine.register.archive import unpack
from bangfu.files.store import store
from bangfu.intake.data import Seen
from bangfu.intake.models import State, What
from bangfu.intake.selectors import of_job, opened, standing_since, upload
from bangfu.intake.services import OPEN, last_state, lock_of_job, lock_seen, require_state, step
from bangfu.kernel.aside import open_folder
from bangfu.kernel.errors import DomainError, RegisterRefused
from bangfu.kernel.words import Lang, Text
from bangfu.privacy.masks import hidden, hidden_in
from bangfu.registry.imports.apply import Applied, apply_import, changed_meanwhile
from bangfu.registry.imports.national import NationalFile
from bangfu.registry.imports.plan import Order, planned, workbench
from bangfu.registry.imports.preview import changes_said
from bangfu.registry.imports.sources import source_of
from bangfu.registry.layouts import TABLES, layout, layout_names, plain
from bangfu.registry.services.acts import is_undone
from bangfu.registry.services.stated import load_statement

KIND = "register"
# What was read, and may be kept to compare with, be it that it cannot be imported.
COMPARED = frozenset({State.PREVIEWED, State.REFUSED, State.STALE})
A_PAGE = 100
# So long no job takes, nor waits.
STUCK = timedelta(hours=6)
BROKEN = Text(
    "程序没有做完，在册资料没有变动。请重新读取后再办；再不成功，请联系管理员。",
    "The program did not finish, and the register is unchanged. Have the file read anew; if that fails again, ask the administrator.",
)
# What we make ourselves of a file that was let in; many times what it can come to.
MOST_MADE = 4 << 30
_ORDERED = "FROM change ORDER BY household_id, person_id NULLS FIRST, facts, field"


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A fault as a page shows it: the cell, the value there (of a number of an ID no more than the last four), and what is wrong with it."""

    cell: str
    table: str
    row: int
    column: str
    value: str
    reason: Text


# ---- asked for by people


def ask_to_read(by: By, actor: Actor, upload: int, enqueue: Callable[[], object]) -> None:
    """Have a file read (anew). Raises NotThere, Denied, DomainError where it is applied (and not undone), or withdrawn."""
    with transaction.atomic():
        found = lock_seen(actor, upload)
        seen = upload_to_import(actor, upload)
        if not may_be_read(seen):
            require_state(upload, OPEN)
        step(by.at, upload, State.STAGED, {})
        record(by, Act("intake.read", f"upload:{upload}", found.place_id))
        enqueue()


def ask_to_apply(by: By, actor: Actor, upload: int, agreed: str, enqueue: Callable[[], object]) -> None:
    """Have a file applied as it was previewed; `agreed` is the digest of the changes that were seen. Raises as `ask_to_read`, and DomainError
    (CHANGED_MEANWHILE) where another preview has taken its place."""
    with transaction.atomic():
        found = lock_seen(actor, upload)
        upload_to_import(actor, upload)
        require_state(upload, frozenset({State.PREVIEWED}))
        said = of_job(upload).said
        if said.get("digest") != agreed:
            raise changed_meanwhile()
        step(by.at, upload, State.APPLYING, said)
        record(by, Act("intake.apply", f"upload:{upload}", found.place_id))
        enqueue()


def ask_to_compare(by: By, actor: Actor, upload: int, enqueue: Callable[[], object]) -> None:
    """Have a national export kept only to compare with. Raises as `ask_to_read`, and NotThere where it is no such export."""
    with transaction.atomic():
        found = lock_seen(actor, upload)
        seen = upload_to_import(actor, upload)
        if not may_be_compared(seen):
            require_state(upload, COMPARED)
            raise NotThere
        step(by.at, upload, State.COMPARING, {**seen.said, "before": seen.state})
        record(by, Act("intake.compare", f"upload:{upload}", found.place_id))
        enqueue()


def may_be_read(seen: Seen) -> bool:
    """Whether a file may be read (anew): it is not applied, or that was undone."""
    act = seen.said.get("act")
    return seen.state in OPEN or (seen.state == State.APPLIED and act is not None and is_undone(act))


def may_be_compared(seen: Seen) -> bool:
    return seen.state in COMPARED and bool(seen.said.get("national"))


# ---- done as jobs


def read(by: By, account: int, upload: int) -> None:
    """Read a staged file, and keep what it would change, or what is wrong with it."""
    seen = of_job(upload)
    if seen.state != State.STAGED:
        return
    try:
        with _unpacked(by, seen) as order, workbench() as con:
            actor = actor_of(account, by.at)
            national = isinstance(source_of(order), NationalFile)
            try:
                plan = planned(by, actor, order, con, _quietly)
            except RegisterRefused as refused:
                _keep_faults(by, seen, order.file, refused, national=national)
                return
            said = {
                "national": national,
                "digest": plan.digest,
                "counts": dict(plan.counts),
                "changes": plan.changes,
                "notes": [[note.zh, note.en] for note in plan.report.notes],
            }
            kept = {What.CHANGES: _kept_changes(by, order.file.parent, con)} if plan.changes else {}
    except DomainError as refusal:
        said, kept = {"why": [refusal.text.zh, refusal.text.en]}, {}
        _reach(by.at, upload, {State.STAGED}, State.REFUSED, said, kept)
        return
    _reach(by.at, upload, {State.STAGED}, State.PREVIEWED, said, kept)


def apply(by: By, account: int, upload: int) -> None:
    """Apply a file as it was previewed: all of it, its act, its entry and its step in one transaction. Where that is refused, it is to be previewed anew."""
    seen = of_job(upload)
    if seen.state != State.APPLYING:
        return

    def then(applied: Applied) -> None:
        lock_of_job(upload)
        if last_state(upload) != State.APPLYING:
            raise changed_meanwhile()
        step(by.at, upload, State.APPLIED, {**seen.said, "act": applied.act})

    try:
        with _unpacked(by, seen) as order, workbench() as con:
            actor = actor_of(account, by.at)
            apply_import(by, actor, order, con, progress=_quietly, then=then)
    except DomainError as refusal:
        why = changed_meanwhile().text if isinstance(refusal, RegisterRefused) else refusal.text
        _let_go(by.at, seen, why)
    except Exception:
        _let_go(by.at, seen, BROKEN)
        raise


def compare(by: By, account: int, upload: int) -> None:
    """Keep what a national export states, beside the register; the file then stands where it stood before."""
    seen = of_job(upload)
    if seen.state != State.COMPARING:
        return
    try:
        with _unpacked(by, seen) as order, workbench() as con:
            loaded = load_statement(by, actor_of(account, by.at), order, con, _quietly)
            compared = {"households": loaded.households, "unknown": loaded.unknown}
    except DomainError as refusal:
        _let_go(by.at, seen, refusal.text)
    except Exception:
        _let_go(by.at, seen, BROKEN)
        raise
    else:
        _reach(
            by.at, upload, {State.COMPARING}, State(seen.said["before"]), {**_as_before(seen), "compared": compared}, {}
        )


def let_go_of_stuck(at: datetime) -> int:
    """Let files be read anew whose job never ended: killed again and again, or left behind by a server that is no more. Returns how many."""
    stuck = standing_since(at - STUCK, (State.APPLYING, State.COMPARING))
    for seen in stuck:
        _let_go(at, seen, BROKEN)
    return len(stuck)


# ---- looked at


def changes(by: By, seen: Seen, lang: Lang, page: int) -> list[list[str]]:
    """A page of what a previewed file would change, in words, under `preview.HEADINGS`. Raises DomainError where it is no longer kept."""
    with open_folder("preview") as folder:
        path = Path(folder) / "changes.parquet"
        with opened(by.ring, seen, What.CHANGES) as sealed, path.open("wb") as plain:
            shutil.copyfileobj(sealed, plain)
        con = open_engine()
        try:
            con.execute(f"CREATE VIEW change AS FROM read_parquet('{path}')")
            return list(changes_said(con, lang, A_PAGE, skip=A_PAGE * (page - 1)))
        finally:
            con.close()


def faults(by: By, seen: Seen) -> list[FaultRow]:
    """The faults of a refused file, as many as are marked. Raises DomainError where they are no longer kept."""
    with opened(by.ring, seen, What.FAULTS) as sealed:
        listed = json.load(sealed)
    return [FaultRow(row[0], row[1], row[2], row[3], _as_shown(row[3], row[4]), Text(*row[5])) for row in listed]


def offered_marked(actor: Actor, seen: Seen) -> bool:
    """Whether to offer the marked workbook: to who may have it, be it that a code or the password has still to be given."""
    return _brought(actor, seen) or may_open(actor, "households.reveal", seen.place)


def require_marked(actor: Actor, asked: int) -> tuple[Seen, bool]:
    """The file whose marked workbook the actor may have, and whether a reason has to be given for that.

    Who brought the file has its numbers already. Anybody else is shown whole numbers by it, and needs what that needs. Raises NotThere, Denied.
    """
    seen = upload_to_import(actor, asked)
    if What.MARKED not in seen.kept:
        raise NotThere
    if _brought(actor, seen):
        return seen, False
    require(actor, "households.reveal", seen.place)
    return seen, True


def marked(by: By, actor: Actor, asked: int) -> IO[bytes]:
    """The workbook with its faults marked; each time is recorded. Raises NotThere, Denied, DomainError where a reason is missing."""
    seen, others = require_marked(actor, asked)
    if others and not by.reason.strip():
        raise DomainError(
            "REASON_NEEDED",
            Text("请写明查看号码的原因，原因会留痕。", "Say why you need to see the numbers; the reason is recorded."),
        )
    file = opened(by.ring, seen, What.MARKED)
    act = "intake.reveal_marked" if others else "intake.take_marked"
    record_read(by, Act(act, f"upload:{asked}", seen.place, {"file": seen.name, "digest": seen.digest}))
    return file


def upload_to_import(actor: Actor, asked: int, kind: str | None = KIND) -> Seen:
    """A file of a kind (None: of any) that was handed in. Raises NotThere, Denied."""
    require(actor, "households.import")
    seen = upload(actor, asked)
    if kind not in (None, seen.kind):
        raise NotThere
    return seen


# ---- within


def _brought(actor: Actor, seen: Seen) -> bool:
    return actor.account is not None and actor.account == seen.account


@cache
def _of_numbers() -> frozenset[str]:
    """The headers under which any layout has numbers of IDs."""
    every = [
        each for name in layout_names() for table in TABLES for each in layout(name).tables[table].columns.values()
    ]
    spelt = [(each.name, each.label.zh, *each.also) for each in every if each.fact == "papers.id_number"]
    return frozenset({"id_number", *(plain(header) for headers in spelt for header in headers)})


def _as_shown(column: str, value: str) -> str:
    return hidden(value) if plain(column) in _of_numbers() else hidden_in(value)


def _quietly(_: Text) -> None:
    """A job has nobody to tell."""


@contextmanager
def _unpacked(by: By, seen: Seen) -> Iterator[Order]:
    """The file as it was handed in, in a folder that only its owner reads and that is gone afterwards. Raises DomainError where it is not kept, or unsafe."""
    with open_folder("upload") as folder:
        path = Path(folder) / ("register.zip" if seen.name.lower().endswith(".zip") else "register.xlsx")
        with opened(by.ring, seen, What.RAW) as sealed, path.open("wb") as plain:
            shutil.copyfileobj(sealed, plain)
        if path.suffix == ".zip":
            unpacked = Path(folder) / "register"
            unpacked.mkdir()
            unpack(path, unpacked)
            path = unpacked
        yield Order(path, seen.as_of, seen.name, seen.digest, agreed=seen.said.get("digest"))


def _kept_changes(by: By, folder: Path, con: duckdb.DuckDBPyConnection) -> str:
    path = folder / "changes.parquet"
    con.execute(f"COPY ({_ORDERED}) TO '{path}' (FORMAT parquet)")
    return _stored(by, path)


def _keep_faults(by: By, seen: Seen, register: Path, refused: RegisterRefused, *, national: bool) -> None:
    marked, listed = register.parent / "marked.xlsx", register.parent / "faults.json"
    cells = write_marked(register, refused, marked, "zh")
    rows = [
        (cell, fault.table, fault.row, fault.column, fault.value, (fault.reason.zh, fault.reason.en))
        for cell, fault in zip(cells, refused.faults[:MOST_MARKED], strict=True)
    ]
    listed.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    kept = {What.MARKED: _stored(by, marked), What.FAULTS: _stored(by, listed)}
    said = {"faults": refused.total, "listed": len(rows), "national": national}
    _reach(by.at, seen.id, {State.STAGED}, State.REFUSED, said, kept)


def _stored(by: By, path: Path) -> str:
    with path.open("rb") as file:
        return store(by.ring, file, MOST_MADE).sha256


def _as_before(seen: Seen) -> dict[str, Any]:
    """What was said of a file before it was asked to be compared with."""
    return {name: value for name, value in seen.said.items() if name not in ("before", "why", "compared")}


def _let_go(at: datetime, seen: Seen, why: Text) -> None:
    """Let a file stand where somebody can go on with it: what was asked for was not done, and why."""
    said = {"why": [why.zh, why.en]}
    if seen.state == State.COMPARING:
        _reach(at, seen.id, {State.COMPARING}, State(seen.said["before"]), {**_as_before(seen), **said}, {})
    else:
        _reach(at, seen.id, {State.APPLYING}, State.STALE, said, {})


def _reach(at: datetime, upload: int, past: set[State], state: State, said: Any, kept: dict[What, str]) -> None:
    """Add a step, unless somebody has taken the file elsewhere meanwhile."""
    with transaction.atomic():
        lock_of_job(upload)
        if last_state(upload) in past:
            step(at, upload, state, said, kept)
