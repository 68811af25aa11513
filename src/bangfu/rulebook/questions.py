"""What to ask of a household: the unknown facts that can still change a verdict or an amount, most money first.

Each is tried with every value it can take, and only what can come out otherwise is judged anew: conditions that look at the fact, in
policies that no other condition rules out. Of ages one stands for all between two at which some comparison turns, of codes one for all
between which no expression makes a difference.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bangfu.kernel.days import YEAR
from bangfu.kernel.schema import schema
from bangfu.rulebook import tree
from bangfu.rulebook.compiled import compile_node
from bangfu.rulebook.evaluate import Evaluator, Home, Moment, Person
from bangfu.rulebook.judge import (
    Answers,
    Asked,
    Dues,
    Hearing,
    HouseholdJudgement,
    Judge,
    Plan,
    PolicyJudgement,
    Standings,
)
from bangfu.rulebook.looks import Look, all_told_apart, looks
from bangfu.rulebook.standing import ONE_FEN
from bangfu.rulebook.trail import FactSeen, columns
from bangfu.rulebook.tree import Node

MOST_QUESTIONS = 5
OLDEST = 110


@dataclass(frozen=True, slots=True)
class Question:
    """A fact to ask for: `money` is what a year may hang on it, in fen; `policies` those whose verdict it can still change."""

    person_id: str
    column: str
    label: str
    money: int
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Stake:
    """A policy that a fact may change: which of its conditions look at the fact, which do not, whether its amount does; the expressions
    of these, and the ages at which they may begin to say something else."""

    plan: Plan
    touched: tuple[Asked, ...]
    others: tuple[Asked, ...]
    amount: bool
    nodes: tuple[Node, ...]
    turns: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class _Reach:
    """What a fact may change: of the person asked about, of everybody in the household (that person too), and of the household.

    `codes` are those worth trying, of a fact that is one; `parts` are the verdicts that look at it, with the ages at which they may turn; `kept` the household's parts of any kind that do not.
    """

    own: tuple[_Stake, ...]
    each: tuple[_Stake, ...]
    house: tuple[_Stake, ...]
    codes: tuple[str, ...]
    parts: tuple[str, ...]
    kept: tuple[str, ...]
    turns: frozenset[int] | None


class Inquiry:
    """What to ask under one set of rules."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.columns = columns()
        parts = judge.book.parts
        self.looks = {asked.place: looks(asked.node, parts) for asked in judge.asked}
        self.amounts = {
            plan.policy.id: looks(plan.node, parts) if plan.node and plan.cash else frozenset[Look]()
            for plan in judge.plans.values()
        }
        self.parts = {name: looks(parts[name].node, parts) for name in judge.house_parts}
        self.verdicts = (*judge.book.guarantees, *judge.book.standards)
        self.reaches: dict[tuple[bool, str], _Reach] = {}
        self.turns = _Turns(judge)

    def reach(self, of_person: bool, column: str) -> _Reach:
        found = self.reaches.get((of_person, column))
        if found is None:
            found = self.reaches[of_person, column] = self._reach(of_person, column)
        return found

    def _reach(self, of_person: bool, column: str) -> _Reach:
        around: set[Look] = {("each" if of_person else "house", column)}
        judge = self.judge
        parts = tuple(name for name in self.verdicts if self.parts[name] & around)
        own = self._stakes(judge.person_plans, {("own", column), *around}) if of_person else ()
        each, house = self._stakes(judge.person_plans, around), self._stakes(judge.house_plans, around)
        nodes = [node for stake in (*own, *each, *house) for node in stake.nodes]
        return _Reach(
            own=own,
            each=each,
            house=house,
            codes=self._codes(column, [*nodes, *(judge.book.parts[name].node for name in parts)]),
            parts=parts,
            kept=tuple(name for name, seen in self.parts.items() if not seen & around),
            turns=self.turns.of_all([judge.book.parts[name].node for name in parts]),
        )

    def _stakes(self, plans: Iterable[Plan], looked: set[Look]) -> tuple[_Stake, ...]:
        made = []
        for plan in plans:
            touched = tuple(a for a in plan.asked if self.looks[a.place] & looked)
            amount = bool(self.amounts[plan.policy.id] & looked)
            if touched or amount:
                nodes = [a.node for a in touched] + ([plan.node] if amount and plan.node else [])
                others = tuple(a for a in plan.asked if a not in touched)
                made.append(_Stake(plan, touched, others, amount, tuple(nodes), self.turns.of_all(nodes)))
        return tuple(made)

    def _codes(self, column: str, nodes: Iterable[Node]) -> tuple[str, ...]:
        """Of a column's codes one for all between which no expression makes a difference."""
        codes = tuple(schema().codes.get(self.columns[column].codes, ()))
        sets = all_told_apart(nodes, column, self.judge.book.parts)
        if sets is None:
            return codes
        first: dict[tuple[bool, ...], str] = {}
        for code in codes:
            first.setdefault(tuple([code in one for one in sets]), code)
        return tuple(first.values())

    # ---- one household

    def questions(
        self, hearing: Hearing, judged: HouseholdJudgement, unknown: Sequence[FactSeen], policy_id: str = ""
    ) -> list[Question]:
        """The questions worth asking (those of `policy_id` where given), at most five. A fact of which no value changes anything is not asked."""
        if not unknown:
            return []
        of_policy: dict[str, list[PolicyJudgement]] = {}
        for j in judged.policies:
            of_policy.setdefault(j.policy.id, []).append(j)
        made = []
        for seen in unknown:
            question = self._question(_Trial(self, hearing, judged, of_policy, seen))
            if question and (not policy_id or policy_id in question.policies):
                made.append(question)
        return sorted(made, key=lambda q: (-q.money, q.person_id, q.column))[:MOST_QUESTIONS]

    def _question(self, trial: "_Trial") -> Question | None:
        changed: dict[str, None] = {}
        gain = 0
        for value in trial.values():
            ids, worth = trial.changes(value)
            changed.update(dict.fromkeys(ids))
            gain = max(gain, worth)
        if not changed:
            return None
        if not gain:
            gain = max([j.plan.yearly(j.m) for id_ in changed for j in trial.of_policy.get(id_, ())], default=0)
        seen = trial.seen
        label = self.columns[seen.column].label.say(self.judge.lang)
        return Question(seen.person_id, seen.column, label, gain, tuple(changed))


class _Turns:
    """The ages, at the day of the run, at which an expression may begin to say something else: asked once of each, of nobody in particular."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.parts = judge.book.parts
        self.found: dict[Node, frozenset[int] | None] = {}
        self._moments: list[list[Moment]] | None = None

    def of(self, node: Node) -> frozenset[int] | None:
        """None where it cannot be told: then every age has to be tried."""
        if node not in self.found:
            self.found[node] = self._of(node)
        return self.found[node]

    def of_all(self, nodes: Iterable[Node]) -> frozenset[int] | None:
        each = [self.of(node) for node in nodes]
        return None if None in each else frozenset().union(*(turns for turns in each if turns))

    def _of(self, node: Node) -> frozenset[int] | None:
        seen = looks(node, self.parts)
        if not seen & {("own", "birth_date"), ("each", "birth_date")}:
            return frozenset()
        match node:
            case tree.Builtin(name="present" | "member"):
                return frozenset({0, 1})
            case tree.Compare() if seen == {("own", "birth_date")} and not _by_name(node):
                return self._asked(compile_node(node))
            case tree.Part():
                return self.of(self.parts[node.name].node)
            case tree.IsNull() | tree.Fact() | tree.Builtin():
                return None
            case _:
                return self.of_all(node.children())

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
        of_policy: Mapping[str, Sequence[PolicyJudgement]],
        seen: FactSeen,
    ) -> None:
        self.inquiry = inquiry
        self.judge = inquiry.judge
        self.hearing = hearing
        self.judged = judged
        self.of_policy = of_policy
        self.seen = seen
        self.number = hearing.number(seen.person_id)
        self.reach = reach = inquiry.reach(bool(seen.person_id), seen.column)
        self.stakes: dict[int, list[_Stake]] = {}
        for n, who in enumerate(hearing.people):
            self._add(n, who, reach.own if n == self.number else reach.each)
        self._add(-1, hearing.house, reach.house)
        touched = {n: {a.place: a for stake in mine for a in stake.touched} for n, mine in self.stakes.items()}
        every = {place: asked for mine in touched.values() for place, asked in mine.items()}
        self.afresh: Mapping[int, Iterable[Asked]] = {
            **{n: mine.values() for n, mine in touched.items()},
            -1: every.values(),
        }
        self.before = {n: [self._base(n)[stake.plan.number].said for stake in mine] for n, mine in self.stakes.items()}
        self.amounts = any(stake.amount for mine in self.stakes.values() for stake in mine)
        self.present = self._candidate(self.number)
        self.parts = [judged.parts[name] for name in reach.parts]
        memo = hearing.start.memo
        self.kept = {name: memo[name] for name in reach.kept if name in memo}
        self.tried: set[tuple[Any, ...]] = set()
        self.cells, self.home = self._apart()

    def _add(self, n: int, who: Answers, stakes: Iterable[_Stake]) -> None:
        mine = [stake for stake in stakes if self._open(stake, who)]
        if mine:
            self.stakes[n] = mine

    def _base(self, n: int) -> Sequence[PolicyJudgement]:
        """The policies of a person, or of the household, as things stand."""
        return self.judged.of_people[n] if n >= 0 else self.judged.of_house

    def _candidate(self, n: int) -> bool:
        return n < 0 or self.judge.candidate(self.hearing.home.people[n].facts)

    def _open(self, stake: _Stake, who: Answers) -> bool:
        """Whether no condition that does not look at the fact rules the policy out on every day."""
        never = self.judge.span.always[False]
        for asked in stake.others:
            if who.values[asked.place] is False and (
                not stake.plan.over_days or self.hearing.series(who, asked) is never
            ):
                return False
        return True

    def _apart(self) -> tuple[dict[str, Any], Home]:
        """The household with the row that has the fact in a copy of its own, to be filled with one value after another."""
        home = self.hearing.home
        if self.number < 0:
            cells = {**home.facts}
            return cells, home.but(cells, home.people)
        people = list(home.people)
        cells = {**people[self.number].facts}
        people[self.number] = people[self.number].of(cells)
        return cells, home.but(home.facts, people)

    # ---- values

    def values(self) -> Sequence[Any]:
        """The values that the fact can take, or as many of them as can differ."""
        column = self.inquiry.columns[self.seen.column]
        match column.type:
            case "yes_no":
                return (True, False)
            case "code":
                return self.reach.codes
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
        stakes = [stake for mine in self.stakes.values() for stake in mine]
        for turns in (self.reach.turns, *[stake.turns for stake in stakes]):
            if turns is None:
                return every
            found |= turns
        return sorted(found)

    # ---- what a value changes

    def changes(self, value: Any) -> tuple[list[str], int]:
        """The policies and verdicts that come out otherwise with a value, and what those of them are worth a year that are due.

        Nothing, where an earlier value has let the conditions say the same.
        """
        self.cells[self.seen.column] = value
        present = self.number < 0 or self.judge.candidate(self.cells)
        appears = present and not self.present
        afresh = {**self.afresh, self.number: self.judge.asked} if appears else self.afresh
        new = self.hearing.but(self.home, self.number, afresh, self.kept)
        stands = self.judge.stands
        said = {n: [stands(stake.plan, new, new.who(n)) for stake in stakes] for n, stakes in self.stakes.items()}
        parts = [self.judge.house_parts[name](new.start) for name in self.reach.parts]
        signature = (present, *parts, value if self.amounts else None, *[s for mine in said.values() for s in mine])
        if signature in self.tried:
            return [], 0
        self.tried.add(signature)
        ids, worth = [], 0
        if appears:
            said = {self.number: [], **said}
        for n, mine in said.items():
            everything = appears and n == self.number
            candidate = self._candidate(n)
            counted = present if n == self.number else candidate
            for before, dues in self._settled(n, mine, new, everything=everything):
                received = before.received > ONE_FEN
                same = (candidate or received) and (dues == before.dues or dues.outcome == before.dues.outcome)
                if (counted or received) and not same:
                    ids.append(before.policy.id)
                    worth += (dues.annual_amount or 0) + (dues.once_amount or 0)
        for name, held, before_held in zip(self.reach.parts, parts, self.parts, strict=True):
            if held != before_held:
                ids.append(name)
        return ids, worth

    def _settled(
        self, n: int, said: Sequence[Standings], new: Hearing, *, everything: bool
    ) -> Iterator[tuple[PolicyJudgement, Dues]]:
        """The policies of a person, or of the household, that may come out otherwise, as things stood and with their new dues; in the book's order."""
        base, who = self._base(n), new.who(n)
        if everything:
            moved = {plan.number: self.judge.stands(plan, new, who) for plan in self.judge.person_plans}
        else:
            moved = {
                stake.plan.number: standing
                for stake, standing, before in zip(self.stakes[n], said, self.before[n], strict=True)
                if stake.amount or standing != before
            }
        if n >= 0 and not moved.keys().isdisjoint(self.judge.contested):
            beside = self.judge.beside_each_other(base, moved)
            moved |= {k: standing for k, standing in beside.items() if k in moved or standing != base[k].standing}
        for number, standing in sorted(moved.items()):
            yield base[number], base[number].plan.dues(standing, who.m)
