"""Compile a book in force into the SQL that judges a whole prepared register (docs/snapshot.md names its tables).

Statements, in order:
  received          the receipts of the policy year and those before it
  household_judged  one row a household: aggregates over its persons, income, guarantees, standards, whatever else is asked of households
  person_beside     one row a person: the facts asked of persons, with what is asked of their household beside them
  standing_N        policies that exclude each other, judged together: one row a person for whom one of them is possible
  flagged_TABLE     the rows of a table on which a check holds: which ones, as bits, and what their messages say
  results           assessment, entitlement, finding (facts.md, What an assessment returns)
  evidence          where asked for: the papers that a household or member has to have, or of which that is not known
Every other policy, and every check, is judged where its rows are made. Each query holds the columns that it needs (frame.py), and
where only relevant rows are wanted, a policy is reckoned only for those persons for whom it is possible at all.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bangfu.kernel.schema import RESULT_TABLES, ResultTable, schema
from bangfu.kernel.words import Lang
from bangfu.rulebook import book as b
from bangfu.rulebook import tree
from bangfu.rulebook.benefits import BenefitColumns
from bangfu.rulebook.frame import Frame
from bangfu.rulebook.messages import message_sql
from bangfu.rulebook.resolve import Rules
from bangfu.rulebook.sql import Aggregate, Aggregates, Emitter, from_day, span_mask, span_now
from bangfu.rulebook.standing import ONE_FEN, bars, rankings, standing_layers

_PERSON = schema().tables["person"]
_PERSON_COLUMNS = ({*_PERSON.columns, *_PERSON.derived} - {"household_id"}) | {"person_no", "household_no"}
_HOUSEHOLD_COLUMNS = {*schema().tables["household"].columns, "household_no"}
_SPANS = {c.span for c in _PERSON.columns.values() if c.span}
_SPAN_DAYS = {span_mask(span): span for span in _SPANS}
_SPAN_NOW = {span_now(span): span for span in _SPANS}
_NO_MONEY = (
    "SELECT CAST(NULL AS INTEGER) AS household_no, CAST(NULL AS BIGINT) AS annual, CAST(NULL AS BIGINT) AS once, "
    "CAST(NULL AS BIGINT) AS missing WHERE FALSE"
)
_RECEIVED = "SELECT household_no, person_no, policy_id, year, amount FROM receipt WHERE year <= $policy_year"
_NO_FINDING = "SELECT NULL AS household_no, NULL AS household_id, NULL AS person_id, NULL AS position, NULL AS check_id, NULL AS severity, NULL AS message WHERE FALSE"
_NO_EVIDENCE = "SELECT NULL AS household_no, NULL AS household_id, NULL AS person_id, NULL AS position, NULL AS kind_id, NULL AS required WHERE FALSE"
_FLAGS = 60  # yes-nos in one integer


@dataclass(frozen=True, slots=True)
class Plan:
    """SQL of one run, and the values to put in for its `$names`.

    `prepare` (name and query of tables to be made, in order) runs once a set of households; the results may then be run in any order.
    """

    prepare: tuple[tuple[str, str], ...]
    results: Mapping[ResultTable, str]
    bound: dict[str, int | bool | str]
    evidence: str = ""


def compile_plan(
    rules: Rules,
    lang: Lang = "zh",
    *,
    tables: Collection[ResultTable] = RESULT_TABLES,
    relevant: bool = False,
    evidence: bool = False,
) -> Plan:
    """The plan for some result tables, and (`evidence`) for the papers of dossiers. `relevant` leaves out entitlement rows that say no and had nothing received."""
    return _Compiler(rules, lang, tables, relevant=relevant).plan(evidence=evidence)


class _Compiler:
    def __init__(self, rules: Rules, lang: Lang, tables: Collection[ResultTable], *, relevant: bool) -> None:
        self.rules = rules
        self.book = rules.book
        self.lang: Lang = lang
        self.tables = tables
        self.sparse = relevant or "entitlement" not in tables
        self.aggregates = Aggregates()
        self.emitter = Emitter(rules, self.aggregates)
        self.flagged: dict[str, str] = {}
        self.of_persons: tuple[int, dict[str, Aggregate]] = 0, {}
        self.asked_of_household: dict[str, None] = {}
        self.asked_of_persons: dict[str, None] = {}
        self.benefits = {p.id: BenefitColumns(p, rules, self.emitter) for p in self.book.evaluated}
        self.made_of_benefits = {name: sql for c in self.benefits.values() for name, sql in c.made().items()}
        self.standing_of = {True: self._standing(person=True), False: self._standing(person=False)}
        self.part_nodes = {name: part.node for name, part in self.book.parts.items()}
        self.parts: dict[str, str | None] = {}
        self.household = Frame("household", self._household_leaf, self._household_made, self._household_source)
        self.judged = Frame("judged", self._judged_leaf, self._benefit, lambda _: "SELECT * FROM household_judged")
        self.known = Frame("known", self._known_leaf, self._known_made, self._known_source)
        self.beside = Frame("beside", self._beside_leaf, self._presence, self._beside_source)
        self.person = Frame("person", self._person_leaf, self._person_made, self._person_source)

    def plan(self, *, evidence: bool) -> Plan:
        stored, results = self._results()
        papers = self._evidence() if evidence else ""
        # Last, because only now is known what everything else asks of a person, and that of a household.
        persons = self.beside.query(_as_they_are("person_no", "household_no", *sorted(self.asked_of_persons)))
        household = self.household.query(_as_they_are("household_no", "household_id", *sorted(self.asked_of_household)))
        judged = (("household_judged", household), ("person_beside", persons))
        prepare = (("received", _RECEIVED), *judged, *stored, *self.flagged.items())
        return Plan(prepare, results, self._bound(), papers)

    def _results(self) -> tuple[list[tuple[str, str]], dict[ResultTable, str]]:
        clusters = self._clusters()
        together = [c for c in clusters if len(c) > 1]
        frames: dict[str, Frame] = {}
        needs: list[dict[str, None]] = []
        for n, cluster in enumerate(together, start=1):
            needs.append({})
            frame = self._stored(f"standing_{n}", needs[-1])
            frames |= dict.fromkeys((c.id for c in cluster), frame)
        for c in self.benefits.values():
            frames.setdefault(c.id, self.person if c.policy.person else self.judged)
        makers: dict[ResultTable, Callable[[], str]] = {
            "assessment": lambda: self._assessment(clusters, frames),
            "entitlement": lambda: self._entitlement(frames),
            "finding": self._findings,
        }
        results = {name: makers[name]() for name in RESULT_TABLES if name in self.tables}
        stored = [
            (f"standing_{n}", self._standing_rows(cluster, needed))
            for n, (cluster, needed) in enumerate(zip(together, needs, strict=True), start=1)
            if needed
        ]
        return stored, results

    # ---- columns of households

    def _household_leaf(self, name: str) -> str | None:
        if name in _HOUSEHOLD_COLUMNS:
            return f"household.{name}"
        if name in self._of_persons():
            return self._of_persons()[name].read
        return self._sum(name, "household")

    def _household_made(self, name: str) -> str | None:
        return self.standing_of[False].get(name) or self._part(name, "household")

    def _household_source(self, leaves: Mapping[str, str]) -> str:
        needed = [aggregate for name, aggregate in self._of_persons().items() if name in leaves]
        flags: dict[str, list[str]] = {}
        for word, piece in (pair for aggregate in needed for pair in aggregate.flags.items()):
            flags.setdefault(word, []).append(piece)
        grouped = {word: sql for aggregate in needed for word, sql in aggregate.words.items()}
        grouped |= {word: f"BIT_OR(CAST({' | '.join(pieces)} AS BIGINT))" for word, pieces in flags.items()}
        joins = self._sum_joins(leaves, "household", "household")
        if grouped:
            of_persons = self.known.query({"household_no": "household_no", **grouped}, tail="\nGROUP BY household_no")
            joins += f"\n  LEFT JOIN ({of_persons}) AS of_persons ON of_persons.household_no = household.household_no"
        return f"SELECT {_listed(leaves)}\n  FROM household{joins}"

    def _of_persons(self) -> dict[str, Aggregate]:
        if self.of_persons[0] < self.aggregates.asked:
            self.of_persons = self.aggregates.asked, self.aggregates.columns(self.emitter)
        return self.of_persons[1]

    def _judged_leaf(self, name: str) -> str | None:
        """A column of the stored table: whatever a household has, but what its policies come to."""
        if not self.household.knows(name):
            return None
        self.asked_of_household.setdefault(name)
        return f"household_judged.{name}"

    # ---- columns of persons

    def _known_leaf(self, name: str) -> str | None:
        return f"person.{name}" if name in _PERSON_COLUMNS else self._sum(name, "person")

    def _known_made(self, name: str) -> str | None:
        return _span(name) or self._presence(name) or self._part(name, "person")

    def _presence(self, name: str) -> str | None:
        match name:
            case "present_days":
                return _present_days()
            case "member":
                gone = " AND ".join(f"COALESCE({end} > $as_of, TRUE)" for end in ("died_on", "left_on"))
                return f"(COALESCE(birth_date <= $as_of, TRUE) AND {gone})"
            case "candidate":
                return _candidate()
            case _:
                return None

    def _known_source(self, leaves: Mapping[str, str]) -> str:
        return f"SELECT {_listed(leaves)}\n  FROM person{self._sum_joins(leaves, 'person', 'person')}"

    def _beside_leaf(self, name: str) -> str | None:
        return f"person.{name}" if name in _PERSON_COLUMNS else self._judged_leaf(name)

    def _beside_source(self, leaves: Mapping[str, str]) -> str:
        join = "JOIN household_judged ON household_judged.household_no = person.household_no"
        return f"SELECT {_listed(leaves)}\n  FROM person {join}"

    def _person_leaf(self, name: str) -> str | None:
        if self.beside.knows(name):
            self.asked_of_persons.setdefault(name)
            return f"person_beside.{name}"
        return self._sum(name, "person")

    def _person_made(self, name: str) -> str | None:
        return _span(name) or self._benefit(name) or self.standing_of[True].get(name) or self._part(name, "person")

    def _benefit(self, name: str) -> str | None:
        return self.made_of_benefits.get(name)

    def _person_source(self, leaves: Mapping[str, str]) -> str:
        return f"SELECT {_listed(leaves)}\n  FROM person_beside{self._sum_joins(leaves, 'person', 'person_beside')}"

    def _stored(self, table: str, needed: dict[str, None]) -> Frame:
        """The frame of a stored table of persons, which will hold whatever is asked of it but what the policies come to."""

        def leaf(name: str) -> str | None:
            if name in self.made_of_benefits or not self.person.knows(name):
                return None
            needed.setdefault(name)
            return f"{table}.{name}"

        return Frame("standing", leaf, self._benefit, lambda leaves: f"SELECT {_listed(leaves)}\n  FROM {table}")

    def _standing_rows(self, cluster: Sequence[BenefitColumns], needed: Iterable[str]) -> str:
        """The rows of a stored table: all candidates, or those for whom one of its policies is possible or something was received."""
        worth = [c.possible(self.part_nodes) for c in cluster]
        if "entitlement" in self.tables:
            worth += [f"{c.received} > {ONE_FEN}" for c in cluster]
        where = [f"({' OR '.join(worth)})"] if self.sparse else []
        return self.person.query(_as_they_are("person_no", "household_no", *sorted(needed)), where)

    # ---- parts and sums

    def _part(self, name: str, table: str) -> str | None:
        """A named part's SQL: its value as at `as_of`, or with __sure and __maybe its days."""
        if name not in self.parts:
            base, _, side = name.partition("__")
            part = self.book.parts.get(base)
            if part is None or part.signature.table != table or side not in ("", "sure", "maybe"):
                return None
            if side:
                masks = self.emitter.masks(part.node)
                self.parts |= {f"{base}__sure": masks.sure, f"{base}__maybe": masks.maybe}
            else:
                sql = self.emitter.scalar(part.node)
                self.parts[name] = f"(CASE WHEN {self.book.settled.id} THEN {sql} END)" if part.role == "line" else sql
        base = name.partition("__")[0]
        return self.parts[name] if self.book.parts[base].signature.table == table else None

    def _sum(self, name: str, table: str) -> str | None:
        """A sum of ledger items (in the wide table of its year) or of receipts."""
        node = self.aggregates.ledgers.get(name)
        if node and node.table == table:
            of_year = f"ledger_{self._year(node)}.{name}"
            return f"({of_year} IS TRUE)" if node.recorded else f"COALESCE({of_year}, 0)"
        receipt = self.aggregates.receipts.get(name)
        return f"COALESCE(receipt_sums.{name}, 0)" if receipt and receipt[1] == table else None

    def _sum_joins(self, leaves: Mapping[str, str], table: str, to: str) -> str:
        """The joins that bring the sums of persons or households to the relation `to`."""
        key = f"{table}_no"
        years = dict.fromkeys(
            self._year(n) for c, n in self.aggregates.ledgers.items() if c in leaves and n.table == table
        )
        joins = "".join(
            f"\n  LEFT JOIN ({self._wide(leaves, table, year)}) AS ledger_{year} ON ledger_{year}.{key} = {to}.{key}"
            for year in years
        )
        received = {c: r for c, r in self.aggregates.receipts.items() if c in leaves and r[1] == table}
        if received:
            sums = ", ".join(
                f"CAST(SUM(CASE WHEN policy_id = '{policy}'{'' if ever else ' AND year = $policy_year'} THEN amount ELSE 0 END) AS BIGINT) AS {c}"
                for c, (policy, _, ever) in received.items()
            )
            policies = ", ".join(
                f"'{policy}'" for policy in dict.fromkeys(policy for policy, _, _ in received.values())
            )
            joins += (
                f"\n  LEFT JOIN (SELECT {key}, {sums} FROM received WHERE {key} IS NOT NULL AND policy_id IN ({policies}) GROUP BY {key})"
                f" AS receipt_sums ON receipt_sums.{key} = {to}.{key}"
            )
        return joins

    def _wide(self, leaves: Mapping[str, str], table: str, year: str) -> str:
        """The sums asked for, of whoever has a row of one of the items in that year. Added up before they are joined, because a join moves columns."""
        asked = {
            c: n
            for c, n in self.aggregates.ledgers.items()
            if c in leaves and n.table == table and self._year(n) == year
        }
        items = ", ".join(dict.fromkeys(i for n in asked.values() for i in n.items))
        sums = ", ".join(f"{_of_items(n)} AS {c}" for c, n in asked.items())
        return (
            f"SELECT {table}_no, {sums} FROM ledger_by_{table} WHERE year = ${year} AND COALESCE({items}) IS NOT NULL"
        )

    def _year(self, node: tree.Ledger) -> str:
        """The year that an item is asked of, by name; where both are one year, by one name."""
        days = self.rules.days
        return "policy_year" if days.income_year == days.policy_year else node.year

    # ---- standing

    def _standing(self, *, person: bool) -> dict[str, str]:
        """The columns of standing of all policies of persons, or of households (which exclude nobody)."""
        mine = [c for c in self.benefits.values() if c.policy.person == person]
        made = {name: sql for c in mine for name, sql in c.standing().items()}
        by_days = [c.id for c in mine if c.days]
        if person:
            return made | {name: sql for layer in standing_layers(by_days, self.rules) for name, sql in layer}
        for p in by_days:
            made |= {f"{p}__d": f"{p}__sure", f"{p}__u": f"({p}__maybe - {p}__sure)", f"{p}__x": "0"}
        return made

    def _clusters(self) -> list[list[BenefitColumns]]:
        """The policies of persons in sets that exclude each other, directly or through others; most stand alone."""
        persons = [c for c in self.benefits.values() if c.policy.person]
        sets: list[set[str]] = [{c.id} for c in persons]
        ties = [{p, *by} for p, by in bars(self.rules).items()] + [set(g.group.policies) for g in rankings(self.rules)]
        for tie in ties:
            touched = [s for s in sets if s & tie]
            sets = [s for s in sets if not s & tie] + ([set().union(*touched)] if touched else [])
        return sorted(([c for c in persons if c.id in s] for s in sets), key=lambda c: persons.index(c[0]))

    # ---- assessment

    def _assessment(self, clusters: Sequence[Sequence[BenefitColumns]], frames: Mapping[str, Frame]) -> str:
        of_household = [[c] for c in self.benefits.values() if not c.policy.person]
        money = [
            self._money([c for c in cluster if c.cash], frames[cluster[0].id])
            for cluster in (*clusters, *of_household)
            if any(c.cash for c in cluster)
        ]
        members = self.emitter.of(
            tree.Of(
                tree.COUNT, False, "count", tree.Builtin(tree.BOOL, False, "member"), tree.Const(tree.BOOL, False, True)
            )
        )
        lines = [n for n in self.book.lines if n not in ("rigid_education", "rigid_medical")]
        tests = ["below_line", *self.book.guarantees, *self.book.standards]
        shown = [
            "household_no",
            "household_id",
            f"{members} AS members",
            *lines,
            "$p_poverty_line AS poverty_line",
            *tests,
            "rigid_education",
            "rigid_medical",
        ]
        for name in (members, *lines, *tests, "rigid_education", "rigid_medical"):
            self._judged_leaf(name)
        branches = "\n    UNION ALL ".join(f"({q})" for q in money) or _NO_MONEY
        return (
            f"WITH money AS (\n    {branches}),\n"
            "of_household AS (SELECT household_no AS of_no, CAST(SUM(annual) AS BIGINT) AS annual, CAST(SUM(once) AS BIGINT) AS once, "
            "CAST(SUM(missing) AS BIGINT) AS missing FROM money GROUP BY household_no)\n"
            f"SELECT {', '.join(shown)},\n"
            "  COALESCE(annual, 0) AS entitled_annual, COALESCE(once, 0) AS entitled_once, COALESCE(missing, 0) AS missing_amount\n"
            "FROM household_judged LEFT JOIN of_household ON of_no = household_no"
        )

    def _money(self, cash: Sequence[BenefitColumns], frame: Frame) -> str:
        """household_no, annual, once, missing: what policies judged together add to households' totals, in fen."""

        def total(what: str) -> str:
            return " + ".join(f"COALESCE({c.id}__{what}, 0)" for c in cash)

        where = [f"({' OR '.join(c.counts() for c in cash)})"]
        if frame is self.person:
            where = [f"({' OR '.join(c.possible(self.part_nodes) for c in cash)})", *where]
            where += [stake for c in cash if len(cash) == 1 and (stake := c.at_stake())]
        return frame.query(
            {
                "household_no": "household_no",
                "annual": total("annual"),
                "once": total("once"),
                "missing": total("missing"),
            },
            where,
        )

    # ---- entitlement

    def _entitlement(self, frames: Mapping[str, Frame]) -> str:
        made = {c.id: self._rows(n, c, frames[c.id]) for n, c in enumerate(self.benefits.values())}
        if any(c.policy.person for c in self.benefits.values()):
            made["of_no_person"] = self._receipts_of_no_person()
        return _union([f"WITH entitlement_{n} AS (\n{sql}) SELECT * FROM entitlement_{n}" for n, sql in made.items()])

    def _rows(self, position: int, c: BenefitColumns, frame: Frame) -> str:
        person = c.policy.person
        where = [f"(candidate OR {c.received} > {ONE_FEN})"] if person else []
        if self.sparse:
            where.append(c.relevant())
            where.append(f"({c.id}__verdict <> 'not_entitled' OR {c.received} > {ONE_FEN})")
            if frame is self.person:
                where.insert(0, f"({c.possible(self.part_nodes)} OR {c.received} > {ONE_FEN})")
        money = (("annual_amount", "annual"), ("once_amount", "once"), ("due_low", "low"), ("due_high", "high"))
        outputs = {
            "household_no": "household_no",
            "person_no": "person_no" if person else "NULL",
            "household_id": "household_id",
            "person_id": "person_id" if person else "NULL",
            "policy_id": f"'{c.id}'",
            "verdict": f"{c.id}__verdict",
            **{name: f"{c.id}__{column}" if c.cash else "NULL" for name, column in money},
            "received": c.received,
            "reconciliation": f"{c.id}__says" if c.cash else "NULL",
            "why": f"{c.id}__why",
            "position": str(position),
        }
        return frame.query(outputs, where)

    def _receipts_of_no_person(self) -> str:
        """Receipts of a person policy that name no person still get a row: nobody there can be entitled."""
        shown = f"\n  WHERE received > {ONE_FEN}" if self.sparse else ""
        persons = [(n, c) for n, c in enumerate(self.benefits.values()) if c.policy.person]
        names = ", ".join(f"'{c.id}'" for _, c in persons)
        order = " ".join(f"WHEN '{c.id}' THEN {n}" for n, c in persons)
        said = " ".join(f"WHEN '{c.id}' THEN {c.without_person()}" for _, c in persons)
        return (
            "  SELECT household_no, NULL AS person_no, household_id, NULL AS person_id, policy_id, 'not_entitled' AS verdict, NULL AS annual_amount, "
            "NULL AS once_amount, NULL AS due_low, NULL AS due_high, received, "
            f"CASE WHEN received > {ONE_FEN} THEN CASE policy_id {said} END END AS reconciliation, "
            f"'person' AS why, CASE policy_id {order} END AS position\n"
            "  FROM (SELECT household_no, policy_id, CAST(SUM(amount) AS BIGINT) AS received FROM received "
            f"WHERE person_no IS NULL AND policy_id IN ({names}) AND year = $policy_year GROUP BY household_no, policy_id) AS unnamed "
            f"JOIN household_judged USING (household_no){shown}"
        )

    # ---- findings

    def _findings(self) -> str:
        numbered = list(enumerate(self.book.checks.values()))
        made = [_NO_FINDING]
        for table in ("household", "person", "ledger", "receipt"):
            mine = [(n, c) for n, c in numbered if c.table == table]
            if mine:
                made.append(self._findings_of(table, mine))
        return "\nUNION ALL\n".join(f"({q})" for q in made)

    def _findings_of(self, table: str, checks: Sequence[tuple[int, b.Check]]) -> str:
        """One pass over a table: the checks that hold on a row as bits, kept aside; then a finding for each, whose message is worked out only there."""
        of_row = table in ("ledger", "receipt")
        emitter = Emitter(self.rules, self.aggregates, {"row": "row_"} if of_row else {})
        frame = self._row_frame(table) if of_row else self.person if table == "person" else self.judged
        flags = {}
        for start in range(0, len(checks), _FLAGS):
            bits = [
                f"(CASE WHEN {emitter.scalar(c.when)} THEN {1 << k} ELSE 0 END)"
                for k, (_, c) in enumerate(checks[start : start + _FLAGS])
            ]
            flags[f"flags_{start // _FLAGS}"] = "(" + " | ".join(bits) + ")"
        says = "\n    ".join(f"WHEN {n} THEN {message_sql(c, emitter, self.rules, self.lang)}" for n, c in checks)
        keys = ["household_no", "household_id", *(["person_id"] if table != "household" else [])]
        where = [_row_possible(checks, emitter)] if of_row else []
        flagged = frame.query(_as_they_are(*dict.fromkeys((*keys, *frame.columns_in(says)))) | flags, where)
        person = "person_id" if table != "household" else "NULL AS person_id"
        masks = [
            [1 << k % _FLAGS if k // _FLAGS == word else 0 for word in range(len(flags))] for k in range(len(checks))
        ]
        listed = ", ".join(
            f"({', '.join(map(str, (n, *mask)))}, '{c.id}', '{c.severity}')"
            for (n, c), mask in zip(checks, masks, strict=True)
        )
        columns = ", ".join(["position", *(f"mask_{word}" for word in range(len(flags))), "check_id", "severity"])
        holds = " | ".join(f"({flag} & mask_{word})" for word, flag in enumerate(flags))
        kept = f"flagged_{table}"
        self.flagged[kept] = f"SELECT * FROM ({flagged}) AS every_row WHERE ({' | '.join(flags)}) <> 0"
        return (
            f"SELECT household_no, household_id, {person}, position, check_id, severity,\n  CASE position\n    {says} END AS message\n"
            f"FROM {kept} JOIN (VALUES {listed}) AS of_check({columns}) ON ({holds}) <> 0"
        )

    # ---- evidence

    def _evidence(self) -> str:
        kinds = [(n, k, k.required) for n, k in enumerate(self.book.evidence.values()) if k.required is not None]
        made = [_NO_EVIDENCE]
        for table, frame, where in (("household", self.judged, []), ("person", self.person, ["member"])):
            mine = [(n, k, required) for n, k, required in kinds if k.table == table]
            for start in range(0, len(mine), _FLAGS):
                made.append(self._evidence_of(table, frame, where, mine[start : start + _FLAGS]))
        return "\nUNION ALL\n".join(f"({q})" for q in made)

    def _evidence_of(
        self, table: str, frame: Frame, where: Sequence[str], kinds: Sequence[tuple[int, b.EvidenceKind, tree.Node]]
    ) -> str:
        """One pass over a table: what is required, and of what that is not known, as bits; then a row for each."""
        sql = [self.emitter.scalar(required) for _, _, required in kinds]
        bits = {
            "wanted": " | ".join(f"(CASE WHEN {each} THEN {1 << k} ELSE 0 END)" for k, each in enumerate(sql)),
            "unknown": " | ".join(
                f"(CASE WHEN ({each}) IS NULL THEN {1 << k} ELSE 0 END)" for k, each in enumerate(sql)
            ),
        }
        keys = ["household_no", "household_id", *(["person_id"] if table == "person" else [])]
        every = frame.query(_as_they_are(*keys) | {name: f"({each})" for name, each in bits.items()}, where)
        listed = ", ".join(f"({n}, {1 << k}, '{kind.id}')" for k, (n, kind, _) in enumerate(kinds))
        person = "person_id" if table == "person" else "NULL AS person_id"
        return (
            f"SELECT household_no, household_id, {person}, position, kind_id, CASE WHEN (wanted & mask) <> 0 THEN TRUE END AS required\n"
            f"FROM ({every}) AS every_row JOIN (VALUES {listed}) AS of_kind(position, mask, kind_id) ON ((wanted | unknown) & mask) <> 0"
        )

    def _row_frame(self, table: str) -> Frame:
        """Rows of the ledger or of receipts beside their person (if any) and household; the row's own columns are named `row_…`."""
        own = {f"row_{name}" for name in schema().tables[table].columns}

        def leaf(name: str) -> str | None:
            if name in own and name not in ("row_household_id", "row_person_id"):
                return f"{table}.{name.removeprefix('row_')}"
            if name == "row_person_id":
                return "person.person_id"
            if name == "household_no":
                return f"{table}.household_no"
            if (found := self._judged_leaf(name)) is not None:
                return found
            return f"person.{name}" if self.person.knows(name) else None

        def source(leaves: Mapping[str, str]) -> str:
            asked = [sql.removeprefix("person.") for sql in leaves.values() if sql.startswith("person.")]
            persons = self.person.query(_as_they_are("person_no", *asked))
            return (
                f"SELECT {_listed(leaves)}\n  FROM {table} JOIN household_judged ON household_judged.household_no = {table}.household_no\n"
                f"  LEFT JOIN ({persons}) AS person ON person.person_no = {table}.person_no"
            )

        return Frame("row", leaf, lambda _: None, source)

    # ---- values

    def _bound(self) -> dict[str, int | bool | str]:
        days = self.rules.days
        before, this = days.school_age_days
        after = days.after_school_age_day
        values: dict[str, int | bool | str] = {
            "as_of": days.as_of,
            "policy_year": days.policy_year,
            "income_year": days.income_year,
            "year_base": days.year_base,
            "active": days.active,
            "now": days.full - days.active,
            "full": days.full,
            "autumn": days.autumn,
            "spring": days.full - days.autumn,
            "school_age_day": days.school_age_day,
            "school_age_day_before": before,
            "school_age_day_this": this,
            "after_school_age_day": after,
            "before_school_age_day": days.full - after,
        }
        values |= {f"p_{name}": value for name, value in self.rules.values.items()}
        for k, (mask, segment) in enumerate(self.rules.segments):
            values[f"segment__{k}"] = mask
            values |= {f"p_{name}__{k}": segment[name] for name in self.rules.varying}
        for accrues in ("month", "year", "term", "event"):
            values[f"accrual_{accrues}"] = days.accrual(accrues)
            values[f"expected_{accrues}"] = days.expected(accrues)
        return values


# ---- pieces


def _row_possible(checks: Sequence[tuple[int, b.Check]], emitter: Emitter) -> str:
    """What a row itself must have for one of the checks to hold: asked before rows are put beside persons."""

    def of_row_alone(node: tree.Node) -> bool:
        return not any(
            isinstance(n, tree.Part | tree.Of | tree.Ledger | tree.Received)
            or (isinstance(n, tree.Fact) and (n.table != "row" or n.name in ("person_id", "household_id")))
            or (isinstance(n, tree.Builtin) and n.name not in ("as_of", "policy_year", "income_year"))
            for n in node.walk()
        )

    each = []
    for _, check in checks:
        items = check.when.items if isinstance(check.when, tree.And) else (check.when,)
        alone = [emitter.scalar(item) for item in items if of_row_alone(item)]
        each.append("(" + " AND ".join(alone) + ")" if alone else "TRUE")
    return "(" + " OR ".join(dict.fromkeys(each)) + ")"


def _union(queries: Sequence[str]) -> str:
    """All rows of several queries. By halves, because DuckDB plans a chain of some forty in twice the time (2.2 s and 1.2 s)."""
    if len(queries) == 1:
        return f"({queries[0]})"
    middle = len(queries) // 2
    return f"({_union(queries[:middle])}\nUNION ALL {_union(queries[middle:])})"


def _listed(leaves: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in leaves.items()) or "1"


def _as_they_are(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _of_items(node: tree.Ledger) -> str:
    if node.recorded:
        return f"(COALESCE({', '.join(node.items)}) IS NOT NULL)"
    return f"CAST({' + '.join(f'COALESCE({item}, 0)' for item in node.items)} AS BIGINT)"


def _present_days() -> str:
    """The days on which a person is present (facts.md)."""
    born = f"(CASE WHEN birth_date IS NULL THEN $full ELSE {from_day('birth_date')} END)"
    gone = [f"(CASE WHEN {end} IS NULL THEN $full ELSE $full - {from_day(end)} END)" for end in ("died_on", "left_on")]
    return f"({born} & {' & '.join(gone)})"


def _candidate() -> str:
    """Present on some day of the policy year up to `as_of`: the first such day is the later of 1 January and birth."""
    first = "GREATEST($year_base + 101, COALESCE(birth_date, 0))"
    gone = " AND ".join(f"COALESCE({end} > {first}, TRUE)" for end in ("died_on", "left_on"))
    return f"(COALESCE(birth_date <= $as_of, TRUE) AND {gone})"


def _span(name: str) -> str | None:
    """The column that says on which days, or whether on `as_of`, a spelled fact's span holds: both ends included, open where empty."""
    if name in _SPAN_NOW:
        span = _SPAN_NOW[name]
        return f"(COALESCE({span}_from <= $as_of, TRUE) AND COALESCE({span}_until >= $as_of, TRUE))"
    if name not in _SPAN_DAYS:
        return None
    start, end = f"{_SPAN_DAYS[name]}_from", f"{_SPAN_DAYS[name]}_until"
    return f"((CASE WHEN {start} IS NULL THEN $full ELSE {from_day(start)} END) & (CASE WHEN {end} IS NULL THEN $full ELSE $full - {from_day(f'({end} + 1)')} END))"
