"""Work hangs on posts: a hand-over moves it, a closed post leaves it to its heir, and an empty one shows as a gap."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import ProtectedError

from bangfu.access import selectors
from bangfu.access.data import Denied, NotThere
from bangfu.access.models import Account, Holding, PostArea
from bangfu.access.policy import may
from bangfu.access.roles import roles
from bangfu.access.scope import ScopedQuerySet
from bangfu.access.services import posts
from bangfu.access.services.people import Person, add_account, change_account, close_account, reopen_account
from bangfu.access.services.posts import NewPost, close_post, hand_over, narrow_post, open_post, widen_post
from bangfu.audit.models import Entry
from bangfu.kernel.errors import DomainError
from tests.organisation import FIRST, NOW, TODAY, Organisation, founded
from tests.races import at_once, meeting, unprotected

TOMORROW = TODAY + timedelta(1)


@pytest.fixture
def org(db: None) -> Organisation:
    return founded()


def refusal(code: str) -> "pytest.RaisesExc[DomainError]":
    return pytest.raises(DomainError, match=f"^{code}:")


def holder(org: Organisation, post: str) -> str | None:
    row = selectors.post(org.founder, org.posts[post]).holder
    return None if row is None else row.name


def test_a_hand_over_moves_the_seat_and_with_it_the_posts_of_the_actor(org: Organisation) -> None:
    org.add("next")
    hand_over(org.by, org.actor("admin"), org.posts["village"], org.accounts["next"], TODAY)
    assert org.actor("next").posts == {org.posts["village"]}
    assert org.actor("village").posts == frozenset()
    spans = [
        (held.name, held.held_from, held.held_until) for held in selectors.holders(org.founder, org.posts["village"])
    ]
    assert spans == [("人next", TODAY, None), ("人village", FIRST, TODAY)]


def test_the_same_person_twice_a_day_taken_and_days_in_disorder_are_refused(org: Organisation) -> None:
    org.add("next")
    admin, seat, person = org.actor("admin"), org.posts["village"], org.accounts["next"]
    with refusal("HOLDS_IT"):
        hand_over(org.by, admin, seat, org.accounts["village"], TODAY)
    with refusal("LATER_HOLDER"):
        hand_over(org.by, admin, seat, person, FIRST)
    hand_over(org.by, admin, seat, person, TOMORROW)
    with refusal("LATER_HOLDER"):
        hand_over(org.by, admin, seat, person, TODAY)


def test_an_empty_seat_is_a_gap_that_its_tier_shows(org: Organisation) -> None:
    def gaps() -> set[tuple[str, str]]:
        return {(gap.village.code, gap.tier.en) for gap in selectors.gaps(org.actor("officer"))}

    lead = ("371102009201", "Subdistrict lead")
    assert gaps() == {lead}
    hand_over(org.by, org.actor("admin"), org.posts["village"], None, TODAY)
    assert gaps() == {lead, ("371102008201", "Village helper")}
    hand_over(org.by, org.actor("admin"), org.posts["subdistrict"], None, TODAY)
    assert ("371102008202", "Subdistrict lead") in gaps()
    assert holder(org, "village") is None


def test_a_closed_post_leaves_area_and_work_to_its_heir_through_any_number_of_closings(org: Organisation) -> None:
    admin = org.actor("admin")
    for name in ("first", "second", "third"):
        org.open(name, "village", "371102008202")
    org.add("keeper")
    org.seat("keeper", "third")
    widen_post(org.by, admin, org.posts["first"], org.places["371102009201"], FIRST)
    close_post(org.by, admin, org.posts["first"], org.posts["second"], TODAY)
    close_post(org.by, admin, org.posts["second"], org.posts["third"], TOMORROW)
    assert org.actor("keeper").posts == {org.posts[name] for name in ("first", "second", "third")}
    areas = PostArea.objects.unscoped("test").filter(post=org.posts["third"], held_until=None)
    assert set(areas.values_list("place__versions__code", flat=True)) == {"371102008202", "371102009201"}
    with refusal("POST_CLOSED"):
        hand_over(org.by, admin, org.posts["first"], org.accounts["keeper"], TOMORROW)


IN_TEN, IN_THIRTY = TODAY + timedelta(10), TODAY + timedelta(30)
UNBOUNDED = (FIRST, None)


@pytest.mark.parametrize(
    ("ends", "heir_holds", "passed_on"),
    [
        (None, [], [(TODAY, None)]),
        (IN_THIRTY, [], [(TODAY, IN_THIRTY)]),
        (None, [UNBOUNDED], [UNBOUNDED]),
        (IN_THIRTY, [UNBOUNDED], [UNBOUNDED]),
        # What the heir holds for a while, or from a later day on, is filled up, and nothing held twice.
        (IN_THIRTY, [(FIRST, IN_TEN)], [(FIRST, IN_TEN), (IN_TEN, IN_THIRTY)]),
        (IN_TEN, [(FIRST, IN_THIRTY)], [(FIRST, IN_THIRTY)]),
        (None, [(IN_TEN, None)], [(TODAY, IN_TEN), (IN_TEN, None)]),
        (IN_TEN, [(IN_THIRTY, None)], [(TODAY, IN_TEN), (IN_THIRTY, None)]),
        (None, [(FIRST, FIRST + timedelta(1))], [(FIRST, FIRST + timedelta(1)), (TODAY, None)]),
    ],
)
def test_a_closed_post_leaves_each_of_its_places_to_its_heir_until_the_day_on_which_it_was_to_end(
    org: Organisation, ends: date | None, heir_holds: list[tuple[date, date | None]], passed_on: list[object]
) -> None:
    place = org.places["371102009201"]
    org.open("first", "village", "371102008202", "371102009201")
    org.open("heir", "village", "371102008202")
    PostArea.objects.unscoped("test").filter(post=org.posts["first"], place=place).update(held_until=ends)
    for held_from, held_until in heir_holds:
        PostArea.objects.create(post_id=org.posts["heir"], place_id=place, held_from=held_from, held_until=held_until)
    close_post(org.by, org.actor("admin"), org.posts["first"], org.posts["heir"], TODAY)
    areas = PostArea.objects.unscoped("test").filter(place=place)
    spans = areas.order_by("held_from").values_list("held_from", "held_until")
    assert list(spans.filter(post=org.posts["heir"])) == passed_on
    assert list(spans.filter(post=org.posts["first"])) == [(FIRST, TODAY)]


def test_who_holds_a_post_that_is_to_be_closed_answers_for_it_until_that_day(org: Organisation) -> None:
    admin, seat, place = org.actor("admin"), org.posts["village"], org.places["371102008201"]
    org.open("heir", "village", "371102008202")
    hand_over(org.by, admin, seat, None, TOMORROW)
    close_post(org.by, admin, seat, org.posts["heir"], TOMORROW)
    assert may(org.actor("village"), "households.keep", place)
    assert not may(org.actor("village", at=NOW + timedelta(1)), "households.keep", place)
    assert selectors.post(org.actor("village"), seat).holder is not None
    assert [each.name for each in selectors.answering("village", place, TODAY)] == ["人village"]
    assert selectors.answering("village", place, TOMORROW) == []
    assert place not in {gap.village.id for gap in selectors.gaps(org.actor("officer"))}
    with refusal("HOLDS_POSTS"):
        close_account(org.by, admin, org.accounts["village"])


def test_a_post_is_not_closed_while_held_nor_into_itself_nor_another_role(org: Organisation) -> None:
    admin = org.actor("admin")
    with refusal("POST_HELD"):
        close_post(org.by, admin, org.posts["village"], org.posts["sibling"], TODAY)
    with refusal("HEIR_UNFIT"):
        close_post(org.by, admin, org.posts["village"], org.posts["village"], TODAY)
    with refusal("HEIR_UNFIT"):
        close_post(org.by, admin, org.posts["village"], org.posts["subdistrict"], TODAY)


@pytest.mark.parametrize(("held", "given"), [(a, b) for a in sorted(roles()) for b in sorted(roles()[a].excludes)])
def test_roles_that_exclude_each_other_are_not_given_to_one_person(org: Organisation, held: str, given: str) -> None:
    org.open("extra", given, "371102008201")
    with refusal("ROLES_EXCLUDE"):
        hand_over(org.by, org.founder, org.posts["extra"], org.accounts[held], TODAY)
    assert holder(org, "extra") is None


def test_exclusions_go_both_ways() -> None:
    for role in roles().values():
        assert all(role.name in roles()[other].excludes for other in role.excludes)


def test_the_last_administrator_cannot_leave_everybody_without_one(org: Organisation) -> None:
    with refusal("LAST_ADMINISTRATOR"):
        hand_over(org.by, org.actor("admin"), org.posts["admin"], None, TODAY)
    org.add("heir")
    hand_over(org.by, org.actor("admin"), org.posts["admin"], org.accounts["heir"], TODAY)
    assert holder(org, "admin") == "人heir"


def test_an_administrator_of_a_part_is_none_of_the_whole(org: Organisation) -> None:
    org.open("part", "admin", "371102008")
    org.add("deputy")
    org.seat("deputy", "part")
    with refusal("LAST_ADMINISTRATOR"):
        hand_over(org.by, org.actor("admin"), org.posts["admin"], None, TODAY)
    org.open("beside", "admin", "3711")
    org.add("second")
    org.seat("second", "beside")
    hand_over(org.by, org.actor("admin"), org.posts["admin"], None, TODAY)
    assert holder(org, "admin") is None


def test_no_place_is_taken_from_its_last_administrator(org: Organisation) -> None:
    seat, within, beside = org.posts["admin"], org.places["371102008"], org.places["371103"]
    for place in (within, beside):
        widen_post(org.by, org.founder, seat, place, FIRST)
    with refusal("LAST_ADMINISTRATOR"):
        narrow_post(org.by, org.founder, seat, beside, TODAY)
    narrow_post(org.by, org.founder, seat, within, TODAY)
    org.open("elsewhere", "admin", "371103")
    org.seat("admin", "elsewhere")
    narrow_post(org.by, org.founder, seat, beside, TODAY)


def test_nobody_is_put_or_removed_outside_ones_area(org: Organisation) -> None:
    admin = org.actor("admin")
    with pytest.raises(NotThere):
        hand_over(org.by, admin, org.posts["stranger"], None, TODAY)
    with pytest.raises(NotThere):
        hand_over(org.by, admin, org.posts["village"], org.accounts["stranger"], TODAY)
    with pytest.raises(Denied):
        open_post(org.by, admin, NewPost("village", "岗", org.unit, FIRST, (org.places["371103001201"],)))
    with pytest.raises(Denied):
        widen_post(org.by, admin, org.posts["village"], org.places["371103001201"], TODAY)
    with pytest.raises(Denied):
        add_account(org.by, admin, Person("new.one", "某", "", org.places["371103"]))
    with pytest.raises(Denied):
        change_account(org.by, admin, org.accounts["village"], name="某", phone="", home=org.places["3711"])


@pytest.mark.parametrize("name", ["officer", "auditor", "subdistrict", "district", "village", "nobody"])
def test_only_an_administrator_fills_posts_and_keeps_accounts(org: Organisation, name: str) -> None:
    actor = org.actor(name)
    acts = (
        lambda: hand_over(org.by, actor, org.posts["village"], None, TODAY),
        lambda: close_account(org.by, actor, org.accounts["village"]),
        lambda: change_account(org.by, actor, org.accounts["village"], name="某", phone="", home=org.places["371102"]),
        lambda: widen_post(org.by, actor, org.posts["village"], org.places["371102008202"], TODAY),
    )
    for act in acts:
        before = Entry.objects.count()
        with pytest.raises((Denied, NotThere)):
            act()
        assert Entry.objects.count() == before


def test_a_narrowed_post_keeps_at_least_one_place(org: Organisation) -> None:
    admin, post, more = org.actor("admin"), org.posts["village"], org.places["371102008202"]
    with refusal("AREA_NEEDED"):
        narrow_post(org.by, admin, post, org.places["371102008201"], TODAY)
    widen_post(org.by, admin, post, more, FIRST)
    with refusal("AREA_HELD"):
        widen_post(org.by, admin, post, more, FIRST)
    with refusal("AREA_NOT_HELD"):
        narrow_post(org.by, admin, post, more, FIRST)
    narrow_post(org.by, admin, post, more, TODAY)
    assert org.actor("village").grants[0].places == {org.places["371102008201"]}


def test_an_account_is_closed_only_without_posts_and_is_never_deleted(org: Organisation) -> None:
    admin, account = org.actor("admin"), org.accounts["village"]
    with refusal("HOLDS_POSTS"):
        close_account(org.by, admin, account)
    hand_over(org.by, admin, org.posts["village"], None, TOMORROW)
    with refusal("HOLDS_POSTS"):  # until tomorrow
        close_account(org.by, admin, account)
    org.add("idle")
    close_account(org.by, admin, org.accounts["idle"])
    with refusal("CLOSED"):
        close_account(org.by, admin, org.accounts["idle"])
    reopen_account(org.by, admin, org.accounts["idle"])
    with refusal("OWN_ACCOUNT"):
        close_account(org.by, admin, org.accounts["admin"])
    with pytest.raises(ProtectedError):
        Account.objects.unscoped("test").filter(pk=account).delete()


@pytest.mark.parametrize("login", ["", "ab", "Abc", "1abc", "a b c", "a" * 33, "甲乙丙", "abc\n", "абв", "a/../b"])
def test_a_login_has_a_plain_form(org: Organisation, login: str) -> None:
    with refusal("LOGIN_MALFORMED"):
        add_account(org.by, org.founder, Person(login, "某", "", org.places["371102"]))


@pytest.mark.parametrize("name", ["", "  ", "某" * 51, "某\n某", "\u202e某"])
def test_a_name_is_given_and_can_be_printed(org: Organisation, name: str) -> None:
    with refusal("NAME_MALFORMED"):
        add_account(org.by, org.founder, Person("new.one", name, "", org.places["371102"]))


def test_a_login_is_one_persons(org: Organisation) -> None:
    with refusal("LOGIN_TAKEN"):
        add_account(org.by, org.founder, Person("village", "某", "", org.places["371102"]))


def test_every_write_leaves_one_entry_with_its_place(org: Organisation) -> None:
    for entry in Entry.objects.filter(act__startswith="access."):
        assert entry.place is not None
        assert entry.subject.partition(":")[0] in {"account", "post"}
    made = len(org.accounts) + 2 * len(org.posts)
    assert Entry.objects.filter(act__startswith="access.").count() == made


def give_two_seats_at_once(org: Organisation, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], int]:
    """Two administrators make one person auditor and officer, both having looked before either writes, if nothing stops them.

    Returns how each was refused or failed, and how many seats the person has.
    """
    create, meet = Holding.objects.create, meeting()

    def create_after_both_looked(**values: object) -> Holding:
        meet()
        return create(**values)

    monkeypatch.setattr(Holding.objects, "create", create_after_both_looked)
    person, on = org.accounts["both"], TODAY
    gives = [partial(hand_over, org.by, org.founder, org.posts[post], person, on) for post in ("a", "b")]
    failed = [getattr(problem, "code", "FAILED") for problem in at_once(gives)]
    return failed, Holding.objects.unscoped("test").filter(account=person).count()


@pytest.fixture
def two_seats(committed: None) -> Organisation:
    org = founded()
    org.add("both")
    org.open("a", "officer", "371102")
    org.open("b", "auditor", "371102")
    return org


def test_two_seats_that_exclude_each_other_are_not_given_at_once(
    two_seats: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert give_two_seats_at_once(two_seats, monkeypatch) == (["ROLES_EXCLUDE"], 1)


def test_without_the_lock_they_are_or_one_fails_without_a_reason(
    two_seats: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as off:
        off.setattr(ScopedQuerySet, "select_for_update", lambda rows: rows)
        # On SQLite the transaction is the lock, from its start on; a deferred one is none.
        off.setattr("bangfu.access.services.posts.transaction.atomic", unprotected)
        came_out = give_two_seats_at_once(two_seats, off)
    assert came_out in ((["FAILED"], 1), ([], 2))


def close_each_into_the_other(org: Organisation, monkeypatch: pytest.MonkeyPatch, *, surely: bool = False) -> list[str]:
    """Two seats are closed, each in favour of the other, each having locked one before either locks the second, if nothing stops them."""
    lock, meet = posts._locked, meeting(surely=surely)

    def lock_and_meet(*given: Any) -> Any:
        seat = lock(*given)
        meet()
        return seat

    monkeypatch.setattr(posts, "_locked", lock_and_meet)
    a, b = org.posts["a"], org.posts["b"]
    closes = [partial(close_post, org.by, org.founder, one, other, TODAY) for one, other in ((a, b), (b, a))]
    return [getattr(problem, "code", "FAILED") for problem in at_once(closes)]


@pytest.fixture
def two_alike(committed: None) -> Organisation:
    org = founded()
    org.open("a", "district", "371102")
    org.open("b", "district", "371102")
    return org


def test_of_two_seats_closed_in_favour_of_each_other_one_stays_and_the_other_is_told(
    two_alike: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert close_each_into_the_other(two_alike, monkeypatch) == ["POST_CLOSED"]


def test_locked_in_any_order_one_of_them_fails_without_a_reason(
    two_alike: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_any_order(actor: Any, both: tuple[int, int], on: date) -> tuple[Any, ...]:
        return tuple(posts._locked(actor, post, "posts.manage", on) for post in both)

    with monkeypatch.context() as off:
        off.setattr(posts, "_locked_both", in_any_order)
        # On SQLite the transaction is the lock, from its start on; a deferred one is none.
        off.setattr("bangfu.access.services.posts.transaction.atomic", unprotected)
        came_out = close_each_into_the_other(two_alike, off, surely=True)
    assert came_out == ["FAILED"]


def let_go_at_once(
    org: Organisation, acts: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch, *, surely: bool = False
) -> tuple[list[str], bool]:
    """Two administrators let go of a district, both having looked before either writes, if nothing stops them.

    Returns how each was refused or failed, and whether somebody administers it afterwards.
    """
    look, meet = posts._require_administered, meeting(surely=surely)

    def look_and_meet(*given: Any) -> None:
        look(*given)
        meet()

    with monkeypatch.context() as held:
        held.setattr(posts, "_require_administered", look_and_meet)
        failed = [getattr(problem, "code", "FAILED") for problem in at_once(acts)]
    return failed, bool(selectors.answering("admin", org.places["371102"], TODAY))


@pytest.fixture
def two_administrators(committed: None) -> Organisation:
    org = founded()
    org.open("second", "admin", "371102", "371103")
    org.add("deputy")
    org.seat("deputy", "second")
    widen_post(org.by, org.founder, org.posts["admin"], org.places["371103"], FIRST)
    return org


def acts_of(org: Organisation, *how: str) -> list[Callable[[], None]]:
    """An act for each of the two seats by which it lets go of the district."""
    seats = (org.posts["admin"], org.posts["second"])
    does = {
        "vacated": lambda seat: hand_over(org.by, org.founder, seat, None, TODAY),
        "narrowed": lambda seat: narrow_post(org.by, org.founder, seat, org.places["371102"], TODAY),
    }
    return [partial(does[way], seat) for way, seat in zip(how, seats, strict=True)]


WAYS = pytest.mark.parametrize("how", [("vacated", "vacated"), ("vacated", "narrowed"), ("narrowed", "narrowed")])


@WAYS
def test_two_administrators_do_not_let_go_of_a_district_at_once(
    two_administrators: Organisation, how: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = acts_of(two_administrators, *how)
    assert let_go_at_once(two_administrators, acts, monkeypatch) == (["LAST_ADMINISTRATOR"], True)


@WAYS
def test_without_the_lock_nobody_administers_it_or_one_fails_without_a_reason(
    two_administrators: Organisation, how: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = acts_of(two_administrators, *how)
    with monkeypatch.context() as off:
        off.setattr(ScopedQuerySet, "select_for_update", lambda rows, **how: rows)
        # On SQLite the transaction is the lock, from its start on; a deferred one is none.
        off.setattr("bangfu.access.services.posts.transaction.atomic", unprotected)
        came_out = let_go_at_once(two_administrators, acts, off, surely=True)
    assert came_out == {"postgresql": ([], False), "sqlite": (["FAILED"], True)}[connection.vendor]
