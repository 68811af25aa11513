"""Three that should agree (三相符): our file, the last national export and what was last printed, field by field in the order in which people retype them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page

from bangfu.access.data import Actor, NotThere
from bangfu.kernel.words import Lang, Text
from bangfu.places.selectors import named_villages, place_of_code, village_codes
from bangfu.privacy.keys import KeyRing
from bangfu.privacy.models import SealedNumber
from bangfu.registry.facts import groups, groups_of
from bangfu.registry.household_file import lines_of
from bangfu.registry.imports.sources import income_year
from bangfu.registry.layouts import Layout, LayoutColumn, TableName, layout
from bangfu.registry.layouts.say import YES, said_in, same, unsayable, yuan
from bangfu.registry.models import THINGS, VERSIONS, Household, LedgerLine, Origin, Person, Stated, Statement
from bangfu.registry.selectors import HouseholdRow, households
from bangfu.registry.services.stated import NUMBER
from bangfu.registry.versions import as_of

OF_SEEN = "of households that the actor sees"
# Of the names of a chain only these are ours to compare: an office may run a town that lies in another's county.
PLACES = ("code", "town", "village")
A_PART = 200
HEADINGS = (
    Text("户编号", "Household"),
    Text("页面", "Page"),
    Text("成员", "Member"),
    Text("项目", "Field"),
    Text("本系统", "Our file"),
    Text("全国系统", "National system"),
    Text("打印件", "Printed"),
    Text("结果", "Result"),
)
NOT_ASKED = Text("—", "—")
HELD, NOT_HELD = Text("有", "there"), Text("没有", "not there")
_THERE = Text("此人", "This person")


@dataclass(frozen=True, slots=True)
class Row:
    """One field: what each of the three says (None: it does not ask, or nothing was stated), in the form's words.

    `unsaid` is our own label of a value for which the form has no word. Numbers of IDs are said to be alike or not, and never shown.
    """

    column: str
    label: Text
    ours: str
    national: str | None
    printed: str | None
    differs: bool
    unsaid: str = ""

    @property
    def compared(self) -> bool:
        """Whether one of the other two says anything of it."""
        return self.national is not None or self.printed is not None


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the form, or a member on it (`who`), with its fields in the order of the form; and in how many of all of them all agree."""

    page: Text
    who: str
    rows: tuple[Row, ...]
    agree: int


@dataclass(frozen=True, slots=True)
class Source:
    """When and in what something was last stated."""

    said_on: date
    form: str
    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Differences:
    """All of one household. A part of which nothing was asked or compared is left out."""

    household: int
    number: str
    head: str
    national: Source | None
    printed: Source | None
    parts: tuple[Part, ...]

    @property
    def compared(self) -> bool:
        """Whether there is anything to compare our file with."""
        return self.national is not None or self.printed is not None

    @property
    def count(self) -> int:
        return sum(row.differs for part in self.parts for row in part.rows)

    @property
    def agree(self) -> int:
        """In how many fields all that say anything agree."""
        return sum(part.agree for part in self.parts)

    @property
    def fields(self) -> int:
        """How many fields were compared."""
        return self.count + self.agree

    @property
    def agreeing(self) -> tuple[Part, ...]:
        """The parts of which nothing is listed, since nothing in them differs."""
        return tuple(part for part in self.parts if not part.rows)


@dataclass(frozen=True, slots=True)
class _Ours:
    """Our side of a household: texts by column, of itself and by person number; what the form cannot say; the index of each ID number."""

    household: Mapping[str, str]
    persons: Mapping[str, Mapping[str, str]]
    names: Mapping[str, str]
    unsaid: Mapping[tuple[str, str], str]
    numbers: Mapping[str, str]


@dataclass(slots=True)
class _Said:
    """What a statement says of a household."""

    source: Source
    household: Mapping[str, str] = field(default_factory=dict)
    persons: dict[str, Mapping[str, str]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)


def differences(
    actor: Actor, of: Iterable[int], day: date, known_at: datetime, *, every: bool = False
) -> dict[int, Differences]:
    """Of households that the actor sees, by id: the fields that differ, or (`every`) all of them. As many queries for one as for a village.

    Raises NotThere for a household that the actor does not see.
    """
    form = layout()
    asked = list(of)
    numbers = dict(Household.objects.seen_by(actor).filter(pk__in=asked).values_list("pk", "number"))
    if set(asked) - set(numbers):
        raise NotThere
    national, printed = (_last(origin, asked, day) for origin in (Origin.NATIONAL, Origin.PRINTED))
    years = {each: _year(form, national.get(each), day) for each in asked}
    ours = _ours(form, asked, day, known_at, years)
    found = {}
    for each in asked:
        theirs, paper = national.get(each), printed.get(each)
        parts = _parts(form, ours[each], theirs, paper, every=every)
        found[each] = Differences(
            each,
            numbers[each],
            ours[each].household.get("aac029", ""),
            theirs.source if theirs else None,
            paper.source if paper else None,
            tuple(part for part in parts if part.rows or part.agree),
        )
    return found


def texts_of(
    actor: Actor, household: int, day: date, known_at: datetime
) -> tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]:
    """What the national form would say of a household, and of each of its persons by number: texts by column. Raises NotThere."""
    if not Household.objects.seen_by(actor).filter(pk=household).exists():
        raise NotThere
    form = layout()
    ours = _ours(form, [household], day, known_at, {household: _year(form, None, day)})[household]
    return ours.household, ours.persons


def stated(texts: Mapping[str, str], table: TableName, facts: Collection[str]) -> dict[str, str]:
    """Of these texts those that say one of these facts (`group.name`)."""
    columns = layout().tables[table].columns
    return {name: text for name, text in texts.items() if columns[name].fact in facts}


def households_asked(actor: Actor, number: str | None, village: str | None, day: date, known_at: datetime) -> list[int]:
    """The household with a number, or those of a village by number. Raises NotThere for what the actor does not see."""
    seen = Household.objects.seen_by(actor).order_by("number")
    if number is not None:
        found = list(seen.filter(number=number).values_list("pk", flat=True))
    else:
        place = place_of_code(village or "", day, known_at)
        found = list(seen.filter(place=place).values_list("pk", flat=True)) if place is not None else []
    if not found:
        raise NotThere
    return found


def differences_listed(
    actor: Actor, of: Sequence[int], day: date, known_at: datetime, lang: Lang, *, every: bool = False
) -> Iterator[list[str]]:
    """Rows under HEADINGS, by household, in the order of the form."""
    for start in range(0, len(of), A_PART):
        found = differences(actor, of[start : start + A_PART], day, known_at, every=every)
        for each in found.values():
            for part in each.parts:
                for row in part.rows:
                    mine = row.ours or (f"（{row.unsaid}）" if row.unsaid else "")
                    said = [NOT_ASKED.say(lang) if text is None else text for text in (mine, row.national, row.printed)]
                    marked = (Text("不一致", "differs") if row.differs else Text("", "")).say(lang)
                    yield [each.number, part.page.say(lang), part.who, row.label.say(lang), *said, marked]


def differences_page(
    actor: Actor, place: int | None, ring: KeyRing, page: str | None, day: date, known_at: datetime
) -> Page[Any]:
    """The households that the actor sees (in a place), page by page, each row (HouseholdRow, Differences)."""
    shown: Page[Any] = households(actor, "", place, ring, page)
    rows: list[HouseholdRow] = list(shown.object_list)
    found = differences(actor, [row.id for row in rows], day, known_at)
    shown.object_list = [(row, found[row.id]) for row in rows]
    return shown


def _parts(form: Layout, ours: _Ours, national: _Said | None, printed: _Said | None, *, every: bool) -> Iterator[Part]:
    for page, label in form.pages.items():
        if page == "members":
            people = dict.fromkeys([*ours.persons, *(national.persons if national else ())])
            for person in people:
                rows = _member(form, person, ours, national, printed)
                yield _part(label, ours.names.get(person) or person, rows, every=every)
        else:
            listed = [c for c in form.tables["household"].columns.values() if c.page == page]
            said = [each.household if each else None for each in (national, printed)]
            rows = _rows(
                form, listed, ours.household, *said, unsaid={c: v for (p, c), v in ours.unsaid.items() if not p}
            )
            yield _part(label, "", rows, every=every)


def _part(page: Text, who: str, rows: Iterable[Row], *, every: bool) -> Part:
    known = tuple(rows)
    agree = sum(row.compared and not row.differs for row in known)
    return Part(page, who, tuple(row for row in known if every or row.differs), agree)


def _member(form: Layout, person: str, ours: _Ours, national: _Said | None, printed: _Said | None) -> Iterator[Row]:
    mine = ours.persons.get(person)
    theirs = None if national is None or not national.persons else national.persons.get(person)
    paper = printed.persons.get(person) if printed else None
    if national is not None and national.persons and (mine is None) != (theirs is None):
        held = [(HELD if each is not None else NOT_HELD).zh for each in (mine, theirs)]
        yield Row("person_no", _THERE, held[0], held[1], None, differs=True)
        return
    for column in form.tables["person"].columns.values():
        if column.name == NUMBER:
            yield from _number(column, person, ours, national, printed)
        else:
            unsaid = {c: v for (p, c), v in ours.unsaid.items() if p == person}
            yield from _rows(form, [column], mine or {}, theirs, paper, unsaid=unsaid)


def _rows(
    form: Layout,
    columns: Sequence[LayoutColumn],
    ours: Mapping[str, str],
    national: Mapping[str, str] | None,
    printed: Mapping[str, str] | None,
    *,
    unsaid: Mapping[str, str],
) -> Iterator[Row]:
    for column in columns:
        if column.name not in ours:
            continue
        mine = ours[column.name]
        others = [said.get(column.name) if said is not None else None for said in (national, printed)]
        if column.place:
            # A code says the village by itself, and so do its names.
            others = [text or None for text in others]
        texts = [text for text in (mine, *others) if text is not None]
        differs = any(not same(form, column, texts[0], text) for text in texts[1:])
        yield Row(column.name, column.label, mine, others[0], others[1], differs, unsaid.get(column.name, ""))


def _number(
    column: LayoutColumn, person: str, ours: _Ours, national: _Said | None, printed: _Said | None
) -> Iterator[Row]:
    """An ID number is compared by its index, and shown by whether it is like ours."""
    mine = ours.numbers.get(person, "")
    others = [
        said.numbers[person] if said is not None and NUMBER in said.persons.get(person, {}) else None
        for said in (national, printed)
    ]
    differs = any(index is not None and index != mine for index in others)
    texts = [index and ("一致" if index == mine else "不一致") for index in others]
    yield Row(column.name, column.label, "已登记" if mine else "", texts[0], texts[1], differs)


def _last(origin: Origin, households: Sequence[int], day: date) -> dict[int, _Said]:
    """The last statement of an origin of each household, up to a day."""
    latest: dict[int, Statement] = {}
    rows = Stated.objects.unscoped(OF_SEEN).filter(
        erased=None, household__in=households, statement__origin=origin, statement__said_on__lte=day
    )
    for row in rows.filter(person="").select_related("statement").order_by("statement__said_on", "statement_id"):
        latest[row.household_id] = row.statement
    found = {each: _Said(Source(s.said_on, s.form, s.name, s.digest)) for each, s in latest.items()}
    for row in rows.filter(statement__in={s.pk for s in latest.values()}).order_by("pk"):
        said = found[row.household_id]
        if row.statement_id != latest[row.household_id].pk:
            continue
        if row.person:
            said.persons[row.person] = _as_one(layout(), "person", row.values or {})
            said.numbers[row.person] = row.number_index
        else:
            said.household = row.values or {}
    return found


def _year(form: Layout, national: _Said | None, day: date) -> int:
    """The year whose income is compared: the export's, else the last that is known on the day."""
    name = next(c.name for c in form.tables["household"].columns.values() if c.year)
    said = national.household.get(name, "") if national else ""
    return int(said) if said.isascii() and said.isdigit() else income_year(day)


def _ours(
    form: Layout, households: Sequence[int], day: date, known_at: datetime, years: Mapping[int, int]
) -> dict[int, _Ours]:
    facts = {group.name: as_of(group, households, day, known_at) for group in groups_of("household")}
    members = _members(households, day, known_at)
    people = [person for listed in members.values() for person in listed]
    of_people = {group.name: as_of(group, people, day, known_at) for group in groups_of("person")}
    numbers = dict(Person.objects.unscoped(OF_SEEN).filter(pk__in=people).values_list("pk", "number"))
    indexes = _indexes(of_people["papers"])
    phones = _phones(households, day, known_at)
    codes, named = village_codes(day), named_villages(day)
    totals: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines_of(LedgerLine, households, known_at):
        totals[line.household_id, line.year][line.item] += line.amount
    found = {}
    for each in households:
        present = [p for p in members[each] if not _gone(of_people, p, day)]
        unsaid: dict[tuple[str, str], str] = {}
        texts = _facts_said(form, "household", {name: held.get(each) for name, held in facts.items()}, "", unsaid)
        persons = {}
        for person in present:
            held = {name: versions.get(person) for name, versions in of_people.items()}
            persons[numbers[person]] = _facts_said(form, "person", held, numbers[person], unsaid)
        names = {numbers[p]: getattr(of_people["identity"].get(p), "name", None) or "" for p in present}
        heads = [numbers[p] for p in present if getattr(of_people["membership"].get(p), "relation", None) == "head"]
        place = getattr(facts["residence"].get(each), "place_id", None)
        code = codes.get(place or 0, "")
        texts |= _placed(form, code, named.get(code, {}))
        texts |= _figures(form, totals[each, years[each]], len(present), heads, names)
        texts |= {c.name: phones.get(each, "") for c in form.tables["household"].columns.values() if c.phone}
        found[each] = _Ours(texts, persons, names, unsaid, {numbers[p]: indexes.get(p, "") for p in present})
    return found


def _facts_said(
    form: Layout, table: TableName, held: Mapping[str, Any], person: str, unsaid: dict[tuple[str, str], str]
) -> dict[str, str]:
    """The facts of a household or person as the form says them, by column."""
    texts: dict[str, str] = {}
    for column in form.tables[table].columns.values():
        if column.marks:
            values = {word: _value(held, path) for word, path in column.marks.items()}
            known = all(value is not None for value in values.values())
            texts[column.name] = "、".join(w for w, value in values.items() if value) or (column.none if known else "")
        elif column.fact and column.name != NUMBER:
            value = _value(held, column.fact)
            texts[column.name] = said_in(form, column, value)
            if label := unsayable(form, column, value):
                unsaid[person, column.name] = label
        elif column.joined:
            texts[column.name] = _value(held, column.joined) or ""
    return _as_one(form, table, texts)


def _as_one(form: Layout, table: TableName, texts: Mapping[str, str]) -> dict[str, str]:
    """What several columns say together stands under one: a yes of either, or the parts of a text, once where all say the same."""
    merged = dict(texts)
    joined: dict[str, list[str]] = defaultdict(list)
    last: dict[str, str] = {}
    for column in form.tables[table].columns.values():
        if column.other and merged.get(column.other) in YES:
            merged[column.name] = "是"
        if column.joined:
            last[column.joined] = column.name
            if column.name in merged:
                joined[column.joined].append(merged.pop(column.name))
    return {**merged, **{last[path]: "".join(dict.fromkeys(parts)) for path, parts in joined.items()}}


def _value(held: Mapping[str, Any], path: str) -> Any:
    group, _, name = path.partition(".")
    return getattr(held.get(group), name, None)


def _placed(form: Layout, code: str, names: Mapping[str, str]) -> dict[str, str]:
    said = {"code": code, "town": names.get("township", ""), "village": names.get("village", "")}
    return {c.name: said[c.place] for c in form.tables["household"].columns.values() if c.place in PLACES}


def _figures(
    form: Layout, items: Mapping[str, int], members: int, heads: Sequence[str], names: Mapping[str, str]
) -> dict[str, str]:
    """Totals and what is worked out of them; a total of which the household has no line is not known, and counts as nothing in a sum."""
    columns = form.tables["household"].columns
    amounts: dict[str, int | None] = {}
    for column in columns.values():
        if column.total:
            held = [items[item] for item in column.total.items if item in items]
            amounts[column.name] = sum(held) if held else None
    for column in columns.values():
        if column.adds:
            parts = [amounts.get(part) for part in (*column.adds, *column.takes)]
            right = sum(amounts.get(part) or 0 for part in column.adds) - sum(
                amounts.get(part) or 0 for part in column.takes
            )
            known = any(part is not None for part in parts) and (not column.per or members)
            amounts[column.name] = (round(right / members) if column.per else right) if known else None
    figures = {
        "members": str(members),
        "head_number": heads[0] if heads else "",
        "head_name": names[heads[0]] if heads else "",
    }
    said = {c.name: figures[c.figure] for c in columns.values() if c.figure in figures}
    return {**{name: yuan(amount) for name, amount in amounts.items()}, **said}


def _members(households: Sequence[int], day: date, known_at: datetime) -> dict[int, list[int]]:
    """Who belonged to each household on the day, by number."""
    ever = VERSIONS["membership"].objects.unscoped(OF_SEEN).filter(household__in=households)
    held: Mapping[int, Any] = as_of(groups()["membership"], set(ever.values_list("thing_id", flat=True)), day, known_at)
    numbers = dict(Person.objects.unscoped(OF_SEEN).filter(pk__in=list(held)).values_list("pk", "number"))
    found: dict[int, list[int]] = {each: [] for each in households}
    for person in sorted(held, key=lambda each: (held[each].relation != "head", numbers[each])):
        if held[person].household_id in found:
            found[held[person].household_id].append(person)
    return found


def _gone(held: Mapping[str, Mapping[int, Any]], person: int, day: date) -> bool:
    gone = (
        getattr(held["identity"].get(person), "died_on", None),
        getattr(held["membership"].get(person), "left_on", None),
    )
    return any(each is not None and each <= day for each in gone)


def _indexes(papers: Mapping[int, Any]) -> dict[int, str]:
    sealed = {person: version.id_number_id for person, version in papers.items() if version.id_number_id}
    indexes = dict(SealedNumber.objects.filter(pk__in=list(sealed.values())).values_list("pk", "exact_index"))
    return {person: indexes[number] for person, number in sealed.items()}


def _phones(households: Sequence[int], day: date, known_at: datetime) -> dict[int, str]:
    """The telephone of each household that was recorded last."""
    things: Any = THINGS["phone"]
    of = dict(
        things.objects.unscoped(OF_SEEN)
        .filter(household__in=households)
        .order_by("pk")
        .values_list("pk", "household_id")
    )
    held: Mapping[int, Any] = as_of(groups()["phone"], list(of), day, known_at)
    return {of[thing]: version.number for thing, version in sorted(held.items()) if not version.gone}
