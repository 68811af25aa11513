"""The first people of an installation: an administrator with a post, or the demo's whole organisation. Only where there is no account yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from bangfu.access.data import Actor, Grant
from bangfu.access.models import Account
from bangfu.access.roles import roles
from bangfu.access.services.people import Person, add_account
from bangfu.access.services.posts import NewPost, hand_over, open_post
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.kernel.clock import office_day
from bangfu.kernel.errors import DomainError
from bangfu.kernel.listed import listed_in
from bangfu.kernel.words import Text
from bangfu.places.models import UnitKind
from bangfu.places.selectors import place_of_code
from bangfu.places.services import found_unit, give_area

# PostgreSQL's lock for whoever founds: there is no row yet to be locked. SQLite's transactions exclude each other.
FOUNDING_LOCK = 20114_62023


@dataclass(frozen=True, slots=True)
class Founded:
    """An account made, and the temporary password with which it first signs in; shown this once and kept nowhere."""

    login: str
    name: str
    role: Text
    password: str


def found_administrator(by: By, login: str, name: str, code: str) -> Founded:
    """Make the first account, with an administrator's post in the place of a code. Raises DomainError where there is an account."""
    with transaction.atomic():
        actor, place = _founder(by, code)
        unit = found_unit(by, "系统管理", UnitKind.OFFICE)
        account, password = add_account(by, actor, Person(login, name, "", place))
        post = open_post(by, actor, NewPost("admin", "系统管理员", unit, actor.day, (place,)))
        hand_over(by, actor, post, account, actor.day)
        record(by, Act("access.found", f"account:{account}", place))
        return Founded(login, name, roles()["admin"].text, password)


def found_demo(by: By) -> list[Founded]:
    """Make the demo's organisation; returns one account for each role first. Raises DomainError where there is an account."""
    said = listed_in("bangfu.access", "demo.yaml")
    with transaction.atomic():
        actor, district = _founder(by, said["district"])
        units = {key: _unit(by, actor.day, unit) for key, unit in said["units"].items()}
        made = [_person(by, actor, person, district, units) for person in said["people"]]
        for post in said["vacant"]:
            open_post(by, actor, _post(by, actor.day, post, units))
        record(by, Act("access.found", place=district))
        return made


def _founder(by: By, code: str) -> tuple[Actor, int]:
    """Who may do all of an administrator's acts in a place, while there is nobody else. The place of the code with it."""
    _alone()
    if Account.objects.unscoped("whether there is any").exists():
        raise DomainError(
            "FOUNDED",
            Text(
                "已有账号。请由管理员在“人员”里新增人员或重置密码。",
                "There are accounts already; an administrator adds people and resets passwords.",
            ),
        )
    day = office_day(by.at)
    place = _place(by, day, code)
    grant = Grant(0, "admin", roles()["admin"].permissions, frozenset({place}))
    return Actor(day, system="setup", grants=(grant,), second_factor=True, confirmed=True), place


def _alone() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FOUNDING_LOCK])


def _unit(by: By, day: date, said: Mapping[str, Any]) -> int:
    unit = found_unit(by, said["name"], UnitKind(said["kind"]))
    for code in said["runs"]:
        give_area(by, unit, _place(by, day, code), day)
    return unit


def _person(by: By, actor: Actor, said: Mapping[str, Any], home: int, units: Mapping[str, int]) -> Founded:
    account, password = add_account(by, actor, Person(said["login"], said["name"], "", home))
    hand_over(by, actor, open_post(by, actor, _post(by, actor.day, said, units)), account, actor.day)
    return Founded(said["login"], said["name"], roles()[said["role"]].text, password)


def _post(by: By, day: date, said: Mapping[str, Any], units: Mapping[str, int]) -> NewPost:
    places = tuple(_place(by, day, code) for code in said.get("places", ()))
    by_unit = (units[said["by_unit"]],) if "by_unit" in said else ()
    return NewPost(said["role"], said["title"], units[said["unit"]], day, places, by_unit)


def _place(by: By, day: date, code: str) -> int:
    place = place_of_code(code, day, by.at)
    if place is None:
        raise DomainError(
            "PLACE_UNKNOWN", Text(f"没有代码为 {code} 的区划。", f"There is no place with the code {code}.")
        )
    return place
