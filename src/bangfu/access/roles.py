"""Roles and permissions, read once from the list beside this file."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from bangfu.kernel.listed import listed_in
from bangfu.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Permission:
    name: str
    text: Text
    of: str
    second_factor: bool = False
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    name: str
    text: Text
    permissions: frozenset[str]
    excludes: frozenset[str]
    tier: str = ""
    own_households: bool = False


@cache
def permissions() -> Mapping[str, Permission]:
    return {
        name: Permission(name, Text(said.pop("zh"), said.pop("en")), **said)
        for name, said in _listed()["permissions"].items()
    }


@cache
def roles() -> Mapping[str, Role]:
    return {name: _role(name, said) for name, said in _listed()["roles"].items()}


def of_tiers(tiers: Collection[str]) -> list[str]:
    """The names of the roles of some tiers."""
    return [role.name for role in roles().values() if role.tier in tiers]


def permission(name: str) -> Permission:
    """Raises KeyError for a name that is not listed: a misspelt permission must never pass for one that nobody has."""
    return permissions()[name]


def _role(name: str, said: dict[str, Any]) -> Role:
    allowed = frozenset(permission(each).name for each in said["permissions"])
    return Role(
        name,
        Text(said["zh"], said["en"]),
        allowed,
        frozenset(said["excludes"]),
        said.get("tier", ""),
        said.get("own_households", False),
    )


def _listed() -> dict[str, dict[str, dict[str, Any]]]:
    listed: dict[str, dict[str, dict[str, Any]]] = listed_in("bangfu.access", "roles.yaml")
    return listed
