"""Jobs of the room: a run, every night or when asked for, a trial of what is proposed, and what stayed stale."""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from bangfu.access.data import Actor
from bangfu.access.policy import system_actor
from bangfu.assessment.models import GOING, Occasion, Run
from bangfu.assessment.services.corrections import stale_households, sweep_stale
from bangfu.assessment.services.runs import TRIES, Stopped, ask_run, carry_out, failed_since_whole, give_up_broken
from bangfu.assessment.services.storing import current_run
from bangfu.assessment.services.trials import try_out
from bangfu.audit.data import By
from bangfu.kernel.clock import OFFICE_TIME
from bangfu.policies.in_force import in_force, number_in
from bangfu.privacy.keys import KeyRing
from bangfu.registry.models import Household

# Households more than which are assessed together, by a run, and not one by one.
MANY = 500
NIGHTLY = "the night's run is of every household"


@task
def assess(run: int) -> bool:
    """Carry out a run. Done again after a kill, it begins anew; done once more after its end, it does nothing. One that is stopped is no failure."""
    try:
        return carry_out(run, timezone.now, lambda _: None, again=True)
    except Stopped:
        return False


@task
def try_proposal(trial: int) -> bool:
    """Try a proposed parameter out. Done again after a kill, it begins anew; done once more after its end, it does nothing."""
    return try_out(trial, timezone.now)


@task
def sweep() -> int:
    """Assess again what stayed stale."""
    return sweep_stale(timezone.now(), MANY)


def start_run(by: By, actor: Actor, day: date, occasion: Occasion = Occasion.ASKED) -> int:
    """Let a job assess the register as of a day. Returns the run. Raises as `ask_run`."""
    with transaction.atomic():
        run = ask_run(by, actor, day, occasion)
        assess.enqueue(run)
        return run


def tend(at: datetime, ring: KeyRing) -> None:
    """What is due at a moment: the night's run, once a day from the set hour on; a run by what was published; and households that stayed stale.

    A run that goes on is waited for, but not one that nobody carries on. After TRIES that failed only the night's is made until one is whole again,
    with what was published by then; people are told meanwhile (selectors.unfinished).
    """
    now = at.astimezone(OFFICE_TIME)
    day = now.date()
    give_up_broken(at)
    if Run.objects.filter(state__in=GOING).exists():
        return
    by = By("system:assessment", at, ring)
    actor = system_actor("assessment", "officer", day)
    night = Run.objects.filter(occasion=Occasion.NIGHT, as_of=day)
    due = settings.NIGHT_HOUR is not None and now.hour >= settings.NIGHT_HOUR
    if due and not night.exists() and Household.objects.unscoped(NIGHTLY).exists():
        start_run(by, actor, day, Occasion.NIGHT)
        return
    run, stale = current_run(), stale_households()
    if run is None:
        return
    # Published while another run went on, or by one that failed.
    published = number_in(run.book_version) != in_force().number
    if (published or stale > MANY) and failed_since_whole() < TRIES:
        start_run(by, actor, run.as_of, Occasion.PUBLICATION if published else Occasion.MANY_EDITS)
    elif stale and not published:
        sweep.enqueue()
