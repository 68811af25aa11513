"""Seats: made, filled, handed over, widened and closed, so that what hangs on them always has somebody or shows that it has nobody.

One transaction each, with its entry in the record. The actor is asked of the policy for every place that the seat covers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import QuerySet

from bangfu.access.data import Actor, NotThere
from bangfu.access.models import Account, Holding, Post, PostArea
from bangfu.access.policy import require
from bangfu.access.roles import roles
from bangfu.audit.data import Act, By
from bangfu.audit.services import record
from bangfu.kernel.errors import DomainError
from bangfu.kernel.words import Text
from bangfu.places.models import Below
from bangfu.places.selectors import area_of_unit
from bangfu.places.spans import ends_after
from bangfu.places.tree import keep_tree

LOCKED = "the service locks the row it changes, after the actor was asked"


@dataclass(frozen=True, slots=True)
class NewPost:
    """A seat to be made. Its area: places, or units for whatever they run, from a day on (included)."""

    role: str
    title: str
    unit: int
    held_from: date
    places: tuple[int, ...] = ()
    units: tuple[int, ...] = ()


def open_post(by: By, actor: Actor, new: NewPost) -> int:
    """Make a seat, empty as yet, and return its id. Raises DomainError for one without an area or of no role."""
    if new.role not in roles():
        raise DomainError("ROLE_UNKNOWN", Text(f"没有“{new.role}”这种角色。", f"There is no role '{new.role}'."))
    covered = _places(new.places, new.units, new.held_from)
    if not covered:
        raise DomainError(
            "AREA_NEEDED", Text("请选择岗位负责的地方或单位。", "Choose the places or units that the post answers for.")
        )
    with transaction.atomic():
        keep_tree()
        _require_each(actor, "posts.manage", covered)
        post = Post.objects.create(role=new.role, title=new.title, unit_id=new.unit)
        areas = [PostArea(post=post, place_id=place, held_from=new.held_from) for place in new.places]
        areas += [PostArea(post=post, unit_id=unit, held_from=new.held_from) for unit in new.units]
        PostArea.objects.bulk_create(areas)
        words = {"role": new.role, "title": new.title, "from": new.held_from.isoformat()}
        record(by, Act("access.open_post", f"post:{post.pk}", min(covered), words))
        return post.pk


def widen_post(by: By, actor: Actor, post: int, place: int, held_from: date) -> None:
    """Let a seat answer for one more place from a day on. Raises DomainError where it does already."""
    with transaction.atomic():
        keep_tree()
        _locked(actor, post, "posts.manage", actor.day)
        require(actor, "posts.manage", place)
        if PostArea.objects.unscoped(LOCKED).filter(post=post, place=place, held_until=None).exists():
            raise DomainError("AREA_HELD", Text("该岗位已负责此地。", "The post answers for this place already."))
        PostArea.objects.create(post_id=post, place_id=place, held_from=held_from)
        record(by, Act("access.widen_post", f"post:{post}", place, {"from": held_from.isoformat()}))


def narrow_post(by: By, actor: Actor, post: int, place: int, held_until: date) -> None:
    """End it on a day (the first on which it no longer holds). Raises DomainError where it is all that the seat answers for, or nobody else administers it."""
    with transaction.atomic():
        seat = _locked(actor, post, "posts.manage", actor.day)
        areas = list(PostArea.objects.unscoped(LOCKED).filter(post=post, held_until=None).select_for_update())
        ending = [area for area in areas if area.place_id == place and area.held_from < held_until]
        if not ending:
            raise DomainError(
                "AREA_NOT_HELD",
                Text(
                    "那天以前该岗位并不负责此地，请选更晚的日期。",
                    "The post did not answer for this place before that day; choose a later day.",
                ),
            )
        if len(areas) == 1:
            raise DomainError(
                "AREA_NEEDED",
                Text(
                    "这是该岗位唯一负责的地方；岗位不再需要时，请并入另一岗位。",
                    "This is all that the post answers for; where the post is no longer needed, close it into another.",
                ),
            )
        left = PostArea.objects.unscoped(LOCKED).exclude(pk=ending[0].pk)
        _require_administered(seat, frozenset({place}), left, held_until)
        ending[0].held_until = held_until
        ending[0].save(update_fields=["held_until"])
        record(by, Act("access.narrow_post", f"post:{post}", place, {"until": held_until.isoformat()}))


def hand_over(by: By, actor: Actor, post: int, account: int | None, on: date) -> None:
    """From a day on let another hold the seat, or (None) nobody; whoever holds it now does so until that day (excluded).

    Work hangs on the seat and goes with it. Raises DomainError where that person may not sit there, or somebody is to later.
    """
    with transaction.atomic():
        seat = _locked(actor, post, "posts.hand_over", on)
        holdings = list(Holding.objects.unscoped(LOCKED).filter(post=post).filter(ends_after(on)).order_by("held_from"))
        if len(holdings) > 1 or any(holding.held_from >= on for holding in holdings):
            raise DomainError(
                "LATER_HOLDER",
                Text(
                    "那天或以后已登记有人任职，请选更晚的日期。",
                    "Somebody holds this post from that day or later; choose a later day.",
                ),
            )
        before = [holding.account_id for holding in holdings]
        if before == [account]:
            raise DomainError("HOLDS_IT", Text("此人正在这个岗位上。", "This person holds the post already."))
        if account is None:
            _require_administered(seat, _covered(seat, on), PostArea.objects.unscoped(LOCKED).exclude(post=seat), on)
        for holding in holdings:
            holding.held_until = on
            holding.save(update_fields=["held_until"])
        if account is not None:
            _seat(actor, seat, account, on)
        words = {
            "from": [f"account:{each}" for each in before],
            "to": account and f"account:{account}",
            "on": on.isoformat(),
        }
        record(by, Act("access.hand_over", f"post:{post}", _a_place(seat, on), words))


def close_post(by: By, actor: Actor, post: int, into: int, on: date) -> None:
    """Close a seat in favour of another of the same role: its areas, and all work that hangs on it, are the other's from that day on."""
    with transaction.atomic():
        keep_tree()
        seat, heir = _locked_both(actor, (post, into), on)
        if seat.pk == heir.pk or seat.role != heir.role:
            raise DomainError(
                "HEIR_UNFIT",
                Text("只能并入另一个同样角色的岗位。", "A post can be closed only into another of the same role."),
            )
        if Holding.objects.unscoped(LOCKED).filter(post=post).filter(ends_after(on)).exists():
            raise DomainError(
                "POST_HELD",
                Text("岗位上还有人，请先办理交接或空缺。", "Somebody holds the post; hand it over or vacate it first."),
            )
        _move_areas(seat, heir, on)
        place = _a_place(heir, on)
        Post.objects.unscoped(LOCKED).filter(succeeded_by=seat).update(succeeded_by=heir)
        seat.closed_on, seat.succeeded_by = on, heir
        seat.save(update_fields=["closed_on", "succeeded_by"])
        record(by, Act("access.close_post", f"post:{post}", place, {"into": f"post:{into}", "on": on.isoformat()}))


def require_left_administered(unit: int, place: int, on: date) -> None:
    """That somebody still administers a place which a unit runs no more from a day on, if a seat answered for it by the unit. Raises DomainError."""
    by_unit = PostArea.objects.unscoped(LOCKED).filter(ends_after(on), unit=unit).values("post")
    for seat in Post.objects.unscoped(LOCKED).filter(pk__in=by_unit):
        _require_administered(seat, frozenset({place}), PostArea.objects.unscoped(LOCKED), on)


def _seat(actor: Actor, post: Post, account: int, on: date) -> None:
    # Locked, so that two seats that exclude each other cannot be given to one person at once.
    person = Account.objects.unscoped(LOCKED).select_for_update().filter(pk=account, disabled_at=None).first()
    if person is None or not Account.objects.seen_by(actor).filter(pk=account).exists():
        raise NotThere
    held = Holding.objects.unscoped(LOCKED).filter(ends_after(on), account=account)
    clashes = roles()[post.role].excludes.intersection(held.values_list("post__role", flat=True))
    if clashes:
        named = roles()[min(clashes)].text
        raise DomainError(
            "ROLES_EXCLUDE",
            Text(
                f"此人已任“{named.zh}”，不能同时任“{roles()[post.role].text.zh}”。",
                f"This person is {named.en} and cannot be {roles()[post.role].text.en} at once.",
            ),
        )
    Holding.objects.create(post=post, account_id=account, held_from=on)


def _require_administered(seat: Post, places: frozenset[int], left: "QuerySet[PostArea]", on: date) -> None:
    """Without an administrator of a place nobody could ever fill a seat there again. `left`: what others, or the seat itself, answer for afterwards."""
    holdings = Holding.objects.unscoped(LOCKED)
    if (
        "posts.hand_over" not in roles()[seat.role].permissions
        or not holdings.filter(ends_after(on), post=seat).exists()
    ):
        return
    # Locked, one's own with them and in one order, so that two do not go at once, each leaning on the other who is still there.
    held = holdings.filter(held_until=None, held_from__lte=on, post__role=seat.role)
    still = [holding.post_id for holding in held.order_by("pk").select_for_update(of=("self",))]
    left = left.filter(post__in=still, held_until=None, held_from__lte=on)
    areas = _places(
        (area.place_id for area in left if area.place_id), (area.unit_id for area in left if area.unit_id), on
    )
    reached = Below.objects.filter(within__in=areas).values_list("place_id", flat=True)
    if places.difference(reached):
        raise DomainError(
            "LAST_ADMINISTRATOR",
            Text(
                "这样就没有管理员负责这里了，没有办理；请把岗位直接交接给另一人，或先让别的管理员负责这里。",
                "Nobody would administer this any more, so it was not done: hand the post to another person, or let another administrator answer for it first.",
            ),
        )


def _move_areas(seat: Post, heir: Post, on: date) -> None:
    """Whatever the seat would answer for from that day on is the heir's, for as long as it was to be the seat's."""
    for area in PostArea.objects.unscoped(LOCKED).filter(ends_after(on), post=seat).select_for_update():
        if area.held_from >= on:
            raise DomainError("TOO_EARLY", Text("那天该岗位还没有设立。", "The post was not there yet on that day."))
        for held_from, held_until in _not_held(heir, area, on):
            PostArea.objects.create(
                post=heir, place_id=area.place_id, unit_id=area.unit_id, held_from=held_from, held_until=held_until
            )
        area.held_until = on
        area.save(update_fields=["held_until"])


def _not_held(heir: Post, area: PostArea, on: date) -> Iterator[tuple[date, date | None]]:
    """The spans from a day on in which the heir does not answer itself for what an area is of."""
    end = area.held_until or date.max
    held = PostArea.objects.unscoped(LOCKED).filter(ends_after(on), post=heir, place=area.place_id, unit=area.unit_id)
    for held_from, held_until in held.order_by("held_from").values_list("held_from", "held_until"):
        if on < min(held_from, end):
            yield on, min(held_from, end)
        on = max(on, held_until or date.max)
    if on < end:
        yield on, area.held_until


def _locked(actor: Actor, post: int, permission: str, on: date) -> Post:
    """The seat, locked, if the actor may do that to it. Raises NotThere, Denied, DomainError for a closed one."""
    if not Post.objects.seen_by(actor).filter(pk=post).exists():
        raise NotThere
    seat = Post.objects.unscoped(LOCKED).select_for_update().get(pk=post)
    _require_each(actor, permission, _covered(seat, on))
    if seat.closed_on is not None:
        raise DomainError("POST_CLOSED", Text("该岗位已撤并。", "This post was closed."))
    return seat


def _locked_both(actor: Actor, posts: tuple[int, int], on: date) -> tuple[Post, Post]:
    """Two seats, locked in one order, so that two who close each in favour of the other do not wait for each other."""
    locked = {post: _locked(actor, post, "posts.manage", on) for post in sorted(posts)}
    return locked[posts[0]], locked[posts[1]]


def _covered(post: Post, day: date) -> frozenset[int]:
    """What a seat answers for on a day, or (if nothing then) ever."""
    areas = PostArea.objects.unscoped(LOCKED).filter(post=post)
    held = list(areas.filter(ends_after(day))) or list(areas)
    return _places(
        (area.place_id for area in held if area.place_id is not None),
        (area.unit_id for area in held if area.unit_id is not None),
        day,
    )


def _a_place(post: Post, day: date) -> int | None:
    return min(_covered(post, day), default=None)


def _places(places: Iterable[int], units: Iterable[int], day: date) -> frozenset[int]:
    return frozenset(places).union(*(area_of_unit(unit, day) for unit in units))


def _require_each(actor: Actor, permission: str, places: Iterable[int]) -> None:
    require(actor, permission)
    for place in sorted(places):
        require(actor, permission, place)
