"""The one policy: may this actor do that to this thing, and why not. Lists ask the same grants through `Model.objects.seen_by`."""

from datetime import date, datetime

from bangfu.access.data import Actor, Answer, Denied, Grant
from bangfu.access.models import Holding, Post, PostArea
from bangfu.access.roles import permission as known_permission
from bangfu.access.roles import roles
from bangfu.kernel.clock import office_day
from bangfu.kernel.words import Text
from bangfu.places.models import Below
from bangfu.places.selectors import area_of_unit, places_directly_in
from bangfu.places.spans import lasts

YES = Answer(True)


def actor_of(account: int, at: datetime, *, second_factor: bool = False, confirmed: bool = False) -> Actor:
    """What an account may do at a moment, by the posts it holds that day. Three queries."""
    day = office_day(at)
    held = Holding.objects.unscoped("an actor's own posts are what its scope is made of").filter(
        lasts(day), account=account
    )
    posts = dict(held.values_list("post_id", "post__role"))
    areas = _areas(list(posts), day)
    grants = tuple(
        Grant(post, role, roles()[role].permissions, areas.get(post, frozenset()))
        for post, role in sorted(posts.items())
    )
    inherited = Post.objects.unscoped("as above").filter(succeeded_by__in=posts).values_list("pk", flat=True)
    return Actor(day, account, "", grants, frozenset(posts).union(inherited), second_factor, confirmed)


def system_actor(name: str, role: str, day: date) -> Actor:
    """A job or a command on the machine itself, with a role's permissions everywhere. Who may log in there has the database anyway."""
    everywhere = frozenset(place.id for place in places_directly_in(None))
    grant = Grant(0, role, roles()[role].permissions, everywhere)
    return Actor(day, system=name, grants=(grant,), second_factor=True, confirmed=True)


def may(actor: Actor, permission: str, place: int | None = None) -> Answer:
    """May the actor do this at a place, or (None) anywhere at all? Raises KeyError for an unknown permission."""
    wanted = known_permission(permission)
    if not _granted(actor, permission, place):
        return _no(
            "NOT_GRANTED",
            f"您的岗位没有“{wanted.text.zh}”的权限，或不在您的范围内。如需办理，请联系管理员。",
            f"Your posts do not allow you to {wanted.text.en}, or not here. Ask the administrator if you need to.",
        )
    if wanted.second_factor and not actor.second_factor:
        return _no(
            "SECOND_FACTOR_NEEDED",
            f"“{wanted.text.zh}”须用动态验证码登录。请先在“我的账号”里启用，再重新登录。",
            f"To {wanted.text.en} you must have signed in with a code. Set it up under 'My account', then sign in again.",
        )
    if wanted.confirm and not actor.confirmed:
        return _no(
            "CONFIRMATION_NEEDED",
            f"“{wanted.text.zh}”之前请再输入一次密码。",
            f"Give your password once more before you {wanted.text.en}.",
        )
    return YES


def may_open(actor: Actor, permission: str, place: int | None = None) -> bool:
    """Whether to offer it: granted at a place, or (None) anywhere at all, be it that a code or the password has still to be given."""
    return _granted(actor, known_permission(permission).name, place)


def require(actor: Actor, permission: str, place: int | None = None) -> None:
    """Raises Denied where `may` says no."""
    answer = may(actor, permission, place)
    if not answer:
        denied = Denied(answer.code, answer.text)
        denied.permission = permission
        raise denied


def _areas(posts: list[int], day: date) -> dict[int, frozenset[int]]:
    areas: dict[int, frozenset[int]] = {}
    held = PostArea.objects.unscoped("as above").filter(lasts(day), post__in=posts)
    for area in held:
        by_unit = [] if area.unit_id is None else area_of_unit(area.unit_id, day)
        by_place = [] if area.place_id is None else [area.place_id]
        areas[area.post_id] = areas.get(area.post_id, frozenset()).union(by_unit, by_place)
    return areas


def _granted(actor: Actor, permission: str, place: int | None) -> bool:
    places = actor.places_for(permission)
    return bool(places) and (place is None or _lies_in(place, places))


def _lies_in(place: int, places: frozenset[int]) -> bool:
    return Below.objects.filter(place=place, within__in=places).exists()


def _no(code: str, zh: str, en: str) -> Answer:
    return Answer(False, code, Text(zh, en))
