"""Single households as an assessment reads them, out of the tables of facts: the same cells as in a snapshot, for the evaluator."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Q

from bangfu.kernel.days import day_from_date
from bangfu.places.selectors import village_codes
from bangfu.privacy.models import SealedNumber
from bangfu.registry.bulk import chunked
from bangfu.registry.facts import Group, groups, groups_of
from bangfu.registry.models import VERSIONS, Household, LedgerLine, Person, Receipt
from bangfu.registry.services.acts import NUMBERS
from bangfu.registry.snapshots import holds
from bangfu.rulebook.evaluate import Home

ASSESSED = "an assessment reads the household; what comes of it is shown to each within their scope"
Row = dict[str, Any]
# (person, year, item or policy, amount)
Line = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would be recorded of a household, and is not. `facts`: by group and thing, what would hold on the day.

    `gone`: ids of ledger lines and of receipts (with the lines that they booked) that would stand no more; `lines` and `receipts` would be
    there beside the others: (person, year, item or policy, amount).
    """

    facts: Mapping[tuple[str, int], Row] = field(default_factory=dict)
    lines_gone: frozenset[int] = frozenset()
    receipts_gone: frozenset[int] = frozenset()
    lines: tuple[tuple[int | None, int, str, int], ...] = ()
    receipts: tuple[tuple[int | None, int, str, int], ...] = ()


NOTHING = Foreseen()


def home_of(household: int, day: date, but: Foreseen = NOTHING) -> Home | None:
    """What held of a household on a day as far as is known now; None where there was none. Some twenty queries, whoever lives there.

    With `but`, as it would be were that recorded too.
    """
    return _homes([household], day, but).get(household)


def homes_of(households: Collection[int], day: date) -> dict[int, Home]:
    """What held of several households on a day, as `home_of` says of one; those that there were not then are left out. As many queries for some hundred."""
    found: dict[int, Home] = {}
    for some in chunked(list(households)):
        found |= _homes(some, day, NOTHING)
    return found


def _homes(households: Collection[int], day: date, but: Foreseen) -> dict[int, Home]:
    """`but` is of all of them: of one, or nothing."""
    facts = _households(households, day, but)
    people = _people({household: row["household_id"] for household, row in facts.items()}, day, but)
    left = Q(receipt__paid_on__gt=day) | Q(pk__in=but.lines_gone) | Q(receipt__in=but.receipts_gone)
    lines = _lines(LedgerLine, facts, "item", left)
    receipts = _lines(Receipt, facts, "policy", Q(paid_on__gt=day) | Q(pk__in=but.receipts_gone))
    return {
        household: _home(row, people[household], (*lines[household], *but.lines), (*receipts[household], *but.receipts))
        for household, row in facts.items()
    }


def _home(facts: Row, people: Mapping[int, Row], lines: Iterable[Line], receipts: Iterable[Line]) -> Home:
    number = facts["household_id"]
    ids = {person: row["person_id"] for person, row in people.items()}
    ledger = Counter[tuple[str | None, int, str]]()
    for person, year, item, amount in lines:
        ledger[ids.get(person), year, item] += amount
    return Home.of(
        facts,
        list(people.values()),
        [
            {"household_id": number, "person_id": person, "year": year, "item": item, "amount": amount}
            for (person, year, item), amount in ledger.items()
        ],
        [
            {
                "household_id": number,
                "person_id": ids.get(person),
                "policy_id": policy,
                "year": year,
                "amount": amount,
            }
            for person, year, policy, amount in receipts
        ],
    )


def _households(households: Collection[int], day: date, but: Foreseen) -> dict[int, Row]:
    """What the register states of those of the households that there were on the day, by id."""
    numbers = Household.objects.unscoped(ASSESSED).filter(pk__in=households).order_by("pk").values_list("pk", "number")
    facts: dict[int, Row] = {household: {"household_id": number} for household, number in numbers}
    for group in groups_of("household"):
        held = _held(group, facts, day, but)
        if group.name == "residence":
            facts = {each: row for each, row in facts.items() if each in held and not held[each]["dissolved"]}
        facts = {household: row | _stated(group, held.get(household, {})) for household, row in facts.items()}
    villages = village_codes(day, {row["village_code"] for row in facts.values()})
    facts = {household: row for household, row in facts.items() if row["village_code"] in villages}
    for row in facts.values():
        row["village_code"] = villages[row["village_code"]]
    return facts


def _people(households: Mapping[int, str], day: date, but: Foreseen) -> dict[int, dict[int, Row]]:
    """Those who belong to households (id, number) on the day: by household, by person."""
    memberships = VERSIONS["membership"].objects.unscoped(ASSESSED)
    ever = set(memberships.filter(household__in=households, stands=True).values_list("thing_id", flat=True))
    belonging = {
        person: held
        for person, held in _held(groups()["membership"], ever, day, but).items()
        if held["household"] in households
    }
    numbers = dict(Person.objects.unscoped(ASSESSED).filter(pk__in=belonging).values_list("pk", "number"))
    people: dict[int, Row] = {
        person: {
            **_stated(groups()["membership"], held),
            "person_id": numbers[person],
            "household_id": households[held["household"]],
        }
        for person, held in belonging.items()
    }
    for group in groups_of("person"):
        if group.name != "membership":
            known = _held(group, belonging, day, but)
            derived = [name for name, field in group.fields.items() if field.derived]
            for person in people:
                held = known.get(person, {})
                people[person] |= _stated(group, held) | {name: held.get(name) for name in derived}
    shared = _shared({row["id_number"] for row in people.values() if row["id_number"]}, day, but)
    for row in people.values():
        row["id_shared_by"] = shared.get(row["id_number"])
        row["birth_date"] = row["birth_date"] or row["id_birth_date"]
        # A rule asks for neither.
        row["name"] = row["id_number"] = None
    found: dict[int, dict[int, Row]] = {household: {} for household in households}
    for person, row in people.items():
        found[belonging[person]["household"]][person] = row
    return found


def _shared(indexes: set[str], day: date, but: Foreseen) -> dict[str, int]:
    """How many of the register's persons have each of these numbers on a day."""
    if not indexes:
        return {}
    papers = VERSIONS["papers"].objects.unscoped(ASSESSED)
    having = papers.filter(stands=True, id_number__kind__in=NUMBERS, id_number__exact_index__in=indexes)
    holders = set(having.values_list("thing_id", flat=True)) | {
        thing for group, thing in but.facts if group == "papers"
    }
    held = _held(groups()["papers"], holders, day, but)
    numbers = {person: row["id_number"] for person, row in held.items() if row["id_number"] in indexes}
    living = _held(groups()["membership"], numbers, day, but)
    homes = _held(groups()["residence"], {row["household"] for row in living.values()}, day, but)
    return Counter(
        numbers[person]
        for person, row in living.items()
        if row["household"] in homes and not homes[row["household"]]["dissolved"]
    )


def _held(group: Group, things: Iterable[int], day: date, but: Foreseen) -> dict[int, Row]:
    """Of each thing, the facts of the version that stands and holds on the day, as the engine has them. One query."""
    wanted = set(things)
    found = {}
    if wanted:
        ids = ", ".join(str(int(thing)) for thing in sorted(wanted))
        with connection.cursor() as cursor:
            cursor.execute(f"{_versions_sql(group.name)} WHERE {holds(group, day)} AND v.thing_id IN ({ids})")
            for thing, *values in cursor.fetchall():
                found[thing] = {name: _plain(value) for name, value in zip(group.fields, values, strict=True)}
    for (of_group, thing), values in but.facts.items():
        if of_group == group.name and thing in wanted:
            found[thing] = {name: _plain(value) for name, value in values.items()}
    return found


@cache
def _versions_sql(name: str) -> str:
    """Written once, since building such queries took most of the time in which a household is read."""
    model: Any = VERSIONS[name]
    listed = ", ".join(
        "n.exact_index" if field.type == "number" else f'v."{model._meta.get_field(each).column}"'
        for each, field in groups()[name].fields.items()
    )
    numbers = f" LEFT JOIN {SealedNumber._meta.db_table} n ON n.id = v.id_number_id" if name == "papers" else ""
    return f"SELECT v.thing_id, {listed} FROM {model._meta.db_table} v{numbers}"


def _plain(value: Any) -> Any:
    return day_from_date(value) if isinstance(value, date) else value


def _stated(group: Group, held: Mapping[str, Any]) -> Row:
    """The facts that a register states, by the contract's name of their column."""
    return {column: held.get(field.name) for column, field in group.contract().items()}


def _lines(model: Any, households: Iterable[int], what: str, later: Q) -> dict[int, list[Line]]:
    """By household, in the order in which they were recorded."""
    rows = (
        model.objects.unscoped(ASSESSED)
        .filter(household__in=list(households), stands=True)
        .exclude(later)
        .order_by("pk")
    )
    found: dict[int, list[Line]] = defaultdict(list)
    for household, *line in rows.values_list("household_id", "person_id", "year", what, "amount"):
        found[household].append(tuple(line))
    return found
