"""Compile a book in force into the SQL that judges a whole register.

Statements, in order (each reads the register's tables or what an earlier one made):
  person_known      one row a person: facts, days of presence and spells, sums of its ledger and receipts, person-only parts
  household_judged  one row a household: aggregates over its persons, income, guarantees, standards, household parts
  person_judged     one row a person: the household beside it, and each policy's days due, unknown, excluded
  results           assessment, entitlement, finding (facts.md, What an assessment returns)
Within a statement parts come in layers, each after those it names; nothing is inlined twice.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang
from bangfu.rulebook import book as b
from bangfu.rulebook import tree
from bangfu.rulebook.messages import message_sql
from bangfu.rulebook.resolve import Rules
from bangfu.rulebook.sql import Aggregates, Emitter, Masks, from_day, rounded, span_mask
from bangfu.rulebook.standing import ONE_FEN, Layer, bars, rankings, standing_layers

_SPANS = tuple(c.span for c in schema().tables["person"].columns.values() if c.span)
_CENT = 1  # the tolerance of every comparison in a reconciliation, in fen
_KEPT = "<kept>"  # stands for the columns of a source that a query names; filled in once the source is known
_NO_MONEY = (
    "SELECT CAST(NULL AS VARCHAR) AS household_id, CAST(NULL AS BIGINT) AS annual, CAST(NULL AS BIGINT) AS once, "
    "CAST(NULL AS BIGINT) AS missing WHERE FALSE"
)
_NAME = re.compile(r"\b[a-z_][a-z0-9_]*\b")


@dataclass(frozen=True, slots=True)
class Plan:
    """SQL of one run, and the values to bind. `prepare` runs once a set of households; the queries may be run in any order after it."""

    prepare: tuple[tuple[str, str], ...]
    assessment: str
    entitlement: str
    entitlement_relevant: str
    finding: str
    bound: dict[str, int | bool | str]


def judged_by_days(policy: b.Policy) -> bool:
    """Whether a policy's standing matters on more days than `as_of`."""
    return policy.benefit is not None and policy.benefit.accrues not in (None, "once")


def compile_plan(rules: Rules, lang: Lang = "zh") -> Plan:
    return _Compiler(rules, lang).plan()


class _Columns(Emitter):
    """An emitter that notes which parts and facts its expressions look at."""

    def __init__(
        self,
        rules: Rules,
        aggregates: Aggregates,
        prefix: dict[str, str] | None = None,
        segment: int | None = None,
        notes: "_Notes | None" = None,
    ) -> None:
        super().__init__(rules, aggregates, prefix or {}, segment)
        self.notes = notes or _Notes()

    def at(self, table: str, name: str) -> str:
        self.notes.columns.setdefault((table, name))
        return super().at(table, name)

    def part(self, node: tree.Part) -> str:
        self.notes.parts.setdefault((node.name, False))
        return super().part(node)

    def part_masks(self, node: tree.Part) -> Masks:
        self.notes.parts.setdefault((node.name, True))
        return super().part_masks(node)

    def within(self, segment: int) -> "Emitter":
        return _Columns(self.rules, self.aggregates, dict(self.prefix), segment, self.notes)


class _Notes:
    """What expressions have asked for: parts (by name; whether on all days) and columns (by table). Ordered, so that plans are stable."""

    def __init__(self) -> None:
        self.parts: dict[tuple[str, bool], None] = {}
        self.columns: dict[tuple[str, str], None] = {}


class _Compiler:
    def __init__(self, rules: Rules, lang: Lang) -> None:
        self.rules = rules
        self.book = rules.book
        self.lang: Lang = lang
        self.aggregates = Aggregates()
        self.asked = _Notes()
        self.parts = self.book.parts
        self.defined: dict[tuple[str, bool], list[tuple[str, str]]] = {}
        self.needs: dict[tuple[str, bool], set[tuple[str, bool]]] = {}
        self.by_days = [p for p in self.book.evaluated if p.person and judged_by_days(p)]
        self.at_once = [p for p in self.book.evaluated if p.person and not judged_by_days(p)]
        self.of_household = [p for p in self.book.evaluated if not p.person]

    # ---- the whole

    def plan(self) -> Plan:
        emitter = self.emitter()
        for part in (
            self.book.settled,
            *self.book.lines.values(),
            *self.book.tests.values(),
            *self.book.guarantees.values(),
            *self.book.standards.values(),
        ):
            self.asked.parts.setdefault((part.id, False))
        cash = [p for p in self.book.evaluated if p.benefit and p.benefit.kind == "cash"]
        self.of_members = emitter.of(
            tree.Of(
                tree.COUNT, False, "count", tree.Builtin(tree.BOOL, False, "member"), tree.Const(tree.BOOL, False, True)
            )
        )
        policy_rows = {p.id: PolicyRows(p, self.rules, self.emitter()) for p in self.book.evaluated}
        findings = self.findings()
        standing = self.standing(emitter)
        household_standing = [
            layer for p in self.of_household if judged_by_days(p) for layer in self.household_standing(p, emitter)
        ]
        scalars = [(f"{p.id}__is", emitter.scalar(_conjunction(p))) for p in self.at_once]
        household_scalars = [
            (f"{p.id}__is", emitter.scalar(_conjunction(p))) for p in self.of_household if not judged_by_days(p)
        ]
        self.define_all()
        household, of_household = self.household_judged([household_scalars, *household_standing])
        person, of_person = self.person_judged([scalars, *standing])
        available = {"household_judged": of_household, "person_judged": of_person}
        assessment = self.assessment([policy_rows[p.id] for p in cash], available)
        entitlement = self.entitlement(policy_rows, available, relevant=False)
        relevant = self.entitlement(policy_rows, available, relevant=True)
        finding = "\nUNION ALL\n".join(_filled(q, available) for q in findings)
        results = (assessment, entitlement, relevant, finding)
        person = person.replace(_KEPT, _names_in(results, of_person))
        household = household.replace(_KEPT, _names_in((*results, person), of_household))
        known, of_known = self.person_known()
        known = known.replace(_KEPT, _names_in((person, household), of_known))
        return Plan(
            prepare=(("person_known", known), ("household_judged", household), ("person_judged", person)),
            assessment=assessment,
            entitlement=entitlement,
            entitlement_relevant=relevant,
            finding=finding,
            bound=self.bound(),
        )

    def emitter(self, prefix: dict[str, str] | None = None) -> _Columns:
        return _Columns(self.rules, self.aggregates, prefix, None, self.asked)

    def bound(self) -> dict[str, int | bool | str]:
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

    # ---- named parts

    def define_all(self) -> None:
        """Emit the definition of every part asked for, and of what those ask for, until nothing new is asked."""
        while True:
            pending = [key for key in self.asked.parts if key not in self.defined]
            if not pending and not self.aggregates.define_all(self.emitter()):
                return
            for key in pending:
                self.define(key)

    def define(self, key: tuple[str, bool]) -> None:
        name, on_all_days = key
        part = self.parts[name]
        own = _Columns(self.rules, self.aggregates, None, None, _Notes())
        if on_all_days:
            masks = own.masks(part.node)
            self.defined[key] = [(f"{name}__sure", masks.sure), (f"{name}__maybe", masks.maybe)]
        else:
            sql = own.scalar(part.node)
            if part.role == "line":
                sql = f"(CASE WHEN {self.book.settled.id} THEN {sql} END)"
                own.notes.parts.setdefault((self.book.settled.id, False))
            self.defined[key] = [(name, sql)]
        self.needs[key] = set(own.notes.parts)
        self.asked.parts.update(own.notes.parts)
        self.asked.columns.update(own.notes.columns)

    def layers_of(self, keys: Iterable[tuple[str, bool]]) -> list[Layer]:
        """The parts' columns in layers: each after those of the same statement that it needs."""
        mine = list(keys)
        depth: dict[tuple[str, bool], int] = {}

        def deep(key: tuple[str, bool]) -> int:
            if key not in depth:
                depth[key] = 1 + max((deep(k) for k in self.needs[key] if k in mine), default=-1)
            return depth[key]

        layers: dict[int, Layer] = {}
        for key in mine:
            layers.setdefault(deep(key), []).extend(self.defined[key])
        return [layers[k] for k in sorted(layers)]

    def parts_of(self, table: str, needs_household: bool) -> list[tuple[str, bool]]:
        signatures = {k: self.parts[k[0]].signature for k in self.defined}
        return [k for k, s in signatures.items() if s.table == table and s.needs_household == needs_household]

    # ---- statements

    def person_known(self) -> tuple[str, list[str]]:
        present = [(("present_days"), _present_days())]
        spans: Layer = [(span_mask(s), _span_days(s)) for s in _SPANS]
        member: Layer = [("member", "((present_days & $now) <> 0)"), ("candidate", _candidate())]
        layers = [[*present, *spans], member, *self.layers_of(self.parts_of("person", False))]
        sums, joins = self.sums("person", "person_id")
        base = f"SELECT person.*{sums}\n  FROM person{joins}"
        return _layered("person", base, layers), [
            *schema().tables["person"].columns,
            *schema().tables["person"].derived,
            *self.summed("person"),
            *_columns_of(layers),
        ]

    def household_judged(self, own: list[Layer]) -> tuple[str, list[str]]:
        aggregates = self.aggregates.columns
        sums, joins = self.sums("household", "household_id")
        chosen = "".join(f",\n    {wrapped} AS {name}" for name, _, wrapped in aggregates)
        grouped = ",\n    ".join(f"{sql} AS {name}" for name, sql, _ in aggregates) or "COUNT(*) AS persons"
        base = (
            f"SELECT household.*{sums}{chosen}\n  FROM household\n"
            f"  LEFT JOIN (SELECT household_id,\n    {grouped}\n  FROM person_known GROUP BY household_id) AS of_persons USING (household_id){joins}"
        )
        layers = self.layers_of(self.parts_of("household", False))
        of_persons = [name for name, _, _ in aggregates]
        return _layered("household", base, [*layers, *own]), [
            *schema().tables["household"].columns,
            *self.summed("household"),
            *of_persons,
            *_columns_of([*layers, *own]),
        ]

    def person_judged(self, own: list[Layer]) -> tuple[str, list[str]]:
        household = sorted({name for table, name in self.asked.columns if table == "household"} - {"household_id"})
        beside = "".join(f", household_judged.{name}" for name in household)
        base = f"SELECT person_known.*{beside}\n  FROM person_known JOIN household_judged USING (household_id)"
        layers = [*self.layers_of(self.parts_of("person", True)), *own]
        _, of_known = self.person_known()
        return _layered("person", base, layers), [*of_known, *household, *_columns_of(layers)]

    def summed(self, table: str) -> list[str]:
        ledgers = [c for n, c in self.aggregates.ledgers.items() if n.table == table]
        return [*ledgers, *(c for (_, t, _), c in self.aggregates.receipts.items() if t == table)]

    def sums(self, table: str, key: str) -> tuple[str, str]:
        """The columns of ledger and receipt sums of a person or household, and the joins that bring them."""
        ledgers = {n: c for n, c in self.aggregates.ledgers.items() if n.table == table}
        receipts = {(p, ever): c for (p, t, ever), c in self.aggregates.receipts.items() if t == table}
        columns, joins = "", ""
        if ledgers:
            made = ",\n      ".join(f"{_ledger_sum(n)} AS {c}" for n, c in ledgers.items())
            joins += f"\n  LEFT JOIN (SELECT {key},\n      {made}\n    FROM ledger WHERE {key} IS NOT NULL GROUP BY {key}) AS ledger_sums USING ({key})"
            columns += "".join(f",\n    COALESCE(ledger_sums.{c}, 0) AS {c}" for c in ledgers.values())
        if receipts:
            made = ",\n      ".join(f"{_receipt_sum(p, ever)} AS {c}" for (p, ever), c in receipts.items())
            joins += f"\n  LEFT JOIN (SELECT {key},\n      {made}\n    FROM receipt WHERE {key} IS NOT NULL GROUP BY {key}) AS receipt_sums USING ({key})"
            columns += "".join(f",\n    COALESCE(receipt_sums.{c}, 0) AS {c}" for c in receipts.values())
        return columns, joins

    # ---- standing

    def standing(self, emitter: _Columns) -> list[Layer]:
        said: Layer = []
        for policy in self.by_days:
            masks = emitter.masks(_conjunction(policy))
            said += [(f"{policy.id}__sure", masks.sure), (f"{policy.id}__maybe", masks.maybe)]
        return [said, *standing_layers([p.id for p in self.by_days], self.rules)]

    def household_standing(self, policy: b.Policy, emitter: _Columns) -> list[Layer]:
        masks = emitter.masks(_conjunction(policy))
        p = policy.id
        said: Layer = [(f"{p}__sure", masks.sure), (f"{p}__maybe", masks.maybe)]
        return [said, [(f"{p}__d", f"{p}__sure"), (f"{p}__u", f"({p}__maybe - {p}__sure)"), (f"{p}__x", "0")]]

    # ---- entitlement rows

    def assessment(self, cash: Sequence["PolicyRows"], available: dict[str, list[str]]) -> str:
        lines = ", ".join(f"h.{n}" for n in self.book.lines if n not in ("rigid_education", "rigid_medical"))
        branches = "\n    UNION ALL ".join(_filled(rows.money(), available) for rows in cash) or _NO_MONEY
        tests = ", ".join(f"h.{n}" for n in ("below_line", *self.book.guarantees, *self.book.standards))
        return (
            f"WITH money AS (\n    {branches}),\n"
            "of_household AS (SELECT household_id, CAST(SUM(annual) AS BIGINT) AS annual, CAST(SUM(once) AS BIGINT) AS once, "
            "CAST(SUM(missing) AS BIGINT) AS missing FROM money GROUP BY household_id)\n"
            f"SELECT h.household_id, h.{self.of_members} AS members, {lines}, $p_poverty_line AS poverty_line, {tests}, h.rigid_education, h.rigid_medical,\n"
            "  COALESCE(m.annual, 0) AS entitled_annual, COALESCE(m.once, 0) AS entitled_once, COALESCE(m.missing, 0) AS missing_amount\n"
            "FROM household_judged AS h LEFT JOIN of_household AS m USING (household_id)"
        )

    def entitlement(
        self, policy_rows: dict[str, "PolicyRows"], available: dict[str, list[str]], *, relevant: bool
    ) -> str:
        named = [
            f"entitlement_{id_} AS (\n{_filled(rows.rows(n, relevant), available)})"
            for n, (id_, rows) in enumerate(policy_rows.items())
        ]
        if any(p.person for p in self.book.evaluated):
            named.append(f"entitlement_of_no_person AS (\n{self.receipts_of_no_person(policy_rows, relevant)})")
        union = "\nUNION ALL ".join(f"SELECT * FROM {n.split(' ', 1)[0]}" for n in named)
        return "WITH " + ",\n".join(named) + "\n" + union

    def receipts_of_no_person(self, policy_rows: dict[str, "PolicyRows"], relevant: bool) -> str:
        """Receipts of a person policy that name no person still get a row: nobody there can be entitled."""
        shown = f"\n  WHERE received > {ONE_FEN}" if relevant else ""
        persons = [(n, rows) for n, rows in enumerate(policy_rows.values()) if rows.policy.person]
        names = ", ".join(f"'{rows.policy.id}'" for _, rows in persons)
        order = " ".join(f"WHEN '{rows.policy.id}' THEN {n}" for n, rows in persons)
        said = " ".join(f"WHEN '{rows.policy.id}' THEN {rows.without_person()}" for _, rows in persons)
        return (
            "  SELECT household_id, NULL AS person_id, policy_id, 'not_entitled' AS verdict, NULL AS annual_amount, NULL AS once_amount, "
            f"NULL AS due_low, NULL AS due_high, received, CASE WHEN received > {ONE_FEN} THEN CASE policy_id {said} END END AS reconciliation, "
            f"'person' AS why, CASE policy_id {order} END AS position\n"
            "  FROM (SELECT household_id, policy_id, CAST(SUM(amount) AS BIGINT) AS received FROM receipt "
            f"WHERE person_id IS NULL AND policy_id IN ({names}) AND year = $policy_year GROUP BY household_id, policy_id) AS unnamed{shown}"
        )

    # ---- findings

    def findings(self) -> list[str]:
        made = [
            "SELECT NULL AS household_id, NULL AS person_id, NULL AS check_id, NULL AS severity, NULL AS message, 0 AS position WHERE FALSE"
        ]
        numbered = list(enumerate(self.book.checks.values()))
        for table, person in (("household", "NULL"), ("person", "person_id")):
            mine = [(n, c) for n, c in numbered if c.table == table]
            if mine:
                made.append(self.findings_of(mine, f"{table}_judged", person))
        made += [self.finding_of_rows(n, c) for n, c in numbered if c.table in ("ledger", "receipt")]
        return made

    def findings_of(self, checks: list[tuple[int, b.Check]], source: str, person: str) -> str:
        """One pass over a table: the numbers of the checks that hold on a row, then a finding for each; a message is worked out only there."""
        emitter = self.emitter()
        holds = ",\n    ".join(f"CASE WHEN {emitter.scalar(c.when)} THEN {n} END" for n, c in checks)
        says = "\n    ".join(f"WHEN {n} THEN {message_sql(c, emitter, self.rules, self.lang)}" for n, c in checks)
        ids = " ".join(f"WHEN {n} THEN '{c.id}'" for n, c in checks)
        severities = " ".join(f"WHEN {n} THEN '{c.severity}'" for n, c in checks)
        return (
            f"SELECT household_id, {person} AS person_id, CASE position {ids} END AS check_id, CASE position {severities} END AS severity,\n"
            f"  CASE position\n    {says} END AS message, position\n"
            f"FROM (SELECT {_KEPT}, UNNEST([\n    {holds}\n  ]) AS position FROM {source}) AS held WHERE position IS NOT NULL"
        )

    def finding_of_rows(self, number: int, check: b.Check) -> str:
        emitter = self.emitter({"row": "r.", "person": "p.", "household": "h."})
        return (
            f"SELECT r.household_id AS household_id, r.person_id AS person_id, '{check.id}' AS check_id, '{check.severity}' AS severity,\n"
            f"  {message_sql(check, emitter, self.rules, self.lang)} AS message, {number} AS position\n"
            f"FROM {check.table} AS r JOIN household_judged AS h ON h.household_id = r.household_id LEFT JOIN person_judged AS p ON p.person_id = r.person_id\n"
            f"WHERE {emitter.scalar(check.when)}"
        )


class PolicyRows:
    """The entitlement rows of one policy: verdict, amounts, dues, reconciliation and why (rules.md, Policies and Reconciliation)."""

    def __init__(self, policy: b.Policy, rules: Rules, emitter: _Columns) -> None:
        self.policy = policy
        self.rules = rules
        self.emitter = emitter
        self.source = "person_judged" if policy.person else "household_judged"
        assert policy.benefit is not None
        self.benefit = policy.benefit
        table = "person" if policy.person else "household"
        self.received = emitter.aggregates.received_column(policy.id, table, ever=policy.benefit.accrues == "once")
        self.days = judged_by_days(policy)
        self.amounts = self._amounts()
        self.explained = emitter.scalar(policy.receipt_explained_when) if policy.receipt_explained_when else None
        self.by_day = [(c.id, emitter.masks(c.node)) for c in policy.conditions] if self.days else []
        self.at_once = [] if self.days else [(c.id, emitter.scalar(c.node)) for c in policy.conditions]

    # ---- amounts

    def _amounts(self) -> list[str]:
        """The amount per segment of the run's days: one, unless a parameter of it changes within the year."""
        node = self.benefit.amount
        if node is None or self.benefit.kind != "cash":
            return []
        if any(isinstance(n, tree.Param) and n.name in self.rules.varying for n in node.walk()):
            return [self.emitter.within(k).scalar(node) for k in range(len(self.rules.segments))]
        return [self.emitter.scalar(node)]

    @property
    def amount_now(self) -> str:
        assert self.benefit.amount is not None
        return self.emitter.scalar(self.benefit.amount)

    @property
    def scale(self) -> int:
        return self.benefit.amount.type.denominator if self.benefit.amount else 1

    @property
    def shares(self) -> int:
        """Into how many equal parts a yearly sum falls."""
        match self.benefit.accrues:
            case "year":
                return 12
            case "term":
                return max(1, len(self.rules.book.calendar.terms))
            case _:
                return 1

    def due(self, days: str) -> str:
        """What the accrual days in a mask are worth; 0 for no day even where the amount is unknown."""
        if len(self.amounts) == 1:
            counted = f"CAST(bit_count({days}) AS BIGINT)"
            worth = rounded(f"({counted} * {self.amounts[0]})", self.shares * self.scale)
            return f"(CASE WHEN ({days}) = 0 THEN 0 ELSE {worth} END)"
        parts = [f"(CAST(bit_count({days} & $segment__{k}) AS BIGINT) * {a})" for k, a in enumerate(self.amounts)]
        known = [f"(CASE WHEN ({days} & $segment__{k}) = 0 THEN 0 ELSE {part} END)" for k, part in enumerate(parts)]
        return rounded("(" + " + ".join(known) + ")", self.shares * self.scale)

    # ---- columns

    @property
    def verdict(self) -> str:
        p, accrual = self.policy.id, f"$accrual_{self.benefit.accrues}"
        if not self.days:
            return f"(CASE WHEN {p}__is THEN 'entitled' WHEN {p}__is IS NULL THEN 'unknown' ELSE 'not_entitled' END)"
        was_due = f"({p}__d & {accrual}) <> 0"
        was_unknown = f"({p}__u & {accrual}) <> 0"
        if self.benefit.accrues == "event":
            was_unknown = f"({was_unknown} OR ({was_due} AND ({self.amount_now}) IS NULL))"
            was_due = f"({was_due} AND ({self.amount_now}) > 0)"
        return (
            f"(CASE WHEN ({p}__d & $now) <> 0 THEN 'entitled' WHEN ({p}__x & $now) <> 0 THEN 'excluded' WHEN ({p}__u & $now) <> 0 THEN 'unknown' "
            f"WHEN {was_due} THEN 'ended' WHEN {was_unknown} THEN 'unknown' ELSE 'not_entitled' END)"
        )

    @property
    def dues(self) -> tuple[str, str]:
        """due_low and due_high of rows that are entitled, ended or excluded."""
        p = self.policy.id
        if self.benefit.accrues in ("event", "once"):
            worth = rounded(f"({self.amount_now})", self.scale)
            both = f"(CASE WHEN verdict IN ('entitled', 'ended') THEN {worth} WHEN verdict = 'excluded' THEN 0 END)"
            return both, both
        low = self.due(f"({p}__d & $expected_{self.benefit.accrues})")
        high = self.due(f"(({p}__d | {p}__u) & $accrual_{self.benefit.accrues})")
        holds = "verdict IN ('entitled', 'ended', 'excluded')"
        return f"(CASE WHEN {holds} THEN {low} END)", f"(CASE WHEN {holds} THEN {high} END)"

    @property
    def day_counts(self) -> tuple[str, str]:
        """Whether some day counts in due_low, in due_high: asked where the amount is unknown."""
        p = self.policy.id
        if self.benefit.accrues in ("event", "once"):
            return "TRUE", "TRUE"
        return (
            f"({p}__d & $expected_{self.benefit.accrues}) <> 0",
            f"(({p}__d | {p}__u) & $accrual_{self.benefit.accrues}) <> 0",
        )

    @property
    def yearly(self) -> str:
        """A full year's worth (or the sum paid once), of entitled rows."""
        factor = 12 if self.benefit.accrues == "month" else 1
        amount = f"({factor} * {self.amount_now})" if factor > 1 else f"({self.amount_now})"
        return f"(CASE WHEN verdict = 'entitled' THEN {rounded(amount, self.scale)} END)"

    def reconciliation(self) -> str:
        """Words by rules.md, Reconciliation; NULL where there is nothing to say."""
        low_day, high_day = self.day_counts
        got, none = f"received > {ONE_FEN}", f"received <= {ONE_FEN}"
        under, over = f"received < due_low - {_CENT}", f"received > due_high + {_CENT}"
        match self.benefit.nature:
            case "fixed":
                compared = f"CASE WHEN {under} THEN 'under' WHEN {over} THEN 'over' ELSE 'matched' END"
            case "minimum":
                compared = f"CASE WHEN {under} THEN 'under' ELSE 'matched' END"
            case "ceiling":
                compared = f"CASE WHEN {over} THEN 'over' ELSE 'matched' END"
            case _:
                compared = "'matched'"
        return (
            "(CASE WHEN verdict = 'unknown' THEN CASE WHEN " + got + " THEN 'unverified' END "
            f"WHEN verdict = 'not_entitled' THEN CASE WHEN {got} THEN {self.otherwise()} END "
            f"WHEN amount_unknown THEN CASE WHEN {got} THEN 'unverified' WHEN {low_day} THEN 'missing' WHEN {high_day} THEN 'pending' END "
            f"WHEN {none} THEN CASE WHEN due_low > {_CENT} THEN 'missing' WHEN due_high > {_CENT} THEN 'pending' END "
            f"WHEN verdict = 'excluded' AND due_high <= {_CENT} THEN 'unexplained' ELSE {compared} END)"
        )

    def otherwise(self) -> str:
        """What a receipt is where the policy is not due."""
        if self.explained:
            return f"(CASE WHEN {self.explained} THEN 'matched' WHEN ({self.explained}) IS NULL THEN 'unverified' ELSE 'unexplained' END)"
        return self.without_person() if self.benefit.kind == "cash" else "NULL"

    def without_person(self) -> str:
        if self.benefit.kind != "cash":
            return "NULL"
        return "'unverified'" if self.benefit.drawn_elsewhere else "'unexplained'"

    def why(self) -> str:
        """The conditions that failed or are unknown, by name; of an excluded row the policy that took its place."""
        if not self.days:
            named = ", ".join(
                f"CASE WHEN (verdict = 'unknown' AND ({sql}) IS NULL) OR (verdict = 'not_entitled' AND NOT ({sql})) THEN '{id_}' END"
                for id_, sql in self.at_once
            )
            return f"CONCAT_WS(';', {named})"
        p, accrual = self.policy.id, f"$accrual_{self.benefit.accrues}"
        asked = f"(CASE WHEN verdict <> 'unknown' OR ({p}__u & $now) <> 0 THEN $now ELSE {p}__u & {accrual} END)"
        named = ", ".join(
            f"CASE WHEN verdict = 'unknown' AND (({m.maybe} - {m.sure}) & {asked}) <> 0 THEN '{id_}' "
            f"WHEN verdict IN ('not_entitled', 'ended') AND ({m.maybe} & $now) = 0 THEN '{id_}' END"
            for id_, m in self.by_day
        )
        named += "".join(f", {sql}" for sql in self.unsettling(asked))
        return f"(CASE WHEN verdict = 'excluded' THEN {self.instead()} ELSE CONCAT_WS(';', {named}) END)"

    def instead(self) -> str:
        """The first listed barring policy that is due on `as_of`, else the one of the group that was chosen."""
        by = bars(self.rules).get(self.policy.id, ())
        mates = [
            m
            for g in rankings(self.rules)
            for m in g.group.policies
            if self.policy.id in g.group.policies and m != self.policy.id
        ]
        branches = [f"WHEN ({b_}__sure & $now) <> 0 THEN '{b_}'" for b_ in by] + [
            f"WHEN ({m}__chosen & $now) <> 0 THEN '{m}'" for m in mates
        ]
        return f"(CASE {' '.join(branches)} END)" if branches else "NULL"

    def unsettling(self, asked: str) -> list[str]:
        """Policies whose own uncertainty makes this one unknown: an unknown one that bars it, or that would be chosen in its place."""
        p = self.policy.id
        when: dict[str, list[str]] = {}
        for other in bars(self.rules).get(p, ()):
            when.setdefault(other, []).append(f"({p}__sure & ({other}__maybe - {other}__sure) & {asked}) <> 0")
        for g in rankings(self.rules):
            if p in g.group.policies:
                for mate in g.group.policies:
                    if mate != p:
                        threat = f"({p}__chosen & {g.group.id}__threat & {mate}__unknown & {asked}) <> 0"
                        when.setdefault(mate, []).append(threat)
        return [
            f"CASE WHEN verdict = 'unknown' AND ({' OR '.join(tests)}) THEN '{id_}' END" for id_, tests in when.items()
        ]

    # ---- queries

    def judged(self, where: str) -> str:
        """Rows with verdict, received and dues beside all columns of their source."""
        base = (
            f"SELECT {_KEPT}, {self.verdict} AS verdict, {self.received} AS received FROM {self.source} WHERE {where}"
        )
        if self.benefit.kind != "cash":
            return base
        low, high = self.dues
        unknown = " OR ".join(f"({a}) IS NULL" for a in self.amounts)
        return (
            f"SELECT *, {low} AS due_low, {high} AS due_high, ({unknown}) AS amount_unknown FROM ({base}) AS standing"
        )

    def relevant(self) -> str:
        p = self.policy.id
        stands = f"({p}__d | {p}__u | {p}__x) <> 0" if self.days else f"{p}__is IS NOT FALSE"
        return f"({stands} OR {self.received} > {ONE_FEN})"

    def money(self) -> str:
        """household_id, annual, once, missing: what one policy adds to a household's totals, in fen."""
        p = self.policy.id
        where = f"(({p}__d | {p}__x) <> 0)" if self.days else f"{p}__is"
        once = self.benefit.accrues == "once"
        yearly = self.yearly
        missing = f"CASE WHEN {self.reconciliation()} IN ('missing', 'under') AND due_low IS NOT NULL THEN due_low - received END"
        amounts = f"NULL AS annual, {yearly} AS once" if once else f"{yearly} AS annual, NULL AS once"
        return f"SELECT household_id, {amounts}, {missing} AS missing FROM ({self.judged(where)}) AS judged"

    def rows(self, position: int, relevant: bool) -> str:
        candidate = f"(candidate OR {self.received} > {ONE_FEN})" if self.policy.person else "TRUE"
        where = f"{candidate} AND {self.relevant()}" if relevant else candidate
        person = "person_id" if self.policy.person else "NULL AS person_id"
        if self.benefit.kind != "cash":
            amounts = "NULL AS annual_amount, NULL AS once_amount, NULL AS due_low, NULL AS due_high, received, NULL AS reconciliation"
        else:
            once = self.benefit.accrues == "once"
            yearly = (
                f"NULL AS annual_amount, {self.yearly} AS once_amount"
                if once
                else f"{self.yearly} AS annual_amount, NULL AS once_amount"
            )
            amounts = f"{yearly}, due_low, due_high, received, {self.reconciliation()} AS reconciliation"
        shown = f" WHERE verdict <> 'not_entitled' OR received > {ONE_FEN}" if relevant else ""
        return (
            f"  SELECT household_id, {person}, '{self.policy.id}' AS policy_id, verdict, {amounts}, {self.why()} AS why, {position} AS position\n"
            f"  FROM ({self.judged(where)}) AS judged{shown}"
        )


# ---- pieces


def _conjunction(policy: b.Policy) -> tree.Node:
    items = tuple(
        inner for c in policy.conditions for inner in (c.node.items if isinstance(c.node, tree.And) else (c.node,))
    )
    return items[0] if len(items) == 1 else tree.And(tree.BOOL, any(i.daily for i in items), items)


def _layered(name: str, base: str, layers: list[Layer]) -> str:
    """A query of layers, each seeing the columns of those below."""
    named = [f"{name}_0 AS (\n  {base})"]
    for n, layer in enumerate((layer for layer in layers if layer), start=1):
        columns = ",\n    ".join(f"{sql} AS {column}" for column, sql in layer)
        named.append(f"{name}_{n} AS (\n  SELECT *,\n    {columns}\n  FROM {name}_{n - 1})")
    return "WITH " + ",\n".join(named) + f"\nSELECT {_KEPT} FROM {name}_{len(named) - 1}"


def _columns_of(layers: list[Layer]) -> list[str]:
    return [column for layer in layers for column, _ in layer]


def _names_in(queries: Iterable[str], available: list[str]) -> str:
    """Those of a source's columns that some query names; always the keys."""
    named = {word for query in queries for word in _NAME.findall(query)}
    keys = ("household_id", "person_id")
    return ", ".join(dict.fromkeys(c for c in available if c in named or c in keys))


def _filled(query: str, available: dict[str, list[str]]) -> str:
    source = "person_judged" if "FROM person_judged" in query else "household_judged"
    return query.replace(_KEPT, _names_in([query], available[source]))


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


def _span_days(span: str) -> str:
    """The days of a spelled fact's span, both ends included, open where a side is empty."""
    start, end = f"{span}_from", f"{span}_until"
    return f"((CASE WHEN {start} IS NULL THEN $full ELSE {from_day(start)} END) & (CASE WHEN {end} IS NULL THEN $full ELSE $full - {from_day(f'({end} + 1)')} END))"


def _ledger_sum(node: tree.Ledger) -> str:
    items = ", ".join(f"'{i}'" for i in node.items)
    amount = "1" if node.rows else "amount"
    return f"CAST(SUM(CASE WHEN item IN ({items}) AND year = ${node.year} THEN {amount} ELSE 0 END) AS BIGINT)"


def _receipt_sum(policy: str, ever: bool) -> str:
    year = "year <= $policy_year" if ever else "year = $policy_year"
    return f"CAST(SUM(CASE WHEN policy_id = '{policy}' AND {year} THEN amount ELSE 0 END) AS BIGINT)"
