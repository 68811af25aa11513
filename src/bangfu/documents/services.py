"""Papers issued: made of what the register holds, recorded with their digests, one by one or many at a time."""

import hashlib
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.documents.cases import CHUNK, Wanted, cases
from bangfu.documents.data import OF_DOSSIER, OF_VERDICTS, ROWS, Case, digest_of, portions, rows
from bangfu.documents.models import Door, Issue
from bangfu.documents.papers import Format, Paper
from bangfu.documents.press import TYPESETTERS, Foot, Press, bundled
from bangfu.documents.scans import Scan, with_scans
from bangfu.engine.request import book_of
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Lang, Text
from bangfu.places.selectors import places_named
from bangfu.policies.in_force import in_force
from bangfu.registry.differences import stated, texts_of
from bangfu.registry.dossiers import label_of, open_scan
from bangfu.registry.household_file import absent
from bangfu.registry.layouts import TABLES
from bangfu.registry.selectors import households_in
from bangfu.registry.services.stated import Printed as StatedOnPaper
from bangfu.registry.services.stated import record_printed

T = TypeVar("T")

SIGN_BYTES = 16
SCANS = Text("档案扫描件", "scans")
# How many papers are laid out or wait to be, while the next is made ready: so many that the typesetter has enough to do while some hundred cases
# are read, and few of those that carry scans. And how many are recorded at a time, since to wait for the disk with each would take as long as to make it.
AHEAD, AHEAD_WITH_SCANS, TOGETHER = CHUNK, 6, 3


@dataclass(frozen=True, slots=True)
class Order:
    """Which paper, as of which day, of which income year (None: the rules' own), in which format and language.

    `whole_numbers`: ID numbers in full, for who may and says why. `address` is what a paper's code leads to, with {} for the sign of the
    household ("" for no code). `rules` are folders laid over the rulebook in force. `narrowed`: to what a list is, where it is not of all there is;
    it stands on the list and in the record.
    """

    kind: str
    day: date
    format: Format
    lang: Lang = "zh"
    year: int | None = None
    whole_numbers: bool = False
    address: str = ""
    rules: tuple[Path, ...] = ()
    narrowed: Text | None = None


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper that was issued: what to call the file, its bytes, and its issue."""

    name: str
    body: bytes
    issue: int
    household: int | None = None


@dataclass(frozen=True, slots=True)
class Unprinted:
    """A household of several of which no paper could be made, and why: it keeps nobody else's from being made."""

    household: int
    number: str
    why: DomainError


def print_paper(by: By, actor: Actor, household: int, order: Order, press: Press) -> Printed:
    """Issue a paper of a household. Raises NotThere, NotYetThere, Denied, PaperWrong, DomainError."""
    found = next(print_papers(by, actor, [household], order, press), None)
    if found is None:
        raise absent(actor, household, order.day, by.at)
    if isinstance(found, Unprinted):
        raise found.why
    return found


def print_papers(
    by: By, actor: Actor, households: Iterable[int], order: Order, press: Press
) -> Iterator[Printed | Unprinted]:
    """Issue a paper of each of these households that the actor sees, one after the other; each is recorded before it is handed out.

    What is wrong with one household, as a scan that cannot be read, is told in its place. Raises what is wrong with all of them.
    """
    paper = _allowed(by, actor, order, press, "household")
    order = _ruled(order)
    given = {name for each in (paper, *map(press.shelf.paper, paper.parts)) for name in each.given}
    found = cases(actor, by.ring, households, replace(_wanted(by, order), dossier=bool(OF_DOSSIER & given)))
    # While some papers are set, each in a process of its own, those behind them are made ready here.
    with ThreadPoolExecutor(max_workers=TYPESETTERS) as beside:
        waiting: deque[tuple[_Ready, Future[bytes]] | Unprinted] = deque()
        ahead = AHEAD_WITH_SCANS if paper.parts else AHEAD
        try:
            for case in found:
                ready = _ready(case, paper, order, press)
                scans = _done_for(ready, lambda: _scans(by, actor, case, paper))  # noqa: B023  # called at once
                if isinstance(scans, Unprinted):
                    waiting.append(scans)
                else:
                    whole = replace(ready, scans=scans)
                    waiting.append((whole, beside.submit(_laid_out, whole, press)))
                if len(waiting) > ahead:
                    yield from _issued(by, actor, [waiting.popleft() for _ in range(TOGETHER)])
            while waiting:
                yield from _issued(by, actor, [waiting.popleft() for _ in range(min(TOGETHER, len(waiting)))])
        finally:
            # Whoever wants no more does not wait for what is laid out in vain.
            beside.shutdown(wait=False, cancel_futures=True)


def print_list(by: By, actor: Actor, place: int, order: Order, press: Press) -> Printed:
    """Issue a list of a place's households, as far as the actor sees them. Raises Denied, PaperWrong, DomainError."""
    paper = _allowed(by, actor, order, press, "place")
    if printed_elsewhere(paper):
        raise DomainError(
            "PRINTED_ELSEWHERE",
            Text(
                f"“{paper.label.zh}”在它自己的网页上下载。",
                f"The {paper.label.en} is downloaded from a page of its own.",
            ),
        )
    require(actor, paper.permission, place)
    if order.whole_numbers:
        require(actor, "households.reveal", place)
    order = _ruled(order)
    wanted = replace(_wanted(by, order), differences=paper.rows == "differences")
    found = cases(actor, by.ring, households_in(actor, place), wanted)
    return _list_issued(by, place, order, press, [row for case in found for row in rows(paper.rows, case)])


def printed_elsewhere(paper: Paper) -> bool:
    """Whether it is a list whose rows another room gives, on a page of its own."""
    return paper.of == "place" and paper.rows not in ROWS


def print_rows(
    by: By, actor: Actor, place: int, order: Order, press: Press, given: Sequence[Mapping[str, Any]]
) -> Printed:
    """Issue a list of a place whose rows another room gives, as far as the actor sees them. Raises Denied, PaperWrong, DomainError."""
    _allowed(by, actor, order, press, "place")
    return _list_issued(by, place, _ruled(order), press, list(given))


def _list_issued(by: By, place: int, order: Order, press: Press, listed: list[Any]) -> Printed:
    paper, name = press.shelf.paper(order.kind), places_named([place]).get(place, "")
    narrowed = order.narrowed.say(order.lang) if order.narrowed else ""
    foot = replace(_foot(order, ""), place=name, narrowed=narrowed)
    body = press.made(paper, order.format, {"rows": listed}, foot)
    said = _Said(paper, order, press.shelf.digest(paper), {"rows": listed}, foot.rulebook)
    return Printed(_file_name(name, paper, order), body, _record(by, said, place, None, body))


@dataclass(frozen=True, slots=True)
class _Ready:
    """A household's paper, ready to be laid out."""

    household: int
    number: str
    place: int
    name: str
    parts: tuple[Paper, ...]
    given: Mapping[str, Any]
    foot: Foot
    said: "_Said"
    scans: tuple[Scan, ...] = ()


def _ready(case: Case, paper: Paper, order: Order, press: Press) -> _Ready:
    household, place = case.file.id, case.file.place
    if place is None:
        raise NotThere
    parts = tuple(press.shelf.paper(each) for each in paper.parts) if order.format == "zip" else (paper,)
    given = portions(case, sorted({name for each in parts for name in each.given}))
    foot = replace(_foot(order, _sign_of(household)), notice=case.unjudged if OF_VERDICTS & set(given) else "")
    name = _file_name(f"{case.file.number}_{case.file.head}", paper, order)
    said = _Said(paper, order, press.shelf.digest(paper), given, foot.rulebook)
    return _Ready(household, case.file.number, place, name, parts, given, foot, said)


def _done_for(ready: _Ready, act: Callable[[], T]) -> T | Unprinted:
    """What is done for a household's paper; or why not, where that is of this household. A template that is wrong, or a right that is gone, is of all."""
    try:
        return act()
    except DomainError as problem:
        if type(problem) is not DomainError:
            raise
        return Unprinted(ready.household, ready.number, problem)


def _laid_out(ready: _Ready, press: Press) -> bytes:
    if ready.said.order.format == "zip":
        return _bundle(ready, press)
    body = _made(ready.said.paper, ready.said.order.format, ready.given, ready.foot, press)
    return with_scans(body, ready.scans)


def _issued(
    by: By, actor: Actor, some: "Sequence[tuple[_Ready, Future[bytes]] | Unprinted]"
) -> list[Printed | Unprinted]:
    """Some papers, recorded together: all of them that could be made, or none."""
    made = [each if isinstance(each, Unprinted) else (each[0], _done_for(each[0], each[1].result)) for each in some]
    told: list[Printed | Unprinted] = []
    with transaction.atomic():
        for each in made:
            if isinstance(each, Unprinted):
                told.append(each)
                continue
            ready, body = each
            if isinstance(body, Unprinted):
                told.append(body)
                continue
            issue = _record(by, ready.said, ready.place, ready.household, body)
            _state(by, actor, ready, body)
            told.append(Printed(ready.name, body, issue, ready.household))
    return told


def _state(by: By, actor: Actor, ready: _Ready, body: bytes) -> None:
    """Keep what a paper in the official form says, to be compared with the register and the national system (三相符)."""
    papers = (ready.said.paper, *ready.parts)
    shown = {table: {fact for paper in papers for fact in paper.states.get(table, ())} for table in TABLES}
    if not any(shown.values()):
        return
    day, digest = ready.said.order.day, hashlib.sha256(body).hexdigest()
    texts, persons = texts_of(actor, ready.household, day, by.at)
    printed = StatedOnPaper(
        ready.said.paper.id,
        day,
        digest,
        stated(texts, "household", shown["household"]),
        {person: stated(said, "person", shown["person"]) for person, said in persons.items()},
    )
    record_printed(by, actor, ready.household, printed)


def _made(paper: Paper, format: Format, given: Mapping[str, Any], foot: Foot, press: Press) -> bytes:
    """The file of one paper, of what its own declaration gives it."""
    return press.made(paper, format, {name: given[name] for name in paper.given}, foot)


def _bundle(ready: _Ready, press: Press) -> bytes:
    """An archive of papers, numbered in their order, the Word copy beside a PDF where there is one; and then the scans of the dossier."""
    named = [
        (
            f"{number:02d}_{paper.label.say(ready.foot.lang)}.{format}",
            _made(paper, format, ready.given, ready.foot, press),
        )
        for number, paper in enumerate(ready.parts, 1)
        for format in paper.formats
        if format != "zip"
    ]
    folder = SCANS.say(ready.foot.lang)
    scans = [
        (f"{folder}/{number:03d}_{scan.label}{scan.suffix}", scan.body) for number, scan in enumerate(ready.scans, 1)
    ]
    return bundled([*named, *scans])


def _scans(by: By, actor: Actor, case: Case, paper: Paper) -> tuple[Scan, ...]:
    """The scans of the dossier in its order, behind the whole file; that each was taken is recorded. What is not in the store is left out."""
    if case.dossier is None or not paper.parts:
        return ()
    files = [
        (label_of(item.kind).say(case.lang), file)
        for item in case.dossier.items
        for paper in item.papers
        for file in paper.files
        if file.there
    ]
    found = []
    for label, file in files:
        row, opened = open_scan(by, actor, case.file.id, file.id)
        with opened:
            found.append(Scan(label, row.media, opened.read()))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Said:
    """What is recorded of a paper beside its bytes."""

    paper: Paper
    order: Order
    template: str
    values: Mapping[str, Any]
    rulebook: str


def _record(by: By, said: _Said, place: int, household: int | None, body: bytes) -> int:
    order, digest = said.order, hashlib.sha256(body).hexdigest()
    subject = f"household:{household}" if household else f"place:{place}"
    act = "documents.print_numbers" if order.whole_numbers else "documents.print"
    words: dict[str, Any] = {"kind": said.paper.id, "as_of": order.day.isoformat(), "digest": digest}
    if order.narrowed:
        words["filter"] = [order.narrowed.zh, order.narrowed.en]
    with transaction.atomic():
        issue = Issue.objects.create(
            at=by.at,
            kind=said.paper.id,
            version=said.paper.version,
            format=order.format,
            language=order.lang,
            household_id=household,
            place_id=place,
            day=order.day,
            year=order.year,
            rulebook=said.rulebook,
            template=said.template,
            digest=digest,
            values={name: digest_of(by.ring, value) for name, value in said.values.items()},
            whole_numbers=order.whole_numbers,
            entry_id=record(by, Act(act, subject, place, words)),
        )
    return issue.pk


def _allowed(by: By, actor: Actor, order: Order, press: Press, of: str) -> Paper:
    """The paper, where it is one of such things and may be printed. Raises Denied, DomainError."""
    paper = press.shelf.paper(order.kind)
    if paper.of != of:
        raise DomainError(
            "OTHER_SUBJECT",
            Text(
                f"“{paper.label.zh}”是{'一户' if paper.of == 'household' else '一个村或区域'}的文书。",
                f"The {paper.label.en} is a paper of a {paper.of}.",
            ),
        )
    press.shelf.template(paper, order.format)
    require(actor, paper.permission)
    if order.whole_numbers:
        if not paper.numbers:
            raise DomainError(
                "NO_WHOLE_NUMBERS",
                Text(f"“{paper.label.zh}”不印完整号码。", f"The {paper.label.en} never bears whole numbers."),
            )
        if not by.reason.strip():
            raise DomainError(
                "REASON_MISSING",
                Text(
                    "打印完整号码须写明原因，原因记入留痕。",
                    "Say why whole numbers are needed; the reason is recorded.",
                ),
            )
        require(actor, "households.reveal")
    return paper


def _ruled(order: Order) -> Order:
    """With what was published: once, so that all papers of an order are by the same rulebook."""
    return replace(order, rules=(*in_force().layers, *order.rules))


def _wanted(by: By, order: Order) -> Wanted:
    return Wanted(order.day, by.at, order.lang, order.year, order.rules, order.whole_numbers)


def _foot(order: Order, sign: str) -> Foot:
    book = book_of(order.rules)
    layers = "".join(f" + {layer.name} {layer.digest[:8]}" for layer in book.layers[1:])
    address = order.address.format(sign) if sign and order.address else ""
    return Foot(order.day, order.lang, f"{book.version}{layers}", address)


def _sign_of(household: int) -> str:
    """The sign of a household's papers, made with the first of them and the same ever after."""
    door = Door.objects.unscoped("the household was seen").filter(household=household).first()
    if door is None:
        made = secrets.token_urlsafe(SIGN_BYTES)
        door, _ = Door.objects.unscoped("as above").get_or_create(household_id=household, defaults={"sign": made})
    return door.sign


def _file_name(about: str, paper: Paper, order: Order) -> str:
    """As people would name the file; what a name holds that no file name may is left out."""
    plain = "".join(each for each in about if each.isalnum() or each in "_-")[:40]
    return f"{plain}_{paper.label.say(order.lang).replace(' ', '_')}_{order.day.isoformat()}.{order.format}"
