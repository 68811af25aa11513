"""Verdicts for tests: a run of another day, and households assessed as corrections of it."""

from collections.abc import Iterable

from django.db import transaction

from bangfu.assessment.models import Occasion, Run, State
from bangfu.assessment.services.corrections import correct
from bangfu.audit.data import Act
from bangfu.audit.services import record
from bangfu.engine.request import book_of, digest_of_book
from tests.organisation import TODAY, Organisation


def done_run(org: Organisation) -> int:
    """A run that found nobody."""
    with transaction.atomic():
        entry = record(org.by, Act("assessment.run"))
        return Run.objects.create(
            state=State.DONE,
            occasion=Occasion.ASKED,
            as_of=TODAY,
            income_year=TODAY.year - 1,
            entry_id=entry,
            asked_at=org.by.at,
            book=digest_of_book(book_of(())),
            book_version="2017.1",
            households=0,
            persons=0,
            changed=0,
        ).pk


def assess(org: Organisation, households: Iterable[int]) -> None:
    for household in households:
        assert correct(household, org.by.at)
