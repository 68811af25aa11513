"""Places stay what they are while their codes, names and parents change; units run areas that no code prefix names."""

from django.db import models
from django.db.models import F, Q


class Level(models.TextChoices):
    PROVINCE = "province", "省"
    PREFECTURE = "prefecture", "市"
    COUNTY = "county", "县区"
    TOWNSHIP = "township", "街道（乡镇）"
    VILLAGE = "village", "村（社区）"


class Place(models.Model):
    """A division as such; what is called what, with which code and below what, stands in its versions."""

    level = models.CharField(max_length=16, choices=Level.choices)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(level__in=Level.values), name="places_place_level_known"),)


class PlaceVersion(models.Model):
    """What held of a place from a day on, until the next version's first day.

    As of day D and as known at T it is the version with the latest `valid_from` up to D among those recorded up to T, and of equal ones the
    last recorded. `is_current` marks the one that holds as far as is known, and is flipped by the room's one service.
    """

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="versions")
    code = models.CharField(max_length=12)
    name = models.CharField(max_length=100)
    above = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+")
    # From this day on there is no such place; its code may not be given to another.
    abolished = models.BooleanField(default=False)
    valid_from = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=64)
    is_current = models.BooleanField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["place"], condition=Q(is_current=True), name="places_one_current_version"),
            models.UniqueConstraint(fields=["code"], condition=Q(is_current=True), name="places_one_place_a_code"),
            models.CheckConstraint(condition=~Q(name=""), name="places_version_named"),
            models.CheckConstraint(condition=Q(above=None) | ~Q(above=F("place")), name="places_not_below_itself"),
        )
        indexes = (models.Index(fields=["place", "valid_from"], name="places_version_day"),)


class Below(models.Model):
    """That a place lies in another, or is it (`steps` 0): the tree of current versions, in pairs. Derived, and made anew by the service."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="lies_in")
    within = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="holds")
    steps = models.SmallIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["within", "place"], name="places_below_once"),)


class Position(models.Model):
    """Where a village lies, in hundred-thousandths of a degree (about a metre), east of Greenwich and north; both None once it was taken away.

    `is_current` marks the last that was recorded, and is flipped by positions.py.
    """

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="positions")
    east = models.IntegerField(null=True)
    north = models.IntegerField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=64)
    is_current = models.BooleanField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["place"], condition=Q(is_current=True), name="places_one_current_position"),
            models.CheckConstraint(
                condition=Q(east=None, north=None) | Q(east__isnull=False, north__isnull=False),
                name="places_position_whole",
            ),
        )


class UnitKind(models.TextChoices):
    OFFICE = "office", "党政部门"
    ZONE = "zone", "功能区"
    TOWNSHIP_OFFICE = "township_office", "街道办事处（乡镇政府）"
    VILLAGE_COMMITTEE = "village_committee", "村（居）委会"
    HELPING_UNIT = "helping_unit", "帮扶单位"
    WORK_TEAM = "work_team", "驻村工作队"


class Unit(models.Model):
    """An organisation. A functional zone runs two subdistricts that share no code prefix with it."""

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=24, choices=UnitKind.choices)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=UnitKind.values), name="places_unit_kind_known"),
            models.CheckConstraint(condition=~Q(name=""), name="places_unit_named"),
        )


class UnitArea(models.Model):
    """A place that a unit runs or helps, from a day on (included) until a day (excluded; None while it lasts)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="areas")
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    held_from = models.DateField()
    held_until = models.DateField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["unit", "place"], condition=Q(held_until=None), name="places_area_once"),
            models.CheckConstraint(
                condition=Q(held_until=None) | Q(held_until__gt=F("held_from")), name="places_area_days_in_order"
            ),
        )
