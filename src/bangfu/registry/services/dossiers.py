"""Papers of dossiers: added as scans, compared by somebody else, taken out again. Each is an act, and nothing is ever changed."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.audit.data import Act as Said
from bangfu.audit.data import By
from bangfu.engine.request import book_of
from bangfu.files.scans import TOO_COSTLY, Scan, clean
from bangfu.files.store import Stored, store
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.registry.homes import home_of
from bangfu.registry.missing_papers import count_missing_papers
from bangfu.registry.models import Act, Evidence, EvidenceCheck, EvidenceFile, Household, How, Judged, Person
from bangfu.registry.services.acts import begin, lock_household
from bangfu.registry.versions import WRITES

MOST_FILES, MOST_PAGES = 30, 1000


@dataclass(frozen=True, slots=True)
class NewPaper:
    """A paper to be added: of the household, or of a member. `files` are the scans as they were handed in, in the order of the pages; `names`: what they were called."""

    kind: str
    files: Sequence[bytes]
    kept_from: date
    person: int | None = None
    title: str = ""
    issued_on: date | None = None
    expires_on: date | None = None
    pages: int | None = None
    names: Sequence[str] = ()


# The scans of a paper, each with what it is in the store.
Opened = Sequence[tuple[Scan, Stored]]


def open_scans(by: By, actor: Actor, household: int, paper: NewPaper) -> Opened:
    """Open the scans of a paper to be added, and store them. It takes time: in no transaction, so that nobody waits for it. Raises as `add_paper`."""
    # Asked before anything is opened, and again when it is added.
    with transaction.atomic():
        lock_household(actor, household, "households.keep")
        _check(actor, household, paper)
    scans = _cleaned(paper)
    return [(scan, store(by.ring, io.BytesIO(scan.content), settings.SCAN_BYTES * 2)) for scan in scans]


def _cleaned(paper: NewPaper) -> list[Scan]:
    """The scans as they are kept. Raises DomainError that says of each which is not taken why: with one missing it would not be the paper."""
    scans: list[Scan] = []
    refused: list[tuple[int, DomainError]] = []
    for number, content in enumerate(paper.files, 1):
        try:
            scans.append(clean(_within_limit(content)))
        except DomainError as problem:
            refused.append((number, problem))
            if problem.code == TOO_COSTLY:  # nobody waits for as long with each
                break
    if not refused:
        return scans
    if len(paper.files) == 1:
        raise refused[0][1]
    said = [(f"（{paper.names[n - 1]}）" if paper.names else "", n, each.text) for n, each in refused]
    zh = "".join(f"第 {n} 个文件{name}：{text.zh}" for name, n, text in said)
    en = " ".join(f"File {n}{name}: {text.en}" for name, n, text in said)
    raise DomainError(
        refused[0][1].code,
        Text(
            f"{len(paper.files)} 个文件中有 {len(refused)} 个不能收，这份资料没有存入。{zh}请换好后，连同其他文件一起重新选择。",
            f"{len(refused)} of {len(paper.files)} files are not taken, and the paper was not added. {en} "
            "Replace these, then choose them again together with the others.",
        ),
    )


def add_paper(
    by: By, actor: Actor, household: int, paper: NewPaper, source: str = "", opened: Opened | None = None
) -> int:
    """Add a paper with its scans, all or nothing; `opened` where they are already. Returns its id.

    Raises NotThere, Denied, DomainError (a scan that is not taken among them).
    """
    if actor.account is None:
        raise NotThere
    kept = open_scans(by, actor, household, paper) if opened is None else opened
    with transaction.atomic():
        found = lock_household(actor, household, "households.keep")
        _check(actor, household, paper)
        act = _begin(
            by, found, "registry.add_evidence", {"evidence": book_of(()).evidence[paper.kind].label.zh}, source
        )
        made = Evidence.objects.create(
            household=None if paper.person else found,
            person_id=paper.person,
            kind=paper.kind,
            title=paper.title.strip(),
            kept_from=paper.kept_from,
            issued_on=paper.issued_on,
            expires_on=paper.expires_on,
            pages=paper.pages,
            added_by_id=actor.account,
            act=act,
            stands=True,
        )
        EvidenceFile.objects.bulk_create(
            EvidenceFile(
                evidence=made, position=n, file=file.sha256, media=scan.media, size=file.size, pages=scan.pages
            )
            for n, (scan, file) in enumerate(kept, start=1)
        )
        count_missing_papers(household, actor.day, home_of(household, actor.day))
        return made.pk


def check_paper(by: By, actor: Actor, paper: int, *, right: bool, why: str = "") -> int:
    """Say that somebody compared a paper, and whether it is right. Returns the act. Raises NotThere, Denied, DomainError.

    Whoever added it cannot check it: two pairs of eyes see what one overlooks.
    """
    with transaction.atomic():
        found, household = _lock(actor, paper)
        if found.added_by_id == actor.account:
            raise DomainError(
                "OWN_PAPER",
                Text(
                    "这份资料是您自己存入的，须由另一位工作人员核对。",
                    "You added this paper yourself; somebody else has to check it.",
                ),
            )
        return _say(by, actor, found, household, Judged.RIGHT if right else Judged.WRONG, why)


def withdraw_paper(by: By, actor: Actor, paper: int, why: str) -> int:
    """Take a paper out of the dossier, for a reason; it stays readable as of days before. Returns the act. Raises NotThere, Denied, DomainError."""
    with transaction.atomic():
        found, household = _lock(actor, paper)
        act = _say(by, actor, found, household, Judged.WITHDRAWN, why)
        count_missing_papers(household.pk, actor.day, home_of(household.pk, actor.day))
        return act


def _say(by: By, actor: Actor, paper: Evidence, household: Household, result: Judged, why: str) -> int:
    assert actor.account is not None
    if result != Judged.RIGHT and not why.strip():
        raise DomainError("REASON_NEEDED", Text("请写明原因。", "Say why."))
    last = EvidenceCheck.objects.unscoped(WRITES).filter(evidence=paper, stands=True).order_by("act_id").last()
    if last is not None and last.result == Judged.WITHDRAWN:
        raise DomainError(
            "PAPER_WITHDRAWN",
            Text("这份资料已经撤下，请刷新后再看。", "This paper was taken out already; look again."),
        )
    name = "registry.withdraw_evidence" if result == Judged.WITHDRAWN else "registry.check_evidence"
    act = _begin(by, household, name, {"result": result.label})
    EvidenceCheck.objects.create(
        evidence=paper,
        result=result,
        why=why.strip(),
        checked_by_id=actor.account,
        checked_on=actor.day,
        act=act,
        stands=True,
    )
    return act.pk


def _begin(by: By, household: Household, name: str, words: dict[str, str], source: str = "") -> Act:
    return begin(by, How.EDIT, Said(name, f"household:{household.pk}", household.place_id, words), source)


def _lock(actor: Actor, paper: int) -> tuple[Evidence, Household]:
    """A paper that stands and the household it belongs to now, locked. Raises NotThere, Denied."""
    found = Evidence.objects.seen_by(actor).filter(pk=paper, stands=True).select_related("person").first()
    if found is None or actor.account is None:
        raise NotThere
    household = found.person.household_id if found.person else found.household_id
    if household is None:
        raise NotThere
    return found, lock_household(actor, household, "households.keep")


def _within_limit(content: bytes) -> bytes:
    if len(content) > settings.SCAN_BYTES:
        raise DomainError(
            "FILE_TOO_LARGE",
            Text(
                f"文件超过 {settings.SCAN_BYTES // 1_000_000} MB，没有保存。请缩小后再传。",
                f"The file is larger than {settings.SCAN_BYTES // 1_000_000} MB and was not kept. Make it smaller, then try again.",
            ),
        )
    return content


def _check(actor: Actor, household: int, paper: NewPaper) -> None:
    kind = book_of(()).evidence.get(paper.kind)
    if kind is None:
        raise DomainError("NO_SUCH_KIND", Text("没有这种档案资料。", "There is no such kind of paper."))
    if (kind.table == "person") != (paper.person is not None):
        raise DomainError(
            "WHOSE_PAPER",
            Text(f"“{kind.label.zh}”请选择是谁的。", f"Choose whose '{kind.label.en}' this is.")
            if kind.table == "person"
            else Text(
                f"“{kind.label.zh}”是全户的，不要选择成员。", f"'{kind.label.en}' is of the household, of no member."
            ),
        )
    members = Person.objects.unscoped(WRITES).filter(household=household)
    if paper.person is not None and not members.filter(pk=paper.person).exists():
        raise NotThere
    if not 1 <= len(paper.files) <= MOST_FILES:
        raise DomainError(
            "HOW_MANY_FILES",
            Text(f"请选择 1 至 {MOST_FILES} 个文件。", f"Choose from 1 to {MOST_FILES} files."),
        )
    if paper.kept_from > actor.day or (paper.issued_on or actor.day) > actor.day:
        raise DomainError("DAY_TO_COME", Text("日期不能晚于今天。", "The day must not be after today."))
    if paper.issued_on and paper.expires_on and paper.expires_on < paper.issued_on:
        raise DomainError("DAYS_IN_ORDER", Text("到期日期不能早于签发日期。", "It cannot expire before it was issued."))
    if paper.pages is not None and not 1 <= paper.pages <= MOST_PAGES:
        raise DomainError(
            "PAGES_UNFIT", Text(f"页数应在 1 到 {MOST_PAGES} 之间。", f"Pages are between 1 and {MOST_PAGES}.")
        )


__all__ = ["MOST_FILES", "NewPaper", "add_paper", "check_paper", "withdraw_paper"]
