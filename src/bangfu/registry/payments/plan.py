"""What would become of each line of a list. Nothing is written."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, get_args

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import require
from bangfu.audit.data import By
from bangfu.engine.request import book_of
from bangfu.kernel.errors import DomainError, Fault
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.words import Text
from bangfu.places.selectors import places_named, places_within, village_codes
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.models import Kind
from bangfu.privacy.services import exact_index, last_four_index, normal
from bangfu.registry.bulk import chunked
from bangfu.registry.imports.plan import kind_of
from bangfu.registry.models import VERSIONS, Payment, Person, Receipt, Settlement
from bangfu.registry.payments import ListOrder, Settled
from bangfu.registry.payments.sheet import PaySheet, Said, read_list
from bangfu.registry.services.receipts import booked_as

COMPARED = "a list is compared with whatever the register holds of the people it names, of whom the actor sees some"
# Shorter, it is the end of a number only.
WHOLE_NUMBER = 15
Outcome = Literal["booked", "known", "aside", "open"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom the actor sees and who may be meant."""

    person: int
    number: str
    name: str
    household: int
    household_number: str
    place: int
    village: str


@dataclass(frozen=True, slots=True)
class PayLine:
    """What becomes of a line: booked as the person's, known (booked before), set aside with a reason, or open, for the faults named.

    `policies` is what there is to choose from where the list's name for it does not tell; `occurrence` counts payments that nothing else
    tells apart. `settled`: somebody decided about it. `beside`: the payments that have its number and say something else, as whoever decides
    that it is another one all the same gives them back.
    """

    said: Said
    outcome: Outcome
    whose: Candidate | None = None
    policy: str = ""
    occurrence: int = 0
    faults: tuple[Fault, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    policies: tuple[str, ...] = ()
    reason: str = ""
    settled: bool = False
    beside: str = ""

    @property
    def amount(self) -> int:
        return self.said.amount or 0

    @property
    def offered(self) -> tuple[Candidate, ...]:
        """Whom to choose from; where it is known whose it is and something else is asked, that person."""
        return self.candidates or ((self.whose,) if self.whose else ())


@dataclass(frozen=True, slots=True)
class PayPlan:
    """All of a list. `digest` is that of what would be done; `faults` are of the list as a whole."""

    lines: tuple[PayLine, ...]
    faults: tuple[Fault, ...]
    passed_over: tuple[int, ...]
    digest: str = ""

    def of(self, outcome: Outcome) -> list[PayLine]:
        return [line for line in self.lines if line.outcome == outcome]

    def figures(self) -> dict[str, tuple[int, int]]:
        """How many lines and fen the list has, and of each outcome: these add up to it."""
        every: dict[str, list[PayLine]] = {"list": list(self.lines)}
        every |= {outcome: self.of(outcome) for outcome in OUTCOMES}
        return {name: (len(lines), sum(line.amount for line in lines)) for name, lines in every.items()}

    @property
    def ready(self) -> bool:
        """Whether nothing is left to be settled."""
        return not self.faults and not self.of("open")


def planned(by: By, actor: Actor, order: ListOrder) -> PayPlan:
    """Read a list and work out what becomes of it.

    Raises Denied, NotThere for a decision that names somebody whom the actor does not see, DomainError where there is no list in the file.
    """
    return plan_of(by, actor, order, read(actor, order))


def read(actor: Actor, order: ListOrder) -> PaySheet:
    require(actor, "households.import")
    if order.policy:
        booked_as(order.policy)
    return read_list(order.file, actor.day, order.paid_on)


def plan_of(by: By, actor: Actor, order: ListOrder, sheet: PaySheet) -> PayPlan:
    """As `planned`, of a list that was read."""
    lines = _unless_settled(_People(by.ring, actor, sheet.lines).lines(order))
    held = _held(lines)
    lines = _numbered_once(_counted(lines, held), held, order.settled)
    told = [
        (
            *(line.said.row, line.outcome, line.whose and line.whose.person, line.policy, str(line.said.paid_on)),
            *(line.amount, line.occurrence, line.said.reference, line.reason),
        )
        for line in lines
    ]
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    return PayPlan(tuple(lines), sheet.faults, sheet.passed_over, digest)


@dataclass(slots=True)
class _People:
    """Those whom a list may mean, as far as the actor sees them."""

    ring: KeyRing
    actor: Actor
    said: Sequence[Said]
    seen: dict[int, Candidate] = field(default_factory=dict)
    by_index: "defaultdict[str, list[int]]" = field(default_factory=lambda: defaultdict(list))
    by_name: "defaultdict[str, list[int]]" = field(default_factory=lambda: defaultdict(list))
    ends: dict[int, str] = field(default_factory=dict)
    area: frozenset[int] = frozenset()
    codes: dict[int, str] = field(default_factory=dict)

    def lines(self, order: ListOrder) -> list[PayLine]:
        self._look_up(settled.person for settled in order.settled.values())
        return [self._line(said, order) for said in self.said]

    def _look_up(self, chosen: Iterable[int | None]) -> None:
        indexes = {_index(self.ring, said) for said in self.said if _is_whole(said)}
        for some in chunked(sorted(indexes)):
            rows = _current("papers", id_number__exact_index__in=some)
            for index, person in rows.values_list("id_number__exact_index", "thing_id"):
                self.by_index[index].append(person)
        for some in chunked(sorted({said.name for said in self.said})):
            for name, person in _current("identity", name__in=some).values_list("name", "thing_id"):
                self.by_name[name].append(person)
        every = {each for ids in (*self.by_index.values(), *self.by_name.values()) for each in ids}
        every |= {each for each in chosen if each is not None}
        for people in chunked(sorted(every)):
            rows = Person.objects.seen_by(self.actor).filter(pk__in=people).exclude(household=None).distinct()
            rows = rows.exclude(household__place=None).select_related("household")
            names = dict(_current("identity", thing__in=people).values_list("thing_id", "name"))
            for person in rows:
                home: Any = person.household
                self.seen[person.pk] = Candidate(
                    person.pk, person.number, names.get(person.pk) or "", home.pk, home.number, home.place_id, ""
                )
            ends = _current("papers", thing__in=people).exclude(id_number=None)
            self.ends.update(ends.values_list("thing_id", "id_number__last_four_index"))
        villages = places_named({each.place for each in self.seen.values()})
        self.seen = {id_: replace(each, village=villages.get(each.place, "")) for id_, each in self.seen.items()}
        self.area = frozenset(places_within(self.actor.places_for("households.import")))
        self.codes = village_codes(self.actor.day)

    def _line(self, said: Said, order: ListOrder) -> PayLine:
        settled = order.settled.get(said.row)
        if settled is not None and settled.person is None and said.amount is not None:
            if not settled.reason.strip():
                raise DomainError(
                    "REASON_NEEDED",
                    Text(f"请写明第 {said.row} 行为什么搁置。", f"Say why row {said.row} is set aside."),
                )
            return PayLine(said, "aside", reason=settled.reason.strip(), settled=True)
        faults = list(said.faults)
        policy, policies, wrong = _policy_of(said, order.policy, settled)
        faults += wrong
        whose: Candidate | None
        candidates: tuple[Candidate, ...] = ()
        if settled is not None and settled.person is not None:
            whose = self.seen.get(settled.person)
            if whose is None:
                raise NotThere
            # A line that stands twice is paid twice where somebody says whose it is.
            faults = [fault for fault in faults if fault.column]
        else:
            whose, candidates, unclear = self._whose(said)
            faults += unclear
        if whose is not None and whose.place not in self.area:
            faults.append(_fault(said, "name", said.name, _ELSEWHERE))
        outcome: Outcome = "open" if faults else "booked"
        told = (whose, policy, 0, tuple(faults), candidates, policies)
        return PayLine(said, outcome, *told, settled=settled is not None)

    def _whose(self, said: Said) -> tuple[Candidate | None, tuple[Candidate, ...], list[Fault]]:
        named = self._seen(self.by_name.get(said.name, ()))
        if _is_whole(said):
            holders = self._seen(self.by_index.get(_index(self.ring, said), ()))
            if len(holders) == 1 and holders[0].name == said.name:
                return holders[0], (), []
            reason = _NAME_DIFFERS if len(holders) == 1 else _SHARED if holders else _NUMBER_UNKNOWN
            return None, _once(holders, named), [_fault(said, "id_number", said.id_number[-4:], reason)]
        found, narrowed = named, False
        if said.id_number:
            end = normal(said.id_number)[-4:]
            index = {last_four_index(self.ring, kind, end) for kind in (Kind.ID_CARD, Kind.DISABILITY_CARD)}
            found, narrowed = [each for each in found if self.ends.get(each.person) in index], True
        if said.household:
            found, narrowed = [each for each in found if each.household_number == said.household], True
        if said.village:
            found, narrowed = [each for each in found if self._lives_in(each, said.village)], True
        if len(found) == 1 and narrowed:
            return found[0], (), []
        reason = _SEVERAL if len(found) > 1 and narrowed else _NAME_ALONE if found else _UNKNOWN
        return None, tuple(named), [_fault(said, "name", said.name, reason)]

    def _seen(self, ids: Iterable[int]) -> list[Candidate]:
        return [self.seen[each] for each in sorted(set(ids)) if each in self.seen]

    def _lives_in(self, candidate: Candidate, village: str) -> bool:
        return _short(village) == _short(candidate.village) or village == self.codes.get(candidate.place)


def _policy_of(said: Said, whole: str, settled: Settled | None) -> tuple[str, tuple[str, ...], list[Fault]]:
    """The policy of a line, those to choose from where there are several, and what is wrong."""
    named = book_of(()).paid_as(said.project) if said.project else ()
    chosen = (settled.policy if settled else "") or whole
    if chosen and named and chosen not in named:
        return "", named, [_fault(said, "project", said.project, _ANOTHER_POLICY)]
    if chosen or len(named) == 1:
        return chosen or named[0], (), []
    reason = _SEVERAL_POLICIES if named else _NO_POLICY
    return "", named, [_fault(said, "project", said.project, reason)]


def _unless_settled(lines: Sequence[PayLine]) -> list[PayLine]:
    """A year that is settled takes nothing more that stands in the ledger."""
    touched = sorted({line.whose.household for line in lines if line.outcome == "booked" and line.whose})
    settled = {
        pair
        for some in chunked(touched)
        for pair in Settlement.objects.unscoped(COMPARED)
        .filter(household__in=some, reopened=None)
        .values_list("household_id", "year")
    }

    def judged(line: PayLine) -> PayLine:
        if line.outcome != "booked" or line.whose is None or not booked_as(line.policy):
            return line
        if (line.whose.household, line.said.year) not in settled:
            return line
        fault = _fault(line.said, "paid_on", str(line.said.paid_on), _YEAR_SETTLED)
        return replace(line, outcome="open", faults=(fault,))

    return [judged(line) for line in lines]


# A payment: whose, of which policy, of which day, how many fen.
Key = tuple[int, str, date, int]


@dataclass(frozen=True, slots=True)
class _Held:
    """A payment that was booked before: the payer's number, its count among those that nothing else tells apart, and the receipt that it became."""

    reference: str
    occurrence: int
    receipt: int


def _key(line: PayLine) -> Key | None:
    """None for a line that is set aside, or of which too little is known."""
    said = line.said
    if line.outcome == "aside" or line.whose is None or not (line.policy and said.paid_on and said.amount):
        return None
    return line.whose.person, line.policy, said.paid_on, said.amount


def _counted(lines: Sequence[PayLine], held: Mapping[Key, Sequence[_Held]]) -> list[PayLine]:
    """Tell those that were booked before from new ones, and count those that nothing else tells apart.

    A payer's own number finds its payment; lines and payments without one are as many as they are, in whatever order.
    """
    found = list(lines)
    mine: dict[Key, list[int]] = defaultdict(list)
    for at, line in enumerate(found):
        of_line = _key(line)
        if of_line is not None:
            mine[of_line].append(at)
    for key, places in mine.items():
        known = held.get(key, [])
        references, free = {each.reference for each in known} - {""}, sum(not each.reference for each in known)
        used = {found[at].said.reference for at in places} & references
        # Without a number of their own, they may be any that no other line is.
        spare = len(references - used)
        top = max((each.occurrence for each in known), default=0)
        met: set[str] = set()
        for at in places:
            reference = found[at].said.reference
            if reference and reference in met:
                again = _fault(found[at].said, "reference", reference, _REFERENCE_TWICE)
                found[at] = replace(found[at], outcome="open", faults=(*found[at].faults, again))
                continue
            met.add(reference)
            if reference and reference in references:
                before = True
            elif not reference and spare:
                before, spare = True, spare - 1
            elif free:
                before, free = True, free - 1
            else:
                before = False
            if before:
                found[at] = replace(found[at], outcome="known", faults=())
            elif found[at].outcome == "booked":
                top += 1
                found[at] = replace(found[at], occurrence=top)
    return found


def _held(lines: Iterable[PayLine]) -> dict[Key, list[_Held]]:
    """What was booked before of the people whom the lines name."""
    people = sorted({key[0] for key in map(_key, lines) if key is not None})
    held: dict[Key, list[_Held]] = defaultdict(list)
    for some in chunked(people):
        for each in Payment.objects.unscoped(COMPARED).filter(person__in=some, undone=None):
            key = each.person_id, each.policy, each.paid_on, each.amount
            held[key].append(_Held(each.reference, each.occurrence, each.receipt_id))
    return held


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A payment that has a payer's number: booked before as a receipt, or said further up in the list."""

    key: Key
    receipt: int = 0
    row: int = 0


class _Numbers:
    """Payments by whose they are and by the payer's number."""

    def __init__(self, held: Mapping[Key, Sequence[_Held]]) -> None:
        self._of: dict[tuple[int, str], dict[Key, _Numbered]] = defaultdict(dict)
        for key, payments in held.items():
            for each in payments:
                self._of[key[0], each.reference][key] = _Numbered(key, receipt=each.receipt)

    def others(self, line: PayLine) -> list[_Numbered]:
        """Those that have the number of a line, of the same person, and say another amount, policy or day."""
        key, reference = _key(line), line.said.reference
        if key is None or not reference or line.outcome == "known":
            return []
        return [each for each in self._of[key[0], reference].values() if each.key != key]

    def add(self, line: PayLine) -> None:
        key = _key(line)
        if key is not None:
            self._of[key[0], line.said.reference].setdefault(key, _Numbered(key, row=line.said.row))


def _numbered_once(
    lines: Sequence[PayLine], held: Mapping[Key, Sequence[_Held]], settled: Mapping[int, Settled]
) -> list[PayLine]:
    """Ask about a line whose number another payment of the same person has: a payer gives each payment a number of its own, and corrects one under it.

    That somebody chose whose the line is does not answer it: that may have been asked for another reason, or before the other payment was booked.
    What answers it names the payments beside which this is another one. A line that says what the receipt was corrected to by hand was booked before.
    """
    numbers, said = _Numbers(held), {(_key(line), line.said.reference) for line in lines}
    standing = _standing({each.receipt for line in lines for each in numbers.others(line)})
    found = []
    for line in lines:
        others, reference = numbers.others(line), line.said.reference
        signs = {_sign(each, standing.get(each.receipt)) for each in others}
        agreed = settled[line.said.row].beside.split() if line.said.row in settled else []
        corrected = {_as_key(standing.get(each.receipt)) for each in others if (each.key, reference) not in said}
        if signs.issubset(agreed) or _REFERENCE_TWICE in {fault.reason for fault in line.faults}:
            found.append(line)
        elif _key(line) in corrected:
            found.append(replace(line, outcome="known", occurrence=0, faults=()))
        else:
            faults = (*line.faults, _fault(line.said, "reference", reference, _number_taken(others, standing)))
            found.append(replace(line, outcome="open", occurrence=0, faults=faults, beside=" ".join(sorted(signs))))
        numbers.add(line)
    return found


def _sign(each: _Numbered, receipt: Receipt | None) -> str:
    """Names a payment in a decision: as it was booked, and as it stands since, so that a decision does not outlast a correction."""
    booked = "/".join(map(str, each.key[1:]))
    now = "/".join(map(str, (receipt.policy, receipt.paid_on, receipt.amount))) if receipt else "withdrawn"
    return booked if each.row or now == booked else f"{booked}>{now}"


def _standing(receipts: Iterable[int]) -> dict[int, Receipt]:
    """What became of receipts by corrections by hand, as far as something still stands."""
    found: dict[int, Receipt] = {}
    root = {each: each for each in receipts}
    rows = Receipt.objects.unscoped(COMPARED)
    while root:
        later: dict[int, int] = {}
        for some in chunked(sorted(root)):
            found |= {root[each.pk]: each for each in rows.filter(pk__in=some, stands=True)}
            later |= {pk: root[of] for pk, of in rows.filter(corrects__in=some).values_list("pk", "corrects")}
        root = later
    return found


def _as_key(receipt: Receipt | None) -> Key | None:
    if receipt is None or receipt.person_id is None or receipt.paid_on is None:
        return None
    return receipt.person_id, receipt.policy, receipt.paid_on, receipt.amount


def _current(group: str, **condition: Any) -> Any:
    return VERSIONS[group].objects.unscoped(COMPARED).filter(is_current=True, **condition)


def _is_whole(said: Said) -> bool:
    return len(normal(said.id_number)) >= WHOLE_NUMBER and "*" not in said.id_number


def _index(ring: KeyRing, said: Said) -> str:
    return exact_index(ring, kind_of(said.id_number), said.id_number)


def _once(*listed: Sequence[Candidate]) -> tuple[Candidate, ...]:
    return tuple(dict.fromkeys(each for some in listed for each in some))


def _short(village: str) -> str:
    """A village's name without what it is called in full."""
    plain = "".join(village.split())
    for ending in ("村民委员会", "居民委员会", "村委会", "居委会", "委员会"):
        if plain.endswith(ending):
            return plain.removesuffix(ending).removesuffix("村")
    return plain.removesuffix("村")


def _fault(said: Said, column: str, value: str, reason: Text) -> Fault:
    return Fault("payment", said.row, column, value, reason)


def _number_taken(others: Sequence[_Numbered], standing: Mapping[int, Receipt]) -> Text:
    """What stands under the number of a line, and what can be done."""
    told = [_told(each, standing.get(each.receipt)) for each in others]
    zh, en = "；".join(each.zh for each in told), "; ".join(each.en for each in told)
    first = Text("", "")
    if any(each.receipt in standing for each in others):
        first = Text(
            "银行更正的，请先在户的页面更正那一笔，本行随后即为原已记入；",
            "If the bank corrected it, correct that receipt on the page of the household first; this line then counts as booked before. ",
        )
    elif any(each.row for each in others):
        first = Text("写错的，请改正清单；", "If one of them is wrong, mend the list. ")
    return Text(
        f"同一人的这个流水号已有：{zh}，金额、政策或日期与本行不同。{first.zh}重复的，请搁置；确是另一笔的，请选定是谁。",
        f"The same person has that number already: {en}; amount, policy or day are others here. {first.en}"
        "If it is the same payment, set this line aside; if it is another one, choose whose it is.",
    )


def _told(each: _Numbered, receipt: Receipt | None) -> Text:
    _, policy, day, amount = each.key
    said = _payment_said(policy, day, amount)
    if each.row:
        return Text(f"本清单第 {each.row} 行 {said.zh}", f"row {each.row} of this list, {said.en}")
    if receipt is None:
        return Text(f"{said.zh}（后来撤回了）", f"{said.en} (withdrawn since)")
    if (receipt.policy, receipt.paid_on, receipt.amount) == (policy, day, amount):
        return said
    now = _payment_said(receipt.policy, receipt.paid_on, receipt.amount)
    return Text(f"{said.zh}（后来更正为 {now.zh}）", f"{said.en} (corrected to {now.en})")


def _payment_said(policy: str, day: date | None, amount: int) -> Text:
    code = book_of(()).policy_codes().get(policy)
    label, yuan = code.label if code else Text(policy, policy), yuan_from_fen(amount, grouped=True)
    return Text(f"{label.zh} {day or ''} {yuan} 元", f"{label.en} {day or ''} {yuan} yuan")


_UNKNOWN = Text(
    "在册的人里没有找到，或不在您的范围内。", "Not found among the people on the register, or outside of your area."
)
_NAME_ALONE = Text("只有姓名，不足以认定是谁；请选定。", "A name alone does not tell who it is; choose the person.")
_SEVERAL = Text("同名的不止一人，请选定。", "Several have that name; choose the person.")
_NAME_DIFFERS = Text(
    "证件号码在册，但姓名不同；请核对后选定。", "The number is held, with another name; check, then choose the person."
)
_SHARED = Text("不止一人登记了这个号码，请选定。", "Several are recorded with that number; choose the person.")
_NUMBER_UNKNOWN = Text(
    "没有在册的人是这个号码，或不在您的范围内；请核对后选定。",
    "Nobody on the register has that number, or not in your area; check, then choose the person.",
)
_ELSEWHERE = Text("这一户不在您可以导入的范围内。", "That household is outside of where you may bring lists in.")
_NO_POLICY = Text(
    "看不出是哪项政策；请给整份清单或这一行选定政策，或把这个叫法写进规则库。",
    "It does not tell which policy that is; choose one for the list or the line, or add the name to the rulebook.",
)
_SEVERAL_POLICIES = Text("这个叫法可能是几项政策，请选定。", "That name may be one of several policies; choose one.")
_ANOTHER_POLICY = Text("与选定的政策不符。", "That is another policy than the one chosen.")
_REFERENCE_TWICE = Text(
    "同一流水号的同一笔已在前面出现；请搁置，或改正清单。",
    "The same payment with the same number stands further up; set this aside, or mend the list.",
)
_YEAR_SETTLED = Text(
    "该户这一年收支已结清，请先重新打开该年度。",
    "The household's ledger of that year is settled; open the year again first.",
)
