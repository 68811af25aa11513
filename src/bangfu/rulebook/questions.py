"""What to ask of a household: the unknown facts that can still change a verdict or an amount, most money first.

Each is tried with every value it can take, and only what can come out otherwise is judged anew: conditions that look at the fact, in
policies that no other condition rules out. Of ages one stands for all between two at which some comparison turns.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from bangfu.kernel.days import YEAR
from bangfu.kernel.schema import schema
from bangfu.rulebook import tree
from bangfu.rulebook.compiled import compile_node
from bangfu.rulebook.evaluate import Evaluator, Home, Moment, Person
from bangfu.rulebook.judge import Answers, Asked, Hearing, HouseholdJudgement, Judge, Plan, PolicyJudgement
from bangfu.rulebook.standing import ONE_FEN
from bangfu.rulebook.trail import FactSeen, columns
from bangfu.rulebook.tree import Node

MOST_QUESTIONS = 5
OLDEST = 110
# Whose cell: that of the one asked about, the household's, or that of any of its persons.
Whose: TypeAlias = Literal["own", "house", "each"]
Look: TypeAlias = tuple[Whose, str]
_WORDS: Mapping[str, tuple[str, ...]] = {
    "present": ("birth_date", "died_on", "left_on"),
    "member": ("birth_date", "died_on", "left_on"),
    "age": ("birth_date",),
    "school_age": ("birth_date",),
    "stage": ("schooling", "schooling_spring"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A fact to ask for: `money` is what a year may hang on it, in fen; `policies` those whose verdict it can still change."""

    person_id: str
    column: str
    label: str
    money: int
    policies: tuple[str, ...]


def looks(node: Node, judge: Judge) -> frozenset[Look]:
    """Whose cells an expression looks at, by way of the parts it names too."""
    return frozenset(_looks(node, judge))


def _looks(node: Node, judge: Judge) -> Iterator[Look]:
    match node:
        case tree.Fact() if node.table != "row":
            whose: Whose = "house" if node.table == "household" else "own"
            yield whose, node.name
            if node.span:
                yield from ((whose, f"{node.span}_{end}") for end in ("from", "until"))
        case tree.Builtin():
            yield from (("own", column) for column in _WORDS.get(node.name, ()))
        case tree.Part():
            yield from looks(judge.book.parts[node.name].node, judge)
        case tree.Of():
            for whose, column in (*_looks(node.who, judge), *_looks(node.value, judge)):
                yield ("each" if whose == "own" else whose), column
        case _:
            for child in node.children():
                yield from _looks(child, judge)


@dataclass(frozen=True, slots=True)
class _Stake:
    """A policy that a fact may change: which of its conditions look at the fact, which do not, and whether its amount does."""

    plan: Plan
    touched: tuple[Asked, ...]
    others: tuple[Asked, ...]
    amount: bool


@dataclass(frozen=True, slots=True)
class _Reach:
    """What a fact may change: of the person asked about, of everybody in the household (that person too), and of the household.

    `parts` are the verdicts that look at it, `kept` the household's parts of any kind that do not.
    """

    own: tuple[_Stake, ...]
    each: tuple[_Stake, ...]
    house: tuple[_Stake, ...]
    parts: tuple[str, ...]
    kept: tuple[str, ...]


class Inquiry:
    """What to ask under one set of rules."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.columns = columns()
        self.looks = {asked.place: looks(asked.node, judge) for asked in judge.asked}
        self.amounts = {
            plan.policy.id: looks(plan.node, judge) if plan.node and plan.cash else frozenset[Look]()
            for plan in judge.plans.values()
        }
        self.parts = {name: looks(judge.book.parts[name].node, judge) for name in judge.house_parts}
        self.verdicts = (*judge.book.guarantees, *judge.book.standards)
        self.reaches: dict[tuple[bool, str], _Reach] = {}
        self.together = self._together()
        self.turns = _Turns(judge)

    def _together(self) -> dict[str, list[Plan]]:
        """The policies that are judged together with one, because they may bar each other, by a path however long."""
        sets = [{id_, *by} for id_, by in self.judge.bars.items()]
        sets += [set(g.group.policies) for g in self.judge.rankings]
        found = {}
        for plan in self.judge.person_plans:
            joined = {plan.policy.id}
            while len(grown := joined.union(*(s for s in sets if s & joined))) > len(joined):
                joined = grown
            found[plan.policy.id] = [p for p in self.judge.person_plans if p.policy.id in joined]
        return found

    def reach(self, of_person: bool, column: str) -> _Reach:
        found = self.reaches.get((of_person, column))
        if found is None:
            found = self.reaches[of_person, column] = self._reach(of_person, column)
        return found

    def _reach(self, of_person: bool, column: str) -> _Reach:
        around: set[Look] = {("each" if of_person else "house", column)}
        judge = self.judge
        return _Reach(
            own=self._stakes(judge.person_plans, {("own", column), *around}) if of_person else (),
            each=self._stakes(judge.person_plans, around),
            house=self._stakes(judge.house_plans, around),
            parts=tuple(name for name in self.verdicts if self.parts[name] & around),
            kept=tuple(name for name, seen in self.parts.items() if not seen & around),
        )

    def _stakes(self, plans: Iterable[Plan], looked: set[Look]) -> tuple[_Stake, ...]:
        made = []
        for plan in plans:
            touched = tuple(a for a in plan.asked if self.looks[a.place] & looked)
            amount = bool(self.amounts[plan.policy.id] & looked)
            if touched or amount:
                made.append(_Stake(plan, touched, tuple(a for a in plan.asked if a not in touched), amount))
        return tuple(made)

    # ---- one household

    def questions(
        self, hearing: Hearing, judged: HouseholdJudgement, unknown: Sequence[FactSeen], policy_id: str = ""
    ) -> list[Question]:
        """The questions worth asking (those of `policy_id` where given), at most five. A fact of which no value changes anything is not asked."""
        if not unknown:
            return []
        base = {(j.person, j.policy.id): j for j in judged.policies}
        made = []
        for seen in unknown:
            question = self._question(_Trial(self, hearing, judged, base, seen))
            if question and (not policy_id or policy_id in question.policies):
                made.append(question)
        return sorted(made, key=lambda q: (-q.money, q.person_id, q.column))[:MOST_QUESTIONS]

    def _question(self, trial: "_Trial") -> Question | None:
        changed: dict[str, None] = {}
        gain = 0
        for value in trial.values():
            ids, worth = trial.changes(value)
            changed |= dict.fromkeys(ids)
            gain = max(gain, worth)
        if not changed:
            return None
        gain = gain or max((j.plan.yearly(j.m) for j in trial.judged.policies if j.policy.id in changed), default=0)
        seen = trial.seen
        label = self.columns[seen.column].label.say(self.judge.lang)
        return Question(seen.person_id, seen.column, label, gain, tuple(changed))


class _Turns:
    """The ages, at the day of the run, at which an expression may begin to say something else: asked once of each, of nobody in particular."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.found: dict[Node, frozenset[int] | None] = {}
        self._moments: list[list[Moment]] | None = None

    def of(self, node: Node) -> frozenset[int] | None:
        """None where it cannot be told: then every age has to be tried."""
        if node not in self.found:
            self.found[node] = self._of(node)
        return self.found[node]

    def _of(self, node: Node) -> frozenset[int] | None:
        seen = looks(node, self.judge)
        if not seen & {("own", "birth_date"), ("each", "birth_date")}:
            return frozenset()
        match node:
            case tree.Builtin(name="present" | "member"):
                return frozenset({0, 1})
            case tree.Compare() if seen == {("own", "birth_date")} and not _by_name(node):
                return self._asked(compile_node(node))
            case tree.Part():
                return self.of(self.judge.book.parts[node.name].node)
            case tree.IsNull() | tree.Fact() | tree.Builtin():
                return None
            case _:
                inner = [self.of(child) for child in node.children()]
                return None if None in inner else frozenset().union(*(turns for turns in inner if turns))

    def _asked(self, found: Evaluator) -> frozenset[int]:
        answers = [tuple(found(m) for m in days) for days in self.moments]
        return frozenset(age for age in range(1, OLDEST) if answers[age] != answers[age - 1])

    @property
    def moments(self) -> list[list[Moment]]:
        """One of each age, on each day of the run."""
        if self._moments is None:
            judge = self.judge
            nobody = {"person_id": "", **dict.fromkeys(columns())}
            people = [Person({**nobody, "birth_date": judge.days.as_of - age * YEAR}) for age in range(OLDEST)]
            start = judge.start(Home({}, people, (), ()))
            days = [start.on(day, values).people for day, values in zip(judge.span.days, judge.values, strict=True)]
            self._moments = [list(ages) for ages in zip(*days, strict=True)]
        return self._moments


def _by_name(node: Node) -> bool:
    return any(isinstance(n, tree.Part | tree.Of | tree.Ledger | tree.Received) for n in node.walk())


class _Trial:
    """One unknown fact of one household, tried with the values it can take."""

    def __init__(
        self,
        inquiry: Inquiry,
        hearing: Hearing,
        judged: HouseholdJudgement,
        base: Mapping[tuple[Any, str], PolicyJudgement],
        seen: FactSeen,
    ) -> None:
        self.inquiry = inquiry
        self.judge = inquiry.judge
        self.hearing = hearing
        self.judged = judged
        self.base = base
        self.seen = seen
        ids = [person.id for person in hearing.home.people]
        self.number = ids.index(seen.person_id) if seen.person_id else -1
        self.reach = inquiry.reach(bool(seen.person_id), seen.column)
        stakes = {n: self.reach.own if n == self.number else self.reach.each for n in range(len(ids))}
        every = {n: [s for s in mine if self._open(s, hearing.people[n])] for n, mine in stakes.items()}
        every[-1] = [s for s in self.reach.house if self._open(s, hearing.house)]
        self.stakes = {n: mine for n, mine in every.items() if mine}
        touched = {
            n: list({a.place: a for stake in mine for a in stake.touched}.values()) for n, mine in self.stakes.items()
        }
        self.afresh = {**touched, -1: list({a.place: a for mine in touched.values() for a in mine}.values())}
        self.before = {n: [self._said(stake.plan, n).said for stake in mine] for n, mine in self.stakes.items()}
        self.amounts = any(stake.amount for mine in self.stakes.values() for stake in mine)
        self.present = self.number < 0 or self.judge.candidate(hearing.home.people[self.number].facts)
        self.tried: set[tuple[Any, ...]] = set()

    def _said(self, plan: Plan, n: int) -> PolicyJudgement:
        """What the conditions say as things stand."""
        person = self.hearing.home.people[n] if n >= 0 else None
        made = self.base.get((person, plan.policy.id))
        return made or self.judge.said(plan, self.hearing, self.hearing.people[n])

    def _open(self, stake: _Stake, who: Answers) -> bool:
        """Whether no condition that does not look at the fact rules the policy out on every day."""
        never = self.judge.span.always[False]
        for asked in stake.others:
            if who.values[asked.place] is False and (
                not stake.plan.over_days or self.hearing.series(who, asked) is never
            ):
                return False
        return True

    # ---- values

    def values(self) -> Sequence[Any]:
        """The values that the fact can take, or as many of them as can differ."""
        column = self.inquiry.columns[self.seen.column]
        match column.type:
            case "yes_no":
                return (True, False)
            case "code":
                return tuple(schema().codes[column.codes])
            case "date":
                now = self.judge.days.as_of
                return [now - age * YEAR for age in self._ages()]
            case "money" | "months" | "area":
                return schema().bounds[column.type]
            case _:
                return ()

    def _ages(self) -> Iterable[int]:
        every = range(OLDEST)
        if self.seen.column != "birth_date":
            return every
        found = {0, 1}
        for node in self._nodes():
            turns = self.inquiry.turns.of(node)
            if turns is None:
                return every
            found |= turns
        return sorted(found)

    def _nodes(self) -> Iterator[Node]:
        for stake in (stake for mine in self.stakes.values() for stake in mine):
            yield from (asked.node for asked in stake.touched)
            if stake.amount and stake.plan.node:
                yield stake.plan.node
        yield from (self.judge.book.parts[name].node for name in self.reach.parts)

    # ---- what a value changes

    def changes(self, value: Any) -> tuple[list[str], int]:
        """The policies and verdicts that come out otherwise with a value, and what those of them are worth a year that are due.

        Nothing, where an earlier value has let the conditions say the same.
        """
        home = self._with(value)
        present = self.number < 0 or self.judge.candidate(home.people[self.number].facts)
        appears = present and not self.present
        afresh = {**self.afresh, self.number: self.judge.asked} if appears else self.afresh
        new = self.hearing.but(home, afresh, self.reach.kept)
        said = {
            n: [self.judge.said(stake.plan, new, new.people[n] if n >= 0 else new.house) for stake in stakes]
            for n, stakes in (self.stakes if not appears else {self.number: (), **self.stakes}).items()
        }
        parts = [self.judge.house_parts[name](new.start) for name in self.reach.parts]
        signature = (
            present,
            *parts,
            value if self.amounts else None,
            *(j.said for mine in said.values() for j in mine),
        )
        if signature in self.tried:
            return [], 0
        self.tried.add(signature)
        ids, worth = [], 0
        for n, mine in said.items():
            for j in self._settled(n, mine, new, everything=appears and n == self.number):
                before = self.base.get((j.person and self.hearing.home.people[n], j.policy.id))
                shown = n < 0 or j.received > ONE_FEN or (present if n == self.number else before is not None)
                if shown and (before is None or j.outcome != before.outcome):
                    ids.append(j.policy.id)
                    worth += (j.dues.annual_amount or 0) + (j.dues.once_amount or 0)
        for name, held in zip(self.reach.parts, parts, strict=True):
            if held != self.judged.parts[name]:
                ids.append(name)
        return ids, worth

    def _settled(
        self, n: int, said: Sequence[PolicyJudgement], new: Hearing, *, everything: bool
    ) -> list[PolicyJudgement]:
        """The policies of a person, or of the household, that may come out otherwise, judged to the end; in the book's order."""
        if n < 0:
            judged = list(said)
        elif everything:
            judged = [self.judge.said(plan, new, new.people[n]) for plan in self.judge.person_plans]
            self.judge.exclude(judged)
        else:
            moved = {
                j.policy.id: j
                for j, stake, before in zip(said, self.stakes[n], self.before[n], strict=True)
                if stake.amount or j.said != before
            }
            if not moved:
                return []
            together = {plan.policy.id for id_ in moved for plan in self.inquiry.together[id_]}
            judged = [
                moved.get(plan.policy.id) or self.judge.said(plan, new, new.people[n])
                for plan in self.judge.person_plans
                if plan.policy.id in together
            ]
            self.judge.exclude(judged)
        for j in judged:
            j.dues = j.plan.dues(j.standing, j.m)
        return judged

    def _with(self, value: Any) -> Home:
        """The household as it would be with the fact known."""
        home, column = self.hearing.home, self.seen.column
        if self.number < 0:
            return home.but({**home.facts, column: value}, home.people)
        people = list(home.people)
        people[self.number] = people[self.number].but(**{column: value})
        return home.but(home.facts, people)
