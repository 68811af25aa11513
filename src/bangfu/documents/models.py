"""That a paper was issued, and the sign by which a paper leads back to its household."""

from django.db import models
from django.db.models import Q

from bangfu.access.scope import ScopedManager
from bangfu.audit.models import Entry
from bangfu.documents import rules
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
