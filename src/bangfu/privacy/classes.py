"""What every field is, as far as persons go, read once from the list beside this file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

from bangfu.kernel.listed import listed_in
from bangfu.kernel.words import Text


@dataclass(frozen=True, slots=True)
class PrivacyClass:
    """What a field of the class is, how long it is kept, and how it is erased."""

    name: str
    text: Text
    kept: Text
    erased: Text


@cache
def classes() -> Mapping[str, PrivacyClass]:
    return {
        name: PrivacyClass(name, _text(said), _text(said["kept"]), _text(said["erased"]))
        for name, said in _listed()["classes"].items()
    }


@cache
def fields() -> Mapping[str, PrivacyClass]:
    """By `app.Model.field`: what is listed, and what a model made of a list of its own says itself (`privacy`). Raises KeyError for no class."""
    listed = _listed()["fields"]
    own = {model._meta.label: getattr(model, "privacy", {}) for model in apps.get_models()}
    every = [*listed.items(), *own.items()]
    return {f"{model}.{field}": classes()[name] for model, said in every for field, name in said.items()}


def unclassified(tables: Iterable[type[models.Model]]) -> list[str]:
    """The fields of these models that have no class."""
    named = (f"{model._meta.label}.{field.name}" for model in tables for field in model._meta.concrete_fields)
    return sorted(name for name in named if name not in fields())


def _text(said: Mapping[str, Any]) -> Text:
    return Text(said["zh"], said["en"])


def _listed() -> dict[str, Any]:
    listed: dict[str, Any] = listed_in("bangfu.privacy", "classes.yaml")
    return listed
