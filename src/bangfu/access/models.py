"""Accounts are people; posts are seats with a role and an area; who sat on which seat when stands in holdings.

Work hangs on posts, so that a hand-over moves it by itself, and an empty seat is a gap that can be seen.
"""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from bangfu.access import rules
from bangfu.access.roles import roles
from bangfu.access.scope import ScopedManager
from bangfu.places.models import Place, Unit
from bangfu.privacy.models import SealedNumber


class Language(models.TextChoices):
    CHINESE = "zh", "中文"
    ENGLISH = "en", "English"


class Account(AbstractBaseUser):
    """One person's way in. It is never deleted: a closed one keeps its name in the history of posts and acts.

    `home` is the place whose administrators look after it.
    """

    last_login = None
    login = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=50)
    phone = models.CharField(max_length=20, blank=True)
    home = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.CHINESE)
    id_number = models.ForeignKey(SealedNumber, on_delete=models.PROTECT, null=True, related_name="accounts")
    # Until when the password, given by an administrator, opens the account; None for one of its owner's choice.
    temporary_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)

    rule = staticmethod(rules.accounts)
    objects = ScopedManager["Account"]()

    USERNAME_FIELD = "login"

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~Q(login=""), name="access_account_login_given"),
            models.CheckConstraint(condition=~Q(name=""), name="access_account_named"),
        )


class Post(models.Model):
    """A seat: a role in a unit, with areas. A closed one names the post that took over, and its work is that one's."""

    role = models.CharField(max_length=16)
    title = models.CharField(max_length=50)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts")
    closed_on = models.DateField(null=True)
    succeeded_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="succeeds")

    rule = staticmethod(rules.posts)
    objects = ScopedManager["Post"]()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(role__in=sorted(roles())), name="access_post_role_known"),
            models.CheckConstraint(condition=~Q(title=""), name="access_post_titled"),
            models.CheckConstraint(
                condition=Q(closed_on=None, succeeded_by=None) | Q(closed_on__isnull=False, succeeded_by__isnull=False),
                name="access_post_closed_with_successor",
            ),
        )


# The post that a row is of now: of a closed one that which took over.
SEAT = Coalesce("post__succeeded_by", "post")


class PostArea(models.Model):
    """What a post answers for, from a day (included) until a day (excluded): a place, or whatever a unit runs at the time."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="areas")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    held_from = models.DateField()
    held_until = models.DateField(null=True)

    rule = staticmethod(rules.of_posts)
    objects = ScopedManager["PostArea"]()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(place=None, unit__isnull=False) | Q(place__isnull=False, unit=None),
                name="access_area_place_or_unit",
            ),
            models.CheckConstraint(
                condition=Q(held_until=None) | Q(held_until__gt=F("held_from")), name="access_area_days_in_order"
            ),
            models.UniqueConstraint(
                fields=["post", "place"], condition=Q(held_until=None), name="access_area_place_once"
            ),
            models.UniqueConstraint(
                fields=["post", "unit"], condition=Q(held_until=None), name="access_area_unit_once"
            ),
        )


class Holding(models.Model):
    """That an account holds a post, from a day (included) until a day (excluded). None reaches beyond the day on which its post is closed."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="holdings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holdings")
    held_from = models.DateField()
    held_until = models.DateField(null=True)

    rule = staticmethod(rules.of_posts)
    objects = ScopedManager["Holding"]()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(held_until=None) | Q(held_until__gt=F("held_from")), name="access_holding_days_in_order"
            ),
            models.UniqueConstraint(fields=["post"], condition=Q(held_until=None), name="access_one_holder_a_post"),
        )


class Session(models.Model):
    """One sign-in on one device. The cookie's token is kept as a digest only: who reads the table cannot become anyone."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="sessions")
    token_digest = models.CharField(max_length=64, unique=True)
    source = models.CharField(max_length=64, blank=True)
    device = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    second_factor_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    rule = staticmethod(rules.own)
    objects = ScopedManager["Session"]()


class SentForm(models.Model):
    """A form that was carried out, by a digest of all that was sent with it: sent again, it is the same act and no second one.

    `made`: what came of it, where that is a row's number.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    made = models.BigIntegerField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["session", "digest"], name="access_form_sent_once"),)


class KnownDevice(models.Model):
    """A browser that has signed in to an account before; failures elsewhere do not hold it up."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="known_devices")
    token_digest = models.CharField(max_length=64)
    first_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["token_digest", "account"], name="access_device_once"),)


class Throttle(models.Model):
    """Failed attempts under one key (an account at a source, an account, a source), of which only a keyed digest is kept."""

    key_digest = models.CharField(max_length=64, primary_key=True)
    failures = models.IntegerField(default=0)
    failed_at = models.DateTimeField()
    wait_until = models.DateTimeField()
    # Of an account at a source: when it was last counted among the accounts tried there.
    charged_at = models.DateTimeField(null=True)


class SecondFactor(models.Model):
    """The secret that a person's phone shares with us. `last_step` is the last code taken, so that none is taken twice."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="second_factor")
    secret = models.ForeignKey(SealedNumber, on_delete=models.PROTECT, related_name="+")
    last_step = models.BigIntegerField(default=0)
    # None until the first code showed that the phone has it.
    confirmed_at = models.DateTimeField(null=True)

    rule = staticmethod(rules.own)
    objects = ScopedManager["SecondFactor"]()


class RecoveryCode(models.Model):
    """One of the codes that stand in, once each, for a lost second factor."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="recovery_codes")
    code_digest = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True)

    rule = staticmethod(rules.own)
    objects = ScopedManager["RecoveryCode"]()
