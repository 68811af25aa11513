"""The one table of numbers that identify somebody or open something. Other tables point here; none holds such a number itself."""

from uuid import uuid4

from django.db import models
from django.db.models import Q


class Kind(models.TextChoices):
    ID_CARD = "id_card", "身份证号"
    DISABILITY_CARD = "disability_card", "残疾证号"
    BANK_CARD = "bank_card", "银行卡号"
    TOTP_SECRET = "totp_secret", "动态验证码密钥"


class SealedNumber(models.Model):
    """A number, readable only with the key ring. Its id is known before it is saved, so that it is sealed for its own row and no other.

    `exact_index` finds the same number again, `last_four_index` its last four; both are keyed, and of use to nobody without the ring.
    A row is never changed, but for its seal when keys are rotated.
    """

    id = models.UUIDField(primary_key=True, default=uuid4)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    sealed = models.TextField()
    exact_index = models.CharField(max_length=64)
    last_four_index = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(kind__in=Kind.values), name="privacy_number_kind_known"),)
        indexes = (
            models.Index(fields=["kind", "exact_index"], name="privacy_number_exact"),
            models.Index(fields=["kind", "last_four_index"], name="privacy_number_last_four"),
        )
