"""Things of the room as they would be after somebody worked there, written past the services: the tests are about who sees them."""

from datetime import date, timedelta

from django.db import transaction

from bangfu.audit.data import Act
from bangfu.audit.services import record
from bangfu.casework.figures import digest_of, figures_of
from bangfu.casework.models import DayFigures, Rectification, Round, Submission, Task, TaskStep
from bangfu.casework.services.rectification import figures_at
from bangfu.casework.services.tallying import tally
from bangfu.registry.models import Household
from tests.organisation import TODAY, Organisation

DUE = date(2030, 1, 4)


@transaction.atomic
def new_task(org: Organisation, household: int) -> int:
    """One that somebody confirmed."""
    task = Task.objects.create(
        household_id=household,
        kind="finding",
        about="exited_without_date",
        severity="warning",
        found_at=org.by.at,
        verdict=1,
        stands=True,
        state="error",
        unsettled=True,
        due_on=DUE,
        place_id=Household.objects.unscoped("test").get(pk=household).place_id,
    )
    entry = record(org.by, Act("casework.confirm", f"household:{household}"))
    TaskStep.objects.create(
        task=task, at=org.by.at, entry_id=entry, what="confirm", state="error", due_on=DUE, verdict=1
    )
    tally({task.place_id})
    return task.pk


@transaction.atomic
def new_round(org: Organisation, place: int) -> int:
    entry = record(org.by, Act("casework.open_round", "", place))
    made = Round.objects.create(place_id=place, title="十一月上报", due_on=DUE, opened_at=org.by.at, opened_id=entry)
    return made.pk


@transaction.atomic
def new_submission(org: Organisation, round_: int, who: str) -> int:
    """What somebody signed for the village that a round is of."""
    place = Round.objects.unscoped("test").get(pk=round_).place_id
    entry = record(org.by, Act("casework.sign", f"round:{round_}", place))
    made = Submission.objects.create(
        of_id=round_,
        place_id=place,
        state="signed",
        signed_by_id=org.accounts[who],
        post_id=org.posts[who],
        signed_at=org.by.at,
        entry_id=entry,
        figures=figures_of([place])[place],
        digest=digest_of(place),
    )
    return made.pk


@transaction.atomic
def new_rectification(org: Organisation, place: int) -> int:
    """One that has gone on for a day."""
    entry = record(org.by, Act("casework.open_rectification", "", place))
    days = [TODAY + timedelta(n) for n in range(-1, 1)]
    made = Rectification.objects.create(
        place_id=place, title="集中整改", baseline=days[0], starts=days[1], ends=TODAY + timedelta(60), entry_id=entry
    )
    DayFigures.objects.bulk_create([DayFigures(of=made, day=day, **figures_at(place, day)) for day in days])
    return made.pk
