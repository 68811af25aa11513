"""A year's ledger in one form: a row for each item with last year's amount beside it, one save, one act."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse

from bangfu.access.data import NotThere
from bangfu.kernel.errors import DomainError
from bangfu.kernel.money import fen_from_entry, yuan_from_fen
from bangfu.kernel.schema import schema
from bangfu.kernel.words import Text
from bangfu.registry import household_file
from bangfu.registry.foreseen import ledger_foreseen
from bangfu.registry.homes import Foreseen
from bangfu.registry.household_file import File, LineRow
from bangfu.registry.services.ledger import NewLine, NewYear, check_amount, record_year
from bangfu.web.forms import CHOOSE, dress, set_choices
from bangfu.web.households.answers import Heading, carried, done, done_before, form_page, named_members, who_of
from bangfu.web.households.forms import SOURCE
from bangfu.web.households.ledger import ledger_of
from bangfu.web.households.overtaken import OvertakenForm, merged, number_of, overtaken, say_refusal
from bangfu.web.households.parts import INCOME
from bangfu.web.page import BOTH, page
from bangfu.web.request import Request

# Rows beside those that are there, for what else there is: another member's wages, say.
SPARE, MOST_SPARE = 4, 99
ASKED = ("amount", "note")
FIELDS = (*ASKED, "same")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the form: a line that stands (`line`), or room for one. `last`: last year's amount in fen; `booked`: a receipt's, which is left alone."""

    key: str
    item: str
    person: int | None
    line: LineRow | None = None
    last: int | None = None

    @property
    def booked(self) -> bool:
        return self.line is not None and self.line.booked


@dataclass(frozen=True, slots=True)
class RowShown:
    """A row with its words and fields."""

    row: Row
    label: str
    who: str
    amount: Any
    note: Any
    same: Any


class YearLedgerForm(OvertakenForm):
    """`base`: the latest line that somebody had before them. Cleaned: `lines`, what is new, changed or taken away."""

    labels: ClassVar[Mapping[str, Text]] = {
        "source": SOURCE,
        "reason": Text("为什么改动已登记的行", "Why lines that stand are changed"),
    }
    helps: ClassVar[Mapping[str, Text]] = {
        "source": Text("例如：入户核实、工资条、粮食直补存折", "Such as: seen at the home, pay slips, savings book"),
        "reason": Text(
            "改动或清空了已登记的金额才要填。", "Needed only where an amount that stands is changed or emptied."
        ),
    }
    base = forms.IntegerField(widget=forms.HiddenInput)
    source = forms.CharField(max_length=200, required=False)
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, rows: Sequence[Row], members: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            if not row.booked:
                self._room_for(row)
        self.spare = [f"s{number}" for number in range(1, _spares(self.data) + 1)]
        for key in self.spare:
            self._add_spare(key, members)

    def _room_for(self, row: Row) -> None:
        label = schema().label("item", row.item, self.lang)
        shown = yuan_from_fen(row.line.amount) if row.line is not None else ""
        self._add(row.key, label, amount=shown, note=row.line.note if row.line is not None else "")
        if row.line is None and row.last is not None:
            same = forms.BooleanField(
                required=False, label=Text(f"{label}：同去年", f"{label}: as last year").say(self.lang)
            )
            same.widget.attrs["class"] = "form-check-input"
            self.fields[f"same_{row.key}"] = same

    def _add(self, key: str, label: str, **initial: str) -> None:
        for name, words, most in (("amount", Text("元", "yuan"), 16), ("note", Text("凭据", "evidence"), 200)):
            field = forms.CharField(
                max_length=most, required=False, label=f"{label} {words.say(self.lang)}", initial=initial.get(name, "")
            )
            dress(field, self.lang)
            field.widget.attrs |= {"aria-label": field.label, "placeholder": words.say(self.lang)}
            if name == "amount":
                field.widget.attrs["inputmode"] = "decimal"
            self.fields[f"{name}_{key}"] = field

    def _add_spare(self, key: str, members: list[tuple[int, str]]) -> None:
        item, person = forms.ChoiceField(required=False), forms.ChoiceField(required=False)
        self.fields |= {f"item_{key}": item, f"person_{key}": person}
        contract = schema()
        grouped = [
            (text.say(self.lang), [(code, contract.label("item", code, self.lang)) for code in contract.items_of(name)])
            for name, text in contract.item_groups.items()
        ]
        set_choices(self, f"item_{key}", [("", CHOOSE.say(self.lang)), *grouped])
        set_choices(self, f"person_{key}", [("", Text("全户", "the household").say(self.lang)), *members])
        label = Text(f"另加第 {key[1:]} 行", f"further row {key[1:]}").say(self.lang)
        for field, words in ((item, Text("项目", "item")), (person, Text("谁的", "whose"))):
            field.label = f"{label} {words.say(self.lang)}"
            field.widget.attrs["aria-label"] = field.label
            dress(field, self.lang)
        self._add(key, label)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        return {**given, "lines": [line for line in self._lines(given) if line is not None]}

    def _lines(self, given: Mapping[str, Any]) -> Iterator[NewLine | None]:
        for row in self.rows:
            if not row.booked:
                yield self._of_row(row, given)
        for key in self.spare:
            item, person = given.get(f"item_{key}", ""), given.get(f"person_{key}", "")
            amount = self._amount(key, given)
            if amount is not None and not item:
                self.add_error(f"item_{key}", Text("请选择项目。", "Choose the item.").say(self.lang))
            elif amount is not None:
                yield NewLine(item, amount, int(person) if person else None, given.get(f"note_{key}", ""))
            elif item:
                self.add_error(f"amount_{key}", Text("请填金额。", "Give the amount.").say(self.lang))
        changed = any(row.line and self._changed(row, given) for row in self.rows if not row.booked)
        if changed and not given.get("reason", "").strip() and "preview" not in self.data:
            self.add_error(
                "reason", Text("请写明为什么改动已登记的行。", "Say why lines that stand are changed.").say(self.lang)
            )

    def _of_row(self, row: Row, given: Mapping[str, Any]) -> NewLine | None:
        amount, note = self._amount(row.key, given), given.get(f"note_{row.key}", "")
        if row.line is None:
            if amount is None and given.get(f"same_{row.key}"):
                amount = row.last
            return None if amount is None else NewLine(row.item, amount, row.person, note)
        if not self._changed(row, given):
            return None
        return NewLine(row.item, amount, row.person, note, corrects=row.line.id)

    def _changed(self, row: Row, given: Mapping[str, Any]) -> bool:
        assert row.line is not None
        if f"amount_{row.key}" not in self.data:
            # Entered by somebody else since the form was opened.
            return False
        return (self._amount(row.key, given), given.get(f"note_{row.key}", "")) != (row.line.amount, row.line.note)

    def _amount(self, key: str, given: Mapping[str, Any]) -> int | None:
        """In fen; None for nothing, and for what is no amount, which is said at its field."""
        text = str(given.get(f"amount_{key}") or "").strip()
        if not text or f"amount_{key}" in self.errors:
            return None
        try:
            amount = fen_from_entry(text)
            check_amount(amount)
        except DomainError as refusal:
            self.add_error(f"amount_{key}", refusal.say(self.lang))
            return None
        return amount


@page("households.keep", methods=BOTH)
def ledger_year(request: Request, household: int, year: int) -> HttpResponse:
    if again := done_before(request, household, INCOME.url):
        return again
    found = ledger_of(request, household)
    first, last = schema().bounds["year"]
    if not first <= year <= last:
        raise NotThere
    form = _form(request, found, year)
    held = _beside(request, found, year, form)

    def act(given: Mapping[str, Any]) -> object:
        by = replace(request.by, reason=given["reason"])
        if not given["lines"]:
            raise DomainError("NOTHING_CHANGED", Text("没有填写或改动任何一行。", "No line was filled in or changed."))
        new = NewYear(year, given["lines"], given["source"], given["base"])
        return record_year(by, request.actor, household, new)

    def foresee(given: Mapping[str, Any], day: date) -> Foreseen:
        return ledger_foreseen(request.actor, household, year, given["lines"])

    if held is None and carried(request, form, act):
        return done(request, household, INCOME.url)
    form = held or form
    title = Text(f"{year} 年收支明细账", f"The ledger of {year}")
    intro = Text(
        f"一次填完一年，留空的不登记。旁边是 {year - 1} 年的金额；与去年相同的，勾“同去年”，不用再填。",
        f"A whole year at once; what is left empty is not recorded. Beside it stand the amounts of {year - 1}: tick “as last year” where"
        " nothing changed.",
    )
    heading = Heading(title, found.called, intro, part=INCOME.url, template="web/households/_year.html")
    return form_page(
        request,
        household,
        form,
        heading,
        foresee=foresee,
        year=year,
        wrong=_wrong(form),
        settled=found.settled.get(year),
        house=household,
        groups=_shown(found, form),
        spare=[tuple(form[f"{name}_{key}"] for name in ("item", "person", *ASKED)) for key in form.spare],
    )


def _wrong(form: YearLedgerForm) -> int:
    """How many fields are wrong; the first of them is where one is then."""
    fields = [name for name in form.fields if name in form.errors] if form.is_bound else []
    if fields:
        form.fields[fields[0]].widget.attrs["autofocus"] = True
    return len(fields)


def rows_of(found: File, year: int) -> list[Row]:
    """The lines of the year, what last year had beside them, and an empty row for each item that neither has; in the order of the items."""
    lines = [line for line in found.ledger if line.year == year]
    last: dict[tuple[str, int | None], int] = {}
    for line in found.ledger:
        if line.year == year - 1 and not line.booked:
            last[line.item, line.person] = last.get((line.item, line.person), 0) + line.amount
    here = {(line.item, line.person) for line in lines}
    members = {each.id for each in found.members if each.present} | {None}
    made = []
    for item in schema().codes["item"]:
        mine = [
            Row(f"l{line.id}", item, line.person, line, last.get((item, line.person)))
            for line in lines
            if line.item == item
        ]
        wanted = [
            Row(f"n-{item}-{person or 0}", item, person, last=amount)
            for (of_item, person), amount in last.items()
            if of_item == item and (item, person) not in here and person in members
        ]
        made += mine or wanted or [Row(f"n-{item}-0", item, None)]
        made += wanted if mine else []
    return made


def _form(request: Request, found: File, year: int, data: Any = None, was: str = "") -> YearLedgerForm:
    lines = [line for line in found.ledger if line.year == year]
    given = data if data is not None else request.POST if request.method == "POST" else None
    both = _both(request, found, year, was or (given or {}).get("was", ""))
    return YearLedgerForm(
        given,
        rows=rows_of(found, year),
        members=[each for each in named_members(found) if each[0]],
        lang=request.lang,
        initial={"base": max((line.id for line in lines), default=0)},
        **both,
    )


def _both(request: Request, found: File, year: int, was: str) -> dict[str, Any]:
    """What was opened and what is stored now of the rows that `was` names: `l12:9` is line 12, which was 9 (0: not there) when it was opened."""
    now = {f"l{line.id}": line for line in found.ledger if line.year == year}
    opened: dict[str, Any] = {}
    stored: dict[str, Any] = {}
    for key, _, line in (each.partition(":") for each in was.split()):
        if key in now:
            before = household_file.line_of(request.actor, found.id, number_of(line)) if number_of(line) else None
            opened |= {f"{name}_{key}": value for name, value in _plain(before).items()}
            stored |= {f"{name}_{key}": value for name, value in _plain(now[key]).items()}
    return {"opened": opened, "stored": stored}


def _plain(line: LineRow | None) -> dict[str, str]:
    return {"amount": yuan_from_fen(line.amount) if line else "", "note": line.note if line else ""}


def _beside(request: Request, found: File, year: int, form: YearLedgerForm) -> YearLedgerForm | None:
    """What was typed beside what somebody else stored meanwhile; None where nobody did, or nothing of it was typed here."""
    if request.method != "POST":
        return None
    data = request.POST.copy()
    lines = {row.key: row for row in form.rows if row.line is not None and not row.booked}
    met = {**_gone(request, found, data, lines), **_entered(data, form, lines), **_without_room(data, form)}
    if not met:
        return None
    for key, row in lines.items():
        if f"amount_{key}" not in data:
            _put(data, {f"{name}_{key}": value for name, value in _plain(row.line).items()})
    data["was"] = " ".join(f"{key}:{before}" for key, before in met.items())
    data["base"] = str(max((line.id for line in found.ledger if line.year == year), default=0))
    made = _form(request, found, year, data)
    made = _form(request, found, year, merged(made, made.opened, made.stored))
    say_refusal(made, overtaken(Text(f"{year} 年的收支", f"The ledger of {year}")), request.lang)
    return made


def _gone(request: Request, found: File, data: Any, lines: Mapping[str, Row]) -> dict[str, int]:
    """Lines that were opened and changed here and stand no more, by the row in whose place they come; what was taken away becomes a further row."""
    met = {}
    for key in [name.removeprefix("amount_") for name in data if name.startswith("amount_l")]:
        if key in lines:
            continue
        before = household_file.line_of(request.actor, found.id, number_of(key[1:]))
        now = household_file.line_now(request.actor, found.id, before.id)
        if _plain(before) == {name: data.get(f"{name}_{key}", "").strip() for name in ASKED}:
            continue
        if now is not None and f"l{now.id}" in lines:
            met[f"l{now.id}"] = before.id
            _carry(data, key, f"l{now.id}")
        elif data.get(f"amount_{key}", "").strip():
            further = f"s{_spares(data) + 1}"
            met[further] = before.id
            _put(data, {f"item_{further}": before.item, f"person_{further}": str(before.person or "")})
            _carry(data, key, further)
    return met


def _entered(data: Any, form: YearLedgerForm, lines: Mapping[str, Row]) -> dict[str, int]:
    """Lines that somebody else entered where one was typed here: of the same item and person."""
    met = {}
    base = number_of(data.get("base"))
    for key, row in lines.items():
        if row.line is None or row.line.id <= base:
            continue
        mine = [f"n-{row.item}-{row.person or 0}"]
        mine += [
            each
            for each in form.spare
            if (data.get(f"item_{each}"), data.get(f"person_{each}")) == (row.item, str(row.person or ""))
        ]
        for each in mine:
            if data.get(f"same_{each}") and row.last is not None:
                data.setdefault(f"amount_{each}", "")
                data[f"amount_{each}"] = data[f"amount_{each}"].strip() or yuan_from_fen(row.last)
            if data.get(f"amount_{each}", "").strip():
                met[key] = 0
                _carry(data, each, key)
                data.pop(f"item_{each}", None)
    return met


def _without_room(data: Any, form: YearLedgerForm) -> dict[str, int]:
    """What was typed in rows that are not there now (somebody entered that item of another, or by a receipt; last year's line is gone), as further rows."""
    met = {}
    rows = {row.key for row in form.rows}
    for key in dict.fromkeys(name.partition("_")[2] for name in data if name.startswith(("amount_n-", "same_n-"))):
        if key in rows or not (data.get(f"amount_{key}", "").strip() or data.get(f"same_{key}")):
            continue
        further = f"s{_spares(data) + 1}"
        met[further] = 0
        _, item, person = (*key.split("-"), "", "")[:3]
        _put(data, {f"item_{further}": item, f"person_{further}": str(number_of(person) or "")})
        _carry(data, key, further)
        data.pop(f"same_{key}", None)
    return met


def _carry(data: Any, key: str, to: str) -> None:
    for name in ASKED:
        data[f"{name}_{to}"] = data.get(f"{name}_{key}", "")
        data.pop(f"{name}_{key}", None)


def _put(data: Any, values: Mapping[str, str]) -> None:
    """One value each, and not one more, as `update` would give."""
    for name, value in values.items():
        data[name] = value


def _spares(data: Mapping[str, Any]) -> int:
    """How many further rows the form has."""
    numbers = [number_of(name.removeprefix("item_s")) for name in data if name.startswith("item_s")]
    return min(max([SPARE, *numbers]), MOST_SPARE)


def _shown(found: File, form: YearLedgerForm) -> list[tuple[Text, bool, list[RowShown]]]:
    """The rows by groups of items, and whether a group has anything this year or last, or a field that is wrong."""
    contract, names = schema(), who_of(found, form.lang)
    shown = []
    for name, text in contract.item_groups.items():
        items = contract.items_of(name)
        rows = [row for row in form.rows if row.item in items]
        used = any(row.line or row.last is not None or f"amount_{row.key}" in form.errors for row in rows)
        shown.append(
            (
                text,
                used,
                [_row_shown(row, names.get(row.person or 0, ""), form) for row in rows],
            )
        )
    return shown


def _row_shown(row: Row, who: str, form: YearLedgerForm) -> RowShown:
    amount, note, same = (
        form[name] if name in form.fields else None for name in (f"{each}_{row.key}" for each in FIELDS)
    )
    label = schema().label("item", row.item, form.lang)
    return RowShown(row, label, who, amount, note, same)
