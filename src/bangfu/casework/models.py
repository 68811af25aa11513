"""Tasks with every step taken, rounds of reporting with what villages signed, rectification periods with each day's figures.

Reasons stand in the record of acts and nowhere else, under the household or person they are about: who erases them there erases them.
What may change of a row, the database holds (protection.py).
"""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from bangfu.access.models import Account, Post
from bangfu.access.scope import ScopedManager
from bangfu.audit.models import Entry
from bangfu.casework.kinds import kinds
from bangfu.casework.rules import of_place, touching
from bangfu.casework.states import SETTLED, UNSETTLED, Proof, State, What
from bangfu.places.models import Place
from bangfu.registry.models import Act, Evidence, Household, Person
from bangfu.registry.rules import households, whole_places


class Task(models.Model):
    """Something to be settled of a household, or of one of its persons: a doubt that an assessment found, once for good.

    What it is about names it: `kind`, `about` (a check or a policy), `year` (0: no year's in particular) and `whom` (its person, or 0).
    The same doubt found again is the same task. `verdict` and `amount` (fen) are those that the doubt has, or had last; `stands`:
    the last assessment still has it. Of papers that are missing no verdict is kept: `verdict` is then the row of `Listed` that counts them. State, owner and deadline are those of the last step. `post` None: nobody's in particular.
    `decided_amount`: the amount as it was when somebody last decided on the task.
    """

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=16)
    about = models.CharField(max_length=64, blank=True)
    year = models.SmallIntegerField(default=0)
    whom = models.BigIntegerField(default=0)
    severity = models.CharField(max_length=16, blank=True)
    found_at = models.DateTimeField()
    verdict = models.BigIntegerField()
    amount = models.BigIntegerField(null=True)
    decided_amount = models.BigIntegerField(null=True)
    stands = models.BooleanField()
    state = models.CharField(max_length=16, choices=State.choices)
    # Of its state; what lists are found by: an index of a few states serves no query that names them as parameters.
    unsettled = models.BooleanField()
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    due_on = models.DateField()
    # Where its household lives now (placing.py).
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    rule = staticmethod(households("household__", place="place"))
    objects = ScopedManager["Task"]()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=sorted(kinds())), name="casework_task_kind_known"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="casework_task_state_known"),
            models.CheckConstraint(
                condition=Q(unsettled=True, state__in=UNSETTLED) | Q(unsettled=False, state__in=SETTLED),
                name="casework_task_unsettled_by_state",
            ),
            models.CheckConstraint(
                condition=Q(person=None, whom=0) | Q(person=F("whom")), name="casework_task_whom_is_its_person"
            ),
            # A doubt that is no longer found is no question: it closes by itself.
            models.CheckConstraint(
                condition=Q(stands=True) | ~Q(state=State.OPEN), name="casework_task_question_is_asked"
            ),
            models.UniqueConstraint(
                fields=["household", "kind", "about", "year", "whom"], name="casework_task_once_for_good"
            ),
        )
        # Lists are counted by their tallies; these find the rows of one page.
        indexes = (
            models.Index(fields=["due_on", "id"], name="casework_task_due"),
            models.Index(fields=["place", "state", "due_on"], name="casework_task_placed"),
            models.Index(fields=["kind", "about", "due_on"], name="casework_task_kind"),
            models.Index(fields=["post", "due_on", "id"], condition=Q(unsettled=True), name="casework_task_owned"),
        )


# Tasks that somebody settled for less money than the assessment asks for now. What no longer stands is asked again by itself when it is found again.
GROWN = Q(unsettled=False, stands=True, amount__gt=Coalesce(F("decided_amount"), Value(0)))


class Tally(models.Model):
    """How many tasks of a village are alike in all that lists are counted and cut by, and how much money they are of (fen; None: of none).

    Derived of the tasks (tallying.py): a district has some thousands of these rows, and hundreds of thousands of tasks.
    """

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=16)
    about = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=16)
    unsettled = models.BooleanField()
    # That the tasks are GROWN.
    grown = models.BooleanField()
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    due_on = models.DateField()
    number = models.IntegerField()
    amount = models.BigIntegerField(null=True)

    rule = staticmethod(whole_places)
    objects = ScopedManager["Tally"]()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["place", "kind", "about", "state", "grown", "due_on", "post"], name="casework_tally_once"
            ),
            models.UniqueConstraint(
                fields=["place", "kind", "about", "state", "grown", "due_on"],
                condition=Q(post=None),
                name="casework_tally_of_nobody_once",
            ),
            models.CheckConstraint(condition=Q(number__gt=0), name="casework_tally_of_some"),
        )


class TaskStep(models.Model):
    """One step of a task: what was done, and the state, owner and deadline from then on. Who and why stand in its entry of the record.

    `proof` is what a step that closes rests on; `verdict` the one that whoever decided saw.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+", db_index=False)
    what = models.CharField(max_length=16, choices=What.choices)
    state = models.CharField(max_length=16, choices=State.choices)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    due_on = models.DateField()
    verdict = models.BigIntegerField()
    proof = models.CharField(max_length=16, choices=Proof.choices, blank=True)
    paper = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    act = models.ForeignKey(Act, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    rule = staticmethod(households("task__household__"))
    objects = ScopedManager["TaskStep"]()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(what__in=What.values), name="casework_step_known"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="casework_step_state_known"),
            models.CheckConstraint(condition=Q(proof__in=["", *Proof.values]), name="casework_step_proof_known"),
            models.CheckConstraint(
                condition=Q(state__in=SETTLED) | Q(proof=""), name="casework_step_proof_only_where_it_closes"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=SETTLED) | ~Q(proof=""), name="casework_step_closes_with_proof"
            ),
            models.CheckConstraint(
                condition=Q(proof=Proof.PAPER, paper__isnull=False) | (~Q(proof=Proof.PAPER) & Q(paper=None)),
                name="casework_step_names_its_paper",
            ),
            models.CheckConstraint(
                condition=Q(proof=Proof.ACT, act__isnull=False) | (~Q(proof=Proof.ACT) & Q(act=None)),
                name="casework_step_names_its_act",
            ),
        )
        indexes = (models.Index(fields=["at"], name="casework_step_at"),)


class Round(models.Model):
    """One time that the villages of a place check and sign what they report; `due_on` is the last day. It lasts until it is closed."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=50)
    due_on = models.DateField()
    opened_at = models.DateTimeField()
    opened = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")
    closed = models.OneToOneField(Entry, on_delete=models.PROTECT, null=True, related_name="+")

    rule = staticmethod(touching("reviews.see"))
    objects = ScopedManager["Round"]()

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(title=""), name="casework_round_titled"),)


class Answer(models.TextChoices):
    """What became of what a village signed."""

    SIGNED = "signed", "待审核"
    ACCEPTED = "accepted", "审核通过"
    RETURNED = "returned", "已退回"


class Submission(models.Model):
    """That somebody of a village signed what it reports in a round, with the figures as they stood; returned, the village signs anew.

    `digest` is that of what was reported household by household, `figures` of FIGURES. Why it was returned stands in `decision`.
    """

    of = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="submissions")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=Answer.choices)
    signed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")
    figures = models.JSONField()
    digest = models.CharField(max_length=64)
    decided_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.OneToOneField(Entry, on_delete=models.PROTECT, null=True, related_name="+")

    rule = staticmethod(of_place("reviews.see"))
    objects = ScopedManager["Submission"]()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(state__in=Answer.values), name="casework_submission_state_known"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("signed_by")), name="casework_nobody_reviews_their_own"
            ),
            models.CheckConstraint(
                condition=Q(state=Answer.SIGNED, decided_by=None, decided_at=None, decision=None)
                | (
                    Q(state__in=(Answer.ACCEPTED, Answer.RETURNED))
                    & Q(decided_by__isnull=False, decided_at__isnull=False, decision__isnull=False)
                ),
                name="casework_submission_decided_as_a_whole",
            ),
            models.UniqueConstraint(
                fields=["of", "place"],
                condition=Q(state__in=(Answer.SIGNED, Answer.ACCEPTED)),
                name="casework_one_signature_stands",
            ),
        )


class Rectification(models.Model):
    """A time in which a place puts its register right: from `starts` until `ends` (both included), measured against `baseline`, a day before."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=50)
    baseline = models.DateField()
    starts = models.DateField()
    ends = models.DateField()
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")

    rule = staticmethod(touching("rectification.see"))
    objects = ScopedManager["Rectification"]()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(title=""), name="casework_rectification_titled"),
            models.CheckConstraint(
                condition=Q(baseline__lt=F("starts"), starts__lte=F("ends")),
                name="casework_rectification_days_in_order",
            ),
        )


class DayFigures(models.Model):
    """How a rectification stood at the end of a day: of each zero-error, questions and confirmed errors not settled; and the three rises.

    `exact` of `households` have nothing unsettled that is an error. `agreed` and `satisfied` of `asked` are None as long as nobody was asked.
    """

    of = models.ForeignKey(Rectification, on_delete=models.PROTECT, related_name="days")
    day = models.DateField()
    entry_questions = models.IntegerField()
    entry_errors = models.IntegerField()
    exit_questions = models.IntegerField()
    exit_errors = models.IntegerField()
    funds_questions = models.IntegerField()
    funds_errors = models.IntegerField()
    households = models.IntegerField()
    exact = models.IntegerField()
    asked = models.IntegerField(null=True)
    agreed = models.IntegerField(null=True)
    satisfied = models.IntegerField(null=True)

    rule = staticmethod(touching("rectification.see", "of__place"))
    objects = ScopedManager["DayFigures"]()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["of", "day"], name="casework_figures_once_a_day"),
            models.CheckConstraint(condition=Q(exact__lte=F("households")), name="casework_exact_are_households"),
        )


class Sweep(models.Model):
    """That tasks were laid beside all verdicts: those of changes up to `change` were seen. Later ones may have been.

    `run`: the one after which what dossiers lack was last counted of every household; None of sweeps before there was such a count.
    """

    at = models.DateTimeField()
    change = models.BigIntegerField()
    run = models.BigIntegerField(null=True)
    made = models.IntegerField()
    closed = models.IntegerField()
    returned = models.IntegerField()
