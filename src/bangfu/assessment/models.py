"""Runs, the verdicts that stand, and the changes that made and unmade them.

A verdict is never changed and never deleted: it stands from one change on (`since`), until another (`until`; None while it stands). A
change is of one household: by a run over all of them, or by a correction of the current run after an edit. What was before a change are
the verdicts that it ended, what is after it those that it made.

Verdicts point to what they are of without a constraint in the database: they are derived, written in bulk by one service, and a check of
four keys a row would take most of a run's time (docs/decisions/0015).
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from bangfu.access.scope import ScopedManager
from bangfu.assessment.data import FAILURES, UNFORESEEN
from bangfu.audit.models import Entry
from bangfu.kernel.schema import Column, schema
from bangfu.kernel.words import Text
from bangfu.places.models import Place
from bangfu.registry.models import Act, Household, Person
from bangfu.registry.rules import households, whole_places


class State(models.TextChoices):
    WAITING = "waiting", "等待"
    RUNNING = "running", "进行中"
    DONE = "done", "完成"
    FAILED = "failed", "没有完成"
    STOPPED = "stopped", "已停止"


# What may still be stopped, until its verdicts are being stored.
GOING = (State.WAITING, State.RUNNING)


class Occasion(models.TextChoices):
    """Why a run was made."""

    NIGHT = "night", "每夜"
    ASKED = "asked", "手动"
    MANY_EDITS = "many_edits", "改动较多"
    PUBLICATION = "publication", "发布参数"


class Step(models.TextChoices):
    """How far a run has come."""

    READ = "read", "读取在册资料"
    SNAPSHOT = "snapshot", "写出快照"
    JUDGE = "judge", "评估"
    STORE = "store", "存入结论"


class Run(models.Model):
    """An assessment of the whole register as of a day. The current one is the last that was done.

    `book` and `snapshot` are digests: of the rulebook's layers, and of the snapshot's manifest; `results` is that of the results' manifest.
    Snapshot and results lie in the folder of the run's number, as long as they are kept. `failure` is a code, for the log and never shown;
    `failure_words` are those of a refusal, in both languages.
    """

    state = models.CharField(max_length=16, choices=State.choices)
    occasion = models.CharField(max_length=16, choices=Occasion.choices)
    as_of = models.DateField()
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    step = models.CharField(max_length=16, choices=Step.choices, blank=True)
    failure = models.CharField(max_length=64, blank=True)
    failure_words = models.JSONField(default=list)
    income_year = models.SmallIntegerField(null=True)
    book_version = models.CharField(max_length=64, blank=True)
    book = models.CharField(max_length=64, blank=True)
    snapshot = models.CharField(max_length=64, blank=True)
    results = models.CharField(max_length=64, blank=True)
    households = models.IntegerField(null=True)
    persons = models.IntegerField(null=True)
    changed = models.IntegerField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(state__in=State.values), name="assessment_run_state_known"),
            models.CheckConstraint(condition=Q(occasion__in=Occasion.values), name="assessment_run_occasion_known"),
            models.UniqueConstraint(
                fields=["as_of"], condition=Q(occasion=Occasion.NIGHT), name="assessment_one_night_a_day"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state=State.RUNNING), name="assessment_one_run_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state=State.WAITING), name="assessment_one_run_waiting"
            ),
        )

    @property
    def why_failed(self) -> Text | None:
        if not self.failure:
            return None
        return Text(*self.failure_words) if self.failure_words else FAILURES.get(self.failure, UNFORESEEN)

    @property
    def going(self) -> bool:
        return self.state in GOING

    @property
    def stoppable(self) -> bool:
        """Until its verdicts are being stored."""
        return self.going and self.step != Step.STORE


class Change(models.Model):
    """That verdicts of a household changed. `correction`: by an edit's own assessment, else by the run as a whole.

    `causes`: what had changed since they were last made, of CAUSES, joined by `;`. `act` is the latest act among them.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="changes", db_constraint=False, db_index=False)
    household = models.ForeignKey(
        Household, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    at = models.DateTimeField()
    correction = models.BooleanField()
    causes = models.CharField(max_length=64)
    act = models.ForeignKey(
        Act, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )

    rule = staticmethod(households("household__"))
    objects = ScopedManager["Change"]()

    class Meta:
        indexes = (
            models.Index(fields=["run"], name="assessment_change_run"),
            models.Index(fields=["household"], name="assessment_change_household"),
        )


class Verdict(models.Model):
    """What the tables of verdicts share."""

    household = models.ForeignKey(
        Household, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    since = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    until = models.ForeignKey(
        Change, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )

    rule = staticmethod(households("household__"))
    objects: ClassVar[ScopedManager[Any]] = ScopedManager()

    class Meta:
        abstract = True


STANDS = Q(until=None)
_PRIVACY = dict.fromkeys(("id", "household", "person", "since", "until"), "internal")


def _column(column: Column) -> "models.Field[Any, Any]":
    """NULL is unknown, as in the contract."""
    match column.type:
        case "yes_no":
            return models.BooleanField(null=True)
        case "count":
            return models.IntegerField(null=True)
        case "money":
            return models.BigIntegerField(null=True)
        case "code":
            return models.CharField(max_length=64, null=True)
        case _:
            return models.TextField(null=True)


def _verdict(name: str, table: str, doc: str, *, of_person: bool, meta: dict[str, Any]) -> type[Verdict]:
    """The table that keeps a result table of the contract: its columns, with links for the ids."""
    columns = {n: _column(c) for n, c in schema().results[table].columns.items() if c.type != "id"}
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    attributes: dict[str, Any] = {
        "__module__": __name__,
        "__doc__": doc,
        "Meta": type("Meta", (), meta),
        "privacy": {**_PRIVACY, **dict.fromkeys(columns, "personal")},
        **({"person": person} if of_person else {}),
        **columns,
    }
    if not of_person:
        del attributes["privacy"]["person"]
    return type(name, (Verdict,), attributes)


def _ended(name: str) -> models.Index:
    return models.Index(fields=["household"], condition=Q(until__isnull=False), name=f"assessment_{name}_ended")


HouseholdVerdict = _verdict(
    "HouseholdVerdict",
    "assessment",
    "Income, guarantees and standards of a household.",
    of_person=False,
    meta={
        "constraints": (
            models.UniqueConstraint(fields=["household"], condition=STANDS, name="assessment_household_stands"),
        ),
        "indexes": (_ended("household"),),
    },
)
PolicyVerdict = _verdict(
    "PolicyVerdict",
    "entitlement",
    "Of a policy for a household or one of its persons: whether it is due, how much, and what came. Where it is possible, or money came.",
    of_person=True,
    meta={
        "constraints": (
            models.UniqueConstraint(
                fields=["household", "policy_id", "person"], condition=STANDS, name="assessment_policy_stands"
            ),
            models.UniqueConstraint(
                fields=["household", "policy_id"],
                condition=STANDS & Q(person=None),
                name="assessment_policy_of_all_stands",
            ),
        ),
        # Whom a policy owes something, or of whom it is unknown, is looked for over a whole district; most rows say neither.
        "indexes": (
            _ended("policy"),
            models.Index(
                fields=["policy_id", "reconciliation", "household", "due_low", "received"],
                condition=STANDS & Q(reconciliation__isnull=False),
                name="assessment_policy_money",
            ),
            models.Index(
                fields=["policy_id", "household"],
                condition=STANDS & Q(verdict="unknown"),
                name="assessment_policy_unknown",
            ),
            models.Index(
                fields=["policy_id", "household"],
                condition=STANDS & Q(verdict="entitled"),
                name="assessment_policy_entitled",
            ),
        ),
    },
)
Finding = _verdict(
    "Finding",
    "finding",
    "What a check found that cannot be right.",
    of_person=True,
    meta={
        "indexes": (
            models.Index(fields=["household"], condition=STANDS, name="assessment_finding_stands"),
            _ended("finding"),
        ),
    },
)


class PolicyTally(models.Model):
    """How many households of a village are what to a policy, as by_policy.py has it, and what is due a year (fen). Derived (counting.py)."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", db_index=False)
    policy_id = models.CharField(max_length=64)
    due = models.IntegerField()
    receiving = models.IntegerField()
    missing = models.IntegerField()
    unknown = models.IntegerField()
    yearly = models.BigIntegerField()

    rule = staticmethod(whole_places)
    objects = ScopedManager["PolicyTally"]()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["place", "policy_id"], name="assessment_tally_once"),)


# The table of each result table of the contract.
VERDICTS: dict[str, type[Verdict]] = {
    "assessment": HouseholdVerdict,
    "entitlement": PolicyVerdict,
    "finding": Finding,
}
