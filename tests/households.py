"""Households for tests: a small one, and one of which everything that the register keeps is filled in."""

import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from pypdf import PdfWriter

from bangfu.audit.data import Act as Said
from bangfu.audit.services import record
from bangfu.documents.models import Door, Issue
from bangfu.files.store import store
from bangfu.registry.data import NewFacts, NewHousehold, NewPerson
from bangfu.registry.dossiers import Item
from bangfu.registry.facts import Field, Group, codes, groups_of, things
from bangfu.registry.models import Evidence, EvidenceCheck, EvidenceFile, How, Payment, Person, Receipt
from bangfu.registry.services.acts import begin
from bangfu.registry.services.facts import record_facts, write_facts
from bangfu.registry.services.households import add_household, add_thing
from bangfu.registry.services.ledger import NewLine, record_ledger, settle_year
from bangfu.registry.services.receipts import NewReceipt, record_receipt
from bangfu.registry.services.stated import Printed, record_printed
from bangfu.registry.values import Value
from tests.organisation import Organisation


def _blank_page() -> bytes:
    made, out = PdfWriter(), io.BytesIO()
    made.add_blank_page(210, 297)
    made.write(out)
    return out.getvalue()


FIRST = date(2017, 1, 1)
BOOKLET = _blank_page()
SAMPLES: Mapping[str, Value] = {
    "yes_no": True,
    "text": "甲",
    "long_text": "甲",
    "phone": "13800000000",
    "date": FIRST,
    "year": 2017,
    "months": 3,
    "money": 100,
    "area": 10_000,
    "decimal": 10_000,
    "number": "37110219600301001X",
}


def new_household(org: Organisation, number: str, village: str, day: date = FIRST, who: str = "village") -> int:
    """A couple and their son."""
    persons = tuple(
        NewPerson(
            f"{number}-{relation}",
            {
                "membership": {"relation": relation},
                "identity": {"name": f"甲{relation}", "sex": sex, "birth_date": date(born, 3, 1)},
            },
        )
        for relation, sex, born in (("head", "1", 1960), ("spouse", "2", 1962), ("son", "1", 2003))
    )
    facts: dict[str, dict[str, Value]] = {
        "residence": {"place": org.places[village]},
        "registration": {"status": "poor", "category": "general"},
    }
    return add_household(org.by, org.actor(who), NewHousehold(number, facts, persons), day)


def full_household(org: Organisation, number: str, village: str, who: str) -> int:
    """One with a row in every table."""
    by, actor = org.by, org.actor(who)
    household = new_household(org, number, village, who=who)
    person = Person.objects.unscoped("test").filter(household=household).order_by("pk")[0].pk
    for thing, of_it in ((household, groups_of("household")), (person, groups_of("person"))):
        for group in of_it:
            if group.name not in ("residence", "membership"):
                record_facts(by, actor, household, NewFacts(group.name, thing, sample_of(group), FIRST))
    for kind in things().values():
        if kind.several:
            (group,) = groups_of(kind.name)
            add_thing(by, actor, household, NewFacts(group.name, 0, sample_of(group), FIRST))
    record_ledger(by, actor, household, 2016, [NewLine("crop", 100)])
    receipt = record_receipt(by, actor, household, NewReceipt("dibao", 2016, 100, person))
    of_list(receipt)
    settle_year(by, actor, household, 2016)
    add_booklet(org, household, who)
    record_printed(
        by, actor, household, Printed("registration_form", FIRST, "0" * 64, {"aac317": "80", "aac320": "煤炭"})
    )
    _printed(org, household, village)
    return household


def of_list(receipt: int) -> None:
    """As if a payer's list had brought it in."""
    row = Receipt.objects.unscoped("test").get(pk=receipt)
    Payment.objects.create(
        household_id=row.household_id,
        person_id=row.person_id,
        policy=row.policy,
        paid_on=date(row.year, 3, 10),
        amount=row.amount,
        occurrence=1,
        receipt=row,
        act=row.act,
    )


def add_booklet(org: Organisation, household: int, who: str) -> int:
    return put_paper(org, household, who, "hukou_booklet")


@transaction.atomic
def put_paper(org: Organisation, household: int, who: str, kind: str, person: int | None = None) -> int:
    """A paper of its dossier that was checked, written past the service that opens scans: that takes a process each time."""
    act = begin(org.by, How.EDIT, Said("registry.add_evidence", f"household:{household}"))
    kept = store(org.by.ring, io.BytesIO(BOOKLET), len(BOOKLET))
    account = org.accounts[who]
    paper = Evidence.objects.create(
        household_id=None if person else household,
        person_id=person,
        kind=kind,
        kept_from=FIRST,
        added_by_id=account,
        act=act,
        stands=True,
    )
    EvidenceFile.objects.create(
        evidence=paper, position=1, file=kept.sha256, media="application/pdf", size=kept.size, pages=1
    )
    checked = begin(org.by, How.EDIT, Said("registry.check_evidence", f"household:{household}"))
    EvidenceCheck.objects.create(
        evidence=paper, result="right", checked_by_id=account, checked_on=FIRST, act=checked, stands=True
    )
    return paper.pk


def put_papers(org: Organisation, household: int, who: str, items: Iterable[Item]) -> None:
    """A paper of each of these kinds, of whom it is wanted."""
    for item in items:
        put_paper(org, household, who, item.kind, item.person)


def _printed(org: Organisation, household: int, village: str) -> None:
    """As if a paper of it had been issued."""
    Door.objects.create(household_id=household, sign=f"sign-{household}")
    with transaction.atomic():
        entry = record(org.by, Said("documents.print", f"household:{household}", org.places[village]))
        said = {
            "kind": "contact_card",
            "version": "1",
            "format": "pdf",
            "language": "zh",
            "rulebook": "0",
            "digest": "0" * 64,
        }
        Issue.objects.create(
            **said,
            at=org.by.at,
            household_id=household,
            place_id=org.places[village],
            day=FIRST,
            values={},
            entry_id=entry,
        )


def move(org: Organisation, household: int, village: str) -> None:
    act = begin(org.by, How.PROCEDURE, Said("registry.record_facts"))
    write_facts(org.by.ring, act, NewFacts("residence", household, {"place": org.places[village]}, FIRST))


def sample_of(group: Group) -> dict[str, Value]:
    """A value for every fact that is given."""
    return {name: _sample(field) for name, field in group.fields.items() if not field.derived and name != "gone"}


def _sample(field: Field) -> Any:
    return next(iter(codes()[field.codes])) if field.codes else SAMPLES[field.type]
