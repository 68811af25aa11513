"""Every field of every table is known for what it is, as far as persons go."""

from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from bangfu.privacy.classes import classes, fields, unclassified


def test_every_field_has_a_class() -> None:
    assert unclassified(apps.get_models(include_auto_created=True)) == []


def test_no_class_is_given_to_a_field_that_is_not_there() -> None:
    there = {
        f"{model._meta.label}.{field.name}" for model in apps.get_models() for field in model._meta.concrete_fields
    }
    assert set(fields()) - there == set()


@isolate_apps("bangfu.access")
def test_a_field_that_somebody_forgot_would_be_noticed() -> None:
    class Forgotten(models.Model):
        bank_card = models.CharField(max_length=20)

        class Meta:
            app_label = "access"

    assert unclassified([Forgotten]) == ["access.Forgotten.bank_card", "access.Forgotten.id"]


def test_what_is_sealed_lies_in_the_one_table() -> None:
    assert {name for name, found in fields().items() if found.name == "sealed"} == {"privacy.SealedNumber.sealed"}


def test_every_class_says_how_long_and_how_erased_in_both_languages() -> None:
    for each in classes().values():
        for text in (each.text, each.kept, each.erased):
            assert text.zh
            assert text.en.isascii()
