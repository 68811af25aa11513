"""Filters of the list that somebody keeps under a name."""

from django.db import models
from django.db.models import Q

from bangfu.access import rules
from bangfu.access.models import Account
from bangfu.access.scope import ScopedManager


class SavedFilter(models.Model):
    """What somebody asks of the list again and again. `asked` is what its address holds: numbers and codes, and no word that was sought."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=30)
    asked = models.CharField(max_length=1_000)

    rule = staticmethod(rules.own)
    objects = ScopedManager["SavedFilter"]()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["account", "name"], name="reports_filter_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="reports_filter_named"),
        )
