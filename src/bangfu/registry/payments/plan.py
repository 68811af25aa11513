"""What would become of each line of a list. Nothing is written."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bangfu.access.data import Actor
from bangfu.access.policy import require
from bangfu.audit.data import By
from bangfu.engine.request import book_of
from bangfu.kernel.errors import DomainError, Fault
from bangfu.kernel.words import Text
from bangfu.places.selectors import places_named, places_within, village_codes
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.models import Kind
from bangfu.privacy.services import exact_index, last_four_index, normal
from bangfu.registry.bulk import chunked
from bangfu.registry.imports.plan import kind_of
from bangfu.registry.models import VERSIONS, Person, Settlement
from bangfu.registry.payments import LONGEST_REASON, ListOrder, Settled
from bangfu.registry.payments.booked import by_hand, counted, held_of, homes_of, numbered_once, recorded_once, rests_on
from bangfu.registry.payments.lines import COMPARED, OUTCOMES, Candidate, Outcome, PayLine, fault_at
from bangfu.registry.payments.sheet import PaySheet, Said, read_list
from bangfu.registry.services.receipts import booked_as

# Shorter, it is the end of a number only.
WHOLE_NUMBER = 15


@dataclass(frozen=True, slots=True)
class PayPlan:
    """All of a list. `digest` is that of what would be done; `faults` are of the list as a whole; `known_by`: the acts on which it rests that lines were booked before."""

    lines: tuple[PayLine, ...]
    faults: tuple[Fault, ...]
    passed_over: tuple[int, ...]
    digest: str = ""
    known_by: frozenset[int] = frozenset()

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

    Raises Denied, DomainError where there is no list in the file.
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
    homes = homes_of(lines)
    recorded = by_hand(homes)
    held = held_of(lines, recorded)
    lines = numbered_once(counted(lines, held), held, order.settled)
    lines = recorded_once(lines, recorded, order.settled, homes)
    told = [
        (
            *(line.said.row, line.outcome, line.whose and line.whose.person, line.policy, str(line.said.paid_on)),
            *(line.amount, line.occurrence, line.said.reference, line.reason),
        )
        for line in lines
    ]
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    return PayPlan(tuple(lines), sheet.faults, sheet.passed_over, digest, rests_on(lines, held))


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
    # By household that was merged away: who belonged to it and lives in another by now.
    merged: dict[int, tuple[Candidate, ...]] = field(default_factory=dict)
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
        self._learn(every | {each for each in chosen if each is not None})
        joined = self._joined()
        self._learn({each for members in joined.values() for each in members} - self.seen.keys())
        villages = places_named({each.place for each in self.seen.values()})
        self.seen = {id_: replace(each, village=villages.get(each.place, "")) for id_, each in self.seen.items()}
        for household, members in joined.items():
            self.merged[household] = tuple(c for c in self._seen(members) if c.household not in joined)
        self.area = frozenset(places_within(self.actor.places_for("households.import")))
        self.codes = village_codes(self.actor.day)

    def _learn(self, persons: Iterable[int]) -> None:
        for people in chunked(sorted(persons)):
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

    def _joined(self) -> dict[int, list[int]]:
        """Of those whose household was merged away, the household, with whoever belonged to it."""
        found: dict[int, list[int]] = {}
        for homes in chunked(sorted({each.household for each in self.seen.values()})):
            gone = list(_current("residence", thing__in=homes, dissolved=True).values_list("thing_id", flat=True))
            found |= {household: [] for household in gone}
            rows = VERSIONS["membership"].objects.unscoped(COMPARED).filter(household__in=gone, stands=True)
            for household, person in rows.values_list("household_id", "thing_id"):
                found[household].append(person)
        return found

    def _line(self, said: Said, order: ListOrder) -> PayLine:
        # Of a line of which it is not known how much was paid nothing can be decided, not even that it is set aside: a list's sum would not be one.
        settled = order.settled.get(said.row) if said.amount is not None else None
        if settled is not None and settled.person is None:
            if not settled.reason.strip():
                raise DomainError(
                    "REASON_NEEDED",
                    Text(f"请写明第 {said.row} 行为什么搁置。", f"Say why row {said.row} is set aside."),
                )
            if len(settled.reason.strip()) > LONGEST_REASON:
                raise DomainError(
                    "REASON_TOO_LONG",
                    Text(
                        f"第 {said.row} 行搁置的原因至多 {LONGEST_REASON} 个字，请写短一些。",
                        f"Why row {said.row} is set aside has {LONGEST_REASON} signs at most. Make it shorter.",
                    ),
                )
            return PayLine(said, "aside", reason=settled.reason.strip(), settled=True)
        faults = list(said.faults)
        policy, policies, wrong = _policy_of(said, order.policy, settled)
        faults += wrong
        whose: Candidate | None
        candidates: tuple[Candidate, ...] = ()
        if settled is not None and settled.person is not None and settled.person not in self.seen:
            # Moved away since, or entered in error: whoever decided that saw them.
            found, candidates, _ = self._whose(said)
            whose, candidates, settled = None, _once(candidates, [found] if found else []), None
            faults.append(fault_at(said, "name", said.name, _CHOSEN_GONE))
        elif settled is not None and settled.person is not None:
            whose = self.seen[settled.person]
            # A line that stands twice is paid twice where somebody says whose it is.
            faults = [fault for fault in faults if fault.column]
        else:
            whose, candidates, unclear = self._whose(said)
            faults += unclear
        if whose is not None and whose.household in self.merged:
            candidates = self.merged[whose.household]
            faults.append(fault_at(said, "name", said.name, _MERGED))
        if whose is not None and whose.place not in self.area:
            faults.append(fault_at(said, "name", said.name, _ELSEWHERE))
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
            return None, _once(holders, named), [fault_at(said, "id_number", said.id_number[-4:], reason)]
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
        return None, tuple(named), [fault_at(said, "name", said.name, reason)]

    def _seen(self, ids: Iterable[int]) -> list[Candidate]:
        return [self.seen[each] for each in sorted(set(ids)) if each in self.seen]

    def _lives_in(self, candidate: Candidate, village: str) -> bool:
        return _short(village) == _short(candidate.village) or village == self.codes.get(candidate.place)


def _policy_of(said: Said, whole: str, settled: Settled | None) -> tuple[str, tuple[str, ...], list[Fault]]:
    """The policy of a line, those to choose from where there are several, and what is wrong."""
    named = book_of(()).paid_as(said.project) if said.project else ()
    chosen = (settled.policy if settled else "") or whole
    if chosen and named and chosen not in named:
        return "", named, [fault_at(said, "project", said.project, _ANOTHER_POLICY)]
    if chosen or len(named) == 1:
        return chosen or named[0], (), []
    reason = _SEVERAL_POLICIES if named else _NO_POLICY
    return "", named, [fault_at(said, "project", said.project, reason)]


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
        fault = fault_at(line.said, "paid_on", str(line.said.paid_on), _YEAR_SETTLED)
        return replace(line, outcome="open", faults=(fault,))

    return [judged(line) for line in lines]


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


_UNKNOWN = Text(
    "在册的人里没有找到，或不在您的范围内。", "Not found among the people on the register, or outside of your area."
)
_NAME_ALONE = Text("只有姓名，不足以认定是谁；请选定。", "A name alone does not tell who it is; choose the person.")
_SEVERAL = Text("同名的不止一人，请选定。", "Several have that name; choose the person.")
_NAME_DIFFERS = Text(
    "证件号码在册，但姓名不同；请核对后选定。", "The number is held, with another name; check, then choose the person."
)
_CHOSEN_GONE = Text(
    "选定的人已经不在您的范围内（迁走，或登记被撤销）；请重新选定，或搁置。",
    "The person who was chosen is no longer within your reach (moved, or entered in error); choose anew, or set this aside.",
)
_MERGED = Text(
    "此人是原户的人，原户已并入他户，记在原户名下就不再参加评估；请选定并入的那一户里是谁领的，或搁置。",
    "This person stayed with a household that was merged into another, and what is booked there is assessed no more; "
    "choose who of the other household received it, or set this aside.",
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
_YEAR_SETTLED = Text(
    "该户这一年收支已结清，请先重新打开该年度。",
    "The household's ledger of that year is settled; open the year again first.",
)
