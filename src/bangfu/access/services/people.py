"""Accounts: added, changed, closed and opened again; never deleted. One transaction each, with its entry in the record."""

import re
from dataclasses import dataclass

from django.db import transaction

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import Account, Holding, Language
from bangfu.access.policy import require
from bangfu.access.services.sessions import end_sessions
from bangfu.access.services.sign_in import given_temporary
from bangfu.audit.data import Act, By
from bangfu.audit.numbers import reveal
from bangfu.audit.services import record
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.spans import ends_after
from bangfu.places.tree import keep_tree
from bangfu.privacy.models import Kind
from bangfu.privacy.services import seal_number

LOCKED = "the service locks the row it changes, after the actor was asked"
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,31}")
_PHONE = re.compile(r"\+?[0-9][0-9 -]{5,18}")


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of somebody who may sign in. `home` is the place whose administrators look after the account."""

    login: str
    name: str
    phone: str
    home: int


def add_account(by: By, actor: Actor, person: Person) -> tuple[int, str]:
    """Add somebody. Returns the account's id and the temporary password with which they first sign in, shown this once."""
    with transaction.atomic():
        keep_tree()
        require(actor, "people.manage", person.home)
        _check(person)
        if Account.objects.unscoped("a login is one for the whole installation").filter(login=person.login).exists():
            raise DomainError(
                "LOGIN_TAKEN",
                Text(f"登录名“{person.login}”已有人使用。", f"The sign-in name '{person.login}' is taken."),
            )
        account = Account(
            login=person.login, name=person.name, phone=person.phone, home_id=person.home, created_at=by.at
        )
        account.set_unusable_password()
        account.save(force_insert=True)
        password = given_temporary(by, account)
        words = {"login": person.login, "name": person.name}
        record(by, Act("access.add_account", f"account:{account.pk}", person.home, words))
        return account.pk, password


def change_account(by: By, actor: Actor, account: int, *, name: str, phone: str, home: int) -> None:
    """Correct somebody's name, phone and home."""
    with transaction.atomic():
        keep_tree()
        found = _locked(actor, account, "people.manage")
        require(actor, "people.manage", home)
        _check(Person(found.login, name, phone, home))
        old = {"name": found.name, "phone": found.phone, "home": found.home_id}
        found.name, found.phone, found.home_id = name, phone, home
        found.save(update_fields=["name", "phone", "home"])
        words = {"old": old, "new": {"name": name, "phone": phone, "home": home}}
        record(by, Act("access.change_account", f"account:{account}", home, words))


def change_own_phone(by: By, actor: Actor, phone: str) -> None:
    """What everybody may change of their own."""
    with transaction.atomic():
        found = _own(actor)
        _check(Person(found.login, found.name, phone, found.home_id))
        words = {"old": {"phone": found.phone}, "new": {"phone": phone}}
        found.phone = phone
        found.save(update_fields=["phone"])
        record(by, Act("access.change_account", f"account:{found.pk}", found.home_id, words))


def choose_language(actor: Actor, language: str) -> None:
    """How the pages speak to one; a taste, and no act to be recorded."""
    with transaction.atomic():
        found = _own(actor)
        found.language = Language(language)
        found.save(update_fields=["language"])


def set_id_number(by: By, actor: Actor, account: int, given: str) -> None:
    """Keep somebody's ID number, sealed, in place of the one kept before. Raises NotThere, Denied, DomainError for none."""
    with transaction.atomic():
        found = _locked(actor, account, "people.manage")
        before, found.id_number = found.id_number, seal_number(by.ring, Kind.ID_CARD, given)
        found.save(update_fields=["id_number"])
        if before is not None:
            before.delete()
        record(by, Act("access.set_number", f"account:{account}", found.home_id))


def reveal_id_number(by: By, actor: Actor, account: int) -> str:
    """Show somebody's ID number; one entry each time, with the reason. Raises NotThere, Denied, DomainError without a reason or a number."""
    with transaction.atomic():
        found = _locked(actor, account, "people.reveal")
        if found.id_number_id is None:
            raise DomainError("NO_NUMBER", Text("没有登记身份证号。", "No ID number is kept."))
        return reveal(by, found.id_number_id, f"account:{account}", found.home_id)


def close_account(by: By, actor: Actor, account: int) -> None:
    """Close somebody's way in at once, and end their sessions: reopened, none of them is open again.

    Raises DomainError while they hold a post: hand it over first, so that no work is orphaned.
    """
    with transaction.atomic():
        found = _locked(actor, account, "people.reset")
        if account == actor.account:
            raise DomainError("OWN_ACCOUNT", Text("不能停用自己的账号。", "You cannot close your own account."))
        if found.disabled_at is not None:
            raise DomainError("CLOSED", Text("该账号已停用。", "This account is closed already."))
        held = Holding.objects.unscoped(LOCKED).filter(ends_after(actor.day), account=account)
        if held.exists():
            raise DomainError(
                "HOLDS_POSTS",
                Text(
                    "此人还在岗位上，请先交接或空缺其岗位，再停用账号。",
                    "This person still holds a post; hand it over or vacate it first, then close the account.",
                ),
            )
        found.disabled_at = by.at
        found.save(update_fields=["disabled_at"])
        end_sessions(by, account)
        record(by, Act("access.close_account", f"account:{account}", found.home_id))


def reopen_account(by: By, actor: Actor, account: int) -> None:
    """Let somebody in again. Posts are not given back; that is an act of its own."""
    with transaction.atomic():
        found = _locked(actor, account, "people.reset")
        if found.disabled_at is None:
            raise DomainError("OPEN", Text("该账号没有停用。", "This account is not closed."))
        found.disabled_at = None
        found.save(update_fields=["disabled_at"])
        record(by, Act("access.reopen_account", f"account:{account}", found.home_id))


def _own(actor: Actor) -> Account:
    if actor.account is None:
        raise NotThere
    return Account.objects.unscoped("one's own row").select_for_update().get(pk=actor.account)


def _locked(actor: Actor, account: int, permission: str) -> Account:
    """The account, locked, if the actor may do that to it. Raises NotThere for one that the actor does not see, Denied."""
    if not Account.objects.seen_by(actor).filter(pk=account).exists():
        raise NotThere
    found = Account.objects.unscoped(LOCKED).select_for_update().get(pk=account)
    require(actor, permission, found.home_id)
    return found


def _check(person: Person) -> None:
    if not _LOGIN.fullmatch(person.login):
        raise DomainError(
            "LOGIN_MALFORMED",
            Text(
                "登录名用小写字母开头，3 到 32 位，只含小写字母、数字、点、横线和下划线。",
                "A sign-in name has 3 to 32 small letters, digits, dots, hyphens and underscores, and begins with a letter.",
            ),
        )
    if not person.name.strip() or len(person.name) > 50 or not person.name.isprintable():
        raise DomainError("NAME_MALFORMED", Text("请填写姓名（不超过 50 字）。", "Give a name of at most 50 letters."))
    if person.phone and not _PHONE.fullmatch(person.phone):
        raise DomainError(
            "PHONE_MALFORMED",
            Text("电话只含数字、空格和横线，6 到 20 位。", "A phone number has 6 to 20 digits, spaces and hyphens."),
        )
