"""What was booked before, and by whose number: lines that say the same again, and those that have a number under which something else stands."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Exists, OuterRef

from bangfu.engine.request import book_of
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.words import Text
from bangfu.registry.bulk import chunked
from bangfu.registry.models import VERSIONS, Payment, Receipt
from bangfu.registry.payments import Settled
from bangfu.registry.payments.lines import COMPARED, Key, PayLine, fault_at, key_of

_REFERENCE_TWICE = Text(
    "同一流水号的同一笔已在前面出现；请搁置，或改正清单。",
    "The same payment with the same number stands further up; set this aside, or mend the list.",
)


@dataclass(frozen=True, slots=True)
class Held:
    """A payment that was booked before: the payer's number, its count among those that nothing else tells apart, and the receipt that it became.

    `act`: that which booked it of a list; None where it was recorded by hand.
    """

    reference: str
    occurrence: int
    receipt: int
    act: int | None = None


def counted(lines: Sequence[PayLine], held: Mapping[Key, Sequence[Held]]) -> list[PayLine]:
    """Tell those that were booked before from new ones, and count those that nothing else tells apart.

    A payer's own number finds its payment; lines and payments without one are as many as they are, in whatever order.
    """
    found = list(lines)
    mine: dict[Key, list[int]] = defaultdict(list)
    for at, line in enumerate(found):
        of_line = key_of(line)
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
                again = fault_at(found[at].said, "reference", reference, _REFERENCE_TWICE)
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


def homes_of(lines: Iterable[PayLine]) -> dict[int, set[int]]:
    """By person whom a line names, every household that they ever belonged to: money stays with the one in which it was recorded."""
    homes = {line.whose.person: {line.whose.household} for line in lines if line.whose}
    rows = VERSIONS["membership"].objects.unscoped(COMPARED).filter(stands=True)
    for some in chunked(sorted(homes)):
        for person, household in rows.filter(thing__in=some).values_list("thing_id", "household_id"):
            homes[person].add(household)
    return homes


def by_hand(homes: Mapping[int, set[int]]) -> list[Receipt]:
    """Payments of a day that somebody recorded by hand in these households, and that stand.

    What a payment of a list was corrected to is none of them: its own payment is known.
    """
    found: list[Receipt] = []
    rows = Receipt.objects.unscoped(COMPARED)
    for some in chunked(sorted(set().union(*homes.values()))):
        mine = rows.filter(household__in=some, stands=True, of_file=False, paid_on__isnull=False, payment=None)
        found += mine.order_by("pk")
    before = {each.pk: each.corrects_id for each in found if each.corrects_id is not None}
    listed: set[int] = set()
    while before:
        earlier: dict[int, tuple[int | None, int | None]] = {}
        for some in chunked(sorted(set(before.values()))):
            earlier |= {pk: told for pk, *told in rows.filter(pk__in=some).values_list("pk", "corrects", "payment")}
        listed |= {pk for pk, was in before.items() if earlier[was][1] is not None}
        before = {pk: up for pk, was in before.items() if (up := earlier[was][0]) is not None and pk not in listed}
    return [each for each in found if each.pk not in listed]


def held_of(lines: Iterable[PayLine], recorded: Iterable[Receipt]) -> dict[Key, list[Held]]:
    """What was booked before of the people whom the lines name, or `recorded` as theirs by hand."""
    people = sorted({key[0] for key in map(key_of, lines) if key is not None})
    held: dict[Key, list[Held]] = defaultdict(list)
    for some in chunked(people):
        for each in Payment.objects.unscoped(COMPARED).filter(person__in=some, undone=None):
            key = each.person_id, each.policy, each.paid_on, each.amount
            held[key].append(Held(each.reference, each.occurrence, each.receipt_id, each.act_id))
    for receipt in recorded:
        theirs = _as_key(receipt)
        if theirs is not None:
            held[theirs].append(Held("", 0, receipt.pk))
    return held


def rests_on(lines: Iterable[PayLine], held: Mapping[Key, Sequence[Held]]) -> frozenset[int]:
    """The acts by which other lists booked what lines count as booked before, be it under a number under which it was corrected since."""
    by_number: dict[tuple[int, str], list[Held]] = defaultdict(list)
    for (person, *_), payments in held.items():
        for each in payments:
            by_number[person, each.reference].append(each)
    found: set[int | None] = set()
    for line in lines:
        key, reference = key_of(line), line.said.reference
        if key is not None and line.outcome == "known":
            numbered = by_number.get((key[0], reference), ()) if reference else ()
            found |= {each.act for each in (*held.get(key, ()), *numbered)}
    return frozenset(each for each in found if each is not None)


def gone(acts: Iterable[int]) -> set[int]:
    """Of these acts those by which something was booked that is in the register no more, since they were undone and no other list has booked it again. One query."""
    rows = Payment.objects.unscoped(COMPARED)
    alike = {name: OuterRef(name) for name in ("person", "policy", "paid_on", "amount", "occurrence")}
    again = rows.filter(**alike, undone=None)
    missing = rows.filter(~Exists(again), act__in=sorted(set(acts)), undone__isnull=False)
    return set(missing.values_list("act", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A payment that has a payer's number: booked before as a receipt, or said further up in the list."""

    key: Key
    receipt: int = 0
    row: int = 0


class _Numbers:
    """Payments by whose they are and by the payer's number."""

    def __init__(self, held: Mapping[Key, Sequence[Held]]) -> None:
        self._of: dict[tuple[int, str], dict[Key, _Numbered]] = defaultdict(dict)
        for key, payments in held.items():
            for each in payments:
                self._of[key[0], each.reference][key] = _Numbered(key, receipt=each.receipt)

    def others(self, line: PayLine) -> list[_Numbered]:
        """Those that have the number of a line, of the same person, and say another amount, policy or day."""
        key, reference = key_of(line), line.said.reference
        if key is None or not reference or line.outcome == "known":
            return []
        return [each for each in self._of[key[0], reference].values() if each.key != key]

    def add(self, line: PayLine) -> None:
        key = key_of(line)
        if key is not None:
            self._of[key[0], line.said.reference].setdefault(key, _Numbered(key, row=line.said.row))


def numbered_once(
    lines: Sequence[PayLine], held: Mapping[Key, Sequence[Held]], settled: Mapping[int, Settled]
) -> list[PayLine]:
    """Ask about a line whose number another payment of the same person has: a payer gives each payment a number of its own, and corrects one under it.

    That somebody chose whose the line is does not answer it: that may have been asked for another reason, or before the other payment was booked.
    What answers it names the payments beside which this is another one. A line that says what the receipt was corrected to by hand was booked before.
    """
    numbers, said = _Numbers(held), {(key_of(line), line.said.reference) for line in lines}
    standing = _standing({each.receipt for line in lines for each in numbers.others(line)})
    found = []
    for line in lines:
        others, reference = numbers.others(line), line.said.reference
        signs = {_sign(each, standing.get(each.receipt)) for each in others}
        agreed = settled[line.said.row].beside.split() if line.said.row in settled else []
        corrected = {_as_key(standing.get(each.receipt)) for each in others if (each.key, reference) not in said}
        if signs.issubset(agreed) or _REFERENCE_TWICE in {fault.reason for fault in line.faults}:
            found.append(line)
        elif key_of(line) in corrected:
            found.append(replace(line, outcome="known", occurrence=0, faults=()))
        else:
            faults = (*line.faults, fault_at(line.said, "reference", reference, _number_taken(others, standing)))
            found.append(replace(line, outcome="open", occurrence=0, faults=faults, beside=" ".join(sorted(signs))))
        numbers.add(line)
    return found


def recorded_once(
    lines: Sequence[PayLine],
    recorded: Iterable[Receipt],
    settled: Mapping[int, Settled],
    homes: Mapping[int, set[int]],
) -> list[PayLine]:
    """Ask about a line that says what was recorded by hand of a household of its person as a whole: that may be this payment, or another one.

    Answered as for a number that is taken.
    """
    wholes: dict[tuple[int, str, date | None, int], list[Receipt]] = defaultdict(list)
    for each in recorded:
        if each.person_id is None:
            wholes[each.household_id, each.policy, each.paid_on, each.amount].append(each)
    found = []
    for line in lines:
        key = key_of(line)
        others = [each for home in sorted(homes[key[0]]) for each in wholes[home, *key[1:]]] if key else []
        signs = {f"receipt:{each.pk}" for each in others}
        agreed = settled[line.said.row].beside.split() if line.said.row in settled else []
        if line.outcome == "known" or signs.issubset(agreed):
            found.append(line)
            continue
        said = _payment_said(line.policy, line.said.paid_on, line.amount)
        reason = Text(
            f"该户已由人工登记：{said.zh}（全户）。就是这一笔的，请搁置；确是另一笔的，请选定是谁。",
            f"It was recorded by hand of this household: {said.en}. If it is the same payment, set this line aside; if it is another one, choose whose it is.",
        )
        faults = (*line.faults, fault_at(line.said, "amount", "", reason))
        beside = " ".join((*line.beside.split(), *sorted(signs)))
        found.append(replace(line, outcome="open", occurrence=0, faults=faults, beside=beside))
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
