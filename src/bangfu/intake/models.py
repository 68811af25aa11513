"""Files as they were handed in, what became of them step by step, and what is kept of them. Rows are added and never changed."""

from django.db import models
from django.db.models import Q

from bangfu.access.models import Account
from bangfu.access.scope import ScopedManager
from bangfu.files.fields import DIGEST, FileDigest
from bangfu.intake import rules
from bangfu.intake.data import LONGEST_NAME, LONGEST_REASON
from bangfu.places.models import Place


class State(models.TextChoices):
    """What has become of a file; `staged` until it is read."""

    STAGED = "staged", "等待读取"
    PREVIEWED = "previewed", "待确认"
    REFUSED = "refused", "有错误"
    STALE = "stale", "须重新预览"
    APPLYING = "applying", "正在导入"
    COMPARING = "comparing", "正在载入核对"
    APPLIED = "applied", "已导入"
    WITHDRAWN = "withdrawn", "已撤回"


class What(models.TextChoices):
    """What is kept of a file."""

    RAW = "raw", "原件"
    CHANGES = "changes", "变动"
    FAULTS = "faults", "错误"
    MARKED = "marked", "标红的工作簿"


class Upload(models.Model):
    """One file that somebody handed in. The same bytes again, of the same kind and day, are the same upload.

    `place`: the smallest place that holds all in which whoever brought it might bring such files; who may do so in all of it sees it.
    """

    digest = models.CharField(max_length=DIGEST)
    name = models.CharField(max_length=LONGEST_NAME)
    size = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    as_of = models.DateField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=LONGEST_REASON)

    rule = staticmethod(rules.uploads())
    objects = ScopedManager["Upload"]()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("account", "digest", "kind", "as_of"), name="intake_upload_once"),
            models.CheckConstraint(condition=Q(size__gt=0), name="intake_upload_not_empty"),
            models.CheckConstraint(condition=~Q(name=""), name="intake_upload_named"),
        )


class Step(models.Model):
    """What became of a file at a moment; the last counts. `said`: figures, digest of the preview, id of the act, words of a refusal."""

    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices)
    said = models.JSONField(default=dict)

    rule = staticmethod(rules.uploads("upload__"))
    objects = ScopedManager["Step"]()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(state__in=State.values), name="intake_step_state_known"),)


class Kept(models.Model):
    """A stored file of an upload; removed when its time has come, and with it the file."""

    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="kept")
    what = models.CharField(max_length=8, choices=What.choices)
    sha256 = FileDigest()

    rule = staticmethod(rules.uploads("upload__"))
    objects = ScopedManager["Kept"]()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("upload", "what"), name="intake_kept_once"),)
