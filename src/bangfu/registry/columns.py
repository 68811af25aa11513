"""The database's column for each type of fact, and the constraint that keeps nonsense out of it."""

from typing import Any

from django.db import models
from django.db.models import Q

from bangfu.kernel.schema import schema
from bangfu.places.models import Place
from bangfu.privacy.models import SealedNumber
from bangfu.registry.facts import LENGTHS, Field, codes

# Decimals are kept in ten-thousandths, as the contract keeps areas.
WHOLE = {"year": "year", "months": "months", "money": "money", "area": "area", "decimal": "area"}


def column_of(field: Field) -> "models.Field[Any, Any]":
    """NULL is unknown, whatever the type."""
    if field.type == "yes_no":
        return models.BooleanField(null=True)
    if field.type == "date":
        return models.DateField(null=True)
    if field.type in WHOLE:
        return (
            models.SmallIntegerField(null=True)
            if field.type in ("year", "months")
            else models.BigIntegerField(null=True)
        )
    if field.type == "number":
        return models.ForeignKey(SealedNumber, on_delete=models.PROTECT, null=True, related_name="+")
    if field.type == "place":
        return models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+")
    if field.type == "household":
        return models.ForeignKey("registry.Household", on_delete=models.PROTECT, related_name="memberships")
    if field.type == "long_text":
        return models.TextField(null=not field.required)
    return models.CharField(max_length=LENGTHS[field.type], null=not field.required)


def bounds_of(field: Field) -> tuple[int, int]:
    """The least and the most that a number may be: the field's own, else the contract's for its type."""
    return field.bounds or schema().bounds[WHOLE[field.type]]


def constraint_of(group: str, field: Field) -> models.CheckConstraint | None:
    """What no row may break, whoever writes it; None where the type says it all. NULL passes."""
    condition = _condition(field)
    if condition is None:
        return None
    return models.CheckConstraint(condition=condition, name=f"registry_{group}_{field.name}_fits")


def _condition(field: Field) -> Q | None:
    if field.type in WHOLE:
        least, most = bounds_of(field)
        return Q((f"{field.name}__gte", least), (f"{field.name}__lte", most))
    if field.type == "code":
        return Q((f"{field.name}__in", list(codes()[field.codes])))
    if field.type in LENGTHS:
        return ~Q((field.name, ""))
    return None
