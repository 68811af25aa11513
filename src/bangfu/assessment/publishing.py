"""Publishing, as far as the register is concerned: a proposal is tried out at once, and a publication is followed by a run."""

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.policy import system_actor
from bangfu.assessment.models import Occasion, Run, State
from bangfu.assessment.services.storing import current_run
from bangfu.assessment.services.trials import ask_trial, refuse_outdated
from bangfu.assessment.tasks import start_run, try_proposal
from bangfu.audit.data import By
from bangfu.policies.data import NewValue
from bangfu.policies.models import Trial
from bangfu.policies.services import deciding, proposing


def propose(by: By, actor: Actor, new: NewValue) -> int:
    """Propose a value and have it tried. Returns the proposal. Raises as `proposing.propose`."""
    with transaction.atomic():
        return _tried(by, actor, proposing.propose(by, actor, new))


def propose_withdrawal(by: By, actor: Actor, published: int) -> int:
    """Propose a withdrawal and have it tried. Returns the proposal. Raises as `proposing.propose_withdrawal`."""
    with transaction.atomic():
        return _tried(by, actor, proposing.propose_withdrawal(by, actor, published))


def try_again(by: By, actor: Actor, proposal: int) -> None:
    """Have a proposal tried anew. Raises as `ask_trial`."""
    with transaction.atomic():
        try_proposal.enqueue(ask_trial(by, actor, proposal))


def publish(by: By, actor: Actor, proposal: int, seen: str) -> int:
    """Sign a proposal, tried over the register as it was last assessed, and have the register assessed by it. Returns the publication's number.

    Raises as `deciding.sign`. While a run goes on, which keeps the rulebook that it began with, the next one is started after it (tasks.tend).
    """
    with transaction.atomic():
        number = deciding.sign(by, actor, proposal, seen)
        trial = Trial.objects.seen_by(actor).filter(proposal=proposal).order_by("-pk").first()
        if trial is None:
            raise NotThere
        refuse_outdated(trial)
        run = current_run()
        if run is not None and not Run.objects.filter(state__in=(State.WAITING, State.RUNNING)).exists():
            start_run(by, system_actor("assessment", "officer", actor.day), run.as_of, Occasion.PUBLICATION)
        return number


def _tried(by: By, actor: Actor, proposal: int) -> int:
    """Where nothing was assessed yet there is nothing to try it over: it waits for that."""
    if current_run() is not None:
        try_proposal.enqueue(ask_trial(by, actor, proposal))
    return proposal
