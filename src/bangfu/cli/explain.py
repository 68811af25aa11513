"""`bangfu explain`: one household, every verdict with its reasons, in words that can be read aloud."""

import argparse
from dataclasses import asdict
from typing import Any

from bangfu.cli.screen import Screen, harmless
from bangfu.engine.explain import explain_household
from bangfu.engine.request import Request
from bangfu.kernel.days import iso_from_day
from bangfu.kernel.divisions import place_name
from bangfu.kernel.money import yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Lang, Text
from bangfu.rulebook.explain import ConditionSeen, Explanation, PolicySeen, VerdictSeen
from bangfu.rulebook.resolve import Rules

_HELD = {True: Text("符合", "holds"), False: Text("不符合", "fails"), None: Text("待核实", "unknown")}


def run(given: argparse.Namespace, screen: Screen) -> int:
    """Return 0; refusals are raised."""
    request = Request(given.register, given.as_of, given.income_year, dict(given.set), given.rules)
    found = explain_household(request, given.household, given.policy, screen.lang, screen.progress)
    screen.clear()
    if given.json:
        screen.json(_as_json(found.explanation, found.rules))
        return 0
    view = _View(screen, found.explanation, found.rules, found.names)
    view.head(found.village_code)
    if not given.policy:
        view.statement()
        view.guarantees()
    view.policies(in_full=bool(given.policy))
    view.questions()
    if not given.policy:
        view.misses()
        view.findings()
        view.not_entitled()
    return 0


class _View:
    """Writes an explanation to the screen, section by section."""

    def __init__(self, screen: Screen, explanation: Explanation, rules: Rules, names: dict[str, str]) -> None:
        self.screen = screen
        self.x = explanation
        self.rules = rules
        self.names = names
        self.colon = Text("：", ": ").say(screen.lang)

    def section(self, zh: str, en: str) -> None:
        self.screen.say()
        self.screen.say(Text(f"【{zh}】", f"[{en}]"))

    def who(self, person_id: str | None) -> str:
        if not person_id:
            return Text("全户", "household").say(self.screen.lang)
        name, number = harmless(self.names.get(person_id, "")), harmless(person_id)
        return Text(f"{name}（{number}）", f"{name} ({number})").say(self.screen.lang) if name else number

    def head(self, village_code: str) -> None:
        days = self.rules.days
        place = place_name(village_code) or village_code
        number = harmless(self.x.household_id)
        self.screen.say(
            Text(
                f"户 {number}   {place}   {iso_from_day(days.as_of)}，收入年度 {days.income_year}，计入人口 {self.x.members} 人",
                f"Household {number}   {place}   as of {iso_from_day(days.as_of)}, income year {days.income_year}, {self.x.members} counted member(s)",
            )
        )

    # ---- income

    def statement(self) -> None:
        self.section("脱贫明细账", "Income statement")
        rows = []
        for line in self.x.lines:
            amount = _money(line.amount, self.screen.lang)
            rows.append((line.label, amount, line.clause))
            rows += [(f"    {item}", yuan_from_fen(fen, grouped=True), "") for item, fen in line.entries]
        rows.append(
            (
                Text("扶贫标准线", "poverty line").say(self.screen.lang),
                self.rules.shown("poverty_line", self.screen.lang),
                self._line_source(),
            )
        )
        self.screen.table(rows)
        for test in self.x.tests:
            self.screen.say(
                f"  {self.screen.mark(test.held)} {test.label}{self.colon}{_HELD[test.held].say(self.screen.lang)}"
            )

    def _line_source(self) -> str:
        value = self.rules.given["poverty_line"]
        layers = {
            "shipped": Text("内置规则", "shipped rules"),
            "--set": Text("本次指定（--set）", "given for this run (--set)"),
        }
        layer = layers.get(value.layer, Text(value.layer, value.layer)).say(self.screen.lang)
        place = Text(f"，地区 {value.place}", f", place {value.place}").say(self.screen.lang) if value.place else ""
        where = layer + place
        return where + (Text("（待核）", " (to be confirmed)").say(self.screen.lang) if value.unverified else "")

    # ---- guarantees

    def guarantees(self) -> None:
        self.section("两不愁三保障和饮水", "Assurances, guarantees and water")
        for verdict in (*self.x.guarantees, *self.x.standards):
            self._verdict(verdict)

    def _verdict(self, verdict: VerdictSeen) -> None:
        self.screen.say(
            f"  {self.screen.mark(verdict.held)} {verdict.label}  {_HELD[verdict.held].say(self.screen.lang)}  [{verdict.clause}]"
        )
        if verdict.id in self.rules.book.guarantees or verdict.held is not True:
            self._conditions(verdict.conditions, "      ")

    def _conditions(self, conditions: tuple[ConditionSeen, ...], indent: str, person_id: str = "") -> None:
        """A line a condition, with the facts it looked at; whose they are is said where they are not the person's own or the household's."""
        for c in conditions:
            facts = []
            for f in c.facts:
                whose = f"{self.who(f.person_id)} " if f.person_id not in ("", person_id) else ""
                facts.append(f"{whose}{f.label.say(self.screen.lang)}={f.value}")
            shown = "    " + Text("；", "; ").say(self.screen.lang).join(facts) if facts else ""
            self.screen.say(f"{indent}{self.screen.mark(c.held)} {c.label}{shown}")

    # ---- policies

    def policies(self, *, in_full: bool) -> None:
        shown = [p for p in self.x.policies if in_full or _says_something(p)]
        self.section("政策", "Policies")
        for policy in shown:
            self._policy(policy)
        for row in self.x.unnamed:
            label = self.rules.book.policies[row["policy_id"]].label.say(self.screen.lang)
            self.screen.say(
                Text(
                    f"  ? {label}：领取 {yuan_from_fen(row['received'])} 元，收据未写明个人",
                    f"  ? {label}: {yuan_from_fen(row['received'])} yuan received, no person named",
                )
            )

    def _policy(self, p: PolicySeen) -> None:
        lang, row = self.screen.lang, p.row
        verdict = schema().label("verdict", row["verdict"], lang)
        held = {"entitled": True, "unknown": None}.get(row["verdict"], False)
        mark = "–" if row["verdict"] == "ended" else self.screen.mark(held)
        self.screen.say(f"  {mark} {self.who(row['person_id'])}  {p.label}{self.colon}{verdict}  [{p.clause}]")
        if p.instead:
            self.screen.say(Text(f"      由“{p.instead}”代替", f"      '{p.instead}' takes its place"))
        self._conditions(p.conditions, "      ", row["person_id"] or "")
        money = self._money_line(row)
        if money:
            self.screen.say("      " + money)
        for line in p.sums:
            self.screen.say("      " + line)
        if row["verdict"] == "entitled" and p.papers:
            self.screen.say(
                "      " + Text("带什么材料：", "Papers: ").say(lang) + Text("、", ", ").say(lang).join(p.papers)
            )
        if row["verdict"] == "entitled" and p.apply_at:
            self.screen.say("      " + Text("到哪里办：", "Where: ").say(lang) + p.apply_at)

    def _money_line(self, row: dict[str, Any]) -> str:
        lang = self.screen.lang
        labels = schema().results["entitlement"].columns
        names = ("annual_amount", "once_amount", "due_low", "due_high")
        parts = [
            f"{labels[n].label.say(lang)} {yuan_from_fen(row[n], grouped=True)}" for n in names if row[n] is not None
        ]
        if row["received"] or parts:
            parts.append(f"{labels['received'].label.say(lang)} {yuan_from_fen(row['received'], grouped=True)}")
        if row["reconciliation"]:
            parts.append(schema().label("reconciliation", row["reconciliation"], lang))
        return Text("，", ", ").say(lang).join(parts)

    # ---- what to do

    def questions(self) -> None:
        if not self.x.questions:
            return
        self.section("要问清的事（牵涉金额多的在前）", "What to ask (most money first)")
        for q in self.x.questions:
            names = Text("、", ", ").say(self.screen.lang).join(self._name(p) for p in q.policies[:6])
            money = (
                Text(
                    f"牵涉 {yuan_from_fen(q.money, grouped=True)} 元",
                    f"{yuan_from_fen(q.money, grouped=True)} yuan hang on it",
                ).say(self.screen.lang)
                if q.money
                else ""
            )
            detail = Text("；", "; ").say(self.screen.lang).join(x for x in (money, names) if x)
            self.screen.say(f"  · {self.who(q.person_id)} {q.label}{Text('？', '?').say(self.screen.lang)}  {detail}")

    def _name(self, id_: str) -> str:
        book = self.rules.book
        label = book.policies[id_].label if id_ in book.policies else book.parts[id_].label
        return self.rules.fill(label.say(self.screen.lang), self.screen.lang)

    def misses(self) -> None:
        if not self.x.misses:
            return
        self.section("差一点就符合的", "Nearest misses")
        for miss in self.x.misses:
            self.screen.say(f"  · {self.who(miss.person_id)} {miss.label}{self.colon}{miss.change}")

    def not_entitled(self) -> None:
        rest = [p for p in self.x.policies if not _says_something(p)]
        if rest:
            self.section(
                "不符合且未领取的政策（--policy 查看某一项的全部条件）",
                "Not entitled, nothing received (--policy shows every condition)",
            )
        for policy in rest:
            self.screen.say(
                f"  {self.screen.mark(False)} {self.who(policy.row['person_id'])}  {policy.label}  [{policy.clause}]"
            )
            failed = tuple(c for c in policy.conditions if c.held is False)
            self._conditions(failed, "      ", policy.row["person_id"] or "")

    def findings(self) -> None:
        if not self.x.findings:
            return
        self.section("疑点（待人核实）", "Findings (for a person to settle)")
        for f in self.x.findings:
            severity = schema().label("severity", f["severity"], self.screen.lang)
            person = f" {self.who(f['person_id'])}" if f["person_id"] else ""
            self.screen.say(f"  · {severity}{person} {harmless(f['message'])}")


def _money(fen: int | None, lang: Lang) -> str:
    return Text("未知", "unknown").say(lang) if fen is None else yuan_from_fen(fen, grouped=True)


def _as_json(x: Explanation, rules: Rules) -> dict[str, Any]:
    """Amounts in yuan as text with two decimals; true, false or null for what held, failed or is unknown."""
    made = asdict(x)
    del made["unnamed"]
    made = {"as_of": iso_from_day(rules.days.as_of), "income_year": rules.days.income_year, **made}
    for line in made["lines"]:
        line["amount"] = None if line["amount"] is None else yuan_from_fen(line["amount"])
        line["entries"] = [{"item": item, "amount": yuan_from_fen(fen)} for item, fen in line["entries"]]
    money = [name for name, column in schema().results["entitlement"].columns.items() if column.type == "money"]
    for policy in made["policies"]:
        policy["row"] = {k: yuan_from_fen(v) if k in money and v is not None else v for k, v in policy["row"].items()}
    for question in made["questions"]:
        question["money"] = yuan_from_fen(question["money"])
    return made


def _says_something(p: PolicySeen) -> bool:
    return bool(p.row["verdict"] != "not_entitled" or p.row["received"] > 1)
