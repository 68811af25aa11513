"""That a paper was issued, and the sign by which a paper leads back to its household."""

from django.db import models
from django.db.models import Q

from bangfu.access.models import Account
from bangfu.access.rules import own
from bangfu.access.scope import ScopedManager
from bangfu.audit.models import Entry
from bangfu.documents import rules
from bangfu.files.fields import FileDigest
from bangfu.places.models import Place
from bangfu.registry.models import Household


class Issue(models.Model):
    """A paper as it was issued: of a household, or of a place; who and why stands in its entry of the record.

    `digest` is the SHA-256 of the file. `values` holds of each portion of what was printed a keyed digest: paper and file agree as long as
    the register gives the same, and where they do not, the portion says what changed. `template` is the digest of what laid it out.
    """

    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    format = models.CharField(max_length=8)
    language = models.CharField(max_length=2)
    household = models.ForeignKey(Household, on_delete=models.PROTECT, null=True, related_name="papers")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    year = models.SmallIntegerField(null=True)
    rulebook = models.CharField(max_length=40)
    template = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    values = models.JSONField()
    whole_numbers = models.BooleanField(default=False)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")

    rule = staticmethod(rules.issues)
    objects = ScopedManager["Issue"]()

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(kind="") & ~Q(digest=""), name="documents_issue_says_what"),)
        indexes = (models.Index(fields=["household", "-at"], name="documents_issue_of_household"),)


class Door(models.Model):
    """The sign that stands for a household in the code on its papers. It says nothing of the household, and nobody can guess one."""

    household = models.OneToOneField(Household, on_delete=models.PROTECT, related_name="door")
    sign = models.CharField(max_length=32, unique=True)

    rule = staticmethod(rules.doors)
    objects = ScopedManager["Door"]()


class State(models.TextChoices):
    """Where a batch stands."""

    WAITING = "waiting", "等待"
    GOING = "going", "进行中"
    DONE = "done", "完成"
    STOPPED = "stopped", "已停止"
    FAILED = "failed", "没有完成"


class Batch(models.Model):
    """A paper of each household of a place, ordered by somebody and made in the background. What is made stays, and is not made again."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    format = models.CharField(max_length=8)
    language = models.CharField(max_length=2)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    year = models.SmallIntegerField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    wanted = models.IntegerField()
    done = models.IntegerField(default=0)
    # Why it failed, in both languages.
    why = models.JSONField(default=list)

    rule = staticmethod(own)
    objects = ScopedManager["Batch"]()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(state__in=State.values), name="documents_batch_state_known"),
            models.CheckConstraint(
                condition=Q(done__gte=0, done__lte=models.F("wanted")), name="documents_batch_done_fits"
            ),
        )


class BatchPaper(models.Model):
    """A paper of a batch: its file, sealed in the store until the batch is forgotten."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="papers")
    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="+")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    file = FileDigest()

    rule = staticmethod(rules.of_batches)
    objects = ScopedManager["BatchPaper"]()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["batch", "household"], name="documents_batch_paper_once"),)


class BatchUnprinted(models.Model):
    """A household of a batch of which no paper could be made, and why, in both languages. It is tried again when the batch goes on."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="unprinted")
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    why = models.JSONField()

    rule = staticmethod(rules.of_batches)
    objects = ScopedManager["BatchUnprinted"]()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["batch", "household"], name="documents_batch_unprinted_once"),)
