"""Parameters proposed and published, what each would change, and who answers for a reading.

A proposal never changes but for its decision, which is set once; what was published is withdrawn by another proposal, signed by another
person in the same way. The database holds both to that (ROOM, registry/protection.py).
"""

from django.db import models
from django.db.models import F, Q

from bangfu.access import rules as access
from bangfu.access.models import Account, Post
from bangfu.access.scope import ScopedManager
from bangfu.audit.models import Entry
from bangfu.places.models import Place
from bangfu.policies import rules
from bangfu.registry.models import Household
from bangfu.registry.protection import Room
from bangfu.registry.rules import households


class Kind(models.TextChoices):
    SET = "set", "调整"
    WITHDRAW = "withdraw", "撤回"


class Proposal(models.Model):
    """A value of a parameter from a day on, or for an income year, in a place; or that a published one is withdrawn.

    `value` is as the rulebook writes it, in the parameter's own unit. `code` is what the place was called in the rulebook's words, on the day
    of the proposal. `backdated`: that it begins before it was proposed, which was confirmed. `number`: of the publication, counted from 1.
    `seen` is the digest of the trial that was looked at when it was signed.
    """

    kind = models.CharField(max_length=16, choices=Kind.choices)
    parameter = models.CharField(max_length=64)
    value = models.CharField(max_length=64, blank=True)
    from_day = models.DateField(null=True)
    until_day = models.DateField(null=True)
    year = models.SmallIntegerField(null=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=12)
    source_zh = models.CharField(max_length=200)
    source_en = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)
    backdated = models.BooleanField()
    withdraws = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="withdrawals")
    proposed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    signed = models.BooleanField(null=True)
    refused_because = models.CharField(max_length=200, null=True)
    number = models.IntegerField(null=True, unique=True)
    seen = models.CharField(max_length=64, null=True)

    rule = staticmethod(rules.proposals())
    objects = ScopedManager["Proposal"]()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="policies_proposal_kind_known"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(source_zh=""), name="policies_proposal_grounds_given"),
            models.CheckConstraint(
                condition=Q(kind=Kind.SET, withdraws=None) & ~Q(value="")
                | Q(kind=Kind.WITHDRAW, withdraws__isnull=False, value=""),
                name="policies_proposal_sets_or_withdraws",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                name="policies_proposal_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None, decided_at=None, signed=None)
                | Q(decided_by__isnull=False, decided_at__isnull=False, signed__isnull=False, taken_back_at=None),
                name="policies_proposal_decided_whole",
            ),
            models.CheckConstraint(
                condition=Q(signed=True, number__isnull=False, seen__isnull=False, refused_because=None)
                | Q(signed=False, number=None, seen=None, refused_because__isnull=False)
                | Q(signed=None, number=None, seen=None, refused_because=None),
                name="policies_proposal_signed_is_numbered",
            ),
            models.CheckConstraint(
                condition=Q(from_day=None) | Q(until_day=None) | Q(until_day__gte=F("from_day")),
                name="policies_proposal_days_in_order",
            ),
            models.UniqueConstraint(fields=["withdraws"], condition=Q(signed=True), name="policies_withdrawn_once"),
        )
        indexes = (models.Index(fields=["parameter"], name="policies_proposal_parameter"),)


class State(models.TextChoices):
    WAITING = "waiting", "等待"
    RUNNING = "running", "试算中"
    DONE = "done", "完成"
    FAILED = "failed", "没有完成"
    STOPPED = "stopped", "已停止"


# What may still be stopped.
GOING = (State.WAITING, State.RUNNING)


class Trial(models.Model):
    """What a proposal would change, judged over the snapshot of a run: with the rulebook in force (`base`), and with it and the proposal.

    `run` is the number of the run. `digest` is that of what came out: of every household and what would change of it.
    `summary`: households that gain, lose or change otherwise, and for each policy concerned its money a year before and after (trials.py);
    `stood_in`, where one side goes by the value of another year (trial_rules.py).
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="trials")
    state = models.CharField(max_length=16, choices=State.choices)
    run = models.IntegerField()
    as_of = models.DateField()
    base = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    progress = models.JSONField(default=list)
    failure = models.JSONField(default=list)
    digest = models.CharField(max_length=64, blank=True)
    summary = models.JSONField(default=dict)

    rule = staticmethod(rules.proposals("proposal__"))
    objects = ScopedManager["Trial"]()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(state__in=State.values), name="policies_trial_state_known"),
            models.CheckConstraint(
                condition=~Q(state=State.DONE) | ~Q(digest=""), name="policies_trial_done_has_digest"
            ),
        )


class Way(models.TextChoices):
    GAIN = "gain", "得益"
    LOSE = "lose", "受损"
    OTHER = "other", "其他变化"


class Effect(models.Model):
    """What a trial would change of a household: money due a year before and after, in fen, of the policies of which anything changes.

    `policies`: [policy, person's number or "", verdict before and after, money a year before and after]. `others`: [name, before, after] of
    guarantees and standards (0, 1; None is unknown) and of checks (how many findings).
    """

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="effects")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    way = models.CharField(max_length=16, choices=Way.choices)
    before = models.BigIntegerField()
    after = models.BigIntegerField()
    policies = models.JSONField()
    others = models.JSONField()

    rule = staticmethod(households("household__"))
    objects = ScopedManager["Effect"]()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(way__in=Way.values), name="policies_effect_way_known"),
            models.UniqueConstraint(fields=["trial", "household"], name="policies_effect_once"),
        )
        indexes = (models.Index(fields=["trial", "way", "household"], name="policies_effect_listed"),)


class Answer(models.Model):
    """That a post answers for a reading of the rulebook from a moment on, until another does."""

    reading = models.CharField(max_length=64)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")

    rule = staticmethod(access.of_posts)
    objects = ScopedManager["Answer"]()

    class Meta:
        indexes = (models.Index(fields=["reading"], name="policies_answer_reading"),)


ROOM = Room(
    "policies",
    {
        "proposal": dict.fromkeys(
            ("taken_back_at", "decided_by_id", "decided_at", "signed", "refused_because", "number", "seen"), "once"
        ),
        "answer": {},
    },
)
