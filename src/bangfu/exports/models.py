"""Exports as rows: what was asked for and why, who decided, what came of it. One is never deleted; its file is, when its days are over."""

from django.db import models
from django.db.models import F, Q

from bangfu.access.models import Account
from bangfu.access.scope import ScopedManager
from bangfu.exports import rules
from bangfu.files.fields import FileDigest
from bangfu.places.models import Place


class State(models.TextChoices):
    ASKED = "asked", "待审批"
    DUE = "due", "待生成"
    MADE = "made", "可下载"
    REFUSED = "refused", "未批准"
    WITHDRAWN = "withdrawn", "已撤回"
    LAPSED = "lapsed", "过期未办"
    STOPPED = "stopped", "已中止"
    REMOVED = "removed", "文件已删除"


# What may still change.
OPEN = (State.ASKED, State.DUE, State.MADE)


class Export(models.Model):
    """One export. `asked_by` is None for the system itself. `code` stands in every mark of the file and leads back here.

    `households` and `persons` are those counted when it was asked for, or decided on. `lasts_until`: when it lapses, or its file is deleted.
    `rows` are those of each sheet of the file that was made, `digest` is that of its bytes; `file` names it in the store as long as it is there.
    `stopped_for` is the code of the refusal that stopped it. `narrowed_to` is what the list of households was filtered by, as its address
    holds it, and `narrowed_said` the same in words of then, in both languages; both empty where the place alone counts.
    """

    code = models.CharField(max_length=16, unique=True)
    state = models.CharField(max_length=16, choices=State.choices)
    layout = models.CharField(max_length=32)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    as_of = models.DateField()
    narrowed_to = models.CharField(max_length=1_000, blank=True)
    narrowed_said = models.JSONField(default=list)
    full_numbers = models.BooleanField()
    reason = models.CharField(max_length=200)
    asked_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    households = models.IntegerField()
    persons = models.IntegerField()
    needs_second = models.BooleanField()
    decided_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refused_because = models.CharField(max_length=200, blank=True)
    lasts_until = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    rows = models.JSONField(default=dict)
    size = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    file = FileDigest(blank=True)
    stopped_for = models.CharField(max_length=32, blank=True)
    downloads = models.IntegerField(default=0)

    rule = staticmethod(rules.exports)
    objects = ScopedManager["Export"]()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(state__in=State.values), name="exports_export_state_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="exports_export_reason_given"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(asked_by=None) | ~Q(decided_by=F("asked_by")),
                name="exports_export_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(needs_second=False)
                | Q(state__in=(State.ASKED, State.LAPSED, State.REFUSED, State.WITHDRAWN))
                | Q(decided_at__isnull=False),
                name="exports_export_second_has_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.MADE) | (~Q(digest="") & ~Q(file="")), name="exports_export_made_has_file"
            ),
        )
        indexes = (
            models.Index(fields=["asked_by", "asked_at"], name="exports_export_asked"),
            models.Index(fields=["lasts_until"], condition=Q(state__in=OPEN), name="exports_export_open"),
        )
